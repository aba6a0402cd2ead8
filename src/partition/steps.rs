//! Steps of procedures: each is a transaction, tried again where a lock was not to be had.
//!
//! The procedures are C functions that commit through SPI. One in PL/pgSQL would look up what it calls with the rights and the path of
//! whoever calls it, and nobody has USAGE of `warden_internal`.

use super::apply::Caller;
use crate::error::{Error, sendable};
use crate::spi::{self, Caught};
use pgrx::pg_sys::panic::ErrorReport;

/// What is waited for a lock while the table is held: shorter than anybody looks for deadlocks, so that no client is the victim.
pub(super) const SHORT: i32 = 100;

/// How often a lock is asked for.
const TRIES: u32 = 8;

/// A step that failed; all that it did is undone, and its transaction is still to be ended.
pub(super) struct Failed {
    pub(super) caught: Caught,
    tries: u32,
}

impl Failed {
    /// The error, with what is true now: what is left, or was done before.
    pub(super) fn report(self, step: &str, now: &str, hint: &str) -> ErrorReport {
        let Caught { code, message, detail, hint: own } = self.caught;
        let detail = detail.map_or_else(String::new, |detail| format!("{detail} "));
        let again = if self.tries > 1 { format!(" It was tried {} times.", self.tries) } else { String::new() };
        ErrorReport::new(code, sendable(format!("{step}: {message}")), "")
            .set_detail(sendable(format!("{detail}{now}{again}")))
            .set_hint(sendable(own.unwrap_or_else(|| hint.to_owned())))
    }
}

/// Does one step and commits it. Locks are waited for so many milliseconds; `None`: as the setting says.
pub(super) fn patiently<T>(
    patience: Option<i32>,
    work: impl Fn(&Caller) -> Result<T, Error>,
) -> Result<T, Box<Failed>> {
    let mut tries = 1;
    loop {
        let (done, patience) = {
            let caller = Caller::now().with_patience(patience);
            let _pinned = caller.pin();
            // Rows that a policy hides would be left behind unseen.
            let _all_rows = spi::Settings::pin(&[(c"row_security", c"off")]);
            let done = spi::caught_with_locks(|| work(&caller).unwrap_or_else(|error| error.raise()));
            (done, caller.patience())
        };
        match done {
            Ok(value) => {
                spi::commit();
                spi::resume(0);
                return Ok(value);
            }
            Err(caught) if caught.is_about_locks() && tries < TRIES => {
                spi::commit();
                // Whoever was in the way, and those who wait behind, get time to go on.
                spi::resume(i64::from(tries) * i64::from(patience.min(5_000)) / 2);
                tries += 1;
            }
            Err(caught) => return Err(Box::new(Failed { caught, tries })),
        }
    }
}
