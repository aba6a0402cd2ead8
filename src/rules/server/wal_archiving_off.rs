use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/wal-archiving-off.md")]
    "wal-archiving-off", "WD411", Server, Info, since "0.1.0",
    "nothing keeps the write-ahead log",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.name = 'archive_mode' AND s.value = 'off' AND NOT pg_catalog.pg_is_in_recovery()
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS r WHERE NOT r.temporary)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_replication AS r)",
    message: "'the write-ahead log is neither archived nor sent to anybody'",
    detail: "'When the disk is lost, all is lost that came after the last base backup or dump.'",
    hint: "'archive_mode = on with an archive_command or archive_library, or a tool that receives the log. It takes a restart.'",
    ..Audit::of(Source::Settings)
};
