//! Storage parameters as a policy has them: `fillfactor=70, toast.autovacuum_enabled=off`.
#![forbid(unsafe_code)]

use super::plan::literal;
use crate::error::{Code, Error};
use crate::facts::live;

/// One parameter.
#[derive(Debug, PartialEq, Eq)]
struct Parameter<'a> {
    is_of_toast: bool,
    name: &'a str,
    value: &'a str,
}

/// Refuses what CREATE TABLE would refuse.
///
/// # Errors
/// 22023 for what is no list of parameters, or names one twice; the server's own for what it does not know.
pub(super) fn check(text: &str) -> Result<(), Error> {
    let parameters = read(text)?;
    for is_of_toast in [false, true] {
        let options = parameters.iter().filter(|p| p.is_of_toast == is_of_toast);
        live::check_storage_parameters(is_of_toast, options.map(|p| format!("{}={}", p.name, p.value)).collect());
    }
    Ok(())
}

/// The same as SQL, to be put between the parentheses of WITH.
///
/// # Errors
/// As [`check`].
pub(super) fn sql(text: &str) -> Result<String, Error> {
    let parameter = |p: &Parameter<'_>| {
        let toast = if p.is_of_toast { "toast." } else { "" };
        format!("{toast}{}={}", p.name, literal(p.value))
    };
    Ok(read(text)?.iter().map(parameter).collect::<Vec<_>>().join(", "))
}

fn read(text: &str) -> Result<Vec<Parameter<'_>>, Error> {
    let mut parameters: Vec<Parameter<'_>> = Vec::new();
    for part in text.split(',') {
        let parameter = parameter(part).ok_or_else(|| {
            Error::new(Code::InvalidParameter, format!("invalid value for storage_parameters: {}", literal(text)))
                .hint("Write them as in WITH (...): 'fillfactor=70, toast.autovacuum_enabled=off'.")
        })?;
        if parameters.iter().any(|p| (p.is_of_toast, p.name) == (parameter.is_of_toast, parameter.name)) {
            return Err(Error::new(
                Code::InvalidParameter,
                format!("storage_parameters has \"{}\" more than once", parameter.name),
            ));
        }
        parameters.push(parameter);
    }
    Ok(parameters)
}

fn parameter(text: &str) -> Option<Parameter<'_>> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let value = value.strip_prefix('\'').map_or(Some(value), |rest| rest.strip_suffix('\''))?;
    let (is_of_toast, name) = name.strip_prefix("toast.").map_or((false, name), |name| (true, name));
    // All that the server has are made of these: nothing of it is to be quoted.
    let is_word = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let is_plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c));
    (is_word && is_plain).then_some(Parameter { is_of_toast, name, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_and_quoted() {
        for (text, expected) in [
            ("fillfactor=70", "fillfactor='70'"),
            (" fillfactor = '70',toast.autovacuum_enabled=off ", "fillfactor='70', toast.autovacuum_enabled='off'"),
            ("autovacuum_vacuum_scale_factor=1e-2", "autovacuum_vacuum_scale_factor='1e-2'"),
            (
                "autovacuum_enabled=off, toast.autovacuum_enabled=off",
                "autovacuum_enabled='off', toast.autovacuum_enabled='off'",
            ),
        ] {
            assert_eq!(sql(text).ok().as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_of_parameters_is_refused() {
        for text in [
            "",
            " ",
            "fillfactor",
            "fillfactor=",
            "=70",
            "fillfactor=70,",
            "fillfactor=7 0",
            "fillfactor='70",
            "\"fillfactor\"=70",
            "Fillfactor=70",
            "toast.=1",
            "heap.fillfactor=70",
            "fillfactor=70) TABLESPACE x --",
            "fillfactor='7''0'",
            "fillfactor=70, fillfactor=80",
        ] {
            assert!(sql(text).is_err(), "{text}");
        }
    }
}
