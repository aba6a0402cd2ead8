use crate::ast::{Lock, Statement};
use crate::facts::{Kind, Relation};
use crate::rules::wording::extent;
use crate::rules::{Case, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/lock-timeout-missing.md")]
    "lock-timeout-missing", "WD010", Ddl, Warning, since "0.1.0",
    "nothing bounds the wait for a lock that others queue behind",
    [Effects(check)]
}

fn check(case: &Case<'_>, report: &mut Report) {
    let facts = case.facts;
    // What triggers wait for is said by `create-trigger-lock`.
    if facts.lock_timeout() > 0 || matches!(case.statement, Statement::CreateTrigger { .. }) {
        return;
    }
    let Some(table) = waited_for(case) else { return };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!(
                    "no lock_timeout: while this waits for \"{0}\", everybody after it waits for \"{0}\" too",
                    table.name
                ),
            )
            .detail(format!("{} lock_timeout is 0, so that the wait has no end.", extent(&table)))
            .hint("Before it: SET lock_timeout = '2s'; and try again when it times out.")
            .at(case.statement.place())
            .reminder(),
    );
}

/// The first table that others may queue for: the one the statement names, and any that it takes ACCESS EXCLUSIVE on.
/// The table that a foreign key points at is left to `foreign-key-locks-parent`, for this would be said of half of all new
/// tables.
fn waited_for(case: &Case<'_>) -> Option<Relation> {
    let facts = case.facts;
    let makes_table = matches!(case.statement, Statement::CreateTable(_));
    let effects = case.locks().relations().iter().enumerate();
    effects
        .filter(|(place, effect)| {
            let least = if *place == 0 && !makes_table { Lock::Share } else { Lock::AccessExclusive };
            effect.lock >= least && !effect.is_index
        })
        .filter(|(_, effect)| facts.held(&effect.name).is_none_or(|held| held < effect.lock))
        .find_map(|(_, effect)| {
            let relation = facts.large_or_in_use(&effect.name)?;
            // Of a materialized view, only a REFRESH queues behind what lets readers in.
            let hurts = relation.kind != Kind::MaterializedView || effect.lock == Lock::AccessExclusive;
            hurts.then_some(relation)
        })
}
