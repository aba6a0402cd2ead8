use crate::ast::{Located, Statement};
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/alter-system-or-role.md")]
    "alter-system-or-role", "WD142", Design, Warning, since "0.1.0",
    "script changes the whole server, not this database",
    [Script(check)]
}

fn check(script: &[Located], _in_transaction: bool, report: &mut Report) {
    for located in script {
        let finding = match &located.statement {
            Statement::AlterSystem => report
                .finding("", "ALTER SYSTEM changes a setting of the whole server")
                .detail("It holds for every database here, is in no dump, and cannot run in a transaction.")
                .hint(
                    "ALTER DATABASE ... SET or ALTER ROLE ... SET; what is the server's, to whoever runs the server.",
                ),
            Statement::Role { name, powers } if !powers.is_empty() => {
                let role = name.as_deref().unwrap_or("the current role");
                report
                    .finding(role, format!("\"{role}\" is made {}", powers.join(" and ")))
                    .detail(
                        "It holds in every database of the server. A superuser passes every check, BYPASSRLS every policy.",
                    )
                    .hint("Grant what the role needs; pg_read_all_data, pg_monitor and others are made for that.")
            }
            _ => continue,
        };
        report.push(finding.at(Some(located.start)));
    }
}
