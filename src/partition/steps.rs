//! Steps of procedures: each is a transaction, tried again where a lock was not to be had.
//!
//! The procedures are C functions that commit through SPI. One in PL/pgSQL would look up what it calls with the rights and the path of
//! whoever calls it, and nobody has USAGE of `warden_internal`.

use super::apply::Caller;
use super::is_null;
use super::policy::Span;
use crate::error::{Code, Error, sendable};
use crate::spi::{self, Caught, transactions};
use core::time::Duration;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// What is waited for a lock while the table is held: shorter than anybody looks for deadlocks, so that no client is the victim.
pub(super) const SHORT: i32 = 100;

/// How often a lock is asked for.
const TRIES: u32 = 8;

/// How long to wait between two transactions.
pub(super) fn pause(wait: Option<Interval>) -> Result<Duration, Error> {
    let wait = Span::from(wait.ok_or_else(|| is_null("wait"))?);
    let micros = i64::from(wait.days).checked_mul(86_400_000_000).and_then(|days| days.checked_add(wait.micros));
    match (wait.months, micros.and_then(|micros| u64::try_from(micros).ok())) {
        (0, Some(micros)) => Ok(Duration::from_micros(micros)),
        _ => Err(Error::new(Code::InvalidParameter, "wait must be a time of zero or more, without months")
            .hint("Write it as '1 second'.")),
    }
}

/// The error of a procedure that is called where it may not commit.
pub(super) fn must_be_alone(procedure: &str) -> Error {
    Error::new(Code::ActiveTransaction, format!("{procedure} cannot run inside a transaction block or a function"))
        .detail("It commits after each step.")
        .hint("CALL it by itself.")
}

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
                transactions::next(Duration::ZERO);
                return Ok(value);
            }
            Err(caught) if caught.is_about_locks() && tries < TRIES => {
                // Whoever was in the way, and those who wait behind, get time to go on.
                transactions::next(
                    Duration::from_millis(u64::from(patience.clamp(0, 5_000).unsigned_abs())) * tries / 2,
                );
                tries += 1;
            }
            Err(caught) => return Err(Box::new(Failed { caught, tries })),
        }
    }
}
