//! Markdown documents whose code blocks are run: the README and the pages of `docs/`.
//!
//! A block that shows a psql session (lines that start with a prompt such as `shop=# `, the rest being what psql answered) is run through psql and
//! its output compared. Any other block of kind `sql` is run and must not fail. All blocks of a document run in order in one database, each session
//! in a psql of its own.
//!
//! Comments of the document steer it:
//! * `<!-- not run: reason -->` before a block leaves it out;
//! * `<!-- setup: path/from/the/repository/file.sql -->` runs a file first, `<!-- setup` … `-->` the SQL it holds, both with `warden.mode = off`;
//! * `<!-- output of: 15 16 17 -->` before a block says that other majors answer otherwise: there it is run, and not compared;
//! * a line `…` in an output stands for any number of lines.
//!
//! What differs from run to run is made equal first: see [`normalise`].

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What stands behind the opening fence, such as `sql` or `sql setup`.
    pub info: String,
    /// What stands between the fences.
    pub text: String,
    /// Line of the opening fence, from 1.
    pub line: usize,
    /// Why it is not run, where the document says so.
    pub not_run: Option<String>,
    /// The majors whose output it shows; none for all.
    pub output_of: Vec<u32>,
}

/// The fenced blocks of a document.
#[must_use]
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Block)> = None;
    let mut not_run = None;
    let mut output_of = Vec::new();
    for (number, line) in markdown.lines().enumerate() {
        let trimmed = line.trim_start();
        if let Some((fence, block)) = &mut open {
            if trimmed.starts_with(*fence) && trimmed.trim_end().bytes().all(|b| b == b'`') {
                blocks.extend(open.take().map(|(_, block)| block));
            } else {
                block.text.push_str(line);
                block.text.push('\n');
            }
        } else if trimmed.starts_with("```") {
            let length = trimmed.bytes().take_while(|&b| b == b'`').count();
            let block = Block {
                info: trimmed[length..].trim().to_owned(),
                text: String::new(),
                line: number + 1,
                not_run: not_run.take(),
                output_of: std::mem::take(&mut output_of),
            };
            open = Some((&trimmed[..length], block));
        } else if let Some(reason) = comment(trimmed, "not run:") {
            not_run = Some(reason.to_owned());
        } else if let Some(majors) = comment(trimmed, "output of:") {
            output_of = majors.split_whitespace().filter_map(|m| m.parse().ok()).collect();
        } else if !trimmed.is_empty() {
            not_run = None;
            output_of.clear();
        }
    }
    blocks
}

fn comment<'a>(line: &'a str, what: &str) -> Option<&'a str> {
    line.strip_prefix("<!--")?.trim_start().strip_prefix(what)?.trim_end().strip_suffix("-->").map(str::trim)
}

/// The SQL that a document wants to have run before its blocks.
///
/// # Errors
/// When a file it names cannot be read.
pub fn setup(markdown: &str, repository: &Path) -> std::io::Result<String> {
    let mut sql = String::new();
    let mut rest = markdown;
    while let Some(at) = rest.find("<!-- setup") {
        let body = &rest[at + "<!-- setup".len()..];
        let (body, behind) = body.split_once("-->").unwrap_or((body, ""));
        match body.strip_prefix(':') {
            Some(path) => sql.push_str(&std::fs::read_to_string(repository.join(path.trim()))?),
            None => sql.push_str(body),
        }
        sql.push('\n');
        rest = behind;
    }
    Ok(sql)
}

/// What somebody types at a prompt, and what psql answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// One statement or backslash command, continued lines included.
    pub input: String,
    /// Everything up to the next prompt.
    pub output: String,
    /// Line within the block, from 1.
    pub line: usize,
}

static PROMPT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"^[A-Za-z_][A-Za-z_0-9]*([=\-*'"($])([*!?]?)([#>])( |$)"#).unwrap());

/// The psql session that a block shows; none when it shows something else.
#[must_use]
pub fn exchanges(text: &str) -> Vec<Exchange> {
    let mut all: Vec<Exchange> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(prompt) = PROMPT.captures(line) {
            let typed = &line[prompt[0].len()..];
            if &prompt[1] == "=" {
                all.push(Exchange { input: typed.to_owned(), output: String::new(), line: number + 1 });
            } else if let Some(last) = all.last_mut() {
                last.input.push('\n');
                last.input.push_str(typed);
            }
        } else if let Some(last) = all.last_mut() {
            last.output.push_str(line);
            last.output.push('\n');
        }
    }
    all
}

/// The script that makes psql run these exchanges and print [`MARK`] behind each answer.
#[must_use]
pub fn psql_script(exchanges: &[Exchange]) -> String {
    exchanges.iter().map(|e| format!("{}\n\\echo {MARK}\n", e.input)).collect()
}

/// Ends the answer to an exchange in psql's output.
pub const MARK: &str = "@@end of answer@@";

/// A text without what differs from run to run: durations, sizes, process ids, points in time, trailing spaces, the width of tables and empty lines at
/// the end.
#[must_use]
pub fn normalise(text: &str) -> String {
    static VARIABLE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d(:?\d\d)?)?", "TIMESTAMP"),
            (r"\b\d[\d,.]* ?(bytes|kB|MB|GB|TB)\b", "SIZE"),
            (r"\babout [\d,.]+ ?(ms|s|min|minutes|h|hours)\b", "about TIME"),
            (r"\bpid \d+", "pid N"),
        ]
        .into_iter()
        .map(|(pattern, with)| (Regex::new(pattern).unwrap(), with))
        .collect()
    });
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("Time: ")) {
        let mut line = line.trim_end().to_owned();
        for (pattern, with) in VARIABLE.iter() {
            line = pattern.replace_all(&line, *with).into_owned();
        }
        if line.starts_with("-[ RECORD ") {
            line = line.trim_end_matches(['-', '+']).to_owned();
        }
        let rule = !line.is_empty() && line.trim().bytes().all(|b| b == b'-' || b == b'+');
        if rule {
            line = "---".to_owned();
        } else if line.contains('|') {
            // A value of several lines has a plus at the end of each but the last.
            line = line.strip_suffix('+').map_or(line.clone(), |value| format!("{value} +"));
            line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        lines.push(line);
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.join("\n")
}

/// Whether an output is what a document shows, both normalised; `…` on a line of its own stands for any lines.
#[must_use]
pub fn matches(shown: &str, got: &str) -> bool {
    let (shown, got) = (normalise(shown), normalise(got));
    fn eat(shown: &[&str], got: &[&str]) -> bool {
        match shown.split_first() {
            None => got.is_empty(),
            Some((line, rest)) if line.trim() == "…" => (0..=got.len()).any(|n| eat(rest, &got[n..])),
            Some((line, rest)) => got.split_first().is_some_and(|(first, behind)| {
                // The header of a one-column table is centred by its width, which may differ.
                (first == line || (first.trim() == line.trim() && behind.first() == Some(&"---"))) && eat(rest, behind)
            }),
        }
    }
    eat(&shown.lines().collect::<Vec<_>>(), &got.lines().collect::<Vec<_>>())
}

/// The repository these tests are part of.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_keep_kind_and_line() {
        let all = blocks(
            "a\n```sql setup\nSELECT 1;\n```\n<!-- not run: needs a network -->\n<!-- output of: 15 17 -->\n\n````console\n$ x\n```\n````\n```\n```\n",
        );
        assert_eq!(
            all.iter().map(|b| (b.info.as_str(), b.line)).collect::<Vec<_>>(),
            [("sql setup", 2), ("console", 8), ("", 12)]
        );
        assert_eq!(all[0].text, "SELECT 1;\n");
        assert_eq!(all[1].text, "$ x\n```\n");
        assert_eq!(all[1].not_run.as_deref(), Some("needs a network"));
        assert_eq!(all[1].output_of, [15, 17]);
        assert_eq!((&all[2].not_run, all[2].output_of.len()), (&None, 0));
    }

    #[test]
    fn sessions_are_cut_at_prompts() {
        let all = exchanges("shop=# SELECT 1,\nshop-#   2;\n ?column? | ?column?\n----\n\nshop=*> \\q\n");
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].input, "SELECT 1,\n  2;");
        assert_eq!(all[0].output, " ?column? | ?column?\n----\n\n");
        assert_eq!((all[1].input.as_str(), all[1].line), ("\\q", 6));
        assert!(exchanges("SELECT 1;\n").is_empty());
    }

    #[test]
    fn outputs_match_but_for_what_varies() {
        assert!(matches("DETAIL:  (65 MB), about 0.7 s here.\n", "DETAIL:  (64 MB), about 1 s here.\n\n"));
        assert!(matches("a\n…\nz", "a\nb\nc\nz"));
        assert!(matches(" a  | b\n----+---\n 1  | 2\n", "  a  |  b \n-----+----\n 1   | 2\n"));
        assert!(!matches("a\n…\nz", "a\nb\nc"));
        assert!(!matches("LINE 1: x\n        ^", "LINE 1: x\n       ^"));
        assert!(matches("-[ RECORD 1 ]---\na | 1;+\n  | 2\n", "-[ RECORD 1 ]-+----\na | 1;   +\n  | 2\n"));
        assert!(!matches("-[ RECORD 1 ]---\n", "-[ RECORD 2 ]---\n"));
        assert!(!matches("1,000,000 rows", "1,000,001 rows"));
    }

    #[test]
    fn setup_comes_from_comments() {
        let sql =
            setup("x <!-- setup\nSELECT 1;\n--> y <!-- setup: Cargo.toml --> z", Path::new(env!("CARGO_MANIFEST_DIR")))
                .unwrap();
        assert!(sql.starts_with("\nSELECT 1;\n"));
        assert!(sql.contains("[package]"));
    }
}
