//! `warden.partition_for`, which asks the descriptor that rows are routed by: it answers as the catalog does, and at once.

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    as_the_catalog_says,
    as_rows_are_routed,
    zones_as_the_catalog_says,
    while_somebody_has_the_table,
    errors_leave_nothing_open,
    changes_are_seen,
    quick_at_hundreds_of_partitions,
];

/// Both answers, `-` for none and `?` for what only the catalog knows.
fn both(s: &mut Session, value: &str) -> Result<(String, String)> {
    let value = literal(value);
    let quick = s.value(&format!("SELECT coalesce(nullif(warden_internal.partition_at_once('e', {value}), ''), CASE WHEN warden_internal.partition_at_once('e', {value}) IS NULL THEN '?' ELSE '-' END)"))?;
    let slow = s.outcome(&format!("SELECT coalesce(warden_internal.partition_in_catalog('e', {value}), '-')"));
    let slow = match (&slow.error, slow.rows.first()) {
        (Some(error), _) => error.sqlstate.clone(),
        (None, row) => row.and_then(|row| row[0].clone()).unwrap_or_default(),
    };
    Ok((quick, slow))
}

fn as_the_catalog_says(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE DOMAIN day AS date; CREATE TYPE mood AS ENUM ('sad', 'fine')")?;
    let times = [
        "2025-12-31",
        "2026-01-01",
        "2026-01-15 12:00",
        "2026-02-01",
        "2026-02-28",
        "2026-03-01",
        "2027-01-01",
        "infinity",
        "-infinity",
        "4713-01-01 BC",
    ];
    for (key, encoding, bounds, more) in [
        ("k date", "auto", ["'2026-01-01'", "'2026-02-01'", "'2026-03-01'"], &[][..]),
        ("k day", "auto", ["'2026-01-01'", "'2026-02-01'", "'2026-03-01'"], &[]),
        ("k timestamp", "auto", ["'2026-01-01'", "'2026-02-01'", "'infinity'"], &[]),
        (
            "k timestamptz",
            "auto",
            ["'2026-01-01 00:00+00'", "'2026-02-01 00:00+00'", "'2026-03-01 00:00+00'"],
            &["2026-02-01 00:00+01", "2026-01-31 23:59-05"],
        ),
        (
            "k bigint",
            "epoch_s",
            ["'1767225600'", "'1769904000'", "MAXVALUE"],
            &["1769904000", "1769903999", "9223372036854775807"],
        ),
        (
            "k numeric",
            "epoch_ms",
            ["MINVALUE", "'1769904000000'", "'1769904000000.5'"],
            &["1769904000000.25", "1769904000000.5", "NaN", "Infinity"],
        ),
        (
            "k uuid",
            "auto",
            ["'019b76da-a800-0000-0000-000000000000'", "'019c167f-cc00-7000-8000-000000000000'", "MAXVALUE"],
            &["019c167f-cc00-6fff-8000-000000000000", "019C167F-cc00-7000-8000-000000000000"],
        ),
        (
            "k text COLLATE \"C\"",
            "text:iso",
            ["'2026-01-01'", "'2026-02-01T06:00'", "'b'"],
            &["2026-02-01T05:59", "2026-02-01T06:00"],
        ),
        (
            "k varchar(20) COLLATE \"C\"",
            "text:iso",
            ["'2026-01-01'", "'2026-02-01T06:00'", "'b'"],
            &["2026-02-01T05:59", "2026-02-01T06:00"],
        ),
        ("k date, n int", "auto", ["'2026-01-01', MINVALUE", "'2026-02-01', 5", "'2026-03-01', MAXVALUE"], &[]),
        ("k date, n int", "auto", ["MINVALUE, MINVALUE", "'2026-02-01', MAXVALUE", "MAXVALUE, MAXVALUE"], &[]),
        (
            "k timestamp, n text COLLATE \"C\"",
            "auto",
            ["'2026-01-01', MINVALUE", "'2026-02-01', MINVALUE", "'2026-02-01', 'x'"],
            &["2026-02-01"],
        ),
    ] {
        let by = if key.contains(", n ") { "k, n" } else { "k" };
        s.run(&format!("SET TimeZone = 'UTC'; DROP TABLE IF EXISTS e; CREATE TABLE e ({key}) PARTITION BY RANGE ({by}); DELETE FROM warden_internal.partition_policy;
            INSERT INTO warden_internal.partition_policy
            VALUES ('e'::regclass, '1 month', 4, NULL, 'detach', NULL, 'UTC', NULL, '{encoding}', 'keep', NULL, NULL, NULL, false, true, now(), 'test')"))?;
        for step in [
            "SELECT",
            &format!("CREATE TABLE \"B 2\" PARTITION OF e FOR VALUES FROM ({}) TO ({})", bounds[1], bounds[2]),
            &format!("CREATE TABLE a PARTITION OF e FOR VALUES FROM ({}) TO ({})", bounds[0], bounds[1]),
            "CREATE TABLE rest PARTITION OF e DEFAULT",
            "DROP TABLE a",
        ] {
            s.run(step)?;
            for value in times.iter().chain(more) {
                if s.outcome(&format!("SELECT warden.partition_for('e', '{value}')")).error.is_some() {
                    continue;
                }
                let (quick, slow) = both(&mut s, value)?;
                ensure!(quick == slow || quick == "?", "{key} {step} {value}: {quick}, {slow}");
                // The catalog is asked only where further columns decide.
                ensure!(quick != "?" || by == "k, n", "{key} {step} {value}");
            }
        }
    }
    // What is no time is left to the catalog.
    for key in ["mood", "int4range", "bytea", "int"] {
        s.run(&format!("DROP TABLE IF EXISTS e; CREATE TABLE e (k {key}) PARTITION BY RANGE (k)"))?;
        ensure_eq!(s.value("SELECT warden_internal.partition_at_once('e', 'x') IS NULL")?, "t");
    }
    Ok(())
}

fn as_rows_are_routed(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("SET TimeZone = 'UTC'; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT;
           CREATE TABLE past PARTITION OF e FOR VALUES FROM (MINVALUE) TO ('2025-06-01')")?;
    s.run("SELECT count(*) FROM warden.create_partitions('e', '5 days 0 hours', '2025-06-06', '2026-06-01')")?;
    s.run("DO $$ DECLARE p text; BEGIN FOR p IN SELECT partition FROM warden.list_partitions('e') WHERE NOT is_default ORDER BY md5(partition) LIMIT 20 LOOP EXECUTE 'DROP TABLE ' || p; END LOOP; END $$;
           INSERT INTO e SELECT '2025-05-01'::timestamptz + n * interval '7 hours 13 minutes' FROM generate_series(1, 1500) AS n")?;
    ensure_eq!(s.value("SELECT count(*) FROM e WHERE warden.partition_for('e', ts::text)::regclass <> tableoid")?, "0");
    ensure_eq!(s.value("SELECT count(*) > 20 FROM (SELECT DISTINCT tableoid FROM e) AS x")?, "t");
    Ok(())
}

fn zones_as_the_catalog_says(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for bounds in ["+00", "+01", "-05", "+03"] {
        s.run(&format!(
            "DROP TABLE IF EXISTS e; CREATE TABLE e (k timestamptz) PARTITION BY RANGE (k);
            CREATE TABLE a PARTITION OF e FOR VALUES FROM ('2026-01-01 00:00{bounds}') TO ('2026-02-01 00:00{bounds}');
            CREATE TABLE b PARTITION OF e FOR VALUES FROM ('2026-02-01 00:00{bounds}') TO ('2026-03-01 00:00{bounds}')"
        ))?;
        for session in ["UTC", "Europe/Berlin", "America/New_York", "<+03>-3"] {
            for setting in ["UTC", "Europe/Berlin", "Asia/Kolkata"] {
                s.run(&format!("SET TimeZone = '{session}'; SET warden.partition_time_zone = '{setting}'"))?;
                for hour in [0, 5, 8, 20, 23] {
                    for value in [
                        format!("2026-01-31 {hour:02}:30"),
                        format!("2026-02-01 {hour:02}:30"),
                        format!("31.1.2026 {hour:02}:30 Asia/Tokyo"),
                    ] {
                        if value.starts_with("31.") {
                            s.run("SET DateStyle = 'German'")?;
                        }
                        let (quick, slow) = both(&mut s, &value)?;
                        ensure_eq!(quick, slow, "{bounds} {session} {setting} {value}");
                    }
                    s.run("RESET DateStyle")?;
                }
            }
        }
    }
    Ok(())
}

fn while_somebody_has_the_table(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    s.run("CREATE TABLE e (k date) PARTITION BY RANGE (k); CREATE TABLE a PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')")?;
    s.run("SET statement_timeout = '5s'; SELECT warden.partition_for('e', '2026-01-05')")?;
    other.run("BEGIN; LOCK TABLE e IN ACCESS EXCLUSIVE MODE")?;
    ensure_eq!(s.value("SELECT warden_internal.partition_at_once('e', '2026-01-05') IS NULL")?, "t");
    ensure_eq!(s.value("SELECT warden.partition_for('e', '2026-01-05')")?, "public.a");
    other.run("ROLLBACK")?;
    s.run("BEGIN")?;
    ensure_eq!(s.value("SELECT warden_internal.partition_at_once('e', '2026-01-05')")?, "public.a");
    // The lock is given back at once.
    ensure_eq!(
        s.value("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'e'::regclass")?,
        "0"
    );
    s.run("ROLLBACK")?;
    Ok(())
}

fn errors_leave_nothing_open(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (k date) PARTITION BY RANGE (k); CREATE TABLE a PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')")?;
    for value in ["x", "2026-13-01", "99999999-01-01"] {
        s.run("BEGIN; SAVEPOINT a")?;
        let error = s.error(&format!("SELECT warden.partition_for('e', '{value}')"))?;
        ensure!(error.sqlstate.starts_with("220"), "{error}");
        s.run("ROLLBACK TO a")?;
        ensure_eq!(s.value("SELECT warden.partition_for('e', '2026-01-05')")?, "public.a");
        ensure_eq!(
            s.value("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'e'::regclass")?,
            "0"
        );
        s.run("COMMIT; DROP TABLE a; CREATE TABLE a PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')")?;
    }
    // Caught within one statement.
    s.run("DO $$ BEGIN FOR i IN 1..100 LOOP BEGIN PERFORM warden.partition_for('e', 'x'); EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $$")?;
    ensure_eq!(s.value("SHOW TimeZone")?, s.value("SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'")?);
    Ok(())
}

fn changes_are_seen(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    s.run("CREATE TABLE e (k date) PARTITION BY RANGE (k)")?;
    let found = |s: &mut Session| s.value("SELECT coalesce(warden.partition_for('e', '2026-01-05'), '-')");
    ensure_eq!(found(&mut s)?, "-");
    other.run("CREATE TABLE a PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')")?;
    ensure_eq!(found(&mut s)?, "public.a");
    other.run("ALTER TABLE a RENAME TO \"It's\"")?;
    ensure_eq!(found(&mut s)?, "public.\"It's\"");
    other.run("ALTER TABLE e DETACH PARTITION \"It's\" CONCURRENTLY")?;
    ensure_eq!(found(&mut s)?, "-");
    s.run("ALTER TABLE e ATTACH PARTITION \"It's\" DEFAULT")?;
    ensure_eq!(found(&mut s)?, "public.\"It's\"");
    Ok(())
}

fn quick_at_hundreds_of_partitions(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (k timestamptz) PARTITION BY RANGE (k); CREATE FUNCTION pg_temp.took(function text, times int) RETURNS float8 LANGUAGE plpgsql AS $$
           DECLARE began timestamptz; shortest float8;
           BEGIN
               FOR i IN 1..times LOOP
                   began := clock_timestamp();
                   EXECUTE format('SELECT %s(%L, %L)', function, 'e', '2026-01-01 12:00');
                   shortest := least(shortest, extract(epoch FROM clock_timestamp() - began) * 1000);
               END LOOP;
               RETURN shortest;
           END $$")?;
    s.run("SELECT count(*) FROM warden.create_partitions('e', '1 day', '2025-09-01', '2026-09-27', 'UTC')")?;
    let quick: f64 = s.value("SELECT pg_temp.took('warden.partition_for', 100)")?.parse()?;
    let slow: f64 = s.value("SELECT pg_temp.took('warden_internal.partition_in_catalog', 2)")?.parse()?;
    eprintln!("{}: {quick:.3} ms, {slow:.3} ms from the catalog", leg.name);
    ensure!(quick * 10.0 < slow, "{quick} ms, {slow} ms from the catalog");
    Ok(())
}
