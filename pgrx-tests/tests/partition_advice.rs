//! `warden.advise_partitioning`.

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    advice_for_rows_in_the_order_of_time,
    advice_grows_with_the_table,
    advice_without_a_time,
    advice_where_old_rows_go,
    advice_says_what_it_could_not_look_at,
    advice_waits_for_nobody,
    what_cannot_be_partitioned,
];

/// 100,000 rows, a minute from each to the next, all of 2026 in UTC.
const EVENTS: &str = "
    SET TimeZone = 'UTC';
    CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, kind text NOT NULL);
    INSERT INTO events (at, kind) SELECT '2026-01-01'::timestamptz + i * interval '5 minutes', 'k' || i % 5 FROM generate_series(0, 99999) i;
    CREATE INDEX events_at_idx ON events (at);
    ANALYZE events";

/// Topics and advice, one a line.
fn advice(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!("SELECT topic || ': ' || advice FROM warden.advise_partitioning({})", literal(table)))?)
}

fn reason(s: &mut Session, table: &str, topic: &str) -> Result<String> {
    Ok(s.value(&format!(
        "SELECT string_agg(reason, ' | ') FROM warden.advise_partitioning({}) WHERE topic = {}",
        literal(table),
        literal(topic)
    ))?)
}

fn advice_for_rows_in_the_order_of_time(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    s.run("CREATE TABLE notes (event_id bigint CONSTRAINT notes_event_fkey REFERENCES events)")?;
    s.run("SET warden.large_table_rows = 5000; SET warden.large_table_size = '1TB'")?;
    ensure_eq!(
        advice(&mut s, "events")?,
        [
            "size: leave it",
            "key: RANGE (at)",
            "interval: 1 mon",
            "unique key: has to change",
            "reference: has to change",
            "queries: not checked"
        ]
    );
    ensure_eq!(
        reason(&mut s, "events", "key")?,
        "at is of type timestamp with time zone, never NULL, and the rows lie in its order (correlation 1.00)."
    );
    let interval = reason(&mut s, "events", "interval")?;
    ensure!(
        interval.starts_with("The rows reach from 2026-01-01 to 2026-12-14: about 12 partitions of 8333 rows"),
        "{interval}"
    );
    let sql = s.value("SELECT sql FROM warden.advise_partitioning('events') WHERE topic = 'interval'")?;
    ensure_eq!(sql, "SELECT * FROM warden.plan_conversion('public.events', 'at', '1 mon');");
    // What it says to run runs.
    s.run(&sql)?;
    let key = reason(&mut s, "events", "unique key")?;
    ensure!(key.contains("events_pkey is unique over (id)") && key.contains("hold at as well"), "{key}");
    ensure!(reason(&mut s, "events", "reference")?.contains("notes_event_fkey of table public.notes"), "the reference");
    Ok(())
}

/// Partitions are as long as it takes to fill them with as many rows as make a table large.
fn advice_grows_with_the_table(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    s.run("SET warden.large_table_size = '1TB'")?;
    for (rows, interval) in
        [(200, "1 day"), (2_000, "7 days"), (20_000, "3 mons"), (100_000, "1 year"), (900_000, "1 year")]
    {
        s.run(&format!("SET warden.large_table_rows = {rows}"))?;
        let found = advice(&mut s, "events")?;
        ensure!(found.contains(&format!("interval: {interval}")), "{rows}: {found:?}");
    }
    // By size alone, too.
    s.run("SET warden.large_table_rows = 2000000000; SET warden.large_table_size = '100kB'")?;
    ensure!(advice(&mut s, "events")?.contains(&"interval: 7 days".to_owned()), "{:?}", advice(&mut s, "events")?);
    // So many rows as the statistics say.
    s.run("UPDATE pg_class SET reltuples = 20000000 WHERE oid = 'events'::regclass")?;
    ensure!(advice(&mut s, "events")?.contains(&"size: not yet".to_owned()), "{:?}", advice(&mut s, "events")?);
    Ok(())
}

fn advice_without_a_time(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE \"Odd \"\" 100%\" (id int PRIMARY KEY, \"re\"\"gion\" text NOT NULL);
         INSERT INTO \"Odd \"\" 100%\" SELECT i, 'r' || i % 4 FROM generate_series(1, 1000) i; ANALYZE \"Odd \"\" 100%\"",
    )?;
    ensure_eq!(
        advice(&mut s, "\"Odd \"\" 100%\"")?,
        ["size: leave it", "key: LIST (\"re\"\"gion\")", "key: HASH (id)"]
    );
    // Rows that lie anyhow.
    s.run(
        "CREATE TABLE shuffled (id int PRIMARY KEY, at date);
         INSERT INTO shuffled SELECT i, '2026-01-01'::date + (i * 7919) % 1000 FROM generate_series(1, 5000) i; ANALYZE shuffled",
    )?;
    ensure_eq!(advice(&mut s, "shuffled")?, ["size: leave it", "key: HASH (id)", "key: not RANGE (at)"]);
    Ok(())
}

fn advice_where_old_rows_go(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE UNLOGGED TABLE readings (at timestamptz NOT NULL);
         INSERT INTO readings SELECT '2026-01-01'::timestamptz + i * interval '1 second' FROM generate_series(1, 1000000) i",
    )?;
    s.run("ANALYZE readings; DELETE FROM readings")?;
    let size = |s: &mut Session, rows: u32| {
        // As if there were ten times as many.
        s.run(&format!("UPDATE pg_class SET reltuples = {rows} WHERE oid = 'readings'::regclass"))?;
        advice(s, "readings").map(|lines| lines[0].clone())
    };
    // What this session did is told to the statistics at the end of its transactions, not always at once.
    for _ in 0..100 {
        if size(&mut s, 10_000_000)? == "size: partition" {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    ensure_eq!(size(&mut s, 10_000_000)?, "size: partition");
    ensure!(reason(&mut s, "readings", "size")?.contains("1000000 rows were deleted since"), "the reason");
    ensure_eq!(size(&mut s, 20_000_000)?, "size: not yet");
    ensure_eq!(size(&mut s, 9_000_000)?, "size: leave it");
    Ok(())
}

fn advice_says_what_it_could_not_look_at(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE never (id int, at date); INSERT INTO never VALUES (1, '2026-01-01')")?;
    ensure_eq!(advice(&mut s, "never")?, ["size: not checked"]);
    ensure_eq!(s.value("SELECT sql FROM warden.advise_partitioning('never')")?, "ANALYZE public.never;");
    s.run("CREATE TABLE empty (id int, at date); ANALYZE empty")?;
    ensure_eq!(advice(&mut s, "empty")?, ["size: leave it"]);
    s.run(EVENTS)?;
    s.run("DROP INDEX events_at_idx")?;
    ensure!(advice(&mut s, "events")?.contains(&"interval: not checked".to_owned()), "no index");
    let role = db.role("")?;
    s.run(&format!("CREATE INDEX ON events (at); GRANT SELECT (id) ON events TO {role}"))?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.advise_partitioning(text) TO {role}"))?;
    let mut other = db.session_as(&role)?;
    ensure_eq!(advice(&mut other, "events")?, ["size: leave it", "key: not checked"]);
    Ok(())
}

fn advice_waits_for_nobody(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE")?;
    ensure_eq!(advice(&mut s, "events")?, ["size: not checked"]);
    ensure_eq!(reason(&mut s, "events", "size")?, "Table public.events is locked by another session.");
    Ok(())
}

fn what_cannot_be_partitioned(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE VIEW shown AS SELECT 1; CREATE TEMP TABLE short (id int); CREATE TABLE parted (at date) PARTITION BY RANGE (at);
         CREATE TABLE part PARTITION OF parted DEFAULT; CREATE TABLE base (id int); CREATE TABLE heir () INHERITS (base)",
    )?;
    let call = |table: &str| format!("SELECT * FROM warden.advise_partitioning({table})");
    for (table, detail) in [
        ("'shown'", "It is not a table."),
        ("'short'", "It is temporary."),
        ("'part'", "It is a partition itself."),
        ("'base'", "It inherits from another table, or another from it."),
        ("'heir'", "It inherits from another table, or another from it."),
    ] {
        let error = s.error(&call(table))?;
        ensure_eq!((error.sqlstate.as_str(), error.detail.as_deref()), ("42809", Some(detail)));
    }
    ensure_eq!(s.error(&call("'nothing'"))?.sqlstate, "42P01");
    ensure_eq!(s.error(&call("NULL"))?.sqlstate, "22004");
    ensure_eq!(advice(&mut s, "parted")?, ["size: none"]);
    Ok(())
}
