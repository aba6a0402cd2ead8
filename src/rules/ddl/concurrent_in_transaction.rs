use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/concurrent-in-transaction.md")]
    "concurrent-in-transaction", "WD062", Ddl, Warning, since "0.1.0",
    "statement that the server refuses in a transaction block",
    [Statement(ALTER_SYSTEM.or(CREATE_INDEX).or(DETACH).or(DROP).or(REINDEX).or(VACUUM), check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(command) = statement.refused_in_transaction().filter(|_| facts.in_transaction_block()) else { return };
    report.push(
        report
            .finding("", format!("{command} fails: it cannot run in a transaction block"))
            .detail("It commits by itself, in between as well, and a transaction around it could not be rolled back.")
            .hint(
                "Run it by itself, outside BEGIN and COMMIT; where a tool wraps each file of a migration in a transaction, \
                 switch that off for this file, and leave nothing else in it.",
            )
            .never_blocks(),
    );
}
