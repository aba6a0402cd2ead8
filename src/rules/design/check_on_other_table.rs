use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/check-on-other-table.md")]
    "check-on-other-table", "WD298", Design, Warning, since "0.1.0",
    "CHECK constraint reads a table",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.read_name IS NOT NULL",
    message: r#"pg_catalog.format('CHECK constraint "%s" of "%s" reads %s', s.constraint_name, s.table_name,
        CASE WHEN s.is_itself THEN 'other rows of it' ELSE '"' || s.read_name || '"' END)"#,
    detail: r#"pg_catalog.format('%s() looks at "%s" when a row of "%s" is written, and not when what it found there changes: rows may come to break the constraint. A restore of a dump may fail on it, because rows are written one after the other.',
        s.function_name, s.read_name, s.table_name)"#,
    hint: "'Instead: a foreign key, UNIQUE or EXCLUDE; or triggers on both sides, which see each change.'",
    ..Audit::of(Source::CheckReaders)
};
