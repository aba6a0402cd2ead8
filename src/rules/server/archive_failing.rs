use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/archive-failing.md")]
    "archive-failing", "WD416", Server, Error, since "0.1.0",
    "archiving of the log fails",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_failing",
    message: "'the write-ahead log cannot be archived'",
    detail: "pg_catalog.format('%s attempts have failed, the last with %s. The log is kept until it succeeds: the disk fills up, and backups end where it stopped.', s.failed_count, s.last_failed_wal)",
    hint: "'The server log says what archive_command or archive_library answered.'",
    ..Audit::of(Source::Archiver)
};
