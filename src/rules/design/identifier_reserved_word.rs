use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::{Audit, Report, Source, declare_rule, names};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/identifier-reserved-word.md")]
    "identifier-reserved-word", "WD133", Design, Info, since "0.1.0",
    "name is a reserved word",
    [Statement(names::GIVEN, check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.fault = 'reserved'",
    message: "s.names || CASE WHEN s.is_one THEN ' is a reserved word' ELSE ' are reserved words' END",
    detail: "'Each query has to write it in quotes: without them it is a syntax error, or something else, as user is the current role.'",
    hint: "'For new names: a plural, or a longer name, which needs no quotes. One that is in use is changed together with the queries that write it.'",
    level: "'warning'",
    ..Audit::of(Source::Names)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = names::faulty(statement, facts, |name| facts.is_reserved(name.text)) else { return };
    report.push(
        found
            .finding(report, "is a reserved word", "are reserved words")
            .detail(
                "Each query has to write it in quotes: without them it is a syntax error, or something else, as user is \
                 the current role.",
            )
            .hint("Instead: a plural, or a longer name, which needs no quotes."),
    );
}
