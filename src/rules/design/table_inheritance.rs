use crate::ast::{AlterAction, QualifiedName, Statement};
use crate::facts::Facts;
use crate::rules::{Audit, Report, Source, columns, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/table-inheritance.md")]
    "table-inheritance", "WD129", Design, Info, since "0.1.0",
    "table inherits from another",
    [Statement(CREATE_TABLE.or(INHERIT), check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.children > 0",
    message: r#"pg_catalog.format('%s %s from "%s"', s.children, CASE WHEN s.children = 1 THEN 'table inherits' ELSE 'tables inherit' END, s.table_name)"#,
    detail: r#"pg_catalog.format('Keys and foreign keys of "%s" do not hold for them: a value may be in it and in a child, and nothing can refer to a child''s rows through "%s".', s.table_name, s.table_name)"#,
    hint: "'Instead: PARTITION BY on the parent, or tables of their own with a foreign key.'",
    level: "'warning'",
    ..Audit::of(Source::Tables)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    match statement {
        Statement::CreateTable(create) if columns::is_judged(create, facts) => {
            if let Some(parent) = create.parents.first() {
                judge(&create.table, parent, facts, report);
            }
        }
        Statement::AlterTable { table, actions, .. } => {
            let parent = actions.iter().find_map(|action| match action {
                AlterAction::Inherit { parent } => Some(parent),
                _ => None,
            });
            if let Some(parent) = parent
                && facts.relation(table).found().is_some_and(|relation| relation.is_judged())
            {
                judge(table, parent, facts, report);
            }
        }
        _ => {}
    }
}

fn judge(table: &QualifiedName, parent: &QualifiedName, facts: &dyn Facts, report: &mut Report) {
    report.push(
        report
            .finding(
                facts.qualified(table.schema.as_deref().unwrap_or(""), &table.name),
                format!("table \"{}\" inherits from \"{}\"", table.name, parent.name),
            )
            .detail(format!(
                "Keys and foreign keys of \"{}\" do not hold for it: a value may be in both, and nothing can refer to its \
                 rows through \"{}\".",
                parent.name, parent.name
            ))
            .hint("Instead: PARTITION BY on the parent, or a table of its own with a foreign key.")
            .at(table.at),
    );
}
