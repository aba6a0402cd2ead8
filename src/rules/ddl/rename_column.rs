use crate::ast::{RenameKind, Statement};
use crate::facts::Facts;
use crate::finding::Level;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rename-column.md")]
    "rename-column", "WD046", Ddl, Warning, since "0.1.0",
    "column renamed of a table that is in use",
    [Statement(RENAME, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Rename(rename) = statement else { return };
    let Some(column) = rename.member.as_ref() else { return };
    if !matches!(rename.kind, RenameKind::Column | RenameKind::ViewColumn) {
        return;
    }
    let Some(relation) = facts.shared(&rename.relation) else { return };
    if (rename.if_exists && !facts.exists(&rename.relation)) || facts.column(&rename.relation, column).found().is_none()
    {
        return;
    }
    let used = evidence::use_of(&rename.relation, &relation, facts);
    let level = if used.is_some() { Level::Warning } else { Level::Info };
    let identity = facts.identity(&relation);
    report.push(
        report
            .finding(
                identity.clone(),
                format!(
                    "renaming \"{}\".\"{column}\" to \"{}\" breaks queries by the old name",
                    relation.name, rename.to
                ),
            )
            .level(level)
            .detail(used.unwrap_or_else(|| extent(&relation)))
            .hint(
                "In steps: add a column of the new name, keep both equal with a trigger, fill the old rows in batches, \
                 release code that uses the new name, and drop the old column.",
            )
            .at(rename.relation.at),
    );
}
