//! Rules about roles and privileges that their pages cannot show.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![a_language_without_limits, names_are_data, a_bare_role_is_told_what_it_does_not_see];

/// Level, object and message of the findings of a rule.
fn found(s: &mut Session, rule: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!("SELECT concat_ws(' ', level, object, message) FROM warden.audit(rules => '{{{rule}}}')"))?)
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

fn names_are_data(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    for name in ["quo\"te'", "per%cent %s %I", "new\nline", "; DROP TABLE t; --", "注文_🐘"] {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        s.script(&format!(
            "CREATE SCHEMA {quoted}; GRANT ALL ON SCHEMA {quoted} TO PUBLIC;
             CREATE TABLE {quoted}.{quoted} (a int PRIMARY KEY);
             CREATE POLICY {quoted} ON {quoted}.{quoted} FOR UPDATE USING (true);
             CREATE FUNCTION {quoted}.{quoted}({quoted} int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
             CREATE VIEW {quoted}.v AS SELECT * FROM {quoted}.{quoted}; GRANT SELECT ON {quoted}.v TO PUBLIC"
        ))?;
    }
    let mended = "SELECT fix FROM warden.audit(ARRAY(SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^(pg_|warden|information|public)'))
                  WHERE rule IN (SELECT rule FROM warden.rules WHERE area = 'access') AND fix IS NOT NULL";
    let before = s.column(mended)?.len();
    ensure!(before >= 5 * 3, "{before}");
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

fn a_bare_role_is_told_what_it_does_not_see(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    db.session()?.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit(text[], text[], text) TO {role}"))?;
    let mut s = db.session_as(&role)?;
    for rule in ["hba-trust", "hba-error", "password-md5", "setting-invalid"] {
        let said = found(&mut s, rule)?;
        ensure_eq!(said, [format!("not checked  rule \"{rule}\" was not checked")]);
    }
    Ok(())
}
