//! Partitions by time: bounds from the server's calendar, one lock policy, nothing left half done.
//!
//! [`key`] says which table is meant and whether its key takes months, [`inspect`] what is there, [`plan`] what to do
//! about it and in which SQL, over the arithmetic of [`bounds`]; [`apply`] locks and does it.
//! [`list`] leads to `sql/partitions.sql`, which only looks.
#![expect(clippy::result_large_err, reason = "pgrx raises an ErrorReport with all its fields, and nothing else")]

use crate::error::{Code, Error, emit};
use crate::text::Text;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

mod apply;
mod bounds;
mod inspect;
mod key;
pub(crate) mod list;
mod plan;

/// Creates the partition of a table that holds the month from a day on; does nothing when it exists.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.create_monthly_partition(table_name pg_catalog.text, start_date pg_catalog.date)
    RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.create_monthly_partition(pg_catalog.text, pg_catalog.date) IS
    'creates the partition of table_name (as SQL writes it) for the month from start_date on, and returns its name; a notice says when it exists';
REVOKE EXECUTE ON FUNCTION warden.create_monthly_partition(pg_catalog.text, pg_catalog.date) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn create_monthly_partition(table_name: Option<Text>, start_date: Option<Date>) -> Result<Text, ErrorReport> {
    let Some(Text(table)) = table_name else { return Err(is_null("table_name").into()) };
    let Some(start) = start_date else { return Err(is_null("start_date").into()) };
    let outcome = apply::create_month(&table, start)?;
    for remark in &outcome.remarks {
        emit::say(&remark.parts());
    }
    Ok(Text(outcome.partition))
}

fn is_null(argument: &str) -> Error {
    Error::new(Code::NullNotAllowed, format!("{argument} must not be null"))
}
