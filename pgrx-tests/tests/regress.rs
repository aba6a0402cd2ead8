//! PostgreSQL's own core regression suite with the extension in its database: nothing that the suite checks may change but what is written down in
//! `tests/expected/regress-<major>.diff`, and the guard must have been called more than ten thousand times meanwhile.
//!
//! The suite is kept beside a server that `dev/build-postgres` built. It is part of every run on 18; `PG_WARDEN_FULL=1` adds the other majors.
//! With `PG_WARDEN_BLESS=1` the expected difference is written anew: read it before you commit it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use pg_warden_tests::{Cluster, Leg, Options, Result, cases, ensure};

cases![core_suite unless |leg: &Leg| {
    if suite(leg).is_none() {
        Some("the distribution's server comes without the suite")
    } else if leg.major != 18 && std::env::var_os("PG_WARDEN_FULL").is_none() {
        Some("part of the full run only (PG_WARDEN_FULL=1)")
    } else {
        None
    }
}];

/// Calls of the guard that a run must reach; a bare run on 15 makes 27,000.
const CALLS: i64 = 10_000;

fn suite(leg: &Leg) -> Option<PathBuf> {
    let folder = leg.folder("--bindir").ok()?.parent()?.join("regress");
    folder.join("pg_regress").exists().then_some(folder)
}

fn core_suite(leg: &Leg) -> Result {
    let suite = suite(leg).ok_or("no suite")?;
    let cluster = leg.own_cluster(&Options {
        locale: "C",
        extension: false,
        settings: [
            "warden.mode = warn",
            "warden.notify = none",
            "track_functions = all",
            "autovacuum = on",
            "full_page_writes = on",
        ]
        .map(str::to_owned)
        .to_vec(),
        ..Options::default()
    })?;
    let output = cluster.root().join("regress");
    fs::create_dir(&output)?;
    // The server writes files there too.
    fs::set_permissions(&output, fs::Permissions::from_mode(0o777))?;

    let done = AtomicBool::new(false);
    let (run, calls) = thread::scope(|scope| {
        let counter = scope.spawn(|| count_calls(&cluster, &done));
        let run = run_suite(leg, &cluster, &suite, &output);
        done.store(true, Ordering::Relaxed);
        (run, counter.join().unwrap_or_default())
    });
    let said = match run {
        Ok(said) => said,
        Err(e) => e.message().unwrap_or_default().to_owned(),
    };
    ensure!(
        said.contains("tests passed") || said.contains("All ") || said.contains("tests failed"),
        "the suite did not run to its end:\n{said}"
    );

    let difference = differences(&output.join("regression.diffs"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/expected/regress-{}.diff", leg.major));
    if std::env::var_os("PG_WARDEN_BLESS").is_some() {
        fs::write(&path, &difference)?;
    }
    let expected = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    if difference != expected {
        let kept = std::env::temp_dir().join(format!("regression-{}-{}.diffs", leg.name, std::process::id()));
        fs::write(&kept, &difference)?;
        let head: String = difference.lines().take(80).collect::<Vec<_>>().join("\n");
        return Err(format!(
            "the suite differs otherwise than {} says (all of it is in {}):\n{head}",
            path.display(),
            kept.display()
        )
        .into());
    }
    ensure!(calls > CALLS, "the guard was called {calls} times only");
    eprintln!("{}: core regression suite: the guard was called {calls} times", leg.name);
    cluster.finish()
}

fn run_suite(leg: &Leg, cluster: &Cluster, suite: &Path, output: &Path) -> Result<String> {
    let option = |name: &str, value: &Path| format!("--{name}={}", value.display());
    // Before 18 the suite takes two libraries of contrib as well, which the server keeps among its own.
    let libraries = output.join("libraries");
    fs::create_dir(&libraries)?;
    symlink(suite.join("regress.so"), libraries.join("regress.so"))?;
    for library in ["autoinc.so", "refint.so"] {
        symlink(leg.folder("--pkglibdir")?.join(library), libraries.join(library))?;
    }
    let mut args = vec![
        option("inputdir", suite),
        option("outputdir", output),
        option("dlpath", &libraries),
        option("bindir", &leg.folder("--bindir")?),
        option("schedule", &suite.join("parallel_schedule")),
        option("host", cluster.root()),
        "--port=5432".to_owned(),
        "--user=postgres".to_owned(),
        "--dbname=regression".to_owned(),
        "--max-concurrent-tests=20".to_owned(),
        "--load-extension=pg_warden".to_owned(),
    ];
    if leg.major >= 16 {
        args.push(option("expecteddir", suite));
    }
    let mut command = cluster.server_command(&suite.join("pg_regress").to_string_lossy());
    command.args(args.iter().map(OsStr::new)).current_dir(output);
    let output = pg_warden_tests::cluster::succeed(&mut command)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Adds up the calls of the guard's functions while the suite runs; the suite resets the statistics in between.
fn count_calls(cluster: &Cluster, done: &AtomicBool) -> i64 {
    let (mut sum, mut last) = (0, 0);
    while !done.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(300));
        let Ok(mut s) = cluster.connect("regression") else { continue };
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
