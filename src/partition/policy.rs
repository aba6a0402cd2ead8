//! What is kept of the tables whose partitions are managed.

use super::grid::Mark;
use super::key::Kind;
use super::stride::Stride;
use super::{calendar, encoding, grid, series};
use crate::error::{Code, Error};
use crate::facts::live;
use crate::facts::live::object::qualified;
use crate::facts::live::partitioned::Class;
use crate::spi;
use crate::store::{self, Index, Key, Row, Table, Value, Writer};
use crate::text::Text;
use pgrx::datum::Interval;
use pgrx::pg_sys::Oid;

/// The column of that name.
const KEY_ENCODING: usize = 8;

const BY_TABLE: Index = Index(c"partition_policy_pkey", 1);

/// What becomes of partitions that are too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    Detach,
    Drop,
    Archive,
}

impl Removal {
    pub(crate) const WORDS: [(&'static str, Self); 3] =
        [("detach", Self::Detach), ("drop", Self::Drop), ("archive", Self::Archive)];

    pub(crate) fn name(self) -> &'static str {
        Self::WORDS.iter().find(|(_, removal)| *removal == self).map_or("", |(name, _)| name)
    }
}

/// What `default_partition` may be, and whether one is made then.
pub(super) const DEFAULT_PARTITION: [(&str, bool); 2] = [("keep", false), ("create", true)];

/// A length of time by the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) months: i32,
    pub(crate) days: i32,
    pub(crate) micros: i64,
}

impl From<Stride> for Span {
    fn from(stride: Stride) -> Self {
        let none = Self { months: 0, days: 0, micros: 0 };
        match stride {
            Stride::Months(months) => Self { months, ..none },
            Stride::Days(days) => Self { days, ..none },
            Stride::Time(micros) => Self { micros, ..none },
        }
    }
}

impl From<Interval> for Span {
    fn from(interval: Interval) -> Self {
        Self { months: interval.months(), days: interval.days(), micros: interval.micros() }
    }
}

/// What is wanted of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) table: Oid,
    pub(crate) stride: Stride,
    /// How many intervals ahead of the one that holds now.
    pub(crate) premake: i32,
    /// How far back from now partitions are kept.
    pub(crate) retention: Option<Span>,
    pub(crate) removal: Removal,
    pub(crate) archive_schema: Option<String>,
    pub(crate) zone: String,
    /// By the clock of the zone, in microseconds since 2000; `None`: where an empty set begins.
    pub(crate) anchor: Option<i64>,
    /// How the key says a time; `auto` for types that say it themselves.
    pub(crate) encoding: String,
    /// Whether a default partition is made where there is none.
    pub(crate) creates_default: bool,
    /// As given; `None`: as the length of the interval has it.
    pub(crate) name_format: Option<String>,
    /// As stored.
    pub(crate) tablespace: Option<String>,
    /// As given; `None`: those of the newest partition.
    pub(crate) storage_parameters: Option<String>,
    /// Whether partitions get what is granted on the table.
    pub(crate) copy_grants: bool,
    pub(crate) enabled: bool,
    /// Who has set it.
    pub(super) set_by: String,
}

impl Policy {
    pub(crate) fn new(table: Oid, stride: Stride) -> Self {
        Self {
            table,
            stride,
            premake: 4,
            retention: None,
            removal: Removal::Detach,
            archive_schema: None,
            zone: "UTC".to_owned(),
            anchor: None,
            encoding: encoding::AUTO.to_owned(),
            creates_default: false,
            name_format: None,
            tablespace: None,
            storage_parameters: None,
            copy_grants: false,
            enabled: true,
            set_by: store::current_role(),
        }
    }

    pub(super) fn anchor(&self) -> i64 {
        self.anchor.unwrap_or_else(|| grid::default_anchor(self.stride))
    }

    pub(super) fn anchor_mark(&self, kind: Kind) -> Mark {
        calendar::mark_of_wall(kind, &self.zone, self.anchor())
    }

    /// The intervals that are to have partitions: their numbers, and from where to where, in microseconds since 1970. The first
    /// holds the moment.
    pub(super) fn due(&self, kind: Kind, now: &Mark) -> Result<Vec<(i32, i128, i128)>, Error> {
        let begin = |number| calendar::bound(kind, &self.zone, self.anchor(), self.stride, number);
        let far =
            || Error::new(Code::InvalidParameter, "partition_interval is too short for the time since its anchor");
        let mut number = grid::number(self.stride, &self.anchor_mark(kind), now).ok_or_else(far)?;
        let beyond = self.premake.checked_add(3).and_then(|n| number.checked_add(n));
        beyond.ok_or_else(far)?;
        while begin(number) > now.steady {
            number -= 1;
        }
        while begin(number + 1) <= now.steady {
            number += 1;
        }
        let mut lower = begin(number);
        Ok((number..=number + self.premake)
            .map(|number| {
                let upper = begin(number + 1);
                (number, core::mem::replace(&mut lower, upper), upper)
            })
            .collect())
    }

    /// What ends here or before is too old, in microseconds since 1970.
    pub(super) fn cutoff(&self, kind: Kind, now: &Mark, keep: Span) -> i128 {
        let wall = calendar::minus(now.wall, keep);
        calendar::since_1970(match kind {
            Kind::Instant => calendar::instant(&self.zone, wall),
            Kind::Date | Kind::Timestamp => wall,
        })
    }

    fn read(row: &Row) -> Result<Self, Error> {
        let text = |n| row.get(n).text().map(ToOwned::to_owned);
        let interval = |n| match row.get(n) {
            Value::Interval { months, days, micros } => Some(Span { months: *months, days: *days, micros: *micros }),
            _ => None,
        };
        let length = interval(1).ok_or_else(|| Error::new(Code::Internal, "a policy without partition_interval"))?;
        let removal = text(4).unwrap_or_default();
        Ok(Self {
            premake: row.get(2).number().and_then(|premake| i32::try_from(premake).ok()).unwrap_or_default(),
            retention: interval(3),
            removal: Removal::WORDS.iter().find(|(word, _)| *word == removal).map_or(Removal::Detach, |(_, r)| *r),
            archive_schema: text(5),
            zone: text(6).unwrap_or_default(),
            anchor: row.get(7).number(),
            encoding: text(KEY_ENCODING).unwrap_or_default(),
            creates_default: text(9).is_some_and(|default| default == DEFAULT_PARTITION[1].0),
            name_format: text(10),
            tablespace: text(11),
            storage_parameters: text(12),
            copy_grants: *row.get(13) == Value::Bool(true),
            enabled: *row.get(14) == Value::Bool(true),
            set_by: text(16).unwrap_or_default(),
            ..Self::new(row.get(0).oid().unwrap_or(Oid::INVALID), series::stride(length)?)
        })
    }

    fn row(&self) -> Vec<Value> {
        let interval = |Span { months, days, micros }| Value::Interval { months, days, micros };
        vec![
            Value::Oid(self.table),
            interval(self.stride.into()),
            Value::Int4(self.premake),
            self.retention.map_or(Value::Null, interval),
            self.removal.name().into(),
            self.archive_schema.clone().into(),
            self.zone.clone().into(),
            self.anchor.map_or(Value::Null, Value::Time),
            self.encoding.as_str().into(),
            DEFAULT_PARTITION[usize::from(self.creates_default)].0.into(),
            self.name_format.clone().into(),
            self.tablespace.clone().into(),
            self.storage_parameters.clone().into(),
            Value::Bool(self.copy_grants),
            Value::Bool(self.enabled),
            Value::Time(store::now()),
            self.set_by.clone().into(),
        ]
    }
}

fn locked(reason: String) -> Error {
    Error::new(Code::LockNotAvailable, reason)
}

/// All policies, by table.
///
/// # Errors
/// When the table of policies is locked.
pub(crate) fn all() -> Result<Vec<Policy>, Error> {
    let rows = store::rows(Table::PartitionPolicy, None).map_err(locked)?;
    let mut policies = rows.iter().map(Policy::read).collect::<Result<Vec<_>, _>>()?;
    policies.sort_by_key(|policy| policy.table.to_u32());
    Ok(policies)
}

/// What is kept of one table.
///
/// # Errors
/// As [`all`].
pub(crate) fn of(table: Oid) -> Result<Option<Policy>, Error> {
    let rows = store::rows(Table::PartitionPolicy, Some((BY_TABLE, Key::Oid(table)))).map_err(locked)?;
    rows.first().map(Policy::read).transpose()
}

/// How the policy of a table declares its key, whatever else is wrong with it.
///
/// # Errors
/// As [`all`].
pub(super) fn declared_encoding(table: Oid) -> Result<Option<String>, Error> {
    let rows = store::rows(Table::PartitionPolicy, Some((BY_TABLE, Key::Oid(table)))).map_err(locked)?;
    Ok(rows.first().and_then(|row| row.get(KEY_ENCODING).text()).map(ToOwned::to_owned))
}

fn writer() -> Result<Writer, Error> {
    Writer::of_policy(Table::PartitionPolicy)
        .ok_or_else(|| Error::new(Code::NotInPrerequisiteState, "extension pg_warden is not there"))
}

/// Keeps a policy in the place of the table's last; one that is the same stays as it is.
pub(super) fn put(policy: &Policy) -> Result<(), Error> {
    let writer = writer()?;
    let old = writer.rows(Some((BY_TABLE, Key::Oid(policy.table))));
    for row in &old {
        if Policy::read(row).is_ok_and(|old| old == *policy) {
            return Ok(());
        }
        take_away(&writer, row)?;
    }
    writer.insert(policy.row());
    Ok(())
}

/// Forgets what was kept of a table; `false` where there was nothing.
pub(super) fn remove(table: Oid) -> Result<bool, Error> {
    let writer = writer()?;
    let rows = writer.rows(Some((BY_TABLE, Key::Oid(table))));
    for row in &rows {
        take_away(&writer, row)?;
    }
    Ok(!rows.is_empty())
}

fn take_away(writer: &Writer, row: &Row) -> Result<(), Error> {
    if writer.delete(row) {
        return Ok(());
    }
    Err(Error::new(Code::NotInPrerequisiteState, "the policy of this table has just been changed by another session")
        .hint("Call again."))
}

/// Forgets the tables that are gone. Their numbers may be given to others some day.
///
/// # Errors
/// When the table of policies is locked.
pub(crate) fn forget_dropped() -> Result<(), String> {
    let gone = |row: &Row| row.get(0).oid().is_some_and(|table| !live::relation_exists(table));
    if !store::rows(Table::PartitionPolicy, None)?.iter().any(gone) {
        return Ok(());
    }
    let writer = Writer::in_passing(Table::PartitionPolicy)?;
    for row in writer.rows(None).iter().filter(|row| gone(row)) {
        // Where another session has taken it away, it is gone as well.
        let _ = writer.delete(row);
    }
    Ok(())
}

/// A table as those who work at it see it.
#[derive(Debug)]
pub(super) struct Managed {
    /// Qualified and quoted.
    pub(super) identity: String,
    pub(super) owner: Oid,
    owner_name: String,
    /// The caller is the owner, or a member of that role.
    pub(super) may: bool,
}

impl Managed {
    pub(super) fn not_yours(&self) -> Error {
        Error::new(Code::InsufficientPrivilege, format!("must be owner of table {}", self.identity))
            .hint(format!("Its owner is {}; a member of that role may call this, too.", self.owner_name))
    }
}

/// Refuses what was set by a role that could not set it now: a table that was given away is not to be worked on as its last owner
/// wished. Of a role that is gone, nothing is known.
pub(super) fn check_author(policy: &Policy, managed: &Managed) -> Result<(), Error> {
    let rows = spi::select(
        "SELECT pg_catalog.pg_has_role(r.oid, $2, 'USAGE') FROM pg_catalog.pg_roles AS r
          WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name",
        &[Text::from(policy.set_by.as_str()).into(), managed.owner.into()],
        |row| Ok(row.get::<bool>(1)?.unwrap_or_default()),
    )?;
    if rows.first().is_none_or(|may| *may) {
        return Ok(());
    }
    Err(Error::new(
        Code::InsufficientPrivilege,
        format!("policy of {} was set by \"{}\", who does not own it any more", managed.identity, policy.set_by),
    )
    .hint("Let the owner set it anew: warden.manage_partitions."))
}

/// A table by its OID; `None` where it is gone.
pub(super) fn managed(table: Oid) -> Option<Managed> {
    let class = Class::of(table)?;
    Some(Managed {
        identity: qualified(&class.schema, &class.name),
        owner: class.owner,
        owner_name: class.owner_name,
        may: class.is_callers,
    })
}
