use crate::ast::{AlterAction, ConstraintKind, QualifiedName, Statement, dropped_constraints};
use crate::facts::{Column, Facts, Lookup};
use crate::rules::wording::rows_are;
use crate::rules::{Report, cost, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/set-not-null-scan.md")]
    "set-not-null-scan", "WD005", Ddl, Error, since "0.1.0",
    "SET NOT NULL scans the table while reads and writes wait",
    [Statement(ADD_CONSTRAINT.or(SET_NOT_NULL), check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::AlterTable { table, actions, .. } = statement else { return };
    let dropped = dropped_constraints(actions);
    for (order, column) in actions.iter().enumerate().filter_map(|(i, a)| Some((i, column_that_must_not_be_null(a)?))) {
        judge(table, column, &dropped, order, facts, report);
    }
}

fn judge(
    name: &QualifiedName,
    column_name: &str,
    dropped: &[&str],
    order: usize,
    facts: &dyn Facts,
    report: &mut Report,
) {
    let Some(table) = facts.shared_and_large(name) else { return };
    let column = match facts.column(name, column_name) {
        Lookup::Found(column) if !column.not_null => Some(column),
        Lookup::Found(_) | Lookup::Missing => return,
        Lookup::NotChecked(_) => None,
    };
    let message = format!(
        "SET NOT NULL on \"{}\".\"{column_name}\" blocks reads and writes while {} scanned",
        table.name,
        rows_are(&table)
    );
    match facts.proves_not_null(name, column_name, dropped) {
        Lookup::Found(true) | Lookup::Missing => {}
        Lookup::Found(false) => report.push(
            report
                .finding(facts.identity(&table), message)
                .detail(format!(
                    "ACCESS EXCLUSIVE until COMMIT. No validated CHECK proves the column has no NULL; {}.{}",
                    statistics(column.as_ref()),
                    cost::scan_sentence(&table)
                ))
                .remedy(introduction(facts), sql::set_not_null(&table, column_name, facts))
                .order(order)
                .at(name.at),
        ),
        Lookup::NotChecked(reason) => report.not_checked(facts.identity(&table), message, reason),
    }
}

fn column_that_must_not_be_null(action: &AlterAction) -> Option<&str> {
    match action {
        AlterAction::SetNotNull { column } => Some(column),
        AlterAction::AddConstraint(constraint) if !constraint.not_valid => match &constraint.kind {
            ConstraintKind::NotNull { column } => Some(column),
            _ => None,
        },
        _ => None,
    }
}

fn statistics(column: Option<&Column>) -> String {
    match column.and_then(|column| column.null_fraction) {
        None => "there are no statistics of it to read".to_owned(),
        Some(0.0) => "statistics expect none".to_owned(),
        Some(part) => format!("statistics expect it in {:.0} % of the rows, so that it will fail", part * 100.0),
    }
}

fn introduction(facts: &dyn Facts) -> &'static str {
    if facts.server_major() >= 18 { "In two transactions" } else { "A transaction each" }
}
