//! Rules of the audit about tables, their keys and their sequences: what their pages cannot show.

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    sequences_that_cannot_be_read,
    a_locked_sequence_makes_nobody_wait,
    where_sequences_end,
    hostile_names_of_tables,
    unique_indexes_that_become_keys,
    constraints_of_partitions,
    short_keys,
    random_keys_of_large_tables,
    unlogged_partitions,
    tables_that_nobody_uses,
    tables_that_stay_empty,
    foreign_keys_within_others,
    missing_foreign_keys_are_no_guess,
    nothing_of_these_waits_and_anybody_may,
    opinions_about_keys,
    columns_that_are_never_null,
];

const RULES: [&str; 17] = [
    "sequence-exhaustion",
    "constraint-not-valid",
    "unique-instead-of-primary-key",
    "foreign-key-type-mismatch",
    "foreign-key-nullable-composite",
    "primary-key-too-wide",
    "table-inheritance",
    "rule-present",
    "trigger-many",
    "integer-primary-key",
    "primary-key-random-uuid",
    "unlogged-table",
    "constraint-not-enforced",
    "foreign-key-intersecting",
    "foreign-key-missing",
    "check-on-other-table",
    "foreign-key-duplicate",
];

/// Rule, level and object of what the rules of this file find, sorted.
fn found(s: &mut Session) -> Result<Vec<String>> {
    let rules = RULES.map(literal).join(", ");
    let mut found =
        s.column(&format!("SELECT concat_ws(' ', rule, level, object) FROM warden.audit(rules => ARRAY[{rules}])"))?;
    found.sort();
    Ok(found)
}

fn detail(s: &mut Session, rule: &str) -> Result<String> {
    Ok(s.value(&format!("SELECT detail FROM warden.audit(rules => ARRAY[{}])", literal(rule)))?)
}

fn sequences_that_cannot_be_read(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE a (id serial); CREATE TABLE b (id serial); CREATE SEQUENCE readable MAXVALUE 10;
         SELECT setval('a_id_seq', 2000000000), setval('readable', 9)",
    )?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit TO {role}; GRANT USAGE ON SEQUENCE readable TO {role}"))?;
    ensure_eq!(
        found(&mut s)?,
        ["sequence-exhaustion error public.a_id_seq", "sequence-exhaustion error public.readable"]
    );
    // One line for all that it may not read, and what it may read is judged.
    let mut ordinary = db.session_as(&role)?;
    ensure_eq!(
        found(&mut ordinary)?,
        ["sequence-exhaustion error public.readable", "sequence-exhaustion not checked public.a_id_seq"]
    );
    let said = ordinary
        .value("SELECT detail FROM warden.audit(rules => '{sequence-exhaustion}') WHERE level = 'not checked'")?;
    ensure!(said.starts_with("This role may not read it, nor 1 more: "), "{said}");
    Ok(())
}

fn a_locked_sequence_makes_nobody_wait(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE a (id serial); CREATE UNIQUE INDEX ON a (id); ANALYZE; SELECT setval('a_id_seq', 2000000000)",
    )?;
    let mut other = db.session_with("-c warden.mode=off")?;
    other.script("BEGIN; ALTER SEQUENCE a_id_seq CACHE 2; LOCK TABLE a")?;
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(
        found(&mut s)?,
        ["sequence-exhaustion not checked public.a_id_seq", "unique-instead-of-primary-key info public.a"]
    );
    ensure_eq!(detail(&mut s, "sequence-exhaustion")?, "Another session has locked it.");
    other.run("ROLLBACK")?;
    ensure_eq!(found(&mut s)?[0], "sequence-exhaustion error public.a_id_seq");
    Ok(())
}

fn where_sequences_end(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    // The column ends before the sequence, be it a domain, and be the sequence one that would begin anew.
    s.script(
        "CREATE DOMAIN number AS integer; CREATE SEQUENCE s CYCLE; CREATE TABLE t (id number DEFAULT nextval('s'));
         SELECT setval('s', 2147483650)",
    )?;
    ensure_eq!(found(&mut s)?, ["sequence-exhaustion error public.s"]);
    let said = detail(&mut s, "sequence-exhaustion")?;
    ensure_eq!(
        said,
        "It is at 2,147,483,650 of 2,147,483,647, where public.t.id ends, which is public.number. Behind that, each INSERT that takes a new public.t.id fails."
    );
    ensure_eq!(
        s.value("SELECT message FROM warden.audit_table('t') WHERE rule = 'sequence-exhaustion'")?,
        "sequence \"s\" has used up 100 % of its values"
    );
    s.script("CREATE TABLE other (id int)")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.audit_table('other') WHERE rule = 'sequence-exhaustion'")?, "0");
    // The other half of the numbers is in use as well.
    s.script(
        "DROP TABLE t; DROP SEQUENCE s; CREATE SEQUENCE whole AS integer MINVALUE -2147483648 START -2147483648;
         SELECT setval('whole', -1000)",
    )?;
    ensure_eq!(found(&mut s)?, [""; 0]);
    s.run("SELECT setval('whole', 1000)")?;
    ensure_eq!(found(&mut s)?, ["sequence-exhaustion warning public.whole"]);
    // One that a column owns fills it by hand, unless the column takes something else of itself.
    s.script(
        "DROP SEQUENCE whole; CREATE SEQUENCE another; CREATE SEQUENCE own; SELECT setval('own', 2000000000);
         CREATE TABLE owner (a int, b int DEFAULT 7, c int DEFAULT nextval('another'),
             d int DEFAULT nextval('own'::text))",
    )?;
    let error = &["sequence-exhaustion error public.own"][..];
    for (column, expected) in [("a", error), ("b", &[]), ("c", &[]), ("d", error)] {
        s.run(&format!("ALTER SEQUENCE own OWNED BY owner.{column}"))?;
        ensure_eq!(found(&mut s)?, expected, "{column}");
    }
    Ok(())
}

fn hostile_names_of_tables(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.run("CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")?;
    for name in ["quote\"d", "per%cent %s %n$I", "new\nline", "sl\\ash", "apo'strophe", "é", "a.b", "{1,2}", "NULL"] {
        let q = format!("\"{}\"", name.replace('"', "\"\""));
        s.run("CREATE SCHEMA hostile")?;
        s.run("SET search_path = hostile, public")?;
        s.run(&format!(
            "CREATE TABLE {q} ({q} numeric NOT NULL, b int, c int GENERATED ALWAYS AS IDENTITY (MAXVALUE 4));
             CREATE UNIQUE INDEX hostile_unique ON {q} ({q});
             CREATE UNIQUE INDEX hostile_two ON {q} (b, c);
             ALTER TABLE {q} ADD CONSTRAINT {q} CHECK (c > 0) NOT VALID;
             CREATE TABLE child () INHERITS ({q});
             CREATE TABLE refers (b int, c int, d int, FOREIGN KEY (b, c) REFERENCES {q} (b, c), FOREIGN KEY (d) REFERENCES {q} ({q}));
             CREATE RULE {q} AS ON DELETE TO {q} DO ALSO NOTHING"
        ))
        .map_err(|e| format!("{name:?}: {e}"))?;
        for i in 0..11 {
            s.run(&format!("CREATE TRIGGER t{i} AFTER INSERT ON {q} EXECUTE FUNCTION nothing()"))?;
        }
        s.run(&format!("INSERT INTO {q} VALUES (1, 1), (2, 2), (3, 3)"))?;
        let rules = RULES.map(literal).join(", ");
        let rows = s.rows(&format!("SELECT rule, message, object, fix FROM warden.audit(rules => ARRAY[{rules}])"))?;
        let mut seen: Vec<_> = rows.iter().filter_map(|row| row[0].as_deref()).collect();
        seen.sort_unstable();
        seen.dedup();
        ensure_eq!(seen.len(), 8, "{name:?}: {rows:?}");
        for row in &rows {
            ensure!(row[2].as_deref().is_some_and(|object| object.starts_with("hostile.")), "{name:?}: {row:?}");
            if let Some(fix) = &row[3] {
                s.run(fix).map_err(|e| format!("{fix}: {e}"))?;
            }
        }
        let left = found(&mut s)?;
        ensure!(!left.iter().any(|f| f.starts_with("constraint") || f.starts_with("unique")), "{name:?}: {left:?}");
        s.run("DROP SCHEMA hostile CASCADE")?;
    }
    Ok(())
}

fn unique_indexes_that_become_keys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE plain (a int NOT NULL, b text COLLATE \"C\" NOT NULL); CREATE UNIQUE INDEX a_desc ON plain (a DESC);
         CREATE UNIQUE INDEX b_other ON plain (b COLLATE \"POSIX\");
         CREATE UNIQUE INDEX b_pattern ON plain (b text_pattern_ops);
         CREATE TABLE parted (a int NOT NULL) PARTITION BY RANGE (a); CREATE TABLE part PARTITION OF parted DEFAULT;
         CREATE UNIQUE INDEX ON parted (a)",
    )?;
    let fixes = |s: &mut Session| {
        s.rows("SELECT object, fix FROM warden.audit(rules => '{unique-instead-of-primary-key}') ORDER BY object COLLATE \"C\"")
    };
    // None of these can be made the key as it is.
    let said = fixes(&mut s)?;
    ensure_eq!(said.len(), 2, "{said:?}");
    ensure!(said.iter().all(|row| row[1].is_none()), "{said:?}");
    s.run("CREATE UNIQUE INDEX wide ON plain (a, b)")?;
    let fix = fixes(&mut s)?[1][1].clone().unwrap_or_default();
    ensure_eq!(fix, "ALTER TABLE public.plain ADD PRIMARY KEY USING INDEX wide;");
    s.run(&fix)?;
    ensure_eq!(fixes(&mut s)?.len(), 1);
    Ok(())
}

fn constraints_of_partitions(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE parted (a int PRIMARY KEY, b int) PARTITION BY RANGE (a); CREATE TABLE part PARTITION OF parted DEFAULT;
         ALTER TABLE parted ADD CONSTRAINT positive CHECK (b > 0) NOT VALID",
    )?;
    ensure_eq!(found(&mut s)?, ["constraint-not-valid warning public.parted.positive"]);
    s.run("ALTER TABLE parted VALIDATE CONSTRAINT positive")?;
    ensure_eq!(found(&mut s)?, [""; 0]);
    Ok(())
}

fn short_keys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    // Nobody has counted it yet, and it may be large enough.
    s.script("BEGIN; CREATE TABLE t (id smallserial PRIMARY KEY); INSERT INTO t SELECT FROM generate_series(1, 1000)")?;
    ensure_eq!(found(&mut s)?, ["integer-primary-key not checked public.t"]);
    ensure_eq!(detail(&mut s, "integer-primary-key")?, "Nobody has counted its rows: run ANALYZE first.");
    s.script("COMMIT; ANALYZE t")?;
    ensure_eq!(found(&mut s)?, ["integer-primary-key warning public.t"]);
    // The sequence says it better.
    s.script("INSERT INTO t SELECT FROM generate_series(1, 20000); ANALYZE t")?;
    ensure_eq!(found(&mut s)?, ["sequence-exhaustion warning public.t_id_seq"]);
    // The type is that of the other table, a code, a part of a key; or the table is a child.
    s.script(
        "DROP TABLE t; CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY REFERENCES parent);
         CREATE TABLE code (id smallint PRIMARY KEY); CREATE TABLE line (a int, b int, PRIMARY KEY (a, b));
         ANALYZE; UPDATE pg_class SET reltuples = 30000000 WHERE relname IN ('parent', 'child', 'code', 'line')",
    )?;
    ensure_eq!(found(&mut s)?, ["integer-primary-key warning public.parent"]);
    s.run("UPDATE pg_class SET reltuples = 20000000 WHERE relname = 'parent'")?;
    ensure_eq!(found(&mut s)?, [""; 0]);
    // One that somebody locks, and nobody has counted.
    s.script("CREATE TABLE fresh (id int PRIMARY KEY)")?;
    ensure_eq!(found(&mut s)?, [""; 0]);
    let mut other = db.session_with("-c warden.mode=off")?;
    other.script("BEGIN; LOCK TABLE fresh")?;
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(found(&mut s)?, ["integer-primary-key not checked public.fresh"]);
    Ok(())
}

fn random_keys_of_large_tables(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen_random_uuid()); ANALYZE t;
         UPDATE pg_class SET reltuples = 1000000 WHERE relname = 't'",
    )?;
    // Statistics of a few seconds do not say that there are no inserts.
    ensure_eq!(found(&mut s)?, ["primary-key-random-uuid not checked public.t"]);
    let later = s
        .value("SELECT statement FROM warden_internal.audit_statements() WHERE source = 'tables'")?
        .replace("$1", "NULL")
        .replace("$2", "NULL")
        .replace("'30 days'", "'0 days'");
    ensure_eq!(s.rows(&format!("SELECT * FROM ({later}) AS q"))?.len(), 0);
    s.script("INSERT INTO t SELECT FROM generate_series(1, 10000); SELECT pg_stat_force_next_flush()")?;
    ensure_eq!(found(&mut s)?, ["primary-key-random-uuid info public.t"]);
    s.run("UPDATE pg_class SET reltuples = 900000 WHERE relname = 't'")?;
    ensure_eq!(found(&mut s)?, [""; 0]);
    Ok(())
}

fn unlogged_partitions(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE parted (a bigint PRIMARY KEY) PARTITION BY RANGE (a);
         CREATE UNLOGGED TABLE low PARTITION OF parted FOR VALUES FROM (0) TO (10);
         CREATE TABLE high PARTITION OF parted FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (a);
         CREATE UNLOGGED TABLE rest PARTITION OF high DEFAULT; INSERT INTO parted SELECT generate_series(1, 15); ANALYZE",
    )?;
    ensure_eq!(found(&mut s)?, ["unlogged-table warning public.parted"]);
    let message = "SELECT message FROM warden.audit(rules => '{unlogged-table}')";
    ensure_eq!(s.value(message)?, "2 partitions of \"parted\" are unlogged");
    s.run("ALTER TABLE rest SET LOGGED")?;
    ensure_eq!(s.value(message)?, "a partition of \"parted\" is unlogged");
    // Nobody has counted its rows, and somebody locks it.
    s.script("DROP TABLE parted; CREATE UNLOGGED TABLE fresh (a bigint PRIMARY KEY)")?;
    ensure_eq!(found(&mut s)?, [""; 0]);
    let mut other = db.session_with("-c warden.mode=off")?;
    other.script("BEGIN; LOCK TABLE fresh")?;
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(found(&mut s)?, ["unlogged-table not checked public.fresh"]);
    other.run("ROLLBACK")?;
    s.script("BEGIN; INSERT INTO fresh VALUES (1)")?;
    ensure_eq!(found(&mut s)?, ["unlogged-table warning public.fresh"]);
    Ok(())
}

fn tables_that_nobody_uses(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE t (id bigint PRIMARY KEY, a int, r int); CREATE TABLE parted (a int) PARTITION BY LIST (a);
         CREATE TABLE part PARTITION OF parted DEFAULT; CREATE TABLE empty (a int);
         CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent); INSERT INTO parent VALUES (1);
         INSERT INTO t VALUES (1, 1); INSERT INTO parted VALUES (1); CREATE TABLE young (a int); INSERT INTO young VALUES (1)",
    )?;
    // ANALYZE dates them, and is no use. To build an index is one.
    let anew = "SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset(); ANALYZE t, parted";
    s.script(anew)?;
    let both = ["nobody reads or writes table \"parted\"", "nobody reads or writes table \"t\""];
    ensure_eq!(unused(&mut s)?, both);
    for (use_, of) in [
        ("SELECT FROM t", "parted"),
        ("SET enable_seqscan = off; SELECT FROM t WHERE id = 1; RESET enable_seqscan", "parted"),
        ("SELECT FROM t TABLESAMPLE SYSTEM (100)", "parted"),
        ("INSERT INTO t VALUES (2, 2)", "parted"),
        ("DELETE FROM t; INSERT INTO t VALUES (1, 1)", "parted"),
        ("COPY t TO '/dev/null'", "parted"),
        ("SELECT FROM part", "t"),
        ("INSERT INTO part VALUES (2)", "t"),
    ] {
        s.script(use_)?;
        ensure_eq!(unused(&mut s)?, [format!("nobody reads or writes table \"{of}\"")], "{use_}");
        s.script(anew)?;
        ensure_eq!(unused(&mut s)?, both);
    }
    // What leads to it or takes it elsewhere needs it; a foreign key to itself says nothing.
    s.run("ALTER TABLE t ADD FOREIGN KEY (r) REFERENCES t")?;
    s.script(anew)?;
    ensure_eq!(unused(&mut s)?, both);
    for use_ in [
        "CREATE TABLE other (t_id bigint REFERENCES t)",
        "CREATE PUBLICATION p FOR TABLE t",
        "CREATE TABLE heir () INHERITS (t)",
    ] {
        s.script(&format!("BEGIN; {use_}"))?;
        ensure_eq!(unused(&mut s)?, [both[0]], "{use_}");
        s.run("ROLLBACK")?;
    }
    for use_ in ["CREATE PUBLICATION p FOR ALL TABLES", "CREATE PUBLICATION p FOR TABLES IN SCHEMA public"] {
        s.script(&format!("BEGIN; {use_}"))?;
        ensure_eq!(unused(&mut s)?, [""; 0], "{use_}");
        s.run("ROLLBACK")?;
    }
    s.script(&format!("BEGIN; TRUNCATE t; COMMIT; {anew}"))?;
    ensure_eq!(unused(&mut s)?, [both[0]], "there is nothing in it");
    s.script(&format!("INSERT INTO t VALUES (1, 1); {anew}"))?;
    // Where the server says when, one that was read long ago is found as well.
    if leg.major >= 16 {
        s.run("SELECT FROM t")?;
        ensure_eq!(unused(&mut s)?, [both[0]]);
        let later = statement_of_use(&mut s)?.replace("'90 days'", "'0 days'");
        ensure_eq!(
            s.column(&format!("SELECT message FROM ({later}) AS q WHERE message LIKE '%t\"' AND level IS NULL"))?.len(),
            1
        );
        s.script(anew)?;
    }
    // No audit says so while nothing is 90 days old, and it says it once.
    let row = s.rows("SELECT level, object, detail FROM warden.audit(rules => '{table-unused}')")?;
    ensure_eq!(row.len(), 1, "{row:?}");
    ensure_eq!(row[0][0].as_deref(), Some("not checked"));
    ensure_eq!(row[0][1].as_deref(), Some("public.parted"));
    ensure!(
        row[0][2].as_deref().is_some_and(|d| d.starts_with("Nobody reads or writes it now, nor 1 more, but")),
        "{row:?}"
    );
    // A crash or a reset takes the date along.
    s.script("SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset()")?;
    ensure_eq!(unused(&mut s)?, [""; 0]);
    s.run("SET track_counts = off")?;
    ensure_eq!(detail(&mut s, "table-unused")?, "Uses are not counted: track_counts is off.");
    Ok(())
}

/// What is unused, as if any ANALYZE were long enough ago.
fn unused(s: &mut Session) -> Result<Vec<String>> {
    let statement = statement_of_use(s)?
        .replace("q.analyzed < pg_catalog.now() - '90 days'", "q.analyzed < pg_catalog.now() - '0 days'");
    Ok(s.column(&format!("SELECT message FROM ({statement}) AS q WHERE level IS NULL ORDER BY message COLLATE \"C\""))?)
}

fn statement_of_use(s: &mut Session) -> Result<String> {
    s.run("SELECT pg_stat_force_next_flush()")?;
    let statement = s.value("SELECT statement FROM warden_internal.audit_statements() WHERE source = 'table_use'")?;
    Ok(statement.replace("$1", "NULL").replace("$2", "NULL"))
}

fn tables_that_stay_empty(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE \"it's %s\" (id bigint PRIMARY KEY); CREATE TABLE full_one (a int); INSERT INTO full_one VALUES (1);
         CREATE UNLOGGED TABLE unlogged (a int); CREATE TABLE parted (a int) PARTITION BY LIST (a);
         CREATE TABLE part PARTITION OF parted DEFAULT; CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent);
         CREATE TEMP TABLE temporary (a int); CREATE MATERIALIZED VIEW seen AS SELECT 1 AS a WHERE false;
         SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset()",
    )?;
    ensure_eq!(empty(&mut s)?, [""; 0], "nothing says how old they are");
    let anew = "SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset(); ANALYZE";
    let it = ["table \"it's %s\" has been empty for long"];
    s.script(anew)?;
    ensure_eq!(empty(&mut s)?, it);
    s.script("SELECT pg_stat_reset()")?;
    s.run("VACUUM \"it's %s\"")?;
    ensure_eq!(empty(&mut s)?, it, "VACUUM dates it as well");
    // No audit says so while nothing is 90 days old, and the other rule is about tables with rows.
    ensure_eq!(
        s.value("SELECT count(*) FROM warden.audit(rules => '{table-empty,table-unused}') WHERE object LIKE '%it%'")?,
        "0"
    );
    // Written and emptied, or not even committed: it is in use.
    for use_ in [
        "INSERT INTO \"it's %s\" VALUES (1); DELETE FROM \"it's %s\"",
        "INSERT INTO \"it's %s\" VALUES (1); TRUNCATE \"it's %s\"",
        "BEGIN; INSERT INTO \"it's %s\" VALUES (1); ROLLBACK",
        "COPY \"it's %s\" FROM PROGRAM 'echo 7'; TRUNCATE \"it's %s\"",
    ] {
        s.script(use_)?;
        s.run("VACUUM \"it's %s\"")?;
        ensure_eq!(empty(&mut s)?, [""; 0], "{use_}");
        s.script("SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset()")?;
        s.script(
            "BEGIN; TRUNCATE \"it's %s\"; COMMIT; SELECT pg_stat_force_next_flush(); SELECT pg_stat_reset(); ANALYZE",
        )?;
        ensure_eq!(empty(&mut s)?, it);
    }
    // Rows that nobody counted.
    s.script("SET track_counts = off; INSERT INTO \"it's %s\" VALUES (1); SET track_counts = on")?;
    ensure_eq!(empty(&mut s)?, [""; 0]);
    s.script(&format!("BEGIN; TRUNCATE \"it's %s\"; COMMIT; {anew}"))?;
    ensure_eq!(empty(&mut s)?, it);
    s.script("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")?;
    for use_ in [
        "CREATE TABLE other (id bigint REFERENCES \"it's %s\")",
        "CREATE TABLE heir () INHERITS (\"it's %s\")",
        "CREATE TABLE heir () INHERITS (\"it's %s\"); DROP TABLE heir",
        "CREATE RULE r AS ON INSERT TO \"it's %s\" DO INSTEAD NOTHING",
        "CREATE TRIGGER r BEFORE INSERT ON \"it's %s\" FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE FUNCTION g() RETURNS SETOF \"it's %s\" LANGUAGE sql AS 'SELECT 1::bigint'",
        "CREATE FUNCTION g(\"it's %s\"[]) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE other (it \"it's %s\")",
        "ALTER EXTENSION pg_warden ADD TABLE \"it's %s\"",
    ] {
        s.script(&format!("BEGIN; {use_}"))?;
        ensure_eq!(empty(&mut s)?, [""; 0], "{use_}");
        s.run("ROLLBACK")?;
    }
    for other in [
        "CREATE TRIGGER r AFTER INSERT ON \"it's %s\" FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER r BEFORE UPDATE ON \"it's %s\" FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE VIEW v AS SELECT FROM \"it's %s\"",
        "CREATE PUBLICATION p FOR TABLES IN SCHEMA public",
    ] {
        s.script(&format!("BEGIN; {other}"))?;
        ensure_eq!(empty(&mut s)?, it, "{other}");
        s.run("ROLLBACK")?;
    }
    // Whoever holds it makes nobody wait.
    let mut other = db.session_with("-c warden.mode=off")?;
    other.script("BEGIN; LOCK TABLE \"it's %s\" IN ACCESS EXCLUSIVE MODE")?;
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(empty(&mut s)?, [""; 0]);
    other.run("ROLLBACK")?;
    // What looks for rows there, and finds none, is told.
    let said = format!(
        "SELECT detail LIKE '% Nor was it read.', detail LIKE '% It was scanned 2 times.' FROM ({}) AS q WHERE level IS NULL",
        statement_of_empty(&mut s)?
    );
    ensure_eq!(s.rows(&said)?, [[Some("t".to_owned()), Some("f".to_owned())]]);
    s.script(
        "SELECT FROM \"it's %s\"; SET enable_seqscan = off; SELECT FROM \"it's %s\" WHERE id = 1; RESET enable_seqscan",
    )?;
    s.run("SELECT pg_stat_force_next_flush()")?;
    ensure_eq!(s.rows(&said)?, [[Some("f".to_owned()), Some("t".to_owned())]]);
    s.run("SET track_counts = off")?;
    ensure_eq!(detail(&mut s, "table-empty")?, "Uses are not counted: track_counts is off.");
    Ok(())
}

/// What is empty, as if statistics were old enough.
fn empty(s: &mut Session) -> Result<Vec<String>> {
    let statement = statement_of_empty(s)?;
    Ok(s.column(&format!("SELECT message FROM ({statement}) AS q WHERE level IS NULL ORDER BY message COLLATE \"C\""))?)
}

fn statement_of_empty(s: &mut Session) -> Result<String> {
    Ok(statement_of_use(s)?.replace("k.since < pg_catalog.now() - '90 days'", "k.since < pg_catalog.now() - '0 days'"))
}

fn foreign_keys_within_others(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE p (a int PRIMARY KEY, b int NOT NULL UNIQUE, c int NOT NULL, UNIQUE (a, b));
         CREATE TABLE t (id bigint PRIMARY KEY, x int NOT NULL, y int NOT NULL,
                         CONSTRAINT wide FOREIGN KEY (x, y) REFERENCES p (a, b))",
    )?;
    for (narrow, expected) in [
        ("FOREIGN KEY (x) REFERENCES p (a)", 1),
        ("FOREIGN KEY (y) REFERENCES p (b)", 1),
        // The same column refers to another.
        ("FOREIGN KEY (x) REFERENCES p (b)", 0),
        ("FOREIGN KEY (x) REFERENCES p (a) DEFERRABLE", 0),
        ("FOREIGN KEY (x) REFERENCES p (a) ON UPDATE CASCADE", 0),
        // The same columns: that is a duplicate.
        ("FOREIGN KEY (y, x) REFERENCES p (b, a)", 0),
    ] {
        s.script(&format!("BEGIN; ALTER TABLE t ADD CONSTRAINT narrow {narrow}"))?;
        let found = found(&mut s)?;
        let own = found.iter().filter(|line| *line == "foreign-key-intersecting info public.t.narrow").count();
        ensure_eq!(own, expected, "{narrow}: {found:?}");
        s.run("ROLLBACK")?;
    }
    s.script("ALTER TABLE t ADD CONSTRAINT narrow FOREIGN KEY (x) REFERENCES p")?;
    ensure_eq!(found(&mut s)?, ["foreign-key-intersecting info public.t.narrow"]);
    // What does not hold for every row takes nothing over.
    s.script("BEGIN; ALTER TABLE t ALTER COLUMN y DROP NOT NULL")?;
    ensure_eq!(found(&mut s)?, [""; 0]);
    s.script(
        "ROLLBACK; BEGIN; ALTER TABLE t DROP CONSTRAINT wide;
         ALTER TABLE t ADD CONSTRAINT wide FOREIGN KEY (x, y) REFERENCES p (a, b) NOT VALID",
    )?;
    ensure_eq!(found(&mut s)?, ["constraint-not-valid warning public.t.wide"]);
    s.run("ROLLBACK")?;
    Ok(())
}

fn missing_foreign_keys_are_no_guess(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE TABLE \"Categories\" (id bigint PRIMARY KEY); CREATE TABLE users (id bigint PRIMARY KEY);
         CREATE TABLE a (id bigint PRIMARY KEY, category_id bigint REFERENCES \"Categories\", owner_id bigint REFERENCES users);
         CREATE TABLE b (id bigint PRIMARY KEY, category_id bigint REFERENCES \"Categories\", owner_id bigint REFERENCES users);
         CREATE TABLE b2 (id bigint PRIMARY KEY, category_id bigint REFERENCES \"Categories\", owner_id bigint REFERENCES users);
         CREATE TABLE c (id bigint PRIMARY KEY, category_id bigint, owner_id bigint, user_id bigint REFERENCES users)",
    )?;
    // Of owner_id the name does not say to what it refers.
    let missing = "foreign-key-missing info public.c";
    ensure_eq!(found(&mut s)?, [missing]);
    let row = s.rows("SELECT message, hint FROM warden.audit_table('c') WHERE rule = 'foreign-key-missing'")?;
    ensure_eq!(row[0][0].as_deref(), Some("column \"category_id\" of \"c\" has no foreign key to \"Categories\""));
    let hint = row[0][1].clone().unwrap_or_default();
    let statement =
        "ALTER TABLE public.c ADD FOREIGN KEY (category_id) REFERENCES public.\"Categories\" (id) NOT VALID;";
    ensure!(hint.contains(statement), "{hint}");
    for silent in [
        statement,
        "ALTER TABLE c ALTER COLUMN category_id TYPE int",
        "ALTER TABLE c DROP COLUMN user_id",
        "ALTER TABLE c ADD COLUMN category_type text",
        "ALTER TABLE c RENAME TO c_archive",
        "ALTER TABLE c SET UNLOGGED",
        "ALTER TABLE c ALTER COLUMN category_id SET DEFAULT 0",
        // Too many without.
        "CREATE TABLE d (category_id bigint)",
        // So many without that they are so on purpose.
        "DO $$BEGIN FOR i IN 1..12 LOOP EXECUTE format('CREATE TABLE e%s (category_id bigint REFERENCES \"Categories\")', i); END LOOP; END$$;
         CREATE TABLE f1 (category_id bigint); CREATE TABLE f2 (category_id bigint); CREATE TABLE f3 (category_id bigint)",
        // One of that name refers to something else.
        "CREATE TABLE d (category_id bigint REFERENCES users)",
        "ALTER TABLE b DROP COLUMN category_id",
        "CREATE SCHEMA other; ALTER TABLE c SET SCHEMA other",
    ] {
        s.script(&format!("BEGIN; {silent}"))?;
        let left = found(&mut s)?;
        ensure!(!left.iter().any(|line| line.starts_with("foreign-key-missing")), "{silent}: {left:?}");
        s.run("ROLLBACK")?;
        ensure_eq!(found(&mut s)?, [missing], "{silent}");
    }
    Ok(())
}

fn nothing_of_these_waits_and_anybody_may(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(
        "CREATE SCHEMA hidden; SET search_path = hidden;
         CREATE TABLE p (id bigint PRIMARY KEY, b int NOT NULL, UNIQUE (id, b)); CREATE TABLE q (id bigint PRIMARY KEY);
         CREATE TABLE r1 (id bigint PRIMARY KEY, p_id bigint REFERENCES p); CREATE TABLE r2 (id bigint PRIMARY KEY, p_id bigint REFERENCES p); CREATE TABLE r3 (id bigint PRIMARY KEY, p_id bigint REFERENCES p);
         CREATE TABLE t (id bigint PRIMARY KEY, p_id bigint, q_id bigint NOT NULL REFERENCES q,
                         pp_id bigint NOT NULL, b int NOT NULL, FOREIGN KEY (pp_id, b) REFERENCES p (id, b),
                         CONSTRAINT narrow FOREIGN KEY (pp_id) REFERENCES p);
         CREATE FUNCTION in_p(bigint) RETURNS boolean RETURN EXISTS (SELECT FROM p WHERE id = $1);
         CREATE FUNCTION in_t(bigint) RETURNS boolean RETURN EXISTS (SELECT FROM t WHERE id = $1);
         ALTER TABLE t ADD CONSTRAINT reads CHECK (in_p(pp_id));
         ALTER TABLE q ADD CONSTRAINT reads CHECK (in_p(id)) NO INHERIT;
         ANALYZE",
    )?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit TO {role}"))?;
    let expected = [
        "check-on-other-table warning hidden.q.reads",
        "check-on-other-table warning hidden.t.reads",
        "foreign-key-intersecting info hidden.t.narrow",
        "foreign-key-missing info hidden.t",
    ];
    let mut other = db.session_with("-c warden.mode=off")?;
    other.script("BEGIN; LOCK TABLE hidden.p, hidden.q, hidden.t, hidden.r1, hidden.r2, hidden.r3")?;
    let mut ordinary = db.session_as(&role)?;
    ordinary.run("SET lock_timeout = '1s'")?;
    ensure_eq!(found(&mut ordinary)?, expected);
    other.run("ROLLBACK")?;
    // Its own rows are others too.
    s.script("ALTER TABLE t DROP CONSTRAINT reads, ADD CONSTRAINT reads CHECK (in_t(id))")?;
    ensure_eq!(
        s.value("SELECT message FROM warden.audit_table('t') WHERE rule = 'check-on-other-table'")?,
        "CHECK constraint \"reads\" of \"t\" reads other rows of it"
    );
    Ok(())
}

/// Those are off: whoever switches them on hears of whole tables, not of partitions or children, and waits for nobody.
fn opinions_about_keys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session_with("-c warden.mode=off")?;
    let q = "\"qu\"\"o%te %s\"";
    s.script(&format!(
        "CREATE SCHEMA other; CREATE DOMAIN code AS text; CREATE DOMAIN price AS numeric CHECK (VALUE > 0);
         CREATE TABLE other.linked (id bigint PRIMARY KEY);
         CREATE TABLE {q} ({q} numeric, id code PRIMARY KEY);
         CREATE TABLE priced (id price PRIMARY KEY);
         CREATE TABLE parted (a bigint, b date, t text, PRIMARY KEY (b, t)) PARTITION BY RANGE (b);
         CREATE TABLE part PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         ALTER TABLE part ADD CONSTRAINT of_part FOREIGN KEY (a) REFERENCES other.linked;
         CREATE TABLE parent (id bigint PRIMARY KEY); CREATE TABLE child (id bigint PRIMARY KEY) INHERITS (parent);
         CREATE TABLE tree (id bigint PRIMARY KEY, parent_id bigint REFERENCES tree); CREATE TABLE bare ();
         ANALYZE"
    ))?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit TO {role}"))?;
    let rules = [
        "primary-key-varchar",
        "primary-key-natural",
        "primary-key-not-first",
        "table-unlinked",
        "foreign-key-self",
        "foreign-key-cross-schema",
        "domain-with-check",
    ];
    let all = format!(
        "SELECT concat_ws(' ', rule, object) FROM warden.audit(rules => ARRAY[{}]) ORDER BY rule COLLATE \"C\", object COLLATE \"C\"",
        rules.map(literal).join(", ")
    );
    ensure_eq!(s.column(&all)?, [""; 0], "they are off");
    for rule in rules {
        s.run(&format!("SELECT warden.set_level({}, 'info')", literal(rule)))?;
    }
    let quoted = format!("public.{q}");
    let expected = [
        "domain-with-check public.price".to_owned(),
        "foreign-key-cross-schema public.part.of_part".to_owned(),
        "foreign-key-self public.tree.tree_parent_id_fkey".to_owned(),
        "primary-key-natural public.priced".to_owned(),
        format!("primary-key-not-first {quoted}"),
        "primary-key-not-first public.parted".to_owned(),
        format!("primary-key-varchar {quoted}"),
        "primary-key-varchar public.parted".to_owned(),
        format!("table-unlinked {quoted}"),
        "table-unlinked public.parent".to_owned(),
        "table-unlinked public.priced".to_owned(),
    ];
    ensure_eq!(s.column(&all)?, expected);
    let mut other = db.session_with("-c warden.mode=off")?;
    other.script(&format!("BEGIN; LOCK TABLE {q}, priced, parted, tree, parent, other.linked"))?;
    let mut ordinary = db.session_as(&role)?;
    ordinary.run("SET lock_timeout = '1s'")?;
    ensure_eq!(ordinary.column(&all)?, expected);
    other.run("ROLLBACK")?;
    Ok(())
}

fn columns_that_are_never_null(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session_with("-c warden.mode=off")?;
    let made = "CREATE TABLE p (id bigint PRIMARY KEY); INSERT INTO p SELECT generate_series(1, 10);
        CREATE DOMAIN filled AS bigint NOT NULL;
        CREATE TABLE t (id bigint PRIMARY KEY, \"a\"\"%s\" bigint REFERENCES p, b bigint, c bigint);
        INSERT INTO t SELECT i, 1 + i % 10, 1 + i % 10, 1 + i % 10 FROM generate_series(1, 12000) i; SELECT pg_stat_force_next_flush(); ANALYZE t";
    let candidate = "column \"a\"%s\" of \"t\" is NULL in no row that ANALYZE saw, and may be";
    let ask = "SELECT concat_ws(': ', nullif(level, 'info'), CASE level WHEN 'info' THEN message ELSE detail END) FROM warden.audit(rules => '{not-null-candidate}')";
    s.script(made)?;
    ensure_eq!(s.column(ask)?, [""; 0], "it is off");
    s.run("SET warden.rule_levels = 'not-null-candidate=info'")?;
    for (change, expected) in [
        ("", vec![candidate]),
        ("UPDATE t SET \"a\"\"%s\" = NULL WHERE id < 100", vec![]),
        ("ALTER TABLE t ALTER COLUMN \"a\"\"%s\" SET NOT NULL", vec![]),
        ("ALTER TABLE t ADD CHECK (\"a\"\"%s\" IS NOT NULL AND id > 0)", vec![]),
        ("ALTER TABLE t ADD CHECK (\"a\"\"%s\" > 0)", vec![candidate]),
        ("ALTER TABLE t ADD FOREIGN KEY (\"a\"\"%s\") REFERENCES p ON DELETE SET NULL", vec![]),
        ("ALTER TABLE t ADD FOREIGN KEY (\"a\"\"%s\") REFERENCES p ON UPDATE SET NULL", vec![]),
        ("ALTER TABLE p ADD COLUMN t bigint REFERENCES t", vec![]),
        ("ALTER TABLE t ADD FOREIGN KEY (\"a\"\"%s\") REFERENCES t", vec![]),
        ("ALTER TABLE t ALTER COLUMN \"a\"\"%s\" TYPE filled", vec![]),
        ("DELETE FROM t WHERE id > 9000", vec![]),
        (
            "ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES p, ADD FOREIGN KEY (c) REFERENCES p",
            vec!["columns \"a\"%s\", \"b\", \"c\" of \"t\" are NULL in no row that ANALYZE saw, and may be"],
        ),
    ] {
        s.script(change)?;
        s.run("SELECT pg_stat_force_next_flush()")?;
        s.run("ANALYZE t")?;
        ensure_eq!(s.column(ask)?, expected, "{change}");
        s.script("DROP TABLE t, p CASCADE; DROP DOMAIN filled")?;
        s.script(made)?;
    }
    // What it advises is what the server takes.
    let hint = s.value("SELECT hint FROM warden.audit(rules => '{not-null-candidate}')")?;
    ensure!(hint.starts_with("If there is none (SELECT count(*) FROM public.t WHERE \"a\"\"%s\" IS NULL;) and none is meant to come: ALTER TABLE "), "{hint}");
    let (_, advice) = hint.split_once(" to come: ").unwrap_or_default();
    s.script(&format!("BEGIN; {advice}"))?;
    ensure_eq!(s.column(ask)?, [""; 0], "{advice}");
    s.run("ROLLBACK")?;
    // Who may not read it, and what nobody knows.
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit TO {role}; ALTER DATABASE {} SET warden.rule_levels = 'not-null-candidate=info'", db.name()))?;
    let mut ordinary = db.session_as(&role)?;
    ensure_eq!(ordinary.column(ask)?, ["not checked: This role may not read statistics of it."]);
    s.run(&format!("GRANT SELECT ON t TO {role}"))?;
    ensure_eq!(ordinary.column(ask)?, [candidate]);
    s.run("UPDATE t SET b = 0 WHERE id < 4000")?;
    s.run("SELECT pg_stat_force_next_flush()")?;
    ensure_eq!(
        ordinary.column(ask)?,
        ["not checked: What ANALYZE knows of it is old, or the server forgot how old: run ANALYZE first."]
    );
    Ok(())
}
