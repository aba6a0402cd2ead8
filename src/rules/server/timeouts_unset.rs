use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/timeouts-unset.md")]
    "timeouts-unset", "WD408", Server, Warning, since "0.1.0",
    "nothing ends a forgotten transaction",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.name = 'idle_in_transaction_session_timeout' AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_settings AS g
        WHERE g.name IN ('idle_in_transaction_session_timeout', 'transaction_timeout', 'statement_timeout') AND g.reset_val <> '0')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_db_role_setting AS d
        CROSS JOIN LATERAL pg_catalog.unnest(d.setconfig) AS c (assignment)
        WHERE d.setdatabase IN (0, (SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname = pg_catalog.current_database()))
          AND pg_catalog.split_part(c.assignment, '=', 1) IN ('idle_in_transaction_session_timeout', 'transaction_timeout', 'statement_timeout'))",
    message: "'no timeout ends a forgotten transaction or an endless statement'",
    detail: "'A client that stops in the middle keeps its locks for ever, and VACUUM keeps every row that it might still see.'",
    hint: "'A role may set its own for what takes long: ALTER ROLE ... SET statement_timeout = 0;'",
    fix: "pg_catalog.format('ALTER DATABASE %I SET idle_in_transaction_session_timeout = ''10min'';', pg_catalog.current_database())",
    ..Audit::of(Source::Settings)
};
