use crate::ast::Lock;
use crate::effects::Effect;
use crate::facts::Facts;
use crate::rules::wording::holders;
use crate::rules::{Case, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/ddl-blocked-now.md")]
    "ddl-blocked-now", "WD080", Ddl, Warning, since "0.1.0",
    "somebody is in the way, and others would queue behind the wait",
    [Now(check)]
}

fn check(case: &Case<'_>, report: &mut Report) {
    let facts = case.facts;
    for effect in case.locks().relations().iter().filter(|effect| effect.lock >= Lock::Share && !effect.is_index) {
        // What is held already is not waited for.
        if facts.held(&effect.name).is_some_and(|held| held >= effect.lock) {
            continue;
        }
        judge(effect, facts, report);
    }
}

fn judge(effect: &Effect, facts: &dyn Facts, report: &mut Report) {
    let in_the_way = facts.in_the_way(&effect.name, effect.lock);
    if in_the_way.is_empty() {
        return;
    }
    let Some(table) = facts.shared(&effect.name) else { return };
    let bound = match facts.lock_timeout() {
        0 => "lock_timeout is 0, so that the wait has no end.".to_owned(),
        bound => format!("It gives up after {bound} ms."),
    };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!(
                    "\"{0}\" is locked: this waits for {1} on it, and everybody after it waits for \"{0}\" too",
                    table.name,
                    effect.lock.name()
                ),
            )
            .detail(format!("In the way: {}. {bound}", holders(&in_the_way)))
            .hint("Wait until that transaction has ended, or end it: SELECT pg_terminate_backend(<pid>); then run this again."),
    );
}
