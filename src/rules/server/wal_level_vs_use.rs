use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/wal-level-vs-use.md")]
    "wal-level-vs-use", "WD431", Server, Info, since "0.1.0",
    "the write-ahead log is written for logical replication, and nothing decodes it",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Slots are those of the whole server. pg_squeeze decodes while it works, and has none meanwhile.
    when: "s.name = 'wal_level' AND s.value = 'logical'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS r WHERE r.slot_type = 'logical')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication)
    AND NOT EXISTS (SELECT b.oid FROM pg_catalog.pg_subscription AS b)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_settings AS g WHERE pg_catalog.starts_with(g.name, 'squeeze.'))",
    message: "'wal_level is logical, and there is no logical slot, publication or subscription'",
    detail: "CASE WHEN pg_catalog.pg_is_in_recovery()
        THEN 'This is a standby: slots of its primary are not seen here.'
        -- From 16 on standbys decode as well, if the primary writes for it.
        WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000
             AND (EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS r WHERE r.slot_type = 'physical')
                  OR EXISTS (SELECT FROM pg_catalog.pg_stat_replication AS w WHERE w.state IS DISTINCT FROM 'backup'))
        THEN 'There are standbys, or slots for them: whether they decode the log is not seen here.'
        WHEN pg_catalog.pg_postmaster_start_time() > pg_catalog.now() - '7 days'::pg_catalog.interval
        THEN pg_catalog.format('The server was started at %s, maybe to begin with logical replication: 7 days are needed.', pg_catalog.to_char(pg_catalog.pg_postmaster_start_time(), 'YYYY-MM-DD HH24:MI'))
        ELSE 'The log also holds what only decoding needs: old keys and, with REPLICA IDENTITY FULL, old rows, and new rows beside the pages that hold them.' END",
    hint: "'Look for publications in other databases, which are not seen here. If logical replication is not to come, wal_level = replica will do. It takes a restart, and with a logical slot the server does not start then.'",
    level: "CASE WHEN pg_catalog.pg_is_in_recovery()
            OR pg_catalog.pg_postmaster_start_time() > pg_catalog.now() - '7 days'::pg_catalog.interval
            OR (pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000
                AND (EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS r WHERE r.slot_type = 'physical')
                     OR EXISTS (SELECT FROM pg_catalog.pg_stat_replication AS w WHERE w.state IS DISTINCT FROM 'backup')))
        THEN 'not checked' END",
    ..Audit::of(Source::Settings)
};
