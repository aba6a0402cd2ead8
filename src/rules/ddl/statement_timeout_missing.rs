use crate::ast::{Lock, Statement};
use crate::effects::Effect;
use crate::rules::wording::extent;
use crate::rules::{Case, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/statement-timeout-missing.md")]
    "statement-timeout-missing", "WD151", Ddl, Info, since "0.1.0",
    "nothing bounds how long a scan or rewrite keeps others out",
    [Effects(check)]
}

fn check(case: &Case<'_>, report: &mut Report) {
    let facts = case.facts;
    if facts.statement_timeout() > 0 || facts.transaction_timeout() > 0 || is_maintenance(case.statement) {
        return;
    }
    let keeps_out = |effect: &&Effect| effect.lock >= Lock::ShareRowExclusive && !effect.is_index;
    // What is to be done is asked only where there is somebody to wait for it.
    let mut locked = case.locks().relations().iter().filter(keeps_out);
    if !locked.any(|effect| facts.shared_and_large(&effect.name).is_some()) {
        return;
    }
    let mut working = case.effects().relations().iter().filter(keeps_out).filter(|effect| takes_long(effect));
    let Some((table, lock)) = working.find_map(|effect| Some((facts.shared_and_large(&effect.name)?, effect.lock)))
    else {
        return;
    };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!(
                    "no statement_timeout: \"{}\" stays locked against {} for as long as this takes",
                    table.name,
                    lock.blocks()
                ),
            )
            .detail(format!("{} statement_timeout is 0, so that the work has no end but its own.", extent(&table)))
            .hint("Before it: SET statement_timeout = '1min'; or how long others can wait. What times out is undone.")
            .at(case.statement.place())
            .reminder(),
    );
}

/// What is run to take its time.
fn is_maintenance(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Vacuum { .. } | Statement::Cluster { .. } | Statement::Reindex(_) | Statement::Refresh { .. }
    )
}

fn takes_long(effect: &Effect) -> bool {
    effect.work.scanned || effect.work.rewritten || !effect.work.builds.is_empty()
}
