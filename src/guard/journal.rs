//! What became of each finding: a line in the server log, or a row in the table behind `warden.journal`.
//!
//! What passes is written in the transaction that it belongs to, when its statement has ended: a statement that was rolled
//! back did not happen. What is blocked cannot be written there; it is in the log, and a worker takes it to the table.

use super::Context;
use super::text::Written;
use crate::config::{self, Journal};
use crate::error::emit::{Parts, Report, Severity};
use crate::policy::{Action, Excuse, Verdict, exemption};
use crate::store::{self, Index, Table, Value, Writer};
use crate::transaction;
use core::cell::{Cell, RefCell};
use pgrx::pg_sys::SubTransactionId;
use serde_json::{Value as Json, json};

pub(crate) mod ring;
pub(crate) mod worker;

/// What every line in the log begins with.
pub(crate) const PREFIX: &str = "pg_warden journal: ";

/// Decisions are kept for 90 days, in microseconds.
pub(crate) const KEPT_FOR: i64 = 90 * 86_400 * 1_000_000;

const JOURNAL_BY_TIME: Index = Index(c"journal_at_idx", 2);
const USES_BY_TIME: Index = Index(c"exemption_use_used_at_idx", 2);

/// A session looks for what is too old once in so long (microseconds), and takes so much of it at a time: a little more
/// than it writes, and never so much that its statement would be noticeably longer.
const PRUNE_EVERY: i64 = 60 * 1_000_000;
const PRUNED_AT_ONCE: usize = 500;

/// Where a decision was made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Before a statement ran.
    Start,
    /// Before a table was written again.
    Rewrite,
    /// Before a transaction committed.
    Commit,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Rewrite => "rewrite",
            Self::Commit => "commit",
        }
    }
}

/// A decision, as it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    at: i64,
    action: String,
    level: String,
    rule: String,
    object: Option<String>,
    message: String,
    role: String,
    session_role: String,
    database: String,
    application: Option<String>,
    tag: String,
    source: String,
    statement: Option<String>,
    reason: Option<String>,
    can_block: bool,
}

impl Entry {
    fn new(verdict: &Verdict, place: Place, tag: &str, statement: Option<&str>) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let reason = match (&verdict.excuse, verdict.action) {
            (Some(Excuse::Exempt { reason, .. } | Excuse::Allowed { reason }), _) => Some(reason.clone()),
            (None, _) => some(config::text(&config::BYPASS)),
        };
        Self {
            at: store::now(),
            action: verdict.action.name().to_owned(),
            level: verdict.level.name().to_owned(),
            rule: verdict.finding.rule.to_owned(),
            object: some(exemption::full_name(&verdict.finding)),
            message: verdict.finding.message.clone(),
            role: store::current_role(),
            session_role: store::session_role(),
            database: store::database_name(),
            application: some(store::application()),
            tag: tag.to_owned(),
            source: place.name().to_owned(),
            statement: statement.map(str::to_owned),
            reason,
            can_block: verdict.can_block,
        }
    }

    /// Its keys are never changed, others may be added.
    fn to_json(&self, at: &Json) -> Json {
        json!({
            "at": at, "action": self.action, "level": self.level, "rule": self.rule,
            "object": self.object, "message": self.message, "role": self.role, "session_role": self.session_role,
            "database": self.database, "application": self.application, "tag": self.tag, "source": self.source,
            "statement": self.statement, "reason": self.reason, "can_block": self.can_block,
        })
    }

    /// For the worker, which reads it with [`Entry::unpack`]; at most so many bytes, for which the statement gives way.
    pub(crate) fn pack(&self, most: usize) -> Option<Vec<u8>> {
        let packed = |statement: Option<&str>| {
            let mut json = self.to_json(&self.at.into());
            json["statement"] = statement.into();
            json.to_string().into_bytes()
        };
        let whole = packed(self.statement.as_deref());
        if whole.len() <= most {
            return Some(whole);
        }
        let without = packed(None);
        (without.len() <= most).then_some(without)
    }

    pub(crate) fn unpack(bytes: &[u8]) -> Option<Self> {
        let json: Json = serde_json::from_slice(bytes).ok()?;
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        Some(Self {
            at: json.get("at")?.as_i64()?,
            action: text("action")?,
            level: text("level")?,
            rule: text("rule")?,
            object: text("object"),
            message: text("message")?,
            role: text("role")?,
            session_role: text("session_role")?,
            database: text("database")?,
            application: text("application"),
            tag: text("tag")?,
            source: text("source")?,
            statement: text("statement"),
            reason: text("reason"),
            can_block: json.get("can_block")?.as_bool()?,
        })
    }

    fn log_line(&self) -> Report {
        Report::new(&Parts::plain(
            Severity::Log,
            &format!("{PREFIX}{}", in_ascii(&self.to_json(&store::iso(self.at).into()).to_string())),
        ))
    }

    /// In the order of the table's columns, after the number.
    fn into_row(self) -> Vec<Value> {
        vec![
            Value::Time(self.at),
            self.action.into(),
            self.level.into(),
            self.rule.into(),
            self.object.into(),
            self.message.into(),
            self.role.into(),
            self.session_role.into(),
            self.database.into(),
            self.application.into(),
            self.tag.into(),
            self.source.into(),
            self.statement.into(),
            self.reason.into(),
            Value::Bool(self.can_block),
        ]
    }
}

/// JSON that is the same in every encoding: the log is written in that of the database.
fn in_ascii(json: &str) -> String {
    let mut units = [0; 2];
    json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
        if c.is_ascii() {
            out.push(c);
        } else {
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
        out
    })
}

/// What is to be written when the statement has ended.
#[derive(Debug)]
struct Pending {
    record: Record,
    /// The subtransaction that it belongs to.
    by: SubTransactionId,
    /// Whether it is of a statement that runs CONCURRENTLY, and so commits before it has ended.
    outlives_commit: bool,
}

#[derive(Debug)]
enum Record {
    Entry(Box<Entry>),
    /// An exemption was used.
    Use(i64),
}

thread_local! {
    static PENDING: RefCell<Vec<Pending>> = const { RefCell::new(Vec::new()) };
    /// When this session last looked for what is too old: in the journal, and among the uses of exemptions.
    static JOURNAL_PRUNED_AT: Cell<i64> = const { Cell::new(0) };
    static USES_PRUNED_AT: Cell<i64> = const { Cell::new(0) };
}

/// Records what becomes of findings: returns the lines for the log, and keeps for [`flush`] what goes into tables.
pub(super) fn record(verdicts: &[Verdict], context: &Context<'_>) -> Vec<Report> {
    let by = transaction::subtransaction();
    let keep = |record| {
        let record = Pending { record, by, outlives_commit: context.commits_within };
        PENDING.with_borrow_mut(|pending| pending.push(record));
    };
    let recorded: Vec<_> = verdicts.iter().filter(|verdict| verdict.is_recorded()).collect();
    for verdict in &recorded {
        if let Some(Excuse::Exempt { id, .. }) = verdict.excuse {
            keep(Record::Use(id));
        }
    }
    let journal = config::JOURNAL.get();
    if recorded.is_empty() || journal == Journal::Off {
        return Vec::new();
    }
    let statement = context.statement.and_then(Written::publishable);
    let mut lines = Vec::new();
    for verdict in recorded {
        let entry = Entry::new(verdict, context.place, &context.tag, statement.as_deref());
        let blocked = verdict.action == Action::Blocked;
        if blocked || journal == Journal::Log {
            lines.push(entry.log_line());
        }
        if journal == Journal::Table {
            if blocked {
                ring::put(&entry);
            } else {
                keep(Record::Entry(Box::new(entry)));
            }
        }
    }
    lines
}

/// Whether anything waits to be written.
pub(super) fn is_pending() -> bool {
    PENDING.with_borrow(|pending| !pending.is_empty())
}

/// Writes what the statement that has ended, and those within it, had recorded. Nothing where the tables are replicated to
/// subscribers who may not have them.
///
/// # Errors
/// When a table is locked.
pub(super) fn flush() -> Result<(), String> {
    let pending = PENDING.take();
    if pending.is_empty() || store::replicated_by().is_some() {
        return Ok(());
    }
    let (mut entries, mut uses) = (Vec::new(), Vec::new());
    for pending in pending {
        match pending.record {
            Record::Entry(entry) => entries.push(*entry),
            Record::Use(id) => uses.push(id),
        }
    }
    if !uses.is_empty() {
        let writer = Writer::in_passing(Table::ExemptionUse)?;
        for id in uses {
            writer.insert_numbered(c"exemption_use_id_seq", vec![Value::Time(store::now()), Value::Int8(id)]);
        }
        USES_PRUNED_AT.with(|at| prune_now_and_then(&writer, USES_BY_TIME, at));
    }
    write(entries)
}

/// Writes entries into the table.
///
/// # Errors
/// When it is locked.
pub(crate) fn write(entries: Vec<Entry>) -> Result<(), String> {
    if entries.is_empty() {
        return Ok(());
    }
    let writer = Writer::in_passing(Table::Journal)?;
    for entry in entries {
        writer.insert_numbered(c"journal_id_seq", entry.into_row());
    }
    JOURNAL_PRUNED_AT.with(|at| prune_now_and_then(&writer, JOURNAL_BY_TIME, at));
    Ok(())
}

fn prune_now_and_then(writer: &Writer, by: Index, last: &Cell<i64>) {
    let now = store::now();
    if now - last.get() > PRUNE_EVERY {
        last.set(now);
        // Where somebody else is at it, it is done.
        let _ = writer.prune(by, now - KEPT_FOR, PRUNED_AT_ONCE);
    }
}

/// Takes away everything that is older than a moment; returns the number of decisions.
///
/// # Errors
/// When a table is locked.
pub(crate) fn prune(before: i64) -> Result<usize, String> {
    Writer::in_passing(Table::ExemptionUse)?.prune(USES_BY_TIME, before, usize::MAX)?;
    Writer::in_passing(Table::Journal)?.prune(JOURNAL_BY_TIME, before, usize::MAX)
}

/// A transaction has committed: what is pending is of a statement that runs CONCURRENTLY and has not ended yet, or of one whose
/// end nobody saw. Must not fail.
pub(super) fn outlive_commit() {
    PENDING.with(|pending| {
        if let Ok(mut pending) = pending.try_borrow_mut() {
            pending.retain(|pending| pending.outlives_commit);
            pending.iter_mut().for_each(|pending| pending.by = TOP);
        }
    });
}

/// `TopSubTransactionId`: a transaction itself.
const TOP: SubTransactionId = 1;

/// The transaction was rolled back. Must not fail.
pub(super) fn forget() {
    PENDING.with(|pending| {
        if let Ok(mut pending) = pending.try_borrow_mut() {
            pending.clear();
        }
    });
}

/// A subtransaction has ended: what it recorded is its parent's now, or gone. Must not fail.
pub(super) fn end_subtransaction(own: SubTransactionId, parent: Option<SubTransactionId>) {
    PENDING.with(|pending| {
        let Ok(mut pending) = pending.try_borrow_mut() else { return };
        match parent {
            Some(parent) => {
                pending.iter_mut().filter(|pending| pending.by == own).for_each(|pending| pending.by = parent);
            }
            None => pending.retain(|pending| pending.by != own),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(statement: Option<&str>) -> Entry {
        let text = |text: &str| text.to_owned();
        Entry {
            at: 1,
            action: text("blocked"),
            level: text("error"),
            rule: text("drop-table"),
            object: None,
            message: text("m\"\n\u{fc}"),
            role: text("r"),
            session_role: text("s"),
            database: text("d"),
            application: Some(text("a")),
            tag: text("DROP TABLE"),
            source: text("start"),
            statement: statement.map(text),
            reason: None,
            can_block: true,
        }
    }

    #[test]
    fn lines_are_ascii_and_say_the_same() {
        let json = json!({ "a": "\u{fc}\u{1f600} x" });
        let line = in_ascii(&json.to_string());
        assert!(line.is_ascii());
        assert_eq!(serde_json::from_str::<Json>(&line).unwrap(), json);
    }

    #[test]
    fn entries_are_packed_and_unpacked() {
        let whole = entry(Some("DROP TABLE t"));
        assert_eq!(Entry::unpack(&whole.pack(1_000).unwrap()), Some(whole));
        let long = entry(Some(&"x".repeat(2_000)));
        assert_eq!(Entry::unpack(&long.pack(1_000).unwrap()), Some(entry(None)));
        assert_eq!(long.pack(10), None);
        assert_eq!(Entry::unpack(b"{}"), None);
    }
}
