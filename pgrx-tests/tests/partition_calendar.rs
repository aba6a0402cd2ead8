//! Properties of every series of partitions, whatever the zone, the anchor and the length: no gap, no overlap, the same again, and the
//! bounds that the server's own arithmetic gives.

use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    any_series_in_any_zone,
    b7_a_day_that_a_zone_left_out,
    a_set_goes_on_from_any_session,
    managed_sets_go_on_where_they_end
];

/// Zones whose clocks are changed at midnight, by half an hour, over a whole day, the other way round, or not at all.
const ZONES: [&str; 14] = [
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Asuncion",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Antarctica/Troll",
];

const LENGTHS: [&str; 10] =
    ["1 month", "3 months", "1 year", "5 months", "1 day", "7 days", "10 days", "1 hour", "6 hours", "45 minutes"];

/// A linear congruential generator is enough.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn of<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[usize::try_from(self.below(items.len() as u64)).unwrap_or_default()]
    }

    /// A day at which a series begins: near the changes of clocks as often as anywhere.
    fn day(&mut self) -> String {
        match self.below(4) {
            0 => format!("2011-12-{:02}", 27 + self.below(5)),
            1 => format!("2018-{:02}-{:02}", 2 + 9 * self.below(2), 1 + self.below(28)),
            2 => format!("2024-{:02}-31", [1, 3, 5, 7, 8, 10, 12][usize::try_from(self.below(7)).unwrap_or_default()]),
            _ => format!("{}-{:02}-{:02}", 1971 + self.below(80), 1 + self.below(12), 1 + self.below(28)),
        }
    }
}

fn create(s: &mut Session, zone: &str, length: &str, from: &str, to: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT status FROM warden.create_partitions('e', '{length}', '{from}', {to}, time_zone => '{zone}')"
    ))?)
}

/// The last bound of so many partitions, as SQL.
fn end(from: &str, length: &str, count: u64) -> String {
    format!("'{from}'::timestamp + {count} * interval '{length}'")
}

/// Samoa went from the 29th of December 2011 to the 31st.
fn b7_a_day_that_a_zone_left_out(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run("CREATE TABLE e (at timestamptz) PARTITION BY RANGE (at)")?;
    ensure_eq!(create(&mut s, "Pacific/Apia", "1 day", "2011-12-28", "'2012-01-02'")?, ["created"; 4]);
    ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('e')")?, "0");
    ensure_eq!(
        s.column("SELECT partition FROM warden.list_partitions('e')")?,
        ["public.e_2011_12_28", "public.e_2011_12_29", "public.e_2011_12_31", "public.e_2012_01_01"]
    );
    Ok(())
}

fn any_series_in_any_zone(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let mut random = Random(20_261_128 + u64::from(leg.major));
    for _ in 0..60 {
        let (zone, length, from) = (random.of(&ZONES), random.of(&LENGTHS), random.day());
        let count = 3 + random.below(20);
        let what = format!("{count} of {length} from {from} in {zone}");
        s.run("DROP TABLE IF EXISTS e; CREATE TABLE e (at timestamptz) PARTITION BY RANGE (at)")?;
        s.run(&format!("SET TimeZone = '{}'", random.of(&ZONES)))?;
        let made = create(&mut s, zone, length, &from, &end(&from, length, count))?;
        ensure!(made.iter().all(|status| status == "created") && !made.is_empty(), "{what}: {made:?}");
        // A day may be left out by the zone, hours by any clock that is set forward.
        let by_time = length.contains("hour") || length.contains("minute");
        ensure!(by_time || made.len() as u64 + 1 >= count, "{what}: {made:?}");
        ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('e')")?, "0", "{what}");
        let again = create(&mut s, zone, length, &from, &end(&from, length, count))?;
        ensure!(again.iter().all(|status| status == "exists") && again.len() == made.len(), "{what}, again: {again:?}");
        // Hours are counted in time that passes, days and months by the clock of the zone.
        let expected = if by_time {
            format!("('{from}'::timestamp AT TIME ZONE '{zone}') + n * interval '{length}'")
        } else {
            format!("('{from}'::timestamp + n * interval '{length}') AT TIME ZONE '{zone}'")
        };
        let wrong = s.column(&format!(
            "SELECT lower_at FROM warden.list_partitions('e') WHERE lower_at NOT IN (SELECT {expected} FROM generate_series(0, {count}) n)"
        ))?;
        ensure_eq!(wrong, Vec::<String>::new(), "{what}");
        // What is between two bounds is in one partition, and the server has no other opinion.
        s.run("INSERT INTO e SELECT lower_at + make_interval(secs => extract(epoch FROM upper_at - lower_at)::float8 * r) FROM warden.list_partitions('e'), unnest('{0, 0.37, 0.9999}'::float8[]) r")?;
        ensure_eq!(
            s.value(
                "SELECT count(*) FROM e WHERE tableoid::regclass <> warden.partition_for('e', at::text)::regclass"
            )?,
            "0",
            "{what}"
        );
    }
    Ok(())
}

/// Made a piece at a time, by sessions of other zones, a set is what it is when it is made at once.
fn a_set_goes_on_from_any_session(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let mut random = Random(7 + u64::from(leg.major));
    let bounds =
        "SELECT string_agg(lower_at || ' ' || upper_at, ', ' ORDER BY lower_at) FROM warden.list_partitions('e')";
    for _ in 0..15 {
        let (zone, from) = (random.of(&ZONES), format!("{}-0{}-01", 2000 + random.below(40), 1 + random.below(9)));
        let mut made = Vec::new();
        for pieces in [1_u64, 4] {
            s.run("DROP TABLE IF EXISTS e; CREATE TABLE e (at timestamptz) PARTITION BY RANGE (at)")?;
            for piece in 0..pieces {
                s.run(&format!("SET TimeZone = '{}'", random.of(&ZONES)))?;
                let months = 12 / pieces;
                s.run(&format!(
                    "SELECT count(*) FROM warden.create_partitions('e', '1 month', '{from}'::timestamp + {} * interval '1 month', '{from}'::timestamp + {} * interval '1 month', time_zone => '{zone}')",
                    piece * months,
                    (piece + 1) * months
                ))?;
            }
            s.run("SET TimeZone = 'UTC'")?;
            ensure_eq!(s.value("SELECT count(*) FROM warden.list_partitions('e')")?, "12", "{from} {zone}");
            made.push(s.value(bounds)?);
        }
        ensure_eq!(made[0], made[1], "{from} {zone}");
    }
    Ok(())
}

/// However a set was begun, maintenance leaves no gap, and has nothing to do when it is called again.
fn managed_sets_go_on_where_they_end(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let mut random = Random(99 + u64::from(leg.major));
    for _ in 0..20 {
        let (zone, length) = (random.of(&ZONES), random.of(&["1 month", "3 months", "1 day", "7 days", "6 hours"]));
        let what = format!("{length} in {zone}");
        s.run("DROP TABLE IF EXISTS e; CREATE TABLE e (at timestamptz) PARTITION BY RANGE (at)")?;
        s.run(&format!("SET TimeZone = '{}'", random.of(&ZONES)))?;
        s.run(&format!(
            "SELECT count(*) FROM warden.create_partitions('e', '{length}', date_trunc('month', now() AT TIME ZONE '{zone}') - 2 * interval '{length}', date_trunc('month', now() AT TIME ZONE '{zone}') + interval '{length}', time_zone => '{zone}')"
        ))?;
        s.run(&format!(
            "SELECT * FROM warden.manage_partitions('e', '{length}', premake => 5, time_zone => '{zone}')"
        ))?;
        s.run("CALL warden.partition_maintenance('e')")?;
        ensure_eq!(s.value("SELECT count(*) FROM warden.plan_partition_maintenance('e')")?, "0", "{what}");
        ensure_eq!(s.value("SELECT partitions_ahead FROM warden.partition_maintenance_status")?, "5", "{what}");
        s.run("INSERT INTO e SELECT now() + n * interval '1 second' FROM generate_series(0, 10) n")?;
    }
    Ok(())
}
