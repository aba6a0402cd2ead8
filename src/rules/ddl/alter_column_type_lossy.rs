use crate::ast::{AlterAction, AlterType, QualifiedName};
use crate::facts::{Facts, Lookup, Loss, Relation, TypeChange};
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/alter-column-type-lossy.md")]
    "alter-column-type-lossy", "WD029", Ddl, Warning, since "0.1.0",
    "change of type takes something from the values",
    [Alter(ALTER_TYPE, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AlterType(change) = action else { return };
    let Some(table) = facts.shared(name).filter(|table| !table.is_empty()) else { return };
    let Lookup::Found(what) = facts.type_change(name, change) else { return };
    let Some(loss) = what.loses else { return };
    let effect = match loss {
        Loss::Decimals => "rounds decimals off",
        Loss::Digits => "cuts digits off",
        Loss::Time => "takes the time of day away",
        Loss::Date => "takes the date away",
        Loss::Fractions => "rounds fractions of seconds off",
    };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("changing \"{}\".\"{}\" to {} {effect}", table.name, change.column, what.to),
            )
            .detail(format!("{} What is lost does not come back with the old type.", extent(&table)))
            .hint(hint(&table, change, &what, loss, facts))
            .at(name.at),
    );
}

fn hint(table: &Relation, change: &AlterType, what: &TypeChange, loss: Loss, facts: &dyn Facts) -> String {
    let (identity, column) = (facts.identity(table), facts.quote(&change.column));
    let keep = "If it is meant, say so: USING with the conversion that is wanted.";
    match &what.from {
        // There is no way back from a time of day.
        Some(from) if loss != Loss::Date => format!(
            "See what would change: SELECT {column} FROM {identity} WHERE {column} <> {column}::{}::{from} LIMIT 10; {keep}",
            what.to
        ),
        _ => keep.to_owned(),
    }
}
