use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/partition-skew.md")]
    "partition-skew", "WD339", Partition, Info, since "0.1.0",
    "one of the partitions by hash is far larger than the others",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.ratio > 10 AND s.largest_bytes >= 1073741824 AND s.is_even",
    message: r#"pg_catalog.format('partition "%s" of "%s" is %s times as large as half of the others', s.largest_name, s.table_name, pg_catalog.floor(s.ratio))"#,
    detail: "pg_catalog.format('It takes %s, and half of the %s partitions with rows take %s or less. The hash spreads values, not rows: a value that many rows have brings all of them into one partition.',
        pg_catalog.pg_size_pretty(s.largest_bytes), s.parts, pg_catalog.pg_size_pretty(s.median_bytes))",
    hint: "coalesce(pg_catalog.format('Look for that value: SELECT %s, count(*) FROM %s TABLESAMPLE SYSTEM (1) GROUP BY %1$s ORDER BY count(*) DESC LIMIT 5; ', s.key_columns, s.largest_identity), '')
        || 'A key that tells these rows apart spreads them; or partition this one by another column.'",
    ..Audit::of(Source::PartitionSizes)
};
