use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rls-unindexed-policy-column.md")]
    "rls-unindexed-policy-column", "WD527", Access, Warning, since "0.1.0",
    "a policy looks for rows that no index finds",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // An index on a few values finds too many rows to be of use.
    when: "s.searched_values > 10 OR s.search_unknown IS NOT NULL",
    message: r#"pg_catalog.format('policy "%s" of "%s" looks for values of "%s", which has no index', s.searched_policy, s.table_name, s.searched_column)"#,
    detail: "CASE WHEN s.search_unknown IS NOT NULL THEN s.search_unknown
        ELSE pg_catalog.format('A query that finds its rows by nothing else reads all %s rows (%s) for those of one value, of which there are about %s.',
            s.table_rows, pg_catalog.pg_size_pretty(s.table_bytes), s.searched_values) END",
    // What is built concurrently on each partition cannot be one script that runs as it is.
    hint: "CASE WHEN s.is_partitioned THEN 'Without blocking writes: CREATE INDEX ... ON ONLY the table, then for each partition CREATE INDEX CONCURRENTLY on it, and ALTER INDEX ... ATTACH PARTITION.' END",
    fix: "CASE WHEN NOT s.is_partitioned THEN s.create_index END",
    level: "CASE WHEN s.search_unknown IS NOT NULL THEN 'not checked' END",
    ..Audit::of(Source::Policies)
};
