//! Rules about roles, privileges, row security, and how clients come in.

use super::Rule;

mod database_public_connect;
mod database_public_temp;
mod extension_in_public;
mod extension_untrusted_language;
mod foreign_table_exposed;
mod function_search_path_mutable;
mod hba_any_address;
mod hba_error;
mod hba_ident_remote;
mod hba_password_plain;
mod hba_trust;
mod login_role_superuser;
mod matview_exposed;
mod mixed_table_owners;
mod password_expiry_none;
mod password_md5;
mod rls_disabled;
mod rls_enabled_no_policy;
mod rls_multiple_permissive;
mod rls_not_forced;
mod rls_per_row_function;
mod rls_policy_always_true;
mod rls_policy_without_rls;
mod rls_unindexed_policy_column;
mod role_powerful_membership;
mod schema_environment_name;
mod schema_no_default_privileges;
mod schema_owner_superuser;
mod schema_public_create;
mod search_path_writable;
mod security_definer_executable;
mod sensitive_column_exposed;
mod table_owner_mismatch;
mod view_without_security_invoker;

pub(super) const RULES: &[&Rule] = &[
    &database_public_connect::RULE,
    &database_public_temp::RULE,
    &extension_in_public::RULE,
    &extension_untrusted_language::RULE,
    &function_search_path_mutable::RULE,
    &hba_any_address::RULE,
    &hba_error::RULE,
    &hba_ident_remote::RULE,
    &hba_password_plain::RULE,
    &hba_trust::RULE,
    &login_role_superuser::RULE,
    &matview_exposed::RULE,
    &mixed_table_owners::RULE,
    &password_expiry_none::RULE,
    &password_md5::RULE,
    &rls_enabled_no_policy::RULE,
    &rls_multiple_permissive::RULE,
    &rls_not_forced::RULE,
    &rls_per_row_function::RULE,
    &rls_policy_always_true::RULE,
    &rls_policy_without_rls::RULE,
    &rls_unindexed_policy_column::RULE,
    &role_powerful_membership::RULE,
    &schema_environment_name::RULE,
    &schema_no_default_privileges::RULE,
    &schema_owner_superuser::RULE,
    &schema_public_create::RULE,
    &search_path_writable::RULE,
    &security_definer_executable::RULE,
    &table_owner_mismatch::RULE,
    &view_without_security_invoker::RULE,
    &rls_disabled::RULE,
    &foreign_table_exposed::RULE,
    &sensitive_column_exposed::RULE,
];

/// Why lines of `pg_hba.conf` are not judged: SQL, NULL where they are.
pub(super) const HBA_BLIND: &str =
    "CASE WHEN NOT (pg_catalog.has_table_privilege('pg_catalog.pg_hba_file_rules', 'SELECT')
        AND pg_catalog.has_function_privilege('pg_catalog.pg_hba_file_rules()', 'EXECUTE'))
    THEN 'Only a superuser, and who is granted pg_hba_file_rules and its function, may read pg_hba.conf.' END";

/// Why it is not said how passwords are kept: SQL, NULL where it is.
const PASSWORDS_BLIND: &str = "CASE WHEN NOT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT') THEN 'Only a superuser may read how passwords are kept.' END";
