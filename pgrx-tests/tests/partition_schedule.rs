//! Who calls the maintenance of partitions: `warden.schedule_partition_maintenance`, the worker and pg_cron.

use pg_warden_tests::cluster::Cluster;
use pg_warden_tests::{Leg, Options, Result, cases, ensure, ensure_eq};
use std::time::{Duration, Instant};

cases![
    the_worker_comes_to_each_database,
    the_worker_is_switched_by_the_settings,
    the_launcher_comes_back,
    only_named_databases_have_a_worker,
    a_schedule_replaces_the_last,
    nobody_is_there_to_call,
    bad_input,
    a_schedule_is_not_dumped,
    pg_cron_calls unless without_pg_cron,
];

/// A cluster whose worker looks at the schedules each second.
fn with_worker(leg: &Leg, more: &[&str]) -> Result<Cluster> {
    let settings = [
        "shared_preload_libraries = 'pg_warden'",
        "warden.partition_worker = on",
        "warden.partition_worker_naptime = '1s'",
    ];
    let settings = settings.iter().chain(more).map(|line| (*line).to_owned()).collect();
    leg.own_cluster(&Options { settings, ..Options::default() })
}

/// A table that is managed, with no partition yet.
const MANAGED: &str = "CREATE TABLE events (at timestamptz) PARTITION BY RANGE (at);
    SELECT * FROM warden.manage_partitions('events')";
const COUNT: &str = "SELECT count(*) FROM warden.list_partitions('events')";
const SCHEDULE: &str =
    "SELECT concat_ws(' | ', scheduler, job, schedule, status) FROM warden.schedule_partition_maintenance";
const STATUS: &str = "SELECT concat_ws(' ', scheduler, scheduler_alive) FROM warden.partition_maintenance_status";

fn the_worker_comes_to_each_database(leg: &Leg) -> Result {
    let cluster = with_worker(leg, &[])?;
    let (a, b) = (cluster.database()?, cluster.database()?);
    // One that knows nothing of pg_warden.
    let bare = cluster.bare_database()?;
    let role = a.role("")?;
    let mut sessions = vec![a.session()?, b.session()?];
    for s in &mut sessions {
        s.run(MANAGED)?;
        ensure_eq!(s.value(STATUS)?, "none");
    }
    // The worker acts as the owner.
    sessions[0].run(&format!("GRANT CREATE ON SCHEMA public TO {role}; ALTER TABLE events OWNER TO {role}"))?;
    for s in &mut sessions {
        ensure_eq!(s.value(&format!("{SCHEDULE}('1 second')"))?, "worker | 00:00:01 | scheduled");
    }
    for s in &mut sessions {
        s.wait_for(COUNT, "5")?;
        ensure_eq!(s.value(STATUS)?, "worker t");
        ensure_eq!(
            s.column("SELECT DISTINCT source || ' ' || status FROM warden.partition_log")?,
            ["pg_warden partition worker done"]
        );
    }
    ensure_eq!(sessions[0].column("SELECT DISTINCT owner FROM warden.list_partitions('events')")?, [role]);
    // It comes again and again.
    let runs = "SELECT least(count(*), 3) FROM warden.partition_log WHERE action = 'run'";
    sessions[1].wait_for(runs, "3")?;
    // Nobody is in the way of a database's end, but for a moment.
    let name = b.name().to_owned();
    drop(sessions);
    let mut s = cluster.connect("postgres")?;
    let began = Instant::now();
    while let Err(error) = s.run(&format!("DROP DATABASE IF EXISTS {name}")) {
        ensure!(error.sqlstate == "55006" && began.elapsed() < Duration::from_secs(20), "{error}");
    }
    drop(bare);
    // A worker may have been on its way there, once.
    let log = cluster.log();
    ensure!(log.lines().filter(|line| line.contains("FATAL")).count() <= 1, "{log}");
    Ok(())
}

fn the_worker_is_switched_by_the_settings(leg: &Leg) -> Result {
    let cluster = with_worker(leg, &[])?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    s.run(MANAGED)?;
    s.run("SELECT * FROM warden.schedule_partition_maintenance('1 second', 'worker')")?;
    s.wait_for(COUNT, "5")?;
    s.run("ALTER SYSTEM SET warden.partition_worker = off")?;
    s.run("SELECT pg_reload_conf()")?;
    // One that had begun may still end.
    std::thread::sleep(Duration::from_millis(1500));
    let last = s.value("SELECT last_started FROM warden_internal.partition_schedule")?;
    std::thread::sleep(Duration::from_millis(2500));
    ensure_eq!(s.value("SELECT last_started FROM warden_internal.partition_schedule")?, last);
    let error = s.error("SELECT * FROM warden.schedule_partition_maintenance('1 second', 'worker')")?;
    ensure_eq!((error.sqlstate.as_str(), error.detail.as_deref()), ("55000", Some("warden.partition_worker is off.")));
    // What is said to be alive is known from what it did.
    s.run("UPDATE warden_internal.partition_schedule SET set_at = now() - interval '1 day'")?;
    s.run("UPDATE warden_internal.partition_log SET at = now() - interval '1 day', run_at = now() - interval '1 day'")?;
    ensure_eq!(s.value(STATUS)?, "worker f");
    s.run("ALTER SYSTEM RESET warden.partition_worker")?;
    s.run("SELECT pg_reload_conf()")?;
    s.wait_for(STATUS, "worker t")?;
    ensure_eq!(s.value("SELECT warden.unschedule_partition_maintenance()")?, "t");
    ensure_eq!(s.value("SELECT warden.unschedule_partition_maintenance()")?, "f");
    ensure_eq!(s.value(STATUS)?, "none");
    Ok(())
}

fn the_launcher_comes_back(leg: &Leg) -> Result {
    let cluster = with_worker(leg, &[])?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    let launcher = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_warden partition launcher'";
    s.wait_for(&format!("SELECT count(*) FROM ({launcher}) AS l"), "1")?;
    let before = s.value(launcher)?;
    s.run(&format!("SELECT pg_terminate_backend({before})"))?;
    s.wait_for(&format!("SELECT count(*) FROM ({launcher}) AS l WHERE pid <> {before}"), "1")?;
    s.run(MANAGED)?;
    s.run("SELECT * FROM warden.schedule_partition_maintenance('1 second')")?;
    s.wait_for(COUNT, "5")
}

fn only_named_databases_have_a_worker(leg: &Leg) -> Result {
    let cluster = with_worker(leg, &["warden.partition_worker_databases = 'postgres, \"My \"\"db\"\"\"'"])?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    for scheduler in ["'auto'", "'worker'"] {
        let error = s.error(&format!("SELECT * FROM warden.schedule_partition_maintenance('1 hour', {scheduler})"))?;
        ensure_eq!(error.sqlstate, "55000");
        let detail = error.detail.unwrap_or_default();
        ensure!(detail.contains("warden.partition_worker_databases names other databases."), "{detail}");
    }
    s.run(&format!("CREATE DATABASE \"My \"\"db\"\"\" TEMPLATE {}", "template0"))?;
    let mut named = cluster.connect("My \"db\"")?;
    named.run("CREATE EXTENSION pg_warden")?;
    named.run(MANAGED)?;
    ensure_eq!(named.value(&format!("{SCHEDULE}('1 second')"))?, "worker | 00:00:01 | scheduled");
    named.wait_for(COUNT, "5")
}

fn a_schedule_replaces_the_last(leg: &Leg) -> Result {
    let cluster = with_worker(leg, &[])?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    s.run("SELECT * FROM warden.schedule_partition_maintenance('1 hour')")?;
    s.run("SELECT * FROM warden.schedule_partition_maintenance('2 hours')")?;
    ensure_eq!(s.column("SELECT every FROM warden_internal.partition_schedule")?, ["02:00:00"]);
    s.run("BEGIN; SELECT warden.unschedule_partition_maintenance(); ROLLBACK")?;
    ensure_eq!(s.column("SELECT every FROM warden_internal.partition_schedule")?, ["02:00:00"]);
    Ok(())
}

fn nobody_is_there_to_call(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let error = s.error("SELECT * FROM warden.schedule_partition_maintenance()")?;
    ensure_eq!(error.sqlstate, "55000");
    let (detail, hint) = (error.detail.unwrap_or_default(), error.hint.unwrap_or_default());
    ensure!(detail.contains("pg_cron is not installed in database"), "{detail}");
    ensure!(detail.contains("pg_warden is not in shared_preload_libraries."), "{detail}");
    for part in ["Install pg_cron", "add pg_warden to shared_preload_libraries", "CALL warden.partition_maintenance();"]
    {
        ensure!(hint.contains(part), "{hint}");
    }
    // Where pg_cron lives elsewhere, it is told from there.
    s.run("SET cron.database_name = 'jobs'")?;
    let hint = s
        .error("SELECT * FROM warden.schedule_partition_maintenance('15 minutes', 'pg_cron')")?
        .hint
        .unwrap_or_default();
    let call = format!(
        "run there: SELECT cron.schedule_in_database('pg_warden: partitions of {0}', '*/15 * * * *', 'CALL warden.partition_maintenance()', '{0}');",
        db.name()
    );
    ensure!(hint.contains("\"jobs\"") && hint.contains(&call), "{hint}");
    ensure_eq!(s.value("SELECT warden.unschedule_partition_maintenance()")?, "f");
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (arguments, expected) in [
        ("NULL", "22004 every must not be null"),
        ("'1 hour', NULL", "22004 scheduler must not be null"),
        ("'0'", "22023 every must be above zero"),
        ("'-1 hour'", "22023 every must be above zero"),
        ("'1 hour', 'cron'", "22023 invalid value for scheduler: 'cron'"),
        ("'7 minutes', 'pg_cron'", "22023 pg_cron cannot run a job at this interval"),
        ("'1 month', 'pg_cron'", "22023 pg_cron cannot run a job at this interval"),
    ] {
        let error = s.error(&format!("SELECT * FROM warden.schedule_partition_maintenance({arguments})"))?;
        ensure_eq!(format!("{} {}", error.sqlstate, error.message), expected, "{arguments}");
    }
    let role = db.role("")?;
    let mut other = db.session_as(&role)?;
    for call in ["schedule_partition_maintenance()", "unschedule_partition_maintenance()"] {
        ensure_eq!(other.error(&format!("SELECT * FROM warden.{call}"))?.sqlstate, "42501", "{call}");
    }
    Ok(())
}

/// A copy of the database elsewhere is to be scheduled there.
fn a_schedule_is_not_dumped(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("INSERT INTO warden_internal.partition_schedule VALUES ('worker', '1 hour', NULL, NULL, now(), 'me')")?;
    let dump = db.dump()?;
    ensure!(!dump.contains("partition_schedule"), "{dump}");
    Ok(())
}

fn without_pg_cron(leg: &Leg) -> Option<&'static str> {
    let there = leg.folder("--sharedir").is_ok_and(|folder| folder.join("extension/pg_cron.control").exists());
    (!there).then_some("pg_cron is not installed for this server")
}

fn pg_cron_calls(leg: &Leg) -> Result {
    let settings =
        ["shared_preload_libraries = 'pg_cron'", "cron.use_background_workers = on", "max_worker_processes = 20"];
    let settings = settings.map(str::to_owned).to_vec();
    let cluster = leg.own_cluster(&Options { settings, ..Options::default() })?;
    let mut s = cluster.connect("postgres")?;
    s.run("CREATE EXTENSION pg_cron")?;
    s.run("CREATE EXTENSION pg_warden")?;
    s.run(MANAGED)?;
    ensure_eq!(
        s.value(&format!("{SCHEDULE}('1 minute')"))?,
        "pg_cron | pg_warden: partitions of postgres | * * * * * | scheduled"
    );
    // The same job again is the same job.
    s.run("SELECT * FROM warden.schedule_partition_maintenance('1 minute', 'pg_cron')")?;
    let jobs = "SELECT command || ' ' || database FROM cron.job";
    ensure_eq!(s.column(jobs)?, ["CALL warden.partition_maintenance() postgres"]);
    s.wait_for(COUNT, "5")?;
    s.wait_for("SELECT status FROM cron.job_run_details LIMIT 1", "succeeded")?;
    ensure_eq!(s.column("SELECT DISTINCT source FROM warden.partition_log")?, ["pg_cron"]);
    ensure_eq!(s.value(STATUS)?, "pg_cron t");
    ensure_eq!(s.value("SELECT warden.unschedule_partition_maintenance()")?, "t");
    ensure_eq!(s.column(jobs)?, Vec::<String>::new());
    // What was taken away by hand is no error.
    s.run("SELECT * FROM warden.schedule_partition_maintenance()")?;
    s.run("SELECT cron.unschedule(jobid) FROM cron.job")?;
    let outcome = s.run("SELECT warden.unschedule_partition_maintenance()")?;
    ensure!(outcome.notices.iter().any(|notice| notice.message.contains("is gone already")), "{outcome}");
    // No job goes on calling what is gone; what is not dropped after all keeps its job.
    s.run("SELECT * FROM warden.schedule_partition_maintenance()")?;
    s.run("BEGIN; DROP EXTENSION pg_warden; ROLLBACK")?;
    ensure_eq!(s.column(jobs)?.len(), 1);
    s.run("DROP EXTENSION pg_warden")?;
    ensure_eq!(s.column(jobs)?, Vec::<String>::new());
    Ok(())
}
