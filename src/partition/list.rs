//! What `sql/partitions.sql` cannot do itself: find the table that the caller means, and say why it is not one.

use super::bounds::Point;
use super::encoding::Encoding;
use super::{inspect, is_null, key};
use crate::error::{Code, Error};
use crate::spi;
use crate::text::Text;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

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
    let facts = key::read(oid)?.ok_or_else(|| Error::new(Code::UndefinedTable, "table was dropped meanwhile"))?;
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
    let text = value.trim();
    let Some(encoding) = Encoding::named(&encoding) else { return Ok(Text(value)) };
    if encoding.read(text).is_some() {
        return Ok(Text::from(text));
    }
    let zone = if encoding == Encoding::Iso { "UTC" } else { &zone };
    let Point::At(micros) = inspect::time_in(text, zone)? else {
        return Err(
            Error::new(Code::DatetimeOverflow, format!("no key of encoding {} is {text}", encoding.word())).into()
        );
    };
    Ok(Text(encoding.key(micros, text)?))
}
