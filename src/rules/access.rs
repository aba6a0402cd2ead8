//! Rules about roles, privileges, row security, and how clients come in.

use super::Rule;

mod hba_trust;

pub(super) const RULES: &[&Rule] = &[&hba_trust::RULE];

/// Why lines of `pg_hba.conf` are not judged: SQL, NULL where they are.
const HBA_BLIND: &str = "CASE WHEN NOT (pg_catalog.has_table_privilege('pg_catalog.pg_hba_file_rules', 'SELECT')
        AND pg_catalog.has_function_privilege('pg_catalog.pg_hba_file_rules()', 'EXECUTE'))
    THEN 'Only a superuser, and who is granted pg_hba_file_rules and its function, may read pg_hba.conf.' END";
