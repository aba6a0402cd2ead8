//! Makes a live table partitioned: it becomes the first partition of a new one of its name, without a row being copied.
//!
//! [`plain`] reads the table and what is in the way, [`swap`] knows the statements, [`state`] keeps how far it is.

use super::apply::Caller;
use super::drain::notice;
use super::plan::literal;
use super::steps::{SHORT, must_be_alone, patiently, pause};
use super::stride::Stride;
use super::{is_null, key, one_of, range, say, series};
use crate::error::{Code, Error};
use crate::facts::live::object::quote;
use crate::spi::{self, transactions};
use crate::text::Text;
use core::time::Duration;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use plain::{Item, Plain};
use state::State;
use swap::Swap;

mod plain;
mod state;
mod swap;

/// The constraint that keeps rows of the future out of the old table, until it is a partition.
const CONSTRAINT: &str = "warden_conversion_check";

/// What is in the way of a conversion, and what it would do.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.plan_conversion(table_name pg_catalog.text, column_name pg_catalog.text,
                                       partition_interval pg_catalog."interval" DEFAULT '1 month')
    RETURNS TABLE (step pg_catalog.int4, severity pg_catalog.text, item pg_catalog.text, detail pg_catalog.text, sql pg_catalog.text)
    LANGUAGE c STABLE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.plan_conversion(pg_catalog.text, pg_catalog.text, pg_catalog."interval") IS
    'what is in the way of warden.convert_to_partitioned, and what it would do, with its locks; only reads';
REVOKE EXECUTE ON FUNCTION warden.plan_conversion(pg_catalog.text, pg_catalog.text, pg_catalog."interval") FROM PUBLIC;
"#,
    requires = ["schema", "partition_conversion"]
)]
#[expect(clippy::type_complexity, reason = "the row type that pgrx asks for")]
fn plan_conversion(
    table_name: Option<Text>,
    column_name: Option<Text>,
    partition_interval: Option<Interval>,
) -> Result<
    TableIterator<
        'static,
        (name!(step, i32), name!(severity, Text), name!(item, Text), name!(detail, Text), name!(sql, Option<Text>)),
    >,
    ErrorReport,
> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let Text(column) = column_name.ok_or_else(|| is_null("column_name"))?;
    let stride = series::stride(partition_interval.ok_or_else(|| is_null("partition_interval"))?)?;
    let rows = plan(&table, &column, stride)?;
    Ok(TableIterator::new(
        rows.into_iter().map(|(step, item)| {
            (step, Text::from(item.severity), Text(item.what), Text(item.detail), item.sql.map(Text))
        }),
    ))
}

/// Makes a live table partitioned.
#[pg_extern(
    sql = r#"
CREATE PROCEDURE warden.convert_to_partitioned(table_name pg_catalog.text, column_name pg_catalog.text,
                                               partition_interval pg_catalog."interval" DEFAULT '1 month',
                                               mode pg_catalog.text DEFAULT 'attach', premake pg_catalog.int4 DEFAULT 4,
                                               lock_timeout pg_catalog."interval" DEFAULT '2s')
    LANGUAGE c AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON PROCEDURE warden.convert_to_partitioned(pg_catalog.text, pg_catalog.text, pg_catalog."interval", pg_catalog.text, pg_catalog.int4,
                                                   pg_catalog."interval") IS
    'makes a live table partitioned by a time column, without copying a row; see warden.plan_conversion';
REVOKE EXECUTE ON PROCEDURE warden.convert_to_partitioned(pg_catalog.text, pg_catalog.text, pg_catalog."interval", pg_catalog.text,
                                                          pg_catalog.int4, pg_catalog."interval") FROM PUBLIC;
"#,
    requires = ["schema", "partition_conversion"]
)]
fn convert_to_partitioned(
    table_name: Option<Text>,
    column_name: Option<Text>,
    partition_interval: Option<Interval>,
    mode: Option<Text>,
    premake: Option<i32>,
    lock_timeout: Option<Interval>,
    call: pg_sys::FunctionCallInfo,
) -> Result<(), ErrorReport> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let Text(column) = column_name.ok_or_else(|| is_null("column_name"))?;
    let stride = series::stride(partition_interval.ok_or_else(|| is_null("partition_interval"))?)?;
    if one_of("mode", mode, &[("attach", false), ("copy", true)])? {
        return Err(Error::new(Code::NotSupported, "mode 'copy' is not supported")
            .detail("Mode 'attach' copies no row: the old table becomes the first partition.")
            .hint("To have its rows in partitions of their own, convert it, and split that partition afterwards.")
            .into());
    }
    let premake = premake.ok_or_else(|| is_null("premake"))?;
    if !(1..=1000).contains(&premake) {
        return Err(Error::new(Code::InvalidParameter, "premake must be from 1 to 1000")
            .detail("Rows behind the old table need a partition.")
            .into());
    }
    let patience = pause(Some(lock_timeout.ok_or_else(|| is_null("lock_timeout"))?))
        .ok()
        .and_then(|time| i32::try_from(time.as_millis()).ok())
        .filter(|ms| *ms > 0)
        .ok_or_else(|| Error::new(Code::InvalidParameter, "lock_timeout must be above zero"))?;
    if !transactions::may_commit(call) {
        return Err(must_be_alone("convert_to_partitioned").into());
    }
    let conversion = Conversion { table: key::resolve(&table)?, column, stride, premake, patience };
    transactions::begin_anew();
    conversion.run()
}

/// What a call asks for.
struct Conversion {
    table: pg_sys::Oid,
    column: String,
    stride: Stride,
    premake: i32,
    /// Milliseconds.
    patience: i32,
}

/// What the next step is.
enum Next {
    /// Nothing was begun, or what was begun is of no use any more.
    Begin,
    Validate,
    Swap,
    /// The table of this name was converted before.
    Done(String),
}

impl Conversion {
    fn run(&self) -> Result<(), ErrorReport> {
        loop {
            match self.next()? {
                Next::Begin => {
                    let cutoff = self.step("begin", |_| self.begin())?;
                    say(&[notice(
                        format!("rows at or after {cutoff} are refused until the conversion is done"),
                        None,
                        None,
                    )]);
                }
                Next::Validate => self.step("validate", |_| self.validate())?,
                Next::Swap => {
                    let (message, detail, hint) = self.step("swap", |caller| self.swap(caller))?;
                    say(&[notice(message, Some(detail), Some(hint))]);
                    return Ok(());
                }
                Next::Done(name) => {
                    say(&[notice(format!("table \"{name}\" is converted already, skipping"), None, None)]);
                    return Ok(());
                }
            }
        }
    }

    fn caller(&self) -> Caller {
        Caller::now().with_patience(Some(self.patience))
    }

    /// Looks at what there is, without a lock, and refuses what cannot be converted.
    fn next(&self) -> Result<Next, Error> {
        let caller = self.caller();
        let _pinned = caller.pin();
        let _all_rows = spi::Settings::pin(&[(c"row_security", c"off")]);
        let state = state::read(self.table)?;
        if state.as_ref().is_some_and(|state| state.is_done)
            && let Some(facts) = key::read(self.table)
        {
            return Ok(Next::Done(facts.parent.name));
        }
        let begun = state.as_ref().filter(|state| state.is_validated.is_some());
        let plain = self.read(begun)?;
        if let Some(state) = begun
            && (state.column != plain.column || state.stride != self.stride)
        {
            return Err(Error::new(
                Code::NotInPrerequisiteState,
                format!(
                    "conversion of \"{}\" was begun by column {} and {}",
                    plain.at.facts.parent.name,
                    quote(&state.column),
                    state.stride.interval()
                ),
            )
            .hint(format!("Go on with these, or give it up: {}", give_up(&plain))));
        }
        refuse(&plain, plain.items()?)?;
        match begun {
            // Rows of now are refused: a new cutoff is needed.
            Some(state) if is_past(&plain, &state.cutoff)? => {}
            Some(State { is_validated: Some(true), .. }) => return Ok(Next::Swap),
            Some(_) => return Ok(Next::Validate),
            None => {}
        }
        let fresh = self.read(None)?;
        refuse(&fresh, fresh.rows_in_the_way()?)?;
        Ok(Next::Begin)
    }

    fn read(&self, begun: Option<&State>) -> Result<Plain, Error> {
        let begun = begun.map(|state| (state.cutoff.as_str(), state.zone.as_str()));
        plain::read(self.table, &self.column, self.stride, self.premake, begun)
    }

    /// From here on, no row comes that the old table cannot keep.
    fn begin(&self) -> Result<String, Error> {
        let plain = self.read(None)?;
        let table = &plain.at.facts.parent.identity;
        let constraint = format!("ADD CONSTRAINT {CONSTRAINT} CHECK ({}) NOT VALID", plain.condition());
        if state::read(self.table)?.is_some_and(|state| state.is_validated.is_some()) {
            spi::run(&format!("ALTER TABLE {table} DROP CONSTRAINT {CONSTRAINT}, {constraint}"))?;
        } else {
            spi::run(&format!("ALTER TABLE {table} {constraint}"))?;
        }
        state::begin(self.table, &plain.column, self.stride, &plain.at.zone, plain.cutoff(), CONSTRAINT)?;
        Ok(plain.cutoff().to_owned())
    }

    fn validate(&self) -> Result<(), Error> {
        let table = self.identity()?;
        spi::run(&format!("ALTER TABLE {table} VALIDATE CONSTRAINT {CONSTRAINT}"))?;
        state::validated(self.table)
    }

    fn swap(&self, caller: &Caller) -> Result<(String, String, String), Error> {
        // What takes time is read before others have to wait.
        let begun = state::read(self.table)?;
        let mut plain = self.read(begun.as_ref())?;
        let table = plain.at.facts.parent.identity.clone();
        spi::run(&format!("LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE"))?;
        let hasty = Caller::now().with_patience(Some(SHORT.min(self.patience)));
        let _short = hasty.pin();
        plain.read_again()?;
        let now = state::read(self.table)?;
        if now.is_none_or(|now| now.is_validated != Some(true) || now.cutoff != plain.cutoff()) {
            return Err(Error::new(
                Code::NotInPrerequisiteState,
                format!("constraint {CONSTRAINT} of {table} is gone"),
            )
            .hint("Somebody gave the conversion up. To begin anew, call again."));
        }
        refuse(&plain, plain.items()?)?;
        let swap = Swap::of(&plain)?;
        let new = swap.run(caller)?;
        state::done(self.table, new)?;
        Ok((
            format!("table \"{}\" is partitioned by range of {} now", plain.at.facts.parent.name, plain.at.key.column),
            format!(
                "{} holds its rows up to {}; {} more partitions were created.",
                swap.legacy(),
                plain.cutoff(),
                plain.future.len()
            ),
            format!("For the planner: ANALYZE {table};"),
        ))
    }

    /// Qualified and quoted, as it is called now.
    fn identity(&self) -> Result<String, Error> {
        let facts = key::read(self.table).ok_or_else(key::dropped)?;
        facts.must_be_plain()?;
        Ok(facts.parent.identity)
    }

    /// Does one step, and where it fails keeps why and says what is left behind.
    fn step<T>(&self, what: &str, work: impl Fn(&Caller) -> Result<T, Error>) -> Result<T, ErrorReport> {
        patiently(Some(self.patience), work).map_err(|failed| {
            let left = match self.leftover(&failed.caught.message) {
                Ok(left) => left.unwrap_or_else(|| "Nothing was changed.".to_owned()),
                Err(error) => format!("What is left is not known: {}", error.said()),
            };
            transactions::next(Duration::ZERO);
            failed.report(&format!("step {} failed", literal(what)), &left, "Call again to go on.")
        })
    }

    fn leftover(&self, error: &str) -> Result<Option<String>, Error> {
        let _path = spi::Settings::pin_search_path();
        let Some(State { is_validated: Some(_), cutoff, .. }) = state::read(self.table)? else { return Ok(None) };
        // Where it cannot be kept, it is said at least.
        let _ = state::failed(self.table, error);
        let table = self.identity()?;
        Ok(Some(format!(
            "Constraint {CONSTRAINT} stays: rows at or after {cutoff} are refused. To give up: ALTER TABLE {table} DROP CONSTRAINT {CONSTRAINT};"
        )))
    }
}

fn give_up(plain: &Plain) -> String {
    format!("ALTER TABLE {} DROP CONSTRAINT {CONSTRAINT};", plain.at.facts.parent.identity)
}

/// Whether the cutoff is not in the future any more.
fn is_past(plain: &Plain, cutoff: &str) -> Result<bool, Error> {
    let at = &plain.at;
    let point = |text: &str| Ok::<_, Error>(range::moment("cutoff", text, at, &at.zone)?.point);
    Ok(point(&plain::now(at.key.kind, &at.zone)?)? >= point(cutoff)?)
}

/// Refuses where anything is in the way, and says all of it.
fn refuse(plain: &Plain, items: Vec<Item>) -> Result<(), Error> {
    let blockers: Vec<Item> = items.into_iter().filter(Item::is_blocker).collect();
    if blockers.is_empty() {
        return Ok(());
    }
    let details: Vec<&str> = blockers.iter().map(|item| item.detail.as_str()).collect();
    let sql: Vec<&str> = blockers.iter().filter_map(|item| item.sql.as_deref()).collect();
    let error = Error::new(Code::NotSupported, format!("table \"{}\" cannot be converted", plain.at.facts.parent.name))
        .detail(details.join(" "));
    Err(if sql.is_empty() { error } else { error.hint(format!("First: {}", sql.join(" "))) })
}

fn plan(table: &str, column: &str, stride: Stride) -> Result<Vec<(i32, Item)>, Error> {
    let oid = key::resolve(table)?;
    let caller = Caller::now();
    let _pinned = caller.pin();
    let _all_rows = spi::Settings::pin(&[(c"row_security", c"off")]);
    let plain = plain::read(oid, column, stride, 4, None)?;
    let mut items = plain.items()?;
    items.extend(plain.rows_in_the_way()?);
    items.sort_by_key(|item| !item.is_blocker());
    let mut rows: Vec<(i32, Item)> = items.into_iter().map(|item| (0, item)).collect();
    let identity = &plain.at.facts.parent.identity;
    let mut step = |step: i32, what: &str, detail: &str, sql: String| {
        rows.push((
            step,
            Item {
                severity: "step",
                what: what.to_owned(),
                detail: detail.to_owned(),
                sql: Some(format!("{};", sql.trim_end_matches(';'))),
            },
        ));
    };
    step(
        1,
        "constrain",
        &format!("ACCESS EXCLUSIVE, for a moment. From here on, rows at or after {} are refused.", plain.cutoff()),
        format!("ALTER TABLE {identity} ADD CONSTRAINT {CONSTRAINT} CHECK ({}) NOT VALID", plain.condition()),
    );
    step(
        2,
        "validate",
        "SHARE UPDATE EXCLUSIVE, while the table is read. Reads and writes go on.",
        format!("ALTER TABLE {identity} VALIDATE CONSTRAINT {CONSTRAINT}"),
    );
    for statement in Swap::of(&plain)?.planned() {
        step(3, statement.item, "ACCESS EXCLUSIVE, all of step 3 in one short transaction.", statement.sql);
    }
    for wanted in &plain.future {
        step(
            3,
            "partition",
            "ACCESS EXCLUSIVE, all of step 3 in one short transaction.",
            format!(
                "CREATE TABLE {}.{} PARTITION OF {identity} FOR VALUES FROM ({}) TO ({})",
                plain.at.facts.schema_quoted,
                quote(&wanted.name),
                literal(&wanted.shown.lower),
                literal(&wanted.shown.upper)
            ),
        );
    }
    Ok(rows)
}
