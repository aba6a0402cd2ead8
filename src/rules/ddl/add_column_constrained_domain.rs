use crate::ast::{AlterAction, QualifiedName};
use crate::facts::Facts;
use crate::rules::ddl::new_column;
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-column-constrained-domain.md")]
    "add-column-constrained-domain", "WD022", Ddl, Error, since "0.1.0",
    "new column of a domain with a constraint rewrites the table",
    [Alter(ADD_COLUMN, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let Some((column, table)) = new_column(name, action, facts) else { return };
    if !facts.type_is_constrained(column) {
        return;
    }
    let identity = facts.identity(&table);
    let quoted = facts.quote(&column.name);
    let base = facts.base_type(column).unwrap_or_else(|| "...".to_owned());
    report.push(
        report
            .finding(
                identity.clone(),
                format!(
                    "adding column \"{}\" rewrites \"{}\": its type is a domain with a constraint",
                    column.name, table.name
                ),
            )
            .detail(format!(
                "{} ACCESS EXCLUSIVE until COMMIT while every row and index entry is written again{}, although the new \
                 value is the same in each.",
                extent(&table),
                cost::rewrite(&table)
            ))
            .hint(format!(
                "The type below the domain: ALTER TABLE {identity} ADD COLUMN {quoted} {base}; then what the domain \
                 demands as a constraint of the table: ALTER TABLE {identity} ADD CONSTRAINT {} CHECK (...) NOT VALID; \
                 and VALIDATE CONSTRAINT in another transaction.",
                facts.quote(&facts.object_name(&table.name, std::slice::from_ref(&column.name), "check"))
            ))
            .at(column.at),
    );
}
