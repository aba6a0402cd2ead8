//! Rules about roles and privileges that their pages cannot show.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use pg_warden_tests::{Cluster, Leg, Options, Result, Session, cases, ensure, ensure_eq};

cases![
    lines_of_pg_hba_conf,
    a_socket_of_its_own,
    who_is_held_to_policies,
    who_may_call_a_function,
    a_language_without_limits,
    names_are_data,
    names_of_roles_are_data,
    who_can_put_what_in_a_path,
    a_bare_role_is_told_what_it_does_not_see
];

/// Level, object and message of the findings of a rule.
fn found(s: &mut Session, rule: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!("SELECT concat_ws(' ', level, object, message) FROM warden.audit(rules => '{{{rule}}}')"))?)
}

/// What the rules about pg_hba.conf say of a file of these lines: rule, level and line.
fn said_of(cluster: &Cluster, s: &mut Session, lines: &[&str]) -> Result<Vec<String>> {
    let file = cluster.data().join("pg_hba.conf");
    let before = fs::read_to_string(&file)?;
    fs::write(&file, lines.join("\n") + "\n")?;
    let said = s.column(
        "SELECT concat_ws(' ', rule, level, substring(message, '^line [0-9]+') || coalesce(substring(message, ' and [0-9]+ more'), ''))
         FROM warden.audit(rules => ARRAY(SELECT rule FROM warden.rules WHERE rule LIKE 'hba-%')) ORDER BY 1",
    );
    fs::write(&file, before)?;
    Ok(said?)
}

/// With TLS, for what only holds there. The file is judged as it stands, so that it need not be loaded.
fn lines_of_pg_hba_conf(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options::default())?;
    with_tls(&cluster)?;
    let db = cluster.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    let radius = "radius radiusservers=10.0.0.1 radiussecrets=s";
    for (lines, expected) in [
        // The machine itself is no other: at whatever of its addresses.
        (&["host all all 127.0.0.1/32 trust"][..], &["hba-trust warning line 1"][..]),
        (&["host all all 127.0.0.0/8 trust"], &["hba-trust warning line 1"]),
        (&["host all all ::1/128 trust"], &["hba-trust warning line 1"]),
        (&["host all all samehost trust"], &["hba-trust warning line 1"]),
        (&["host all all localhost trust"], &["hba-trust warning line 1"]),
        (&["host all all samenet trust"], &["hba-trust error line 1"]),
        (&["host all all 127.0.0.1/0 trust"], &["hba-trust error line 1"]),
        (&["host all all 126.0.0.0/7 trust"], &["hba-trust error line 1"]),
        (&["host all all ::1/64 trust"], &["hba-trust error line 1"]),
        (&["host all all 1.2.3.example.com trust"], &["hba-trust error line 1"]),
        // The first of several with one fault.
        (
            &["local a all trust", "local b all trust", "host a all all trust", "local c all trust"],
            &["hba-trust error line 3", "hba-trust warning line 1 and 2 more"],
        ),
        // A line above takes its connections.
        (&["host all all all reject", "host all all 10.0.0.0/8 trust"], &[]),
        (&["host all all 10.0.0.0/8 scram-sha-256", "hostssl shop app 10.1.0.0/16 trust"], &[]),
        (&["host all all 0.0.0.0/0 reject", "host all all 10.0.0.0/8 trust"], &[]),
        (&["local all all peer", "local shop app trust"], &[]),
        (&["host all all samenet reject", "host all all samenet password"], &[]),
        (&["host all all all reject", "host all all all md5", "host all all 10.0.0.0/8 ident"], &[]),
        // It takes not all of them.
        (&["local all all peer", "local replication all trust"], &["hba-trust warning line 2"]),
        (&["local shop all peer", "local all all trust"], &["hba-trust warning line 2"]),
        (&["local all app peer", "local all all trust"], &["hba-trust warning line 2"]),
        (&["hostssl all all all reject", "host all all 10.0.0.0/8 trust"], &["hba-trust error line 2"]),
        (&["host all all 10.0.0.0/8 reject", "host all all 10.0.0.0/7 trust"], &["hba-trust error line 2"]),
        (&["host all all ::/0 reject", "host all all 10.0.0.0/8 trust"], &["hba-trust error line 2"]),
        (&["local all all peer", "host all all 10.0.0.0/8 trust"], &["hba-trust error line 2"]),
        (
            &["host all all 10.0.0.0/8 reject map=", "host all all 10.0.0.0/8 trust"],
            &["hba-error error line 1", "hba-trust error line 2"],
        ),
        // A certificate names the role, or only its authority.
        (&["hostssl all all all trust clientcert=verify-full"], &[]),
        (&["hostssl all all all trust clientcert=verify-ca"], &["hba-trust warning line 1"]),
        (&["hostssl all all all scram-sha-256 clientcert=verify-ca"], &[]),
        (&["hostssl all all all cert"], &[]),
        (&["hostssl all all all scram-sha-256"], &["hba-any-address warning line 1"]),
        (&["host all all 127.0.0.1/0 scram-sha-256"], &["hba-any-address warning line 1"]),
        // Who asks another system for the password needs it itself, on the way there over TLS.
        (&[&format!("host all all 10.0.0.0/8 {radius}")], &["hba-password-plain error line 1"]),
        (&[&format!("hostnossl all all 10.0.0.0/8 {radius}")], &["hba-password-plain error line 1"]),
        (&[&format!("hostssl all all 10.0.0.0/8 {radius}")], &[]),
        (&[&format!("local all all {radius}")], &[]),
        (&[&format!("host all all samehost {radius}")], &[]),
        (&["hostssl all all 10.0.0.0/8 password"], &["hba-password-plain warning line 1"]),
        (&["host all all 10.0.0.0/8 password"], &["hba-password-plain error line 1"]),
    ] {
        ensure_eq!(said_of(&cluster, &mut s, lines)?, expected, "{lines:#?}");
    }
    // Without TLS these lines are never matched, which is no reason not to load the file.
    s.run("ALTER SYSTEM SET ssl = off")?;
    s.run("SELECT pg_reload_conf(), pg_sleep(0.2)")?;
    for line in ["hostssl all all all trust", "hostssl all all all scram-sha-256"] {
        ensure_eq!(said_of(&cluster, &mut s, &[line])?, [""; 0], "{line}");
    }
    Ok(())
}

/// A certificate that nobody trusts is enough to switch it on.
fn with_tls(cluster: &Cluster) -> Result {
    let (certificate, key) = (cluster.data().join("server.crt"), cluster.data().join("server.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for file in [&certificate, &key] {
        belongs_to_server(cluster, file)?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    }
    let mut s = cluster.connect("postgres")?;
    s.run("ALTER SYSTEM SET ssl = on")?;
    s.run("SELECT pg_reload_conf(), pg_sleep(0.2)")?;
    ensure_eq!(cluster.connect("postgres")?.value("SHOW ssl")?, "on");
    Ok(())
}

fn belongs_to_server(cluster: &Cluster, path: &Path) -> Result {
    let owner = fs::metadata(cluster.data())?;
    Ok(chown(path, Some(owner.uid()), Some(owner.gid()))?)
}

/// A socket that only the server's own account gets at lets in nobody who is not as powerful anyway.
fn a_socket_of_its_own(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options::default())?;
    let db = cluster.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    let lines = ["local shop all password", "local all all trust", "host all all samehost trust"];
    let both = ["hba-password-plain warning line 1", "hba-trust warning line 2 and 1 more"];
    let rest = ["hba-trust warning line 3"];
    ensure_eq!(said_of(&cluster, &mut s, &lines)?, both);
    for (mode, expected) in [(0o700, &rest[..]), (0o750, &both), (0o755, &both)] {
        fs::set_permissions(cluster.root(), fs::Permissions::from_mode(mode))?;
        let said = said_of(&cluster, &mut s, &lines);
        fs::set_permissions(cluster.root(), fs::Permissions::from_mode(0o755))?;
        ensure_eq!(said?, expected, "{mode:o}");
    }
    // In a folder that anybody may enter the socket itself may be its owner's alone.
    drop(s);
    for (mode, expected) in [("0700", &rest[..]), ("0740", &rest), ("0770", &both)] {
        cluster.connect("postgres")?.run(&format!("ALTER SYSTEM SET unix_socket_permissions = '{mode}'"))?;
        cluster.down()?;
        cluster.up()?;
        ensure_eq!(said_of(&cluster, &mut db.session_with("-c warden.mode=off")?, &lines)?, expected, "{mode}");
    }
    Ok(())
}

/// A right counts where it lets somebody in who cannot be the owner as well.
fn who_is_held_to_policies(leg: &Leg) -> Result {
    let db = leg.database()?;
    let [owner, group, app, other] = [db.role("")?, db.role("")?, db.role("")?, db.role("")?];
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(&format!(
        "ALTER ROLE {owner} NOLOGIN; ALTER ROLE {group} NOLOGIN; CREATE TABLE t (id bigint PRIMARY KEY, tenant text);
         ALTER TABLE t OWNER TO {owner}; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY open ON t USING (true)"
    ))?;
    let mut is_found = |sql: &str| -> Result<bool> {
        s.script(sql)?;
        Ok(!found(&mut s, "rls-policy-always-true")?.is_empty())
    };
    for (sql, expected) in [
        (format!("GRANT UPDATE ON t TO {group}"), false),
        (format!("GRANT {group} TO {app}"), true),
        (format!("GRANT {owner} TO {app}"), false),
        (format!("GRANT {group} TO {other}"), true),
        (format!("ALTER ROLE {other} BYPASSRLS"), false),
        (format!("ALTER ROLE {other} NOBYPASSRLS SUPERUSER"), false),
        (format!("ALTER ROLE {other} NOSUPERUSER"), true),
        (format!("CREATE POLICY narrow ON t AS RESTRICTIVE TO {app} USING (tenant = 'a')"), true),
        (format!("ALTER POLICY narrow ON t TO {app}, {group}"), false),
        ("ALTER POLICY narrow ON t USING (true)".to_owned(), true),
        ("ALTER POLICY narrow ON t WITH CHECK (tenant = 'a')".to_owned(), false),
        (format!("GRANT DELETE ON t TO {group}"), true),
        ("DROP POLICY narrow ON t".to_owned(), true),
        (format!("REVOKE ALL ON t FROM {group}; GRANT SELECT ON t TO {group}"), false),
        ("GRANT DELETE ON t TO PUBLIC".to_owned(), true),
        ("ALTER POLICY open ON t USING (tenant = 'a') WITH CHECK (true)".to_owned(), false),
        (format!("ALTER POLICY open ON t TO {app} USING (true)"), false),
    ] {
        ensure_eq!(is_found(&sql)?, expected, "{sql}");
    }
    Ok(())
}

fn who_may_call_a_function(leg: &Leg) -> Result {
    let db = leg.database()?;
    let [owner, app] = [db.role("")?, db.role("")?];
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(&format!(
        "ALTER ROLE {owner} NOLOGIN; CREATE SCHEMA own; CREATE FUNCTION own.f() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN 1; END';
         ALTER FUNCTION own.f() OWNER TO {owner};
         CREATE FUNCTION own.e() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN END'"
    ))?;
    let mut levels = |sql: &str| -> Result<Vec<String>> {
        s.script(sql)?;
        Ok(s.column("SELECT level || ' ' || object FROM warden.audit(rules => '{function-search-path-mutable}')")?)
    };
    ensure_eq!(levels("")?, [""; 0], "nobody gets into the schema");
    ensure_eq!(levels(&format!("GRANT USAGE ON SCHEMA own TO {app}"))?.len(), 2);
    ensure_eq!(levels("DROP FUNCTION own.e()")?, ["warning own.f()"]);
    ensure_eq!(levels("GRANT USAGE ON SCHEMA own TO PUBLIC")?, ["error own.f()"]);
    ensure_eq!(levels("REVOKE EXECUTE ON FUNCTION own.f() FROM PUBLIC")?, [""; 0]);
    ensure_eq!(levels(&format!("GRANT EXECUTE ON FUNCTION own.f() TO {app}"))?, ["warning own.f()"]);
    ensure_eq!(levels(&format!("GRANT {owner} TO {app}"))?, [""; 0], "it is the owner as well");
    // Whoever runs a statement has an event trigger's function called.
    levels(
        "CREATE FUNCTION own.e() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN END';
         REVOKE EXECUTE ON FUNCTION own.e() FROM PUBLIC",
    )?;
    ensure_eq!(levels("CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION own.e()")?, ["warning own.e()"]);
    ensure_eq!(levels("ALTER EVENT TRIGGER e DISABLE")?, [""; 0]);
    levels("DROP EVENT TRIGGER e")?;
    Ok(())
}

/// Those that the server brings are not built everywhere: one of PL/pgSQL's handler does as well.
fn a_language_without_limits(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script("CREATE EXTENSION citext; CREATE LANGUAGE anything HANDLER plpgsql_call_handler")?;
    ensure_eq!(found(&mut s, "extension-untrusted-language")?, Vec::<String>::new());
    s.run("ALTER EXTENSION citext ADD LANGUAGE anything")?;
    ensure_eq!(
        found(&mut s, "extension-untrusted-language")?,
        ["warning extension citext extension \"citext\" brings the untrusted language anything"]
    );
    Ok(())
}

const NAMES: [&str; 5] = ["quo\"te'", "per%cent %s %I", "new\nline", "; DROP TABLE t; --", "注文_🐘"];

fn names_are_data(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    for name in NAMES {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        s.script(&format!(
            "CREATE SCHEMA {quoted}; GRANT ALL ON SCHEMA {quoted} TO PUBLIC;
             CREATE TABLE {quoted}.{quoted} (a int PRIMARY KEY);
             CREATE POLICY {quoted} ON {quoted}.{quoted} FOR UPDATE USING (true);
             GRANT SELECT, UPDATE ON {quoted}.{quoted} TO PUBLIC;
             CREATE FUNCTION {quoted}.{quoted}({quoted} int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
             CREATE FUNCTION {quoted}.p() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = {quoted}, \"$user\" AS 'SELECT 1';
             CREATE VIEW {quoted}.v AS SELECT * FROM {quoted}.{quoted}; GRANT SELECT ON {quoted}.v TO PUBLIC"
        ))?;
    }
    let mended = "SELECT fix FROM warden.audit(ARRAY(SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^(pg_|warden|information|public)'))
                  WHERE rule IN (SELECT rule FROM warden.rules WHERE area = 'access') AND fix IS NOT NULL";
    let before = s.column(mended)?.len();
    ensure!(before >= 5 * 4, "{before}");
    // Row level security that is on from now on shows the policies and views.
    for _ in 0..2 {
        for fix in s.column(mended)? {
            s.run(&fix)?;
        }
    }
    ensure_eq!(s.column(mended)?, Vec::<String>::new());
    ensure_eq!(found(&mut s, "rls-policy-always-true")?.len(), 5);
    Ok(())
}

fn names_of_roles_are_data(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options::default())?;
    let db = cluster.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    for name in NAMES {
        let [owner, other, stranger] =
            ["", "2", "3"].map(|suffix| format!("\"{}{suffix}\"", name.replace('"', "\"\"")));
        s.script(&format!(
            "CREATE ROLE {owner} LOGIN; CREATE ROLE {other} LOGIN; CREATE ROLE {stranger} LOGIN;
             CREATE SCHEMA {owner} AUTHORIZATION {other}; CREATE TABLE {owner}.{owner} (id bigint PRIMARY KEY); ALTER TABLE {owner}.{owner} OWNER TO {owner};
             ALTER TABLE {owner}.{owner} ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON {owner}.{owner} USING (id > 1);
             CREATE SCHEMA {other}; GRANT USAGE ON SCHEMA {other} TO {owner};
             CREATE TABLE {other}.a (id bigint PRIMARY KEY); CREATE TABLE {other}.b (id bigint PRIMARY KEY); CREATE TABLE {other}.c (id bigint PRIMARY KEY);
             CREATE SCHEMA {stranger} AUTHORIZATION {owner};
             CREATE TABLE {stranger}.a (id bigint PRIMARY KEY); CREATE TABLE {stranger}.b (id bigint PRIMARY KEY); CREATE TABLE {stranger}.c (id bigint PRIMARY KEY);
             ALTER TABLE {stranger}.a OWNER TO {owner}; ALTER TABLE {stranger}.b OWNER TO {owner};
             CREATE FUNCTION {owner}.f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = {owner}, pg_temp AS 'SELECT 1'"
        ))?;
        for (rule, level, object) in [
            ("table-owner-mismatch", "info", owner.clone()),
            ("rls-not-forced", "info", format!("{owner}.{owner}")),
            ("schema-owner-superuser", "info", other.clone()),
            ("mixed-table-owners", "info", stranger.clone()),
            ("search-path-writable", "error", format!("{owner}.f()")),
        ] {
            let said = found(&mut s, rule)?;
            let start = format!("{level} {object} ");
            ensure!(said.iter().any(|line| line.starts_with(&start) && line.contains(name)), "{rule} {name}: {said:?}");
        }
        let said = found(&mut s, "database-public-connect")?;
        ensure!(said.len() == 1 && said[0].contains(&format!("\"{name}3\"")), "{said:?}");
        ensure!(!said[0].contains(&format!("\"{name}2\"")), "{said:?}");
        let fixes = "SELECT fix FROM warden.audit(rules => '{table-owner-mismatch,rls-not-forced}')";
        ensure_eq!(s.column(fixes)?.len(), 2);
        for fix in s.column(fixes)? {
            s.run(&fix)?;
        }
        ensure_eq!(s.column(fixes)?, [""; 0]);
        s.run(&format!("DROP ROLE {stranger}"))?;
    }
    Ok(())
}

/// Who may make objects in the path of a function, and is not its owner as well, has its rights.
fn who_can_put_what_in_a_path(leg: &Leg) -> Result {
    let db = leg.database()?;
    let [owner, group, app] = [db.role("")?, db.role("")?, db.role("")?];
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(&format!(
        "ALTER ROLE {owner} NOLOGIN; ALTER ROLE {group} NOLOGIN; CREATE SCHEMA tools; CREATE SCHEMA {owner};
         CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = tools, pg_temp AS 'BEGIN RETURN 1; END'"
    ))?;
    let mut level = |sql: &str| -> Result<String> {
        s.script(sql)?;
        Ok(s.column("SELECT level FROM warden.audit(rules => '{search-path-writable}')")?.concat())
    };
    ensure_eq!(level("")?, "");
    ensure_eq!(level(&format!("GRANT CREATE ON SCHEMA tools TO {group}"))?, "", "nobody comes in as the group");
    ensure_eq!(level(&format!("GRANT {group} TO {app}"))?, "error");
    ensure_eq!(level(&format!("ALTER FUNCTION f() OWNER TO {owner}"))?, "warning", "the owner is no superuser");
    ensure_eq!(level(&format!("GRANT {owner} TO {app}"))?, "", "it is the owner as well");
    ensure_eq!(
        level(&format!(
            "REVOKE {owner} FROM {app}; ALTER SCHEMA tools OWNER TO {app}; REVOKE ALL ON SCHEMA tools FROM {group}"
        ))?,
        "warning"
    );
    ensure_eq!(level("ALTER FUNCTION f() SET search_path = pg_catalog, pg_temp")?, "");
    ensure_eq!(level("ALTER FUNCTION f() SET search_path = \"$user\", pg_temp")?, "");
    ensure_eq!(level(&format!("GRANT CREATE ON SCHEMA {owner} TO {app}"))?, "warning", "$user is the owner");
    ensure_eq!(
        level(&format!("GRANT CREATE ON SCHEMA {owner} TO PUBLIC; REVOKE CREATE ON SCHEMA {owner} FROM {app}"))?,
        "",
        "that is schema-public-create"
    );
    ensure_eq!(level("ALTER FUNCTION f() SET search_path = public")?, "info");
    ensure_eq!(level("REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC")?, "", "nobody else calls it");
    ensure_eq!(level(&format!("GRANT EXECUTE ON FUNCTION f() TO {app}"))?, "info");
    ensure_eq!(level("ALTER FUNCTION f() SET search_path = public, pg_temp")?, "");
    Ok(())
}

fn a_bare_role_is_told_what_it_does_not_see(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut admin = db.session()?;
    admin.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit(text[], text[], text) TO {role}"))?;
    admin.run("SELECT warden.set_level('password-expiry-none', 'warning')")?;
    let mut s = db.session_as(&role)?;
    for rule in [
        "hba-any-address",
        "hba-error",
        "hba-ident-remote",
        "hba-password-plain",
        "hba-trust",
        "password-expiry-none",
        "password-md5",
        "setting-invalid",
    ] {
        let said = found(&mut s, rule)?;
        ensure_eq!(said, [format!("not checked  rule \"{rule}\" was not checked")]);
    }
    Ok(())
}
