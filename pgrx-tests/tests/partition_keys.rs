//! Keys that say a time in another form than the server's: epochs, UUIDs of version 7, texts; and expressions.

use pg_warden_tests::{Leg, Report, Result, Session, cases, ensure, ensure_eq};

cases![
    c2_epochs_of_each_unit,
    c2_epochs_need_an_encoding,
    c2_epochs_before_1970,
    a11_epochs_beyond_their_type,
    c3_uuids_of_version_7,
    c4_texts,
    c4_texts_that_are_not_sorted_by_bytes,
    c5_several_columns,
    c6_expressions,
    zones_of_epochs,
    series_of_each_key,
    rows_in_the_default,
    bounds_as_keys_and_as_times,
    values_as_keys_and_as_times,
    bounds_within_a_unit,
    bounds_that_are_no_keys,
    lists_of_encoded_keys,
    a_role_without_rights,
];

/// Declares the encoding of a table's key.
fn declare(s: &mut Session, table: &str, encoding: &str) -> Result {
    s.run(&format!(
        "INSERT INTO warden_internal.partition_policy
         VALUES ('{table}'::regclass, '1 month', 4, NULL, 'detach', NULL, 'UTC', NULL, '{encoding}', 'keep', NULL, NULL, NULL, false, true, now(), 'test')
         ON CONFLICT (table_name) DO UPDATE SET key_encoding = excluded.key_encoding"
    ))?;
    Ok(())
}

/// A table `e` with a key of this type and encoding.
fn table(s: &mut Session, key: &str, encoding: &str) -> Result {
    s.run(&format!("DROP TABLE IF EXISTS e; CREATE TABLE e (k {key}, id int) PARTITION BY RANGE (k)"))?;
    s.run("DELETE FROM warden_internal.partition_policy")?;
    if encoding != "auto" {
        declare(s, "e", encoding)?;
    }
    Ok(())
}

fn made(s: &mut Session, call: &str) -> Result<String> {
    let outcome = s.outcome(&format!("SELECT warden.{call}"));
    ensure!(outcome.error.is_none() && outcome.notices.is_empty(), "{call}: {outcome}");
    Ok(outcome.rows[0][0].clone().unwrap_or_default())
}

fn bound(s: &mut Session, partition: &str) -> Result<String> {
    Ok(s.value(&format!(
        "SELECT replace(pg_get_expr(relpartbound, oid), '''', '') FROM pg_class WHERE oid = '{partition}'::regclass"
    ))?)
}

fn refused(s: &mut Session, call: &str) -> Result<Report> {
    s.error(&format!("SELECT warden.{call}"))
}

fn parts(report: &Report) -> (&str, &str) {
    (&report.sqlstate, &report.message)
}

const JANUARY: &str = "create_monthly_partition('e', '2026-01-01')";
const FEBRUARY: &str = "create_monthly_partition('e', '2026-02-01')";

fn c2_epochs_of_each_unit(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("SET TimeZone = 'America/New_York'; CREATE DOMAIN moment AS bigint CHECK (value > 0)")?;
    for (key, encoding, zeros) in [
        ("int", "epoch_s", ""),
        ("bigint", "epoch_s", ""),
        ("numeric", "epoch_s", ""),
        ("moment", "epoch_ms", "000"),
        ("bigint", "epoch_us", "000000"),
        ("bigint", "epoch_ns", "000000000"),
        ("numeric(30, 3)", "epoch_ns", "000000000"),
    ] {
        table(&mut s, key, encoding)?;
        ensure_eq!(
            s.outcome(&format!("SELECT warden.{JANUARY}")).notices[0].message,
            "months of \"e\" begin at midnight in time zone \"UTC\", not in this session's"
        );
        ensure_eq!(made(&mut s, FEBRUARY)?, "public.e_2026_02");
        ensure_eq!(
            s.column("SELECT concat_ws(' ', partition, lower_bound, upper_bound, lower_at AT TIME ZONE 'UTC', upper_at AT TIME ZONE 'UTC') FROM warden.list_partitions('e')")?
                .iter().map(|row| row.replace(".000", "")).collect::<Vec<_>>(),
            [
                format!("public.e_2026_01 1767225600{zeros} 1769904000{zeros} 2026-01-01 00:00:00 2026-02-01 00:00:00"),
                format!("public.e_2026_02 1769904000{zeros} 1772323200{zeros} 2026-02-01 00:00:00 2026-03-01 00:00:00"),
            ],
            "{key} {encoding}"
        );
        // Again: nothing.
        let again = s.outcome(&format!("SELECT warden.{FEBRUARY}"));
        ensure_eq!(again.notices[0].message, "partition \"e_2026_02\" of \"e\" already exists, skipping");
        for (value, holder) in [
            ("2026-01-31 23:59:59.999999", "public.e_2026_01"),
            ("2026-02-01", "public.e_2026_02"),
            ("2026-01-31 22:00-05", "public.e_2026_02"),
            (&format!("1769904000{zeros}"), "public.e_2026_02"),
            (&format!("1767225600{zeros}"), "public.e_2026_01"),
        ] {
            ensure_eq!(
                s.value(&format!("SELECT warden.partition_for('e', '{value}')"))?,
                holder,
                "{key} {encoding} {value}"
            );
            ensure_eq!(made(&mut s, &format!("ensure_partition('e', '{value}')"))?, holder, "{key} {encoding} {value}");
        }
        s.run(&format!("INSERT INTO e VALUES (1769904000{zeros} - 1), (1769904000{zeros})"))?;
        ensure_eq!(s.column("SELECT tableoid::regclass::text FROM e ORDER BY k")?, ["e_2026_01", "e_2026_02"]);
    }
    Ok(())
}

fn c2_epochs_need_an_encoding(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for key in ["integer", "bigint", "numeric"] {
        for declared in ["auto", "text:iso", "uuidv7"] {
            table(&mut s, key, declared)?;
            if declared == "auto" {
                declare(&mut s, "e", "auto")?;
            }
            for call in [
                JANUARY,
                "ensure_partition('e', '2026-01-01')",
                "create_range_partition('e', '1', '2')",
                "create_partitions('e', '1 day', '2026-01-01', '2026-02-01')",
            ] {
                let error = refused(&mut s, call)?;
                ensure_eq!(
                    parts(&error),
                    ("0A000", format!("key column k of table \"e\" is of type {key}").as_str()),
                    "{call}"
                );
                ensure_eq!(
                    error.hint(),
                    "If it counts seconds since 1970: SELECT warden.manage_partitions('public.e', key_encoding => 'epoch_s'); There are epoch_ms, epoch_us and epoch_ns, too."
                );
                ensure_eq!(
                    error.detail(),
                    if declared == "auto" { String::new() } else { format!("Its policy declares it as {declared}.") }
                );
            }
            // To look at it, no encoding is needed.
            s.run("CREATE TABLE p PARTITION OF e FOR VALUES FROM (1) TO (2)")?;
            ensure_eq!(
                s.value("SELECT lower_at IS NULL AND is_current IS NULL FROM warden.list_partitions('e')")?,
                "t"
            );
            ensure_eq!(s.value("SELECT warden.partition_for('e', '1')")?, "public.p");
        }
    }
    for key in ["smallint", "double precision", "interval", "bytea", "character(9)"] {
        table(&mut s, key, "epoch_s")?;
        let error = refused(&mut s, JANUARY)?;
        ensure_eq!(error.sqlstate, "0A000", "{key}");
        ensure!(error.hint().starts_with("Supported are date, timestamp and timestamptz"), "{error}");
    }
    Ok(())
}

fn c2_epochs_before_1970(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    table(&mut s, "int", "epoch_s")?;
    ensure_eq!(made(&mut s, "create_monthly_partition('e', '1969-12-01')")?, "public.e_1969_12");
    ensure_eq!(bound(&mut s, "e_1969_12")?, "FOR VALUES FROM (-2678400) TO (0)");
    ensure_eq!(made(&mut s, "create_monthly_partition('e', '1970-01-01')")?, "public.e_1970_01");
    ensure_eq!(bound(&mut s, "e_1970_01")?, "FOR VALUES FROM (0) TO (2678400)");
    ensure_eq!(s.value("SELECT warden.partition_for('e', '-1')")?, "public.e_1969_12");
    ensure_eq!(s.value("SELECT warden.partition_for('e', '1969-12-31 23:59:59.5')")?, "public.e_1969_12");
    Ok(())
}

fn a11_epochs_beyond_their_type(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    table(&mut s, "int", "epoch_s")?;
    let error = refused(&mut s, "create_monthly_partition('e', '2038-01-01')")?;
    ensure_eq!(parts(&error), ("22003", "2148595200 is out of range for type integer"));
    ensure_eq!((error.detail(), error.hint()), ("It would be the key of 2038-02-01 00:00:00+00.", "Use bigint."));
    ensure_eq!(made(&mut s, "create_monthly_partition('e', '2037-12-01')")?, "public.e_2037_12");
    ensure_eq!(refused(&mut s, "create_partitions('e', '1 month', '2037-12-01', '2038-03-01')")?.sqlstate, "22003");
    // Up to the end all the same.
    ensure_eq!(made(&mut s, "create_range_partition('e', '2038-01-01', 'MAXVALUE')")?, "public.e_2038_01_01");
    table(&mut s, "bigint", "epoch_ns")?;
    let error = refused(&mut s, "create_yearly_partition('e', '2262-01-01')")?;
    ensure_eq!(parts(&error), ("22003", "9246182400000000000 is out of range for type bigint"));
    ensure_eq!(error.hint(), "Use numeric, or a coarser encoding.");
    Ok(())
}

fn c3_uuids_of_version_7(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    table(&mut s, "uuid", "auto")?;
    ensure_eq!(made(&mut s, JANUARY)?, "public.e_2026_01");
    ensure_eq!(made(&mut s, FEBRUARY)?, "public.e_2026_02");
    ensure_eq!(
        bound(&mut s, "e_2026_01")?,
        "FOR VALUES FROM (019b76da-a800-0000-0000-000000000000) TO (019c167f-cc00-0000-0000-000000000000)"
    );
    ensure!(bound(&mut s, "e_2026_02")?.starts_with("FOR VALUES FROM (019c167f-cc00-0000-0000-000000000000)"));
    ensure_eq!(
        s.value(
            "SELECT lower_bound::uuid = warden.uuidv7_lower_bound(lower_at) FROM warden.list_partitions('e') LIMIT 1"
        )?,
        "t"
    );
    s.run("INSERT INTO e VALUES ('019c167f-cbff-7fff-bfff-ffffffffffff'), ('019c167f-cc00-7000-8000-000000000000')")?;
    ensure_eq!(s.column("SELECT tableoid::regclass::text FROM e ORDER BY k")?, ["e_2026_01", "e_2026_02"]);
    ensure_eq!(made(&mut s, "ensure_partition('e', '019C167FCC007000800000000000000F')")?, "public.e_2026_02");
    ensure_eq!(s.value("SELECT warden.partition_for('e', '2026-02-03')")?, "public.e_2026_02");
    let error = refused(&mut s, "create_monthly_partition('e', '1969-12-01')")?;
    ensure_eq!(parts(&error), ("22008", "no UUID of version 7 is of 1969-12-01 00:00:00+00"));
    Ok(())
}

fn c4_texts(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (key, encoding, january) in [
        ("text COLLATE \"C\"", "text:iso", "FOR VALUES FROM (2026-01-01) TO (2026-02-01)"),
        ("varchar(40) COLLATE \"POSIX\"", "text:iso", "FOR VALUES FROM (2026-01-01) TO (2026-02-01)"),
        (
            "text COLLATE \"C\"",
            "text:ulid",
            "FOR VALUES FROM (01KDVDNA000000000000000000) TO (01KGB7ZK000000000000000000)",
        ),
        (
            "text COLLATE \"C\"",
            "text:ksuid",
            "FOR VALUES FROM (37dUSnxwB8ZmVaFxI0USqEa1JZc) TO (38rbjqD5tJSoVQnBJPMwtqCQ5YO)",
        ),
    ] {
        table(&mut s, key, encoding)?;
        ensure_eq!(made(&mut s, JANUARY)?, "public.e_2026_01");
        ensure_eq!(made(&mut s, FEBRUARY)?, "public.e_2026_02");
        if encoding != "text:ksuid" {
            ensure_eq!(bound(&mut s, "e_2026_01")?, january, "{key} {encoding}");
        }
        let (first, second) = (bound(&mut s, "e_2026_01")?, bound(&mut s, "e_2026_02")?);
        ensure_eq!(
            first.split_once(") TO (").map(|b| b.1.trim_end_matches(')')),
            second.split_once(") TO (").map(|b| &b.0[17..])
        );
        ensure_eq!(s.value("SELECT warden.partition_for('e', '2026-01-31')")?, "public.e_2026_01");
        ensure_eq!(made(&mut s, "ensure_partition('e', '2026-03-07')")?, "public.e_2026_03");
        ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('e')")?, "0");
        ensure_eq!(
            s.value("SELECT array_agg(DISTINCT lower_at)::text FROM warden.list_partitions('e')")?,
            "{\"2026-01-01 00:00:00+00\",\"2026-02-01 00:00:00+00\",\"2026-03-01 00:00:00+00\"}"
        );
    }
    table(&mut s, "text COLLATE \"C\"", "text:iso")?;
    made(&mut s, JANUARY)?;
    s.run("INSERT INTO e VALUES ('2026-01-01'), ('2026-01-01T00:00:00Z'), ('2026-01-31 23:59:59')")?;
    ensure_eq!(s.error("INSERT INTO e VALUES ('2026-02-01')")?.sqlstate, "23514");
    ensure_eq!(made(&mut s, "ensure_partition('e', '2026-01-31T23:59:59Z')")?, "public.e_2026_01");
    ensure_eq!(
        parts(&refused(&mut s, "create_partitions('e', '6 hours', '2026-02-01', '2026-03-01')")?),
        ("22023", "partition_interval must be days or months for a key of encoding text:iso")
    );
    ensure_eq!(
        parts(&refused(&mut s, "create_partitions('e', '1 day', '2026-02-01 06:00', '2026-03-01')")?),
        ("22023", "start_at must be a midnight for a key of encoding text:iso")
    );
    ensure_eq!(refused(&mut s, "create_yearly_partition('e', '9999-01-01')")?.sqlstate, "22008");
    table(&mut s, "text COLLATE \"C\"", "text:ksuid")?;
    ensure_eq!(
        parts(&refused(&mut s, "create_monthly_partition('e', '2014-05-01')")?),
        ("22008", "no KSUID is of 2014-05-01 00:00:00+00")
    );
    Ok(())
}

fn c4_texts_that_are_not_sorted_by_bytes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE COLLATION natural_order (provider = icu, locale = 'en')")?;
    for key in ["text COLLATE natural_order", "character(30) COLLATE \"C\""] {
        table(&mut s, key, "text:iso")?;
        let error = refused(&mut s, JANUARY)?;
        ensure_eq!(error.sqlstate, "0A000", "{key}");
    }
    table(&mut s, "varchar COLLATE natural_order", "text:iso")?;
    let error = refused(&mut s, JANUARY)?;
    ensure_eq!(parts(&error), ("0A000", "key column k of table \"e\" is of type character varying"));
    ensure!(error.hint().starts_with("Supported is text with COLLATE \"C\""), "{error}");
    // The key's own collation counts.
    s.run("DROP TABLE e; CREATE TABLE e (k text COLLATE natural_order) PARTITION BY RANGE (k COLLATE \"C\"); CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('2026-02-05')")?;
    ensure!(refused(&mut s, JANUARY)?.hint().contains("key_encoding => 'text:iso'"));
    declare(&mut s, "e", "text:iso")?;
    ensure_eq!(made(&mut s, JANUARY)?, "public.e_2026_01");
    ensure_eq!(refused(&mut s, FEBRUARY)?.detail(), "1 row, at 2026-02-05.");
    // Another order than the type's own says nothing about times.
    s.run("DROP TABLE e; CREATE TABLE e (k text COLLATE \"C\") PARTITION BY RANGE (k text_pattern_ops)")?;
    declare(&mut s, "e", "text:iso")?;
    ensure_eq!(refused(&mut s, JANUARY)?.sqlstate, "0A000");
    Ok(())
}

fn c5_several_columns(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (k bigint, tenant int, name text) PARTITION BY RANGE (k, tenant, lower(name))")?;
    declare(&mut s, "e", "epoch_ms")?;
    ensure_eq!(made(&mut s, JANUARY)?, "public.e_2026_01");
    ensure_eq!(made(&mut s, FEBRUARY)?, "public.e_2026_02");
    ensure_eq!(
        bound(&mut s, "e_2026_01")?,
        "FOR VALUES FROM (1767225600000, MINVALUE, MINVALUE) TO (1769904000000, MINVALUE, MINVALUE)"
    );
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('e')")?, "0");
    // The time is not first.
    s.run("CREATE TABLE f (tenant int, ts date) PARTITION BY RANGE (tenant, ts)")?;
    let error = refused(&mut s, "create_monthly_partition('f', '2026-01-01')")?;
    ensure_eq!(parts(&error), ("0A000", "key column tenant of table \"f\" is of type integer"));
    ensure_eq!(error.detail(), "A column behind it is a time; only the first of the key counts.");
    Ok(())
}

fn c6_expressions(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE SCHEMA app; CREATE FUNCTION app.at(j jsonb) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT (j->>''at, (ms)'')::bigint'")?;
    for (columns, by, encoding, january) in [
        (
            "ts timestamptz",
            "((ts AT TIME ZONE 'UTC'))",
            "auto",
            "FOR VALUES FROM (2026-01-01 00:00:00) TO (2026-02-01 00:00:00)",
        ),
        ("ts timestamp", "((ts::date))", "auto", "FOR VALUES FROM (2026-01-01) TO (2026-02-01)"),
        ("j jsonb", "(app.at(j))", "epoch_ms", "FOR VALUES FROM (1767225600000) TO (1769904000000)"),
        (
            "j jsonb, x text",
            "(app.at(j)), (x || ','), (lower(x))",
            "epoch_ms",
            "FOR VALUES FROM (1767225600000, MINVALUE, MINVALUE) TO (1769904000000, MINVALUE, MINVALUE)",
        ),
    ] {
        s.run(&format!("DROP TABLE IF EXISTS e; CREATE TABLE e ({columns}) PARTITION BY RANGE ({by}); CREATE TABLE rest PARTITION OF e DEFAULT"))?;
        if encoding != "auto" {
            declare(&mut s, "e", encoding)?;
        }
        ensure_eq!(made(&mut s, JANUARY)?, "public.e_2026_01", "{by}");
        ensure_eq!(bound(&mut s, "e_2026_01")?, january, "{by}");
        ensure_eq!(made(&mut s, "ensure_partition('e', '2026-02-10')")?, "public.e_2026_02");
        ensure_eq!(s.value("SELECT warden.partition_for('e', '2026-02-10')")?, "public.e_2026_02");
        // The default is asked by the expression.
        let more = if columns.ends_with("x text") { ", 'x'), ('{\"at, (ms)\": 1772323200000}', NULL" } else { "" };
        s.run(&format!(
            "INSERT INTO e VALUES ({}{more})",
            if columns.starts_with('j') { "'{\"at, (ms)\": 1772323200000}'" } else { "'2026-03-01 00:00+00'" }
        ))?;
        let error = refused(&mut s, "create_monthly_partition('e', '2026-03-01')")?;
        ensure_eq!(error.sqlstate, "23514", "{by}");
        ensure!(error.detail().starts_with("1 row, at "), "{error}");
        s.run(error.hint().strip_prefix("Move them in one transaction: ").ok_or("another hint")?)?;
        ensure_eq!(s.value("SELECT count(*) FROM e_2026_03")?, "1");
        // A NULL anywhere in the key: the default's.
        ensure_eq!(s.value("SELECT count(*) FROM rest")?, if more.is_empty() { "0" } else { "1" });
    }
    s.run("CREATE TABLE n (a int, b int) PARTITION BY RANGE ((a + b))")?;
    let error = refused(&mut s, "create_monthly_partition('n', '2026-01-01')")?;
    ensure_eq!(parts(&error), ("0A000", "key of table \"n\" begins with an expression of type integer"));
    ensure!(error.hint().contains("key_encoding => 'epoch_s'"), "{error}");
    Ok(())
}

fn zones_of_epochs(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    table(&mut s, "bigint", "epoch_s")?;
    s.run("SET warden.partition_time_zone = 'Europe/Berlin'; SET TimeZone = 'Europe/Berlin'")?;
    ensure_eq!(made(&mut s, "create_monthly_partition('e', '2026-03-01')")?, "public.e_2026_03");
    // One hour less: the clocks change.
    ensure_eq!(bound(&mut s, "e_2026_03")?, "FOR VALUES FROM (1772319600) TO (1774994400)");
    s.run("RESET warden.partition_time_zone")?;
    // Inferred, as from bounds of timestamptz.
    ensure_eq!(made(&mut s, "create_monthly_partition('e', '2026-04-01')")?, "public.e_2026_04");
    ensure_eq!(bound(&mut s, "e_2026_04")?, "FOR VALUES FROM (1774994400) TO (1777586400)");
    ensure_eq!(s.value("SELECT warden.partition_for('e', '2026-03-31 23:30')")?, "public.e_2026_03");
    s.run("SET TimeZone = 'UTC'")?;
    // Nothing shows Berlin any more.
    let error = refused(&mut s, "create_monthly_partition('e', '2026-05-01')")?;
    ensure_eq!(parts(&error), ("22023", "partition \"e_2026_05\" of \"e\" would be misaligned by 02:00:00"));
    Ok(())
}

/// Days over changes of the clock: no gap, no overlap, and nothing to do the second time.
fn series_of_each_key(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (key, encoding, interval) in [
        ("bigint", "epoch_ms", "1 day"),
        ("int", "epoch_s", "6 hours"),
        ("uuid", "auto", "1 day"),
        ("uuid", "auto", "1 hour"),
        ("text COLLATE \"C\"", "text:ulid", "1 day"),
        ("text COLLATE \"C\"", "text:ksuid", "1 month"),
        ("text COLLATE \"C\"", "text:iso", "7 days"),
    ] {
        // From before one change of the clocks to behind another, or one alone.
        let (start, end) =
            if interval.ends_with("hour") { ("2026-03-27", "2026-03-31") } else { ("2026-03-07", "2026-04-07") };
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"] {
            table(&mut s, key, encoding)?;
            let call =
                format!("SELECT status FROM warden.create_partitions('e', '{interval}', '{start}', '{end}', '{zone}')");
            let first = s.column(&call)?;
            ensure!(first.iter().all(|status| status == "created"), "{key} {encoding} {zone} {first:?}");
            ensure!(s.column(&call)?.iter().all(|status| status == "exists"), "{key} {encoding} {zone}");
            ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('e')")?, "0");
            ensure_eq!(
                s.value("SELECT bool_and(u IS NULL OR u = l) FROM (SELECT lower_bound AS l, lag(upper_bound) OVER (ORDER BY lower_at) AS u FROM warden.list_partitions('e')) AS x")?,
                "t"
            );
            if encoding != "text:iso" && interval.ends_with("day") {
                ensure_eq!(s.value(&format!("SELECT bool_and((lower_at AT TIME ZONE '{zone}')::time = '00:00') FROM warden.list_partitions('e')"))?, "t");
            }
        }
    }
    Ok(())
}

fn rows_in_the_default(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (key, encoding, rows, detail) in [
        (
            "bigint",
            "epoch_s",
            "(1767225599), (1767225600), (1769903999), (NULL)",
            "2 rows, from 1767225600 to 1769903999.",
        ),
        (
            "uuid",
            "auto",
            "('019b76da-a800-7000-8000-000000000000'), ('019c167f-cbff-7fff-bfff-ffffffffffff'), ('019c167f-cc00-7000-8000-000000000000'), (NULL)",
            "2 rows, from 019b76da-a800-7000-8000-000000000000 to 019c167f-cbff-7fff-bfff-ffffffffffff.",
        ),
        (
            "text COLLATE \"C\"",
            "text:iso",
            "('2025-12-31T23'), ('2026-01-31T23'), ('2026-01-01'), (NULL)",
            "2 rows, from 2026-01-01 to 2026-01-31T23.",
        ),
        ("numeric", "epoch_ms", "('NaN'), (1767225600000.5), (1767225599999.5), (NULL)", "1 row, at 1767225600000.5."),
    ] {
        for way in ["recipe", "move"] {
            table(&mut s, key, encoding)?;
            s.run("CREATE TABLE rest PARTITION OF e DEFAULT")?;
            s.run(&format!("INSERT INTO e (k) VALUES {rows}"))?;
            let before = s.value("SELECT count(*) FROM rest")?;
            let error = refused(&mut s, JANUARY)?;
            ensure_eq!(error.sqlstate, "23514", "{key}");
            ensure!(error.detail().starts_with(detail), "{error}");
            if way == "recipe" {
                s.run(error.hint().strip_prefix("Move them in one transaction: ").ok_or("another hint")?)?;
            } else {
                ensure_eq!(s.value("SELECT status FROM warden.create_partitions('e', '1 month', '2026-01-01', '2026-02-01', default_rows => 'move')")?, "created");
            }
            let moved: usize = s.value("SELECT count(*) FROM e_2026_01")?.parse()?;
            ensure!(detail.starts_with(&format!("{moved} row")), "{key} {way} {moved}");
            ensure_eq!(s.value("SELECT count(*) FROM e")?, before);
        }
    }
    Ok(())
}

fn bounds_as_keys_and_as_times(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (key, encoding, lower, upper) in [
        ("bigint", "epoch_s", "1767225600", "1769904000"),
        ("uuid", "auto", "019B76DA-A800-0000-0000-000000000000", "{019c167fcc0000000000000000000000}"),
        ("text COLLATE \"C\"", "text:ulid", "01KDVDNA000000000000000000", "01KGB7ZK000000000000000000"),
        ("text COLLATE \"C\"", "text:iso", "2026-01-01", "2026-02-01"),
        ("text COLLATE \"C\"", "text:ksuid", "2026-01-01", "2026-02-01"),
    ] {
        for (lower, upper) in
            [(lower, upper), ("2026-01-01", upper), (lower, "2026-02-01 00:00"), ("Jan 1 2026", "1 Feb 2026 0:00 Z")]
        {
            table(&mut s, key, encoding)?;
            ensure_eq!(
                made(&mut s, &format!("create_range_partition('e', '{lower}', '{upper}')"))?,
                "public.e_2026_01",
                "{key} {lower} {upper}"
            );
            let again = s.outcome(&format!("SELECT warden.{JANUARY}"));
            ensure_eq!(
                again.notices[0].message,
                "partition \"e_2026_01\" of \"e\" already exists, skipping",
                "{key} {lower}"
            );
        }
    }
    table(&mut s, "bigint", "epoch_s")?;
    for (lower, upper, sqlstate, message) in [
        ("10", "10", "22023", "lower_bound must be below upper_bound"),
        ("10", "9", "22023", "lower_bound must be below upper_bound"),
        (
            "2026-01-01 00:00:00.5",
            "2026-01-02",
            "22023",
            "no key of encoding epoch_s begins at 2026-01-01 00:00:00.5+00",
        ),
        ("1.5", "2", "22023", "lower_bound lies within the keys of one time"),
        ("1", "infinity", "22008", "upper_bound cannot be infinity"),
        ("1", "99999999999999999", "22008", "upper_bound cannot be 99999999999999999"),
        ("x", "2", "22007", "invalid input syntax for type timestamp with time zone: \"x\""),
        ("", "2", "22007", "invalid input syntax for type timestamp with time zone: \"\""),
    ] {
        let error = refused(&mut s, &format!("create_range_partition('e', '{lower}', '{upper}')"))?;
        ensure_eq!(parts(&error), (sqlstate, message), "{lower} {upper}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "0");
    Ok(())
}

fn values_as_keys_and_as_times(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (key, encoding, value) in [
        ("bigint", "epoch_ms", "1771761600123"),
        ("numeric", "epoch_ms", "1771761600123.25"),
        ("uuid", "auto", "019c8528-0800-7abc-8def-0123456789ab"),
        ("text COLLATE \"C\"", "text:iso", "2026-02-22T12:00:00.123Z"),
        ("text COLLATE \"C\"", "text:iso", "2026-02-22 tea time"),
    ] {
        table(&mut s, key, encoding)?;
        made(&mut s, JANUARY)?;
        ensure_eq!(made(&mut s, &format!("ensure_partition('e', '{value}')"))?, "public.e_2026_02", "{key}");
        ensure_eq!(s.value(&format!("SELECT warden.partition_for('e', '{value}')"))?, "public.e_2026_02", "{key}");
        ensure_eq!(made(&mut s, "ensure_partition('e', '2026-03-05 12:00')")?, "public.e_2026_03", "{key}");
    }
    table(&mut s, "numeric", "epoch_s")?;
    made(&mut s, JANUARY)?;
    for value in ["NaN", "Infinity", "-Infinity", "infinity"] {
        ensure_eq!(refused(&mut s, &format!("ensure_partition('e', '{value}')"))?.sqlstate, "22008", "{value}");
        ensure_eq!(
            s.error(&format!("SELECT coalesce(warden.partition_for('e', '{value}'), '-')"))
                .map_or_else(|_| "-".to_owned(), |e| e.sqlstate),
            if value == "infinity" { "22008" } else { "-" },
            "{value}"
        );
    }
    Ok(())
}

fn bounds_within_a_unit(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    // Made by hand, a little behind the beginning of February.
    table(&mut s, "uuid", "auto")?;
    s.run("CREATE TABLE odd PARTITION OF e FOR VALUES FROM ('019b76da-a800-0000-0000-000000000000') TO ('019c167f-cc00-7000-8000-000000000000')")?;
    let error = refused(&mut s, FEBRUARY)?;
    ensure_eq!(error.sqlstate, "42P17");
    ensure!(error.message.ends_with("overlaps partition \"odd\""), "{error}");
    let error = refused(&mut s, JANUARY)?;
    ensure!(error.message.ends_with("is covered by partition \"odd\""), "{error}");
    let error = refused(&mut s, "ensure_partition('e', '019c167f-cc00-8000-8000-000000000000')")?;
    ensure_eq!(
        parts(&error),
        ("22023", "rows of '019c167f-cc00-8000-8000-000000000000' are in more than one partition of \"e\"")
    );
    ensure_eq!(made(&mut s, "ensure_partition('e', '2026-01-31 12:00')")?, "public.odd");
    // The server compares the rest, too.
    ensure_eq!(
        s.value("SELECT coalesce(warden.partition_for('e', '019c167f-cc00-8000-8000-000000000000'), '-')")?,
        "-"
    );
    ensure_eq!(s.value("SELECT warden.partition_for('e', '019c167f-cc00-6000-8000-000000000000')")?, "public.odd");
    Ok(())
}

fn bounds_that_are_no_keys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    table(&mut s, "text COLLATE \"C\"", "text:iso")?;
    s.run("CREATE TABLE odd PARTITION OF e FOR VALUES FROM ('B') TO ('it''s')")?;
    let error = refused(&mut s, JANUARY)?;
    ensure_eq!(parts(&error), ("0A000", "bound 'B' of partition \"odd\" is no key of encoding text:iso"));
    ensure_eq!(
        s.value(
            "SELECT lower_at IS NULL AND is_current IS NULL AND lower_bound = 'B' FROM warden.list_partitions('e')"
        )?,
        "t"
    );
    ensure_eq!(s.value("SELECT count(*) FROM warden.time_partitions WHERE parent_table = 'public.e'")?, "1");
    s.run("SELECT * FROM warden.partition_gaps('e')")?;
    // Far away numbers are no times either.
    table(&mut s, "numeric", "epoch_ns")?;
    s.run("CREATE TABLE far PARTITION OF e FOR VALUES FROM (1e60) TO ('Infinity'); CREATE TABLE past PARTITION OF e FOR VALUES FROM ('-Infinity') TO (-1e60)")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', partition, lower_at, upper_at, is_current) FROM warden.list_partitions('e')")?,
        ["public.past -infinity -infinity f", "public.far infinity infinity f"]
    );
    ensure_eq!(made(&mut s, JANUARY)?, "public.e_2026_01");
    Ok(())
}

fn lists_of_encoded_keys(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    table(&mut s, "bigint", "epoch_s")?;
    s.run("DO $$ BEGIN PERFORM warden.create_monthly_partition('e', date_trunc('month', now() AT TIME ZONE 'UTC')::date + m * interval '1 month') FROM (VALUES (-1), (0), (3)) AS v (m); EXCEPTION WHEN undefined_function THEN PERFORM warden.create_monthly_partition('e', (date_trunc('month', now() AT TIME ZONE 'UTC') + m * interval '1 month')::date) FROM (VALUES (-1), (0), (3)) AS v (m); END $$")?;
    ensure_eq!(s.column("SELECT is_current::text FROM warden.list_partitions('e')")?, ["false", "true", "false"]);
    ensure_eq!(
        s.column("SELECT partition FROM warden.time_partitions WHERE parent_table = 'public.e' AND is_current")?.len(),
        1
    );
    ensure_eq!(s.column("SELECT missing_partitions::text FROM warden.partition_gaps('e')")?, ["2"]);
    s.run("DELETE FROM warden_internal.partition_policy")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.time_partitions WHERE parent_table = 'public.e'")?, "0");
    ensure_eq!(s.value("SELECT count(is_current) FROM warden.list_partitions('e')")?, "0");
    Ok(())
}

fn a_role_without_rights(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    table(&mut s, "bigint", "epoch_s")?;
    made(&mut s, JANUARY)?;
    let name = db.role("")?;
    let mut stranger = db.session_as(&name)?;
    ensure_eq!(stranger.value("SELECT lower_at::text FROM warden.list_partitions('e')")?, "2026-01-01 00:00:00+00");
    ensure_eq!(stranger.value("SELECT warden.partition_for('e', '2026-01-05')")?, "public.e_2026_01");
    ensure_eq!(stranger.error("SELECT * FROM warden_internal.partition_policy")?.sqlstate, "42501");
    // An owner who is nobody else.
    s.run(&format!("ALTER TABLE e OWNER TO {name}; GRANT CREATE ON SCHEMA public TO {name}; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA warden TO {name}"))?;
    ensure_eq!(made(&mut stranger, FEBRUARY)?, "public.e_2026_02");
    Ok(())
}
