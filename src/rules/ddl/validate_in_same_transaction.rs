use crate::ast::{AlterAction, ConstraintKind, QualifiedName, Statement};
use crate::facts::{ConstraintType, Facts, Relation};
use crate::rules::wording::rows_are;
use crate::rules::{Report, cost, declare_rule};
use std::rc::Rc;

declare_rule! {
    #[doc = include_str!("../../../docs/rules/validate-in-same-transaction.md")]
    "validate-in-same-transaction", "WD025", Ddl, Error, since "0.1.0",
    "constraint validated under the lock that adding it took",
    [Statement(VALIDATE_CONSTRAINT, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::AlterTable { table, actions, .. } = statement else { return };
    for (order, action) in actions.iter().enumerate() {
        let AlterAction::ValidateConstraint { name } = action else { continue };
        let Some(relation) = facts.shared_and_large(table) else { return };
        if let Some(added) = added_here(table, name, actions, facts) {
            judge(table, &relation, name, &added, order, facts, report);
        }
    }
}

/// What was added as NOT VALID, and its lock is still held.
struct Added {
    is_foreign_key: bool,
    referenced: Option<Rc<str>>,
}

fn added_here(table: &QualifiedName, name: &str, actions: &[AlterAction], facts: &dyn Facts) -> Option<Added> {
    let by_this_statement = actions.iter().find_map(|action| match action {
        AlterAction::AddConstraint(constraint) if constraint.name.as_deref() == Some(name) && constraint.not_valid => {
            Some(match &constraint.kind {
                ConstraintKind::ForeignKey(key) => {
                    Added { is_foreign_key: true, referenced: Some(key.referenced.name.clone()) }
                }
                _ => Added { is_foreign_key: false, referenced: None },
            })
        }
        _ => None,
    });
    by_this_statement.or_else(|| {
        let constraint = facts.constraint(table, name).found()?;
        (constraint.made_in_this_transaction && !constraint.validated).then(|| Added {
            is_foreign_key: constraint.kind == ConstraintType::ForeignKey,
            referenced: constraint.referenced.map(|referenced| referenced.name),
        })
    })
}

fn judge(
    name: &QualifiedName,
    table: &Relation,
    constraint: &str,
    added: &Added,
    order: usize,
    facts: &dyn Facts,
    report: &mut Report,
) {
    let identity = facts.identity(table);
    let (blocked, lock) = match (&added.referenced, added.is_foreign_key) {
        (Some(referenced), true) => {
            (format!("writes to \"{}\" and \"{referenced}\"", table.name), "SHARE ROW EXCLUSIVE on both tables")
        }
        (None, true) => (format!("writes to \"{}\"", table.name), "SHARE ROW EXCLUSIVE"),
        _ => (format!("reads and writes of \"{}\"", table.name), "ACCESS EXCLUSIVE"),
    };
    let estimate = if added.is_foreign_key { cost::foreign_key_check(table) } else { cost::scan(table) };
    report.push(
        report
            .finding(
                identity.clone(),
                format!(
                    "validating \"{constraint}\" in the transaction that added it blocks {blocked} while {} checked",
                    rows_are(table)
                ),
            )
            .detail(format!("{lock}, which ADD CONSTRAINT took, is held until COMMIT{estimate}."))
            .remedy(
                "In the next transaction, where others go on meanwhile",
                format!("ALTER TABLE {identity} VALIDATE CONSTRAINT {};", facts.quote(constraint)),
            )
            .order(order)
            .at(name.at),
    );
}
