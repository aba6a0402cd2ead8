use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/autovacuum-lagging.md")]
    "autovacuum-lagging", "WD428", Server, Warning, since "0.1.0",
    "autovacuum does not keep up with a table",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Rows may have died a moment ago, all at once. Where VACUUM has been in at least a day of statistics, the pace before it tells: at twice
    // that pace they would have come to as many since then, so that it is the table's usual work that is left undone.
    when: "s.dead_rows > 100000 AND s.rows >= 0 AND s.dead_rows > 3 * s.dead_rows_until_vacuum
        AND NOT s.is_off AND pg_catalog.current_setting('autovacuum') = 'on'
        AND (s.vacuumed_at < pg_catalog.now() - '1 day'::pg_catalog.interval) IS NOT FALSE
        AND NOT s.is_vacuumed_now
        AND (s.vacuumed_at IS NULL
             OR s.vacuumed_at - s.counted_since < '1 day'::pg_catalog.interval
             OR s.dead_rows <= 2 * (s.dying_rows - s.dead_rows)
                 * (pg_catalog.extract('epoch', pg_catalog.now() - s.vacuumed_at)
                    / pg_catalog.extract('epoch', s.vacuumed_at - s.counted_since)))",
    message: r#"pg_catalog.format('autovacuum does not keep up with "%s"', s.table_name)"#,
    detail: "pg_catalog.format('It has %s dead rows, and was due at %s.', pg_catalog.to_char(s.dead_rows, 'FM999,999,999,999'), pg_catalog.to_char(s.dead_rows_until_vacuum, 'FM999,999,999,999'))
        || CASE WHEN s.vacuumed_at IS NULL THEN ' VACUUM has not been there since statistics began, so that nothing tells whether they died just now.'
                WHEN s.vacuumed_at - s.counted_since < '1 day'::pg_catalog.interval
                THEN ' Statistics began less than a day before VACUUM was there last, so that nothing tells whether they died just now.'
                ELSE pg_catalog.format(' VACUUM was there last at %s.', pg_catalog.to_char(s.vacuumed_at, 'YYYY-MM-DD HH24:MI')) END",
    hint: "'See whether all workers are busy (pg_stat_progress_vacuum), whether locks cancel it (the log), and whether autovacuum_vacuum_cost_limit is too low for what is written here.'",
    fix: "'VACUUM (ANALYZE) ' || s.identity || ';'",
    level: "CASE WHEN (s.vacuumed_at - s.counted_since < '1 day'::pg_catalog.interval) IS NOT FALSE THEN 'not checked' END",
    blind: "CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN 'This is a standby: dead rows are counted by the primary alone.'
        WHEN pg_catalog.current_setting('track_counts') = 'off' THEN 'Dead rows are not counted: track_counts is off.' END",
    ..Audit::of(Source::Vacuum)
};
