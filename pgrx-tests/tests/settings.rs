//! Settings that hold SQL or regular expressions: read wherever they are set, and never the reason why DDL fails.

use pg_warden_tests::{Leg, Options, Result, cases, ensure, ensure_eq};

cases![
    wrong_conventions_are_refused_and_explained,
    conventions_are_the_superusers,
    a_wrong_convention_before_load_is_told,
    types_that_are_not_there_are_told_and_nothing_fails,
    conventions_in_the_servers_file,
    conventions_in_another_encoding,
];

/// Settings, values that are none, and a part of what is said about them.
const WRONG: [(&str, &str, &str); 11] = [
    ("naming_table", "(", "unclosed group"),
    ("naming_column", "a)(b", "unopened group"),
    ("naming_check", "[z-a]", "range"),
    ("required_columns", "created_at", "yntax error"),
    ("required_columns", "a int); DROP TABLE x; CREATE TABLE y (b int", "its name, its type"),
    ("required_columns", "a int, PRIMARY KEY (a)", "its name, its type"),
    ("required_columns", "a int DEFAULT 1", "its name, its type"),
    ("required_columns", "a serial", "its name, its type"),
    ("forbidden_types", "money,", "yntax error"),
    ("forbidden_types", "money) AS SELECT 1; PREPARE q (int", "separated by commas"),
    ("forbidden_types", "money; json", "yntax error"),
];

fn wrong_conventions_are_refused_and_explained(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (setting, value, part) in WRONG {
        let error = s.error(&format!("SET warden.{setting} = '{value}'"))?;
        ensure_eq!(error.sqlstate, "22023", "{error}");
        ensure!(error.detail().contains(part) && error.detail().ends_with('.'), "{value}: {error}");
    }
    for sql in [
        "SET warden.naming_table = '(?x) [a-z_]+ s'",
        "SET warden.required_columns = 'a numeric(10, 2) NOT NULL, \"b,c\" text[]'",
        "SET warden.forbidden_types = 'numeric(10, 2), \"a,b\", pg_catalog.json, text[]'",
        "SET warden.forbidden_types = ''",
    ] {
        s.run(sql)?;
    }
    Ok(())
}

fn conventions_are_the_superusers(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    for setting in ["naming_index", "required_columns", "forbidden_types"] {
        let error = db.session_as(&role)?.error(&format!("SET warden.{setting} = ''"))?;
        ensure_eq!(error.sqlstate, "42501", "{error}");
    }
    Ok(())
}

fn a_wrong_convention_before_load_is_told(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut unloaded = db.session_with("-c session_preload_libraries=")?;
    for (setting, value) in [("naming_table", "("), ("required_columns", "a"), ("forbidden_types", "money)")] {
        unloaded.run(&format!("ALTER DATABASE {} SET warden.{setting} = '{value}'", db.name()))?;
    }
    let mut s = db.session()?;
    ensure_eq!(
        s.said_at_start().iter().filter(|said| said.severity == "WARNING").count(),
        3,
        "{:?}",
        s.said_at_start()
    );
    let told = s.column("SELECT item FROM warden.status WHERE value = 'ignored' ORDER BY item")?;
    ensure_eq!(
        told,
        ["setting warden.forbidden_types", "setting warden.naming_table", "setting warden.required_columns"]
    );
    s.run("SET warden.rule_levels = 'naming-convention=error, required-columns=error, forbidden-types=error'")?;
    ensure_eq!(s.run("CREATE TABLE t (id bigint PRIMARY KEY, price money)")?.rules(), Vec::<&str>::new());
    Ok(())
}

fn types_that_are_not_there_are_told_and_nothing_fails(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.script(
        "SET warden.mode = enforce; SET warden.rule_levels = 'required-columns=error, forbidden-types=error';
         SET warden.required_columns = 'state nothing.state'; SET warden.forbidden_types = 'mony, money'",
    )?;
    let said = s.run("CREATE TABLE t (id bigint PRIMARY KEY)")?;
    let messages: Vec<&str> = said.notices.iter().map(|n| n.message.as_str()).collect();
    ensure_eq!(messages.len(), 2, "{said}");
    ensure!(messages.iter().all(|message| message.starts_with("not checked: ")), "{said}");
    ensure!(messages.iter().any(|message| message.contains("\"mony\"")), "{said}");
    // What is known is still judged, and a statement that makes no column is not told.
    ensure_eq!(
        s.error("CREATE TABLE u (id bigint PRIMARY KEY, price money)")?.constraint.as_deref(),
        Some("forbidden-types")
    );
    ensure_eq!(s.run("ALTER TABLE t SET (fillfactor = 90)")?.notices.len(), 0);
    let levels =
        s.column("SELECT level FROM warden.lint('CREATE TABLE u (id bigint PRIMARY KEY)') WHERE rule LIKE '%-%s'")?;
    ensure_eq!(levels, ["not checked", "not checked"]);
    Ok(())
}

fn conventions_in_the_servers_file(leg: &Leg) -> Result {
    let settings = [
        "shared_preload_libraries = 'pg_warden'",
        "warden.rule_levels = 'naming-convention=warning, required-columns=warning, forbidden-types=warning'",
        "warden.naming_table = '[a-z]+s'",
        "warden.required_columns = 'created_at timestamptz NOT NULL'",
        "warden.forbidden_types = 'money)'",
    ];
    let cluster = leg.own_cluster(&Options { settings: settings.map(str::to_owned).to_vec(), ..Options::default() })?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    ensure_eq!(s.value("SHOW warden.forbidden_types")?, "");
    let create = "CREATE TABLE bill (id bigint PRIMARY KEY, price money)";
    ensure_eq!(s.outcome(create).rules(), ["naming-convention", "required-columns"]);
    s.run("ALTER SYSTEM SET warden.forbidden_types = 'money, json'")?;
    s.run("SELECT pg_reload_conf()")?;
    s.run("SELECT pg_sleep(0.5)")?;
    ensure_eq!(s.value("SHOW warden.forbidden_types")?, "money, json");
    let create = "CREATE TABLE bills (id bigint PRIMARY KEY, price money, created_at timestamptz NOT NULL)";
    ensure_eq!(s.outcome(create).rules(), ["forbidden-types"]);
    Ok(())
}

fn conventions_in_another_encoding(leg: &Leg) -> Result {
    let options = Options { encoding: "LATIN1", locale: "C", ..Options::default() };
    let cluster = leg.own_cluster(&options)?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    s.script(
        "ALTER SYSTEM SET warden.required_columns = 'größe int'; ALTER SYSTEM SET warden.naming_column = '[a-zöß]+';
         SELECT pg_reload_conf(); SELECT pg_sleep(0.5);
         SET warden.rule_levels = 'naming-convention=warning, required-columns=warning'",
    )?;
    ensure_eq!(s.value("SHOW warden.required_columns")?, "größe int");
    let said = s.run("CREATE TABLE t (id bigint PRIMARY KEY)")?;
    ensure!(said.finding("required-columns")?.hint().contains("\"größe\" integer"), "{said}");
    ensure_eq!(s.run("CREATE TABLE u (id bigint PRIMARY KEY, größe int)")?.rules(), Vec::<&str>::new());
    ensure_eq!(s.run("ALTER TABLE u ADD COLUMN maß int, ADD COLUMN übrig int")?.rules(), ["naming-convention"]);
    Ok(())
}
