//! JSON.

use super::{Counts, Subject, VERSION};
use crate::finding::Finding;
use serde_json::{Value, json};

pub(super) fn write(subject: &Subject, findings: &[Finding]) -> String {
    let counts = Counts::of(findings);
    let report = json!({
        "pg_warden": VERSION,
        "server": subject.server,
        "database": subject.database,
        "at": subject.at,
        "summary": {
            "errors": counts.errors, "warnings": counts.warnings, "notes": counts.notes, "not_checked": counts.not_checked,
        },
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
    });
    format!("{report:#}\n")
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule,
        "level": finding.level_name(),
        "object": finding.object,
        "message": finding.message,
        "detail": finding.detail,
        "hint": finding.hint,
        "fix": finding.fix,
        "fingerprint": finding.fingerprint(),
    })
}
