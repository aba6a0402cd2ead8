use crate::ast::{AlterAction, ConstraintKind, QualifiedName};
use crate::facts::{Facts, Kind};
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-exclusion-constraint.md")]
    "add-exclusion-constraint", "WD026", Ddl, Error, since "0.1.0",
    "exclusion constraint builds its index while reads and writes wait",
    [Alter(ADD_CONSTRAINT, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AddConstraint(constraint) = action else { return };
    if constraint.kind != ConstraintKind::Exclude {
        return;
    }
    // Before 17 a partitioned table takes none, as the server says.
    let Some(table) =
        facts.shared_and_large(name).filter(|table| table.kind != Kind::Partitioned || facts.server_major() >= 17)
    else {
        return;
    };
    // Which name the server would choose depends on the columns.
    let subject = constraint
        .name
        .as_ref()
        .map_or("an exclusion constraint".to_owned(), |name| format!("exclusion constraint \"{name}\""));
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!("{subject} blocks reads and writes of \"{}\" until its index is built", table.name),
            )
            .detail(format!(
                "{} ACCESS EXCLUSIVE until COMMIT, while the index is built and every row is compared with the others{}.",
                extent(&table),
                cost::index_build(&table)
            ))
            .hint(format!(
                "There is no way to add one while writes go on. Make a new table with it: CREATE TABLE {} (LIKE {} INCLUDING \
                 ALL); add the constraint there, copy the rows in batches while a trigger repeats new writes, and swap the \
                 names in one short transaction; or take the time out of use, with SET lock_timeout = '2s'; before it.",
                facts.qualified(&table.schema, &format!("{}_new", table.name)),
                facts.identity(&table)
            ))
            .at(constraint.at),
    );
}
