//! Cuts a script into statements, as far as these tests need it: quotes, dollar quotes, comments, `BEGIN ATOMIC` not.

/// A statement with what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// From its first word to its semicolon, comments inside included.
    pub text: &'a str,
    /// Line comments inside it, and behind its semicolon on the same line, without their dashes.
    pub comments: Vec<&'a str>,
    /// Line of its first word, from 1.
    pub line: usize,
}

/// Cuts a script at its semicolons. Comments on lines of their own between statements belong to none.
#[must_use]
pub fn split(script: &str) -> Vec<Statement<'_>> {
    let bytes = script.as_bytes();
    let mut statements: Vec<Statement<'_>> = Vec::new();
    let mut start: Option<usize> = None;
    let mut comments = Vec::new();
    let mut same_line = false;
    let mut i = 0;
    let line_of = |at: usize| script[..at].matches('\n').count() + 1;
    while i < bytes.len() {
        let rest = &script[i..];
        let first = bytes[i];
        if first == b'\n' {
            same_line = false;
            i += 1;
        } else if first.is_ascii_whitespace() {
            i += 1;
        } else if rest.starts_with("--") {
            let end = rest.find('\n').unwrap_or(rest.len());
            let comment = rest[2..end].trim();
            if start.is_some() {
                comments.push(comment);
            } else if same_line && let Some(last) = statements.last_mut() {
                last.comments.push(comment);
            }
            i += end;
        } else if rest.starts_with("/*") && start.is_none() && same_line {
            i += block_comment(rest);
        } else if first == b';' {
            if let Some(from) = start.take() {
                statements.push(Statement {
                    text: &script[from..=i],
                    comments: std::mem::take(&mut comments),
                    line: line_of(from),
                });
            }
            same_line = true;
            i += 1;
        } else {
            start.get_or_insert(i);
            i += token(rest, i == 0 || !is_word(bytes[i - 1]));
        }
    }
    if let Some(from) = start {
        statements.push(Statement { text: script[from..].trim_end(), comments, line: line_of(from) });
    }
    statements
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80
}

/// Length of the quoted text, comment or single character that `rest` starts with.
fn token(rest: &str, word_starts: bool) -> usize {
    let first = rest.as_bytes()[0];
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if word_starts && (first == b'E' || first == b'e') && rest[1..].starts_with('\'') {
        return 1 + quoted(&rest[1..], '\'', true);
    }
    match first {
        b'\'' => quoted(rest, '\'', false),
        b'"' => quoted(rest, '"', false),
        b'$' if word_starts => dollar_quoted(rest),
        _ => rest.chars().next().map_or(1, char::len_utf8),
    }
}

fn quoted(rest: &str, quote: char, backslash: bool) -> usize {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if backslash && c == '\\' {
            chars.next();
        } else if c == quote {
            return at + 1;
        }
    }
    rest.len()
}

fn dollar_quoted(rest: &str) -> usize {
    let Some(end) = rest[1..].find('$') else {
        return 1;
    };
    let tag = &rest[..end + 2];
    let inner = &tag[1..tag.len() - 1];
    if inner.starts_with(|c: char| c.is_ascii_digit()) || !inner.bytes().all(|b| is_word(b) && b != b'$') {
        return 1;
    }
    rest[tag.len()..].find(tag).map_or(rest.len(), |at| at + 2 * tag.len())
}

fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut i) = (0, 0);
    while i + 1 < bytes.len() {
        match &bytes[i..i + 2] {
            b"/*" => (depth, i) = (depth + 1, i + 2),
            b"*/" => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    rest.len()
}

/// A text as an SQL literal.
#[must_use]
pub fn literal(text: &str) -> String {
    if text.contains('\\') {
        format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<&str> {
        split(script).into_iter().map(|s| s.text).collect()
    }

    #[test]
    fn cuts_at_semicolons_outside_of_quotes() {
        assert_eq!(
            texts("SELECT ';'; SELECT \";\";\nSELECT $$;$$, $a$;$$;$a$, E'\\';' ;SELECT 1 /* ; /* ; */ ; */"),
            ["SELECT ';';", "SELECT \";\";", "SELECT $$;$$, $a$;$$;$a$, E'\\';' ;", "SELECT 1 /* ; /* ; */ ; */"]
        );
    }

    #[test]
    fn parameters_are_not_dollar_quotes() {
        assert_eq!(texts("SELECT $1; SELECT $2;"), ["SELECT $1;", "SELECT $2;"]);
    }

    #[test]
    fn comments_go_to_the_statement_they_follow() {
        let all =
            split("-- before\nSELECT 1; -- ok\n-- between\nSELECT 2, -- inside\n 3; /* x */ -- finding: a, b\n;;\n");
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].comments, ["ok"]);
        assert_eq!(all[1].comments, ["inside", "finding: a, b"]);
        assert_eq!((all[0].line, all[1].line), (2, 4));
    }

    #[test]
    fn names_of_any_script_are_kept() {
        assert_eq!(texts("SELECT 'é', é; SELECT 'ü';"), ["SELECT 'é', é;", "SELECT 'ü';"]);
    }
}
