use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/trigger-many.md")]
    "trigger-many", "WD286", Design, Info, since "0.1.0",
    "more than 10 triggers fire for one kind of statement",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.triggers > 10 AND NOT s.is_child",
    message: r#"pg_catalog.format('table "%s" has %s triggers for %s', s.table_name, s.triggers, s.busiest_statement)"#,
    detail: "'They run one after the other, in the order of their names, within the time of the statement and its locks, and what one does the next may undo.'",
    hint: "'Do in one trigger what belongs together, and what need not be done at once, later and elsewhere.'",
    ..Audit::of(Source::Tables)
};
