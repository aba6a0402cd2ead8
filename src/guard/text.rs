//! The text that the client sent, and the statement in it that runs now.
//!
//! Vouches for: the text of a query, and its portal, stay while its statements run; nothing of them is kept longer.
#![allow(unsafe_code, reason = "reads the query's text and portal; see the module's promise")]

use crate::ast::{Comment, QualifiedName, Source};
use crate::{text, transaction};
use core::cell::{Cell, RefCell};
use core::ffi::{CStr, c_char, c_int};
use pgrx::pg_sys;
use std::rc::Rc;

/// The text that the client sent.
#[derive(Clone, Copy)]
pub(super) struct QueryText {
    start: *const c_char,
    len: usize,
}

/// A statement is read this far after its first name; what is longer is not quoted in hints.
const STATEMENT_BYTES: usize = 64 * 1024;

/// What every opt-out holds: a text without it need not be scanned for comments.
const MARK: &CStr = c"warden:allow";

/// Address, time and length of a text: a long one of many statements is read once.
type Known = (usize, i64, usize);

thread_local! {
    static MEASURED: Cell<Known> = const { Cell::new((0, 0, 0)) };
    static COMMENTS: RefCell<(Known, Rc<[Comment]>)> = RefCell::new(((0, 0, 0), Rc::new([])));
}

impl QueryText {
    pub(super) fn current() -> Option<Self> {
        // SAFETY: reads a global of this backend; the text is NUL-terminated, and stays while its statements run.
        unsafe { Self::at(pg_sys::debug_query_string) }
    }

    /// # Safety
    /// Null, or a NUL-terminated text that stays while its statements run.
    unsafe fn at(start: *const c_char) -> Option<Self> {
        if start.is_null() {
            return None;
        }
        let now = transaction::statement_time();
        let (address, time, len) = MEASURED.get();
        // A short text is measured again: its place may hold another one by now.
        if len > STATEMENT_BYTES && (address, time) == (start as usize, now) {
            return Some(Self { start, len });
        }
        // SAFETY: as the caller says.
        let len = unsafe { CStr::from_ptr(start) }.to_bytes().len();
        MEASURED.set((start as usize, now, len));
        Some(Self { start, len })
    }

    fn bytes(self) -> &'static [u8] {
        // SAFETY: measured by `at`, in the same statement.
        unsafe { core::slice::from_raw_parts(self.start.cast::<u8>(), self.len) }
    }

    /// Whether the name stands where its offset says.
    pub(super) fn has_at(self, name: &QualifiedName) -> bool {
        let Some(rest) = name.at.and_then(|at| self.bytes().get(at..)) else { return false };
        // CREATE TABLE writes the schema into the tree where the text has none.
        let begins_with = |part: &Rc<str>| {
            let part = text::encode(part);
            rest.get(..part.len()).is_some_and(|written| written.eq_ignore_ascii_case(&part))
        };
        rest.first() == Some(&b'"') || name.schema.as_ref().is_some_and(begins_with) || begins_with(&name.name)
    }

    /// The text from an offset on, for a while.
    pub(super) fn after(self, at: usize) -> &'static [u8] {
        let rest = self.bytes().get(at..).unwrap_or_default();
        rest.get(..STATEMENT_BYTES).unwrap_or(rest)
    }

    /// The character position, from 1, of a byte offset.
    pub(super) fn character_at(self, at: usize) -> Option<usize> {
        let at = c_int::try_from(at).ok()?;
        // SAFETY: the offset lies within the text.
        usize::try_from(unsafe { pg_sys::pg_mbstrlen_with_len(self.start, at) }).ok().map(|before| before + 1)
    }

    /// Its comments, where one of them may be an opt-out.
    fn comments(self) -> Rc<[Comment]> {
        // SAFETY: both are NUL-terminated.
        if unsafe { strstr(self.start, MARK.as_ptr()) }.is_null() {
            return Rc::new([]);
        }
        let known = (self.start as usize, transaction::statement_time(), self.len);
        COMMENTS.with_borrow_mut(|(of, comments)| {
            if self.len <= STATEMENT_BYTES || *of != known {
                *comments = Source::known(self.bytes()).comments().into();
                *of = known;
            }
            Rc::clone(comments)
        })
    }
}

unsafe extern "C" {
    /// string.h
    fn strstr(text: *const c_char, word: *const c_char) -> *mut c_char;
}

/// The statement that runs now, as the client wrote it: found by its tree in the portal that runs, and by the places that
/// the parser gave it. Not one that a function runs, for its text is not the client's.
#[derive(Clone, Copy)]
pub(super) struct Written {
    text: QueryText,
    from: usize,
    to: usize,
}

impl Written {
    pub(super) fn of(parsetree: *mut pg_sys::Node) -> Option<Self> {
        // SAFETY: null, or the portal that runs, whose statements and text stay meanwhile.
        unsafe {
            let portal = pg_sys::ActivePortal.as_ref()?;
            let text = QueryText::at(portal.sourceText)?;
            let statements = portal.stmts.as_ref()?;
            let nodes =
                (0..usize::try_from(statements.length).unwrap_or(0)).map(|i| (*statements.elements.add(i)).ptr_value);
            nodes
                .map(|node| &*node.cast::<pg_sys::PlannedStmt>())
                .filter(|statement| statement.commandType == pg_sys::CmdType::CMD_UTILITY)
                .find(|statement| is_same(statement.utilityStmt, parsetree))
                .and_then(|statement| Self::between(text, statement.stmt_location, statement.stmt_len))
        }
    }

    fn between(text: QueryText, location: c_int, len: c_int) -> Option<Self> {
        // -1 is told where the place is not known.
        let from = usize::try_from(location).ok()?;
        let to = match usize::try_from(len) {
            Ok(len) if len > 0 => from + len,
            _ => text.len,
        };
        (to <= text.len).then_some(Self { text, from, to })
    }

    fn bytes(self) -> &'static [u8] {
        self.text.bytes().get(self.from..self.to).unwrap_or_default()
    }

    /// The statement alone, without the options of servers and foreign tables, which may be secret.
    pub(super) fn publishable(self) -> Option<String> {
        let statement = Source::known(self.bytes());
        statement.without_options().map(|statement| statement.trim().to_owned())
    }

    /// The comments in it and directly before it, where one of them may be an opt-out.
    pub(super) fn comments(self) -> Vec<String> {
        let comments = self.text.comments();
        let own = comments.iter().filter(|comment| comment.belongs_to(self.from, self.to));
        own.map(|comment| comment.text.clone()).collect()
    }
}

/// Whether two nodes are the same statement: the server may run a copy.
///
/// # Safety
/// Both are null or nodes.
unsafe fn is_same(a: *mut pg_sys::Node, b: *mut pg_sys::Node) -> bool {
    // SAFETY: as the caller says.
    !a.is_null() && !b.is_null() && (a == b || unsafe { (*a).type_ == (*b).type_ && pg_sys::equal(a.cast(), b.cast()) })
}
