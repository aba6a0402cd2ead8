use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-float.md")]
    "column-type-float", "WD116", Design, Info, since "0.1.0",
    "amount of money is a floating-point number",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str =
    "It holds most decimal fractions only nearly: sums drift by cents, and equal amounts compare as different.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'float'",
    message: "s.column_is || ' a floating-point number'",
    detail: "'It holds most decimal fractions only nearly: sums drift by cents, and equal amounts compare as different.'",
    hint: "'In new tables: numeric, for amounts of money.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) =
        columns::faulty(statement, facts, |column| column.type_.is(TypeKind::Float) && columns::is_amount(column.name))
    else {
        return;
    };
    let hint = found.instead(facts, |_| "numeric".to_owned());
    report.push(found.finding(report, "a floating-point number").detail(DETAIL).hint(hint));
}
