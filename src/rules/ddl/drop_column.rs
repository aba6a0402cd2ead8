use crate::ast::{AlterAction, QualifiedName};
use crate::facts::{Column, Facts, Relation};
use crate::finding::Level;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-column.md")]
    "drop-column", "WD041", Ddl, Warning, since "0.1.0",
    "column dropped that holds values",
    [Alter(DROP_COLUMN, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::DropColumn { column: column_name, cascade, .. } = action else { return };
    let Some(table) = facts.shared(name) else { return };
    let Some(column) = facts.column(name, column_name).found() else { return };
    // Without CASCADE the server refuses, and says who is in the way.
    if !cascade && !evidence::needed_by(name, Some(column_name), &[], facts).is_empty() {
        return;
    }
    let holds_values = !table.is_empty() && column.null_fraction != Some(1.0);
    let (level, with) = if holds_values { (Level::Warning, " loses its values") } else { (Level::Info, "") };
    report.push(
        report
            .finding(facts.identity(&table), format!("dropping \"{}\".\"{column_name}\"{with}", table.name))
            .level(level)
            .detail(format!("{}{}", extent(&table), statistics(&column)))
            .hint(hint(name, &table, column_name, &column, facts))
            .at(name.at),
    );
}

fn statistics(column: &Column) -> String {
    match column.null_fraction {
        None => " There are no statistics of the column to read.".to_owned(),
        Some(0.0) => " Statistics expect no NULL in the column.".to_owned(),
        Some(part) => format!(" Statistics expect NULL in {:.0} % of them.", part * 100.0),
    }
}

fn hint(name: &QualifiedName, table: &Relation, column_name: &str, column: &Column, facts: &dyn Facts) -> String {
    let sooner = "First release code that does not name the column";
    let in_primary_key = || {
        facts.indexes(name).iter().any(|index| index.primary && index.columns.contains(&Some(column_name.to_owned())))
    };
    if column.not_null && !in_primary_key() {
        format!(
            "{sooner}; ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL; lets it insert rows meanwhile. Then drop it.",
            facts.identity(table),
            facts.quote(column_name)
        )
    } else {
        format!("{sooner}, then drop it.")
    }
}
