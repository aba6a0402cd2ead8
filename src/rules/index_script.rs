//! An index on a partitioned table, built partition by partition while writes go on.

use crate::ast::{CreateIndex, QualifiedName};
use crate::facts::{Facts, Kind, Relation};
use crate::finding::Finding;

/// More partitions than these are counted in the hint; the fix has them all.
const SHOWN: usize = 3;

/// Adds the script, where the definition of the index is known.
pub(super) fn remedy(finding: Finding, index: &CreateIndex, table: &Relation, facts: &dyn Facts) -> Finding {
    let Some(definition) = index.definition.text() else {
        return finding.hint(
            "Outside a transaction: the index ON ONLY the parent, then on each partition CONCURRENTLY, then ALTER INDEX ... \
             ATTACH PARTITION for each.",
        );
    };
    let members = facts.tree(&index.table);
    let script = Script { index, definition, facts, root: table.qualified_name() };
    let steps: Vec<String> = members.iter().filter_map(|member| script.step(member)).collect();
    let shown = steps.iter().take(SHOWN + 1).cloned().collect::<Vec<_>>().join("\n");
    let more = steps.len().saturating_sub(SHOWN + 1);
    let rest = if more > 0 { format!("\nand the same two for {more} more partitions.") } else { String::new() };
    finding.hint(format!("Outside a transaction, one after the other: {shown}{rest}")).fix(steps.join("\n"))
}

struct Script<'a> {
    index: &'a CreateIndex,
    definition: String,
    facts: &'a dyn Facts,
    root: QualifiedName,
}

impl Script<'_> {
    /// The index of one member of the tree, and its place under the index of its parent.
    fn step(&self, member: &QualifiedName) -> Option<String> {
        let relation = self.facts.relation(&QualifiedName { only: true, ..member.clone() }).found()?;
        let identity = self.facts.identity(&relation);
        let unique = if self.index.unique { "UNIQUE " } else { "" };
        let name = self.facts.quote(&self.index_name(member));
        let (concurrently, only) =
            if relation.kind == Kind::Partitioned { ("", "ONLY ") } else { ("CONCURRENTLY ", "") };
        let create = format!("CREATE {unique}INDEX {concurrently}{name} ON {only}{identity} {};", self.definition);
        let Some(parent) = self.facts.parent(member).filter(|_| *member != self.root) else { return Some(create) };
        let schema = |of: &QualifiedName| of.schema.clone().unwrap_or_default();
        Some(format!(
            "{create}\nALTER INDEX {} ATTACH PARTITION {};",
            self.facts.qualified(&schema(&parent), &self.index_name(&parent)),
            self.facts.qualified(&schema(member), &self.index_name(member)),
        ))
    }

    /// The name that is written, for the parent; what the server would choose, for the partitions.
    fn index_name(&self, member: &QualifiedName) -> String {
        let columns = self.index.naming_columns();
        match &self.index.name {
            Some(name) if *member == self.root => name.clone(),
            _ => self.facts.object_name(&member.name, &columns, "idx"),
        }
    }
}
