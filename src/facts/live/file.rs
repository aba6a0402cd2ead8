//! Whether the file of a table is empty, without opening it.

use core::ffi::CStr;
use pgrx::pg_sys::{self, Oid};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

/// Whether the table's file is there and has no block. No lock is taken: a table that is changed at this moment may get
/// either answer.
pub(super) fn is_empty(form: &pg_sys::FormData_pg_class) -> bool {
    // SAFETY: reads a global.
    let of_database = unsafe { pg_sys::MyDatabaseTableSpace };
    let space = if form.reltablespace == pg_sys::InvalidOid { of_database } else { form.reltablespace };
    // By its length: of a thousand partitions, to open each would take longer than all the rest. The server extends a
    // file before it says that there is a block, and names it from the data directory, where it is.
    with_path(space, form.relfilenode, |path| fs::metadata(path).is_ok_and(|file| file.len() == 0))
}

/// `InvalidBackendId`, from 17 on `INVALID_PROC_NUMBER`: no temporary file of anyone's.
const SHARED: i32 = -1;

fn with_path<T>(space: Oid, file: Oid, ask: impl FnOnce(&OsStr) -> T) -> T {
    // SAFETY: makes a path of numbers, NUL-terminated and ours.
    unsafe {
        let path = pg_sys::GetRelationPath(pg_sys::MyDatabaseId, space, file, SHARED, pg_sys::ForkNumber::MAIN_FORKNUM);
        #[cfg(feature = "pg18")]
        let path = path.str_.as_ptr();
        let answer = ask(OsStr::from_bytes(CStr::from_ptr(path).to_bytes()));
        #[cfg(not(feature = "pg18"))]
        pg_sys::pfree(path.cast());
        answer
    }
}
