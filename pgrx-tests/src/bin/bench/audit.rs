//! What an audit of many tables takes: two foreign keys and three indexes each, of every third table one index is redundant, and
//! every fifth has a serial column.

use std::fs;
use std::time::Instant;

use pg_warden_tests::{Cluster, Result, Session};

/// What it is called where one workload is chosen.
pub const NAME: &str = "audit of everything, default rules";

/// Sizes that are compared.
const SIZES: [u32; 2] = [1_000, 10_000];
const ROUNDS: usize = 5;

/// A hundred tables in a transaction: each holds its locks until its end.
const TABLES: &str = "
    CREATE TABLE t0 (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
    DO $$
    DECLARE before text;
    BEGIN
        FOR i IN 1..{size} LOOP
            before := 't' || greatest(i - 1, 0);
            EXECUTE format(
                'CREATE TABLE t%s (id %s PRIMARY KEY, a bigint NOT NULL REFERENCES %I, b bigint REFERENCES t0, state text NOT NULL, at timestamptz NOT NULL)',
                i, CASE WHEN i % 5 = 0 THEN 'bigserial' ELSE 'bigint GENERATED ALWAYS AS IDENTITY' END, before);
            EXECUTE format('CREATE INDEX ON t%s (a, at)', i);
            EXECUTE format('CREATE INDEX ON t%s (%s)', i, CASE WHEN i % 3 = 0 THEN 'a' ELSE 'b' END);
            IF i % 100 = 0 THEN COMMIT; END IF;
        END LOOP;
    END$$";

/// What cannot be done without: each catalog that tells of tables read once from end to end.
const FLOOR: &str = "SELECT (SELECT count(relname) FROM pg_class) + (SELECT count(attname) FROM pg_attribute) + (SELECT count(indkey) FROM pg_index)
    + (SELECT count(conname) FROM pg_constraint) + (SELECT count(adbin) FROM pg_attrdef) + (SELECT count(objid) FROM pg_depend)";

struct Figures {
    audit: f64,
    floor: f64,
    findings: usize,
    peak_mb: f64,
}

/// Measures and prints.
pub fn run(cluster: &Cluster) -> Result {
    println!("\n{NAME}, warm; medians of {ROUNDS}");
    let figures = SIZES.iter().map(|size| measure(cluster, *size)).collect::<Result<Vec<_>>>()?;
    for (size, f) in SIZES.iter().zip(&figures) {
        println!(
            "  {size:>6} tables: {:.2} s, {} findings, the backend's own memory at most {:.0} MB; one plain scan of the catalogs {:.3} s, ratio {:.1}",
            f.audit,
            f.findings,
            f.peak_mb,
            f.floor,
            f.audit / f.floor
        );
    }
    println!("  ten times the tables take {:.1} times as long", figures[1].audit / figures[0].audit);
    slowest(cluster, SIZES[1])
}

fn name(size: u32) -> String {
    format!("audit_{size}")
}

fn measure(cluster: &Cluster, size: u32) -> Result<Figures> {
    let name = name(size);
    cluster.connect("postgres")?.run(&format!("CREATE DATABASE {name}"))?;
    let mut s = cluster.connect(&name)?;
    s.script(&TABLES.replace("{size}", &size.to_string()))?;
    // Statistics of the catalogs are what autovacuum has made by the time somebody audits.
    s.run("VACUUM ANALYZE")?;
    s.run("CREATE EXTENSION pg_warden")?;
    let mut s = cluster.connect(&name)?;
    let count = "SELECT count(*) FROM warden.audit()";
    let findings = s.value(count)?.parse()?;
    let (mut audit, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        audit.push(timed(&mut s, count)?);
        floor.push(timed(&mut s, FLOOR)?);
    }
    let peak_mb = peak_mb(&mut s)?;
    Ok(Figures { audit: median(audit), floor: median(floor), findings, peak_mb })
}

/// The sources that take longest, each alone.
fn slowest(cluster: &Cluster, size: u32) -> Result {
    let mut s = cluster.connect(&name(size))?;
    // As the audit runs them: to compile one takes longer than all of them together.
    s.script("SET jit = off; SET max_parallel_workers_per_gather = 0")?;
    let mut times = Vec::new();
    for row in s.rows("SELECT source, statement FROM warden_internal.audit_statements()")? {
        let [source, statement] = [0, 1].map(|i| row[i].clone().unwrap_or_default());
        let statement = ["$1", "$2", "$3"].iter().fold(statement, |sql, parameter| sql.replace(parameter, "NULL"));
        times.push((timed(&mut s, &format!("SELECT count(*) FROM ({statement}) AS s"))?, source));
    }
    times.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let told: Vec<_> =
        times.iter().take(6).map(|(time, source)| format!("{source} {:.0} ms", time * 1_000.0)).collect();
    println!("  slowest sources, alone: {}", told.join(", "));
    Ok(())
}

/// How long a query takes, in seconds.
pub fn timed(s: &mut Session, query: &str) -> Result<f64> {
    let began = Instant::now();
    s.rows(query)?;
    Ok(began.elapsed().as_secs_f64())
}

/// The one in the middle.
pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// What the backend held at most, but for the shared memory that it touches as any query would.
fn peak_mb(s: &mut Session) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", s.pid()?))?;
    let kilobytes = |what: &str| -> f64 {
        let found = status.lines().find_map(|line| line.strip_prefix(what)?.split_whitespace().next()?.parse().ok());
        found.unwrap_or(0.0)
    };
    Ok((kilobytes("VmHWM:") - kilobytes("RssShmem:")) / 1_024.0)
}
