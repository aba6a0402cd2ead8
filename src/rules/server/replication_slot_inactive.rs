use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/replication-slot-inactive.md")]
    "replication-slot-inactive", "WD412", Server, Error, since "0.1.0",
    "slot keeps log for nobody",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "NOT s.active AND s.wal_status IN ('extended', 'unreserved', 'lost')",
    message: r#"CASE WHEN s.wal_status = 'lost' THEN pg_catalog.format('replication slot "%s" is lost', s.slot_name) ELSE pg_catalog.format('replication slot "%s" keeps log that nobody reads', s.slot_name) END"#,
    detail: "CASE WHEN s.wal_status = 'lost' THEN 'The log that its reader needs is gone: whoever used it must be made anew.'
        ELSE pg_catalog.format('It keeps %s of the write-ahead log, more with every write%s.', pg_catalog.pg_size_pretty(s.retained_bytes),
            CASE WHEN s.is_unlimited THEN ', until the disk is full: max_slot_wal_keep_size sets no limit' END) END",
    hint: "'If its reader is to come back, bring it back. If not:'",
    fix: "pg_catalog.format('SELECT pg_drop_replication_slot(%L);', s.slot_name)",
    ..Audit::of(Source::Slots)
};
