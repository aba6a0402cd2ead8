use crate::ast::{AlterAction, QualifiedName};
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/detach-partition-not-concurrent.md")]
    "detach-partition-not-concurrent", "WD096", Partition, Error, since "0.1.0",
    "partition detached while reads and writes of the whole table wait",
    [Alter(DETACH, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::Detach { partition, concurrently: false, .. } = action else { return };
    // With a default partition there is no DETACH CONCURRENTLY.
    if facts.default_partition(name).is_some() {
        return;
    }
    let (Some(table), Some(part)) = (facts.shared_and_large(name), facts.shared(partition)) else { return };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("detaching \"{}\" blocks reads and writes of \"{}\"", part.name, table.name),
            )
            .detail(format!(
                "{} ACCESS EXCLUSIVE on \"{}\" and the partition until COMMIT, and a queue behind it while it waits for queries \
                 that are under way.",
                extent(&table),
                table.name
            ))
            .remedy(
                "Outside a transaction",
                format!(
                    "ALTER TABLE {} DETACH PARTITION {} CONCURRENTLY;",
                    facts.identity(&table),
                    facts.identity(&part)
                ),
            )
            .at(name.at),
    );
}
