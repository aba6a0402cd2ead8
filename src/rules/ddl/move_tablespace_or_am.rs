use crate::ast::{AlterAction, QualifiedName};
use crate::facts::{Facts, Kind, Relation};
use crate::finding::Finding;
use crate::rules::wording::extent;
use crate::rules::{Quantity, Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/move-tablespace-or-am.md")]
    "move-tablespace-or-am", "WD034", Ddl, Error, since "0.1.0",
    "table or index moved while reads and writes wait",
    [Alter(SET_ACCESS_METHOD.or(SET_TABLESPACE), check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let (what, copied) = match action {
        AlterAction::SetTablespace(_) => ("SET TABLESPACE copies", "every page is copied"),
        AlterAction::SetAccessMethod(_) => ("SET ACCESS METHOD rewrites", "every row and index entry is written again"),
        _ => return,
    };
    // What is partitioned only hands its choice on to partitions to come.
    let has_file = |relation: &Relation| matches!(relation.kind, Kind::Table | Kind::MaterializedView | Kind::Index);
    let Some(relation) = facts.shared_and_large(name).filter(has_file) else { return };
    if !facts.moves(name, action) {
        return;
    }
    let estimate = match action {
        AlterAction::SetTablespace(_) => cost::copy(&relation),
        _ => cost::rewrite(&relation),
    };
    let finding = report
        .finding(facts.identity(&relation), format!("{what} \"{}\" while reads and writes wait", relation.name))
        .detail(format!("{} ACCESS EXCLUSIVE until COMMIT while {copied}{estimate}.", size(&relation)))
        .at(name.at);
    report.push(with_way_out(finding, action, &relation, facts));
}

/// An index has entries, which are no rows.
fn size(relation: &Relation) -> String {
    match relation.bytes() {
        Some(bytes) if relation.kind == Kind::Index => format!("\"{}\" has {}.", relation.name, Quantity::Bytes(bytes)),
        _ => extent(relation).replace("; its rows were never counted", ""),
    }
}

fn with_way_out(finding: Finding, action: &AlterAction, relation: &Relation, facts: &dyn Facts) -> Finding {
    let identity = facts.identity(relation);
    let place = match action {
        AlterAction::SetTablespace(tablespace) if relation.kind == Kind::Index => {
            let tablespace = facts.quote(tablespace);
            return finding.remedy(
                "Outside a transaction",
                format!("REINDEX (TABLESPACE {tablespace}) INDEX CONCURRENTLY {identity};"),
            );
        }
        AlterAction::SetTablespace(tablespace) => format!(" TABLESPACE {}", facts.quote(tablespace)),
        AlterAction::SetAccessMethod(Some(method)) => format!(" USING {}", facts.quote(method)),
        _ => String::new(),
    };
    finding.hint(format!(
        "In steps: CREATE TABLE {} (LIKE {identity} INCLUDING ALL){place}; copy the rows in batches while a trigger repeats \
         new writes, and swap the names in one short transaction.",
        facts.qualified(&relation.schema, &format!("{}_new", relation.name))
    ))
}
