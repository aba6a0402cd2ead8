//! Rules about the server that its pages cannot show.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;
use std::time::{Duration, Instant};

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Cluster, Database, Leg, Options, Result, Session, Standby, cases, ensure, ensure_eq};

cases![
    a_wrong_line,
    an_archive_that_fails,
    numbers_that_run_out,
    multixact_numbers_that_run_out,
    a_database_without_encoding,
    encryption,
    versions,
    checkpoints,
    a_log_that_nothing_decodes,
    standbys_that_commits_wait_for,
    holders_of_old_rows,
    holders_of_catalog_rows,
    tables_that_autovacuum_does_not_reach,
    databases_that_cannot_be_upgraded,
    what_sessions_do,
    triggers_that_take_time,
    connections_that_run_out,
    standbys_that_are_behind,
    temporary_tables_of_nobody,
    a_program_that_was_replaced,
    what_is_not_seen_is_not_checked,
    on_a_standby,
    hostile_names,
    partitions_in_the_order_of_the_database,
];

/// Level, object and message of the findings of a rule.
fn found(s: &mut Session, rule: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!("SELECT concat_ws(' ', level, object, message) FROM warden.audit(rules => '{{{rule}}}')"))?)
}

/// The details of a rule.
fn details(s: &mut Session, rule: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!("SELECT detail FROM warden.audit(rules => '{{{rule}}}')"))?)
}

/// What the rules over a source would say if some words of its statement were others, of one rule's messages: level, object and message.
fn as_if(s: &mut Session, source: &str, words: &[(&str, &str)], message: &str) -> Result<Vec<String>> {
    let mut statement = s
        .value(&format!("SELECT statement FROM warden_internal.audit_statements() WHERE source = {}", literal(source)))?
        .replace("$1", "NULL")
        .replace("$2", "NULL")
        .replace("$3", "false");
    for (from, to) in words {
        ensure!(statement.contains(from), "{from:?} is not in {statement}");
        statement = statement.replace(from, to);
    }
    let message = literal(&format!("%{message}%"));
    Ok(s.column(&format!(
        "WITH q AS MATERIALIZED ({statement})
         SELECT concat_ws(' ', level, identity, message) FROM q WHERE message LIKE {message} ORDER BY identity"
    ))?)
}

/// A session with the guard silent.
fn quiet(db: &Database<'_>) -> Result<Session> {
    db.session_with("-c warden.mode=off")
}

const NOTHING: [&str; 0] = [];

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
    let cluster = own(leg, &["archive_mode = on", "archive_command = 'true'"])?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    ensure_eq!(found(&mut s, "archive-failing")?, Vec::<String>::new(), "what was to be archived is");
    s.run("ALTER SYSTEM SET archive_command = 'false'")?;
    s.run("SELECT pg_reload_conf(), pg_sleep(0.2)")?;
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
        set_forward(&cluster, "pg_xact", next / 1_048_576, 262_144, &["-x", &next.to_string()])?;
        let mut s = db.session()?;
        let said = found(&mut s, "wraparound-xid")?;
        let expected = format!(
            "database {} {share} % of the transaction numbers are used up before the oldest row of this database is frozen",
            db.name()
        );
        if level == "error" {
            ensure_eq!(said, [format!("{level} {expected}")]);
        } else {
            // Autovacuum is set to come later.
            ensure_eq!(said, NOTHING);
            let sooner = [("pg_catalog.current_setting('autovacuum_freeze_max_age')", "'1000000000'")];
            ensure_eq!(as_if(&mut s, "database", &sooner, "transaction numbers")?, [expected]);
        }
    }
    Ok(())
}

/// Sets a counter of a cluster that is down; pg_resetwal asks for the file in which that number is.
fn set_forward(cluster: &Cluster, folder: &str, segment: u32, bytes: usize, arguments: &[&str]) -> Result {
    cluster.down()?;
    let file = cluster.data().join(folder).join(format!("{segment:04X}"));
    fs::write(&file, vec![0; bytes])?;
    let owner = fs::metadata(cluster.data())?;
    chown(&file, Some(owner.uid()), Some(owner.gid()))?;
    let data = cluster.data();
    let arguments = arguments.iter().map(std::ffi::OsStr::new);
    cluster.server_program("pg_resetwal", arguments.chain(["-D".as_ref(), data.as_os_str()]))?;
    cluster.up()
}

fn multixact_numbers_that_run_out(leg: &Leg) -> Result {
    let cluster = own(leg, &["autovacuum_multixact_freeze_max_age = 2000000000"])?;
    let db = cluster.database()?;
    ensure_eq!(found(&mut db.session()?, "wraparound-mxid")?, NOTHING);
    for (next, level, share) in [(1_200_000_000_u32, "warning", 55), (1_800_000_000, "error", 83)] {
        set_forward(&cluster, "pg_multixact/offsets", next / 65_536, 262_144, &["-m", &format!("{next},1")])?;
        let mut s = db.session()?;
        let said = found(&mut s, "wraparound-mxid")?;
        let expected = format!(
            "database {} {share} % of the multixact numbers are used up before the oldest row of this database is frozen",
            db.name()
        );
        if level == "error" {
            ensure_eq!(said, [format!("{level} {expected}")]);
            ensure!(details(&mut s, "wraparound-mxid")?[0].contains(" Oldest: pg_"), "the oldest tables");
        } else {
            ensure_eq!(said, NOTHING);
            let sooner = [("pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')", "'1000000000'")];
            ensure_eq!(as_if(&mut s, "database", &sooner, "multixact numbers")?, [expected]);
        }
    }
    Ok(())
}

fn a_database_without_encoding(leg: &Leg) -> Result {
    let db = leg.cluster.database_with("TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")?;
    let mut s = db.session()?;
    s.run("CREATE EXTENSION pg_warden")?;
    ensure_eq!(
        found(&mut s, "encoding-sql-ascii")?,
        [format!("warning database {0} database \"{0}\" has the encoding SQL_ASCII", db.name())]
    );
    ensure_eq!(found(&mut leg.database()?.session()?, "encoding-sql-ascii")?, NOTHING);
    Ok(())
}

const LISTEN: &str = "pg_catalog.current_setting('listen_addresses')";
const SSL: &str = "pg_catalog.current_setting('ssl')::pg_catalog.bool";

fn encryption(leg: &Leg) -> Result {
    let cluster = own(leg, &[])?;
    let db = cluster.database()?;
    let mut s = quiet(&db)?;
    let hba = cluster.data().join("pg_hba.conf");
    let before = fs::read_to_string(&hba)?;
    let reachable = [(LISTEN, "'localhost, *'")];
    let local = [(LISTEN, "'localhost, 127.0.0.1,::1'")];
    for (lines, findings) in [
        ("", 0),
        ("host all all 10.0.0.0/8 scram-sha-256", 1),
        ("host all all all scram-sha-256", 1),
        ("host all all fe80::/10 scram-sha-256", 1),
        ("host replication all samenet scram-sha-256", 1),
        ("hostnossl all all db.example.com md5", 1),
        // By which a few come in all the same.
        ("host all someone all reject\nhost all all all md5", 1),
        ("host all all 0.0.0.0/0 reject\nhost all all fe80::/10 md5", 1),
        ("host all all 10.0.0.0/8 md5\nhost all all all reject", 1),
        ("host all all 127.0.0.0/8 md5", 0),
        ("host all all samehost md5", 0),
        ("host all all all reject", 0),
        ("hostssl all all all md5", 0),
        ("host all all all gss", 0),
        ("local all all md5", 0),
        ("hostnossl all all all reject\nhost all all all md5", 0),
        ("host all all 0.0.0.0/0 reject\nhost all all 10.0.0.0/8 md5", 0),
    ] {
        fs::write(&hba, format!("{before}{lines}\n"))?;
        ensure_eq!(as_if(&mut s, "server", &reachable, "ssl is off")?.len(), findings, "{lines}");
        ensure_eq!(as_if(&mut s, "server", &local, "ssl is off")?, NOTHING, "{lines}");
        ensure_eq!(as_if(&mut s, "server", &[(LISTEN, "''")], "ssl is off")?, NOTHING, "{lines}");
        ensure_eq!(as_if(&mut s, "server", &[(LISTEN, "'*'"), (SSL, "true")], "ssl is off")?, NOTHING, "{lines}");
    }
    fs::write(&hba, before)?;

    let on = [(LISTEN, "'*'"), (SSL, "true")];
    ensure_eq!(as_if(&mut s, "server", &on, "clients may use")?, NOTHING);
    for (value, findings) in [("TLSv1", 1), ("TLSv1.1", 1), ("TLSv1.2", 0), ("TLSv1.3", 0)] {
        s.run(&format!("ALTER SYSTEM SET ssl_min_protocol_version = '{value}'"))?;
        s.run("SELECT pg_reload_conf(), pg_sleep(0.3)")?;
        ensure_eq!(as_if(&mut s, "server", &on, "clients may use")?.len(), findings, "{value}");
        ensure_eq!(as_if(&mut s, "server", &[(LISTEN, "'*'")], "clients may use")?, NOTHING, "ssl is off");
        ensure_eq!(as_if(&mut s, "server", &[(SSL, "true")], "clients may use")?, NOTHING, "a socket alone");
    }
    Ok(())
}

fn versions(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    ensure_eq!(found(&mut s, "version-eol")?, NOTHING);
    let last = s.value(&format!("SELECT last_fixes FROM ({}) AS q", s_query(&mut db.session()?, "server")?))?;
    let message = "gets no more fixes";
    for (day, findings) in [(format!("date '{last}'"), 0), (format!("(date '{last}' + 1)"), 1)] {
        let all = as_if(&mut s, "server", &[("pg_catalog.now()::pg_catalog.date", &day)], message)?;
        ensure_eq!(all.len(), findings, "{day}: {all:?}");
    }
    // A version that came after this release of pg_warden.
    let newer = [("pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000", "99")];
    let all = as_if(&mut s, "server", &newer, message)?;
    ensure_eq!(all.len(), 1, "{all:?}");
    ensure!(all[0].starts_with("not checked server "), "{all:?}");
    Ok(())
}

/// A source by itself.
fn s_query(s: &mut Session, source: &str) -> Result<String> {
    let sql = format!("SELECT query FROM warden_internal.audit_statements() WHERE source = {}", literal(source));
    Ok(s.value(&sql)?.replace("$1", "NULL").replace("$2", "NULL").replace("$3", "false"))
}

fn checkpoints(leg: &Leg) -> Result {
    let cluster = own(leg, &[])?;
    let db = cluster.database()?;
    let mut s = quiet(&db)?;
    ensure_eq!(found(&mut s, "checkpoint-frequent")?, ["not checked  rule \"checkpoint-frequent\" was not checked"]);
    let since = details(&mut s, "checkpoint-frequent")?;
    ensure!(since[0].starts_with("Checkpoints have been counted since 20"), "{since:?}");
    let counts = |requested, timed, lasts| {
        [
            ("s.requested_checkpoints", requested),
            ("s.timed_checkpoints", timed),
            ("s.checkpoints_since", "(pg_catalog.now() - '2 days'::pg_catalog.interval)"),
            ("s.log_lasts", lasts),
        ]
    };
    let message = "came before their time";
    ensure_eq!(
        as_if(&mut s, "server", &counts("2000::int8", "100::int8", "60"), message)?,
        ["server 2000 of 2100 checkpoints came before their time"]
    );
    for (requested, timed, lasts, why) in [
        ("2000::int8", "1001::int8", "60", "half of them came in time"),
        ("200::int8", "10::int8", "60", "they are rare"),
        ("2000::int8", "100::int8", "600", "the log does not call for them, as max_wal_size is now"),
        ("2000::int8", "100::int8", "NULL::numeric", "nothing was written"),
    ] {
        ensure_eq!(as_if(&mut s, "server", &counts(requested, timed, lasts), message)?, NOTHING, "{why}");
    }
    // The counts are the server's own.
    s.run("CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 100000)")?;
    s.run("CHECKPOINT")?;
    s.run("SELECT pg_stat_force_next_flush()")?;
    let query = s_query(&mut s, "server")?;
    let row = s.rows(&format!(
        "SELECT timed_checkpoints >= 0, requested_checkpoints > 0, checkpoints_since < now(), log_since < now(), checkpoint_timeout = 300,
                log_lasts > 0, log_of_a_timeout > 0 FROM ({query}) AS q"
    ))?;
    ensure!(row[0].iter().all(|value| value.as_deref() == Some("t")), "{row:?}");
    // Whatever was counted, a reset begins anew.
    for counts in if leg.major < 17 { ["bgwriter", "wal"] } else { ["checkpointer", "wal"] } {
        s.run(&format!("SELECT pg_stat_reset_shared('{counts}')"))?;
        let after = details(&mut s, "checkpoint-frequent")?;
        ensure!(after[0].starts_with("Checkpoints have been counted since 20"), "{counts}: {after:?}");
    }
    Ok(())
}

fn a_log_that_nothing_decodes(leg: &Leg) -> Result {
    let cluster = own(leg, &["wal_level = logical"])?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    let of_weeks = |s: &mut Session| as_if(s, "settings", &[("'7 days'", "'0 days'")], "wal_level is logical");
    let nothing_decodes = ["wal_level wal_level is logical, and there is no logical slot, publication or subscription"];
    let rule = "wal-level-vs-use";
    ensure_eq!(found(&mut s, rule)?, [format!("not checked wal_level rule \"{rule}\" was not checked")]);
    ensure!(details(&mut s, rule)?[0].starts_with("The server was started at "));
    ensure_eq!(of_weeks(&mut s)?, nothing_decodes);
    for (used, unused) in [
        ("SELECT pg_create_logical_replication_slot('l', 'pgoutput')", "SELECT pg_drop_replication_slot('l')"),
        ("CREATE PUBLICATION p", "DROP PUBLICATION p"),
        (
            "CREATE SUBSCRIPTION s CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false)",
            "ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s",
        ),
    ] {
        s.script(used)?;
        ensure_eq!(found(&mut s, rule)?, NOTHING, "{used}");
        // Slots and subscriptions are seen from all databases.
        let other = cluster.database()?;
        let mut elsewhere = other.session()?;
        ensure_eq!(found(&mut elsewhere, rule)?.len(), usize::from(used.starts_with("CREATE PUBLICATION")), "{used}");
        s.script(unused)?;
        ensure_eq!(of_weeks(&mut s)?, nothing_decodes, "{unused}");
    }
    s.run("SELECT pg_create_physical_replication_slot('p')")?;
    let standbys_decode = leg.major >= 16;
    let seen =
        if standbys_decode { format!("not checked {}", nothing_decodes[0]) } else { nothing_decodes[0].to_owned() };
    ensure_eq!(of_weeks(&mut s)?, [seen]);
    s.run("SELECT pg_drop_replication_slot('p')")?;
    let standby = Standby::of(&cluster)?;
    let mut there = standby.connect(db.name())?;
    ensure_eq!(details(&mut there, rule)?, ["This is a standby: slots of its primary are not seen here."]);
    Ok(())
}

fn standbys_that_commits_wait_for(leg: &Leg) -> Result {
    let cluster = own(leg, &[])?;
    let db = cluster.database()?;
    let mut s = quiet(&db)?;
    let standby = Standby::of(&cluster)?;
    let verdict = commits_that_wait(&db, &mut s);
    // Whatever came out: with it, the database could not be dropped.
    set_synchronous_standbys(&mut s, "")?;
    drop(standby);
    verdict
}

fn set_synchronous_standbys(s: &mut Session, value: &str) -> Result {
    s.run(&format!("ALTER SYSTEM SET synchronous_standby_names = {}", literal(value)))?;
    s.run("SELECT pg_reload_conf(), pg_sleep(0.3)")?;
    Ok(())
}

fn commits_that_wait(db: &Database<'_>, s: &mut Session) -> Result {
    let name = s.value("SELECT application_name FROM pg_stat_replication")?;
    for (value, findings) in [
        ("*".to_owned(), 0),
        (format!("ANY 1 (\"{name}\", b)"), 0),
        (format!("first 1 (b, \"{name}\")"), 0),
        (format!("\"2 (x\", \"{name}\""), 0),
        ("2 (*)".to_owned(), 1),
        (format!("ANY 2 (\"{name}\", b)"), 1),
        ("b".to_owned(), 1),
        (String::new(), 0),
    ] {
        set_synchronous_standbys(s, &value)?;
        let all = found(s, "sync-standby-missing")?;
        ensure_eq!(all.len(), findings, "{value}: {all:?}");
        if value == "2 (*)" {
            ensure!(details(s, "sync-standby-missing")?[0].contains("asks for 2, and there is 1:"), "the figures");
        }
    }
    set_synchronous_standbys(s, "b")?;
    // What one session or one role has says nothing about the others.
    let mut other = db.session_with("-c synchronous_commit=local")?;
    ensure_eq!(found(&mut other, "sync-standby-missing")?, NOTHING);
    let mut other = db.session_with("-c synchronous_commit=remote_apply")?;
    ensure_eq!(
        found(&mut other, "sync-standby-missing")?,
        ["not checked server rule \"sync-standby-missing\" was not checked"]
    );
    Ok(())
}

const KEEPS: &str = "keeps VACUUM from taking dead rows away";

fn holders_of_old_rows(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    s.run("CREATE TABLE t (a int)")?;
    let mut idle = quiet(&db)?;
    idle.script("BEGIN; INSERT INTO t VALUES (1)")?;
    let mut prepared = quiet(&db)?;
    prepared.script("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'it''s %s'")?;
    ensure_eq!(found(&mut s, "xmin-horizon-blocked")?, NOTHING, "they are young");
    let late = [("'1 hour'", "'0 hours'"), ("'1 day'", "'0 days'")];
    let much = [("'1 hour'", "'0 hours'"), ("h.age >= 10000", "h.age >= 0")];
    let session = "sessions of role postgres a session of role \"postgres\" keeps VACUUM from taking dead rows away";
    let transaction =
        "prepared transaction 'it''s %s' prepared transaction \"it's %s\" keeps VACUUM from taking dead rows away";
    // Little has changed since: only what nothing ends counts.
    ensure_eq!(as_if(&mut s, "horizon", &late, KEEPS)?, [transaction]);
    ensure_eq!(as_if(&mut s, "horizon", &much, KEEPS)?, [transaction, session]);
    // By what they hold on to, whatever their time.
    ensure_eq!(as_if(&mut s, "horizon", &[("s.age > s.age_limit", "s.age >= 0")], KEEPS)?, [transaction, session]);
    // The one that keeps the snapshot of a dump is idle meanwhile.
    idle.run("SET application_name = pg_dump")?;
    ensure_eq!(as_if(&mut s, "horizon", &much, KEEPS)?, [transaction]);
    ensure_eq!(as_if(&mut s, "horizon", &[("s.age > s.age_limit", "s.age >= 0")], KEEPS)?, [transaction, session]);
    idle.run("RESET application_name")?;
    idle.run("ROLLBACK")?;
    prepared.run("ROLLBACK PREPARED 'it''s %s'")?;
    ensure_eq!(as_if(&mut s, "horizon", &much, KEEPS)?, NOTHING);
    // Without a snapshot nothing is held.
    idle.script("BEGIN; SELECT 1")?;
    ensure_eq!(as_if(&mut s, "horizon", &much, KEEPS)?, NOTHING);
    idle.run("ROLLBACK")?;
    idle.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")?;
    ensure_eq!(as_if(&mut s, "horizon", &much, KEEPS)?, [session]);
    // Another database's is not this one's.
    let elsewhere = leg.database()?;
    ensure_eq!(as_if(&mut quiet(&elsewhere)?, "horizon", &much, KEEPS)?, NOTHING);
    Ok(())
}

fn holders_of_catalog_rows(leg: &Leg) -> Result {
    let cluster = own(leg, &["wal_level = logical"])?;
    let db = cluster.database()?;
    let mut s = quiet(&db)?;
    let standby = Standby::of(&cluster)?;
    s.run("SELECT pg_create_logical_replication_slot('decoded', 'test_decoding')")?;
    s.run("SELECT pg_create_physical_replication_slot('fresh', true)")?;
    // A backup, and what streams the log, hold nothing; nor does a slot without rows to keep.
    let mut backup = quiet(&db)?;
    backup.run("SELECT pg_backup_start('b', true)")?;
    ensure_eq!(found(&mut s, "xmin-horizon-blocked")?, NOTHING);
    let any = [("s.age > s.age_limit", "s.age >= 0")];
    let slot = "replication slot decoded replication slot \"decoded\" keeps VACUUM from taking dead rows away";
    ensure_eq!(as_if(&mut s, "horizon", &any, KEEPS)?, [slot]);
    // A standby holds what its queries see only where it is told to say so.
    let mut there = standby.connect(db.name())?;
    there.run("ALTER SYSTEM SET hot_standby_feedback = on")?;
    there.run("ALTER SYSTEM SET wal_receiver_status_interval = '1s'")?;
    there.run("SELECT pg_reload_conf()")?;
    let began = Instant::now();
    while s.value("SELECT count(backend_xmin) FROM pg_stat_replication")? != "1" {
        ensure!(began.elapsed() < Duration::from_secs(30), "the standby says nothing");
        std::thread::sleep(Duration::from_millis(50));
    }
    let name = s.value("SELECT application_name FROM pg_stat_replication")?;
    ensure_eq!(
        as_if(&mut s, "horizon", &any, KEEPS)?,
        [slot.to_owned(), format!("standby {name} standby \"{name}\" keeps VACUUM from taking dead rows away")]
    );
    drop(there);
    drop(standby);
    Ok(())
}

fn tables_that_autovacuum_does_not_reach(leg: &Leg) -> Result {
    let cluster = own(leg, &["autovacuum = on", "autovacuum_naptime = '1d'"])?;
    let db = cluster.database()?;
    let mut s = quiet(&db)?;
    s.script(
        "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 120000); ANALYZE t; DELETE FROM t WHERE a > 50;
         UPDATE pg_class SET reltuples = 100 WHERE relname = 't'; SELECT pg_stat_force_next_flush()",
    )?;
    // Nothing tells when they died.
    ensure_eq!(
        found(&mut s, "autovacuum-lagging")?,
        ["not checked public.t rule \"autovacuum-lagging\" was not checked"]
    );
    let message = "autovacuum does not keep up";
    // 119,950 have died; so many more had before, in the ten days until VACUUM was there two days ago.
    let usual = |before: &'static str| {
        [
            ("s.vacuumed_at", "(pg_catalog.now() - '2 days'::pg_catalog.interval)"),
            ("s.counted_since", "(pg_catalog.now() - '12 days'::pg_catalog.interval)"),
            ("s.dying_rows", before),
        ]
    };
    ensure_eq!(
        as_if(&mut s, "vacuum", &usual("(s.dead_rows + 500000)"), message)?,
        ["public.t autovacuum does not keep up with \"t\""]
    );
    ensure_eq!(as_if(&mut s, "vacuum", &usual("(s.dead_rows + 200000)"), message)?, NOTHING, "they died all at once");
    let short = [
        ("s.vacuumed_at", "(pg_catalog.now() - '2 days'::pg_catalog.interval)"),
        ("s.counted_since", "(pg_catalog.now() - '60 hours'::pg_catalog.interval)"),
    ];
    ensure_eq!(
        as_if(&mut s, "vacuum", &short, message)?,
        ["not checked public.t autovacuum does not keep up with \"t\""]
    );
    // A VACUUM that is at work, or waits.
    let mut other = quiet(&db)?;
    other.script("BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE")?;
    ensure_eq!(as_if(&mut s, "vacuum", &usual("(s.dead_rows + 500000)"), message)?, NOTHING);
    other.run("ROLLBACK")?;
    // A table that is left out on purpose is another rule's.
    s.run("ALTER TABLE t SET (autovacuum_enabled = off)")?;
    ensure_eq!(as_if(&mut s, "vacuum", &usual("(s.dead_rows + 500000)"), message)?, NOTHING);
    s.run("ALTER TABLE t SET (autovacuum_enabled = on, autovacuum_vacuum_threshold = 100000)")?;
    ensure_eq!(as_if(&mut s, "vacuum", &usual("(s.dead_rows + 500000)"), message)?, NOTHING);
    s.run("ALTER TABLE t RESET (autovacuum_vacuum_threshold)")?;
    ensure_eq!(as_if(&mut s, "vacuum", &usual("(s.dead_rows + 500000)"), message)?.len(), 1);
    s.run("VACUUM t")?;
    s.run("SELECT pg_stat_force_next_flush()")?;
    ensure_eq!(found(&mut s, "autovacuum-lagging")?, NOTHING);
    let query = s_query(&mut s, "vacuum")?;
    ensure_eq!(
        s.value(&format!("SELECT vacuumed_at > counted_since FROM ({query}) AS q WHERE table_name = 't'"))?,
        "t"
    );
    Ok(())
}

fn databases_that_cannot_be_upgraded(leg: &Leg) -> Result {
    let cluster = own(leg, &[])?;
    let db = cluster.database()?;
    let mut s = quiet(&db)?;
    ensure_eq!(found(&mut s, "upgrade-blockers")?, NOTHING);
    s.run("ALTER DATABASE template0 ALLOW_CONNECTIONS true")?;
    ensure_eq!(
        found(&mut s, "upgrade-blockers")?,
        ["info database template0 pg_upgrade refuses database \"template0\""]
    );
    for fix in s.column("SELECT fix FROM warden.audit(rules => '{upgrade-blockers}')")? {
        s.run(&fix)?;
    }
    ensure_eq!(found(&mut s, "upgrade-blockers")?, NOTHING);
    Ok(())
}

fn not_checked(s: &mut Session) -> Result<Vec<String>> {
    Ok(s.column(
        "SELECT DISTINCT a.rule FROM warden.audit() AS a JOIN warden.rules AS r ON r.rule = a.rule AND r.area = 'server'
         WHERE a.level = 'not checked' ORDER BY 1",
    )?)
}

fn what_sessions_do(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = quiet(&db)?;
    for rule in ["connection-churn", "idle-connections"] {
        ensure_eq!(found(&mut s, rule)?, [format!("not checked  rule \"{rule}\" was not checked")]);
        ensure!(details(&mut s, rule)?[0].starts_with("Sessions have been counted since 20"), "{rule}");
    }
    let churn = |rate, length| [("s.sessions_per_second", rate), ("s.seconds_a_session", length)];
    let of_this = format!("database {}", db.name());
    ensure_eq!(
        as_if(&mut s, "workload", &churn("1.5::numeric", "0.21::float8"), "a second began")?,
        [format!("{of_this} 1.5 sessions a second began, and lasted 0.2 s each")]
    );
    for (rate, length, why) in [
        ("0.9::numeric", "0.2::float8", "few begin"),
        ("1.5::numeric", "10::float8", "they stay"),
        ("0::numeric", "NULL::float8", "there was none"),
    ] {
        ensure_eq!(as_if(&mut s, "workload", &churn(rate, length), "a second began")?, NOTHING, "{why}");
    }
    let idle = |sessions, busy| [("s.average_sessions", sessions), ("s.busy_percent", busy)];
    ensure_eq!(
        as_if(&mut s, "workload", &idle("140.2::float8", "3.14::float8"), "on average")?,
        [format!("{of_this} of 140 connections on average, 3.1 % of the time is spent in transactions")]
    );
    for (sessions, busy, why) in [
        ("99::float8", "3::float8", "they are few"),
        ("140::float8", "20::float8", "they work"),
        ("0::float8", "NULL::float8", "there was none"),
    ] {
        ensure_eq!(as_if(&mut s, "workload", &idle(sessions, busy), "on average")?, NOTHING, "{why}");
    }
    // The counts are the server's own.
    let mut other = quiet(&db)?;
    other.run("SELECT pg_sleep(0.3)")?;
    other.run("SELECT pg_stat_force_next_flush()")?;
    drop(other);
    let query = s_query(&mut s, "workload")?;
    let ask = format!(
        "SELECT sessions > 0 AND sessions_per_second > 0 AND seconds_a_session BETWEEN 0.01 AND 3600 AND average_sessions BETWEEN 0 AND 1000
                AND busy_percent BETWEEN 0.1 AND 100 AND since < now() AND seconds > 0 FROM ({query}) AS q"
    );
    let began = Instant::now();
    while s.value(&ask)? != "t" {
        ensure!(began.elapsed() < Duration::from_secs(20), "{:?}", s.rows(&query)?);
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn triggers_that_take_time(leg: &Leg) -> Result {
    let cluster = own(leg, &["track_functions = pl"])?;
    let db = cluster.database()?;
    let mut s = quiet(&db)?;
    s.script(
        "CREATE TABLE \"it's %s\" (a int);
         CREATE FUNCTION \"slow %s\"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END';
         CREATE TRIGGER slow BEFORE INSERT ON \"it's %s\" FOR EACH ROW EXECUTE FUNCTION \"slow %s\"();
         INSERT INTO \"it's %s\" SELECT generate_series(1, 1000)",
    )?;
    s.run("SELECT pg_stat_force_next_flush()")?;
    let soon = ("s.active_time >= 60000", "s.active_time >= 500");
    let mut said = |words: &[(&str, &str)]| as_if(&mut s, "trigger_functions", words, "of the time of all statements");
    let began = Instant::now();
    while said(&[soon])?.is_empty() {
        ensure!(began.elapsed() < Duration::from_secs(20), "its time is not counted");
        std::thread::sleep(Duration::from_millis(50));
    }
    let all = said(&[soon])?;
    ensure!(
        all.len() == 1 && all[0].starts_with("public.\"slow %s\"() trigger function \"slow %s\" takes "),
        "{all:?}"
    );
    ensure_eq!(said(&[])?, NOTHING, "a minute of statements is needed");
    for (word, other, why) in [
        ("s.calls >= 1000", "s.calls >= 1001", "few calls"),
        ("s.total_time * 5 >=", "s.total_time * 0.5 >=", "most is spent elsewhere"),
        ("s.total_time <=", "s.total_time * 10 <=", "more than all"),
    ] {
        ensure_eq!(said(&[soon, (word, other)])?, NOTHING, "{why}");
    }
    Ok(())
}

fn connections_that_run_out(leg: &Leg) -> Result {
    let cluster = own(leg, &["max_connections = 13", "superuser_reserved_connections = 3"])?;
    let db = cluster.database()?;
    let mut s = quiet(&db)?;
    let mut others = Vec::new();
    for number in 2..=8 {
        // Of ten that are not reserved.
        ensure_eq!(found(&mut s, "pool-sizing")?, NOTHING, "{number}");
        let mut other = db.session_with("-c warden.mode=off")?;
        other.run("SET application_name = 'it''s %s'")?;
        others.push(other);
    }
    ensure_eq!(found(&mut s, "pool-sizing")?, [format!("info database {} 8 of 10 connections are taken", db.name())]);
    let said = details(&mut s, "pool-sizing")?;
    ensure!(
        said[0].starts_with("7 by \"")
            && said[0].contains("\" (it's %s), 1 by \"")
            && said[0].contains(", of which 7 are idle."),
        "{said:?}"
    );
    if leg.major >= 16 {
        s.run("ALTER SYSTEM SET reserved_connections = 2")?;
        drop((s, others));
        cluster.down()?;
        cluster.up()?;
        s = quiet(&db)?;
        let query = s_query(&mut s, "workload")?;
        ensure_eq!(s.value(&format!("SELECT slots FROM ({query}) AS q"))?, "8");
    }
    Ok(())
}

fn standbys_that_are_behind(leg: &Leg) -> Result {
    let cluster = own(leg, &[])?;
    let db = cluster.database()?;
    let standby = Standby::of(&cluster)?;
    let mut s = quiet(&db)?;
    let name = s.value("SELECT application_name FROM pg_stat_replication")?;
    let lagging = |s: &mut Session| as_if(s, "replication", &[("1073741824", "2000000")], "behind");
    let mut there = standby.connect("postgres")?;
    let reader = there.value("SELECT pid FROM pg_stat_wal_receiver")?;
    for (begin, end, level) in
        [("SELECT pg_wal_replay_pause()", "SELECT pg_wal_replay_resume()", "info "), ("SIGSTOP", "SIGCONT", "")]
    {
        ensure_eq!(lagging(&mut s)?, NOTHING);
        let turn = |there: &mut Session, how: &str| -> Result {
            if let Some(signal) = how.strip_prefix("SIG") {
                pg_warden_tests::cluster::succeed(std::process::Command::new("kill").args(["-s", signal, &reader]))?;
            } else {
                there.run(how)?;
            }
            Ok(())
        };
        turn(&mut there, begin)?;
        s.run("CREATE TABLE t AS SELECT n, repeat('x', 100) AS x FROM generate_series(1, 33000) n; DROP TABLE t")?;
        let began = Instant::now();
        let expected = format!("{level}standby {name} standby \"{name}\" is ");
        // What it has received, it says a moment later.
        while !lagging(&mut s)?.iter().any(|said| said.starts_with(&expected)) {
            if began.elapsed() > Duration::from_secs(20) {
                turn(&mut there, end)?;
                return Err(format!("not {expected}: {:?}", s.rows("SELECT * FROM pg_stat_replication")?).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        ensure_eq!(found(&mut s, "replica-lag")?, NOTHING, "that is not much");
        turn(&mut there, end)?;
        let began = Instant::now();
        while !lagging(&mut s)?.is_empty() {
            ensure!(began.elapsed() < Duration::from_secs(30), "it never caught up");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(())
}

/// With a copy of the server's programs, in a folder beside which it finds all else.
fn temporary_tables_of_nobody(leg: &Leg) -> Result {
    let mut cluster = own(leg, &["autovacuum = off"])?;
    let name = cluster.database()?.kept();
    let young = ("> 50000000", ">= 0");
    let others = "SELECT DISTINCT relnamespace::regnamespace FROM pg_class
        WHERE relpersistence = 't' AND relkind = 'r' AND relnamespace <> pg_my_temp_schema() ORDER BY 1";
    {
        let make = "CREATE TEMPORARY TABLE \"it's %s\" (a text); CREATE TEMPORARY TABLE two (a int)";
        let mut sessions = (0..4).map(|_| Ok(cluster.connect(&name)?)).collect::<Result<Vec<_>>>()?;
        for s in &mut sessions[1..] {
            s.script(make)?;
        }
        let s = &mut sessions[0];
        ensure_eq!(s.column(others)?.len(), 3);
        if leg.major >= 16 {
            ensure_eq!(as_if(s, "temp_schemas", &[young], "a session that is gone")?, NOTHING, "all of them live");
        }
        s.script("BEGIN; CREATE TEMPORARY TABLE mine (a int)")?;
        let own = as_if(s, "temp_schemas", &[young], "a session that is gone")?;
        ensure_eq!(own.len(), if leg.major >= 16 { 0 } else { 3 }, "its own is known everywhere: {own:?}");
        let pid = sessions[3].value("SELECT pg_backend_pid()")?;
        ensure!(std::process::Command::new("kill").args(["-9", &pid]).status()?.success());
        // Who leaves before the server knows cleans up.
        let began = Instant::now();
        while cluster.crashes(0).is_empty() {
            ensure!(began.elapsed() < Duration::from_secs(20), "the server was not killed");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    cluster.log_was_checked();
    let mut s = cluster.connect_in_time(&name)?;
    // What was left in its own schema goes.
    s.run("CREATE TEMPORARY TABLE mine (a int)")?;
    let left = s.column(others)?;
    ensure!(left.len() >= 2, "{left:?}");
    let level = if leg.major >= 16 { "" } else { "not checked " };
    let expected: Vec<_> = left
        .iter()
        .map(|schema| format!("{level}{schema} schema \"{schema}\" holds temporary tables of a session that is gone"))
        .collect();
    ensure_eq!(as_if(&mut s, "temp_schemas", &[young], "a session that is gone")?, expected);
    ensure_eq!(found(&mut s, "temp-schema-orphans")?, NOTHING, "they are young");
    // As old as the rule asks for.
    s.run("UPDATE pg_class SET relfrozenxid = (((txid_current() - 60000000) + 4294967296) % 4294967296)::text::xid WHERE relpersistence = 't' AND relkind = 'r'")?;
    if leg.major >= 16 {
        let details = details(&mut s, "temp-schema-orphans")?;
        ensure!(
            details.len() == left.len()
                && details[0].starts_with(
                    "There are 2, and all of them are older than 50 million transactions: \"it's %s\", two. "
                ),
            "{details:?}"
        );
        for hint in s.column("SELECT hint FROM warden.audit(rules => '{temp-schema-orphans}')")? {
            s.run(hint.rsplit_once(": ").map_or("", |(_, sql)| sql))?;
        }
        ensure_eq!(s.column(others)?, NOTHING);
    } else {
        let details = details(&mut s, "temp-schema-orphans")?;
        ensure!(
            !details.is_empty() && details.iter().all(|d| d.contains("before PostgreSQL 16 no query tells")),
            "{details:?}"
        );
        s.script(&left.iter().map(|schema| format!("DROP SCHEMA {schema} CASCADE;")).collect::<String>())?;
    }
    ensure_eq!(found(&mut s, "temp-schema-orphans")?, NOTHING);
    Ok(())
}

fn a_program_that_was_replaced(leg: &Leg) -> Result {
    let root = std::env::temp_dir().join(format!("pg_warden-replaced-{}-{}", leg.name, std::process::id()));
    let place = |folder: &Path| root.join(folder.strip_prefix("/").unwrap_or(folder));
    let bindir = leg.folder("--bindir")?;
    let copy = place(&bindir);
    fs::create_dir_all(&copy)?;
    for program in ["initdb", "pg_ctl", "postgres"] {
        fs::copy(bindir.join(program), copy.join(program))?;
    }
    for which in ["--pkglibdir", "--sharedir"] {
        let folder = leg.folder(which)?;
        let link = place(&folder);
        fs::create_dir_all(link.parent().ok_or("a folder")?)?;
        std::os::unix::fs::symlink(&folder, &link)?;
    }
    let seen = replaced(&copy);
    fs::remove_dir_all(&root)?;
    seen
}

fn replaced(bindir: &Path) -> Result {
    let cluster = Cluster::start(bindir, &Options::default())?;
    let db = cluster.database()?;
    let mut s = quiet(&db)?;
    let rule = "minor-outdated";
    ensure_eq!(found(&mut s, rule)?, NOTHING, "as it was started");
    let (program, next) = (bindir.join("postgres"), bindir.join("next"));
    let put = |bytes: &[u8]| {
        fs::write(&next, bytes).and_then(|()| fs::set_permissions(&next, fs::metadata(&program)?.permissions()))?;
        fs::rename(&next, &program)
    };
    let mut bytes = fs::read(&program)?;
    put(&bytes)?;
    ensure_eq!(found(&mut s, rule)?, NOTHING, "by itself");
    bytes.push(0);
    put(&bytes)?;
    ensure_eq!(found(&mut s, rule)?, ["warning server the server runs a program that has been replaced on disk"]);
    ensure!(
        details(&mut s, rule)?[0]
            .starts_with(&format!("PostgreSQL {}, in memory since 20", s.value("SHOW server_version")?)),
        "its version"
    );
    cluster.down()?;
    cluster.up()?;
    ensure_eq!(found(&mut quiet(&db)?, rule)?, NOTHING, "it was started anew");
    let unknown = [("false::pg_catalog.bool AS is_replaced", "NULL::pg_catalog.bool AS is_replaced")];
    ensure_eq!(
        as_if(&mut quiet(&db)?, "server", &unknown, "replaced on disk")?,
        ["not checked server the server runs a program that has been replaced on disk"]
    );
    Ok(())
}

/// What begins to be counted when a server is made.
const YOUNG: [&str; 3] = ["checkpoint-frequent", "connection-churn", "idle-connections"];

fn what_is_not_seen_is_not_checked(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = quiet(&db)?;
    ensure_eq!(not_checked(&mut s)?, YOUNG);
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit(text[], text[], text) TO {role}"))?;
    let mut bare = db.session_as(&role)?;
    ensure_eq!(
        not_checked(&mut bare)?,
        [
            "checkpoint-frequent",
            "connection-churn",
            "idle-connections",
            "pool-sizing",
            "replica-lag",
            "setting-invalid",
            "ssl-off",
            "sync-standby-missing",
            "tls-old",
            "xmin-horizon-blocked"
        ]
    );
    s.run(&format!("GRANT pg_monitor TO {role}"))?;
    ensure_eq!(not_checked(&mut bare)?, [&YOUNG[..], &["setting-invalid", "ssl-off"]].concat());
    Ok(())
}

fn on_a_standby(leg: &Leg) -> Result {
    let cluster = own(leg, &["synchronous_standby_names = ''"])?;
    let db = cluster.database()?;
    let standby = Standby::of(&cluster)?;
    let mut s = standby.connect(db.name())?;
    let of_its_primary =
        ["autovacuum-lagging", "checkpoint-frequent", "replica-lag", "sync-standby-missing", "xmin-horizon-blocked"];
    let mut unseen = [&of_its_primary[..], &["connection-churn", "idle-connections"]].concat();
    unseen.sort_unstable();
    ensure_eq!(not_checked(&mut s)?, unseen);
    ensure_eq!(details(&mut s, "trigger-cost")?, ["This is a standby: triggers fire on its primary."]);
    for rule in of_its_primary {
        ensure!(details(&mut s, rule)?[0].starts_with("This is a standby: "), "{rule}");
    }
    Ok(())
}

fn hostile_names(leg: &Leg) -> Result {
    let cluster = own(leg, &[])?;
    let mut admin = cluster.connect("postgres")?;
    let name = "it's \"%s\" %I\n$1";
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    admin.run(&format!("CREATE DATABASE {quoted} TEMPLATE with_extension"))?;
    admin.run(&format!("CREATE DATABASE \"closed {}", &quoted[1..]))?;
    admin.run(&format!("ALTER DATABASE \"closed {} ALLOW_CONNECTIONS false", &quoted[1..]))?;
    let mut s = cluster.connect(name)?;
    s.script(&format!(
        "SET warden.mode = off; CREATE TABLE t (a int);
         BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION {}",
        literal(name)
    ))?;
    let mut idle = cluster.connect(name)?;
    idle.script(&format!(
        "SET warden.mode = off; SET application_name = {}; BEGIN; INSERT INTO t VALUES (1)",
        literal("it's %s")
    ))?;
    ensure_eq!(as_if(&mut s, "horizon", &[("s.age > s.age_limit", "s.age >= 0")], KEEPS)?.len(), 2);
    let all = found(&mut s, "upgrade-blockers")?;
    ensure_eq!(all.len(), 1, "{all:?}");
    let hint = s.value("SELECT hint FROM warden.audit(rules => '{upgrade-blockers}')")?;
    let (_, statement) = hint.split_once("let connections in: ").ok_or("the statement")?;
    s.run(statement)?;
    ensure_eq!(found(&mut s, "upgrade-blockers")?, NOTHING);
    let query = s_query(&mut s, "horizon")?;
    for release in s.column(&format!("SELECT release FROM ({query}) AS q"))? {
        s.run(&release)?;
    }
    // What a session that is ended has open, ends with it: a moment later.
    let began = Instant::now();
    while s.value(&format!("SELECT count(*) FROM ({query}) AS q"))? != "0" {
        ensure!(began.elapsed() < Duration::from_secs(60), "{query}");
    }
    Ok(())
}

fn partitions_in_the_order_of_the_database(leg: &Leg) -> Result {
    for (version, findings) in [("COLLATION_VERSION '1'", 1), ("", 0)] {
        let db =
            leg.cluster.database_with(&format!("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de' {version}"))?;
        let mut s = quiet(&db)?;
        s.script(
            "CREATE EXTENSION pg_warden; SET warden.mode = off;
             CREATE TABLE \"it's %s\" (name text) PARTITION BY RANGE (name);
             CREATE TABLE p PARTITION OF \"it's %s\" FOR VALUES FROM (MINVALUE) TO ('n');
             CREATE TABLE q (name text) PARTITION BY RANGE (name);
             CREATE TABLE q_1 PARTITION OF q FOR VALUES FROM (MINVALUE) TO ('n')",
        )?;
        // What is locked is not waited for.
        let mut other = quiet(&db)?;
        other.script("BEGIN; LOCK TABLE q IN ACCESS EXCLUSIVE MODE")?;
        s.run("SET lock_timeout = '3s'")?;
        s.run("UPDATE pg_class SET reltuples = 0 WHERE relname = 'q_1'")?;
        let all = found(&mut s, "collation-version-mismatch")?;
        ensure_eq!(all.len(), findings, "{all:?}");
        if findings == 1 {
            ensure_eq!(
                all,
                [
                    "error public.\"it's %s\" partitions of \"it's %s\" go by the database's collation, whose version has changed"
                ]
            );
            let said = details(&mut s, "collation-version-mismatch")?;
            ensure!(said[0].starts_with("Of the database's collation version 1 is recorded, and"), "{said:?}");
        }
    }
    Ok(())
}
