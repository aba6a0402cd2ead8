//! From SQL text or a parse node to plain [`Statement`]s. Nothing else touches `pg_sys` parse nodes.
#![allow(unsafe_code, reason = "parse nodes are read where their tag says what they are; see node.rs")]

pub(crate) mod commands;
mod compat;
mod list;
mod lower;
mod node;
mod parse;
mod source;
mod statement;

pub use commands::Commands;
pub(crate) use list::{columns_of_list, types_of_list};
pub(crate) use lower::{
    drops_extension, first_name, is_judged, lower, made_by, makes_something, may_rename, runs_concurrently,
};
pub(crate) use node::Node;
pub(crate) use parse::{SyntaxError, parse};
pub(crate) use source::{Comment, Source};
pub use statement::*;
