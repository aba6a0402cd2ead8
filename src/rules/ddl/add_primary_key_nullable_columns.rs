use crate::ast::{AlterAction, Constraint, ConstraintKind, QualifiedName, Statement, dropped_constraints};
use crate::facts::{Facts, Index};
use crate::rules::ddl::perhaps_null;
use crate::rules::wording::rows_are;
use crate::rules::{Report, cost, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-primary-key-nullable-columns.md")]
    "add-primary-key-nullable-columns", "WD030", Ddl, Warning, since "0.1.0",
    "primary key over an index scans the table for NULLs",
    [Statement(ADD_CONSTRAINT, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::AlterTable { table, actions, .. } = statement else { return };
    for (order, action) in actions.iter().enumerate() {
        let AlterAction::AddConstraint(constraint) = action else { continue };
        let Some(index) = index_used(constraint, table, facts) else { continue };
        judge(table, constraint, &index, (&dropped_constraints(actions), order), facts, report);
    }
}

/// Where the index is built as well, that rule speaks, and its way out includes NOT NULL.
fn index_used(constraint: &Constraint, table: &QualifiedName, facts: &dyn Facts) -> Option<Index> {
    let ConstraintKind::PrimaryKey(key) = &constraint.kind else { return None };
    let used = key.using_index.as_ref()?;
    facts.indexes(table).into_iter().find(|index| index.name == *used)
}

fn judge(
    name: &QualifiedName,
    constraint: &Constraint,
    index: &Index,
    (dropped, order): (&[&str], usize),
    facts: &dyn Facts,
    report: &mut Report,
) {
    let Some(table) = facts.shared_and_large(name) else { return };
    let columns: Vec<String> = index.columns.iter().flatten().cloned().collect();
    let nullable = perhaps_null(name, &columns, dropped, facts);
    if nullable.is_empty() {
        return;
    }
    let listed: Vec<_> = nullable.iter().map(|column| format!("\"{column}\"")).collect();
    let listed = listed.join(", ");
    let constraint_name = constraint.name.clone().unwrap_or_else(|| index.name.clone());
    let mut steps: Vec<_> = nullable.iter().map(|column| sql::set_not_null(&table, column, facts)).collect();
    steps.push(format!(
        "ALTER TABLE {} ADD CONSTRAINT {} PRIMARY KEY USING INDEX {};",
        facts.identity(&table),
        facts.quote(&constraint_name),
        facts.quote(&index.name)
    ));
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!(
                    "primary key \"{constraint_name}\" blocks reads and writes of \"{}\" while {} scanned for NULLs in {listed}",
                    table.name,
                    rows_are(&table)
                ),
            )
            .detail(format!(
                "ACCESS EXCLUSIVE until COMMIT. Neither NOT NULL nor a validated CHECK proves that there are none.{}",
                cost::scan_sentence(&table)
            ))
            .remedy("A transaction each", steps.join("\n"))
            .order(order)
            .at(constraint.at),
    );
}
