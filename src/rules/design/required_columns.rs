use crate::ast::{AlterAction, ColumnDef, ConstraintKind, CreateTable, QualifiedName, Statement};
use crate::facts::{Facts, Lookup};
use crate::rules::{Report, declare_rule, evidence, keys};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/required-columns.md")]
    "required-columns", "WD158", Design, Off, since "0.1.0",
    "table lacks columns that warden.required_columns names, or has them otherwise",
    [Statement(keys::NEW_COLUMNS, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    match statement {
        Statement::CreateTable(_) => {}
        Statement::AlterTable { .. } if keys::new_columns(statement, facts).next().is_some() => {}
        _ => return,
    }
    let required = match facts.required_columns() {
        Lookup::Found(columns) => columns,
        Lookup::Missing => return,
        Lookup::NotChecked(reason) => return report.not_checked("", "warden.required_columns cannot be read", reason),
    };
    let Some(table) = keys::table_of(statement, facts) else { return };
    let (known, unknown): (Vec<_>, Vec<_>) =
        required.iter().partition(|column| facts.type_named(&column.type_name).found().is_some());
    for column in unknown {
        let message = format!("warden.required_columns gives \"{}\" a type that is not known here", column.name);
        report.not_checked("", message, "The other columns that it names are looked for.");
    }
    let wrong: Vec<_> = known.into_iter().filter_map(|column| fault(column, statement, facts)).collect();
    if wrong.is_empty() {
        return;
    }
    let wanted = evidence::listed(wrong.iter().map(|(wanted, _)| wanted.clone()));
    report.push(
        report
            .finding(
                keys::identity(statement, table, facts),
                format!("\"{}\" {}", table.name, evidence::listed(wrong.iter().map(|(_, fault)| fault.clone()))),
            )
            .detail("warden.required_columns names them for every new table.")
            .hint(format!("In the table: {wanted}"))
            .at(table.at),
    );
}

/// A required column as it is wanted, and how the table differs.
fn fault(required: &ColumnDef, statement: &Statement, facts: &dyn Facts) -> Option<(String, String)> {
    let type_ = facts.type_named(&required.type_name).found()?;
    let not_null = if required.not_null { " NOT NULL" } else { "" };
    let wanted = format!("{} {}{not_null}", facts.quote(&required.name), type_.name);
    let column = keys::new_columns(statement, facts).find(|column| column.name == required.name);
    let Some(column) = column else {
        let Statement::CreateTable(create) = statement else { return None };
        let comes_otherwise = has_it_from_elsewhere(&required.name, create, facts)
            || is_added_later(&required.name, &create.table, facts);
        return (!comes_otherwise).then(|| (wanted, format!("lacks \"{}\"", required.name)));
    };
    let own = facts.type_of_new(column)?;
    if own.name != type_.name {
        return Some((wanted, format!("has \"{}\" as {}", required.name, own.name)));
    }
    // A column that is added to rows gets its NOT NULL later.
    let Statement::CreateTable(create) = statement else { return None };
    let may_be_null = required.not_null && !column.not_null && !is_of_key(&required.name, create);
    may_be_null.then(|| (wanted, format!("lets \"{}\" be NULL", required.name)))
}

/// Whether a table gets a column from its parents or from what it is LIKE; those OF a type have the columns of that.
fn has_it_from_elsewhere(column: &str, create: &CreateTable, facts: &dyn Facts) -> bool {
    let of_type = create.copies_definition && create.likes.is_empty();
    let mut sources = create.parents.iter().chain(&create.likes);
    of_type || sources.any(|source| !facts.exists(source) || facts.column(source, column).found().is_some())
}

/// Whether the script adds it in the same transaction; the guard does not know what follows.
fn is_added_later(column: &str, table: &QualifiedName, facts: &dyn Facts) -> bool {
    let adds_it =
        |action: &AlterAction| matches!(action, AlterAction::AddColumn { column: added, .. } if added.name == column);
    evidence::is_altered_later(table, facts, adds_it)
}

fn is_of_key(column: &str, create: &CreateTable) -> bool {
    create.constraints.iter().any(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey(key) => key.columns.iter().any(|of_key| of_key == column),
        ConstraintKind::NotNull { column: not_null } => not_null == column,
        _ => false,
    })
}
