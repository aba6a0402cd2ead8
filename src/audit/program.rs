//! Whether the program that the server runs is still the one that is installed: no query shows it.
#![forbid(unsafe_code)]

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Whether another program lies where the server's own was when it started. `None` where the system does not tell.
pub(super) fn is_replaced() -> Option<bool> {
    is_replaced_at(Path::new("/proc/self/exe"))
}

/// The same of the process whose link to its program that is, as Linux has it.
fn is_replaced_at(link: &Path) -> Option<bool> {
    let target = fs::read_link(link).ok()?;
    let Some(path) = target.as_os_str().as_bytes().strip_suffix(b" (deleted)") else { return Some(false) };
    // What is not there, was not replaced; and the same again is no other.
    let Ok(installed) = fs::read(Path::new(std::ffi::OsStr::from_bytes(path))) else { return Some(false) };
    Some(fs::read(link).ok()? != installed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_program_that_was_replaced_while_it_runs() {
        let folder = std::env::temp_dir().join(format!("pg_warden-program-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (program, next) = (folder.join("sleep"), folder.join("next"));
        fs::copy("/bin/sleep", &program).unwrap();
        let mut child = Command::new(&program).arg("60").spawn().unwrap();
        let link = Path::new("/proc").join(child.id().to_string()).join("exe");
        assert_eq!(is_replaced_at(&link), Some(false), "as it was started");
        fs::copy("/bin/sleep", &next).unwrap();
        fs::rename(&next, &program).unwrap();
        assert_eq!(is_replaced_at(&link), Some(false), "by itself");
        fs::copy("/bin/true", &next).unwrap();
        fs::rename(&next, &program).unwrap();
        assert_eq!(is_replaced_at(&link), Some(true), "by another");
        fs::remove_file(&program).unwrap();
        assert_eq!(is_replaced_at(&link), Some(false), "it is gone");
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(is_replaced_at(&folder), None);
    }
}
