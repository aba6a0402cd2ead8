//! Throw-away clusters and their databases.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use postgres::Config;
use serde_json::Value;

use crate::Result;
use crate::report::Report;
use crate::session::Session;

/// The only port; each cluster has a socket folder of its own and listens nowhere else.
const PORT: u16 = 5432;
/// Database with the extension from which every [`Database`] is copied.
const TEMPLATE: &str = "with_extension";
/// The cluster's superuser.
pub const SUPERUSER: &str = "postgres";
/// Where the distribution and `dev/` keep the account that servers run as when the tests run as root.
const SERVER_ACCOUNT: &str = "postgres";

/// What a line of the journal in the server log holds before its JSON.
pub const JOURNAL_MARK: &str = "LOG:  pg_warden journal: ";

/// How a cluster is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// `initdb --encoding`.
    pub encoding: &'static str,
    /// `initdb --locale`.
    pub locale: &'static str,
    /// Lines of `postgresql.conf` behind the usual ones, which they override.
    pub settings: Vec<String>,
    /// Make the template database with the extension.
    pub extension: bool,
    /// `initdb --data-checksums`, which is the default from 18 on.
    pub checksums: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { encoding: "UTF8", locale: "C.UTF-8", settings: Vec::new(), extension: true, checksums: false }
    }
}

/// A server with its own data folder in memory or under `/tmp`, stopped and removed when dropped, and when this process dies.
pub struct Cluster {
    bindir: PathBuf,
    root: PathBuf,
    guardian: Option<Child>,
    databases: AtomicU32,
    checked: bool,
}

impl Cluster {
    /// Makes and starts a cluster with the programs of `bindir`.
    ///
    /// # Errors
    /// What a program said that failed.
    pub fn start(bindir: &Path, options: &Options) -> Result<Self> {
        let cluster = Self::made(bindir, options)?;
        cluster.set_up(options)?;
        Ok(cluster)
    }

    /// The same as a copy of a cluster that was made and never started.
    ///
    /// # Errors
    /// What a program said that failed.
    pub fn start_copy(seed: &Self, options: &Options) -> Result<Self> {
        let cluster = Self::empty(&seed.bindir)?;
        let (from, to) = (seed.data(), cluster.data());
        cluster.server_program("/bin/cp", ["-r".as_ref(), from.as_os_str(), to.as_os_str()])?;
        cluster.set_up(options)?;
        Ok(cluster)
    }

    /// Makes a cluster without starting it.
    ///
    /// # Errors
    /// What `initdb` said.
    pub fn made(bindir: &Path, options: &Options) -> Result<Self> {
        let cluster = Self::empty(bindir)?;
        let data = cluster.data();
        let mut initdb = vec![
            "--no-sync",
            "--auth=trust",
            "--no-instructions",
            "--username",
            SUPERUSER,
            "--locale",
            options.locale,
            "--encoding",
            options.encoding,
        ];
        if options.checksums {
            initdb.push("--data-checksums");
        }
        initdb.push("-D");
        cluster.server_program("initdb", initdb.iter().map(OsStr::new).chain([data.as_os_str()]))?;
        Ok(cluster)
    }

    /// A folder, and the process that will remove it.
    fn empty(bindir: &Path) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let root = home().join(format!("pgw-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&root)?;
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755))?;
        if is_root() {
            chown(&root, Some(account_id("-u")?), Some(account_id("-g")?))?;
        }
        let mut cluster =
            Self { bindir: bindir.to_owned(), root, guardian: None, databases: AtomicU32::new(0), checked: false };
        cluster.guardian = Some(cluster.guard()?);
        Ok(cluster)
    }

    /// Starts what was made, with its settings and the template database.
    fn set_up(&self, options: &Options) -> Result {
        let mut conf = format!(
            "listen_addresses = ''\nport = {PORT}\nunix_socket_directories = '{root}'\nfsync = off\nfull_page_writes = off\n\
             autovacuum = off\nmax_connections = 60\nmax_prepared_transactions = 10\nshared_buffers = '64MB'\nmax_wal_size = '4GB'\n\
             timezone = 'UTC'\nlog_timezone = 'UTC'\nlog_line_prefix = '%m [%p] %q%u@%d %a '\nlog_min_messages = warning\nlog_checkpoints = off\n\
             restart_after_crash = on\nsession_preload_libraries = 'pg_warden'\n",
            root = self.root.display()
        );
        for line in &options.settings {
            conf.push_str(line);
            conf.push('\n');
        }
        fs::OpenOptions::new().append(true).open(self.data().join("postgresql.conf"))?.write_all(conf.as_bytes())?;
        self.up()?;
        if options.extension {
            self.connect("postgres")?.run(&format!("CREATE DATABASE {TEMPLATE}"))?;
            self.connect(TEMPLATE)?.run("CREATE EXTENSION pg_warden")?;
        }
        Ok(())
    }

    /// A process that outlives this one by as much as it takes to stop the server and remove its folder.
    fn guard(&self) -> Result<Child> {
        let script = "trap '' INT TERM HUP; cat >/dev/null; \"$1/pg_ctl\" -D \"$2/data\" -m immediate -s stop >/dev/null 2>&1; rm -rf \"$2\"";
        let mut command = as_server(&self.bindir, "/bin/sh");
        command.args(["-c", script, "sh"]).arg(&self.bindir).arg(&self.root);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command.spawn()?)
    }

    /// Starts the server again after [`Cluster::down`].
    ///
    /// # Errors
    /// With the end of the log.
    pub fn up(&self) -> Result {
        let started = self.server_program(
            "pg_ctl",
            [
                OsStr::new("-D"),
                self.data().as_os_str(),
                "-l".as_ref(),
                self.log_path().as_os_str(),
                "-w".as_ref(),
                "-s".as_ref(),
                "start".as_ref(),
            ],
        );
        started.map_err(|e| format!("{}\n{}", e.message().unwrap_or_default(), self.log()).into()).map(|_| ())
    }

    /// Stops the server; its data stays.
    ///
    /// # Errors
    /// What `pg_ctl` said.
    pub fn down(&self) -> Result {
        self.server_program(
            "pg_ctl",
            [OsStr::new("-D"), self.data().as_os_str(), "-m".as_ref(), "fast".as_ref(), "-s".as_ref(), "stop".as_ref()],
        )
        .map(|_| ())
    }

    /// The cluster's own folder: data, socket and log, and a place for a test's files that the server can read and write.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Where a server of the tests listens, or what stands in for it, in a folder.
    #[must_use]
    pub fn socket_in(folder: &Path) -> PathBuf {
        folder.join(format!(".s.PGSQL.{PORT}"))
    }

    fn log_path(&self) -> PathBuf {
        self.root.join("log")
    }

    /// The server's log up to now.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read(self.log_path()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Lines of the log that only a crash writes, behind the first `from` bytes.
    #[must_use]
    pub fn crashes(&self, from: usize) -> Vec<String> {
        const MARKS: [&str; 5] =
            ["TRAP:", "PANIC:", "terminated by signal", "Failed process was running", "reinitializing"];
        let log = self.log();
        let log = log.get(from..).unwrap_or(&log);
        log.lines().filter(|line| MARKS.iter().any(|mark| line.contains(mark))).map(str::to_owned).collect()
    }

    /// Fails when the log tells of a crash behind its first `from` bytes.
    ///
    /// # Errors
    /// With the lines that tell of it.
    pub fn check_log(&self, from: usize) -> Result {
        let crashes = self.crashes(from);
        if crashes.is_empty() { Ok(()) } else { Err(format!("the server crashed:\n{}", crashes.join("\n")).into()) }
    }

    /// Says that the test looked at the log itself (it provoked what it holds).
    pub fn log_was_checked(&mut self) {
        self.checked = true;
    }

    /// Connection parameters for a database, as the superuser.
    #[must_use]
    pub fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(&self.root).port(PORT).user(SUPERUSER).dbname(database).application_name("pg_warden-tests");
        config
    }

    /// Connects as the superuser.
    ///
    /// # Errors
    /// What the server says.
    pub fn connect(&self, database: &str) -> std::result::Result<Session, Report> {
        Session::connect(&self.config(database))
    }

    /// Connects, also while the server recovers.
    ///
    /// # Errors
    /// What the server said last, after a minute.
    pub fn connect_in_time(&self, database: &str) -> std::result::Result<Session, Report> {
        let began = Instant::now();
        loop {
            match self.connect(database) {
                Err(_) if began.elapsed() < Duration::from_secs(60) => thread::sleep(Duration::from_millis(50)),
                done => return done,
            }
        }
    }

    /// Kills a server process as the kernel would, and waits until the server has ended all others for it, the
    /// watcher among them: before that, it still takes connections that it will then end.
    ///
    /// # Errors
    /// When there is no such process, or the server goes on.
    pub fn kill(&self, pid: &str, mut watcher: Session) -> Result {
        if !Command::new("kill").args(["-9", pid]).status()?.success() {
            return Err(format!("there is no process {pid}").into());
        }
        let began = Instant::now();
        while watcher.value("SELECT 1").is_ok() {
            if began.elapsed() > Duration::from_secs(60) {
                return Err(format!("the server goes on without process {pid}").into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Has a session of a database run a call, and kills it so long after the answer to a query has become true.
    ///
    /// # Errors
    /// When the call ends before.
    pub fn kill_at_work(&self, database: &str, call: &str, until: &str, later: Duration) -> Result {
        let (mut victim, mut watcher) = (self.connect_in_time(database)?, self.connect_in_time(database)?);
        let pid = victim.pid()?.to_string();
        thread::scope(|scope| {
            let working = scope.spawn(move || victim.outcome(call));
            while watcher.value(until)? != "t" && !working.is_finished() {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(later);
            let killed = self.kill(&pid, watcher);
            let outcome = working.join().map_err(|_| "the session panicked")?;
            if outcome.error.is_none() {
                return Err(format!("it was done before the kill: {outcome}").into());
            }
            killed
        })
    }

    /// Decisions that the log tells of a database.
    ///
    /// # Errors
    /// When a line is no JSON.
    pub fn journal_lines(&self, database: &str) -> Result<Vec<Value>> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| line.split_once(JOURNAL_MARK));
        let entries: Vec<Value> =
            lines.map(|(_, json)| serde_json::from_str(json)).collect::<std::result::Result<_, _>>()?;
        Ok(entries.into_iter().filter(|entry| entry["database"] == database).collect())
    }

    /// A new database that has the extension.
    ///
    /// # Errors
    /// What the server says.
    pub fn database(&self) -> Result<Database<'_>> {
        self.database_from(TEMPLATE)
    }

    /// A new database that has nothing.
    ///
    /// # Errors
    /// What the server says.
    pub fn bare_database(&self) -> Result<Database<'_>> {
        self.database_from("template0")
    }

    fn database_from(&self, template: &str) -> Result<Database<'_>> {
        self.database_with(&format!("TEMPLATE {template}"))
    }

    /// A new database made with other options of CREATE DATABASE.
    ///
    /// # Errors
    /// What the server says.
    pub fn database_with(&self, options: &str) -> Result<Database<'_>> {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.connect("postgres")?.run(&format!("CREATE DATABASE {name} {options}"))?;
        Ok(Database { cluster: self, name })
    }

    /// A client program (psql, pg_dump, pg_restore, …) of this server, told by its environment where to connect.
    #[must_use]
    pub fn client(&self, program: &str, database: &str) -> Command {
        let mut command = Command::new(self.bindir.join(program));
        clean(&mut command, &self.bindir);
        command
            .env("PGHOST", &self.root)
            .env("PGPORT", PORT.to_string())
            .env("PGUSER", SUPERUSER)
            .env("PGDATABASE", database);
        command.stdin(Stdio::null());
        command
    }

    /// Runs a program of the server as the account that owns the data.
    ///
    /// # Errors
    /// All that it printed.
    pub fn server_program<'a>(&self, program: &str, args: impl IntoIterator<Item = &'a OsStr>) -> Result<Output> {
        succeed(self.server_command(program).args(args).stdin(Stdio::null()))
    }

    /// A program of the server, to be run as the account that owns the data.
    #[must_use]
    pub fn server_command(&self, program: &str) -> Command {
        as_server(&self.bindir, self.bindir.join(program))
    }

    fn stop(&mut self) -> Result {
        let verdict = if self.checked { Ok(()) } else { self.check_log(0) };
        if let Some(mut guardian) = self.guardian.take() {
            drop(guardian.stdin.take());
            guardian.wait()?;
            // What this process put there is not the server account's to remove.
            let _ = fs::remove_dir_all(&self.root);
        }
        verdict
    }

    /// Stops the server, removes its folder, and fails when its log tells of a crash.
    ///
    /// # Errors
    /// With the lines of the log.
    pub fn finish(mut self) -> Result {
        self.stop()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let verdict = self.stop();
        if let Err(e) = verdict
            && !thread::panicking()
        {
            panic!("{}", e.message().unwrap_or_default());
        }
    }
}

/// A database of a test, dropped with it.
pub struct Database<'a> {
    cluster: &'a Cluster,
    name: String,
}

impl<'a> Database<'a> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name alone, where the test needs its cluster for itself: it goes with that.
    #[must_use]
    pub fn kept(self) -> String {
        let name = self.name.clone();
        std::mem::forget(self);
        name
    }

    /// Its cluster.
    #[must_use]
    pub fn cluster(&self) -> &'a Cluster {
        self.cluster
    }

    /// Connects as the superuser.
    ///
    /// # Errors
    /// What the server says.
    pub fn session(&self) -> Result<Session> {
        Ok(self.cluster.connect(&self.name)?)
    }

    /// Connects as the superuser with command-line settings, such as `-c warden.mode=off`.
    ///
    /// # Errors
    /// What the server says.
    pub fn session_with(&self, settings: &str) -> Result<Session> {
        Ok(Session::connect(self.cluster.config(&self.name).options(settings))?)
    }

    /// Connects as another role.
    ///
    /// # Errors
    /// What the server says.
    pub fn session_as(&self, role: &str) -> Result<Session> {
        Ok(Session::connect(self.cluster.config(&self.name).user(role))?)
    }

    /// A new database with the contents of this one, to which nobody may be connected.
    ///
    /// # Errors
    /// What the server says.
    pub fn copy(&self) -> Result<Database<'a>> {
        self.cluster.database_from(&self.name)
    }

    /// Creates a role that no other test uses, which may connect; returns its name. It is left to the cluster's end.
    ///
    /// # Errors
    /// What the server says.
    pub fn role(&self, attributes: &str) -> Result<String> {
        let name = format!("r{}", self.cluster.databases.fetch_add(1, Ordering::Relaxed));
        self.cluster.connect("postgres")?.run(&format!("CREATE ROLE {name} LOGIN {attributes}"))?;
        Ok(name)
    }

    /// A client program connected to this database.
    #[must_use]
    pub fn client(&self, program: &str) -> Command {
        self.cluster.client(program, &self.name)
    }

    /// What pg_dump writes, without the key that differs at each run.
    ///
    /// # Errors
    /// What pg_dump says.
    pub fn dump(&self) -> Result<String> {
        let output = succeed(&mut self.client("pg_dump"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = text.lines().filter(|l| !l.starts_with("\\restrict") && !l.starts_with("\\unrestrict"));
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    /// Runs a script through psql (no start file, quiet), standard error mixed in, and returns what it printed.
    ///
    /// # Errors
    /// When psql cannot be run; that a statement failed is no error.
    pub fn psql(&self, script: &str) -> Result<String> {
        let mut psql = self.client("psql");
        psql.args(["-X", "-q"]);
        feed(psql, script)
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // A database that cannot be dropped goes with its cluster; what matters was said before.
        if let Ok(mut session) = self.cluster.connect("postgres") {
            session.outcome(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// Runs a program with a text as its standard input; standard output and error come back as one text, in order.
///
/// # Errors
/// When it cannot be run.
pub fn feed(command: Command, input: &str) -> Result<String> {
    // A shell joins the two streams, so that they come in the order in which they were written.
    let mut joined = Command::new("/bin/sh");
    joined.args(["-c", "exec \"$@\" 2>&1", "sh"]).arg(command.get_program()).args(command.get_args());
    joined.env_clear();
    for (key, value) in command.get_envs() {
        if let Some(value) = value {
            joined.env(key, value);
        }
    }
    let mut child = joined.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    let input = input.to_owned();
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    // A program may end before it has read all.
    let _ = writer.join();
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program that must succeed.
///
/// # Errors
/// All that it printed.
pub fn succeed(command: &mut Command) -> Result<Output> {
    // Not `output()`: a server started by `pg_ctl` would keep the pipes open.
    let said = std::env::temp_dir().join(format!("pgw-said-{}-{:?}", std::process::id(), thread::current().id()));
    let file = fs::File::create(&said)?;
    let status = command.stdout(file.try_clone()?).stderr(file).status();
    let text = fs::read(&said).unwrap_or_default();
    let _ = fs::remove_file(&said);
    let status = status?;
    if status.success() {
        Ok(Output { status, stdout: text, stderr: Vec::new() })
    } else {
        Err(format!("{command:?}: {status}\n{}", String::from_utf8_lossy(&text)).into())
    }
}

/// Where clusters are: in memory where it has 4 GB to spare, of which a leg has been seen to take 0.7. On a disk, half of the servers' time goes
/// into making and removing the files of thousands of databases. Short, because a socket's path has at most 107 bytes.
fn home() -> &'static Path {
    static HOME: LazyLock<&Path> =
        LazyLock::new(|| Path::new(if room_in_memory() >= 4 << 20 { "/dev/shm" } else { "/tmp" }));
    *HOME
}

/// Kilobytes that `/dev/shm` may hold by its own limit and by what is free; 0 where there is none.
fn room_in_memory() -> u64 {
    let limit = Command::new("df").args(["-P", "-k", "/dev/shm"]).output().map(|output| output.stdout);
    let limit = limit.ok().and_then(|said| {
        let said = String::from_utf8_lossy(&said).into_owned();
        said.lines().last()?.split_whitespace().nth(3)?.parse::<u64>().ok()
    });
    let free = fs::read_to_string("/proc/meminfo").ok().and_then(|said| {
        let line = said.lines().find(|line| line.starts_with("MemAvailable:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    });
    limit.min(free).unwrap_or_default()
}

/// Whether these tests run as root.
#[must_use]
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

fn account_id(which: &str) -> Result<u32> {
    let output = Command::new("id").args([which, SERVER_ACCOUNT]).output()?;
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .map_err(|_| format!("there is no account {SERVER_ACCOUNT} to run servers as").into())
}

/// A command that runs as the account that may run servers: PostgreSQL refuses to run as root.
fn as_server(bindir: &Path, program: impl AsRef<OsStr>) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", SERVER_ACCOUNT, "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    clean(&mut command, bindir);
    command.current_dir("/");
    command
}

/// An environment that is the same everywhere: above all without `RUST_BACKTRACE`, which puts a backtrace into each DETAIL.
fn clean(command: &mut Command, bindir: &Path) {
    command.env_clear();
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", bindir.display()));
    command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC").env("HOME", "/nonexistent");
}
