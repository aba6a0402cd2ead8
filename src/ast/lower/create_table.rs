//! CREATE TABLE, columns and constraints.

use super::{Lowering, Node, compat, offset, text};
use crate::ast::source::Excerpt;
use crate::ast::{ColumnDef, Constraint, ConstraintKind, CreateTable, ForeignKey, Key, Opaque};
use pgrx::pg_sys;
use pgrx::pg_sys::ConstrType as Kind;

impl Lowering<'_, '_> {
    pub(super) fn create_table(self, s: &pg_sys::CreateStmt, foreign: bool) -> CreateTable {
        let mut table = CreateTable {
            table: self.name(s.relation),
            temporary: self.is_temporary(s.relation),
            unlogged: self
                .node(s.relation)
                .and_then(Node::cast::<pg_sys::RangeVar>)
                .is_some_and(|rv| rv.relpersistence.cast_unsigned() == pg_sys::RELPERSISTENCE_UNLOGGED),
            if_not_exists: s.if_not_exists,
            foreign,
            parents: self
                .nodes(s.inhRelations)
                .filter_map(Node::cast::<pg_sys::RangeVar>)
                .map(|parent| self.name(parent))
                .collect(),
            is_partition: !s.partbound.is_null(),
            partitioned: !s.partspec.is_null(),
            partition_key: self.partition_key(s.partspec),
            bound: self.bound(s.partbound),
            copies_definition: !s.ofTypename.is_null(),
            ..CreateTable::default()
        };
        for element in self.nodes(s.tableElts) {
            if let Some(column) = element.cast::<pg_sys::ColumnDef>() {
                table.columns.push(self.column(column));
            } else if let Some(constraint) = element.cast::<pg_sys::Constraint>() {
                table.constraints.extend(self.constraint(constraint));
            } else {
                table.copies_definition = true;
                let like = element.cast::<pg_sys::TableLikeClause>();
                table.likes.extend(like.map(|like| self.name(like.relation)));
            }
        }
        table
    }

    fn partition_key(self, spec: *const pg_sys::PartitionSpec) -> Vec<Option<String>> {
        let spec = self.node(spec).and_then(Node::cast::<pg_sys::PartitionSpec>);
        let parts = spec.into_iter().flat_map(|spec| self.nodes(spec.partParams));
        parts.filter_map(Node::cast::<pg_sys::PartitionElem>).map(|part| text(part.name)).collect()
    }

    pub(super) fn column(self, c: &pg_sys::ColumnDef) -> ColumnDef {
        let name = text(c.colname).unwrap_or_default();
        let mut column = ColumnDef {
            at: offset(c.location),
            type_name: self.type_name(c.typeName),
            serial: self.serial(c.typeName),
            default: self.expression(c.raw_default),
            literals: self.literals(c.raw_default),
            not_null: c.is_not_null,
            identity: c.identity != 0,
            generated: c.generated != 0,
            collation: self.collation(c.collClause),
            storage: compat::chooses_storage(c),
            ..ColumnDef::default()
        };
        for constraint in self.nodes(c.constraints).filter_map(Node::cast::<pg_sys::Constraint>) {
            match constraint.contype {
                Kind::CONSTR_NOTNULL => column.not_null = true,
                Kind::CONSTR_IDENTITY => {
                    column.identity = true;
                    let has_options = !constraint.options.is_null();
                    column.sequence_options = has_options.then(|| self.source.in_brackets(offset(constraint.location)));
                }
                Kind::CONSTR_GENERATED => {
                    column.generated = true;
                    column.stored = compat::is_stored(constraint);
                    column.expression = self.bracketed(constraint);
                }
                Kind::CONSTR_DEFAULT => {
                    column.default = self.expression(constraint.raw_expr);
                    column.literals = self.literals(constraint.raw_expr);
                }
                _ => attribute(&mut column, constraint),
            }
            if let Some(mut constraint) = self.constraint(constraint) {
                about_column(&mut constraint.kind, &name);
                column.not_null |= matches!(constraint.kind, ConstraintKind::PrimaryKey(_));
                column.constraints.push(constraint);
            }
        }
        column.name = name;
        column
    }

    /// A constraint that checks rows; what only describes a column (NULL, DEFAULT, deferrability) is none.
    pub(super) fn constraint(self, c: &pg_sys::Constraint) -> Option<Constraint> {
        let kind = match c.contype {
            Kind::CONSTR_CHECK => {
                ConstraintKind::Check { condition: self.bracketed(c), not_null: self.column_not_null(c.raw_expr) }
            }
            Kind::CONSTR_FOREIGN => ConstraintKind::ForeignKey(self.foreign_key(c)),
            Kind::CONSTR_UNIQUE => ConstraintKind::Unique(self.key(c)),
            Kind::CONSTR_PRIMARY => ConstraintKind::PrimaryKey(self.key(c)),
            Kind::CONSTR_EXCLUSION => ConstraintKind::Exclude,
            Kind::CONSTR_NOTNULL => {
                let column = self.strings(c.keys).pop()?;
                ConstraintKind::NotNull { column }
            }
            _ => return None,
        };
        Some(Constraint {
            name: text(c.conname),
            at: offset(c.location),
            not_valid: compat::leaves_rows_unchecked(c),
            no_inherit: c.is_no_inherit,
            kind,
        })
    }

    /// The expression in brackets behind the place of a constraint.
    fn bracketed(self, c: &pg_sys::Constraint) -> Opaque {
        Opaque {
            excerpt: self.source.in_brackets(offset(c.location)),
            node: self.node(c.raw_expr).map_or(0, Node::address),
        }
    }

    fn collation(self, clause: *const pg_sys::CollateClause) -> Option<Excerpt> {
        let clause = self.node(clause)?.cast::<pg_sys::CollateClause>()?;
        Some(self.source.clause(offset(clause.location)))
    }

    /// The column of `column IS NOT NULL`.
    pub(super) fn column_not_null(self, condition: *const pg_sys::Node) -> Option<String> {
        self.null_test(condition).filter(|(_, null)| !null).map(|(column, _)| column)
    }

    /// `column IS NULL`, or `IS NOT NULL`: the column, and whether it is the former.
    pub(super) fn null_test(self, condition: *const pg_sys::Node) -> Option<(String, bool)> {
        let test = self.node(condition)?.cast::<pg_sys::NullTest>()?;
        let column = self.node(test.arg)?.cast::<pg_sys::ColumnRef>()?;
        match self.strings(column.fields).as_slice() {
            [name] => Some((name.clone(), test.nulltesttype == pg_sys::NullTestType::IS_NULL)),
            _ => None,
        }
    }

    fn key(self, c: &pg_sys::Constraint) -> Key {
        Key {
            columns: self.strings(c.keys),
            include: self.strings(c.including),
            nulls_not_distinct: c.nulls_not_distinct,
            using_index: text(c.indexname),
            options: deferrability(c),
        }
    }

    fn foreign_key(self, c: &pg_sys::Constraint) -> ForeignKey {
        ForeignKey {
            columns: self.strings(c.fk_attrs),
            referenced: self.name(c.pktable),
            referenced_columns: self.strings(c.pk_attrs),
            options: self.foreign_key_options(c),
            not_enforced: !compat::is_enforced(c),
        }
    }

    fn foreign_key_options(self, c: &pg_sys::Constraint) -> String {
        let mut options = String::new();
        if c.fk_matchtype.cast_unsigned() == pg_sys::FKCONSTR_MATCH_FULL {
            options.push_str(" MATCH FULL");
        }
        for (event, action) in [(" ON UPDATE", c.fk_upd_action), (" ON DELETE", c.fk_del_action)] {
            if let Some(action) = action_name(action.cast_unsigned()) {
                options.push_str(event);
                options.push_str(action);
            }
        }
        let columns = self.strings(c.fk_del_set_cols);
        if !columns.is_empty() {
            let columns: Vec<_> = columns.iter().map(|column| crate::rules::quote_ident(column)).collect();
            options.push_str(&format!(" ({})", columns.join(", ")));
        }
        options.push_str(&deferrability(c));
        options
    }

    /// The integer type behind serial, which is no type: the server, too, knows it by its unqualified name alone.
    fn serial(self, type_name: *const pg_sys::TypeName) -> Option<&'static str> {
        let type_name = self.node(type_name)?.cast::<pg_sys::TypeName>()?;
        match self.strings(type_name.names).as_slice() {
            [name] if !type_name.pct_type => match name.as_str() {
                "smallserial" | "serial2" => Some("smallint"),
                "serial" | "serial4" => Some("integer"),
                "bigserial" | "serial8" => Some("bigint"),
                _ => None,
            },
            _ => None,
        }
    }
}

fn deferrability(c: &pg_sys::Constraint) -> String {
    let mut options = String::new();
    if c.deferrable {
        options.push_str(" DEFERRABLE");
    }
    if c.initdeferred {
        options.push_str(" INITIALLY DEFERRED");
    }
    options
}

/// What stands behind a column's constraint, and belongs to it, is a node of its own there.
fn attribute(column: &mut ColumnDef, attribute: &pg_sys::Constraint) {
    let Some(constraint) = column.constraints.last_mut() else { return };
    if compat::is_not_enforced(attribute) {
        constraint.not_valid = true;
        if let ConstraintKind::ForeignKey(key) = &mut constraint.kind {
            key.not_enforced = true;
        }
    }
    let options = match attribute.contype {
        Kind::CONSTR_ATTR_DEFERRABLE => " DEFERRABLE",
        Kind::CONSTR_ATTR_DEFERRED => " INITIALLY DEFERRED",
        _ => return,
    };
    match &mut constraint.kind {
        ConstraintKind::ForeignKey(key) => key.options.push_str(options),
        ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => key.options.push_str(options),
        _ => {}
    }
}

/// A constraint written with a column names that column without saying so.
fn about_column(kind: &mut ConstraintKind, column: &str) {
    match kind {
        ConstraintKind::ForeignKey(key) => key.columns = vec![column.to_owned()],
        ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => key.columns = vec![column.to_owned()],
        _ => {}
    }
}

fn action_name(action: u8) -> Option<&'static str> {
    match action {
        pg_sys::FKCONSTR_ACTION_RESTRICT => Some(" RESTRICT"),
        pg_sys::FKCONSTR_ACTION_CASCADE => Some(" CASCADE"),
        pg_sys::FKCONSTR_ACTION_SETNULL => Some(" SET NULL"),
        pg_sys::FKCONSTR_ACTION_SETDEFAULT => Some(" SET DEFAULT"),
        _ => None,
    }
}
