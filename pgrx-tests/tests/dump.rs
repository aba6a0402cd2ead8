//! Dump, restore, dump: nothing is lost, and a restore is not disturbed.

use pg_warden_tests::cluster::succeed;
use pg_warden_tests::{Database, Leg, Result, cases, ensure, ensure_eq};

use crate::fixture::fill;

cases![
    plain_text_comes_back_the_same,
    archive_comes_back_the_same,
    restore_into_an_enforcing_database,
    restore_over_a_strict_setting
];

/// More than the shop: what a dump brings back by statements that the guard would have things to say about.
const MORE: &str = "SET warden.mode = off;
    CREATE TABLE legacy (id serial, a int, order_id bigint REFERENCES orders (id), CHECK (a > 0));
    CREATE INDEX legacy_a ON legacy (a);
    INSERT INTO legacy (a, order_id) SELECT i, 1 + i % 100 FROM generate_series(1, 3000) i;
    ALTER TABLE orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id);
    CREATE TABLE events (id bigint, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE VIEW v AS SELECT * FROM orders;
    CREATE MATERIALIZED VIEW m AS SELECT customer_id, count(*) FROM orders GROUP BY 1;
    CREATE UNIQUE INDEX ON m (customer_id);";

fn source(leg: &Leg) -> Result<Database<'_>> {
    let db = leg.database()?;
    fill(&db)?;
    db.session()?.run(MORE)?;
    Ok(db)
}

fn same(first: &str, second: &str) -> Result {
    ensure!(first.contains("CREATE EXTENSION IF NOT EXISTS pg_warden"), "the extension is not in the dump");
    let different: Vec<_> = first.lines().zip(second.lines()).filter(|(a, b)| a != b).take(10).collect();
    ensure!(first == second, "the second dump differs: {different:#?}");
    Ok(())
}

fn plain_text_comes_back_the_same(leg: &Leg) -> Result {
    let from = source(leg)?;
    let first = from.dump()?;
    let to = leg.cluster.bare_database()?;
    let said = to.psql(&format!("\\set ON_ERROR_STOP on\n\\o /dev/null\n{first}\n"))?;
    ensure!(!said.contains("WARNING") && !said.contains("ERROR"), "{said}");
    same(&first, &to.dump()?)
}

fn archive_comes_back_the_same(leg: &Leg) -> Result {
    let from = source(leg)?;
    let first = from.dump()?;
    let file = leg.cluster.root().join(format!("{}.dump", from.name()));
    succeed(from.client("pg_dump").args(["-Fc", "-f"]).arg(&file))?;
    for jobs in ["1", "2"] {
        let to = leg.cluster.bare_database()?;
        let output =
            succeed(to.client("pg_restore").args(["--exit-on-error", "-j", jobs, "-d", to.name()]).arg(&file))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(!said.contains("WARNING"), "-j {jobs}: {said}");
        same(&first, &to.dump()?)?;
    }
    Ok(())
}

fn restore_into_an_enforcing_database(leg: &Leg) -> Result {
    let from = source(leg)?;
    let first = from.dump()?;
    let file = leg.cluster.root().join(format!("{}.dump", from.name()));
    succeed(from.client("pg_dump").args(["-Fc", "-f"]).arg(&file))?;
    let to = leg.cluster.bare_database()?;
    // As the documentation says.
    leg.cluster.connect("postgres")?.run(&format!(
        "ALTER DATABASE {0} SET warden.mode = enforce; ALTER DATABASE {0} SET warden.large_table_rows = 10",
        to.name()
    ))?;
    let restore = || {
        let mut restore = to.client("pg_restore");
        restore.args(["--exit-on-error", "-d", to.name()]).arg(&file);
        restore
    };
    succeed(restore().env("PGOPTIONS", "-c warden.mode=off"))?;
    same(&first, &to.dump()?)
}

fn restore_over_a_strict_setting(leg: &Leg) -> Result {
    // Without the mode off a restore may be refused, but clearly: by a rule, not by an accident.
    let from = source(leg)?;
    let file = leg.cluster.root().join(format!("{}.dump", from.name()));
    succeed(from.client("pg_dump").args(["-Fc", "-f"]).arg(&file))?;
    let to = leg.cluster.bare_database()?;
    leg.cluster.connect("postgres")?.run(&format!(
        "ALTER DATABASE {0} SET warden.mode = enforce; ALTER DATABASE {0} SET warden.rule_levels = 'table-without-primary-key=error'",
        to.name()
    ))?;
    let refused = succeed(to.client("pg_restore").args(["--exit-on-error", "-d", to.name()]).arg(&file));
    if let Err(e) = refused {
        let said = e.message().unwrap_or_default().to_owned();
        ensure!(said.contains("[table-without-primary-key]") || said.contains("[foreign-key-without-index]"), "{said}");
    }
    ensure_eq!(to.session()?.value("SELECT 1")?, "1");
    Ok(())
}
