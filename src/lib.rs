//! pg_warden carries a PostgreSQL design guide out inside the database.

use pgrx::prelude::*;

mod ast;
mod audit;
mod background;
mod config;
mod effects;
mod error;
mod explain;
mod facts;
mod finding;
mod guard;
mod help;
mod lint;
mod partition;
mod policy;
mod report;
mod rows;
mod rules;
mod server;
mod spi;
mod status;
mod store;
mod text;
mod transaction;

::pgrx::pg_module_magic!(name, version);

extension_sql_file!("../sql/schema.sql", name = "schema", bootstrap);
extension_sql_file!("../sql/policy.sql", name = "policy", requires = ["schema"]);
extension_sql_file!("../sql/partition_conversion.sql", name = "partition_conversion", requires = ["schema"]);
extension_sql_file!(
    "../sql/views.sql",
    name = "views",
    requires = ["policy", audit::todo::todo_rows, help::rule_rows, status::status_rows, policy::journal::would_block]
);
extension_sql_file!(
    "../sql/partitions.sql",
    name = "partitions",
    requires = [
        "schema",
        partition::list::range_partitioned,
        partition::list::partition_encoding,
        partition::list::key_time,
        partition::list::key_value
    ]
);
extension_sql_file!("../sql/partition_removal.sql", name = "partition_removal", requires = ["schema"]);
extension_sql_file!("../sql/partition_schedule.sql", name = "partition_schedule", requires = ["schema"]);
extension_sql_file!(
    "../sql/partition_advice.sql",
    name = "partition_advice",
    requires = ["schema", partition::list::named_relation]
);
extension_sql_file!("../sql/partition_policy.sql", name = "partition_policy", requires = ["policy", "partitions"]);
extension_sql_file!(
    "../sql/partition_log.sql",
    name = "partition_log",
    requires = ["partition_policy", "partition_schedule", "partitions"]
);
extension_sql_file!(
    "../sql/partition_check.sql",
    name = "partition_check",
    requires = ["partition_log", partition::row_security::policies_for, partition::row_security::policy_hindrance]
);
extension_sql_file!("../sql/partition_adoption.sql", name = "partition_adoption", requires = ["schema"]);
extension_sql_file!("../sql/finalize.sql", name = "finalize", finalize);

/// Called by the server when it loads the library, in each session or for all of them at start.
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    config::refuse_options_of_users();
    config::define();
    guard::commit::register();
    guard::journal::ring::reserve();
    store::register();
    partition::worker::register();
}

// Unit tests have no server to find its symbols in: see build.rs.
#[cfg(test)]
#[allow(unsafe_code)]
#[link(name = "server_symbols", kind = "static")]
unsafe extern "C" {}
