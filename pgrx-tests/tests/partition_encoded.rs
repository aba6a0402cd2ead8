//! Rows whose key says a time in another form than the server's are moved as all others are: drained, split, converted.

use pg_warden_tests::partitioned::{bounds, counts, sum};
use pg_warden_tests::{Leg, Outcome, Result, Session, cases, ensure, ensure_eq};

cases![
    epochs_are_drained,
    uuids_are_drained,
    texts_are_drained,
    rows_beyond_the_calendar_stay,
    policies_and_zones_of_epochs,
    further_columns_without_a_value,
    partitions_of_each_encoding_are_split,
    what_is_beyond_all_keys_is_not_split_off,
    a_table_is_converted_by_its_uuid,
    what_says_no_time_is_not_converted,
];

/// Keys made by SQL alone. `key(encoding, at, n)`: the n-th of a moment; the one of 0 is the least.
const KEYS: &str = r#"
CREATE FUNCTION digits(value numeric, alphabet text, width int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE digits text := '';
BEGIN
    FOR i IN 1..width LOOP
        digits := substr(alphabet, (value % length(alphabet))::int + 1, 1) || digits;
        value := div(value, length(alphabet));
    END LOOP;
    RETURN digits;
END $$;
CREATE FUNCTION key(encoding text, at timestamptz, n int) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE encoding
        WHEN 'epoch_s' THEN (e.s + n)::text
        WHEN 'epoch_ms' THEN (e.s * 1000 + n)::text
        WHEN 'epoch_us' THEN (e.s * 1000000 + n)::text
        WHEN 'epoch_ns' THEN (e.s * 1000000000 + n)::text
        WHEN 'uuidv7' THEN format('%s-%s-%s', left(h.ms, 8), right(h.ms, 4),
                                  CASE WHEN n = 0 THEN '0000-0000-000000000000' ELSE '7abc-8def-' || lpad(to_hex(n), 12, '0') END)
        WHEN 'text:iso' THEN to_char(at AT TIME ZONE 'UTC', CASE WHEN n = 0 THEN 'YYYY-MM-DD' ELSE 'YYYY-MM-DD"T"HH24:MI:SS' END)
        WHEN 'text:ulid' THEN digits(e.s * 1000 * 1208925819614629174706176 + n, '0123456789ABCDEFGHJKMNPQRSTVWXYZ', 26)
        WHEN 'text:ksuid' THEN digits((e.s - 1400000000) * 340282366920938463463374607431768211456 + n,
                                      '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 27)
        END
    FROM (SELECT trunc(extract(epoch FROM at)::numeric)) AS e (s) CROSS JOIN LATERAL (SELECT lpad(to_hex((e.s * 1000)::bigint), 12, '0')) AS h (ms)
$$"#;

/// A key's type and encoding.
#[derive(Clone, Copy)]
struct Kind(&'static str, &'static str);

const EPOCHS: [(Kind, &str); 7] = [
    (Kind("int", "epoch_s"), ""),
    (Kind("bigint", "epoch_s"), ""),
    (Kind("numeric", "epoch_s"), ""),
    (Kind("bigint", "epoch_ms"), "000"),
    (Kind("moment", "epoch_us"), "000000"),
    (Kind("bigint", "epoch_ns"), "000000000"),
    (Kind("numeric(30)", "epoch_ns"), "000000000"),
];
const UUID: Kind = Kind("uuid", "uuidv7");
const ISO: Kind = Kind("text COLLATE \"C\"", "text:iso");
const ULID: Kind = Kind("text COLLATE \"C\"", "text:ulid");
const KSUID: Kind = Kind("text COLLATE \"C\"", "text:ksuid");

/// A session of another zone and style than the tests', in a database that knows how keys are made.
fn with_keys(leg: &Leg, work: impl FnOnce(&mut Session) -> Result) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    s.run(
        "SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'SQL, DMY'; CREATE DOMAIN moment AS bigint CHECK (value > 0)",
    )?;
    s.run(KEYS)?;
    work(&mut s)
}

impl Kind {
    /// A table `e` of months with this key, and a default partition `rest`.
    fn table(self, s: &mut Session, zone: &str) -> Result {
        let Self(key, encoding) = self;
        s.run("DROP TABLE IF EXISTS e; DELETE FROM warden_internal.partition_policy")?;
        s.run(&format!(
            "CREATE TABLE e (k {key}, id int) PARTITION BY RANGE (k); CREATE TABLE rest PARTITION OF e DEFAULT; CREATE INDEX ON e (k)"
        ))?;
        if encoding != "uuidv7" {
            s.run(&format!(
                "INSERT INTO warden_internal.partition_policy VALUES ('e', '1 month', 4, NULL, 'detach', NULL, '{zone}', NULL, '{encoding}', 'keep',
                     NULL, NULL, NULL, false, true, now(), 'test')"
            ))?;
        }
        Ok(())
    }

    /// SQL of the n-th key of a moment.
    fn key(self, at: &str, n: &str) -> String {
        format!("key('{}', {at}, {n})::{}", self.1, self.0)
    }

    /// Two rows for each day from one on: of its first moment, and just before its last.
    fn fill(self, s: &mut Session, from: &str, days: u32) -> Result {
        let at = |time: &str| format!("'{from} {time}+00'::timestamptz + n * interval '1 day'");
        s.run(&format!(
            "INSERT INTO e SELECT {}, n FROM generate_series(0, {days} - 1) AS n; INSERT INTO e SELECT {}, n FROM generate_series(0, {days} - 1) AS n",
            self.key(&at("00:00"), "0"),
            self.key(&at("23:59:58"), "1")
        ))?;
        Ok(())
    }

    /// The least keys of these days.
    fn firsts(self, s: &mut Session, days: &[&str]) -> Result<Vec<String>> {
        days.iter()
            .map(|day| Ok(s.value(&format!("SELECT {}", self.key(&format!("'{day} 00:00+00'"), "0")))?))
            .collect()
    }

    /// Drains ten weeks and two rows without a key: each month becomes a partition with exactly its rows.
    fn is_drained(self, s: &mut Session, known: [&str; 2]) -> Result {
        let encoding = format!("{} {}", self.0, self.1);
        self.table(s, "UTC")?;
        s.run("SELECT warden.create_monthly_partition('e', '2025-12-01')")?;
        self.fill(s, "2026-01-01", 70)?;
        s.run("INSERT INTO e VALUES (NULL, 1), (NULL, 2)")?;
        let before = sum(s, "e")?;
        let outcome = s.outcome("CALL warden.drain_default_partition('e')");
        ensure_eq!(
            outcome.messages(),
            [
                "moved 62 rows of \"e\" from \"rest\" to public.e_2026_01",
                "moved 56 rows of \"e\" from \"rest\" to public.e_2026_02",
                "moved 22 rows of \"e\" from \"rest\" to public.e_2026_03",
                "2 rows stay in default partition \"rest\" of \"e\"",
                "moved 140 rows of \"e\" into 3 partitions",
            ],
            "{encoding}: {outcome}"
        );
        ensure_eq!(outcome.notices[3].detail(), "No partition of a length holds them. NULL: 2.", "{encoding}");
        ensure_eq!(sum(s, "e")?, before, "{encoding}");
        ensure_eq!(counts(s, "e")?, ["e_2026_01 62", "e_2026_02 56", "e_2026_03 22", "rest 2"], "{encoding}");
        let firsts = self.firsts(s, &["2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"])?;
        ensure_eq!(firsts[1..3], known, "{encoding}");
        let mut expected: Vec<_> = ["2025_12", "2026_01", "2026_02", "2026_03"]
            .iter()
            .zip(firsts.windows(2))
            .map(|(month, ends)| format!("public.e_{month} {} {}", ends[0], ends[1]))
            .collect();
        expected.push("public.rest".to_owned());
        ensure_eq!(bounds(s, "e")?, expected, "{encoding}");
        let again = s.outcome("CALL warden.drain_default_partition('e')");
        ensure_eq!(again.messages()[1], "moved 0 rows of \"e\" into 0 partitions", "{encoding}: {again}");
        Ok(())
    }
}

fn epochs_are_drained(leg: &Leg) -> Result {
    with_keys(leg, |s| {
        EPOCHS.into_iter().try_for_each(|(kind, zeros)| {
            kind.is_drained(s, [&format!("1767225600{zeros}"), &format!("1769904000{zeros}")])
        })
    })
}

fn uuids_are_drained(leg: &Leg) -> Result {
    with_keys(leg, |s| {
        UUID.is_drained(s, ["019b76da-a800-0000-0000-000000000000", "019c167f-cc00-0000-0000-000000000000"])
    })
}

fn texts_are_drained(leg: &Leg) -> Result {
    with_keys(leg, |s| {
        ISO.is_drained(s, ["2026-01-01", "2026-02-01"])?;
        ULID.is_drained(s, ["01KDVDNA000000000000000000", "01KGB7ZK000000000000000000"])?;
        // The algorithm above is not the one of the code, so its answers are the expected ones.
        let [january, february] = &KSUID.firsts(s, &["2026-01-01", "2026-02-01"])?[..] else {
            return Err("two keys".into());
        };
        ensure!(january < february && january.len() == 27, "{january} {february}");
        KSUID.is_drained(s, [january, february])
    })
}

/// A warning of a range that is passed over, or a notice of rows that stay, with what it says more.
fn stays(outcome: &Outcome) -> Vec<String> {
    let said = outcome.notices.iter().filter(|n| n.message.contains(" stay"));
    said.map(|n| {
        format!("{} {}: {}", n.severity, n.message.replace(" in default partition \"rest\" of \"e\"", ""), n.detail())
    })
    .collect()
}

fn rows_beyond_the_calendar_stay(leg: &Leg) -> Result {
    with_keys(leg, |s| {
        for (kind, keys, expected) in [
            (
                Kind("int", "epoch_s"),
                "(-2147483648), (2147483647), (2147400000)",
                vec![
                    "WARNING rows of [1901-12-01 00:00:00+00, 1902-01-01 00:00:00+00) stay: -2148595200 is out of range for type integer. It would be the key of 1901-12-01 00:00:00+00. Use bigint.",
                    "WARNING rows of [2038-01-01 00:00:00+00, 2038-02-01 00:00:00+00) stay: 2148595200 is out of range for type integer. It would be the key of 2038-02-01 00:00:00+00. Use bigint.",
                ],
            ),
            (
                Kind("bigint", "epoch_ms"),
                "(-9223372036854775808), (-62135596800001), (9223372036854775807)",
                vec![
                    "NOTICE 3 rows stay: No partition of a length holds them. before the year 1: 2, from the year 294000 on: 1.",
                ],
            ),
            (
                Kind("bigint", "epoch_ns"),
                "(-9223372036854775808), (9223372036854775807)",
                vec![
                    "WARNING rows of [1677-09-01 00:00:00+00, 1677-10-01 00:00:00+00) stay: -9225100800000000000 is out of range for type bigint. It would be the key of 1677-09-01 00:00:00+00. Use numeric, or a coarser encoding.",
                    "WARNING rows of [2262-04-01 00:00:00+00, 2262-05-01 00:00:00+00) stay: 9225014400000000000 is out of range for type bigint. It would be the key of 2262-05-01 00:00:00+00. Use numeric, or a coarser encoding.",
                ],
            ),
            (
                Kind("numeric", "epoch_us"),
                "('NaN'), ('Infinity'), ('-Infinity'), (1e40), (-1e40), (-1e41)",
                vec![
                    "NOTICE 6 rows stay: No partition of a length holds them. NaN: 1, Infinity: 1, -Infinity: 1, before the year 1: 2, from the year 294000 on: 1.",
                ],
            ),
            (
                UUID,
                "('ffffffff-ffff-7fff-bfff-ffffffffffff'), ('f47ac10b-58cc-4372-a567-0e02b2c3d479'), ('00000000-0000-1000-8000-00805f9b34fb')",
                vec![
                    "WARNING rows of [10889-08-01 00:00:00+00, 10889-09-01 00:00:00+00) stay: no UUID of version 7 is of 10889-09-01 00:00:00+00. They count the milliseconds since 1970 in 48 bits, which last until the year 10889.",
                    "NOTICE 2 rows stay: No partition of a length holds them. UUID of another version: 2.",
                ],
            ),
            (
                ISO,
                "('9999-12-31'), ('0000-12-31'), ('2027-02-29'), ('2028-02-30'), ('2027-13-01'), ('2027-04-31'), ('2027-01-01x'), (''), ('abc'), (E'2027-01-01\\n')",
                vec![
                    "WARNING rows of [9999-12-01, 10000-01-01) stay: no text of ISO 8601 is of 10000-01-01. Years from 0001 to 9999 sort as their texts do.",
                    "NOTICE 9 rows stay: No partition of a length holds them. not of encoding text:iso: 9.",
                ],
            ),
            (
                ULID,
                "('7ZZZZZZZZZZZZZZZZZZZZZZZZZ'), ('8ZZZZZZZZZZZZZZZZZZZZZZZZZ'), ('01kdvdna000000000000000000'), ('02KDVDNA00000000000000000U'), ('')",
                vec![
                    "WARNING rows of [10889-08-01 00:00:00+00, 10889-09-01 00:00:00+00) stay: no ULID is of 10889-09-01 00:00:00+00. They count the milliseconds since 1970 in 48 bits, which last until the year 10889.",
                    "NOTICE 4 rows stay: No partition of a length holds them. not of encoding text:ulid: 4.",
                ],
            ),
            (
                KSUID,
                "('000000000000000000000000000'), ('aWgEPTl1tmebfsQzFP4bxwgy80V'), ('aWgEPTl1tmebfsQzFP4bxwgy80W'), ('0ujtsYcgvSTl8PAuAdqWYSMnLO-'), ('0')",
                vec![
                    "WARNING rows of [2014-05-01 00:00:00+00, 2014-06-01 00:00:00+00) stay: no KSUID is of 2014-05-01 00:00:00+00. They count the seconds since 2014-05-13 16:53:20 UTC in 32 bits, which last until 2150.",
                    "WARNING rows of [2150-06-01 00:00:00+00, 2150-07-01 00:00:00+00) stay: no KSUID is of 2150-07-01 00:00:00+00. They count the seconds since 2014-05-13 16:53:20 UTC in 32 bits, which last until 2150.",
                    "NOTICE 3 rows stay: No partition of a length holds them. not of encoding text:ksuid: 3.",
                ],
            ),
        ] {
            let what = format!("{} {}", kind.0, kind.1);
            kind.table(s, "UTC")?;
            s.run("SELECT warden.create_monthly_partition('e', '2025-12-01')")?;
            // Two that move, and not all others are behind them.
            s.run(&format!(
                "INSERT INTO e SELECT {}; INSERT INTO e VALUES {keys}",
                kind.key("'2026-01-07 12:00+00'", "generate_series(1, 2)")
            ))?;
            let before = sum(s, "e")?;
            let outcome = s.outcome("CALL warden.drain_default_partition('e')");
            ensure!(outcome.error.is_none(), "{what}: {outcome}");
            ensure_eq!(stays(&outcome), expected, "{what}");
            ensure_eq!(sum(s, "e")?, before, "{what}");
            let rest = keys.matches("), (").count() + 1;
            ensure_eq!(counts(s, "e")?, ["e_2026_01 2".to_owned(), format!("rest {rest}")], "{what}");
        }
        Ok(())
    })
}

fn policies_and_zones_of_epochs(leg: &Leg) -> Result {
    with_keys(leg, |s| {
        let kind = Kind("bigint", "epoch_ms");
        kind.table(s, "America/New_York")?;
        s.run("UPDATE warden_internal.partition_policy SET partition_interval = '1 day'")?;
        // Hour by hour through the night in which clocks go back.
        s.run("INSERT INTO e SELECT extract(epoch FROM t) * 1000 FROM generate_series('2025-11-01 12:00+00'::timestamptz, '2025-11-04 00:00+00', '1 hour') AS t")?;
        let before = sum(s, "e")?;
        let outcome = s.outcome("CALL warden.drain_default_partition('e', 25)");
        ensure_eq!(
            outcome.messages(),
            [
                "moved 16 rows of \"e\" from \"rest\" to public.e_2025_11_01",
                "stopped after 16 rows of \"e\": the next range has more than the 9 that max_rows leaves",
            ],
            "{outcome}"
        );
        s.run("CALL warden.drain_default_partition('e')")?;
        ensure_eq!(sum(s, "e")?, before);
        ensure_eq!(counts(s, "e")?, ["e_2025_11_01 16", "e_2025_11_02 25", "e_2025_11_03 20"]);
        ensure_eq!(
            bounds(s, "e")?[..3],
            [
                "public.e_2025_11_01 1761969600000 1762056000000",
                "public.e_2025_11_02 1762056000000 1762146000000",
                "public.e_2025_11_03 1762146000000 1762232400000",
            ]
        );
        // And that day into hours.
        s.run("CALL warden.split_partition('e_2025_11_02', '1 hour')")?;
        ensure_eq!(sum(s, "e")?, before);
        ensure_eq!(s.value("SELECT count(*) || ' ' || count(DISTINCT tableoid) FROM e WHERE k >= 1762056000000 AND k < 1762146000000")?, "25 25");
        ensure_eq!(s.value("SELECT count(*) FROM warden.partition_gaps('e')")?, "0");
        Ok(())
    })
}

fn further_columns_without_a_value(leg: &Leg) -> Result {
    with_keys(leg, |s| {
        s.run(
            "CREATE TABLE e (k uuid, tenant int) PARTITION BY RANGE (k, tenant); CREATE TABLE rest PARTITION OF e DEFAULT;
             SELECT warden.create_monthly_partition('e', '2025-12-01')",
        )?;
        s.run(&format!(
            "INSERT INTO e VALUES ({}, NULL), ({}, 1), ({}, NULL), (NULL, 1)",
            UUID.key("'2026-01-05'", "1"),
            UUID.key("'2026-02-05'", "2"),
            UUID.key("'2026-02-06'", "3")
        ))?;
        let outcome = s.outcome("CALL warden.drain_default_partition('e')");
        ensure_eq!(
            outcome.messages(),
            [
                "moved 1 row of \"e\" from \"rest\" to public.e_2026_02",
                "3 rows stay in default partition \"rest\" of \"e\"",
                "moved 1 row of \"e\" into 1 partition",
            ],
            "{outcome}"
        );
        ensure_eq!(outcome.notices[1].detail(), "No partition of a length holds them. NULL: 3.");
        Ok(())
    })
}

fn partitions_of_each_encoding_are_split(leg: &Leg) -> Result {
    with_keys(leg, |s| {
        let kinds = EPOCHS.into_iter().map(|(kind, _)| kind).chain([UUID, ISO, ULID, KSUID]);
        for kind in kinds {
            let what = format!("{} {}", kind.0, kind.1);
            kind.table(s, "UTC")?;
            s.run("SELECT warden.create_yearly_partition('e', '2025-01-01')")?;
            kind.fill(s, "2025-01-01", 365)?;
            s.run("INSERT INTO e VALUES (NULL, 1)")?;
            let before = sum(s, "e")?;
            let outcome = s.outcome("CALL warden.split_partition('e_2025', '3 months')");
            ensure_eq!(
                outcome.messages(),
                [
                    "moved 184 rows of public.e_2025 to public.e_2025_q4",
                    "moved 184 rows of public.e_2025 to public.e_2025_q3",
                    "moved 182 rows of public.e_2025 to public.e_2025_q2",
                ],
                "{what}: {outcome}"
            );
            ensure_eq!(outcome.notices[2].hint(), "What is left is public.e_2025_q1 now.", "{what}");
            ensure_eq!(sum(s, "e")?, before, "{what}");
            ensure_eq!(
                counts(s, "e")?,
                ["e_2025_q1 180", "e_2025_q2 182", "e_2025_q3 184", "e_2025_q4 184", "rest 1"],
                "{what}"
            );
            let firsts = kind.firsts(s, &["2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01", "2026-01-01"])?;
            let mut expected: Vec<_> = (1..=4)
                .zip(firsts.windows(2))
                .map(|(n, ends)| format!("public.e_2025_q{n} {} {}", ends[0], ends[1]))
                .collect();
            expected.push("public.rest".to_owned());
            ensure_eq!(bounds(s, "e")?, expected, "{what}");
        }
        Ok(())
    })
}

fn what_is_beyond_all_keys_is_not_split_off(leg: &Leg) -> Result {
    with_keys(leg, |s| {
        // To the end of the type, and further.
        let kind = Kind("int", "epoch_s");
        kind.table(s, "UTC")?;
        s.run("CREATE TABLE future PARTITION OF e FOR VALUES FROM (2145916800) TO (MAXVALUE); INSERT INTO e VALUES (2145916800), (2147483647)")?;
        ensure_eq!(
            s.outcome("CALL warden.split_partition('future', '1 month')").messages(),
            ["there is nothing to split, skipping"]
        );
        s.run("DROP TABLE future; CREATE TABLE future PARTITION OF e FOR VALUES FROM (2140646400) TO (MAXVALUE); INSERT INTO e VALUES (2140646400), (2147483647)")?;
        let before = sum(s, "e")?;
        ensure_eq!(
            s.outcome("CALL warden.split_partition('future', '1 month')").messages(),
            ["moved 1 row of public.future to public.e_2037_11", "moved 0 rows of public.future to public.e_2037_12"]
        );
        ensure_eq!(sum(s, "e")?, before);
        ensure_eq!(bounds(s, "e")?[2], "public.future 2145916800 MAXVALUE");
        s.run("DROP TABLE future; DELETE FROM e; CREATE TABLE future PARTITION OF e FOR VALUES FROM (2145916800) TO (2147483647)")?;
        let error = s.error("CALL warden.split_partition('future', '1 month')")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str(), error.detail()),
            (
                "22023",
                "partition \"future\" is not a whole number of intervals long",
                "It holds [2145916800, 2147483647); the last one would be beyond all keys."
            )
        );
        // Down to the first key of all, which lies within a month; what is none stays below it.
        KSUID.table(s, "UTC")?;
        let july = KSUID.firsts(s, &["2014-07-01"])?.remove(0);
        s.run(&format!("CREATE TABLE past PARTITION OF e FOR VALUES FROM (MINVALUE) TO ('{july}')"))?;
        s.run(&format!(
            "INSERT INTO e VALUES ('000000000000000000000000000'), ('0'), ({})",
            KSUID.key("'2014-06-30'", "5")
        ))?;
        let before = sum(s, "e")?;
        ensure_eq!(
            s.outcome("CALL warden.split_partition('past', '1 month')").messages(),
            ["moved 1 row of public.past to public.e_2014_06"]
        );
        ensure_eq!(sum(s, "e")?, before);
        ensure_eq!(counts(s, "e")?, ["e_2014_06 1", "past 2"]);
        // Rows that are of no time do not make it begin in the year 1.
        UUID.table(s, "UTC")?;
        let bound = UUID.firsts(s, &["2026-03-01"])?.remove(0);
        s.run(&format!("CREATE TABLE past PARTITION OF e FOR VALUES FROM (MINVALUE) TO ('{bound}')"))?;
        s.run(&format!(
            "INSERT INTO e VALUES ('00000000-0000-1000-8000-00805f9b34fb'), ({})",
            UUID.key("'2026-01-07'", "5")
        ))?;
        ensure_eq!(
            s.outcome("CALL warden.split_partition('past', '1 month')").messages(),
            ["moved 0 rows of public.past to public.e_2026_02", "moved 1 row of public.past to public.e_2026_01"]
        );
        // A bound within one unit of time.
        let kind = Kind("bigint", "epoch_ns");
        kind.table(s, "UTC")?;
        s.run("CREATE TABLE odd PARTITION OF e FOR VALUES FROM (1767225600000000001) TO (1769904000000000000)")?;
        let error = s.error("CALL warden.split_partition('odd', '1 day')")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str(), error.detail()),
            ("0A000", "partition \"odd\" cannot be split", "Its bounds part rows of one time.")
        );
        // Shorter than what the key counts.
        let kind = Kind("bigint", "epoch_s");
        kind.table(s, "UTC")?;
        s.run("CREATE TABLE minute PARTITION OF e FOR VALUES FROM (1767225600) TO (1767225603)")?;
        let error = s.error("CALL warden.split_partition('minute', '0.5 seconds')")?;
        ensure_eq!((error.sqlstate.as_str(), error.detail()), ("22023", "It counts seconds."));
        ISO.table(s, "UTC")?;
        s.run("CREATE TABLE day PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-01-03')")?;
        let error = s.error("CALL warden.split_partition('day', '1 hour')")?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.message.as_str()),
            ("22023", "partition_interval must be days or months for a key of encoding text:iso")
        );
        Ok(())
    })
}

fn a_table_is_converted_by_its_uuid(leg: &Leg) -> Result {
    with_keys(leg, |s| {
        s.run(&format!(
            "CREATE TABLE e (id uuid PRIMARY KEY, note text); CREATE INDEX e_note ON e (note);
             INSERT INTO e SELECT {}, 'x' || n FROM generate_series(1, 100) AS n",
            UUID.key("date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - n * interval '1 day'", "n")
        ))?;
        let before = sum(s, "e")?;
        let filenode = s.value("SELECT pg_relation_filenode('e')")?;
        // A whole month lies between now and the cutoff.
        let month = |n: u32| {
            format!(
                "warden.uuidv7_lower_bound((date_trunc('month', now() AT TIME ZONE 'UTC') + interval '{n} months') AT TIME ZONE 'UTC')"
            )
        };
        let cutoff = s.value(&format!("SELECT {}", month(2)))?;
        let outcome = s.outcome("CALL warden.convert_to_partitioned('e', 'id')");
        ensure_eq!(
            outcome.messages(),
            [
                format!("rows at or after {cutoff} are refused until the conversion is done"),
                "table \"e\" is partitioned by range of id now".to_owned()
            ],
            "{outcome}"
        );
        ensure_eq!(sum(s, "e")?, before);
        ensure_eq!(s.value("SELECT pg_relation_filenode('e_legacy')")?, filenode);
        let mut expected = vec![format!("public.e_legacy MINVALUE {cutoff}")];
        for n in 2..6 {
            expected.push(s.value(&format!(
                "SELECT concat_ws(' ', 'public.e_' || to_char(now() AT TIME ZONE 'UTC' + interval '{n} months', 'YYYY_MM'), {}, {})",
                month(n),
                month(n + 1)
            ))?);
        }
        ensure_eq!(bounds(s, "e")?, expected);
        // What was unique is, and the next month has its place.
        ensure_eq!(s.error("INSERT INTO e SELECT id FROM e LIMIT 1")?.sqlstate, "23505");
        s.run(&format!("INSERT INTO e VALUES ({}), ({})", UUID.key("now()", "1"), month(2)))?;
        ensure_eq!(counts(s, "e")?[1], "e_legacy 101");
        ensure_eq!(
            s.outcome("CALL warden.convert_to_partitioned('e', 'id')").messages(),
            ["table \"e\" is converted already, skipping"]
        );
        s.run("DELETE FROM e WHERE note IS NULL")?;
        s.run("CALL warden.split_partition('e_legacy', '1 month')")?;
        ensure_eq!(sum(s, "e")?, before);
        ensure_eq!(s.value("SELECT count(*) FROM e_legacy")?, "0");
        Ok(())
    })
}

fn what_says_no_time_is_not_converted(leg: &Leg) -> Result {
    with_keys(leg, |s| {
        s.run("CREATE TABLE e (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n bigint NOT NULL, t text COLLATE \"C\" NOT NULL)")?;
        let call = "CALL warden.convert_to_partitioned('e', 'id')";
        let error = s.error(call)?;
        ensure_eq!(
            (error.sqlstate.as_str(), error.detail()),
            ("0A000", "The default of column id makes UUIDs that say no time, as those of version 7 do.")
        );
        s.run("ALTER TABLE e ALTER id DROP DEFAULT; INSERT INTO e VALUES ('f47ac10b-58cc-4372-a567-0e02b2c3d479', 1, 'x')")?;
        let error = s.error(call)?;
        ensure!(error.detail().ends_with("Rows have id that is not of version 7, and says no time."), "{error}");
        ensure!(
            error.hint().ends_with("SELECT * FROM public.e WHERE NOT (substr((id)::text, 15, 1) IN ('0', '7'));"),
            "{error}"
        );
        ensure_eq!(
            s.value("SELECT string_agg(item, ' ') FROM warden.plan_conversion('e', 'id') WHERE severity = 'blocker'")?,
            "future_rows other_uuids"
        );
        for (column, kind) in [("n", "bigint"), ("t", "text")] {
            let error = s.error(&format!("CALL warden.convert_to_partitioned('e', '{column}')"))?;
            ensure_eq!(
                (error.sqlstate.as_str(), error.message.as_str(), error.hint()),
                (
                    "0A000",
                    format!("column {column} of table \"e\" is of type {kind}").as_str(),
                    "Supported are date, timestamp, timestamptz and uuid of version 7, and domains over them."
                )
            );
        }
        // Nothing was begun.
        ensure_eq!(s.value("SELECT count(*) FROM warden.partition_conversions")?, "0");
        ensure_eq!(s.value("SELECT count(*) FROM pg_constraint WHERE conname = 'warden_conversion_check'")?, "0");
        Ok(())
    })
}
