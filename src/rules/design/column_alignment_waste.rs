use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-alignment-waste.md")]
    "column-alignment-waste", "WD244", Design, Info, since "0.1.0",
    "order of the columns wastes space in a large table",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "(s.wasted_bytes >= 104857600 AND s.wasted_bytes >= s.table_bytes / 20) OR s.is_uncounted",
    message: r#"pg_catalog.format('the order of the columns of "%s" wastes %s', s.table_name, pg_catalog.pg_size_pretty(s.wasted_bytes::pg_catalog.int8))"#,
    detail: "CASE WHEN s.is_uncounted THEN 'Its rows were never counted. Run ANALYZE.'
        ELSE pg_catalog.format('In each row at least %s bytes lie between columns for the sake of alignment, in about %s rows, of %s.', s.bytes_a_row, pg_catalog.ltrim(pg_catalog.to_char(s.table_rows, '999,999,999,999,999')), pg_catalog.pg_size_pretty(s.table_bytes)) END",
    hint: "'Where the table is made anew for another reason, in this order: ' || s.better_order",
    level: "CASE WHEN s.is_uncounted THEN 'not checked' END",
    ..Audit::of(Source::ColumnsOfTables)
};
