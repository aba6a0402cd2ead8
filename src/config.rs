//! Every setting, each with a sentence an administrator can use.
//!
//! This module vouches for: `MarkGUCPrefixReserved` is called once, after every setting is defined; the server's records
//! of our settings are read, never written, and stay where they are for as long as the process.
#![allow(unsafe_code, reason = "reserves the prefixes; see the module's promise")]

use crate::policy::allow::Allow;
use crate::policy::{Levels, kept};
use core::ffi::{c_char, c_void};
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};
use pgrx::pg_sys;
use std::cell::Cell;
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

impl Mode {
    /// A mode that can be kept for a database.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Off, Self::Warn, Self::Enforce].into_iter().find(|mode| mode.name() == word)
    }

    /// The word users write and read.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }
}

/// Where decisions are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub(crate) enum Journal {
    /// Nowhere.
    #[name = c"off"]
    Off,
    /// In the server log.
    #[name = c"log"]
    Log,
    /// In the table behind `warden.journal`, and what is blocked in the log as well.
    #[name = c"table"]
    Table,
}

/// What opt-outs may let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub(crate) enum InlineAllow {
    /// Any finding.
    #[name = c"all"]
    All,
    /// What would not block.
    #[name = c"warnings"]
    Warnings,
    /// None.
    #[name = c"none"]
    None,
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
pub(crate) static BYPASS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
static ALLOW: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
pub(crate) static INLINE_ALLOW: GucSetting<InlineAllow> = GucSetting::<InlineAllow>::new(InlineAllow::All);
pub(crate) static JOURNAL: GucSetting<Journal> = GucSetting::<Journal>::new(Journal::Log);
static LARGE_TABLE_ROWS: GucSetting<i32> = GucSetting::<i32>::new(1_000_000);
/// In kilobytes.
static LARGE_TABLE_SIZE: GucSetting<i32> = GucSetting::<i32>::new(256 * 1024);
/// In milliseconds.
static BUSY_AFTER: GucSetting<i32> = GucSetting::<i32>::new(5_000);
/// In milliseconds.
static DDL_LOCK_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(0);
pub(crate) static PARTITION_TIME_ZONE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c"UTC"));
/// In milliseconds.
pub(crate) static PARTITION_LOCK_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(2_000);
pub(crate) static PARTITION_WORKER: GucSetting<bool> = GucSetting::<bool>::new(false);
pub(crate) static PARTITION_WORKER_DATABASES: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
/// In seconds.
pub(crate) static PARTITION_WORKER_NAPTIME: GucSetting<i32> = GucSetting::<i32>::new(60);
pub(crate) static PARTITION_LOCK_RETRIES: GucSetting<i32> = GucSetting::<i32>::new(5);

/// A text setting as a `String`; empty when unset.
pub(crate) fn text(setting: &GucSetting<Option<CString>>) -> String {
    setting.get().map(|value| crate::text::decode(value.to_bytes()).into_owned()).unwrap_or_default()
}

/// A setting that may be kept for the database as well, by `warden.set_threshold`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threshold {
    LargeTableRows,
    /// In kilobytes.
    LargeTableSize,
    /// In milliseconds.
    BusyAfter,
    /// In milliseconds.
    DdlLockTimeout,
}

impl Threshold {
    pub(crate) const ALL: [Self; 4] =
        [Self::LargeTableRows, Self::LargeTableSize, Self::BusyAfter, Self::DdlLockTimeout];

    /// The setting's name, without its prefix.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LargeTableRows => "large_table_rows",
            Self::LargeTableSize => "large_table_size",
            Self::BusyAfter => "busy_after",
            Self::DdlLockTimeout => "ddl_lock_timeout",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|threshold| threshold.name() == name)
    }

    fn setting(self) -> &'static GucSetting<i32> {
        match self {
            Self::LargeTableRows => &LARGE_TABLE_ROWS,
            Self::LargeTableSize => &LARGE_TABLE_SIZE,
            Self::BusyAfter => &BUSY_AFTER,
            Self::DdlLockTimeout => &DDL_LOCK_TIMEOUT,
        }
    }

    fn unit(self) -> u32 {
        match self {
            Self::LargeTableRows => 0,
            Self::LargeTableSize => pg_sys::GUC_UNIT_KB,
            Self::BusyAfter | Self::DdlLockTimeout => pg_sys::GUC_UNIT_MS,
        }
    }

    /// What is in effect: the setting, where somebody has set it; else what is kept for the database; else the default.
    pub(crate) fn get(self) -> i32 {
        let set = self.setting().get();
        if THRESHOLDS.get()[self as usize].is_set() { set } else { kept::now().threshold(self).unwrap_or(set) }
    }

    /// A value as it would be set, such as `5s` or `1GB`, in the setting's unit.
    pub(crate) fn read(self, value: &str) -> Option<i32> {
        let (value, mut result) = (CString::new(value).ok()?, 0);
        // SAFETY: a NUL-terminated text; the server says yes or no.
        let read = unsafe {
            pg_sys::parse_int(value.as_ptr(), &raw mut result, self.unit().cast_signed(), core::ptr::null_mut())
        };
        (read && result >= 0).then_some(result)
    }
}

/// The server's record of a setting of ours.
#[derive(Debug, Clone, Copy)]
struct Record(*const pg_sys::config_generic);

impl Record {
    const NONE: Self = Self(core::ptr::null());

    fn of(name: &str) -> Self {
        // SAFETY: an array of settings, each with a NUL-terminated name, as the server keeps them.
        let found =
            unsafe { settings().find(|setting| CStr::from_ptr((**setting).name).to_bytes() == name.as_bytes()) };
        found.map_or(Self::NONE, |setting| Self(setting.cast_const()))
    }

    /// Whether somebody has set it, anywhere.
    fn is_set(self) -> bool {
        // SAFETY: null, or a record that stays where it is.
        !self.0.is_null() && unsafe { (*self.0).source } != pg_sys::GucSource::PGC_S_DEFAULT
    }

    /// Whether its value ends with the transaction.
    fn is_local(self) -> bool {
        // SAFETY: as above; a stack entry lives as long as the record points at it.
        let state = unsafe { if self.0.is_null() { None } else { (*self.0).stack.as_ref().map(|entry| entry.state) } };
        let local = [pg_sys::GucStackState::GUC_LOCAL, pg_sys::GucStackState::GUC_SET_LOCAL];
        state.is_some_and(|state| local.contains(&state))
    }
}

thread_local! {
    /// In the order of [`Threshold`].
    static THRESHOLDS: Cell<[Record; 4]> = const { Cell::new([Record::NONE; 4]) };
    static ALLOW_RECORD: Cell<Record> = const { Cell::new(Record::NONE) };
}

/// Finds the server's records, once the settings are defined.
fn find_records() {
    THRESHOLDS.set(Threshold::ALL.map(|threshold| Record::of(&format!("warden.{}", threshold.name()))));
    ALLOW_RECORD.set(Record::of("warden.allow"));
}

/// `warden.allow`, and whether it is set for this transaction alone, as it has to be.
pub(crate) fn allow() -> Option<(String, bool)> {
    let text = text(&ALLOW);
    (!text.is_empty()).then(|| (text, ALLOW_RECORD.get().is_local()))
}

/// Settings that ordinary users may not set.
const RESTRICTED: [&CStr; 10] = [
    c"warden.mode",
    c"warden.bypass",
    c"warden.inline_allow",
    c"warden.journal",
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
    define_exceptions();
    define_thresholds();
    define_partitions();
    define_partition_worker();
    design::define();
    find_records();
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
}

fn define_exceptions() {
    let all = GucFlags::default();
    GucRegistry::define_enum_guc(
        c"warden.journal",
        c"Where decisions are recorded.",
        c"off: nowhere. log: a line of JSON each in the server log. table: in the table behind warden.journal.",
        &JOURNAL,
        GucContext::Suset,
        all,
    );
    GucRegistry::define_string_guc(
        c"warden.bypass",
        c"Why nothing is to block; while it is set, each decision is recorded with it.",
        c"",
        &BYPASS,
        GucContext::Suset,
        all,
    );
    GucRegistry::define_enum_guc(
        c"warden.inline_allow",
        c"What comments \"warden:allow\" and warden.allow may let pass.",
        c"all: any finding. warnings: what would not block. none: nothing.",
        &INLINE_ALLOW,
        GucContext::Suset,
        all,
    );
    // SAFETY: the hook has the server's signature, reads no catalog and does not panic.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            c"warden.allow",
            c"Rules that are let pass in this transaction, and why: rule, rule: reason.",
            c"Holds where it was set with SET LOCAL.",
            &ALLOW,
            GucContext::Userset,
            all,
            Some(check_allow),
            None,
            None,
        );
    }
}

fn define_thresholds() {
    let all = GucFlags::default();
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
    GucRegistry::define_int_guc(
        c"warden.partition_lock_retries",
        c"How often partition maintenance tries again what could not get a lock, or met a deadlock.",
        c"",
        &PARTITION_LOCK_RETRIES,
        0,
        100,
        GucContext::Userset,
        GucFlags::default(),
    );
}

fn define_partition_worker() {
    GucRegistry::define_bool_guc(
        c"warden.partition_worker",
        c"Whether a background worker maintains partitions where that is scheduled.",
        c"Needs pg_warden in shared_preload_libraries. See warden.schedule_partition_maintenance.",
        &PARTITION_WORKER,
        GucContext::Sighup,
        GucFlags::default(),
    );
    GucRegistry::define_string_guc(
        c"warden.partition_worker_databases",
        c"Databases that the partition worker comes to, separated by commas; empty for all.",
        c"",
        &PARTITION_WORKER_DATABASES,
        GucContext::Sighup,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"warden.partition_worker_naptime",
        c"Time between two looks of the partition worker at the schedule of each database.",
        c"",
        &PARTITION_WORKER_NAPTIME,
        1,
        86_400,
        GucContext::Sighup,
        GucFlags::UNIT_S,
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

/// Refuses an opt-out that cannot be read, and says why.
unsafe extern "C-unwind" fn check_allow(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    let problem = |text: &str| if text.is_empty() { None } else { Allow::parse(text).err().map(|bad| bad.explain()) };
    // SAFETY: called by the server with a new value.
    unsafe { check(value, problem) }
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
