use crate::ast::{AlterAction, ConstraintKind, QualifiedName};
use crate::facts::{Facts, Kind, Relation};
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/using-index-not-eligible.md")]
    "using-index-not-eligible", "WD031", Ddl, Warning, since "0.1.0",
    "index that the server refuses to make a key of",
    [Alter(ADD_CONSTRAINT, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AddConstraint(constraint) = action else { return };
    let (ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key)) = &constraint.kind else { return };
    let Some(index) = &key.using_index else { return };
    let Some(table) = facts.shared(name) else { return };
    let reason = if table.kind == Kind::Partitioned {
        Some("the table is partitioned, and takes no USING INDEX")
    } else {
        facts.unfit_for_key(name, index)
    };
    let Some(reason) = reason else { return };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("index \"{index}\" cannot become a key of \"{}\": {reason}", table.name),
            )
            .detail("The server refuses it, and takes back all that the statement did.")
            .hint(instead(name, index, &table, facts))
            .at(constraint.at)
            .never_blocks(),
    );
}

fn instead(name: &QualifiedName, index: &str, table: &Relation, facts: &dyn Facts) -> String {
    if table.kind == Kind::Partitioned {
        return "Give each partition the constraint, over an index of its own; then add it to the parent without USING \
                INDEX, which takes those over."
            .to_owned();
    }
    let existing = facts.indexes(name).into_iter().find(|existing| existing.name == *index);
    let columns: Option<Vec<String>> = existing.and_then(|existing| existing.columns.into_iter().collect());
    let columns = columns.map_or("...".to_owned(), |columns| facts.quote_list(&columns));
    format!(
        "A unique btree over whole columns in their default order can: CREATE UNIQUE INDEX CONCURRENTLY {} ON {} ({columns});",
        facts.quote(&format!("{index}_new")),
        facts.identity(table)
    )
}
