//! Making exceptions, and taking them back.
#![forbid(unsafe_code)]

use super::exemption::{self, BY_ID, Exemption, OBJECT_BY_EXEMPTION, PATTERN};
use super::set::{author, check_role, given, known_rule, policy_writer, take_away};
use crate::audit;
use crate::error::emit;
use crate::error::{Code, Error};
use crate::facts::live::{self, object};
use crate::spi;
use crate::store::{self, Key, Table, Value};
use crate::text::{self, Text};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Makes an exception of an object, and of what is in it.
///
/// The name is resolved as the caller's statements would; it need not exist yet.
///
/// # Arguments
/// * `rule` - its name; NULL for every rule
/// * `object` - a schema, a table, a column, an index, ... by its qualified name; or `~` and a regular expression over such names
/// * `reason` - why; it is shown wherever the exemption is used
/// * `expires_at` - when it ends; NULL for never
/// * `role_name` - for those who log in as this role; NULL for all
///
/// # Errors
/// 42704 for a rule or role that there is not, 22023 for an empty reason, a pattern that is none or a time that is over, 42602
/// for what is no name, 22004 for NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.exempt(
    rule pg_catalog.text, object pg_catalog.text, reason pg_catalog.text,
    expires_at pg_catalog.timestamptz DEFAULT NULL, role_name pg_catalog.text DEFAULT NULL)
    RETURNS pg_catalog.int8 LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.exempt(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.timestamptz, pg_catalog.text) IS
    'makes an exception of an object and of what is in it: a qualified name, or ~ and a regular expression; rule NULL for every rule';
REVOKE EXECUTE ON FUNCTION warden.exempt(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.timestamptz, pg_catalog.text)
    FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn exempt(
    rule: Option<Text>,
    object: Option<Text>,
    reason: Option<Text>,
    expires_at: Option<TimestampWithTimeZone>,
    role_name: Option<Text>,
) -> Result<i64, ErrorReport> {
    let rule = rule.map(|rule| known_rule(Some(rule))).transpose()?.map(|rule| rule.id);
    let object = qualified(&given(
        "object",
        object,
        "Name a table: SELECT warden.exempt('drop-table', 'public.staging', 'why');",
    )?)?;
    let _path = spi::Settings::pin_search_path();
    let reason = reason_of(reason)?;
    let expires_at = expires_at.map(pg_sys::TimestampTz::from);
    if expires_at.is_some_and(|end| end <= store::now()) {
        return Err(Error::new(Code::InvalidParameter, "expires_at is over already")
            .hint("For an exemption without an end, leave expires_at out.")
            .into());
    }
    let login = role_name.map(|role| check_role(&role.0).map(|()| role.0)).transpose()?;
    let address = if object.starts_with(PATTERN) { None } else { object::resolve(&object) };
    if address.is_none() && !object.starts_with(PATTERN) {
        missing(&object)?;
    }
    let row = vec![
        rule.into(),
        object.into(),
        reason.into(),
        expires_at.map_or(Value::Null, Value::Time),
        login.into(),
        Value::Time(store::now()),
        author(),
    ];
    let id = policy_writer(Table::Exemption)?.insert_numbered(c"exemption_id_seq", row);
    if let Some(address) = address {
        attach(id, address)?;
    }
    Ok(id)
}

/// Takes an exemption back.
///
/// # Arguments
/// * `id` - as in `warden.exemptions`
///
/// # Errors
/// 42704 for an exemption that there is not, 22004 for NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.unexempt(id pg_catalog.int8) RETURNS pg_catalog.void
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.unexempt(pg_catalog.int8) IS 'takes an exemption back; id as in warden.exemptions';
REVOKE EXECUTE ON FUNCTION warden.unexempt(pg_catalog.int8) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn unexempt(id: Option<i64>) -> Result<(), ErrorReport> {
    let hint = "Exemptions: SELECT id, rule, object, reason FROM warden.exemptions;";
    let id = id.ok_or_else(|| Error::new(Code::NullNotAllowed, "id must not be null").hint(hint))?;
    let writer = policy_writer(Table::Exemption)?;
    let rows = writer.rows(Some((BY_ID, Key::Int8(id))));
    if rows.is_empty() {
        return Err(Error::new(Code::UndefinedObject, format!("there is no exemption {id}")).hint(hint).into());
    }
    for row in &rows {
        take_away(&writer, row)?;
    }
    let objects = policy_writer(Table::ExemptedObject)?;
    for row in objects.rows(Some((OBJECT_BY_EXEMPTION, Key::Int8(id)))) {
        take_away(&objects, &row)?;
    }
    Ok(())
}

/// Exempts everything that the audit finds now, so that only new debt is told.
///
/// # Arguments
/// * `rule` - a rule that looks at what exists; NULL for every one that is not off
/// * `reason` - why
///
/// # Errors
/// 42704 for a rule that there is not, 22023 for one that is not audited or an empty reason, 22004 for a NULL reason.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.exempt_existing(rule pg_catalog.text, reason pg_catalog.text) RETURNS pg_catalog.int8
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.exempt_existing(pg_catalog.text, pg_catalog.text) IS
    'exempts each object that the audit finds now, by a rule or by all (NULL), and tells how many';
REVOKE EXECUTE ON FUNCTION warden.exempt_existing(pg_catalog.text, pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn exempt_existing(rule: Option<Text>, reason: Option<Text>) -> Result<i64, ErrorReport> {
    let reason = reason_of(reason)?;
    let found = audit::debt(rule.map(|rule| rule.0).as_deref())?;
    let writer = policy_writer(Table::Exemption)?;
    let mut count = 0;
    for finding in found.iter().filter(|finding| !finding.not_checked && !finding.object.is_empty()) {
        let row = vec![
            finding.rule.into(),
            finding.object.as_str().into(),
            reason.as_str().into(),
            Value::Null,
            Value::Null,
            Value::Time(store::now()),
            author(),
        ];
        let id = writer.insert_numbered(c"exemption_id_seq", row);
        if let Some(address) = object::resolve(&finding.object) {
            attach(id, address)?;
        }
        count += 1;
    }
    Ok(count)
}

/// Remembers the object itself, so that the exemption follows it when it is renamed.
fn attach(id: i64, address: object::Address) -> Result<(), Error> {
    policy_writer(Table::ExemptedObject)?.insert(address.row(id));
    Ok(())
}

/// Keeps exemptions by the names that their objects have now. After something was renamed.
///
/// # Errors
/// When the tables are locked.
pub(crate) fn follow_renames() -> Result<(), String> {
    let attached = store::rows(Table::ExemptedObject, None)?;
    let moved: Vec<_> = attached
        .iter()
        .filter_map(|row| {
            let name = object::identity(object::Address::of(row)?)?;
            Some((row.get(0).number()?, name))
        })
        .collect();
    for (id, name) in moved {
        let rows = store::rows(Table::Exemption, Some((BY_ID, Key::Int8(id))))?;
        if rows.iter().all(|row| Exemption::of(row).object == name) {
            continue;
        }
        let writer = store::Writer::in_passing(Table::Exemption)?;
        for row in writer.rows(Some((BY_ID, Key::Int8(id)))) {
            // An administrator who takes it back at this moment has the last word.
            if !writer.delete(&row) {
                continue;
            }
            let values = (0..8).map(|column| if column == 2 { name.as_str().into() } else { row.get(column).clone() });
            writer.insert(values.collect());
        }
    }
    Ok(())
}

/// Attaches exemptions of an object, and of what is in it, to the objects that have their names, where they are not yet: those
/// of a dump, and those that were made before their objects. Before it is renamed.
///
/// # Errors
/// When the tables are locked.
pub(crate) fn attach_before_rename(identity: &str) -> Result<(), String> {
    let rows = store::rows(Table::Exemption, None)?;
    let concerned = |exemption: &Exemption| exemption::names(&exemption.object).iter().any(|name| name == identity);
    for exemption in rows.iter().map(Exemption::of).filter(concerned) {
        let by = Some((OBJECT_BY_EXEMPTION, Key::Int8(exemption.id)));
        let attached = store::rows(Table::ExemptedObject, by)?;
        // One whose object is gone stays with its name: what somebody gives that name later is not followed any further.
        let is_there = attached.iter().any(|row| object::Address::of(row).is_some());
        let Some(address) = object::resolve(&exemption.object).filter(|_| !is_there) else { continue };
        let writer = store::Writer::in_passing(Table::ExemptedObject)?;
        if attached.iter().all(|row| writer.delete(row)) {
            writer.insert(address.row(exemption.id));
        }
    }
    Ok(())
}

/// As much as an index holds with room to spare.
const LONGEST_PATTERN: usize = 2_000;

fn reason_of(reason: Option<Text>) -> Result<String, Error> {
    let hint = "A reason tells those who come after why this is an exception.";
    let reason = given("reason", reason, hint)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::new(Code::InvalidParameter, "reason must not be empty").hint(hint));
    }
    Ok(reason.to_owned())
}

/// The object as it is kept: quoted and qualified, or a pattern.
fn qualified(object: &str) -> Result<String, Error> {
    let object = object.trim();
    if object.starts_with(PATTERN) {
        if object.len() > LONGEST_PATTERN {
            return Err(Error::new(
                Code::InvalidParameter,
                format!("the pattern is longer than {LONGEST_PATTERN} bytes"),
            ));
        }
        exemption::pattern(object).map_err(|reason| {
            Error::new(Code::InvalidParameter, "the pattern is no regular expression").detail(reason)
        })?;
        return Ok(object.to_owned());
    }
    let mut parts = object::typed_parts(object);
    // A column of a table in the search path, where no schema has the table's name.
    if let [table, member] = parts.as_slice()
        && object::resolve(&object::quote(table)).is_none()
        && let Some(identity) = object::in_search_path(table)
    {
        parts = exemption::parts(&identity).into_iter().chain([member.clone()]).collect();
    }
    if parts.len() > 3 || parts.iter().any(String::is_empty) {
        return Err(Error::new(Code::InvalidName, format!("\"{object}\" names no object"))
            .hint("An object is a schema, schema.table, schema.table.column, or ~ and a regular expression."));
    }
    if let [name] = parts.as_slice() {
        let schema = object::quote(name);
        return Ok(match object::in_search_path(name) {
            Some(identity) => identity,
            None if object::resolve(&schema).is_some() => schema,
            None => object::qualified(&live::creation_schema().unwrap_or_else(|| "public".to_owned()), name),
        });
    }
    Ok(parts.iter().map(|part| object::quote(part)).collect::<Vec<_>>().join("."))
}

/// Says that there is no such object yet, and which one has nearly that name.
fn missing(identity: &str) -> Result<(), Error> {
    let parts = exemption::parts(identity);
    let (Some(schema), Some(name)) = (parts.first(), parts.get(1)) else {
        emit::notice(&format!("\"{identity}\" does not exist yet"));
        return Ok(());
    };
    let there = spi::select(
        "SELECT c.relname::pg_catalog.text FROM pg_catalog.pg_class AS c
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname::pg_catalog.text = $1 AND c.relkind IN ('r', 'p', 'm', 'v', 'i', 'I', 'f', 'S')",
        &[Text::from(schema.as_str()).into()],
        |row| Ok(row.get::<Text>(1)?.map(|name| name.0)),
    )?;
    let there: Vec<_> = there.into_iter().flatten().collect();
    let nearest = text::nearest(name, there.iter().map(String::as_str));
    let perhaps = nearest.map(|nearest| format!("; perhaps {} is meant", object::qualified(schema, nearest)));
    emit::notice(&format!("{identity} does not exist yet{}", perhaps.unwrap_or_default()));
    Ok(())
}
