//! Locks: never waited for, never kept, and who else holds them.

use super::relcache::Entry;
use crate::ast::Lock;
use crate::server;
use core::ffi::c_int;
use core::mem::ManuallyDrop;
use pgrx::pg_sys::{self, Oid};
use std::collections::HashSet;

/// An open relation, under an ACCESS SHARE lock that is given back when it goes out of scope.
pub(super) struct Opened {
    entry: ManuallyDrop<Entry>,
    oid: Oid,
}

impl Opened {
    /// The relation, if the lock is to be had at once and the relation still exists.
    pub(super) fn at_once(oid: Oid) -> Option<Self> {
        let mode = lock_mode(pg_sys::AccessShareLock);
        // SAFETY: an OID may be any number; what does not exist is not locked in vain, but given back at once.
        unsafe {
            if !server::ConditionalLockRelationOid(oid, mode) {
                return None;
            }
            let entry = Entry::of(oid);
            if entry.is_none() {
                server::UnlockRelationOid(oid, mode);
            }
            entry.map(|entry| Self { entry: ManuallyDrop::new(entry), oid })
        }
    }

    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    pub(super) fn as_ptr(&self) -> pg_sys::Relation {
        self.entry.as_ptr()
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // Closed before the lock is given back.
        // SAFETY: the entry is not touched again.
        unsafe { ManuallyDrop::drop(&mut self.entry) };
        if !std::thread::panicking() {
            // SAFETY: locked by `at_once`, once.
            unsafe { server::UnlockRelationOid(self.oid, lock_mode(pg_sys::AccessShareLock)) };
        }
    }
}

pub(super) fn lock_mode(mode: u32) -> pg_sys::LOCKMODE {
    pg_sys::LOCKMODE::try_from(mode).unwrap_or(0)
}

/// Whether another session holds a lock on the relation, leaving vacuum and its like aside: autovacuum gives way.
pub(crate) fn is_held_by_others(oid: Oid) -> bool {
    let holders = conflicts(oid, pg_sys::AccessExclusiveLock);
    if holders.is_empty() {
        return false;
    }
    // SHARE UPDATE EXCLUSIVE conflicts with itself and all above; ROW EXCLUSIVE with all above, but not with it.
    let at_least_vacuum = conflicts(oid, pg_sys::ShareUpdateExclusiveLock);
    let above_vacuum = conflicts(oid, pg_sys::RowExclusiveLock);
    holders.iter().any(|holder| !at_least_vacuum.contains(holder) || above_vacuum.contains(holder))
}

/// Whether anybody else holds or awaits a lock that conflicts with this one.
pub(super) fn is_contended(oid: Oid, lock: Lock) -> bool {
    !conflicts(oid, lock as u32 + 1).is_empty()
}

unsafe extern "C" {
    // access/twophase.h, which pgrx does not bind.
    static max_prepared_xacts: c_int;
}

/// Whether there is nobody else in this database who could hold a lock: no session and no prepared transaction. It spares
/// the walk through the locks of every session that the server has room for.
fn is_alone() -> bool {
    // SAFETY: reads settings of the server, and counts under a lock of the server's own.
    unsafe { max_prepared_xacts == 0 && server::CountDBConnections(pg_sys::MyDatabaseId) <= 1 }
}

/// Virtual transactions of others whose locks on the relation conflict with the mode.
fn conflicts(oid: Oid, mode: u32) -> Vec<[u32; 2]> {
    if is_alone() {
        return Vec::new();
    }
    let mut count: c_int = 0;
    let tag = relation_tag(oid);
    // SAFETY: a whole tag; the array is as long as counted.
    unsafe {
        let found = pg_sys::GetLockConflicts(&raw const tag, lock_mode(mode), &raw mut count);
        (0..usize::try_from(count).unwrap_or(0)).map(|i| found.add(i).cast::<[u32; 2]>().read_unaligned()).collect()
    }
}

/// Relations of this database that others hold or await a lock on: one walk through all locks of the server, where a tree
/// would need one through all sessions for each of its members.
pub(super) fn locked_by_others() -> HashSet<u32> {
    let relation = u8::try_from(pg_sys::LockTagType::LOCKTAG_RELATION).unwrap_or(0);
    // SAFETY: the answer is a copy, as long as it says, and ours to free.
    unsafe {
        let data = pg_sys::GetLockStatusData();
        let count = usize::try_from((*data).nelements).unwrap_or(0);
        let locks = core::slice::from_raw_parts((*data).locks, count);
        let others = locks.iter().filter(|lock| {
            let tag = &lock.locktag;
            tag.locktag_type == relation
                && tag.locktag_field1 == pg_sys::MyDatabaseId.to_u32()
                && lock.pid != pg_sys::MyProcPid
        });
        let found = others.map(|lock| lock.locktag.locktag_field2).collect();
        pg_sys::pfree((*data).locks.cast());
        pg_sys::pfree(data.cast());
        found
    }
}

/// What the lock manager knows a relation of this database by.
pub(super) fn relation_tag(oid: Oid) -> pg_sys::LOCKTAG {
    pg_sys::LOCKTAG {
        // SAFETY: reads a global.
        locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
        locktag_field2: oid.to_u32(),
        locktag_field3: 0,
        locktag_field4: 0,
        locktag_type: u8::try_from(pg_sys::LockTagType::LOCKTAG_RELATION).unwrap_or(0),
        locktag_lockmethodid: u8::try_from(pg_sys::DEFAULT_LOCKMETHOD).unwrap_or(1),
    }
}
