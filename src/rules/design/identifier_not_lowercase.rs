use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::{Audit, Report, Source, declare_rule, names};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/identifier-not-lowercase.md")]
    "identifier-not-lowercase", "WD132", Design, Info, since "0.1.0",
    "name has capital letters",
    [Statement(names::GIVEN, check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.fault = 'capitals'",
    message: "s.names || CASE WHEN s.is_one THEN ' has' ELSE ' have' END || ' capital letters'",
    detail: r#"pg_catalog.format('Without quotes the server reads %s and finds nothing: each query has to write "%s".', pg_catalog.lower(s.first_name::pg_catalog.text COLLATE pg_catalog."C"), s.first_name)"#,
    hint: "'For new names: small letters, and _ between words. A name that is in use is changed together with the queries that write it.'",
    level: "'warning'",
    ..Audit::of(Source::Names)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    // Letters without quotes arrive here in lower case.
    let Some(found) = names::faulty(statement, facts, |name| name.text.chars().any(char::is_uppercase)) else { return };
    let first = found.first();
    let detail = format!(
        "Without quotes the server reads {} and finds nothing: each query has to write \"{first}\".",
        first.to_lowercase()
    );
    let hint = found.instead(snake_case);
    report.push(found.finding(report, "has capital letters", "have capital letters").detail(detail).hint(hint));
}

/// `customerId`, `CustomerID` and `Customer ID` as `customer_id`.
fn snake_case(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            words.push('_');
        }
        if letter.is_alphanumeric() || letter == '$' {
            words.extend(letter.to_lowercase());
        } else {
            words.push('_');
        }
        before = letter;
    }
    words
}
