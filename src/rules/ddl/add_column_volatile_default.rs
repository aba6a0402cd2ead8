use crate::ast::{AlterAction, ColumnDef, QualifiedName};
use crate::facts::{Facts, Lookup, Relation, Volatility};
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-column-volatile-default.md")]
    "add-column-volatile-default", "WD007", Ddl, Error, since "0.1.0",
    "new column's volatile default rewrites the table",
    [Alter(ADD_COLUMN, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AddColumn { column, if_not_exists } = action else { return };
    if column.default.is_none() || (*if_not_exists && facts.column(name, &column.name).found().is_some()) {
        return;
    }
    let Some(table) = facts.shared_and_large(name) else { return };
    let message = format!("adding column \"{}\" rewrites \"{}\": its default is volatile", column.name, table.name);
    let doubt = match facts.default_volatility(column) {
        Lookup::Found(Volatility::Constant) | Lookup::Missing => return,
        Lookup::Found(Volatility::Volatile) => "",
        Lookup::Found(Volatility::PerhapsVolatile) => {
            " The default calls a function that is declared volatile; the server may still find it constant when it \
             plans, which is not done here."
        }
        Lookup::NotChecked(reason) => return report.not_checked(facts.identity(&table), message, reason),
    };
    let finding = report
        .finding(facts.identity(&table), message)
        .detail(format!(
            "{} ACCESS EXCLUSIVE until COMMIT while every row and index entry is written again{}.{doubt}",
            extent(&table),
            cost::rewrite(&table)
        ))
        .at(column.at);
    report.push(match in_two_steps(&table, column, facts) {
        Some(sql) => finding.remedy("In two steps, then fill the old rows in batches", sql),
        None => finding.hint(
            "In two steps: ADD COLUMN without the default, then ALTER COLUMN ... SET DEFAULT; fill the old rows in batches.",
        ),
    });
}

fn in_two_steps(table: &Relation, column: &ColumnDef, facts: &dyn Facts) -> Option<String> {
    let (identity, name) = (facts.identity(table), facts.quote(&column.name));
    let type_name = column.type_name.text()?;
    let default = column.default.as_ref()?.text()?;
    Some(format!(
        "ALTER TABLE {identity} ADD COLUMN {name} {type_name};\n\
         ALTER TABLE {identity} ALTER COLUMN {name} SET DEFAULT {default};"
    ))
}
