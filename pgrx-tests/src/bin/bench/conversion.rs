//! What clients notice while a live table becomes partitioned, beside what they notice anyway; and what it takes to empty a default partition,
//! beside the statements that move its rows and nothing else.

use super::audit::{median, timed};
use super::quantile;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pg_warden_tests::{Cluster, Result, Session};

/// What it is called where one workload is chosen.
pub const NAME: &str = "conversion";

/// Rows of the table that is converted; a quarter of them are drained.
pub const ROWS: u32 = 2_000_000;

const ROUNDS: usize = 5;

/// Sessions that write, and how long each takes from the planned begin of one transaction to the next: 200 a second in all.
const WRITERS: u32 = 8;
const PERIOD: Duration = Duration::from_millis(40);

/// How long they write before and after what is done to the table.
const LEAD: Duration = Duration::from_secs(2);

/// A year of rows up to now.
const LIVE: &str = "CREATE TABLE live (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT now(), kind int, note text, PRIMARY KEY (id, at));
    INSERT INTO live (at, kind, note) SELECT now() - n * (interval '1 year' / {rows}), n % 7, md5(n::text) FROM generate_series({rows}, 1, -1) AS n;
    CREATE INDEX live_at_idx ON live (at); VACUUM ANALYZE live";

/// A default partition with rows of some months, and the month before them.
const FULL: &str = "CREATE TABLE full_one (id bigint NOT NULL, ts timestamptz NOT NULL, a text, b int, c numeric) PARTITION BY RANGE (ts);
    CREATE INDEX ON full_one (ts); CREATE INDEX ON full_one (a);
    CREATE TABLE full_one_1999_12 PARTITION OF full_one FOR VALUES FROM ('1999-12-01') TO ('2000-01-01');
    CREATE TABLE full_one_rest PARTITION OF full_one DEFAULT;
    INSERT INTO full_one SELECT n, '2000-01-01'::timestamptz + n % {months} * interval '1 month' + n % 28 * interval '1 day', md5(n::text), n % 7, n / 3.0
        FROM generate_series(1, {rows}) AS n";

/// Each row written once, into a table that is attached then.
const DIRECT: &str = "DO $$ BEGIN FOR i IN 0..{months} - 1 LOOP
    EXECUTE format('CREATE TABLE m_%s (LIKE full_one)', i);
    EXECUTE format('WITH moved AS (DELETE FROM full_one_rest WHERE ts >= %L AND ts < %L RETURNING *) INSERT INTO m_%s SELECT * FROM moved',
        '2000-01-01'::timestamptz + i * interval '1 month', '2000-01-01'::timestamptz + (i + 1) * interval '1 month', i);
    EXECUTE format('ALTER TABLE full_one ATTACH PARTITION m_%s FOR VALUES FROM (%L) TO (%L)', i,
        '2000-01-01'::timestamptz + i * interval '1 month', '2000-01-01'::timestamptz + (i + 1) * interval '1 month');
    COMMIT;
    END LOOP; END $$";

/// Measures and prints.
pub fn run(cluster: &Cluster, rows: u32) -> Result {
    cluster.connect("postgres")?.run("CREATE DATABASE conversion TEMPLATE template0")?;
    let mut s = cluster.connect("conversion")?;
    s.run("CREATE EXTENSION pg_warden")?;
    s.run("SELECT warden.disable()")?;
    let mut s = cluster.connect("conversion")?;
    s.run("SET TimeZone = 'UTC'; SET client_min_messages = error")?;
    convert(cluster, &mut s, rows)?;
    for months in [1, 5] {
        drain(&mut s, rows / 4, months)?;
    }
    Ok(())
}

fn convert(cluster: &Cluster, s: &mut Session, rows: u32) -> Result {
    println!(
        "\n{NAME} of {rows} rows under 200 transactions a second; {ROUNDS} rounds, ms from the planned begin of a transaction to its end"
    );
    let (mut undisturbed, mut disturbed, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        s.script(&LIVE.replace("{rows}", &rows.to_string()))?;
        let (floor, _) = watched(cluster, rows, || Ok(()))?;
        let (stalls, call) = watched(cluster, rows, || timed(s, "CALL warden.convert_to_partitioned('live', 'at')"))?;
        let written = floor.len() + stalls.len();
        let found = s.value("SELECT count(*) FROM live")?;
        if found != (written + rows as usize).to_string() {
            return Err(format!("{found} rows of {rows} and {written} that were written").into());
        }
        s.run("DROP TABLE live")?;
        println!("  round {round}: longest {:.1} without, {:.1} with", longest(&floor), longest(&stalls));
        undisturbed.extend(floor);
        disturbed.extend(stalls);
        calls.push(call);
    }
    println!("  the call took {:.0} ms, a median", median(calls) * 1e3);
    print("without a conversion", &undisturbed);
    print("during one", &disturbed);
    Ok(())
}

/// Has others write while something is done; returns how long each of their transactions took, in milliseconds, too.
fn watched<T>(cluster: &Cluster, rows: u32, work: impl FnOnce() -> Result<T>) -> Result<(Vec<f64>, T)> {
    let sessions = (0..WRITERS).map(|_| Ok(cluster.connect("conversion")?)).collect::<Result<Vec<_>>>()?;
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let (stop, began) = (&stop, Instant::now());
        let writers: Vec<_> = (0..WRITERS)
            .zip(sessions)
            .map(|(number, session)| scope.spawn(move || write(session, number, began, rows, stop)))
            .collect();
        thread::sleep(LEAD);
        let done = work();
        thread::sleep(LEAD);
        stop.store(true, Ordering::Relaxed);
        let mut taken = Vec::new();
        for writer in writers {
            taken.extend(writer.join().map_err(|_| "a writer panicked")??);
        }
        Ok((taken, done?))
    })
}

/// One session's transactions: a new row, and a change of an old one. A late one begins at once, and its wait counts.
fn write(mut session: Session, number: u32, began: Instant, rows: u32, stop: &AtomicBool) -> Result<Vec<f64>> {
    let mut planned = began + PERIOD * number / WRITERS;
    let (mut taken, mut id) = (Vec::new(), u64::from(number));
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(planned.saturating_duration_since(Instant::now()));
        id = id.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        session.run(&format!(
            "INSERT INTO live (kind, note) VALUES ({number}, 'new'); UPDATE live SET kind = kind + 1 WHERE id = {}",
            (id >> 33) % u64::from(rows) + 1
        ))?;
        taken.push(planned.elapsed().as_secs_f64() * 1e3);
        planned += PERIOD;
    }
    Ok(taken)
}

fn longest(taken: &[f64]) -> f64 {
    taken.iter().copied().fold(0.0, f64::max)
}

fn print(what: &str, taken: &[f64]) {
    let at = |share| quantile(taken.iter().copied(), share);
    println!(
        "  {what:<21} {:>6} transactions: median {:>6.2}, 99 of 100 within {:>6.2}, longest {:>6.1}",
        taken.len(),
        at(0.5),
        at(0.99),
        longest(taken)
    );
}

/// The rows of a default partition with two indexes, of one month or of several.
fn drain(s: &mut Session, rows: u32, months: u32) -> Result {
    let filled = |sql: &str| sql.replace("{rows}", &rows.to_string()).replace("{months}", &months.to_string());
    let ways = [
        ("INSERT and ATTACH", filled(DIRECT)),
        ("pg_warden", "CALL warden.drain_default_partition('full_one')".to_owned()),
    ];
    let mut times = vec![Vec::new(); ways.len()];
    for round in 0..=ROUNDS {
        for ((_, sql), times) in ways.iter().zip(&mut times) {
            s.script(&filled(FULL))?;
            s.run("VACUUM ANALYZE full_one")?;
            let taken = timed(s, sql)?;
            if s.value("SELECT count(*) FROM full_one_rest")? != "0"
                || s.value("SELECT count(*) FROM full_one")? != rows.to_string()
            {
                return Err(format!("not all rows were moved: {sql}").into());
            }
            s.run("DROP TABLE full_one")?;
            if round > 0 {
                times.push(taken);
            }
        }
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    for ((name, _), own) in ways.iter().zip(&medians) {
        println!(
            "  drain {rows} rows into {months}: {name:<18} {:>8.0} ms, {:.2} of the statements alone",
            own * 1e3,
            own / medians[0]
        );
    }
    Ok(())
}
