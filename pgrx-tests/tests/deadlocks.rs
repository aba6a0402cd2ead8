//! Six sessions change one table while others read and write it, and nobody ends in a deadlock: before its statement takes its locks, the guard holds
//! none that it would have to raise.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pg_warden_tests::{Database, Leg, Report, Result, Session, cases, ensure, ensure_eq, fail};

use crate::fixture::{ERRORS, WARNINGS, fill, shop};

cases![six_sessions_change_one_table, a_deadlock_is_counted, the_guard_adds_no_lock];

const SESSIONS: usize = 6;

/// The statements of a session: what one of them makes, a later one changes or drops.
fn statements(session: usize) -> [String; 10] {
    [
        "ADD COLUMN c# bigint DEFAULT #",
        "ALTER COLUMN c# SET DEFAULT 1",
        "ADD CONSTRAINT k# CHECK (c# > 0) NOT VALID",
        "VALIDATE CONSTRAINT k#",
        "ADD CONSTRAINT f# FOREIGN KEY (c#) REFERENCES customers",
        "ALTER COLUMN c# TYPE int",
        "ALTER COLUMN c# SET NOT NULL",
        "ADD CONSTRAINT u# UNIQUE (id, c#)",
        "DROP CONSTRAINT u#",
        "DROP COLUMN c#",
    ]
    .map(|action| format!("ALTER TABLE orders {action}").replace('#', &(session + 1).to_string()))
}

fn six_sessions_change_one_table(leg: &Leg) -> Result {
    let db = busy(leg)?;
    let (db, done) = (&db, &AtomicBool::new(false));
    let (changed, others) = thread::scope(|scope| {
        let others: Vec<_> = (0..4).map(|n| scope.spawn(move || use_table(db, n, done))).collect();
        let changing: Vec<_> = (0..SESSIONS).map(|n| scope.spawn(move || change_table(db, n))).collect();
        let changed: Vec<_> = changing.into_iter().map(|thread| thread.join().unwrap()).collect();
        done.store(true, Ordering::Relaxed);
        (changed, others.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>())
    });
    let mut findings = 0;
    for session in changed {
        findings += session?;
    }
    for session in others {
        ensure!(session? > 0, "nobody used the table meanwhile");
    }
    ensure!(findings > 0, "the guard was not asked");
    ensure_eq!(deadlocks(db)?, "0");
    Ok(())
}

/// A shop in which a deadlock is found long before a wait is given up.
fn busy(leg: &Leg) -> Result<Database<'_>> {
    let db = shop(leg)?;
    db.session()?.run(&format!(
        "ALTER DATABASE {name} SET deadlock_timeout = '10ms'; ALTER DATABASE {name} SET lock_timeout = '150ms'",
        name = db.name()
    ))?;
    Ok(db)
}

/// Runs the statements of a session, each again until it is done; returns how many findings there were.
fn change_table(db: &Database<'_>, session: usize) -> Result<usize> {
    let mut s = db.session()?;
    let mut findings = 0;
    for sql in statements(session) {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let outcome = s.outcome(&sql);
            findings += outcome.findings().len();
            match outcome.error {
                None => break,
                Some(error) if error.sqlstate == "55P03" && Instant::now() < end => {}
                Some(error) => fail!("{sql}: {error}"),
            }
        }
    }
    Ok(findings)
}

/// Reads the table, or writes it, until all is done; returns how often.
fn use_table(db: &Database<'_>, session: usize, done: &AtomicBool) -> Result<usize> {
    let mut s = db.session_with("-c lock_timeout=60s")?;
    let sql = if session.is_multiple_of(2) {
        "BEGIN; SELECT count(*) FROM orders; SELECT pg_sleep(0.005); SELECT sum(total) FROM orders JOIN customers ON customers.id = customer_id; COMMIT"
            .to_owned()
    } else {
        format!(
            "BEGIN; INSERT INTO orders (total) VALUES (1); UPDATE orders SET total = total + 1 WHERE id = {session}; COMMIT"
        )
    };
    let mut times = 0;
    while !done.load(Ordering::Relaxed) {
        s.run(&sql)?;
        times += 1;
        thread::sleep(Duration::from_millis(2));
    }
    Ok(times)
}

/// As the server counts them, once every session has told what it saw.
fn deadlocks(db: &Database<'_>) -> Result<String> {
    let mut s = db.cluster().connect("postgres")?;
    let of = |column: &str| format!("SELECT {column} FROM pg_stat_database WHERE datname = '{}'", db.name());
    let end = Instant::now() + Duration::from_secs(10);
    while s.value(&of("numbackends"))? != "0" {
        ensure!(Instant::now() < end, "sessions did not end");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(s.value(&of("deadlocks"))?)
}

/// What counts deadlocks must see one.
fn a_deadlock_is_counted(leg: &Leg) -> Result {
    let db = busy(leg)?;
    let (mut a, mut b) =
        (db.session_with("-c lock_timeout=60s")?, db.session_with("-c deadlock_timeout=60s -c lock_timeout=60s")?);
    let waits = format!("SELECT bool_or(NOT granted) FROM pg_locks WHERE pid = {}", b.pid()?);
    a.run("BEGIN; LOCK TABLE orders IN SHARE MODE")?;
    b.run("BEGIN; LOCK TABLE orders IN SHARE MODE")?;
    let raise = "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE";
    let error = thread::scope(|scope| -> Result<Report> {
        let other = scope.spawn(|| b.outcome(raise).error);
        while a.value(&waits)? != "t" {
            thread::sleep(Duration::from_millis(5));
        }
        let error = a.error(raise)?;
        a.run("ROLLBACK")?;
        ensure!(other.join().unwrap().is_none(), "both were ended");
        Ok(error)
    })?;
    ensure_eq!(error.sqlstate, "40P01", "{error}");
    drop((a, b));
    ensure_eq!(deadlocks(&db)?, "1");
    Ok(())
}

/// Whatever a statement waits for and holds, it waits for and holds without the guard as well.
fn the_guard_adds_no_lock(leg: &Leg) -> Result {
    let guarded = shop(leg)?;
    let bare = leg.cluster.bare_database()?;
    fill(&bare)?;
    let alone = ERRORS.iter().chain(&WARNINGS).map(|(_, sql)| (*sql).to_owned());
    for sql in alone.chain(statements(0)) {
        // Writers of the tables keep the guard from nothing; who has them to himself keeps it from all.
        for (held, end) in [("ROW EXCLUSIVE", "ROLLBACK"), ("ACCESS EXCLUSIVE", "COMMIT")] {
            let (with, without) = (locks_of(&guarded, &sql, held, end)?, locks_of(&bare, &sql, held, end)?);
            ensure!(!without.is_empty(), "{sql} took no lock");
            ensure_eq!(with, without, "{sql}, while somebody holds {held}");
        }
    }
    Ok(())
}

/// The locks of a statement: while somebody else holds a lock on the tables, and when it is done.
fn locks_of(db: &Database<'_>, sql: &str, held: &str, end: &str) -> Result<Vec<String>> {
    let (mut s, mut holder, mut watcher) = (db.session()?, db.session()?, db.session()?);
    let pid = s.pid()?;
    let goes_on = format!("SELECT bool_and(granted) FROM pg_locks WHERE pid = {pid}");
    s.run("BEGIN")?;
    holder.run(&format!("BEGIN; LOCK TABLE orders, customers IN {held} MODE"))?;
    let (mut seen, failed) = thread::scope(|scope| -> Result<(Vec<String>, Option<Report>)> {
        let waits = scope.spawn(|| s.outcome(sql).error);
        while !waits.is_finished() && watcher.value(&goes_on)? == "t" {
            thread::sleep(Duration::from_millis(5));
        }
        let seen = locks(&mut watcher, pid)?;
        holder.run("ROLLBACK")?;
        Ok((seen, waits.join().unwrap()))
    })?;
    // One of them fails, with the guard as without it, and soon holds nothing.
    match failed {
        None => seen.extend(locks(&mut watcher, pid)?),
        Some(error) => seen.push(error.sqlstate),
    }
    s.run(end)?;
    Ok(seen)
}

/// Reading the catalog takes a lock that nobody waits for but who writes a catalog anew.
fn locks(watcher: &mut Session, pid: i32) -> Result<Vec<String>> {
    Ok(watcher.column(&format!(
        "SELECT concat_ws(' ', locktype, coalesce(regexp_replace(relname, '\\d+', 'N'), classid::regclass::text), mode, CASE WHEN NOT granted THEN 'awaited' END)
         FROM pg_locks LEFT JOIN pg_class c ON c.oid = relation AND locktype = 'relation'
         WHERE pid = {pid} AND NOT coalesce(relation < 16384 AND mode = 'AccessShareLock', false) ORDER BY 1"
    ))?)
}
