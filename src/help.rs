//! What is here, and the page of each rule.
#![forbid(unsafe_code)]

use crate::audit;
use crate::config::Mode;
use crate::error::{Code, Error};
use crate::guard;
use crate::policy::kept;
use crate::rules::{self, Rule};
use crate::text::{self, Text};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// One screen: what is here, and what to type next.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.help() RETURNS pg_catalog.text LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.help() IS 'one screen: what is here, and what to type next';
"#,
    requires = ["schema"]
)]
fn help() -> Text {
    // What was read before still holds where the policy is locked.
    let _ = kept::refresh();
    let rules = rules::all().count();
    Text(format!(
        "\
pg_warden {version}, mode {mode}: {meaning}

Guard       judges each DDL statement of this database before it runs, and each transaction before it commits.
              SELECT warden.set_mode('enforce');            -- or off, warn; for this session: SET warden.mode

Policy      levels of rules, exceptions with their reasons, and what became of each finding.
              SELECT warden.set_level('drop-table', 'error'); SELECT warden.apply_preset('strict');
              SELECT warden.exempt('drop-table', 'public.staging', 'emptied each night');
              SELECT * FROM warden.exemptions; SELECT * FROM warden.journal;

Lint        judges a migration; nothing of it runs.
              SELECT * FROM warden.lint('ALTER TABLE orders ALTER COLUMN note SET NOT NULL');

Explain     tells what a DDL statement would lock, and how long it would work under the lock.
              SELECT * FROM warden.explain('ALTER TABLE orders ALTER COLUMN note SET NOT NULL');

Audit       judges what exists.
              SELECT * FROM warden.todo;                    -- worst first
              SELECT * FROM warden.audit_table('orders');   -- with detail and the SQL that mends it

Partitions  makes the next one, or all of them in time.
              SELECT warden.create_monthly_partition('events', '2030-01-01');
              SELECT * FROM warden.manage_partitions('events'); CALL warden.partition_maintenance();

Rules       {rules}, each with a page.
              SELECT * FROM warden.rules;
              SELECT warden.help('create-index-not-concurrent');

Status      SELECT * FROM warden.status;                    -- versions, mode, what the guard does not see",
        version = env!("CARGO_PKG_VERSION"),
        mode = mode().0,
        meaning = mode().1,
    ))
}

/// The mode in effect, and what it means.
pub(crate) fn mode() -> (&'static str, &'static str) {
    match guard::mode() {
        Mode::Off => ("off", "nothing is looked at."),
        Mode::Enforce => ("enforce", "findings at level error block, others are said."),
        Mode::Warn | Mode::Policy => ("warn", "findings are said, nothing is blocked."),
    }
}

/// The page of a rule.
///
/// # Errors
/// 42704 for a rule that there is not, 22004 for NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.help(rule pg_catalog.text) RETURNS pg_catalog.text LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.help(pg_catalog.text) IS 'the page of a rule: why, what is found, what to do instead';
"#,
    requires = ["schema"]
)]
fn help_rule(rule: Option<Text>) -> Result<Text, ErrorReport> {
    let name = rule
        .ok_or_else(|| {
            Error::new(Code::NullNotAllowed, "rule must not be null")
                .hint("All rules: SELECT rule, summary FROM warden.rules;")
        })?
        .0;
    let rule = rules::find(name.trim()).ok_or_else(|| audit::unknown_rule(&name))?;
    let page = without_comments(rule.page);
    Ok(Text(if text::database_is_utf8() { page } else { in_ascii(&page) }))
}

/// Rows of `warden.rules`.
///
/// PUBLIC may execute it: it is reached through the view alone, whose privileges decide.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.rules(
    OUT rule pg_catalog.text, OUT area pg_catalog.text, OUT default_level pg_catalog.text, OUT level pg_catalog.text,
    OUT checks pg_catalog.text, OUT since pg_catalog.text, OUT summary pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.rules() IS 'pg_warden: rows of warden.rules, which decides who may read them';
"#,
    requires = ["schema"]
)]
fn rule_rows() -> TableIterator<
    'static,
    (
        name!(rule, Text),
        name!(area, Text),
        name!(default_level, Text),
        name!(level, Text),
        name!(checks, Text),
        name!(since, Text),
        name!(summary, Text),
    ),
> {
    // What was read before still holds where the policy is locked.
    let _ = kept::refresh();
    let levels = guard::levels();
    TableIterator::new(rules::all().map(move |rule| {
        let level = levels.of(rule.id).unwrap_or(rule.level);
        (
            rule.id.into(),
            rule.area.name().into(),
            rule.level.name().into(),
            level.name().into(),
            engines(rule).into(),
            rule.since.into(),
            rule.summary.into(),
        )
    }))
}

/// Who runs a rule: `guard, lint, audit` or some of them.
fn engines(rule: &Rule) -> String {
    let mut engines: Vec<&str> = Vec::new();
    for check in rule.checks {
        if !engines.contains(&check.engines()) {
            engines.push(check.engines());
        }
    }
    engines.join(", ")
}

/// A page as people read it: comments in it speak to its test.
fn without_comments(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut rest = page;
    while let Some((before, behind)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = behind.split_once("-->").map_or("", |(_, behind)| behind);
        // A comment on lines of its own leaves none behind.
        if out.ends_with('\n') {
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
    }
    out.push_str(rest);
    out.trim().to_owned()
}

/// A text for an encoding that may not have its punctuation.
fn in_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-'),
            '\u{2018}' | '\u{2019}' => out.push('\''),
            '\u{201c}' | '\u{201d}' => out.push('"'),
            '\u{2026}' => out.push_str("..."),
            '\u{2192}' => out.push_str("->"),
            '\u{00a0}' => out.push(' '),
            c if c.is_ascii() => out.push(c),
            _ => out.push('?'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lose_their_comments_and_nothing_else() {
        assert_eq!(without_comments("# a\n\nb   <!-- claim: x -->\n<!-- c\nd -->\ne\n"), "# a\n\nb   \ne");
        for rule in rules::all() {
            let page = without_comments(rule.page);
            assert!(page.starts_with(&format!("# {}", rule.id)) && !page.contains("<!--") && !page.contains("-->"));
        }
    }

    #[test]
    fn pages_survive_in_ascii() {
        assert_eq!(in_ascii("\u{201c}a\u{201d} \u{2013} b\u{2026} \u{2192} \u{fc}"), "\"a\" - b... -> ?");
        assert!(rules::all().all(|rule| in_ascii(rule.page).is_ascii()));
    }

    #[test]
    fn every_rule_has_engines() {
        let engines = |id| engines(rules::find(id).unwrap());
        assert_eq!(engines("foreign-key-without-index"), "guard, lint, audit");
        assert_eq!(engines("index-duplicate"), "audit");
    }
}
