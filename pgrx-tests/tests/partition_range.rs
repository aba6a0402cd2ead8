//! `warden.create_range_partition` and `warden.ensure_partition`.

use std::thread;

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    bounds_are_taken_as_they_are,
    names_of_ranges,
    names_that_are_given,
    minvalue_and_maxvalue,
    zones_of_bounds,
    existing_ranges,
    default_with_rows_of_the_range,
    value_that_a_partition_holds,
    value_that_none_holds,
    value_in_a_zone,
    length_that_is_not_shown,
    two_callers_of_one_value,
    not_the_owner,
    bad_input,
];

const TABLE: &str = "CREATE TABLE e (ts date, id int) PARTITION BY RANGE (ts)";

fn range(s: &mut Session, arguments: &str) -> Result<String> {
    let outcome = s.outcome(&format!("SELECT warden.create_range_partition({arguments})"));
    ensure!(outcome.error.is_none() && outcome.notices.is_empty(), "{arguments}: {outcome}");
    Ok(outcome.rows[0][0].clone().unwrap_or_default())
}

fn held(s: &mut Session, table: &str, value: &str) -> Result<String> {
    let outcome = s.outcome(&format!("SELECT warden.ensure_partition('{table}', '{value}')"));
    ensure!(outcome.error.is_none() && outcome.notices.is_empty(), "{table} {value}: {outcome}");
    Ok(outcome.rows[0][0].clone().unwrap_or_default())
}

fn error(s: &mut Session, call: &str) -> Result<String> {
    let error = s.error(&format!("SELECT warden.{call}"))?;
    Ok(format!("{} {}", error.sqlstate, error.message))
}

fn bounds(s: &mut Session, partition: &str) -> Result<String> {
    Ok(s.value(&format!("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = '{partition}'::regclass"))?)
}

fn bounds_are_taken_as_they_are(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    ensure_eq!(range(&mut s, "'e', '2026-01-05', '2026-01-19'")?, "public.e_2026_01_05");
    ensure_eq!(bounds(&mut s, "e_2026_01_05")?, "FOR VALUES FROM ('2026-01-05') TO ('2026-01-19')");
    // A hole beside it is the caller's wish.
    ensure_eq!(range(&mut s, "'e', '2026-01-20', '2026-01-21'")?, "public.e_2026_01_20");
    ensure_eq!(range(&mut s, "'e', '2026-01-19', '2026-01-20'")?, "public.e_2026_01_19");
    // Two columns: the second is left open.
    s.run("CREATE TABLE two (ts timestamp, tenant int) PARTITION BY RANGE (ts, tenant)")?;
    ensure_eq!(range(&mut s, "'two', '2026-01-01 06:00', '2026-01-01 18:30'")?, "public.two_2026_01_01_0600");
    ensure_eq!(
        bounds(&mut s, "two_2026_01_01_0600")?,
        "FOR VALUES FROM ('2026-01-01 06:00:00', MINVALUE) TO ('2026-01-01 18:30:00', MINVALUE)"
    );
    ensure_eq!(range(&mut s, "'two', '2027-01-01', 'MAXVALUE'")?, "public.two_2027_01_01");
    ensure_eq!(
        bounds(&mut s, "two_2027_01_01")?,
        "FOR VALUES FROM ('2027-01-01 00:00:00', MINVALUE) TO (MAXVALUE, MAXVALUE)"
    );
    Ok(())
}

fn names_of_ranges(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (kind, lower, upper, name) in [
        ("date", "2026-01-01", "2027-01-01", "e_2026"),
        ("date", "2026-02-01", "2027-02-01", "e_2026_02_01"),
        ("date", "2026-04-01", "2026-07-01", "e_2026_q2"),
        ("date", "2026-02-01", "2026-05-01", "e_2026_02_01"),
        ("date", "2026-02-01", "2026-03-01", "e_2026_02"),
        ("date", "2026-02-02", "2026-03-02", "e_2026_02_02"),
        ("date", "2026-02-02", "2026-02-03", "e_2026_02_02"),
        ("timestamp", "2026-01-01 00:00", "2027-01-01 00:00", "e_2026"),
        ("timestamp", "2026-01-01 06:00", "2027-01-01 06:00", "e_2026_01_01_0600"),
        ("timestamptz", "2026-01-01 00:00+00", "2026-01-01 01:00+00", "e_2026_01_01"),
        ("timestamptz", "2026-01-01 00:00:01+00", "2026-01-01 01:00+00", "e_2026_01_01_000001"),
    ] {
        s.run(&format!("CREATE TABLE e (ts {kind}) PARTITION BY RANGE (ts)"))?;
        ensure_eq!(range(&mut s, &format!("'e', '{lower}', '{upper}'"))?, format!("public.{name}"), "{lower} {upper}");
        s.run("DROP TABLE e")?;
    }
    Ok(())
}

fn names_that_are_given(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run("CREATE VIEW v AS SELECT 1")?;
    let call =
        |name: &str, year: u32| format!("create_range_partition('e', '{year}-01-01', '{}-01-01', '{name}')", year + 1);
    for (given, stored) in [
        ("Legacy", "public.legacy"),
        ("\"Mixed Case\"", "public.\"Mixed Case\""),
        ("public.fine", "public.fine"),
        ("select", "public.\"select\""),
    ] {
        ensure_eq!(s.value(&format!("SELECT warden.{}", call(given, 2000)))?, stored);
        s.run(&format!("DROP TABLE {stored}"))?;
    }
    ensure_eq!(error(&mut s, &call("v", 2000))?, "42P07 name \"v\" for a partition of \"e\" is taken by a view");
    for name in ["", "a b", "a; drop table e", "pg_temp.x", "other.x", "a.b.c"] {
        ensure_eq!(error(&mut s, &call(name, 2000))?, format!("42602 not a name for a partition: '{name}'"));
    }
    let long = "x".repeat(64);
    ensure_eq!(error(&mut s, &call(&long, 2000))?, format!("42602 not a name for a partition: '{long}'"));
    ensure_eq!(s.value(&format!("SELECT length(warden.{})", call(&"x".repeat(63), 2000)))?, "70");
    Ok(())
}

fn minvalue_and_maxvalue(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    ensure_eq!(
        error(&mut s, "create_range_partition('e', 'MINVALUE', '2020-01-01')")?,
        "22023 partition_name is needed where lower_bound is MINVALUE"
    );
    ensure_eq!(range(&mut s, "'e', 'minvalue', '2020-01-01', 'legacy'")?, "public.legacy");
    ensure_eq!(bounds(&mut s, "legacy")?, "FOR VALUES FROM (MINVALUE) TO ('2020-01-01')");
    ensure_eq!(range(&mut s, "'e', '2030-01-01', ' MaxValue '")?, "public.e_2030_01_01");
    ensure_eq!(bounds(&mut s, "e_2030_01_01")?, "FOR VALUES FROM ('2030-01-01') TO (MAXVALUE)");
    s.run("DROP TABLE legacy, e_2030_01_01")?;
    ensure_eq!(range(&mut s, "'e', 'MINVALUE', 'MAXVALUE', 'everything'")?, "public.everything");
    s.run("INSERT INTO e VALUES ('-infinity'), ('infinity')")?;
    Ok(())
}

fn zones_of_bounds(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("SET TimeZone = 'Europe/Berlin'; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
    // No offset: the set's zone, which is said where it is not the session's.
    let outcome = s.outcome("SELECT warden.create_range_partition('e', '2026-01-01', '2026-02-01')");
    ensure_eq!(
        outcome.notices.iter().map(|n| n.message.as_str()).collect::<Vec<_>>(),
        ["bounds of \"e\" are read in time zone \"UTC\", not in this session's"]
    );
    ensure_eq!(outcome.rows, [[Some("public.e_2026_01".to_owned())]], "{outcome}");
    ensure_eq!(s.value("SELECT '2026-01-01 00:00+00'::timestamptz = (SELECT substring(pg_get_expr(relpartbound, oid) FROM '''(.*?)''')::timestamptz FROM pg_class WHERE relname = 'e_2026_01')")?, "t");
    // An offset says all.
    s.run("DROP TABLE e_2026_01")?;
    ensure_eq!(range(&mut s, "'e', '2026-01-01 00:00+03', '2026-02-01 00:00+03', 'moscow'")?, "public.moscow");
    // Bounds that show a zone.
    s.run("SET TimeZone = 'Europe/Moscow'")?;
    ensure_eq!(range(&mut s, "'e', '2026-02-01', '2026-03-01'")?, "public.e_2026_02");
    s.run("SET TimeZone = 'UTC'")?;
    ensure_eq!(
        bounds(&mut s, "e_2026_02")?,
        "FOR VALUES FROM ('2026-01-31 21:00:00+00') TO ('2026-02-28 21:00:00+00')"
    );
    ensure_eq!(s.value("SHOW TimeZone")?, "UTC");
    Ok(())
}

fn existing_ranges(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    range(&mut s, "'e', '2026-01-01', '2026-04-01', 'spring'")?;
    let outcome = s.outcome("SELECT warden.create_range_partition('e', '2026-01-01', '2026-04-01', 'other')");
    ensure_eq!(outcome.rows, [[Some("public.spring".to_owned())]], "{outcome}");
    ensure_eq!(outcome.notices[0].message, "partition \"spring\" of \"e\" already exists, skipping");
    ensure_eq!(
        error(&mut s, "create_range_partition('e', '2026-02-01', '2026-03-01')")?,
        "42P17 range [2026-02-01, 2026-03-01) of \"e\" is covered by partition \"spring\""
    );
    ensure_eq!(
        error(&mut s, "create_range_partition('e', '2026-03-01', 'MAXVALUE')")?,
        "42P17 range [2026-03-01, MAXVALUE) of \"e\" overlaps partition \"spring\""
    );
    ensure_eq!(
        error(&mut s, "create_range_partition('e', '2027-01-01', '2027-02-01', 'spring')")?,
        "42P07 partition \"spring\" of \"e\" exists with other bounds"
    );
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "1");
    Ok(())
}

fn default_with_rows_of_the_range(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (call, left) in [
        ("create_range_partition('e', '2026-01-03', '2026-01-05')", "2"),
        ("create_range_partition('e', 'MINVALUE', '2026-01-05', 'old')", "1"),
        ("create_range_partition('e', '2026-01-03', 'MAXVALUE')", "1"),
        ("create_range_partition('e', 'MINVALUE', 'MAXVALUE', 'everything')", "0"),
        ("ensure_partition('e', '2026-01-04')", "2"),
    ] {
        s.run(TABLE)?;
        s.run("CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('2026-01-01', 1), ('2026-01-04', 2), ('2026-01-09', 3)")?;
        if call.starts_with("ensure") {
            s.run("CREATE TABLE before PARTITION OF e FOR VALUES FROM ('2026-01-02') TO ('2026-01-04')")?;
        }
        let refused = s.error(&format!("SELECT warden.{call}"))?;
        ensure_eq!(refused.sqlstate, "23514", "{call}");
        s.run(refused.hint().strip_prefix("Move them in one transaction: ").ok_or("another hint")?)?;
        ensure_eq!(s.value("SELECT count(*) FROM rest")?, left, "{call}");
        ensure_eq!(s.value("SELECT count(*) FROM e")?, "3", "{call}");
        s.run("DROP TABLE e")?;
    }
    Ok(())
}

fn value_that_a_partition_holds(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run("CREATE TABLE legacy PARTITION OF e FOR VALUES FROM (MINVALUE) TO ('2026-01-01'); CREATE TABLE odd PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-01-12')")?;
    for (value, partition) in
        [("1900-01-01", "legacy"), ("2025-12-31", "legacy"), ("2026-01-01", "odd"), ("2026-01-11", "odd")]
    {
        ensure_eq!(held(&mut s, "e", value)?, format!("public.{partition}"), "{value}");
    }
    // No lock is taken for that.
    let mut other = db.session()?;
    other.run("BEGIN; LOCK TABLE e, legacy, odd")?;
    s.run("SET warden.partition_lock_timeout = '200ms'")?;
    ensure_eq!(held(&mut s, "e", "2026-01-11")?, "public.odd");
    ensure_eq!(
        error(&mut s, "ensure_partition('e', '2026-01-12')")?,
        "55P03 no lock for a partition of \"e\" within 200 ms"
    );
    other.run("ROLLBACK")?;
    // A partition on its way out holds nothing.
    let mut reader = db.session()?;
    reader.run("BEGIN; SELECT count(*) FROM e")?;
    s.run("SET lock_timeout = '200ms'")?;
    s.error("ALTER TABLE e DETACH PARTITION odd CONCURRENTLY")?;
    reader.run("COMMIT")?;
    ensure_eq!(
        error(&mut s, "ensure_partition('e', '2026-01-11')")?,
        "55000 partition \"odd\" of \"e\" is still being detached"
    );
    Ok(())
}

fn value_that_none_holds(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (lower, upper, value, name, bounds_made) in [
        ("2026-01-01", "2026-02-01", "2026-02-28", "e_2026_02", "('2026-02-01') TO ('2026-03-01')"),
        ("2026-01-01", "2026-02-01", "2025-12-31", "e_2025_12", "('2025-12-01') TO ('2026-01-01')"),
        ("2026-01-01", "2026-02-01", "2027-07-15", "e_2027_07", "('2027-07-01') TO ('2027-08-01')"),
        ("2026-01-15", "2026-02-15", "2026-04-14", "e_2026_03", "('2026-03-15') TO ('2026-04-15')"),
        ("2026-01-01", "2026-01-02", "2024-02-29", "e_2024_02_29", "('2024-02-29') TO ('2024-03-01')"),
        ("2026-01-05", "2026-01-12", "2026-01-25", "e_2026_01_19", "('2026-01-19') TO ('2026-01-26')"),
        ("2026-01-05", "2026-01-12", "2025-12-31", "e_2025_12_29", "('2025-12-29') TO ('2026-01-05')"),
        ("2026-01-01", "2026-04-01", "2026-12-31", "e_2026_q4", "('2026-10-01') TO ('2027-01-01')"),
        ("2026-01-01", "2027-01-01", "1999-05-05", "e_1999", "('1999-01-01') TO ('2000-01-01')"),
        ("2026-01-01", "2026-01-11", "2026-01-31", "e_2026_01_31", "('2026-01-31') TO ('2026-02-10')"),
    ] {
        s.run(TABLE)?;
        s.run(&format!("CREATE TABLE given PARTITION OF e FOR VALUES FROM ('{lower}') TO ('{upper}')"))?;
        ensure_eq!(held(&mut s, "e", value)?, format!("public.{name}"), "{value}");
        ensure_eq!(bounds(&mut s, name)?, format!("FOR VALUES FROM {bounds_made}"));
        ensure_eq!(held(&mut s, "e", value)?, format!("public.{name}"));
        s.run(&format!("INSERT INTO e VALUES ('{value}')"))?;
        s.run("DROP TABLE e")?;
    }
    // The hole between two lengths: the nearest and what touches it count.
    s.run(TABLE)?;
    s.run("CREATE TABLE y PARTITION OF e FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")?;
    s.run("CREATE TABLE a PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01'); CREATE TABLE b PARTITION OF e FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')")?;
    ensure_eq!(held(&mut s, "e", "2026-03-05")?, "public.e_2026_03");
    ensure_eq!(held(&mut s, "e", "2025-11-05")?, "public.e_2025_11");
    Ok(())
}

fn value_in_a_zone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("SET TimeZone = 'America/New_York'; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
    s.run("CREATE TABLE d PARTITION OF e FOR VALUES FROM ('2025-11-01') TO ('2025-11-02')")?;
    ensure_eq!(held(&mut s, "e", "2025-11-02 23:30")?, "public.e_2025_11_02");
    ensure_eq!(held(&mut s, "e", "2025-11-03 04:30+00")?, "public.e_2025_11_02");
    ensure_eq!(held(&mut s, "e", "2025-11-03 05:30+00")?, "public.e_2025_11_03");
    ensure_eq!(held(&mut s, "e", "2025-03-09 12:00")?, "public.e_2025_03_09");
    s.run("SET TimeZone = 'UTC'")?;
    ensure_eq!(
        bounds(&mut s, "e_2025_11_02")?,
        "FOR VALUES FROM ('2025-11-02 04:00:00+00') TO ('2025-11-03 05:00:00+00')"
    );
    ensure_eq!(
        bounds(&mut s, "e_2025_03_09")?,
        "FOR VALUES FROM ('2025-03-09 05:00:00+00') TO ('2025-03-10 04:00:00+00')"
    );
    // Hours.
    s.run("CREATE TABLE h (ts timestamptz) PARTITION BY RANGE (ts); CREATE TABLE h1 PARTITION OF h FOR VALUES FROM ('2026-01-01 06:00+00') TO ('2026-01-01 07:00+00')")?;
    ensure_eq!(held(&mut s, "h", "2026-01-02 01:59:59.5+00")?, "public.h_2026_01_02_0100");
    ensure_eq!(held(&mut s, "h", "2026-01-01 05:59:59+00")?, "public.h_2026_01_01_0500");
    Ok(())
}

fn length_that_is_not_shown(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let shown = "22023 partitions of \"e\" do not show how long the next one is to be";
    for (ranges, value, detail) in [
        (vec![("2024-01-31", "2024-02-29")], "2024-03-05", "public.p0 may be a month or days."),
        (vec![("2024-03-31", "2024-05-31")], "2024-06-05", "public.p0 begins at the end of a month."),
        (vec![("2026-01-01", "2026-01-31")], "2026-02-05", "public.p0 may be a month or days."),
        (
            vec![("2026-03-02", "2026-04-01"), ("2026-04-01", "2026-05-01")],
            "2026-05-05",
            "public.p1 and public.p0 are not of one length.",
        ),
        (
            vec![("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-02-08")],
            "2026-02-09",
            "public.p1 and public.p0 are not of one length.",
        ),
    ] {
        s.run(TABLE)?;
        for (n, (lower, upper)) in ranges.iter().enumerate() {
            s.run(&format!("CREATE TABLE p{n} PARTITION OF e FOR VALUES FROM ('{lower}') TO ('{upper}')"))?;
        }
        let refused = s.error(&format!("SELECT warden.ensure_partition('e', '{value}')"))?;
        ensure_eq!(format!("{} {}", refused.sqlstate, refused.message), shown);
        ensure_eq!(refused.detail(), detail);
        s.run("DROP TABLE e")?;
    }
    for partition in [
        "",
        "CREATE TABLE r PARTITION OF e DEFAULT",
        "CREATE TABLE l PARTITION OF e FOR VALUES FROM (MINVALUE) TO ('2026-01-01')",
    ] {
        s.run(TABLE)?;
        s.run(partition)?;
        ensure_eq!(
            error(&mut s, "ensure_partition('e', '2026-01-01')")?,
            "55000 table \"e\" has no partition that shows how long the next one is to be"
        );
        s.run("DROP TABLE e")?;
    }
    Ok(())
}

fn two_callers_of_one_value(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run("CREATE TABLE given PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')")?;
    let answers: Vec<Result<String>> = thread::scope(|scope| {
        let callers: Vec<_> = (0..6).map(|_| scope.spawn(|| held(&mut db.session()?, "e", "2026-02-05"))).collect();
        callers.into_iter().filter_map(|caller| caller.join().ok()).collect()
    });
    ensure_eq!(answers.len(), 6);
    for answer in answers {
        ensure_eq!(answer?, "public.e_2026_02");
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "2");
    Ok(())
}

fn not_the_owner(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let role = db.role("")?;
    s.run(TABLE)?;
    s.run("CREATE TABLE given PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')")?;
    for (signature, call) in [
        ("create_range_partition(text, text, text, text)", "create_range_partition('e', '2026-02-01', '2026-03-01')"),
        ("ensure_partition(text, text)", "ensure_partition('e', '2026-02-01')"),
    ] {
        let mut them = db.session_as(&role)?;
        ensure!(error(&mut them, call)?.starts_with("42501 permission denied for "), "{call}");
        s.run(&format!(
            "GRANT USAGE ON SCHEMA warden TO {role}; GRANT EXECUTE ON FUNCTION warden.{signature} TO {role}"
        ))?;
        ensure_eq!(error(&mut them, call)?, "42501 must be owner of table e");
    }
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(TABLE)?;
    s.run(
        "CREATE TABLE given PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01'); CREATE TABLE plain (ts date);
         CREATE TABLE l (ts date) PARTITION BY LIST (ts); CREATE TABLE h (ts date) PARTITION BY HASH (ts); CREATE TABLE n (ts int) PARTITION BY RANGE (ts)",
    )?;
    for (call, expected) in [
        ("create_range_partition(NULL, '2026-02-01', '2026-03-01')", "22004 table_name must not be null"),
        ("create_range_partition('e', NULL, '2026-03-01')", "22004 lower_bound must not be null"),
        ("create_range_partition('e', '2026-02-01', NULL)", "22004 upper_bound must not be null"),
        ("create_range_partition('e', '2026-03-01', '2026-02-01')", "22023 lower_bound must be below upper_bound"),
        ("create_range_partition('e', '2026-03-01', '2026-03-01')", "22023 lower_bound must be below upper_bound"),
        ("create_range_partition('e', 'MAXVALUE', 'MINVALUE')", "22023 lower_bound must be below upper_bound"),
        ("create_range_partition('e', '-infinity', '2026-03-01')", "22008 lower_bound cannot be -infinity"),
        ("create_range_partition('e', '2026-03-01', 'infinity')", "22008 upper_bound cannot be infinity"),
        (
            "create_range_partition('e', '2026-03-01 12:00', '2026-04-01')",
            "22023 lower_bound must be a day for a key of type date",
        ),
        (
            "create_range_partition('e', 'x', '2026-04-01')",
            "22007 invalid input syntax for type timestamp with time zone: \"x\"",
        ),
        (
            "create_range_partition('e', '2026-02-01', '2026-02-30')",
            "22008 date/time field value out of range: \"2026-02-30\"",
        ),
        ("ensure_partition(NULL, '2026-01-01')", "22004 table_name must not be null"),
        ("ensure_partition('e', NULL)", "22004 value must not be null"),
        ("ensure_partition('e', 'infinity')", "22008 value cannot be infinity"),
        ("ensure_partition('e', '0044-03-15 BC')", "22008 value cannot be 0044-03-15 BC"),
        ("ensure_partition('e', 'x')", "22007 invalid input syntax for type timestamp with time zone: \"x\""),
    ] {
        ensure_eq!(error(&mut s, call)?, expected, "{call}");
    }
    for (table, expected) in [
        ("nothing", "42P01 relation \"nothing\" does not exist"),
        ("e; drop table e", "42602 not a table name: 'e; drop table e'"),
        ("plain", "42809 table \"plain\" is not partitioned"),
        ("l", "42809 table \"l\" is partitioned by list, not by range"),
        ("h", "42809 table \"h\" is partitioned by hash, not by range"),
        ("n", "0A000 key column ts of table \"n\" is of type integer"),
    ] {
        ensure_eq!(error(&mut s, &format!("create_range_partition('{table}', '2026-02-01', '2026-03-01')"))?, expected);
        ensure_eq!(error(&mut s, &format!("ensure_partition('{table}', '2026-02-01')"))?, expected);
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "1");
    Ok(())
}
