//! Which tables are managed, and how: `warden.manage_partitions`, `warden.unmanage_partitions` and `warden.partition_policies`.

use pg_warden_tests::cluster::succeed;
use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    a_policy_is_kept_and_its_plan_returned,
    the_same_again_changes_nothing,
    a5_the_day_that_months_begin_on,
    a12_a_month_is_not_thirty_days,
    b9_another_zone_than_the_bounds,
    an_anchor_must_meet_the_last_partition,
    days_are_the_smallest_parts_of_a_date,
    what_keys_mean_is_declared,
    bad_input,
    rights,
    a_policy_follows_its_table,
    a_dropped_table_is_forgotten,
    dump_and_restore,
    a_subscriber_to_all_tables_need_not_have_it,
    unmanaged,
];

fn refused(s: &mut Session, arguments: &str) -> Result<String> {
    let error = s.error(&format!("SELECT * FROM warden.manage_partitions({arguments})"))?;
    Ok(format!("{} {}", error.sqlstate, error.message))
}

fn anchor(s: &mut Session, arguments: &str) -> Result<String> {
    s.run(&format!("SELECT * FROM warden.manage_partitions({arguments})"))?;
    Ok(s.value("SELECT anchor || ' ' || time_zone FROM warden.partition_policies")?)
}

/// A row for each policy.
const KEPT: &str = "SELECT concat_ws(' ', table_name, partition_interval, premake, retention, retention_action, archive_schema, time_zone, anchor,
    key_encoding, default_partition, name_format, tablespace, storage_parameters, copy_grants, enabled) FROM warden.partition_policies ORDER BY 1";

fn a_policy_is_kept_and_its_plan_returned(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for kind in ["date", "timestamp", "timestamptz"] {
        s.run(&format!("CREATE TABLE e (ts {kind} NOT NULL, id int) PARTITION BY RANGE (ts)"))?;
        let rows = s.rows("SELECT step, table_name, action, partition, sql IS NOT NULL, locks, risk FROM warden.manage_partitions('e')")?;
        let months = s.column(
            "SELECT 'public.e_' || to_char(now() + n * interval '1 month', 'YYYY_MM') FROM generate_series(0, 4) AS n",
        )?;
        ensure_eq!(rows.len(), 5, "{kind}");
        for (n, (row, month)) in rows.iter().zip(&months).enumerate() {
            let row: Vec<&str> = row.iter().map(|value| value.as_deref().unwrap_or("∅")).collect();
            ensure_eq!(
                row,
                [
                    (n + 1).to_string().as_str(),
                    "public.e",
                    "create",
                    month,
                    "t",
                    "SHARE UPDATE EXCLUSIVE on public.e",
                    "reads and writes go on"
                ]
            );
        }
        ensure_eq!(s.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'e'::regclass")?, "0");
        ensure_eq!(s.column(KEPT)?, ["public.e 1 mon 4 detach UTC 2000-01-01 00:00:00 auto keep f t"], "{kind}");
        s.run("DROP TABLE e")?;
    }
    s.run(
        "CREATE SCHEMA \"Old\"; CREATE TABLE \"E e\" (ts date) PARTITION BY RANGE (ts);
         SELECT * FROM warden.manage_partitions('\"E e\"', '7 days', 2, '1 year', 'archive', 'Old', 'Asia/Kolkata', enabled => false)",
    )?;
    // Weeks begin on Monday.
    ensure_eq!(
        s.column(KEPT)?,
        ["public.\"E e\" 7 days 2 1 year archive Old Asia/Kolkata 2000-01-03 00:00:00 auto keep f f"]
    );
    ensure_eq!(
        s.value("SELECT set_by || ' ' || (set_at > now() - interval '1 minute') FROM warden.partition_policies")?,
        "postgres true"
    );
    Ok(())
}

fn the_same_again_changes_nothing(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts timestamptz) PARTITION BY RANGE (ts)")?;
    let first = "SELECT * FROM warden.manage_partitions('e', time_zone => 'Asia/Tokyo', anchor => '2000-01-31', retention => '2 years')";
    s.run(first)?;
    let row = "SELECT xmin, set_at FROM warden_internal.partition_policy";
    let before = s.rows(row)?;
    s.run(first)?;
    // What is not given stays as it is: zone and anchor of the set are no matter of taste.
    s.run("SELECT * FROM warden.manage_partitions('e', retention => '2 years')")?;
    ensure_eq!(s.rows(row)?, before);
    s.run("BEGIN; SELECT * FROM warden.manage_partitions('e', premake => 1); SELECT * FROM warden.manage_partitions('e', premake => 2); COMMIT")?;
    ensure_eq!(s.column(KEPT)?, ["public.e 1 mon 2 detach Asia/Tokyo 2000-01-31 00:00:00 auto keep f t"]);
    // Another length is counted anew.
    s.run("SELECT * FROM warden.manage_partitions('e', '1 day')")?;
    ensure_eq!(s.column(KEPT)?, ["public.e 1 day 4 detach Asia/Tokyo 2000-01-01 00:00:00 auto keep f t"]);
    Ok(())
}

/// Partitions of e between these bounds.
fn set(s: &mut Session, kind: &str, bounds: &[&str]) -> Result {
    s.run(&format!("DROP TABLE IF EXISTS e; CREATE TABLE e (ts {kind}) PARTITION BY RANGE (ts)"))?;
    for (n, pair) in bounds.windows(2).enumerate() {
        s.run(&format!("CREATE TABLE e{n} PARTITION OF e FOR VALUES FROM ('{}') TO ('{}')", pair[0], pair[1]))?;
    }
    Ok(())
}

fn a5_the_day_that_months_begin_on(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let shown = [
        (&["2026-01-31", "2026-02-28", "2026-03-31"][..], "2026-01-31"),
        (&["2025-12-31", "2026-01-31", "2026-02-28"], "2026-01-31"),
        (&["2026-01-15", "2026-02-15"], "2026-02-15"),
        (&["2026-02-28", "2026-03-30"], "2026-03-30"),
    ];
    for (bounds, day) in shown {
        set(&mut s, "date", bounds)?;
        s.run("SELECT warden.unmanage_partitions('e')")?;
        let kept = anchor(&mut s, "'e'")?;
        ensure!(kept.ends_with(&format!("{} 00:00:00 UTC", &day[8..])), "{bounds:?}: {kept}");
    }
    // After February the 31st comes back.
    set(&mut s, "date", &["2026-01-31", "2026-02-28"])?;
    s.run("SELECT * FROM warden.manage_partitions('e')")?;
    ensure_eq!(
        s.column("SELECT lower_bound || ' ' || upper_bound FROM warden.plan_partition_maintenance('e', '2026-03-01')")?,
        [
            "2026-02-28 2026-03-31",
            "2026-03-31 2026-04-30",
            "2026-04-30 2026-05-31",
            "2026-05-31 2026-06-30",
            "2026-06-30 2026-07-31"
        ]
    );
    set(&mut s, "date", &["2026-02-28", "2026-04-30"])?;
    let error = s.error("SELECT * FROM warden.manage_partitions('e', '2 months')")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str(), error.hint()),
        (
            "22023",
            "bounds of \"e\" do not show where intervals of 2 months begin",
            "Give an anchor: anchor => '2000-01-31' for the last day of each month."
        )
    );
    ensure_eq!(anchor(&mut s, "'e', '2 months', anchor => '2025-12-31'")?, "2025-12-31 00:00:00 UTC");
    ensure_eq!(
        s.value("SELECT lower_bound || ' ' || upper_bound FROM warden.plan_partition_maintenance('e', '2026-05-01')")?,
        "2026-04-30 2026-06-30"
    );
    Ok(())
}

fn a12_a_month_is_not_thirty_days(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    set(&mut s, "date", &["2026-01-01", "2026-02-01", "2026-03-01"])?;
    for interval in ["30 days", "7 days", "3 months"] {
        let error = refused(&mut s, &format!("'e', '{interval}'"))?;
        ensure_eq!(error, format!("22023 bounds of \"e\" do not show where intervals of {interval} begin"));
    }
    set(&mut s, "date", &["2026-01-01", "2026-01-31", "2026-03-02"])?;
    ensure_eq!(
        refused(&mut s, "'e', '1 month'")?,
        "22023 bounds of \"e\" do not show where intervals of 1 months begin"
    );
    ensure_eq!(anchor(&mut s, "'e', '30 days'")?, "2026-01-01 00:00:00 UTC");
    for interval in ["1 month 1 day", "1 day 1 hour", "0", "-1 month", "-1 day"] {
        ensure_eq!(
            refused(&mut s, &format!("'e', '{interval}'"))?,
            "22023 partition_interval must be months, days or a time, and above zero"
        );
    }
    Ok(())
}

fn b9_another_zone_than_the_bounds(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("SET TimeZone = 'Europe/Moscow'")?;
    set(&mut s, "timestamptz", &["2026-01-01", "2026-02-01", "2026-03-01"])?;
    let error = s.error("SELECT * FROM warden.manage_partitions('e', time_zone => 'America/New_York')")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str(), error.detail(), error.hint()),
        (
            "22023",
            "bounds of \"e\" are not midnights in time zone \"America/New_York\"",
            "They are midnights in time zone \"Europe/Moscow\".",
            "Use that one: time_zone => 'Europe/Moscow'."
        )
    );
    // Found as the one-shot functions find it, and kept.
    ensure_eq!(anchor(&mut s, "'e'")?, "2026-03-01 00:00:00 Europe/Moscow");
    s.run("SET TimeZone = 'UTC'")?;
    ensure_eq!(anchor(&mut s, "'e', premake => 2")?, "2026-03-01 00:00:00 Europe/Moscow");
    // A session that knows nothing of Moscow.
    s.run("SELECT warden.unmanage_partitions('e')")?;
    let error = s.error("SELECT * FROM warden.manage_partitions('e')")?;
    ensure_eq!(
        (error.message.as_str(), error.detail()),
        ("bounds of \"e\" are not midnights in time zone \"UTC\"", "One of them is 2025-12-31 21:00:00 there.")
    );
    ensure_eq!(anchor(&mut s, "'e', time_zone => 'Europe/Moscow'")?, "2026-03-01 00:00:00 Europe/Moscow");
    // Keys without a zone: it only says what day it is.
    set(&mut s, "date", &["2026-01-01", "2026-02-01"])?;
    ensure_eq!(anchor(&mut s, "'e', time_zone => 'America/New_York'")?, "2026-02-01 00:00:00 America/New_York");
    Ok(())
}

fn an_anchor_must_meet_the_last_partition(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    set(&mut s, "timestamptz", &["2026-01-01", "2026-02-01"])?;
    let error = s.error("SELECT * FROM warden.manage_partitions('e', anchor => '2000-01-15')")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str(), error.detail()),
        (
            "22023",
            "partitions of \"e\" would be misaligned with the last one",
            "public.e0 ends at 2026-02-01 00:00:00+00, where no interval of 1 months begins that is counted from the anchor."
        )
    );
    ensure_eq!(anchor(&mut s, "'e', '7 days', anchor => '2026-02-01'")?, "2026-02-01 00:00:00 UTC");
    // Another clock, meant so.
    ensure_eq!(
        anchor(&mut s, "'e', '1 day', anchor => '2026-02-01 09:00', time_zone => 'Asia/Tokyo'")?,
        "2026-02-01 09:00:00 Asia/Tokyo"
    );
    Ok(())
}

fn days_are_the_smallest_parts_of_a_date(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for bounds in [&[][..], &["2026-01-01", "2026-02-01"]] {
        set(&mut s, "date", bounds)?;
        ensure_eq!(
            refused(&mut s, "'e', '6 hours'")?,
            "22023 partition_interval must be days or months for a key of type date"
        );
        ensure_eq!(
            refused(&mut s, "'e', anchor => '2026-01-01 06:00'")?,
            "22023 anchor must be a midnight for a key of type date"
        );
    }
    Ok(())
}

fn what_keys_mean_is_declared(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts bigint, id int) PARTITION BY RANGE (ts)")?;
    ensure_eq!(refused(&mut s, "'e'")?, "0A000 key column ts of table \"e\" is of type bigint");
    ensure_eq!(
        refused(&mut s, "'e', key_encoding => 'text:iso'")?,
        "0A000 key column ts of table \"e\" is of type bigint"
    );
    ensure_eq!(refused(&mut s, "'e', key_encoding => 'epoch'")?, "22023 invalid value for key_encoding: 'epoch'");
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_policies")?, "0");
    s.run("SELECT * FROM warden.manage_partitions('e', premake => 1, key_encoding => 'epoch_ms')")?;
    // Not given, it stays, as the calendar does.
    s.run("SELECT * FROM warden.manage_partitions('e', premake => 2)")?;
    ensure_eq!(s.column(KEPT)?, ["public.e 1 mon 2 detach UTC 2000-01-01 00:00:00 epoch_ms keep f t"]);
    s.run("SET TimeZone = 'Asia/Tokyo'")?;
    s.run("CALL warden.partition_maintenance()")?;
    let bounds = "SELECT bool_and(lower_bound::bigint = extract(epoch FROM month) * 1000 AND lower_at = month AND partition = 'public.e_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM'))
        FROM (SELECT *, date_trunc('month', now(), 'UTC') + (row_number() OVER (ORDER BY lower_at) - 1) * interval '1 month' AS month FROM warden.list_partitions('e')) l";
    s.run("SET TimeZone = 'UTC'")?;
    ensure_eq!(s.value(bounds)?, "t");
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e')")?, "3");
    ensure!(s.rows("SELECT * FROM warden.plan_partition_maintenance('e')")?.is_empty(), "nothing is left to do");
    ensure_eq!(
        s.value("SELECT partitions_ahead || ' ' || (covered_until = date_trunc('month', now(), 'UTC') + interval '3 months') FROM warden.partition_maintenance_status")?,
        "2 true"
    );
    s.run("DROP TABLE e; CREATE TABLE e (ts uuid) PARTITION BY RANGE (ts)")?;
    ensure_eq!(
        refused(&mut s, "'e', key_encoding => 'epoch_s'")?,
        "22023 key column ts of table \"e\" has no encoding epoch_s"
    );
    s.run("SELECT * FROM warden.manage_partitions('e', premake => 1)")?;
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(
        s.value("SELECT bool_and(lower_bound::uuid = warden.uuidv7_lower_bound(lower_at)) AND count(*) = 2 FROM warden.list_partitions('e')")?,
        "t"
    );
    s.run("DROP TABLE e; CREATE TABLE e (ts date) PARTITION BY RANGE (ts)")?;
    ensure_eq!(
        refused(&mut s, "'e', key_encoding => 'epoch_s'")?,
        "22023 key column ts of table \"e\" has no encoding epoch_s"
    );
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts date) PARTITION BY RANGE (ts); CREATE TABLE plain (ts date); CREATE TABLE l (ts date) PARTITION BY LIST (ts);
         CREATE TABLE h (ts date) PARTITION BY HASH (ts); CREATE TABLE n (ts int) PARTITION BY RANGE (ts); CREATE VIEW v AS SELECT 1;
         CREATE TEMP TABLE t (ts date) PARTITION BY RANGE (ts)",
    )?;
    for (arguments, expected) in [
        ("NULL", "22004 table_name must not be null"),
        ("'e', NULL", "22004 partition_interval must not be null"),
        ("'e', premake => NULL", "22004 premake must not be null"),
        ("'e', retention_action => NULL", "22004 retention_action must not be null"),
        ("'e', key_encoding => NULL", "22004 key_encoding must not be null"),
        ("'e', default_partition => NULL", "22004 default_partition must not be null"),
        ("'e', copy_grants => NULL", "22004 copy_grants must not be null"),
        ("'e', enabled => NULL", "22004 enabled must not be null"),
        ("'nothing'", "42P01 relation \"nothing\" does not exist"),
        ("'e; drop table e'", "42602 not a table name: 'e; drop table e'"),
        ("'plain'", "42809 table \"plain\" is not partitioned"),
        ("'l'", "42809 table \"l\" is partitioned by list, not by range"),
        ("'h'", "42809 table \"h\" is partitioned by hash, not by range"),
        ("'v'", "42809 \"v\" is not a partitioned table"),
        ("'t'", "0A000 table \"t\" is temporary"),
        ("'n'", "0A000 key column ts of table \"n\" is of type integer"),
        ("'e', '1 millisecond'", "22023 partition_interval must be a second or more"),
        ("'e', premake => -1", "22023 premake must be between 0 and 1000"),
        ("'e', premake => 1001", "22023 premake must be between 0 and 1000"),
        ("'e', retention => '0'", "22023 retention must be above zero, and finite"),
        ("'e', retention => '-1 month'", "22023 retention must be above zero, and finite"),
        ("'e', retention_action => 'burn'", "22023 invalid value for retention_action: 'burn'"),
        ("'e', retention_action => 'archive'", "22023 archive_schema is needed for retention_action 'archive'"),
        ("'e', archive_schema => 'old'", "22023 archive_schema is of no use without retention_action 'archive'"),
        (
            "'e', retention_action => 'archive', archive_schema => ''",
            "22023 archive_schema must be the name of a schema",
        ),
        ("'e', time_zone => 'Mars/Olympus'", "22023 time zone \"Mars/Olympus\" not recognized"),
        ("'e', anchor => 'infinity'", "22008 anchor cannot be infinite"),
        ("'e', anchor => '0044-03-15 BC'", "22008 anchor cannot be 0044-03-15 BC"),
        ("'e', default_partition => 'drop'", "22023 invalid value for default_partition: 'drop'"),
        ("'e', tablespace => 'nowhere'", "42704 tablespace 'nowhere' does not exist"),
    ] {
        ensure_eq!(refused(&mut s, arguments)?, expected, "{arguments}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_policies")?, "0");
    ensure_eq!(s.error("SELECT warden.unmanage_partitions(NULL)")?.sqlstate, "22004");
    ensure_eq!(s.error("SELECT warden.unmanage_partitions('nothing')")?.sqlstate, "42P01");
    Ok(())
}

fn rights(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (owner, member, other, monitor) = (db.role("")?, db.role("")?, db.role("")?, db.role("")?);
    let manage = "FUNCTION warden.manage_partitions(text,interval,integer,interval,text,text,text,timestamp without time zone,text,text,text,text,text,boolean,boolean)";
    s.run(&format!(
        "GRANT {owner} TO {member}; GRANT pg_monitor TO {monitor}; GRANT CREATE ON SCHEMA public TO {owner};
         CREATE TABLE e (ts date) PARTITION BY RANGE (ts); ALTER TABLE e OWNER TO {owner};
         CREATE TABLE mine (ts date) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('mine')"
    ))?;
    ensure_eq!(db.session_as(&owner)?.error("SELECT * FROM warden.manage_partitions('e')")?.sqlstate, "42501");
    s.run(&format!(
        "GRANT EXECUTE ON {manage} TO PUBLIC; GRANT EXECUTE ON FUNCTION warden.unmanage_partitions(text) TO PUBLIC"
    ))?;
    for role in [&other, &monitor] {
        for call in ["SELECT * FROM warden.manage_partitions('e')", "SELECT warden.unmanage_partitions('mine')"] {
            ensure_eq!(db.session_as(role)?.error(call)?.sqlstate, "42501", "{call}");
        }
    }
    db.session_as(&member)?.run("SELECT * FROM warden.manage_partitions('e')")?;
    let seen = "SELECT coalesce(string_agg(table_name || ' ' || set_by, ', ' ORDER BY table_name), '-') FROM warden.partition_policies";
    ensure_eq!(s.value(seen)?, format!("public.e {member}, public.mine postgres"));
    for role in [&owner, &member] {
        ensure_eq!(db.session_as(role)?.value(seen)?, format!("public.e {member}"));
    }
    ensure_eq!(db.session_as(&other)?.value(seen)?, "-");
    ensure_eq!(db.session_as(&monitor)?.value(seen)?, format!("public.e {member}, public.mine postgres"));
    // No function of a stranger is asked before rows are hidden.
    let mut stranger = db.session_as(&other)?;
    stranger.run("CREATE FUNCTION pg_temp.peep(text) RETURNS bool COST 0.0000001 LANGUAGE plpgsql AS $$BEGIN RAISE NOTICE '%', $1; RETURN true; END$$")?;
    for view in ["partition_policies", "partition_log", "partition_maintenance_status"] {
        let outcome = stranger.run(&format!("SELECT FROM warden.{view} WHERE pg_temp.peep(table_name)"))?;
        ensure_eq!(outcome.notices.len(), 0, "{view}: {outcome}");
    }
    // Whoever has given a table away is no owner any more, though the caches of a transaction that began before say so.
    let mut giver = db.session_as(&owner)?;
    giver.run("BEGIN; SAVEPOINT a; SELECT warden.unmanage_partitions('e'); ROLLBACK TO a")?;
    s.run(&format!("SET lock_timeout = '5s'; ALTER TABLE e OWNER TO {other}; RESET lock_timeout"))?;
    ensure_eq!(giver.error("SELECT warden.unmanage_partitions('e')")?.sqlstate, "42501");
    giver.run("ROLLBACK")?;
    // Read-only transactions write nothing.
    s.run("SET default_transaction_read_only = on")?;
    ensure_eq!(s.error("SELECT * FROM warden.manage_partitions('mine', premake => 1)")?.sqlstate, "25006");
    Ok(())
}

fn a_policy_follows_its_table(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('e', premake => 0); CREATE SCHEMA a")?;
    s.run("ALTER TABLE e RENAME TO \"F\"; ALTER TABLE \"F\" SET SCHEMA a; ALTER SCHEMA a RENAME TO b")?;
    ensure_eq!(s.value("SELECT table_name FROM warden.partition_policies")?, "b.\"F\"");
    ensure_eq!(s.value("SELECT table_name FROM warden.plan_partition_maintenance()")?, "b.\"F\"");
    ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance('b.\"F\"')")?, "1");
    Ok(())
}

fn a_dropped_table_is_forgotten(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let kept = "SELECT count(*) FROM warden_internal.partition_policy";
    let make = "CREATE SCHEMA IF NOT EXISTS a; CREATE TABLE a.e (ts date) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('a.e')";
    for drop in ["DROP TABLE a.e", "DROP SCHEMA a CASCADE", "SET warden.mode = off; DROP TABLE a.e; RESET warden.mode"]
    {
        s.run("SET client_min_messages = warning")?;
        s.run(make)?;
        s.run(&format!("BEGIN; {drop}; ROLLBACK"))?;
        ensure_eq!(s.value(kept)?, "1", "{drop}, rolled back");
        s.run(drop)?;
        ensure_eq!(s.value(kept)?, "0", "{drop}");
    }
    // Unseen by the event trigger: it is in nobody's way, and maintenance forgets it.
    s.run(make)?;
    s.run("SET session_replication_role = replica; DROP TABLE a.e; RESET session_replication_role")?;
    ensure_eq!(s.value(kept)?, "1");
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_policies")?, "0");
    ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance()")?, "0");
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.value(kept)?, "0");
    Ok(())
}

fn dump_and_restore(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE SCHEMA \"A b\"; CREATE TABLE \"A b\".\"E\" (ts timestamptz) PARTITION BY RANGE (ts);
         CREATE TABLE gone (ts date) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('gone');
         SELECT * FROM warden.manage_partitions('\"A b\".\"E\"', '1 day', 3, '90 days', 'archive', 'old', 'Europe/Moscow', '2000-01-01 06:00',
             tablespace => 'pg_default', storage_parameters => 'fillfactor=70', copy_grants => true, default_partition => 'create', name_format => 'pYYYYMMDD')",
    )?;
    s.run("SET session_replication_role = replica; DROP TABLE gone; RESET session_replication_role")?;
    s.run("CALL warden.partition_maintenance('\"A b\".\"E\"')")?;
    let kept = s.column(KEPT)?;
    ensure_eq!(
        kept,
        [
            "\"A b\".\"E\" 1 day 3 90 days archive old Europe/Moscow 2000-01-01 06:00:00 auto create pYYYYMMDD pg_default fillfactor=70 t t"
        ]
    );
    let file = leg.cluster.root().join(format!("{}.dump", db.name()));
    succeed(db.client("pg_dump").args(["-Fc", "-f"]).arg(&file))?;
    for jobs in ["1", "2"] {
        let to = leg.cluster.bare_database()?;
        // The numbers of tables are others there.
        to.session()?.run("CREATE TABLE first (a int); CREATE TABLE second (a int)")?;
        succeed(to.client("pg_restore").args(["--exit-on-error", "-j", jobs, "-d", to.name()]).arg(&file))?;
        let mut restored = to.session()?;
        ensure_eq!(restored.column(KEPT)?, kept);
        // The row of the table that was gone was not dumped; the log stays where it was written.
        ensure_eq!(restored.value("SELECT count(*) FROM warden_internal.partition_policy")?, "1");
        ensure_eq!(restored.value("SELECT count(*) FROM warden.partition_log")?, "0");
        ensure_eq!(
            restored
                .value("SELECT last_run IS NULL AND partitions_ahead = 3 FROM warden.partition_maintenance_status")?,
            "t"
        );
        ensure_eq!(restored.value("SELECT count(*) FROM warden.plan_partition_maintenance()")?, "0");
        ensure_eq!(to.dump()?.matches("A b").count(), db.dump()?.matches("A b").count());
    }
    Ok(())
}

fn a_subscriber_to_all_tables_need_not_have_it(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date) PARTITION BY RANGE (ts); CREATE PUBLICATION everything FOR ALL TABLES")?;
    // A publication asks every table that is changed for a replica identity, but for what is written beside it.
    s.run("SELECT * FROM warden.manage_partitions('e'); SELECT * FROM warden.manage_partitions('e', premake => 1)")?;
    s.run("CALL warden.partition_maintenance()")?;
    s.run("SELECT warden.unmanage_partitions('e')")?;
    Ok(())
}

fn unmanaged(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (ts date) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('e')")?;
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.value("SELECT warden.unmanage_partitions('e')")?, "t");
    ensure_eq!(s.value("SELECT warden.unmanage_partitions('e')")?, "f");
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits")?, "5");
    for call in [
        "SELECT * FROM warden.plan_partition_maintenance('e')",
        "CALL warden.partition_maintenance('e')",
        "SELECT * FROM warden.apply_partition_retention('e', '1 day')",
    ] {
        let error = s.error(call)?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str(), error.hint()),
            (
                "42704",
                "partitions of table public.e are not managed",
                "Have them managed: SELECT * FROM warden.manage_partitions('public.e');"
            )
        );
    }
    Ok(())
}
