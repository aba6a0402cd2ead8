use crate::ast::{AlterAction, QualifiedName};
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-column-required.md")]
    "add-column-required", "WD008", Ddl, Warning, since "0.1.0",
    "new column is NOT NULL and the rows that exist have no value for it",
    [Alter(ADD_COLUMN, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AddColumn { column, if_not_exists } = action else { return };
    let filled = column.default.is_some() || column.serial.is_some() || column.identity || column.generated;
    if !column.not_null || filled || (*if_not_exists && facts.column(name, &column.name).found().is_some()) {
        return;
    }
    let Some(table) = facts.shared(name).filter(|table| !table.is_empty()) else { return };
    if facts.type_has_default(column) {
        return;
    }
    let identity = facts.identity(&table);
    let quoted = facts.quote(&column.name);
    let type_name = column.type_name.text().unwrap_or_else(|| "...".to_owned());
    report.push(
        report
            .finding(
                identity.clone(),
                format!("adding column \"{}\" NOT NULL without a default fails: \"{}\" has rows", column.name, table.name),
            )
            .detail(extent(&table))
            .hint(format!(
                "With a default, which writes no row: ALTER TABLE {identity} ADD COLUMN {quoted} {type_name} NOT NULL \
                 DEFAULT <value>; or add it without NOT NULL, fill it in batches, and see warden.help('set-not-null-scan')."
            ))
            .at(column.at)
            .never_blocks(),
    );
}
