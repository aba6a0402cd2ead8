//! Every client-side test on every leg of the version matrix.
//!
//! `PG_WARDEN_LEGS` names the legs: `NAME=/path/to/pg_config`, separated by spaces; without it there is one, of the `pg_config` in PATH.
//! `PG_WARDEN_FULL=1` adds the long suites, `PG_WARDEN_SEED=n` keeps random DDL to one seed. Arguments are libtest's: a filter, `--list`,
//! `--test-threads`, …

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use pg_warden_tests::{Case, Leg};

mod audit;
mod audit_access;
mod audit_bloat;
mod audit_columns;
mod audit_indexes;
mod audit_partitions;
mod audit_policies;
mod audit_server;
mod audit_tables;
mod audit_updates;
mod audit_values;
mod audit_whole;
mod commit;
mod concurrently;
mod crash;
mod deadlocks;
mod decisions;
mod dump;
mod encodings;
mod events;
mod exits;
mod fixture;
mod guard;
mod harness;
mod histories;
mod install;
mod journal;
mod lint;
mod lock_matrix;
mod memory;
mod opt_outs;
mod pages;
mod partition_adoption;
mod partition_advice;
mod partition_attach;
mod partition_calendar;
mod partition_check;
mod partition_convert;
mod partition_detach;
mod partition_drain;
mod partition_edges;
mod partition_encoded;
mod partition_gaps;
mod partition_guard;
mod partition_inherit;
mod partition_keys;
mod partition_lists;
mod partition_lookup;
mod partition_maintenance;
mod partition_options;
mod partition_policy;
mod partition_range;
mod partition_retention;
mod partition_schedule;
mod partition_series;
mod partition_split;
mod partition_steps;
mod partition_tree;
mod partitions;
mod policy;
mod random_ddl;
mod readme;
mod regress;
mod replication;
mod roles;
mod settings;
mod upgrade;
mod views;

/// All tests, group by group.
fn cases() -> Vec<Case> {
    [
        audit::cases(),
        audit_access::cases(),
        audit_bloat::cases(),
        audit_partitions::cases(),
        audit_policies::cases(),
        audit_server::cases(),
        audit_tables::cases(),
        audit_updates::cases(),
        audit_values::cases(),
        audit_indexes::cases(),
        audit_whole::cases(),
        audit_columns::cases(),
        harness::cases(),
        guard::cases(),
        commit::cases(),
        lint::cases(),
        lock_matrix::cases(),
        events::cases(),
        exits::cases(),
        deadlocks::cases(),
        dump::cases(),
        histories::cases(),
        concurrently::cases(),
        encodings::cases(),
        install::cases(),
        regress::cases(),
        replication::cases(),
        settings::cases(),
        partition_adoption::cases(),
        partition_advice::cases(),
        partition_attach::cases(),
        partition_gaps::cases(),
        partition_guard::cases(),
        partition_inherit::cases(),
        partition_keys::cases(),
        partition_calendar::cases(),
        partition_check::cases(),
        partition_convert::cases(),
        partition_detach::cases(),
        partition_drain::cases(),
        partition_edges::cases(),
        partition_encoded::cases(),
        partition_lookup::cases(),
        partition_lists::cases(),
        partitions::cases(),
        partition_schedule::cases(),
        partition_split::cases(),
        partition_steps::cases(),
        partition_tree::cases(),
        partition_series::cases(),
        partition_range::cases(),
        partition_options::cases(),
        partition_policy::cases(),
        partition_maintenance::cases(),
        partition_retention::cases(),
        memory::cases(),
        pages::cases(),
        random_ddl::cases(),
        readme::cases(),
        views::cases(),
        policy::cases(),
        opt_outs::cases(),
        roles::cases(),
        journal::cases(),
        decisions::cases(),
        crash::cases(),
        upgrade::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(3));
    let legs = match start(&std::env::var("PG_WARDEN_LEGS").unwrap_or_else(|_| "local=pg_config".to_owned())) {
        Ok(legs) => legs,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::FAILURE;
        }
    };

    let mut trials = Vec::new();
    for case in cases() {
        let case = Arc::new(case);
        for leg in &legs {
            if let Some(reason) = (case.not_on)(leg) {
                eprintln!("not run: {}::{}: {reason}", leg.name, case.name);
                continue;
            }
            let (case, leg) = (Arc::clone(&case), Arc::clone(leg));
            trials.push(Trial::test(format!("{}::{}", leg.name, case.name), move || {
                let before = leg.cluster.log().len();
                let verdict = (case.run)(&leg);
                // A crash takes every test of the leg that runs meanwhile with it: say so instead of "connection closed".
                match (leg.cluster.check_log(before), verdict) {
                    (Err(crash), Err(e)) => {
                        Err(format!("{}\n{}", crash.message().unwrap_or_default(), e.message().unwrap_or_default())
                            .into())
                    }
                    (crash, verdict) => crash.and(verdict),
                }
            }));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);

    let mut crashed = false;
    for leg in legs {
        let name = leg.name.clone();
        let verdict = Arc::into_inner(leg).map_or(Ok(()), |leg| leg.cluster.finish());
        if let Err(e) = verdict {
            eprintln!("leg {name}: {}", e.message().unwrap_or_default());
            crashed = true;
        }
    }
    if crashed || conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// Starts the cluster of each leg, all at once.
fn start(legs: &str) -> Result<Vec<Arc<Leg>>, String> {
    let specs: Vec<(&str, &str)> = legs
        .split_whitespace()
        .map(|spec| {
            spec.split_once('=').ok_or_else(|| format!("PG_WARDEN_LEGS: {spec:?} is not NAME=/path/to/pg_config"))
        })
        .collect::<Result<_, _>>()?;
    if specs.is_empty() {
        return Err("PG_WARDEN_LEGS names no leg".to_owned());
    }
    std::thread::scope(|scope| {
        let starting: Vec<_> = specs
            .iter()
            .map(|&(name, pg_config)| (name, scope.spawn(move || Leg::start(name, Path::new(pg_config)))))
            .collect();
        starting
            .into_iter()
            .map(|(name, started)| match started.join() {
                Ok(Ok(leg)) => Ok(Arc::new(leg)),
                Ok(Err(e)) => Err(format!("leg {name}: {}", e.message().unwrap_or_default())),
                Err(_) => Err(format!("leg {name}: its start panicked")),
            })
            .collect()
    })
}
