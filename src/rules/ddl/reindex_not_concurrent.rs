use crate::ast::{QualifiedName, ReindexKind, Statement};
use crate::facts::{ConstraintType, Facts};
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/reindex-not-concurrent.md")]
    "reindex-not-concurrent", "WD048", Ddl, Error, since "0.1.0",
    "index built anew while writes, and most reads, wait",
    [Statement(REINDEX, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Reindex(reindex) = statement else { return };
    if reindex.concurrently {
        return;
    }
    let (table_name, word) = match reindex.kind {
        ReindexKind::Index => match facts.index(&reindex.name).found() {
            Some(index) if is_of_exclusion(&index.table, &index.name, facts) => return,
            Some(index) => (index.table, "INDEX"),
            None => return,
        },
        ReindexKind::Table => (reindex.name.clone(), "TABLE"),
        ReindexKind::Other => return,
    };
    let Some(table) = facts.shared_and_large(&table_name) else { return };
    let Some(named) = facts.relation(&reindex.name).found() else { return };
    let identity = facts.identity(&named);
    let what = match reindex.kind {
        ReindexKind::Table => format!("the indexes of \"{}\" blocks writes to it", table.name),
        _ if table.name.is_empty() => format!("index \"{}\" blocks writes to its table", named.name),
        _ => format!("index \"{}\" blocks writes to \"{}\"", named.name, table.name),
    };
    report.push(
        report
            .finding(identity.clone(), format!("building anew {what} until it is done"))
            .detail(format!(
                "{} SHARE lock on the table, ACCESS EXCLUSIVE on the index: writes wait{}, and so do the reads whose plan \
                 has to look at the index.",
                extent(&table),
                cost::index_build(&table)
            ))
            .remedy("Outside a transaction", format!("REINDEX {word} CONCURRENTLY {identity};"))
            .at(reindex.name.at),
    );
}

/// What enforces an exclusion constraint cannot be built anew CONCURRENTLY.
fn is_of_exclusion(table: &QualifiedName, index: &str, facts: &dyn Facts) -> bool {
    facts.constraint(table, index).found().is_some_and(|constraint| constraint.kind == ConstraintType::Exclusion)
}
