//! The harness itself: what every other test relies on.

use pg_warden_tests::cluster::feed;
use pg_warden_tests::{Filter, Leg, Options, Result, cases, ensure, ensure_eq};

cases![
    notices_are_kept_whole,
    errors_are_kept_whole,
    psql_output_is_in_order,
    databases_have_the_extension,
    a_filter_takes_findings_and_nothing_else,
    a_crash_is_noticed
];

fn notices_are_kept_whole(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let said = s.run(
        "DO $$BEGIN RAISE WARNING 'told [some-rule]' USING DETAIL = 'a detail', HINT = 'a hint', ERRCODE = '01W99', CONSTRAINT = 'some-rule'; END$$;
         SELECT 1, NULL",
    )?;
    ensure_eq!(said.rows, vec![vec![Some("1".to_owned()), None]]);
    ensure_eq!(said.notices.len(), 1);
    let told = said.finding("some-rule")?;
    ensure_eq!(
        (told.severity.as_str(), told.sqlstate.as_str(), told.detail(), told.hint()),
        ("WARNING", "01W99", "a detail", "a hint")
    );
    ensure!(told.context.as_deref().is_some_and(|c| c.contains("PL/pgSQL")), "{told}");
    ensure_eq!(s.run("SELECT 1")?.notices.len(), 0, "a notice outlived its query");
    Ok(())
}

fn errors_are_kept_whole(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let sql = "SELECT 'é' FROM missing";
    let error = s.error(sql)?;
    ensure_eq!((error.sqlstate.as_str(), error.at(sql)), ("42P01", Some("missing")));
    ensure_eq!(s.value("SELECT 2")?, "2");
    Ok(())
}

fn psql_output_is_in_order(leg: &Leg) -> Result {
    let db = leg.database()?;
    let said =
        db.psql("\\echo one\nDO $$BEGIN RAISE NOTICE 'two'; END$$;\n\\echo three\nSELECT missing;\n\\echo five\n")?;
    ensure_eq!(
        said,
        "one\nNOTICE:  two\nthree\nERROR:  column \"missing\" does not exist\nLINE 1: SELECT missing;\n               ^\nfive\n"
    );
    Ok(())
}

fn databases_have_the_extension(leg: &Leg) -> Result {
    let db = leg.database()?;
    ensure_eq!(db.session()?.value("SELECT extname FROM pg_extension WHERE extname = 'pg_warden'")?, "pg_warden");
    Ok(())
}

fn a_filter_takes_findings_and_nothing_else(leg: &Leg) -> Result {
    let db = leg.database()?;
    let script = "CREATE TABLE t (id serial PRIMARY KEY, a int REFERENCES t);
        CREATE TABLE IF NOT EXISTS t (a int);
        DO $$BEGIN
            RAISE WARNING 'of a user [drop-table]' USING DETAIL = 'd', HINT = 'h', CONSTRAINT = 'drop-table';
            RAISE WARNING 'without a rule' USING ERRCODE = 'WD040';
        END$$;
        SELECT missing;
        COPY (SELECT repeat('x', 100000)) TO STDOUT;
        DROP TABLE t;";
    let filter = Filter::start(db.cluster())?;
    let run = |settings: &str| {
        let mut psql = db.client("psql");
        psql.args(["-X", "-q"]).env("PGOPTIONS", settings);
        psql
    };
    let silent = feed(run("-c warden.notify=none"), script)?;
    let told = feed(run(""), script)?;
    let mut filtered = run("");
    filtered.env("PGHOST", filter.folder());
    ensure_eq!(feed(filtered, script)?, silent);
    ensure!(silent.contains("[drop-table]") && silent.contains("without a rule"), "{silent}");
    ensure!(told.contains("LINE 1: CREATE TABLE t (id serial") && told != silent, "{told}");
    let taken = filter.taken();
    ensure!(taken.iter().any(|taken| taken.finding.rule() == Some("column-type-serial")), "{taken:?}");
    ensure!(taken[0].statement.starts_with("CREATE TABLE t (id serial"), "{taken:?}");
    Ok(())
}

fn a_crash_is_noticed(leg: &Leg) -> Result {
    let cluster = leg.own_cluster(&Options { extension: false, ..Options::default() })?;
    let mut victim = cluster.connect("postgres")?;
    let before = cluster.log().len();
    ensure!(cluster.check_log(before).is_ok(), "before anything happened");
    let pid = victim.pid()?.to_string();
    pg_warden_tests::cluster::succeed(std::process::Command::new("kill").args(["-SEGV", &pid]))?;
    for _ in 0..100 {
        if cluster.check_log(before).is_err() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let crashes = cluster.crashes(before).join("\n");
    ensure!(crashes.contains(&format!("(PID {pid}) was terminated by signal")), "not noticed: {}", cluster.log());
    ensure!(cluster.finish().is_err(), "a cluster that crashed ended as if nothing had happened");
    Ok(())
}
