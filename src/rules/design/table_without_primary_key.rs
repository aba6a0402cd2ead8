use crate::facts::{Change, Facts, Kind, MadeWorse, Standing};
use crate::finding::Level;
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/table-without-primary-key.md")]
    "table-without-primary-key", "WD013", Design, Warning, since "0.1.0",
    "table has no primary key",
    [AtCommit(check), Audit(AUDIT)]
}

const AUDIT: Audit = Audit {
    source: Source::Tables,
    when: "NOT s.has_key AND NOT s.is_child AND NOT s.is_unlogged AND s.column_count > 0",
    message: "format('table %I has no primary key', s.table_name)",
    detail: "'Rows cannot be told apart: logical replication refuses UPDATE and DELETE, and duplicates cannot be removed one by one.'",
    hint: "'Name the columns that identify a row, or add one that does.'",
    fix: "NULL",
    level: "NULL",
};

fn check(worse: &MadeWorse, facts: &dyn Facts, report: &mut Report) {
    for suspect in worse {
        if suspect.what != Change::Key {
            continue;
        }
        let Some(table) = facts.relation(&suspect.table).found() else { continue };
        let judged = matches!(table.kind, Kind::Table | Kind::Partitioned)
            && table.standing != Standing::Unjudged
            && !table.unlogged
            && !table.is_child
            && table.has_columns;
        if !judged || facts.indexes(&suspect.table).iter().any(|index| index.primary || index.identifies) {
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
