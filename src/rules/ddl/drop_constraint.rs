use crate::ast::{AlterAction, QualifiedName};
use crate::facts::{ConstraintOf, ConstraintType, Dependent, Facts, Relation};
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-constraint.md")]
    "drop-constraint", "WD058", Ddl, Warning, since "0.1.0",
    "unique constraint dropped that others rely on",
    [Alter(DROP_CONSTRAINT, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::DropConstraint { name: dropped, cascade, .. } = action else { return };
    let Some(table) = facts.shared(name) else { return };
    let Some(constraint) = facts.constraint(name, dropped).found() else { return };
    if constraint.kind != ConstraintType::Unique || constraint.made_in_this_transaction {
        return;
    }
    let foreign_keys = foreign_keys_to(&table, &constraint, facts);
    // Without CASCADE the server refuses, and says which foreign keys are in the way.
    if !foreign_keys.is_empty() && !cascade {
        return;
    }
    let identifies = facts.indexes(name).iter().any(|index| index.name == *dropped && index.replica_identity);
    let Some(effect) = effect(&foreign_keys, identifies.then_some(&*table.name)) else { return };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("others rely on unique constraint \"{dropped}\" of \"{}\"", table.name),
            )
            .detail(effect)
            .hint("Give them another: ADD CONSTRAINT ... UNIQUE USING INDEX over the same columns, and point them at it first.")
            .at(name.at),
    );
}

/// Foreign keys that need the index of a key.
pub(super) fn foreign_keys_to(table: &Relation, key: &ConstraintOf, facts: &dyn Facts) -> Vec<Dependent> {
    let Some(index) = &key.index else { return Vec::new() };
    let mut needed_by = evidence::needed_by(&QualifiedName::new(&*table.schema, index.clone()), None, &[], facts);
    needed_by.retain(|dependent| dependent.constraint.is_some());
    needed_by
}

/// What goes with a key, as sentences.
pub(super) fn effect(foreign_keys: &[Dependent], identifies: Option<&str>) -> Option<String> {
    let foreign_keys = (!foreign_keys.is_empty()).then(|| {
        let listed = evidence::described(foreign_keys);
        format!("CASCADE drops {listed}: nobody checks their rows any more.")
    });
    let identity = identifies.map(|table| {
        format!("It tells subscribers which row is meant: UPDATE and DELETE of \"{table}\" fail where it is published.")
    });
    let sentences: Vec<String> = foreign_keys.into_iter().chain(identity).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
