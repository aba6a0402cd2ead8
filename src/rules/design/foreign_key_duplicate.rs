use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::keys::{self, NewForeignKey};
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-duplicate.md")]
    "foreign-key-duplicate", "WD136", Design, Warning, since "0.1.0",
    "foreign key is there already, under another name",
    [Statement(keys::CONSTRAINTS, check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.duplicate_of IS NOT NULL",
    message: r#"pg_catalog.format('foreign key "%s" of "%s" demands what "%s" demands', s.constraint_name, s.table_name, s.duplicate_of)"#,
    detail: "'Each INSERT and key UPDATE is checked once for each of them.'",
    fix: "pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I;', s.table_identity, s.constraint_name)",
    ..Audit::of(Source::ForeignKeys)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let keys = keys::foreign_keys(statement, facts);
    for (place, key) in keys.iter().enumerate().filter(|(_, key)| !key.key.not_enforced) {
        let twin = keys.iter().take(place).find(|other| is_equal(key, other)).map(|other| other.name(facts));
        let made_here = matches!(statement, Statement::CreateTable(_));
        let Some(twin) = twin.or_else(|| if made_here { None } else { facts.equal_foreign_key(key.table, key.key) })
        else {
            continue;
        };
        report.push(
            report
                .finding(
                    keys::identity(statement, key.table, facts),
                    format!("foreign key {} demands what \"{twin}\" demands already", key.label(facts)),
                )
                .detail(format!(
                    "Each INSERT and key UPDATE in \"{}\" will be checked twice, each DELETE in \"{}\" as well.",
                    key.table.name, key.key.referenced.name
                ))
                .hint(format!(
                    "Leave it out. For another name: ALTER TABLE {} RENAME CONSTRAINT {} TO <name>;",
                    keys::identity(statement, key.table, facts),
                    facts.quote(&twin)
                ))
                .at(key.at),
        );
    }
}

/// Of one statement, in which the referenced columns are written the same way or not at all.
fn is_equal(one: &NewForeignKey<'_>, other: &NewForeignKey<'_>) -> bool {
    let same_table = one.key.referenced.schema == other.key.referenced.schema
        && one.key.referenced.name == other.key.referenced.name;
    same_table
        && !other.key.not_enforced
        && one.key.columns == other.key.columns
        && one.key.referenced_columns == other.key.referenced_columns
        && one.key.options == other.key.options
}
