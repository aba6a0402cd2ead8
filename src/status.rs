//! Whether all is as it should be: versions, mode, event triggers, settings, and what the guard does not see.
#![forbid(unsafe_code)]

use crate::config::{self, Journal, Mode};
use crate::error::Error;
use crate::guard::journal::ring;
use crate::help;
use crate::policy::set::refreshed;
use crate::policy::{Levels, kept};
use crate::spi;
use crate::store;
use crate::text::Text;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// What the guard cannot judge, because no event trigger fires for it or because nothing of it is known before it runs.
const NOT_SEEN: &str = "TRUNCATE, VACUUM FULL, CLUSTER, REINDEX before PostgreSQL 17; EXPLAIN ANALYZE CREATE TABLE AS; \
                        CREATE, ALTER and DROP of databases, roles and tablespaces; ALTER SYSTEM; temporary tables; \
                        scripts of extensions; DDL in single-user mode";

/// The event triggers and what they are for.
const TRIGGERS: [(&str, &str); 4] = [
    ("pg_warden_start", "judges DDL before it takes a lock"),
    ("pg_warden_end", "sees what DDL made"),
    ("pg_warden_rewrite", "judges a rewrite that no rule foresaw, before it begins"),
    ("pg_warden_drop", "sees what was dropped: managed partitions, and keys and indexes that COMMIT relies on"),
];

/// Settings kept for roles and databases, and those of the server's files where `$1`, that are not what the library takes. A
/// library that is not loaded when they are set cannot refuse them, and with one that was wrong the default is in effect.
const KEPT_SETTINGS: &str = "
    SELECT CASE WHEN s.setrole = 0 AND s.setdatabase = 0 THEN 'ALTER ROLE ALL'
                WHEN s.setrole = 0 THEN pg_catalog.format('ALTER DATABASE %I', d.datname)
                WHEN s.setdatabase = 0 THEN pg_catalog.format('ALTER ROLE %I', r.rolname)
                ELSE pg_catalog.format('ALTER ROLE %I IN DATABASE %I', r.rolname, d.datname) END AS place,
           pg_catalog.split_part(c.assignment, '=', 1) AS name,
           pg_catalog.substr(c.assignment, pg_catalog.strpos(c.assignment, '=') + 1) AS value
    FROM pg_catalog.pg_db_role_setting AS s
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
    CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (assignment)
    WHERE s.setdatabase = 0 OR d.datname = pg_catalog.current_database()";

/// The last assignment of each setting in the server's files.
const FILE_SETTINGS: &str = "
    SELECT DISTINCT ON (f.name) pg_catalog.format('%s line %s', f.sourcefile, f.sourceline) AS place, f.name, f.setting AS value
    FROM pg_catalog.pg_file_settings AS f
    ORDER BY f.name, f.seqno DESC";

/// Rows of `warden.status`.
///
/// PUBLIC may execute it: it is reached through the view alone, whose privileges decide.
///
/// # Errors
/// The server's own.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.status(OUT item pg_catalog.text, OUT value pg_catalog.text, OUT detail pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.status() IS 'pg_warden: rows of warden.status, which decides who may read them';
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "pgrx reads the columns from the signature")]
fn status_rows() -> Result<
    TableIterator<'static, (name!(item, Text), name!(value, Option<Text>), name!(detail, Option<Text>))>,
    ErrorReport,
> {
    refreshed()?;
    let mut items = versions()?;
    items.push(mode()?);
    items.extend(modes_elsewhere());
    items.extend(kept::now().unknown_rules.iter().map(|rule| {
        let detail =
            format!("a level is kept for it, but this version has no such rule: SELECT warden.reset_level('{rule}');");
        Item::new(format!("rule {rule}"), "unknown", detail)
    }));
    items.extend(journal());
    items.extend(triggers()?);
    items.push(preload()?);
    items.extend(settings_not_in_effect()?);
    items.push(Item::new("not seen", "by the guard", NOT_SEEN));
    Ok(TableIterator::new(
        items.into_iter().map(|item| (Text(item.name), Some(Text(item.value)), Some(Text(item.detail)))),
    ))
}

#[derive(Debug, PartialEq, Eq)]
struct Item {
    name: String,
    value: String,
    detail: String,
}

impl Item {
    fn new(item: impl Into<String>, value: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: item.into(), value: value.into(), detail: detail.into() }
    }
}

/// Rows of texts; NULL becomes an empty text.
fn texts<const N: usize>(sql: &str, arguments: &[DatumWithOid<'_>]) -> Result<Vec<[String; N]>, Error> {
    spi::select(sql, arguments, |row| {
        let mut columns = [const { String::new() }; N];
        for (number, column) in columns.iter_mut().enumerate() {
            *column = row.get::<Text>(number + 1)?.map(|text| text.0).unwrap_or_default();
        }
        Ok(columns)
    })
}

fn versions() -> Result<Vec<Item>, Error> {
    let library = env!("CARGO_PKG_VERSION");
    let sql = texts::<1>("SELECT e.extversion FROM pg_catalog.pg_extension AS e WHERE e.extname = 'pg_warden'", &[])?
        .into_iter()
        .next()
        .map(|[version]| version)
        .unwrap_or_default();
    let verdict = if sql == library {
        "matches the library".to_owned()
    } else {
        format!(
            "does not match the library: ALTER EXTENSION pg_warden UPDATE TO '{library}'; or install the library of {sql}"
        )
    };
    Ok(vec![Item::new("library", library, "loaded in this session"), Item::new("extension", sql, verdict)])
}

fn mode() -> Result<Item, Error> {
    let (mode, meaning) = help::mode();
    let set = texts::<1>(
        "SELECT pg_catalog.format('warden.mode = %s, set by: %s%s', p.setting, p.source,
                                  ' (' || p.sourcefile || ' line ' || p.sourceline || ')')
         FROM pg_catalog.pg_settings AS p WHERE p.name = 'warden.mode'",
        &[],
    )?;
    let set = set.into_iter().next().map(|[set]| format!(" {set}")).unwrap_or_default();
    let by = if config::MODE.get() == Mode::Policy { kept_by() } else { String::new() };
    Ok(Item::new("mode", mode, format!("{meaning}{set}{by}")))
}

/// Who set the mode that is kept, and when.
fn kept_by() -> String {
    let kept = kept::now();
    if let Some(off) = &kept.switched_off {
        return format!(
            "; switched off by {} at {}, SELECT warden.enable(); switches it on again",
            off.role,
            store::iso(off.at)
        );
    }
    kept.mode_here().map_or_else(String::new, |mode| {
        let role = if mode.role.is_empty() { String::new() } else { format!(" for role {}", mode.role) };
        format!("; kept{role} since {} by {}", store::iso(mode.by.at), mode.by.role)
    })
}

/// Modes that came with a copy of another database, where they do not hold.
fn modes_elsewhere() -> Vec<Item> {
    let kept = kept::now();
    let item = |mode: &kept::KeptMode| {
        let (of, argument) = if mode.role.is_empty() {
            (String::new(), String::new())
        } else {
            (format!(" of role {}", mode.role), format!(", '{}'", mode.role.replace('\'', "''")))
        };
        let word = mode.mode.name();
        Item::new(
            format!("kept mode{of}"),
            "not in effect",
            format!(
                "{word} was set in another database, of which this is a copy; to have it here: SELECT warden.set_mode('{word}'{argument});"
            ),
        )
    };
    kept.modes_elsewhere().map(item).collect()
}

/// Whether the server log leaves out lines of the level LOG.
fn log_hides_lines() -> bool {
    matches!(spi::setting(c"log_min_messages").0.as_str(), "fatal" | "panic")
}

/// Where decisions are recorded, and what keeps them from the table.
fn journal() -> Vec<Item> {
    let (word, detail) = match config::JOURNAL.get() {
        Journal::Off => ("off", "decisions are not recorded".to_owned()),
        Journal::Log => ("log", "a line of JSON each in the server log; nothing of them is in warden.journal".to_owned()),
        Journal::Table => match store::replicated_by() {
            Some(publication) => (
                "not written",
                format!("publication {publication} has the table, which a subscriber need not have; what is blocked is in the server log"),
            ),
            None if ring::is_there() => ("table", "in warden.journal; what is blocked a moment later, and in the server log at once".to_owned()),
            None => (
                "table",
                "in warden.journal, but what is blocked is in the server log alone: the library is not in shared_preload_libraries".to_owned(),
            ),
        },
    };
    let mut items = vec![Item::new("journal", word, detail)];
    if log_hides_lines() {
        let detail = "log_min_messages leaves them out of the server log, those of the journal too";
        items.push(Item::new("lines of level LOG", "not written", detail.to_owned()));
    }
    if ring::is_there() {
        let (waiting, left_out) = ring::waiting_and_left_out();
        if left_out > 0 {
            let detail = format!(
                "blocked decisions since the server started; they are in the server log. {waiting} of this database wait"
            );
            items.push(Item::new("not in the journal", left_out.to_string(), detail));
        }
    }
    items
}

fn triggers() -> Result<Vec<Item>, Error> {
    let there = texts::<2>(
        "SELECT t.evtname::pg_catalog.text,
                CASE t.evtenabled WHEN 'O' THEN 'enabled' WHEN 'A' THEN 'enabled always' WHEN 'R' THEN 'on replicas only'
                                  ELSE 'disabled' END
         FROM pg_catalog.pg_event_trigger AS t WHERE t.evtname LIKE 'pg_warden%'",
        &[],
    )?;
    Ok(TRIGGERS
        .iter()
        .map(|(name, purpose)| {
            let state = there.iter().find(|[found, _]| found == name).map_or("missing", |[_, state]| state);
            let detail = match state {
                "disabled" | "on replicas only" => {
                    format!("{purpose}; to have it work: ALTER EVENT TRIGGER {name} ENABLE;")
                }
                "missing" => {
                    format!("{purpose}; to have it back: DROP EXTENSION pg_warden; CREATE EXTENSION pg_warden;")
                }
                _ => (*purpose).to_owned(),
            };
            Item::new(format!("event trigger {name}"), state, detail)
        })
        .collect())
}

/// Settings are checked once the library is loaded, and DDL is what loads it where nothing else does.
fn preload() -> Result<Item, Error> {
    let lists = texts::<2>(
        "SELECT p.name, p.setting FROM pg_catalog.pg_settings AS p
         WHERE p.name IN ('shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries')
         ORDER BY p.name = 'shared_preload_libraries' DESC, p.name DESC",
        &[],
    )?;
    let found = lists.iter().find(|[_, libraries]| libraries.split(',').any(is_this_library));
    Ok(match found {
        Some([setting, _]) => Item::new("loaded at start", "yes", format!("by {setting}")),
        // The first two are shown to those who may read all settings.
        None if lists.len() < 3 => {
            Item::new("loaded at start", "not visible", "to this role: GRANT pg_read_all_settings")
        }
        None => Item::new(
            "loaded at start",
            "no",
            "a session loads it at its first DDL, and takes any value of its settings until then: session_preload_libraries = 'pg_warden'",
        ),
    })
}

fn is_this_library(entry: &str) -> bool {
    let entry = entry.trim().trim_matches('"');
    let name = entry.rsplit('/').next().unwrap_or(entry);
    name.strip_suffix(".so").unwrap_or(name) == "pg_warden"
}

/// Values of pg_warden's settings, wherever they are kept, that the library does not take.
fn settings_not_in_effect() -> Result<Vec<Item>, Error> {
    let may_read_files =
        "SELECT 'yes' WHERE pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')
                        AND pg_catalog.has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')";
    let mut wrong = Vec::new();
    for (query, readable) in [(KEPT_SETTINGS, true), (FILE_SETTINGS, !texts::<1>(may_read_files, &[])?.is_empty())] {
        if readable {
            wrong.extend(not_taken(query)?);
        }
    }
    Ok(wrong)
}

fn not_taken(query: &str) -> Result<Vec<Item>, Error> {
    let settings = texts::<4>(
        &format!(
            "SELECT k.place, k.name, k.value,
                    CASE WHEN p.name IS NULL THEN 'there is no such setting'
                         WHEN p.vartype = 'enum' AND pg_catalog.lower(k.value) <> ALL (p.enumvals)
                         THEN 'it is one of ' || pg_catalog.array_to_string(p.enumvals, ', ')
                         WHEN p.vartype IN ('integer', 'real') AND k.value !~ '^ *[-+]?[0-9.]+ *([kMGT]?B|us|ms|s|min|h|d)? *$'
                         THEN 'it is a number' || coalesce(' with a unit such as ' || p.unit, '') END
             FROM ({query}) AS k
             LEFT JOIN pg_catalog.pg_settings AS p ON pg_catalog.lower(p.name) = pg_catalog.lower(k.name)
             WHERE pg_catalog.lower(k.name) LIKE 'warden.%' OR pg_catalog.lower(k.name) LIKE 'pg_warden.%'
             ORDER BY 1, 2"
        ),
        &[],
    )?;
    Ok(settings
        .into_iter()
        .filter_map(|[place, name, value, problem]| {
            let unreadable = match name.to_ascii_lowercase().as_str() {
                "warden.rule_levels" => Levels::parse(&value).err().map(|wrong| wrong.explain()),
                other => config::design::problem(other, &value),
            };
            let problem = unreadable.or_else(|| (!problem.is_empty()).then_some(problem))?;
            Some(Item::new(format!("setting {name}"), "ignored", format!("'{value}', kept by {place}: {problem}")))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_known_by_any_of_its_paths() {
        for entry in ["pg_warden", " \"pg_warden\"", "$libdir/pg_warden", "/usr/lib/x/pg_warden.so"] {
            assert!(is_this_library(entry), "{entry}");
        }
        assert!(!is_this_library("pg_warden_other") && !is_this_library(""));
    }
}
