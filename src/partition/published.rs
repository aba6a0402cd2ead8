//! What a partition that is taken away has to do with publications.
#![forbid(unsafe_code)]

use super::apply::Situation;
use super::plan::Sibling;
use super::policy::Removal;
use crate::error::Error;
use crate::spi;
use crate::text::Text;
use pgrx::pg_sys::Oid;

/// The publications that a partition leaves.
#[derive(Debug)]
pub(super) struct Published {
    /// That have its table, or one above it.
    with_table: Vec<String>,
    /// That have it by its own name, and whose owner is the table's.
    own: Vec<String>,
    /// That have it by its own name, and are another role's.
    of_others: Vec<String>,
}

impl Published {
    /// How a partition is published while it is one.
    pub(super) fn of(at: &Situation, sibling: &Sibling) -> Result<Self, Error> {
        Self::read(at.oid, Oid::from(sibling.oid))
    }

    /// The same by OIDs.
    pub(super) fn read(table: Oid, partition: Oid) -> Result<Self, Error> {
        let rows = spi::select(
            "SELECT quote_ident(p.pubname), r.prrelid = $2, pg_has_role(c.relowner, p.pubowner, 'USAGE')
               FROM pg_publication_rel r
               JOIN pg_publication p ON p.oid = r.prpubid
               JOIN pg_class c ON c.oid = $1
              WHERE r.prrelid = $2 OR r.prrelid IN (SELECT a.relid FROM pg_partition_ancestors($1::regclass) AS a)
              ORDER BY p.pubname",
            &[table.into(), partition.into()],
            |row| {
                let is = |n| -> Result<bool, Error> { Ok(row.get::<bool>(n)?.unwrap_or_default()) };
                Ok((row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default(), is(2)?, is(3)?))
            },
        )?;
        let those = |is_own, may: Option<bool>| {
            let mut names: Vec<String> = rows
                .iter()
                .filter(|row| row.1 == is_own && may.is_none_or(|may| row.2 == may))
                .map(|row| row.0.clone())
                .collect();
            names.dedup();
            names
        };
        Ok(Self { with_table: those(false, None), own: those(true, Some(true)), of_others: those(true, Some(false)) })
    }

    /// The SQL that takes a table that is no partition any more out of publications; one that is dropped leaves them all.
    pub(super) fn statements(&self, identity: &str, removal: Removal) -> Vec<String> {
        if removal == Removal::Drop {
            return Vec::new();
        }
        self.own.iter().map(|name| format!("ALTER PUBLICATION {name} DROP TABLE {identity}")).collect()
    }

    /// What its subscribers should know.
    pub(super) fn remark(&self, removal: Removal) -> Option<String> {
        let mut own = self.own.clone();
        let mut kept = self.of_others.clone();
        if removal == Removal::Drop {
            own.append(&mut kept);
        }
        let said = [
            ("It is no longer published with its table, by", self.with_table.join(", ")),
            ("It is no longer published by itself, by", own.join(", ")),
            ("It is still published by", kept.join(", ")),
        ];
        let said: Vec<String> =
            said.iter().filter(|(_, by)| !by.is_empty()).map(|(what, by)| format!("{what} {by}.")).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }
}
