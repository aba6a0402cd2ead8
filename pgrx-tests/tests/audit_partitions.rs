//! Rules about partitions that their pages cannot show.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![a_detach_that_was_broken_off, bounds_that_are_read_and_those_that_are_not, nobody_is_waited_for];

/// Objects and messages of the findings of a rule.
fn found(s: &mut Session, rule: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!("SELECT concat_ws(' ', level, object, message) FROM warden.audit(rules => '{{{rule}}}')"))?)
}

const EVENTS: &str = "CREATE TABLE events (at timestamptz NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE events_a PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00')";

fn a_detach_that_was_broken_off(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(EVENTS)?;
    let mut reader = db.session()?;
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM events")?;
    s.run("SET statement_timeout = '500ms'")?;
    ensure_eq!(s.error("ALTER TABLE events DETACH PARTITION events_a CONCURRENTLY")?.sqlstate, "57014");
    s.run("RESET statement_timeout")?;
    reader.run("COMMIT")?;
    ensure_eq!(
        found(&mut s, "detach-pending")?,
        ["warning public.events_a partition \"events_a\" of \"events\" is half detached"]
    );
    let fix = s.value("SELECT fix FROM warden.audit(rules => '{detach-pending}')")?;
    // Somebody is at it.
    let mut other = db.session()?;
    other.run("BEGIN; LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE")?;
    ensure_eq!(found(&mut s, "detach-pending")?, Vec::<String>::new());
    other.run("ROLLBACK")?;
    s.run(&fix)?;
    ensure_eq!(found(&mut s, "detach-pending")?, Vec::<String>::new());
    Ok(())
}

fn bounds_that_are_read_and_those_that_are_not(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    for zone in ["UTC", "Europe/Berlin", "Asia/Kathmandu"] {
        s.run(&format!("SET timezone = '{zone}'; SET datestyle = 'SQL, DMY'"))?;
        for kind in ["date", "timestamp", "timestamptz"] {
            let day = |n: i32| format!("(date_trunc('day', now()) + interval '{n} days')::{kind}");
            let partition = |name: &str, from: String, to: String| {
                format!(
                    "DO $$BEGIN EXECUTE format('CREATE TABLE {name} PARTITION OF t FOR VALUES FROM (%L) TO (%L)', {from}, {to}); END$$"
                )
            };
            s.script(&format!("CREATE TABLE t (at {kind} NOT NULL) PARTITION BY RANGE (at)"))?;
            s.script(&partition("t_0", day(-1), day(0)))?;
            s.script(&partition("t_1", day(0), day(1)))?;
            let said = found(&mut s, "partition-missing-next")?;
            ensure!(
                said.len() == 1 && said[0].starts_with("error public.t partitions of \"t\" end at "),
                "{zone} {kind}: {said:?}"
            );
            ensure_eq!(
                s.value("SELECT fix FROM warden.audit(rules => '{partition-missing-next}')")?,
                "∅",
                "days are no months"
            );
            s.script(&partition("t_2", day(1), day(2)))?;
            ensure_eq!(found(&mut s, "partition-missing-next")?[0].split(' ').next(), Some("info"), "{zone} {kind}");
            s.script(&partition("t_3", day(3), day(4)))?;
            ensure_eq!(found(&mut s, "partition-missing-next")?, Vec::<String>::new(), "{zone} {kind}");
            ensure_eq!(found(&mut s, "partition-gap")?.len(), 1, "{zone} {kind}");
            // What has no end is not read as if it had one.
            s.run("DO $$BEGIN EXECUTE format('CREATE TABLE t_last PARTITION OF t FOR VALUES FROM (%L) TO (MAXVALUE)', now() + interval '9 days'); END$$; DROP TABLE t_1, t_2, t_3")?;
            ensure_eq!(found(&mut s, "partition-missing-next")?, Vec::<String>::new(), "{zone} {kind}");
            s.run("DROP TABLE t")?;
        }
    }
    s.script(
        "CREATE TABLE two (a date, b date) PARTITION BY RANGE (a, b); CREATE TABLE two_1 PARTITION OF two FOR VALUES FROM ('2026-01-01', '2026-01-01') TO ('2026-02-01', '2026-02-01');
         CREATE TABLE computed (a timestamptz) PARTITION BY RANGE (date_trunc('day', a AT TIME ZONE 'UTC')); CREATE TABLE computed_1 PARTITION OF computed FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
         CREATE TABLE numbers (a int) PARTITION BY RANGE (a); CREATE TABLE numbers_1 PARTITION OF numbers FOR VALUES FROM (1) TO (2); CREATE TABLE numbers_2 PARTITION OF numbers FOR VALUES FROM (5) TO (6);
         CREATE TABLE words (a text) PARTITION BY RANGE (a); CREATE TABLE words_1 PARTITION OF words FOR VALUES FROM ('1') TO ('2');
         CREATE TABLE ever (a date) PARTITION BY RANGE (a); CREATE TABLE ever_1 PARTITION OF ever FOR VALUES FROM ('-infinity') TO ('infinity')",
    )?;
    for rule in ["partition-missing-next", "partition-gap"] {
        ensure_eq!(found(&mut s, rule)?, Vec::<String>::new(), "{rule}");
    }
    Ok(())
}

fn nobody_is_waited_for(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.script(EVENTS)?;
    let mut holder = db.session()?;
    holder.run("BEGIN; LOCK TABLE events, events_a IN ACCESS EXCLUSIVE MODE")?;
    s.run("SET lock_timeout = '2s'")?;
    for row in s.rows("SELECT rule, detail FROM warden.audit() WHERE level = 'not checked'")? {
        ensure!(!row[1].as_deref().unwrap_or_default().contains("timeout"), "{row:?}");
    }
    Ok(())
}
