//! What partitions cost to make, to keep and to find: pg_warden beside the DDL alone, and in making them beside pg_partman where that is
//! installed (Debian's postgresql-15-partman, 4.7.2). It cannot keep what is not named as it names partitions.

use super::audit::{median, timed};

use pg_warden_tests::{Cluster, Result, Session};

/// What it is called where one workload is chosen.
pub const NAME: &str = "partitions";

const ROUNDS: usize = 7;

/// A table with two indexes, as `bm.mk` of the benchmark's plan.
const TABLE: &str =
    "CREATE TABLE {t} (id bigint NOT NULL, ts timestamptz NOT NULL, a text, b int, c numeric) PARTITION BY RANGE (ts);
    CREATE INDEX ON {t} (ts); CREATE INDEX ON {t} (a)";

/// Monthly partitions from 2000 on, as PARTITION OF.
const PARTITION_OF: &str = "DO $$ BEGIN FOR i IN 0..{n} - 1 LOOP
    EXECUTE format('CREATE TABLE t_%s PARTITION OF t FOR VALUES FROM (%L) TO (%L)', i,
        '2000-01-01'::timestamptz + i * interval '1 month', '2000-01-01'::timestamptz + (i + 1) * interval '1 month');
    END LOOP; END $$";

/// The same as tables that are attached.
const ATTACH: &str = "DO $$ BEGIN FOR i IN 0..{n} - 1 LOOP
    EXECUTE format('CREATE TABLE t_%s (LIKE t INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMMENTS
        INCLUDING COMPRESSION INCLUDING STATISTICS)', i);
    EXECUTE format('ALTER TABLE t ATTACH PARTITION t_%s FOR VALUES FROM (%L) TO (%L)', i,
        '2000-01-01'::timestamptz + i * interval '1 month', '2000-01-01'::timestamptz + (i + 1) * interval '1 month');
    END LOOP; END $$";

/// Measures and prints.
pub fn run(cluster: &Cluster) -> Result {
    println!("\n{NAME}; medians of {ROUNDS} rounds, interleaved");
    cluster.connect("postgres")?.run("CREATE DATABASE partitions TEMPLATE template0")?;
    let mut s = cluster.connect("partitions")?;
    s.run("CREATE EXTENSION pg_warden")?;
    s.run("SELECT warden.disable()")?;
    let partman = !s.rows("SELECT FROM pg_available_extensions WHERE name = 'pg_partman'")?.is_empty();
    if partman {
        s.run("CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman")?;
    } else {
        println!("  pg_partman is not installed: apt-get install postgresql-15-partman");
    }
    let mut s = cluster.connect("partitions")?;
    s.run("SET TimeZone = 'UTC'; SET client_min_messages = error")?;
    create(&mut s, partman)?;
    idle(&mut s)?;
    many(cluster, &mut s)
}

fn create(s: &mut Session, partman: bool) -> Result {
    for n in [12, 120] {
        let number = n.to_string();
        let series = |method: &str| {
            format!(
                "SELECT count(*) FROM warden.create_partitions('t', '1 month', '2000-01-01', '2000-01-01'::timestamp + {n} * interval '1 month', lock_method => '{method}')"
            )
        };
        let mut ways = vec![
            ("PARTITION OF", PARTITION_OF.replace("{n}", &number)),
            ("pg_warden, partition_of", series("partition_of")),
            ("LIKE and ATTACH", ATTACH.replace("{n}", &number)),
            ("pg_warden, attach", series("attach")),
        ];
        if partman {
            ways.push((
                "pg_partman",
                format!(
                    "SELECT partman.create_partition_time('public.t', (SELECT array_agg('2000-01-01'::timestamptz + i * interval '1 month') FROM generate_series(0, {n} - 1) i), p_analyze := false)"
                ),
            ));
        }
        let mut times = vec![Vec::new(); ways.len()];
        for round in 0..=ROUNDS {
            for (way, times) in ways.iter().zip(&mut times) {
                s.script(&TABLE.replace("{t}", "t"))?;
                if way.0 == "pg_partman" {
                    s.run("INSERT INTO partman.part_config (parent_table, partition_type, partition_interval, control, datetime_string, premake) VALUES ('public.t', 'native', '1 mon', 'ts', 'YYYY_MM', 4)")?;
                }
                let taken = timed(s, &way.1)?;
                s.run("DROP TABLE t CASCADE")?;
                if way.0 == "pg_partman" {
                    s.run("DELETE FROM partman.part_config")?;
                }
                if round > 0 {
                    times.push(taken);
                }
            }
        }
        let medians: Vec<f64> = times.into_iter().map(median).collect();
        for (i, (name, _)) in ways.iter().enumerate() {
            let floor = medians[i / 2 * 2 % 4];
            println!(
                "  create {n:>3}: {name:<24} {:>8.1} ms, {:.2} of the DDL alone",
                medians[i] * 1e3,
                medians[i] / floor
            );
        }
    }
    Ok(())
}

/// A hundred tables of 37 partitions each, with nothing to do.
fn idle(s: &mut Session) -> Result {
    s.script(
        "DO $$ BEGIN FOR k IN 1..100 LOOP
             EXECUTE format('CREATE TABLE w%s (id bigint NOT NULL, ts timestamptz NOT NULL) PARTITION BY RANGE (ts)', k);
             PERFORM warden.create_partitions('w' || k, '1 month', date_trunc('month', now())::timestamp - interval '31 months',
                                              date_trunc('month', now())::timestamp + interval '5 months');
             EXECUTE format('CREATE TABLE w%s_default PARTITION OF w%1$s DEFAULT', k);
             PERFORM FROM warden.manage_partitions('w' || k);
         END LOOP; END $$",
    )?;
    s.run("VACUUM ANALYZE")?;
    let ways = [
        ("pg_warden, the plan", "SELECT count(*) FROM warden.plan_partition_maintenance()"),
        ("pg_warden, the run", "CALL warden.partition_maintenance()"),
    ];
    print_each(s, "nothing to do, 100 tables of 37", &ways)
}

/// One table of a thousand partitions.
fn many(cluster: &Cluster, s: &mut Session) -> Result {
    s.script(
        "DROP TABLE IF EXISTS w1 CASCADE; DELETE FROM warden_internal.partition_policy;
         CREATE TABLE big (id bigint NOT NULL, ts timestamptz NOT NULL) PARTITION BY RANGE (ts)",
    )?;
    s.run("SELECT count(*) FROM warden.create_partitions('big', '1 day', date_trunc('day', now())::timestamp - interval '995 days', date_trunc('day', now())::timestamp + interval '5 days')")?;
    s.run("INSERT INTO big VALUES (1, now())")?;
    s.run("SELECT count(*) FROM warden.manage_partitions('big', '1 day')")?;
    s.run("VACUUM ANALYZE")?;
    let mut cold = Vec::new();
    for _ in 0..ROUNDS {
        let mut fresh = cluster.connect("partitions")?;
        fresh.run("SET client_min_messages = error")?;
        cold.push(timed(&mut fresh, "CALL warden.partition_maintenance('big')")?);
    }
    println!("  nothing to do, 1,000 partitions, a new session: pg_warden {:.2} ms", median(cold) * 1e3);
    let ways = [("pg_warden, the run", "CALL warden.partition_maintenance('big')")];
    print_each(s, "nothing to do, 1,000 partitions", &ways)?;
    let ways = [
        ("a query of one constant", "SELECT 1"),
        ("pg_warden", "SELECT warden.partition_for('big', (now() - interval '990 days')::text)"),
    ];
    print_each(s, "which partition holds a value, of 1,000", &ways)
}

fn print_each(s: &mut Session, what: &str, ways: &[(&str, &str)]) -> Result {
    let mut times = vec![Vec::new(); ways.len()];
    for round in 0..=ROUNDS {
        for ((_, query), times) in ways.iter().zip(&mut times) {
            let taken = timed(s, query)?;
            if round > 0 {
                times.push(taken);
            }
        }
    }
    for ((name, _), times) in ways.iter().zip(times) {
        println!("  {what}: {name:<24} {:>8.2} ms", median(times) * 1e3);
    }
    Ok(())
}
