//! A session that lints, explains or changes tables again and again stays as large as it is: its memory contexts, and the heap of Rust beside them.
//!
//! Some thousand calls are part of every run, `PG_WARDEN_FULL=1` makes a million.

use pg_warden_tests::{Database, Leg, Result, Session, cases, ensure, fail};

use crate::fixture::shop;

cases![lint, lint_of_much, explain, changes, changes_that_are_blocked, tables_made_and_dropped, a_leak_is_found];

/// `CALL grown(statement, times, commit after each, NULL, NULL)` tells by how many bytes the session has grown.
const GROWN: &str = r"
CREATE FUNCTION memory(OUT contexts bigint, OUT heap bigint) LANGUAGE sql AS $$
    SELECT sum(total_bytes), (regexp_match(pg_read_file('/proc/self/status'), 'RssAnon:\s+(\d+) kB'))[1]::bigint * 1024
    FROM pg_backend_memory_contexts $$;
CREATE PROCEDURE repeated(statement text, times int, committing bool) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..times LOOP
        EXECUTE replace(statement, '#', i::text);
        IF committing THEN COMMIT; END IF;
    END LOOP;
END$$;
CREATE PROCEDURE grown(statement text, times int, committing bool, INOUT contexts bigint, INOUT heap bigint) LANGUAGE plpgsql AS $$
DECLARE
    before record;
    after record;
BEGIN
    SELECT * INTO before FROM memory();
    CALL repeated(statement, times, committing);
    SELECT * INTO after FROM memory();
    contexts := after.contexts - before.contexts;
    heap := after.heap - before.heap;
END$$;";

/// What grows once, and not with the number of calls: a block of a memory context, some pages of the heap.
const ONCE: i64 = 64 * 1024;

/// How often a statement is run, in one transaction or each in its own.
#[derive(Clone, Copy)]
struct Load<'a> {
    statement: &'a str,
    times: u32,
    committing: bool,
}

impl<'a> Load<'a> {
    /// In every run some of the times, in a full run all of them; in one transaction, and in many.
    fn of(statement: &'a str, some: u32, all: u32) -> [Self; 2] {
        let times = if std::env::var_os("PG_WARDEN_FULL").is_some() { all } else { some };
        [false, true].map(|committing| Self { statement, times, committing })
    }

    /// Contexts and heap grown meanwhile.
    fn grown(self, s: &mut Session) -> Result<[i64; 2]> {
        let Self { statement, times, committing } = self;
        let rows = s.rows(&format!("CALL grown($call${statement}$call$, {times}, {committing}, NULL, NULL)"))?;
        let figures = rows.into_iter().flatten().map(|figure| figure?.parse().ok()).collect::<Option<Vec<i64>>>();
        figures.and_then(|figures| figures.try_into().ok()).ok_or_else(|| "no figures".into())
    }

    /// Fails when the session grows by a byte a call, and by as much again when it is warm.
    fn must_not_grow(self, db: &Database<'_>, settings: &str) -> Result {
        let mut s = quiet(db, settings)?;
        let most = ONCE + i64::from(self.times);
        let mut rounds = Vec::new();
        for _ in 0..3 {
            let grown = self.grown(&mut s)?;
            if grown.iter().all(|bytes| *bytes < most) {
                return Ok(());
            }
            rounds.push(grown);
        }
        let Self { statement, times, committing } = self;
        fail!(
            "{times} times (committing: {committing}): {statement}\nmemory contexts and heap grew by {rounds:?} bytes, at most {most} are allowed"
        )
    }
}

fn quiet(db: &Database<'_>, settings: &str) -> Result<Session> {
    db.session_with(&format!("-c client_min_messages=error {settings}"))
}

fn measured(leg: &Leg) -> Result<Database<'_>> {
    let db = shop(leg)?;
    db.session()?.run(GROWN)?;
    Ok(db)
}

fn lint(leg: &Leg) -> Result {
    let db = measured(leg)?;
    let call = "SELECT count(*) FROM warden.lint($q$CREATE INDEX i# ON orders (total)$q$)";
    Load::of(call, 8_000, 1_000_000).into_iter().try_for_each(|load| load.must_not_grow(&db, ""))
}

/// Of what is planned, cast, looked up and not understood.
fn lint_of_much(leg: &Leg) -> Result {
    let db = measured(leg)?;
    let script = "BEGIN; ALTER TABLE orders ADD COLUMN c# uuid DEFAULT gen_random_uuid(), ADD CHECK (total > #), ALTER total TYPE bigint;
        ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers; COMMIT; DROP TABLE customers CASCADE; SELECT FROM # #";
    let call = format!("SELECT count(*) FROM warden.lint($q${script}$q$)");
    Load::of(&call, 100, 10_000).into_iter().try_for_each(|load| load.must_not_grow(&db, ""))
}

fn explain(leg: &Leg) -> Result {
    let db = measured(leg)?;
    let call = "SELECT count(*) FROM warden.explain($q$ALTER TABLE orders ALTER COLUMN total SET NOT NULL$q$)";
    Load::of(call, 500, 100_000).into_iter().try_for_each(|load| load.must_not_grow(&db, ""))
}

/// In one transaction the server itself remembers each change until its end, with the guard as without it.
fn changes(leg: &Leg) -> Result {
    let db = measured(leg)?;
    let changes =
        "ALTER TABLE orders ALTER COLUMN total SET NOT NULL; ALTER TABLE orders ALTER COLUMN total DROP NOT NULL";
    let [in_one, in_many] = Load::of(changes, 500, 20_000);
    in_many.must_not_grow(&db, "")?;
    must_not_grow_more(Load { times: 500, ..in_one }, &db)
}

fn changes_that_are_blocked(leg: &Leg) -> Result {
    let db = measured(leg)?;
    let blocked = "DO $d$BEGIN CREATE INDEX ON orders (total); RAISE assert_failure; EXCEPTION WHEN raise_exception OR assert_failure THEN RAISE; WHEN others THEN NULL; END$d$";
    Load::of(blocked, 500, 100_000).into_iter().try_for_each(|load| load.must_not_grow(&db, "-c warden.mode=enforce"))
}

fn tables_made_and_dropped(leg: &Leg) -> Result {
    let db = measured(leg)?;
    let tables = "CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t ADD COLUMN a text; DROP TABLE t";
    Load::of(tables, 150, 10_000).into_iter().try_for_each(|load| must_not_grow_more(load, &db))
}

/// Fails when a session grows more than one without the guard, which caches, and remembers until the transaction ends.
fn must_not_grow_more(load: Load<'_>, db: &Database<'_>) -> Result {
    let with = load.grown(&mut quiet(db, "")?)?;
    let without = load.grown(&mut quiet(db, "-c warden.mode=off")?)?;
    for (with, without) in with.into_iter().zip(without) {
        let most = without + without / 4 + 8 * ONCE;
        ensure!(with < most, "{}: grew by {with} bytes with the guard, by {without} without it", load.statement);
    }
    Ok(())
}

/// What measures must see a leak: prepared statements stay.
fn a_leak_is_found(leg: &Leg) -> Result {
    let db = measured(leg)?;
    let leak = "DO $d$BEGIN EXECUTE format('PREPARE %I AS SELECT 1', gen_random_uuid()); END$d$";
    for load in Load::of(leak, 500, 500) {
        ensure!(load.must_not_grow(&db, "").is_err(), "statements were kept, and nothing has grown");
    }
    Ok(())
}
