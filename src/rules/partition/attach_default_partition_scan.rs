use crate::ast::{Opaque, QualifiedName, Statement};
use crate::facts::{Facts, Lookup};
use crate::rules::wording::rows_are;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/attach-default-partition-scan.md")]
    "attach-default-partition-scan", "WD094", Partition, Error, since "0.1.0",
    "default partition is read while its reads and writes wait",
    [Statement(ATTACH.or(CREATE_TABLE), check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    match statement {
        Statement::CreateTable(create) if create.is_partition => {
            for parent in &create.parents {
                judge(parent, None, &create.bound, &create.table, facts, report);
            }
        }
        Statement::AlterTable { table, actions, .. } => {
            for action in actions {
                if let crate::ast::AlterAction::Attach { partition, bound, is_default: false } = action {
                    judge(table, Some(partition), bound, partition, facts, report);
                }
            }
        }
        _ => {}
    }
}

fn judge(
    parent: &QualifiedName,
    partition: Option<&QualifiedName>,
    bound: &Opaque,
    at: &QualifiedName,
    facts: &dyn Facts,
    report: &mut Report,
) {
    let Some(name) = facts.default_partition(parent) else { return };
    let Some(default) = facts.shared_and_large(&name) else { return };
    let message = format!(
        "the new partition blocks reads and writes of \"{}\" while {} checked: it is the default partition",
        default.name,
        rows_are(&default)
    );
    let attachment = match facts.attachment(parent, partition, bound, &[]) {
        Lookup::Found(attachment) if attachment.scans_default => attachment,
        Lookup::Found(_) | Lookup::Missing => return,
        Lookup::NotChecked(reason) => return report.not_checked(facts.identity(&default), message, reason),
    };
    let identity = facts.identity(&default);
    let finding = report
        .finding(identity.clone(), message)
        .detail(format!(
            "ACCESS EXCLUSIVE on \"{}\" until COMMIT{}. No validated CHECK proves that it has no row of the new partition.",
            default.name,
            cost::scan(&default)
        ))
        .at(at.at);
    let quoted = facts.quote(&facts.object_name(&default.name, &[], "check"));
    report.push(match attachment.default_condition {
        Some(condition) => finding.remedy(
            "Before it, in two transactions",
            format!(
                "ALTER TABLE {identity} ADD CONSTRAINT {quoted} CHECK {condition} NOT VALID;\n\
                 ALTER TABLE {identity} VALIDATE CONSTRAINT {quoted};"
            ),
        ),
        None => finding.hint(
            "Before it: a CHECK on the default partition that leaves the new bound out, NOT VALID, then VALIDATE CONSTRAINT.",
        ),
    });
}
