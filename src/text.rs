//! Text at the border: UTF-8 inside, the database's own encoding outside.
//!
//! pgrx hands text out as UTF-8 only, and raises an error for any other byte, so that a name with an umlaut in a
//! LATIN1 database would be refused. Every string that comes from the server or goes to it passes through here.
//!
//! This module vouches for: pointers given to it are null or NUL-terminated strings, or varlena text, of this backend.
#![allow(unsafe_code, reason = "reads and makes text datums; see the module's promise")]

use crate::server;
use core::ffi::{CStr, c_char, c_int};
use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::prelude::*;
use std::borrow::Cow;

/// First of the 256 private-use code points that stand for bytes which are not UTF-8 (SQL_ASCII databases).
const RAW_BYTES: u32 = 0xF700;

/// A `text` argument, result or column, converted from and to the encoding of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromDatum for Text {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, oid: pg_sys::Oid) -> Option<Self> {
        // SAFETY: the caller vouches for a datum of a varlena type; text and bytea share their layout.
        unsafe { <&[u8]>::from_polymorphic_datum(datum, is_null, oid) }.map(|bytes| Self(decode(bytes).into_owned()))
    }
}

impl IntoDatum for Text {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        let bytes = encode(&self.0);
        let length = c_int::try_from(bytes.len()).ok()?;
        // SAFETY: the bytes are alive and as long as said; the result is a copy in the current memory context.
        Some(unsafe { pg_sys::cstring_to_text_with_len(bytes.as_ptr().cast::<c_char>(), length) }.into())
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::TEXTOID
    }
}

// SAFETY: the SQL type is `text`, and that is what `FromDatum` and `IntoDatum` above read and make.
unsafe impl SqlTranslatable for Text {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Text);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("text"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = Ok(ReturnsRef::One(SqlMappingRef::literal("text")));
}

// SAFETY: as for any type with `FromDatum`; functions that take text which may be NULL take `Option<Text>`.
unsafe impl<'fcx> ArgAbi<'fcx> for Text {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: the argument was declared `text`.
        unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or(Self(String::new()))
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> pgrx::nullable::Nullable<Self> {
        // SAFETY: the argument was declared `text`.
        unsafe { arg.unbox_arg_using_from_datum() }.into()
    }
}

// SAFETY: a text datum, or NULL.
unsafe impl BoxRet for Text {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        match self.into_datum() {
            // SAFETY: the datum was made above for this very call.
            Some(datum) => unsafe { fcinfo.return_raw_datum(datum) },
            None => fcinfo.return_null(),
        }
    }
}

/// A `text[]` argument; elements may be NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextArray(pub(crate) Vec<Option<Text>>);

impl FromDatum for TextArray {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, _oid: pg_sys::Oid) -> Option<Self> {
        if is_null {
            return None;
        }
        let (mut values, mut nulls, mut count) = (core::ptr::null_mut(), core::ptr::null_mut(), 0);
        // SAFETY: the caller vouches for an array of text, whose elements are of variable length and aligned as integers.
        unsafe {
            let array = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast::<pg_sys::ArrayType>();
            let alignment = pg_sys::TYPALIGN_INT.cast_signed();
            pg_sys::deconstruct_array(
                array,
                pg_sys::TEXTOID,
                -1,
                false,
                alignment,
                &raw mut values,
                &raw mut nulls,
                &raw mut count,
            );
        }
        let count = usize::try_from(count).unwrap_or(0);
        // SAFETY: both have as many elements as the server counted.
        let elements = (0..count).map(|i| unsafe { Text::from_datum(*values.add(i), *nulls.add(i)) });
        Some(Self(elements.collect()))
    }
}

// SAFETY: the SQL type is `text[]`, and that is what `FromDatum` above reads; it is never returned.
unsafe impl SqlTranslatable for TextArray {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(TextArray);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("text[]"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = Ok(ReturnsRef::One(SqlMappingRef::literal("text[]")));
}

// SAFETY: as for `Text`.
unsafe impl<'fcx> ArgAbi<'fcx> for TextArray {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: the argument was declared `text[]`.
        unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or(Self(Vec::new()))
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> pgrx::nullable::Nullable<Self> {
        // SAFETY: the argument was declared `text[]`.
        unsafe { arg.unbox_arg_using_from_datum() }.into()
    }
}

/// Whether text is stored as it is, without a conversion that the server knows.
fn is_raw_encoding(encoding: c_int) -> bool {
    encoding == number_of(pg_sys::pg_enc::PG_SQL_ASCII)
}

/// An encoding as the server's functions take it.
fn number_of(encoding: pg_sys::pg_enc::Type) -> c_int {
    c_int::try_from(encoding).unwrap_or(0)
}

fn database_encoding() -> c_int {
    // SAFETY: reads a backend-local setting.
    unsafe { pg_sys::GetDatabaseEncoding() }
}

/// Whether names and messages may hold any character.
pub(crate) fn database_is_utf8() -> bool {
    database_encoding() == number_of(pg_sys::pg_enc::PG_UTF8)
}

/// Bytes of the database's encoding as a `String`. Bytes that are not text (SQL_ASCII) become private-use characters,
/// from which [`encode`] makes the same bytes again.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if bytes.is_ascii() {
        // SAFETY: what is ASCII is UTF-8.
        return Cow::Borrowed(unsafe { core::str::from_utf8_unchecked(bytes) });
    }
    if database_is_utf8() || is_raw_encoding(database_encoding()) {
        return Cow::Owned(decode_raw(bytes));
    }
    let Ok(length) = c_int::try_from(bytes.len()) else {
        return String::from_utf8_lossy(bytes);
    };
    // SAFETY: the bytes are alive and as long as said; the result is NUL-terminated, in the current memory context.
    unsafe {
        let converted =
            pg_sys::pg_server_to_any(bytes.as_ptr().cast::<c_char>(), length, number_of(pg_sys::pg_enc::PG_UTF8));
        if converted.cast_const() == bytes.as_ptr().cast::<c_char>() {
            String::from_utf8_lossy(bytes)
        } else {
            Cow::Owned(CStr::from_ptr(converted).to_string_lossy().into_owned())
        }
    }
}

fn decode_raw(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().filter_map(|b| char::from_u32(RAW_BYTES + u32::from(*b))));
    }
    text
}

/// A `String` as bytes of the database's encoding.
///
/// # Errors
/// Raises the server's own error when a character has no place in that encoding.
pub(crate) fn encode(text: &str) -> Cow<'_, [u8]> {
    if text.is_ascii() || database_is_utf8() {
        return Cow::Borrowed(text.as_bytes());
    }
    if is_raw_encoding(database_encoding()) {
        return Cow::Owned(encode_raw(text));
    }
    let Ok(length) = c_int::try_from(text.len()) else {
        return Cow::Borrowed(&[]);
    };
    // SAFETY: the bytes are alive and as long as said; a result other than the argument is NUL-terminated.
    unsafe {
        let converted =
            pg_sys::pg_any_to_server(text.as_ptr().cast::<c_char>(), length, number_of(pg_sys::pg_enc::PG_UTF8));
        if converted.cast_const() == text.as_ptr().cast::<c_char>() {
            Cow::Borrowed(text.as_bytes())
        } else {
            Cow::Owned(CStr::from_ptr(converted).to_bytes().to_vec())
        }
    }
}

fn encode_raw(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut buffer = [0_u8; 4];
    for c in text.chars() {
        match u32::from(c).checked_sub(RAW_BYTES).and_then(|b| u8::try_from(b).ok()) {
            Some(byte) if byte >= 0x80 => bytes.push(byte),
            _ => bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
        }
    }
    bytes
}

/// A NUL-terminated string of the server, or `None` for a null pointer.
///
/// # Safety
/// `s` is null or a NUL-terminated string that outlives the call.
pub(crate) unsafe fn from_c(s: *const c_char) -> Option<String> {
    // SAFETY: as the caller says.
    unsafe { name_from_c(s) }
}

/// The same for what is kept as something else, such as a name that is shared.
///
/// # Safety
/// As for [`from_c`].
pub(crate) unsafe fn name_from_c<T: for<'a> From<Cow<'a, str>>>(s: *const c_char) -> Option<T> {
    // SAFETY: as the caller says.
    (!s.is_null()).then(|| decode(unsafe { CStr::from_ptr(s) }.to_bytes()).into())
}

/// A copy for the server, NUL-terminated and in the current memory context; text after a NUL is cut off.
pub(crate) fn to_c(text: &str) -> *mut c_char {
    let bytes = encode(text);
    // SAFETY: as many bytes as said, which are copied.
    unsafe { server::pnstrdup(bytes.as_ptr().cast::<c_char>(), bytes.len()) }
}

/// A text without what would begin another line or move the cursor.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The candidate that is nearest to a word, if any is near.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A word is at least as far as it is longer or shorter.
    candidates
        .filter(|candidate| word.len().abs_diff(candidate.len()) <= candidate.len() / 2)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len() / 2)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_come_back_unchanged() {
        for bytes in [&b"plain"[..], b"caf\xe9", b"\xff\x80 x", "\u{fc}ml\u{e4}ut".as_bytes()] {
            assert_eq!(encode_raw(&decode_raw(bytes)), bytes);
        }
    }
}
