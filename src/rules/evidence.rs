//! Evidence that somebody uses what a statement drops or renames, in words.
#![forbid(unsafe_code)]

use super::Quantity;
use super::wording::extent;
use crate::ast::{AlterAction, QualifiedName, RenameKind, Statement};
use crate::facts::{Dependent, Facts, Relation, Usage};
use std::rc::Rc;

/// Seconds within which a read counts, where the server tells when it was.
const RECENT: f64 = 7.0 * 86_400.0;

/// More names than these are counted.
const MOST_NAMES: usize = 10;

/// Whether statistics know of a read that counts.
pub(super) fn is_read(usage: &Usage) -> bool {
    usage.reads > 0 && usage.last_read.is_none_or(|ago| ago <= RECENT)
}

/// `Read 1,234 times since statistics began 26 h ago, last 5 min ago.`
#[expect(clippy::cast_precision_loss, reason = "a count that is read by people")]
pub(super) fn reads(usage: &Usage) -> String {
    let began = usage.since.map(|ago| format!("{} ago", Quantity::Seconds(ago)));
    if usage.reads == 0 {
        let began = began.map_or_else(String::new, |ago| format!(", which began {ago},"));
        return format!("Statistics{began} know of no read.");
    }
    let began = began.map_or_else(String::new, |ago| format!(" {ago}"));
    let last = usage.last_read.map_or_else(String::new, |ago| format!(", last {} ago", Quantity::Seconds(ago)));
    let times =
        if usage.reads == 1 { "once".to_owned() } else { format!("{} times", Quantity::Rows(usage.reads as f64)) };
    format!("Read {times} since statistics began{began}{last}.")
}

/// Others who need a relation, or a column of it: what the server names when it refuses to drop without CASCADE. What
/// belongs to one of `own`, or to another that goes, is not told apart.
pub(super) fn needed_by(
    name: &QualifiedName,
    column: Option<&str>,
    own: &[QualifiedName],
    facts: &dyn Facts,
) -> Vec<Dependent> {
    named(facts.dependents(name, column), own, facts)
}

/// Those of the dependents that people have made and others share.
pub(super) fn named(dependents: Vec<Dependent>, own: &[QualifiedName], facts: &dyn Facts) -> Vec<Dependent> {
    let mut dependents = dependents;
    // A view's rule and row type, its TOAST table and the triggers of foreign keys go with what is listed anyway.
    dependents.retain(|d| {
        let of_toast = d.relation.as_ref().is_some_and(|relation| relation.schema.as_deref() == Some("pg_toast"));
        let implied = ["pg_rewrite", "pg_type", "pg_trigger"].contains(&d.catalog.as_str());
        !d.silent && !d.is_index && !of_toast && !implied
    });
    dependents.retain(|d| {
        d.relation.as_ref().is_none_or(|relation| !own.contains(relation) && facts.shared(relation).is_some())
    });
    let relations_with = |of_catalog: &dyn Fn(&Dependent) -> bool| -> Vec<QualifiedName> {
        dependents.iter().filter(|d| of_catalog(d)).filter_map(|d| d.relation.clone()).collect()
    };
    let relations = relations_with(&|d| d.catalog == "pg_class");
    let constrained = relations_with(&|d| d.constraint.is_some());
    // What belongs to a relation goes with it, and the constraint of a partition with that of its table.
    dependents.retain(|d| {
        let Some(relation) = d.relation.as_ref() else { return true };
        let of_parent = || facts.parent(relation).is_some_and(|parent| constrained.contains(&parent));
        d.catalog == "pg_class" || !(relations.contains(relation) || (d.constraint.is_some() && of_parent()))
    });
    dependents
}

/// As the server words them, separated by commas.
pub(super) fn described(dependents: &[Dependent]) -> String {
    listed(dependents.iter().map(|dependent| dependent.description.clone()))
}

/// Names separated by commas; of many the first, and how many more there are.
pub(super) fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    let shown = names.join(", ");
    if more == 0 { shown } else { format!("{shown} and {} more", Quantity::count(more)) }
}

/// Sentences one after the other; of many the first.
pub(super) fn sentences(all: impl Iterator<Item = String>) -> String {
    all.take(MOST_NAMES).collect::<Vec<_>>().join(" ")
}

/// Why a relation is taken to be in use, as a sentence; `None` where nothing shows it.
pub(super) fn use_of(name: &QualifiedName, relation: &Relation, facts: &dyn Facts) -> Option<String> {
    if relation.rows().is_none() && !facts.exists(name) {
        return Some(extent(relation).replace("large", "in use"));
    }
    let usage = facts.usage(name);
    if is_read(&usage) {
        return Some(reads(&usage));
    }
    let own = [relation.qualified_name()];
    let others = needed_by(name, None, &own, facts);
    (!others.is_empty()).then(|| format!("Needed by {}.", described(&others)))
}

/// Whether the script gives the name of a relation to another in the same transaction.
pub(super) fn name_is_taken_again(relation: &Relation, facts: &dyn Facts) -> bool {
    let is_it = |schema: Option<&Rc<str>>, name: &str| {
        *name == *relation.name && schema.is_none_or(|s| relation.schema.is_empty() || **s == *relation.schema)
    };
    facts.later_in_transaction().unwrap_or_default().iter().any(|located| match &located.statement {
        Statement::CreateTable(create) => is_it(create.table.schema.as_ref(), &create.table.name),
        Statement::CreateTableAs { table, .. } => is_it(table.schema.as_ref(), &table.name),
        Statement::CreateView { view, .. } => is_it(view.schema.as_ref(), &view.name),
        Statement::Rename(rename) if matches!(rename.kind, RenameKind::Table | RenameKind::View) => {
            is_it(rename.relation.schema.as_ref(), &rename.to)
        }
        _ => false,
    })
}

/// Whether the script does something to the same table later in the transaction.
pub(super) fn is_altered_later(table: &QualifiedName, facts: &dyn Facts, by: impl Fn(&AlterAction) -> bool) -> bool {
    facts.later_in_transaction().unwrap_or_default().iter().any(|located| match &located.statement {
        Statement::AlterTable { table: other, actions, .. } => is_same(table, other) && actions.iter().any(&by),
        _ => false,
    })
}

/// Whether two names of a script may mean the same relation.
pub(super) fn is_same(a: &QualifiedName, b: &QualifiedName) -> bool {
    a.name == b.name && a.schema.as_ref().zip(b.schema.as_ref()).is_none_or(|(a, b)| a == b)
}
