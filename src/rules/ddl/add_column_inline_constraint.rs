use crate::ast::{AlterAction, ColumnDef, Constraint, ConstraintKind, QualifiedName};
use crate::facts::{Facts, Kind, Relation};
use crate::finding::Level;
use crate::rules::ddl::new_column;
use crate::rules::wording::{extent, rows_are};
use crate::rules::{Report, cost, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-column-inline-constraint.md")]
    "add-column-inline-constraint", "WD023", Ddl, Error, since "0.1.0",
    "constraint of a new column is checked while reads and writes wait",
    [Alter(ADD_COLUMN, check)]
}

/// What a constraint of a new column makes the server do at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    /// A lock on the other table.
    Lock,
    /// Reading every row.
    Scan,
    /// Building an index.
    Build,
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let Some((column, table)) = new_column(name, action, facts) else { return };
    if column.not_null && !is_filled(column, facts) {
        // It fails, as the server and add-column-required say.
        return;
    }
    let constraints: Vec<_> =
        column.constraints.iter().filter_map(|c| Some((c, work(c, column, name, facts)?))).collect();
    let Some(most) = constraints.iter().map(|(_, work)| *work).max() else { return };
    let names: Vec<_> = constraints.iter().map(|(constraint, _)| keyword(constraint)).collect();
    let names = names.join(" and ");
    if most == Work::Lock {
        return report.push(brief(column, &table, &constraints, facts, report));
    }
    let effect = if most == Work::Build {
        "until its index is built".to_owned()
    } else {
        format!("while {} checked", rows_are(&table))
    };
    let estimate = if most == Work::Build { cost::index_build(&table) } else { cost::scan(&table) };
    let finding = report
        .finding(
            facts.identity(&table),
            format!(
                "adding column \"{}\" with {names} blocks reads and writes of \"{}\" {effect}",
                column.name, table.name
            ),
        )
        .detail(format!(
            "{} ACCESS EXCLUSIVE until COMMIT{estimate}.{}",
            extent(&table),
            writes_of_referenced(&constraints)
        ))
        .at(column.at);
    report.push(match in_steps(&table, column, &constraints, facts) {
        Some(sql) => finding.remedy("A transaction each, the index outside of one", sql),
        None => finding.hint(
            "Add the column without it; then CHECK and REFERENCES as NOT VALID and VALIDATE CONSTRAINT, a transaction \
             each, and UNIQUE or PRIMARY KEY by USING INDEX, over an index built CONCURRENTLY.",
        ),
    });
}

fn is_computed(column: &ColumnDef) -> bool {
    column.default.is_some() || column.serial.is_some() || column.generated
}

fn is_filled(column: &ColumnDef, facts: &dyn Facts) -> bool {
    is_computed(column) || column.identity || facts.type_has_default(column)
}

/// `None` where nothing is done, or where the server refuses.
fn work(constraint: &Constraint, column: &ColumnDef, table: &QualifiedName, facts: &dyn Facts) -> Option<Work> {
    // A key of a partitioned table needs the columns that it is partitioned by, which are no new ones.
    let can_be_key = || facts.relation(table).found().is_some_and(|table| table.kind != Kind::Partitioned);
    let has_primary_key = || facts.indexes(table).iter().any(|index| index.primary);
    match &constraint.kind {
        ConstraintKind::Check { .. } if !constraint.not_valid => Some(Work::Scan),
        // The server looks nothing up where the new column has no default: NULL refers to nothing.
        ConstraintKind::ForeignKey(_) if is_computed(column) && !constraint.not_valid => Some(Work::Scan),
        ConstraintKind::ForeignKey(_) => Some(Work::Lock),
        ConstraintKind::Unique(_) if can_be_key() => Some(Work::Build),
        ConstraintKind::PrimaryKey(_) if can_be_key() && !has_primary_key() => Some(Work::Build),
        _ => None,
    }
}

fn keyword(constraint: &Constraint) -> &'static str {
    match constraint.kind {
        ConstraintKind::Check { .. } => "CHECK",
        ConstraintKind::ForeignKey(_) => "REFERENCES",
        ConstraintKind::PrimaryKey(_) => "PRIMARY KEY",
        _ => "UNIQUE",
    }
}

/// A reference without a default: two locks, and nothing is read.
fn brief(
    column: &ColumnDef,
    table: &Relation,
    constraints: &[(&Constraint, Work)],
    facts: &dyn Facts,
    report: &Report,
) -> crate::finding::Finding {
    let referenced: Vec<_> = constraints.iter().filter_map(|(c, _)| referenced(c)).collect();
    let referenced = referenced.join(" and ");
    report
        .finding(
            facts.identity(table),
            format!("adding column \"{}\" with REFERENCES locks {referenced} as well", column.name),
        )
        .detail(format!(
            "ACCESS EXCLUSIVE on \"{}\" and SHARE ROW EXCLUSIVE on {referenced}, where writes wait, until COMMIT; no row \
             is read.",
            table.name
        ))
        .hint("In a transaction of its own, with SET lock_timeout = '2s'; before it.")
        .level(Level::Info)
        .at(column.at)
}

fn referenced(constraint: &Constraint) -> Option<String> {
    match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(format!("\"{}\"", key.referenced.name)),
        _ => None,
    }
}

fn writes_of_referenced(constraints: &[(&Constraint, Work)]) -> String {
    let referenced: Vec<_> = constraints.iter().filter_map(|(c, _)| referenced(c)).collect();
    match referenced.as_slice() {
        [] => String::new(),
        names => format!(" SHARE ROW EXCLUSIVE on {}: writes wait there too.", names.join(" and ")),
    }
}

fn in_steps(
    table: &Relation,
    column: &ColumnDef,
    constraints: &[(&Constraint, Work)],
    facts: &dyn Facts,
) -> Option<String> {
    let mut steps = vec![format!("ALTER TABLE {} ADD COLUMN {};", facts.identity(table), sql::column(column, facts)?)];
    for (constraint, _) in constraints {
        steps.push(in_two_steps(table, column, constraint, facts)?);
    }
    Some(steps.join("\n"))
}

fn in_two_steps(table: &Relation, column: &ColumnDef, constraint: &Constraint, facts: &dyn Facts) -> Option<String> {
    let columns = std::slice::from_ref(&column.name);
    let name = |columns: &[String], label: &str| {
        constraint.name.clone().unwrap_or_else(|| facts.object_name(&table.name, columns, label))
    };
    Some(match &constraint.kind {
        ConstraintKind::Check { condition, .. } => {
            sql::add_check(table, &facts.quote(&name(columns, "check")), &condition.text()?, facts)
        }
        // A partitioned table takes no NOT VALID foreign key before 18.
        ConstraintKind::ForeignKey(_) if table.kind == Kind::Partitioned && facts.server_major() < 18 => return None,
        ConstraintKind::ForeignKey(key) => sql::add_foreign_key(&name(columns, "fkey"), key, table, facts),
        ConstraintKind::Unique(key) => sql::add_key("UNIQUE", &name(columns, "key"), key, table, facts),
        ConstraintKind::PrimaryKey(key) => sql::add_key("PRIMARY KEY", &name(&[], "pkey"), key, table, facts),
        _ => return None,
    })
}
