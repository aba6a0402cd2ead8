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
];

const RULES: [&str; 12] = [
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
