//! What a new partition takes over beside what the server gives it: read once for all partitions of a call.

use super::apply::{self, Situation};
use super::inspect::Place;
use super::plan::Method;
use crate::error::Error;
use crate::spi;
use crate::text::Text;
use pgrx::prelude::*;

/// What a table hands on, read once for all partitions of a call; every text is SQL already.
#[derive(Debug, Default)]
pub(super) struct Inheritance {
    /// Parts of ALTER TABLE.
    targets: Vec<String>,
    /// Column and comment.
    comments: Vec<(String, String)>,
    statistics: Vec<Statistics>,
}

/// Extended statistics of a table, as SQL.
#[derive(Debug)]
struct Statistics {
    /// Kinds and columns.
    body: String,
    /// Their own target, where that is not left to the columns'.
    target: Option<String>,
}

/// What a partition takes over, as SQL.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inherited {
    /// Parts of ALTER TABLE.
    pub(crate) changes: Vec<String>,
    /// Statements for when it has its owner.
    pub(crate) statements: Vec<String>,
}

/// What a partition takes over from its table.
pub(super) fn of(at: &Situation, place: &Place, method: Method) -> Result<Inherited, Error> {
    let identity = &place.identity;
    let Inheritance { targets, comments, statistics } = at.inheritance()?;
    let mut statements = Vec::new();
    // LIKE brings these.
    if method == Method::PartitionOf {
        let comment = |(column, text): &(String, String)| format!("COMMENT ON COLUMN {identity}.{column} IS {text}");
        statements.extend(comments.iter().map(comment));
    }
    for (name, Statistics { body, target }) in names(at, &place.name, statistics.len())?.iter().zip(statistics) {
        statements.push(format!("CREATE STATISTICS {name}{body} FROM {identity}"));
        statements.extend(target.as_ref().map(|target| format!("ALTER STATISTICS {name} SET STATISTICS {target}")));
        if !at.facts.owner_is_caller {
            statements.push(format!("ALTER STATISTICS {name} OWNER TO {}", at.facts.owner));
        }
    }
    Ok(Inherited { changes: targets.clone(), statements })
}

/// Reads what a table hands on.
pub(super) fn read(table: pg_sys::Oid) -> Result<Inheritance, Error> {
    let rows = spi::select_planned(
        "SELECT 1, format('ALTER COLUMN %I SET STATISTICS %s', a.attname, a.attstattarget), NULL, a.attnum
           FROM pg_attribute a
          WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget >= 0
         UNION ALL
         SELECT 2, quote_ident(a.attname), quote_literal(d.description), a.attnum
           FROM pg_description d JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
          WHERE d.objoid = $1 AND d.classoid = 'pg_class'::regclass AND d.objsubid > 0 AND NOT a.attisdropped
         UNION ALL
         SELECT 3,
                concat((SELECT format(' (%s)', string_agg(CASE k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' ELSE 'mcv' END, ', '))
                          FROM unnest(s.stxkind) AS k WHERE k IN ('d', 'f', 'm') HAVING count(*) > 0),
                       ' ON ', pg_get_statisticsobjdef_columns(s.oid)),
                CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::text END,
                row_number() OVER (ORDER BY s.stxname, s.oid)
           FROM pg_statistic_ext s WHERE s.stxrelid = $1
         ORDER BY 1, 4",
        &[table.into()],
        |row| {
            let text = |n| -> Result<Option<String>, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0)) };
            Ok((row.get::<i32>(1)?.unwrap_or_default(), text(2)?.unwrap_or_default(), text(3)?))
        },
    )?;
    let mut read = Inheritance::default();
    for (kind, first, second) in rows {
        match kind {
            1 => read.targets.push(first),
            2 => read.comments.push((first, second.unwrap_or_default())),
            _ => read.statistics.push(Statistics { body: first, target: second }),
        }
    }
    Ok(read)
}

/// Free names for the statistics of a partition, qualified and quoted: those of one that was renamed keep theirs.
fn names(at: &Situation, partition: &str, count: usize) -> Result<Vec<String>, Error> {
    let mut names = Vec::with_capacity(count);
    for number in 0_u32.. {
        if names.len() == count {
            break;
        }
        let suffix = if number == 0 { "_stat".to_owned() } else { format!("_stat{number}") };
        let name = apply::name(&at.facts.schema, partition, &suffix);
        let free = spi::select_planned(
            "SELECT quote_ident($2) WHERE NOT EXISTS (SELECT FROM pg_statistic_ext WHERE stxnamespace = $1 AND stxname = $2::name)",
            &[at.facts.schema_oid.into(), Text::from(name.as_str()).into()],
            |row| Ok(row.get::<Text>(1)?.map(|t| t.0)),
        )?;
        names.extend(free.into_iter().flatten().map(|name| format!("{}.{name}", at.facts.schema_quoted)));
    }
    Ok(names)
}
