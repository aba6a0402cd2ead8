//! Who gets at the server's sockets: their folders have modes, which no query shows.
#![forbid(unsafe_code)]

use crate::spi;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Whether only the server's own account gets into the folders where the server listens, or it listens in none.
pub(super) fn are_private() -> bool {
    folders(&spi::setting(c"unix_socket_directories").0).iter().all(|folder| is_private(Path::new(folder)))
}

/// The elements of a list of folders, which may be in double quotes.
fn folders(list: &str) -> Vec<String> {
    let mut folders = vec![String::new()];
    let mut quoted = false;
    for c in list.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => folders.push(String::new()),
            _ => folders.iter_mut().last().into_iter().for_each(|folder| folder.push(c)),
        }
    }
    folders.iter().map(|folder| folder.trim().to_owned()).filter(|folder| !folder.is_empty()).collect()
}

/// Whether it, or a folder above it, can be entered by its owner alone. The server enters it, and so is the owner.
fn is_private(folder: &Path) -> bool {
    // An abstract socket is in no folder, and what cannot be looked at is not vouched for.
    fs::canonicalize(folder).is_ok_and(|path| {
        path.ancestors().any(|folder| fs::metadata(folder).is_ok_and(|found| found.permissions().mode() & 0o011 == 0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_folders() {
        assert_eq!(folders(""), Vec::<String>::new());
        assert_eq!(folders("/tmp"), ["/tmp"]);
        assert_eq!(folders("/run/postgresql, /tmp"), ["/run/postgresql", "/tmp"]);
        assert_eq!(folders(r#""/a, b",@abstract"#), ["/a, b", "@abstract"]);
    }

    #[test]
    fn a_folder_in_one_of_its_owners_alone_is_private() {
        let own = std::env::temp_dir().join(format!("pg_warden-sockets-{}", std::process::id()));
        let inner = own.join("inner");
        fs::create_dir_all(&inner).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o777)).unwrap();
        for (mode, private) in [(0o755, false), (0o710, false), (0o700, true)] {
            fs::set_permissions(&own, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!((is_private(&own), is_private(&inner)), (private, private), "{mode:o}");
        }
        fs::remove_dir_all(&own).unwrap();
        assert!(!is_private(&own));
        assert!(!is_private(Path::new("@abstract")));
    }
}
