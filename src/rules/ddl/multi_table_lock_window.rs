use crate::ast::{Lock, QualifiedName};
use crate::facts::Facts;
use crate::rules::wording::holders;
use crate::rules::{Case, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/multi-table-lock-window.md")]
    "multi-table-lock-window", "WD084", Ddl, Warning, since "0.1.0",
    "waits for one table while it keeps another locked",
    [Now(check)]
}

fn check(case: &Case<'_>, report: &mut Report) {
    let facts = case.facts;
    let held = facts.held_tables(Lock::ShareRowExclusive);
    if held.is_empty() {
        return;
    }
    let own: Vec<&QualifiedName> = case.locks().relations().iter().map(|effect| &effect.name).collect();
    for effect in case.locks().relations().iter().filter(|e| e.lock >= Lock::ShareRowExclusive && !e.is_index) {
        let in_the_way = facts.in_the_way(&effect.name, effect.lock);
        if in_the_way.is_empty() {
            continue;
        }
        // A foreign key's two tables, a tree of partitions and its members belong together.
        let mut apart = held.iter().filter(|(name, _)| !own.contains(&name) && !are_related(name, &own, facts));
        let locked = apart.find_map(|(name, _)| facts.shared(name));
        let (Some(locked), Some(table)) = (locked, facts.shared(&effect.name)) else { continue };
        report.push(
            report
                .finding(
                    facts.identity(&table),
                    format!("\"{}\" stays locked while this waits for \"{}\"", locked.name, table.name),
                )
                .detail(format!(
                    "In the way on \"{}\": {}. Two tables are down instead of one.",
                    table.name,
                    holders(&in_the_way)
                ))
                .hint(format!(
                    "COMMIT what was done to \"{}\" first, and run this in a transaction of its own.",
                    locked.name
                )),
        );
        return;
    }
}

fn are_related(name: &QualifiedName, others: &[&QualifiedName], facts: &dyn Facts) -> bool {
    let refers =
        |from: &QualifiedName, to: &QualifiedName| facts.foreign_keys(from).iter().any(|key| key.referenced == *to);
    others.iter().any(|other| {
        refers(name, other)
            || refers(other, name)
            || facts.parent(name).as_ref() == Some(other)
            || facts.parent(other).as_ref() == Some(name)
    })
}
