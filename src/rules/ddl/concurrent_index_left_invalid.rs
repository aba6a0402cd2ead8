use crate::ast::{Lock, QualifiedName, Statement};
use crate::facts::Facts;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/concurrent-index-left-invalid.md")]
    "concurrent-index-left-invalid", "WD064", Ddl, Error, since "0.1.0",
    "IF NOT EXISTS passes over an index that was left invalid",
    [Statement(CREATE_INDEX, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::CreateIndex(index) = statement else { return };
    let Some(name) = index.name.as_ref().filter(|_| index.if_not_exists) else { return };
    let Some(table) = facts.shared(&index.table) else { return };
    let name = QualifiedName::new(&*table.schema, name.clone());
    let Some(existing) = facts.index(&name).found().filter(|existing| !existing.valid && !existing.partitioned) else {
        return;
    };
    // Somebody may be building it this moment.
    if facts.holders(&index.table).iter().any(|holder| holder.granted && holder.lock >= Lock::ShareUpdateExclusive) {
        return;
    }
    let identity = facts.qualified(&existing.schema, &existing.name);
    report.push(
        report
            .finding(
                identity.clone(),
                format!("index \"{}\" exists and is invalid: IF NOT EXISTS does nothing about it", existing.name),
            )
            .detail(
                "A build of it failed or was cancelled. No query uses it, every write keeps it up to date, and a unique one \
                 may let duplicates in.",
            )
            .remedy("Outside a transaction", format!("REINDEX INDEX CONCURRENTLY {identity};"))
            .at(index.table.at),
    );
}
