//! A connection that keeps what the server said.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, Config, NoTls, SimpleQueryMessage};

use crate::report::{Outcome, Report, Row};

/// How long something is waited for that is sure to come: a scheduler's minute has to pass on a machine that is slow.
const LONGEST_WAIT: Duration = Duration::from_secs(150);

/// One connection. Query strings go as simple queries, as psql sends them.
pub struct Session {
    client: Client,
    notices: Arc<Mutex<Vec<Report>>>,
    at_start: Vec<Report>,
}

impl Session {
    /// Connects; `config` says where.
    ///
    /// # Errors
    /// What the server says when it refuses.
    pub fn connect(config: &Config) -> Result<Self, Report> {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&notices);
        let mut config = config.clone();
        config.notice_callback(move |e| kept.lock().unwrap().push(Report::from(&e)));
        let mut client = config.connect(NoTls)?;
        // What is said before the first query arrives with the first answer.
        client.simple_query("")?;
        let at_start = std::mem::take(&mut *notices.lock().unwrap());
        Ok(Self { client, notices, at_start })
    }

    /// What was said while the session started.
    #[must_use]
    pub fn said_at_start(&self) -> &[Report] {
        &self.at_start
    }

    /// Sends one query string and keeps all that comes of it, failure too.
    pub fn outcome(&mut self, sql: &str) -> Outcome {
        self.notices.lock().unwrap().clear();
        let answer = self.client.simple_query(sql);
        let notices = std::mem::take(&mut *self.notices.lock().unwrap());
        match answer {
            Ok(messages) => Outcome { rows: messages.into_iter().filter_map(to_row).collect(), notices, error: None },
            Err(e) => Outcome { rows: Vec::new(), notices, error: Some(e.into()) },
        }
    }

    /// The same through the extended protocol, as drivers send statements; one statement, no rows.
    pub fn outcome_extended(&mut self, sql: &str) -> Outcome {
        self.notices.lock().unwrap().clear();
        let answer = self.client.execute(sql, &[]);
        let notices = std::mem::take(&mut *self.notices.lock().unwrap());
        Outcome { rows: Vec::new(), notices, error: answer.err().map(Report::from) }
    }

    /// Sends one query string that must not fail.
    ///
    /// # Errors
    /// The server's error.
    pub fn run(&mut self, sql: &str) -> Result<Outcome, Report> {
        let outcome = self.outcome(sql);
        match outcome.error {
            Some(e) => Err(e),
            None => Ok(outcome),
        }
    }

    /// Sends the statements of a script one by one, each a query string of its own. None may fail.
    ///
    /// # Errors
    /// The first error.
    pub fn script(&mut self, script: &str) -> Result<Outcome, Report> {
        let mut all = Outcome::default();
        for statement in crate::sql::split(script) {
            let outcome = self.run(statement.text)?;
            all.rows.extend(outcome.rows);
            all.notices.extend(outcome.notices);
        }
        Ok(all)
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// The server's error.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<Row>, Report> {
        self.run(sql).map(|o| o.rows)
    }

    /// The first column of every row, NULL as `∅`.
    ///
    /// # Errors
    /// The server's error.
    pub fn column(&mut self, sql: &str) -> Result<Vec<String>, Report> {
        Ok(self
            .rows(sql)?
            .into_iter()
            .map(|row| row.into_iter().next().flatten().unwrap_or_else(|| "∅".into()))
            .collect())
    }

    /// The first value of the first row; no row and NULL are `∅`.
    ///
    /// # Errors
    /// The server's error.
    pub fn value(&mut self, sql: &str) -> Result<String, Report> {
        Ok(self.column(sql)?.into_iter().next().unwrap_or_else(|| "∅".into()))
    }

    /// Analyzes the tables of users: the catalogs take ten times as long, and no rule asks for their statistics.
    ///
    /// # Errors
    /// The server's error.
    pub fn analyze(&mut self) -> Result<(), Report> {
        let tables = self.column(
            "SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'm', 'p')
             AND relnamespace::regnamespace::text !~ '^(pg_|information_schema$|warden)'",
        )?;
        if !tables.is_empty() {
            self.run(&format!("ANALYZE {}", tables.join(", ")))?;
        }
        Ok(())
    }

    /// The error that a query string must end in.
    ///
    /// # Errors
    /// When it succeeds.
    pub fn error(&mut self, sql: &str) -> crate::Result<Report> {
        let outcome = self.outcome(sql);
        match outcome.error {
            Some(e) => Ok(e),
            None => Err(format!("should have failed, but did not: {sql}\n{outcome}").into()),
        }
    }

    /// Asks until the first value is the one.
    ///
    /// # Errors
    /// The server's error, or the last answer when it never is.
    pub fn wait_for(&mut self, query: &str, answer: &str) -> crate::Result {
        let began = Instant::now();
        loop {
            let said = self.value(query)?;
            if said == answer {
                return Ok(());
            }
            if began.elapsed() > LONGEST_WAIT {
                return Err(format!("never {answer:?}, but {said:?}: {query}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The server process of this session.
    ///
    /// # Errors
    /// The server's error.
    pub fn pid(&mut self) -> Result<i32, Report> {
        Ok(self.value("SELECT pg_backend_pid()")?.parse().unwrap_or_default())
    }
}

fn to_row(message: SimpleQueryMessage) -> Option<Row> {
    match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect()),
        _ => None,
    }
}
