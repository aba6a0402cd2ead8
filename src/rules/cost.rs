//! How long work under a lock takes, roughly: one figure a unit of work, measured with `make bench` on two shared cores.
//! The order of size is what counts; messages say "about".
#![forbid(unsafe_code)]

use super::Quantity;
use crate::facts::Relation;

/// Seconds a row to sort it into a btree and write it.
const INDEX_ROW: f64 = 0.6e-6;
/// Seconds a row to read it and evaluate a condition.
const CHECK_ROW: f64 = 0.07e-6;
/// Seconds a row to find its partner in a referenced table.
const JOIN_ROW: f64 = 0.35e-6;
/// Seconds a row to write it again, and its index entries.
const REWRITE_ROW: f64 = 1.5e-6;
/// Seconds a byte read in passing.
const READ_BYTE: f64 = 1.0 / 1.5e9;
/// Seconds a byte written.
const WRITE_BYTE: f64 = 1.0 / 0.3e9;

/// `, about 0.7 s here`: building one index. Empty where the size is not known.
pub(super) fn index_build(relation: &Relation) -> String {
    estimate(relation, INDEX_ROW, READ_BYTE)
}

/// Reading every row and evaluating a condition.
pub(super) fn scan(relation: &Relation) -> String {
    estimate(relation, CHECK_ROW, READ_BYTE)
}

/// The same as a sentence, with a leading space.
pub(super) fn scan_sentence(relation: &Relation) -> String {
    let estimate = scan(relation);
    if estimate.is_empty() { estimate } else { format!(" The scan takes{}.", estimate.trim_start_matches(',')) }
}

/// Looking every row up in another table.
pub(super) fn foreign_key_check(relation: &Relation) -> String {
    estimate(relation, JOIN_ROW, READ_BYTE)
}

/// Writing every row again.
pub(super) fn rewrite(relation: &Relation) -> String {
    estimate(relation, REWRITE_ROW, WRITE_BYTE)
}

/// Writing every page again, as it is.
pub(super) fn copy(relation: &Relation) -> String {
    estimate(relation, 0.0, WRITE_BYTE)
}

/// Seconds to build one index; `None` where the size is not known.
pub(crate) fn index_build_seconds(relation: &Relation) -> Option<f64> {
    seconds(relation, INDEX_ROW, READ_BYTE)
}

/// Seconds to read every row and evaluate a condition.
pub(crate) fn scan_seconds(relation: &Relation) -> Option<f64> {
    seconds(relation, CHECK_ROW, READ_BYTE)
}

/// Seconds to look every row up in another table.
pub(crate) fn look_up_seconds(relation: &Relation) -> Option<f64> {
    seconds(relation, JOIN_ROW, READ_BYTE)
}

/// Seconds to write every row again.
pub(crate) fn rewrite_seconds(relation: &Relation) -> Option<f64> {
    seconds(relation, REWRITE_ROW, WRITE_BYTE)
}

fn estimate(relation: &Relation, per_row: f64, per_byte: f64) -> String {
    seconds(relation, per_row, per_byte).map_or_else(String::new, |s| format!(", about {} here", Quantity::Seconds(s)))
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn seconds(relation: &Relation, per_row: f64, per_byte: f64) -> Option<f64> {
    match (relation.rows(), relation.bytes()) {
        (None, None) => None,
        (rows, bytes) => Some(rows.unwrap_or(0.0) * per_row + bytes.unwrap_or(0) as f64 * per_byte),
    }
}
