//! A borrowed parse node whose tag has been checked before it is read as a wider struct.
//!
//! Vouches for: `Tagged` pairs each struct with the tag the server stores in it; nodes outlive `'mcx`.

use core::marker::PhantomData;
use core::ptr::NonNull;
use pgrx::memcx::MemCx;
use pgrx::pg_sys::{self, NodeTag};

/// Structs that begin with a `NodeTag`, and the tag the server gives them.
///
/// # Safety
/// `TAG` must be the tag that the server stores in the first field of `Self`.
pub(crate) unsafe trait Tagged {
    const TAG: NodeTag;
}

macro_rules! tagged {
    ($($name:ident => $tag:ident),* $(,)?) => {$(
        // SAFETY: `makeNode(X)` in the server stores `T_X`, and these names are paired with their own tag.
        unsafe impl Tagged for pg_sys::$name { const TAG: NodeTag = NodeTag::$tag; }
    )*};
}

tagged! {
    A_Const => T_A_Const,
    A_Expr => T_A_Expr,
    A_Indirection => T_A_Indirection,
    AccessPriv => T_AccessPriv,
    AlterDomainStmt => T_AlterDomainStmt,
    AlterEnumStmt => T_AlterEnumStmt,
    AlterObjectSchemaStmt => T_AlterObjectSchemaStmt,
    AlterPolicyStmt => T_AlterPolicyStmt,
    AlterPublicationStmt => T_AlterPublicationStmt,
    AlterRoleStmt => T_AlterRoleStmt,
    AlterTableCmd => T_AlterTableCmd,
    AlterTableStmt => T_AlterTableStmt,
    Boolean => T_Boolean,
    BoolExpr => T_BoolExpr,
    CallStmt => T_CallStmt,
    ClusterStmt => T_ClusterStmt,
    CollateClause => T_CollateClause,
    ColumnDef => T_ColumnDef,
    ColumnRef => T_ColumnRef,
    CommentStmt => T_CommentStmt,
    CommonTableExpr => T_CommonTableExpr,
    Constraint => T_Constraint,
    CopyStmt => T_CopyStmt,
    CreateDomainStmt => T_CreateDomainStmt,
    CreateEnumStmt => T_CreateEnumStmt,
    CreateForeignTableStmt => T_CreateForeignTableStmt,
    CreateFunctionStmt => T_CreateFunctionStmt,
    CreatePolicyStmt => T_CreatePolicyStmt,
    CreatePublicationStmt => T_CreatePublicationStmt,
    CreateRoleStmt => T_CreateRoleStmt,
    CreateSchemaStmt => T_CreateSchemaStmt,
    CreateSeqStmt => T_CreateSeqStmt,
    CreateStatsStmt => T_CreateStatsStmt,
    CreateStmt => T_CreateStmt,
    CreateTableAsStmt => T_CreateTableAsStmt,
    CreateTrigStmt => T_CreateTrigStmt,
    DefElem => T_DefElem,
    DeleteStmt => T_DeleteStmt,
    DropdbStmt => T_DropdbStmt,
    DropStmt => T_DropStmt,
    Float => T_Float,
    FuncCall => T_FuncCall,
    GrantStmt => T_GrantStmt,
    IndexElem => T_IndexElem,
    IndexStmt => T_IndexStmt,
    InsertStmt => T_InsertStmt,
    Integer => T_Integer,
    IntoClause => T_IntoClause,
    List => T_List,
    LockStmt => T_LockStmt,
    MergeStmt => T_MergeStmt,
    NullTest => T_NullTest,
    PartitionBoundSpec => T_PartitionBoundSpec,
    PartitionCmd => T_PartitionCmd,
    PartitionElem => T_PartitionElem,
    PartitionSpec => T_PartitionSpec,
    PrepareStmt => T_PrepareStmt,
    PublicationObjSpec => T_PublicationObjSpec,
    PublicationTable => T_PublicationTable,
    RangeVar => T_RangeVar,
    RawStmt => T_RawStmt,
    RefreshMatViewStmt => T_RefreshMatViewStmt,
    ReindexStmt => T_ReindexStmt,
    RenameStmt => T_RenameStmt,
    ReplicaIdentityStmt => T_ReplicaIdentityStmt,
    RoleSpec => T_RoleSpec,
    RuleStmt => T_RuleStmt,
    SelectStmt => T_SelectStmt,
    TableLikeClause => T_TableLikeClause,
    String => T_String,
    TransactionStmt => T_TransactionStmt,
    TruncateStmt => T_TruncateStmt,
    TypeCast => T_TypeCast,
    TypeName => T_TypeName,
    UpdateStmt => T_UpdateStmt,
    VacuumRelation => T_VacuumRelation,
    VacuumStmt => T_VacuumStmt,
    VariableSetStmt => T_VariableSetStmt,
    ViewStmt => T_ViewStmt,
    WithClause => T_WithClause,
}

#[cfg(feature = "pg18")]
tagged! { ATAlterConstraint => T_ATAlterConstraint }

/// A non-null node that lives at least as long as the memory context `'mcx`.
///
/// A pointer, not a `&pg_sys::Node`: a reference to the four-byte header may not be widened to the whole struct.
#[derive(Clone, Copy)]
pub(crate) struct Node<'mcx>(NonNull<pg_sys::Node>, PhantomData<&'mcx pg_sys::Node>);

impl<'mcx> Node<'mcx> {
    /// # Safety
    /// `ptr` is null, or points at a node of this backend that stays allocated and unchanged for `'mcx`, and so does
    /// everything reachable from it.
    pub(crate) unsafe fn from_ptr<T>(ptr: *const T, _mcx: &MemCx<'mcx>) -> Option<Self> {
        NonNull::new(ptr.cast_mut().cast::<pg_sys::Node>()).map(|p| Self(p, PhantomData))
    }

    pub(crate) fn tag(self) -> NodeTag {
        // SAFETY: every node begins with its tag, and `from_ptr` vouched for the node.
        unsafe { (*self.0.as_ptr()).type_ }
    }

    pub(crate) fn cast<T: Tagged>(self) -> Option<&'mcx T> {
        // SAFETY: the tag says this node was allocated as a `T`, and `from_ptr` vouched for its lifetime.
        (self.tag() == T::TAG).then(|| unsafe { self.0.cast::<T>().as_ref() })
    }

    pub(crate) fn address(self) -> usize {
        self.0.as_ptr() as usize
    }

    pub(crate) fn as_ptr(self) -> *mut pg_sys::Node {
        self.0.as_ptr()
    }
}

/// The nodes of a `List *` of pointers; none for a list of anything else.
///
/// # Safety
/// As for [`Node::from_ptr`], for the list and for every element.
pub(crate) unsafe fn nodes<'mcx>(
    list: *mut pg_sys::List,
    mcx: &MemCx<'mcx>,
) -> impl Iterator<Item = Node<'mcx>> + use<'mcx> {
    // SAFETY: the caller vouches for the list, whose tag comes first, and that it stays as it is.
    let list = unsafe { Node::from_ptr(list, mcx) }.and_then(Node::cast::<pg_sys::List>);
    list.into_iter()
        .flat_map(|list| {
            let count = usize::try_from(list.length).unwrap_or(0);
            // SAFETY: a list has as many cells as it says, and of this kind they are pointers.
            (0..count).filter_map(|i| NonNull::new(unsafe { (*list.elements.add(i)).ptr_value }))
        })
        // The caller vouches for the elements.
        .map(|element| Node(element.cast(), PhantomData))
}
