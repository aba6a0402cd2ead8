use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/autovacuum-table-off.md")]
    "autovacuum-table-off", "WD413", Server, Warning, since "0.1.0",
    "table is left out by autovacuum",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_off OR s.toast_is_off",
    message: r#"pg_catalog.format('autovacuum leaves out %s"%s"', CASE WHEN NOT s.is_off THEN 'the long values of ' END, s.table_name)"#,
    detail: "pg_catalog.format('It grows with every UPDATE and DELETE%s.%s',
        CASE WHEN s.is_off THEN ', and its statistics are never made anew' END,
        CASE WHEN s.dead_rows > 0 THEN pg_catalog.format(' %s rows in it are dead by now.', pg_catalog.to_char(s.dead_rows, 'FM999,999,999,999')) END)",
    hint: "'Where it was for one load, switch it on again.'",
    fix: "pg_catalog.format('ALTER TABLE %s RESET (%s);', s.identity, pg_catalog.concat_ws(', ',
        CASE WHEN s.is_off THEN 'autovacuum_enabled' END, CASE WHEN s.toast_is_off THEN 'toast.autovacuum_enabled' END))",
    ..Audit::of(Source::Vacuum)
};
