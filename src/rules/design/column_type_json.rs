use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-json.md")]
    "column-type-json", "WD115", Design, Info, since "0.1.0",
    "column is json, not jsonb",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "json has no equality, so that DISTINCT, GROUP BY and UNION fail on it; it is kept as text, and read from the \
     start at each access.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'json'",
    message: "s.column_is || ' json'",
    detail: "'json has no equality, so that DISTINCT, GROUP BY and UNION fail on it; it is kept as text, and read from the start at each access.'",
    hint: "'In new tables: jsonb.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| column.type_.is(TypeKind::Json)) else { return };
    let hint = found.instead(facts, |_| "jsonb".to_owned());
    report.push(found.finding(report, "json").detail(DETAIL).hint(hint));
}
