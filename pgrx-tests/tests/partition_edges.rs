//! What others do at the same moment, and how much can be done at once.

use pg_warden_tests::partitioned::behind;
use pg_warden_tests::{Leg, Options, Result, Session, cases, ensure, ensure_eq};
use std::thread;

cases![
    f3_a_row_that_is_not_committed,
    f3_moved_when_it_is_committed,
    f3_by_maintenance,
    f5_a_large_default,
    f7_rows_of_another_range,
    g8_more_than_locks,
    g10_constraints_and_savepoints,
    g12_while_it_is_analyzed,
];

/// A table with a default partition, which reads of the range find by its index.
const TABLE: &str =
    "SET client_min_messages = warning; CREATE TABLE e (ts date NOT NULL, id int) PARTITION BY RANGE (ts);
    CREATE TABLE rest PARTITION OF e DEFAULT; CREATE INDEX ON e (ts); RESET client_min_messages";

const HELD: &str = "default partition \"rest\" of \"e\" holds rows of [2999-01-01, 2999-02-01)";

/// Whoever waits for the row finds it.
fn f3_a_row_that_is_not_committed(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    s.run(TABLE)?;
    for year in [2999, 2000] {
        let call = format!("SELECT warden.create_monthly_partition('e', '{year}-01-01')");
        other.run(&format!("BEGIN; INSERT INTO e VALUES ('{year}-01-05', 1)"))?;
        s.run("SET warden.partition_lock_timeout = '50ms'")?;
        ensure_eq!(s.error(&call)?.sqlstate, "55P03");
        s.run("SET warden.partition_lock_timeout = '10min'")?;
        let outcome = behind(&mut s, &mut other, &call)?;
        let error = outcome.error.as_ref().ok_or("it was made")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.clone(), error.detail()),
            ("23514", HELD.replace("2999", &year.to_string()), format!("1 row, at {year}-01-05.").as_str())
        );
        ensure!(error.hint().starts_with("Move them in one transaction: BEGIN;"), "{error}");
        // Whoever only could have written one is waited for as well.
        s.run("DELETE FROM e")?;
        other.run("BEGIN; LOCK TABLE rest IN ROW EXCLUSIVE MODE")?;
        ensure!(behind(&mut s, &mut other, &call)?.error.is_none());
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'e'::regclass")?, "3");
    Ok(())
}

fn f3_moved_when_it_is_committed(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    s.run(TABLE)?;
    s.run("SET warden.partition_lock_timeout = '10min'")?;
    for (rows, expected) in [
        ("default_rows => 'move'", "created Rows of this range were moved from public.rest."),
        ("default_rows => 'error'", "blocked"),
    ] {
        other.run("BEGIN; INSERT INTO e VALUES ('2999-02-05', 1)")?;
        let call = format!(
            "SELECT concat_ws(' ', status, detail) FROM warden.create_partitions('e', '1 month', '2999-02-01', '2999-03-01', {rows})"
        );
        let outcome = behind(&mut s, &mut other, &call)?;
        let said = outcome.rows.first().and_then(|row| row.first().cloned().flatten()).ok_or("no row")?;
        ensure!(said.starts_with(expected), "{said}");
        s.run("SET client_min_messages = warning; DELETE FROM e; DROP TABLE IF EXISTS e_2999_02; RESET client_min_messages")?;
    }
    Ok(())
}

fn log(s: &mut Session) -> Result<Vec<String>> {
    Ok(s.column("SELECT concat_ws(' ', action, status, sqlstate, left(detail, 30)) FROM warden.partition_log WHERE partition IS NOT NULL ORDER BY id")?)
}

fn f3_by_maintenance(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    s.run(TABLE)?;
    s.run("SELECT * FROM warden.manage_partitions('e', premake => 0); SET warden.partition_lock_timeout = '10min'")?;
    other.run("BEGIN; INSERT INTO e VALUES (now(), 1)")?;
    behind(&mut s, &mut other, "CALL warden.partition_maintenance('e')")?;
    ensure_eq!(log(&mut s)?, ["create error 23514 default partition \"rest\" of \"e"]);
    Ok(())
}

/// A default is read by its index, and not at all by the server where a constraint says that it holds nothing of the range.
fn f5_a_large_default(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run("INSERT INTO e SELECT date '2500-01-01' + i % 300, i FROM generate_series(1, 50000) AS i")?;
    s.analyze()?;
    let read = "SELECT concat_ws(' ', seq_scan > 0, idx_scan > 0) FROM pg_stat_xact_user_tables WHERE relname = 'rest'";
    for (guard, expected) in [
        ("SELECT 1", "t t"),
        ("ALTER TABLE rest ADD CONSTRAINT guard CHECK (ts < '2999-01-01' OR ts >= '2999-03-01')", "f t"),
    ] {
        s.run(guard)?;
        // What was read before is not counted with it.
        s.run("SELECT pg_stat_force_next_flush()")?;
        s.run("BEGIN; SELECT warden.create_monthly_partition('e', '2999-01-01')")?;
        ensure_eq!(s.value(read)?, expected, "{guard}");
        s.run("ROLLBACK")?;
    }
    Ok(())
}

fn f7_rows_of_another_range(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    s.run(TABLE)?;
    s.run("SET warden.partition_lock_timeout = '10min'")?;
    // They are there, and more come at the same moment.
    for (year, others) in [(2999, "2999-02-01"), (2000, "1999-12-31")] {
        s.run(&format!("INSERT INTO e VALUES ('{others}', 1)"))?;
        other.run(&format!("BEGIN; INSERT INTO e VALUES ('{others}', 2)"))?;
        let outcome =
            behind(&mut s, &mut other, &format!("SELECT warden.create_monthly_partition('e', '{year}-01-01')"))?;
        ensure!(outcome.error.is_none(), "{outcome}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM rest")?, "4");
    Ok(())
}

/// A call is one transaction, and takes a lock for each table and index it makes; maintenance is many.
fn g8_more_than_locks(leg: &Leg) -> Result {
    let settings = [
        // Enough to install the extension.
        "max_locks_per_transaction = 30",
        "max_connections = 6",
        "max_prepared_transactions = 0",
        "max_worker_processes = 1",
        "max_wal_senders = 0",
    ];
    let settings = settings.iter().map(|line| (*line).to_owned()).collect();
    let cluster = leg.own_cluster(&Options { settings, ..Options::default() })?;
    let mut s = cluster.connect("postgres")?;
    s.run("CREATE EXTENSION pg_warden; CREATE TABLE e (ts date, id int, note text, PRIMARY KEY (ts, id)) PARTITION BY RANGE (ts)")?;
    let error = s.error("SELECT * FROM warden.create_partitions('e', '1 day', '2900-01-01', '2902-01-01')")?;
    ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("53200", "out of shared memory"));
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'e'::regclass")?, "0");
    s.run("SELECT * FROM warden.manage_partitions('e', '1 day', premake => 119)")?;
    s.run("CALL warden.partition_maintenance('e')")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'e'::regclass")?, "120");
    ensure_eq!(
        s.value("SELECT count(*) FROM warden.partition_log WHERE partition IS NOT NULL AND status <> 'done'")?,
        "0"
    );
    drop(s);
    cluster.finish()
}

/// Rows that wait for a deferred check are none of the partitions' business; a savepoint takes all of a partition back.
fn g10_constraints_and_savepoints(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run(
        "CREATE TABLE kind (id int PRIMARY KEY); INSERT INTO kind VALUES (1);
         ALTER TABLE e ADD FOREIGN KEY (id) REFERENCES kind DEFERRABLE INITIALLY DEFERRED",
    )?;
    let there = "SELECT (SELECT count(*) FROM pg_class) || ' ' || (SELECT count(*) FROM pg_constraint) || ' ' || (SELECT count(*) FROM pg_trigger)";
    let before = s.value(there)?;
    for call in [
        "SELECT warden.create_monthly_partition('e', '2999-01-01')",
        "SELECT warden.create_monthly_partition('e', '2000-01-01')",
        "SELECT * FROM warden.create_partitions('e', '1 month', '2999-01-01', '2999-04-01')",
        "SELECT warden.create_range_partition('e', '2999-01-01', '2999-04-01')",
    ] {
        s.run("BEGIN; INSERT INTO e VALUES ('2500-01-01', 2); SAVEPOINT a")?;
        s.run(call)?;
        s.run("ROLLBACK TO a")?;
        ensure_eq!(s.value(there)?, before, "{call}");
        s.run(call)?;
        ensure_eq!(s.error("COMMIT")?.sqlstate, "23503");
        ensure_eq!(s.value(there)?, before, "{call}");
        s.run("BEGIN; INSERT INTO e VALUES ('2500-01-01', 1)")?;
        s.run(call)?;
        s.run("COMMIT")?;
        ensure!(s.value(there)? != before, "{call}");
        for partition in s.column("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'e'::regclass AND inhrelid <> 'rest'::regclass")? {
            s.run(&format!("DROP TABLE {partition}"))?;
        }
        ensure_eq!(s.value(there)?, before, "{call}");
    }
    // The table is being read by what calls.
    s.run("INSERT INTO e VALUES ('2500-01-01', 1)")?;
    s.run("DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM e LOOP PERFORM warden.create_monthly_partition('e', '2000-01-01'); END LOOP; END $$")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e') WHERE partition = 'public.e_2000_01'")?, "1");
    Ok(())
}

/// ANALYZE of the table keeps its partitions as they are for as long as it takes.
fn g12_while_it_is_analyzed(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut holder, mut other) = (db.session()?, db.session()?, db.session()?);
    s.run("SET client_min_messages = warning; CREATE TABLE e (ts date NOT NULL, id int) PARTITION BY RANGE (ts); RESET client_min_messages")?;
    s.run("SELECT warden.create_monthly_partition('e', '2000-01-01'); SELECT * FROM warden.manage_partitions('e', premake => 0)")?;
    holder.run("BEGIN; LOCK TABLE e_2000_01 IN ACCESS EXCLUSIVE MODE")?;
    let analyzes = format!("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = {})", other.pid()?);
    thread::scope(|scope| -> Result {
        let analyzed = scope.spawn(|| other.outcome("ANALYZE e"));
        let met = (|| -> Result {
            s.wait_for(&analyzes, "t")?;
            s.run("SET warden.partition_lock_timeout = '50ms'; SET warden.partition_lock_retries = 1")?;
            let error = s.error("SELECT warden.create_monthly_partition('e', '2999-01-01')")?;
            ensure_eq!(
                (error.sqlstate.as_str(), error.message.as_str()),
                ("55P03", "no lock for a partition of \"e\" within 50 ms")
            );
            s.run("CALL warden.partition_maintenance('e')")?;
            ensure_eq!(log(&mut s)?, ["create lock_timeout 55P03 no lock for a partition of \"e\""]);
            Ok(())
        })();
        holder.run("COMMIT")?;
        let analyzed = analyzed.join().map_err(|_| "the session panicked")?;
        met?;
        ensure!(analyzed.error.is_none(), "{analyzed}");
        Ok(())
    })?;
    s.run("SET warden.partition_lock_timeout = '10min'; DELETE FROM warden_internal.partition_log")?;
    s.run("CALL warden.partition_maintenance('e')")?;
    ensure_eq!(log(&mut s)?, ["create done"]);
    Ok(())
}
