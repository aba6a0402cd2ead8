//! Commands that are neither tables' definitions nor queries.

use super::{Lowering, Node, is_cascade, named, shared, text};
use crate::ast::{
    AlterDomain, AlterEnum, DomainAction, Drop, DropKind, Grant, GrantTarget, Lock, QualifiedName, Reindex,
    ReindexKind, Rename, RenameKind, Statement,
};
use pgrx::pg_sys;
use pgrx::pg_sys::ObjectType as Object;

impl<'mcx> Lowering<'_, 'mcx> {
    pub(super) fn command(self, node: Node<'mcx>) -> Option<Statement> {
        self.about_relation(node).or_else(|| self.about_type(node)).or_else(|| self.about_session(node))
    }

    fn about_relation(self, node: Node<'mcx>) -> Option<Statement> {
        Some(if let Some(s) = node.cast::<pg_sys::DropStmt>() {
            Statement::Drop(self.drop(s))
        } else if let Some(s) = node.cast::<pg_sys::RenameStmt>() {
            self.rename(s)?
        } else if let Some(s) = node.cast::<pg_sys::AlterObjectSchemaStmt>() {
            self.node(s.relation)?;
            Statement::SetSchema { relation: self.name(s.relation) }
        } else if let Some(s) = node.cast::<pg_sys::TruncateStmt>() {
            Statement::Truncate { tables: self.names(s.relations), cascade: is_cascade(s.behavior) }
        } else if let Some(s) = node.cast::<pg_sys::RefreshMatViewStmt>() {
            Statement::Refresh { view: self.name(s.relation), concurrently: s.concurrent, no_data: s.skipData }
        } else if let Some(s) = node.cast::<pg_sys::ReindexStmt>() {
            Statement::Reindex(self.reindex(s))
        } else if let Some(s) = node.cast::<pg_sys::VacuumStmt>() {
            self.vacuum(s)
        } else if let Some(s) = node.cast::<pg_sys::ClusterStmt>() {
            self.node(s.relation)?;
            Statement::Cluster { table: self.name(s.relation) }
        } else if let Some(s) = node.cast::<pg_sys::LockStmt>() {
            Statement::LockTable { tables: self.names(s.relations), lock: Lock::of_mode(s.mode)? }
        } else if let Some(s) = node.cast::<pg_sys::CreateTrigStmt>() {
            Statement::CreateTrigger {
                name: text(s.trigname).unwrap_or_default(),
                table: self.name(s.relation),
                row: s.row,
                from: self.node(s.constrrel).map(|_| self.name(s.constrrel)),
            }
        } else if let Some(s) = node.cast::<pg_sys::RuleStmt>() {
            Statement::CreateRule {
                name: text(s.rulename).unwrap_or_default(),
                table: self.name(s.relation),
                on_select: s.event == pg_sys::CmdType::CMD_SELECT,
            }
        } else if let Some(s) = node.cast::<pg_sys::CreatePolicyStmt>() {
            Statement::Policy {
                table: self.name(s.table),
                permissive: s.permissive,
                reads: self.reads_of_conditions([s.qual, s.with_check]),
            }
        } else if let Some(s) = node.cast::<pg_sys::AlterPolicyStmt>() {
            Statement::Policy {
                table: self.name(s.table),
                permissive: false,
                reads: self.reads_of_conditions([s.qual, s.with_check]),
            }
        } else if let Some(s) = node.cast::<pg_sys::CreateStatsStmt>() {
            Statement::CreateStatistics { tables: self.names(s.relations) }
        } else if let Some(s) = node.cast::<pg_sys::CreatePublicationStmt>() {
            Statement::Publication { tables: self.published(s.pubobjects) }
        } else if let Some(s) = node.cast::<pg_sys::AlterPublicationStmt>() {
            Statement::Publication { tables: self.published(s.pubobjects) }
        } else if let Some(s) = node.cast::<pg_sys::CommentStmt>() {
            let on_member = !matches!(
                s.objtype,
                Object::OBJECT_TABLE
                    | Object::OBJECT_VIEW
                    | Object::OBJECT_MATVIEW
                    | Object::OBJECT_FOREIGN_TABLE
                    | Object::OBJECT_INDEX
                    | Object::OBJECT_COLUMN
            );
            Statement::Comment { relation: self.commented(s)?, on_member }
        } else {
            return None;
        })
    }

    fn about_type(self, node: Node<'mcx>) -> Option<Statement> {
        Some(if let Some(s) = node.cast::<pg_sys::CreateEnumStmt>() {
            Statement::CreateEnum { name: self.name_of_parts(s.typeName) }
        } else if let Some(s) = node.cast::<pg_sys::AlterEnumStmt>() {
            Statement::AlterEnum(AlterEnum {
                name: self.name_of_parts(s.typeName),
                renamed: text(s.oldVal),
                value: text(s.newVal).unwrap_or_default(),
                placed: !s.newValNeighbor.is_null(),
            })
        } else if let Some(s) = node.cast::<pg_sys::CreateDomainStmt>() {
            let constraints = self.nodes(s.constraints).filter_map(Node::cast::<pg_sys::Constraint>);
            Statement::CreateDomain {
                name: self.name_of_parts(s.domainname),
                constrained: constraints.filter(|c| checks_values(c)).count() > 0,
            }
        } else if let Some(s) = node.cast::<pg_sys::AlterDomainStmt>() {
            Statement::AlterDomain(AlterDomain {
                domain: self.name_of_parts(s.typeName),
                action: self.domain_action(s).unwrap_or(DomainAction::Other),
            })
        } else {
            return None;
        })
    }

    fn about_session(self, node: Node<'mcx>) -> Option<Statement> {
        Some(if let Some(s) = node.cast::<pg_sys::VariableSetStmt>() {
            self.set(s)
        } else if let Some(s) = node.cast::<pg_sys::TransactionStmt>() {
            super::transaction(s)
        } else if let Some(s) = node.cast::<pg_sys::GrantStmt>() {
            Statement::Grant(self.grant(s))
        } else if let Some(s) = node.cast::<pg_sys::AlterRoleStmt>() {
            let role = self.node(s.role).and_then(Node::cast::<pg_sys::RoleSpec>);
            Statement::Role { name: role.and_then(|role| text(role.rolename)), powers: self.powers(s.options) }
        } else if let Some(s) = node.cast::<pg_sys::CreateRoleStmt>() {
            Statement::Role { name: text(s.role), powers: self.powers(s.options) }
        } else if let Some(s) = node.cast::<pg_sys::CallStmt>() {
            let call = self.node(s.funccall)?.cast::<pg_sys::FuncCall>()?;
            Statement::Call { name: self.strings(call.funcname).pop()? }
        } else if let Some(s) = node.cast::<pg_sys::CreateFunctionStmt>() {
            Statement::CreateFunction { name: self.strings(s.funcname).pop()? }
        } else if let Some(s) = node.cast::<pg_sys::DropdbStmt>() {
            Statement::Drop(Drop {
                kind: DropKind::Database,
                names: vec![QualifiedName { name: shared(s.dbname).unwrap_or_default(), ..QualifiedName::default() }],
                member: None,
                concurrently: false,
                cascade: false,
                if_exists: s.missing_ok,
            })
        } else {
            match node.tag() {
                pg_sys::NodeTag::T_AlterSystemStmt => Statement::AlterSystem,
                pg_sys::NodeTag::T_DoStmt => Statement::Do,
                _ => return None,
            }
        })
    }

    fn names(self, range_vars: *mut pg_sys::List) -> Vec<QualifiedName> {
        self.nodes(range_vars)
            .filter_map(Node::cast::<pg_sys::RangeVar>)
            .map(|range_var| self.name(range_var))
            .collect()
    }

    fn drop(self, s: &pg_sys::DropStmt) -> Drop {
        let kind = drop_kind(s.removeType);
        let mut names: Vec<_> = match kind {
            DropKind::Other => Vec::new(),
            _ => self.nodes(s.objects).map(|object| self.name_of_object(object)).collect(),
        };
        let mut member = None;
        if matches!(kind, DropKind::Trigger | DropKind::Policy | DropKind::Rule) {
            // The last part of such a name is the trigger's own, what stands before it is the table's.
            member = names.pop().map(|name| name.name.to_string());
            names = self.nodes(s.objects).filter_map(|object| self.table_of_member(object)).collect();
        }
        let cascade = is_cascade(s.behavior);
        Drop { kind, names, member, concurrently: s.concurrent, cascade, if_exists: s.missing_ok }
    }

    /// What DROP names: a list of strings, one string, or a type.
    fn name_of_object(self, object: Node<'mcx>) -> QualifiedName {
        if let Some(list) = object.cast::<pg_sys::List>() {
            self.name_of_parts(core::ptr::from_ref(list).cast_mut())
        } else if let Some(type_name) = object.cast::<pg_sys::TypeName>() {
            self.name_of_parts(type_name.names)
        } else {
            let name = object.cast::<pg_sys::String>().and_then(|s| shared(super::compat::string_pointer(s)));
            QualifiedName { name: name.unwrap_or_default(), ..QualifiedName::default() }
        }
    }

    fn table_of_member(self, object: Node<'mcx>) -> Option<QualifiedName> {
        let list = object.cast::<pg_sys::List>()?;
        let mut parts = self.strings(core::ptr::from_ref(list).cast_mut());
        parts.pop()?;
        named(parts)
    }

    fn rename(self, s: &pg_sys::RenameStmt) -> Option<Statement> {
        let of_view = matches!(s.relationType, Object::OBJECT_VIEW | Object::OBJECT_MATVIEW);
        let kind = match s.renameType {
            Object::OBJECT_TABLE | Object::OBJECT_FOREIGN_TABLE => RenameKind::Table,
            Object::OBJECT_VIEW | Object::OBJECT_MATVIEW => RenameKind::View,
            Object::OBJECT_INDEX => RenameKind::Index,
            Object::OBJECT_SEQUENCE => RenameKind::Sequence,
            Object::OBJECT_COLUMN if of_view => RenameKind::ViewColumn,
            Object::OBJECT_COLUMN => RenameKind::Column,
            Object::OBJECT_TABCONSTRAINT => RenameKind::Constraint,
            Object::OBJECT_TRIGGER => RenameKind::Trigger,
            Object::OBJECT_RULE | Object::OBJECT_POLICY => RenameKind::Member,
            Object::OBJECT_ATTRIBUTE if is_cascade(s.behavior) => RenameKind::Attribute,
            Object::OBJECT_SCHEMA => RenameKind::Schema,
            _ => RenameKind::Other,
        };
        let (relation, member) = (self.name(s.relation), text(s.subname));
        Some(Statement::Rename(Rename { kind, relation, member, to: text(s.newname)?, if_exists: s.missing_ok }))
    }

    pub(super) fn reindex(self, s: &pg_sys::ReindexStmt) -> Reindex {
        let kind = match s.kind {
            pg_sys::ReindexObjectType::REINDEX_OBJECT_INDEX => ReindexKind::Index,
            pg_sys::ReindexObjectType::REINDEX_OBJECT_TABLE => ReindexKind::Table,
            _ => ReindexKind::Other,
        };
        Reindex { kind, name: self.name(s.relation), concurrently: self.has_option(s.params, "concurrently") }
    }

    fn vacuum(self, s: &pg_sys::VacuumStmt) -> Statement {
        let relations = self.nodes(s.rels).filter_map(Node::cast::<pg_sys::VacuumRelation>);
        Statement::Vacuum {
            full: s.is_vacuumcmd && self.has_option(s.options, "full"),
            analyze_only: !s.is_vacuumcmd,
            tables: relations.map(|relation| self.name(relation.relation)).collect(),
        }
    }

    /// Whether a boolean option is given and not switched off.
    fn has_option(self, options: *mut pg_sys::List, name: &str) -> bool {
        self.nodes(options)
            .filter_map(Node::cast::<pg_sys::DefElem>)
            .filter(|option| text(option.defname).is_some_and(|n| n == name))
            .any(|option| {
                self.node(option.arg).is_none_or(|value| {
                    let word = value.cast::<pg_sys::String>().and_then(|s| text(super::compat::string_pointer(s)));
                    let number = value.cast::<pg_sys::Integer>().map(|n| n.ival);
                    number != Some(0) && !word.is_some_and(|word| ["false", "off"].contains(&&*word.to_lowercase()))
                })
            })
    }

    fn published(self, objects: *mut pg_sys::List) -> Vec<QualifiedName> {
        self.nodes(objects)
            .filter_map(Node::cast::<pg_sys::PublicationObjSpec>)
            .filter_map(|object| self.node(object.pubtable)?.cast::<pg_sys::PublicationTable>())
            .map(|table| self.name(table.relation))
            .collect()
    }

    /// The relation of `COMMENT ON TABLE`, `COLUMN` and so on.
    fn commented(self, s: &pg_sys::CommentStmt) -> Option<QualifiedName> {
        let object = self.node(s.object)?;
        match s.objtype {
            Object::OBJECT_TABLE
            | Object::OBJECT_VIEW
            | Object::OBJECT_MATVIEW
            | Object::OBJECT_FOREIGN_TABLE
            | Object::OBJECT_INDEX => Some(self.name_of_object(object)),
            Object::OBJECT_COLUMN
            | Object::OBJECT_TABCONSTRAINT
            | Object::OBJECT_TRIGGER
            | Object::OBJECT_POLICY
            | Object::OBJECT_RULE => self.table_of_member(object),
            _ => None,
        }
    }

    fn domain_action(self, s: &pg_sys::AlterDomainStmt) -> Option<DomainAction> {
        Some(match s.subtype.cast_unsigned() {
            b'C' => DomainAction::AddConstraint(
                self.node(s.def)?.cast().and_then(|constraint| self.constraint(constraint))?,
            ),
            b'O' => DomainAction::SetNotNull,
            b'V' => DomainAction::Validate { name: text(s.name)? },
            _ => return None,
        })
    }

    fn grant(self, s: &pg_sys::GrantStmt) -> Grant {
        use pg_sys::GrantTargetType as Target;
        let target = match (s.targtype, s.objtype) {
            (Target::ACL_TARGET_OBJECT, Object::OBJECT_TABLE) => GrantTarget::Relations,
            (Target::ACL_TARGET_ALL_IN_SCHEMA, Object::OBJECT_TABLE) => GrantTarget::TablesOfSchemas,
            (Target::ACL_TARGET_OBJECT, Object::OBJECT_SCHEMA) => GrantTarget::Schemas,
            _ => GrantTarget::Other,
        };
        let of_schemas = matches!(target, GrantTarget::TablesOfSchemas | GrantTarget::Schemas);
        let privileges = self.nodes(s.privileges).filter_map(Node::cast::<pg_sys::AccessPriv>);
        Grant {
            to_public: s.is_grant
                && self
                    .nodes(s.grantees)
                    .filter_map(Node::cast::<pg_sys::RoleSpec>)
                    .any(|role| role.roletype == pg_sys::RoleSpecType::ROLESPEC_PUBLIC),
            all_privileges: s.is_grant && s.privileges.is_null(),
            privileges: privileges.filter_map(|privilege| text(privilege.priv_name)).collect(),
            target,
            schemas: if of_schemas { self.strings(s.objects) } else { Vec::new() },
            relations: if target == GrantTarget::Relations { self.names(s.objects) } else { Vec::new() },
        }
    }

    fn powers(self, options: *mut pg_sys::List) -> Vec<&'static str> {
        let options = self.nodes(options).filter_map(Node::cast::<pg_sys::DefElem>);
        let given = options.filter(|option| {
            self.node(option.arg).and_then(Node::cast::<pg_sys::Boolean>).is_some_and(|value| value.boolval)
        });
        given
            .filter_map(|option| match text(option.defname)?.as_str() {
                "superuser" => Some("SUPERUSER"),
                "bypassrls" => Some("BYPASSRLS"),
                _ => None,
            })
            .collect()
    }
}

fn checks_values(constraint: &pg_sys::Constraint) -> bool {
    matches!(constraint.contype, pg_sys::ConstrType::CONSTR_CHECK | pg_sys::ConstrType::CONSTR_NOTNULL)
}

fn drop_kind(object: Object::Type) -> DropKind {
    match object {
        Object::OBJECT_TABLE => DropKind::Table,
        Object::OBJECT_INDEX => DropKind::Index,
        Object::OBJECT_VIEW => DropKind::View,
        Object::OBJECT_MATVIEW => DropKind::MaterializedView,
        Object::OBJECT_FOREIGN_TABLE => DropKind::ForeignTable,
        Object::OBJECT_SEQUENCE => DropKind::Sequence,
        Object::OBJECT_SCHEMA => DropKind::Schema,
        Object::OBJECT_TYPE | Object::OBJECT_DOMAIN => DropKind::Type,
        Object::OBJECT_TRIGGER => DropKind::Trigger,
        Object::OBJECT_POLICY => DropKind::Policy,
        Object::OBJECT_RULE => DropKind::Rule,
        _ => DropKind::Other,
    }
}
