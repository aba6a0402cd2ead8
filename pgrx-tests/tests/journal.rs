//! The journal under suspicion: forged lines, other people's rows, caught errors, full memory, crashes, subscribers.
//!
//! What it does on an ordinary day is in decisions.rs.

use std::time::{Duration, Instant};

use pg_warden_tests::cluster::JOURNAL_MARK;
use pg_warden_tests::{Cluster, Database, Leg, Options, Result, Session, cases, ensure, ensure_eq};
use serde_json::Value;

use crate::fixture::{fill, open, shop};

cases![
    a_line_stands_alone_in_the_log,
    a_line_cannot_be_forged,
    a_line_is_json_in_every_encoding,
    what_is_info_is_not_recorded,
    roles_are_told_apart,
    a_caught_error_takes_its_rows_along,
    a_prepared_transaction_takes_its_rows_along,
    what_runs_concurrently_is_recorded,
    secrets_stay_out_however_they_are_sent,
    a_long_statement_is_recorded_whole,
    a_locked_journal_stops_nobody,
    sessions_do_not_wait_for_each_other,
    serializable_transactions_do_not_fail_for_it,
    serializable_transactions_that_use_exemptions_do_not_fail_for_it,
    a_procedure_keeps_what_it_committed,
    what_is_not_said_for_its_length_is_recorded,
    a_publication_of_our_schema_keeps_it_from_the_table,
    what_is_set_anew_is_never_missing,
    rows_do_not_pass_into_another_transaction,
    pruning_takes_exactly_what_is_old,
    pruning_by_hand_is_not_silently_skipped,
    a_session_that_uses_exemptions_prunes_too,
    my_own_rows_are_found_by_their_time,
    it_is_not_dumped,
    a_preview_counts_what_today_would_block,
    what_finds_no_room_is_counted,
    the_settings_of_a_database_do_not_stop_the_worker,
    after_a_crash_blocked_ones_reach_the_table_again,
    a_subscriber_to_everything_goes_on,
    a_database_that_is_gone_leaves_no_hole,
    after_the_server_itself_is_killed_nothing_is_left_behind,
    a_comment_before_a_statement_is_not_recorded,
    a_log_that_leaves_lines_out_is_told,
];

const BLOCKED: &str = "CREATE INDEX orders_total_idx ON orders (total)";
const CANARY: &str = "S3cr3t-canary";

/// Lines of the log that a session wrote, without what goes on in the next line.
///
/// A number of a process alone would not do: in a long run the system gives it out again.
fn log_of(db: &Database, session: &mut Session) -> Result<Vec<String>> {
    let mark = format!(" [{}] postgres@{} ", session.pid()?, db.name());
    Ok(db.cluster().log().lines().filter(|line| line.contains(&mark)).map(str::to_owned).collect())
}

/// A cluster where blocked decisions reach the table.
fn preloaded(leg: &Leg, more: &[&str]) -> Result<Cluster> {
    let settings = ["shared_preload_libraries = 'pg_warden'", "warden.journal = 'table'"];
    let settings = settings.iter().chain(more).map(|line| (*line).to_owned()).collect();
    leg.own_cluster(&Options { settings, ..Options::default() })
}

/// [`shop`] whose sessions record in the table.
fn recorded(leg: &Leg) -> Result<(Database<'_>, Session)> {
    let db = shop(leg)?;
    db.session()?.run(&format!("ALTER DATABASE {} SET warden.journal = 'table'", db.name()))?;
    let s = db.session()?;
    Ok((db, s))
}

/// Rows that are a number of days old, or intervals given otherwise.
fn insert_old(s: &mut Session, rows: u32, age: &str) -> Result {
    s.run(&format!(
        "INSERT INTO warden_internal.journal (at, action, level, rule, object, message, role, session_role, database, tag, source, can_block)
         SELECT now() - {age}, 'warned', 'warning', 'drop-table', 'public.o' || i, 'm', 'r', 'r', 'd', 'DROP TABLE', 'start', true
         FROM generate_series(1, {rows}) i"
    ))?;
    Ok(())
}

const WORKERS: &str = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_warden journal'";
const OBJECTS: &str = "SELECT object FROM warden.journal ORDER BY id";

fn a_line_stands_alone_in_the_log(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    s.run("SET log_min_error_statement = debug5; SET client_min_messages = log; SET warden.notify = none")?;
    let outcome = s.run(&format!(
        "SELECT '{CANARY}'; CREATE TABLE a (id serial PRIMARY KEY); DO $$BEGIN CREATE TABLE b (id serial PRIMARY KEY); END$$"
    ))?;
    ensure!(outcome.notices.is_empty(), "{outcome}");
    let log = log_of(&db, &mut s)?;
    ensure!(log.len() == 2 && log.iter().all(|line| line.contains(JOURNAL_MARK)), "{log:#?}");
    ensure!(log.iter().all(|line| !line.contains(CANARY)), "{log:#?}");
    let statements: Vec<_> = leg
        .cluster
        .journal_lines(db.name())?
        .iter()
        .map(|entry| entry["statement"].as_str().map(str::to_owned))
        .collect();
    ensure_eq!(statements, [Some("CREATE TABLE a (id serial PRIMARY KEY)".to_owned()), None]);
    Ok(())
}

fn a_line_cannot_be_forged(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    let name = format!("x\n{JOURNAL_MARK}{{}}\t\\u0022");
    s.run("SET warden.notify = none; SET application_name = E'a\n\"b'")?;
    s.run(&format!("CREATE TABLE \"{name}\" (id serial PRIMARY KEY)"))?;
    s.run(&format!(
        "/* warden:allow column-type-serial: first\n{JOURNAL_MARK}{{}} */ CREATE TABLE second (id serial PRIMARY KEY)"
    ))?;
    ensure_eq!(log_of(&db, &mut s)?.len(), 2);
    ensure_eq!(leg.cluster.log().lines().filter(|line| line.starts_with(JOURNAL_MARK)).count(), 0);
    let entries = leg.cluster.journal_lines(db.name())?;
    ensure_eq!(entries.len(), 2);
    ensure_eq!(entries[0]["object"], format!("public.\"{name}\""));
    ensure_eq!(entries[1]["action"], "allowed");
    Ok(())
}

/// Who reads lines of JSON reads UTF-8, whatever the encoding of the database.
fn a_line_is_json_in_every_encoding(leg: &Leg) -> Result {
    let options = "TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'";
    let db = leg.cluster.database_with(options)?;
    let mut s = db.session()?;
    s.run("CREATE EXTENSION pg_warden")?;
    s.run("SET warden.journal = 'table'; CREATE TABLE \"Zo\u{eb}\" (id serial PRIMARY KEY)")?;
    ensure_eq!(
        s.column("SELECT concat_ws(' ', object, statement) FROM warden.journal")?,
        ["public.\"Zo\u{eb}\" CREATE TABLE \"Zo\u{eb}\" (id serial PRIMARY KEY)"]
    );
    s.run("SET warden.journal = 'log'; CREATE TABLE \"Ha\u{ef}ti\" (id serial PRIMARY KEY)")?;
    let log = std::fs::read(leg.cluster.root().join("log"))?;
    let of_db = format!("\"{}\"", db.name());
    let has = |line: &&[u8], part: &str| line.windows(part.len()).any(|bytes| bytes == part.as_bytes());
    let lines: Vec<_> =
        log.split(|b| *b == b'\n').filter(|line| has(line, JOURNAL_MARK) && has(line, &of_db)).collect();
    ensure_eq!(lines.len(), 1);
    let json = &lines[0]
        [lines[0].windows(JOURNAL_MARK.len()).position(|bytes| bytes == JOURNAL_MARK.as_bytes()).unwrap_or(0)..];
    let entry = serde_json::from_slice::<Value>(&json[JOURNAL_MARK.len()..]);
    let entry = entry.map_err(|e| format!("no JSON: {e}: {}", String::from_utf8_lossy(json)))?;
    ensure_eq!(entry["object"], "public.\"Ha\u{ef}ti\"");
    Ok(())
}

fn what_is_info_is_not_recorded(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    s.run("SET warden.notify = info")?;
    let outcome = s.run("CREATE TABLE a (id bigint PRIMARY KEY, price money)")?;
    ensure_eq!(outcome.finding("column-type-money")?.severity, "NOTICE");
    ensure_eq!(leg.cluster.journal_lines(db.name())?.len(), 0);
    s.run("SET warden.journal = 'table'; CREATE TABLE b (id bigint PRIMARY KEY, price money)")?;
    s.run("SET warden.rule_levels = 'column-type-money=warning'; CREATE TABLE c (id bigint PRIMARY KEY, price money)")?;
    ensure_eq!(s.column(OBJECTS)?, ["public.c"]);
    Ok(())
}

fn roles_are_told_apart(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    let (ann, group) = (db.role("")?, db.role("")?);
    s.run(&format!("GRANT {group} TO {ann}; GRANT CREATE ON SCHEMA public TO {ann}, {group}"))?;
    s.run("CREATE FUNCTION make() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN CREATE TABLE by_definer (id serial PRIMARY KEY); END$$")?;
    let mut of_ann = db.session_as(&ann)?;
    of_ann.run(&format!("SET ROLE {group}; CREATE TABLE by_group (id serial PRIMARY KEY)"))?;
    of_ann.run("RESET ROLE; SELECT make()")?;
    s.run(&format!("SET SESSION AUTHORIZATION {group}; CREATE TABLE by_another (id serial PRIMARY KEY)"))?;
    s.run("RESET SESSION AUTHORIZATION")?;
    ensure_eq!(
        s.column(
            "SELECT concat_ws(' ', object, role, session_role, statement IS NULL) FROM warden.journal ORDER BY id"
        )?,
        [
            format!("public.by_group {group} {ann} f"),
            format!("public.by_definer postgres {ann} t"),
            format!("public.by_another {group} {group} f"),
        ]
    );
    let own = ["public.by_definer", "public.by_group"];
    ensure_eq!(of_ann.column("SELECT object FROM warden.recent")?, own);
    of_ann.run(&format!("SET ROLE {group}"))?;
    ensure_eq!(of_ann.column("SELECT object FROM warden.recent")?, own, "it goes by who logged in");
    ensure_eq!(db.session_as(&group)?.column("SELECT object FROM warden.recent")?, ["public.by_another"]);
    Ok(())
}

fn a_caught_error_takes_its_rows_along(leg: &Leg) -> Result {
    let (_db, mut s) = recorded(leg)?;
    s.run(
        "DO $$BEGIN
             CREATE TABLE a (id serial PRIMARY KEY);
             BEGIN CREATE TABLE b (id serial PRIMARY KEY); PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END;
             BEGIN CREATE TABLE c (id serial PRIMARY KEY, no_such_type x); EXCEPTION WHEN others THEN NULL; END;
             CREATE TABLE d (id serial PRIMARY KEY);
         END$$",
    )?;
    ensure_eq!(s.column(OBJECTS)?, ["public.a", "public.d"]);
    s.run(
        "BEGIN; SAVEPOINT x; CREATE TABLE e (id serial PRIMARY KEY); RELEASE x;
         SAVEPOINT y; SAVEPOINT z; CREATE TABLE f (id serial PRIMARY KEY); RELEASE z; ROLLBACK TO y;
         CREATE TABLE g (keyless int); SAVEPOINT v; CREATE TABLE h (keyless int); ROLLBACK TO v; COMMIT",
    )?;
    ensure_eq!(s.column(OBJECTS)?, ["public.a", "public.d", "public.e", "public.g"]);
    // A failed statement leaves nothing behind for the next transaction.
    s.error("CREATE TABLE i (id serial PRIMARY KEY, x no_such_type)")?;
    s.error("BEGIN; CREATE TABLE j (keyless int); SELECT 1 / 0")?;
    s.run("ROLLBACK")?;
    s.run("CREATE TABLE k (id serial PRIMARY KEY)")?;
    ensure_eq!(s.column(OBJECTS)?[4..], ["public.k"]);
    Ok(())
}

fn a_prepared_transaction_takes_its_rows_along(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    let id = db.name();
    for (end, objects) in [("ROLLBACK", 0), ("COMMIT", 2)] {
        s.run("BEGIN; CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (keyless int)")?;
        s.run(&format!("PREPARE TRANSACTION '{id}'"))?;
        ensure_eq!(s.column(OBJECTS)?.len(), 0);
        s.run(&format!("{end} PREPARED '{id}'"))?;
        ensure_eq!(s.column(OBJECTS)?.len(), objects, "{end}");
    }
    ensure_eq!(
        s.column("SELECT concat_ws(' ', object, rule, source, statement IS NULL) FROM warden.journal ORDER BY id")?,
        ["public.a column-type-serial start f", "public.b table-without-primary-key commit t"]
    );
    Ok(())
}

fn what_runs_concurrently_is_recorded(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    s.run("CREATE TABLE p (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')")?;
    s.run("DELETE FROM warden_internal.journal")?;
    // Others see it as it was, so that nothing is new for them.
    let mut s = db.session()?;
    let all = s.value("SELECT string_agg(rule || '=warning', ',') FROM warden.rules")?;
    s.run(&format!("SET warden.rule_levels = '{all}'; SET statement_timeout = '1h'; SET lock_timeout = 0"))?;
    for sql in [
        "CREATE INDEX CONCURRENTLY ON orders (total)",
        "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
        "DROP INDEX CONCURRENTLY orders_total_idx",
    ] {
        let outcome = s.run(sql)?;
        let said = outcome.rules().join(" ");
        ensure!(!said.is_empty(), "this test needs a finding: {sql}");
        let rows = format!(
            "SELECT string_agg(DISTINCT rule, ' ' ORDER BY rule) FROM warden.journal WHERE statement = '{sql}' AND action = 'warned'"
        );
        ensure_eq!(s.value(&rows)?, said, "{sql}");
    }
    Ok(())
}

fn secrets_stay_out_however_they_are_sent(leg: &Leg) -> Result {
    let cluster = preloaded(leg, &[])?;
    let db = cluster.database()?;
    let role = db.role("")?;
    let mut s = db.session()?;
    s.script(&format!(
        "SET warden.rule_levels = 'identifier-not-lowercase=warning'; CREATE FOREIGN DATA WRAPPER w;
         CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (password '{CANARY}')"
    ))?;
    for (n, (before, after)) in [
        (format!("ALTER ROLE {role} PASSWORD '{CANARY}'; "), format!("; SELECT '{CANARY}'")),
        (String::new(), format!("; ALTER ROLE {role} PASSWORD '{CANARY}'")),
        (format!("CREATE USER MAPPING FOR {role} SERVER s OPTIONS (password '{CANARY}');"), String::new()),
    ]
    .into_iter()
    .enumerate()
    {
        s.run(&format!("{before}CREATE TABLE n{n} (id bigint PRIMARY KEY, \"Price\" int){after}"))?;
    }
    s.run(&format!(
        "CREATE FOREIGN TABLE f (\"Price\" int OPTIONS (key '{CANARY}')) SERVER s OPTIONS (password '{CANARY}')"
    ))?;
    s.run(&format!(
        "CREATE FOREIGN TABLE g (\"Price\" int) SERVER s options /* ( */ (a E'\\') ({CANARY}', b $q$ ) {CANARY}$q$)"
    ))?;
    s.run(&format!(
        "ALTER FOREIGN TABLE f ADD COLUMN \"More\" int OPTIONS (token '{CANARY}'), OPTIONS (ADD t '{CANARY}')"
    ))?;
    s.run(&format!("ALTER TABLE f ALTER COLUMN \"Price\" OPTIONS (SET key '{CANARY}'), ADD COLUMN \"Most\" int"))?;
    s.run(&format!(
        "DO $d$BEGIN CREATE FOREIGN TABLE h (\"Price\" int) SERVER s OPTIONS (password '{CANARY}'); END$d$"
    ))?;
    s.run("SET standard_conforming_strings = off; SET escape_string_warning = off")?;
    s.run(&format!("CREATE FOREIGN TABLE i (\"Price\" int) SERVER s OPTIONS (a 'x\\') {CANARY} (\\'', b '{CANARY}')"))?;
    s.run("RESET standard_conforming_strings")?;
    let sent = format!("CREATE FOREIGN TABLE j (\"Price\" int) SERVER s OPTIONS (password '{CANARY}')");
    let outcome = s.outcome_extended(&sent);
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(s.value("SELECT count(*) FROM warden.journal WHERE rule = 'identifier-not-lowercase'")?, "10");

    s.run("SET warden.mode = enforce; SET warden.rule_levels = 'identifier-not-lowercase=error'")?;
    s.error(&format!(
        "SELECT '{CANARY}'; CREATE FOREIGN TABLE k (\"Price\" int) SERVER s OPTIONS (password '{CANARY}')"
    ))?;
    s.wait_for("SELECT count(*) FROM warden.journal WHERE action = 'blocked'", "1")?;
    let shown = format!("SELECT j::text FROM warden.journal AS j WHERE j::text LIKE '%{CANARY}%'");
    ensure_eq!(s.column(&shown)?, Vec::<String>::new());
    ensure_eq!(
        s.value("SELECT statement FROM warden.journal WHERE action = 'blocked'")?,
        "CREATE FOREIGN TABLE k (\"Price\" int) SERVER s OPTIONS (...)"
    );
    s.run("SET warden.journal = 'log'")?;
    s.error(&format!("ALTER ROLE {role} PASSWORD '{CANARY}'; {sent}2"))?;
    s.error(&format!("ALTER ROLE {role} PASSWORD '{CANARY}'; CREATE FOREIGN TABLE l (\"Price\" int) SERVER s OPTIONS (password '{CANARY}')"))?;
    let log = cluster.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("pg_warden journal:")).collect();
    ensure!(lines.len() >= 2, "{lines:#?}");
    ensure!(lines.iter().all(|line| !line.contains(CANARY)), "{lines:#?}");
    Ok(())
}

fn a_long_statement_is_recorded_whole(leg: &Leg) -> Result {
    let cluster = preloaded(leg, &[])?;
    let db = cluster.database()?;
    fill(&db)?;
    let mut s = db.session()?;
    // Such as does not shrink when it is compressed.
    let text = s.value("SELECT string_agg(md5(i::text), '') FROM generate_series(1, 5000) i")?;
    let passes = format!("CREATE TABLE a (id serial PRIMARY KEY, c text DEFAULT '{text}')");
    s.run(&passes)?;
    ensure_eq!(s.value("SELECT statement FROM warden.journal")?, passes);
    s.run("SET warden.mode = enforce")?;
    let blocked = format!("CREATE INDEX i ON orders ((total::text || '{text}'))");
    s.error(&blocked)?;
    s.wait_for(
        "SELECT concat_ws(' ', object, statement) FROM warden.journal WHERE action = 'blocked'",
        "public.orders",
    )?;
    let in_log: Vec<_> =
        cluster.journal_lines(db.name())?.into_iter().filter(|entry| entry["statement"] == blocked).collect();
    ensure_eq!(in_log.len(), 1, "what the table leaves out is in the log");
    Ok(())
}

fn a_locked_journal_stops_nobody(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE warden_internal.journal IN SHARE MODE")?;
    s.run("SET statement_timeout = '10s'")?;
    for sql in ["CREATE TABLE a (id serial PRIMARY KEY)", "BEGIN; CREATE TABLE b (keyless int); COMMIT"] {
        let outcome = s.run(sql)?;
        let told = outcome.notices.iter().find(|n| n.message.contains("could not keep its record"));
        ensure!(told.is_some_and(|n| n.detail().contains("locked by another session")), "{sql}: {outcome}");
    }
    ensure_eq!(s.value("SELECT to_regclass('a') IS NOT NULL AND to_regclass('b') IS NOT NULL")?, "t");
    holder.run("ROLLBACK")?;
    s.run("CREATE TABLE c (id serial PRIMARY KEY)")?;
    ensure_eq!(s.column(OBJECTS)?, ["public.c"]);
    Ok(())
}

fn sessions_do_not_wait_for_each_other(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    insert_old(&mut s, 2_000, "interval '91 days'")?;
    let mut sessions = [db.session()?, db.session()?, db.session()?];
    for (n, session) in sessions.iter_mut().enumerate() {
        let outcome =
            session.run(&format!("SET statement_timeout = '10s'; BEGIN; CREATE TABLE t{n} (id serial PRIMARY KEY)"))?;
        ensure_eq!(outcome.notices.len(), 1, "{outcome}");
    }
    // In another order than they began.
    for session in sessions.iter_mut().rev() {
        session.run("COMMIT")?;
    }
    ensure_eq!(s.column("SELECT object FROM warden.journal WHERE object LIKE 'public.t%' ORDER BY 1")?.len(), 3);
    ensure_eq!(
        s.value("SELECT count(*) BETWEEN 500 AND 1999 FROM warden.journal WHERE at < now() - interval '90 days'")?,
        "t"
    );
    Ok(())
}

/// Two of them whose tables have nothing to do with each other go through without pg_warden.
fn serializable_transactions_do_not_fail_for_it(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    insert_old(&mut s, 10, "interval '91 days'")?;
    for journal in ["log", "table"] {
        let (mut one, mut other) = (db.session()?, db.session()?);
        for (session, name) in [(&mut one, "one"), (&mut other, "other")] {
            session.run(&format!(
                "SET warden.journal = '{journal}'; BEGIN ISOLATION LEVEL SERIALIZABLE; CREATE TABLE {name}_{journal} (id serial PRIMARY KEY)"
            ))?;
        }
        one.run("COMMIT").map_err(|e| format!("{journal}: {e}"))?;
        other.run("COMMIT").map_err(|e| format!("{journal}: {e}"))?;
    }
    ensure_eq!(s.value("SELECT count(*) FROM warden.journal WHERE object ~ 'one|other'")?, "2");
    Ok(())
}

/// The same where exemptions are used: two tables are written, and each session prunes one of them.
fn serializable_transactions_that_use_exemptions_do_not_fail_for_it(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    s.run("SELECT warden.exempt('column-type-serial', '~exempt', 'r')")?;
    for (settings, tag) in [("-c warden.mode=off", "off"), ("", "on")] {
        let (mut one, mut other) = (db.session_with(settings)?, db.session_with(settings)?);
        one.run(&format!("BEGIN ISOLATION LEVEL SERIALIZABLE; CREATE TABLE one_{tag} (id serial PRIMARY KEY)"))?;
        other.run(&format!(
            "BEGIN ISOLATION LEVEL SERIALIZABLE; CREATE TABLE exempt_other_{tag} (id serial PRIMARY KEY)"
        ))?;
        let outcome = one.outcome(&format!("CREATE TABLE exempt_one_{tag} (id serial PRIMARY KEY)"));
        ensure!(outcome.error.is_none() && outcome.notices.is_empty(), "{tag}: {outcome}");
        one.run("COMMIT").map_err(|e| format!("{tag}: {e}"))?;
        other.run("COMMIT").map_err(|e| format!("{tag}: {e}"))?;
    }
    ensure_eq!(s.value("SELECT count(*) FROM warden.journal")?, "3");
    Ok(())
}

fn a_procedure_keeps_what_it_committed(leg: &Leg) -> Result {
    let (_db, mut s) = recorded(leg)?;
    s.run("CREATE PROCEDURE steps() LANGUAGE plpgsql AS $$BEGIN
             CREATE TABLE a (id serial PRIMARY KEY); COMMIT; CREATE TABLE b (id serial PRIMARY KEY); ROLLBACK;
             CREATE TABLE c (keyless int); CREATE TABLE d (keyless int); COMMIT; CREATE TABLE e (id serial PRIMARY KEY); PERFORM 1 / 0; END$$")?;
    s.error("CALL steps()")?;
    ensure_eq!(s.column(OBJECTS)?, ["public.a", "public.c", "public.d"]);
    Ok(())
}

fn what_is_not_said_for_its_length_is_recorded(leg: &Leg) -> Result {
    let (_db, mut s) = recorded(leg)?;
    let checks = (1..=300).map(|i| format!("ADD CHECK (total > -{i})")).collect::<Vec<_>>().join(", ");
    let outcome = s.run(&format!("ALTER TABLE orders {checks}"))?;
    ensure!(outcome.notices.len() < 50, "{outcome}");
    ensure_eq!(s.value("SELECT count(*) FROM warden.journal WHERE rule = 'add-check-validates'")?, "300");
    Ok(())
}

fn a_publication_of_our_schema_keeps_it_from_the_table(leg: &Leg) -> Result {
    let (_db, mut s) = recorded(leg)?;
    let status = "SELECT value FROM warden.status WHERE item = 'journal'";
    s.run("CREATE PUBLICATION p FOR TABLES IN SCHEMA warden_internal")?;
    s.run("CREATE TABLE a (id serial PRIMARY KEY)")?;
    ensure_eq!(s.value(status)?, "not written");
    s.run("DROP PUBLICATION p; CREATE PUBLICATION p FOR TABLES IN SCHEMA public")?;
    s.run("CREATE TABLE b (id serial PRIMARY KEY)")?;
    ensure_eq!(s.value(status)?, "table");
    ensure_eq!(s.column("SELECT object FROM warden.journal WHERE rule = 'column-type-serial'")?, ["public.b"]);
    Ok(())
}

/// What is set are rows that go and others that come: whoever reads meanwhile sees either.
fn what_is_set_anew_is_never_missing(leg: &Leg) -> Result {
    const TIMES: usize = 1_000;
    let db = shop(leg)?;
    let mut admin = db.session()?;
    admin.run("SELECT warden.set_mode('enforce'), warden.apply_preset('strict')")?;
    let mut s = db.session()?;
    let stop = std::sync::atomic::AtomicBool::new(false);
    let order = std::sync::atomic::Ordering::Relaxed;
    let passed = std::thread::scope(|scope| {
        let (stop, admin) = (&stop, &mut admin);
        scope.spawn(move || {
            while !stop.load(order) {
                admin.outcome("SELECT warden.set_mode('enforce'), warden.apply_preset('strict')");
            }
        });
        // A warning by itself, and an error by the preset.
        let sql = "CREATE TABLE tickets (id serial PRIMARY KEY)";
        let passed: Vec<_> = (0..TIMES).map(|_| s.outcome(sql)).filter(|outcome| outcome.error.is_none()).collect();
        stop.store(true, order);
        passed
    });
    ensure!(passed.is_empty(), "{} went through: {}", passed.len(), passed[0]);
    Ok(())
}

/// An event trigger that is switched off for a while keeps rows back; they are not taken for another transaction's.
fn rows_do_not_pass_into_another_transaction(leg: &Leg) -> Result {
    let (_db, mut s) = recorded(leg)?;
    s.run("ALTER EVENT TRIGGER pg_warden_end DISABLE")?;
    s.run("CREATE TABLE a (id serial PRIMARY KEY)")?;
    s.run("ALTER EVENT TRIGGER pg_warden_end ENABLE")?;
    s.run("BEGIN; CREATE TABLE b (id serial PRIMARY KEY)")?;
    ensure_eq!(s.column(OBJECTS)?, ["public.b"], "in this transaction");
    s.run("ROLLBACK")?;
    Ok(())
}

fn pruning_takes_exactly_what_is_old(leg: &Leg) -> Result {
    let (_db, mut s) = recorded(leg)?;
    insert_old(&mut s, 20_000, "i * interval '365 days' / 20000")?;
    insert_old(&mut s, 1, "(interval '90 days' + interval '1 minute')")?;
    insert_old(&mut s, 1, "(interval '90 days' - interval '1 minute')")?;
    s.run("ANALYZE warden_internal.journal")?;
    let plan = s.column(
        "EXPLAIN SELECT * FROM warden.journal WHERE at BETWEEN now() - interval '3 days' AND now() - interval '2 days'",
    )?;
    ensure!(plan.join("\n").contains("journal_at_idx"), "{plan:#?}");
    let old = "SELECT count(*) FROM warden.journal WHERE at < now() - interval '90 days'";
    let young = "SELECT count(*) FROM warden.journal WHERE at >= now() - interval '89 days 23 hours'";
    let (expected, stays) = (s.value(old)?, s.value(young)?);
    ensure!(expected.parse::<u32>()? > 15_000 && stays.parse::<u32>()? > 4_900, "{expected} {stays}");
    ensure_eq!(s.value("SELECT warden.prune_journal()")?, expected);
    ensure_eq!((s.value(old)?, s.value(young)?), ("0".to_owned(), stays));
    // A row goes back with its transaction.
    s.run("BEGIN; SELECT warden.prune_journal('1 day'); ROLLBACK")?;
    ensure!(s.value(young)?.parse::<u32>()? > 4_900);
    for (keep, sqlstate) in [("NULL", "22004"), ("'-1 day'", "22023")] {
        ensure_eq!(s.error(&format!("SELECT warden.prune_journal({keep})"))?.sqlstate, sqlstate);
    }
    Ok(())
}

/// That nothing was pruned because somebody else is at it must not look like nothing to prune.
fn pruning_by_hand_is_not_silently_skipped(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    insert_old(&mut s, 2_000, "interval '91 days'")?;
    let mut other = db.session()?;
    other.run("BEGIN; CREATE TABLE a (id serial PRIMARY KEY)")?;
    let outcome = s.outcome("SET lock_timeout = '1s'; SELECT warden.prune_journal()");
    let refused = outcome.error.as_ref().is_some_and(|error| error.sqlstate == "55P03");
    let pruned = outcome.rows.first().and_then(|row| row.first()?.as_ref()?.parse::<u32>().ok());
    ensure!(refused || pruned.is_some_and(|rows| rows > 0), "neither done nor refused: {pruned:?} {outcome}");
    Ok(())
}

fn a_session_that_uses_exemptions_prunes_too(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    insert_old(&mut s, 1_000, "interval '91 days'")?;
    s.run("SELECT warden.exempt('create-index-not-concurrent', 'orders', 'read only')")?;
    let outcome = db.session()?.run(BLOCKED)?;
    ensure_eq!(outcome.rules(), Vec::<&str>::new());
    ensure_eq!(s.value("SELECT count(*) FROM warden.journal WHERE action = 'exempt'")?, "1");
    let left: u32 = s.value("SELECT count(*) FROM warden.journal WHERE action <> 'exempt'")?.parse()?;
    ensure!(left < 1_000, "nothing was pruned");
    Ok(())
}

fn my_own_rows_are_found_by_their_time(leg: &Leg) -> Result {
    let (_db, mut s) = recorded(leg)?;
    insert_old(&mut s, 20_000, "i * interval '90 days' / 20000")?;
    s.run("UPDATE warden_internal.journal SET session_role = 'postgres' WHERE id % 2 = 0; ANALYZE warden_internal.journal")?;
    let plan = s.column("EXPLAIN SELECT * FROM warden.recent LIMIT 20")?.join("\n");
    ensure!(plan.contains("journal_at_idx"), "{plan}");
    Ok(())
}

fn it_is_not_dumped(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    s.run("SELECT warden.exempt('create-index-not-concurrent', 'orders', 'read only')")?;
    s.run(BLOCKED)?;
    s.run("/* warden:allow column-type-serial: the-reason */ CREATE TABLE a (id serial PRIMARY KEY)")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.journal")?, "2");
    let dump = db.client("pg_dump").output()?;
    let dump = String::from_utf8_lossy(&dump.stdout).into_owned();
    ensure!(dump.contains("read only"), "exemptions are");
    for part in ["the-reason", "COPY warden_internal.journal ", "COPY warden_internal.exemption_use "] {
        ensure!(!dump.contains(part), "{part} is in the dump");
    }
    Ok(())
}

fn a_preview_counts_what_today_would_block(leg: &Leg) -> Result {
    let (db, mut s) = recorded(leg)?;
    let (ann, bob) = (&*db.role("")?, &*db.role("")?);
    let rows = [
        ("1 day", "would-block", ann, "app", "create-index-not-concurrent", true),
        ("2 days", "would-block", ann, "app", "create-index-not-concurrent", true),
        ("2 days", "would-block", ann, "other", "create-index-not-concurrent", true),
        ("3 days", "would-block", bob, "app", "create-index-not-concurrent", true),
        ("3 days", "would-block", bob, "app", "add-check-validates", false),
        ("4 days", "warned", bob, "app", "column-type-serial", true),
        ("4 days", "warned", bob, "app", "no-such-rule", true),
        ("31 days", "would-block", bob, "app", "create-index-not-concurrent", true),
        ("1 day", "blocked", bob, "app", "create-index-not-concurrent", true),
        ("1 day", "allowed", bob, "app", "create-index-not-concurrent", true),
        ("1 day", "exempt", bob, "app", "create-index-not-concurrent", true),
        ("1 day", "bypassed", bob, "app", "create-index-not-concurrent", true),
    ];
    for (age, action, role, application, rule, can_block) in rows {
        s.run(&format!(
            "INSERT INTO warden_internal.journal (at, action, level, rule, object, message, role, session_role, database, application, tag, source, can_block)
             VALUES (now() - interval '{age}', '{action}', 'error', '{rule}', 'public.orders', 'm', 'owner', '{role}', 'd', '{application}', 'T', 'start', {can_block})"
        ))?;
    }
    let preview = |window: &str| {
        format!("SELECT concat_ws(' ', role, application, rule, decisions) FROM warden.preview_enforce({window})")
    };
    let index = "create-index-not-concurrent";
    ensure_eq!(
        s.column(&preview(""))?,
        [format!("{ann} app {index} 2"), format!("{bob} app {index} 2"), format!("{ann} other {index} 1")],
        "an exemption that is gone excuses nothing"
    );
    ensure_eq!(
        s.column(&preview("'60 days'"))?,
        [format!("{bob} app {index} 3"), format!("{ann} app {index} 2"), format!("{ann} other {index} 1")]
    );
    s.run(&format!("SELECT warden.set_level('column-type-serial', 'error'), warden.exempt('create-index-not-concurrent', 'orders', 'r', role_name => '{ann}')"))?;
    ensure_eq!(s.column(&preview(""))?, [format!("{bob} app {index} 2"), format!("{bob} app column-type-serial 1")]);
    s.run("SELECT warden.exempt(NULL, '~^public\\.', 'r')")?;
    ensure_eq!(s.column(&preview(""))?, Vec::<String>::new());
    Ok(())
}

/// As many blocked statements in one query string; their errors are caught.
fn block_many(s: &mut Session, times: u32) -> Result {
    s.run(&format!(
        "DO $$BEGIN FOR i IN 1..{times} LOOP BEGIN CREATE INDEX ON orders (total); EXCEPTION WHEN others THEN NULL; END; END LOOP; END$$"
    ))?;
    Ok(())
}

fn what_finds_no_room_is_counted(leg: &Leg) -> Result {
    let cluster = preloaded(leg, &["max_worker_processes = 0"])?;
    let db = cluster.database()?;
    fill(&db)?;
    let mut s = db.session()?;
    s.run("SET warden.mode = enforce")?;
    let left_out = "SELECT value FROM warden.status WHERE item = 'not in the journal'";
    block_many(&mut s, 256)?;
    ensure_eq!(s.value(left_out)?, "∅");
    block_many(&mut s, 44)?;
    ensure_eq!(s.value(left_out)?, "44");
    ensure_eq!(cluster.journal_lines(db.name())?.len(), 300, "all are in the log");
    ensure_eq!(s.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'orders_total%'")?, "0");
    Ok(())
}

fn the_settings_of_a_database_do_not_stop_the_worker(leg: &Leg) -> Result {
    let cluster = preloaded(leg, &["warden.mode = 'enforce'"])?;
    let db = cluster.database()?;
    fill(&db)?;
    let mut s = db.session()?;
    for setting in [
        "default_transaction_isolation = 'serializable'",
        "search_path = 'nowhere'",
        "session_replication_role = 'replica'",
        "statement_timeout = '1ms'",
        "warden.mode = 'off'",
        "warden.journal = 'off'",
        "default_transaction_read_only = on",
    ] {
        let name = setting.split(' ').next().unwrap_or_default();
        s.run(&format!("ALTER DATABASE {} SET {setting}; DELETE FROM warden_internal.journal", db.name()))?;
        s.error(BLOCKED)?;
        s.wait_for("SELECT count(*) FROM warden.journal", "1")
            .map_err(|e| format!("{setting}: {}", e.message().unwrap_or_default()))?;
        s.wait_for(WORKERS, "0")?;
        s.run(&format!("ALTER DATABASE {} RESET {name}", db.name()))?;
    }
    Ok(())
}

/// Shared memory is new then: nobody waits for a worker that is no more, and nothing is left of what had waited.
fn after_a_crash_blocked_ones_reach_the_table_again(leg: &Leg) -> Result {
    const WRITTEN: &str = "SELECT count(*) FROM warden.journal WHERE action = 'blocked'";
    let mut cluster = preloaded(leg, &["warden.mode = 'enforce'"])?;
    let name = {
        let db = cluster.database()?;
        fill(&db)?;
        db.kept()
    };
    let mut s = cluster.connect(&name)?;
    s.error(BLOCKED)?;
    s.wait_for(WRITTEN, "1")?;
    // While a worker is there, and more waits for it.
    let mut victim = cluster.connect(&name)?;
    let pid = victim.pid()?.to_string();
    s.error(BLOCKED)?;
    cluster.kill(&pid, s)?;
    cluster.log_was_checked();
    let mut s = cluster.connect_in_time(&name)?;
    let before: u32 = s.value(WRITTEN)?.parse()?;
    ensure!(before == 1 || before == 2, "{before}");
    for more in 1..=3 {
        s.error(BLOCKED)?;
        s.wait_for(WRITTEN, &(before + more).to_string())?;
    }
    s.wait_for("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_warden journal'", "0")?;
    ensure_eq!(cluster.journal_lines(&name)?.len(), 5, "the log has them all");
    Ok(())
}

/// A cluster whose databases may be published.
fn logical(leg: &Leg) -> Result<Cluster> {
    let settings = ["wal_level = logical", "wal_retrieve_retry_interval = '100ms'"].map(str::to_owned).to_vec();
    leg.own_cluster(&Options { settings, ..Options::default() })
}

fn subscribe(publisher: &Database<'_>, there: &mut Session) -> String {
    let connection = format!("host={} dbname={} user=postgres", publisher.cluster().root().display(), publisher.name());
    let outcome = there.outcome(&format!(
        "CREATE SUBSCRIPTION s CONNECTION '{connection}' PUBLICATION p WITH (create_slot = false, copy_data = false)"
    ));
    outcome.error.map(|e| e.to_string()).unwrap_or_default()
}

fn end_subscription(here: &mut Session, there: &mut Session) -> Result {
    there.script("ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s")?;
    here.wait_for("SELECT count(*) FROM pg_replication_slots WHERE active", "0")?;
    here.run("SELECT pg_drop_replication_slot('s')")?;
    Ok(())
}

/// It was there before pg_warden came to the publisher, and hears of nothing that pg_warden keeps.
fn a_subscriber_to_everything_goes_on(leg: &Leg) -> Result {
    let cluster = logical(leg)?;
    let (publisher, subscriber) = (cluster.bare_database()?, cluster.bare_database()?);
    let (mut here, mut there) = (publisher.session()?, subscriber.session()?);
    here.script("CREATE TABLE t (a int PRIMARY KEY); CREATE PUBLICATION p FOR ALL TABLES; SELECT pg_create_logical_replication_slot('s', 'pgoutput')")?;
    there.run("CREATE TABLE t (a int PRIMARY KEY)")?;
    ensure_eq!(subscribe(&publisher, &mut there), "");
    here.run("INSERT INTO t VALUES (1)")?;
    there.wait_for("SELECT count(*) FROM t", "1")?;

    here.run("CREATE EXTENSION pg_warden")?;
    let steps = [
        "SELECT warden.set_mode('enforce')",
        "SELECT warden.set_level('column-type-serial', 'error')",
        "SELECT warden.exempt('column-type-serial', 'public.u', 'r'), warden.exempt(NULL, '~^public.w', 'r')",
        "CREATE TABLE u (id serial PRIMARY KEY)",
        "CREATE TABLE w (id serial PRIMARY KEY)",
        "ALTER TABLE u RENAME TO u2",
        "SELECT warden.exempt_existing(NULL, 'r')",
        "SELECT warden.apply_preset('strict')",
        "SELECT warden.apply_preset('relaxed')",
        "SELECT warden.reset_level('column-type-serial')",
        "SELECT warden.unexempt(1)",
        "SELECT warden.disable()",
        "SELECT warden.enable()",
        "SELECT warden.prune_journal()",
        "SELECT warden.set_mode('warn')",
        "UPDATE warden_internal.journal SET reason = 'none is there'",
        "CREATE TABLE x (id serial PRIMARY KEY)",
    ];
    let mut here = publisher.session_with("-c warden.journal=table")?;
    for (n, sql) in steps.into_iter().enumerate() {
        let outcome = here.outcome(sql);
        let no_identity = outcome.error.as_ref().is_some_and(|e| e.sqlstate == "55000" && sql.starts_with("UPDATE"));
        ensure!(outcome.error.is_none() || no_identity, "{sql}: {outcome}");
        here.run(&format!("INSERT INTO t VALUES ({})", n + 2))?;
        there
            .wait_for("SELECT count(*) FROM t", &(n + 2).to_string())
            .map_err(|e| format!("after {sql}: {}", e.message().unwrap_or_default()))?;
    }
    ensure_eq!(here.value("SELECT count(*) FROM warden.journal")?, "0");
    ensure_eq!(here.value("SELECT count(*) FROM warden_internal.exemption_use")?, "0");
    ensure_eq!(here.value("SELECT value FROM warden.status WHERE item = 'journal'")?, "not written");
    here.run("DROP EXTENSION pg_warden; INSERT INTO t VALUES (100)")?;
    there.wait_for("SELECT max(a) FROM t", "100")?;
    ensure_eq!(there.value("SELECT apply_error_count FROM pg_stat_subscription_stats")?, "0");
    end_subscription(&mut here, &mut there)
}

/// What waits for the table of a database that is dropped must not take the room of others for good.
fn a_database_that_is_gone_leaves_no_hole(leg: &Leg) -> Result {
    let cluster = preloaded(leg, &[])?;
    let (gone, stays) = (cluster.database()?, cluster.database()?);
    fill(&gone)?;
    fill(&stays)?;
    let mut admin = cluster.connect("postgres")?;
    let mut s = gone.session()?;
    // Its worker cannot connect, as it cannot where it comes a moment too late.
    admin.run(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", gone.name()))?;
    s.run("SET warden.mode = enforce")?;
    ensure_eq!(s.error(BLOCKED)?.rule(), Some("create-index-not-concurrent"));
    drop(s);
    admin.wait_for(WORKERS, "0")?;
    admin.run(&format!("DROP DATABASE {} WITH (FORCE)", gone.name()))?;
    let mut s = stays.session()?;
    s.run("SET warden.mode = enforce")?;
    for round in 1..=6 {
        block_many(&mut s, 50)?;
        s.wait_for("SELECT count(*) FROM warden.journal", &(round * 50).to_string())?;
    }
    // At most the one whose table is gone has lost its place.
    let left_out = s.value("SELECT value FROM warden.status WHERE item = 'not in the journal'")?;
    ensure!(["∅", "1"].contains(&left_out.as_str()), "{left_out} are said to be missing, and none is");
    s.wait_for(WORKERS, "0")
}

/// What the client saw committed is recorded, what it saw blocked is in the log, and no worker goes on without its server.
fn after_the_server_itself_is_killed_nothing_is_left_behind(leg: &Leg) -> Result {
    let cluster = preloaded(leg, &["warden.mode = 'enforce'"])?;
    let db = cluster.database()?;
    fill(&db)?;
    let mut s = db.session()?;
    for n in 0..5 {
        s.run(&format!("CREATE TABLE passed{n} (id serial PRIMARY KEY)"))?;
        s.error(BLOCKED)?;
    }
    let mut open = db.session()?;
    open.run("BEGIN; CREATE TABLE open (id serial PRIMARY KEY)")?;
    ensure!(processes(&cluster) > 3, "this test does not see the server's processes");
    let server = std::fs::read_to_string(cluster.data().join("postmaster.pid"))?;
    std::process::Command::new("kill").args(["-9", server.lines().next().unwrap_or_default()]).status()?;
    let began = Instant::now();
    while processes(&cluster) > 0 {
        ensure!(began.elapsed() < Duration::from_secs(15), "{} processes were left behind", processes(&cluster));
        std::thread::sleep(Duration::from_millis(50));
    }
    // Where nobody has waited for it, its number is still taken.
    std::fs::remove_file(cluster.data().join("postmaster.pid"))?;
    std::fs::remove_file(format!("{}.lock", Cluster::socket_in(cluster.root()).display()))?;
    cluster.up()?;
    let mut s = db.session()?;
    let passed: Vec<_> = (0..5).map(|n| format!("public.passed{n}")).collect();
    ensure_eq!(s.column("SELECT object FROM warden.journal WHERE action = 'warned' ORDER BY id")?, passed);
    ensure_eq!(s.value("SELECT count(*) FROM pg_class WHERE relname IN ('open', 'orders_total_idx')")?, "0");
    ensure_eq!(cluster.journal_lines(db.name())?.len(), 5);
    let written: u32 = s.value("SELECT count(*) FROM warden.journal WHERE action = 'blocked'")?.parse()?;
    s.error(BLOCKED)?;
    s.wait_for("SELECT count(*) FROM warden.journal WHERE action = 'blocked'", &(written + 1).to_string())
}

/// Processes of a cluster's server: they work in its data folder.
fn processes(cluster: &Cluster) -> usize {
    let Ok(processes) = std::fs::read_dir("/proc") else { return 0 };
    let here =
        |entry: &std::fs::DirEntry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == cluster.data());
    processes.flatten().filter(here).count()
}

fn a_comment_before_a_statement_is_not_recorded(leg: &Leg) -> Result {
    let (_db, mut s) = recorded(leg)?;
    s.run(&format!("-- password {CANARY}\n/* {CANARY} */ CREATE TABLE a (id serial PRIMARY KEY); -- {CANARY}"))?;
    ensure_eq!(s.value("SELECT statement FROM warden.journal")?, "CREATE TABLE a (id serial PRIMARY KEY)");
    Ok(())
}

fn a_log_that_leaves_lines_out_is_told(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let told = "SELECT count(*) FROM warden.status WHERE item = 'lines of level LOG' AND value = 'not written'";
    ensure_eq!(s.value(told)?, "0");
    s.run("SET log_min_messages = fatal")?;
    ensure_eq!(s.value(told)?, "1");
    Ok(())
}
