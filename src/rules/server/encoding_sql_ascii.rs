use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/encoding-sql-ascii.md")]
    "encoding-sql-ascii", "WD420", Server, Warning, since "0.1.0",
    "the database takes text of any encoding",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.encoding = 'SQL_ASCII'",
    message: r#"pg_catalog.format('database "%s" has the encoding SQL_ASCII', s.database_name)"#,
    detail: "'That is none: bytes are stored as they come, and nothing is converted or refused. Two clients with different encodings leave text that nobody can read as a whole.'",
    hint: "'Dump it, find out which encoding each text has, and load it into a database with ENCODING ''UTF8''.'",
    ..Audit::of(Source::Database)
};
