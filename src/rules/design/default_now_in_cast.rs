use crate::ast::{AlterAction, Literal, Statement};
use crate::facts::{ColumnType, Facts, TypeKind};
use crate::rules::{Audit, Report, Source, declare_rule, keys};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/default-now-in-cast.md")]
    "default-now-in-cast", "WD131", Design, Warning, since "0.1.0",
    "default is the moment when it was written down",
    [Statement(keys::NEW_COLUMNS.or(ALTER_COLUMN), check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.kind = 'frozen'",
    message: "s.column_is || ' by default a moment of the past'",
    detail: "pg_catalog.format('Each new row gets %s. A word such as ''now'' is read once, when the default is written down, and kept as the time it was then.', s.evidence)",
    hint: "pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT now(); and look at the rows that have the old one.', s.table_identity, s.column_name)",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    for column in keys::new_columns(statement, facts) {
        if let Some(type_) = frozen(&column.literals, || facts.type_of_new(column), facts) {
            judge(statement, &column.name, &type_, column.at, facts, report);
        }
    }
    let Statement::AlterTable { table, actions, .. } = statement else { return };
    for action in actions {
        let AlterAction::AlterColumn { column, literals } = action else { continue };
        if let Some(type_) = frozen(literals, || facts.column_type(table, column).found(), facts) {
            judge(statement, column, &type_, table.at, facts, report);
        }
    }
}

fn judge(
    statement: &Statement,
    column: &str,
    type_: &ColumnType,
    at: Option<usize>,
    facts: &dyn Facts,
    report: &mut Report,
) {
    let Some(table) = keys::table_of(statement, facts) else { return };
    let object = keys::identity(statement, table, facts);
    let instead = match type_.kind {
        TypeKind::Date => "CURRENT_DATE",
        TypeKind::Time => "LOCALTIME",
        TypeKind::TimeTz => "CURRENT_TIME",
        _ => "now()",
    };
    report.push(
        report
            .finding(object, format!("default of \"{column}\" is the moment of this statement, for each row to come"))
            .detail("A word such as 'now' is read once, when the default is written down, and kept as the time it was then.")
            .hint(format!("Instead: {} {} DEFAULT {instead}", facts.quote(column), type_.name))
            .at(at),
    );
}

/// The type of a default that has a moving word among its constants, read as a point in time.
fn frozen(literals: &[Literal], own: impl Fn() -> Option<ColumnType>, facts: &dyn Facts) -> Option<ColumnType> {
    let moving = literals.iter().filter(|literal| moves(&literal.text));
    moving
        .filter_map(|literal| match &literal.type_name {
            Some(type_name) => facts.type_named(type_name).found(),
            None => own(),
        })
        .find(is_time)
        .map(|read| own().filter(is_time).unwrap_or(read))
}

/// Whether a text means another time whenever it is read: the words that the manual calls special.
fn moves(text: &str) -> bool {
    text.split_whitespace()
        .any(|word| ["now", "today", "tomorrow", "yesterday"].iter().any(|special| word.eq_ignore_ascii_case(special)))
}

fn is_time(type_: &ColumnType) -> bool {
    [TypeKind::Date, TypeKind::Time, TypeKind::TimeTz, TypeKind::Timestamp, TypeKind::TimestampTz]
        .into_iter()
        .any(|kind| type_.is(kind))
}
