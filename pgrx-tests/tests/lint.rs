//! `warden.lint`: a script is judged, nothing of it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Leg, Report, Result, Session, cases, ensure, ensure_eq};

use crate::fixture::{ERRORS, open, shop};

cases![
    shape_of_a_finding,
    empty_scripts,
    null_script,
    syntax_error_in_the_third_of_five,
    syntax_error_at_the_end,
    lines_and_columns,
    ten_megabytes,
    unknown_relations_are_large,
    relations_made_earlier,
    empty_after_their_transaction,
    in_transaction_true_and_false,
    transactions_of_the_script,
    end_state_of_the_script,
    drops_in_the_script,
    altered_in_the_script,
    live_facts,
    agrees_with_the_guard,
    levels_of_rules,
    many_findings_are_capped,
    nothing_runs,
    strangers_code_does_not_run,
    ordinary_users_may_lint,
    read_only_and_without_transaction_id,
    fixes_lint_clean,
    fingerprints,
    every_statement_of_the_server,
    deep_nesting,
    search_path_of_the_caller,
    takes_no_lock,
];

/// A row of `warden.lint`, by column.
type Row = BTreeMap<&'static str, String>;

const COLUMNS: [&str; 11] =
    ["rule", "level", "object", "message", "detail", "hint", "fix", "fingerprint", "statement", "line", "column"];

fn lint(s: &mut Session, script: &str) -> std::result::Result<Vec<Row>, Report> {
    lint_with(s, script, "NULL")
}

fn lint_with(s: &mut Session, script: &str, in_transaction: &str) -> std::result::Result<Vec<Row>, Report> {
    let columns = COLUMNS.map(|c| format!("\"{c}\"")).join(", ");
    let rows =
        s.rows(&format!("SELECT {columns} FROM warden.lint({}, in_transaction => {in_transaction})", literal(script)))?;
    Ok(rows
        .into_iter()
        .map(|row| COLUMNS.into_iter().zip(row.into_iter().map(Option::unwrap_or_default)).collect())
        .collect())
}

/// Rules at warning and error, each once.
fn rules(rows: &[Row]) -> Vec<&str> {
    rows.iter()
        .filter(|r| r["level"] != "info")
        .map(|r| r["rule"].as_str())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn found(s: &mut Session, script: &str) -> std::result::Result<Vec<String>, Report> {
    let rows = lint(s, script)?;
    Ok(rules(&rows).into_iter().map(str::to_owned).collect())
}

const NONE: [&str; 0] = [];

fn shape_of_a_finding(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let shape = s.column(
        "SELECT attname || ' ' || atttypid::regtype FROM pg_attribute WHERE attrelid = 'warden.finding'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    )?;
    let expected: Vec<String> = COLUMNS
        .iter()
        .map(|c| format!("{c} {}", if ["statement", "line", "column"].contains(c) { "integer" } else { "text" }))
        .collect();
    ensure_eq!(shape, expected);
    let rows = lint(&mut s, "CREATE INDEX i ON orders (customer_id)")?;
    ensure_eq!(rows.len(), 1);
    let row = &rows[0];
    ensure_eq!((row["rule"].as_str(), row["level"].as_str()), ("create-index-not-concurrent", "error"));
    ensure!(row["object"].contains("orders"), "{row:?}");
    ensure!(row["message"].starts_with("building index \"i\" blocks writes to \"orders\""), "{row:?}");
    ensure!(row["fix"].contains("CREATE INDEX CONCURRENTLY i ON public.orders (customer_id)"), "{row:?}");
    ensure_eq!((row["statement"].as_str(), row["line"].as_str(), row["column"].as_str()), ("1", "1", "19"));
    ensure!(!row["fingerprint"].is_empty() && !row["detail"].is_empty() && !row["hint"].is_empty(), "{row:?}");
    Ok(())
}

fn empty_scripts(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for script in
        ["", " \n\t ", ";;;", "-- nothing\n/* at all */", "SELECT 1; UPDATE orders SET total = 1 WHERE id = 1;"]
    {
        let outcome = s.outcome(&format!("SELECT rule, hint FROM warden.lint({})", literal(script)));
        match &outcome.error {
            Some(e) => ensure!(!e.hint().is_empty() && !e.sqlstate.starts_with("XX"), "{script:?}: {e}"),
            None => ensure!(outcome.rows.iter().all(|r| r[1].is_some()), "{script:?}: {:?}", outcome.rows),
        }
    }
    ensure_eq!(s.value("SELECT 1")?, "1");
    Ok(())
}

fn null_script(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let outcome = s.outcome("SELECT * FROM warden.lint(NULL)");
    match &outcome.error {
        Some(e) => ensure!(!e.hint().is_empty() && !e.sqlstate.starts_with("XX"), "{e}"),
        None => ensure!(outcome.rows.is_empty(), "{:?}", outcome.rows),
    }
    ensure_eq!(s.value("SELECT 1")?, "1");
    Ok(())
}

fn syntax_error_in_the_third_of_five(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let script = "CREATE INDEX i ON orders (customer_id);\nALTER TABLE orders ADD CHECK (total > 0);\nALTER TABLE orders\n  ADD KOLUMN x int;\n\
                  CREATE INDEX j ON orders (total);\nDROP INDEX k;";
    let rows = lint(&mut s, script)?;
    let at: Vec<_> = rows
        .iter()
        .map(|r| (r["rule"].as_str(), r["statement"].as_str(), r["line"].as_str(), r["column"].as_str()))
        .collect();
    ensure!(at.contains(&("create-index-not-concurrent", "1", "1", "19")), "{at:?}");
    ensure!(at.iter().any(|r| r.0 == "add-check-validates" && r.1 == "2" && r.2 == "2"), "{at:?}");
    let errors: Vec<_> = at.iter().filter(|r| r.0 == "syntax-error").collect();
    // The server takes KOLUMN for the column's name, and stumbles over the type's argument.
    ensure_eq!(errors.len(), 1, "{at:?}");
    ensure_eq!((errors[0].1, errors[0].2), ("3", "4"), "{at:?}");
    let server = s.error("ALTER TABLE orders\n  ADD KOLUMN x int;")?;
    let text = "ALTER TABLE orders\n  ADD KOLUMN x int;";
    let column = server.position.unwrap_or_default() as usize - text.find('\n').unwrap_or_default() - 1;
    ensure_eq!(errors[0].3, column.to_string(), "where the server points");
    let message = rows.iter().find(|r| r["rule"] == "syntax-error").map(|r| r["message"].clone()).unwrap_or_default();
    ensure!(message.contains(&server.message), "{message:?} does not say what the server says: {server}");
    ensure_eq!(s.value("SELECT 1")?, "1");
    Ok(())
}

fn syntax_error_at_the_end(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for script in [
        "CREATE INDEX i ON orders (customer_id); CREATE TABLE t (",
        "CREATE INDEX i ON orders (customer_id);\nSELECT 'never closed",
        "CREATE INDEX i ON orders (customer_id); SELECT $a$ never",
    ] {
        let rows = lint(&mut s, script)?;
        ensure_eq!(rules(&rows), vec!["create-index-not-concurrent", "syntax-error"], "{script}: {rows:?}");
        let error = rows.iter().find(|r| r["rule"] == "syntax-error").ok_or("none")?;
        ensure_eq!(error["statement"], "2", "{script}: {error:?}");
    }
    // In the middle of a transaction it does not end the transaction.
    s.run("BEGIN")?;
    lint(&mut s, "SELEC 1")?;
    ensure_eq!(s.value("SELECT 1")?, "1");
    s.run("COMMIT")?;
    Ok(())
}

fn lines_and_columns(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let script = "-- größer\n\nCREATE INDEX \"ü\" ON orders (customer_id); /* 注文 */ CREATE INDEX j ON orders (total);\r\n\tCREATE INDEX k\n\t\tON orders (code);";
    let rows = lint(&mut s, script)?;
    let at: Vec<_> = rows.iter().map(|r| (r["statement"].as_str(), r["line"].as_str(), r["column"].as_str())).collect();
    ensure_eq!(at, vec![("1", "3", "21"), ("2", "3", "70"), ("3", "5", "6")], "columns count characters from 1");
    Ok(())
}

fn ten_megabytes(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let mut script = String::with_capacity(11 << 20);
    let mut n = 0;
    while script.len() < 10 << 20 {
        script.push_str(&format!("CREATE INDEX orders_{n}_idx ON orders (customer_id, total, code);\n"));
        n += 1;
    }
    let started = Instant::now();
    let rows = lint(&mut s, &script)?;
    ensure!(started.elapsed() < Duration::from_secs(120), "{:?}", started.elapsed());
    ensure!(!rows.is_empty() && rows.len() < 2000, "{} rows", rows.len());
    ensure!(
        rows.iter().any(|r| format!("{}{}", r["message"], r["detail"]).contains("more")),
        "nothing says how many more there are"
    );
    // One statement of that length.
    let long = format!("SELECT '{}'; CREATE INDEX i ON orders (customer_id)", "x".repeat(10 << 20));
    ensure_eq!(rules(&lint(&mut s, &long)?), vec!["create-index-not-concurrent"]);
    ensure_eq!(s.value("SELECT 1")?, "1");
    Ok(())
}

fn unknown_relations_are_large(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for (rule, sql) in [
        ("create-index-not-concurrent", "CREATE INDEX i ON unknown (a)"),
        ("create-index-not-concurrent", "CREATE INDEX i ON nowhere.unknown (a)"),
        ("add-check-validates", "ALTER TABLE unknown ADD CHECK (a > 0)"),
        ("set-not-null-scan", "ALTER TABLE unknown ALTER a SET NOT NULL"),
        ("add-column-volatile-default", "ALTER TABLE unknown ADD COLUMN a float DEFAULT random()"),
        ("alter-column-type-rewrite", "ALTER TABLE unknown ALTER a TYPE bigint"),
        ("add-unique-builds-index", "ALTER TABLE unknown ADD UNIQUE (a)"),
        ("add-column-required", "ALTER TABLE unknown ADD COLUMN a int NOT NULL"),
        ("drop-index-not-concurrent", "DROP INDEX unknown_idx"),
        ("add-foreign-key-validates", "ALTER TABLE unknown ADD FOREIGN KEY (a) REFERENCES unknown2 (b)"),
    ] {
        let rules = found(&mut s, sql)?;
        ensure!(rules.iter().any(|r| r == rule), "{sql}: {rules:?}");
        ensure!(!rules.iter().any(|r| r == "syntax-error"), "{sql}: {rules:?}");
    }
    Ok(())
}

fn relations_made_earlier(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for script in [
        "CREATE TABLE t (id bigint PRIMARY KEY, a int); CREATE INDEX ON t (a); ALTER TABLE t ADD CHECK (a > 0); ALTER TABLE t ALTER a SET NOT NULL;",
        "CREATE TABLE s.t (id bigint PRIMARY KEY, a int); CREATE INDEX ON s.t (a);",
        "CREATE TABLE t (id bigint PRIMARY KEY); ALTER TABLE t ADD COLUMN a float DEFAULT random(); ALTER TABLE t ADD COLUMN b int NOT NULL;",
        "CREATE TABLE t (id bigint PRIMARY KEY, a int); INSERT INTO t SELECT i, i FROM generate_series(1, 1000000) i; CREATE INDEX ON t (a);",
        "CREATE TABLE t (id bigint PRIMARY KEY, a int); ALTER TABLE t RENAME TO u; CREATE INDEX ON u (a);",
        "CREATE TABLE public.t (id bigint PRIMARY KEY, a int); CREATE INDEX i ON t (a); DROP INDEX i;",
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX ON m (a);",
        "CREATE TEMP TABLE t (a serial); CREATE INDEX ON t (a);",
    ] {
        let rules = found(&mut s, script)?;
        ensure_eq!(rules, NONE.to_vec(), "{script}");
    }
    // Of another schema, and the old name after a rename.
    let rules = found(
        &mut s,
        "CREATE TABLE app.orders (id bigint PRIMARY KEY, a int); CREATE INDEX ON public.orders (total);",
    )?;
    ensure_eq!(rules, vec!["create-index-not-concurrent"]);
    Ok(())
}

fn empty_after_their_transaction(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let script = "BEGIN; CREATE TABLE t (id bigint PRIMARY KEY, a int); COMMIT; CREATE INDEX ON t (a); ALTER TABLE t ADD COLUMN b int NOT NULL;";
    ensure_eq!(found(&mut s, script)?, NONE.to_vec());
    let script = "BEGIN; CREATE TABLE t (id bigint PRIMARY KEY, a int); ROLLBACK; CREATE INDEX ON t (a);";
    ensure_eq!(found(&mut s, script)?, vec!["create-index-not-concurrent"], "it was rolled back");
    Ok(())
}

fn in_transaction_true_and_false(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let level = |rows: &[Row]| {
        rows.iter().find(|r| r["rule"] == "table-without-primary-key").map(|r| r["level"].clone()).unwrap_or_default()
    };
    let script = "CREATE TABLE t (a int);";
    ensure_eq!(level(&lint_with(&mut s, script, "NULL")?), "warning");
    ensure_eq!(level(&lint_with(&mut s, script, "true")?), "warning");
    ensure_eq!(
        level(&lint_with(&mut s, script, "false")?),
        "info",
        "outside a block the next statement may bring the key"
    );
    // Each by itself: what came before is committed.
    let script =
        "CREATE TABLE t (id int PRIMARY KEY, order_id bigint REFERENCES orders); CREATE INDEX ON t (order_id);";
    for mode in ["NULL", "true"] {
        let rows = lint_with(&mut s, script, mode)?;
        ensure!(!rules(&rows).contains(&"foreign-key-without-index"), "{mode}: {rows:?}");
    }
    Ok(())
}

fn transactions_of_the_script(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let script = "BEGIN; CREATE TABLE t (id int PRIMARY KEY, order_id bigint REFERENCES orders); COMMIT; BEGIN; CREATE INDEX ON t (order_id); COMMIT;";
    let rules = found(&mut s, script)?;
    ensure!(!rules.iter().any(|r| r == "create-index-not-concurrent"));
    // SET LOCAL ends with its transaction, SET does not.
    let script = "BEGIN; SET LOCAL lock_timeout = 0; ALTER TABLE orders ADD COLUMN a int; COMMIT; ALTER TABLE orders ADD COLUMN b int;";
    let rows = lint(&mut s, script)?;
    let at: Vec<_> =
        rows.iter().filter(|r| r["rule"] == "lock-timeout-missing").map(|r| r["statement"].as_str()).collect();
    ensure_eq!(at, vec!["3"], "{rows:?}");
    Ok(())
}

fn end_state_of_the_script(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    ensure_eq!(
        found(&mut s, "CREATE TABLE t (a int, order_id bigint REFERENCES orders);")?,
        vec!["foreign-key-without-index", "table-without-primary-key"]
    );
    ensure_eq!(
        found(&mut s, "CREATE TABLE t (a int, order_id bigint REFERENCES orders); DROP TABLE t;")?,
        NONE.to_vec()
    );
    ensure_eq!(found(&mut s, "CREATE TABLE t (a int); ALTER TABLE t ADD PRIMARY KEY (a);")?, NONE.to_vec());
    ensure_eq!(
        found(
            &mut s,
            "CREATE TABLE t (a int PRIMARY KEY, o bigint); ALTER TABLE t ADD FOREIGN KEY (o) REFERENCES orders; CREATE INDEX ON t (o, a);"
        )?,
        NONE.to_vec()
    );
    ensure_eq!(
        found(
            &mut s,
            "CREATE TABLE t (a int PRIMARY KEY, o bigint); ALTER TABLE t ADD FOREIGN KEY (o) REFERENCES orders; CREATE INDEX ON t (a, o);"
        )?,
        vec!["foreign-key-without-index"]
    );
    Ok(())
}

fn drops_in_the_script(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders); CREATE INDEX lines_order ON lines (order_id); RESET warden.mode")?;
    ensure_eq!(found(&mut s, "DROP INDEX lines_order;")?, vec!["foreign-key-without-index"]);
    ensure_eq!(found(&mut s, "ALTER TABLE lines DROP CONSTRAINT lines_pkey;")?, vec!["table-without-primary-key"]);
    ensure_eq!(found(&mut s, "DROP INDEX lines_order; CREATE INDEX ON lines (order_id);")?, NONE.to_vec());
    Ok(())
}

fn altered_in_the_script(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    // The proof is made by the script itself.
    let script = "ALTER TABLE orders ADD CONSTRAINT p CHECK (customer_id IS NOT NULL) NOT VALID;
                  ALTER TABLE orders VALIDATE CONSTRAINT p; ALTER TABLE orders ALTER customer_id SET NOT NULL; ALTER TABLE orders DROP CONSTRAINT p;";
    ensure_eq!(rules(&lint_with(&mut s, script, "false")?), NONE.to_vec());
    ensure_eq!(
        found(&mut s, "ALTER TABLE orders ADD COLUMN extra int; CREATE INDEX ON orders (extra);")?,
        vec!["create-index-not-concurrent"]
    );
    Ok(())
}

fn live_facts(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    ensure_eq!(found(&mut s, "CREATE INDEX ON customers (name)")?, NONE.to_vec(), "a small table");
    let rows = lint(&mut s, "CREATE INDEX ON orders (total)")?;
    ensure!(rows.iter().any(|r| r["detail"].contains("2,000 rows")), "{rows:?}");
    ensure_eq!(found(&mut s, "ALTER TABLE orders ALTER code TYPE varchar(20)")?, NONE.to_vec());
    Ok(())
}

fn agrees_with_the_guard(leg: &Leg) -> Result {
    for (rule, sql) in ERRORS {
        let (_db, mut s) = open(leg)?;
        let rows = lint_with(&mut s, sql, "false")?;
        let outcome = s.run(sql)?;
        ensure_eq!(rules(&rows), outcome.rules(), "{sql}");
        let row = rows.iter().find(|r| r["rule"] == rule).ok_or("not found")?;
        let finding = outcome.finding(rule)?;
        ensure_eq!(format!("{} [{rule}]", row["message"]), finding.message);
        let position = finding.position.unwrap_or_default().to_string();
        ensure_eq!(row["column"], position, "{sql}");
    }
    Ok(())
}

fn levels_of_rules(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.rule_levels = 'create-index-not-concurrent=info, column-type-serial=off'")?;
    let rows = lint(&mut s, "CREATE INDEX i ON orders (total); CREATE TABLE t (id bigserial PRIMARY KEY);")?;
    let levels: Vec<_> = rows.iter().map(|r| (r["rule"].as_str(), r["level"].as_str())).collect();
    ensure_eq!(levels, vec![("create-index-not-concurrent", "info")]);
    // Lint is not the guard: it speaks in every mode.
    s.run("RESET warden.rule_levels; SET warden.mode = off; SET warden.notify = none")?;
    ensure_eq!(rules(&lint(&mut s, "CREATE INDEX i ON orders (total)")?), vec!["create-index-not-concurrent"]);
    Ok(())
}

fn many_findings_are_capped(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let mut script = String::from("CREATE TABLE t (id serial PRIMARY KEY);\n");
    for i in 0..3000 {
        script.push_str(&format!("CREATE INDEX i{i} ON orders (total);\n"));
    }
    script.push_str("ALTER TABLE orders ADD CHECK (total > 0);");
    let rows = lint(&mut s, &script)?;
    ensure_eq!(
        rules(&rows),
        vec!["add-check-validates", "column-type-serial", "create-index-not-concurrent"],
        "a cap is for a rule, not for the script"
    );
    let of_index: Vec<_> = rows.iter().filter(|r| r["rule"] == "create-index-not-concurrent").collect();
    ensure!(of_index.len() < 3000, "{} rows", of_index.len());
    let last = of_index.last().ok_or("none")?;
    let more: usize = 3000 - (of_index.len() - 1);
    let told = format!("{}{}", last["message"], last["detail"]).replace(',', "");
    ensure!(told.contains("more") && told.contains(&more.to_string()), "{more} are left out: {last:?}");
    Ok(())
}

fn nothing_runs(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let script = "CREATE TABLE made (a serial); DROP TABLE orders; INSERT INTO customers (name) VALUES ('x'); SET warden.mode = off; COMMIT; ROLLBACK;
                  CREATE SCHEMA app CREATE TABLE t (a int); DO $$BEGIN RAISE 'ran'; END$$; SELECT pg_terminate_backend(pg_backend_pid()); COPY orders TO PROGRAM 'false';";
    s.run("BEGIN")?;
    lint(&mut s, script)?;
    ensure_eq!(s.value("SELECT pg_current_xact_id_if_assigned()")?, "∅");
    s.run("COMMIT")?;
    ensure_eq!(s.value("SELECT to_regclass('made') IS NULL AND to_regclass('orders') IS NOT NULL AND (SELECT count(*) FROM customers) = 100")?, "t");
    ensure_eq!(s.value("SELECT count(*) FROM pg_class WHERE relname = 't'")?, "0");
    Ok(())
}

fn strangers_code_does_not_run(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let role = db.role("")?;
    db.session()?.run(&format!("GRANT CREATE ON SCHEMA public TO {role}"))?;
    // Planning would run what is marked IMMUTABLE, as the superuser who lints.
    db.session_as(&role)?.run(
        "CREATE FUNCTION trap() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the trap ran as %', current_user; END$$;
         CREATE FUNCTION trap_sql() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT trap()';
         CREATE FUNCTION trap_bool(int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the trap ran as %', current_user; END$$;
         CREATE DOMAIN trapped AS int CHECK (trap_bool(VALUE));
         CREATE FUNCTION trap_op(int, int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the trap ran as %', current_user; END$$;
         CREATE OPERATOR public.=== (FUNCTION = trap_op, LEFTARG = int, RIGHTARG = int);",
    )?;
    let mut s = db.session()?;
    for script in [
        "ALTER TABLE orders ADD COLUMN x int DEFAULT trap()",
        "ALTER TABLE orders ADD COLUMN x int DEFAULT trap_sql()",
        "ALTER TABLE orders ADD COLUMN x int DEFAULT 1 + trap()",
        "ALTER TABLE orders ADD COLUMN x trapped DEFAULT 1",
        "ALTER TABLE orders ADD COLUMN x int GENERATED ALWAYS AS (trap()) STORED",
        "ALTER TABLE orders ADD CHECK (trap() > 0)",
        "ALTER TABLE orders ADD CHECK (1 === 2)",
        "ALTER TABLE orders ALTER total TYPE bigint USING trap()",
        "ALTER TABLE orders ALTER total TYPE trapped",
        "CREATE INDEX ON orders (trap()) WHERE trap() = 1",
        "CREATE INDEX ON orders ((total + trap()))",
        "CREATE TABLE t (a int DEFAULT trap() PRIMARY KEY, CHECK (trap() = 1))",
        "CREATE TABLE t PARTITION OF orders FOR VALUES FROM (trap()) TO (2)",
        "ALTER TABLE orders ALTER customer_id SET NOT NULL",
    ] {
        let outcome = s.outcome(&format!("SELECT * FROM warden.lint({})", literal(script)));
        ensure!(!outcome.to_string().contains("the trap ran"), "{script}: {outcome}");
        ensure!(
            !outcome.rows.iter().flatten().flatten().any(|v| v.contains("the trap ran")),
            "{script}: {:?}",
            outcome.rows
        );
        ensure!(outcome.error.is_none(), "{script}: {outcome}");
    }
    Ok(())
}

fn ordinary_users_may_lint(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let role = db.role("")?;
    let mut s = db.session_as(&role)?;
    ensure_eq!(rules(&lint(&mut s, "CREATE INDEX i ON orders (total)")?), vec!["create-index-not-concurrent"]);
    ensure!(!s.value("SELECT warden.help()")?.is_empty());
    ensure!(s.value("SELECT warden.help('create-index-not-concurrent')")?.starts_with("# create-index-not-concurrent"));
    ensure!(s.rows("SELECT * FROM warden.rules")?.len() >= 13);
    Ok(())
}

fn read_only_and_without_transaction_id(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("BEGIN TRANSACTION READ ONLY")?;
    ensure_eq!(
        rules(&lint(
            &mut s,
            "CREATE INDEX i ON orders (total); ALTER TABLE orders ADD COLUMN a float DEFAULT random(); SELEC"
        )?)
        .len(),
        3
    );
    ensure_eq!(s.value("SELECT pg_current_xact_id_if_assigned()")?, "∅");
    s.run("COMMIT")?;
    Ok(())
}

fn fixes_lint_clean(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for (rule, sql) in ERRORS {
        for row in lint(&mut s, sql)?.iter().filter(|r| r["rule"] == rule && !r["fix"].is_empty()) {
            let again = lint_with(&mut s, &row["fix"], "false")?;
            let left: Vec<_> =
                again.iter().filter(|r| ["error", "not checked"].contains(&r["level"].as_str())).collect();
            ensure!(left.is_empty(), "{rule}: the fix is found faulty itself: {}\n{left:?}", row["fix"]);
        }
    }
    Ok(())
}

fn fingerprints(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    let of = |rows: Vec<Row>| rows.into_iter().map(|r| r["fingerprint"].clone()).collect::<Vec<_>>();
    let one = of(lint(&mut s, "CREATE INDEX i ON orders (total)")?);
    let same = of(lint(&mut s, "SELECT 1;\n\n  create   index i on public.orders (total)")?);
    let other = of(lint(&mut s, "ALTER TABLE orders ADD CHECK (total > 0)")?);
    ensure_eq!(one, same, "the same finding elsewhere in a script");
    ensure!(one != other, "{one:?} {other:?}");
    Ok(())
}

fn every_statement_of_the_server(leg: &Leg) -> Result {
    // The server's own regression scripts know every statement there is; without them a list of the odd ones.
    let mut scripts: Vec<String> = vec![
        "CREATE TABLE IF NOT EXISTS t (LIKE orders INCLUDING ALL, EXCLUDE USING gist (a WITH &&)) PARTITION BY HASH (a); CREATE INDEX ON orders USING gin ((a -> 'b') jsonb_path_ops);"
            .into(),
        "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b; ALTER INDEX i ATTACH PARTITION j; ALTER TYPE t ALTER ATTRIBUTE a TYPE text CASCADE; GRANT ALL ON ALL TABLES IN SCHEMA s TO PUBLIC;"
            .into(),
    ];
    let folder = leg.suite("regress").map(|suite| std::fs::read_dir(suite.join("sql"))).transpose()?;
    for entry in folder.into_iter().flatten().flatten() {
        let text = String::from_utf8_lossy(&std::fs::read(entry.path())?).into_owned();
        // psql's own commands and variables are not SQL.
        let sql: Vec<&str> = text.lines().filter(|l| !l.starts_with('\\')).collect();
        scripts.push(sql.join("\n"));
    }
    let (_db, mut s) = open(leg)?;
    s.run("SET statement_timeout = '60s'")?;
    for script in scripts {
        let head: String = script.chars().take(200).collect();
        for piece in pg_warden_tests::sql::split(&script).chunks(200) {
            let piece: Vec<&str> = piece.iter().map(|s| s.text).collect();
            let outcome = s.outcome(&format!("SELECT rule FROM warden.lint({})", literal(&piece.join("\n"))));
            ensure!(outcome.error.is_none(), "{head}: {outcome}");
        }
    }
    Ok(())
}

fn deep_nesting(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for script in [
        format!("ALTER TABLE orders ADD CHECK ({}total{} > 0)", "(".repeat(2000), ")".repeat(2000)),
        format!("ALTER TABLE orders ADD CHECK (total > 0{})", " OR total > 1".repeat(20_000)),
        format!("ALTER TABLE orders ADD COLUMN x int DEFAULT {}1", "- ".repeat(50_000)),
        format!("CREATE TABLE t AS SELECT 1{}", " UNION SELECT 1".repeat(20_000)),
    ] {
        let outcome = s.outcome(&format!("SELECT rule FROM warden.lint({})", literal(&script)));
        if let Some(e) = &outcome.error {
            ensure_eq!(e.sqlstate, "54001", "{e}");
        }
        ensure_eq!(s.value("SELECT 1")?, "1");
    }
    Ok(())
}

fn search_path_of_the_caller(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET warden.mode = off; CREATE SCHEMA app; CREATE TABLE app.orders (id bigint PRIMARY KEY, total int); RESET warden.mode")?;
    ensure_eq!(found(&mut s, "CREATE INDEX ON orders (total)")?, vec!["create-index-not-concurrent"]);
    s.run("SET search_path = app, public")?;
    ensure_eq!(found(&mut s, "CREATE INDEX ON orders (total)")?, NONE.to_vec(), "app.orders is empty");
    Ok(())
}

fn takes_no_lock(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let (mut s, mut holder, mut watcher) = (db.session()?, db.session()?, db.session()?);
    holder.run("BEGIN; LOCK TABLE orders, customers IN ACCESS EXCLUSIVE MODE")?;
    s.run("SET lock_timeout = '5s'; BEGIN")?;
    for (_, sql) in ERRORS {
        let started = Instant::now();
        let outcome = s.outcome(&format!("SELECT rule, level, detail FROM warden.lint({})", literal(sql)));
        ensure!(outcome.error.is_none() && started.elapsed() < Duration::from_secs(4), "{sql}: {outcome}");
        ensure!(!outcome.rows.is_empty(), "{sql}: neither found nor said to be not checked");
    }
    holder.run("ROLLBACK")?;
    for (_, sql) in ERRORS {
        s.run(&format!("SELECT count(*) FROM warden.lint({})", literal(sql)))?;
    }
    let pid = s.pid()?;
    let locks = watcher.column(&format!("SELECT relation::regclass || ' ' || mode FROM pg_locks WHERE pid = {pid} AND relation IN ('orders'::regclass, 'customers'::regclass)"))?;
    ensure!(locks.is_empty(), "{locks:?}");
    Ok(())
}
