use crate::ast::Statement;
use crate::facts::{Facts, Kind};
use crate::finding::Level;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/refresh-matview-concurrently-cost.md")]
    "refresh-matview-concurrently-cost", "WD050", Ddl, Warning, since "0.1.0",
    "REFRESH CONCURRENTLY that cannot run, or compares every row",
    [Statement(REFRESH, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Refresh { view: name, concurrently: true, .. } = statement else { return };
    let Some(view) = facts.shared(name).filter(|view| view.kind == Kind::MaterializedView) else { return };
    let identity = facts.identity(&view);
    if !facts.indexes(name).iter().any(|index| index.matches_rows) {
        report.push(
            report
                .finding(
                    identity.clone(),
                    format!("refreshing \"{}\" CONCURRENTLY fails: no unique index can match its rows", view.name),
                )
                .detail("It takes a valid unique btree over plain columns, without a WHERE clause.")
                .hint(format!(
                    "CREATE UNIQUE INDEX CONCURRENTLY ON {identity} (<columns that tell its rows apart>); and then refresh it."
                ))
                .at(name.at)
                .never_blocks(),
        );
    } else if view.is_large() {
        report.push(
            report
                .finding(identity, format!("refreshing \"{}\" CONCURRENTLY compares all its rows", view.name))
                .level(Level::Info)
                .detail(format!(
                    "{} EXCLUSIVE lock: reads go on, other refreshes wait. The new rows are written to a temporary table, \
                     joined to the old ones, and the differences leave dead rows behind.",
                    extent(&view)
                ))
                .hint("Worth it where few rows change; where most do, a plain REFRESH is quicker, and blocks readers.")
                .at(name.at),
        );
    }
}
