use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/truncate-table.md")]
    "truncate-table", "WD051", Ddl, Warning, since "0.1.0",
    "TRUNCATE of a table that holds rows",
    [Unseen(check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Truncate { tables, .. } = statement else { return };
    for name in tables {
        let Some(table) = facts.shared(name).filter(|table| !table.is_empty()) else { continue };
        report.push(
            report
                .finding(facts.identity(&table), format!("TRUNCATE loses all rows of \"{}\"", table.name))
                .detail(format!(
                    "{} ACCESS EXCLUSIVE until COMMIT: reads and writes wait. No trigger of DELETE fires, and a \
                     transaction that began earlier finds the table empty as well.",
                    extent(&table)
                ))
                .hint("To remove some rows, or to let readers go on: DELETE in batches, with a COMMIT after each.")
                .at(name.at),
        );
    }
}
