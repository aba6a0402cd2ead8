//! Rules about what policies cost, where their pages cannot show it: roles, statistics that are not there, locks, partitions and names.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    who_is_held_to_which_policies,
    what_is_not_known_of_policies,
    policies_of_locked_tables,
    policies_of_partitions,
    policies_of_hostile_names
];

/// Level and message of the findings of a rule.
fn found(s: &mut Session, rule: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!("SELECT concat_ws(' ', level, message) FROM warden.audit(rules => '{{{rule}}}')"))?)
}

const UNINDEXED: &str = "rls-unindexed-policy-column";
const PER_ROW: &str = "rls-per-row-function";
const SEVERAL: &str = "rls-multiple-permissive";

/// A large table whose policy is found by no index.
const TABLE: &str = "CREATE TABLE t (id bigint PRIMARY KEY, tenant text, is_public boolean);
    INSERT INTO t SELECT i, 'tenant ' || i % 100, i % 2 = 0 FROM generate_series(1, 100000) AS i;
    ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON t USING (tenant = current_setting('app.tenant'))";

fn who_is_held_to_which_policies(leg: &Leg) -> Result {
    let db = leg.database()?;
    let [owner, group, app, other] = [db.role("")?, db.role("")?, db.role("")?, db.role("")?];
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(&format!(
        "{TABLE}; ANALYZE t; ALTER ROLE {owner} NOLOGIN; ALTER ROLE {group} NOLOGIN; ALTER TABLE t OWNER TO {owner}"
    ))?;
    let mut are_found = |sql: &str| -> Result<(bool, bool)> {
        s.script(sql)?;
        Ok((!found(&mut s, UNINDEXED)?.is_empty(), !found(&mut s, SEVERAL)?.is_empty()))
    };
    for (sql, expected) in [
        (format!("GRANT SELECT ON t TO {group}"), (false, false)),
        (format!("GRANT {group} TO {app}"), (true, false)),
        // Its policies do not count for the owner, unless they are forced on it.
        (format!("GRANT {owner} TO {app}"), (false, false)),
        ("ALTER TABLE t FORCE ROW LEVEL SECURITY".to_owned(), (true, false)),
        (format!("ALTER TABLE t NO FORCE ROW LEVEL SECURITY; REVOKE {owner} FROM {app}"), (true, false)),
        (format!("ALTER ROLE {app} BYPASSRLS"), (false, false)),
        (format!("ALTER ROLE {app} NOBYPASSRLS"), (true, false)),
        ("REVOKE SELECT ON t FROM PUBLIC; ALTER POLICY own ON t TO pg_monitor".to_owned(), (false, false)),
        (format!("ALTER POLICY own ON t TO {group}"), (true, false)),
        // Both for the one who comes in: no index leads to the other.
        (format!("CREATE POLICY open ON t TO {app} USING (is_public)"), (false, true)),
        // The other does not have it.
        (format!("GRANT {group} TO {other}"), (true, false)),
        (format!("GRANT {app} TO {other}"), (false, true)),
        (format!("REVOKE {app} FROM {other}; REVOKE {group} FROM {other}"), (false, true)),
        ("ALTER TABLE t DISABLE ROW LEVEL SECURITY".to_owned(), (false, false)),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY".to_owned(), (false, true)),
    ] {
        ensure_eq!(are_found(&sql)?, expected, "{sql}");
    }
    // Who takes one role or the other by SET ROLE has each alone.
    let inherits = |inherit: &str| {
        format!("DROP POLICY open ON t; REVOKE {group} FROM {app}; ALTER ROLE {app} {inherit}; GRANT {group}, {owner} TO {app};
                 REVOKE {owner} FROM {app}; GRANT SELECT ON t TO {other}; GRANT {other} TO {app}; CREATE POLICY open ON t TO {other} USING (is_public)")
    };
    ensure_eq!(are_found(&inherits("NOINHERIT"))?, (true, false), "by SET ROLE");
    Ok(())
}

fn what_is_not_known_of_policies(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session_with("-c warden.mode=off")?;
    // Autovacuum would count the rows.
    s.script(&format!(
        "{}; ALTER TABLE t SET (autovacuum_enabled = off); GRANT SELECT (id) ON t TO {role}; GRANT SELECT ON t TO PUBLIC;
         GRANT EXECUTE ON FUNCTION warden.audit(text[], text[], text) TO {role}; SELECT pg_stat_force_next_flush()",
        TABLE
    ))?;
    s.run("SELECT pg_stat_reset()")?;
    for rule in [UNINDEXED, PER_ROW] {
        ensure_eq!(found(&mut s, rule)?, [format!("not checked rule \"{rule}\" was not checked")], "not counted");
    }
    s.script("ANALYZE t; DELETE FROM pg_statistic WHERE starelid = 't'::regclass")?;
    let detail = "SELECT detail FROM warden.audit(rules => '{rls-unindexed-policy-column}')";
    ensure_eq!(s.column(detail)?, ["Nobody counted the values of a column that a policy compares: run ANALYZE first."]);
    s.script("ANALYZE t")?;
    ensure_eq!(
        s.column(detail)?,
        [format!(
            "A query that finds its rows by nothing else reads all 100000 rows ({}) for those of one value, of which there are about 100.",
            s.value("SELECT pg_size_pretty(pg_relation_size('t'))")?
        )]
    );
    // Who is held to them sees no statistics, but who calls what.
    s.script("CREATE POLICY made ON t USING (is_public AND current_setting('app.tenant') = 'a')")?;
    s.script(
        "DROP POLICY made ON t; CREATE POLICY narrow ON t AS RESTRICTIVE USING (current_setting('app.tenant') <> 'a')",
    )?;
    let mut bare = db.session_as(&role)?;
    ensure_eq!(bare.column(detail)?, ["This role may not read statistics of a column that a policy compares."]);
    ensure_eq!(found(&mut bare, PER_ROW)?, ["warning policy \"narrow\" of \"t\" calls current_setting() for each row"]);
    Ok(())
}

fn policies_of_locked_tables(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(&format!("{TABLE}; GRANT SELECT ON t TO PUBLIC; ANALYZE t; CREATE TABLE u (LIKE t); ALTER TABLE u ENABLE ROW LEVEL SECURITY;
        GRANT SELECT ON u TO PUBLIC; CREATE POLICY own ON u USING (tenant = current_setting('app.tenant'))"))?;
    let mut holder = db.session()?;
    holder.script("BEGIN; LOCK TABLE t, u IN ACCESS EXCLUSIVE MODE")?;
    s.run("SET statement_timeout = '20s'")?;
    let said = found(&mut s, UNINDEXED)?;
    ensure_eq!(
        said,
        [
            "warning policy \"own\" of \"t\" looks for values of \"tenant\", which has no index",
            "not checked rule \"rls-unindexed-policy-column\" was not checked"
        ]
    );
    holder.run("COMMIT")?;
    ensure_eq!(found(&mut s, UNINDEXED)?.len(), 1, "it is empty");
    Ok(())
}

fn policies_of_partitions(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE t (id bigint, tenant text) PARTITION BY RANGE (id);
         CREATE TABLE t_a PARTITION OF t FOR VALUES FROM (0) TO (50001);
         CREATE TABLE t_b (dropped int, tenant text, id bigint); ALTER TABLE t_b DROP COLUMN dropped;
         ALTER TABLE t ATTACH PARTITION t_b FOR VALUES FROM (50001) TO (200000);
         INSERT INTO t SELECT i, 'tenant ' || i % 100 FROM generate_series(1, 100000) AS i; ANALYZE t;
         ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t_a ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t, t_a TO PUBLIC;
         CREATE POLICY own ON t USING (tenant = current_setting('app.tenant'));
         CREATE POLICY own ON t_a USING (tenant = current_setting('app.tenant'))",
    )?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', object, fix IS NULL, hint ~ 'ATTACH') FROM warden.audit(rules => '{rls-unindexed-policy-column}')")?,
        ["public.t t t"]
    );
    s.run("CREATE INDEX ON t_b (tenant)")?;
    ensure_eq!(found(&mut s, UNINDEXED)?, [""; 0], "some have it");
    Ok(())
}

fn policies_of_hostile_names(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        r#"CREATE SCHEMA "s %s}"; CREATE TABLE "s %s}"."t ""{" (id bigint PRIMARY KEY, "c %I }{ \ " text);
           INSERT INTO "s %s}"."t ""{" SELECT i, i FROM generate_series(1, 100000) AS i; ANALYZE "s %s}"."t ""{";
           ALTER TABLE "s %s}"."t ""{" ENABLE ROW LEVEL SECURITY; GRANT SELECT ON "s %s}"."t ""{" TO PUBLIC;
           CREATE FUNCTION "s %s}"."f {%s" () RETURNS text STABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
           CREATE POLICY "p %s {" ON "s %s}"."t ""{" USING ("c %I }{ \ " = (SELECT "a }{ \ " FROM (SELECT 'x{'::text) AS "q {{{" ("a }{ \ "))
               AND ('{{' || "s %s}"."f {%s"()) <> '}')"#,
    )?;
    ensure_eq!(
        found(&mut s, UNINDEXED)?,
        [r#"warning policy "p %s {" of "t "{" looks for values of "c %I }{ \ ", which has no index"#]
    );
    ensure_eq!(found(&mut s, PER_ROW)?, [r#"warning policy "p %s {" of "t "{" calls "s %s}"."f {%s"() for each row"#]);
    let fix = s.value("SELECT fix FROM warden.audit(rules => '{rls-unindexed-policy-column}')")?;
    s.run(&fix)?;
    ensure!(found(&mut s, UNINDEXED)?.is_empty(), "{fix}");
    Ok(())
}
