//! Questions that the server's own code answers: volatility, casts, implication.

use super::lock::Opened;
use super::relation::{attribute, attribute_name, class, tree};
use super::relcache::Entry;
use super::{Planning, loss, reindex};
use crate::ast::{AlterType, ColumnDef, Opaque};
use crate::facts::{Lookup, TypeChange, Volatility};
use crate::{server, spi, text};
use core::ptr;
use pgrx::pg_sys::{self, AttrNumber, NodeTag, Oid};

/// `SQLlanguageId` of pg_language.dat, a macro that pgrx does not bind.
const SQL_LANGUAGE: Oid = Oid::from_u32(14);

/// Asks inside a subtransaction: the server raises an error where the statement will raise the same.
pub(super) fn ask<T>(planning: Planning, question: impl FnOnce() -> Lookup<T>) -> Lookup<T> {
    match (spi::shielded(question), planning) {
        (Ok(answer), _) => answer,
        (Err(_), Planning::Allowed) => Lookup::Missing,
        (Err(reason), Planning::Never) => Lookup::NotChecked(format!("The server says: {reason}.")),
    }
}

pub(super) fn node(opaque: &Opaque) -> Option<*mut pg_sys::Node> {
    let pointer = opaque.node as *mut pg_sys::Node;
    (!pointer.is_null()).then_some(pointer)
}

/// A copy of a node, for the server's code may write to what it is given.
fn copy_of(opaque: &Opaque) -> Option<*mut pg_sys::Node> {
    // SAFETY: nodes of a statement live as long as it is judged.
    node(opaque).map(|node| unsafe { pg_sys::copyObjectImpl(node.cast_const().cast()).cast() })
}

/// OID and modifier of a type as it was written, where there is such a type.
pub(super) fn resolve_type(type_name: &Opaque) -> Option<(Oid, i32)> {
    let mut typmod = -1;
    // SAFETY: a TypeName of the statement that is judged; the tuple is released at once.
    unsafe {
        let found =
            pg_sys::LookupTypeName(ptr::null_mut(), node(type_name)?.cast_const().cast(), &raw mut typmod, true);
        if found.is_null() {
            return None;
        }
        let oid = pg_sys::typeTypeId(found);
        server::ReleaseSysCache(found);
        Some((oid, typmod))
    }
}

/// The collation that a change of type writes out.
pub(super) fn resolve_collation(change: &AlterType) -> Option<Oid> {
    let clause = node(change.collation.as_ref()?)?.cast::<pg_sys::CollateClause>();
    // SAFETY: a CollateClause of the statement that is judged.
    super::valid(unsafe { pg_sys::get_collation_oid((*clause).collname, true) })
}

/// Whether a new column's type brings a default: a domain may.
pub(super) fn type_has_default(column: &ColumnDef) -> bool {
    spi::shielded(|| {
        let Some((oid, _)) = resolve_type(&column.type_name) else { return false };
        // SAFETY: any type may be asked for.
        !unsafe { pg_sys::get_typdefault(oid) }.is_null()
    })
    .unwrap_or(false)
}

/// Whether a new column's type is a domain with a constraint, its own or of a domain below it.
pub(super) fn type_is_constrained(column: &ColumnDef) -> bool {
    spi::shielded(|| {
        // SAFETY: any type may be asked for.
        resolve_type(&column.type_name).is_some_and(|(oid, _)| unsafe { pg_sys::DomainHasConstraints(oid) })
    })
    .unwrap_or(false)
}

/// The type below the domain that a new column is of.
pub(super) fn base_type(column: &ColumnDef) -> Option<String> {
    spi::shielded(|| {
        let (domain, mut typmod) = resolve_type(&column.type_name)?;
        // SAFETY: a type that exists, and the base of one.
        unsafe {
            let base = pg_sys::getBaseTypeAndTypmod(domain, &raw mut typmod);
            text::from_c(pg_sys::format_type_with_typemod(base, typmod))
        }
    })
    .unwrap_or(None)
}

/// Whether the default of a new column is evaluated for each row.
pub(super) fn default_volatility(column: &ColumnDef, planning: Planning) -> Lookup<Volatility> {
    let Some(default) = &column.default else { return Lookup::Missing };
    ask(planning, || {
        let Some((oid, typmod)) = resolve_type(&column.type_name) else {
            return Lookup::NotChecked("Its type is not known here.".to_owned());
        };
        let Some(raw) = copy_of(default) else { return Lookup::Missing };
        // SAFETY: a copy of the raw expression, cooked as ADD COLUMN will cook it.
        unsafe {
            let state = pg_sys::make_parsestate(ptr::null_mut());
            let cooked = pg_sys::cookDefault(state, raw, oid, typmod, text::to_c(&column.name), 0);
            Lookup::Found(match planning {
                Planning::Allowed if pg_sys::contain_volatile_functions_after_planning(cooked.cast()) => {
                    Volatility::Volatile
                }
                Planning::Never if pg_sys::contain_volatile_functions(cooked) => unplanned(cooked),
                _ => Volatility::Constant,
            })
        }
    })
}

/// A function in SQL may be inlined, and turn out to be constant; nothing else changes by planning.
///
/// # Safety
/// A cooked expression.
unsafe fn unplanned(cooked: *mut pg_sys::Node) -> Volatility {
    // SAFETY: as the caller says; the tag is checked before the node is read as a call.
    let is_sql = unsafe {
        (*cooked).type_ == NodeTag::T_FuncExpr
            && function_language((*cooked.cast::<pg_sys::FuncExpr>()).funcid) == Some(SQL_LANGUAGE)
    };
    if is_sql { Volatility::PerhapsVolatile } else { Volatility::Volatile }
}

fn function_language(oid: Oid) -> Option<Oid> {
    use super::catalog::Tuple;
    // SAFETY: PROCOID is a cache of pg_proc.
    let tuple: Tuple<pg_sys::FormData_pg_proc> = unsafe {
        Tuple::new(server::SearchSysCache1(
            super::cache_id(pg_sys::SysCacheIdentifier::PROCOID),
            pg_sys::Datum::from(oid),
        ))
    }?;
    Some(tuple.form().prolang)
}

/// What ALTER COLUMN TYPE does, by the server's own cast and by its own reading of the cast.
pub(super) fn type_change(table: Oid, change: &AlterType, planning: Planning) -> Lookup<TypeChange> {
    ask(planning, || {
        let Some(column) = attribute(table, &change.column) else { return Lookup::Missing };
        let Some((target, typmod)) = resolve_type(&change.type_name) else {
            return Lookup::NotChecked("The new type is not known here.".to_owned());
        };
        let form = column.form();
        // SAFETY: types that exist.
        let name = |oid, typmod| unsafe { text::from_c(pg_sys::format_type_with_typemod(oid, typmod)) };
        let rewrites = match transformation(table, form, change, target, typmod, planning) {
            Lookup::Found(rewrites) => rewrites,
            Lookup::Missing => return Lookup::Missing,
            Lookup::NotChecked(reason) => return Lookup::NotChecked(reason),
        };
        Lookup::Found(TypeChange {
            rewrites,
            from: name(form.atttypid, form.atttypmod),
            to: name(target, typmod).unwrap_or_default(),
            rebuilds: if rewrites { Vec::new() } else { reindex::rebuilt(table, change, target) },
            loses: match change.using {
                None => loss::of_change(based(form.atttypid, form.atttypmod), based(target, typmod)),
                Some(_) => None,
            },
        })
    })
}

/// The type below a domain, with its modifier.
fn based(type_: Oid, mut typmod: i32) -> loss::Modified {
    // SAFETY: a type that exists.
    (unsafe { pg_sys::getBaseTypeAndTypmod(type_, &raw mut typmod) }, typmod)
}

fn transformation(
    table: Oid,
    column: &pg_sys::FormData_pg_attribute,
    change: &AlterType,
    target: Oid,
    typmod: i32,
    planning: Planning,
) -> Lookup<bool> {
    // SAFETY: the steps of ATPrepAlterColumnType, on a copy of the expression, with the table open and locked while
    // it is looked at.
    unsafe {
        let state = pg_sys::make_parsestate(ptr::null_mut());
        let expression = match &change.using {
            None => pg_sys::makeVar(1, column.attnum, column.atttypid, column.atttypmod, column.attcollation, 0).cast(),
            Some(using) => {
                let Some(raw) = copy_of(using) else { return Lookup::Missing };
                let Some(opened) = Opened::at_once(table) else {
                    return Lookup::NotChecked("The table is locked by another session.".to_owned());
                };
                let mode = core::ffi::c_int::try_from(pg_sys::AccessShareLock).unwrap_or(1);
                let item =
                    pg_sys::addRangeTableEntryForRelation(state, opened.as_ptr(), mode, ptr::null_mut(), false, true);
                pg_sys::addNSItemToQuery(state, item, false, true, true);
                pg_sys::transformExpr(state, raw, pg_sys::ParseExprKind::EXPR_KIND_ALTER_COL_TRANSFORM)
            }
        };
        let cast = pg_sys::coerce_to_target_type(
            state,
            expression,
            pg_sys::exprType(expression),
            target,
            typmod,
            pg_sys::CoercionContext::COERCION_ASSIGNMENT,
            pg_sys::CoercionForm::COERCE_IMPLICIT_CAST,
            -1,
        );
        if cast.is_null() {
            // There is no such cast, as the server will say itself.
            return Lookup::Missing;
        }
        pg_sys::assign_expr_collations(state, cast);
        // Planning a cast of the bare column evaluates nothing, since no argument is constant; an expression of the
        // user's may call anything.
        let planned = if change.using.is_none() || planning == Planning::Allowed {
            pg_sys::expression_planner(cast.cast()).cast()
        } else {
            cast
        };
        Lookup::Found(requires_rewrite(planned, column.attnum))
    }
}

/// `ATColumnChangeRequiresRewrite` of the server, which is not exported.
///
/// # Safety
/// A cooked expression.
unsafe fn requires_rewrite(mut expression: *mut pg_sys::Node, attnum: AttrNumber) -> bool {
    // SAFETY: each node's tag is checked before it is read as more than a node.
    unsafe {
        loop {
            expression = match (*expression).type_ {
                NodeTag::T_Var => return (*expression.cast::<pg_sys::Var>()).varattno != attnum,
                NodeTag::T_RelabelType => (*expression.cast::<pg_sys::RelabelType>()).arg.cast(),
                NodeTag::T_CoerceToDomain => {
                    let coercion = expression.cast::<pg_sys::CoerceToDomain>();
                    if pg_sys::DomainHasConstraints((*coercion).resulttype) {
                        return true;
                    }
                    (*coercion).arg.cast()
                }
                NodeTag::T_FuncExpr => {
                    let call = expression.cast::<pg_sys::FuncExpr>();
                    let between_timestamps = [pg_sys::F_TIMESTAMPTZ_TIMESTAMP, pg_sys::F_TIMESTAMP_TIMESTAMPTZ]
                        .contains(&(*call).funcid.to_u32());
                    if !between_timestamps || pg_sys::TimestampTimestampTzRequiresRewrite() {
                        return true;
                    }
                    match first_of((*call).args) {
                        Some(argument) => argument,
                        None => return true,
                    }
                }
                _ => return true,
            };
        }
    }
}

/// # Safety
/// A list of nodes, or null.
unsafe fn first_of(list: *mut pg_sys::List) -> Option<*mut pg_sys::Node> {
    pgrx::memcx::current_context(|mcx| {
        // SAFETY: as the caller says.
        unsafe { pgrx::list::List::<*mut core::ffi::c_void>::downcast_ptr_in_memcx(list, mcx) }
            .and_then(|list| list.get(0).map(|node| node.cast()))
    })
}

/// Whether the predicate of an index on a table calls anything that is not IMMUTABLE, as `CheckPredicate` of the server
/// asks.
pub(super) fn predicate_is_mutable(table: Oid, predicate: &Opaque, planning: Planning) -> Lookup<bool> {
    ask(planning, || {
        let Some(raw) = copy_of(predicate) else { return Lookup::Missing };
        let Some(opened) = Opened::at_once(table) else {
            return Lookup::NotChecked("The table is locked by another session.".to_owned());
        };
        // SAFETY: a copy of the raw expression, transformed as CREATE INDEX will do it, with the table open and locked.
        Lookup::Found(unsafe {
            let state = pg_sys::make_parsestate(ptr::null_mut());
            let mode = core::ffi::c_int::try_from(pg_sys::AccessShareLock).unwrap_or(1);
            let item =
                pg_sys::addRangeTableEntryForRelation(state, opened.as_ptr(), mode, ptr::null_mut(), false, true);
            pg_sys::addNSItemToQuery(state, item, false, true, true);
            let condition = pg_sys::transformExpr(state, raw, pg_sys::ParseExprKind::EXPR_KIND_INDEX_PREDICATE);
            let condition = pg_sys::coerce_to_boolean(state, condition, c"WHERE".as_ptr());
            pg_sys::assign_expr_collations(state, condition);
            match planning {
                Planning::Allowed => pg_sys::contain_mutable_functions_after_planning(condition.cast()),
                Planning::Never => pg_sys::contain_mutable_functions(condition),
            }
        })
    })
}

/// Whether validated CHECKs, but for those named, prove the column of the table, and of each child that has no NOT NULL
/// yet.
pub(super) fn proves_not_null(table: Oid, column: &str, without: &[&str], planning: Planning) -> Lookup<bool> {
    ask(planning, || {
        Lookup::Found(tree(table).into_iter().all(|member| member_proves_not_null(member, column, without, planning)))
    })
}

fn member_proves_not_null(oid: Oid, column: &str, without: &[&str], planning: Planning) -> bool {
    let has_rows = class(oid).is_some_and(|class| class.form().relkind.cast_unsigned() == pg_sys::RELKIND_RELATION);
    let Some(attribute) = attribute(oid, column) else { return true };
    if !has_rows || super::relation::column(oid, column).is_some_and(|column| column.not_null) {
        return true;
    }
    let form = attribute.form();
    let Some(entry) = Entry::of(oid) else { return true };
    // SAFETY: the test is what the server builds itself in SET NOT NULL; the entry is open.
    unsafe {
        let tests = pg_sys::lappend(ptr::null_mut(), not_null_test(form).cast());
        is_implied(entry.as_ptr(), tests, ptr::null_mut(), without, planning)
    }
}

unsafe extern "C-unwind" {
    // nodes/nodeFuncs.h; from 16 on the name is that of a macro.
    #[cfg_attr(not(feature = "pg15"), link_name = "expression_tree_walker_impl")]
    fn expression_tree_walker(
        node: *mut pg_sys::Node,
        walker: unsafe extern "C-unwind" fn(*mut pg_sys::Node, *mut core::ffi::c_void) -> bool,
        context: *mut core::ffi::c_void,
    ) -> bool;
}

/// Whether planning a condition runs nothing that a user wrote: every function in it came with the server.
fn calls_only_the_servers_own(condition: *mut pg_sys::Node) -> bool {
    // SAFETY: a cooked condition; the boundary turns an error into an unwind, and the closure owns nothing.
    !unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| finds_users_own(condition, ptr::null_mut())) }
}

/// # Safety
/// Called by the server's walker with a node of a cooked expression.
unsafe extern "C-unwind" fn finds_users_own(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        !node.is_null()
            && (pg_sys::check_functions_in_node(node, Some(is_users_own), context)
                || expression_tree_walker(node, finds_users_own, context))
    }
}

unsafe extern "C-unwind" fn is_users_own(function: Oid, _context: *mut core::ffi::c_void) -> bool {
    function.to_u32() >= pg_sys::FirstNormalObjectId
}

/// `column IS NOT NULL`.
fn not_null_test(column: &pg_sys::FormData_pg_attribute) -> *mut pg_sys::NullTest {
    // SAFETY: new nodes, in the current memory context.
    unsafe {
        let variable = pg_sys::makeVar(1, column.attnum, column.atttypid, column.atttypmod, column.attcollation, 0);
        let test = pgrx::PgBox::<pg_sys::NullTest>::alloc_node(NodeTag::T_NullTest).into_pg();
        (*test).arg = variable.cast();
        (*test).nulltesttype = pg_sys::NullTestType::IS_NOT_NULL;
        (*test).argisrow = false;
        (*test).location = -1;
        test
    }
}

/// A raw CHECK condition as the server would store it.
pub(super) fn cooked(table: &Opened, condition: &Opaque) -> Option<*mut pg_sys::Node> {
    let raw = copy_of(condition)?;
    // SAFETY: the table is open and locked, and the condition a copy.
    unsafe {
        let state = pg_sys::make_parsestate(ptr::null_mut());
        let mode = core::ffi::c_int::try_from(pg_sys::AccessShareLock).unwrap_or(1);
        let item = pg_sys::addRangeTableEntryForRelation(state, table.as_ptr(), mode, ptr::null_mut(), false, true);
        pg_sys::addNSItemToQuery(state, item, true, true, true);
        let kind = pg_sys::ParseExprKind::EXPR_KIND_CHECK_CONSTRAINT;
        let expression = pg_sys::coerce_to_boolean(state, pg_sys::transformExpr(state, raw, kind), c"CHECK".as_ptr());
        pg_sys::assign_expr_collations(state, expression);
        let simplified = if calls_only_the_servers_own(expression) {
            pg_sys::eval_const_expressions(ptr::null_mut(), expression)
        } else {
            expression
        };
        Some(pg_sys::canonicalize_qual(simplified.cast(), true).cast())
    }
}

/// `PartConstraintImpliedByRelConstraint` of the server: NOT NULLs and CHECKs together.
///
/// # Safety
/// A relation of the relcache, and lists of conditions over its columns: to be proven, and known to hold.
pub(super) unsafe fn implied_by_constraints(
    relation: pg_sys::Relation,
    tests: *mut pg_sys::List,
    mut known: *mut pg_sys::List,
    planning: Planning,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        let oid = (*relation).rd_id;
        for number in 1..=(*(*relation).rd_att).natts {
            let Some(name) = AttrNumber::try_from(number).ok().and_then(|number| attribute_name(oid, number)) else {
                continue;
            };
            let not_null = super::relation::column(oid, &name).is_some_and(|column| column.not_null);
            if let Some(column) = attribute(oid, &name).filter(|_| not_null) {
                known = pg_sys::lappend(known, not_null_test(column.form()).cast());
            }
        }
        is_implied(relation, tests, known, &[], planning)
    }
}

/// `ConstraintImpliedByRelConstraint` of the server, which is not exported, with constraints left out that the same
/// statement drops. Where nothing may be planned, conditions stay as they are, which proves a little less.
///
/// # Safety
/// A relation of the relcache and a list of conditions.
unsafe fn is_implied(
    relation: pg_sys::Relation,
    tests: *mut pg_sys::List,
    mut known: *mut pg_sys::List,
    without: &[&str],
    planning: Planning,
) -> bool {
    // SAFETY: the constraints of a relation, where it has any, are an array as long as said, of strings that live as
    // long as the relcache entry.
    unsafe {
        let constraints = (*(*relation).rd_att).constr;
        if constraints.is_null() {
            return false;
        }
        for i in 0..usize::from((*constraints).num_check) {
            let check = (*constraints).check.add(i);
            let name = text::from_c((*check).ccname).unwrap_or_default();
            if !(*check).ccvalid || without.contains(&name.as_str()) {
                continue;
            }
            let mut condition = pg_sys::stringToNode((*check).ccbin).cast::<pg_sys::Node>();
            if planning == Planning::Allowed || calls_only_the_servers_own(condition) {
                condition = pg_sys::eval_const_expressions(ptr::null_mut(), condition);
                condition = pg_sys::canonicalize_qual(condition.cast(), true).cast();
            }
            known = pg_sys::list_concat(known, pg_sys::make_ands_implicit(condition.cast()));
        }
        pg_sys::predicate_implied_by(tests, known, true)
    }
}
