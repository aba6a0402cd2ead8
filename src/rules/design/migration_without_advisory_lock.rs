use crate::ast::{Located, Statement};
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/migration-without-advisory-lock.md")]
    "migration-without-advisory-lock", "WD143", Design, Off, since "0.1.0",
    "script changes the schema without an advisory lock",
    [Script(check)]
}

fn check(script: &[Located], _in_transaction: bool, report: &mut Report) {
    for located in script {
        match &located.statement {
            Statement::Select(select) if select.calls.iter().any(|call| takes_lock(call)) => return,
            // What a block of code locks is not known.
            Statement::Do => return,
            statement if statement.changes_schema() => {
                report.push(
                    report
                        .finding("", "the schema is changed without an advisory lock")
                        .detail("Two that run the script at once, as two instances of an application do, get in each other's way.")
                        .hint(
                            "Before it, in the same transaction: SELECT pg_advisory_xact_lock(hashtext('migrations')); in a \
                             session without one: pg_advisory_lock().",
                        )
                        .at(Some(located.start)),
                );
                return;
            }
            _ => {}
        }
    }
}

/// Functions of the server that take an advisory lock against everybody: there is no catalog of them.
fn takes_lock(call: &str) -> bool {
    ["pg_advisory_lock", "pg_advisory_xact_lock", "pg_try_advisory_lock", "pg_try_advisory_xact_lock"].contains(&call)
}
