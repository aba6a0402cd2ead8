//! Migration histories as tools and people write them, run from the first file to the last: what the guard says while an application grows.
//!
//! A history is a folder of `histories/`. Each file is what the tool sends for one migration, in a session of its own that begins with `session.sql`;
//! `NNNN_load.sql` is what the application has written by then. What is said is kept in `tests/expected/history-<name>.txt`. With `PG_WARDEN_BLESS=1`
//! it is written anew: read the difference before you commit it, for each line of it must be worth the reader's time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pg_warden_tests::cluster::succeed;
use pg_warden_tests::{
    Case, Cluster, Database, Leg, Options, Outcome, Report, Result, Session, ensure, ensure_eq, sql,
};

/// How a tool sends a migration.
#[derive(Clone, Copy)]
enum Sends {
    Statements,
    WholeFile,
}

/// The folders of `histories/`.
const HISTORIES: [(&str, Sends); 4] = [
    ("rails", Sends::Statements),
    ("django", Sends::Statements),
    ("flyway", Sends::Statements),
    ("prisma", Sends::WholeFile),
];

/// One test a history, and the restore of what one of them has made.
pub fn cases() -> Vec<Case> {
    HISTORIES
        .into_iter()
        .map(|(name, sends)| Case::new(format!("histories::{name}"), move |leg| judged(leg, name, sends)))
        .chain([Case::new("histories::restore", restore)])
        .collect()
}

/// A migration, and what was said while it ran.
struct Migration {
    name: String,
    statements: usize,
    said: Vec<Report>,
}

impl Migration {
    fn warnings(&self) -> usize {
        self.said.iter().filter(|r| r.severity == "WARNING").count()
    }
}

fn judged(leg: &Leg, name: &str, sends: Sends) -> Result {
    let cluster = cluster(leg)?;
    let migrations = run(&cluster.database()?, name, sends)?;
    let seen = format!("{}\n{}", summary(&migrations), lines(&migrations));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/expected/history-{name}.txt"));
    if std::env::var_os("PG_WARDEN_BLESS").is_some() {
        fs::write(&path, &seen)?;
    }
    let expected = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    ensure!(seen == expected, "{} differs from:\n{seen}", path.display());
    ensure!(migrations.len() >= 40, "a history of {} migrations", migrations.len());
    ensure_eq!(median(&migrations), 0, "most migrations are harmless:\n{seen}");
    Ok(())
}

/// A cluster in which whatever the guard has to say is said. Without autovacuum a server from 18 on forgets the size of a table that it rewrites;
/// with it, and never its turn, the figures are the same on all.
fn cluster(leg: &Leg) -> Result<Cluster> {
    let settings = [
        "autovacuum = on",
        "autovacuum_naptime = '1d'",
        "warden.mode = warn",
        "warden.notify = info",
        "warden.large_table_rows = 1000",
    ];
    let cluster = leg.own_cluster(&Options { settings: settings.map(str::to_owned).to_vec(), ..Options::default() })?;
    cluster.connect("postgres")?.run("CREATE ROLE shop_app; CREATE ROLE shop_read")?;
    Ok(cluster)
}

/// Runs a history as a role that owns the database and is no superuser.
fn run(db: &Database<'_>, name: &str, sends: Sends) -> Result<Vec<Migration>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("histories").join(name);
    let preamble = fs::read_to_string(folder.join("session.sql"))?;
    let owner = db.role("")?;
    db.session()?.run(&format!("ALTER DATABASE {} OWNER TO {owner}", db.name()))?;

    let mut migrations = Vec::new();
    for path in files(&folder)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let script = fs::read_to_string(&path)?;
        let mut session = db.session_as(&owner)?;
        session.script(&preamble)?;
        if name.ends_with("_load") {
            session.script(&script).map_err(|e| format!("{name}: {e}"))?;
            continue;
        }
        let mut said = send(&mut session, &script, sends).map_err(|e| format!("{name}: {e}"))?.notices;
        said.retain(|r| r.sqlstate.starts_with("WD"));
        migrations.push(Migration { name, statements: sql::split(&script).len(), said });
    }
    Ok(migrations)
}

fn send(session: &mut Session, script: &str, sends: Sends) -> std::result::Result<Outcome, Report> {
    match sends {
        Sends::Statements => session.script(script),
        Sends::WholeFile => session.run(script),
    }
}

/// The numbered files of a folder, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.ends_with("session.sql") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn summary(migrations: &[Migration]) -> String {
    let warnings: usize = migrations.iter().map(Migration::warnings).sum();
    let said: Vec<&Report> = migrations.iter().flat_map(|m| &m.said).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for report in &said {
        *counts.entry(rule(report)).or_default() += 1;
    }
    let mut text = format!(
        "{} migrations of {} statements: {warnings} warnings, {} a migration in the median, and {} notices\n",
        migrations.len(),
        migrations.iter().map(|m| m.statements).sum::<usize>(),
        median(migrations),
        said.len() - warnings
    );
    for (rule, count) in counts {
        let _ = writeln!(text, "{count:5} {rule}");
    }
    text
}

fn lines(migrations: &[Migration]) -> String {
    let mut text = String::new();
    for migration in migrations {
        for report in &migration.said {
            let rule = rule(report);
            let message = report.message.strip_suffix(&format!(" [{rule}]")).unwrap_or(&report.message);
            let _ = writeln!(text, "{}: {rule} {}{message}", migration.name, mark(report));
        }
    }
    text
}

/// What is not shown to everybody.
fn mark(report: &Report) -> &'static str {
    if report.severity == "WARNING" { "" } else { "(notice) " }
}

/// The rule of a finding; what else the guard says has none.
fn rule(report: &Report) -> &str {
    report.rule().unwrap_or("(no rule)")
}

fn median(migrations: &[Migration]) -> usize {
    let mut counts: Vec<usize> = migrations.iter().map(Migration::warnings).collect();
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or_default()
}

/// `CREATE EXTENSION` greets even a session that asked for warnings only.
const GREETING: [&str; 2] = ["and warns (mode \"warn\")", "Start with: SELECT warden.help();"];

/// pg_dump's own script of what a history has made, with its rows: nothing is found, with the extension there already and without.
fn restore(leg: &Leg) -> Result {
    let cluster = cluster(leg)?;
    let from = cluster.database()?;
    run(&from, "flyway", Sends::Statements)?;
    let file = cluster.root().join("dump.sql");
    succeed(from.client("pg_dump").arg("-f").arg(&file))?;
    for to in [cluster.bare_database()?, cluster.database()?] {
        let mut psql = to.client("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-f"]).arg(&file);
        let said = String::from_utf8_lossy(&succeed(&mut psql)?.stdout).into_owned();
        let findings: Vec<&str> = said.lines().filter(|line| !GREETING.iter().any(|g| line.ends_with(g))).collect();
        ensure!(findings.is_empty(), "{said}");
        let rows = "SELECT count(*) FROM shop.orders";
        ensure_eq!(to.session()?.value(rows)?, from.session()?.value(rows)?);
    }
    Ok(())
}
