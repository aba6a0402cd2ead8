use crate::ast::Lock;
use crate::rules::wording::extent;
use crate::rules::{Case, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/idle-timeout-missing.md")]
    "idle-timeout-missing", "WD152", Ddl, Info, since "0.1.0",
    "nothing ends a transaction that keeps a table locked and does nothing",
    [Now(check)]
}

fn check(case: &Case<'_>, report: &mut Report) {
    let facts = case.facts;
    if !facts.in_transaction_block() || facts.idle_in_transaction_timeout() > 0 || facts.transaction_timeout() > 0 {
        return;
    }
    let mut locked =
        case.locks().relations().iter().filter(|effect| effect.lock >= Lock::ShareRowExclusive && !effect.is_index);
    let Some((table, lock)) = locked.find_map(|effect| {
        let table = facts.shared(&effect.name).filter(|table| table.large || facts.in_use(&effect.name))?;
        Some((table, effect.lock))
    }) else {
        return;
    };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!(
                    "no idle_in_transaction_session_timeout: \"{}\" stays locked against {} until somebody says COMMIT",
                    table.name,
                    lock.blocks()
                ),
            )
            .detail(format!(
                "{} If the client stalls or is forgotten within the transaction, nothing gives the lock back.",
                extent(&table)
            ))
            .hint("Before BEGIN: SET idle_in_transaction_session_timeout = '30s'; or ALTER ROLE ... SET for who migrates.")
            .at(case.statement.place())
            .reminder(),
    );
}
