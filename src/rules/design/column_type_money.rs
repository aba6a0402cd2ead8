use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-money.md")]
    "column-type-money", "WD114", Design, Info, since "0.1.0",
    "column is money",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "The setting lc_monetary decides its currency and its digits behind the point, so that a dump may mean other \
     amounts elsewhere.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'money'",
    message: "s.column_is || ' money'",
    detail: "'The setting lc_monetary decides its currency and its digits behind the point, so that a dump may mean other amounts elsewhere.'",
    hint: "'In new tables: numeric, with the currency in a column of its own.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| column.type_.is(TypeKind::Money)) else { return };
    let hint = format!("{}, with the currency in a column of its own", found.instead(facts, |_| "numeric".to_owned()));
    report.push(found.finding(report, "money").detail(DETAIL).hint(hint));
}
