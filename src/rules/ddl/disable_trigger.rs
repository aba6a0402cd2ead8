use crate::ast::{AlterAction, QualifiedName, Triggers};
use crate::facts::Facts;
use crate::finding::Level;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/disable-trigger.md")]
    "disable-trigger", "WD055", Ddl, Warning, since "0.1.0",
    "triggers switched off for everybody",
    [Alter(DISABLE_TRIGGER, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::DisableTrigger(triggers) = action else { return };
    if let Triggers::Named(trigger) = triggers
        && facts.exists(name)
        && !facts.has_trigger(name, trigger)
    {
        return;
    }
    let enables =
        |later: &AlterAction| matches!(later, AlterAction::EnableTrigger(t) if t == triggers || *t == Triggers::All);
    let Some(table) = facts.shared_and_large(name).filter(|_| !evidence::is_altered_later(name, facts, enables)) else {
        return;
    };
    let (what, effect) = match triggers {
        Triggers::Named(trigger) => (format!("trigger \"{trigger}\""), "It fires for nobody"),
        Triggers::User => ("the triggers".to_owned(), "They fire for nobody"),
        Triggers::All => ("all triggers".to_owned(), "They fire for nobody, those that check foreign keys among them,"),
    };
    // In a block they may be switched on again before anybody can write; the guard does not know what follows.
    let unknown = facts.later_in_transaction().is_none() && facts.in_transaction_block();
    report.push(
        report
            .finding(facts.identity(&table), format!("switching off {what} of \"{}\" for everybody", table.name))
            .level(if unknown { Level::Info } else { Level::Warning })
            .detail(format!(
                "{} {effect} until that is undone; rows that are written meanwhile are not looked at later.",
                extent(&table)
            ))
            .hint(
                "Undo it in the same transaction. As a superuser: SET LOCAL session_replication_role = replica; \
                   switches them off for this transaction alone.",
            )
            .at(name.at),
    );
}
