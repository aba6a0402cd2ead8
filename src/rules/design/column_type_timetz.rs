use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-timetz.md")]
    "column-type-timetz", "WD111", Design, Info, since "0.1.0",
    "column is time with time zone",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str =
    "An offset from UTC without a date is no time zone: daylight saving changes it, and nothing here says when.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'timetz'",
    message: "s.column_is || ' time with time zone'",
    detail: "'An offset from UTC without a date is no time zone: daylight saving changes it, and nothing here says when.'",
    hint: "'In new tables: time, or timestamptz where it is a moment.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| column.type_.is(TypeKind::TimeTz)) else { return };
    let hint = format!("{}, or timestamptz where it is a moment", found.instead(facts, |_| "time".to_owned()));
    report.push(found.finding(report, "time with time zone").detail(DETAIL).hint(hint));
}
