//! `warden.create_monthly_partition`: one test an edge case, named after it.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use pg_warden_tests::{Database, Leg, Outcome, Report, Result, Session, cases, ensure, ensure_eq};

cases![
    a1_first_of_month,
    a2_not_first_of_month,
    a3_end_of_a_long_month,
    a6_december,
    a10_infinity_bc_and_null,
    a11_five_digit_year,
    b1_wall_clock_keys_in_any_session_zone,
    b2_instants_in_any_session_zone,
    b3_zone_shown_by_the_bounds,
    b4_misaligned_neighbours,
    c1_date_timestamp_timestamptz_and_domains,
    c2_other_key_types,
    c5_time_first_of_two_columns,
    c7_tables_that_take_no_months,
    d1_search_path_and_schema,
    d2_names_that_need_quotes,
    d2_names_in_other_encodings,
    d3_names_that_fold,
    d4_long_names,
    d5_name_taken_by_something_else,
    d6_name_taken_by_own_partition,
    d7_tables_of_extensions_and_the_system,
    d8_injection,
    e1_same_bounds,
    e2_covered,
    e3_partial_overlap,
    e4_pending_detach,
    e5_minvalue_and_maxvalue_neighbours,
    e7_two_callers_of_the_same_month,
    e7_sixteen_callers_at_once,
    e8_two_callers_of_different_months,
    f1_default_without_rows_of_the_range,
    f2_default_with_rows_of_the_range,
    f4_locks_by_method,
    g5_lock_not_available,
    g5_settings_do_not_leak,
    g10_other_transactions,
    g11_caller_is_not_the_owner,
    child_is_like_its_parent_and_newest_sibling,
    public_may_not_call,
    own_ddl_is_not_judged,
];

const MONTHLY: &str = "CREATE TABLE events (ts date NOT NULL, id int) PARTITION BY RANGE (ts)";

/// Calls the function.
fn call(s: &mut Session, table: &str, start: &str) -> Outcome {
    s.outcome(&format!(
        "SELECT warden.create_monthly_partition({}, {})",
        pg_warden_tests::sql::literal(table),
        pg_warden_tests::sql::literal(start)
    ))
}

/// Calls it, lets it say nothing, and returns its answer.
fn made(s: &mut Session, table: &str, start: &str) -> Result<String> {
    let outcome = call(s, table, start);
    ensure!(outcome.error.is_none() && outcome.notices.is_empty(), "{table} {start}: {outcome}");
    answer(&outcome)
}

fn answer(outcome: &Outcome) -> Result<String> {
    match outcome.rows.as_slice() {
        [row] => Ok(row.first().cloned().flatten().unwrap_or_else(|| "NULL".to_owned())),
        _ => Err(format!("one row was expected: {outcome}").into()),
    }
}

/// Calls it and returns the error.
fn refused(s: &mut Session, table: &str, start: &str) -> Result<Report> {
    let outcome = call(s, table, start);
    outcome.error.clone().ok_or_else(|| format!("{table} {start} should have been refused: {outcome}").into())
}

/// SQLSTATE, message, DETAIL and HINT of an error.
fn parts(report: &Report) -> (&str, &str, &str, &str) {
    (&report.sqlstate, &report.message, report.detail(), report.hint())
}

/// The partitions of a table with their bounds, in order of names; the server's zone is UTC.
fn bounds(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT c.oid::regclass || ' ' || pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = {}::regclass ORDER BY c.relname",
        pg_warden_tests::sql::literal(table)
    ))?)
}

fn tables(s: &mut Session) -> Result<String> {
    Ok(s.value("SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace")?)
}

/// Waits until a session waits for a lock.
fn wait_for_lock(db: &Database<'_>, pid: i32) -> Result {
    let mut s = db.session()?;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if s.value(&format!("SELECT wait_event_type FROM pg_stat_activity WHERE pid = {pid}"))? == "Lock" {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Err(format!("session {pid} never waited for a lock").into())
}

// A. Calendar ------------------------------------------------------------------------------------------------------------

fn a1_first_of_month(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
    ensure_eq!(bounds(&mut s, "events")?, ["events_2026_01 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')"]);
    s.run("INSERT INTO events VALUES ('2026-01-31', 1)")?;
    ensure_eq!(s.value("SELECT count(*) FROM events_2026_01")?, "1");
    ensure_eq!(s.error("INSERT INTO events VALUES ('2026-02-01', 1)")?.sqlstate, "23514");
    Ok(())
}

fn a2_not_first_of_month(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    let outcome = call(&mut s, "events", "2026-01-15");
    ensure_eq!(answer(&outcome)?, "public.events_2026_01");
    ensure_eq!(outcome.notices.len(), 1, "{outcome}");
    ensure_eq!(outcome.notices[0].severity, "WARNING");
    ensure_eq!(
        parts(&outcome.notices[0]),
        (
            "01000",
            "partition \"events_2026_01\" does not begin on the first of a month",
            "It holds [2026-01-15, 2026-02-15); a partition for a whole month beside it would overlap or leave a hole.",
            "For the whole month: SELECT warden.create_monthly_partition('events', '2026-01-01');"
        )
    );
    ensure_eq!(bounds(&mut s, "events")?, ["events_2026_01 FOR VALUES FROM ('2026-01-15') TO ('2026-02-15')"]);
    // As the warning says, the next month overlaps.
    ensure_eq!(refused(&mut s, "events", "2026-02-01")?.sqlstate, "42P17");
    // The hint works once the partition is gone.
    s.run("DROP TABLE events_2026_01")?;
    s.run("SELECT warden.create_monthly_partition('events', '2026-01-01')")?;
    ensure_eq!(bounds(&mut s, "events")?, ["events_2026_01 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')"]);
    Ok(())
}

fn a3_end_of_a_long_month(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (start, partition) in [
        ("2024-01-31", "events_2024_01 FOR VALUES FROM ('2024-01-31') TO ('2024-02-29')"),
        ("2023-01-31", "events_2023_01 FOR VALUES FROM ('2023-01-31') TO ('2023-02-28')"),
    ] {
        s.run(&format!("DROP TABLE IF EXISTS events; {MONTHLY}"))?;
        ensure!(call(&mut s, "events", start).error.is_none());
        ensure_eq!(bounds(&mut s, "events")?, [partition]);
    }
    Ok(())
}

fn a6_december(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    ensure_eq!(made(&mut s, "events", "2026-12-01")?, "public.events_2026_12");
    ensure_eq!(made(&mut s, "events", "2027-01-01")?, "public.events_2027_01");
    ensure_eq!(
        bounds(&mut s, "events")?,
        [
            "events_2026_12 FOR VALUES FROM ('2026-12-01') TO ('2027-01-01')",
            "events_2027_01 FOR VALUES FROM ('2027-01-01') TO ('2027-02-01')"
        ]
    );
    Ok(())
}

fn a10_infinity_bc_and_null(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    for (start, message) in [
        ("infinity", "start_date cannot be infinity"),
        ("-infinity", "start_date cannot be -infinity"),
        ("0044-03-15 BC", "start_date cannot be 0044-03-15 BC"),
        ("0001-12-31 BC", "start_date cannot be 0001-12-31 BC"),
    ] {
        let error = refused(&mut s, "events", start)?;
        ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("22008", message));
        ensure!(!error.detail().is_empty());
    }
    for (arguments, message) in [
        ("NULL, '2026-01-01'", "table_name must not be null"),
        ("'events', NULL", "start_date must not be null"),
        ("NULL, NULL", "table_name must not be null"),
    ] {
        let error = s.error(&format!("SELECT warden.create_monthly_partition({arguments})"))?;
        ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("22004", message));
    }
    ensure_eq!(tables(&mut s)?, "1");
    // The first day of the era is a day like any other.
    ensure_eq!(made(&mut s, "events", "0001-01-01")?, "public.events_0001_01");
    Ok(())
}

fn a11_five_digit_year(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    ensure_eq!(made(&mut s, "events", "10000-01-01")?, "public.events_10000_01");
    ensure_eq!(bounds(&mut s, "events")?, ["events_10000_01 FOR VALUES FROM ('10000-01-01') TO ('10000-02-01')"]);
    ensure_eq!(refused(&mut s, "events", "5874897-12-01")?.sqlstate, "22008");
    Ok(())
}

// B. Time zones ----------------------------------------------------------------------------------------------------------

const ZONES: [&str; 4] = ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"];

fn b1_wall_clock_keys_in_any_session_zone(leg: &Leg) -> Result {
    let db = leg.database()?;
    for (key, told, expected) in [
        (
            "date",
            "It holds [2026-03-01, 2026-04-01).",
            "events_2026_03 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')",
        ),
        (
            "timestamp",
            "It holds [2026-03-01 00:00:00, 2026-04-01 00:00:00).",
            "events_2026_03 FOR VALUES FROM ('2026-03-01 00:00:00') TO ('2026-04-01 00:00:00')",
        ),
    ] {
        for zone in ZONES {
            for style in ["ISO, DMY", "German", "SQL, MDY", "Postgres, DMY"] {
                let mut s = db.session()?;
                s.run(&format!("DROP TABLE IF EXISTS events; CREATE TABLE events (ts {key}) PARTITION BY RANGE (ts)"))?;
                s.run(&format!("SET TimeZone = '{zone}'; SET DateStyle = '{style}'"))?;
                ensure_eq!(
                    answer(&s.run("SELECT warden.create_monthly_partition('events', date '2026-03-01')")?)?,
                    "public.events_2026_03"
                );
                // What is there is read as well under these settings.
                let again = s.run("SELECT warden.create_monthly_partition('events', date '2026-03-01')")?;
                ensure_eq!(again.notices.len(), 1, "{zone} {style}: {again}");
                ensure_eq!(again.notices[0].detail(), told, "{zone} {style}");
                s.run("RESET TimeZone; RESET DateStyle")?;
                ensure_eq!(bounds(&mut s, "events")?, [expected]);
            }
        }
    }
    Ok(())
}

fn b2_instants_in_any_session_zone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut stored = Vec::new();
    for zone in ZONES {
        let mut s = db.session()?;
        s.run("DROP TABLE IF EXISTS events; CREATE TABLE events (ts timestamptz) PARTITION BY RANGE (ts)")?;
        // In this style zones are abbreviations, of which some mean another zone when they are read.
        s.run(&format!("SET TimeZone = '{zone}'; SET DateStyle = 'SQL, DMY'"))?;
        let outcome = s.run("SELECT warden.create_monthly_partition('events', date '2026-03-01')")?;
        ensure_eq!(answer(&outcome)?, "public.events_2026_03");
        // Whose zone it is, is said where it can surprise: for the first partition, in a session of another zone.
        let told: Vec<&str> = outcome.notices.iter().map(|n| n.message.as_str()).collect();
        let expected = "months of \"events\" begin at midnight in time zone \"UTC\", not in this session's";
        ensure_eq!(told, if zone == "UTC" { vec![] } else { vec![expected] });
        let next = s.run("SELECT warden.create_monthly_partition('events', date '2026-04-01')")?;
        ensure_eq!((answer(&next)?.as_str(), next.notices.len()), ("public.events_2026_04", 0), "{zone}: {next}");
        let again = s.run("SELECT warden.create_monthly_partition('events', date '2026-04-01')")?;
        ensure_eq!(
            again.notices[0].detail(),
            "It holds [2026-04-01 00:00:00+00, 2026-05-01 00:00:00+00). Months begin at midnight in time zone \"UTC\"."
        );
        // Locations are places in a query text, not bounds.
        stored.push(s.column(
            "SELECT regexp_replace(relpartbound::text, ':location -?\\d+', '', 'g') FROM pg_class
              WHERE relispartition AND relname LIKE 'events%' ORDER BY relname",
        )?);
        s.run("RESET TimeZone; RESET DateStyle")?;
        ensure_eq!(
            bounds(&mut s, "events")?,
            [
                "events_2026_03 FOR VALUES FROM ('2026-03-01 00:00:00+00') TO ('2026-04-01 00:00:00+00')",
                "events_2026_04 FOR VALUES FROM ('2026-04-01 00:00:00+00') TO ('2026-05-01 00:00:00+00')"
            ]
        );
    }
    ensure!(stored.windows(2).all(|pair| pair[0] == pair[1]), "{stored:?}");

    // The setting gives an unmanaged set its zone, with its daylight saving time.
    let mut s = db.session_with("-c warden.partition_time_zone=America/New_York")?;
    s.run("DROP TABLE IF EXISTS events; CREATE TABLE events (ts timestamptz) PARTITION BY RANGE (ts)")?;
    ensure_eq!(answer(&call(&mut s, "events", "2026-03-01"))?, "public.events_2026_03");
    ensure_eq!(
        bounds(&mut s, "events")?,
        ["events_2026_03 FOR VALUES FROM ('2026-03-01 05:00:00+00') TO ('2026-04-01 04:00:00+00')"]
    );
    s.run("SET warden.partition_time_zone = 'Mars/Olympus'; DROP TABLE events_2026_03")?;
    let error = refused(&mut s, "events", "2026-03-01")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str()),
        ("22023", "time zone \"Mars/Olympus\" not recognized")
    );
    Ok(())
}

fn b3_zone_shown_by_the_bounds(leg: &Leg) -> Result {
    let db = leg.database()?;
    let moscow = "DROP TABLE IF EXISTS events; CREATE TABLE events (ts timestamptz) PARTITION BY RANGE (ts);
        CREATE TABLE events_2026_01 PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00+03') TO ('2026-02-01 00:00+03');";
    let february = "events_2026_02 FOR VALUES FROM ('2026-01-31 21:00:00+00') TO ('2026-02-28 21:00:00+00')";
    // The session's zone makes every bound a midnight.
    let mut s = db.session()?;
    s.run(moscow)?;
    s.run("SET TimeZone = 'Europe/Moscow'")?;
    ensure_eq!(made(&mut s, "events", "2026-02-01")?, "public.events_2026_02");
    s.run("RESET TimeZone")?;
    ensure_eq!(bounds(&mut s, "events")?[1], february);
    // The zone that new sessions get does.
    s.run(moscow)?;
    s.run(&format!("ALTER DATABASE {} SET TimeZone = 'Europe/Moscow'", db.name()))?;
    let mut other = db.session()?;
    other.run("SET TimeZone = 'Asia/Kolkata'")?;
    ensure_eq!(made(&mut other, "events", "2026-02-01")?, "public.events_2026_02");
    ensure_eq!(bounds(&mut s, "events")?[1], february);
    s.run(&format!("ALTER DATABASE {} RESET TimeZone", db.name()))?;
    // No zone does: the setting holds, and a wrong one is not followed in silence (B4).
    s.run(moscow)?;
    let error = refused(&mut s, "events", "2026-02-01")?;
    ensure_eq!(
        parts(&error),
        (
            "22023",
            "partition \"events_2026_02\" of \"events\" would be misaligned by 03:00:00",
            "Partition public.events_2026_01 ends at 2026-01-31 21:00:00+00, this one would begin at 2026-02-01 00:00:00+00: \
             rows between would have no partition. Months begin at midnight in time zone \"UTC\".",
            "If the months of this table begin in another time zone: SET warden.partition_time_zone = '...'; Otherwise close the \
             hole first: CREATE TABLE ... PARTITION OF public.events FOR VALUES FROM ('2026-01-31 21:00:00+00') TO ('2026-02-01 00:00:00+00');"
        )
    );
    s.run("SET warden.partition_time_zone = 'Europe/Moscow'")?;
    ensure_eq!(made(&mut s, "events", "2026-02-01")?, "public.events_2026_02");
    ensure_eq!(bounds(&mut s, "events")?[1], february);
    // UTC, when the bounds show it, wins over the setting.
    s.run("DROP TABLE events; CREATE TABLE events (ts timestamptz) PARTITION BY RANGE (ts);
        CREATE TABLE events_2026_01 PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00')")?;
    ensure_eq!(made(&mut s, "events", "2026-02-01")?, "public.events_2026_02");
    ensure_eq!(
        bounds(&mut s, "events")?[1],
        "events_2026_02 FOR VALUES FROM ('2026-02-01 00:00:00+00') TO ('2026-03-01 00:00:00+00')"
    );
    Ok(())
}

fn b4_misaligned_neighbours(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    // Five hours, as when a set of UTC is continued in New York.
    s.run(
        "CREATE TABLE t (ts timestamptz) PARTITION BY RANGE (ts);
        CREATE TABLE t_2026_01 PARTITION OF t FOR VALUES FROM ('2026-01-01 00:30+00') TO ('2026-02-01 00:00+00');
        SET warden.partition_time_zone = 'America/New_York'",
    )?;
    let error = refused(&mut s, "t", "2026-02-01")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str()),
        ("22023", "partition \"t_2026_02\" of \"t\" would be misaligned by 05:00:00")
    );
    // The neighbour behind.
    s.run(MONTHLY)?;
    s.run("CREATE TABLE later PARTITION OF events FOR VALUES FROM ('2026-02-15') TO ('2026-03-01')")?;
    let error = refused(&mut s, "events", "2026-01-01")?;
    ensure_eq!(
        parts(&error),
        (
            "22023",
            "partition \"events_2026_01\" of \"events\" would be misaligned by 14 days",
            "Partition public.later begins at 2026-02-15, this one would end at 2026-02-01: rows between would have no partition.",
            "Begin at the neighbour's bound, or close the hole first: \
             CREATE TABLE ... PARTITION OF public.events FOR VALUES FROM ('2026-02-01') TO ('2026-02-15');"
        )
    );
    // With the hole closed as the hint says, it goes.
    s.run("CREATE TABLE gap PARTITION OF public.events FOR VALUES FROM ('2026-02-01') TO ('2026-02-15')")?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
    // A whole month left out is no misalignment.
    ensure_eq!(made(&mut s, "events", "2026-04-01")?, "public.events_2026_04");
    ensure_eq!(made(&mut s, "events", "2025-11-01")?, "public.events_2025_11");
    Ok(())
}

// C. Keys ----------------------------------------------------------------------------------------------------------------

fn c1_date_timestamp_timestamptz_and_domains(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE DOMAIN day AS date NOT NULL; CREATE DOMAIN workday AS day; CREATE DOMAIN moment AS timestamptz")?;
    for (key, lower, upper) in [
        ("date", "2026-01-01", "2026-02-01"),
        ("timestamp", "2026-01-01 00:00:00", "2026-02-01 00:00:00"),
        ("timestamp(3)", "2026-01-01 00:00:00", "2026-02-01 00:00:00"),
        ("timestamptz", "2026-01-01 00:00:00+00", "2026-02-01 00:00:00+00"),
        ("workday", "2026-01-01", "2026-02-01"),
        ("moment", "2026-01-01 00:00:00+00", "2026-02-01 00:00:00+00"),
    ] {
        s.run(&format!("DROP TABLE IF EXISTS events; CREATE TABLE events (ts {key}) PARTITION BY RANGE (ts)"))?;
        ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01", "{key}");
        ensure_eq!(
            bounds(&mut s, "events")?,
            [format!("events_2026_01 FOR VALUES FROM ('{lower}') TO ('{upper}')")],
            "{key}"
        );
        let again = call(&mut s, "events", "2026-01-01");
        ensure_eq!(again.notices.len(), 1, "{key}: {again}");
    }
    Ok(())
}

fn c2_other_key_types(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    // All that are supported are in partition_keys.rs.
    s.run("CREATE TABLE n (at bigint) PARTITION BY RANGE (at); CREATE TABLE r (at int4range) PARTITION BY RANGE (at)")?;
    ensure_eq!(
        parts(&refused(&mut s, "n", "2026-01-01")?),
        (
            "0A000",
            "key column at of table \"n\" is of type bigint",
            "",
            "If it counts seconds since 1970: SELECT warden.manage_partitions('public.n', key_encoding => 'epoch_s'); There are epoch_ms, epoch_us and epoch_ns, too."
        )
    );
    ensure_eq!(
        parts(&refused(&mut s, "r", "2026-01-01")?),
        (
            "0A000",
            "key column at of table \"r\" is of type int4range",
            "",
            "Supported are date, timestamp and timestamptz, domains over them, uuid of version 7, and integer, bigint, numeric and text with a declared encoding."
        )
    );
    Ok(())
}

fn c5_time_first_of_two_columns(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE events (ts date, tenant int) PARTITION BY RANGE (ts, tenant);
        CREATE TABLE tail PARTITION OF events FOR VALUES FROM ('2026-03-01', 5) TO ('2026-04-01', MINVALUE)",
    )?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
    ensure_eq!(made(&mut s, "events", "2026-02-01")?, "public.events_2026_02");
    ensure_eq!(call(&mut s, "events", "2026-02-01").notices.len(), 1);
    ensure_eq!(
        bounds(&mut s, "events")?[..2],
        [
            "events_2026_01 FOR VALUES FROM ('2026-01-01', MINVALUE) TO ('2026-02-01', MINVALUE)".to_owned(),
            "events_2026_02 FOR VALUES FROM ('2026-02-01', MINVALUE) TO ('2026-03-01', MINVALUE)".to_owned()
        ]
    );
    let error = refused(&mut s, "events", "2026-03-01")?;
    ensure_eq!(error.sqlstate, "42P17");
    ensure_eq!(error.detail(), "public.tail holds [(2026-03-01, 5), 2026-04-01).");
    Ok(())
}

fn c7_tables_that_take_no_months(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE plain (ts date); CREATE VIEW v AS SELECT * FROM plain; CREATE MATERIALIZED VIEW m AS SELECT * FROM plain;
        CREATE SEQUENCE q; CREATE INDEX i ON plain (ts); CREATE TYPE c AS (ts date);
        CREATE TABLE l (ts date) PARTITION BY LIST (ts); CREATE TABLE h (ts date) PARTITION BY HASH (ts);
        CREATE FOREIGN DATA WRAPPER w; CREATE SERVER z FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE f (ts date) SERVER z;
        CREATE TEMP TABLE t (ts date) PARTITION BY RANGE (ts)")?;
    for (table, sqlstate, message) in [
        ("plain", "42809", "table \"plain\" is not partitioned"),
        ("v", "42809", "\"v\" is not a partitioned table"),
        ("m", "42809", "\"m\" is not a partitioned table"),
        ("q", "42809", "\"q\" is not a partitioned table"),
        ("i", "42809", "\"i\" is not a partitioned table"),
        ("c", "42809", "\"c\" is not a partitioned table"),
        ("f", "42809", "\"f\" is not a partitioned table"),
        ("l", "42809", "table \"l\" is partitioned by list, not by range"),
        ("h", "42809", "table \"h\" is partitioned by hash, not by range"),
        ("t", "0A000", "table \"t\" is temporary"),
    ] {
        let error = refused(&mut s, table, "2026-01-01")?;
        ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), (sqlstate, message));
        ensure!(!(error.hint().is_empty() && error.detail().is_empty()), "{error}");
    }
    ensure_eq!(
        refused(&mut s, "plain", "2026-01-01")?.hint(),
        "A plain table cannot become partitioned in place: create a table PARTITION BY RANGE beside it and attach this one as a partition."
    );
    ensure_eq!(refused(&mut s, "f", "2026-01-01")?.detail(), "It is a foreign table.");
    Ok(())
}

// D. Names ---------------------------------------------------------------------------------------------------------------

fn d1_search_path_and_schema(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE SCHEMA app; CREATE SCHEMA other;
        CREATE TABLE app.events (ts date) PARTITION BY RANGE (ts); CREATE TABLE other.events (ts date) PARTITION BY RANGE (ts)")?;
    ensure_eq!(made(&mut s, "app.events", "2026-01-01")?, "app.events_2026_01");
    ensure_eq!(made(&mut s, &format!("{}.app.events", db.name()), "2026-02-01")?, "app.events_2026_02");
    let error = refused(&mut s, "events", "2026-03-01")?;
    ensure_eq!(
        parts(&error),
        ("42P01", "relation \"events\" does not exist", "", "There is a table app.events: write 'app.events'.")
    );
    // The caller's path finds the table; the partition goes where its parent is, not where the path would put it.
    s.run("SET search_path = public, other, app")?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "other.events_2026_01");
    s.run("SET search_path = app, other")?;
    ensure_eq!(made(&mut s, "events", "2026-03-01")?, "app.events_2026_03");
    ensure_eq!(s.value("SHOW search_path")?, "app, other");
    // A path that shadows the server's own functions and operators is not followed.
    s.run(
        "CREATE SCHEMA evil; CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$;
        CREATE FUNCTION evil.eq(oid, oid) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
        CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.eq);
        SET search_path = evil, app, pg_catalog",
    )?;
    ensure_eq!(made(&mut s, "events", "2026-04-01")?, "app.events_2026_04");
    ensure_eq!(refused(&mut s, "EVENT", "2026-04-01")?.sqlstate, "42P01");
    Ok(())
}

fn d2_names_that_need_quotes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (table, partition) in [
        ("\"MiXed Case.tbl\"", "public.\"MiXed Case.tbl_2026_01\""),
        ("\"a\"\"b\"", "public.\"a\"\"b_2026_01\""),
        ("\"it's\"", "public.\"it's_2026_01\""),
        ("\"back\\slash\"", "public.\"back\\slash_2026_01\""),
        ("\"%s $1 {}\"", "public.\"%s $1 {}_2026_01\""),
        ("\"select\"", "public.select_2026_01"),
        ("\"\u{fc}ml\u{e4}ut\"", "public.\"\u{fc}ml\u{e4}ut_2026_01\""),
        ("\u{fc}n\u{ef}", "public.\"\u{fc}n\u{ef}_2026_01\""),
        ("\"new\nline\"", "public.\"new\nline_2026_01\""),
        ("\"123\"", "public.\"123_2026_01\""),
    ] {
        s.run(&format!("CREATE TABLE {table} (\"Time of day\" timestamptz) PARTITION BY RANGE (\"Time of day\")"))?;
        ensure_eq!(made(&mut s, table, "2026-01-01")?, partition);
        // What is returned can be used as it is.
        ensure_eq!(
            s.value(&format!(
                "SELECT relispartition FROM pg_class WHERE oid = {}::regclass",
                pg_warden_tests::sql::literal(partition)
            ))?,
            "t"
        );
        ensure_eq!(call(&mut s, &format!("public.{table}"), "2026-01-01").notices.len(), 1);
    }
    Ok(())
}

fn d2_names_in_other_encodings(leg: &Leg) -> Result {
    // One byte a letter, so that 55 of them stay as they are; two or three bytes in the others.
    for (encoding, letter, cut) in
        [("LATIN1", "\u{fc}", false), ("EUC_JP", "\u{e9}", true), ("SQL_ASCII", "\u{fc}", true)]
    {
        let db = leg
            .cluster
            .database_with(&format!("TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"))?;
        let mut s = db.session()?;
        s.run("CREATE EXTENSION pg_warden")?;
        let table = format!("T {letter}");
        s.run(&format!(
            "CREATE TABLE \"{table}\" (\"{letter}\" date) PARTITION BY RANGE (\"{letter}\");
            CREATE TABLE \"rest of {letter}\" PARTITION OF \"{table}\" DEFAULT"
        ))?;
        ensure_eq!(
            made(&mut s, &format!("\"{table}\""), "2026-01-01")?,
            format!("public.\"{table}_2026_01\""),
            "{encoding}"
        );
        let again = call(&mut s, &format!("\"{table}\""), "2026-01-01");
        ensure_eq!(
            again.notices[0].message,
            format!("partition \"{table}_2026_01\" of \"{table}\" already exists, skipping")
        );
        s.run(&format!("INSERT INTO \"{table}\" VALUES ('2026-02-05')"))?;
        ensure_eq!(refused(&mut s, &format!("\"{table}\""), "2026-02-01")?.detail(), "1 row, at 2026-02-05.");
        let long = letter.repeat(if cut { 30 } else { 55 });
        s.run(&format!("CREATE TABLE \"{long}\" (ts date) PARTITION BY RANGE (ts)"))?;
        let partition = made(&mut s, &format!("\"{long}\""), "2026-01-01")?;
        ensure_eq!(partition == format!("public.\"{long}_2026_01\""), !cut, "{encoding}: {partition}");
        ensure_eq!(call(&mut s, &format!("\"{long}\""), "2026-01-01").notices.len(), 1, "{encoding}");
    }
    Ok(())
}

fn d3_names_that_fold(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE \"Events\" (ts date) PARTITION BY RANGE (ts)")?;
    let error = refused(&mut s, "Events", "2026-01-01")?;
    ensure_eq!(
        parts(&error),
        ("42P01", "relation \"events\" does not exist", "", "There is a table \"Events\": write '\"Events\"'.")
    );
    ensure_eq!(made(&mut s, "\"Events\"", "2026-01-01")?, "public.\"Events_2026_01\"");
    s.run(MONTHLY)?;
    ensure_eq!(made(&mut s, "EVENTS", "2026-01-01")?, "public.events_2026_01");
    let error = refused(&mut s, "nothing", "2026-01-01")?;
    ensure_eq!(parts(&error), ("42P01", "relation \"nothing\" does not exist", "", ""));
    ensure_eq!(
        refused(&mut s, "no_schema.events", "2026-01-01")?.message,
        "relation \"no_schema.events\" does not exist"
    );
    Ok(())
}

fn d4_long_names(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let mut create = |name: &str| -> Result<String> {
        s.run(&format!("CREATE TABLE \"{name}\" (ts date) PARTITION BY RANGE (ts)"))?;
        let partition = made(&mut s, &format!("\"{name}\""), "2026-01-01")?;
        let stored = s.value(&format!(
            "SELECT relname || '|' || octet_length(relname) FROM pg_class WHERE oid = {}::regclass",
            pg_warden_tests::sql::literal(&partition)
        ))?;
        // Asked again, it finds its own partition.
        ensure_eq!(call(&mut s, &format!("\"{name}\""), "2026-01-01").notices.len(), 1);
        Ok(stored)
    };
    let plain = "x".repeat(55);
    ensure_eq!(create(&plain)?, format!("{plain}_2026_01|63"));
    let first = create(&format!("{}aaa", "y".repeat(60)))?;
    let second = create(&format!("{}bbb", "y".repeat(60)))?;
    for name in [&first, &second] {
        ensure!(name.starts_with(&format!("{}_", "y".repeat(46))) && name.ends_with("_2026_01|63"), "{name}");
    }
    ensure!(first != second);
    // 61 characters, 65 bytes before the server cut them to 63: a character is never split.
    let name = create(&format!("{}{}", "\u{fc}\u{ef}".repeat(2), "n".repeat(55)))?;
    ensure!(name.starts_with("\u{fc}\u{ef}\u{fc}\u{ef}nnn") && name.ends_with("_2026_01|63"), "{name}");
    let name = create(&format!("m{}", "\u{20ac}".repeat(20)))?;
    ensure!(name.starts_with(&format!("m{}_", "\u{20ac}".repeat(15))) && name.ends_with("_2026_01|63"), "{name}");
    let name = create(&"\u{20ac}".repeat(20))?;
    ensure!(name.starts_with(&format!("{}_", "\u{20ac}".repeat(15))) && name.ends_with("_2026_01|62"), "{name}");
    Ok(())
}

fn d5_name_taken_by_something_else(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    for (create, drop, kind, a) in [
        ("CREATE VIEW events_2026_01 AS SELECT 1 AS x", "DROP VIEW", "view", "a"),
        (
            "CREATE MATERIALIZED VIEW events_2026_01 AS SELECT 1 AS x",
            "DROP MATERIALIZED VIEW",
            "materialized view",
            "a",
        ),
        ("CREATE SEQUENCE events_2026_01", "DROP SEQUENCE", "sequence", "a"),
        ("CREATE INDEX events_2026_01 ON other (id)", "DROP INDEX", "index", "an"),
        ("CREATE TYPE events_2026_01 AS (x int)", "DROP TYPE", "composite type", "a"),
        ("CREATE TYPE events_2026_01 AS ENUM ('x')", "DROP TYPE", "type", "a"),
        ("CREATE DOMAIN events_2026_01 AS int", "DROP DOMAIN", "type", "a"),
    ] {
        s.run("CREATE TABLE IF NOT EXISTS other (id int)")?;
        s.run(create)?;
        let error = refused(&mut s, "events", "2026-01-01")?;
        ensure_eq!(
            parts(&error),
            (
                "42P07",
                format!("name \"events_2026_01\" for a partition of \"events\" is taken by {a} {kind}").as_str(),
                format!("public.events_2026_01 is {a} {kind}.").as_str(),
                format!("Rename the {kind} first.").as_str()
            )
        );
        s.run(&format!("{drop} events_2026_01"))?;
    }
    // A table that could be the partition: the hint attaches it.
    s.run("CREATE TABLE events_2026_01 (ts date NOT NULL, id int)")?;
    let error = refused(&mut s, "events", "2026-01-01")?;
    ensure_eq!(
        parts(&error),
        (
            "42P07",
            "name \"events_2026_01\" for a partition of \"events\" is taken by a table",
            "public.events_2026_01 is a table that is no partition.",
            "If it holds the rows of this range: SELECT warden.attach_partition('public.events', 'public.events_2026_01', \
             '2026-01-01', '2026-02-01'); otherwise rename it first."
        )
    );
    s.run("SELECT warden.attach_partition('public.events', 'public.events_2026_01', '2026-01-01', '2026-02-01')")?;
    ensure_eq!(call(&mut s, "events", "2026-01-01").notices.len(), 1);
    // A partition of another table.
    s.run(
        "DROP TABLE events_2026_01; CREATE TABLE others (ts date) PARTITION BY RANGE (ts);
        CREATE TABLE events_2026_01 PARTITION OF others FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    )?;
    let error = refused(&mut s, "events", "2026-01-01")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.detail()),
        ("42P07", "public.events_2026_01 is a partition of public.others.")
    );
    // The name in another schema is free.
    s.run("CREATE SCHEMA app; CREATE TABLE app.events_2026_02 (x int)")?;
    ensure_eq!(made(&mut s, "events", "2026-02-01")?, "public.events_2026_02");
    Ok(())
}

fn d6_name_taken_by_own_partition(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    ensure!(call(&mut s, "events", "2026-01-15").error.is_none());
    let error = refused(&mut s, "events", "2026-01-01")?;
    ensure_eq!(
        parts(&error),
        (
            "42P07",
            "partition \"events_2026_01\" of \"events\" exists with other bounds",
            "It holds [2026-01-15, 2026-02-15); asked for was [2026-01-01, 2026-02-01).",
            "Begin where no partition is yet, or first detach it: ALTER TABLE public.events DETACH PARTITION public.events_2026_01;"
        )
    );
    // A partition of that name for quite another time.
    s.run("DROP TABLE events_2026_01; CREATE TABLE events_2026_01 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')")?;
    let error = refused(&mut s, "events", "2026-01-01")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.hint()),
        ("42P07", "Give it another name first: ALTER TABLE public.events_2026_01 RENAME TO ...;")
    );
    Ok(())
}

fn d7_tables_of_extensions_and_the_system(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    s.run("ALTER EXTENSION pg_warden ADD TABLE events")?;
    let error = refused(&mut s, "events", "2026-01-01")?;
    ensure_eq!(
        parts(&error),
        (
            "42809",
            "table \"events\" belongs to extension \"pg_warden\"",
            "",
            "Its partitions are the extension's own business."
        )
    );
    s.run("ALTER EXTENSION pg_warden DROP TABLE events")?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
    for (table, message) in [
        ("pg_class", "\"pg_class\" is a system relation"),
        ("information_schema.tables", "\"tables\" is a system relation"),
    ] {
        let error = refused(&mut s, table, "2026-01-01")?;
        ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("42809", message));
    }
    Ok(())
}

fn d8_injection(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    for text in [
        "x; drop table events",
        "events; drop table events",
        "events'; drop table events; --",
        "%s",
        "%I.%L",
        "$1",
        "",
        " ",
        "events -- x",
        "events/* */",
        "a.b.c.d",
        "\"unfinished",
        "\"\"",
        "12345",
        "-",
        "events, events",
        "(select 1)",
    ] {
        let error = refused(&mut s, text, "2026-01-01")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str()),
            ("42602", format!("not a table name: {}", pg_warden_tests::sql::literal(text)).as_str())
        );
        ensure!(error.hint().starts_with("Write it as in SQL"), "{error}");
    }
    // An OID is no name, whatever regclass takes.
    let oid = s.value("SELECT 'events'::regclass::oid")?;
    ensure_eq!(refused(&mut s, &oid, "2026-01-01")?.sqlstate, "42602");
    // A name that looks like code is a name.
    let table = "\"x\"\"; drop table events; --\"";
    ensure_eq!(refused(&mut s, table, "2026-01-01")?.sqlstate, "42P01");
    s.run(&format!("CREATE TABLE {table} (\"t\"\"; drop table events; --\" date) PARTITION BY RANGE (\"t\"\"; drop table events; --\");
        CREATE TABLE d PARTITION OF {table} DEFAULT"))?;
    ensure_eq!(made(&mut s, table, "2026-01-01")?, "public.\"x\"\"; drop table events; --_2026_01\"");
    ensure_eq!(s.value("SELECT 'events'::regclass")?, "events");
    Ok(())
}

// E. Existing ranges -----------------------------------------------------------------------------------------------------

fn e1_same_bounds(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
    let before = tables(&mut s)?;
    let outcome = call(&mut s, "events", "2026-01-01");
    ensure_eq!(answer(&outcome)?, "public.events_2026_01");
    ensure_eq!(outcome.notices.len(), 1, "{outcome}");
    ensure_eq!(outcome.notices[0].severity, "NOTICE");
    ensure_eq!(
        parts(&outcome.notices[0]),
        (
            "42P07",
            "partition \"events_2026_01\" of \"events\" already exists, skipping",
            "It holds [2026-01-01, 2026-02-01).",
            ""
        )
    );
    ensure_eq!(tables(&mut s)?, before);
    // Another name, another schema, another way to write the bound.
    s.run("CREATE SCHEMA app; CREATE TABLE app.\"Feb\" PARTITION OF events FOR VALUES FROM ('February 1, 2026') TO ('2026-03-01')")?;
    let outcome = call(&mut s, "events", "2026-02-01");
    ensure_eq!(answer(&outcome)?, "app.\"Feb\"");
    ensure_eq!(outcome.notices[0].message, "partition \"Feb\" of \"events\" already exists, skipping");
    // It takes no transaction ID and no lock on the table.
    let outcome = s.run("BEGIN; SELECT warden.create_monthly_partition('events', '2026-01-01');
        SELECT pg_current_xact_id_if_assigned(); SELECT count(*) FROM pg_locks WHERE relation = 'events'::regclass; COMMIT")?;
    ensure_eq!(outcome.rows[1..], [vec![None], vec![Some("0".to_owned())]]);
    Ok(())
}

fn e2_covered(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (from, to, shown) in [
        ("'2026-01-01'", "'2027-01-01'", "[2026-01-01, 2027-01-01)"),
        ("MINVALUE", "'2027-01-01'", "[MINVALUE, 2027-01-01)"),
        ("'2020-01-01'", "MAXVALUE", "[2020-01-01, MAXVALUE)"),
        ("MINVALUE", "MAXVALUE", "[MINVALUE, MAXVALUE)"),
        ("'-infinity'", "'infinity'", "[-infinity, infinity)"),
    ] {
        s.run(&format!("DROP TABLE IF EXISTS events; {MONTHLY}; CREATE TABLE legacy PARTITION OF events FOR VALUES FROM ({from}) TO ({to})"))?;
        let error = refused(&mut s, "events", "2026-03-01")?;
        ensure_eq!(
            parts(&error),
            (
                "42P17",
                "range [2026-03-01, 2026-04-01) of \"events\" is covered by partition \"legacy\"",
                format!("public.legacy holds {shown}.").as_str(),
                "Rows of this range go there. For a partition of its own: detach public.legacy, create this one, move its rows, \
                 and attach the rest with narrower bounds."
            )
        );
    }
    Ok(())
}

fn e3_partial_overlap(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    s.run("CREATE TABLE odd PARTITION OF events FOR VALUES FROM ('2026-01-15') TO ('2026-02-15')")?;
    let error = refused(&mut s, "events", "2026-02-01")?;
    ensure_eq!(
        parts(&error),
        (
            "42P17",
            "range [2026-02-01, 2026-03-01) of \"events\" overlaps partition \"odd\"",
            "public.odd holds [2026-01-15, 2026-02-15).",
            "Begin where no partition is yet."
        )
    );
    // Smaller partitions inside the month.
    s.run(
        "DROP TABLE odd; CREATE TABLE d1 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-02-02');
        CREATE TABLE d2 PARTITION OF events FOR VALUES FROM ('2026-02-02') TO ('2026-02-03');
        CREATE TABLE d3 PARTITION OF events FOR VALUES FROM ('2026-02-28') TO ('2026-03-01')",
    )?;
    let error = refused(&mut s, "events", "2026-02-01")?;
    ensure_eq!(error.sqlstate, "42P17");
    ensure!(error.detail().ends_with(" 2 more partitions lie in the range."), "{error}");
    // Some hours of overlap are another time zone's midnight.
    s.run(
        "CREATE TABLE t (ts timestamptz) PARTITION BY RANGE (ts);
        CREATE TABLE t_2026_01 PARTITION OF t FOR VALUES FROM ('2026-01-01 05:30+00') TO ('2026-02-01 05:30+00')",
    )?;
    let error = refused(&mut s, "t", "2026-02-01")?;
    ensure_eq!(
        parts(&error),
        (
            "42P17",
            "range [2026-02-01 00:00:00+00, 2026-03-01 00:00:00+00) of \"t\" overlaps partition \"t_2026_01\"",
            "public.t_2026_01 holds [2026-01-01 05:30:00+00, 2026-02-01 05:30:00+00). Months begin at midnight in time zone \"UTC\".",
            "If the months of this table begin in another time zone: SET warden.partition_time_zone = '...';"
        )
    );
    Ok(())
}

fn e4_pending_detach(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
    s.run("INSERT INTO events VALUES ('2026-01-05')")?;
    // An open snapshot holds DETACH CONCURRENTLY in its second phase, where it is cancelled.
    let mut reader = db.session()?;
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM events")?;
    s.run("SET statement_timeout = '500ms'")?;
    s.error("ALTER TABLE events DETACH PARTITION events_2026_01 CONCURRENTLY")?;
    s.run("RESET statement_timeout")?;
    reader.run("COMMIT")?;
    ensure_eq!(s.value("SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = 'events_2026_01'::regclass")?, "t");
    let error = refused(&mut s, "events", "2026-01-01")?;
    ensure_eq!(
        parts(&error),
        (
            "55000",
            "partition \"events_2026_01\" of \"events\" is still being detached",
            "It keeps [2026-01-01, 2026-02-01) until that is finished, while rows of this range are refused.",
            "Finish it: ALTER TABLE public.events DETACH PARTITION public.events_2026_01 FINALIZE;"
        )
    );
    ensure_eq!(made(&mut s, "events", "2026-02-01")?, "public.events_2026_02");
    s.run("ALTER TABLE public.events DETACH PARTITION public.events_2026_01 FINALIZE")?;
    ensure_eq!(refused(&mut s, "events", "2026-01-01")?.sqlstate, "42P07");
    s.run("DROP TABLE events_2026_01")?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
    Ok(())
}

fn e5_minvalue_and_maxvalue_neighbours(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    s.run(
        "CREATE TABLE old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
        CREATE TABLE far PARTITION OF events FOR VALUES FROM ('2026-03-01') TO (MAXVALUE)",
    )?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
    ensure_eq!(made(&mut s, "events", "2026-02-01")?, "public.events_2026_02");
    ensure_eq!(refused(&mut s, "events", "2026-03-01")?.sqlstate, "42P17");
    ensure_eq!(refused(&mut s, "events", "2025-12-01")?.sqlstate, "42P17");
    Ok(())
}

fn e7_two_callers_of_the_same_month(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut first, mut second) = (db.session()?, db.session()?);
    first.run(MONTHLY)?;
    second.run("SET warden.partition_lock_timeout = '30s'")?;
    let pid = second.pid()?;
    first.run("BEGIN; SELECT warden.create_monthly_partition('events', '2026-01-01')")?;
    let outcome = thread::scope(|scope| {
        let waiting = scope.spawn(|| call(&mut second, "events", "2026-01-01"));
        let seen = wait_for_lock(&db, pid);
        let ended = first.run("COMMIT");
        let outcome = waiting.join();
        seen?;
        ended?;
        outcome.map_err(|_| "the waiting call panicked".into())
    })
    .map_err(|e: pg_warden_tests::Failed| e)?;
    ensure_eq!(answer(&outcome)?, "public.events_2026_01");
    ensure_eq!(outcome.notices.len(), 1, "{outcome}");
    ensure_eq!(outcome.notices[0].message, "partition \"events_2026_01\" of \"events\" already exists, skipping");
    // When the first gives up, the second creates it.
    first.run("BEGIN; SELECT warden.create_monthly_partition('events', '2026-02-01')")?;
    let outcome = thread::scope(|scope| {
        let waiting = scope.spawn(|| call(&mut second, "events", "2026-02-01"));
        let seen = wait_for_lock(&db, pid);
        let ended = first.run("ROLLBACK");
        let outcome = waiting.join();
        seen?;
        ended?;
        outcome.map_err(|_| "the waiting call panicked".into())
    })
    .map_err(|e: pg_warden_tests::Failed| e)?;
    ensure_eq!(answer(&outcome)?, "public.events_2026_02");
    ensure_eq!(outcome.notices.len(), 0, "{outcome}");
    Ok(())
}

fn e7_sixteen_callers_at_once(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    let mut sessions: Vec<Session> =
        (0..16).map(|_| db.session_with("-c warden.partition_lock_timeout=60s")).collect::<Result<_>>()?;
    let barrier = Barrier::new(sessions.len());
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let running: Vec<_> = sessions
            .iter_mut()
            .map(|s| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    call(s, "events", "2026-01-01")
                })
            })
            .collect();
        running.into_iter().filter_map(|one| one.join().ok()).collect()
    });
    ensure_eq!(outcomes.len(), 16);
    for outcome in &outcomes {
        ensure_eq!(answer(outcome)?, "public.events_2026_01");
    }
    ensure_eq!(outcomes.iter().filter(|o| o.notices.is_empty()).count(), 1, "exactly one created it");
    ensure_eq!(bounds(&mut s, "events")?.len(), 1);
    Ok(())
}

fn e8_two_callers_of_different_months(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut first, mut second) = (db.session()?, db.session()?);
    first.run(MONTHLY)?;
    second.run("SET warden.partition_lock_timeout = '30s'")?;
    let pid = second.pid()?;
    first.run("BEGIN; SELECT warden.create_monthly_partition('events', '2026-01-01')")?;
    let outcome = thread::scope(|scope| {
        let waiting = scope.spawn(|| call(&mut second, "events", "2026-02-01"));
        let seen = wait_for_lock(&db, pid);
        let ended = first.run("COMMIT");
        let outcome = waiting.join();
        seen?;
        ended?;
        outcome.map_err(|_| "the waiting call panicked".into())
    })
    .map_err(|e: pg_warden_tests::Failed| e)?;
    ensure_eq!(answer(&outcome)?, "public.events_2026_02");
    ensure_eq!(bounds(&mut first, "events")?.len(), 2);
    Ok(())
}

// F. Default partition ---------------------------------------------------------------------------------------------------

fn f1_default_without_rows_of_the_range(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    s.run("CREATE TABLE rest PARTITION OF events DEFAULT")?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
    // Rows on both sides of the range, and without a date, stay where they are.
    s.run("INSERT INTO events VALUES ('2026-02-28'), ('2026-05-01'), ('2096-02-28'), ('infinity')")?;
    s.run("ALTER TABLE events ALTER ts DROP NOT NULL; INSERT INTO events VALUES (NULL)")?;
    ensure_eq!(made(&mut s, "events", "2026-04-01")?, "public.events_2026_04");
    ensure_eq!(made(&mut s, "events", "2096-03-01")?, "public.events_2096_03");
    ensure_eq!(s.value("SELECT count(*) FROM rest")?, "5");
    ensure_eq!(
        s.value("SELECT count(*) FROM pg_locks WHERE relation = 'rest'::regclass AND mode LIKE '%Exclusive%'")?,
        "0"
    );
    Ok(())
}

fn f2_default_with_rows_of_the_range(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY, ts date NOT NULL, day int GENERATED ALWAYS AS (extract(day FROM ts)) STORED)
            PARTITION BY RANGE (ts);
        CREATE TABLE rest PARTITION OF events DEFAULT;
        INSERT INTO events (ts) SELECT date '2026-01-29' + i FROM generate_series(1, 40) AS i")?;
    let before = tables(&mut s)?;
    let error = refused(&mut s, "events", "2026-02-01")?;
    let hint = "Move them in one transaction: BEGIN; ALTER TABLE public.events DETACH PARTITION public.rest; \
        SELECT warden.create_monthly_partition('public.events', '2026-02-01'); \
        WITH moved AS (DELETE FROM public.rest WHERE ts >= '2026-02-01' AND ts < '2026-03-01' RETURNING id, ts) \
        INSERT INTO public.events (id, ts) OVERRIDING SYSTEM VALUE SELECT id, ts FROM moved; \
        ALTER TABLE public.events ATTACH PARTITION public.rest DEFAULT; COMMIT;";
    ensure_eq!(
        parts(&error),
        (
            "23514",
            "default partition \"rest\" of \"events\" holds rows of [2026-02-01, 2026-03-01)",
            "28 rows, from 2026-02-01 to 2026-02-28.",
            hint
        )
    );
    ensure_eq!(tables(&mut s)?, before);
    s.run("DELETE FROM events WHERE ts > '2026-03-02' AND ts < '2026-03-10'")?;
    s.run("INSERT INTO events (ts) VALUES ('2027-06-15')")?;
    ensure_eq!(refused(&mut s, "events", "2027-06-01")?.detail(), "1 row, at 2027-06-15.");
    // The count is capped, so that a huge default is not read to its end.
    s.run("INSERT INTO events (ts) SELECT '2028-06-15' FROM generate_series(1, 10001)")?;
    ensure_eq!(
        refused(&mut s, "events", "2028-06-01")?.detail(),
        "More than 10000 rows, among them from 2028-06-15 to 2028-06-15."
    );
    // The hint does what it says, on rows with identity and generated columns.
    let ids = s.value("SELECT md5(string_agg(id || ' ' || ts, ',' ORDER BY id)) FROM events")?;
    s.script(hint.trim_start_matches("Move them in one transaction: "))?;
    ensure_eq!(s.value("SELECT md5(string_agg(id || ' ' || ts, ',' ORDER BY id)) FROM events")?, ids);
    ensure_eq!(s.value("SELECT count(*) FROM events_2026_02")?, "28");
    Ok(())
}

/// The strongest lock that a call leaves on each relation until the end of its transaction.
fn locks_of(s: &mut Session, start: &str) -> Result<Vec<String>> {
    s.run("BEGIN")?;
    ensure!(call(s, "events", start).error.is_none());
    let locks = s.column(
        "SELECT DISTINCT ON (relation) relation::regclass || ' ' || mode FROM pg_locks
          WHERE pid = pg_backend_pid() AND relation::regclass::text IN ('events', 'rest', 'people') AND granted
          ORDER BY relation, array_position(array['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock',
                   'ShareUpdateExclusiveLock', 'RowExclusiveLock', 'RowShareLock', 'AccessShareLock'], mode)",
    )?;
    s.run("ROLLBACK")?;
    Ok(locks)
}

fn f4_locks_by_method(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE people (id int PRIMARY KEY);
        CREATE TABLE events (ts date NOT NULL, person int REFERENCES people) PARTITION BY RANGE (ts)",
    )?;
    // Without a default, readers and writers of the parent go on, whatever the range.
    let gentle = ["people ShareRowExclusiveLock", "events ShareUpdateExclusiveLock"];
    ensure_eq!(locks_of(&mut s, "2020-01-01")?, gentle);
    ensure_eq!(locks_of(&mut s, "2999-01-01")?, gentle);
    s.run("CREATE TABLE rest PARTITION OF events DEFAULT")?;
    // Beside a default: so for the future, of which no rows are on their way.
    ensure_eq!(
        locks_of(&mut s, "2999-01-01")?,
        ["people ShareRowExclusiveLock", "events ShareUpdateExclusiveLock", "rest AccessExclusiveLock"]
    );
    ensure_eq!(
        locks_of(&mut s, "2020-01-01")?,
        ["people ShareRowExclusiveLock", "events AccessExclusiveLock", "rest AccessExclusiveLock"]
    );
    // An insert that runs while the present month is created waits, and lands in it.
    let (mut first, mut second) = (db.session()?, db.session()?);
    let pid = second.pid()?;
    let month = s.value("SELECT date_trunc('month', now())::date")?;
    first.run("BEGIN")?;
    ensure!(call(&mut first, "events", &month).error.is_none());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| second.run("INSERT INTO events VALUES (now())"));
        let seen = wait_for_lock(&db, pid);
        let ended = first.run("COMMIT");
        let inserted = waiting.join();
        seen?;
        ended?;
        inserted.map_err(|_| "the insert panicked")??;
        Ok::<(), pg_warden_tests::Failed>(())
    })?;
    ensure_eq!(s.value("SELECT count(*) FROM rest")?, "0");
    ensure_eq!(s.value("SELECT count(*) FROM events")?, "1");
    Ok(())
}

// G. Transactions and locks ----------------------------------------------------------------------------------------------

fn g5_lock_not_available(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut holder, mut s) = (db.session()?, db.session()?);
    s.run(MONTHLY)?;
    holder.run("BEGIN; LOCK TABLE events IN SHARE MODE")?;
    // Our own limit, with the caller's absent or longer; then the caller's shorter one.
    for (settings, limit, setting) in [
        ("SET warden.partition_lock_timeout = '300ms'", "300 ms", "warden.partition_lock_timeout"),
        ("SET warden.partition_lock_timeout = '1s'; SET lock_timeout = '60s'", "1 s", "warden.partition_lock_timeout"),
        ("SET warden.partition_lock_timeout = '60s'; SET lock_timeout = '200ms'", "200 ms", "lock_timeout"),
    ] {
        s.run("RESET ALL")?;
        s.run(settings)?;
        let begun = Instant::now();
        let error = refused(&mut s, "events", "2026-01-01")?;
        ensure!(begun.elapsed() < Duration::from_secs(20));
        ensure_eq!(
            parts(&error),
            (
                "55P03",
                format!("no lock for a partition of \"events\" within {limit}").as_str(),
                "The server said: canceling statement due to lock timeout. Nothing was changed.",
                format!(
                    "Call again later, or wait longer: SET {setting} = '...'; who is in the way: \
                     SELECT pid, mode, relation::regclass FROM pg_locks WHERE granted AND relation = 'public.events'::regclass;"
                )
                .as_str()
            )
        );
    }
    ensure_eq!(tables(&mut s)?, "1");
    // A reader and a writer are in nobody's way.
    holder.run("ROLLBACK; BEGIN; LOCK TABLE events IN ROW EXCLUSIVE MODE")?;
    ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
    // The default two seconds hold without any setting, in the DDL too: here the default partition is busy.
    holder.run("COMMIT")?;
    s.run("RESET ALL; CREATE TABLE rest PARTITION OF events DEFAULT")?;
    holder.run("BEGIN; LOCK TABLE rest IN ACCESS SHARE MODE")?;
    let begun = Instant::now();
    let error = refused(&mut s, "events", "2999-01-01")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str()),
        ("55P03", "no lock for a partition of \"events\" within 2 s")
    );
    ensure!(begun.elapsed() >= Duration::from_millis(1900) && begun.elapsed() < Duration::from_secs(20));
    ensure_eq!(tables(&mut s)?, "3");
    Ok(())
}

fn g5_settings_do_not_leak(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    s.run("SET lock_timeout = '77s'; SET search_path = public, pg_catalog; SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Kolkata'")?;
    let show = |s: &mut Session| {
        s.column("SELECT setting FROM pg_settings WHERE name IN ('lock_timeout', 'search_path', 'DateStyle', 'TimeZone') ORDER BY name")
    };
    let before = show(&mut s)?;
    let unchanged = |s: &mut Session, what: &str| -> Result {
        ensure_eq!(show(s)?, before, "after {what}");
        Ok(())
    };
    call(&mut s, "events", "2026-01-01");
    unchanged(&mut s, "creating")?;
    call(&mut s, "events", "2026-01-01");
    unchanged(&mut s, "doing nothing")?;
    refused(&mut s, "nothing", "2026-01-01")?;
    refused(&mut s, "events", "2026-02-15")?;
    unchanged(&mut s, "a refusal")?;
    // In a transaction that goes on after a caught error: ours, the server's, and a lock that was not to be had.
    let mut holder = db.session()?;
    s.run("CREATE TABLE busy (ts date) PARTITION BY RANGE (ts)")?;
    holder.run("BEGIN; LOCK TABLE busy")?;
    s.run("SET warden.partition_lock_timeout = '100ms'; BEGIN")?;
    for call in [
        "warden.create_monthly_partition('events', '2026-02-15')",
        "warden.create_monthly_partition('events', '5874897-12-01')",
        "warden.create_monthly_partition('busy', '2026-01-01')",
    ] {
        s.run("SAVEPOINT here")?;
        s.error(&format!("SELECT {call}"))?;
        s.run("ROLLBACK TO here")?;
        unchanged(&mut s, call)?;
        s.run(&format!("DO $$ BEGIN PERFORM {call}; EXCEPTION WHEN OTHERS THEN NULL; END $$"))?;
        unchanged(&mut s, call)?;
        s.run("SAVEPOINT here")?;
        s.run("SELECT warden.create_monthly_partition('events', '2026-02-01')")?;
        unchanged(&mut s, "success in a savepoint")?;
        s.run("ROLLBACK TO here")?;
    }
    s.run("COMMIT")?;
    unchanged(&mut s, "the transaction")?;
    // SET LOCAL of the caller lives on, too.
    s.run("BEGIN; SET LOCAL lock_timeout = '55s'; SELECT warden.create_monthly_partition('events', '2026-02-01')")?;
    ensure_eq!(s.value("SHOW lock_timeout")?, "55s");
    s.run("COMMIT")?;
    unchanged(&mut s, "SET LOCAL")?;
    Ok(())
}

fn g10_other_transactions(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    s.run(MONTHLY)?;
    // Several in one statement, one transaction, a rolled-back savepoint.
    ensure_eq!(
        s.column("SELECT warden.create_monthly_partition('events', m::date) FROM generate_series(date '2026-01-01', '2026-12-01', '1 month') AS m")?.len(),
        12
    );
    s.run("BEGIN; SAVEPOINT a; SELECT warden.create_monthly_partition('events', '2027-01-01'); ROLLBACK TO a; COMMIT")?;
    ensure_eq!(bounds(&mut s, "events")?.len(), 12);
    ensure_eq!(tables(&mut s)?, "13");
    // A snapshot from before another session's partition: the server routes rows to it all the same, and so it is there.
    s.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")?;
    other.run("SELECT warden.create_monthly_partition('events', '2027-01-01')")?;
    ensure_eq!(answer(&call(&mut s, "events", "2027-01-01"))?, "public.events_2027_01");
    s.run("INSERT INTO events VALUES ('2027-01-31'); ROLLBACK")?;
    // A cursor over the table is open.
    s.run("BEGIN; DECLARE c CURSOR FOR SELECT * FROM events; FETCH c")?;
    ensure_eq!(made(&mut s, "events", "2027-02-01")?, "public.events_2027_02");
    s.run("FETCH c; ROLLBACK")?;
    ensure_eq!(tables(&mut s)?, "14");
    // A read-only transaction: nothing to do is done, anything else is refused.
    s.run("BEGIN READ ONLY; SELECT warden.create_monthly_partition('events', '2027-01-01')")?;
    ensure_eq!(refused(&mut s, "events", "2027-02-01")?.sqlstate, "25006");
    s.run("ROLLBACK")?;
    Ok(())
}

fn g11_caller_is_not_the_owner(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (owner, member, stranger) = (db.role("")?, db.role("")?, db.role("")?);
    s.run(&format!(
        "CREATE SCHEMA app AUTHORIZATION {owner}; GRANT USAGE ON SCHEMA app TO PUBLIC; GRANT {owner} TO {member};
         GRANT EXECUTE ON FUNCTION warden.create_monthly_partition(text, date) TO PUBLIC;
         SET ROLE {owner}; CREATE TABLE app.events (ts date) PARTITION BY RANGE (ts); GRANT ALL ON app.events TO {stranger}; RESET ROLE"
    ))?;
    // Refused before any lock: somebody else holds the strongest.
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE app.events")?;
    let mut them = db.session_as(&stranger)?;
    let error = refused(&mut them, "app.events", "2026-01-01")?;
    ensure_eq!(
        parts(&error),
        (
            "42501",
            "must be owner of table events",
            "",
            format!("Its owner is {owner}; a member of that role may call this, too.").as_str()
        )
    );
    holder.run("ROLLBACK")?;
    // Whoever creates it, the owner owns it.
    ensure_eq!(made(&mut db.session_as(&owner)?, "app.events", "2026-01-01")?, "app.events_2026_01");
    ensure_eq!(made(&mut db.session_as(&member)?, "app.events", "2026-02-01")?, "app.events_2026_02");
    ensure_eq!(made(&mut s, "app.events", "2026-03-01")?, "app.events_2026_03");
    s.run("CREATE TABLE app.rest PARTITION OF app.events DEFAULT")?;
    s.run(&format!("ALTER TABLE app.rest OWNER TO {owner}"))?;
    ensure_eq!(made(&mut s, "app.events", "2020-03-01")?, "app.events_2020_03");
    ensure_eq!(made(&mut s, "app.events", "2999-03-01")?, "app.events_2999_03");
    ensure_eq!(
        s.column("SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p')")?,
        std::slice::from_ref(&owner)
    );
    // The owner can go on to change its table as a whole.
    db.session_as(&owner)?.run("ALTER TABLE app.events ADD note text")?;
    Ok(())
}

// What a child inherits --------------------------------------------------------------------------------------------------

fn child_is_like_its_parent_and_newest_sibling(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let folder = leg.cluster.root().join(format!("ts_{}", db.name()));
    let space = format!("space_{}", db.name());
    s.run(&format!("COPY (SELECT 1) TO PROGRAM 'cat > /dev/null; mkdir -p {0}'", folder.display()))?;
    s.run(&format!("CREATE TABLESPACE {space} LOCATION '{}'", folder.display()))?;
    s.run(&format!(
        "CREATE TABLE people (id int PRIMARY KEY);
         CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := coalesce(NEW.note, 'touched'); RETURN NEW; END $$;
         CREATE TABLE events (gone int, ts timestamptz NOT NULL DEFAULT now(), id bigint GENERATED ALWAYS AS IDENTITY, person int REFERENCES people,
             note text COLLATE \"C\" DEFAULT 'x' CHECK (note <> ''), twice bigint GENERATED ALWAYS AS (person * 2) STORED,
             PRIMARY KEY (ts, id), UNIQUE (ts, note)) PARTITION BY RANGE (ts) TABLESPACE {space};
         ALTER TABLE events DROP gone;
         ALTER TABLE events ALTER note SET STORAGE EXTERNAL;
         CREATE INDEX events_note_idx ON events (lower(note)) TABLESPACE {space};
         CREATE TRIGGER touch BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION touch();
         ALTER TABLE events ENABLE ROW LEVEL SECURITY;
         ALTER TABLE events REPLICA IDENTITY USING INDEX events_pkey;
         CREATE TABLE events_2026_01 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')
             WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_enabled = false);
         CREATE TABLE events_2025_12 PARTITION OF events FOR VALUES FROM ('2025-12-01') TO ('2026-01-01') WITH (fillfactor = 50);
         CREATE TABLE rest PARTITION OF events DEFAULT"
    ))?;
    // One by each method: the past is created as a partition, the far future attached.
    ensure_eq!(made(&mut s, "events", "2025-11-01")?, "public.events_2025_11");
    ensure_eq!(made(&mut s, "events", "2999-01-01")?, "public.events_2999_01");
    for partition in ["events_2025_11", "events_2999_01"] {
        // The newest was events_2026_01, then events_2999_01, which took over from it: one order or the other, the same.
        ensure_eq!(
            s.rows(&format!(
                "SELECT t.spcname, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.reloptions, o.reloptions, c.relpersistence, m.amname
                   FROM pg_class c JOIN pg_tablespace t ON t.oid = c.reltablespace JOIN pg_am m ON m.oid = c.relam
                   JOIN pg_class o ON o.oid = c.reltoastrelid WHERE c.oid = '{partition}'::regclass"
            ))?,
            [[space.as_str(), "t", "f", "i", "{fillfactor=70,autovacuum_vacuum_scale_factor=0.05}", "{autovacuum_enabled=false}", "p", "heap"]
                .map(|text| Some(text.to_owned()))
                .to_vec()],
            "{partition}"
        );
        ensure_eq!(
            s.value(&format!(
                "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = '{partition}'::regclass AND indisreplident"
            ))?,
            format!("{partition}_pkey")
        );
        ensure_eq!(
            s.value(&format!(
                "SELECT format('%s %s %s %s', (SELECT count(*) FROM pg_index WHERE indrelid = c AND indisvalid),
                     (SELECT count(*) FROM pg_constraint WHERE conrelid = c AND contype IN ('f', 'c', 'p', 'u')),
                     (SELECT count(*) FROM pg_trigger WHERE tgrelid = c AND NOT tgisinternal),
                     (SELECT attstorage FROM pg_attribute WHERE attrelid = c AND attname = 'note'))
                   FROM (SELECT '{partition}'::regclass) AS x (c)"
            ))?,
            "3 4 1 e",
            "{partition}"
        );
    }
    s.run(
        "INSERT INTO people VALUES (21); INSERT INTO events (ts, person) VALUES ('2025-11-05', 21), ('2999-01-05', 21)",
    )?;
    ensure_eq!(s.column("SELECT format('%s %s %s', id, note, twice) FROM events ORDER BY ts")?, ["1 x 42", "2 x 42"]);
    // FULL and NOTHING.
    for (identity, letter) in [("FULL", "f"), ("NOTHING", "n")] {
        s.run(&format!("DROP TABLE events CASCADE; {MONTHLY}; ALTER TABLE events REPLICA IDENTITY {identity}"))?;
        ensure_eq!(made(&mut s, "events", "2026-01-01")?, "public.events_2026_01");
        ensure_eq!(s.value("SELECT relreplident FROM pg_class WHERE relname = 'events_2026_01'")?, letter);
        ensure_eq!(s.value("SELECT relrowsecurity FROM pg_class WHERE relname = 'events_2026_01'")?, "f");
    }
    s.run("DROP TABLE events CASCADE")?;
    s.run(&format!("DROP TABLESPACE {space}"))?;
    Ok(())
}

fn public_may_not_call(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session()?;
    ensure_eq!(
        db.session_as(&role)?.error("SELECT warden.create_monthly_partition('x', '2026-01-01')")?.sqlstate,
        "42501"
    );
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.create_monthly_partition(text, date) TO {role}"))?;
    ensure_eq!(
        db.session_as(&role)?.error("SELECT warden.create_monthly_partition('x', '2026-01-01')")?.sqlstate,
        "42P01"
    );
    ensure_eq!(
        s.value("SELECT concat(prosecdef, provolatile, proisstrict, proconfig) FROM pg_proc WHERE proname = 'create_monthly_partition'")?,
        "fvf"
    );
    Ok(())
}

fn own_ddl_is_not_judged(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    // No key, an unindexed foreign key: by hand, the guard has something to say about such a table.
    s.run(
        "SET warden.mode = 'off'; CREATE TABLE people (id int PRIMARY KEY);
        CREATE TABLE events (ts date NOT NULL, person int REFERENCES people) PARTITION BY RANGE (ts);
        CREATE TABLE rest PARTITION OF events DEFAULT",
    )?;
    s.run("SET warden.mode = 'enforce'; SET warden.notify = 'info'")?;
    for start in ["2020-01-01", "2999-01-01"] {
        ensure_eq!(call(&mut s, "events", start).notices.len(), 0);
    }
    // An error that a savepoint catches does not leave the guard blind.
    s.run("BEGIN; SAVEPOINT a")?;
    refused(&mut s, "events", "2020-01-15")?;
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE rest")?;
    s.run("ROLLBACK TO a; SET LOCAL warden.partition_lock_timeout = '100ms'")?;
    ensure_eq!(refused(&mut s, "events", "2998-01-01")?.sqlstate, "55P03");
    holder.run("ROLLBACK")?;
    s.run("ROLLBACK TO a")?;
    let outcome = s.outcome("CREATE TABLE numbered (id serial PRIMARY KEY)");
    ensure_eq!(outcome.rules(), ["column-type-serial"], "{outcome}");
    s.run("ROLLBACK")?;
    Ok(())
}
