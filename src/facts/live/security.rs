//! Row level security, from the relcache and the privileges of a table.

use super::relation::class;
use super::relcache::Entry;
use super::{cache_id, valid};
use crate::facts::RowSecurity;
use crate::text;
use core::ffi::c_void;
use pgrx::pg_sys::{self, AclMode, Oid};

/// Row level security of a table.
pub(super) fn of_table(oid: Oid) -> Option<RowSecurity> {
    let entry = Entry::of(oid)?;
    let owner = entry.form().relowner;
    Some(RowSecurity {
        enabled: entry.form().relrowsecurity,
        permissive: is_permissive(&entry),
        granted: granted(oid, owner),
    })
}

/// Whether a policy lets somebody in. What is not enabled has no policies in the relcache.
fn is_permissive(entry: &Entry) -> bool {
    // SAFETY: null, or a list of policies that lives as long as the entry.
    pgrx::memcx::current_context(|mcx| unsafe {
        let descriptor = (*entry.as_ptr()).rd_rsdesc;
        if descriptor.is_null() {
            return false;
        }
        pgrx::list::List::<*mut c_void>::downcast_ptr_in_memcx((*descriptor).policies, mcx).is_some_and(|policies| {
            policies.iter().any(|policy| (*policy.cast::<pg_sys::RowSecurityPolicy>()).permissive)
        })
    })
}

/// Roles with privileges on a table whom row level security holds back.
fn granted(table: Oid, owner: Oid) -> Vec<String> {
    let mut roles: Vec<_> = named_grantees(table)
        .into_iter()
        // SAFETY: roles that the privileges name, and the owner.
        .filter(|role| unsafe { !pg_sys::has_privs_of_role(*role, owner) && !pg_sys::has_bypassrls_privilege(*role) })
        // SAFETY: any OID may be asked for; null is answered for none.
        .filter_map(|role| unsafe { text::from_c(pg_sys::GetUserNameFromId(role, true)) })
        .collect();
    // SAFETY: the OID of nobody stands for PUBLIC.
    let of_public = unsafe {
        pg_sys::pg_class_aclmask(table, pg_sys::InvalidOid, AclMode::from(ANY_ROW), pg_sys::AclMaskHow::ACLMASK_ANY)
    };
    if of_public != 0 {
        roles.push("PUBLIC".to_owned());
    }
    roles
}

/// Privileges by which rows are read and written.
const ANY_ROW: u32 = pg_sys::ACL_SELECT | pg_sys::ACL_INSERT | pg_sys::ACL_UPDATE | pg_sys::ACL_DELETE;

/// The roles that the privileges of a table name, without PUBLIC.
fn named_grantees(table: Oid) -> Vec<Oid> {
    let Some(tuple) = class(table) else { return Vec::new() };
    let column = pg_sys::AttrNumber::try_from(pg_sys::Anum_pg_class_relacl).unwrap_or(0);
    let mut is_null = true;
    let mut roles = core::ptr::null_mut();
    // SAFETY: the tuple is one of pg_class; its privileges, where there are any, are copied out before they are read,
    // and the roles are an array as long as said.
    unsafe {
        let cache = cache_id(pg_sys::SysCacheIdentifier::RELOID);
        let datum = pg_sys::SysCacheGetAttr(cache, tuple.as_ptr(), column, &raw mut is_null);
        if is_null {
            return Vec::new();
        }
        let privileges = pg_sys::pg_detoast_datum(datum.cast_mut_ptr());
        let count = pg_sys::aclmembers(privileges.cast(), &raw mut roles);
        let count = usize::try_from(count).unwrap_or(0);
        (0..count).filter_map(|i| valid(*roles.add(i))).collect()
    }
}
