use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/partition-count-high.md")]
    "partition-count-high", "WD333", Partition, Warning, since "0.1.0",
    "very many partitions",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_root AND s.leaves > 1000",
    message: r#"pg_catalog.format('"%s" has %s partitions', s.table_name, pg_catalog.to_char(s.leaves, 'FM999,999,999,999'))"#,
    detail: "'Each query that does not name the partition key plans for all of them, and each session keeps what it read of them in memory.'",
    hint: "'Longer intervals, or an end to old partitions.'",
    ..Audit::of(Source::Partitioned)
};
