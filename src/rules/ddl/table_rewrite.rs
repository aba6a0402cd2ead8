use crate::facts::{Facts, Relation};
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/table-rewrite.md")]
    "table-rewrite", "WD088", Ddl, Error, since "0.1.0",
    "table is about to be written again while reads and writes wait",
    [Rewrite(check)]
}

fn check(table: &Relation, reason: &str, facts: &dyn Facts, report: &mut Report) {
    report.push(
        report
            .finding(facts.identity(table), format!("this writes every row of \"{}\" again: {reason}", table.name))
            .detail(format!(
                "{} ACCESS EXCLUSIVE, which it holds already, until COMMIT: reads and writes wait{}.",
                extent(table),
                cost::rewrite(table)
            ))
            .hint("Before it, warden.explain('...') tells what a statement would do. A new column, filled in batches, takes no such lock."),
    );
}
