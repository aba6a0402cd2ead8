//! Pieces of the text that a statement was parsed from, found with the server's own scanner.
//!
//! Vouches for: the scanner reads a NUL-terminated copy that outlives it.

use crate::text;
use core::ffi::{CStr, c_char, c_int};
use core::panic::AssertUnwindSafe;
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::ffi::CString;
use std::rc::Rc;

/// The text of a statement, in the encoding of the database, or nothing where it is not known (DDL inside a function).
/// Clones share it: each [`Excerpt`] holds one, and nothing is scanned before somebody asks for the piece.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Source {
    bytes: Option<Rc<[u8]>>,
    /// The offset of the first byte, as the parse tree counts.
    base: usize,
    /// Bytes from the base up to the end of the statement, or a little past it.
    len: usize,
}

/// What a piece of text begins and ends with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Shape {
    /// A clause that begins at the offset, up to the comma, bracket or keyword that ends it.
    #[default]
    Clause,
    /// What stands between the first bracket at or after the offset and its partner.
    InBrackets,
    /// What follows the name (`a`, `s.a`) at the offset, up to the end of the statement.
    AfterName,
}

/// A piece of a statement's text, found with the server's scanner when it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    source: Source,
    from: usize,
    shape: Shape,
}

impl Excerpt {
    /// The text as it was written, where it is known.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self.shape {
            Shape::Clause => self.source.scan(self.from, clause),
            Shape::InBrackets => self.source.scan(self.from, in_brackets),
            Shape::AfterName => self.source.scan(self.from, after_name),
        }
    }
}

fn clause(rest: &[u8], scanner: &mut Scanner) -> Option<String> {
    let mut depth = 0_usize;
    while let Some(token) = scanner.next() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth > 0 => depth -= 1,
            Kind::Close | Kind::Comma | Kind::End if depth == 0 => return piece(rest.get(..token.at)?),
            Kind::Keyword(word) if depth == 0 && token.at > 0 && ends_clause(word) => {
                return piece(rest.get(..token.at)?);
            }
            _ => {}
        }
    }
    piece(rest)
}

fn in_brackets(rest: &[u8], scanner: &mut Scanner) -> Option<String> {
    let mut depth = 0_usize;
    let mut start = 0;
    while let Some(token) = scanner.next() {
        match token.kind {
            Kind::Open => {
                depth += 1;
                if depth == 1 {
                    start = token.at + 1;
                }
            }
            Kind::Close => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return piece(rest.get(start..token.at)?);
                }
            }
            Kind::End => return None,
            _ => {}
        }
    }
    None
}

fn after_name(rest: &[u8], scanner: &mut Scanner) -> Option<String> {
    let mut expects_part = true;
    let mut start = None;
    while let Some(token) = scanner.next() {
        match token.kind {
            Kind::End => return piece(rest.get(start?..token.at)?),
            _ if start.is_some() => {}
            Kind::Dot => expects_part = true,
            _ if expects_part => expects_part = false,
            _ => start = Some(token.at),
        }
    }
    piece(rest.get(start?..)?)
}

impl Source {
    /// Text up to the end of the statement, or a little past it.
    pub(crate) fn known(bytes: &[u8]) -> Self {
        Self::from_offset(bytes, 0)
    }

    /// The same, where the parse tree counts from `base` bytes before it.
    pub(crate) fn from_offset(bytes: &[u8], base: usize) -> Self {
        Self { bytes: Some(bytes.into()), base, len: bytes.len() }
    }

    /// No text.
    pub(crate) fn unknown() -> Self {
        Self::default()
    }

    /// The same text, but only up to this offset.
    pub(super) fn until(&self, end: usize) -> Self {
        Self { len: self.len.min(end.saturating_sub(self.base)), ..self.clone() }
    }

    pub(super) fn clause(&self, from: Option<usize>) -> Excerpt {
        self.excerpt(from, Shape::Clause)
    }

    pub(super) fn in_brackets(&self, from: Option<usize>) -> Excerpt {
        self.excerpt(from, Shape::InBrackets)
    }

    pub(super) fn after_name(&self, from: Option<usize>) -> Excerpt {
        self.excerpt(from, Shape::AfterName)
    }

    fn excerpt(&self, from: Option<usize>, shape: Shape) -> Excerpt {
        from.map(|from| Excerpt { source: self.clone(), from, shape }).unwrap_or_default()
    }

    /// The offset of the first token of the text.
    pub(super) fn first_token(&self) -> Option<usize> {
        self.scan(self.base, |_, scanner| scanner.next().map(|token| token.at))
    }

    /// The offsets of the semicolons that end statements, up to a place that the scanner cannot read.
    pub(super) fn semicolons(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.scan(self.base, |_, scanner| {
            while let Some(token) = scanner.next() {
                if token.kind == Kind::End {
                    found.push(token.at);
                }
            }
            None::<()>
        });
        found
    }

    /// The comments, in their order; none where the scanner cannot read the text.
    pub(crate) fn comments(&self) -> Vec<Comment> {
        self.scan(self.base, |rest, scanner| {
            let (mut found, mut end) = (Vec::new(), 0);
            loop {
                let token = scanner.next();
                let next = token.as_ref().map_or(rest.len(), |token| token.at);
                let gap = comments_between(rest.get(end..next)?, end);
                found.extend(gap.into_iter().map(|(at, text)| Comment {
                    at,
                    text,
                    before: token.as_ref().map(|t| t.at),
                }));
                match token {
                    Some(token) => end = token.at + scanner.length_at(token.at),
                    None => return Some(found),
                }
            }
        })
        .unwrap_or_default()
    }

    /// The text from its first token on, without what stands in the brackets of OPTIONS, which may be secret; `None` where it
    /// cannot be read.
    pub(crate) fn without_options(&self) -> Option<String> {
        self.scan(self.base, |rest, scanner| {
            let (mut kept, mut begins) = (String::new(), None);
            let (mut follows_options, mut depth) = (false, 0_usize);
            while let Some(token) = scanner.next() {
                let from = begins.get_or_insert(token.at);
                match token.kind {
                    Kind::Open if depth > 0 => depth += 1,
                    Kind::Open if follows_options => {
                        depth = 1;
                        kept.push_str(&text::decode(rest.get(*from..=token.at)?));
                        kept.push_str("...");
                    }
                    Kind::Close if depth > 0 => {
                        depth -= 1;
                        *from = token.at;
                    }
                    _ => {}
                }
                follows_options = token.kind == Kind::Keyword(b"options");
            }
            if depth == 0 {
                kept.push_str(&text::decode(rest.get(begins?..)?));
            }
            Some(kept)
        })
    }

    /// Reads tokens from the offset on. What the scanner cannot read (a text that was cut off) is no answer; catching
    /// that needs no subtransaction, for the scanner touches nothing but memory.
    fn scan<T>(&self, from: usize, read: impl FnOnce(&[u8], &mut Scanner) -> Option<T>) -> Option<T> {
        let rest = self.bytes.as_ref()?.get(from.checked_sub(self.base)?..self.len)?;
        let text = CString::new(rest).ok()?;
        let mut read = AssertUnwindSafe(Some(read));
        PgTryBuilder::new(AssertUnwindSafe(move || {
            let mut scanner = Scanner::new(text);
            read.take()?(rest, &mut scanner)
        }))
        .catch_when(PgSqlErrorCode::ERRCODE_SYNTAX_ERROR, |_| None)
        .catch_when(PgSqlErrorCode::ERRCODE_INVALID_ESCAPE_SEQUENCE, |_| None)
        .catch_when(PgSqlErrorCode::ERRCODE_NONSTANDARD_USE_OF_ESCAPE_CHARACTER, |_| None)
        .catch_when(PgSqlErrorCode::ERRCODE_CHARACTER_NOT_IN_REPERTOIRE, |_| None)
        .execute()
    }
}

/// A comment of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    /// Byte offset.
    pub(crate) at: usize,
    /// With its delimiters.
    pub(crate) text: String,
    /// Byte offset of the token that follows.
    before: Option<usize>,
}

impl Comment {
    /// Whether it stands in a statement that reaches from one offset to another, or directly before it.
    pub(crate) fn belongs_to(&self, from: usize, to: usize) -> bool {
        let within = |at: usize| (from..to).contains(&at);
        within(self.at) || self.before.is_some_and(within)
    }
}

/// The comments of a text that holds nothing else but blanks, each with its offset.
fn comments_between(gap: &[u8], base: usize) -> Vec<(usize, String)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(rest) = gap.get(at..).filter(|rest| !rest.is_empty()) {
        let length = if rest.starts_with(b"--") {
            rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            length_of_block(rest)
        } else {
            at += 1;
            continue;
        };
        found.push((base + at, text::decode(&rest[..length]).into_owned()));
        at += length;
    }
    found
}

/// A block comment may hold others.
fn length_of_block(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// A piece that may stand in the middle of other SQL: a comment to the end of its line would swallow what follows.
fn piece(bytes: &[u8]) -> Option<String> {
    let piece = text::decode(bytes).trim().to_owned();
    (!piece.is_empty() && !piece.contains("--")).then_some(piece)
}

/// Keywords after the default or the type of a column definition.
fn ends_clause(word: &[u8]) -> bool {
    [
        &b"constraint"[..],
        b"not",
        b"null",
        b"unique",
        b"primary",
        b"check",
        b"default",
        b"references",
        b"generated",
        b"collate",
        b"using",
        b"deferrable",
        b"initially",
        b"compression",
        b"storage",
    ]
    .contains(&word)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    Comma,
    Dot,
    End,
    Keyword(&'static [u8]),
    Other,
}

struct Token {
    at: usize,
    kind: Kind,
}

/// The server's scanner over a copy of the text; it may raise the server's own syntax errors.
struct Scanner {
    handle: pg_sys::core_yyscan_t,
    /// Held for its address, which the scanner keeps, as it does that of the text.
    extra: Box<pg_sys::core_yy_extra_type>,
    _text: CString,
}

impl Scanner {
    fn new(text: CString) -> Self {
        let mut extra = Box::<pg_sys::core_yy_extra_type>::default();
        // SAFETY: text and extra live as long as the scanner: they move into it, and neither changes its address.
        let handle = unsafe {
            pg_sys::scanner_init(
                text.as_ptr(),
                &raw mut *extra,
                &raw const pg_sys::ScanKeywords,
                (&raw const pg_sys::ScanKeywordTokens).cast::<pg_sys::uint16>(),
            )
        };
        // The parser has said its warnings about this text; they are not said twice.
        extra.escape_string_warning = false;
        Self { handle, extra, _text: text }
    }

    fn next(&mut self) -> Option<Token> {
        let mut value = pg_sys::core_YYSTYPE { ival: 0 };
        let mut at: c_int = 0;
        // SAFETY: the scanner is open, and both places are ours.
        let code = unsafe { pg_sys::core_yylex(&raw mut value, &raw mut at, self.handle) };
        if code == 0 {
            return None;
        }
        let kind = match u8::try_from(code).ok() {
            Some(b'(' | b'[') => Kind::Open,
            Some(b')' | b']') => Kind::Close,
            Some(b',') => Kind::Comma,
            Some(b'.') => Kind::Dot,
            Some(b';') => Kind::End,
            _ if is_keyword(code) => {
                // SAFETY: for a keyword the scanner sets the pointer to its constant, NUL-terminated name.
                Kind::Keyword(unsafe { CStr::from_ptr::<'static>(value.keyword.cast::<c_char>()) }.to_bytes())
            }
            _ => Kind::Other,
        };
        Some(Token { at: usize::try_from(at).unwrap_or(0), kind })
    }

    /// How long the token at the offset is that was read last: the scanner keeps a zero byte behind it.
    fn length_at(&self, at: usize) -> usize {
        // SAFETY: the scanner's own copy of the text, and an offset within it.
        unsafe { CStr::from_ptr(self.extra.scanbuf.add(at)) }.to_bytes().len()
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        // SAFETY: opened by `new`. The server's scanner_finish only frees memory.
        unsafe { pg_sys::scanner_finish(self.handle) };
    }
}

/// Keywords are numbered after every other token, and the table of their numbers begins with the first of them.
fn is_keyword(code: c_int) -> bool {
    // SAFETY: the table has an entry for each keyword, so at least one.
    let first = unsafe { *(&raw const pg_sys::ScanKeywordTokens).cast::<pg_sys::uint16>() };
    code >= c_int::from(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_between_tokens_are_told_apart() {
        let found = comments_between(b" -- a\n/* b /* c */ d */ \n--", 10);
        assert_eq!(found, [(11, "-- a".into()), (16, "/* b /* c */ d */".into()), (35, "--".into())]);
        assert_eq!(comments_between(b"/* never ends", 0), [(0, "/* never ends".into())]);
    }

    #[test]
    fn a_comment_belongs_to_what_it_is_in_or_before() {
        let comment = |at, before| Comment { at, text: String::new(), before };
        assert!(comment(3, Some(10)).belongs_to(10, 20) && comment(12, Some(15)).belongs_to(10, 20));
        assert!(comment(19, None).belongs_to(10, 20) && comment(19, Some(20)).belongs_to(10, 20));
        assert!(!comment(21, Some(30)).belongs_to(10, 20) && !comment(3, Some(5)).belongs_to(10, 20));
    }
}
