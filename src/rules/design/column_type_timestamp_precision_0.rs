use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-timestamp-precision-0.md")]
    "column-type-timestamp-precision-0", "WD112", Design, Info, since "0.1.0",
    "timestamps are rounded to whole seconds",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "Values are rounded, not cut: half a second before midnight becomes the next day, and a row may be younger \
     than now().";

const AUDIT: Audit = Audit {
    when: "s.kind = 'whole seconds'",
    message: "s.column_is || ' rounded to whole seconds'",
    detail: "'Values are rounded, not cut: half a second before midnight becomes the next day, and a row may be younger than now().'",
    hint: "'In new tables: timestamptz, and date_trunc(''second'', ...) where whole seconds are wanted.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| {
        (column.type_.is(TypeKind::Timestamp) || column.type_.is(TypeKind::TimestampTz))
            && column.type_.modifier == Some(0)
    }) else {
        return;
    };
    let hint = format!(
        "{}, and date_trunc('second', ...) where whole seconds are wanted",
        found.instead(facts, |_| "timestamptz".to_owned())
    );
    report.push(found.finding(report, "rounded to whole seconds").detail(DETAIL).hint(hint));
}
