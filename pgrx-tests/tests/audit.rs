//! The audit: what exists, judged by catalog queries.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use crate::fixture::only_rules;
use pg_warden_tests::sql::literal;
use pg_warden_tests::{Database, Leg, Result, Session, cases, ensure, ensure_eq, fail};

cases![
    statements_keep_the_contract,
    foreign_keys,
    foreign_keys_of_partitioned_tables,
    foreign_keys_that_nothing_checks unless |leg| (leg.major < 18).then_some("every foreign key is enforced before 18"),
    small_tables_and_tables_never_counted,
    a_locked_table_does_not_make_the_audit_wait,
    keys,
    keys_of_published_tables,
    unique_indexes_of_published_tables,
    serial_columns,
    invalid_indexes,
    an_index_being_built_is_not_invalid,
    duplicate_indexes,
    what_holds_an_index,
    redundant_indexes,
    indexes_of_partitioned_tables,
    fixes_mend,
    what_is_not_judged,
    one_table,
    wrong_arguments,
    schemas_rules_and_levels,
    levels_that_were_set,
    hostile_names,
    settings_of_the_session_change_nothing,
    fingerprints_are_made_of_names,
    evidence_of_a_parent_that_never_changes,
    not_checked,
    reads_only,
    other_encodings,
];

/// Rule, level and object of what is found, sorted.
fn found(s: &mut Session, arguments: &str) -> Result<Vec<String>> {
    let mut found = s.column(&format!("SELECT concat_ws(' ', rule, level, object) FROM warden.audit({arguments})"))?;
    found.sort();
    Ok(found)
}

/// Objects of one rule, sorted.
fn objects(s: &mut Session, rule: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT object FROM warden.audit(rules => ARRAY[{}]) ORDER BY object COLLATE \"C\"",
        literal(rule)
    ))?)
}

/// The one finding of a rule: message, detail, hint, fix; what is NULL is empty.
fn the(s: &mut Session, rule: &str) -> Result<[String; 4]> {
    let rows =
        s.rows(&format!("SELECT message, detail, hint, fix FROM warden.audit(rules => ARRAY[{}])", literal(rule)))?;
    ensure_eq!(rows.len(), 1, "findings of {rule}: {rows:?}");
    Ok([0, 1, 2, 3].map(|i| rows[0][i].clone().unwrap_or_default()))
}

/// The rules that are looked at here; the others have pages alone, or tests of their own.
const RULES: [&str; 17] = [
    "column-type-char",
    "column-type-json",
    "column-type-money",
    "column-type-reg",
    "column-type-serial",
    "column-type-timestamp",
    "column-type-timestamp-precision-0",
    "column-type-timetz",
    "column-type-varchar-n",
    "column-type-xml",
    "fk-narrower-than-pk",
    "foreign-key-duplicate",
    "foreign-key-without-index",
    "index-duplicate",
    "index-invalid",
    "index-redundant",
    "table-without-primary-key",
];

/// A session with the guard silent, so that faults can be made without a word, in a database where the audit has no other
/// rules than [`RULES`].
fn quiet(db: &Database<'_>) -> Result<Session> {
    let mut s = db.session_with("-c warden.mode=off")?;
    if s.value("SELECT count(*) FROM warden_internal.level")? == "0" {
        only_rules(&mut s, &RULES)?;
    }
    Ok(s)
}

const PARENT: &str =
    "CREATE TABLE parent (id bigint PRIMARY KEY, a int NOT NULL, b text COLLATE \"C\" NOT NULL, UNIQUE (a, b));
    INSERT INTO parent SELECT i, i, i FROM generate_series(1, 2000) i;";

fn statements_keep_the_contract(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    let sources = s.rows("SELECT source, query, statement FROM warden_internal.audit_statements()")?;
    ensure!(sources.len() > 5, "{} sources", sources.len());
    let mut columns = |name: &str, query: &str| -> Result<Vec<String>> {
        // A view takes no parameters.
        let query = query.replace("$1", "NULL").replace("$2", "NULL").replace("$3", "NULL");
        s.run(&format!("CREATE TEMP VIEW \"{name}\" AS {query}")).map_err(|e| format!("{name}: {e}"))?;
        Ok(s.column(&format!(
            "SELECT attname || ' ' || format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'pg_temp.\"{name}\"'::regclass ORDER BY attnum"
        ))?)
    };
    for source in sources {
        let [name, query, statement] = [0, 1, 2].map(|i| source[i].clone().unwrap_or_default());
        let contract = ["classid oid", "objid oid", "objsubid integer", "identity text", "weight bigint"];
        ensure_eq!(columns(&name, &query)?[..5], contract, "{name}");
        let texts = ["rule integer", "level text", "message text", "detail text", "hint text", "fix text"];
        ensure_eq!(columns(&format!("{name} judged"), &statement)?, [&contract[..], &texts[..]].concat(), "{name}");
    }
    Ok(())
}

fn foreign_keys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(PARENT)?;
    s.script(
        "CREATE TABLE child (id bigint PRIMARY KEY, p bigint CONSTRAINT to_parent REFERENCES parent, x int, y text COLLATE \"C\", z int);
         INSERT INTO child SELECT i, i, i, i, i FROM generate_series(1, 2000) i;
         ANALYZE child",
    )?;
    let [message, detail, hint, fix] = the(&mut s, "foreign-key-without-index")?;
    ensure_eq!(message, "foreign key \"to_parent\" has no index on \"child\" (p)");
    ensure!(detail.starts_with("Each DELETE or key UPDATE in \"parent\" reads all of \"child\" ("), "{detail}");
    ensure_eq!(hint, "");
    ensure_eq!(fix, "CREATE INDEX CONCURRENTLY child_p_idx ON public.child (p);");
    ensure_eq!(objects(&mut s, "foreign-key-without-index")?, ["public.child.to_parent"]);

    // Indexes that do not do.
    for index in [
        "child (z, p)",
        "child (p) WHERE z IS NOT NULL",
        "child (p) WHERE p > 10",
        "child (p) WHERE p IS NULL",
        "child (p) WHERE p IS NOT NULL OR z IS NOT NULL",
        "child USING hash (p)",
        "child USING brin (p)",
        "child ((p + 0))",
        "child (z) INCLUDE (p)",
    ] {
        s.script(&format!("BEGIN; CREATE INDEX ON {index}"))?;
        ensure_eq!(objects(&mut s, "foreign-key-without-index")?.len(), 1, "{index}");
        s.run("ROLLBACK")?;
    }
    // Indexes that do.
    for index in ["child (p)", "child (p DESC NULLS LAST, z)", "child (p) WHERE p IS NOT NULL", "child (p) INCLUDE (z)"]
    {
        s.script(&format!("BEGIN; CREATE INDEX ON {index}"))?;
        ensure_eq!(objects(&mut s, "foreign-key-without-index")?, [""; 0], "{index}");
        s.run("ROLLBACK")?;
    }

    // Of several columns, which may stand in any order.
    s.script("CREATE INDEX ON child (p); ALTER TABLE child ADD CONSTRAINT both_columns FOREIGN KEY (x, y) REFERENCES parent (a, b)")?;
    for (index, expected) in [
        ("child (y, x, z)", 0),
        ("child (x, y)", 0),
        ("child (x, y) WHERE x IS NOT NULL", 0),
        ("child (x, y) WHERE y IS NOT NULL AND x IS NOT NULL", 0),
        ("child (x)", 1),
        ("child (x, z, y)", 1),
        ("child (x, y) WHERE z IS NOT NULL AND x IS NOT NULL", 1),
        ("child (x, y COLLATE \"POSIX\")", 1),
    ] {
        s.script(&format!("BEGIN; CREATE INDEX ON {index}"))?;
        ensure_eq!(objects(&mut s, "foreign-key-without-index")?.len(), expected, "{index}");
        s.run("ROLLBACK")?;
    }
    ensure_eq!(
        the(&mut s, "foreign-key-without-index")?[3],
        "CREATE INDEX CONCURRENTLY child_x_y_idx ON public.child (x, y);"
    );
    // An index that is left invalid finds nothing.
    s.run("UPDATE child SET x = 1, y = '1' WHERE id < 3")?;
    s.error("CREATE UNIQUE INDEX CONCURRENTLY child_x_y_idx ON child (x, y)")?;
    // Its name is taken, so the server chooses one.
    ensure_eq!(the(&mut s, "foreign-key-without-index")?[3], "CREATE INDEX CONCURRENTLY ON public.child (x, y);");
    Ok(())
}

fn foreign_keys_of_partitioned_tables(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(PARENT)?;
    s.script(
        "CREATE TABLE events (id bigint, part int, p bigint REFERENCES parent) PARTITION BY LIST (part);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1) PARTITION BY LIST (id);
         CREATE TABLE events_1_1 PARTITION OF events_1 FOR VALUES IN (1);
         CREATE TABLE events_2 (p bigint, part int, id bigint);
         ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES IN (2);
         INSERT INTO events SELECT 1, 1 + i % 2, i FROM generate_series(1, 2000) i",
    )?;
    s.run("ANALYZE events_1_1, events_2")?;
    // One finding, of the parent; rows are counted over the partitions.
    let [_, _, hint, fix] = the(&mut s, "foreign-key-without-index")?;
    ensure_eq!(fix, "", "no script builds it concurrently and runs as it is");
    ensure!(
        hint.contains("CREATE INDEX events_p_idx ON ONLY public.events (p);") && hint.contains("ATTACH PARTITION"),
        "{hint}"
    );
    // An index in each partition does, whoever made it.
    s.run("CREATE INDEX ON events_1_1 (p)")?;
    ensure_eq!(objects(&mut s, "foreign-key-without-index")?, ["public.events.events_p_fkey"]);
    s.run("CREATE INDEX ON events_2 (p, id)")?;
    ensure_eq!(objects(&mut s, "foreign-key-without-index")?, [""; 0]);
    s.script("DROP INDEX events_2_p_id_idx; CREATE INDEX ON events (p)")?;
    ensure_eq!(objects(&mut s, "foreign-key-without-index")?, [""; 0]);
    s.script("DROP INDEX events_p_idx; CREATE INDEX events_p_idx ON ONLY events (p)")?;
    ensure_eq!(
        objects(&mut s, "foreign-key-without-index")?,
        ["public.events.events_p_fkey"],
        "no partition's index is attached"
    );
    // A key of one partition's own is that partition's.
    s.run("ALTER TABLE events_2 ADD CONSTRAINT own FOREIGN KEY (id) REFERENCES parent")?;
    ensure_eq!(objects(&mut s, "foreign-key-without-index")?, ["public.events.events_p_fkey", "public.events_2.own"]);
    // A key that refers to a partitioned table is one key.
    s.script(
        "CREATE TABLE target (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
         CREATE TABLE target_1 PARTITION OF target FOR VALUES FROM (0) TO (1000);
         CREATE TABLE target_2 PARTITION OF target FOR VALUES FROM (1000) TO (9000);
         INSERT INTO target SELECT generate_series(1, 2000);
         CREATE TABLE pointer (id bigint PRIMARY KEY, t bigint REFERENCES target);
         INSERT INTO pointer SELECT i, i FROM generate_series(1, 2000) i; ANALYZE pointer",
    )?;
    ensure_eq!(
        objects(&mut s, "foreign-key-without-index")?,
        ["public.events.events_p_fkey", "public.events_2.own", "public.pointer.pointer_t_fkey"]
    );
    Ok(())
}

fn foreign_keys_that_nothing_checks(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(PARENT)?;
    s.script(
        "CREATE TABLE child (id bigint PRIMARY KEY, p bigint REFERENCES parent NOT ENFORCED);
         INSERT INTO child SELECT i, i FROM generate_series(1, 2000) i; ANALYZE child",
    )?;
    ensure_eq!(objects(&mut s, "foreign-key-without-index")?, [""; 0]);
    s.run("ALTER TABLE child ALTER CONSTRAINT child_p_fkey ENFORCED")?;
    ensure_eq!(objects(&mut s, "foreign-key-without-index")?.len(), 1);
    Ok(())
}

fn small_tables_and_tables_never_counted(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(PARENT)?;
    s.script(
        "CREATE TABLE small (id bigint PRIMARY KEY, p bigint REFERENCES parent);
         INSERT INTO small SELECT i, i FROM generate_series(1, 900) i; ANALYZE small;
         CREATE TABLE empty (id bigint PRIMARY KEY, p bigint REFERENCES parent)",
    )?;
    ensure_eq!(objects(&mut s, "foreign-key-without-index")?, [""; 0]);
    // Nobody has analysed it and its statistics are not there yet: its size speaks.
    s.script(
        "BEGIN; CREATE TABLE fresh (id bigint PRIMARY KEY, p bigint REFERENCES parent);
         INSERT INTO fresh SELECT i, i FROM generate_series(1, 2000) i",
    )?;
    ensure_eq!(objects(&mut s, "foreign-key-without-index")?, ["public.fresh.fresh_p_fkey"]);
    s.run("COMMIT")?;
    ensure_eq!(objects(&mut s, "foreign-key-without-index")?, ["public.fresh.fresh_p_fkey"]);
    Ok(())
}

fn a_locked_table_does_not_make_the_audit_wait(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(PARENT)?;
    s.script("CREATE TABLE child (id serial, p bigint REFERENCES parent); CREATE INDEX ON child (id); CREATE INDEX ON child (id)")?;
    let mut other = quiet(&db)?;
    other.script("BEGIN; LOCK TABLE child, parent; CREATE TABLE unseen (a int)")?;
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(
        found(&mut s, "")?,
        [
            "column-type-serial info public.child.id",
            "foreign-key-without-index warning public.child.child_p_fkey",
            "index-duplicate warning public.child_id_idx1",
            "table-without-primary-key warning public.child",
        ]
    );
    s.rows("SELECT * FROM warden.todo")?;
    s.rows("SELECT * FROM warden.audit_table('child')")?;
    other.run("ROLLBACK")?;
    Ok(())
}

fn keys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(
        "CREATE TABLE nokey (a int NOT NULL, b int NOT NULL, c text NOT NULL);
         CREATE TABLE with_key (a int PRIMARY KEY);
         CREATE TABLE with_unique (a int NOT NULL UNIQUE);
         CREATE TABLE with_index (a int NOT NULL, b int NOT NULL); CREATE UNIQUE INDEX ON with_index (b, a);
         CREATE TABLE with_include (a int NOT NULL, b int); CREATE UNIQUE INDEX ON with_include (a) INCLUDE (b);
         CREATE TABLE with_nulls (a int UNIQUE);
         CREATE TABLE with_half (a int NOT NULL, b int, UNIQUE (a, b));
         CREATE TABLE with_some (a int NOT NULL); CREATE UNIQUE INDEX ON with_some (a) WHERE a > 0;
         CREATE TABLE with_expression (a int NOT NULL); CREATE UNIQUE INDEX ON with_expression ((a + 1));
         CREATE TABLE with_deferred (a int NOT NULL UNIQUE DEFERRABLE);
         CREATE UNLOGGED TABLE unlogged (a int);
         CREATE TEMP TABLE temporary (a int);
         CREATE TABLE no_columns ();
         CREATE TABLE heir () INHERITS (nokey);
         CREATE TABLE parted (a int) PARTITION BY LIST (a);
         CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
         CREATE MATERIALIZED VIEW seen AS SELECT 1 AS a",
    )?;
    ensure_eq!(
        objects(&mut s, "table-without-primary-key")?,
        ["nokey", "parted", "with_deferred", "with_expression", "with_half", "with_nulls", "with_some"]
            .map(|t| format!("public.{t}"))
    );
    s.run("DROP TABLE with_deferred, with_expression, with_half, with_nulls, with_some, parted")?;
    let [message, detail, hint, _] = the(&mut s, "table-without-primary-key")?;
    ensure_eq!(message, "table \"nokey\" has no primary key");
    ensure!(detail.contains("logical replication will refuse"), "{detail}");
    ensure!(hint.contains("ALTER TABLE public.nokey ADD PRIMARY KEY"), "{hint}");
    // An index that could not be built identifies nothing.
    s.script("INSERT INTO nokey VALUES (1, 1, 'x'), (1, 1, 'x')")?;
    s.error("CREATE UNIQUE INDEX CONCURRENTLY ON nokey (a)")?;
    ensure_eq!(objects(&mut s, "table-without-primary-key")?, ["public.nokey"]);
    if leg.major >= 18 {
        s.script(
            "CREATE TABLE perhaps (a int UNIQUE); INSERT INTO perhaps VALUES (NULL);
             ALTER TABLE perhaps ADD CONSTRAINT later NOT NULL a NOT VALID",
        )?;
        ensure_eq!(objects(&mut s, "table-without-primary-key")?, ["public.nokey", "public.perhaps"]);
    }
    Ok(())
}

fn keys_of_published_tables(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script("CREATE TABLE t (a int); CREATE TABLE u (a int); CREATE SCHEMA x; CREATE TABLE x.v (a int)")?;
    let line = |level: &str, table: &str| format!("table-without-primary-key {level} {table}");
    let plain = vec![line("warning", "public.t"), line("warning", "public.u"), line("warning", "x.v")];
    for (publish, expected) in [
        ("CREATE PUBLICATION only_new FOR ALL TABLES WITH (publish = 'insert')", plain.clone()),
        (
            "CREATE PUBLICATION one FOR TABLE t",
            vec![line("error", "public.t"), line("warning", "public.u"), line("warning", "x.v")],
        ),
        ("ALTER TABLE t REPLICA IDENTITY FULL", plain),
        (
            "CREATE PUBLICATION a_schema FOR TABLES IN SCHEMA x",
            vec![line("error", "x.v"), line("warning", "public.t"), line("warning", "public.u")],
        ),
        (
            "CREATE PUBLICATION everything FOR ALL TABLES",
            vec![line("error", "public.u"), line("error", "x.v"), line("warning", "public.t")],
        ),
    ] {
        s.run(publish)?;
        ensure_eq!(found(&mut s, "rules => '{table-without-primary-key}'")?, expected, "{publish}");
    }
    ensure_eq!(s.error("UPDATE u SET a = 1")?.sqlstate, "55000");
    let detail = s.value("SELECT detail FROM warden.audit_table('u') WHERE rule = 'table-without-primary-key'")?;
    ensure!(detail.contains("fail on it now, because publication \"everything\""), "{detail}");
    Ok(())
}

fn unique_indexes_of_published_tables(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    only_rules(&mut s, &["table-without-primary-key", "unique-instead-of-primary-key"])?;
    s.script(
        "CREATE TABLE plain (a int NOT NULL); CREATE UNIQUE INDEX plain_a ON plain (a);
         CREATE TABLE held (a int NOT NULL UNIQUE);
         CREATE TABLE nothing (a int NOT NULL); CREATE UNIQUE INDEX nothing_a ON nothing (a); ALTER TABLE nothing REPLICA IDENTITY NOTHING;
         CREATE TABLE parted (a int NOT NULL UNIQUE) PARTITION BY LIST (a); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
         CREATE TABLE keyless (a int) PARTITION BY LIST (a); CREATE TABLE keyless_1 PARTITION OF keyless FOR VALUES IN (1)",
    )?;
    let tables = ["held", "keyless", "nothing", "parted", "plain"];
    let rule_of =
        |table: &str| if table == "keyless" { "table-without-primary-key" } else { "unique-instead-of-primary-key" };
    let levels = |s: &mut Session| -> Result<Vec<String>> {
        tables
            .iter()
            .map(|table| {
                Ok(s.value(&format!(
                    "SELECT level FROM warden.audit_table('{table}') WHERE rule = '{}'",
                    rule_of(table)
                ))?)
            })
            .collect()
    };
    s.run("CREATE PUBLICATION of_new FOR ALL TABLES WITH (publish = 'insert')")?;
    ensure_eq!(levels(&mut s)?, ["info", "warning", "info", "info", "info"]);
    for publish in ["update", "delete"] {
        s.run(&format!("ALTER PUBLICATION of_new SET (publish = '{publish}')"))?;
        ensure_eq!(levels(&mut s)?, ["error"; 5], "{publish}");
    }
    s.run("ALTER PUBLICATION of_new SET (publish = 'update, delete')")?;
    for table in tables {
        ensure_eq!(s.error(&format!("UPDATE {table} SET a = 1"))?.sqlstate, "55000", "{table}");
    }
    let row =
        s.rows("SELECT detail, fix FROM warden.audit_table('held') WHERE rule = 'unique-instead-of-primary-key'")?;
    ensure!(
        row[0][0].as_deref().is_some_and(|d| d.contains("because publication \"of_new\" replicates them")),
        "{row:?}"
    );
    ensure_eq!(row[0][1].as_deref(), Some("ALTER TABLE public.held REPLICA IDENTITY USING INDEX held_a_key;"));
    // What the fixes say is enough.
    for table in ["plain", "held", "nothing"] {
        let fix =
            s.value(&format!("SELECT fix FROM warden.audit_table('{table}') WHERE rule = '{}'", rule_of(table)))?;
        s.run(&fix)?;
        s.run(&format!("UPDATE {table} SET a = 1"))?;
    }
    // Rows of a partitioned table are told apart in its partitions.
    s.script("ALTER TABLE parted_1 REPLICA IDENTITY FULL; ALTER TABLE keyless_1 REPLICA IDENTITY FULL")?;
    s.script("UPDATE parted SET a = 1; UPDATE keyless SET a = 1")?;
    let now = s.column(
        "SELECT concat_ws(' ', level, object) FROM warden.audit() WHERE rule <> 'none' AND NOT level = 'not checked' ORDER BY 1",
    )?;
    ensure_eq!(now, ["info public.held", "info public.nothing", "info public.parted", "warning public.keyless"]);
    Ok(())
}

fn serial_columns(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(
        "CREATE TABLE t (a serial, b bigserial, c smallserial, d bigint GENERATED ALWAYS AS IDENTITY,
            e bigint GENERATED BY DEFAULT AS IDENTITY, f int DEFAULT 1, g bigint GENERATED ALWAYS AS (1) STORED);
         CREATE SEQUENCE shared; CREATE TABLE u (a bigint DEFAULT nextval('shared'));
         CREATE SEQUENCE owned; CREATE TABLE v (a text DEFAULT 'N' || nextval('owned'), b bigint DEFAULT nextval('owned') * 10);
         ALTER SEQUENCE owned OWNED BY v.b;
         CREATE TABLE w (a bigserial); ALTER TABLE w ALTER a DROP DEFAULT;
         CREATE SEQUENCE by_hand; CREATE TABLE x (a bigint DEFAULT nextval('by_hand')); ALTER SEQUENCE by_hand OWNED BY x.a;
         CREATE TABLE heir () INHERITS (t);
         CREATE TABLE parted (a bigserial) PARTITION BY LIST (a); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
         CREATE TEMP TABLE temporary (a serial)",
    )?;
    ensure_eq!(objects(&mut s, "column-type-serial")?, ["public.parted.a", "public.t", "public.x.a"]);
    let row = s.rows("SELECT level, message, detail FROM warden.audit_table('t') WHERE rule = 'column-type-serial'")?;
    ensure_eq!(row[0][0].as_deref(), Some("info"));
    ensure_eq!(row[0][1].as_deref(), Some("columns \"a\", \"b\", \"c\" of \"t\" are serial"));
    ensure!(row[0][2].as_deref().is_some_and(|d| d.contains("public.t_a_seq") && d.contains("the others")), "{row:?}");
    Ok(())
}

fn invalid_indexes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(
        "CREATE TABLE t (id bigint PRIMARY KEY, a int); INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 2000) i",
    )?;
    s.error("CREATE UNIQUE INDEX CONCURRENTLY t_a_key ON t (a)")?;
    let [message, detail, hint, fix] = the(&mut s, "index-invalid")?;
    ensure_eq!(message, "index \"t_a_key\" on \"t\" is invalid");
    // It failed in its first pass, so that no write keeps it up: see pg_index.indisready.
    ensure!(detail.contains("takes space") && !detail.contains("slows writes"), "{detail}");
    s.run("UPDATE pg_index SET indisready = true WHERE NOT indisvalid")?;
    let [_, detail, _, _] = the(&mut s, "index-invalid")?;
    ensure!(detail.contains("slows writes down, refuses duplicates"), "{detail}");
    s.run("UPDATE pg_index SET indisready = false WHERE NOT indisvalid")?;
    ensure!(hint.contains("REINDEX INDEX CONCURRENTLY public.t_a_key;"), "{hint}");
    ensure_eq!(fix, "DROP INDEX CONCURRENTLY public.t_a_key;");
    ensure_eq!(found(&mut s, "")?, ["index-invalid error public.t_a_key"]);
    // What a REINDEX leaves behind is named so.
    s.error("REINDEX INDEX CONCURRENTLY t_a_key")?;
    ensure_eq!(objects(&mut s, "index-invalid")?, ["public.t_a_key", "public.t_a_key_ccnew"]);
    let hint = s.value("SELECT hint FROM warden.audit() WHERE object = 'public.t_a_key_ccnew'")?;
    ensure!(hint.contains("REINDEX left it over"), "{hint}");
    // The parent of indexes that are not all there is another matter.
    s.script(
        "DROP INDEX t_a_key, t_a_key_ccnew;
         CREATE TABLE p (a int, b int) PARTITION BY LIST (a); CREATE TABLE p_1 PARTITION OF p FOR VALUES IN (1);
         CREATE INDEX p_b_idx ON ONLY p (b)",
    )?;
    ensure_eq!(s.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'p_b_idx'::regclass")?, "f");
    ensure_eq!(objects(&mut s, "index-invalid")?, [""; 0]);
    Ok(())
}

fn an_index_being_built_is_not_invalid(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = quiet(&db)?;
    s.script("CREATE TABLE t (id bigint PRIMARY KEY, a int)")?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit TO {role}"))?;
    let mut ordinary = db.session_as(&role)?;
    for (build, index) in [
        ("CREATE INDEX CONCURRENTLY t_a_idx ON t (a)", "t_a_idx"),
        ("REINDEX INDEX CONCURRENTLY t_a_idx", "t_a_idx_ccnew"),
        ("DROP INDEX CONCURRENTLY t_a_idx", "t_a_idx"),
    ] {
        let mut other = quiet(&db)?;
        // Whoever builds concurrently waits for those who write.
        other.script("BEGIN; INSERT INTO t VALUES (1, 1)")?;
        let mut builder = quiet(&db)?;
        let pid = builder.pid()?;
        let at_work = thread::spawn(move || builder.outcome(build));
        let deadline = Instant::now() + Duration::from_secs(30);
        while s.value(&format!(
            "SELECT count(*) FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass('{index}')"
        ))? == "0"
        {
            ensure!(Instant::now() < deadline, "{build}: the index never was invalid");
            thread::sleep(Duration::from_millis(20));
        }
        ensure_eq!(objects(&mut s, "index-invalid")?, [""; 0], "{build}");
        ensure_eq!(objects(&mut ordinary, "index-invalid")?, [""; 0], "{build}, seen by an ordinary role");
        // Cancelled, it is left over.
        s.run(&format!("SELECT pg_cancel_backend({pid})"))?;
        let Ok(outcome) = at_work.join() else { fail!("the builder panicked") };
        ensure_eq!(outcome.error.map(|e| e.sqlstate), Some("57014".to_owned()), "{build}");
        other.run("ROLLBACK")?;
        ensure_eq!(objects(&mut s, "index-invalid")?, [format!("public.{index}")], "{build}");
        ensure_eq!(objects(&mut ordinary, "index-invalid")?, [format!("public.{index}")], "{build}");
        s.script("DROP INDEX IF EXISTS t_a_idx_ccnew; DROP INDEX t_a_idx; CREATE INDEX t_a_idx ON t (a)")?;
    }
    Ok(())
}

fn duplicate_indexes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(
        "CREATE TABLE t (id bigint PRIMARY KEY, a int, b int, c text, d int[], p point);
         CREATE INDEX t_a_idx ON t (a, b) INCLUDE (c, d)",
    )?;
    // Not the same.
    for index in [
        "t (b, a) INCLUDE (c, d)",
        "t (a, b) INCLUDE (c)",
        "t (a DESC, b) INCLUDE (c, d)",
        "t (a NULLS FIRST, b) INCLUDE (c, d)",
        "t (a, b) INCLUDE (c, d) WHERE a > 0",
        "t ((a + 0), b) INCLUDE (c, d)",
        "t (a, b, c)",
    ] {
        s.script(&format!("BEGIN; CREATE INDEX x ON {index}"))?;
        ensure_eq!(objects(&mut s, "index-duplicate")?, [""; 0], "{index}");
        s.run("ROLLBACK")?;
    }
    // The same.
    for (first, second) in [
        ("t (a, b) INCLUDE (c, d)", "t (a, b) INCLUDE (d, c)"),
        ("t (lower(c))", "t    (  lower( c ) )"),
        ("t (a) WHERE b > 0 AND c IS NULL", "t (a) WHERE (b > 0)   AND (c IS NULL)"),
        ("t (a) WITH (fillfactor = 50)", "t (a) WITH (fillfactor = 90)"),
        ("t USING gin (d)", "t USING gin (d)"),
        ("t USING gist (p)", "t USING gist (p)"),
        ("t USING hash (a)", "t USING hash (a)"),
        ("t (c text_pattern_ops)", "t (c text_pattern_ops)"),
    ] {
        s.script(&format!("BEGIN; DROP INDEX t_a_idx; CREATE INDEX x1 ON {first}; CREATE INDEX x2 ON {second}"))?;
        // Of equals, the later name goes.
        ensure_eq!(objects(&mut s, "index-duplicate")?, ["public.x2"], "{first} and {second}");
        ensure_eq!(objects(&mut s, "index-redundant")?, [""; 0], "{first} and {second}");
        s.run("ROLLBACK")?;
    }
    // Of a materialized view, too.
    s.script("BEGIN; DROP INDEX t_a_idx; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX x1 ON m (a); CREATE INDEX x2 ON m (a)")?;
    ensure_eq!(found(&mut s, "")?, ["index-duplicate warning public.x2"]);
    s.run("ROLLBACK")?;
    // Almost the same, by what their methods are told, by operators, collations and kind of uniqueness.
    for (first, second) in [
        ("t USING brin (a) WITH (pages_per_range = 8)", "t USING brin (a) WITH (pages_per_range = 64)"),
        ("t USING gin (d) WITH (fastupdate = off)", "t USING gin (d)"),
        ("t (c)", "t (c text_pattern_ops)"),
        ("t (c)", "t (c COLLATE \"POSIX\")"),
        ("t USING gist (p)", "t USING spgist (p)"),
        ("t (a)", "t USING hash (a)"),
        ("t (a) WHERE b > 0", "t (a) WHERE b > 1"),
        ("t (lower(c))", "t (upper(c))"),
    ] {
        s.script(&format!("BEGIN; DROP INDEX t_a_idx; CREATE INDEX x1 ON {first}; CREATE INDEX x2 ON {second}"))?;
        ensure_eq!(found(&mut s, "")?, [""; 0], "{first} and {second}");
        s.run("ROLLBACK")?;
    }
    s.script("DROP INDEX t_a_idx; CREATE INDEX x3 ON t (a); CREATE INDEX x2 ON t (a); CREATE INDEX x1 ON t (a)")?;
    ensure_eq!(objects(&mut s, "index-duplicate")?, ["public.x2", "public.x3"], "one stays");
    s.run("DROP INDEX x3")?;
    let [message, detail, hint, fix] = the(&mut s, "index-duplicate")?;
    ensure_eq!(message, "index \"x2\" on \"t\" is the same as \"x1\"");
    ensure!(detail.starts_with("Both are kept up by every write. Dropping this one frees "), "{detail}");
    ensure_eq!(hint, "");
    ensure_eq!(fix, "DROP INDEX CONCURRENTLY public.x2;");
    Ok(())
}

fn what_holds_an_index(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.run("CREATE TABLE t (id bigint PRIMARY KEY, a int NOT NULL, b int)")?;
    for (setup, expected) in [
        // What a constraint, a unique index, a replica identity or CLUSTER holds stays, whatever its name.
        ("ALTER TABLE t ADD CONSTRAINT z UNIQUE (a); CREATE INDEX a_idx ON t (a)", "public.a_idx"),
        ("CREATE UNIQUE INDEX z ON t (a); CREATE INDEX a_idx ON t (a)", "public.a_idx"),
        ("ALTER TABLE t ADD CONSTRAINT z UNIQUE (a); CREATE UNIQUE INDEX a_idx ON t (a)", "public.a_idx"),
        ("CREATE INDEX z ON t (a); CREATE INDEX a_idx ON t (a); CLUSTER t USING z", "public.a_idx"),
        (
            "CREATE UNIQUE INDEX z ON t (a); CREATE UNIQUE INDEX a_idx ON t (a); ALTER TABLE t REPLICA IDENTITY USING INDEX z",
            "public.a_idx",
        ),
        ("CREATE UNIQUE INDEX a_idx ON t (id)", "public.a_idx"),
        (
            "ALTER TABLE t ADD CONSTRAINT z UNIQUE (a); CREATE TABLE r (a int REFERENCES t (a)); ALTER TABLE t ADD CONSTRAINT a_key UNIQUE (a)",
            "public.a_key",
        ),
        // Uniqueness that another index does not keep.
        ("ALTER TABLE t ADD CONSTRAINT z UNIQUE (a) DEFERRABLE; CREATE UNIQUE INDEX a_idx ON t (a)", ""),
        ("CREATE UNIQUE INDEX z ON t (b) NULLS NOT DISTINCT; CREATE UNIQUE INDEX a_idx ON t (b)", ""),
        // Both are held.
        (
            "ALTER TABLE t ADD CONSTRAINT z UNIQUE (id); CREATE TABLE r (a bigint); ALTER TABLE t REPLICA IDENTITY USING INDEX z",
            "",
        ),
    ] {
        s.run("BEGIN")?;
        for statement in setup.split(';') {
            s.run(statement)?;
        }
        let found = s.rows(
            "SELECT object, fix FROM warden.audit_table('t') WHERE rule IN ('index-duplicate', 'index-redundant')",
        )?;
        let objects: Vec<_> = found.iter().filter_map(|row| row[0].as_deref()).collect();
        ensure_eq!(objects.join(" "), expected, "{setup}");
        for row in &found {
            let fix = row[1].as_deref().unwrap_or_default();
            // It runs; what is concurrent cannot in a transaction.
            s.run(&fix.replace("CONCURRENTLY ", "")).map_err(|e| format!("{setup}: {fix}: {e}"))?;
        }
        s.run("ROLLBACK")?;
    }
    Ok(())
}

fn redundant_indexes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.run("CREATE TABLE t (id bigint PRIMARY KEY, a int, b int, c text, d int[])")?;
    for (short, long, expected) in [
        ("t (a)", "t (a, b)", true),
        ("t (a)", "t (a, b) INCLUDE (c)", true),
        ("t (a) INCLUDE (b)", "t (a, b)", true),
        ("t (a) INCLUDE (c)", "t (a, b) INCLUDE (c)", true),
        ("t (a)", "t (a) INCLUDE (b)", true),
        ("t (a) WHERE b > 0", "t (a, c) WHERE b > 0", true),
        ("t (lower(c))", "t (lower(c), upper(c))", true),
        ("t (a, lower(c))", "t (a, lower(c), b)", true),
        ("t (c text_pattern_ops)", "t (c text_pattern_ops, a)", true),
        ("t (b)", "t (a, b)", false),
        ("t (a DESC)", "t (a, b)", false),
        ("t (a) INCLUDE (c)", "t (a, b)", false),
        ("t (a) INCLUDE (c)", "t (a) INCLUDE (b)", false),
        ("t (a) WHERE b > 0", "t (a, c)", false),
        ("t (a)", "t (a, c) WHERE b > 0", false),
        ("t (lower(c))", "t (upper(c), lower(c))", false),
        ("t (lower(c))", "t (lower(c || 'x'), a)", false),
        ("t (c)", "t (c text_pattern_ops, a)", false),
        ("t (c)", "t (c COLLATE \"POSIX\", a)", false),
        ("t USING brin (a)", "t USING brin (a, b)", false),
        ("t USING gin (d)", "t (d, a)", false),
        ("t USING hash (a)", "t (a, b)", false),
    ] {
        s.script(&format!("BEGIN; CREATE INDEX short ON {short}; CREATE INDEX long ON {long}"))?;
        let expected = if expected { vec!["index-redundant info public.short"] } else { vec![] };
        ensure_eq!(found(&mut s, "")?, expected, "{short} and {long}");
        s.run("ROLLBACK")?;
    }
    // What is unique stays; what begins two others is said once, with one that stays.
    s.script(
        "CREATE UNIQUE INDEX a_unique ON t (a); CREATE INDEX a_b ON t (a, b); CREATE INDEX a_b_c ON t (a, b, c);
         CREATE INDEX a_b_again ON t (a, b)",
    )?;
    let rows = s.rows("SELECT rule, object, message FROM warden.audit() ORDER BY object")?;
    let rows: Vec<String> =
        rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect();
    ensure_eq!(
        rows,
        [
            "index-redundant public.a_b index \"a_b\" on \"t\" is the beginning of \"a_b_c\"",
            "index-redundant public.a_b_again index \"a_b_again\" on \"t\" is the beginning of \"a_b_c\"",
        ]
    );
    // Small, and read: worth its keep.
    s.script(
        "DROP INDEX a_unique, a_b, a_b_c, a_b_again; CREATE INDEX short ON t (a); CREATE INDEX long ON t (a, c);
         INSERT INTO t SELECT i, 1, 1, repeat(md5(i::text), 10) FROM generate_series(1, 5000) i; REINDEX TABLE t",
    )?;
    ensure_eq!(objects(&mut s, "index-redundant")?, ["public.short"], "nobody has read it");
    s.script("SET enable_seqscan = off; SET enable_bitmapscan = off; DROP INDEX long; SELECT count(*) FROM t WHERE a = 1; CREATE INDEX long ON t (a, c); SELECT pg_stat_force_next_flush()")?;
    ensure!(s.value("SELECT pg_stat_get_numscans('short'::regclass) > 0")? == "t", "the index was not read");
    ensure_eq!(objects(&mut s, "index-redundant")?, [""; 0]);
    Ok(())
}

fn indexes_of_partitioned_tables(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(
        "CREATE TABLE p (id bigint, a int, b int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
         CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10);
         CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (10) TO (20);
         CREATE INDEX p_a_idx ON p (a); CREATE INDEX p_a_again ON p (a); CREATE INDEX p_b_idx ON p (b); CREATE INDEX p_b_a_idx ON p (b, a)",
    )?;
    // The parent's, once; and no CONCURRENTLY, which the server refuses.
    let rows = s.rows("SELECT rule, object, fix FROM warden.audit() ORDER BY rule")?;
    let rows: Vec<String> =
        rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect();
    ensure_eq!(
        rows,
        [
            "index-duplicate public.p_a_idx DROP INDEX public.p_a_idx;",
            "index-redundant public.p_b_idx DROP INDEX public.p_b_idx;"
        ]
    );
    s.run("DROP INDEX p_a_idx, p_b_idx")?;
    // One that a partition has for itself, beside the one that it has from its parent.
    s.script("CREATE INDEX a_own ON p_1 (a); CREATE INDEX z_own ON p_2 (b)")?;
    ensure_eq!(found(&mut s, "")?, ["index-duplicate warning public.a_own", "index-redundant info public.z_own"]);
    Ok(())
}

fn fixes_mend(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(PARENT)?;
    s.script(
        "CREATE SCHEMA \"Other Schema\";
         CREATE TABLE \"Other Schema\".\"Child\" (id bigint PRIMARY KEY, \"P\" bigint REFERENCES parent, \"select\" int);
         INSERT INTO \"Other Schema\".\"Child\" SELECT i, i, 1 FROM generate_series(1, 2000) i; ANALYZE;
         CREATE INDEX \"I 1\" ON \"Other Schema\".\"Child\" (\"select\"); CREATE INDEX \"I 2\" ON \"Other Schema\".\"Child\" (\"select\");
         CREATE INDEX \"I 3\" ON \"Other Schema\".\"Child\" (\"select\", id);
         ALTER TABLE parent ADD UNIQUE (id)",
    )?;
    s.error("CREATE UNIQUE INDEX CONCURRENTLY \"I 4\" ON \"Other Schema\".\"Child\" ((\"select\" + 1))")?;
    let fixes = s.column("SELECT fix FROM warden.audit()")?;
    ensure_eq!(fixes.len(), 5, "{fixes:?}");
    for fix in fixes {
        s.run(&fix).map_err(|e| format!("{fix}: {e}"))?;
    }
    ensure_eq!(found(&mut s, "")?, [""; 0]);
    Ok(())
}

fn what_is_not_judged(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    ensure_eq!(found(&mut s, "")?, [""; 0], "a new database has no findings");
    s.script(
        "CREATE TEMP TABLE temporary (a serial); CREATE INDEX ON temporary (a); CREATE INDEX ON temporary (a);
         CREATE TABLE of_an_extension (a serial); ALTER EXTENSION pg_warden ADD TABLE of_an_extension;
         CREATE TABLE warden.ours (a serial);
         CREATE VIEW seen AS SELECT 1 AS a",
    )?;
    ensure_eq!(found(&mut s, "")?, [""; 0]);
    for (table, reason) in [
        ("temporary", "It is temporary."),
        ("of_an_extension", "It belongs to extension \"pg_warden\"."),
        ("warden.ours", "It belongs to pg_warden."),
        ("pg_class", "It belongs to the system."),
    ] {
        let rows = s.rows(&format!("SELECT DISTINCT level, detail FROM warden.audit_table('{table}')"))?;
        ensure_eq!(rows, vec![vec![Some("not checked".to_owned()), Some(reason.to_owned())]], "{table}");
    }
    Ok(())
}

fn one_table(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(PARENT)?;
    s.script(
        "CREATE TABLE a (id serial, p bigint REFERENCES parent); CREATE INDEX ON a (id); CREATE INDEX ON a (id);
         INSERT INTO a (p) SELECT generate_series(1, 2000); ANALYZE a;
         CREATE TABLE b (id serial); CREATE INDEX ON b (id); CREATE INDEX ON b (id)",
    )?;
    let all = found(&mut s, "")?;
    ensure_eq!(all.len(), 7, "{all:?}");
    let mut one = s.column("SELECT concat_ws(' ', rule, level, object) FROM warden.audit_table('a')")?;
    one.sort();
    let of_a: Vec<_> = all.into_iter().filter(|line| line.contains(" public.a")).collect();
    ensure_eq!(one, of_a);
    ensure_eq!(s.rows("SELECT * FROM warden.audit_table('parent')")?.len(), 0);
    Ok(())
}

fn wrong_arguments(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script("CREATE SCHEMA \"Sales\"; CREATE TABLE t (a int PRIMARY KEY); CREATE VIEW v AS SELECT 1 AS a; CREATE SEQUENCE q")?;
    for (call, code, message, hint) in [
        ("audit(rules => '{index-duplicat}')", "42704", "there is no rule \"index-duplicat\"", "\"index-duplicate\""),
        ("audit(rules => '{x}')", "42704", "there is no rule \"x\"", "FROM warden.rules"),
        ("audit(rules => '{set-not-null-scan}')", "22023", "judges statements", "LIKE '%audit%'"),
        ("audit(rules => '{NULL}')", "22004", "rules must not contain null", "NULL instead"),
        ("audit(schemas => '{nowhere}')", "3F000", "schema \"nowhere\" does not exist", "pg_namespace"),
        ("audit(schemas => '{sales}')", "3F000", "schema \"sales\" does not exist", "'Sales'"),
        ("audit(schemas => '{public, NULL}')", "22004", "schemas must not contain null", "NULL instead"),
        ("audit(schemas => '{pg_catalog}')", "22023", "schema \"pg_catalog\" is not audited", "system"),
        ("audit(schemas => '{warden}')", "22023", "schema \"warden\" is not audited", "pg_warden"),
        ("audit(min_level => 'warn')", "22023", "there is no level \"warn\"", "info, warning and error"),
        ("audit(min_level => 'off')", "22023", "there is no level \"off\"", "info, warning and error"),
        ("audit(min_level => NULL)", "22004", "min_level must not be null", "info, warning and error"),
        ("audit_table(NULL)", "22004", "table_name must not be null", "audit_table('orders')"),
        ("audit_table('v')", "42809", "public.v is not a table", "Only tables"),
        ("audit_table('q')", "42809", "public.q is not a table", "Only tables"),
        ("audit_table('t_pkey')", "42809", "public.t_pkey is not a table", "Only tables"),
        ("audit_table(1)", "42P01", "there is no table with OID 1", "dropped"),
        ("audit_table('missing')", "42P01", "relation \"missing\" does not exist", ""),
    ] {
        let error = s.error(&format!("SELECT * FROM warden.{call}"))?;
        ensure_eq!(error.sqlstate, code, "{call}: {error}");
        ensure!(error.message.contains(message) && error.hint().contains(hint), "{call}: {error}");
        ensure_eq!(s.value("SELECT 1")?, "1", "the connection is alive");
    }
    Ok(())
}

fn schemas_rules_and_levels(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script("CREATE SCHEMA a; CREATE SCHEMA \"B \"\"c\"; CREATE TABLE a.t (x serial); CREATE TABLE \"B \"\"c\".t (x serial); CREATE TABLE t (x serial)")?;
    let all = [
        "column-type-serial info \"B \"\"c\".t.x",
        "column-type-serial info a.t.x",
        "column-type-serial info public.t.x",
        "table-without-primary-key warning \"B \"\"c\".t",
        "table-without-primary-key warning a.t",
        "table-without-primary-key warning public.t",
    ];
    ensure_eq!(found(&mut s, "")?, all);
    ensure_eq!(found(&mut s, "NULL, NULL, 'info'")?, all);
    ensure_eq!(found(&mut s, "ARRAY['a', 'B \"c', 'a']")?, [all[0], all[1], all[3], all[4]]);
    ensure_eq!(found(&mut s, "'{}'")?, [""; 0]);
    ensure_eq!(found(&mut s, "min_level => 'warning'")?, all[3..]);
    ensure_eq!(found(&mut s, "min_level => 'error'")?, [""; 0]);
    ensure_eq!(found(&mut s, "rules => '{column-type-serial, index-invalid}'")?, all[..3]);
    ensure_eq!(found(&mut s, "'{a}', '{column-type-serial}', 'info'")?, all[1..2]);
    // Worst first.
    let levels = s.column("SELECT level FROM warden.audit()")?;
    ensure_eq!(levels, ["warning", "warning", "warning", "info", "info", "info"]);
    // The larger table comes first among equals.
    s.script("INSERT INTO t SELECT FROM generate_series(1, 5000); ANALYZE t")?;
    ensure_eq!(s.value("SELECT object FROM warden.audit()")?, "public.t");
    Ok(())
}

fn levels_that_were_set(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script("CREATE TABLE t (x serial)")?;
    for (levels, expected) in [
        ("", vec!["column-type-serial info public.t.x", "table-without-primary-key warning public.t"]),
        (
            "table-without-primary-key=error",
            vec!["column-type-serial info public.t.x", "table-without-primary-key error public.t"],
        ),
        // What the check itself makes little of is not raised.
        (
            "column-type-serial=error",
            vec!["column-type-serial info public.t.x", "table-without-primary-key warning public.t"],
        ),
        ("table-without-primary-key=off", vec!["column-type-serial info public.t.x"]),
        ("table-without-primary-key=off, column-type-serial=off", vec![]),
    ] {
        s.run(&format!("SET warden.rule_levels = '{levels}'"))?;
        ensure_eq!(found(&mut s, "")?, expected, "{levels}");
    }
    ensure_eq!(s.value("SELECT level FROM warden.rules WHERE rule = 'column-type-serial'")?, "off");
    ensure_eq!(found(&mut s, "rules => '{column-type-serial}'")?, [""; 0], "off is off, though it was asked for");
    Ok(())
}

fn hostile_names(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(PARENT)?;
    for name in [
        "quote\"d",
        "per%cent %s %n$I",
        "new\nline",
        "sl\\ash",
        "apo'strophe",
        "<script>",
        "dollar$1",
        "{1,2}",
        "NULL",
        "é".repeat(31).as_str(),
        "注文_🐘",
        "a.b",
        " ",
        "*/ DROP TABLE parent; --",
    ] {
        let quoted = name.replace('"', "\"\"");
        s.script("CREATE SCHEMA hostile")?;
        s.run(&format!(
            "CREATE TABLE hostile.\"{quoted}\" (\"{quoted}\" serial, \"{quoted} p\" bigint CONSTRAINT \"{quoted}\" REFERENCES parent);
             INSERT INTO hostile.\"{quoted}\" SELECT i, 1 FROM generate_series(1, 2000) i; ANALYZE hostile.\"{quoted}\""
        ))?;
        for index in ["1", "2"] {
            s.run(&format!("CREATE INDEX \"{quoted}{index}\" ON hostile.\"{quoted}\" (\"{quoted}\")"))?;
        }
        let rows = s.rows("SELECT rule, message, object, fix FROM warden.audit()")?;
        let rules: BTreeSet<_> = rows.iter().filter_map(|row| row[0].as_deref()).collect();
        ensure_eq!(rules.len(), 4, "{name:?}: {rows:?}");
        for row in &rows {
            ensure!(row[1].as_deref().is_some_and(|message| message.contains(name)), "{name:?}: {row:?}");
            ensure!(row[2].as_deref().is_some_and(|object| object.starts_with("hostile.")), "{name:?}: {row:?}");
            if let Some(fix) = &row[3] {
                s.run(fix).map_err(|e| format!("{fix}: {e}"))?;
            }
        }
        ensure_eq!(
            s.rows("SELECT FROM warden.audit(schemas => '{hostile}')")?.len(),
            2,
            "{name:?}: fixes mended the index and the key"
        );
        s.rows("SELECT * FROM warden.todo")?;
        // Column, table and schema can be told apart: the object is a name that the server reads.
        let object = s.value("SELECT object FROM warden.audit(rules => '{table-without-primary-key}')")?;
        ensure_eq!(s.value(&format!("SELECT relname FROM pg_class WHERE oid = {}::regclass", literal(&object)))?, name);
        s.run("DROP SCHEMA hostile CASCADE")?;
    }
    Ok(())
}

fn settings_of_the_session_change_nothing(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(PARENT)?;
    s.script(
        "CREATE TABLE t (x serial, p bigint REFERENCES parent, c text); INSERT INTO t (p) SELECT generate_series(1, 2000); ANALYZE t;
         CREATE INDEX ON t (lower(c)) WHERE p IS NOT NULL; CREATE INDEX ON t (lower(c)) WHERE p IS NOT NULL",
    )?;
    let everything = "SELECT array_agg(a ORDER BY fingerprint) FROM warden.audit() AS a";
    let before = s.value(everything)?;
    s.run(
        "SET standard_conforming_strings = off; SET escape_string_warning = on; SET quote_all_identifiers = on; SET search_path = nowhere;
         SET array_nulls = off; SET transform_null_equals = on; SET extra_float_digits = -15; SET datestyle = 'SQL, DMY'",
    )
    .or_else(|_| s.run("SET quote_all_identifiers = on; SET search_path = nowhere; SET transform_null_equals = on"))?;
    let outcome = s.run(everything)?;
    ensure_eq!(outcome.notices.len(), 0, "{outcome}");
    ensure_eq!(outcome.rows[0][0].as_deref(), Some(before.as_str()));
    ensure_eq!(s.value("SHOW quote_all_identifiers")?, "on", "what was pinned is put back");
    ensure_eq!(s.value("SHOW search_path")?, "\"nowhere\"");
    Ok(())
}

fn fingerprints_are_made_of_names(leg: &Leg) -> Result {
    let mut seen = Vec::new();
    // Other OIDs, and indexes made in another order, as a restore does.
    for (before, indexes) in [("", ["x1", "x2"]), ("CREATE TABLE first (a int PRIMARY KEY)", ["x2", "x1"])] {
        let db = leg.database()?;
        let mut s = quiet(&db)?;
        s.script(before)?;
        s.script(PARENT)?;
        s.script(
            "CREATE TABLE t (x serial, p bigint REFERENCES parent); INSERT INTO t (p) SELECT generate_series(1, 2000); ANALYZE t",
        )?;
        for index in indexes {
            s.run(&format!("CREATE INDEX {index} ON t (x)"))?;
        }
        s.error("CREATE UNIQUE INDEX CONCURRENTLY x3 ON t ((x / 2))")?;
        seen.push(s.rows("SELECT rule, object, fingerprint FROM warden.audit() ORDER BY rule")?);
    }
    ensure_eq!(seen[0].len(), 5, "{seen:?}");
    ensure_eq!(seen[0], seen[1]);
    Ok(())
}

fn evidence_of_a_parent_that_never_changes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script(PARENT)?;
    s.script(
        "CREATE TABLE t (id bigint PRIMARY KEY, p bigint REFERENCES parent); INSERT INTO t SELECT i, i FROM generate_series(1, 2000) i; ANALYZE;
         SELECT pg_stat_force_next_flush()",
    )?;
    // Statistics of a few seconds are no evidence.
    ensure_eq!(found(&mut s, "")?, ["foreign-key-without-index warning public.t.t_p_fkey"]);
    // As they would speak after a month.
    let statement = s
        .value("SELECT statement FROM warden_internal.audit_statements() WHERE source = 'foreign_keys'")?
        .replace("$1", "NULL")
        .replace("$2", "NULL");
    let later = statement.replace("'30 days'", "'0 days'");
    ensure!(later != statement, "the period is not in {statement}");
    let judged = format!("SELECT level, detail FROM ({later}) AS q");
    let row = s.rows(&judged)?.remove(0);
    ensure_eq!(row[0].as_deref(), Some("info"));
    ensure!(row[1].as_deref().is_some_and(|d| d.contains("no row there was updated or deleted so far")), "{row:?}");
    s.script("DELETE FROM parent WHERE id = 2000 AND false; UPDATE parent SET a = a WHERE id = 1; SELECT pg_stat_force_next_flush()")?;
    let row = s.rows(&judged)?.remove(0);
    ensure_eq!(row[0], None, "a row was updated");
    Ok(())
}

fn not_checked(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = quiet(&db)?;
    s.script("CREATE TABLE t (x serial)")?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit, warden.audit_table TO {role}"))?;
    let mut ordinary = db.session_as(&role)?;
    // What the catalog shows to all, an ordinary role sees.
    ensure_eq!(
        found(&mut ordinary, "")?,
        ["column-type-serial info public.t.x", "table-without-primary-key warning public.t"]
    );
    s.run("REVOKE SELECT ON pg_catalog.pg_index FROM PUBLIC")?;
    ordinary.run("BEGIN")?;
    let rows =
        ordinary.rows("SELECT rule, level, object, detail FROM warden.audit(min_level => 'error') ORDER BY rule")?;
    let unchecked: Vec<_> = rows.iter().map(|row| row[0].as_deref().unwrap_or_default()).collect();
    ensure_eq!(
        unchecked,
        [
            "fk-narrower-than-pk",
            "foreign-key-duplicate",
            "foreign-key-without-index",
            "index-duplicate",
            "index-invalid",
            "index-redundant",
            "table-without-primary-key"
        ]
    );
    for row in &rows {
        ensure_eq!(row[1].as_deref(), Some("not checked"));
        ensure_eq!(row[3].as_deref(), Some("permission denied for table pg_index"));
    }
    // The others are checked, and the transaction goes on.
    let rules = ordinary.column("SELECT rule FROM warden.audit() WHERE level <> 'not checked'")?;
    ensure_eq!(rules, ["column-type-serial"]);
    ensure_eq!(ordinary.value("SELECT count(*) FROM warden.audit_table('t') WHERE level = 'not checked'")?, "7");
    ordinary.run("COMMIT")?;
    // The user's own timeout is the user's, and not a source's failure.
    s.run("GRANT SELECT ON pg_catalog.pg_index TO PUBLIC; SET statement_timeout = '1ms'")?;
    let outcome = s.outcome("SELECT pg_sleep(0.01) FROM warden.audit()");
    ensure_eq!(outcome.error.map(|e| e.sqlstate), Some("57014".to_owned()));
    Ok(())
}

fn reads_only(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.script("CREATE TABLE t (x serial)")?;
    for begin in ["BEGIN READ ONLY", "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY", "BEGIN"] {
        s.run(begin)?;
        for call in [
            "warden.audit()",
            "warden.audit_table('t')",
            "warden.todo",
            "warden.rules",
            "warden.status",
            "warden.help()",
        ] {
            ensure!(!s.rows(&format!("SELECT * FROM {call}"))?.is_empty(), "{call}");
        }
        ensure_eq!(s.value("SELECT pg_current_xact_id_if_assigned()")?, "∅", "{begin}: a transaction id was taken");
        ensure_eq!(
            s.value("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN ('t'::regclass)")?,
            "0",
            "{begin}: a lock on a user's table is kept"
        );
        s.run("COMMIT")?;
    }
    // In a function and in a cursor, too.
    s.script(
        "DO $$DECLARE r record; n int := 0; BEGIN FOR r IN SELECT * FROM warden.audit() LOOP n := n + 1; END LOOP; ASSERT n = 2; END$$;
         BEGIN; DECLARE c CURSOR FOR SELECT * FROM warden.audit(); FETCH 1 FROM c; FETCH 1 FROM c; CLOSE c; COMMIT",
    )?;
    ensure_eq!(s.rows("SELECT (warden.audit()).rule")?.len(), 2);
    Ok(())
}

fn other_encodings(leg: &Leg) -> Result {
    let mut admin = leg.cluster.connect("postgres")?;
    for (encoding, name) in [("LATIN1", "Größe"), ("EUC_JP", "注文"), ("SQL_ASCII", "Größe")] {
        let database = format!("audit_{}", encoding.to_lowercase());
        admin.run(&format!(
            "CREATE DATABASE {database} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        ))?;
        let mut s = leg.cluster.connect(&database)?;
        s.script("CREATE EXTENSION pg_warden; SET warden.mode = off")?;
        s.script(&format!("CREATE SCHEMA \"{name}\"; CREATE TABLE \"{name}\".\"{name}\" (\"{name}\" serial)"))?;
        let schemas = format!("ARRAY['{name}'], ARRAY['column-type-serial', 'table-without-primary-key']");
        ensure_eq!(
            found(&mut s, &schemas)?,
            [
                format!("column-type-serial info \"{name}\".\"{name}\".\"{name}\""),
                format!("table-without-primary-key warning \"{name}\".\"{name}\""),
            ],
            "{encoding}"
        );
        let error = s.error(&format!("SELECT * FROM warden.audit(schemas => ARRAY['{name}{name}'])"))?;
        ensure_eq!(error.sqlstate, "3F000", "{encoding}: {error}");
        let error = s.error(&format!("SELECT * FROM warden.audit(rules => ARRAY['{name}'])"))?;
        ensure_eq!(error.sqlstate, "42704", "{encoding}: {error}");
        s.rows("SELECT * FROM warden.todo")?;
        // Pages have no character that the encoding lacks.
        ensure_eq!(
            s.value("SELECT count(*) FROM warden.rules WHERE warden.help(rule) ~ '[^[:ascii:]]'")?,
            "0",
            "{encoding}"
        );
        s.rows("SELECT * FROM warden.status")?;
        drop(s);
        admin.run(&format!("DROP DATABASE {database} WITH (FORCE)"))?;
    }
    Ok(())
}
