use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/trigger-cost.md")]
    "trigger-cost", "WD303", Design, Info, since "0.1.0",
    "much of the time of statements is spent in a trigger",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Background workers count for functions and not for the whole: what would be more than all is not to be relied on.
    when: "s.calls >= 1000 AND s.active_time >= 60000 AND s.total_time * 5 >= s.active_time AND s.total_time <= s.active_time",
    message: r#"pg_catalog.format('trigger function "%s" takes %s %% of the time of all statements', s.function_name,
        pg_catalog.round((s.total_time * 100 / s.active_time)::pg_catalog.numeric))"#,
    detail: "pg_catalog.format('%s calls took %s ms each, in triggers of %s. The statement that fires it waits for it, and so do those who wait for its locks.',
        s.calls, pg_catalog.round((s.total_time / s.calls)::pg_catalog.numeric, 2), s.table_names)",
    hint: "'A trigger FOR EACH STATEMENT with transition tables does once what is done for each row; what can be done later is noted down for it.'",
    blind: "CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN 'This is a standby: triggers fire on its primary.'
        WHEN pg_catalog.current_setting('track_functions') = 'none' THEN 'Time spent in functions is not measured: track_functions is none.' END",
    ..Audit::of(Source::TriggerFunctions)
};
