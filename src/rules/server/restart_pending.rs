use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/restart-pending.md")]
    "restart-pending", "WD406", Server, Warning, since "0.1.0",
    "a setting waits for a restart",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.pending_restart",
    message: r#"pg_catalog.format('setting "%s" waits for a restart', s.name)"#,
    detail: "pg_catalog.format('The files say something else than the server runs with (%s): the next restart, planned or not, changes it.', s.value)",
    hint: "'Restart the server when it suits you, or take the change back.'",
    ..Audit::of(Source::Settings)
};
