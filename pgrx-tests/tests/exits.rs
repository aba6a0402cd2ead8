//! Nobody is locked out: each exit works for those who may use it, and for nobody else.

use std::process::Stdio;

use pg_warden_tests::cluster::{feed, succeed};
use pg_warden_tests::{Database, Leg, Options, Result, Standby, cases, ensure, ensure_eq};

use crate::fixture::{fill, shop};

cases![
    superuser_sets_the_mode,
    superuser_disables_the_triggers,
    superuser_as_replica,
    superuser_switches_event_triggers_off,
    superuser_resets_the_database,
    superuser_drops_the_extension,
    single_user_mode,
    drop_install_drop_in_enforce,
    ordinary_user_cannot_weaken_the_guard,
    ordinary_user_at_connection,
    ordinary_user_in_a_function,
    delegation_by_grant,
    database_owner_cannot,
    database_owner_cannot_install,
    missing_library,
    standby_promoted_without_the_library,
    another_event_trigger_function_call,
];

const BLOCKED: &str = "CREATE INDEX i ON orders (customer_id)";

/// A database whose guard blocks everybody, superusers too.
fn locked(leg: &Leg) -> Result<Database<'_>> {
    let db = shop(leg)?;
    db.session()?.run(&format!("ALTER DATABASE {} SET warden.mode = enforce", db.name()))?;
    ensure_eq!(db.session()?.error(BLOCKED)?.rule(), Some("create-index-not-concurrent"));
    Ok(db)
}

fn superuser_sets_the_mode(leg: &Leg) -> Result {
    let db = locked(leg)?;
    let mut s = db.session()?;
    s.run("SET warden.mode = off")?;
    s.run(BLOCKED)?;
    s.run("DROP INDEX i; RESET warden.mode; BEGIN; SET LOCAL warden.mode = off; CREATE INDEX i ON orders (customer_id); COMMIT")?;
    ensure_eq!(
        s.error("CREATE INDEX j ON orders (customer_id)")?.rule(),
        Some("create-index-not-concurrent"),
        "SET LOCAL ended"
    );
    db.session_with("-c warden.mode=off")?.run("CREATE INDEX j ON orders (customer_id)")?;
    Ok(())
}

fn superuser_disables_the_triggers(leg: &Leg) -> Result {
    let db = locked(leg)?;
    let mut s = db.session()?;
    for trigger in ["pg_warden_start", "pg_warden_end", "pg_warden_rewrite", "pg_warden_drop"] {
        s.run(&format!("ALTER EVENT TRIGGER {trigger} DISABLE"))?;
    }
    let outcome = s.run(BLOCKED)?;
    ensure!(outcome.findings().is_empty(), "{outcome}");
    let outcome = s.run("BEGIN; CREATE TABLE keyless (a int); COMMIT")?;
    ensure!(outcome.findings().is_empty(), "{outcome}");
    for trigger in ["pg_warden_start", "pg_warden_end", "pg_warden_rewrite", "pg_warden_drop"] {
        s.run(&format!("ALTER EVENT TRIGGER {trigger} ENABLE"))?;
    }
    ensure_eq!(s.error("CREATE INDEX j ON orders (customer_id)")?.rule(), Some("create-index-not-concurrent"));
    // A member of the extension is not dropped by itself.
    ensure_eq!(s.error("DROP EVENT TRIGGER pg_warden_start")?.sqlstate, "2BP01");
    Ok(())
}

fn superuser_as_replica(leg: &Leg) -> Result {
    let db = locked(leg)?;
    db.session()?.run(&format!("SET session_replication_role = replica; {BLOCKED}"))?;
    Ok(())
}

fn superuser_switches_event_triggers_off(leg: &Leg) -> Result {
    let db = locked(leg)?;
    if leg.major >= 17 {
        db.session()?.run(&format!("SET event_triggers = off; {BLOCKED}"))?;
    } else {
        db.session()?.error("SET event_triggers = off")?;
    }
    Ok(())
}

fn superuser_resets_the_database(leg: &Leg) -> Result {
    let db = locked(leg)?;
    db.session()?.run(&format!("ALTER DATABASE {} RESET warden.mode", db.name()))?;
    let outcome = db.session()?.run(BLOCKED)?;
    ensure_eq!(outcome.rules(), vec!["create-index-not-concurrent"]);
    // Without the library in the session it is a word like any other, and can be reset all the same.
    let db = locked(leg)?;
    db.session_with("-c session_preload_libraries=")?.run(&format!("ALTER DATABASE {} RESET ALL", db.name()))?;
    db.session()?.run(BLOCKED)?;
    Ok(())
}

fn superuser_drops_the_extension(leg: &Leg) -> Result {
    let db = locked(leg)?;
    let mut s = db.session()?;
    s.run("DROP EXTENSION pg_warden")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_event_trigger")?, "0");
    ensure_eq!(s.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'warden%'")?, "0");
    let outcome = s.run(&format!("{BLOCKED}; CREATE TABLE a (b bigint REFERENCES customers)"))?;
    ensure!(outcome.notices.is_empty(), "{outcome}");
    Ok(())
}

fn single_user_mode(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options::default())?;
    let db = cluster.database()?;
    fill(&db)?;
    db.session()?.run(&format!("ALTER DATABASE {} SET warden.mode = enforce", db.name()))?;
    let name = db.name().to_owned();
    cluster.down()?;
    // Event triggers never fire there.
    let mut command = cluster.server_command("postgres");
    command.args(["--single", "-D"]).arg(cluster.data()).arg(&name).stdin(Stdio::piped());
    let said = feed(command, "CREATE INDEX single ON orders (customer_id)\n")?;
    cluster.up()?;
    ensure_eq!(db.session()?.value("SELECT to_regclass('single') IS NOT NULL")?, "t", "{said}");
    Ok(())
}

fn drop_install_drop_in_enforce(leg: &Leg) -> Result {
    let db = locked(leg)?;
    let mut s = db.session()?;
    for _ in 0..3 {
        s.run("DROP EXTENSION pg_warden")?;
        let outcome = s.run("CREATE EXTENSION pg_warden")?;
        ensure!(outcome.findings().is_empty(), "its own script: {outcome}");
        ensure!(
            outcome.notices.iter().filter(|n| n.severity == "NOTICE").count() == 1,
            "one NOTICE with what to type next: {outcome}"
        );
        ensure_eq!(s.error(BLOCKED)?.rule(), Some("create-index-not-concurrent"));
    }
    s.run("ALTER EXTENSION pg_warden UPDATE")?;
    Ok(())
}

/// Settings with which somebody could get past the guard.
const WEAKENING: [&str; 9] = [
    "warden.mode = off",
    "warden.mode = warn",
    "warden.mode = enforce",
    "warden.bypass = 'because'",
    "warden.inline_allow = 'all'",
    "warden.large_table_rows = 1000000000",
    "warden.large_table_size = '1TB'",
    "warden.rule_levels = 'create-index-not-concurrent=off'",
    "session_replication_role = replica",
];

/// Somebody who owns the tables, and nothing else.
fn owner<'a>(leg: &'a Leg) -> Result<(Database<'a>, String)> {
    let db = locked(leg)?;
    let role = db.role("")?;
    db.session()?.run(&format!("SET warden.mode = off; ALTER TABLE orders OWNER TO {role}; ALTER TABLE customers OWNER TO {role}; GRANT CREATE ON SCHEMA public TO {role}"))?;
    Ok((db, role))
}

fn ordinary_user_cannot_weaken_the_guard(leg: &Leg) -> Result {
    let (db, role) = owner(leg)?;
    let mut s = db.session_as(&role)?;
    // Settings that this version does not have are refused as unknown.
    let known = s.column("SELECT name FROM pg_settings WHERE name LIKE 'warden.%'")?;
    for setting in WEAKENING {
        let name = setting.split(' ').next().unwrap_or_default();
        let states: &[&str] = if name.starts_with("warden.") && !known.contains(&name.to_owned()) {
            &["42602", "42501", "42704"]
        } else {
            &["42501"]
        };
        for sql in [
            format!("SET {setting}"),
            format!("SET LOCAL {setting}"),
            format!("ALTER ROLE {role} SET {setting}"),
            format!("ALTER ROLE {role} IN DATABASE {} SET {setting}", db.name()),
        ] {
            s.run("BEGIN")?;
            let error = s.error(&sql)?;
            ensure!(states.contains(&error.sqlstate.as_str()), "{sql}: {error}");
            s.run("ROLLBACK")?;
        }
        let value = setting.split(' ').nth(2).unwrap_or_default().trim_matches('\'');
        s.error(&format!("SELECT set_config('{name}', '{value}', false)"))?;
    }
    for sql in [
        "ALTER EVENT TRIGGER pg_warden_start DISABLE",
        "DROP EVENT TRIGGER pg_warden_start",
        "DROP EXTENSION pg_warden",
        "ALTER EXTENSION pg_warden UPDATE",
        "ALTER SYSTEM SET warden.mode = off",
        "DROP SCHEMA warden CASCADE",
        "CREATE TABLE warden.mine (a int)",
        "CREATE FUNCTION warden.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "LOAD 'pg_warden_other'",
    ] {
        s.error(sql)?;
    }
    ensure_eq!(s.error(BLOCKED)?.rule(), Some("create-index-not-concurrent"));
    // What concerns only their own screen is theirs.
    s.run("SET warden.notify = info")?;
    Ok(())
}

fn ordinary_user_at_connection(leg: &Leg) -> Result {
    let (db, role) = owner(leg)?;
    for options in [
        "-c warden.mode=off",
        "-c warden.large_table_rows=1000000000",
        "-c session_preload_libraries=",
        "-c warden.rule_levels=create-index-not-concurrent=off",
    ] {
        let config = {
            let mut config = leg.cluster.config(db.name());
            config.user(&role).options(options);
            config
        };
        // Refused at once, or told and not heeded.
        if let Ok(mut s) = pg_warden_tests::Session::connect(&config) {
            let outcome = s.outcome(BLOCKED);
            let rule = outcome.error.as_ref().and_then(|e| e.rule());
            ensure_eq!(rule, Some("create-index-not-concurrent"), "{options}: not blocked: {outcome}");
        }
    }
    Ok(())
}

fn ordinary_user_in_a_function(leg: &Leg) -> Result {
    let (db, role) = owner(leg)?;
    let mut s = db.session_as(&role)?;
    let made = s.outcome("CREATE FUNCTION sneak() RETURNS void LANGUAGE plpgsql SET warden.mode = off AS $$BEGIN CREATE INDEX sneaked ON orders (customer_id); END$$");
    if made.error.is_none() {
        s.error("SELECT sneak()")?;
    }
    s.error("DO $$BEGIN SET warden.mode = off; CREATE INDEX sneaked ON orders (customer_id); END$$")?;
    s.error(
        "DO $$BEGIN SET LOCAL session_replication_role = replica; CREATE INDEX sneaked ON orders (customer_id); END$$",
    )?;
    // Caught errors do not wear it down.
    s.error("DO $$BEGIN FOR i IN 1..50 LOOP BEGIN CREATE INDEX sneaked ON orders (customer_id); EXCEPTION WHEN others THEN NULL; END; END LOOP;
             CREATE INDEX sneaked ON orders (customer_id); END$$")?;
    ensure_eq!(s.value("SELECT to_regclass('sneaked') IS NULL")?, "t");
    Ok(())
}

fn delegation_by_grant(leg: &Leg) -> Result {
    let (db, role) = owner(leg)?;
    db.session()?.run(&format!("GRANT SET ON PARAMETER warden.mode TO {role}"))?;
    let mut s = db.session_as(&role)?;
    s.run(&format!("SET warden.mode = off; {BLOCKED}"))?;
    db.session()?.run(&format!("REVOKE SET ON PARAMETER warden.mode FROM {role}"))?;
    db.session_as(&role)?.error("SET warden.mode = off")?;
    Ok(())
}

fn database_owner_cannot(leg: &Leg) -> Result {
    let (db, role) = owner(leg)?;
    db.session()?.run(&format!("ALTER DATABASE {} OWNER TO {role}", db.name()))?;
    let mut s = db.session_as(&role)?;
    for sql in [
        "ALTER EVENT TRIGGER pg_warden_start DISABLE".to_owned(),
        "ALTER EVENT TRIGGER pg_warden_start OWNER TO CURRENT_USER".to_owned(),
        "DROP EVENT TRIGGER pg_warden_start CASCADE".to_owned(),
        "DROP EXTENSION pg_warden CASCADE".to_owned(),
        "DROP SCHEMA warden CASCADE".to_owned(),
        "CREATE OR REPLACE FUNCTION warden.lint(script text, in_transaction boolean DEFAULT NULL) RETURNS SETOF warden.finding LANGUAGE sql AS 'SELECT NULL'".to_owned(),
        format!("ALTER DATABASE {} SET warden.mode = off", db.name()),
        format!("ALTER DATABASE {} SET warden.large_table_rows = 1000000000", db.name()),
        "SET warden.mode = off".to_owned(),
    ] {
        let error = s.error(&sql)?;
        ensure!(["42501", "2BP01"].contains(&error.sqlstate.as_str()), "{sql}: {error}");
    }
    // ALTER DATABASE … RESET ALL leaves what only a superuser may set.
    s.run(&format!("ALTER DATABASE {} RESET ALL", db.name()))?;
    ensure!(
        db.session()?.value("SELECT array_to_string(setconfig, ',') FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())")?.contains("warden.mode=enforce"),
        "RESET ALL took the mode away"
    );
    ensure_eq!(db.session_as(&role)?.error(BLOCKED)?.rule(), Some("create-index-not-concurrent"));
    Ok(())
}

fn database_owner_cannot_install(leg: &Leg) -> Result {
    let db = leg.cluster.bare_database()?;
    let role = db.role("CREATEDB CREATEROLE")?;
    db.session()?.run(&format!("ALTER DATABASE {} OWNER TO {role}", db.name()))?;
    let error = db.session_as(&role)?.error("CREATE EXTENSION pg_warden")?;
    ensure_eq!(error.sqlstate, "42501", "{error}");
    Ok(())
}

fn missing_library(leg: &Leg) -> Result {
    let db = shop(leg)?;
    // The installation is shared by all tests, so the functions are told to look for a file that is not there.
    db.session_with("-c warden.mode=off")?
        .run("UPDATE pg_proc SET probin = '$libdir/pg_warden_missing' WHERE probin LIKE '%pg\\_warden%'")?;
    let mut s = db.session_with("-c session_preload_libraries=")?;
    for sql in ["CREATE TABLE a (b int PRIMARY KEY)", "DROP EXTENSION pg_warden"] {
        let error = s.error(sql)?;
        ensure!(error.message.contains("pg_warden_missing"), "{error}");
    }
    let triggers = s.column("SELECT evtname FROM pg_event_trigger")?;
    ensure_eq!(triggers.len(), 4);
    for trigger in triggers {
        s.run(&format!("ALTER EVENT TRIGGER {trigger} DISABLE"))?;
    }
    s.run("CREATE TABLE a (b int PRIMARY KEY)")?;
    s.run("DROP EXTENSION pg_warden")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'warden%'")?, "0");
    Ok(())
}

fn standby_promoted_without_the_library(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options::default())?;
    let db = cluster.database()?;
    fill(&db)?;
    // As the standby will find it: functions of a file that it does not have.
    db.session_with("-c warden.mode=off")?.run(
        "SELECT warden.set_mode('enforce'); UPDATE pg_proc SET probin = '$libdir/pg_warden_missing' WHERE probin LIKE '%pg\\_warden%'",
    )?;
    let standby = Standby::of(&cluster)?;
    standby.promote()?;
    let mut s = standby.connect_with(db.name(), "-c session_preload_libraries=")?;
    ensure!(s.error("CREATE TABLE a (b int PRIMARY KEY)")?.message.contains("pg_warden_missing"));
    for trigger in ["pg_warden_start", "pg_warden_end", "pg_warden_rewrite", "pg_warden_drop"] {
        s.run(&format!("ALTER EVENT TRIGGER {trigger} DISABLE"))?;
    }
    s.run("CREATE TABLE a (b int PRIMARY KEY); DROP EXTENSION pg_warden; CREATE INDEX ON orders (total)")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'warden%'")?, "0");
    Ok(())
}

fn another_event_trigger_function_call(leg: &Leg) -> Result {
    // Called where they do not belong, the guard's functions say so, and nothing crashes.
    let db = shop(leg)?;
    let mut s = db.session()?;
    for function in s.column("SELECT DISTINCT evtfoid::regproc FROM pg_event_trigger")? {
        s.error(&format!("SELECT {function}()"))?;
        s.run("CREATE TABLE IF NOT EXISTS z (a int PRIMARY KEY)")?;
        s.error(&format!("CREATE TRIGGER zz BEFORE INSERT ON z EXECUTE FUNCTION {function}()"))?;
        let made = s.outcome(&format!("CREATE EVENT TRIGGER misplaced ON sql_drop EXECUTE FUNCTION {function}()"));
        ensure!(made.error.is_none(), "{made}");
        s.outcome("DROP TABLE z");
        s.run("DROP EVENT TRIGGER misplaced")?;
    }
    ensure_eq!(s.value("SELECT 1")?, "1");
    succeed(db.client("psql").args(["-X", "-c", "SELECT 1"]))?;
    Ok(())
}
