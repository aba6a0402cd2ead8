//! Every setting, each with a sentence an administrator can use.
//!
//! This module vouches for: `MarkGUCPrefixReserved` is called once, after every setting is defined.
#![allow(unsafe_code, reason = "reserves the prefixes; see the module's promise")]

use crate::policy::Levels;
use core::ffi::{c_char, c_void};
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};
use pgrx::pg_sys;
use std::ffi::{CStr, CString};

pub(crate) mod design;

/// What the guard does with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub(crate) enum Mode {
    /// What is kept for this database; at first, to warn.
    #[name = c"policy"]
    Policy,
    /// Nothing is looked at.
    #[name = c"off"]
    Off,
    /// Findings are said, nothing is blocked.
    #[name = c"warn"]
    Warn,
    /// Findings at level error block.
    #[name = c"enforce"]
    Enforce,
}

/// The lowest level that is said to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub(crate) enum Notify {
    /// Info too, as NOTICE.
    #[name = c"info"]
    Info,
    /// Warnings and errors.
    #[name = c"warning"]
    Warning,
    /// Errors only.
    #[name = c"error"]
    Error,
    /// Nothing.
    #[name = c"none"]
    None,
}

pub(crate) static MODE: GucSetting<Mode> = GucSetting::<Mode>::new(Mode::Policy);
pub(crate) static NOTIFY: GucSetting<Notify> = GucSetting::<Notify>::new(Notify::Warning);
pub(crate) static RULE_LEVELS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
pub(crate) static CONTACT: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
pub(crate) static LARGE_TABLE_ROWS: GucSetting<i32> = GucSetting::<i32>::new(1_000_000);
/// In kilobytes.
pub(crate) static LARGE_TABLE_SIZE: GucSetting<i32> = GucSetting::<i32>::new(256 * 1024);
/// In milliseconds.
pub(crate) static BUSY_AFTER: GucSetting<i32> = GucSetting::<i32>::new(5_000);
/// In milliseconds.
pub(crate) static DDL_LOCK_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(0);
pub(crate) static PARTITION_TIME_ZONE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c"UTC"));
/// In milliseconds.
pub(crate) static PARTITION_LOCK_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(2_000);

/// A text setting as a `String`; empty when unset.
pub(crate) fn text(setting: &GucSetting<Option<CString>>) -> String {
    setting.get().map(|value| crate::text::decode(value.to_bytes())).unwrap_or_default()
}

/// Settings that ordinary users may not set.
const RESTRICTED: [&CStr; 7] = [
    c"warden.mode",
    c"warden.rule_levels",
    c"warden.contact",
    c"warden.large_table_rows",
    c"warden.large_table_size",
    c"warden.busy_after",
    c"warden.ddl_lock_timeout",
];

/// Refuses what an ordinary user's connection options set before the library was loaded. The server would only ignore
/// it then, and with it what the administrator has set, which the option had pushed aside.
pub(crate) fn refuse_options_of_users() {
    // SAFETY: an array of settings, each with a NUL-terminated name, as the server keeps them.
    let refused = unsafe { settings().find(|setting| is_refused(&**setting)) };
    if let Some(setting) = refused {
        // SAFETY: as above.
        let name = unsafe { CStr::from_ptr((*setting).name) }.to_string_lossy().into_owned();
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
            format!("permission denied to set parameter \"{name}\"")
        );
    }
}

/// # Safety
/// A setting of the server.
unsafe fn is_refused(setting: &pg_sys::config_generic) -> bool {
    // SAFETY: names of settings are NUL-terminated.
    let name = unsafe { CStr::from_ptr(setting.name) };
    setting.source == pg_sys::GucSource::PGC_S_CLIENT
        && setting.scontext == pg_sys::GucContext::PGC_BACKEND
        && (RESTRICTED.contains(&name) || design::NAMES.contains(&name))
}

/// # Safety
/// The pointers are good until a setting is added.
#[cfg(feature = "pg15")]
unsafe fn settings() -> impl Iterator<Item = *mut pg_sys::config_generic> {
    // SAFETY: the array is as long as said.
    let (first, count) = unsafe { (pg_sys::get_guc_variables(), pg_sys::GetNumConfigOptions()) };
    // SAFETY: as above.
    (0..usize::try_from(count).unwrap_or(0)).map(move |i| unsafe { *first.add(i) })
}

/// # Safety
/// The pointers are good until a setting is added.
#[cfg(not(feature = "pg15"))]
unsafe fn settings() -> impl Iterator<Item = *mut pg_sys::config_generic> {
    let mut count = 0;
    // SAFETY: the array is as long as said.
    let first = unsafe { pg_sys::get_guc_variables(&raw mut count) };
    // SAFETY: as above.
    (0..usize::try_from(count).unwrap_or(0)).map(move |i| unsafe { *first.add(i) })
}

/// Defines every setting and reserves their prefixes, so that a typing error is an error.
pub(crate) fn define() {
    define_guard();
    define_partitions();
    design::define();
    for prefix in [c"warden", c"pg_warden"] {
        reserve(prefix);
    }
}

fn define_guard() {
    let all = GucFlags::default();
    GucRegistry::define_enum_guc(
        c"warden.mode",
        c"What the guard does with a finding.",
        c"policy: as kept for this database, at first warn. off: nothing is looked at. warn: said, never blocked. enforce: findings at level error block.",
        &MODE,
        GucContext::Suset,
        all,
    );
    GucRegistry::define_enum_guc(
        c"warden.notify",
        c"Lowest level of finding that is said to the client.",
        c"Blocking and the log do not depend on it.",
        &NOTIFY,
        GucContext::Userset,
        all,
    );
    // SAFETY: the hook has the server's signature, reads no catalog and does not panic.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            c"warden.rule_levels",
            c"Levels of single rules, over every other setting: rule=level, separated by commas.",
            c"Levels are error, warning, info and off.",
            &RULE_LEVELS,
            GucContext::Suset,
            all,
            Some(check_rule_levels),
            None,
            None,
        );
    }
    GucRegistry::define_string_guc(
        c"warden.contact",
        c"Whom to ask about a block; shown at the end of its hint.",
        c"",
        &CONTACT,
        GucContext::Suset,
        all,
    );
    GucRegistry::define_int_guc(
        c"warden.large_table_rows",
        c"Rows from which a table is large, partitions included.",
        c"Rules about how long a lock is held are silent on tables that are not large.",
        &LARGE_TABLE_ROWS,
        0,
        i32::MAX,
        GucContext::Suset,
        all,
    );
    GucRegistry::define_int_guc(
        c"warden.large_table_size",
        c"Size from which a table is large, partitions included.",
        c"Rules about how long a lock is held are silent on tables that are not large.",
        &LARGE_TABLE_SIZE,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"warden.busy_after",
        c"Age from which a transaction that holds or awaits a conflicting lock is named.",
        c"Younger ones are gone before anybody can do something about them.",
        &BUSY_AFTER,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"warden.ddl_lock_timeout",
        c"lock_timeout of a DDL statement for which none is in effect; 0 for none.",
        c"It ends with the statement. Statements that run CONCURRENTLY are left alone.",
        &DDL_LOCK_TIMEOUT,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
}

fn define_partitions() {
    GucRegistry::define_string_guc(
        c"warden.partition_time_zone",
        c"Time zone of timestamptz partitions whose present bounds do not show their own.",
        c"",
        &PARTITION_TIME_ZONE,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"warden.partition_lock_timeout",
        c"Longest wait for a lock in partition work; a shorter lock_timeout of the caller holds.",
        c"",
        &PARTITION_LOCK_TIMEOUT,
        1,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
}

/// Refuses a list that cannot be read, and says why.
unsafe extern "C-unwind" fn check_rule_levels(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: called by the server with a new value.
    unsafe { check(value, |list| Levels::parse(list).err().map(|error| error.explain())) }
}

/// Whether a new value has no problem; the problem becomes the DETAIL of the refusal.
///
/// # Safety
/// A pointer to the value, null or NUL-terminated, as the server gives it to its hooks.
unsafe fn check(value: *mut *mut c_char, problem: impl FnOnce(&str) -> Option<String>) -> bool {
    // SAFETY: as the caller says; the explanation is a copy in the memory that the server keeps for errors, where its
    // own hooks put theirs.
    unsafe {
        if (*value).is_null() {
            return true;
        }
        let value = CStr::from_ptr(*value).to_bytes();
        // Where another encoding would have to be converted, and nothing can be looked up yet, it is read when it is used.
        if !value.is_ascii() && !crate::text::database_is_utf8() && !pg_sys::IsTransactionState() {
            return true;
        }
        let Some(explanation) = problem(&crate::text::decode(value)) else { return true };
        if let Ok(explanation) = CString::new(crate::text::encode(&explanation)) {
            pg_sys::GUC_check_errdetail_string =
                pg_sys::MemoryContextStrdup(pg_sys::ErrorContext, explanation.as_ptr());
        }
        false
    }
}

fn reserve(prefix: &CStr) {
    // SAFETY: a NUL-terminated constant; the server copies it.
    unsafe { pg_sys::MarkGUCPrefixReserved(prefix.as_ptr()) };
}
