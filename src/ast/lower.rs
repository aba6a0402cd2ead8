//! Parse nodes in, owned [`Statement`]s out. Never fails: what is not understood is `Other`.
//!
//! Vouches for: every pointer read is a field of a live node, null or valid, as [`Node::from_ptr`] was promised.

use super::node::{Node, nodes};
use super::{CreateIndex, Literal, Made, Opaque, QualifiedName, Source, Statement, Transaction, compat};
use crate::text;
use core::ffi::{c_char, c_int};
use pgrx::memcx::MemCx;
use pgrx::pg_sys::{self, NodeTag};
use std::rc::Rc;

mod alter_table;
mod command;
mod create_table;
mod query;

/// Whether any rule may read a statement of this kind; the others need not be looked at.
pub(crate) fn is_judged(tag: NodeTag) -> bool {
    matches!(
        tag,
        NodeTag::T_AlterDomainStmt
            | NodeTag::T_AlterEnumStmt
            | NodeTag::T_AlterObjectSchemaStmt
            | NodeTag::T_AlterTableStmt
            | NodeTag::T_CreateDomainStmt
            | NodeTag::T_CreateEnumStmt
            | NodeTag::T_CreateForeignTableStmt
            | NodeTag::T_CreateSchemaStmt
            | NodeTag::T_CreateSeqStmt
            | NodeTag::T_CreateStmt
            | NodeTag::T_CreateTableAsStmt
            | NodeTag::T_CreateTrigStmt
            | NodeTag::T_DropStmt
            | NodeTag::T_GrantStmt
            | NodeTag::T_IndexStmt
            | NodeTag::T_RefreshMatViewStmt
            | NodeTag::T_ReindexStmt
            | NodeTag::T_RenameStmt
            | NodeTag::T_RuleStmt
    )
}

/// Whether a statement drops the extension of that name.
pub(crate) fn drops_extension<'mcx>(node: Node<'mcx>, name: &str, mcx: &MemCx<'mcx>) -> bool {
    let source = Source::unknown();
    let lowering = Lowering { source: &source, mcx };
    node.cast::<pg_sys::DropStmt>().is_some_and(|s| {
        s.removeType == pg_sys::ObjectType::OBJECT_EXTENSION
            && lowering.strings(s.objects).iter().any(|dropped| dropped == name)
    })
}

/// Whether a statement may give something another name, or another schema.
pub(crate) fn may_rename(tag: NodeTag) -> bool {
    matches!(tag, NodeTag::T_RenameStmt | NodeTag::T_AlterObjectSchemaStmt)
}

/// Whether a statement may leave behind what is judged before commit.
pub(crate) fn makes_something<'mcx>(node: Node<'mcx>, mcx: &MemCx<'mcx>) -> bool {
    match node.tag() {
        NodeTag::T_CreateSchemaStmt | NodeTag::T_CreateStmt | NodeTag::T_CreateTableAsStmt => true,
        _ => {
            let source = Source::unknown();
            let lowering = Lowering { source: &source, mcx };
            node.cast::<pg_sys::AlterTableStmt>()
                .is_some_and(|s| lowering.adds_foreign_key(s) || lowering.enables_row_security(s))
        }
    }
}

/// Whether a statement runs CONCURRENTLY: not in a transaction, and without a lock that others queue behind.
pub(crate) fn runs_concurrently<'mcx>(node: Node<'mcx>, mcx: &MemCx<'mcx>) -> bool {
    let source = Source::unknown();
    let lowering = Lowering { source: &source, mcx };
    if let Some(s) = node.cast::<pg_sys::IndexStmt>() {
        s.concurrent
    } else if let Some(s) = node.cast::<pg_sys::DropStmt>() {
        s.concurrent
    } else if let Some(s) = node.cast::<pg_sys::ReindexStmt>() {
        lowering.reindex(s).concurrently
    } else if let Some(s) = node.cast::<pg_sys::AlterTableStmt>() {
        lowering.detaches_concurrently(s)
    } else {
        false
    }
}

/// What a statement has made that is judged before commit. Only what is needed for that is read.
pub(crate) fn made_by<'mcx>(node: Node<'mcx>, mcx: &MemCx<'mcx>) -> Vec<Made> {
    let source = Source::unknown();
    Lowering { source: &source, mcx }.made(node)
}

/// The statement of a utility node, or of any node of a script.
pub(crate) fn lower<'mcx>(node: Node<'mcx>, source: &Source, mcx: &MemCx<'mcx>) -> Statement {
    Lowering { source, mcx }.statement(node)
}

/// The first name in a statement that has a place in the text.
pub(crate) fn first_name<'mcx>(node: Node<'mcx>, mcx: &MemCx<'mcx>) -> Option<QualifiedName> {
    let source = Source::unknown();
    let lowering = Lowering { source: &source, mcx };
    let range_var = if let Some(s) = node.cast::<pg_sys::CreateStmt>() {
        s.relation
    } else if let Some(s) = node.cast::<pg_sys::CreateForeignTableStmt>() {
        s.base.relation
    } else if let Some(s) = node.cast::<pg_sys::CreateSeqStmt>() {
        s.sequence
    } else if let Some(s) = node.cast::<pg_sys::IndexStmt>() {
        s.relation
    } else if let Some(s) = node.cast::<pg_sys::AlterTableStmt>() {
        s.relation
    } else if let Some(s) = node.cast::<pg_sys::CreateTableAsStmt>() {
        lowering.node(s.into)?.cast::<pg_sys::IntoClause>()?.rel
    } else if let Some(s) = node.cast::<pg_sys::CreateSchemaStmt>() {
        return lowering.nodes(s.schemaElts).find_map(|element| first_name(element, mcx));
    } else {
        return None;
    };
    Some(lowering.name(range_var)).filter(|name| name.at.is_some())
}

/// What every step needs.
#[derive(Clone, Copy)]
struct Lowering<'a, 'mcx> {
    source: &'a Source,
    mcx: &'a MemCx<'mcx>,
}

impl<'mcx> Lowering<'_, 'mcx> {
    fn statement(self, node: Node<'mcx>) -> Statement {
        self.definition(node).or_else(|| self.command(node)).or_else(|| self.query(node)).unwrap_or(Statement::Other)
    }

    /// What makes or alters tables and indexes.
    fn definition(self, node: Node<'mcx>) -> Option<Statement> {
        Some(if let Some(s) = node.cast::<pg_sys::CreateStmt>() {
            Statement::CreateTable(self.create_table(s, false))
        } else if let Some(s) = node.cast::<pg_sys::CreateForeignTableStmt>() {
            Statement::CreateTable(self.create_table(&s.base, true))
        } else if let Some(s) = node.cast::<pg_sys::CreateTableAsStmt>() {
            self.create_table_as(s)?
        } else if let Some(s) = node.cast::<pg_sys::ViewStmt>() {
            Statement::CreateView {
                view: self.name(s.view),
                temporary: self.is_temporary(s.view),
                replace: s.replace,
                reads: self.reads(s.query),
            }
        } else if let Some(s) = node.cast::<pg_sys::IndexStmt>() {
            Statement::CreateIndex(self.create_index(s))
        } else if let Some(s) = node.cast::<pg_sys::AlterTableStmt>() {
            self.alter_table(s)
        } else if let Some(s) = node.cast::<pg_sys::CreateSchemaStmt>() {
            self.create_schema(s)
        } else if let Some(s) = node.cast::<pg_sys::CreateSeqStmt>() {
            Statement::CreateSequence {
                sequence: self.name(s.sequence),
                temporary: self.is_temporary(s.sequence),
                if_not_exists: s.if_not_exists,
            }
        } else {
            return None;
        })
    }

    fn made(self, node: Node<'mcx>) -> Vec<Made> {
        if let Some(s) = node.cast::<pg_sys::CreateStmt>() {
            self.made_table(s.relation, !s.partbound.is_null())
        } else if let Some(s) = node.cast::<pg_sys::CreateTableAsStmt>() {
            let into = self.node(s.into).and_then(Node::cast::<pg_sys::IntoClause>);
            match into.filter(|_| s.objtype != pg_sys::ObjectType::OBJECT_MATVIEW) {
                Some(into) => self.made_table(into.rel, false),
                None => Vec::new(),
            }
        } else if let Some(s) = node.cast::<pg_sys::AlterTableStmt>() {
            let table = self.name(s.relation);
            let columns = self.foreign_keys_added(s);
            let secured = self.enables_row_security(s).then(|| Made::RowSecurity { table: table.clone() });
            let keys = columns.into_iter().map(|columns| Made::ForeignKey { table: table.clone(), columns });
            keys.chain(secured).collect()
        } else if let Some(s) = node.cast::<pg_sys::CreateSchemaStmt>() {
            let schema = self.schema_name(s);
            let mut made: Vec<_> = self.nodes(s.schemaElts).flat_map(|element| self.made(element)).collect();
            for made in &mut made {
                let (Made::Table { table, .. } | Made::ForeignKey { table, .. } | Made::RowSecurity { table }) = made;
                table.schema = table.schema.take().or_else(|| schema.clone());
            }
            made
        } else {
            Vec::new()
        }
    }

    fn made_table(self, table: *const pg_sys::RangeVar, is_partition: bool) -> Vec<Made> {
        if self.is_temporary(table) { Vec::new() } else { vec![Made::Table { table: self.name(table), is_partition }] }
    }

    fn create_table_as(self, s: &pg_sys::CreateTableAsStmt) -> Option<Statement> {
        let into = self.node(s.into)?.cast::<pg_sys::IntoClause>()?;
        Some(Statement::CreateTableAs {
            table: self.name(into.rel),
            temporary: self.is_temporary(into.rel),
            materialized: s.objtype == pg_sys::ObjectType::OBJECT_MATVIEW,
            if_not_exists: s.if_not_exists,
            no_data: into.skipData,
            reads: self.reads(s.query),
        })
    }

    fn create_index(self, s: &pg_sys::IndexStmt) -> CreateIndex {
        let parts: Vec<_> = self.nodes(s.indexParams).filter_map(Node::cast::<pg_sys::IndexElem>).collect();
        let columns: Vec<_> = parts.iter().map(|part| text(part.name)).collect();
        let table = self.name(s.relation);
        let definition = self.node(s.relation).and_then(Node::cast::<pg_sys::RangeVar>);
        CreateIndex {
            definition: self.source.after_name(definition.and_then(|rv| offset(rv.location))),
            table,
            name: text(s.idxname),
            unique: s.unique,
            concurrently: s.concurrent,
            if_not_exists: s.if_not_exists,
            partial: !s.whereClause.is_null(),
            predicate: self.expression(s.whereClause),
            leaves_out_only_nulls: self.demands_only_not_null(s.whereClause, &columns),
            columns,
            btree: text(s.accessMethod).is_none_or(|method| method == "btree"),
        }
    }

    /// `a IS NOT NULL AND b IS NOT NULL`, over key columns alone.
    fn demands_only_not_null(self, condition: *const pg_sys::Node, keys: &[Option<String>]) -> bool {
        let Some(node) = self.node(condition) else { return false };
        match node.cast::<pg_sys::BoolExpr>() {
            Some(all) if all.boolop == pg_sys::BoolExprType::AND_EXPR => {
                self.nodes(all.args).all(|part| self.demands_only_not_null(part.as_ptr(), keys))
            }
            _ => self.column_not_null(condition).is_some_and(|column| keys.contains(&Some(column))),
        }
    }

    fn create_schema(self, s: &pg_sys::CreateSchemaStmt) -> Statement {
        let name = self.schema_name(s);
        let mut elements: Vec<_> = self.nodes(s.schemaElts).map(|node| self.statement(node)).collect();
        for element in &mut elements {
            let (Statement::CreateTable(super::CreateTable { table, .. })
            | Statement::CreateIndex(CreateIndex { table, .. })) = element
            else {
                continue;
            };
            if table.schema.is_none() {
                table.schema.clone_from(&name);
            }
        }
        Statement::CreateSchema { name, elements }
    }

    /// CREATE SCHEMA AUTHORIZATION names the schema after the role.
    fn schema_name(self, s: &pg_sys::CreateSchemaStmt) -> Option<Rc<str>> {
        let role = self.node(s.authrole).and_then(Node::cast::<pg_sys::RoleSpec>);
        shared(s.schemaname).or_else(|| role.and_then(|role| shared(role.rolename)))
    }

    fn set(self, s: &pg_sys::VariableSetStmt) -> Statement {
        let Some(name) = text(s.name) else { return Statement::Other };
        let value = match s.kind {
            pg_sys::VariableSetKind::VAR_SET_VALUE => self.nodes(s.args).next().and_then(|node| self.constant(node)),
            _ => None,
        };
        Statement::Set { name: name.to_ascii_lowercase(), value, local: s.is_local }
    }

    fn constant(self, node: Node<'mcx>) -> Option<String> {
        let constant = node.cast::<pg_sys::A_Const>()?;
        // SAFETY: the union begins with a node of its own, whose tag `cast` checks.
        let value = unsafe { Node::from_ptr(&raw const constant.val.node, self.mcx) }?;
        if let Some(integer) = value.cast::<pg_sys::Integer>() {
            Some(integer.ival.to_string())
        } else if let Some(float) = value.cast::<pg_sys::Float>() {
            text(float.fval)
        } else {
            text(compat::string_pointer(value.cast()?))
        }
    }

    /// A name kept as a list of strings (DROP, ALTER TYPE), which has no place in the text.
    fn name_of_parts(self, parts: *mut pg_sys::List) -> QualifiedName {
        named(self.strings(parts)).unwrap_or_default()
    }

    fn strings(self, list: *mut pg_sys::List) -> Vec<String> {
        self.nodes(list)
            .filter_map(Node::cast::<pg_sys::String>)
            .filter_map(|string| text(compat::string_pointer(string)))
            .collect()
    }

    fn name(self, range_var: *const pg_sys::RangeVar) -> QualifiedName {
        self.node(range_var).and_then(Node::cast::<pg_sys::RangeVar>).map_or_else(QualifiedName::default, |rv| {
            QualifiedName {
                schema: shared(rv.schemaname),
                name: shared(rv.relname).unwrap_or_default(),
                only: !rv.inh,
                at: offset(rv.location),
            }
        })
    }

    fn is_temporary(self, range_var: *const pg_sys::RangeVar) -> bool {
        self.node(range_var).and_then(Node::cast::<pg_sys::RangeVar>).is_some_and(|rv| {
            rv.relpersistence.cast_unsigned() == pg_sys::RELPERSISTENCE_TEMP
                || text(rv.schemaname).is_some_and(|schema| schema == "pg_temp")
        })
    }

    fn type_name(self, type_name: *const pg_sys::TypeName) -> Opaque {
        self.node(type_name)
            .map(|node| Opaque {
                excerpt: self.source.clause(node.cast::<pg_sys::TypeName>().and_then(|t| offset(t.location))),
                node: node.address(),
            })
            .unwrap_or_default()
    }

    fn expression(self, expression: *const pg_sys::Node) -> Option<Opaque> {
        let node = self.node(expression)?;
        Some(Opaque { excerpt: self.source.clause(self.leftmost(node).and_then(offset)), node: node.address() })
    }

    /// Where an expression begins in the text. A loop: the server's `exprLocation` recurses without a look at the
    /// depth of the stack, and nobody has checked the depth of a raw expression yet.
    fn leftmost(self, mut node: Node<'mcx>) -> Option<c_int> {
        loop {
            let inner: *const pg_sys::Node = if let Some(e) = node.cast::<pg_sys::A_Expr>() {
                if e.lexpr.is_null() {
                    return Some(e.location);
                }
                e.lexpr
            } else if let Some(e) = node.cast::<pg_sys::TypeCast>() {
                // `date '2026-01-01'` begins with its type, `x::date` with its argument.
                let type_name = self.node(e.typeName).and_then(Node::cast::<pg_sys::TypeName>);
                let argument = self.leftmost_of_constant(e.arg);
                match (type_name, argument) {
                    (Some(t), Some(argument)) if t.location >= 0 && t.location < argument => return Some(t.location),
                    _ => e.arg,
                }
            } else if let Some(e) = node.cast::<pg_sys::CollateClause>() {
                e.arg
            } else if let Some(e) = node.cast::<pg_sys::A_Indirection>() {
                e.arg
            } else if let Some(e) = node.cast::<pg_sys::A_Const>() {
                return Some(e.location);
            } else if let Some(e) = node.cast::<pg_sys::FuncCall>() {
                return Some(e.location);
            } else if let Some(e) = node.cast::<pg_sys::ColumnRef>() {
                return Some(e.location);
            } else if let Some(e) = node.cast::<pg_sys::BoolExpr>() {
                return self.nodes(e.args).next().and_then(|first| self.leftmost_of_constant(first.as_ptr()));
            } else {
                return None;
            };
            node = self.node(inner)?;
        }
    }

    /// The place of a constant or a call, without a descent.
    fn leftmost_of_constant(self, node: *const pg_sys::Node) -> Option<c_int> {
        let node = self.node(node)?;
        node.cast::<pg_sys::A_Const>()
            .map(|e| e.location)
            .or_else(|| node.cast::<pg_sys::FuncCall>().map(|e| e.location))
            .or_else(|| node.cast::<pg_sys::ColumnRef>().map(|e| e.location))
    }

    /// Texts in quotes that an expression reads by a type: by one that they are cast to, or by that of the column where
    /// the whole expression is a text.
    fn literals(self, expression: *const pg_sys::Node) -> Vec<Literal> {
        let mut found = Vec::new();
        let Some(whole) = self.node(expression) else { return found };
        found.extend(self.string(whole).map(|text| Literal { text, type_name: None }));
        let mut open = vec![whole];
        while let Some(node) = open.pop() {
            if let Some(cast) = node.cast::<pg_sys::TypeCast>() {
                let Some(argument) = self.node(cast.arg) else { continue };
                match self.string(argument) {
                    Some(text) => found.push(Literal { text, type_name: Some(self.type_name(cast.typeName)) }),
                    None => open.push(argument),
                }
            } else if let Some(e) = node.cast::<pg_sys::A_Expr>() {
                open.extend([e.lexpr, e.rexpr].into_iter().filter_map(|side| self.node(side)));
            } else if let Some(call) = node.cast::<pg_sys::FuncCall>() {
                open.extend(self.nodes(call.args));
            }
        }
        found
    }

    fn string(self, node: Node<'mcx>) -> Option<String> {
        let constant = node.cast::<pg_sys::A_Const>()?;
        // SAFETY: the union begins with a node of its own, whose tag `cast` checks.
        let value = unsafe { Node::from_ptr(&raw const constant.val.node, self.mcx) }?;
        text(compat::string_pointer(value.cast()?))
    }

    fn node<T>(self, pointer: *const T) -> Option<Node<'mcx>> {
        // SAFETY: a field of a live node, as this module vouches.
        unsafe { Node::from_ptr(pointer, self.mcx) }
    }

    fn nodes(self, list: *mut pg_sys::List) -> impl Iterator<Item = Node<'mcx>> + use<'mcx> {
        // SAFETY: a field of a live node, as this module vouches.
        unsafe { nodes(list, self.mcx) }
    }
}

fn transaction(s: &pg_sys::TransactionStmt) -> Statement {
    use pg_sys::TransactionStmtKind as Kind;
    match s.kind {
        Kind::TRANS_STMT_COMMIT if s.chain => Statement::Transaction(Transaction::Chain { commit: true }),
        Kind::TRANS_STMT_ROLLBACK if s.chain => Statement::Transaction(Transaction::Chain { commit: false }),
        Kind::TRANS_STMT_BEGIN | Kind::TRANS_STMT_START => Statement::Transaction(Transaction::Begin),
        Kind::TRANS_STMT_COMMIT | Kind::TRANS_STMT_PREPARE => Statement::Transaction(Transaction::Commit),
        Kind::TRANS_STMT_ROLLBACK => Statement::Transaction(Transaction::Rollback),
        Kind::TRANS_STMT_SAVEPOINT | Kind::TRANS_STMT_RELEASE | Kind::TRANS_STMT_ROLLBACK_TO => {
            Statement::Transaction(Transaction::Savepoint)
        }
        _ => Statement::Other,
    }
}

fn text(s: *const c_char) -> Option<String> {
    // SAFETY: a field of a live node: null, or a NUL-terminated string that lives as long as the node.
    unsafe { text::from_c(s) }
}

/// The same as a name that is shared.
fn shared(s: *const c_char) -> Option<Rc<str>> {
    // SAFETY: as in `text`.
    unsafe { text::name_from_c(s) }
}

/// A name of these parts, the last of which is its own.
fn named(mut parts: Vec<String>) -> Option<QualifiedName> {
    let name = parts.pop()?;
    Some(QualifiedName { schema: parts.pop().map(Rc::from), name: name.into(), only: false, at: None })
}

fn offset(location: c_int) -> Option<usize> {
    usize::try_from(location).ok()
}

fn is_cascade(behavior: pg_sys::DropBehavior::Type) -> bool {
    behavior == pg_sys::DropBehavior::DROP_CASCADE
}
