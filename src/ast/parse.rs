//! SQL text to [`Located`] statements with the server's own grammar. Nothing is executed.
//!
//! Vouches for: the error context callback is taken off the stack before its frame goes.

use super::node::{Node, nodes};
use super::{Located, Source, lower};
use core::ffi::{CStr, c_int, c_void};
use pgrx::memcx;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::*;
use std::ffi::CString;

/// Where and why a text is not SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    /// Byte offset, where the server gives one.
    pub(crate) at: Option<usize>,
}

/// The statements of a text, up to the first that is not SQL.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) statements: Vec<Located>,
    pub(crate) error: Option<SyntaxError>,
}

/// Parses bytes in the encoding of the database. The parse nodes that statements refer to live in the current memory
/// context.
pub(crate) fn parse(sql: &[u8]) -> Parsed {
    match raw_parse(sql) {
        Ok(raw) => Parsed { statements: statements(sql, raw), error: None },
        Err(error) => Parsed { statements: statements_before(sql, &error), error: Some(error) },
    }
}

/// The statements before an error: the text up to the last semicolon before it that makes whole statements.
fn statements_before(sql: &[u8], error: &SyntaxError) -> Vec<Located> {
    let readable = sql.get(..error.at.unwrap_or(0)).unwrap_or(sql);
    Source::known(readable)
        .semicolons()
        .into_iter()
        .rev()
        .take(MAX_CUTS)
        .find_map(|end| {
            let before = sql.get(..end)?;
            raw_parse(before).ok().map(|raw| statements(before, raw))
        })
        .unwrap_or_default()
}

/// More nested semicolons than these (a BEGIN ATOMIC body that is broken) are not worth a try each.
const MAX_CUTS: usize = 64;

pub(super) fn raw_parse(sql: &[u8]) -> Result<*mut pg_sys::List, SyntaxError> {
    let text = CString::new(sql)
        .map_err(|error| SyntaxError { message: "NUL byte in SQL".into(), at: Some(error.nul_position()) })?;
    let watch = PositionWatch::start();
    // Catching an error of the raw parser needs no subtransaction: it touches nothing but memory.
    let raw = PgTryBuilder::new(std::panic::AssertUnwindSafe(|| {
        // SAFETY: the text outlives the call.
        Ok(unsafe { pg_sys::raw_parser(text.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT) })
    }))
    .catch_when(PgSqlErrorCode::ERRCODE_SYNTAX_ERROR, message)
    .catch_when(PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED, message)
    .catch_when(PgSqlErrorCode::ERRCODE_INVALID_ESCAPE_SEQUENCE, message)
    .catch_when(PgSqlErrorCode::ERRCODE_NONSTANDARD_USE_OF_ESCAPE_CHARACTER, message)
    .catch_when(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
    .catch_when(PgSqlErrorCode::ERRCODE_INVALID_NAME, message)
    .catch_when(PgSqlErrorCode::ERRCODE_RESERVED_NAME, message)
    .execute();
    let position = watch.position();
    drop(watch);
    raw.map_err(|message| SyntaxError { message, at: position.and_then(|p| byte_offset(&text, p)) })
}

fn message(error: CaughtError) -> Result<*mut pg_sys::List, String> {
    match error {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => Err(report.message().to_owned()),
        panic @ CaughtError::RustPanic { .. } => panic.rethrow(),
    }
}

/// The byte offset of a 1-based character position.
fn byte_offset(text: &CStr, position: c_int) -> Option<usize> {
    let length = c_int::try_from(text.to_bytes().len()).ok()?;
    // SAFETY: the text is as long as said.
    usize::try_from(unsafe { pg_sys::pg_mbcharcliplen(text.as_ptr(), length, position - 1) }).ok()
}

fn statements(sql: &[u8], raw: *mut pg_sys::List) -> Vec<Located> {
    let source = Source::known(sql);
    memcx::current_context(|mcx| {
        // SAFETY: `raw_parser` returns a list of `RawStmt` in the current context.
        unsafe { nodes(raw, mcx) }
            .filter_map(Node::cast::<pg_sys::RawStmt>)
            .filter_map(|statement| {
                pgrx::check_for_interrupts!();
                // SAFETY: a field of a live node.
                let node = unsafe { Node::from_ptr(statement.stmt, mcx) }?;
                located(sql, &source, statement, node, mcx)
            })
            .collect()
    })
}

fn located<'mcx>(
    sql: &[u8],
    source: &Source,
    statement: &pg_sys::RawStmt,
    node: Node<'mcx>,
    mcx: &memcx::MemCx<'mcx>,
) -> Option<Located> {
    let from = usize::try_from(statement.stmt_location).unwrap_or(0);
    let to = match usize::try_from(statement.stmt_len) {
        Ok(len) if len > 0 => from + len,
        _ => sql.len(),
    };
    let start = from + Source::known(sql.get(from..to)?).first_token().unwrap_or(0);
    Some(Located { statement: lower(node, &source.until(to), mcx), start, len: to - start })
}

/// Notes where in the query string an error points, which pgrx's report of the error does not carry.
///
/// Restores the context stack when dropped, so also while an error that `raw_parse` does not catch unwinds through it:
/// the server walks that stack when the error is raised again, and must not find a frame that is gone.
struct PositionWatch {
    callback: pg_sys::ErrorContextCallback,
    at: c_int,
}

impl PositionWatch {
    #[expect(clippy::unnecessary_box_returns, reason = "the server keeps its address")]
    fn start() -> Box<Self> {
        let mut watch = Box::new(Self {
            callback: pg_sys::ErrorContextCallback {
                // SAFETY: reads a backend-local global.
                previous: unsafe { pg_sys::error_context_stack },
                callback: Some(note_position),
                arg: core::ptr::null_mut(),
            },
            at: 0,
        });
        watch.callback.arg = (&raw mut watch.at).cast::<c_void>();
        // SAFETY: the box keeps the callback at one address until `drop` takes it off the stack again.
        unsafe { pg_sys::error_context_stack = &raw mut watch.callback };
        watch
    }

    /// The 1-based character position of the last error, if it had one.
    fn position(&self) -> Option<c_int> {
        Some(self.at).filter(|at| *at > 0)
    }
}

impl Drop for PositionWatch {
    fn drop(&mut self) {
        // SAFETY: puts back what `start` found.
        unsafe { pg_sys::error_context_stack = self.callback.previous };
    }
}

unsafe extern "C-unwind" fn note_position(arg: *mut c_void) {
    // SAFETY: called by `errfinish` while a `PositionWatch` is on the stack; `arg` is its field.
    unsafe { *arg.cast::<c_int>() = pg_sys::geterrposition() };
}
