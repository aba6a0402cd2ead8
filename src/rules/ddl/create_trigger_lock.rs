use crate::ast::Statement;
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/create-trigger-lock.md")]
    "create-trigger-lock", "WD054", Ddl, Warning, since "0.1.0",
    "trigger made while nothing bounds the wait for its lock",
    [Statement(CREATE_TRIGGER, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::CreateTrigger { name: trigger, table: name, .. } = statement else { return };
    if facts.lock_timeout() > 0 {
        return;
    }
    let Some(table) = facts.large_or_in_use(name) else { return };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("while trigger \"{trigger}\" waits for \"{0}\", writes to \"{0}\" wait too", table.name),
            )
            .detail(format!(
                "{} SHARE ROW EXCLUSIVE, which waits for every transaction that writes to it; lock_timeout is 0, so that \
                 the wait has no end.",
                extent(&table)
            ))
            .hint("Before it: SET lock_timeout = '2s'; and try again when it times out.")
            .at(name.at),
    );
}
