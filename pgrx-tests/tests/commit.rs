//! What is judged at the end of a transaction: foreign keys without index, tables without key; only what this transaction made worse.

use pg_warden_tests::{Leg, Outcome, Result, Session, cases, ensure, ensure_eq};

use crate::fixture::{open, shop};

cases![
    foreign_key_in_the_standard_words,
    told_at_commit_not_before,
    index_later_in_the_transaction_counts,
    key_later_in_the_transaction_counts,
    old_debt_is_silent,
    old_debt_is_silent_when_it_would_block,
    better_and_back_again_is_silent,
    dropped_again_is_silent,
    rollback_is_silent,
    savepoints_rolled_back,
    savepoints_released,
    exceptions_in_plpgsql,
    prepare_transaction,
    prepare_transaction_that_is_refused,
    multi_statement_strings,
    concurrently,
    dropping_an_index_makes_it_worse,
    dropping_a_key_makes_it_worse,
    replaced_in_the_transaction_is_silent,
    a_key_that_was_given_may_go_again,
    an_index_that_was_built_may_go_again,
    an_index_of_something_else_mends_nothing,
    autocommit,
    autocommit_when_it_would_block,
    errors_fail_the_commit,
    a_failed_commit_leaves_the_session_well,
    warnings_do_not_fail_the_commit,
    every_end_of_a_transaction_counts,
    procedures_judge_each_commit,
    tables_that_need_no_key,
    index_shapes_that_serve,
    index_shapes_that_do_not,
    every_way_to_make_a_table,
    every_way_to_make_a_foreign_key,
    keys_of_a_table_that_was_not_made_are_forgotten,
    keys_are_told_in_the_order_they_were_written,
    renamed_before_commit,
    partitions_are_judged_through_their_parent,
    many_are_capped,
    deferred_work_at_commit,
    notify_none_still_blocks,
    ordinary_users_fail_at_commit_too,
    settings_are_read_at_commit,
];

const BOTH: [&str; 2] = ["foreign-key-without-index", "table-without-primary-key"];
const FK: [&str; 1] = ["foreign-key-without-index"];
const KEY: [&str; 1] = ["table-without-primary-key"];
const NONE: [&str; 0] = [];
/// Makes both an error that blocks.
const STRICT: &str = "SET warden.mode = enforce; SET warden.rule_levels = 'foreign-key-without-index=error, table-without-primary-key=error'";

/// Sends statements one by one; returns what came of the last, after checking that nothing was found before.
fn last(s: &mut Session, statements: &[&str]) -> Result<Outcome> {
    let (last, before) = statements.split_last().ok_or("no statement")?;
    for sql in before {
        let outcome = s.run(sql).map_err(|e| format!("{sql}: {e}"))?;
        ensure!(outcome.findings().is_empty(), "{sql}:\n{outcome}");
    }
    Ok(s.outcome(last))
}

fn foreign_key_in_the_standard_words(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = s.run(
        "BEGIN;
         CREATE TABLE order_items (id bigint PRIMARY KEY, order_id bigint);
         ALTER TABLE order_items ADD CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id);
         COMMIT",
    )?;
    ensure_eq!(outcome.rules(), FK.to_vec(), "{outcome}");
    let finding = outcome.finding("foreign-key-without-index")?;
    ensure_eq!(finding.severity, "WARNING");
    ensure_eq!(
        finding.message,
        "foreign key \"order_items_order_id_fkey\" has no index on \"order_items\" (order_id) [foreign-key-without-index]"
    );
    ensure!(
        finding
            .detail()
            .starts_with("Checked at COMMIT. Each DELETE or key UPDATE in \"orders\" will read all of \"order_items\""),
        "{finding}"
    );
    ensure!(finding.hint().contains("order_items_order_id_idx ON public.order_items (order_id);"), "{finding}");
    ensure_eq!(finding.position, None, "COMMIT has no place to point at");
    let outcome = s.run("BEGIN; CREATE TABLE keyless (a int); COMMIT")?;
    let finding = outcome.finding("table-without-primary-key")?;
    ensure!(finding.message.contains("\"keyless\"") && !finding.hint().is_empty(), "{finding}");
    Ok(())
}

fn told_at_commit_not_before(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = last(
        &mut s,
        &["BEGIN", "CREATE TABLE lines (a int, order_id bigint REFERENCES orders)", "SELECT 1", "COMMIT"],
    )?;
    ensure_eq!(outcome.rules(), BOTH.to_vec(), "{outcome}");
    ensure_eq!(outcome.findings().len(), 2, "{outcome}");
    let outcome = last(&mut s, &["BEGIN", "SELECT 1", "COMMIT"])?;
    ensure_eq!(outcome.rules(), NONE.to_vec(), "told again in the next transaction: {outcome}");
    Ok(())
}

fn index_later_in_the_transaction_counts(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(STRICT)?;
    let outcome = last(
        &mut s,
        &[
            "BEGIN",
            "CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)",
            "CREATE INDEX ON lines (order_id)",
            "COMMIT",
        ],
    )?;
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(outcome.rules(), NONE.to_vec());
    Ok(())
}

fn key_later_in_the_transaction_counts(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(STRICT)?;
    let outcome =
        last(&mut s, &["BEGIN", "CREATE TABLE lines (a int)", "ALTER TABLE lines ADD PRIMARY KEY (a)", "COMMIT"])?;
    ensure!(outcome.error.is_none(), "{outcome}");
    let outcome = last(
        &mut s,
        &[
            "BEGIN",
            "CREATE TABLE more (a int NOT NULL)",
            "CREATE UNIQUE INDEX more_a ON more (a)",
            "ALTER TABLE more ADD PRIMARY KEY USING INDEX more_a",
            "COMMIT",
        ],
    )?;
    ensure!(outcome.error.is_none() && outcome.rules().is_empty(), "{outcome}");
    Ok(())
}

const LEGACY: &str = "SET warden.mode = off;
    CREATE TABLE legacy (a int, b text, order_id bigint REFERENCES orders (id), customer_id bigint REFERENCES customers (id));
    CREATE INDEX legacy_b ON legacy (b);
    RESET warden.mode";
/// None of these makes `legacy` worse than it is.
const HARMLESS: [&str; 12] = [
    "ALTER TABLE legacy ADD COLUMN c int",
    "ALTER TABLE legacy ALTER COLUMN a TYPE bigint",
    "ALTER TABLE legacy ADD CHECK (a > 0) NOT VALID",
    "ALTER TABLE legacy RENAME COLUMN b TO bb",
    "ALTER TABLE legacy DROP COLUMN a",
    "DROP INDEX legacy_b",
    "CREATE INDEX ON legacy (c)",
    "ALTER TABLE legacy DROP CONSTRAINT legacy_customer_id_fkey",
    "TRUNCATE legacy",
    "COMMENT ON TABLE legacy IS 'old'",
    "CREATE VIEW on_legacy AS SELECT order_id FROM legacy",
    "ALTER TABLE legacy RENAME TO ancient",
];

fn old_debt_is_silent(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(LEGACY)?;
    s.run("SET warden.notify = info")?;
    for sql in HARMLESS {
        for statements in [vec!["BEGIN", sql, "ROLLBACK"], vec!["BEGIN", sql, "COMMIT"]] {
            for statement in statements {
                let outcome = s.run(statement)?;
                ensure!(!outcome.rules().iter().any(|rule| BOTH.contains(rule)), "{sql}:\n{outcome}");
            }
        }
    }
    Ok(())
}

fn old_debt_is_silent_when_it_would_block(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(LEGACY)?;
    s.run(STRICT)?;
    for sql in HARMLESS {
        let outcome = s.outcome(sql);
        let judged = outcome.rules().iter().any(|rule| BOTH.contains(rule));
        ensure!(outcome.error.is_none() && !judged, "{sql}:\n{outcome}");
    }
    Ok(())
}

fn better_and_back_again_is_silent(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(LEGACY)?;
    for [better, back] in [
        ["ALTER TABLE legacy ADD CONSTRAINT k PRIMARY KEY (a)", "ALTER TABLE legacy DROP CONSTRAINT k"],
        ["CREATE INDEX k ON legacy (order_id)", "DROP INDEX k"],
    ] {
        // What was undone is forgotten.
        let outcome = last(&mut s, &["BEGIN", "SAVEPOINT a", better, back, "ROLLBACK TO a", "COMMIT"])?;
        ensure_eq!(outcome.rules(), NONE.to_vec(), "{better}, rolled back: {outcome}");
        let outcome = last(
            &mut s,
            &["BEGIN", "SAVEPOINT a", better, "SAVEPOINT b", back, "RELEASE b", "ROLLBACK TO a", "COMMIT"],
        )?;
        ensure_eq!(outcome.rules(), NONE.to_vec(), "{better}, released and rolled back: {outcome}");
        // What came and went in this transaction made nothing worse.
        let outcome = last(&mut s, &["BEGIN", better, back, "COMMIT"])?;
        ensure_eq!(outcome.rules(), NONE.to_vec(), "{better}: {outcome}");
    }
    Ok(())
}

fn dropped_again_is_silent(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(STRICT)?;
    for script in [
        "BEGIN; CREATE TABLE lines (a int, order_id bigint REFERENCES orders); DROP TABLE lines; COMMIT",
        "BEGIN; CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders); ALTER TABLE lines DROP CONSTRAINT lines_order_id_fkey; COMMIT;
         DROP TABLE lines",
        "BEGIN; CREATE SCHEMA app; CREATE TABLE app.lines (a int, order_id bigint REFERENCES orders); DROP SCHEMA app CASCADE; COMMIT",
        "BEGIN; CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders); ALTER TABLE lines DROP COLUMN order_id; COMMIT",
    ] {
        let outcome = s.outcome(script);
        ensure!(outcome.error.is_none() && outcome.rules().is_empty(), "{script}:\n{outcome}");
    }
    Ok(())
}

fn rollback_is_silent(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for end in ["ROLLBACK", "ABORT"] {
        let outcome = last(&mut s, &["BEGIN", "CREATE TABLE lines (a int, order_id bigint REFERENCES orders)", end])?;
        ensure!(outcome.findings().is_empty(), "{outcome}");
    }
    s.run("BEGIN; CREATE TABLE lines (a int)")?;
    s.error("SELECT 1/0")?;
    let outcome = s.run("COMMIT")?;
    ensure!(outcome.findings().is_empty(), "COMMIT of a failed transaction is a ROLLBACK: {outcome}");
    let outcome = last(&mut s, &["BEGIN", "SELECT 1", "COMMIT"])?;
    ensure!(outcome.findings().is_empty(), "left over from a failed transaction: {outcome}");
    Ok(())
}

fn savepoints_rolled_back(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    // The foreign key is gone with its savepoint.
    for inner in ["ROLLBACK TO a", "ROLLBACK TO a; RELEASE a", "SAVEPOINT b; SELECT 1; RELEASE b; ROLLBACK TO a"] {
        let outcome = last(
            &mut s,
            &["BEGIN", "SAVEPOINT a", "CREATE TABLE lines (a int, order_id bigint REFERENCES orders)", inner, "COMMIT"],
        )?;
        ensure_eq!(outcome.rules(), NONE.to_vec(), "{inner}: {outcome}");
    }
    // The index is gone with its savepoint.
    let outcome = last(
        &mut s,
        &[
            "BEGIN",
            "CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)",
            "SAVEPOINT a",
            "CREATE INDEX ON lines (order_id)",
            "ROLLBACK TO a",
            "COMMIT",
        ],
    )?;
    ensure_eq!(outcome.rules(), FK.to_vec(), "{outcome}");
    // The drop of the index is undone.
    s.run("CREATE INDEX lines_order ON lines (order_id)")?;
    let outcome = last(&mut s, &["BEGIN", "SAVEPOINT a", "DROP INDEX lines_order", "ROLLBACK TO a", "COMMIT"])?;
    ensure_eq!(outcome.rules(), NONE.to_vec(), "{outcome}");
    // What came before the savepoint stays.
    let outcome = last(
        &mut s,
        &["BEGIN", "CREATE TABLE x (a int)", "SAVEPOINT a", "CREATE TABLE y (a int)", "ROLLBACK TO a", "COMMIT"],
    )?;
    ensure_eq!(outcome.rules(), KEY.to_vec(), "{outcome}");
    ensure_eq!(outcome.findings().len(), 1, "{outcome}");
    ensure!(outcome.findings()[0].message.contains("\"x\""), "{outcome}");
    Ok(())
}

fn savepoints_released(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = last(
        &mut s,
        &["BEGIN", "SAVEPOINT a", "SAVEPOINT b", "CREATE TABLE lines (a int)", "RELEASE b", "RELEASE a", "COMMIT"],
    )?;
    ensure_eq!(outcome.rules(), KEY.to_vec(), "{outcome}");
    // Released into a savepoint that is rolled back.
    let outcome = last(
        &mut s,
        &["BEGIN", "SAVEPOINT a", "SAVEPOINT b", "CREATE TABLE more (a int)", "RELEASE b", "ROLLBACK TO a", "COMMIT"],
    )?;
    ensure_eq!(outcome.rules(), NONE.to_vec(), "{outcome}");
    Ok(())
}

fn exceptions_in_plpgsql(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = s.run(
        "BEGIN; DO $$BEGIN
           BEGIN CREATE TABLE gone (a int); RAISE 'undo'; EXCEPTION WHEN others THEN NULL; END;
           BEGIN CREATE TABLE stays (a int); EXCEPTION WHEN others THEN NULL; END;
         END$$; COMMIT",
    )?;
    let messages: Vec<&str> = outcome.findings().iter().map(|f| f.message.as_str()).collect();
    ensure_eq!(messages.len(), 1, "{outcome}");
    ensure!(messages[0].contains("\"stays\""), "{outcome}");
    Ok(())
}

fn prepare_transaction(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let gid = format!("warden-{}-prepare", leg.name);
    let prepare = format!("PREPARE TRANSACTION '{gid}'");
    let outcome = last(&mut s, &["BEGIN", "CREATE TABLE lines (a int, order_id bigint REFERENCES orders)", &prepare])?;
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(outcome.rules(), BOTH.to_vec(), "{outcome}");
    // The next transaction of the session has nothing to do with it.
    let outcome = last(&mut s, &["BEGIN", "CREATE TABLE fine (id int PRIMARY KEY)", "COMMIT"])?;
    ensure_eq!(outcome.rules(), NONE.to_vec(), "{outcome}");
    let outcome = s.run(&format!("COMMIT PREPARED '{gid}'"))?;
    ensure!(outcome.findings().is_empty(), "{outcome}");
    ensure_eq!(s.value("SELECT count(*) FROM lines")?, "0");
    Ok(())
}

fn prepare_transaction_that_is_refused(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(STRICT)?;
    let gid = format!("warden-{}-refused", leg.name);
    s.run("BEGIN; CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)")?;
    let error = s.error(&format!("PREPARE TRANSACTION '{gid}'"))?;
    ensure_eq!(error.rule(), Some("foreign-key-without-index"), "{error}");
    ensure_eq!(s.value("SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()")?, "0");
    ensure_eq!(s.value("SELECT to_regclass('lines') IS NULL")?, "t");
    // A good one goes through.
    let outcome = s.run(&format!(
        "BEGIN; CREATE TABLE fine (id int PRIMARY KEY); PREPARE TRANSACTION '{gid}'; COMMIT PREPARED '{gid}'"
    ));
    if let Err(e) = outcome {
        // COMMIT PREPARED may not run in the string's own transaction.
        ensure_eq!(e.sqlstate, "25001", "{e}");
    }
    Ok(())
}

fn multi_statement_strings(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = s.run("CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders); CREATE INDEX ON lines (order_id)")?;
    ensure_eq!(outcome.rules(), NONE.to_vec(), "a string is one transaction: {outcome}");
    let outcome =
        s.run("CREATE TABLE more (a int, order_id bigint REFERENCES orders); SELECT 1; CREATE TABLE still (a int)")?;
    ensure_eq!(outcome.rules(), BOTH.to_vec(), "{outcome}");
    ensure_eq!(outcome.findings().len(), 3, "{outcome}");
    s.run(STRICT)?;
    let error = s.error("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int); SELECT 1")?;
    ensure_eq!(error.rule(), Some("table-without-primary-key"));
    ensure_eq!(s.value("SELECT to_regclass('a') IS NULL AND to_regclass('b') IS NULL")?, "t");
    Ok(())
}

fn concurrently(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(LEGACY)?;
    for sql in [
        "CREATE INDEX CONCURRENTLY legacy_order ON legacy (order_id)",
        "REINDEX INDEX CONCURRENTLY legacy_order",
        "REINDEX TABLE CONCURRENTLY legacy",
    ] {
        let outcome = s.outcome(sql);
        ensure!(outcome.error.is_none() && outcome.rules().is_empty(), "{sql}:\n{outcome}");
    }
    let outcome = s.outcome("DROP INDEX CONCURRENTLY legacy_order");
    ensure!(outcome.error.is_none(), "{outcome}");
    s.run(STRICT)?;
    // Nothing that opens transactions of its own may fail in the middle.
    s.run("CREATE INDEX CONCURRENTLY legacy_order ON legacy (order_id)")?;
    let outcome = s.outcome("DROP INDEX CONCURRENTLY legacy_order");
    let valid = s.value(
        "SELECT coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('legacy_order')), true)",
    )?;
    ensure_eq!(valid, "t", "left invalid: {outcome}");
    Ok(())
}

const GOOD: &str = "SET warden.mode = off;
    CREATE TABLE good (id bigint CONSTRAINT good_key PRIMARY KEY, order_id bigint REFERENCES orders (id), n int, m int);
    CREATE INDEX good_order ON good (order_id, n);
    RESET warden.mode";

fn dropping_an_index_makes_it_worse(leg: &Leg) -> Result {
    for sql in [
        "DROP INDEX good_order",
        "ALTER TABLE good DROP COLUMN n",
        "DO $$BEGIN DROP INDEX good_order; END$$",
        "DROP INDEX good_order CASCADE",
    ] {
        let (_db, mut s) = open(leg)?;
        s.run(GOOD)?;
        s.run("SET warden.rule_levels = 'drop-column-cascades=off'")?;
        let outcome = last(&mut s, &["BEGIN", sql, "COMMIT"])?;
        ensure_eq!(outcome.rules(), FK.to_vec(), "{sql}: {outcome}");
        let (_db, mut s) = open(leg)?;
        s.run(GOOD)?;
        s.run(STRICT)?;
        ensure_eq!(s.error(sql)?.rule(), Some("foreign-key-without-index"), "{sql}");
        ensure_eq!(s.value("SELECT to_regclass('good_order') IS NOT NULL")?, "t");
    }
    // Another one still serves.
    let (_db, mut s) = open(leg)?;
    s.run(GOOD)?;
    s.run("CREATE INDEX good_order2 ON good (order_id)")?;
    let outcome = last(&mut s, &["BEGIN", "DROP INDEX good_order", "COMMIT"])?;
    ensure_eq!(outcome.rules(), NONE.to_vec(), "{outcome}");
    Ok(())
}

fn dropping_a_key_makes_it_worse(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(GOOD)?;
    let outcome = last(&mut s, &["BEGIN", "ALTER TABLE good DROP CONSTRAINT good_key", "COMMIT"])?;
    ensure_eq!(outcome.rules(), KEY.to_vec(), "{outcome}");
    let (_db, mut s) = open(leg)?;
    s.run(GOOD)?;
    let outcome = last(&mut s, &["BEGIN", "ALTER TABLE good DROP COLUMN id", "COMMIT"])?;
    ensure_eq!(outcome.rules(), KEY.to_vec(), "{outcome}");
    // A UNIQUE constraint may be the index of a foreign key.
    let (_db, mut s) = open(leg)?;
    s.run(GOOD)?;
    s.run("SET warden.mode = off; DROP INDEX good_order; ALTER TABLE good ADD CONSTRAINT good_u UNIQUE (order_id); RESET warden.mode")?;
    let outcome = last(&mut s, &["BEGIN", "ALTER TABLE good DROP CONSTRAINT good_u", "COMMIT"])?;
    ensure_eq!(outcome.rules(), FK.to_vec(), "{outcome}");
    Ok(())
}

fn replaced_in_the_transaction_is_silent(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(GOOD)?;
    s.run(STRICT)?;
    for script in [
        "BEGIN; DROP INDEX good_order; CREATE INDEX ON good (order_id); COMMIT",
        "BEGIN; CREATE INDEX x ON good (order_id); DROP INDEX x; COMMIT",
        "BEGIN; ALTER TABLE good DROP CONSTRAINT good_key, ADD PRIMARY KEY (id); COMMIT",
        "BEGIN; ALTER TABLE good ALTER COLUMN order_id TYPE int; COMMIT",
        "BEGIN; ALTER TABLE good DROP CONSTRAINT good_order_id_fkey; COMMIT",
    ] {
        let outcome = s.outcome(script);
        ensure!(outcome.error.is_none() && outcome.rules().is_empty(), "{script}:\n{outcome}");
    }
    Ok(())
}

/// Judges at COMMIT what is made, and then something else done with it.
fn ensure_judged(s: &mut Session, make: &str, then: &str, expected: &[&str]) -> Result {
    let outcome = s.outcome(&format!("BEGIN; {make}; {then}; COMMIT"));
    ensure!(outcome.error.is_none(), "{then}:\n{outcome}");
    ensure_eq!(outcome.rules(), expected.to_vec(), "{then}:\n{outcome}");
    Ok(())
}

fn a_key_that_was_given_may_go_again(leg: &Leg) -> Result {
    let drop = "ALTER TABLE lines DROP CONSTRAINT k";
    for (then, expected) in [
        (drop.to_owned(), &KEY[..]),
        ("ALTER TABLE lines DROP COLUMN id".into(), &KEY),
        ("DROP DOMAIN number CASCADE".into(), &KEY),
        (format!("DO $$BEGIN {drop}; END$$"), &KEY),
        (format!("SAVEPOINT a; {drop}; RELEASE a"), &KEY),
        (format!("SAVEPOINT a; {drop}; ROLLBACK TO a; {drop}"), &KEY),
        (format!("SET LOCAL warden.mode = off; {drop}; SET LOCAL warden.mode = warn"), &KEY),
        (format!("SAVEPOINT a; {drop}; ROLLBACK TO a"), &NONE),
        (format!("DO $$BEGIN {drop}; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN END$$"), &NONE),
        (format!("{drop}; ALTER TABLE lines ADD PRIMARY KEY (id)"), &NONE),
        ("ALTER TABLE lines RENAME TO rows".into(), &NONE),
    ] {
        let (_db, mut s) = open(leg)?;
        s.run("CREATE DOMAIN number AS bigint; SET warden.rule_levels = 'drop-column-cascades=off'")?;
        let make = "CREATE TABLE lines (id number CONSTRAINT k PRIMARY KEY, n int)";
        ensure_judged(&mut s, make, &then, expected)?;
    }
    // Nor does it stay by a trigger that runs before ours at the end of the statement, and is not judged itself.
    let (_db, mut s) = open(leg)?;
    s.run(&format!(
        "CREATE FUNCTION drop_it() RETURNS event_trigger LANGUAGE plpgsql SET warden.mode = off AS
            $$BEGIN IF tg_tag = 'CREATE TABLE' THEN {drop}; END IF; END$$;
         CREATE EVENT TRIGGER a_first ON ddl_command_end EXECUTE FUNCTION drop_it()"
    ))?;
    let outcome = s.outcome("BEGIN; CREATE TABLE lines (id int CONSTRAINT k PRIMARY KEY, n int); COMMIT");
    ensure_eq!(outcome.rules(), KEY.to_vec(), "{outcome}");
    // What was there already is not given the key.
    let (_db, mut s) = open(leg)?;
    let again = "CREATE TABLE lines (n int); CREATE TABLE IF NOT EXISTS lines (id bigint PRIMARY KEY)";
    let outcome = s.outcome(&format!("BEGIN; {again}; COMMIT"));
    ensure_eq!(outcome.rules(), KEY.to_vec(), "{outcome}");
    Ok(())
}

fn an_index_that_was_built_may_go_again(leg: &Leg) -> Result {
    let build = "CREATE INDEX i ON lines (order_id, n)";
    for (then, expected) in [
        (build.to_owned(), &NONE[..]),
        (format!("{build}; DROP INDEX i"), &FK),
        (format!("{build}; ALTER TABLE lines DROP COLUMN n"), &FK),
        (format!("SAVEPOINT a; {build}; RELEASE a; DROP INDEX i"), &FK),
        (format!("{build}; SAVEPOINT a; DROP INDEX i; RELEASE a"), &FK),
        (format!("{build}; SET LOCAL warden.mode = off; DROP INDEX i; SET LOCAL warden.mode = warn"), &FK),
        (format!("SAVEPOINT a; SAVEPOINT b; {build}; RELEASE b; ROLLBACK TO a"), &FK),
        (format!("DO $$BEGIN {build}; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN END$$"), &FK),
        (format!("{build}; SAVEPOINT a; DROP INDEX i; ROLLBACK TO a"), &NONE),
        (format!("{build}; DROP INDEX i; {build}"), &NONE),
        (format!("SAVEPOINT a; {build}; RELEASE a"), &NONE),
        (format!("{build}; ALTER TABLE lines ALTER n TYPE bigint"), &NONE),
    ] {
        let (_db, mut s) = open(leg)?;
        let make = "CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders, n int)";
        ensure_judged(&mut s, make, &then, expected)?;
    }
    Ok(())
}

fn an_index_of_something_else_mends_nothing(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("CREATE TABLE other (id bigint PRIMARY KEY, order_id bigint); CREATE INDEX taken ON other (order_id)")?;
    for (options, index) in [
        ("", "CREATE INDEX ON other (order_id)"),
        (
            "",
            "CREATE TABLE more (LIKE other, FOREIGN KEY (order_id) REFERENCES orders); CREATE INDEX ON more (order_id)",
        ),
        ("", "CREATE INDEX IF NOT EXISTS taken ON lines (order_id)"),
        (
            "PARTITION BY RANGE (id)",
            "CREATE TABLE lines_1 PARTITION OF lines FOR VALUES FROM (1) TO (9); CREATE INDEX ON ONLY lines (order_id)",
        ),
    ] {
        let make = format!("CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders) {options}");
        let outcome = s.outcome(&format!("BEGIN; {make}; {index}; COMMIT"));
        ensure!(outcome.error.is_none(), "{index}:\n{outcome}");
        ensure!(outcome.rules().contains(&FK[0]), "{index}:\n{outcome}");
        s.run("SET warden.mode = off; DROP TABLE lines; DROP TABLE IF EXISTS more; RESET warden.mode")?;
    }
    Ok(())
}

fn autocommit(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    // Outside a block the next statement may bring the key: information only.
    let outcome = s.run("CREATE TABLE lines (a int)")?;
    ensure!(outcome.findings().is_empty(), "{outcome}");
    s.run("SET warden.notify = info")?;
    let outcome = s.run("CREATE TABLE more (a int)")?;
    ensure_eq!(outcome.finding("table-without-primary-key")?.severity, "NOTICE");
    let outcome = s.run("CREATE TABLE fk (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)")?;
    ensure_eq!(outcome.finding("foreign-key-without-index")?.severity, "WARNING");
    // A key dropped is worse at once.
    let outcome = s.run("ALTER TABLE fk DROP CONSTRAINT fk_pkey")?;
    ensure_eq!(outcome.finding("table-without-primary-key")?.severity, "WARNING");
    Ok(())
}

fn autocommit_when_it_would_block(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    let outcome = s.run("CREATE TABLE fk (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)")?;
    ensure_eq!(outcome.rules(), FK.to_vec());
    s.run(STRICT)?;
    let error = s.error("CREATE TABLE fk2 (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)")?;
    ensure_eq!(error.rule(), Some("foreign-key-without-index"));
    ensure!(error.hint().contains("transaction"), "both belong in one transaction: {error}");
    ensure_eq!(s.value("SELECT to_regclass('fk2') IS NULL")?, "t");
    Ok(())
}

fn errors_fail_the_commit(leg: &Leg) -> Result {
    for (sql, rule) in [
        ("CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)", "foreign-key-without-index"),
        ("CREATE TABLE lines (a int)", "table-without-primary-key"),
    ] {
        let (_db, mut s) = open(leg)?;
        s.run(STRICT)?;
        let outcome = last(&mut s, &["BEGIN", sql, "INSERT INTO lines DEFAULT VALUES RETURNING 1", "COMMIT"]);
        let outcome = match outcome {
            Ok(outcome) => outcome,
            // A key has no default.
            Err(_) => {
                s.run("ROLLBACK")?;
                last(&mut s, &["BEGIN", sql, "COMMIT"])?
            }
        };
        let error = outcome.error.ok_or("COMMIT went through")?;
        ensure_eq!((error.severity.as_str(), error.rule()), ("ERROR", Some(rule)), "{error}");
        ensure!(!error.hint().is_empty(), "{error}");
        ensure_eq!(s.value("SELECT to_regclass('lines') IS NULL")?, "t");
    }
    Ok(())
}

fn a_failed_commit_leaves_the_session_well(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    s.run(STRICT)?;
    for _ in 0..5 {
        s.run("BEGIN; CREATE TABLE lines (a int, order_id bigint REFERENCES orders); SAVEPOINT x; CREATE TABLE more (a int)")?;
        let error = s.error("COMMIT")?;
        ensure_eq!(error.severity, "ERROR");
        let outcome = last(&mut s, &["BEGIN", "CREATE TABLE fine (id int PRIMARY KEY)", "COMMIT"])?;
        ensure!(outcome.error.is_none() && outcome.findings().is_empty(), "{outcome}");
        s.run("DROP TABLE fine")?;
    }
    let pid = s.pid()?;
    ensure_eq!(other.value(&format!("SELECT count(*) FROM pg_locks WHERE pid = {pid}"))?, "0");
    Ok(())
}

fn warnings_do_not_fail_the_commit(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    let outcome = last(&mut s, &["BEGIN", "CREATE TABLE lines (a int, order_id bigint REFERENCES orders)", "COMMIT"])?;
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(outcome.rules(), BOTH.to_vec());
    // Levels alone do not block either: warn never does.
    s.run("SET warden.mode = warn; SET warden.rule_levels = 'table-without-primary-key=error'")?;
    let outcome = last(&mut s, &["BEGIN", "CREATE TABLE more (a int)", "COMMIT"])?;
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(outcome.finding("table-without-primary-key")?.severity, "WARNING");
    s.run("SET warden.rule_levels = 'table-without-primary-key=off'")?;
    let outcome = last(&mut s, &["BEGIN", "CREATE TABLE most (a int)", "COMMIT"])?;
    ensure!(outcome.findings().is_empty(), "{outcome}");
    s.error("SET warden.rule_levels = 'table-without-primary-kee=error'")?;
    s.error("SET warden.rule_levels = 'table-without-primary-key=fatal'")?;
    Ok(())
}

fn every_end_of_a_transaction_counts(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for (n, end) in ["COMMIT", "END", "COMMIT WORK", "COMMIT AND CHAIN"].iter().enumerate() {
        let make = format!("CREATE TABLE t{n} (a int)");
        let outcome = last(&mut s, &["BEGIN", &make, end])?;
        ensure_eq!(outcome.rules(), KEY.to_vec(), "{end}: {outcome}");
    }
    let outcome = s.run("COMMIT")?;
    ensure!(outcome.findings().is_empty(), "the chained transaction made nothing: {outcome}");
    Ok(())
}

fn procedures_judge_each_commit(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let table = |name: &str| {
        format!("CREATE TABLE {name} (id int PRIMARY KEY, order_id bigint CONSTRAINT {name}_fk REFERENCES orders);")
    };
    s.run(&format!(
        "CREATE PROCEDURE steps() LANGUAGE plpgsql AS $$BEGIN {} COMMIT; {} CREATE INDEX ON b (order_id); COMMIT; {} ROLLBACK; {} END$$",
        table("a"),
        table("b"),
        table("c"),
        table("d")
    ))?;
    let outcome = s.run("CALL steps()")?;
    let messages = outcome.findings().iter().map(|f| f.message.clone()).collect::<Vec<_>>().join("\n");
    ensure!(messages.contains("\"a_fk\"") && messages.contains("\"d_fk\""), "{messages}");
    ensure!(!messages.contains("\"b_fk\"") && !messages.contains("\"c_fk\""), "{messages}");
    s.run("DROP TABLE a, b, d")?;
    s.run(STRICT)?;
    ensure_eq!(s.error("CALL steps()")?.rule(), Some("foreign-key-without-index"));
    ensure_eq!(s.value("SELECT to_regclass('a') IS NULL")?, "t");
    Ok(())
}

fn tables_that_need_no_key(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.rule_levels = 'unlogged-table=off, table-inheritance=off'")?;
    s.run("SET warden.notify = info; CREATE EXTENSION IF NOT EXISTS file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw")?;
    for sql in [
        "CREATE TEMP TABLE t (a int)",
        "CREATE UNLOGGED TABLE t_unlogged (a int)",
        "CREATE TABLE t_empty ()",
        "CREATE TABLE t_unique (a int NOT NULL UNIQUE)",
        "CREATE TABLE t_child () INHERITS (orders)",
        "CREATE FOREIGN TABLE t_foreign (a int) SERVER files OPTIONS (filename '/dev/null')",
        "CREATE VIEW t_view AS SELECT 1 AS a",
        "CREATE MATERIALIZED VIEW t_matview AS SELECT 1 AS a",
        "CREATE TYPE t_type AS (a int)",
        "CREATE SEQUENCE t_seq",
    ] {
        let outcome = last(&mut s, &["BEGIN", sql, "COMMIT"])?;
        ensure!(outcome.error.is_none() && outcome.findings().is_empty(), "{sql}:\n{outcome}");
    }
    Ok(())
}

/// Judges `index` on `child (p, q, r)` for a foreign key over `(p, q)`.
fn with_index(leg: &Leg, index: &str) -> Result<Outcome> {
    let (_db, mut s) = open(leg)?;
    s.run("CREATE TABLE parent (x int, y int, PRIMARY KEY (x, y))")?;
    Ok(s.outcome(&format!(
        "BEGIN; CREATE TABLE child (id int PRIMARY KEY, p int NOT NULL, q int, r int, FOREIGN KEY (p, q) REFERENCES parent); {index}; COMMIT"
    )))
}

fn index_shapes_that_serve(leg: &Leg) -> Result {
    for index in [
        "CREATE INDEX ON child (p, q)",
        "CREATE INDEX ON child (q, p)",
        "CREATE INDEX ON child (p, q, r)",
        "CREATE INDEX ON child (q DESC, p NULLS FIRST)",
        "CREATE UNIQUE INDEX ON child (q, p)",
        "ALTER TABLE child ADD UNIQUE (p, q)",
        "CREATE INDEX ON child (p, q) INCLUDE (r)",
        "CREATE INDEX ON child (p, q) WHERE q IS NOT NULL",
        "CREATE INDEX ON child (p, q) WHERE p IS NOT NULL AND q IS NOT NULL",
        "CREATE INDEX ON child (r); CREATE INDEX ON child (q, p)",
    ] {
        let outcome = with_index(leg, index)?;
        ensure!(outcome.error.is_none() && outcome.rules().is_empty(), "{index}:\n{outcome}");
    }
    Ok(())
}

fn index_shapes_that_do_not(leg: &Leg) -> Result {
    for index in [
        "CREATE INDEX ON child (p)",
        "CREATE INDEX ON child (p, p)",
        "CREATE INDEX ON child (p, r, q)",
        "CREATE INDEX ON child (r, p, q)",
        "CREATE INDEX ON child (p) INCLUDE (q)",
        "CREATE INDEX ON child (p, q) WHERE r > 0",
        "CREATE INDEX ON child (p, q) WHERE q IS NOT NULL AND r IS NOT NULL",
        "CREATE INDEX ON child (p, (q + 0))",
        "CREATE INDEX ON child ((r + 0), p, q)",
        "CREATE INDEX ON child USING brin (p, q)",
        "CREATE INDEX ON child USING hash (p); CREATE INDEX ON child USING hash (q)",
    ] {
        let outcome = with_index(leg, index)?;
        ensure_eq!(outcome.rules(), FK.to_vec(), "{index}:\n{outcome}");
    }
    Ok(())
}

fn every_way_to_make_a_table(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("CREATE TYPE row_type AS (a int)")?;
    for (n, sql) in [
        "CREATE TABLE t (a int)",
        "CREATE TABLE t AS SELECT 1 AS a",
        "SELECT 1 AS a INTO t",
        "PREPARE q AS SELECT 1 AS a; CREATE TABLE t AS EXECUTE q",
        "CREATE TABLE t (LIKE orders)",
        "CREATE TABLE t OF row_type",
        "CREATE TABLE t (a int) PARTITION BY RANGE (a)",
        "DO $$BEGIN EXECUTE 'CREATE TABLE t (a int)'; END$$",
        "CREATE SCHEMA s CREATE TABLE t (a int)",
        "CREATE TABLE t AS SELECT 1 AS a WITH NO DATA",
    ]
    .iter()
    .enumerate()
    {
        let outcome = s.outcome(&format!("BEGIN; {sql}; COMMIT"));
        ensure_eq!(outcome.rules(), KEY.to_vec(), "{sql}:\n{outcome}");
        s.run("SET warden.mode = off; DROP TABLE IF EXISTS t; DROP SCHEMA IF EXISTS s CASCADE; DEALLOCATE ALL; RESET warden.mode").map_err(|e| format!("{n}: {e}"))?;
    }
    let outcome = s.outcome("BEGIN; CREATE TABLE t (LIKE orders INCLUDING ALL); COMMIT");
    ensure_eq!(outcome.rules(), NONE.to_vec(), "a clean table's copy is clean: {outcome}");
    Ok(())
}

fn every_way_to_make_a_foreign_key(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for sql in [
        "CREATE TABLE f (id int PRIMARY KEY, order_id bigint REFERENCES orders)",
        "CREATE TABLE f (id int PRIMARY KEY, order_id bigint, FOREIGN KEY (order_id) REFERENCES orders)",
        "CREATE TABLE f (id int PRIMARY KEY, order_id bigint CONSTRAINT c REFERENCES orders (id) ON DELETE CASCADE DEFERRABLE)",
        "CREATE TABLE f (id int PRIMARY KEY); ALTER TABLE f ADD COLUMN order_id bigint REFERENCES orders",
        "CREATE TABLE f (id int PRIMARY KEY, order_id bigint); ALTER TABLE f ADD FOREIGN KEY (order_id) REFERENCES orders NOT VALID",
        "CREATE TABLE f (id int PRIMARY KEY, parent int REFERENCES f)",
        "CREATE SCHEMA s CREATE TABLE f (id int PRIMARY KEY, order_id bigint REFERENCES public.orders)",
    ] {
        let outcome = s.outcome(&format!("BEGIN; {sql}; COMMIT"));
        ensure_eq!(outcome.rules(), FK.to_vec(), "{sql}:\n{outcome}");
        s.run("SET warden.mode = off; DROP TABLE IF EXISTS f; DROP SCHEMA IF EXISTS s CASCADE; RESET warden.mode")?;
    }
    let outcome = s.outcome("BEGIN; CREATE TABLE f (order_id bigint PRIMARY KEY REFERENCES orders); COMMIT");
    ensure_eq!(outcome.rules(), NONE.to_vec(), "the key serves: {outcome}");
    Ok(())
}

/// The tree of a statement may lie where that of an earlier one lay.
fn keys_of_a_table_that_was_not_made_are_forgotten(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let failing = "CREATE TABLE orders (id int, other bigint REFERENCES orders)";
    let skipped = "CREATE TABLE IF NOT EXISTS orders (id int, other bigint REFERENCES orders)";
    let make = "CREATE SCHEMA s CREATE TABLE f (id int PRIMARY KEY, order_id bigint REFERENCES public.orders)";
    for before in [
        format!("DO $$BEGIN EXECUTE '{failing}'; EXCEPTION WHEN duplicate_table THEN END$$"),
        format!("SAVEPOINT s; {skipped}; ROLLBACK TO s"),
        skipped.to_owned(),
    ] {
        let outcome = s.outcome(&format!("BEGIN; {before}; {make}; COMMIT"));
        ensure_eq!(outcome.rules(), FK.to_vec(), "{before}:\n{outcome}");
        s.run("SET warden.mode = off; DROP SCHEMA s CASCADE; RESET warden.mode")?;
    }
    s.error(failing)?;
    let outcome = s.outcome(make);
    ensure_eq!(outcome.rules(), FK.to_vec(), "{outcome}");
    Ok(())
}

fn keys_are_told_in_the_order_they_were_written(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = s.outcome(
        "CREATE TABLE f (id int PRIMARY KEY, b bigint REFERENCES orders, a bigint, c bigint, FOREIGN KEY (c) REFERENCES orders, FOREIGN KEY (a) REFERENCES orders, FOREIGN KEY (c) REFERENCES orders)",
    );
    let messages: Vec<_> =
        outcome.findings().iter().filter(|f| f.rule() == FK.first().copied()).map(|f| f.message.clone()).collect();
    let columns: Vec<_> = messages.iter().filter_map(|message| message.split(['(', ')']).nth(1)).collect();
    ensure_eq!(columns, ["b", "c", "a"], "{outcome}");
    Ok(())
}

fn renamed_before_commit(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = s.run(
        "BEGIN; CREATE TABLE before (id int PRIMARY KEY, order_id bigint CONSTRAINT c REFERENCES orders); CREATE SCHEMA \"After\";
         ALTER TABLE before RENAME TO \"later On\"; ALTER TABLE \"later On\" SET SCHEMA \"After\"; ALTER TABLE \"After\".\"later On\" RENAME order_id TO \"Order\"; COMMIT",
    )?;
    let finding = outcome.finding("foreign-key-without-index")?;
    ensure!(finding.message.contains("later On") && !finding.message.contains("before"), "{finding}");
    ensure!(finding.hint().contains("\"After\".\"later On\" (\"Order\");"), "{finding}");
    Ok(())
}

fn partitions_are_judged_through_their_parent(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let make = "CREATE TABLE events (at date NOT NULL, order_id bigint REFERENCES orders) PARTITION BY RANGE (at);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')";
    let outcome = s.run(&format!("BEGIN; {make}; COMMIT"))?;
    ensure_eq!(outcome.rules(), BOTH.to_vec(), "{outcome}");
    ensure_eq!(outcome.findings().len(), 2, "one for the parent, none for a partition: {outcome}");
    ensure!(outcome.findings().iter().all(|f| f.message.contains("\"events\"")), "{outcome}");
    s.run("SET warden.notify = info")?;
    for sql in [
        "CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')",
        "ALTER TABLE events DETACH PARTITION events_3",
    ] {
        let outcome = s.outcome(sql);
        ensure!(outcome.findings().is_empty() && outcome.error.is_none(), "{sql}: old debt of the parent: {outcome}");
    }
    let outcome = s.run("BEGIN; DROP TABLE events; CREATE TABLE events (at date NOT NULL, order_id bigint REFERENCES orders, PRIMARY KEY (at)) PARTITION BY RANGE (at);
        CREATE INDEX ON events (order_id); CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01'); COMMIT")?;
    ensure_eq!(outcome.rules(), NONE.to_vec(), "{outcome}");
    Ok(())
}

fn many_are_capped(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = s.run("DO $$BEGIN FOR i IN 1..500 LOOP EXECUTE format('CREATE TABLE many_%s (a int, order_id bigint REFERENCES orders)', i); END LOOP; END$$")?;
    ensure!(outcome.notices.len() <= 50, "{} messages", outcome.notices.len());
    ensure!(outcome.to_string().contains("more"), "nothing says how many more there are: {outcome}");
    s.run(STRICT)?;
    let error =
        s.error("BEGIN; DO $$BEGIN FOR i IN 1..500 LOOP EXECUTE format('CREATE TABLE also_%s (a int)', i); END LOOP; END$$; COMMIT")?;
    ensure_eq!(error.rule(), Some("table-without-primary-key"));
    ensure!(error.detail().contains("more"), "nothing says how many more there are: {error}");
    ensure!(error.to_string().len() < 50_000, "{} bytes", error.to_string().len());
    Ok(())
}

fn deferred_work_at_commit(leg: &Leg) -> Result {
    // A deferred trigger runs before we judge, or fails before we do: either way nothing is lost.
    let (_db, mut s) = open(leg)?;
    s.run("CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN EXECUTE 'CREATE TABLE made_late (a int)'; RETURN NULL; END$$;
           CREATE CONSTRAINT TRIGGER late AFTER INSERT ON customers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()")?;
    let outcome = last(&mut s, &["BEGIN", "INSERT INTO customers (name) VALUES ('x')", "COMMIT"])?;
    ensure_eq!(outcome.rules(), KEY.to_vec(), "{outcome}");
    let outcome = s.outcome("BEGIN; CREATE TABLE lines (a int); SET CONSTRAINTS ALL DEFERRED; INSERT INTO customers (name) VALUES ('y'); COMMIT");
    ensure_eq!(outcome.error.map(|e| e.sqlstate), Some("42P07".to_owned()), "the trigger's own error");
    ensure_eq!(s.value("SELECT to_regclass('lines') IS NULL")?, "t");
    Ok(())
}

fn notify_none_still_blocks(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.notify = none")?;
    let outcome = s.run("BEGIN; CREATE TABLE lines (a int); COMMIT")?;
    ensure!(outcome.notices.is_empty(), "{outcome}");
    s.run(STRICT)?;
    ensure_eq!(s.error("BEGIN; CREATE TABLE more (a int); COMMIT")?.rule(), Some("table-without-primary-key"));
    Ok(())
}

fn ordinary_users_fail_at_commit_too(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let role = db.role("")?;
    db.session()?.run(&format!(
        "GRANT CREATE ON SCHEMA public TO {role}; GRANT REFERENCES ON orders TO {role}; ALTER DATABASE {name} SET warden.mode = enforce;
         ALTER DATABASE {name} SET warden.rule_levels = 'foreign-key-without-index=error'",
        name = db.name()
    ))?;
    let mut s = db.session_as(&role)?;
    let error = s.error("BEGIN; CREATE TABLE lines (id int PRIMARY KEY, order_id bigint REFERENCES orders); COMMIT")?;
    ensure_eq!(error.rule(), Some("foreign-key-without-index"), "{error}");
    s.error("SET warden.rule_levels = ''")?;
    // A search path of their own does not lead anybody astray.
    s.run("CREATE SCHEMA IF NOT EXISTS mine").err();
    s.run("SET search_path = pg_temp, public")?;
    ensure_eq!(
        s.error(
            "BEGIN; CREATE TABLE public.lines (id int PRIMARY KEY, order_id bigint REFERENCES public.orders); COMMIT"
        )?
        .sqlstate,
        error.sqlstate
    );
    Ok(())
}

fn settings_are_read_at_commit(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = last(
        &mut s,
        &[
            "BEGIN",
            "SET LOCAL warden.mode = enforce",
            "SET LOCAL warden.rule_levels = 'table-without-primary-key=error'",
            "CREATE TABLE lines (a int)",
            "COMMIT",
        ],
    )?;
    ensure_eq!(outcome.error.as_ref().and_then(|e| e.rule()), Some("table-without-primary-key"), "{outcome}");
    let outcome = last(&mut s, &["BEGIN", "CREATE TABLE lines (a int)", "SET LOCAL warden.mode = off", "COMMIT"])?;
    ensure!(outcome.findings().is_empty() && outcome.error.is_none(), "{outcome}");
    Ok(())
}
