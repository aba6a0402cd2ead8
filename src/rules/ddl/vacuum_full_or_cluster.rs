use crate::ast::{QualifiedName, Statement};
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/vacuum-full-or-cluster.md")]
    "vacuum-full-or-cluster", "WD053", Ddl, Error, since "0.1.0",
    "VACUUM FULL or CLUSTER writes the table again while reads and writes wait",
    [Unseen(check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    match statement {
        Statement::Vacuum { full: true, tables, .. } if tables.is_empty() => report.push(
            report
                .finding("", "VACUUM FULL without a table writes every table again, while its reads and writes wait")
                .detail("ACCESS EXCLUSIVE on each table in turn.")
                .hint("Name the tables that need it, or VACUUM; without FULL."),
        ),
        Statement::Vacuum { full: true, tables, .. } => {
            for table in tables {
                judge(table, "VACUUM FULL", facts, report);
            }
        }
        Statement::Cluster { table } => judge(table, "CLUSTER", facts, report),
        _ => {}
    }
}

fn judge(name: &QualifiedName, command: &str, facts: &dyn Facts, report: &mut Report) {
    let Some(table) = facts.shared_and_large(name) else { return };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("{command} blocks reads and writes of \"{}\" until it is written again", table.name),
            )
            .detail(format!(
                "{} ACCESS EXCLUSIVE while the table and its indexes are written again{}. It needs the space of a second \
                 copy.",
                extent(&table),
                cost::rewrite(&table)
            ))
            .hint(format!(
                "To use the space of dead rows again: VACUUM {}; to give it back to the system while others work: the \
                 extensions pg_repack and pg_squeeze.",
                facts.identity(&table)
            ))
            .at(name.at),
    );
}
