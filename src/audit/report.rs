//! The audit as one text: a report, or the script that mends what was found.
#![forbid(unsafe_code)]

use super::{Request, level_of, names_of, run, schema_of};
use crate::error::{Code, Error};
use crate::report::{self, Format, Subject};
use crate::spi;
use crate::store;
use crate::text::{Text, TextArray};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// The audit as a document.
///
/// # Arguments
/// * `format` - text, json, sarif (2.1.0) or markdown
/// * `schemas` - names of schemas; NULL for all, and for the server
///
/// # Errors
/// 22023 for another format, 3F000 for a schema that there is not, 22004 for a format that is NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.audit_report(format pg_catalog.text DEFAULT 'text', schemas pg_catalog.text[] DEFAULT NULL)
    RETURNS pg_catalog.text LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.audit_report(pg_catalog.text, pg_catalog.text[]) IS
    'the audit as a document: text, json, sarif or markdown; NULL stands for all schemas';
REVOKE EXECUTE ON FUNCTION warden.audit_report(pg_catalog.text, pg_catalog.text[]) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn audit_report(format: Option<Text>, schemas: Option<TextArray>) -> Result<Text, ErrorReport> {
    let hint = "Formats are text, json, sarif and markdown.";
    let word = format.ok_or_else(|| Error::new(Code::NullNotAllowed, "format must not be null").hint(hint))?.0;
    let format = Format::parse(&word)
        .ok_or_else(|| Error::new(Code::InvalidParameter, format!("there is no format \"{word}\"")).hint(hint))?;
    let schemas =
        schemas.map(|names| names_of("schemas", names)?.iter().map(|name| schema_of(name)).collect()).transpose()?;
    let findings = run(&Request { schemas, ..Request::everything() })?;
    Ok(Text(report::write(format, &subject(), &findings)))
}

/// The fixes of the audit as a script for psql.
///
/// # Arguments
/// * `min_level` - info, warning or error
///
/// # Errors
/// 22023 for another level, 22004 for NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.fix_script(min_level pg_catalog.text DEFAULT 'warning')
    RETURNS pg_catalog.text LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.fix_script(pg_catalog.text) IS
    'the SQL that mends what the audit found, to be read and then run by psql; min_level: info, warning or error';
REVOKE EXECUTE ON FUNCTION warden.fix_script(pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn fix_script(min_level: Option<Text>) -> Result<Text, ErrorReport> {
    let findings = run(&Request { least: level_of(min_level)?, ..Request::everything() })?;
    Ok(Text(report::fix_script(&subject(), &findings)))
}

fn subject() -> Subject {
    Subject {
        database: store::database_name(),
        server: spi::setting(c"server_version").0,
        at: store::iso(store::now()),
    }
}
