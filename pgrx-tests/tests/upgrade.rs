//! pg_upgrade from each major that is there to this one.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use pg_warden_tests::cluster::succeed;
use pg_warden_tests::{Cluster, Leg, Options, Result, cases, ensure, ensure_eq};

use crate::fixture::fill;

cases![
    everything_that_was_set_comes_along unless no_older_major,
    a_dump_carries_what_was_set unless no_older_major,
];

const OLDER: [&str; 2] = ["15", "17"];

/// The programs of an older major, beside those of the leg.
fn older(leg: &Leg) -> Vec<(&'static str, PathBuf)> {
    let here = leg.folder("--bindir").unwrap_or_default();
    let beside = |major: &str| here.ancestors().nth(2).map(|folder| folder.join(major).join("bin")).unwrap_or_default();
    OLDER
        .into_iter()
        .filter(|major| major.parse().is_ok_and(|major: u32| major < leg.major))
        .map(|major| (major, beside(major)))
        .filter(|(_, bindir)| {
            bindir.join("pg_upgrade").exists() && bindir.with_file_name("lib").join("pg_warden.so").exists()
        })
        .collect()
}

fn no_older_major(leg: &Leg) -> Option<&'static str> {
    older(leg).is_empty().then_some("no older major with pg_warden is built beside it")
}

fn everything_that_was_set_comes_along(leg: &Leg) -> Result {
    for (major, bindir) in older(leg) {
        for mode in ["off", "warn", "enforce"] {
            upgrade(leg, &bindir, mode).map_err(|e| format!("{major}, {mode}: {}", e.message().unwrap_or_default()))?;
        }
    }
    Ok(())
}

fn upgrade(leg: &Leg, bindir: &Path, mode: &str) -> Result {
    // pg_upgrade wants both to be alike.
    let old = Cluster::start(bindir, &Options { checksums: true, ..Options::default() })?;
    let new = leg.own_cluster(&Options { extension: false, checksums: true, ..Options::default() })?;
    let db = old.database()?;
    fill(&db)?;
    let mut s = db.session_with("-c warden.mode=off")?;
    // What would be said, or blocked, if the guard judged what pg_upgrade restores; and every kind of object with an exemption.
    s.script(
        "CREATE TABLE keyless (id serial, order_id bigint CONSTRAINT keyless_fk REFERENCES orders);
         CREATE SCHEMA later;
         CREATE INDEX orders_customer ON orders (customer_id);
         SELECT warden.set_level('table-without-primary-key', 'error');
         SELECT warden.set_threshold('busy_after', '7s');
         SELECT warden.exempt('create-index-not-concurrent', 'orders', 'a table');
         SELECT warden.exempt('drop-column', 'orders.code', 'a column');
         SELECT warden.exempt('foreign-key-without-index', 'public.keyless.keyless_fk', 'a constraint');
         SELECT warden.exempt(NULL, 'later', 'a schema')",
    )?;
    db.session()?.run("SET warden.journal = 'table'; CREATE TABLE noted (id serial PRIMARY KEY)")?;
    s.run(&format!("SELECT warden.set_mode('{mode}')"))?;
    let name = db.name().to_owned();
    drop(s);
    old.down()?;
    new.down()?;
    let (from, to) = (old.data(), new.data());
    let upgrade = [
        "-b".as_ref(),
        bindir.as_os_str(),
        "-d".as_ref(),
        from.as_os_str(),
        "-D".as_ref(),
        to.as_os_str(),
        "-s".as_ref(),
        new.root().as_os_str(),
        "-U".as_ref(),
        OsStr::new("postgres"),
    ];
    // It writes its scripts where it stands.
    succeed(new.server_command("pg_upgrade").current_dir(new.root()).args(upgrade).stdin(Stdio::null()))?;
    new.up()?;
    let mut s = new.connect(&name)?;
    ensure_eq!(s.value("SELECT value FROM warden.status WHERE item = 'mode'")?, mode);
    ensure_eq!(s.value("SELECT level FROM warden.rules WHERE rule = 'table-without-primary-key'")?, "error");
    ensure_eq!(s.value("SELECT count(*) FROM warden.exemptions")?, "4");
    ensure_eq!(s.column("SELECT object FROM warden.journal")?, ["public.noted"]);
    ensure_eq!(s.value("SELECT count(*) FROM pg_event_trigger WHERE evtenabled = 'O'")?, "4");
    s.run("SELECT warden.set_mode('enforce'); ANALYZE")?;
    let outcome = s.run("CREATE INDEX again ON orders (customer_id)")?;
    ensure!(outcome.rules().is_empty(), "the exemption holds: {outcome}");
    // Each exemption goes on following its object.
    s.script("ALTER TABLE orders RENAME TO orders2; ALTER SCHEMA later RENAME TO even_later")?;
    ensure_eq!(
        s.column("SELECT object FROM warden.exemptions ORDER BY id")?,
        ["public.orders2", "public.orders2.code", "public.keyless.keyless_fk", "even_later"]
    );
    let error =
        s.error("CREATE INDEX customer ON customers (name); ALTER TABLE orders2 ALTER COLUMN total TYPE bigint")?;
    ensure_eq!(error.rule(), Some("alter-column-type-rewrite"), "{error}");
    Ok(())
}

fn a_dump_carries_what_was_set(leg: &Leg) -> Result {
    for (major, bindir) in older(leg) {
        let old = Cluster::start(&bindir, &Options::default())?;
        let db = old.database()?;
        fill(&db)?;
        db.session()?.run(
            "SELECT warden.set_mode('enforce'), warden.set_level('drop-table', 'error'), warden.set_threshold('busy_after', '7s'),
                    warden.exempt('create-index-not-concurrent', 'orders', 'a table')",
        )?;
        // By the newer programs, as the manual says.
        let mut pg_dump = leg.cluster.client("pg_dump", db.name());
        let dump = succeed(pg_dump.env("PGHOST", old.root()))?;
        let new = leg.cluster.bare_database()?;
        let said =
            new.psql(&format!("\\set ON_ERROR_STOP on\n\\o /dev/null\n{}", String::from_utf8_lossy(&dump.stdout)))?;
        ensure!(!said.contains("ERROR") && !said.contains("WARNING"), "from {major}: {said}");
        let mut s = new.session()?;
        ensure_eq!(s.value("SELECT level FROM warden.rules WHERE rule = 'drop-table'")?, "error");
        ensure_eq!(
            s.value("SELECT concat_ws(' ', rule, object, reason) FROM warden.exemptions")?,
            "create-index-not-concurrent public.orders a table"
        );
        ensure_eq!(s.value("SELECT value FROM warden_internal.threshold WHERE name = 'busy_after'")?, "7000");
        ensure_eq!(s.value("SELECT value FROM warden.status WHERE item = 'mode'")?, "warn", "another database");
        ensure_eq!(s.value("SELECT warden.exempt(NULL, 'customers', 'the next number')")?, "2");
    }
    Ok(())
}
