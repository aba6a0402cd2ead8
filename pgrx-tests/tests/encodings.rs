//! The same in databases that are not UTF-8: names and texts outside of ASCII, in the server's encoding and in none.

use pg_warden_tests::cluster::feed;
use pg_warden_tests::sql::literal;
use pg_warden_tests::{Database, Leg, Result, cases, ensure, ensure_eq};

use crate::fixture::ROWS;

cases![latin1, euc_jp, sql_ascii, utf8, bytes_of_no_encoding, lint_of_bytes_of_no_encoding];

fn database<'a>(leg: &'a Leg, encoding: &str) -> Result<Database<'a>> {
    let db =
        leg.cluster.database_with(&format!("TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"))?;
    let mut s = db.session()?;
    s.run("CREATE EXTENSION pg_warden")?;
    s.run(&format!(
        "ALTER DATABASE {0} SET warden.large_table_rows = {1}; ALTER DATABASE {0} SET lock_timeout = '10s'",
        db.name(),
        ROWS / 2
    ))?;
    Ok(db)
}

/// The core of every other test, with a name for the table and one for the column.
fn core(db: &Database<'_>, table: &str, column: &str) -> Result {
    let mut s = db.session_with("-c warden.mode=off")?;
    s.run(&format!(
        "CREATE TABLE \"{table}\" (id bigint PRIMARY KEY, \"{column}\" int); INSERT INTO \"{table}\" SELECT i, i FROM generate_series(1, {ROWS}) i; ANALYZE"
    ))?;
    let mut s = db.session()?;
    let sql = format!("CREATE INDEX \"{table}_i\" ON \"{table}\" (\"{column}\")");
    // Lint before it is there.
    let rows = s.rows(&format!("SELECT rule, message, \"column\", fix FROM warden.lint({})", literal(&sql)))?;
    ensure_eq!(rows.len(), 1, "{rows:?}");
    let text = |n: usize| rows[0][n].clone().unwrap_or_default();
    ensure_eq!(text(0), "create-index-not-concurrent");
    ensure!(text(1).contains(&format!("\"{table}\"")), "{rows:?}");
    ensure_eq!(
        text(3).trim_end_matches(';'),
        format!("CREATE INDEX CONCURRENTLY \"{table}_i\" ON public.\"{table}\" (\"{column}\")")
    );

    let outcome = s.run(&sql)?;
    ensure_eq!(outcome.rules(), vec!["create-index-not-concurrent"], "{outcome}");
    let finding = outcome.finding("create-index-not-concurrent")?;
    ensure!(finding.message.contains(&format!("\"{table}\"")), "{finding}");
    ensure!(finding.hint().contains(&format!("public.\"{table}\" (\"{column}\")")), "{finding}");
    // In SQL_ASCII the server, and so psql, takes every byte for a character.
    let before = &sql[..sql.find(" ON ").unwrap_or_default() + 4];
    let characters =
        if s.value("SHOW server_encoding")? == "SQL_ASCII" { before.len() } else { before.chars().count() };
    ensure_eq!(finding.position.map(|p| p as usize), Some(characters + 1), "{finding}");

    let outcome = s.run(&format!(
        "BEGIN; CREATE TABLE \"{column}\" (\"{table}\" bigint CONSTRAINT \"{table}_fk\" REFERENCES \"{table}\"); COMMIT"
    ))?;
    ensure_eq!(outcome.rules(), vec!["foreign-key-without-index", "table-without-primary-key"], "{outcome}");
    ensure!(outcome.finding("foreign-key-without-index")?.message.contains(&format!("\"{table}_fk\"")), "{outcome}");

    s.run("SET warden.mode = enforce")?;
    let error = s.error(&format!("ALTER TABLE \"{table}\" ADD CONSTRAINT \"{column}_c\" CHECK (\"{column}\" > 0)"))?;
    ensure_eq!(error.rule(), Some("add-check-validates"), "{error}");
    let findings = s.rows("SELECT rule, object, message FROM warden.audit()")?;
    ensure!(findings.iter().flatten().flatten().any(|v| v.contains(column)), "{findings:?}");
    // Names of the full length.
    let long = table.repeat(40);
    let outcome = s.outcome(&format!("CREATE TABLE \"{long}\" (id serial PRIMARY KEY)"));
    ensure!(outcome.error.is_none(), "{outcome}");
    // A syntax error behind such text still has its place.
    let rows = s.rows(&format!(
        "SELECT rule, line, \"column\" FROM warden.lint({})",
        literal(&format!("SELECT '{table}';\nSELECT '{column}' FRM x y"))
    ))?;
    ensure!(rows.iter().any(|r| r[0].as_deref() == Some("syntax-error") && r[1].as_deref() == Some("2")), "{rows:?}");
    Ok(())
}

fn utf8(leg: &Leg) -> Result {
    let db = database(leg, "UTF8")?;
    core(&db, "größen_注文_🐘", "straße")
}

fn latin1(leg: &Leg) -> Result {
    let db = database(leg, "LATIN1")?;
    core(&db, "bestellüngen", "straße")?;
    // What the encoding does not have is the client's error, and the session lives.
    let mut s = db.session()?;
    s.error("CREATE TABLE \"注文\" (a int)")?;
    ensure_eq!(s.value("SELECT 1")?, "1");
    Ok(())
}

fn euc_jp(leg: &Leg) -> Result {
    let db = database(leg, "EUC_JP")?;
    core(&db, "注文", "顧客番号")
}

fn sql_ascii(leg: &Leg) -> Result {
    let db = database(leg, "SQL_ASCII")?;
    core(&db, "bestellüngen", "顧客")
}

/// Runs bytes through psql that no encoding explains.
fn raw(db: &Database<'_>, script: &[u8]) -> Result<String> {
    let file = db.cluster().root().join(format!("{}.sql", db.name()));
    std::fs::write(&file, script)?;
    let mut psql = db.client("psql");
    psql.args(["-X", "-q", "-f"]).arg(&file).env("PGCLIENTENCODING", "SQL_ASCII");
    feed(psql, "")
}

fn bytes_of_no_encoding(leg: &Leg) -> Result {
    let db = database(leg, "SQL_ASCII")?;
    let mut script = b"SET warden.mode = off; CREATE TABLE \"caf\xe9\xff\" (id bigint PRIMARY KEY, \"\xfe\" int);
        INSERT INTO \"caf\xe9\xff\" SELECT i, i FROM generate_series(1, 2000) i; ANALYZE;\n"
        .to_vec();
    let said = raw(&db, &script)?;
    ensure!(!said.contains("ERROR"), "{said}");
    script = b"CREATE INDEX \"i\xe9\" ON \"caf\xe9\xff\" (\"\xfe\");\nBEGIN; CREATE TABLE \"\xfd\" (a bigint REFERENCES \"caf\xe9\xff\"); COMMIT;
        ALTER TABLE \"caf\xe9\xff\" ADD CHECK (\"\xfe\" > 0);\n\\echo done\n"
        .to_vec();
    let said = raw(&db, &script)?;
    ensure!(!said.contains("ERROR") && said.contains("done"), "{said}");
    for rule in
        ["create-index-not-concurrent", "foreign-key-without-index", "table-without-primary-key", "add-check-validates"]
    {
        ensure!(said.contains(&format!("[{rule}]")), "{rule} is missing: {said}");
    }
    Ok(())
}

fn lint_of_bytes_of_no_encoding(leg: &Leg) -> Result {
    let db = database(leg, "SQL_ASCII")?;
    let said = raw(&db, b"SELECT rule FROM warden.lint('CREATE INDEX \"i\xe9\" ON \"caf\xe9\xff\" (\"\xfe\")');\nSELECT count(*) >= 0 FROM warden.audit();\n\\echo done\n")?;
    ensure!(said.contains("create-index-not-concurrent") && said.contains("done") && !said.contains("ERROR"), "{said}");
    Ok(())
}
