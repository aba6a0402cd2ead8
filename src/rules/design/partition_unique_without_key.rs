use crate::ast::{AlterAction, Constraint, ConstraintKind, QualifiedName, Statement};
use crate::facts::{Facts, Kind, Relation};
use crate::rules::{Report, declare_rule, keys};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/partition-unique-without-key.md")]
    "partition-unique-without-key", "WD138", Design, Warning, since "0.1.0",
    "unique key lacks a column of the partition key, which the server refuses",
    [Statement(CREATE_INDEX.or(keys::CONSTRAINTS), check)]
}

/// What is to be unique.
struct Unique<'a> {
    subject: String,
    word: &'static str,
    columns: &'a [String],
    at: Option<usize>,
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    match statement {
        Statement::CreateTable(create)
            if create.partitioned && !create.temporary && !(create.if_not_exists && facts.exists(&create.table)) =>
        {
            let schema = create.table.schema.as_deref().unwrap_or("");
            let object = facts.qualified(schema, &create.table.name);
            for constraint in keys::constraints(statement, facts) {
                judge_constraint(&object, constraint, &create.partition_key, facts, report);
            }
        }
        Statement::AlterTable { table, actions, .. } => {
            let adds_key = |action: &AlterAction| matches!(action, AlterAction::AddConstraint(_));
            if !actions.iter().any(adds_key) {
                return;
            }
            let Some(relation) = judged(table, facts) else { return };
            let key = facts.partition_key(table);
            for constraint in keys::constraints(statement, facts) {
                judge_constraint(&facts.identity(&relation), constraint, &key, facts, report);
            }
        }
        Statement::CreateIndex(index) if index.unique => {
            let Some(relation) = judged(&index.table, facts) else { return };
            let columns: Vec<_> = index.columns.iter().flatten().cloned().collect();
            let subject = index.name.as_ref().map_or("the index".to_owned(), |name| format!("index \"{name}\""));
            let key = facts.partition_key(&index.table);
            let unique = Unique { subject, word: "UNIQUE", columns: &columns, at: index.table.at };
            judge(&facts.identity(&relation), &unique, &key, facts, report);
        }
        _ => {}
    }
}

/// A table that is judged; it is refused whether or not others share it.
fn judged(table: &QualifiedName, facts: &dyn Facts) -> Option<Relation> {
    facts.relation(table).found().filter(|relation| relation.kind == Kind::Partitioned && relation.is_judged())
}

fn judge_constraint(
    object: &str,
    constraint: &Constraint,
    partition_key: &[Option<String>],
    facts: &dyn Facts,
    report: &mut Report,
) {
    let (word, key) = match &constraint.kind {
        ConstraintKind::PrimaryKey(key) => ("PRIMARY KEY", key),
        ConstraintKind::Unique(key) => ("UNIQUE", key),
        _ => return,
    };
    if key.using_index.is_none() {
        let subject = format!("{word} ({})", facts.quote_list(&key.columns));
        let unique = Unique { subject, word, columns: &key.columns, at: constraint.at };
        judge(object, &unique, partition_key, facts, report);
    }
}

fn judge(object: &str, unique: &Unique<'_>, partition_key: &[Option<String>], facts: &dyn Facts, report: &mut Report) {
    let lacks = |part: &&Option<String>| part.as_ref().is_none_or(|column| !unique.columns.contains(column));
    let Some(missing) = partition_key.iter().find(lacks) else { return };
    let hint = match missing {
        Some(_) => {
            let missing = partition_key.iter().filter(lacks).flatten();
            let columns: Vec<_> = unique.columns.iter().chain(missing).cloned().collect();
            format!("{} ({}): unique together.", unique.word, facts.quote_list(&columns))
        }
        None => "PARTITION BY a column itself; where the key is an expression, no UNIQUE is possible.".to_owned(),
    };
    let missing = missing.as_ref().map_or("an expression".to_owned(), |column| format!("\"{column}\""));
    report.push(
        report
            .finding(object, format!("the server refuses {}: the table is partitioned by {missing}", unique.subject))
            .detail("Each partition has an index of its own, so that values are unique only where they decide the partition.")
            .hint(hint)
            .at(unique.at)
            .never_blocks(),
    );
}
