//! Reports with every field the server has, from frames that own nothing.
//!
//! pgrx's `ErrorReport` has no constraint name and no position, and its `ereport!` may longjmp (a cancel while the
//! message is sent, or an ERROR) over Rust values that are alive. Here a report is first copied into server memory
//! ([`Report::new`], which may run Rust code), and later sent by [`Report::send`], which holds nothing to drop.
//!
//! This module vouches for: the declarations below match the server's, and `send` is called from plain frames only.
#![allow(unsafe_code, reason = "declares the server's error reporting; see the module's promise")]

use crate::text;
use core::ffi::{c_char, c_int};
use core::ptr;
use pgrx::pg_sys;

unsafe extern "C-unwind" {
    fn errstart(elevel: c_int, domain: *const c_char) -> bool;
    fn errcode(sqlerrcode: c_int) -> c_int;
    fn errmsg_internal(format: *const c_char, ...) -> c_int;
    fn errdetail_internal(format: *const c_char, ...) -> c_int;
    fn errhint(format: *const c_char, ...) -> c_int;
    fn errposition(cursorpos: c_int) -> c_int;
    fn errhidestmt(hide_stmt: bool) -> c_int;
    fn errhidecontext(hide_ctx: bool) -> c_int;
    fn err_generic_string(field: c_int, text: *const c_char) -> c_int;
    fn errfinish(filename: *const c_char, lineno: c_int, funcname: *const c_char);
}

/// How loud a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// One line in the server log, and nothing beside it: neither the text of the statement nor its context.
    Log,
    /// A NOTICE.
    Notice,
    /// A WARNING.
    Warning,
    /// Aborts the statement.
    Error,
}

/// A report in server memory: nothing to drop, so that a longjmp may pass over it.
#[derive(Clone, Copy)]
pub(crate) struct Report {
    elevel: c_int,
    sqlstate: c_int,
    message: *const c_char,
    detail: *const c_char,
    hint: *const c_char,
    constraint: *const c_char,
    /// Character position in the query string, from 1; 0 for none.
    position: c_int,
}

/// The parts of a report, still in Rust's hands.
pub(crate) struct Parts<'a> {
    pub(crate) severity: Severity,
    /// Five characters.
    pub(crate) sqlstate: &'a str,
    pub(crate) message: &'a str,
    pub(crate) detail: Option<&'a str>,
    pub(crate) hint: Option<&'a str>,
    pub(crate) constraint: Option<&'a str>,
    /// Character position in the query string, from 1.
    pub(crate) position: Option<usize>,
}

impl<'a> Parts<'a> {
    /// A message that is neither an error nor a finding.
    pub(crate) fn plain(severity: Severity, message: &'a str) -> Self {
        Self { severity, sqlstate: "00000", message, detail: None, hint: None, constraint: None, position: None }
    }
}

impl Report {
    /// Copies the parts into the current memory context, in the encoding of the database.
    pub(crate) fn new(parts: &Parts<'_>) -> Self {
        let optional = |part: Option<&str>| part.map_or(ptr::null(), |p| text::to_c(p).cast_const());
        Self {
            elevel: elevel(parts.severity),
            sqlstate: pack_sqlstate(parts.sqlstate),
            message: text::to_c(parts.message),
            detail: optional(parts.detail),
            hint: optional(parts.hint),
            constraint: optional(parts.constraint),
            position: parts.position.and_then(|p| c_int::try_from(p).ok()).unwrap_or(0),
        }
    }

    /// Sends it. With [`Severity::Error`] it does not return; with any severity it may not, when the query is cancelled.
    ///
    /// # Safety
    /// No frame between here and the nearest C frame may own anything that wants dropping.
    pub(crate) unsafe fn send(self) {
        // SAFETY: the strings were made by `new`, the format is constant, and the caller vouches for the frames.
        unsafe {
            if !errstart(self.elevel, ptr::null()) {
                return;
            }
            errcode(self.sqlstate);
            errmsg_internal(c"%s".as_ptr(), self.message);
            if !self.detail.is_null() {
                errdetail_internal(c"%s".as_ptr(), self.detail);
            }
            if !self.hint.is_null() {
                errhint(c"%s".as_ptr(), self.hint);
            }
            if !self.constraint.is_null() {
                err_generic_string(PG_DIAG_CONSTRAINT_NAME, self.constraint);
            }
            if self.position > 0 {
                errposition(self.position);
            }
            if self.elevel == elevel(Severity::Log) {
                errhidestmt(true);
                errhidecontext(true);
            }
            errfinish(c"pg_warden".as_ptr(), 0, c"pg_warden".as_ptr());
        }
    }
}

/// Says something from any frame: interrupts are held while it is sent, so that no cancel can pass over Rust values.
pub(crate) fn say(parts: &Parts<'_>) {
    debug_assert!(parts.severity != Severity::Error);
    let report = Report::new(parts);
    // SAFETY: the boundary turns an error of the server's into an unwind, and its closure owns nothing; the count of
    // holds is put back by the server itself when it handles an error.
    unsafe {
        pg_sys::InterruptHoldoffCount += 1;
        pg_sys::ffi::pg_guard_ffi_boundary(|| report.send());
        pg_sys::InterruptHoldoffCount -= 1;
    }
}

/// Says something beside the result of a function.
pub(crate) fn notice(message: &str) {
    say(&Parts::plain(Severity::Notice, message));
}

/// `PG_DIAG_CONSTRAINT_NAME` of postgres_ext.h, a character constant.
const PG_DIAG_CONSTRAINT_NAME: c_int = b'n' as c_int;

fn elevel(severity: Severity) -> c_int {
    let level = match severity {
        Severity::Log => pg_sys::LOG_SERVER_ONLY,
        Severity::Notice => pg_sys::NOTICE,
        Severity::Warning => pg_sys::WARNING,
        Severity::Error => pg_sys::PGERROR,
    };
    c_int::try_from(level).unwrap_or(0)
}

/// The server's `MAKE_SQLSTATE`: six bits a character.
fn pack_sqlstate(sqlstate: &str) -> c_int {
    sqlstate
        .bytes()
        .take(5)
        .enumerate()
        .fold(0, |packed, (i, byte)| packed | ((c_int::from(byte) - c_int::from(b'0')) & 0x3F) << (6 * i))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlstate_is_packed_as_the_server_does() {
        assert_eq!(pack_sqlstate("00000"), 0);
        // ERRCODE_SYNTAX_ERROR, 42601
        assert_eq!(pack_sqlstate("42601"), 16_801_924);
    }
}
