//! What this transaction made worse, judged before it commits.
//!
//! Only that: a table made, a foreign key added, an index or a key dropped. Old debt on a table that is merely touched
//! is the audit's work.
//!
//! Vouches for: the callbacks are registered once; before commit nothing is caught and no SPI is used, for a
//! subtransaction there is refused; reports are sent from a frame that owns nothing.
#![allow(unsafe_code, reason = "transaction callbacks; see the module's promise")]

use super::event::{Outbox, with_snapshot};
use super::journal::Place;
use super::opt_out::OptOuts;
use super::{Context, Found, Mode, is_quiet_for_restore, journal, lock_wait, mode, own_warning, reports};
use crate::ast::{AlterAction, CreateIndex, DropKind, Made, QualifiedName, Statement};
use crate::facts::live::{self, Live, Planning};
use crate::facts::{Change, Facts, Index, Kind, Worse, is_led_by};
use crate::policy::allow::Allow;
use crate::{rules, spi, transaction};
use core::cell::{Cell, RefCell};
use core::ffi::c_void;
use pgrx::pg_sys::{self, AttrNumber, Oid};

/// One thing made worse, by OID and column number, so that it follows renames.
struct Noted {
    table: Oid,
    what: What,
    alone: bool,
    /// Opt-outs of the statement that did it.
    allows: Vec<Allow>,
    /// The subtransaction that did it.
    by: pg_sys::SubTransactionId,
    /// The subtransaction that made it good again, so that nobody need look. Any drop that `sql_drop` tells of makes that
    /// doubtful.
    mended_by: Option<pg_sys::SubTransactionId>,
}

#[derive(PartialEq, Eq)]
enum What {
    ForeignKey(Vec<AttrNumber>),
    Key,
    RowSecurity,
}

/// What a statement gives the table that it makes.
struct Ahead {
    /// The address of its tree.
    parsetree: usize,
    /// The columns of each foreign key.
    foreign_keys: Vec<Vec<String>>,
    has_primary_key: bool,
}

thread_local! {
    static NOTED: RefCell<Vec<Noted>> = const { RefCell::new(Vec::new()) };
    static AHEAD: Cell<Option<Ahead>> = const { Cell::new(None) };
}

/// Registers the callbacks; called once, when the library is loaded.
pub(crate) fn register() {
    // SAFETY: the callbacks have the server's signatures and live as long as the process.
    unsafe {
        pg_sys::RegisterXactCallback(Some(on_transaction), core::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(on_subtransaction), core::ptr::null_mut());
    }
}

/// Notes the keys of the table that a statement is about to make: afterwards its tree has them no more, and to ask the
/// catalog takes long.
pub(super) fn note_ahead(parsetree: usize, statement: &Statement) {
    // What an earlier statement left is no more: its address may be this one's now.
    AHEAD.set(match statement {
        Statement::CreateTable(create) => Some(Ahead {
            parsetree,
            foreign_keys: create.foreign_keys().map(|key| key.columns.clone()).collect(),
            // A table that is there already is not made.
            has_primary_key: create.has_primary_key() && !create.if_not_exists,
        }),
        Statement::CreateTableAs { .. } => Some(Ahead { parsetree, foreign_keys: Vec::new(), has_primary_key: false }),
        _ => None,
    });
}

/// Foreign keys that are served by the index which a statement is about to build lack none from then on, if it is built.
pub(super) fn mend_by_index(statement: &Statement, facts: &Live) {
    let Statement::CreateIndex(index) = statement else { return };
    let Some(table) = facts.oid(&index.table) else { return };
    if !NOTED.with_borrow(|noted| noted.iter().any(|noted| noted.table == table)) || !will_serve(index, facts) {
        return;
    }
    // What has an expression among its columns is left to COMMIT.
    let columns: Option<Vec<String>> = index.columns.iter().cloned().collect();
    let Some(columns) = columns.and_then(|columns| live::column_numbers(table, &columns)) else { return };
    mend(|noted| noted.table == table && matches!(&noted.what, What::ForeignKey(key) if is_led_by(&columns, key)));
}

/// Whether the index will be there and valid, and have every row, if the statement does not fail. That of a partitioned
/// table depends on its partitions.
fn will_serve(index: &CreateIndex, facts: &Live) -> bool {
    index.btree
        && !index.partial
        && !index.concurrently
        && !index.if_not_exists
        && facts.relation(&index.table).found().is_some_and(|table| table.kind == Kind::Table)
}

fn mend(is_mended: impl Fn(&Noted) -> bool) {
    let by = transaction::subtransaction();
    NOTED.with_borrow_mut(|noted| {
        noted.iter_mut().filter(|noted| is_mended(noted)).for_each(|noted| noted.mended_by = Some(by));
    });
}

/// Something was dropped, and may have been what made good again what this transaction did, or is about to: a trigger that
/// runs before ours at the end of a statement may drop what the statement gave.
pub(super) fn doubt() {
    AHEAD.take();
    NOTED.with_borrow_mut(|noted| noted.iter_mut().for_each(|noted| noted.mended_by = None));
}

/// Notes what a statement is about to take away: afterwards nobody could tell what it was.
pub(super) fn note_drops(statement: &Statement, facts: &Live) {
    match statement {
        Statement::Drop(drop) if drop.kind == DropKind::Index && !drop.concurrently => {
            for index in drop.names.iter().filter_map(|name| facts.index(name).found()) {
                note_lost_index(&index, facts);
            }
        }
        Statement::AlterTable { table, actions, .. } => {
            let lost = |index: &Index| {
                actions.iter().any(|action| match action {
                    AlterAction::DropConstraint { name, .. } => index.of_constraint && index.name == *name,
                    AlterAction::DropColumn { column, .. } => index.columns.contains(&Some(column.clone())),
                    _ => false,
                })
            };
            if actions.iter().any(|a| matches!(a, AlterAction::DropConstraint { .. } | AlterAction::DropColumn { .. }))
            {
                for index in facts.indexes(table).iter().filter(|index| lost(index)) {
                    note_lost_index(index, facts);
                }
            }
        }
        _ => {}
    }
}

/// An index that this transaction made was not there before it: its loss makes nothing worse.
fn note_lost_index(index: &Index, facts: &Live) {
    let own = facts.oid(&QualifiedName::new(index.schema.clone(), index.name.clone()));
    if own.is_some_and(live::is_made_in_this_transaction) {
        return;
    }
    let Some(oid) = facts.oid(&index.table) else { return };
    if index.primary || index.identifies {
        note(oid, What::Key, false, &[]);
    }
    for key in facts.foreign_keys(&index.table).iter().filter(|key| index.serves(&key.columns)) {
        note_foreign_key(oid, &key.columns, false, &[]);
    }
}

/// Notes what the statement of this tree has made; `alone` when it is a transaction of its own.
pub(super) fn note_done(parsetree: usize, made: &Made, alone: bool, allows: &[Allow]) {
    match made {
        Made::Table { table, is_partition } => {
            let Some(oid) = oid_of_made(table) else { return };
            let ahead = AHEAD.take().filter(|ahead| ahead.parsetree == parsetree);
            note(oid, What::Key, alone, allows);
            if ahead.as_ref().is_some_and(|ahead| ahead.has_primary_key) {
                mend(|noted| noted.table == oid && noted.what == What::Key);
            }
            // A partition's foreign keys are its parent's.
            if *is_partition {
                return;
            }
            match ahead {
                Some(ahead) => {
                    for columns in &ahead.foreign_keys {
                        note_foreign_key(oid, columns, alone, allows);
                    }
                }
                None => {
                    for numbers in live::foreign_key_numbers(oid) {
                        note(oid, What::ForeignKey(numbers), alone, allows);
                    }
                }
            }
        }
        Made::RowSecurity { table } => {
            if let Some(oid) = live::relation_oid(table) {
                note(oid, What::RowSecurity, false, allows);
            }
        }
        Made::ForeignKey { table, columns } => {
            if let Some(oid) = live::relation_oid(table) {
                note_foreign_key(oid, columns, false, allows);
            }
        }
    }
}

/// The table that a CREATE has made, which IF NOT EXISTS may not have.
fn oid_of_made(name: &QualifiedName) -> Option<Oid> {
    let oid = live::created_oid(name).filter(|oid| live::is_made_in_this_transaction(*oid))?;
    live::note_made_here(oid);
    Some(oid)
}

fn note_foreign_key(table: Oid, columns: &[String], alone: bool, allows: &[Allow]) {
    if let Some(numbers) = live::column_numbers(table, columns) {
        note(table, What::ForeignKey(numbers), alone, allows);
    }
}

fn note(table: Oid, what: What, alone: bool, allows: &[Allow]) {
    let by = transaction::subtransaction();
    NOTED.with_borrow_mut(|noted| {
        // What is noted already is noted again for its opt-outs alone.
        if !allows.is_empty() || !noted.iter().any(|n| n.table == table && n.what == what) {
            noted.push(Noted { table, what, alone, allows: allows.to_vec(), by, mended_by: None });
        }
    });
}

/// A frame that owns nothing, for an error passes over it.
unsafe extern "C-unwind" fn on_transaction(event: pg_sys::XactEvent::Type, _: *mut c_void) {
    use pg_sys::XactEvent as Event;
    match event {
        Event::XACT_EVENT_PRE_COMMIT | Event::XACT_EVENT_PRE_PREPARE => {
            // SAFETY: the guard turns panics into errors before they reach C, and hands out plain memory.
            let outbox = unsafe { pg_sys::panic::pgrx_extern_c_guard(before_commit) };
            // SAFETY: this frame owns nothing.
            unsafe { outbox.send() };
        }
        Event::XACT_EVENT_COMMIT => {
            forget();
            journal::outlive_commit();
        }
        Event::XACT_EVENT_ABORT | Event::XACT_EVENT_PREPARE => {
            forget();
            journal::forget();
        }
        _ => {}
    }
}

/// Must not fail: an error in here would be a PANIC.
fn forget() {
    NOTED.with(|noted| {
        if let Ok(mut noted) = noted.try_borrow_mut() {
            noted.clear();
        }
    });
    AHEAD.take();
    live::held::forget();
    lock_wait::forget();
    spi::reset_own_ddl();
}

unsafe extern "C-unwind" fn on_subtransaction(
    event: pg_sys::SubXactEvent::Type,
    own: pg_sys::SubTransactionId,
    parent: pg_sys::SubTransactionId,
    _: *mut c_void,
) {
    use pg_sys::SubXactEvent as Event;
    match event {
        Event::SUBXACT_EVENT_ABORT_SUB => {
            AHEAD.take();
            live::held::end_subtransaction(own, None);
            lock_wait::end_subtransaction(own, None);
            journal::end_subtransaction(own, None);
        }
        Event::SUBXACT_EVENT_COMMIT_SUB => {
            live::held::end_subtransaction(own, Some(parent));
            lock_wait::end_subtransaction(own, Some(parent));
            journal::end_subtransaction(own, Some(parent));
        }
        _ => {}
    }
    NOTED.with(|noted| {
        let Ok(mut noted) = noted.try_borrow_mut() else { return };
        match event {
            Event::SUBXACT_EVENT_ABORT_SUB => {
                noted.retain(|n| n.by != own);
                noted.iter_mut().for_each(|n| n.mended_by = n.mended_by.filter(|by| *by != own));
            }
            Event::SUBXACT_EVENT_COMMIT_SUB => {
                let heir = |by| if by == own { parent } else { by };
                for n in noted.iter_mut() {
                    (n.by, n.mended_by) = (heir(n.by), n.mended_by.map(heir));
                }
            }
            _ => {}
        }
    });
}

fn before_commit() -> Outbox {
    let mut noted = NOTED.take();
    noted.retain(|noted| noted.mended_by.is_none());
    if noted.is_empty() || mode() == Mode::Off || is_quiet_for_restore() {
        return Outbox::new(&[]);
    }
    let noted: Vec<(QualifiedName, Noted)> =
        noted.into_iter().filter_map(|noted| Some((live::name_of_noted(noted.table)?, noted))).collect();
    let facts = Live::knowing(Planning::Never, noted.iter().map(|(name, noted)| (name.clone(), noted.table)));
    let found = found(&noted, &facts);
    if found.is_empty() {
        return Outbox::new(&[]);
    }
    let opt_outs = OptOuts::of_transaction();
    let context = Context {
        place: Place::Commit,
        tag: "COMMIT".to_owned(),
        statement: None,
        commits_within: false,
        opt_outs,
        position: &|_| None,
    };
    // Names of roles may have to be read from their catalogs, which want one.
    let mut reports = with_snapshot(|| reports(found, &context));
    // Nothing is caught here: what cannot be written is said.
    if let Err(reason) = with_snapshot(journal::flush) {
        reports.insert(0, own_warning("pg_warden could not keep its record of this transaction", &reason));
    }
    Outbox::new(&reports)
}

/// Findings about each thing that was made worse, with the opt-outs of the statement that did it.
fn found(noted: &[(QualifiedName, Noted)], facts: &Live) -> Vec<Found> {
    let mut found = Vec::new();
    for (place, (name, one)) in noted.iter().enumerate() {
        let is_same = |(_, other): &&(QualifiedName, Noted)| other.table == one.table && other.what == one.what;
        if noted.iter().take(place).any(|other| is_same(&other)) {
            continue;
        }
        let Some(worse) = worse(name, one) else { continue };
        let mut report = rules::Report::new();
        rules::judge_commit(&vec![worse], facts, &mut report);
        let findings = report.into_findings();
        if findings.is_empty() {
            continue;
        }
        let allows: Vec<Allow> = noted.iter().filter(is_same).flat_map(|(_, same)| same.allows.clone()).collect();
        found.extend(findings.into_iter().map(|finding| Found { finding, allows: allows.clone() }));
    }
    found
}

/// By the names it has now; what is gone by now cannot be worse.
fn worse(table: &QualifiedName, noted: &Noted) -> Option<Worse> {
    let what = match &noted.what {
        What::Key => Change::Key,
        What::RowSecurity => Change::RowSecurity,
        What::ForeignKey(numbers) => Change::ForeignKey(live::column_names(noted.table, numbers)?),
    };
    Some(Worse { table: table.clone(), what, alone: noted.alone, at: None })
}
