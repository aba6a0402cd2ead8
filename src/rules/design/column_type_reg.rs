use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-reg.md")]
    "column-type-reg", "WD122", Design, Info, since "0.1.0",
    "column is of a type that pg_upgrade refuses",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "It keeps an OID, which belongs to another object, or to none, in a new cluster. pg_upgrade stops at such a \
     column.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'reg'",
    message: "s.column_is || ' of a type that pg_upgrade refuses'",
    detail: "'It keeps an OID, which belongs to another object, or to none, in a new cluster. pg_upgrade stops at such a column.'",
    hint: "'text, and a cast where it is used, before the next upgrade.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| column.type_.kind == TypeKind::NotUpgradable) else {
        return;
    };
    let hint = format!(
        "{}, and a cast where it is used",
        found.instead(facts, |column| (if column.type_.array { "text[]" } else { "text" }).to_owned())
    );
    report.push(found.finding(report, "of a type that pg_upgrade refuses").detail(DETAIL).hint(hint));
}
