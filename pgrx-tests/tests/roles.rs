//! What somebody tries who is no superuser, and what an administrator can hand to a role.

use std::time::{Duration, Instant};

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Database, Leg, Result, Session, cases, ensure, ensure_eq};

use crate::fixture::{ROWS, shop};

cases![
    changing_the_policy_by_its_functions,
    changing_the_policy_by_sql,
    changing_what_guards_the_policy,
    taking_the_event_triggers_away,
    hiding_the_journal_in_a_publication,
    reading_what_others_did,
    reading_what_others_did_through_a_leaky_function,
    weakening_by_a_setting,
    weakening_by_a_setting_before_the_library_is_loaded,
    weakening_by_a_function_with_a_set_clause,
    bypass_is_delegated_by_grant,
    naming_a_table_like_an_exempted_schema,
    naming_a_schema_like_an_exempted_table,
    taking_the_name_of_an_exempted_table,
    moving_an_exemption_to_another_table,
    holding_the_administrator_up_by_a_rename,
    keeping_an_exemption_alive_by_a_rename,
    exempting_through_a_view_or_sequence,
    trojans_while_a_superuser_is_at_work,
    trojans_in_a_script_that_is_linted,
    trojans_while_a_superuser_looks,
    trojans_of_whoever_calls_what_runs_as_its_owner,
    who_was_given_disable_may_use_it_and_is_named,
    who_was_given_disable_cannot_do_more,
    who_was_given_preview_sees_all_and_changes_nothing,
    who_was_given_set_level_sets_levels_alone,
    who_was_given_exempt_exempts_alone,
    who_was_given_everything_but_superuser,
    hostile_strings_are_only_strings,
    patterns_that_would_take_for_ever,
    set_role_and_definers_are_told_apart,
];

const BLOCKED: &str = "CREATE INDEX i ON orders (customer_id)";
const RULE: &str = "create-index-not-concurrent";

/// Everything that sets the policy.
const CALLS: [&str; 12] = [
    "warden.set_mode('off')",
    "warden.set_mode('off', current_user::text)",
    "warden.set_level('create-index-not-concurrent', 'off')",
    "warden.reset_level('create-index-not-concurrent')",
    "warden.apply_preset('relaxed')",
    "warden.set_threshold('large_table_rows', '2000000000')",
    "warden.exempt(NULL, 'public.orders', 'mine')",
    "warden.unexempt(1)",
    "warden.exempt_existing(NULL, 'mine')",
    "warden.disable()",
    "warden.enable()",
    "warden.prune_journal('0')",
];

const TABLES: [&str; 8] =
    ["mode", "switched_off", "level", "threshold", "exemption", "exempted_object", "exemption_use", "journal"];

/// An enforcing database that keeps its journal in the table, and somebody who owns its tables and the database itself.
fn owned(leg: &Leg) -> Result<(Database<'_>, String)> {
    let db = shop(leg)?;
    let role = db.role("CREATEDB CREATEROLE")?;
    db.session()?.run(&format!(
        "SET warden.mode = off; ALTER TABLE orders OWNER TO {role}; ALTER TABLE customers OWNER TO {role}; GRANT ALL ON SCHEMA public TO {role};
         ALTER DATABASE {0} OWNER TO {role}; ALTER DATABASE {0} SET warden.journal = 'table'; SELECT warden.set_mode('enforce')",
        db.name()
    ))?;
    is_enforced(&db, &role)?;
    Ok((db, role))
}

fn is_enforced(db: &Database<'_>, role: &str) -> Result {
    let outcome = db.session_as(role)?.outcome(BLOCKED);
    ensure_eq!(outcome.error.as_ref().and_then(|e| e.rule()), Some(RULE), "not blocked any more: {outcome}");
    Ok(())
}

/// Statements that must be refused for want of a privilege.
fn refused<'a>(s: &mut Session, statements: impl IntoIterator<Item = &'a str>) -> Result {
    for sql in statements {
        let error = s.error(sql)?;
        ensure_eq!(error.sqlstate, "42501", "{sql}: {error}");
    }
    Ok(())
}

fn changing_the_policy_by_its_functions(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let ordinary = db.role("")?;
    for role in [&role, &ordinary] {
        let mut s = db.session_as(role)?;
        let calls: Vec<_> = CALLS.iter().map(|call| format!("SELECT {call}")).collect();
        refused(&mut s, calls.iter().map(String::as_str))?;
        let hidden = [
            "SELECT warden_internal.would_block('drop-table', 'x', 'y')",
            "SELECT warden_internal.journal_is_a_table()",
            "SELECT warden_internal.policy_changed()",
            "SELECT * FROM warden.preview_enforce()",
            "SELECT * FROM warden.journal",
            "SELECT * FROM warden.exemptions",
        ];
        refused(&mut s, hidden)?;
    }
    is_enforced(&db, &role)
}

fn changing_the_policy_by_sql(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut s = db.session_as(&role)?;
    s.run("CREATE TABLE mine (id bigint PRIMARY KEY)")?;
    for table in TABLES {
        let table = format!("warden_internal.{table}");
        for sql in [
            format!("SELECT * FROM {table}"),
            format!("INSERT INTO {table} DEFAULT VALUES"),
            format!("UPDATE {table} SET set_by = 'x'"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("COPY {table} TO STDOUT"),
            format!("COPY {table} FROM STDIN"),
            format!("LOCK TABLE {table} IN ACCESS SHARE MODE"),
            format!("ANALYZE {table}; SELECT * FROM {table} LIMIT 0"),
            format!("MERGE INTO {table} USING mine ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES"),
            format!("SELECT * FROM mine WHERE EXISTS (TABLE {table})"),
            format!("ALTER TABLE {table} OWNER TO CURRENT_USER"),
            format!("ALTER TABLE {table} INHERIT mine"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
            format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
            format!("DROP TABLE {table}"),
            format!("CREATE TABLE child () INHERITS ({table})"),
            format!("CREATE TABLE child (id bigint PRIMARY KEY, LIKE {table})"),
            format!("CREATE RULE away AS ON INSERT TO {table} DO INSTEAD NOTHING"),
            format!("CREATE POLICY away ON {table} USING (false)"),
            format!("CREATE INDEX ON {table} ((1))"),
            format!("GRANT ALL ON {table} TO PUBLIC"),
            format!("COMMENT ON TABLE {table} IS 'mine'"),
        ] {
            s.run("BEGIN")?;
            let outcome = s.outcome(&sql);
            s.run("ROLLBACK")?;
            let state = outcome.error.as_ref().map(|e| e.sqlstate.as_str());
            ensure_eq!(state, Some("42501"), "{sql}: {outcome}");
        }
    }
    refused(
        &mut s,
        [
            "SELECT nextval('warden_internal.exemption_id_seq')",
            "SELECT setval('warden_internal.journal_id_seq', 1)",
            "SELECT * FROM warden_internal.journal_id_seq",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER t BEFORE INSERT ON warden_internal.level EXECUTE FUNCTION f()",
        ],
    )?;
    is_enforced(&db, &role)
}

fn changing_what_guards_the_policy(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut s = db.session_as(&role)?;
    let owns_nothing = [
        "ALTER VIEW warden.recent SET (security_barrier = false)",
        "ALTER VIEW warden.recent OWNER TO CURRENT_USER",
        "CREATE OR REPLACE VIEW warden.recent AS SELECT * FROM warden_internal.journal",
        "CREATE RULE r AS ON INSERT TO warden.recent DO INSTEAD NOTHING",
        "INSERT INTO warden.recent (rule) VALUES ('drop-table')",
        "DELETE FROM warden.recent",
        "UPDATE warden.recent SET reason = 'x'",
        "ALTER FUNCTION warden.set_mode(text, text) SECURITY DEFINER",
        "ALTER FUNCTION warden.disable() SET search_path = public",
        "CREATE OR REPLACE FUNCTION warden_internal.guard() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE OR REPLACE FUNCTION warden_internal.policy_changed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "DROP TRIGGER policy_changed ON warden_internal.level",
        "DROP FUNCTION warden_internal.guard() CASCADE",
        "DROP SCHEMA warden_internal CASCADE",
        "ALTER SCHEMA warden_internal RENAME TO mine",
        "ALTER SCHEMA warden OWNER TO CURRENT_USER",
        "CREATE TABLE warden_internal.mine (id bigint PRIMARY KEY)",
        "CREATE VIEW warden.mine AS SELECT 1",
        "ALTER EXTENSION pg_warden DROP EVENT TRIGGER pg_warden_start",
        "ALTER EXTENSION pg_warden DROP TABLE warden_internal.level",
        "REASSIGN OWNED BY postgres TO CURRENT_USER",
        "GRANT EXECUTE ON FUNCTION warden.set_mode(text, text) TO PUBLIC",
        "GRANT USAGE ON SCHEMA warden_internal TO PUBLIC",
        "GRANT SELECT ON warden.journal TO PUBLIC",
    ];
    for sql in owns_nothing {
        let outcome = s.outcome(sql);
        let state = outcome.error.as_ref().map(|e| e.sqlstate.clone());
        // A view over a join or with ORDER BY takes no writes from anybody.
        ensure!(["42501", "2BP01", "55000"].map(Some).contains(&state.as_deref()), "{sql}: {outcome}");
    }
    is_enforced(&db, &role)
}

fn taking_the_event_triggers_away(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut s = db.session_as(&role)?;
    for trigger in ["pg_warden_start", "pg_warden_end", "pg_warden_rewrite", "pg_warden_drop"] {
        for what in ["DISABLE", "ENABLE REPLICA", "OWNER TO CURRENT_USER", "RENAME TO gone"] {
            let error = s.error(&format!("ALTER EVENT TRIGGER {trigger} {what}"))?;
            ensure!(["42501", "2BP01"].contains(&error.sqlstate.as_str()), "{trigger} {what}: {error}");
        }
        let error = s.error(&format!("DROP EVENT TRIGGER {trigger}"))?;
        ensure!(["42501", "2BP01"].contains(&error.sqlstate.as_str()), "{error}");
    }
    refused(
        &mut s,
        [
            "DROP EXTENSION pg_warden CASCADE",
            "SET session_replication_role = replica",
            "DROP OWNED BY postgres",
            "ALTER SYSTEM SET warden.mode = 'off'",
            "ALTER ROLE ALL SET warden.mode = 'off'",
        ],
    )?;
    is_enforced(&db, &role)
}

fn hiding_the_journal_in_a_publication(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut s = db.session_as(&role)?;
    for sql in [
        "CREATE PUBLICATION p FOR ALL TABLES",
        "CREATE PUBLICATION p FOR TABLES IN SCHEMA warden_internal",
        "CREATE PUBLICATION p FOR TABLE warden_internal.journal",
        "CREATE PUBLICATION p; ALTER PUBLICATION p ADD TABLES IN SCHEMA warden_internal",
    ] {
        let error = s.error(sql)?;
        ensure_eq!(error.sqlstate, "42501", "{sql}: {error}");
    }
    ensure_eq!(db.session()?.value("SELECT value FROM warden.status WHERE item = 'journal'")?, "table");
    Ok(())
}

/// Two people with a warning each in the journal, each about a table whose name tells who it was.
fn two_people(leg: &Leg) -> Result<(Database<'_>, String, String)> {
    let (db, alice) = owned(leg)?;
    let bob = db.role("")?;
    db.session()?.run(&format!("SET warden.mode = off; GRANT ALL ON SCHEMA public TO {bob}"))?;
    for (role, table) in [(&alice, "of_alice"), (&bob, "of_bob")] {
        db.session_as(role)?.run(&format!("BEGIN; CREATE TABLE {table} (secret_{table} int); COMMIT"))?;
    }
    ensure_eq!(db.session()?.value("SELECT count(DISTINCT session_role) FROM warden.journal")?, "2");
    db.session()?.run("ANALYZE warden_internal.journal")?;
    Ok((db, alice, bob))
}

fn reading_what_others_did(leg: &Leg) -> Result {
    let (db, alice, bob) = two_people(leg)?;
    let mut s = db.session_as(&alice)?;
    let seen = s.column("SELECT DISTINCT object FROM warden.recent")?;
    ensure_eq!(seen, ["public.of_alice"]);
    ensure_eq!(s.value("SELECT count(*) FROM pg_stats WHERE schemaname = 'warden_internal'")?, "0");
    refused(
        &mut s,
        [
            "SELECT * FROM pg_statistic",
            "COPY warden_internal.journal TO STDOUT",
            "COPY (SELECT * FROM warden.journal) TO STDOUT",
            "CREATE VIEW mine AS SELECT * FROM warden.journal; SELECT * FROM mine",
            "DECLARE c CURSOR FOR SELECT * FROM warden_internal.journal",
            "SELECT * FROM warden.exemptions",
            "SELECT pg_relation_size('warden_internal.journal')",
        ],
    )?;
    // Whoever takes on another role is still who logged in.
    db.session()?.run(&format!("GRANT {bob} TO {alice}"))?;
    s.run(&format!("SET ROLE {bob}"))?;
    ensure_eq!(s.column("SELECT DISTINCT object FROM warden.recent")?, ["public.of_alice"]);
    s.run("RESET ROLE")?;
    refused(&mut s, [format!("SET SESSION AUTHORIZATION {bob}").as_str()])?;
    // A function that runs as somebody else shows no more.
    s.run("CREATE FUNCTION public.peek() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT object FROM warden.recent'; GRANT EXECUTE ON FUNCTION public.peek() TO PUBLIC")?;
    ensure_eq!(db.session_as(&bob)?.column("SELECT DISTINCT public.peek()")?, ["public.of_bob"]);
    Ok(())
}

fn reading_what_others_did_through_a_leaky_function(leg: &Leg) -> Result {
    let (db, alice, _) = two_people(leg)?;
    let mut s = db.session_as(&alice)?;
    s.run("CREATE FUNCTION public.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$BEGIN RAISE NOTICE 'leaked %', $1; RETURN true; END$$")?;
    for sql in [
        "SELECT count(*) FROM warden.recent WHERE leak(object)",
        "SELECT count(*) FROM warden.recent WHERE leak(message) AND leak(statement)",
        "SELECT count(*) FROM warden.recent r JOIN (VALUES (1)) v (x) ON leak(r.object)",
        "SELECT leak(object) FROM warden.recent ORDER BY leak(message)",
    ] {
        let outcome = s.run(sql)?;
        ensure!(!outcome.to_string().contains("of_bob"), "{sql}: {outcome}");
        ensure!(outcome.to_string().contains("of_alice"), "{sql} shows nothing at all: {outcome}");
    }
    let error = s.outcome("SELECT count(*) FROM warden.recent WHERE object::int = 1 OR 1 / (length(object) - length('public.of_bob')) > 9");
    ensure!(!error.to_string().contains("of_bob"), "{error}");
    Ok(())
}

/// Settings with which somebody could get past the guard, or unrecorded.
const WEAKENING: [(&str, &str); 10] = [
    ("warden.mode", "off"),
    ("warden.bypass", "because"),
    ("warden.inline_allow", "all"),
    ("warden.journal", "off"),
    ("warden.rule_levels", "create-index-not-concurrent=off"),
    ("warden.large_table_rows", "2000000000"),
    ("warden.large_table_size", "1TB"),
    ("warden.busy_after", "1h"),
    ("warden.ddl_lock_timeout", "1h"),
    ("warden.contact", "me"),
];

fn weakening_by_a_setting(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut s = db.session_as(&role)?;
    for (name, value) in WEAKENING {
        let statements = [
            format!("SET {name} = '{value}'"),
            format!("BEGIN; SET LOCAL {name} = '{value}'"),
            format!("SELECT set_config('{name}', '{value}', false)"),
            format!("UPDATE pg_settings SET setting = '{value}' WHERE name = '{name}'"),
            format!("ALTER ROLE {role} SET {name} = '{value}'"),
            format!("ALTER ROLE {role} IN DATABASE {} SET {name} = '{value}'", db.name()),
            format!("ALTER DATABASE {} SET {name} = '{value}'", db.name()),
            format!("ALTER SYSTEM SET {name} = '{value}'"),
            format!("GRANT SET ON PARAMETER {name} TO {role}"),
        ];
        for sql in &statements {
            let error = s.error(sql)?;
            ensure_eq!(error.sqlstate, "42501", "{sql}: {error}");
            s.run("ROLLBACK")?;
        }
        let mut config = leg.cluster.config(db.name());
        config.user(&role).options(&format!("-c {name}={value}"));
        if let Ok(mut at_connection) = Session::connect(&config) {
            ensure_eq!(at_connection.error(BLOCKED)?.rule(), Some(RULE), "-c {name}={value}");
        }
    }
    // What an administrator has set stays.
    s.run(&format!("ALTER DATABASE {} RESET ALL; ALTER ROLE {role} RESET ALL; RESET ALL", db.name()))?;
    s.run("DISCARD ALL")?;
    ensure_eq!(db.session_as(&role)?.value("SHOW warden.journal")?, "table");
    ensure_eq!(s.error(BLOCKED)?.rule(), Some(RULE));
    Ok(())
}

fn weakening_by_a_setting_before_the_library_is_loaded(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    db.session()?.run(&format!("ALTER DATABASE {} SET session_preload_libraries = 'plpgsql'", db.name()))?;
    for (name, value) in WEAKENING {
        let mut s = db.session_as(&role)?;
        // A name like any other, until the first DDL loads what knows it.
        if s.outcome(&format!("SET {name} = '{value}'")).error.is_none() {
            ensure_eq!(s.error(BLOCKED)?.rule(), Some(RULE), "SET {name} = '{value}'");
        }
        let mut s = db.session_as(&role)?;
        s.run("BEGIN")?;
        if s.outcome(&format!("SET LOCAL {name} = '{value}'")).error.is_none() {
            ensure_eq!(s.error(BLOCKED)?.rule(), Some(RULE), "SET LOCAL {name} = '{value}'");
        }
        let kept = db.session_as(&role)?.outcome(&format!("ALTER ROLE {role} SET {name} = '{value}'"));
        if kept.error.is_none() {
            is_enforced(&db, &role)?;
        }
    }
    Ok(())
}

fn weakening_by_a_function_with_a_set_clause(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut s = db.session_as(&role)?;
    for (name, value) in WEAKENING {
        let body = format!("AS $$BEGIN {BLOCKED}; END$$");
        let made =
            s.outcome(&format!("CREATE FUNCTION sneak() RETURNS void LANGUAGE plpgsql SET {name} = '{value}' {body}"));
        if made.error.is_none() {
            let error = s.error("SELECT sneak()")?;
            ensure!(error.sqlstate == "42501" || error.rule() == Some(RULE), "{name}: {error}");
            s.run("DROP FUNCTION sneak()")?;
        }
        s.run(&format!("CREATE FUNCTION sneak() RETURNS void LANGUAGE plpgsql {body}"))?;
        let altered = s.outcome(&format!("ALTER FUNCTION sneak() SET {name} = '{value}'"));
        if altered.error.is_none() {
            let error = s.error("SELECT sneak()")?;
            ensure!(error.sqlstate == "42501" || error.rule() == Some(RULE), "{name}: {error}");
        }
        s.run("DROP FUNCTION sneak()")?;
        s.error(&format!("DO $$BEGIN PERFORM set_config('{name}', '{value}', true); {BLOCKED}; END$$"))?;
    }
    is_enforced(&db, &role)
}

fn bypass_is_delegated_by_grant(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut admin = db.session()?;
    admin.run(&format!("GRANT SET ON PARAMETER warden.bypass TO {role}"))?;
    let mut s = db.session_as(&role)?;
    s.run(&format!("SET warden.bypass = 'incident 4711'; {BLOCKED}"))?;
    ensure_eq!(
        admin.rows("SELECT session_role, reason, rule FROM warden.journal WHERE action = 'bypassed'")?,
        [[Some(role.clone()), Some("incident 4711".to_owned()), Some(RULE.to_owned())].to_vec()]
    );
    refused(&mut s, ["SET warden.mode = off", "SELECT warden.set_mode('off')"])?;
    admin.run(&format!("REVOKE SET ON PARAMETER warden.bypass FROM {role}"))?;
    let mut s = db.session_as(&role)?;
    refused(&mut s, ["SET warden.bypass = 'again'"])?;
    Ok(())
}

fn naming_a_table_like_an_exempted_schema(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    db.session()?.run(
        "CREATE SCHEMA staging; SELECT warden.set_level('column-type-serial', 'error'), warden.exempt(NULL, 'staging', 'r')",
    )?;
    let mut s = db.session_as(&role)?;
    for sql in ["CREATE TABLE other (id serial PRIMARY KEY)", "CREATE TABLE staging (id serial PRIMARY KEY)"] {
        ensure_eq!(s.error(sql)?.rule(), Some("column-type-serial"), "{sql}");
    }
    Ok(())
}

fn naming_a_schema_like_an_exempted_table(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    db.session()?.run(&format!("SELECT warden.exempt('{RULE}', 'public.customers', 'r')"))?;
    let mut s = db.session_as(&role)?;
    s.run("CREATE SCHEMA customers; ALTER TABLE orders SET SCHEMA customers")?;
    ensure_eq!(s.error("CREATE INDEX i ON customers.orders (customer_id)")?.rule(), Some(RULE));
    // Nor is what is about to be made mistaken for the schema.
    db.session()?.run("SELECT warden.set_level('column-type-serial', 'error'), warden.exempt('column-type-serial', 'public.later', 'r')")?;
    s.run("CREATE SCHEMA later")?;
    s.run("CREATE TABLE later (id serial PRIMARY KEY)")?;
    Ok(())
}

fn taking_the_name_of_an_exempted_table(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    db.session()?.run(&format!("SELECT warden.exempt('{RULE}', 'public.customers', 'r')"))?;
    let mut s = db.session_as(&role)?;
    s.run("ALTER TABLE customers RENAME TO aside; ALTER TABLE orders RENAME TO customers")?;
    ensure_eq!(s.error("CREATE INDEX i ON customers (customer_id)")?.rule(), Some(RULE));
    s.run("ALTER TABLE customers RENAME TO orders; ALTER TABLE aside RENAME TO customers")?;
    s.run("BEGIN; ALTER TABLE customers RENAME TO aside; ALTER TABLE orders RENAME TO customers")?;
    ensure_eq!(s.error("CREATE INDEX i ON customers (customer_id)")?.rule(), Some(RULE));
    s.run("ROLLBACK")?;
    is_enforced(&db, &role)
}

fn moving_an_exemption_to_another_table(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut s = db.session_as(&role)?;
    s.run("CREATE TABLE staging (id bigint PRIMARY KEY)")?;
    db.session()?.run(&format!("SELECT warden.exempt('{RULE}', 'public.staging', 'small')"))?;
    s.run("DROP TABLE staging; ALTER TABLE orders RENAME TO staging; ALTER TABLE staging RENAME TO orders")?;
    ensure_eq!(db.session()?.value("SELECT object FROM warden.exemptions")?, "public.staging");
    is_enforced(&db, &role)
}

fn holding_the_administrator_up_by_a_rename(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut admin = db.session()?;
    admin.run("SELECT warden.exempt('drop-table', 'public.customers', 'r'); SET lock_timeout = '3s'")?;
    let mut s = db.session_as(&role)?;
    s.run("BEGIN; ALTER TABLE customers RENAME TO clients")?;
    for call in
        ["warden.exempt(NULL, 'orders', 'r')", "warden.unexempt(2)", "warden.set_mode('warn')", "warden.disable()"]
    {
        let outcome = admin.outcome(&format!("SELECT {call}"));
        ensure!(outcome.error.is_none(), "{call}: {outcome}");
    }
    Ok(())
}

fn keeping_an_exemption_alive_by_a_rename(leg: &Leg) -> Result {
    for end in ["COMMIT", "ROLLBACK"] {
        let (db, role) = owned(leg)?;
        let mut admin = db.session()?;
        admin.run("SELECT warden.exempt('drop-table', 'public.customers', 'r'); SET lock_timeout = '2s'")?;
        let mut s = db.session_as(&role)?;
        s.run("BEGIN; ALTER TABLE customers RENAME TO clients")?;
        // Either it says that it could not, or it is taken back.
        let outcome = admin.outcome("SELECT warden.unexempt(1)");
        s.run(end)?;
        if outcome.error.is_none() {
            ensure_eq!(admin.value("SELECT count(*) FROM warden.exemptions")?, "0", "{end}");
        }
        admin.run("DELETE FROM warden_internal.exemption WHERE id = 1")?;
        ensure_eq!(admin.value("SELECT count(*) FROM warden.exemptions")?, "0", "{end}");
    }
    Ok(())
}

fn exempting_through_a_view_or_sequence(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    db.session()?.run(&format!(
        "SELECT warden.exempt('{RULE}', 'public.customers_id_seq', 'r'), warden.exempt('{RULE}', 'pg_catalog', 'r')"
    ))?;
    is_enforced(&db, &role)
}

/// What an attacker puts where names are looked up: whatever is called by its bare name runs their code.
const TROJANS: &str = "
    CREATE FUNCTION attack.trojan() RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the trojan ran as %', current_user; END$$;
    CREATE FUNCTION attack.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT attack.trojan()::timestamptz';
    CREATE FUNCTION attack.count(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT attack.trojan()::bigint';
    CREATE FUNCTION attack.min(timestamptz) RETURNS timestamptz LANGUAGE sql AS 'SELECT attack.trojan()::timestamptz';
    CREATE FUNCTION attack.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT attack.trojan()';
    CREATE FUNCTION attack.lower(text) RETURNS text LANGUAGE sql AS 'SELECT attack.trojan()';
    CREATE FUNCTION attack.quote_ident(text) RETURNS text LANGUAGE sql AS 'SELECT attack.trojan()';
    CREATE FUNCTION attack.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT attack.trojan()';
    CREATE FUNCTION attack.eq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT attack.trojan() IS NULL';
    CREATE OPERATOR attack.= (FUNCTION = attack.eq, LEFTARG = text, RIGHTARG = text);
    CREATE FUNCTION attack.eq(name, text) RETURNS boolean LANGUAGE sql AS 'SELECT attack.trojan() IS NULL';
    CREATE OPERATOR attack.= (FUNCTION = attack.eq, LEFTARG = name, RIGHTARG = text);
    CREATE FUNCTION attack.eq(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT attack.trojan() IS NULL';
    CREATE OPERATOR attack.= (FUNCTION = attack.eq, LEFTARG = oid, RIGHTARG = oid);
    CREATE FUNCTION attack.gt(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql AS 'SELECT attack.trojan() IS NULL';
    CREATE OPERATOR attack.> (FUNCTION = attack.gt, LEFTARG = timestamptz, RIGHTARG = timestamptz);
    CREATE FUNCTION attack.minus(timestamptz, interval) RETURNS timestamptz LANGUAGE sql AS 'SELECT attack.trojan()::timestamptz';
    CREATE OPERATOR attack.- (FUNCTION = attack.minus, LEFTARG = timestamptz, RIGHTARG = interval);
    CREATE FUNCTION attack.like(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT attack.trojan() IS NULL';
    CREATE OPERATOR attack.~~ (FUNCTION = attack.like, LEFTARG = text, RIGHTARG = text);
    CREATE TYPE attack.bait AS (t text);
    CREATE FUNCTION attack.of_bait(attack.bait) RETURNS text LANGUAGE sql AS 'SELECT attack.trojan()';
    CREATE CAST (attack.bait AS text) WITH FUNCTION attack.of_bait(attack.bait) AS IMPLICIT;
    CREATE FUNCTION attack.set_mode(text) RETURNS void LANGUAGE sql AS 'SELECT attack.trojan()';
    CREATE TABLE attack.pg_class (oid oid PRIMARY KEY, relname name); CREATE TABLE attack.pg_event_trigger (evtname name PRIMARY KEY);
    CREATE TABLE attack.mode (id bigint PRIMARY KEY); CREATE TABLE attack.journal (id bigint PRIMARY KEY);";

fn attacked(leg: &Leg) -> Result<(Database<'_>, String)> {
    let (db, role) = owned(leg)?;
    let mut s = db.session_as(&role)?;
    s.run(&format!("CREATE SCHEMA attack; GRANT ALL ON SCHEMA attack TO PUBLIC; {TROJANS}"))?;
    Ok((db, role))
}

const PATHS: [&str; 3] = ["attack, pg_catalog, public", "public, attack, pg_catalog", "pg_temp, attack, public"];

fn trojans_while_a_superuser_is_at_work(leg: &Leg) -> Result {
    let (db, _) = attacked(leg)?;
    for path in PATHS {
        let mut admin = db.session()?;
        admin.run(&format!("SET search_path = {path}"))?;
        let calls: Vec<String> = CALLS
            .iter()
            .filter(|call| !call.contains("unexempt") && !call.contains("current_user"))
            .map(|call| format!("SELECT {call}"))
            .chain(
                [
                    "SELECT warden.exempt(NULL, 'customers', 'r')",
                    "SELECT warden.exempt(NULL, 'nothing_like_it', 'r')",
                    "SELECT warden.exempt(NULL, '~x', 'r', role_name => 'postgres')",
                    "SELECT warden.set_mode('enforce', 'postgres')",
                    "SELECT warden.set_mode('warn', 'postgres')",
                    "ALTER TABLE public.customers RENAME TO clients",
                    "ALTER TABLE public.clients RENAME TO customers",
                    "ALTER TABLE public.orders ADD COLUMN remark text",
                    "ALTER TABLE public.orders DROP COLUMN remark",
                    "CREATE INDEX trojan_i ON public.orders (customer_id)",
                    "DROP INDEX public.trojan_i",
                    "BEGIN; CREATE TABLE public.trojan_t (a int, b bigint REFERENCES public.customers); COMMIT",
                    "DROP TABLE public.trojan_t",
                    "SELECT * FROM warden.preview_enforce()",
                    "SELECT * FROM warden.exemptions",
                    "SELECT * FROM warden.journal",
                    "SELECT * FROM warden.recent",
                    "SELECT * FROM warden.status",
                    "SELECT warden.set_mode('default', 'postgres'), warden.set_mode('enforce')",
                ]
                .map(str::to_owned),
            )
            .collect();
        for call in calls {
            let outcome = admin.outcome(&call);
            ensure!(outcome.error.is_none(), "{path}: {call}: {outcome}");
            ensure!(!outcome.to_string().contains("trojan ran"), "{path}: {call}: {outcome}");
        }
        admin.run("TRUNCATE warden_internal.exemption, warden_internal.level, warden_internal.threshold")?;
    }
    Ok(())
}

/// A schema of the attacker's with a function that says as whom it ran, and things that call it.
fn booby_trapped(leg: &Leg) -> Result<(Database<'_>, Session)> {
    let (db, role) = owned(leg)?;
    db.session_as(&role)?.run(
        "CREATE SCHEMA attack;
         CREATE FUNCTION attack.boom(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE WARNING 'the trojan ran as %', current_user; RETURN 1; END$$;
         CREATE DOMAIN attack.sly AS int DEFAULT attack.boom(1) CHECK (attack.boom(VALUE) > 0);
         CREATE TABLE attack.t (id bigint PRIMARY KEY, a int DEFAULT attack.boom(2), CHECK (attack.boom(a) > 0))",
    )?;
    let admin = db.session()?;
    Ok((db, admin))
}

const TRAPS: [&str; 7] = [
    "ALTER TABLE public.orders ADD COLUMN x int DEFAULT attack.boom(1)",
    "ALTER TABLE public.orders ADD COLUMN x attack.sly",
    "ALTER TABLE public.orders ADD CHECK (attack.boom(1) > 0)",
    "ALTER TABLE public.orders ALTER COLUMN total TYPE bigint USING attack.boom(1)",
    "CREATE INDEX ON public.orders (attack.boom(total)) WHERE attack.boom(1) > 0",
    "CREATE TABLE attack.u (LIKE attack.t INCLUDING ALL)",
    "INSERT INTO attack.t DEFAULT VALUES",
];

fn trojans_in_a_script_that_is_linted(leg: &Leg) -> Result {
    let (_db, mut admin) = booby_trapped(leg)?;
    for statement in TRAPS {
        let outcome = admin.outcome(&format!("SELECT * FROM warden.lint({})", literal(statement)));
        ensure!(!outcome.to_string().contains("trojan ran"), "{statement}: {outcome}");
    }
    Ok(())
}

fn trojans_while_a_superuser_looks(leg: &Leg) -> Result {
    let (_db, mut admin) = booby_trapped(leg)?;
    for sql in [
        "SELECT * FROM warden.audit()",
        "SELECT warden.exempt(NULL, 'attack.t', 'r')",
        "SELECT warden.exempt_existing(NULL, 'r')",
        "ALTER TABLE attack.t ADD CONSTRAINT c CHECK (attack.boom(1) > 0) NOT VALID",
        "ALTER TABLE attack.t ALTER COLUMN a SET DEFAULT attack.boom(3)",
        "ALTER TABLE attack.t RENAME COLUMN a TO b",
        "DROP TABLE attack.t",
    ] {
        let outcome = admin.outcome(sql);
        ensure!(!outcome.to_string().contains("trojan ran"), "{sql}: {outcome}");
        ensure!(outcome.error.is_none(), "{sql}: {outcome}");
    }
    Ok(())
}

fn trojans_of_whoever_calls_what_runs_as_its_owner(leg: &Leg) -> Result {
    let (db, role) = attacked(leg)?;
    db.session()?.run(&format!(
        "GRANT EXECUTE ON FUNCTION warden.disable(), warden.enable(), warden.preview_enforce(interval) TO {role}; GRANT SELECT ON warden.journal TO {role}"
    ))?;
    for path in PATHS {
        let mut s = db.session_as(&role)?;
        s.run(
            "CREATE TEMP TABLE pg_event_trigger (evtname name); CREATE TEMP TABLE journal (id int); CREATE TEMP TABLE mode (id int);
             CREATE TEMP TABLE pg_class (oid oid, relname name); CREATE DOMAIN pg_temp.text AS int; CREATE DOMAIN pg_temp.interval AS int;
             CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT attack.trojan()::timestamptz'",
        )?;
        s.run(&format!("SET search_path = {path}"))?;
        for call in
            ["warden.disable()", "warden.enable()", "warden.preview_enforce()", "warden.preview_enforce('1 day')"]
        {
            let outcome = s.outcome(&format!("SELECT * FROM {call}"));
            ensure!(
                outcome.error.is_none() && !outcome.to_string().contains("trojan ran"),
                "{path}: {call}: {outcome}"
            );
        }
    }
    is_enforced(&db, &role)
}

fn who_was_given_disable_may_use_it_and_is_named(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let (operator, hat) = (db.role("")?, db.role("")?);
    let mut admin = db.session()?;
    admin.run(&format!(
        "GRANT EXECUTE ON FUNCTION warden.disable(), warden.enable() TO {operator}, {hat}; GRANT {hat} TO {operator}"
    ))?;
    let mut s = db.session_as(&operator)?;
    for as_role in ["RESET ROLE".to_owned(), format!("SET ROLE {hat}")] {
        s.run(&as_role)?;
        s.value("SELECT warden.disable()")?;
        ensure_eq!(admin.value("SELECT set_by FROM warden_internal.switched_off")?, operator, "{as_role}");
        ensure!(
            admin.value("SELECT detail FROM warden.status WHERE item = 'mode'")?.contains(&format!("by {operator}")),
            "{as_role}"
        );
        db.session_as(&role)?.run("CREATE INDEX i ON orders (customer_id); DROP INDEX i")?;
        ensure!(s.value("SELECT warden.enable()")?.contains(&format!("by {operator}")), "{as_role}");
        is_enforced(&db, &role)?;
    }
    Ok(())
}

fn who_was_given_disable_cannot_do_more(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let operator = db.role("")?;
    db.session()?.run(&format!("GRANT EXECUTE ON FUNCTION warden.disable(), warden.enable() TO {operator}"))?;
    let mut s = db.session_as(&operator)?;
    s.run("SELECT warden.disable()")?;
    refused(
        &mut s,
        [
            "SELECT warden.set_mode('off')",
            "ALTER EVENT TRIGGER pg_warden_start DISABLE",
            "SELECT * FROM warden_internal.switched_off",
            "DROP EXTENSION pg_warden",
            "SELECT * FROM warden.status",
        ],
    )?;
    ensure_eq!(s.value("SELECT current_user")?, operator, "it is not left as the owner");
    s.run("SELECT warden.enable()")?;
    is_enforced(&db, &role)
}

fn who_was_given_preview_sees_all_and_changes_nothing(leg: &Leg) -> Result {
    let (db, alice, bob) = two_people(leg)?;
    let reader = db.role("")?;
    let mut admin = db.session()?;
    admin.run(&format!(
        "GRANT EXECUTE ON FUNCTION warden.preview_enforce(interval) TO {reader}; GRANT SELECT ON warden.journal TO {reader}; SELECT warden.set_level('table-without-primary-key', 'error')"
    ))?;
    let mut s = db.session_as(&reader)?;
    let mut roles = s.column("SELECT role FROM warden.preview_enforce() ORDER BY 1")?;
    roles.sort();
    let mut expected = vec![alice, bob];
    expected.sort();
    ensure_eq!(roles, expected);
    refused(&mut s, ["DELETE FROM warden.journal", "SELECT warden_internal.would_block('a', 'b', 'c')"])?;
    admin.run("SELECT warden.exempt(NULL, 'public', 'r')")?;
    ensure_eq!(s.column("SELECT role FROM warden.preview_enforce()")?, Vec::<String>::new(), "exempt by now");
    s.error("SELECT * FROM warden.preview_enforce('soon')")?;
    ensure_eq!(s.error("SELECT * FROM warden.preview_enforce(NULL)")?.sqlstate, "22004");
    Ok(())
}

fn who_was_given_set_level_sets_levels_alone(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let steward = db.role("")?;
    let mut admin = db.session()?;
    admin.run(&format!("GRANT EXECUTE ON FUNCTION warden.set_level(text, text) TO {steward}"))?;
    let mut s = db.session_as(&steward)?;
    s.run(&format!("SELECT warden.set_level('{RULE}', 'off')"))?;
    ensure_eq!(admin.value("SELECT set_by FROM warden_internal.level")?, steward);
    db.session_as(&role)?.run("CREATE INDEX i ON orders (customer_id); DROP INDEX i")?;
    s.run(&format!("SELECT warden.set_level('{RULE}', 'error')"))?;
    is_enforced(&db, &role)?;
    let others: Vec<_> =
        CALLS.iter().filter(|call| !call.contains(".set_level")).map(|call| format!("SELECT {call}")).collect();
    refused(&mut s, others.iter().map(String::as_str))?;
    refused(&mut s, ["SELECT * FROM warden_internal.level", "DELETE FROM warden_internal.level"])?;
    Ok(())
}

fn who_was_given_exempt_exempts_alone(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let steward = db.role("")?;
    let mut admin = db.session()?;
    admin.run(&format!(
        "GRANT EXECUTE ON FUNCTION warden.exempt(text, text, text, timestamptz, text) TO {steward}; CREATE SCHEMA hidden; CREATE TABLE hidden.t (id bigint PRIMARY KEY)"
    ))?;
    let mut s = db.session_as(&steward)?;
    let id = s.value(&format!("SELECT warden.exempt('{RULE}', 'public.orders', 'r')"))?;
    ensure_eq!(
        admin.value(&format!("SELECT created_by || ' ' || object FROM warden.exemptions WHERE id = {id}"))?,
        format!("{steward} public.orders")
    );
    db.session_as(&role)?.run("CREATE INDEX i ON orders (customer_id); DROP INDEX i")?;
    // No right to the object is needed.
    let said = s.run("SELECT warden.exempt(NULL, 'hidden.t', 'r')")?;
    ensure!(said.notices.is_empty(), "{said}");
    refused(
        &mut s,
        [
            format!("SELECT warden.unexempt({id})").as_str(),
            "SELECT * FROM warden.exemptions",
            "SELECT * FROM warden_internal.exemption",
            "SELECT * FROM hidden.t",
        ],
    )?;
    admin.run(&format!("GRANT SELECT ON warden.exemptions TO {steward}"))?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.exemptions")?, "2");
    Ok(())
}

fn who_was_given_everything_but_superuser(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let steward = db.role("")?;
    db.session()?.run(&format!(
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA warden TO {steward}; GRANT SELECT ON ALL TABLES IN SCHEMA warden TO {steward}"
    ))?;
    let mut s = db.session_as(&steward)?;
    for call in [
        format!("warden.set_mode('warn'), warden.set_mode('off', '{role}'), warden.set_mode('default', '{role}')"),
        format!("warden.set_level('{RULE}', 'warning'), warden.reset_level('{RULE}'), warden.apply_preset('strict')"),
        "warden.set_threshold('busy_after', '1s')".to_owned(),
        "warden.unexempt(warden.exempt(NULL, 'orders', 'r'))".to_owned(),
        "warden.exempt_existing(NULL, 'r')".to_owned(),
        "warden.prune_journal('1 day')".to_owned(),
        "warden.disable()".to_owned(),
        "warden.enable()".to_owned(),
        "warden.set_mode('enforce')".to_owned(),
    ] {
        let outcome = s.outcome(&format!("SELECT {call}"));
        ensure!(outcome.error.is_none(), "{call}: {outcome}");
    }
    for view in ["status", "journal", "exemptions", "recent", "rules", "todo"] {
        s.run(&format!("SELECT * FROM warden.{view}"))?;
    }
    refused(
        &mut s,
        ["SELECT * FROM warden_internal.mode", "ALTER EVENT TRIGGER pg_warden_start DISABLE", "SET warden.mode = off"],
    )?;
    is_enforced(&db, &role)
}

fn hostile_strings_are_only_strings(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut admin = db.session()?;
    let long = "x".repeat(100_000);
    for text in [
        "'; DROP TABLE orders; --",
        "$$ || (SELECT 1) || $$",
        "$1",
        "%s%n%d",
        "a\nb\r\n\tc",
        "\\x00\\",
        "{\"json\": \"\\u0000\"}",
        "*/ DROP",
        "\u{7}\u{1b}[31m",
        "größe 注文 🐘",
        "\"",
        "\"\"",
        "..",
        "~",
        long.as_str(),
    ] {
        let text = literal(text);
        for call in [
            format!("warden.set_mode({text})"),
            format!("warden.set_mode('off', {text})"),
            format!("warden.set_level({text}, 'error')"),
            format!("warden.set_level('drop-table', {text})"),
            format!("warden.reset_level({text})"),
            format!("warden.apply_preset({text})"),
            format!("warden.set_threshold({text}, '1')"),
            format!("warden.set_threshold('busy_after', {text})"),
            format!("warden.exempt({text}, 'orders', 'r')"),
            format!("warden.exempt(NULL, {text}, 'r', role_name => 'nobody_here')"),
            format!("warden.exempt(NULL, 'customers', 'r', role_name => {text})"),
            format!("warden.exempt_existing({text}, 'r')"),
        ] {
            let error = admin.error(&format!("SELECT {call}"))?;
            ensure!(
                ["22023", "42704", "42602", "42622"].contains(&error.sqlstate.as_str()),
                "{}: {error}",
                call.chars().take(80).collect::<String>()
            );
        }
        let id = admin.value(&format!("SELECT warden.exempt('drop-table', 'orders', {text})"))?;
        ensure_eq!(
            admin.value(&format!(
                "SELECT reason = btrim({text}, E' \\n\\r\\t') FROM warden.exemptions WHERE id = {id}"
            ))?,
            "t"
        );
        admin.run("BEGIN; DROP TABLE orders CASCADE; ROLLBACK")?;
    }
    ensure_eq!(admin.value("SELECT count(*) FROM orders")?, ROWS.to_string());
    is_enforced(&db, &role)
}

fn patterns_that_would_take_for_ever(leg: &Leg) -> Result {
    let (db, role) = owned(leg)?;
    let mut admin = db.session()?;
    admin.run("SET statement_timeout = '60s'")?;
    let long = format!("a{}", "a?".repeat(500_000));
    for pattern in [
        "~(a+)+$",
        "~((((a*)*)*)*)*b$",
        "~(a|aa|aaa)+$",
        "~(?:a{1000}){1000}",
        "~(x+x+)+y",
        "~\\p{L}{500}",
        "~^(?=a)",
        "~(a)\\1",
        "~[[:nothing:]]",
        "~(?P<a>x)(?P<a>y)",
        format!("~{long}").as_str(),
        format!("~{}", "(".repeat(100_000)).as_str(),
        format!("~{}", "[a]|".repeat(200_000)).as_str(),
    ] {
        let start = Instant::now();
        let outcome = admin.outcome(&format!("SELECT warden.exempt('{RULE}', {}, 'r')", literal(pattern)));
        let shown: String = pattern.chars().take(40).collect();
        if let Some(error) = &outcome.error {
            ensure_eq!(error.sqlstate, "22023", "{shown}: {error}");
            ensure!(error.detail().len() < 2_000, "{shown}: DETAIL of {} bytes", error.detail().len());
        }
        ensure!(start.elapsed() < Duration::from_secs(20), "{shown} took {:?}", start.elapsed());
    }
    let name = "a".repeat(60);
    admin.run(&format!(
        "SET warden.mode = off; CREATE TABLE {name} (id bigint PRIMARY KEY, b int); ALTER TABLE {name} OWNER TO {role};
         INSERT INTO {name} SELECT i, i FROM generate_series(1, {ROWS}) i; ANALYZE {name}; RESET warden.mode; DELETE FROM warden_internal.exemption WHERE object LIKE '%|%' OR length(object) < 30"
    ))?;
    let start = Instant::now();
    db.session_as(&role)?.outcome(&format!("CREATE INDEX ON {name} (b)"));
    ensure!(start.elapsed() < Duration::from_secs(10), "DDL took {:?}", start.elapsed());
    // A pattern that can no longer be read covers nothing, and stops nobody.
    admin.run("TRUNCATE warden_internal.exemption; INSERT INTO warden_internal.exemption (object, reason, created_at, created_by) VALUES ('~(', 'r', now(), 'me')")?;
    is_enforced(&db, &role)
}

fn set_role_and_definers_are_told_apart(leg: &Leg) -> Result {
    let (db, owner) = owned(leg)?;
    let login = db.role("")?;
    let mut admin = db.session()?;
    admin.run(&format!("GRANT {owner} TO {login}"))?;
    db.session_as(&owner)?.run(
        "CREATE FUNCTION make() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN DROP INDEX orders_placed_idx; END$$; GRANT EXECUTE ON FUNCTION make() TO PUBLIC",
    )?;
    let drop = "DROP INDEX orders_placed_idx";
    let mut told = |s: &mut Session, sql: &str| -> Result<String> {
        s.run(sql)?;
        let who = admin.value("SELECT session_role || ' as ' || role FROM warden.journal WHERE rule = 'drop-index-not-concurrent' ORDER BY id DESC LIMIT 1")?;
        admin.run("SET warden.mode = off; CREATE INDEX orders_placed_idx ON orders (placed); RESET warden.mode")?;
        Ok(who)
    };
    ensure_eq!(told(&mut db.session_as(&owner)?, drop)?, format!("{owner} as {owner}"));
    ensure_eq!(told(&mut db.session_as(&login)?, &format!("SET ROLE {owner}; {drop}"))?, format!("{login} as {owner}"));
    ensure_eq!(told(&mut db.session_as(&login)?, "SELECT make()")?, format!("{login} as {owner}"));
    ensure_eq!(
        told(&mut db.session_as(&login)?, &format!("SET ROLE {owner}; SELECT make()"))?,
        format!("{login} as {owner}")
    );
    ensure_eq!(
        told(&mut db.session()?, &format!("SET SESSION AUTHORIZATION {login}; SELECT make()"))?,
        format!("{login} as {owner}")
    );
    Ok(())
}
