//! What `pg_warden` adds to DDL: `make bench`.
//!
//! One throw-away cluster with fsync off, a database for each variant, one session each that stays connected. Every
//! round runs every variant on every workload, in an order shuffled anew, so that a slow moment of the machine falls
//! on all alike. What counts of a round is the median of its iterations; the figures are medians over the rounds of
//! that against what "no event trigger" took in the same round.
//!
//! `bench [--rounds N] [--scale N] [--rows N] [--only WORDS] [PG_CONFIG]`: with WORDS, only the workloads that have them in their names;
//! `--rows` is how many a table has that is converted.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

mod audit;
mod conversion;
mod partitions;

use pg_warden_tests::{Cluster, Options, Result, Session};

/// A database set up in one way.
struct Variant {
    name: &'static str,
    /// Run once, before anything is measured.
    setup: String,
    /// Settings of every session, `pg_warden`'s library among them.
    settings: &'static [&'static str],
}

/// What is measured: `before` and `after` are not.
struct Workload {
    name: &'static str,
    before: &'static str,
    measured: &'static [&'static str],
    after: &'static str,
    /// DDL statements in `measured`.
    statements: u32,
    /// Iterations in a round, at scale 1.
    iterations: u32,
}

const WORKLOADS: [Workload; 6] = [
    Workload {
        name: "new table: CREATE TABLE with a foreign key, CREATE INDEX, ADD COLUMN, COMMIT",
        before: "BEGIN",
        measured: &[
            "CREATE TABLE child (id bigint PRIMARY KEY, parent_id bigint REFERENCES parent (id))",
            "CREATE INDEX child_parent_id_idx ON child (parent_id)",
            "ALTER TABLE child ADD COLUMN note text",
            "COMMIT",
        ],
        after: "DROP TABLE child",
        statements: 3,
        iterations: 40,
    },
    Workload {
        name: "ADD COLUMN on a plain table",
        before: "",
        measured: &["ALTER TABLE plain ADD COLUMN note text"],
        after: "ALTER TABLE plain DROP COLUMN note",
        statements: 1,
        iterations: 40,
    },
    Workload {
        name: "ADD CHECK NOT VALID on a plain table",
        before: "",
        measured: &["ALTER TABLE plain ADD CONSTRAINT positive CHECK (id > 0) NOT VALID"],
        after: "ALTER TABLE plain DROP CONSTRAINT positive",
        statements: 1,
        iterations: 40,
    },
    Workload {
        name: "CREATE TABLE with a finding, which is said and recorded",
        before: "",
        measured: &["CREATE TABLE tickets (id serial PRIMARY KEY)"],
        after: "DROP TABLE tickets",
        statements: 1,
        iterations: 40,
    },
    Workload {
        name: "ADD COLUMN on a parent of 1,000 partitions",
        before: "",
        measured: &["ALTER TABLE parted ADD COLUMN note text"],
        after: "ALTER TABLE parted DROP COLUMN note",
        statements: 1,
        iterations: 3,
    },
    Workload {
        name: "ADD CHECK NOT VALID on a parent of 1,000 partitions",
        before: "",
        measured: &["ALTER TABLE parted ADD CONSTRAINT positive CHECK (id > 0) NOT VALID"],
        after: "ALTER TABLE parted DROP CONSTRAINT positive",
        statements: 1,
        iterations: 3,
    },
];

const TABLES: &str = "
    CREATE TABLE parent (id bigint PRIMARY KEY);
    CREATE TABLE plain (id bigint PRIMARY KEY, at timestamptz);
    INSERT INTO plain SELECT n, now() FROM generate_series(1, 10000) n;
    CREATE TABLE parted (id bigint, at timestamptz, PRIMARY KEY (id)) PARTITION BY RANGE (id);
    DO $$ BEGIN FOR i IN 0..999 LOOP
        EXECUTE format('CREATE TABLE parted_%s PARTITION OF parted FOR VALUES FROM (%s) TO (%s)', i, i * 1000, (i + 1) * 1000);
    END LOOP; END $$;";

/// What people write by hand: after each DDL command, look for foreign keys of its tables whose columns lead no
/// index. It tells by RAISE DEBUG, so that only the check counts and not the telling: in the transaction measured it
/// finds a fault that is none, the index being made one statement later.
const BY_HAND: &str = "
    CREATE FUNCTION check_foreign_keys() RETURNS event_trigger LANGUAGE plpgsql AS $$
    DECLARE found record;
    BEGIN
        FOR found IN
            SELECT c.conname, c.conrelid::regclass AS relation
            FROM (SELECT DISTINCT objid FROM pg_event_trigger_ddl_commands() WHERE object_type IN ('table', 'table column')) command
            JOIN pg_constraint c ON c.conrelid = command.objid AND c.contype = 'f'
            WHERE NOT EXISTS (
                SELECT FROM pg_index i
                WHERE i.indrelid = c.conrelid AND i.indisvalid AND i.indpred IS NULL
                  AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)
        LOOP
            RAISE DEBUG 'foreign key % of % has no index', found.conname, found.relation;
        END LOOP;
    END $$;
    CREATE EVENT TRIGGER by_hand ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION check_foreign_keys();";

/// As many exceptions and levels as a large team has: by name, of objects that are there and that are not, and some by pattern.
/// The levels are those that the rules have anyway.
const LARGE_POLICY: &str = "
    INSERT INTO warden_internal.exemption (rule, object, reason, created_at, created_by)
        SELECT 'column-type-serial', 'public.legacy_' || i, 'made before the guide', now(), 'bench' FROM generate_series(1, 4990) i;
    INSERT INTO warden_internal.exemption (rule, object, reason, created_at, created_by)
        SELECT 'column-type-serial', '~^archive_' || i || '[.]', 'never written', now(), 'bench' FROM generate_series(1, 10) i;
    INSERT INTO warden_internal.level (rule, level, set_at, set_by)
        SELECT rule, default_level, now(), 'bench' FROM warden.rules;
    INSERT INTO warden_internal.level (rule, level, set_at, set_by)
        SELECT 'rule-of-another-version-' || i, 'off', now(), 'bench'
        FROM generate_series(1, 200 - (SELECT count(*)::int FROM warden.rules)) i;";

/// What a short guide asks for: thirteen rules, and all others off.
const SHORT_GUIDE: &str = "
    INSERT INTO warden_internal.level (rule, level, set_at, set_by)
        SELECT rule, 'off', now(), 'bench' FROM warden.rules
        WHERE rule NOT IN (
            'create-index-not-concurrent', 'drop-index-not-concurrent', 'column-type-serial', 'foreign-key-without-index',
            'table-without-primary-key', 'add-foreign-key-validates', 'add-check-validates', 'set-not-null-scan',
            'add-column-volatile-default', 'add-column-required', 'alter-column-type-rewrite', 'add-unique-builds-index',
            'lock-timeout-missing');";

/// Event triggers on all four events that run a function which does nothing.
fn idle_triggers(function: &str) -> String {
    let events = ["ddl_command_start", "ddl_command_end", "table_rewrite", "sql_drop"];
    let triggers: String = events
        .iter()
        .map(|event| format!("CREATE EVENT TRIGGER idle_{event} ON {event} EXECUTE FUNCTION idle();"))
        .collect();
    format!("{function};{triggers}")
}

fn variants() -> Vec<Variant> {
    const LIBRARY: &str = "session_preload_libraries = 'pg_warden'";
    // Any C function that looks at no argument will do, since what it returns is thrown away. Not one built in: those
    // of LANGUAGE internal are looked up by name, one by one, at each call.
    let idle_c = "CREATE FUNCTION idle() RETURNS event_trigger LANGUAGE c AS '$libdir/sslinfo', 'ssl_is_used'";
    let idle_plpgsql = "CREATE FUNCTION idle() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'";
    vec![
        Variant { name: "no event trigger", setup: String::new(), settings: &[] },
        Variant { name: "four idle event triggers in C", setup: idle_triggers(idle_c), settings: &[] },
        Variant { name: "four idle event triggers in PL/pgSQL", setup: idle_triggers(idle_plpgsql), settings: &[] },
        Variant {
            name: "pg_warden, mode off",
            setup: "CREATE EXTENSION pg_warden".into(),
            settings: &[LIBRARY, "warden.mode = 'off'"],
        },
        Variant {
            name: "pg_warden, mode warn",
            setup: "CREATE EXTENSION pg_warden".into(),
            settings: &[LIBRARY, "warden.mode = 'warn'"],
        },
        Variant {
            name: "the same, thirteen rules on",
            setup: format!("CREATE EXTENSION pg_warden; {SHORT_GUIDE}"),
            settings: &[LIBRARY, "warden.mode = 'warn'"],
        },
        Variant {
            name: "the same, 5,000 exemptions, 200 levels",
            setup: format!("CREATE EXTENSION pg_warden; {LARGE_POLICY}"),
            settings: &[LIBRARY, "warden.mode = 'warn'"],
        },
        Variant { name: "foreign keys checked in PL/pgSQL", setup: BY_HAND.into(), settings: &[] },
    ]
}

/// Times in microseconds: one for each round.
type Times = Vec<f64>;

struct Arguments {
    rounds: usize,
    scale: u32,
    rows: u32,
    /// What the name of a workload has to hold.
    only: String,
    pg_config: String,
}

fn arguments() -> Result<Arguments> {
    let mut parsed = Arguments {
        rounds: 15,
        scale: 1,
        rows: conversion::ROWS,
        only: String::new(),
        pg_config: "/usr/lib/postgresql/15/bin/pg_config".into(),
    };
    let mut rest = std::env::args().skip(1);
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--rounds" => parsed.rounds = rest.next().ok_or("--rounds needs a number")?.parse()?,
            "--scale" => parsed.scale = rest.next().ok_or("--scale needs a number")?.parse()?,
            "--rows" => parsed.rows = rest.next().ok_or("--rows needs a number")?.parse()?,
            "--only" => parsed.only = rest.next().ok_or("--only needs words of a workload's name")?,
            other if !other.starts_with('-') => parsed.pg_config = other.into(),
            _ => return Err("usage: bench [--rounds N] [--scale N] [--rows N] [--only WORDS] [PG_CONFIG]".into()),
        }
    }
    Ok(parsed)
}

/// A folder in memory for the tables' files, owned by the server's account and removed at the end. On a disk, making
/// and removing thousands of files makes ext4 search ever longer for an inode, in some databases and not in others:
/// it drowns what is measured.
struct Memory<'a> {
    cluster: &'a Cluster,
    folder: String,
}

impl<'a> Memory<'a> {
    fn new(cluster: &'a Cluster) -> Result<Self> {
        let folder = format!("/dev/shm/pg_warden-bench-{}", std::process::id());
        cluster.server_program("/bin/mkdir", ["-m", "700", &folder].map(OsStr::new))?;
        let memory = Self { cluster, folder };
        cluster.connect("postgres")?.run(&format!("CREATE TABLESPACE memory LOCATION '{}'", memory.folder))?;
        Ok(memory)
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        // Nothing to tell: the folder's files go with the memory at the latest.
        let _ = self.cluster.server_program("/bin/rm", ["-rf", &self.folder].map(OsStr::new));
    }
}

/// One session in a database of the variant's own.
fn prepare(cluster: &Cluster, number: usize, variant: &Variant) -> Result<Session> {
    let database = format!("bench{number}");
    let mut session = cluster.connect("postgres")?;
    session.run(&format!("CREATE DATABASE {database} TEMPLATE template0 TABLESPACE memory"))?;
    let mut session = cluster.connect(&database)?;
    // The tables first: what they cost to make is no part of the measure.
    session.run(TABLES)?;
    for setting in variant.settings {
        session.run(&format!("ALTER DATABASE {database} SET {setting}"))?;
    }
    let mut session = cluster.connect(&database)?;
    session.run(&variant.setup)?;
    session.run("VACUUM ANALYZE")?;
    Ok(cluster.connect(&database)?)
}

/// Runs one workload for one round; returns the median of its iterations, in microseconds.
fn round(session: &mut Session, workload: &Workload, scale: u32) -> Result<f64> {
    let mut taken = Vec::new();
    for _ in 0..workload.iterations * scale {
        session.run(workload.before)?;
        let start = Instant::now();
        for statement in workload.measured {
            session.run(statement)?;
        }
        taken.push(start.elapsed().as_secs_f64() * 1e6);
        session.run(workload.after)?;
    }
    Ok(quantile(taken.into_iter(), 0.5))
}

/// An order of `0..n` that differs from round to round and is the same in every run (a linear congruential generator
/// is enough).
fn shuffled(n: usize, seed: &mut u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let j = usize::try_from(*seed >> 33).unwrap_or_default() % (i + 1);
        order.swap(i, j);
    }
    order
}

fn quantile(values: impl Iterator<Item = f64>, at: f64) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let index = ((sorted.len() - 1) as f64 * at).round() as usize;
    sorted[index]
}

fn print(workload: &Workload, variants: &[Variant], times: &[Times]) {
    println!("\n{}", workload.name);
    println!("    {:<38} {:>12} {:>8} {:>17} {:>18}", "", "us", "ratio", "(middle half)", "added us/statement");
    let none = &times[0];
    for (variant, own) in variants.iter().zip(times) {
        let ratio = |at| quantile(own.iter().zip(none).map(|(a, b)| a / b), at);
        let added = quantile(own.iter().zip(none).map(|(a, b)| (a - b) / f64::from(workload.statements)), 0.5);
        println!(
            "    {:<38} {:>12.0} {:>8.3} {:>8.3} - {:<6.3} {:>18.1}",
            variant.name,
            quantile(own.iter().copied(), 0.5),
            ratio(0.5),
            ratio(0.25),
            ratio(0.75),
            added
        );
    }
}

fn run() -> Result {
    let arguments = arguments()?;
    let bindir = Command::new(&arguments.pg_config).arg("--bindir").output()?;
    let bindir = String::from_utf8_lossy(&bindir.stdout).trim().to_owned();
    // The harness loads the library for all; here only the variants that have it may.
    let settings = vec![
        "session_preload_libraries = ''".to_owned(),
        "shared_buffers = '512MB'".to_owned(),
        "max_locks_per_transaction = 256".to_owned(),
    ];
    let cluster = Cluster::start(Path::new(&bindir), &Options { settings, extension: false, ..Options::default() })?;
    let memory = Memory::new(&cluster)?;
    let variants = variants();
    let mut sessions = variants
        .iter()
        .enumerate()
        .map(|(number, variant)| prepare(&cluster, number, variant))
        .collect::<Result<Vec<_>>>()?;
    println!("{}", sessions[0].value("SELECT version()")?);
    println!(
        "fsync off, {} rounds interleaved, medians; the ratio is to \"no event trigger\" in the same round",
        arguments.rounds
    );

    let workloads: Vec<_> = WORKLOADS.iter().filter(|workload| workload.name.contains(&arguments.only)).collect();
    let mut times = vec![vec![Times::new(); variants.len()]; workloads.len()];
    let mut seed = 1;
    // Round 0 warms the caches and does not count.
    for number in 0..=arguments.rounds {
        for (workload, times) in workloads.iter().zip(&mut times) {
            for i in shuffled(variants.len(), &mut seed) {
                let taken = round(&mut sessions[i], workload, arguments.scale)?;
                if number > 0 {
                    times[i].push(taken);
                }
            }
        }
        for session in &mut sessions {
            session.run("VACUUM")?;
        }
        eprintln!("-- round {number} of {}", arguments.rounds);
    }
    for (workload, times) in workloads.iter().zip(&times) {
        print(workload, &variants, times);
    }
    drop(sessions);
    if audit::NAME.contains(&arguments.only) {
        audit::run(&cluster)?;
    }
    if partitions::NAME.contains(&arguments.only) {
        partitions::run(&cluster)?;
    }
    if conversion::NAME.contains(&arguments.only) {
        conversion::run(&cluster, arguments.rows)?;
    }
    drop(memory);
    cluster.finish()
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{}", e.message().unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}
