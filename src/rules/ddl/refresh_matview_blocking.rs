use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/refresh-matview-blocking.md")]
    "refresh-matview-blocking", "WD049", Ddl, Warning, since "0.1.0",
    "materialized view refreshed while its readers wait",
    [Statement(REFRESH, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Refresh { view: name, concurrently: false, no_data: false } = statement else { return };
    // One that was never filled has no readers, and no size.
    let Some(view) = facts.shared_and_large(name) else { return };
    let identity = facts.identity(&view);
    let finding = report
        .finding(identity.clone(), format!("refreshing \"{}\" blocks its readers until it is done", view.name))
        .detail(format!("{} ACCESS EXCLUSIVE while its query runs, until COMMIT.", extent(&view)))
        .at(name.at);
    report.push(if facts.indexes(name).iter().any(|index| index.matches_rows) {
        finding.remedy("", format!("REFRESH MATERIALIZED VIEW CONCURRENTLY {identity};"))
    } else {
        finding.hint(format!(
            "Once: CREATE UNIQUE INDEX CONCURRENTLY ON {identity} (<columns that tell its rows apart>); and from then on \
             REFRESH MATERIALIZED VIEW CONCURRENTLY {identity};"
        ))
    });
}
