//! A physical standby of a cluster.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use postgres::Config;

use crate::cluster::{Cluster, SUPERUSER};
use crate::report::Report;
use crate::session::Session;
use crate::{Result, ensure};

/// It listens in the cluster's own folder, on the port after the cluster's.
const PORT: u16 = 5433;

/// A standby that answers queries, stopped when dropped; its data goes with the cluster's folder.
pub struct Standby<'a> {
    cluster: &'a Cluster,
    data: PathBuf,
}

impl<'a> Standby<'a> {
    /// Copies a cluster, starts the copy as its standby and waits until it replays. It lets queries be for 200 ms.
    ///
    /// # Errors
    /// What a program said that failed, or that it never caught up.
    pub fn of(cluster: &'a Cluster) -> Result<Self> {
        let standby = Self { cluster, data: cluster.root().join("standby") };
        let data = standby.data.as_os_str();
        let folder = cluster.root().as_os_str();
        let copy = ["-U", SUPERUSER, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-D"].map(OsStr::new);
        cluster.server_program("pg_basebackup", ["-h".as_ref(), folder].into_iter().chain(copy).chain([data]))?;
        let settings = OsString::from(format!("-p {PORT} -c max_standby_streaming_delay=200ms"));
        let log = cluster.root().join("standby.log");
        cluster.server_program(
            "pg_ctl",
            [
                "-D".as_ref(),
                data,
                "-o".as_ref(),
                settings.as_os_str(),
                "-l".as_ref(),
                log.as_os_str(),
                "-w".as_ref(),
                "-s".as_ref(),
                "start".as_ref(),
            ],
        )?;
        standby.wait()?;
        Ok(standby)
    }

    fn wait(&self) -> Result {
        let began = Instant::now();
        let mut s = self.cluster.connect("postgres")?;
        let caught_up = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn IS NOT NULL";
        while s.value(caught_up)? != "1" {
            ensure!(began.elapsed() < Duration::from_secs(30), "the standby does not stream");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Ends its recovery: from now on it is a server of its own.
    ///
    /// # Errors
    /// What it says, or that it never came to an end.
    pub fn promote(&self) -> Result {
        let mut s = self.connect("postgres")?;
        ensure!(s.value("SELECT pg_promote(true, 60)")? == "t", "it was not promoted");
        Ok(())
    }

    /// Connects to the standby as the superuser.
    ///
    /// # Errors
    /// What it says.
    pub fn connect(&self, database: &str) -> std::result::Result<Session, Report> {
        self.connect_with(database, "")
    }

    /// The same with command-line settings.
    ///
    /// # Errors
    /// What it says.
    pub fn connect_with(&self, database: &str, settings: &str) -> std::result::Result<Session, Report> {
        let mut config = Config::new();
        config.host_path(self.cluster.root()).port(PORT).user(SUPERUSER).dbname(database).options(settings);
        Session::connect(&config)
    }
}

impl Drop for Standby<'_> {
    fn drop(&mut self) {
        let stop = ["-m", "immediate", "-s", "stop", "-D"].map(OsStr::new);
        let _ = self.cluster.server_program("pg_ctl", stop.into_iter().chain([self.data.as_os_str()]));
    }
}
