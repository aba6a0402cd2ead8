use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-xml.md")]
    "column-type-xml", "WD120", Design, Off, since "0.1.0",
    "column is xml",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "xml has no equality and no index of its own; each XPath reads the document from the start.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'xml'",
    message: "s.column_is || ' xml'",
    detail: "'xml has no equality and no index of its own; each XPath reads the document from the start.'",
    hint: "'In new tables: jsonb, or text where it is only kept.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| column.type_.is(TypeKind::Xml)) else { return };
    let hint = format!("{}, or text where it is only kept", found.instead(facts, |_| "jsonb".to_owned()));
    report.push(found.finding(report, "xml").detail(DETAIL).hint(hint));
}
