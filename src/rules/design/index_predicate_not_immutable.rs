use crate::ast::{QualifiedName, Statement};
use crate::facts::{Facts, Lookup};
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-predicate-not-immutable.md")]
    "index-predicate-not-immutable", "WD137", Design, Warning, since "0.1.0",
    "predicate of an index depends on more than the row, which the server refuses",
    [Statement(CREATE_INDEX, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::CreateIndex(index) = statement else { return };
    let Some(table) = facts.relation(&index.table).found() else { return };
    if index.predicate.is_none() || !table.is_judged() {
        return;
    }
    let exists = |name: &String| facts.exists(&QualifiedName::new(&*table.schema, name.clone()));
    let is_there = index.if_not_exists && index.name.as_ref().is_some_and(exists);
    if is_there || facts.predicate_is_mutable(index) != Lookup::Found(true) {
        return;
    }
    let subject = index.name.as_ref().map_or("the index".to_owned(), |name| format!("index \"{name}\""));
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("the server refuses {subject}: its predicate depends on the time or on a setting"),
            )
            .detail(
                "Whether a row belongs to the index is decided when the row is written, and not again. So only IMMUTABLE \
                 functions may decide it: now() is not, nor is a cast that reads TimeZone.",
            )
            .hint(format!(
                "The column that is compared, in the index itself: CREATE INDEX ON {} (<column>); or a predicate that the \
                 row alone decides, such as a state, or a date written out.",
                facts.identity(&table)
            ))
            .at(index.table.at)
            .never_blocks(),
    );
}
