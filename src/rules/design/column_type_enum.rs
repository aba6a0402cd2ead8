use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-enum.md")]
    "column-type-enum", "WD119", Design, Off, since "0.1.0",
    "column is an enum",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "A value of an enum can be added and renamed, but not taken away, and their order stays.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'enum'",
    message: "s.column_is || ' an enum'",
    detail: "'A value of an enum can be added and renamed, but not taken away, and their order stays.'",
    hint: "'Where the values change: a table of them, and a foreign key.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| column.type_.is(TypeKind::Enum)) else { return };
    let hint = format!("{}, with a foreign key to a table of the values", found.instead(facts, |_| "text".to_owned()));
    report.push(found.finding(report, "an enum").detail(DETAIL).hint(hint));
}
