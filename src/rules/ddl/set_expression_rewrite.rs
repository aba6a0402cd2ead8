use crate::ast::{AlterAction, QualifiedName};
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/set-expression-rewrite.md")]
    "set-expression-rewrite", "WD033", Ddl, Error, since "0.1.0",
    "new expression of a stored generated column rewrites the table",
    [Alter(SET_EXPRESSION, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::SetExpression { column } = action else { return };
    if !facts.is_stored(name, column) {
        return;
    }
    let Some(table) = facts.shared_and_large(name) else { return };
    let instead = if facts.server_major() >= 18 {
        "Add a second column GENERATED ALWAYS AS (...) VIRTUAL, which writes no row, and let readers go over to it"
    } else {
        "Add a plain column that a trigger sets, fill it in batches, and let readers go over to it"
    };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("SET EXPRESSION of \"{column}\" rewrites \"{}\" and its indexes", table.name),
            )
            .detail(format!(
                "{} ACCESS EXCLUSIVE until COMMIT while the column is computed for every row{}.",
                extent(&table),
                cost::rewrite(&table)
            ))
            .hint(format!("{instead}; then swap the names in one short transaction."))
            .at(name.at),
    );
}
