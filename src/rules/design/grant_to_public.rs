use crate::ast::{Grant, GrantTarget, QualifiedName, Statement};
use crate::facts::{Facts, Kind};
use crate::finding::{Finding, Level};
use crate::rules::{Audit, Report, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/grant-to-public.md")]
    "grant-to-public", "WD141", Design, Warning, since "0.1.0",
    "everybody is given rights on rows, or on a schema",
    [Statement(GRANT, check), Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.reads OR s.writes",
    message: r#"pg_catalog.format('everybody may %s "%s"', CASE WHEN s.reads AND s.writes THEN 'read and change' WHEN s.writes THEN 'change' ELSE 'read' END, s.relation_name)"#,
    detail: "'PUBLIC is each role that there is and each that will be, also one that was made for a single purpose.'",
    hint: "'Grant it to the roles that need it, before it is taken from PUBLIC.'",
    fix: "pg_catalog.format('REVOKE %s ON %s FROM PUBLIC;', s.privileges, s.identity)",
    // One table that all may read is often meant so: a list of countries.
    level: "CASE WHEN NOT s.writes THEN 'info' END",
    ..Audit::of(Source::Grants)
};

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Grant(grant) = statement else { return };
    if !grant.to_public {
        return;
    }
    match grant.target {
        GrantTarget::Relations => {
            for relation in &grant.relations {
                judge_relation(grant, relation, facts, report);
            }
        }
        GrantTarget::TablesOfSchemas => {
            let Some(may) = deeds(grant, Kind::Table) else { return };
            for schema in &grant.schemas {
                let message = format!("everybody may {may} each table of schema \"{schema}\"");
                report.push(said(report.finding(facts.quote(schema), message)));
            }
        }
        GrantTarget::Schemas if has(grant, &["create"]) => {
            for schema in &grant.schemas {
                let message = format!("everybody may make objects in schema \"{schema}\"");
                report.push(
                    report
                        .finding(facts.quote(schema), message)
                        .detail(
                            "Whoever has the schema in the search path runs what somebody puts there under the name of \
                             another function.",
                        )
                        .hint(format!("Name the roles: GRANT CREATE ON SCHEMA {} TO <role>;", facts.quote(schema))),
                );
            }
        }
        GrantTarget::Schemas | GrantTarget::Other => {}
    }
}

fn judge_relation(grant: &Grant, name: &QualifiedName, facts: &dyn Facts, report: &mut Report) {
    let Some(relation) = facts.relation(name).found().filter(crate::facts::Relation::is_judged) else {
        return;
    };
    let Some(may) = deeds(grant, relation.kind) else { return };
    let message = format!("everybody may {may} \"{}\"", relation.name);
    let finding = said(report.finding(facts.identity(&relation), message)).at(name.at);
    // One table that all may read is often meant so: a list of countries.
    report.push(if may == READ { finding.level(Level::Info) } else { finding });
}

fn said(finding: Finding) -> Finding {
    finding
        .detail("PUBLIC is each role that there is and each that will be, also one that was made for a single purpose.")
        .hint("Name the roles after TO; a role that others are members of serves for many.")
}

const READ: &str = "read";

/// What the privileges let one do with rows. A view is often made to be read by all.
fn deeds(grant: &Grant, kind: Kind) -> Option<&'static str> {
    let writes = match kind {
        Kind::Table | Kind::Partitioned | Kind::ForeignTable | Kind::View => {
            has(grant, &["insert", "update", "delete", "truncate"])
        }
        _ => false,
    };
    let reads = match kind {
        Kind::Table | Kind::Partitioned | Kind::ForeignTable | Kind::MaterializedView => has(grant, &["select"]),
        _ => false,
    };
    match (reads, writes) {
        (true, true) => Some("read and change"),
        (true, false) => Some(READ),
        (false, true) => Some("change"),
        (false, false) => None,
    }
}

fn has(grant: &Grant, privileges: &[&str]) -> bool {
    grant.all_privileges || grant.privileges.iter().any(|privilege| privileges.contains(&privilege.as_str()))
}
