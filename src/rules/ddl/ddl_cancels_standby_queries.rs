use crate::ast::Lock;
use crate::facts::{Kind, Lookup, Relation};
use crate::rules::{Case, Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/ddl-cancels-standby-queries.md")]
    "ddl-cancels-standby-queries", "WD160", Ddl, Info, since "0.1.0",
    "a standby is connected, where the lock holds replay up or cancels queries",
    [Now(check)]
}

fn check(case: &Case<'_>, report: &mut Report) {
    let facts = case.facts;
    let tables: Vec<Relation> = case
        .locks()
        .relations()
        .iter()
        .filter(|effect| effect.lock == Lock::AccessExclusive && !effect.is_index)
        .filter_map(|effect| facts.shared(&effect.name))
        .filter(is_readable_there)
        .collect();
    let Some(first) = tables.first() else { return };
    let names = evidence::listed(tables.iter().map(|table| format!("\"{}\"", table.name)));
    let message = format!("standbys lock {names} too, and cancel queries on it that last too long");
    let standbys = match facts.standbys() {
        Lookup::Found(standbys) if !standbys.is_empty() => {
            evidence::listed(standbys.iter().map(|name| format!("\"{name}\"")))
        }
        Lookup::Found(_) | Lookup::Missing => return,
        Lookup::NotChecked(reason) => {
            let message = format!("whether {names} is read on standbys");
            return report.not_checked(facts.identity(first), message, reason);
        }
    };
    report.push(
        report
            .finding(facts.identity(first), message)
            .detail(format!(
                "Connected: {standbys}. Replay of the ACCESS EXCLUSIVE lock waits there for queries on it, up to \
                 max_standby_streaming_delay (30 s, unless it was set), and nothing newer is to be seen there meanwhile; \
                 then it cancels them, and new ones wait until COMMIT is replayed."
            ))
            .hint("Run it when no long queries run there, and COMMIT soon after it.")
            .reminder(),
    );
}

/// What is unlogged has no rows on a standby, and what has none of its own is not read there.
fn is_readable_there(relation: &Relation) -> bool {
    matches!(relation.kind, Kind::Table | Kind::Partitioned | Kind::MaterializedView) && !relation.unlogged
}
