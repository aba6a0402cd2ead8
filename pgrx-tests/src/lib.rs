//! Client-side tests of `pg_warden`: throw-away clusters, sessions that keep what the server said, and documents run as tests.
//!
//! The tests themselves are in `tests/all.rs` and the modules beside it.

pub mod case;
pub mod cluster;
pub mod document;
pub mod filter;
pub mod grammar;
pub mod page;
pub mod partitioned;
pub mod report;
pub mod session;
pub mod sql;
pub mod standby;

pub use case::{Case, Leg};
pub use cluster::{Cluster, Database, Options};
pub use filter::Filter;
pub use libtest_mimic::Failed;
pub use report::{Finding, Outcome, Report};
pub use session::Session;
pub use standby::Standby;

/// What a test returns.
pub type Result<T = ()> = std::result::Result<T, Failed>;

/// Fails the test with a formatted message unless the condition holds.
#[macro_export]
macro_rules! ensure {
    ($cond:expr $(,)?) => {
        if !$cond {
            return ::std::result::Result::Err($crate::Failed::from(format!("{}:{}: not so: {}", file!(), line!(), stringify!($cond))));
        }
    };
    ($cond:expr, $($arg:tt)+) => {
        if !$cond {
            return ::std::result::Result::Err($crate::Failed::from(format!("{}:{}: {}", file!(), line!(), format!($($arg)+))));
        }
    };
}

/// Fails the test unless both are equal, showing both.
#[macro_export]
macro_rules! ensure_eq {
    ($left:expr, $right:expr $(,)?) => {
        $crate::ensure_eq!($left, $right, "not equal")
    };
    ($left:expr, $right:expr, $($arg:tt)+) => {
        match (&$left, &$right) {
            (left, right) => {
                if *left != *right {
                    return ::std::result::Result::Err($crate::Failed::from(format!(
                        "{}:{}: {}\n     got: {:?}\nexpected: {:?}", file!(), line!(), format!($($arg)+), left, right
                    )));
                }
            }
        }
    };
}

/// Fails the test with a formatted message.
#[macro_export]
macro_rules! fail {
    ($($arg:tt)+) => {
        return ::std::result::Result::Err($crate::Failed::from(format!("{}:{}: {}", file!(), line!(), format!($($arg)+))))
    };
}
