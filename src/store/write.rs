//! Writing, in the transaction of whoever is at work.

use super::invalidation::tell;
use super::{Index, Key, Opened, Row, Table, Value, locked, relation, scan};
use crate::{server, text};
use core::ffi::{CStr, c_int};
use core::ptr;
use pgrx::pg_sys::{self, Datum, Oid};

unsafe extern "C-unwind" {
    /// commands/sequence.h
    fn nextval_internal(relid: Oid, check_permissions: bool) -> i64;
}

/// A table that is written, until the end of the transaction under a lock.
pub(crate) struct Writer {
    table: Table,
    opened: Opened,
    /// For a row that somebody else is about to change.
    waits: bool,
}

impl Writer {
    /// For those who set the policy: one at a time, waiting for each other, but not for what is written in passing.
    pub(crate) fn of_policy(table: Table) -> Option<Self> {
        let lock = pg_sys::ShareUpdateExclusiveLock.cast_signed();
        // SAFETY: raises the server's own error.
        unsafe { pg_sys::PreventCommandIfReadOnly(c"a change of pg_warden's policy".as_ptr()) };
        table.oid().map(|oid| Self { table, opened: Opened::waiting(oid, lock), waits: true })
    }

    /// For what is noted in passing: beside others, and without waiting for anybody.
    ///
    /// # Errors
    /// When somebody holds the table.
    pub(crate) fn in_passing(table: Table) -> Result<Self, String> {
        Self::at_once(table, pg_sys::RowExclusiveLock.cast_signed())
    }

    fn at_once(table: Table, lock: c_int) -> Result<Self, String> {
        let oid = table.oid().ok_or("pg_warden's tables are not there")?;
        let opened = Opened::at_once(oid, lock).ok_or_else(|| locked(table))?.kept();
        Ok(Self { table, opened, waits: false })
    }

    fn relation(&self) -> pg_sys::Relation {
        self.opened.relation
    }

    /// Rows by an index, as they are now.
    pub(crate) fn rows(&self, by: Option<(Index, Key<'_>)>) -> Vec<Row> {
        let mut rows = Vec::new();
        let visit = |row| {
            rows.push(row);
            true
        };
        // SAFETY: a relation of ours that is open and locked.
        unsafe { scan(self.relation(), by, visit) };
        rows
    }

    /// Adds a row. What counts the rows is drawn from the sequence of that name and returned.
    pub(crate) fn insert_numbered(&self, sequence: &CStr, values: Vec<Value>) -> i64 {
        let number = match relation(sequence) {
            // SAFETY: a sequence of ours; who may draw from it is not asked.
            Some(sequence) => unsafe { nextval_internal(sequence, false) },
            None => 0,
        };
        self.insert([Value::Int8(number)].into_iter().chain(values).collect());
        number
    }

    /// Adds a row, a value for each column.
    pub(crate) fn insert(&self, values: Vec<Value>) {
        let datums: Vec<_> = values.into_iter().map(Value::into_datum).collect();
        let mut nulls: Vec<_> = datums.iter().map(Option::is_none).collect();
        let mut values: Vec<_> = datums.into_iter().map(|datum| datum.unwrap_or(Datum::from(0))).collect();
        // SAFETY: as many values as columns, of their types; the relation is locked for writing.
        unsafe {
            let relation = self.relation();
            debug_assert_eq!(usize::try_from((*(*relation).rd_att).natts).unwrap_or(0), values.len());
            let tuple = pg_sys::heap_form_tuple((*relation).rd_att, values.as_mut_ptr(), nulls.as_mut_ptr());
            let options = pg_sys::HEAP_INSERT_NO_LOGICAL.cast_signed();
            pg_sys::heap_insert(relation, tuple, pg_sys::GetCurrentCommandId(true), options, ptr::null_mut());
            insert_index_entries(relation, tuple);
            pg_sys::heap_freetuple(tuple);
        }
        self.changed();
    }

    /// Takes a row away; `false` where somebody else has done so, or is about to and is not waited for.
    #[must_use]
    pub(crate) fn delete(&self, row: &Row) -> bool {
        let deleted = self.delete_at_once(row);
        if deleted {
            self.changed();
        }
        deleted
    }

    fn delete_at_once(&self, row: &Row) -> bool {
        let (mut place, mut failure) = (row.place, pg_sys::TM_FailureData::default());
        // SAFETY: a row of the relation, which is locked for writing.
        let result = unsafe {
            pg_sys::heap_delete(
                self.relation(),
                &raw mut place,
                pg_sys::GetCurrentCommandId(true),
                ptr::null_mut(),
                self.waits,
                &raw mut failure,
                false,
            )
        };
        result == pg_sys::TM_Result::TM_Ok
    }

    /// Takes away what is older than a moment, up to a number of rows; rows that somebody else holds are passed over.
    /// Returns how many went.
    ///
    /// # Errors
    /// Where somebody else is at it.
    pub(crate) fn prune(&self, by: Index, before: i64, most: usize) -> Result<usize, String> {
        let lock = pg_sys::ShareUpdateExclusiveLock.cast_signed();
        // SAFETY: a relation that is open; the lock is kept until the end of the transaction.
        if !unsafe { pg_sys::ConditionalLockRelation(self.relation(), lock) } {
            return Err(locked(self.table));
        }
        let mut gone = 0;
        let visit = |row: Row| {
            pgrx::check_for_interrupts!();
            gone += usize::from(self.delete_at_once(&row));
            gone < most
        };
        // SAFETY: a relation of ours that is open and locked.
        unsafe { scan(self.relation(), Some((by, Key::Before(before))), visit) };
        Ok(gone)
    }

    /// What was written is seen by what comes next in this transaction, and other sessions are told at its commit.
    fn changed(&self) {
        // What is wanted of partitions is looked at beside catalogs, and without a lock.
        if Table::OF_POLICY.contains(&self.table) || self.table == Table::PartitionPolicy {
            // SAFETY: between two changes of ours; the relation is open.
            unsafe {
                tell((*self.relation()).rd_id);
                pg_sys::CommandCounterIncrement();
            }
        } else if self.table == Table::PartitionConversion {
            // SAFETY: between two changes of ours.
            unsafe { pg_sys::CommandCounterIncrement() };
        }
    }
}

/// # Safety
/// The tuple was just inserted into the relation, whose indexes have neither expressions nor predicates.
unsafe fn insert_index_entries(relation: pg_sys::Relation, tuple: pg_sys::HeapTuple) {
    // SAFETY: as the caller says; what is opened is closed.
    unsafe {
        let indexes = pg_sys::CatalogOpenIndexes(relation);
        let slot = pg_sys::MakeSingleTupleTableSlot((*relation).rd_att, &raw const pg_sys::TTSOpsHeapTuple);
        pg_sys::ExecStoreHeapTuple(tuple, slot, false);
        for i in 0..usize::try_from((*indexes).ri_NumIndices).unwrap_or(0) {
            let index = *(*indexes).ri_IndexRelationDescs.add(i);
            let info = *(*indexes).ri_IndexRelationInfo.add(i);
            let mut values = [Datum::from(0); INDEX_COLUMNS];
            let mut nulls = [false; INDEX_COLUMNS];
            pg_sys::FormIndexDatum(info, slot, ptr::null_mut(), values.as_mut_ptr(), nulls.as_mut_ptr());
            let unique = if (*(*index).rd_index).indisunique {
                pg_sys::IndexUniqueCheck::UNIQUE_CHECK_YES
            } else {
                pg_sys::IndexUniqueCheck::UNIQUE_CHECK_NO
            };
            pg_sys::index_insert(
                index,
                values.as_mut_ptr(),
                nulls.as_mut_ptr(),
                &raw mut (*tuple).t_self,
                relation,
                unique,
                false,
                info,
            );
        }
        pg_sys::ExecDropSingleTupleTableSlot(slot);
        pg_sys::CatalogCloseIndexes(indexes);
    }
}

/// `INDEX_MAX_KEYS`.
const INDEX_COLUMNS: usize = 32;

/// A publication of all tables, or of our schema's: a subscriber may not have the table.
pub(crate) fn replicated_by() -> Option<String> {
    // SAFETY: lists of OIDs in the current memory context.
    unsafe {
        let everything = pg_sys::GetAllTablesPublications();
        let publication = first_oid(everything).or_else(|| {
            let namespace = server::get_namespace_oid(c"warden_internal".as_ptr(), true);
            (namespace != pg_sys::InvalidOid)
                .then(|| pg_sys::GetSchemaPublications(namespace))
                .and_then(|list| first_oid(list))
        })?;
        text::from_c(pg_sys::get_publication_name(publication, true))
    }
}

/// # Safety
/// Null, or a list of OIDs.
unsafe fn first_oid(list: *mut pg_sys::List) -> Option<Oid> {
    // SAFETY: as the caller says.
    unsafe { (!list.is_null() && (*list).length > 0).then(|| (*(*list).elements).oid_value) }
}
