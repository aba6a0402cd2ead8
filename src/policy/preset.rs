//! Sets of levels that go together.
#![forbid(unsafe_code)]

use crate::finding::Level;
use crate::rules::{self, Area, Rule};

/// A preset: what it makes of each rule, and the bound for the wait for locks that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preset {
    Relaxed,
    Recommended,
    Strict,
    Rails,
    Django,
}

/// In milliseconds: long enough for a busy table, short enough for those who queue behind.
const LOCK_TIMEOUT: i32 = 5_000;

impl Preset {
    const ALL: [Self; 5] = [Self::Relaxed, Self::Recommended, Self::Strict, Self::Rails, Self::Django];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Relaxed => "relaxed",
            Self::Recommended => "recommended",
            Self::Strict => "strict",
            Self::Rails => "rails",
            Self::Django => "django",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == word)
    }

    /// Their names, for a hint.
    pub(super) fn listed() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The rules that are given another level than their own.
    pub(super) fn levels(self) -> Vec<(&'static Rule, Level)> {
        rules::all().map(|rule| (rule, self.level(rule))).filter(|(rule, level)| *level != rule.level).collect()
    }

    fn level(self, rule: &Rule) -> Level {
        match self {
            // Locks and losses as ever; how tables are designed is their owners' business.
            Self::Relaxed if rule.area == Area::Design => rule.level.min(Level::Info),
            Self::Strict => match rule.level {
                Level::Off => Level::Off,
                Level::Info => Level::Warning,
                Level::Warning | Level::Error => Level::Error,
            },
            Self::Rails if MADE_BY_RAILS.contains(&rule.id) => Level::Off,
            Self::Django if MADE_BY_DJANGO.contains(&rule.id) => Level::Off,
            Self::Relaxed | Self::Recommended | Self::Rails | Self::Django => rule.level,
        }
    }

    /// `warden.ddl_lock_timeout`, in milliseconds; `None` leaves the default.
    pub(super) fn lock_timeout(self) -> Option<i32> {
        (self != Self::Relaxed).then_some(LOCK_TIMEOUT)
    }
}

/// What Rails' own migrations write: `id: :bigserial`, `datetime` without a zone, `string` with a limit.
const MADE_BY_RAILS: [&str; 4] =
    ["column-type-serial", "column-type-timestamp", "column-type-varchar-n", "column-type-json"];

/// What Django's own migrations write: integer keys of its bundled applications, `varchar(n)` for `CharField`.
const MADE_BY_DJANGO: [&str; 4] =
    ["integer-primary-key", "column-type-integer", "column-type-varchar-n", "drop-not-null"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_name_rules_that_are_there() {
        for name in MADE_BY_RAILS.iter().chain(&MADE_BY_DJANGO) {
            assert!(rules::find(name).is_some(), "{name}");
        }
        assert!(Preset::ALL.iter().all(|preset| Preset::parse(preset.name()) == Some(*preset)));
    }

    #[test]
    fn presets_do_what_they_say() {
        assert!(Preset::Recommended.levels().is_empty());
        let level = |preset: Preset, id| preset.level(rules::find(id).unwrap());
        assert_eq!(level(Preset::Strict, "table-without-primary-key"), Level::Error);
        assert_eq!(level(Preset::Strict, "column-type-varchar-n"), Level::Off);
        assert_eq!(level(Preset::Relaxed, "table-without-primary-key"), Level::Info);
        assert_eq!(level(Preset::Relaxed, "create-index-not-concurrent"), Level::Error);
        assert_eq!(level(Preset::Rails, "column-type-serial"), Level::Off);
        assert_eq!(level(Preset::Django, "column-type-serial"), Level::Warning);
    }
}
