//! What others may do with a table, for its partitions to say the same where the policy has `copy_grants`.
#![forbid(unsafe_code)]

use super::inspect::Place;
use super::row_security::{self, RowSecurity};
use crate::error::Error;
use crate::spi;
use crate::text::Text;
use pgrx::prelude::*;

/// Who may do what with a table.
#[derive(Debug, Default)]
pub(super) struct Access {
    row_security: Option<RowSecurity>,
    grants: Vec<Grant>,
}

/// What one role may do, as SQL.
#[derive(Debug)]
struct Grant {
    /// With commas between, each with its columns where it is not of the whole table.
    privileges: String,
    /// The role, and whether it may pass them on.
    to: String,
}

impl Access {
    /// What holds for a table. Nothing where partitions cannot have its policies: whoever may read one would read all of it.
    pub(super) fn read(table: pg_sys::Oid, has_row_security: bool) -> Result<Self, Error> {
        if has_row_security && row_security::hindrance(table)?.is_some() {
            return Ok(Self::default());
        }
        let row_security = has_row_security.then(|| RowSecurity::read(table)).transpose()?;
        Ok(Self { row_security, grants: grants(table)? })
    }

    /// The statements that have the same hold for a partition.
    pub(super) fn statements(&self, place: &Place) -> Vec<String> {
        let Place { identity, name, .. } = place;
        let policies = self.row_security.iter().flat_map(|read| read.statements(identity, name));
        let grants =
            self.grants.iter().map(|grant| format!("GRANT {} ON {identity} TO {}", grant.privileges, grant.to));
        policies.chain(grants).collect()
    }
}

/// What is granted on a table and its columns to others than its owner, whoever granted it.
fn grants(table: pg_sys::Oid) -> Result<Vec<Grant>, Error> {
    spi::select_planned(
        "SELECT string_agg(g.privilege, ', ' ORDER BY g.privilege),
                concat(CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
                       CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' END)
           FROM (SELECT x.grantee, x.is_grantable, x.privilege_type
                   FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS x
                  WHERE c.oid = $1 AND x.grantee <> c.relowner
                 UNION
                 SELECT x.grantee, x.is_grantable, format('%s (%s)', x.privilege_type, string_agg(DISTINCT quote_ident(a.attname), ', '))
                   FROM pg_class c
                   JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
                  CROSS JOIN LATERAL aclexplode(a.attacl) AS x
                  WHERE c.oid = $1 AND x.grantee <> c.relowner
                  GROUP BY x.grantee, x.is_grantable, x.privilege_type) AS g (grantee, is_grantable, privilege)
          GROUP BY g.grantee, g.is_grantable
          ORDER BY g.grantee, g.is_grantable",
        &[table.into()],
        |row| {
            let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
            Ok(Grant { privileges: text(1)?, to: text(2)? })
        },
    )
}
