//! `warden.explain`: EXPLAIN for DDL.

use crate::ast::{self, Lock, QualifiedName, Statement};
use crate::effects::{self, Effect};
use crate::error::{Code, Error};
use crate::facts::live::{Live, Planning};
use crate::facts::{Facts, Holder, Relation};
use crate::rules::{Quantity, cost, wording};
use crate::text::{self, Text};
use pgrx::datum::Interval;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// What a DDL statement would lock, and what it would do under each lock. Nothing runs; like EXPLAIN it plans, which
/// evaluates IMMUTABLE functions of constants.
///
/// # Arguments
/// * `statement` - one DDL statement
///
/// # Errors
/// 22004 for NULL; 42601 where it is not SQL; 22023 where it is not one DDL statement.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.explain(statement pg_catalog.text)
    RETURNS TABLE (relation pg_catalog.text, lock pg_catalog.text, blocks pg_catalog.text, work pg_catalog.text,
                   about pg_catalog."interval", in_the_way pg_catalog.text)
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.explain(pg_catalog.text) IS
    'what a DDL statement would lock, what waits for that, what it would do under the lock, and who is in the way; nothing runs';
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "the row type that pgrx asks for")]
fn explain(
    statement: Option<Text>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(relation, Text),
            name!(lock, Text),
            name!(blocks, Text),
            name!(work, Option<Text>),
            name!(about, Option<Interval>),
            name!(in_the_way, Option<Text>),
        ),
    >,
    ErrorReport,
> {
    let statement = one_statement(statement)?;
    let facts = Live::new(Planning::Allowed).measuring_all();
    let effects = effects::of(&statement, &facts);
    let rows: Vec<_> = effects
        .relations()
        .iter()
        .filter_map(|effect| {
            // A partitioned table is empty; its partitions have rows of their own.
            let relation = facts.relation(&QualifiedName { only: true, ..effect.name.clone() }).found()?;
            let doubt =
                effects.doubts().iter().find(|(name, _)| *name == effect.name).map(|(_, reason)| reason.as_str());
            Some((
                Text(facts.identity(&relation)),
                Text::from(effect.lock.name()),
                Text::from(effect.lock.blocks()),
                work(effect, &relation, doubt).map(Text),
                seconds(effect, &relation).map(|seconds| Interval::from_seconds(rounded(seconds))),
                in_the_way(facts.holders(&QualifiedName { only: true, ..effect.name.clone() }), effect.lock).map(Text),
            ))
        })
        .collect();
    Ok(TableIterator::new(rows))
}

fn one_statement(text: Option<Text>) -> Result<Statement, Error> {
    let Text(text) = text.ok_or_else(|| {
        Error::new(Code::NullNotAllowed, "statement must not be null")
            .hint("Pass one DDL statement: SELECT * FROM warden.explain('ALTER TABLE ...');")
    })?;
    let mut parsed = ast::parse(&text::encode(&text));
    if let Some(error) = parsed.error {
        return Err(Error::new(Code::SyntaxError, error.message));
    }
    let count = parsed.statements.len();
    match parsed.statements.pop().map(|located| located.statement) {
        Some(Statement::Select(_) | Statement::Write(_)) if count == 1 => {
            Err(Error::new(Code::InvalidParameter, "this is not a DDL statement")
                .hint("Queries, and statements that write rows, are explained by EXPLAIN."))
        }
        Some(statement) if count == 1 => Ok(statement),
        _ => Err(Error::new(Code::InvalidParameter, format!("expected one statement, and found {count}"))
            .hint("For a script: SELECT * FROM warden.lint('...');")),
    }
}

/// What is done under the lock, in words.
fn work(effect: &Effect, relation: &Relation, doubt: Option<&str>) -> Option<String> {
    let mut parts = Vec::new();
    if effect.work.emptied {
        parts.push("emptied".to_owned());
    } else if effect.work.rewritten {
        parts.push(if effect.is_index {
            "built again".to_owned()
        } else {
            format!("written again: {}", size(relation))
        });
    } else if effect.work.scanned {
        parts.push(format!("read: {}", size(relation)));
    }
    if !effect.work.builds.is_empty() {
        let names: Vec<_> = effect.work.builds.iter().filter(|name| !name.is_empty()).cloned().collect();
        parts.push(if names.is_empty() {
            "index built".to_owned()
        } else {
            format!("index built: {}", names.join(", "))
        });
    }
    if let Some(reason) = doubt {
        parts.push(format!("not certain: {reason}"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn size(relation: &Relation) -> String {
    match (relation.rows(), relation.bytes()) {
        (Some(rows), Some(bytes)) => format!("{} rows, {}", Quantity::Rows(rows), Quantity::Bytes(bytes)),
        (Some(rows), None) => format!("{} rows", Quantity::Rows(rows)),
        (None, Some(bytes)) => Quantity::Bytes(bytes).to_string(),
        (None, None) => "size not known".to_owned(),
    }
}

/// About how long the work takes, for tables whose size is known. That of an index counts with its table.
fn seconds(effect: &Effect, relation: &Relation) -> Option<f64> {
    if effect.work.is_none() || effect.work.emptied || effect.is_index {
        return None;
    }
    let each = if effect.work.rewritten {
        cost::rewrite_seconds(relation)?
    } else if effect.work.looked_up {
        cost::look_up_seconds(relation)?
    } else {
        cost::scan_seconds(relation)?
    };
    let builds = u32::try_from(effect.work.builds.len()).unwrap_or(u32::MAX);
    Some(each + f64::from(builds) * cost::index_build_seconds(relation)?)
}

/// Two digits, for that is all an estimate is worth.
fn rounded(seconds: f64) -> f64 {
    if seconds <= 0.0 {
        return 0.0;
    }
    let unit = 10_f64.powf(seconds.log10().floor() - 1.0);
    (seconds / unit).round() * unit
}

/// Who has, or waits for, a lock that this one would wait for.
fn in_the_way(holders: Vec<Holder>, lock: Lock) -> Option<String> {
    let conflicting: Vec<Holder> =
        holders.into_iter().filter(|holder| holder.lock.conflicts_with(lock) && !holder.gives_way).collect();
    (!conflicting.is_empty()).then(|| wording::holders(&conflicting))
}
