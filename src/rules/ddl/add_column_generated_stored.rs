use crate::ast::{AlterAction, ColumnDef, QualifiedName};
use crate::facts::{Facts, Kind, Relation};
use crate::rules::ddl::new_column;
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-column-generated-stored.md")]
    "add-column-generated-stored", "WD021", Ddl, Error, since "0.1.0",
    "new stored generated column rewrites the table",
    [Alter(ADD_COLUMN, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let Some((column, table)) = new_column(name, action, facts).filter(|(column, _)| column.stored) else { return };
    let finding = report
        .finding(
            facts.identity(&table),
            format!("adding column \"{}\" rewrites \"{}\": it is generated and stored", column.name, table.name),
        )
        .detail(format!(
            "{} ACCESS EXCLUSIVE until COMMIT while every row and index entry is written again{}.",
            extent(&table),
            cost::rewrite(&table)
        ))
        .at(column.at);
    report.push(match virtual_column(&table, column, facts) {
        Some(sql) => finding.remedy("Computed when it is read, if nothing has to be indexed", sql),
        None => finding.hint(instead(&table, column, facts)),
    });
}

/// From 18 on a generated column need not be stored.
fn virtual_column(table: &Relation, column: &ColumnDef, facts: &dyn Facts) -> Option<String> {
    if facts.server_major() < 18 || column.storage || !column.constraints.is_empty() {
        return None;
    }
    let not_null = if column.not_null { " NOT NULL" } else { "" };
    Some(format!(
        "ALTER TABLE {} ADD COLUMN {} GENERATED ALWAYS AS ({}) VIRTUAL{not_null};",
        facts.identity(table),
        sql::typed_column(column, facts)?,
        column.expression.text()?
    ))
}

fn instead(table: &Relation, column: &ColumnDef, facts: &dyn Facts) -> String {
    let identity = facts.identity(table);
    let definition = sql::typed_column(column, facts).unwrap_or_else(|| format!("{} ...", facts.quote(&column.name)));
    let mut hint = format!(
        "A plain column: ALTER TABLE {identity} ADD COLUMN {definition}; set it in a trigger, and fill the old rows in \
         batches."
    );
    if let Some(expression) = column.expression.text().filter(|_| table.kind != Kind::Partitioned) {
        let index = facts.object_name(&table.name, std::slice::from_ref(&column.name), "idx");
        hint.push_str(&format!(
            " If rows are only looked up by it, an index will do: CREATE INDEX CONCURRENTLY {} ON {identity} (({expression}));",
            facts.quote(&index)
        ));
    }
    hint
}
