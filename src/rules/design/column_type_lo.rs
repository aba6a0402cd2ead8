use crate::ast::Statement;
use crate::facts::{Facts, TypeKind};
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-type-lo.md")]
    "column-type-lo", "WD123", Design, Info, since "0.1.0",
    "column is a large object",
    [Statement(columns::TYPED, check), Audit(&AUDIT)]
}

const DETAIL: &str = "The row holds a number alone. Deleting it, or writing another number, leaves the object behind.";

const AUDIT: Audit = Audit {
    when: "s.kind = 'lo'",
    message: "s.column_is || ' a large object, which no trigger removes'",
    detail: "'The row holds a number alone. Deleting it, or writing another number, leaves the object behind.'",
    hint: "pg_catalog.format('A trigger for each such column: CREATE TRIGGER ... BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION lo_manage(%I); What was left behind already is removed by vacuumlo. In new tables: bytea.', s.table_identity, s.column_name)",
    level: "'warning'",
    ..Audit::of(Source::Columns)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(found) = columns::faulty(statement, facts, |column| column.type_.is(TypeKind::LargeObject)) else {
        return;
    };
    let hint = format!(
        "{}; or a trigger with lo_manage() on the column, BEFORE UPDATE OR DELETE",
        found.instead(facts, |_| "bytea".to_owned())
    );
    report.push(found.finding(report, "a large object").detail(DETAIL).hint(hint));
}
