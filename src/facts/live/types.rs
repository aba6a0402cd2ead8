//! Types of columns.

use super::expression::{ask, node, resolve_type};
use super::relation::attribute;
use super::{Planning, valid};
use crate::ast::Opaque;
use crate::facts::{ColumnType, Lookup, TypeKind};
use crate::text;
use core::cell::RefCell;
use pgrx::pg_sys::{self, BuiltinOid, Oid};
use std::collections::HashMap;

/// A type as it was written; none where it is taken from a column (`t.a%TYPE`), which somebody else chose.
pub(super) fn named(type_name: &Opaque, planning: Planning) -> Lookup<ColumnType> {
    let Some(written) = node(type_name) else { return Lookup::Missing };
    // SAFETY: a TypeName of the statement that is judged.
    let written = unsafe { &*written.cast::<pg_sys::TypeName>() };
    if written.pct_type {
        return Lookup::Missing;
    }
    let resolve = || match resolve_type(type_name) {
        Some((oid, modifier)) => Lookup::Found(column_type(oid, modifier)),
        None => Lookup::Missing,
    };
    // A modifier runs a function of the type, which can raise, and a schema may be closed to the caller.
    if written.typmods.is_null() && !is_qualified(written) { resolve() } else { ask(planning, resolve) }
}

/// The type of a column that exists.
pub(super) fn of_column(table: Oid, column: &str) -> Option<ColumnType> {
    let tuple = attribute(table, column)?;
    let form = tuple.form();
    (!form.attisdropped).then(|| column_type(form.atttypid, form.atttypmod))
}

/// Whether values of one type are values of the other as they are.
pub(super) fn coerces_freely(from: &ColumnType, to: &ColumnType) -> bool {
    // SAFETY: any OID may be asked for.
    from.base == to.base || unsafe { pg_sys::IsBinaryCoercible(Oid::from_u32(from.base), Oid::from_u32(to.base)) }
}

/// Whether a type is written with a schema; the grammar adds pg_catalog to the standard's names.
fn is_qualified(written: &pg_sys::TypeName) -> bool {
    // SAFETY: the names of a TypeName are a list of strings.
    unsafe {
        pg_sys::list_length(written.names) > 1
            && text::from_c((*pg_sys::list_nth(written.names, 0).cast::<pg_sys::String>()).sval)
                .is_none_or(|schema| schema != "pg_catalog")
    }
}

thread_local! {
    /// The server's own types without a modifier, which never change.
    static KNOWN: RefCell<HashMap<u32, ColumnType>> = RefCell::default();
}

fn column_type(oid: Oid, modifier: i32) -> ColumnType {
    let may_change = oid.to_u32() >= pg_sys::FirstNormalObjectId || modifier >= 0;
    if may_change {
        return described(oid, modifier);
    }
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&oid.to_u32()).cloned()) {
        return known;
    }
    let type_ = described(oid, modifier);
    KNOWN.with_borrow_mut(|known| known.insert(oid.to_u32(), type_.clone()));
    type_
}

fn described(oid: Oid, modifier: i32) -> ColumnType {
    // SAFETY: a type that exists, and a place of ours.
    let (name, base, modifier, element) = unsafe {
        let name = text::from_c(pg_sys::format_type_with_typemod(oid, modifier)).unwrap_or_default();
        let mut modifier = modifier;
        let base = pg_sys::getBaseTypeAndTypmod(oid, &raw mut modifier);
        (name, base, modifier, valid(pg_sys::get_element_type(base)))
    };
    ColumnType {
        name: name.into(),
        kind: kind(element.unwrap_or(oid)),
        array: element.is_some(),
        modifier: Some(modifier).filter(|modifier| *modifier >= 0),
        oid: oid.to_u32(),
        base: base.to_u32(),
    }
}

fn kind(oid: Oid) -> TypeKind {
    // SAFETY: any type may be asked for.
    let (base, is_enum) = unsafe { (pg_sys::getBaseType(oid), pg_sys::type_is_enum(oid)) };
    // The type `lo` is itself a domain. Each of these extensions makes one type for columns.
    if base != oid && is_of_extension(oid, "lo") {
        TypeKind::LargeObject
    } else if let Ok(builtin) = BuiltinOid::try_from(base) {
        kind_of_builtin(builtin)
    } else if is_enum {
        TypeKind::Enum
    } else if is_of_extension(base, "hstore") {
        TypeKind::Hstore
    } else {
        TypeKind::Other
    }
}

fn is_of_extension(oid: Oid, extension: &str) -> bool {
    // SAFETY: any OID may be asked for; null is answered for no extension.
    unsafe {
        valid(pg_sys::getExtensionOfObject(pg_sys::TypeRelationId, oid))
            .and_then(|extension| text::from_c(pg_sys::get_extension_name(extension)))
            .is_some_and(|name| name == extension)
    }
}

fn kind_of_builtin(oid: BuiltinOid) -> TypeKind {
    match oid {
        BuiltinOid::INT2OID => TypeKind::SmallInt,
        BuiltinOid::INT4OID => TypeKind::Integer,
        BuiltinOid::INT8OID => TypeKind::BigInt,
        BuiltinOid::FLOAT4OID | BuiltinOid::FLOAT8OID => TypeKind::Float,
        BuiltinOid::NUMERICOID => TypeKind::Numeric,
        BuiltinOid::MONEYOID => TypeKind::Money,
        BuiltinOid::BPCHAROID => TypeKind::Char,
        BuiltinOid::VARCHAROID => TypeKind::Varchar,
        BuiltinOid::DATEOID => TypeKind::Date,
        BuiltinOid::TIMEOID => TypeKind::Time,
        BuiltinOid::TIMETZOID => TypeKind::TimeTz,
        BuiltinOid::TIMESTAMPOID => TypeKind::Timestamp,
        BuiltinOid::TIMESTAMPTZOID => TypeKind::TimestampTz,
        BuiltinOid::JSONOID => TypeKind::Json,
        BuiltinOid::XMLOID => TypeKind::Xml,
        // As check_for_reg_data_type_usage of pg_upgrade has them.
        BuiltinOid::REGCOLLATIONOID
        | BuiltinOid::REGCONFIGOID
        | BuiltinOid::REGDICTIONARYOID
        | BuiltinOid::REGNAMESPACEOID
        | BuiltinOid::REGOPEROID
        | BuiltinOid::REGOPERATOROID
        | BuiltinOid::REGPROCOID
        | BuiltinOid::REGPROCEDUREOID => TypeKind::NotUpgradable,
        _ => TypeKind::Other,
    }
}
