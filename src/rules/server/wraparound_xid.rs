use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/wraparound-xid.md")]
    "wraparound-xid", "WD417", Server, Warning, since "0.1.0",
    "transaction numbers run out",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Where autovacuum is set to come later than at half of them, it is not late before that.
    when: "s.share >= 80 OR (s.share >= 50 AND s.age > s.age_limit)",
    message: "pg_catalog.format('%s %% of the transaction numbers are used up before the oldest row of this database is frozen', s.share)",
    detail: "pg_catalog.format('At 100 %% the server takes no more writes. The oldest is %s transactions old.%s', pg_catalog.to_char(s.age, 'FM999,999,999,999'), ' Oldest: ' || s.oldest_tables || '.')",
    hint: "'End what holds back VACUUM: old transactions, prepared transactions, replication slots. Then VACUUM (FREEZE) the oldest tables.'",
    level: "CASE WHEN s.share >= 80 THEN 'error' END",
    ..Audit::of(Source::Database)
};
