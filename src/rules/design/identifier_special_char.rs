use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::{Audit, Report, Source, declare_rule, names};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/identifier-special-char.md")]
    "identifier-special-char", "WD305", Design, Info, since "0.1.0",
    "name has characters that need quotes",
    [Statement(names::GIVEN, check), Audit(&AUDIT)]
}

const DETAIL: &str = "Each query has to write it in quotes: without them it is a syntax error, or something else, as a-b is a difference.";

const AUDIT: Audit = Audit {
    when: "s.fault = 'characters'",
    message: "s.names || CASE WHEN s.is_one THEN ' needs quotes for its characters' ELSE ' need quotes for their characters' END",
    detail: "'Each query has to write it in quotes: without them it is a syntax error, or something else, as a-b is a difference.'",
    hint: "'For new names: letters, digits and _, with a letter first. One that is in use is changed together with the queries that write it.'",
    level: "'warning'",
    ..Audit::of(Source::Names)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    // Of those with capital letters it is said already that they need quotes.
    let has_fault = |name: &str| needs_quotes(name) && !name.chars().any(char::is_uppercase);
    let Some(found) = names::faulty(statement, facts, |name| has_fault(name.text)) else { return };
    report.push(
        found
            .finding(report, "needs quotes for its characters", "need quotes for their characters")
            .detail(DETAIL)
            .hint("Instead: letters, digits and _, with a letter first."),
    );
}

/// Whether the server's scanner would read something else than one name. `quote_identifier` quotes more: letters that are not ASCII, and `$`.
fn needs_quotes(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_digit() || first == '$')
        || name
            .chars()
            .any(|letter| letter.is_ascii() && !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$')))
}
