use crate::ast::{AlterAction, QualifiedName};
use crate::facts::{Facts, Lookup};
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/alter-column-type-rewrite.md")]
    "alter-column-type-rewrite", "WD009", Ddl, Error, since "0.1.0",
    "change of type rewrites the table while reads and writes wait",
    [Alter(ALTER_TYPE, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AlterType(change) = action else { return };
    let Some(table) = facts.shared_and_large(name) else { return };
    let identity = facts.identity(&table);
    let what = match facts.type_change(name, change) {
        Lookup::Found(what) if what.rewrites => what,
        Lookup::Found(_) | Lookup::Missing => return,
        Lookup::NotChecked(reason) => {
            let message =
                format!("changing the type of \"{}\".\"{}\" may rewrite the table", table.name, change.column);
            return report.not_checked(identity, message, reason);
        }
    };
    let from = what.from.map(|from| format!(" from {from}")).unwrap_or_default();
    let column = facts.quote(&change.column);
    let new_column = facts.quote(&format!("{}_new", change.column));
    report.push(
        report
            .finding(
                identity.clone(),
                format!(
                    "changing \"{}\".\"{}\"{from} to {} rewrites the table and its indexes",
                    table.name, change.column, what.to
                ),
            )
            .detail(format!(
                "{} ACCESS EXCLUSIVE until COMMIT: reads and writes wait{}.",
                extent(&table),
                cost::rewrite(&table)
            ))
            .hint(format!(
                "In steps: ALTER TABLE {identity} ADD COLUMN {new_column} {}; keep it equal to {column} with a trigger, \
                 fill the old rows in batches, index it CONCURRENTLY, and swap the names in one short transaction.",
                what.to
            ))
            .at(name.at),
    );
}
