//! Partitions by time: bounds from the server's calendar, one lock policy, nothing left half done.
//!
//! [`key`] says which table is meant and whether its key is a time, [`inspect`] what is there, [`plan`] what to do
//! about it and in which SQL, over the arithmetic of [`bounds`], and [`inherit`] what the server does not hand down;
//! [`apply`] locks and does it. [`encoding`] makes keys of times where the server does not. [`drain`], [`convert`] and
//! [`split`] move what is there as far as it is [`movable`], in the [`steps`] of procedures; [`policy`] is what is wanted
//! of a table, [`agenda`] what is to be done for it, and [`maintain`] does it,
//! called by whoever [`schedule`] has call.
//! [`list`] leads to `sql/partitions.sql`, which only looks.
#![expect(clippy::result_large_err, reason = "pgrx raises an ErrorReport with all its fields, and nothing else")]

use crate::error::{Code, Error, emit};
use crate::text::Text;
use apply::{How, Remark};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use plan::Method;
use schedule::Scheduler;
use series::Order;
use stride::Stride;

mod agenda;
mod apply;
mod attach;
mod bounds;
mod calendar;
mod convert;
mod default_made;
mod default_rows;
mod detached;
mod drain;
mod encoding;
mod fill;
mod grants;
mod grid;
mod guard;
mod inherit;
mod inspect;
mod key;
pub(crate) mod list;
mod log;
pub(crate) mod maintain;
mod manage;
mod movable;
mod name_format;
mod outlook;
mod plan;
pub(crate) mod policy;
mod published;
mod range;
mod retention;
pub(crate) mod row_security;
pub(crate) mod schedule;
mod series;
mod split;
mod steps;
mod storage;
mod stride;
pub(crate) mod worker;

/// Creates the partition of a table that holds the month from a day on; does nothing when it exists.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.create_monthly_partition(table_name pg_catalog.text, start_date pg_catalog.date)
    RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.create_monthly_partition(pg_catalog.text, pg_catalog.date) IS
    'creates the partition of table_name (as SQL writes it) for the month from start_date on, and returns its name; a notice says when it exists';
REVOKE EXECUTE ON FUNCTION warden.create_monthly_partition(pg_catalog.text, pg_catalog.date) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn create_monthly_partition(table_name: Option<Text>, start_date: Option<Date>) -> Result<Text, ErrorReport> {
    create_one(table_name, start_date, stride::MONTH)
}

/// Creates the partition of a table that holds one day; does nothing when it exists.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.create_daily_partition(table_name pg_catalog.text, start_date pg_catalog.date)
    RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.create_daily_partition(pg_catalog.text, pg_catalog.date) IS
    'creates the partition of table_name (as SQL writes it) for the day start_date, and returns its name; a notice says when it exists';
REVOKE EXECUTE ON FUNCTION warden.create_daily_partition(pg_catalog.text, pg_catalog.date) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn create_daily_partition(table_name: Option<Text>, start_date: Option<Date>) -> Result<Text, ErrorReport> {
    create_one(table_name, start_date, stride::DAY)
}

/// Creates the partition of a table that holds the seven days from a day on; does nothing when it exists.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.create_weekly_partition(table_name pg_catalog.text, start_date pg_catalog.date)
    RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.create_weekly_partition(pg_catalog.text, pg_catalog.date) IS
    'creates the partition of table_name (as SQL writes it) for the seven days from start_date on, and returns its name; a notice says when it exists';
REVOKE EXECUTE ON FUNCTION warden.create_weekly_partition(pg_catalog.text, pg_catalog.date) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn create_weekly_partition(table_name: Option<Text>, start_date: Option<Date>) -> Result<Text, ErrorReport> {
    create_one(table_name, start_date, stride::WEEK)
}

/// Creates the partition of a table that holds the three months from a day on; does nothing when it exists.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.create_quarterly_partition(table_name pg_catalog.text, start_date pg_catalog.date)
    RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.create_quarterly_partition(pg_catalog.text, pg_catalog.date) IS
    'creates the partition of table_name (as SQL writes it) for the three months from start_date on, and returns its name; a notice says when it exists';
REVOKE EXECUTE ON FUNCTION warden.create_quarterly_partition(pg_catalog.text, pg_catalog.date) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn create_quarterly_partition(table_name: Option<Text>, start_date: Option<Date>) -> Result<Text, ErrorReport> {
    create_one(table_name, start_date, stride::QUARTER)
}

/// Creates the partition of a table that holds the year from a day on; does nothing when it exists.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.create_yearly_partition(table_name pg_catalog.text, start_date pg_catalog.date)
    RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.create_yearly_partition(pg_catalog.text, pg_catalog.date) IS
    'creates the partition of table_name (as SQL writes it) for the year from start_date on, and returns its name; a notice says when it exists';
REVOKE EXECUTE ON FUNCTION warden.create_yearly_partition(pg_catalog.text, pg_catalog.date) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn create_yearly_partition(table_name: Option<Text>, start_date: Option<Date>) -> Result<Text, ErrorReport> {
    create_one(table_name, start_date, stride::YEAR)
}

fn create_one(table_name: Option<Text>, start_date: Option<Date>, stride: Stride) -> Result<Text, ErrorReport> {
    let Some(Text(table)) = table_name else { return Err(is_null("table_name").into()) };
    let Some(start) = start_date else { return Err(is_null("start_date").into()) };
    let outcome = apply::create_one(&table, start, stride)?;
    say(&outcome.remarks);
    Ok(Text(outcome.partition))
}

/// Creates all partitions of one length between two times, and says of each what came of it.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.create_partitions(table_name pg_catalog.text, partition_interval pg_catalog."interval",
                                         start_at pg_catalog."timestamp", end_at pg_catalog."timestamp",
                                         time_zone pg_catalog.text DEFAULT NULL, default_rows pg_catalog.text DEFAULT 'error',
                                         lock_method pg_catalog.text DEFAULT 'auto')
    RETURNS TABLE (partition pg_catalog.text, lower_bound pg_catalog.text, upper_bound pg_catalog.text, status pg_catalog.text,
                   sqlstate pg_catalog.text, detail pg_catalog.text, lock_ms pg_catalog."numeric")
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.create_partitions(pg_catalog.text, pg_catalog."interval", pg_catalog."timestamp", pg_catalog."timestamp",
                                             pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
    'creates the partitions of table_name from start_at until end_at is reached, each partition_interval long, and returns what came of each';
REVOKE EXECUTE ON FUNCTION warden.create_partitions(pg_catalog.text, pg_catalog."interval", pg_catalog."timestamp", pg_catalog."timestamp",
                                                    pg_catalog.text, pg_catalog.text, pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "the row type that pgrx asks for")]
fn create_partitions(
    table_name: Option<Text>,
    partition_interval: Option<Interval>,
    start_at: Option<Timestamp>,
    end_at: Option<Timestamp>,
    time_zone: Option<Text>,
    default_rows: Option<Text>,
    lock_method: Option<Text>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(partition, Text),
            name!(lower_bound, Text),
            name!(upper_bound, Text),
            name!(status, Text),
            name!(sqlstate, Option<Text>),
            name!(detail, Option<Text>),
            name!(lock_ms, Option<AnyNumeric>),
        ),
    >,
    ErrorReport,
> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let order = Order {
        stride: series::stride(partition_interval.ok_or_else(|| is_null("partition_interval"))?)?,
        start: start_at.ok_or_else(|| is_null("start_at"))?,
        end: end_at.ok_or_else(|| is_null("end_at"))?,
        zone: time_zone.map(|zone| zone.0),
        how: How {
            method: one_of(
                "lock_method",
                lock_method,
                &[("auto", None), ("attach", Some(Method::Attach)), ("partition_of", Some(Method::PartitionOf))],
            )?,
            moves_rows: one_of("default_rows", default_rows, &[("error", false), ("move", true)])?,
        },
    };
    let (rows, remarks) = series::create(&table, &order)?;
    say(&remarks);
    Ok(TableIterator::new(rows.into_iter().map(|row| {
        let milliseconds = milliseconds(&row);
        (
            Text(row.partition),
            Text(row.lower),
            Text(row.upper),
            Text::from(row.status),
            row.sqlstate.map(Text),
            row.detail.map(Text),
            milliseconds,
        )
    })))
}

fn milliseconds(row: &series::Row) -> Option<AnyNumeric> {
    row.milliseconds.and_then(|ms| AnyNumeric::try_from(format!("{ms:.3}").as_str()).ok())
}

/// Creates the partition of a table with these bounds; does nothing when it exists.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.create_range_partition(table_name pg_catalog.text, lower_bound pg_catalog.text, upper_bound pg_catalog.text,
                                              partition_name pg_catalog.text DEFAULT NULL)
    RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.create_range_partition(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
    'creates the partition of table_name (as SQL writes it) from lower_bound to upper_bound, and returns its name; a notice says when it exists';
REVOKE EXECUTE ON FUNCTION warden.create_range_partition(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn create_range_partition(
    table_name: Option<Text>,
    lower_bound: Option<Text>,
    upper_bound: Option<Text>,
    partition_name: Option<Text>,
) -> Result<Text, ErrorReport> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let Text(lower) = lower_bound.ok_or_else(|| is_null("lower_bound"))?;
    let Text(upper) = upper_bound.ok_or_else(|| is_null("upper_bound"))?;
    let name = partition_name.map(|name| name.0);
    let outcome = range::create(&table, &lower, &upper, name.as_deref())?;
    say(&outcome.remarks);
    Ok(Text(outcome.partition))
}

/// The partition of a table that holds a value, created where there is none.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.ensure_partition(table_name pg_catalog.text, value pg_catalog.text)
    RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.ensure_partition(pg_catalog.text, pg_catalog.text) IS
    'returns the partition of table_name (as SQL writes it) that holds value; creates it, as long as its neighbours, where there is none';
REVOKE EXECUTE ON FUNCTION warden.ensure_partition(pg_catalog.text, pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn ensure_partition(table_name: Option<Text>, value: Option<Text>) -> Result<Text, ErrorReport> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let Text(value) = value.ok_or_else(|| is_null("value"))?;
    Ok(Text(range::ensure(&table, &value)?))
}

/// Schedules the maintenance of the partitions of this database, in place of what was scheduled before.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.schedule_partition_maintenance(every pg_catalog."interval" DEFAULT '1 hour', INOUT scheduler pg_catalog.text DEFAULT 'auto',
                                                      OUT job pg_catalog.text, OUT schedule pg_catalog.text, OUT database pg_catalog.text,
                                                      OUT status pg_catalog.text, OUT detail pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.schedule_partition_maintenance(pg_catalog."interval", pg_catalog.text) IS
    'has CALL warden.partition_maintenance() run in this database at this interval, by pg_cron or by the worker of pg_warden (scheduler: auto, pg_cron, worker)';
REVOKE EXECUTE ON FUNCTION warden.schedule_partition_maintenance(pg_catalog."interval", pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "the row type that pgrx asks for")]
fn schedule_partition_maintenance(
    every: Option<Interval>,
    scheduler: Option<Text>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(scheduler, Text),
            name!(job, Option<Text>),
            name!(schedule, Text),
            name!(database, Text),
            name!(status, Text),
            name!(detail, Text),
        ),
    >,
    ErrorReport,
> {
    let every = every.ok_or_else(|| is_null("every"))?;
    let scheduler = one_of("scheduler", scheduler, &Scheduler::WORDS)?;
    let row = schedule::schedule(&every, scheduler)?;
    Ok(TableIterator::once((
        Text::from(row.scheduler),
        row.job.map(Text),
        Text(row.schedule),
        Text(row.database),
        Text::from(row.status),
        Text(row.detail),
    )))
}

/// Takes the schedule of this database away; `false` where there was none.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.unschedule_partition_maintenance() RETURNS pg_catalog.bool
    LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.unschedule_partition_maintenance() IS
    'ends what warden.schedule_partition_maintenance has begun in this database; false where nothing was scheduled';
REVOKE EXECUTE ON FUNCTION warden.unschedule_partition_maintenance() FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn unschedule_partition_maintenance() -> Result<bool, ErrorReport> {
    Ok(schedule::unschedule()?)
}

/// The value that a word stands for.
fn one_of<T: Copy>(argument: &str, given: Option<Text>, words: &[(&str, T)]) -> Result<T, Error> {
    let Text(given) = given.ok_or_else(|| is_null(argument))?;
    words.iter().find(|(word, _)| *word == given).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        Error::new(Code::InvalidParameter, format!("invalid value for {argument}: {}", plan::literal(&given)))
            .hint(format!("Available values: {}.", words.join(", ")))
    })
}

fn say(remarks: &[Remark]) {
    for remark in remarks {
        emit::say(&remark.parts());
    }
}

fn is_null(argument: &str) -> Error {
    Error::new(Code::NullNotAllowed, format!("{argument} must not be null"))
}
