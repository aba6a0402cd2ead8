//! A relation and the key that it is partitioned by, from the server's caches of catalogs.

use super::catalog::Tuple;
use super::object::{qualified, quote};
use super::relation::{attribute_name, class};
use super::{cache_id, name_data, valid};
use crate::server;
use crate::text;
use core::ffi::c_char;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, AttrNumber, Datum, Oid};

/// What pg_class says of a relation, and to whom it belongs.
pub(crate) struct Class {
    pub(crate) name: String,
    pub(crate) schema: String,
    pub(crate) schema_oid: Oid,
    /// `pg_class.relkind`.
    pub(crate) kind: char,
    /// `pg_class.relpersistence`.
    pub(crate) persistence: char,
    pub(crate) is_partition: bool,
    pub(crate) row_security: bool,
    /// `pg_class.relreplident`.
    pub(crate) replica_identity: char,
    pub(crate) owner: Oid,
    /// Quoted.
    pub(crate) owner_name: String,
    pub(crate) owner_is_caller: bool,
    /// Whether the caller has the owner's rights.
    pub(crate) is_callers: bool,
    /// Quoted; `None` for the database's own.
    pub(crate) tablespace: Option<String>,
}

impl Class {
    /// `None` for what is gone, or whose schema is.
    pub(crate) fn of(oid: Oid) -> Option<Self> {
        // SAFETY: takes the messages that have come, as every lock does. The caches alone would tell of an owner who has given the table away
        // since this transaction began.
        unsafe { server::AcceptInvalidationMessages() };
        let tuple = class(oid)?;
        let form = tuple.form();
        // SAFETY: any OID may be asked for; null is answered for none.
        unsafe {
            let caller = pg_sys::GetUserId();
            Some(Self {
                name: name_data(&form.relname).into_owned(),
                schema: text::from_c(server::get_namespace_name(form.relnamespace))?,
                schema_oid: form.relnamespace,
                kind: letter(form.relkind),
                persistence: letter(form.relpersistence),
                is_partition: form.relispartition,
                row_security: form.relrowsecurity,
                replica_identity: letter(form.relreplident),
                owner: form.relowner,
                owner_name: text::from_c(pg_sys::GetUserNameFromId(form.relowner, true))
                    .map(|name| quote(&name))
                    .unwrap_or_default(),
                owner_is_caller: form.relowner == caller,
                is_callers: pg_sys::has_privs_of_role(caller, form.relowner),
                tablespace: valid(form.reltablespace)
                    .and_then(|oid| text::from_c(pg_sys::get_tablespace_name(oid)))
                    .map(|name| quote(&name)),
            })
        }
    }
}

/// The extension that a relation belongs to.
pub(crate) fn extension(relation: Oid) -> Option<String> {
    // SAFETY: any OID may be asked for; null is answered for none.
    unsafe {
        let extension = valid(pg_sys::getExtensionOfObject(pg_sys::RelationRelationId, relation))?;
        text::from_c(pg_sys::get_extension_name(extension))
    }
}

/// The key of a partitioned table, by its first column.
pub(crate) struct PartitionKey {
    /// `pg_partitioned_table.partstrat`.
    pub(crate) strategy: char,
    /// How many there are.
    pub(crate) columns: i16,
    /// Its name; `None` for an expression.
    pub(crate) column: Option<String>,
    /// Its type; where that is a domain, or not known, the one that its operator class is for.
    pub(crate) column_type: Oid,
    /// The type that its operator class is for, and whether it is that type's default.
    pub(crate) compared_as: Oid,
    pub(crate) is_default_class: bool,
    /// None is `InvalidOid`.
    pub(crate) collation: Oid,
    pub(crate) default_partition: Option<Oid>,
}

impl PartitionKey {
    /// `None` for what is not partitioned.
    pub(crate) fn of(table: Oid) -> Option<Self> {
        let row = Row::of(table)?;
        let class = row.first_class()?;
        let number = row.first_number(PARTATTRS).filter(|number| *number > 0);
        // SAFETY: any column and any type may be asked for.
        let column_type = number
            .and_then(|number| valid(unsafe { pg_sys::get_atttype(table, number) }))
            .filter(|oid| letter(unsafe { pg_sys::get_typtype(*oid) }) != 'd');
        Some(Self {
            strategy: row.strategy()?,
            columns: row.columns()?,
            column: number.and_then(|number| attribute_name(table, number)),
            column_type: column_type.unwrap_or(class.compared_as),
            compared_as: class.compared_as,
            is_default_class: class.is_default,
            collation: row.first_oid(PARTCOLLATION)?,
            default_partition: row.get(PARTDEFID).and_then(valid),
        })
    }
}

/// Columns of pg_partitioned_table, which pgrx does not bind.
const PARTSTRAT: AttrNumber = 2;
const PARTNATTS: AttrNumber = 3;
const PARTDEFID: AttrNumber = 4;
const PARTATTRS: AttrNumber = 5;
const PARTCLASS: AttrNumber = 6;
const PARTCOLLATION: AttrNumber = 7;

/// A row of pg_partitioned_table.
pub(super) struct Row(Tuple<()>);

impl Row {
    pub(super) fn of(table: Oid) -> Option<Self> {
        // SAFETY: PARTRELID is a cache of pg_partitioned_table, whose fixed part is not read.
        unsafe { Tuple::new(server::SearchSysCache1(Self::cache(), Datum::from(table))) }.map(Self)
    }

    fn cache() -> core::ffi::c_int {
        cache_id(pg_sys::SysCacheIdentifier::PARTRELID)
    }

    pub(super) fn strategy(&self) -> Option<char> {
        self.get::<i8>(PARTSTRAT).map(letter)
    }

    pub(super) fn columns(&self) -> Option<i16> {
        self.get(PARTNATTS)
    }

    /// The operator class of its first column.
    pub(super) fn first_class(&self) -> Option<OperatorClass> {
        OperatorClass::of(self.first_oid(PARTCLASS)?)
    }

    fn datum(&self, column: AttrNumber) -> Option<Datum> {
        let mut is_null = true;
        // SAFETY: a tuple of that cache, and a column that its catalog has.
        let datum = unsafe { pg_sys::SysCacheGetAttr(Self::cache(), self.0.as_ptr(), column, &raw mut is_null) };
        (!is_null).then_some(datum)
    }

    fn get<T: FromDatum>(&self, column: AttrNumber) -> Option<T> {
        // SAFETY: callers name the type of the column.
        self.datum(column).and_then(|datum| unsafe { T::from_datum(datum, false) })
    }

    /// Of a vector of OIDs, the first.
    fn first_oid(&self, column: AttrNumber) -> Option<Oid> {
        let vector = self.datum(column)?.cast_mut_ptr::<pg_sys::oidvector>();
        // SAFETY: a vector of the tuple, never compressed; keys have a column at least.
        Some(unsafe { *(&raw const (*vector).values).cast::<Oid>() })
    }

    /// Of a vector of numbers, the first.
    fn first_number(&self, column: AttrNumber) -> Option<AttrNumber> {
        let vector = self.datum(column)?.cast_mut_ptr::<pg_sys::int2vector>();
        // SAFETY: as above.
        Some(unsafe { *(&raw const (*vector).values).cast::<AttrNumber>() })
    }
}

pub(super) struct OperatorClass {
    pub(super) family: Oid,
    pub(super) compared_as: Oid,
    is_default: bool,
}

impl OperatorClass {
    fn of(oid: Oid) -> Option<Self> {
        let cache = cache_id(pg_sys::SysCacheIdentifier::CLAOID);
        // SAFETY: CLAOID is a cache of pg_opclass.
        let tuple: Tuple<pg_sys::FormData_pg_opclass> =
            unsafe { Tuple::new(server::SearchSysCache1(cache, Datum::from(oid))) }?;
        let form = tuple.form();
        Some(Self { family: form.opcfamily, compared_as: form.opcintype, is_default: form.opcdefault })
    }
}

/// The name of a collation, quoted and qualified; `None` for none.
pub(crate) fn collation(oid: Oid) -> Option<String> {
    let cache = cache_id(pg_sys::SysCacheIdentifier::COLLOID);
    // SAFETY: COLLOID is a cache of pg_collation; any OID may be asked for.
    unsafe {
        let tuple: Tuple<pg_sys::FormData_pg_collation> =
            Tuple::new(server::SearchSysCache1(cache, Datum::from(valid(oid)?)))?;
        let form = tuple.form();
        let schema = text::from_c(server::get_namespace_name(form.collnamespace)).unwrap_or_default();
        Some(qualified(&schema, &name_data(&form.collname)))
    }
}

/// The name of a type that there is, as `format_type` says it.
pub(crate) fn type_name(oid: Oid) -> String {
    // SAFETY: any OID may be asked for.
    unsafe { text::from_c(pg_sys::format_type_be(oid)) }.unwrap_or_default()
}

/// A `"char"` of the catalog.
fn letter(c: c_char) -> char {
    c.cast_unsigned().into()
}
