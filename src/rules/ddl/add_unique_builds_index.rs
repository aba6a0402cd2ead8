use crate::ast::{AlterAction, ConstraintKind, QualifiedName};
use crate::facts::{Facts, Kind};
use crate::rules::ddl::{BY_PARTITION, by_partition, partitions_without_key};
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-unique-builds-index.md")]
    "add-unique-builds-index", "WD006", Ddl, Error, since "0.1.0",
    "unique constraint builds its index while reads and writes wait",
    [Alter(ADD_CONSTRAINT, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AddConstraint(constraint) = action else { return };
    let ConstraintKind::Unique(key) = &constraint.kind else { return };
    if key.using_index.is_some() {
        return;
    }
    let Some(table) = facts.shared_and_large(name) else { return };
    let lacking = partitions_without_key(&table, key, false, facts);
    if table.kind == Kind::Partitioned && lacking.is_empty() {
        return;
    }
    let constraint_name =
        constraint.name.clone().unwrap_or_else(|| facts.object_name(&table.name, &key.columns, "key"));
    let finding = report
        .finding(
            facts.identity(&table),
            format!(
                "unique constraint \"{constraint_name}\" blocks reads and writes of \"{}\" until its index is built",
                table.name
            ),
        )
        .detail(format!("{} ACCESS EXCLUSIVE until COMMIT{}.", extent(&table), cost::index_build(&table)))
        .at(constraint.at);
    report.push(if table.kind == Kind::Partitioned {
        by_partition(finding, &lacking, BY_PARTITION, || {
            sql::add_key_to_partitions("UNIQUE", &constraint_name, key, (&table, &lacking), facts)
        })
    } else {
        finding.remedy("Outside a transaction", sql::add_key("UNIQUE", &constraint_name, key, &table, facts))
    });
}
