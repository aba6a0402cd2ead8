use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/partitioned-never-analyzed.md")]
    "partitioned-never-analyzed", "WD334", Partition, Warning, since "0.1.0",
    "the table as a whole has no statistics",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_root AND s.reltuples < 0 AND s.leaf_rows >= 10000",
    message: r#"pg_catalog.format('"%s" was never analyzed', s.table_name)"#,
    detail: "pg_catalog.format('Its partitions hold about %s rows. Autovacuum analyzes each of them, but never the whole: joins and groups over it are planned by guesses.', pg_catalog.to_char(s.leaf_rows, 'FM999,999,999,999,999'))",
    hint: "'Again after large changes: a job of your own must.'",
    fix: "pg_catalog.format('ANALYZE %s;', s.identity)",
    ..Audit::of(Source::Partitioned)
};
