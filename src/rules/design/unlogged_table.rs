use crate::ast::{AlterAction, Statement};
use crate::facts::{Facts, Kind};
use crate::finding::Level;
use crate::rules::wording::extent;
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/unlogged-table.md")]
    "unlogged-table", "WD128", Design, Warning, since "0.1.0",
    "table is unlogged: a crash empties it",
    [Statement(CREATE_TABLE.or(SET_PERSISTENCE), check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "NOT s.is_partition AND (s.unlogged_partitions > 0
        OR (s.is_unlogged AND NOT s.is_partitioned AND s.has_unlogged_rows IS NOT false))",
    message: r#"CASE WHEN s.unlogged_partitions > 0
        THEN pg_catalog.format('%s of "%s" %s unlogged', CASE WHEN s.unlogged_partitions = 1 THEN 'a partition' ELSE s.unlogged_partitions || ' partitions' END,
                 s.table_name, CASE WHEN s.unlogged_partitions = 1 THEN 'is' ELSE 'are' END)
        ELSE pg_catalog.format('table "%s" is unlogged', s.table_name) END"#,
    detail: "CASE WHEN s.unlogged_partitions = 0 AND s.has_unlogged_rows IS NULL
        THEN 'It is unlogged, and whether it has rows nobody has counted: run ANALYZE, on the primary.'
        ELSE 'A crash empties it, standbys do not have its rows, and backups that copy files do not either.' END",
    level: "CASE WHEN s.unlogged_partitions = 0 AND s.has_unlogged_rows IS NULL THEN 'not checked' END",
    hint: "CASE WHEN s.unlogged_partitions > 0 THEN 'ALTER TABLE ... SET LOGGED on each, if the rows are to stay: that writes them all again, and locks the table meanwhile.'
        ELSE pg_catalog.format('ALTER TABLE %s SET LOGGED; if its rows are to stay: that writes them all again, and locks the table meanwhile.', s.identity) END",
    ..Audit::of(Source::Tables)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    match statement {
        Statement::CreateTable(create) if create.unlogged && !(create.if_not_exists && facts.exists(&create.table)) => {
            let schema = create.table.schema.as_deref().unwrap_or("");
            // Who writes the word for a table without rows means it.
            report.push(
                report
                    .finding(
                        facts.qualified(schema, &create.table.name),
                        format!("table \"{}\" is unlogged", create.table.name),
                    )
                    .detail(
                        "A crash empties it, standbys do not have its rows, and backups that copy files do not either.",
                    )
                    .hint("CREATE TABLE without UNLOGGED, if its rows are to stay.")
                    .level(Level::Info)
                    .at(create.table.at),
            );
        }
        Statement::AlterTable { table, actions, .. } => {
            let takes_away = |action: &AlterAction| matches!(action, AlterAction::SetPersistence { logged: false });
            if !actions.iter().any(takes_away) {
                return;
            }
            let Some(relation) = facts.shared(table) else { return };
            if relation.unlogged || relation.is_empty() || relation.kind != Kind::Table {
                return;
            }
            let identity = facts.identity(&relation);
            report.push(
                report
                    .finding(
                        identity.clone(),
                        format!("SET UNLOGGED gives up the rows of \"{}\" with the next crash", relation.name),
                    )
                    .detail(format!("{} From COMMIT on, standbys have none of them.", extent(&relation)))
                    .hint(format!("Leave it logged, or make it so again soon: ALTER TABLE {identity} SET LOGGED;"))
                    .at(table.at),
            );
        }
        _ => {}
    }
}
