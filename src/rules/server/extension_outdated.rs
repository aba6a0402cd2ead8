use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/extension-outdated.md")]
    "extension-outdated", "WD418", Server, Info, since "0.1.0",
    "extension has a newer version here",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.installed <> s.available",
    message: r#"pg_catalog.format('extension "%s" is at version %s, and %s is there', s.extension_name, s.installed, s.available)"#,
    detail: "'Its library is that of the newer one already: the SQL side lags behind, with faults that are mended since.'",
    hint: "'Read what the update changes first.'",
    fix: "pg_catalog.format('ALTER EXTENSION %I UPDATE;', s.extension_name)",
    ..Audit::of(Source::Extensions)
};
