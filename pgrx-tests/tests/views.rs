//! What is read often: todo, rules, status, help.

use std::collections::BTreeSet;

use crate::fixture::only_rules;
use pg_warden_tests::sql::literal;
use pg_warden_tests::{Database, Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    todo_fits_the_screen,
    todo_is_worst_first,
    rules_are_listed,
    help_names_what_is_there,
    help_of_each_rule,
    help_of_no_rule,
    status_of_a_sound_database,
    status_names_the_mode,
    status_of_event_triggers,
    status_names_settings_that_are_ignored,
    status_knows_how_the_library_is_loaded,
    privileges,
];

fn quiet(db: &Database<'_>) -> Result<Session> {
    db.session_with("-c warden.mode=off")
}

/// Value and detail of an item.
fn status(s: &mut Session, item: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!("SELECT concat_ws(': ', value, detail) FROM warden.status WHERE item = {}", literal(item)))?)
}

/// Those whose findings the list is filled with.
const RULES: [&str; 6] = [
    "foreign-key-without-index",
    "table-without-primary-key",
    "column-type-serial",
    "index-duplicate",
    "index-redundant",
    "index-invalid",
];

fn todo_fits_the_screen(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    only_rules(&mut s, &RULES)?;
    s.script("CREATE TABLE a (id bigint PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 2000)")?;
    let long = "x".repeat(63);
    for name in ["b", "line\nbreak", "tab\tand\u{7}bell", "Überlänge ".repeat(5).as_str(), long.as_str()] {
        s.run(&format!("CREATE TABLE \"{name}\" (i serial, a bigint REFERENCES a); INSERT INTO \"{name}\" SELECT i, 1 FROM generate_series(1, 2000) i; ANALYZE \"{name}\""))?;
        s.run(&format!("CREATE INDEX ON \"{name}\" (i); CREATE INDEX ON \"{name}\" (i)"))?;
        let said = db.psql("SELECT * FROM warden.todo;")?;
        let widest = said.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        ensure!(widest <= 100, "{name:?}: {widest} columns\n{said}");
        // A row is a line: header, rule, rows, count.
        let rows: usize = s.value("SELECT count(*) FROM warden.todo")?.parse()?;
        ensure_eq!(said.trim_end().lines().count(), rows + 3, "{name:?}: {said}");
        ensure!(
            said.lines()
                .next()
                .is_some_and(|l| l.split('|').map(str::trim).eq(["n", "level", "object", "finding", "rule"])),
            "{said}"
        );
    }
    // Where there is room, nothing is cut.
    s.script(&format!(
        "DROP TABLE \"{long}\", \"line\nbreak\", \"tab\tand\u{7}bell\", \"{}\", b; CREATE TABLE b (i int)",
        "Überlänge ".repeat(5)
    ))?;
    ensure_eq!(
        s.rows("SELECT * FROM warden.todo")?,
        vec![
            ["1", "warning", "b", "table \"b\" has no primary key", "table-without-primary-key"]
                .map(|v| Some(v.to_owned()))
                .to_vec()
        ]
    );
    Ok(())
}

fn todo_is_worst_first(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    only_rules(&mut s, &RULES)?;
    ensure_eq!(s.rows("SELECT * FROM warden.todo")?.len(), 0);
    s.script("CREATE TABLE t (a serial, b int); INSERT INTO t VALUES (1, 1), (2, 1)")?;
    s.error("CREATE UNIQUE INDEX CONCURRENTLY ON t (b)")?;
    let rows = s.column("SELECT concat_ws(' ', n, level, rule) FROM warden.todo")?;
    ensure_eq!(rows, ["1 error index-invalid", "2 warning table-without-primary-key", "3 info column-type-serial"]);
    // What could not be looked at says why.
    let role = db.role("")?;
    s.run(&format!("GRANT SELECT ON warden.todo TO {role}; REVOKE SELECT ON pg_catalog.pg_index FROM PUBLIC"))?;
    let rows = db.session_as(&role)?.column("SELECT concat_ws(' ', level, finding) FROM warden.todo")?;
    ensure_eq!(rows[0], "info column \"a\" of \"t\" is serial", "{rows:?}");
    ensure_eq!(rows.len(), RULES.len(), "{rows:?}");
    ensure!(rows[1..].iter().all(|row| row.starts_with("not checked permission denied")), "{rows:?}");
    Ok(())
}

fn rules_are_listed(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let rows = s.rows("SELECT rule, area, default_level, level, checks, since, summary FROM warden.rules")?;
    for row in &rows {
        ensure!(row.iter().all(|value| value.as_deref().is_some_and(|v| !v.is_empty())), "{row:?}");
    }
    let names: BTreeSet<_> = rows.iter().map(|row| &row[0]).collect();
    ensure_eq!(names.len(), rows.len(), "a rule stands twice");
    ensure_eq!(
        s.value("SELECT checks FROM warden.rules WHERE rule = 'foreign-key-without-index'")?,
        "guard, lint, audit"
    );
    s.run("SET warden.rule_levels = 'index-redundant=error'")?;
    ensure_eq!(
        s.value("SELECT default_level || ' ' || level FROM warden.rules WHERE rule = 'index-redundant'")?,
        "info error"
    );
    Ok(())
}

fn help_names_what_is_there(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let help = s.value("SELECT warden.help()")?;
    ensure!(help.contains("mode warn:"), "{help}");
    ensure!(help.lines().count() <= 40 && help.lines().all(|line| line.len() <= 110), "one screen: {help}");
    // What it names is there.
    let mut called = 0;
    for word in help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')) {
        let Some(name) = word.strip_prefix("warden.") else { continue };
        called += 1;
        let there = s.value(&format!(
            "SELECT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'warden'::regnamespace AND proname = '{name}')
                 OR to_regclass('warden.{name}') IS NOT NULL OR EXISTS (SELECT FROM pg_settings WHERE name = 'warden.{name}')"
        ))?;
        // Partitions come from a module of their own.
        ensure!(there == "t" || name == "create_monthly_partition", "warden.{name} is not there");
    }
    ensure!(called > 5, "{help}");
    s.run("SET warden.mode = enforce")?;
    ensure!(s.value("SELECT warden.help()")?.contains("mode enforce:"));
    Ok(())
}

fn help_of_each_rule(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for row in s.rows("SELECT rule, warden.help(rule) FROM warden.rules")? {
        let [rule, page] = [0, 1].map(|i| row[i].clone().unwrap_or_default());
        ensure!(page.starts_with(&format!("# {rule}")), "{rule}: {page}");
        ensure!(!page.contains("<!--") && !page.contains("-->"), "{rule} shows what speaks to its test: {page}");
    }
    Ok(())
}

fn help_of_no_rule(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let error = s.error("SELECT warden.help('create-index-concurrently')")?;
    ensure_eq!(error.sqlstate, "42704");
    ensure_eq!(error.message, "there is no rule \"create-index-concurrently\"");
    ensure!(error.hint().contains("\"create-index-not-concurrent\""), "{error}");
    let error = s.error("SELECT warden.help('')")?;
    ensure!(error.sqlstate == "42704" && error.hint().contains("FROM warden.rules"), "{error}");
    let error = s.error("SELECT warden.help(NULL)")?;
    ensure!(error.sqlstate == "22004" && error.hint().contains("FROM warden.rules"), "{error}");
    ensure_eq!(s.value("SELECT 1")?, "1");
    Ok(())
}

fn status_of_a_sound_database(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let version = s.value("SELECT extversion FROM pg_extension WHERE extname = 'pg_warden'")?;
    ensure_eq!(status(&mut s, "library")?, [format!("{version}: loaded in this session")]);
    ensure_eq!(status(&mut s, "extension")?, [format!("{version}: matches the library")]);
    ensure_eq!(s.column("SELECT item FROM warden.status WHERE item LIKE 'setting%'")?, [""; 0]);
    let not_seen = status(&mut s, "not seen")?.join("\n");
    for word in ["TRUNCATE", "VACUUM FULL", "CLUSTER", "REINDEX", "roles", "EXPLAIN ANALYZE CREATE TABLE AS"] {
        ensure!(not_seen.contains(word), "{word}: {not_seen}");
    }
    Ok(())
}

fn status_names_the_mode(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let mode = status(&mut s, "mode")?.join("");
    ensure!(mode.starts_with("warn: ") && mode.contains("warden.mode = policy, set by: default"), "{mode}");
    s.run("SET warden.mode = enforce")?;
    let mode = status(&mut s, "mode")?.join("");
    ensure!(mode.starts_with("enforce: ") && mode.contains("set by: session"), "{mode}");
    s.run(&format!("ALTER DATABASE {} SET warden.mode = off", db.name()))?;
    let mode = status(&mut db.session()?, "mode")?.join("");
    ensure!(mode.starts_with("off: ") && mode.contains("set by: database"), "{mode}");
    Ok(())
}

fn status_of_event_triggers(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for trigger in ["start", "end", "rewrite", "drop"] {
        let row = status(&mut s, &format!("event trigger pg_warden_{trigger}"))?.join("");
        ensure!(row.starts_with("enabled: "), "{row}");
    }
    s.run("ALTER EVENT TRIGGER pg_warden_start DISABLE")?;
    let row = status(&mut s, "event trigger pg_warden_start")?.join("");
    ensure!(row.starts_with("disabled: ") && row.contains("ALTER EVENT TRIGGER pg_warden_start ENABLE;"), "{row}");
    s.run("ALTER EVENT TRIGGER pg_warden_end ENABLE ALWAYS")?;
    ensure!(status(&mut s, "event trigger pg_warden_end")?.join("").starts_with("enabled always: "));
    s.script("ALTER EXTENSION pg_warden DROP EVENT TRIGGER pg_warden_drop; DROP EVENT TRIGGER pg_warden_drop")?;
    ensure!(status(&mut s, "event trigger pg_warden_drop")?.join("").starts_with("missing: "));
    Ok(())
}

fn status_names_settings_that_are_ignored(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let name = db.name();
    // Without the library nothing refuses a value.
    let mut s = db.session_with("-c session_preload_libraries=")?;
    s.script(&format!(
        "ALTER DATABASE {name} SET warden.mode = 'enforec';
         ALTER DATABASE {name} SET warden.large_table_rows = 'soon';
         ALTER DATABASE {name} SET warden.notify = 'Error';
         ALTER DATABASE {name} SET warden.large_table_size = '64MB';
         ALTER ROLE {role} IN DATABASE {name} SET warden.no_such_thing = 1;
         ALTER ROLE {role} SET warden.rule_levels = 'column-serial=off'"
    ))?;
    drop(s);
    let mut s = db.session()?;
    let said = s.said_at_start().iter().map(|r| r.message.clone()).collect::<Vec<_>>().join("\n");
    ensure!(said.contains("warden.mode") || said.is_empty(), "{said}");
    let rows = s.column("SELECT concat_ws(': ', item, value, detail) FROM warden.status WHERE item LIKE 'setting%' ORDER BY item COLLATE \"C\"")?;
    ensure_eq!(rows.len(), 4, "{rows:?}");
    for (row, parts) in rows.iter().zip([
        vec!["setting warden.large_table_rows: ignored: 'soon'", &format!("ALTER DATABASE {name}"), "a number"],
        vec!["setting warden.mode: ignored: 'enforec'", "policy, off, warn, enforce"],
        vec![
            "setting warden.no_such_thing: ignored: '1'",
            &format!("ALTER ROLE {role} IN DATABASE {name}"),
            "no such setting",
        ],
        vec![
            "setting warden.rule_levels: ignored: 'column-serial=off'",
            &format!("ALTER ROLE {role}:"),
            "column-type-serial",
        ],
    ]) {
        for part in parts {
            ensure!(row.contains(part), "{part}: {row}");
        }
    }
    let mode = status(&mut s, "mode")?.join("");
    ensure!(mode.starts_with("warn: "), "the wrong value is not in effect: {mode}");
    s.run(&format!("ALTER ROLE {role} RESET ALL"))?;
    Ok(())
}

fn status_knows_how_the_library_is_loaded(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session()?;
    ensure_eq!(status(&mut s, "loaded at start")?, ["yes: by session_preload_libraries"]);
    let mut without = db.session_with("-c session_preload_libraries=")?;
    let row = status(&mut without, "loaded at start")?.join("");
    ensure!(row.starts_with("no: ") && row.contains("session_preload_libraries = 'pg_warden'"), "{row}");
    s.run(&format!("GRANT SELECT ON warden.status TO {role}"))?;
    let row = status(&mut db.session_as(&role)?, "loaded at start")?.join("");
    ensure!(row.starts_with("not visible: "), "{row}");
    Ok(())
}

fn privileges(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = quiet(&db)?;
    s.script("CREATE TABLE t (a serial)")?;
    let mut ordinary = db.session_as(&role)?;
    for allowed in ["SELECT * FROM warden.rules", "SELECT warden.help()", "SELECT warden.help('index-invalid')"] {
        ensure!(!ordinary.rows(allowed)?.is_empty(), "{allowed}");
    }
    for (refused, grant) in [
        ("SELECT * FROM warden.audit()", "EXECUTE ON FUNCTION warden.audit"),
        ("SELECT * FROM warden.audit_table('t')", "EXECUTE ON FUNCTION warden.audit_table"),
        ("SELECT * FROM warden.todo", "SELECT ON warden.todo"),
        ("SELECT * FROM warden.status", "SELECT ON warden.status"),
    ] {
        ensure_eq!(ordinary.error(refused)?.sqlstate, "42501", "{refused}");
        // The one grant is enough.
        s.run(&format!("GRANT {grant} TO {role}"))?;
        ensure!(!ordinary.rows(refused)?.is_empty(), "{refused}");
    }
    for hidden in ["todo()", "rules()", "status()", "audit_statements()"] {
        ensure_eq!(ordinary.error(&format!("SELECT * FROM warden_internal.{hidden}"))?.sqlstate, "42501", "{hidden}");
    }
    Ok(())
}
