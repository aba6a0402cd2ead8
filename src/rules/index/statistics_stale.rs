use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/statistics-stale.md")]
    "statistics-stale", "WD208", Index, Warning, since "0.1.0",
    "statistics are old, and nobody renews them",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Where autovacuum has only not come yet, it will.
    when: "NOT s.is_partition AND (
        s.has_unknown_size
        OR (s.is_uncounted AND s.bytes >= 1048576)
        OR (s.changed_rows > 10000 AND s.changed_rows > 0.2 * s.rows AND (s.changed_rows <= s.changed_rows_until_analyze) IS NOT FALSE))",
    message: r#"CASE WHEN s.is_uncounted THEN pg_catalog.format('table "%s" has no statistics', s.table_name)
        ELSE pg_catalog.format('statistics of table "%s" are old', s.table_name) END"#,
    detail: "CASE
        WHEN s.has_unknown_size THEN 'Another session has locked the table, which may or may not be large: it has never been analyzed.'
        WHEN s.is_uncounted THEN pg_catalog.format('It takes %s and has never been analyzed, as after an upgrade of the server: plans rest on guesses.', pg_catalog.pg_size_pretty(s.bytes))
        ELSE pg_catalog.format('%s rows were inserted, updated or deleted since it was analyzed, in a table that was counted last at %s: plans rest on what was there before.', s.changed_rows, greatest(s.rows, 0)) END
        || CASE WHEN s.has_unknown_size THEN ''
                WHEN s.is_off THEN ' Autovacuum is off for this table.'
                WHEN s.changed_rows_until_analyze IS NULL THEN ' Autovacuum is off.'
                ELSE pg_catalog.format(' Autovacuum comes after %s changes.', s.changed_rows_until_analyze::pg_catalog.int8) END",
    hint: "'ANALYZE blocks neither reads nor writes.'",
    fix: "'ANALYZE ' || s.identity || ';'",
    level: "CASE WHEN s.has_unknown_size THEN 'not checked' END",
    blind: "CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN 'This is a standby: changes are counted by the primary alone.'
        WHEN pg_catalog.current_setting('track_counts') = 'off' THEN 'Changes are not counted: track_counts is off.' END",
    ..Audit::of(Source::Vacuum)
};
