use crate::ast::{DropKind, Statement};
use crate::facts::{Facts, Index, Kind};
use crate::rules::index_script;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/concurrent-index-on-partitioned.md")]
    "concurrent-index-on-partitioned", "WD091", Partition, Warning, since "0.1.0",
    "CONCURRENTLY is not to be had for a partitioned table",
    [Statement(CREATE_INDEX.or(DROP), check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    match statement {
        Statement::CreateIndex(index) if index.concurrently => {
            let Some(table) = facts.relation(&index.table).found().filter(|t| t.kind == Kind::Partitioned) else {
                return;
            };
            let finding = report
                .finding(
                    facts.identity(&table),
                    format!("CREATE INDEX CONCURRENTLY fails: \"{}\" is partitioned", table.name),
                )
                .detail("The server builds no index of a partitioned table concurrently, but that of each partition.")
                .at(index.table.at)
                .never_blocks();
            report.push(index_script::remedy(finding, index, &table, facts));
        }
        Statement::Drop(drop) if drop.kind == DropKind::Index && drop.concurrently => {
            // CONCURRENTLY is passed over where the table is temporary.
            let fails = |index: &Index| {
                let table = facts.relation(&index.table).found();
                index.partitioned && table.is_some_and(|table| table.is_judged())
            };
            for index in drop.names.iter().filter_map(|name| facts.index(name).found()).filter(fails) {
                let identity = facts.qualified(&index.schema, &index.name);
                report.push(
                    report
                        .finding(
                            identity.clone(),
                            format!("DROP INDEX CONCURRENTLY fails: index \"{}\" is partitioned", index.name),
                        )
                        .detail(format!(
                            "Dropping it takes ACCESS EXCLUSIVE on \"{}\" and every partition, for a moment.",
                            index.table.name
                        ))
                        .hint(format!("SET lock_timeout = '2s'; DROP INDEX {identity};"))
                        .never_blocks(),
                );
            }
        }
        _ => {}
    }
}
