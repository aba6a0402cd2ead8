use crate::ast::{AlterAction, QualifiedName};
use crate::facts::{Facts, Index, Lookup, Relation};
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/attach-partition-builds-index.md")]
    "attach-partition-builds-index", "WD093", Partition, Error, since "0.1.0",
    "attached partition gets its missing indexes while its reads and writes wait",
    [Alter(ATTACH, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::Attach { partition, bound, .. } = action else { return };
    let Some(table) = facts.shared_and_large(partition) else { return };
    // What could not be looked at is said by the rule about the scan.
    let Lookup::Found(attachment) = facts.attachment(name, Some(partition), bound, &[]) else { return };
    if attachment.missing_indexes.is_empty() {
        return;
    }
    let missing: Vec<Index> =
        facts.indexes(name).into_iter().filter(|index| attachment.missing_indexes.contains(&index.name)).collect();
    let listed = attachment.missing_indexes.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let finding = report
        .finding(
            facts.identity(&table),
            format!("attaching \"{}\" builds indexes while its reads and writes wait", table.name),
        )
        .detail(format!(
            "{} ACCESS EXCLUSIVE on \"{}\" until COMMIT, and for each index{}. It has none like these of the parent: {listed}.",
            extent(&table),
            table.name,
            cost::index_build(&table)
        ))
        .at(partition.at);
    report.push(match missing.iter().map(|index| built_before(index, &table, facts)).collect::<Option<Vec<_>>>() {
        Some(steps) => finding.remedy("Before it, outside a transaction", steps.join("\n")),
        None => finding.hint(format!("Before it: build indexes like these on \"{}\" CONCURRENTLY.", table.name)),
    });
}

/// The same index on the partition, where it is over plain columns.
fn built_before(index: &Index, table: &Relation, facts: &dyn Facts) -> Option<String> {
    let columns: Vec<String> = index.columns.iter().cloned().collect::<Option<_>>()?;
    if !index.searchable || index.includes {
        return None;
    }
    let identity = facts.identity(table);
    let label = if index.primary { "pkey" } else { "idx" };
    let name_columns = if index.primary { &[][..] } else { &columns };
    let name = facts.quote(&facts.object_name(&table.name, name_columns, label));
    let unique = if index.unique { "UNIQUE " } else { "" };
    let mut sql = format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {identity} ({});", facts.quote_list(&columns));
    if index.of_constraint {
        let kind = if index.primary { "PRIMARY KEY" } else { "UNIQUE" };
        sql.push_str(&format!("\nALTER TABLE {identity} ADD CONSTRAINT {name} {kind} USING INDEX {name};"));
    }
    Some(sql)
}
