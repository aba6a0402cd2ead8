use super::drop_table::own_names;
use crate::ast::{AlterAction, Drop, DropKind, QualifiedName, Statement};
use crate::facts::{Dependent, Facts};
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-cascade.md")]
    "drop-cascade", "WD043", Ddl, Warning, since "0.1.0",
    "CASCADE drops what the statement does not name",
    [Statement(DROP, statement), Alter(DROP_COLUMN, column)]
}

fn statement(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Drop(drop) = statement else { return };
    if !drop.cascade {
        return;
    }
    let own = own_names(&drop.names, facts);
    for name in &drop.names {
        let also = closure(drop, name, &own, facts);
        if !also.is_empty() {
            push(
                &facts.qualified(name.schema.as_deref().unwrap_or(""), &name.name),
                &name.name,
                &also,
                name.at,
                report,
            );
        }
    }
}

fn closure(drop: &Drop, name: &QualifiedName, own: &[QualifiedName], facts: &dyn Facts) -> Vec<Dependent> {
    match drop.kind {
        DropKind::Table | DropKind::View | DropKind::MaterializedView | DropKind::ForeignTable | DropKind::Sequence => {
            if facts.shared(name).is_some() {
                evidence::needed_by(name, None, own, facts)
            } else {
                Vec::new()
            }
        }
        DropKind::Type => evidence::named(facts.dependents_of_type(name), own, facts),
        _ => Vec::new(),
    }
}

fn column(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::DropColumn { column, cascade: true, .. } = action else { return };
    let Some(table) = facts.shared(name).filter(|_| facts.column(name, column).found().is_some()) else { return };
    let also = evidence::needed_by(name, Some(column), &[], facts);
    if !also.is_empty() {
        push(&facts.identity(&table), &format!("{}\".\"{column}", table.name), &also, name.at, report);
    }
}

fn push(object: &str, named: &str, also: &[Dependent], at: Option<usize>, report: &mut Report) {
    report.push(
        report
            .finding(object, format!("CASCADE drops more than \"{named}\""))
            .detail(format!("It takes along: {}.", evidence::described(also)))
            .hint("Drop or change these by name first, and then drop it without CASCADE.")
            .at(at),
    );
}
