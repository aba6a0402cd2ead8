//! What `warden.manage_partitions` can ask of new partitions: `copy_grants`, `storage_parameters`, `default_partition`, `name_format`.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    grants_are_copied_by_both_methods,
    grants_of_a_table_that_belongs_to_another,
    policies_are_copied_with_grants,
    policies_that_would_be_others_are_refused,
    rows_move_past_policies_that_are_forced,
    storage_parameters_instead_of_the_newest_ones,
    storage_parameters_that_are_none,
    whoever_makes_a_partition_obeys,
    names_of_each_length,
    names_that_are_none,
    names_are_those_of_whoever_makes_a_partition,
    a_default_partition_where_there_is_none,
    a_default_partition_is_kept_as_it_is,
    a_default_partition_whose_name_is_taken,
    a_default_partition_is_made_beside_readers_and_writers,
];

/// Months of a date, one of them there; with a default, so that what is past is created as a partition.
const EVENTS: &str = "CREATE TABLE \"e v\" (ts date NOT NULL, \"a b\" int, note text) PARTITION BY RANGE (ts);
    CREATE TABLE first PARTITION OF \"e v\" FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') WITH (fillfactor = 50);
    CREATE TABLE rest PARTITION OF \"e v\" DEFAULT";

fn manage(s: &mut Session, arguments: &str) -> Result {
    s.run(&format!("SELECT * FROM warden.manage_partitions('\"e v\"', {arguments})"))?;
    Ok(())
}

fn made(s: &mut Session, start: &str) -> Result<String> {
    Ok(s.value(&format!("SELECT warden.create_monthly_partition('\"e v\"', '{start}')"))?)
}

/// Who may do what with a relation and its columns, but its owner.
fn grants(s: &mut Session, relation: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', x.grantee::regrole, x.privilege_type, x.is_grantable)
           FROM pg_class AS c, aclexplode(c.relacl) AS x WHERE c.oid = '{relation}'::regclass AND x.grantee <> c.relowner
         UNION ALL
         SELECT concat_ws(' ', x.grantee::regrole, x.privilege_type, x.is_grantable, a.attname)
           FROM pg_attribute AS a, aclexplode(a.attacl) AS x WHERE a.attrelid = '{relation}'::regclass
         ORDER BY 1"
    ))?)
}

fn options(s: &mut Session, relation: &str) -> Result<String> {
    Ok(s.value(&format!(
        "SELECT concat_ws(' | ', (SELECT string_agg(o, ' ') FROM unnest(c.reloptions) AS o), (SELECT string_agg(o, ' ') FROM unnest(t.reloptions) AS o))
           FROM pg_class AS c LEFT JOIN pg_class AS t ON t.oid = c.reltoastrelid WHERE c.oid = '{relation}'::regclass"
    ))?)
}

fn grants_are_copied_by_both_methods(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (reader, writer) = (db.role("")?, db.role("")?);
    s.run(&format!(
        "{EVENTS}; GRANT SELECT ON \"e v\" TO PUBLIC; GRANT ALL ON \"e v\" TO {writer} WITH GRANT OPTION; GRANT INSERT ON \"e v\" TO {reader};
         GRANT UPDATE (\"a b\", note), REFERENCES (ts) ON \"e v\" TO {reader}; GRANT UPDATE (note) ON \"e v\" TO {writer} WITH GRANT OPTION"
    ))?;
    let table = grants(&mut s, "\"e v\"")?;
    ensure!(table.len() > 10 && table.contains(&format!("{reader} UPDATE f a b")), "{table:?}");
    let before = made(&mut s, "2026-02-01")?;
    ensure_eq!(grants(&mut s, &before)?, Vec::<String>::new());
    manage(&mut s, "copy_grants => true")?;
    for start in ["2026-03-01", "2999-01-01"] {
        let partition = made(&mut s, start)?;
        ensure_eq!(grants(&mut s, &partition)?, table, "{partition}");
    }
    // What is there stays as it is, and no longer asked for, it ends.
    ensure_eq!(grants(&mut s, &before)?, Vec::<String>::new());
    manage(&mut s, "copy_grants => false")?;
    let partition = made(&mut s, "2026-04-01")?;
    ensure_eq!(grants(&mut s, &partition)?, Vec::<String>::new());
    Ok(())
}

fn grants_of_a_table_that_belongs_to_another(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (owner, reader) = (db.role("")?, db.role("")?);
    s.run(&format!(
        "CREATE SCHEMA app AUTHORIZATION {owner}; SET ROLE {owner}; CREATE TABLE app.e (ts timestamptz) PARTITION BY RANGE (ts);
         GRANT SELECT ON app.e TO {reader}; RESET ROLE; SELECT * FROM warden.manage_partitions('app.e', premake => 1, copy_grants => true)"
    ))?;
    ensure!(
        s.value("SELECT sql FROM warden.plan_partition_maintenance('app.e') WHERE step = 1")?
            .contains(&format!("TO {reader};"))
    );
    s.run("CALL warden.partition_maintenance()")?;
    // As if the owner had granted it.
    let made = "SELECT concat_ws(' ', c.relowner::regrole, x.grantor::regrole, x.grantee::regrole, x.privilege_type)
                  FROM pg_class AS c, aclexplode(c.relacl) AS x WHERE c.relispartition AND x.grantee <> c.relowner ORDER BY c.relname";
    let expected = format!("{owner} {owner} {reader} SELECT");
    ensure_eq!(s.column(made)?, [expected.clone(), expected]);
    Ok(())
}

/// `e v` with policies of all sorts, of whose rows `reader` may see some, and `writer` write some.
fn secured(s: &mut Session, owner: &str, reader: &str, writer: &str) -> Result {
    s.run(&format!(
        "{EVENTS}; CREATE SCHEMA app; CREATE TABLE app.m (\"a b\" int, who name);
         GRANT USAGE ON SCHEMA app TO {reader}, {owner}; GRANT SELECT ON app.m TO {reader}, {owner}; GRANT CREATE ON SCHEMA public TO {owner};
         INSERT INTO app.m VALUES (2, '{reader}'), (3, '{reader}'), (4, '{writer}');
         ALTER TABLE \"e v\" OWNER TO {owner}; ALTER TABLE first OWNER TO {owner}; ALTER TABLE rest OWNER TO {owner};
         ALTER TABLE \"e v\" ENABLE ROW LEVEL SECURITY; GRANT SELECT ON \"e v\" TO {reader}; GRANT INSERT, SELECT, DELETE ON \"e v\" TO {writer};
         CREATE POLICY plain ON \"e v\" FOR SELECT TO {reader}, {writer} USING (\"a b\" = 1);
         CREATE POLICY \"sub\"\"select\" ON \"e v\" FOR SELECT TO {reader}
            USING (EXISTS (SELECT FROM app.m WHERE m.\"a b\" = \"e v\".\"a b\" AND m.who = current_user AND m.who <> '\"e v\".\"a b\"'));
         CREATE POLICY restricts ON \"e v\" AS RESTRICTIVE USING (note IS DISTINCT FROM 'hidden');
         CREATE POLICY writes ON \"e v\" FOR INSERT TO {writer} WITH CHECK (\"a b\" < 10);
         CREATE POLICY deletes ON \"e v\" FOR DELETE TO PUBLIC USING (\"a b\" = 1)"
    ))?;
    Ok(())
}

fn policies_are_copied_with_grants(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (owner, reader, writer) = (db.role("")?, db.role("")?, db.role("")?);
    secured(&mut s, &owner, &reader, &writer)?;
    manage(&mut s, "copy_grants => true")?;
    for (force, from, to) in [("NO FORCE", "2026-03-01", "2999-01-01"), ("FORCE", "2026-04-01", "2999-02-01")] {
        s.run(&format!("ALTER TABLE \"e v\" {force} ROW LEVEL SECURITY"))?;
        for start in [from, to] {
            let partition = made(&mut s, start)?;
            s.run(&format!(
                "INSERT INTO \"e v\" SELECT '{start}', n, CASE n % 2 WHEN 0 THEN 'hidden' END FROM generate_series(1, 9) AS n;
                 INSERT INTO \"e v\" SELECT '{start}', n FROM generate_series(1, 9) AS n"
            ))?;
            let all = s.value(&format!("SELECT count(*) FROM {partition}"))?;
            let owners = if force == "FORCE" { "0" } else { "18" };
            for (role, sees) in [(&owner, owners), (&reader, "5"), (&writer, "2")] {
                let mut other = db.session_as(role)?;
                let rows = |relation: &str| {
                    format!("SELECT ts, \"a b\", note FROM {relation} WHERE ts = '{start}' ORDER BY 2, 3")
                };
                ensure_eq!(other.rows(&rows(&partition))?, other.rows(&rows("\"e v\""))?, "{partition} to {role}");
                ensure_eq!(other.rows(&rows(&partition))?.len().to_string(), sees, "{partition} to {role}, {force}");
            }
            let mut writer = db.session_as(&writer)?;
            writer.run(&format!("INSERT INTO {partition} VALUES ('{start}', 9)"))?;
            let error = writer.error(&format!("INSERT INTO {partition} VALUES ('{start}', 10)"))?;
            ensure_eq!((error.sqlstate.as_str(), error.message.contains("row-level security policy")), ("42501", true));
            writer.run(&format!("DELETE FROM {partition}"))?;
            ensure_eq!(s.value(&format!("SELECT {all} + 1 - count(*) FROM {partition}"))?, "2", "{partition}");
            ensure!(
                db.session_as(&reader)?
                    .error(&format!("DELETE FROM {partition}"))?
                    .message
                    .contains("permission denied"),
                "{partition}"
            );
        }
    }
    // In the owner's name, and in a table of its own that maintenance makes.
    manage(&mut s, "premake => 0, copy_grants => true")?;
    ensure!(
        s.value("SELECT sql FROM warden.plan_partition_maintenance() LIMIT 1")?
            .contains("CREATE POLICY plain ON public.\"e v_")
    );
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(
        s.column("SELECT DISTINCT count(*) FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relname ~ '^e v_' GROUP BY c.oid")?,
        ["5"]
    );
    // Switched off, neither policies nor grants; without row level security, grants alone.
    manage(&mut s, "premake => 0")?;
    let partition = made(&mut s, "2026-05-01")?;
    ensure_eq!(s.value(&format!("SELECT count(*) FROM pg_policy WHERE polrelid = '{partition}'::regclass"))?, "0");
    manage(&mut s, "premake => 0, copy_grants => true")?;
    s.run("ALTER TABLE \"e v\" DISABLE ROW LEVEL SECURITY")?;
    let partition = made(&mut s, "2026-06-01")?;
    ensure_eq!(s.value(&format!("SELECT count(*) FROM pg_policy WHERE polrelid = '{partition}'::regclass"))?, "0");
    ensure_eq!(grants(&mut s, &partition)?.len(), 4);
    Ok(())
}

fn policies_that_would_be_others_are_refused(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(&format!(
        "{EVENTS}; GRANT SELECT ON \"e v\" TO PUBLIC; ALTER TABLE \"e v\" ENABLE ROW LEVEL SECURITY;
         CREATE TABLE m (n int); CREATE POLICY fine ON \"e v\" USING (note IN (SELECT 'x' FROM m)); CREATE FUNCTION f(\"e v\") RETURNS bool LANGUAGE sql AS 'SELECT true'"
    ))?;
    let itself = "EXISTS (SELECT FROM \"e v\" AS o WHERE o.note IS NULL)";
    for (expression, why) in [
        ("f(\"e v\")", "takes whole rows of the table"),
        ("\"e v\" IS NOT NULL", "takes whole rows of the table"),
        ("(SELECT f(\"e v\") FROM m)", "takes whole rows of the table"),
        (itself, "reads the table itself"),
        ("EXISTS (SELECT FROM m WHERE n = (SELECT max(\"a b\") FROM \"e v\"))", "reads the table itself"),
        ("EXISTS (SELECT FROM m WHERE n = \"a b\")", "names the table, whose name is also that of a schema"),
    ] {
        let is_schema = why.ends_with("schema");
        s.run(if is_schema { "CREATE SCHEMA \"e v\"" } else { "SELECT" })?;
        for clause in ["FOR ALL TO PUBLIC USING", "FOR INSERT TO PUBLIC WITH CHECK"] {
            s.run(&format!("CREATE POLICY \"x y\" ON \"e v\" {clause} ({expression})"))?;
            let error = s.error("SELECT * FROM warden.manage_partitions('\"e v\"', copy_grants => true)")?;
            ensure_eq!(
                (error.sqlstate.as_str(), error.message.as_str(), error.detail.as_deref()),
                (
                    "0A000",
                    "copy_grants is not supported for table \"e v\", whose policies cannot be copied",
                    Some(format!("Partitions would have the same policies, but policy \"x y\" {why}.").as_str())
                )
            );
            s.run("DROP POLICY \"x y\" ON \"e v\"")?;
        }
    }
    // A policy that comes later stops no creation, and nobody reads past it.
    manage(&mut s, "copy_grants => true")?;
    s.run(&format!("CREATE POLICY \"x y\" ON \"e v\" USING ({itself})"))?;
    let partition = made(&mut s, "2026-03-01")?;
    ensure_eq!(grants(&mut s, &partition)?, Vec::<String>::new());
    s.run("DROP POLICY \"x y\" ON \"e v\"")?;
    let partition = made(&mut s, "2026-04-01")?;
    ensure_eq!(grants(&mut s, &partition)?, ["- SELECT f"]);
    Ok(())
}

fn rows_move_past_policies_that_are_forced(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (owner, reader, writer) = (db.role("")?, db.role("")?, db.role("")?);
    secured(&mut s, &owner, &reader, &writer)?;
    manage(&mut s, "copy_grants => true")?;
    s.run(&format!(
        "INSERT INTO rest SELECT '2026-03-01'::date + n, n % 20 FROM generate_series(0, 60) AS n; ALTER TABLE \"e v\" FORCE ROW LEVEL SECURITY;
         GRANT EXECUTE ON ALL ROUTINES IN SCHEMA warden TO {owner}"
    ))?;
    let mut owner = db.session_as(&owner)?;
    owner.run("SELECT * FROM warden.create_partitions('\"e v\"', '1 month', '2026-03-01', '2026-04-01', default_rows => 'move')")?;
    owner.run("CALL warden.drain_default_partition('\"e v\"')")?;
    ensure_eq!(
        s.column(
            "SELECT concat(c.relname, ' ', c.relforcerowsecurity) FROM pg_class c WHERE c.relname ~ '^e v_' ORDER BY 1"
        )?,
        ["e v_2026_03 t", "e v_2026_04 t"]
    );
    ensure_eq!(
        s.value("SELECT concat((SELECT count(*) FROM \"e v_2026_03\"), ' ', (SELECT count(*) FROM \"e v_2026_04\"))")?,
        "31 30"
    );
    Ok(())
}

fn storage_parameters_instead_of_the_newest_ones(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    let partition = made(&mut s, "2026-02-01")?;
    ensure_eq!(options(&mut s, &partition)?, "fillfactor=50");
    manage(
        &mut s,
        "storage_parameters => 'autovacuum_vacuum_scale_factor = 1e-2, toast.autovacuum_enabled=off,fillfactor=''80'''",
    )?;
    for start in ["2026-03-01", "2999-01-01"] {
        let partition = made(&mut s, start)?;
        ensure_eq!(
            options(&mut s, &partition)?,
            "autovacuum_vacuum_scale_factor=1e-2 fillfactor=80 | autovacuum_enabled=off",
            "{partition}"
        );
    }
    manage(&mut s, "premake => 4")?;
    s.run("ALTER TABLE \"e v_2999_01\" SET (fillfactor = 60)")?;
    let partition = made(&mut s, "2026-04-01")?;
    ensure_eq!(
        options(&mut s, &partition)?,
        "autovacuum_vacuum_scale_factor=1e-2 fillfactor=60 | autovacuum_enabled=off"
    );
    Ok(())
}

fn storage_parameters_that_are_none(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date) PARTITION BY RANGE (ts)")?;
    for (text, expected) in [
        ("", "invalid value for storage_parameters: ''"),
        ("fillfactor", "invalid value for storage_parameters: 'fillfactor'"),
        ("fillfactor=70) TABLESPACE x; --", "invalid value for storage_parameters: 'fillfactor=70) TABLESPACE x; --'"),
        ("fillfactor=70, fillfactor=80", "storage_parameters has \"fillfactor\" more than once"),
        ("fill_factor=70", "unrecognized parameter \"fill_factor\""),
        ("toast.fillfactor=70", "unrecognized parameter \"fillfactor\""),
        ("fillfactor=700", "value 700 out of bounds for option \"fillfactor\""),
        ("fillfactor=much", "invalid value for integer option \"fillfactor\": much"),
        ("toast.autovacuum_enabled=perhaps", "invalid value for boolean option \"autovacuum_enabled\": perhaps"),
    ] {
        let error = s.error(&format!("SELECT * FROM warden.manage_partitions('e', storage_parameters => '{text}')"))?;
        ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("22023", expected), "{text}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_policies")?, "0");
    // A row that something else has written breaks out of nothing.
    s.run(
        "SELECT * FROM warden.manage_partitions('e');
         UPDATE warden_internal.partition_policy SET storage_parameters = 'fillfactor=70); DROP TABLE e; --'",
    )?;
    ensure_eq!(s.error("SELECT warden.create_monthly_partition('e', '2026-01-01')")?.sqlstate, "22023");
    Ok(())
}

fn whoever_makes_a_partition_obeys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let reader = db.role("")?;
    s.run(&format!("{EVENTS}; GRANT SELECT ON \"e v\" TO {reader}"))?;
    // Passed over by maintenance, too.
    manage(&mut s, "copy_grants => true, storage_parameters => 'fillfactor=77', enabled => false")?;
    s.run(
        "SELECT * FROM warden.create_partitions('\"e v\"', '1 month', '2026-02-01', '2026-04-01');
         SELECT warden.create_range_partition('\"e v\"', '2026-04-01', '2026-05-01'); SELECT warden.ensure_partition('\"e v\"', '2026-05-05');
         SELECT warden.create_monthly_partition('\"e v\"', '2026-08-01'); SELECT * FROM warden.fill_partition_gaps('\"e v\"');
         INSERT INTO \"e v\" VALUES ('2026-09-01')",
    )?;
    s.run("CALL warden.drain_default_partition('\"e v\"')")?;
    let like = s.column(
        "SELECT partition FROM warden.list_partitions('\"e v\"') WHERE NOT is_default AND lower_bound > '2026-01-01'",
    )?;
    ensure_eq!(like.len(), 8);
    for partition in like {
        ensure_eq!(grants(&mut s, &partition)?, [format!("{reader} SELECT f")], "{partition}");
        ensure_eq!(options(&mut s, &partition)?, "fillfactor=77", "{partition}");
    }
    Ok(())
}

fn a_default_partition_where_there_is_none(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let reader = db.role("")?;
    // The key of an epoch is not looked at in the relation cache.
    for kind in ["date", "timestamptz", "bigint"] {
        s.run(&format!(
            "CREATE TABLE \"e v\" (ts {kind} PRIMARY KEY) PARTITION BY RANGE (ts); GRANT SELECT ON \"e v\" TO {reader}"
        ))?;
        let encoding = if kind == "bigint" { "epoch_ms" } else { "auto" };
        manage(
            &mut s,
            &format!(
                "premake => 1, default_partition => 'create', copy_grants => true, storage_parameters => 'fillfactor=60', key_encoding => '{encoding}'"
            ),
        )?;
        let planned = s.rows("SELECT step, action, partition, lower_bound, upper_bound, locks, risk FROM warden.plan_partition_maintenance('\"e v\"') ORDER BY step DESC LIMIT 1")?;
        let planned: Vec<_> = planned[0].iter().map(|value| value.as_deref().unwrap_or("∅")).collect();
        ensure_eq!(
            planned,
            [
                "3",
                "create",
                "public.\"e v_default\"",
                "∅",
                "∅",
                "SHARE UPDATE EXCLUSIVE on public.\"e v\"",
                "reads and writes go on"
            ]
        );
        s.run("CALL warden.partition_maintenance()")?;
        ensure_eq!(
            s.column("SELECT partition FROM warden.list_partitions('\"e v\"') WHERE is_default")?,
            ["public.\"e v_default\""]
        );
        ensure_eq!(grants(&mut s, "\"e v_default\"")?, [format!("{reader} SELECT f")]);
        ensure_eq!(options(&mut s, "\"e v_default\"")?, "fillfactor=60");
        ensure_eq!(s.value("SELECT count(*) FROM pg_index WHERE indrelid = '\"e v_default\"'::regclass")?, "1");
        // Once it is there, there is nothing to do; once it is gone, it is made anew, and it alone.
        ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance()")?, "0");
        s.run("ALTER TABLE \"e v\" DETACH PARTITION \"e v_default\"; DROP TABLE \"e v_default\"")?;
        ensure_eq!(s.column("SELECT sql IS NOT NULL FROM warden.plan_partition_maintenance()")?, ["t"]);
        let outcome = s.run("CALL warden.partition_maintenance()")?;
        ensure!(
            outcome.notices.iter().any(|n| n.message == "partition maintenance of 1 table: 1 done, 0 failed"),
            "{outcome}"
        );
        s.run("DROP TABLE \"e v\"")?;
    }
    Ok(())
}

fn a_default_partition_is_kept_as_it_is(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    manage(&mut s, "premake => 0, default_partition => 'create'")?;
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.column("SELECT partition FROM warden.list_partitions('\"e v\"') WHERE is_default")?, ["public.rest"]);
    // Asked for no more, none is made.
    manage(&mut s, "premake => 0")?;
    s.run("DROP TABLE rest")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance()")?, "0");
    Ok(())
}

fn a_default_partition_whose_name_is_taken(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(&format!("{EVENTS}; DROP TABLE rest; CREATE VIEW \"e v_default\" AS SELECT 1 AS one"))?;
    manage(&mut s, "premake => 0, default_partition => 'create'")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', partition, sql, risk) FROM warden.plan_partition_maintenance() ORDER BY step DESC LIMIT 1")?,
        ["public.\"e v_default\" blocked: name \"e v_default\" for the default partition of \"e v\" is taken. Kind of what has it: view. \
          Rename it first, or attach it as the default: ALTER TABLE ... ATTACH PARTITION ... DEFAULT;"]
    );
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', partition, status, sqlstate) FROM warden.partition_log WHERE status <> 'done' ORDER BY id")?,
        ["public.\"e v_default\" blocked 42P07", "error"]
    );
    Ok(())
}

fn a_default_partition_is_made_beside_readers_and_writers(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(&format!("{EVENTS}; DROP TABLE rest"))?;
    manage(&mut s, "premake => 0, default_partition => 'create'")?;
    let mut writer = db.session()?;
    writer.run("BEGIN; INSERT INTO \"e v\" VALUES ('2026-01-05'); SELECT count(*) FROM \"e v\"")?;
    s.run("SET warden.partition_lock_timeout = '500ms'; SET warden.partition_lock_retries = 0")?;
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('\"e v\"') WHERE is_default")?, "1");
    writer.run("INSERT INTO \"e v\" VALUES ('2030-01-05'); COMMIT")?;
    ensure_eq!(s.value("SELECT count(*) FROM \"e v_default\"")?, "1");
    Ok(())
}

fn names_of_each_length(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("SET TimeZone = 'Asia/Kolkata'")?;
    for (interval, format, expected) in [
        ("1 year", "YYYY", ["e_2026", "e_2027"]),
        ("3 months", "YYYYqQ", ["e_2026q1", "e_2026q2"]),
        ("1 month", "pYYYY_MM", ["e_p2026_02", "e_p2026_03"]),
        ("1 day", "pYYYYMMDD", ["e_p20260218", "e_p20260219"]),
        ("1 hour", "YYYYMMDD_HH24", ["e_20260218_12", "e_20260218_13"]),
        ("30 seconds", "YYYYMMDD_HH24MISS", ["e_20260218_120000", "e_20260218_120030"]),
    ] {
        s.run(&format!(
            "CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('e', '{interval}', premake => 1, name_format => '{format}')"
        ))?;
        ensure_eq!(
            s.column(
                "SELECT partition FROM warden.plan_partition_maintenance('e', '2026-02-18 12:00+00') ORDER BY step"
            )?,
            expected.map(|name| format!("public.{name}")),
            "{interval}"
        );
        s.run("CALL warden.partition_maintenance()")?;
        ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e')")?, "2", "{interval}");
        s.run("DROP TABLE e")?;
    }
    // An hour that the clock shows twice.
    s.run(
        "CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts);
         SELECT * FROM warden.manage_partitions('e', '1 hour', premake => 3, time_zone => 'America/New_York', name_format => 'YYYYMMDDHH24')",
    )?;
    ensure_eq!(
        s.column("SELECT partition FROM warden.plan_partition_maintenance('e', '2025-11-02 04:00+00') WHERE sql IS NOT NULL ORDER BY step")?,
        ["public.e_2025110204", "public.e_2025110205", "public.e_2025110206", "public.e_2025110207"]
    );
    Ok(())
}

fn names_that_are_none(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date) PARTITION BY RANGE (ts)")?;
    for (format, expected) in [
        ("", "invalid value for name_format: ''"),
        ("YYYY MM", "invalid value for name_format: 'YYYY MM'"),
        ("MM", "name_format 'MM' gives several partitions the same name"),
        ("YYYY", "name_format 'YYYY' gives several partitions the same name"),
    ] {
        let error = s.error(&format!("SELECT * FROM warden.manage_partitions('e', name_format => '{format}')"))?;
        ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("22023", expected), "{format}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_policies")?, "0");
    Ok(())
}

fn names_are_those_of_whoever_makes_a_partition(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    manage(&mut s, "name_format => 'pYYYYMM', enabled => false")?;
    s.run(
        "SELECT * FROM warden.create_partitions('\"e v\"', '1 month', '2026-02-01', '2026-03-01');
         SELECT warden.create_monthly_partition('\"e v\"', '2026-05-01'); SELECT * FROM warden.fill_partition_gaps('\"e v\"');
         SELECT warden.ensure_partition('\"e v\"', '2026-06-05'); INSERT INTO \"e v\" VALUES ('2026-09-01')",
    )?;
    s.run("CALL warden.drain_default_partition('\"e v\"')")?;
    // The name is kept for partitions of that length.
    s.run("SELECT warden.create_daily_partition('\"e v\"', '2026-11-01')")?;
    ensure_eq!(
        s.value("SELECT string_agg(replace(partition, 'public.', ''), ' ' ORDER BY lower_bound) FROM warden.list_partitions('\"e v\"') WHERE NOT is_default")?,
        "first \"e v_p202602\" \"e v_p202603\" \"e v_p202604\" \"e v_p202605\" \"e v_p202606\" \"e v_p202609\" \"e v_2026_11_01\""
    );
    Ok(())
}
