use crate::ast::{AlterAction, ConstraintKind, QualifiedName};
use crate::facts::{Facts, Kind};
use crate::rules::wording::rows_are;
use crate::rules::{Report, cost, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-foreign-key-validates.md")]
    "add-foreign-key-validates", "WD003", Ddl, Error, since "0.1.0",
    "foreign key checked while writes to both tables wait",
    [Alter(check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AddConstraint(constraint) = action else { return };
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return };
    if constraint.not_valid {
        return;
    }
    let Some(table) = facts.shared_and_large(name) else { return };
    let constraint_name =
        constraint.name.clone().unwrap_or_else(|| facts.object_name(&table.name, &key.columns, "fkey"));
    let referenced = &key.referenced.name;
    let finding = report
        .finding(
            facts.identity(&table),
            format!(
                "foreign key \"{constraint_name}\" blocks writes to \"{}\" and \"{referenced}\" while {} checked",
                table.name,
                rows_are(&table)
            ),
        )
        .detail(format!("SHARE ROW EXCLUSIVE on both tables until COMMIT{}.", cost::foreign_key_check(&table)))
        .at(constraint.at);
    report.push(if table.kind == Kind::Partitioned && facts.server_major() < 18 {
        finding.hint(
            "A partitioned table takes no NOT VALID foreign key before PostgreSQL 18: add it to each partition NOT VALID, \
             VALIDATE it there, and then add it to the parent, which finds them and checks nothing again.",
        )
    } else {
        finding.remedy("In two transactions", sql::add_foreign_key(&constraint_name, key, &table, facts))
    });
}
