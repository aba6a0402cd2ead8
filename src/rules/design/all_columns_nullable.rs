use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/all-columns-nullable.md")]
    "all-columns-nullable", "WD242", Design, Info, since "0.1.0",
    "no column but the key is NOT NULL",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_all_nullable",
    message: r#"pg_catalog.format('no column of "%s" but its key is NOT NULL', s.table_name)"#,
    detail: "'A row with nothing but a key is valid, and each query has to expect NULL everywhere.'",
    hint: "pg_catalog.format('SELECT count(*) FROM %s WHERE ... IS NULL; shows which columns always have a value. ADD CONSTRAINT ... CHECK (... IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT and then SET NOT NULL block nobody for long.', s.identity)",
    ..Audit::of(Source::ColumnsOfTables)
};
