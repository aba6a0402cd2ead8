use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-hstore.md")]
    "column-type-hstore", "WD121", Design, Off, since "0.1.0",
    "column is hstore",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "hstore holds pairs of texts, one level deep: numbers and lists become text in it.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'hstore'",
    message: "s.column_is || ' hstore'",
    detail: "'hstore holds pairs of texts, one level deep: numbers and lists become text in it.'",
    hint: "'In new tables: jsonb.'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| column.type_.is(TypeKind::Hstore)) else { return };
    let hint = found.instead(facts, |_| "jsonb".to_owned());
    report.push(found.finding(report, "hstore").detail(DETAIL).hint(hint));
}
