//! Which statements reach the guard, on each major: every statement kind against a stored expectation; and what never reaches it.
//!
//! The expectation is `tests/expected/events-<major>.txt`. With `PG_WARDEN_BLESS=1` it is written anew: read the difference before you commit it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

use crate::fixture::{open, shop};

cases![
    the_guard_has_its_four_triggers,
    firing_matrix,
    not_seen_by_any_event_trigger,
    explain_analyze_create_table_as,
    reindex_from_17
];

fn the_guard_has_its_four_triggers(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let triggers = s.column(
        "SELECT evtname || ' ' || evtevent || ' ' || evtenabled::text || ' ' || coalesce(evttags::text, 'all tags') FROM pg_event_trigger ORDER BY evtname",
    )?;
    ensure_eq!(
        triggers,
        vec![
            "pg_warden_drop sql_drop O all tags",
            "pg_warden_end ddl_command_end O all tags",
            "pg_warden_rewrite table_rewrite O all tags",
            "pg_warden_start ddl_command_start O all tags",
        ]
    );
    // A STABLE event-trigger function can crash the server.
    ensure_eq!(
        s.column(
            "SELECT DISTINCT provolatile::text || ' ' || prosecdef FROM pg_event_trigger JOIN pg_proc p ON p.oid = evtfoid"
        )?,
        vec!["v false"]
    );
    Ok(())
}

/// What is run, in order, in one database.
const MATRIX: &[&str] = &[
    "CREATE TABLE t (id serial PRIMARY KEY, a int, b text)",
    "CREATE TABLE IF NOT EXISTS t (id int)",
    "CREATE TABLE t_as AS SELECT 1 AS a",
    "SELECT 1 AS a INTO t_into",
    "CREATE TEMP TABLE t_temp (a int)",
    "DROP TABLE t_temp",
    "CREATE UNLOGGED TABLE t_unlogged (a int)",
    "CREATE TABLE t_like (LIKE t INCLUDING ALL)",
    "ALTER TABLE t ADD COLUMN c int",
    "ALTER TABLE t ADD COLUMN d float DEFAULT random()",
    "ALTER TABLE t ADD CHECK (a > 0), ADD UNIQUE (a), ALTER b SET NOT NULL",
    "ALTER TABLE t ALTER a TYPE bigint",
    "ALTER TABLE t ALTER b TYPE varchar",
    "ALTER TABLE t DROP COLUMN c",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE u RENAME COLUMN a TO aa",
    "ALTER TABLE u SET UNLOGGED",
    "ALTER TABLE u SET LOGGED",
    "ALTER TABLE u SET (fillfactor = 90)",
    "ALTER TABLE u OWNER TO CURRENT_USER",
    "ALTER TABLE IF EXISTS missing ADD COLUMN a int",
    "CREATE INDEX i ON u (aa)",
    "CREATE INDEX IF NOT EXISTS i ON u (aa)",
    "CREATE INDEX CONCURRENTLY j ON u (aa)",
    "REINDEX INDEX j",
    "REINDEX INDEX CONCURRENTLY j",
    "REINDEX TABLE u",
    "DROP INDEX CONCURRENTLY j",
    "DROP INDEX i",
    "CREATE TABLE p (id int, at date) PARTITION BY RANGE (at)",
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    "CREATE INDEX ON p (id)",
    "ALTER TABLE p DETACH PARTITION p1",
    "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
    "DROP TABLE p, p1",
    "CREATE SCHEMA s CREATE TABLE st (a int) CREATE INDEX ON st (a) CREATE VIEW sv AS SELECT a FROM st",
    "DROP SCHEMA s CASCADE",
    "CREATE VIEW v AS SELECT 1 AS a",
    "CREATE OR REPLACE VIEW v AS SELECT 2 AS a",
    "DROP VIEW v",
    "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a",
    "CREATE UNIQUE INDEX m_a ON m (a)",
    "REFRESH MATERIALIZED VIEW m",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
    "DROP MATERIALIZED VIEW m",
    "CREATE SEQUENCE q",
    "ALTER SEQUENCE q AS int",
    "DROP SEQUENCE q",
    "CREATE TYPE e AS ENUM ('a')",
    "ALTER TYPE e ADD VALUE 'b'",
    "CREATE TYPE c AS (x int)",
    "CREATE TABLE typed OF c",
    "ALTER TYPE c ALTER ATTRIBUTE x TYPE bigint CASCADE",
    "CREATE DOMAIN dom AS int",
    "ALTER DOMAIN dom ADD CHECK (VALUE > 0)",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE TRIGGER tr BEFORE INSERT ON u FOR EACH ROW EXECUTE FUNCTION f()",
    "ALTER TABLE u DISABLE TRIGGER tr",
    "DROP TRIGGER tr ON u",
    "CREATE RULE r AS ON DELETE TO u DO INSTEAD NOTHING",
    "CREATE POLICY pol ON u USING (true)",
    "CREATE STATISTICS stat ON aa, b FROM u",
    "CREATE PUBLICATION pub FOR TABLE u",
    "DROP PUBLICATION pub",
    "COMMENT ON TABLE u IS 'x'",
    "GRANT SELECT ON u TO PUBLIC",
    "REVOKE SELECT ON u FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    "CREATE EXTENSION citext",
    "DROP EXTENSION citext",
    "CREATE COLLATION col (locale = 'C')",
    "DO $$BEGIN CREATE TABLE in_do (a int); EXECUTE 'DROP TABLE in_do'; END$$",
    "CREATE TABLE a1 (a int); CREATE TABLE a2 (a int)",
    "DROP TABLE a1, a2",
    "DROP OWNED BY nobody_here",
    // From here on nothing reaches any event trigger.
    "EXPLAIN ANALYZE CREATE TABLE explained AS SELECT 1 AS a",
    "EXPLAIN ANALYZE CREATE MATERIALIZED VIEW explained_view AS SELECT 1 AS a",
    "TRUNCATE u",
    "VACUUM FULL u",
    "CLUSTER u USING t_pkey",
    "ANALYZE u",
    "COPY u TO '/dev/null'",
    "BEGIN; LOCK TABLE u; COMMIT",
    "INSERT INTO u (b) VALUES ('x')",
    "CREATE ROLE role_here",
    "ALTER ROLE role_here SET work_mem = '4MB'",
    "DROP ROLE role_here",
    "CREATE DATABASE database_here",
    "ALTER DATABASE database_here SET work_mem = '4MB'",
    "DROP DATABASE database_here",
    "ALTER SYSTEM SET work_mem = '4MB'",
    "ALTER SYSTEM RESET work_mem",
    "CREATE FUNCTION et() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION et()",
    "ALTER EVENT TRIGGER et DISABLE",
    "DROP EVENT TRIGGER et",
    "REASSIGN OWNED BY nobody_here TO CURRENT_USER",
    "SELECT lo_create(12345)",
    "UPDATE pg_class SET reltuples = 1 WHERE relname = 'u'",
    "ALTER EVENT TRIGGER pg_warden_end DISABLE",
    "ALTER EVENT TRIGGER pg_warden_end ENABLE",
];

/// Calls of the guard's functions so far.
fn calls(s: &mut Session) -> Result<i64> {
    s.run("SELECT pg_stat_force_next_flush()")?;
    let calls = s.value(
        "SELECT sum(coalesce(pg_stat_get_function_calls(f), 0)) FROM
         (SELECT DISTINCT evtfoid AS f FROM pg_event_trigger WHERE evtname LIKE 'pg\\_warden%') q",
    )?;
    Ok(calls.parse().unwrap_or_default())
}

/// Event triggers beside the guard's, which say what fired.
fn observe(s: &mut Session) -> Result {
    s.run("CREATE FUNCTION observed() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE NOTICE 'fired %', tg_event; END$$")?;
    for event in EVENTS {
        s.run(&format!("CREATE EVENT TRIGGER observe_{event} ON {event} EXECUTE FUNCTION observed()"))?;
    }
    Ok(())
}

const EVENTS: [&str; 4] = ["ddl_command_start", "ddl_command_end", "sql_drop", "table_rewrite"];

fn firing_matrix(leg: &Leg) -> Result {
    let db = leg.database()?;
    db.session()?.run(&format!("CREATE ROLE {}_nobody", db.name()))?;
    // No finding is in the way of what is counted.
    let mut s = db.session_with("-c track_functions=all -c warden.mode=warn -c warden.notify=none")?;
    observe(&mut s)?;
    let mut seen = String::new();
    for &statement in MATRIX {
        let before = calls(&mut s)?;
        let run = statement
            .replace("database_here", &format!("{}_here", db.name()))
            .replace("role_here", &format!("{}_role", db.name()))
            .replace("nobody_here", &format!("{}_nobody", db.name()));
        let outcome = s.run(&run).map_err(|e| format!("{statement}: {e}"))?;
        let guarded = calls(&mut s)? - before;
        let fired = |event: &str| outcome.notices.iter().filter(|n| n.message == format!("fired {event}")).count();
        let all: usize = EVENTS.iter().map(|e| fired(e)).sum();
        // An extension's script runs with notices off.
        let script = statement.starts_with("CREATE EXTENSION");
        let all = i64::try_from(all)?;
        ensure!(
            if script { guarded > all } else { guarded == all },
            "{statement}: {all} events fired, but the guard was called {guarded} times"
        );
        let counts: Vec<String> = EVENTS
            .iter()
            .filter(|e| fired(e) > 0)
            .map(|e| format!("{e} {}", fired(e)))
            // How many statements there are is not for us to say.
            .chain(script.then(|| "and those of its script".to_owned()))
            .collect();
        let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
        let _ = writeln!(seen, "{statement}\n    {counts}");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/expected/events-{}.txt", leg.major));
    if std::env::var_os("PG_WARDEN_BLESS").is_some() {
        fs::write(&path, &seen)?;
    }
    let expected = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let differences: Vec<String> = seen
        .lines()
        .zip(expected.lines())
        .filter(|(a, b)| a != b)
        .map(|(a, b)| format!("expected {b}\n     got {a}"))
        .collect();
    ensure!(seen == expected, "{} differs:\n{}", path.display(), differences.join("\n"));
    Ok(())
}

fn not_seen_by_any_event_trigger(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    let name = db.name();
    s.run("SET warden.mode = enforce; SET warden.notify = info; SET lock_timeout = 0")?;
    for sql in [
        "ANALYZE orders",
        "COPY orders TO '/dev/null'",
        "BEGIN; LOCK TABLE orders; COMMIT",
        "CLUSTER orders USING orders_pkey",
        "VACUUM FULL orders",
        "TRUNCATE orders",
        "ALTER SYSTEM RESET work_mem",
        &format!("CREATE ROLE {name}_role"),
        &format!("DROP ROLE {name}_role"),
        &format!("ALTER DATABASE {name} RESET work_mem"),
    ] {
        let outcome = s.outcome(sql);
        ensure!(outcome.error.is_none() && outcome.findings().is_empty(), "{sql}: {outcome}");
    }
    Ok(())
}

fn explain_analyze_create_table_as(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce; SET warden.rule_levels = 'table-without-primary-key=error'; SET warden.notify = info")?;
    let error = s.error("BEGIN; CREATE TABLE made AS SELECT * FROM orders; COMMIT")?;
    ensure_eq!(error.rule(), Some("table-without-primary-key"));
    let outcome = s.run("BEGIN; EXPLAIN ANALYZE CREATE TABLE made AS SELECT * FROM orders; COMMIT")?;
    ensure!(outcome.findings().is_empty(), "{outcome}");
    ensure_eq!(
        s.value("SELECT to_regclass('made') IS NOT NULL")?,
        "t",
        "the server creates it, and no event trigger fires"
    );
    Ok(())
}

fn reindex_from_17(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let mut s = db.session_with("-c track_functions=all")?;
    let before = calls(&mut s)?;
    s.run("REINDEX TABLE orders")?;
    let after = calls(&mut s)?;
    ensure_eq!(after > before, leg.major >= 17);
    Ok(())
}
