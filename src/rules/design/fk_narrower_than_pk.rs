use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::keys::{self, NewForeignKey, Pair};
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/fk-narrower-than-pk.md")]
    "fk-narrower-than-pk", "WD126", Design, Info, since "0.1.0",
    "foreign key column is a shorter integer than the key it refers to",
    [Statement(keys::CONSTRAINTS, check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.narrower_columns IS NOT NULL",
    message: r#"pg_catalog.format('foreign key "%s" of "%s" is narrower than what it refers to: %s', s.constraint_name, s.table_name, s.narrower_columns)"#,
    detail: r#"pg_catalog.format('Once the key of "%s" grows past it, no row of "%s" can refer to a new one.', s.referenced_name, s.table_name)"#,
    hint: "'Widen the column that refers before the key gets there: a new column, filled in batches, and a swap of names.'",
    level: "'warning'",
    ..Audit::of(Source::ForeignKeys)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    for key in keys::foreign_keys(statement, facts) {
        let mut pairs = key.pairs(statement, facts);
        pairs.retain(is_narrower);
        let Some(first) = pairs.first() else { continue };
        let last = if first.type_.integer_bytes() == Some(2) { "32,767" } else { "2,147,483,647" };
        report.push(
            report
                .finding(keys::identity(statement, key.table, facts), key.difference(first))
                .detail(format!(
                    "Once \"{}\" passes {last}, no row of \"{}\" can refer to it: INSERT fails.",
                    first.referenced, key.table.name
                ))
                .hint(NewForeignKey::instead(&pairs, facts))
                .at(key.at),
        );
    }
}

fn is_narrower(pair: &Pair) -> bool {
    pair.type_.integer_bytes().zip(pair.referenced_type.integer_bytes()).is_some_and(|(own, other)| own < other)
}
