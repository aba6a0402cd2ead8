use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/numeric-without-scale-money.md")]
    "numeric-without-scale-money", "WD304", Design, Off, since "0.1.0",
    "amount of money may have any number of digits",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "Nothing rounds what is put in: a third of 10.00 is kept as 3.3333333333333333, and what is shown no longer adds up to its total.";

const AUDIT: Audit = Audit {
    // The source has no others.
    when: "true",
    message: "s.column_is || ' numeric without a scale'",
    detail: "'Nothing rounds what is put in: a third of 10.00 is kept as 3.3333333333333333, and what is shown no longer adds up to its total.'",
    hint: "'In new tables: numeric(p, s), with the digits that the currency has behind its point.'",
    level: "'info'",
    ..Audit::of(Source::Amounts)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| {
        column.type_.is(TypeKind::Numeric) && column.type_.modifier.is_none() && columns::is_amount(column.name)
    }) else {
        return;
    };
    let hint = format!(
        "{}, or as many digits behind the point as the currency has",
        found.instead(facts, |_| "numeric(12, 2)".to_owned())
    );
    report.push(found.finding(report, "numeric without a scale").detail(DETAIL).hint(hint));
}
