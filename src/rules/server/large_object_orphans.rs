use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/large-object-orphans.md")]
    "large-object-orphans", "WD432", Server, Info, since "0.1.0",
    "there are large objects, and no column that could refer to them",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "true",
    message: r#"pg_catalog.format('database "%s" has %s, and no column of type oid or lo', s.database_name, s.objects)"#,
    detail: "'Large objects stay until somebody unlinks them, whatever becomes of the rows that referred to them. No column here is of a type for that.'",
    hint: "'Make sure that no column of type bigint or text holds their numbers, as some object-relational mappers keep them. If none does: SELECT lo_unlink(oid) FROM pg_largeobject_metadata LIMIT 1000; once for each thousand, then VACUUM pg_largeobject;'",
    ..Audit::of(Source::LargeObjects)
};
