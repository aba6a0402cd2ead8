//! A map of a few entries as a sorted list: made, searched and dropped with less work than a tree.

/// Values by their keys.
pub(super) struct Sorted<K, V>(Vec<(K, V)>);

impl<K: Ord, V> Sorted<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().and_then(|at| self.0.get(at)).map(|(_, value)| value)
    }

    /// The value of a key that had none, or that had another.
    pub(super) fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    fn place(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(key))
    }
}

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Sorted<K, V> {
    /// Of equal keys, the last holds.
    fn from_iter<T: IntoIterator<Item = (K, V)>>(entries: T) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        // Stable, so that the last of equal ones comes first when reversed.
        entries.reverse();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|(a, _), (b, _)| a == b);
        Self(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::Sorted;

    #[test]
    fn it_finds_what_was_put_in_last() {
        let mut map: Sorted<_, _> = [(3, 'c'), (1, 'x'), (2, 'b'), (1, 'a')].into_iter().collect();
        map.insert(0, 'z');
        map.insert(2, 'y');
        let found: Vec<_> = (0..5).map(|key| map.get(&key).copied()).collect();
        assert_eq!(found, [Some('z'), Some('a'), Some('y'), Some('c'), None]);
    }
}
