use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rule-present.md")]
    "rule-present", "WD285", Design, Warning, since "0.1.0",
    "table has rules that rewrite statements",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.rule_names IS NOT NULL",
    message: r#"pg_catalog.format('table "%s" has rules: %s', s.table_name, s.rule_names)"#,
    detail: "'A rule changes the statement before it runs, not the rows: an expression such as nextval() or random() may be computed twice, COPY goes past it, and RETURNING and the count of rows may be of something else.'",
    hint: "'Instead: a trigger, which sees each row, or the rows of a statement.'",
    ..Audit::of(Source::Tables)
};
