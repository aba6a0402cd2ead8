//! What is recorded, where, and what never is.

use pg_warden_tests::{Leg, Options, Result, cases, ensure, ensure_eq};

use crate::fixture::{fill, open, shop};

cases![
    a_line_of_json_a_decision,
    what_is_rolled_back_did_not_happen,
    only_the_statement_and_none_of_its_neighbours,
    secrets_are_not_recorded,
    blocked_ones_reach_the_table_where_the_library_is_preloaded,
    blocked_ones_stay_in_the_log_elsewhere,
    a_subscriber_to_everything_hears_nothing,
    a_preview_of_what_would_be_blocked,
    everybody_sees_their_own,
    a_year_of_it_is_pruned,
    an_index_built_concurrently_is_recorded,
];

const BLOCKED: &str = "CREATE INDEX orders_total_idx ON orders (total)";

fn a_line_of_json_a_decision(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    let outcome =
        s.run(&format!("SET client_min_messages = debug5; SET warden.notify = none; BEGIN; {BLOCKED}; ROLLBACK"))?;
    ensure!(outcome.notices.iter().all(|n| !n.message.contains("pg_warden journal")), "told to the client: {outcome}");
    s.run("RESET client_min_messages; RESET warden.notify; SET warden.mode = enforce")?;
    s.error(BLOCKED)?;
    s.run("SET warden.bypass = 'the release'")?;
    s.run(&format!("{BLOCKED}; RESET warden.bypass"))?;
    s.run("/* warden:allow create-index-not-concurrent: at night */ CREATE INDEX i ON orders (total)")?;
    s.run(
        "SELECT warden.exempt('create-index-not-concurrent', 'orders', 'read only'); CREATE INDEX j ON orders (total)",
    )?;
    s.run("CREATE TABLE t (id serial PRIMARY KEY)")?;
    s.run("SET warden.journal = off; CREATE TABLE u (id serial PRIMARY KEY)")?;
    let lines = leg.cluster.journal_lines(db.name())?;
    let said: Vec<_> = lines
        .iter()
        .map(|entry| ["action", "rule", "reason"].map(|key| entry[key].as_str().unwrap_or("-").to_owned()).join(" "))
        .collect();
    ensure_eq!(
        said,
        [
            "would-block create-index-not-concurrent -",
            "blocked create-index-not-concurrent -",
            "bypassed create-index-not-concurrent the release",
            "allowed create-index-not-concurrent at night",
            "exempt create-index-not-concurrent read only",
            "warned column-type-serial -",
        ]
    );
    let keys =
        ["at", "level", "object", "message", "role", "session_role", "application", "tag", "source", "statement"];
    for entry in &lines {
        ensure!(keys.iter().all(|key| entry[key].is_string()) && entry["can_block"].is_boolean(), "{entry}");
    }
    ensure_eq!(lines[1]["object"], "public.orders");
    ensure_eq!(lines[1]["statement"], BLOCKED);
    ensure_eq!(lines[5]["object"], "public.t");
    Ok(())
}

fn what_is_rolled_back_did_not_happen(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    s.run("SET warden.journal = 'table'")?;
    s.run("BEGIN; CREATE TABLE a (id serial PRIMARY KEY); ROLLBACK")?;
    s.run(
        "BEGIN; CREATE TABLE b (id serial PRIMARY KEY); SAVEPOINT x; CREATE TABLE c (id serial PRIMARY KEY); ROLLBACK TO x;
         CREATE TABLE d (id serial PRIMARY KEY); COMMIT",
    )?;
    s.error("CREATE TABLE e (id serial PRIMARY KEY, PRIMARY KEY (id))")?;
    s.run("BEGIN; CREATE TABLE f (id serial PRIMARY KEY); PREPARE TRANSACTION 'journal'")?;
    ensure_eq!(s.column("SELECT object FROM warden.journal ORDER BY id")?, ["public.b", "public.d"]);
    s.run("COMMIT PREPARED 'journal'")?;
    s.run("BEGIN; CREATE TABLE g (a int); COMMIT")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', object, rule, tag) FROM warden.journal ORDER BY id OFFSET 2")?,
        ["public.f column-type-serial CREATE TABLE", "public.g table-without-primary-key COMMIT"]
    );
    // Whoever runs DDL needs no right on the table.
    let role = db.role("")?;
    s.run(&format!("GRANT CREATE ON SCHEMA public TO {role}; ALTER ROLE {role} SET warden.journal = 'table'"))?;
    db.session_as(&role)?.run("CREATE TABLE h (id serial PRIMARY KEY)")?;
    ensure_eq!(s.value("SELECT session_role FROM warden.journal WHERE object = 'public.h'")?, role);
    Ok(())
}

fn only_the_statement_and_none_of_its_neighbours(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.journal = 'table'")?;
    s.run("SELECT 1; CREATE TABLE a (id serial PRIMARY KEY) ; SELECT 'CREATE TABLE b'; CREATE SCHEMA s CREATE TABLE c (id serial PRIMARY KEY)")?;
    s.run("DO $$ BEGIN CREATE TABLE d (id serial PRIMARY KEY); END $$")?;
    ensure_eq!(
        s.column("SELECT statement FROM warden.journal ORDER BY id")?,
        ["CREATE TABLE a (id serial PRIMARY KEY)", "CREATE SCHEMA s CREATE TABLE c (id serial PRIMARY KEY)", "∅"]
    );
    Ok(())
}

fn secrets_are_not_recorded(leg: &Leg) -> Result {
    const CANARY: &str = "S3cr3t-canary";
    let (db, mut s) = open(leg)?;
    let role = db.role("")?;
    s.run("SET warden.journal = 'table'; SET warden.rule_levels = 'column-type-money=warning, identifier-not-lowercase=warning, identifier-reserved-word=warning'")?;
    s.run(&format!(
        "ALTER ROLE {role} PASSWORD '{CANARY}'; CREATE TABLE a (id bigint PRIMARY KEY, price money); ALTER ROLE {role} PASSWORD '{CANARY}'"
    ))?;
    s.script(&format!(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (password '{CANARY}');
         CREATE USER MAPPING FOR {role} SERVER s OPTIONS (user 'u', password '{CANARY}');
         CREATE FOREIGN TABLE f (\"Price\" int OPTIONS (key '{CANARY}')) SERVER s OPTIONS (a '(x', password '{CANARY}');
         ALTER FOREIGN TABLE f ADD COLUMN \"More\" int, OPTIONS (ADD token '{CANARY}')",
    ))?;
    s.run("SET warden.mode = enforce; SET warden.rule_levels = 'identifier-not-lowercase=error'")?;
    s.error(&format!("CREATE FOREIGN TABLE g (\"Price\" int) SERVER s OPTIONS (password '{CANARY}')"))?;
    let statements = s.column("SELECT statement FROM warden.journal ORDER BY id")?;
    ensure!(statements.len() >= 2 && statements.iter().any(|s| s.contains("OPTIONS (...)")), "{statements:?}");
    ensure!(statements.iter().all(|s| !s.contains(CANARY)), "{statements:?}");
    let lines = leg.cluster.journal_lines(db.name())?;
    ensure!(!lines.is_empty() && lines.iter().all(|line| !line.to_string().contains(CANARY)), "{lines:?}");
    Ok(())
}

fn blocked_ones_reach_the_table_where_the_library_is_preloaded(leg: &Leg) -> Result {
    let settings = ["shared_preload_libraries = 'pg_warden'", "warden.journal = 'table'"].map(str::to_owned).to_vec();
    let cluster = leg.own_cluster(&Options { settings, ..Options::default() })?;
    let db = cluster.database()?;
    fill(&db)?;
    let mut s = db.session()?;
    s.run("SET warden.mode = enforce")?;
    s.error(BLOCKED)?;
    let written = "SELECT concat_ws(' ', action, rule, statement) FROM warden.journal";
    s.wait_for(written, &format!("blocked create-index-not-concurrent {BLOCKED}"))?;
    s.run("SET warden.rule_levels = 'table-without-primary-key=error'")?;
    s.error("BEGIN; CREATE TABLE keyless (a int); COMMIT")?;
    s.wait_for("SELECT count(*) FROM warden.journal WHERE source = 'commit'", "1")?;
    // It stops at once when told to, and another one goes on.
    s.error(BLOCKED)?;
    s.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_warden journal'")?;
    s.wait_for("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_warden journal'", "0")?;
    s.error(BLOCKED)?;
    s.wait_for("SELECT count(*) >= 3 FROM warden.journal", "t")?;
    s.wait_for("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_warden journal'", "0")?;
    let name = db.name().to_owned();
    drop(s);
    cluster.connect("postgres")?.run(&format!("DROP DATABASE {name}"))?;
    Ok(())
}

fn blocked_ones_stay_in_the_log_elsewhere(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    s.run("SET warden.journal = 'table'; SET warden.mode = enforce")?;
    s.error(BLOCKED)?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.journal")?, "0");
    ensure_eq!(leg.cluster.journal_lines(db.name())?.len(), 1);
    let told = s.value("SELECT detail FROM warden.status WHERE item = 'journal'")?;
    ensure!(told.contains("in the server log alone"), "{told}");
    // Where no worker can be had, blocking goes on.
    let settings = ["shared_preload_libraries = 'pg_warden'", "max_worker_processes = 0", "warden.journal = 'table'"];
    let cluster = leg.own_cluster(&Options { settings: settings.map(str::to_owned).to_vec(), ..Options::default() })?;
    let db = cluster.database()?;
    fill(&db)?;
    let mut s = db.session()?;
    s.run("SET warden.mode = enforce")?;
    ensure_eq!(s.error(BLOCKED)?.rule(), Some("create-index-not-concurrent"));
    ensure_eq!(cluster.journal_lines(db.name())?.len(), 1);
    Ok(())
}

fn a_subscriber_to_everything_hears_nothing(leg: &Leg) -> Result {
    let settings = ["wal_level = logical", "wal_retrieve_retry_interval = '100ms'", "warden.journal = 'table'"];
    let cluster = leg.own_cluster(&Options { settings: settings.map(str::to_owned).to_vec(), ..Options::default() })?;
    let (publisher, subscriber) = (cluster.database()?, cluster.bare_database()?);
    fill(&publisher)?;
    let (mut here, mut there) = (publisher.session()?, subscriber.session()?);
    here.script("CREATE TABLE t (a int PRIMARY KEY); CREATE PUBLICATION p FOR ALL TABLES; SELECT pg_create_logical_replication_slot('s', 'pgoutput')")?;
    there.run("CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE customers (id bigint PRIMARY KEY, name text); CREATE TABLE orders (id bigint PRIMARY KEY)")?;
    let connection = format!("host={} dbname={} user=postgres", cluster.root().display(), publisher.name());
    // Not of the tables that are there: this subscriber has none of pg_warden's.
    let refused = there.outcome(&format!(
        "CREATE SUBSCRIPTION s CONNECTION '{connection}' PUBLICATION p WITH (create_slot = false, copy_data = false, connect = false, slot_name = 's')"
    ));
    ensure!(refused.error.is_none(), "{refused}");
    there.run("ALTER SUBSCRIPTION s ENABLE")?;
    here.script(
        "SELECT warden.set_mode('enforce'); SELECT warden.apply_preset('strict'); SELECT warden.apply_preset('relaxed');
         SELECT warden.exempt('create-index-not-concurrent', 'orders', 'r'); CREATE INDEX i ON orders (total);
         ALTER TABLE orders RENAME TO bookings; SELECT warden.unexempt(1); SELECT warden.disable(); SELECT warden.enable()",
    )?;
    here.run("SELECT warden.set_level('column-type-serial', 'warning'); CREATE TABLE u (id serial PRIMARY KEY)")?;
    ensure_eq!(here.value("SELECT count(*) FROM warden.journal")?, "0");
    ensure_eq!(here.value("SELECT count(*) FROM warden_internal.exemption_use")?, "0");
    ensure_eq!(here.value("SELECT value FROM warden.status WHERE item = 'journal'")?, "not written");
    let why = here.value("SELECT detail FROM warden.status WHERE item = 'journal'")?;
    ensure!(why.contains("publication p "), "{why}");
    here.run("INSERT INTO t VALUES (1)")?;
    there.wait_for("SELECT count(*) FROM pg_stat_subscription_stats WHERE apply_error_count > 0", "0")?;
    here.run("SELECT pg_current_wal_lsn()")?;
    here.wait_for(
        "SELECT confirmed_flush_lsn >= pg_current_wal_lsn() - 1000 FROM pg_replication_slots WHERE slot_name = 's'",
        "t",
    )?;
    ensure_eq!(there.value("SELECT apply_error_count FROM pg_stat_subscription_stats")?, "0");
    there.run("ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s")?;
    here.run("SELECT pg_drop_replication_slot('s'); DROP PUBLICATION p; CREATE TABLE v (id serial PRIMARY KEY)")?;
    ensure_eq!(here.value("SELECT count(*) FROM warden.journal")?, "1", "and on it goes");
    Ok(())
}

fn a_preview_of_what_would_be_blocked(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let preview = "SELECT concat_ws(' ', role, application, rule, decisions, object) FROM warden.preview_enforce()";
    let said = s.run(preview)?;
    ensure!(said.notices.iter().any(|n| n.severity == "NOTICE" && n.hint().contains("warden.journal")), "{said}");
    s.run("SET warden.journal = 'table'")?;
    s.run(&format!("{BLOCKED}; DROP INDEX orders_total_idx"))?;
    s.run(BLOCKED)?;
    s.run("CREATE TABLE t (id serial PRIMARY KEY)")?;
    let index = "postgres pg_warden-tests create-index-not-concurrent 2 public.orders";
    ensure_eq!(s.column(preview)?, [index]);
    s.run("SELECT warden.set_level('column-type-serial', 'error')")?;
    ensure_eq!(s.column(preview)?, [index, "postgres pg_warden-tests column-type-serial 1 public.t"]);
    s.run("SELECT warden.exempt('create-index-not-concurrent', 'orders', 'r'), warden.set_level('column-type-serial', 'info')")?;
    ensure_eq!(s.column(preview)?, Vec::<String>::new());
    ensure_eq!(s.column("SELECT rule FROM warden.preview_enforce('-1 day')")?, Vec::<String>::new());
    Ok(())
}

fn everybody_sees_their_own(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let mut admin = db.session()?;
    admin.run("SET warden.journal = 'table'; CREATE TABLE a (id serial PRIMARY KEY)")?;
    let (ann, bob) = (db.role("")?, db.role("")?);
    admin.run(&format!(
        "GRANT CREATE ON SCHEMA public TO {ann}, {bob}; ALTER DATABASE {} SET warden.journal = 'table'",
        db.name()
    ))?;
    for (role, table) in [(&ann, "of_ann"), (&bob, "of_bob")] {
        db.session_as(role)?.run(&format!("CREATE TABLE {table} (id serial PRIMARY KEY)"))?;
    }
    let mut s = db.session_as(&ann)?;
    ensure_eq!(s.column("SELECT object FROM warden.recent")?, ["public.of_ann"]);
    // A function that tells what it is shown sees no more than its caller.
    s.run("CREATE FUNCTION pg_temp.leak(text) RETURNS bool LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE 'seen: %', $1; RETURN true; END $$")?;
    let said = s.run("SELECT count(*) FROM warden.recent WHERE pg_temp.leak(object)")?;
    ensure_eq!(said.notices.iter().filter(|n| n.message.starts_with("seen")).count(), 1, "{said}");
    for sql in [
        "SELECT * FROM warden.journal",
        "SELECT * FROM warden_internal.journal",
        "COPY warden_internal.journal TO STDOUT",
        "DELETE FROM warden.recent",
        "INSERT INTO warden.recent (rule) VALUES ('x')",
        "SELECT warden.prune_journal('0')",
        "SELECT * FROM warden.preview_enforce()",
        "TRUNCATE warden_internal.journal",
    ] {
        ensure_eq!(s.error(sql)?.sqlstate, "42501", "{sql}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_stats WHERE schemaname = 'warden_internal'")?, "0");
    Ok(())
}

fn a_year_of_it_is_pruned(leg: &Leg) -> Result {
    let rows = if std::env::var_os("PG_WARDEN_FULL").is_some() { 1_000_000 } else { 36_500 };
    let (db, mut s) = open(leg)?;
    s.run(&format!(
        "INSERT INTO warden_internal.journal (at, action, level, rule, message, role, session_role, database, tag, source, can_block)
         SELECT now() - i * interval '365 days' / {rows}, 'warned', 'warning', 'drop-table', 'm', 'r', 'r', 'd', 'DROP TABLE', 'start', true
         FROM generate_series(1, {rows}) i; ANALYZE warden_internal.journal"
    ))?;
    let plan = s.column("EXPLAIN SELECT * FROM warden.journal WHERE at > now() - interval '1 day'")?.join("\n");
    ensure!(plan.contains("journal_at_idx"), "{plan}");
    let old = "SELECT count(*) FROM warden.journal WHERE at < now() - interval '90 days'";
    let before: u64 = s.value(old)?.parse()?;
    // By itself, a little at a time.
    db.session()?.run("SET warden.journal = 'table'; CREATE TABLE t (id serial PRIMARY KEY)")?;
    let after: u64 = s.value(old)?.parse()?;
    ensure!(after < before && after > before - 1_000, "{before} before, {after} after");
    let pruned: u64 = s.value("SELECT warden.prune_journal()")?.parse()?;
    ensure!(pruned >= after && pruned <= after + 10, "{pruned} of {after}");
    ensure_eq!(s.value(old)?, "0");
    ensure!(s.value("SELECT count(*) FROM warden.journal")?.parse::<u64>()? >= rows / 5, "what is younger stays");
    Ok(())
}

fn an_index_built_concurrently_is_recorded(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let mut s = db.session()?;
    s.run("SET warden.journal = 'table'; SET warden.rule_levels = 'concurrent-index-unnamed=warning'")?;
    s.run("CREATE INDEX CONCURRENTLY ON orders (total)")?;
    s.error("CREATE UNIQUE INDEX CONCURRENTLY ON orders (customer_id)")?;
    s.run("SELECT warden.exempt('drop-index-not-concurrent', 'orders_total_idx', 'r')")?;
    s.run("DROP INDEX CONCURRENTLY orders_total_idx")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', rule, action, tag, statement) FROM warden.journal")?,
        ["concurrent-index-unnamed warned CREATE INDEX CREATE INDEX CONCURRENTLY ON orders (total)"],
        "what failed did not happen"
    );
    Ok(())
}
