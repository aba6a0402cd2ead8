use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/unique-instead-of-primary-key.md")]
    "unique-instead-of-primary-key", "WD282", Design, Info, since "0.1.0",
    "table has a unique index that could be its primary key",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.unique_index IS NOT NULL AND NOT s.is_child AND NOT s.is_unlogged",
    message: r#"pg_catalog.format('table "%s" has no primary key, but the unique index "%s"', s.table_name, s.unique_index ->> 'name')"#,
    detail: r#"CASE WHEN s.publication_name IS NOT NULL
        THEN pg_catalog.format('UPDATE and DELETE fail on it now, because publication "%s" replicates them, and its REPLICA IDENTITY names no index.', s.publication_name)
        ELSE 'Its rows can be told apart, but tools that ask for a primary key find none, and logical replication refuses UPDATE and DELETE until REPLICA IDENTITY names the index.' END"#,
    hint: "CASE
        WHEN s.publication_name IS NOT NULL AND NOT s.is_partitioned AND (s.identifies_nothing OR NOT (s.unique_index ->> 'usable')::pg_catalog.bool)
        THEN 'Let REPLICA IDENTITY name the index: nothing is read, and the table is locked for a moment.'
        WHEN (s.unique_index ->> 'usable')::pg_catalog.bool THEN 'The index becomes the key as it is: nothing is read, and the table is locked for a moment.'
        WHEN s.is_partitioned THEN 'Say PRIMARY KEY over the same columns, and drop the unique index when nothing needs it.'
        ELSE 'Build a second unique index over the same columns with CREATE UNIQUE INDEX CONCURRENTLY, make it the key with ADD PRIMARY KEY USING INDEX, and drop the old one when nothing refers to it.' END",
    fix: "CASE
        WHEN s.publication_name IS NOT NULL AND NOT s.is_partitioned AND (s.identifies_nothing OR NOT (s.unique_index ->> 'usable')::pg_catalog.bool)
        THEN pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I;', s.identity, s.unique_index ->> 'name')
        WHEN (s.unique_index ->> 'usable')::pg_catalog.bool
        THEN pg_catalog.format('ALTER TABLE %s ADD PRIMARY KEY USING INDEX %I;', s.identity, s.unique_index ->> 'name') END",
    level: "CASE WHEN s.publication_name IS NOT NULL THEN 'error' END",
    ..Audit::of(Source::Tables)
};
