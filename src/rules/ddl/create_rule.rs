use crate::ast::Statement;
use crate::facts::{Facts, Kind};
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/create-rule.md")]
    "create-rule", "WD056", Ddl, Warning, since "0.1.0",
    "rule made on a table",
    [Statement(CREATE_RULE, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::CreateRule { name: rule, table: name, on_select: false } = statement else { return };
    let Some(table) = facts.shared(name).filter(|table| matches!(table.kind, Kind::Table | Kind::Partitioned)) else {
        return;
    };
    report.push(
        report
            .finding(facts.identity(&table), format!("rule \"{rule}\" rewrites statements on \"{}\"", table.name))
            .detail(
                "A rule changes the statement, not the row: its expressions are put in wherever they are used, so that \
                 random() or nextval() runs more than once, and COPY passes it by. ACCESS EXCLUSIVE lock.",
            )
            .hint("A trigger: CREATE TRIGGER ... FOR EACH ROW EXECUTE FUNCTION ...;")
            .at(name.at),
    );
}
