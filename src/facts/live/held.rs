//! Locks that this transaction holds already.
//!
//! The list of a session's own locks is not to be had from a release server. So it is noted which tables earlier
//! statements of the transaction locked, and the lock manager is asked about those alone.

use super::lock::{lock_mode, relation_tag};
use super::relation::name_of_relation;
use crate::ast::{Lock, QualifiedName};
use crate::transaction;
use core::cell::RefCell;
use pgrx::pg_sys::{self, Oid};

/// A table that a statement has locked.
struct Noted {
    table: Oid,
    /// The subtransaction that did it, which gives the lock back when it is rolled back.
    by: pg_sys::SubTransactionId,
}

thread_local! {
    static NOTED: RefCell<Vec<Noted>> = const { RefCell::new(Vec::new()) };
}

/// Notes a table that the statement is about to lock.
pub(crate) fn note(table: Oid) {
    let by = transaction::subtransaction();
    NOTED.with_borrow_mut(|noted| {
        if !noted.iter().any(|known| known.table == table) {
            noted.push(Noted { table, by });
        }
    });
}

/// The transaction has ended. Must not fail.
pub(crate) fn forget() {
    NOTED.with(|noted| {
        if let Ok(mut noted) = noted.try_borrow_mut() {
            noted.clear();
        }
    });
}

/// A subtransaction has ended; its locks are its parent's now, or gone. Must not fail.
pub(crate) fn end_subtransaction(own: pg_sys::SubTransactionId, parent: Option<pg_sys::SubTransactionId>) {
    NOTED.with(|noted| {
        let Ok(mut noted) = noted.try_borrow_mut() else { return };
        match parent {
            Some(parent) => noted.iter_mut().filter(|known| known.by == own).for_each(|known| known.by = parent),
            None => noted.retain(|known| known.by != own),
        }
    });
}

/// Tables that earlier statements of this transaction locked and that are still locked, with the strongest lock on each.
pub(super) fn held_tables() -> Vec<(QualifiedName, Lock)> {
    let tables: Vec<Oid> = NOTED.with_borrow(|noted| noted.iter().map(|known| known.table).collect());
    tables.into_iter().filter_map(|table| held(table).and_then(|lock| Some((name_of_relation(table)?, lock)))).collect()
}

/// The strongest lock that this session holds on a relation.
pub(super) fn held(relation: Oid) -> Option<Lock> {
    let tag = relation_tag(relation);
    Lock::ALL.into_iter().rev().find(|lock| is_held(&tag, *lock))
}

unsafe extern "C" {
    // storage/lock.h. It looks at the session's own table of locks and raises no error, so that it needs no boundary.
    #[cfg(any(feature = "pg15", feature = "pg16"))]
    fn LockHeldByMe(tag: *const pg_sys::LOCKTAG, mode: pg_sys::LOCKMODE) -> bool;
    #[cfg(not(any(feature = "pg15", feature = "pg16")))]
    fn LockHeldByMe(tag: *const pg_sys::LOCKTAG, mode: pg_sys::LOCKMODE, or_stronger: bool) -> bool;
}

fn is_held(tag: &pg_sys::LOCKTAG, lock: Lock) -> bool {
    let mode = lock_mode(lock as u32 + 1);
    // SAFETY: a whole tag.
    #[cfg(any(feature = "pg15", feature = "pg16"))]
    unsafe {
        LockHeldByMe(tag, mode)
    }
    // SAFETY: as above.
    #[cfg(not(any(feature = "pg15", feature = "pg16")))]
    unsafe {
        LockHeldByMe(tag, mode, false)
    }
}
