use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/wraparound-mxid.md")]
    "wraparound-mxid", "WD419", Server, Warning, since "0.1.0",
    "multixact numbers run out",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Where autovacuum is set to come later than at half of them, it is not late before that.
    when: "s.multixact_share >= 80 OR (s.multixact_share >= 50 AND s.multixact_age > s.multixact_age_limit)",
    message: "pg_catalog.format('%s %% of the multixact numbers are used up before the oldest row of this database is frozen', s.multixact_share)",
    detail: "pg_catalog.format('At 100 %% the server refuses what locks a row for several transactions, as foreign keys do. The oldest is %s multixacts old.%s',
        pg_catalog.to_char(s.multixact_age, 'FM999,999,999,999'), ' Oldest: ' || s.oldest_tables_by_multixact || '.')",
    hint: "'End what holds back VACUUM: old transactions, prepared transactions, replication slots. Then VACUUM (FREEZE) the oldest tables.'",
    level: "CASE WHEN s.multixact_share >= 80 THEN 'error' END",
    ..Audit::of(Source::Database)
};
