use crate::ast::{CreateIndex, Statement};
use crate::facts::{Facts, Kind};
use crate::rules::index_script;
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/create-index-on-partitioned.md")]
    "create-index-on-partitioned", "WD090", Partition, Error, since "0.1.0",
    "index built on every partition while writes to all of them wait",
    [Statement(CREATE_INDEX, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::CreateIndex(index) = statement else { return };
    if index.concurrently || index.table.only {
        return;
    }
    let Some(table) = facts.shared_and_large(&index.table).filter(|table| table.kind == Kind::Partitioned) else {
        return;
    };
    let missing = partitions_without(index, facts);
    if missing == 0 || exists(index, facts) {
        return;
    }
    let finding = report
        .finding(
            facts.identity(&table),
            format!("building an index on \"{}\" blocks writes to all its partitions until it is done", table.name),
        )
        .detail(format!(
            "{} SHARE lock on \"{}\" and every partition until COMMIT; {missing} of them have no such index yet: INSERT, \
             UPDATE and DELETE wait{}. CONCURRENTLY is not to be had for a partitioned table.",
            extent(&table),
            table.name,
            cost::index_build(&table)
        ))
        .at(index.table.at);
    report.push(index_script::remedy(finding, index, &table, facts));
}

/// Partitions for which the server would build one: what they have already, it only attaches.
fn partitions_without(index: &CreateIndex, facts: &dyn Facts) -> usize {
    let leaves = facts
        .tree(&index.table)
        .into_iter()
        .filter(|member| facts.relation(member).found().is_some_and(|relation| relation.kind == Kind::Table));
    leaves.filter(|leaf| !facts.indexes(leaf).iter().any(|existing| index.is_served_by(existing))).count()
}

fn exists(index: &CreateIndex, facts: &dyn Facts) -> bool {
    index.if_not_exists
        && index.name.as_ref().is_some_and(|name| facts.indexes(&index.table).iter().any(|other| other.name == *name))
}
