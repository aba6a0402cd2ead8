//! Rules about the server that its pages cannot show.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::time::{Duration, Instant};

use pg_warden_tests::{Cluster, Leg, Options, Result, Session, cases, ensure, ensure_eq};

cases![a_wrong_line, an_archive_that_fails, numbers_that_run_out];

/// Level, object and message of the findings of a rule.
fn found(s: &mut Session, rule: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!("SELECT concat_ws(' ', level, object, message) FROM warden.audit(rules => '{{{rule}}}')"))?)
}

fn own(leg: &Leg, settings: &[&str]) -> Result<Cluster> {
    leg.own_cluster(&Options {
        settings: settings.iter().map(|line| (*line).to_owned()).collect(),
        ..Options::default()
    })
}

fn a_wrong_line(leg: &Leg) -> Result {
    let cluster = own(leg, &[])?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    ensure_eq!(found(&mut s, "setting-invalid")?, Vec::<String>::new());
    s.run("ALTER SYSTEM SET max_connections = 77")?;
    let file = cluster.data().join("postgresql.conf");
    let before = fs::read_to_string(&file)?;
    fs::write(&file, format!("{before}\nwork_mem = 'much'\n"))?;
    s.run("SELECT pg_reload_conf(), pg_sleep(0.2)")?;
    let lines = found(&mut s, "setting-invalid")?;
    let number = before.lines().count() + 2;
    ensure_eq!(lines, [format!("warning postgresql.conf: work_mem line {number} of postgresql.conf is not in effect")]);
    fs::write(&file, before)?;
    Ok(())
}

fn an_archive_that_fails(leg: &Leg) -> Result {
    let cluster = own(leg, &["archive_mode = on", "archive_command = 'false'"])?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    ensure_eq!(found(&mut s, "archive-failing")?, Vec::<String>::new(), "nothing was to be archived yet");
    s.run("SELECT pg_logical_emit_message(false, 'a', 'b'); SELECT pg_switch_wal()")?;
    let began = Instant::now();
    while s.value("SELECT failed_count > 0 FROM pg_stat_archiver")? != "t" {
        ensure!(began.elapsed() < Duration::from_secs(30), "the archiver never tried");
        std::thread::sleep(Duration::from_millis(50));
    }
    ensure_eq!(found(&mut s, "archive-failing")?, ["error archiver the write-ahead log cannot be archived"]);
    s.run("ALTER SYSTEM SET archive_command = 'true'")?;
    s.run("SELECT pg_reload_conf()")?;
    let began = Instant::now();
    while !found(&mut s, "archive-failing")?.is_empty() {
        ensure!(began.elapsed() < Duration::from_secs(90), "it succeeded, and is said to fail");
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// As a server is that has used up numbers for years: its counter is set forward while it is down.
fn numbers_that_run_out(leg: &Leg) -> Result {
    let cluster = own(leg, &["autovacuum_freeze_max_age = 2000000000"])?;
    let db = cluster.database()?;
    ensure_eq!(found(&mut db.session()?, "wraparound-xid")?, Vec::<String>::new());
    for (next, level, share) in [(1_200_000_000_u32, "warning", 55), (1_800_000_000, "error", 83)] {
        cluster.down()?;
        // What pg_resetwal asks for: the file of the commit log in which that number is.
        let segment = cluster.data().join("pg_xact").join(format!("{:04X}", next / 1_048_576));
        fs::write(&segment, vec![0; 262_144])?;
        let owner = fs::metadata(cluster.data())?;
        chown(&segment, Some(owner.uid()), Some(owner.gid()))?;
        let number = next.to_string();
        cluster.server_program(
            "pg_resetwal",
            ["-x".as_ref(), number.as_ref(), "-D".as_ref(), cluster.data().as_os_str()],
        )?;
        cluster.up()?;
        let said = found(&mut db.session()?, "wraparound-xid")?;
        ensure_eq!(
            said,
            [format!(
                "{level} database {} {share} % of the transaction numbers are used up before the oldest row of this database is frozen",
                db.name()
            )]
        );
    }
    Ok(())
}
