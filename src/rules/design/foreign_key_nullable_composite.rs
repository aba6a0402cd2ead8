use crate::ast::{ConstraintKind, Statement};
use crate::facts::Facts;
use crate::rules::keys::{self, NewForeignKey};
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-nullable-composite.md")]
    "foreign-key-nullable-composite", "WD127", Design, Info, since "0.1.0",
    "foreign key over several columns checks nothing where one is NULL",
    [Statement(keys::CONSTRAINTS, check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "pg_catalog.cardinality(s.nullable_columns) > 1",
    message: r#"pg_catalog.format('foreign key "%s" of "%s" checks nothing where one of its columns is NULL', s.constraint_name, s.table_name)"#,
    detail: r#"pg_catalog.format('A row with NULL in "%s" may have any value in "%s", whether "%s" has it or not.', s.nullable_columns[1], s.nullable_columns[2], s.referenced_name)"#,
    hint: "'NOT NULL on each column, where every row refers to one; or the key again with MATCH FULL, which demands all of them or none: add it NOT VALID, validate it, and drop this one.'",
    level: "'warning'",
    ..Audit::of(Source::ForeignKeys)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    for key in keys::foreign_keys(statement, facts) {
        if key.key.columns.len() < 2 || key.key.options.contains("MATCH FULL") || is_checked(statement, &key, facts) {
            continue;
        }
        let mut nullable = key.key.columns.clone();
        nullable.retain(|column| is_nullable(statement, &key, column, facts));
        // One such column says whether there is a reference at all, beside a tenant that each row has.
        let [first, second, ..] = nullable.as_slice() else { continue };
        report.push(
            report
                .finding(
                    keys::identity(statement, key.table, facts),
                    format!("foreign key \"{}\" checks nothing where one of its columns is NULL", key.name(facts)),
                )
                .detail(format!(
                    "A row with NULL in \"{first}\" may have any value in \"{second}\", whether \"{}\" has it or not.",
                    key.key.referenced.name
                ))
                .hint(
                    "MATCH FULL behind the referenced columns, which demands all of them or none; or NOT NULL on each \
                     column.",
                )
                .at(key.at),
        );
    }
}

/// Whether a CHECK may demand what the key does not.
fn is_checked(statement: &Statement, key: &NewForeignKey<'_>, facts: &dyn Facts) -> bool {
    keys::constraints(statement, facts).any(|constraint| matches!(constraint.kind, ConstraintKind::Check { .. }))
        || key.key.columns.iter().any(|column| facts.is_checked(key.table, column))
}

fn is_nullable(statement: &Statement, key: &NewForeignKey<'_>, column: &str, facts: &dyn Facts) -> bool {
    let demanded = keys::constraints(statement, facts).any(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey(key) => key.columns.iter().any(|of_key| of_key == column),
        ConstraintKind::NotNull { column: not_null } => not_null == column,
        _ => false,
    });
    match keys::new_columns(statement, facts).find(|new| new.name == column) {
        _ if demanded => false,
        Some(new) => !(new.not_null || new.serial.is_some() || new.identity),
        None => facts.column(key.table, column).found().is_some_and(|column| !column.not_null),
    }
}
