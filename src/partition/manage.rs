//! Which tables are managed, and how: `warden.manage_partitions` and its opposite.

use super::agenda::{self, MOST_REMOVED};
use super::apply::{self, Caller, Situation};
use super::bounds::Point;
use super::encoding::{self, Encoding};
use super::grid::{self, Mark, Why};
use super::inspect::{self, Series, Start};
use super::key::{self, Kind};
use super::maintain::{self, PlanRow};
use super::plan::literal;
use super::policy::{self, DEFAULT_PARTITION, Managed, Policy, Removal, Span};
use super::stride::Stride;
use super::{calendar, detached, is_null, name_format, one_of, row_security, series, storage};
use crate::error::{Code, Error};
use crate::text::Text;
use crate::{config, spi, store};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Has the partitions of a table managed, or changes how. Returns what the next run of maintenance will do.
///
/// # Arguments
/// * `table_name` - as SQL writes it
/// * `partition_interval` - how long each partition is
/// * `premake` - how many partitions there are to be ahead of the one that holds now
/// * `retention` - how far back partitions are kept; NULL for ever
/// * `retention_action` - what becomes of older ones: `detach`, `drop` or `archive`
/// * `archive_schema` - where `archive` puts them
/// * `time_zone` - by whose clock intervals begin; NULL for the one that the bounds show
/// * `anchor` - where one of the intervals begins, by that clock; NULL for what the bounds show
/// * `default_partition` - `create`: a default partition is made where there is none; `keep`: there is one or not
/// * `name_format` - what names have behind the table's, of YYYY, Q, MM, DD, HH24, MI, SS; NULL: as for the functions that make one
/// * `tablespace` - where new partitions are created; NULL for the table's own
/// * `storage_parameters` - of new partitions, as in `WITH (...)`; NULL for those of the newest
/// * `copy_grants` - whether new partitions get what is granted on the table
/// * `enabled` - whether maintenance looks at the table at all
///
/// # Errors
/// 42501 for a table of another owner, 22023 for arguments that contradict each other or the bounds, 22004 for NULL, 0A000 for what is
/// not supported.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.manage_partitions(
    table_name pg_catalog.text, partition_interval pg_catalog."interval" DEFAULT '1 month', premake pg_catalog.int4 DEFAULT 4,
    retention pg_catalog."interval" DEFAULT NULL, retention_action pg_catalog.text DEFAULT 'detach',
    archive_schema pg_catalog.text DEFAULT NULL, time_zone pg_catalog.text DEFAULT NULL, anchor pg_catalog."timestamp" DEFAULT NULL,
    key_encoding pg_catalog.text DEFAULT 'auto', default_partition pg_catalog.text DEFAULT 'keep', name_format pg_catalog.text DEFAULT NULL,
    tablespace pg_catalog.text DEFAULT NULL, storage_parameters pg_catalog.text DEFAULT NULL,
    copy_grants pg_catalog.bool DEFAULT false, enabled pg_catalog.bool DEFAULT true)
    RETURNS TABLE (step pg_catalog.int4, table_name pg_catalog.text, action pg_catalog.text, partition pg_catalog.text,
                   lower_bound pg_catalog.text, upper_bound pg_catalog.text, sql pg_catalog.text, locks pg_catalog.text, risk pg_catalog.text)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.manage_partitions(
    pg_catalog.text, pg_catalog."interval", pg_catalog.int4, pg_catalog."interval", pg_catalog.text, pg_catalog.text, pg_catalog.text,
    pg_catalog."timestamp", pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.bool, pg_catalog.bool) IS
    'has maintenance keep partitions of table_name ahead of now, and take old ones away; returns what its next run will do';
REVOKE EXECUTE ON FUNCTION warden.manage_partitions(
    pg_catalog.text, pg_catalog."interval", pg_catalog.int4, pg_catalog."interval", pg_catalog.text, pg_catalog.text, pg_catalog.text,
    pg_catalog."timestamp", pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.bool, pg_catalog.bool)
    FROM PUBLIC;
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "the row type that pgrx asks for")]
#[expect(clippy::too_many_arguments, reason = "as many as there are to choose, all but one with a default")]
fn manage_partitions(
    table_name: Option<Text>,
    partition_interval: Option<Interval>,
    premake: Option<i32>,
    retention: Option<Interval>,
    retention_action: Option<Text>,
    archive_schema: Option<Text>,
    time_zone: Option<Text>,
    anchor: Option<Timestamp>,
    key_encoding: Option<Text>,
    default_partition: Option<Text>,
    name_format: Option<Text>,
    tablespace: Option<Text>,
    storage_parameters: Option<Text>,
    copy_grants: Option<bool>,
    enabled: Option<bool>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(step, i32),
            name!(table_name, Text),
            name!(action, Text),
            name!(partition, Text),
            name!(lower_bound, Option<Text>),
            name!(upper_bound, Option<Text>),
            name!(sql, Option<Text>),
            name!(locks, Text),
            name!(risk, Text),
        ),
    >,
    ErrorReport,
> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let stride = series::stride(partition_interval.ok_or_else(|| is_null("partition_interval"))?)?;
    let premake = premake.ok_or_else(|| is_null("premake"))?;
    let retention = retention.map(Span::from);
    let removal = one_of("retention_action", retention_action, &Removal::WORDS)?;
    let enabled = enabled.ok_or_else(|| is_null("enabled"))?;
    let encoding = known_encoding(key_encoding)?;
    let creates_default = one_of("default_partition", default_partition, &DEFAULT_PARTITION)?;
    let name_format = name_format.map(|format| format.0);
    name_format.as_deref().map_or(Ok(()), |format| name_format::check(format, stride))?;
    let copy_grants = copy_grants.ok_or_else(|| is_null("copy_grants"))?;
    let storage_parameters = storage_parameters.map(|parameters| parameters.0);
    storage_parameters.as_deref().map_or(Ok(()), storage::check)?;
    check(stride, premake, retention, removal, archive_schema.as_ref())?;
    let oid = key::resolve(&table)?;
    let managed = policy::managed(oid).ok_or_else(key::dropped)?;
    if !managed.may {
        return Err(managed.not_yours().into());
    }
    let caller = Caller::now();
    let _pinned = caller.pin();
    if copy_grants {
        check_row_security(oid)?;
    }

    let before = policy::of(oid)?;
    // As the calendar is, what the key means is no matter of taste: not given, it stays.
    let kept = before.as_ref().map(|before| before.encoding.clone()).filter(|_| encoding == encoding::AUTO);
    let encoding = kept.unwrap_or(encoding);
    let own = || Policy { encoding: encoding.clone(), ..Policy::new(oid, stride) };
    // First, for the bounds are read as the policy says. An error undoes it.
    policy::put(&before.clone().map_or_else(own, |before| Policy { encoding: encoding.clone(), ..before }))?;
    let asked = Asked { encoding: encoding.clone(), zone: time_zone.map(|zone| zone.0), anchor };
    let (zone, anchor) = calendar_of(oid, stride, &asked, before, &caller)?;
    let policy = Policy {
        premake,
        retention,
        removal,
        archive_schema: archive_schema.map(|schema| schema.0),
        zone,
        anchor: Some(anchor),
        tablespace: tablespace.map(|tablespace| known_tablespace(tablespace.0)).transpose()?,
        creates_default,
        name_format,
        storage_parameters,
        copy_grants,
        enabled,
        ..own()
    };
    policy::put(&policy)?;
    Ok(maintain::numbered(next_run(&policy, &managed)?))
}

fn next_run(policy: &Policy, managed: &Managed) -> Result<Vec<PlanRow>, Error> {
    if !policy.enabled {
        return Ok(Vec::new());
    }
    Ok(maintain::plan(managed, &agenda::look(policy, store::now(), MOST_REMOVED)?))
}

/// Has the partitions of a table managed no more. They stay as they are.
///
/// # Errors
/// 42501 for a table of another owner, 22004 for NULL.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.unmanage_partitions(table_name pg_catalog.text) RETURNS pg_catalog.bool
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.unmanage_partitions(pg_catalog.text) IS
    'has maintenance leave table_name alone from now on, and returns whether it was managed; its partitions stay';
REVOKE EXECUTE ON FUNCTION warden.unmanage_partitions(pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn unmanage_partitions(table_name: Option<Text>) -> Result<bool, ErrorReport> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let oid = key::resolve(&table)?;
    let managed = policy::managed(oid).ok_or_else(key::dropped)?;
    if !managed.may {
        return Err(managed.not_yours().into());
    }
    detached::forget(oid)?;
    Ok(policy::remove(oid)?)
}

/// The word of an encoding, as it is kept.
fn known_encoding(given: Option<Text>) -> Result<String, Error> {
    let Text(word) = given.ok_or_else(|| is_null("key_encoding"))?;
    if word == encoding::AUTO || Encoding::named(&word).is_some() {
        return Ok(word);
    }
    Err(Error::new(Code::InvalidParameter, format!("invalid value for key_encoding: {}", literal(&word))).hint(
        "Available values: auto, epoch_s, epoch_ms, epoch_us, epoch_ns, uuidv7, text:iso, text:ulid, text:ksuid.",
    ))
}

/// Refuses an encoding that the key's type does not have: a time that is stored as one needs none.
fn check_encoding(at: &Situation, asked: &str) -> Result<(), Error> {
    if asked == encoding::AUTO || asked == at.key.encoding.word() {
        return Ok(());
    }
    Err(Error::new(
        Code::InvalidParameter,
        format!("key column {} of table \"{}\" has no encoding {asked}", at.key.column, at.facts.parent.name),
    )
    .hint(format!("Its encoding is {}.", at.key.encoding.word())))
}

/// The most partitions ahead: all of them are locked by whoever reads the table without a condition.
const MOST_AHEAD: i32 = 1000;

fn check(
    stride: Stride,
    premake: i32,
    retention: Option<Span>,
    removal: Removal,
    archive_schema: Option<&Text>,
) -> Result<(), Error> {
    let invalid = |message: &str| Err(Error::new(Code::InvalidParameter, message));
    if matches!(stride, Stride::Time(micros) if micros < 1_000_000) {
        return invalid("partition_interval must be a second or more");
    }
    if !(0..=MOST_AHEAD).contains(&premake) {
        return invalid("premake must be between 0 and 1000");
    }
    check_retention("retention", retention)?;
    match (removal, archive_schema) {
        (Removal::Archive, None) => invalid("archive_schema is needed for retention_action 'archive'"),
        (Removal::Detach | Removal::Drop, Some(_)) => {
            invalid("archive_schema is of no use without retention_action 'archive'")
        }
        (_, Some(Text(schema))) if schema.is_empty() || crate::text::encode(schema).len() > super::plan::NAME_BYTES => {
            invalid("archive_schema must be the name of a schema")
        }
        _ => Ok(()),
    }
}

/// Refuses to keep partitions for no time, or to count to infinity.
pub(super) fn check_retention(argument: &str, retention: Option<Span>) -> Result<(), Error> {
    let Some(Span { months, days, micros }) = retention else { return Ok(()) };
    let is_infinite = months == i32::MAX && days == i32::MAX;
    if is_infinite || months < 0 || days < 0 || micros < 0 || (months, days, micros) == (0, 0, 0) {
        return Err(Error::new(Code::InvalidParameter, format!("{argument} must be above zero, and finite")));
    }
    Ok(())
}

/// Refuses to grant what policies of the table limit, where partitions cannot have them.
fn check_row_security(oid: pg_sys::Oid) -> Result<(), Error> {
    let Some(facts) = key::read(oid).filter(|facts| facts.row_security) else { return Ok(()) };
    let Some(hindrance) = row_security::hindrance(oid)? else { return Ok(()) };
    Err(Error::new(
        Code::NotSupported,
        format!("copy_grants is not supported for table \"{}\", whose policies cannot be copied", facts.parent.name),
    )
    .detail(format!("Partitions would have the same policies, but {hindrance}."))
    .hint("Leave copy_grants out, and have the table read and written through itself."))
}

fn known_tablespace(name: String) -> Result<String, Error> {
    let rows =
        spi::select("SELECT FROM pg_tablespace WHERE spcname = $1", &[Text::from(name.as_str()).into()], |_| Ok(()))?;
    if rows.is_empty() {
        return Err(Error::new(Code::UndefinedObject, format!("tablespace {} does not exist", literal(&name))));
    }
    Ok(name)
}

/// What the caller says about the key and its calendar.
struct Asked {
    encoding: String,
    zone: Option<String>,
    anchor: Option<Timestamp>,
}

/// The zone of a set, and where its intervals are counted from: as asked, as was kept before, or as the bounds show.
fn calendar_of(
    oid: pg_sys::Oid,
    stride: Stride,
    asked: &Asked,
    before: Option<Policy>,
    caller: &Caller,
) -> Result<(String, i64), Error> {
    let start = Start::Time(Timestamp::saturating_from_raw(grid::default_anchor(stride)));
    let kept_zone = before.as_ref().map(|policy| policy.zone.clone());
    let zone = if let Some(zone) = asked.zone.clone().or(kept_zone) {
        zone
    } else {
        let (at, _) = apply::look(oid, &Series { start, stride }, None, caller)?;
        // A clock is needed for keys without a zone, too: it says what day it is.
        if at.key.kind == Kind::Instant { at.zone } else { config::text(&config::PARTITION_TIME_ZONE) }
    };
    // Asked first, so that the server itself refuses what is no zone.
    calendar::wall(&zone, store::now());
    let at = apply::look_in_zone(oid, stride.title(), &zone)?;
    check_encoding(&at, &asked.encoding)?;
    let marks = marks(&at, &zone);
    let kept_anchor =
        before.filter(|policy| policy.stride == stride && policy.zone == zone).and_then(|policy| policy.anchor);
    let anchor = if let Some(anchor) = asked.anchor.map(Timestamp::into_inner).or(kept_anchor) {
        check_anchor(&at, stride, anchor, &zone, &marks)?;
        anchor
    } else {
        check_zone(&at, &zone, &marks, &Series { start, stride }, caller)?;
        shown_anchor(&at, stride, &marks)?
    };
    Ok((zone, anchor))
}

/// The bounds that are times, in order.
fn marks(at: &Situation, zone: &str) -> Vec<Mark> {
    let mut points: Vec<i128> = at
        .siblings
        .iter()
        .flat_map(|s| [s.range.lower.point, s.range.upper.point])
        .filter_map(|point| if let Point::At(micros) = point { Some(micros) } else { None })
        .collect();
    points.sort_unstable();
    points.dedup();
    let of_server = |micros: i128| i64::try_from(micros - calendar::since_1970(0)).unwrap_or_default();
    points
        .into_iter()
        .map(|micros| match at.key.kind {
            Kind::Instant => calendar::mark_of_instant(Kind::Instant, zone, of_server(micros)),
            kind => calendar::mark_of_wall(kind, zone, of_server(micros)),
        })
        .collect()
}

/// An anchor that was given must lead to the end of the last partition, where the next one is to begin.
fn check_anchor(at: &Situation, stride: Stride, anchor: i64, zone: &str, marks: &[Mark]) -> Result<(), Error> {
    let invalid = |message: &str| Err(Error::new(Code::InvalidParameter, message));
    if matches!(anchor, i64::MIN | i64::MAX) {
        return Err(Error::new(Code::DatetimeOverflow, "anchor cannot be infinite"));
    }
    if grid::day(anchor).is_bc() {
        return Err(Error::new(Code::DatetimeOverflow, format!("anchor cannot be {}", grid::day(anchor)))
            .detail("Names of partitions have no place for an era."));
    }
    if at.key.kind == Kind::Date {
        if matches!(stride, Stride::Time(_)) {
            return invalid("partition_interval must be days or months for a key of type date");
        }
        if grid::time(anchor) != 0 {
            return invalid("anchor must be a midnight for a key of type date");
        }
    }
    let Some(last) = marks.last() else { return Ok(()) };
    let anchor = calendar::mark_of_wall(at.key.kind, zone, anchor);
    if grid::is_on(stride, &anchor, last) {
        return Ok(());
    }
    let newest =
        at.siblings.iter().filter(|s| matches!(s.range.upper.point, Point::At(_))).max_by_key(|s| s.range.upper);
    let (name, end) = newest.map_or(("", ""), |s| (s.identity.as_str(), s.shown.upper.as_str()));
    invalid(&format!("partitions of \"{}\" would be misaligned with the last one", at.facts.parent.name)).map_err(|e| {
        e.detail(format!(
            "{name} ends at {end}, where no interval of {} begins that is counted from the anchor.",
            stride.interval()
        ))
        .hint("Give an anchor that is whole intervals away from there.")
    })
}

/// Without an anchor, intervals begin at midnight: the bounds must be midnights of the zone.
fn check_zone(at: &Situation, zone: &str, marks: &[Mark], series: &Series, caller: &Caller) -> Result<(), Error> {
    if at.key.kind != Kind::Instant || matches!(series.stride, Stride::Time(_)) {
        return Ok(());
    }
    let Some(odd) = marks.iter().find(|mark| grid::time(mark.wall) != 0) else { return Ok(()) };
    let setting = config::text(&config::PARTITION_TIME_ZONE);
    let zones = [setting.as_str(), "UTC", &caller.time_zone, caller.server_time_zone()];
    let windows = inspect::windows(at.key.kind, series, 0..1, &zones, &at.siblings)?;
    let error = Error::new(
        Code::InvalidParameter,
        format!("bounds of \"{}\" are not midnights in time zone \"{zone}\"", at.facts.parent.name),
    );
    Err(match windows.iter().find(|window| window.fits) {
        Some(shown) => error
            .detail(format!("They are midnights in time zone \"{}\".", shown.zone))
            .hint(format!("Use that one: time_zone => {}.", literal(&shown.zone))),
        None => error
            .detail(format!("One of them is {} there.", clock(odd.wall)))
            .hint("Give their time zone; or where they are meant so, an anchor that is one of them."),
    })
}

fn clock(wall: i64) -> String {
    let seconds = grid::time(wall) / 1_000_000;
    format!("{} {:02}:{:02}:{:02}", grid::day(wall), seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn shown_anchor(at: &Situation, stride: Stride, marks: &[Mark]) -> Result<i64, Error> {
    if marks.is_empty() {
        let anchor = grid::default_anchor(stride);
        return check_anchor(at, stride, anchor, &at.zone, marks).map(|()| anchor);
    }
    if at.key.kind == Kind::Date && matches!(stride, Stride::Time(_)) {
        return check_anchor(at, stride, 0, &at.zone, marks).map(|()| 0);
    }
    grid::anchor(stride, marks).map_err(|why| {
        let name = &at.facts.parent.name;
        let error = Error::new(
            Code::InvalidParameter,
            format!("bounds of \"{name}\" do not show where intervals of {} begin", stride.interval()),
        );
        match why {
            Why::Uneven => error
                .detail("They are not whole intervals apart; a month is not a number of days.")
                .hint("Give the interval of the partitions that are there; or, to go on with another, an anchor at the end of the last."),
            Why::Ambiguous => error
                .detail("They are ends of months, and may be meant to be the same day of each.")
                .hint("Give an anchor: anchor => '2000-01-31' for the last day of each month."),
        }
    })
}
