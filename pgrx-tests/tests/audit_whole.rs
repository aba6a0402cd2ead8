//! The audit as a whole: its documents, who may see what, standbys, locks, and being stopped.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use pg_warden_tests::cluster::succeed;
use pg_warden_tests::sql::literal;
use pg_warden_tests::{Database, Leg, Options, Result, Session, Standby, cases, ensure, ensure_eq};
use serde_json::Value;

use crate::fixture::shop;

cases![
    every_format_holds_every_name,
    the_fix_script_mends_and_lints_clean,
    wrong_arguments_of_reports,
    the_checklist,
    a_bare_role_gets_no_error_and_no_silence,
    who_monitors_sees_the_server,
    a_standby_is_audited_without_writing,
    nobody_is_waited_for,
    it_is_cancelled_within_a_second,
    whoever_waits_is_told_where_it_is,
    where_it_is_can_be_seen,
    rules_of_the_server_are_left_out_where_schemas_are_asked_for,
];

/// Faults of several kinds: a foreign key without index, a table without key, a duplicate index, serial.
const FAULTS: &str = "
    CREATE TABLE owners (id bigint PRIMARY KEY);
    INSERT INTO owners SELECT generate_series(1, 2000);
    CREATE TABLE things (id serial, owner_id bigint CONSTRAINT things_owner_fkey REFERENCES owners);
    INSERT INTO things (owner_id) SELECT generate_series(1, 2000);
    CREATE INDEX things_a ON things (id);
    CREATE INDEX things_b ON things (id);
    ANALYZE";

fn faulty(leg: &Leg) -> Result<(Database<'_>, Session)> {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(FAULTS)?;
    Ok((db, s))
}

const NAMES: [&str; 7] = [
    "quote\"d'",
    "per%cent %s %n$I",
    "new\nline\n# heading\n-- x",
    "<script>alert(1)</script>",
    "`tick` ```fence",
    "注文_🐘注文_🐘注文_🐘注文_🐘",
    "; DROP TABLE owners; --",
];

fn every_format_holds_every_name(leg: &Leg) -> Result {
    let (_db, mut s) = faulty(leg)?;
    for name in NAMES {
        s.run(&format!("CREATE TABLE {} (a int)", identifier(name)))?;
    }
    let report =
        |s: &mut Session, format: &str| s.value(&format!("SELECT warden.audit_report('{format}', '{{public}}')"));
    let json: Value = serde_json::from_str(&report(&mut s, "json")?)?;
    let objects: BTreeSet<_> = findings(&json, "findings", |finding| &finding["object"]);
    let sarif: Value = serde_json::from_str(&report(&mut s, "sarif")?)?;
    let located: BTreeSet<_> =
        findings(
            &sarif["runs"][0],
            "results",
            |result| &result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
        );
    let mut audited: BTreeSet<_> = s.column("SELECT object FROM warden.audit('{public}')")?.into_iter().collect();
    ensure_eq!(objects, audited);
    // Rules that say nothing yet, because statistics of use are young, have no place.
    audited.remove("");
    ensure_eq!(located, audited);
    for name in NAMES {
        ensure!(audited.iter().any(|object| object.contains(&identifier(name))), "{name} is not in {audited:?}");
    }
    let count = json["findings"].as_array().map_or(0, Vec::len);
    for format in ["text", "markdown"] {
        let text = report(&mut s, format)?;
        ensure!(
            !text.lines().any(|line| line.starts_with("# heading") || line.starts_with("-- x")),
            "{format}: {text}"
        );
        let rules =
            text.matches("[table-without-primary-key]").count() + text.matches("`table-without-primary-key`").count();
        ensure_eq!(rules, NAMES.len() + 1, "{format}: {text}");
    }
    ensure!(!report(&mut s, "markdown")?.contains("<script>"), "markup in Markdown");
    ensure!(count > NAMES.len(), "{count} findings");
    Ok(())
}

fn findings<'a>(json: &'a Value, key: &str, of: impl Fn(&'a Value) -> &'a Value) -> BTreeSet<String> {
    json[key].as_array().into_iter().flatten().filter_map(|item| of(item).as_str()).map(str::to_owned).collect()
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn the_fix_script_mends_and_lints_clean(leg: &Leg) -> Result {
    let (db, mut s) = faulty(leg)?;
    for name in NAMES {
        let name = identifier(name);
        s.run(&format!("CREATE TABLE {name} (a int); CREATE INDEX ON {name} (a); CREATE INDEX ON {name} (a)"))?;
    }
    let fixes = "SELECT count(*) FROM warden.audit('{public}', min_level => 'info') WHERE fix IS NOT NULL AND level <> 'not checked'";
    ensure!(s.value(fixes)?.parse::<usize>()? > NAMES.len(), "nothing to mend");
    // What the server is to be told stays out of a test.
    s.run("SELECT warden.set_level(rule, 'off') FROM warden.rules WHERE area IN ('server', 'access')")?;
    let script = s.value("SELECT warden.fix_script('info')")?;
    let linted = s.column(&format!(
        "SELECT rule || ': ' || message FROM warden.lint({}, in_transaction => false) WHERE level IN ('warning', 'error')",
        literal(&script)
    ))?;
    ensure_eq!(linted, Vec::<String>::new(), "{script}");
    let said = db.psql(&format!("\\set ON_ERROR_STOP on\nSET warden.mode = off;\n{script}"))?;
    ensure!(!said.contains("ERROR"), "{said}\n{script}");
    ensure_eq!(s.value(fixes)?, "0", "{script}");
    ensure_eq!(s.value("SELECT count(*) FROM owners")?, "2000");
    Ok(())
}

fn wrong_arguments_of_reports(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    for (call, sqlstate) in [
        ("warden.audit_report('html5')", "22023"),
        ("warden.audit_report(NULL)", "22004"),
        ("warden.audit_report('text', '{nowhere}')", "3F000"),
        ("warden.audit_report('text', '{NULL}')", "22004"),
        ("warden.fix_script('loud')", "22023"),
        ("warden.fix_script(NULL)", "22004"),
    ] {
        let error = s.error(&format!("SELECT {call}"))?;
        ensure_eq!(error.sqlstate, sqlstate, "{call}: {error}");
        ensure!(!error.hint().is_empty(), "{call}: no hint: {error}");
    }
    Ok(())
}

fn the_checklist(leg: &Leg) -> Result {
    let (db, mut s) = faulty(leg)?;
    let mut item = |text: &str| {
        s.value(&format!(
            "SELECT concat_ws(' ', state, findings, detail) FROM warden.checklist() WHERE item = {}",
            literal(text)
        ))
    };
    ensure_eq!(item("every foreign key has an index")?, "failed 1 foreign-key-without-index 1");
    ensure_eq!(item("every table has a primary key")?, "failed 1 table-without-primary-key 1");
    s.run("CREATE INDEX ON things (owner_id)")?;
    let states = |s: &mut Session| s.column("SELECT item || ': ' || state FROM warden.checklist()");
    let said = states(&mut s)?;
    ensure!(said.contains(&"every foreign key has an index: passed".to_owned()), "{said:?}");
    s.run("SET warden.rule_levels = 'foreign-key-without-index=off'")?;
    let said = states(&mut s)?;
    ensure!(said.contains(&"every foreign key has an index: not checked".to_owned()), "a rule that is off: {said:?}");
    let role = db.role("")?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.checklist TO {role}"))?;
    let said = states(&mut db.session_as(&role)?)?;
    ensure!(said.contains(&"clients prove who they are: not checked".to_owned()), "{said:?}");
    Ok(())
}

/// Whoever may not read a source is told so, and what it may read is as the superuser sees it.
fn a_bare_role_gets_no_error_and_no_silence(leg: &Leg) -> Result {
    let (db, mut s) = faulty(leg)?;
    let role = db.role("")?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit(text[], text[], text) TO {role}"))?;
    every_rule_answers(&mut s, &mut db.session_as(&role)?)
}

fn who_monitors_sees_the_server(leg: &Leg) -> Result {
    let (db, mut s) = faulty(leg)?;
    let role = db.role("IN ROLE pg_monitor")?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit(text[], text[], text) TO {role}"))?;
    every_rule_answers(&mut s, &mut db.session_as(&role)?)
}

/// Each rule that finds something as the superuser finds the same for the other, or says that it was not checked.
fn every_rule_answers(superuser: &mut Session, other: &mut Session) -> Result {
    superuser.run("SELECT warden.set_level(rule, 'warning') FROM warden.rules WHERE default_level = 'off'")?;
    let all = "SELECT rule || ' ' || object FROM warden.audit() WHERE level <> 'not checked' ORDER BY 1";
    let (known, seen) = (superuser.column(all)?, other.column(all)?);
    let unseen = other.rows("SELECT rule, detail FROM warden.audit() WHERE level = 'not checked'")?;
    ensure!(known.len() > 5, "{known:?}");
    for finding in &known {
        let rule = finding.split(' ').next().unwrap_or_default();
        let said = unseen.iter().any(|row| row[0].as_deref() == Some(rule));
        ensure!(seen.contains(finding) || said, "{finding} is silently missing");
    }
    for row in &unseen {
        let reason = row[1].as_deref().unwrap_or_default();
        ensure!(
            !reason.is_empty() && !reason.contains("permission denied"),
            "{row:?}: the server refused, we did not ask first"
        );
    }
    Ok(())
}

fn a_standby_is_audited_without_writing(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options::default())?;
    let db = cluster.database()?;
    db.session_with("-c warden.mode=off")?.script(FAULTS)?;
    let standby = Standby::of(&cluster)?;
    let mut s = standby.connect(db.name())?;
    let began = Instant::now();
    while s.value("SELECT count(*) FROM pg_class WHERE relname = 'things_b'")? != "1" {
        ensure!(began.elapsed() < Duration::from_secs(20), "never replayed");
        thread::sleep(Duration::from_millis(50));
    }
    s.run("BEGIN")?;
    for call in [
        "warden.audit()",
        "warden.audit_table('things')",
        "warden.todo",
        "warden.checklist()",
        "warden.audit_report('sarif')",
        "warden.fix_script('info')",
    ] {
        ensure!(!s.rows(&format!("SELECT * FROM {call}"))?.is_empty(), "{call}");
    }
    ensure_eq!(s.value("SELECT txid_current_if_assigned()")?, "∅");
    s.run("COMMIT")?;
    let errors = s.column("SELECT rule || ': ' || detail FROM warden.audit() WHERE level = 'not checked' AND detail LIKE '%recovery%in progress%'")?;
    ensure_eq!(errors, Vec::<String>::new(), "the server refused, we did not ask first");
    Ok(())
}

/// Not for any table, whoever holds it.
/// What sources look into by OID: expressions, conditions, policies, bounds, and sizes of what nobody has counted.
const LOOKED_INTO: &str = "
    CREATE TABLE lines (id int, flag boolean NOT NULL, name text NOT NULL, at date, kind varchar(9), doc jsonb, tags text[], CHECK (id > 0));
    CREATE INDEX ON lines (flag);
    CREATE INDEX ON lines (lower(name));
    CREATE INDEX ON lines (name) WHERE flag IS NOT NULL;
    CREATE INDEX ON lines (name, kind) INCLUDE (id) WHERE id > 7;
    CREATE INDEX ON lines USING hash (id);
    CREATE INDEX ON lines (doc);
    CREATE FUNCTION count_lines(int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT count(*) < $1 FROM lines';
    ALTER TABLE lines ADD CONSTRAINT few CHECK (count_lines(100)) NOT VALID;
    ALTER TABLE lines ENABLE ROW LEVEL SECURITY;
    CREATE POLICY all_lines ON lines USING (true);
    CREATE POLICY own_lines ON lines AS RESTRICTIVE USING (name = current_user);
    CREATE RULE no_delete AS ON DELETE TO lines DO INSTEAD NOTHING;
    CREATE UNLOGGED TABLE notes (id int REFERENCES owners, line int DEFAULT floor(random() * 9));
    CREATE TABLE parts (id int, owner_id bigint REFERENCES owners, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2020-03-01') TO ('2020-04-01');
    CREATE TABLE parts_rest PARTITION OF parts DEFAULT;
    INSERT INTO parts VALUES (1, 1, '2021-01-01');
    CREATE INDEX ON parts (id);
    CREATE INDEX ON ONLY parts (at);
    CREATE VIEW lines_seen AS SELECT * FROM lines;
    CREATE MATERIALIZED VIEW lines_kept AS SELECT * FROM lines;
    GRANT SELECT ON lines, lines_seen, lines_kept TO PUBLIC";

fn nobody_is_waited_for(leg: &Leg) -> Result {
    let (db, mut s) = faulty(leg)?;
    s.script(LOOKED_INTO)?;
    s.run("SELECT warden.set_level(rule, 'warning') FROM warden.rules WHERE default_level = 'off'")?;
    let mut holder = db.session_with("-c warden.mode=off")?;
    let all = "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relkind IN ('r', 'p', 'v') AND relnamespace = 'public'::regnamespace";
    let all = holder.value(all)?;
    holder.run(&format!(
        "BEGIN; LOCK TABLE {all} IN ACCESS EXCLUSIVE MODE; ALTER MATERIALIZED VIEW lines_kept SET (fillfactor = 90)"
    ))?;
    s.run("SET lock_timeout = '3s'")?;
    for call in ["warden.audit()", "warden.checklist()", "warden.audit_report('text')"] {
        let rows = s.rows(&format!("SELECT * FROM {call}"))?;
        ensure!(!rows.is_empty(), "{call}");
        let timed_out = rows.iter().flatten().flatten().any(|text| text.contains("lock timeout"));
        ensure!(!timed_out, "{call} waited for a lock");
    }
    holder.run("ROLLBACK")?;
    Ok(())
}

const MANY: &str = "DO $$BEGIN FOR i IN 1..1500 LOOP EXECUTE format('CREATE TABLE many_%s (a serial PRIMARY KEY, b int REFERENCES many_%s, c text, UNIQUE (c, b))', i, greatest(i - 1, 1)); COMMIT; END LOOP; END$$";

/// So many tables that an audit takes a while on a debug build.
fn many_tables(leg: &Leg) -> Result<(Database<'_>, Session)> {
    let db = shop(leg)?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.run(MANY)?;
    Ok((db, s))
}

fn it_is_cancelled_within_a_second(leg: &Leg) -> Result {
    let (db, mut s) = many_tables(leg)?;
    s.run("SET statement_timeout = '30ms'")?;
    let began = Instant::now();
    let error = s.error("SELECT count(*) FROM warden.audit()")?;
    ensure_eq!(error.sqlstate, "57014", "{error}");
    // A second is for machines that nobody else uses.
    ensure!(began.elapsed() < Duration::from_secs(3), "cancelled after {:?}", began.elapsed());

    // In the middle, too: no source takes what is not its own error for one.
    s.run("SET statement_timeout = 0")?;
    let mut other = db.session()?;
    let pid = s.pid()?;
    thread::scope(|scope| {
        let audit = scope.spawn(move || s.error("SELECT count(*) FROM warden.audit()"));
        place_of(&mut other, pid, 5)?;
        let began = Instant::now();
        other.run(&format!("SELECT pg_cancel_backend({pid})"))?;
        let Ok(error) = audit.join() else { return Err("the audit's session died".into()) };
        ensure_eq!(error?.sqlstate, "57014");
        ensure!(began.elapsed() < Duration::from_secs(3), "cancelled after {:?}", began.elapsed());
        Ok(())
    })
}

/// Waits until an audit has come to a source, by its number; what it says of it.
fn place_of(other: &mut Session, pid: i32, least: usize) -> Result<String> {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        let place =
            other.value(&format!("SELECT query FROM pg_stat_activity WHERE pid = {pid} AND state = 'active'"))?;
        let number = place
            .strip_prefix("pg_warden audit: ")
            .and_then(|place| place.split_once(", ")?.1.split_once(" of ")?.0.parse::<usize>().ok());
        if number.is_some_and(|number| number >= least) {
            return Ok(place);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Err("no audit was seen".into())
}

/// In a cluster of its own: the server process is stopped for a while, whatever it holds at that moment.
fn whoever_waits_is_told_where_it_is(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options::default())?;
    {
        let db = cluster.database()?;
        let mut s = db.session_with("-c warden.mode=off")?;
        let pid = s.pid()?;
        let signal = |name: &str| succeed(Command::new("kill").args([name, &pid.to_string()]));
        let began = Instant::now();
        let notices = s.run("SELECT count(*) FROM warden.audit()")?.notices;
        ensure!(notices.is_empty() || began.elapsed() > Duration::from_secs(5), "{notices:?}");
        let mut other = db.session()?;
        let outcome = thread::scope(|scope| {
            let audit = scope.spawn(move || s.outcome("SELECT count(*) FROM warden.audit()"));
            place_of(&mut other, pid, 1)?;
            signal("-STOP")?;
            thread::sleep(Duration::from_millis(5_100));
            signal("-CONT")?;
            let Ok(outcome) = audit.join() else { return Err("the audit's session died".into()) };
            Result::Ok(outcome)
        });
        let outcome = outcome?;
        ensure!(outcome.error.is_none(), "{:?}", outcome.error);
        let said: Vec<_> = outcome.notices.iter().map(|notice| notice.message.as_str()).collect();
        ensure!(!said.is_empty(), "nothing was said");
        ensure!(said[0].starts_with("pg_warden audit: ") && said[0].contains(" of "), "{said:?}");
        let seconds = said[0].strip_suffix(" s").and_then(|said| said.rsplit_once(", after ")?.1.parse::<u32>().ok());
        ensure!(seconds.is_some_and(|seconds| (5..60).contains(&seconds)), "{said:?}");
    }
    cluster.finish()
}

fn where_it_is_can_be_seen(leg: &Leg) -> Result {
    let (db, mut s) = many_tables(leg)?;
    let pid = s.pid()?;
    let mut other = db.session()?;
    let seen = thread::scope(|scope| {
        let audit = scope.spawn(move || s.column("SELECT DISTINCT rule FROM warden.audit()").map(|_| s));
        let mut seen = BTreeSet::new();
        while !audit.is_finished() {
            seen.extend(
                other.column(&format!("SELECT query FROM pg_stat_activity WHERE pid = {pid} AND state = 'active'")),
            );
            thread::sleep(Duration::from_millis(2));
        }
        audit.join().map(|done| (done, seen))
    });
    let Ok((done, seen)) = seen else { return Err("the audit's session died".into()) };
    let places: Vec<_> = seen.into_iter().flatten().filter(|query| query.starts_with("pg_warden audit: ")).collect();
    ensure!(places.len() > 1, "{places:?}");
    let mut s = done?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.audit(rules => '{index-invalid}')")?, "0");
    let shown = "SELECT query LIKE 'SELECT%shown%' FROM (SELECT count(*) AS shown FROM warden.audit(rules => '{index-invalid}') OFFSET 0) AS a, pg_stat_get_activity(pg_backend_pid()) AS p";
    ensure_eq!(s.value(shown)?, "t", "the client's statement again");
    Ok(())
}

fn rules_of_the_server_are_left_out_where_schemas_are_asked_for(leg: &Leg) -> Result {
    let (_db, mut s) = faulty(leg)?;
    let areas = "SELECT DISTINCT r.area FROM warden.audit({}) AS a JOIN warden.rules AS r USING (rule) ORDER BY 1";
    ensure!(s.column(&areas.replace("{}", ""))?.contains(&"server".to_owned()));
    ensure!(!s.column(&areas.replace("{}", "'{public}'"))?.contains(&"server".to_owned()));
    ensure_eq!(s.value("SELECT count(*) FROM warden.audit_table('things') WHERE rule = 'fsync-off'")?, "0");
    Ok(())
}
