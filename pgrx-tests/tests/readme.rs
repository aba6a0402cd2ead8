//! The README and `docs/*.md`, run: see `pg_warden_tests::document`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use pg_warden_tests::cluster::feed;
use pg_warden_tests::document::{self, Block};
use pg_warden_tests::{Case, Database, Result, ensure};

/// One test a document.
pub fn cases() -> Vec<Case> {
    let repository = document::repository();
    let mut paths: Vec<PathBuf> =
        fs::read_dir(repository.join("docs")).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "md"));
    paths.sort();
    paths.insert(0, repository.join("README.md"));
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
            Case::new(format!("docs::{name}"), move |leg| {
                let markdown = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                let blocks = runnable(&markdown);
                let has_session = blocks.iter().any(|b| !document::exchanges(&b.text).is_empty());
                ensure!(has_session || !path.ends_with("README.md"), "the README shows no psql session");
                // A document that creates the extension starts without it.
                let bare = blocks.iter().any(|b| b.text.to_lowercase().contains("create extension pg_warden"));
                let db = if bare { leg.cluster.bare_database()? } else { leg.database()? };
                let setup = document::setup(&markdown, &document::repository())?;
                if !setup.trim().is_empty() {
                    let said =
                        db.psql(&format!("\\set ON_ERROR_STOP on\nSET warden.mode = off;\n{setup}\n\\echo done\n"))?;
                    ensure!(said.trim_end().ends_with("done"), "setup: {said}");
                }
                blocks.iter().try_for_each(|block| run(leg.major, &db, block))
            })
        })
        .collect()
}

fn runnable(markdown: &str) -> Vec<Block> {
    let mut blocks = document::blocks(markdown);
    blocks.retain(|b| b.not_run.is_none() && (b.info == "sql" || !document::exchanges(&b.text).is_empty()));
    blocks
}

fn run(major: u32, db: &Database<'_>, block: &Block) -> Result {
    let exchanges = document::exchanges(&block.text);
    if exchanges.is_empty() {
        let mut s = db.session()?;
        s.script(&block.text).map_err(|e| format!("block at line {}: {e}", block.line))?;
        return Ok(());
    }
    let mut psql = db.client("psql");
    psql.arg("-X");
    let output = feed(psql, &document::psql_script(&exchanges))?;
    let mark = format!("{}\n", document::MARK);
    let mut answers = output.split(&mark);
    let mut wrong = String::new();
    for exchange in &exchanges {
        let answer = answers.next().unwrap_or_default();
        let shown = block.output_of.is_empty() || block.output_of.contains(&major);
        if shown && !document::matches(&exchange.output, answer) {
            let line = block.line + exchange.line;
            let _ = write!(
                wrong,
                "line {line}: {}\n--- shown\n{}\n--- got\n{}\n",
                exchange.input,
                exchange.output.trim_end(),
                answer.trim_end()
            );
        }
    }
    ensure!(
        output.matches(&mark).count() == exchanges.len(),
        "block at line {}: psql ended early:\n{output}",
        block.line
    );
    ensure!(wrong.is_empty(), "the document shows another output than psql:\n{wrong}");
    Ok(())
}
