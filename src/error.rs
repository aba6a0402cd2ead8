//! Errors that users see, in the manner of the server's style guide.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::fmt;

pub(crate) mod emit;

/// SQLSTATE classes and codes that functions of pg_warden raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// 42601
    SyntaxError,
    /// 22004
    NullNotAllowed,
    /// 22008
    DatetimeOverflow,
    /// 22003
    NumericOutOfRange,
    /// 22023
    InvalidParameter,
    /// 23514
    CheckViolation,
    /// 0A000
    NotSupported,
    /// 25001
    ActiveTransaction,
    /// 42501
    InsufficientPrivilege,
    /// 42602
    InvalidName,
    /// 3F000
    UndefinedSchema,
    /// 42703
    UndefinedColumn,
    /// 42704
    UndefinedObject,
    /// 42804
    DatatypeMismatch,
    /// 42809
    WrongObjectType,
    /// 42939
    ReservedName,
    /// 42P01
    UndefinedTable,
    /// 42P07
    DuplicateTable,
    /// 42P17
    InvalidObjectDefinition,
    /// 55000
    NotInPrerequisiteState,
    /// 55P03
    LockNotAvailable,
    /// XX000
    Internal,
}

impl From<Code> for PgSqlErrorCode {
    fn from(code: Code) -> Self {
        match code {
            Code::SyntaxError => Self::ERRCODE_SYNTAX_ERROR,
            Code::NullNotAllowed => Self::ERRCODE_NULL_VALUE_NOT_ALLOWED,
            Code::DatetimeOverflow => Self::ERRCODE_DATETIME_FIELD_OVERFLOW,
            Code::NumericOutOfRange => Self::ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
            Code::InvalidParameter => Self::ERRCODE_INVALID_PARAMETER_VALUE,
            Code::CheckViolation => Self::ERRCODE_CHECK_VIOLATION,
            Code::NotSupported => Self::ERRCODE_FEATURE_NOT_SUPPORTED,
            Code::ActiveTransaction => Self::ERRCODE_ACTIVE_SQL_TRANSACTION,
            Code::InsufficientPrivilege => Self::ERRCODE_INSUFFICIENT_PRIVILEGE,
            Code::InvalidName => Self::ERRCODE_INVALID_NAME,
            Code::UndefinedSchema => Self::ERRCODE_INVALID_SCHEMA_NAME,
            Code::UndefinedColumn => Self::ERRCODE_UNDEFINED_COLUMN,
            Code::UndefinedObject => Self::ERRCODE_UNDEFINED_OBJECT,
            Code::DatatypeMismatch => Self::ERRCODE_DATATYPE_MISMATCH,
            Code::WrongObjectType => Self::ERRCODE_WRONG_OBJECT_TYPE,
            Code::ReservedName => Self::ERRCODE_RESERVED_NAME,
            Code::UndefinedTable => Self::ERRCODE_UNDEFINED_TABLE,
            Code::DuplicateTable => Self::ERRCODE_DUPLICATE_TABLE,
            Code::InvalidObjectDefinition => Self::ERRCODE_INVALID_OBJECT_DEFINITION,
            Code::NotInPrerequisiteState => Self::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            Code::LockNotAvailable => Self::ERRCODE_LOCK_NOT_AVAILABLE,
            Code::Internal => Self::ERRCODE_INTERNAL_ERROR,
        }
    }
}

/// An error that a function of pg_warden ends with: message, DETAIL, HINT and SQLSTATE.
///
/// Return it as `Result<_, Error>`: pgrx unwinds every Rust frame before the server's longjmp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: Code,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
}

impl Error {
    /// Message: lower case, no full stop, names quoted.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None, hint: None }
    }

    /// Its SQLSTATE.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// All that it says, in one line.
    #[must_use]
    pub fn said(&self) -> String {
        let more = [&self.detail, &self.hint].into_iter().flatten().fold(String::new(), |text, part| text + " " + part);
        format!("{}.{more}", self.message)
    }

    /// Raises it, where no `Result` can carry it out.
    pub fn raise(self) -> ! {
        ErrorReport::from(self).report(PgLogLevel::ERROR);
        unreachable!("an ERROR does not return")
    }

    /// Adds a sentence that explains.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a sentence that says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<pgrx::spi::SpiError> for Error {
    fn from(error: pgrx::spi::SpiError) -> Self {
        Self::new(Code::Internal, error.to_string())
    }
}

impl From<Error> for ErrorReport {
    fn from(error: Error) -> Self {
        let mut report = Self::new(error.code.into(), sendable(error.message), "");
        if let Some(detail) = error.detail {
            report = report.set_detail(sendable(detail));
        }
        if let Some(hint) = error.hint {
            report = report.set_hint(sendable(hint));
        }
        report
    }
}

/// pgrx sends messages as they are: outside UTF-8 databases only ASCII survives, so other characters are spelt out.
pub(crate) fn sendable(text: String) -> String {
    if text.is_ascii() || crate::text::database_is_utf8() {
        return text;
    }
    text.chars().map(|c| if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() }).collect()
}
