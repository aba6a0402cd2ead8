use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-cascade.md")]
    "foreign-key-cascade", "WD283", Design, Off, since "0.1.0",
    "foreign key deletes or updates rows by itself",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.deletes_cascade OR s.updates_cascade",
    message: r#"pg_catalog.format('foreign key "%s" %s rows of "%s" by itself', s.constraint_name,
        CASE WHEN s.deletes_cascade AND s.updates_cascade THEN 'deletes and updates' WHEN s.deletes_cascade THEN 'deletes' ELSE 'updates' END, s.table_name)"#,
    detail: r#"pg_catalog.format('A %s of one row in "%s" changes all rows that refer to it%s, in one transaction and with their locks.',
        CASE WHEN NOT s.updates_cascade THEN 'DELETE' WHEN NOT s.deletes_cascade THEN 'key UPDATE' ELSE 'DELETE or key UPDATE' END,
        s.referenced_name,
        CASE WHEN s.is_indexed THEN '' ELSE ', and reads the whole table to find them' END)"#,
    hint: "'NO ACTION or RESTRICT, and a DELETE in batches before that of the row that they refer to.'",
    ..Audit::of(Source::ForeignKeys)
};
