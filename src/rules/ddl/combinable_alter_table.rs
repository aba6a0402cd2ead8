use crate::ast::{AlterAction, ConstraintKind, QualifiedName, Statement};
use crate::effects::{self, Effects, Work};
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/combinable-alter-table.md")]
    "combinable-alter-table", "WD148", Ddl, Info, since "0.1.0",
    "two ALTER TABLE in a row, each of which goes through every row",
    [Unseen(check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::AlterTable { table, actions, lock, .. } = statement else { return };
    let Some((Statement::AlterTable { table: before, actions: earlier, lock: lock_before, .. }, done)) =
        facts.previous()
    else {
        return;
    };
    if lock != lock_before || !can_be_one(earlier, actions) {
        return;
    }
    let Some(relation) = facts.shared_and_large(table) else { return };
    if before.only != table.only
        || facts.relation(before).found().is_none_or(|other| other.qualified_name() != relation.qualified_name())
    {
        return;
    }
    let mut members = facts.tree(table);
    members.push(relation.qualified_name());
    if !goes_through(&members, done) || !goes_through(&members, &effects::of(statement, facts)) {
        return;
    }
    report.push(
        report
            .finding(
                facts.identity(&relation),
                format!(
                    "every row of \"{}\" is gone through again, as by the ALTER TABLE before this one",
                    relation.name
                ),
            )
            .detail(format!(
                "{} One ALTER TABLE with the actions of both goes through it once.{}",
                extent(&relation),
                cost::scan_sentence(&relation)
            ))
            .hint(format!("ALTER TABLE {} ..., ...; with the actions of both.", facts.identity(&relation)))
            .at(table.at),
    );
}

/// Whether one statement may do what both do. The server orders the actions of a statement by their kinds: a column that
/// is added there has no type to be changed yet.
fn can_be_one(earlier: &[AlterAction], later: &[AlterAction]) -> bool {
    let adds = earlier.iter().any(|action| matches!(action, AlterAction::AddColumn { .. }));
    let changes_type_again = |action: &AlterAction| match action {
        AlterAction::AlterType(change) => adds || earlier.iter().any(|other| changes_type_of(other, &change.column)),
        _ => false,
    };
    earlier.iter().chain(later).all(shares_a_pass) && !later.iter().any(changes_type_again)
}

fn changes_type_of(action: &AlterAction, column: &str) -> bool {
    matches!(action, AlterAction::AlterType(change) if change.column == column)
}

/// What the server does for all actions of a statement in one pass over the rows. An index is built and a foreign key
/// checked in a pass of its own.
fn shares_a_pass(action: &AlterAction) -> bool {
    match action {
        AlterAction::AddColumn { .. }
        | AlterAction::AlterType(_)
        | AlterAction::SetNotNull { .. }
        | AlterAction::ValidateConstraint { .. } => true,
        AlterAction::AddConstraint(constraint) => {
            matches!(constraint.kind, ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. })
        }
        _ => false,
    }
}

fn goes_through(members: &[QualifiedName], effects: &Effects) -> bool {
    let is_one_pass = |work: &Work| (work.scanned || work.rewritten) && !work.looked_up && work.builds.is_empty();
    effects.relations().iter().any(|effect| members.contains(&effect.name) && is_one_pass(&effect.work))
}
