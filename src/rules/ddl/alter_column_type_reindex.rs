use crate::ast::{AlterAction, QualifiedName};
use crate::facts::{Facts, Kind, Lookup};
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/alter-column-type-reindex.md")]
    "alter-column-type-reindex", "WD027", Ddl, Warning, since "0.1.0",
    "change of type builds indexes again while reads and writes wait",
    [Alter(ALTER_TYPE, check)]
}

fn check(name: &QualifiedName, action: &AlterAction, facts: &dyn Facts, report: &mut Report) {
    let AlterAction::AlterType(change) = action else { return };
    let Some(table) = facts.shared_and_large(name) else { return };
    let Lookup::Found(what) = facts.type_change(name, change) else { return };
    let listed: Vec<_> = what.rebuilds.iter().map(|index| format!("\"{}\"", index.name)).collect();
    if what.rewrites || listed.is_empty() {
        return;
    }
    let (noun, each) = if listed.len() == 1 { ("index", "") } else { ("indexes", ", each") };
    let mut hint =
        "If queries can do without meanwhile: DROP INDEX CONCURRENTLY before it, and CREATE INDEX CONCURRENTLY \
                    after it. "
            .to_owned();
    if table.kind == Kind::Partitioned {
        hint.clear();
    }
    hint.push_str(&format!(
        "Otherwise in steps: a new column {}, filled in batches and indexed CONCURRENTLY, and the names swapped in one short \
         transaction.",
        facts.quote(&format!("{}_new", change.column))
    ));
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!(
                    "changing the type of \"{}\".\"{}\" builds {noun} {} again",
                    table.name,
                    change.column,
                    listed.join(", ")
                ),
            )
            .detail(format!(
                "{} ACCESS EXCLUSIVE until COMMIT: reads and writes wait{}{each}. The table itself is not written again.",
                extent(&table),
                cost::index_build(&table)
            ))
            .hint(hint)
            .at(name.at),
    );
}
