//! Statements that several rules propose.
#![forbid(unsafe_code)]

use crate::ast::{ColumnDef, ForeignKey, Key, Opaque};
use crate::facts::{Facts, Relation};

/// `name type DEFAULT … NOT NULL`: a new column without its constraints, where all of it can be written again.
pub(super) fn column(column: &ColumnDef, facts: &dyn Facts) -> Option<String> {
    if column.serial.is_some() || column.identity || column.generated || column.storage {
        return None;
    }
    let mut sql = typed_column(column, facts)?;
    if let Some(default) = &column.default {
        sql.push_str(&format!(" DEFAULT {}", default.text()?));
    }
    if column.not_null {
        sql.push_str(" NOT NULL");
    }
    Some(sql)
}

/// The bound of a partition as ATTACH PARTITION takes it. The parse tree's begins behind FOR VALUES.
pub(super) fn bound(bound: &Opaque) -> Option<String> {
    let text = bound.text()?;
    Some(if text.eq_ignore_ascii_case("default") { text } else { format!("FOR VALUES {text}") })
}

/// `name type COLLATE …`.
pub(super) fn typed_column(column: &ColumnDef, facts: &dyn Facts) -> Option<String> {
    let mut sql = format!("{} {}", facts.quote(&column.name), column.type_name.text()?);
    if let Some(collation) = &column.collation {
        sql.push_str(&format!(" {}", collation.text()?));
    }
    Some(sql)
}

/// A CHECK in two transactions; the name and the condition are SQL.
pub(super) fn add_check(table: &Relation, name: &str, condition: &str, facts: &dyn Facts) -> String {
    let table = facts.identity(table);
    format!(
        "ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID;\n\
         ALTER TABLE {table} VALIDATE CONSTRAINT {name};"
    )
}

/// A foreign key in two transactions.
pub(super) fn add_foreign_key(name: &str, key: &ForeignKey, table: &Relation, facts: &dyn Facts) -> String {
    let (table, name) = (facts.identity(table), facts.quote(name));
    let definition = foreign_key(key, facts);
    format!(
        "ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID;\n\
         ALTER TABLE {table} VALIDATE CONSTRAINT {name};"
    )
}

/// `FOREIGN KEY (…) REFERENCES …`.
pub(super) fn foreign_key(key: &ForeignKey, facts: &dyn Facts) -> String {
    let referenced = facts.relation(&key.referenced).found().map_or_else(
        || facts.qualified(key.referenced.schema.as_deref().unwrap_or(""), &key.referenced.name),
        |relation| facts.identity(&relation),
    );
    let referenced_columns = match key.referenced_columns.as_slice() {
        [] => String::new(),
        columns => format!(" ({})", facts.quote_list(columns)),
    };
    let columns = facts.quote_list(&key.columns);
    format!("FOREIGN KEY ({columns}) REFERENCES {referenced}{referenced_columns}{}", key.options)
}

/// A unique or primary key over an index that is built first; `word` is `UNIQUE` or `PRIMARY KEY`.
pub(super) fn add_key(word: &str, name: &str, key: &Key, table: &Relation, facts: &dyn Facts) -> String {
    let (table, name) = (facts.identity(table), facts.quote(name));
    format!(
        "CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} {};\n\
         ALTER TABLE {table} ADD CONSTRAINT {name} {word} USING INDEX {name}{};",
        key_columns(key, facts),
        key.options
    )
}

/// `(…) INCLUDE (…) NULLS NOT DISTINCT`.
pub(super) fn key_columns(key: &Key, facts: &dyn Facts) -> String {
    let include = match key.include.as_slice() {
        [] => String::new(),
        columns => format!(" INCLUDE ({})", facts.quote_list(columns)),
    };
    let nulls = if key.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    format!("({}){include}{nulls}", facts.quote_list(&key.columns))
}

/// NOT NULL without a scan that others wait for, a transaction each.
pub(super) fn set_not_null(table: &Relation, column: &str, facts: &dyn Facts) -> String {
    let identity = facts.identity(table);
    let name = facts.quote(&facts.object_name(&table.name, &[column.to_owned()], "not_null"));
    let column = facts.quote(column);
    if facts.server_major() >= 18 {
        return format!(
            "ALTER TABLE {identity} ADD CONSTRAINT {name} NOT NULL {column} NOT VALID;\n\
             ALTER TABLE {identity} VALIDATE CONSTRAINT {name};"
        );
    }
    format!(
        "ALTER TABLE {identity} ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID;\n\
         ALTER TABLE {identity} VALIDATE CONSTRAINT {name};\n\
         ALTER TABLE {identity} ALTER COLUMN {column} SET NOT NULL;\n\
         ALTER TABLE {identity} DROP CONSTRAINT {name};"
    )
}

/// The same for a partitioned table, which takes over what its partitions have: those that lack it first.
pub(super) fn add_key_to_partitions(
    word: &str,
    name: &str,
    key: &Key,
    (table, lacking): (&Relation, &[Relation]),
    facts: &dyn Facts,
) -> String {
    let mut steps: Vec<_> = lacking
        .iter()
        .map(|partition| {
            let own_name = match word {
                "UNIQUE" => facts.object_name(&partition.name, &key.columns, "key"),
                _ => facts.object_name(&partition.name, &[], "pkey"),
            };
            add_key(word, &own_name, key, partition, facts)
        })
        .collect();
    let nulls = if key.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    let plain = Key { nulls_not_distinct: false, ..key.clone() };
    steps.push(format!(
        "ALTER TABLE {} ADD CONSTRAINT {} {word}{nulls} {}{};",
        facts.identity(table),
        facts.quote(name),
        key_columns(&plain, facts),
        key.options
    ));
    steps.join("\n")
}

/// A foreign key of a partitioned table that takes no NOT VALID.
pub(super) fn add_foreign_key_to_partitions(
    name: &str,
    key: &ForeignKey,
    (table, lacking): (&Relation, &[Relation]),
    facts: &dyn Facts,
) -> String {
    let mut steps: Vec<_> = lacking
        .iter()
        .map(|partition| {
            let own_name = facts.object_name(&partition.name, &key.columns, "fkey");
            add_foreign_key(&own_name, key, partition, facts)
        })
        .collect();
    let definition = foreign_key(key, facts);
    steps.push(format!("ALTER TABLE {} ADD CONSTRAINT {} {definition};", facts.identity(table), facts.quote(name)));
    steps.join("\n")
}
