//! Partitions that the worker detaches concurrently, and finishes whatever interrupts it.

use pg_warden_tests::cluster::Cluster;
use pg_warden_tests::{Leg, Options, Result, Session, cases, ensure, ensure_eq};

cases![
    the_worker_detaches_concurrently,
    what_is_left_is_done_by_the_next_run,
    g2_interrupted_and_finalized,
    g3_beside_a_default,
    what_needs_the_plain_one,
    as_the_owner_and_no_more,
    an_owner_keeps_nobody_waiting,
    owners_who_are_let_in,
    nothing_is_begun_that_is_not_kept,
    what_somebody_else_detaches_stays,
    a_shutdown_while_it_waits,
    a_kill_before_it_is_marked,
    a_kill_while_it_is_marked,
    somebody_wants_something_else,
    bounded_by_twelve,
];

/// A cluster whose worker looks at the schedules each second, and the database it works in.
fn with_worker(leg: &Leg, more: &[&str]) -> Result<(Cluster, Session)> {
    let settings = [
        "shared_preload_libraries = 'pg_warden'",
        "warden.partition_worker = on",
        "warden.partition_worker_naptime = '1s'",
    ];
    let settings = settings.iter().chain(more).map(|line| (*line).to_owned()).collect();
    let cluster = leg.own_cluster(&Options { settings, ..Options::default() })?;
    let mut s = cluster.connect("postgres")?;
    s.run("CREATE EXTENSION pg_warden")?;
    Ok((cluster, s))
}

/// A table of months in 2020 under management, with the present month.
fn old(s: &mut Session, months: i32, arguments: &str) -> Result {
    s.run(&format!(
        "SET client_min_messages = warning; CREATE TABLE e (ts timestamptz, id int) PARTITION BY RANGE (ts);
         SELECT * FROM warden.create_partitions('e', '1 month', '2020-01-01', '2020-01-01'::timestamp + interval '{months} months');
         SELECT * FROM warden.manage_partitions('e', premake => 0, retention => '1 year', {arguments})"
    ))?;
    s.run("SELECT warden.create_monthly_partition('e', date_trunc('month', now() AT TIME ZONE 'UTC')::date)")?;
    s.run("INSERT INTO e SELECT '2020-01-01', i FROM generate_series(1, 100) AS i; RESET client_min_messages")?;
    Ok(())
}

fn begin(s: &mut Session) -> Result {
    s.run("SELECT * FROM warden.schedule_partition_maintenance('1 second', 'worker')")?;
    Ok(())
}

fn end(s: &mut Session) -> Result {
    s.run("SELECT warden.unschedule_partition_maintenance()")?;
    s.wait_for("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_warden partition worker'", "0")
}

/// Action, partition and status of what the log has of partitions, in order.
fn log(s: &mut Session) -> Result<Vec<String>> {
    Ok(s.column("SELECT concat_ws(' ', action, partition, status, sqlstate) FROM warden.partition_log WHERE partition IS NOT NULL ORDER BY id")?)
}

const DONE: &str = "SELECT count(*) FROM warden.partition_log WHERE partition IS NOT NULL AND status = 'done'";
const PENDING: &str = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending";
const KEPT: &str = "SELECT count(*) FROM warden_internal.partition_removal";

fn the_worker_detaches_concurrently(leg: &Leg) -> Result {
    let (cluster, mut s) = with_worker(leg, &[])?;
    old(&mut s, 2, "retention_action => 'drop'")?;
    begin(&mut s)?;
    s.wait_for(DONE, "2")?;
    ensure_eq!(log(&mut s)?, ["drop public.e_2020_01 done", "drop public.e_2020_02 done"]);
    ensure_eq!(
        s.column("SELECT sql || ' ' || source FROM warden.partition_log WHERE partition = 'public.e_2020_01'")?,
        [
            "ALTER TABLE public.e DETACH PARTITION public.e_2020_01 CONCURRENTLY;\nDROP TABLE public.e_2020_01; pg_warden partition worker"
        ]
    );
    ensure_eq!(s.value("SELECT to_regclass('e_2020_01') IS NULL")?, "t");
    ensure_eq!(s.value(KEPT)?, "0");
    end(&mut s)?;
    // G4: what stays has a CHECK of its range, with which it can be attached again without being read.
    s.run("DROP TABLE e; DELETE FROM warden_internal.partition_log")?;
    old(&mut s, 1, "retention_action => 'detach'")?;
    s.run("CREATE PUBLICATION p FOR TABLE e, e_2020_01")?;
    begin(&mut s)?;
    s.wait_for(DONE, "1")?;
    ensure_eq!(
        s.value("SELECT detail FROM warden.partition_log WHERE action = 'detach'")?,
        "It is no longer published with its table, by p. It is no longer published by itself, by p. CHECK constraint \"e_2020_01_ts_check\" says its range: it can be attached again without being read."
    );
    ensure_eq!(
        s.value("SELECT conname FROM pg_constraint WHERE conrelid = 'e_2020_01'::regclass AND contype = 'c'")?,
        "e_2020_01_ts_check"
    );
    ensure_eq!(s.value("SELECT count(*) FROM e_2020_01")?, "100");
    end(&mut s)?;
    // Archived, by the side of the name that is taken there.
    s.run("DROP TABLE e, e_2020_01; DELETE FROM warden_internal.partition_log; CREATE SCHEMA arch; CREATE TABLE arch.e_2020_01 (a int)")?;
    old(&mut s, 1, "retention_action => 'archive', archive_schema => 'arch'")?;
    begin(&mut s)?;
    s.wait_for(DONE, "1")?;
    ensure_eq!(log(&mut s)?, ["archive public.e_2020_01 done"]);
    ensure_eq!(s.value("SELECT count(*) FROM arch.e_2020_01_2")?, "100");
    end(&mut s)?;
    drop(s);
    cluster.finish()
}

/// What a session calls is a procedure, and has no top level.
fn what_is_left_is_done_by_the_next_run(leg: &Leg) -> Result {
    let (cluster, mut s) = with_worker(leg, &[])?;
    old(&mut s, 1, "retention_action => 'drop'")?;
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(
        s.column("SELECT sql FROM warden.partition_log WHERE action = 'drop'")?,
        ["ALTER TABLE public.e DETACH PARTITION public.e_2020_01;\nDROP TABLE public.e_2020_01;"]
    );
    // No place for another process: the worker does it itself.
    s.run("ALTER SYSTEM SET max_worker_processes = 3")?;
    drop(s);
    cluster.down()?;
    cluster.up()?;
    let mut s = cluster.connect("postgres")?;
    s.run("DROP TABLE e; DELETE FROM warden_internal.partition_log")?;
    old(&mut s, 14, "retention_action => 'drop'")?;
    begin(&mut s)?;
    s.wait_for(DONE, "14")?;
    end(&mut s)?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_log WHERE sql LIKE '%CONCURRENTLY%'")?, "0");
    drop(s);
    cluster.finish()
}

/// A partition that was marked while a reader was there is finished when the reader is gone; nobody waits meanwhile.
fn g2_interrupted_and_finalized(leg: &Leg) -> Result {
    let (cluster, mut s) =
        with_worker(leg, &["warden.partition_lock_timeout = '100ms'", "warden.partition_lock_retries = 0"])?;
    old(&mut s, 2, "retention_action => 'drop'")?;
    let mut reader = cluster.connect("postgres")?;
    reader.run(
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM e WHERE ts >= '2020-02-01' AND ts < '2020-03-01'",
    )?;
    begin(&mut s)?;
    s.wait_for("SELECT count(*) > 0 FROM warden.partition_log WHERE action = 'drop' AND status = 'lock_timeout'", "t")?;
    let detail = s.value("SELECT detail FROM warden.partition_log WHERE action = 'drop' LIMIT 1")?;
    ensure_eq!(
        detail,
        "canceling statement due to lock timeout. Its detach has begun, and is finished before anything else."
    );
    ensure_eq!((s.value(PENDING)?, s.value(KEPT)?), ("1".to_owned(), "1".to_owned()));
    // Readers and writers go on, and do not see it any more.
    s.run("SET lock_timeout = '5s'; INSERT INTO e VALUES (now(), 1)")?;
    ensure_eq!(s.value("SELECT count(*) FROM e")?, "1");
    s.wait_for(
        "SELECT count(*) > 2 FROM warden.partition_log WHERE action = 'finalize' AND status = 'lock_timeout'",
        "t",
    )?;
    reader.run("COMMIT")?;
    s.wait_for("SELECT count(*) FROM warden.partition_log WHERE action = 'drop' AND status = 'done'", "2")?;
    ensure_eq!(
        s.column("SELECT action || ' ' || partition FROM warden.partition_log WHERE partition IS NOT NULL AND status = 'done' ORDER BY id")?,
        ["finalize public.e_2020_01", "drop public.e_2020_01", "drop public.e_2020_02"]
    );
    // No other one was tried between.
    ensure_eq!(
        s.value("SELECT count(*) FROM warden.partition_log WHERE partition = 'public.e_2020_02' AND status <> 'done'")?,
        "0"
    );
    ensure_eq!((s.value(PENDING)?, s.value(KEPT)?), ("0".to_owned(), "0".to_owned()));
    end(&mut s)?;
    drop((s, reader));
    cluster.finish()
}

fn g3_beside_a_default(leg: &Leg) -> Result {
    let (cluster, mut s) = with_worker(leg, &[])?;
    old(&mut s, 1, "retention_action => 'detach'")?;
    s.run("CREATE TABLE rest PARTITION OF e DEFAULT")?;
    let error = s.error("ALTER TABLE e DETACH PARTITION e_2020_01 CONCURRENTLY")?;
    ensure_eq!(error.message, "cannot detach partitions concurrently when a default partition exists");
    begin(&mut s)?;
    s.wait_for(DONE, "1")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', sql, status, detail) FROM warden.partition_log WHERE action = 'detach'")?,
        ["ALTER TABLE public.e DETACH PARTITION public.e_2020_01; done"]
    );
    end(&mut s)?;
    drop(s);
    cluster.finish()
}

/// What could not be dropped afterwards stays a partition, as without the worker; and hinders no other.
fn what_needs_the_plain_one(leg: &Leg) -> Result {
    let (cluster, mut s) = with_worker(leg, &[])?;
    old(&mut s, 3, "retention_action => 'drop'")?;
    s.run(
        "CREATE VIEW of_january AS SELECT * FROM e_2020_01; CREATE ROLE other; ALTER TABLE e_2020_02 OWNER TO other",
    )?;
    begin(&mut s)?;
    s.wait_for(
        "SELECT count(*) FROM warden.partition_log WHERE partition = 'public.e_2020_03' AND status = 'done'",
        "1",
    )?;
    end(&mut s)?;
    ensure_eq!(
        s.column("SELECT DISTINCT concat_ws(' ', partition, sql LIKE '%CONCURRENTLY%', status, sqlstate) FROM warden.partition_log WHERE partition IS NOT NULL ORDER BY 1")?,
        ["public.e_2020_01 f error 2BP01", "public.e_2020_02 f done", "public.e_2020_03 t done"]
    );
    ensure_eq!(s.value("SELECT relispartition FROM pg_class WHERE relname = 'e_2020_01'")?, "t");
    drop(s);
    cluster.finish()
}

/// A function in a CHECK constraint is tried by the server when it looks whether the constraint says the bounds already.
fn as_the_owner_and_no_more(leg: &Leg) -> Result {
    let (cluster, mut s) = with_worker(leg, &[])?;
    s.run("CREATE ROLE mallory LOGIN; CREATE SCHEMA m AUTHORIZATION mallory; CREATE TABLE seen (who text); GRANT ALL ON seen TO mallory, pg_monitor")?;
    // What the role has set for its own sessions is not for this one.
    s.run(
        "GRANT pg_monitor TO mallory; ALTER ROLE mallory SET role = 'pg_monitor'; ALTER ROLE mallory SET warden.partition_lock_timeout = '1h';
         ALTER ROLE mallory SET default_transaction_read_only = on; ALTER ROLE mallory SET default_transaction_isolation = 'serializable';
         ALTER ROLE mallory SET search_path = m; ALTER ROLE mallory SET lock_timeout = '2h'",
    )?;
    if leg.major >= 17 {
        s.run("ALTER ROLE mallory SET transaction_timeout = '1h'")?;
    }
    old(&mut s, 2, "retention_action => 'detach'")?;
    s.run(
        "CREATE FUNCTION m.grab() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
         CREATE FUNCTION m.one() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM m.grab(); RETURN 1; END$$;
         ALTER TABLE e_2020_01 ADD CHECK (id > m.one() - 100);
         CREATE OR REPLACE FUNCTION m.grab() RETURNS void LANGUAGE plpgsql AS $$
         DECLARE step text;
         BEGIN
             INSERT INTO public.seen VALUES (concat_ws(' ', current_user, session_user, current_setting('lock_timeout'), current_setting('search_path'),
                 current_setting('transaction_isolation'), current_setting('transaction_timeout', true)));
             FOREACH step IN ARRAY ARRAY['RESET ROLE', 'SET ROLE postgres', 'RESET SESSION AUTHORIZATION', 'SET SESSION AUTHORIZATION postgres'] LOOP
                 BEGIN EXECUTE step; EXCEPTION WHEN OTHERS THEN NULL; END;
             END LOOP;
             BEGIN ALTER ROLE mallory SUPERUSER; EXCEPTION WHEN OTHERS THEN NULL; END;
             INSERT INTO public.seen SELECT session_user || ' ' || rolsuper FROM pg_roles WHERE rolname = current_user;
         END $$;
         ALTER FUNCTION m.grab() OWNER TO mallory; ALTER FUNCTION m.one() OWNER TO mallory;
         ALTER TABLE e OWNER TO mallory; ALTER TABLE e_2020_01 OWNER TO mallory; ALTER TABLE e_2020_02 OWNER TO mallory;
         DELETE FROM seen",
    )?;
    begin(&mut s)?;
    s.wait_for(DONE, "2")?;
    end(&mut s)?;
    ensure_eq!(
        s.value("SELECT count(*) FROM warden.partition_log WHERE sql LIKE '%CONCURRENTLY%' AND status = 'done'")?,
        "2"
    );
    // It was called, and could do what its owner may.
    let timeout = if leg.major >= 17 { " 0" } else { "" };
    ensure_eq!(
        s.column("SELECT DISTINCT who FROM seen ORDER BY 1")?,
        ["mallory false".to_owned(), format!("mallory mallory 2s pg_catalog, pg_temp read committed{timeout}")]
    );
    ensure_eq!(s.value("SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'")?, "f");
    drop(s);
    cluster.finish()
}

/// How long a lock is waited for is the server's to say, not the owner's.
fn an_owner_keeps_nobody_waiting(leg: &Leg) -> Result {
    let (cluster, mut s) =
        with_worker(leg, &["warden.partition_lock_timeout = '100ms'", "warden.partition_lock_retries = 0"])?;
    s.run(
        "CREATE ROLE mallory LOGIN; ALTER ROLE mallory SET warden.partition_lock_timeout = '1h';
         ALTER ROLE mallory SET warden.partition_lock_retries = 100",
    )?;
    old(&mut s, 1, "retention_action => 'drop'")?;
    s.run("ALTER TABLE e OWNER TO mallory; ALTER TABLE e_2020_01 OWNER TO mallory")?;
    let mut holder = cluster.connect("postgres")?;
    holder.run("BEGIN; LOCK TABLE e IN SHARE UPDATE EXCLUSIVE MODE")?;
    begin(&mut s)?;
    s.wait_for(
        "SELECT count(*) > 0 FROM warden.partition_log WHERE action = 'drop' AND status = 'lock_timeout' AND sql LIKE '%CONCURRENTLY%'",
        "t",
    )?;
    ensure_eq!(s.value(PENDING)?, "0");
    holder.run("COMMIT")?;
    s.wait_for(DONE, "1")?;
    end(&mut s)?;
    drop((s, holder));
    cluster.finish()
}

fn owners_who_are_let_in(leg: &Leg) -> Result {
    let (cluster, mut s) = with_worker(leg, &[])?;
    let is_let_in_without_login = leg.major >= 17;
    for (owner, is_concurrent) in
        [("LOGIN", true), ("NOLOGIN", is_let_in_without_login), ("LOGIN CONNECTION LIMIT 1", false)]
    {
        s.run(&format!("CREATE ROLE o {owner}"))?;
        old(&mut s, 1, "retention_action => 'drop'")?;
        s.run("ALTER TABLE e OWNER TO o; ALTER TABLE e_2020_01 OWNER TO o")?;
        begin(&mut s)?;
        s.wait_for(DONE, "1")?;
        end(&mut s)?;
        ensure_eq!(
            s.value("SELECT sql LIKE '%CONCURRENTLY%' FROM warden.partition_log WHERE action = 'drop'")?,
            if is_concurrent { "t" } else { "f" },
            "{owner}"
        );
        s.run("DROP TABLE e; DROP ROLE o; DELETE FROM warden_internal.partition_log")?;
    }
    // Nobody knocks in vain.
    ensure!(!cluster.log().contains("FATAL"), "{}", cluster.log());
    drop(s);
    cluster.finish()
}

/// Where its row cannot be written, the partition is not marked either.
fn nothing_is_begun_that_is_not_kept(leg: &Leg) -> Result {
    let (cluster, mut s) = with_worker(leg, &["warden.partition_lock_retries = 0"])?;
    old(&mut s, 1, "retention_action => 'drop'")?;
    let mut holder = cluster.connect("postgres")?;
    holder.run("BEGIN; LOCK TABLE warden_internal.partition_removal IN SHARE MODE")?;
    begin(&mut s)?;
    s.wait_for("SELECT count(*) > 0 FROM warden.partition_log WHERE action = 'drop'", "t")?;
    ensure_eq!(
        s.value(
            "SELECT concat_ws(' ', status, detail) FROM warden.partition_log WHERE action = 'drop' ORDER BY id LIMIT 1"
        )?,
        "lock_timeout what is to become of the partition could not be kept. table warden_internal.partition_removal is locked by another session"
    );
    ensure_eq!((s.value(PENDING)?, s.value(KEPT)?), ("0".to_owned(), "0".to_owned()));
    holder.run("COMMIT")?;
    s.wait_for(DONE, "1")?;
    end(&mut s)?;
    drop((s, holder));
    cluster.finish()
}

/// A detach that was begun by hand is finished, and no more.
fn what_somebody_else_detaches_stays(leg: &Leg) -> Result {
    let (cluster, mut s) = with_worker(leg, &[])?;
    old(&mut s, 2, "retention_action => 'drop'")?;
    let mut reader = cluster.connect("postgres")?;
    reader.run("BEGIN; SELECT count(*) FROM e")?;
    s.run("SET lock_timeout = '100ms'")?;
    let error = s.error("ALTER TABLE e DETACH PARTITION e_2020_01 CONCURRENTLY")?;
    ensure_eq!(error.sqlstate, "55P03");
    ensure_eq!(s.value(PENDING)?, "1");
    reader.run("COMMIT")?;
    begin(&mut s)?;
    s.wait_for(DONE, "2")?;
    end(&mut s)?;
    ensure_eq!(log(&mut s)?, ["finalize public.e_2020_01 done", "drop public.e_2020_02 done"]);
    ensure_eq!(s.value("SELECT count(*) FROM e_2020_01")?, "100");
    drop((s, reader));
    cluster.finish()
}

/// The server can be stopped at any time, and finds out afterwards what is left to do.
fn a_shutdown_while_it_waits(leg: &Leg) -> Result {
    let (cluster, mut s) = with_worker(leg, &["warden.partition_lock_timeout = '10min'"])?;
    old(&mut s, 2, "retention_action => 'drop'")?;
    let mut reader = cluster.connect("postgres")?;
    reader.run("BEGIN; SELECT count(*) FROM e")?;
    begin(&mut s)?;
    s.wait_for(PENDING, "1")?;
    cluster.down()?;
    cluster.up()?;
    let mut s = cluster.connect("postgres")?;
    s.wait_for(DONE, "3")?;
    end(&mut s)?;
    ensure_eq!(
        log(&mut s)?,
        ["finalize public.e_2020_01 done", "drop public.e_2020_01 done", "drop public.e_2020_02 done"]
    );
    drop((s, reader));
    cluster.finish()
}

/// Kills the process that detaches, with the server, once `state` is true; the worker comes again unless `stays_away`.
fn kill(cluster: &Cluster, mut s: Session, state: &str, stays_away: bool) -> Result<Session> {
    s.wait_for(state, "t")?;
    let pid = s.value(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_warden partition worker' AND query LIKE 'ALTER TABLE%CONCURRENTLY'",
    )?;
    if stays_away {
        s.run("SELECT warden.unschedule_partition_maintenance()")?;
    }
    cluster.kill(&pid, s)?;
    Ok(cluster.connect_in_time("postgres")?)
}

/// Nothing was begun: what somebody else does with the partition then is theirs.
fn a_kill_before_it_is_marked(leg: &Leg) -> Result {
    let (mut cluster, mut s) = with_worker(leg, &["warden.partition_lock_timeout = '10min'"])?;
    let done = (|| -> Result {
        old(&mut s, 2, "retention_action => 'drop'")?;
        let mut holder = cluster.connect("postgres")?;
        holder.run("BEGIN; LOCK TABLE e IN SHARE UPDATE EXCLUSIVE MODE")?;
        begin(&mut s)?;
        let waits = "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'e'::regclass AND NOT granted";
        let mut s = kill(&cluster, s, waits, true)?;
        ensure_eq!((s.value(PENDING)?, s.value(KEPT)?), ("0".to_owned(), "0".to_owned()));
        s.run("ALTER TABLE e DETACH PARTITION e_2020_01")?;
        begin(&mut s)?;
        s.wait_for(DONE, "1")?;
        end(&mut s)?;
        ensure_eq!(log(&mut s)?, ["drop public.e_2020_02 done"]);
        ensure_eq!(s.value("SELECT count(*) FROM e_2020_01")?, "100");
        Ok(())
    })();
    cluster.log_was_checked();
    done
}

fn a_kill_while_it_is_marked(leg: &Leg) -> Result {
    let (mut cluster, mut s) = with_worker(leg, &["warden.partition_lock_timeout = '10min'"])?;
    let done = (|| -> Result {
        old(&mut s, 2, "retention_action => 'drop'")?;
        let mut reader = cluster.connect("postgres")?;
        reader.run("BEGIN; SELECT count(*) FROM e")?;
        begin(&mut s)?;
        let pending = "SELECT count(*) = 1 FROM pg_inherits WHERE inhdetachpending";
        let mut s = kill(&cluster, s, pending, false)?;
        s.wait_for(DONE, "3")?;
        end(&mut s)?;
        ensure_eq!(
            log(&mut s)?,
            ["finalize public.e_2020_01 done", "drop public.e_2020_01 done", "drop public.e_2020_02 done"]
        );
        // After the second transaction, before what comes then: whoever maintains next does it.
        s.run("DROP TABLE e; DELETE FROM warden_internal.partition_log")?;
        old(&mut s, 1, "retention_action => 'drop'")?;
        let mut reader = cluster.connect("postgres")?;
        reader.run("BEGIN; SELECT count(*) FROM e")?;
        begin(&mut s)?;
        let mut s = kill(&cluster, s, pending, true)?;
        ensure_eq!(s.value(KEPT)?, "1");
        s.run("ALTER TABLE e DETACH PARTITION e_2020_01 FINALIZE")?;
        ensure_eq!(
            s.column("SELECT concat_ws(' ', action, partition, lower_bound, risk) FROM warden.plan_partition_maintenance('e')")?,
            ["drop public.e_2020_01 2020-01-01 00:00:00+00 it is detached already; this is what is left to do"]
        );
        s.run("CALL warden.partition_maintenance()")?;
        ensure_eq!(log(&mut s)?, ["drop public.e_2020_01 done"]);
        ensure_eq!(
            (s.value("SELECT to_regclass('e_2020_01') IS NULL")?, s.value(KEPT)?),
            ("t".to_owned(), "0".to_owned())
        );
        Ok(())
    })();
    ensure!(
        cluster.crashes(0).iter().all(|line| !line.contains("TRAP") && !line.contains("PANIC")),
        "{}",
        cluster.log()
    );
    cluster.log_was_checked();
    done
}

/// What a worker leaves that was killed after the detach.
const KEPT_FOR_E: &str = "INSERT INTO warden_internal.partition_removal VALUES ('e_2020_01'::regclass, 'e'::regclass, 'public.e_2020_01', 'a', 'b',
                              extract(epoch FROM timestamptz '2020-02-01 00:00+00') * 1000000, 'drop', '', now());
                          ALTER TABLE e DETACH PARTITION e_2020_01";

/// A table that is no more what it was, or whose policy is another, is not dropped.
fn somebody_wants_something_else(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (change, expected, left) in [
        ("ALTER TABLE e_2020_01 RENAME TO mine", "drop public.e_2020_01 refused", "1"),
        ("ALTER TABLE e_2020_01 OWNER TO pg_monitor", "drop public.e_2020_01 refused", "1"),
        (
            "CREATE TABLE f (LIKE e) PARTITION BY RANGE (ts); ALTER TABLE f ATTACH PARTITION e_2020_01 FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-02-01 00:00+00')",
            "drop public.e_2020_01 refused",
            "1",
        ),
        (
            "UPDATE warden_internal.partition_policy SET retention_action = 'detach'",
            "detach public.e_2020_01 done",
            "1",
        ),
        (
            "SELECT * FROM warden.manage_partitions('e', premake => 0, retention => '100 years', retention_action => 'drop')",
            "detach public.e_2020_01 done",
            "1",
        ),
        ("UPDATE warden_internal.partition_policy SET retention = NULL", "detach public.e_2020_01 done", "1"),
        ("SELECT warden.unmanage_partitions('e'); SELECT * FROM warden.manage_partitions('e', premake => 0)", "", "1"),
        ("DROP TABLE e_2020_01; CREATE TABLE e_2020_01 (a int)", "", "1"),
        ("SELECT 1", "drop public.e_2020_01 done", "0"),
    ] {
        old(&mut s, 1, "retention_action => 'drop'")?;
        s.run(KEPT_FOR_E)?;
        s.run(change)?;
        s.run("CALL warden.partition_maintenance()")?;
        ensure_eq!(log(&mut s)?.join(", "), expected, "{change}");
        ensure_eq!(s.value("SELECT count(*) FROM pg_class WHERE relname IN ('mine', 'e_2020_01')")?, left, "{change}");
        ensure_eq!(s.value(KEPT)?, "0", "{change}");
        s.run("SET client_min_messages = warning; DROP TABLE IF EXISTS e, f, mine, e_2020_01; DELETE FROM warden_internal.partition_log; RESET client_min_messages")?;
    }
    // Another table's maintenance has nothing to do with it.
    old(&mut s, 1, "retention_action => 'drop'")?;
    s.run("CREATE TABLE f (LIKE e) PARTITION BY RANGE (ts); SELECT * FROM warden.manage_partitions('f', '1 month', retention => '1 year', retention_action => 'drop')")?;
    s.run(KEPT_FOR_E)?;
    s.run("CALL warden.partition_maintenance('f')")?;
    ensure_eq!(s.value("SELECT count(*) FROM e_2020_01")?, "100");
    s.run("CALL warden.partition_maintenance('e')")?;
    ensure_eq!(s.value("SELECT to_regclass('e_2020_01') IS NULL")?, "t");
    Ok(())
}

fn bounded_by_twelve(leg: &Leg) -> Result {
    let (cluster, mut s) = with_worker(leg, &[])?;
    old(&mut s, 14, "retention_action => 'drop'")?;
    s.run("SELECT * FROM warden.schedule_partition_maintenance('1 hour', 'worker')")?;
    s.wait_for("SELECT count(*) FROM warden.partition_log WHERE action = 'run'", "2")?;
    ensure_eq!(s.value(DONE)?, "12");
    ensure_eq!(s.value("SELECT min(partition) FROM warden.list_partitions('e')")?, "public.e_2021_01");
    drop(s);
    cluster.finish()
}
