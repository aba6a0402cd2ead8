//! A server that is killed while eight sessions run DDL, with the journal in its table.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use pg_warden_tests::{Cluster, Leg, Options, Result, cases, ensure, ensure_eq};

use crate::fixture::fill;

cases![every_decision_outlives_a_crash];

/// Transactions of each of the clients.
fn transactions() -> usize {
    if std::env::var_os("PG_WARDEN_FULL").is_some() { 10_000 / CLIENTS } else { 150 }
}

const CLIENTS: usize = 8;

/// Passed and blocked statements by eight sessions, a server process killed in between: what passed is in the journal, what was blocked in the log or in
/// the journal and had no effect.
fn every_decision_outlives_a_crash(leg: &Leg) -> Result {
    let settings = ["shared_preload_libraries = 'pg_warden'", "warden.journal = 'table'", "warden.mode = 'enforce'"];
    let settings = settings.map(str::to_owned).to_vec();
    let mut cluster = leg.own_cluster(&Options { settings, ..Options::default() })?;
    let name = {
        let db = cluster.database()?;
        fill(&db)?;
        db.kept()
    };
    let (passed, blocked) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (cluster, name, passed, blocked) = (&cluster, &name, &passed, &blocked);
            scope.spawn(move || run_client(cluster, name, client, passed, blocked));
        }
        scope.spawn(|| {
            while passed.lock().unwrap().len() < transactions() * CLIENTS / 5 {
                std::thread::sleep(Duration::from_millis(20));
            }
            // One client's process: the server takes all down, and starts anew.
            if let Ok(mut s) = cluster.connect(&name)
                && let Ok(pid) = s.value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1")
            {
                let _ = std::process::Command::new("kill").args(["-9", &pid]).status();
            }
        });
    });
    ensure!(cluster.crashes(0).iter().any(|line| line.contains("reinitializing")), "the server was not killed");
    cluster.log_was_checked();

    let mut s = cluster.connect_in_time(&name)?;
    let gone = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_warden journal'";
    let began = Instant::now();
    while s.value(gone)? != "0" {
        ensure!(began.elapsed() < Duration::from_secs(20), "a worker was left behind");
        std::thread::sleep(Duration::from_millis(100));
    }
    let recorded = s.column("SELECT object FROM warden.journal WHERE action = 'warned'")?;
    let recorded: HashSet<_> = recorded.into_iter().collect();
    let passed = passed.into_inner().unwrap();
    ensure!(passed.len() > transactions() * CLIENTS / 4, "only {} passed", passed.len());
    let missing: Vec<_> = passed.iter().filter(|table| !recorded.contains(&format!("public.{table}"))).collect();
    ensure!(missing.is_empty(), "passed, but not recorded: {missing:?}");
    ensure_eq!(s.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'blocked%'")?, "0", "blocked, but in effect");
    let logged: HashSet<_> = cluster
        .journal_lines(&name)?
        .iter()
        .filter_map(|entry| Some(entry["statement"].as_str()?.to_owned()))
        .collect();
    let in_table = s.column("SELECT statement FROM warden.journal WHERE action = 'blocked'")?;
    let in_table: HashSet<_> = in_table.into_iter().collect();
    let blocked = blocked.into_inner().unwrap();
    ensure!(
        !in_table.is_empty() && blocked.len() > transactions(),
        "{} in the table, {} blocked",
        in_table.len(),
        blocked.len()
    );
    let lost: Vec<_> = blocked.iter().filter(|index| !logged.contains(&blocked_statement(index))).collect();
    ensure!(lost.is_empty(), "blocked, but not in the log: {lost:?}");
    Ok(())
}

fn blocked_statement(index: &str) -> String {
    format!("CREATE INDEX {index} ON orders (total)")
}

fn run_client(
    cluster: &Cluster,
    database: &str,
    client: usize,
    passed: &Mutex<Vec<String>>,
    blocked: &Mutex<Vec<String>>,
) {
    let Ok(mut s) = cluster.connect_in_time(database) else { return };
    for n in 0..transactions() {
        let (table, index) = (format!("passed_{client}_{n}"), format!("blocked_{client}_{n}"));
        // Recorded by the name of the table, and gone again, so that the catalogs stay small.
        let outcome =
            s.outcome(&format!("BEGIN; CREATE TABLE {table} (id serial PRIMARY KEY); DROP TABLE {table}; COMMIT"));
        if outcome.error.is_none() {
            passed.lock().unwrap().push(table);
        }
        let error = s.outcome(&blocked_statement(&index)).error;
        match error.as_ref().and_then(|error| error.rule()) {
            Some(_) => blocked.lock().unwrap().push(index),
            None => match cluster.connect_in_time(database) {
                Ok(again) => s = again,
                Err(_) => return,
            },
        }
    }
}
