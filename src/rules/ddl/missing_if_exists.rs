use crate::ast::{AlterAction, QualifiedName, Statement};
use crate::facts::Facts;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/missing-if-exists.md")]
    "missing-if-exists", "WD149", Ddl, Off, since "0.1.0",
    "statement outside of a transaction that cannot be run again",
    [Statement(ADD_COLUMN.or(CREATE_INDEX).or(CREATE_TABLE).or(CREATE_TABLE_AS).or(DROP).or(DROP_COLUMN).or(DROP_CONSTRAINT), check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    // What is undone as a whole can be run again as a whole.
    if facts.in_transaction_block() {
        return;
    }
    let Some((name, what, lacking)) = unguarded(statement) else { return };
    if facts.relation(name).found().is_some_and(|relation| !relation.is_judged()) {
        return;
    }
    report.push(
        report
            .finding(
                facts.qualified(name.schema.as_deref().unwrap_or(""), &name.name),
                format!("{what} without {lacking}, outside of a transaction"),
            )
            .detail(
                "When a later statement fails, this one stays done, and the script stops here when it is run again.",
            )
            .hint(format!("With {lacking}; or run the script as one transaction."))
            .at(statement.place()),
    );
}

/// The relation, what is done, and the words that would let it be done twice.
fn unguarded(statement: &Statement) -> Option<(&QualifiedName, String, &'static str)> {
    const EXISTS: &str = "IF EXISTS";
    const NOT_EXISTS: &str = "IF NOT EXISTS";
    match statement {
        Statement::CreateTable(create) if !create.if_not_exists && !create.temporary => {
            Some((&create.table, format!("\"{}\" is created", create.table.name), NOT_EXISTS))
        }
        Statement::CreateTableAs { table, materialized: true, if_not_exists: false, .. } => {
            Some((table, format!("\"{}\" is created", table.name), NOT_EXISTS))
        }
        // Built CONCURRENTLY, an index that failed is there, and invalid: to skip it would be worse than to stop.
        Statement::CreateIndex(index) if !index.if_not_exists && !index.concurrently => {
            let name = index.name.as_ref()?;
            Some((&index.table, format!("index \"{name}\" is created"), NOT_EXISTS))
        }
        Statement::Drop(drop) if !drop.if_exists => {
            let name = drop.names.first()?;
            let dropped = drop.member.as_deref().unwrap_or(&name.name);
            Some((name, format!("\"{dropped}\" is dropped"), EXISTS))
        }
        Statement::AlterTable { table, actions, .. } => actions.iter().find_map(|action| match action {
            AlterAction::AddColumn { column, if_not_exists: false } => {
                Some((table, format!("column \"{}\" of \"{}\" is added", column.name, table.name), NOT_EXISTS))
            }
            AlterAction::DropColumn { column, if_exists: false, .. } => {
                Some((table, format!("column \"{column}\" of \"{}\" is dropped", table.name), EXISTS))
            }
            AlterAction::DropConstraint { name, if_exists: false, .. } => {
                Some((table, format!("constraint \"{name}\" of \"{}\" is dropped", table.name), EXISTS))
            }
            _ => None,
        }),
        _ => None,
    }
}
