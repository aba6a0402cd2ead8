//! Exceptions that an administrator makes, and the findings that they cover.
#![forbid(unsafe_code)]

use super::Excuse;
use super::kept::Kept;
use crate::facts::live::{self, object};
use crate::finding::Finding;
use crate::store::{self, Index, Key, Row, Table};
use regex::Regex;

/// What an object that is a regular expression begins with.
pub(crate) const PATTERN: char = '~';

pub(crate) const BY_ID: Index = Index(c"exemption_pkey", 1);
pub(crate) const BY_OBJECT: Index = Index(c"exemption_object_idx", 3);
pub(crate) const OBJECT_BY_EXEMPTION: Index = Index(c"exempted_object_pkey", 1);
pub(crate) const OBJECT_BY_OID: Index = Index(c"exempted_object_object_idx", 3);

/// A row of `warden_internal.exemption`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exemption {
    pub(crate) id: i64,
    /// `None` for every rule.
    rule: Option<String>,
    pub(crate) object: String,
    reason: String,
    expires_at: Option<i64>,
    /// The role that logged in; `None` for all.
    role: Option<String>,
}

impl Exemption {
    pub(crate) fn of(row: &Row) -> Self {
        let text = |column| row.get(column).text().map(str::to_owned);
        Self {
            id: row.get(0).number().unwrap_or_default(),
            rule: text(1),
            object: text(2).unwrap_or_default(),
            reason: text(3).unwrap_or_default(),
            expires_at: row.get(4).number(),
            role: text(5),
        }
    }

    fn applies(&self, rule: &str, login: &str, now: i64) -> bool {
        self.rule.as_deref().is_none_or(|own| own == rule)
            && self.role.as_deref().is_none_or(|own| own == login)
            && self.expires_at.is_none_or(|end| end > now)
    }

    /// Whether the object that it was made for goes by another name now.
    fn has_moved(&self) -> Result<bool, String> {
        let attached = store::rows(Table::ExemptedObject, Some((OBJECT_BY_EXEMPTION, Key::Int8(self.id))))?;
        Ok(attached
            .iter()
            .filter_map(|row| object::identity(object::Address::of(row)?))
            .any(|name| name != self.object))
    }

    fn excuse(self) -> Excuse {
        Excuse::Exempt { id: self.id, reason: self.reason }
    }
}

/// A regular expression that is looked for in a finding's object, wherever it is not anchored.
///
/// # Errors
/// Why it is none.
pub(crate) fn pattern(object: &str) -> Result<Regex, String> {
    let expression = object.strip_prefix(PATTERN).unwrap_or(object);
    Regex::new(expression).map_err(|error| {
        let said = error.to_string();
        format!("{}.", said.lines().last().unwrap_or_default().trim_start_matches("error: "))
    })
}

/// The exemption that covers a finding of a session of that role, if any does.
///
/// # Errors
/// When the tables are locked.
pub(crate) fn find(finding: &Finding, login: &str, kept: &Kept) -> Result<Option<Excuse>, String> {
    let (rule, now) = (finding.rule, store::now());
    if !kept.has_exemptions || finding.object.is_empty() {
        return Ok(None);
    }
    let identity = full_name(finding);
    for (exemption, pattern) in &kept.patterns {
        if exemption.applies(rule, login, now) && pattern.is_match(&identity) {
            return Ok(Some(exemption.clone().excuse()));
        }
    }
    for name in names(&identity) {
        for row in store::rows(Table::Exemption, Some((BY_OBJECT, Key::Text(&name))))? {
            let exemption = Exemption::of(&row);
            if exemption.applies(rule, login, now) && !exemption.has_moved()? {
                return Ok(Some(exemption.excuse()));
            }
        }
        let Some(address) = object::resolve(&name) else { continue };
        for attached in store::rows(Table::ExemptedObject, Some((OBJECT_BY_OID, Key::Oid(address.object))))? {
            if object::Address::of(&attached) != Some(address) {
                continue;
            }
            let id = attached.get(0).number().unwrap_or_default();
            let rows = store::rows(Table::Exemption, Some((BY_ID, Key::Int8(id))))?;
            let found = rows.iter().map(Exemption::of).find(|exemption| exemption.applies(rule, login, now));
            if let Some(exemption) = found {
                return Ok(Some(exemption.excuse()));
            }
        }
    }
    Ok(None)
}

/// Rules whose object may be a schema or a role, which are in no schema.
const OF_SCHEMAS_AND_ROLES: [&str; 4] = ["drop-schema", "rename-schema", "grant-to-public", "alter-system-or-role"];

/// The name of a finding's object with its schema: what is about to be made has none where the statement gives none.
pub(crate) fn full_name(finding: &Finding) -> String {
    let object = &finding.object;
    let is_bare = !object.is_empty() && dots(object).is_empty() && !OF_SCHEMAS_AND_ROLES.contains(&finding.rule);
    match live::creation_schema().filter(|_| is_bare) {
        Some(schema) => format!("{}.{object}", object::quote(&schema)),
        None => object.clone(),
    }
}

/// The names that cover an object: its own, and those of what it is in. `a.b.c` gives `a.b.c`, `a.b` and `a`.
pub(crate) fn names(identity: &str) -> Vec<String> {
    let mut names = vec![identity.to_owned()];
    let ends = dots(identity);
    names.extend(ends.into_iter().rev().map(|dot| identity[..dot].to_owned()));
    names
}

/// The parts of a name, without their quotes.
pub(crate) fn parts(identity: &str) -> Vec<String> {
    let mut starts = vec![0];
    starts.extend(dots(identity).into_iter().map(|dot| dot + 1));
    let ends = dots(identity).into_iter().chain([identity.len()]);
    starts.into_iter().zip(ends).map(|(start, end)| unquote(&identity[start..end])).collect()
}

/// The dots that are not between quotes.
fn dots(identity: &str) -> Vec<usize> {
    let mut quoted = false;
    identity
        .bytes()
        .enumerate()
        .filter(|(_, byte)| {
            quoted ^= *byte == b'"';
            *byte == b'.' && !quoted
        })
        .map(|(at, _)| at)
        .collect()
}

fn unquote(part: &str) -> String {
    let inner = part.strip_prefix('"').and_then(|part| part.strip_suffix('"'));
    inner.map_or_else(|| part.to_owned(), |inner| inner.replace("\"\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_covered_by_what_it_is_in() {
        assert_eq!(names("a.b.c"), ["a.b.c", "a.b", "a"]);
        assert_eq!(names("\"a.b\".c"), ["\"a.b\".c", "\"a.b\""]);
        assert_eq!(names("a"), ["a"]);
    }

    #[test]
    fn parts_lose_their_quotes() {
        assert_eq!(parts("a.b"), ["a", "b"]);
        assert_eq!(parts("\"a.\"\"b\"\"\".\"C d\""), ["a.\"b\"", "C d"]);
    }

    #[test]
    fn an_exemption_is_bound_to_rule_role_and_time() {
        let one = Exemption {
            id: 1,
            rule: Some("drop-table".into()),
            object: "public.t".into(),
            reason: "r".into(),
            expires_at: Some(100),
            role: Some("a".into()),
        };
        assert!(one.applies("drop-table", "a", 99));
        assert!(!one.applies("drop-table", "a", 100) && !one.applies("drop-table", "b", 1));
        assert!(!one.applies("drop-column", "a", 1));
        let all = Exemption { rule: None, role: None, expires_at: None, ..one };
        assert!(all.applies("drop-column", "b", i64::MAX));
    }
}
