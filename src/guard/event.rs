//! The event triggers' C function: from `EventTriggerData` to reports.
//!
//! Vouches for: the function is called by the function manager; reports are sent from a frame that owns nothing; an
//! error of our own is caught in a subtransaction and said, and the user's statement goes on.
#![allow(unsafe_code, reason = "the event trigger's entry point; see the module's promise")]

use super::journal::Place;
use super::opt_out::OptOuts;
use super::text::{QueryText, Written};
use super::{
    Context, Mode, commit, is_quiet_for_restore, journal, lock_wait, mode, own_warning, reports, restore_report,
    selection,
};
use crate::ast::{self, Node, QualifiedName, Rename, RenameKind, Source, Statement};
use crate::config;
use crate::error::emit::{Parts, Report, Severity};
use crate::facts::live::{self, Live, Planning, object};
use crate::finding::{Finding, Level};
use crate::partition::{self, policy as managed};
use crate::policy::{exempt, kept};
use crate::rules::{Area, Quantity};
use crate::{rules, spi, transaction};
use core::cell::Cell;
use core::ffi::CStr;
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
    // SAFETY: the event's name, a constant of the server.
    if unsafe { CStr::from_ptr(data.event) }.to_bytes() == b"sql_drop" {
        commit::doubt();
        return forget_dropped();
    }
    if is_off_duty() {
        return Outbox::EMPTY;
    }
    // What was read before still holds where it cannot be read now.
    let unread = with_snapshot(kept::refresh).err();
    if mode() == Mode::Off {
        return Outbox::EMPTY;
    }
    // SAFETY: the event's name, a constant of the server.
    match unsafe { CStr::from_ptr(data.event) }.to_bytes() {
        b"ddl_command_start" => match unread {
            Some(reason) => Outbox::new(&unjudged(&reason)),
            None => at_start(data),
        },
        b"ddl_command_end" => at_end(data.parsetree),
        b"table_rewrite" => at_rewrite(data),
        _ => Outbox::EMPTY,
    }
}

/// Managed partitions end with their table, whatever the mode. What went wrong is said: maintenance forgets it, too.
fn forget_dropped() -> Outbox {
    let reason = match with_snapshot(|| spi::shielded(managed::forget_dropped)) {
        Ok(Ok(())) => return Outbox::EMPTY,
        Ok(Err(reason)) | Err(reason) => reason,
    };
    Outbox::new(&[own_warning("pg_warden could not forget the policy of a table that was dropped", &reason)])
}

/// Nothing is looked at when switched off, in an extension's script, in pg_upgrade, and in DDL of our own.
fn is_off_duty() -> bool {
    // SAFETY: reads globals of this backend.
    let (upgrading, installing) = unsafe { (pg_sys::IsBinaryUpgrade, pg_sys::creating_extension) };
    config::MODE.get() == Mode::Off || upgrading || installing || spi::is_own_ddl()
}

fn at_start(data: &pg_sys::EventTriggerData) -> Outbox {
    let parsetree = data.parsetree;
    if !is_judged(parsetree) {
        return Outbox::EMPTY;
    }
    if lock_wait::is_wanted() && !runs_concurrently(parsetree) {
        lock_wait::bound(parsetree);
    }
    // Asked before the subtransaction, within which there always is a block.
    let in_block = transaction::is_in_block();
    with_snapshot(|| {
        let judged = spi::shielded(|| judge_statement(data, in_block));
        Outbox::new(&judged.unwrap_or_else(|error| unjudged(&error)))
    })
}

fn at_end(parsetree: *mut pg_sys::Node) -> Outbox {
    lock_wait::release(parsetree);
    let kept = keep(parsetree);
    if !kept.is_empty() {
        return Outbox::new(&kept);
    }
    let makes_something = memcx::current_context(|mcx| {
        // SAFETY: the event trigger manager keeps the tree alive for this call.
        unsafe { Node::from_ptr(parsetree, mcx) }.is_some_and(|node| ast::makes_something(node, mcx))
    });
    if !makes_something {
        return Outbox::EMPTY;
    }
    // Asked before the subtransaction, within which there always is a block.
    let in_block = transaction::is_in_block();
    let noted = spi::shielded(|| {
        memcx::current_context(|mcx| {
            // SAFETY: as above.
            let Some(node) = (unsafe { Node::from_ptr(parsetree, mcx) }) else { return };
            let alone = !in_block && stands_in(QueryText::current(), ast::first_name(node, mcx).as_ref());
            let allows = OptOuts::of(Written::of(parsetree)).into_allows();
            for made in ast::made_by(node, mcx) {
                commit::note_done(parsetree.addr(), &made, alone, &allows);
            }
        });
    });
    noted.map_or_else(|error| Outbox::new(&unjudged(&error)), |()| Outbox::EMPTY)
}

/// Writes what the statement that has ended had recorded, and the new names of what it has renamed. What went wrong is said.
fn keep(parsetree: *mut pg_sys::Node) -> Vec<Report> {
    let renames = kept::now().has_exemptions && ast::may_rename(parsetree_tag(parsetree));
    if !renames && !journal::is_pending() {
        return Vec::new();
    }
    let work = || {
        journal::flush()?;
        if renames { exempt::follow_renames() } else { Ok(()) }
    };
    match with_snapshot(|| spi::shielded(work)) {
        Ok(Ok(())) => Vec::new(),
        Ok(Err(reason)) | Err(reason) => {
            vec![own_warning("pg_warden could not keep its record of this statement", &reason)]
        }
    }
}

fn judge_statement(data: &pg_sys::EventTriggerData, in_block: bool) -> Vec<Report> {
    let parsetree = data.parsetree;
    if drops_us(parsetree) {
        return farewell();
    }
    // Offsets mean something only if the statement stands in the client's text, and not in a function's.
    let mut text_of_statement = None;
    let statement = lowered(parsetree, |first_name| {
        text_of_statement = QueryText::current().filter(|text| stands_in(Some(*text), first_name.as_ref()));
        text_of_statement
            .zip(first_name.and_then(|name| name.at))
            .map_or(Source::unknown(), |(text, at)| Source::from_offset(text.after(at), at))
    });
    let Some(statement) = statement else { return Vec::new() };
    let facts = Live::new(Planning::Allowed).in_block(in_block);
    commit::note_ahead(parsetree.addr(), &statement);
    commit::note_drops(&statement, &facts);
    if kept::now().has_exemptions
        && let Some(identity) = renamed(&statement)
    {
        // Where the tables are locked by those who set the policy, the name is all that is left then.
        let _ = exempt::attach_before_rename(&identity);
    }
    if is_quiet_for_restore() {
        return restore_report().into_iter().collect();
    }
    let mut report = rules::Report::new();
    let case = rules::Case::new(&statement, &facts);
    rules::judge(&case, &selection(), &mut report);
    if in_block {
        facts.note_held(case.locks());
    }
    commit::mend_by_index(&statement, &facts);
    let mut findings = report.into_findings();
    FORESEEN.set(findings.iter().any(|finding| finding.level == Level::Error));
    if lock_wait::is_bound() {
        findings.iter_mut().for_each(say_bound);
    }
    if findings.is_empty() {
        return Vec::new();
    }
    let written = Written::of(parsetree);
    let context = Context {
        place: Place::Start,
        tag: tag_of(data),
        statement: written,
        commits_within: statement.refused_in_transaction().is_some(),
        opt_outs: OptOuts::of(written),
        position: &|at| text_of_statement?.character_at(at),
    };
    reports(findings.into_iter().map(Into::into).collect(), &context)
}

/// The schema or relation that a statement gives another name, or whose member it does.
fn renamed(statement: &Statement) -> Option<String> {
    match statement {
        Statement::Rename(rename) if rename.kind == RenameKind::Schema => rename.member.as_deref().map(object::quote),
        Statement::Rename(Rename { relation, .. }) | Statement::SetSchema { relation, .. } => {
            live::relation_oid(relation).and_then(object::relation)
        }
        _ => None,
    }
}

/// What ends with the extension, said before it does.
fn farewell() -> Vec<Report> {
    let judged = Report::new(&Parts {
        detail: Some("Its modes, levels, exemptions and journal go with it; tables, indexes and partitions stay."),
        hint: Some("To keep them, switch it off instead: SELECT warden.disable();"),
        ..Parts::plain(Severity::Notice, "pg_warden judges no DDL of this database any more")
    });
    // Where that cannot be told, the extension goes all the same.
    let left = spi::shielded(partition::maintain::left_alone).ok().and_then(Result::ok).flatten();
    let partitions = left.map(|(message, detail)| {
        Report::new(&Parts {
            detail: Some(&detail),
            hint: Some("What they are to be like is in warden.partition_policies, until then."),
            ..Parts::plain(Severity::Warning, &message)
        })
    });
    // A job that calls what is gone would fail for ever.
    let job = match spi::shielded(partition::schedule::end) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.said()),
        Err(reason) => Some(reason),
    };
    let job = job.map(|reason| {
        Report::new(&Parts {
            detail: Some(&reason),
            hint: Some("Look for it: SELECT * FROM cron.job;"),
            ..Parts::plain(
                Severity::Warning,
                "the job of pg_cron that calls warden.partition_maintenance could not be ended",
            )
        })
    });
    partitions.into_iter().chain(job).chain([judged]).collect()
}

fn drops_us(parsetree: *mut pg_sys::Node) -> bool {
    memcx::current_context(|mcx| {
        // SAFETY: the event trigger manager keeps the tree alive for this call.
        unsafe { Node::from_ptr(parsetree, mcx) }.is_some_and(|node| ast::drops_extension(node, "pg_warden", mcx))
    })
}

/// The command tag of the statement.
fn tag_of(data: &pg_sys::EventTriggerData) -> String {
    // SAFETY: a tag of the server's own; its name is a constant.
    unsafe { CStr::from_ptr(pg_sys::GetCommandTagName(data.tag)) }.to_string_lossy().into_owned()
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
fn at_rewrite(data: &pg_sys::EventTriggerData) -> Outbox {
    if FORESEEN.get() || is_quiet_for_restore() {
        return Outbox::EMPTY;
    }
    let judged = spi::shielded(|| {
        let mut report = rules::Report::new();
        if let Some((table, reason)) = live::rewritten_now() {
            rules::judge_rewrite(&table, &reason, &Live::new(Planning::Never), &mut report);
        }
        let written = Written::of(data.parsetree);
        let context = Context {
            place: Place::Rewrite,
            tag: tag_of(data),
            statement: written,
            commits_within: false,
            opt_outs: OptOuts::of(written),
            position: &|_| None,
        };
        reports(report.into_findings().into_iter().map(Into::into).collect(), &context)
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
pub(super) fn with_snapshot<T>(work: impl FnOnce() -> T) -> T {
    if transaction::has_snapshot() {
        return work();
    }
    // SAFETY: pushed and popped in pairs; an error in between aborts, which pops it as well.
    unsafe {
        pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        let result = work();
        pg_sys::PopActiveSnapshot();
        result
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
