use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::names::{self, Named};
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/identifier-pg-prefix.md")]
    "identifier-pg-prefix", "WD135", Design, Info, since "0.1.0",
    "name begins with pg_, as the server's do",
    [Statement(names::GIVEN, check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.fault = 'pg_'",
    message: "s.names || ' begins with pg_'",
    detail: "pg_catalog.format('pg_catalog is searched first: once a version of the server has a %s of its own, queries read that.', s.first_name)",
    hint: "'Another name, together with the queries that write it; or write the schema before it in each.'",
    level: "'warning'",
    ..Audit::of(Source::Names)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) =
        names::faulty(statement, facts, |name| name.of == Named::Relation && name.text.starts_with("pg_"))
    else {
        return;
    };
    let detail = format!(
        "pg_catalog is searched first: once a version of the server has a {} of its own, queries read that.",
        found.first()
    );
    let hint = found.instead(|name| name.trim_start_matches("pg_").to_owned());
    report.push(found.finding(report, "begins with pg_", "begin with pg_").detail(detail).hint(hint));
}
