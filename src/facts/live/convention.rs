//! What the owners of the database want of new tables, as they have set it.

use super::expression::ask;
use super::{Planning, types};
use crate::ast::{self, ColumnDef, Opaque};
use crate::config::design;
use crate::facts::{ColumnType, Lookup, Named};
use crate::text;
use core::cell::RefCell;
use pgrx::pg_sys;
use regex::Regex;
use std::collections::HashMap;

thread_local! {
    /// Regular expressions that are in use, and what they were made of.
    static PATTERNS: RefCell<HashMap<Named, (String, Option<Regex>)>> = RefCell::default();
}

/// The regular expression that the names of a kind have to match.
pub(super) fn naming(of: Named) -> Option<String> {
    Some(design::naming(of)).filter(|pattern| !pattern.is_empty())
}

/// Whether a name matches it.
pub(super) fn follows(of: Named, name: &str) -> bool {
    let Some(pattern) = naming(of) else { return true };
    PATTERNS.with_borrow_mut(|known| {
        let (made_of, regex) = known.entry(of).or_default();
        if *made_of != pattern {
            *regex = design::pattern(&pattern).ok();
            *made_of = pattern;
        }
        regex.as_ref().is_none_or(|regex| regex.is_match(name))
    })
}

/// The columns that each new table has to have. Their nodes live as long as the statement is judged.
pub(super) fn required_columns() -> Lookup<Vec<ColumnDef>> {
    match design::required_columns() {
        none if none.is_empty() => Lookup::Missing,
        list => ast::columns_of_list(&list).map_or_else(Lookup::NotChecked, Lookup::Found),
    }
}

/// The types that new columns may not have, each as it is written.
pub(super) fn forbidden_types(planning: Planning) -> Lookup<Vec<(String, Lookup<ColumnType>)>> {
    match design::forbidden_types() {
        none if none.is_empty() => Lookup::Missing,
        list => ast::types_of_list(&list).map_or_else(Lookup::NotChecked, |written| {
            Lookup::Found(written.iter().map(|type_| (as_written(type_), resolved(type_, planning))).collect())
        }),
    }
}

fn resolved(type_: &Opaque, planning: Planning) -> Lookup<ColumnType> {
    ask(planning, || types::named(type_, planning))
}

fn as_written(type_: &Opaque) -> String {
    let node = type_.node as *const pg_sys::TypeName;
    // SAFETY: a TypeName of a list that was parsed a moment ago; the name is NUL-terminated.
    unsafe { text::from_c(pg_sys::TypeNameToString(node)) }.unwrap_or_default()
}
