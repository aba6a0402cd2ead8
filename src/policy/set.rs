//! Mode, levels and thresholds of a database, set by those who may execute these functions.
#![forbid(unsafe_code)]

use super::preset::Preset;
use crate::audit;
use crate::config::{self, Mode, Threshold};
use crate::error::emit;
use crate::error::{Code, Error};
use crate::finding::Level;
use crate::policy::kept;
use crate::rules::{self, Rule};
use crate::spi;
use crate::store::{self, Index, Key, Row, Table, Value, Writer};
use crate::text::Text;
use pgrx::pg_sys::Oid;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

const MODE_BY_ROLE: Index = Index(c"mode_pkey", 1);
const SWITCHED_OFF_BY_DATABASE: Index = Index(c"switched_off_pkey", 1);
const LEVEL_BY_RULE: Index = Index(c"level_pkey", 1);
const THRESHOLD_BY_NAME: Index = Index(c"threshold_pkey", 1);

/// The word that takes a mode away again.
const NO_MODE: &str = "default";

/// Sets the mode of this database, or of those who log in to it as a role.
///
/// # Arguments
/// * `mode` - off, warn or enforce; default takes away what was set
/// * `role_name` - the role that logs in; NULL for every role that has no mode of its own
///
/// # Errors
/// 22023 for another mode, 42704 for a role that there is not, 22004 for NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.set_mode(mode pg_catalog.text, role_name pg_catalog.text DEFAULT NULL) RETURNS pg_catalog.void
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.set_mode(pg_catalog.text, pg_catalog.text) IS
    'sets the mode of this database, or of those who log in as a role: off, warn, enforce, or default for none of its own';
REVOKE EXECUTE ON FUNCTION warden.set_mode(pg_catalog.text, pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn set_mode(mode: Option<Text>, role_name: Option<Text>) -> Result<(), ErrorReport> {
    let hint = "Modes are off, warn and enforce; default takes away what was set.";
    let word = given("mode", mode, hint)?;
    let mode = match Mode::parse(&word) {
        None if word != NO_MODE => {
            return Err(Error::new(Code::InvalidParameter, format!("there is no mode \"{word}\"")).hint(hint).into());
        }
        mode => mode,
    };
    // A role that is gone can still be rid of its mode.
    if let (Some(role), true) = (&role_name, mode.is_some()) {
        check_role(&role.0)?;
    }
    let role = role_name.map(|role| role.0).unwrap_or_default();
    let row = mode.map(|mode| {
        vec![
            role.as_str().into(),
            mode.name().into(),
            Value::Oid(store::database()),
            Value::Time(store::now()),
            author(),
        ]
    });
    replace(Table::Mode, MODE_BY_ROLE, Key::Text(&role), row)?;
    let set = config::MODE.get();
    if set != Mode::Policy {
        emit::notice(&format!(
            "here warden.mode is \"{}\", which comes before what is kept: to leave it to the policy, RESET it where it was set",
            set.name()
        ));
    }
    Ok(())
}

/// Sets the level of a rule in this database.
///
/// # Arguments
/// * `rule` - its name
/// * `level` - error, warning, info or off
///
/// # Errors
/// 42704 for a rule that there is not, 22023 for a level, 22004 for NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.set_level(rule pg_catalog.text, level pg_catalog.text) RETURNS pg_catalog.void
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.set_level(pg_catalog.text, pg_catalog.text) IS
    'sets the level of a rule in this database: error, warning, info or off';
REVOKE EXECUTE ON FUNCTION warden.set_level(pg_catalog.text, pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn set_level(rule: Option<Text>, level: Option<Text>) -> Result<(), ErrorReport> {
    let rule = known_rule(rule)?;
    let hint = "Levels are error, warning, info and off.";
    let word = given("level", level, hint)?;
    let level = Level::parse(&word)
        .ok_or_else(|| Error::new(Code::InvalidParameter, format!("there is no level \"{word}\"")).hint(hint))?;
    replace(Table::Level, LEVEL_BY_RULE, Key::Text(rule.id), Some(level_row(rule, level)))?;
    Ok(())
}

/// Takes away the level that was set for a rule.
///
/// # Arguments
/// * `rule` - its name, also that of a rule which this version does not have
///
/// # Errors
/// 42704 for a rule that there is not, 22004 for NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.reset_level(rule pg_catalog.text) RETURNS pg_catalog.void
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.reset_level(pg_catalog.text) IS 'gives a rule its own level again';
REVOKE EXECUTE ON FUNCTION warden.reset_level(pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn reset_level(rule: Option<Text>) -> Result<(), ErrorReport> {
    let name = given("rule", rule, ALL_RULES)?;
    let was_set = replace(Table::Level, LEVEL_BY_RULE, Key::Text(name.trim()), None)?;
    match (was_set, rules::find(name.trim())) {
        (true, _) => {}
        (false, Some(rule)) => {
            emit::notice(&format!("no level is set for \"{}\", which is {} by itself", rule.id, rule.level));
        }
        (false, None) => return Err(audit::unknown_rule(&name).into()),
    }
    Ok(())
}

/// Sets the levels of all rules, and `warden.ddl_lock_timeout`, as a preset has them.
///
/// # Arguments
/// * `preset` - relaxed, recommended, strict, rails or django
///
/// # Errors
/// 22023 for another preset, 22004 for NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.apply_preset(preset pg_catalog.text) RETURNS pg_catalog.void
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.apply_preset(pg_catalog.text) IS
    'sets the levels of all rules and ddl_lock_timeout: relaxed, recommended, strict, rails or django';
REVOKE EXECUTE ON FUNCTION warden.apply_preset(pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn apply_preset(preset: Option<Text>) -> Result<(), ErrorReport> {
    let hint = format!("Presets are {}.", Preset::listed());
    let word = given("preset", preset, &hint)?;
    let preset = Preset::parse(&word)
        .ok_or_else(|| Error::new(Code::InvalidParameter, format!("there is no preset \"{word}\"")).hint(hint))?;
    let levels = preset.levels();
    let writer = policy_writer(Table::Level)?;
    for row in writer.rows(None) {
        take_away(&writer, &row)?;
    }
    for (rule, level) in &levels {
        writer.insert(level_row(rule, *level));
    }
    let timeout = preset.lock_timeout();
    let row = timeout.map(|timeout| threshold_row(Threshold::DdlLockTimeout, timeout));
    replace(Table::Threshold, THRESHOLD_BY_NAME, Key::Text(Threshold::DdlLockTimeout.name()), row)?;
    let wait = timeout.map_or_else(|| "not bounded".to_owned(), |timeout| format!("{} s", timeout / 1_000));
    emit::notice(&format!(
        "preset \"{}\": {} rules have another level than their own, ddl_lock_timeout is {wait}",
        preset.name(),
        levels.len()
    ));
    Ok(())
}

/// Keeps a threshold for this database. A setting of the same name, wherever it is made, comes first.
///
/// # Arguments
/// * `name` - `large_table_rows`, `large_table_size`, `busy_after` or `ddl_lock_timeout`
/// * `value` - as the setting takes it, such as `256MB` or `5s`; NULL takes away what was kept
///
/// # Errors
/// 22023 for another name, or a value that is none; 22004 for a NULL name.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.set_threshold(name pg_catalog.text, value pg_catalog.text) RETURNS pg_catalog.void
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.set_threshold(pg_catalog.text, pg_catalog.text) IS
    'keeps large_table_rows, large_table_size, busy_after or ddl_lock_timeout for this database; NULL takes it away';
REVOKE EXECUTE ON FUNCTION warden.set_threshold(pg_catalog.text, pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn set_threshold(name: Option<Text>, value: Option<Text>) -> Result<(), ErrorReport> {
    let hint = format!("Thresholds are {}.", Threshold::ALL.map(Threshold::name).join(", "));
    let word = given("name", name, &hint)?;
    let threshold = Threshold::parse(word.strip_prefix("warden.").unwrap_or(&word))
        .ok_or_else(|| Error::new(Code::InvalidParameter, format!("there is no threshold \"{word}\"")).hint(hint))?;
    let row = value
        .map(|value| {
            let read = threshold.read(&value.0).ok_or_else(|| {
                Error::new(
                    Code::InvalidParameter,
                    format!("invalid value for \"{}\": \"{}\"", threshold.name(), value.0),
                )
                .hint("It is what the setting of that name takes: a number, with a unit such as MB or s.")
            });
            read.map(|value| threshold_row(threshold, value))
        })
        .transpose()?;
    replace(Table::Threshold, THRESHOLD_BY_NAME, Key::Text(threshold.name()), row)?;
    Ok(())
}

/// Switches pg_warden off in this database, for every session at once.
///
/// Who may execute it is the extension's owner to grant: nothing more is asked.
///
/// # Errors
/// The server's own.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.disable() RETURNS pg_catalog.text
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.disable() IS 'switches pg_warden off in this database, for every session at once; warden.enable() switches it on again';
REVOKE EXECUTE ON FUNCTION warden.disable() FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn disable() -> Result<Text, ErrorReport> {
    refreshed()?;
    let known = kept::now().switched_off.clone();
    // First, for it says best where nothing can be written.
    policy_writer(Table::SwitchedOff)?;
    switch_triggers("DISABLE")?;
    if let Some(off) = known {
        return Ok(Text(format!("pg_warden is off already, since {} by {}", store::iso(off.at), off.role)));
    }
    let key = Key::Oid(store::database());
    let row = vec![Value::Oid(store::database()), Value::Time(store::now()), author()];
    replace(Table::SwitchedOff, SWITCHED_OFF_BY_DATABASE, key, Some(row))?;
    Ok(Text("pg_warden is off in this database from now on; SELECT warden.enable(); switches it on again".to_owned()))
}

/// Switches pg_warden on again in this database, with the mode it had.
///
/// # Errors
/// The server's own.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.enable() RETURNS pg_catalog.text
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.enable() IS 'switches pg_warden on again in this database, with the mode it had';
REVOKE EXECUTE ON FUNCTION warden.enable() FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn enable() -> Result<Text, ErrorReport> {
    refreshed()?;
    let known = kept::now().switched_off.clone();
    policy_writer(Table::SwitchedOff)?;
    switch_triggers("ENABLE")?;
    replace(Table::SwitchedOff, SWITCHED_OFF_BY_DATABASE, Key::Oid(store::database()), None)?;
    refreshed()?;
    let mode = kept::now().mode().name();
    Ok(Text(match known {
        Some(off) => {
            format!("pg_warden is on, mode {mode}; it was off since {} by {}", store::iso(off.at), off.role)
        }
        None => format!("pg_warden is on, mode {mode}, and was not off"),
    }))
}

/// In the name of their owner, whoever was given the function; no event trigger fires for this.
fn switch_triggers(how: &str) -> Result<(), Error> {
    for trigger in ["pg_warden_start", "pg_warden_end", "pg_warden_rewrite", "pg_warden_drop"] {
        let owner = spi::select(
            "SELECT t.evtowner FROM pg_catalog.pg_event_trigger AS t WHERE t.evtname::pg_catalog.text = $1",
            &[Text::from(trigger).into()],
            |row| Ok(row.get::<Oid>(1)?),
        )?;
        if let Some(owner) = owner.into_iter().flatten().next() {
            spi::run_as(owner, &format!("ALTER EVENT TRIGGER {trigger} {how}"))?;
        }
    }
    Ok(())
}

/// Reads the policy if it has changed.
pub(crate) fn refreshed() -> Result<(), Error> {
    kept::refresh().map_err(|reason| Error::new(Code::LockNotAvailable, reason))
}

/// Puts a row in the place of the one with that key, or takes that one away. Whether there was one.
fn replace(table: Table, index: Index, key: Key<'_>, row: Option<Vec<Value>>) -> Result<bool, Error> {
    let writer = policy_writer(table)?;
    let old = writer.rows(Some((index, key)));
    for row in &old {
        take_away(&writer, row)?;
    }
    if let Some(row) = row {
        writer.insert(row);
    }
    Ok(!old.is_empty())
}

/// A table of the policy, for writing.
pub(super) fn policy_writer(table: Table) -> Result<Writer, Error> {
    Writer::of_policy(table)
        .ok_or_else(|| Error::new(Code::UndefinedTable, format!("pg_warden's table {table:?} is not there")))
}

/// Takes a row of the policy away, after waiting for whoever was at it.
pub(super) fn take_away(writer: &Writer, row: &Row) -> Result<(), Error> {
    if writer.delete(row) {
        return Ok(());
    }
    Err(Error::new(Code::LockNotAvailable, "another session has changed this part of the policy meanwhile")
        .hint("Look at what it is now, and try again."))
}

fn level_row(rule: &Rule, level: Level) -> Vec<Value> {
    vec![rule.id.into(), level.name().into(), Value::Time(store::now()), author()]
}

fn threshold_row(threshold: Threshold, value: i32) -> Vec<Value> {
    vec![threshold.name().into(), Value::Int4(value), Value::Time(store::now()), author()]
}

/// Who is at work: the role that logged in.
pub(super) fn author() -> Value {
    store::session_role().into()
}

const ALL_RULES: &str = "All rules: SELECT rule, summary FROM warden.rules;";

/// An argument that must not be NULL.
pub(super) fn given(argument: &str, value: Option<Text>, hint: &str) -> Result<String, Error> {
    value
        .map(|value| value.0)
        .ok_or_else(|| Error::new(Code::NullNotAllowed, format!("{argument} must not be null")).hint(hint))
}

pub(super) fn known_rule(name: Option<Text>) -> Result<&'static Rule, Error> {
    let name = given("rule", name, ALL_RULES)?;
    rules::find(name.trim()).ok_or_else(|| audit::unknown_rule(&name))
}

/// A role that may log in, or own tables: any that there is.
pub(super) fn check_role(role: &str) -> Result<(), Error> {
    let found = spi::select(
        "SELECT 1 FROM pg_catalog.pg_roles AS r WHERE r.rolname::pg_catalog.text = $1",
        &[Text::from(role).into()],
        |_| Ok(()),
    )?;
    if found.is_empty() {
        return Err(Error::new(Code::UndefinedObject, format!("role \"{role}\" does not exist"))
            .hint("Names are taken as they are written: SELECT rolname FROM pg_roles;"));
    }
    Ok(())
}
