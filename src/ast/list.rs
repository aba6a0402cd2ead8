//! Lists as they stand within a statement, read with the server's own grammar.
//!
//! Vouches for: nodes are read where their tag says what they are.

use super::node::{Node, nodes};
use super::parse::{parse, raw_parse};
use super::{ColumnDef, CreateTable, Opaque, Statement};
use crate::text;
use pgrx::{memcx, pg_sys};

/// Columns as CREATE TABLE would have them, with a name, a type and perhaps NOT NULL. Their nodes live in the current
/// memory context.
///
/// # Errors
/// Why it is no such list, as a sentence.
pub(crate) fn columns_of_list(list: &str) -> Result<Vec<ColumnDef>, String> {
    let mut parsed = parse(&text::encode(&format!("CREATE TABLE t (\n{list}\n)")));
    if let Some(error) = parsed.error {
        return Err(sentence(&error.message));
    }
    match (parsed.statements.pop().map(|located| located.statement), parsed.statements.as_slice()) {
        (Some(Statement::CreateTable(table)), []) if has_plain_columns_alone(&table) => Ok(table.columns),
        _ => Err("A column is written with its name, its type and perhaps NOT NULL.".to_owned()),
    }
}

fn has_plain_columns_alone(table: &CreateTable) -> bool {
    let nothing_else = table.constraints.is_empty()
        && table.parents.is_empty()
        && !table.partitioned
        && !table.copies_definition
        && !table.columns.is_empty();
    nothing_else
        && table.columns.iter().all(|column| {
            column.constraints.is_empty()
                && column.default.is_none()
                && column.serial.is_none()
                && !(column.identity || column.generated)
        })
}

/// Types separated by commas, as PREPARE has them. Their nodes live in the current memory context.
///
/// # Errors
/// Why it is no such list, as a sentence.
pub(crate) fn types_of_list(list: &str) -> Result<Vec<Opaque>, String> {
    let statement = format!("PREPARE p (\n{list}\n) AS SELECT");
    let statement = text::encode(&statement);
    let raw = raw_parse(&statement).map_err(|error| sentence(&error.message))?;
    memcx::current_context(|mcx| {
        // SAFETY: `raw_parse` returns a list of `RawStmt` in the current context, or none.
        let mut statements = unsafe { nodes(raw, mcx) };
        let prepared = statements
            .next()
            .filter(|_| statements.next().is_none())
            .and_then(Node::cast::<pg_sys::RawStmt>)
            // SAFETY: a field of a live node.
            .and_then(|raw| unsafe { Node::from_ptr(raw.stmt, mcx) })
            .and_then(Node::cast::<pg_sys::PrepareStmt>)
            .ok_or("Types are separated by commas.")?;
        // SAFETY: a field of a live node.
        let types = unsafe { nodes(prepared.argtypes, mcx) };
        Ok(types.map(|node| Opaque { node: node.address(), ..Opaque::default() }).collect())
    })
}

/// `syntax error at or near ")"` as a sentence.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
