use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/primary-key-random-uuid.md")]
    "primary-key-random-uuid", "WD287", Design, Info, since "0.1.0",
    "primary key of a large table is filled with random UUIDs",
    [Audit(&AUDIT)]
}

/// Only where rows come in: that many were seen to, or the statistics are too young to say that they do not.
const AUDIT: Audit = Audit {
    when: "s.random_uuid IS NOT NULL AND NOT s.is_child
        AND (s.inserted_rows IS NULL OR s.inserted_rows >= s.table_rows * 0.01 OR NOT s.statistics_are_old)",
    message: r#"pg_catalog.format('primary key of "%s" is random: %s()', s.table_name, s.random_uuid)"#,
    detail: "CASE WHEN s.inserted_rows >= s.table_rows * 0.01
        THEN pg_catalog.format('Each INSERT goes to another page of an index over about %s rows: hardly any is in memory when it is needed, and each is written whole to the WAL after a checkpoint.',
                 pg_catalog.to_char(s.table_rows, 'FM9,999,999,999,990'))
        WHEN s.inserted_rows IS NULL THEN 'How many rows are inserted, the primary knows.'
        ELSE 'Its key is random, and whether rows are inserted cannot be said: the statistics do not go back 30 days.' END",
    hint: "CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 180000
        THEN 'uuidv7() as the default puts new rows at the end of the index. It tells when a row was made.'
        ELSE 'UUIDs that begin with the time (version 7) put new rows at the end of the index. They tell when a row was made. Or a bigint identity.' END",
    level: "CASE WHEN s.inserted_rows >= s.table_rows * 0.01 THEN NULL ELSE 'not checked' END",
    ..Audit::of(Source::Tables)
};
