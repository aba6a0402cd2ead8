//! `warden.create_partitions`: many partitions in one call, a row for each.

use std::thread;

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    a4_all_are_counted_from_the_start,
    a7_years_from_a_leap_day,
    lengths_and_names,
    b5_b6_days_and_hours_of_changing_clocks,
    b_time_zones,
    b4_no_holes_beside_neighbours,
    e_existing_ranges,
    e7_two_callers,
    f2_rows_of_the_default_are_moved,
    f2_rows_that_cannot_be_moved,
    f4_locks_by_method,
    one_error_undoes_one_partition,
    g5_lock_not_available,
    g11_caller_is_not_the_owner,
    bad_input,
];

const TABLE: &str = "CREATE TABLE e (ts date NOT NULL, id int) PARTITION BY RANGE (ts)";

/// Each row as `partition lower upper status sqlstate`.
fn rows(s: &mut Session, arguments: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', partition, lower_bound, upper_bound, status, sqlstate) FROM warden.create_partitions({arguments})"
    ))?)
}

fn bounds(s: &mut Session) -> Result<Vec<String>> {
    Ok(s.column(
        "SELECT c.oid::regclass || ' ' || pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = 'e'::regclass ORDER BY c.relname",
    )?)
}

fn a4_all_are_counted_from_the_start(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    let made = rows(&mut s, "'e', '1 month', '2024-01-31', '2024-05-01'")?;
    ensure_eq!(
        made,
        [
            "public.e_2024_01 2024-01-31 2024-02-29 created",
            "public.e_2024_02 2024-02-29 2024-03-31 created",
            "public.e_2024_03 2024-03-31 2024-04-30 created",
            "public.e_2024_04 2024-04-30 2024-05-31 created",
        ]
    );
    ensure_eq!(bounds(&mut s)?[3], "e_2024_04 FOR VALUES FROM ('2024-04-30') TO ('2024-05-31')");
    // Again: the same partitions, and nothing done. The end is the first bound that reaches it.
    ensure_eq!(
        rows(&mut s, "'e', '1 month', '2024-01-31', '2024-03-31'")?,
        ["public.e_2024_01 2024-01-31 2024-02-29 exists", "public.e_2024_02 2024-02-29 2024-03-31 exists"]
    );
    Ok(())
}

fn a7_years_from_a_leap_day(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    ensure_eq!(
        rows(&mut s, "'e', '1 year', '2024-02-29', '2028-02-29'")?,
        [
            "public.e_2024 2024-02-29 2025-02-28 created",
            "public.e_2025 2025-02-28 2026-02-28 created",
            "public.e_2026 2026-02-28 2027-02-28 created",
            "public.e_2027 2027-02-28 2028-02-29 created",
        ]
    );
    Ok(())
}

fn lengths_and_names(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (interval, start, end, first, last, count) in [
        ("1 day", "2024-02-28", "2024-03-02", "e_2024_02_28 2024-02-28", "e_2024_03_01 2024-03-01", 3),
        ("7 days", "2024-12-30", "2025-01-13", "e_2024_12_30 2024-12-30", "e_2025_01_06 2025-01-06", 2),
        ("1 week", "2024-12-30", "2025-01-14", "e_2024_12_30 2024-12-30", "e_2025_01_13 2025-01-13", 3),
        ("30 days", "2026-01-01", "2026-03-02", "e_2026_01_01 2026-01-01", "e_2026_01_31 2026-01-31", 2),
        ("1 month", "2026-01-01", "2027-01-01", "e_2026_01 2026-01-01", "e_2026_12 2026-12-01", 12),
        ("2 months", "2026-01-01", "2027-01-01", "e_2026_01 2026-01-01", "e_2026_11 2026-11-01", 6),
        ("3 months", "2026-01-01", "2027-01-01", "e_2026_q1 2026-01-01", "e_2026_q4 2026-10-01", 4),
        ("3 months", "2026-02-15", "2026-08-15", "e_2026_02_15 2026-02-15", "e_2026_05_15 2026-05-15", 2),
        ("12 months", "2026-01-01", "2028-01-01", "e_2026 2026-01-01", "e_2027 2027-01-01", 2),
    ] {
        s.run(TABLE)?;
        let made = rows(&mut s, &format!("'e', '{interval}', '{start}', '{end}'"))?;
        ensure_eq!(made.len(), count, "{interval}: {made:?}");
        ensure!(made[0].starts_with(&format!("public.{first} ")), "{made:?}");
        ensure!(made[count - 1].starts_with(&format!("public.{last} ")), "{made:?}");
        ensure!(made.iter().all(|row| row.ends_with(" created")), "{made:?}");
        // They tile.
        ensure_eq!(
            s.value("SELECT count(DISTINCT relname) FROM pg_class WHERE relname LIKE 'e\\_%'")?,
            count.to_string()
        );
        s.run("DROP TABLE e")?;
    }
    // Only what was created took a lock.
    s.run(TABLE)?;
    ensure_eq!(
        s.value("SELECT string_agg(format('%s %s %s %s', status, lock_ms > 0, sqlstate IS NULL, detail IS NULL), ', ') FROM warden.create_partitions('e', '1 month', '2026-01-01', '2026-02-01')")?,
        "created t t t"
    );
    ensure_eq!(
        s.value("SELECT lock_ms IS NULL FROM warden.create_partitions('e', '1 month', '2026-01-01', '2026-02-01')")?,
        "t"
    );
    Ok(())
}

fn b5_b6_days_and_hours_of_changing_clocks(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
    let made = rows(&mut s, "'e', '1 hour', '2025-11-02', '2025-11-03', 'America/New_York'")?;
    ensure_eq!(made.len(), 25);
    ensure_eq!(made[0], "public.e_2025_11_02_0400 2025-11-02 04:00:00+00 2025-11-02 05:00:00+00 created");
    ensure_eq!(made[24], "public.e_2025_11_03_0400 2025-11-03 04:00:00+00 2025-11-03 05:00:00+00 created");
    s.run("DROP TABLE e; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
    ensure_eq!(rows(&mut s, "'e', '1 hour', '2025-03-09', '2025-03-10', 'America/New_York'")?.len(), 23);
    s.run("DROP TABLE e; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
    ensure_eq!(
        rows(&mut s, "'e', '1 day', '2025-11-02', '2025-11-04', 'America/New_York'")?,
        [
            "public.e_2025_11_02 2025-11-02 04:00:00+00 2025-11-03 05:00:00+00 created",
            "public.e_2025_11_03 2025-11-03 05:00:00+00 2025-11-04 05:00:00+00 created",
        ]
    );
    // A wall clock without a zone knows 24 hours a day.
    s.run("DROP TABLE e; CREATE TABLE e (ts timestamp) PARTITION BY RANGE (ts)")?;
    let made = rows(&mut s, "'e', '30 minutes', '2025-11-02', '2025-11-03'")?;
    ensure_eq!(made.len(), 48);
    ensure_eq!(made[3], "public.e_2025_11_02_0130 2025-11-02 01:30:00 2025-11-02 02:00:00 created");
    Ok(())
}

fn b_time_zones(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    // B2, B7: the zone counts, not the session; midnight of 2018-11-04 did not exist in Sao Paulo.
    for session in ["UTC", "America/New_York", "Asia/Kolkata"] {
        s.run(&format!("SET TimeZone = '{session}'; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)"))?;
        ensure_eq!(
            rows(&mut s, "'e', '1 day', '2018-11-03', '2018-11-05', 'America/Sao_Paulo'")?,
            [
                "public.e_2018_11_03 2018-11-03 03:00:00+00 2018-11-04 03:00:00+00 created",
                "public.e_2018_11_04 2018-11-04 03:00:00+00 2018-11-05 02:00:00+00 created",
            ]
        );
        s.run("DROP TABLE e")?;
    }
    // B3: what the bounds show, without an argument. B8: no drift.
    s.run("SET TimeZone = 'Europe/Moscow'; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
    rows(&mut s, "'e', '1 month', '2026-01-01', '2026-03-01', 'Europe/Moscow'")?;
    ensure_eq!(
        rows(&mut s, "'e', '1 month', '2026-03-01', '2026-04-01'")?,
        ["public.e_2026_03 2026-02-28 21:00:00+00 2026-03-31 21:00:00+00 created"]
    );
    // The set's zone is not the session's: said once.
    s.run("DROP TABLE e; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
    let outcome =
        s.outcome("SELECT count(*) FROM warden.create_partitions('e', '1 month', '2026-01-01', '2027-01-01')");
    ensure_eq!(
        outcome.notices.iter().map(|n| n.message.as_str()).collect::<Vec<_>>(),
        ["months of \"e\" begin at midnight in time zone \"UTC\", not in this session's"]
    );
    for (interval, start, how) in
        [("1 hour", "2026-01-01", "are counted by the clock"), ("1 day", "2026-01-01 06:00", "begin at 06:00:00")]
    {
        s.run("DROP TABLE e; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
        let outcome = s.outcome(&format!(
            "SELECT count(*) FROM warden.create_partitions('e', '{interval}', '{start}', '2026-01-02')"
        ));
        ensure!(
            outcome.notices.len() == 1
                && outcome.notices[0].message.contains(&format!(" of \"e\" {how} in time zone \"UTC\"")),
            "{outcome}"
        );
    }
    Ok(())
}

fn b4_no_holes_beside_neighbours(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
    rows(&mut s, "'e', '1 month', '2026-01-01', '2026-03-01', 'Europe/Moscow'")?;
    // Nothing at all is made of a set in another zone, although its later months touch nothing.
    let error = s.error("SELECT * FROM warden.create_partitions('e', '1 month', '2026-03-01', '2027-03-01', 'UTC')")?;
    ensure_eq!(error.sqlstate, "22023");
    ensure_eq!(error.message, "partition \"e_2026_03\" of \"e\" would be misaligned by 03:00:00");
    let error = s.error("SELECT * FROM warden.create_partitions('e', '1 month', '2026-02-01', '2027-03-01', 'UTC')")?;
    ensure_eq!(error.message, "partition \"e_2026_03\" of \"e\" would be misaligned by 03:00:00");
    ensure_eq!(bounds(&mut s)?.len(), 2);
    Ok(())
}

fn e_existing_ranges(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run(
        "CREATE TABLE past PARTITION OF e FOR VALUES FROM (MINVALUE) TO ('2026-02-01');
         CREATE TABLE march PARTITION OF e FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
         CREATE TABLE half PARTITION OF e FOR VALUES FROM ('2026-04-15') TO ('2026-06-01');
         CREATE VIEW e_2026_07 AS SELECT 1",
    )?;
    let outcome = s.outcome(
        "SELECT concat_ws(' ', partition, lower_bound, status, sqlstate) FROM warden.create_partitions('e', '1 month', '2026-01-01', '2026-09-01')",
    );
    let shown: Vec<_> = outcome.rows.iter().map(|row| row[0].clone().unwrap_or_default()).collect();
    ensure_eq!(
        shown,
        [
            "public.past 2026-01-01 covered 42P17",
            "public.e_2026_02 2026-02-01 created",
            "public.march 2026-03-01 exists",
            "public.e_2026_04 2026-04-01 blocked 42P17",
            "public.half 2026-05-01 covered 42P17",
            "public.e_2026_06 2026-06-01 created",
            "public.e_2026_07 2026-07-01 blocked 42P07",
            "public.e_2026_08 2026-08-01 created",
        ],
        "{outcome}"
    );
    ensure_eq!(
        outcome.notices.iter().map(|n| (n.severity.as_str(), n.message.as_str())).collect::<Vec<_>>(),
        [("WARNING", "2 of 8 partitions of \"e\" could not be created")]
    );
    ensure!(outcome.notices[0].detail().starts_with("The first is public.e_2026_04: range [2026-04-01, 2026-05-01) of \"e\" overlaps partition \"half\". public.half holds"), "{outcome}");
    // E2: all the future is taken. E4: a partition on its way out.
    s.run("DROP VIEW e_2026_07; CREATE TABLE future PARTITION OF e FOR VALUES FROM ('2030-01-01') TO (MAXVALUE)")?;
    ensure_eq!(
        rows(&mut s, "'e', '1 year', '2031-01-01', '2032-01-01'")?,
        ["public.future 2031-01-01 2032-01-01 covered 42P17"]
    );
    let mut reader = db.session()?;
    reader.run("BEGIN; SELECT count(*) FROM e")?;
    s.run("SET lock_timeout = '200ms'")?;
    s.error("ALTER TABLE e DETACH PARTITION march CONCURRENTLY")?;
    reader.run("COMMIT")?;
    s.run("RESET lock_timeout")?;
    ensure_eq!(
        rows(&mut s, "'e', '1 month', '2026-03-01', '2026-04-01'")?,
        ["public.e_2026_03 2026-03-01 2026-04-01 blocked 55000"]
    );
    Ok(())
}

fn e7_two_callers(leg: &Leg) -> Result {
    let db = leg.database()?;
    db.session()?.run(TABLE)?;
    let answers: Vec<Result<Vec<String>>> = thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| rows(&mut db.session()?, "'e', '1 month', '2026-01-01', '2027-01-01'")))
            .collect();
        callers.into_iter().filter_map(|caller| caller.join().ok()).collect()
    });
    let mut created = 0;
    for answer in answers {
        let answer = answer?;
        ensure!(answer.iter().all(|row| row.ends_with(" created") || row.ends_with(" exists")), "{answer:?}");
        created += answer.iter().filter(|row| row.ends_with(" created")).count();
    }
    ensure_eq!(created, 12);
    Ok(())
}

fn f2_rows_of_the_default_are_moved(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (months, holds_parent) in [("2020-01-01', '2020-04-01", true), ("2999-01-01', '2999-04-01", false)] {
        let year = &months[..4];
        s.run(&format!(
            "CREATE TABLE e (ts date, id int GENERATED ALWAYS AS IDENTITY, note text, twice int GENERATED ALWAYS AS (length(note) * 2) STORED,
                 PRIMARY KEY (ts, id)) PARTITION BY RANGE (ts);
             CREATE TABLE rest PARTITION OF e DEFAULT;
             INSERT INTO e (ts, note) SELECT '{year}-01-01'::date + n, 'x' FROM generate_series(0, 58) AS n"
        ))?;
        let before = s.value("SELECT sum(hashtext(e::text)) FROM e")?;
        // Without being asked, nothing is moved.
        ensure_eq!(
            s.column(&format!(
                "SELECT concat_ws(' ', status, sqlstate) FROM warden.create_partitions('e', '1 month', '{months}')"
            ))?,
            ["blocked 23514", "blocked 23514", "created"]
        );
        s.run(&format!("DROP TABLE e_{year}_03"))?;
        s.run("BEGIN")?;
        ensure_eq!(
            s.column(&format!("SELECT concat_ws(' ', partition, status, detail) FROM warden.create_partitions('e', '1 month', '{months}', default_rows => 'move')"))?,
            [
                format!("public.e_{year}_01 created Rows of this range were moved from public.rest."),
                format!("public.e_{year}_02 created Rows of this range were moved from public.rest."),
                format!("public.e_{year}_03 created"),
            ]
        );
        let held = s.value("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'e'::regclass AND mode = 'AccessExclusiveLock')")?;
        ensure_eq!(held, if holds_parent { "t" } else { "f" });
        s.run("COMMIT")?;
        ensure_eq!(s.value("SELECT count(*) FROM rest")?, "0");
        ensure_eq!(s.value("SELECT sum(hashtext(e::text)) FROM e")?, before);
        ensure_eq!(s.value(&format!("SELECT count(*) FROM e_{year}_01"))?, "31");
        // Numbers go on where they were.
        ensure_eq!(s.value(&format!("INSERT INTO e (ts, note) VALUES ('{year}-03-03', 'y') RETURNING id"))?, "60");
        s.run("DROP TABLE e")?;
    }
    // Other rows stay, infinity and NULL too.
    s.run(TABLE)?;
    s.run("ALTER TABLE e ALTER ts DROP NOT NULL; CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('2026-01-01'), ('2026-02-01'), ('infinity'), (NULL)")?;
    rows(&mut s, "'e', '1 month', '2026-01-01', '2026-02-01', default_rows => 'move'")?;
    ensure_eq!(
        s.column("SELECT coalesce(ts::text, 'NULL') FROM rest ORDER BY ts")?,
        ["2026-02-01", "infinity", "NULL"]
    );
    Ok(())
}

fn f2_rows_that_cannot_be_moved(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (obstacle, detail) in [
        (
            "CREATE TABLE r (ts date, id int, FOREIGN KEY (ts, id) REFERENCES e ON DELETE CASCADE)",
            "Foreign keys refer to it: deleting a row would be refused, or would delete what refers to it.",
        ),
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TABLE r ();
             CREATE TRIGGER t BEFORE DELETE ON e FOR EACH ROW EXECUTE FUNCTION f()",
            "It has triggers that fire when a row is deleted.",
        ),
        (
            "CREATE PUBLICATION p FOR ALL TABLES WITH (publish_via_partition_root); CREATE TABLE r ()",
            "It is published: subscribers would lose the rows, for the new table is not yet published while they go there.",
        ),
        (
            "CREATE PUBLICATION p FOR TABLE e; CREATE TABLE r ()",
            "It is published: subscribers would lose the rows, for the new table is not yet published while they go there.",
        ),
        (
            "CREATE TABLE r (); CREATE RULE x AS ON DELETE TO rest DO INSTEAD NOTHING",
            "It is a foreign table or has rules.",
        ),
    ] {
        s.run("CREATE TABLE e (ts date, id int, PRIMARY KEY (ts, id)) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('2026-01-05', 1)")?;
        s.run(obstacle)?;
        ensure_eq!(
            s.value("SELECT concat_ws(' ', status, sqlstate, detail) FROM warden.create_partitions('e', '1 month', '2026-01-01', '2026-02-01', default_rows => 'move')")?,
            format!("blocked 0A000 rows of default partition \"rest\" of \"e\" cannot be moved. {detail} Move them by hand, in one transaction with the new partition.")
        );
        ensure_eq!(s.value("SELECT count(*) FROM rest")?, "1");
        s.run("DROP TABLE r, e CASCADE; DROP PUBLICATION IF EXISTS p")?;
    }
    Ok(())
}

fn f4_locks_by_method(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (default, method, expected) in [
        ("", "auto", "ShareUpdateExclusiveLock"),
        ("", "attach", "ShareUpdateExclusiveLock"),
        ("", "partition_of", "AccessExclusiveLock"),
        ("CREATE TABLE rest PARTITION OF e DEFAULT", "auto", "AccessExclusiveLock"),
        ("CREATE TABLE rest PARTITION OF e DEFAULT", "attach", "ShareUpdateExclusiveLock"),
        ("CREATE TABLE rest PARTITION OF e DEFAULT", "partition_of", "AccessExclusiveLock"),
    ] {
        s.run(&format!("{TABLE}; {default}"))?;
        s.run("BEGIN")?;
        rows(&mut s, &format!("'e', '1 month', '2020-01-01', '2020-02-01', lock_method => '{method}'"))?;
        let strongest = s.value(
            "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'e'::regclass AND mode IN ('ShareUpdateExclusiveLock', 'AccessExclusiveLock')
              ORDER BY mode LIMIT 1",
        )?;
        ensure_eq!(strongest, expected, "{default} {method}");
        s.run("ROLLBACK; DROP TABLE e")?;
    }
    // Nothing to do: no lock.
    s.run(TABLE)?;
    rows(&mut s, "'e', '1 month', '2020-01-01', '2020-02-01'")?;
    s.run("BEGIN")?;
    rows(&mut s, "'e', '1 month', '2020-01-01', '2020-02-01'")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'e'::regclass AND mode <> 'AccessShareLock'")?, "0");
    s.run("ROLLBACK")?;
    Ok(())
}

fn one_error_undoes_one_partition(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("SET warden.mode = 'off'")?;
    s.run(TABLE)?;
    // Somebody's own trigger refuses one of them, after its table was made.
    s.run(
        "CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
             IF to_regclass('public.e_2026_02') IS NOT NULL AND EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass('public.e_2026_02'))
             THEN RAISE 'not in February' USING ERRCODE = '22012', DETAIL = 'It is short.'; END IF; END $$;
         CREATE EVENT TRIGGER no ON ddl_command_end EXECUTE FUNCTION no()",
    )?;
    let outcome = s.outcome("SELECT concat_ws(' ', partition, status, sqlstate, detail) FROM warden.create_partitions('e', '1 month', '2026-01-01', '2026-04-01')");
    let shown: Vec<_> = outcome.rows.iter().map(|row| row[0].clone().unwrap_or_default()).collect();
    ensure_eq!(
        shown,
        [
            "public.e_2026_01 created",
            "public.e_2026_02 error 22012 not in February. It is short.",
            "public.e_2026_03 created"
        ],
        "{outcome}"
    );
    ensure_eq!(outcome.notices.len(), 1, "{outcome}");
    s.run("DROP EVENT TRIGGER no")?;
    ensure_eq!(s.value("SELECT to_regclass('public.e_2026_02') IS NULL")?, "t");
    ensure_eq!(bounds(&mut s)?.len(), 2);
    ensure_eq!(
        rows(&mut s, "'e', '1 month', '2026-02-01', '2026-03-01'")?,
        ["public.e_2026_02 2026-02-01 2026-03-01 created"]
    );
    Ok(())
}

fn g5_lock_not_available(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut holder) = (db.session()?, db.session()?);
    s.run(TABLE)?;
    s.run("CREATE TABLE rest PARTITION OF e DEFAULT; SET warden.partition_lock_timeout = '200ms'; SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German'")?;
    for lock in ["LOCK TABLE e", "LOCK TABLE rest IN ACCESS SHARE MODE"] {
        holder.run(&format!("BEGIN; {lock}"))?;
        let error = s.error("SELECT * FROM warden.create_partitions('e', '1 month', '2999-01-01', '2999-04-01')")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str()),
            ("55P03", "no lock for a partition of \"e\" within 200 ms")
        );
        holder.run("ROLLBACK")?;
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "1");
    ensure_eq!(s.value("SELECT concat_ws(' ', current_setting('TimeZone'), current_setting('DateStyle'), current_setting('lock_timeout'))")?, "Asia/Kolkata German, DMY 0");
    // Readers and writers are in nobody's way.
    holder.run("BEGIN; INSERT INTO e VALUES ('2026-01-01')")?;
    s.run("DROP TABLE IF EXISTS other; CREATE TABLE other (ts date) PARTITION BY RANGE (ts)")?;
    holder.run("LOCK TABLE other IN ROW EXCLUSIVE MODE")?;
    ensure_eq!(rows(&mut s, "'other', '1 month', '2026-01-01', '2026-03-01'")?.len(), 2);
    Ok(())
}

fn g11_caller_is_not_the_owner(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (owner, stranger) = (db.role("")?, db.role("")?);
    let signature = "warden.create_partitions(text, interval, timestamp, timestamp, text, text, text)";
    s.run(&format!(
        "CREATE SCHEMA app AUTHORIZATION {owner}; GRANT USAGE ON SCHEMA app TO PUBLIC; SET ROLE {owner};
         CREATE TABLE app.e (ts date) PARTITION BY RANGE (ts); RESET ROLE"
    ))?;
    let call = "'app.e', '1 month', '2026-01-01', '2026-03-01'";
    ensure_eq!(
        db.session_as(&owner)?.error(&format!("SELECT * FROM warden.create_partitions({call})"))?.sqlstate,
        "42501"
    );
    s.run(&format!("GRANT EXECUTE ON FUNCTION {signature} TO PUBLIC"))?;
    let error = db.session_as(&stranger)?.error(&format!("SELECT * FROM warden.create_partitions({call})"))?;
    ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("42501", "must be owner of table e"));
    ensure_eq!(rows(&mut s, call)?.len(), 2);
    ensure_eq!(
        s.column("SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relname LIKE 'e\\_2026%'")?,
        std::slice::from_ref(&owner)
    );
    ensure_eq!(rows(&mut db.session_as(&owner)?, "'app.e', '1 month', '2026-01-01', '2026-04-01'")?.len(), 3);
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run(
        "CREATE TABLE t (ts timestamptz) PARTITION BY RANGE (ts); CREATE TABLE plain (ts date); CREATE TABLE l (ts date) PARTITION BY LIST (ts);
         CREATE TABLE h (ts date) PARTITION BY HASH (ts); CREATE TABLE n (ts int) PARTITION BY RANGE (ts)",
    )?;
    for (arguments, expected) in [
        ("NULL, '1 month', '2026-01-01', '2027-01-01'", "22004 table_name must not be null"),
        ("'e', NULL, '2026-01-01', '2027-01-01'", "22004 partition_interval must not be null"),
        ("'e', '1 month', NULL, '2027-01-01'", "22004 start_at must not be null"),
        ("'e', '1 month', '2026-01-01', NULL", "22004 end_at must not be null"),
        ("'e', '1 month', '2026-01-01', '2027-01-01', NULL, NULL", "22004 default_rows must not be null"),
        ("'e', '1 month', '2026-01-01', '2027-01-01', NULL, 'error', NULL", "22004 lock_method must not be null"),
        (
            "'e', '1 month', '2026-01-01', '2027-01-01', NULL, 'delete'",
            "22023 invalid value for default_rows: 'delete'",
        ),
        ("'e', '1 month', '2026-01-01', '2027-01-01', NULL, 'error', 'x'", "22023 invalid value for lock_method: 'x'"),
        (
            "'e', '1 month 1 day', '2026-01-01', '2027-01-01'",
            "22023 partition_interval must be months, days or a time, and above zero",
        ),
        (
            "'e', '0', '2026-01-01', '2027-01-01'",
            "22023 partition_interval must be months, days or a time, and above zero",
        ),
        (
            "'e', '-1 month', '2026-01-01', '2027-01-01'",
            "22023 partition_interval must be months, days or a time, and above zero",
        ),
        (
            "'e', '1 hour', '2026-01-01', '2026-01-02'",
            "22023 partition_interval must be days or months for a key of type date",
        ),
        ("'e', '1 day', '2026-01-01 06:00', '2026-01-02'", "22023 start_at must be a midnight for a key of type date"),
        ("'e', '1 month', '2026-01-01', '2026-01-01'", "22023 end_at must be after start_at"),
        ("'e', '1 month', '2026-01-01', '2025-01-01'", "22023 end_at must be after start_at"),
        ("'e', '1 month', '-infinity', '2025-01-01'", "22008 start_at cannot be -infinity"),
        ("'e', '1 month', '2026-01-01', 'infinity'", "22008 end_at cannot be infinity"),
        ("'e', '1 month', '0044-03-15 BC', '2025-01-01'", "22008 start_at cannot be 0044-03-15 BC"),
        ("'e', '1 day', '1900-01-01', '2025-01-01'", "22023 more than 10000 partitions at once"),
        ("'t', '1 day', '2026-01-01', '2026-01-02', 'Mars/Base'", "22023 time zone \"Mars/Base\" not recognized"),
        ("'t', '1 day', '294276-12-31', '294276-12-31 12:00'", "22008 timestamp out of range"),
        ("'nothing', '1 month', '2026-01-01', '2027-01-01'", "42P01 relation \"nothing\" does not exist"),
        ("'e; drop table e', '1 month', '2026-01-01', '2027-01-01'", "42602 not a table name: 'e; drop table e'"),
        ("'plain', '1 month', '2026-01-01', '2027-01-01'", "42809 table \"plain\" is not partitioned"),
        ("'l', '1 month', '2026-01-01', '2027-01-01'", "42809 table \"l\" is partitioned by list, not by range"),
        ("'h', '1 month', '2026-01-01', '2027-01-01'", "42809 table \"h\" is partitioned by hash, not by range"),
        ("'n', '1 month', '2026-01-01', '2027-01-01'", "0A000 key column ts of table \"n\" is of type integer"),
    ] {
        let error = s.error(&format!("SELECT * FROM warden.create_partitions({arguments})"))?;
        ensure_eq!(format!("{} {}", error.sqlstate, error.message), expected, "{arguments}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "0");
    Ok(())
}
