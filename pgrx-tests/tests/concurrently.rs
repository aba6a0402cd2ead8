//! Statements that open transactions of their own, where no snapshot is active when the guard is called: on servers with assertions.

use pg_warden_tests::{Leg, Result, cases, ensure, ensure_eq};

use crate::fixture::open;

cases![
    create_index_concurrently,
    create_index_concurrently_that_fails,
    reindex_concurrently,
    drop_index_concurrently,
    detach_concurrently,
    refresh_concurrently,
    in_every_mode_and_level,
    attach_and_detach,
    inside_a_block_the_server_refuses,
    while_somebody_holds_a_lock,
];

fn create_index_concurrently(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for sql in [
        "CREATE INDEX CONCURRENTLY a ON orders (customer_id)",
        "CREATE UNIQUE INDEX CONCURRENTLY b ON orders (id, total)",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON orders (customer_id)",
        "CREATE INDEX CONCURRENTLY orders_next_idx ON orders ((total + 1)) WHERE total > 10",
        "CREATE INDEX CONCURRENTLY ON customers (name)",
    ] {
        let outcome = s.outcome(sql);
        ensure!(outcome.error.is_none() && outcome.rules().is_empty(), "{sql}: {outcome}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid")?, "0");
    Ok(())
}

fn create_index_concurrently_that_fails(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    ensure_eq!(s.error("CREATE UNIQUE INDEX CONCURRENTLY bad ON orders (code)")?.sqlstate, "23505");
    ensure_eq!(s.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'bad'::regclass")?, "f");
    // Nothing is left over in the session.
    let outcome = s.run("BEGIN; CREATE TABLE fine (id int PRIMARY KEY); COMMIT")?;
    ensure!(outcome.findings().is_empty(), "{outcome}");
    s.run("DROP INDEX CONCURRENTLY bad")?;
    Ok(())
}

fn reindex_concurrently(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    for sql in [
        "REINDEX INDEX CONCURRENTLY orders_placed_idx".to_owned(),
        "REINDEX TABLE CONCURRENTLY orders".to_owned(),
        "REINDEX SCHEMA CONCURRENTLY public".to_owned(),
        format!("REINDEX DATABASE CONCURRENTLY {}", db.name()),
        "REINDEX INDEX orders_placed_idx".to_owned(),
    ] {
        let outcome = s.outcome(&sql);
        ensure!(outcome.error.is_none(), "{sql}: {outcome}");
    }
    Ok(())
}

fn drop_index_concurrently(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for sql in ["DROP INDEX CONCURRENTLY orders_placed_idx", "DROP INDEX CONCURRENTLY IF EXISTS orders_placed_idx"] {
        let outcome = s.outcome(sql);
        ensure!(outcome.error.is_none() && outcome.rules().is_empty(), "{sql}: {outcome}");
    }
    s.error("DROP INDEX CONCURRENTLY orders_pkey")?;
    Ok(())
}

const PARTITIONS: &str = "SET warden.mode = off;
    CREATE TABLE events (id bigint, at date NOT NULL, order_id bigint REFERENCES orders, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    INSERT INTO events SELECT i, date '2026-01-01' + (i % 2) * 40, 1 FROM generate_series(1, 3000) i;
    RESET warden.mode";

fn detach_concurrently(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(PARTITIONS)?;
    let outcome = s.outcome("ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY");
    ensure!(outcome.error.is_none() && outcome.rules().is_empty(), "{outcome}");
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass")?, "1");
    s.error("ALTER TABLE events DETACH PARTITION events_1 FINALIZE")?;
    Ok(())
}

fn attach_and_detach(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(PARTITIONS)?;
    s.run("ALTER TABLE events DETACH PARTITION events_1")?;
    s.run("ALTER TABLE events ATTACH PARTITION events_1 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')")?;
    s.run("DROP TABLE events")?;
    Ok(())
}

fn refresh_concurrently(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("CREATE MATERIALIZED VIEW m AS SELECT id, total FROM orders; CREATE UNIQUE INDEX ON m (id)")?;
    s.run("SET warden.mode = enforce; SET warden.rule_levels = 'table-without-primary-key=error'")?;
    let outcome = s.outcome("REFRESH MATERIALIZED VIEW CONCURRENTLY m");
    ensure!(outcome.error.is_none() && outcome.findings().is_empty(), "{outcome}");
    Ok(())
}

fn in_every_mode_and_level(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.rule_levels = 'foreign-key-without-index=error, table-without-primary-key=error'")?;
    for mode in ["off", "warn", "enforce"] {
        for notify in ["info", "warning", "none"] {
            s.run(&format!("SET warden.mode = {mode}; SET warden.notify = {notify}"))?;
            for sql in [
                "CREATE INDEX CONCURRENTLY a ON orders (customer_id)",
                "REINDEX TABLE CONCURRENTLY orders",
                "DROP INDEX CONCURRENTLY a",
            ] {
                let outcome = s.outcome(sql);
                ensure!(outcome.error.is_none(), "{mode}, {notify}: {sql}: {outcome}");
            }
        }
    }
    Ok(())
}

fn inside_a_block_the_server_refuses(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce; CREATE FUNCTION build() RETURNS void LANGUAGE plpgsql AS 'BEGIN CREATE INDEX CONCURRENTLY i ON orders (total); END'")?;
    s.run("BEGIN")?;
    ensure_eq!(s.error("CREATE INDEX CONCURRENTLY i ON orders (total)")?.sqlstate, "25001");
    s.run("ROLLBACK")?;
    ensure_eq!(s.error("SELECT build()")?.sqlstate, "25001");
    ensure_eq!(s.error("SELECT 1; CREATE INDEX CONCURRENTLY i ON orders (total)")?.sqlstate, "25001");
    Ok(())
}

fn while_somebody_holds_a_lock(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    s.run(PARTITIONS)?;
    let mut holder = db.session()?;
    holder.run("BEGIN; SELECT count(*) FROM orders, events; INSERT INTO orders (total) VALUES (1)")?;
    s.run("SET lock_timeout = '500ms'")?;
    for sql in [
        "CREATE INDEX CONCURRENTLY held ON orders (total)",
        "DROP INDEX CONCURRENTLY orders_placed_idx",
        "ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY",
    ] {
        let error = s.error(sql)?;
        ensure_eq!(error.sqlstate, "55P03", "{sql}: {error}");
        let outcome = s.run("BEGIN; CREATE TABLE fine (id int PRIMARY KEY); COMMIT; DROP TABLE fine")?;
        ensure!(outcome.rules().is_empty(), "{sql}: {outcome}");
    }
    holder.run("ROLLBACK")?;
    s.run("SET lock_timeout = '10s'")?;
    s.run("ALTER TABLE events DETACH PARTITION events_1 FINALIZE")?;
    s.run("DROP INDEX CONCURRENTLY held")?;
    Ok(())
}
