use crate::ast::{Lock, Statement, Write, WriteKind, Written};
use crate::facts::{Facts, Relation};
use crate::rules::wording::Quantity;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/ddl-with-backfill.md")]
    "ddl-with-backfill", "WD146", Ddl, Error, since "0.1.0",
    "many rows written while an earlier statement of the transaction keeps their table locked",
    [Unseen(check)]
}

/// More rows than these take long enough for others to notice.
const MANY: f64 = 100_000.0;

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Write(write) = statement else { return };
    let Some((locked, lock)) = locked(write, facts) else { return };
    let Some(rows) = many_rows(write, facts) else { return };
    report.push(
        report
            .finding(
                facts.identity(&locked),
                format!("\"{}\" stays locked against {} while {}", locked.name, lock.blocks(), deed(write, rows)),
            )
            .detail(format!(
                "An earlier statement of this transaction took {} on \"{}\", which is held until COMMIT. \
                 The number of rows is the server's estimate.",
                lock.name(),
                locked.name
            ))
            .hint("COMMIT before it, and write the rows in batches by key, with a COMMIT after each.")
            .at(write.table.at),
    );
}

/// A table whose writers wait until the transaction ends: the one that is written, a member of its tree, or one that a
/// foreign key ties it to.
pub(super) fn locked(write: &Write, facts: &dyn Facts) -> Option<(Relation, Lock)> {
    let held = facts.held_tables(Lock::ShareRowExclusive);
    if held.is_empty() {
        return None;
    }
    let referenced = facts.foreign_keys(&write.table).into_iter().map(|key| key.referenced);
    let referencing = facts.referenced_by(&write.table).into_iter().map(|reference| reference.table);
    let related = facts.tree(&write.table).into_iter().chain(referenced).chain(referencing);
    related.filter_map(|name| facts.shared(&name)).find_map(|table| {
        let name = table.qualified_name();
        let (_, lock) = held.iter().find(|(held, _)| *held == name)?;
        Some((table, *lock))
    })
}

/// About how many rows a statement writes, where that is known, and many.
pub(super) fn many_rows(write: &Write, facts: &dyn Facts) -> Option<f64> {
    let rows_of = |name| facts.relation(name).found()?.rows();
    let rows = match &write.rows {
        Written::All => rows_of(&write.table)?,
        Written::ByNull { column, null } => {
            let share = facts.null_share(&write.table, column)?;
            rows_of(&write.table)? * if *null { share } else { 1.0 - share }
        }
        Written::EachOf(source) => rows_of(source)?,
        Written::Unknown => return None,
    };
    (rows > MANY).then_some(rows)
}

/// `about 1,000,000 rows of "orders" are updated`.
pub(super) fn deed(write: &Write, rows: f64) -> String {
    let (of, done) = match write.kind {
        WriteKind::Update => ("of", "updated"),
        WriteKind::Delete => ("of", "deleted"),
        WriteKind::Merge => ("for", "merged"),
        WriteKind::Insert | WriteKind::Copy => ("for", "inserted"),
    };
    format!("about {} rows {of} \"{}\" are {done}", Quantity::Rows(rows), write.table.name)
}
