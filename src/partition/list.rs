//! What `sql/partitions.sql` cannot do itself: find the table that the caller means, and say why it is not one.

use super::{is_null, key};
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
