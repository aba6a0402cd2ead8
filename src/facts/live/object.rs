//! Objects by their names, and names by their OIDs: what exemptions are made for.

use super::catalog::Tuple;
use super::relation::{attribute_name, attribute_number, name_of_relation};
use super::{cache_id, relation_oid, valid};
use crate::ast::QualifiedName;
use crate::policy::exemption;
use crate::store::{Row, Value};
use crate::{server, text};
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum, Oid};

/// An object as the catalog knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    /// The catalog: pg_class, pg_constraint or pg_namespace.
    pub(crate) class: Oid,
    pub(crate) object: Oid,
    /// The number of a column; 0 for the whole.
    pub(crate) column: i32,
}

impl Address {
    fn whole(class: Oid, object: Oid) -> Self {
        Self { class, object, column: 0 }
    }

    /// A row of `warden_internal.exempted_object`; `None` for one of another cluster, which pg_upgrade has brought: not all
    /// OIDs come with it.
    pub(crate) fn of(row: &Row) -> Option<Self> {
        (row.get(4).number() == Some(cluster())).then_some(Self {
            class: row.get(1).oid()?,
            object: row.get(2).oid()?,
            column: row.get(3).number().and_then(|number| i32::try_from(number).ok())?,
        })
    }

    /// A row of that table.
    pub(crate) fn row(self, exemption: i64) -> Vec<Value> {
        vec![
            Value::Int8(exemption),
            Value::Oid(self.class),
            Value::Oid(self.object),
            Value::Int4(self.column),
            Value::Int8(cluster()),
        ]
    }
}

/// The identifier that initdb gave to this cluster.
fn cluster() -> i64 {
    // SAFETY: reads the control file's copy in memory.
    unsafe { pg_sys::GetSystemIdentifier() }.cast_signed()
}

/// The schema, relation, column or constraint of that name, quoted and qualified; no privilege is asked for.
pub(crate) fn resolve(identity: &str) -> Option<Address> {
    match exemption::parts(identity).as_slice() {
        [schema] => namespace(schema).map(|oid| Address::whole(pg_sys::NamespaceRelationId, oid)),
        [schema, name] => {
            let oid = relation_oid(&QualifiedName::new(schema.clone(), name.clone()))?;
            Some(Address::whole(pg_sys::RelationRelationId, oid))
        }
        [schema, table, part] => {
            let table = relation_oid(&QualifiedName::new(schema.clone(), table.clone()))?;
            match attribute_number(table, part) {
                Some(number) => {
                    Some(Address { class: pg_sys::RelationRelationId, object: table, column: number.into() })
                }
                None => constraint(table, part).map(|oid| Address::whole(PG_CONSTRAINT, oid)),
            }
        }
        _ => None,
    }
}

/// The name it has now, as findings and [`resolve`] have it; `None` for what is gone.
pub(crate) fn identity(address: Address) -> Option<String> {
    match address.class {
        pg_sys::NamespaceRelationId => {
            // SAFETY: any OID may be asked for.
            unsafe { text::from_c(server::get_namespace_name(address.object)) }.map(|name| quote(&name))
        }
        pg_sys::RelationRelationId => {
            let relation = relation(address.object)?;
            match i16::try_from(address.column) {
                Ok(0) => Some(relation),
                Ok(column) => {
                    // A column that was dropped has a name too, by which it is not to be found.
                    let name = attribute_name(address.object, column)
                        .filter(|name| attribute_number(address.object, name) == Some(column))?;
                    Some(format!("{relation}.{}", quote(&name)))
                }
                Err(_) => None,
            }
        }
        _ => {
            // SAFETY: any OID may be asked for.
            let name = unsafe { text::from_c(pg_sys::get_constraint_name(address.object)) }?;
            Some(format!("{}.{}", relation(table_of_constraint(address.object)?)?, quote(&name)))
        }
    }
}

/// The name of a relation, quoted and qualified.
pub(crate) fn relation(oid: Oid) -> Option<String> {
    name_of_relation(oid).map(|name| qualified(&name.schema.unwrap_or_default(), &name.name))
}

pub(crate) fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", quote(schema), quote(name))
}

/// A name as it has to be written.
pub(crate) fn quote(name: &str) -> String {
    // SAFETY: a NUL-terminated string; the result is one too.
    unsafe { text::from_c(pg_sys::quote_identifier(text::to_c(name))) }.unwrap_or_default()
}

fn namespace(name: &str) -> Option<Oid> {
    // SAFETY: a NUL-terminated name.
    valid(unsafe { server::get_namespace_oid(text::to_c(name), true) })
}

fn constraint(table: Oid, name: &str) -> Option<Oid> {
    // SAFETY: a NUL-terminated name.
    valid(unsafe { get_relation_constraint_oid(table, text::to_c(name), true) })
}

unsafe extern "C-unwind" {
    /// catalog/pg_constraint.h
    fn get_relation_constraint_oid(relid: Oid, conname: *const core::ffi::c_char, missing_ok: bool) -> Oid;
}

fn table_of_constraint(constraint: Oid) -> Option<Oid> {
    let cache = cache_id(pg_sys::SysCacheIdentifier::CONSTROID);
    // SAFETY: CONSTROID is a cache of pg_constraint, whose column of that number is never NULL.
    unsafe {
        let found = Tuple::<()>::new(server::SearchSysCache1(cache, Datum::from(constraint)))?;
        let mut is_null = false;
        let table = pg_sys::SysCacheGetAttr(cache, found.as_ptr(), CONRELID, &raw mut is_null);
        Oid::from_datum(table, is_null).and_then(valid)
    }
}

/// `Anum_pg_constraint_conrelid`: 18 has `conenforced` before it.
const CONRELID: pg_sys::AttrNumber = if cfg!(feature = "pg18") { 9 } else { 8 };

/// `ConstraintRelationId`.
const PG_CONSTRAINT: Oid = Oid::from_u32(2606);

/// The parts of a name as somebody types it, folded and unquoted as the server would; its own error for what is none.
pub(crate) fn typed_parts(name: &str) -> Vec<String> {
    // SAFETY: a NUL-terminated text; the result is a list of String nodes.
    unsafe {
        let list = names_of(text::to_c(name));
        let count = if list.is_null() { 0 } else { usize::try_from((*list).length).unwrap_or(0) };
        (0..count)
            .filter_map(|i| {
                let node = (*(*list).elements.add(i)).ptr_value.cast::<pg_sys::String>();
                text::from_c((*node).sval)
            })
            .collect()
    }
}

/// The relation that a name as somebody types it means to this session; the server's own error for what is no name, and for a
/// schema that the caller may not look into.
pub(crate) fn typed(name: &str) -> Option<Oid> {
    // SAFETY: a NUL-terminated text; nothing is locked, and no function called back.
    valid(unsafe {
        let named = pg_sys::makeRangeVarFromNameList(names_of(text::to_c(name)));
        let flags = pg_sys::RVROption::RVR_MISSING_OK;
        pg_sys::RangeVarGetRelidExtended(named, pg_sys::NoLock.cast_signed(), flags, None, core::ptr::null_mut())
    })
}

/// # Safety
/// A NUL-terminated text.
#[cfg(feature = "pg15")]
unsafe fn names_of(text: *const core::ffi::c_char) -> *mut pg_sys::List {
    // SAFETY: as the caller says.
    unsafe { pg_sys::stringToQualifiedNameList(text) }
}

/// # Safety
/// A NUL-terminated text.
#[cfg(not(feature = "pg15"))]
unsafe fn names_of(text: *const core::ffi::c_char) -> *mut pg_sys::List {
    // SAFETY: as the caller says; errors are raised.
    unsafe { pg_sys::stringToQualifiedNameList(text, core::ptr::null_mut()) }
}

/// The relation that an unqualified name means to this session, with its schema.
pub(crate) fn in_search_path(name: &str) -> Option<String> {
    relation_oid(&QualifiedName::unqualified(name.to_owned())).and_then(relation)
}
