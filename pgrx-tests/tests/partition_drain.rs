//! `warden.drain_default_partition`: rows of the default partition go where they belong.

use std::thread;
use std::time::Duration;

use pg_warden_tests::partitioned::{behind, counts, sum};
use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    ranges_as_long_as_their_neighbours,
    f6_c8_rows_of_no_range_stay,
    max_rows_bounds_a_call,
    wait_is_between_ranges,
    the_policy_says_how_long,
    b_time_zones_and_instants,
    identity_generated_columns_and_other_columns_orders,
    ranges_that_cannot_be_made_are_passed_over,
    rows_that_cannot_be_moved,
    row_security_hides_nothing,
    f8_a_default_that_is_partitioned,
    others_write_meanwhile,
    a_kill_loses_nothing,
    g5_lock_not_available,
    g11_caller_is_not_the_owner,
    it_is_called_alone,
    bad_input,
];

/// Months before and after, and a default between them.
const SET: &str = "CREATE TABLE e (ts date, id int) PARTITION BY RANGE (ts);
    CREATE TABLE e_2025_12 PARTITION OF e FOR VALUES FROM ('2025-12-01') TO ('2026-01-01');
    CREATE TABLE rest PARTITION OF e DEFAULT";

fn ranges_as_long_as_their_neighbours(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(SET)?;
    s.run("INSERT INTO e SELECT '2026-01-01'::date + n, n FROM generate_series(0, 89) AS n; INSERT INTO e VALUES ('2025-12-05'), ('2026-07-09'), ('2025-02-28')")?;
    let before = sum(&mut s, "e")?;
    let outcome = s.outcome("CALL warden.drain_default_partition('e')");
    ensure_eq!(
        outcome.messages(),
        [
            "moved 1 row of \"e\" from \"rest\" to public.e_2025_02",
            "moved 31 rows of \"e\" from \"rest\" to public.e_2026_01",
            "moved 28 rows of \"e\" from \"rest\" to public.e_2026_02",
            "moved 31 rows of \"e\" from \"rest\" to public.e_2026_03",
            "moved 1 row of \"e\" from \"rest\" to public.e_2026_07",
            "moved 92 rows of \"e\" into 5 partitions",
        ],
        "{outcome}"
    );
    ensure_eq!(outcome.notices[1].detail(), "It holds [2026-01-01, 2026-02-01).");
    ensure_eq!(outcome.notices[5].hint(), "Give their room back: VACUUM public.rest;");
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(
        counts(&mut s, "e")?,
        ["e_2025_02 1", "e_2025_12 1", "e_2026_01 31", "e_2026_02 28", "e_2026_03 31", "e_2026_07 1"]
    );
    // Again: nothing to do, and no lock for that.
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE e IN SHARE UPDATE EXCLUSIVE MODE")?;
    ensure_eq!(
        s.outcome("CALL warden.drain_default_partition('e')").messages(),
        ["moved 0 rows of \"e\" into 0 partitions"]
    );
    holder.run("ROLLBACK")?;
    s.run("DROP TABLE rest")?;
    ensure_eq!(
        s.outcome("CALL warden.drain_default_partition('e')").messages(),
        ["table \"e\" has no default partition, skipping"]
    );
    Ok(())
}

fn f6_c8_rows_of_no_range_stay(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(SET)?;
    s.run("INSERT INTO e VALUES (NULL), (NULL), ('infinity'), ('-infinity'), ('0044-03-15 BC'), ('2026-01-07')")?;
    let outcome = s.outcome("CALL warden.drain_default_partition('e')");
    ensure_eq!(
        outcome.messages(),
        [
            "moved 1 row of \"e\" from \"rest\" to public.e_2026_01",
            "5 rows stay in default partition \"rest\" of \"e\"",
            "moved 1 row of \"e\" into 1 partition"
        ],
        "{outcome}"
    );
    ensure_eq!(
        outcome.notices[1].detail(),
        "No partition of a length holds them. NULL: 2, infinity: 1, -infinity: 1, before the year 1: 1."
    );
    ensure_eq!(counts(&mut s, "e")?, ["e_2026_01 1", "rest 5"]);
    Ok(())
}

fn max_rows_bounds_a_call(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(SET)?;
    // 31 of January, 28 of February, 40 of March, 2 of April.
    s.run(
        "INSERT INTO e SELECT '2026-01-01'::date + n, n FROM generate_series(0, 58) AS n;
         INSERT INTO e SELECT '2026-03-01', n FROM generate_series(1, 40) AS n; INSERT INTO e VALUES ('2026-04-01'), ('2026-04-02')",
    )?;
    let outcome = s.outcome("CALL warden.drain_default_partition('e', 35)");
    ensure_eq!(
        outcome.messages(),
        [
            "moved 31 rows of \"e\" from \"rest\" to public.e_2026_01",
            "stopped after 31 rows of \"e\": the next range has more than the 4 that max_rows leaves"
        ],
        "{outcome}"
    );
    // The limit is met exactly, and one that is larger than it is passed over.
    let outcome = s.outcome("CALL warden.drain_default_partition('e', 30)");
    ensure_eq!(
        outcome.messages(),
        [
            "moved 28 rows of \"e\" from \"rest\" to public.e_2026_02",
            "stopped after 28 rows of \"e\": the next range has more than the 2 that max_rows leaves"
        ],
        "{outcome}"
    );
    let outcome = s.outcome("CALL warden.drain_default_partition('e', max_rows => 39)");
    ensure_eq!(
        outcome.messages(),
        [
            "rows of [2026-03-01, 2026-04-01) stay in default partition \"rest\" of \"e\"",
            "moved 2 rows of \"e\" from \"rest\" to public.e_2026_04",
            "moved 2 rows of \"e\" into 1 partition"
        ],
        "{outcome}"
    );
    ensure_eq!(outcome.notices[0].severity, "WARNING");
    ensure_eq!(outcome.notices[0].detail(), "They are more than max_rows, which is 39.");
    s.run("CALL warden.drain_default_partition('e', 40)")?;
    ensure_eq!(s.value("SELECT count(*) FROM rest")?, "0");
    Ok(())
}

fn wait_is_between_ranges(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(SET)?;
    s.run("INSERT INTO e VALUES ('2026-01-01'), ('2026-02-01')")?;
    let outcome =
        s.outcome("SET statement_timeout = '700ms'; CALL warden.drain_default_partition('e', wait => '1 hour')");
    // In a batch of statements, a CALL is in a transaction block.
    ensure_eq!(outcome.error.map(|e| e.sqlstate), Some("25001".to_owned()));
    s.run("SET statement_timeout = '700ms'")?;
    let outcome = s.outcome("CALL warden.drain_default_partition('e', wait => '1 hour')");
    ensure_eq!(outcome.messages(), ["moved 1 row of \"e\" from \"rest\" to public.e_2026_01"], "{outcome}");
    ensure_eq!(outcome.error.map(|e| e.sqlstate), Some("57014".to_owned()));
    // What was moved stays, and others see it while it waits.
    ensure_eq!(counts(&mut db.session()?, "e")?, ["e_2026_01 1", "rest 1"]);
    s.run("RESET statement_timeout")?;
    s.run("CALL warden.drain_default_partition('e', wait => '10 milliseconds')")?;
    ensure_eq!(counts(&mut s, "e")?, ["e_2026_01 1", "e_2026_02 1"]);
    Ok(())
}

fn policy(s: &mut Session, table: &str, interval: &str, anchor: &str, zone: &str) -> Result {
    s.run(&format!(
        "INSERT INTO warden_internal.partition_policy VALUES ('{table}', '{interval}', 4, NULL, 'detach', NULL, '{zone}', {anchor}, 'auto', 'keep',
             NULL, NULL, NULL, false, true, now(), 'test')"
    ))?;
    Ok(())
}

fn the_policy_says_how_long(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (interval, anchor, expected) in [
        ("3 months", "NULL", "e_2026_q1 e_2026_q3"),
        ("7 days", "NULL", "e_2026_01_05 e_2026_08_24"),
        ("1 month", "'2024-01-15'", "e_2025_12 e_2026_08"),
        ("1 year", "NULL", "e_2026"),
    ] {
        // No partition shows how long they are.
        s.run(
            "CREATE TABLE e (ts timestamp, id int) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT",
        )?;
        s.run("INSERT INTO e VALUES ('2026-01-07 12:00', 1), ('2026-08-24', 2)")?;
        let error = s.error("CALL warden.drain_default_partition('e')")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str()),
            ("55000", "table \"e\" has no partition that shows how long the next one is to be")
        );
        policy(&mut s, "e", interval, anchor, "UTC")?;
        s.run("CALL warden.drain_default_partition('e')")?;
        ensure_eq!(
            s.value("SELECT string_agg(tableoid::regclass::text, ' ' ORDER BY ts) FROM e")
                .map(|v| v.replace("e_2026 e_2026", "e_2026"))?,
            expected
        );
        s.run("DELETE FROM warden_internal.partition_policy; DROP TABLE e")?;
    }
    ensure_eq!(s.value("SELECT 1")?, "1");
    // An anchor holds against the calendar.
    s.run("CREATE TABLE e (ts timestamp, id int) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('2026-01-14')")?;
    policy(&mut s, "e", "1 month", "'2024-01-15'", "UTC")?;
    let outcome = s.outcome("CALL warden.drain_default_partition('e')");
    ensure_eq!(outcome.notices[0].detail(), "It holds [2025-12-15 00:00:00, 2026-01-15 00:00:00).");
    Ok(())
}

fn b_time_zones_and_instants(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'SQL, DMY'")?;
    s.run("CREATE TABLE e (ts timestamptz, id int) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT")?;
    policy(&mut s, "e", "1 day", "NULL", "America/New_York")?;
    s.run("INSERT INTO e SELECT t FROM generate_series('2025-11-01 12:00+00'::timestamptz, '2025-11-04 00:00+00', '1 hour') AS t")?;
    let before = sum(&mut s, "e")?;
    let outcome = s.outcome("CALL warden.drain_default_partition('e')");
    let shown: Vec<_> = outcome.notices.iter().map(|n| format!("{} {}", n.message, n.detail())).collect();
    ensure_eq!(
        shown[..3],
        [
            "moved 16 rows of \"e\" from \"rest\" to public.e_2025_11_01 It holds [2025-11-01 04:00:00+00, 2025-11-02 04:00:00+00). Partitions begin at midnight in time zone \"America/New_York\".",
            "moved 25 rows of \"e\" from \"rest\" to public.e_2025_11_02 It holds [2025-11-02 04:00:00+00, 2025-11-03 05:00:00+00). Partitions begin at midnight in time zone \"America/New_York\".",
            "moved 20 rows of \"e\" from \"rest\" to public.e_2025_11_03 It holds [2025-11-03 05:00:00+00, 2025-11-04 05:00:00+00). Partitions begin at midnight in time zone \"America/New_York\".",
        ].map(|line| line.replace("Partitions begin", "Days begin")),
        "{outcome}"
    );
    ensure_eq!(sum(&mut s, "e")?, before);
    // Hours that the clock of the zone shows twice.
    s.run(
        "DELETE FROM warden_internal.partition_policy; DROP TABLE e; SET warden.partition_time_zone = 'America/New_York';
         CREATE TABLE e (ts timestamptz, id int) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT;
         CREATE TABLE first PARTITION OF e FOR VALUES FROM ('2025-11-02 05:00+00') TO ('2025-11-02 11:00+00');
         INSERT INTO e VALUES ('2025-11-02 12:00+00')",
    )?;
    let outcome = s.outcome("CALL warden.drain_default_partition('e')");
    ensure!(
        outcome.notices[0].detail().starts_with("It holds [2025-11-02 11:00:00+00, 2025-11-02 17:00:00+00)."),
        "{outcome}"
    );
    ensure_eq!(s.value("SHOW TimeZone")?, "Asia/Kolkata");
    ensure_eq!(s.value("SHOW row_security")?, "on");
    Ok(())
}

fn identity_generated_columns_and_other_columns_orders(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (gone int, ts date, id int GENERATED ALWAYS AS IDENTITY, note text, twice int GENERATED ALWAYS AS (length(note) * 2) STORED,
             PRIMARY KEY (ts, id)) PARTITION BY RANGE (ts);
         ALTER TABLE e DROP COLUMN gone;
         CREATE TABLE e_2025_12 PARTITION OF e FOR VALUES FROM ('2025-12-01') TO ('2026-01-01');
         CREATE TABLE rest (note text, gone text, twice int GENERATED ALWAYS AS (length(note) * 2) STORED, id int NOT NULL, ts date NOT NULL);
         ALTER TABLE rest DROP COLUMN gone; ALTER TABLE e ATTACH PARTITION rest DEFAULT;
         CREATE TABLE log (what text);
         CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES (TG_OP); RETURN NEW; END $$;
         CREATE TRIGGER told AFTER INSERT OR UPDATE ON e FOR EACH ROW EXECUTE FUNCTION told();
         INSERT INTO e (ts, note) SELECT '2026-01-01'::date + n, repeat('x', n) FROM generate_series(0, 40) AS n",
    )?;
    let before = sum(&mut s, "e")?;
    let told = s.value("SELECT count(*) FROM log")?;
    s.run("CALL warden.drain_default_partition('e')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(counts(&mut s, "e")?, ["e_2026_01 31", "e_2026_02 10"]);
    // Rows that move are not new: triggers that fire on INSERT do not.
    ensure_eq!(s.value("SELECT count(*) FROM log")?, told);
    ensure_eq!(s.value("INSERT INTO e (ts, note) VALUES ('2026-02-27', 'y') RETURNING id || ' ' || twice")?, "42 2");
    ensure_eq!(s.value("SELECT count(*) > 41 FROM log")?, "t");
    Ok(())
}

fn ranges_that_cannot_be_made_are_passed_over(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(SET)?;
    s.run(
        "CREATE VIEW e_2026_01 AS SELECT 1;
         CREATE TABLE half PARTITION OF e FOR VALUES FROM ('2026-03-15') TO ('2026-03-20');
         INSERT INTO e VALUES ('2026-01-01'), ('2026-02-01'), ('2026-05-01')",
    )?;
    let outcome = s.outcome("CALL warden.drain_default_partition('e')");
    let said: Vec<_> = outcome.notices.iter().map(|n| (n.severity.as_str(), n.message.as_str())).collect();
    ensure_eq!(said[0], ("WARNING", "rows of [2026-01-01, 2026-02-01) stay in default partition \"rest\" of \"e\""));
    ensure!(
        outcome.notices[0].detail().starts_with("name \"e_2026_01\" for a partition of \"e\" is taken by a view."),
        "{outcome}"
    );
    ensure_eq!(s.value("SELECT count(*) FROM rest WHERE ts = '2026-01-01'")?, "1");
    // Its own name elsewhere does not stop the others.
    s.run("DROP VIEW e_2026_01; DROP TABLE half")?;
    s.run("CALL warden.drain_default_partition('e')")?;
    ensure_eq!(s.value("SELECT count(*) FROM rest")?, "0");
    Ok(())
}

fn rows_that_cannot_be_moved(leg: &Leg) -> Result {
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
            "CREATE PUBLICATION p FOR TABLE e; CREATE TABLE r ()",
            "It is published: subscribers would lose the rows, for the new table is not yet published while they go there.",
        ),
    ] {
        s.run(
            "CREATE TABLE e (ts date, id int, PRIMARY KEY (ts, id)) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT;
             CREATE TABLE e_2025_12 PARTITION OF e FOR VALUES FROM ('2025-12-01') TO ('2026-01-01'); INSERT INTO e VALUES ('2026-01-05', 1)",
        )?;
        s.run(obstacle)?;
        let error = s.error("CALL warden.drain_default_partition('e')")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str(), error.detail()),
            ("0A000", "rows of default partition \"rest\" of \"e\" cannot be moved", detail)
        );
        ensure_eq!(s.value("SELECT count(*) FROM rest")?, "1");
        s.run("DROP TABLE r, e CASCADE; DROP PUBLICATION IF EXISTS p")?;
    }
    Ok(())
}

fn row_security_hides_nothing(leg: &Leg) -> Result {
    let db = leg.database()?;
    let owner = db.role("")?;
    let mut s = db.session()?;
    s.run(&format!(
        "CREATE SCHEMA app AUTHORIZATION {owner}; GRANT EXECUTE ON PROCEDURE warden.drain_default_partition(text, bigint, interval) TO {owner};
         SET ROLE {owner}; CREATE TABLE app.e (ts date, id int) PARTITION BY RANGE (ts);
         CREATE TABLE app.e_2025_12 PARTITION OF app.e FOR VALUES FROM ('2025-12-01') TO ('2026-01-01');
         CREATE TABLE app.rest PARTITION OF app.e DEFAULT;
         INSERT INTO app.e VALUES ('2026-01-01', 1), ('2026-01-02', 2);
         ALTER TABLE app.rest ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY one ON app.rest USING (id = 1)"
    ))?;
    let error = db.session_as(&owner)?.error("CALL warden.drain_default_partition('app.e')")?;
    ensure_eq!(error.sqlstate, "42501");
    ensure_eq!(s.value("RESET ROLE; SELECT count(*) FROM app.rest")?, "2");
    s.run("CALL warden.drain_default_partition('app.e')")?;
    ensure_eq!(s.value("SELECT count(*) FROM app.e_2026_01")?, "2");
    Ok(())
}

fn f8_a_default_that_is_partitioned(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts date, id int) PARTITION BY RANGE (ts);
         CREATE TABLE e_2025_12 PARTITION OF e FOR VALUES FROM ('2025-12-01') TO ('2026-01-01');
         CREATE TABLE rest PARTITION OF e DEFAULT PARTITION BY HASH (id);
         CREATE TABLE rest_0 PARTITION OF rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE rest_1 PARTITION OF rest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
         INSERT INTO e SELECT '2026-01-01'::date + n, n FROM generate_series(0, 40) AS n",
    )?;
    let before = sum(&mut s, "e")?;
    s.run("CALL warden.drain_default_partition('e')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(counts(&mut s, "e")?, ["e_2026_01 31", "e_2026_02 10"]);
    Ok(())
}

fn others_write_meanwhile(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(SET)?;
    s.run("ALTER TABLE e ADD PRIMARY KEY (ts, id); INSERT INTO e SELECT '2999-01-01'::date + n % 300, n FROM generate_series(1, 3000) AS n")?;
    let written: Vec<Result<usize>> = thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|w| {
                let db = &db;
                scope.spawn(move || {
                    let mut s = db.session()?;
                    for n in 0..150 {
                        s.run(&format!(
                            "INSERT INTO e VALUES ('2999-01-01'::date + {n} % 300, {w} * 1000 + {n} + 10000)"
                        ))?;
                        s.run(&format!("UPDATE e SET ts = ts WHERE ts = '2999-01-01'::date + {n} AND id = {n}"))?;
                    }
                    Ok(150)
                })
            })
            .collect();
        let drained = db
            .session_with("-c default_transaction_isolation=serializable")
            .map(|mut s| s.outcome("CALL warden.drain_default_partition('e', wait => '20 milliseconds')"));
        let mut written: Vec<Result<usize>> =
            writers.into_iter().map(|w| w.join().unwrap_or(Err("a writer panicked".to_owned().into()))).collect();
        written.push(drained.map(|outcome| usize::from(outcome.error.is_none())));
        written
    });
    for written in written {
        ensure!(written? > 0, "the drain failed");
    }
    ensure_eq!(s.value("SELECT count(*) || ' ' || count(DISTINCT id) FROM e")?, "3450 3450");
    s.run("CALL warden.drain_default_partition('e')")?;
    ensure_eq!(s.value("SELECT count(*) FROM rest")?, "0");
    ensure_eq!(s.value("SELECT count(*) FROM e")?, "3450");
    Ok(())
}

fn a_kill_loses_nothing(leg: &Leg) -> Result {
    let mut cluster = leg.own_cluster(&pg_warden_tests::Options::default())?;
    let name = {
        let db = cluster.database()?;
        let mut s = db.session()?;
        s.run(SET)?;
        s.run("INSERT INTO e SELECT '2026-01-01'::date + n % 600, n FROM generate_series(1, 60000) AS n")?;
        db.kept()
    };
    let before = sum(&mut cluster.connect(&name)?, "e")?;
    let killed = [3_u64, 6, 9].into_iter().try_for_each(|partitions| -> Result {
        // Somewhere in the next range.
        cluster.kill_at_work(
            &name,
            "CALL warden.drain_default_partition('e', wait => '15 milliseconds')",
            &format!("SELECT count(*) >= {partitions} FROM pg_inherits"),
            Duration::from_millis(7 + partitions),
        )?;
        ensure_eq!(sum(&mut cluster.connect_in_time(&name)?, "e")?, before);
        Ok(())
    });
    cluster.log_was_checked();
    killed?;
    let mut s = cluster.connect_in_time(&name)?;
    ensure!(s.value("SELECT count(*) FROM rest")? != "0", "killed too late");
    s.run("CALL warden.drain_default_partition('e')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(s.value("SELECT count(*) FROM rest")?, "0");
    // No table that is no partition was left behind.
    ensure_eq!(
        s.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'e\\_%' AND relkind = 'r' AND NOT relispartition")?,
        "0"
    );
    Ok(())
}

fn g5_lock_not_available(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut holder) = (db.session()?, db.session()?);
    s.run(SET)?;
    s.run("SET warden.partition_lock_timeout = '30ms'; INSERT INTO e VALUES ('2026-01-01'), ('2026-02-01')")?;
    for lock in ["LOCK TABLE e IN SHARE UPDATE EXCLUSIVE MODE", "LOCK TABLE rest IN ACCESS SHARE MODE"] {
        holder.run(&format!("BEGIN; {lock}"))?;
        let error = s.error("CALL warden.drain_default_partition('e')")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str()),
            ("55P03", "rows were not moved: canceling statement due to lock timeout")
        );
        ensure_eq!(error.detail(), "Nothing was changed. It was tried 8 times.");
        holder.run("ROLLBACK")?;
    }
    ensure_eq!(counts(&mut s, "e")?, ["rest 2"]);
    // Whoever is in the way for a while only is waited for.
    s.run("SET warden.partition_lock_timeout = '500ms'")?;
    holder.run("BEGIN; INSERT INTO e VALUES ('2026-01-02')")?;
    let outcome = behind(&mut s, &mut holder, "CALL warden.drain_default_partition('e')")?;
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(counts(&mut s, "e")?, ["e_2026_01 2", "e_2026_02 1"]);
    ensure_eq!(s.value("SHOW lock_timeout")?, "0");
    Ok(())
}

fn g11_caller_is_not_the_owner(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (owner, stranger) = (db.role("")?, db.role("")?);
    s.run(&format!(
        "CREATE SCHEMA app AUTHORIZATION {owner}; GRANT USAGE ON SCHEMA app TO PUBLIC; SET ROLE {owner};
         CREATE TABLE app.e (ts date) PARTITION BY RANGE (ts); CREATE TABLE app.rest PARTITION OF app.e DEFAULT; INSERT INTO app.e VALUES ('2026-01-01');
         RESET ROLE"
    ))?;
    policy(&mut s, "app.e", "1 month", "NULL", "UTC")?;
    let call = "CALL warden.drain_default_partition('app.e')";
    ensure_eq!(db.session_as(&owner)?.error(call)?.sqlstate, "42501");
    s.run("GRANT EXECUTE ON PROCEDURE warden.drain_default_partition(text, bigint, interval) TO PUBLIC")?;
    let error = db.session_as(&stranger)?.error(call)?;
    ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("42501", "must be owner of table e"));
    // The policy is found, though nobody may read its table.
    db.session_as(&owner)?.run(call)?;
    ensure_eq!(s.value("SELECT tableoid::regclass FROM app.e")?, "app.e_2026_01");
    Ok(())
}

fn it_is_called_alone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(SET)?;
    s.run("INSERT INTO e VALUES ('2026-01-01'), ('2026-02-01')")?;
    s.run("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CALL warden.drain_default_partition('e'); END $$")?;
    let error = s.error("SELECT f()")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str(), error.hint()),
        ("25001", "drain_default_partition cannot run inside a transaction block or a function", "CALL it by itself.")
    );
    s.run("BEGIN")?;
    ensure_eq!(s.error("CALL warden.drain_default_partition('e')")?.sqlstate, "25001");
    s.run("ROLLBACK")?;
    ensure_eq!(counts(&mut s, "e")?, ["rest 2"]);
    // A DO block is no transaction block, and the guard does not judge what is done here.
    s.run("SET warden.mode = 'enforce'")?;
    s.run("DO $$ BEGIN CALL warden.drain_default_partition('e', 1); CALL warden.drain_default_partition('e'); END $$")?;
    ensure_eq!(counts(&mut s, "e")?, ["e_2026_01 1", "e_2026_02 1"]);
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(SET)?;
    s.run(
        "CREATE TABLE plain (ts date); CREATE TABLE l (ts date) PARTITION BY LIST (ts); CREATE TABLE h (ts date) PARTITION BY HASH (ts);
         CREATE TABLE n (ts int) PARTITION BY RANGE (ts); CREATE VIEW v AS SELECT 1",
    )?;
    for (arguments, expected) in [
        ("NULL", "22004 table_name must not be null"),
        ("'e', 1, NULL", "22004 wait must not be null"),
        ("'e', 0", "22023 max_rows must be above zero"),
        ("'e', -1", "22023 max_rows must be above zero"),
        ("'e', NULL, '-1 second'", "22023 wait must be a time of zero or more, without months"),
        ("'e', NULL, '1 day -30 hours'", "22023 wait must be a time of zero or more, without months"),
        ("'nothing'", "42P01 relation \"nothing\" does not exist"),
        ("'e; drop table e'", "42602 not a table name: 'e; drop table e'"),
        ("'plain'", "42809 table \"plain\" is not partitioned"),
        ("'l'", "42809 table \"l\" is partitioned by list, not by range"),
        ("'h'", "42809 table \"h\" is partitioned by hash, not by range"),
        ("'v'", "42809 \"v\" is not a partitioned table"),
        ("'n'", "0A000 key column ts of table \"n\" is of type integer"),
    ] {
        let error = s.error(&format!("CALL warden.drain_default_partition({arguments})"))?;
        ensure_eq!(format!("{} {}", error.sqlstate, error.message), expected, "{arguments}");
    }
    Ok(())
}
