//! Modes, levels, thresholds and exemptions as they are kept in the database.

use std::time::{Duration, Instant};

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Database, Leg, Result, Session, cases, ensure, ensure_eq};

use crate::fixture::{ROWS, only_rules, open, shop};

cases![
    mode_reaches_connected_sessions_at_once,
    mode_reaches_an_open_transaction,
    mode_of_a_role_beats_the_general_one,
    default_takes_a_mode_away,
    the_setting_beats_the_kept_mode,
    a_mode_that_is_rolled_back_has_no_effect,
    a_mode_that_is_rolled_back_to_a_savepoint_has_no_effect,
    a_mode_that_is_prepared_holds_from_its_commit_on,
    sql_in_the_tables_reaches_connected_sessions,
    sql_under_the_replica_role_reaches_connected_sessions,
    two_administrators_take_turns,
    the_tables_take_no_other_words,
    repeatable_read_sees_the_policy_of_now,
    read_only_transactions_change_nothing,
    a_copy_falls_back_to_warn,
    a_set_level_holds_at_once,
    a_reset_level_is_the_rules_own,
    rule_levels_beats_kept_levels,
    preset_relaxed,
    preset_recommended,
    preset_strict,
    preset_rails,
    preset_django,
    a_preset_replaces_what_was_set,
    thresholds_are_kept_and_settings_come_first,
    a_kept_lock_timeout_bounds_the_wait,
    exempt_by_table_schema_and_pattern,
    exempt_by_column,
    exempt_by_index,
    exempt_by_an_unqualified_name_in_the_search_path,
    exempt_with_odd_names,
    exempt_what_does_not_exist_yet,
    exempt_from_one_rule_or_from_all,
    exempt_one_role,
    an_exemption_ends_at_its_time,
    an_exemption_follows_its_table,
    an_exemption_follows_its_column,
    an_exemption_follows_its_constraint,
    an_exemption_follows_its_schema,
    an_exemption_follows_into_another_schema,
    an_exemption_follows_a_rename_that_is_rolled_back,
    an_exemption_follows_renames_while_switched_off,
    names_that_change_places_keep_their_exemptions,
    a_table_that_is_made_anew_is_exempt_by_its_name,
    an_exemption_of_a_column_that_is_gone_keeps_its_name,
    an_exemption_follows_what_a_function_renames_and_rolls_back,
    unexempt_takes_it_back_at_once,
    a_baseline_hides_old_debt_and_shows_new,
    audit_and_lint_honour_the_policy,
    use_of_an_exemption_is_counted,
    disable_and_enable_reach_connected_sessions,
    disable_that_is_rolled_back_has_no_effect,
    drop_extension_in_every_state,
    bad_input_is_refused_with_a_way_out,
    a_locked_policy_holds_nobody_up,
    a_policy_that_was_locked_is_read_afterwards,
    a_locked_policy_does_not_end_enforcement_for_who_has_read_it,
    a_rename_while_the_exemptions_are_locked,
    renames_of_two_sessions_at_once,
    the_policy_survives_dump_and_restore,
    a_restored_exemption_follows_a_later_rename,
];

const BLOCKED: &str = "CREATE INDEX i ON orders (customer_id)";
const RULE: &str = "create-index-not-concurrent";

/// What becomes of a statement, which is rolled back whatever happens.
fn fate(s: &mut Session, sql: &str, rule: &str) -> Result<&'static str> {
    s.run("BEGIN")?;
    let fate = fate_within(s, sql, rule)?;
    s.run("ROLLBACK")?;
    Ok(fate)
}

/// The same within a transaction, which goes on.
fn fate_within(s: &mut Session, sql: &str, rule: &str) -> Result<&'static str> {
    s.run("SAVEPOINT fate")?;
    let outcome = s.outcome(sql);
    s.run("ROLLBACK TO fate; RELEASE fate")?;
    match &outcome.error {
        Some(error) if error.rule() == Some(rule) => Ok("blocked"),
        Some(error) => Err(format!("{sql}: {error}").into()),
        None if outcome.rules().contains(&rule) => Ok("warned"),
        None => Ok("silent"),
    }
}

fn index(s: &mut Session) -> Result<&'static str> {
    fate(s, BLOCKED, RULE)
}

/// A shop in mode `enforce`, with an administrator and somebody who has run DDL already.
fn enforced(leg: &Leg) -> Result<(Database<'_>, Session, Session)> {
    let (db, mut admin) = open(leg)?;
    admin.run("SELECT warden.set_mode('enforce')")?;
    let mut s = db.session()?;
    ensure_eq!(index(&mut s)?, "blocked");
    Ok((db, admin, s))
}

fn mode_reaches_connected_sessions_at_once(leg: &Leg) -> Result {
    let (db, mut admin) = open(leg)?;
    let mut pooled = db.session()?;
    ensure_eq!(index(&mut pooled)?, "warned");
    for (mode, expected) in
        [("enforce", "blocked"), ("off", "silent"), ("enforce", "blocked"), ("warn", "warned"), ("default", "warned")]
    {
        admin.run(&format!("SELECT warden.set_mode('{mode}')"))?;
        ensure_eq!(index(&mut pooled)?, expected, "{mode}");
        ensure_eq!(index(&mut admin)?, expected, "{mode}, own session");
        ensure_eq!(index(&mut db.session()?)?, expected, "{mode}, new session");
    }
    Ok(())
}

fn mode_reaches_an_open_transaction(leg: &Leg) -> Result {
    let (db, mut admin) = open(leg)?;
    let mut s = db.session()?;
    s.run("BEGIN")?;
    ensure_eq!(fate_within(&mut s, BLOCKED, RULE)?, "warned");
    for (mode, expected) in [("enforce", "blocked"), ("off", "silent"), ("enforce", "blocked")] {
        admin.run(&format!("SELECT warden.set_mode('{mode}')"))?;
        ensure_eq!(fate_within(&mut s, BLOCKED, RULE)?, expected, "{mode}");
    }
    Ok(())
}

fn mode_of_a_role_beats_the_general_one(leg: &Leg) -> Result {
    let (db, mut admin) = open(leg)?;
    let (app, other) = (db.role("SUPERUSER")?, db.role("SUPERUSER")?);
    let (mut as_app, mut as_other) = (db.session_as(&app)?, db.session_as(&other)?);
    ensure_eq!(index(&mut as_app)?, "warned");
    admin.run(&format!("SELECT warden.set_mode('enforce', '{app}')"))?;
    ensure_eq!((index(&mut as_app)?, index(&mut as_other)?), ("blocked", "warned"));
    admin.run(&format!("SELECT warden.set_mode('enforce'), warden.set_mode('off', '{app}')"))?;
    ensure_eq!((index(&mut as_app)?, index(&mut as_other)?), ("silent", "blocked"));
    // It is the role that logged in.
    as_other.run(&format!("SET ROLE {app}"))?;
    ensure_eq!(index(&mut as_other)?, "blocked");
    ensure!(
        as_app.value("SELECT detail FROM warden.status WHERE item = 'mode'")?.contains(&format!("for role {app}")),
        "status says for whom"
    );
    Ok(())
}

fn default_takes_a_mode_away(leg: &Leg) -> Result {
    let (db, mut admin) = open(leg)?;
    let app = db.role("SUPERUSER")?;
    let mut s = db.session_as(&app)?;
    admin.run(&format!("SELECT warden.set_mode('enforce'), warden.set_mode('off', '{app}')"))?;
    ensure_eq!(index(&mut s)?, "silent");
    admin.run(&format!("SELECT warden.set_mode('default', '{app}')"))?;
    ensure_eq!(index(&mut s)?, "blocked");
    admin.run("SELECT warden.set_mode('default')")?;
    ensure_eq!(index(&mut s)?, "warned");
    ensure_eq!(admin.value("SELECT count(*) FROM warden_internal.mode")?, "0");
    // A role that is gone can be rid of its mode.
    admin.run(&format!("SELECT warden.set_mode('off', '{app}')"))?;
    drop(s);
    admin.run(&format!("DROP ROLE {app}; SELECT warden.set_mode('default', '{app}')"))?;
    ensure_eq!(admin.value("SELECT count(*) FROM warden_internal.mode")?, "0");
    Ok(())
}

fn the_setting_beats_the_kept_mode(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    for (setting, expected) in [("off", "silent"), ("warn", "warned"), ("policy", "blocked")] {
        s.run(&format!("SET warden.mode = {setting}"))?;
        ensure_eq!(index(&mut s)?, expected, "{setting}");
    }
    admin.run("SELECT warden.set_mode('off')")?;
    s.run("SET warden.mode = enforce")?;
    ensure_eq!(index(&mut s)?, "blocked");
    s.run("RESET warden.mode")?;
    ensure_eq!(index(&mut s)?, "silent");
    Ok(())
}

fn a_mode_that_is_rolled_back_has_no_effect(leg: &Leg) -> Result {
    let (db, mut admin) = open(leg)?;
    let mut s = db.session()?;
    ensure_eq!(index(&mut s)?, "warned");
    admin.run("BEGIN; SELECT warden.set_mode('enforce')")?;
    ensure_eq!(fate_within(&mut admin, BLOCKED, RULE)?, "blocked", "the transaction itself");
    ensure_eq!(index(&mut s)?, "warned", "not committed");
    admin.run("ROLLBACK")?;
    ensure_eq!((index(&mut admin)?, index(&mut s)?), ("warned", "warned"));
    Ok(())
}

fn a_mode_that_is_rolled_back_to_a_savepoint_has_no_effect(leg: &Leg) -> Result {
    let (db, mut admin) = open(leg)?;
    let mut s = db.session()?;
    admin.run("BEGIN; SELECT warden.set_mode('off'); SAVEPOINT a; SELECT warden.set_mode('enforce')")?;
    ensure_eq!(fate_within(&mut admin, BLOCKED, RULE)?, "blocked");
    admin.run("ROLLBACK TO a")?;
    ensure_eq!(fate_within(&mut admin, BLOCKED, RULE)?, "silent");
    ensure_eq!(index(&mut s)?, "warned");
    admin.run("COMMIT")?;
    ensure_eq!((index(&mut admin)?, index(&mut s)?), ("silent", "silent"));
    Ok(())
}

fn a_mode_that_is_prepared_holds_from_its_commit_on(leg: &Leg) -> Result {
    let (db, mut admin) = open(leg)?;
    let mut s = db.session()?;
    ensure_eq!(index(&mut s)?, "warned");
    let prepared = format!("'mode of {}'", db.name());
    admin.run("BEGIN; SELECT warden.set_mode('enforce')")?;
    admin.run(&format!("PREPARE TRANSACTION {prepared}"))?;
    ensure_eq!((index(&mut admin)?, index(&mut s)?), ("warned", "warned"));
    admin.run(&format!("COMMIT PREPARED {prepared}"))?;
    ensure_eq!((index(&mut admin)?, index(&mut s)?), ("blocked", "blocked"));
    Ok(())
}

fn sql_in_the_tables_reaches_connected_sessions(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    for (sql, expected) in [
        ("UPDATE warden_internal.mode SET mode = 'warn'", "warned"),
        ("UPDATE warden_internal.mode SET mode = 'enforce'", "blocked"),
        ("INSERT INTO warden_internal.level VALUES ('create-index-not-concurrent', 'off', now(), 'me')", "silent"),
        ("UPDATE warden_internal.level SET level = 'warning'", "warned"),
        ("DELETE FROM warden_internal.level", "blocked"),
        (
            "INSERT INTO warden_internal.exemption (object, reason, created_at, created_by) VALUES ('public', 'r', now(), 'me')",
            "silent",
        ),
        ("TRUNCATE warden_internal.exemption", "blocked"),
        ("INSERT INTO warden_internal.threshold VALUES ('large_table_rows', 1, now(), 'me')", "blocked"),
        ("TRUNCATE warden_internal.mode", "warned"),
    ] {
        admin.run(sql)?;
        ensure_eq!(index(&mut s)?, expected, "{sql}");
    }
    Ok(())
}

fn sql_under_the_replica_role_reaches_connected_sessions(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    admin.run("SET session_replication_role = replica; UPDATE warden_internal.mode SET mode = 'warn'")?;
    ensure_eq!(index(&mut s)?, "warned");
    Ok(())
}

fn two_administrators_take_turns(leg: &Leg) -> Result {
    let (db, mut admin) = open(leg)?;
    let mut other = db.session()?;
    for call in [
        "warden.set_mode('enforce')",
        "warden.set_level('drop-table', 'error')",
        "warden.apply_preset('strict')",
        "warden.set_threshold('busy_after', '1s')",
        "warden.exempt(NULL, 'orders', 'r')",
    ] {
        admin.run(&format!("BEGIN; SELECT {call}"))?;
        ensure_eq!(other.error(&format!("SET lock_timeout = '200ms'; SELECT {call}"))?.sqlstate, "55P03", "{call}");
        admin.run("COMMIT")?;
        other.run(&format!("SELECT {call}"))?;
    }
    ensure_eq!(admin.value("SELECT count(*) FROM warden_internal.mode")?, "1");
    ensure_eq!(admin.value("SELECT count(DISTINCT rule) = count(*) FROM warden_internal.level")?, "t");
    ensure_eq!(admin.value("SELECT count(*) FROM warden.exemptions")?, "2");
    Ok(())
}

fn the_tables_take_no_other_words(leg: &Leg) -> Result {
    let (_db, mut admin, _) = enforced(leg)?;
    for sql in [
        "UPDATE warden_internal.mode SET mode = 'policy'",
        "INSERT INTO warden_internal.level VALUES ('drop-table', 'loud', now(), 'me')",
        "INSERT INTO warden_internal.exemption (object, reason, created_at, created_by) VALUES ('a', '', now(), 'me')",
    ] {
        ensure_eq!(admin.error(sql)?.sqlstate, "23514", "{sql}");
    }
    Ok(())
}

fn repeatable_read_sees_the_policy_of_now(leg: &Leg) -> Result {
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let (db, mut admin) = open(leg)?;
        let mut s = db.session()?;
        s.run(&format!("BEGIN ISOLATION LEVEL {level}"))?;
        ensure_eq!(fate_within(&mut s, BLOCKED, RULE)?, "warned");
        admin.run("SELECT warden.set_mode('enforce')")?;
        ensure_eq!(fate_within(&mut s, BLOCKED, RULE)?, "blocked", "{level}");
        admin.run(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
        ensure_eq!(fate_within(&mut s, BLOCKED, RULE)?, "silent", "{level}");
        s.run("COMMIT")?;
        ensure_eq!(index(&mut s)?, "silent");
    }
    Ok(())
}

fn read_only_transactions_change_nothing(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    for call in [
        "warden.set_mode('off')".to_owned(),
        format!("warden.set_level('{RULE}', 'off')"),
        format!("warden.exempt('{RULE}', 'orders', 'r')"),
        "warden.apply_preset('relaxed')".to_owned(),
        "warden.set_threshold('large_table_rows', '1000000')".to_owned(),
        "warden.disable()".to_owned(),
    ] {
        admin.run("BEGIN READ ONLY")?;
        let outcome = admin.outcome(&format!("SELECT {call}"));
        admin.run("COMMIT")?;
        ensure_eq!(outcome.error.map(|e| e.sqlstate).as_deref(), Some("25006"), "{call} in a read-only transaction");
        ensure_eq!(index(&mut s)?, "blocked", "{call}");
    }
    Ok(())
}

fn a_copy_falls_back_to_warn(leg: &Leg) -> Result {
    let (db, mut admin, s) = enforced(leg)?;
    let app = db.role("SUPERUSER")?;
    admin.run(&format!(
        "SELECT warden.set_mode('off', '{app}'), warden.set_level('drop-table', 'error'), warden.exempt(NULL, 'customers', 'r')"
    ))?;
    drop((admin, s));
    let copy = db.copy()?;
    let mut s = copy.session()?;
    s.run("SET warden.large_table_rows = 1000; SET lock_timeout = '90s'")?;
    ensure_eq!(index(&mut s)?, "warned");
    let told = s.rows("SELECT item, value, detail FROM warden.status WHERE item LIKE 'kept mode%' ORDER BY item")?;
    ensure_eq!(told.len(), 2, "{told:?}");
    ensure!(told.iter().all(|row| row[1].as_deref() == Some("not in effect")), "{told:?}");
    ensure_eq!(s.value("SELECT value FROM warden.status WHERE item = 'mode'")?, "warn");
    ensure_eq!(fate(&mut s, "DROP TABLE orders", "drop-table")?, "warned");
    ensure_eq!(s.value("SELECT level FROM warden.rules WHERE rule = 'drop-table'")?, "error", "levels are copied");
    // What status says to do is enough.
    for row in &told {
        let detail = row[2].clone().unwrap_or_default();
        let statement = detail.split("to have it here: ").nth(1).ok_or("no statement in the detail")?.to_owned();
        s.run(&statement)?;
    }
    ensure_eq!(index(&mut s)?, "blocked");
    ensure_eq!(s.value("SELECT count(*) FROM warden.status WHERE item LIKE 'kept mode%'")?, "0");
    ensure_eq!(index(&mut db.session()?)?, "blocked", "the original still has its own");
    Ok(())
}

fn a_set_level_holds_at_once(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    for (level, expected) in [("off", "silent"), ("info", "silent"), ("warning", "warned"), ("error", "blocked")] {
        admin.run(&format!("SELECT warden.set_level('{RULE}', '{level}')"))?;
        ensure_eq!(index(&mut s)?, expected, "{level}");
        ensure_eq!(s.value(&format!("SELECT level FROM warden.rules WHERE rule = '{RULE}'"))?, level);
    }
    // A rule that is a warning by itself can be made to block.
    let drop = "DROP TABLE orders";
    ensure_eq!(fate(&mut s, drop, "drop-table")?, "warned");
    admin.run("SELECT warden.set_level('drop-table', 'error')")?;
    ensure_eq!(fate(&mut s, drop, "drop-table")?, "blocked");
    Ok(())
}

fn a_reset_level_is_the_rules_own(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    admin.run(&format!("SELECT warden.set_level('{RULE}', 'off')"))?;
    ensure_eq!(index(&mut s)?, "silent");
    admin.run(&format!("SELECT warden.reset_level('{RULE}')"))?;
    ensure_eq!(index(&mut s)?, "blocked");
    let said = admin.run(&format!("SELECT warden.reset_level('{RULE}')"))?;
    ensure!(said.notices.iter().any(|n| n.severity == "NOTICE" && n.message.contains("no level is set")), "{said}");
    // A level of a rule that this version does not have is told, and can be taken away.
    admin.run("INSERT INTO warden_internal.level VALUES ('of-the-future', 'error', now(), 'me')")?;
    ensure_eq!(admin.value("SELECT value FROM warden.status WHERE item = 'rule of-the-future'")?, "unknown");
    admin.run("SELECT warden.reset_level('of-the-future')")?;
    ensure_eq!(admin.value("SELECT count(*) FROM warden_internal.level")?, "0");
    Ok(())
}

fn rule_levels_beats_kept_levels(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    admin.run(&format!("SELECT warden.set_level('{RULE}', 'off')"))?;
    s.run(&format!("SET warden.rule_levels = '{RULE}=error'"))?;
    ensure_eq!(index(&mut s)?, "blocked");
    s.run("RESET warden.rule_levels")?;
    ensure_eq!(index(&mut s)?, "silent");
    Ok(())
}

/// Rules whose level is not what a preset promises: `expected` is SQL over the columns of `warden.rules`.
fn check_preset(s: &mut Session, preset: &str, expected: &str, timeout: &[&str]) -> Result<Vec<String>> {
    s.run("SELECT warden.apply_preset('strict')")?;
    let said = s.run(&format!("SELECT warden.apply_preset('{preset}')"))?;
    ensure!(said.notices.iter().any(|n| n.message.contains(preset)), "{said}");
    let wrong = s.rows(&format!(
        "SELECT rule, area, default_level, level, {expected} FROM warden.rules WHERE level IS DISTINCT FROM {expected}"
    ))?;
    ensure!(wrong.is_empty(), "{preset}: {wrong:?}");
    ensure_eq!(
        s.column("SELECT value FROM warden_internal.threshold WHERE name = 'ddl_lock_timeout'")?,
        timeout,
        "ddl_lock_timeout"
    );
    Ok(s.column("SELECT rule FROM warden.rules WHERE level <> default_level ORDER BY rule")?)
}

fn preset_relaxed(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let expected =
        "CASE WHEN area = 'design' AND default_level IN ('error', 'warning') THEN 'info' ELSE default_level END";
    let changed = check_preset(&mut s, "relaxed", expected, &[])?;
    ensure!(changed.contains(&"table-without-primary-key".to_owned()), "{changed:?}");
    Ok(())
}

fn preset_recommended(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let changed = check_preset(&mut s, "recommended", "default_level", &["5000"])?;
    ensure!(changed.is_empty(), "{changed:?}");
    Ok(())
}

fn preset_strict(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let expected = "CASE default_level WHEN 'off' THEN 'off' WHEN 'info' THEN 'warning' ELSE 'error' END";
    check_preset(&mut s, "strict", expected, &["5000"])?;
    Ok(())
}

fn preset_rails(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let expected = "CASE WHEN rule IN ('column-type-serial', 'column-type-timestamp', 'column-type-varchar-n', 'column-type-json') THEN 'off' ELSE default_level END";
    check_preset(&mut s, "rails", expected, &["5000"])?;
    // What a migration of Rails makes is let be.
    let said = s.run(
        "CREATE TABLE users (id bigserial PRIMARY KEY, name varchar(40), meta json, created_at timestamp(6) NOT NULL)",
    )?;
    ensure_eq!(said.rules(), Vec::<&str>::new(), "{said}");
    Ok(())
}

fn preset_django(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let expected = "CASE WHEN rule IN ('integer-primary-key', 'column-type-integer', 'column-type-varchar-n', 'drop-not-null') THEN 'off' ELSE default_level END";
    check_preset(&mut s, "django", expected, &["5000"])?;
    let said = s.run(
        "CREATE TABLE auth_group (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name varchar(150) NOT NULL)",
    )?;
    ensure_eq!(said.rules(), Vec::<&str>::new(), "{said}");
    Ok(())
}

fn a_preset_replaces_what_was_set(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    admin.run(&format!("SELECT warden.set_level('{RULE}', 'off')"))?;
    admin.run("SELECT warden.apply_preset('recommended')")?;
    ensure_eq!(index(&mut s)?, "blocked");
    ensure_eq!(admin.value("SELECT count(*) FROM warden_internal.level")?, "0");
    admin.run("BEGIN; SELECT warden.apply_preset('strict'); ROLLBACK")?;
    ensure_eq!(admin.value("SELECT count(*) FROM warden.rules WHERE level <> default_level")?, "0");
    Ok(())
}

fn thresholds_are_kept_and_settings_come_first(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut admin = db.session()?;
    admin.run(&format!(
        "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
         INSERT INTO orders SELECT i, i FROM generate_series(1, {ROWS}) i; ANALYZE"
    ))?;
    let mut s = db.session()?;
    s.run("SET lock_timeout = '90s'")?;
    ensure_eq!(index(&mut s)?, "silent");
    for (name, value) in
        [("large_table_rows", "1000"), ("warden.large_table_rows", "1000"), ("large_table_size", "8kB")]
    {
        admin.run(&format!("SELECT warden.set_threshold('{name}', '{value}')"))?;
        ensure_eq!(index(&mut s)?, "warned", "{name}");
        let setting = name.trim_start_matches("warden.");
        s.run(&format!("SET warden.{setting} = '1000000'"))?;
        ensure_eq!(index(&mut s)?, "silent", "{name}: the setting comes first");
        s.run(&format!("RESET warden.{setting}"))?;
        ensure_eq!(index(&mut s)?, "warned", "{name}: reset");
        admin.run(&format!("SELECT warden.set_threshold('{name}', NULL)"))?;
        ensure_eq!(index(&mut s)?, "silent", "{name}: taken away");
    }
    Ok(())
}

fn a_kept_lock_timeout_bounds_the_wait(leg: &Leg) -> Result {
    let (db, mut admin) = open(leg)?;
    let mut s = db.session()?;
    s.run("SET lock_timeout = 0; SET statement_timeout = '20s'")?;
    admin.run("SELECT warden.set_threshold('ddl_lock_timeout', '300ms')")?;
    let mut holder = db.session()?;
    holder.run("BEGIN; SELECT count(*) FROM orders")?;
    ensure_eq!(s.error("ALTER TABLE orders ADD COLUMN remark text")?.sqlstate, "55P03");
    ensure_eq!(s.value("SHOW lock_timeout")?, "0");
    s.run("SET warden.ddl_lock_timeout = 0")?;
    s.run("SET statement_timeout = '1s'")?;
    ensure_eq!(s.error("ALTER TABLE orders ADD COLUMN remark text")?.sqlstate, "57014", "the setting comes first");
    Ok(())
}

fn exempt_by_table_schema_and_pattern(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    for object in [
        "orders",
        "ORDERS",
        "public.orders",
        "\"public\".\"orders\"",
        " public.orders ",
        "public",
        "~orders",
        "~^public\\.ord",
        "~^public\\.orders$",
        "~(?i)ORDERS",
    ] {
        let id = admin.value(&format!("SELECT warden.exempt('{RULE}', {}, 'r')", literal(object)))?;
        ensure_eq!(index(&mut s)?, "silent", "{object}");
        admin.run(&format!("SELECT warden.unexempt({id})"))?;
        ensure_eq!(index(&mut s)?, "blocked", "{object}: taken back");
    }
    for object in
        ["customers", "public.customers", "warden", "~^orders", "~customers", "~^public\\.order$", "public.orders.id"]
    {
        admin.run(&format!("SELECT warden.exempt('{RULE}', {}, 'r')", literal(object)))?;
        ensure_eq!(index(&mut s)?, "blocked", "{object} is something else");
    }
    Ok(())
}

/// Objects that the audit finds by a rule.
fn found(s: &mut Session, rule: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!("SELECT object FROM warden.audit(rules => ARRAY['{rule}']) ORDER BY object"))?)
}

fn exempt_by_column(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; ALTER TABLE orders ADD COLUMN seen timestamp; RESET warden.mode")?;
    let rule = "column-type-timestamp";
    ensure_eq!(found(&mut s, rule)?, ["public.orders"], "two columns are told as one");
    for object in ["orders.at", "public.orders.at", "ORDERS.AT"] {
        let id = s.value(&format!("SELECT warden.exempt('{rule}', '{object}', 'r')"))?;
        ensure_eq!(found(&mut s, rule)?, ["public.orders.seen"], "{object}");
        s.run(&format!("SELECT warden.unexempt({id})"))?;
    }
    Ok(())
}

fn exempt_by_index(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    let (sql, rule) = ("DROP INDEX orders_placed_idx", "drop-index-not-concurrent");
    ensure_eq!(fate(&mut s, sql, rule)?, "warned");
    admin.run(&format!("SELECT warden.exempt('{rule}', 'orders_placed_idx', 'r')"))?;
    ensure_eq!(fate(&mut s, sql, rule)?, "silent");
    ensure_eq!(admin.value("SELECT object FROM warden.exemptions")?, "public.orders_placed_idx");
    Ok(())
}

fn exempt_by_an_unqualified_name_in_the_search_path(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    admin.run("CREATE SCHEMA other; CREATE TABLE other.orders (id bigint PRIMARY KEY)")?;
    let exempted = "SELECT object FROM warden.exemptions ORDER BY id DESC LIMIT 1";
    admin.run(&format!("SET search_path = other, public; SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    ensure_eq!(admin.value(exempted)?, "other.orders");
    ensure_eq!(index(&mut s)?, "blocked", "another schema's table");
    admin.run(&format!("SELECT warden.exempt('{RULE}', 'customers', 'r')"))?;
    ensure_eq!(admin.value(exempted)?, "public.customers");
    admin.run(&format!("SET search_path = public, other; SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    ensure_eq!(admin.value(exempted)?, "public.orders");
    ensure_eq!(index(&mut s)?, "silent");
    Ok(())
}

fn exempt_with_odd_names(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    for (schema, table) in [
        ("Odd.Schema", "a.b"),
        ("größe", "注文"),
        ("select", "x\"y\"z"),
        ("~tilde", "~tilde"),
        (" ", "back\\slash"),
        ("s'q", "$$"),
    ] {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let name = format!("{}.{}", quoted(schema), quoted(table));
        admin.run("SET warden.mode = off")?;
        admin.run(&format!(
            "CREATE SCHEMA {}; CREATE TABLE {name} (id bigint PRIMARY KEY, b int);
             INSERT INTO {name} SELECT i, i FROM generate_series(1, {ROWS}) i; ANALYZE {name}; RESET warden.mode",
            quoted(schema)
        ))?;
        let sql = format!("CREATE INDEX ON {name} (b)");
        ensure_eq!(fate(&mut s, &sql, RULE)?, "blocked", "{name}");
        let said = admin.run(&format!("SELECT warden.exempt('{RULE}', {}, 'r')", literal(&name)))?;
        ensure!(said.notices.is_empty(), "{name}: {said}");
        ensure_eq!(fate(&mut s, &sql, RULE)?, "silent", "{name}");
        admin.run(&format!("ALTER TABLE {name} RENAME TO renamed"))?;
        let sql = format!("CREATE INDEX ON {}.renamed (b)", quoted(schema));
        ensure_eq!(fate(&mut s, &sql, RULE)?, "silent", "{name}, renamed");
    }
    Ok(())
}

fn exempt_what_does_not_exist_yet(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    let notice = |outcome: &pg_warden_tests::Outcome| -> String {
        outcome.notices.iter().map(|n| format!("{}: {}", n.severity, n.message)).collect::<Vec<_>>().join("; ")
    };
    let said = notice(&admin.run(&format!("SELECT warden.exempt('{RULE}', 'ordes', 'r')"))?);
    ensure!(said.starts_with("NOTICE") && said.contains("does not exist") && said.contains("public.orders"), "{said}");
    let said = notice(&admin.run("SELECT warden.exempt('column-type-serial', 'tickets', 'r')")?);
    ensure!(said.contains("public.tickets does not exist"), "{said}");
    let said = notice(&admin.run("SELECT warden.exempt(NULL, 'nowhere.tickets', 'r')")?);
    ensure!(said.contains("does not exist"), "{said}");
    admin.run("SELECT warden.set_level('column-type-serial', 'error')")?;
    ensure_eq!(fate(&mut s, "CREATE TABLE tickets (id serial PRIMARY KEY)", "column-type-serial")?, "silent");
    ensure_eq!(fate(&mut s, "CREATE TABLE others (id serial PRIMARY KEY)", "column-type-serial")?, "blocked");
    // Made after its exemption, it is followed as well.
    s.run("CREATE TABLE tickets (id serial PRIMARY KEY); ALTER TABLE tickets RENAME TO stubs")?;
    ensure_eq!(admin.value("SELECT object FROM warden.exemptions WHERE rule = 'column-type-serial'")?, "public.stubs");
    Ok(())
}

fn exempt_from_one_rule_or_from_all(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    let check = ("ALTER TABLE orders ADD CHECK (total >= 0)", "add-check-validates");
    let id = admin.value("SELECT warden.exempt('add-check-validates', 'orders', 'r')")?;
    ensure_eq!((index(&mut s)?, fate(&mut s, check.0, check.1)?), ("blocked", "silent"));
    admin.run(&format!("SELECT warden.unexempt({id}), warden.exempt(NULL, 'orders', 'r')"))?;
    ensure_eq!((index(&mut s)?, fate(&mut s, check.0, check.1)?), ("silent", "silent"));
    Ok(())
}

fn exempt_one_role(leg: &Leg) -> Result {
    let (db, mut admin, mut s) = enforced(leg)?;
    let app = db.role("SUPERUSER")?;
    let mut as_app = db.session_as(&app)?;
    ensure_eq!(index(&mut as_app)?, "blocked");
    admin.run(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r', role_name => '{app}')"))?;
    ensure_eq!((index(&mut as_app)?, index(&mut s)?), ("silent", "blocked"));
    s.run(&format!("SET ROLE {app}"))?;
    ensure_eq!(index(&mut s)?, "blocked", "it is for who logs in");
    admin.run(&format!("SELECT warden.exempt('{RULE}', '~orders', 'r', role_name => 'postgres')"))?;
    ensure_eq!(index(&mut s)?, "silent", "a pattern for one role");
    Ok(())
}

fn an_exemption_ends_at_its_time(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    for object in ["orders", "~orders"] {
        let id = admin
            .value(&format!("SELECT warden.exempt('{RULE}', '{object}', 'r', clock_timestamp() + interval '2.5 s')"))?;
        ensure_eq!(index(&mut s)?, "silent", "{object}");
        std::thread::sleep(Duration::from_millis(2600));
        ensure_eq!(index(&mut s)?, "blocked", "{object} is over");
        ensure_eq!(admin.value(&format!("SELECT state FROM warden.exemptions WHERE id = {id}"))?, "expired");
    }
    Ok(())
}

fn object_of(s: &mut Session, id: &str) -> Result<String> {
    Ok(s.value(&format!("SELECT object FROM warden.exemptions WHERE id = {id}"))?)
}

/// Puts a large table in the place of the one that was renamed.
fn replace_orders(db: &Database<'_>) -> Result {
    db.session_with("-c warden.mode=off")?.run(&format!(
        "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
         INSERT INTO orders SELECT i, i FROM generate_series(1, {ROWS}) i; ANALYZE orders"
    ))?;
    Ok(())
}

fn an_exemption_follows_its_table(leg: &Leg) -> Result {
    let (db, mut admin, mut s) = enforced(leg)?;
    let id = admin.value(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    db.session()?.run("ALTER TABLE orders RENAME TO bills")?;
    ensure_eq!(object_of(&mut admin, &id)?, "public.bills");
    ensure_eq!(fate(&mut s, "CREATE INDEX i ON bills (customer_id)", RULE)?, "silent");
    replace_orders(&db)?;
    ensure_eq!(index(&mut s)?, "blocked", "a new table of the old name");
    // In a function too.
    db.session()?.run("DO $$BEGIN ALTER TABLE bills RENAME TO invoices; END$$")?;
    ensure_eq!(object_of(&mut admin, &id)?, "public.invoices");
    ensure_eq!(fate(&mut s, "CREATE INDEX i ON invoices (customer_id)", RULE)?, "silent");
    Ok(())
}

fn an_exemption_follows_its_column(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let rule = "column-type-timestamp";
    let id = s.value(&format!("SELECT warden.exempt('{rule}', 'orders.at', 'r')"))?;
    s.run("ALTER TABLE orders RENAME COLUMN at TO \"When\"")?;
    ensure_eq!(object_of(&mut s, &id)?, "public.orders.\"When\"");
    ensure_eq!(found(&mut s, rule)?, Vec::<String>::new());
    s.run("ALTER TABLE orders ADD COLUMN at timestamp")?;
    ensure_eq!(found(&mut s, rule)?, ["public.orders.at"], "a new column of the old name");
    s.run("ALTER TABLE orders RENAME TO bills")?;
    ensure_eq!(object_of(&mut s, &id)?, "public.bills.\"When\"");
    ensure_eq!(found(&mut s, rule)?, ["public.bills.at"]);
    Ok(())
}

fn an_exemption_follows_its_constraint(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(
        "SET warden.mode = off; ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0); RESET warden.mode",
    )?;
    let id = s.value("SELECT warden.exempt(NULL, 'orders.total_positive', 'r')")?;
    s.run("ALTER TABLE orders RENAME CONSTRAINT total_positive TO positive")?;
    ensure_eq!(object_of(&mut s, &id)?, "public.orders.positive");
    s.run("ALTER TABLE orders RENAME TO bills")?;
    ensure_eq!(object_of(&mut s, &id)?, "public.bills.positive");
    Ok(())
}

fn an_exemption_follows_its_schema(leg: &Leg) -> Result {
    let (db, mut admin, mut s) = enforced(leg)?;
    admin
        .run("SET warden.mode = off; CREATE SCHEMA legacy; ALTER TABLE orders SET SCHEMA legacy; RESET warden.mode")?;
    let in_legacy = "CREATE INDEX i ON legacy.orders (customer_id)";
    ensure_eq!(fate(&mut s, in_legacy, RULE)?, "blocked");
    let ids = admin.column(&format!(
        "SELECT warden.exempt('{RULE}', 'legacy', 'r') UNION ALL SELECT warden.exempt('add-check-validates', 'legacy.orders', 'r')"
    ))?;
    ensure_eq!(fate(&mut s, in_legacy, RULE)?, "silent");
    db.session()?.run("ALTER SCHEMA legacy RENAME TO \"Old\"")?;
    ensure_eq!(object_of(&mut admin, &ids[0])?, "\"Old\"");
    ensure_eq!(object_of(&mut admin, &ids[1])?, "\"Old\".orders");
    ensure_eq!(fate(&mut s, "CREATE INDEX i ON \"Old\".orders (customer_id)", RULE)?, "silent");
    // A new schema of the old name is another one.
    replace_orders(&db)?;
    admin
        .run("SET warden.mode = off; CREATE SCHEMA legacy; ALTER TABLE orders SET SCHEMA legacy; RESET warden.mode")?;
    ensure_eq!(fate(&mut s, in_legacy, RULE)?, "blocked");
    Ok(())
}

fn an_exemption_follows_into_another_schema(leg: &Leg) -> Result {
    let (db, mut admin, mut s) = enforced(leg)?;
    let id = admin.value(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    db.session()?.run("CREATE SCHEMA other; ALTER TABLE orders SET SCHEMA other")?;
    ensure_eq!(object_of(&mut admin, &id)?, "other.orders");
    ensure_eq!(fate(&mut s, "CREATE INDEX i ON other.orders (customer_id)", RULE)?, "silent");
    replace_orders(&db)?;
    ensure_eq!(index(&mut s)?, "blocked");
    Ok(())
}

fn an_exemption_follows_a_rename_that_is_rolled_back(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    let id = admin.value(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    s.run(
        "BEGIN; ALTER TABLE orders RENAME TO bills; SAVEPOINT a; ALTER TABLE bills RENAME TO invoices; ROLLBACK TO a",
    )?;
    ensure_eq!(fate_within(&mut s, "CREATE INDEX i ON bills (customer_id)", RULE)?, "silent");
    s.run("ROLLBACK")?;
    ensure_eq!(object_of(&mut admin, &id)?, "public.orders");
    ensure_eq!(index(&mut s)?, "silent");
    Ok(())
}

fn an_exemption_follows_renames_while_switched_off(leg: &Leg) -> Result {
    let (db, mut admin, mut s) = enforced(leg)?;
    admin.run(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    admin.run("SET warden.mode = off; ALTER TABLE orders RENAME TO bills; RESET warden.mode")?;
    replace_orders(&db)?;
    ensure_eq!(fate(&mut s, "CREATE INDEX i ON bills (customer_id)", RULE)?, "silent");
    ensure_eq!(index(&mut s)?, "blocked", "a new table of the old name");
    Ok(())
}

fn names_that_change_places_keep_their_exemptions(leg: &Leg) -> Result {
    let (db, mut admin, mut s) = enforced(leg)?;
    let id = admin.value(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    s.run("ALTER TABLE orders RENAME TO old")?;
    replace_orders(&db)?;
    s.run("ALTER TABLE orders RENAME TO new; ALTER TABLE old RENAME TO orders")?;
    ensure_eq!(object_of(&mut admin, &id)?, "public.orders");
    ensure_eq!((index(&mut s)?, fate(&mut s, "CREATE INDEX i ON new (customer_id)", RULE)?), ("silent", "blocked"));
    Ok(())
}

fn a_table_that_is_made_anew_is_exempt_by_its_name(leg: &Leg) -> Result {
    let (db, mut admin, mut s) = enforced(leg)?;
    admin.run(&format!("SELECT warden.exempt('{RULE}', 'orders', 'made anew each night')"))?;
    for _ in 0..2 {
        admin.run("DROP TABLE orders")?;
        replace_orders(&db)?;
        ensure_eq!(index(&mut s)?, "silent");
    }
    Ok(())
}

fn an_exemption_of_a_column_that_is_gone_keeps_its_name(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let id = s.value("SELECT warden.exempt('column-type-timestamp', 'orders.at', 'r')")?;
    s.run("ALTER TABLE orders DROP COLUMN at; ALTER TABLE orders RENAME COLUMN total TO sum")?;
    ensure_eq!(object_of(&mut s, &id)?, "public.orders.at");
    s.run("ALTER TABLE orders ADD COLUMN at timestamp")?;
    ensure_eq!(found(&mut s, "column-type-timestamp")?, Vec::<String>::new());
    Ok(())
}

fn an_exemption_follows_what_a_function_renames_and_rolls_back(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    let id = admin.value(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    s.run("DO $$BEGIN BEGIN ALTER TABLE orders RENAME TO bills; RAISE EXCEPTION 'no'; EXCEPTION WHEN raise_exception THEN NULL; END; END$$")?;
    ensure_eq!(object_of(&mut admin, &id)?, "public.orders");
    ensure_eq!(index(&mut s)?, "silent");
    Ok(())
}

fn unexempt_takes_it_back_at_once(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    let id = admin.value(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    s.run("BEGIN")?;
    ensure_eq!(fate_within(&mut s, BLOCKED, RULE)?, "silent");
    admin.run(&format!("SELECT warden.unexempt({id})"))?;
    ensure_eq!(fate_within(&mut s, BLOCKED, RULE)?, "blocked");
    s.run("ROLLBACK")?;
    ensure_eq!(admin.value("SELECT count(*) FROM warden.exemptions")?, "0");
    ensure_eq!(admin.value("SELECT count(*) FROM warden_internal.exempted_object")?, "0");
    ensure_eq!(admin.error(&format!("SELECT warden.unexempt({id})"))?.sqlstate, "42704");
    Ok(())
}

fn a_baseline_hides_old_debt_and_shows_new(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; CREATE TABLE legacy (id serial, a timestamp); CREATE INDEX orders_placed_idx2 ON orders (placed); RESET warden.mode")?;
    only_rules(
        &mut s,
        &[
            "column-type-serial",
            "column-type-timestamp",
            "index-duplicate",
            "table-without-primary-key",
            "foreign-key-without-index",
        ],
    )?;
    let count = "SELECT count(*) FROM warden.audit()";
    let before: u32 = s.value(count)?.parse()?;
    ensure!(before >= 4, "{before}");
    let one: u32 = s.value("SELECT warden.exempt_existing('column-type-timestamp', 'since 2019')")?.parse()?;
    ensure_eq!(one, 2);
    ensure_eq!(s.value(count)?, (before - one).to_string());
    ensure_eq!(s.value("SELECT warden.exempt_existing(NULL, 'baseline')")?, (before - one).to_string());
    ensure_eq!(s.column("SELECT rule || ' ' || object FROM warden.audit()")?, Vec::<String>::new());
    ensure_eq!(s.value("SELECT count(*) FROM warden.todo")?, "0");
    ensure_eq!(s.value("SELECT warden.exempt_existing(NULL, 'again')")?, "0");
    ensure_eq!(s.value("SELECT count(DISTINCT reason) FROM warden.exemptions")?, "2");
    // New debt, also on the tables of the old.
    s.run("SET warden.mode = off; ALTER TABLE legacy ADD COLUMN b timestamp; CREATE TABLE fresh (a int); RESET warden.mode")?;
    let debt = s.column("SELECT rule || ' ' || object FROM warden.audit() ORDER BY 1")?;
    ensure_eq!(debt, ["column-type-timestamp public.legacy.b", "table-without-primary-key public.fresh"]);
    s.run("ALTER TABLE legacy RENAME TO older")?;
    let debt = s.column("SELECT object FROM warden.audit() ORDER BY 1")?;
    ensure_eq!(debt, ["public.fresh", "public.older.b"]);
    Ok(())
}

fn audit_and_lint_honour_the_policy(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    let mut admin = db.session()?;
    let linted = format!("SELECT level FROM warden.lint({}) WHERE rule = '{RULE}'", literal(BLOCKED));
    let audited = "SELECT level FROM warden.audit() WHERE rule = 'column-type-timestamp'";
    ensure_eq!((s.value(&linted)?.as_str(), s.value(audited)?.as_str()), ("error", "warning"));
    admin.run(&format!(
        "SELECT warden.set_level('{RULE}', 'info'), warden.set_level('column-type-timestamp', 'error')"
    ))?;
    ensure_eq!((s.value(&linted)?.as_str(), s.value(audited)?.as_str()), ("info", "error"));
    ensure_eq!(s.value("SELECT level FROM warden.todo WHERE rule = 'column-type-timestamp'")?, "error");
    admin
        .run(&format!("SELECT warden.set_level('{RULE}', 'off'), warden.set_level('column-type-timestamp', 'off')"))?;
    ensure_eq!((s.value(&linted)?.as_str(), s.value(audited)?.as_str()), ("∅", "∅"));
    admin.run("TRUNCATE warden_internal.level; SELECT warden.exempt(NULL, 'orders', 'r')")?;
    ensure_eq!((s.value(&linted)?.as_str(), s.value(audited)?.as_str()), ("∅", "∅"));
    ensure_eq!(s.value("SELECT count(*) FROM warden.audit_table('orders') WHERE rule = 'column-type-timestamp'")?, "0");
    ensure_eq!(s.value("SELECT count(*) FROM warden.exemptions WHERE used > 0")?, "0", "looking is not using");
    Ok(())
}

fn use_of_an_exemption_is_counted(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    let id = admin.value(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    let row = |s: &mut Session| -> Result<Vec<String>> {
        let rows = s.rows(&format!(
            "SELECT state, used, last_used BETWEEN now() - interval '1 min' AND clock_timestamp() FROM warden.exemptions WHERE id = {id}"
        ))?;
        Ok(rows[0].iter().map(|v| v.clone().unwrap_or_else(|| "∅".into())).collect())
    };
    ensure_eq!(row(&mut admin)?, ["unused", "0", "∅"]);
    ensure_eq!(index(&mut s)?, "silent");
    ensure_eq!(row(&mut admin)?, ["unused", "0", "∅"], "what was rolled back did not happen");
    s.run(BLOCKED)?;
    ensure_eq!(row(&mut admin)?, ["in use", "1", "t"]);
    s.run("BEGIN; CREATE INDEX ON orders (total); CREATE INDEX ON orders (code); COMMIT")?;
    ensure_eq!(row(&mut admin)?, ["in use", "3", "t"]);
    s.error("CREATE INDEX i ON orders (customer_id)")?;
    ensure_eq!(row(&mut admin)?, ["in use", "3", "t"], "what failed did not happen");
    // At COMMIT too.
    admin.run("SELECT warden.set_level('table-without-primary-key', 'error')")?;
    let id = admin.value("SELECT warden.exempt('table-without-primary-key', 'keyless', 'r')")?;
    s.run("BEGIN; CREATE TABLE keyless (a int); COMMIT")?;
    ensure_eq!(admin.value(&format!("SELECT used FROM warden.exemptions WHERE id = {id}"))?, "1");
    Ok(())
}

fn disable_and_enable_reach_connected_sessions(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    s.run("BEGIN")?;
    ensure_eq!(fate_within(&mut s, BLOCKED, RULE)?, "blocked");
    let said = admin.value("SELECT warden.disable()")?;
    ensure!(said.contains("off") && said.contains("warden.enable()"), "{said}");
    ensure_eq!(fate_within(&mut s, BLOCKED, RULE)?, "silent", "in an open transaction");
    s.run("ROLLBACK")?;
    ensure_eq!(index(&mut s)?, "silent");
    ensure_eq!(admin.value("SELECT string_agg(DISTINCT evtenabled::text, '') FROM pg_event_trigger")?, "D");
    let since = admin.value(
        "SELECT to_char(set_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') FROM warden_internal.switched_off",
    )?;
    let again = admin.value("SELECT warden.disable()")?;
    ensure!(again.contains(&since) && again.contains("postgres"), "{again}");
    let detail = admin.value("SELECT detail FROM warden.status WHERE item = 'mode'")?;
    ensure!(detail.contains(&since) && detail.contains("by postgres"), "{detail}");
    ensure_eq!(admin.value("SELECT value FROM warden.status WHERE item = 'mode'")?, "off");
    let said = admin.value("SELECT warden.enable()")?;
    ensure!(said.contains("mode enforce") && said.contains(&since) && said.contains("by postgres"), "{said}");
    ensure_eq!(index(&mut s)?, "blocked");
    ensure_eq!(admin.value("SELECT string_agg(DISTINCT evtenabled::text, '') FROM pg_event_trigger")?, "O");
    ensure!(admin.value("SELECT warden.enable()")?.contains("was not off"));
    Ok(())
}

fn disable_that_is_rolled_back_has_no_effect(leg: &Leg) -> Result {
    let (_db, mut admin, mut s) = enforced(leg)?;
    admin.run("BEGIN; SELECT warden.disable()")?;
    ensure_eq!(fate_within(&mut admin, BLOCKED, RULE)?, "silent");
    ensure_eq!(index(&mut s)?, "blocked");
    admin.run("ROLLBACK")?;
    ensure_eq!((index(&mut admin)?, index(&mut s)?), ("blocked", "blocked"));
    Ok(())
}

fn drop_extension_in_every_state(leg: &Leg) -> Result {
    for (state, speaks) in [
        ("SELECT warden.set_mode('warn')", true),
        ("SELECT warden.set_mode('enforce')", true),
        ("SELECT warden.set_mode('enforce'), warden.apply_preset('strict'), warden.exempt(NULL, 'orders', 'r')", true),
        ("SELECT warden.set_mode('off')", false),
        ("SELECT warden.disable()", false),
        ("SET warden.mode = off", false),
        ("SET warden.mode = enforce", true),
        ("SET warden.journal = 'table'; SELECT warden.set_mode('enforce')", true),
    ] {
        let (_db, mut s) = open(leg)?;
        s.run(state)?;
        let said = s.run("DROP EXTENSION pg_warden").map_err(|e| format!("{state}: {e}"))?;
        let farewell = said.notices.iter().find(|n| n.message.contains("judges no DDL"));
        ensure_eq!(farewell.is_some(), speaks, "{state}: {said}");
        if let Some(farewell) = farewell {
            ensure!(farewell.detail().contains("exemptions") && farewell.hint().contains("warden.disable()"), "{said}");
        }
        ensure_eq!(s.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'warden%'")?, "0");
        let said = s.run(BLOCKED)?;
        ensure!(said.notices.is_empty(), "{state}: {said}");
    }
    Ok(())
}

/// Calls, the SQLSTATE they end in, and what message and hint have to say.
const BAD: [(&str, &str, &str, &str); 33] = [
    ("warden.set_mode(NULL)", "22004", "mode must not be null", "enforce"),
    ("warden.set_mode('policy')", "22023", "\"policy\"", "off, warn and enforce"),
    ("warden.set_mode('ENFORCE')", "22023", "\"ENFORCE\"", "off, warn and enforce"),
    ("warden.set_mode('')", "22023", "there is no mode", "off, warn and enforce"),
    ("warden.set_mode('off', 'nobody_here')", "42704", "\"nobody_here\"", "pg_roles"),
    ("warden.set_level(NULL, 'error')", "22004", "rule must not be null", "warden.rules"),
    ("warden.set_level('drop-table', NULL)", "22004", "level must not be null", "warning"),
    ("warden.set_level('drop-tables', 'error')", "42704", "\"drop-tables\"", "\"drop-table\""),
    ("warden.set_level('', 'error')", "42704", "\"\"", "warden.rules"),
    ("warden.set_level('drop-table', 'loud')", "22023", "\"loud\"", "error, warning, info and off"),
    ("warden.reset_level(NULL)", "22004", "rule must not be null", "warden.rules"),
    ("warden.reset_level('dropp-table')", "42704", "\"dropp-table\"", "\"drop-table\""),
    ("warden.apply_preset(NULL)", "22004", "preset must not be null", "recommended"),
    ("warden.apply_preset('nice')", "22023", "\"nice\"", "relaxed, recommended, strict, rails, django"),
    ("warden.set_threshold(NULL, '1')", "22004", "name must not be null", "busy_after"),
    ("warden.set_threshold('busy', '1s')", "22023", "\"busy\"", "busy_after"),
    ("warden.set_threshold('busy_after', 'soon')", "22023", "\"soon\"", "unit"),
    ("warden.set_threshold('busy_after', '-1')", "22023", "\"-1\"", "unit"),
    ("warden.set_threshold('busy_after', '')", "22023", "busy_after", "unit"),
    ("warden.set_threshold('large_table_rows', '5GB')", "22023", "\"5GB\"", "unit"),
    ("warden.set_threshold('large_table_size', '99999999TB')", "22023", "99999999TB", "unit"),
    ("warden.exempt('drop-tables', 'orders', 'r')", "42704", "\"drop-tables\"", "\"drop-table\""),
    ("warden.exempt('drop-table', NULL, 'r')", "22004", "object must not be null", "warden.exempt"),
    ("warden.exempt('drop-table', 'orders', NULL)", "22004", "reason must not be null", "reason"),
    ("warden.exempt('drop-table', 'orders', E' \\t\\n')", "22023", "reason must not be empty", "reason"),
    ("warden.exempt('drop-table', '~(', 'r')", "22023", "regular expression", ""),
    ("warden.exempt('drop-table', 'orders', 'r', now() - interval '1 s')", "22023", "expires_at", "leave"),
    ("warden.exempt('drop-table', 'orders', 'r', NULL, 'nobody_here')", "42704", "\"nobody_here\"", "pg_roles"),
    ("warden.unexempt(NULL)", "22004", "id must not be null", "warden.exemptions"),
    ("warden.unexempt(-5)", "42704", "-5", "warden.exemptions"),
    ("warden.exempt_existing('drop-table', 'r')", "22023", "\"drop-table\"", "audit"),
    ("warden.exempt_existing('index-duplicat', 'r')", "42704", "\"index-duplicat\"", "\"index-duplicate\""),
    ("warden.exempt_existing(NULL, '')", "22023", "reason must not be empty", "reason"),
];

fn bad_input_is_refused_with_a_way_out(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for (call, sqlstate, message, hint) in BAD {
        let error = s.error(&format!("SELECT {call}"))?;
        ensure_eq!(error.sqlstate, sqlstate, "{call}: {error}");
        ensure!(error.message.contains(message), "{call}: {error}");
        ensure!(error.hint().contains(hint), "{call}: {error}");
    }
    for object in ["", "a..b", ".a", "a.", "\"a", "a b"] {
        let error = s.error(&format!("SELECT warden.exempt('drop-table', {}, 'r')", literal(object)))?;
        ensure_eq!(error.sqlstate, "42602", "{object:?}: {error}");
        ensure!(error.detail.is_none(), "{object:?}: {error}");
    }
    ensure!(s.error("SELECT warden.exempt('drop-table', '~(', 'r')")?.detail().contains("unclosed group"));
    ensure_eq!(s.error("SELECT warden.prune_journal(NULL)")?.sqlstate, "22004");
    ensure_eq!(s.error("SELECT * FROM warden.preview_enforce(NULL)")?.sqlstate, "22004");
    for table in ["mode", "level", "threshold", "exemption"] {
        ensure_eq!(s.value(&format!("SELECT count(*) FROM warden_internal.{table}"))?, "0", "{table}");
    }
    ensure_eq!(index(&mut s)?, "warned");
    Ok(())
}

const POLICY_TABLES: [&str; 6] = ["level", "mode", "threshold", "exemption", "switched_off", "exempted_object"];

fn a_locked_policy_holds_nobody_up(leg: &Leg) -> Result {
    let (db, mut holder, _) = enforced(leg)?;
    holder.run("SELECT warden.exempt(NULL, 'customers', 'r')")?;
    for table in POLICY_TABLES {
        holder.run(&format!("BEGIN; LOCK TABLE warden_internal.{table} IN ACCESS EXCLUSIVE MODE"))?;
        let mut s = db.session()?;
        s.run("SET statement_timeout = '10s'")?;
        let start = Instant::now();
        let said = s
            .run("CREATE TABLE fresh (id bigint PRIMARY KEY); DROP TABLE fresh")
            .map_err(|e| format!("{table}: {e}"))?;
        ensure!(start.elapsed() < Duration::from_secs(5), "{table}: waited");
        ensure!(said.notices.iter().all(|n| n.severity == "WARNING"), "{table}: {said}");
        holder.run("ROLLBACK")?;
    }
    Ok(())
}

fn a_policy_that_was_locked_is_read_afterwards(leg: &Leg) -> Result {
    let (db, mut holder, _) = enforced(leg)?;
    for table in ["level", "mode", "exemption"] {
        holder.run(&format!("BEGIN; LOCK TABLE warden_internal.{table} IN ACCESS EXCLUSIVE MODE"))?;
        let mut s = db.session()?;
        s.run("CREATE TABLE fresh (id bigint PRIMARY KEY); DROP TABLE fresh")?;
        holder.run("ROLLBACK")?;
        ensure_eq!(index(&mut s)?, "blocked", "{table} was locked during the first statement of the session");
    }
    Ok(())
}

fn a_locked_policy_does_not_end_enforcement_for_who_has_read_it(leg: &Leg) -> Result {
    let (_db, mut holder, mut s) = enforced(leg)?;
    holder.run("BEGIN; LOCK TABLE warden_internal.level IN ACCESS EXCLUSIVE MODE")?;
    ensure_eq!(index(&mut s)?, "blocked", "nothing has changed since it was read");
    holder.run("ROLLBACK")?;
    ensure_eq!(index(&mut s)?, "blocked");
    Ok(())
}

fn a_rename_while_the_exemptions_are_locked(leg: &Leg) -> Result {
    let (db, mut holder, mut s) = enforced(leg)?;
    let id = holder.value(&format!("SELECT warden.exempt('{RULE}', 'orders', 'r')"))?;
    ensure_eq!(index(&mut s)?, "silent");
    holder.run("BEGIN; LOCK TABLE warden_internal.exemption IN SHARE ROW EXCLUSIVE MODE")?;
    s.run("SET statement_timeout = '10s'")?;
    let said = s.run("ALTER TABLE orders RENAME TO bills")?;
    ensure!(said.notices.iter().any(|n| n.message.contains("could not keep")), "{said}");
    holder.run("ROLLBACK")?;
    // The object is known by its number all the same.
    ensure_eq!(fate(&mut s, "CREATE INDEX i ON bills (customer_id)", RULE)?, "silent");
    replace_orders(&db)?;
    ensure_eq!(index(&mut s)?, "blocked");
    s.run("ALTER TABLE customers RENAME TO clients")?;
    ensure_eq!(object_of(&mut holder, &id)?, "public.bills", "put right by the next rename");
    Ok(())
}

fn renames_of_two_sessions_at_once(leg: &Leg) -> Result {
    let (db, mut admin, mut s) = enforced(leg)?;
    let ids = admin.column("SELECT warden.exempt(NULL, o, 'r') FROM unnest(ARRAY['orders', 'customers']) o")?;
    let mut other = db.session()?;
    other.run("SET statement_timeout = '10s'")?;
    s.run("BEGIN; ALTER TABLE orders RENAME TO bills")?;
    // Neither waits for the other; what could not be kept is said.
    other.run("ALTER TABLE customers RENAME TO clients")?;
    s.run("COMMIT")?;
    ensure_eq!(object_of(&mut admin, &ids[0])?, "public.bills");
    ensure_eq!(fate(&mut s, "ALTER TABLE clients ADD COLUMN x serial", "column-type-serial")?, "silent");
    Ok(())
}

/// Everything that can be set, set.
fn policy(leg: &Leg) -> Result<Database<'_>> {
    let db = shop(leg)?;
    let app = db.role("SUPERUSER")?;
    db.session()?.run(&format!(
        "SELECT warden.set_mode('enforce'), warden.set_mode('off', '{app}'), warden.set_level('drop-table', 'error'),
                warden.set_threshold('large_table_rows', '1000');
         SELECT warden.exempt('{RULE}', 'orders', 'it''s \"old\"\\' || chr(10), '2100-01-01'),
                warden.exempt(NULL, '~^public\\.c', 'r'), warden.exempt('drop-table', 'orders.at', 'größe', role_name => '{app}')"
    ))?;
    Ok(db)
}

fn restored<'a>(db: &Database<'a>) -> Result<(Database<'a>, String, String)> {
    let first = db.dump()?;
    let to = db.cluster().bare_database()?;
    let said = to.psql(&format!("\\set ON_ERROR_STOP on\n\\o /dev/null\n{first}\n"))?;
    ensure!(!said.contains("ERROR") && !said.contains("WARNING"), "{said}");
    Ok((to, first, said))
}

fn the_policy_survives_dump_and_restore(leg: &Leg) -> Result {
    let db = policy(leg)?;
    db.session()?.run("SELECT warden.unexempt(2); SELECT warden.exempt(NULL, '~^public\\.c', 'r')")?;
    let (to, first, _) = restored(&db)?;
    let second = to.dump()?;
    let different: Vec<_> = first.lines().zip(second.lines()).filter(|(a, b)| a != b).take(10).collect();
    ensure!(first == second, "the second dump differs: {different:#?}");
    let kept = "SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM (
        SELECT rule || level AS t FROM warden_internal.level UNION ALL SELECT name || value FROM warden_internal.threshold
        UNION ALL SELECT role_name || mode FROM warden_internal.mode UNION ALL SELECT e::text FROM warden_internal.exemption e) x";
    let (mut from, mut s) = (db.session()?, to.session()?);
    ensure_eq!(s.value(kept)?, from.value(kept)?);
    s.run("SET lock_timeout = '90s'")?;
    ensure_eq!(s.value("SELECT value FROM warden.status WHERE item = 'mode'")?, "warn");
    ensure_eq!(
        s.value("SELECT count(*) FROM warden.status WHERE item LIKE 'kept mode%' AND value = 'not in effect'")?,
        "2"
    );
    ensure_eq!(fate(&mut s, "DROP TABLE orders", "drop-table")?, "warned");
    s.run("SELECT warden.set_mode('enforce')")?;
    ensure_eq!(fate(&mut s, "DROP TABLE orders", "drop-table")?, "blocked");
    ensure_eq!(index(&mut s)?, "silent");
    // Numbers go on where they were.
    let (old, new) = ("SELECT max(id) FROM warden.exemptions", "SELECT warden.exempt(NULL, 'customers', 'r')");
    let old: i64 = s.value(old)?.parse()?;
    ensure!(s.value(new)?.parse::<i64>()? > old, "a number was given twice");
    Ok(())
}

fn a_restored_exemption_follows_a_later_rename(leg: &Leg) -> Result {
    let db = policy(leg)?;
    let (to, _, _) = restored(&db)?;
    let mut s = to.session()?;
    s.run("SET lock_timeout = '90s'; SELECT warden.set_mode('enforce')")?;
    ensure_eq!(index(&mut s)?, "silent");
    s.run("ALTER TABLE orders RENAME TO bills")?;
    let objects = s.column("SELECT object FROM warden.exemptions WHERE object NOT LIKE '~%' ORDER BY object")?;
    ensure_eq!(objects, ["public.bills", "public.bills.at"]);
    ensure_eq!(fate(&mut s, "CREATE INDEX i ON bills (customer_id)", RULE)?, "silent");
    replace_orders(&to)?;
    ensure_eq!(index(&mut s)?, "blocked");
    Ok(())
}
