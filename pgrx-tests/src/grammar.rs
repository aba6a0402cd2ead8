//! Random texts of a small grammar, the same for the same seed on every machine.
//!
//! A line at the margin names a symbol; the indented lines below it are its alternatives, of which one is taken. `N:` before an alternative makes it
//! N times as likely. `{symbol}` stands for what that symbol becomes; braces around anything else are text. `#` begins a comment.

use std::collections::HashMap;

/// Where symbols are nested deeper than this, the first alternative is taken.
const DEPTH: u32 = 12;

/// Random numbers (SplitMix64): good enough to pick alternatives, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers that depend on the seed alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Symbols with their alternatives.
pub struct Grammar<'a> {
    /// An alternative stands as often as it is likely.
    symbols: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Grammar<'a> {
    /// Reads a grammar.
    ///
    /// # Panics
    /// When it says what means nothing: a symbol without an alternative, or one that nothing explains.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let mut symbols: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut symbol = "";
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            if line.starts_with(' ') {
                let (times, alternative) = weighed(line.trim());
                let alternatives = symbols.get_mut(symbol).expect("an alternative belongs to a symbol");
                alternatives.extend(std::iter::repeat_n(alternative, times));
            } else {
                symbol = line.trim();
                assert!(symbols.insert(symbol, Vec::new()).is_none(), "{symbol} is explained twice");
            }
        }
        for (symbol, alternatives) in &symbols {
            assert!(!alternatives.is_empty(), "{symbol} has no alternative");
            for used in alternatives.iter().flat_map(|alternative| parts(alternative)).filter_map(|(_, symbol)| symbol)
            {
                assert!(symbols.contains_key(used), "{symbol} uses {used}, which nothing explains");
            }
        }
        Self { symbols }
    }

    /// What a symbol becomes this time.
    #[must_use]
    pub fn text(&self, symbol: &str, random: &mut Random) -> String {
        let mut text = String::new();
        self.expand(symbol, random, 0, &mut text);
        text
    }

    fn expand(&self, symbol: &str, random: &mut Random, depth: u32, into: &mut String) {
        let alternatives = &self.symbols[symbol];
        let chosen = if depth > DEPTH { alternatives[0] } else { random.one_of(alternatives) };
        for (text, symbol) in parts(chosen) {
            into.push_str(text);
            if let Some(symbol) = symbol {
                self.expand(symbol, random, depth + 1, into);
            }
        }
    }
}

fn weighed(alternative: &str) -> (usize, &str) {
    let weight = alternative.split_once(": ").and_then(|(times, rest)| Some((times.parse().ok()?, rest)));
    weight.unwrap_or((1, alternative))
}

/// An alternative in pieces: text, and the symbol behind it.
fn parts(alternative: &str) -> Vec<(&str, Option<&str>)> {
    let mut parts = Vec::new();
    let (mut rest, mut from) = (alternative, 0);
    while let Some(open) = rest[from..].find('{').map(|at| from + at) {
        let close = rest[open..].find('}').map_or(rest.len(), |at| open + at);
        let name = &rest[open + 1..close];
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()) {
            parts.push((&rest[..open], Some(name)));
            (rest, from) = (&rest[close + 1..], 0);
        } else {
            from = open + 1;
        }
    }
    parts.push((rest, None));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAMMAR: &str = "# numbers\nsum\n    {n}\n    9: ({sum} + {sum})\nn\n    '{1}'\n";

    #[test]
    fn the_same_seed_says_the_same() {
        let grammar = Grammar::parse(GRAMMAR);
        let texts = |seed: u64| (0..20).map(|i| grammar.text("sum", &mut Random::new(seed + i))).collect::<Vec<_>>();
        assert_eq!(texts(1), texts(1));
        assert_ne!(texts(1), texts(100));
    }

    #[test]
    fn it_comes_to_an_end_and_leaves_other_braces_alone() {
        let grammar = Grammar::parse(GRAMMAR);
        let mut random = Random::new(7);
        for _ in 0..20 {
            let text = grammar.text("sum", &mut random);
            assert!(text.contains("'{1}'") && !text.contains("{n}"), "{text}");
        }
    }

    #[test]
    #[should_panic(expected = "nothing explains")]
    fn a_symbol_that_is_not_there_is_told() {
        let _ = Grammar::parse("a\n    {b}\n");
    }
}
