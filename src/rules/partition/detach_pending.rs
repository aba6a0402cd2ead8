use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/detach-pending.md")]
    "detach-pending", "WD337", Partition, Warning, since "0.1.0",
    "a partition is half detached",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_abandoned",
    message: r#"pg_catalog.format('partition "%s" of "%s" is half detached', s.partition_name, s.table_name)"#,
    detail: "'A DETACH PARTITION ... CONCURRENTLY did not come to its end: queries of the parent leave the partition out already, and no other can be detached concurrently.'",
    hint: "'It waits for nobody but who uses the partition itself.'",
    fix: "pg_catalog.format('ALTER TABLE %s DETACH PARTITION %s FINALIZE;', s.parent_identity, s.identity)",
    ..Audit::of(Source::DetachPending)
};
