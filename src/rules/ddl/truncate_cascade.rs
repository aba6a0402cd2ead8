use super::drop_table::own_names;
use crate::ast::{QualifiedName, Statement};
use crate::facts::{Facts, Relation};
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/truncate-cascade.md")]
    "truncate-cascade", "WD052", Ddl, Error, since "0.1.0",
    "TRUNCATE CASCADE empties tables that it does not name",
    [Unseen(check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Truncate { tables, cascade: true } = statement else { return };
    let also: Vec<Relation> =
        closure(tables, facts).iter().filter_map(|name| facts.shared(name)).filter(|table| !table.is_empty()).collect();
    let Some(first) = tables.first().filter(|_| !also.is_empty()) else { return };
    let all: Vec<String> = tables.iter().map(|table| identity(table, facts)).collect();
    let others: Vec<String> = also.iter().map(|table| facts.identity(table)).collect();
    report.push(
        report
            .finding(
                identity(first, facts),
                format!(
                    "TRUNCATE CASCADE empties more than \"{}\": {}",
                    first.name,
                    evidence::listed(others.iter().cloned())
                ),
            )
            .detail(evidence::sentences(also.iter().map(extent)))
            .hint(format!(
                "If all of them are meant, name them: TRUNCATE {}; without CASCADE it fails when a table is forgotten.",
                [all, others].concat().join(", ")
            ))
            .at(first.at),
    );
}

fn identity(name: &QualifiedName, facts: &dyn Facts) -> String {
    facts.relation(name).found().map_or_else(|| facts.quote(&name.name), |relation| facts.identity(&relation))
}

/// Tables whose foreign keys point at those named, directly or not, and that are not named themselves.
fn closure(tables: &[QualifiedName], facts: &dyn Facts) -> Vec<QualifiedName> {
    let named: Vec<QualifiedName> = own_names(tables, facts).iter().flat_map(|name| facts.tree(name)).collect();
    let mut waiting = named.clone();
    let mut found: Vec<QualifiedName> = Vec::new();
    while let Some(table) = waiting.pop() {
        for reference in facts.referenced_by(&table) {
            if !named.contains(&reference.table) && !found.contains(&reference.table) {
                found.push(reference.table.clone());
                waiting.extend(facts.tree(&reference.table));
            }
        }
    }
    // A partition goes with its table.
    found.retain(|table| facts.parent(table).is_none());
    found
}
