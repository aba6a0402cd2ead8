//! The tables of `warden_internal`, read and written from C: without SPI, and without the rights of whoever runs the
//! statement. Whether somebody may is asked by those who call.
//!
//! Rows are kept out of logical decoding: a subscriber to all tables need not have pg_warden.
//!
//! Vouches for: relations, scans and snapshots are closed in the function that opened them (an error in between ends in
//! an abort, which does the same); values are in the order and of the types of the table's columns, as sql/policy.sql
//! and sql/partition_*.sql declare them; the invalidation callback touches nothing but this module's own cells.
#![allow(unsafe_code, reason = "heap and index access; see the module's promise")]

use crate::facts::live::relcache;
use crate::server;
use crate::text::{self, Text};
use core::ffi::{CStr, c_int};
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;

mod invalidation;
mod write;

pub(crate) use invalidation::{is_current, read_from_now, register, unread};
pub(crate) use write::{Writer, replicated_by};

/// The tables of sql/policy.sql, and those of partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Mode,
    SwitchedOff,
    Level,
    Threshold,
    Exemption,
    ExemptedObject,
    ExemptionUse,
    Journal,
    /// Of sql/partition_schedule.sql.
    PartitionSchedule,
    /// Of sql/partition_policy.sql, as the next.
    PartitionPolicy,
    PartitionLog,
    /// Of sql/partition_removal.sql.
    PartitionRemoval,
    /// Of sql/partition_conversion.sql.
    PartitionConversion,
}

impl Table {
    /// Those that the policy is read from; what changes in them is told to every session.
    pub(crate) const OF_POLICY: [Self; 6] =
        [Self::Mode, Self::SwitchedOff, Self::Level, Self::Threshold, Self::Exemption, Self::ExemptedObject];

    fn name(self) -> &'static CStr {
        match self {
            Self::Mode => c"mode",
            Self::SwitchedOff => c"switched_off",
            Self::Level => c"level",
            Self::Threshold => c"threshold",
            Self::Exemption => c"exemption",
            Self::ExemptedObject => c"exempted_object",
            Self::ExemptionUse => c"exemption_use",
            Self::Journal => c"journal",
            Self::PartitionSchedule => c"partition_schedule",
            Self::PartitionPolicy => c"partition_policy",
            Self::PartitionLog => c"partition_log",
            Self::PartitionRemoval => c"partition_removal",
            Self::PartitionConversion => c"partition_conversion",
        }
    }

    /// Its OID; `None` where the extension is not there.
    pub(crate) fn oid(self) -> Option<Oid> {
        relation(self.name())
    }
}

/// A relation of `warden_internal`.
fn relation(name: &CStr) -> Option<Oid> {
    // SAFETY: NUL-terminated names.
    let oid = unsafe {
        let namespace = server::get_namespace_oid(c"warden_internal".as_ptr(), true);
        if namespace == pg_sys::InvalidOid {
            return None;
        }
        server::get_relname_relid(name.as_ptr(), namespace)
    };
    (oid != pg_sys::InvalidOid).then_some(oid)
}

/// A column's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Text(String),
    Int8(i64),
    Int4(i32),
    Oid(Oid),
    Bool(bool),
    /// Microseconds since 2000, as the server counts, of UTC or of a clock without a zone.
    Time(i64),
    Interval {
        months: i32,
        days: i32,
        micros: i64,
    },
}

impl Value {
    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Int8(number) | Self::Time(number) => Some(*number),
            Self::Int4(number) => Some(i64::from(*number)),
            _ => None,
        }
    }

    pub(crate) fn oid(&self) -> Option<Oid> {
        if let Self::Oid(oid) = self { Some(*oid) } else { None }
    }

    fn into_datum(self) -> Option<Datum> {
        match self {
            Self::Null => None,
            Self::Text(text) => Text(text).into_datum(),
            Self::Int8(number) | Self::Time(number) => number.into_datum(),
            Self::Int4(number) => number.into_datum(),
            // Of itself, pgrx makes NULL of 0.
            Self::Oid(oid) => Some(Datum::from(oid)),
            Self::Bool(yes) => yes.into_datum(),
            Self::Interval { months, days, micros } => Interval::new(months, days, micros).ok()?.into_datum(),
        }
    }

    /// # Safety
    /// The datum is of that type.
    unsafe fn from_datum(datum: Datum, is_null: bool, of: Oid) -> Self {
        // SAFETY: as the caller says.
        let value = unsafe {
            match of {
                pg_sys::TEXTOID => Text::from_datum(datum, is_null).map(|text| Self::Text(text.0)),
                pg_sys::INT8OID => i64::from_datum(datum, is_null).map(Self::Int8),
                pg_sys::TIMESTAMPTZOID | pg_sys::TIMESTAMPOID => i64::from_datum(datum, is_null).map(Self::Time),
                pg_sys::INT4OID => i32::from_datum(datum, is_null).map(Self::Int4),
                pg_sys::OIDOID | pg_sys::REGCLASSOID => Oid::from_datum(datum, is_null).map(Self::Oid),
                pg_sys::BOOLOID => bool::from_datum(datum, is_null).map(Self::Bool),
                pg_sys::INTERVALOID => Interval::from_datum(datum, is_null).map(|length| Self::Interval {
                    months: length.months(),
                    days: length.days(),
                    micros: length.micros(),
                }),
                _ => None,
            }
        };
        value.unwrap_or(Self::Null)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What rows are looked for by: a column and the index that begins with it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key<'a> {
    Text(&'a str),
    /// This text and all that sort after it.
    TextFrom(&'a str),
    Int8(i64),
    Oid(Oid),
    /// Earlier than this moment.
    Before(i64),
}

/// An index of `warden_internal` and the number of the column it begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Index(pub(crate) &'static CStr, pub(crate) pg_sys::AttrNumber);

/// A row, and where it is.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    values: Vec<Value>,
    pub(crate) place: pg_sys::ItemPointerData,
}

impl Row {
    /// A column's value, from 0; NULL for one that is not there.
    pub(crate) fn get(&self, column: usize) -> &Value {
        self.values.get(column).unwrap_or(&Value::Null)
    }
}

/// Why a table could not be read.
fn locked(table: Table) -> String {
    format!("table warden_internal.{} is locked by another session", table.name().to_string_lossy())
}

/// Rows of a table, as they are now whatever the snapshot of the transaction; none where the extension is not there.
///
/// # Errors
/// When somebody holds the table: nobody is waited for.
pub(crate) fn rows(table: Table, by: Option<(Index, Key<'_>)>) -> Result<Vec<Row>, String> {
    let read = || {
        let mut rows = Vec::new();
        each(table, by, |row| {
            rows.push(row);
            true
        })?;
        Ok::<Vec<Row>, String>(rows)
    };
    let mut rows = read()?;
    // Judged one by one, the old row may be gone and the new one not there yet when they are met: what is read twice alike is
    // none of that.
    while is_serializable() {
        let before = core::mem::replace(&mut rows, read()?);
        if before.iter().map(|row| &row.values).eq(rows.iter().map(|row| &row.values)) {
            break;
        }
    }
    Ok(rows)
}

/// Whether the transaction would be held to have read our tables, and fail for it: there each row is judged by itself.
fn is_serializable() -> bool {
    // SAFETY: reads the state of the transaction.
    unsafe { pg_sys::XactIsoLevel == pg_sys::XACT_SERIALIZABLE.cast_signed() }
}

/// The same one by one, until one is answered with `false`.
fn each(table: Table, by: Option<(Index, Key<'_>)>, visit: impl FnMut(Row) -> bool) -> Result<(), String> {
    let Some(oid) = table.oid() else { return Ok(()) };
    let opened = Opened::at_once(oid, LOCK_TO_READ).ok_or_else(|| locked(table))?;
    // SAFETY: a relation that is open and locked.
    unsafe { scan(opened.relation, by, visit) };
    Ok(())
}

/// Whether a table has any row.
///
/// # Errors
/// As [`rows`].
pub(crate) fn any(table: Table) -> Result<bool, String> {
    let mut found = false;
    each(table, None, |_| {
        found = true;
        false
    })?;
    Ok(found)
}

const LOCK_TO_READ: c_int = pg_sys::AccessShareLock.cast_signed();

/// A relation that is open, under a lock that ends with it.
struct Opened {
    relation: pg_sys::Relation,
    /// Given back at its end; `NoLock` keeps it until the transaction's.
    release: c_int,
}

impl Opened {
    /// `None` where the lock is not to be had at once.
    fn at_once(oid: Oid, lock: c_int) -> Option<Self> {
        // SAFETY: any OID may be asked for; the relation is opened under the lock that was taken just before.
        unsafe {
            server::ConditionalLockRelationOid(oid, lock)
                .then(|| Self { relation: pg_sys::table_open(oid, pg_sys::NoLock.cast_signed()), release: lock })
        }
    }

    /// Waits for the lock, and keeps it until the end of the transaction.
    fn waiting(oid: Oid, lock: c_int) -> Self {
        // SAFETY: an OID of a table; an error is the server's own.
        Self { relation: unsafe { pg_sys::table_open(oid, lock) }, release: pg_sys::NoLock.cast_signed() }
    }

    fn kept(mut self) -> Self {
        self.release = pg_sys::NoLock.cast_signed();
        self
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // While an error unwinds, the abort closes it.
        if !std::thread::panicking() {
            // SAFETY: opened above, and not closed elsewhere.
            unsafe { pg_sys::table_close(self.relation, self.release) };
        }
    }
}

/// # Safety
/// The relation is one of ours, open and locked.
unsafe fn scan(relation: pg_sys::Relation, by: Option<(Index, Key<'_>)>, mut visit: impl FnMut(Row) -> bool) {
    // SAFETY: the scan is ended below; keys are compared by the operators of their columns' types.
    unsafe {
        // What is committed now, and what this transaction did: all of a change or nothing of it.
        let serializable = is_serializable();
        let snapshot = if serializable {
            &raw mut pg_sys::SnapshotSelfData
        } else {
            pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot())
        };
        let mut key = pg_sys::ScanKeyData::default();
        let (index, keys) = match by {
            Some((index, by)) => {
                scan_key(&mut key, index.1, by);
                (relation_of_index(index), 1)
            }
            None => (None, 0),
        };
        let scan = pg_sys::systable_beginscan(
            relation,
            index.unwrap_or(pg_sys::InvalidOid),
            index.is_some(),
            snapshot,
            keys,
            &raw mut key,
        );
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() || !visit(row(relation, tuple)) {
                break;
            }
        }
        pg_sys::systable_endscan(scan);
        if !serializable {
            pg_sys::UnregisterSnapshot(snapshot);
        }
    }
}

fn relation_of_index(index: Index) -> Option<Oid> {
    relation(index.0)
}

/// # Safety
/// The column has the type of the key.
unsafe fn scan_key(entry: &mut pg_sys::ScanKeyData, column: pg_sys::AttrNumber, key: Key<'_>) {
    let text = |text: &str| Text::from(text).into_datum().unwrap_or(Datum::from(0));
    let (strategy, function, argument) = match key {
        Key::Text(value) => (pg_sys::BTEqualStrategyNumber, pg_sys::F_TEXTEQ, text(value)),
        Key::TextFrom(value) => (pg_sys::BTGreaterEqualStrategyNumber, pg_sys::F_TEXT_GE, text(value)),
        Key::Int8(value) => (pg_sys::BTEqualStrategyNumber, pg_sys::F_INT8EQ, Datum::from(value)),
        Key::Oid(value) => (pg_sys::BTEqualStrategyNumber, pg_sys::F_OIDEQ, Datum::from(value)),
        Key::Before(value) => (pg_sys::BTLessStrategyNumber, pg_sys::F_TIMESTAMPTZ_LT, Datum::from(value)),
    };
    let strategy = pg_sys::StrategyNumber::try_from(strategy).unwrap_or(0);
    // SAFETY: as the caller says. It compares text as "C" does, which is how the columns are declared.
    unsafe { pg_sys::ScanKeyInit(entry, column, strategy, function.into(), argument) };
}

/// # Safety
/// A tuple of the relation.
unsafe fn row(relation: pg_sys::Relation, tuple: pg_sys::HeapTuple) -> Row {
    // SAFETY: the arrays are as long as the descriptor says.
    unsafe {
        let descriptor = (*relation).rd_att;
        let count = usize::try_from((*descriptor).natts).unwrap_or(0);
        let (mut values, mut nulls) = (vec![Datum::from(0); count], vec![true; count]);
        pg_sys::heap_deform_tuple(tuple, descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
        let values = (0..count)
            .map(|i| {
                let of = (*relcache::first_column(descriptor).add(i)).atttypid;
                Value::from_datum(values[i], nulls[i], of)
            })
            .collect();
        Row { values, place: (*tuple).t_self }
    }
}

/// This moment, in microseconds since 2000.
pub(crate) fn now() -> i64 {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// A moment as ISO 8601 in UTC, for machines.
pub(crate) fn iso(time: i64) -> String {
    const DAY: i64 = 86_400_000_000;
    let (days, micros) = (time.div_euclid(DAY), time.rem_euclid(DAY));
    let (mut year, mut month, mut day) = (0, 0, 0);
    // SAFETY: three places of ours.
    unsafe {
        let julian = c_int::try_from(days).unwrap_or(0) + pg_sys::POSTGRES_EPOCH_JDATE.cast_signed();
        pg_sys::j2date(julian, &raw mut year, &raw mut month, &raw mut day);
    }
    let seconds = micros / 1_000_000;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        micros % 1_000_000
    )
}

/// The role that logged in.
pub(crate) fn session_role() -> String {
    // SAFETY: reads the state of the backend.
    role_name(unsafe { pg_sys::GetSessionUserId() })
}

/// The role whose rights count now, before any function that runs as its owner.
pub(crate) fn current_role() -> String {
    // SAFETY: reads the state of the backend.
    role_name(unsafe { pg_sys::GetUserId() })
}

/// A role's name; its OID where it was dropped meanwhile.
fn role_name(role: Oid) -> String {
    // SAFETY: any OID may be asked for.
    unsafe { text::from_c(pg_sys::GetUserNameFromId(role, true)) }.unwrap_or_else(|| role.to_u32().to_string())
}

/// This database.
pub(crate) fn database() -> Oid {
    // SAFETY: reads a global of the backend.
    unsafe { pg_sys::MyDatabaseId }
}

/// The name of this database.
pub(crate) fn database_name() -> String {
    // SAFETY: any OID may be asked for.
    unsafe { text::from_c(pg_sys::get_database_name(database())) }.unwrap_or_default()
}

/// `application_name` of this session.
pub(crate) fn application() -> String {
    // SAFETY: null, or a NUL-terminated setting.
    unsafe { text::from_c(pg_sys::application_name) }.unwrap_or_default()
}
