use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/search-path-writable.md")]
    "search-path-writable", "WD520", Access, Error, since "0.1.0",
    "others may put objects in the path of code that runs as its owner",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_definer AND NOT s.is_parsed AND (s.path_writers IS NOT NULL OR (s.is_temporary_first AND (s.public_may_execute OR s.others_may_execute OR s.others_fire_it)))",
    message: r#"CASE WHEN s.path_writers IS NOT NULL
        THEN pg_catalog.format('%s may create in %s, which is in the search_path of %s "%s"', s.path_writers, s.writable_schemas, s.noun, s.function_name)
        ELSE pg_catalog.format('%s "%s" looks for tables among the temporary ones of whoever calls it', s.noun, s.function_name) END"#,
    detail: r#"CASE WHEN s.path_writers IS NOT NULL
        THEN pg_catalog.format('What they put there, under a name that fits better than what it means to call, runs with the rights of "%s".', s.owner_name)
        ELSE pg_catalog.format('Its search_path does not name pg_temp, so that pg_temp comes first: a temporary table takes the place of one that it names without schema, with the rights of "%s".', s.owner_name) END"#,
    hint: "CASE WHEN s.path_writers IS NOT NULL THEN 'Take the schema out of the path, or CREATE away from those who are not to have its owner''s rights.'
        ELSE 'Named at the end, it is looked at last.' END",
    fix: "CASE WHEN s.path_writers IS NULL THEN pg_catalog.format('ALTER %s %s SET search_path = ', s.kind, s.signature) || s.path_names || ', pg_temp;' END",
    level: "CASE WHEN s.path_writers IS NULL THEN 'info' WHEN NOT s.owner_is_superuser THEN 'warning' END",
    ..Audit::of(Source::Functions)
};
