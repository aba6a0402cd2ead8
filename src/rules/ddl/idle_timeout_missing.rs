use crate::ast::Lock;
use crate::rules::{Case, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/idle-timeout-missing.md")]
    "idle-timeout-missing", "WD152", Ddl, Info, since "0.1.0",
    "nothing ends a transaction that does nothing and keeps a table locked that others use",
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
        // Where nobody else is, nobody waits: said of every migration, nobody would read it.
        let table = facts.shared(&effect.name).filter(|_| facts.in_use(&effect.name))?;
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
            .detail(
                "Others are using it now. If the client stalls or is forgotten in the transaction, nothing gives the lock back.",
            )
            .hint("Before BEGIN: SET idle_in_transaction_session_timeout = '30s'; or ALTER ROLE ... SET for who migrates.")
            .at(case.statement.place())
            .reminder(),
    );
}
