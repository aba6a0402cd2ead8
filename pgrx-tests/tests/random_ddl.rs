//! Random DDL, half of it meant to fail: it never takes the server down, and the guard never fails to judge.
//!
//! `data/ddl.sql` is what it begins with, `data/ddl.grammar` what it is made of. Few seeds are part of every run, `PG_WARDEN_FULL=1` takes many.
//! A failure names its seed: `PG_WARDEN_SEED=<seed>` runs that one alone.

use std::fmt::Write as _;
use std::ops::AddAssign;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use pg_warden_tests::cluster::succeed;
use pg_warden_tests::grammar::{Grammar, Random};
use pg_warden_tests::{Cluster, Database, Leg, Options, Outcome, Result, Session, cases, ensure};

cases![the_server_lives_and_the_guard_judges, a_planted_crash_is_found, a_planted_fault_is_found];

const POOL: &str = include_str!("../data/ddl.sql");
const GRAMMAR: &str = include_str!("../data/ddl.grammar");

/// Seeds of every run, and of a full one.
const FEW: u64 = 12;
const MANY: u64 = 200;
/// What a seed consists of: statements by themselves, transactions, several statements in one query string.
const GROUPS: usize = 120;

fn the_server_lives_and_the_guard_judges(leg: &Leg) -> Result {
    let mut cluster = own_cluster(leg)?;
    // A server that starts again ends every session.
    let mut witness = cluster.connect("postgres")?;
    let mut all = Tally::default();
    let mut faults = String::new();
    for seed in seeds()? {
        match trial(&pool(&cluster)?, seed, None) {
            Ok(tally) => all += tally,
            Err(fault) => writeln!(faults, "{}", fault.message().unwrap_or_default())?,
        }
    }
    cluster.log_was_checked();
    ensure!(faults.is_empty(), "{faults}");
    cluster.check_log(0)?;
    witness.run("SELECT 1")?;
    eprintln!("{}: random DDL: {all:?}", leg.name);
    ensure!(all.done * 4 > all.sent, "nearly all was refused, so that little was tried: {all:?}");
    ensure!(all.findings * 10 > all.sent, "the guard had little to say, so that it was hardly asked: {all:?}");
    Ok(())
}

/// What looks for crashes must see one, or it would see none.
fn a_planted_crash_is_found(leg: &Leg) -> Result {
    let mut cluster = own_cluster(leg)?;
    let verdict = trial(&pool(&cluster)?, 1, Some(20));
    cluster.log_was_checked();
    let fault = verdict.err().ok_or("a crash was not noticed")?;
    let said = fault.message().unwrap_or_default();
    ensure!(said.contains("seed 1, statement 20") && said.contains("was terminated by signal 6"), "{said}");
    Ok(())
}

/// The file of a table is gone, so that the guard cannot measure it.
fn a_planted_fault_is_found(leg: &Leg) -> Result {
    let cluster = own_cluster(leg)?;
    let pool = pool(&cluster)?;
    let mut s = pool.session()?;
    s.run("CHECKPOINT")?;
    let file = s.value("SELECT current_setting('data_directory') || '/' || pg_relation_filepath('n1')")?;
    s.run(&format!("COPY (SELECT 1) TO PROGRAM 'cat > /dev/null && rm {file}'"))?;
    let sql = "ALTER TABLE n1 ADD COLUMN z int";
    let outcome = pool.session()?.outcome(sql);
    ensure!(fault_of(sql, &outcome).is_some(), "a fault was not noticed: {outcome}");
    ensure!(fault_of(sql, &s.outcome("ALTER TABLE n1 ADD COLUMN y")).is_none(), "an error of the user's is no fault");
    Ok(())
}

fn seeds() -> Result<Vec<u64>> {
    Ok(match std::env::var("PG_WARDEN_SEED") {
        Ok(seed) => vec![seed.parse().map_err(|e| format!("PG_WARDEN_SEED: {e}"))?],
        Err(_) if std::env::var_os("PG_WARDEN_FULL").is_some() => (1..=MANY).collect(),
        Err(_) => (1..=FEW).collect(),
    })
}

fn own_cluster(leg: &Leg) -> Result<Cluster> {
    // Small tables are large, so that every rule has something to judge.
    let settings = ["warden.large_table_rows = 100", "lock_timeout = '30ms'", "statement_timeout = '20s'"];
    let settings = settings.map(str::to_owned).to_vec();
    leg.own_cluster(&Options { settings, ..Options::default() })
}

fn pool(cluster: &Cluster) -> Result<Database<'_>> {
    let pool = cluster.database()?;
    pool.session_with("-c warden.mode=off")?.run(POOL)?;
    Ok(pool)
}

/// What became of the statements.
#[derive(Debug, Default)]
struct Tally {
    sent: usize,
    done: usize,
    findings: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.done += other.done;
        self.findings += other.findings;
    }
}

/// Runs a seed's statements; with `crash_at`, its server process is killed before that one.
fn trial(pool: &Database<'_>, seed: u64, crash_at: Option<usize>) -> Result<Tally> {
    let mut trial = Trial {
        pool,
        session: pool.session()?,
        // Holds locks now and then.
        bystander: pool.session()?,
        crash_at,
        log: pool.cluster().log().len(),
        sent: Vec::new(),
        tally: Tally::default(),
    };
    let grammar = Grammar::parse(GRAMMAR);
    let mut random = Random::new(seed);
    let verdict = (0..GROUPS).try_for_each(|_| trial.group(&grammar, &mut random)).and_then(|()| trial.audit());
    match verdict {
        Ok(()) => Ok(trial.tally),
        Err(fault) => Err(trial.told(seed, &fault).into()),
    }
}

/// A seed that is run.
struct Trial<'a> {
    pool: &'a Database<'a>,
    session: Session,
    bystander: Session,
    crash_at: Option<usize>,
    /// Where the server's log ended before.
    log: usize,
    sent: Vec<String>,
    tally: Tally,
}

/// What is wrong, if anything is.
type Verdict<T = ()> = std::result::Result<T, String>;

impl Trial<'_> {
    fn group(&mut self, grammar: &Grammar<'_>, random: &mut Random) -> Verdict {
        let statement = |random: &mut Random| mangled(grammar.text("statement", random), random);
        match random.below(100) {
            0..50 => drop(self.send(&statement(random))?),
            50..60 => self.send_extended(&statement(random))?,
            60..70 => {
                let several: Vec<_> = (0..3).map(|_| statement(random)).collect();
                self.send(&several.join("; "))?;
            }
            70..90 => self.transaction(random, statement)?,
            90..97 => self.let_bystander(&format!("ROLLBACK; BEGIN; {}", grammar.text("hold", random)))?,
            _ => self.reconnect()?,
        }
        if random.chance(20) { self.let_bystander("ROLLBACK") } else { Ok(()) }
    }

    /// A new session; while somebody has a catalog to himself, there is none to be had.
    fn reconnect(&mut self) -> Verdict {
        self.let_bystander("ROLLBACK")?;
        self.session = self.pool.session().map_err(|e| e.message().unwrap_or_default().to_owned())?;
        Ok(())
    }

    /// As psql with ON_ERROR_ROLLBACK, or so that the first error spoils the rest.
    fn transaction(&mut self, random: &mut Random, statement: impl Fn(&mut Random) -> String) -> Verdict {
        let saves = random.chance(80);
        self.control("BEGIN")?;
        for _ in 0..2 + random.below(6) {
            if saves {
                self.control("SAVEPOINT s")?;
            }
            let done = self.send(&statement(random))?;
            if saves {
                self.control(if done && random.chance(80) { "RELEASE s" } else { "ROLLBACK TO s" })?;
            }
        }
        let end = *random.one_of(&["COMMIT", "COMMIT", "COMMIT", "ROLLBACK", "PREPARE TRANSACTION 'p'"]);
        self.control(end)?;
        if end.starts_with("PREPARE") {
            self.control(if random.chance(50) { "COMMIT PREPARED 'p'" } else { "ROLLBACK PREPARED 'p'" })?;
        }
        Ok(())
    }

    /// The audit, too, has to cope with what is there now.
    fn audit(&mut self) -> Verdict {
        self.control("ROLLBACK")?;
        self.let_bystander("ROLLBACK")?;
        self.send("SELECT count(*) FROM warden.audit()").map(|_| ())
    }

    /// Sends a query string; whether it was done.
    fn send(&mut self, sql: &str) -> Verdict<bool> {
        self.before(sql)?;
        let outcome = self.session.outcome(sql);
        self.after(sql, &outcome)?;
        Ok(outcome.error.is_none())
    }

    fn send_extended(&mut self, sql: &str) -> Verdict {
        self.before(sql)?;
        let outcome = self.session.outcome_extended(sql);
        self.after(sql, &outcome)
    }

    /// Begins or ends a transaction, which counts for nothing, and may fail.
    fn control(&mut self, sql: &str) -> Verdict {
        self.sent.push(sql.to_owned());
        fault_of(sql, &self.session.outcome(sql)).map_or(Ok(()), Err)
    }

    fn let_bystander(&mut self, sql: &str) -> Verdict {
        self.sent.push(format!("-- meanwhile: {sql}"));
        fault_of(sql, &self.bystander.outcome(sql)).map_or(Ok(()), Err)
    }

    fn before(&mut self, sql: &str) -> Verdict {
        self.sent.push(sql.to_owned());
        self.tally.sent += 1;
        if self.crash_at == Some(self.tally.sent) {
            let pid = self.session.pid().map_err(|e| e.to_string())?.to_string();
            succeed(Command::new("kill").args(["-ABRT", &pid])).map_err(|_| "kill failed")?;
        }
        Ok(())
    }

    fn after(&mut self, sql: &str, outcome: &Outcome) -> Verdict {
        self.tally.done += usize::from(outcome.error.is_none());
        self.tally.findings += outcome.findings().len();
        fault_of(sql, outcome).map_or(Ok(()), Err)
    }

    /// Keeps all statements for who looks for the fault, and says where.
    fn keep(&self, seed: u64) -> String {
        let script = std::env::temp_dir().join(format!("random-ddl-{seed}-{}.sql", std::process::id()));
        let kept = fs::write(&script, self.sent.join(";\n") + ";\n");
        let kept = kept.map_or_else(|e| e.to_string(), |()| format!("all statements are in {}", script.display()));
        format!("repeat it with PG_WARDEN_SEED={seed}; {kept}")
    }

    /// A fault with what it takes to see it again.
    fn told(&self, seed: u64, fault: &str) -> String {
        let cluster = self.pool.cluster();
        // The server logs a crash when it has noticed it, and the next seed needs it to be up again.
        let end = Instant::now() + Duration::from_secs(20);
        let has_crashed = || cluster.check_log(self.log).is_err() && cluster.connect("postgres").is_ok();
        while fault.starts_with(LOST) && !has_crashed() && Instant::now() < end {
            thread::sleep(Duration::from_millis(100));
        }
        let repeat = if self.crash_at.is_some() { String::new() } else { self.keep(seed) };
        format!(
            "seed {seed}, statement {}: {}\n{fault}\n{}\n{repeat}",
            self.tally.sent,
            self.sent.last().map_or("", String::as_str),
            cluster.crashes(self.log).join("\n"),
        )
    }
}

/// The connection is gone.
const LOST: &str = "the server process is gone";

/// What no statement, however wrong, may bring about.
fn fault_of(sql: &str, outcome: &Outcome) -> Option<String> {
    let unjudged = outcome.notices.iter().find(|n| n.sqlstate == "WD000" && !n.message.starts_with("and "));
    if let Some(unjudged) = unjudged {
        return Some(unjudged.to_string());
    }
    let error = outcome.error.as_ref()?;
    if error.severity == "CLIENT" {
        return Some(format!("{LOST}: {error}"));
    }
    let internal = error.sqlstate == "XX000" && sql.contains("warden.");
    internal.then(|| error.to_string())
}

/// Now and then, a word of a statement is lost, doubled or out of its place.
fn mangled(statement: String, random: &mut Random) -> String {
    let mut words: Vec<&str> = statement.split(' ').collect();
    if words.len() < 3 || !random.chance(4) {
        return statement;
    }
    let at = random.below(words.len() - 1);
    match random.below(3) {
        0 => drop(words.remove(at)),
        1 => words.insert(at, words[at]),
        _ => words.swap(at, at + 1),
    }
    words.join(" ")
}
