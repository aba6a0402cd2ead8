use crate::rules::server::ACTIVITY_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/xmin-horizon-blocked.md")]
    "xmin-horizon-blocked", "WD427", Server, Warning, since "0.1.0",
    "VACUUM cannot take away what died long ago",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Whatever has become of the session by the time somebody reads it: so there is no fix.
    when: "s.is_late OR s.age > s.age_limit",
    message: "pg_catalog.format('%s keeps VACUUM from taking dead rows away', s.name)",
    detail:
        "pg_catalog.format('%s What was updated or deleted %sin the last %s transactions stays where it is.', s.who,
        CASE WHEN s.of_catalogs THEN 'in system catalogs ' ELSE '' END, pg_catalog.to_char(s.age, 'FM999,999,999,999'))",
    hint: "CASE WHEN s.release IS NULL THEN 'Look there for what it waits for.' ELSE 'If nobody needs it any more: ' || s.release END",
    blind: ACTIVITY_BLIND,
    ..Audit::of(Source::Horizon)
};
