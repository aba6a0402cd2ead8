//! The page of a rule, `docs/rules/<rule>.md`: what people read, and its test.
//!
//! | block | what is done |
//! |---|---|
//! | `sql setup` | all of them are run first, with `warden.mode = off`, then ANALYZE |
//! | `sql settings` | run first in each session that lints or runs a unit |
//! | `sql` | each unit is linted, then run under the guard |
//! | `sql lint` | only linted |
//! | `sql guard` | only run |
//! | `sql other` | run in a second session, before the block that follows, and kept open while that is run |
//! | `sql audit` | run with `warden.mode = off`, then `warden.audit` is asked for the page's rule |
//! | `sql audit server` | the same, one unit after the other in a cluster that all such pages share: what they set by ALTER SYSTEM is loaded before the audit, with `restart` by a restart, and taken back after it, as are roles that they made |
//! | `conf hba` | each line is put before those of pg_hba.conf, then the audit is asked as above; `# finding: <rule>` or `# ok` stands behind it |
//!
//! `since 18` behind any of them leaves the block to servers of that major and later: what older ones refuse. `until 17` leaves it to that major and
//! older ones.
//!
//! `alone` behind `setup` gives the page a cluster of its own, whose changes can be decoded: what waits there waits for nobody else. `standby` behind
//! `guard` gives it one to which a standby is connected.
//!
//! Every block starts from the setup's data, in a database of its own. A unit is the statements up to and with the next one that carries a comment
//! `-- finding: <rule>[, <rule>]` or `-- ok` (inside it, or behind it on the same line); a block that holds a BEGIN is one unit. Units are run one after
//! the other, each in a new session.
//!
//! `<!-- claim: lock=Share on=orders rewrite=no scan=yes -->` is what the first unit with a finding does: it is run in a transaction, looked at from a
//! second session, and rolled back. `in=2` names the second such unit, and so on. `<!-- no claim: reason -->` says that there is nothing to see, and
//! frees the page from showing both a finding and an ok. `<!-- tested by: file::test -->` says where the finding is shown that no block can show.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::document::{self, Block};
use crate::sql;

/// A page, cut into what is run.
#[derive(Debug, Default)]
pub struct Page {
    /// The rule: name of the file, and first heading.
    pub rule: String,
    /// Statements of the setup blocks.
    pub setup: String,
    /// Statements of the settings blocks.
    pub settings: String,
    /// Nobody else may use the cluster.
    pub alone: bool,
    /// A standby must be connected.
    pub standby: bool,
    /// It changes the server: [`Engines::Server`] is all there is.
    pub server: bool,
    /// The other blocks.
    pub blocks: Vec<Test>,
    /// What the page says to be seen from another session.
    pub claims: Vec<Claim>,
    /// The test that shows the finding, where no block can.
    pub tested_by: Option<String>,
    /// Why it claims nothing.
    pub no_claim: Option<String>,
}

/// Which engines a block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engines {
    /// Lint, then guard.
    Both,
    /// Lint alone.
    Lint,
    /// Guard alone.
    Guard,
    /// Audit alone.
    Audit,
    /// Audit alone, of a server whose settings are changed.
    Server,
    /// Audit alone, of a server with lines of `pg_hba.conf`.
    Hba,
}

/// A block.
#[derive(Debug)]
pub struct Test {
    /// Who looks at it.
    pub engines: Engines,
    /// The majors that it is for.
    pub majors: RangeInclusive<u32>,
    /// What another session has run, and keeps open meanwhile.
    pub other: String,
    /// The server is started anew before the audit.
    pub restart: bool,
    /// What is run, in order.
    pub units: Vec<Unit>,
}

/// Statements that are judged together.
#[derive(Debug)]
pub struct Unit {
    /// Statement by statement.
    pub statements: Vec<String>,
    /// The rules that must be found; none for `ok`.
    pub expected: BTreeSet<String>,
    /// Line in the page.
    pub line: usize,
    /// It opens and ends its own transaction.
    pub transaction: bool,
}

impl Unit {
    /// The unit as one script.
    #[must_use]
    pub fn script(&self) -> String {
        self.statements.join("\n")
    }
}

/// What a statement is seen to do from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Mode as `pg_locks` has it, without `Lock`.
    pub lock: Option<String>,
    /// The relation.
    pub on: String,
    /// It gets a new file.
    pub rewrite: Option<bool>,
    /// Its rows are read.
    pub scan: Option<bool>,
    /// Which of the units with a finding, from 1.
    pub nth: usize,
}

/// Reads a page.
///
/// # Errors
/// Where its form is not as described above.
pub fn parse(rule: &str, markdown: &str) -> Result<Page, String> {
    let mut page = Page { rule: rule.to_owned(), ..Page::default() };
    let heading = markdown.lines().next().unwrap_or_default();
    if heading != format!("# {rule}") {
        return Err(format!("line 1: the page must begin with \"# {rule}\", not {heading:?}"));
    }
    let mut other = String::new();
    for block in document::blocks(markdown) {
        let unknown = || format!("line {}: no such kind of block: {:?}", block.line, block.info);
        if block.info == "conf hba" {
            page.server = true;
            page.blocks.push(Test {
                engines: Engines::Hba,
                majors: 0..=u32::MAX,
                other: String::new(),
                restart: false,
                units: lines(&block)?,
            });
            continue;
        }
        let mut words = block.info.split_whitespace();
        if words.next() != Some("sql") {
            continue;
        }
        if block.info == "sql other" {
            other.push_str(&block.text);
            continue;
        }
        if block.info == "sql settings" {
            page.settings.push_str(&block.text);
            continue;
        }
        let mut engines = Some(Engines::Both);
        let (mut since, mut until) = (0, u32::MAX);
        let mut restart = false;
        while let Some(word) = words.next() {
            match word {
                "setup" => engines = None,
                "lint" => engines = Some(Engines::Lint),
                "guard" => engines = Some(Engines::Guard),
                "audit" => engines = Some(Engines::Audit),
                "server" if engines == Some(Engines::Audit) => engines = Some(Engines::Server),
                "restart" if engines == Some(Engines::Server) => restart = true,
                "alone" => page.alone = true,
                "standby" => page.standby = true,
                "since" => since = words.next().and_then(|n| n.parse().ok()).ok_or_else(unknown)?,
                "until" => until = words.next().and_then(|n| n.parse().ok()).ok_or_else(unknown)?,
                _ => return Err(unknown()),
            }
        }
        let Some(engines) = engines else {
            if (since, until) != (0, u32::MAX) {
                return Err(unknown());
            }
            page.setup.push_str(&block.text);
            continue;
        };
        if block.not_run.is_some() {
            continue;
        }
        page.server |= engines == Engines::Server;
        let (majors, other) = (since..=until, std::mem::take(&mut other));
        page.blocks.push(Test { engines, majors, other, restart, units: units(&block)? });
    }
    for (number, line) in markdown.lines().enumerate() {
        let mut rest = line;
        while let Some(at) = rest.find("<!--") {
            let Some((body, behind)) = rest[at + 4..].split_once("-->") else {
                break;
            };
            let body = body.trim();
            if let Some(text) = body.strip_prefix("claim:") {
                page.claims.push(claim(text).map_err(|e| format!("line {}: {e}", number + 1))?);
            } else if let Some(reason) = body.strip_prefix("no claim:") {
                page.no_claim = Some(reason.trim().to_owned());
            } else if let Some(test) = body.strip_prefix("tested by:") {
                page.tested_by = Some(test.trim().to_owned());
            }
            rest = behind;
        }
    }
    complete(&page)?;
    Ok(page)
}

fn complete(page: &Page) -> Result<(), String> {
    let all = || page.blocks.iter().flat_map(|b| &b.units);
    if page.tested_by.is_none() && !all().any(|u| u.expected.contains(&page.rule)) {
        return Err(format!("no statement is said to be found by {}", page.rule));
    }
    if page.no_claim.is_none() {
        if page.claims.is_empty() {
            return Err("the page claims nothing, and does not say why (<!-- no claim: reason -->)".to_owned());
        }
        if !all().any(|u| u.expected.is_empty()) {
            return Err("no statement is said to be ok".to_owned());
        }
    }
    if page.no_claim.as_deref() == Some("") {
        return Err("no claim: without a reason".to_owned());
    }
    Ok(())
}

fn units(block: &Block) -> Result<Vec<Unit>, String> {
    let statements = sql::split(&block.text);
    let word =
        |text: &str| text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_uppercase();
    let whole = statements.iter().any(|s| word(s.text) == "BEGIN");
    let mut units = Vec::new();
    let mut open: Option<Unit> = None;
    let mut said = false;
    for statement in statements {
        let line = block.line + statement.line;
        let unit = open.get_or_insert_with(|| Unit {
            statements: Vec::new(),
            expected: BTreeSet::new(),
            line,
            transaction: whole,
        });
        unit.statements.push(statement.text.to_owned());
        for comment in &statement.comments {
            if let Some(rules) = comment.strip_prefix("finding:") {
                // A remark may follow in brackets.
                let rules = rules.split('(').next().unwrap_or_default();
                unit.expected.extend(rules.split(',').map(|r| r.trim().to_owned()));
                said = true;
            } else if *comment == "ok"
                || comment.starts_with("ok ")
                || comment.starts_with("ok:")
                || comment.starts_with("ok,")
            {
                said = true;
            }
        }
        if said && !whole {
            units.extend(open.take());
            said = false;
        }
    }
    if let Some(unit) = open {
        if !said {
            return Err(format!(
                "line {}: neither \"-- finding: <rule>\" nor \"-- ok\" behind {}",
                unit.line,
                unit.script()
            ));
        }
        units.push(unit);
    }
    if units.is_empty() { Err(format!("line {}: an empty block", block.line)) } else { Ok(units) }
}

/// Each line of a configuration file as a unit.
fn lines(block: &Block) -> Result<Vec<Unit>, String> {
    let mut units = Vec::new();
    for (number, line) in block.text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line_number = block.line + number + 1;
        let (text, said) = line.split_once('#').unwrap_or((line, ""));
        let expected = match said.trim().strip_prefix("finding:") {
            Some(rules) => {
                rules.split('(').next().unwrap_or_default().split(',').map(|rule| rule.trim().to_owned()).collect()
            }
            None if said.trim().starts_with("ok") => BTreeSet::new(),
            None => return Err(format!("line {line_number}: neither \"# finding: <rule>\" nor \"# ok\"")),
        };
        units.push(Unit { statements: vec![text.trim().to_owned()], expected, line: line_number, transaction: false });
    }
    Ok(units)
}

fn claim(text: &str) -> Result<Claim, String> {
    let mut claim = Claim { nth: 1, ..Claim::default() };
    let yes_no = |value: &str| match value {
        "yes" => Ok(Some(true)),
        "no" => Ok(Some(false)),
        _ => Err(format!("claim: {value:?} is neither yes nor no")),
    };
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some(("lock", value)) => claim.lock = Some(value.to_owned()),
            Some(("on", value)) => claim.on = value.to_owned(),
            Some(("rewrite", value)) => claim.rewrite = yes_no(value)?,
            Some(("scan", value)) => claim.scan = yes_no(value)?,
            Some(("in", value)) => claim.nth = value.parse().map_err(|_| format!("claim: {value:?} is no number"))?,
            _ => return Err(format!("claim: what is {word:?}?")),
        }
    }
    if claim.on.is_empty() || (claim.lock.is_none() && claim.rewrite.is_none() && claim.scan.is_none()) {
        return Err("claim: on= and one of lock=, rewrite=, scan= are needed".to_owned());
    }
    Ok(claim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# r\n## Why\nSHARE. <!-- claim: lock=Share on=t scan=yes -->\n```sql setup\nCREATE TABLE t (a int);\n```\n```sql\nSET x = 1;\n\
        CREATE INDEX i ON t (a); -- finding: r, s (both)\nSELECT 1; -- ok\n```\n```sql lint\nBEGIN;\nSELECT 1; -- ok\nCOMMIT;\n```\n";

    #[test]
    fn units_end_at_their_comment() {
        let page = parse("r", PAGE).unwrap();
        assert_eq!(page.setup, "CREATE TABLE t (a int);\n");
        assert_eq!(page.blocks.len(), 2);
        let units = &page.blocks[0].units;
        assert_eq!(units[0].statements, ["SET x = 1;", "CREATE INDEX i ON t (a);"]);
        assert_eq!(units[0].expected.iter().collect::<Vec<_>>(), ["r", "s"]);
        assert_eq!(units[0].line, 8);
        assert!(units[1].expected.is_empty());
        assert_eq!((page.blocks[1].engines, page.blocks[1].units.len()), (Engines::Lint, 1));
        assert!(page.blocks[1].units[0].transaction);
        let with_settings = format!("{PAGE}```sql settings\nSET x = 2;\n```\n");
        assert_eq!(parse("r", &with_settings).unwrap().settings, "SET x = 2;\n");
        let of_majors = |words: &str| parse("r", &PAGE.replace("sql lint", words)).unwrap().blocks[1].majors.clone();
        assert_eq!(of_majors("sql lint since 18"), 18..=u32::MAX);
        assert_eq!(of_majors("sql lint until 17"), 0..=17);
        assert_eq!(
            page.claims,
            [Claim { lock: Some("Share".into()), on: "t".into(), scan: Some(true), rewrite: None, nth: 1 }]
        );
    }

    #[test]
    fn incomplete_pages_are_refused() {
        for (broken, why) in [
            (PAGE.replace("# r\n", "# q\n"), "must begin"),
            (PAGE.replace("claim: lock", "lock"), "claims nothing"),
            (PAGE.replace("-- ok", "-- okay"), "neither"),
            (PAGE.replace("finding: r, s (both)", "finding: s"), "said to be found"),
            (PAGE.replace("scan=yes", "scan=maybe"), "neither yes nor no"),
            (PAGE.replace("sql lint", "sql linted"), "no such kind"),
            (PAGE.replace("sql lint", "sql since new"), "no such kind"),
        ] {
            let error = parse("r", &broken).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
