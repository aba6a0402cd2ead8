//! Functions of the server that the guard calls for every statement of DDL.
//!
//! pgrx binds each function of the server in a boundary of its own, which turns an error into an unwind: 2.5 KB of code
//! for each, which no cache has when the next statement of DDL comes. These share one boundary (docs/adr/0008).
//!
//! Vouches for: the signatures are those of the server's headers; nothing between the boundary and the server has a
//! destructor, for an error passes over it.
#![allow(unsafe_code, reason = "declares functions of the server; see the module's promise")]
#![allow(non_snake_case, reason = "the server's own names")]

use core::ffi::{c_char, c_int};
use core::mem::MaybeUninit;
use pgrx::pg_sys::{self, Datum, HeapTuple, LOCKMODE, List, Oid, Relation};

/// Declares functions and calls them through the one boundary.
macro_rules! shared {
    ($(fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => {$(
        pub(crate) unsafe fn $name($($argument: $type),*) $(-> $result)? {
            unsafe extern "C-unwind" {
                fn $name($($argument: $type),*) $(-> $result)?;
            }
            // SAFETY: the caller vouches for the arguments, this module for the signature.
            through(|| unsafe { $name($($argument),*) })
        }
    )*};
}

shared! {
    // access/htup_details.h
    fn heap_attisnull(tup: HeapTuple, attnum: c_int, tupleDesc: pg_sys::TupleDesc) -> bool;
    // access/xact.h
    fn BeginInternalSubTransaction(name: *const c_char);
    fn ReleaseCurrentSubTransaction();
    // catalog/namespace.h
    fn RelnameGetRelid(relname: *const c_char) -> Oid;
    fn fetch_search_path(includeImplicit: bool) -> *mut List;
    fn get_namespace_oid(nspname: *const c_char, missing_ok: bool) -> Oid;
    // commands/tablecmds.h
    fn AlterTableGetLockLevel(cmds: *mut List) -> LOCKMODE;
    // storage/lmgr.h
    fn ConditionalLockRelationOid(relid: Oid, lockmode: LOCKMODE) -> bool;
    fn UnlockRelationOid(relid: Oid, lockmode: LOCKMODE);
    // storage/procarray.h
    fn CountDBConnections(databaseid: Oid) -> c_int;
    // utils/inval.h
    fn AcceptInvalidationMessages();
    // utils/lsyscache.h
    fn get_namespace_name(nspid: Oid) -> *mut c_char;
    fn get_relname_relid(relname: *const c_char, relnamespace: Oid) -> Oid;
    // utils/palloc.h
    fn pnstrdup(r#in: *const c_char, len: pg_sys::Size) -> *mut c_char;
    // utils/relcache.h
    fn RelationIdGetRelation(relationId: Oid) -> Relation;
    fn RelationClose(relation: Relation);
    fn RelationGetIndexList(relation: Relation) -> *mut List;
    // utils/syscache.h
    fn SearchSysCache1(cacheId: c_int, key1: Datum) -> HeapTuple;
    fn ReleaseSysCache(tuple: HeapTuple);
}

/// Calls the server; its error unwinds.
fn through<T: Copy>(call: impl FnOnce() -> T + Copy) -> T {
    let mut result = MaybeUninit::uninit();
    boundary(&mut || {
        result.write(call());
    });
    // SAFETY: the boundary has returned, so that the call has.
    unsafe { result.assume_init() }
}

/// Not generic and not inlined, so that there is one.
#[inline(never)]
fn boundary(call: &mut dyn FnMut()) {
    // SAFETY: only `through` calls this; its closure holds two references, and what that calls owns nothing, for it is `Copy`.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(call) }
}
