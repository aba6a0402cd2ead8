//! Rules of the audit that look into large tables and indexes by an extension: with it, without it, and where it must not look.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    indexes_that_are_mostly_empty,
    tables_that_are_mostly_free,
    what_may_not_be_looked_into,
    nothing_is_read_unless_they_are_on,
];

/// What the rules over a source say, as if a fiftieth of a megabyte were large.
fn judged(s: &mut Session, source: &str, column: &str) -> Result<Vec<String>> {
    let statement = s
        .value(&format!("SELECT statement FROM warden_internal.audit_statements() WHERE source = '{source}'"))?
        .replace("$1", "NULL")
        .replace("$2", "NULL")
        .replace("104857600", "20000")
        .replace("524288000", "20000");
    Ok(s.column(&format!("SELECT {column} FROM ({statement}) AS q ORDER BY {column} COLLATE \"C\""))?)
}

const TOLD: &str = "CASE WHEN level IS NULL THEN message ELSE level || ': ' || detail END";

/// How many are found, and not only not checked.
fn count(s: &mut Session, source: &str) -> Result<usize> {
    Ok(judged(s, source, TOLD)?.iter().filter(|told| !told.starts_with("not checked")).count())
}

fn indexes_that_are_mostly_empty(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    // Its name needs quotes, and so do those of the index and of the table.
    s.script(
        "CREATE SCHEMA \"ext's \"\"%s\"; CREATE EXTENSION pgstattuple SCHEMA \"ext's \"\"%s\";
         CREATE TABLE \"t\"\"%s\" (a bigint); INSERT INTO \"t\"\"%s\" SELECT generate_series(1, 20000);
         CREATE INDEX \"i\"\"%s\" ON \"t\"\"%s\" (a)",
    )?;
    ensure_eq!(judged(&mut s, "index_bloat", TOLD)?, [""; 0], "it is new");
    // As full as it is to be.
    s.run("ALTER INDEX \"i\"\"%s\" SET (fillfactor = 30)")?;
    s.run("REINDEX INDEX \"i\"\"%s\"")?;
    ensure_eq!(judged(&mut s, "index_bloat", TOLD)?, [""; 0], "fillfactor");
    s.run("ALTER INDEX \"i\"\"%s\" RESET (fillfactor)")?;
    let found = judged(&mut s, "index_bloat", "message")?.join("");
    ensure!(found.ends_with(" % of index \"i\"%s\" on \"t\"%s\" is empty"), "{found}");
    s.run("REINDEX INDEX \"i\"\"%s\"")?;
    s.run("DELETE FROM \"t\"\"%s\" WHERE a % 3 = 1")?;
    s.run("VACUUM (INDEX_CLEANUP on) \"t\"\"%s\"")?;
    ensure_eq!(judged(&mut s, "index_bloat", TOLD)?, [""; 0], "a third");
    s.run("DELETE FROM \"t\"\"%s\" WHERE a % 3 > 0")?;
    s.run("VACUUM (INDEX_CLEANUP on) \"t\"\"%s\"")?;
    let found = judged(&mut s, "index_bloat", "message")?.join("");
    ensure!(found.starts_with("6") && found.ends_with(" % of index \"i\"%s\" on \"t\"%s\" is empty"), "{found}");
    let said = judged(&mut s, "index_bloat", "detail")?.join("");
    ensure!(said.starts_with("It takes 456 kB, and could do with 1"), "{said}");
    // And it mends.
    let fix = judged(&mut s, "index_bloat", "fix")?.join("");
    ensure_eq!(fix, "REINDEX INDEX CONCURRENTLY public.\"i\"\"%s\";");
    s.run(&fix)?;
    ensure_eq!(judged(&mut s, "index_bloat", TOLD)?, [""; 0]);
    // Deleted pages.
    s.run("DELETE FROM \"t\"\"%s\" WHERE a > 3000")?;
    s.run("VACUUM (INDEX_CLEANUP on, TRUNCATE off) \"t\"\"%s\"")?;
    let found = judged(&mut s, "index_bloat", "message")?.join("");
    ensure!(found.ends_with(" % of index \"i\"%s\" on \"t\"%s\" is empty"), "{found}");
    s.run("DELETE FROM \"t\"\"%s\"")?;
    s.run("VACUUM (INDEX_CLEANUP on, TRUNCATE off) \"t\"\"%s\"")?;
    ensure_eq!(count(&mut s, "index_bloat")?, 1, "nothing is left in it");
    // What cannot be rebuilt concurrently.
    s.run("DROP TABLE \"t\"\"%s\"")?;
    s.run("CREATE TABLE e (a bigint, CONSTRAINT e_x EXCLUDE USING btree (a WITH =))")?;
    s.run("INSERT INTO e SELECT generate_series(1, 20000)")?;
    s.run("DELETE FROM e WHERE a % 4 > 0")?;
    s.run("VACUUM (INDEX_CLEANUP on) e")?;
    ensure_eq!(judged(&mut s, "index_bloat", "fix")?, ["∅"]);
    let hint = judged(&mut s, "index_bloat", "hint")?.join("");
    ensure!(hint.ends_with(" one that blocks writes: REINDEX INDEX public.e_x;"), "{hint}");
    Ok(())
}

fn tables_that_are_mostly_free(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE EXTENSION pgstattuple; CREATE TABLE t (a bigint, b text);
         INSERT INTO t SELECT n, 'some words' FROM generate_series(1, 20000) n; ANALYZE t",
    )?;
    ensure_eq!(judged(&mut s, "table_bloat", TOLD)?, [""; 0], "it is new");
    s.run("DELETE FROM t WHERE a % 2 = 0")?;
    ensure_eq!(judged(&mut s, "table_bloat", TOLD)?, [""; 0], "VACUUM will make room");
    s.run("VACUUM t")?;
    let found = judged(&mut s, "table_bloat", "message")?.join("");
    ensure!(found.starts_with("4") && found.ends_with(" % of table \"t\" is free space"), "{found}");
    s.run("ALTER TABLE t SET (fillfactor = 60)")?;
    ensure_eq!(judged(&mut s, "table_bloat", TOLD)?, [""; 0], "fillfactor");
    // New rows come to where there is room.
    s.run("ALTER TABLE t RESET (fillfactor)")?;
    s.run("INSERT INTO t SELECT n, 'some words' FROM generate_series(1, 5000) n")?;
    ensure_eq!(judged(&mut s, "table_bloat", TOLD)?, [""; 0], "it was filled");
    // What is out of line.
    s.run("TRUNCATE t")?;
    s.run("ALTER TABLE t ALTER COLUMN b SET STORAGE EXTERNAL")?;
    s.run("INSERT INTO t SELECT n, repeat('x', 6000) FROM generate_series(1, 100) n")?;
    s.run("DELETE FROM t WHERE a % 2 = 0")?;
    s.run("VACUUM t")?;
    let found = judged(&mut s, "table_bloat", "message")?.join("");
    ensure!(found.ends_with(" % of the TOAST table of \"t\" is free space"), "{found}");
    // Views that are stored are like tables.
    s.script("DROP TABLE t; CREATE MATERIALIZED VIEW m AS SELECT n AS a FROM generate_series(1, 20000) n; CREATE UNIQUE INDEX ON m (a); ANALYZE m")?;
    ensure_eq!(judged(&mut s, "table_bloat", TOLD)?, [""; 0]);
    Ok(())
}

fn what_may_not_be_looked_into(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE t (a bigint); INSERT INTO t SELECT generate_series(1, 20000); CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (a); VACUUM t",
    )?;
    s.run("DELETE FROM t WHERE a % 3 > 0")?;
    s.run("VACUUM (INDEX_CLEANUP on) t")?;
    let both = |s: &mut Session| -> Result<[Vec<String>; 2]> {
        Ok([judged(s, "index_bloat", TOLD)?, judged(s, "table_bloat", TOLD)?])
    };
    let more = " So it is with 1 more of more than 100 MB.";
    let told = |reason: &str| [vec![format!("not checked: {reason}{more}")], vec![format!("not checked: {reason}")]];
    let missing = "Only extension pgstattuple, from version 1.5 on, can tell: CREATE EXTENSION pgstattuple;";
    ensure_eq!(both(&mut s)?, told(missing));
    s.run("CREATE EXTENSION pgstattuple")?;
    ensure_eq!(count(&mut s, "index_bloat")?, 2);
    ensure_eq!(count(&mut s, "table_bloat")?, 1);
    s.run(&format!("GRANT USAGE ON SCHEMA warden_internal TO {role}; GRANT EXECUTE ON FUNCTION warden_internal.audit_statements TO {role}"))?;
    let mut ordinary = db.session_as(&role)?;
    let denied =
        format!("This role may not call functions of extension pgstattuple: GRANT pg_stat_scan_tables TO {role};");
    ensure_eq!(both(&mut ordinary)?, told(&denied));
    // The function is not enough, the table has to be readable; or the role is one that scans tables.
    s.run(&format!("GRANT EXECUTE ON FUNCTION pgstatindex(regclass), pgstattuple_approx(regclass) TO {role}"))?;
    ensure_eq!(
        judged(&mut ordinary, "index_bloat", TOLD)?,
        [format!("not checked: This role may not read its table.{more}")]
    );
    ensure_eq!(judged(&mut ordinary, "table_bloat", "detail")?, ["This role may not read it."]);
    s.run(&format!("GRANT SELECT ON t TO {role}"))?;
    ensure_eq!(count(&mut ordinary, "index_bloat")?, 2);
    s.run(&format!("REVOKE SELECT ON t FROM {role}; GRANT pg_stat_scan_tables TO {role}"))?;
    ensure_eq!(count(&mut ordinary, "table_bloat")?, 1);
    // Others are not waited for.
    let mut other = db.session_with("-c warden.mode=off")?;
    other.script("BEGIN; LOCK TABLE t")?;
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(judged(&mut s, "table_bloat", TOLD)?, ["not checked: Another session has locked it."]);
    // That is a lock of the table alone.
    ensure_eq!(count(&mut s, "index_bloat")?, 2);
    other.script("ROLLBACK; BEGIN; DROP INDEX t_b")?;
    let told = judged(&mut s, "index_bloat", TOLD)?;
    ensure_eq!(told.len(), 2, "{told:?}");
    ensure!(told.contains(&"not checked: Another session has locked it.".to_owned()), "{told:?}");
    ensure!(told.iter().any(|told| told.ends_with(" % of index \"t_a\" on \"t\" is empty")), "{told:?}");
    other.run("ROLLBACK")?;
    // Temporary tables are nobody else's.
    other.script("CREATE TEMP TABLE mine AS SELECT generate_series(1, 20000) AS a; CREATE INDEX ON mine (a); DELETE FROM mine WHERE a > 10; ANALYZE mine")?;
    ensure_eq!(count(&mut s, "index_bloat")?, 2);
    Ok(())
}

fn nothing_is_read_unless_they_are_on(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off -c track_functions=all -c allow_system_table_mods=on")?;
    s.script(
        "CREATE EXTENSION pgstattuple; CREATE TABLE t (a bigint PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 2000); ANALYZE t;
         UPDATE pg_class SET relpages = 1000000 WHERE relname IN ('t', 't_pkey')",
    )?;
    let calls = |s: &mut Session| -> Result<String> {
        s.run("SELECT count(*) FROM warden.audit()")?;
        s.run("SELECT pg_stat_force_next_flush()")?;
        Ok(s.value("SELECT string_agg(funcname || ' ' || calls, ', ' ORDER BY funcname) FROM pg_stat_user_functions WHERE funcname LIKE 'pgstat%'")?)
    };
    ensure_eq!(calls(&mut s)?, "∅", "by default");
    s.run("SET warden.rule_levels = 'index-bloat=info'")?;
    ensure_eq!(calls(&mut s)?, "pgstatindex 1");
    s.run("SET warden.rule_levels = 'table-bloat=info'")?;
    ensure_eq!(calls(&mut s)?, "pgstatindex 1, pgstattuple_approx 1");
    // What is not as large as was thought is no finding.
    ensure_eq!(s.column("SELECT message FROM warden.audit(rules => '{table-bloat}')")?, [""; 0]);
    Ok(())
}
