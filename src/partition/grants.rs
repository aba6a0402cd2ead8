//! What others may do with a table, for its partitions to say the same where the policy has `copy_grants`.
#![forbid(unsafe_code)]

use crate::error::Error;
use crate::spi;
use crate::text::Text;
use pgrx::prelude::*;

/// What one role may do, as SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// With commas between, each with its columns where it is not of the whole table.
    pub(crate) privileges: String,
    /// The role, and whether it may pass them on.
    pub(crate) to: String,
}

impl Grant {
    /// The statement that grants it on a relation.
    pub(crate) fn sql(&self, relation: &str) -> String {
        format!("GRANT {} ON {relation} TO {}", self.privileges, self.to)
    }
}

/// What is granted on a table and its columns to others than its owner, whoever granted it.
pub(super) fn of(table: pg_sys::Oid) -> Result<Vec<Grant>, Error> {
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
