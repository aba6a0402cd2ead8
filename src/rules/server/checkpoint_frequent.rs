use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/checkpoint-frequent.md")]
    "checkpoint-frequent", "WD425", Server, Info, since "0.1.0",
    "checkpoints come before their time",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Backups, DROP DATABASE and people ask for checkpoints too: only where the log fills so fast, it is the log that does. And as
    // max_wal_size is now: it may have been raised since they were counted.
    when: "s.requested_checkpoints >= 50 AND s.requested_checkpoints > 2 * s.timed_checkpoints
        AND pg_catalog.extract('epoch', pg_catalog.now() - s.checkpoints_since) / (s.requested_checkpoints + s.timed_checkpoints)
            < s.checkpoint_timeout / 2
        AND s.log_lasts < s.checkpoint_timeout / 2",
    message: "pg_catalog.format('%s of %s checkpoints came before their time', s.requested_checkpoints, s.requested_checkpoints + s.timed_checkpoints)",
    detail: "pg_catalog.format('max_wal_size of %s is full before checkpoint_timeout is over, at the pace of the log since %s: pages are written more often, and each goes into the log as a whole after each checkpoint.',
        s.max_wal_size, pg_catalog.to_char(s.log_since, 'YYYY-MM-DD HH24:MI'))",
    hint: "pg_catalog.format('With max_wal_size from %s on, checkpoints would come by checkpoint_timeout on average. The disk of pg_wal must hold that, and recovery after a crash takes longer.',
        pg_catalog.pg_size_pretty(s.log_of_a_timeout::pg_catalog.int8))",
    blind: "(SELECT CASE
            WHEN pg_catalog.pg_is_in_recovery() THEN 'This is a standby: it makes no checkpoints of its own.'
            WHEN b.began > pg_catalog.now() - '1 day'::pg_catalog.interval
            THEN pg_catalog.format('Checkpoints have been counted since %s: a day of them is needed.', pg_catalog.to_char(b.began, 'YYYY-MM-DD HH24:MI')) END
        FROM (SELECT greatest(
                  pg_catalog.pg_stat_get_bgwriter_stat_reset_time(), (SELECT w.stats_reset FROM pg_catalog.pg_stat_wal AS w),
                  -- From 17 on checkpoints are counted by themselves.
                  CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 170000 THEN
                      pg_catalog.to_timestamp(pg_catalog.substring(pg_catalog.query_to_xml(
                          'SELECT extract(epoch FROM stats_reset) AS since FROM pg_catalog.pg_stat_checkpointer',
                          false, true, '')::pg_catalog.text, '<since>([0-9.]+)<')::pg_catalog.float8) END) AS began) AS b)",
    ..Audit::of(Source::Server)
};
