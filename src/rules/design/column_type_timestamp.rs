use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-timestamp.md")]
    "column-type-timestamp", "WD110", Design, Info, since "0.1.0",
    "column is timestamp without time zone",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "It keeps what a clock on the wall showed, not a moment: compared with now(), it means another moment in each \
     session's TimeZone.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'timestamp'",
    message: "s.column_is || ' timestamp without time zone'",
    detail: "'It keeps what a clock on the wall showed, not a moment: compared with now(), it means another moment in each session''s TimeZone.'",
    hint: "'In new tables: timestamptz. What is there can change its type without a rewrite in a session whose TimeZone is UTC, where its values are UTC.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| column.type_.is(TypeKind::Timestamp)) else { return };
    let hint = found.instead(facts, |column| precise("timestamptz", column.type_.modifier));
    report.push(found.finding(report, "timestamp without time zone").detail(DETAIL).hint(hint));
}

/// The type with the precision that was written.
fn precise(type_: &str, precision: Option<i32>) -> String {
    precision.map_or_else(|| type_.to_owned(), |digits| format!("{type_}({digits})"))
}
