use crate::ast::{AlterAction, Opaque, QualifiedName};
use crate::facts::{Attachment, Facts, Lookup, Relation};
use crate::rules::wording::rows_are;
use crate::rules::{Report, cost, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/attach-partition-scan.md")]
    "attach-partition-scan", "WD092", Partition, Error, since "0.1.0",
    "attached partition is read while its reads and writes wait",
    [Alter(ATTACH, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::Attach { partition, bound, .. } = action else { return };
    let (Some(parent), Some(table)) = (facts.relation(name).found(), facts.shared_and_large(partition)) else { return };
    let message = format!(
        "attaching \"{}\" blocks its reads and writes while {} checked against the bound",
        table.name,
        rows_are(&table)
    );
    let attachment = match facts.attachment(name, Some(partition), bound, &[]) {
        Lookup::Found(attachment) if attachment.scans_partition => attachment,
        Lookup::Found(_) | Lookup::Missing => return,
        Lookup::NotChecked(reason) => return report.not_checked(facts.identity(&table), message, reason),
    };
    let finding = report
        .finding(facts.identity(&table), message)
        .detail(format!(
            "ACCESS EXCLUSIVE on \"{}\" until COMMIT{}. No validated CHECK proves that its rows belong there.",
            table.name,
            cost::scan(&table)
        ))
        .at(partition.at);
    report.push(match in_steps(&parent, &table, bound, &attachment, facts) {
        Some(sql) => finding.remedy("A transaction each", sql),
        None => finding.hint(
            "First a CHECK on the partition that says what the bound says, IS NOT NULL of its columns included: NOT VALID, then \
             VALIDATE CONSTRAINT, then ATTACH.",
        ),
    });
}

fn in_steps(
    parent: &Relation,
    table: &Relation,
    bound: &Opaque,
    attachment: &Attachment,
    facts: &dyn Facts,
) -> Option<String> {
    let (parent, identity) = (facts.identity(parent), facts.identity(table));
    let name = facts.quote(&facts.object_name(&table.name, &[], "bound"));
    let (condition, bound) = (attachment.condition.as_ref()?, sql::bound(bound)?);
    Some(format!(
        "ALTER TABLE {identity} ADD CONSTRAINT {name} CHECK {condition} NOT VALID;\n\
         ALTER TABLE {identity} VALIDATE CONSTRAINT {name};\n\
         ALTER TABLE {parent} ATTACH PARTITION {identity} {bound};\n\
         ALTER TABLE {identity} DROP CONSTRAINT {name};"
    ))
}
