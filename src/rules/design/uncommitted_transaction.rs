use crate::ast::{Located, Statement, Transaction};
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/uncommitted-transaction.md")]
    "uncommitted-transaction", "WD145", Design, Warning, since "0.1.0",
    "script ends within a transaction of its own",
    [Script(check)]
}

fn check(script: &[Located], in_transaction: bool, report: &mut Report) {
    let mut begun = None;
    for located in script {
        match &located.statement {
            Statement::Transaction(Transaction::Begin) => begun = begun.or(Some(located.start)),
            Statement::Transaction(Transaction::Commit | Transaction::Rollback) => begun = None,
            _ => {}
        }
    }
    // Whoever opens a transaction for the script also ends it.
    let Some(begun) = begun.filter(|_| !in_transaction) else { return };
    report.push(
        report
            .finding("", "the script ends within the transaction that begins here")
            .detail("With the end of the session all of it is undone, and nothing says so.")
            .hint("COMMIT; at the end.")
            .at(Some(begun)),
    );
}
