//! PostgreSQL's own suites with the extension in their database: nothing that they check may change but what is written down in
//! `tests/expected/<suite>-<major>.diff` (no file: nothing), and the guard must have been at work meanwhile.
//!
//! - `core_suite`, `isolation_suite`: the guard says nothing to the client, and the calls of it are counted.
//! - `core_suite_notified`, and the suites of some modules: it says what it finds, with every table taken for large that has a row, and a [`Filter`]
//!   takes exactly that out of what the server sends.
//!
//! The suites are kept beside a server that `dev/build-postgres` built. The first is part of every run on 18, `PG_WARDEN_FULL=1` adds the rest.
//! With `PG_WARDEN_BLESS=1` the expected difference is written anew: read it before you commit it. `PG_WARDEN_FINDINGS=FOLDER` keeps the findings of
//! each suite there with their statements, to be read for false alarms.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use pg_warden_tests::filter::Taken;
use pg_warden_tests::{Case, Cluster, Filter, Leg, Options, Result, ensure};

/// PostgreSQL's core regression suite.
const CORE: &str = "regress";
/// The suite of statements that several sessions run at once. It tells what a session said before it waited from what it said later, so that nothing
/// may stand between it and the server.
const ISOLATION: &str = "isolation";
/// Suites of modules.
const MODULES: [&str; 6] = ["test_ddl_deparse", "test_extensions", "plpgsql", "citext", "hstore", "pg_trgm"];

/// Findings that the core suite must make the guard send.
const FINDINGS: usize = 300;

/// The tests of this module.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        // A bare run on 15 makes 27,000 calls.
        Case::new("regress::core_suite", |leg| quiet(leg, CORE, 10_000)).unless(not_always),
        Case::new("regress::core_suite_notified", core_suite_notified).unless(not_full),
        Case::new("regress::isolation_suite", |leg| quiet(leg, ISOLATION, 1_000)).unless(not_full),
    ];
    let of_module = |name| Case::new(format!("regress::{name}"), move |leg| module_suite(leg, name)).unless(not_full);
    cases.extend(MODULES.map(of_module));
    cases
}

fn not_always(leg: &Leg) -> Option<&'static str> {
    if leg.suite(CORE).is_none() {
        Some("the server comes without PostgreSQL's suites")
    } else if leg.major != 18 && std::env::var_os("PG_WARDEN_FULL").is_none() {
        Some("part of the full run only (PG_WARDEN_FULL=1)")
    } else {
        None
    }
}

fn not_full(leg: &Leg) -> Option<&'static str> {
    let full = std::env::var_os("PG_WARDEN_FULL").is_some();
    not_always(leg).or((!full).then_some("part of the full run only (PG_WARDEN_FULL=1)"))
}

/// A suite whose clients hear nothing of the guard, which must have been called that often.
fn quiet(leg: &Leg, suite: &str, least: i64) -> Result {
    let cluster = cluster(leg, &["warden.notify = none", "track_functions = all"])?;
    let done = AtomicBool::new(false);
    let (run, calls) = thread::scope(|scope| {
        let counter = scope.spawn(|| count_calls(&cluster, suite, &done));
        let run = run_suite(leg, &cluster, suite, cluster.root());
        done.store(true, Ordering::Relaxed);
        (run, counter.join().unwrap_or_default())
    });
    let difference = run?;
    bless(leg, suite, &difference)?;
    compare(leg, suite, &difference)?;
    ensure!(calls > least, "the guard was called {calls} times only");
    eprintln!("{}: {suite}: the guard was called {calls} times", leg.name);
    cluster.finish()
}

/// What this run may differ in is what the run differs in of which the clients hear nothing.
fn core_suite_notified(leg: &Leg) -> Result {
    let (cluster, difference, findings) = notified(leg, CORE)?;
    compare(leg, CORE, &difference)?;
    ensure!(findings > FINDINGS, "{findings} findings were sent only");
    cluster.finish()
}

fn module_suite(leg: &Leg, suite: &str) -> Result {
    let (cluster, difference, _) = notified(leg, suite)?;
    bless(leg, suite, &difference)?;
    compare(leg, suite, &difference)?;
    cluster.finish()
}

/// Runs a suite whose clients would hear of each finding; returns how it differs without them, and how many there were.
fn notified(leg: &Leg, suite: &str) -> Result<(Cluster, String, usize)> {
    let cluster = cluster(leg, &["warden.large_table_rows = 0", "warden.large_table_size = 0"])?;
    let filter = Filter::start(&cluster)?;
    let difference = run_suite(leg, &cluster, suite, filter.folder())?;
    let taken = filter.taken();
    tell(leg, suite, &taken)?;
    Ok((cluster, difference, taken.len()))
}

fn cluster(leg: &Leg, settings: &[&str]) -> Result<Cluster> {
    let usual = ["warden.mode = warn", "autovacuum = on", "full_page_writes = on"];
    let settings = usual.iter().chain(settings).map(|&line| line.to_owned()).collect();
    leg.own_cluster(&Options { locale: "C", extension: false, settings, ..Options::default() })
}

/// Runs a suite with clients that connect through the socket in `host`; returns how its results differ from what it expects.
fn run_suite(leg: &Leg, cluster: &Cluster, suite: &str, host: &Path) -> Result<String> {
    let folder = leg.suite(suite).ok_or("no such suite")?;
    let output = output(cluster);
    fs::create_dir(&output)?;
    // The server writes files there too.
    fs::set_permissions(&output, fs::Permissions::from_mode(0o777))?;
    let option = |name: &str, value: &Path| format!("--{name}={}", value.display());
    let mut args = vec![
        option("inputdir", &folder),
        option("outputdir", &output),
        option("bindir", &leg.folder("--bindir")?),
        option("schedule", &folder.join("schedule")),
        option("host", host),
        "--port=5432".to_owned(),
        "--user=postgres".to_owned(),
        format!("--dbname={}", database(suite)),
        "--max-concurrent-tests=20".to_owned(),
        "--load-extension=pg_warden".to_owned(),
    ];
    if leg.major >= 16 {
        args.push(option("expecteddir", &folder));
    }
    if suite == CORE {
        args.push(option("dlpath", &core_libraries(leg, &folder, &output)?));
    }
    let program = if suite == ISOLATION { "isolation/pg_isolation_regress" } else { "regress/pg_regress" };
    let program = leg.folder("--pgxs")?.with_file_name("../test").join(program);
    let mut command = cluster.server_command(&program.to_string_lossy());
    // Some read their data from the folder they are run in.
    command.args(args.iter().map(OsStr::new)).current_dir(&folder);
    let said = match pg_warden_tests::cluster::succeed(&mut command) {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(e) => e.message().unwrap_or_default().to_owned(),
    };
    ensure!(
        said.contains("tests passed") || said.contains("All ") || said.contains("tests failed"),
        "the suite did not run to its end:\n{said}"
    );
    Ok(differences(&output.join("regression.diffs")))
}

/// The folder that a suite writes to.
fn output(cluster: &Cluster) -> PathBuf {
    cluster.root().join("suite")
}

/// The database of a suite, which the isolation tests know by name.
fn database(suite: &str) -> &'static str {
    if suite == ISOLATION { "isolation_regression" } else { "regression" }
}

/// The libraries that the core suite loads: before 18 it takes two of contrib as well, which the server keeps among its own.
fn core_libraries(leg: &Leg, suite: &Path, output: &Path) -> Result<PathBuf> {
    let libraries = output.join("libraries");
    fs::create_dir(&libraries)?;
    symlink(suite.join("regress.so"), libraries.join("regress.so"))?;
    for library in ["autoinc.so", "refint.so"] {
        symlink(leg.folder("--pkglibdir")?.join(library), libraries.join(library))?;
    }
    Ok(libraries)
}

/// Writes anew how a suite's results are expected to differ, where that is asked for.
fn bless(leg: &Leg, suite: &str, difference: &str) -> Result {
    if std::env::var_os("PG_WARDEN_BLESS").is_some() {
        let path = expected(leg, suite);
        if !difference.is_empty() {
            fs::write(&path, difference)?;
        } else if path.exists() {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn expected(leg: &Leg, suite: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/expected/{suite}-{}.diff", leg.major))
}

/// Fails unless a suite's results differ as is written down.
fn compare(leg: &Leg, suite: &str, difference: &str) -> Result {
    let path = expected(leg, suite);
    let expected = if path.exists() { fs::read_to_string(&path)? } else { String::new() };
    if difference == expected {
        return Ok(());
    }
    let kept = std::env::temp_dir().join(format!("{suite}-{}-{}.diffs", leg.name, std::process::id()));
    fs::write(&kept, difference)?;
    let head: String = difference.lines().take(80).collect::<Vec<_>>().join("\n");
    Err(format!(
        "the suite differs otherwise than {} says (all of it is in {}):\n{head}",
        path.display(),
        kept.display()
    )
    .into())
}

/// Says how many findings of which rules were sent, and keeps them where that is asked for.
fn tell(leg: &Leg, suite: &str, taken: &[Taken]) -> Result {
    let mut counts = BTreeMap::<&str, usize>::new();
    for rule in taken.iter().filter_map(|taken| taken.finding.rule()) {
        *counts.entry(rule).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    eprintln!("{}: {suite}: {} findings were sent: {}", leg.name, taken.len(), counts.join(", "));
    if let Some(folder) = std::env::var_os("PG_WARDEN_FINDINGS") {
        let mut text = String::new();
        for Taken { finding, statement } in taken {
            writeln!(text, "{statement}\n{finding}\n").map_err(|e| e.to_string())?;
        }
        fs::write(Path::new(&folder).join(format!("{suite}-{}.txt", leg.name)), text)?;
    }
    Ok(())
}

/// Adds up the calls of the guard's functions while the suite runs; the suite resets the statistics in between.
///
/// The first test vacuums what later plans find all visible, which a snapshot of another session would spoil.
fn count_calls(cluster: &Cluster, suite: &str, done: &AtomicBool) -> i64 {
    let results = output(cluster).join("results");
    let set_up = || fs::read_dir(&results).is_ok_and(|files| files.count() > 1);
    let (mut sum, mut last) = (0, 0);
    while !done.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(300));
        if !set_up() {
            continue;
        }
        let Ok(mut s) = cluster.connect(database(suite)) else { continue };
        while !done.load(Ordering::Relaxed) {
            let now = s.value("SELECT coalesce(sum(pg_stat_get_function_calls(evtfoid)), 0) FROM (SELECT DISTINCT evtfoid FROM pg_event_trigger WHERE evtname LIKE 'pg_warden%') t");
            let Some(now) = now.ok().and_then(|n| n.parse::<i64>().ok()) else { break };
            sum += if now >= last { now - last } else { now };
            last = now;
            thread::sleep(Duration::from_millis(300));
        }
    }
    sum
}

/// The suite's differences without what depends on folders.
fn differences(path: &Path) -> String {
    let text = fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("diff ") {
            let name = line.rsplit('/').next().unwrap_or_default();
            lines.push(format!("diff {name}"));
        } else if !line.starts_with("--- /") && !line.starts_with("+++ /") {
            lines.push(line.to_owned());
        }
    }
    lines.iter().map(|l| format!("{l}\n")).collect()
}
