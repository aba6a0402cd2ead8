use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/create-partition-of-lock.md")]
    "create-partition-of-lock", "WD095", Partition, Info, since "0.1.0",
    "CREATE TABLE ... PARTITION OF waits for everybody who uses the parent",
    [Statement(CREATE_TABLE, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::CreateTable(create) = statement else { return };
    if !create.is_partition || (create.if_not_exists && facts.exists(&create.table)) {
        return;
    }
    for parent in &create.parents {
        let Some(table) = facts.shared_and_large(parent) else { continue };
        let finding = report
            .finding(
                facts.identity(&table),
                format!("making partition \"{}\" blocks reads and writes of \"{}\"", create.table.name, table.name),
            )
            .detail(format!(
                "{} ACCESS EXCLUSIVE on it until COMMIT, for a moment, and a queue behind it while it waits for queries that \
                 are under way. ATTACH PARTITION takes SHARE UPDATE EXCLUSIVE, behind which nobody queues.",
                extent(&table)
            ))
            .at(parent.at);
        let new = match &create.table.schema {
            Some(schema) => facts.qualified(schema, &create.table.name),
            None => facts.quote(&create.table.name),
        };
        let identity = facts.identity(&table);
        report.push(match sql::bound(&create.bound) {
            Some(bound) => finding.remedy(
                "In one transaction",
                format!(
                    "CREATE TABLE {new} (LIKE {identity} INCLUDING ALL EXCLUDING IDENTITY);\n\
                     ALTER TABLE {identity} ATTACH PARTITION {new} {bound};"
                ),
            ),
            None => finding.hint("CREATE TABLE ... (LIKE the parent INCLUDING ALL), then ATTACH PARTITION."),
        });
    }
}
