use super::drop_constraint::{effect, foreign_keys_to};
use crate::ast::{AlterAction, ConstraintKind, Statement};
use crate::facts::{ConstraintType, Facts};
use crate::finding::Level;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-primary-key.md")]
    "drop-primary-key", "WD059", Ddl, Warning, since "0.1.0",
    "primary key dropped that others rely on",
    [Statement(DROP_CONSTRAINT, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::AlterTable { table: name, actions, .. } = statement else { return };
    for (order, action) in actions.iter().enumerate() {
        let AlterAction::DropConstraint { name: dropped, cascade, .. } = action else { continue };
        let Some(table) = facts.shared(name) else { return };
        let Some(key) = facts.constraint(name, dropped).found() else { continue };
        if key.kind != ConstraintType::PrimaryKey || key.made_in_this_transaction {
            continue;
        }
        let foreign_keys = foreign_keys_to(&table, &key, facts);
        // Without CASCADE the server refuses, and says which foreign keys are in the way.
        if !foreign_keys.is_empty() && !cascade {
            continue;
        }
        let comes_back =
            actions.iter().any(adds_primary_key) || evidence::is_altered_later(name, facts, adds_primary_key);
        let identifies = !comes_back && facts.publishes_by_primary_key(name);
        let Some(effect) = effect(&foreign_keys, identifies.then_some(&*table.name)) else { continue };
        // In a block another may come next; the guard does not know what follows. Foreign keys go for good.
        let unknown = facts.later_in_transaction().is_none() && facts.in_transaction_block();
        let level = if unknown && foreign_keys.is_empty() { Level::Info } else { Level::Warning };
        report.push(
            report
                .finding(
                    facts.identity(&table),
                    format!("others rely on primary key \"{dropped}\" of \"{}\"", table.name),
                )
                .level(level)
                .detail(effect)
                .hint(
                    "Put another in its place in the same statement, over an index that is built before: ALTER TABLE ... DROP \
                     CONSTRAINT ..., ADD PRIMARY KEY USING INDEX ...;",
                )
                .order(order)
                .at(name.at),
        );
    }
}

fn adds_primary_key(action: &AlterAction) -> bool {
    matches!(action, AlterAction::AddConstraint(constraint) if matches!(constraint.kind, ConstraintKind::PrimaryKey(_)))
}
