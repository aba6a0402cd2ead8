//! Partitions that are too old: `warden.apply_partition_retention`, and retention by maintenance. One test an edge case, named after it.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    h1_the_end_is_exclusive,
    h2_months_of_the_calendar,
    h3_what_is_never_touched,
    h4_foreign_keys_that_refer_to_it,
    h5_views_that_need_it,
    h6_archived,
    s16_a_schema_of_another_role,
    h7_twelve_a_run,
    h7_a_clock_that_has_jumped,
    h8_dry_run,
    h9_published,
    h9_published_by_itself,
    detached_and_dropped,
    g7_made_and_taken_away,
    g5_readers_are_waited_for_a_while_only,
    beside_a_default,
    the_last_one_stays_where_the_next_cannot_be_made,
    by_another_sessions_side,
    rights,
];

/// A table of months in 2020 under management, with the present month.
fn old(s: &mut Session, months: i32, arguments: &str) -> Result {
    s.run(&format!(
        "SET client_min_messages = warning; CREATE TABLE e (ts timestamptz, id int) PARTITION BY RANGE (ts);
         SELECT * FROM warden.create_partitions('e', '1 month', '2020-01-01', '2020-01-01'::timestamp + interval '{months} months');
         SELECT * FROM warden.manage_partitions('e', premake => 0, {arguments})"
    ))?;
    s.run("SELECT warden.create_monthly_partition('e', date_trunc('month', now() AT TIME ZONE 'UTC')::date)")?;
    s.run("RESET client_min_messages")?;
    Ok(())
}

/// Partition, action, status and SQLSTATE of each.
fn apply(s: &mut Session, arguments: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', partition, action, status, sqlstate) FROM warden.apply_partition_retention('e'{arguments})"
    ))?)
}

fn partitions(s: &mut Session) -> Result<String> {
    Ok(s.value(
        "SELECT string_agg(partition, ' ') FROM warden.list_partitions('e') WHERE NOT is_current OR is_default",
    )?)
}

fn removed_as_of(s: &mut Session, as_of: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT partition FROM warden.plan_partition_maintenance('e', '{as_of}') WHERE action = 'detach' ORDER BY step"
    ))?)
}

fn h1_the_end_is_exclusive(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 3, "retention => '1 month'")?;
    ensure_eq!(removed_as_of(&mut s, "2020-02-29 23:59:59.999999+00")?, Vec::<String>::new());
    ensure_eq!(removed_as_of(&mut s, "2020-03-01 00:00:00+00")?, ["public.e_2020_01"]);
    // By the clock of the set, in another zone.
    s.run("DROP TABLE e; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts); SET warden.partition_time_zone = 'America/New_York'; SET client_min_messages = warning")?;
    s.run("SELECT * FROM warden.create_partitions('e', '1 month', '2020-01-01', '2020-05-01'); SELECT * FROM warden.manage_partitions('e', retention => '1 month')")?;
    ensure_eq!(removed_as_of(&mut s, "2020-03-01 04:59:59+00")?, Vec::<String>::new());
    ensure_eq!(removed_as_of(&mut s, "2020-03-01 05:00:00+00")?, ["public.e_2020_01"]);
    Ok(())
}

fn h2_months_of_the_calendar(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts date) PARTITION BY RANGE (ts);
         SELECT * FROM warden.create_partitions('e', '1 day', '2023-02-26', '2023-04-10');
         SELECT * FROM warden.manage_partitions('e', '1 day', 0, '1 month')",
    )?;
    // March 31 less a month is the last of February: the days before are over, the 28th itself is not.
    let expected = ["public.e_2023_02_26", "public.e_2023_02_27"];
    for day in ["28", "29", "30", "31"] {
        ensure_eq!(removed_as_of(&mut s, &format!("2023-03-{day}"))?, expected, "{day}");
    }
    ensure_eq!(removed_as_of(&mut s, "2023-04-01")?.last().map(String::as_str), Some("public.e_2023_02_28"));
    Ok(())
}

fn h3_what_is_never_touched(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT;
         CREATE TABLE first PARTITION OF e FOR VALUES FROM (MINVALUE) TO ('2020-01-01 00:00+00');
         CREATE TABLE last PARTITION OF e FOR VALUES FROM ('2020-02-01 00:00+00') TO (MAXVALUE);
         SELECT * FROM warden.manage_partitions('e')",
    )?;
    ensure_eq!(apply(&mut s, ", '1 second'")?, ["public.first detach done"]);
    ensure_eq!(apply(&mut s, ", '1 second'")?, Vec::<String>::new());
    // The present one, and the last that is left.
    s.run("DROP TABLE e; CREATE TABLE e (ts date) PARTITION BY RANGE (ts); SELECT * FROM warden.create_partitions('e', '1 year', '2020-01-01', '2023-01-01');
           SELECT * FROM warden.manage_partitions('e', '1 year')")?;
    ensure_eq!(apply(&mut s, ", '1 day', 'drop'")?, ["public.e_2020 drop done", "public.e_2021 drop done"]);
    ensure_eq!(partitions(&mut s)?, "public.e_2022");
    ensure_eq!(apply(&mut s, ", '1 day', 'drop'")?, Vec::<String>::new());
    s.run("SELECT warden.create_yearly_partition('e', date_trunc('year', now())::date)")?;
    ensure_eq!(apply(&mut s, ", '1 microsecond'")?, ["public.e_2022 detach done"]);
    ensure_eq!(apply(&mut s, ", '1 microsecond'")?, Vec::<String>::new());
    Ok(())
}

fn h4_foreign_keys_that_refer_to_it(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts date, id int, PRIMARY KEY (ts, id)) PARTITION BY RANGE (ts);
         SELECT * FROM warden.create_partitions('e', '1 month', '2020-01-01', '2020-05-01');
         INSERT INTO e VALUES ('2020-01-05', 1), ('2020-02-05', 2);
         CREATE TABLE other (ts date, id int, FOREIGN KEY (ts, id) REFERENCES e); INSERT INTO other VALUES ('2020-01-05', 1);
         SELECT * FROM warden.manage_partitions('e', premake => 0, retention => '1 year', retention_action => 'drop')",
    )?;
    let outcome = s.run("CALL warden.partition_maintenance()")?;
    ensure!(outcome.notices.iter().any(|n| n.message.ends_with("drop public.e_2020_01: error")), "{outcome}");
    // Those to which nothing refers are detached and dropped all the same; no CASCADE.
    ensure_eq!(
        s.column(
            "SELECT concat_ws(' ', action, partition, status, sqlstate) FROM warden.partition_log WHERE action = 'drop'"
        )?,
        [
            "drop public.e_2020_01 error 23503",
            "drop public.e_2020_02 done",
            "drop public.e_2020_03 done",
            "drop public.e_2020_04 done"
        ]
    );
    ensure_eq!(partitions(&mut s)?, "public.e_2020_01");
    ensure_eq!(s.value("SELECT count(*) FROM other")?, "1");
    ensure_eq!(
        s.value(
            "SELECT string_agg(conname, ' ') FROM pg_constraint WHERE conrelid = 'other'::regclass AND conparentid = 0"
        )?,
        "other_ts_id_fkey"
    );
    Ok(())
}

fn h5_views_that_need_it(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 2, "retention => '1 year'")?;
    s.run("CREATE VIEW of_january AS SELECT * FROM e_2020_01")?;
    let rows = s.rows(
        "SELECT partition, status, sqlstate, detail FROM warden.apply_partition_retention('e', action => 'drop')",
    )?;
    let text = |row: usize, column: usize| rows[row][column].clone().unwrap_or_default();
    ensure_eq!((text(0, 1).as_str(), text(0, 2).as_str(), text(1, 1).as_str()), ("error", "2BP01", "done"));
    // The server's advice to CASCADE is not repeated.
    ensure_eq!(
        text(0, 3),
        "cannot drop table public.e_2020_01 because other objects depend on it. view public.of_january depends on table public.e_2020_01"
    );
    // Still a partition: nothing is half done.
    ensure_eq!(partitions(&mut s)?, "public.e_2020_01");
    // A detached one may be looked at as before.
    ensure_eq!(apply(&mut s, "")?, ["public.e_2020_01 detach done"]);
    s.run("SELECT * FROM of_january")?;
    Ok(())
}

fn h6_archived(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let role = db.role("")?;
    let long = "x".repeat(55);
    old(&mut s, 3, "retention => '1 year', retention_action => 'archive', archive_schema => 'Old data'")?;
    s.run(&format!("GRANT SELECT ON e_2020_01 TO {role}; INSERT INTO e VALUES ('2020-01-05', 1)"))?;
    ensure_eq!(apply(&mut s, ", max_partitions => 1")?, ["public.e_2020_01 archive done"]);
    ensure_eq!(s.value("SELECT count(*) FROM \"Old data\".e_2020_01")?, "1");
    ensure_eq!(s.value(&format!("SELECT has_table_privilege('{role}', '\"Old data\".e_2020_01', 'SELECT')"))?, "t");
    // Names that are taken there, or here.
    s.run("CREATE VIEW \"Old data\".e_2020_02 AS SELECT 1; CREATE TABLE e_2020_02_2 (a int)")?;
    ensure_eq!(apply(&mut s, "")?, ["public.e_2020_02 archive done", "public.e_2020_03 archive done"]);
    ensure_eq!(
        s.value("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = '\"Old data\"'::regnamespace AND relkind = 'r'")?,
        "e_2020_01 e_2020_02_3 e_2020_03"
    );
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_log WHERE action = 'archive' AND status = 'done'")?, "3");
    // A name of 63 bytes is cut for the number.
    s.run(&format!(
        "CREATE TABLE {long} (ts date) PARTITION BY RANGE (ts); CREATE TABLE \"Old data\".{long}_2020_01 (a int);
         SELECT * FROM warden.create_partitions('{long}', '1 month', '2020-01-01', '2020-03-01');
         SELECT * FROM warden.manage_partitions('{long}', retention => '1 year', retention_action => 'archive', archive_schema => 'Old data')"
    ))?;
    ensure_eq!(s.value(&format!("SELECT status FROM warden.apply_partition_retention('{long}')"))?, "done");
    ensure_eq!(s.value(&format!("SELECT count(*) FROM pg_class WHERE relname = '{long}_2020__2'"))?, "1");
    // Who may not make the schema is told so.
    s.run(&format!("GRANT CREATE ON SCHEMA public TO {role}; GRANT EXECUTE ON FUNCTION warden.apply_partition_retention(text, interval, text, boolean, int) TO {role}; DROP TABLE e"))?;
    old(&mut s, 1, "retention => '1 year', retention_action => 'archive', archive_schema => 'New'")?;
    s.run(&format!("ALTER TABLE e OWNER TO {role}; ALTER TABLE e_2020_01 OWNER TO {role}"))?;
    ensure_eq!(apply(&mut db.session_as(&role)?, "")?, ["public.e_2020_01 archive error 42501"]);
    ensure_eq!(apply(&mut s, "")?, ["public.e_2020_01 archive error 42501"], "a superuser's call runs as the owner");
    Ok(())
}

/// Whoever owns the schema could drop what was archived.
fn s16_a_schema_of_another_role(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (owner, mallory) = (db.role("")?, db.role("")?);
    old(&mut s, 2, "retention => '1 year', retention_action => 'archive', archive_schema => 'arch'")?;
    s.run(&format!(
        "GRANT CREATE ON SCHEMA public TO {owner}; ALTER TABLE e OWNER TO {owner}; ALTER TABLE e_2020_01 OWNER TO {owner}; ALTER TABLE e_2020_02 OWNER TO {owner};
         CREATE SCHEMA arch AUTHORIZATION {mallory}; GRANT ALL ON SCHEMA arch TO PUBLIC"
    ))?;
    let error = s.error("SELECT * FROM warden.apply_partition_retention('e', dry_run => true)")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str(), error.detail()),
        (
            "42501",
            "partition \"e_2020_01\" is not put into schema \"arch\" of another role",
            format!("Its owner is {mallory}, who could drop all that is in it.").as_str()
        )
    );
    let outcome = s.run("CALL warden.partition_maintenance()")?;
    ensure!(outcome.notices[0].message.ends_with("public.e: error"), "{outcome}");
    ensure_eq!(partitions(&mut s)?, "public.e_2020_01 public.e_2020_02");
    // The owner's own, and a superuser's.
    for role in [owner.as_str(), "postgres"] {
        s.run(&format!("ALTER SCHEMA arch OWNER TO {role}"))?;
        ensure!(apply(&mut s, ", max_partitions => 1")?[0].ends_with("archive done"), "{role}");
    }
    Ok(())
}

fn h7_twelve_a_run(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 30, "retention => '1 year'")?;
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_log WHERE action = 'detach' AND status = 'done'")?, "12");
    ensure_eq!(s.value("SELECT min(partition) FROM warden.list_partitions('e')")?, "public.e_2021_01");
    ensure_eq!(
        apply(&mut s, ", max_partitions => 2")?,
        ["public.e_2021_01 detach done", "public.e_2021_02 detach done"]
    );
    ensure_eq!(apply(&mut s, "")?.len(), 12);
    ensure_eq!(apply(&mut s, ", max_partitions => 100")?.len(), 4);
    Ok(())
}

fn h7_a_clock_that_has_jumped(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 2, "retention => '10 years'")?;
    s.run("CALL warden.partition_maintenance()")?;
    s.run("SELECT * FROM warden.manage_partitions('e', premake => 0, retention => '1 year')")?;
    // As if that had been two months ago: what is too old now, is it so by mistake?
    s.run("UPDATE warden_internal.partition_log SET at = at - interval '2 months', run_at = run_at - interval '2 months'; UPDATE warden_internal.partition_policy SET set_at = set_at - interval '1 year'")?;
    let outcome = s.run("CALL warden.partition_maintenance()")?;
    let warning = outcome.notices.iter().find(|n| n.severity == "WARNING").ok_or("no warning")?;
    ensure_eq!(warning.message, "partition maintenance of public.e: refused");
    ensure!(
        warning.detail().contains(
            "more than an interval ago: nothing is taken away by this run. If the clock is right, the next one will."
        ),
        "{warning}"
    );
    ensure_eq!(partitions(&mut s)?, "public.e_2020_01 public.e_2020_02");
    // Once only, be the next run as late.
    s.run(
        "UPDATE warden_internal.partition_log SET at = at - interval '2 months', run_at = run_at - interval '2 months'",
    )?;
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e')")?, "1");
    // Runs that are further apart than short intervals are nothing special.
    s.run("CREATE TABLE h (ts timestamptz) PARTITION BY RANGE (ts); SELECT * FROM warden.create_partitions('h', '1 hour', '2020-01-01', '2020-01-01 03:00');
           SELECT * FROM warden.manage_partitions('h', '1 hour', 0, '1 day')")?;
    s.run("UPDATE warden_internal.partition_log SET at = now() - interval '7 days' WHERE action = 'run'")?;
    s.run("CALL warden.partition_maintenance('h')")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('h')")?, "1");
    Ok(())
}

fn h8_dry_run(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 2, "retention => '1 year'")?;
    for (action, word) in [("NULL", "detach"), ("'drop'", "drop"), ("'detach'", "detach")] {
        ensure_eq!(
            s.column(&format!("SELECT concat_ws(' ', partition, lower_bound, upper_bound, action, status, sqlstate, detail) FROM warden.apply_partition_retention('e', NULL, {action}, dry_run => true)"))?,
            [
                format!("public.e_2020_01 2020-01-01 00:00:00+00 2020-02-01 00:00:00+00 would_{word} planned"),
                format!("public.e_2020_02 2020-02-01 00:00:00+00 2020-03-01 00:00:00+00 would_{word} planned"),
            ]
        );
    }
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_log")?, "0");
    ensure_eq!(
        s.error("SELECT * FROM warden.apply_partition_retention('e', action => 'archive', dry_run => true)")?.sqlstate,
        "22023"
    );
    Ok(())
}

fn h9_published(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 1, "retention => '1 year'")?;
    s.run("CREATE PUBLICATION \"of E\" FOR TABLE e")?;
    ensure_eq!(
        s.value("SELECT detail FROM warden.apply_partition_retention('e')")?,
        "It is no longer published with its table, by \"of E\"."
    );
    ensure_eq!(published(&mut s)?, ["\"of E\" e"]);
    Ok(())
}

/// Publications and their tables.
fn published(s: &mut Session) -> Result<Vec<String>> {
    Ok(s.column("SELECT format('%I %s', p.pubname, r.prrelid::regclass) FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid ORDER BY 1")?)
}

fn h9_published_by_itself(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let role = db.role("")?;
    old(&mut s, 4, "retention => '1 year'")?;
    s.run(&format!(
        "GRANT CREATE ON SCHEMA public TO {role};
         ALTER TABLE e OWNER TO {role}; ALTER TABLE e_2020_01 OWNER TO {role}; ALTER TABLE e_2020_02 OWNER TO {role};
         ALTER TABLE e_2020_03 OWNER TO {role}; ALTER TABLE e_2020_04 OWNER TO {role};
         CREATE PUBLICATION p FOR TABLE e, e_2020_01, e_2020_02, e_2020_03; ALTER PUBLICATION p OWNER TO {role};
         CREATE PUBLICATION q FOR TABLE e_2020_01, e_2020_02"
    ))?;
    let call = |action: &str| {
        format!(
            "SELECT concat_ws(' | ', status, detail) FROM warden.apply_partition_retention('e', action => '{action}', max_partitions => 1)"
        )
    };
    // What is another role's is not its owner's to change.
    ensure_eq!(
        s.value(&call("detach"))?,
        "done | It is no longer published with its table, by p. It is no longer published by itself, by p. It is still published by q."
    );
    ensure_eq!(published(&mut s)?, ["p e", "p e_2020_02", "p e_2020_03", "q e_2020_01", "q e_2020_02"]);
    // What is dropped is in none any more.
    ensure_eq!(
        s.value(&call("drop"))?,
        "done | It is no longer published with its table, by p. It is no longer published by itself, by p, q."
    );
    ensure_eq!(published(&mut s)?, ["p e", "p e_2020_03", "q e_2020_01"]);
    s.run(&format!(
        "CREATE SCHEMA old AUTHORIZATION {role}; UPDATE warden_internal.partition_policy SET archive_schema = 'old'"
    ))?;
    // The plan says it, too.
    ensure_eq!(
        s.value("SELECT sql FROM warden.plan_partition_maintenance('e') LIMIT 1")?,
        "ALTER TABLE public.e DETACH PARTITION public.e_2020_03;\nALTER PUBLICATION p DROP TABLE public.e_2020_03;"
    );
    ensure_eq!(
        s.value(&call("archive"))?,
        "done | It is no longer published with its table, by p. It is no longer published by itself, by p."
    );
    ensure_eq!(published(&mut s)?, ["p e", "q e_2020_01"]);
    Ok(())
}

fn detached_and_dropped(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 2, "retention => '1 year'")?;
    s.run("INSERT INTO e SELECT '2020-01-01', i FROM generate_series(1, 100) AS i")?;
    ensure_eq!(apply(&mut s, ", max_partitions => 1")?, ["public.e_2020_01 detach done"]);
    ensure_eq!(s.value("SELECT count(*) FROM e_2020_01")?, "100");
    ensure_eq!(apply(&mut s, ", action => 'drop'")?, ["public.e_2020_02 drop done"]);
    ensure_eq!(s.value("SELECT to_regclass('e_2020_02')")?, "∅");
    // In the caller's transaction.
    s.run("DROP TABLE e, e_2020_01")?;
    old(&mut s, 2, "retention => '1 year'")?;
    s.run("BEGIN")?;
    ensure_eq!(apply(&mut s, "")?.len(), 2);
    s.run("ROLLBACK")?;
    ensure_eq!(partitions(&mut s)?, "public.e_2020_01 public.e_2020_02");
    Ok(())
}

/// What is made and what is taken away are never in one transaction.
fn g7_made_and_taken_away(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 3, "retention => '1 year', retention_action => 'drop'")?;
    s.run(
        "SELECT * FROM warden.manage_partitions('e', premake => 2, retention => '1 year', retention_action => 'drop')",
    )?;
    let outcome = s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(outcome.notices[0].message, "partition maintenance of public.e: 2 created, 3 dropped");
    ensure_eq!(
        s.value("SELECT count(DISTINCT xmin::text) || ' ' || count(*) FROM warden_internal.partition_log")?,
        "6 6"
    );
    ensure_eq!(
        s.value("SELECT string_agg(action, ' ' ORDER BY id) FROM warden.partition_log")?,
        "create create drop drop drop run"
    );
    Ok(())
}

fn g5_readers_are_waited_for_a_while_only(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 2, "retention => '1 year'")?;
    let mut reader = db.session()?;
    reader.run("BEGIN; SELECT * FROM e_2020_01")?;
    s.run("SET warden.partition_lock_timeout = '50ms'; SET warden.partition_lock_retries = 0")?;
    // The lock of the table itself is to be had; that of the partition is not.
    let rows = s.rows("SELECT partition, status, sqlstate, detail FROM warden.apply_partition_retention('e')")?;
    let text = |row: usize, column: usize| rows[row][column].clone().unwrap_or_default();
    ensure_eq!((text(0, 1).as_str(), text(0, 2).as_str(), text(1, 1).as_str()), ("lock_timeout", "55P03", "done"));
    ensure!(text(0, 3).starts_with("no lock for a partition of \"e\" within 50 ms."), "{}", text(0, 3));
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.value("SELECT string_agg(concat_ws(' ', status, sqlstate), ', ' ORDER BY id) FROM warden.partition_log WHERE partition = 'public.e_2020_01'")?, "lock_timeout 55P03, lock_timeout 55P03");
    // Nobody waits for it.
    ensure_eq!(s.value("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE NOT granted AND datname = current_database()")?, "0");
    reader.run("COMMIT")?;
    ensure_eq!(apply(&mut s, "")?, ["public.e_2020_01 detach done"]);
    Ok(())
}

fn beside_a_default(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 1, "retention => '1 year'")?;
    s.run("CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('2019-01-01', 1)")?;
    ensure_eq!(
        s.value("SELECT locks FROM warden.plan_partition_maintenance('e')")?,
        "ACCESS EXCLUSIVE on public.e and public.e_2020_01 and public.rest"
    );
    ensure_eq!(apply(&mut s, "")?, ["public.e_2020_01 detach done"]);
    ensure_eq!(s.value("SELECT count(*) FROM rest")?, "1");
    Ok(())
}

fn the_last_one_stays_where_the_next_cannot_be_made(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts date) PARTITION BY RANGE (ts); SELECT * FROM warden.create_partitions('e', '1 month', '2020-01-01', '2020-03-01');
         SELECT * FROM warden.manage_partitions('e', premake => 0, retention => '1 year');
         CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no more tables'; END$$;
         CREATE EVENT TRIGGER no ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION no()",
    )?;
    s.run("SET statement_timeout = '60s'")?;
    let outcome = s.run("CALL warden.partition_maintenance()")?;
    let said: Vec<_> =
        outcome.notices.iter().map(|n| n.message.split(": ").skip(1).collect::<Vec<_>>().join(": ")).collect();
    ensure_eq!(said.len(), 4, "{said:?}");
    ensure!(
        said[0].ends_with("error") && said[1] == "detach public.e_2020_02: error" && said[2] == "1 detached",
        "{said:?}"
    );
    ensure_eq!(
        s.value("SELECT detail FROM warden.partition_log WHERE partition = 'public.e_2020_02'")?,
        "partition \"e_2020_02\" of \"e\" is the last one."
    );
    ensure_eq!(partitions(&mut s)?, "public.e_2020_02");
    Ok(())
}

fn by_another_sessions_side(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    old(&mut s, 2, "retention => '1 year'")?;
    let mut other = db.session()?;
    other.run("BEGIN; SELECT * FROM warden.apply_partition_retention('e', max_partitions => 1)")?;
    let error = s.error("SELECT * FROM warden.apply_partition_retention('e')")?;
    ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("55P03", "maintenance of public.e is running"));
    let outcome = s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(outcome.notices[0].message, "partition maintenance of public.e: skipped: running");
    other.run("COMMIT")?;
    ensure_eq!(apply(&mut s, "")?, ["public.e_2020_02 detach done"]);
    Ok(())
}

fn rights(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (role, stranger) = (db.role("")?, db.role("")?);
    old(&mut s, 2, "retention => '1 year'")?;
    let call = "SELECT string_agg(concat_ws(' ', partition, status, sqlstate), ', ') FROM warden.apply_partition_retention('e')";
    ensure_eq!(db.session_as(&stranger)?.error(call)?.sqlstate, "42501");
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.apply_partition_retention(text, interval, text, boolean, int) TO PUBLIC; GRANT CREATE ON SCHEMA public TO {role}; ALTER TABLE e OWNER TO {role}"))?;
    let error = db.session_as(&stranger)?.error(call)?;
    ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("42501", "must be owner of table public.e"));
    // A partition of another owner than the table's is not the table's owner's to drop.
    s.run(&format!("ALTER TABLE e_2020_02 OWNER TO {role}"))?;
    ensure_eq!(
        db.session_as(&role)?.value("SELECT string_agg(concat_ws(' ', partition, status, sqlstate), ', ') FROM warden.apply_partition_retention('e', action => 'drop')")?,
        "public.e_2020_01 error 42501, public.e_2020_02 done"
    );
    s.run("SET default_transaction_read_only = on")?;
    ensure_eq!(s.error(call)?.sqlstate, "25006");
    Ok(())
}
