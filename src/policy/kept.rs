//! The policy that is kept in tables, as this session last read it.
//!
//! It is read anew when the server says that one of its tables has changed, so that a change holds in every session from
//! its next statement on, pooled ones too.
#![forbid(unsafe_code)]

use super::Levels;
use super::exemption::{BY_OBJECT, Exemption, pattern};
use crate::config::{Mode, Threshold};
use crate::finding::Level;
use crate::store::{self, Key, Row, Table};
use crate::{rules, spi};
use core::cell::{Cell, RefCell};
use pgrx::pg_sys::Oid;
use regex::Regex;
use std::collections::HashMap;
use std::rc::Rc;

/// Who has set something, and when (microseconds since 2000).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) role: String,
    pub(crate) at: i64,
}

/// A mode that was set.
#[derive(Debug, Clone)]
pub(crate) struct KeptMode {
    /// Empty for every role that has none of its own.
    pub(crate) role: String,
    pub(crate) mode: Mode,
    /// The database it was set for: a copy of that one is another.
    pub(crate) database: Oid,
    pub(crate) by: Author,
}

/// The policy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    /// Counts how often it was read.
    pub(crate) reading: u64,
    /// Since `warden.disable()`.
    pub(crate) switched_off: Option<Author>,
    modes: Vec<KeptMode>,
    pub(crate) levels: Levels,
    /// Names of rules that have a level, but that this library does not know.
    pub(crate) unknown_rules: Vec<String>,
    thresholds: HashMap<&'static str, i32>,
    pub(crate) has_exemptions: bool,
    pub(crate) patterns: Vec<(Exemption, Regex)>,
}

thread_local! {
    static KEPT: RefCell<Rc<Kept>> = RefCell::default();
    static READINGS: Cell<u64> = const { Cell::new(0) };
}

/// The policy as it was last read; an empty one before that.
pub(crate) fn now() -> Rc<Kept> {
    KEPT.with_borrow(Rc::clone)
}

/// Reads the policy if it has changed.
///
/// # Errors
/// When it could not be read; what was read before still holds then. Not to be called where no subtransaction can be.
pub(crate) fn refresh() -> Result<(), String> {
    if store::is_current() {
        return Ok(());
    }
    match spi::shielded(read).and_then(|read| read) {
        Ok(kept) => {
            KEPT.set(Rc::new(kept));
            Ok(())
        }
        Err(reason) => {
            store::unread();
            Err(reason)
        }
    }
}

fn read() -> Result<Kept, String> {
    let reading = READINGS.get() + 1;
    READINGS.set(reading);
    let mut kept = Kept { reading, ..Kept::default() };
    if !store::read_from_now() {
        return Ok(kept);
    }
    let off = store::rows(Table::SwitchedOff, None)?;
    kept.switched_off = off.iter().find(|row| row.get(0).oid() == Some(store::database())).map(|row| author(row, 1));
    kept.modes = store::rows(Table::Mode, None)?.iter().filter_map(mode).collect();
    for row in store::rows(Table::Level, None)? {
        let (name, level) = (row.get(0).text().unwrap_or_default(), row.get(1).text().and_then(Level::parse));
        match (rules::find(name), level) {
            (Some(rule), Some(level)) => kept.levels.set(rule.id, level),
            _ => kept.unknown_rules.push(name.to_owned()),
        }
    }
    for row in store::rows(Table::Threshold, None)? {
        let threshold = row.get(0).text().and_then(Threshold::parse);
        let value = row.get(1).number().and_then(|value| i32::try_from(value).ok());
        if let (Some(threshold), Some(value)) = (threshold, value) {
            kept.thresholds.insert(threshold.name(), value);
        }
    }
    kept.has_exemptions = store::any(Table::Exemption)?;
    if kept.has_exemptions {
        // Patterns begin with what sorts after every name.
        kept.patterns = store::rows(Table::Exemption, Some((BY_OBJECT, Key::TextFrom("~"))))?
            .iter()
            .map(Exemption::of)
            .filter_map(|exemption| pattern(&exemption.object).ok().map(|pattern| (exemption, pattern)))
            .collect();
    }
    Ok(kept)
}

fn mode(row: &Row) -> Option<KeptMode> {
    Some(KeptMode {
        role: row.get(0).text()?.to_owned(),
        mode: Mode::parse(row.get(1).text()?)?,
        database: row.get(2).oid()?,
        by: author(row, 3),
    })
}

fn author(row: &Row, first: usize) -> Author {
    Author {
        at: row.get(first).number().unwrap_or_default(),
        role: row.get(first + 1).text().unwrap_or_default().to_owned(),
    }
}

impl Kept {
    /// The mode of a session where `warden.mode` leaves it to the policy.
    pub(crate) fn mode(&self) -> Mode {
        if self.switched_off.is_some() {
            return Mode::Off;
        }
        self.mode_here().map_or(Mode::Warn, |kept| kept.mode)
    }

    /// What was set for this database and the role that logged in, or for all.
    pub(crate) fn mode_here(&self) -> Option<&KeptMode> {
        if self.modes.is_empty() {
            return None;
        }
        let (role, database) = (store::session_role(), store::database());
        let of = |role: &str| self.modes.iter().find(|kept| kept.role == role && kept.database == database);
        of(&role).or_else(|| of(""))
    }

    /// Modes that were set in the database that this one is a copy of.
    pub(crate) fn modes_elsewhere(&self) -> impl Iterator<Item = &KeptMode> {
        self.modes.iter().filter(|kept| kept.database != store::database())
    }

    /// A threshold that was set.
    pub(crate) fn threshold(&self, threshold: Threshold) -> Option<i32> {
        self.thresholds.get(threshold.name()).copied()
    }
}
