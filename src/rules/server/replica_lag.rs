use crate::rules::server::ACTIVITY_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/replica-lag.md")]
    "replica-lag", "WD438", Server, Warning, since "0.1.0",
    "a standby is far behind",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.received_bytes >= 1073741824 OR s.replayed_bytes >= 1073741824",
    message: r#"pg_catalog.format('standby "%s" is %s behind', s.standby_name,
        pg_catalog.pg_size_pretty(CASE WHEN s.received_bytes >= 1073741824 THEN s.received_bytes ELSE s.replayed_bytes END))"#,
    detail: "CASE WHEN s.received_bytes >= 1073741824
        THEN 'So much of the log it has not received: it is lost with this server, and kept here until then.'
        ELSE 'It has received the log, and not replayed it: queries there see what is old, and it takes that long to take over.' END",
    hint: "CASE WHEN s.received_bytes >= 1073741824 THEN 'Look at the network between them, and at the disk of the standby.'
        ELSE 'Look for queries there that hold up the replay (max_standby_streaming_delay), and whether it is paused or delayed on purpose (recovery_min_apply_delay).' END",
    // A standby may be late on purpose.
    level: "CASE WHEN s.received_bytes >= 1073741824 THEN NULL ELSE 'info' END",
    blind: ACTIVITY_BLIND,
    ..Audit::of(Source::Replication)
};
