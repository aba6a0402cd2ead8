//! Opt-outs by whoever writes a statement, and the bypass of administrators: what they let pass, and what they do not.

use pg_warden_tests::cluster::feed;
use pg_warden_tests::sql::literal;
use pg_warden_tests::{Database, Leg, Outcome, Result, Session, cases, ensure, ensure_eq};

use crate::fixture::{ROWS, open};

cases![
    a_comment_anywhere_in_its_statement,
    a_comment_names_several_rules,
    a_comment_counts_for_its_own_statement_alone,
    two_equal_statements_of_which_one_opts_out,
    what_only_looks_like_a_comment,
    nested_comments,
    comments_sent_by_drivers,
    the_extended_protocol,
    a_comment_in_a_body_does_not_count,
    a_comment_around_a_body_does_not_count_for_what_it_runs,
    a_comment_that_cannot_be_read_lets_nothing_pass,
    a_comment_for_another_rule_lets_nothing_pass,
    one_of_two_findings,
    allow_for_the_transaction,
    allow_within_functions,
    allow_ends_with_its_savepoint,
    allow_by_set_is_not_honoured,
    allow_kept_for_a_role_is_not_honoured,
    malformed_allow_is_refused,
    allow_at_commit,
    a_new_table_opts_out_for_itself,
    a_foreign_key_opts_out_for_itself,
    a_foreign_key_of_a_new_table_opts_out_for_itself,
    a_partition_opts_out_for_itself,
    a_table_that_was_made_over_is_judged_anew,
    inline_allow_warnings,
    inline_allow_none,
    lint_knows_the_same_comments,
    lint_knows_allow_for_the_transaction,
    lint_tells_what_does_nothing_and_where,
    each_use_is_recorded_with_its_reason,
    bypass_lets_pass,
    hints_name_only_what_is_possible,
    latin1,
];

const RULE: &str = "create-index-not-concurrent";
const ALLOW: &str = "warden:allow create-index-not-concurrent: at night";
const BLOCKED: &str = "CREATE INDEX i ON orders (customer_id)";

fn enforced(leg: &Leg) -> Result<(Database<'_>, Session)> {
    let (db, mut s) = open(leg)?;
    s.run("SELECT warden.set_mode('enforce')")?;
    ensure_eq!(s.error(BLOCKED)?.rule(), Some(RULE));
    Ok((db, s))
}

fn passes(s: &mut Session, sql: &str) -> Result<Outcome> {
    let outcome = s.outcome(sql);
    ensure!(outcome.error.is_none() && outcome.notices.is_empty(), "should pass: {sql}\n{outcome}");
    s.run("DROP INDEX IF EXISTS i, j")?;
    Ok(outcome)
}

fn is_blocked(s: &mut Session, sql: &str) -> Result<Outcome> {
    let outcome = s.outcome(sql);
    let rule = outcome.error.as_ref().and_then(|error| error.rule());
    ensure_eq!(rule, Some(RULE), "should be blocked: {sql}\n{outcome}");
    s.run("ROLLBACK")?;
    ensure_eq!(s.value("SELECT to_regclass('i')")?, "∅", "{sql}");
    Ok(outcome)
}

fn a_comment_anywhere_in_its_statement(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    s.run("SET client_min_messages = warning")?;
    for sql in [
        format!("/* {ALLOW} */ {BLOCKED}"),
        format!("/*{ALLOW}*/{BLOCKED}"),
        format!("\n\n/*\n{ALLOW}\n  and over two lines\n*/\n\n{BLOCKED};\n"),
        format!("CREATE /* {ALLOW} */ INDEX i ON orders (customer_id)"),
        format!("CREATE INDEX i ON/* {ALLOW} */orders (customer_id)"),
        format!("CREATE INDEX i ON orders (/* {ALLOW} */ customer_id)"),
        format!("{BLOCKED} /* {ALLOW} */"),
        format!("{BLOCKED} /* {ALLOW} */;"),
        format!("/* another */ /* {ALLOW} */ /* a third */ {BLOCKED}"),
        format!("BEGIN; /* {ALLOW} */ {BLOCKED}; COMMIT"),
        format!("SELECT 1; /* {ALLOW} */ {BLOCKED}; SELECT 2"),
    ] {
        passes(&mut s, &sql)?;
    }
    Ok(())
}

fn a_comment_names_several_rules(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    let sql = "ALTER TABLE orders ADD CHECK (total >= 0), ALTER customer_id SET NOT NULL";
    ensure!(s.error(sql)?.rule().is_some());
    let one = s.error(&format!("/* warden:allow add-check-validates: r */ {sql}"))?;
    ensure_eq!(one.rule(), Some("set-not-null-scan"));
    for names in [
        "add-check-validates, set-not-null-scan",
        "set-not-null-scan,add-check-validates",
        "drop-table , set-not-null-scan , add-check-validates",
    ] {
        let outcome = s.outcome(&format!("BEGIN; /* warden:allow {names}: r */ {sql}; ROLLBACK"));
        ensure!(outcome.error.is_none() && outcome.rules().is_empty(), "{names}: {outcome}");
    }
    // Two comments count as one.
    let two = format!(
        "BEGIN; /* warden:allow add-check-validates: r */ {sql} /* warden:allow set-not-null-scan: r */; ROLLBACK"
    );
    let outcome = s.outcome(&two);
    ensure!(outcome.error.is_none() && outcome.rules().is_empty(), "{outcome}");
    Ok(())
}

fn a_comment_counts_for_its_own_statement_alone(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    for sql in [
        format!("{BLOCKED}; /* {ALLOW} */ SELECT 1"),
        format!("{BLOCKED}; /* {ALLOW} */"),
        format!("/* {ALLOW} */; {BLOCKED}"),
        format!("SELECT 1 /* {ALLOW} */; {BLOCKED}"),
        format!("/* {ALLOW} */ SELECT 1; {BLOCKED}"),
        format!("/* {ALLOW} */ ANALYZE orders; {BLOCKED}"),
        format!("/* {ALLOW} */ BEGIN; {BLOCKED}; COMMIT"),
        format!("/* {ALLOW} */ CREATE INDEX j ON customers (name); {BLOCKED}"),
        format!(
            "/* {ALLOW} */ CREATE INDEX j ON orders (total); {BLOCKED}; /* {ALLOW} */ CREATE INDEX k ON orders (code)"
        ),
    ] {
        is_blocked(&mut s, &sql)?;
    }
    // A query string of its own does not reach the next one.
    s.run(&format!("/* {ALLOW} */ SELECT 1"))?;
    is_blocked(&mut s, BLOCKED)?;
    s.run("BEGIN")?;
    s.run(&format!("/* {ALLOW} */"))?;
    is_blocked(&mut s, BLOCKED)?;
    Ok(())
}

fn two_equal_statements_of_which_one_opts_out(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    let statement = "CREATE INDEX ON orders (customer_id)";
    let count = "SELECT count(*) FROM pg_index WHERE indrelid = 'orders'::regclass";
    let before = s.value(count)?;
    for sql in [
        format!("/* {ALLOW} */ {statement}; {statement}"),
        format!("{statement}; /* {ALLOW} */ {statement}"),
        format!("/* {ALLOW} */ {statement}; SELECT 1; {statement}; /* {ALLOW} */ {statement}"),
    ] {
        let error = s.error(&sql)?;
        ensure_eq!(error.rule(), Some(RULE), "{sql}");
        let bare = sql.replace(&format!("/* {ALLOW} */ "), &" ".repeat(ALLOW.len() + 7));
        ensure!(error.at(&sql).is_some_and(|at| at.starts_with("orders")), "{error}\n{bare}");
        ensure_eq!(s.value(count)?, before, "{sql}");
    }
    let both = s.outcome(&format!("/* {ALLOW} */ {statement}; /* {ALLOW} */ {statement}"));
    ensure!(both.error.is_none() && both.rules().is_empty(), "{both}");
    Ok(())
}

fn what_only_looks_like_a_comment(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    for sql in [
        format!("CREATE INDEX i ON orders (customer_id) WHERE code <> '/* {ALLOW} */'"),
        format!("CREATE INDEX i ON orders (customer_id) WHERE code <> E'\\'/* {ALLOW} */'"),
        format!("CREATE INDEX i ON orders (customer_id) WHERE code <> $$/* {ALLOW} */$$"),
        format!("CREATE INDEX i ON orders (customer_id) WHERE code <> $x$ $$ /* {ALLOW} */ $x$"),
        format!("CREATE INDEX i ON orders (customer_id) WHERE code <> U&'/* {ALLOW} */'"),
        format!("CREATE INDEX i ON orders (customer_id, (code || '-- {ALLOW}\n'))"),
        "ALTER TABLE orders ADD CONSTRAINT \"/* warden:allow create-index-not-concurrent: r */\" CHECK (total < 0) NOT VALID; CREATE INDEX i ON orders (customer_id)".to_owned(),
        format!("SELECT '/* {ALLOW} */'; {BLOCKED}"),
        format!("SELECT 1 AS \"/* {ALLOW} */\"; {BLOCKED}"),
        format!("/* see {ALLOW} */ {BLOCKED}"),
        format!("/* x{ALLOW} */ {BLOCKED}"),
        format!("/* {} */ {BLOCKED}", ALLOW.replace("allow", "allowed")),
        format!("/* {} */ {BLOCKED}", ALLOW.to_uppercase()),
    ] {
        is_blocked(&mut s, &sql)?;
    }
    let name = format!("\"/* {} */\"", &ALLOW[..50]);
    is_blocked(&mut s, &format!("CREATE INDEX {name} ON orders (customer_id)"))?;
    // Under the older rules of quoting it is in the string as well.
    s.run("SET standard_conforming_strings = off; SET escape_string_warning = off")?;
    is_blocked(&mut s, &format!("CREATE INDEX i ON orders (customer_id) WHERE code <> 'a\\'/* {ALLOW} */'"))?;
    Ok(())
}

fn nested_comments(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    for sql in [
        format!("/* no: /* {ALLOW} */ */ {BLOCKED}"),
        format!("/* /* {ALLOW} */ */ {BLOCKED}"),
        format!("-- /* {ALLOW} */\n{BLOCKED}"),
        format!("/* -- {ALLOW}\n */ {BLOCKED}"),
    ] {
        is_blocked(&mut s, &sql)?;
    }
    s.run("SET client_min_messages = warning")?;
    passes(&mut s, &format!("/* {ALLOW} /* as /* was */ said */ */ {BLOCKED}"))?;
    passes(&mut s, &format!("/* ' */ /* {ALLOW} */ {BLOCKED} /* ' */"))?;
    Ok(())
}

fn comments_sent_by_drivers(leg: &Leg) -> Result {
    let (db, mut s) = enforced(leg)?;
    s.run("SET client_min_messages = warning")?;
    for sql in [
        format!("-- {ALLOW}\n{BLOCKED}"),
        format!("--{ALLOW}\r\n{BLOCKED}"),
        format!("CREATE INDEX i -- {ALLOW}\n ON orders (customer_id)"),
        format!("{BLOCKED} -- {ALLOW}"),
    ] {
        passes(&mut s, &sql)?;
    }
    // psql sends comments in slashes, and strips those of two dashes around a statement.
    let said = db.psql(&format!("/* {ALLOW} */\n{BLOCKED};\n"))?;
    ensure!(!said.contains("ERROR"), "{said}");
    Ok(())
}

fn the_extended_protocol(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    s.run("SET client_min_messages = warning")?;
    for sql in [
        format!("/* {ALLOW} */ {BLOCKED}"),
        format!("-- {ALLOW}\n{BLOCKED}"),
        format!("CREATE INDEX /* {ALLOW} */ i ON orders (customer_id)"),
        format!("{BLOCKED} /* {ALLOW} */"),
    ] {
        let outcome = s.outcome_extended(&sql);
        ensure!(outcome.error.is_none() && outcome.findings().is_empty(), "{sql}: {outcome}");
        s.run("DROP INDEX i")?;
    }
    for sql in [
        BLOCKED.to_owned(),
        format!("/* no /* {ALLOW} */ */ {BLOCKED}"),
        format!("CREATE INDEX i ON orders (customer_id) WHERE code <> '/* {ALLOW} */'"),
    ] {
        let outcome = s.outcome_extended(&sql);
        ensure_eq!(outcome.error.as_ref().and_then(|e| e.rule()), Some(RULE), "{sql}: {outcome}");
    }
    Ok(())
}

fn a_comment_in_a_body_does_not_count(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    for sql in [
        format!("DO $$BEGIN /* {ALLOW} */ {BLOCKED}; END$$"),
        format!("DO $$BEGIN EXECUTE '/* {ALLOW} */ {BLOCKED}'; END$$"),
    ] {
        let outcome = is_blocked(&mut s, &sql)?;
        let hint = outcome.error.as_ref().map(|e| e.hint().to_owned()).unwrap_or_default();
        ensure!(hint.contains("SET LOCAL warden.allow") && !hint.contains("/* warden:allow"), "{hint}");
    }
    Ok(())
}

fn a_comment_around_a_body_does_not_count_for_what_it_runs(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    s.run(&format!("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$BEGIN {BLOCKED}; END$$"))?;
    for sql in [
        format!("/* {ALLOW} */ SELECT f()"),
        format!("/* {ALLOW} */ DO $$BEGIN {BLOCKED}; END$$"),
        // The client's text holds a statement like the one that the function runs.
        format!("SELECT f(); /* {ALLOW} */ {BLOCKED}"),
        format!("SELECT f() /* {ALLOW} */"),
    ] {
        is_blocked(&mut s, &sql)?;
    }
    Ok(())
}

fn a_comment_that_cannot_be_read_lets_nothing_pass(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    for (comment, part) in [
        ("warden:allow create-index-not-concurrent", "no reason"),
        ("warden:allow create-index-not-concurrent:", "no reason"),
        ("warden:allow create-index-not-concurrent:  \n ", "no reason"),
        ("warden:allow", "no rule"),
        ("warden:allow : because", "no rule"),
        ("warden:allow create-index-not-concurent: r", "perhaps \"create-index-not-concurrent\""),
        ("warden:allow create-index-not-concurrent, nothing-like-it: r", "\"nothing-like-it\""),
        ("warden:allow all: r", "\"all\""),
        ("warden:allow *: r", "\"*\""),
    ] {
        let outcome = is_blocked(&mut s, &format!("/* {comment} */ {BLOCKED}"))?;
        let told = outcome.notices.iter().find(|n| n.severity == "WARNING" && n.detail().contains(part));
        ensure!(told.is_some(), "{comment}: {outcome}");
    }
    Ok(())
}

fn a_comment_for_another_rule_lets_nothing_pass(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    is_blocked(&mut s, &format!("/* warden:allow drop-table: r */ {BLOCKED}"))?;
    is_blocked(&mut s, &format!("/* warden:allow drop-table: {RULE}: r */ {BLOCKED}"))?;
    Ok(())
}

fn one_of_two_findings(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    let error = s.error(
        "/* warden:allow set-not-null-scan: r */ ALTER TABLE orders ADD CHECK (total >= 0), ALTER customer_id SET NOT NULL",
    )?;
    ensure_eq!(error.rule(), Some("add-check-validates"));
    ensure!(!error.detail().contains("set-not-null-scan"), "{error}");
    ensure!(!error.hint().contains("set-not-null-scan"), "{error}");
    Ok(())
}

fn allow_for_the_transaction(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    let allow = format!("SET LOCAL warden.allow = '{RULE}: at night'");
    passes(&mut s, &format!("BEGIN; {allow}; {BLOCKED}; CREATE INDEX j ON orders (total); COMMIT"))?;
    is_blocked(&mut s, BLOCKED)?;
    passes(&mut s, &format!("BEGIN; SELECT set_config('warden.allow', '{RULE}: r', true); {BLOCKED}; COMMIT"))?;
    s.run(&format!("BEGIN; {allow}"))?;
    is_blocked(&mut s, &format!("RESET warden.allow; {BLOCKED}"))?;
    is_blocked(&mut s, &format!("BEGIN; SET LOCAL warden.allow = 'drop-table: r'; {BLOCKED}"))?;
    is_blocked(&mut s, &format!("BEGIN; {allow}; SET LOCAL warden.allow = ''; {BLOCKED}"))?;
    Ok(())
}

fn allow_within_functions(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    let allow = format!("SET LOCAL warden.allow = '{RULE}: at night'");
    s.run(&format!("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$BEGIN {BLOCKED}; END$$"))?;
    passes(&mut s, &format!("BEGIN; {allow}; DO $$BEGIN {BLOCKED}; END$$; COMMIT"))?;
    passes(&mut s, &format!("BEGIN; {allow}; SELECT f(); COMMIT"))?;
    passes(&mut s, &format!("DO $$BEGIN {allow}; {BLOCKED}; END$$"))?;
    is_blocked(&mut s, "SELECT f()")?;
    Ok(())
}

fn allow_ends_with_its_savepoint(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    let allow = format!("SET LOCAL warden.allow = '{RULE}: at night'");
    s.run(&format!("BEGIN; SAVEPOINT a; {allow}; ROLLBACK TO a"))?;
    is_blocked(&mut s, BLOCKED)?;
    s.run(&format!("BEGIN; SAVEPOINT a; {allow}; RELEASE a"))?;
    passes(&mut s, &format!("{BLOCKED}; COMMIT"))?;
    s.run(&format!("BEGIN; {allow}; SAVEPOINT a"))?;
    passes(&mut s, &format!("{BLOCKED}; COMMIT"))?;
    Ok(())
}

/// Whether it is said that `warden.allow` does not count.
fn says_that_set_local_is_meant(outcome: &Outcome) -> Result {
    let told = outcome.notices.iter().find(|n| n.severity == "WARNING" && n.detail().contains("SET LOCAL"));
    ensure!(told.is_some(), "{outcome}");
    Ok(())
}

fn allow_by_set_is_not_honoured(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    s.run(&format!("SET warden.allow = '{RULE}: r'"))?;
    says_that_set_local_is_meant(&is_blocked(&mut s, BLOCKED)?)?;
    s.run("BEGIN")?;
    says_that_set_local_is_meant(&is_blocked(&mut s, BLOCKED)?)?;
    s.run("BEGIN; SAVEPOINT a")?;
    says_that_set_local_is_meant(&is_blocked(&mut s, BLOCKED)?)?;
    s.run("RESET warden.allow")?;
    let outcome = is_blocked(&mut s, &format!("BEGIN; SET warden.allow = '{RULE}: r'; {BLOCKED}"))?;
    says_that_set_local_is_meant(&outcome)?;
    ensure_eq!(s.value("SHOW warden.allow")?, "");
    // Over a value for the session, one for the transaction counts, as long as it lasts.
    s.run(&format!("SET warden.allow = '{RULE}: r'"))?;
    passes(&mut s, &format!("BEGIN; SET LOCAL warden.allow = '{RULE}: r'; {BLOCKED}; COMMIT"))?;
    is_blocked(&mut s, BLOCKED)?;
    // A SET LOCAL that was rolled back leaves the session's, which does not count.
    s.run(&format!("BEGIN; SAVEPOINT a; SET LOCAL warden.allow = '{RULE}: r'; ROLLBACK TO a"))?;
    is_blocked(&mut s, BLOCKED)?;
    Ok(())
}

fn allow_kept_for_a_role_is_not_honoured(leg: &Leg) -> Result {
    let (db, mut admin) = enforced(leg)?;
    let role = db.role("")?;
    admin.run(&format!(
        "SET warden.mode = off; ALTER TABLE orders OWNER TO {role}; GRANT CREATE ON SCHEMA public TO {role}"
    ))?;
    let mut s = db.session_as(&role)?;
    s.run(&format!("ALTER ROLE {role} SET warden.allow = '{RULE}: r'"))?;
    says_that_set_local_is_meant(&is_blocked(&mut db.session_as(&role)?, BLOCKED)?)?;
    s.run(&format!("ALTER ROLE {role} RESET warden.allow"))?;
    for options in [format!("-c warden.allow={RULE}:r"), "-c warden.allow=nonsense".to_owned()] {
        let mut config = leg.cluster.config(db.name());
        config.user(&role).options(&options);
        // Refused at once, or not heeded.
        if let Ok(mut s) = Session::connect(&config) {
            is_blocked(&mut s, BLOCKED)?;
        }
    }
    Ok(())
}

fn malformed_allow_is_refused(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    for (value, part) in [
        (RULE, "no reason"),
        ("create-index-not-concurrent:", "no reason"),
        (": r", "no rule"),
        ("create-index-not-concurent: r", "\"create-index-not-concurrent\""),
        ("drop-table, nope: r", "\"nope\""),
        ("/* warden:allow drop-table: r */", "no rule"),
    ] {
        s.run("BEGIN")?;
        let error = s.error(&format!("SET LOCAL warden.allow = '{value}'"))?;
        ensure_eq!(error.sqlstate, "22023", "{value}: {error}");
        ensure!(error.detail().contains(part) || error.detail().contains("There is no rule"), "{value}: {error}");
        s.run("ROLLBACK")?;
    }
    is_blocked(&mut s, BLOCKED)?;
    Ok(())
}

/// A shop where what is judged at COMMIT blocks.
fn strict_at_commit(leg: &Leg) -> Result<(Database<'_>, Session)> {
    let (db, mut s) = enforced(leg)?;
    s.run("SELECT warden.set_level('table-without-primary-key', 'error'), warden.set_level('foreign-key-without-index', 'error')")?;
    let error = s.error("BEGIN; CREATE TABLE keyless (a int); COMMIT")?;
    ensure_eq!(error.rule(), Some("table-without-primary-key"));
    ensure!(error.hint().contains("SET LOCAL warden.allow"), "{error}");
    Ok((db, s))
}

/// What COMMIT says of a transaction, which is rolled back where it did not commit.
fn commit(s: &mut Session, statements: &str) -> Result<String> {
    let outcome = s.outcome(&format!("BEGIN; {statements}; COMMIT"));
    s.outcome("ROLLBACK");
    if let Some(error) = outcome.error {
        return error.rule().map(str::to_owned).ok_or_else(|| error.to_string().into());
    }
    ensure!(outcome.rules().is_empty(), "{statements}: {outcome}");
    Ok("committed".to_owned())
}

const KEY: &str = "table-without-primary-key";
const INDEX: &str = "foreign-key-without-index";

fn allow_at_commit(leg: &Leg) -> Result {
    let (_db, mut s) = strict_at_commit(leg)?;
    let allow = format!("SET LOCAL warden.allow = '{KEY}: a log'");
    ensure_eq!(commit(&mut s, &format!("{allow}; CREATE TABLE a (a int)"))?, "committed");
    ensure_eq!(commit(&mut s, &format!("CREATE TABLE b (a int); {allow}"))?, "committed");
    ensure_eq!(commit(&mut s, &format!("CREATE TABLE c (a int); {allow}; SET LOCAL warden.allow = ''"))?, KEY);
    ensure_eq!(commit(&mut s, &format!("SET warden.allow = '{KEY}: r'; CREATE TABLE d (a int)"))?, KEY);
    ensure_eq!(commit(&mut s, &format!("DO $$BEGIN {allow}; CREATE TABLE e (a int); END$$"))?, "committed");
    Ok(())
}

fn a_new_table_opts_out_for_itself(leg: &Leg) -> Result {
    let (_db, mut s) = strict_at_commit(leg)?;
    let allow = format!("/* warden:allow {KEY}: a log */");
    ensure_eq!(commit(&mut s, &format!("{allow} CREATE TABLE a (a int)"))?, "committed");
    ensure_eq!(commit(&mut s, &format!("CREATE TABLE \"B c\" {allow} (a int)"))?, "committed");
    ensure_eq!(commit(&mut s, &format!("{allow} CREATE TABLE c (a int); CREATE TABLE d (a int)"))?, KEY);
    ensure_eq!(commit(&mut s, &format!("CREATE TABLE c (a int); {allow} CREATE TABLE d (a int)"))?, KEY);
    ensure_eq!(commit(&mut s, &format!("CREATE TABLE c (a int); {allow} SELECT 1"))?, KEY);
    ensure_eq!(commit(&mut s, &format!("{allow} CREATE TABLE c (a int); ALTER TABLE c RENAME TO e"))?, "committed");
    // A query string each.
    s.run("BEGIN")?;
    s.run(&format!("{allow} CREATE TABLE f (a int)"))?;
    s.run("COMMIT")?;
    let both = format!("/* warden:allow {KEY}, {INDEX}: a log */ CREATE TABLE g (a bigint REFERENCES customers)");
    ensure_eq!(commit(&mut s, &both)?, "committed");
    ensure_eq!(commit(&mut s, &format!("{allow} CREATE TABLE h (a bigint REFERENCES customers)"))?, INDEX);
    ensure_eq!(commit(&mut s, &format!("{allow} CREATE TABLE h AS SELECT 1 AS a"))?, "committed");
    Ok(())
}

fn a_foreign_key_opts_out_for_itself(leg: &Leg) -> Result {
    let (_db, mut s) = strict_at_commit(leg)?;
    let add = "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID";
    ensure_eq!(commit(&mut s, add)?, INDEX);
    ensure_eq!(commit(&mut s, &format!("/* warden:allow {INDEX}: r */ SELECT 1; {add}"))?, INDEX);
    ensure_eq!(commit(&mut s, &format!("/* warden:allow {KEY}: r */ {add}"))?, INDEX);
    let other = "ALTER TABLE orders ADD FOREIGN KEY (total) REFERENCES customers NOT VALID";
    ensure_eq!(commit(&mut s, &format!("/* warden:allow {INDEX}: r */ {add}; {other}"))?, INDEX, "another foreign key");
    ensure_eq!(commit(&mut s, &format!("/* warden:allow {INDEX}: r */ {add}"))?, "committed");
    Ok(())
}

fn a_foreign_key_of_a_new_table_opts_out_for_itself(leg: &Leg) -> Result {
    let (_db, mut s) = strict_at_commit(leg)?;
    let table = "CREATE TABLE lines (id bigint PRIMARY KEY, a bigint, b bigint)";
    let (a, b) = (
        "ALTER TABLE lines ADD FOREIGN KEY (a) REFERENCES customers",
        "ALTER TABLE lines ADD FOREIGN KEY (b) REFERENCES customers",
    );
    ensure_eq!(commit(&mut s, &format!("{table}; /* warden:allow {INDEX}: r */ {a}; {b}"))?, INDEX);
    ensure_eq!(commit(&mut s, &format!("{table}; /* warden:allow {INDEX}: r */ {a}"))?, "committed");
    Ok(())
}

fn a_partition_opts_out_for_itself(leg: &Leg) -> Result {
    let (_db, mut s) = strict_at_commit(leg)?;
    let allow = format!("/* warden:allow {KEY}: r */");
    ensure_eq!(commit(&mut s, &format!("{allow} CREATE TABLE p (at date) PARTITION BY RANGE (at)"))?, "committed");
    let part = "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')";
    let bare = commit(&mut s, part)?;
    s.outcome("DROP TABLE IF EXISTS p1");
    if bare == KEY {
        ensure_eq!(commit(&mut s, &format!("{allow} {part}"))?, "committed");
    }
    Ok(())
}

fn a_table_that_was_made_over_is_judged_anew(leg: &Leg) -> Result {
    let (_db, mut s) = strict_at_commit(leg)?;
    let allow = format!("/* warden:allow {KEY}: r */");
    ensure_eq!(commit(&mut s, &format!("{allow} CREATE TABLE a (a int); DROP TABLE a; CREATE TABLE a (a int)"))?, KEY);
    ensure_eq!(
        commit(&mut s, &format!("SAVEPOINT x; {allow} CREATE TABLE a (a int); ROLLBACK TO x; CREATE TABLE a (a int)"))?,
        KEY
    );
    Ok(())
}

fn inline_allow_warnings(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    s.run("SET warden.inline_allow = warnings")?;
    is_blocked(&mut s, &format!("/* {ALLOW} */ {BLOCKED}"))?;
    is_blocked(&mut s, &format!("BEGIN; SET LOCAL warden.allow = '{RULE}: r'; {BLOCKED}"))?;
    let drop = "DROP INDEX orders_placed_idx";
    ensure_eq!(s.run(&format!("BEGIN; {drop}; ROLLBACK"))?.rules(), ["drop-index-not-concurrent"]);
    let outcome = s.run(&format!("BEGIN; /* warden:allow drop-index-not-concurrent: r */ {drop}; ROLLBACK"))?;
    ensure_eq!(outcome.rules(), Vec::<&str>::new());
    s.run("SELECT warden.set_level('table-without-primary-key', 'error')")?;
    let allow = format!("/* warden:allow {KEY}: r */");
    ensure_eq!(commit(&mut s, &format!("{allow} CREATE TABLE a (a int)"))?, KEY);
    s.run("SELECT warden.reset_level('table-without-primary-key')")?;
    ensure_eq!(commit(&mut s, &format!("{allow} CREATE TABLE a (a int)"))?, "committed");
    Ok(())
}

fn inline_allow_none(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    s.run("SET warden.inline_allow = none")?;
    let outcome = is_blocked(&mut s, &format!("/* {ALLOW} */ {BLOCKED}"))?;
    ensure!(outcome.notices.iter().any(|n| n.detail().contains("inline_allow")), "{outcome}");
    is_blocked(&mut s, &format!("BEGIN; SET LOCAL warden.allow = '{RULE}: r'; {BLOCKED}"))?;
    let outcome =
        s.run("BEGIN; /* warden:allow drop-index-not-concurrent: r */ DROP INDEX orders_placed_idx; ROLLBACK")?;
    ensure_eq!(outcome.rules(), ["drop-index-not-concurrent"]);
    Ok(())
}

/// Rule, statement, line and level of what lint finds, without rules that say info.
fn linted(s: &mut Session, script: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', rule, statement, line, level) FROM warden.lint({}) WHERE level <> 'info' OR rule = 'allow-comment'",
        literal(script)
    ))?)
}

fn lint_knows_the_same_comments(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    let found = [format!("{RULE} 1 1 error")];
    ensure_eq!(linted(&mut s, BLOCKED)?, found);
    for script in [
        format!("/* {ALLOW} */ {BLOCKED};"),
        format!("-- {ALLOW}\n{BLOCKED};"),
        format!("{BLOCKED} -- {ALLOW}\n;"),
        format!("CREATE INDEX /* {ALLOW} */ i ON orders (customer_id)"),
        format!("SELECT 1;\n-- {ALLOW}\n{BLOCKED};\nSELECT 2;"),
    ] {
        ensure_eq!(linted(&mut s, &script)?, Vec::<String>::new(), "{script}");
    }
    for script in [
        format!("CREATE INDEX i ON orders (customer_id) WHERE code <> '/* {ALLOW} */'"),
        format!("CREATE INDEX i ON orders (customer_id) WHERE code <> $$-- {ALLOW}\n$$"),
        format!("/* no /* {ALLOW} */ */ {BLOCKED}"),
    ] {
        ensure_eq!(linted(&mut s, &script)?, found, "{script}");
    }
    s.run("SET warden.inline_allow = warnings")?;
    ensure!(linted(&mut s, &format!("/* {ALLOW} */ {BLOCKED};"))?.contains(&found[0]));
    // What is judged at COMMIT belongs to the statement that did it.
    s.run("RESET warden.inline_allow")?;
    let script = format!("/* warden:allow {KEY}: r */ CREATE TABLE a (a int);\nCREATE TABLE b (a int);");
    ensure_eq!(linted(&mut s, &script)?, [format!("{KEY} 2 2 warning")]);
    Ok(())
}

fn lint_knows_allow_for_the_transaction(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    let script =
        format!("BEGIN; SET LOCAL warden.allow = '{RULE}: r'; {BLOCKED}; COMMIT; CREATE INDEX j ON orders (total);");
    ensure_eq!(linted(&mut s, &script)?, [format!("{RULE} 5 1 error")]);
    Ok(())
}

fn lint_tells_what_does_nothing_and_where(leg: &Leg) -> Result {
    let (_db, mut s) = enforced(leg)?;
    let script = format!(
        "-- {ALLOW}\n{BLOCKED};\n\n-- warden:allow drop-table: unused\nSELECT 1;\n/* warden:allow {RULE}, drop-table: half */\nCREATE INDEX j ON orders (total);\n\
         -- warden:allow nothing-like-it: r\nSELECT 2;\n-- warden:allow drop-table\nSELECT 3;\n-- warden:allow drop-table: at the end\n"
    );
    let rows = s.column(&format!(
        "SELECT concat_ws(' ', line, level, message) FROM warden.lint({}) WHERE rule = 'allow-comment' ORDER BY line",
        literal(&script)
    ))?;
    ensure_eq!(
        rows,
        [
            "4 info nothing to allow: drop-table",
            "6 info nothing to allow: drop-table",
            "8 error the opt-out cannot be read",
            "10 error the opt-out cannot be read",
            "12 info nothing to allow: drop-table",
        ]
    );
    ensure_eq!(
        s.column(&format!(
            "SELECT statement FROM warden.lint({}) WHERE rule = 'allow-comment' ORDER BY line",
            literal(&script)
        ))?,
        ["2", "3", "4", "5", "∅"]
    );
    let detail = s.value(&format!(
        "SELECT detail FROM warden.lint({}) WHERE line = 8 AND rule = 'allow-comment'",
        literal(&script)
    ))?;
    ensure!(detail.contains("\"nothing-like-it\""), "{detail}");
    Ok(())
}

fn each_use_is_recorded_with_its_reason(leg: &Leg) -> Result {
    let (_db, mut s) = strict_at_commit(leg)?;
    s.run("SET warden.journal = 'table'")?;
    s.run(&format!("/* warden:allow {RULE}: by comment */ {BLOCKED}"))?;
    s.run(&format!("BEGIN; SET LOCAL warden.allow = '{RULE}, {KEY}: for the transaction'; CREATE INDEX j ON orders (total); CREATE TABLE a (a int); COMMIT"))?;
    s.run(&format!("BEGIN; /* warden:allow {KEY}: of a table */ CREATE TABLE b (a int); COMMIT"))?;
    ensure_eq!(
        s.column("SELECT concat_ws(' | ', action, rule, source, reason) FROM warden.journal ORDER BY id")?,
        [
            "allowed | create-index-not-concurrent | start | by comment",
            "allowed | create-index-not-concurrent | start | for the transaction",
            "allowed | table-without-primary-key | commit | for the transaction",
            "allowed | table-without-primary-key | commit | of a table",
        ]
    );
    Ok(())
}

fn bypass_lets_pass(leg: &Leg) -> Result {
    let (db, mut s) = enforced(leg)?;
    s.run("SELECT warden.set_level('table-without-primary-key', 'error')")?;
    s.run("SET warden.bypass = 'incident 4711'")?;
    let from = leg.cluster.log().len();
    let outcome = s.run(&format!("{BLOCKED}; BEGIN; CREATE TABLE keyless (a int); COMMIT"))?;
    ensure_eq!(outcome.rules(), [RULE, KEY], "it still says so");
    let log = leg.cluster.log();
    let log = log.get(from..).unwrap_or(&log);
    let line = log.lines().find(|l| l.contains("\"action\":\"bypassed\"") && l.contains(RULE) && l.contains(db.name()));
    ensure!(line.is_some_and(|l| l.contains("incident 4711")), "{log}");
    s.run("RESET warden.bypass")?;
    ensure_eq!(s.error("CREATE INDEX j ON orders (total)")?.rule(), Some(RULE));
    s.run("BEGIN; SET LOCAL warden.bypass = 'r'; CREATE INDEX j ON orders (total); COMMIT")?;
    ensure_eq!(s.error("CREATE INDEX k ON orders (total)")?.rule(), Some(RULE));
    let role = db.role("")?;
    ensure_eq!(db.session_as(&role)?.error("SET warden.bypass = 'r'")?.sqlstate, "42501");
    Ok(())
}

fn hints_name_only_what_is_possible(leg: &Leg) -> Result {
    let (db, mut admin) = enforced(leg)?;
    let role = db.role("")?;
    admin.run(&format!("SET warden.mode = off; ALTER TABLE orders OWNER TO {role}; GRANT CREATE ON SCHEMA public TO {role}; RESET warden.mode"))?;
    admin.run(&format!("ALTER DATABASE {} SET warden.contact = 'dba@example.org'", db.name()))?;
    for (inline, may_comment) in [("all", true), ("warnings", false), ("none", false)] {
        admin.run(&format!("ALTER DATABASE {} SET warden.inline_allow = '{inline}'", db.name()))?;
        let hint = db.session_as(&role)?.error(BLOCKED)?.hint().to_owned();
        ensure_eq!(hint.contains(&format!("/* warden:allow {RULE}: <reason> */")), may_comment, "{inline}: {hint}");
        ensure!(!hint.contains("warden.bypass"), "{inline}: {hint}");
        ensure!(hint.contains("dba@example.org"), "{inline}: {hint}");
        let hint = db.session()?.error(BLOCKED)?.hint().to_owned();
        ensure!(may_comment || hint.contains("warden.bypass"), "{inline}, superuser: {hint}");
    }
    // What the hint says works.
    admin.run(&format!("ALTER DATABASE {} RESET warden.inline_allow", db.name()))?;
    let mut s = db.session_as(&role)?;
    for sql in [BLOCKED.to_owned(), format!("DO $$BEGIN {BLOCKED}; END$$")] {
        let hint = s.error(&sql)?.hint().replace("<reason>", "at night");
        let (_, way) = hint.split_once("As it is: ").ok_or("no way out")?;
        let again = match way.strip_prefix("put ").and_then(|rest| rest.split_once(" before it")) {
            Some((comment, _)) => format!("{comment} {sql}"),
            None => format!("BEGIN; {}; {sql}; COMMIT", way.split(';').next().unwrap_or_default()),
        };
        s.run(&again).map_err(|e| format!("{again}: {e}"))?;
        s.run("DROP INDEX i")?;
    }
    Ok(())
}

fn latin1(leg: &Leg) -> Result {
    let db = leg.cluster.database_with("TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")?;
    let mut s = db.session()?;
    s.run(&format!(
        "CREATE EXTENSION pg_warden; ALTER DATABASE {} SET warden.large_table_rows = 1000;
         CREATE TABLE orders (id bigint PRIMARY KEY, größe int); INSERT INTO orders SELECT i, i FROM generate_series(1, {ROWS}) i; ANALYZE;
         SELECT warden.set_mode('enforce')",
        db.name()
    ))?;
    let mut s = db.session()?;
    s.run("SET client_min_messages = warning; SET lock_timeout = '90s'; SET warden.journal = 'table'")?;
    let sql = "CREATE INDEX ON orders (größe)";
    ensure_eq!(s.error(sql)?.rule(), Some(RULE));
    ensure_eq!(
        s.error(&format!("SELECT 'ä'; /* é */ {sql}; /* warden:allow {RULE}: größer */ SELECT 1"))?.rule(),
        Some(RULE)
    );
    let outcome = s.run(&format!("SELECT 'äöü'; /* warden:allow {RULE}: größer */ {sql}"))?;
    ensure!(outcome.rules().is_empty(), "{outcome}");
    ensure_eq!(s.column("SELECT reason FROM warden.journal WHERE action = 'allowed'")?, ["größer"]);
    let outcome = s.run(&format!("BEGIN; SET LOCAL warden.allow = '{RULE}: größer'; {sql}; COMMIT"))?;
    ensure!(outcome.rules().is_empty(), "{outcome}");
    ensure_eq!(s.column("SELECT DISTINCT reason FROM warden.journal WHERE action = 'allowed'")?, ["größer"]);
    // As a client of that encoding sends it.
    let mut psql = db.client("psql");
    psql.args(["-X", "-q"]).env("PGCLIENTENCODING", "LATIN1").env("PGOPTIONS", "-c client_min_messages=error");
    let said = feed(
        psql,
        &format!("/* warden:allow {RULE}: r */ {sql};\n").replace('ö', "\\u00f6").replace("gr\\u00f6ße", "id"),
    )?;
    ensure!(!said.contains("ERROR"), "{said}");
    Ok(())
}
