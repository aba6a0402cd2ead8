//! The columns that a statement makes or gives another type, as rules about types see them.
#![forbid(unsafe_code)]

use super::{Report, keys};

use crate::ast::commands::ALTER_TYPE;
use crate::ast::{AlterAction, Commands, CreateTable, QualifiedName, Statement};
use crate::facts::{ColumnType, Facts, Kind};
use crate::finding::Finding;

/// Words for money.
const AMOUNTS: [&str; 13] = [
    "amount", "balance", "cost", "costs", "fee", "fees", "payment", "price", "revenue", "salary", "subtotal", "total",
    "wage",
];

const CURRENCIES: [&str; 5] = ["chf", "eur", "gbp", "jpy", "usd"];

/// A column whose type is known.
pub(super) struct Typed<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Where it stands in the text.
    at: Option<usize>,
    /// Its type.
    pub(super) type_: ColumnType,
}

/// The commands that give types to columns.
pub(super) const TYPED: Commands = keys::NEW_COLUMNS.or(ALTER_TYPE);

/// Columns of one table that have the same fault.
pub(super) struct Faulty<'a> {
    identity: String,
    table: &'a QualifiedName,
    columns: Vec<Typed<'a>>,
}

/// The columns of a statement that have a fault, if any has: one finding a table, however many columns.
///
/// Silent for temporary tables, which nobody else sees, for foreign tables, whose types are the remote table's, and for
/// partitions, whose types are the parent's.
pub(super) fn faulty<'a>(
    statement: &'a Statement,
    facts: &dyn Facts,
    has_fault: impl Fn(&Typed<'_>) -> bool,
) -> Option<Faulty<'a>> {
    let (table, columns) = match statement {
        Statement::CreateTable(create) => (&create.table, created(create, facts, &has_fault)),
        Statement::AlterTable { table, actions, .. } => (table, altered(table, actions, facts, &has_fault)),
        _ => return None,
    };
    // Most have none: the table is looked at only then.
    if columns.is_empty() {
        return None;
    }
    let is_judged = if let Statement::CreateTable(create) = statement {
        is_judged(create, facts)
    } else {
        let relation = facts.relation(table).found()?;
        relation.is_judged() && matches!(relation.kind, Kind::Table | Kind::Partitioned)
    };
    is_judged.then(|| Faulty { identity: keys::identity(statement, table, facts), table, columns })
}

/// Whether a CREATE TABLE makes a table that others will see.
pub(super) fn is_judged(create: &CreateTable, facts: &dyn Facts) -> bool {
    let exists = || create.if_not_exists && facts.exists(&create.table);
    !(create.temporary || create.foreign || create.is_partition || exists())
}

fn created<'a>(create: &'a CreateTable, facts: &dyn Facts, has_fault: &impl Fn(&Typed<'_>) -> bool) -> Vec<Typed<'a>> {
    let typed = create.columns.iter().filter_map(|column| {
        let type_ = facts.type_named(&column.type_name).found()?;
        Some(Typed { name: &column.name, at: column.at, type_ }).filter(has_fault)
    });
    typed.collect()
}

fn altered<'a>(
    table: &QualifiedName,
    actions: &'a [AlterAction],
    facts: &dyn Facts,
    has_fault: &impl Fn(&Typed<'_>) -> bool,
) -> Vec<Typed<'a>> {
    let typed = actions.iter().filter_map(|action| match action {
        AlterAction::AddColumn { column, if_not_exists } => {
            if *if_not_exists && facts.column(table, &column.name).found().is_some() {
                return None;
            }
            let type_ = facts.type_named(&column.type_name).found()?;
            Some(Typed { name: &column.name, at: column.at, type_ }).filter(has_fault)
        }
        AlterAction::AlterType(change) => {
            let of_type = |type_| Typed { name: &change.column, at: None, type_ };
            let typed = of_type(facts.type_named(&change.type_name).found()?);
            // What had the fault before was judged when it got it.
            let before_too =
                facts.column_type(table, &change.column).found().is_some_and(|old| has_fault(&of_type(old)));
            (!before_too && has_fault(&typed)).then_some(typed)
        }
        _ => None,
    });
    typed.collect()
}

impl Faulty<'_> {
    /// `column "placed" of "orders" is timestamp without time zone`.
    pub(super) fn finding(&self, report: &Report, what: &str) -> Finding {
        let names: Vec<_> = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let (noun, verb) = if names.len() == 1 { ("column", "is") } else { ("columns", "are") };
        let table = &self.table.name;
        report
            .finding(self.identity.clone(), format!("{noun} {} of \"{table}\" {verb} {what}", names.join(", ")))
            .at(self.columns.first().and_then(|column| column.at))
    }

    /// Their types, each once.
    pub(super) fn types(&self) -> String {
        let mut names: Vec<_> = self.columns.iter().map(|column| &*column.type_.name).collect();
        names.dedup();
        names.join(", ")
    }

    /// `Instead: placed timestamptz, sent timestamptz`.
    pub(super) fn instead(&self, facts: &dyn Facts, type_: impl Fn(&Typed<'_>) -> String) -> String {
        let columns: Vec<_> =
            self.columns.iter().map(|column| format!("{} {}", facts.quote(column.name), type_(column))).collect();
        format!("Instead: {}", columns.join(", "))
    }
}

/// Whether a name ends in a word for money, perhaps with its currency behind: `tax_amount`, `price_eur`, not `tax_rate`.
pub(super) fn is_amount(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut words = name.split('_').rev().skip_while(|word| CURRENCIES.contains(word));
    words.next().is_some_and(|word| AMOUNTS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Source;

    #[test]
    fn the_audit_knows_the_same_words_for_money() {
        let words = format!("'(^|_)({})(_({}))*$'", AMOUNTS.join("|"), CURRENCIES.join("|"));
        for source in [Source::Columns, Source::Amounts] {
            assert!(source.query().contains(&words), "{source:?} has not {words}");
        }
    }
}
