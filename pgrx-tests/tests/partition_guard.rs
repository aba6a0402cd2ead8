//! Partitions made beside a large default partition, which is read before it is locked: F5.

use pg_warden_tests::{Database, Leg, Options, Result, Session, cases, ensure, ensure_eq};
use std::thread;
use std::time::Duration;

cases![
    planned_and_done_in_three_steps,
    the_default_is_not_read_for_any_key,
    where_nobody_would_wait,
    in_the_owners_name,
    rows_that_are_there,
    rows_that_come_in_between,
    rows_that_are_hidden_from_the_owner,
    what_cannot_be_made_keeps_no_rows_out,
    killed_in_each_step,
    left_and_of_no_use,
    a_range_that_has_come,
];

/// What the server says where it need not read the default.
const IMPLIED: &str = "updated partition constraint for default partition \"rest\" is implied by existing constraints";

const GUARDS: &str = "SELECT count(*) FROM pg_constraint WHERE conname LIKE 'pg_warden_guard%'";

const LOG: &str =
    "SELECT concat_ws(' ', action, status, sqlstate) FROM warden.partition_log WHERE action <> 'run' ORDER BY id";

/// A managed table of months with a default that counts as large, of rows in 2020 and of none.
fn managed(s: &mut Session, premake: i32) -> Result {
    s.run(&format!(
        "CREATE TABLE e (ts timestamptz, id int) PARTITION BY RANGE (ts); CREATE TABLE rest PARTITION OF e DEFAULT;
         INSERT INTO e SELECT '2020-01-01 00:00+00'::timestamptz + n * interval '1 minute', n FROM generate_series(1, 5000) AS n;
         INSERT INTO e VALUES (NULL, 1); SELECT * FROM warden.manage_partitions('e', premake => {premake})"
    ))?;
    Ok(())
}

/// A database in which 100 kB are large.
fn database(leg: &Leg) -> Result<Database<'_>> {
    let db = leg.database()?;
    db.session()?.run(&format!("ALTER DATABASE \"{}\" SET warden.large_table_size = '100kB'", db.name()))?;
    Ok(db)
}

fn planned_and_done_in_three_steps(leg: &Leg) -> Result {
    let db = database(leg)?;
    let mut s = db.session()?;
    managed(&mut s, 2)?;
    let plan = "SELECT concat_ws(' | ', action, right(partition, 7) = to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', 'YYYY_MM'), locks)
                  FROM warden.plan_partition_maintenance('e') ORDER BY step";
    let both = "SHARE UPDATE EXCLUSIVE on public.e, ACCESS EXCLUSIVE on public.rest";
    ensure_eq!(
        s.column(plan)?,
        [
            "create | f | ACCESS EXCLUSIVE on public.e, ACCESS EXCLUSIVE on public.rest".to_owned(),
            "guard | t | ACCESS EXCLUSIVE on public.rest".to_owned(),
            "validate | t | SHARE UPDATE EXCLUSIVE on public.rest".to_owned(),
            format!("create | t | {both}"),
            "guard | f | ACCESS EXCLUSIVE on public.rest".to_owned(),
            "validate | f | SHARE UPDATE EXCLUSIVE on public.rest".to_owned(),
            format!("create | f | {both}"),
        ]
    );
    let planned = s.column("SELECT sql FROM warden.plan_partition_maintenance('e') ORDER BY step")?;
    ensure!(
        planned[1].contains("NOT VALID;") && planned[3].contains("DROP CONSTRAINT pg_warden_guard_"),
        "{planned:?}"
    );
    ensure_eq!(
        s.column("SELECT DISTINCT risk ~ 'is locked for a moment, and not read' FROM warden.plan_partition_maintenance('e') WHERE sql ~ 'DROP'")?,
        ["t"]
    );
    // What pg_warden does itself, it does not judge.
    s.run("SET client_min_messages = debug1")?;
    s.run("SET warden.mode = enforce")?;
    let outcome = s.run("CALL warden.partition_maintenance()")?;
    s.run("RESET client_min_messages")?;
    ensure!(outcome.notices.iter().all(|n| n.severity != "WARNING"), "{outcome}");
    ensure_eq!(outcome.notices.iter().filter(|n| n.message == IMPLIED).count(), 2, "{outcome}");
    ensure_eq!(
        outcome.notices.iter().filter(|n| n.message.ends_with("1 table: 3 done, 0 failed")).count(),
        1,
        "{outcome}"
    );
    // As planned, one after the other, and nothing is left.
    ensure_eq!(
        s.column("SELECT replace(sql, ' USING heap', '') FROM warden.partition_log WHERE action <> 'run' ORDER BY id")?,
        planned
    );
    ensure_eq!(
        s.column(LOG)?,
        ["create done", "guard done", "validate done", "create done", "guard done", "validate done", "create done"]
    );
    ensure_eq!(s.value(GUARDS)?, "0");
    ensure_eq!(s.value("SELECT concat(count(*), ' ', count(ts)) FROM rest")?, "5001 5000");
    ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance('e')")?, "0");
    Ok(())
}

fn the_default_is_not_read_for_any_key(leg: &Leg) -> Result {
    let db = database(leg)?;
    let mut s = db.session()?;
    let old = "'2020-01-01'::timestamp + n * interval '1 minute'";
    s.run("CREATE DOMAIN moment AS timestamptz")?;
    for (columns, key, value, encoding) in [
        ("ts date, b int", "ts", format!("({old})::date, n"), "auto"),
        ("ts timestamp, b int", "ts", format!("{old}, n"), "auto"),
        ("ts moment, b int", "ts", format!("{old}, n"), "auto"),
        ("ts timestamptz, b int, c int", "ts, b, (c + 1)", format!("{old}, CASE WHEN n > 9 THEN n END, n"), "auto"),
        ("ts timestamptz, b int", "(ts AT TIME ZONE 'UTC')", format!("{old}, n"), "auto"),
        ("ts bigint, b int", "ts", "extract(epoch FROM timestamp '2020-01-01') + n, n".to_owned(), "epoch_s"),
        ("ts numeric, b int", "ts", "1000 * extract(epoch FROM timestamp '2020-01-01') + n, n".to_owned(), "epoch_ms"),
        ("ts uuid, b int", "ts", format!("warden.uuidv7_lower_bound(({old}) AT TIME ZONE 'UTC'), n"), "auto"),
        (
            "\"t '\"\"s\" text COLLATE \"C\", b int",
            "\"t '\"\"s\"",
            format!("to_char({old}, 'YYYY-MM-DD'), n"),
            "text:iso",
        ),
    ] {
        s.run(&format!(
            "CREATE TABLE e ({columns}) PARTITION BY RANGE ({key}); CREATE TABLE rest PARTITION OF e DEFAULT;
             INSERT INTO e SELECT {value} FROM generate_series(1, 5000) AS n; INSERT INTO e DEFAULT VALUES;
             SELECT * FROM warden.manage_partitions('e', premake => 1, key_encoding => '{encoding}')"
        ))?;
        s.run("SET client_min_messages = debug1")?;
        let outcome = s.run("CALL warden.partition_maintenance()")?;
        s.run("RESET client_min_messages")?;
        ensure_eq!(outcome.notices.iter().filter(|n| n.message == IMPLIED).count(), 1, "{columns}: {outcome}");
        ensure_eq!(
            s.value("SELECT concat_ws(' ', (SELECT count(*) FROM rest), (SELECT count(*) FROM pg_inherits))")?,
            "5001 3",
            "{columns}"
        );
        ensure_eq!(s.value(GUARDS)?, "0");
        s.run("DROP TABLE e")?;
    }
    Ok(())
}

fn where_nobody_would_wait(leg: &Leg) -> Result {
    let db = database(leg)?;
    let mut s = db.session()?;
    managed(&mut s, 2)?;
    let guards = "SELECT count(*) FROM warden.plan_partition_maintenance('e') WHERE action = 'guard'";
    ensure_eq!(s.value(guards)?, "2");
    // As large as that, and no smaller.
    let size: i64 = s.value("SELECT pg_relation_size('rest') / 1024")?.parse()?;
    s.run(&format!("SET warden.large_table_size = '{size}kB'"))?;
    ensure_eq!(s.value(guards)?, "2");
    s.run(&format!("SET warden.large_table_size = '{}kB'", size + 1))?;
    ensure_eq!(s.value(guards)?, "0");
    // What somebody holds cannot be measured without a wait.
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE rest IN ACCESS EXCLUSIVE MODE")?;
    s.run("SET statement_timeout = '1s'")?;
    ensure_eq!(s.value(guards)?, "2");
    holder.run("COMMIT")?;
    s.run("RESET warden.large_table_size; RESET statement_timeout")?;
    // Functions are one transaction: there is nothing to gain.
    s.run("SELECT warden.create_monthly_partition('e', '2999-01-01')")?;
    ensure_eq!(s.value(GUARDS)?, "0");
    // One that is partitioned itself is read as ever.
    s.run(
        "CREATE TABLE p (LIKE e) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p DEFAULT; INSERT INTO p SELECT * FROM rest;
         DROP TABLE rest; ALTER TABLE e ATTACH PARTITION p DEFAULT",
    )?;
    ensure_eq!(s.value(guards)?, "0");
    holder.run("BEGIN; LOCK TABLE p IN ACCESS EXCLUSIVE MODE")?;
    ensure_eq!(s.value(guards)?, "0");
    holder.run("COMMIT")?;
    s.run("DROP TABLE p")?;
    ensure_eq!(s.value(guards)?, "0");
    Ok(())
}

fn in_the_owners_name(leg: &Leg) -> Result {
    let db = database(leg)?;
    let mut s = db.session()?;
    let owner = db.role("")?;
    s.run(&format!(
        "GRANT CREATE ON SCHEMA public TO {owner}; SET ROLE {owner}; CREATE TABLE seen (who text);
         CREATE FUNCTION looked(timestamp) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN IF current_user <> '{owner}' THEN RAISE 'looked at as %', current_user; END IF; RETURN $1; END $$;
         CREATE TABLE e (ts timestamp, id int) PARTITION BY RANGE (looked(ts)); CREATE TABLE rest PARTITION OF e DEFAULT;
         INSERT INTO e SELECT '2020-01-01'::timestamp + n * interval '1 minute', n FROM generate_series(1, 5000) AS n; RESET ROLE;
         SELECT * FROM warden.manage_partitions('e', premake => 1)"
    ))?;
    let outcome = s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.column(LOG)?, ["create done", "guard done", "validate done", "create done"], "{outcome}");
    Ok(())
}

fn rows_that_are_there(leg: &Leg) -> Result {
    let db = database(leg)?;
    let mut s = db.session()?;
    managed(&mut s, 2)?;
    s.run("INSERT INTO e SELECT date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 month', n FROM generate_series(1, 3) AS n")?;
    let outcome = s.run("CALL warden.partition_maintenance()")?;
    // As where it is not large: told of with how many there are, and the others are made.
    ensure!(
        outcome.notices.iter().any(|n| n.detail().contains("default partition \"rest\" of \"e\" holds rows of [")
            && n.detail().contains("3 rows, from")),
        "{outcome}"
    );
    ensure_eq!(s.column(LOG)?, ["create done", "guard error 23514", "guard done", "validate done", "create done"]);
    ensure_eq!(s.value(GUARDS)?, "0");
    Ok(())
}

fn rows_that_come_in_between(leg: &Leg) -> Result {
    let db = database(leg)?;
    let mut s = db.session()?;
    managed(&mut s, 1)?;
    let (mut writer, mut watcher) = (db.session()?, db.session()?);
    // The present month is there: what comes next is the guard, which waits for the writer.
    s.run("SET warden.partition_lock_timeout = '20s'; SELECT warden.create_monthly_partition('e', date_trunc('month', now())::date)")?;
    writer.run("BEGIN; INSERT INTO e VALUES (now() + interval '1 month', 1)")?;
    thread::scope(|scope| -> Result {
        let working = scope.spawn(|| s.outcome("CALL warden.partition_maintenance()"));
        watcher.wait_for("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'rest'::regclass", "t")?;
        writer.run("COMMIT")?;
        let outcome = working.join().map_err(|_| "it panicked")?;
        ensure!(outcome.notices.iter().any(|n| n.detail().contains("1 row, at")), "{outcome}");
        Ok(())
    })?;
    ensure_eq!(watcher.column(LOG)?, ["guard done", "validate error 23514", "unguard done"]);
    ensure_eq!(watcher.value(GUARDS)?, "0");
    Ok(())
}

fn rows_that_are_hidden_from_the_owner(leg: &Leg) -> Result {
    let db = database(leg)?;
    let mut s = db.session()?;
    let owner = db.role("")?;
    managed(&mut s, 1)?;
    s.run(&format!(
        "INSERT INTO e VALUES (now() + interval '1 month', 1); GRANT CREATE ON SCHEMA public TO {owner};
         ALTER TABLE e OWNER TO {owner}; ALTER TABLE rest OWNER TO {owner}; ALTER TABLE rest ENABLE ROW LEVEL SECURITY; ALTER TABLE rest FORCE ROW LEVEL SECURITY"
    ))?;
    // What the owner cannot count is found all the same, once, and keeps nobody out.
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.column(LOG)?, ["create done", "guard done", "validate error 23514", "unguard done"]);
    ensure_eq!(s.value(GUARDS)?, "0");
    Ok(())
}

fn what_cannot_be_made_keeps_no_rows_out(leg: &Leg) -> Result {
    let db = database(leg)?;
    let mut s = db.session()?;
    managed(&mut s, 1)?;
    s.run("CALL warden.partition_maintenance()")?;
    // Blocked before anything is done: no guard at all.
    s.run("SELECT * FROM warden.manage_partitions('e', premake => 2)")?;
    let name = s.value("SELECT partition FROM warden.plan_partition_maintenance('e') LIMIT 1")?;
    s.run(&format!("CREATE VIEW {name} AS SELECT 1"))?;
    ensure_eq!(s.column("SELECT left(risk, 7) FROM warden.plan_partition_maintenance('e')")?, ["blocked"]);
    s.run(&format!("DROP VIEW {name}; TRUNCATE warden_internal.partition_log"))?;
    // Found out at the end: the guard is given up, and that is in the log.
    s.run("CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no tables today'; END $$; CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION no()")?;
    s.run("CALL warden.partition_maintenance()")?;
    s.run("DROP EVENT TRIGGER no")?;
    ensure_eq!(s.column(LOG)?, ["guard done", "validate done", "create error P0001", "unguard done"]);
    ensure_eq!(s.value(GUARDS)?, "0");
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance('e')")?, "0");
    Ok(())
}

/// Guards that are told of, with the SQL that helps.
fn told(s: &mut Session) -> Result<Vec<String>> {
    Ok(s.column("SELECT concat_ws(' ', partition, regexp_replace(fix_sql, '_[0-9a-f]{8};', '_*;')) FROM warden.check_partitions('e') WHERE problem = 'guard_left'")?)
}

fn killed_in_each_step(leg: &Leg) -> Result {
    let mut cluster = leg.own_cluster(&Options::default())?;
    let name = {
        let db = cluster.database()?;
        let mut s = db.session()?;
        s.run(&format!("ALTER DATABASE \"{}\" SET warden.large_table_size = '100kB'; ALTER DATABASE \"{0}\" SET warden.partition_lock_timeout = '20s'; ALTER DATABASE \"{0}\" SET warden.partition_lock_retries = 0", db.name()))?;
        managed(&mut s, 0)?;
        s.run(
            "SELECT * FROM warden.manage_partitions('e', premake => 1); SELECT warden.create_monthly_partition('e', date_trunc('month', now())::date);
             INSERT INTO e SELECT '2020-01-01 00:00+00', n FROM generate_series(1, 1000000) AS n; TRUNCATE warden_internal.partition_log",
        )?;
        db.kept()
    };
    let killed = (|| -> Result {
        // While the default is read: the constraint is there, not proved, and nobody waits.
        cluster.kill_at_work(
            &name,
            "CALL warden.partition_maintenance()",
            &format!("SELECT ({GUARDS}) = 1"),
            Duration::from_millis(20),
        )?;
        let mut s = cluster.connect_in_time(&name)?;
        ensure_eq!(s.column("SELECT convalidated FROM pg_constraint WHERE conname LIKE 'pg_warden_guard%'")?, ["f"]);
        ensure_eq!(told(&mut s)?, ["public.rest CALL warden.partition_maintenance('public.e');"]);
        ensure_eq!(s.column("SELECT action FROM warden.plan_partition_maintenance('e')")?, ["validate", "create"]);
        // While it is to be attached, which waits for a reader.
        s.run("BEGIN; SELECT FROM rest LIMIT 1")?;
        let validated = "SELECT convalidated FROM pg_constraint WHERE conname LIKE 'pg_warden_guard%'";
        let waits = format!(
            "SELECT ({validated}) AND EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'rest'::regclass)"
        );
        cluster.kill_at_work(&name, "CALL warden.partition_maintenance()", &waits, Duration::ZERO)
    })();
    ensure!(cluster.crashes(0).iter().any(|line| line.contains("reinitializing")), "the server was not killed");
    cluster.log_was_checked();
    killed?;
    let mut s = cluster.connect_in_time(&name)?;
    ensure_eq!(told(&mut s)?.len(), 1);
    ensure_eq!(s.column("SELECT action FROM warden.plan_partition_maintenance('e')")?, ["create"]);
    s.run("CALL warden.partition_maintenance()")?;
    // Added once, proved once, dropped with the creation.
    ensure_eq!(s.column(LOG)?, ["guard done", "validate done", "create done"]);
    ensure_eq!(s.value(GUARDS)?, "0");
    ensure_eq!(told(&mut s)?, Vec::<String>::new());
    ensure_eq!(s.value("SELECT count(*) FROM rest")?, "1005001");
    Ok(())
}

fn left_and_of_no_use(leg: &Leg) -> Result {
    let db = database(leg)?;
    let mut s = db.session()?;
    managed(&mut s, 0)?;
    s.run("CALL warden.partition_maintenance()")?;
    let left = "TRUNCATE warden_internal.partition_log; ALTER TABLE rest ADD CONSTRAINT pg_warden_guard_0123abcd CHECK (NOT (ts >= '2990-01-01')) NOT VALID;
                ALTER TABLE rest ADD CONSTRAINT pg_wardens_guard CHECK (id < 1000000) NOT VALID";
    s.run(left)?;
    // Of another range, where there is nothing else to do.
    ensure_eq!(told(&mut s)?, ["public.rest CALL warden.partition_maintenance('public.e');"]);
    s.run("ALTER TABLE rest ADD CONSTRAINT pg_warden_guard_89efcdab CHECK (NOT (ts >= '2991-01-01'))")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', action, partition, sql) FROM warden.plan_partition_maintenance()")?,
        ["unguard public.rest ALTER TABLE public.rest DROP CONSTRAINT pg_warden_guard_0123abcd;\n\
          ALTER TABLE public.rest DROP CONSTRAINT pg_warden_guard_89efcdab;"]
    );
    // Not told of while maintenance is at it.
    let mut other = db.session()?;
    other.run("BEGIN; SELECT pg_advisory_xact_lock(2003070576, 'e'::regclass::oid::int)")?;
    ensure_eq!(told(&mut s)?, Vec::<String>::new());
    other.run("COMMIT")?;
    s.run("CALL warden.partition_maintenance('e')")?;
    ensure_eq!(s.column(LOG)?, ["unguard done"]);
    ensure_eq!(s.value(GUARDS)?, "0");
    // Managed no more, or switched off.
    for end in
        ["SELECT * FROM warden.manage_partitions('e', enabled => false)", "SELECT warden.unmanage_partitions('e')"]
    {
        s.run(&format!("{end}; ALTER TABLE rest DROP CONSTRAINT pg_wardens_guard; {left}"))?;
        ensure_eq!(told(&mut s)?, ["public.rest ALTER TABLE public.rest DROP CONSTRAINT pg_warden_guard_*;"]);
        // Not by those who may not, nor while somebody is at it.
        let role = db.role("")?;
        s.run(&format!(
            "GRANT USAGE ON SCHEMA warden TO {role}; GRANT EXECUTE ON PROCEDURE warden.partition_maintenance TO {role}"
        ))?;
        db.session_as(&role)?.run("CALL warden.partition_maintenance()")?;
        other.run("BEGIN; SELECT pg_advisory_xact_lock(2003070576, 'e'::regclass::oid::int)")?;
        s.run("CALL warden.partition_maintenance()")?;
        other.run("COMMIT")?;
        ensure_eq!(s.value(GUARDS)?, "1");
        other.run("BEGIN; SELECT FROM rest LIMIT 1")?;
        s.run("SET warden.partition_lock_timeout = '50ms'")?;
        s.run("CALL warden.partition_maintenance()")?;
        s.run("RESET warden.partition_lock_timeout")?;
        other.run("COMMIT")?;
        s.run("CALL warden.partition_maintenance()")?;
        ensure_eq!(s.column(LOG)?, ["unguard error", "unguard done"], "{end}");
        ensure_eq!(s.value(GUARDS)?, "0");
    }
    ensure_eq!(s.value("SELECT count(*) FROM pg_constraint WHERE conname = 'pg_wardens_guard'")?, "1");
    Ok(())
}

/// The name that a range gives its guard: FNV-1a of both bounds, folded.
fn guard_name(lower: &str, upper: &str) -> String {
    let hash = lower
        .bytes()
        .chain([0])
        .chain(upper.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("pg_warden_guard_{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

fn a_range_that_has_come(leg: &Leg) -> Result {
    let db = database(leg)?;
    let mut s = db.session()?;
    managed(&mut s, 1)?;
    // Of the present month, left by a run of the last one: rows of now are kept out.
    let bound = |n: i32| {
        format!(
            "SELECT to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + {n} * interval '1 month', 'YYYY-MM-DD HH24:MI:SS+00')"
        )
    };
    let (lower, upper) = (s.value(&bound(0))?, s.value(&bound(1))?);
    let guard = guard_name(&lower, &upper);
    s.run(&format!(
        "ALTER TABLE rest ADD CONSTRAINT {guard} CHECK (NOT (ts >= '{lower}' AND ts < '{upper}')) NOT VALID"
    ))?;
    ensure_eq!(s.error("INSERT INTO e VALUES (now(), 1)")?.sqlstate, "23514");
    ensure_eq!(
        s.column("SELECT action FROM warden.plan_partition_maintenance('e')")?,
        ["unguard", "create", "guard", "validate", "create"]
    );
    // Proved, it is of use all the same.
    s.run(&format!("ALTER TABLE rest VALIDATE CONSTRAINT {guard}"))?;
    ensure_eq!(
        s.column("SELECT action FROM warden.plan_partition_maintenance('e')")?,
        ["create", "guard", "validate", "create"]
    );
    s.run("SET client_min_messages = debug1")?;
    let outcome = s.run("CALL warden.partition_maintenance()")?;
    s.run("RESET client_min_messages")?;
    ensure_eq!(outcome.notices.iter().filter(|n| n.message == IMPLIED).count(), 2, "{outcome}");
    ensure_eq!(s.value(GUARDS)?, "0");
    s.run("INSERT INTO e VALUES (now(), 1)")?;
    Ok(())
}
