//! Partitions of partitions: rows C9, C10 and F8 of the edge cases.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    c9_bounds_fit_inside_its_own,
    c9_of_other_keys_there_is_nothing_to_fit,
    c9_maintenance_ends_with_its_own_bounds,
    c10_siblings_that_are_partitioned,
    f8_a_default_that_is_partitioned,
];

/// `y`, whose year 2026 is partitioned itself, by months.
const YEARS: &str = "SET TimeZone = 'UTC';
    CREATE TABLE y (at timestamptz NOT NULL, id int NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE y26 PARTITION OF y FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (at)";

fn refused(s: &mut Session, call: &str) -> Result<String> {
    let error = s.error(&format!("SELECT * FROM warden.{call}"))?;
    Ok(format!("{} {}", error.sqlstate, error.message))
}

fn c9_bounds_fit_inside_its_own(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(YEARS)?;
    ensure_eq!(s.value("SELECT warden.create_monthly_partition('y26', '2026-12-01')")?, "public.y26_2026_12");
    let beyond = "42P17 range [2027-01-01 00:00:00+00, 2027-02-01 00:00:00+00) of \"y26\" is beyond its own bounds";
    ensure_eq!(refused(&mut s, "create_monthly_partition('y26', '2027-01-01')")?, beyond);
    ensure_eq!(refused(&mut s, "create_range_partition('y26', '2027-01-01', '2027-02-01')")?, beyond);
    ensure!(
        refused(&mut s, "create_range_partition('y26', 'MINVALUE', '2026-02-01', 'start')")?
            .ends_with("beyond its own bounds")
    );
    ensure!(refused(&mut s, "ensure_partition('y26', '2027-01-15')")?.ends_with("beyond its own bounds"));
    s.run("CREATE TABLE beside (at timestamptz NOT NULL, id int NOT NULL)")?;
    ensure_eq!(refused(&mut s, "attach_partition('y26', 'beside', '2027-01-01', '2027-02-01')")?, beyond);
    ensure_eq!(
        s.column("SELECT concat_ws(' ', partition, status, sqlstate) FROM warden.create_partitions('y26', '1 month', '2026-11-01', '2027-02-01')")?,
        ["public.y26_2026_11 created", "public.y26_2026_12 exists", "public.y26_2027_01 blocked 42P17"]
    );
    s.run("INSERT INTO y VALUES ('2026-11-05', 1), ('2026-12-31', 2)")?;
    // However deep it lies.
    s.run(
        "CREATE TABLE deep PARTITION OF y26 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01') PARTITION BY LIST (id)",
    )?;
    s.run("CREATE TABLE deeper PARTITION OF deep FOR VALUES IN (1) PARTITION BY RANGE (at)")?;
    ensure_eq!(s.value("SELECT warden.create_daily_partition('deeper', '2026-03-31')")?, "public.deeper_2026_03_31");
    ensure!(refused(&mut s, "create_daily_partition('deeper', '2026-04-01')")?.ends_with("beyond its own bounds"));
    Ok(())
}

fn c9_of_other_keys_there_is_nothing_to_fit(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE l (at timestamptz, other timestamptz, id int) PARTITION BY LIST (id);
         CREATE TABLE l1 PARTITION OF l FOR VALUES IN (1) PARTITION BY RANGE (at);
         CREATE TABLE r (at timestamptz, other timestamptz) PARTITION BY RANGE (other);
         CREATE TABLE r1 PARTITION OF r FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2027-01-01 00:00+00') PARTITION BY RANGE (at)",
    )?;
    for table in ["l1", "r1"] {
        ensure_eq!(
            s.value(&format!("SELECT warden.create_monthly_partition('{table}', '2031-01-01')"))?,
            format!("public.{table}_2031_01")
        );
    }
    Ok(())
}

fn c9_maintenance_ends_with_its_own_bounds(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "SET TimeZone = 'UTC'; CREATE TABLE y (at timestamptz NOT NULL) PARTITION BY RANGE (at);
         SELECT set_config('my.from', date_trunc('month', now())::text, false), set_config('my.to', (date_trunc('month', now()) + interval '2 months')::text, false)",
    )?;
    s.run("DO $$ BEGIN EXECUTE format('CREATE TABLE part PARTITION OF y FOR VALUES FROM (%L) TO (%L) PARTITION BY RANGE (at)', current_setting('my.from'), current_setting('my.to')); END $$")?;
    s.run("SELECT * FROM warden.manage_partitions('part', premake => 6)")?;
    s.run("CALL warden.partition_maintenance('part')")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('part')")?, "2");
    ensure!(s.rows("SELECT * FROM warden.plan_partition_maintenance('part')")?.is_empty(), "nothing is left to do");
    ensure_eq!(s.column("SELECT DISTINCT status FROM warden.partition_log")?, ["done"]);
    Ok(())
}

fn c10_siblings_that_are_partitioned(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(YEARS)?;
    ensure_eq!(
        refused(&mut s, "create_yearly_partition('y', '2027-01-01')")?,
        "0A000 partitions of table \"y\" are partitioned themselves"
    );
    ensure_eq!(s.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'y'::regclass")?, "1");
    Ok(())
}

fn f8_a_default_that_is_partitioned(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "CREATE TABLE d (at date, id int) PARTITION BY RANGE (at); CREATE TABLE rest PARTITION OF d DEFAULT PARTITION BY LIST (id);
         CREATE TABLE rest_1 PARTITION OF rest FOR VALUES IN (1); CREATE TABLE rest_other PARTITION OF rest DEFAULT;
         INSERT INTO d VALUES ('2026-05-05', 1), ('2026-07-07', 2)",
    )?;
    for month in ["2026-05-01", "2026-07-01"] {
        ensure!(
            refused(&mut s, &format!("create_monthly_partition('d', '{month}')"))?.starts_with("23514 "),
            "{month}"
        );
    }
    ensure_eq!(s.value("SELECT warden.create_monthly_partition('d', '2026-06-01')")?, "public.d_2026_06");
    s.run("INSERT INTO d VALUES ('2026-06-06', 1)")?;
    ensure_eq!(s.value("SELECT tableoid::regclass FROM d WHERE at = '2026-06-06'")?, "d_2026_06");
    Ok(())
}
