//! `warden.adopt_partman`, beside the pg_partman that is installed.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    tables_are_taken_over unless without_partman,
    one_that_cannot_be_hinders_no_other unless without_partman,
    nothing_to_take_over,
];

fn without_partman(leg: &Leg) -> Option<&'static str> {
    let there = leg.folder("--sharedir").is_ok_and(|folder| folder.join("extension/pg_partman.control").exists());
    (!there).then_some("pg_partman is not installed for this server")
}

const PARTMAN: &str = "CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman";

/// A table that pg_partman partitions by the month.
fn parent(s: &mut Session, name: &str, column: &str, more: &str) -> Result {
    s.run(&format!("CREATE TABLE public.\"{name}\" (at {column} NOT NULL, id bigint) PARTITION BY RANGE (at)"))?;
    s.run(&format!(
        "SELECT partman.create_parent('public.{name}', 'at', 'native', 'monthly', p_template_table := NULL{more})"
    ))?;
    Ok(())
}

fn rows(s: &mut Session, dry_run: bool) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', table_name, partition_interval, premake, retention, retention_action, key_encoding, status, sqlstate)
         FROM warden.adopt_partman({dry_run})"
    ))?)
}

const AUTOMATIC: &str =
    "SELECT string_agg(automatic_maintenance, ' ' ORDER BY parent_table COLLATE \"C\") FROM partman.part_config";

fn tables_are_taken_over(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(PARTMAN)?;
    parent(&mut s, "a", "timestamptz", "")?;
    parent(&mut s, "B b", "timestamptz", ", p_premake := 6")?;
    parent(&mut s, "e", "bigint", ", p_epoch := 'milliseconds'")?;
    s.run("UPDATE partman.part_config SET retention = '1 year', retention_keep_table = false WHERE parent_table = 'public.B b'")?;
    let would = [
        "public.\"B b\" 1 mon 6 1 year drop auto would_adopt",
        "public.a 1 mon 4 detach auto would_adopt",
        "public.e 1 mon 4 detach epoch_ms would_adopt",
    ];
    ensure_eq!(rows(&mut s, true)?, would);
    ensure_eq!(s.value(AUTOMATIC)?, "on on on");
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_policies")?, "0");
    ensure_eq!(rows(&mut s, false)?, would.map(|row| row.replace("would_adopt", "adopted")));
    ensure_eq!(s.value(AUTOMATIC)?, "off off off");
    ensure_eq!(
        s.column("SELECT concat_ws(' ', table_name, premake, retention, key_encoding) FROM warden.partition_policies ORDER BY table_name COLLATE \"C\"")?,
        ["public.\"B b\" 6 1 year auto", "public.a 4 auto", "public.e 4 epoch_ms"]
    );
    // Its partitions are as far ahead as pg_warden wants them; one more is made as it goes on where they end.
    s.run("CALL warden.partition_maintenance()")?;
    s.run("SELECT * FROM warden.manage_partitions('a', premake => 5)")?;
    s.run("CALL warden.partition_maintenance()")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('a')")?, "0");
    ensure_eq!(
        s.value("SELECT string_agg(partitions_ahead::text, ' ' ORDER BY table_name COLLATE \"C\") FROM warden.partition_maintenance_status")?,
        "6 5 4"
    );
    ensure!(s.column("SELECT DISTINCT status FROM warden.partition_log")? == ["done"], "all went well");
    // Called again, there is nothing left to take.
    ensure!(rows(&mut s, false)?.iter().all(|row| row.ends_with("skipped")), "again");
    Ok(())
}

fn one_that_cannot_be_hinders_no_other(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(PARTMAN)?;
    parent(&mut s, "a", "timestamptz", "")?;
    parent(&mut s, "z", "timestamptz", "")?;
    s.run("DROP TABLE a CASCADE")?;
    s.run("UPDATE partman.part_config SET retention = 'many' WHERE parent_table = 'public.nobody'")?;
    ensure_eq!(
        rows(&mut s, false)?,
        ["public.a 1 mon 4 detach auto refused 42P01", "public.z 1 mon 4 detach auto adopted"]
    );
    ensure_eq!(s.value(AUTOMATIC)?, "on off");
    Ok(())
}

fn nothing_to_take_over(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let error = s.error("SELECT * FROM warden.adopt_partman()")?;
    ensure_eq!(error.sqlstate, "42704");
    ensure!(error.message.starts_with("pg_partman is not installed in database"), "{error}");
    ensure_eq!(s.error("SELECT * FROM warden.adopt_partman(NULL)")?.sqlstate, "22004");
    let role = db.role("")?;
    ensure_eq!(db.session_as(&role)?.error("SELECT * FROM warden.adopt_partman()")?.sqlstate, "42501");
    Ok(())
}
