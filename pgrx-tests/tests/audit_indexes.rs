//! Rules of the audit about indexes, where a page cannot show them: statistics of a month, partitions, locks, names, rights.

use pg_warden_tests::{Database, Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    unused_indexes,
    rarely_used_indexes,
    indexes_that_find_everything,
    wide_indexes,
    what_is_needed_unused_or_not,
    indexes_of_partitioned_tables,
    columns_in_another_order,
    indexes_that_differ_by_include,
    young_statistics_are_no_evidence,
    used_btrees_on_arrays,
    tables_without_writes,
    tables_that_nobody_analyzes,
    nothing_waits_and_anybody_may,
    hostile_names,
];

fn quiet(db: &Database<'_>) -> Result<Session> {
    db.session_with("-c warden.mode=off")
}

/// What the rules over a source say in words, as if the statistics were old enough.
fn judged(s: &mut Session, source: &str) -> Result<Vec<String>> {
    texts(s, source, "message")
}

fn texts(s: &mut Session, source: &str, column: &str) -> Result<Vec<String>> {
    let statement = s
        .value(&format!("SELECT statement FROM warden_internal.audit_statements() WHERE source = '{source}'"))?
        .replace("$1", "NULL")
        .replace("$2", "NULL")
        .replace("'30 days'", "'0 days'");
    s.run("SELECT pg_stat_force_next_flush()")?;
    Ok(s.column(&format!("SELECT {column} FROM ({statement}) AS q ORDER BY {column} COLLATE \"C\""))?)
}

/// A table whose index `t_a_idx` is large and was never used, though it was there for each row.
const UNUSED: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b bigint);
    CREATE INDEX ON t (a);
    INSERT INTO t SELECT i, i, i FROM generate_series(1, 60000) i; ANALYZE t";

fn unused_indexes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(UNUSED)?;
    ensure_eq!(judged(&mut s, "index_roots")?, ["no query used index \"t_a_idx\" on \"t\""]);
    // Built when the rows were there: nobody knows when.
    s.script("DROP INDEX t_a_idx; CREATE INDEX ON t (a)")?;
    ensure_eq!(judged(&mut s, "index_roots")?, [""; 0]);
    s.script("DROP TABLE t")?;
    s.script(UNUSED)?;
    s.script("SET enable_seqscan = off; SELECT id FROM t WHERE a = 7")?;
    ensure_eq!(judged(&mut s, "index_roots")?, [""; 0], "it was used");
    // Of some rows, or of rows that are only updated: no younger than its counts say.
    s.script("DROP TABLE t")?;
    s.script(UNUSED)?;
    s.script(
        "DROP INDEX t_a_idx; CREATE INDEX later ON t (a) WHERE b > 0; INSERT INTO t VALUES (0, 0, 0);
         SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset(); UPDATE t SET a = a; DROP INDEX later; CREATE INDEX ON t (a)",
    )?;
    ensure_eq!(judged(&mut s, "index_roots")?, [""; 0], "made after the writes");
    // An expression has no column.
    s.script("DROP TABLE t")?;
    s.script(&UNUSED.replace("ON t (a)", "ON t ((a + 1))"))?;
    ensure_eq!(judged(&mut s, "index_roots")?, ["no query used index \"t_expr_idx\" on \"t\""]);
    // What is of the wrong kind is said once.
    s.script(
        "DROP TABLE t; CREATE TABLE t (id bigint PRIMARY KEY, tags bigint[]); CREATE INDEX ON t (tags);
         INSERT INTO t SELECT i, ARRAY[i] FROM generate_series(1, 60000) i; ANALYZE t",
    )?;
    ensure_eq!(
        judged(&mut s, "index_roots")?,
        ["btree index \"t_tags_idx\" on \"t\" begins with a column of type bigint[]"]
    );
    s.run("DROP TABLE t")?;
    // Small ones do not matter.
    s.script("CREATE TABLE u (id bigint PRIMARY KEY, a bigint); CREATE INDEX ON u (a); INSERT INTO u VALUES (1, 1); ANALYZE u")?;
    ensure_eq!(judged(&mut s, "index_roots")?, [""; 0]);
    Ok(())
}

/// That many scans of a query.
fn scans(query: &str, times: u32) -> String {
    format!("DO $$BEGIN FOR i IN 1..{times} LOOP PERFORM * FROM ({query}) AS q; END LOOP; END$$")
}

fn rarely_used_indexes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    let rarely = "queries hardly use index \"t_a_idx\" on \"t\"";
    let (by_key, by_index) = (scans("SELECT a FROM t WHERE id = 7", 30), "SELECT id FROM t WHERE a = 7");
    let made = |s: &mut Session, indexed: &str| -> Result {
        s.script("RESET enable_seqscan; DROP TABLE IF EXISTS t CASCADE")?;
        s.script(&UNUSED.replace("(a)", indexed))?;
        s.script(&format!("SET enable_seqscan = off; {by_index}"))?;
        Ok(())
    };
    made(&mut s, "(a)")?;
    ensure_eq!(judged(&mut s, "index_roots")?, [""; 0], "most scans of the table go by it");
    s.script(&by_key)?;
    ensure_eq!(judged(&mut s, "index_roots")?, [rarely]);
    let said = texts(&mut s, "index_roots", "detail")?.join("");
    ensure!(said.starts_with("They used it once in at least 30 days, while 60000 writes kept it up; the table was scanned 33 times. A use found 1 rows on average. The index takes "), "{said}");
    // Once for each hundred writes, or nearly.
    s.script(&scans("SELECT a FROM t WHERE id = 7", 7000))?;
    s.script(&scans(by_index, 599))?;
    ensure_eq!(judged(&mut s, "index_roots")?, [rarely]);
    s.script(by_index)?;
    ensure_eq!(judged(&mut s, "index_roots")?, [""; 0], "601 times");
    for needed in [
        "ALTER TABLE t CLUSTER ON t_a_idx",
        "CREATE INDEX ON t (a, b)",
        // Built when the rows were there: nobody knows when.
        "DROP INDEX t_a_idx; CREATE INDEX ON t (a)",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES t NOT VALID",
    ] {
        made(&mut s, "(a)")?;
        s.script(&format!("{needed}; {by_index}; {by_key}"))?;
        ensure_eq!(judged(&mut s, "index_roots")?, [""; 0], "{needed}");
    }
    Ok(())
}

fn indexes_that_find_everything(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    let everything = "scans of index \"t_a_idx\" on \"t\" find nearly the whole table";
    let table = "RESET enable_seqscan; DROP TABLE IF EXISTS t CASCADE;
        CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b bigint); CREATE INDEX t_a_idx ON t (a) WITH (deduplicate_items = off);
        INSERT INTO t SELECT i, i % 10, i FROM generate_series(1, 60000) i; SELECT pg_stat_force_next_flush(); ANALYZE t; SET enable_seqscan = off; SET enable_bitmapscan = off";
    let most = "SELECT id FROM t WHERE a > 0 OFFSET 0";
    s.script(&format!("{table}; {}", scans(most, 99)))?;
    ensure_eq!(judged(&mut s, "index_roots")?, [""; 0], "99 scans");
    s.script(most)?;
    ensure_eq!(judged(&mut s, "index_roots")?, [everything]);
    let said = texts(&mut s, "index_roots", "detail")?.join("");
    ensure!(said.starts_with("100 scans in at least 30 days found 54000 rows on average, of about 60000. "), "{said}");
    for (change, query) in [
        // Eight of ten.
        ("", "SELECT id FROM t WHERE a > 1 OFFSET 0"),
        // The index alone.
        ("VACUUM t", "SELECT a FROM t WHERE a > 0 OFFSET 0"),
        (
            "CREATE TABLE parents (a bigint PRIMARY KEY); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES parents NOT VALID",
            most,
        ),
        ("ALTER TABLE t CLUSTER ON t_a_idx", most),
    ] {
        s.script(table)?;
        for statement in change.split("; ").filter(|statement| !statement.is_empty()) {
            s.run(statement)?;
        }
        s.script(&scans(query, 100))?;
        ensure_eq!(judged(&mut s, "index_roots")?, [""; 0], "{change:?}, {query}");
    }
    // It was found when there was more.
    s.script(&format!(
        "{table}; {}; DELETE FROM t WHERE id > 50000; SELECT pg_stat_force_next_flush(); ANALYZE t",
        scans(most, 100)
    ))?;
    ensure_eq!(judged(&mut s, "index_roots")?, [""; 0], "rows were deleted");
    Ok(())
}

fn wide_indexes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(
        "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b bigint, c bigint, d bigint);
         CREATE TABLE p (a bigint, b bigint, c bigint, d bigint) PARTITION BY RANGE (a); CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (9)",
    )?;
    for (index, expected) in [
        ("t (a, b, c)", 0),
        ("t (a, b, c, d)", 1),
        ("t (a, b, c, (d + 1)) WHERE a > 0", 1),
        ("t (a, b) INCLUDE (c, d)", 0),
        ("p (a, b, c, d)", 1),
    ] {
        s.run(&format!("CREATE INDEX i ON {index}"))?;
        let found = s.column("SELECT object || message FROM warden.audit(rules => '{index-wide}')")?;
        ensure_eq!(found.len(), 0, "{index}: off by default");
        s.run("SET warden.rule_levels = 'index-wide=info'")?;
        let found = s.column("SELECT object || ': ' || message FROM warden.audit(rules => '{index-wide}')")?;
        s.run("RESET warden.rule_levels; DROP INDEX i")?;
        let table = &index[..1];
        let wide = format!("public.i: index \"i\" on \"{table}\" has 4 key columns");
        ensure_eq!(found, vec![wide; expected], "{index}");
    }
    Ok(())
}

fn what_is_needed_unused_or_not(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(UNUSED)?;
    // Counts are written down between transactions.
    ensure_eq!(judged(&mut s, "index_roots")?, ["no query used index \"t_a_idx\" on \"t\""]);
    for other in ["CREATE INDEX ON t (b, a)", "CREATE INDEX ON t (a) WHERE b > 0", "CREATE INDEX ON t USING brin (a)"] {
        s.script(&format!("BEGIN; {other}"))?;
        let found = judged(&mut s, "index_roots")?;
        ensure!(found.iter().any(|message| message.contains("\"t_a_idx\"")), "{other}: {found:?}");
        s.run("ROLLBACK")?;
    }
    for needed in [
        "ALTER TABLE t CLUSTER ON t_a_idx",
        "CREATE INDEX ON t (a, b)",
        "CREATE INDEX ON t (a)",
        // The last, because its check uses the index, whatever becomes of the transaction.
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES t",
    ] {
        s.script(&format!("BEGIN; {needed}"))?;
        ensure_eq!(judged(&mut s, "index_roots")?, [""; 0], "{needed}");
        s.run("ROLLBACK")?;
    }
    // What follows all columns of a unique one.
    for (index, expected) in [
        ("CREATE INDEX i ON t (id, a)", 1),
        ("CREATE INDEX i ON t (id) INCLUDE (a)", 0),
        ("CREATE INDEX i ON t (a, id)", 0),
        ("CREATE INDEX i ON t (id, a) WHERE a > 0", 0),
        ("CREATE UNIQUE INDEX i ON t (id, a)", 0),
        ("CREATE UNIQUE INDEX u ON t (a); CREATE INDEX i ON t (a, b)", 0),
        (
            "CREATE INDEX i ON t (id, a); ALTER TABLE t ADD UNIQUE (id, a); ALTER TABLE t ADD FOREIGN KEY (id, a) REFERENCES t (id, a)",
            0,
        ),
    ] {
        s.script(&format!(
            "DROP TABLE t; CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b bigint); {index};
             INSERT INTO t SELECT i, i, i FROM generate_series(1, 500) i"
        ))?;
        let found = judged(&mut s, "index_roots")?;
        let own =
            found.iter().filter(|message| message.contains("begins with all the columns of unique \"t_pkey\"")).count();
        ensure_eq!(own, expected, "{index}: {found:?}");
    }
    Ok(())
}

fn indexes_of_partitioned_tables(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(
        "CREATE TABLE p (id bigint, a bigint) PARTITION BY RANGE (id);
         CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (50000);
         CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (50000) TO (200000);
         CREATE INDEX p_a ON p (a);
         INSERT INTO p SELECT i, i FROM generate_series(1, 99999) i; ANALYZE p",
    )?;
    ensure_eq!(judged(&mut s, "index_roots")?, ["no query used index \"p_a\" on \"p\""]);
    s.script("SET enable_seqscan = off; SELECT id FROM p_1 WHERE a = 7")?;
    ensure_eq!(judged(&mut s, "index_roots")?, [""; 0], "that of one partition was used");
    Ok(())
}

fn columns_in_another_order(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    let reordered = "index \"second\" on \"t\" has the columns of \"first\" in another order, and no query used it";
    let unused = "no query used index \"second\" on \"t\"";
    for (first, second, expected) in [
        ("(a, b)", "(b, a)", reordered),
        ("(a, b, c)", "(a, c, b)", reordered),
        ("(a, b) INCLUDE (c)", "(b, a)", reordered),
        ("(a, b)", "(b, a) WHERE c > 0", reordered),
        ("(a, b) WHERE c > 0", "(b, a) WHERE c > 0", reordered),
        ("(a, b) WHERE c > 0", "(b, a)", unused),
        ("(a, b)", "(b, a) INCLUDE (c)", unused),
        ("(a, b)", "(b, c)", unused),
        ("(a, b)", "(b, (a + 1))", unused),
    ] {
        s.script(&format!(
            "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b bigint, c bigint); CREATE INDEX first ON t {first}; CREATE INDEX second ON t {second};
             INSERT INTO t SELECT i, i, i, i FROM generate_series(1, 60000) i; ANALYZE t"
        ))?;
        // Of two that nothing uses, neither does the other's work.
        let both = ["no query used index \"first\" on \"t\"", unused];
        ensure_eq!(judged(&mut s, "index_roots")?, both, "{first} {second}, neither used");
        s.script(
            "SET enable_seqscan = off; SET enable_sort = off; SET enable_incremental_sort = off;
             SELECT id FROM t WHERE c > 0 ORDER BY a, b LIMIT 1",
        )?;
        let found = judged(&mut s, "index_roots")?;
        let used = s.value("SELECT indexrelname FROM pg_stat_user_indexes WHERE relname = 't' AND idx_scan > 0")?;
        ensure_eq!(used, "first", "{first} {second}");
        ensure_eq!(found, [expected], "{first} {second}");
        s.run("DROP TABLE t")?;
    }
    Ok(())
}

fn indexes_that_differ_by_include(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    let name = "a\"%s\n";
    let table = "CREATE TABLE t (id bigint PRIMARY KEY, \"a\"\"%s\n\" bigint, b bigint, c bigint, d bigint);";
    for (indexes, expected) in [
        ("x (b) INCLUDE (@), y (b) INCLUDE (c)", Some("\"x\", \"y\"")),
        ("x (b) INCLUDE (@), y (b) INCLUDE (c), z (b) INCLUDE (d)", Some("\"x\", \"y\", \"z\"")),
        ("x (b) INCLUDE (@, d), y (b) INCLUDE (c, d), z (b) INCLUDE (d)", Some("\"x\", \"y\"")),
        ("x (b) INCLUDE (@), y (b) INCLUDE (c), z (b)", Some("\"x\", \"y\"")),
        // What another one covers goes for its sake.
        ("x (b) INCLUDE (@), y (b) INCLUDE (@, c)", None),
        ("x (b) INCLUDE (@), y (b) INCLUDE (c), z (b, c, @)", None),
        ("x (b) INCLUDE (@), y (b DESC) INCLUDE (c)", None),
        ("x (b) INCLUDE (@) WHERE d > 0, y (b) INCLUDE (c) WHERE d > 1", None),
        ("x (b) INCLUDE (@), y (b, d) INCLUDE (c)", None),
    ] {
        s.script(table)?;
        for index in indexes.replace('@', "\"a\"\"%s\n\"").split(", ").fold(Vec::<String>::new(), |mut all, part| {
            // A comma within parentheses parts nothing.
            match all.last_mut() {
                Some(last) if last.matches('(').count() > last.matches(')').count() => {
                    last.push_str(", ");
                    last.push_str(part);
                }
                _ => all.push(part.to_owned()),
            }
            all
        }) {
            let (index, columns) = index.split_once(' ').ok_or("no columns")?;
            s.script(&format!("CREATE INDEX {index} ON t {columns}"))?;
        }
        let found = s.rows("SELECT message, hint FROM warden.audit(rules => '{index-overlap-include}')")?;
        match expected {
            None => ensure!(found.is_empty(), "{indexes}: {found:?}"),
            Some(names) => {
                let message = format!("indexes {names} on \"t\" differ only by INCLUDE");
                ensure_eq!(found.len(), 1, "{indexes}: {found:?}");
                ensure_eq!(found[0][0].as_deref(), Some(message.as_str()), "{indexes}");
                let quoted = format!("\"{}\"", name.replace('"', "\"\""));
                ensure!(found[0][1].as_deref().is_some_and(|hint| hint.contains(&quoted)), "{indexes}: {found:?}");
            }
        }
        s.run("DROP TABLE t")?;
    }
    // Of partitioned tables once, and nobody is waited for.
    s.script(
        "CREATE TABLE p (a bigint, b bigint, c bigint) PARTITION BY RANGE (a); CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (9);
         CREATE INDEX p_b ON p (a) INCLUDE (b); CREATE INDEX p_c ON p (a) INCLUDE (c)",
    )?;
    let mut other = quiet(&db)?;
    other.script("BEGIN; LOCK TABLE p, p_1")?;
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(
        s.column("SELECT object || ': ' || substring(hint FROM 'DROP.*') FROM warden.audit(rules => '{index-overlap-include}')")?,
        ["public.p_b: DROP INDEX public.p_b; DROP INDEX public.p_c;"]
    );
    other.run("ROLLBACK")?;
    Ok(())
}

fn young_statistics_are_no_evidence(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(UNUSED)?;
    s.run("SET warden.rule_levels = 'index-rarely-used=info, index-never-selective=info'")?;
    let rows = s.rows("SELECT rule, level, detail FROM warden.audit(rules => '{index-unused,index-same-columns-reordered,index-subsumed-by-unique,index-rarely-used,index-never-selective}') ORDER BY rule")?;
    ensure_eq!(rows.len(), 5, "{rows:?}");
    for row in rows {
        ensure_eq!(row[1].as_deref(), Some("not checked"));
        ensure!(row[2].as_deref().is_some_and(|detail| detail.starts_with("Statistics of use began at ")), "{row:?}");
    }
    s.run("SET track_counts = off")?;
    let detail = s.value("SELECT detail FROM warden.audit(rules => '{index-unused}')")?;
    ensure_eq!(detail, "Uses are not counted: track_counts is off.");
    Ok(())
}

fn used_btrees_on_arrays(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script("CREATE TABLE t (id bigint PRIMARY KEY, tags text[]); CREATE INDEX ON t (tags)")?;
    ensure_eq!(judged(&mut s, "index_roots")?.len(), 1);
    s.script("SET enable_seqscan = off; SELECT id FROM t WHERE tags = '{a}'")?;
    ensure_eq!(judged(&mut s, "index_roots")?, [""; 0]);
    Ok(())
}

fn tables_without_writes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.run("CREATE TABLE t (id bigint PRIMARY KEY, a int)")?;
    for _ in 0..15 {
        s.run("CREATE INDEX ON t (a)")?;
    }
    ensure_eq!(judged(&mut s, "index_counts")?, [""; 0], "no write in a month");
    ensure_eq!(
        s.value("SELECT message FROM warden.audit(rules => '{too-many-indexes}')")?,
        "table \"t\" has 16 indexes"
    );
    s.run("INSERT INTO t VALUES (1)")?;
    ensure_eq!(judged(&mut s, "index_counts")?, ["table \"t\" has 16 indexes"]);
    Ok(())
}

fn tables_that_nobody_analyzes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(
        "CREATE TABLE t (id bigint, a text) WITH (autovacuum_enabled = false); INSERT INTO t SELECT i, i FROM generate_series(1, 50000) i;
         SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset()",
    )?;
    // As after an upgrade: large, never counted, and nothing changed since the counters began.
    let ask = "SELECT level || ': ' || message FROM warden.audit(rules => '{statistics-stale}')";
    ensure_eq!(s.value(ask)?, "warning: table \"t\" has no statistics");
    let mut other = quiet(&db)?;
    other.script("BEGIN; INSERT INTO t VALUES (0)")?;
    ensure_eq!(s.column(ask)?, [""; 0], "it is being filled");
    other.script("ROLLBACK; BEGIN; LOCK TABLE t")?;
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(s.value(ask)?, "not checked: rule \"statistics-stale\" was not checked");
    other.run("ROLLBACK")?;
    // Where autovacuum will come by itself, there is nothing to say.
    s.script(
        "CREATE TABLE u (a int); INSERT INTO u SELECT generate_series(1, 20000); SELECT pg_stat_force_next_flush()",
    )?;
    let statement = s
        .value("SELECT statement FROM warden_internal.audit_statements() WHERE source = 'vacuum'")?
        .replace("$1", "NULL")
        .replace("$2", "NULL");
    for (autovacuum, expected) in [("'on'", 0), ("'off'", 1)] {
        let statement = statement.replace("pg_catalog.current_setting('autovacuum') =", &format!("{autovacuum} ="));
        let count = s.value(&format!(
            "SELECT count(*) FROM ({statement}) AS q WHERE identity = 'public.u' AND message LIKE 'statistics of %'"
        ))?;
        ensure_eq!(count, expected.to_string(), "autovacuum {autovacuum}");
    }
    s.run("DROP TABLE u")?;
    let fix = s.value("SELECT fix FROM warden.audit(rules => '{statistics-stale}')")?;
    s.run(&fix)?;
    ensure_eq!(s.column(ask)?, [""; 0]);
    s.run("SET track_counts = off")?;
    ensure_eq!(s.value(ask)?, "not checked: rule \"statistics-stale\" was not checked");
    Ok(())
}

/// One table with what each rule without a month's patience finds.
fn faulty(name: &str) -> String {
    let quoted = name.replace('"', "\"\"");
    format!(
        "CREATE TABLE \"{quoted}\" (\"{quoted}\" boolean NOT NULL, b int, tags text[], c text COLLATE german);
         CREATE INDEX \"{quoted} 1\" ON \"{quoted}\" (\"{quoted}\");
         CREATE INDEX \"{quoted} 2\" ON \"{quoted}\" USING hash (b);
         CREATE INDEX \"{quoted} 3\" ON \"{quoted}\" (tags);
         CREATE INDEX \"{quoted} 4\" ON \"{quoted}\" (b) WHERE \"{quoted}\" IS NOT NULL;
         CREATE INDEX \"{quoted} 5\" ON \"{quoted}\" (c)"
    )
}

const GERMAN: &str = "CREATE COLLATION german (provider = icu, locale = 'de', version = '1')";

const RULES: &str = "'{index-boolean,index-btree-on-array,index-collation-outdated,index-hash,index-useless-predicate,index-unused,too-many-indexes}'";

fn nothing_waits_and_anybody_may(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = quiet(&db)?;
    s.script(GERMAN)?;
    s.script(&faulty("t"))?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit TO {role}"))?;
    let mut other = quiet(&db)?;
    other.script("BEGIN; LOCK TABLE t")?;
    let mut ordinary = db.session_as(&role)?;
    ordinary.run("SET lock_timeout = '1s'")?;
    let found = ordinary.column(&format!(
        "SELECT rule FROM warden.audit(rules => {RULES}) WHERE level <> 'not checked' ORDER BY rule"
    ))?;
    ensure_eq!(
        found,
        ["index-boolean", "index-btree-on-array", "index-collation-outdated", "index-hash", "index-useless-predicate"]
    );
    other.run("ROLLBACK")?;
    Ok(())
}

fn hostile_names(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(GERMAN)?;
    for name in ["quote\"d", "per%cent %s %n$I", "new\nline", "apo'strophe", "{1,2}", "*/ DROP TABLE t; --"] {
        s.script(&faulty(name))?;
        let rows = s.rows(&format!(
            "SELECT message, fix, hint FROM warden.audit(rules => {RULES}) WHERE level <> 'not checked'"
        ))?;
        ensure_eq!(rows.len(), 5, "{name:?}: {rows:?}");
        for row in &rows {
            ensure!(row[0].as_deref().is_some_and(|message| message.contains(name)), "{name:?}: {row:?}");
            ensure!(row[2].is_some(), "{name:?}: {row:?}");
            if let Some(fix) = &row[1] {
                s.run(fix).map_err(|e| format!("{fix}: {e}"))?;
            }
        }
        let refresh = "SELECT substring(hint FROM 'ALTER.*') FROM warden.audit(rules => '{index-collation-outdated}')";
        ensure_eq!(s.value(refresh)?, "ALTER COLLATION public.german REFRESH VERSION;");
        s.run(&format!("DROP TABLE \"{}\"", name.replace('"', "\"\"")))?;
    }
    Ok(())
}
