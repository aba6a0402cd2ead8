use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/partition-gap.md")]
    "partition-gap", "WD331", Partition, Warning, since "0.1.0",
    "no partition takes rows of some time",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.gaps > 0 AND s.default_name IS NULL",
    message: r#"pg_catalog.format('partitions of "%s" leave out %s', s.table_name, CASE s.gaps WHEN 1 THEN s.first_gap ELSE s.gaps || ' ranges, the first ' || s.first_gap END)"#,
    detail: "'Rows of that time are refused.'",
    hint: "'Where rows of that time may still come, make the partitions that are missing.'",
    ..Audit::of(Source::Partitioned)
};
