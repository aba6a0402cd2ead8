//! `warden.split_partition`: one partition becomes several, and every row is in exactly one of them at any time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use pg_warden_tests::partitioned::{behind, bounds, sum};
use pg_warden_tests::{Leg, Result, cases, ensure, ensure_eq};

cases![
    a_year_becomes_months,
    k6_a_converted_table_is_split,
    the_future_is_split_from_its_begin,
    what_it_has_stays,
    batch_rows_bounds_each_transaction,
    readers_see_each_row_once,
    a_kill_loses_nothing,
    beside_a_default,
    zones_and_changing_clocks,
    what_cannot_be_split,
    locks,
    g11_callers_and_owners,
    bad_input,
];

const YEAR: &str = "CREATE TABLE e (ts date, id int) PARTITION BY RANGE (ts);
    CREATE TABLE e_2025 PARTITION OF e FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') WITH (fillfactor = 66);
    CREATE TABLE e_2026 PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    INSERT INTO e SELECT '2025-01-01'::date + n, n FROM generate_series(0, 400) AS n";

fn a_year_becomes_months(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(YEAR)?;
    // The guard does not judge what is done here.
    s.run("SET warden.mode = 'enforce'")?;
    let before = sum(&mut s, "e")?;
    let outcome = s.outcome("CALL warden.split_partition('e_2025', '3 months')");
    ensure_eq!(
        outcome.messages(),
        [
            "moved 92 rows of public.e_2025 to public.e_2025_q4",
            "moved 92 rows of public.e_2025 to public.e_2025_q3",
            "moved 91 rows of public.e_2025 to public.e_2025_q2",
        ],
        "{outcome}"
    );
    ensure_eq!(
        (outcome.notices[0].detail(), outcome.notices[2].hint()),
        ("It holds [2025-10-01, 2026-01-01).", "What is left is public.e_2025_q1 now.")
    );
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(
        bounds(&mut s, "e")?,
        [
            "public.e_2025_q1 2025-01-01 2025-04-01",
            "public.e_2025_q2 2025-04-01 2025-07-01",
            "public.e_2025_q3 2025-07-01 2025-10-01",
            "public.e_2025_q4 2025-10-01 2026-01-01",
            "public.e_2026 2026-01-01 2027-01-01",
        ]
    );
    ensure_eq!(
        s.column(
            "SELECT tableoid::regclass || ' ' || count(*) FROM e GROUP BY tableoid ORDER BY tableoid::regclass::text"
        )?,
        ["e_2025_q1 90", "e_2025_q2 91", "e_2025_q3 92", "e_2025_q4 92", "e_2026 36"]
    );
    ensure_eq!(s.value("SELECT string_agg(DISTINCT array_to_string(reloptions, ','), '') FROM pg_class WHERE relname LIKE 'e\\_2025%'")?, "fillfactor=66");
    // Again: nothing to do. And from quarters to months, whose first has the name that is right for it.
    ensure_eq!(
        s.outcome("CALL warden.split_partition('e_2025_q1', '3 months')").messages(),
        ["there is nothing to split, skipping"]
    );
    s.run("CALL warden.split_partition('e_2025_q1', '1 month')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(
        bounds(&mut s, "e")?[..2],
        ["public.e_2025_01 2025-01-01 2025-02-01", "public.e_2025_02 2025-02-01 2025-03-01"]
    );
    // A week into days: the first day goes by the name of the week.
    s.run("RESET warden.mode")?;
    s.run("CREATE TABLE e_2027_01_04 PARTITION OF e FOR VALUES FROM ('2027-01-04') TO ('2027-01-11'); INSERT INTO e VALUES ('2027-01-04'), ('2027-01-10')")?;
    s.run("CALL warden.split_partition('e_2027_01_04', '1 day')")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e') WHERE partition LIKE 'public.e_2027%'")?, "7");
    ensure_eq!(
        s.value("SELECT string_agg(tableoid::regclass::text, ' ' ORDER BY ts) FROM e WHERE ts > '2027-01-01'")?,
        "e_2027_01_04 e_2027_01_10"
    );
    Ok(())
}

fn k6_a_converted_table_is_split(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (id bigint GENERATED ALWAYS AS IDENTITY, ts timestamptz NOT NULL, note text DEFAULT 'x', PRIMARY KEY (id, ts)); CREATE INDEX ON e (ts);
         INSERT INTO e (ts) SELECT date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - n * interval '1 day' FROM generate_series(1, 100) AS n;
         INSERT INTO e (ts) VALUES ('-infinity')",
    )?;
    let before = sum(&mut s, "e")?;
    s.run("CALL warden.convert_to_partitioned('e', 'ts')")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e')")?, "5");
    let outcome = s.outcome("CALL warden.split_partition('e_legacy', '1 month', wait => '1 ms')");
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(sum(&mut s, "e")?, before);
    // The current month and the next one, and four with rows.
    ensure_eq!(outcome.notices.len(), 6, "{outcome}");
    ensure_eq!(s.value("SELECT count(*) || ' ' || min(ts) FROM e_legacy")?, "1 -infinity");
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('e')")?, "0");
    ensure_eq!(
        s.value("SELECT lower_bound FROM warden.list_partitions('e') WHERE partition = 'public.e_legacy'")?,
        "MINVALUE"
    );
    ensure_eq!(s.value("INSERT INTO e (ts) VALUES (now()) RETURNING id")?, "102");
    ensure_eq!(
        s.outcome("CALL warden.split_partition('e_legacy', '1 month')").messages(),
        ["there is nothing to split, skipping"]
    );
    Ok(())
}

fn the_future_is_split_from_its_begin(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE e (ts timestamp, id int) PARTITION BY RANGE (ts);
         CREATE TABLE rest PARTITION OF e FOR VALUES FROM ('2026-01-05') TO (MAXVALUE);
         INSERT INTO e VALUES ('2026-01-06', 1), ('2026-01-25', 2), ('infinity', 3)",
    )?;
    let before = sum(&mut s, "e")?;
    s.run("CALL warden.split_partition('rest', '7 days')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(
        bounds(&mut s, "e")?,
        [
            "public.e_2026_01_05 2026-01-05 00:00:00 2026-01-12 00:00:00",
            "public.e_2026_01_12 2026-01-12 00:00:00 2026-01-19 00:00:00",
            "public.e_2026_01_19 2026-01-19 00:00:00 2026-01-26 00:00:00",
            "public.rest 2026-01-26 00:00:00 MAXVALUE",
        ]
    );
    ensure_eq!(s.value("SELECT count(*) FROM rest")?, "1");
    Ok(())
}

fn what_it_has_stays(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (owner, reader) = (db.role("")?, db.role("")?);
    let mut s = db.session()?;
    s.run(&format!(
        "CREATE TABLE c (id int PRIMARY KEY); INSERT INTO c VALUES (1), (2);
         CREATE TABLE e (gone int, ts date, id int GENERATED ALWAYS AS IDENTITY, c int CONSTRAINT to_c REFERENCES c ON DELETE CASCADE, note text,
             twice int GENERATED ALWAYS AS (length(note) * 2) STORED, PRIMARY KEY (ts, id)) PARTITION BY RANGE (ts);
         ALTER TABLE e DROP COLUMN gone;
         CREATE INDEX e_note ON e (note);
         CREATE TABLE e_2026 (note text, ts date NOT NULL, c int, id int NOT NULL, twice int GENERATED ALWAYS AS (length(note) * 2) STORED);
         ALTER TABLE e ATTACH PARTITION e_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         CREATE TABLE log (what text); CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES (TG_OP); RETURN NEW; END $$;
         CREATE TRIGGER told AFTER INSERT ON e FOR EACH ROW EXECUTE FUNCTION told();
         INSERT INTO e (ts, c, note) SELECT '2026-01-01'::date + n, 1 + n % 2, repeat('x', n % 9) FROM generate_series(0, 364) AS n;
         ALTER TABLE e OWNER TO {owner}; ALTER TABLE e_2026 OWNER TO {owner}; GRANT SELECT ON e, e_2026 TO {reader}; COMMENT ON TABLE e_2026 IS 'a year'"
    ))?;
    let before = sum(&mut s, "e")?;
    s.run("CALL warden.split_partition('e_2026', '6 months')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(s.value("SELECT count(*) FROM log")?, "365");
    ensure_eq!(s.value("SELECT string_agg(DISTINCT pg_get_userbyid(relowner), ' ') FROM pg_class WHERE relispartition AND relkind = 'r'")?, owner);
    ensure_eq!(s.value("SELECT relacl IS NOT NULL AND obj_description(oid, 'pg_class') = 'a year' FROM pg_class WHERE relname = 'e_2026_01'")?, "t");
    // Indexes, keys and triggers are the table's, in both.
    ensure_eq!(
        s.column(
            "SELECT c.relname || ' ' || (SELECT count(*) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid AND i.relispartition)
                    || ' ' || (SELECT count(*) FROM pg_index x WHERE x.indrelid = c.oid)
                    || ' ' || (SELECT count(*) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid <> 0)
                    || ' ' || (SELECT count(*) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f')
                    || ' ' || (SELECT count(*) FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)
               FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' ORDER BY 1"
        )?,
        ["e_2026_01 2 2 1 1 1", "e_2026_07 2 2 1 1 1"]
    );
    ensure_eq!(
        s.value("INSERT INTO e (ts, c, note) VALUES ('2026-12-31', 2, 'yy') RETURNING id || ' ' || twice")?,
        "366 4"
    );
    s.run("DELETE FROM c WHERE id = 1")?;
    ensure_eq!(s.value("SELECT count(*) FROM e")?, "183");
    Ok(())
}

fn batch_rows_bounds_each_transaction(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(YEAR)?;
    s.run("INSERT INTO e SELECT '2025-06-01', n FROM generate_series(1, 20) AS n")?;
    let before = sum(&mut s, "e")?;
    let outcome = s.outcome("CALL warden.split_partition('e_2025', '1 month', 31)");
    ensure_eq!(outcome.notices.len(), 6, "{outcome}");
    let error = outcome.error.as_ref().ok_or("it went through")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str(), error.detail()),
        (
            "22023",
            "[2025-06-01, 2025-07-01) of partition \"e_2025\" has more rows than batch_rows",
            "That is 31. A range is moved in one transaction, while nobody reads or writes the table."
        )
    );
    // What was done stays, and the next call goes on.
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(bounds(&mut s, "e")?[0], "public.e_2025 2025-01-01 2025-07-01");
    s.run("CALL warden.split_partition('e_2025', '1 month')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e')")?, "13");
    ensure_eq!(bounds(&mut s, "e")?[0], "public.e_2025_01 2025-01-01 2025-02-01");
    Ok(())
}

fn readers_see_each_row_once(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(YEAR)?;
    s.run("ALTER TABLE e ADD PRIMARY KEY (ts, id); INSERT INTO e SELECT '2025-01-01'::date + n % 365, n FROM generate_series(1000, 9999) AS n")?;
    let stop = AtomicBool::new(false);
    let expected = s.value("SELECT count(*) FROM e WHERE id < 100000")?;
    thread::scope(|scope| -> Result {
        let (db, stop, expected) = (&db, &stop, &expected);
        let readers: Vec<_> = ["", "SET enable_partition_pruning = off"]
            .into_iter()
            .map(|setting| {
                scope.spawn(move || -> Result {
                    let mut s = db.session()?;
                    s.run(setting)?;
                    s.run("PREPARE q AS SELECT count(*) || ' ' || count(DISTINCT (ts, id)) FROM e WHERE id < 100000")?;
                    let mut seen = 0;
                    while !stop.load(Ordering::Relaxed) || seen == 0 {
                        ensure_eq!(s.value("EXECUTE q")?, format!("{expected} {expected}"));
                        seen += 1;
                    }
                    Ok(())
                })
            })
            .collect();
        let writer = scope.spawn(move || -> Result<u32> {
            let mut s = db.session()?;
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                n += 1;
                s.run(&format!("INSERT INTO e VALUES ('2025-01-01'::date + {n} % 365, 100000 + {n})"))?;
                s.run(&format!("UPDATE e SET ts = '2025-01-01'::date + ({n} * 7) % 365 WHERE id = 100000 + {n}"))?;
            }
            Ok(n)
        });
        let outcome = db
            .session_with("-c default_transaction_isolation=serializable")?
            .outcome("CALL warden.split_partition('e_2025', '1 month', wait => '20 ms')");
        stop.store(true, Ordering::Relaxed);
        let written = writer.join().map_err(|_| "the writer panicked".to_owned())?;
        for reader in readers {
            reader.join().map_err(|_| "a reader panicked".to_owned())??;
        }
        ensure!(outcome.error.is_none(), "{outcome}");
        let written = written?;
        ensure_eq!(db.session()?.value("SELECT count(*) FROM e WHERE id > 100000")?, written.to_string());
        Ok(())
    })?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e')")?, "13");
    Ok(())
}

fn a_kill_loses_nothing(leg: &Leg) -> Result {
    let mut cluster = leg.own_cluster(&pg_warden_tests::Options::default())?;
    let name = {
        let db = cluster.database()?;
        let mut s = db.session()?;
        s.run(YEAR)?;
        s.run("INSERT INTO e SELECT '2025-01-01'::date + n % 365, n FROM generate_series(1, 60000) AS n")?;
        db.kept()
    };
    let before = sum(&mut cluster.connect(&name)?, "e")?;
    let killed = [3_u64, 6].into_iter().try_for_each(|partitions| -> Result {
        cluster.kill_at_work(
            &name,
            "CALL warden.split_partition('e_2025', '1 month', wait => '15 ms')",
            &format!("SELECT count(*) >= {partitions} FROM pg_inherits"),
            Duration::from_millis(10 + partitions),
        )?;
        ensure_eq!(sum(&mut cluster.connect_in_time(&name)?, "e")?, before);
        Ok(())
    });
    cluster.log_was_checked();
    killed?;
    let mut s = cluster.connect_in_time(&name)?;
    s.run("CALL warden.split_partition('e_2025', '1 month')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e')")?, "13");
    ensure_eq!(
        s.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'e\\_%' AND relkind = 'r' AND NOT relispartition")?,
        "0"
    );
    Ok(())
}

fn beside_a_default(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(YEAR)?;
    s.run("CREATE TABLE other PARTITION OF e DEFAULT; INSERT INTO e VALUES (NULL), ('infinity'), ('1999-01-01')")?;
    let before = sum(&mut s, "e")?;
    s.run("CALL warden.split_partition('e_2025', '6 months')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(s.value("SELECT count(*) FROM other")?, "3");
    let error = s.error("CALL warden.split_partition('other', '6 months')")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str(), error.hint()),
        (
            "0A000",
            "a default partition cannot be split, for it has no range",
            "CALL warden.drain_default_partition('public.e');"
        )
    );
    Ok(())
}

fn zones_and_changing_clocks(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German'; SET warden.partition_time_zone = 'America/New_York';
         CREATE TABLE e (ts timestamptz, id int) PARTITION BY RANGE (ts);
         CREATE TABLE e_w PARTITION OF e FOR VALUES FROM ('2025-10-31 04:00+00') TO ('2025-11-04 05:00+00');
         INSERT INTO e SELECT t, 1 FROM generate_series('2025-10-31 04:00+00'::timestamptz, '2025-11-04 04:00+00', '1 hour') AS t",
    )?;
    let before = sum(&mut s, "e")?;
    s.run("CALL warden.split_partition('e_w', '1 day')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(
        bounds(&mut s, "e")?,
        [
            "public.e_2025_10_31 2025-10-31 04:00:00+00 2025-11-01 04:00:00+00",
            "public.e_2025_11_01 2025-11-01 04:00:00+00 2025-11-02 04:00:00+00",
            "public.e_2025_11_02 2025-11-02 04:00:00+00 2025-11-03 05:00:00+00",
            "public.e_2025_11_03 2025-11-03 05:00:00+00 2025-11-04 05:00:00+00",
        ]
    );
    ensure_eq!(s.value("SELECT count(*) FROM e_2025_11_02")?, "25");
    s.run("CALL warden.split_partition('e_2025_11_02', '1 hour')")?;
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e')")?, "28");
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('e')")?, "0");
    // A day that the zone has left out.
    for lower in ["'2011-12-29 10:00+00'", "MINVALUE"] {
        s.run(&format!(
            "DROP TABLE e; CREATE TABLE e (ts timestamptz, id int) PARTITION BY RANGE (ts); SET warden.partition_time_zone = 'Pacific/Apia';
             CREATE TABLE e_w PARTITION OF e FOR VALUES FROM ({lower}) TO ('2011-12-31 10:00+00');
             INSERT INTO e SELECT t, 1 FROM generate_series('2011-12-29 10:00+00'::timestamptz, '2011-12-31 09:00+00', '1 hour') AS t"
        ))?;
        let before = sum(&mut s, "e")?;
        s.run("CALL warden.split_partition('e_w', '1 day')")?;
        ensure_eq!(sum(&mut s, "e")?, before);
        ensure_eq!(
            s.column("SELECT lower_bound || ' ' || upper_bound FROM warden.list_partitions('e') WHERE lower_bound <> 'MINVALUE'")?,
            [
                "2011-12-29 10:00:00+00 2011-12-30 10:00:00+00",
                "2011-12-30 10:00:00+00 2011-12-31 10:00:00+00",
            ]
        );
    }
    Ok(())
}

fn what_cannot_be_split(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (obstacle, detail) in [
        (
            "ALTER TABLE e ADD PRIMARY KEY (ts, id); CREATE TABLE r (ts date, id int, FOREIGN KEY (ts, id) REFERENCES e)",
            "Foreign keys refer to it: deleting a row would be refused, or would delete what refers to it.",
        ),
        ("CREATE VIEW r AS SELECT * FROM e_2025", "public.r reads it, and would find a part of its rows."),
        ("CREATE RULE x AS ON DELETE TO e_2025 DO INSTEAD NOTHING", "It is a foreign table or has rules."),
        (
            "CREATE PUBLICATION p FOR TABLE e",
            "It is published: subscribers would lose the rows, for the new table is not yet published while they go there.",
        ),
    ] {
        s.run(YEAR)?;
        s.run(obstacle)?;
        let before = sum(&mut s, "e")?;
        let error = s.error("CALL warden.split_partition('e_2025', '1 month')")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str(), error.detail()),
            ("0A000", "partition \"e_2025\" of \"e\" cannot be split", detail)
        );
        ensure_eq!(sum(&mut s, "e")?, before);
        s.run("SET client_min_messages = warning; DROP TABLE e CASCADE; DROP PUBLICATION IF EXISTS p; RESET client_min_messages")?;
        s.run("DO $$ BEGIN IF to_regclass('r') IS NOT NULL THEN DROP TABLE r; END IF; END $$")?;
    }
    // A name that is taken: what was done before stays, nothing of this one does.
    s.run(YEAR)?;
    let before = sum(&mut s, "e")?;
    s.run("CREATE VIEW e_2025_10 AS SELECT 1")?;
    let outcome = s.outcome("CALL warden.split_partition('e_2025', '1 month')");
    let error = outcome.error.as_ref().ok_or("it went through")?;
    ensure_eq!(
        (error.sqlstate.as_str(), error.message.as_str()),
        ("42P07", "partition was not split: name \"e_2025_10\" for a partition of \"e\" is taken by a view")
    );
    ensure_eq!(error.detail(), "public.e_2025_10 is a view. What was split off before stays.");
    ensure_eq!(sum(&mut s, "e")?, before);
    ensure_eq!(
        bounds(&mut s, "e")?[..2],
        ["public.e_2025 2025-01-01 2025-11-01", "public.e_2025_11 2025-11-01 2025-12-01"]
    );
    Ok(())
}

fn locks(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (mut s, mut holder) = (db.session()?, db.session()?);
    s.run(YEAR)?;
    let before = (sum(&mut s, "e")?, bounds(&mut s, "e")?);
    s.run("SET warden.partition_lock_timeout = '20ms'")?;
    for lock in ["LOCK TABLE ONLY e IN ACCESS SHARE MODE", "LOCK TABLE e_2025 IN ACCESS SHARE MODE"] {
        holder.run(&format!("BEGIN; {lock}"))?;
        let error = s.error("CALL warden.split_partition('e_2025', '1 month')")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str(), error.detail()),
            (
                "55P03",
                "partition was not split: canceling statement due to lock timeout",
                "Nothing was changed. It was tried 8 times."
            )
        );
        holder.run("COMMIT")?;
    }
    ensure_eq!((sum(&mut s, "e")?, bounds(&mut s, "e")?), before);
    ensure_eq!(s.value("SHOW lock_timeout")?, "0");
    // A reader in between is waited for.
    s.run("SET warden.partition_lock_timeout = '500ms'")?;
    holder.run("BEGIN; SELECT count(*) FROM e")?;
    let outcome = behind(&mut s, &mut holder, "CALL warden.split_partition('e_2025', '6 months')")?;
    ensure!(outcome.error.is_none(), "{outcome}");
    Ok(())
}

fn g11_callers_and_owners(leg: &Leg) -> Result {
    let db = leg.database()?;
    let (owner, stranger) = (db.role("")?, db.role("")?);
    let mut s = db.session()?;
    s.run(&format!(
        "CREATE SCHEMA app AUTHORIZATION {owner}; GRANT USAGE ON SCHEMA app TO PUBLIC; SET ROLE {owner}; SET search_path = app; {YEAR}; RESET ROLE; RESET search_path"
    ))?;
    let call = "CALL warden.split_partition('app.e_2025', '1 month')";
    ensure_eq!(db.session_as(&owner)?.error(call)?.sqlstate, "42501");
    s.run("GRANT EXECUTE ON PROCEDURE warden.split_partition(text, interval, int, interval) TO PUBLIC")?;
    let error = db.session_as(&stranger)?.error(call)?;
    ensure_eq!((error.sqlstate.as_str(), error.message.as_str()), ("42501", "must be owner of table e_2025"));
    db.session_as(&owner)?.run(call)?;
    ensure_eq!(s.value("SELECT count(*) FROM app.e")?, "401");
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(YEAR)?;
    s.run(
        "CREATE TABLE plain (ts date); CREATE VIEW v AS SELECT 1;
         CREATE TABLE l (ts date) PARTITION BY LIST (ts); CREATE TABLE l1 PARTITION OF l FOR VALUES IN ('2026-01-01');
         CREATE TABLE n (ts int) PARTITION BY RANGE (ts); CREATE TABLE n1 PARTITION OF n FOR VALUES FROM (1) TO (5);
         CREATE TABLE a (ts date) PARTITION BY RANGE (ts); CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
         CREATE TABLE m (ts date, b int) PARTITION BY RANGE (ts, b); CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01', 5) TO ('2026-03-01', 7);
         CREATE TABLE p (ts date) PARTITION BY RANGE (ts); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-03-01') PARTITION BY RANGE (ts);
         CREATE TABLE o (ts date) PARTITION BY RANGE (ts); CREATE TABLE o1 PARTITION OF o FOR VALUES FROM (MINVALUE) TO ('2026-03-31'); INSERT INTO o VALUES ('2026-01-01');
         CREATE TABLE w (ts date) PARTITION BY RANGE (ts); CREATE TABLE w1 PARTITION OF w FOR VALUES FROM (MINVALUE) TO ('2026-03-01'); INSERT INTO w VALUES ('1000-01-01')",
    )?;
    for (arguments, expected) in [
        ("NULL, '1 month'", "22004 partition_name must not be null"),
        ("'e_2025', NULL", "22004 partition_interval must not be null"),
        ("'e_2025', '1 month', NULL", "22004 batch_rows must not be null"),
        ("'e_2025', '1 month', 1, NULL", "22004 wait must not be null"),
        ("'e_2025', '1 month', 0", "22023 batch_rows must be above zero"),
        ("'e_2025', '1 month', 1, '-1 s'", "22023 wait must be a time of zero or more, without months"),
        ("'e_2025', '0'", "22023 partition_interval must be months, days or a time, and above zero"),
        ("'e_2025', '-1 day'", "22023 partition_interval must be months, days or a time, and above zero"),
        ("'e_2025', '1 hour'", "22023 partition_interval must be days or months for a key of type date"),
        ("'e_2025', '7 days'", "22023 partition \"e_2025\" is not a whole number of intervals long"),
        ("'e_2025', '2 years'", "22023 partition \"e_2025\" is not a whole number of intervals long"),
        ("'nothing', '1 month'", "42P01 relation \"nothing\" does not exist"),
        ("'e_2025; drop table e', '1 month'", "42602 not a table name: 'e_2025; drop table e'"),
        ("'plain', '1 month'", "42809 \"plain\" is not a partition"),
        ("'e', '1 month'", "42809 \"e\" is not a partition"),
        ("'v', '1 month'", "42809 \"v\" is not a partition"),
        ("'l1', '1 month'", "42809 table \"l\" is partitioned by list, not by range"),
        ("'n1', '1 month'", "0A000 key column ts of table \"n\" is of type integer"),
        ("'a1', '1 month'", "0A000 partition \"a1\" cannot be split"),
        ("'m1', '1 month'", "0A000 partition \"m1\" cannot be split"),
        ("'p1', '1 month'", "0A000 partition \"p1\" is no plain table"),
        ("'o1', '1 month'", "22023 months cannot be counted from the end of a month"),
        ("'w1', '1 month'", "22023 more than 1000 partitions"),
    ] {
        let error = s.error(&format!("CALL warden.split_partition({arguments})"))?;
        ensure_eq!(format!("{} {}", error.sqlstate, error.message), expected, "{arguments}");
    }
    s.run("BEGIN")?;
    ensure_eq!(s.error("CALL warden.split_partition('e_2025', '1 month')")?.sqlstate, "25001");
    s.run("ROLLBACK")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e')")?, "2");
    Ok(())
}
