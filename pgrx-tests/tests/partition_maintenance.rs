//! Maintenance of managed tables.

use pg_warden_tests::cases;

cases![];
