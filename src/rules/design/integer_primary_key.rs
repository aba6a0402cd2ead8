use crate::ast::{ColumnDef, ConstraintKind, Statement};
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, declare_rule, keys};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/integer-primary-key.md")]
    "integer-primary-key", "WD124", Design, Info, since "0.1.0",
    "key column is shorter than bigint",
    [Statement(keys::CONSTRAINTS, check), Audit(&AUDIT)]
}

/// From 1 % of the numbers on. What a sequence has brought half of the way is found by `sequence-exhaustion`.
const AUDIT: Audit = Audit {
    when: "NOT s.is_child AND (s.table_rows >= s.short_key_last * 0.01 OR s.short_key_may_be_near)
        AND NOT (s.short_key_counts AND coalesce(s.table_rows, 0) >= s.short_key_last * 0.5)",
    message: r#"pg_catalog.format('key column "%s" of "%s" is shorter than bigint', s.short_key_name, s.table_name)"#,
    detail: "CASE WHEN s.short_key_may_be_near THEN 'Nobody has counted its rows: run ANALYZE first.'
        ELSE pg_catalog.format('The table has about %s rows, and %s ends at %s. Rolled-back inserts count, and to widen it then writes every row again while reads and writes wait.',
            pg_catalog.to_char(s.table_rows, 'FM9,999,999,999,990'), s.short_key_type, pg_catalog.to_char(s.short_key_last, 'FM9,999,999,999,990')) END",
    hint: "'Widen it while there is time: a new bigint column, kept equal by a trigger, filled in batches, and a swap of names. Columns that refer to it need the same.'",
    level: "CASE WHEN s.short_key_may_be_near THEN 'not checked' ELSE 'warning' END",
    ..Audit::of(Source::Tables)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let mut names: Vec<String> = Vec::new();
    for constraint in keys::constraints(statement, facts) {
        let ConstraintKind::PrimaryKey(key) = &constraint.kind else { continue };
        // A part of a longer key is often a small number: a line of an order.
        let [column] = key.columns.as_slice() else { continue };
        let is_integer = keys::own_type(statement, column, facts).is_some_and(|type_| type_.is(TypeKind::Integer));
        if is_integer && !refers(statement, column, facts) {
            names.push(column.clone());
        }
    }
    let counting = keys::new_columns(statement, facts).filter(|column| counts(column, facts));
    names.extend(counting.map(|column| column.name.clone()));
    names.sort();
    names.dedup();
    let Some(first) = names.first() else { return };
    let Some(table) = keys::table_of(statement, facts) else { return };
    let at = keys::new_columns(statement, facts).find(|column| column.name == *first).and_then(|column| column.at);
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let (noun, verb) = if names.len() == 1 { ("key column", "is") } else { ("key columns", "are") };
    let instead: Vec<_> = names.iter().map(|name| format!("{} bigint", facts.quote(name))).collect();
    report.push(
        report
            .finding(
                keys::identity(statement, table, facts),
                format!("{noun} {} of \"{}\" {verb} shorter than bigint", quoted.join(", "), table.name),
            )
            .detail(
                "An integer ends at 2,147,483,647 and a smallint at 32,767, rolled-back inserts count, and to widen it then writes every row again while \
                 reads and writes wait.",
            )
            .hint(format!("Instead: {}", instead.join(", ")))
            .at(at.or(table.at)),
    );
}

/// Whether a column counts rows by a sequence, and is too short for many.
fn counts(column: &ColumnDef, facts: &dyn Facts) -> bool {
    (column.identity || column.serial.is_some())
        && facts.type_of_new(column).and_then(|type_| type_.integer_bytes()).is_some_and(|bytes| bytes < 8)
}

/// Whether a column refers to another table, whose key decides its type.
fn refers(statement: &Statement, column: &str, facts: &dyn Facts) -> bool {
    keys::constraints(statement, facts).any(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => key.columns.iter().any(|of_key| of_key == column),
        _ => false,
    })
}
