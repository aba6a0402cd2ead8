//! Which table is meant, and whether its key takes months.

use super::encoding::Encoding;
pub(super) use super::plan::ReplicaIdentity;
use super::plan::{Parent, literal};
use super::policy;
use crate::error::{Code, Error};
use crate::facts::live;
use crate::facts::live::descriptor::KeyType;
use crate::facts::live::object::{self, qualified, quote};
use crate::facts::live::partitioned::{self, Class, PartitionKey};
use crate::spi;
use crate::text::Text;
use pgrx::prelude::*;

/// What the key's first column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Date,
    /// A wall clock without a zone.
    Timestamp,
    /// An instant: which one midnight is depends on the zone.
    Instant,
}

impl Kind {
    pub(super) fn of(type_name: &str) -> Option<Self> {
        [Self::Date, Self::Timestamp, Self::Instant].into_iter().find(|kind| kind.type_name() == type_name)
    }

    /// As people write its type.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Instant => "timestamptz",
        }
    }

    /// As `format_type` says it.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Timestamp => "timestamp without time zone",
            Self::Instant => "timestamp with time zone",
        }
    }
}

/// Whether a text is a table name as SQL writes it: up to three identifiers with dots between.
pub(super) fn is_table_name(text: &str) -> bool {
    let mut rest = text.trim_matches(is_space);
    for _ in 0..3 {
        let Some(behind) = identifier(rest) else { return false };
        rest = behind.trim_start_matches(is_space);
        if rest.is_empty() {
            return true;
        }
        let Some(behind) = rest.strip_prefix('.') else { return false };
        rest = behind.trim_start_matches(is_space);
    }
    false
}

/// What the server's scanner takes for white space.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// What follows the identifier that a text begins with.
fn identifier(text: &str) -> Option<&str> {
    if let Some(mut body) = text.strip_prefix('"') {
        let whole = body;
        loop {
            let end = body.find('"')?;
            body = &body[end + 1..];
            match body.strip_prefix('"') {
                Some(behind) => body = behind,
                None => return (whole.len() > body.len() + 1).then_some(body),
            }
        }
    }
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    text.starts_with(starts).then(|| text.trim_start_matches(|c: char| starts(c) || c.is_ascii_digit() || c == '$'))
}

/// The relation that the caller's `search_path` gives this name.
///
/// Runs before the path is pinned: every name in its queries is qualified.
///
/// # Errors
/// No table name, or no such relation.
pub(super) fn resolve(table: &str) -> Result<pg_sys::Oid, Error> {
    if !is_table_name(table) {
        return Err(Error::new(Code::InvalidName, format!("not a table name: {}", literal(table))).hint(
            "Write it as in SQL: schema.table, with double quotes around a name that has capitals, spaces or dots.",
        ));
    }
    object::typed(table).map_or_else(|| Err(unknown(table)?), Ok)
}

/// The error for a name that nothing has, with the one that may have been meant.
fn unknown(table: &str) -> Result<Error, Error> {
    let similar = spi::select(
        "SELECT CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN pg_catalog.quote_ident(c.relname)
                     ELSE pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname)) END
           FROM pg_catalog.pg_class AS c
           JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE c.relkind OPERATOR(pg_catalog.=) 'p'
            AND pg_catalog.lower(c.relname::pg_catalog.text) OPERATOR(pg_catalog.=)
                pg_catalog.lower((SELECT p.part FROM pg_catalog.unnest(pg_catalog.parse_ident($1)) WITH ORDINALITY AS p (part, n)
                                   ORDER BY p.n DESC LIMIT 1))
          ORDER BY pg_catalog.pg_table_is_visible(c.oid) DESC, n.nspname, c.relname
          LIMIT 1",
        &[Text::from(table).into()],
        |row| Ok(row.get::<Text>(1)?),
    )?;
    let parts: Vec<_> = object::typed_parts(table).iter().map(|part| quote(part)).collect();
    let error = Error::new(Code::UndefinedTable, format!("relation {} does not exist", unquoted(&parts.join("."))));
    Ok(match similar.into_iter().flatten().next() {
        Some(Text(similar)) => error.hint(format!("There is a table {similar}: write {}.", literal(&similar))),
        None => error,
    })
}

/// A qualified name between double quotes, as the server's messages show it.
fn unquoted(name: &str) -> String {
    if name.contains('"') { name.to_owned() } else { format!("\"{name}\"") }
}

/// What the catalog says about the table.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a row of the catalog, each flag a column")]
pub(super) struct Facts {
    oid: pg_sys::Oid,
    pub(super) parent: Parent,
    pub(super) schema: String,
    pub(super) schema_oid: pg_sys::Oid,
    /// Quoted.
    pub(super) schema_quoted: String,
    kind: String,
    is_temporary: bool,
    pub(super) is_unlogged: bool,
    pub(super) is_partition: bool,
    is_system: bool,
    may: bool,
    /// Quoted.
    pub(super) owner: String,
    pub(super) owner_is_caller: bool,
    strategy: Option<String>,
    pub(super) columns: i32,
    /// Quoted; `None` for an expression.
    column: Option<String>,
    type_name: Option<String>,
    /// Of the key's first column, qualified and quoted; `None` where it has none.
    collation: Option<String>,
    /// Quoted; `None` for the database's own.
    pub(super) tablespace: Option<String>,
    pub(super) row_security: bool,
    pub(super) replica_identity: ReplicaIdentity,
    /// Name, and qualified and quoted.
    pub(super) default: Option<(String, String)>,
    extension: Option<String>,
}

/// A key that takes months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) kind: Kind,
    pub(super) encoding: Encoding,
    /// SQL of the first column, or of the expression in its place, to be compared as the key does.
    pub(super) column: String,
    /// Qualified and quoted; `None` for types that have none.
    pub(super) collation: Option<String>,
    /// SQL of the further columns.
    pub(super) further: Vec<String>,
}

impl Key {
    /// What the key is, in messages about the smallest part of it.
    pub(super) fn what(&self) -> String {
        match self.encoding {
            Encoding::Plain => format!("type {}", self.kind.type_name()),
            encoding => format!("encoding {}", encoding.word()),
        }
    }

    /// SQL of a value of the key, as something of which there is a least and a greatest.
    pub(super) fn comparable(&self) -> String {
        match self.encoding {
            // Digits sort as the UUIDs do.
            Encoding::Uuidv7 => format!("({})::text COLLATE \"C\"", self.column),
            _ => self.column.clone(),
        }
    }
}

/// The first column of a RANGE key whose operator class is its type's default.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) key_type: KeyType,
    /// What it says a time by; `None`: it is no time.
    pub(super) time: Option<(Kind, Encoding)>,
}

/// What the first column of a table's RANGE key says a time by; `None`: it is no time.
///
/// # Errors
/// As [`shape`].
pub(super) fn time_of(table: pg_sys::Oid) -> Result<Option<(Kind, Encoding)>, Error> {
    Ok(shape(table)?.and_then(|shape| shape.time))
}

/// The key of a table partitioned by RANGE; `None` where it is another, or sorted by an operator class of its own.
///
/// Also for those who may not read the policy: whether a time can be told from a key is no secret.
///
/// # Errors
/// The table of policies is held by another session.
pub(super) fn shape(table: pg_sys::Oid) -> Result<Option<Shape>, Error> {
    let Some(key) = PartitionKey::of(table).filter(|key| key.strategy == 'r' && key.is_default_class) else {
        return Ok(None);
    };
    let type_name = partitioned::type_name(key.compared_as);
    let bytewise = type_name == "text" && is_bytewise(key.collation)?;
    let needs_policy = matches!(type_name.as_str(), "integer" | "bigint" | "numeric" | "text");
    let declared = if needs_policy { policy::declared_encoding(table)? } else { None };
    let key_type = KeyType {
        of: key.compared_as,
        collation: key.collation,
        columns: usize::try_from(key.columns).unwrap_or_default(),
    };
    Ok(Some(Shape { key_type, time: Encoding::of(&type_name, declared.as_deref(), bytewise) }))
}

/// Whether a collation sorts by the bytes.
fn is_bytewise(collation: pg_sys::Oid) -> Result<bool, Error> {
    let rows = spi::select_planned(
        "SELECT CASE l.collprovider
                    WHEN 'b' THEN true
                    WHEN 'c' THEN l.collcollate IN ('C', 'POSIX')
                    WHEN 'd' THEN (SELECT d.datlocprovider = 'b' OR d.datlocprovider = 'c' AND d.datcollate IN ('C', 'POSIX')
                                     FROM pg_database d WHERE d.datname = current_database())
                    ELSE false END
           FROM pg_collation l WHERE l.oid = $1",
        &[collation.into()],
        |row| Ok(row.get::<bool>(1)?.unwrap_or_default()),
    )?;
    Ok(rows.first().copied().unwrap_or_default())
}

/// What to say of a table that is gone.
pub(super) fn dropped() -> Error {
    Error::new(Code::UndefinedTable, "table was dropped meanwhile")
}

/// All that matters of a relation; `None` when it is gone.
pub(super) fn read(oid: pg_sys::Oid) -> Option<Facts> {
    let class = Class::of(oid)?;
    let key = PartitionKey::of(oid);
    let default = key.as_ref().and_then(|key| live::name_of_relation(key.default_partition?));
    Some(Facts {
        oid,
        parent: Parent { identity: qualified(&class.schema, &class.name), name: class.name },
        schema_quoted: quote(&class.schema),
        schema_oid: class.schema_oid,
        kind: class.kind.into(),
        is_temporary: class.persistence == 't',
        is_unlogged: class.persistence == 'u',
        is_partition: class.is_partition,
        is_system: matches!(class.schema.as_str(), "pg_catalog" | "information_schema" | "pg_toast"),
        may: class.is_callers,
        owner: class.owner_name,
        owner_is_caller: class.owner_is_caller,
        strategy: key.as_ref().map(|key| key.strategy.into()),
        columns: key.as_ref().map_or(0, |key| key.columns.into()),
        column: key.as_ref().and_then(|key| key.column.as_deref()).map(quote),
        type_name: key.as_ref().map(|key| partitioned::type_name(key.column_type)),
        collation: key.as_ref().and_then(|key| partitioned::collation(key.collation)),
        tablespace: class.tablespace,
        row_security: class.row_security,
        replica_identity: match class.replica_identity {
            'f' => ReplicaIdentity::Full,
            'n' => ReplicaIdentity::Nothing,
            'i' => ReplicaIdentity::Index,
            _ => ReplicaIdentity::Default,
        },
        default: default.map(|default| {
            let identity = qualified(&default.schema.unwrap_or_default(), &default.name);
            (default.name.to_string(), identity)
        }),
        extension: partitioned::extension(oid),
        schema: class.schema,
    })
}

/// Whether a column of a key behind the first is a time.
fn has_later_time(table: pg_sys::Oid) -> Result<bool, Error> {
    let rows = spi::select_planned(
        "SELECT EXISTS (SELECT FROM unnest(p.partclass::oid[]) WITH ORDINALITY AS k (class, n) JOIN pg_opclass c ON c.oid = k.class
                         WHERE k.n > 1 AND c.opcintype IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype))
           FROM pg_partitioned_table p WHERE p.partrelid = $1",
        &[table.into()],
        |row| Ok(row.get::<bool>(1)?.unwrap_or_default()),
    )?;
    Ok(rows.first().copied().unwrap_or_default())
}

/// SQL of all columns of a key. The server prints expressions with the table locked.
fn columns(table: pg_sys::Oid) -> Result<Vec<String>, Error> {
    let rows = spi::select_planned(
        "SELECT quote_ident(a.attname), pg_get_expr(p.partexprs, p.partrelid)
           FROM pg_partitioned_table p
          CROSS JOIN unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (attnum, n)
           LEFT JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum AND k.attnum > 0
          WHERE p.partrelid = $1
          ORDER BY k.n",
        &[table.into()],
        |row| Ok((row.get::<Text>(1)?.map(|t| t.0), row.get::<Text>(2)?.map(|t| t.0).unwrap_or_default())),
    )?;
    let list = rows.first().map(|(_, list)| list.clone()).unwrap_or_default();
    let mut expressions = split_list(&list).into_iter();
    let column = |name: Option<String>| name.unwrap_or_else(|| format!("({})", expressions.next().unwrap_or_default()));
    Ok(rows.into_iter().map(|(name, _)| name).map(column).collect())
}

/// What stands between commas that are not within parentheses or quotes.
fn split_list(list: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut begin) = (0, None, 0);
    let mut parts = Vec::new();
    for (at, c) in list.char_indices() {
        match (quote, c) {
            (Some(open), c) => quote = quote.filter(|_| c != open),
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(list[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[begin..].trim());
    parts
}

/// What a `pg_class.relkind` is called.
pub(super) fn kind_name(kind: &str) -> &'static str {
    match kind {
        "r" => "table",
        "p" => "partitioned table",
        "v" => "view",
        "m" => "materialized view",
        "f" => "foreign table",
        "S" => "sequence",
        "i" | "I" => "index",
        "t" => "TOAST table",
        "c" => "composite type",
        _ => "relation",
    }
}

impl Facts {
    /// The key, when partitions by time can be made of it and the caller may; `what` is what a sentence calls them.
    ///
    /// # Errors
    /// The relation, its key or its owner is another.
    pub(super) fn key(&self, what: &str) -> Result<Key, Error> {
        let name = &self.parent.name;
        if self.is_system {
            return Err(Error::new(Code::WrongObjectType, format!("\"{name}\" is a system relation"))
                .detail(format!("It is in schema {}.", self.schema_quoted)));
        }
        if let Some(extension) = &self.extension {
            return Err(Error::new(
                Code::WrongObjectType,
                format!("table \"{name}\" belongs to extension \"{extension}\""),
            )
            .hint("Its partitions are the extension's own business."));
        }
        self.must_be_range_partitioned(what)?;
        if !self.may {
            return Err(Error::new(Code::InsufficientPrivilege, format!("must be owner of table {name}"))
                .hint(format!("Its owner is {}; a member of that role may call this, too.", self.owner)));
        }
        if self.is_temporary {
            return Err(Error::new(Code::NotSupported, format!("table \"{name}\" is temporary"))
                .hint("Its partitions are as short-lived as itself: create them by hand."));
        }
        self.time_key()
    }

    /// The key of a table that is partitioned by RANGE, when it says a time.
    ///
    /// # Errors
    /// Its key is another.
    pub(super) fn time_key(&self) -> Result<Key, Error> {
        let Some((kind, encoding)) = time_of(self.oid)? else { return Err(self.no_time()?) };
        let mut columns = match &self.column {
            Some(column) if self.columns == 1 => vec![column.clone()],
            _ => columns(self.oid)?,
        };
        let further = columns.split_off(1.min(columns.len()));
        let column = columns.pop().unwrap_or_default();
        let column = match &self.collation {
            Some(collation) => format!("{column} COLLATE {collation}"),
            None => column,
        };
        Ok(Key { kind, encoding, column, collation: self.collation.clone(), further })
    }

    /// Why the key takes no months.
    fn no_time(&self) -> Result<Error, Error> {
        let (name, identity) = (&self.parent.name, literal(&self.parent.identity));
        let type_name = self.type_name.clone().unwrap_or_default();
        let error = Error::new(
            Code::NotSupported,
            match &self.column {
                Some(column) => format!("key column {column} of table \"{name}\" is of type {type_name}"),
                None => format!("key of table \"{name}\" begins with an expression of type {type_name}"),
            },
        );
        let declare =
            |encoding: &str| format!("SELECT warden.manage_partitions({identity}, key_encoding => '{encoding}');");
        if has_later_time(self.oid)? {
            return Ok(error
                .detail("A column behind it is a time; only the first of the key counts.")
                .hint("Have the table partitioned by the time first: PARTITION BY RANGE (time, ...)."));
        }
        let error = match policy::declared_encoding(self.oid)?.filter(|declared| declared != "auto") {
            Some(declared) => error.detail(format!("Its policy declares it as {declared}.")),
            None => error,
        };
        Ok(match type_name.as_str() {
            "integer" | "bigint" | "numeric" => error.hint(format!(
                "If it counts seconds since 1970: {} There are epoch_ms, epoch_us and epoch_ns, too.",
                declare("epoch_s")
            )),
            "text" | "character varying" => error.hint(format!(
                "Supported is text with COLLATE \"C\" that begins with a time. If that is year, month and day: {} There \
                 are text:ulid and text:ksuid, too.",
                declare("text:iso")
            )),
            _ => error.hint(
                "Supported are date, timestamp and timestamptz, domains over them, uuid of version 7, and integer, bigint, \
                 numeric and text with a declared encoding.",
            ),
        })
    }

    /// Whether it is a table that is not partitioned, and the caller's.
    ///
    /// # Errors
    /// It is another relation, or somebody else's.
    pub(super) fn must_be_plain(&self) -> Result<(), Error> {
        let name = &self.parent.name;
        if self.is_system {
            return Err(Error::new(Code::WrongObjectType, format!("\"{name}\" is a system relation"))
                .detail(format!("It is in schema {}.", self.schema_quoted)));
        }
        match self.kind.as_str() {
            "r" => {}
            "p" => {
                return Err(Error::new(Code::WrongObjectType, format!("table \"{name}\" is partitioned already")));
            }
            kind => {
                return Err(Error::new(Code::WrongObjectType, format!("\"{name}\" is not a table"))
                    .detail(format!("It is a {}.", kind_name(kind))));
            }
        }
        if !self.may {
            return Err(Error::new(Code::InsufficientPrivilege, format!("must be owner of table {name}"))
                .hint(format!("Its owner is {}; a member of that role may call this, too.", self.owner)));
        }
        Ok(())
    }

    pub(super) fn must_be_range_partitioned(&self, what: &str) -> Result<(), Error> {
        let name = &self.parent.name;
        let wrong = |message: String| Err(Error::new(Code::WrongObjectType, message));
        match (self.kind.as_str(), self.strategy.as_deref()) {
            ("p", Some("r")) => Ok(()),
            ("p", strategy) => {
                let by = if strategy == Some("l") { "list" } else { "hash" };
                wrong(format!("table \"{name}\" is partitioned by {by}, not by range"))
                    .map_err(|e| e.hint(format!("{what} need PARTITION BY RANGE over a date or time column.")))
            }
            ("r", _) => wrong(format!("table \"{name}\" is not partitioned")).map_err(|e| {
                e.hint(
                    "A plain table cannot become partitioned in place: create a table PARTITION BY RANGE beside it and \
                     attach this one as a partition.",
                )
            }),
            (kind, _) => wrong(format!("\"{name}\" is not a partitioned table"))
                .map_err(|e| e.detail(format!("It is a {}.", kind_name(kind)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_at_their_own_commas() {
        assert_eq!(split_list("(ts AT TIME ZONE 'UTC'::text)"), ["(ts AT TIME ZONE 'UTC'::text)"]);
        assert_eq!(split_list("f(a, b), lower(c)"), ["f(a, b)", "lower(c)"]);
        assert_eq!(split_list("f(', )', \"x,(y\")[1, 2], d"), ["f(', )', \"x,(y\")[1, 2]", "d"]);
        assert_eq!(split_list(""), [""]);
    }

    #[test]
    fn table_names_are_told_from_other_text() {
        for name in [
            "events",
            "app.events",
            " app . events ",
            "db.app.events",
            "\"MiXed Case.tbl\"",
            "\"a\"\"b\".\"c.d\"",
            "_x$1",
            "\u{fc}n\u{ef}",
            "select",
        ] {
            assert!(is_table_name(name), "{name}");
        }
        for text in [
            "",
            " ",
            ".",
            "x.",
            ".x",
            "a.b.c.d",
            "x; drop table y",
            "x y",
            "\"x",
            "\"\"",
            "\"a\"b",
            "1x",
            "x-y",
            "%s",
            "$1",
            "'x'",
            "x\u{0}",
        ] {
            assert!(!is_table_name(text), "{text}");
        }
    }
}
