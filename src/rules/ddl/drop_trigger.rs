use crate::ast::{DropKind, QualifiedName, Statement};
use crate::facts::Facts;
use crate::finding::Level;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-trigger.md")]
    "drop-trigger", "WD057", Ddl, Warning, since "0.1.0",
    "trigger dropped from a table that holds rows",
    [Statement(DROP, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Drop(drop) = statement else { return };
    let (DropKind::Trigger, [name], Some(trigger)) = (drop.kind, drop.names.as_slice(), &drop.member) else { return };
    if is_made_again(name, trigger, facts) || (facts.exists(name) && !facts.has_trigger(name, trigger)) {
        return;
    }
    let Some(table) = facts.shared(name).filter(|_| !drop.if_exists || facts.exists(name)) else { return };
    // In a block it may be made anew next; the guard does not know what follows.
    let unknown = facts.later_in_transaction().is_none() && facts.in_transaction_block();
    let level = if unknown || table.is_empty() { Level::Info } else { Level::Warning };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("without trigger \"{trigger}\" rows of \"{}\" are written unseen", table.name),
            )
            .level(level)
            .detail(format!(
                "{} ACCESS EXCLUSIVE until COMMIT. What the trigger checked or kept up to date goes without it from then on.",
                extent(&table)
            ))
            .hint("To put another in its place: CREATE OR REPLACE TRIGGER, or DROP and CREATE in one transaction.")
            .at(name.at),
    );
}

fn is_made_again(table: &QualifiedName, trigger: &str, facts: &dyn Facts) -> bool {
    facts.later_in_transaction().unwrap_or_default().iter().any(|located| match &located.statement {
        Statement::CreateTrigger { name, table: other, .. } => name == trigger && evidence::is_same(table, other),
        _ => false,
    })
}
