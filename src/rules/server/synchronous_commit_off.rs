use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/synchronous-commit-off.md")]
    "synchronous-commit-off", "WD402", Server, Info, since "0.1.0",
    "commits are not waited for",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.name = 'synchronous_commit' AND s.value = 'off'",
    message: "'synchronous_commit is off'",
    detail: "pg_catalog.format('A crash loses the transactions of the last moment, though their clients were told that they are committed. Set by: %s.', s.place)",
    hint: "'Set it for those alone who can do without: ALTER ROLE ... SET synchronous_commit = off;'",
    ..Audit::of(Source::Settings)
};
