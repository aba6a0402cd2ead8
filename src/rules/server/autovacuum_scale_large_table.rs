use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/autovacuum-scale-large-table.md")]
    "autovacuum-scale-large-table", "WD414", Server, Info, since "0.1.0",
    "autovacuum comes late to a large table",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.rows >= 100000000 AND s.dead_rows_until_vacuum > 10000000 AND NOT s.is_off",
    message: r#"pg_catalog.format('autovacuum comes to "%s" only after %s rows have changed', s.table_name, pg_catalog.to_char(s.dead_rows_until_vacuum, 'FM999,999,999,999'))"#,
    detail: "pg_catalog.format('It has %s rows, and autovacuum_vacuum_scale_factor is a share of them.', pg_catalog.to_char(s.rows, 'FM999,999,999,999'))",
    hint: "'With a smaller share it comes more often, and has less to do each time.'",
    fix: "pg_catalog.format('ALTER TABLE %s SET (autovacuum_vacuum_scale_factor = 0.01);', s.identity)",
    ..Audit::of(Source::Vacuum)
};
