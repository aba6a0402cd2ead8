use crate::ast::{AlterDomain, Constraint, ConstraintKind, DomainAction, QualifiedName, Statement};
use crate::facts::{Facts, Relation};
use crate::finding::Finding;
use crate::rules::wording::extent;
use crate::rules::{Quantity, Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/domain-constraint-validates.md")]
    "domain-constraint-validates", "WD035", Ddl, Error, since "0.1.0",
    "domain's constraint checked while writes to every table that uses it wait",
    [Statement(ALTER_DOMAIN, check)]
}

/// More tables than these are counted, not named.
const MOST_NAMED: usize = 10;

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::AlterDomain(AlterDomain { domain, action }) = statement else { return };
    let what = match action {
        DomainAction::AddConstraint(constraint) if constraint.not_valid => return,
        DomainAction::AddConstraint(Constraint { kind: ConstraintKind::Check { .. }, .. }) => "adding a constraint to",
        DomainAction::AddConstraint(_) | DomainAction::SetNotNull => "NOT NULL of",
        DomainAction::Validate { .. } => "validating a constraint of",
        DomainAction::Other => return,
    };
    let tables = large_tables(domain, facts);
    let Some(first) = tables.first() else { return };
    let others = match tables.len() {
        1 => String::new(),
        many => format!(" and {} more", Quantity::count(many - 1)),
    };
    let mut sizes: Vec<_> =
        tables.iter().take(MOST_NAMED).map(|table| format!("{}{}", extent(table), seconds(table))).collect();
    if tables.len() > MOST_NAMED {
        sizes.push(format!("And {} more.", Quantity::count(tables.len() - MOST_NAMED)));
    }
    let finding = report
        .finding(
            facts.qualified(domain.schema.as_deref().unwrap_or(""), &domain.name),
            format!(
                "{what} domain \"{}\" blocks writes to \"{}\"{others} while every row is checked",
                domain.name, first.name
            ),
        )
        .detail(format!("{} SHARE lock on each until COMMIT: reads go on.", sizes.join(" ")))
        .at(domain.at);
    report.push(with_way_out(finding, domain, action, facts));
}

fn seconds(table: &Relation) -> String {
    let estimate = cost::scan(table);
    if estimate.is_empty() { estimate } else { format!(" A scan takes{}.", estimate.trim_start_matches(',')) }
}

/// Tables with a column of the domain, each once, the largest first.
fn large_tables(domain: &QualifiedName, facts: &dyn Facts) -> Vec<Relation> {
    let mut seen: Vec<QualifiedName> = Vec::new();
    for user in facts.uses_of_type(domain) {
        if !seen.contains(&user.table) {
            seen.push(user.table);
        }
    }
    let is_part = |table: &&QualifiedName| facts.parent(table).is_some_and(|parent| seen.contains(&parent));
    let mut tables: Vec<_> =
        seen.iter().filter(|table| !is_part(table)).filter_map(|table| facts.shared_and_large(table)).collect();
    tables.sort_by_key(|table| std::cmp::Reverse(table.bytes()));
    tables
}

/// NOT VALID, where there is such a form. VALIDATE takes the same locks as ADD.
fn with_way_out(finding: Finding, domain: &QualifiedName, action: &DomainAction, facts: &dyn Facts) -> Finding {
    let later = "check the values that are there with a CHECK on each table: NOT VALID, and VALIDATE CONSTRAINT in another \
                 transaction, while writes go on";
    let DomainAction::AddConstraint(constraint) = action else {
        return finding.hint(format!("Instead, {later}."));
    };
    let ConstraintKind::Check { condition, .. } = &constraint.kind else {
        return finding.hint(format!("Instead, {later}."));
    };
    let name = constraint.name.clone().unwrap_or_else(|| facts.object_name(&domain.name, &[], "check"));
    let written = domain.schema.as_deref().unwrap_or("");
    match condition.text() {
        Some(condition) => finding.remedy(
            "For new values alone, without a look at any table",
            format!(
                "ALTER DOMAIN {} ADD CONSTRAINT {} CHECK ({condition}) NOT VALID;",
                facts.qualified(written, &domain.name),
                facts.quote(&name)
            ),
        ),
        None => finding
            .hint(format!("For new values alone, without a look at any table: the same with NOT VALID. Then {later}.")),
    }
}
