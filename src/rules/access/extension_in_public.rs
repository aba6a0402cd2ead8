use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/extension-in-public.md")]
    "extension-in-public", "WD515", Access, Info, since "0.1.0",
    "extension is in schema public",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.schema_name = 'public' AND s.is_relocatable AND s.has_company",
    message: r#"pg_catalog.format('extension "%s" is in schema "public"', s.extension_name)"#,
    detail: "'Its functions and operators stand among your tables, and who may create there may stand before them.'",
    hint: "'A schema of its own, in search_path, keeps them apart.'",
    ..Audit::of(Source::Extensions)
};
