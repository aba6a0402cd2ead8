//! Queries: what they read and write.
//!
//! Vouches for: the walker's context outlives the walk; within the walk no Rust value is dropped and nothing unwinds, for an
//! error of the server jumps over its frames.

use super::{Lowering, Node, text};
use crate::ast::{QualifiedName, Select, Statement, Write, WriteKind, Written, compat};
use core::ffi::c_void;
use pgrx::pg_sys::{self, NodeTag};

impl<'mcx> Lowering<'_, 'mcx> {
    pub(super) fn query(self, node: Node<'mcx>) -> Option<Statement> {
        let write = |kind, table, rows| Some(Statement::Write(Write { kind, table: self.name(table), rows }));
        if let Some(s) = node.cast::<pg_sys::SelectStmt>() {
            self.select(node, s)
        } else if let Some(s) = node.cast::<pg_sys::UpdateStmt>() {
            write(WriteKind::Update, s.relation, self.limited(s.fromClause, s.whereClause))
        } else if let Some(s) = node.cast::<pg_sys::DeleteStmt>() {
            write(WriteKind::Delete, s.relation, self.limited(s.usingClause, s.whereClause))
        } else if let Some(s) = node.cast::<pg_sys::InsertStmt>() {
            write(WriteKind::Insert, s.relation, self.inserted(s))
        } else if let Some(s) = node.cast::<pg_sys::MergeStmt>() {
            write(WriteKind::Merge, s.relation, self.each_of(s.sourceRelation, s.withClause))
        } else if let Some(s) = node.cast::<pg_sys::CopyStmt>() {
            if s.is_from { write(WriteKind::Copy, s.relation, Written::Unknown) } else { None }
        } else {
            None
        }
    }

    fn select(self, node: Node<'mcx>, s: &pg_sys::SelectStmt) -> Option<Statement> {
        let seen = self.walk(node);
        if let Some(into) = self.node(s.intoClause) {
            let into = into.cast::<pg_sys::IntoClause>()?;
            return Some(Statement::CreateTableAs {
                table: self.name(into.rel),
                temporary: self.is_temporary(into.rel),
                materialized: false,
                if_not_exists: false,
                no_data: false,
                reads: seen.reads,
            });
        }
        Some(Statement::Select(seen))
    }

    /// Relations that a query reads. Of a prepared one (`AS EXECUTE`) they are not known here.
    pub(super) fn reads(self, query: *const pg_sys::Node) -> Vec<QualifiedName> {
        let select = self.node(query).filter(|query| query.cast::<pg_sys::SelectStmt>().is_some());
        select.map(|query| self.walk(query).reads).unwrap_or_default()
    }

    /// Relations that conditions read in subqueries.
    pub(super) fn reads_of_conditions(self, conditions: [*const pg_sys::Node; 2]) -> Vec<QualifiedName> {
        conditions
            .into_iter()
            .filter_map(|condition| self.node(condition))
            .flat_map(|node| self.walk(node).reads)
            .collect()
    }

    /// The rows of a table that a join or a condition may leave out.
    fn limited(self, join: *const pg_sys::List, condition: *const pg_sys::Node) -> Written {
        match self.null_test(condition) {
            _ if !join.is_null() => Written::Unknown,
            Some((column, null)) => Written::ByNull { column, null },
            None if self.limits(condition) => Written::Unknown,
            None => Written::All,
        }
    }

    /// The rows of INSERT: known where its query leaves none out and makes no fewer of them.
    fn inserted(self, s: &pg_sys::InsertStmt) -> Written {
        let Some(node) = self.node(s.selectStmt).filter(|_| s.withClause.is_null()) else { return Written::Unknown };
        let Some(query) = node.cast::<pg_sys::SelectStmt>() else { return Written::Unknown };
        let mut sources = self.nodes(query.fromClause);
        match (sources.next(), sources.next()) {
            (Some(source), None) if self.keeps_every_row(query) && !self.walk(node).may_aggregate => {
                self.each_of(source.as_ptr(), query.withClause)
            }
            _ => Written::Unknown,
        }
    }

    fn keeps_every_row(self, query: &pg_sys::SelectStmt) -> bool {
        query.op == pg_sys::SetOperation::SETOP_NONE
            && query.distinctClause.is_null()
            && query.groupClause.is_null()
            && query.havingClause.is_null()
            && query.limitCount.is_null()
            && query.limitOffset.is_null()
            && !self.limits(query.whereClause)
    }

    /// One row for each of a relation that is named, and that no WITH may stand for.
    fn each_of(self, source: *const pg_sys::Node, with: *const pg_sys::WithClause) -> Written {
        let relation = self.node(source).filter(|node| with.is_null() && node.cast::<pg_sys::RangeVar>().is_some());
        relation.map_or(Written::Unknown, |relation| Written::EachOf(self.name(relation.as_ptr().cast())))
    }

    /// Whether a WHERE clause can leave rows out.
    fn limits(self, condition: *const pg_sys::Node) -> bool {
        self.node(condition).is_some_and(|condition| {
            let constant = condition.cast::<pg_sys::A_Const>();
            !constant.is_some_and(|constant| self.is_true(constant))
        })
    }

    fn is_true(self, constant: &pg_sys::A_Const) -> bool {
        // SAFETY: the union begins with a node of its own, whose tag `cast` checks.
        let value = unsafe { Node::from_ptr(&raw const constant.val.node, self.mcx) };
        value.and_then(Node::cast::<pg_sys::Boolean>).is_some_and(|value| value.boolval)
    }

    fn walk(self, query: Node<'mcx>) -> Select {
        let mut found = Found::default();
        // SAFETY: a query's node; what is found outlives the walk.
        unsafe { compat::walk_raw(query.as_ptr(), visit, core::ptr::from_mut(&mut found).cast()) };
        let mut seen = Select::default();
        let mut named = Vec::new();
        for node in found.nodes.iter().filter_map(|node| self.node(*node)) {
            self.note(node, &mut seen, &mut named);
        }
        // A name of WITH hides a relation without a schema.
        seen.reads.retain(|read| read.schema.is_some() || !named.iter().any(|name| **name == *read.name));
        seen
    }

    fn note(self, node: Node<'mcx>, seen: &mut Select, named: &mut Vec<String>) {
        if let Some(range_var) = node.cast::<pg_sys::RangeVar>() {
            let name = self.name(range_var);
            if !seen.reads.iter().any(|known| (&known.schema, &known.name) == (&name.schema, &name.name)) {
                seen.reads.push(name);
            }
        } else if let Some(call) = node.cast::<pg_sys::FuncCall>() {
            seen.calls.extend(self.strings(call.funcname).pop());
            seen.may_aggregate |= call.agg_star || !call.args.is_null();
        } else if let Some(cte) = node.cast::<pg_sys::CommonTableExpr>() {
            named.extend(text(cte.ctename));
        } else if let Some(select) = node.cast::<pg_sys::SelectStmt>() {
            seen.locks_rows |= !select.lockingClause.is_null();
        }
    }
}

/// Nodes of a query that are looked at when the walk has ended: within it nothing may unwind.
#[derive(Default)]
struct Found {
    nodes: Vec<*const pg_sys::Node>,
}

/// # Safety
/// Called by the server's walker with a node of the tree, or null, and what was found so far.
unsafe extern "C-unwind" fn visit(node: *mut pg_sys::Node, found: *mut c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: as the caller says; every node begins with its tag. What is nested too deep is read no further: the
    // statement will fail on it by itself.
    unsafe {
        let of_interest = matches!(
            (*node).type_,
            NodeTag::T_RangeVar | NodeTag::T_FuncCall | NodeTag::T_CommonTableExpr | NodeTag::T_SelectStmt
        );
        if of_interest {
            (*found.cast::<Found>()).nodes.push(node);
        }
        compat::stack_is_too_deep() || compat::walk_children(node, visit, found)
    }
}
