use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::{Report, declare_rule, names};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/identifier-reserved-word.md")]
    "identifier-reserved-word", "WD133", Design, Info, since "0.1.0",
    "name is a reserved word",
    [Statement(check)]
}

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
