use crate::ast::{AlterAction, QualifiedName};
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-not-null.md")]
    "drop-not-null", "WD060", Ddl, Info, since "0.1.0",
    "column may hold NULL from now on",
    [Alter(DROP_NOT_NULL, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::DropNotNull { column } = action else { return };
    let Some(table) = facts.shared(name) else { return };
    if !facts.column(name, column).found().is_some_and(|column| column.not_null) {
        return;
    }
    // The server refuses it for a part of the primary key.
    if facts.indexes(name).iter().any(|index| index.primary && index.columns.contains(&Some(column.clone()))) {
        return;
    }
    report.push(
        report
            .finding(facts.identity(&table), format!("\"{}\".\"{column}\" may hold NULL from now on", table.name))
            .detail(format!("{} Code that reads the column has to expect it.", extent(&table)))
            .at(name.at),
    );
}
