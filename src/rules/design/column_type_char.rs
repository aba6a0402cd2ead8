use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::columns::{self, Typed};
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-char.md")]
    "column-type-char", "WD113", Design, Info, since "0.1.0",
    "column is char(n), filled up with blanks",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "Shorter values get blanks up to the length. = ignores them, LIKE and most programs do not, and a cast to \
     text drops them.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'char'",
    message: "s.column_is || ' char(n), filled up with blanks'",
    detail: "'Shorter values get blanks up to the length. = ignores them, LIKE and most programs do not, and a cast to text drops them.'",
    hint: "'In new tables: text, with CHECK (char_length(...) <= n) where the length matters.'",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) =
        columns::faulty(statement, facts, |column| column.type_.is(TypeKind::Char) && column.type_.modifier.is_some())
    else {
        return;
    };
    let hint = found.instead(facts, |column| limited(column, facts));
    report.push(found.finding(report, "char(n), filled up with blanks").detail(DETAIL).hint(hint));
}

/// `code text CHECK (char_length(code) <= 3)`: the modifier counts four bytes of header with the length.
fn limited(column: &Typed<'_>, facts: &dyn Facts) -> String {
    let length = column.type_.modifier.unwrap_or(0) - 4;
    format!("text CHECK (char_length({}) <= {length})", facts.quote(column.name))
}
