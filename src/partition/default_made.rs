//! The default partition of a managed table, made by maintenance where there is none and the policy wants one.
#![forbid(unsafe_code)]

use super::agenda;
use super::apply::{self, Caller, Situation};
use super::inspect;
use super::plan::{self, Child, Method};
use super::policy::Policy;
use crate::error::{Code, Error};
use crate::facts::live::object::quote;

/// What its name has behind the table's.
const SUFFIX: &str = "_default";

/// Its name, qualified and quoted, as it would be.
pub(super) fn identity(at: &Situation) -> String {
    format!("{}.{}", at.facts.schema_quoted, quote(&at.name(SUFFIX)))
}

/// The partition as it would be made: attached, so that reads and writes go on. It is empty, and nothing has to be proved.
///
/// # Errors
/// Something has its name.
pub(super) fn draft(at: &Situation) -> Result<Child, Error> {
    let (name, parent) = (at.name(SUFFIX), &at.facts.parent.name);
    let place = inspect::place(at.facts.schema_oid, &at.facts.schema_quoted, &name)?;
    match &place.occupant {
        None => apply::draft(at, "DEFAULT".to_owned(), plan::newest_table(&at.siblings), &place, Method::Attach),
        Some(occupant) => Err(Error::new(
            Code::DuplicateTable,
            format!("name \"{name}\" for the default partition of \"{parent}\" is taken"),
        )
        .detail(format!("Kind of what has it: {}.", occupant.kind))
        .hint("Rename it first, or attach it as the default: ALTER TABLE ... ATTACH PARTITION ... DEFAULT;")),
    }
}

/// Makes it, unless it is there meanwhile.
///
/// # Errors
/// As [`draft`], or a lock was not to be had in time.
pub(super) fn make(policy: &Policy, caller: &Caller) -> Result<(), Error> {
    let before = agenda::situation(policy)?;
    apply::within(caller, &before.facts.parent, || {
        apply::lock(&before)?;
        let at = agenda::situation(policy)?;
        apply::must_have_its_name(&before, &at)?;
        if at.facts.default.is_some() {
            return Ok(());
        }
        apply::create(&at, &draft(&at)?).map(|_| ())
    })
}
