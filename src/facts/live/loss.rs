//! What a change of type takes from values without a word. Only the types' own code knows; this is what the manual says of
//! it.

use crate::facts::Loss;
use pgrx::pg_sys::{self, Oid};

/// A type with its modifier.
pub(super) type Modified = (Oid, i32);

/// What values lose by an assignment cast; what does not fit fails, and loses nothing.
pub(super) fn of_change(from: Modified, to: Modified) -> Option<Loss> {
    match (from.0, to.0) {
        (
            pg_sys::NUMERICOID | pg_sys::FLOAT4OID | pg_sys::FLOAT8OID,
            pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID,
        ) => Some(Loss::Decimals),
        (pg_sys::NUMERICOID, pg_sys::NUMERICOID) => loses_decimals(from.1, to.1).then_some(Loss::Decimals),
        (pg_sys::FLOAT8OID, pg_sys::FLOAT4OID) => Some(Loss::Digits),
        (pg_sys::NUMERICOID, pg_sys::FLOAT4OID) => exceeds(from.1, 6).then_some(Loss::Digits),
        (pg_sys::NUMERICOID, pg_sys::FLOAT8OID) => exceeds(from.1, 15).then_some(Loss::Digits),
        (pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID, pg_sys::DATEOID) => Some(Loss::Time),
        (pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID, pg_sys::TIMEOID | pg_sys::TIMETZOID) => Some(Loss::Date),
        (old, new) if has_fractions_of_seconds(old) && has_fractions_of_seconds(new) => {
            (digits(to.1) < digits(from.1)).then_some(Loss::Fractions)
        }
        _ => None,
    }
}

/// Of numeric(p, s) the scale, as `numeric_typmod_scale` of the server reads it; `None` for as many as there are.
fn scale(modifier: i32) -> Option<i32> {
    (modifier >= 4).then(|| (((modifier - 4) & 0x7ff) ^ 1024) - 1024)
}

fn loses_decimals(from: i32, to: i32) -> bool {
    match (scale(from), scale(to)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(from), Some(to)) => to < from,
    }
}

/// Whether numeric(p, s) may have more digits than these.
fn exceeds(modifier: i32, digits: i32) -> bool {
    modifier < 4 || ((modifier - 4) >> 16) & 0xffff > digits
}

fn has_fractions_of_seconds(type_: Oid) -> bool {
    [pg_sys::TIMESTAMPOID, pg_sys::TIMESTAMPTZOID, pg_sys::TIMEOID, pg_sys::TIMETZOID].contains(&type_)
}

/// Digits after the second: six where nothing is said.
fn digits(modifier: i32) -> i32 {
    if modifier < 0 { 6 } else { modifier }
}
