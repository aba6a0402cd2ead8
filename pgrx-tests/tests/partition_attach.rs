//! `warden.attach_partition`.

use std::thread;
use std::time::Duration;

use pg_warden_tests::{Leg, Report, Result, Session, cases, ensure, ensure_eq};

cases![
    rows_are_proved_and_not_read_again,
    indexes_are_taken_over,
    columns_further_and_expressions,
    minvalue_and_maxvalue,
    the_same_again,
    e2_e3_e4_taken_ranges,
    tables_that_are_something_else,
    columns_that_are_not_those,
    rows_outside,
    rows_of_the_range_in_the_default,
    locks,
    locks_that_are_not_to_be_had,
    two_callers,
    cancelled_half_way,
    not_the_owner,
    bad_input,
];

const TABLE: &str = "CREATE TABLE e (ts date NOT NULL, id int) PARTITION BY RANGE (ts);
    CREATE TABLE old (ts date NOT NULL, id int); INSERT INTO old VALUES ('2026-01-01', 1), ('2026-01-31', 2)";

const JANUARY: &str = "attach_partition('e', 'old', '2026-01-01', '2026-02-01')";

fn refused(s: &mut Session, call: &str) -> Result<Report> {
    let error = s.error(&format!("SELECT warden.{call}"))?;
    // Nothing is left of it.
    ensure_eq!(s.value("SELECT count(*) FROM pg_constraint WHERE conname LIKE 'pg_warden%'")?, "0");
    Ok(error)
}

fn parts(report: &Report) -> (&str, &str) {
    (&report.sqlstate, &report.message)
}

fn attached(s: &mut Session, call: &str) -> Result<String> {
    let outcome = s.outcome(&format!("SELECT warden.{call}"));
    ensure!(outcome.error.is_none() && outcome.notices.is_empty(), "{call}: {outcome}");
    ensure_eq!(s.value("SELECT count(*) FROM pg_constraint WHERE conname LIKE 'pg_warden%'")?, "0");
    Ok(outcome.rows[0][0].clone().unwrap_or_default())
}

fn rows_are_proved_and_not_read_again(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE DOMAIN moment AS timestamptz; SET TimeZone = 'UTC'")?;
    for (key, encoding, row) in [
        ("date", "auto", "'2026-01-05'"),
        ("timestamp", "auto", "'2026-01-05 10:00'"),
        ("timestamptz NOT NULL", "auto", "'2026-01-31 23:59:59.999+00'"),
        ("moment", "auto", "'2026-01-31 23:59:59.999+00'"),
        ("int", "epoch_s", "1767225600"),
        ("bigint", "epoch_ms", "1767225600000"),
        ("numeric", "epoch_s", "1767225600.5"),
        ("uuid", "auto", "'019b76da-a800-7000-8000-000000000000'"),
        ("text COLLATE \"C\"", "text:iso", "'2026-01-31T12:00'"),
        ("varchar(30) COLLATE \"C\"", "text:iso", "'2026-01-31T12:00'"),
    ] {
        s.run(&format!(
            "DROP TABLE IF EXISTS e, old; CREATE TABLE e (k {key}, id int) PARTITION BY RANGE (k); CREATE TABLE old (id int, k {key}); INSERT INTO old VALUES (1, {row});
             DELETE FROM warden_internal.partition_policy;
             INSERT INTO warden_internal.partition_policy
             VALUES ('e'::regclass, '1 month', 4, NULL, 'detach', NULL, 'UTC', NULL, '{encoding}', 'keep', NULL, NULL, NULL, false, true, now(), 'test')"
        ))?;
        s.run("SET client_min_messages = debug1")?;
        let outcome = s.outcome(&format!("SELECT warden.{JANUARY}"));
        s.run("RESET client_min_messages")?;
        ensure_eq!(outcome.rows, [[Some("public.old".to_owned())]], "{key}: {outcome}");
        ensure!(
            outcome
                .notices
                .iter()
                .any(|n| n.message == "partition constraint for table \"old\" is implied by existing constraints"),
            "{key}: {outcome}"
        );
        // As if the function had made it.
        let again = s.outcome("SELECT warden.create_monthly_partition('e', '2026-01-01')");
        ensure_eq!(again.notices[0].message, "partition \"old\" of \"e\" already exists, skipping", "{key}");
        ensure_eq!(s.value("SELECT count(*) FROM e")?, "1");
        ensure_eq!(
            s.value("SELECT count(*) FROM pg_constraint WHERE conrelid = 'old'::regclass AND contype = 'c'")?,
            "0"
        );
    }
    Ok(())
}

fn indexes_are_taken_over(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run("CREATE INDEX ON e (id); ALTER TABLE e ADD PRIMARY KEY (ts, id); CREATE INDEX mine ON old (id); ALTER TABLE old ADD CONSTRAINT mine_too PRIMARY KEY (ts, id)")?;
    attached(&mut s, JANUARY)?;
    ensure_eq!(
        s.column("SELECT indexrelid::regclass::text FROM pg_index JOIN pg_inherits ON inhrelid = indexrelid WHERE indrelid = 'old'::regclass ORDER BY 1")?,
        ["mine", "mine_too"]
    );
    ensure_eq!(s.value("SELECT count(*) FROM pg_index WHERE indrelid = 'old'::regclass")?, "2");
    Ok(())
}

fn columns_further_and_expressions(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts timestamp, tenant int, name text) PARTITION BY RANGE ((ts::date), tenant, lower(name));
           CREATE TABLE old (ts timestamp, tenant int, name text); INSERT INTO old VALUES ('2026-01-31 23:00', 1, 'a'), ('2026-01-31 23:00', 1, NULL)")?;
    let error = refused(&mut s, JANUARY)?;
    ensure_eq!(parts(&error), ("23514", "table \"old\" has rows that do not belong to a partition of \"e\""));
    ensure_eq!(error.detail(), "1 row has a NULL in the key.");
    s.run("DELETE FROM old WHERE name IS NULL; SET client_min_messages = debug1")?;
    let outcome = s.outcome(&format!("SELECT warden.{JANUARY}"));
    ensure!(outcome.notices.iter().any(|n| n.message.ends_with("is implied by existing constraints")), "{outcome}");
    ensure_eq!(
        s.value("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'old'")?,
        "FOR VALUES FROM ('2026-01-01', MINVALUE, MINVALUE) TO ('2026-02-01', MINVALUE, MINVALUE)"
    );
    Ok(())
}

fn minvalue_and_maxvalue(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (lower, upper, bound) in [
        ("MINVALUE", "2026-02-01", "FOR VALUES FROM (MINVALUE) TO ('2026-02-01')"),
        ("2026-01-01", "maxvalue", "FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)"),
        ("MINVALUE", "MAXVALUE", "FOR VALUES FROM (MINVALUE) TO (MAXVALUE)"),
    ] {
        s.run(&format!("DROP TABLE IF EXISTS e, old; {TABLE}"))?;
        attached(&mut s, &format!("attach_partition('e', 'old', '{lower}', '{upper}')"))?;
        ensure_eq!(s.value("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'old'")?, bound);
    }
    Ok(())
}

fn the_same_again(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    attached(&mut s, JANUARY)?;
    s.run("BEGIN")?;
    let again = s.outcome(&format!("SELECT warden.{JANUARY}"));
    ensure_eq!(again.rows, [[Some("public.old".to_owned())]], "{again}");
    ensure_eq!(again.notices[0].message, "\"old\" is already this partition of \"e\", skipping");
    ensure_eq!(
        s.value("SELECT count(*) FROM pg_locks WHERE relation = 'old'::regclass AND mode = 'AccessExclusiveLock'")?,
        "0"
    );
    s.run("COMMIT")?;
    let error = refused(&mut s, "attach_partition('e', 'old', '2026-01-01', '2026-03-01')")?;
    ensure_eq!(parts(&error), ("42P07", "\"old\" is already a partition of \"e\", with other bounds"));
    ensure_eq!(error.detail(), "It holds [2026-01-01, 2026-02-01); asked for was [2026-01-01, 2026-03-01).");
    Ok(())
}

fn e2_e3_e4_taken_ranges(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    for (from, to, message) in [
        ("2026-01-01", "2026-02-01", "range [2026-01-01, 2026-02-01) of \"e\" has a partition already"),
        ("2026-01-01", "2027-01-01", "range [2026-01-01, 2026-02-01) of \"e\" is covered by partition \"p\""),
        ("2026-01-15", "2026-02-15", "range [2026-01-01, 2026-02-01) of \"e\" overlaps partition \"p\""),
        ("2026-01-15", "2026-01-16", "range [2026-01-01, 2026-02-01) of \"e\" overlaps partition \"p\""),
    ] {
        s.run(&format!("CREATE TABLE p PARTITION OF e FOR VALUES FROM ('{from}') TO ('{to}')"))?;
        ensure_eq!(parts(&refused(&mut s, JANUARY)?), ("42P17", message));
        s.run("DROP TABLE p")?;
    }
    s.run("CREATE TABLE p PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01'); UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'p'::regclass")?;
    ensure_eq!(parts(&refused(&mut s, JANUARY)?), ("55000", "partition \"p\" of \"e\" is still being detached"));
    s.run("UPDATE pg_inherits SET inhdetachpending = false WHERE inhrelid = 'p'::regclass; DROP TABLE p")?;
    // A hole beside it is the caller's wish, and a partitioned table is as good as another.
    s.run("CREATE TABLE p PARTITION OF e FOR VALUES FROM ('2026-02-02') TO ('2026-03-01') PARTITION BY LIST (id)")?;
    attached(&mut s, JANUARY)?;
    s.run("CREATE TABLE tree (id int, ts date NOT NULL) PARTITION BY HASH (id); CREATE TABLE leaf PARTITION OF tree FOR VALUES WITH (modulus 1, remainder 0); INSERT INTO tree VALUES (1, '2026-04-05')")?;
    ensure_eq!(parts(&refused(&mut s, "attach_partition('e', 'tree', '2026-03-01', '2026-04-01')")?).0, "23514");
    ensure_eq!(attached(&mut s, "attach_partition('e', 'tree', '2026-04-01', '2026-05-01')")?, "public.tree");
    Ok(())
}

fn tables_that_are_something_else(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run("CREATE VIEW v AS SELECT * FROM old; CREATE MATERIALIZED VIEW m AS SELECT * FROM old; CREATE SEQUENCE q;
           CREATE FOREIGN DATA WRAPPER w; CREATE SERVER z FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE f (ts date NOT NULL, id int) SERVER z;
           CREATE TEMP TABLE t (ts date NOT NULL, id int);
           CREATE TABLE other (ts date NOT NULL, id int) PARTITION BY RANGE (ts); CREATE TABLE others PARTITION OF other FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
           CREATE TABLE base (ts date NOT NULL, id int); CREATE TABLE child () INHERITS (base)")?;
    for (table, sqlstate, message) in [
        ("v", "42809", "\"v\" is not a table"),
        ("m", "42809", "\"m\" is not a table"),
        ("q", "42809", "\"q\" is not a table"),
        ("f", "42809", "\"f\" is not a table"),
        ("t", "0A000", "table \"t\" is temporary"),
        ("others", "42809", "\"others\" is already a partition"),
        ("child", "42809", "\"child\" inherits from another table"),
        ("base", "42809", "other tables inherit from \"base\""),
        ("e", "42809", "\"e\" cannot be a partition of itself"),
        ("pg_class", "42809", "\"pg_class\" belongs to the system or to an extension"),
        ("warden.journal", "42809", "\"journal\" is not a table"),
        ("warden_internal.mode", "42809", "\"mode\" belongs to the system or to an extension"),
    ] {
        ensure_eq!(
            parts(&refused(&mut s, &format!("attach_partition('e', '{table}', '2026-01-01', '2026-02-01')"))?),
            (sqlstate, message)
        );
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'e'::regclass")?, "0");
    Ok(())
}

fn columns_that_are_not_those(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date NOT NULL, \"I d\" int, name text, n numeric(10, 2)) PARTITION BY RANGE (ts)")?;
    for (columns, detail) in [
        ("ts date NOT NULL, name text, n numeric(10, 2)", "It lacks \"I d\" integer."),
        ("ts date NOT NULL, \"I d\" int, name text, n numeric(10, 2), b int, a int", "The table has no a, b."),
        (
            "ts date NOT NULL, \"I d\" bigint, name varchar(3), n numeric(10, 3)",
            "Of another type: \"I d\" is bigint instead of integer, n is numeric(10,3) instead of numeric(10,2), name is character varying(3) instead of text.",
        ),
        ("ts date NOT NULL, \"I d\" int, name text COLLATE \"C\", n numeric(10, 2)", "Of another collation: name."),
        ("ts date, \"I d\" int, name text, n numeric(10, 2)", "Not declared NOT NULL: ts."),
        (
            "ts timestamp, \"I d\" int, x int, n numeric(10, 2)",
            "It lacks name text. The table has no x. Of another type: ts is timestamp without time zone instead of date. Not declared NOT NULL: ts.",
        ),
    ] {
        s.run(&format!("CREATE TABLE old ({columns})"))?;
        let error = refused(&mut s, JANUARY)?;
        ensure_eq!(parts(&error), ("42804", "columns of table \"old\" are not those of \"e\""));
        ensure_eq!(error.detail(), detail);
        s.run("DROP TABLE old")?;
    }
    // What only the server compares undoes everything as well.
    s.run("ALTER TABLE e ADD CHECK (n > 0); CREATE TABLE old (ts date NOT NULL, \"I d\" int, name text, n numeric(10, 2), gone int); ALTER TABLE old DROP COLUMN gone")?;
    ensure_eq!(refused(&mut s, JANUARY)?.message, "child table is missing constraint \"e_n_check\"");
    s.run("ALTER TABLE old ADD CONSTRAINT e_n_check CHECK (n > 0)")?;
    attached(&mut s, JANUARY)?;
    Ok(())
}

fn rows_outside(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date, id int) PARTITION BY RANGE (ts); CREATE TABLE old (ts date, id int)")?;
    for (rows, detail) in [
        ("('2026-02-01'), ('2026-01-15')", "1 row is not in [2026-01-01, 2026-02-01): it is at 2026-02-01."),
        (
            "('2025-12-31'), ('2026-01-15'), ('infinity')",
            "2 rows are not in [2026-01-01, 2026-02-01): they lie from 2025-12-31 to infinity.",
        ),
        ("(NULL), ('2026-01-15')", "1 row has a NULL in the key."),
        (
            "(NULL), ('2020-01-15'), ('2020-01-16')",
            "2 rows are not in [2026-01-01, 2026-02-01): they lie from 2020-01-15 to 2020-01-16. 1 row has a NULL in the key.",
        ),
    ] {
        s.run(&format!("TRUNCATE old; INSERT INTO old VALUES {rows}"))?;
        let error = refused(&mut s, JANUARY)?;
        ensure_eq!(parts(&error), ("23514", "table \"old\" has rows that do not belong to a partition of \"e\""));
        ensure_eq!(error.detail(), detail);
    }
    s.run("INSERT INTO old SELECT '2026-05-01', n FROM generate_series(1, 10001) AS n")?;
    ensure!(refused(&mut s, JANUARY)?.detail().ends_with("There may be more: no others were looked at."));
    // In a transaction that goes on.
    s.run("BEGIN; SAVEPOINT a")?;
    ensure_eq!(s.error(&format!("SELECT warden.{JANUARY}"))?.sqlstate, "23514");
    s.run("ROLLBACK TO a; DELETE FROM old WHERE ts IS NULL OR ts < '2026-01-01' OR ts >= '2026-02-01'")?;
    attached(&mut s, JANUARY)?;
    s.run("COMMIT")?;
    Ok(())
}

fn rows_of_the_range_in_the_default(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run("CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('2026-01-10', 7), ('2026-03-01', 8)")?;
    let error = refused(&mut s, JANUARY)?;
    ensure_eq!(parts(&error), ("23514", "default partition \"rest\" of \"e\" holds rows of [2026-01-01, 2026-02-01)"));
    ensure_eq!(error.detail(), "1 row, at 2026-01-10.");
    s.run(error.hint().strip_prefix("Move them in one transaction: ").ok_or("another hint")?)?;
    ensure_eq!(
        s.column("SELECT concat(tableoid::regclass, ' ', id) FROM e ORDER BY id")?,
        ["old 1", "old 2", "old 7", "rest 8"]
    );
    Ok(())
}

fn locks(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    let held = |s: &mut Session| -> Result<Vec<String>> {
        Ok(s.column("SELECT concat(relation::regclass, ' ', max(CASE mode WHEN 'AccessExclusiveLock' THEN '4 ' WHEN 'ShareUpdateExclusiveLock' THEN '3 ' ELSE '1 ' END || mode)) FROM pg_locks
                     WHERE relation IN (to_regclass('e'), to_regclass('old'), to_regclass('rest')) AND mode <> 'RowExclusiveLock' GROUP BY relation ORDER BY 1")?)
    };
    s.run(TABLE)?;
    s.run("BEGIN")?;
    attached(&mut s, JANUARY)?;
    ensure_eq!(held(&mut other)?, ["e 3 ShareUpdateExclusiveLock", "old 4 AccessExclusiveLock"]);
    // Others write to the table meanwhile.
    other.run("CREATE TABLE IF NOT EXISTS x (); SET lock_timeout = '1s'; DELETE FROM ONLY e")?;
    s.run("ROLLBACK")?;
    // A default, and a range in the past: ATTACH is waited for at the table.
    s.run("CREATE TABLE rest PARTITION OF e DEFAULT")?;
    s.run("BEGIN")?;
    attached(&mut s, JANUARY)?;
    ensure_eq!(
        held(&mut other)?,
        ["e 4 AccessExclusiveLock", "old 4 AccessExclusiveLock", "rest 4 AccessExclusiveLock"]
    );
    s.run("ROLLBACK")?;
    s.run("TRUNCATE old")?;
    s.run("BEGIN")?;
    // In the future, it is not.
    attached(&mut s, "attach_partition('e', 'old', '2126-01-01', '2126-02-01')")?;
    ensure_eq!(
        held(&mut other)?,
        ["e 3 ShareUpdateExclusiveLock", "old 4 AccessExclusiveLock", "rest 4 AccessExclusiveLock"]
    );
    s.run("ROLLBACK")?;
    ensure_eq!(s.value("SHOW lock_timeout")?, "0");
    Ok(())
}

fn locks_that_are_not_to_be_had(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    s.run(TABLE)?;
    s.run("SET warden.partition_lock_timeout = '100ms'")?;
    for lock in ["e IN SHARE UPDATE EXCLUSIVE MODE", "old IN ACCESS SHARE MODE"] {
        other.run(&format!("BEGIN; LOCK TABLE {lock}"))?;
        let error = refused(&mut s, JANUARY)?;
        ensure_eq!(parts(&error), ("55P03", "no lock for a partition of \"e\" within 100 ms"));
        other.run("ROLLBACK")?;
    }
    attached(&mut s, JANUARY)?;
    Ok(())
}

fn two_callers(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut one, mut two) = (db.session()?, db.session()?);
    one.run(TABLE)?;
    one.run("BEGIN")?;
    attached(&mut one, JANUARY)?;
    let second = thread::spawn(move || two.outcome(&format!("SELECT warden.{JANUARY}")));
    thread::sleep(Duration::from_millis(300));
    one.run("COMMIT")?;
    let outcome = second.join().map_err(|_| "the second caller panicked")?;
    ensure_eq!(outcome.rows, [[Some("public.old".to_owned())]], "{outcome}");
    ensure_eq!(outcome.notices[0].message, "\"old\" is already this partition of \"e\", skipping");
    Ok(())
}

fn cancelled_half_way(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE FUNCTION slow(d date) RETURNS date IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN d; END $$;
           CREATE TABLE e (ts date, id int) PARTITION BY RANGE (slow(ts)); CREATE TABLE old (ts date, id int); INSERT INTO old SELECT '2026-01-05' FROM generate_series(1, 1000)")?;
    s.run("SET statement_timeout = '500ms'")?;
    ensure_eq!(s.error(&format!("SELECT warden.{JANUARY}"))?.sqlstate, "57014");
    s.run("RESET statement_timeout")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_constraint WHERE conrelid = 'old'::regclass")?, "0");
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "0");
    Ok(())
}

fn not_the_owner(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    let name = db.role("")?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.attach_partition TO {name}; GRANT ALL ON e, old TO {name}"))?;
    let mut stranger = db.session_as(&name)?;
    ensure_eq!(parts(&stranger.error(&format!("SELECT warden.{JANUARY}"))?), ("42501", "must be owner of table e"));
    s.run(&format!("ALTER TABLE e OWNER TO {name}"))?;
    ensure_eq!(parts(&stranger.error(&format!("SELECT warden.{JANUARY}"))?), ("42501", "must be owner of table old"));
    s.run(&format!("ALTER TABLE old OWNER TO {name}"))?;
    attached(&mut stranger, JANUARY)?;
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run("CREATE TABLE l (ts date) PARTITION BY LIST (ts); CREATE TABLE h (ts date) PARTITION BY HASH (ts); CREATE TABLE n (ts int) PARTITION BY RANGE (ts); CREATE TABLE \"Old\" (x int)")?;
    for (arguments, sqlstate, message) in [
        ("NULL, 'old', '2026-01-01', '2026-02-01'", "22004", "table_name must not be null"),
        ("'e', NULL, '2026-01-01', '2026-02-01'", "22004", "partition_name must not be null"),
        ("'e', 'old', NULL, '2026-02-01'", "22004", "lower_bound must not be null"),
        ("'e', 'old', '2026-01-01', NULL", "22004", "upper_bound must not be null"),
        ("'nothing', 'old', '2026-01-01', '2026-02-01'", "42P01", "relation \"nothing\" does not exist"),
        ("'e', 'nothing', '2026-01-01', '2026-02-01'", "42P01", "relation \"nothing\" does not exist"),
        ("'e', 'a b; DROP TABLE e', '2026-01-01', '2026-02-01'", "42602", "not a table name: 'a b; DROP TABLE e'"),
        ("'old', 'old', '2026-01-01', '2026-02-01'", "42809", "table \"old\" is not partitioned"),
        ("'l', 'old', '2026-01-01', '2026-02-01'", "42809", "table \"l\" is partitioned by list, not by range"),
        ("'h', 'old', '2026-01-01', '2026-02-01'", "42809", "table \"h\" is partitioned by hash, not by range"),
        ("'n', 'old', '2026-01-01', '2026-02-01'", "0A000", "key column ts of table \"n\" is of type integer"),
        ("'e', 'old', '2026-02-01', '2026-01-01'", "22023", "lower_bound must be below upper_bound"),
        ("'e', 'old', '2026-02-01', '2026-02-01'", "22023", "lower_bound must be below upper_bound"),
        ("'e', 'old', '-infinity', '2026-02-01'", "22008", "lower_bound cannot be -infinity"),
        ("'e', 'old', '2026-01-01', 'infinity'", "22008", "upper_bound cannot be infinity"),
        ("'e', 'old', 'x', '2026-02-01'", "22007", "invalid input syntax for type timestamp with time zone: \"x\""),
        ("'e', 'old', '2026-01-01 06:00', '2026-02-01'", "22023", "lower_bound must be a day for a key of type date"),
    ] {
        ensure_eq!(
            parts(&refused(&mut s, &format!("attach_partition({arguments})"))?),
            (sqlstate, message),
            "{arguments}"
        );
    }
    Ok(())
}
