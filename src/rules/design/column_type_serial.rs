use crate::ast::{AlterAction, ColumnDef, QualifiedName, Statement};
use crate::facts::{Facts, Lookup, Standing};
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-serial.md")]
    "column-type-serial", "WD011", Design, Warning, since "0.1.0",
    "column is serial instead of an identity column",
    [Statement(check), Audit(AUDIT)]
}

const AUDIT: Audit = Audit {
    source: Source::Columns,
    when: "s.is_serial",
    message: "format('column %I of %I is serial', s.column_name, s.table_name)",
    detail: "format('Its default reads sequence %s, which needs privileges of its own and can be dropped or bypassed.', s.serial_sequence)",
    hint: "'New tables: GENERATED ALWAYS AS IDENTITY. This one can stay until it is changed for another reason.'",
    fix: "NULL",
    level: "'info'",
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    match statement {
        Statement::CreateTable(create) if !create.temporary => {
            let schema = create.table.schema.as_deref();
            for column in &create.columns {
                judge(&create.table, schema.unwrap_or(""), column, facts, report);
            }
        }
        Statement::AlterTable { table, actions, .. } => {
            let schema = match facts.relation(table) {
                Lookup::Found(relation) if relation.standing != Standing::Unjudged => relation.schema,
                _ => return,
            };
            for action in actions {
                if let AlterAction::AddColumn { column, .. } = action {
                    judge(table, &schema, column, facts, report);
                }
            }
        }
        _ => {}
    }
}

fn judge(table: &QualifiedName, schema: &str, column: &ColumnDef, facts: &dyn Facts, report: &mut Report) {
    let Some(integer) = column.serial else { return };
    report.push(
        report
            .finding(
                facts.qualified(schema, &table.name),
                format!("column \"{}\" of \"{}\" is serial", column.name, table.name),
            )
            .detail(
                "serial is a default over a sequence: whoever inserts needs rights on the sequence too, and any INSERT may \
                 bypass it.",
            )
            .hint(format!("Instead: {} {integer} GENERATED ALWAYS AS IDENTITY", facts.quote(&column.name)))
            .at(column.at),
    );
}
