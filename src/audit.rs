//! What exists: catalog queries, and every rule about their rows as a predicate.
//!
//! A source is read once, whatever the number of rules. Statements are put together from constants alone; what a caller
//! says arrives as a parameter.
#![forbid(unsafe_code)]

use crate::error::{Code, Error};
use crate::finding::{Finding, Level, NOT_CHECKED};
use crate::guard;
use crate::policy::set::refreshed;
use crate::policy::{Levels, exemption, kept};
use crate::rows::{self, Row};
use crate::rules::source::Scope;
use crate::rules::{self, Audit, Check, Rule, Source};
use crate::spi;
use crate::store;
use crate::text::{Text, TextArray};
use core::cmp::Reverse;
use pgrx::pg_sys::Oid;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use progress::Progress;
use std::collections::BTreeMap;
use std::fmt::Write as _;

mod checklist;
mod fold;
mod program;
mod progress;
mod report;
mod sockets;
pub(crate) mod todo;

/// What sources share: a paragraph a CTE, each after those that it reads.
const SCOPE: &str = include_str!("../sql/audit/scope.sql");

/// What a call asks for.
#[derive(Debug)]
struct Request {
    /// `None` for all.
    schemas: Option<Vec<Oid>>,
    /// `None` for all.
    table: Option<Oid>,
    /// Rules that look at what exists, as they were named or all of them.
    rules: Vec<&'static Rule>,
    least: Level,
}

impl Request {
    fn everything() -> Self {
        Self {
            schemas: None,
            table: None,
            rules: rules::all().filter(|rule| is_audited(rule)).collect(),
            least: Level::Info,
        }
    }
}

/// Findings about what exists.
///
/// # Arguments
/// * `schemas` - names of schemas; NULL for all
/// * `rules` - names of rules; NULL for all that are not off
/// * `min_level` - info, warning or error
///
/// # Errors
/// 42704 for a rule that there is not, 3F000 for a schema, 22023 for a level; 22004 for a NULL among the names.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.audit(
    schemas pg_catalog.text[] DEFAULT NULL, rules pg_catalog.text[] DEFAULT NULL, min_level pg_catalog.text DEFAULT 'info')
    RETURNS SETOF warden.finding LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.audit(pg_catalog.text[], pg_catalog.text[], pg_catalog.text) IS
    'findings about what exists, worst first; NULL stands for all schemas and all rules; min_level: info, warning or error';
REVOKE EXECUTE ON FUNCTION warden.audit(pg_catalog.text[], pg_catalog.text[], pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn audit(
    schemas: Option<TextArray>,
    rules: Option<TextArray>,
    min_level: Option<Text>,
) -> Result<SetOfIterator<'static, Row>, ErrorReport> {
    let all = Request::everything();
    let request = Request {
        rules: rules
            .map(|names| names_of("rules", names)?.iter().map(|name| audited(name)).collect())
            .transpose()?
            .unwrap_or(all.rules),
        schemas: schemas
            .map(|names| names_of("schemas", names)?.iter().map(|name| schema_of(name)).collect())
            .transpose()?,
        table: None,
        least: level_of(min_level)?,
    };
    Ok(rows::rows(run(&request)?.into_iter().map(Row::from).collect()))
}

/// Findings about one table and what belongs to it.
///
/// # Arguments
/// * `table_name` - the table
///
/// # Errors
/// 42809 for what is no table, 42P01 for what was dropped, 22004 for NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.audit_table(table_name pg_catalog.regclass)
    RETURNS SETOF warden.finding LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.audit_table(pg_catalog.regclass) IS
    'findings about one table, its columns, indexes and foreign keys, worst first';
REVOKE EXECUTE ON FUNCTION warden.audit_table(pg_catalog.regclass) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn audit_table(table_name: Option<Oid>) -> Result<SetOfIterator<'static, Row>, ErrorReport> {
    let table = table_name.ok_or_else(|| {
        Error::new(Code::NullNotAllowed, "table_name must not be null")
            .hint("Name a table: SELECT * FROM warden.audit_table('orders');")
    })?;
    let request = Request { table: Some(table), ..Request::everything() };
    let findings = match unjudged(table)? {
        None => run(&request)?,
        Some((identity, reason)) => {
            let levels = levels();
            enabled(&request.rules, &levels).map(|rule| not_checked(rule, &identity, &reason)).collect()
        }
    };
    Ok(rows::rows(findings.into_iter().map(Row::from).collect()))
}

/// The statements that the audit runs, for the tests: each source alone, and with the rules over it.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.audit_statements(
    OUT source pg_catalog.text, OUT query pg_catalog.text, OUT statement pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.audit_statements() IS
    'pg_warden: the queries of the audit, each alone and with the rules over it; $1 is schemas, $2 a table';
REVOKE EXECUTE ON FUNCTION warden_internal.audit_statements() FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn audit_statements() -> TableIterator<'static, (name!(source, Text), name!(query, Text), name!(statement, Text))> {
    let checks = checks_at_any_level(&Request::everything().rules);
    TableIterator::new(Source::ALL.iter().copied().map(move |source| {
        let query = in_scope(format!("SELECT s.* FROM ({}) AS s", source.query()));
        (source.name().into(), query.into(), statement(source, checks.get(&source).map_or(&[], Vec::as_slice)).into())
    }))
}

/// Levels that somebody set.
fn levels() -> Levels {
    guard::levels()
}

/// What there is to find, by one rule or by all: what is exempt already is left out.
///
/// # Errors
/// 42704 for a rule that there is not, 22023 for one that does not look at what exists.
pub(crate) fn debt(rule: Option<&str>) -> Result<Vec<Finding>, Error> {
    let all = Request::everything();
    let rules = match rule {
        Some(name) => vec![audited(name)?],
        // What is wrong with the server is no debt of a schema.
        None => all.rules.into_iter().filter(|rule| is_of_schemas(rule)).collect(),
    };
    each(&Request { rules, schemas: None, table: None, least: Level::Info })
}

fn is_of_schemas(rule: &Rule) -> bool {
    rule.checks.iter().any(|check| matches!(check, Check::Audit(audit) if audit.source.scope() == Scope::Schemas))
}

fn is_audited(rule: &Rule) -> bool {
    rule.checks.iter().any(|check| matches!(check, Check::Audit(_)))
}

/// Rules that are not off.
fn enabled<'a>(rules: &'a [&'static Rule], levels: &'a Levels) -> impl Iterator<Item = &'static Rule> + 'a {
    rules.iter().copied().filter(|rule| levels.of(rule.id).unwrap_or(rule.level) != Level::Off)
}

type Checks = BTreeMap<Source, Vec<(&'static Rule, &'static Audit)>>;

/// What the rules that are not off check, by source.
fn checks_of(rules: &[&'static Rule], levels: &Levels) -> Checks {
    let enabled: Vec<_> = enabled(rules, levels).collect();
    checks_at_any_level(&enabled)
}

/// What rules check, by source.
fn checks_at_any_level(rules: &[&'static Rule]) -> Checks {
    let mut checks = Checks::new();
    for rule in rules.iter().copied() {
        for check in rule.checks {
            if let Check::Audit(audit) = check {
                checks.entry(audit.source).or_default().push((rule, audit));
            }
        }
    }
    checks
}

/// A statement behind those CTEs of [`SCOPE`] that it reads, and those that these read. The server plans what nobody reads too, and reads
/// apart what it could join with the rest, if two of them name it.
fn in_scope(statement: String) -> String {
    let mut needed: Vec<&str> = Vec::new();
    for (name, cte) in shared() {
        if reads(&statement, name) || needed.iter().any(|later| reads(later, name)) {
            needed.push(cte);
        }
    }
    if needed.is_empty() {
        return statement;
    }
    needed.reverse();
    format!("WITH RECURSIVE {}\n{statement}", needed.join(",\n\n"))
}

/// The CTEs of [`SCOPE`], by name, the last first.
fn shared() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCOPE.rsplit("\n\n").filter_map(|paragraph| {
        let line = paragraph.lines().find(|line| !line.starts_with("--"))?;
        Some((line.split_once(" AS ")?.0, paragraph.trim_end().trim_end_matches(',')))
    })
}

/// Whether a statement reads what has that name.
fn reads(sql: &str, name: &str) -> bool {
    sql.match_indices(name).any(|(at, _)| {
        let (before, behind) = (&sql[..at], &sql[at + name.len()..]);
        (before.ends_with("FROM ") || before.ends_with("JOIN "))
            && !behind.starts_with(|next: char| next.is_alphanumeric() || next == '_')
    })
}

/// The statement that reads a source and judges its rows. $1: OIDs of schemas or NULL, $2: OID of a table or NULL, $3: see [`unseen`].
fn statement(source: Source, checks: &[(&Rule, &Audit)]) -> String {
    let cases = |type_: &str, text: fn(&Audit) -> &str| {
        let mut sql = "CASE v.rule".to_owned();
        for (number, (_, audit)) in checks.iter().enumerate() {
            // On a line of its own, because an expression may end in a comment.
            let _ = write!(sql, "\nWHEN {number} THEN ({}\n)::{type_}", text(audit));
        }
        sql + "\nEND"
    };
    let column = |name: &str, text: fn(&Audit) -> &str| format!("{} AS {name}", cases("pg_catalog.text", text));
    let texts = [
        column("level", |audit| audit.level),
        column("message", |audit| audit.message),
        column("detail", |audit| audit.detail),
        column("hint", |audit| audit.hint),
        column("fix", |audit| audit.fix),
    ];
    // Whether any rule has something to say, before it is asked which: most rows are in order, and are taken once and not once a rule.
    let any: Vec<_> = checks.iter().map(|(_, audit)| format!("({}\n)::pg_catalog.bool", audit.when)).collect();
    let numbers: Vec<_> = (0..checks.len()).map(|number| format!("({number})")).collect();
    // Not as a row of VALUES with all conditions in it: for that, every column of the source would be computed of every row.
    // Nor where there is but one, whose condition is asked already.
    let hit = if checks.len() > 1 { cases("pg_catalog.bool", |audit| audit.when) } else { "true".to_owned() };
    // OFFSET 0 keeps apart what is asked of every row and what of those found alone: columns that the texts name over and over are planned
    // once, and computed once a row.
    in_scope(format!(
        "SELECT s.classid, s.objid, s.objsubid, s.identity, s.weight, v.rule,\n{}\nFROM (\n\
         SELECT * FROM (\n{}\n) AS s\nWHERE {}\nOFFSET 0\n) AS s\n\
         CROSS JOIN (VALUES {}) AS v (rule)\nWHERE {hit}",
        texts.join(",\n"),
        source.query(),
        any.join(" OR "),
        numbers.join(", ")
    ))
}

/// Findings, worst first.
fn run(request: &Request) -> Result<Vec<Finding>, Error> {
    each(request).map(fold::folded)
}

/// The same, with each column by itself.
fn each(request: &Request) -> Result<Vec<Finding>, Error> {
    refreshed()?;
    let levels = levels();
    // Settings of the session that would change what is quoted, parsed or how long planning takes.
    let _pinned = spi::Settings::pin(&[
        (c"search_path", c"pg_catalog, pg_temp"),
        (c"quote_all_identifiers", c"off"),
        // Bounds of partitions are read as text.
        (c"datestyle", c"ISO, YMD"),
        (c"jit", c"off"),
        // To begin with workers takes longer than most sources do, and they are wanted elsewhere.
        (c"max_parallel_workers_per_gather", c"0"),
    ]);
    let mut weighted = gather(checks_of(&request.rules, &levels), request)?;
    for (_, finding) in &mut weighted {
        finding.level = levels.weigh(finding);
    }
    weighted.retain(|(_, finding)| finding.not_checked || finding.level >= request.least);
    let kept = kept::now();
    if kept.has_exemptions {
        let role = store::session_role();
        let exempt = |finding: &Finding| exemption::find(finding, &role, &kept).map(|excuse| excuse.is_some());
        let mut visible = Vec::with_capacity(weighted.len());
        for (weight, finding) in weighted {
            if finding.not_checked || !exempt(&finding).map_err(|reason| Error::new(Code::LockNotAvailable, reason))? {
                visible.push((weight, finding));
            }
        }
        weighted = visible;
    }
    weighted.sort_by(|(a_weight, a), (b_weight, b)| order(*a_weight, a).cmp(&order(*b_weight, b)));
    Ok(weighted.into_iter().map(|(_, finding)| finding).collect())
}

/// What the sources show, in no order.
fn gather(checks: Checks, request: &Request) -> Result<Vec<(i64, Finding)>, Error> {
    let everything = request.schemas.is_none() && request.table.is_none();
    let checks: Vec<_> =
        checks.into_iter().filter(|(source, _)| everything || source.scope() == Scope::Schemas).collect();
    let mut progress = Progress::begin(checks.len());
    let mut weighted = Vec::new();
    for (source, checks) in checks {
        progress.at(source);
        // What one source cannot read leaves the others alone.
        match spi::shielded(|| read_sighted(source, &checks, request)) {
            Ok(found) => weighted.extend(found?),
            Err(reason) => weighted.extend(checks.iter().map(|(rule, _)| (0, not_checked(rule, "", &reason)))),
        }
    }
    Ok(weighted)
}

/// What a source shows of the checks that can say something, and why the others cannot.
fn read_sighted(
    source: Source,
    checks: &[(&'static Rule, &'static Audit)],
    request: &Request,
) -> Result<Vec<(i64, Finding)>, Error> {
    let blind = blind(checks)?;
    let mut found: Vec<_> =
        blind.iter().map(|(number, reason)| (0, not_checked(checks[*number].0, "", reason))).collect();
    let sighted: Vec<_> = (0..checks.len())
        .filter(|number| blind.iter().all(|(blind, _)| blind != number))
        .map(|number| checks[number])
        .collect();
    if !sighted.is_empty() && has_rows(source)? {
        found.extend(read(source, &sighted, request)?);
    }
    Ok(found)
}

/// Whether a source may have rows.
fn has_rows(source: Source) -> Result<bool, Error> {
    let Some(condition) = source.needs() else { return Ok(true) };
    let holds = spi::select(&format!("SELECT {condition}"), &[], |row| Ok(row.get::<bool>(1)?))?;
    Ok(holds.into_iter().flatten().next().unwrap_or_default())
}

/// Checks that can say nothing now, by their number, and why.
fn blind(checks: &[(&'static Rule, &'static Audit)]) -> Result<Vec<(usize, String)>, Error> {
    let reasons: Vec<_> = checks
        .iter()
        .enumerate()
        .filter(|(_, (_, audit))| audit.blind != "NULL")
        .map(|(number, (_, audit))| format!("({number}, ({}\n)::pg_catalog.text)", audit.blind))
        .collect();
    if reasons.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT v.rule, v.reason FROM (VALUES {}) AS v (rule, reason) WHERE v.reason IS NOT NULL",
        reasons.join(", ")
    );
    let found = spi::select(&sql, &[], |row| {
        let number = row.get::<i32>(1)?.and_then(|number| usize::try_from(number).ok());
        Ok(number.zip(row.get::<Text>(2)?.map(|reason| reason.0)))
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// Worst first; among equals the heavier, then by rule and name. What was not checked comes last.
fn order(weight: i64, finding: &Finding) -> (bool, Reverse<Level>, Reverse<i64>, &'static str, &str) {
    (finding.not_checked, Reverse(finding.level), Reverse(weight), finding.rule, &finding.object)
}

/// Findings in the rows of a source, with their weights.
fn read(
    source: Source,
    checks: &[(&'static Rule, &'static Audit)],
    request: &Request,
) -> Result<Vec<(i64, Finding)>, Error> {
    let arguments = [request.schemas.clone().into(), request.table.into(), unseen(source).into()];
    let found = spi::select(&statement(source, checks), &arguments, |row| {
        let text = |column: usize| Ok::<_, Error>(row.get::<Text>(column)?.map(|text| text.0));
        let number = row.get::<i32>(6)?.and_then(|number| usize::try_from(number).ok());
        let Some((rule, _)) = number.and_then(|number| checks.get(number)) else { return Ok(None) };
        let (object, level) = (text(4)?.unwrap_or_default(), text(7)?);
        if level.as_deref() == Some(NOT_CHECKED) {
            return Ok(Some((0, not_checked(rule, &object, &text(9)?.unwrap_or_default()))));
        }
        let level = level.and_then(|level| Level::parse(&level)).unwrap_or(rule.level);
        let mut finding = Finding::new(rule.id, level, object, text(8)?.unwrap_or_default());
        finding.detail = text(9)?;
        finding.hint = text(10)?;
        finding.fix = text(11)?;
        Ok(Some((row.get::<i64>(5)?.unwrap_or(0), finding)))
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// What a source has to know and no query shows: of the lines of pg_hba.conf whether the server's sockets are its own account's alone, of
/// the server whether its program was replaced.
fn unseen(source: Source) -> Option<bool> {
    match source {
        Source::Hba => Some(sockets::are_private()),
        Source::Server => program::is_replaced(),
        _ => None,
    }
}

fn not_checked(rule: &Rule, object: &str, reason: &str) -> Finding {
    let mut finding =
        Finding::new(rule.id, rule.level, object, format!("rule \"{}\" was not checked", rule.id)).detail(reason);
    finding.not_checked = true;
    finding
}

/// The elements of an array argument, none of which may be NULL.
fn names_of(argument: &str, names: TextArray) -> Result<Vec<String>, Error> {
    names.0.into_iter().map(|name| name.map(|name| name.0)).collect::<Option<Vec<_>>>().ok_or_else(|| {
        Error::new(Code::NullNotAllowed, format!("{argument} must not contain null"))
            .hint(format!("For all, leave {argument} out or pass NULL instead of an array."))
    })
}

/// The rule of that name, if it looks at what exists.
fn audited(name: &str) -> Result<&'static Rule, Error> {
    let rule = rules::find(name).ok_or_else(|| unknown_rule(name))?;
    if is_audited(rule) {
        Ok(rule)
    } else {
        Err(Error::new(Code::InvalidParameter, format!("rule \"{name}\" judges statements, not what exists"))
            .hint("Rules of the audit: SELECT rule FROM warden.rules WHERE checks LIKE '%audit%';"))
    }
}

/// For a name that is no rule's.
pub(crate) fn unknown_rule(name: &str) -> Error {
    let nearest = rules::nearest(name).map(|nearest| format!("Perhaps you mean \"{nearest}\". ")).unwrap_or_default();
    Error::new(Code::UndefinedObject, format!("there is no rule \"{name}\""))
        .hint(format!("{nearest}All rules: SELECT rule, summary FROM warden.rules;"))
}

/// The OID of a schema that can be audited.
fn schema_of(name: &str) -> Result<Oid, Error> {
    let is_ours = matches!(name, "warden" | "warden_internal");
    if is_ours || name == "information_schema" || name.starts_with("pg_") {
        return Err(Error::new(Code::InvalidParameter, format!("schema \"{name}\" is not audited")).hint(if is_ours {
            "It belongs to pg_warden."
        } else {
            "It belongs to the system."
        }));
    }
    let found = spi::select(
        "SELECT n.oid FROM pg_catalog.pg_namespace AS n WHERE n.nspname::pg_catalog.text = $1",
        &[Text::from(name).into()],
        |row| Ok(row.get::<Oid>(1)?),
    )?;
    if let Some(oid) = found.into_iter().flatten().next() {
        return Ok(oid);
    }
    let nearest = spi::select(
        "SELECT pg_catalog.quote_literal(n.nspname) FROM pg_catalog.pg_namespace AS n
         WHERE pg_catalog.lower(n.nspname::pg_catalog.text) = pg_catalog.lower($1) LIMIT 1",
        &[Text::from(name).into()],
        |row| Ok(row.get::<Text>(1)?),
    )?;
    let hint = match nearest.into_iter().flatten().next() {
        Some(nearest) => format!("There is {}; names are taken as they are written.", nearest.0),
        None => "Schemas: SELECT nspname FROM pg_namespace;".to_owned(),
    };
    Err(Error::new(Code::UndefinedSchema, format!("schema \"{name}\" does not exist")).hint(hint))
}

/// The lowest level to report.
fn level_of(word: Option<Text>) -> Result<Level, Error> {
    let hint = "Levels are info, warning and error.";
    let word = word.ok_or_else(|| Error::new(Code::NullNotAllowed, "min_level must not be null").hint(hint))?.0;
    Level::parse(&word)
        .filter(|level| *level != Level::Off)
        .ok_or_else(|| Error::new(Code::InvalidParameter, format!("there is no level \"{word}\"")).hint(hint))
}

/// Why a table is not judged, with its name; `None` where it is.
fn unjudged(table: Oid) -> Result<Option<(String, String)>, Error> {
    let found = spi::select(
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relkind IN ('r', 'p', 'm'),
                CASE WHEN c.relpersistence = 't' THEN 'It is temporary.'
                     WHEN n.nspname IN ('warden', 'warden_internal') THEN 'It belongs to pg_warden.'
                     WHEN n.nspname = 'information_schema' OR pg_catalog.left(n.nspname::pg_catalog.text, 3) = 'pg_'
                     THEN 'It belongs to the system.'
                     WHEN e.extname IS NOT NULL THEN pg_catalog.format('It belongs to extension \"%s\".', e.extname) END
         FROM pg_catalog.pg_class AS c
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         LEFT JOIN pg_catalog.pg_depend AS d
           ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
         LEFT JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
         WHERE c.oid = $1",
        &[table.into()],
        |row| {
            let text = |column: usize| Ok::<_, Error>(row.get::<Text>(column)?.map(|text| text.0));
            Ok((text(1)?.unwrap_or_default(), row.get::<bool>(2)?.unwrap_or_default(), text(3)?))
        },
    )?;
    match found.into_iter().next() {
        None => Err(Error::new(Code::UndefinedTable, format!("there is no table with OID {table}"))
            .hint("It was dropped, or the number is wrong. Name the table: warden.audit_table('orders').")),
        Some((identity, false, _)) => Err(Error::new(Code::WrongObjectType, format!("{identity} is not a table"))
            .hint("Only tables, partitioned tables and materialized views are audited.")),
        Some((identity, true, reason)) => Ok(reason.map(|reason| (identity, reason))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_judges_every_rule_of_its_source_once() {
        let checks = checks_at_any_level(&Request::everything().rules);
        for &source in Source::ALL {
            let sql = statement(source, &checks[&source]);
            // Of several rules, which of them it is; the only one has no more to be asked than whether it applies.
            let before = if checks[&source].len() > 1 { " THEN" } else { "WHERE" };
            for (_, audit) in &checks[&source] {
                let hit = format!("{before} ({}\n)::pg_catalog.bool", audit.when);
                assert_eq!(sql.matches(&hit).count(), 1, "{}", source.name());
            }
            assert_eq!(sql.matches(source.query()).count(), 1);
        }
    }

    #[test]
    fn a_statement_has_what_it_reads_of_what_sources_share() {
        let mut names: Vec<_> = shared().map(|(name, _)| name).collect();
        names.reverse();
        assert_eq!(names.len(), SCOPE.matches(" AS (\n").count() + SCOPE.matches(" AS MATERIALIZED (\n").count());
        let of = |statement: &str| {
            let sql = in_scope(statement.to_owned());
            names.iter().copied().filter(|name| sql.contains(&format!("\n{name} AS "))).collect::<Vec<_>>()
        };
        assert_eq!(of("SELECT FROM tree_pages"), ["tree", "tree_pages"]);
        assert_eq!(of("SELECT FROM a JOIN subject AS t"), ["user_schema", "extension_relation", "subject"]);
        assert_eq!(of("SELECT FROM subjects, heldfast CROSS JOIN pg_catalog.pg_class"), [""; 0]);
        assert_eq!(in_scope("SELECT".to_owned()), "SELECT");
    }

    #[test]
    fn rules_that_are_off_are_not_asked() {
        let levels = Levels::parse("index-duplicate=off, index-redundant=off").unwrap();
        let checks = checks_of(&Request::everything().rules, &levels);
        assert!(!checks.contains_key(&Source::IndexPairs));
        assert!(checks.contains_key(&Source::Indexes));
    }

    #[test]
    fn sources_hold_no_backslash_and_name_only_the_catalog() {
        for sql in Source::ALL.iter().map(|source| source.query()).chain([SCOPE]) {
            assert!(!sql.contains('\\'), "standard_conforming_strings may be off");
            for line in sql.lines().filter(|line| !line.trim_start().starts_with("--")) {
                for word in ["FROM pg_", "JOIN pg_"] {
                    let bare = line.match_indices(word).any(|(at, _)| !line[at + 5..].starts_with("pg_catalog."));
                    assert!(!bare, "{line}");
                }
            }
        }
    }

    #[test]
    fn the_worst_comes_first_and_what_was_not_checked_last() {
        let rule = rules::find("index-invalid").unwrap();
        let finding = |level| Finding::new("index-duplicate", level, "o", "m");
        let mut all = [
            (0, not_checked(rule, "", "r")),
            (1, finding(Level::Info)),
            (1, finding(Level::Warning)),
            (2, finding(Level::Warning)),
            (0, finding(Level::Error)),
        ];
        all.sort_by(|(a_weight, a), (b_weight, b)| order(*a_weight, a).cmp(&order(*b_weight, b)));
        let got: Vec<_> = all.iter().map(|(weight, finding)| (finding.level_name(), *weight)).collect();
        assert_eq!(got, [("error", 0), ("warning", 2), ("warning", 1), ("info", 1), ("not checked", 0)]);
    }
}
