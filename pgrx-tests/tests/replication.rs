//! What subscribers and standbys go through while DDL runs: seen on real ones, in clusters of their own.

use std::time::{Duration, Instant};

use pg_warden_tests::{Cluster, Leg, Options, Result, Standby, cases, ensure, ensure_eq};

cases![a_subscriber_stops_and_goes_on, a_standby_cancels_queries];

/// DDL on the publisher, a change of rows, what mends it on the subscriber, and the table as both then have it.
const STOPS: [(&str, &str, &str, &str); 5] = [
    ("ADD COLUMN c int", "INSERT INTO t (a, b) VALUES (2, 2)", "ALTER TABLE t ADD COLUMN c int", "(1,1,) (2,2,)"),
    ("DROP COLUMN b", "INSERT INTO t VALUES (2)", "ALTER TABLE t ALTER COLUMN b DROP NOT NULL", "(1) (2)"),
    ("RENAME COLUMN b TO c", "DELETE FROM t", "ALTER TABLE t RENAME COLUMN b TO c", "∅"),
    (
        "ALTER COLUMN b TYPE bigint",
        "INSERT INTO t VALUES (2, 3000000000)",
        "ALTER TABLE t ALTER COLUMN b TYPE bigint",
        "(1,1) (2,3000000000)",
    ),
    (
        "DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (b)",
        "UPDATE t SET a = 5",
        "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (b)",
        "(5,1)",
    ),
];

fn a_subscriber_stops_and_goes_on(leg: &Leg) -> Result {
    let settings = ["wal_level = logical", "wal_retrieve_retry_interval = '100ms'"].map(str::to_owned).to_vec();
    let cluster = leg.own_cluster(&Options { settings, ..Options::default() })?;
    for case in STOPS {
        stops_and_goes_on(&cluster, case).map_err(|e| format!("{}: {}", case.0, e.message().unwrap_or_default()))?;
    }
    Ok(())
}

fn stops_and_goes_on(cluster: &Cluster, (ddl, change, cure, rows): (&str, &str, &str, &str)) -> Result {
    let (publisher, subscriber) = (cluster.database()?, cluster.bare_database()?);
    let (mut here, mut there) = (publisher.session()?, subscriber.session()?);
    let table = "CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL)";
    here.script(&format!(
        "{table}; CREATE PUBLICATION p FOR TABLE t; SELECT pg_create_logical_replication_slot('s', 'pgoutput')"
    ))?;
    there.run(table)?;
    // A subscription cannot make the slot in its own cluster: it would wait for its own transaction.
    let connection = format!("host={} dbname={} user=postgres", cluster.root().display(), publisher.name());
    there.run(&format!(
        "CREATE SUBSCRIPTION s CONNECTION '{connection}' PUBLICATION p WITH (create_slot = false, copy_data = false)"
    ))?;
    here.run("INSERT INTO t VALUES (1, 1)")?;
    there.wait_for("SELECT count(*) FROM t", "1")?;

    // From another session, for which the table is not new.
    let said = publisher.session()?.outcome(&format!("ALTER TABLE t {ddl}"));
    said.finding("published-table-ddl")?;
    ensure!(said.error.is_none(), "{said}");
    here.run(change)?;
    there.wait_for("SELECT apply_error_count > 0 FROM pg_stat_subscription_stats", "t")?;
    there.run(cure)?;
    let all = |columns: &str| format!("SELECT string_agg(({columns})::text, ' ' ORDER BY 1) FROM t");
    ensure_eq!(here.value(&all("t"))?, rows);
    // What is not sent any more is not compared.
    let columns = if ddl == "DROP COLUMN b" { "ROW(a)" } else { "t" };
    there.wait_for(&all(columns), rows)?;
    there.script("ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s")?;
    here.wait_for("SELECT count(*) FROM pg_replication_slots WHERE active", "0")?;
    here.run("SELECT pg_drop_replication_slot('s')")?;
    Ok(())
}

fn a_standby_cancels_queries(leg: &Leg) -> Result {
    const RULE: &str = "ddl-cancels-standby-queries";
    let cluster = leg.own_cluster(&Options::default())?;
    let db = cluster.database()?;
    let role = db.role("")?;
    db.session()?.script(&format!(
        "SET warden.mode = off; CREATE TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE t OWNER TO {role};
         ALTER DATABASE {} SET warden.notify = info",
        db.name()
    ))?;
    let alone = db.session()?.outcome("ALTER TABLE t ADD COLUMN b int");
    ensure!(alone.finding(RULE).is_err(), "no standby is there: {alone}");

    let standby = Standby::of(&cluster)?;
    let mut reader = standby.connect(db.name())?;
    reader.script("SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT * FROM t")?;
    let mut s = db.session()?;
    let said = s.outcome("ALTER TABLE t ADD COLUMN c int");
    let finding = said.finding(RULE)?;
    ensure_eq!(finding.severity, "NOTICE");
    ensure!(finding.detail().contains("\"walreceiver\""), "{finding}");
    ensure!(s.outcome("ALTER TABLE t ADD COLUMN d int").finding(RULE).is_err(), "it is said once a session");
    // The reader was idle in its transaction: it is ended.
    let began = Instant::now();
    while reader.outcome("SELECT 1").error.is_none() {
        ensure!(began.elapsed() < Duration::from_secs(30), "the standby let its reader go on");
        std::thread::sleep(Duration::from_millis(100));
    }

    let hidden = db.session_as(&role)?.outcome("ALTER TABLE t ADD COLUMN e int");
    let finding = hidden.finding(RULE)?;
    ensure!(finding.severity == "NOTICE" && finding.message.starts_with("not checked: "), "{hidden}");
    db.session()?.run(&format!("GRANT pg_read_all_stats TO {role}"))?;
    ensure!(
        !db.session_as(&role)?.outcome("ALTER TABLE t ADD COLUMN f int").finding(RULE)?.message.contains("not checked")
    );
    Ok(())
}
