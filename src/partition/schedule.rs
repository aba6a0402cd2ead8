//! Who calls the maintenance of partitions, and how often: pg_cron, or the worker of pg_warden's own.

use super::plan::literal;
use super::worker;
use crate::error::{Code, Error, emit};
use crate::spi;
use crate::store::{self, Row, Table, Value, Writer};
use crate::text::Text;
use pgrx::prelude::*;

/// What is called.
const COMMAND: &str = "CALL warden.partition_maintenance()";

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheduler {
    PgCron,
    Worker,
}

impl Scheduler {
    pub(super) const WORDS: [(&'static str, Option<Self>); 3] =
        [("auto", None), ("pg_cron", Some(Self::PgCron)), ("worker", Some(Self::Worker))];

    fn name(self) -> &'static str {
        match self {
            Self::PgCron => "pg_cron",
            Self::Worker => "worker",
        }
    }
}

/// What was scheduled.
#[derive(Debug)]
pub(super) struct Scheduled {
    pub(super) scheduler: &'static str,
    /// The job of pg_cron.
    pub(super) job: Option<String>,
    /// As the scheduler understands it.
    pub(super) schedule: String,
    pub(super) database: String,
    pub(super) status: &'static str,
    pub(super) detail: String,
}

/// Schedules the maintenance of this database in place of what was scheduled before; `None` takes pg_cron where it is in this
/// database, else the worker.
///
/// # Errors
/// 22023 where the interval is none or less, or one that pg_cron has no word for; 55000 where nobody is there to call.
pub(super) fn schedule(every: &Interval, scheduler: Option<Scheduler>) -> Result<Scheduled, Error> {
    if every.as_micros() <= 0 {
        return Err(Error::new(Code::InvalidParameter, "every must be above zero"));
    }
    let database = store::database_name();
    let chosen = scheduler.map_or_else(|| available(&database), Ok)?;
    let before = take_away()?;
    let agreed = match chosen {
        Scheduler::PgCron => by_pg_cron(every, database)?,
        Scheduler::Worker => by_worker(every, database)?,
    };
    let writer = writer()?;
    writer.insert(vec![
        chosen.name().into(),
        Value::Interval { months: every.months(), days: every.days(), micros: every.micros() },
        agreed.job.clone().into(),
        Value::Null,
        Value::Time(store::now()),
        store::session_role().into(),
    ]);
    // The other one is not to go on beside it; pg_cron replaces a job of the same name by itself.
    if let Some(job) = before.filter(|_| chosen == Scheduler::Worker) {
        unschedule_job(&job)?;
    }
    Ok(agreed)
}

/// Takes the schedule away; `false` where there was none.
///
/// # Errors
/// The server's own.
pub(super) fn unschedule() -> Result<bool, Error> {
    let had_one = !writer()?.rows(None).is_empty();
    if let Some(job) = take_away()? {
        unschedule_job(&job)?;
    }
    Ok(had_one)
}

/// Ends the job that would go on calling what is about to be dropped; an error says how it is done by hand.
///
/// # Errors
/// The server's own.
pub(crate) fn end() -> Result<(), Error> {
    unschedule().map(|_| ())
}

fn writer() -> Result<Writer, Error> {
    Writer::of_policy(Table::PartitionSchedule)
        .ok_or_else(|| Error::new(Code::NotInPrerequisiteState, "pg_warden's tables are not there"))
}

/// Forgets what was scheduled, and returns pg_cron's job where there was one.
fn take_away() -> Result<Option<String>, Error> {
    let writer = writer()?;
    let rows = writer.rows(None);
    let job = rows.iter().find_map(|row: &Row| row.get(2).text().map(str::to_owned));
    for row in &rows {
        if !writer.delete(row) {
            return Err(Error::new(
                Code::NotInPrerequisiteState,
                "the schedule was changed by another session meanwhile",
            ));
        }
    }
    Ok(job)
}

/// Whoever can call in this database.
fn available(database: &str) -> Result<Scheduler, Error> {
    if is_pg_cron_here()? {
        return Ok(Scheduler::PgCron);
    }
    let Some(why_no_worker) = worker::is_missing(database) else { return Ok(Scheduler::Worker) };
    Err(Error::new(Code::NotInPrerequisiteState, "nobody is there to maintain partitions by schedule")
        .detail(format!("pg_cron is not installed in database \"{database}\". {why_no_worker}"))
        .hint(format!(
            "{} Or {} Or call from outside: {COMMAND};",
            cron_recipe(database, "0 * * * *")?,
            worker_recipe()
        )))
}

fn worker_recipe() -> &'static str {
    "add pg_warden to shared_preload_libraries, set warden.partition_worker = on in postgresql.conf and restart the server."
}

/// How pg_cron comes to call in this database, from where it is installed.
fn cron_recipe(database: &str, schedule: &str) -> Result<String, Error> {
    let home = spi::select("SELECT pg_catalog.current_setting('cron.database_name', true)", &[], |row| {
        Ok(row.get::<Text>(1)?.map(|text| text.0))
    })?;
    Ok(match home.into_iter().flatten().find(|name| !name.is_empty() && name != database) {
        Some(home) => format!(
            "pg_cron lives in database \"{home}\", run there: SELECT cron.schedule_in_database({}, {}, {}, {});",
            literal(&job_name(database)),
            literal(schedule),
            literal(COMMAND),
            literal(database)
        ),
        None => "Install pg_cron in this database and call this again.".to_owned(),
    })
}

fn is_pg_cron_here() -> Result<bool, Error> {
    let found = spi::select(
        "SELECT true FROM pg_catalog.pg_extension AS e WHERE e.extname OPERATOR(pg_catalog.=) 'pg_cron'",
        &[],
        |_| Ok(()),
    )?;
    Ok(!found.is_empty())
}

fn job_name(database: &str) -> String {
    format!("pg_warden: partitions of {database}")
}

fn by_pg_cron(every: &Interval, database: String) -> Result<Scheduled, Error> {
    let schedule = crontab(every).ok_or_else(|| {
        Error::new(Code::InvalidParameter, "pg_cron cannot run a job at this interval")
            .detail("Its schedules are minutes and hours of a day.")
            .hint("Choose minutes that divide an hour, hours that divide a day, '1 day' or '7 days'.")
    })?;
    if !is_pg_cron_here()? {
        return Err(Error::new(
            Code::NotInPrerequisiteState,
            format!("pg_cron is not installed in database \"{database}\""),
        )
        .hint(cron_recipe(&database, &schedule)?));
    }
    let job = job_name(&database);
    spi::run(&format!("SELECT cron.schedule({}, {}, {})", literal(&job), literal(&schedule), literal(COMMAND)))?;
    let detail = format!(
        "Runs as role \"{}\": tables of owners that it is no member of are passed over. What pg_cron did: SELECT * FROM cron.job_run_details;",
        store::session_role()
    );
    Ok(Scheduled {
        scheduler: Scheduler::PgCron.name(),
        job: Some(job),
        schedule,
        database,
        status: "scheduled",
        detail,
    })
}

fn by_worker(every: &Interval, database: String) -> Result<Scheduled, Error> {
    if let Some(why) = worker::is_missing(&database) {
        return Err(Error::new(Code::NotInPrerequisiteState, format!("no worker comes to database \"{database}\""))
            .detail(why)
            .hint(format!("For the worker, {}", worker_recipe())));
    }
    Ok(Scheduled {
        scheduler: Scheduler::Worker.name(),
        job: None,
        schedule: every.to_string(),
        database,
        status: "scheduled",
        detail: "The worker acts for each table as its owner.".to_owned(),
    })
}

/// pg_cron shows each role its own jobs.
fn unschedule_job(job: &str) -> Result<(), Error> {
    if !is_pg_cron_here()? {
        return Ok(());
    }
    let gone = spi::run_counting(&format!(
        "SELECT cron.unschedule(j.jobid) FROM cron.job AS j WHERE j.jobname OPERATOR(pg_catalog.=) {}",
        literal(job)
    ))?;
    if gone == 0 {
        emit::notice(&format!("pg_cron's job \"{job}\" is gone already, or belongs to another role"));
    }
    Ok(())
}

/// An interval in pg_cron's words; `None` where it has none.
fn crontab(every: &Interval) -> Option<String> {
    const MINUTE: i64 = 60_000_000;
    match (every.months(), every.days(), every.micros()) {
        (0, 1, 0) => Some("0 0 * * *".to_owned()),
        (0, 7, 0) => Some("0 0 * * 0".to_owned()),
        (0, 0, micros) if micros % MINUTE == 0 => match micros / MINUTE {
            1 => Some("* * * * *".to_owned()),
            60 => Some("0 * * * *".to_owned()),
            1440 => Some("0 0 * * *".to_owned()),
            minutes @ 2..60 if 60 % minutes == 0 => Some(format!("*/{minutes} * * * *")),
            minutes if minutes % 60 == 0 && (1440 % minutes) == 0 => Some(format!("0 */{} * * *", minutes / 60)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pg_cron_is_told_only_what_it_can_do() {
        let of = |months, days, micros| crontab(&Interval::new(months, days, micros).expect("an interval"));
        let minutes = |n: i64| of(0, 0, n * 60_000_000);
        assert_eq!(minutes(1).as_deref(), Some("* * * * *"));
        assert_eq!(minutes(15).as_deref(), Some("*/15 * * * *"));
        assert_eq!(minutes(60).as_deref(), Some("0 * * * *"));
        assert_eq!(minutes(360).as_deref(), Some("0 */6 * * *"));
        assert_eq!(minutes(1440).as_deref(), Some("0 0 * * *"));
        assert_eq!(of(0, 1, 0).as_deref(), Some("0 0 * * *"));
        assert_eq!(of(0, 7, 0).as_deref(), Some("0 0 * * 0"));
        for none in
            [minutes(7), minutes(90), minutes(300), minutes(2880), of(1, 0, 0), of(0, 2, 0), of(0, 0, 30_000_000)]
        {
            assert_eq!(none, None);
        }
    }
}
