use crate::ast::{CreateIndex, Reindex, Statement};
use crate::facts::Facts;
use crate::rules::{Case, Quantity, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rewrite-needs-disk.md")]
    "rewrite-needs-disk", "WD161", Ddl, Info, since "0.1.0",
    "large index built, or built anew, which needs room on disk",
    [Effects(check)]
}

/// Bytes of a btree entry beside its keys: the header of the tuple, and the pointer to it.
const ENTRY: f64 = 12.0;
/// Bytes of a key that is a number or a time.
const KEY: f64 = 8.0;
/// Part of a page that a build fills.
const FILLED: f64 = 0.9;

fn check(case: &Case<'_>, report: &mut Report) {
    match case.statement {
        // In a block it fails.
        Statement::CreateIndex(index) if index.concurrently && !case.facts.in_transaction_block() => {
            built(index, case.facts, report);
        }
        Statement::Reindex(reindex) => built_anew(reindex, case, report),
        _ => {}
    }
}

/// How large an index will be is known of a btree over every row, if its keys are not wide.
fn built(index: &CreateIndex, facts: &dyn Facts, report: &mut Report) {
    let named = |name: &String| facts.indexes(&index.table).iter().any(|existing| existing.name == *name);
    let is_there = || index.if_not_exists && index.name.as_ref().is_some_and(named);
    let Some(table) = facts.shared_and_large(&index.table).filter(|_| index.btree && !index.partial && !is_there())
    else {
        return;
    };
    let Some(rows) = table.rows() else { return };
    let keys = f64::from(u32::try_from(index.columns.len()).unwrap_or(u32::MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate of a size")]
    let bytes = (rows * (ENTRY + KEY * keys) / FILLED) as u64;
    if bytes < facts.large_size() {
        return;
    }
    let size = Quantity::Bytes(bytes);
    let message =
        format!("the new index of \"{}\" needs about {size} on disk, and more where its keys are wide", table.name);
    report.push(
        report
            .finding(facts.identity(&table), message)
            .detail(costs(table.unlogged, &size))
            .hint(HINT)
            .at(index.table.at),
    );
}

fn built_anew(reindex: &Reindex, case: &Case<'_>, report: &mut Report) {
    let facts = case.facts;
    let Some(named) = facts.shared(&reindex.name) else { return };
    let rebuilt = case.effects().relations().iter().filter(|effect| effect.is_index && effect.work.rewritten);
    let bytes = rebuilt.filter_map(|effect| facts.relation(&effect.name).found()?.bytes()).sum();
    if bytes < facts.large_size() {
        return;
    }
    let size = Quantity::Bytes(bytes);
    let message = format!("REINDEX of \"{}\" needs about {size} more on disk until it is done", named.name);
    report.push(
        report
            .finding(facts.identity(&named), message)
            .detail(format!("What is there stays until then. {}", costs(named.unlogged, &size)))
            .hint(HINT)
            .at(reindex.name.at),
    );
}

const HINT: &str = "See what is free where its tablespace, pg_wal and temp_tablespaces are (df): SQL cannot tell.";

fn costs(unlogged: bool, size: &Quantity) -> String {
    let wal = if unlogged {
        String::new()
    } else {
        format!(" {size} of WAL are written, which standbys and slots may hold back.")
    };
    format!("The sort may put as much again into temporary files.{wal}")
}
