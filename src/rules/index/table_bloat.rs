use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/table-bloat.md")]
    "table-bloat", "WD217", Index, Off, since "0.1.0",
    "more than 40 % of a large table is free space",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.free_bytes > 0.4 * s.bytes AND s.bytes > 524288000 OR s.unknown IS NOT NULL AND s.place = 1",
    message: r#"pg_catalog.format('%s %% of %s"%s" is free space', 100 * s.free_bytes / s.bytes, CASE WHEN s.is_toast THEN 'the TOAST table of ' ELSE 'table ' END, s.table_name)"#,
    detail: "CASE WHEN s.unknown IS NULL
        THEN pg_catalog.format('It takes %s, of which %s are free. Whatever reads all of it reads these too, and each backup and standby has them.',
                pg_catalog.pg_size_pretty(s.bytes), pg_catalog.pg_size_pretty(s.free_bytes))
        ELSE s.unknown || CASE s.alike WHEN 1 THEN '' ELSE pg_catalog.format(' So it is with %s more of more than 500 MB.', s.alike - 1) END END",
    hint: "'New rows will fill it. If there are not to be that many: pg_repack or pg_squeeze write the table anew while it is used, VACUUM FULL while nobody can read it. See that VACUUM comes before so much dies: autovacuum_vacuum_scale_factor.'",
    level: "CASE WHEN s.unknown IS NOT NULL THEN 'not checked' END",
    ..Audit::of(Source::TableBloat)
};
