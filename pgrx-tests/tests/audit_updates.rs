//! Rules of the audit about what updates cost: they need statistics of a month, which no page can show.

use pg_warden_tests::{Database, Leg, Result, Session, cases, ensure, ensure_eq};

cases![indexes_that_updates_change, documents_that_updates_rewrite, columns_of_documents_that_may_not_be_read];

fn quiet(db: &Database<'_>) -> Result<Session> {
    db.session_with("-c warden.mode=off")
}

/// What the rules over a source say, as if the statistics were old enough, and 20 MB as much as 200.
fn judged(s: &mut Session, source: &str, column: &str) -> Result<Vec<String>> {
    s.run("SELECT pg_stat_force_next_flush()")?;
    let statement = s
        .value(&format!("SELECT statement FROM warden_internal.audit_statements() WHERE source = '{source}'"))?
        .replace("$1", "NULL")
        .replace("$2", "NULL")
        .replace("100000", "10000");
    Ok(s.column(&format!("SELECT {column} FROM ({statement}) AS q ORDER BY {column} COLLATE \"C\""))?)
}

const TOLD: &str = "CASE WHEN level IS NULL THEN message ELSE level || ': ' || detail END";

const BLOCKED: &str = "updates of \"t\" write to all its indexes, because they change an indexed column";

const UNTOLD: &str = "not checked: Most updates of it write to all its indexes. Whether an index is the reason, or that there was no room on the page, the server tells from PostgreSQL 16 on.";

fn indexes_that_updates_change(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    let table = "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b bigint, c bigint) WITH (fillfactor = 40);";
    let rows = "INSERT INTO t SELECT i, i, i, i FROM generate_series(1, 10000) i";
    // What is no finding from 16 on cannot be told before, unless most updates are HOT.
    let told = |expected: &str| vec![if leg.major < 16 { UNTOLD } else { expected }.to_owned()];
    let silent = || if leg.major < 16 { vec![UNTOLD.to_owned()] } else { Vec::new() };
    for (indexes, update, expected) in [
        ("CREATE INDEX t_a ON t (a)", "UPDATE t SET a = a + 1", told(BLOCKED)),
        ("CREATE INDEX t_a ON t (b) WHERE a > 0", "UPDATE t SET a = a + 1", told(BLOCKED)),
        ("CREATE INDEX t_a ON t ((a + 1))", "UPDATE t SET a = a + 1", told(BLOCKED)),
        // HOT.
        ("CREATE INDEX t_a ON t (a)", "UPDATE t SET b = b + 1", Vec::new()),
        ("CREATE INDEX t_a ON t (a)", "UPDATE t SET a = a", Vec::new()),
        // Too few; and nearly half of all.
        ("CREATE INDEX t_a ON t (a)", "UPDATE t SET a = a + 1 WHERE id < 10000", Vec::new()),
        (
            "CREATE INDEX t_a ON t (a)",
            "UPDATE t SET a = a + 1 WHERE id < 4900; UPDATE t SET b = b + 1 WHERE id > 4800",
            Vec::new(),
        ),
        // No room.
        ("ALTER TABLE t SET (fillfactor = 100); CREATE INDEX t_b ON t (b)", "UPDATE t SET a = a + 1", silent()),
        // Nothing but the key.
        ("DROP INDEX IF EXISTS t_b", "UPDATE t SET id = -id", Vec::new()),
    ] {
        s.script(table)?;
        s.script(indexes)?;
        s.script(rows)?;
        s.script(update)?;
        ensure_eq!(judged(&mut s, "table_updates", TOLD)?, expected, "{indexes}; {update}");
        s.run("DROP TABLE t")?;
    }
    if leg.major >= 16 {
        for (indexes, update) in [
            // It tells no more than on which pages they are.
            ("CREATE INDEX t_a ON t USING brin (a); CREATE INDEX t_b ON t (b)", "UPDATE t SET a = a + 1"),
            ("CREATE INDEX t_a ON t USING brin (a)", "UPDATE t SET id = -id"),
            // Two fifths; the others found no room.
            (
                "CREATE INDEX t_a ON t (a)",
                "ALTER TABLE t ADD COLUMN d text; UPDATE t SET d = repeat('x', 1500) WHERE id <= 6000; UPDATE t SET a = a + 1 WHERE id > 6000",
            ),
        ] {
            s.script(table)?;
            s.script(indexes)?;
            s.script(rows)?;
            s.script(update)?;
            ensure_eq!(judged(&mut s, "table_updates", TOLD)?, [""; 0], "{indexes}; {update}");
            s.run("DROP TABLE t")?;
        }
    }
    // Partitions as one.
    s.script(
        "CREATE TABLE t (id bigint, a bigint) PARTITION BY RANGE (id);
         CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (5000) WITH (fillfactor = 40);
         CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (5000) TO (20000) WITH (fillfactor = 40);
         CREATE INDEX \"t_\"\"%s\" ON t (a); CREATE INDEX t_b ON t (a, id);
         INSERT INTO t SELECT i, i FROM generate_series(1, 10000) i; SET enable_seqscan = off; SELECT id FROM t_1 WHERE a = 7;
         UPDATE t SET a = a + 1",
    )?;
    ensure_eq!(judged(&mut s, "table_updates", TOLD)?, told(BLOCKED));
    if leg.major >= 16 {
        ensure_eq!(
            judged(&mut s, "table_updates", "detail")?,
            [
                "10000 of 10000 updates in at least 30 days did, though there was room on the page of the row: they could have been HOT, which write to no index and leave less to VACUUM."
            ]
        );
        let hint = judged(&mut s, "table_updates", "hint")?.join("");
        let used: Vec<_> = hint.match_indices(" scan").map(|(at, _)| &hint[at - 1..at]).collect();
        ensure!(hint.contains("\"t_\"%s\" (") && hint.contains("\"t_b\" (") && used == ["0", "1"], "{hint}");
    }
    // Statistics are young.
    s.run("SET warden.rule_levels = 'hot-update-blocked=info, jsonb-wide-toast=info'")?;
    let young = s.rows("SELECT level, detail FROM warden.audit(rules => '{hot-update-blocked,jsonb-wide-toast}')")?;
    ensure_eq!(young.len(), 2, "{young:?}");
    for row in young {
        ensure_eq!(row[0].as_deref(), Some("not checked"));
        ensure!(row[1].as_deref().is_some_and(|detail| detail.starts_with("Statistics of use began at ")), "{row:?}");
    }
    Ok(())
}

/// A table whose documents take four pieces each, and what changes them.
const DOCUMENTS: &str = "CREATE TABLE t (id bigint PRIMARY KEY, n bigint, name text, doc jsonb);
    ALTER TABLE t ALTER COLUMN doc SET STORAGE EXTERNAL, ALTER COLUMN name SET STORAGE EXTERNAL;
    INSERT INTO t SELECT i, i, 'name', jsonb_build_object('n', i, 'text', repeat('x', 7000)) FROM generate_series(1, 3000) i;
    SELECT pg_stat_force_next_flush(); ANALYZE t";

const REWRITTEN: &str = "updates of \"t\" write documents in \"doc\" anew";

const CHANGE: &str = "UPDATE t SET doc = doc || '{\"n\": 0}'";

fn documents_that_updates_rewrite(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    for (before, change, expected) in [
        ("", CHANGE, 1),
        // Others leave it alone.
        ("", "UPDATE t SET n = n + 1; UPDATE t SET name = 'other'", 0),
        ("", "UPDATE t SET n = n + 1; DELETE FROM t WHERE id > 300", 0),
        // Most do.
        ("", &format!("{CHANGE}; {}", ["UPDATE t SET n = n + 1"; 5].join("; ")), 0),
        ("", "UPDATE t SET doc = doc || '{\"n\": 0}' WHERE id <= 2400", 0),
        // Small ones.
        ("UPDATE t SET doc = '{}'; SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset(); ANALYZE t", CHANGE, 0),
        // It may be the other one that is written.
        ("UPDATE t SET name = repeat('x', 6000); SELECT pg_stat_force_next_flush(); ANALYZE t", CHANGE, 0),
        (
            "ALTER TABLE t ADD COLUMN more jsonb; UPDATE t SET more = '{\"words\": \"and others\"}'; SELECT pg_stat_force_next_flush(); ANALYZE t",
            CHANGE,
            0,
        ),
        ("ALTER TABLE t ALTER COLUMN doc TYPE text; ANALYZE t", "UPDATE t SET doc = doc || 'x'", 0),
    ] {
        s.script(DOCUMENTS)?;
        s.script(before)?;
        s.script(change)?;
        ensure_eq!(judged(&mut s, "document_updates", TOLD)?, vec![REWRITTEN; expected], "{before}; {change}");
        if expected > 0 {
            let said = judged(&mut s, "document_updates", "detail")?.join("");
            ensure!(said.starts_with("3000 updates in at least 30 days replaced 12000 pieces of up to 2 kB in which values of \"doc\" are kept"), "{said}");
        }
        s.run("DROP TABLE t")?;
    }
    Ok(())
}

fn columns_of_documents_that_may_not_be_read(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = quiet(&db)?;
    s.script(DOCUMENTS)?;
    s.script(CHANGE)?;
    ensure_eq!(judged(&mut s, "document_updates", TOLD)?, [REWRITTEN]);
    s.run(&format!("GRANT USAGE ON SCHEMA warden_internal TO {role}; GRANT EXECUTE ON FUNCTION warden_internal.audit_statements TO {role}; GRANT SELECT (doc) ON t TO {role}"))?;
    let mut ordinary = db.session_as(&role)?;
    let unread = "not checked: Updates replace much of what the table keeps out of line, but this role may not read statistics of all its columns.";
    ensure_eq!(judged(&mut ordinary, "document_updates", TOLD)?, [unread]);
    s.run(&format!("GRANT SELECT (name) ON t TO {role}"))?;
    ensure_eq!(judged(&mut ordinary, "document_updates", TOLD)?, [REWRITTEN]);
    s.run("ALTER TABLE t ENABLE ROW LEVEL SECURITY")?;
    ensure_eq!(judged(&mut ordinary, "document_updates", TOLD)?, [unread]);
    Ok(())
}
