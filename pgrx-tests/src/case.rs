//! Tests and the legs they run on.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::cluster::{Cluster, Database, Options};

/// A server of the version matrix with its running cluster.
pub struct Leg {
    /// As in `PG_WARDEN_LEGS`.
    pub name: String,
    /// Major version of the server.
    pub major: u32,
    /// Built with assertions.
    pub asserts: bool,
    /// The leg's cluster: every test has a database of its own in it.
    pub cluster: Cluster,
    /// What each of its clusters is copied from: `initdb` takes as long as a test or two.
    seed: Cluster,
    bindir: PathBuf,
    pg_config: PathBuf,
}

impl Leg {
    /// Starts the leg's cluster.
    ///
    /// # Errors
    /// When its programs cannot be run.
    pub fn start(name: &str, pg_config: &Path) -> Result<Self> {
        let bindir = PathBuf::from(ask(pg_config, "--bindir")?);
        let version = ask(pg_config, "--version")?;
        let major = version.split(|c: char| !c.is_ascii_digit()).find(|s| !s.is_empty()).and_then(|s| s.parse().ok());
        let major = major.ok_or_else(|| format!("{}: no version in {version:?}", pg_config.display()))?;
        let seed = Cluster::made(&bindir, &Options::default())?;
        let cluster = Cluster::start_copy(&seed, &Options::default())?;
        let asserts = cluster.connect("postgres")?.value("SHOW debug_assertions")? == "on";
        Ok(Self { name: name.to_owned(), major, asserts, cluster, seed, bindir, pg_config: pg_config.to_owned() })
    }

    /// A new database with the extension in the leg's cluster.
    ///
    /// # Errors
    /// What the server says.
    pub fn database(&self) -> Result<Database<'_>> {
        self.cluster.database()
    }

    /// Another cluster of the same server, for tests that restart it or set it up otherwise.
    ///
    /// # Errors
    /// What its programs say.
    pub fn own_cluster(&self, options: &Options) -> Result<Cluster> {
        let usual = Options::default();
        if (options.encoding, options.locale, options.checksums) == (usual.encoding, usual.locale, usual.checksums) {
            Cluster::start_copy(&self.seed, options)
        } else {
            Cluster::start(&self.bindir, options)
        }
    }

    /// A folder of the installation: `--pkglibdir`, `--sharedir`, `--bindir`, …
    ///
    /// # Errors
    /// When `pg_config` cannot be run.
    pub fn folder(&self, which: &str) -> Result<PathBuf> {
        ask(&self.pg_config, which).map(PathBuf::from)
    }

    /// The folder of one of PostgreSQL's own suites, where `dev/build-postgres` kept it beside the server.
    #[must_use]
    pub fn suite(&self, name: &str) -> Option<PathBuf> {
        let folder = self.bindir.with_file_name("suites").join(name);
        folder.exists().then_some(folder)
    }
}

fn ask(pg_config: &Path, what: &str) -> Result<String> {
    let output = Command::new(pg_config).arg(what).output().map_err(|e| format!("{}: {e}", pg_config.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What a test does on a leg.
pub type Test = dyn Fn(&Leg) -> Result + Send + Sync;

/// A test, and where it makes sense.
pub struct Case {
    /// `group::name`.
    pub name: String,
    /// The test.
    pub run: Box<Test>,
    /// Why the test is not run on a leg.
    pub not_on: fn(&Leg) -> Option<&'static str>,
}

impl Case {
    /// A test for every leg.
    pub fn new(name: impl Into<String>, run: impl Fn(&Leg) -> Result + Send + Sync + 'static) -> Self {
        Self { name: name.into(), run: Box::new(run), not_on: |_| None }
    }

    /// The same for legs of which `not_on` gives no reason against.
    #[must_use]
    pub fn unless(mut self, not_on: fn(&Leg) -> Option<&'static str>) -> Self {
        self.not_on = not_on;
        self
    }
}

/// The tests of a module: `cases![a, b, c if |leg| reason_against]`. Names begin with the module's.
#[macro_export]
macro_rules! cases {
    ($($name:ident $(unless $not_on:expr)?),* $(,)?) => {
        /// The tests of this module.
        pub fn cases() -> Vec<$crate::Case> {
            let group = module_path!().rsplit("::").next().unwrap_or_default();
            vec![$($crate::Case::new(format!("{group}::{}", stringify!($name)), $name)$(.unless($not_on))?),*]
        }
    };
}
