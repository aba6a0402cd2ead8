use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/sequence-exhaustion.md")]
    "sequence-exhaustion", "WD280", Design, Warning, since "0.1.0",
    "sequence has used up half of its values",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.used >= 0.5 OR s.why_unread IS NOT NULL",
    message: r#"pg_catalog.format('sequence "%s" has used up %s %% of its values', s.sequence_name, pg_catalog.floor(least(s.used, 1) * 100))"#,
    detail: "CASE WHEN s.why_unread IS NULL
        THEN pg_catalog.format('It is at %s of %s%s. %s', pg_catalog.to_char(s.last_value, 'FM9,999,999,999,999,999,990'),
            pg_catalog.to_char(s.last_possible, 'FM9,999,999,999,999,999,990'),
            CASE WHEN s.ends_by_column THEN pg_catalog.format(', where %s ends, which is %s', s.column_identity, s.column_type) END,
            CASE WHEN s.column_identity IS NULL THEN 'Behind that, nextval() fails.'
                 ELSE pg_catalog.format('Behind that, each INSERT that takes a new %s fails.', s.column_identity) END)
        ELSE pg_catalog.format(CASE s.why_unread
                 WHEN 'rights' THEN 'This role may not read it%s: it takes USAGE or SELECT, or the role pg_read_all_data.'
                 WHEN 'locked' THEN 'Another session has locked it%s.'
                 WHEN 'unlogged' THEN 'It is unlogged, and a standby does not have it%s.'
                 ELSE 'Reading a sequence locks it, and this one%s would have been too many for one transaction.' END,
             CASE WHEN s.number_unread > 1 THEN pg_catalog.format(', nor %s more', s.number_unread - 1) END) END",
    hint: "CASE WHEN s.is_shorter_than_columns THEN 'The column is longer than the sequence: nothing else needs to change.'
        WHEN s.column_type IN ('integer', 'smallint') THEN
            'Widen the column to bigint before the sequence gets there: a new column, kept equal by a trigger, filled in batches, and a swap of names. Columns that refer to it need the same.'
        WHEN s.column_identity IS NULL OR s.column_type = 'bigint' THEN
            'Raise its bound, if what takes its values can hold larger ones: ALTER SEQUENCE ... MAXVALUE, or MINVALUE for one that counts down.'
        ELSE 'Widen the type of the column before the sequence gets there.' END",
    fix: "CASE WHEN s.is_shorter_than_columns THEN pg_catalog.format('ALTER SEQUENCE %s AS bigint;', s.identity) END",
    level: "CASE WHEN s.why_unread IS NOT NULL THEN 'not checked' WHEN s.used >= 0.8 THEN 'error' END",
    ..Audit::of(Source::Sequences)
};
