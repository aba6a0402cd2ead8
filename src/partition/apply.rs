//! Makes a partition: reads, decides, locks, reads again, and runs the DDL.

use super::bounds::{Day, Point};
use super::grants::Access;
use super::inherit::{self, Inheritance};
use super::inspect::{self, Place, Series, Start};
use super::key::{self, Facts, Key, Kind};
use super::plan::{
    self, Child, MAX, MIN, Method, Moved, ReplicaIdentity, Shown, Sibling, Step, Wanted, Window, literal,
};
use super::policy::{self, Policy};
use super::stride::Stride;
use super::{name_format, storage};
use crate::error::emit::{Parts, Severity};
use crate::error::{Code, Error};
use crate::facts::live::object::quote;
use crate::spi::observed::observe;
use crate::{config, spi, text};
use core::cell::{Cell, OnceCell, RefCell};
use core::panic::AssertUnwindSafe;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::*;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::time::{Duration, Instant};

/// Something to say to the caller beside the result.
#[derive(Debug, Clone)]
pub(super) struct Remark {
    pub(super) severity: Severity,
    pub(super) sqlstate: &'static str,
    pub(super) message: String,
    pub(super) detail: Option<String>,
    pub(super) hint: Option<String>,
}

impl Remark {
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts {
            severity: self.severity,
            sqlstate: self.sqlstate,
            message: &self.message,
            detail: self.detail.as_deref(),
            hint: self.hint.as_deref(),
            constraint: None,
            position: None,
        }
    }
}

/// What came of a call.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Qualified and quoted.
    pub(super) partition: String,
    pub(super) remarks: Vec<Remark>,
}

/// What the session has set, read before anything is pinned.
pub(super) struct Caller {
    pub(super) time_zone: String,
    server_time_zone: String,
    lock_timeout: i32,
    /// What this call asks for, instead of the setting.
    asked: Option<i32>,
}

impl Caller {
    pub(super) fn now() -> Self {
        let (time_zone, server_time_zone) = spi::setting(c"TimeZone");
        Self { time_zone, server_time_zone, lock_timeout: spi::lock_timeout(), asked: None }
    }

    /// With another longest wait, in milliseconds; `None`: the setting's.
    pub(super) fn with_patience(self, milliseconds: Option<i32>) -> Self {
        Self { asked: milliseconds, ..self }
    }

    pub(super) fn server_time_zone(&self) -> &str {
        &self.server_time_zone
    }

    /// Longest wait for a lock in milliseconds: the setting's, and never longer than the caller's own.
    pub(super) fn patience(&self) -> i32 {
        let own = self.asked.unwrap_or_else(|| config::PARTITION_LOCK_TIMEOUT.get());
        if self.lock_timeout > 0 { own.min(self.lock_timeout) } else { own }
    }

    /// The settings that all reading and DDL here counts on.
    pub(super) fn pin(&self) -> spi::Settings {
        let lock_timeout = CString::new(format!("{}ms", self.patience())).unwrap_or_default();
        spi::Settings::pin(&[
            (c"search_path", c"pg_catalog, pg_temp"),
            (c"DateStyle", c"ISO"),
            (c"TimeZone", c"UTC"),
            (c"lock_timeout", &lock_timeout),
            // How many rows a list has makes no other plan of a look at the catalog.
            (c"plan_cache_mode", c"force_generic_plan"),
        ])
    }
}

/// The table as it is at one moment.
pub(super) struct Situation {
    pub(super) oid: pg_sys::Oid,
    pub(super) facts: Facts,
    pub(super) key: Key,
    pub(super) siblings: Vec<Sibling>,
    /// The table itself, where it is a partition by the same key.
    pub(super) own: Option<Sibling>,
    /// Where bounds are the wall clock's.
    pub(super) zone: String,
    /// The zone came from the setting, and the session's own would give other bounds.
    zone_is_not_the_sessions: bool,
    /// Siblings that were read as models, by OID: a series has but one.
    models: RefCell<BTreeMap<u32, inspect::Model>>,
    /// What all partitions take over, once it was read.
    inheritance: OnceCell<Inheritance>,
    /// What is wanted of its partitions, once it was read; `None` inside: it is not managed.
    policy: OnceCell<Option<Policy>>,
    /// Who may do what with it, once it was read.
    access: OnceCell<Access>,
}

/// Creates the partition that is one stride long from `start` on, unless it is there.
///
/// # Errors
/// The table, the date, the range or the name does not allow it, or a lock was not to be had in time.
pub(super) fn create_one(table: &str, start: Date, stride: Stride) -> Result<Outcome, Error> {
    inspect::check_start(start)?;
    let series = Series { start: Start::Day(start), stride };
    let oid = key::resolve(table)?;
    let caller = Caller::now();
    let _pinned = caller.pin();

    make(&caller, || {
        let (at, window) = look(oid, &series, None, &caller)?;
        let mut wanted = at.wanted(&window, stride)?;
        let parent = literal(&at.facts.parent.identity);
        wanted.call = Some(format!("{}({parent}, '{}')", stride.function(), window.day));
        let remarks = not_aligned(&wanted, table, stride, window.day).into_iter().chain(zone_remark(&at, &wanted));
        let remarks = remarks.collect();
        Ok((at, wanted, remarks))
    })
}

/// Creates one partition, unless it is there. `look` says how the table is, what is wanted of it, and what to say when it
/// was created; it is called without the lock, and once more under it if anything may have changed in between.
pub(super) fn make(
    caller: &Caller,
    look: impl Fn() -> Result<(Situation, Wanted, Vec<Remark>), Error>,
) -> Result<Outcome, Error> {
    let observed = observe(&look)?;
    let (before, wanted, _) = &observed.value;
    if let Step::Exists(sibling) = plan::decide(&before.facts.parent, wanted, &before.siblings)? {
        return Ok(exists(before, wanted, sibling));
    }
    within(caller, &before.facts.parent, || {
        lock(before)?;
        let again = if observed.still_holds() { None } else { Some(look()?) };
        let (now, wanted, remarks) = again.as_ref().unwrap_or(&observed.value);
        must_have_its_name(before, now)?;
        match plan::decide(&now.facts.parent, wanted, &now.siblings)? {
            Step::Exists(sibling) => Ok(exists(now, wanted, sibling)),
            Step::Create(model) => {
                let child = prepared_and_created(now, wanted, model)?;
                Ok(Outcome { remarks: remarks.clone(), partition: child.identity })
            }
        }
    })
}

/// Rows that are committed in the default while it is waited for are told of as those that were there before.
fn prepared_and_created(at: &Situation, wanted: &Wanted, model: Option<&Sibling>) -> Result<Child, Error> {
    let prepared = || prepare(at, wanted, model, How::default());
    let child = prepared()?;
    if at.facts.default.is_none() {
        create(at, &child)?;
        return Ok(child);
    }
    let done = spi::caught_if(
        |code| code == PgSqlErrorCode::ERRCODE_CHECK_VIOLATION,
        || create(at, &child).unwrap_or_else(|error| error.raise()),
    );
    match done {
        Ok(_) => Ok(child),
        Err(caught) => prepared().and(Err(Error::new(Code::CheckViolation, caught.message))),
    }
}

/// Keeps others from making partitions, while reads and writes go on.
pub(super) fn lock(at: &Situation) -> Result<(), Error> {
    lock_as(at, "SHARE UPDATE EXCLUSIVE")
}

/// Locks the table in a mode that SQL names.
pub(super) fn lock_as(at: &Situation, mode: &str) -> Result<(), Error> {
    lock_named(&at.facts.parent.identity, mode)
}

/// The same of any table.
pub(super) fn lock_named(identity: &str, mode: &str) -> Result<(), Error> {
    let begun = Instant::now();
    spi::run(&format!("LOCK TABLE ONLY {identity} IN {mode} MODE"))?;
    LOCK_WAIT.set(LOCK_WAIT.get() + begun.elapsed());
    Ok(())
}

thread_local! {
    static LOCK_WAIT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// How long locks of tables were waited for since this was asked last.
pub(super) fn lock_wait() -> Duration {
    LOCK_WAIT.replace(Duration::ZERO)
}

/// Refuses to go on when the table that was locked by its name is another than the one that was looked at.
pub(super) fn must_have_its_name(before: &Situation, now: &Situation) -> Result<(), Error> {
    if now.facts.parent.identity == before.facts.parent.identity {
        return Ok(());
    }
    Err(Error::new(
        Code::NotInPrerequisiteState,
        format!("table \"{}\" got another name meanwhile", before.facts.parent.name),
    )
    .hint(format!("It is {} now: call again with that name.", now.facts.parent.identity)))
}

/// Reads the table and its partitions, and evaluates the first of a series, in a zone that was asked for or is found.
pub(super) fn look(
    oid: pg_sys::Oid,
    series: &Series,
    zone: Option<&str>,
    caller: &Caller,
) -> Result<(Situation, Window), Error> {
    let facts = key::read(oid).ok_or_else(key::dropped)?;
    let key = facts.key(series.stride.title())?;
    situation(oid, facts, key, series, zone, caller)
}

/// The same for those who only want to know: without a look at who they are.
pub(super) fn look_only(oid: pg_sys::Oid, series: &Series, caller: &Caller) -> Result<Situation, Error> {
    let facts = key::read(oid).ok_or_else(key::dropped)?;
    facts.must_be_range_partitioned(series.stride.title())?;
    let key = facts.time_key()?;
    situation(oid, facts, key, series, None, caller).map(|(at, _)| at)
}

fn situation(
    oid: pg_sys::Oid,
    facts: Facts,
    key: Key,
    series: &Series,
    zone: Option<&str>,
    caller: &Caller,
) -> Result<(Situation, Window), Error> {
    let siblings = inspect::siblings(oid, &key)?;

    let setting = config::text(&config::PARTITION_TIME_ZONE);
    let zones: Vec<&str> = match (key.kind, zone) {
        (Kind::Instant, Some(zone)) => vec![zone],
        (Kind::Instant, None) => vec![&setting, "UTC", &caller.time_zone, &caller.server_time_zone],
        (Kind::Date | Kind::Timestamp, _) => vec!["UTC"],
    };
    let windows = inspect::first_windows(key.kind, series, &zones, &siblings)?;
    let window =
        plan::choose_zone(&windows).cloned().ok_or_else(|| Error::new(Code::Internal, "no answer about a range"))?;
    let zone_is_not_the_sessions = siblings.is_empty() && windows.get(2).is_some_and(|own| own.range != window.range);
    let zone = window.zone.clone();
    let own = own(oid, &facts, &key)?;
    let at = Situation::without_partitions(oid, facts, key, zone);
    Ok((Situation { siblings, own, zone_is_not_the_sessions, ..at }, window))
}

/// Reads a table once more, now that nobody else can change its partitions; `None` when they, its key or its name are others
/// than before, and all that was told from them has to be told anew.
pub(super) fn look_again(before: &Situation, title: &str) -> Result<Option<Situation>, Error> {
    let now = look_in_zone(before.oid, title, &before.zone)?;
    let is_same = now.key == before.key
        && now.siblings == before.siblings
        && now.facts.parent.name == before.facts.parent.name
        && now.facts.schema == before.facts.schema;
    Ok(is_same.then_some(Situation { zone_is_not_the_sessions: before.zone_is_not_the_sessions, ..now }))
}

/// Reads a table whose bounds are counted in a zone that is known.
pub(super) fn look_in_zone(oid: pg_sys::Oid, title: &str, zone: &str) -> Result<Situation, Error> {
    let facts = key::read(oid).ok_or_else(key::dropped)?;
    let key = facts.key(title)?;
    let siblings = inspect::siblings(oid, &key)?;
    let own = own(oid, &facts, &key)?;
    let at = Situation::without_partitions(oid, facts, key, zone.to_owned());
    Ok(Situation { siblings, own, ..at })
}

/// The table as a partition of the nearest one above it that has the same key.
fn own(oid: pg_sys::Oid, facts: &Facts, key: &Key) -> Result<Option<Sibling>, Error> {
    let mut below = oid;
    let mut is_partition = facts.is_partition;
    while is_partition {
        let Some(parent) = inspect::parent(below)? else { return Ok(None) };
        let Some(above) = key::read(parent) else { return Ok(None) };
        is_partition = above.is_partition;
        if above.must_be_range_partitioned("Ranges").is_ok()
            && let Ok(same) = above.time_key()
            && (same.kind, same.encoding, &same.column) == (key.kind, key.encoding, &key.column)
        {
            return Ok(inspect::siblings(parent, &same)?.into_iter().find(|sibling| sibling.oid == below.to_u32()));
        }
        below = parent;
    }
    Ok(None)
}

impl Situation {
    /// A table that has no partitions, or whose partitions are not read yet.
    pub(super) fn without_partitions(oid: pg_sys::Oid, facts: Facts, key: Key, zone: String) -> Self {
        Self {
            oid,
            facts,
            key,
            siblings: Vec::new(),
            own: None,
            zone,
            zone_is_not_the_sessions: false,
            models: RefCell::default(),
            inheritance: OnceCell::new(),
            policy: OnceCell::new(),
            access: OnceCell::new(),
        }
    }

    /// What all partitions take over from the table.
    pub(super) fn inheritance(&self) -> Result<&Inheritance, Error> {
        if let Some(inheritance) = self.inheritance.get() {
            return Ok(inheritance);
        }
        let inheritance = inherit::read(self.oid)?;
        Ok(self.inheritance.get_or_init(|| inheritance))
    }

    /// How its policy wants new partitions to be, whoever makes them.
    fn policy(&self) -> Result<Option<&Policy>, Error> {
        if let Some(policy) = self.policy.get() {
            return Ok(policy.as_ref());
        }
        let policy = policy::of(self.oid)?;
        Ok(self.policy.get_or_init(|| policy).as_ref())
    }

    /// What new partitions take over of who may do what: nothing, unless the policy says so.
    fn access(&self) -> Result<&Access, Error> {
        if let Some(access) = self.access.get() {
            return Ok(access);
        }
        let access = if self.policy()?.is_some_and(|policy| policy.copy_grants) {
            Access::read(self.oid, self.facts.row_security)?
        } else {
            Access::default()
        };
        Ok(self.access.get_or_init(|| access))
    }

    /// What a partition takes over from a sibling.
    fn model(&self, sibling: Option<&Sibling>) -> Result<inspect::Model, Error> {
        let Some(Sibling { oid, .. }) = sibling else { return Ok(inspect::Model::default()) };
        if let Some(model) = self.models.borrow().get(oid) {
            return Ok(model.clone());
        }
        let model = inspect::model(*oid)?;
        self.models.borrow_mut().insert(*oid, model.clone());
        Ok(model)
    }

    /// The partition that a window of a series is.
    ///
    /// # Errors
    /// The key has no bound of these times.
    pub(super) fn wanted(&self, window: &Window, stride: Stride) -> Result<Wanted, Error> {
        let Window { range, shown, .. } = window;
        Ok(Wanted {
            name: self.name(&self.suffix(window, stride)?),
            range: *range,
            shown: Shown {
                lower: inspect::bound(&self.key, range.lower.point, &shown.lower)?,
                upper: inspect::bound(&self.key, range.upper.point, &shown.upper)?,
            },
            previous: window.previous,
            next: window.next,
            zone: (self.key.kind == Kind::Instant).then(|| window.zone.clone()),
            plural: stride.plural(),
            title: stride.title(),
            beginning: stride.beginning(&window.time),
            call: None,
        })
    }

    /// What the name of a partition has behind the table's: as the policy says for those of its length.
    fn suffix(&self, window: &Window, stride: Stride) -> Result<String, Error> {
        let policy = self.policy()?.filter(|policy| policy.stride == stride);
        match policy.and_then(|policy| policy.name_format.as_deref()) {
            Some(format) => name_format::suffix(format, window.day, &window.time),
            None => Ok(stride.suffix(window.day, &window.time)),
        }
    }

    /// The table's name with a suffix.
    pub(super) fn name(&self, suffix: &str) -> String {
        name(&self.facts.schema, &self.facts.parent.name, suffix)
    }
}

/// A name with a suffix, cut to what the server can store.
pub(super) fn name(schema: &str, name: &str, suffix: &str) -> String {
    let width = |c: char| text::encode(c.encode_utf8(&mut [0; 4])).len();
    plan::partition_name(schema, name, suffix, width)
}

fn exists(at: &Situation, wanted: &Wanted, sibling: &Sibling) -> Outcome {
    let remark = Remark {
        severity: Severity::Notice,
        sqlstate: "42P07",
        message: format!("partition \"{}\" of \"{}\" already exists, skipping", sibling.name, at.facts.parent.name),
        detail: Some(format!("It holds {}.{}", sibling.shown, wanted.in_zone())),
        hint: None,
    };
    Outcome { partition: sibling.identity.clone(), remarks: vec![remark] }
}

fn not_aligned(wanted: &Wanted, table: &str, stride: Stride, day: Day) -> Option<Remark> {
    let first = stride.first(day).filter(|first| *first != day)?;
    let Wanted { name, shown, .. } = wanted;
    let one = stride.singular();
    Some(Remark {
        severity: Severity::Warning,
        sqlstate: "01000",
        message: format!("partition \"{name}\" does not begin on the first of a {one}"),
        detail: Some(format!(
            "It holds {shown}; a partition for a whole {one} beside it would overlap or leave a hole."
        )),
        hint: Some(format!("For the whole {one}: SELECT warden.{}({}, '{first}');", stride.function(), literal(table))),
    })
}

/// Says so when the first partition of a set begins by another clock than the session's.
pub(super) fn zone_remark(at: &Situation, wanted: &Wanted) -> Option<Remark> {
    let zone = wanted.zone.as_ref().filter(|_| at.zone_is_not_the_sessions)?;
    let Wanted { name, shown, plural, beginning, .. } = wanted;
    Some(Remark {
        severity: Severity::Notice,
        sqlstate: "00000",
        message: format!(
            "{plural} of \"{}\" {beginning} in time zone \"{zone}\", not in this session's",
            at.facts.parent.name
        ),
        detail: Some(format!("Partition \"{name}\" holds {shown}.")),
        hint: Some(
            "For another zone, drop it and SET warden.partition_time_zone = '...' before the first partition is created."
                .to_owned(),
        ),
    })
}

/// What a caller may choose about the making of a partition.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct How {
    /// `None`: as it hurts least.
    pub(super) method: Option<Method>,
    pub(super) moves_rows: bool,
}

/// Refuses a range that no row could ever reach, for the table is a partition itself and holds another. The server would not.
pub(super) fn must_hold(at: &Situation, wanted: &Wanted) -> Result<(), Error> {
    let Some(own) = at.own.as_ref().filter(|own| !own.holds(&wanted.range)) else { return Ok(()) };
    let (name, shown) = (&at.facts.parent.name, &wanted.shown);
    Err(Error::new(Code::InvalidObjectDefinition, format!("range {shown} of \"{name}\" is beyond its own bounds"))
        .detail(format!("{} is a partition itself, and holds {}.{}", own.identity, own.shown, wanted.in_zone()))
        .hint("Rows of this range belong to another partition of the table above."))
}

/// Looks into everything that could be in the way of a partition. The parent is locked.
pub(super) fn prepare(at: &Situation, wanted: &Wanted, model: Option<&Sibling>, how: How) -> Result<Child, Error> {
    let place = inspect::place(at.facts.schema_oid, &at.facts.schema_quoted, &wanted.name)?;
    prepare_in(&place, at, wanted, model, how)
}

/// The same where its name was looked up already.
pub(super) fn prepare_in(
    place: &Place,
    at: &Situation,
    wanted: &Wanted,
    model: Option<&Sibling>,
    how: How,
) -> Result<Child, Error> {
    let Situation { facts, key, .. } = at;
    must_hold(at, wanted)?;
    if let Some(occupant) = &place.occupant {
        return Err(taken(facts, wanted, &place.identity, occupant));
    }
    let mut method = how.method.map_or_else(|| method(facts, key, wanted.range.lower.point), Ok)?;
    let mut moved = None;
    if let Some((name, default)) = &facts.default
        && let Some(rows) = inspect::rows_in_default(default, key, &wanted.shown)?
    {
        if !how.moves_rows {
            return Err(rows_in_default(at, wanted, name, default, &rows)?);
        }
        if let Some(hindrance) = inspect::hindrance_to_move(default)? {
            return Err(Error::new(
                Code::NotSupported,
                format!("rows of default partition \"{name}\" of \"{}\" cannot be moved", facts.parent.name),
            )
            .detail(hindrance)
            .hint("Move them by hand, in one transaction with the new partition."));
        }
        moved = Some(Moved {
            default: default.clone(),
            condition: inspect::in_range(key, &wanted.shown),
            columns: inspect::insertable_columns(at.oid)?,
            holds_parent: method == Method::PartitionOf,
        });
        // The rows go into a table that is not yet a partition: the default would refuse to let go of them otherwise.
        method = Method::Attach;
    }
    Ok(Child { moved, ..draft(at, bounds(at, &wanted.shown), model, place, method)? })
}

/// A partition as it would be made where nothing is in the way.
pub(super) fn draft(
    at: &Situation,
    bounds: String,
    model: Option<&Sibling>,
    place: &Place,
    method: Method,
) -> Result<Child, Error> {
    let facts = &at.facts;
    let inspect::Model { access_method, options, is_unlogged } = at.model(model)?;
    let inherited = inherit::of(at, place, method)?;
    let policy = at.policy()?;
    let declared = policy.and_then(|policy| policy.storage_parameters.as_deref()).map(storage::sql).transpose()?;
    let tablespace = policy.and_then(|policy| policy.tablespace.as_deref()).map(quote);
    Ok(Child {
        identity: place.identity.clone(),
        parent: facts.parent.identity.clone(),
        bounds,
        method,
        access_method,
        options: declared.or(options),
        tablespace: tablespace.or_else(|| facts.tablespace.clone()),
        owner: (!facts.owner_is_caller).then(|| facts.owner.clone()),
        row_security: facts.row_security,
        replica_identity: facts.replica_identity.clone(),
        // Without a sibling, as the table is, which may be so before 18.
        is_unlogged: is_unlogged.unwrap_or(facts.is_unlogged),
        inherited,
        access: at.access()?.statements(place),
        moved: None,
    })
}

/// Runs the DDL, and says how many rows moved.
pub(super) fn create(at: &Situation, child: &Child) -> Result<u64, Error> {
    let mut moved = 0;
    for statement in child.statements() {
        // None but the moving one writes rows.
        moved += spi::run_counting(&statement)?;
    }
    if child.replica_identity == ReplicaIdentity::Index
        && let Some(index) = inspect::replica_identity_index(at.oid, &child.identity)?
    {
        spi::run(&format!("ALTER TABLE {} REPLICA IDENTITY USING INDEX {index}", child.identity))?;
    }
    Ok(moved)
}

/// What a partition of a range has behind PARTITION OF.
pub(super) fn bounds(at: &Situation, shown: &Shown) -> String {
    let bound = |shown: &str| bound(shown, at.facts.columns);
    format!("FOR VALUES FROM ({}) TO ({})", bound(&shown.lower), bound(&shown.upper))
}

/// Further columns of the key are left open: ranges of time tile the table whatever they hold.
pub(super) fn bound(first: &str, columns: i32) -> String {
    let (mut values, further) = match first {
        MAX => (MAX.to_owned(), MAX),
        MIN => (MIN.to_owned(), MIN),
        time => (literal(time), MIN),
    };
    for _ in 1..columns {
        values = format!("{values}, {further}");
    }
    values
}

pub(super) fn method(facts: &Facts, key: &Key, lower: Point) -> Result<Method, Error> {
    // The clock matters only beside a default.
    let now = if facts.default.is_some() { inspect::now()? } else { 0 };
    Ok(plan::method(facts.default.is_some(), lower, now, key.kind == Kind::Instant))
}

pub(super) fn taken(facts: &Facts, wanted: &Wanted, identity: &str, occupant: &inspect::Occupant) -> Error {
    let Shown { lower, upper } = &wanted.shown;
    let parent = &facts.parent;
    let a = if occupant.kind.starts_with('i') { "an" } else { "a" };
    let (what, hint) = match &occupant.parent {
        Some(other) => (format!("a partition of {other}"), "Rename it first.".to_owned()),
        None if occupant.is_attachable => (
            "a table that is no partition".to_owned(),
            format!(
                "If it holds the rows of this range: SELECT warden.attach_partition({}, {}, {}, {}); otherwise rename it \
                 first.",
                literal(&parent.identity),
                literal(identity),
                literal(lower),
                literal(upper)
            ),
        ),
        None => (format!("{a} {}", occupant.kind), format!("Rename the {} first.", occupant.kind)),
    };
    Error::new(
        Code::DuplicateTable,
        format!("name \"{}\" for a partition of \"{}\" is taken by {a} {}", wanted.name, parent.name, occupant.kind),
    )
    .detail(format!("{identity} is {what}."))
    .hint(hint)
}

pub(super) fn rows_in_default(
    at: &Situation,
    wanted: &Wanted,
    name: &str,
    default: &str,
    rows: &str,
) -> Result<Error, Error> {
    let columns = inspect::insertable_columns(at.oid)?;
    let parent = &at.facts.parent.identity;
    let error = Error::new(
        Code::CheckViolation,
        format!("default partition \"{name}\" of \"{}\" holds rows of {}", at.facts.parent.name, wanted.shown),
    )
    .detail(format!("{rows}{}", wanted.in_zone()));
    let Some(call) = &wanted.call else {
        return Ok(error.hint("Have them moved by the same call: default_rows => 'move'."));
    };
    Ok(error.hint(format!(
        "Move them in one transaction: BEGIN; ALTER TABLE {parent} DETACH PARTITION {default}; \
         SELECT warden.{call}; \
         WITH moved AS (DELETE FROM {default} WHERE {} RETURNING {columns}) \
         INSERT INTO {parent} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM moved; \
         ALTER TABLE {parent} ATTACH PARTITION {default} DEFAULT; COMMIT;",
        inspect::in_range(&at.key, &wanted.shown)
    )))
}

/// Says more than the server when a lock is not to be had in time. The error is never swallowed, so that no
/// subtransaction is needed.
pub(super) fn within<T>(
    caller: &Caller,
    parent: &plan::Parent,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let (patience, callers) = (caller.patience(), caller.lock_timeout);
    let work = AssertUnwindSafe(work);
    let late = AssertUnwindSafe(|said: String| {
        let setting = if callers > 0 && callers <= patience { "lock_timeout" } else { "warden.partition_lock_timeout" };
        Error::new(
            Code::LockNotAvailable,
            format!("no lock for a partition of \"{}\" within {}", parent.name, duration(patience)),
        )
        .detail(format!("The server said: {said}. Nothing was changed."))
        .hint(format!(
            "Call again later, or wait longer: SET {setting} = '...'; who is in the way: \
             SELECT pid, mode, relation::regclass FROM pg_locks WHERE granted AND relation = {}::regclass;",
            literal(&parent.identity)
        ))
    });
    PgTryBuilder::new(move || { work }.0())
        .catch_when(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, move |error| {
            let late = &late;
            Err(late.0(message_of(&error)))
        })
        .execute()
}

fn message_of(error: &CaughtError) -> String {
    let (CaughtError::PostgresError(report)
    | CaughtError::ErrorReport(report)
    | CaughtError::RustPanic { ereport: report, .. }) = error;
    report.message().to_owned()
}

/// Milliseconds as settings show them.
fn duration(milliseconds: i32) -> String {
    if milliseconds % 1000 == 0 { format!("{} s", milliseconds / 1000) } else { format!("{milliseconds} ms") }
}
