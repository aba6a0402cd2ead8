use crate::ast::{AlterAction, ConstraintKind, QualifiedName};
use crate::facts::Facts;
use crate::rules::wording::rows_are;
use crate::rules::{Report, cost, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-check-validates.md")]
    "add-check-validates", "WD004", Ddl, Error, since "0.1.0",
    "check constraint verified while reads and writes wait",
    [Alter(ADD_CONSTRAINT, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AddConstraint(constraint) = action else { return };
    let ConstraintKind::Check { condition, .. } = &constraint.kind else { return };
    if constraint.not_valid {
        return;
    }
    let Some(table) = facts.shared_and_large(name) else { return };
    // Which name the server would choose depends on the columns in the condition.
    let subject =
        constraint.name.as_ref().map_or("a check constraint".to_owned(), |n| format!("check constraint \"{n}\""));
    let constraint_name = constraint.name.clone().unwrap_or_else(|| facts.object_name(&table.name, &[], "check"));
    let identity = facts.identity(&table);
    let quoted = facts.quote(&constraint_name);
    let finding = report
        .finding(
            identity.clone(),
            format!("{subject} blocks reads and writes of \"{}\" while {} checked", table.name, rows_are(&table)),
        )
        .detail(format!("ACCESS EXCLUSIVE on \"{}\" until COMMIT{}.", table.name, cost::scan(&table)))
        .at(constraint.at);
    report.push(match condition.text() {
        Some(condition) => finding.remedy(
            "In two transactions",
            sql::add_check(&table, &quoted, &condition, facts),
        ),
        None => finding.hint(format!(
            "In two transactions: the same with a name and NOT VALID; then ALTER TABLE {identity} VALIDATE CONSTRAINT <name>;"
        )),
    });
}
