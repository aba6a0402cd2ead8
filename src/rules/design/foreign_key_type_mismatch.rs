use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::keys::{self, NewForeignKey, Pair};
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-type-mismatch.md")]
    "foreign-key-type-mismatch", "WD125", Design, Info, since "0.1.0",
    "foreign key column is of another type than the key it refers to",
    [Statement(keys::CONSTRAINTS, check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.other_type_columns IS NOT NULL",
    message: r#"pg_catalog.format('foreign key "%s" of "%s" is of another type than what it refers to: %s', s.constraint_name, s.table_name, s.other_type_columns)"#,
    detail: "'The server converts one to the other at each check, and so does each join over the key.'",
    hint: "'Give the column the type of the one that it refers to.'",
    level: "'warning'",
    ..Audit::of(Source::ForeignKeys)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    for key in keys::foreign_keys(statement, facts) {
        let mut pairs = key.pairs(statement, facts);
        pairs.retain(|pair| differs(pair, facts));
        let Some(first) = pairs.first() else { continue };
        report.push(
            report
                .finding(keys::identity(statement, key.table, facts), key.difference(first))
                .detail("The server converts one to the other at each check, and so does each join over the key.")
                .hint(NewForeignKey::instead(&pairs, facts))
                .at(key.at),
        );
    }
}

/// Integers compare with each other by the same index, and `fk-narrower-than-pk` looks at those that are too short.
fn differs(pair: &Pair, facts: &dyn Facts) -> bool {
    let integers = pair.type_.integer_bytes().is_some() && pair.referenced_type.integer_bytes().is_some();
    !integers && !facts.coerces_freely(&pair.type_, &pair.referenced_type)
}
