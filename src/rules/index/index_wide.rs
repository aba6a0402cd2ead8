use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-wide.md")]
    "index-wide", "WD215", Index, Off, since "0.1.0",
    "index has more than 3 key columns",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Those of a foreign key are as many as it has.
    when: "s.key_columns > 3 AND s.method = 'btree' AND s.is_of_table AND NOT s.is_held AND NOT s.supports_foreign_key",
    message: r#"pg_catalog.format('index "%s" on "%s" has %s key columns', s.index_name, s.table_name, s.key_columns)"#,
    detail: "'Each entry holds them all, and an UPDATE of any of them writes to every index of the table. The later ones serve only queries that say what all before them are.'",
    hint: "'Keep those that leave few rows. What is there to be read and not to be looked for belongs behind INCLUDE.'",
    ..Audit::of(Source::IndexRoots)
};
