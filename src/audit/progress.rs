//! Where an audit is: for those who look at `pg_stat_activity`, and for whoever waits for it.
#![forbid(unsafe_code)]

use crate::error::emit;
use crate::rules::Source;
use crate::spi;
use std::time::{Duration, Instant};

/// Whoever waits longer than that is told where it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// An audit that has begun.
pub(super) struct Progress {
    sources: usize,
    read: usize,
    began: Instant,
    said: Instant,
}

impl Progress {
    pub(super) fn begin(sources: usize) -> Self {
        let now = Instant::now();
        Self { sources, read: 0, began: now, said: now }
    }

    /// The next source is read now.
    pub(super) fn at(&mut self, source: Source) {
        self.read += 1;
        let place = format!("pg_warden audit: {}, {} of {}", source.name().replace('_', " "), self.read, self.sources);
        spi::report_activity(&place);
        if self.said.elapsed() >= PATIENCE {
            self.said = Instant::now();
            emit::notice(&format!("{place}, after {} s", self.began.elapsed().as_secs()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        spi::report_client_statement();
    }
}
