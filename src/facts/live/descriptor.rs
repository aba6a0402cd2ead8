//! The partitions of a table as the server routes rows by: sorted bounds, kept in the relcache.

use crate::server;
use crate::text;
use core::ffi::{CStr, c_int};
use core::ptr;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum, Oid, PartitionRangeDatumKind as Kind};

/// Taken while the descriptor is read, as a query would.
const LOCK: c_int = pg_sys::AccessShareLock.cast_signed();

/// The descriptor of a table partitioned by RANGE. The table is open until it goes out of scope.
pub(crate) struct Descriptor {
    relation: pg_sys::Relation,
    bounds: *const pg_sys::PartitionBoundInfoData,
    oids: *const Oid,
}

/// Where rows with one value in the first column go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Partition(Oid),
    Nobody,
    /// Further columns decide.
    Several,
}

impl Descriptor {
    /// `None` where somebody has or wants the table for himself, or where it is gone.
    pub(crate) fn at_once(table: Oid) -> Option<Self> {
        // SAFETY: opened under the lock that was taken just before, and closed with it; null is answered for what is gone.
        unsafe {
            if !server::ConditionalLockRelationOid(table, LOCK) {
                return None;
            }
            let relation = pg_sys::try_relation_open(table, pg_sys::NoLock.cast_signed());
            if relation.is_null() {
                server::UnlockRelationOid(table, LOCK);
                return None;
            }
            if (*(*relation).rd_rel).relkind.cast_unsigned() != pg_sys::RELKIND_PARTITIONED_TABLE {
                pg_sys::relation_close(relation, LOCK);
                return None;
            }
            let descriptor = pg_sys::RelationGetPartitionDesc(relation, true);
            Some(Self { relation, bounds: (*descriptor).boundinfo, oids: (*descriptor).oids })
        }
    }

    /// The bounds; `None` where there is no partition.
    fn bounds(&self) -> Option<&pg_sys::PartitionBoundInfoData> {
        // SAFETY: null, or the descriptor's, which lives as long as the table is open.
        unsafe { self.bounds.as_ref() }
    }

    /// Each bound by its first column and the kinds of the first two.
    fn edges(&self, columns: usize) -> impl Iterator<Item = Edge> {
        let count = self.bounds().map_or(0, |bounds| usize::try_from(bounds.ndatums).unwrap_or(0));
        (0..count).filter_map(move |n| self.edge(n, columns))
    }

    fn edge(&self, number: usize, columns: usize) -> Option<Edge> {
        let bounds = self.bounds()?;
        // SAFETY: there are as many bounds as `ndatums` says, each with a value and a kind for every column.
        unsafe {
            let (values, kinds) = (*bounds.datums.add(number), *bounds.kind.add(number));
            let second = if columns > 1 { *kinds.add(1) } else { Kind::PARTITION_RANGE_DATUM_MINVALUE };
            Some(Edge { value: *values, first: *kinds, second })
        }
    }

    /// The first columns of all bounds that have one.
    pub(crate) fn firsts(&self, columns: usize) -> impl Iterator<Item = Datum> {
        self.edges(columns).filter(|edge| edge.first == Kind::PARTITION_RANGE_DATUM_VALUE).map(|edge| edge.value)
    }

    /// Where rows with this value in the first column go. It is of the type that the key compares.
    pub(crate) fn holder(&self, key: &KeyType, value: Datum) -> Holder {
        let Some(bounds) = self.bounds() else { return Holder::Nobody };
        let (mut low, mut high) = (0, usize::try_from(bounds.ndatums).unwrap_or(0));
        // The number of bounds that all rows of the value lie above.
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.edge(middle, key.columns).map(|edge| side(key, &edge, value)) {
                Some(Side::Below) => low = middle + 1,
                Some(Side::Above) => high = middle,
                Some(Side::Within) | None => return Holder::Several,
            }
        }
        // SAFETY: there is one index more than bounds, and each is of a partition, or -1.
        let partition = unsafe { *bounds.indexes.add(low) };
        let partition = if partition < 0 { bounds.default_index } else { partition };
        match usize::try_from(partition) {
            // SAFETY: an index of the descriptor's partitions.
            Ok(partition) => Holder::Partition(unsafe { *self.oids.add(partition) }),
            Err(_) => Holder::Nobody,
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // While an error unwinds, the abort closes it.
        if !std::thread::panicking() {
            // SAFETY: opened under this lock, and not closed elsewhere.
            unsafe { pg_sys::relation_close(self.relation, LOCK) };
        }
    }
}

/// One bound.
struct Edge {
    value: Datum,
    first: Kind::Type,
    second: Kind::Type,
}

/// How the first column of a key is compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyType {
    /// Whose default operator class it is.
    pub(crate) of: Oid,
    pub(crate) collation: Oid,
    pub(crate) columns: usize,
}

/// How a bound lies to the rows of a value.
enum Side {
    Below,
    Within,
    Above,
}

fn side(key: &KeyType, edge: &Edge, value: Datum) -> Side {
    match edge.first {
        Kind::PARTITION_RANGE_DATUM_MINVALUE => return Side::Below,
        Kind::PARTITION_RANGE_DATUM_MAXVALUE => return Side::Above,
        _ => {}
    }
    // SAFETY: both values are of the type, whose entry lives as long as the session; its comparison answers with an int4.
    let order = unsafe {
        let entry = pg_sys::lookup_type_cache(key.of, pg_sys::TYPECACHE_CMP_PROC_FINFO.cast_signed());
        let compared = pg_sys::FunctionCall2Coll(&raw mut (*entry).cmp_proc_finfo, key.collation, edge.value, value);
        i32::from_datum(compared, false).unwrap_or_default()
    };
    match (order, edge.second) {
        (..0, _) | (0, Kind::PARTITION_RANGE_DATUM_MINVALUE) => Side::Below,
        (1.., _) | (0, Kind::PARTITION_RANGE_DATUM_MAXVALUE) => Side::Above,
        (0, _) => Side::Within,
    }
}

/// A text as the server reads it for a type.
pub(crate) fn read(of: Oid, value: &str) -> Datum {
    let (mut function, mut parameter) = (pg_sys::InvalidOid, pg_sys::InvalidOid);
    // SAFETY: a type that a key is of; the text ends in NUL. Errors are those of a cast.
    unsafe {
        pg_sys::getTypeInputInfo(of, &raw mut function, &raw mut parameter);
        pg_sys::OidInputFunctionCall(function, text::to_c(value), parameter, -1)
    }
}

/// Values of a type as the server writes them.
pub(crate) fn written(of: Oid, values: impl Iterator<Item = Datum>) -> Vec<String> {
    let (mut function, mut is_varlena) = (pg_sys::InvalidOid, false);
    // SAFETY: as above; the function answers with a text that ends in NUL.
    unsafe {
        pg_sys::getTypeOutputInfo(of, &raw mut function, &raw mut is_varlena);
        values.filter_map(|value| text::from_c(pg_sys::OidOutputFunctionCall(function, value))).collect()
    }
}

/// A value of type `timestamptz`, as the server counts.
pub(crate) fn time(value: Datum) -> Option<i64> {
    // SAFETY: any eight bytes are a number.
    unsafe { i64::from_datum(value, false) }
}

/// A time zone.
pub(crate) struct Zone(*mut pg_sys::pg_tz);

impl Zone {
    pub(crate) fn named(name: &CStr) -> Option<Self> {
        // SAFETY: the zone stays loaded as long as the session lives.
        let zone = unsafe { pg_sys::pg_tzset(name.as_ptr()) };
        (!zone.is_null()).then_some(Self(zone))
    }

    /// Whether an instant, in microseconds since 2000, is a midnight there.
    pub(crate) fn is_midnight(&self, instant: i64) -> bool {
        let (mut offset, mut time, mut fraction): (c_int, _, _) = (0, pg_sys::pg_tm::default(), 0);
        // SAFETY: places of ours, and a zone that is loaded.
        let failed = unsafe {
            pg_sys::timestamp2tm(instant, &raw mut offset, &raw mut time, &raw mut fraction, ptr::null_mut(), self.0)
        };
        failed == 0 && (time.tm_hour, time.tm_min, time.tm_sec, fraction) == (0, 0, 0, 0)
    }
}
