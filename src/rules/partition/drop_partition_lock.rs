use crate::ast::{DropKind, Statement};
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-partition-lock.md")]
    "drop-partition-lock", "WD097", Partition, Warning, since "0.1.0",
    "partition dropped while reads and writes of the whole table wait",
    [Statement(DROP, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Drop(drop) = statement else { return };
    if drop.kind != DropKind::Table {
        return;
    }
    for name in &drop.names {
        let Some(parent) = facts.parent(name) else { continue };
        let (Some(table), Some(partition)) = (facts.shared_and_large(&parent), facts.shared(name)) else { continue };
        let (identity, part) = (facts.identity(&table), facts.identity(&partition));
        let finding = report
            .finding(
                part.clone(),
                format!("dropping partition \"{}\" blocks reads and writes of \"{}\"", partition.name, table.name),
            )
            .detail(format!(
                "{} ACCESS EXCLUSIVE on \"{}\" as well until COMMIT, and a queue behind it while it waits for queries that are \
                 under way.",
                extent(&table),
                table.name
            ));
        report.push(if facts.default_partition(&parent).is_some() {
            finding.hint(format!(
                "With a default partition there is no DETACH CONCURRENTLY: SET lock_timeout = '2s'; DROP TABLE {part}; and try \
                 again when it times out."
            ))
        } else {
            finding.remedy(
                "Outside a transaction, one after the other",
                format!("ALTER TABLE {identity} DETACH PARTITION {part} CONCURRENTLY;\nDROP TABLE {part};"),
            )
        });
    }
}
