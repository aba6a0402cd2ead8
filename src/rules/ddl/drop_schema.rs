use crate::ast::{DropKind, QualifiedName, Statement};
use crate::facts::{Facts, Kind, Relation};
use crate::finding::Level;
use crate::rules::{Quantity, Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-schema.md")]
    "drop-schema", "WD044", Ddl, Warning, since "0.1.0",
    "schema dropped with what is in it",
    [Statement(DROP, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Drop(drop) = statement else { return };
    // Without CASCADE the server drops empty schemas only.
    if drop.kind != DropKind::Schema || !drop.cascade {
        return;
    }
    for schema in &drop.names {
        let names = facts.relations_of_schema(&schema.name);
        let found: Vec<(QualifiedName, Relation)> =
            names.into_iter().filter_map(|name| facts.shared(&name).map(|relation| (name, relation))).collect();
        if !found.is_empty() {
            judge(&schema.name, &found, facts, report);
        }
    }
}

fn judge(schema: &str, found: &[(QualifiedName, Relation)], facts: &dyn Facts, report: &mut Report) {
    let holds_rows = |relation: &Relation| relation.kind == Kind::Table && !relation.is_empty();
    let with_rows = found.iter().filter(|(_, relation)| holds_rows(relation)).count();
    let is_used = with_rows > 0 || found.iter().any(|(name, _)| evidence::is_read(&facts.usage(name)));
    let rows: f64 = found.iter().filter(|(_, r)| holds_rows(r)).filter_map(|(_, relation)| relation.rows()).sum();
    report.push(
        report
            .finding(facts.quote(schema), format!("dropping schema \"{schema}\" drops all that is in it"))
            .level(if is_used { Level::Warning } else { Level::Info })
            .detail(format!(
                "It takes along {}. Tables with rows: {}, with about {} rows.",
                evidence::listed(found.iter().map(|(_, relation)| facts.quote(&relation.name))),
                Quantity::count(with_rows),
                Quantity::Rows(rows)
            ))
            .hint("Drop what is in it by name first, and then the schema without CASCADE.".to_owned()),
    );
}
