use crate::ast::{Statement, WriteKind, Written};
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/update-without-where.md")]
    "update-without-where", "WD066", Ddl, Error, since "0.1.0",
    "UPDATE of every row of a large table",
    [Unseen(check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    judge(statement, WriteKind::Update, facts, report);
}

/// The statement, if it is of that kind and nothing limits its rows.
pub(super) fn judge(statement: &Statement, kind: WriteKind, facts: &dyn Facts, report: &mut Report) {
    let Statement::Write(write) = statement else { return };
    if write.kind != kind || write.rows != Written::All {
        return;
    }
    let Some(table) = facts.shared_and_large(&write.table) else { return };
    let (verb, effect, hint) = match kind {
        WriteKind::Delete => (
            "DELETE",
            "Every row is locked until COMMIT, and its space is free only after a VACUUM.",
            "With a WHERE clause, in batches by key with a COMMIT after each; if all rows are meant to go, TRUNCATE.",
        ),
        _ => (
            "UPDATE",
            "Every row is written again and locked until COMMIT; the table and its indexes may grow to twice their size.",
            "With a WHERE clause, in batches by key with a COMMIT after each.",
        ),
    };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("{verb} without a WHERE clause that leaves rows of \"{}\" out", table.name),
            )
            .detail(format!("{} {effect}", extent(&table)))
            .hint(hint)
            .at(write.table.at),
    );
}
