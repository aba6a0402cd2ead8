//! Maintenance of managed tables: `warden.plan_partition_maintenance`, `warden.partition_maintenance` and what they leave in
//! `warden.partition_log` and `warden.partition_maintenance_status`.

use std::thread;
use std::time::{Duration, Instant};

use pg_warden_tests::standby::Standby;
use pg_warden_tests::{Leg, Options, Result, Session, cases, ensure, ensure_eq};

cases![
    a_plan_for_each_length,
    a4_a7_from_the_end_of_a_month,
    b5_b6_b8_in_the_zone_of_the_set,
    b10_what_day_it_is,
    what_is_there_is_left_alone,
    e2_e3_ranges_that_are_taken,
    e5_open_ends,
    f4_beside_a_default,
    what_else_is_locked_and_published,
    c5_more_columns_plan_the_same,
    a_plan_only_reads,
    a_plan_on_a_standby,
    bad_input,
    work_is_done_once,
    as_the_plan_says,
    one_that_fails_stops_no_other,
    one_that_cannot_be_planned_stops_no_other,
    g5_a_lock_that_is_not_to_be_had,
    g5_a_lock_that_comes_late,
    i5_two_at_once,
    r10_sixteen_at_once,
    g2_what_was_not_finished,
    g11_tables_of_others,
    s13_what_an_owner_wrote_has_no_more_rights,
    s14_names_that_are_made_to_break_out,
    s17_a_table_that_was_given_away,
    only_at_top_level,
    cancelled,
    killed_in_the_middle,
    status_is_judged_by_success,
    a_log_of_ninety_days,
    a_hundred_tables_with_nothing_to_do,
    when_the_extension_goes,
];

/// Action, partition and bounds of a plan.
fn plan(s: &mut Session, table: &str, as_of: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', action, partition, lower_bound, upper_bound) FROM warden.plan_partition_maintenance('{table}', '{as_of}') ORDER BY step"
    ))?)
}

/// What is said by a run: severity, message, DETAIL.
fn run(s: &mut Session, arguments: &str) -> Result<Vec<String>> {
    let outcome = s.run(&format!("CALL warden.partition_maintenance({arguments})"))?;
    Ok(outcome.notices.iter().map(|n| format!("{}: {} | {}", n.severity, n.message, n.detail())).collect())
}

fn partitions(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', partition, lower_bound, upper_bound) FROM warden.list_partitions('{table}')"
    ))?)
}

/// The log without what differs from run to run.
const LOG: &str =
    "SELECT concat_ws(' ', table_name, action, partition, status, sqlstate) FROM warden.partition_log ORDER BY id";

/// A managed table of months, with nothing ahead of the present one.
fn managed(s: &mut Session, table: &str) -> Result {
    s.run(&format!(
        "CREATE TABLE {table} (ts timestamptz NOT NULL, id int) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('{table}', premake => 0)"
    ))?;
    Ok(())
}

/// The name that the partition of the present month has behind the table's.
fn this_month(s: &mut Session) -> Result<String> {
    Ok(s.value("SELECT to_char(now() AT TIME ZONE 'UTC', '_YYYY_MM')")?)
}

fn a_plan_for_each_length(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    // Sessions differ, bounds do not.
    s.run("SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German'; SET IntervalStyle = 'sql_standard'")?;
    for (interval, expected) in [
        ("1 month", ["_2026_02 2026-02-01 2026-03-01", "_2026_03 2026-03-01 2026-04-01"]),
        ("3 months", ["_2026_q1 2026-01-01 2026-04-01", "_2026_q2 2026-04-01 2026-07-01"]),
        ("1 year", ["_2026 2026-01-01 2027-01-01", "_2027 2027-01-01 2028-01-01"]),
        // The 18th is a Wednesday.
        ("7 days", ["_2026_02_16 2026-02-16 2026-02-23", "_2026_02_23 2026-02-23 2026-03-02"]),
        ("1 day", ["_2026_02_18 2026-02-18 2026-02-19", "_2026_02_19 2026-02-19 2026-02-20"]),
        ("10 days", ["_2026_02_13 2026-02-13 2026-02-23", "_2026_02_23 2026-02-23 2026-03-05"]),
    ] {
        for (kind, time) in [("date", ""), ("timestamp", " 00:00:00"), ("timestamptz", " 00:00:00+00")] {
            s.run(&format!(
                "CREATE TABLE e (ts {kind}) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('e', '{interval}', premake => 1)"
            ))?;
            let expected = expected.map(|line| {
                let [name, lower, upper] = line.split(' ').collect::<Vec<_>>()[..] else { return String::new() };
                format!("create public.e{name} {lower}{time} {upper}{time}")
            });
            for moment in ["2026-02-18 12:00+00", "2026-02-18 00:00+00", "2026-02-18 23:59:59.999999+00"] {
                ensure_eq!(plan(&mut s, "e", moment)?, expected, "{interval} {kind} {moment}");
            }
            s.run("DROP TABLE e")?;
        }
    }
    // A moment that is a bound belongs to what begins there.
    s.run("CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('e', '6 hours', premake => 1)")?;
    for (moment, first) in [
        (
            "2026-02-18 05:59:59.999999+00",
            "create public.e_2026_02_18_0000 2026-02-18 00:00:00+00 2026-02-18 06:00:00+00",
        ),
        ("2026-02-18 06:00+00", "create public.e_2026_02_18_0600 2026-02-18 06:00:00+00 2026-02-18 12:00:00+00"),
    ] {
        let rows = plan(&mut s, "e", moment)?;
        ensure_eq!((rows.len(), rows[0].as_str()), (2, first));
    }
    Ok(())
}

fn a4_a7_from_the_end_of_a_month(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts date) PARTITION BY RANGE (ts);
         SELECT * FROM warden.manage_partitions('e', anchor => '2020-01-31', premake => 3)",
    )?;
    ensure_eq!(
        plan(&mut s, "e", "2024-02-01")?,
        [
            "create public.e_2024_01 2024-01-31 2024-02-29",
            "create public.e_2024_02 2024-02-29 2024-03-31",
            "create public.e_2024_03 2024-03-31 2024-04-30",
            "create public.e_2024_04 2024-04-30 2024-05-31"
        ]
    );
    ensure_eq!(plan(&mut s, "e", "2024-02-29")?[0], "create public.e_2024_02 2024-02-29 2024-03-31");
    ensure_eq!(plan(&mut s, "e", "2023-02-28")?[0], "create public.e_2023_02 2023-02-28 2023-03-31");
    ensure_eq!(plan(&mut s, "e", "2019-12-31")?[0], "create public.e_2019_12 2019-12-31 2020-01-31");
    s.run("SELECT * FROM warden.manage_partitions('e', '1 year', anchor => '2024-02-29', premake => 4)")?;
    let rows = plan(&mut s, "e", "2024-03-01")?;
    let uppers: Vec<&str> = rows.iter().filter_map(|row| row.split(' ').next_back()).collect();
    ensure_eq!(uppers, ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"]);
    Ok(())
}

fn b5_b6_b8_in_the_zone_of_the_set(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
    let manage = |interval: &str, zone: &str| {
        format!("SELECT * FROM warden.manage_partitions('e', '{interval}', premake => 1, time_zone => '{zone}')")
    };
    // Days of 25 and 23 hours.
    s.run(&manage("1 day", "America/New_York"))?;
    for (moment, first) in [
        ("2025-11-02 12:00+00", "create public.e_2025_11_02 2025-11-02 04:00:00+00 2025-11-03 05:00:00+00"),
        ("2025-03-09 12:00+00", "create public.e_2025_03_09 2025-03-09 05:00:00+00 2025-03-10 04:00:00+00"),
        // Still yesterday there.
        ("2025-03-09 04:59+00", "create public.e_2025_03_08 2025-03-08 05:00:00+00 2025-03-09 05:00:00+00"),
    ] {
        ensure_eq!(plan(&mut s, "e", moment)?[0], first);
    }
    // A zone where midnight is skipped on some days, and months in which the clock changes.
    s.run(&manage("1 day", "America/Sao_Paulo"))?;
    ensure_eq!(
        plan(&mut s, "e", "2018-11-04 12:00+00")?[0],
        "create public.e_2018_11_04 2018-11-04 03:00:00+00 2018-11-05 02:00:00+00"
    );
    s.run(&manage("1 month", "Europe/Berlin"))?;
    ensure_eq!(
        plan(&mut s, "e", "2026-03-01 00:00+00")?,
        [
            "create public.e_2026_03 2026-02-28 23:00:00+00 2026-03-31 22:00:00+00",
            "create public.e_2026_04 2026-03-31 22:00:00+00 2026-04-30 22:00:00+00"
        ]
    );
    // Hours that the clock shows twice.
    s.run(&manage("1 hour", "America/New_York"))?;
    for (moment, first) in [
        ("2025-11-02 05:30+00", "create public.e_2025_11_02_0500 2025-11-02 05:00:00+00 2025-11-02 06:00:00+00"),
        ("2025-11-02 06:30+00", "create public.e_2025_11_02_0600 2025-11-02 06:00:00+00 2025-11-02 07:00:00+00"),
    ] {
        ensure_eq!(plan(&mut s, "e", moment)?[0], first);
    }
    // A set made in Moscow goes on in Moscow's months, whatever the session that maintains it thinks.
    s.run("DROP TABLE e; CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts); SET TimeZone = 'Europe/Moscow'")?;
    s.run("CREATE TABLE e0 PARTITION OF e FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')")?;
    s.run("SELECT * FROM warden.manage_partitions('e', premake => 4)")?;
    for zone in ["UTC", "America/New_York", "Asia/Kolkata"] {
        s.run(&format!("SET TimeZone = '{zone}'"))?;
        ensure_eq!(
            plan(&mut s, "e", "2026-11-15 00:00+00")?,
            [
                "create public.e_2026_12 2026-11-30 21:00:00+00 2026-12-31 21:00:00+00",
                "create public.e_2027_01 2026-12-31 21:00:00+00 2027-01-31 21:00:00+00",
                "create public.e_2027_02 2027-01-31 21:00:00+00 2027-02-28 21:00:00+00",
                "create public.e_2027_03 2027-02-28 21:00:00+00 2027-03-31 21:00:00+00"
            ]
        );
    }
    Ok(())
}

fn b10_what_day_it_is(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for kind in ["date", "timestamp"] {
        s.run(&format!("CREATE TABLE e (ts {kind}) PARTITION BY RANGE (ts)"))?;
        for (zone, month) in [("UTC", "e_2026_01"), ("Asia/Kolkata", "e_2026_02"), ("America/New_York", "e_2026_01")] {
            s.run(&format!("SELECT * FROM warden.manage_partitions('e', premake => 0, time_zone => '{zone}')"))?;
            ensure_eq!(
                s.value("SELECT partition FROM warden.plan_partition_maintenance('e', '2026-01-31 20:00+00')")?,
                format!("public.{month}"),
                "{kind} {zone}"
            );
        }
        s.run("DROP TABLE e")?;
    }
    Ok(())
}

fn what_is_there_is_left_alone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts date) PARTITION BY RANGE (ts);
         CREATE TABLE begun PARTITION OF e FOR VALUES FROM ('2026-01-15') TO ('2026-02-01');
         CREATE TABLE a PARTITION OF e FOR VALUES FROM ('2026-02-01') TO ('2026-02-10');
         CREATE TABLE b PARTITION OF e FOR VALUES FROM ('2026-02-10') TO ('2026-03-01');
         CREATE TABLE other_name PARTITION OF e FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
         SELECT * FROM warden.manage_partitions('e', premake => 4, anchor => '2026-01-01')",
    )?;
    // The month that a partition began in, one in two parts, and one of another name: only the holes are filled.
    ensure_eq!(
        plan(&mut s, "e", "2026-01-20")?,
        ["create public.e_2026_03 2026-03-01 2026-04-01", "create public.e_2026_05 2026-05-01 2026-06-01"]
    );
    // Nothing is said about the past.
    ensure_eq!(plan(&mut s, "e", "2026-04-01")?.len(), 4);
    s.run("CREATE TABLE c PARTITION OF e FOR VALUES FROM ('2026-03-01') TO ('2026-04-01'); CREATE TABLE d PARTITION OF e FOR VALUES FROM ('2026-05-01') TO ('2026-06-01')")?;
    ensure_eq!(plan(&mut s, "e", "2026-01-20")?, Vec::<String>::new());
    Ok(())
}

fn e2_e3_ranges_that_are_taken(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let made = "CREATE TABLE e (ts date) PARTITION BY RANGE (ts)";
    let blocked = "SELECT concat_ws(' ', action, partition, coalesce(sql, '-'), locks, risk) FROM warden.plan_partition_maintenance('e', '2026-01-20')";
    s.run(&format!(
        "{made}; CREATE TABLE year PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         SELECT * FROM warden.manage_partitions('e', premake => 1, anchor => '2026-01-01')"
    ))?;
    let rows = s.column(blocked)?;
    ensure_eq!(rows.len(), 2);
    ensure!(
        rows[0].starts_with("create public.e_2026_01 - none blocked: range [2026-01-01, 2026-02-01) of \"e\" is covered by partition \"year\". public.year holds [2026-01-01, 2027-01-01)."),
        "{rows:?}"
    );
    s.run(&format!(
        "DROP TABLE e; {made}; CREATE TABLE part PARTITION OF e FOR VALUES FROM ('2026-02-01') TO ('2026-03-15');
         SELECT * FROM warden.manage_partitions('e', premake => 1, anchor => '2026-01-15')"
    ))?;
    s.run("UPDATE warden_internal.partition_policy SET anchor = '2026-01-01'")?;
    let rows = s.column(blocked)?;
    ensure_eq!(rows.len(), 2);
    ensure!(rows[0].starts_with("create public.e_2026_01 CREATE TABLE public.e_2026_01 (LIKE"), "{rows:?}");
    ensure!(
        rows[1].starts_with("create public.e_2026_02 - none blocked: range [2026-02-01, 2026-03-01) of \"e\" is covered by partition \"part\"."),
        "{rows:?}"
    );
    // A taken name.
    s.run("CREATE VIEW e_2026_01 AS SELECT 1")?;
    ensure!(s.column(blocked)?[0].contains("blocked: name \"e_2026_01\" for a partition of \"e\" is taken by a view"));
    Ok(())
}

fn e5_open_ends(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts);
         CREATE TABLE legacy PARTITION OF e FOR VALUES FROM (MINVALUE) TO ('2026-02-01 00:00+00');
         SELECT * FROM warden.manage_partitions('e', premake => 1, retention => '1 day')",
    )?;
    ensure_eq!(
        plan(&mut s, "e", "2026-01-20 00:00+00")?,
        ["create public.e_2026_02 2026-02-01 00:00:00+00 2026-03-01 00:00:00+00"]
    );
    s.run("CREATE TABLE rest PARTITION OF e FOR VALUES FROM ('2026-02-01 00:00+00') TO (MAXVALUE)")?;
    let rows = s.column("SELECT risk FROM warden.plan_partition_maintenance('e', '2026-01-20 00:00+00')")?;
    ensure!(rows.len() == 1 && rows[0].contains("is covered by partition \"rest\""), "{rows:?}");
    // What has an end may be too old, what has none never is.
    let removed =
        "SELECT partition FROM warden.plan_partition_maintenance('e', '2030-01-01 00:00+00') WHERE action = 'detach'";
    ensure_eq!(s.column(removed)?, ["public.legacy"]);
    Ok(())
}

fn f4_beside_a_default(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT;
         SELECT * FROM warden.manage_partitions('e', premake => 1)",
    )?;
    ensure_eq!(
        s.column(
            "SELECT concat_ws(' | ', sql ~ 'PARTITION OF', locks, risk) FROM warden.plan_partition_maintenance('e')"
        )?,
        [
            "t | ACCESS EXCLUSIVE on public.e, ACCESS EXCLUSIVE on public.rest | reads and writes wait until it is done; public.rest is read while it is locked, and rows of the range in it are an error (23514)",
            "f | SHARE UPDATE EXCLUSIVE on public.e, ACCESS EXCLUSIVE on public.rest | reads and writes go on; public.rest is read while it is locked, and rows of the range in it are an error (23514)",
        ]
    );
    // Rows of the next month in it: that month fails, the present one does not.
    s.run("INSERT INTO e VALUES (date_trunc('month', now()) + '1 month')")?;
    let said = run(&mut s, "")?;
    ensure!(
        said[0].starts_with("WARNING: partition maintenance of public.e: create public.e_")
            && said[0].contains(": error | default partition \"rest\" of \"e\" holds rows of"),
        "{said:?}"
    );
    ensure_eq!(
        said[1..],
        [
            "NOTICE: partition maintenance of public.e: 1 created | ",
            "NOTICE: partition maintenance of 1 table: 1 done, 1 failed | "
        ]
    );
    ensure_eq!(
        s.value("SELECT string_agg(concat_ws(' ', status, sqlstate), ', ' ORDER BY id) FROM warden.partition_log")?,
        "done, error 23514, error"
    );
    Ok(())
}

fn what_else_is_locked_and_published(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE \"K\" (id int PRIMARY KEY); CREATE TABLE e (ts date, id int REFERENCES \"K\") PARTITION BY RANGE (ts);
         CREATE PUBLICATION p FOR TABLE e; CREATE PUBLICATION q FOR TABLE e WITH (publish_via_partition_root)",
    )?;
    let rows = s.column("SELECT locks || ' | ' || risk FROM warden.manage_partitions('e', premake => 0)")?;
    ensure_eq!(
        rows,
        [
            "SHARE UPDATE EXCLUSIVE on public.e, SHARE ROW EXCLUSIVE on public.\"K\" | reads and writes go on; nobody writes to public.\"K\" meanwhile; it is published by p, whose subscribers need it and then REFRESH PUBLICATION"
        ]
    );
    // As it is.
    s.run("BEGIN")?;
    let sql = s.value("SELECT sql FROM warden.plan_partition_maintenance('e')")?;
    s.run(&sql)?;
    ensure_eq!(
        s.value("SELECT string_agg(mode, ' ' ORDER BY mode) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = '\"K\"'::regclass AND mode ~ 'Exclusive'")?,
        "ShareRowExclusiveLock"
    );
    Ok(())
}

/// What the relation cache tells at once and what is read from the catalog lead to the same plan: a key of two columns is always read.
fn c5_more_columns_plan_the_same(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let mut seed = 7_u32;
    let mut random = |n: u32| {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12345);
        (seed >> 16) % n
    };
    for (kind, time) in [("date", ""), ("timestamptz", " 00:00+00")] {
        for _ in 0..8 {
            s.run(&format!(
                "CREATE TABLE one (ts {kind}) PARTITION BY RANGE (ts); CREATE TABLE two (ts {kind}, id int) PARTITION BY RANGE (ts, id)"
            ))?;
            for month in 1..=8 {
                if random(4) == 0 {
                    continue;
                }
                let length = if random(5) == 0 { 2 } else { 1 };
                let (lower, upper) =
                    (format!("'2026-0{month}-01{time}'"), format!("'2026-0{}-01{time}'", month + length));
                let lower = if month == 1 && random(2) == 0 { "MINVALUE".to_owned() } else { lower };
                // Where the one before was longer, both are refused.
                let one = s.outcome(&format!(
                    "CREATE TABLE one{month} PARTITION OF one FOR VALUES FROM ({lower}) TO ({upper})"
                ));
                let two = s.outcome(&format!("CREATE TABLE two{month} PARTITION OF two FOR VALUES FROM ({lower}, MINVALUE) TO ({upper}, MINVALUE)"));
                ensure_eq!(one.error.is_some(), two.error.is_some());
            }
            for table in ["one", "two"] {
                s.run(&format!("SELECT * FROM warden.manage_partitions('{table}', premake => 2, retention => '2 months', anchor => '2026-01-01')"))?;
            }
            for moment in ["2026-01-01", "2026-01-31", "2026-03-15", "2026-05-01", "2026-06-30", "2026-08-01"] {
                let strip = |rows: Vec<String>, table: &str| {
                    rows.iter().map(|row| row.replace(&format!("public.{table}"), "")).collect::<Vec<_>>()
                };
                let (one, two) = (
                    plan(&mut s, "one", &format!("{moment} 12:00+00"))?,
                    plan(&mut s, "two", &format!("{moment} 12:00+00"))?,
                );
                ensure_eq!(strip(one, "one"), strip(two, "two"), "{moment} {:?}", partitions(&mut s, "one")?);
            }
            s.run("DROP TABLE one, two")?;
        }
    }
    Ok(())
}

fn a_plan_only_reads(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    managed(&mut s, "e")?;
    run(&mut s, "")?;
    s.run("SELECT warden.create_monthly_partition('e', '2020-01-01')")?;
    s.run("SELECT * FROM warden.manage_partitions('e', premake => 3, retention => '1 year')")?;
    s.run("BEGIN READ ONLY; SELECT * FROM warden.plan_partition_maintenance('e'); SELECT * FROM warden.apply_partition_retention('e', dry_run => true)")?;
    ensure_eq!(s.value("SELECT coalesce(string_agg(DISTINCT mode, ', '), '-') FROM pg_locks WHERE pid = pg_backend_pid() AND mode <> 'AccessShareLock' AND locktype <> 'virtualxid'")?, "-");
    s.run("COMMIT")?;
    // Nobody is waited for.
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE e IN ACCESS EXCLUSIVE MODE")?;
    s.run("SET statement_timeout = '5s'")?;
    ensure_eq!(
        s.value("SELECT string_agg(action, ' ' ORDER BY step) FROM warden.plan_partition_maintenance('e')")?,
        "create create create detach"
    );
    ensure_eq!(
        s.value("SELECT action || ' ' || status FROM warden.apply_partition_retention('e', dry_run => true)")?,
        "would_detach planned"
    );
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_maintenance_status")?, "1");
    holder.run("ROLLBACK")?;
    // All tables of the caller's roles.
    ensure_eq!(
        s.value("SELECT string_agg(step || table_name, ' ' ORDER BY step) FROM warden.plan_partition_maintenance()")?,
        "1public.e 2public.e 3public.e 4public.e"
    );
    s.run("SELECT * FROM warden.manage_partitions('e', enabled => false)")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance()")?, "0");
    Ok(())
}

fn a_plan_on_a_standby(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options {
        settings: vec!["max_wal_senders = 3".to_owned(), "wal_level = replica".to_owned()],
        ..Options::default()
    })?;
    {
        let db = cluster.database()?;
        let mut s = db.session()?;
        managed(&mut s, "e")?;
        let standby = Standby::of(&cluster)?;
        let mut there = standby.connect(db.name())?;
        ensure_eq!(
            there.value("SELECT action || count(*) FROM warden.plan_partition_maintenance('e') GROUP BY action")?,
            "create1"
        );
        ensure_eq!(there.value("SELECT table_name FROM warden.partition_maintenance_status")?, "public.e");
        ensure_eq!(run(&mut there, "")?, ["NOTICE: partition maintenance skipped: in recovery | "]);
        ensure_eq!(there.error("SELECT * FROM warden.manage_partitions('e', premake => 1)")?.sqlstate, "25006");
    }
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE plain (a int); CREATE TABLE l (a int) PARTITION BY LIST (a)")?;
    managed(&mut s, "e")?;
    for (call, expected) in [
        ("SELECT * FROM warden.plan_partition_maintenance('e', NULL)", "22004 as_of must not be null"),
        ("SELECT * FROM warden.plan_partition_maintenance('e', 'infinity')", "22008 as_of cannot be infinite"),
        ("SELECT * FROM warden.plan_partition_maintenance('nothing')", "42P01 relation \"nothing\" does not exist"),
        ("SELECT * FROM warden.plan_partition_maintenance('x y')", "42602 not a table name: 'x y'"),
        (
            "SELECT * FROM warden.plan_partition_maintenance('plain')",
            "42704 partitions of table public.plain are not managed",
        ),
        (
            "SELECT * FROM warden.plan_partition_maintenance('e', '0044-03-15 BC')",
            "22008 as_of cannot be 0044-03-15 BC",
        ),
        ("CALL warden.partition_maintenance('nothing')", "42P01 relation \"nothing\" does not exist"),
        ("CALL warden.partition_maintenance('l')", "42704 partitions of table public.l are not managed"),
        ("CALL warden.partition_maintenance('e', NULL)", "22004 wait must not be null"),
        ("CALL warden.partition_maintenance('e', '-1 s')", "22023 wait must be a time of zero or more, without months"),
        (
            "CALL warden.partition_maintenance('e', '1 month')",
            "22023 wait must be a time of zero or more, without months",
        ),
        ("SELECT * FROM warden.apply_partition_retention(NULL, '1 day')", "22004 table_name must not be null"),
        (
            "SELECT * FROM warden.apply_partition_retention('plain', '1 day')",
            "42704 partitions of table public.plain are not managed",
        ),
        ("SELECT * FROM warden.apply_partition_retention('e')", "22023 partitions of public.e are kept for ever"),
        ("SELECT * FROM warden.apply_partition_retention('e', '0')", "22023 keep must be above zero, and finite"),
        ("SELECT * FROM warden.apply_partition_retention('e', '-1 day')", "22023 keep must be above zero, and finite"),
        (
            "SELECT * FROM warden.apply_partition_retention('e', '1 day', 'burn')",
            "22023 invalid value for action: 'burn'",
        ),
        (
            "SELECT * FROM warden.apply_partition_retention('e', '1 day', dry_run => NULL)",
            "22004 dry_run must not be null",
        ),
        (
            "SELECT * FROM warden.apply_partition_retention('e', '1 day', max_partitions => NULL)",
            "22004 max_partitions must not be null",
        ),
        (
            "SELECT * FROM warden.apply_partition_retention('e', '1 day', max_partitions => 0)",
            "22023 max_partitions must be above zero",
        ),
    ] {
        let error = s.error(call)?;
        ensure_eq!(format!("{} {}", error.sqlstate, error.message), expected, "{call}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "0");
    Ok(())
}

fn work_is_done_once(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts timestamptz, id int, PRIMARY KEY (ts, id)) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('e')")?;
    ensure_eq!(
        run(&mut s, "")?,
        [
            "NOTICE: partition maintenance of public.e: 5 created | ",
            "NOTICE: partition maintenance of 1 table: 5 done, 0 failed | "
        ]
    );
    ensure_eq!(
        partitions(&mut s, "e")?,
        s.column("SELECT format('public.e_%s %s %s', to_char(m, 'YYYY_MM'), m, m + interval '1 month') FROM generate_series(date_trunc('month', now()), now() + '4 months', '1 month') AS m")?
    );
    for call in ["", "'e'", "'public.e', '10 ms'"] {
        ensure_eq!(run(&mut s, call)?, ["NOTICE: partition maintenance of 1 table: nothing to do | "]);
    }
    // Each by itself, in a transaction of its own.
    ensure_eq!(
        s.value(
            "SELECT count(DISTINCT xmin::text) || ' ' || count(*) FROM pg_class WHERE relname LIKE 'e\\_____\\___'"
        )?,
        "5 5"
    );
    ensure_eq!(s.value("SELECT string_agg(DISTINCT concat_ws(' ', action, status, role, source, duration_ms > 0, lock_wait_ms >= 0, sql ~ 'ATTACH'), ', ') FROM warden.partition_log WHERE table_name = 'public.e' AND action <> 'run'")?, "create done postgres session t t t");
    // Settings of the session are as before.
    ensure_eq!(
        s.value(
            "SELECT concat_ws(' ', current_setting('search_path'), current_setting('lock_timeout'), current_user)"
        )?,
        "\"$user\", public 0 postgres"
    );
    Ok(())
}

/// The SQL of a plan, run by hand, leaves nothing to do.
fn as_the_plan_says(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE \"E e\" (ts timestamptz) PARTITION BY RANGE (ts); SELECT warden.create_monthly_partition('\"E e\"', '2020-01-01');
         CREATE TABLE clash (a int); CREATE SCHEMA \"Old\"; CREATE TABLE \"Old\".\"E e_2020_01\" (a int);
         SELECT * FROM warden.manage_partitions('\"E e\"', retention => '1 year', retention_action => 'archive', archive_schema => 'Old')",
    )?;
    let statements = s.column("SELECT sql FROM warden.plan_partition_maintenance() ORDER BY step")?;
    ensure_eq!(statements.len(), 6);
    for sql in statements {
        s.run(&sql)?;
    }
    ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance()")?, "0");
    ensure_eq!(s.value("SELECT '\"Old\".\"E e_2020_01_2\"'::regclass")?, "\"Old\".\"E e_2020_01_2\"");
    Ok(())
}

fn one_that_fails_stops_no_other(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let month = this_month(&mut s)?;
    for table in ["a", "b", "c"] {
        managed(&mut s, table)?;
    }
    // Its name is taken; what is planned as such, and what is found only when it is done.
    s.run(&format!("CREATE VIEW a{month} AS SELECT 1"))?;
    s.run("CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN
             IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE 'public.b%') THEN RAISE 'not b' USING DETAIL = 'Why not.', HINT = 'Ask.', ERRCODE = 'P0002'; END IF; END$$;
           CREATE EVENT TRIGGER no ON ddl_command_end EXECUTE FUNCTION no()")?;
    let said = run(&mut s, "")?;
    ensure!(
        said[0].starts_with(&format!(
            "WARNING: partition maintenance of public.a: create public.a{month}: blocked | name \"a{month}\""
        )),
        "{said:?}"
    );
    ensure_eq!(
        said[1..],
        [
            format!("WARNING: partition maintenance of public.b: create public.b{month}: error | not b. Why not. Ask."),
            "NOTICE: partition maintenance of public.c: 1 created | ".to_owned(),
            "NOTICE: partition maintenance of 3 tables: 1 done, 2 failed | ".to_owned(),
        ]
    );
    ensure_eq!(
        s.column(LOG)?,
        [
            format!("public.a create public.a{month} blocked 42P07"),
            format!("public.b create public.b{month} error P0002"),
            format!("public.c create public.c{month} done"),
            "run error".to_owned(),
        ]
    );
    ensure_eq!(s.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'b\\_%'")?, "0", "half done");
    Ok(())
}

fn one_that_cannot_be_planned_stops_no_other(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for table in ["a", "b", "c"] {
        managed(&mut s, table)?;
    }
    // As after an upgrade of the time zones, and by something else.
    s.run(
        "UPDATE warden_internal.partition_policy SET time_zone = 'Mars/Olympus' WHERE table_name = 'a'::regclass;
         UPDATE warden_internal.partition_policy SET storage_parameters = 'x' WHERE table_name = 'b'::regclass",
    )?;
    let outcome = s.run("SELECT table_name FROM warden.plan_partition_maintenance()")?;
    ensure_eq!(outcome.rows, [[Some("public.c".to_owned())]]);
    let warned: Vec<_> = outcome.notices.iter().map(|n| format!("{} | {}", n.message, n.detail())).collect();
    ensure_eq!(
        warned,
        [
            "partition maintenance of public.a cannot be planned | time zone \"Mars/Olympus\" not recognized.",
            "partition maintenance of public.b cannot be planned | invalid value for storage_parameters: 'x'. Write them as in WITH (...): 'fillfactor=70, toast.autovacuum_enabled=off'."
        ]
    );
    for (table, code) in [("a", "22023"), ("b", "22023")] {
        ensure_eq!(s.error(&format!("SELECT * FROM warden.plan_partition_maintenance('{table}')"))?.sqlstate, code);
    }
    let said = run(&mut s, "")?;
    ensure_eq!(
        said,
        [
            "WARNING: partition maintenance of public.a: error | time zone \"Mars/Olympus\" not recognized.",
            "WARNING: partition maintenance of public.b: error | invalid value for storage_parameters: 'x'. Write them as in WITH (...): 'fillfactor=70, toast.autovacuum_enabled=off'.",
            "NOTICE: partition maintenance of public.c: 1 created | ",
            "NOTICE: partition maintenance of 3 tables: 1 done, 2 failed | "
        ]
    );
    ensure_eq!(s.value("SELECT string_agg(sqlstate, ' ' ORDER BY id) FROM warden.partition_log")?, "22023 22023");
    Ok(())
}

fn g5_a_lock_that_is_not_to_be_had(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let month = this_month(&mut s)?;
    managed(&mut s, "a")?;
    managed(&mut s, "b")?;
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE a IN SHARE UPDATE EXCLUSIVE MODE")?;
    s.run("SET warden.partition_lock_timeout = '50ms'; SET warden.partition_lock_retries = 2")?;
    let began = Instant::now();
    let said = run(&mut s, "")?;
    ensure!(said[0].starts_with(&format!("WARNING: partition maintenance of public.a: create public.a{month}: lock_timeout | no lock for a partition of \"a\" within 50 ms.")), "{said:?}");
    ensure_eq!(
        said[1..],
        [
            "NOTICE: partition maintenance of public.b: 1 created | ",
            "NOTICE: partition maintenance of 2 tables: 1 done, 1 failed | "
        ]
    );
    // Three tries, and waits of 100 and 200 ms at least between them.
    ensure!(began.elapsed() >= Duration::from_millis(450), "{:?}", began.elapsed());
    ensure_eq!(s.column(LOG)?[0], format!("public.a create public.a{month} lock_timeout 55P03"));
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_log WHERE status = 'lock_timeout'")?, "1");
    ensure_eq!(s.value("SHOW lock_timeout")?, "0");
    Ok(())
}

fn g5_a_lock_that_comes_late(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    managed(&mut s, "a")?;
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE a IN SHARE UPDATE EXCLUSIVE MODE")?;
    s.run("SET warden.partition_lock_timeout = '50ms'; SET warden.partition_lock_retries = 20")?;
    thread::scope(|scope| -> Result {
        let working = scope.spawn(|| run(&mut s, ""));
        thread::sleep(Duration::from_millis(400));
        holder.run("COMMIT")?;
        let said = working.join().map_err(|_| "it panicked")??;
        ensure_eq!(
            said,
            [
                "NOTICE: partition maintenance of public.a: 1 created | ",
                "NOTICE: partition maintenance of 1 table: 1 done, 0 failed | "
            ]
        );
        Ok(())
    })?;
    ensure_eq!(db.session()?.value("SELECT string_agg(status, ' ') FROM warden.partition_log")?, "done done");
    Ok(())
}

fn i5_two_at_once(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    managed(&mut s, "a")?;
    managed(&mut s, "b")?;
    // Another session is at it.
    let mut other = db.session()?;
    other.run("BEGIN; SELECT pg_advisory_xact_lock(2003070576, 'a'::regclass::oid::int)")?;
    ensure_eq!(
        run(&mut s, "")?,
        [
            "NOTICE: partition maintenance of public.a: skipped: running | Another session is at it.",
            "NOTICE: partition maintenance of public.b: 1 created | ",
            "NOTICE: partition maintenance of 2 tables: 1 done, 0 failed | "
        ]
    );
    ensure_eq!(s.value("SELECT concat_ws(' ', last_run IS NULL, last_error IS NULL) FROM warden.partition_maintenance_status WHERE table_name = 'public.a'")?, "t t");
    // Nothing to do needs no lock.
    s.run("SELECT * FROM warden.apply_partition_retention('a', '1 day')")?;
    other.run("COMMIT")?;
    run(&mut s, "")?;
    ensure_eq!(s.value("SELECT concat_ws(' ', last_run IS NULL, last_success = last_run) FROM warden.partition_maintenance_status WHERE table_name = 'public.a'")?, "f t");
    Ok(())
}

fn r10_sixteen_at_once(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for n in 0..6 {
        s.run(&format!("CREATE TABLE t{n} (ts timestamptz) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('t{n}', '1 day', 5)"))?;
    }
    let sessions: Vec<Session> =
        (0..16).map(|_| db.session_with("-c warden.partition_lock_timeout=60s")).collect::<Result<_>>()?;
    let said: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = sessions
            .into_iter()
            .enumerate()
            .map(|(n, mut s)| {
                scope.spawn(move || {
                    // Half of them one by one, as other tools may.
                    let sql = if n % 2 == 0 { "CALL warden.partition_maintenance()" } else { "SELECT warden.create_daily_partition('t' || n, (now() AT TIME ZONE 'UTC')::date) FROM generate_series(0, 5) AS n" };
                    s.outcome(sql)
                })
            })
            .collect();
        running
            .into_iter()
            .filter_map(|r| r.join().ok())
            .filter(|outcome| outcome.error.is_some() || outcome.notices.iter().any(|n| n.severity == "WARNING"))
            .map(|outcome| outcome.to_string())
            .collect()
    });
    ensure!(said.is_empty(), "{said:?}");
    run(&mut s, "")?;
    ensure_eq!(s.value("SELECT string_agg(concat_ws(' ', partitions_ahead, last_error), ', ') FROM warden.partition_maintenance_status")?, ["5"; 6].join(", "));
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "36");
    Ok(())
}

fn g2_what_was_not_finished(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let month = this_month(&mut s)?;
    managed(&mut s, "e")?;
    run(&mut s, "")?;
    // A DETACH CONCURRENTLY that is given up while it waits for an older transaction.
    let mut older = db.session()?;
    older.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM e")?;
    s.run("SET statement_timeout = '300ms'")?;
    ensure_eq!(s.error(&format!("ALTER TABLE e DETACH PARTITION e{month} CONCURRENTLY"))?.sqlstate, "57014");
    older.run("COMMIT")?;
    s.run("SET statement_timeout = 0")?;
    ensure_eq!(
        s.column(
            "SELECT concat_ws(' | ', action, partition, sql, locks, risk) FROM warden.plan_partition_maintenance('e')"
        )?[0],
        format!(
            "finalize | public.e{month} | ALTER TABLE public.e DETACH PARTITION public.e{month} FINALIZE; | SHARE UPDATE EXCLUSIVE on public.e, ACCESS EXCLUSIVE on public.e{month} | it waits for transactions that began before; reads and writes go on"
        )
    );
    // Its name is still taken, so the new one is blocked until that is out of the way.
    let said = run(&mut s, "")?;
    ensure!(said.iter().any(|line| line.ends_with("1 finalized | ")), "{said:?}");
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits WHERE inhdetachpending")?, "0");
    s.run(&format!("DROP TABLE e{month}"))?;
    run(&mut s, "")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance('e')")?, "0");
    Ok(())
}

fn g11_tables_of_others(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (role, stranger) = (db.role("")?, db.role("")?);
    s.run(&format!("GRANT CREATE ON SCHEMA public TO {role}; GRANT EXECUTE ON PROCEDURE warden.partition_maintenance(text, interval) TO {role}, {stranger}; GRANT EXECUTE ON FUNCTION warden.plan_partition_maintenance(text, timestamptz) TO {role}, {stranger}"))?;
    managed(&mut s, "a")?;
    managed(&mut s, "b")?;
    s.run(&format!("ALTER TABLE b OWNER TO {role}"))?;
    let mut theirs = db.session_as(&role)?;
    ensure_eq!(
        theirs.value("SELECT string_agg(table_name, ' ') FROM warden.plan_partition_maintenance()")?,
        "public.b"
    );
    ensure_eq!(
        run(&mut theirs, "")?,
        [
            "NOTICE: partition maintenance of public.a: refused | must be owner of table public.a. Its owner is postgres; a member of that role may call this, too.",
            "NOTICE: partition maintenance of public.b: 1 created | ",
            "NOTICE: partition maintenance of 2 tables: 1 done, 0 failed | "
        ]
    );
    for call in ["CALL warden.partition_maintenance('a')", "SELECT * FROM warden.plan_partition_maintenance('a')"] {
        ensure_eq!(theirs.error(call)?.sqlstate, "42501", "{call}");
    }
    // Each sees of the log what is about their tables.
    ensure_eq!(
        theirs.value(
            "SELECT string_agg(concat_ws(' ', table_name, action, status, role), ', ') FROM warden.partition_log"
        )?,
        format!("public.b create done {role}")
    );
    ensure_eq!(db.session_as(&stranger)?.value("SELECT count(*) FROM warden.partition_log")?, "0");
    // For the table that was refused, there was no run.
    ensure_eq!(s.value("SELECT string_agg(concat_ws(' ', table_name, last_run IS NULL, sqlstate), ', ' ORDER BY table_name) FROM warden.partition_maintenance_status")?, "public.a t 42501, public.b f");
    // A superuser's run does the rest; what is made is the owner's, made with no more than the owner's rights.
    s.run(&format!(
        "REVOKE CREATE ON SCHEMA public FROM {role}; SELECT * FROM warden.manage_partitions('b', premake => 1)"
    ))?;
    let said = run(&mut s, "")?;
    ensure!(
        said.iter()
            .any(|line| line.contains("public.b") && line.contains("error | permission denied for schema public")),
        "{said:?}"
    );
    s.run(&format!("GRANT CREATE ON SCHEMA public TO {role}"))?;
    run(&mut s, "")?;
    ensure_eq!(
        s.value("SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class WHERE relname LIKE 'b\\_%'")?,
        role
    );
    Ok(())
}

/// An owner who wrote functions that run when partitions are made: they run as the owner, whoever maintains.
fn s13_what_an_owner_wrote_has_no_more_rights(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let role = db.role("")?;
    s.run(&format!("GRANT CREATE ON SCHEMA public TO {role}; GRANT EXECUTE ON FUNCTION warden.manage_partitions(text,interval,integer,interval,text,text,text,timestamp without time zone,text,text,text,text,text,boolean,boolean) TO {role}"))?;
    db.session_as(&role)?.run(&format!(
        "CREATE TABLE loot (who text, super text, what text);
         CREATE FUNCTION take(what text) RETURNS int LANGUAGE plpgsql VOLATILE AS $$BEGIN
            INSERT INTO public.loot VALUES (current_user, (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user), what);
            BEGIN EXECUTE 'ALTER ROLE {role} SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
            BEGIN SET SESSION AUTHORIZATION postgres; EXCEPTION WHEN OTHERS THEN NULL; END;
            BEGIN RESET ROLE; EXCEPTION WHEN OTHERS THEN NULL; END;
            INSERT INTO public.loot VALUES (current_user, 'later', what);
            RETURN 1; END$$;
         CREATE FUNCTION evil(what text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN public.take(what); END$$;
         CREATE TABLE e (ts timestamptz, id int, CHECK (id <> evil('check')), extra int DEFAULT public.take('default')) PARTITION BY RANGE (ts);
         CREATE INDEX ON e ((id + evil('index')));
         CREATE INDEX ON e (id) WHERE evil('predicate') > 0;
         CREATE TABLE rest PARTITION OF e DEFAULT;
         INSERT INTO e VALUES ('2001-01-01', 5);
         CREATE TABLE old PARTITION OF e FOR VALUES FROM ('2002-01-01') TO ('2002-02-01');
         CREATE TABLE k (ts timestamptz, id int) PARTITION BY RANGE (ts, (id + evil('key')));
         SELECT * FROM warden.manage_partitions('e', premake => 1, anchor => '2002-01-01', retention => '1 year', retention_action => 'drop');
         SELECT * FROM warden.manage_partitions('k', premake => 1);
         DELETE FROM loot"
    ))?;
    s.run("SELECT * FROM warden.plan_partition_maintenance(); SELECT * FROM warden.partition_maintenance_status")?;
    let said = run(&mut s, "")?;
    ensure!(said.iter().any(|line| line.contains("public.e: 2 created, 1 dropped")), "{said:?}");
    ensure!(said.iter().any(|line| line.contains("public.k: 2 created")), "{said:?}");
    s.run("SELECT * FROM warden.apply_partition_retention('e', '1 day')")?;
    let ran = s.column("SELECT DISTINCT concat_ws(' ', who, super) FROM loot ORDER BY 1")?;
    ensure_eq!(ran, [format!("{role} false"), format!("{role} later")]);
    ensure!(
        s.value("SELECT string_agg(DISTINCT what, ' ' ORDER BY what) FROM loot")?.contains("check"),
        "the trap did not spring"
    );
    ensure_eq!(s.value(&format!("SELECT rolsuper FROM pg_roles WHERE rolname = '{role}'"))?, "f");
    ensure_eq!(s.value("SELECT current_user || session_user")?, "postgrespostgres");
    Ok(())
}

fn s14_names_that_are_made_to_break_out(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE y (a int); SET client_min_messages = warning")?;
    let long = "é".repeat(31);
    for name in
        ["x\"; DROP TABLE y; --", "x'; DROP TABLE y; --", "a\nb", "é", long.as_str(), "%s%I", "$1", "\\", "user"]
    {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        s.run(&format!(
            "CREATE SCHEMA {quoted}; CREATE TABLE {quoted}.{quoted} (ts date, id int) PARTITION BY RANGE (ts)"
        ))?;
        let table = pg_warden_tests::sql::literal(&format!("{quoted}.{quoted}"));
        let schema = pg_warden_tests::sql::literal(&format!("{name}!"));
        let schema = if name.len() > 60 { "'arch'".to_owned() } else { schema };
        s.run(&format!(
            "SELECT warden.create_monthly_partition({table}, '2020-01-01');
             SELECT * FROM warden.manage_partitions({table}, premake => 1, retention => '1 year', retention_action => 'archive', archive_schema => {schema})"
        ))?;
        // Each step is as many statements as it says, and does what it says.
        s.run("BEGIN")?;
        for sql in s.column(&format!("SELECT sql FROM warden.plan_partition_maintenance({table}) ORDER BY step"))? {
            let expected = if sql.contains("SET SCHEMA") { 2..=4 } else { 2..=2 };
            let statements = pg_warden_tests::sql::split(&sql).len();
            ensure!(expected.contains(&statements), "{name:?}: {statements} statements: {sql}");
            s.run(&sql)?;
        }
        ensure_eq!(
            s.value(&format!("SELECT count(*) FROM warden.plan_partition_maintenance({table})"))?,
            "0",
            "{name:?}"
        );
        s.run("ROLLBACK")?;
        let said = run(&mut s, &table)?;
        ensure!(said.is_empty(), "{name:?}: {said:?}");
        ensure_eq!(
            s.value(&format!(
                "SELECT string_agg(status, ' ') FROM warden.partition_log WHERE action <> 'run' AND table_name::regclass = {table}::regclass"
            ))?,
            "done done done",
            "{name:?}"
        );
        ensure_eq!(s.value(&format!("SELECT partitions_ahead FROM warden.partition_maintenance_status WHERE table_name::regclass = {table}::regclass"))?, "1");
    }
    ensure_eq!(s.value("SELECT count(*) FROM y")?, "0");
    Ok(())
}

/// What its last owner wished is not done to a table that was given away.
fn s17_a_table_that_was_given_away(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (mallory, alice) = (db.role("")?, db.role("")?);
    s.run(&format!("GRANT CREATE ON SCHEMA public TO {mallory}, {alice}; GRANT EXECUTE ON FUNCTION warden.manage_partitions(text,interval,integer,interval,text,text,text,timestamp without time zone,text,text,text,text,text,boolean,boolean) TO {mallory}, {alice}"))?;
    db.session_as(&mallory)?.run("CREATE TABLE e (ts date) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('e', premake => 0, retention => '1 day', retention_action => 'drop')")?;
    s.run(&format!("ALTER TABLE e OWNER TO {alice}"))?;
    let said = run(&mut s, "")?;
    ensure_eq!(
        said[0],
        format!(
            "WARNING: partition maintenance of public.e: refused | policy of public.e was set by \"{mallory}\", who does not own it any more. Let the owner set it anew: warden.manage_partitions."
        )
    );
    ensure_eq!(s.error("SELECT * FROM warden.plan_partition_maintenance('e')")?.sqlstate, "42501");
    ensure_eq!(
        s.value("SELECT concat_ws(' ', last_run IS NULL, sqlstate) FROM warden.partition_maintenance_status")?,
        "t 42501"
    );
    // The same wish, by the owner.
    db.session_as(&alice)?.run(
        "SELECT * FROM warden.manage_partitions('e', premake => 0, retention => '1 day', retention_action => 'drop')",
    )?;
    ensure_eq!(run(&mut s, "")?[0], "NOTICE: partition maintenance of public.e: 1 created | ");
    // A role that is gone has set it for good.
    s.run(&format!("ALTER TABLE e OWNER TO {mallory}; SELECT * FROM warden.manage_partitions('e', premake => 1); UPDATE warden_internal.partition_policy SET set_by = 'gone'"))?;
    ensure_eq!(run(&mut s, "")?[0], "NOTICE: partition maintenance of public.e: 1 created | ");
    Ok(())
}

fn only_at_top_level(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    managed(&mut s, "e")?;
    for sql in [
        "BEGIN; CALL warden.partition_maintenance()",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN CALL warden.partition_maintenance(); END'; SELECT f()",
    ] {
        let error = s.error(sql)?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str()),
            ("25001", "partition maintenance cannot run inside a transaction block or a function")
        );
        s.run("ROLLBACK")?;
    }
    // Where it may commit, it does.
    s.run("DO $$BEGIN CALL warden.partition_maintenance(); ROLLBACK; END$$")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "1");
    s.run("CREATE PROCEDURE p() LANGUAGE plpgsql AS $$BEGIN FOR i IN 1..3 LOOP CALL warden.partition_maintenance('e'); END LOOP; END$$; SELECT * FROM warden.manage_partitions('e', premake => 2)")?;
    s.run("CALL p()")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "3");
    s.run("SET default_transaction_read_only = on")?;
    ensure_eq!(s.error("CALL warden.partition_maintenance()")?.sqlstate, "25006");
    Ok(())
}

fn cancelled(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('e')")?;
    // While it waits between two operations, and while it waits for a lock.
    s.run("SET statement_timeout = '300ms'")?;
    ensure_eq!(s.error("CALL warden.partition_maintenance(wait => '1 hour')")?.sqlstate, "57014");
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "1");
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE e IN SHARE UPDATE EXCLUSIVE MODE")?;
    s.run("SET warden.partition_lock_timeout = '1h'")?;
    ensure_eq!(s.error("CALL warden.partition_maintenance()")?.sqlstate, "57014");
    holder.run("ROLLBACK")?;
    s.run("RESET statement_timeout")?;
    // Nothing was left behind.
    ensure_eq!(s.value("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory' AND datname = current_database()")?, "0");
    ensure_eq!(run(&mut s, "")?[0], "NOTICE: partition maintenance of public.e: 4 created | ");
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_log WHERE action = 'run'")?, "1");
    Ok(())
}

fn killed_in_the_middle(leg: &Leg) -> Result {
    let mut cluster = leg.own_cluster(&Options::default())?;
    let name = {
        let db = cluster.database()?;
        let mut s = db.session()?;
        for n in 0..3 {
            s.run(&format!("CREATE TABLE t{n} (ts timestamptz, id int, PRIMARY KEY (ts, id)) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('t{n}', '1 day', 30)"))?;
        }
        db.kept()
    };
    let killed = (1..=3).try_for_each(|round| {
        thread::scope(|scope| -> Result {
            let working = scope
                .spawn(|| cluster.connect_in_time(&name).map(|mut s| s.outcome("CALL warden.partition_maintenance(wait => '30 ms')")));
            let mut s = cluster.connect_in_time(&name)?;
            let began = Instant::now();
            let wanted = 20 * round;
            while s
                .value("SELECT count(*) FROM pg_inherits WHERE inhparent IN ('t0'::regclass, 't1'::regclass, 't2'::regclass)")?
                .parse::<i32>()?
                < wanted
            {
                ensure!(!working.is_finished() && began.elapsed() < Duration::from_secs(120), "it does nothing");
            }
            let pid =
                s.value("SELECT pid FROM pg_stat_activity WHERE query LIKE 'CALL%' AND pid <> pg_backend_pid()")?;
            cluster.kill(&pid, s)?;
            let outcome = working.join().map_err(|_| "it panicked")??;
            ensure!(outcome.error.is_some(), "it was not killed: {outcome}");
            Ok(())
        })
    });
    ensure!(cluster.crashes(0).iter().any(|line| line.contains("reinitializing")), "the server was not killed");
    cluster.log_was_checked();
    killed?;
    let mut s = cluster.connect_in_time(&name)?;
    // What is in the log is there, and the other way round: nothing half done, no table that is no partition.
    let strays = "SELECT count(*) FROM pg_class c WHERE relkind = 'r' AND relname ~ '^t[0-2]_' AND (NOT relispartition
        OR NOT EXISTS (SELECT FROM warden.partition_log l WHERE l.partition = 'public.' || relname AND status = 'done'))";
    ensure_eq!(s.value(strays)?, "0");
    ensure_eq!(
        s.value(
            "SELECT count(*) FROM warden.partition_log WHERE action = 'create' AND to_regclass(partition) IS NULL"
        )?,
        "0"
    );
    ensure_eq!(
        s.value("SELECT count(*) FROM warden.partition_maintenance_status WHERE last_run IS NOT NULL")?,
        "0",
        "a run that was killed counts"
    );
    let said = run(&mut s, "")?;
    ensure!(said.iter().all(|line| line.starts_with("NOTICE")), "{said:?}");
    ensure_eq!(
        s.value(
            "SELECT count(*) FROM pg_inherits WHERE inhparent IN ('t0'::regclass, 't1'::regclass, 't2'::regclass)"
        )?,
        "93"
    );
    ensure_eq!(s.value(strays)?, "0");
    ensure_eq!(
        s.value("SELECT string_agg(partitions_ahead::text, ' ') FROM warden.partition_maintenance_status")?,
        "30 30 30"
    );
    Ok(())
}

fn status_is_judged_by_success(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let month = this_month(&mut s)?;
    managed(&mut s, "a")?;
    managed(&mut s, "b")?;
    s.run(&format!("CREATE VIEW b{month} AS SELECT 1; SELECT * FROM warden.manage_partitions('a', premake => 2)"))?;
    let status = "SELECT concat_ws(' ', table_name, enabled, coalesce(last_run > now() - '1 hour'::interval, false), coalesce(last_success = last_run, false),
        coalesce(sqlstate, '-'), partitions_ahead, coalesce((covered_until AT TIME ZONE 'UTC' = date_trunc('month', now() AT TIME ZONE 'UTC') + '3 months'::interval)::text, '-'),
        scheduler, coalesce(scheduler_alive::text, '-')) FROM warden.partition_maintenance_status ORDER BY 1";
    ensure_eq!(s.column(status)?, ["public.a t f f - 0 - none -", "public.b t f f - 0 - none -"]);
    run(&mut s, "")?;
    ensure_eq!(s.column(status)?, ["public.a t t t - 2 true none -", "public.b t t f 42P07 0 - none -"]);
    ensure!(
        s.value("SELECT last_error FROM warden.partition_maintenance_status WHERE table_name = 'public.b'")?
            .starts_with(&format!("name \"b{month}\" for a partition of \"b\" is taken by a view."))
    );
    s.run(&format!("DROP VIEW b{month}"))?;
    run(&mut s, "'b'")?;
    ensure_eq!(s.column(status)?[1], "public.b t t t - 0 false none -");
    // A run for one table says nothing about another.
    ensure_eq!(s.value("SELECT count(DISTINCT last_run) FROM warden.partition_maintenance_status")?, "2");
    // A hole is the end.
    s.run("SELECT warden.create_monthly_partition('b', (date_trunc('month', now()) + '2 months')::date)")?;
    ensure_eq!(s.column(status)?[1], "public.b t t t - 0 false none -");
    // A table that does not reach until now.
    s.run(&format!("ALTER TABLE b DETACH PARTITION b{month}"))?;
    ensure_eq!(s.column(status)?[1], "public.b t t t - 0 - none -");
    Ok(())
}

fn a_log_of_ninety_days(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    managed(&mut s, "e")?;
    run(&mut s, "")?;
    s.run("UPDATE warden_internal.partition_log SET at = now() - interval '91 days' WHERE action = 'create'")?;
    s.run("UPDATE warden_internal.partition_log SET at = now() - interval '89 days' WHERE action = 'run'")?;
    run(&mut s, "")?;
    ensure_eq!(s.column("SELECT action FROM warden.partition_log ORDER BY id")?, ["run", "run"]);
    Ok(())
}

fn a_hundred_tables_with_nothing_to_do(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for n in 0..20 {
        s.run(&format!(
            "CREATE TABLE t{n} (ts timestamptz) PARTITION BY RANGE (ts);
             SELECT * FROM warden.create_partitions('t{n}', '1 month', date_trunc('month', now())::timestamp, (now() + interval '36 months')::timestamp);
             SELECT * FROM warden.manage_partitions('t{n}', premake => 36)"
        ))?;
    }
    ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance()")?, "0");
    let fastest = |s: &mut Session, sql: &str| -> Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..10 {
            let began = Instant::now();
            s.run(sql)?;
            times.push(began.elapsed());
        }
        Ok(times.into_iter().min().unwrap_or_default())
    };
    let plan = fastest(&mut s, "SELECT * FROM warden.plan_partition_maintenance()")?;
    let run = fastest(&mut s, "CALL warden.partition_maintenance()")?;
    println!("{}: 20 tables of 37 partitions, nothing to do: plan {plan:?}, maintenance {run:?}", leg.name);
    // Built for debugging, with assertions, beside other tests.
    ensure!(
        plan < Duration::from_millis(100) && run < Duration::from_millis(100),
        "plan {plan:?}, maintenance {run:?}"
    );
    Ok(())
}

fn when_the_extension_goes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let drop = |s: &mut Session| -> Result<Vec<String>> {
        let outcome = s.run("BEGIN; DROP EXTENSION pg_warden; ROLLBACK")?;
        Ok(outcome
            .notices
            .iter()
            .filter(|n| n.severity == "WARNING")
            .map(|n| format!("{} | {}", n.message, n.detail()))
            .collect())
    };
    ensure_eq!(drop(&mut s)?, Vec::<String>::new());
    managed(&mut s, "a")?;
    run(&mut s, "")?;
    let until = s.value("SELECT date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month' || '+00'")?;
    ensure_eq!(drop(&mut s)?, [format!("1 table gets no more partitions | public.a has them until {until}.")]);
    managed(&mut s, "\"B\"")?;
    ensure_eq!(
        drop(&mut s)?,
        [format!("2 tables get no more partitions | public.\"B\" has none for now; public.a has them until {until}.")]
    );
    s.run("SELECT * FROM warden.manage_partitions('a', premake => 0, enabled => false)")?;
    ensure_eq!(drop(&mut s)?, ["1 table gets no more partitions | public.\"B\" has none for now."]);
    // No data is touched.
    s.run("DROP EXTENSION pg_warden")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "1");
    Ok(())
}
