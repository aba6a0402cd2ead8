use crate::ast::Statement;
use crate::facts::{Facts, Kind};
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/concurrent-index-unnamed.md")]
    "concurrent-index-unnamed", "WD063", Ddl, Warning, since "0.1.0",
    "index built CONCURRENTLY without a name",
    [Statement(CREATE_INDEX, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::CreateIndex(index) = statement else { return };
    if !index.concurrently || index.name.is_some() {
        return;
    }
    let Some(table) = facts.shared_and_large(&index.table).filter(|table| table.kind != Kind::Partitioned) else {
        return;
    };
    let columns = index.naming_columns();
    let name = facts.quote(&facts.object_name(&table.name, &columns, "idx"));
    let unique = if index.unique { "UNIQUE " } else { "" };
    let finding = report
        .finding(facts.identity(&table), format!("an index of \"{}\" is built CONCURRENTLY without a name", table.name))
        .detail(format!(
            "{} When the build fails or is cancelled, an invalid index stays, and the same statement again builds a \
             second one beside it under another name.",
            extent(&table)
        ))
        .at(index.table.at);
    report.push(match index.definition.text() {
        Some(definition) => finding.remedy(
            "",
            format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {} {definition};", facts.identity(&table)),
        ),
        None => {
            finding.hint(format!("The same statement with a name: CREATE {unique}INDEX CONCURRENTLY {name} ON ..."))
        }
    });
}
