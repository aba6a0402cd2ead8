use crate::rules::index::USE_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/hot-update-blocked.md")]
    "hot-update-blocked", "WD218", Index, Off, since "0.1.0",
    "updates write to every index, because they change an indexed column",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.blocked_updates >= s.updates / 2 OR s.blocked_updates IS NULL AND s.place = 1",
    message: r#"pg_catalog.format('updates of "%s" write to all its indexes, because they change an indexed column', s.table_name)"#,
    detail: "CASE WHEN s.blocked_updates IS NULL
        THEN 'Most updates of it write to all its indexes'
            || CASE s.alike WHEN 1 THEN '' ELSE pg_catalog.format(', as do those of %s more', s.alike - 1) END
            || '. Whether an index is the reason, or that there was no room on the page, the server tells from PostgreSQL 16 on.'
        ELSE pg_catalog.format('%s of %s updates in at least 30 days did, though there was room on the page of the row: they could have been HOT, which write to no index and leave less to VACUUM.',
            s.blocked_updates, s.updates) END",
    hint: "CASE s.indexes WHEN 1 THEN 'The index in question: ' ELSE 'Look for the index on a column that these updates change, or with a condition on one. Used least: ' END
        || s.least_used || '. If queries can do without it, those of standbys too, drop it.'",
    level: "CASE WHEN s.blocked_updates IS NULL THEN 'not checked' END",
    blind: USE_BLIND,
    ..Audit::of(Source::TableUpdates)
};
