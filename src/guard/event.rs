//! The event triggers' C function: from `EventTriggerData` to reports.
//!
//! Vouches for: the function is called by the function manager; reports are sent from a frame that owns nothing; an
//! error of our own is caught in a subtransaction and said, and the user's statement goes on.
#![allow(unsafe_code, reason = "the event trigger's entry point; see the module's promise")]

use super::{Mode, commit, is_quiet_for_restore, lock_wait, mode, own_warning, reports, restore_report, selection};
use crate::ast::{self, Node, QualifiedName, Source, Statement};
use crate::error::emit::Report;
use crate::facts::live::{self, Live, Planning};
use crate::finding::{Finding, Level};
use crate::rules::{Area, Quantity};
use crate::{rules, spi};
use core::cell::Cell;
use core::ffi::{CStr, c_char, c_int};
use core::ptr;
use pgrx::prelude::*;
use pgrx::{memcx, pg_sys};

/// Reports to be sent, in server memory: nothing to drop.
#[derive(Clone, Copy)]
pub(super) struct Outbox {
    reports: *const Report,
    count: usize,
}

impl Outbox {
    const EMPTY: Self = Self { reports: ptr::null(), count: 0 };

    /// Moves reports into the current memory context.
    pub(super) fn new(reports: &[Report]) -> Self {
        if reports.is_empty() {
            return Self::EMPTY;
        }
        // SAFETY: `palloc` gives memory aligned for any of the server's structs, and as much as asked.
        let room = unsafe { pg_sys::palloc(size_of_val(reports)) }.cast::<Report>();
        // SAFETY: the room is as large as the reports, and new.
        unsafe { ptr::copy_nonoverlapping(reports.as_ptr(), room, reports.len()) };
        Self { reports: room, count: reports.len() }
    }

    /// Sends them; an ERROR among them does not return.
    ///
    /// # Safety
    /// As for [`Report::send`].
    pub(super) unsafe fn send(self) {
        for i in 0..self.count {
            // SAFETY: `new` put as many there; the caller vouches for the frames.
            unsafe { (*self.reports.add(i)).send() };
        }
    }
}

/// What PostgreSQL looks up before it calls [`warden_guard`].
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_warden_guard() -> &'static pg_sys::Pg_finfo_record {
    const VERSION_1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &VERSION_1
}

/// The function of the four event triggers.
///
/// # Safety
/// Called by the function manager.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn warden_guard(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: the guard turns panics into errors before they reach C, and hands out plain memory.
    let outbox = unsafe { pg_sys::panic::pgrx_extern_c_guard(move || judge(fcinfo)) };
    // SAFETY: this frame owns nothing.
    unsafe { outbox.send() };
    pg_sys::Datum::from(0)
}

fn judge(fcinfo: pg_sys::FunctionCallInfo) -> Outbox {
    // SAFETY: the function manager's call; a null context is a node of no kind.
    let context = unsafe { (*fcinfo).context };
    // SAFETY: null, or a node, whose tag comes first.
    if context.is_null() || unsafe { (*context).type_ } != pg_sys::NodeTag::T_EventTriggerData {
        ereport!(
            ERROR,
            PgSqlErrorCode::ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED,
            "not called by the event trigger manager"
        );
    }
    // SAFETY: the tag was checked.
    let data = unsafe { &*context.cast::<pg_sys::EventTriggerData>() };
    if !is_on_duty() {
        return Outbox::EMPTY;
    }
    // SAFETY: the event's name, a constant of the server.
    match unsafe { CStr::from_ptr(data.event) }.to_bytes() {
        b"ddl_command_start" => at_start(data.parsetree),
        b"ddl_command_end" => at_end(data.parsetree),
        b"table_rewrite" => at_rewrite(),
        _ => Outbox::EMPTY,
    }
}

/// Nothing is looked at when switched off, in an extension's script, in pg_upgrade, and in DDL of our own.
fn is_on_duty() -> bool {
    // SAFETY: reads globals of this backend.
    let (upgrading, installing) = unsafe { (pg_sys::IsBinaryUpgrade, pg_sys::creating_extension) };
    mode() != Mode::Off && !upgrading && !installing && !spi::is_own_ddl()
}

fn at_start(parsetree: *mut pg_sys::Node) -> Outbox {
    if !is_judged(parsetree) {
        return Outbox::EMPTY;
    }
    if lock_wait::is_wanted() && !runs_concurrently(parsetree) {
        lock_wait::bound(parsetree);
    }
    // Asked before the subtransaction, within which there always is a block.
    // SAFETY: reads the state of the transaction.
    let in_block = unsafe { pg_sys::IsTransactionBlock() };
    with_snapshot(|| {
        let judged = spi::shielded(|| judge_statement(parsetree, in_block));
        Outbox::new(&judged.unwrap_or_else(|error| unjudged(&error)))
    })
}

fn at_end(parsetree: *mut pg_sys::Node) -> Outbox {
    lock_wait::release(parsetree);
    let makes_something = memcx::current_context(|mcx| {
        // SAFETY: the event trigger manager keeps the tree alive for this call.
        unsafe { Node::from_ptr(parsetree, mcx) }.is_some_and(|node| ast::makes_something(node, mcx))
    });
    if !makes_something {
        return Outbox::EMPTY;
    }
    // Asked before the subtransaction, within which there always is a block.
    // SAFETY: reads the state of the transaction.
    let in_block = unsafe { pg_sys::IsTransactionBlock() };
    let noted = spi::shielded(|| {
        memcx::current_context(|mcx| {
            // SAFETY: as above.
            let Some(node) = (unsafe { Node::from_ptr(parsetree, mcx) }) else { return };
            let alone = !in_block && stands_in(QueryText::current(), ast::first_name(node, mcx).as_ref());
            for made in ast::made_by(node, mcx) {
                commit::note_done(&made, alone);
            }
        });
    });
    noted.map_or_else(|error| Outbox::new(&unjudged(&error)), |()| Outbox::EMPTY)
}

fn judge_statement(parsetree: *mut pg_sys::Node, in_block: bool) -> Vec<Report> {
    // Offsets mean something only if the statement stands in the client's text, and not in a function's.
    let mut text_of_statement = None;
    let statement = lowered(parsetree, |first_name| {
        text_of_statement = QueryText::current().filter(|text| stands_in(Some(*text), first_name.as_ref()));
        text_of_statement
            .zip(first_name.and_then(|name| name.at))
            .map_or(Source::unknown(), |(text, at)| Source::from_offset(text.after(at), at))
    });
    let Some(statement) = statement else { return Vec::new() };
    commit::note_drops(&statement);
    if is_quiet_for_restore() {
        return restore_report().into_iter().collect();
    }
    let mut report = rules::Report::new();
    let facts = Live::new(Planning::Allowed).in_block(in_block);
    let case = rules::Case::new(&statement, &facts);
    rules::judge(&case, &selection(), &mut report);
    if in_block {
        facts.note_held(case.locks());
    }
    let mut findings = report.into_findings();
    FORESEEN.set(findings.iter().any(|finding| finding.level == Level::Error));
    if lock_wait::is_bound() {
        findings.iter_mut().for_each(say_bound);
    }
    reports(findings, &|at| text_of_statement?.character_at(at))
}

thread_local! {
    /// Whether the long work of the statement that runs now was told before it began.
    static FORESEEN: Cell<bool> = const { Cell::new(false) };
}

/// Adds to what is said about locks that the wait for them has an end.
fn say_bound(finding: &mut Finding) {
    let about_locks = rules::find(finding.rule).is_some_and(|rule| matches!(rule.area, Area::Ddl | Area::Partition));
    if about_locks {
        let timeout = Quantity::Seconds(f64::from(spi::lock_timeout()) / 1_000.0);
        let detail = finding.detail.get_or_insert_default();
        detail.push_str(&format!(" lock_timeout is {timeout} for this statement, by warden.ddl_lock_timeout."));
    }
}

/// A rewrite that is about to begin, and that no rule has foreseen: the table is locked already.
fn at_rewrite() -> Outbox {
    if FORESEEN.get() || is_quiet_for_restore() {
        return Outbox::EMPTY;
    }
    let judged = spi::shielded(|| {
        let mut report = rules::Report::new();
        if let Some((table, reason)) = live::rewritten_now() {
            rules::judge_rewrite(&table, &reason, &Live::new(Planning::Never), &mut report);
        }
        reports(report.into_findings(), &|_| None)
    });
    Outbox::new(&judged.unwrap_or_else(|error| unjudged(&error)))
}

/// What waits for transactions of others anyway, and blocks nobody meanwhile.
fn runs_concurrently(parsetree: *mut pg_sys::Node) -> bool {
    memcx::current_context(|mcx| {
        // SAFETY: the event trigger manager keeps the tree alive for this call.
        unsafe { Node::from_ptr(parsetree, mcx) }.is_some_and(|node| ast::runs_concurrently(node, mcx))
    })
}

/// An error of our own: said, and the statement goes on.
fn unjudged(error: &str) -> Vec<Report> {
    vec![own_warning("pg_warden could not judge this statement, which runs unchecked", error)]
}

fn is_judged(parsetree: *mut pg_sys::Node) -> bool {
    ast::is_judged(parsetree_tag(parsetree))
}

fn parsetree_tag(parsetree: *mut pg_sys::Node) -> pg_sys::NodeTag {
    // SAFETY: null, or the statement's node, whose tag comes first.
    if parsetree.is_null() { pg_sys::NodeTag::T_Invalid } else { unsafe { (*parsetree).type_ } }
}

/// Whether the statement that begins with the name is written in the client's text, and not in a function's.
fn stands_in(text: Option<QueryText>, first_name: Option<&QualifiedName>) -> bool {
    text.zip(first_name).is_some_and(|(text, name)| text.has_at(name))
}

/// The statement, lowered with the source that is chosen for the name it begins with.
fn lowered(parsetree: *mut pg_sys::Node, source: impl FnOnce(Option<QualifiedName>) -> Source) -> Option<Statement> {
    memcx::current_context(|mcx| {
        // SAFETY: the event trigger manager keeps the tree alive for this call.
        let node = unsafe { Node::from_ptr(parsetree, mcx) }?;
        let source = source(ast::first_name(node, mcx));
        Some(ast::lower(node, &source, mcx))
    })
}

/// Runs with an active snapshot, which commands that end transactions of their own leave us without.
fn with_snapshot<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: pushed and popped in pairs; an error in between aborts, which pops it as well.
    unsafe {
        let missing = !pg_sys::ActiveSnapshotSet();
        if missing {
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        }
        let result = work();
        if missing {
            pg_sys::PopActiveSnapshot();
        }
        result
    }
}

/// The text that the client sent.
#[derive(Clone, Copy)]
struct QueryText {
    start: *const c_char,
    len: usize,
}

/// A statement is read this far after its first name; what is longer is not quoted in hints.
const STATEMENT_BYTES: usize = 64 * 1024;

thread_local! {
    /// Address, time and length of the last text: a long one of many statements is measured once.
    static MEASURED: Cell<(usize, i64, usize)> = const { Cell::new((0, 0, 0)) };
}

impl QueryText {
    fn current() -> Option<Self> {
        // SAFETY: reads globals of this backend; the text is NUL-terminated, and stays while its statements run.
        unsafe {
            let start = pg_sys::debug_query_string;
            if start.is_null() {
                return None;
            }
            let now = pg_sys::GetCurrentStatementStartTimestamp();
            let (address, time, len) = MEASURED.get();
            // A short text is measured again: its place may hold another one by now.
            if len > STATEMENT_BYTES && (address, time) == (start as usize, now) {
                return Some(Self { start, len });
            }
            let len = CStr::from_ptr(start).to_bytes().len();
            MEASURED.set((start as usize, now, len));
            Some(Self { start, len })
        }
    }

    fn bytes(self) -> &'static [u8] {
        // SAFETY: measured by `current`, in the same statement.
        unsafe { core::slice::from_raw_parts(self.start.cast::<u8>(), self.len) }
    }

    /// Whether the name stands where its offset says.
    fn has_at(self, name: &QualifiedName) -> bool {
        let Some(rest) = name.at.and_then(|at| self.bytes().get(at..)) else { return false };
        // CREATE TABLE writes the schema into the tree where the text has none.
        let begins_with = |part: &String| {
            let part = crate::text::encode(part);
            rest.get(..part.len()).is_some_and(|written| written.eq_ignore_ascii_case(&part))
        };
        rest.first() == Some(&b'"') || name.schema.as_ref().is_some_and(begins_with) || begins_with(&name.name)
    }

    /// The text from an offset on, for a while.
    fn after(self, at: usize) -> &'static [u8] {
        let rest = self.bytes().get(at..).unwrap_or_default();
        rest.get(..STATEMENT_BYTES).unwrap_or(rest)
    }

    /// The character position, from 1, of a byte offset.
    fn character_at(self, at: usize) -> Option<usize> {
        let at = c_int::try_from(at).ok()?;
        // SAFETY: the offset lies within the text.
        usize::try_from(unsafe { pg_sys::pg_mbstrlen_with_len(self.start, at) }).ok().map(|before| before + 1)
    }
}

/// Whether the user may switch the guard off.
pub(super) fn is_superuser() -> bool {
    // SAFETY: reads the backend's idea of its user.
    unsafe { pg_sys::superuser() }
}

/// Whether the session has what pg_dump's scripts begin with: no search_path, no body checks, no row security.
pub(super) fn is_restoring() -> bool {
    // SAFETY: reads settings of this backend.
    unsafe {
        let path = pg_sys::namespace_search_path;
        let empty = !path.is_null() && matches!(CStr::from_ptr(path).to_bytes(), b"" | b"\"\"");
        empty && !pg_sys::check_function_bodies && !pg_sys::row_security
    }
}
