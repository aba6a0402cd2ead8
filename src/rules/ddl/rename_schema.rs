use crate::ast::{QualifiedName, RenameKind, Statement};
use crate::facts::{Facts, Relation};
use crate::finding::Level;
use crate::rules::{Quantity, Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rename-schema.md")]
    "rename-schema", "WD047", Ddl, Warning, since "0.1.0",
    "schema renamed whose relations are in use",
    [Statement(RENAME, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Rename(rename) = statement else { return };
    let Some(schema) = rename.member.as_ref().filter(|_| rename.kind == RenameKind::Schema) else { return };
    let found: Vec<(QualifiedName, Relation)> = facts
        .relations_of_schema(schema)
        .into_iter()
        .filter_map(|name| facts.shared(&name).map(|relation| (name, relation)))
        .collect();
    if found.is_empty() {
        return;
    }
    let used = found.iter().find_map(|(name, relation)| {
        evidence::use_of(name, relation, facts).map(|used| format!(" Of \"{}\": {used}", relation.name))
    });
    report.push(
        report
            .finding(
                facts.quote(schema),
                format!("renaming schema \"{schema}\" to \"{}\" breaks queries by the old name", rename.to),
            )
            .level(if used.is_some() { Level::Warning } else { Level::Info })
            .detail(format!(
                "Relations in it: {}. Every name written with the schema, every search_path and every function body that \
                 has it stays as it was.{}",
                Quantity::count(found.len()),
                used.unwrap_or_default()
            ))
            .hint(
                "Make a new schema, put views over the old relations into it, release code that uses the new name, and \
                 then move the relations with ALTER TABLE ... SET SCHEMA.",
            ),
    );
}
