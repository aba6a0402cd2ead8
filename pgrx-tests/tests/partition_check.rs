//! `warden.check_partitions`.

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Leg, Options, Result, Session, Standby, cases, ensure, ensure_eq};

cases![
    nothing_is_wrong_with_what_is_right,
    ranges_that_are_missing,
    partitions_unlike_their_table,
    grants_that_nobody_wants_equal,
    grants_unlike_those_that_are_asked_for,
    grants_past_row_level_security,
    policies_unlike_those_that_are_asked_for,
    indexes_that_are_not_valid,
    what_is_being_detached,
    what_was_detached,
    managed_tables,
    what_it_says_to_run_mends,
    anybody_may_look,
    on_a_standby,
    bad_input,
];

/// Severity, problem and partition, one a line.
fn problems(s: &mut Session, table: Option<&str>) -> Result<Vec<String>> {
    let argument = table.map_or("NULL".to_owned(), literal);
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', severity, problem, partition) FROM warden.check_partitions({argument}::text)"
    ))?)
}

/// `events`, with the month that holds now and the one before.
fn events(s: &mut Session) -> Result {
    s.run("SET TimeZone = 'UTC'; CREATE TABLE events (at timestamptz NOT NULL, id bigint) PARTITION BY RANGE (at)")?;
    s.run("SELECT warden.create_monthly_partition('events', (date_trunc('month', now()) + n * interval '1 month')::date) FROM generate_series(-1, 0) n")?;
    Ok(())
}

/// The name of the partition of the month before.
fn before(s: &mut Session) -> Result<String> {
    Ok(s.value("SELECT 'public.events_' || to_char(now() - interval '1 month', 'YYYY_MM')")?)
}

fn nothing_is_wrong_with_what_is_right(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    ensure_eq!(problems(&mut s, None)?, Vec::<String>::new());
    events(&mut s)?;
    s.run("CREATE TABLE events_rest PARTITION OF events DEFAULT; CREATE INDEX ON events (id)")?;
    ensure_eq!(problems(&mut s, None)?, Vec::<String>::new());
    // Of keys that say no time, only what is asked for, and no word about now.
    s.run("CREATE TABLE numbers (id int) PARTITION BY RANGE (id); CREATE TABLE n1 PARTITION OF numbers FOR VALUES FROM (1) TO (2)")?;
    ensure_eq!(problems(&mut s, Some("numbers"))?, Vec::<String>::new());
    s.run("CREATE TABLE n5 PARTITION OF numbers FOR VALUES FROM (5) TO (6)")?;
    ensure_eq!(problems(&mut s, Some("numbers"))?, ["error gap"]);
    ensure_eq!(problems(&mut s, None)?, Vec::<String>::new());
    Ok(())
}

fn ranges_that_are_missing(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    events(&mut s)?;
    s.run("CREATE TABLE old PARTITION OF events FOR VALUES FROM ('2001-01-01 00:00+00') TO ('2001-02-01 00:00+00')")?;
    ensure_eq!(problems(&mut s, Some("events"))?, ["error gap"]);
    ensure_eq!(
        s.value("SELECT lower_bound || ' ' || fix_sql FROM warden.check_partitions('events')")?,
        "2001-02-01 00:00:00+00 SELECT * FROM warden.fill_partition_gaps('public.events');"
    );
    // With a default, such rows are not lost.
    s.run("CREATE TABLE rest PARTITION OF events DEFAULT; INSERT INTO events VALUES ('2001-05-05', 1); ANALYZE rest")?;
    ensure_eq!(problems(&mut s, Some("events"))?, ["warning gap", "warning default_has_rows public.rest"]);
    s.run("CREATE TABLE past (day date) PARTITION BY RANGE (day); CREATE TABLE past1 PARTITION OF past FOR VALUES FROM ('2001-01-01') TO ('2001-02-01')")?;
    ensure_eq!(problems(&mut s, Some("past"))?, ["warning no_current"]);
    s.run("CREATE TABLE future PARTITION OF past FOR VALUES FROM ('2001-02-01') TO (MAXVALUE)")?;
    ensure_eq!(problems(&mut s, Some("past"))?, ["warning blocked_by_catch_all public.future"]);
    Ok(())
}

fn partitions_unlike_their_table(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let role = db.role("")?;
    events(&mut s)?;
    let old = before(&mut s)?;
    s.run(&format!(
        "GRANT CREATE ON SCHEMA public TO {role}; ALTER TABLE {old} OWNER TO {role}; ALTER TABLE {old} SET UNLOGGED"
    ))?;
    s.run("ALTER TABLE events ENABLE ROW LEVEL SECURITY; ALTER TABLE events REPLICA IDENTITY FULL")?;
    let found = problems(&mut s, Some("events"))?;
    for problem in ["owner_mismatch", "rls_mismatch", "replica_identity_mismatch", "unlogged_mismatch"] {
        ensure!(found.contains(&format!("warning {problem} {old}")), "{problem}: {found:?}");
    }
    ensure_eq!(found.len(), 6, "the newest differs in two: {found:?}");
    Ok(())
}

/// What is told of grants: partition, detail and SQL.
fn grants(s: &mut Session) -> Result<Vec<String>> {
    Ok(s.column(
        "SELECT concat_ws(' | ', partition, detail, fix_sql) FROM warden.check_partitions('events') WHERE problem = 'grants_mismatch'",
    )?)
}

fn grants_that_nobody_wants_equal(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (one, other, member, bypasses) = (db.role("")?, db.role("")?, db.role("")?, db.role("BYPASSRLS")?);
    events(&mut s)?;
    let old = before(&mut s)?;
    // Without a policy, whoever is granted a partition was meant to be.
    s.run(&format!("GRANT SELECT ON events TO {one}; GRANT SELECT, INSERT ON {old} TO {other}"))?;
    ensure_eq!(grants(&mut s)?, Vec::<String>::new());
    s.run("SELECT * FROM warden.manage_partitions('events', premake => 0)")?;
    ensure_eq!(grants(&mut s)?, Vec::<String>::new());
    // Row level security of the table: the partition has its own, in which nobody is let in, or policies of its own.
    s.run(&format!("ALTER TABLE events ENABLE ROW LEVEL SECURITY; ALTER TABLE {old} ENABLE ROW LEVEL SECURITY"))?;
    ensure_eq!(grants(&mut s)?, Vec::<String>::new());
    s.run(&format!("CREATE POLICY own ON {old} TO {other} USING (id > 5)"))?;
    ensure_eq!(grants(&mut s)?, Vec::<String>::new());
    // Those for whom policies do not hold anyway, and those that see all of the table by one.
    s.run(&format!(
        "DROP POLICY own ON {old}; ALTER TABLE {old} DISABLE ROW LEVEL SECURITY; REVOKE ALL ON {old} FROM {other};
         ALTER TABLE events OWNER TO {one}; ALTER TABLE {old} OWNER TO {one}; GRANT {one} TO {member};
         GRANT SELECT, INSERT ON {old} TO {member}, {bypasses}; GRANT SELECT ON events, {old} TO {other};
         CREATE POLICY everything ON events FOR SELECT TO PUBLIC USING (true); GRANT REFERENCES, TRIGGER ON {old} TO PUBLIC"
    ))?;
    ensure_eq!(grants(&mut s)?, Vec::<String>::new());
    Ok(())
}

fn grants_unlike_those_that_are_asked_for(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (one, other, third) = (db.role("")?, db.role("")?, db.role("")?);
    events(&mut s)?;
    let old = before(&mut s)?;
    let new = s.value("SELECT 'public.events_' || to_char(now(), 'YYYY_MM')")?;
    s.run(&format!(
        "GRANT SELECT ON events TO PUBLIC; GRANT INSERT, UPDATE (id) ON events TO {one} WITH GRANT OPTION;
         GRANT SELECT ON {old} TO PUBLIC; GRANT INSERT, UPDATE (id) ON {old} TO {one} WITH GRANT OPTION;
         SELECT * FROM warden.manage_partitions('events', premake => 0, copy_grants => true)"
    ))?;
    ensure_eq!(
        grants(&mut s)?,
        [format!(
            "{new} | copy_grants is on, but the grants are not those of the table: PUBLIC lacks SELECT; \
             {one} lacks INSERT with grant option, UPDATE (id) with grant option. | GRANT SELECT ON {new} TO PUBLIC; \
             GRANT INSERT, UPDATE (id) ON {new} TO {one} WITH GRANT OPTION;"
        )]
    );
    let mend = |s: &mut Session| -> Result {
        for line in grants(s)? {
            let (_, fix) = line.rsplit_once(" | ").ok_or("no SQL")?;
            s.run(fix)?;
        }
        ensure_eq!(grants(s)?, Vec::<String>::new());
        Ok(())
    };
    mend(&mut s)?;
    s.run(&format!("REVOKE GRANT OPTION FOR INSERT ON {old} FROM {one}"))?;
    let found = grants(&mut s)?;
    ensure!(
        found.len() == 1
            && found[0].contains(&format!("{one} lacks INSERT with grant option; {one} has INSERT beside")),
        "{found:?}"
    );
    mend(&mut s)?;
    // Taken back from the table, or from all but a column, and still there: it is taken back, and what is right stays.
    s.run(&format!(
        "ALTER TABLE events ADD \"a %s b\" int; GRANT SELECT (\"a %s b\") ON events TO {one}; REVOKE SELECT ON events FROM PUBLIC;
         GRANT DELETE, SELECT ON {old} TO {other}; GRANT SELECT ON {old} TO {one}"
    ))?;
    let found = grants(&mut s)?;
    ensure_eq!(found.len(), 2, "{found:?}");
    let told = found.iter().find(|line| line.starts_with(&old)).ok_or("not told")?;
    ensure!(told.contains(&format!("{other} has DELETE, SELECT beside")), "{told}");
    ensure!(told.contains(&format!("{one} lacks SELECT (\"a %s b\"); {one} has SELECT beside")), "{told}");
    mend(&mut s)?;
    ensure_eq!(
        s.value(&format!("SELECT has_column_privilege('{one}', '{old}', 'id', 'UPDATE WITH GRANT OPTION')"))?,
        "t"
    );
    // What somebody else has granted, the owner cannot take back.
    s.run(&format!("SET ROLE {one}; GRANT INSERT ON {old} TO {third}; RESET ROLE"))?;
    ensure_eq!(
        grants(&mut s)?,
        [format!("{old} | copy_grants is on, but the grants are not those of the table: {third} has INSERT beside.")]
    );
    // An owner needs no grants.
    s.run(&format!(
        "SET ROLE {one}; REVOKE INSERT ON {old} FROM {third}; RESET ROLE; GRANT CREATE ON SCHEMA public TO {third};
         GRANT SELECT ON events, {new} TO {third}; ALTER TABLE {old} OWNER TO {third}"
    ))?;
    ensure_eq!(grants(&mut s)?, Vec::<String>::new());
    // Who may not see the policy is told nothing of it.
    s.run(&format!("GRANT DELETE ON {new} TO {other}"))?;
    ensure_eq!(grants(&mut s)?.len(), 1);
    ensure_eq!(grants(&mut db.session_as(&db.role("")?)?)?, Vec::<String>::new());
    Ok(())
}

fn grants_past_row_level_security(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let (reader, writer) = (db.role("")?, db.role("")?);
    events(&mut s)?;
    let old = before(&mut s)?;
    s.run(&format!(
        "ALTER TABLE events ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON events USING (id < 5); GRANT SELECT ON events TO {reader};
         GRANT SELECT ON {old} TO {reader}; GRANT INSERT, UPDATE (id) ON {old} TO {writer}; GRANT TRIGGER ON {old} TO PUBLIC"
    ))?;
    let mut told = [format!("{reader} has SELECT"), format!("{writer} has INSERT, UPDATE (id)")];
    told.sort();
    let found = grants(&mut s)?;
    ensure_eq!(found.len(), 1, "{found:?}");
    ensure!(
        found[0].starts_with(&format!(
            "{old} | Policies of the table do not hold for who reaches the partition by itself: {}.",
            told.join("; ")
        )),
        "{found:?}"
    );
    // One that lets all pass is no limit, but where another one is, and not for those who may not use the table.
    s.run(&format!(
        "CREATE POLICY everything ON events FOR SELECT TO {reader} USING (true); REVOKE ALL ON {old} FROM {writer}"
    ))?;
    ensure_eq!(grants(&mut s)?, Vec::<String>::new());
    for (limit, undo) in [
        (
            "CREATE POLICY less ON events AS RESTRICTIVE USING (id > 2)".to_owned(),
            "DROP POLICY less ON events".to_owned(),
        ),
        (format!("REVOKE SELECT ON events FROM {reader}"), format!("GRANT SELECT ON events TO {reader}")),
        (format!("GRANT SELECT ON {old} TO {writer}"), format!("REVOKE SELECT ON {old} FROM {writer}")),
        (format!("GRANT UPDATE ON {old}, events TO {reader}"), format!("REVOKE UPDATE ON {old} FROM {reader}")),
        (
            format!(
                "GRANT INSERT ON {old}, events TO {reader}; CREATE POLICY partly ON events FOR INSERT WITH CHECK (id > 2)"
            ),
            "DROP POLICY partly ON events; CREATE POLICY every ON events FOR INSERT WITH CHECK (true)".to_owned(),
        ),
    ] {
        s.run(&limit)?;
        ensure_eq!(grants(&mut s)?.len(), 1, "{limit}");
        s.run(&undo)?;
        ensure_eq!(grants(&mut s)?, Vec::<String>::new(), "{undo}");
    }
    s.run(&format!("GRANT SELECT ON {old} TO {writer}"))?;
    let fix = s.value("SELECT fix_sql FROM warden.check_partitions('events') WHERE problem = 'grants_mismatch'")?;
    ensure_eq!(fix, format!("REVOKE SELECT ON {old} FROM {writer};"));
    s.run(&fix)?;
    ensure_eq!(grants(&mut s)?, Vec::<String>::new());
    Ok(())
}

fn policies_unlike_those_that_are_asked_for(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let reader = db.role("")?;
    events(&mut s)?;
    let old = before(&mut s)?;
    let new = s.value("SELECT 'public.events_' || to_char(now(), 'YYYY_MM')")?;
    s.run(&format!(
        "CREATE TABLE m (id bigint); GRANT SELECT ON events, {old}, {new}, m TO {reader};
         SELECT * FROM warden.manage_partitions('events', premake => 0, copy_grants => true);
         ALTER TABLE events ENABLE ROW LEVEL SECURITY; ALTER TABLE {old} ENABLE ROW LEVEL SECURITY;
         CREATE POLICY sub ON events TO {reader} USING (EXISTS (SELECT FROM m WHERE m.id = events.id)); CREATE POLICY \"p %s\" ON events USING (id = 5);
         CREATE POLICY \"p %s\" ON {old} USING (id = 6); CREATE POLICY more ON {old} USING (true)"
    ))?;
    let told = |s: &mut Session| -> Result<Vec<String>> {
        Ok(s.column("SELECT concat_ws(' ', problem, partition, regexp_replace(detail, '^.*: ', '')) FROM warden.check_partitions('events') WHERE problem ~ 'rls|grants'")?)
    };
    let mut expected = vec![
        format!("rls_mismatch {old} policy \"p %s\" is another; policy more is beside; policy sub is missing."),
        format!("rls_mismatch {new} policy \"p %s\" is missing; policy sub is missing."),
        format!("rls_mismatch {new} who may read it by itself reads all of it."),
    ];
    let mut found = told(&mut s)?;
    expected.sort();
    found.sort();
    ensure_eq!(found, expected);
    let mend = |s: &mut Session| -> Result {
        for fix in s.column("SELECT fix_sql FROM warden.check_partitions('events') WHERE problem = 'rls_mismatch'")? {
            s.run(&fix)?;
        }
        ensure_eq!(told(s)?, Vec::<String>::new());
        Ok(())
    };
    mend(&mut s)?;
    s.run("INSERT INTO m VALUES (1); INSERT INTO events SELECT now(), n FROM generate_series(1, 5) AS n")?;
    ensure_eq!(db.session_as(&reader)?.column(&format!("SELECT id FROM {new} ORDER BY 1"))?, ["1", "5"]);
    // For whom, for what, how, and for the owner, too.
    for change in [
        format!("ALTER POLICY sub ON events TO {reader}, CURRENT_USER"),
        "DROP POLICY sub ON events; CREATE POLICY sub ON events FOR SELECT USING (true)".to_owned(),
        "DROP POLICY sub ON events; CREATE POLICY sub ON events AS RESTRICTIVE FOR SELECT USING (true)".to_owned(),
        "ALTER TABLE events FORCE ROW LEVEL SECURITY".to_owned(),
        "ALTER TABLE events NO FORCE ROW LEVEL SECURITY".to_owned(),
    ] {
        s.run(&change)?;
        ensure_eq!(told(&mut s)?.len(), 2, "{change}");
        mend(&mut s)?;
    }
    // Columns of other numbers, as ATTACH allows, are the same policy.
    s.run("ALTER TABLE events ADD gone int, ADD extra int; ALTER TABLE events DROP gone; CREATE POLICY extra ON events USING (extra = 1)")?;
    mend(&mut s)?;
    s.run(
        "CREATE TABLE other (extra int, gone int, id bigint, at timestamptz NOT NULL); ALTER TABLE other DROP COLUMN gone;
         ALTER TABLE events ATTACH PARTITION other FOR VALUES FROM ('2001-01-01') TO ('2001-02-01'); SELECT FROM warden.check_partitions('events')",
    )?;
    for fix in s.column("SELECT fix_sql FROM warden.check_partitions('events') WHERE problem ~ 'rls|grants'")? {
        s.run(&fix)?;
    }
    ensure_eq!(told(&mut s)?, Vec::<String>::new());
    // What partitions cannot have, and the grants that are not copied then.
    s.run("CREATE POLICY itself ON events USING (EXISTS (SELECT FROM events AS e WHERE e.id = 1))")?;
    s.run(&format!("REVOKE SELECT ON {new} FROM {reader}"))?;
    ensure_eq!(
        told(&mut s)?,
        ["grants_mismatch they cannot have the policies of the table, for policy itself reads the table itself."]
    );
    s.run(&format!("DROP POLICY itself ON events; DROP POLICY sub ON {new}; GRANT SELECT ON {new} TO {reader}"))?;
    ensure_eq!(told(&mut s)?.len(), 1);
    // Where somebody holds what a policy names, it is not looked at, and nobody is waited for.
    let mut holder = db.session()?;
    s.run(&format!("CREATE POLICY again ON {new} USING (EXISTS (SELECT FROM m))"))?;
    for held in ["events", &new, "m"] {
        holder.run(&format!("BEGIN; LOCK TABLE ONLY {held} IN ACCESS EXCLUSIVE MODE"))?;
        s.run("SET statement_timeout = '10s'")?;
        ensure_eq!(told(&mut s)?, Vec::<String>::new(), "{held}");
        s.run("RESET statement_timeout")?;
        holder.run("COMMIT")?;
    }
    ensure_eq!(told(&mut s)?.len(), 1);
    // Not asked for, they may be what they like.
    s.run("SELECT * FROM warden.manage_partitions('events', premake => 0)")?;
    ensure_eq!(told(&mut s)?, Vec::<String>::new());
    Ok(())
}

fn indexes_that_are_not_valid(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    events(&mut s)?;
    let old = before(&mut s)?;
    s.run("CREATE INDEX whole ON ONLY events (id)")?;
    ensure_eq!(problems(&mut s, Some("events"))?, ["warning invalid_index"]);
    s.run("DROP INDEX whole")?;
    s.run(&format!(
        "INSERT INTO {old} SELECT lower_at, 1 FROM warden.list_partitions('events') WHERE partition = '{old}'"
    ))?;
    s.run(&format!(
        "INSERT INTO {old} SELECT lower_at, 1 FROM warden.list_partitions('events') WHERE partition = '{old}'"
    ))?;
    s.error(&format!("CREATE UNIQUE INDEX CONCURRENTLY broken ON {old} (id)"))?;
    ensure_eq!(problems(&mut s, Some("events"))?, [format!("warning invalid_index {old}")]);
    ensure_eq!(
        s.value("SELECT fix_sql FROM warden.check_partitions('events')")?,
        "REINDEX INDEX CONCURRENTLY public.broken;"
    );
    Ok(())
}

fn what_is_being_detached(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    events(&mut s)?;
    let old = before(&mut s)?;
    let mut reader = db.session()?;
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM events")?;
    s.run("SET statement_timeout = '500ms'")?;
    s.error(&format!("ALTER TABLE events DETACH PARTITION {old} CONCURRENTLY"))?;
    s.run("RESET statement_timeout")?;
    ensure_eq!(problems(&mut s, Some("events"))?, [format!("warning detach_pending {old}")]);
    reader.run("COMMIT")?;
    let fix = s.value("SELECT fix_sql FROM warden.check_partitions('events')")?;
    s.run(&fix)?;
    ensure_eq!(problems(&mut s, Some("events"))?, Vec::<String>::new());
    Ok(())
}

fn what_was_detached(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    events(&mut s)?;
    let old = before(&mut s)?;
    s.run("SELECT * FROM warden.manage_partitions('events', premake => 0, retention => '1 day')")?;
    s.run("UPDATE warden_internal.partition_policy SET set_at = set_at - interval '1 minute'")?;
    s.run("CALL warden.partition_maintenance()")?;
    if s.value("SELECT extract(day FROM now()) > 2")? == "t" {
        ensure!(problems(&mut s, Some("events"))?.contains(&format!("info orphan_detached {old}")), "not told");
    }
    s.run(&format!("DROP TABLE IF EXISTS {old}"))?;
    ensure!(
        !problems(&mut s, Some("events"))?.iter().any(|line| line.contains("orphan_detached")),
        "told of what is gone"
    );
    Ok(())
}

fn managed_tables(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE m (day date) PARTITION BY RANGE (day); SELECT * FROM warden.manage_partitions('m')")?;
    ensure_eq!(
        problems(&mut s, Some("m"))?,
        ["error no_current", "error low_coverage", "warning stale_schedule", "warning never_ran"]
    );
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(problems(&mut s, Some("m"))?, ["warning stale_schedule"]);
    s.run("INSERT INTO warden_internal.partition_schedule VALUES ('worker', '1 hour', NULL, NULL, now(), 'me')")?;
    ensure_eq!(problems(&mut s, Some("m"))?, Vec::<String>::new());
    s.run("UPDATE warden_internal.partition_schedule SET set_at = now() - interval '1 day'")?;
    ensure_eq!(problems(&mut s, Some("m"))?, ["error stale_schedule"]);
    s.run("SELECT * FROM warden.manage_partitions('m', premake => 6)")?;
    ensure!(
        problems(&mut s, Some("m"))?.contains(&"warning low_coverage".to_owned()),
        "{:?}",
        problems(&mut s, Some("m"))?
    );
    s.run("CREATE VIEW m_taken AS SELECT 1")?;
    let taken = s.value("SELECT 'm_' || to_char(now() + interval '5 months', 'YYYY_MM')")?;
    s.run(&format!("ALTER VIEW m_taken RENAME TO {taken}"))?;
    s.run("CALL warden.partition_maintenance()")?;
    ensure!(
        problems(&mut s, Some("m"))?.contains(&"error last_run_failed".to_owned()),
        "{:?}",
        problems(&mut s, Some("m"))?
    );
    // Switched off, it is as others are. The month that could not be made is a gap.
    s.run("SELECT * FROM warden.manage_partitions('m', enabled => false)")?;
    ensure_eq!(problems(&mut s, Some("m"))?, ["error gap"]);
    Ok(())
}

fn what_it_says_to_run_mends(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let role = db.role("")?;
    s.run(
        "CREATE TABLE \"Odd \"\" 100%\" (at timestamptz NOT NULL, id bigint) PARTITION BY RANGE (at);
         CREATE TABLE \"one \"\" %s\" PARTITION OF \"Odd \"\" 100%\" FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
         CREATE TABLE two PARTITION OF \"Odd \"\" 100%\" FOR VALUES FROM ('2026-04-01 00:00+00') TO ('2026-05-01 00:00+00')",
    )?;
    s.run(&format!("GRANT CREATE ON SCHEMA public TO {role}; ALTER TABLE \"one \"\" %s\" OWNER TO {role}"))?;
    s.run("ALTER TABLE \"Odd \"\" 100%\" ENABLE ROW LEVEL SECURITY; ALTER TABLE \"Odd \"\" 100%\" REPLICA IDENTITY FULL; ALTER TABLE two SET UNLOGGED")?;
    for fix in s.column("SELECT DISTINCT fix_sql FROM warden.check_partitions()")? {
        s.run(&fix)?;
    }
    s.run("CALL warden.partition_maintenance()")?;
    let left = problems(&mut s, None)?;
    // Between May and what maintenance made of now, a gap has come into being, or there is none any more.
    ensure!(left.iter().all(|line| line.ends_with("stale_schedule") || line.ends_with("gap")), "{left:?}");
    Ok(())
}

fn anybody_may_look(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    events(&mut s)?;
    s.run("SELECT * FROM warden.manage_partitions('events')")?;
    let role = db.role("")?;
    let mut other = db.session_as(&role)?;
    // What is kept of a table is its owner's to see.
    ensure_eq!(problems(&mut other, Some("events"))?, Vec::<String>::new());
    ensure!(problems(&mut s, Some("events"))?.contains(&"warning never_ran".to_owned()), "the owner");
    // Nobody is waited for.
    s.run("BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE")?;
    other.run("SET statement_timeout = '5s'; SELECT * FROM warden.check_partitions()")?;
    Ok(())
}

fn on_a_standby(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options::default())?;
    let db = cluster.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE m (day date) PARTITION BY RANGE (day); SELECT * FROM warden.manage_partitions('m')")?;
    let expected = problems(&mut s, None)?;
    let standby = Standby::of(&cluster)?;
    let mut there = standby.connect(db.name())?;
    ensure_eq!(problems(&mut there, None)?, expected);
    Ok(())
}

fn bad_input(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE plain (id int); CREATE TABLE l (a text) PARTITION BY LIST (a)")?;
    for (argument, sqlstate) in [("'plain'", "42809"), ("'l'", "42809"), ("'nothing'", "42P01"), ("'x; y'", "42602")] {
        let error = s.error(&format!("SELECT * FROM warden.check_partitions({argument})"))?;
        ensure_eq!(error.sqlstate, sqlstate, "{argument}");
    }
    Ok(())
}
