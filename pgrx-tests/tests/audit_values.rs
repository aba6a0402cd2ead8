//! Rules of the audit about the values that indexes hold: they need statistics of a month, which no page can show.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    indexes_of_nothing,
    indexes_of_few_values,
    what_is_not_known_of_values,
    values_of_hostile_names,
    indexes_of_another_method,
    texts_that_are_searched,
    what_is_not_known_of_the_order,
];

/// The findings, as if the statistics of use were old enough: the rules themselves never look at how old.
fn judged(s: &mut Session, column: &str) -> Result<Vec<String>> {
    s.run("SELECT pg_stat_force_next_flush()")?;
    let statement = s
        .value("SELECT statement FROM warden_internal.audit_statements() WHERE source = 'index_values'")?
        .replace("$1", "NULL")
        .replace("$2", "NULL")
        // A hundred take long.
        .replace("u.scans >= 100", "u.scans >= 3");
    Ok(s.column(&format!("SELECT {column} FROM ({statement}) AS q ORDER BY 1"))?)
}

/// A table whose index `t_a_idx` is large, where nine of ten rows have no `a` and `b` has three values. Vacuumed: what the index holds is all.
const TABLE: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b text NOT NULL);
    CREATE INDEX t_a_idx ON t (a) WITH (deduplicate_items = off);
    INSERT INTO t SELECT i, CASE WHEN i % 10 = 0 THEN i END, 'value ' || i % 3 FROM generate_series(1, 100000) i; SELECT pg_stat_force_next_flush();
    ANALYZE t; SET enable_seqscan = off";

const NULLS: &str = "index \"t_a_idx\" on \"t\" holds NULL for most rows";

fn indexes_of_nothing(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(TABLE)?;
    ensure_eq!(judged(&mut s, "message")?, [""; 0], "it was not used");
    s.run("SELECT id FROM t WHERE a = 70")?;
    ensure_eq!(judged(&mut s, "message")?, [NULLS]);
    let said = judged(&mut s, "detail")?.join("");
    ensure!(
        said.starts_with("\"a\" is NULL in 90 % of the rows. Its 1 scans found 1 entries in all, too few for one that looked for NULL. The index takes "),
        "{said}"
    );
    // Its advice leaves an index by which the same rows are found.
    let hint = judged(&mut s, "hint")?.join("");
    let create = "CREATE INDEX CONCURRENTLY ON public.t (a) WHERE a IS NOT NULL;";
    let drop = "DROP INDEX CONCURRENTLY public.t_a_idx;";
    ensure_eq!(hint, format!("Unless queries sort all rows by it: {create} Then: {drop}"));
    for use_ in
        ["SELECT id FROM t WHERE a IS NULL", "SET enable_sort = off; SELECT id FROM t ORDER BY a; RESET enable_sort"]
    {
        s.script(use_)?;
        ensure_eq!(judged(&mut s, "message")?, [""; 0], "{use_}");
        s.script(
            "SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset(); ANALYZE t; SELECT id FROM t WHERE a = 70",
        )?;
        ensure_eq!(judged(&mut s, "message")?, [NULLS]);
    }
    for silent in [
        "UPDATE t SET a = 0 WHERE a IS NULL; ALTER TABLE t ALTER COLUMN a SET NOT NULL",
        "DROP INDEX t_a_idx; CREATE INDEX t_a_idx ON t (a) WHERE a IS NOT NULL",
        "DROP INDEX t_a_idx; CREATE INDEX t_a_idx ON t (a, b)",
        "DROP INDEX t_a_idx; CREATE UNIQUE INDEX t_a_idx ON t (a)",
        "UPDATE t SET a = id",
    ] {
        s.script(&format!("{silent}; SELECT pg_stat_force_next_flush()"))?;
        s.script("ANALYZE t; SELECT id FROM t WHERE a = 70")?;
        ensure_eq!(judged(&mut s, "message")?, [""; 0], "{silent}");
        s.script("DROP TABLE t; RESET enable_seqscan")?;
        s.script(TABLE)?;
        s.run("SELECT id FROM t WHERE a = 70")?;
        ensure_eq!(judged(&mut s, "message")?, [NULLS], "{silent}");
    }
    Ok(())
}

fn indexes_of_few_values(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    let table = TABLE.replace("t_a_idx ON t (a)", "t_b_idx ON t (b)");
    let few = "index \"t_b_idx\" on \"t\" is on 3 values";
    let scans = |query: &str, times: u32| {
        format!("DO $$BEGIN FOR i IN 1..{times} LOOP PERFORM * FROM ({query}) AS q; END LOOP; END$$")
    };
    let often = scans("SELECT id FROM t WHERE b = 'value 1'", 3);
    s.script(&table)?;
    s.script(&often)?;
    ensure_eq!(judged(&mut s, "message")?, [few]);
    let said = judged(&mut s, "detail")?.join("");
    ensure!(said.starts_with("Each of its 3 scans found 33 % of the rows on average. "), "{said}");
    for (change, then) in [
        ("", scans("SELECT id FROM t WHERE b = 'value 1'", 2)),
        // A value that few rows have.
        (
            "UPDATE t SET b = 'rare' WHERE id % 500 = 0; VACUUM t; ANALYZE t",
            scans("SELECT id FROM t WHERE b = 'rare'", 3),
        ),
        // The index alone.
        ("VACUUM t", scans("SELECT b FROM t WHERE b = 'value 1'", 3)),
        // Together with another.
        ("", format!("CREATE INDEX ON t (a); {}", scans("SELECT id FROM t WHERE b = 'value 1' AND a < 40000", 3))),
        // What lies together is found without the rest.
        (
            "DROP INDEX t_b_idx; CREATE TABLE u AS SELECT * FROM t ORDER BY b; DROP TABLE t; ALTER TABLE u RENAME TO t; CREATE INDEX t_b_idx ON t (b) WITH (deduplicate_items = off); ANALYZE t",
            often.clone(),
        ),
        (
            "CREATE TABLE kinds (b text PRIMARY KEY); INSERT INTO kinds SELECT DISTINCT b FROM t; ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES kinds NOT VALID",
            often.clone(),
        ),
        // Few rows on a page.
        (
            "ALTER TABLE t ADD COLUMN wide text; UPDATE t SET wide = repeat('x', 900); VACUUM FULL t; ANALYZE t",
            often.clone(),
        ),
    ] {
        s.script("RESET enable_seqscan; DROP TABLE t CASCADE")?;
        s.script(&table)?;
        for statement in change.split("; ").filter(|statement| !statement.is_empty()) {
            s.run(statement)?;
        }
        s.run("SELECT pg_stat_force_next_flush()")?;
        s.run("ANALYZE t")?;
        s.script(&then)?;
        let left = judged(&mut s, "message")?;
        ensure!(
            !left.contains(&few.to_owned()) && left.iter().all(|message| message.contains("t_a_idx")),
            "{change:?}, {then:?}: {left:?}"
        );
    }
    Ok(())
}

fn what_is_not_known_of_values(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(TABLE)?;
    s.run("SELECT id FROM t WHERE a = 70")?;
    // The statistics of use are young.
    let rows =
        s.rows("SELECT level, detail FROM warden.audit(rules => '{index-mostly-null,index-low-cardinality}')")?;
    ensure_eq!(rows.len(), 2, "{rows:?}");
    for row in rows {
        ensure_eq!(row[0].as_deref(), Some("not checked"));
        ensure!(row[1].as_deref().is_some_and(|detail| detail.starts_with("Statistics of use began at ")), "{row:?}");
    }
    s.run("SELECT pg_stat_force_next_flush()")?;
    let known = |s: &mut Session| judged(s, "concat_ws(': ', level, detail)");
    // Someone who may not read the table, and then has it locked.
    s.run(&format!("GRANT USAGE ON SCHEMA warden_internal TO {role}; GRANT EXECUTE ON FUNCTION warden_internal.audit_statements TO {role}"))?;
    let mut ordinary = db.session_as(&role)?;
    let unread = ["not checked: This role may not read statistics of its column."];
    ensure_eq!(known(&mut ordinary)?, unread);
    let mut other = db.session_with("-c warden.mode=off")?;
    other.script("BEGIN; LOCK TABLE t")?;
    ordinary.run("SET lock_timeout = '1s'")?;
    ensure_eq!(known(&mut ordinary)?, unread);
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(judged(&mut s, "message")?, [NULLS]);
    other.run("ROLLBACK")?;
    // More than a fifth has changed, or nothing says how much.
    let old =
        ["not checked: What ANALYZE knows of its values is old, or the server forgot how old: run ANALYZE first."];
    s.run("UPDATE t SET b = b WHERE id % 4 = 0")?;
    ensure_eq!(known(&mut s)?, old);
    s.script("SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset(); SELECT id FROM t WHERE a = 70")?;
    ensure_eq!(known(&mut s)?, old);
    s.run("ANALYZE t")?;
    ensure_eq!(judged(&mut s, "message")?, [NULLS]);
    Ok(())
}

fn values_of_hostile_names(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    let name = "qu\"o%te %s\nx";
    let q = format!("\"{}\"", name.replace('"', "\"\""));
    s.script(
        &format!(
            "CREATE SCHEMA {q}; CREATE TABLE {q}.{q} (id bigint PRIMARY KEY, {q} bigint);
         CREATE INDEX {q}_i ON {q}.{q} ({q}) WITH (deduplicate_items = off);
         INSERT INTO {q}.{q} (id) SELECT generate_series(1, 100000); SELECT pg_stat_force_next_flush(); ANALYZE; SET enable_seqscan = off;
         SELECT id FROM {q}.{q} WHERE {q} = 70"
        )
        .replace(&format!("{q}_i"), "i"),
    )?;
    ensure_eq!(judged(&mut s, "message")?, [format!("index \"i\" on \"{name}\" holds NULL for most rows")]);
    let hint =
        judged(&mut s, "hint")?.join("").replace("Unless queries sort all rows by it: ", "").replace("Then: ", "");
    let (create, drop) = hint.split_once("; ").unwrap_or_default();
    s.run(create)?;
    s.run(drop)?;
    Ok(())
}

/// What is said of methods, as if the statistics were old enough, tables of 1 MB huge, and BRIN looked at a page at a time.
fn methods(s: &mut Session, column: &str) -> Result<Vec<String>> {
    methods_from(s, "1000000", column)
}

fn methods_from(s: &mut Session, huge: &str, column: &str) -> Result<Vec<String>> {
    s.run("SELECT pg_stat_force_next_flush()")?;
    let statement = s
        .value("SELECT statement FROM warden_internal.audit_statements() WHERE source = 'index_methods'")?
        .replace("$1", "NULL")
        .replace("$2", "NULL")
        .replace("10737418240", huge)
        .replace("1280 *", "10 *");
    Ok(s.column(&format!("SELECT {column} FROM ({statement}) AS q ORDER BY 1"))?)
}

/// A table that only grows, in the order of `a`, but not of `b`.
const GROWING: &str = "CREATE TABLE t (a bigint, b bigint, c text);
    CREATE INDEX t_i ON t (a);
    INSERT INTO t SELECT i, i * 7919 % 100000, 'some words' FROM generate_series(1, 100000) i; SELECT pg_stat_force_next_flush();
    ANALYZE t; SET enable_seqscan = off; SET enable_bitmapscan = off";

const BRIN: &str = "btree index \"t_i\" on \"t\" could be BRIN";

const STRETCH: &str = "SELECT c FROM t WHERE a BETWEEN 20000 AND 30000 OFFSET 0";

fn indexes_of_another_method(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    for (change, query, expected) in [
        ("", STRETCH, 1),
        // Few rows each time.
        ("", "SELECT c FROM t WHERE a = 7", 0),
        ("", "SELECT c FROM t WHERE a < 1000 OFFSET 0", 0),
        // The index alone, one that holds some rows, or that is unique.
        ("VACUUM t", "SELECT a FROM t WHERE a BETWEEN 20000 AND 30000 OFFSET 0", 0),
        (
            "DROP INDEX t_i; CREATE INDEX t_i ON t (a) WHERE b > 0",
            "SELECT c FROM t WHERE a BETWEEN 20000 AND 30000 AND b > 0 OFFSET 0",
            0,
        ),
        ("DROP INDEX t_i; CREATE UNIQUE INDEX t_i ON t (a)", STRETCH, 0),
        ("DROP INDEX t_i; CREATE INDEX t_i ON t (a, b)", STRETCH, 0),
        // In another order.
        ("DROP INDEX t_i; CREATE INDEX t_i ON t (b)", "SELECT c FROM t WHERE b BETWEEN 20000 AND 30000 OFFSET 0", 0),
        // It is not only filled.
        ("", "SELECT c FROM t WHERE a BETWEEN 20000 AND 30000 OFFSET 0; UPDATE t SET b = 1 WHERE a = 7", 0),
        ("", "SELECT c FROM t WHERE a BETWEEN 20000 AND 30000 OFFSET 0; DELETE FROM t WHERE a = 7", 0),
        ("CREATE TABLE p (a bigint PRIMARY KEY); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p NOT VALID", STRETCH, 0),
        // No method for it.
        (
            "DROP INDEX t_i; ALTER TABLE t ALTER COLUMN a TYPE jsonb USING to_jsonb(a); CREATE INDEX t_i ON t (a)",
            "SELECT c FROM t WHERE a BETWEEN '20000' AND '30000' OFFSET 0",
            0,
        ),
    ] {
        s.script("RESET enable_seqscan; DROP TABLE IF EXISTS t, p")?;
        s.script(GROWING)?;
        for statement in change.split("; ").filter(|statement| !statement.is_empty()) {
            s.run(statement)?;
        }
        s.run("SELECT pg_stat_force_next_flush()")?;
        s.run("ANALYZE t")?;
        s.script(query)?;
        ensure_eq!(methods(&mut s, "message")?, vec![BRIN; expected], "{change:?}, {query}");
        if expected > 0 {
            ensure_eq!(methods_from(&mut s, "10000000", "message")?, [""; 0], "it is not that large");
            let said = methods(&mut s, "detail")?.join("");
            ensure!(said.contains(" lies in the order of \"a\". Scans found 10001 rows on average. "), "{said}");
            let hint = methods(&mut s, "hint")?
                .join("")
                .replace("Unless queries sort by it, or look for single rows as well: ", "")
                .replace("Then: ", "");
            let (create, drop) = hint.split_once("; ").unwrap_or_default();
            s.run(create)?;
            s.run(drop)?;
        }
    }
    Ok(())
}

fn texts_that_are_searched(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    let gin = "GiST index \"t_i\" on \"t\" could be GIN";
    let search = "SELECT count(*) FROM t WHERE to_tsvector('simple', w) @@ 'w7'::tsquery";
    let often =
        |times: u32| format!("DO $$BEGIN FOR i IN 1..{times} LOOP PERFORM * FROM ({search}) AS q; END LOOP; END$$");
    let made = "CREATE TABLE t (id bigint PRIMARY KEY, w text); CREATE INDEX t_i ON t USING gist (to_tsvector('simple', w));
        INSERT INTO t SELECT i, 'w' || i || ' w' || i + 1 FROM generate_series(1, 60000) i; ANALYZE t; SET enable_seqscan = off; SELECT pg_stat_force_next_flush()";
    s.script(made)?;
    s.run("SELECT pg_stat_reset()")?;
    s.script(&often(99))?;
    ensure_eq!(methods(&mut s, "message")?, [""; 0], "99 times");
    s.script(&often(1))?;
    ensure_eq!(methods(&mut s, "message")?, [gin]);
    s.script("INSERT INTO t SELECT i, 'more' FROM generate_series(60001, 60101) i")?;
    ensure_eq!(methods(&mut s, "message")?, [""; 0], "it is written more often");
    s.script(&often(1))?;
    ensure_eq!(methods(&mut s, "message")?, [gin]);
    // Something else in GiST.
    s.script("DROP TABLE t; CREATE TABLE t (id bigint PRIMARY KEY, w point); CREATE INDEX t_i ON t USING gist (w);
        INSERT INTO t SELECT i, point(i, i) FROM generate_series(1, 60000) i; ANALYZE t; SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset()")?;
    s.script("DO $$BEGIN FOR i IN 1..200 LOOP PERFORM * FROM (SELECT id FROM t WHERE w <@ box '(1,1),(2,2)' OFFSET 0) AS q; END LOOP; END$$")?;
    ensure_eq!(methods(&mut s, "message")?, [""; 0], "points");
    Ok(())
}

fn what_is_not_known_of_the_order(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(GROWING)?;
    s.run(STRETCH)?;
    s.run("SELECT pg_stat_force_next_flush()")?;
    s.run("SET warden.rule_levels = 'index-wrong-am=info'")?;
    let young = s.value("SELECT level || ': ' || detail FROM warden.audit(rules => '{index-wrong-am}')")?;
    ensure!(young.starts_with("not checked: Statistics of use began at "), "{young}");
    s.run(&format!("GRANT USAGE ON SCHEMA warden_internal TO {role}; GRANT EXECUTE ON FUNCTION warden_internal.audit_statements TO {role}"))?;
    let mut ordinary = db.session_as(&role)?;
    let known = |s: &mut Session| methods(s, "concat_ws(': ', level, detail)");
    let unread = ["not checked: This role may not read statistics of its column."];
    ensure_eq!(known(&mut ordinary)?, unread);
    let mut other = db.session_with("-c warden.mode=off")?;
    other.script("BEGIN; LOCK TABLE t")?;
    ordinary.run("SET lock_timeout = '1s'")?;
    ensure_eq!(known(&mut ordinary)?, unread);
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(methods(&mut s, "message")?, [BRIN]);
    other.run("ROLLBACK")?;
    s.run(&format!("GRANT SELECT (a) ON t TO {role}"))?;
    ensure_eq!(methods(&mut ordinary, "message")?, [BRIN]);
    s.script(
        "INSERT INTO t SELECT i, i, 'more' FROM generate_series(100001, 130000) i; SELECT pg_stat_force_next_flush()",
    )?;
    ensure_eq!(
        known(&mut s)?,
        ["not checked: What ANALYZE knows of its order is old, or the server forgot how old: run ANALYZE first."]
    );
    Ok(())
}
