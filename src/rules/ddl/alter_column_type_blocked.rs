use crate::ast::{AlterAction, Statement};
use crate::facts::{Facts, Obstacle};
use crate::rules::{Quantity, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/alter-column-type-blocked.md")]
    "alter-column-type-blocked", "WD028", Ddl, Warning, since "0.1.0",
    "change of type that the server refuses for what needs the column",
    [Statement(ALTER_TYPE, check)]
}

/// More obstacles than these are counted, not named.
const MOST_NAMED: usize = 10;

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::AlterTable { table, actions, .. } = statement else { return };
    for (order, action) in actions.iter().enumerate() {
        let AlterAction::AlterType(change) = action else { continue };
        let Some(relation) = facts.shared(table) else { return };
        let mut obstacles = facts.obstacles(table, &change.column);
        obstacles.retain(|obstacle| !goes_first(obstacle, actions));
        let Some(first) = obstacles.first() else { continue };
        let others = match obstacles.len() {
            1 => "needs it".to_owned(),
            many => format!("and {} more need it", Quantity::count(many - 1)),
        };
        report.push(
            report
                .finding(
                    facts.identity(&relation),
                    format!(
                        "changing the type of \"{}\".\"{}\" fails: {} {others}",
                        relation.name, change.column, first.description
                    ),
                )
                .detail(format!(
                    "The server refuses it as long as there is: {}.",
                    listed(&obstacles, |obstacle| &obstacle.description, ", ")
                ))
                .hint(format!(
                    "In one transaction: {} then the change of type, and then create again what was dropped.",
                    listed(&obstacles, |obstacle| &obstacle.removal, " ")
                ))
                .order(order)
                .at(table.at)
                .never_blocks(),
        );
    }
}

/// Whether the same statement takes the generated column, or its expression, away before it changes types.
fn goes_first(obstacle: &Obstacle, actions: &[AlterAction]) -> bool {
    obstacle.generated.as_ref().is_some_and(|generated| {
        actions.iter().any(|action| match action {
            AlterAction::DropColumn { column, .. } => column == generated,
            // DROP EXPRESSION is one of those.
            AlterAction::Other => true,
            _ => false,
        })
    })
}

fn listed<'a>(obstacles: &'a [Obstacle], text: impl Fn(&'a Obstacle) -> &'a String, separator: &str) -> String {
    let mut names: Vec<String> = obstacles.iter().take(MOST_NAMED).map(|obstacle| text(obstacle).clone()).collect();
    if obstacles.len() > MOST_NAMED {
        names.push(format!("and {} more", Quantity::count(obstacles.len() - MOST_NAMED)));
    }
    names.join(separator)
}
