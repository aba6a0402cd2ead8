use crate::ast::{AlterAction, ColumnDef, QualifiedName};
use crate::facts::{Facts, Kind, Relation};
use crate::rules::ddl::new_column;
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-column-autoincrement.md")]
    "add-column-autoincrement", "WD020", Ddl, Error, since "0.1.0",
    "new serial or identity column rewrites the table",
    [Alter(ADD_COLUMN, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let Some((column, table)) = new_column(name, action, facts) else { return };
    if (column.serial.is_none() && !column.identity) || is_refused(name, column, &table, facts) {
        return;
    }
    let finding = report
        .finding(
            facts.identity(&table),
            format!("adding column \"{}\" rewrites \"{}\": every row gets a number", column.name, table.name),
        )
        .detail(format!(
            "{} ACCESS EXCLUSIVE until COMMIT while every row and index entry is written again{}; serial and identity \
             alike.",
            extent(&table),
            cost::rewrite(&table)
        ))
        .at(column.at);
    report.push(match in_steps(&table, column, facts) {
        Some(sql) => finding.remedy("In steps, then number the old rows in batches", sql),
        None => finding.hint(
            "In steps: ADD COLUMN as a plain integer, CREATE SEQUENCE ... OWNED BY it, ALTER COLUMN ... SET DEFAULT \
             nextval(...); then number the old rows in batches.",
        ),
    });
}

/// An identity goes to no child, and before 17 to no partition either: the server says so.
fn is_refused(name: &QualifiedName, column: &ColumnDef, table: &Relation, facts: &dyn Facts) -> bool {
    let passed_on = table.kind == Kind::Partitioned && facts.server_major() >= 17;
    column.identity && !passed_on && facts.tree(name).len() > 1
}

fn in_steps(table: &Relation, column: &ColumnDef, facts: &dyn Facts) -> Option<String> {
    let integer = match column.serial {
        Some(integer) => integer.to_owned(),
        None => column.type_name.text()?,
    };
    let options = match &column.sequence_options {
        Some(options) => format!(" {}", options.text()?),
        None => String::new(),
    };
    let (identity, name) = (facts.identity(table), facts.quote(&column.name));
    let sequence_name = facts.object_name(&table.name, std::slice::from_ref(&column.name), "seq");
    let sequence = facts.qualified(&table.schema, &sequence_name);
    Some(format!(
        "ALTER TABLE {identity} ADD COLUMN {name} {integer};\n\
         CREATE SEQUENCE {sequence} AS {integer}{options} OWNED BY {identity}.{name};\n\
         ALTER TABLE {identity} ALTER COLUMN {name} SET DEFAULT nextval('{}');",
        sequence.replace('\'', "''")
    ))
}
