//! What became of maintenance, kept for 90 days.
#![forbid(unsafe_code)]

use crate::error::emit::{self, Parts, Severity};
use crate::store::{self, Index, Key, Row, Table, Value, Writer};
use core::time::Duration;
use pgrx::pg_sys::Oid;

const BY_TIME: Index = Index(c"partition_log_at_idx", 2);
const BY_TABLE: Index = Index(c"partition_log_table_oid_idx", 4);

/// 90 days.
const KEPT_FOR: i64 = 90 * 86_400_000_000;

/// The most rows that one run takes away.
const PRUNED_AT_ONCE: usize = 10_000;

/// A run of maintenance.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) began: i64,
    pub(super) source: String,
}

/// One thing that was done, or not.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// `None`: of all tables.
    pub(super) table: Option<(Oid, String)>,
    pub(super) action: &'static str,
    pub(super) partition: Option<String>,
    pub(super) sql: Option<String>,
    pub(super) status: &'static str,
    pub(super) sqlstate: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) took: Option<Duration>,
    pub(super) lock_wait: Option<Duration>,
}

impl Run {
    /// Keeps an entry, in the transaction of what it tells of. Maintenance goes on where that is not possible.
    pub(super) fn note(&self, entry: Entry) {
        let micros = |time: Option<Duration>| {
            time.map_or(Value::Null, |time| Value::Int8(i64::try_from(time.as_micros()).unwrap_or(i64::MAX)))
        };
        let (table, name) = entry.table.map_or((Oid::INVALID, None), |(table, name)| (table, Some(name)));
        let row = vec![
            Value::Time(store::now()),
            Value::Time(self.began),
            Value::Oid(table),
            name.into(),
            entry.action.into(),
            entry.partition.into(),
            entry.sql.into(),
            entry.status.into(),
            entry.sqlstate.into(),
            entry.detail.into(),
            micros(entry.took),
            micros(entry.lock_wait),
            store::current_role().into(),
            self.source.clone().into(),
        ];
        match Writer::in_passing(Table::PartitionLog) {
            Ok(writer) => {
                writer.insert_numbered(c"partition_log_id_seq", row);
            }
            Err(reason) => emit::say(&Parts {
                detail: Some(&reason),
                ..Parts::plain(Severity::Warning, "partition maintenance could not be logged")
            }),
        }
    }
}

/// The last run before this one.
#[derive(Debug)]
pub(super) struct LastRun {
    pub(super) ended: i64,
    /// It took nothing away from the table, because of the clock.
    pub(super) distrusted_clock: bool,
}

/// The last run that was for this table, or for all.
pub(super) fn last_run(table: Oid) -> Option<LastRun> {
    let rows_of = |table| store::rows(Table::PartitionLog, Some((BY_TABLE, Key::Oid(table)))).unwrap_or_default();
    let own = rows_of(table);
    let all = rows_of(Oid::INVALID);
    let runs = own.iter().chain(&all).filter(|row| row.get(5).text() == Some("run"));
    let last = runs.max_by_key(|row| row.get(1).number())?;
    let is_refusal = |row: &&Row| row.get(8).text() == Some("refused") && *row.get(9) == Value::Null;
    Some(LastRun {
        ended: last.get(1).number()?,
        distrusted_clock: own.iter().filter(is_refusal).any(|row| row.get(2) == last.get(2)),
    })
}

/// Whether there is anything of a table since a moment.
pub(super) fn has_any_since(table: Oid, moment: i64) -> bool {
    let rows = store::rows(Table::PartitionLog, Some((BY_TABLE, Key::Oid(table)))).unwrap_or_default();
    rows.iter().any(|row| row.get(1).number() >= Some(moment))
}

/// Takes away what is too old.
pub(super) fn prune() {
    if let Ok(writer) = Writer::in_passing(Table::PartitionLog) {
        // Where somebody else is at it, it is done.
        let _ = writer.prune(BY_TIME, store::now() - KEPT_FOR, PRUNED_AT_ONCE);
    }
}
