//! SARIF 2.1.0. What was found is a result; what was not checked, a notification of the run.

use super::{Subject, VERSION};
use crate::finding::{Finding, Level};
use crate::rules;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn write(subject: &Subject, findings: &[Finding]) -> String {
    let ids: BTreeSet<_> = findings.iter().map(|finding| finding.rule).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let (not_checked, found): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.not_checked);
    let report = json!({
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pg_warden",
                "version": VERSION,
                "rules": ids.iter().map(|id| rule(id)).collect::<Vec<_>>(),
            }},
            "properties": { "database": subject.database, "server": subject.server },
            "invocations": [{
                "executionSuccessful": true,
                "endTimeUtc": subject.at,
                "toolExecutionNotifications": not_checked.into_iter().map(notification).collect::<Vec<_>>(),
            }],
            "results": found.into_iter().map(|finding| result(finding, &ids)).collect::<Vec<_>>(),
        }],
    });
    format!("{report:#}\n")
}

fn rule(id: &str) -> Value {
    match rules::find(id) {
        Some(rule) => json!({
            "id": id,
            "shortDescription": { "text": rule.summary },
            "help": { "text": rule.page, "markdown": rule.page },
            "defaultConfiguration": { "level": level(rule.level) },
        }),
        None => json!({ "id": id }),
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
        Level::Off => "none",
    }
}

fn result(finding: &Finding, rules: &[&str]) -> Value {
    json!({
        "ruleId": finding.rule,
        "ruleIndex": rules.iter().position(|rule| *rule == finding.rule),
        "level": level(finding.level),
        "message": { "text": sentences(finding) },
        "locations": [{ "logicalLocations": [{ "fullyQualifiedName": finding.object }] }],
        "partialFingerprints": { "pg_warden/v1": finding.fingerprint() },
        "properties": { "hint": finding.hint, "fix": finding.fix },
    })
}

fn notification(finding: &Finding) -> Value {
    json!({
        "level": "warning",
        "message": { "text": sentences(finding) },
        "associatedRule": { "id": finding.rule },
    })
}

fn sentences(finding: &Finding) -> String {
    match &finding.detail {
        Some(detail) => format!("{}. {detail}", finding.message),
        None => finding.message.clone(),
    }
}
