//! `warden.fill_partition_gaps` and `warden.default_partition_rows`.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    gaps_are_filled_with_partitions_like_their_neighbours,
    gaps_of_a_part_of_a_length,
    gaps_beside_partitions_without_a_length,
    gaps_by_the_clock_of_a_zone,
    gaps_with_rows_in_the_default,
    gaps_of_encoded_keys,
    gaps_that_are_not_filled,
    gaps_filled_by_two_callers,
    no_gaps,
    rows_of_the_default,
    rows_that_are_of_no_range,
    rows_of_the_default_of_encoded_keys,
    rows_far_away,
    rows_estimated_from_some_pages,
    rows_that_others_must_not_read,
    bad_input,
];

fn filled(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', coalesce(partition, '-'), lower_bound, upper_bound, status, sqlstate) FROM warden.fill_partition_gaps('{table}')"
    ))?)
}

fn default_rows(s: &mut Session, exact: bool) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', coalesce(lower_bound, 'NULL'), coalesce(upper_bound, 'NULL'), partition_exists, row_count) FROM warden.default_partition_rows('e', {exact})"
    ))?)
}

/// Partitions of `e` by date, each named by what it begins with.
fn dates(s: &mut Session, bounds: &[(&str, &str)]) -> Result {
    s.run("DROP TABLE IF EXISTS e; CREATE TABLE e (ts date, id int) PARTITION BY RANGE (ts)")?;
    for (n, (from, to)) in bounds.iter().enumerate() {
        let quoted = |bound: &str| if bound.ends_with("VALUE") { bound.to_owned() } else { format!("'{bound}'") };
        s.run(&format!("CREATE TABLE p{n} PARTITION OF e FOR VALUES FROM ({}) TO ({})", quoted(from), quoted(to)))?;
    }
    Ok(())
}

fn gaps_are_filled_with_partitions_like_their_neighbours(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    dates(
        &mut s,
        &[
            ("MINVALUE", "2026-01-01"),
            ("2026-01-01", "2026-02-01"),
            ("2026-04-01", "2026-05-01"),
            ("2026-06-01", "2026-06-02"),
            ("2026-06-04", "MAXVALUE"),
        ],
    )?;
    ensure_eq!(
        filled(&mut s, "e")?,
        [
            "public.e_2026_02 2026-02-01 2026-03-01 created",
            "public.e_2026_03 2026-03-01 2026-04-01 created",
            "public.e_2026_05 2026-05-01 2026-06-01 created",
            "public.e_2026_06_02 2026-06-02 2026-06-03 created",
            "public.e_2026_06_03 2026-06-03 2026-06-04 created",
        ]
    );
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('e')")?, "0");
    ensure_eq!(filled(&mut s, "e")?, Vec::<String>::new());
    Ok(())
}

fn gaps_of_a_part_of_a_length(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    // The last one is cut, and only that.
    dates(&mut s, &[("2026-01-01", "2026-02-01"), ("2026-03-15", "2026-04-15")])?;
    ensure_eq!(
        filled(&mut s, "e")?,
        ["public.e_2026_02 2026-02-01 2026-03-01 created", "public.e_2026_03_01 2026-03-01 2026-03-15 created"]
    );
    // Those behind it fit in exactly.
    dates(&mut s, &[("2026-01-01", "2026-02-01"), ("2026-02-15", "2026-02-22")])?;
    ensure_eq!(
        filled(&mut s, "e")?,
        ["public.e_2026_02_01 2026-02-01 2026-02-08 created", "public.e_2026_02_08 2026-02-08 2026-02-15 created"]
    );
    // Shorter than any: one.
    dates(&mut s, &[("2026-01-01", "2027-01-01"), ("2027-01-03", "2028-01-03")])?;
    ensure_eq!(filled(&mut s, "e")?, ["public.e_2027_01_01 2027-01-01 2027-01-03 created"]);
    Ok(())
}

fn gaps_beside_partitions_without_a_length(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    // Only the one behind shows a length: the first is cut.
    dates(&mut s, &[("MINVALUE", "2026-01-10"), ("2026-03-01", "2026-04-01")])?;
    ensure_eq!(
        filled(&mut s, "e")?,
        ["public.e_2026_01_10 2026-01-10 2026-02-01 created", "public.e_2026_02 2026-02-01 2026-03-01 created"]
    );
    dates(&mut s, &[("MINVALUE", "2026-01-01"), ("2026-02-01", "MAXVALUE")])?;
    let outcome = s.outcome(
        "SELECT partition, lower_bound, upper_bound, status, sqlstate, detail FROM warden.fill_partition_gaps('e')",
    );
    ensure_eq!(
        outcome.rows,
        [[
            None,
            Some("2026-01-01"),
            Some("2026-02-01"),
            Some("blocked"),
            Some("22023"),
            Some("partitions of \"e\" do not show how long those of a gap are to be. public.p0 has no length. public.p1 has no length. Say it: SELECT warden.create_range_partition('public.e', '2026-01-01', '2026-02-01');")
        ]
        .map(|v: Option<&str>| v.map(ToOwned::to_owned))],
        "{outcome}"
    );
    ensure_eq!(outcome.notices[0].message, "1 of 1 partitions of \"e\" could not be created");
    // The end of a month, or four weeks: nobody knows.
    dates(&mut s, &[("2026-01-31", "2026-02-28"), ("2026-04-01", "2026-04-29")])?;
    ensure_eq!(filled(&mut s, "e")?, ["- 2026-02-28 2026-04-01 blocked 22023"]);
    Ok(())
}

fn gaps_by_the_clock_of_a_zone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("SET TimeZone = 'America/New_York'; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts);
           CREATE TABLE a PARTITION OF e FOR VALUES FROM ('2025-10-31') TO ('2025-11-01'); CREATE TABLE b PARTITION OF e FOR VALUES FROM ('2025-11-04') TO ('2025-11-05')")?;
    // The day on which the clocks change has 25 hours.
    ensure_eq!(
        filled(&mut s, "e")?,
        [
            "public.e_2025_11_01 2025-11-01 04:00:00+00 2025-11-02 04:00:00+00 created",
            "public.e_2025_11_02 2025-11-02 04:00:00+00 2025-11-03 05:00:00+00 created",
            "public.e_2025_11_03 2025-11-03 05:00:00+00 2025-11-04 05:00:00+00 created",
        ]
    );
    Ok(())
}

fn gaps_with_rows_in_the_default(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    dates(&mut s, &[("2026-01-01", "2026-02-01"), ("2026-04-01", "2026-05-01")])?;
    s.run("CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('2026-02-05', 1)")?;
    ensure_eq!(
        filled(&mut s, "e")?,
        ["public.e_2026_02 2026-02-01 2026-03-01 blocked 23514", "public.e_2026_03 2026-03-01 2026-04-01 created"]
    );
    let detail = s.value("SELECT detail FROM warden.fill_partition_gaps('e')")?;
    let recipe = detail.split_once("Move them in one transaction: ").ok_or("no recipe")?.1;
    s.run(recipe)?;
    ensure_eq!(s.value("SELECT tableoid::regclass FROM e")?, "e_2026_02");
    ensure_eq!(filled(&mut s, "e")?, Vec::<String>::new());
    Ok(())
}

fn gaps_of_encoded_keys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (id uuid) PARTITION BY RANGE (id); SELECT warden.create_monthly_partition('e', '2026-01-01'); SELECT warden.create_monthly_partition('e', '2026-04-01')")?;
    ensure_eq!(
        filled(&mut s, "e")?,
        [
            "public.e_2026_02 019c167f-cc00-0000-0000-000000000000 019ca6b1-dc00-0000-0000-000000000000 created",
            "public.e_2026_03 019ca6b1-dc00-0000-0000-000000000000 019d4657-0000-0000-0000-000000000000 created",
        ]
    );
    s.run("CREATE TABLE odd PARTITION OF e FOR VALUES FROM ('019e8000-0000-7000-8000-000000000000') TO ('019e9000-0000-0000-0000-000000000000')")?;
    ensure_eq!(
        filled(&mut s, "e")?,
        ["- 019de0d5-c800-0000-0000-000000000000 019e8000-0000-7000-8000-000000000000 blocked 0A000"]
    );
    Ok(())
}

fn gaps_that_are_not_filled(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts date, n int) PARTITION BY RANGE (ts, n);
           CREATE TABLE a PARTITION OF e FOR VALUES FROM ('2026-01-01', MINVALUE) TO ('2026-02-01', 5);
           CREATE TABLE b PARTITION OF e FOR VALUES FROM ('2026-03-01', MINVALUE) TO ('2026-04-01', MINVALUE);
           CREATE TABLE c PARTITION OF e FOR VALUES FROM ('2026-05-01', MINVALUE) TO ('2026-06-01', MINVALUE);
           CREATE VIEW e_2026_04 AS SELECT 1",
    )?;
    ensure_eq!(
        filled(&mut s, "e")?,
        [
            "- ('2026-02-01', '5') 2026-03-01 blocked 0A000".replace('\'', ""),
            "public.e_2026_04 2026-04-01 2026-05-01 blocked 42P07".to_owned()
        ]
    );
    // An error of the server's takes nothing else with it.
    dates(&mut s, &[("2026-01-01", "2026-02-01"), ("2026-04-01", "2026-05-01")])?;
    s.run("DROP VIEW e_2026_04; CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.e_2026_02') THEN RAISE 'no'; END IF; END $$;
           CREATE EVENT TRIGGER no ON ddl_command_end EXECUTE FUNCTION no()")?;
    ensure_eq!(
        filled(&mut s, "e")?,
        ["public.e_2026_02 2026-02-01 2026-03-01 error P0001", "public.e_2026_03 2026-03-01 2026-04-01 created"]
    );
    Ok(())
}

fn gaps_filled_by_two_callers(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut one, mut two) = (db.session()?, db.session()?);
    dates(&mut one, &[("2026-01-01", "2026-02-01"), ("2026-04-01", "2026-05-01")])?;
    one.run("BEGIN")?;
    ensure_eq!(filled(&mut one, "e")?.len(), 2);
    let error = two.error("SET lock_timeout = '100ms'; SELECT * FROM warden.fill_partition_gaps('e')")?;
    ensure_eq!(error.sqlstate, "55P03");
    one.run("COMMIT")?;
    ensure_eq!(filled(&mut two, "e")?, Vec::<String>::new());
    Ok(())
}

fn no_gaps(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for bounds in
        [&[][..], &[("2026-01-01", "2026-02-01")], &[("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01")]]
    {
        dates(&mut s, bounds)?;
        s.run("BEGIN")?;
        ensure_eq!(filled(&mut s, "e")?, Vec::<String>::new());
        ensure_eq!(
            s.value(
                "SELECT count(*) FROM pg_locks WHERE mode = 'ShareUpdateExclusiveLock' AND relation = 'e'::regclass"
            )?,
            "0"
        );
        s.run("COMMIT")?;
    }
    Ok(())
}

fn rows_of_the_default(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    dates(&mut s, &[("2026-01-01", "2026-02-01"), ("2026-03-10", "2026-03-20")])?;
    ensure_eq!(default_rows(&mut s, true)?, Vec::<String>::new());
    s.run("CREATE TABLE rest PARTITION OF e DEFAULT")?;
    ensure_eq!(default_rows(&mut s, true)?, Vec::<String>::new());
    s.run("INSERT INTO e SELECT d::date, 1 FROM generate_series('2025-12-30'::date, '2026-05-10', '1 day') AS d, generate_series(1, 2) WHERE d < '2026-01-01' OR d >= '2026-02-01' AND d < '2026-03-10' OR d > '2026-04-28'")?;
    // As long as the newest: ten days.
    s.run("ALTER TABLE e DETACH PARTITION p1")?;
    let expected = [
        "2025-12-01 2026-01-01 f 4",
        "2026-02-01 2026-03-01 f 56",
        "2026-03-01 2026-04-01 f 18",
        "2026-04-01 2026-05-01 f 4",
        "2026-05-01 2026-06-01 f 20",
    ];
    ensure_eq!(default_rows(&mut s, true)?, expected);
    // A small table is read whole.
    ensure_eq!(default_rows(&mut s, false)?, expected);
    s.run("CREATE TABLE q PARTITION OF e FOR VALUES FROM ('2026-04-08') TO ('2026-04-18')")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', lower_bound, upper_bound, row_count) FROM warden.default_partition_rows('e', true) WHERE row_count > 0 AND lower_bound >= '2026-04'")?,
        ["2026-04-28 2026-05-08 18", "2026-05-08 2026-05-18 6"]
    );
    s.run(
        "DROP TABLE q; CREATE TABLE q PARTITION OF e FOR VALUES FROM ('2026-03-20') TO ('2026-04-20'); DROP TABLE p0",
    )?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', lower_bound, upper_bound, partition_exists, row_count) FROM warden.default_partition_rows('e', true) ORDER BY lower_bound DESC LIMIT 2")?,
        ["2026-04-20 2026-05-20 f 24", "2026-02-20 2026-03-20 f 36"]
    );
    // Partly held by another.
    s.run("CREATE TABLE week PARTITION OF e FOR VALUES FROM ('2026-03-10') TO ('2026-03-17')")?;
    ensure_eq!(
        s.value("SELECT concat_ws(' ', lower_bound, upper_bound, partition_exists, row_count) FROM warden.default_partition_rows('e', true) WHERE partition_exists")?,
        "2026-02-20 2026-03-20 t 36"
    );
    // None shows a length: months.
    s.run("DROP TABLE q, week")?;
    ensure_eq!(default_rows(&mut s, true)?, expected);
    Ok(())
}

fn rows_that_are_of_no_range(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for key in ["date", "timestamp", "timestamptz"] {
        s.run(&format!("SET TimeZone = 'UTC'; DROP TABLE IF EXISTS e; CREATE TABLE e (ts {key}, n int) PARTITION BY RANGE (ts, n); CREATE TABLE rest PARTITION OF e DEFAULT;
             INSERT INTO e VALUES (NULL, 1), (NULL, NULL), ('2026-01-05', NULL), ('infinity', 1), ('-infinity', 1), ('-infinity', 2)"))?;
        ensure_eq!(
            default_rows(&mut s, true)?,
            ["-infinity -infinity f 2", "infinity infinity f 1", "NULL NULL f 3"],
            "{key}"
        );
        s.run("INSERT INTO e VALUES ('2026-01-05', 1)")?;
        let rows = default_rows(&mut s, true)?;
        ensure_eq!(
            (rows.len(), rows[1].ends_with(" f 1"), rows[1].starts_with("2026-01-01")),
            (4, true, true),
            "{key} {rows:?}"
        );
    }
    // Nothing of it is drained into a partition.
    s.run("DELETE FROM e WHERE n = 1 AND isfinite(ts)")?;
    ensure_eq!(
        s.column("SELECT status FROM warden.create_partitions('e', '1 month', '2026-01-01', '2026-02-01', default_rows => 'move')")?,
        ["created"]
    );
    ensure_eq!(default_rows(&mut s, true)?.len(), 3);
    Ok(())
}

fn rows_of_the_default_of_encoded_keys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (key, encoding, rows, expected) in [
        (
            "bigint",
            "epoch_s",
            "(1767225599), (1767225600), (1769903999), (1769904000), (NULL), (9223372036854775807)",
            &[
                "1764547200 1767225600 f 1",
                "1767225600 1769904000 f 2",
                "1769904000 1772323200 f 1",
                "* MAXVALUE f 1",
                "NULL NULL f 1",
            ][..],
        ),
        ("int", "epoch_s", "(2147483647), (-2147483648)", &["MINVALUE -2145916800 f 1", "2145916800 MAXVALUE f 1"]),
        (
            "numeric",
            "epoch_s",
            "('NaN'), ('Infinity'), ('-Infinity'), (1767225600.5)",
            &["-infinity -infinity f 1", "1767225600 1769904000 f 1", "infinity infinity f 1", "nan nan f 1"],
        ),
        (
            "uuid",
            "auto",
            "('019b76da-a800-7000-8000-000000000000'), ('ffffffff-ffff-ffff-ffff-ffffffffffff'), ('00000000-0000-0000-0000-000000000000')",
            &[
                "00000000-0000-0000-0000-000000000000 00009fa5-2400-0000-0000-000000000000 f 1",
                "019b76da-a800-0000-0000-000000000000 019c167f-cc00-0000-0000-000000000000 f 1",
                "* MAXVALUE f 1",
            ],
        ),
        (
            "text COLLATE \"C\"",
            "text:iso",
            "('2026-01-01'), ('2026-01-31T23:59'), ('2026-02-01'), ('hello'), ('')",
            &["MINVALUE * f 1", "2026-01-01 2026-02-01 f 2", "2026-02-01 2026-03-01 f 1", "* MAXVALUE f 1"],
        ),
    ] {
        s.run(&format!(
            "DROP TABLE IF EXISTS e; CREATE TABLE e (k {key}) PARTITION BY RANGE (k); CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES {rows}; DELETE FROM warden_internal.partition_policy;
             INSERT INTO warden_internal.partition_policy
             VALUES ('e'::regclass, '1 month', 4, NULL, 'detach', NULL, 'UTC', NULL, '{encoding}', 'keep', NULL, NULL, NULL, false, true, now(), 'test')"
        ))?;
        let got = default_rows(&mut s, true)?;
        ensure_eq!(got.len(), expected.len(), "{key} {got:?}");
        for (got, expected) in got.iter().zip(expected) {
            let alike = |(got, expected): (&str, &str)| expected == "*" || got == expected;
            ensure!(got.split(' ').zip(expected.split(' ')).all(alike), "{key}: {got} {expected}");
        }
    }
    Ok(())
}

fn rows_far_away(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    dates(&mut s, &[("2026-01-01", "2026-01-02")])?;
    s.run("CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('4713-01-01 BC'), ('2026-01-02'), ('2026-01-02'), ('2097-05-05'), ('5874897-12-31')")?;
    ensure_eq!(
        default_rows(&mut s, true)?,
        ["MINVALUE 1998-08-15 f 1", "2026-01-02 2026-01-03 f 2", "2053-05-21 MAXVALUE f 2"]
    );
    Ok(())
}

fn rows_estimated_from_some_pages(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    dates(&mut s, &[("2026-01-01", "2026-02-01")])?;
    s.run(
        "CREATE TABLE rest PARTITION OF e DEFAULT; ALTER TABLE rest SET (fillfactor = 10);
           INSERT INTO e SELECT '2026-02-01'::date + (n % 28), n FROM generate_series(1, 60000) AS n; ANALYZE rest",
    )?;
    let pages: i64 = s.value("SELECT pg_relation_size('rest') / 8192")?.parse()?;
    ensure!(pages > 2000, "{pages}");
    ensure_eq!(default_rows(&mut s, true)?, ["2026-02-01 2026-03-01 f 60000"]);
    let read = |s: &mut Session| -> Result<i64> {
        Ok(s.value("SELECT pg_stat_get_xact_blocks_fetched('rest'::regclass)")?.parse()?)
    };
    s.run("BEGIN")?;
    let before = read(&mut s)?;
    let rows = default_rows(&mut s, false)?;
    let fetched = read(&mut s)? - before;
    s.run("COMMIT")?;
    let estimate: f64 = rows[0].rsplit(' ').next().unwrap_or_default().parse()?;
    ensure!((40_000.0..80_000.0).contains(&estimate), "{rows:?}");
    ensure!(fetched < 2 * 1_300, "{fetched} of {pages} pages");
    Ok(())
}

fn rows_that_others_must_not_read(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    dates(&mut s, &[])?;
    s.run("CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('2026-01-05')")?;
    let name = db.role("")?;
    let mut stranger = db.session_as(&name)?;
    ensure_eq!(
        stranger.error("SELECT * FROM warden.default_partition_rows('e')")?.message,
        "permission denied for function default_partition_rows"
    );
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.default_partition_rows, warden.fill_partition_gaps TO {name}"))?;
    ensure_eq!(
        stranger.error("SELECT * FROM warden.default_partition_rows('e')")?.message,
        "permission denied for table rest"
    );
    ensure_eq!(stranger.error("SELECT * FROM warden.fill_partition_gaps('e')")?.message, "must be owner of table e");
    // Whoever may read the rows may count them.
    s.run(&format!("GRANT SELECT ON rest TO {name}"))?;
    ensure_eq!(default_rows(&mut stranger, true)?, ["2026-01-01 2026-02-01 f 1"]);
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE plain (d date); CREATE VIEW v AS SELECT 1; CREATE TABLE l (d date) PARTITION BY LIST (d); CREATE TABLE h (d date) PARTITION BY HASH (d);
           CREATE TABLE n (d int) PARTITION BY RANGE (d); CREATE TABLE n0 PARTITION OF n DEFAULT")?;
    for function in ["fill_partition_gaps", "default_partition_rows"] {
        for (argument, sqlstate) in [
            ("NULL", "22004"),
            ("'nothing'", "42P01"),
            ("''", "42602"),
            ("'a b'", "42602"),
            ("'plain'", "42809"),
            ("'v'", "42809"),
            ("'l'", "42809"),
            ("'h'", "42809"),
            ("'n'", "0A000"),
        ] {
            ensure_eq!(
                s.error(&format!("SELECT * FROM warden.{function}({argument})"))?.sqlstate,
                sqlstate,
                "{function} {argument}"
            );
        }
    }
    ensure_eq!(s.error("SELECT * FROM warden.default_partition_rows('n', NULL)")?.sqlstate, "22004");
    Ok(())
}
