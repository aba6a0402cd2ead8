//! Every rule: one file, one page, two lines in its area's file.
//!
//! Nothing dispatches by name: guard, lint, audit and docs iterate over [`all`].
#![forbid(unsafe_code)]

use crate::ast::{AlterAction, Commands, Located, QualifiedName, Statement};
use crate::effects::{self, Effects};
use crate::facts::{Facts, MadeWorse, Relation};
use crate::finding::{Finding, Level};
use crate::text;
use core::cell::OnceCell;
use std::sync::LazyLock;

mod access;
mod columns;
pub(crate) mod cost;
mod ddl;
mod design;
mod evidence;
mod index;
mod index_script;
mod keys;
mod names;
mod partition;
mod server;
pub mod source;
mod sql;
pub mod wording;

pub use source::Source;
pub use wording::{Quantity, quote_ident};

/// A rule: its name, its page and what it checks.
#[derive(Debug)]
pub struct Rule {
    /// Names the pattern, so that "allow `create-index-not-concurrent`" reads as English. Never reused, never deleted.
    pub id: &'static str,
    /// Five characters, one a rule, in the class `WD`, which the standard leaves to implementations.
    pub sqlstate: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The page of docs/rules, in Markdown.
    pub page: &'static str,
    /// Where the rule belongs.
    pub area: Area,
    /// The level until somebody sets another.
    pub level: Level,
    /// The version that brought it.
    pub since: &'static str,
    /// What it checks; guard, lint and audit take the kinds they know.
    pub checks: &'static [Check],
}

/// Areas of rules, as the folders of src/rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Locks, scans and rewrites while DDL runs.
    Ddl,
    /// Tables, columns and keys.
    Design,
    /// Indexes that exist.
    Index,
    /// Partitioned tables.
    Partition,
    /// Roles, privileges, row security, and how clients come in.
    Access,
    /// Settings, and the state of the server.
    Server,
}

impl Area {
    /// The word of the column `area`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddl => "ddl",
            Self::Design => "design",
            Self::Index => "index",
            Self::Partition => "partition",
            Self::Access => "access",
            Self::Server => "server",
        }
    }
}

/// What a rule looks at decides who runs it.
#[derive(Clone, Copy)]
pub enum Check {
    /// A statement that has one of these commands: the guard before it runs, and lint.
    Statement(Commands, fn(&Statement, &dyn Facts, &mut Report)),
    /// A statement and what it would do, relation by relation: the same.
    Effects(fn(&Case<'_>, &mut Report)),
    /// The same, for what depends on who else is there at that moment: the guard.
    Now(fn(&Case<'_>, &mut Report)),
    /// What no event trigger sees, a statement or what was run before it: lint.
    Unseen(fn(&Statement, &dyn Facts, &mut Report)),
    /// One action of ALTER TABLE, if it is one of these: the guard before it runs, and lint.
    Alter(Commands, fn(&QualifiedName, &AlterAction, &dyn Facts, &mut Report)),
    /// What a transaction made worse: the guard before it commits, and lint at the end of the script's transactions.
    AtCommit(fn(&MadeWorse, &dyn Facts, &mut Report)),
    /// A table that is about to be written again, though no rule foresaw it: the guard, when the table is locked already.
    Rewrite(fn(&Relation, &str, &dyn Facts, &mut Report)),
    /// A script as a whole, which no event trigger sees: lint.
    Script(fn(&[Located], bool, &mut Report)),
    /// What exists: the audit.
    Audit(&'static Audit),
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.engines())
    }
}

impl Check {
    /// Who runs it, as the column `checks` says.
    #[must_use]
    pub fn engines(&self) -> &'static str {
        match self {
            Self::Statement(..) | Self::Effects(_) | Self::Alter(..) | Self::AtCommit(_) => "guard, lint",
            Self::Now(_) | Self::Rewrite(_) => "guard",
            Self::Unseen(_) | Self::Script(_) => "lint",
            Self::Audit(_) => "audit",
        }
    }

    /// Whether it is asked about statements one by one.
    #[must_use]
    pub fn is_of_statements(&self) -> bool {
        !matches!(self, Self::AtCommit(_) | Self::Rewrite(_) | Self::Script(_) | Self::Audit(_))
    }

    /// The commands it looks at; of nothing else is it asked.
    fn commands(&self) -> Commands {
        match self {
            Self::Statement(commands, _) | Self::Alter(commands, _) => *commands,
            _ => Commands::ALL,
        }
    }
}

/// A predicate over the rows of one [`Source`], and the texts it makes of a row. All SQL, all constant.
#[derive(Debug)]
pub struct Audit {
    /// The catalog query whose rows are judged.
    pub source: Source,
    /// SQL condition over the source's columns: true for a finding.
    pub when: &'static str,
    /// SQL expression of type text: the condition in words.
    pub message: &'static str,
    /// SQL expression of type text: the effect, with the row's figures. May be NULL.
    pub detail: &'static str,
    /// SQL expression of type text: what to do. May be NULL.
    pub hint: &'static str,
    /// SQL expression of type text: SQL that mends it. May be NULL.
    pub fix: &'static str,
    /// SQL expression of type text: a level for this row, or NULL for the rule's. Or `'not checked'`, and the reason in `detail`.
    pub level: &'static str,
    /// SQL expression of type text over no row: why nothing can be said now about any of them. NULL where they can be judged.
    pub blind: &'static str,
}

impl Audit {
    /// A check over that source which says nothing yet: for `..Audit::of(source)`.
    #[must_use]
    pub const fn of(source: Source) -> Self {
        Self {
            source,
            when: "false",
            message: "NULL",
            detail: "NULL",
            hint: "NULL",
            fix: "NULL",
            level: "NULL",
            blind: "NULL",
        }
    }
}

/// A statement that is about to run. Its effects are told once, and only if a rule asks.
pub struct Case<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The database.
    pub facts: &'a dyn Facts,
    locks: OnceCell<Effects>,
    effects: OnceCell<Effects>,
}

impl<'a> Case<'a> {
    /// A statement and the database it is to run in.
    #[must_use]
    pub fn new(statement: &'a Statement, facts: &'a dyn Facts) -> Self {
        Self { statement, facts, locks: OnceCell::new(), effects: OnceCell::new() }
    }

    /// The effects, where the case itself is no longer needed.
    #[must_use]
    pub fn into_effects(self) -> Effects {
        let Self { statement, facts, effects, .. } = self;
        effects.into_inner().unwrap_or_else(|| effects::of(statement, facts))
    }

    /// What it would lock: see [`effects::locks_of`].
    pub fn locks(&self) -> &Effects {
        self.locks.get_or_init(|| effects::locks_of(self.statement, self.facts))
    }

    /// What it would lock and do.
    pub fn effects(&self) -> &Effects {
        self.effects.get_or_init(|| effects::of(self.statement, self.facts))
    }
}

/// What checks add their findings to.
#[derive(Debug)]
pub struct Report {
    rule: &'static str,
    level: Level,
    findings: Vec<Finding>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new() -> Self {
        Self { rule: "", level: Level::Off, findings: Vec::new() }
    }

    /// A finding of the rule at work, at that rule's level; add it with [`Report::push`].
    #[must_use]
    pub fn finding(&self, object: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding::new(self.rule, self.level, object, message)
    }

    /// Adds a finding, whose level may be lower than its rule's, but not higher: a rule that nobody would hear is not asked.
    pub fn push(&mut self, finding: Finding) {
        debug_assert!(finding.level <= self.level, "{} is above the level of its rule", finding.rule);
        self.findings.push(finding);
    }

    /// Adds that the rule at work could not look at an object, and why.
    pub fn not_checked(&mut self, object: impl Into<String>, message: impl Into<String>, reason: impl Into<String>) {
        let mut finding = self.finding(object, message).detail(reason);
        finding.not_checked = true;
        finding.never_blocks = true;
        self.findings.push(finding);
    }

    /// What was found, in the order it was found.
    #[must_use]
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    fn by(&mut self, asked: &Asked) -> &mut Self {
        self.rule = asked.rule;
        self.level = asked.level;
        self
    }
}

impl Default for Report {
    fn default() -> Self {
        Self::new()
    }
}

/// Every rule, in the order they are listed and documented.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [ddl::RULES, partition::RULES, design::RULES, index::RULES, access::RULES, server::RULES]
        .into_iter()
        .flatten()
        .copied()
}

/// The rule of that name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

/// The rule whose name is nearest to a word that is none, if any is near.
#[must_use]
pub fn nearest(word: &str) -> Option<&'static str> {
    text::nearest(word, all().map(|rule| rule.id))
}

/// A check, and what its rule adds to it: the registry itself lies scattered in memory, and is slow to walk for each statement.
#[derive(Clone, Copy)]
struct Asked {
    rule: &'static str,
    level: Level,
    check: Check,
}

impl Asked {
    fn of(rule: &'static Rule) -> impl Iterator<Item = Self> {
        rule.checks.iter().map(|check| Self { rule: rule.id, level: rule.level, check: *check })
    }
}

/// The checks that are asked, in the order of the rules.
pub struct Selection(Vec<Asked>);

impl Selection {
    /// Those about statements, of every rule.
    #[must_use]
    pub fn all() -> Self {
        Self::of(|_| true, Check::is_of_statements)
    }

    /// Those of some rules, and of these some.
    pub fn of(rules: impl Fn(&Rule) -> bool, is_asked: impl Fn(&Check) -> bool) -> Self {
        Self(all().filter(|rule| rules(rule)).flat_map(Asked::of).filter(|asked| is_asked(&asked.check)).collect())
    }
}

/// Findings of the selected rules about one statement before it runs.
pub fn judge(case: &Case<'_>, selection: &Selection, report: &mut Report) {
    if let Statement::CreateSchema { elements, .. } = case.statement {
        for element in elements {
            judge(&Case::new(element, case.facts), selection, report);
        }
        return;
    }
    let commands = case.statement.commands();
    for asked in &selection.0 {
        if asked.check.commands().meets(commands) {
            judge_check(asked.check, case, report.by(asked));
        }
        debug_assert!(overlooked(asked, case).is_empty(), "{} looks at more than it says", asked.rule);
    }
}

/// What a check would find in commands that it does not say it looks at: nothing, or it would be missed.
fn overlooked(asked: &Asked, case: &Case<'_>) -> Vec<Finding> {
    let mut report = Report::new();
    match (asked.check, case.statement) {
        (Check::Statement(commands, check), statement) if !commands.meets(statement.commands()) => {
            check(statement, case.facts, report.by(asked));
        }
        (Check::Alter(commands, check), Statement::AlterTable { table, actions, .. }) => {
            for action in actions.iter().filter(|action| !commands.meets(action.command())) {
                check(table, action, case.facts, report.by(asked));
            }
        }
        _ => {}
    }
    report.findings
}

fn judge_check(check: Check, case: &Case<'_>, report: &mut Report) {
    match (check, case.statement) {
        (Check::Statement(_, check) | Check::Unseen(check), statement) => check(statement, case.facts, report),
        (Check::Effects(check), _) => check(case, report),
        (Check::Now(check), _) if case.facts.runs_now() => check(case, report),
        (Check::Alter(commands, check), Statement::AlterTable { table, actions, .. }) => {
            let looked_at = actions.iter().enumerate().filter(|(_, action)| commands.meets(action.command()));
            for (order, action) in looked_at {
                let before = report.findings.len();
                check(table, action, case.facts, report);
                report.findings.iter_mut().skip(before).for_each(|finding| finding.order = order);
            }
        }
        _ => {}
    }
}

/// The same for a statement of a script, which begins at the byte offset.
pub fn judge_at(case: &Case<'_>, selection: &Selection, at: usize, report: &mut Report) {
    let before = report.findings.len();
    judge(case, selection, report);
    for finding in report.findings.iter_mut().skip(before) {
        finding.statement_at = Some(at);
    }
}

/// Findings about a table that is about to be written again, and why.
pub fn judge_rewrite(table: &QualifiedName, reason: &str, facts: &dyn Facts, report: &mut Report) {
    let Some(table) = facts.shared_and_large(&QualifiedName { only: true, ..table.clone() }) else { return };
    for asked in all().flat_map(Asked::of) {
        if let Check::Rewrite(check) = asked.check {
            check(&table, reason, facts, report.by(&asked));
        }
    }
}

/// Findings of every rule about a script as a whole; `in_transaction` when whoever runs it opens a transaction for it.
pub fn judge_script(script: &[Located], in_transaction: bool, report: &mut Report) {
    for asked in all().flat_map(Asked::of) {
        if let Check::Script(check) = asked.check {
            check(script, in_transaction, report.by(&asked));
        }
    }
}

/// Findings of every rule about what a transaction made worse.
pub fn judge_commit(worse: &MadeWorse, facts: &dyn Facts, report: &mut Report) {
    static ASKED: LazyLock<Selection> =
        LazyLock::new(|| Selection::of(|_| true, |check| matches!(check, Check::AtCommit(_))));
    for asked in &ASKED.0 {
        if let Check::AtCommit(check) = asked.check {
            check(worse, facts, report.by(asked));
        }
    }
}

/// Declares a rule. The doc comment is its page.
macro_rules! declare_rule {
    (
        $(#[doc = $page:expr])+
        $id:literal, $sqlstate:literal, $area:ident, $level:ident, since $since:literal,
        $summary:literal,
        [$($kind:ident($($what:expr),+)),+ $(,)?]
    ) => {
        $(#[doc = $page])+
        pub(super) static RULE: $crate::rules::Rule = $crate::rules::Rule {
            id: $id,
            sqlstate: $sqlstate,
            summary: $summary,
            page: concat!($($page, "\n"),+),
            area: $crate::rules::Area::$area,
            level: $crate::finding::Level::$level,
            since: $since,
            checks: {
                // The names of the commands that checks say they look at.
                #[allow(unused_imports, reason = "not every rule names one")]
                use $crate::ast::commands::*;
                &[$($crate::rules::Check::$kind($($what),+)),+]
            },
        };
    };
}
use declare_rule;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn stems(folder: &Path, extension: &str) -> BTreeSet<String> {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == extension))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().replace('_', "-"))
            .collect()
    }

    #[test]
    fn every_rule_has_its_file_and_its_page() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let ids: BTreeSet<String> = all().map(|rule| rule.id.to_owned()).collect();
        let files: BTreeSet<String> = ["access", "ddl", "design", "index", "partition", "server"]
            .iter()
            .flat_map(|area| stems(&root.join("src/rules").join(area), "rs"))
            .collect();
        assert_eq!(files, ids, "a file without a line in its area, or the other way round");
        assert_eq!(stems(&root.join("docs/rules"), "md"), ids, "a page without a rule, or the other way round");
    }

    #[test]
    fn names_and_codes_are_unique_and_well_formed() {
        let ids: BTreeSet<_> = all().map(|rule| rule.id).collect();
        let codes: BTreeSet<_> = all().map(|rule| rule.sqlstate).collect();
        assert_eq!((ids.len(), codes.len()), (all().count(), all().count()));
        for rule in all() {
            assert!(rule.sqlstate.len() == 5 && rule.sqlstate.starts_with("WD"), "{}", rule.id);
            assert!(rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", rule.id);
            assert!(!rule.checks.is_empty(), "{}", rule.id);
        }
    }

    #[test]
    fn every_page_begins_with_its_rule_and_says_why() {
        for rule in all() {
            assert!(rule.page.trim_start().starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
            for heading in ["## Why", "## Found", "## Instead", "## When it is fine"] {
                assert!(rule.page.contains(heading), "{} lacks {heading}", rule.id);
            }
        }
    }

    /// docs/rules.md, as it is generated.
    fn index_page() -> String {
        let mut page = String::from(
            "# Rules\n\nEvery rule, with the page that says why, shows what is found and what to do instead. `warden.help('<rule>')` \
             shows a page in psql, the view `warden.rules` lists them. This list is made from the rules themselves.\n",
        );
        let areas = [
            (Area::Ddl, "What DDL does while it runs"),
            (Area::Partition, "Partitioned tables"),
            (Area::Design, "Tables, columns and keys"),
            (Area::Index, "Indexes that exist"),
            (Area::Access, "Who may do what"),
            (Area::Server, "The server and its settings"),
        ];
        for (area, heading) in areas {
            page.push_str(&format!(
                "\n## {heading}\n\n| rule | level | by | what it finds |\n| --- | --- | --- | --- |\n"
            ));
            for rule in all().filter(|rule| rule.area == area) {
                let engines: BTreeSet<&str> =
                    rule.checks.iter().flat_map(|check| check.engines().split(", ")).collect();
                let engines: Vec<&str> =
                    ["guard", "lint", "audit"].into_iter().filter(|e| engines.contains(e)).collect();
                page.push_str(&format!(
                    "| [`{0}`](rules/{0}.md) | {1} | {2} | {3} |\n",
                    rule.id,
                    rule.level,
                    engines.join(", "),
                    rule.summary
                ));
            }
        }
        page
    }

    #[test]
    fn the_index_page_lists_every_rule() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
        let page = index_page();
        if std::env::var_os("PG_WARDEN_BLESS").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            page,
            "run the tests with PG_WARDEN_BLESS=1, and read the difference"
        );
    }

    #[test]
    fn the_nearest_name_is_suggested_and_nonsense_is_not() {
        assert_eq!(nearest("create-index-not-concurent"), Some("create-index-not-concurrent"));
        assert_eq!(nearest("column-serial"), Some("column-type-serial"));
        assert_eq!(nearest("xyzzy"), None);
    }
}
