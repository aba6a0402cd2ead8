//! Partitions of other lengths than a month: `warden.create_daily_partition` and those beside it.

use pg_warden_tests::{Leg, Outcome, Result, Session, cases, ensure, ensure_eq};

cases![
    each_length_has_its_name_and_bounds,
    a8_weeks_begin_where_they_are_told_to,
    a9_quarters_that_are_not_aligned,
    a7_a_year_from_a_leap_day,
    b5_days_of_23_and_25_hours,
    b3_zone_shown_by_the_bounds,
    e1_to_e7_existing_ranges,
    f2_default_with_rows_of_the_range,
    bad_input,
];

const LENGTHS: [&str; 4] = ["daily", "weekly", "quarterly", "yearly"];

fn call(s: &mut Session, length: &str, table: &str, start: &str) -> Outcome {
    s.outcome(&format!("SELECT warden.create_{length}_partition('{table}', '{start}')"))
}

/// Calls it, lets it say nothing, and returns its answer.
fn made(s: &mut Session, length: &str, table: &str, start: &str) -> Result<String> {
    let outcome = call(s, length, table, start);
    ensure!(outcome.error.is_none() && outcome.notices.is_empty(), "{length} {table} {start}: {outcome}");
    Ok(outcome.rows[0][0].clone().unwrap_or_default())
}

/// SQLSTATE and message of the error.
fn refused(s: &mut Session, length: &str, table: &str, start: &str) -> Result<String> {
    let outcome = call(s, length, table, start);
    let error = outcome.error.as_ref().ok_or_else(|| format!("should have been refused: {outcome}"))?;
    Ok(format!("{} {}", error.sqlstate, error.message))
}

fn bounds(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT c.oid::regclass || ' ' || pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = '{table}'::regclass ORDER BY c.relname"
    ))?)
}

fn each_length_has_its_name_and_bounds(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (length, start, name, upper) in [
        ("daily", "2024-02-29", "e_2024_02_29", "2024-03-01"),
        ("weekly", "2024-12-30", "e_2024_12_30", "2025-01-06"),
        ("quarterly", "2026-01-01", "e_2026_q1", "2026-04-01"),
        ("quarterly", "2026-10-01", "e_2026_q4", "2027-01-01"),
        ("yearly", "2026-01-01", "e_2026", "2027-01-01"),
        ("yearly", "10000-01-01", "e_10000", "10001-01-01"),
    ] {
        for kind in ["date", "timestamp", "timestamptz"] {
            // Any session means the same.
            s.run("SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German'; SET client_min_messages = warning")?;
            s.run(&format!("CREATE TABLE e (ts {kind} NOT NULL, id int) PARTITION BY RANGE (ts)"))?;
            ensure_eq!(made(&mut s, length, "e", start)?, format!("public.{name}"));
            s.run("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'")?;
            let time = match kind {
                "date" => "",
                "timestamp" => " 00:00:00",
                _ => " 00:00:00+00",
            };
            ensure_eq!(
                bounds(&mut s, "e")?,
                [format!("{name} FOR VALUES FROM ('{start}{time}') TO ('{upper}{time}')")],
                "{kind}"
            );
            s.run("DROP TABLE e; RESET ALL")?;
        }
    }
    // Names that are too long.
    let long = "x".repeat(60);
    s.run(&format!("CREATE TABLE {long} (ts date) PARTITION BY RANGE (ts)"))?;
    let name = made(&mut s, "daily", &long, "2026-01-01")?;
    ensure_eq!(name.len(), "public.".len() + 63);
    ensure!(name.ends_with("_2026_01_01"), "{name}");
    Ok(())
}

fn a8_weeks_begin_where_they_are_told_to(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date) PARTITION BY RANGE (ts)")?;
    ensure_eq!(made(&mut s, "weekly", "e", "2023-01-01")?, "public.e_2023_01_01");
    ensure_eq!(made(&mut s, "weekly", "e", "2023-01-08")?, "public.e_2023_01_08");
    ensure_eq!(
        refused(&mut s, "weekly", "e", "2023-01-16")?,
        "22023 partition \"e_2023_01_16\" of \"e\" would be misaligned by 1 day"
    );
    // A whole week may be left out.
    ensure_eq!(made(&mut s, "weekly", "e", "2023-01-22")?, "public.e_2023_01_22");
    Ok(())
}

fn a9_quarters_that_are_not_aligned(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date) PARTITION BY RANGE (ts)")?;
    let outcome = call(&mut s, "quarterly", "e", "2026-02-15");
    ensure_eq!(outcome.rows, [[Some("public.e_2026_02_15".to_owned())]], "{outcome}");
    let [warning] = outcome.notices.as_slice() else { return Err(format!("one warning: {outcome}").into()) };
    ensure_eq!(warning.severity, "WARNING");
    ensure_eq!(warning.message, "partition \"e_2026_02_15\" does not begin on the first of a quarter");
    ensure_eq!(
        warning.detail(),
        "It holds [2026-02-15, 2026-05-15); a partition for a whole quarter beside it would overlap or leave a hole."
    );
    ensure_eq!(warning.hint(), "For the whole quarter: SELECT warden.create_quarterly_partition('e', '2026-01-01');");
    s.run("DROP TABLE e_2026_02_15")?;
    let outcome = call(&mut s, "quarterly", "e", "2026-02-01");
    ensure_eq!(outcome.rows, [[Some("public.e_2026_02_01".to_owned())]], "{outcome}");
    ensure_eq!(outcome.notices.len(), 1, "{outcome}");
    Ok(())
}

fn a7_a_year_from_a_leap_day(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date) PARTITION BY RANGE (ts)")?;
    let outcome = call(&mut s, "yearly", "e", "2024-02-29");
    ensure_eq!(
        outcome.notices.iter().map(|n| n.hint()).collect::<Vec<_>>(),
        ["For the whole year: SELECT warden.create_yearly_partition('e', '2024-01-01');"]
    );
    ensure_eq!(bounds(&mut s, "e")?, ["e_2024 FOR VALUES FROM ('2024-02-29') TO ('2025-02-28')"]);
    Ok(())
}

fn b5_days_of_23_and_25_hours(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts); SET warden.partition_time_zone = 'America/New_York'; SET TimeZone = 'UTC'")?;
    s.run("SET client_min_messages = error")?;
    for day in ["2025-03-08", "2025-03-09", "2025-11-02", "2025-11-03"] {
        made(&mut s, "daily", "e", day)?;
    }
    ensure_eq!(
        bounds(&mut s, "e")?,
        [
            "e_2025_03_08 FOR VALUES FROM ('2025-03-08 05:00:00+00') TO ('2025-03-09 05:00:00+00')",
            "e_2025_03_09 FOR VALUES FROM ('2025-03-09 05:00:00+00') TO ('2025-03-10 04:00:00+00')",
            "e_2025_11_02 FOR VALUES FROM ('2025-11-02 04:00:00+00') TO ('2025-11-03 05:00:00+00')",
            "e_2025_11_03 FOR VALUES FROM ('2025-11-03 05:00:00+00') TO ('2025-11-04 05:00:00+00')",
        ]
    );
    Ok(())
}

fn b3_zone_shown_by_the_bounds(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "SET TimeZone = 'Europe/Moscow'; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts);
         CREATE TABLE e1 PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-01-02')",
    )?;
    made(&mut s, "daily", "e", "2026-01-02")?;
    let outcome = call(&mut s, "daily", "e", "2026-01-02");
    ensure_eq!(
        outcome.notices.iter().map(|n| n.detail()).collect::<Vec<_>>(),
        [
            "It holds [2026-01-01 21:00:00+00, 2026-01-02 21:00:00+00). Days begin at midnight in time zone \"Europe/Moscow\"."
        ]
    );
    // A new set in a session of another zone.
    s.run("CREATE TABLE f (ts timestamptz) PARTITION BY RANGE (ts)")?;
    let outcome = call(&mut s, "weekly", "f", "2026-01-05");
    ensure_eq!(
        outcome.notices.iter().map(|n| n.message.as_str()).collect::<Vec<_>>(),
        ["weeks of \"f\" begin at midnight in time zone \"UTC\", not in this session's"]
    );
    // A session that knows nothing of Moscow.
    s.run("SET TimeZone = 'UTC'")?;
    let outcome = call(&mut s, "daily", "e", "2026-01-03");
    ensure_eq!(
        outcome.error.as_ref().map(|e| (
            e.sqlstate.as_str(),
            e.message.as_str(),
            e.hint().contains("If the days of this table begin in another time zone")
        )),
        Some(("22023", "partition \"e_2026_01_03\" of \"e\" would be misaligned by 03:00:00", true))
    );
    Ok(())
}

fn e1_to_e7_existing_ranges(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date) PARTITION BY RANGE (ts); CREATE TABLE old PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-04-01')")?;
    let outcome = call(&mut s, "quarterly", "e", "2026-01-01");
    ensure_eq!(outcome.rows, [[Some("public.old".to_owned())]], "{outcome}");
    ensure_eq!(outcome.notices[0].sqlstate, "42P07");
    for length in ["daily", "weekly"] {
        ensure_eq!(
            refused(&mut s, length, "e", "2026-03-20")?.split(" of ").collect::<Vec<_>>()[1],
            "\"e\" is covered by partition \"old\""
        );
    }
    ensure_eq!(
        refused(&mut s, "yearly", "e", "2026-01-01")?,
        "42P17 range [2026-01-01, 2027-01-01) of \"e\" overlaps partition \"old\""
    );
    // The name is the month's, the bounds are the day's: two lengths whose names meet.
    s.run("CREATE TABLE e_2027 ()")?;
    ensure_eq!(
        refused(&mut s, "yearly", "e", "2027-04-01")?,
        "42P07 name \"e_2027\" for a partition of \"e\" is taken by a table"
    );
    Ok(())
}

fn f2_default_with_rows_of_the_range(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts date, id int) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT;
         INSERT INTO e VALUES ('2026-02-03', 1), ('2026-02-04', 2)",
    )?;
    for (length, start, rows) in [
        ("daily", "2026-02-03", 1),
        ("weekly", "2026-02-02", 2),
        ("quarterly", "2026-01-01", 2),
        ("yearly", "2026-01-01", 2),
    ] {
        let outcome = call(&mut s, length, "e", start);
        let error = outcome.error.as_ref().ok_or("an error was expected")?;
        ensure_eq!(error.sqlstate, "23514", "{outcome}");
        // The way out that the hint gives, as it stands there.
        let recipe = error.hint().strip_prefix("Move them in one transaction: ").ok_or("another hint")?;
        ensure!(recipe.contains(&format!("warden.create_{length}_partition('public.e', '{start}')")), "{recipe}");
        s.run(recipe)?;
        ensure_eq!(s.value("SELECT count(*) FROM rest")?, (2 - rows).to_string(), "{length}");
        s.run(
            "DELETE FROM rest; BEGIN; ALTER TABLE e DETACH PARTITION rest; DROP TABLE e; CREATE TABLE e (ts date, id int) PARTITION BY RANGE (ts);
             ALTER TABLE e ATTACH PARTITION rest DEFAULT; INSERT INTO e VALUES ('2026-02-03', 1), ('2026-02-04', 2); COMMIT",
        )?;
    }
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts date) PARTITION BY RANGE (ts); CREATE TABLE plain (ts date); CREATE TABLE l (ts date) PARTITION BY LIST (ts);
         CREATE TABLE h (ts date) PARTITION BY HASH (ts); CREATE TABLE n (ts int) PARTITION BY RANGE (ts)",
    )?;
    for length in LENGTHS {
        let arguments = [
            ("NULL, '2026-01-01'", "22004 table_name must not be null"),
            ("'e', NULL", "22004 start_date must not be null"),
            ("'e', 'infinity'", "22008 start_date cannot be infinity"),
            ("'e', '-infinity'", "22008 start_date cannot be -infinity"),
            ("'e', '0044-03-15 BC'", "22008 start_date cannot be 0044-03-15 BC"),
            ("'nothing', '2026-01-01'", "42P01 relation \"nothing\" does not exist"),
            ("'e; drop table e', '2026-01-01'", "42602 not a table name: 'e; drop table e'"),
            ("'plain', '2026-01-01'", "42809 table \"plain\" is not partitioned"),
            ("'l', '2026-01-01'", "42809 table \"l\" is partitioned by list, not by range"),
            ("'h', '2026-01-01'", "42809 table \"h\" is partitioned by hash, not by range"),
            ("'n', '2026-01-01'", "0A000 key column ts of table \"n\" is of type integer"),
        ];
        for (arguments, expected) in arguments {
            let error = s.error(&format!("SELECT warden.create_{length}_partition({arguments})"))?;
            ensure_eq!(format!("{} {}", error.sqlstate, error.message), expected, "{length} {arguments}");
        }
        let hint = s.error(&format!("SELECT warden.create_{length}_partition('l', '2026-01-01')"))?;
        let title = match length {
            "daily" => "Days",
            "weekly" => "Weeks",
            "quarterly" => "Quarters",
            _ => "Years",
        };
        ensure_eq!(hint.hint(), format!("{title} need PARTITION BY RANGE over a date or time column."));
        ensure_eq!(
            s.error(&format!("SELECT warden.create_{length}_partition('e', '5874897-12-31')"))?.sqlstate,
            "22008"
        );
        ensure_eq!(
            s.value(&format!(
                "SELECT has_function_privilege('public', 'warden.create_{length}_partition(text, date)', 'EXECUTE')"
            ))?,
            "f"
        );
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "0");
    Ok(())
}
