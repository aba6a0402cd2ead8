//! Rules about partitions that their pages cannot show.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    a_detach_that_was_broken_off,
    bounds_that_are_read_and_those_that_are_not,
    updates_that_fail_and_triggers_that_do_nothing,
    very_large_tables,
    nobody_is_waited_for,
];

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

/// A table of two levels, with a name that holds what names may hold.
const DRIFTING: &str = "CREATE SCHEMA elsewhere;
    CREATE TABLE \"t\"\"%s\n\" (id bigint NOT NULL, a bigint) PARTITION BY RANGE (id);
    CREATE TABLE elsewhere.t_1 PARTITION OF \"t\"\"%s\n\" FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
    CREATE TABLE elsewhere.\"t_1\"\"%s\n\" PARTITION OF elsewhere.t_1 FOR VALUES FROM (0) TO (10);
    CREATE UNIQUE INDEX u ON \"t\"\"%s\n\" (id);
    CREATE TABLE parents (id bigint PRIMARY KEY);
    ALTER TABLE \"t\"\"%s\n\" ADD FOREIGN KEY (a) REFERENCES parents;
    INSERT INTO parents VALUES (1); INSERT INTO \"t\"\"%s\n\" VALUES (1, 1)";

fn updates_that_fail_and_triggers_that_do_nothing(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    let rule = "partition-drift";
    let (table, leaf) = ("\"t\"\"%s\n\"", "elsewhere.\"t_1\"\"%s\n\"");
    s.script(DRIFTING)?;
    // Whether an UPDATE fails, and how often that is said; the fix mends it.
    let mut with = |before: &str, said: usize| -> Result {
        s.script(before)?;
        let update = format!("UPDATE {table} SET a = 1");
        let fails = s.run(&update).is_err();
        let found = found(&mut s, rule)?;
        ensure_eq!(found.len(), said, "{before}: {found:?}");
        if said > 0 {
            ensure!(fails, "{before}: it does not fail");
            ensure_eq!(found[0], "error public.\"t\"\"%s\n\" partitions of \"t\"%s\n\" lack its replica identity");
            let fix = s.value("SELECT fix FROM warden.audit(rules => '{partition-drift}')")?;
            s.script(&fix)?;
            s.run(&update)?;
        }
        Ok(())
    };
    // The table says nothing either: that is another rule's.
    with(&format!("CREATE PUBLICATION p FOR TABLE {table}"), 0)?;
    with(&format!("ALTER TABLE {table} REPLICA IDENTITY FULL"), 1)?;
    with(
        &format!("ALTER TABLE {table} REPLICA IDENTITY USING INDEX u; ALTER TABLE {leaf} REPLICA IDENTITY DEFAULT"),
        1,
    )?;
    with(
        &format!(
            "ALTER TABLE {table} ADD PRIMARY KEY (id); ALTER TABLE {table} REPLICA IDENTITY DEFAULT; ALTER TABLE {leaf} REPLICA IDENTITY NOTHING"
        ),
        1,
    )?;
    let lacking = format!("ALTER TABLE {leaf} REPLICA IDENTITY NOTHING; DROP PUBLICATION p;");
    with(&format!("{lacking} CREATE PUBLICATION p FOR TABLE {table} WITH (publish = 'insert, truncate')"), 0)?;
    with(&format!("{lacking} CREATE PUBLICATION p FOR TABLES IN SCHEMA public"), 1)?;
    with(&format!("{lacking} CREATE PUBLICATION p FOR TABLES IN SCHEMA elsewhere"), 1)?;
    with(&format!("{lacking} CREATE PUBLICATION p FOR TABLE {leaf} WITH (publish_via_partition_root)"), 1)?;
    with(&format!("{lacking} CREATE PUBLICATION p FOR ALL TABLES"), 1)?;
    with(&format!("{lacking} CREATE PUBLICATION p FOR TABLE parents"), 0)?;
    s.script(&format!("ALTER TABLE {leaf} DISABLE TRIGGER ALL; INSERT INTO {table} VALUES (2, 2)"))?;
    ensure_eq!(
        found(&mut s, rule)?,
        ["warning public.\"t\"\"%s\n\" triggers of \"t\"%s\n\" are disabled in partitions of it"]
    );
    let fix =
        s.value("SELECT fix FROM warden.audit(rules => '{partition-drift}') WHERE hint LIKE '%refer to nothing%'")?;
    s.script(&fix)?;
    ensure_eq!(found(&mut s, rule)?, Vec::<String>::new());
    ensure_eq!(s.error(&format!("INSERT INTO {table} VALUES (3, 3)"))?.sqlstate, "23503");
    // Of the table as well: it was meant.
    s.script(&format!("ALTER TABLE {table} DISABLE TRIGGER ALL"))?;
    ensure_eq!(found(&mut s, rule)?, Vec::<String>::new());
    s.script(&format!("ALTER TABLE {table} ENABLE TRIGGER ALL; ALTER TABLE elsewhere.t_1 DISABLE TRIGGER ALL"))?;
    let mut other = db.session()?;
    other.run(&format!("BEGIN; LOCK TABLE {table}, elsewhere.t_1, {leaf} IN ACCESS EXCLUSIVE MODE"))?;
    s.run("SET lock_timeout = '2s'")?;
    ensure_eq!(found(&mut s, rule)?.len(), 1);
    other.run("ROLLBACK")?;
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

fn very_large_tables(leg: &Leg) -> Result {
    let db = leg.database()?;
    let role = db.role("")?;
    let mut s = db.session_with("-c warden.mode=off")?;
    let (name, column) = ("\"t\"\"%s\n\"", "\"at\"\"%I\n\"");
    s.script(&format!(
        "CREATE TABLE {name} ({column} date NOT NULL, a int) WITH (autovacuum_enabled = off);
         INSERT INTO {name} SELECT '2026-01-01'::date + n / 10, n FROM generate_series(1, 2000) n; ANALYZE {name};
         DELETE FROM {name} WHERE a <= 300; UPDATE pg_class SET relpages = 7000000 WHERE relname LIKE 't\"%';
         GRANT EXECUTE ON FUNCTION warden.audit(text[], text[], text) TO {role}; SELECT pg_stat_force_next_flush(); SELECT 1"
    ))?;
    let rule = "should-partition";
    let said = |size: &str| {
        format!(
            "info public.{name} table \"t\"%s\n\" has {size} in the order of \"at\"%I\n\", and rows are deleted from it"
        )
    };
    ensure_eq!(found(&mut s, rule)?, [said("53 GB")]);
    // Who sees nothing of its columns says so; and nobody is waited for.
    let mut bare = db.session_as(&role)?;
    let mut other = db.session()?;
    other.run(&format!("BEGIN; LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))?;
    bare.run("SET lock_timeout = '2s'")?;
    let unseen = format!("not checked public.{name} rule \"should-partition\" was not checked");
    ensure_eq!(found(&mut bare, rule)?, [unseen]);
    other.run("ROLLBACK")?;
    s.run(&format!("GRANT SELECT ON {name} TO {role}"))?;
    ensure_eq!(found(&mut bare, rule)?, [said("53 GB")]);
    // A time that may be missing cannot be the key.
    s.script(&format!(
        "ALTER TABLE {name} ALTER COLUMN {column} DROP NOT NULL; UPDATE {name} SET {column} = NULL WHERE a = 500; ANALYZE {name};
         UPDATE pg_class SET relpages = 7000000 WHERE relname LIKE 't\"%'"
    ))?;
    ensure_eq!(found(&mut s, rule)?, Vec::<String>::new());
    s.run("SET track_counts = off")?;
    ensure_eq!(found(&mut s, rule)?, ["not checked  rule \"should-partition\" was not checked"]);
    Ok(())
}
