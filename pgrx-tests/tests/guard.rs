//! What the guard says while DDL runs, when it blocks, and when it is silent.

use std::time::{Duration, Instant};

use pg_warden_tests::{Database, Finding, Leg, Outcome, Result, Session, cases, ensure, ensure_eq, fail};
use regex::Regex;

use crate::fixture::{ERRORS, WARNINGS, open, shop};

cases![
    index_build_in_the_standard_words,
    foreign_key_in_the_standard_words,
    not_null_in_the_standard_words,
    figures_come_from_this_database,
    every_rule_has_its_own_sqlstate,
    warn_runs_the_statement,
    enforce_blocks_errors,
    enforce_only_warns_of_warnings,
    block_is_before_any_lock,
    block_while_nobody_can_even_read,
    blocked_statement_leaves_no_lock,
    concurrently_is_silent_in_enforce,
    a_predicted_error_never_blocks,
    one_error_lists_the_others,
    warnings_come_before_the_error,
    statements_in_functions,
    statements_in_do_blocks,
    nested_do_has_context,
    schema_elements,
    procedures_with_commit,
    prepared_statements,
    multi_statement_strings,
    positions_count_characters,
    position_only_when_right,
    silent_for_temporary_tables,
    silent_for_extension_scripts,
    silent_for_new_tables,
    silent_for_tables_of_this_session,
    silent_for_small_and_empty_tables,
    silent_when_off,
    silent_for_no_ops,
    silent_for_a_restore,
    silent_under_replica_role,
    partitioned_tables_count_as_a_whole,
    inheritance_is_not_forgotten,
    volatile_defaults_are_judged_by_the_planner,
    not_null_proofs_are_judged_by_the_server,
    type_changes_that_keep_the_file,
    type_changes_that_write_a_new_file,
    constraints_that_check_nothing_now,
    dropping_indexes,
    serial_in_all_its_forms,
    ddl_lock_timeout_bounds_the_wait,
    ddl_lock_timeout_ends_with_its_statement,
    lock_timeout_once_a_session,
    lock_timeout_that_counts,
    lock_timeout_is_swallowed_by_an_error,
    notify_levels,
    notify_does_not_unblock,
    wrong_values_are_refused,
    wrong_value_before_load_is_told,
    ordinary_users_are_guarded,
    the_servers_own_errors_come_through,
    what_cannot_be_attached,
    odd_statistics_do_no_harm,
    names_that_need_quotes,
    cancel_and_timeouts_are_the_users,
    a_fault_of_its_own_is_told_and_the_statement_runs,
    output_is_capped,
    hints_can_be_pasted,
    partitions_are_made_as_proposed,
    other_event_triggers_live_on,
];

fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).unwrap().is_match(text)
}

fn only<'a>(outcome: &'a Outcome, rule: &str) -> Result<&'a Finding> {
    ensure_eq!(outcome.rules(), vec![rule], "{outcome}");
    outcome.finding(rule)
}

fn silent(outcome: &Outcome) -> Result {
    ensure!(outcome.findings().is_empty() && outcome.error.is_none(), "should be silent:\n{outcome}");
    Ok(())
}

fn index_build_in_the_standard_words(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let sql = "CREATE INDEX orders_customer_id_idx ON orders (customer_id);";
    let outcome = s.run(sql)?;
    let finding = only(&outcome, "create-index-not-concurrent")?;
    ensure_eq!(finding.severity, "WARNING");
    ensure_eq!(
        finding.message,
        "building index \"orders_customer_id_idx\" blocks writes to \"orders\" until it is done [create-index-not-concurrent]"
    );
    ensure_eq!(finding.at(sql), Some("orders (customer_id);"));
    let detail = "^\"orders\" has 2,000 rows \\([\\d,]+ [kM]B\\)\\. SHARE lock: reads go on; INSERT, UPDATE and DELETE wait, about [\\w., ]+ here\\.";
    ensure!(matches(detail, finding.detail()), "{finding}");
    ensure_eq!(
        finding.hint(),
        "Outside a transaction: CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public.orders (customer_id);"
    );
    Ok(())
}

fn foreign_key_in_the_standard_words(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; CREATE INDEX ON orders (customer_id); RESET warden.mode")?;
    let outcome = s.run(
        "ALTER TABLE orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id)",
    )?;
    let finding = only(&outcome, "add-foreign-key-validates")?;
    ensure_eq!(
        finding.message,
        "foreign key \"orders_customer_id_fkey\" blocks writes to \"orders\" and \"customers\" while 2,000 rows are checked [add-foreign-key-validates]"
    );
    ensure!(
        matches("^SHARE ROW EXCLUSIVE on both tables until COMMIT, about [\\w., ]+ here\\.", finding.detail()),
        "{finding}"
    );
    ensure_eq!(
        finding.hint(),
        "In two transactions: ALTER TABLE public.orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers (id) \
         NOT VALID;\nALTER TABLE public.orders VALIDATE CONSTRAINT orders_customer_id_fkey;"
    );
    Ok(())
}

fn not_null_in_the_standard_words(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = s.run("ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL")?;
    let finding = only(&outcome, "set-not-null-scan")?;
    ensure_eq!(
        finding.message,
        "SET NOT NULL on \"orders\".\"customer_id\" blocks reads and writes while 2,000 rows are scanned [set-not-null-scan]"
    );
    let detail = "^ACCESS EXCLUSIVE until COMMIT(, [^.]*([\\d.]+ [^.]*)? here)?\\. No validated CHECK proves the column has no NULL";
    ensure!(matches(detail, finding.detail()), "{finding}");
    ensure!(!finding.detail().contains("about under"), "no English: {finding}");
    Ok(())
}

fn figures_come_from_this_database(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; CREATE TABLE big (id bigint PRIMARY KEY, pad text); RESET warden.mode")?;
    s.run("INSERT INTO big SELECT i, repeat('x', 100) FROM generate_series(1, 54321) i")?;
    s.run("ANALYZE big")?;
    let db = s.value("SELECT current_database()")?;
    let mut other = leg.cluster.connect(&db)?;
    let outcome = other.run("CREATE INDEX big_pad_idx ON big (pad)")?;
    let finding = only(&outcome, "create-index-not-concurrent")?;
    let size = s.value("SELECT pg_size_pretty(pg_relation_size('big'))")?;
    ensure!(finding.detail().contains("54,321 rows"), "{finding}");
    ensure!(finding.detail().contains(&size), "not {size}: {finding}");
    Ok(())
}

fn every_rule_has_its_own_sqlstate(leg: &Leg) -> Result {
    let mut states = std::collections::BTreeMap::new();
    for (rule, sql) in ERRORS.iter().chain(&WARNINGS) {
        let (_db, mut s) = open(leg)?;
        let outcome = s.outcome(sql);
        let finding = outcome.finding(rule).map_err(|e| format!("{sql}: {}", e.message().unwrap_or_default()))?;
        ensure_eq!(finding.constraint.as_deref(), Some(*rule));
        states.insert(finding.sqlstate.clone(), *rule);
    }
    let (_db, mut s) = open(leg)?;
    let outcome = s.run("BEGIN; CREATE TABLE a (b int REFERENCES customers); COMMIT")?;
    for rule in ["foreign-key-without-index", "table-without-primary-key"] {
        states.insert(outcome.finding(rule)?.sqlstate.clone(), rule);
    }
    ensure_eq!(states.len(), ERRORS.len() + WARNINGS.len() + 2, "two rules share a SQLSTATE: {states:?}");
    let classes: std::collections::BTreeSet<&str> = states.keys().map(|s| &s[..2]).collect();
    ensure_eq!(classes.len(), 1, "one class of our own: {states:?}");
    let class = classes.into_iter().next().unwrap_or_default();
    ensure!(!["00", "01", "02", "42", "55", "XX", "P0"].contains(&class), "the class {class} is the server's");
    Ok(())
}

fn warn_runs_the_statement(leg: &Leg) -> Result {
    for (rule, sql) in ERRORS {
        let (_db, mut s) = open(leg)?;
        let outcome = s.run(sql).map_err(|e| format!("{sql}: {e}"))?;
        ensure!(outcome.findings().iter().all(|f| f.severity == "WARNING"), "{outcome}");
        outcome.finding(rule)?;
    }
    Ok(())
}

fn enforce_blocks_errors(leg: &Leg) -> Result {
    for (rule, sql) in ERRORS {
        let (_db, mut s) = open(leg)?;
        s.run("SET warden.mode = enforce")?;
        let schema = "SELECT md5(string_agg(x, ',' ORDER BY x)) FROM (SELECT c.relname || c.relfilenode || coalesce(a.attname, '') || coalesce(a.atttypid, 0)
            || coalesce(a.attnotnull, false) AS x FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace
            UNION ALL SELECT conname FROM pg_constraint) q";
        let before = s.value(schema)?;
        let error = s.error(sql)?;
        ensure_eq!(error.rule(), Some(rule), "{error}");
        ensure!(error.message.starts_with("not run: "), "{error}");
        ensure!(error.hint().starts_with("Safe: "), "{error}");
        ensure_eq!(s.value(schema)?, before, "something was done by {sql}");
    }
    Ok(())
}

fn enforce_only_warns_of_warnings(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    for sql in ["DROP INDEX orders_placed_idx", "CREATE TABLE tickets (id serial PRIMARY KEY)"] {
        let outcome = s.run(sql)?;
        ensure_eq!(outcome.rules().len(), 1, "{outcome}");
    }
    Ok(())
}

fn block_is_before_any_lock(leg: &Leg) -> Result {
    for (rule, sql) in ERRORS {
        let db = shop(leg)?;
        let (mut holder, mut s) = (db.session()?, db.session()?);
        // Whoever asks for a lock that any of these statements needs waits now; reading is possible.
        holder.run("BEGIN; LOCK TABLE orders, customers IN ROW EXCLUSIVE MODE")?;
        s.run("SET warden.mode = enforce; SET lock_timeout = '20s'")?;
        let asked = Instant::now();
        let outcome = s.outcome(sql);
        ensure!(asked.elapsed() < Duration::from_secs(10), "{rule} waited {:?} for a lock", asked.elapsed());
        ensure_eq!(outcome.error.as_ref().and_then(|e| e.rule()), Some(rule), "{outcome}");
    }
    Ok(())
}

fn block_while_nobody_can_even_read(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let (mut holder, mut s) = (db.session()?, db.session()?);
    holder.run("BEGIN; LOCK TABLE orders, customers IN ACCESS EXCLUSIVE MODE")?;
    s.run("SET warden.mode = enforce; SET lock_timeout = '1s'")?;
    for (rule, sql) in ERRORS {
        let asked = Instant::now();
        let outcome = s.outcome(sql);
        let error = outcome.error.as_ref().ok_or("went through")?;
        // What cannot be judged without opening the table is not blocked; then the statement waits, as its author said.
        let judged = error.rule() == Some(rule) && asked.elapsed() < Duration::from_millis(900);
        let must =
            ["create-index-not-concurrent", "add-foreign-key-validates", "add-unique-builds-index"].contains(&rule);
        ensure!(judged || (!must && error.sqlstate == "55P03"), "{rule}: {outcome}");
    }
    Ok(())
}

fn blocked_statement_leaves_no_lock(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    let pid = s.pid()?;
    s.run("SET warden.mode = enforce; BEGIN")?;
    s.run(
        "DO $$BEGIN
             BEGIN CREATE INDEX i ON orders (customer_id); RAISE 'not blocked';
             EXCEPTION WHEN others THEN IF SQLERRM NOT LIKE 'not run:%' THEN RAISE; END IF; END;
           END$$",
    )?;
    let locks = other.column(&format!("SELECT relation::regclass || ' ' || mode FROM pg_locks WHERE locktype = 'relation' AND pid = {pid} AND relation >= 16384"))?;
    ensure!(locks.is_empty(), "{locks:?}");
    Ok(())
}

fn concurrently_is_silent_in_enforce(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    s.error("CREATE INDEX orders_customer_id_idx ON orders (customer_id)")?;
    silent(&s.outcome("CREATE INDEX CONCURRENTLY orders_customer_id_idx ON orders (customer_id)"))?;
    ensure_eq!(s.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'orders_customer_id_idx'::regclass")?, "t");
    silent(&s.outcome("DROP INDEX CONCURRENTLY orders_customer_id_idx"))
}

fn a_predicted_error_never_blocks(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    let outcome = s.outcome("ALTER TABLE orders ADD COLUMN channel text NOT NULL");
    ensure_eq!(outcome.finding("add-column-required")?.severity, "WARNING");
    ensure_eq!(
        outcome.error.as_ref().map(|e| e.sqlstate.as_str()),
        Some("23502"),
        "the server's own error follows: {outcome}"
    );
    // Loss and breakage do not depend on size; an empty table has nothing to break.
    ensure_eq!(
        s.outcome("ALTER TABLE customers ADD COLUMN channel text NOT NULL").rules(),
        vec!["add-column-required"]
    );
    s.run("CREATE TABLE nothing (id bigint PRIMARY KEY)")?;
    silent(&s.outcome("ALTER TABLE nothing ADD COLUMN channel text NOT NULL"))?;
    silent(&s.outcome("ALTER TABLE orders ADD COLUMN channel text NOT NULL DEFAULT 'web'"))
}

fn one_error_lists_the_others(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    let outcome = s
        .outcome("ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0), ALTER COLUMN customer_id SET NOT NULL");
    let Some(error) = &outcome.error else { fail!("not blocked: {outcome}") };
    let (first, other) = match error.rule() {
        Some("add-check-validates") => ("add-check-validates", "set-not-null-scan"),
        _ => ("set-not-null-scan", "add-check-validates"),
    };
    ensure_eq!(error.rule(), Some(first), "{error}");
    ensure!(error.detail().contains(&format!("[{other}]")), "the others are listed: {error}");
    ensure!(outcome.notices.is_empty(), "{outcome}");
    Ok(())
}

fn warnings_come_before_the_error(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    let outcome =
        s.outcome("ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0), ADD COLUMN channel text NOT NULL");
    ensure_eq!(
        outcome.notices.iter().filter_map(|n| n.rule()).collect::<Vec<_>>(),
        vec!["add-column-required"],
        "{outcome}"
    );
    ensure_eq!(outcome.error.as_ref().and_then(|e| e.rule()), Some("add-check-validates"), "{outcome}");
    Ok(())
}

fn statements_in_functions(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(
        "CREATE FUNCTION build() RETURNS void LANGUAGE plpgsql AS 'BEGIN CREATE INDEX i ON orders (customer_id); END';
           CREATE FUNCTION build_sql() RETURNS void LANGUAGE sql AS 'CREATE INDEX j ON orders (customer_id)';",
    )?;
    for call in ["SELECT build()", "SELECT build_sql()"] {
        let outcome = s.run(call)?;
        let finding = only(&outcome, "create-index-not-concurrent")?;
        ensure!(finding.position.is_none(), "a position in the caller's text is wrong: {finding}");
        ensure!(finding.context.as_deref().is_some_and(|c| c.contains("build")), "{finding}");
    }
    s.run("SET warden.mode = enforce")?;
    ensure_eq!(s.error("SELECT build()")?.rule(), Some("create-index-not-concurrent"));
    Ok(())
}

fn statements_in_do_blocks(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for sql in [
        "DO $$BEGIN CREATE INDEX i1 ON orders (customer_id); END$$",
        "DO $$BEGIN EXECUTE 'CREATE INDEX i2 ON orders (customer_id)'; END$$",
        "DO $$BEGIN EXECUTE format('CREATE INDEX %I ON %I (customer_id)', 'i3', 'orders'); END$$",
    ] {
        let outcome = s.run(sql)?;
        let finding = only(&outcome, "create-index-not-concurrent")?;
        ensure!(finding.position.is_none() || finding.at(sql).is_some_and(|t| t.starts_with("orders")), "{finding}");
    }
    Ok(())
}

fn nested_do_has_context(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = s.run("DO $a$BEGIN EXECUTE 'DO $b$BEGIN CREATE INDEX i ON orders (customer_id); END$b$'; END$a$")?;
    let finding = only(&outcome, "create-index-not-concurrent")?;
    let context = finding.context.clone().unwrap_or_default();
    ensure!(context.matches("inline_code_block").count() >= 2, "{finding}");
    Ok(())
}

fn schema_elements(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = s.run("CREATE SCHEMA app CREATE TABLE tickets (id serial PRIMARY KEY) CREATE INDEX i ON tickets (id) CREATE VIEW v AS SELECT 1 AS one")?;
    only(&outcome, "column-type-serial")?;
    let outcome =
        s.run("BEGIN; CREATE SCHEMA other CREATE TABLE lines (a int, b bigint REFERENCES public.customers); COMMIT")?;
    ensure_eq!(outcome.rules(), vec!["foreign-key-without-index", "table-without-primary-key"]);
    Ok(())
}

fn procedures_with_commit(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("CREATE PROCEDURE steps() LANGUAGE plpgsql AS $$BEGIN
             CREATE INDEX i ON orders (customer_id); COMMIT; ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL; COMMIT;
             CREATE TABLE tickets (id serial PRIMARY KEY); END$$")?;
    let outcome = s.run("CALL steps()")?;
    ensure_eq!(
        outcome.rules(),
        vec!["column-type-serial", "create-index-not-concurrent", "set-not-null-scan"],
        "{outcome}"
    );
    Ok(())
}

fn prepared_statements(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    // The extended protocol has no simple query string; DDL that arrives through it is judged alike.
    let outcome = s.run("PREPARE p AS SELECT 1; EXECUTE p; CREATE INDEX i ON orders (customer_id)")?;
    only(&outcome, "create-index-not-concurrent")?;
    let extended = s.outcome_extended("CREATE INDEX j ON orders (customer_id)");
    let finding = only(&extended, "create-index-not-concurrent")?;
    ensure_eq!(finding.at("CREATE INDEX j ON orders (customer_id)"), Some("orders (customer_id)"));
    Ok(())
}

fn multi_statement_strings(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let sql =
        "CREATE TABLE a (id int PRIMARY KEY);\nSELECT 'ön orders';\nCREATE INDEX i ON orders (customer_id); SELECT 2";
    let outcome = s.run(sql)?;
    ensure_eq!(only(&outcome, "create-index-not-concurrent")?.at(sql), Some("orders (customer_id); SELECT 2"));
    ensure_eq!(outcome.findings().len(), 1);
    s.run("SET warden.mode = enforce")?;
    let error = s.error("CREATE TABLE b (id int PRIMARY KEY); CREATE INDEX j ON orders (customer_id); CREATE TABLE c (id int PRIMARY KEY)")?;
    ensure_eq!(error.rule(), Some("create-index-not-concurrent"));
    ensure_eq!(
        s.value("SELECT to_regclass('b') IS NULL AND to_regclass('c') IS NULL AND to_regclass('j') IS NULL")?,
        "t"
    );
    Ok(())
}

fn positions_count_characters(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let sql = "/* größer, 注文 */ CREATE INDEX \"ïdx\" ON public.orders (customer_id)";
    let outcome = s.run(sql)?;
    let at = only(&outcome, "create-index-not-concurrent")?.at(sql);
    ensure_eq!(at, Some("public.orders (customer_id)"));
    Ok(())
}

fn position_only_when_right(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    // The words of the statement stand elsewhere in the string too.
    let sql = "SELECT 'CREATE INDEX i ON orders (customer_id)'; DO $$BEGIN PERFORM 'CREATE INDEX i ON orders (customer_id)'; \
               EXECUTE 'CREATE INDEX i ON ' || 'orders (customer_id)'; END$$; SELECT 'orders (customer_id)'";
    let outcome = s.run(sql)?;
    ensure_eq!(only(&outcome, "create-index-not-concurrent")?.position, None, "{outcome}");
    Ok(())
}

fn silent_for_temporary_tables(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    silent(&s.outcome("BEGIN; CREATE TEMP TABLE t (id serial, a int, b int); INSERT INTO t (a) SELECT * FROM generate_series(1, 5000); COMMIT"))?;
    s.run("ANALYZE t")?;
    for sql in [
        "CREATE INDEX ON t (a)",
        "ALTER TABLE t ADD CHECK (a > 0)",
        "ALTER TABLE t ALTER a TYPE bigint",
        "CREATE TABLE pg_temp.u (id serial)",
        "DROP TABLE t",
    ] {
        silent(&s.outcome(sql)).map_err(|e| format!("{sql}: {}", e.message().unwrap_or_default()))?;
    }
    Ok(())
}

fn silent_for_extension_scripts(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce; SET warden.notify = info")?;
    for sql in [
        "CREATE EXTENSION citext",
        "CREATE EXTENSION hstore VERSION '1.4'",
        "ALTER EXTENSION hstore UPDATE",
        "DROP EXTENSION hstore",
    ] {
        silent(&s.outcome(sql))?;
    }
    Ok(())
}

fn silent_for_new_tables(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    silent(&s.outcome(
        "BEGIN; CREATE TABLE fresh (id bigint PRIMARY KEY, a int); INSERT INTO fresh SELECT i, i FROM generate_series(1, 5000) i; ANALYZE fresh;
         CREATE INDEX ON fresh (a); ALTER TABLE fresh ADD CHECK (a > 0); ALTER TABLE fresh ALTER a SET NOT NULL; ALTER TABLE fresh ALTER a TYPE bigint;
         ALTER TABLE fresh ADD COLUMN r float DEFAULT random(); ALTER TABLE fresh ADD UNIQUE (a); DROP INDEX fresh_a_idx; COMMIT",
    ))?;
    // Also when it was made in a subtransaction.
    silent(&s.outcome(
        "BEGIN; SAVEPOINT a; CREATE TABLE fresher (id bigint PRIMARY KEY, a int); INSERT INTO fresher SELECT i, i FROM generate_series(1, 5000) i;
         RELEASE a; SAVEPOINT b; CREATE INDEX ON fresher (a); RELEASE b; COMMIT",
    ))
}

fn silent_for_tables_of_this_session(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    s.run("CREATE TABLE mine (id bigint PRIMARY KEY, a int)")?;
    s.run("INSERT INTO mine SELECT i, i FROM generate_series(1, 5000) i")?;
    s.run("ANALYZE mine")?;
    silent(&s.outcome("CREATE INDEX mine_a_idx ON mine (a)"))?;
    // Somebody else uses it now.
    other.run("BEGIN; LOCK TABLE mine IN ACCESS SHARE MODE")?;
    only(&s.outcome("CREATE INDEX mine_a_idx2 ON mine (a)"), "create-index-not-concurrent")?;
    other.run("ROLLBACK")?;
    // To another session it is like any other.
    only(&other.outcome("CREATE INDEX mine_a_idx3 ON mine (a)"), "create-index-not-concurrent")?;
    Ok(())
}

fn silent_for_small_and_empty_tables(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let mut s = db.session()?;
    s.run("CREATE TABLE empty (id bigint PRIMARY KEY, a int)")?;
    drop(s);
    let mut s = db.session()?;
    s.run("SET warden.mode = enforce")?;
    for sql in [
        "CREATE INDEX ON customers (name)",
        "ALTER TABLE customers ADD CHECK (name <> '')",
        "ALTER TABLE customers ALTER name SET NOT NULL",
        "ALTER TABLE customers ALTER name TYPE varchar(200)",
        "ALTER TABLE customers ADD UNIQUE (name)",
        "ALTER TABLE customers ADD COLUMN r float DEFAULT random()",
        "CREATE INDEX ON empty (a)",
        "ALTER TABLE empty ADD COLUMN r float DEFAULT random()",
    ] {
        silent(&s.outcome(sql)).map_err(|e| format!("{sql}: {}", e.message().unwrap_or_default()))?;
    }
    // Bytes count as well as rows.
    s.run("SET warden.large_table_size = '8kB'")?;
    ensure_eq!(s.error("CREATE INDEX ON customers (name)")?.rule(), Some("create-index-not-concurrent"));
    Ok(())
}

fn silent_when_off(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; SET warden.notify = info")?;
    for (_, sql) in ERRORS {
        if sql.contains("TYPE numeric") {
            // The foreign key made before does not allow it.
            s.run("ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey")?;
        }
        silent(&s.outcome(sql)).map_err(|e| format!("{sql}: {}", e.message().unwrap_or_default()))?;
    }
    silent(&s.outcome("BEGIN; CREATE TABLE a (b bigint REFERENCES customers); COMMIT"))
}

fn silent_for_no_ops(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    for sql in [
        "CREATE INDEX IF NOT EXISTS orders_placed_idx ON orders (placed)",
        "DROP INDEX IF EXISTS missing_idx",
        "ALTER TABLE orders ALTER COLUMN placed SET NOT NULL",
        "ALTER TABLE orders ALTER COLUMN customer_id TYPE bigint",
        "ALTER TABLE orders ADD COLUMN IF NOT EXISTS total int DEFAULT random()",
        "ALTER TABLE IF EXISTS missing ADD COLUMN a int DEFAULT random()",
        "CREATE TABLE IF NOT EXISTS orders (id serial)",
    ] {
        silent(&s.outcome(sql)).map_err(|e| format!("{sql}: {}", e.message().unwrap_or_default()))?;
    }
    Ok(())
}

fn silent_for_a_restore(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SELECT pg_catalog.set_config('search_path', '', false); SET check_function_bodies = false; SET row_security = off")?;
    silent(&s.outcome("CREATE INDEX i ON public.orders USING btree (customer_id)"))?;
    // Enforce knows no such exception.
    s.run("SET warden.mode = enforce")?;
    ensure_eq!(
        s.error("CREATE INDEX j ON public.orders USING btree (customer_id)")?.rule(),
        Some("create-index-not-concurrent")
    );
    Ok(())
}

fn silent_under_replica_role(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce; SET session_replication_role = replica")?;
    silent(&s.outcome("CREATE INDEX i ON orders (customer_id)"))
}

fn partitioned_tables_count_as_a_whole(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let mut s = db.session()?;
    s.run("SET warden.mode = off")?;
    s.script(
        "CREATE TABLE events (id bigint, at date NOT NULL, n int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
         CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
         INSERT INTO events SELECT i, date '2026-01-01' + (i % 2) * 40, i FROM generate_series(1, 1600) i;
         ANALYZE events;",
    )?;
    let mut s = db.session()?;
    s.run("SET warden.mode = enforce")?;
    for (rule, sql) in [
        ("add-check-validates", "ALTER TABLE events ADD CHECK (n > 0)"),
        ("set-not-null-scan", "ALTER TABLE events ALTER n SET NOT NULL"),
        ("add-column-volatile-default", "ALTER TABLE events ADD COLUMN r float DEFAULT random()"),
        ("alter-column-type-rewrite", "ALTER TABLE events ALTER n TYPE bigint"),
    ] {
        let error = s.error(sql)?;
        ensure_eq!(error.rule(), Some(rule), "{error}");
        ensure!(format!("{}{}", error.message, error.detail()).contains("1,600 rows"), "{error}");
    }
    // One partition by itself is not large.
    silent(&s.outcome("CREATE INDEX ON events_1 (n)"))?;
    silent(&s.outcome("ALTER TABLE events_2 ADD CHECK (n > 0)"))
}

fn inheritance_is_not_forgotten(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let mut s = db.session()?;
    s.run(
        "SET warden.mode = off; CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent);
           INSERT INTO child SELECT * FROM generate_series(1, 3000); ANALYZE",
    )?;
    let mut s = db.session()?;
    only(&s.outcome("ALTER TABLE parent ADD CHECK (a > 0)"), "add-check-validates")?;
    silent(&s.outcome("ALTER TABLE ONLY parent ADD CHECK (a > 1) NO INHERIT"))
}

fn volatile_defaults_are_judged_by_the_planner(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(
        "CREATE FUNCTION looks_volatile() RETURNS int VOLATILE LANGUAGE sql AS 'SELECT 1';
           CREATE FUNCTION is_volatile() RETURNS int VOLATILE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
           CREATE FUNCTION is_stable() RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';",
    )?;
    for (n, unchanging) in
        ["now()", "current_user", "1 + 1", "NULL", "is_stable()", "looks_volatile()"].iter().enumerate()
    {
        let kind = if n == 0 { "timestamptz" } else { "text" };
        let sql = format!("ALTER TABLE orders ADD COLUMN x{n} {kind} DEFAULT {unchanging}");
        silent(&s.outcome(&sql)).map_err(|e| format!("{sql}: {}", e.message().unwrap_or_default()))?;
    }
    for (n, found) in
        ["random()", "is_volatile()", "clock_timestamp()", "gen_random_uuid()", "nextval('orders_id_seq')"]
            .iter()
            .enumerate()
    {
        // The new file has no statistics.
        s.run("ANALYZE orders")?;
        let outcome = s.run(&format!("ALTER TABLE orders ADD COLUMN y{n} text DEFAULT {found}"))?;
        only(&outcome, "add-column-volatile-default")
            .map_err(|e| format!("{found}: {}", e.message().unwrap_or_default()))?;
    }
    Ok(())
}

fn not_null_proofs_are_judged_by_the_server(leg: &Leg) -> Result {
    for (proof, proves) in [
        ("customer_id IS NOT NULL", true),
        ("customer_id IS NOT NULL AND total > 0", true),
        ("NOT (customer_id IS NULL)", true),
        ("customer_id > 0", false),
        ("(customer_id IS NOT NULL) IS TRUE", false),
        ("customer_id IS NOT NULL OR total > 0", false),
        ("total IS NOT NULL", false),
    ] {
        let (_db, mut s) = open(leg)?;
        s.run(&format!(
            "SET warden.mode = off; ALTER TABLE orders ADD CONSTRAINT proof CHECK ({proof}); RESET warden.mode"
        ))?;
        let outcome = s.run("ALTER TABLE orders ALTER customer_id SET NOT NULL")?;
        ensure_eq!(outcome.rules(), if proves { vec![] } else { vec!["set-not-null-scan"] }, "{proof}:\n{outcome}");
    }
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; ALTER TABLE orders ADD CONSTRAINT proof CHECK (customer_id IS NOT NULL) NOT VALID; RESET warden.mode")?;
    let outcome = s.outcome("ALTER TABLE orders ALTER customer_id SET NOT NULL");
    only(&outcome, "set-not-null-scan").map_err(|e| format!("NOT VALID: {}", e.message().unwrap_or_default()))?;
    // The server drops the proof first, and scans.
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; ALTER TABLE orders ADD CONSTRAINT proof CHECK (customer_id IS NOT NULL); RESET warden.mode")?;
    only(&s.outcome("ALTER TABLE orders ALTER customer_id SET NOT NULL, DROP CONSTRAINT proof"), "set-not-null-scan")?;
    Ok(())
}

fn type_changes_that_keep_the_file(leg: &Leg) -> Result {
    for sql in [
        "ALTER TABLE orders ALTER code TYPE varchar(20)",
        "ALTER TABLE orders ALTER code TYPE text",
        "ALTER TABLE orders ALTER customer_id TYPE bigint USING customer_id",
        "SET timezone = 'UTC'; ALTER TABLE orders ALTER at TYPE timestamptz",
        "CREATE DOMAIN whole AS int; ALTER TABLE orders ALTER total TYPE whole",
    ] {
        let (_db, mut s) = open(leg)?;
        let file = "SELECT pg_relation_filenode('orders')";
        let before = s.value(file)?;
        silent(&s.outcome(sql)).map_err(|e| format!("{sql}: {}", e.message().unwrap_or_default()))?;
        ensure_eq!(s.value(file)?, before, "{sql}");
    }
    Ok(())
}

fn type_changes_that_write_a_new_file(leg: &Leg) -> Result {
    for sql in [
        "ALTER TABLE orders ALTER total TYPE bigint",
        "ALTER TABLE orders ALTER customer_id TYPE int",
        "ALTER TABLE orders ALTER code TYPE varchar(5)",
        "ALTER TABLE orders ALTER code TYPE char(20)",
        "ALTER TABLE orders ALTER customer_id TYPE bigint USING customer_id + 1",
        "SET timezone = 'Europe/Berlin'; ALTER TABLE orders ALTER at TYPE timestamptz",
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0); ALTER TABLE orders ALTER total TYPE positive",
    ] {
        let (_db, mut s) = open(leg)?;
        let file = "SELECT pg_relation_filenode('orders')";
        let before = s.value(file)?;
        let outcome = s.run(sql).map_err(|e| format!("{sql}: {e}"))?;
        only(&outcome, "alter-column-type-rewrite")
            .map_err(|e| format!("{sql}: {}", e.message().unwrap_or_default()))?;
        ensure!(s.value(file)? != before, "the server wrote no new file: {sql}");
    }
    Ok(())
}

fn constraints_that_check_nothing_now(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = enforce")?;
    s.run("CREATE UNIQUE INDEX CONCURRENTLY orders_u ON orders (id, customer_id)")?;
    for sql in [
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (total >= 0) NOT VALID",
        "ALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX orders_u",
    ] {
        silent(&s.outcome(sql)).map_err(|e| format!("{sql}: {}", e.message().unwrap_or_default()))?;
    }
    let outcome =
        s.outcome("ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID");
    ensure!(outcome.error.is_none() && !outcome.rules().contains(&"add-foreign-key-validates"), "{outcome}");
    silent(&s.outcome("ALTER TABLE orders VALIDATE CONSTRAINT c"))?;
    silent(&s.outcome("ALTER TABLE orders VALIDATE CONSTRAINT f"))?;
    if leg.major >= 18 {
        silent(&s.outcome("ALTER TABLE orders ADD CONSTRAINT c2 CHECK (total >= 0) NOT ENFORCED"))?;
        silent(&s.outcome("ALTER TABLE orders ADD CONSTRAINT n NOT NULL customer_id NOT VALID"))?;
    }
    Ok(())
}

fn dropping_indexes(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; CREATE INDEX a ON orders (total); CREATE INDEX b ON orders (code); CREATE INDEX small ON customers (name);
           RESET warden.mode")?;
    // CONCURRENTLY takes one name and no CASCADE: there is no other way.
    silent(&s.outcome("DROP INDEX a, b"))?;
    silent(&s.outcome("DROP INDEX small"))?;
    let sql = "DROP INDEX orders_placed_idx";
    let outcome = s.run(sql)?;
    let finding = only(&outcome, "drop-index-not-concurrent")?;
    ensure!(finding.message.contains("\"orders_placed_idx\""), "{finding}");
    ensure!(finding.hint().contains("DROP INDEX CONCURRENTLY public.orders_placed_idx"), "{finding}");
    Ok(())
}

fn serial_in_all_its_forms(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for (n, kind) in
        ["serial", "bigserial", "smallserial", "serial8", "serial4", "serial2", "SERIAL"].iter().enumerate()
    {
        let sql = format!("CREATE TABLE s{n} (id {kind} PRIMARY KEY)");
        let outcome = s.run(&sql)?;
        let finding = only(&outcome, "column-type-serial")?;
        ensure!(finding.at(&sql).is_some_and(|at| at.starts_with("id ") || at.starts_with(kind)), "{finding}");
        ensure!(finding.hint().to_uppercase().contains("GENERATED ALWAYS AS IDENTITY"), "{finding}");
    }
    silent(&s.outcome("CREATE TABLE i (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)"))?;
    silent(&s.outcome("CREATE DOMAIN public.serial AS int; CREATE TABLE d (id public.serial PRIMARY KEY)"))
}

/// With `warden.ddl_lock_timeout`, and no `lock_timeout` of the session's own.
fn bounded<'a>(leg: &'a Leg, timeout: &str) -> Result<(Database<'a>, Session)> {
    let db = shop(leg)?;
    let name = db.name().to_owned();
    db.session()?.run(&format!(
        "ALTER DATABASE {name} SET warden.ddl_lock_timeout = '{timeout}'; ALTER DATABASE {name} SET lock_timeout = 0"
    ))?;
    let session = db.session()?;
    Ok((db, session))
}

fn ddl_lock_timeout_bounds_the_wait(leg: &Leg) -> Result {
    let (db, mut s) = bounded(leg, "200ms")?;
    let mut holder = db.session()?;
    holder.run("BEGIN; SELECT count(*) FROM orders")?;
    let outcome = s.outcome("ALTER TABLE orders ADD COLUMN a int");
    let error = outcome.error.as_ref().ok_or("it did not wait for the reader")?;
    ensure_eq!(error.sqlstate, "55P03", "{error}");
    let found = s.outcome("CREATE INDEX ON orders (total)");
    let detail = found.findings().first().and_then(|finding| finding.detail.clone()).unwrap_or_default();
    ensure!(detail.ends_with("lock_timeout is 0.2 s for this statement, by warden.ddl_lock_timeout."), "{detail}");
    ensure!(!found.rules().contains(&"lock-timeout-missing"), "{found}");
    // A value of the session's own counts, and CONCURRENTLY is left alone.
    holder.run("ROLLBACK; BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE")?;
    s.run("SET lock_timeout = '1ms'")?;
    ensure!(s.outcome("ALTER TABLE orders ADD COLUMN b int").error.is_some(), "1 ms was not kept");
    s.run("SET lock_timeout = 0; SET statement_timeout = '1500ms'")?;
    let concurrently = s.outcome("CREATE INDEX CONCURRENTLY ON orders (total)");
    ensure_eq!(
        concurrently.error.map(|e| e.sqlstate),
        Some("57014".to_owned()),
        "CONCURRENTLY was given a lock_timeout"
    );
    Ok(())
}

fn ddl_lock_timeout_ends_with_its_statement(leg: &Leg) -> Result {
    let (_db, mut s) = bounded(leg, "7s")?;
    let shown = |s: &mut Session| s.value("SHOW lock_timeout");
    s.run("CREATE TABLE small (a int)")?;
    s.run("BEGIN; ALTER TABLE small ADD COLUMN b int")?;
    ensure_eq!(shown(&mut s)?, "0", "after a statement of a transaction");
    s.run("SAVEPOINT one")?;
    ensure!(s.outcome("ALTER TABLE small ADD COLUMN b int").error.is_some(), "the column is there already");
    s.run("ROLLBACK TO one")?;
    ensure_eq!(shown(&mut s)?, "0", "after a statement that failed");
    s.run("SET LOCAL lock_timeout = '3s'; ALTER TABLE small ADD COLUMN c int")?;
    ensure_eq!(shown(&mut s)?, "3s", "the transaction's own value");
    s.run("COMMIT")?;
    ensure_eq!(shown(&mut s)?, "0", "after COMMIT");
    // DDL within DDL: the inner statement's end must not take the outer one's bound away.
    s.run(
        "CREATE FUNCTION inner_ddl() RETURNS text LANGUAGE plpgsql AS $$
         BEGIN
             BEGIN ALTER TABLE small ADD COLUMN c int; EXCEPTION WHEN OTHERS THEN NULL; END;
             ALTER TABLE small ADD COLUMN d int;
             RETURN current_setting('lock_timeout');
         END $$",
    )?;
    s.run("CREATE TABLE made AS SELECT inner_ddl() AS within")?;
    ensure_eq!(s.value("SELECT within FROM made")?, "7s", "within the outer statement");
    ensure_eq!(shown(&mut s)?, "0", "after it");
    Ok(())
}

fn lock_timeout_once_a_session(leg: &Leg) -> Result {
    let db = shop(leg)?;
    for _ in 0..2 {
        let mut s = db.session()?;
        s.run("SET lock_timeout = 0; SET warden.rule_levels = 'drop-column=off'")?;
        only(&s.outcome("ALTER TABLE orders ADD COLUMN a int"), "lock-timeout-missing")?;
        silent(&s.outcome("ALTER TABLE orders DROP COLUMN a"))?;
    }
    Ok(())
}

fn lock_timeout_that_counts(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let (mut s, mut other) = (db.session()?, db.session()?);
    other.run("SET lock_timeout = 0")?;
    // Set for the transaction, in a function, for the session, or not needed.
    silent(&other.outcome("BEGIN; SET LOCAL lock_timeout = '2s'; ALTER TABLE orders ADD COLUMN a int; COMMIT"))?;
    s.run("CREATE FUNCTION careful() RETURNS void LANGUAGE plpgsql SET lock_timeout = '2s' AS 'BEGIN ALTER TABLE orders ADD COLUMN b int; END'")?;
    silent(&other.outcome("SELECT careful()"))?;
    silent(&s.outcome("ALTER TABLE orders ADD COLUMN c int"))?;
    silent(&other.outcome("CREATE INDEX CONCURRENTLY i ON orders (total)"))?;
    silent(&other.outcome("CREATE TABLE t (id bigint PRIMARY KEY)"))?;
    only(&other.outcome("ALTER TABLE orders ADD COLUMN d int"), "lock-timeout-missing")?;
    Ok(())
}

fn lock_timeout_is_swallowed_by_an_error(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET lock_timeout = 0")?;
    only(&s.outcome("CREATE INDEX i ON orders (customer_id)"), "create-index-not-concurrent")?;
    Ok(())
}

fn notify_levels(leg: &Leg) -> Result {
    for (level, serial, key) in
        [("info", "WARNING", "NOTICE"), ("warning", "WARNING", ""), ("error", "", ""), ("none", "", "")]
    {
        let (_db, mut s) = open(leg)?;
        s.run(&format!("SET warden.notify = {level}"))?;
        let outcome = s.run("CREATE TABLE tickets (id serial PRIMARY KEY)")?;
        ensure_eq!(outcome.findings().first().map_or("", |f| &f.severity), serial, "{level}");
        let outcome = s.run("CREATE TABLE keyless (a int)")?;
        ensure_eq!(outcome.findings().first().map_or("", |f| &f.severity), key, "{level}: {outcome}");
        let outcome = s.run("CREATE INDEX i ON orders (customer_id)")?;
        ensure_eq!(outcome.findings().len(), usize::from(level != "none"), "{level}: {outcome}");
    }
    Ok(())
}

fn notify_does_not_unblock(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.notify = none; SET warden.mode = enforce")?;
    ensure_eq!(s.error("CREATE INDEX i ON orders (customer_id)")?.rule(), Some("create-index-not-concurrent"));
    Ok(())
}

fn wrong_values_are_refused(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    let error = s.error("SET warden.mode = wran")?;
    ensure_eq!(error.sqlstate, "22023");
    for mode in ["policy", "off", "warn", "enforce"] {
        ensure!(error.hint().contains(mode), "{error}");
        s.run(&format!("SET warden.mode = {mode}"))?;
    }
    s.run("RESET warden.mode")?;
    // The prefixes are ours: a setting that is not there is an error, not a silent placeholder.
    for sql in [
        "SET warden.moed = 'off'",
        "SET pg_warden.mode = 'off'",
        "SET warden.notify = loud",
        "SET warden.large_table_rows = -1",
    ] {
        s.error(sql)?;
    }
    s.error(&format!("ALTER DATABASE {} SET warden.mode = wran", db.name()))?;
    ensure_eq!(s.outcome("CREATE INDEX i ON orders (customer_id)").rules(), vec!["create-index-not-concurrent"]);
    Ok(())
}

fn wrong_value_before_load_is_told(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let mut unloaded = db.session_with("-c session_preload_libraries=")?;
    unloaded.run(&format!("ALTER DATABASE {} SET warden.mode = 'wran'", db.name()))?;
    let mut s = db.session()?;
    let said = s.said_at_start();
    ensure!(
        said.iter().any(|r| r.severity == "WARNING"
            && r.to_string().contains("warden.mode")
            && r.to_string().contains("wran")),
        "{said:?}"
    );
    let status = s.rows("SELECT * FROM warden.status")?;
    ensure!(status.iter().flatten().flatten().any(|v| v.contains("wran")), "warden.status does not tell: {status:?}");
    // The guard works on, as by default.
    only(&s.outcome("CREATE INDEX i ON orders (customer_id)"), "create-index-not-concurrent")?;
    Ok(())
}

fn ordinary_users_are_guarded(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let role = db.role("")?;
    db.session()?.run(&format!(
        "SET warden.mode = off; ALTER TABLE orders OWNER TO {role}; ALTER TABLE customers OWNER TO {role}; GRANT CREATE ON SCHEMA public TO {role};
         ALTER DATABASE {} SET warden.mode = enforce",
        db.name()
    ))?;
    for (rule, sql) in ERRORS {
        ensure_eq!(db.session_as(&role)?.error(sql)?.rule(), Some(rule));
    }
    let mut s = db.session_as(&role)?;
    ensure_eq!(
        s.run("BEGIN; CREATE TABLE lines (a bigint REFERENCES customers); COMMIT")?.rules(),
        vec!["foreign-key-without-index", "table-without-primary-key"]
    );
    Ok(())
}

fn the_servers_own_errors_come_through(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("CREATE VIEW v AS SELECT 1 AS a")?;
    for (sql, state) in [
        ("CREATE INDEX i ON missing (a)", "42P01"),
        ("CREATE INDEX i ON orders (missing)", "42703"),
        ("CREATE INDEX i ON v (a)", "42809"),
        ("ALTER TABLE orders ADD COLUMN x int DEFAULT missing()", "42883"),
        ("ALTER TABLE orders ADD COLUMN x missing", "42704"),
        ("ALTER TABLE orders ADD CHECK (missing > 0)", "42703"),
        ("ALTER TABLE orders ADD CHECK (sum(total) > 0)", "42803"),
        ("ALTER TABLE orders ADD FOREIGN KEY (missing) REFERENCES customers", "42703"),
        ("ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES missing", "42P01"),
        ("ALTER TABLE orders ALTER missing SET NOT NULL", "42703"),
        ("ALTER TABLE orders ALTER total TYPE missing", "42704"),
        ("ALTER TABLE orders ALTER code TYPE int", "42804"),
        ("ALTER TABLE orders ALTER placed TYPE int USING missing(placed)", "42883"),
        ("ALTER TABLE orders DROP CONSTRAINT missing", "42704"),
        ("ALTER TABLE missing.orders ADD COLUMN a int", "3F000"),
        ("ALTER TABLE other.public.orders ADD COLUMN a int", "0A000"),
        ("DROP INDEX missing", "42704"),
        ("DROP INDEX orders", "42809"),
        ("CREATE TABLE t (a int REFERENCES missing)", "42P01"),
        ("CREATE TABLE t (a missing)", "42704"),
        ("CREATE TABLE missing.t (a serial)", "3F000"),
    ] {
        let outcome = s.outcome(sql);
        let error = outcome.error.as_ref();
        ensure_eq!(error.map(|e| e.sqlstate.as_str()), Some(state), "{sql}:\n{outcome}");
        ensure!(outcome.notices.iter().all(|n| !n.message.contains("internal")), "{sql}:\n{outcome}");
    }
    Ok(())
}

fn what_cannot_be_attached(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run(
        "CREATE VIEW v AS SELECT 1 AS a;
         CREATE TABLE parts (LIKE orders) PARTITION BY RANGE (id); CREATE INDEX parts_id_idx ON parts (id)",
    )?;
    for (table, partition) in
        [("customers", "orders"), ("v", "orders"), ("parts", "v"), ("parts_id_idx", "orders_placed_idx")]
    {
        let sql = format!("ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM (1) TO (9)");
        s.run(&format!("SELECT * FROM warden.lint({0}), warden.explain({0})", pg_warden_tests::sql::literal(&sql)))?;
        // Majors differ in which of the two it is.
        let state = s.error(&sql)?.sqlstate;
        ensure!(["42809", "42P17"].contains(&state.as_str()), "{sql}: {state}");
    }
    Ok(())
}

fn odd_statistics_do_no_harm(leg: &Leg) -> Result {
    let db = shop(leg)?;
    for (rows, pages) in [("'NaN'", "0"), ("'Infinity'", "2147483647"), ("-1", "0"), ("3e38", "-1")] {
        let mut s = db.session()?;
        s.run(&format!("UPDATE pg_class SET reltuples = {rows}, relpages = {pages} WHERE relname = 'orders'"))?;
        let mut s = db.session()?;
        for sql in
            ["CREATE INDEX i ON orders (customer_id)", "ALTER TABLE orders ADD CHECK (total >= 0)", "DROP INDEX i"]
        {
            s.run(sql).map_err(|e| format!("reltuples {rows}, {sql}: {e}"))?;
        }
    }
    Ok(())
}

fn names_that_need_quotes(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let mut s = db.session()?;
    s.run("SET warden.mode = off; CREATE SCHEMA \"My Schema\"; CREATE TABLE \"My Schema\".\"sel\"\"ect; --\" (id bigint PRIMARY KEY, \"Col umn\" int);
           INSERT INTO \"My Schema\".\"sel\"\"ect; --\" SELECT i, i FROM generate_series(1, 3000) i; ANALYZE")?;
    let mut s = db.session()?;
    s.run("SET warden.mode = enforce")?;
    let error = s.error("CREATE INDEX \"an Index\" ON \"My Schema\".\"sel\"\"ect; --\" (\"Col umn\")")?;
    let safe = "CREATE INDEX CONCURRENTLY \"an Index\" ON \"My Schema\".\"sel\"\"ect; --\" (\"Col umn\");";
    ensure!(error.hint().contains(safe), "{error}");
    silent(&s.outcome(safe))?;
    let error =
        s.error("ALTER TABLE \"My Schema\".\"sel\"\"ect; --\" ADD CONSTRAINT \"c%s'\" CHECK (\"Col umn\" > 0)")?;
    ensure_eq!(error.rule(), Some("add-check-validates"));
    ensure!(error.hint().contains("\"c%s'\""), "{error}");
    Ok(())
}

fn cancel_and_timeouts_are_the_users(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let (mut holder, mut s) = (db.session()?, db.session()?);
    holder.run("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")?;
    s.run("SET statement_timeout = '300ms'")?;
    ensure_eq!(s.error("CREATE INDEX i ON orders (customer_id)")?.sqlstate, "57014");
    s.run("SET statement_timeout = 0; SET lock_timeout = '300ms'")?;
    ensure_eq!(s.error("ALTER TABLE orders ADD CHECK (total > 0)")?.sqlstate, "55P03");
    holder.run("ROLLBACK")?;
    only(&s.outcome("CREATE INDEX i ON orders (customer_id)"), "create-index-not-concurrent")?;
    Ok(())
}

fn output_is_capped(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let columns = (1..=300).map(|i| format!("c{i} serial")).collect::<Vec<_>>().join(", ");
    let outcome = s.run(&format!("CREATE TABLE wide (id bigint PRIMARY KEY, {columns})"))?;
    ensure_eq!(outcome.findings().len(), 1, "many columns with one fault are one finding a table");
    let checks = (1..=300).map(|i| format!("ADD CHECK (total > -{i})")).collect::<Vec<_>>().join(", ");
    let outcome = s.run(&format!("ALTER TABLE orders {checks}"))?;
    ensure!(outcome.notices.len() <= 50, "{} messages", outcome.notices.len());
    ensure!(outcome.to_string().contains("more"), "nothing says how many more there are: {outcome}");
    Ok(())
}

fn hints_can_be_pasted(leg: &Leg) -> Result {
    for (rule, sql) in ERRORS {
        let (db, mut s) = open(leg)?;
        s.run("SET warden.mode = enforce")?;
        let error = s.error(sql)?;
        let fix = s.value(&format!(
            "SELECT fix FROM warden.lint({}) WHERE rule = '{rule}'",
            pg_warden_tests::sql::literal(sql)
        ))?;
        if fix == "∅" {
            continue;
        }
        // Each statement by itself, in enforce: what is proposed must not be refused.
        let mut fixer = db.session()?;
        fixer.run("SET warden.mode = enforce")?;
        let outcome = fixer.script(&fix).map_err(|e| format!("{rule}: {fix}\n{e}"))?;
        ensure!(!outcome.rules().contains(&rule), "{rule}: {fix}\n{outcome}");
        ensure!(!error.hint().is_empty(), "{error}");
    }
    Ok(())
}

fn partitions_are_made_as_proposed(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    db.session()?.run(
        "CREATE TABLE parts (LIKE orders) PARTITION BY RANGE (id);
         CREATE TABLE first (LIKE orders); INSERT INTO first SELECT * FROM orders",
    )?;
    for (rule, sql) in [
        ("attach-partition-scan", "ALTER TABLE parts ATTACH PARTITION first FOR VALUES FROM (1) TO (9000)"),
        ("create-partition-of-lock", "CREATE TABLE second PARTITION OF parts FOR VALUES FROM (9000) TO (9999)"),
    ] {
        let sql = pg_warden_tests::sql::literal(sql);
        let fix = s.value(&format!("SELECT fix FROM warden.lint({sql}) WHERE rule = '{rule}'"))?;
        db.session()?.script(&fix).map_err(|e| format!("{rule}: {fix}\n{e}"))?;
    }
    ensure_eq!(s.column("SELECT inhrelid::regclass::text FROM pg_inherits ORDER BY 1")?, vec!["first", "second"]);
    Ok(())
}

fn other_event_triggers_live_on(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("CREATE TABLE seen (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text);
           CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO seen (what) VALUES (tg_event || ' ' || tg_tag); END$$;
           CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN IF tg_tag = 'CREATE VIEW' THEN RAISE 'no views'; END IF; END$$;
           CREATE EVENT TRIGGER \"AA\" ON ddl_command_start EXECUTE FUNCTION note();
           CREATE EVENT TRIGGER zz ON ddl_command_end EXECUTE FUNCTION note();
           CREATE EVENT TRIGGER aaa ON ddl_command_start EXECUTE FUNCTION refuse();")?;
    only(&s.outcome("CREATE INDEX i ON orders (customer_id)"), "create-index-not-concurrent")?;
    ensure_eq!(
        s.column("SELECT what FROM seen ORDER BY n")?,
        vec!["ddl_command_start CREATE INDEX", "ddl_command_end CREATE INDEX"]
    );
    ensure_eq!(s.error("CREATE VIEW v AS SELECT 1")?.message, "no views");
    // Our refusal comes after theirs, theirs does not upset us.
    s.run("SET warden.mode = enforce")?;
    ensure_eq!(s.error("CREATE INDEX j ON orders (customer_id)")?.rule(), Some("create-index-not-concurrent"));
    Ok(())
}

/// The file of a table is gone: measuring the table fails, while a new column, which is a matter of the catalog, does not.
fn a_fault_of_its_own_is_told_and_the_statement_runs(leg: &Leg) -> Result {
    let (db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; CREATE TABLE broken (id int PRIMARY KEY); INSERT INTO broken SELECT generate_series(1, 2000); CHECKPOINT")?;
    let file = s.value("SELECT current_setting('data_directory') || '/' || pg_relation_filepath('broken')")?;
    s.run(&format!("COPY (SELECT 1) TO PROGRAM 'cat > /dev/null && rm {file}'"))?;
    let mut s = db.session()?;
    for mode in ["warn", "enforce"] {
        s.run(&format!("SET warden.mode = {mode}"))?;
        let outcome = s.outcome(&format!("ALTER TABLE broken ADD COLUMN {mode} int"));
        ensure!(outcome.error.is_none(), "{outcome}");
        // The server may have a word of its own to say about the file.
        let warnings: Vec<_> = outcome.notices.iter().filter(|n| n.sqlstate == "WD000").collect();
        ensure_eq!(warnings.len(), 1, "{outcome}");
        ensure!(warnings[0].message.contains("could not judge this statement"), "{outcome}");
        ensure!(warnings[0].detail().contains("could not open file"), "what went wrong is named: {outcome}");
        ensure_eq!(warnings[0].severity, "WARNING");
    }
    // Nothing is left over from it.
    only(&s.outcome("SET warden.mode = warn; CREATE INDEX i ON orders (customer_id)"), "create-index-not-concurrent")?;
    s.run("SET warden.mode = off; DROP TABLE broken")?;
    Ok(())
}
