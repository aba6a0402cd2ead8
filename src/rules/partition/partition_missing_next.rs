use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/partition-missing-next.md")]
    "partition-missing-next", "WD330", Partition, Error, since "0.1.0",
    "the last partition will soon be full",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.last_upper > pg_catalog.now() - 2 * s.step AND s.last_upper < pg_catalog.now() + 2 * s.step",
    message: r#"pg_catalog.format('partitions of "%s" end at %s', s.table_name, s.last_bound)"#,
    detail: r#"CASE WHEN s.default_name IS NOT NULL
             THEN pg_catalog.format('Rows from then on go to the default partition "%s", out of which they must be moved before their own can be made.', s.default_name)
        WHEN s.last_upper <= pg_catalog.now() THEN 'INSERTs of rows of today fail.'
        ELSE 'INSERTs of rows from then on fail.' END"#,
    hint: "'Make them ahead of time, by a job that runs more often than it must.'",
    fix: "CASE WHEN s.is_monthly AND s.default_name IS NULL THEN pg_catalog.format('SELECT warden.create_monthly_partition(%L, %L);', s.identity, pg_catalog.to_char(s.last_lower + s.step, 'YYYY-MM-DD')) END",
    level: "CASE WHEN s.last_upper >= pg_catalog.now() + s.step THEN 'info'
        WHEN s.default_name IS NOT NULL THEN 'warning' END",
    ..Audit::of(Source::Partitioned)
};
