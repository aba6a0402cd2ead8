//! What a new partition takes over that PostgreSQL does not hand down: statistics, comments, persistence, grants.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    statistics_and_comments_by_both_methods,
    names_of_statistics_that_are_taken,
    unlogged_is_what_the_newest_is,
    the_plan_shows_what_is_taken_over,
    statistics_belong_to_the_owner,
];

/// With a default, so that what is past is created as a partition; what is far ahead is attached.
const EVENTS: &str = "CREATE TABLE \"e v\" (ts date NOT NULL, gone int, \"a b\" int, note text CHECK (note <> ''), plain int) PARTITION BY RANGE (ts);
    ALTER TABLE \"e v\" DROP gone;
    ALTER TABLE \"e v\" ALTER \"a b\" SET STATISTICS 0, ALTER note SET STATISTICS 321;
    COMMENT ON TABLE \"e v\" IS 'all events'; COMMENT ON COLUMN \"e v\".\"a b\" IS E'it''s a \\\\ b'; COMMENT ON COLUMN \"e v\".note IS 'free text';
    CREATE STATISTICS both_of (ndistinct, mcv) ON \"a b\", plain FROM \"e v\"; CREATE STATISTICS three ON \"a b\", plain, (lower(note)) FROM \"e v\";
    CREATE STATISTICS expression ON (\"a b\" + plain) FROM \"e v\";
    CREATE TABLE rest PARTITION OF \"e v\" DEFAULT";

fn made(s: &mut Session, start: &str) -> Result<String> {
    Ok(s.value(&format!("SELECT warden.create_monthly_partition('\"e v\"', '{start}')"))?)
}

/// Targets and comments of the columns, and of the table.
fn columns(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', attname, nullif(coalesce(attstattarget, -1), -1), col_description(attrelid, attnum))
           FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped
         UNION ALL SELECT obj_description('{table}'::regclass, 'pg_class') ORDER BY 1"
    ))?)
}

/// Kinds and columns of the extended statistics.
fn statistics(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT format('%s %s', stxkind, pg_get_statisticsobjdef_columns(oid)) FROM pg_statistic_ext WHERE stxrelid = '{table}'::regclass ORDER BY 1"
    ))?)
}

fn statistics_and_comments_by_both_methods(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    for start in ["2020-01-01", "2999-01-01"] {
        let partition = made(&mut s, start)?;
        // A child is not its parent: no comment on the table.
        ensure_eq!(
            columns(&mut s, &partition)?,
            ["a b 0 it's a \\ b", "note 321 free text", "plain", "ts", "∅"],
            "{partition}"
        );
        ensure_eq!(
            statistics(&mut s, &partition)?,
            ["{d,f,m,e} \"a b\", plain, lower(note)", "{d,m} \"a b\", plain", "{e} (\"a b\" + plain)"],
            "{partition}"
        );
    }
    Ok(())
}

fn names_of_statistics_that_are_taken(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    let names = "SELECT string_agg(stxname, ' ' ORDER BY stxname) FROM pg_statistic_ext WHERE stxrelid = '\"e v_2020_01\"'::regclass";
    made(&mut s, "2020-01-01")?;
    ensure_eq!(s.value(names)?, "e v_2020_01_stat e v_2020_01_stat1 e v_2020_01_stat2");
    s.run("ALTER TABLE \"e v\" DETACH PARTITION \"e v_2020_01\"; ALTER TABLE \"e v_2020_01\" RENAME TO old")?;
    made(&mut s, "2020-01-01")?;
    ensure_eq!(s.value(names)?, "e v_2020_01_stat3 e v_2020_01_stat4 e v_2020_01_stat5");
    Ok(())
}

fn unlogged_is_what_the_newest_is(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    let persistence = |s: &mut Session, start: &str| -> Result<String> {
        let partition = made(s, start)?;
        Ok(s.value(&format!("SELECT relpersistence FROM pg_class WHERE oid = '{partition}'::regclass"))?)
    };
    ensure_eq!(persistence(&mut s, "2020-01-01")?, "p");
    s.run("ALTER TABLE \"e v_2020_01\" SET UNLOGGED")?;
    ensure_eq!(persistence(&mut s, "2020-02-01")?, "u");
    ensure_eq!(persistence(&mut s, "2999-01-01")?, "u");
    ensure_eq!(
        s.column("SELECT partition || ' ' || status FROM warden.create_partitions('\"e v\"', '1 month', '2999-02-01', '2999-04-01')")?,
        ["public.\"e v_2999_02\" created", "public.\"e v_2999_03\" created"]
    );
    ensure_eq!(
        s.value("SELECT string_agg(relpersistence, '') FROM pg_class WHERE relname IN ('e v_2999_02', 'e v_2999_03')")?,
        "uu"
    );
    // What is newest counts, whatever the others are.
    s.run("ALTER TABLE \"e v_2999_03\" SET LOGGED")?;
    ensure_eq!(persistence(&mut s, "2020-03-01")?, "p");
    ensure_eq!(persistence(&mut s, "2999-04-01")?, "p");
    // Without any other, the table's, where it can be so.
    if leg.major < 18 {
        s.run("CREATE UNLOGGED TABLE u (ts date) PARTITION BY RANGE (ts)")?;
        s.run("SELECT warden.create_monthly_partition('u', '2020-01-01')")?;
        ensure_eq!(s.value("SELECT relpersistence FROM pg_class WHERE relname = 'u_2020_01'")?, "u");
    }
    Ok(())
}

fn the_plan_shows_what_is_taken_over(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    s.run("SELECT * FROM warden.manage_partitions('\"e v\"', premake => 1)")?;
    let plan = "SELECT split_part(sql, E';\n', n) FROM warden.plan_partition_maintenance('\"e v\"', '2020-01-15'), generate_series(1, 8) AS n WHERE step = 1";
    ensure_eq!(
        s.column(plan)?,
        [
            "CREATE TABLE public.\"e v_2020_01\" PARTITION OF public.\"e v\" FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')",
            "ALTER TABLE public.\"e v_2020_01\" ALTER COLUMN \"a b\" SET STATISTICS 0, ALTER COLUMN note SET STATISTICS 321",
            "COMMENT ON COLUMN public.\"e v_2020_01\".\"a b\" IS E'it''s a \\\\ b'",
            "COMMENT ON COLUMN public.\"e v_2020_01\".note IS 'free text'",
            "CREATE STATISTICS public.\"e v_2020_01_stat\" (ndistinct, mcv) ON \"a b\", plain FROM public.\"e v_2020_01\"",
            "CREATE STATISTICS public.\"e v_2020_01_stat1\" ON (\"a b\" + plain) FROM public.\"e v_2020_01\"",
            "CREATE STATISTICS public.\"e v_2020_01_stat2\" (ndistinct, dependencies, mcv) ON \"a b\", plain, lower(note) FROM public.\"e v_2020_01\";",
            ""
        ]
    );
    s.run("CALL warden.partition_maintenance()")?;
    let partition = s.value("SELECT 'e v_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')")?;
    ensure_eq!(statistics(&mut s, &format!("\"{partition}\""))?.len(), 3);
    ensure!(columns(&mut s, &format!("\"{partition}\""))?.contains(&"note 321 free text".to_owned()));
    Ok(())
}

fn statistics_belong_to_the_owner(leg: &Leg) -> Result {
    let db = leg.database()?;
    let owner = db.role("")?;
    let mut s = db.session()?;
    s.run(EVENTS)?;
    s.run(&format!("ALTER STATISTICS three SET STATISTICS 17; GRANT CREATE ON SCHEMA public TO {owner}; ALTER TABLE \"e v\" OWNER TO {owner}; ALTER TABLE rest OWNER TO {owner}"))?;
    for start in ["2020-01-01", "2999-01-01"] {
        let partition = made(&mut s, start)?;
        ensure_eq!(
            s.column(&format!(
                "SELECT concat_ws(' ', stxowner::regrole, nullif(coalesce(stxstattarget, -1), -1)) FROM pg_statistic_ext WHERE stxrelid = '{partition}'::regclass ORDER BY 1"
            ))?,
            [owner.clone(), owner.clone(), format!("{owner} 17")],
            "{partition}"
        );
    }
    Ok(())
}
