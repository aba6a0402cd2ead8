//! Moves the rows of a default partition into partitions, one range and one transaction after the other.

use super::apply::{self, Caller, How, Remark, Situation};
use super::key::Key;
use super::plan::{self, Child, Method, Shown, Step, Wanted, literal};
use super::range::{self, Rule};
use super::steps::{SHORT, must_be_alone, patiently, pause};
use super::{inspect, is_null, key, movable, policy, say};
use crate::error::emit::Severity;
use crate::error::{Code, Error};
use crate::spi::{self, transactions};
use crate::text::Text;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Moves the rows of the default partition of a table into partitions.
#[pg_extern(
    sql = r#"
CREATE PROCEDURE warden.drain_default_partition(table_name pg_catalog.text, max_rows pg_catalog.int8 DEFAULT NULL,
                                                wait pg_catalog."interval" DEFAULT '0')
    LANGUAGE c AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON PROCEDURE warden.drain_default_partition(pg_catalog.text, pg_catalog.int8, pg_catalog."interval") IS
    'moves the rows of the default partition of table_name into partitions, range by range, each in a transaction of its own';
REVOKE EXECUTE ON PROCEDURE warden.drain_default_partition(pg_catalog.text, pg_catalog.int8, pg_catalog."interval") FROM PUBLIC;
"#,
    requires = ["schema", "partition_policy"]
)]
fn drain_default_partition(
    table_name: Option<Text>,
    max_rows: Option<i64>,
    wait: Option<Interval>,
    call: pg_sys::FunctionCallInfo,
) -> Result<(), ErrorReport> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let pause = pause(wait)?;
    if max_rows.is_some_and(|most| most < 1) {
        return Err(Error::new(Code::InvalidParameter, "max_rows must be above zero")
            .hint("Without it, all rows are moved.")
            .into());
    }
    if !transactions::may_commit(call) {
        return Err(must_be_alone("drain_default_partition").into());
    }
    let mut drain = Drain { table: key::resolve(&table)?, max_rows, moved: 0, ranges: 0, behind: Behind::Nothing };
    transactions::begin_anew();
    while let Some(next) = drain.next()? {
        let remark = match next {
            Next::Passed(remark) => remark,
            Next::Range(range) => {
                let done =
                    if drain.ranges == 0 { "Nothing was changed." } else { "What was moved before stays moved." };
                let moved = patiently(None, |caller| drain.take(&range, caller))
                    .map_err(|failed| failed.report("rows were not moved", done, "Call again to go on."))?;
                drain.count(&range, &moved)
            }
        };
        say(&[remark]);
        transactions::next(pause);
    }
    Ok(())
}

/// How far a call is.
struct Drain {
    table: pg_sys::Oid,
    max_rows: Option<i64>,
    moved: i64,
    ranges: i64,
    behind: Behind,
}

/// Which ranges were looked at.
enum Behind {
    Nothing,
    /// Those before it.
    Bound(String),
    All,
}

/// What comes next.
enum Next {
    /// A range whose rows stay, and why.
    Passed(Remark),
    Range(Box<Found>),
}

/// A range whose rows are to be moved.
struct Found {
    least: String,
    wanted: Wanted,
    parent: String,
    /// Name, and qualified and quoted.
    default: (String, String),
}

impl Drain {
    /// The next range, looked at without a lock that others would notice; `None` when there is no other.
    fn next(&mut self) -> Result<Option<Next>, Error> {
        let caller = Caller::now();
        let _pinned = caller.pin();
        // Rows that a policy hides would be left behind unseen.
        let _all_rows = spi::Settings::pin(&[(c"row_security", c"off")]);
        let at = self.look(None, &caller)?;
        let Some(default) = at.facts.default.clone() else { return no_default(&at, self.ranges) };
        let least = match &self.behind {
            Behind::All => None,
            Behind::Nothing => least(&at, &default.1, None)?,
            Behind::Bound(bound) => least(&at, &default.1, Some(bound))?,
        };
        let Some(least) = least else { return self.end(&at, &default) };
        let at = self.look(Some(&least), &caller)?;
        let (window, stride) = range::window_for_value(&at, &least, self.rule()?)?;
        let wanted = match range::of_window(&at, &window, stride, &least) {
            // Times that the calendar has, and the key has not.
            Err(error) if is_beyond(&error) => {
                self.behind = inspect::bound(&at.key, window.range.upper.point, &window.shown.upper)
                    .map_or(Behind::All, Behind::Bound);
                return Ok(Some(Next::Passed(passed(&at, &window.shown, &default.0, &error))));
            }
            wanted => wanted?,
        };
        self.behind = Behind::Bound(wanted.shown.upper.clone());
        let parent = at.facts.parent.name.clone();
        if let Some(most) = self.max_rows {
            let left = most - self.moved;
            if more_than(&at, &wanted, &default.1, left)? {
                return Ok(self.too_many(&at, &wanted, &default.0, most, left).map(Next::Passed));
            }
        }
        match child(&at, &wanted) {
            Ok(_) => Ok(Some(Next::Range(Box::new(Found { least, wanted, parent, default })))),
            // All ranges have this.
            Err(error) if error.code() == Code::NotSupported => Err(error),
            Err(error) => Ok(Some(Next::Passed(passed(&at, &wanted.shown, &default.0, &error)))),
        }
    }

    fn look(&self, guide: Option<&str>, caller: &Caller) -> Result<Situation, Error> {
        let rule = rule(self.table)?;
        range::look_in(self.table, guide, rule.as_ref().map(|(_, zone)| zone.as_str()), caller)
    }

    fn rule(&self) -> Result<Option<Rule>, Error> {
        Ok(rule(self.table)?.map(|(rule, _)| rule))
    }

    /// Moves the rows of a range. Returns how many, and the new partition.
    fn take(&self, range: &Found, caller: &Caller) -> Result<(i64, String), Error> {
        let before = self.look(Some(&range.least), caller)?;
        // Rows of the range are there, so more may be on their way: nobody writes while it changes hands. The strongest lock at once, for
        // others that wait for a weaker one to become it would be deadlocks.
        spi::run(&format!("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE", before.facts.parent.identity))?;
        let hasty = Caller::now().with_patience(Some(SHORT.min(caller.patience())));
        let _short = hasty.pin();
        let at = self.look(Some(&range.least), caller)?;
        apply::must_have_its_name(&before, &at)?;
        let wanted = range::for_value(&at, &range.least, self.rule()?)?;
        if wanted.range != range.wanted.range || at.facts.default.as_ref() != Some(&range.default) {
            return Err(Error::new(
                Code::NotInPrerequisiteState,
                format!("partitions of \"{}\" are others meanwhile", range.parent),
            ));
        }
        let child = child(&at, &wanted)?;
        let moved = i64::try_from(apply::create(&at, &child)?).unwrap_or(i64::MAX);
        Ok((moved, child.identity))
    }

    fn count(&mut self, range: &Found, (moved, identity): &(i64, String)) -> Remark {
        self.moved = self.moved.saturating_add(*moved);
        self.ranges += 1;
        notice(
            format!("moved {} of \"{}\" from \"{}\" to {identity}", rows(*moved), range.parent, range.default.0),
            Some(format!("It holds {}.{}", range.wanted.shown, range.wanted.in_zone())),
            None,
        )
    }

    /// A range that is larger than the limit is passed over; one that is larger than what is left of it ends the call.
    fn too_many(&self, at: &Situation, wanted: &Wanted, name: &str, most: i64, left: i64) -> Option<Remark> {
        let parent = &at.facts.parent.name;
        if left == most {
            return Some(Remark {
                severity: Severity::Warning,
                sqlstate: "01000",
                message: format!("rows of {} stay in default partition \"{name}\" of \"{parent}\"", wanted.shown),
                detail: Some(format!("They are more than max_rows, which is {most}.")),
                hint: Some("A range is moved in one transaction: call again with a larger max_rows.".to_owned()),
            });
        }
        say(&[notice(
            format!(
                "stopped after {} of \"{parent}\": the next range has more than the {left} that max_rows leaves",
                rows(self.moved)
            ),
            Some(format!("It is {}.", wanted.shown)),
            Some("Call again to go on.".to_owned()),
        )]);
        None
    }

    /// Says what stays in the default partition because no partition can hold it.
    fn end(&self, at: &Situation, default: &(String, String)) -> Result<Option<Next>, Error> {
        let parent = &at.facts.parent.name;
        let stay = staying(&at.key, &default.1)?;
        let total: i64 = stay.iter().map(|(_, count)| count).sum();
        if total > 0 {
            let shown: Vec<String> =
                stay.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{what}: {n}")).collect();
            say(&[notice(
                format!("{} in default partition \"{}\" of \"{parent}\"", stays(total), default.0),
                Some(format!("No partition of a length holds them. {}.", shown.join(", "))),
                None,
            )]);
        }
        let hint = (self.ranges > 0).then(|| format!("Give their room back: VACUUM {};", default.1));
        say(&[notice(
            format!("moved {} of \"{parent}\" into {}", rows(self.moved), partitions(self.ranges)),
            None,
            hint,
        )]);
        Ok(None)
    }
}

/// Whether no key begins or ends at a time, for it is beyond all of them.
pub(super) fn is_beyond(error: &Error) -> bool {
    matches!(error.code(), Code::DatetimeOverflow | Code::NumericOutOfRange)
}

/// A range that is passed over, and why.
fn passed(at: &Situation, shown: &Shown, default: &str, error: &Error) -> Remark {
    Remark {
        severity: Severity::Warning,
        sqlstate: "01000",
        message: format!("rows of {shown} stay in default partition \"{default}\" of \"{}\"", at.facts.parent.name),
        detail: Some(error.said()),
        hint: None,
    }
}

/// The partition for a range of rows that are in the default partition.
fn child(at: &Situation, wanted: &Wanted) -> Result<Child, Error> {
    let model = match plan::decide(&at.facts.parent, wanted, &at.siblings)? {
        Step::Create(model) => model,
        // The default cannot hold rows of a partition that is there.
        Step::Exists(sibling) => {
            return Err(Error::new(
                Code::Internal,
                format!("rows of partition \"{}\" are in the default partition", sibling.name),
            ));
        }
    };
    apply::prepare(at, wanted, model, How { method: Some(Method::PartitionOf), moves_rows: true })
}

fn no_default(at: &Situation, ranges: i64) -> Result<Option<Next>, Error> {
    let parent = &at.facts.parent.name;
    if ranges > 0 {
        return Err(Error::new(
            Code::NotInPrerequisiteState,
            format!("the default partition of \"{parent}\" was detached meanwhile"),
        )
        .detail("What was moved before stays moved."));
    }
    say(&[notice(format!("table \"{parent}\" has no default partition, skipping"), None, None)]);
    Ok(None)
}

pub(super) fn notice(message: String, detail: Option<String>, hint: Option<String>) -> Remark {
    Remark { severity: Severity::Notice, sqlstate: "00000", message, detail, hint }
}

pub(super) fn rows(count: i64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn stays(count: i64) -> String {
    if count == 1 { "1 row stays".to_owned() } else { format!("{count} rows stay") }
}

fn partitions(count: i64) -> String {
    if count == 1 { "1 partition".to_owned() } else { format!("{count} partitions") }
}

/// The least value in the default partition that a partition can hold, from a bound on.
fn least(at: &Situation, default: &str, from: Option<&str>) -> Result<Option<String>, Error> {
    let (column, condition) = (&at.key.column, movable::condition(&at.key));
    let from = from.map_or_else(String::new, |from| format!(" AND {column} >= {}", literal(from)));
    first(column, &format!("{default} WHERE {condition}{from}"), "ASC")
}

/// The first value of a column of some rows; not as `min`, which some types have not.
pub(super) fn first(column: &str, rows: &str, order: &str) -> Result<Option<String>, Error> {
    let rows = spi::select(
        &format!("SELECT k::text FROM (SELECT {column} AS k FROM {rows} ORDER BY {column} {order} LIMIT 1) AS found"),
        &[],
        |row| Ok(row.get::<Text>(1)?.map(|t| t.0)),
    )?;
    Ok(rows.into_iter().flatten().next())
}

fn more_than(at: &Situation, wanted: &Wanted, default: &str, most: i64) -> Result<bool, Error> {
    let rows = spi::select(
        &format!(
            "SELECT count(*) FROM (SELECT FROM {default} WHERE {} LIMIT {}) AS found",
            inspect::in_range(&at.key, &wanted.shown),
            most.saturating_add(1)
        ),
        &[],
        |row| Ok(row.get::<i64>(1)?),
    )?;
    Ok(rows.into_iter().flatten().next().unwrap_or_default() > most)
}

/// How many rows there are that belong to no range, by why.
fn staying(key: &Key, default: &str) -> Result<Vec<(String, i64)>, Error> {
    let others = movable::others(key);
    let counts: Vec<_> = others.iter().map(|(_, is)| format!("count(*) FILTER (WHERE {is})")).collect();
    let any: Vec<_> = others.iter().map(|(_, is)| format!("({is})")).collect();
    let rows = spi::select(
        &format!("SELECT ARRAY[{}] FROM {default} WHERE {}", counts.join(", "), any.join(" OR ")),
        &[],
        |row| Ok(row.get::<Vec<i64>>(1)?.unwrap_or_default()),
    )?;
    let counts = rows.into_iter().next().unwrap_or_default();
    Ok(others.into_iter().map(|(what, _)| what).zip(counts).collect())
}

/// Length, start and zone of the partitions of a table that has a policy.
pub(super) fn rule(table: pg_sys::Oid) -> Result<Option<(Rule, String)>, Error> {
    Ok(policy::of(table)?.map(|policy| {
        let start = policy.anchor.map(Timestamp::saturating_from_raw);
        (Rule { stride: policy.stride, start }, policy.zone)
    }))
}
