use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/upgrade-blockers.md")]
    "upgrade-blockers", "WD429", Server, Info, since "0.1.0",
    "pg_upgrade would refuse this",
    [Audit(&DATABASES), Audit(&TABLES), Audit(&EXTENSIONS)]
}

const DATABASES: Audit = Audit {
    when: "s.allows_connections = s.is_template0",
    message: r#"pg_catalog.format('pg_upgrade refuses database "%s"', s.database_name)"#,
    detail: "CASE WHEN s.is_template0 THEN 'It allows connections, which template0 must not.'
        ELSE 'It allows no connections, so that pg_upgrade cannot look into it, and stops.' END",
    hint: "CASE WHEN NOT s.is_template0
        THEN pg_catalog.format('Before the upgrade drop it, or let connections in: ALTER DATABASE %I ALLOW_CONNECTIONS true;', s.database_name) END",
    // Who may come in is for the user to say.
    fix: "CASE WHEN s.is_template0 THEN pg_catalog.format('ALTER DATABASE %I ALLOW_CONNECTIONS false;', s.database_name) END",
    ..Audit::of(Source::Databases)
};

const TABLES: Audit = Audit {
    when: "s.nullable_columns IS NOT NULL OR s.aclitem_columns IS NOT NULL",
    message: r#"pg_catalog.format('pg_upgrade refuses "%s"', s.table_name)"#,
    detail: "pg_catalog.concat_ws(' ',
        '18 and later demand NOT NULL where a parent has it: ' || s.nullable_columns || '.',
        '16 and later store the type aclitem otherwise: ' || s.aclitem_columns || '.')",
    hint: "pg_catalog.concat_ws(' ',
        CASE WHEN s.nullable_columns IS NOT NULL THEN 'Rows with NULL must be changed before NOT NULL can be set; the statement reads the whole table under a lock.' END,
        CASE WHEN s.aclitem_columns IS NOT NULL THEN 'Keep what is in the columns of type aclitem as text.' END)",
    fix: "s.set_not_null",
    ..Audit::of(Source::Upgrade)
};

const EXTENSIONS: Audit = Audit {
    when: "s.extension_name IN ('adminpack', 'old_snapshot') AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 170000",
    message: r#"pg_catalog.format('pg_upgrade refuses extension "%s"', s.extension_name)"#,
    detail: "'It is no part of PostgreSQL any more from 17 on: its library is missing there, and pg_upgrade stops.'",
    hint: "pg_catalog.format('When nothing uses it: DROP EXTENSION %I;', s.extension_name)",
    ..Audit::of(Source::Extensions)
};
