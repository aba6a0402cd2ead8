use crate::ast::{RenameKind, Statement};
use crate::facts::{Facts, Kind};
use crate::finding::Level;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rename-table.md")]
    "rename-table", "WD045", Ddl, Warning, since "0.1.0",
    "table or view renamed that is in use",
    [Statement(RENAME, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Rename(rename) = statement else { return };
    if !matches!(rename.kind, RenameKind::Table | RenameKind::View) {
        return;
    }
    // ALTER TABLE also renames indexes and sequences.
    let Some(relation) = facts.shared(&rename.relation).filter(|relation| {
        matches!(
            relation.kind,
            Kind::Table | Kind::Partitioned | Kind::View | Kind::MaterializedView | Kind::ForeignTable
        )
    }) else {
        return;
    };
    if (rename.if_exists && !facts.exists(&rename.relation)) || evidence::name_is_taken_again(&relation, facts) {
        return;
    }
    let used = evidence::use_of(&rename.relation, &relation, facts);
    let level = if used.is_some() { Level::Warning } else { Level::Info };
    let (identity, new) = (facts.identity(&relation), facts.qualified(&relation.schema, &rename.to));
    let word = match (relation.kind, rename.kind) {
        (Kind::MaterializedView, _) => "MATERIALIZED VIEW",
        (Kind::ForeignTable, _) => "FOREIGN TABLE",
        (Kind::View, _) | (_, RenameKind::View) => "VIEW",
        _ => "TABLE",
    };
    report.push(
        report
            .finding(
                identity.clone(),
                format!("renaming \"{}\" to \"{}\" breaks queries by the old name", relation.name, rename.to),
            )
            .level(level)
            .detail(used.unwrap_or_else(|| extent(&relation)))
            .remedy(
                "With a view under the old name, in one transaction; grant on it what the old name had",
                format!(
                    "BEGIN;\nALTER {word} {identity} RENAME TO {};\nCREATE VIEW {identity} AS SELECT * FROM {new};\nCOMMIT;",
                    facts.quote(&rename.to)
                ),
            )
            .at(rename.relation.at),
    );
}
