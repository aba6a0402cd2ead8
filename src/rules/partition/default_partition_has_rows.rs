use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/default-partition-has-rows.md")]
    "default-partition-has-rows", "WD332", Partition, Warning, since "0.1.0",
    "default partition has rows",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.default_rows > 0",
    message: r#"pg_catalog.format('default partition "%s" of "%s" has rows', s.default_name, s.table_name)"#,
    detail: "pg_catalog.format('About %s rows found no partition of their own. Each new partition first reads all of them, under a lock that stops reads and writes, and cannot be made at all for a range that they are in.', pg_catalog.to_char(s.default_rows, 'FM999,999,999,999'))",
    hint: "'Move them into partitions of their own, in batches, and make partitions ahead of time.'",
    ..Audit::of(Source::Partitioned)
};
