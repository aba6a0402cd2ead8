use crate::ast::{ConstraintKind, Statement};
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule, keys};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-integer.md")]
    "column-type-integer", "WD118", Design, Off, since "0.1.0",
    "column is integer, not bigint",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str =
    "An integer ends at 2,147,483,647, a smallint at 32,767; to widen a column later writes every row again.";

const AUDIT: Audit = Audit {
    when: "s.column_is IS NOT NULL",
    message: "s.column_is || ' integer, not bigint'",
    detail: "'An integer ends at 2,147,483,647, a smallint at 32,767; to widen a column later writes every row again.'",
    hint: "'In new tables: bigint.'",
    ..Audit::of(Source::IntegerColumns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| {
        (column.type_.is(TypeKind::Integer) || column.type_.is(TypeKind::SmallInt))
            && !is_key(statement, column.name, facts)
    }) else {
        return;
    };
    let hint = found.instead(facts, |_| "bigint".to_owned());
    report.push(found.finding(report, "integer, not bigint").detail(DETAIL).hint(hint));
}

/// Whether the column is part of a key, which other rules look at.
fn is_key(statement: &Statement, column: &str, facts: &dyn Facts) -> bool {
    keys::constraints(statement, facts).any(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => key.columns.iter().any(|of_key| of_key == column),
        ConstraintKind::PrimaryKey(key) => key.columns.iter().any(|of_key| of_key == column),
        _ => false,
    })
}
