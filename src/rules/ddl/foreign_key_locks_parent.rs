use crate::ast::{AlterAction, Constraint, ConstraintKind, QualifiedName, Statement};
use crate::facts::Facts;
use crate::rules::keys;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-locks-parent.md")]
    "foreign-key-locks-parent", "WD086", Ddl, Info, since "0.1.0",
    "foreign key locks the table it points at as well",
    [Statement(keys::CONSTRAINTS, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let (table, constraints): (&QualifiedName, Vec<&Constraint>) = match statement {
        Statement::CreateTable(create) if !(create.if_not_exists && facts.exists(&create.table)) => {
            (&create.table, create.constraints.iter().chain(create.inline_constraints()).collect())
        }
        Statement::AlterTable { table, actions, .. } => (table, actions.iter().flat_map(added).collect()),
        _ => return,
    };
    for constraint in constraints {
        let ConstraintKind::ForeignKey(key) = &constraint.kind else { continue };
        let Some(parent) = facts.shared_and_large(&key.referenced) else { continue };
        report.push(
            report
                .finding(
                    facts.identity(&parent),
                    format!("foreign key of \"{}\" blocks writes to \"{}\" until COMMIT", table.name, parent.name),
                )
                .detail(format!("{} SHARE ROW EXCLUSIVE on it, also where nothing is checked.", extent(&parent)))
                .hint("SET lock_timeout = '2s'; and COMMIT soon after it.")
                .at(constraint.at),
        );
    }
}

fn added(action: &AlterAction) -> &[Constraint] {
    match action {
        AlterAction::AddConstraint(constraint) => core::slice::from_ref(constraint),
        AlterAction::AddColumn { column, .. } => &column.constraints,
        _ => &[],
    }
}
