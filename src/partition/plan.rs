//! What to do about a wanted partition, and the SQL that does it: pure decisions over what was read.
#![forbid(unsafe_code)]

use super::bounds::{DAY, Day, Meeting, Point, Range, length};
use super::inherit::Inherited;
use crate::error::{Code, Error};
use std::fmt;

/// Bounds beyond every value, as SQL and the server write them.
pub(crate) const MIN: &str = "MINVALUE";
pub(crate) const MAX: &str = "MAXVALUE";

/// The longest name of the server, in bytes of the database's encoding.
pub(crate) const NAME_BYTES: usize = 63;

/// The table whose partitions these are.
#[derive(Debug, Clone)]
pub(crate) struct Parent {
    /// As stored.
    pub(crate) name: String,
    /// Qualified and quoted.
    pub(crate) identity: String,
}

/// A partition that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sibling {
    pub(crate) oid: u32,
    /// As stored.
    pub(crate) name: String,
    /// Qualified and quoted.
    pub(crate) identity: String,
    pub(crate) schema_is_parents: bool,
    pub(crate) kind: SiblingKind,
    /// `DETACH CONCURRENTLY` was begun and not finished.
    pub(crate) is_detaching: bool,
    pub(crate) range: Range,
    pub(crate) shown: Shown,
}

impl Sibling {
    /// Whether all of a range is its own.
    pub(crate) fn holds(&self, range: &Range) -> bool {
        matches!(range.meets(&self.range), Meeting::Same | Meeting::Covered)
    }
}

/// What a partition is by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SiblingKind {
    Table,
    Partitioned,
    /// A foreign table.
    Other,
}

/// The partition asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// As it will be stored.
    pub(crate) name: String,
    pub(crate) range: Range,
    pub(crate) shown: Shown,
    /// One interval before the lower bound.
    pub(crate) previous: Point,
    /// One interval after the upper bound.
    pub(crate) next: Point,
    /// For instants: the zone in which the bounds are midnight.
    pub(crate) zone: Option<String>,
    /// What partitions of this length are called.
    pub(crate) plural: &'static str,
    /// The same, as a sentence begins.
    pub(crate) title: &'static str,
    /// What they do in the zone: `begin at midnight`.
    pub(crate) beginning: String,
    /// The call that makes this one, without schema; `None` where rows are moved by the same call.
    pub(crate) call: Option<String>,
}

/// Bounds as people read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) lower: String,
    pub(crate) upper: String,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.lower, self.upper)
    }
}

impl Wanted {
    /// A sentence about the zone, to put behind bounds.
    pub(crate) fn in_zone(&self) -> String {
        self.zone
            .as_ref()
            .map_or_else(String::new, |zone| format!(" {} {} in time zone \"{zone}\".", self.title, self.beginning))
    }
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// Nothing: this partition has the same bounds.
    Exists(&'a Sibling),
    /// Create it, like this newest sibling where there is one.
    Create(Option<&'a Sibling>),
}

/// Decides between creating, doing nothing and refusing.
///
/// # Errors
/// The range or the name is taken, or a hole would be left.
pub(crate) fn decide<'a>(parent: &Parent, wanted: &Wanted, siblings: &'a [Sibling]) -> Result<Step<'a>, Error> {
    let meeting = |how| siblings.iter().filter(move |s| wanted.range.meets(&s.range) == how);
    let touched = siblings.iter().filter(|s| wanted.range.meets(&s.range) != Meeting::Apart);
    if let Some(sibling) = touched.into_iter().find(|s| s.is_detaching) {
        return Err(still_detaching(parent, sibling));
    }
    if let Some(sibling) = meeting(Meeting::Same).next() {
        return Ok(Step::Exists(sibling));
    }
    if let Some(sibling) = meeting(Meeting::Covered).next() {
        return Err(covered(parent, wanted, sibling));
    }
    let overlapped: Vec<&Sibling> = meeting(Meeting::Overlap).collect();
    if let Some(sibling) = siblings.iter().find(|s| s.schema_is_parents && s.name == wanted.name) {
        return Err(other_bounds(parent, wanted, sibling, !overlapped.is_empty()));
    }
    if let Some(first) = overlapped.first() {
        return Err(overlaps(parent, wanted, first, overlapped.len() - 1));
    }
    no_hole(parent, wanted, siblings)?;
    if newest(siblings).is_some_and(|s| s.kind == SiblingKind::Partitioned) {
        return Err(Error::new(
            Code::NotSupported,
            format!("partitions of table \"{}\" are partitioned themselves", parent.name),
        )
        .detail("The new partition would be a plain table among partitioned ones.")
        .hint(format!(
            "Create it yourself: CREATE TABLE ... PARTITION OF {} FOR VALUES FROM ({}) TO ({}) PARTITION BY ...;",
            parent.identity,
            literal(&wanted.shown.lower),
            literal(&wanted.shown.upper)
        )));
    }
    Ok(Step::Create(newest_table(siblings)))
}

fn newest(siblings: &[Sibling]) -> Option<&Sibling> {
    siblings.iter().filter(|s| !s.is_detaching).max_by_key(|s| s.range.lower)
}

/// The newest partition, where it is a table: the model of others.
pub(crate) fn newest_table(siblings: &[Sibling]) -> Option<&Sibling> {
    newest(siblings).filter(|s| s.kind == SiblingKind::Table)
}

/// Whether a table can be attached with a range: `Some` where a partition has it already.
///
/// # Errors
/// The range is taken.
pub(crate) fn attachable<'a>(
    parent: &Parent,
    wanted: &Wanted,
    siblings: &'a [Sibling],
) -> Result<Option<&'a Sibling>, Error> {
    let mut touched = siblings.iter().filter(|s| wanted.range.meets(&s.range) != Meeting::Apart);
    let Some(first) = touched.next() else { return Ok(None) };
    match wanted.range.meets(&first.range) {
        _ if first.is_detaching => Err(still_detaching(parent, first)),
        Meeting::Same => Ok(Some(first)),
        Meeting::Covered => Err(covered(parent, wanted, first)),
        Meeting::Overlap | Meeting::Apart => Err(overlaps(parent, wanted, first, touched.count())),
    }
}

fn still_detaching(parent: &Parent, sibling: &Sibling) -> Error {
    Error::new(
        Code::NotInPrerequisiteState,
        format!("partition \"{}\" of \"{}\" is still being detached", sibling.name, parent.name),
    )
    .detail(format!("It keeps {} until that is finished, while rows of this range are refused.", sibling.shown))
    .hint(format!("Finish it: ALTER TABLE {} DETACH PARTITION {} FINALIZE;", parent.identity, sibling.identity))
}

fn covered(parent: &Parent, wanted: &Wanted, sibling: &Sibling) -> Error {
    Error::new(
        Code::InvalidObjectDefinition,
        format!("range {} of \"{}\" is covered by partition \"{}\"", wanted.shown, parent.name, sibling.name),
    )
    .detail(format!("{} holds {}.{}", sibling.identity, sibling.shown, wanted.in_zone()))
    .hint(format!(
        "Rows of this range go there. For a partition of its own: detach {}, create this one, move its rows, and attach \
         the rest with narrower bounds.",
        sibling.identity
    ))
}

fn other_bounds(parent: &Parent, wanted: &Wanted, sibling: &Sibling, overlaps: bool) -> Error {
    let hint = if overlaps {
        format!(
            "Begin where no partition is yet, or first detach it: ALTER TABLE {} DETACH PARTITION {};",
            parent.identity, sibling.identity
        )
    } else {
        format!("Give it another name first: ALTER TABLE {} RENAME TO ...;", sibling.identity)
    };
    Error::new(
        Code::DuplicateTable,
        format!("partition \"{}\" of \"{}\" exists with other bounds", sibling.name, parent.name),
    )
    .detail(format!("It holds {}; asked for was {}.{}", sibling.shown, wanted.shown, wanted.in_zone()))
    .hint(hint)
}

fn overlaps(parent: &Parent, wanted: &Wanted, sibling: &Sibling, more: usize) -> Error {
    let others = match more {
        0 => String::new(),
        1 => " One more partition lies in the range.".to_owned(),
        _ => format!(" {more} more partitions lie in the range."),
    };
    let hint = if wanted.zone.is_some() && shared(&wanted.range, &sibling.range).is_some_and(|part| part < DAY) {
        other_zone(wanted)
    } else {
        "Begin where no partition is yet.".to_owned()
    };
    Error::new(
        Code::InvalidObjectDefinition,
        format!("range {} of \"{}\" overlaps partition \"{}\"", wanted.shown, parent.name, sibling.name),
    )
    .detail(format!("{} holds {}.{others}{}", sibling.identity, sibling.shown, wanted.in_zone()))
    .hint(hint)
}

fn other_zone(wanted: &Wanted) -> String {
    format!(
        "If the {} of this table begin in another time zone: SET warden.partition_time_zone = '...';",
        wanted.plural
    )
}

/// Length of the part that two ranges share.
fn shared(a: &Range, b: &Range) -> Option<i128> {
    distance(a.lower.max(b.lower).point, a.upper.min(b.upper).point)
}

/// Length of a hole that is not empty.
fn hole(from: Point, to: Point) -> Option<i128> {
    distance(from, to).filter(|length| *length > 0)
}

fn distance(from: Point, to: Point) -> Option<i128> {
    match (from, to) {
        (Point::At(from), Point::At(to)) => Some(to - from),
        _ => None,
    }
}

/// Refuses to leave a hole shorter than an interval beside a neighbour: it would be found only by a failing insert.
fn no_hole(parent: &Parent, wanted: &Wanted, siblings: &[Sibling]) -> Result<(), Error> {
    let before = siblings.iter().filter(|s| s.range.upper <= wanted.range.lower).max_by_key(|s| s.range.upper);
    if let Some(s) = before
        && s.range.upper < wanted.range.lower
        && s.range.upper.point > wanted.previous
        && let Some(hole) = hole(s.range.upper.point, wanted.range.lower.point)
    {
        let ends = format!(
            "Partition {} ends at {}, this one would begin at {}",
            s.identity, s.shown.upper, wanted.shown.lower
        );
        return Err(misaligned(parent, wanted, &s.shown.upper, &wanted.shown.lower, hole, &ends));
    }
    let after = siblings.iter().filter(|s| s.range.lower >= wanted.range.upper).min_by_key(|s| s.range.lower);
    if let Some(s) = after
        && s.range.lower > wanted.range.upper
        && s.range.lower.point < wanted.next
        && let Some(hole) = hole(wanted.range.upper.point, s.range.lower.point)
    {
        let ends = format!(
            "Partition {} begins at {}, this one would end at {}",
            s.identity, s.shown.lower, wanted.shown.upper
        );
        return Err(misaligned(parent, wanted, &wanted.shown.upper, &s.shown.lower, hole, &ends));
    }
    Ok(())
}

fn misaligned(parent: &Parent, wanted: &Wanted, from: &str, to: &str, hole: i128, ends: &str) -> Error {
    let close = format!(
        "close the hole first: CREATE TABLE ... PARTITION OF {} FOR VALUES FROM ({}) TO ({});",
        parent.identity,
        literal(from),
        literal(to)
    );
    Error::new(
        Code::InvalidParameter,
        format!("partition \"{}\" of \"{}\" would be misaligned by {}", wanted.name, parent.name, length(hole)),
    )
    .detail(format!("{ends}: rows between would have no partition.{}", wanted.in_zone()))
    .hint(if wanted.zone.is_some() && hole < DAY {
        format!("{} Otherwise {close}", other_zone(wanted))
    } else {
        format!("Begin at the neighbour's bound, or {close}")
    })
}

/// Name of a partition: the table's with a suffix, cut to what the server can store. A cut name carries a hash of the
/// whole one, so that tables whose names begin alike do not meet. `width` is the bytes a character takes in the database.
pub(crate) fn partition_name(schema: &str, table: &str, suffix: &str, width: impl Fn(char) -> usize) -> String {
    let bytes = |text: &str| text.chars().map(&width).sum::<usize>();
    if bytes(table) + bytes(suffix) <= NAME_BYTES {
        return format!("{table}{suffix}");
    }
    let tail = format!("_{:08x}{suffix}", hash(schema, table));
    let mut room = NAME_BYTES.saturating_sub(bytes(&tail));
    let mut base = String::new();
    for c in table.chars() {
        let Some(left) = room.checked_sub(width(c)) else { break };
        room = left;
        base.push(c);
    }
    format!("{base}{tail}")
}

/// FNV-1a, folded to 32 bits: the same on every machine and in every version.
pub(crate) fn hash(schema: &str, table: &str) -> u32 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in schema.bytes().chain([0]).chain(table.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    u32::try_from((hash >> 32) ^ (hash & 0xffff_ffff)).unwrap_or_default()
}

/// A text as an SQL literal, as `quote_literal` makes it.
pub(crate) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// How the partition comes into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// A table of its own, then attached: the parent goes on being read and written.
    Attach,
    /// Born as a partition: the parent is locked for a moment, so no row can slip past into the default meanwhile.
    PartitionOf,
}

/// With a default partition, rows of a range that may receive some already must not be routed while the range moves out
/// of the default: they would be refused. In every other case the gentler way is right.
pub(crate) fn method(has_default: bool, lower: Point, now: i128, is_instant: bool) -> Method {
    // A wall clock may be ahead of UTC by up to 14 hours.
    let latest_now = if is_instant { now } else { now + DAY };
    if has_default && lower <= Point::At(latest_now) { Method::PartitionOf } else { Method::Attach }
}

/// What a partition would be in a time zone.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) zone: String,
    pub(crate) range: Range,
    pub(crate) shown: Shown,
    /// One stride before the lower and after the upper bound.
    pub(crate) previous: Point,
    pub(crate) next: Point,
    /// Where it begins, by the clock that names go by.
    pub(crate) day: Day,
    pub(crate) time: String,
    /// Every present bound is a midnight here, and there is one.
    pub(crate) fits: bool,
}

/// Which of these windows holds: the one that the present bounds show, when all zones that fit them agree; else the first,
/// that of the setting.
pub(crate) fn choose_zone(windows: &[Window]) -> Option<&Window> {
    let setting = windows.first()?;
    let mut fitting = windows.iter().skip(1).filter(|w| w.fits);
    Some(match fitting.next() {
        Some(shown) if fitting.all(|other| other.range == shown.range) && shown.range != setting.range => shown,
        _ => setting,
    })
}

/// What identifies rows to logical replication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReplicaIdentity {
    Default,
    Full,
    Nothing,
    /// An index of the parent; the child's own is known only after it was attached.
    Index,
}

/// A partition about to be made; every text is SQL already.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    pub(crate) identity: String,
    pub(crate) parent: String,
    /// What is behind PARTITION OF: `FOR VALUES ...` or `DEFAULT`.
    pub(crate) bounds: String,
    pub(crate) method: Method,
    pub(crate) access_method: Option<String>,
    pub(crate) options: Option<String>,
    pub(crate) tablespace: Option<String>,
    /// Set when the caller is not the parent's owner.
    pub(crate) owner: Option<String>,
    pub(crate) row_security: bool,
    pub(crate) replica_identity: ReplicaIdentity,
    pub(crate) is_unlogged: bool,
    pub(crate) inherited: Inherited,
    /// Statements about who may do what with it.
    pub(crate) access: Vec<String>,
    pub(crate) moved: Option<Moved>,
}

/// Rows that move from the default partition into a new one before that is attached.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    /// Qualified and quoted.
    pub(crate) default: String,
    pub(crate) condition: String,
    /// With commas between.
    pub(crate) columns: String,
    /// Writers wait at the table, so that none of them is on its way to the default.
    pub(crate) holds_parent: bool,
}

impl Child {
    /// The statements that make it, in order.
    pub(crate) fn statements(&self) -> Vec<String> {
        let Self { identity, parent, bounds, .. } = self;
        let create = if self.is_unlogged { "CREATE UNLOGGED TABLE" } else { "CREATE TABLE" };
        let mut made = String::new();
        if let Some(access_method) = &self.access_method {
            made = format!("{made} USING {access_method}");
        }
        if let Some(options) = &self.options {
            made = format!("{made} WITH ({options})");
        }
        if let Some(tablespace) = &self.tablespace {
            made = format!("{made} TABLESPACE {tablespace}");
        }
        let mut statements = Vec::new();
        if let Some(moved) = &self.moved {
            if moved.holds_parent {
                statements.push(format!("LOCK TABLE ONLY {parent} IN ACCESS EXCLUSIVE MODE"));
            }
            // What ATTACH takes in the end, from the beginning: a stronger lock later would be a deadlock.
            statements.push(format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", moved.default));
        }
        match self.method {
            // Everything but what ATTACH brings itself (indexes, keys, triggers), identity, which stays with the parent, and
            // extended statistics, which would belong to whoever calls.
            Method::Attach => statements.push(format!(
                "{create} {identity} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED \
                 INCLUDING STORAGE INCLUDING COMMENTS INCLUDING COMPRESSION){made}"
            )),
            Method::PartitionOf => {
                statements.push(format!("{create} {identity} PARTITION OF {parent} {bounds}{made}"));
            }
        }
        // The owner first: what ATTACH builds then runs as the owner, not as whoever calls.
        let mut changes = Vec::new();
        if let Some(owner) = &self.owner {
            changes.push(format!("OWNER TO {owner}"));
        }
        if self.row_security {
            changes.push("ENABLE ROW LEVEL SECURITY".to_owned());
        }
        match self.replica_identity {
            ReplicaIdentity::Full => changes.push("REPLICA IDENTITY FULL".to_owned()),
            ReplicaIdentity::Nothing => changes.push("REPLICA IDENTITY NOTHING".to_owned()),
            ReplicaIdentity::Default | ReplicaIdentity::Index => {}
        }
        changes.extend(self.inherited.changes.iter().cloned());
        if !changes.is_empty() {
            statements.push(format!("ALTER TABLE {identity} {}", changes.join(", ")));
        }
        statements.extend(self.inherited.statements.iter().cloned());
        if let Some(Moved { default, condition, columns, .. }) = &self.moved {
            statements.push(format!(
                "WITH moved AS (DELETE FROM {default} WHERE {condition} RETURNING {columns}) \
                 INSERT INTO {identity} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM moved"
            ));
        }
        // Policies may hold for the owner, whose rows these are that move.
        statements.extend(self.access.iter().cloned());
        if self.method == Method::Attach {
            statements.push(format!("ALTER TABLE {parent} ATTACH PARTITION {identity} {bounds}"));
        }
        statements
    }
}

#[cfg(test)]
mod tests {
    use super::super::bounds::Edge;
    use super::*;

    fn parent() -> Parent {
        Parent { name: "events".to_owned(), identity: "app.events".to_owned() }
    }

    /// Days as bounds, shown as plain numbers.
    fn days(lower: i128, upper: i128) -> (Range, Shown) {
        let edge = |days: i128| Edge::before(Point::At(days * DAY));
        (Range { lower: edge(lower), upper: edge(upper) }, Shown { lower: lower.to_string(), upper: upper.to_string() })
    }

    fn sibling(name: &str, lower: i128, upper: i128) -> Sibling {
        let (range, shown) = days(lower, upper);
        Sibling {
            oid: 1,
            name: name.to_owned(),
            identity: format!("app.{name}"),
            schema_is_parents: true,
            kind: SiblingKind::Table,
            is_detaching: false,
            range,
            shown,
        }
    }

    /// A "month" of 30 days named `new`.
    fn wanted(lower: i128) -> Wanted {
        let (range, shown) = days(lower, lower + 30);
        Wanted {
            name: "new".to_owned(),
            range,
            shown,
            previous: Point::At((lower - 30) * DAY),
            next: Point::At((lower + 60) * DAY),
            zone: None,
            plural: "months",
            title: "Months",
            beginning: String::new(),
            call: None,
        }
    }

    fn code(wanted: &Wanted, siblings: &[Sibling]) -> Code {
        match decide(&parent(), wanted, siblings) {
            Ok(step) => unreachable!("{step:?}"),
            Err(error) => error.code(),
        }
    }

    #[test]
    fn an_empty_set_takes_any_partition() {
        assert!(matches!(decide(&parent(), &wanted(0), &[]), Ok(Step::Create(None))));
    }

    #[test]
    fn same_bounds_exist_whatever_the_name() {
        let siblings = [sibling("a", -30, 0), sibling("other", 0, 30)];
        assert!(matches!(decide(&parent(), &wanted(0), &siblings), Ok(Step::Exists(s)) if s.name == "other"));
    }

    #[test]
    fn the_newest_sibling_is_the_model() {
        let siblings = [sibling("b", 30, 60), sibling("c", 60, 90), sibling("a", -30, 0)];
        assert!(matches!(decide(&parent(), &wanted(0), &siblings), Ok(Step::Create(Some(s))) if s.name == "c"));
        let mut siblings = siblings;
        siblings[1].kind = SiblingKind::Other;
        assert!(matches!(decide(&parent(), &wanted(0), &siblings), Ok(Step::Create(None))));
        siblings[1].kind = SiblingKind::Partitioned;
        assert_eq!(code(&wanted(0), &siblings), Code::NotSupported);
    }

    #[test]
    fn a_taken_range_is_refused() {
        assert_eq!(code(&wanted(0), &[sibling("year", 0, 360)]), Code::InvalidObjectDefinition);
        assert_eq!(code(&wanted(0), &[sibling("part", 15, 45)]), Code::InvalidObjectDefinition);
        assert_eq!(code(&wanted(0), &[sibling("day", 3, 4)]), Code::InvalidObjectDefinition);
        let mut catch_all = sibling("rest", 0, 1);
        catch_all.range.upper = Edge::before(Point::Above);
        assert_eq!(code(&wanted(30), &[catch_all]), Code::InvalidObjectDefinition);
    }

    #[test]
    fn a_taken_name_is_refused_with_its_bounds() {
        assert_eq!(code(&wanted(0), &[sibling("new", 15, 45)]), Code::DuplicateTable);
        assert_eq!(code(&wanted(0), &[sibling("new", 300, 330)]), Code::DuplicateTable);
        let mut elsewhere = sibling("new", 300, 330);
        elsewhere.schema_is_parents = false;
        assert!(matches!(decide(&parent(), &wanted(0), &[elsewhere]), Ok(Step::Create(_))));
    }

    #[test]
    fn a_partition_on_its_way_out_keeps_its_range() {
        for (lower, upper) in [(0, 30), (0, 360), (15, 45)] {
            let mut pending = sibling("old", lower, upper);
            pending.is_detaching = true;
            assert_eq!(code(&wanted(0), &[pending]), Code::NotInPrerequisiteState);
        }
    }

    #[test]
    fn short_holes_are_refused_on_both_sides_and_whole_intervals_are_not() {
        for lower in -29..0 {
            assert_eq!(code(&wanted(0), &[sibling("before", lower - 30, lower)]), Code::InvalidParameter, "{lower}");
            assert_eq!(
                code(&wanted(0), &[sibling("after", 30 - lower, 60 - lower)]),
                Code::InvalidParameter,
                "{lower}"
            );
        }
        for gap in [30, 31, 100] {
            assert!(decide(&parent(), &wanted(0), &[sibling("before", -gap - 30, -gap)]).is_ok(), "{gap}");
            assert!(decide(&parent(), &wanted(0), &[sibling("after", 30 + gap, 60 + gap)]).is_ok(), "{gap}");
        }
        // The nearest neighbour touches: what lies behind it does not matter.
        assert!(decide(&parent(), &wanted(0), &[sibling("far", -40, -20), sibling("near", -5, 0)]).is_ok());
    }

    /// Every set of small ranges: whatever is created overlaps nothing, and whatever exists has the same bounds.
    #[test]
    fn what_is_created_never_overlaps() {
        for seed in 0..20_000_u64 {
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let mut next = |n: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                i128::from((state >> 33) % n)
            };
            let mut siblings: Vec<Sibling> = Vec::new();
            let mut at = next(60) - 60;
            while at < 60 {
                at += [0, 0, 7, 30, 45][usize::try_from(next(5)).unwrap_or_default()];
                let width = [1, 7, 30, 30, 90][usize::try_from(next(5)).unwrap_or_default()];
                siblings.push(sibling(&format!("p{at}"), at, at + width));
                at += width;
            }
            let wanted = wanted(next(90) - 45);
            match decide(&parent(), &wanted, &siblings) {
                Ok(Step::Exists(s)) => assert_eq!(s.range, wanted.range),
                Ok(Step::Create(_)) => {
                    assert!(siblings.iter().all(|s| wanted.range.meets(&s.range) == Meeting::Apart), "{seed}");
                }
                Err(error) => assert!(
                    [Code::InvalidObjectDefinition, Code::InvalidParameter].contains(&error.code()),
                    "{seed}: {error}"
                ),
            }
        }
    }

    #[test]
    fn names_stay_plain_up_to_55_bytes_and_are_cut_at_a_character_beyond() {
        let utf8 = char::len_utf8;
        let name = |table: &str| partition_name("app", table, "_2026_01", utf8);
        assert_eq!(name("events"), "events_2026_01");
        let fits = "x".repeat(55);
        assert_eq!(name(&fits), format!("{fits}_2026_01"));
        let long = name(&"x".repeat(56));
        assert_eq!(long.len(), 63);
        assert!(long.starts_with(&format!("{}_", "x".repeat(46))) && long.ends_with("_2026_01"));
        for count in 50..=63 {
            for c in ['x', '\u{fc}', '\u{20ac}', '\u{1f418}'] {
                let table: String = std::iter::repeat_n(c, count / c.len_utf8()).collect();
                let name = name(&table);
                assert!(name.len() <= 63 && name.ends_with("_2026_01"), "{name}");
            }
        }
        // One byte a character, as in LATIN1: 55 of them fit.
        let umlauts = "\u{fc}".repeat(55);
        assert_eq!(partition_name("app", &umlauts, "_2026_01", |_| 1), format!("{umlauts}_2026_01"));
    }

    #[test]
    fn long_names_that_begin_alike_do_not_meet() {
        let mut names: Vec<String> = (0..1000)
            .map(|n| partition_name("app", &format!("{}{n:03}", "x".repeat(60)), "_2026_01", char::len_utf8))
            .chain([partition_name("other", &format!("{}000", "x".repeat(60)), "_2026_01", char::len_utf8)])
            .collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 1001);
    }

    #[test]
    fn literals_are_quoted_as_the_server_quotes_them() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
    }

    #[test]
    fn only_a_range_in_use_beside_a_default_locks_the_parent() {
        let now = 1000 * DAY;
        let at = |days: i128| Point::At(days * DAY);
        assert_eq!(method(false, at(0), now, true), Method::Attach);
        assert_eq!(method(true, at(0), now, true), Method::PartitionOf);
        assert_eq!(method(true, at(1000), now, true), Method::PartitionOf);
        assert_eq!(method(true, Point::At(now + 1), now, true), Method::Attach);
        assert_eq!(method(true, at(1001), now, false), Method::PartitionOf);
        assert_eq!(method(true, at(1002), now, false), Method::Attach);
    }

    #[test]
    fn the_zone_is_what_the_bounds_show_or_else_the_setting() {
        let window = |zone: &str, start: i128, fits: bool| {
            let (range, shown) = days(start, start + 30);
            let day = Day { year: 2026, month: 1, of_month: 1 };
            Window {
                zone: zone.to_owned(),
                range,
                shown,
                previous: Point::Below,
                next: Point::Above,
                day,
                time: String::new(),
                fits,
            }
        };
        let chosen = |windows: &[Window]| choose_zone(windows).map(|w| w.zone.clone());
        assert_eq!(chosen(&[]), None);
        let (utc, moscow, new_york) =
            (|f| window("UTC", 0, f), |f| window("Moscow", 1, f), |f| window("New York", 2, f));
        // Nothing there yet, or nothing that tells: the setting.
        assert_eq!(chosen(&[moscow(false), utc(false), new_york(false)]).as_deref(), Some("Moscow"));
        // One zone fits.
        assert_eq!(chosen(&[utc(true), utc(false), moscow(true), new_york(false)]).as_deref(), Some("Moscow"));
        // Two fit and differ.
        assert_eq!(chosen(&[utc(false), moscow(true), new_york(true)]).as_deref(), Some("UTC"));
        // Two fit and mean the same.
        assert_eq!(chosen(&[moscow(false), utc(true), window("Etc/UTC", 0, true)]).as_deref(), Some("UTC"));
        // The setting means the same: it lends its name.
        assert_eq!(chosen(&[utc(true), window("Etc/UTC", 0, true)]).as_deref(), Some("UTC"));
    }

    #[test]
    fn the_owner_is_set_before_anything_is_attached() {
        let mut child = Child {
            identity: "app.new".to_owned(),
            parent: "app.events".to_owned(),
            bounds: "FOR VALUES FROM ('0') TO ('30')".to_owned(),
            method: Method::Attach,
            access_method: Some("heap".to_owned()),
            options: Some("fillfactor='70'".to_owned()),
            tablespace: Some("fast".to_owned()),
            owner: Some("alice".to_owned()),
            row_security: true,
            replica_identity: ReplicaIdentity::Full,
            is_unlogged: false,
            inherited: Inherited::default(),
            access: vec!["GRANT SELECT, UPDATE (a) ON app.new TO bob".to_owned()],
            moved: None,
        };
        let statements = child.statements();
        assert_eq!(statements.len(), 4);
        assert!(statements[0].ends_with("INCLUDING COMPRESSION) USING heap WITH (fillfactor='70') TABLESPACE fast"));
        assert_eq!(
            statements[1],
            "ALTER TABLE app.new OWNER TO alice, ENABLE ROW LEVEL SECURITY, REPLICA IDENTITY FULL"
        );
        assert_eq!(statements[2], "GRANT SELECT, UPDATE (a) ON app.new TO bob");
        assert_eq!(statements[3], "ALTER TABLE app.events ATTACH PARTITION app.new FOR VALUES FROM ('0') TO ('30')");
        child.method = Method::PartitionOf;
        child.owner = None;
        child.row_security = false;
        child.replica_identity = ReplicaIdentity::Default;
        child.access.clear();
        assert_eq!(
            child.statements(),
            [
                "CREATE TABLE app.new PARTITION OF app.events FOR VALUES FROM ('0') TO ('30') USING heap WITH (fillfactor='70') TABLESPACE fast"
            ]
        );
    }
}
