use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/missing-comment.md")]
    "missing-comment", "WD248", Design, Off, since "0.1.0",
    "table or column has no comment",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.lacks_its_own OR s.columns_without > 0",
    message: r#"CASE WHEN s.lacks_its_own THEN pg_catalog.format('%s "%s" has no comment', s.kind, s.table_name)
            || CASE WHEN s.columns_without > 0 THEN pg_catalog.format(', nor have %s of its %s columns', s.columns_without, s.column_count) ELSE '' END
        ELSE pg_catalog.format('%s of %s columns of "%s" have no comment', s.columns_without, s.column_count, s.table_name) END"#,
    detail: "'What is written beside the table is found by whoever looks at it, years later too.'",
    hint: "CASE WHEN s.lacks_its_own THEN pg_catalog.format('COMMENT ON %s %s IS ''...'';', pg_catalog.upper(s.kind), s.identity)
        ELSE pg_catalog.format('COMMENT ON COLUMN %s. ... IS ''...'';', s.identity) END",
    ..Audit::of(Source::Comments)
};
