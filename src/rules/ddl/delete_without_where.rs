use super::update_without_where::judge;
use crate::ast::{Statement, WriteKind};
use crate::facts::Facts;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/delete-without-where.md")]
    "delete-without-where", "WD067", Ddl, Error, since "0.1.0",
    "DELETE of every row of a large table",
    [Unseen(check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    judge(statement, WriteKind::Delete, facts, report);
}
