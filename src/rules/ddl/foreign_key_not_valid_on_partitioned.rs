use super::add_foreign_key_validates::{one_by_one, partitions_lacking};
use crate::ast::{AlterAction, ConstraintKind, QualifiedName};
use crate::facts::{Facts, Kind};
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-not-valid-on-partitioned.md")]
    "foreign-key-not-valid-on-partitioned", "WD154", Ddl, Warning, since "0.1.0",
    "NOT VALID foreign key of a partitioned table, which servers before 18 refuse",
    [Alter(ADD_CONSTRAINT, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AddConstraint(constraint) = action else { return };
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return };
    if !constraint.not_valid || facts.server_major() >= 18 {
        return;
    }
    let Some(table) = facts.relation(name).found().filter(|table| table.kind == Kind::Partitioned) else { return };
    let finding = report
        .finding(facts.identity(&table), format!("NOT VALID fails: \"{}\" is partitioned", table.name))
        .detail("Before PostgreSQL 18 only its partitions take a foreign key whose rows are checked later.")
        .at(constraint.at)
        .never_blocks();
    let lacking = partitions_lacking(key, &table, facts);
    report.push(one_by_one(finding, constraint, (&table, &lacking), facts));
}
