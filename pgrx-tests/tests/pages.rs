//! Every page of `docs/rules` as a test: see `pg_warden_tests::page`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use pg_warden_tests::page::{self, Claim, Engines, Page, Unit};
use pg_warden_tests::sql::literal;
use pg_warden_tests::{
    Case, Cluster, Database, Leg, Options, Result, Session, Standby, document, ensure, ensure_eq, fail,
};

/// Rows from which on a table is large on every page.
const LARGE: u32 = 1000;

/// One test a page, and one that there are any and that each is a rule's.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("pages::every_rule_has_a_page", every_rule_has_a_page),
        Case::new("pages::of_the_server", of_the_server),
    ];
    for path in pages() {
        let rule = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        cases.push(Case::new(format!("pages::{rule}"), move |leg| {
            let page = page::parse(&rule, &fs::read_to_string(&path)?)?;
            run(leg, &page)
        }));
    }
    cases
}

fn pages() -> Vec<PathBuf> {
    let folder = document::repository().join("docs/rules");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "md"));
    paths.sort();
    paths
}

fn every_rule_has_a_page(leg: &Leg) -> Result {
    let db = leg.database()?;
    let rules: BTreeSet<String> = db.session()?.column("SELECT rule FROM warden.rules")?.into_iter().collect();
    let pages: BTreeSet<String> =
        pages().iter().filter_map(|p| Some(p.file_stem()?.to_string_lossy().into_owned())).collect();
    ensure!(!rules.is_empty(), "warden.rules is empty");
    ensure_eq!(pages, rules, "docs/rules and warden.rules differ");
    Ok(())
}

fn run(leg: &Leg, page: &Page) -> Result {
    if page.server {
        // By `of_the_server`.
        return Ok(());
    }
    if !page.alone && !page.standby {
        return run_in(leg, &leg.cluster, page);
    }
    let settings = vec!["wal_level = logical".to_owned()];
    let cluster = leg.own_cluster(&Options { settings, ..Options::default() })?;
    let _standby = if page.standby { Some(Standby::of(&cluster)?) } else { None };
    run_in(leg, &cluster, page)
}

fn run_in(leg: &Leg, cluster: &Cluster, page: &Page) -> Result {
    let base = cluster.database()?;
    let mut s = base.session()?;
    s.run("SET warden.mode = off")?;
    s.script(&page.setup).map_err(|e| format!("setup: {e}"))?;
    s.analyze()?;
    let raised = raised(&mut s, &page.rule)?;
    drop(s);

    for claim in &page.claims {
        observed(leg, &base, page, claim).map_err(|e| format!("{claim:?}: {}", e.message().unwrap_or_default()))?;
    }
    for block in page.blocks.iter().filter(|b| b.majors.contains(&leg.major)) {
        let db = fresh(&base)?;
        db.session()?.run(&format!("ALTER DATABASE {} SET warden.rule_levels = {}", db.name(), literal(&raised)))?;
        let mut other = db.session()?;
        if !block.other.is_empty() {
            other.run(&format!("SET warden.mode = off; {}", block.other))?;
        }
        for unit in &block.units {
            let seen = match block.engines {
                Engines::Both => linted(&db, page, unit).and_then(|()| guarded(&db, page, unit)),
                Engines::Lint => linted(&db, page, unit),
                Engines::Guard => guarded(&db, page, unit),
                Engines::Audit => audited(&db, unit, &page.rule),
                Engines::Server | Engines::Hba => fail!("the page is not one of the server's alone"),
            };
            seen.map_err(|e| format!("line {}: {}\n{}", unit.line, e.message().unwrap_or_default(), unit.script()))?;
        }
    }
    Ok(())
}

/// A rule that says nothing by default is raised to where it is heard, as its users do.
fn raised(s: &mut Session, rule: &str) -> Result<String> {
    let level = s.value(&format!("SELECT default_level FROM warden.rules WHERE rule = {}", literal(rule)))?;
    Ok(if ["info", "off"].contains(&level.as_str()) { format!("{rule}=warning") } else { String::new() })
}

/// A copy of the page's data, in which tables are large early and every transaction is an old one.
fn fresh<'a>(base: &Database<'a>) -> Result<Database<'a>> {
    let db = base.copy()?;
    let name = db.name();
    db.session()?.run(&format!(
        "ALTER DATABASE {name} SET warden.large_table_rows = {LARGE}; ALTER DATABASE {name} SET warden.busy_after = 0"
    ))?;
    Ok(db)
}

/// A new session with the page's settings.
fn session(db: &Database<'_>, page: &Page) -> Result<Session> {
    let mut s = db.session()?;
    s.script(&page.settings).map_err(|e| format!("settings: {e}"))?;
    Ok(s)
}

fn linted(db: &Database<'_>, page: &Page, unit: &Unit) -> Result {
    // What opens no transaction is run outside of one.
    let in_transaction = if unit.transaction { "NULL" } else { "false" };
    let found = session(db, page)?.rows(&format!(
        "SELECT rule, level, message FROM warden.lint({}, in_transaction => {in_transaction}) WHERE level IN ('warning', 'error', 'not checked')",
        literal(&unit.script())
    ))?;
    let rules: BTreeSet<String> = found.iter().filter_map(|row| row[0].clone()).collect();
    ensure_eq!(rules, unit.expected, "lint found other rules than the page says: {found:?}");
    Ok(())
}

fn guarded(db: &Database<'_>, page: &Page, unit: &Unit) -> Result {
    let mut s = session(db, page)?;
    let mut all = pg_warden_tests::Outcome::default();
    for statement in &unit.statements {
        let outcome = s.outcome(statement);
        all.notices.extend(outcome.notices);
        if let Some(error) = outcome.error {
            // A rule may predict that the server refuses; a page whose SQL is wrong is another thing.
            let wrong_page = ["42601", "42P01", "42703", "42704", "42P07", "42701", "42710", "42883"]
                .contains(&error.sqlstate.as_str());
            ensure!(!unit.expected.is_empty() && !wrong_page && !error.sqlstate.starts_with("XX"), "{error}");
        }
    }
    let rules: BTreeSet<String> = all.rules().into_iter().map(str::to_owned).collect();
    ensure_eq!(rules, unit.expected, "the guard found other rules than the page says:\n{all}");
    for finding in all.findings() {
        ensure!(finding.severity != "ERROR", "blocked in mode warn: {finding}");
    }
    Ok(())
}

fn audited(db: &Database<'_>, unit: &Unit, rule: &str) -> Result {
    let mut s = db.session()?;
    s.run("SET warden.mode = off")?;
    for statement in &unit.statements {
        let outcome = s.outcome(statement);
        if let Some(error) = outcome.error {
            // An index that is left invalid comes from a statement that failed.
            ensure!(error.sqlstate.starts_with("23"), "{error}");
        }
    }
    let found =
        s.rows(&format!("SELECT rule, level, object, message FROM warden.audit(rules => ARRAY[{}])", literal(rule)))?;
    let rules: BTreeSet<String> = found.iter().filter_map(|row| row[0].clone()).collect();
    ensure_eq!(rules, unit.expected, "the audit found other rules than the page says: {found:?}");
    Ok(())
}

/// Pages that change the server, one after the other in a cluster of theirs. `PG_WARDEN_PAGE` keeps to one of them.
fn of_the_server(leg: &Leg) -> Result {
    let only = std::env::var("PG_WARDEN_PAGE").ok();
    let cluster = leg.own_cluster(&Options::default())?;
    let mut wrong = Vec::new();
    for path in pages() {
        let rule = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let page = page::parse(&rule, &fs::read_to_string(&path)?)?;
        if page.server && only.as_ref().is_none_or(|only| *only == rule) {
            wrong.extend(
                of_one_server(leg, &cluster, &page)
                    .err()
                    .map(|e| format!("{rule}: {}", e.message().unwrap_or_default())),
            );
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    Ok(())
}

fn of_one_server(leg: &Leg, cluster: &Cluster, page: &Page) -> Result {
    let hba = fs::read_to_string(cluster.data().join("pg_hba.conf"))?;
    for block in page.blocks.iter().filter(|b| b.majors.contains(&leg.major)) {
        let db = cluster.database()?;
        let mut s = db.session_with("-c warden.mode=off")?;
        s.script(&page.setup).map_err(|e| format!("setup: {e}"))?;
        let roles = s.column("SELECT rolname FROM pg_roles")?;
        for unit in &block.units {
            let seen = match block.engines {
                Engines::Server => changed(cluster, &db, unit, page, block.restart),
                Engines::Hba => {
                    let line = unit.statements.join("\n");
                    fs::write(cluster.data().join("pg_hba.conf"), format!("{line}\n{hba}"))?;
                    let seen = judged(&db, unit, page);
                    fs::write(cluster.data().join("pg_hba.conf"), &hba)?;
                    seen
                }
                _ => fail!("the page is not one of the server's alone"),
            };
            seen.map_err(|e| format!("line {}: {}\n{}", unit.line, e.message().unwrap_or_default(), unit.script()))?;
        }
        let mut s = db.session_with("-c warden.mode=off")?;
        for role in s.column("SELECT rolname FROM pg_roles")?.iter().filter(|role| !roles.contains(role)) {
            s.run(&format!("DROP OWNED BY \"{role}\" CASCADE; DROP ROLE \"{role}\""))?;
        }
    }
    Ok(())
}

fn changed(cluster: &Cluster, db: &Database<'_>, unit: &Unit, page: &Page, restart: bool) -> Result {
    let mut s = db.session_with("-c warden.mode=off")?;
    for statement in &unit.statements {
        s.run(statement)?;
    }
    drop(s);
    reload(cluster, restart)?;
    let seen = judged(db, unit, page);
    cluster.connect("postgres")?.run("ALTER SYSTEM RESET ALL")?;
    reload(cluster, true)?;
    seen
}

/// Makes what was set by ALTER SYSTEM hold, by a restart only where that is wanted and needed.
fn reload(cluster: &Cluster, restart: bool) -> Result {
    let mut s = cluster.connect("postgres")?;
    s.run("SELECT pg_reload_conf(), pg_sleep(0.2)")?;
    if restart && s.value("SELECT count(*) FROM pg_settings WHERE pending_restart")? != "0" {
        drop(s);
        cluster.down()?;
        cluster.up()?;
    }
    Ok(())
}

/// What the audit finds of the page's rule.
fn judged(db: &Database<'_>, unit: &Unit, page: &Page) -> Result {
    let mut s = db.session()?;
    let raised = raised(&mut s, &page.rule)?;
    s.run(&format!("SET warden.rule_levels = {}", literal(&raised)))?;
    let found = s.rows(&format!(
        "SELECT rule, level, object, message FROM warden.audit(rules => ARRAY[{}])",
        literal(&page.rule)
    ))?;
    let rules: BTreeSet<String> = found.iter().filter_map(|row| row[0].clone()).collect();
    ensure_eq!(rules, unit.expected, "the audit found other rules than the page says: {found:?}");
    Ok(())
}

/// Runs the unit of a claim in a transaction and looks at it from a second session.
fn observed(leg: &Leg, base: &Database<'_>, page: &Page, claim: &Claim) -> Result {
    let db = fresh(base)?;
    let mut s = db.session()?;
    let mut other = db.session()?;
    s.run("SET warden.mode = off")?;
    // Blocks up to the one that holds the unit may build on one another only within it.
    let holds = |u: &&Unit| u.expected.contains(&page.rule);
    let mut nth = claim.nth;
    let mut found = None;
    for block in page
        .blocks
        .iter()
        .filter(|b| b.majors.contains(&leg.major) && matches!(b.engines, Engines::Both | Engines::Guard))
    {
        let here = block.units.iter().filter(holds).count();
        if nth <= here {
            found = Some((block, nth));
            break;
        }
        nth -= here;
    }
    let Some((block, nth)) = found else { fail!("no statement with a finding to see it at") };
    let Some(target) = block.units.iter().filter(holds).nth(nth - 1) else { fail!("no such unit") };
    for unit in block.units.iter().take_while(|u| u.line != target.line) {
        for statement in &unit.statements {
            s.outcome(statement);
        }
    }
    let file = |s: &mut Session| s.value(&format!("SELECT pg_relation_filenode({}::regclass)", literal(&claim.on)));
    let before = file(&mut s)?;
    s.run("BEGIN")?;
    for statement in &target.statements {
        let first = statement.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_uppercase();
        if !["BEGIN", "COMMIT", "END"].contains(&first.as_str()) {
            s.run(statement)?;
        }
    }
    if let Some(lock) = &claim.lock {
        let held = other.column(&format!(
            "SELECT DISTINCT left(mode, -4) FROM pg_locks WHERE locktype = 'relation' AND granted AND pid = {} AND relation = {}::regclass ORDER BY 1",
            s.pid()?,
            literal(&claim.on)
        ))?;
        ensure!(held.contains(lock), "{lock} is not among the locks held on {}: {held:?}", claim.on);
        let stronger = STRENGTH.iter().skip_while(|m| *m != lock).skip(1).any(|m| held.iter().any(|h| h == m));
        ensure!(!stronger, "a stronger lock than {lock} is held on {}: {held:?}", claim.on);
    }
    if let Some(rewrite) = claim.rewrite {
        ensure_eq!(file(&mut s)? != before, rewrite, "whether {} gets a new file", claim.on);
    }
    if let Some(scan) = claim.scan {
        let read = s.value(&format!(
            "SELECT coalesce(sum(seq_tup_read), 0) > 0 FROM pg_stat_xact_all_tables WHERE relid = {}::regclass",
            literal(&claim.on)
        ))?;
        ensure_eq!(read, if scan { "t" } else { "f" }, "whether the rows of {} are read", claim.on);
    }
    s.run("ROLLBACK")?;
    Ok(())
}

/// Lock modes from weak to strong.
const STRENGTH: [&str; 8] = [
    "AccessShare",
    "RowShare",
    "RowExclusive",
    "ShareUpdateExclusive",
    "Share",
    "ShareRowExclusive",
    "Exclusive",
    "AccessExclusive",
];
