//! What `sql/partitions.sql` shows of partitions: `warden.list_partitions`, `time_partitions`, `partition_for`, `partition_gaps`,
//! `uuidv7_lower_bound`.

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Leg, Options, Report, Result, Session, Standby, cases, ensure, ensure_eq};

cases![
    list_has_bounds_in_order_and_the_default_last,
    list_is_the_same_in_any_session_zone,
    list_of_keys_without_a_zone,
    list_of_keys_that_are_no_times,
    list_of_several_columns_and_quotes,
    list_of_ends_of_the_calendar,
    list_of_a_pending_detach,
    list_counts_what_is_below,
    list_knows_the_current_one,
    view_has_all_tables_by_time,
    partition_for_a_value,
    partition_for_a_value_without_a_zone,
    partition_for_further_columns,
    gaps_between_partitions,
    gaps_in_each_zone,
    gaps_of_other_keys,
    uuids_of_a_time,
    bad_input,
    nothing_waits,
    on_a_standby,
    a_role_without_rights,
];

const MONTHLY: &str = "CREATE TABLE events (ts timestamptz, id int) PARTITION BY RANGE (ts)";

/// A month of `events`, in UTC.
fn month(s: &mut Session, name: &str, from: &str, to: &str) -> Result {
    s.run(&format!(
        "CREATE TABLE {name} PARTITION OF events FOR VALUES FROM ('{from} 00:00+00') TO ('{to} 00:00+00')"
    ))?;
    Ok(())
}

/// Partitions with their bounds, one a line.
fn bounds(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', partition, coalesce(lower_bound, '-'), coalesce(upper_bound, '-')) FROM warden.list_partitions({})",
        literal(table)
    ))?)
}

fn gaps(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' | ', lower_bound, upper_bound, coalesce(missing_partitions::text, '-')) FROM warden.partition_gaps({})",
        literal(table)
    ))?)
}

/// The partition for a value, or `NULL`.
fn holder(s: &mut Session, table: &str, value: &str) -> Result<String> {
    Ok(s.value(&format!("SELECT coalesce(warden.partition_for({}, {}), 'NULL')", literal(table), literal(value)))?)
}

fn parts(report: &Report) -> (&str, &str) {
    (&report.sqlstate, &report.message)
}

fn list_has_bounds_in_order_and_the_default_last(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    ensure_eq!(bounds(&mut s, "events")?, Vec::<String>::new());
    s.run("CREATE TABLE a_default PARTITION OF events DEFAULT")?;
    month(&mut s, "b_march", "2026-03-01", "2026-04-01")?;
    month(&mut s, "c_january", "2026-01-01", "2026-02-01")?;
    s.run("CREATE TABLE d_past PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-01-01 00:00+00')")?;
    s.run("CREATE TABLE e_future PARTITION OF events FOR VALUES FROM ('2127-01-01 00:00+00') TO (MAXVALUE)")?;
    ensure_eq!(
        bounds(&mut s, "events")?,
        [
            "public.d_past MINVALUE 2026-01-01 00:00:00+00",
            "public.c_january 2026-01-01 00:00:00+00 2026-02-01 00:00:00+00",
            "public.b_march 2026-03-01 00:00:00+00 2026-04-01 00:00:00+00",
            "public.e_future 2127-01-01 00:00:00+00 MAXVALUE",
            "public.a_default - -",
        ]
    );
    ensure_eq!(
        s.column("SELECT concat_ws(' ', lower_at, upper_at, is_default, detach_pending, is_current, tablespace, owner = current_user) FROM warden.list_partitions('events')")?,
        [
            "-infinity 2026-01-01 00:00:00+00 f f f t",
            "2026-01-01 00:00:00+00 2026-02-01 00:00:00+00 f f f t",
            "2026-03-01 00:00:00+00 2026-04-01 00:00:00+00 f f f t",
            "2127-01-01 00:00:00+00 infinity f f f t",
            "t f f t",
        ]
    );
    Ok(())
}

fn list_is_the_same_in_any_session_zone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    s.run("CREATE TABLE m PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00+03') TO ('2026-02-01 00:00+03')")?;
    for zone in ["UTC", "Asia/Kolkata", "America/New_York"] {
        for style in ["ISO, DMY", "German", "SQL, MDY"] {
            s.run(&format!("SET TimeZone = '{zone}'; SET DateStyle = '{style}'"))?;
            ensure_eq!(bounds(&mut s, "events")?, ["public.m 2025-12-31 21:00:00+00 2026-01-31 21:00:00+00"]);
            ensure_eq!(
                s.value("SELECT (lower_at, upper_at) = (timestamptz '2026-01-01 00:00+03', timestamptz '2026-02-01 00:00+03') FROM warden.list_partitions('events')")?,
                "t"
            );
            ensure_eq!(s.value("SHOW TimeZone")?, zone);
            ensure_eq!(s.value("SHOW DateStyle")?, if style == "German" { "German, DMY" } else { style });
        }
    }
    Ok(())
}

fn list_of_keys_without_a_zone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE DOMAIN day AS date")?;
    for (key, by, shown) in [
        ("date", "ts", "2026-01-01 2026-02-01"),
        ("day", "ts", "2026-01-01 2026-02-01"),
        ("timestamp", "ts", "2026-01-01 00:00:00 2026-02-01 00:00:00"),
        ("timestamptz", "((ts AT TIME ZONE 'UTC')::date)", "2026-01-01 2026-02-01"),
    ] {
        s.run(&format!(
            "DROP TABLE IF EXISTS events; CREATE TABLE events (ts {key}) PARTITION BY RANGE ({by});
             CREATE TABLE m PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')"
        ))?;
        for zone in ["UTC", "Asia/Kolkata"] {
            s.run(&format!("SET TimeZone = '{zone}'"))?;
            ensure_eq!(bounds(&mut s, "events")?, [format!("public.m {shown}")], "{key} {by}");
            // They have no zone: the setting says whose midnight is meant, never the session.
            for (setting, offset) in [("UTC", "+00"), ("Europe/Moscow", "+03")] {
                s.run(&format!("SET warden.partition_time_zone = '{setting}'"))?;
                ensure_eq!(
                    s.value(&format!("SELECT lower_at = '2026-01-01 00:00{offset}' AND upper_at = '2026-02-01 00:00{offset}' FROM warden.list_partitions('events')"))?,
                    "t",
                    "{key} {zone} {setting}"
                );
            }
        }
    }
    Ok(())
}

fn list_of_keys_that_are_no_times(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TYPE mood AS ENUM ('sad', 'fine', 'ecstatic')")?;
    for (key, from, to, beyond) in [
        ("int", "-5", "10", "100"),
        ("numeric", "-0.5", "9", "10.25"),
        (
            "uuid",
            "019b76da-a800-0000-0000-000000000000",
            "019c167f-cc00-0000-0000-000000000000",
            "029c167f-cc00-0000-0000-000000000000",
        ),
        ("mood", "sad", "fine", "ecstatic"),
        ("text COLLATE \"C\"", "B", "Z", "a"),
        ("bytea", r"\x00", r"\x01", r"\xff"),
    ] {
        s.run(&format!(
            "DROP TABLE IF EXISTS t; CREATE TABLE t (k {key}) PARTITION BY RANGE (k);
             CREATE TABLE second PARTITION OF t FOR VALUES FROM ('{to}') TO ('{beyond}');
             CREATE TABLE first PARTITION OF t FOR VALUES FROM ('{from}') TO ('{to}')"
        ))?;
        ensure_eq!(
            bounds(&mut s, "t")?,
            [format!("public.first {from} {to}"), format!("public.second {to} {beyond}")],
            "{key}"
        );
        // Only UUIDs say a time by themselves.
        ensure_eq!(s.value("SELECT bool_and((lower_at IS NULL) = (k <> 'uuid') AND (upper_at IS NULL) = (k <> 'uuid') AND (is_current IS NULL) = (k <> 'uuid')) FROM warden.list_partitions('t'), (SELECT format_type(atttypid, NULL) AS k FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum = 1) AS x")?, "t");
        ensure_eq!(holder(&mut s, "t", to)?, "public.second", "{key}");
        ensure_eq!(holder(&mut s, "t", from)?, "public.first", "{key}");
        ensure_eq!(holder(&mut s, "t", beyond)?, "NULL", "{key}");
        ensure_eq!(gaps(&mut s, "t")?, Vec::<String>::new(), "{key}");
    }
    Ok(())
}

fn list_of_several_columns_and_quotes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        r#"CREATE SCHEMA "A b"; CREATE TABLE "A b"."T.""x" (d date, who text) PARTITION BY RANGE (d, who);
        CREATE TABLE "A b"."P'2" PARTITION OF "A b"."T.""x" FOR VALUES FROM ('2026-02-01', E'o'') TO (''b, \\c') TO ('2026-03-01', MAXVALUE);
        CREATE TABLE "A b"."P 1" PARTITION OF "A b"."T.""x" FOR VALUES FROM ('2026-01-01', MINVALUE) TO ('2026-02-01', E'o'') TO (''b, \\c')"#,
    )?;
    for strings in ["on", "off"] {
        s.run(&format!("SET standard_conforming_strings = {strings}; SET escape_string_warning = off"))?;
        ensure_eq!(
            s.rows(r#"SELECT partition, lower_bound, upper_bound, lower_at::date, upper_at::date, partition::regclass::oid > 0
                      FROM warden.list_partitions('"A b"."T.""x"')"#)?,
            vec![
                [r#""A b"."P 1""#, "2026-01-01", r"('2026-02-01', 'o'') TO (''b, \c')", "2026-01-01", "2026-02-01", "t"]
                    .map(|v| Some(v.to_owned()))
                    .to_vec(),
                [r#""A b"."P'2""#, r"('2026-02-01', 'o'') TO (''b, \c')", "('2026-03-01', MAXVALUE)", "2026-02-01", "2026-03-01", "t"]
                    .map(|v| Some(v.to_owned()))
                    .to_vec(),
            ]
        );
    }
    s.run("RESET standard_conforming_strings")?;
    ensure_eq!(
        s.column(r#"SELECT parent_table || ' ' || partition_column FROM warden.time_partitions"#)?,
        [r#""A b"."T.""x" d"#, r#""A b"."T.""x" d"#]
    );
    Ok(())
}

fn list_of_ends_of_the_calendar(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for key in ["date", "timestamp", "timestamptz"] {
        for zone in ["Pacific/Kiritimati", "America/New_York"] {
            s.run(&format!(
                "SET warden.partition_time_zone = '{zone}'; DROP TABLE IF EXISTS events; CREATE TABLE events (ts {key}) PARTITION BY RANGE (ts);
                 CREATE TABLE a PARTITION OF events FOR VALUES FROM ('-infinity') TO ('4713-11-24 12:00 BC');
                 CREATE TABLE b PARTITION OF events FOR VALUES FROM ('0044-03-15 12:00 BC') TO ('294276-12-31 20:00');
                 CREATE TABLE c PARTITION OF events FOR VALUES FROM ('294276-12-31 20:00') TO ('infinity')"
            ).replace("12:00 BC", if key == "date" { "BC" } else { "12:00 BC" }).replace(" 20:00'", if key == "date" { "'" } else { " 20:00'" }))?;
            ensure_eq!(
                s.value("SELECT string_agg(partition, ' ') FROM warden.list_partitions('events')")?,
                "public.a public.b public.c",
                "{key} {zone}"
            );
            ensure_eq!(
                s.value("SELECT min(lower_at) || ' ' || max(upper_at) FROM warden.time_partitions")?,
                "-infinity infinity"
            );
            ensure_eq!(holder(&mut s, "events", "infinity")?, "NULL");
            ensure_eq!(holder(&mut s, "events", "-infinity")?, "public.a");
            ensure_eq!(gaps(&mut s, "events")?.len(), 1, "{key} {zone}");
        }
    }
    // A date that no timestamp reaches.
    s.run(
        "DROP TABLE events; CREATE TABLE events (ts date) PARTITION BY RANGE (ts);
           CREATE TABLE z PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('5874897-12-31')",
    )?;
    ensure_eq!(
        s.value("SELECT upper_bound || ' ' || upper_at FROM warden.list_partitions('events')")?,
        "5874897-12-31 infinity"
    );
    ensure_eq!(holder(&mut s, "events", "5874897-12-30")?, "public.z");
    Ok(())
}

/// Leaves the detach of a partition of `events` half done.
fn half_detach(db: &pg_warden_tests::Database<'_>, s: &mut Session, partition: &str) -> Result {
    let mut reader = db.session()?;
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM events")?;
    s.run("SET statement_timeout = '500ms'")?;
    s.error(&format!("ALTER TABLE events DETACH PARTITION {partition} CONCURRENTLY"))?;
    s.run("RESET statement_timeout")?;
    reader.run("COMMIT")?;
    Ok(())
}

fn list_of_a_pending_detach(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    month(&mut s, "a", "2026-01-01", "2026-02-01")?;
    s.run("CREATE TABLE b PARTITION OF events FOR VALUES FROM ('2026-02-01 00:00+00') TO (MAXVALUE)")?;
    half_detach(&db, &mut s, "b")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', partition, detach_pending, is_current) FROM warden.list_partitions('events')")?,
        ["public.a f f", "public.b t f"]
    );
    // It takes no rows any more.
    ensure_eq!(holder(&mut s, "events", "2026-02-01")?, "NULL");
    ensure_eq!(s.error("INSERT INTO events VALUES ('2026-02-01 00:00+00')")?.sqlstate, "23514");
    s.run("ALTER TABLE events DETACH PARTITION b FINALIZE")?;
    month(&mut s, "c", "2026-02-01", "2026-03-01")?;
    month(&mut s, "d", "2026-03-01", "2026-04-01")?;
    ensure_eq!(gaps(&mut s, "events")?, Vec::<String>::new());
    half_detach(&db, &mut s, "c")?;
    ensure_eq!(gaps(&mut s, "events")?, ["2026-02-01 00:00:00+00 | 2026-03-01 00:00:00+00 | 1"]);
    Ok(())
}

fn list_counts_what_is_below(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    s.run("CREATE TABLE a PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00') PARTITION BY LIST (id);
           CREATE TABLE a1 PARTITION OF a FOR VALUES IN (1) WITH (autovacuum_enabled = off);
           CREATE TABLE a2 PARTITION OF a FOR VALUES IN (2) WITH (autovacuum_enabled = off); CREATE INDEX ON events (id)")?;
    ensure_eq!(s.value("SELECT row_estimate FROM warden.list_partitions('events')")?, "0");
    s.run("INSERT INTO events SELECT '2026-01-05', 1 + n % 2 FROM generate_series(1, 1000) n")?;
    s.run("ANALYZE a1, a2")?;
    ensure_eq!(
        s.value("SELECT row_estimate || ' ' || (total_bytes = pg_total_relation_size('a1') + pg_total_relation_size('a2')) FROM warden.list_partitions('events')")?,
        "1000 true"
    );
    ensure_eq!(s.value("SELECT total_bytes > 100000 FROM warden.time_partitions WHERE partition = 'public.a'")?, "t");
    // Direct partitions only; those of a partition are listed by its own name.
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('events')")?, "1");
    Ok(())
}

fn list_knows_the_current_one(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "DO $$ BEGIN
           CREATE TABLE events (ts date) PARTITION BY RANGE (ts);
           EXECUTE format('CREATE TABLE a PARTITION OF events FOR VALUES FROM (%L) TO (%L)', now()::date - 3, now()::date - 2);
           EXECUTE format('CREATE TABLE b PARTITION OF events FOR VALUES FROM (%L) TO (%L)', now()::date - 2, now()::date + 2);
           EXECUTE format('CREATE TABLE c PARTITION OF events FOR VALUES FROM (%L) TO (%L)', now()::date + 2, now()::date + 3);
           CREATE TABLE d PARTITION OF events DEFAULT;
         END $$",
    )?;
    ensure_eq!(
        s.column("SELECT partition || ' ' || is_current FROM warden.list_partitions('events')")?,
        ["public.a false", "public.b true", "public.c false", "public.d false"]
    );
    Ok(())
}

fn view_has_all_tables_by_time(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE b (ts timestamptz, id int) PARTITION BY RANGE (ts);
           CREATE TABLE b2 PARTITION OF b FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-03-01 00:00+00') PARTITION BY RANGE (ts);
           CREATE TABLE b2a PARTITION OF b2 FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-02-02 00:00+00');
           CREATE TABLE b1 PARTITION OF b FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
           CREATE TABLE b0 PARTITION OF b DEFAULT;
           CREATE TABLE a (ts date) PARTITION BY RANGE ((ts + 1));
           CREATE TABLE a1 PARTITION OF a FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
           CREATE TABLE n (n int) PARTITION BY RANGE (n); CREATE TABLE n1 PARTITION OF n FOR VALUES FROM (1) TO (2);
           CREATE TABLE l (ts date) PARTITION BY LIST (ts); CREATE TABLE l1 PARTITION OF l FOR VALUES IN ('2026-01-01');
           CREATE TABLE h (ts date) PARTITION BY HASH (ts); CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0)")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', parent_table, partition_column, partition, from_value, to_value, is_default) FROM warden.time_partitions")?,
        [
            "public.a ((ts + 1)) public.a1 2026-01-01 2026-02-01 f",
            "public.b ts public.b1 2026-01-01 00:00:00+00 2026-02-01 00:00:00+00 f",
            "public.b ts public.b2 2026-02-01 00:00:00+00 2026-03-01 00:00:00+00 f",
            "public.b ts public.b0 t",
            "public.b2 ts public.b2a 2026-02-01 00:00:00+00 2026-02-02 00:00:00+00 f",
        ]
    );
    ensure_eq!(
        s.value("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'warden.time_partitions'::regclass AND attnum > 0")?,
        "parent_table partition_column partition from_value to_value lower_at upper_at is_default detach_pending is_current row_estimate total_bytes owner tablespace"
    );
    Ok(())
}

fn partition_for_a_value(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    s.run("CREATE TABLE past PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-01-01 00:00+00')")?;
    month(&mut s, "\"Jan uary\"", "2026-01-01", "2026-02-01")?;
    let held = [
        ("2025-12-31 23:59:59.999999+00", "public.past"),
        ("-infinity", "public.past"),
        ("2026-01-01 00:00+00", "public.\"Jan uary\""),
        ("2026-01-31 23:59:59.999999+00", "public.\"Jan uary\""),
        ("2026-01-01 02:00+03", "public.past"),
    ];
    let not_held = ["2026-02-01 00:00+00", "infinity"];
    for (value, partition) in held {
        ensure_eq!(holder(&mut s, "events", value)?, partition, "{value}");
        // As the server has it.
        ensure_eq!(
            s.value(&format!("WITH i AS (INSERT INTO events VALUES ('{value}') RETURNING tableoid) SELECT 'public.' || tableoid::regclass FROM i"))?,
            partition
        );
    }
    for value in not_held {
        ensure_eq!(holder(&mut s, "events", value)?, "NULL", "{value}");
    }
    ensure_eq!(s.value("SELECT warden.partition_for('events', NULL) IS NULL")?, "t");
    s.run("CREATE TABLE rest PARTITION OF events DEFAULT")?;
    for value in not_held {
        ensure_eq!(holder(&mut s, "events", value)?, "public.rest", "{value}");
    }
    ensure_eq!(holder(&mut s, "events", "2026-01-01 00:00+00")?, "public.\"Jan uary\"");
    // Rows without a key are the default's.
    ensure_eq!(s.value("SELECT warden.partition_for('events', NULL)")?, "public.rest");
    let error = s.error("SELECT warden.partition_for('events', 'x''; DROP TABLE events')")?;
    ensure_eq!(
        parts(&error),
        ("22007", "invalid input syntax for type timestamp with time zone: \"x'; DROP TABLE events\"")
    );
    Ok(())
}

fn partition_for_a_value_without_a_zone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    s.run(
        "CREATE TABLE december PARTITION OF events FOR VALUES FROM ('2025-12-01 00:00+03') TO ('2026-01-01 00:00+03');
           CREATE TABLE january PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00+03') TO ('2026-02-01 00:00+03')",
    )?;
    // The bounds are midnights of no zone that is asked: the setting's holds, UTC, whatever the session has.
    for zone in ["UTC", "America/New_York", "Asia/Kolkata"] {
        s.run(&format!("SET TimeZone = '{zone}'"))?;
        ensure_eq!(holder(&mut s, "events", "2025-12-31 20:59:59")?, "public.december", "{zone}");
        ensure_eq!(holder(&mut s, "events", "2025-12-31 21:00:00")?, "public.january", "{zone}");
        ensure_eq!(s.value("SHOW TimeZone")?, zone);
    }
    // They are of this one: by the session's zone, or by the setting.
    for set in ["TimeZone", "warden.partition_time_zone"] {
        s.run(&format!(
            "SET TimeZone = 'Asia/Kolkata'; RESET warden.partition_time_zone; SET {set} = 'Europe/Moscow'"
        ))?;
        ensure_eq!(holder(&mut s, "events", "2025-12-31 23:59:59")?, "public.december", "{set}");
        ensure_eq!(holder(&mut s, "events", "2026-01-01")?, "public.january", "{set}");
    }
    Ok(())
}

fn partition_for_further_columns(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE t (d date, n int) PARTITION BY RANGE (d, n);
           CREATE TABLE a PARTITION OF t FOR VALUES FROM ('2026-01-01', MINVALUE) TO ('2026-02-01', MINVALUE);
           CREATE TABLE b PARTITION OF t FOR VALUES FROM ('2026-02-01', MINVALUE) TO ('2026-03-01', 5);
           CREATE TABLE c PARTITION OF t FOR VALUES FROM ('2026-03-01', 5) TO ('2026-03-31', MAXVALUE);
           CREATE TABLE d PARTITION OF t FOR VALUES FROM ('2026-04-01', MINVALUE) TO (MAXVALUE, MAXVALUE);
           CREATE TABLE e PARTITION OF t DEFAULT",
    )?;
    for (value, partition) in [
        ("2026-01-01", "public.a"),
        ("2026-01-31", "public.a"),
        ("2026-02-01", "public.b"),
        ("2026-02-28", "public.b"),
        ("2026-03-02", "public.c"),
        ("2026-03-31", "public.c"),
        ("2026-04-01", "public.d"),
        ("infinity", "public.d"),
        ("2025-12-31", "public.e"),
    ] {
        ensure_eq!(holder(&mut s, "t", value)?, partition, "{value}");
    }
    ensure_eq!(
        parts(&s.error("SELECT warden.partition_for('t', '2026-03-01')")?),
        ("22023", "rows of '2026-03-01' are in more than one partition of t")
    );
    // Where all values of the first column end, and where they begin.
    ensure_eq!(gaps(&mut s, "t")?, ["('2026-03-31', MAXVALUE) | 2026-04-01 | -"]);
    Ok(())
}

fn gaps_between_partitions(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    ensure_eq!(gaps(&mut s, "events")?, Vec::<String>::new());
    s.run("CREATE TABLE rest PARTITION OF events DEFAULT")?;
    ensure_eq!(gaps(&mut s, "events")?, Vec::<String>::new());
    s.run("CREATE TABLE past PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2025-11-01 00:00+00')")?;
    month(&mut s, "a", "2025-12-01", "2026-01-01")?;
    month(&mut s, "b", "2026-01-01", "2026-02-01")?;
    month(&mut s, "c", "2026-05-01", "2026-05-02")?;
    month(&mut s, "d", "2026-05-04", "2026-05-11")?;
    month(&mut s, "e", "2026-05-12", "2026-06-01")?;
    s.run("CREATE TABLE future PARTITION OF events FOR VALUES FROM ('2026-07-01 00:00+00') TO (MAXVALUE)")?;
    let expected = [
        // As long as the one behind, for the one before has no beginning.
        "2025-11-01 00:00:00+00 | 2025-12-01 00:00:00+00 | 1",
        "2026-02-01 00:00:00+00 | 2026-05-01 00:00:00+00 | 3",
        "2026-05-02 00:00:00+00 | 2026-05-04 00:00:00+00 | 2",
        // A day is no number of weeks, nor of twenty days.
        "2026-05-11 00:00:00+00 | 2026-05-12 00:00:00+00 | -",
        "2026-06-01 00:00:00+00 | 2026-07-01 00:00:00+00 | -",
    ];
    for zone in ["UTC", "Asia/Kolkata"] {
        s.run(&format!("SET TimeZone = '{zone}'; SET DateStyle = 'German'"))?;
        ensure_eq!(gaps(&mut s, "events")?, expected, "{zone}");
    }
    // With a default or without.
    s.run("DROP TABLE rest")?;
    ensure_eq!(gaps(&mut s, "events")?, expected);
    Ok(())
}

fn gaps_in_each_zone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    // New York: of an odd number of hours, for the clocks change in March.
    s.run(MONTHLY)?;
    s.run(
        "CREATE TABLE a PARTITION OF events FOR VALUES FROM ('2026-01-01 05:00+00') TO ('2026-02-01 05:00+00');
           CREATE TABLE b PARTITION OF events FOR VALUES FROM ('2026-04-01 04:00+00') TO ('2026-05-01 04:00+00')",
    )?;
    ensure_eq!(gaps(&mut s, "events")?, ["2026-02-01 05:00:00+00 | 2026-04-01 04:00:00+00 | -"]);
    s.run("SET TimeZone = 'America/New_York'")?;
    ensure_eq!(gaps(&mut s, "events")?, ["2026-02-01 05:00:00+00 | 2026-04-01 04:00:00+00 | 2"]);
    for key in ["date", "timestamp"] {
        s.run(&format!(
            "DROP TABLE events; CREATE TABLE events (ts {key}) PARTITION BY RANGE (ts);
             CREATE TABLE a PARTITION OF events FOR VALUES FROM ('2026-03-07') TO ('2026-03-08');
             CREATE TABLE b PARTITION OF events FOR VALUES FROM ('2026-03-10') TO ('2026-03-11')"
        ))?;
        // By their own clock, on which every day is as long.
        s.run("SET warden.partition_time_zone = 'America/New_York'")?;
        ensure_eq!(s.column("SELECT missing_partitions FROM warden.partition_gaps('events')")?, ["2"], "{key}");
    }
    Ok(())
}

fn gaps_of_other_keys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE n (n numeric) PARTITION BY RANGE (n);
           CREATE TABLE n1 PARTITION OF n FOR VALUES FROM (1) TO (9.0);
           CREATE TABLE n2 PARTITION OF n FOR VALUES FROM (9.00) TO (10);
           CREATE TABLE n3 PARTITION OF n FOR VALUES FROM (100) TO (101)",
    )?;
    // 9.0 is 9.00, and 100 comes after 9.
    ensure_eq!(gaps(&mut s, "n")?, ["10 | 100 | -"]);
    s.run(
        "CREATE TABLE r (r int4range) PARTITION BY RANGE (r);
           CREATE TABLE r1 PARTITION OF r FOR VALUES FROM ('[1,2)') TO ('[5,6)')",
    )?;
    ensure_eq!(bounds(&mut s, "r")?, ["public.r1 [1,2) [5,6)"]);
    for call in ["partition_gaps('r')", "partition_for('r', '[1,2)')"] {
        ensure_eq!(s.error(&format!("SELECT warden.{call}"))?.sqlstate, "0A000", "{call}");
    }
    Ok(())
}

fn uuids_of_a_time(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for zone in ["UTC", "Asia/Kolkata"] {
        s.run(&format!("SET TimeZone = '{zone}'; SET DateStyle = 'German'"))?;
        for (at, uuid) in [
            ("2026-01-01 00:00+00", "019b76da-a800-0000-0000-000000000000"),
            ("2026-02-01 00:00+00", "019c167f-cc00-0000-0000-000000000000"),
            ("2026-01-01 00:00:00.000999+00", "019b76da-a800-0000-0000-000000000000"),
            ("2026-01-01 00:00:00.001+00", "019b76da-a801-0000-0000-000000000000"),
            ("1970-01-01 00:00+00", "00000000-0000-0000-0000-000000000000"),
            ("10889-08-02 05:31:50.655999+00", "ffffffff-ffff-0000-0000-000000000000"),
        ] {
            ensure_eq!(s.value(&format!("SELECT warden.uuidv7_lower_bound('{at}')"))?, uuid, "{at}");
        }
    }
    for (at, message) in [
        ("infinity", "no UUID of version 7 is of infinity"),
        ("-infinity", "no UUID of version 7 is of -infinity"),
        ("1969-12-31 23:59:59.999+00", "no UUID of version 7 is of 31.12.1969 23:59:59.999"),
        ("10889-08-02 05:31:50.656+00", "no UUID of version 7 is of 02.08.10889 05:31:50.656"),
    ] {
        ensure_eq!(parts(&s.error(&format!("SELECT warden.uuidv7_lower_bound('{at}')"))?), ("22008", message));
    }
    ensure_eq!(parts(&s.error("SELECT warden.uuidv7_lower_bound(NULL)")?), ("22004", "at must not be null"));
    ensure_eq!(
        s.value("SELECT concat(provolatile, proparallel) FROM pg_proc WHERE proname = 'uuidv7_lower_bound'")?,
        "is"
    );
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE plain (d date); CREATE VIEW v AS SELECT 1; CREATE TABLE \"Events\" (d date) PARTITION BY RANGE (d);
           CREATE TABLE l (d date) PARTITION BY LIST (d); CREATE TABLE h (d date) PARTITION BY HASH (d)")?;
    for call in ["list_partitions($)", "partition_for($, '2026-01-01')", "partition_gaps($)"] {
        for (argument, sqlstate, message) in [
            ("NULL", "22004", "table_name must not be null"),
            ("'nope'", "42P01", "relation \"nope\" does not exist"),
            ("'events'", "42P01", "relation \"events\" does not exist"),
            ("'x; drop table y'", "42602", "not a table name: 'x; drop table y'"),
            ("'plain'", "42809", "table \"plain\" is not partitioned"),
            ("'v'", "42809", "\"v\" is not a partitioned table"),
            ("'l'", "42809", "table \"l\" is partitioned by list, not by range"),
            ("'h'", "42809", "table \"h\" is partitioned by hash, not by range"),
        ] {
            let error = s.error(&format!("SELECT * FROM warden.{}", call.replace('$', argument)))?;
            ensure_eq!(parts(&error), (sqlstate, message), "{call}");
        }
        // Found as the caller would.
        s.run(&format!(
            "SET search_path = pg_catalog; SELECT * FROM warden.{}; RESET search_path",
            call.replace('$', "'public.\"Events\"'")
        ))?;
        ensure_eq!(
            s.error(&format!(
                "SET search_path = pg_catalog; SELECT * FROM warden.{}",
                call.replace('$', "'\"Events\"'")
            ))?
            .sqlstate,
            "42P01"
        );
        s.run("RESET search_path")?;
    }
    Ok(())
}

fn nothing_waits(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE events (ts date, t text) PARTITION BY RANGE ((ts + 1));
           CREATE TABLE a PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01'); CREATE INDEX i ON a (ts)")?;
    let toast = s.value("SELECT reltoastrelid::regclass FROM pg_class WHERE relname = 'a'")?;
    ensure_eq!(s.value("SELECT total_bytes > 0 FROM warden.list_partitions('events')")?, "t");
    s.run("SET statement_timeout = '5s'")?;
    let mut other = db.session()?;
    for (taken, end, has_size) in [
        ("BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE", "COMMIT", false),
        ("BEGIN; LOCK TABLE ONLY events IN ACCESS EXCLUSIVE MODE", "COMMIT", true),
        ("BEGIN; ALTER INDEX i SET (fillfactor = 70); DROP INDEX i", "ROLLBACK", false),
        ("BEGIN; REINDEX INDEX i", "COMMIT", false),
        ("BEGIN; LOCK TABLE a IN ACCESS EXCLUSIVE MODE; PREPARE TRANSACTION 'p'", "ROLLBACK PREPARED 'p'", false),
    ] {
        other.script(taken)?;
        for _ in 0..2 {
            ensure_eq!(
                s.value("SELECT total_bytes IS NOT NULL FROM warden.list_partitions('events')")?,
                if has_size { "t" } else { "f" },
                "{taken}"
            );
            ensure_eq!(s.value("SELECT count(*) FROM warden.time_partitions")?, "1", "{taken}");
            ensure_eq!(holder(&mut s, "events", "2026-01-05")?, "public.a", "{taken}");
            ensure_eq!(gaps(&mut s, "events")?, Vec::<String>::new(), "{taken}");
        }
        other.run(end)?;
    }
    ensure!(toast.contains("pg_toast"), "{toast}");
    Ok(())
}

fn on_a_standby(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options::default())?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    month(&mut s, "a", "2026-01-01", "2026-02-01")?;
    month(&mut s, "b", "2026-03-01", "2026-04-01")?;
    s.run("CREATE TABLE rest PARTITION OF events DEFAULT; INSERT INTO events VALUES ('2026-02-05 00:00+00');
           CREATE TABLE n (k bigint) PARTITION BY RANGE (k); CREATE TABLE n1 PARTITION OF n FOR VALUES FROM (0) TO (86400);
           INSERT INTO warden_internal.partition_policy
           VALUES ('n'::regclass, '1 month', 4, NULL, 'detach', NULL, 'UTC', NULL, 'epoch_s', 'keep', NULL, NULL, NULL, false, true, now(), 'test')")?;
    let standby = Standby::of(&cluster)?;
    let mut reader = standby.connect(db.name())?;
    ensure_eq!(reader.value("SELECT pg_is_in_recovery()")?, "t");
    ensure_eq!(bounds(&mut reader, "events")?, bounds(&mut s, "events")?);
    ensure_eq!(reader.value("SELECT count(total_bytes) FROM warden.time_partitions")?, "4");
    ensure_eq!(holder(&mut reader, "events", "2026-01-01")?, "public.a");
    ensure_eq!(holder(&mut reader, "n", "1970-01-01 12:00")?, "public.n1");
    ensure_eq!(reader.value("SELECT warden_internal.partition_at_once('n', '86399')")?, "public.n1");
    ensure_eq!(
        reader.value("SELECT upper_at FROM warden.list_partitions('n')")?,
        reader.value("SELECT '1970-01-02 00:00+00'::timestamptz")?
    );
    for exact in [true, false] {
        ensure_eq!(
            reader.value(&format!(
                "SELECT concat_ws(' ', lower_bound, row_count) FROM warden.default_partition_rows('events', {exact})"
            ))?,
            "2026-02-01 00:00:00+00 1"
        );
    }
    reader.error("SELECT warden.fill_partition_gaps('events')")?;
    ensure_eq!(gaps(&mut reader, "events")?, ["2026-02-01 00:00:00+00 | 2026-03-01 00:00:00+00 | 1"]);
    drop((reader, standby, s, db));
    cluster.finish()
}

fn a_role_without_rights(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(MONTHLY)?;
    month(&mut s, "a", "2026-01-01", "2026-02-01")?;
    month(&mut s, "b", "2026-03-01", "2026-04-01")?;
    let role = db.role("")?;
    let mut stranger = db.session_as(&role)?;
    ensure_eq!(stranger.error("SELECT * FROM events")?.sqlstate, "42501");
    ensure_eq!(bounds(&mut stranger, "events")?, bounds(&mut s, "events")?);
    ensure_eq!(stranger.value("SELECT count(*) FROM warden.time_partitions")?, "2");
    ensure_eq!(holder(&mut stranger, "events", "2026-01-01")?, "public.a");
    ensure_eq!(gaps(&mut stranger, "events")?, ["2026-02-01 00:00:00+00 | 2026-03-01 00:00:00+00 | 1"]);
    ensure_eq!(stranger.value("SELECT warden.uuidv7_lower_bound('1970-01-01 00:00+00') IS NOT NULL")?, "t");
    // What it is made of cannot be named.
    ensure_eq!(stranger.error("SELECT warden_internal.range_partitioned('events')")?.sqlstate, "42501");
    Ok(())
}
