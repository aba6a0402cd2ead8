use crate::ast::{AlterAction, QualifiedName};
use crate::facts::{Facts, Kind};
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/set-logged-unlogged.md")]
    "set-logged-unlogged", "WD032", Ddl, Error, since "0.1.0",
    "SET LOGGED or SET UNLOGGED rewrites the table while reads and writes wait",
    [Alter(SET_PERSISTENCE, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::SetPersistence { logged } = action else { return };
    // Of a partitioned table nothing is written, and its partitions stay as they are.
    let Some(table) =
        facts.shared_and_large(name).filter(|table| table.unlogged == *logged && table.kind == Kind::Table)
    else {
        return;
    };
    let (word, risk) = if *logged {
        ("LOGGED", " All of it goes through the WAL.")
    } else {
        ("UNLOGGED", " From then on a crash empties the table, and standbys do not have its rows.")
    };
    let unlogged = if *logged { "" } else { "UNLOGGED " };
    report.push(
        report
            .finding(facts.identity(&table), format!("SET {word} rewrites \"{}\" and its indexes", table.name))
            .detail(format!(
                "{} ACCESS EXCLUSIVE until COMMIT: reads and writes wait{}.{risk}",
                extent(&table),
                cost::rewrite(&table)
            ))
            .hint(format!(
                "In steps: CREATE {unlogged}TABLE {} (LIKE {} INCLUDING ALL); copy the rows in batches while a trigger \
                 repeats new writes, and swap the names in one short transaction.",
                facts.qualified(&table.schema, &format!("{}_new", table.name)),
                facts.identity(&table)
            ))
            .at(name.at),
    );
}
