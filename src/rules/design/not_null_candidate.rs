use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/not-null-candidate.md")]
    "not-null-candidate", "WD301", Design, Off, since "0.1.0",
    "column of a foreign key may be NULL, and never is",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.reason IS NULL AND s.null_frac = 0 OR s.reason IS NOT NULL AND s.place = 1",
    message: r#"pg_catalog.format('column "%s" of "%s" is NULL in no row that ANALYZE saw, and may be', s.column_name, s.table_name)"#,
    detail: "coalesce(s.reason, pg_catalog.format('The table has about %s rows; ANALYZE saw some or all of them on %s. The first row that refers to nothing drops out of every join.',
        pg_catalog.to_char(s.table_rows, 'FM9,999,999,999,990'), pg_catalog.to_char(s.analyzed, 'YYYY-MM-DD')))",
    hint: "pg_catalog.format('If there is none (SELECT count(*) FROM %s WHERE %I IS NULL;) and none is meant to come: ', s.table_identity, s.column_name)
        || CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 180000
                THEN pg_catalog.format('ALTER TABLE %1$s ADD CONSTRAINT %2$I NOT NULL %3$I NOT VALID; ALTER TABLE %1$s VALIDATE CONSTRAINT %2$I;',
                    s.table_identity, pg_catalog.\"left\"(s.column_name::pg_catalog.text, 50) || '_not_null', s.column_name)
                ELSE pg_catalog.format('ALTER TABLE %1$s ADD CONSTRAINT %2$I CHECK (%3$I IS NOT NULL) NOT VALID; ALTER TABLE %1$s VALIDATE CONSTRAINT %2$I; ALTER TABLE %1$s ALTER COLUMN %3$I SET NOT NULL; ALTER TABLE %1$s DROP CONSTRAINT %2$I;',
                    s.table_identity, pg_catalog.\"left\"(s.column_name::pg_catalog.text, 50) || '_not_null', s.column_name) END",
    level: "CASE WHEN s.reason IS NOT NULL THEN 'not checked' END",
    ..Audit::of(Source::NullableColumns)
};
