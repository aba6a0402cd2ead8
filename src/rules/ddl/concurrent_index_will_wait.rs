use crate::ast::{AlterAction, DropKind, QualifiedName, Statement};
use crate::rules::wording::holders;
use crate::rules::{Case, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/concurrent-index-will-wait.md")]
    "concurrent-index-will-wait", "WD081", Ddl, Warning, since "0.1.0",
    "CONCURRENTLY waits for transactions that have been open for long",
    [Now(check)]
}

/// Times `warden.busy_after` from which on a transaction is not one that ends in a moment: a minute, where nobody set it.
const OLD: f64 = 12.0;

fn check(case: &Case<'_>, report: &mut Report) {
    let (statement, facts) = (case.statement, case.facts);
    let Some(name) = worked_on_concurrently(statement) else { return };
    // In a block it fails anyway.
    if facts.in_transaction_block() || facts.shared(name).is_none() {
        return;
    }
    let old = facts.old_transactions(OLD * facts.busy_after());
    if old.is_empty() {
        return;
    }
    report.push(
        report
            .finding(
                facts.quote(&name.name),
                "CONCURRENTLY waits until transactions that are open now have ended, in all of this database",
            )
            .detail(format!(
                "Open for long: {}. While it waits it holds back vacuum, and other DDL on the table.",
                holders(&old)
            ))
            .hint("End them first, or run this when they are gone. A build that is cancelled leaves an invalid index behind.")
            .at(name.at),
    );
}

/// The table or index of a statement that runs CONCURRENTLY.
pub(super) fn worked_on_concurrently(statement: &Statement) -> Option<&QualifiedName> {
    match statement {
        Statement::CreateIndex(index) if index.concurrently => Some(&index.table),
        Statement::Drop(drop) if drop.kind == DropKind::Index && drop.concurrently => drop.names.first(),
        Statement::Reindex(reindex) if reindex.concurrently => Some(&reindex.name),
        Statement::AlterTable { table, actions, .. } => actions
            .iter()
            .any(|action| matches!(action, AlterAction::Detach { concurrently: true, .. }))
            .then_some(table),
        _ => None,
    }
}
