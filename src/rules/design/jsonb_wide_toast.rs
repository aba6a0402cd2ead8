use crate::rules::index::USE_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/jsonb-wide-toast.md")]
    "jsonb-wide-toast", "WD300", Design, Off, since "0.1.0",
    "updates write large jsonb documents anew",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_readable OR s.place = 1",
    message: r#"pg_catalog.format('updates of "%s" write documents in "%s" anew', s.table_name, s.column_name)"#,
    detail: "CASE WHEN s.is_readable
        THEN pg_catalog.format('%s updates in at least 30 days replaced %s pieces of up to 2 kB in which values of \"%s\" are kept out of line. Whatever changes in a document, all of it is written again, and to the log.',
            s.updates, s.pieces, s.column_name)
        ELSE 'Updates replace much of what the table keeps out of line, but this role may not read statistics of all its columns.'
            || CASE s.alike WHEN 1 THEN '' ELSE pg_catalog.format(' So it is with %s more.', s.alike - 1) END END",
    hint: "'Give what changes often columns of its own, and let the document hold the rest. If all of it changes, a table of its own keeps the rows of this one small.'",
    level: "CASE WHEN NOT s.is_readable THEN 'not checked' END",
    blind: USE_BLIND,
    ..Audit::of(Source::DocumentUpdates)
};
