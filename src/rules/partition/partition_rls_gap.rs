use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/partition-rls-gap.md")]
    "partition-rls-gap", "WD335", Partition, Warning, since "0.1.0",
    "a partition goes round row level security",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.open_partitions IS NOT NULL",
    message: r#"pg_catalog.format('partitions of "%s" can be read past its row level security: %s', s.table_name, s.open_partitions)"#,
    detail: "'Policies of the parent hold for queries of the parent alone. Others have privileges on these partitions themselves.'",
    hint: "'Take the privileges on partitions away: they are not needed to use the parent.'",
    ..Audit::of(Source::Partitioned)
};
