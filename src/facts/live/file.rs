//! The file of a table, and how long it is, without opening it.

use super::valid;
use core::ffi::CStr;
use pgrx::pg_sys::{self, Oid};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

/// The first segment of a heap's main fork.
#[derive(Clone, Copy)]
pub(super) struct File {
    tablespace: Oid,
    number: Oid,
}

impl File {
    /// The file of a heap that all sessions share; of another access method, who knows what it keeps where.
    pub(super) fn of(form: &pg_sys::FormData_pg_class) -> Option<Self> {
        // SAFETY: reads a global.
        let of_database = unsafe { pg_sys::MyDatabaseTableSpace };
        let shared = form.relpersistence.cast_unsigned() != pg_sys::RELPERSISTENCE_TEMP;
        let number = valid(form.relfilenode).filter(|_| form.relam == pg_sys::HEAP_TABLE_AM_OID && shared)?;
        Some(Self { tablespace: valid(form.reltablespace).unwrap_or(of_database), number })
    }

    /// Its bytes, if it is there: at most a segment, a gigabyte unless the server was built otherwise. To open each of a
    /// thousand partitions would take longer than all the rest. No lock is taken: of a table that is changed at this
    /// moment, the answer may be older or younger.
    pub(super) fn length(self) -> Option<u64> {
        // The server extends a file before it says that there is a block, and names it from the data directory, where it is.
        self.with_path(|path| fs::metadata(path).ok()).map(|file| file.len())
    }

    fn with_path<T>(self, ask: impl FnOnce(&OsStr) -> T) -> T {
        // SAFETY: makes a path of numbers, NUL-terminated and ours.
        unsafe {
            let (database, fork) = (pg_sys::MyDatabaseId, pg_sys::ForkNumber::MAIN_FORKNUM);
            let path = pg_sys::GetRelationPath(database, self.tablespace, self.number, SHARED, fork);
            #[cfg(feature = "pg18")]
            let path = path.str_.as_ptr();
            let answer = ask(OsStr::from_bytes(CStr::from_ptr(path).to_bytes()));
            #[cfg(not(feature = "pg18"))]
            pg_sys::pfree(path.cast());
            answer
        }
    }
}

/// `InvalidBackendId`, from 17 on `INVALID_PROC_NUMBER`: no temporary file of anyone's.
const SHARED: i32 = -1;
