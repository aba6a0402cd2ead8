//! What `sql/partitions.sql` cannot do itself: find the table that the caller means, and say why it is not one.

use super::bounds::Point;
use super::encoding::Encoding;
use super::key::{self, Kind, Shape};
use super::{inspect, is_null};
use crate::error::{Code, Error};
use crate::facts::live::descriptor::{self, Descriptor, Holder, KeyType, Zone};
use crate::facts::live::object;
use crate::text::{self, Text};
use crate::{config, spi};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::ffi::CString;

/// The table partitioned by RANGE that the caller's `search_path` gives this name.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.range_partitioned(table_name pg_catalog.text) RETURNS pg_catalog.oid LANGUAGE c STABLE
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.range_partitioned(pg_catalog.text) IS
    'pg_warden: the table partitioned by RANGE of this name, or an error';
"#,
    requires = ["schema"]
)]
pub(crate) fn range_partitioned(table_name: Option<Text>) -> Result<pg_sys::Oid, ErrorReport> {
    let Some(Text(table)) = table_name else { return Err(is_null("table_name").into()) };
    let oid = key::resolve(&table)?;
    let _path = spi::Settings::pin_search_path();
    let facts = key::read(oid).ok_or_else(key::dropped)?;
    facts.must_be_range_partitioned("Ranges")?;
    Ok(oid)
}

/// The relation that the caller's `search_path` gives this name.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.named_relation(table_name pg_catalog.text) RETURNS pg_catalog.oid LANGUAGE c STABLE
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.named_relation(pg_catalog.text) IS 'pg_warden: the relation of this name, or an error';
"#,
    requires = ["schema"]
)]
pub(crate) fn named_relation(table_name: Option<Text>) -> Result<pg_sys::Oid, ErrorReport> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    Ok(key::resolve(&table)?)
}

/// What the first column of a table's RANGE key says a time by: a type of the server's, or an encoding.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.partition_encoding(parent pg_catalog.oid) RETURNS pg_catalog.text LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.partition_encoding(pg_catalog.oid) IS
    'pg_warden: date, timestamp, timestamptz, or the encoding of a RANGE key; NULL where it is no time';
"#,
    requires = ["schema"]
)]
pub(crate) fn partition_encoding(parent: Option<pg_sys::Oid>) -> Result<Option<Text>, ErrorReport> {
    let Some(parent) = parent else { return Ok(None) };
    Ok(key::time_of(parent)?.map(|(kind, encoding)| match encoding {
        Encoding::Plain => Text::from(kind.word()),
        encoding => Text::from(encoding.word()),
    }))
}

/// When a key is of, at the earliest; NULL for what is no key of the encoding. Days are midnights of UTC.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.key_time(encoding pg_catalog.text, key pg_catalog.text) RETURNS pg_catalog.timestamptz
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.key_time(pg_catalog.text, pg_catalog.text) IS
    'pg_warden: the earliest time of a key, NULL where it is none of the encoding';
"#,
    requires = ["schema"]
)]
pub(crate) fn key_time(encoding: Text, key: Text) -> Option<TimestampWithTimeZone> {
    let (Text(encoding), Text(key)) = (encoding, key);
    let read = Encoding::named(&encoding)?.read(&key)?;
    Some(inspect::instant(read.point).unwrap_or_else(|| match read.point {
        Point::Below | Point::Past | Point::At(..0) => TimestampWithTimeZone::negative_infinity(),
        Point::At(_) | Point::Future | Point::Above => TimestampWithTimeZone::positive_infinity(),
    }))
}

/// What a text is as a value of a key: itself where it is one, else the least key of the time that it says in a zone.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.key_value(encoding pg_catalog.text, value pg_catalog.text, zone pg_catalog.text) RETURNS pg_catalog.text
    LANGUAGE c STABLE STRICT SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.key_value(pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
    'pg_warden: a value of a key, from itself or from a time';
"#,
    requires = ["schema"]
)]
pub(crate) fn key_value(encoding: Text, value: Text, zone: Text) -> Result<Text, ErrorReport> {
    let (Text(encoding), Text(value), Text(zone)) = (encoding, value, zone);
    let Some(encoding) = Encoding::named(&encoding) else { return Ok(Text(value)) };
    Ok(Text(value_of(encoding, &value, &zone)?))
}

fn value_of(encoding: Encoding, value: &str, zone: &str) -> Result<String, Error> {
    let text = value.trim();
    if encoding.read(text).is_some() {
        return Ok(text.to_owned());
    }
    let zone = if encoding == Encoding::Iso { "UTC" } else { zone };
    let Point::At(micros) = inspect::time_in(text, zone)? else {
        return Err(Error::new(Code::DatetimeOverflow, format!("no key of encoding {} is {text}", encoding.word())));
    };
    encoding.key(micros, text)
}

/// The partition for a value, from the descriptor that rows are routed by: empty for none, NULL where the catalog has to be asked.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.partition_at_once(table_name pg_catalog.text, value pg_catalog.text) RETURNS pg_catalog.text
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.partition_at_once(pg_catalog.text, pg_catalog.text) IS
    'pg_warden: the partition for a value, empty for none, NULL where only the catalog says';
"#,
    requires = ["schema"]
)]
pub(crate) fn partition_at_once(table_name: Option<Text>, value: Option<Text>) -> Result<Option<Text>, ErrorReport> {
    let (Some(Text(table)), Some(Text(value))) = (table_name, value) else { return Ok(None) };
    Ok(at_once(&table, &value)?.map(Text))
}

/// The partition for a value; `None` where rows of it have no place. No SQL is planned for it where the descriptor says.
///
/// # Errors
/// The table, its key or the value does not allow it, or the rest of the key decides.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.partition_for(table_name pg_catalog.text, value pg_catalog.text) RETURNS pg_catalog.text
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.partition_for(pg_catalog.text, pg_catalog.text) IS
    'the partition that holds rows with this value of the key''s first column, the default if no other does, else NULL';
"#,
    requires = ["schema"]
)]
pub(crate) fn partition_for(table_name: Option<Text>, value: Option<Text>) -> Result<Option<Text>, ErrorReport> {
    if let (Some(Text(table)), Some(Text(value))) = (&table_name, &value)
        && let Some(partition) = at_once(table, value)?
    {
        return Ok(Some(Text(partition)).filter(|Text(partition)| !partition.is_empty()));
    }
    let found = spi::select_planned(
        "SELECT warden_internal.partition_in_catalog($1, $2)",
        &[table_name.into(), value.into()],
        |row| Ok(row.get::<Text>(1)?),
    )?;
    Ok(found.into_iter().flatten().next())
}

fn at_once(table: &str, value: &str) -> Result<Option<String>, Error> {
    let oid = key::resolve(table)?;
    let (session, server) = spi::setting(c"TimeZone");
    let _pinned = spi::Settings::pin(&[(c"search_path", c"pg_catalog, pg_temp"), (c"DateStyle", c"ISO")]);
    // What no operator class or time is known of is rare: the catalog will do.
    let Some(Shape { key_type, time: Some((kind, encoding)) }) = key::shape(oid)? else { return Ok(None) };
    let Some(descriptor) = Descriptor::at_once(oid) else { return Ok(None) };
    let is_key = encoding.read(value.trim()).is_some();
    let zone = if kind == Kind::Instant && !is_key {
        let setting = config::text(&config::PARTITION_TIME_ZONE);
        zone_of(&descriptor, &key_type, encoding, [&setting, "UTC", &session, &server])
    } else {
        "UTC".to_owned()
    };
    let zone_name = CString::new(text::encode(&zone)).unwrap_or_default();
    let value = match encoding {
        Encoding::Plain => value.to_owned(),
        _ => value_of(encoding, value, &zone)?,
    };
    let _zone = spi::Settings::pin(&[(c"TimeZone", &zone_name)]);
    Ok(match descriptor.holder(&key_type, descriptor::read(key_type.of, &value)) {
        Holder::Partition(oid) => object::relation(oid),
        Holder::Nobody => Some(String::new()),
        Holder::Several => None,
    })
}

/// As `warden_internal.partition_zone`: the first of these in which all bounds are midnights, or else the first.
fn zone_of(descriptor: &Descriptor, key_type: &KeyType, encoding: Encoding, zones: [&str; 4]) -> String {
    let firsts = descriptor.firsts(key_type.columns);
    let points: Vec<Point> = if encoding == Encoding::Plain {
        firsts.filter_map(descriptor::time).map(inspect::point_of).collect()
    } else {
        let texts = descriptor::written(key_type.of, firsts);
        texts.iter().filter_map(|text| encoding.read(text)).map(|edge| edge.point).collect()
    };
    let edges: Vec<i64> = points.into_iter().filter_map(inspect::instant).map(pg_sys::TimestampTz::from).collect();
    let fits = |name: &&str| {
        let name = CString::new(text::encode(name)).unwrap_or_default();
        Zone::named(&name).is_some_and(|zone| edges.iter().all(|edge| zone.is_midnight(*edge)))
    };
    let found = if edges.is_empty() { None } else { zones.into_iter().find(fits) };
    found.unwrap_or(zones[0]).to_owned()
}
