use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::columns::{self, Typed};
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-varchar-n.md")]
    "column-type-varchar-n", "WD117", Design, Off, since "0.1.0",
    "column is varchar with a length",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "The length is part of the type: to change it, each view over the column is to be dropped first.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'varchar'",
    message: "s.column_is || ' varchar(n)'",
    detail: "'The length is part of the type: to change it, each view over the column is to be dropped first.'",
    hint: "'In new tables: text, with CHECK (char_length(...) <= n) where the length matters.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| {
        column.type_.is(TypeKind::Varchar) && column.type_.modifier.is_some()
    }) else {
        return;
    };
    let hint = found.instead(facts, |column| limited(column, facts));
    report.push(found.finding(report, "varchar(n)").detail(DETAIL).hint(hint));
}

/// `name text CHECK (char_length(name) <= 100)`: the modifier counts four bytes of header with the length.
fn limited(column: &Typed<'_>, facts: &dyn Facts) -> String {
    let length = column.type_.modifier.unwrap_or(0) - 4;
    format!("text CHECK (char_length({}) <= {length})", facts.quote(column.name))
}
