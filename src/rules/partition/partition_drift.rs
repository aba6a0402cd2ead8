use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/partition-drift.md")]
    "partition-drift", "WD338", Partition, Warning, since "0.1.0",
    "partitions do not do what their table says",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "true",
    message: r#"CASE WHEN s.refusing IS NOT NULL
        THEN pg_catalog.format('partitions of "%s" lack its replica identity', s.table_name)
        ELSE pg_catalog.format('triggers of "%s" are disabled in partitions of it', s.table_name) END"#,
    detail: r#"pg_catalog.concat_ws(' ',
        CASE WHEN s.refusing IS NOT NULL
             THEN pg_catalog.format('UPDATE or DELETE fails now on rows of %s, because publication "%s" replicates it and nothing tells these rows apart.', s.refusing, s.publication_name) END,
        CASE WHEN s.silent IS NOT NULL
             THEN pg_catalog.format('%s is enabled on the table, and does nothing for rows of %s.', s.trigger_names, s.silent) END)"#,
    hint: "pg_catalog.concat_ws(' ',
        CASE WHEN s.refusing IS NOT NULL THEN 'REPLICA IDENTITY of a partitioned table is not passed on: say it for each partition that is made.' END,
        CASE WHEN s.has_constraints THEN 'Rows that came meanwhile are not looked at when the triggers of a foreign key are enabled: look for those that refer to nothing.'
             WHEN s.silent IS NOT NULL THEN 'What the trigger would have done to rows that came meanwhile is not made up for when it is enabled.' END)",
    fix: "s.fix",
    level: "CASE WHEN s.refusing IS NOT NULL THEN 'error' END",
    ..Audit::of(Source::PartitionDrift)
};
