use crate::ast::{
    AlterAction, AlterType, Constraint, ConstraintKind, QualifiedName, Rename, RenameKind, ReplicaIdentity, Statement,
};
use crate::facts::{Facts, Kind, Publication, Relation};
use crate::finding::{Finding, Level};
use crate::rules::{Report, declare_rule, evidence, keys};
use std::rc::Rc;

declare_rule! {
    #[doc = include_str!("../../../docs/rules/published-table-ddl.md")]
    "published-table-ddl", "WD156", Ddl, Warning, since "0.1.0",
    "change of a published table that its subscribers do not get along with",
    [Statement(ADD_COLUMN.or(ADD_CONSTRAINT).or(ALTER_TYPE).or(DROP_COLUMN).or(RENAME).or(REPLICA_IDENTITY), check)]
}

/// What a subscriber that stops does.
const STOPS: &str =
    "It tries the same change again and again, nothing after that arrives, and WAL is kept for it meanwhile.";

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let name = match statement {
        Statement::AlterTable { table, actions, .. } if actions.iter().any(is_seen_by_subscribers) => table,
        Statement::Rename(rename) if rename.kind == RenameKind::Column => &rename.relation,
        _ => return,
    };
    let may_be_published = |table: &Relation| {
        table.may_be_shared() && matches!(table.kind, Kind::Table | Kind::Partitioned) && !table.unlogged
    };
    let Some(table) = facts.relation(name).found().filter(may_be_published) else { return };
    let publications = facts.publications(name);
    if publications.is_empty() || !table.is_shared() {
        return;
    }
    let published = Published { name, table, publications, facts };
    let findings = match statement {
        Statement::AlterTable { actions, .. } => vec![
            published.added(statement, report),
            published.dropped(actions, report),
            published.retyped(actions, report),
            published.told_apart(actions, report),
        ],
        Statement::Rename(rename) => vec![published.renamed(rename, report)],
        _ => Vec::new(),
    };
    findings.into_iter().flatten().for_each(|finding| report.push(finding.at(name.at)));
}

fn is_seen_by_subscribers(action: &AlterAction) -> bool {
    match action {
        AlterAction::AddColumn { .. }
        | AlterAction::DropColumn { .. }
        | AlterAction::AlterType(_)
        | AlterAction::ReplicaIdentity(_) => true,
        AlterAction::AddConstraint(constraint) => matches!(constraint.kind, ConstraintKind::PrimaryKey(_)),
        _ => false,
    }
}

/// A published table, and what is asked about it.
struct Published<'a> {
    name: &'a QualifiedName,
    table: Relation,
    publications: Vec<Publication>,
    facts: &'a dyn Facts,
}

impl Published<'_> {
    fn added(&self, statement: &Statement, report: &Report) -> Option<Finding> {
        let new: Vec<_> = keys::new_columns(statement, self.facts).collect();
        let is_sent = |publication: &Publication| {
            new.iter().any(|column| {
                publication.sends(&column.name) && (!column.generated || (publication.sends_generated && column.stored))
            })
        };
        let sender = self.senders(is_sent)?;
        let names: Vec<_> = new.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let add: Vec<_> = new
            .iter()
            .filter_map(|column| {
                Some(format!("ADD COLUMN {} {}", self.facts.quote(&column.name), column.type_name.text()?))
            })
            .collect();
        let there = if add.len() == new.len() {
            format!(": ALTER TABLE {} {};", self.identity(), add.join(", "))
        } else {
            ",".to_owned()
        };
        let message =
            format!("a subscriber to {sender} stops at \"{}\" unless it has {} too", self.table.name, names.join(", "));
        Some(
            self.finding(report, message)
                .detail(format!("The next change of a row, whatever its columns, fails there. {STOPS}"))
                .hint(format!("On the subscriber first{there} then here.")),
        )
    }

    fn dropped(&self, actions: &[AlterAction], report: &Report) -> Option<Finding> {
        // Without CASCADE the server refuses to drop what a publication names, and with it the table leaves the publication.
        let is_sent = |column: &str| self.publications.iter().any(|p| p.columns.is_none() && p.sends(column));
        let dropped: Vec<_> = dropped_columns(actions)
            .filter(|(column, cascade)| {
                *cascade || evidence::needed_by(self.name, Some(column), &[], self.facts).is_empty()
            })
            .filter(|(column, _)| is_sent(column))
            .filter_map(|(column, _)| Some((column, self.facts.column(self.name, column).found()?)))
            .collect();
        let sender = self.senders(|publication| publication.columns.is_none()).filter(|_| !dropped.is_empty())?;
        let names: Vec<_> = dropped.iter().map(|(column, _)| format!("\"{column}\"")).collect();
        let demanded: Vec<_> = dropped.iter().filter(|(_, column)| column.not_null && !column.has_default).collect();
        let message = format!("{sender} will send no {} of \"{}\" any more", names.join(", "), self.table.name);
        let finding = self.finding(report, message);
        if demanded.is_empty() {
            return Some(
                finding
                    .level(Level::Info)
                    .detail("New rows have NULL or the default there on a subscriber.")
                    .hint("Here first, and on the subscriber last: one that lacks a column that is sent stops."),
            );
        }
        let nullable: Vec<_> = demanded
            .iter()
            .map(|(column, _)| format!("ALTER COLUMN {} DROP NOT NULL", self.facts.quote(column)))
            .collect();
        Some(
            finding.detail(format!("A subscriber where it is NOT NULL, as here, stops at the next INSERT. {STOPS}")).hint(format!(
                "On the subscriber first: ALTER TABLE {} {}; then here, and only then drop it there: one that lacks a column that \
                 is sent stops.",
                self.identity(),
                nullable.join(", ")
            )),
        )
    }

    fn retyped(&self, actions: &[AlterAction], report: &Report) -> Option<Finding> {
        let (change, from, to) = actions.iter().find_map(|action| match action {
            AlterAction::AlterType(change) => self.change(change),
            _ => None,
        })?;
        let sender = self.senders(|publication| publication.sends(&change.column))?;
        let (table, column) = (&self.table.name, &change.column);
        let message = format!("{sender} will send \"{table}\".\"{column}\" as {to}, and not as {from}");
        let kept = if change.using.is_some() {
            "Rows that are there are not sent again, and keep their old values there."
        } else {
            "Rows that are there are not sent again."
        };
        Some(
            self.finding(report, message)
                .detail(format!("A subscriber stops at the first value that its own type does not take. {STOPS} {kept}"))
                .hint(format!(
                    "Whichever type takes the values of both comes first: a wider one on the subscriber (ALTER TABLE {} ALTER \
                     COLUMN {} TYPE {to};) and then here, a narrower one here.",
                    self.identity(),
                    self.facts.quote(column)
                )),
        )
    }

    /// A change of type that the server makes, with the types before and after.
    fn change<'c>(&self, change: &'c AlterType) -> Option<(&'c AlterType, Rc<str>, Rc<str>)> {
        let from = self.facts.column_type(self.name, &change.column).found()?.name;
        let to = self.facts.type_named(&change.type_name).found()?.name;
        (from != to && self.facts.obstacles(self.name, &change.column).is_empty()).then_some((change, from, to))
    }

    fn renamed(&self, rename: &Rename, report: &Report) -> Option<Finding> {
        let old = rename.member.as_ref().filter(|old| self.facts.column(self.name, old).found().is_some())?;
        let sender = self.senders(|publication| publication.sends(old))?;
        let message =
            format!("a subscriber to {sender} stops at \"{}\" until it has \"{}\"", self.table.name, rename.to);
        let to = self.facts.quote(&rename.to);
        Some(
            self.finding(report, message)
                .detail(format!("What is sent goes by name: its \"{old}\" is not found any more. {STOPS}"))
                .hint(format!(
                    "On the subscriber, once it has stopped at it and not before: ALTER TABLE {} RENAME COLUMN {} TO {to}; then it \
                     goes on. Or add a column of the new name, there first.",
                    self.identity(),
                    self.facts.quote(old)
                )),
        )
    }

    /// Whether updates and deletes still say which row is meant, and say it in a way that subscribers understand.
    fn told_apart(&self, actions: &[AlterAction], report: &Report) -> Option<Finding> {
        let sender = self.senders(|publication| publication.sends_changes)?;
        let before = self.columns_before();
        let table = &self.table.name;
        let fails = || {
            self.finding(report, format!("UPDATE and DELETE of \"{table}\" will fail, because {sender} sends them"))
                .level(Level::Warning)
        };
        match self.identity_after(actions, &before)? {
            Identity::Nothing => Some(
                fails()
                    .detail("Nothing tells its rows apart any more. INSERT goes on.")
                    .hint(format!("First another: ALTER TABLE {} REPLICA IDENTITY USING INDEX ...; or FULL.", self.identity())),
            ),
            after if self.publications.iter().any(|publication| after.is_cut(publication)) => Some(
                fails()
                    .detail("A column list of the publication leaves columns out by which rows are told apart.")
                    .hint("First put them into the list: ALTER PUBLICATION ... SET TABLE ... (...);"),
            ),
            Identity::Columns(after) if !before.is_empty() && !is_same_set(&before, &after) => Some(
                self.finding(report, format!("a subscriber to {sender} that goes by another key stops at \"{table}\""))
                    .detail(format!(
                        "The rows of UPDATE and DELETE were told apart by ({}), and will be by ({}). {STOPS}",
                        before.join(", "),
                        after.join(", ")
                    ))
                    .hint(format!(
                        "With all columns sent, either key is understood: ALTER TABLE {0} REPLICA IDENTITY FULL; change the key \
                         there, then here, and last ALTER TABLE {0} REPLICA IDENTITY DEFAULT;",
                        self.identity()
                    )),
            ),
            _ => None,
        }
    }

    fn columns_before(&self) -> Vec<String> {
        if self.publications.iter().any(|publication| publication.by_primary_key) {
            return self.facts.primary_key(self.name);
        }
        let index = self.facts.indexes(self.name).into_iter().find(|index| index.replica_identity);
        index.map(|index| index.columns.into_iter().flatten().collect()).unwrap_or_default()
    }

    /// `None` where it stays, or where the rule about what is dropped speaks of it.
    fn identity_after(&self, actions: &[AlterAction], before: &[String]) -> Option<Identity> {
        let key = actions.iter().rev().find_map(|action| match action {
            AlterAction::AddConstraint(constraint) => self.primary_key_of(constraint),
            _ => None,
        });
        let set = actions.iter().rev().find_map(|action| match action {
            AlterAction::ReplicaIdentity(identity) => Some(identity),
            _ => None,
        });
        match set {
            // Partitions keep their own.
            Some(_) if self.table.kind == Kind::Partitioned => None,
            Some(ReplicaIdentity::Nothing) => Some(Identity::Nothing),
            Some(ReplicaIdentity::Full) => Some(Identity::Full),
            Some(ReplicaIdentity::Index(index)) => self.index_columns(index).map(Identity::Columns),
            Some(ReplicaIdentity::Default) => {
                let columns = key.unwrap_or_else(|| self.facts.primary_key(self.name));
                Some(if columns.is_empty() { Identity::Nothing } else { Identity::Columns(columns) })
            }
            None => {
                let by_key = self.publications.iter().any(|publication| publication.by_primary_key);
                match key.filter(|_| by_key) {
                    Some(columns) => Some(Identity::Columns(columns)),
                    None => dropped_columns(actions)
                        .any(|(column, _)| before.iter().any(|of_key| of_key == column))
                        .then_some(Identity::Nothing),
                }
            }
        }
    }

    fn primary_key_of(&self, constraint: &Constraint) -> Option<Vec<String>> {
        let ConstraintKind::PrimaryKey(key) = &constraint.kind else { return None };
        match &key.using_index {
            Some(index) => self.index_columns(index),
            None => Some(key.columns.clone()),
        }
    }

    fn index_columns(&self, name: &str) -> Option<Vec<String>> {
        let index = self.facts.indexes(self.name).into_iter().find(|index| index.name == *name)?;
        Some(index.columns.into_iter().flatten().collect())
    }

    /// At level info where nobody can be subscribed.
    fn finding(&self, report: &Report, message: String) -> Finding {
        let is_followed = self.publications.iter().any(|publication| publication.is_followed);
        report.finding(self.identity(), message).level(if is_followed { Level::Warning } else { Level::Info })
    }

    fn identity(&self) -> String {
        self.facts.identity(&self.table)
    }

    /// `publication "a"`, `publications "a", "b"`: those concerned, where there are any.
    fn senders(&self, is_concerned: impl Fn(&Publication) -> bool) -> Option<String> {
        let names: Vec<_> = self
            .publications
            .iter()
            .filter(|publication| is_concerned(publication))
            .map(|publication| format!("\"{}\"", publication.name))
            .collect();
        let noun = if names.len() == 1 { "publication" } else { "publications" };
        (!names.is_empty()).then(|| format!("{noun} {}", names.join(", ")))
    }
}

/// What tells rows apart.
enum Identity {
    Columns(Vec<String>),
    Full,
    Nothing,
}

impl Identity {
    /// Whether a publication would send updates without a part of it.
    fn is_cut(&self, publication: &Publication) -> bool {
        publication.sends_changes
            && match self {
                Self::Columns(columns) => !columns.iter().all(|column| publication.sends(column)),
                Self::Full => publication.columns.is_some(),
                Self::Nothing => false,
            }
    }
}

fn dropped_columns(actions: &[AlterAction]) -> impl Iterator<Item = (&str, bool)> {
    actions.iter().filter_map(|action| match action {
        AlterAction::DropColumn { column, cascade, .. } => Some((column.as_str(), *cascade)),
        _ => None,
    })
}

fn is_same_set(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|column| b.contains(column))
}
