//! Settings of the rules that hold new tables to their owners' own conventions.
//!
//! A value is read as SQL or as a regular expression when it is set, wherever that is: in a session, at its start, or in
//! the postmaster. Neither needs a catalog. What the types in it mean is asked when a statement is judged.

use super::check;
use crate::ast;
use crate::facts::Named;
use core::ffi::{CStr, c_char, c_void};
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::{pg_guard, pg_sys};
use regex::Regex;
use std::ffi::CString;

type TextSetting = GucSetting<Option<CString>>;

static NAMING_TABLE: TextSetting = TextSetting::new(None);
static NAMING_COLUMN: TextSetting = TextSetting::new(None);
static NAMING_INDEX: TextSetting = TextSetting::new(None);
static NAMING_FOREIGN_KEY: TextSetting = TextSetting::new(None);
static NAMING_CHECK: TextSetting = TextSetting::new(None);
static NAMING_SEQUENCE: TextSetting = TextSetting::new(None);
static NAMING_PARTITION: TextSetting = TextSetting::new(None);
static REQUIRED_COLUMNS: TextSetting = TextSetting::new(None);
static FORBIDDEN_TYPES: TextSetting = TextSetting::new(None);

/// Names of these settings, none of which ordinary users may set.
pub(super) const NAMES: [&CStr; 9] = [
    c"warden.naming_table",
    c"warden.naming_column",
    c"warden.naming_index",
    c"warden.naming_foreign_key",
    c"warden.naming_check",
    c"warden.naming_sequence",
    c"warden.naming_partition",
    c"warden.required_columns",
    c"warden.forbidden_types",
];

/// The regular expression for the names of a kind; empty for none.
pub(crate) fn naming(of: Named) -> String {
    super::text(match of {
        Named::Table => &NAMING_TABLE,
        Named::Column => &NAMING_COLUMN,
        Named::Index => &NAMING_INDEX,
        Named::ForeignKey => &NAMING_FOREIGN_KEY,
        Named::Check => &NAMING_CHECK,
        Named::Sequence => &NAMING_SEQUENCE,
        Named::Partition => &NAMING_PARTITION,
    })
}

/// The columns that each new table is to have, as in CREATE TABLE; empty for none.
pub(crate) fn required_columns() -> String {
    super::text(&REQUIRED_COLUMNS)
}

/// The types that new columns are not to have; empty for none.
pub(crate) fn forbidden_types() -> String {
    super::text(&FORBIDDEN_TYPES)
}

/// A regular expression that the whole of a name has to match.
///
/// # Errors
/// Why it is none.
pub(crate) fn pattern(text: &str) -> Result<Regex, String> {
    // By itself first: brackets that it does not open would close ours.
    Regex::new(text).and_then(|_| Regex::new(&format!(r"\A(?:{text})\z"))).map_err(|error| {
        // The first lines of it show the place with spaces, which a single line cannot.
        let said = error.to_string();
        format!("{}.", said.lines().last().unwrap_or_default().trim_start_matches("error: "))
    })
}

/// What is wrong with the value of one of these settings, as a sentence.
pub(crate) fn problem(name: &str, value: &str) -> Option<String> {
    if value.is_empty() {
        return None;
    }
    match name {
        "warden.required_columns" => ast::columns_of_list(value).err(),
        "warden.forbidden_types" => ast::types_of_list(value).err(),
        _ if name.starts_with("warden.naming_") => pattern(value).err(),
        _ => None,
    }
}

/// Defines them.
pub(super) fn define() {
    type Row = (&'static CStr, &'static CStr, &'static TextSetting);
    let naming: [Row; 7] = [
        (c"warden.naming_table", c"Regular expression for names of tables; empty for none.", &NAMING_TABLE),
        (c"warden.naming_column", c"Regular expression for names of columns; empty for none.", &NAMING_COLUMN),
        (c"warden.naming_index", c"Regular expression for names of indexes; empty for none.", &NAMING_INDEX),
        (
            c"warden.naming_foreign_key",
            c"Regular expression for names of foreign keys; empty for none.",
            &NAMING_FOREIGN_KEY,
        ),
        (c"warden.naming_check", c"Regular expression for names of CHECK constraints; empty for none.", &NAMING_CHECK),
        (c"warden.naming_sequence", c"Regular expression for names of sequences; empty for none.", &NAMING_SEQUENCE),
        (c"warden.naming_partition", c"Regular expression for names of partitions; empty for none.", &NAMING_PARTITION),
    ];
    for (name, what, setting) in naming {
        define_text(
            name,
            what,
            c"The whole name has to match. For the rule naming-convention.",
            setting,
            check_pattern,
        );
    }
    define_text(
        c"warden.required_columns",
        c"Columns that each new table has to have, as in CREATE TABLE: name, type, NOT NULL.",
        c"For the rule required-columns.",
        &REQUIRED_COLUMNS,
        check_columns,
    );
    define_text(
        c"warden.forbidden_types",
        c"Types that new columns may not have, separated by commas.",
        c"For the rule forbidden-types.",
        &FORBIDDEN_TYPES,
        check_types,
    );
}

type Hook = unsafe extern "C-unwind" fn(*mut *mut c_char, *mut *mut c_void, pg_sys::GucSource::Type) -> bool;

fn define_text(
    name: &'static CStr,
    short: &'static CStr,
    long: &'static CStr,
    setting: &'static TextSetting,
    hook: Hook,
) {
    let (context, flags) = (GucContext::Suset, GucFlags::default());
    // SAFETY: the hook has the server's signature, and turns a panic into an error of the server.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(name, short, long, setting, context, flags, Some(hook), None, None);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn check_pattern(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: called by the server with a new value.
    unsafe { check(value, |text| problem("warden.naming_", text)) }
}

#[pg_guard]
unsafe extern "C-unwind" fn check_columns(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: called by the server with a new value.
    unsafe { check(value, |text| problem("warden.required_columns", text)) }
}

#[pg_guard]
unsafe extern "C-unwind" fn check_types(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: called by the server with a new value.
    unsafe { check(value, |text| problem("warden.forbidden_types", text)) }
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn the_whole_name_matches_or_none_of_it() {
        let plural = pattern("[a-z]+s|news").unwrap();
        assert!(
            plural.is_match("orders")
                && plural.is_match("news")
                && !plural.is_match("orders_2")
                && !plural.is_match("Xorders")
        );
        assert!(pattern("a|ab").unwrap().is_match("ab"), "the longer alternative counts too");
        assert!(!pattern("a").unwrap().is_match("a\n"));
    }

    #[test]
    fn what_is_no_expression_is_explained() {
        for text in ["(", "a)(b", "*", "[z-a]"] {
            let said = pattern(text).unwrap_err();
            assert!(said.ends_with('.') && !said.contains('\n'), "{said}");
        }
    }
}
