//! A syscache tuple that is released when it goes out of scope.

use crate::server;
use core::marker::PhantomData;
use pgrx::pg_sys;

/// A tuple of the syscache, read as its catalog's fixed part.
pub(super) struct Tuple<T> {
    tuple: pg_sys::HeapTuple,
    form: PhantomData<T>,
}

impl<T> Tuple<T> {
    /// # Safety
    /// The tuple is null, or came from a syscache of the catalog whose fixed part is `T`, and is not released elsewhere.
    pub(super) unsafe fn new(tuple: pg_sys::HeapTuple) -> Option<Self> {
        (!tuple.is_null()).then(|| Self { tuple, form: PhantomData })
    }

    pub(super) fn form(&self) -> &T {
        // SAFETY: as `new` was promised; the fixed part follows the header.
        unsafe { &*pg_sys::GETSTRUCT(self.tuple).cast::<T>() }
    }

    pub(super) fn as_ptr(&self) -> pg_sys::HeapTuple {
        self.tuple
    }
}

impl<T> Drop for Tuple<T> {
    fn drop(&mut self) {
        // While an error unwinds, the abort releases what the resource owner knows of.
        if !std::thread::panicking() {
            // SAFETY: taken by a search, and not released before.
            unsafe { server::ReleaseSysCache(self.tuple) };
        }
    }
}
