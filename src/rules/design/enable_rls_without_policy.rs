use crate::facts::{Change, Facts, MadeWorse};
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/enable-rls-without-policy.md")]
    "enable-rls-without-policy", "WD130", Design, Warning, since "0.1.0",
    "row level security is on, and no policy lets anybody in",
    [AtCommit(check)]
}

fn check(worse: &MadeWorse, facts: &dyn Facts, report: &mut Report) {
    for suspect in worse {
        if suspect.what != Change::RowSecurity {
            continue;
        }
        let security = facts.row_security(&suspect.table);
        // Where nobody but the owner has privileges, nobody is shut out.
        if !security.enabled || security.permissive || security.granted.is_empty() {
            continue;
        }
        let Some(table) = facts.shared_and_large(&suspect.table) else { continue };
        let identity = facts.identity(&table);
        report.push(
            report
                .finding(
                    identity.clone(),
                    format!("row level security is on for \"{}\", and no policy lets anybody in", table.name),
                )
                .detail(format!(
                    "Checked at COMMIT. {} From now on {} can see no row of it, and INSERT fails.",
                    extent(&table),
                    roles(&security.granted)
                ))
                .hint(format!(
                    "In the same transaction: CREATE POLICY <name> ON {identity} FOR SELECT USING (<condition>); and one \
                     for each command that is to go on."
                ))
                .at(suspect.at),
        );
    }
}

/// `app, reporting`, and not too many of them.
fn roles(granted: &[String]) -> String {
    const MOST: usize = 5;
    let mut named: Vec<_> = granted.iter().take(MOST).cloned().collect();
    if granted.len() > MOST {
        named.push(format!("{} more roles", granted.len() - MOST));
    }
    named.join(", ")
}
