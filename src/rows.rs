//! Findings as rows of `warden.finding`.
//!
//! Vouches for: values are in the order and of the types of that type's columns, as sql/schema.sql declares them.
#![allow(unsafe_code, reason = "forms tuples; see the module's promise")]

use crate::finding::Finding;
use crate::text::Text;
use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::iter::SetOfIterator;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::prelude::*;

/// A finding and where it stands in a script; outside text, nowhere.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) finding: Finding,
    /// Number of the statement, from 1.
    pub(crate) statement: Option<i32>,
    /// From 1.
    pub(crate) line: Option<i32>,
    /// In characters, from 1.
    pub(crate) column: Option<i32>,
}

impl From<Finding> for Row {
    fn from(finding: Finding) -> Self {
        Self { finding, statement: None, line: None, column: None }
    }
}

/// What a function that `RETURNS SETOF warden.finding` returns.
pub(crate) fn rows(rows: Vec<Row>) -> SetOfIterator<'static, Row> {
    SetOfIterator::new(rows)
}

impl Row {
    fn into_datums(self) -> [Option<pg_sys::Datum>; 11] {
        let level = self.finding.level_name();
        let fingerprint = self.finding.fingerprint();
        let finding = self.finding;
        [
            Text::from(finding.rule).into_datum(),
            Text::from(level).into_datum(),
            Text(finding.object).into_datum(),
            Text(finding.message).into_datum(),
            finding.detail.map(Text).into_datum(),
            finding.hint.map(Text).into_datum(),
            finding.fix.map(Text).into_datum(),
            Text(fingerprint).into_datum(),
            self.statement.into_datum(),
            self.line.into_datum(),
            self.column.into_datum(),
        ]
    }
}

// SAFETY: a tuple of the function's own result type.
unsafe impl BoxRet for Row {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        let datums = self.into_datums();
        let mut nulls = datums.map(|datum| datum.is_none());
        let mut values = datums.map(|datum| datum.unwrap_or(pg_sys::Datum::from(0)));
        let mut descriptor = core::ptr::null_mut();
        // SAFETY: the call's own information; the descriptor it gives is that of warden.finding, whose columns the
        // arrays match.
        unsafe {
            pg_sys::get_call_result_type(fcinfo.as_mut_ptr(), core::ptr::null_mut(), &raw mut descriptor);
            let descriptor = pg_sys::BlessTupleDesc(descriptor);
            let tuple = pg_sys::heap_form_tuple(descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
            fcinfo.return_raw_datum(pg_sys::HeapTupleHeaderGetDatum((*tuple).t_data))
        }
    }
}

// SAFETY: the SQL type is made by sql/schema.sql, before any function that returns it.
unsafe impl SqlTranslatable for Row {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Row);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("warden.finding"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = Ok(ReturnsRef::One(SqlMappingRef::literal("warden.finding")));
}
