//! `warden.plan_conversion` and `warden.convert_to_partitioned`: a live table becomes partitioned, and nobody can tell.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pg_warden_tests::partitioned::{behind, sum};
use pg_warden_tests::{Database, Leg, Outcome, Result, Session, cases, ensure, ensure_eq};

cases![
    k3_all_that_it_had_is_there_after,
    k3_attach_reads_nothing,
    k2_the_cutoff_is_a_whole_period_away,
    k1_what_is_in_the_way,
    k4_a_key_without_the_column,
    the_plan_is_what_is_done,
    key_types_and_zones,
    hostile_and_long_names,
    identities_and_sequences_go_on,
    k3_others_write_meanwhile,
    k5_a_kill_in_each_phase,
    k5_it_goes_on_and_is_given_up,
    a_cutoff_that_has_passed_is_moved,
    what_comes_in_the_way_later,
    what_changes_while_the_swap_waits,
    g5_locks,
    g5_a_lock_on_what_is_kept_of_conversions,
    g11_callers_and_owners,
    publications_are_handed_over,
    default_privileges_are_not_taken,
    row_security_of_the_owner,
    other_encodings,
    it_is_called_alone,
    bad_input,
];

const TABLE: &str = "CREATE TABLE t (id int, ts timestamp NOT NULL, note text); INSERT INTO t SELECT n, now() - n * interval '1 hour', 'x' FROM generate_series(1, 100) AS n";

/// All of a table that its users can see, line by line.
fn description(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT line FROM (
         SELECT format('column %s %s %s not null %s default %s identity %s generated %s storage %s compression %s statistics %s options %s comment %s acl %s',
                       row_number() OVER (ORDER BY attnum), attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(d.adbin, d.adrelid), attidentity,
                       attgenerated, attstorage, attcompression, nullif(attstattarget, -1),
                       (SELECT array_agg(o) FROM unnest(attoptions) o WHERE o NOT LIKE 'pg\\_%'), col_description(attrelid, attnum),
                       (SELECT array_agg(x::text ORDER BY x::text) FROM aclexplode(attacl) x))
           FROM pg_attribute LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum
          WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped
         UNION ALL
         SELECT format('constraint %s %s %s', conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')) FROM pg_constraint WHERE conrelid = '{table}'::regclass
         UNION ALL
         SELECT format('index %s %s', replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON '), indisvalid) FROM pg_index WHERE indrelid = '{table}'::regclass
         UNION ALL
         SELECT format('table owner %s rls %s %s identity %s comment %s acl %s tablespace %s', pg_get_userbyid(relowner), relrowsecurity, relforcerowsecurity, relreplident,
                       obj_description(oid, 'pg_class'), (SELECT array_agg(x::text ORDER BY x::text) FROM aclexplode(coalesce(relacl, acldefault('r', relowner))) x), reltablespace)
           FROM pg_class WHERE oid = '{table}'::regclass
         UNION ALL
         SELECT format('replica index %s', indexrelid::regclass) FROM pg_index WHERE indrelid = '{table}'::regclass AND indisreplident
         UNION ALL
         SELECT format('policy %s %s %s %s %s %s %s', policyname, permissive, roles, cmd, qual, with_check,
                       (SELECT obj_description(p.oid, 'pg_policy') FROM pg_policy p WHERE p.polname = policyname AND p.polrelid = '{table}'::regclass))
           FROM pg_policies WHERE format('%I.%I', schemaname, tablename)::regclass = '{table}'::regclass
         UNION ALL
         SELECT format('sequence %s %s %s of %s acl %s', c.relname, q, s.last_value, a.attname,
                       (SELECT array_agg(x::text ORDER BY x::text) FROM aclexplode(c.relacl) x WHERE x.grantee <> c.relowner))
           FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
           JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
           JOIN pg_sequences s ON s.sequencename = c.relname
           CROSS JOIN LATERAL (SELECT seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle FROM pg_sequence WHERE seqrelid = c.oid) q
          WHERE d.refobjid = '{table}'::regclass AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
         ) AS x (line) ORDER BY line"
    ))?)
}

fn k3_all_that_it_had_is_there_after(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (owner, reader, writer) = (db.role("")?, db.role("")?, db.role("")?);
    let mut s = db.session()?;
    s.run(&format!(
        "CREATE SCHEMA app AUTHORIZATION {owner};
         CREATE TABLE app.customers (id int PRIMARY KEY); INSERT INTO app.customers SELECT generate_series(0, 9); ALTER TABLE app.customers OWNER TO {owner};
         SET ROLE {owner};
         CREATE SEQUENCE app.numbers;
         CREATE TABLE app.t (gone int, id bigint GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5 CACHE 3), serial_no serial, ts timestamptz NOT NULL DEFAULT now(),
             customer int CONSTRAINT to_customer REFERENCES app.customers ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
             note text DEFAULT 'a ''note''' CONSTRAINT short CHECK (length(note) < 100), twice int GENERATED ALWAYS AS (length(note) * 2) STORED,
             number int DEFAULT nextval('app.numbers'), tags text[] COLLATE \"C\", CONSTRAINT t_key PRIMARY KEY (id, ts), UNIQUE (ts, serial_no) INCLUDE (note));
         ALTER TABLE app.t DROP COLUMN gone;
         CREATE INDEX t_note ON app.t (lower(note) text_pattern_ops DESC NULLS LAST) WHERE note <> ''; CREATE INDEX ON app.t USING brin (ts); CREATE INDEX filled ON app.t (number) WITH (fillfactor = 55); COMMENT ON INDEX app.filled IS 'an index'; CREATE INDEX ON app.t USING hash (customer);
         CREATE STATISTICS app.t_stats ON customer, number FROM app.t;
         ALTER TABLE app.t ALTER note SET STORAGE EXTERNAL, ALTER note SET STATISTICS 77, ALTER customer SET (n_distinct = 10), ALTER tags SET COMPRESSION pglz;
         ALTER TABLE app.t SET (fillfactor = 71, autovacuum_vacuum_threshold = 123);
         ALTER TABLE app.t REPLICA IDENTITY USING INDEX t_key;
         COMMENT ON TABLE app.t IS 'it''s a table'; COMMENT ON COLUMN app.t.note IS 'it''s a note'; COMMENT ON CONSTRAINT to_customer ON app.t IS 'a key';
         ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
         CREATE POLICY mine ON app.t FOR SELECT TO {reader} USING (customer < 5 AND id IN (SELECT c.id FROM app.customers c));
         CREATE POLICY put ON app.t AS RESTRICTIVE FOR INSERT TO {writer}, {reader} WITH CHECK (note <> 'it''s');
         CREATE POLICY everything ON app.t USING (true) WITH CHECK (true); COMMENT ON POLICY put ON app.t IS 'put it';
         GRANT SELECT, INSERT ON app.t TO {writer} WITH GRANT OPTION; GRANT SELECT (id, note), UPDATE (note) ON app.t TO {reader}; GRANT REFERENCES ON app.t TO PUBLIC;
         GRANT USAGE ON SEQUENCE app.t_id_seq TO {writer}; REVOKE TRUNCATE ON app.t FROM {owner};
         INSERT INTO app.t (ts, customer, note) SELECT now() - n * interval '1 hour', n % 10, repeat('y', n % 50) FROM generate_series(1, 500) AS n;
         RESET ROLE"
    ))?;
    let (before, rows) = (description(&mut s, "app.t")?, sum(&mut s, "app.t")?);
    let outcome = s.outcome("CALL warden.convert_to_partitioned('app.t', 'ts')");
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(sum(&mut s, "app.t")?, rows);
    let after = description(&mut s, "app.t")?;
    for (before, after) in before.iter().zip(&after) {
        ensure_eq!(after, before);
    }
    ensure_eq!(after.len(), before.len());
    // The rows are where they were.
    ensure_eq!(s.value("SELECT string_agg(DISTINCT tableoid::regclass::text, ' ') FROM app.t")?, "app.t_legacy");
    ensure_eq!(s.value("SELECT partstrat::text || ' ' || pg_get_partkeydef(partrelid) FROM pg_partitioned_table WHERE partrelid = 'app.t'::regclass")?, "r RANGE (ts)");
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'app.t'::regclass")?, "5");
    // The old one has only indexes, keys and constraints of the new one, and nothing of ours is left.
    ensure_eq!(s.value("SELECT count(*) FROM pg_index WHERE indrelid = 'app.t_legacy'::regclass AND NOT (SELECT relispartition FROM pg_class WHERE oid = indexrelid)")?, "0");
    ensure_eq!(s.value("SELECT count(*) FROM pg_constraint WHERE conrelid = 'app.t_legacy'::regclass AND contype IN ('f', 'p', 'u') AND conparentid = 0")?, "0");
    ensure_eq!(s.value("SELECT count(*) FROM pg_constraint WHERE conname LIKE 'warden%'")?, "0");
    // New partitions are like the old table.
    ensure_eq!(
        s.value("SELECT string_agg(DISTINCT array_to_string(reloptions, ' ') || ' ' || pg_get_userbyid(relowner), '; ') FROM pg_class WHERE relispartition AND relkind = 'r'")?,
        format!("fillfactor=71 autovacuum_vacuum_threshold=123 {owner}")
    );
    // The key is asked, on the old rows and on new ones; a row that is deleted in the other table goes here, too.
    ensure_eq!(s.error("INSERT INTO app.t (ts, customer) VALUES (now(), 77)")?.sqlstate, "23503");
    s.run("INSERT INTO app.t (ts, customer) VALUES (now() + interval '3 months', 3)")?;
    ensure_eq!(s.value("SELECT tableoid::regclass <> 'app.t_legacy'::regclass FROM app.t WHERE ts > now()")?, "t");
    s.run("DELETE FROM app.customers WHERE id = 3")?;
    ensure_eq!(s.value("SELECT count(*) FROM app.t")?, "450");
    // Clients go on: by names of constraints, too, and with plans of before.
    s.run("INSERT INTO app.t (id, ts, note) OVERRIDING SYSTEM VALUE SELECT id, ts, 'z' FROM app.t LIMIT 1 ON CONFLICT ON CONSTRAINT t_key DO UPDATE SET note = 'again'")?;
    ensure_eq!(s.value("SELECT count(*) FROM app.t WHERE note = 'again'")?, "1");
    ensure_eq!(s.column("SELECT concat_ws(' ', table_name, phase, rows_done = rows_total, last_error) FROM warden.partition_conversions")?, ["app.t done t"]);
    Ok(())
}

fn k3_attach_reads_nothing(leg: &Leg) -> Result {
    let db = leg.database()?;
    for (column, setup) in [
        ("ts timestamp NOT NULL", ""),
        ("ts timestamptz", ""),
        ("ts date", ""),
        ("ts d", "CREATE DOMAIN d AS date"),
        ("ts d NOT NULL", "CREATE DOMAIN d AS timestamptz CHECK (VALUE > '2000-01-01')"),
    ] {
        let mut s = db.session()?;
        s.run(setup)?;
        s.run(&format!("CREATE TABLE t (id int, {column}); INSERT INTO t SELECT n, '2026-01-01' FROM generate_series(1, 1000) AS n; CREATE INDEX ON t (ts)"))?;
        s.run("CALL warden.convert_to_partitioned('t', 'ts')")?;
        // Again, up to the swap, to hear what the server says of it.
        s.run("DROP TABLE t")?;
        s.run(&format!("CREATE TABLE t (id int, {column}); INSERT INTO t SELECT n, '2026-01-01' FROM generate_series(1, 1000) AS n; CREATE INDEX ON t (ts)"))?;
        s.run("SET client_min_messages = debug1")?;
        let outcome = s.outcome("CALL warden.convert_to_partitioned('t', 'ts')");
        ensure!(
            outcome
                .notices
                .iter()
                .any(|n| n.message == "partition constraint for table \"t_legacy\" is implied by existing constraints"),
            "{column}: {outcome}"
        );
        ensure!(
            !outcome.notices.iter().any(|n| n.message.contains("building index") && n.message.contains("t_legacy")),
            "{column}: {outcome}"
        );
        s.run("RESET client_min_messages; DROP TABLE t; DROP DOMAIN IF EXISTS d")?;
    }
    Ok(())
}

/// The cutoff, as text, of a conversion that has just been done.
fn cutoff(s: &mut Session, table: &str) -> Result<String> {
    Ok(s.value(&format!("SELECT upper_bound FROM warden.list_partitions('{table}') WHERE lower_bound = 'MINVALUE'"))?)
}

fn k2_the_cutoff_is_a_whole_period_away(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (interval, expected) in [
        ("1 month", "date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months'"),
        ("1 day", "date_trunc('day', now() AT TIME ZONE 'UTC') + interval '2 days'"),
        ("7 days", "date_trunc('week', now() AT TIME ZONE 'UTC') + interval '14 days'"),
        ("3 months", "date_trunc('quarter', now() AT TIME ZONE 'UTC') + interval '6 months'"),
        ("1 year", "date_trunc('year', now() AT TIME ZONE 'UTC') + interval '2 years'"),
        ("1 hour", "date_trunc('hour', now() AT TIME ZONE 'UTC') + interval '2 hours'"),
    ] {
        s.run(TABLE)?;
        s.run(&format!("CALL warden.convert_to_partitioned('t', 'ts', '{interval}', premake => 2)"))?;
        let expected = s.value(&format!("SELECT ({expected})::text"))?;
        ensure_eq!(cutoff(&mut s, "t")?, expected, "{interval}");
        // They tile, and new rows go where they belong.
        ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('t')")?, "0");
        ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('t')")?, "3");
        s.run(&format!(
            "INSERT INTO t (ts) VALUES ('{expected}'), ('{expected}'::timestamp - interval '1 microsecond')"
        ))?;
        ensure_eq!(s.value("SELECT count(DISTINCT tableoid) FROM t")?, "2");
        s.run("DROP TABLE t")?;
    }
    // Rows behind it are in the way, infinity among them.
    for row in ["now() + interval '3 months'", "'infinity'"] {
        s.run(TABLE)?;
        s.run(&format!("INSERT INTO t (ts) VALUES ({row})"))?;
        let error = s.error("CALL warden.convert_to_partitioned('t', 'ts')")?;
        ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("0A000", "table \"t\" cannot be converted"));
        ensure!(error.detail().starts_with("Rows lie at or after the cutoff, "), "{error}");
        ensure_eq!(
            s.value("SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass")?,
            s.value("SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'n'")?
        );
        s.run("DROP TABLE t")?;
    }
    Ok(())
}

fn k1_what_is_in_the_way(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (obstacle, undo, expected) in [
        ("CREATE TABLE r (id int, ts timestamp, FOREIGN KEY (id, ts) REFERENCES t)", "DROP TABLE r", "foreign_key_in"),
        ("CREATE VIEW v AS SELECT id FROM t", "DROP VIEW v", "view"),
        ("CREATE MATERIALIZED VIEW v AS SELECT id FROM t", "DROP MATERIALIZED VIEW v", "materialized_view"),
        ("CREATE TABLE o (a int); CREATE RULE r AS ON INSERT TO o DO ALSO DELETE FROM t", "DROP TABLE o", "rule"),
        ("CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", "DROP RULE r ON t", "rule"),
        (
            "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t; END",
            "DROP FUNCTION f",
            "function",
        ),
        ("CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION f", "function"),
        ("CREATE TABLE o (a t)", "DROP TABLE o", "row_type"),
        ("CREATE TABLE o (a t[])", "DROP TABLE o", "row_type"),
        ("CREATE TABLE o (a int); CREATE POLICY p ON o USING (a IN (SELECT id FROM t))", "DROP TABLE o", "policy"),
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()",
            "DROP FUNCTION f CASCADE",
            "trigger",
        ),
        ("CREATE TABLE o () INHERITS (t)", "DROP TABLE o", "inheritance"),
        (
            "CREATE TABLE o (note text); ALTER TABLE t INHERIT o",
            "ALTER TABLE t NO INHERIT o; DROP TABLE o",
            "inheritance",
        ),
        (
            "CREATE TABLE o (id int NOT NULL, ts timestamp NOT NULL, note text) PARTITION BY RANGE (ts); ALTER TABLE o ATTACH PARTITION t FOR VALUES FROM (MINVALUE) TO (MAXVALUE)",
            "ALTER TABLE o DETACH PARTITION t; DROP TABLE o",
            "partition",
        ),
        ("CREATE PUBLICATION p FOR TABLE t", "DROP PUBLICATION p", "publication"),
        ("CREATE PUBLICATION p FOR ALL TABLES", "DROP PUBLICATION p", "publication"),
        ("CREATE PUBLICATION p FOR TABLES IN SCHEMA public", "DROP PUBLICATION p", "publication"),
        ("ALTER TABLE t SET UNLOGGED", "ALTER TABLE t SET LOGGED", "persistence"),
        ("ALTER EXTENSION pg_warden ADD TABLE t", "ALTER EXTENSION pg_warden DROP TABLE t", "extension"),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NOT VALID", "ALTER TABLE t DROP CONSTRAINT c", "not_valid"),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NO INHERIT", "ALTER TABLE t DROP CONSTRAINT c", "no_inherit"),
        ("ALTER TABLE t ADD CONSTRAINT c EXCLUDE (id WITH =)", "ALTER TABLE t DROP CONSTRAINT c", "exclusion"),
        ("ALTER TABLE t ADD UNIQUE (note)", "ALTER TABLE t DROP CONSTRAINT t_note_key", "unique"),
        ("CREATE UNIQUE INDEX u ON t (note) INCLUDE (ts)", "DROP INDEX u", "unique"),
        ("CREATE UNIQUE INDEX u ON t (date_trunc('day', ts))", "DROP INDEX u", "unique"),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_pkey'::regclass",
            "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 't_pkey'::regclass",
            "invalid_index",
        ),
    ] {
        s.run("CREATE TABLE t (id int, ts timestamp, note text, PRIMARY KEY (id, ts))")?;
        s.run(obstacle)?;
        let found = s.value("SELECT string_agg(DISTINCT item, ' ' ORDER BY item) FROM warden.plan_conversion('t', 'ts') WHERE severity = 'blocker'")?;
        ensure_eq!(found, expected, "{obstacle}");
        let details = s.value(
            "SELECT string_agg(detail, ' ') FROM warden.plan_conversion('t', 'ts') WHERE severity = 'blocker'",
        )?;
        let before = description(&mut s, "t")?;
        let error = s.error("CALL warden.convert_to_partitioned('t', 'ts')")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str(), error.detail()),
            ("0A000", "table \"t\" cannot be converted", details.as_str()),
            "{obstacle}"
        );
        ensure_eq!(description(&mut s, "t")?, before);
        s.run(undo)?;
        let outcome = s.outcome("CALL warden.convert_to_partitioned('t', 'ts')");
        ensure!(outcome.error.is_none(), "{undo}: {outcome}");
        s.run("DROP TABLE t")?;
    }
    // What the SQL of the plan says is enough, but where somebody has to think.
    for obstacle in [
        "CREATE VIEW v AS SELECT id FROM t",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
        "CREATE TABLE r (id int, ts timestamp, FOREIGN KEY (id, ts) REFERENCES t)",
        "CREATE PUBLICATION p FOR TABLE t",
        "ALTER TABLE t SET UNLOGGED",
        "CREATE UNIQUE INDEX \"U i\" ON t (lower(note))",
        "ALTER TABLE t ADD CONSTRAINT \"u C\" UNIQUE (note)",
        "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
    ] {
        s.run("CREATE TABLE t (id int, ts timestamp, note text, PRIMARY KEY (id, ts))")?;
        s.run(obstacle)?;
        let sql = s.value("SELECT string_agg(sql, ' ' ORDER BY item) FROM warden.plan_conversion('t', 'ts') WHERE severity = 'blocker'")?;
        for statement in sql.split_inclusive("; ") {
            s.run(statement)?;
        }
        let outcome = s.outcome("CALL warden.convert_to_partitioned('t', 'ts')");
        ensure!(outcome.error.is_none(), "{sql}: {outcome}");
        s.run("DROP TABLE IF EXISTS r; DROP TABLE t; DROP PUBLICATION IF EXISTS p")?;
    }
    // A counter that somebody else uses.
    s.run(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, ts timestamp); CREATE TABLE o (a int DEFAULT nextval('t_id_seq'))",
    )?;
    ensure_eq!(
        s.column("SELECT detail FROM warden.plan_conversion('t', 'ts') WHERE severity = 'blocker'")?,
        ["default value for column a of table public.o depends on public.t_id_seq, which is made anew."]
    );
    s.run("DROP TABLE o, t")?;
    // Rows without a key, and the names of partitions to be.
    s.run("CREATE TABLE t (id int, ts timestamp); INSERT INTO t VALUES (1, NULL)")?;
    ensure_eq!(
        s.column("SELECT severity || ' ' || item FROM warden.plan_conversion('t', 'ts') WHERE step = 0")?,
        ["blocker null_rows", "warning nulls"]
    );
    ensure_eq!(s.error("CALL warden.convert_to_partitioned('t', 'ts')")?.sqlstate, "0A000");
    s.run("DELETE FROM t; DO $$ BEGIN EXECUTE format('CREATE VIEW t_%s AS SELECT 1', to_char(now() AT TIME ZONE 'UTC' + interval '3 months', 'YYYY_MM')); END $$")?;
    ensure_eq!(s.value("SELECT item FROM warden.plan_conversion('t', 'ts') WHERE severity = 'blocker'")?, "name");
    Ok(())
}

fn k4_a_key_without_the_column(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE t (id int PRIMARY KEY, ts timestamptz); INSERT INTO t SELECT n, '2026-01-01' FROM generate_series(1, 100) AS n")?;
    let error = s.error("CALL warden.convert_to_partitioned('t', 'ts')")?;
    ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("0A000", "table \"t\" cannot be converted"));
    ensure_eq!(
        error.detail(),
        "t_pkey on (id) has no column ts: what is unique in a partitioned table holds its key. (id) alone will not be unique any more."
    );
    ensure_eq!(
        error.hint(),
        "First: ALTER TABLE public.t ADD CONSTRAINT ts_not_null CHECK (ts IS NOT NULL) NOT VALID; ALTER TABLE public.t VALIDATE CONSTRAINT ts_not_null; \
         ALTER TABLE public.t ALTER COLUMN ts SET NOT NULL; ALTER TABLE public.t DROP CONSTRAINT ts_not_null; \
         CREATE UNIQUE INDEX CONCURRENTLY t_pkey_new ON public.t USING btree (id, ts); \
         ALTER TABLE public.t DROP CONSTRAINT t_pkey, ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey_new;"
    );
    let sql = error.hint().trim_start_matches("First: ").to_owned();
    for statement in sql.split_inclusive("; ") {
        s.run(statement)?;
    }
    s.run("CALL warden.convert_to_partitioned('t', 'ts')")?;
    ensure_eq!(
        s.value(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass AND conname = 't_pkey'"
        )?,
        "PRIMARY KEY (id, ts)"
    );
    Ok(())
}

fn the_plan_is_what_is_done(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE c (id int PRIMARY KEY); CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, ts date NOT NULL, c int REFERENCES c, PRIMARY KEY (id, ts)); INSERT INTO t (ts) VALUES ('2026-01-01')")?;
    let before = description(&mut s, "t")?;
    ensure_eq!(
        s.column(
            "SELECT step || ' ' || severity || ' ' || item FROM warden.plan_conversion('t', 'ts') WHERE step < 3"
        )?,
        ["0 info foreign_key", "0 info identity", "1 step constrain", "2 step validate"]
    );
    ensure_eq!(description(&mut s, "t")?, before);
    // Run by hand, it does the same but for names and the counter, which is only known then.
    let sql = s.column("SELECT sql FROM warden.plan_conversion('t', 'ts') WHERE severity = 'step'")?;
    s.run("BEGIN")?;
    for statement in sql.iter().filter(|sql| !sql.contains("setval")) {
        s.run(statement)?;
    }
    s.run("COMMIT")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 't'::regclass")?, "5");
    s.run("DROP TABLE t, c")?;
    // On a standby or in a read-only transaction, too.
    s.run(TABLE)?;
    s.run("BEGIN READ ONLY")?;
    ensure!(s.value("SELECT count(*) > 5 FROM warden.plan_conversion('t', 'ts')")? == "t", "no plan");
    s.run("ROLLBACK")?;
    Ok(())
}

fn key_types_and_zones(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for zone in ["UTC", "America/New_York", "Asia/Kolkata"] {
        for session in ["UTC", "Pacific/Auckland"] {
            s.run(&format!(
                "SET TimeZone = '{session}'; SET DateStyle = 'German'; SET warden.partition_time_zone = '{zone}'"
            ))?;
            for key in ["timestamptz", "timestamp", "date"] {
                s.run(&format!("CREATE TABLE t (ts {key}); INSERT INTO t VALUES ('-infinity'), ('2026-01-01')"))?;
                s.run("CALL warden.convert_to_partitioned('t', 'ts', '1 day', premake => 3)")?;
                let expected = match key {
                    "timestamptz" => format!(
                        "(date_trunc('day', now() AT TIME ZONE '{zone}') + interval '2 days') AT TIME ZONE '{zone}'"
                    ),
                    "timestamp" => format!("date_trunc('day', now() AT TIME ZONE '{zone}') + interval '2 days'"),
                    _ => format!("((now() AT TIME ZONE '{zone}')::date + 2)"),
                };
                let shown = cutoff(&mut s, "t")?;
                s.run("SET DateStyle = 'ISO'; SET TimeZone = 'UTC'")?;
                ensure_eq!(shown, s.value(&format!("SELECT ({expected})::text"))?, "{key} in {zone}");
                ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('t')")?, "0");
                s.run("DROP TABLE t")?;
            }
        }
    }
    Ok(())
}

fn hostile_and_long_names(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let long = "x".repeat(63);
    let umlauts = "\u{fc}".repeat(31);
    for (table, column) in [
        ("MiXed Case.tbl", "The Column"),
        ("a\"b'c;--", "d\"e'f\\"),
        (long.as_str(), "y"),
        (umlauts.as_str(), "select"),
        ("%s%I$1", "%L"),
        ("user", "order"),
    ] {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let literal = |name: &str| format!("E'{}'", name.replace('\\', "\\\\").replace('\'', "''"));
        let (t, c) = (quoted(table), quoted(column));
        s.run(&format!(
            "CREATE SCHEMA \"the Schema\"; SET search_path = \"the Schema\", public;
             CREATE TABLE {t} (id int GENERATED BY DEFAULT AS IDENTITY, {c} timestamp NOT NULL, PRIMARY KEY (id, {c})); INSERT INTO {t} ({c}) SELECT '2026-01-01' FROM generate_series(1, 10);
             CREATE INDEX ON {t} ({c})"
        ))?;
        let before = description(&mut s, &t.replace('\'', "''"))?;
        let outcome = s.outcome(&format!("CALL warden.convert_to_partitioned({}, {})", literal(&t), literal(column)));
        ensure!(outcome.error.is_none(), "{table}: {outcome}");
        ensure_eq!(description(&mut s, &t.replace('\'', "''"))?, before);
        ensure_eq!(s.value(&format!("SELECT count(*) FROM {t}"))?, "10");
        ensure_eq!(s.value(&format!("INSERT INTO {t} ({c}) VALUES (now()) RETURNING id"))?, "11");
        s.run("RESET search_path; SET client_min_messages = warning; DROP SCHEMA \"the Schema\" CASCADE; RESET client_min_messages")?;
    }
    // A legacy table is there already.
    s.run("CREATE TABLE t_legacy (a int); CREATE TYPE t_legacy2 AS ENUM ('a')")?;
    s.run(TABLE)?;
    s.run("CALL warden.convert_to_partitioned('t', 'ts')")?;
    ensure_eq!(s.value("SELECT DISTINCT tableoid::regclass FROM t")?, "t_legacy3");
    Ok(())
}

fn identities_and_sequences_go_on(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT -7 MINVALUE -1000 MAXVALUE 100 CYCLE), b smallint GENERATED BY DEFAULT AS IDENTITY,
             c bigserial, ts date)",
    )?;
    // Not called yet, it begins at the start.
    s.run("CALL warden.convert_to_partitioned('t', 'ts')")?;
    ensure_eq!(s.value("INSERT INTO t (ts) VALUES ('2026-01-01') RETURNING concat_ws(' ', a, b, c)")?, "100 1 1");
    ensure_eq!(s.value("INSERT INTO t (ts) VALUES (now()) RETURNING concat_ws(' ', a, b, c)")?, "93 2 2");
    s.run("DROP TABLE t")?;
    ensure_eq!(
        s.value("SELECT count(*) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace")?,
        "0"
    );
    s.run("CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY, c serial, ts date); INSERT INTO t (ts) SELECT '2026-01-01' FROM generate_series(1, 41)")?;
    s.run("CALL warden.convert_to_partitioned('t', 'ts')")?;
    ensure_eq!(s.value("INSERT INTO t (ts) VALUES (now()) RETURNING concat_ws(' ', a, c)")?, "42 42");
    ensure_eq!(
        s.value("SELECT pg_get_serial_sequence('t', 'a') || ' ' || pg_get_serial_sequence('t', 'c')")?,
        "public.t_a_seq public.t_c_seq"
    );
    ensure_eq!(s.error("INSERT INTO t (a, ts) VALUES (1, now())")?.sqlstate, "428C9");
    // The old table can go, and the counters stay.
    s.run("ALTER TABLE t DETACH PARTITION t_legacy; DROP TABLE t_legacy")?;
    ensure_eq!(
        s.value("INSERT INTO t (ts) VALUES (now() + interval '3 months') RETURNING concat_ws(' ', a, c)")?,
        "43 43"
    );
    Ok(())
}

/// Sessions that insert, update and delete until told to stop; the answer is what each has put in and taken out, and its longest wait.
fn write_until<'s>(
    scope: &'s thread::Scope<'s, '_>,
    db: &'s Database<'_>,
    stop: &'s AtomicBool,
) -> Vec<thread::ScopedJoinHandle<'s, Result<(i64, Duration)>>> {
    (0..4)
        .map(|w| {
            scope.spawn(move || {
                let mut s = db.session()?;
                s.run("PREPARE put AS INSERT INTO t (ts, note) VALUES (now() - random() * interval '3 days', $1)")?;
                let (mut rows, mut longest, mut n) = (0_i64, Duration::ZERO, 0);
                while !stop.load(Ordering::Relaxed) {
                    n += 1;
                    let begun = Instant::now();
                    s.run(&format!("EXECUTE put('w{w} {n}')"))?;
                    s.run(&format!("UPDATE t SET note = note || ' updated' WHERE note = 'w{w} {n}'"))?;
                    rows += 1;
                    if n % 3 == 0 {
                        s.run(&format!("DELETE FROM t WHERE note = 'w{w} {n} updated'"))?;
                        rows -= 1;
                    }
                    longest = longest.max(begun.elapsed());
                }
                Ok((rows, longest))
            })
        })
        .collect()
}

fn k3_others_write_meanwhile(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c default_transaction_isolation=serializable")?;
    s.run(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, ts timestamptz NOT NULL, note text, PRIMARY KEY (id, ts)); CREATE INDEX ON t (note);
         INSERT INTO t (ts, note) SELECT now() - n * interval '1 second', 'old' FROM generate_series(1, 100000) AS n; ANALYZE t",
    )?;
    let stop = AtomicBool::new(false);
    let (outcome, written): (Outcome, Vec<Result<(i64, Duration)>>) = thread::scope(|scope| {
        let writers = write_until(scope, &db, &stop);
        thread::sleep(Duration::from_millis(300));
        let outcome = s.outcome("CALL warden.convert_to_partitioned('t', 'ts')");
        thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Relaxed);
        (outcome, writers.into_iter().map(|w| w.join().unwrap_or(Err("a writer panicked".to_owned().into()))).collect())
    });
    ensure!(outcome.error.is_none(), "{outcome}");
    let (mut rows, mut longest) = (0, Duration::ZERO);
    for written in written {
        let (more, wait) = written?;
        rows += more;
        longest = longest.max(wait);
    }
    eprintln!("longest stall of a writer: {longest:?}");
    ensure!(rows > 50, "only {rows}");
    ensure_eq!(s.value("SELECT count(*) FROM t WHERE note LIKE 'w% updated'")?, rows.to_string());
    ensure_eq!(s.value("SELECT count(*) = count(DISTINCT id) FROM t")?, "t");
    ensure_eq!(s.value("SELECT count(*) FROM t WHERE note = 'old'")?, "100000");
    ensure!(longest < Duration::from_secs(2), "a writer waited {longest:?}");
    Ok(())
}

fn k5_a_kill_in_each_phase(leg: &Leg) -> Result {
    let mut cluster = leg.own_cluster(&pg_warden_tests::Options::default())?;
    let name = {
        let db = cluster.database()?;
        let mut s = db.session()?;
        s.run(
            "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, ts timestamptz NOT NULL, note text, PRIMARY KEY (id, ts));
             INSERT INTO t (ts, note) SELECT now() - n * interval '1 second', 'old' FROM generate_series(1, 300000) AS n",
        )?;
        db.kept()
    };
    let before = sum(&mut cluster.connect(&name)?, "t")?;
    // A crash makes counters skip some numbers, and the constraint is what a conversion is known by.
    let described = |s: &mut Session| -> Result<Vec<String>> {
        let mut lines = description(s, "t")?;
        lines.retain(|line| !line.starts_with("sequence ") && !line.contains("warden_conversion_check"));
        Ok(lines)
    };
    let description_before = described(&mut cluster.connect(&name)?)?;
    let killed = [
        // Waits for its first lock.
        ("LOCK TABLE t IN ACCESS SHARE MODE", "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)", ""),
        // Reads the table.
        ("", "SELECT EXISTS (SELECT FROM warden.partition_conversions WHERE phase = 'constrained')", "constrained"),
        // Waits for the lock of the swap.
        (
            "LOCK TABLE t IN ACCESS SHARE MODE",
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock')",
            "validated",
        ),
    ]
    .into_iter()
    .try_for_each(|(hold, until, phase)| -> Result {
        let mut holder = cluster.connect_in_time(&name)?;
        holder.run(&format!("BEGIN; {hold}"))?;
        let call = "CALL warden.convert_to_partitioned('t', 'ts', lock_timeout => '1 min')";
        cluster.kill_at_work(&name, call, until, Duration::ZERO)?;
        let mut s = cluster.connect_in_time(&name)?;
        ensure_eq!(sum(&mut s, "t")?, before);
        ensure_eq!(s.value("SELECT coalesce(string_agg(phase, ''), '') FROM warden.partition_conversions")?, phase);
        ensure_eq!(described(&mut s)?, description_before);
        Ok(())
    });
    cluster.log_was_checked();
    killed?;
    let mut s = cluster.connect_in_time(&name)?;
    let outcome = s.outcome("CALL warden.convert_to_partitioned('t', 'ts')");
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(sum(&mut s, "t")?, before);
    ensure_eq!(described(&mut s)?, description_before);
    ensure_eq!(s.value("INSERT INTO t (ts) VALUES (now()) RETURNING id > 300000")?, "t");
    Ok(())
}

fn k5_it_goes_on_and_is_given_up(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut holder) = (db.session()?, db.session()?);
    s.run(TABLE)?;
    s.run("CREATE TABLE c (id int PRIMARY KEY); ALTER TABLE t ADD c int REFERENCES c; CREATE INDEX ON t (ts)")?;
    let before = description(&mut s, "t")?;
    let call = "CALL warden.convert_to_partitioned('t', 'ts', lock_timeout => '20 ms')";
    // The first lock is not to be had.
    holder.run("BEGIN; INSERT INTO t VALUES (1000, now())")?;
    let error = s.error(call)?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str()),
        ("55P03", "step 'begin' failed: canceling statement due to lock timeout")
    );
    ensure_eq!(error.detail(), "Nothing was changed. It was tried 8 times.");
    ensure_eq!(description(&mut s, "t")?, before);
    holder.run("COMMIT")?;
    // The last one is not.
    holder.run("BEGIN; INSERT INTO c VALUES (1)")?;
    let error = s.error(call)?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str()),
        ("55P03", "step 'swap' failed: canceling statement due to lock timeout")
    );
    ensure!(error.detail().starts_with("Constraint warden_conversion_check stays: rows at or after 20"), "{error}");
    ensure!(
        error.detail().ends_with(
            "are refused. To give up: ALTER TABLE public.t DROP CONSTRAINT warden_conversion_check; It was tried 8 times."
        ),
        "{error}"
    );
    ensure_eq!(error.hint(), "Call again to go on.");
    holder.run("COMMIT")?;
    ensure_eq!(s.column("SELECT concat_ws(' ', table_name, phase, rows_done = rows_total, last_error) FROM warden.partition_conversions")?, ["public.t validated t canceling statement due to lock timeout"]);
    // Other arguments are not those that were begun with.
    let error = s.error("CALL warden.convert_to_partitioned('t', 'ts', '1 year')")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str()),
        ("55000", "conversion of \"t\" was begun by column ts and 1 months")
    );
    // Given up, it is as it was; begun again, it is done.
    s.run("ALTER TABLE t DROP CONSTRAINT warden_conversion_check")?;
    ensure_eq!(description(&mut s, "t")?, before);
    ensure_eq!(s.value("SELECT phase FROM warden.partition_conversions")?, "given up");
    s.run("CALL warden.convert_to_partitioned('t', 'ts', '1 year')")?;
    ensure_eq!(s.value("SELECT phase || ' ' || (last_error IS NULL) FROM warden.partition_conversions")?, "done true");
    // And once more: it is partitioned, and that is said.
    ensure_eq!(
        s.outcome("CALL warden.convert_to_partitioned('t', 'ts', '1 year')").messages(),
        ["table \"t\" is converted already, skipping"]
    );
    s.run("DROP TABLE t")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_conversions")?, "0");
    Ok(())
}

/// A conversion that is left before the swap: the table that a foreign key refers to is busy then.
fn leave_before_swap(db: &Database<'_>) -> Result {
    let (mut s, mut holder) = (db.session()?, db.session()?);
    s.run(TABLE)?;
    s.run("CREATE TABLE c (id int PRIMARY KEY); ALTER TABLE t ADD c int REFERENCES c")?;
    holder.run("BEGIN; INSERT INTO c VALUES (1)")?;
    let error = s.error("CALL warden.convert_to_partitioned('t', 'ts', lock_timeout => '5 ms')")?;
    ensure!(error.message.starts_with("step 'swap' failed"), "{error}");
    holder.run("ROLLBACK")?;
    Ok(())
}

fn a_cutoff_that_has_passed_is_moved(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    leave_before_swap(&db)?;
    // As if it had been begun long ago.
    s.run(
        "UPDATE warden_internal.partition_conversion SET cutoff = '2026-02-01 00:00:00'; DELETE FROM t WHERE ts >= '2026-02-01';
         ALTER TABLE t DROP CONSTRAINT warden_conversion_check, ADD CONSTRAINT warden_conversion_check CHECK (ts IS NOT NULL AND ts < '2026-02-01')",
    )?;
    ensure_eq!(s.error("INSERT INTO t VALUES (1, '2026-03-01')")?.sqlstate, "23514");
    s.run("CALL warden.convert_to_partitioned('t', 'ts')")?;
    let expected = s.value("SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months')::text")?;
    ensure_eq!(cutoff(&mut s, "t")?, expected);
    s.run("INSERT INTO t VALUES (1, '2026-03-01')")?;
    Ok(())
}

fn what_comes_in_the_way_later(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    leave_before_swap(&db)?;
    s.run("CREATE VIEW v AS SELECT * FROM t")?;
    let error = s.error("CALL warden.convert_to_partitioned('t', 'ts')")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.detail()),
        ("0A000", "public.v reads it, and would go on reading the old table alone.")
    );
    s.run("DROP VIEW v; ALTER TABLE t RENAME TO other")?;
    s.run("CALL warden.convert_to_partitioned('other', 'ts')")?;
    ensure_eq!(s.value("SELECT DISTINCT tableoid::regclass FROM other")?, "other_legacy");
    Ok(())
}

fn what_changes_while_the_swap_waits(leg: &Leg) -> Result {
    let db = leg.database()?;
    for (change, code, message) in [
        ("ALTER TABLE t RENAME TO other", "42P01", "step 'swap' failed: relation \"public.t\" does not exist"),
        (
            "ALTER TABLE t RENAME TO other; CREATE TABLE t (a int)",
            "55000",
            "step 'swap' failed: table \"t\" or its column was changed meanwhile",
        ),
        ("ALTER TABLE t RENAME ts TO other", "42703", "step 'swap' failed: column 'ts' of table \"t\" does not exist"),
        ("CREATE VIEW v AS SELECT * FROM t", "0A000", "step 'swap' failed: table \"t\" cannot be converted"),
        (
            "ALTER TABLE t DROP CONSTRAINT warden_conversion_check",
            "55000",
            "step 'swap' failed: constraint warden_conversion_check of public.t is gone",
        ),
    ] {
        leave_before_swap(&db)?;
        let (mut s, mut holder) = (db.session()?, db.session()?);
        holder.run(&format!("BEGIN; {change}"))?;
        let call = "CALL warden.convert_to_partitioned('t', 'ts', lock_timeout => '20 s')";
        let outcome = behind(&mut s, &mut holder, call)?;
        let error = outcome.error.as_ref().ok_or(format!("{change}: it went through"))?;
        ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), (code, message), "{change}");
        let mut s = db.session()?;
        ensure_eq!(
            s.value("SELECT count(*) FROM pg_class WHERE relkind = 'p' AND relnamespace = 'public'::regnamespace")?,
            "0"
        );
        s.run("SET client_min_messages = warning; DROP TABLE IF EXISTS t, other, c CASCADE")?;
    }
    Ok(())
}

fn g5_locks(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut holder) = (db.session()?, db.session()?);
    s.run("CREATE TABLE c (id int PRIMARY KEY); CREATE TABLE t (id int, ts timestamp NOT NULL, c int REFERENCES c); INSERT INTO t VALUES (1, '2026-01-01')")?;
    let before = description(&mut s, "t")?;
    // The referenced table is busy: nobody waits long at this one meanwhile.
    holder.run("BEGIN; INSERT INTO c VALUES (1)")?;
    let outcome = s.outcome("CALL warden.convert_to_partitioned('t', 'ts', lock_timeout => '50 ms')");
    let error = outcome.error.as_ref().ok_or("it went through")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str()),
        ("55P03", "step 'swap' failed: canceling statement due to lock timeout")
    );
    let now: Vec<_> =
        description(&mut s, "t")?.into_iter().filter(|line| !line.contains("warden_conversion_check")).collect();
    ensure_eq!(now, before);
    // It goes by its own tries as soon as the other is through.
    let outcome =
        behind(&mut s, &mut holder, "CALL warden.convert_to_partitioned('t', 'ts', lock_timeout => '500 ms')")?;
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(s.value("SHOW lock_timeout")?, "0");
    ensure_eq!(description(&mut s, "t")?, before);
    Ok(())
}

fn g5_a_lock_on_what_is_kept_of_conversions(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut holder) = (db.session()?, db.session()?);
    s.run(TABLE)?;
    let call = "CALL warden.convert_to_partitioned('t', 'ts', lock_timeout => '20ms')";
    holder.run("BEGIN; LOCK TABLE warden_internal.partition_conversion IN ACCESS EXCLUSIVE MODE")?;
    let error = s.error(call)?;
    let locked = "table warden_internal.partition_conversion is locked by another session";
    ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("55P03", locked));
    holder.run("COMMIT")?;
    // Read, but not written.
    holder.run("BEGIN; LOCK TABLE warden_internal.partition_conversion IN SHARE MODE")?;
    let error = s.error(call)?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str(), error.detail()),
        ("55P03", format!("step 'begin' failed: {locked}").as_str(), "Nothing was changed. It was tried 8 times.")
    );
    ensure_eq!(s.value("SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'c'")?, "0");
    holder.run("COMMIT")?;
    s.run(call)?;
    ensure_eq!(s.value("SELECT phase FROM warden.partition_conversions")?, "done");
    Ok(())
}

fn g11_callers_and_owners(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (owner, member, stranger) = (db.role("")?, db.role("")?, db.role("")?);
    let mut s = db.session()?;
    s.run(&format!(
        "GRANT {owner} TO {member}; CREATE SCHEMA app AUTHORIZATION {owner}; GRANT USAGE ON SCHEMA app TO PUBLIC;
         SET ROLE {owner}; CREATE TABLE app.t (id int GENERATED ALWAYS AS IDENTITY, ts date, PRIMARY KEY (id, ts)); INSERT INTO app.t (ts) VALUES ('2026-01-01'); RESET ROLE"
    ))?;
    let call = "CALL warden.convert_to_partitioned('app.t', 'ts')";
    let plan = "SELECT count(*) FROM warden.plan_conversion('app.t', 'ts') WHERE severity = 'blocker'";
    ensure_eq!(db.session_as(&owner)?.error(call)?.sqlstate, "42501");
    ensure_eq!(db.session_as(&owner)?.error(plan)?.sqlstate, "42501");
    s.run(
        "GRANT EXECUTE ON PROCEDURE warden.convert_to_partitioned(text, text, interval, text, int, interval) TO PUBLIC;
         GRANT EXECUTE ON FUNCTION warden.plan_conversion(text, text, interval) TO PUBLIC",
    )?;
    for sql in [call, plan] {
        let error = db.session_as(&stranger)?.error(sql)?;
        ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("42501", "must be owner of table t"));
    }
    // A member of the owner's role is as good as the owner, where it may create in the schema by itself.
    ensure_eq!(db.session_as(&member)?.value(plan)?, "0");
    let mut m = db.session_as(&member)?;
    let outcome = m.outcome(call);
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(
        s.column("SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'app'::regnamespace")?,
        std::slice::from_ref(&owner)
    );
    ensure_eq!(m.value("INSERT INTO app.t (ts) VALUES (now()) RETURNING id")?, "2");
    // An owner who may not create in the schema.
    s.run(&format!("CREATE TABLE public.u (ts date); ALTER TABLE public.u OWNER TO {owner}; REVOKE CREATE ON SCHEMA public FROM PUBLIC"))?;
    let error = db.session_as(&owner)?.error("CALL warden.convert_to_partitioned('public.u', 'ts')")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.detail()),
        ("0A000", format!("{owner} may not create tables in schema public.").as_str())
    );
    Ok(())
}

fn publications_are_handed_over(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE t (id int, ts timestamp NOT NULL, note text, PRIMARY KEY (id, ts)); INSERT INTO t VALUES (1, '2026-01-01');
         CREATE PUBLICATION p FOR TABLE t (id, ts) WHERE (id > 0) WITH (publish_via_partition_root);
         CREATE PUBLICATION everything FOR ALL TABLES WITH (publish_via_partition_root)",
    )?;
    let shown = "SELECT string_agg(concat_ws(' ', pubname, tablename, attnames::text, rowfilter), '; ' ORDER BY pubname) FROM pg_publication_tables";
    let before = s.value(shown)?;
    s.run("CALL warden.convert_to_partitioned('t', 'ts')")?;
    ensure_eq!(s.value(shown)?, before);
    ensure_eq!(s.value("SELECT string_agg(prrelid::regclass::text, ' ') FROM pg_publication_rel")?, "t");
    Ok(())
}

fn default_privileges_are_not_taken(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    let before = description(&mut s, "t")?;
    s.run(&format!("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {role}, PUBLIC"))?;
    s.run("CALL warden.convert_to_partitioned('t', 'ts')")?;
    ensure_eq!(description(&mut s, "t")?, before);
    for identity in ["FULL", "NOTHING", "DEFAULT"] {
        s.run(&format!("DROP TABLE t; {TABLE}; ALTER TABLE t REPLICA IDENTITY {identity}"))?;
        let before = s.value("SELECT relreplident FROM pg_class WHERE oid = 't'::regclass")?;
        s.run("CALL warden.convert_to_partitioned('t', 'ts')")?;
        ensure_eq!(
            s.value("SELECT string_agg(DISTINCT relreplident::text, '') FROM pg_class WHERE oid = 't'::regclass OR relispartition AND relkind = 'r'")?,
            before
        );
    }
    Ok(())
}

fn row_security_of_the_owner(leg: &Leg) -> Result {
    let db = leg.database()?;
    let owner = db.role("")?;
    let mut s = db.session()?;
    s.run(&format!(
        "GRANT EXECUTE ON PROCEDURE warden.convert_to_partitioned(text, text, interval, text, int, interval) TO {owner};
         GRANT EXECUTE ON FUNCTION warden.plan_conversion(text, text, interval) TO {owner};
         CREATE SCHEMA app AUTHORIZATION {owner}; SET ROLE {owner}; CREATE TABLE app.t (id int, ts date); INSERT INTO app.t VALUES (1, '2026-01-01'), (2, '2026-01-02');
         ALTER TABLE app.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY one ON app.t USING (id = 1) WITH CHECK (true); RESET ROLE"
    ))?;
    let before = description(&mut s, "app.t")?;
    let mut o = db.session_as(&owner)?;
    ensure_eq!(
        o.column("SELECT severity || ' ' || item FROM warden.plan_conversion('app.t', 'ts') WHERE severity IN ('blocker', 'warning')")?,
        ["warning nulls", "warning row_security"]
    );
    // A row that it did not see is found in the end, and nothing is lost of it.
    s.run("INSERT INTO app.t VALUES (3, NULL)")?;
    let error = o.error("CALL warden.convert_to_partitioned('app.t', 'ts')")?;
    ensure_eq!(error.sqlstate, "23514");
    ensure!(
        error.message.starts_with("step 'validate' failed: check constraint \"warden_conversion_check\""),
        "{error}"
    );
    s.run("DELETE FROM app.t WHERE ts IS NULL")?;
    o.run("CALL warden.convert_to_partitioned('app.t', 'ts')")?;
    ensure_eq!(description(&mut s, "app.t")?, before);
    ensure_eq!(o.value("SELECT count(*) FROM app.t")?, "1");
    ensure_eq!(s.value("SELECT count(*) FROM app.t")?, "2");
    Ok(())
}

fn other_encodings(leg: &Leg) -> Result {
    for (encoding, table, column) in [
        ("LATIN1", "bestell\u{fc}ngen", "stra\u{df}e"),
        ("EUC_JP", "\u{6ce8}\u{6587}", "\u{9867}\u{5ba2}"),
        ("SQL_ASCII", "bestell\u{fc}ngen", "\u{9867}"),
    ] {
        let db = leg
            .cluster
            .database_with(&format!("TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"))?;
        let (mut s, mut holder) = (db.session()?, db.session()?);
        s.run("CREATE EXTENSION pg_warden")?;
        s.run(&format!(
            "CREATE TABLE \"{table}\" (id int GENERATED ALWAYS AS IDENTITY, \"{column}\" date NOT NULL, PRIMARY KEY (id, \"{column}\"));
             INSERT INTO \"{table}\" (\"{column}\") SELECT now() - n * interval '1 day' FROM generate_series(1, 100) AS n"
        ))?;
        let call = format!("CALL warden.convert_to_partitioned('\"{table}\"', '{column}', lock_timeout => '5 ms')");
        // Errors with such names reach the client.
        s.run(&format!("CREATE VIEW \"{column}\" AS SELECT 1 FROM \"{table}\""))?;
        ensure_eq!(s.error(&call)?.sqlstate, "0A000");
        s.run(&format!("DROP VIEW \"{column}\""))?;
        holder.run(&format!("BEGIN; INSERT INTO \"{table}\" (\"{column}\") VALUES ('2026-01-01')"))?;
        ensure_eq!(s.error(&call)?.sqlstate, "55P03");
        holder.run("COMMIT")?;
        let outcome = s.outcome(&call);
        ensure!(outcome.error.is_none(), "{encoding}: {outcome}");
        // A name that is taken, below the way of an error that is caught.
        s.run(&format!(
            "DO $$ BEGIN EXECUTE format('CREATE VIEW %I AS SELECT 1', '{table}_' || to_char(now() AT TIME ZONE 'UTC' + interval '1 month', 'YYYY_MM')); END $$"
        ))?;
        let error = s.error(&format!("CALL warden.split_partition('\"{table}_legacy\"', '1 month')"))?;
        ensure_eq!(error.sqlstate, "42P07", "{encoding}");
        s.run(&format!(
            "DO $$ BEGIN EXECUTE format('DROP VIEW %I', '{table}_' || to_char(now() AT TIME ZONE 'UTC' + interval '1 month', 'YYYY_MM')); END $$"
        ))?;
        let outcome = s.outcome(&format!("CALL warden.split_partition('\"{table}_legacy\"', '1 month')"));
        ensure!(outcome.error.is_none(), "{encoding}: {outcome}");
        ensure_eq!(s.value(&format!("SELECT count(*) FROM \"{table}\""))?, "101");
    }
    Ok(())
}

fn it_is_called_alone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run("BEGIN")?;
    let error = s.error("CALL warden.convert_to_partitioned('t', 'ts')")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str()),
        ("25001", "convert_to_partitioned cannot run inside a transaction block or a function")
    );
    s.run("ROLLBACK")?;
    ensure_eq!(s.value("SELECT relkind FROM pg_class WHERE oid = 't'::regclass")?, "r");
    // The guard does not judge what it does itself.
    s.run("SET warden.mode = 'enforce'")?;
    let outcome = s.outcome("CALL warden.convert_to_partitioned('t', 'ts')");
    ensure!(outcome.error.is_none() && outcome.notices.iter().all(|n| n.rule().is_none()), "{outcome}");
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run(
        "CREATE TABLE p (ts date) PARTITION BY RANGE (ts); CREATE VIEW v AS SELECT now() AS ts; CREATE SEQUENCE q; CREATE TABLE d (ts date);
         CREATE TEMP TABLE tmp (ts date); CREATE TABLE \"Upper\" (\"Ts\" date, ts int)",
    )?;
    for (arguments, expected) in [
        ("NULL, 'ts'", "22004 table_name must not be null"),
        ("'t', NULL", "22004 column_name must not be null"),
        ("'t', 'ts', NULL", "22004 partition_interval must not be null"),
        ("'nothing', 'ts'", "42P01 relation \"nothing\" does not exist"),
        ("'t; drop table t', 'ts'", "42602 not a table name: 't; drop table t'"),
        ("'t', 'nothing'", "42703 column 'nothing' of table \"t\" does not exist"),
        ("'t', 'ctid'", "42703 column 'ctid' of table \"t\" does not exist"),
        ("'t', 'id'", "0A000 column id of table \"t\" is of type integer"),
        ("'t', 'ts', '0'", "22023 partition_interval must be months, days or a time, and above zero"),
        ("'t', 'ts', '-1 month'", "22023 partition_interval must be months, days or a time, and above zero"),
        ("'t', 'ts', '1 month 1 day'", "22023 partition_interval must be months, days or a time, and above zero"),
        ("'d', 'ts', '1 hour'", "22023 partition_interval must be days or months for a key of type date"),
        ("'p', 'ts'", "42809 table \"p\" is partitioned already"),
        ("'v', 'ts'", "42809 \"v\" is not a table"),
        ("'q', 'ts'", "42809 \"q\" is not a table"),
        ("'pg_catalog.pg_class', 'relname'", "42809 \"pg_class\" is a system relation"),
    ] {
        for call in ["CALL warden.convert_to_partitioned", "SELECT * FROM warden.plan_conversion"] {
            let error = s.error(&format!("{call}({arguments})"))?;
            ensure_eq!(format!("{} {}", error.sqlstate, error.message), expected, "{call}({arguments})");
        }
    }
    for (arguments, expected) in [
        ("'t', 'ts', mode => NULL", "22004 mode must not be null"),
        ("'t', 'ts', mode => 'move'", "22023 invalid value for mode: 'move'"),
        ("'t', 'ts', mode => 'copy'", "0A000 mode 'copy' is not supported"),
        ("'t', 'ts', premake => NULL", "22004 premake must not be null"),
        ("'t', 'ts', premake => 0", "22023 premake must be from 1 to 1000"),
        ("'t', 'ts', premake => -1", "22023 premake must be from 1 to 1000"),
        ("'t', 'ts', lock_timeout => NULL", "22004 lock_timeout must not be null"),
        ("'t', 'ts', lock_timeout => '0'", "22023 lock_timeout must be above zero"),
        ("'t', 'ts', lock_timeout => '-1 s'", "22023 lock_timeout must be above zero"),
        ("'tmp', 'ts'", "0A000 table \"tmp\" cannot be converted"),
    ] {
        let error = s.error(&format!("CALL warden.convert_to_partitioned({arguments})"))?;
        ensure_eq!(format!("{} {}", error.sqlstate, error.message), expected, "{arguments}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_conversions")?, "0");
    // A column is named as it is stored, or as SQL writes it.
    for column in ["Ts", "\"Ts\""] {
        ensure_eq!(s.value(&format!("SELECT count(*) > 0 FROM warden.plan_conversion('\"Upper\"', '{column}')"))?, "t");
    }
    ensure_eq!(
        s.error("SELECT * FROM warden.plan_conversion('\"Upper\"', 'TS')")?.message,
        "column ts of table \"Upper\" is of type integer"
    );
    Ok(())
}
