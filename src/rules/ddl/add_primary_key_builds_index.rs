use crate::ast::{AlterAction, Constraint, ConstraintKind, Key, QualifiedName, Statement, dropped_constraints};
use crate::facts::{Facts, Kind, Relation};
use crate::rules::ddl::{BY_PARTITION, by_partition, partitions_without_key, perhaps_null};
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule, sql};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/add-primary-key-builds-index.md")]
    "add-primary-key-builds-index", "WD024", Ddl, Error, since "0.1.0",
    "primary key builds its index while reads and writes wait",
    [Statement(ADD_CONSTRAINT, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::AlterTable { table, actions, .. } = statement else { return };
    for (order, action) in actions.iter().enumerate() {
        let AlterAction::AddConstraint(constraint) = action else { continue };
        if let ConstraintKind::PrimaryKey(key) = &constraint.kind
            && key.using_index.is_none()
        {
            judge(table, constraint, key, (&dropped_constraints(actions), order), facts, report);
        }
    }
}

fn judge(
    name: &QualifiedName,
    constraint: &Constraint,
    key: &Key,
    (dropped, order): (&[&str], usize),
    facts: &dyn Facts,
    report: &mut Report,
) {
    let Some(table) = facts.shared_and_large(name) else { return };
    // A second primary key is refused.
    let old_key = facts.indexes(name).into_iter().find(|index| index.primary).map(|index| index.name);
    if old_key.as_ref().is_some_and(|old| !dropped.contains(&old.as_str())) {
        return;
    }
    let lacking = partitions_without_key(&table, key, true, facts);
    if table.kind == Kind::Partitioned && lacking.is_empty() {
        return;
    }
    let constraint_name = constraint.name.clone().unwrap_or_else(|| facts.object_name(&table.name, &[], "pkey"));
    let nullable = perhaps_null(name, &key.columns, dropped, facts);
    let finding = report
        .finding(
            facts.identity(&table),
            format!(
                "primary key \"{constraint_name}\" blocks reads and writes of \"{}\" until its index is built",
                table.name
            ),
        )
        .detail(format!("{} ACCESS EXCLUSIVE until COMMIT{}.", extent(&table), cost::index_build(&table)))
        .order(order)
        .at(constraint.at);
    report.push(if table.kind == Kind::Partitioned && old_key.is_some() {
        finding.hint(
            "A partitioned table exchanges its primary key under this lock alone. Add the new one as UNIQUE instead, \
             partition by partition: see warden.help('add-unique-builds-index').",
        )
    } else if table.kind == Kind::Partitioned {
        by_partition(finding, &lacking, BY_PARTITION, || {
            let mut steps: Vec<_> = nullable.iter().map(|column| sql::set_not_null(&table, column, facts)).collect();
            steps.push(sql::add_key_to_partitions("PRIMARY KEY", &constraint_name, key, (&table, &lacking), facts));
            steps.join("\n")
        })
    } else {
        let own_step = match old_key {
            Some(old) => exchange(&old, &constraint_name, key, &table, facts),
            None => sql::add_key("PRIMARY KEY", &constraint_name, key, &table, facts),
        };
        let mut steps: Vec<_> = nullable.iter().map(|column| sql::set_not_null(&table, column, facts)).collect();
        steps.push(own_step);
        finding.remedy(introduction(&nullable), steps.join("\n"))
    });
}

fn introduction(nullable: &[String]) -> &'static str {
    if nullable.is_empty() { "Outside a transaction" } else { "Outside a transaction, each by itself" }
}

/// The new key takes the place of the old one, whose index is there, perhaps by the same name, until then.
fn exchange(old: &str, name: &str, key: &Key, table: &Relation, facts: &dyn Facts) -> String {
    let index = facts.quote(&facts.object_name(&table.name, &key.columns, "key"));
    let (table, old, name) = (facts.identity(table), facts.quote(old), facts.quote(name));
    format!(
        "CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} {};\n\
         ALTER TABLE {table} DROP CONSTRAINT {old}, ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {index}{};",
        sql::key_columns(key, facts),
        key.options
    )
}
