use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/setting-invalid.md")]
    "setting-invalid", "WD415", Server, Warning, since "0.1.0",
    "a line of the configuration is not in effect",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.error IS NOT NULL",
    message: "pg_catalog.format('line %s of %s is not in effect', s.sourceline, s.file_name)",
    detail: "pg_catalog.format('%s%s.', 'The server says: ' || s.error, CASE WHEN s.name IS NOT NULL THEN ' (' || s.name || ')' END)",
    hint: "'A server that is started with such a line may not come up: mend it before the next restart.'",
    blind: "CASE WHEN NOT (pg_catalog.has_table_privilege('pg_catalog.pg_file_settings', 'SELECT') AND pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')) THEN 'Only a superuser, and who is granted pg_file_settings and its function, may read the files.' END",
    ..Audit::of(Source::FileSettings)
};
