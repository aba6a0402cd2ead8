use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/version-eol.md")]
    "version-eol", "WD423", Server, Warning, since "0.1.0",
    "the major version of the server gets no more fixes",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.last_fixes IS NULL OR s.last_fixes < pg_catalog.now()::pg_catalog.date",
    message: "pg_catalog.format('PostgreSQL %s gets no more fixes', s.major)",
    detail: "CASE WHEN s.last_fixes IS NULL
        THEN pg_catalog.format('This release of pg_warden does not know until when PostgreSQL %s gets fixes.', s.major)
        ELSE pg_catalog.format('The last were announced for %s. Faults that lose data and holes in security that were found since stay open.', s.last_fixes) END",
    hint: "'Plan for pg_upgrade, or for logical replication to a server of a newer major version. The rule upgrade-blockers says what is in the way.'",
    level: "CASE WHEN s.last_fixes IS NULL THEN 'not checked' END",
    ..Audit::of(Source::Server)
};
