//! The journal for those who administer it.
#![forbid(unsafe_code)]

use super::exemption;
use super::set::refreshed;
use crate::error::{Code, Error};
use crate::finding::{Finding, Level};
use crate::guard::journal;
use crate::policy::kept;
use crate::rules;
use crate::spi;
use crate::store;
use crate::text::Text;
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Takes decisions out of the journal that are older than this. pg_warden does so by itself after 90 days.
///
/// # Arguments
/// * `keep` - how far back decisions are kept
///
/// # Errors
/// 22004 for NULL, 55P03 when the journal is locked.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.prune_journal(keep pg_catalog.interval DEFAULT '90 days') RETURNS pg_catalog.int8
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.prune_journal(pg_catalog.interval) IS
    'takes out of the journal what is older, and tells how many decisions; by itself it keeps 90 days';
REVOKE EXECUTE ON FUNCTION warden.prune_journal(pg_catalog.interval) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn prune_journal(keep: Option<Interval>) -> Result<i64, ErrorReport> {
    let keep = keep.ok_or_else(|| {
        Error::new(Code::NullNotAllowed, "keep must not be null")
            .hint("For example: SELECT warden.prune_journal('30 days');")
    })?;
    let before = spi::select("SELECT pg_catalog.now() - $1", &[keep.into()], |row| {
        Ok(row.get::<TimestampWithTimeZone>(1)?.map(pg_sys::TimestampTz::from))
    })?;
    let before = before.into_iter().flatten().next().unwrap_or(i64::MIN);
    if before > store::now() {
        return Err(Error::new(Code::InvalidParameter, "keep must not be negative").into());
    }
    let gone = journal::prune(before).map_err(|reason| Error::new(Code::LockNotAvailable, reason))?;
    Ok(i64::try_from(gone).unwrap_or(i64::MAX))
}

/// Whether a decision of the journal would block with the levels and exemptions of today.
///
/// PUBLIC may execute it: it is reached through the view alone, whose privileges decide.
///
/// # Errors
/// 55P03 when the policy is locked.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.would_block(rule pg_catalog.text, object pg_catalog.text, role_name pg_catalog.text)
    RETURNS pg_catalog.bool LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.would_block(pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
    'pg_warden: whether a finding that can block would do so with the levels and exemptions of today';
"#,
    requires = ["schema"]
)]
fn would_block(rule: Option<Text>, object: Option<Text>, role_name: Option<Text>) -> Result<bool, ErrorReport> {
    refreshed()?;
    let Some(rule) = rule.and_then(|rule| rules::find(&rule.0)) else { return Ok(false) };
    if crate::guard::levels().of(rule.id).unwrap_or(rule.level) != Level::Error {
        return Ok(false);
    }
    let finding = Finding::new(rule.id, Level::Error, object.map(|object| object.0).unwrap_or_default(), "");
    let login = role_name.map(|role| role.0).unwrap_or_default();
    let exempt =
        exemption::find(&finding, &login, &kept::now()).map_err(|reason| Error::new(Code::LockNotAvailable, reason))?;
    Ok(exempt.is_none())
}
