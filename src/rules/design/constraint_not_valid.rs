use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/constraint-not-valid.md")]
    "constraint-not-valid", "WD281", Design, Warning, since "0.1.0",
    "constraint is NOT VALID: rows that were there before it are unchecked",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_not_valid",
    message: r#"pg_catalog.format('%s "%s" of "%s" is NOT VALID', s.kind, s.constraint_name, s.table_name)"#,
    detail: "'It holds for rows that are written from its making on; those before it may break it, and the planner cannot rely on it.'",
    hint: "'To validate it reads the table while others read and write. If it fails, mend the row that it names, and run it again.'",
    fix: "pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', s.table_identity, s.constraint_name)",
    ..Audit::of(Source::Constraints)
};
