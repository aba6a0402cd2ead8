//! Client-side tests.
