use crate::facts::{Change, Facts, Kind, MadeWorse};
use crate::finding::Level;
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/table-without-primary-key.md")]
    "table-without-primary-key", "WD013", Design, Warning, since "0.1.0",
    "table has no primary key",
    [AtCommit(check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "NOT s.has_key AND NOT s.is_child AND NOT s.is_unlogged AND s.has_columns",
    message: r#"pg_catalog.format('table "%s" has no primary key', s.table_name)"#,
    detail: r#"CASE WHEN s.publication_name IS NOT NULL
        THEN pg_catalog.format('UPDATE and DELETE fail on it now, because publication "%s" replicates them and nothing tells its rows apart.', s.publication_name)
        ELSE 'Its rows cannot be told apart: logical replication will refuse UPDATE and DELETE, and a duplicate cannot be removed alone.' END"#,
    hint: "pg_catalog.format('ALTER TABLE %s ADD PRIMARY KEY (...); over the columns that identify a row, or add a column that does.', s.identity)
        || CASE WHEN s.publication_name IS NOT NULL AND s.identifies_nothing
                THEN pg_catalog.format(' Then ALTER TABLE %s REPLICA IDENTITY DEFAULT; for it names nothing now.', s.identity) ELSE '' END",
    level: "CASE WHEN s.publication_name IS NOT NULL THEN 'error' END",
    ..Audit::of(Source::Tables)
};

fn check(worse: &MadeWorse, facts: &dyn Facts, report: &mut Report) {
    for suspect in worse {
        // Nearly every new table has one: nothing else is asked of it.
        if suspect.what != Change::Key || facts.has_key(&suspect.table) {
            continue;
        }
        let Some(table) = facts.relation(&suspect.table).found() else { continue };
        let judged = matches!(table.kind, Kind::Table | Kind::Partitioned)
            && table.is_judged()
            && !table.unlogged
            && table.has_columns;
        if !judged || facts.is_child(&suspect.table) {
            continue;
        }
        let finding = report
            .finding(facts.identity(&table), format!("table \"{}\" has no primary key", table.name))
            .detail(
                "Checked at COMMIT. Its rows cannot be told apart: logical replication will refuse UPDATE and DELETE, and \
                 a duplicate cannot be removed alone.",
            )
            .hint(format!(
                "ALTER TABLE {} ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY; or PRIMARY KEY (...) over \
                 the columns that identify a row.",
                facts.identity(&table)
            ))
            .at(suspect.at);
        // In autocommit the key may come with the very next statement.
        report.push(if suspect.alone { finding.level(Level::Info) } else { finding });
    }
}
