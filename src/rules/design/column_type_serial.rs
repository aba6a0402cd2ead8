use crate::ast::{AlterAction, ColumnDef, QualifiedName, Statement};
use crate::facts::Facts;
use crate::rules::{Audit, Report, Source, declare_rule, keys};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-serial.md")]
    "column-type-serial", "WD011", Design, Warning, since "0.1.0",
    "column is serial, not identity",
    [Statement(keys::NEW_COLUMNS, check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.kind = 'serial'",
    message: "s.column_is || ' serial'",
    detail: "pg_catalog.format('Whoever inserts needs rights on sequence %s too, and any INSERT may bypass it.', s.evidence)",
    hint: "'In new tables: GENERATED ALWAYS AS IDENTITY. What is there can stay until it is changed for another reason.'",
    level: "'info'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    match statement {
        Statement::CreateTable(create) if !create.temporary => {
            if create.if_not_exists && facts.exists(&create.table) {
                return;
            }
            judge(statement, &create.table, create.columns.iter(), facts, report);
        }
        Statement::AlterTable { table, actions, .. } => {
            let columns = actions.iter().filter_map(|action| match action {
                AlterAction::AddColumn { column, .. } => Some(&**column),
                _ => None,
            });
            judge(statement, table, columns, facts, report);
        }
        _ => {}
    }
}

/// One finding a statement, however many columns.
fn judge<'a>(
    statement: &Statement,
    table: &QualifiedName,
    columns: impl Iterator<Item = &'a ColumnDef>,
    facts: &dyn Facts,
    report: &mut Report,
) {
    let serial: Vec<(&ColumnDef, &str)> = columns.filter_map(|column| Some((column, column.serial?))).collect();
    let Some((first, _)) = serial.first() else { return };
    let alters = matches!(statement, Statement::AlterTable { .. });
    if alters && !facts.relation(table).found().is_some_and(|relation| relation.is_judged()) {
        return;
    }
    let names: Vec<_> = serial.iter().map(|(column, _)| format!("\"{}\"", column.name)).collect();
    let (noun, verb) = if serial.len() == 1 { ("column", "is") } else { ("columns", "are") };
    let instead: Vec<_> = serial
        .iter()
        .map(|(column, integer)| format!("{} {integer} GENERATED ALWAYS AS IDENTITY", facts.quote(&column.name)))
        .collect();
    report.push(
        report
            .finding(
                keys::identity(statement, table, facts),
                format!("{noun} {} of \"{}\" {verb} serial", names.join(", "), table.name),
            )
            .detail(
                "serial is a default over a sequence: whoever inserts needs rights on the sequence too, and any INSERT may \
                 bypass it.",
            )
            .hint(format!("Instead: {}", instead.join(", ")))
            .at(first.at),
    );
}
