use crate::ast::{AlterAction, Constraint, ConstraintKind, ForeignKey, QualifiedName};
use crate::facts::{Facts, Kind, Relation};
use crate::finding::Finding;
use crate::rules::ddl::{by_partition, partitions_without};
use crate::rules::wording::rows_are;
use crate::rules::{Report, cost, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-foreign-key-validates.md")]
    "add-foreign-key-validates", "WD003", Ddl, Error, since "0.1.0",
    "foreign key checked while writes to both tables wait",
    [Alter(ADD_CONSTRAINT, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AddConstraint(constraint) = action else { return };
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return };
    if constraint.not_valid {
        return;
    }
    let Some(table) = facts.shared_and_large(name) else { return };
    let takes_not_valid = table.kind != Kind::Partitioned || facts.server_major() >= 18;
    let lacking = partitions_lacking(key, &table, facts);
    if table.kind == Kind::Partitioned && lacking.is_empty() {
        return;
    }
    let constraint_name = name_of(constraint, key, &table, facts);
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
    report.push(if takes_not_valid {
        finding.remedy("In two transactions", sql::add_foreign_key(&constraint_name, key, &table, facts))
    } else {
        one_by_one(finding, constraint, (&table, &lacking), facts)
    });
}

fn name_of(constraint: &Constraint, key: &ForeignKey, table: &Relation, facts: &dyn Facts) -> String {
    constraint.name.clone().unwrap_or_else(|| facts.object_name(&table.name, &key.columns, "fkey"))
}

/// Partitions that have no foreign key like it, checked already, that the parent's takes over.
pub(super) fn partitions_lacking(key: &ForeignKey, table: &Relation, facts: &dyn Facts) -> Vec<Relation> {
    partitions_without(table, facts, |partition| has_foreign_key(partition, key, facts))
}

/// A finding about a foreign key with the way through the partitions.
pub(super) fn one_by_one(
    finding: Finding,
    constraint: &Constraint,
    (table, lacking): (&Relation, &[Relation]),
    facts: &dyn Facts,
) -> Finding {
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return finding };
    by_partition(finding, lacking, "Partition by partition, each ALTER TABLE in a transaction of its own", || {
        sql::add_foreign_key_to_partitions(&name_of(constraint, key, table, facts), key, (table, lacking), facts)
    })
}

/// Whether a partition has a foreign key like it, checked already, that its parent's takes over.
fn has_foreign_key(partition: &QualifiedName, key: &ForeignKey, facts: &dyn Facts) -> bool {
    let identity = |name: &QualifiedName| facts.relation(name).found().map(|relation| facts.identity(&relation));
    facts.foreign_keys(partition).iter().any(|existing| {
        existing.columns == key.columns
            && identity(&existing.referenced) == identity(&key.referenced)
            && facts.constraint(partition, &existing.name).found().is_some_and(|constraint| constraint.validated)
    })
}
