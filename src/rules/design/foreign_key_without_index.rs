use crate::facts::{Change, Facts, ForeignKeyOf, MadeWorse, Relation, Standing, Worse};
use crate::rules::{Audit, Quantity, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-without-index.md")]
    "foreign-key-without-index", "WD012", Design, Warning, since "0.1.0",
    "foreign key has no index",
    [AtCommit(check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Rows are unknown where a table was never counted and is locked now.
    when: "NOT s.is_indexed AND (s.table_rows >= 1000) IS NOT FALSE",
    message: r#"pg_catalog.format('foreign key "%s" has no index on "%s" (%s)', s.constraint_name, s.table_name, s.column_list)"#,
    detail: r#"pg_catalog.format('Each DELETE or key UPDATE in "%s" reads all of "%s"%s.', s.referenced_name, s.table_name, ' (' || pg_catalog.pg_size_pretty(s.table_bytes) || ')')
        || CASE WHEN s.referenced_is_never_changed THEN ' By its statistics, no row there was updated or deleted so far.' ELSE '' END"#,
    // What is built concurrently on each partition cannot be one script that runs as it is.
    hint: r"CASE WHEN s.is_partitioned THEN pg_catalog.format('Without blocking writes: %s Then, for each partition: CREATE INDEX CONCURRENTLY on it, and ALTER INDEX ... ATTACH PARTITION.', s.create_index) END",
    fix: "CASE WHEN NOT s.is_partitioned THEN s.create_index END",
    level: "CASE WHEN s.referenced_is_never_changed THEN 'info' END",
    ..Audit::of(Source::ForeignKeys)
};

fn check(worse: &MadeWorse, facts: &dyn Facts, report: &mut Report) {
    for suspect in worse {
        let Change::ForeignKey(columns) = &suspect.what else { continue };
        if facts.is_indexed(&suspect.table, columns) {
            continue;
        }
        let keys = facts.foreign_keys(&suspect.table);
        let Some(key) = keys.iter().find(|key| !key.not_enforced && key.columns == *columns) else { continue };
        judge(suspect, key, facts, report);
    }
}

fn judge(suspect: &Worse, key: &ForeignKeyOf, facts: &dyn Facts, report: &mut Report) {
    let Some(table) = facts.relation(&suspect.table).found() else { return };
    if !table.is_judged() {
        return;
    }
    let (introduction, sql) = remedy(suspect, &table, key, facts);
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!(
                    "foreign key \"{}\" has no index on \"{}\" ({})",
                    key.name,
                    table.name,
                    facts.quote_list(&key.columns)
                ),
            )
            .detail(format!(
                "Checked at COMMIT. Each DELETE or key UPDATE in \"{}\" will read all of \"{}\"{}.",
                key.referenced.name,
                table.name,
                table.bytes().filter(|b| *b > 0).map(|b| format!(" ({})", Quantity::Bytes(b))).unwrap_or_default()
            ))
            .remedy(introduction, sql)
            .at(suspect.at),
    );
}

/// Where the index is to be made, and how.
fn remedy(suspect: &Worse, table: &Relation, key: &ForeignKeyOf, facts: &dyn Facts) -> (&'static str, String) {
    let name = facts.quote(&facts.object_name(&table.name, &key.columns, "idx"));
    let target = format!("{name} ON {} ({});", facts.identity(table), facts.quote_list(&key.columns));
    match (suspect.alone, table.standing()) {
        (true, _) => ("In one transaction with the table", format!("CREATE INDEX {target}")),
        (false, Standing::New) => ("Best in the same transaction", format!("CREATE INDEX {target}")),
        (false, _) => ("", format!("CREATE INDEX CONCURRENTLY {target}")),
    }
}
