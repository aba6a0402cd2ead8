use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rename-enum-value.md")]
    "rename-enum-value", "WD061", Ddl, Warning, since "0.1.0",
    "value of an enum renamed that tables use",
    [Statement(ALTER_ENUM, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::AlterEnum(change) = statement else { return };
    let Some(old) = &change.renamed else { return };
    let mut used = facts.uses_of_type(&change.name);
    used.retain(|used| facts.shared(&used.table).is_some());
    if used.is_empty() {
        return;
    }
    let type_name = facts.qualified(change.name.schema.as_deref().unwrap_or(""), &change.name.name);
    let columns = used.iter().map(|used| format!("\"{}\".\"{}\"", used.table.name, used.column));
    report.push(
        report
            .finding(
                type_name.clone(),
                format!("renaming '{old}' of \"{}\" to '{}' breaks queries by the old value", change.name.name, change.value),
            )
            .detail(format!(
                "Used by {}. Every row that has it shows the new value at COMMIT, and a query that has the old one fails.",
                evidence::listed(columns)
            ))
            .hint(format!(
                "In steps: ALTER TYPE {type_name} ADD VALUE '{}'; release code that knows both, and UPDATE the rows in batches.",
                change.value.replace('\'', "''")
            )),
    );
}
