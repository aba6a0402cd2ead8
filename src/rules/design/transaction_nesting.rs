use crate::ast::{Located, Statement, Transaction};
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/transaction-nesting.md")]
    "transaction-nesting", "WD144", Design, Warning, since "0.1.0",
    "BEGIN within a transaction, or COMMIT outside of one",
    [Script(check)]
}

fn check(script: &[Located], in_transaction: bool, report: &mut Report) {
    let mut open = in_transaction;
    for located in script {
        let Statement::Transaction(transaction) = &located.statement else { continue };
        let message = match (transaction, open) {
            (Transaction::Begin, true) => Some("BEGIN within a transaction does nothing"),
            (Transaction::Commit, false) => Some("COMMIT outside of a transaction does nothing"),
            (Transaction::Rollback, false) => Some("ROLLBACK outside of a transaction does nothing"),
            _ => None,
        };
        open = match transaction {
            Transaction::Begin => true,
            Transaction::Commit | Transaction::Rollback => false,
            Transaction::Chain { .. } | Transaction::Savepoint => open,
        };
        let Some(message) = message else { continue };
        report.push(
            report
                .finding("", message)
                .detail(
                    "The server only warns: what was meant to be undone together is not, or a COMMIT comes too early.",
                )
                .hint("One BEGIN and one COMMIT for each transaction; within one, SAVEPOINT.")
                .at(Some(located.start)),
        );
    }
}
