//! What the server locks, rewrites, rebuilds and reads for a statement: measured, and compared with the record in `data/`.
//!
//! A new case is a line with a name and a statement; the test then fails with what it saw, to be read and copied into the line.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use pg_warden_tests::report::Row;
use pg_warden_tests::{Database, Leg, Result, Session, cases, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

cases![the_server_does_what_the_matrix_says, explain_says_what_the_matrix_says];

const SCHEMA: &str = include_str!("../data/lock_matrix.sql");
const RECORD: &str = include_str!("../data/lock_matrix.jsonl");

/// A statement on the schema of `data/lock_matrix.sql`, and what it does there: a line of `data/lock_matrix.jsonl`.
///
/// `majors` of a line holds what is different from a major version on.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// Its name.
    #[serde(rename = "case")]
    pub name: String,
    /// What is run before, each statement in a transaction of its own, in the session that runs the statement.
    #[serde(default)]
    pub prepare: Vec<String>,
    /// The statement.
    pub sql: String,
    /// What another session has run in a transaction that holds the statement up, which runs outside a transaction.
    #[serde(default)]
    pub outside: Vec<String>,
    /// The first major version that knows the statement.
    #[serde(default)]
    pub since: u32,
    /// What it does.
    #[serde(flatten)]
    pub effect: Effect,
}

/// What a statement does to tables, views and indexes that were there before it, catalogs and TOAST aside.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Effect {
    /// The strongest lock on each table or view. Outside a transaction: held or waited for while the statement is held up.
    pub locks: BTreeMap<String, String>,
    /// The strongest lock on each index, but not ACCESS SHARE: which indexes a plan considers says nothing about the statement.
    pub index_locks: BTreeMap<String, String>,
    /// Tables with a new file.
    pub rewritten: BTreeSet<String>,
    /// Indexes with a new file.
    pub index_rebuilt: BTreeSet<String>,
    /// Tables read from end to end.
    pub scanned: BTreeSet<String>,
    /// The message, when it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The cases of a major version, as they are there.
pub fn load(major: u32) -> Vec<Case> {
    let cases = RECORD.lines().map(|line| serde_json::from_str(line).and_then(|case| on(case, major)));
    cases.map(|case| case.expect("a line of the record")).filter(|case| case.since <= major).collect()
}

fn on(mut case: Map<String, Value>, major: u32) -> serde_json::Result<Case> {
    if let Some(majors) = case.remove("majors") {
        let majors: BTreeMap<u32, Map<String, Value>> = serde_json::from_value(majors)?;
        case.extend(majors.into_iter().filter(|&(since, _)| since <= major).flat_map(|(_, differences)| differences));
    }
    serde_json::from_value(case.into())
}

/// A database with the schema, for others to be copied from.
pub fn schema(leg: &Leg) -> Result<Database<'_>> {
    let db = leg.database()?;
    quiet(&db)?.script(SCHEMA)?;
    Ok(db)
}

/// A database of a case's own, and the session that has prepared it.
pub fn prepared<'a>(schema: &Database<'a>, case: &Case) -> Result<(Database<'a>, Session)> {
    let db = schema.copy()?;
    let mut session = quiet(&db)?;
    for sql in &case.prepare {
        session.run(sql).map_err(|e| format!("{}: {e}", case.name))?;
    }
    Ok((db, session))
}

/// A session of which the guard takes no notice, and whose plans read whole tables, whatever the statistics say.
fn quiet(db: &Database<'_>) -> Result<Session> {
    db.session_with("-c warden.mode=off -c enable_indexscan=off -c enable_indexonlyscan=off -c enable_bitmapscan=off")
}

fn the_server_does_what_the_matrix_says(leg: &Leg) -> Result {
    let schema = schema(leg)?;
    let shared = schema.copy()?;
    let mut session = quiet(&shared)?;
    let mut differing = Vec::new();
    for case in load(leg.major) {
        let seen = if case.prepare.is_empty() && case.outside.is_empty() {
            inside(&mut session, &case.sql)?
        } else {
            apart(&schema, &case).map_err(|e| format!("{}: {}", case.name, e.message().unwrap_or_default()))?
        };
        if seen != case.effect {
            differing.push(difference(&case, &seen)?);
        }
    }
    ensure!(differing.is_empty(), "{} cases differ:\n{}", differing.len(), differing.join("\n"));
    Ok(())
}

/// What `warden.explain` does not foretell: what depends on other objects than relations and types, and what a block of code does.
const NOT_FORETOLD: [&str; 10] = [
    "alter publication set table",
    "alter sequence owned by",
    "create rule with another table",
    "create sequence owned by",
    "do block with ddl",
    "drop extension cascade",
    "drop function cascade",
    "drop statistics",
    "index depends on extension",
    "trigger depends on extension",
];

/// Of what fails nothing is predicted; a query is not DDL; and of what is only seen from outside, locks alone.
fn explain_says_what_the_matrix_says(leg: &Leg) -> Result {
    let schema = schema(leg)?;
    let shared = schema.copy()?;
    let mut session = explaining(&shared)?;
    let mut differing = Vec::new();
    for case in load(leg.major).iter().filter(|case| case.effect.error.is_none() && case.outside.is_empty()) {
        let said = if case.prepare.is_empty() {
            explained(&mut session, &case.sql)?
        } else {
            let (_db, mut session) = prepared(&schema, case)?;
            explained(&mut session, &case.sql)?
        };
        let Some(said) = said else { continue };
        let known_to_differ = NOT_FORETOLD.contains(&case.name.as_str());
        if (said != case.effect) != known_to_differ {
            differing.push(difference(case, &said)?);
        }
    }
    ensure!(differing.is_empty(), "{} cases differ:\n{}", differing.len(), differing.join("\n"));
    Ok(())
}

fn explaining(db: &Database<'_>) -> Result<Session> {
    db.session_with("-c warden.mode=off")
}

/// What `warden.explain` says, in the form of the record; nothing for what is not DDL.
fn explained(session: &mut Session, sql: &str) -> Result<Option<Effect>> {
    let outcome = session.outcome(&format!(
        "SELECT e.relation::regclass, c.relkind IN ('i', 'I'), initcap(e.lock), e.work
         FROM warden.explain({}) e JOIN pg_class c ON c.oid = e.relation::regclass
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'i', 'I')",
        pg_warden_tests::sql::literal(sql)
    ));
    if let Some(error) = outcome.error {
        ensure!(error.message == "this is not a DDL statement", "{sql}: {error}");
        return Ok(None);
    }
    let mut effect = Effect::default();
    for row in outcome.rows {
        let (name, is_index) = (row[0].clone().unwrap_or_default(), row[1].as_deref() == Some("t"));
        let lock = format!("{}Lock", row[2].clone().unwrap_or_default().replace(' ', ""));
        let work = row[3].clone().unwrap_or_default();
        if work.contains("written again")
            || work.contains("built again")
            || work.contains("emptied")
            || work.contains("moved")
        {
            let filed = if is_index { &mut effect.index_rebuilt } else { &mut effect.rewritten };
            filed.insert(name.clone());
        }
        if work.contains("written again") || work.contains("read:") {
            effect.scanned.insert(name.clone());
        }
        if !(is_index && lock == "AccessShareLock") {
            let locks = if is_index { &mut effect.index_locks } else { &mut effect.locks };
            locks.insert(name, lock);
        }
    }
    Ok(Some(effect))
}

/// What was seen is written as in the record.
fn difference(case: &Case, seen: &Effect) -> Result<String> {
    let json = |effect| serde_json::to_string(effect).map_err(|e| e.to_string());
    Ok(format!("{}: {}\nexpected: {}\n    seen: {}", case.name, case.sql, json(&case.effect)?, json(seen)?))
}

/// What a case does in a database of its own.
fn apart(schema: &Database<'_>, case: &Case) -> Result<Effect> {
    let (db, mut session) = prepared(schema, case)?;
    if case.outside.is_empty() { inside(&mut session, &case.sql) } else { outside(&db, &mut session, case) }
}

/// What a statement does in a transaction that is rolled back.
fn inside(session: &mut Session, sql: &str) -> Result<Effect> {
    session.run("BEGIN")?;
    let before = Snapshot::take(session, "pg_stat_xact_user_tables")?;
    let outcome = session.outcome(sql);
    let effect = if let Some(e) = outcome.error {
        Effect { error: Some(e.message), ..Effect::default() }
    } else {
        let locks = locks(session, "pg_backend_pid()")?;
        before.effect(&locks, &Snapshot::take(session, "pg_stat_xact_user_tables")?)
    };
    session.run("ROLLBACK")?;
    Ok(effect)
}

/// What a statement does that another session holds up, with the locks of that moment.
fn outside(db: &Database<'_>, session: &mut Session, case: &Case) -> Result<Effect> {
    let mut other = quiet(db)?;
    let pid = session.pid()?;
    let before = Snapshot::take(session, "pg_stat_user_tables")?;
    // LOCK TABLE takes no snapshot, which is what some statements wait for.
    other.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")?;
    for sql in &case.outside {
        other.run(sql)?;
    }
    let locks = thread::scope(|scope| {
        let running = scope.spawn(|| session.run(&case.sql));
        let held_up = held_up(db, pid);
        other.run("ROLLBACK")?;
        running.join().map_err(|_| "the statement's thread panicked")??;
        held_up
    })?;
    session.run("SELECT pg_stat_force_next_flush()")?;
    Ok(before.effect(&locks, &Snapshot::take(session, "pg_stat_user_tables")?))
}

/// The locks of a process once it waits for another.
fn held_up(db: &Database<'_>, pid: i32) -> Result<Locks> {
    let waits =
        format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND wait_event_type IN ('Lock', 'BufferPin')");
    let mut observer = quiet(db)?;
    let start = Instant::now();
    while observer.value(&waits)? == "0" {
        ensure!(start.elapsed() < Duration::from_secs(30), "nothing holds the statement up");
        thread::sleep(Duration::from_millis(10));
    }
    locks(&mut observer, &pid.to_string())
}

/// The strongest lock on a relation, by its OID.
type Locks = BTreeMap<String, String>;

/// The locks of a process, those it waits for too.
fn locks(session: &mut Session, pid: &str) -> Result<Locks> {
    let rows = session.rows(&format!(
        "SELECT relation, mode FROM pg_locks WHERE pid = {pid} AND locktype = 'relation'
         ORDER BY array_position('{{AccessShareLock,RowShareLock,RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,
                                    ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}}', mode)"
    ))?;
    Ok(rows.into_iter().filter_map(pair).collect())
}

fn pair(row: Row) -> Option<(String, String)> {
    let mut values = row.into_iter().flatten();
    Some((values.next()?, values.next()?))
}

/// The relations of users at one moment, by their names: an index that a statement drops and makes again is the same to its table.
struct Snapshot(BTreeMap<String, Relation>);

struct Relation {
    oid: String,
    is_index: bool,
    file: String,
    rows_read: u64,
}

impl Snapshot {
    /// `counters` are those of the transaction or, outside of one, those of all that was reported.
    fn take(session: &mut Session, counters: &str) -> Result<Self> {
        let rows = session.rows(&format!(
            "SELECT c.oid::regclass, c.oid, c.relkind IN ('i', 'I'), coalesce(pg_relation_filenode(c.oid), 0), coalesce(s.seq_tup_read, 0)
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN {counters} s ON s.relid = c.oid
             WHERE n.nspname !~ '^(pg_|information_schema$|warden)' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'i', 'I')"
        ))?;
        Ok(Self(rows.into_iter().filter_map(|row| Relation::named(row.into_iter().flatten())).collect()))
    }

    /// What became of these relations until `after`.
    fn effect(&self, locks: &Locks, after: &Self) -> Effect {
        let mut effect = Effect::default();
        for (name, relation) in &self.0 {
            let (locked, filed) = if relation.is_index {
                (&mut effect.index_locks, &mut effect.index_rebuilt)
            } else {
                (&mut effect.locks, &mut effect.rewritten)
            };
            if let Some(mode) = locks.get(&relation.oid)
                && !(relation.is_index && mode == "AccessShareLock")
            {
                locked.insert(name.clone(), mode.clone());
            }
            let Some(after) = after.0.get(name) else { continue };
            if relation.file != after.file {
                filed.insert(name.clone());
            }
            if relation.rows_read < after.rows_read {
                effect.scanned.insert(name.clone());
            }
        }
        effect
    }
}

impl Relation {
    fn named(mut row: impl Iterator<Item = String>) -> Option<(String, Self)> {
        let (name, oid, is_index, file, rows_read) = (row.next()?, row.next()?, row.next()?, row.next()?, row.next()?);
        Some((name, Self { oid, is_index: is_index == "t", file, rows_read: rows_read.parse().ok()? }))
    }
}
