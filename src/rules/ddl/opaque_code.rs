use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/opaque-code.md")]
    "opaque-code", "WD153", Ddl, Info, since "0.1.0",
    "script runs code that lint does not read",
    [Unseen(check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let (object, message) = match statement {
        Statement::Do => (String::new(), "what the DO block runs is not known".to_owned()),
        Statement::Call { name } => (facts.quote(name), format!("what procedure \"{name}\" runs is not known")),
        Statement::Select(select) => match select.calls.iter().find(|name| facts.makes_function(name)) {
            Some(name) => (facts.quote(name), format!("what function \"{name}\" of this script runs is not known")),
            None => return,
        },
        _ => return,
    };
    report.not_checked(
        object,
        message,
        "Lint reads SQL, not the bodies of code nor what they EXECUTE. The guard sees the DDL in them when it runs.",
    );
}
