use crate::ast::{ConstraintKind, QualifiedName, Rename, RenameKind, Statement};
use crate::facts::{ConstraintType, Facts, Kind, Named};
use crate::rules::{Report, declare_rule, evidence, keys};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/naming-convention.md")]
    "naming-convention", "WD157", Design, Off, since "0.1.0",
    "name does not follow the convention that is set for its kind",
    [Statement(keys::CONSTRAINTS.or(CREATE_INDEX).or(CREATE_SEQUENCE).or(CREATE_TABLE_AS).or(RENAME), check)]
}

/// A name that a statement gives, and where it stands.
type Name = (String, Option<usize>);

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    for of in Named::ALL {
        let Some(pattern) = facts.naming(of) else { continue };
        let mut names = given(of, statement, facts);
        names.retain(|(name, _)| !facts.follows_naming(of, name));
        let Some((first, at)) = names.first().cloned() else { continue };
        let (noun, verb) = if names.len() == 1 { ("name", "does") } else { ("names", "do") };
        let quoted = evidence::listed(names.iter().map(|(name, _)| format!("\"{name}\"")));
        let kind = of.word().replace('_', " ");
        report.push(
            report
                .finding(
                    object(statement, facts).unwrap_or(first),
                    format!("{kind} {noun} {quoted} {verb} not follow the convention"),
                )
                .detail(format!(
                    "warden.naming_{} is '{pattern}', which a name has to match from end to end.",
                    of.word()
                ))
                .hint("Choose a name that does; what queries use is hard to rename later.")
                .at(at),
        );
    }
}

/// The relation that the statement is about.
fn object(statement: &Statement, facts: &dyn Facts) -> Option<String> {
    let name = match statement {
        Statement::CreateTable(create) => &create.table,
        Statement::CreateIndex(index) => &index.table,
        Statement::CreateTableAs { table, .. } | Statement::AlterTable { table, .. } => table,
        Statement::CreateSequence { sequence, .. } => sequence,
        Statement::Rename(rename) => &rename.relation,
        _ => return None,
    };
    Some(facts.qualified(name.schema.as_deref().unwrap_or(""), &name.name))
}

/// The names of a kind that a statement gives to what others will see.
fn given(of: Named, statement: &Statement, facts: &dyn Facts) -> Vec<Name> {
    let exists = |if_not_exists: bool, name: &QualifiedName| if_not_exists && facts.exists(name);
    match statement {
        Statement::CreateTable(create)
            if create.temporary || create.foreign || exists(create.if_not_exists, &create.table) =>
        {
            Vec::new()
        }
        Statement::CreateTable(create) => match of {
            Named::Table if !create.is_partition => vec![name_of(&create.table)],
            Named::Partition if create.is_partition => vec![name_of(&create.table)],
            _ => parts(of, statement, facts),
        },
        Statement::CreateTableAs { table, temporary: false, materialized: false, if_not_exists, .. }
            if of == Named::Table && !exists(*if_not_exists, table) =>
        {
            vec![name_of(table)]
        }
        Statement::CreateSequence { sequence, temporary: false, if_not_exists }
            if of == Named::Sequence && !exists(*if_not_exists, sequence) =>
        {
            vec![name_of(sequence)]
        }
        Statement::CreateIndex(index) if of == Named::Index && is_judged(&index.table, facts) => {
            let is_there = |name: &String| facts.indexes(&index.table).iter().any(|there| there.name == *name);
            if index.if_not_exists && index.name.as_ref().is_some_and(is_there) {
                return Vec::new();
            }
            let chosen = || facts.object_name(&index.table.name, &index.naming_columns(), "idx");
            vec![(index.name.clone().unwrap_or_else(chosen), index.table.at)]
        }
        Statement::AlterTable { table, .. } if is_judged(table, facts) => parts(of, statement, facts),
        Statement::Rename(rename) if is_judged(&rename.relation, facts) && renamed(rename, facts) == Some(of) => {
            vec![(rename.to.clone(), rename.relation.at)]
        }
        _ => Vec::new(),
    }
}

fn name_of(relation: &QualifiedName) -> Name {
    (relation.name.to_string(), relation.at)
}

fn is_judged(name: &QualifiedName, facts: &dyn Facts) -> bool {
    facts.relation(name).found().is_some_and(|relation| {
        relation.is_judged() && !matches!(relation.kind, Kind::View | Kind::ForeignTable | Kind::CompositeType)
    })
}

/// Columns and constraints that CREATE TABLE or ALTER TABLE makes. The name that the server chooses for a CHECK depends
/// on its condition, and is not told before.
fn parts(of: Named, statement: &Statement, facts: &dyn Facts) -> Vec<Name> {
    match of {
        Named::Column => keys::new_columns(statement, facts).map(|column| (column.name.clone(), column.at)).collect(),
        Named::ForeignKey => {
            keys::foreign_keys(statement, facts).into_iter().map(|key| (key.name(facts), key.at)).collect()
        }
        Named::Check => keys::constraints(statement, facts)
            .filter(|constraint| matches!(constraint.kind, ConstraintKind::Check { .. }))
            .filter_map(|constraint| Some((constraint.name.clone()?, constraint.at)))
            .collect(),
        _ => Vec::new(),
    }
}

/// What gets another name.
fn renamed(rename: &Rename, facts: &dyn Facts) -> Option<Named> {
    match rename.kind {
        RenameKind::Column => Some(Named::Column),
        RenameKind::Table | RenameKind::Index | RenameKind::Sequence => {
            match facts.relation(&rename.relation).found()?.kind {
                Kind::Table | Kind::Partitioned if facts.parent(&rename.relation).is_some() => Some(Named::Partition),
                Kind::Table | Kind::Partitioned => Some(Named::Table),
                Kind::Sequence => Some(Named::Sequence),
                // The name of a key's index is that of the key.
                Kind::Index => {
                    facts.index(&rename.relation).found().filter(|index| !index.of_constraint).map(|_| Named::Index)
                }
                _ => None,
            }
        }
        RenameKind::Constraint => match facts.constraint(&rename.relation, rename.member.as_ref()?).found()?.kind {
            ConstraintType::ForeignKey => Some(Named::ForeignKey),
            ConstraintType::Check => Some(Named::Check),
            _ => None,
        },
        _ => None,
    }
}
