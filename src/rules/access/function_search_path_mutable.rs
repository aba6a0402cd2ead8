use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/function-search-path-mutable.md")]
    "function-search-path-mutable", "WD510", Access, Error, since "0.1.0",
    "runs as its owner with the caller's search_path",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_definer AND NOT s.has_search_path AND NOT s.is_parsed AND (s.public_may_execute OR s.others_may_execute OR s.others_fire_it)",
    message: r#"pg_catalog.format('%s "%s" runs as "%s" with the search_path of whoever calls it', s.noun, s.function_name, s.owner_name)"#,
    detail: "'A caller who puts a table, function or operator of their own into the path, pg_temp at least, has it run with the owner''s rights.'",
    hint: "pg_catalog.format('Name what it uses with its schema, then pin the path, with pg_temp last: ALTER %s %s SET search_path = pg_catalog, pg_temp;', s.kind, s.signature)",
    level: "CASE WHEN NOT s.public_may_execute THEN 'warning' END",
    ..Audit::of(Source::Functions)
};
