//! What a design is looked over for before it is called done, and how far this database is.
#![forbid(unsafe_code)]

use super::{Request, levels, run};
use crate::finding::{Finding, Level};
use crate::rules;
use crate::text::Text;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::collections::BTreeMap;

/// An item, and the rules that look after it: each rule of the audit is in one of them.
struct Item {
    text: &'static str,
    rules: &'static [&'static str],
}

const ITEMS: &[Item] = &[
    Item {
        text: "every table has a primary key",
        rules: &[
            "table-without-primary-key",
            "unique-instead-of-primary-key",
            "primary-key-too-wide",
            "primary-key-random-uuid",
            "primary-key-varchar",
            "primary-key-natural",
            "primary-key-not-first",
        ],
    },
    Item {
        text: "keys are wide enough",
        rules: &["fk-narrower-than-pk", "integer-primary-key", "sequence-exhaustion"],
    },
    Item { text: "every foreign key has an index", rules: &["foreign-key-without-index"] },
    Item {
        text: "foreign keys say what they mean",
        rules: &[
            "foreign-key-duplicate",
            "foreign-key-type-mismatch",
            "foreign-key-nullable-composite",
            "foreign-key-cascade",
            "foreign-key-intersecting",
            "foreign-key-missing",
            "foreign-key-cross-schema",
            "foreign-key-self",
            "table-unlinked",
        ],
    },
    Item {
        text: "columns have the types of the guide",
        rules: &[
            "column-type-char",
            "column-type-enum",
            "column-type-json",
            "column-type-money",
            "column-type-reg",
            "column-type-serial",
            "column-type-timestamp",
            "column-type-timestamp-precision-0",
            "column-type-timetz",
            "column-type-varchar-n",
            "column-type-xml",
            "column-type-float",
            "numeric-without-scale-money",
            "column-type-lo",
            "column-type-hstore",
            "column-type-integer",
            "array-or-csv-fk",
            "default-now-in-cast",
        ],
    },
    Item {
        text: "names need no quotes",
        rules: &[
            "identifier-not-lowercase",
            "identifier-reserved-word",
            "identifier-special-char",
            "identifier-pg-prefix",
        ],
    },
    Item {
        text: "tables are designed, not grown",
        rules: &[
            "incrementing-columns",
            "all-columns-nullable",
            "boolean-nullable",
            "not-null-candidate",
            "column-alignment-waste",
            "column-inconsistent-type",
            "jsonb-wide-toast",
            "too-many-columns",
            "table-zero-or-one-column",
            "missing-comment",
        ],
    },
    Item {
        text: "constraints hold for every row",
        rules: &["constraint-not-valid", "constraint-not-enforced", "check-on-other-table", "domain-with-check"],
    },
    Item {
        text: "tables do without surprises",
        rules: &["table-inheritance", "rule-present", "trigger-many", "trigger-function-shared", "trigger-cost"],
    },
    Item { text: "names are whole", rules: &["identifier-length-max"] },
    Item { text: "no table is left over", rules: &["table-unused", "table-empty", "large-object-orphans"] },
    Item { text: "indexes work", rules: &["index-invalid", "index-collation-outdated"] },
    Item {
        text: "no index is superfluous",
        rules: &[
            "index-duplicate",
            "index-redundant",
            "index-subsumed-by-unique",
            "index-unused",
            "too-many-indexes",
            "index-low-cardinality",
            "index-mostly-null",
            "index-same-columns-reordered",
            "index-overlap-include",
            "index-rarely-used",
            "index-never-selective",
            "index-wide",
            "index-bloat",
            "hot-update-blocked",
        ],
    },
    Item {
        text: "partitions are there when rows come",
        rules: &["partition-missing-next", "partition-gap", "default-partition-has-rows"],
    },
    Item {
        text: "partitioned tables are whole",
        rules: &[
            "partitioned-index-incomplete",
            "detach-pending",
            "partition-count-high",
            "partitioned-never-analyzed",
            "partition-rls-gap",
            "partition-drift",
            "partition-skew",
            "collation-version-mismatch",
        ],
    },
    Item { text: "the planner knows the tables", rules: &["statistics-stale"] },
    Item {
        text: "indexes are of the right kind",
        rules: &["index-boolean", "index-btree-on-array", "index-hash", "index-useless-predicate", "index-wrong-am"],
    },
    Item {
        text: "clients prove who they are",
        rules: &[
            "hba-trust",
            "hba-password-plain",
            "hba-ident-remote",
            "hba-any-address",
            "hba-error",
            "password-expiry-none",
            "password-md5",
        ],
    },
    Item {
        text: "nobody may do more than they need",
        rules: &[
            "login-role-superuser",
            "role-powerful-membership",
            "database-public-connect",
            "database-public-temp",
            "schema-public-create",
            "schema-no-default-privileges",
            "grant-to-public",
            "sensitive-column-exposed",
            "security-definer-executable",
            "function-search-path-mutable",
            "search-path-writable",
            "extension-in-public",
            "extension-untrusted-language",
        ],
    },
    Item {
        text: "row level security holds where it is meant to",
        rules: &[
            "rls-policy-without-rls",
            "rls-enabled-no-policy",
            "rls-policy-always-true",
            "rls-not-forced",
            "rls-unindexed-policy-column",
            "rls-per-row-function",
            "rls-multiple-permissive",
            "view-without-security-invoker",
            "matview-exposed",
            "rls-disabled",
            "foreign-table-exposed",
        ],
    },
    Item {
        text: "tables belong to whom they should",
        rules: &["mixed-table-owners", "table-owner-mismatch", "schema-owner-superuser", "schema-environment-name"],
    },
    Item {
        text: "what is committed survives a crash",
        rules: &["fsync-off", "full-page-writes-off", "synchronous-commit-off", "data-checksums-off", "unlogged-table"],
    },
    Item {
        text: "the log is kept, so that a backup can be brought up to date",
        rules: &["archive-failing", "wal-archiving-off"],
    },
    Item {
        text: "nobody keeps log or rows for nothing",
        rules: &["replication-slot-inactive", "timeouts-unset", "xmin-horizon-blocked"],
    },
    Item { text: "what goes over the network is encrypted", rules: &["ssl-off", "tls-old"] },
    Item {
        text: "vacuum keeps up",
        rules: &[
            "autovacuum-off",
            "autovacuum-table-off",
            "autovacuum-scale-large-table",
            "autovacuum-lagging",
            "table-bloat",
            "should-partition",
            "temp-schema-orphans",
            "wraparound-xid",
            "wraparound-mxid",
        ],
    },
    Item {
        text: "the server runs as its files say, and as it should",
        rules: &[
            "restart-pending",
            "setting-invalid",
            "planner-method-disabled",
            "memory-defaults",
            "extension-outdated",
            "logging-gaps",
            "track-io-timing-off",
            "pgss-missing",
            "checkpoint-frequent",
            "replica-lag",
            "sync-standby-missing",
            "encoding-sql-ascii",
            "wal-level-vs-use",
        ],
    },
    Item {
        text: "there are as many connections as there is work and memory for",
        rules: &["connection-churn", "idle-connections", "max-connections-high", "pool-sizing", "work-mem-risk"],
    },
    Item {
        text: "the server gets fixes, and can be upgraded",
        rules: &["version-eol", "minor-outdated", "upgrade-blockers"],
    },
];

/// Rows of the checklist.
///
/// # Errors
/// The server's own.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.checklist(
    OUT item pg_catalog.text, OUT state pg_catalog.text, OUT findings pg_catalog.int8, OUT detail pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.checklist() IS
    'what a design is looked over for: passed, failed with the number of warnings and errors, or not checked';
REVOKE EXECUTE ON FUNCTION warden.checklist() FROM PUBLIC;
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "the columns of a result, named")]
fn checklist() -> Result<
    TableIterator<'static, (name!(item, Text), name!(state, Text), name!(findings, i64), name!(detail, Option<Text>))>,
    ErrorReport,
> {
    let findings = run(&Request::everything())?;
    let levels = levels();
    let is_off = |id: &str| rules::find(id).is_none_or(|rule| levels.of(id).unwrap_or(rule.level) == Level::Off);
    let rows: Vec<_> = ITEMS
        .iter()
        .map(|item| {
            let own: Vec<_> = findings.iter().filter(|finding| item.rules.contains(&finding.rule)).collect();
            let (state, count, detail) = judge(&own, item.rules.iter().all(|id| is_off(id)));
            (item.text.into(), state.into(), count, detail.map(Text))
        })
        .collect();
    Ok(TableIterator::new(rows))
}

/// State, number of warnings and errors, and what they are.
fn judge(findings: &[&Finding], all_off: bool) -> (&'static str, i64, Option<String>) {
    let (unknown, found): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|finding| finding.not_checked);
    let (faults, notes): (Vec<&Finding>, Vec<&Finding>) =
        found.into_iter().partition(|finding| finding.level >= Level::Warning);
    let mut sentences = Vec::new();
    if !faults.is_empty() {
        sentences.push(by_rule(&faults));
    }
    if !notes.is_empty() {
        sentences.push(format!("to note: {}", by_rule(&notes)));
    }
    if !unknown.is_empty() {
        let reason = unknown[0].detail.as_deref().unwrap_or_default();
        sentences.push(format!("not checked: {} ({reason})", by_rule(&unknown)));
    }
    if all_off {
        sentences.push("its rules are off".to_owned());
    }
    let state = match (faults.is_empty(), unknown.is_empty() && !all_off) {
        (false, _) => "failed",
        (true, true) => "passed",
        (true, false) => "not checked",
    };
    let count = i64::try_from(faults.len()).unwrap_or(i64::MAX);
    (state, count, (!sentences.is_empty()).then(|| sentences.join("; ")))
}

/// `index-duplicate 2, index-redundant 1`
fn by_rule(findings: &[&Finding]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.rule).or_default() += 1;
    }
    counts.into_iter().map(|(rule, count)| format!("{rule} {count}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::is_audited;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_of_the_audit_is_in_one_item() {
        let listed: Vec<_> = ITEMS.iter().flat_map(|item| item.rules).copied().collect();
        let audited: BTreeSet<_> = rules::all().filter(|rule| is_audited(rule)).map(|rule| rule.id).collect();
        assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), audited);
        assert_eq!(listed.len(), audited.len(), "a rule is in two items");
    }

    #[test]
    fn notes_do_not_fail_and_what_was_not_looked_at_does_not_pass() {
        let finding = |level| Finding::new("index-duplicate", level, "o", "m");
        let mut unknown = finding(Level::Error).detail("No right.");
        unknown.not_checked = true;
        let (note, fault) = (finding(Level::Info), finding(Level::Warning));
        assert_eq!(judge(&[], false), ("passed", 0, None));
        assert_eq!(judge(&[&note], false), ("passed", 0, Some("to note: index-duplicate 1".into())));
        assert_eq!(judge(&[&fault, &unknown], false).0, "failed");
        assert_eq!(
            judge(&[&unknown], false),
            ("not checked", 0, Some("not checked: index-duplicate 1 (No right.)".into()))
        );
        assert_eq!(judge(&[], true).0, "not checked");
    }
}
