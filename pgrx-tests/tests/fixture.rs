//! The shop that most tests work on: small, but large by its settings.

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Database, Leg, Result, Session};

/// Rows of `orders`, from half of which on a table is large.
pub const ROWS: u32 = 2000;

/// Rules at level error that a single statement on [`shop`] can break, with such a statement.
pub const ERRORS: [(&str, &str); 7] = [
    ("create-index-not-concurrent", "CREATE INDEX orders_customer_id_idx ON orders (customer_id)"),
    (
        "add-foreign-key-validates",
        "ALTER TABLE orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id)",
    ),
    ("add-check-validates", "ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0)"),
    ("set-not-null-scan", "ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL"),
    ("add-column-volatile-default", "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid()"),
    ("alter-column-type-rewrite", "ALTER TABLE orders ALTER COLUMN total TYPE bigint"),
    ("add-unique-builds-index", "ALTER TABLE orders ADD CONSTRAINT orders_id_placed_key UNIQUE (id, placed)"),
];

/// The others of the first slice, but for the two judged at commit.
pub const WARNINGS: [(&str, &str); 4] = [
    ("drop-index-not-concurrent", "DROP INDEX orders_placed_idx"),
    ("column-type-serial", "CREATE TABLE tickets (id serial PRIMARY KEY)"),
    ("add-column-required", "ALTER TABLE orders ADD COLUMN channel text NOT NULL"),
    ("lock-timeout-missing", "SET lock_timeout = 0; ALTER TABLE orders ADD COLUMN remark text"),
];

/// A database with `customers` (small) and `orders` (large), where `lock_timeout` is set, so that only what a test is about is found.
pub fn shop(leg: &Leg) -> Result<Database<'_>> {
    let db = leg.database()?;
    fill(&db)?;
    Ok(db)
}

/// Fills a database as [`shop`] does.
pub fn fill(db: &Database<'_>) -> Result {
    let mut s = db.session_with("-c warden.mode=off")?;
    s.run(&format!(
        "CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
         CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint, code varchar(10), total int,
                              at timestamp, placed timestamptz NOT NULL DEFAULT now());
         CREATE INDEX orders_placed_idx ON orders (placed);
         INSERT INTO customers (name) SELECT 'customer ' || i FROM generate_series(1, 100) i;
         INSERT INTO orders (customer_id, code, total, at) SELECT 1 + i % 100, 'c' || i % 7, i, now() FROM generate_series(1, {ROWS}) i;
         ANALYZE customers, orders;
         ALTER DATABASE {name} SET warden.large_table_rows = {large};
         ALTER DATABASE {name} SET lock_timeout = '90s';",
        name = db.name(),
        large = ROWS / 2
    ))?;
    Ok(())
}

/// [`shop`] with a session in it.
pub fn open(leg: &Leg) -> Result<(Database<'_>, Session)> {
    let db = shop(leg)?;
    let session = db.session()?;
    Ok((db, session))
}

/// Leaves the audit of a database to these rules: how many others there are, and what they find of a test's server, is not
/// what such a test is about.
pub fn only_rules(s: &mut Session, rules: &[&str]) -> Result {
    let rules = rules.iter().map(|rule| literal(rule)).collect::<Vec<_>>().join(", ");
    s.run(&format!(
        "SELECT warden.set_level(rule, 'off') FROM warden.rules WHERE checks LIKE '%audit%' AND rule NOT IN ({rules})"
    ))?;
    Ok(())
}
