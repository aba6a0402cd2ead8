//! A relation as the relcache has it: one look for what takes several in the syscache.

use super::relation::oids;
use super::{name_data, valid};
use crate::facts::QualifiedName;
use crate::server;
use crate::text;
use pgrx::pg_sys::{self, AttrNumber, Oid};
use std::rc::Rc;

/// An entry of the relcache, closed when it goes out of scope. It is only looked at, for which no lock is needed.
pub(super) struct Entry(pg_sys::Relation);

impl Entry {
    /// The relation, if it still exists.
    pub(super) fn of(oid: Oid) -> Option<Self> {
        // SAFETY: null is answered for one that is gone.
        let relation = unsafe { server::RelationIdGetRelation(oid) };
        // Not `then_some`, which would make and drop an entry of null.
        (!relation.is_null()).then(|| Self(relation))
    }

    pub(super) fn as_ptr(&self) -> pg_sys::Relation {
        self.0
    }

    pub(super) fn form(&self) -> &pg_sys::FormData_pg_class {
        // SAFETY: an open entry has its row of pg_class.
        unsafe { &*(*self.0).rd_rel }
    }

    pub(super) fn name(&self) -> QualifiedName {
        let form = self.form();
        QualifiedName::new(schema_of(form), name_data(&form.relname))
    }

    pub(super) fn is_made_in_this_transaction(&self) -> bool {
        /// `InvalidSubTransactionId`, a macro that pgrx does not bind.
        const INVALID_SUBTRANSACTION: pg_sys::SubTransactionId = 0;
        // SAFETY: the entry is open.
        unsafe { (*self.0).rd_createSubid != INVALID_SUBTRANSACTION }
    }

    /// Number of a column that is there.
    pub(super) fn column_number(&self, name: &str) -> Option<AttrNumber> {
        let name = text::encode(name);
        self.columns().find(|column| bytes_of(&column.attname) == &*name).map(|column| column.attnum)
    }

    /// Name of a column that is there.
    pub(super) fn column_name(&self, number: AttrNumber) -> Option<String> {
        self.columns().find(|column| column.attnum == number).map(|column| name_data(&column.attname).into_owned())
    }

    fn columns(&self) -> impl Iterator<Item = &pg_sys::FormData_pg_attribute> {
        // SAFETY: the descriptor of an open entry has as many columns as it says.
        let columns = unsafe {
            let descriptor = (*self.0).rd_att;
            core::slice::from_raw_parts(first_column(descriptor), usize::try_from((*descriptor).natts).unwrap_or(0))
        };
        columns.iter().filter(|column| !column.attisdropped)
    }

    /// Its indexes, and which of them is the primary key.
    pub(super) fn indexes(&self) -> (Vec<Oid>, Option<Oid>) {
        // SAFETY: the list is a copy of OIDs; making it finds the primary key.
        unsafe { (oids(server::RelationGetIndexList(self.0)), valid((*self.0).rd_pkindex)) }
    }

    /// What an index has in pg_index.
    pub(super) fn index_form(&self) -> Option<&pg_sys::FormData_pg_index> {
        // SAFETY: null, or the row of an open entry.
        unsafe { (*self.0).rd_index.as_ref() }
    }

    /// The operator classes of an index, one for each key column.
    pub(super) fn operator_classes(&self) -> Vec<Oid> {
        let count = self.index_form().map_or(0, |form| usize::try_from(form.indnkeyatts).unwrap_or(0));
        let mut is_null = true;
        // SAFETY: the tuple of an open index; `indclass` is never null, and an oidvector with a class for each key.
        unsafe {
            let column = core::ffi::c_int::try_from(pg_sys::Anum_pg_index_indclass).unwrap_or(0);
            let cache = super::cache_id(pg_sys::SysCacheIdentifier::INDEXRELID);
            let column = AttrNumber::try_from(column).unwrap_or(0);
            let datum = pg_sys::SysCacheGetAttr(cache, (*self.0).rd_indextuple, column, &raw mut is_null);
            if is_null {
                return Vec::new();
            }
            (*datum.cast_mut_ptr::<pg_sys::oidvector>()).values.as_slice(count).to_vec()
        }
    }

    /// Whether an index has an expression among its columns.
    pub(super) fn has_expressions(&self) -> bool {
        self.has_index_part(pg_sys::Anum_pg_index_indexprs)
    }

    /// Whether an index leaves rows out.
    pub(super) fn has_predicate(&self) -> bool {
        self.has_index_part(pg_sys::Anum_pg_index_indpred)
    }

    fn has_index_part(&self, column: u32) -> bool {
        let column = core::ffi::c_int::try_from(column).unwrap_or(0);
        // SAFETY: null for what is no index; the tuple of an open entry is whole.
        unsafe {
            let tuple = (*self.0).rd_indextuple;
            !tuple.is_null() && !server::heap_attisnull(tuple, column, core::ptr::null_mut())
        }
    }

    /// Its foreign keys, copied: the relcache may build the list anew with the next look at a catalog.
    pub(super) fn foreign_keys(&self) -> Vec<pg_sys::ForeignKeyCacheInfo> {
        pgrx::memcx::current_context(|mcx| {
            // SAFETY: the list holds `ForeignKeyCacheInfo`s of the open entry.
            unsafe {
                let list = pg_sys::RelationGetFKeyList(self.0);
                pgrx::list::List::<*mut core::ffi::c_void>::downcast_ptr_in_memcx(list, mcx)
                    .map(|list| list.iter().map(|key| *key.cast::<pg_sys::ForeignKeyCacheInfo>()).collect())
                    .unwrap_or_default()
            }
        })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // While an error unwinds, the abort closes what the resource owner knows of.
        if !std::thread::panicking() {
            // SAFETY: opened by `of`, and not closed before.
            unsafe { server::RelationClose(self.0) };
        }
    }
}

/// The name of the schema; empty when it is gone.
pub(super) fn schema_of(form: &pg_sys::FormData_pg_class) -> Rc<str> {
    // SAFETY: any OID may be asked for; null is answered for none.
    unsafe { text::name_from_c(server::get_namespace_name(form.relnamespace)) }.unwrap_or_default()
}

fn bytes_of(name: &pg_sys::NameData) -> &[u8] {
    // SAFETY: the server keeps names NUL-terminated.
    unsafe { core::ffi::CStr::from_ptr(name.data.as_ptr()) }.to_bytes()
}

/// `TupleDescAttr(descriptor, 0)`, a macro that pgrx does not bind.
///
/// # Safety
/// A tuple descriptor.
#[cfg(not(feature = "pg18"))]
pub(crate) unsafe fn first_column(descriptor: pg_sys::TupleDesc) -> *const pg_sys::FormData_pg_attribute {
    // SAFETY: as the caller says.
    unsafe { (*descriptor).attrs.as_ptr() }
}

/// The same from 18 on, which keeps them behind the compact ones.
///
/// # Safety
/// A tuple descriptor.
#[cfg(feature = "pg18")]
pub(crate) unsafe fn first_column(descriptor: pg_sys::TupleDesc) -> *const pg_sys::FormData_pg_attribute {
    // SAFETY: as the caller says.
    unsafe { (*descriptor).compact_attrs.as_ptr().add(usize::try_from((*descriptor).natts).unwrap_or(0)).cast() }
}
