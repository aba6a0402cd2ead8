use crate::ast::{AlterAction, QualifiedName, Statement};
use crate::facts::Facts;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-column-cascades.md")]
    "drop-column-cascades", "WD042", Ddl, Warning, since "0.1.0",
    "column dropped that indexes or constraints over other columns need",
    [Statement(DROP_COLUMN, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::AlterTable { table, actions, .. } = statement else { return };
    for (order, action) in actions.iter().enumerate() {
        let AlterAction::DropColumn { column, .. } = action else { continue };
        let gone = |constraint: &str| {
            actions.iter().any(|a| matches!(a, AlterAction::DropConstraint { name, .. } if name == constraint))
        };
        let also = what_goes(table, column, &gone, facts);
        let Some(relation) = facts.shared(table).filter(|_| !also.is_empty()) else { continue };
        report.push(
            report
                .finding(
                    facts.identity(&relation),
                    format!("dropping \"{}\".\"{column}\" takes more with it than the column", relation.name),
                )
                .detail(format!(
                    "These go without a word of the server, with or without CASCADE, and what they did for other columns \
                     ends: {}.",
                    evidence::listed(also.into_iter())
                ))
                .hint(
                    "Before it, build what must stay without that column: CREATE INDEX CONCURRENTLY for an index, ADD \
                     CONSTRAINT ... NOT VALID and VALIDATE CONSTRAINT for a constraint.",
                )
                .order(order)
                .at(table.at),
        );
    }
}

/// Indexes, constraints and statistics in which other columns have a part.
fn what_goes(table: &QualifiedName, column: &str, gone: &dyn Fn(&str) -> bool, facts: &dyn Facts) -> Vec<String> {
    if facts.column(table, column).found().is_none() {
        return Vec::new();
    }
    let only = [Some(column.to_owned())];
    let indexes = facts
        .indexes_with(table, column)
        .into_iter()
        .filter(|name| facts.index(name).found().is_some_and(|index| !index.of_constraint && index.columns != only));
    let constraints = facts.dependents(table, Some(column)).into_iter().filter(|dependent| dependent.silent);
    let others = constraints.filter(|dependent| match &dependent.constraint {
        Some(name) => !gone(name) && facts.constraint(table, name).found().is_some_and(|found| found.columns.len() > 1),
        None => dependent.catalog == "pg_statistic_ext",
    });
    let indexes = indexes.map(|name| format!("index {}", facts.quote(&name.name)));
    indexes.chain(others.map(|dependent| dependent.description)).collect()
}
