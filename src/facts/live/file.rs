//! Whether the file of a table is empty, without opening the table.

use pgrx::pg_sys::{self, Oid};

/// Whether the table's file is there and has no block. No lock is taken: a table that is changed at this moment may get
/// either answer.
pub(super) fn is_empty(form: &pg_sys::FormData_pg_class) -> bool {
    // SAFETY: reads a global.
    let of_database = unsafe { pg_sys::MyDatabaseTableSpace };
    let space = if form.reltablespace == pg_sys::InvalidOid { of_database } else { form.reltablespace };
    // SAFETY: asks for a file by name; the manager closes it when the transaction ends. What is not there is not
    // measured, which would be an error.
    unsafe {
        let file = open(space, form.relfilenode);
        pg_sys::smgrexists(file, pg_sys::ForkNumber::MAIN_FORKNUM)
            && pg_sys::smgrnblocks(file, pg_sys::ForkNumber::MAIN_FORKNUM) == 0
    }
}

/// # Safety
/// Within a transaction.
#[cfg(feature = "pg15")]
unsafe fn open(space: Oid, file: Oid) -> pg_sys::SMgrRelation {
    // SAFETY: as the caller says; the backend number is that of files which all sessions share.
    unsafe {
        let node = pg_sys::RelFileNode { spcNode: space, dbNode: pg_sys::MyDatabaseId, relNode: file };
        pg_sys::smgropen(node, SHARED)
    }
}

/// # Safety
/// Within a transaction.
#[cfg(not(feature = "pg15"))]
unsafe fn open(space: Oid, file: Oid) -> pg_sys::SMgrRelation {
    // SAFETY: as the caller says; the backend number is that of files which all sessions share.
    unsafe {
        let locator = pg_sys::RelFileLocator { spcOid: space, dbOid: pg_sys::MyDatabaseId, relNumber: file };
        pg_sys::smgropen(locator, SHARED)
    }
}

/// `InvalidBackendId`, from 17 on `INVALID_PROC_NUMBER`: no temporary file of anyone's.
const SHARED: i32 = -1;
