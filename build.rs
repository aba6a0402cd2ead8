//! Lets unit tests link without a server.
//!
//! The extension finds the server's symbols once a server has loaded it. The executable of the unit tests has no
//! server, and a linker refuses it as soon as a test reaches code that names such a symbol, called or not. So this
//! makes a static library that defines them all, at one address that holds nothing; `src/lib.rs` links it under
//! `cfg(test)` alone. A test that does call the server ends at once.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PGRX_PG_CONFIG_PATH");
    if env::var("CARGO_CFG_TARGET_OS")? != "linux" {
        return Ok(());
    }
    let folder = env::var("OUT_DIR")?;
    println!("cargo::rustc-link-search=native={folder}");
    let pg_config = env::var("PGRX_PG_CONFIG_PATH").unwrap_or_else(|_| "pg_config".to_owned());
    let server = Path::new(run(&pg_config, &["--bindir"])?.trim()).join("postgres");
    // Where only the headers are installed the extension can be built, and no more is asked of this.
    let symbols =
        run("nm", &["--dynamic", "--defined-only", "--format=posix", &server.to_string_lossy()]).unwrap_or_default();
    make_library(Path::new(&folder), symbols.lines().filter_map(|line| line.split(' ').next()))
}

fn make_library<'a>(folder: &Path, symbols: impl Iterator<Item = &'a str>) -> Result<(), Box<dyn Error>> {
    let mut source = String::from(".section .note.GNU-stack,\"\"\n.data\n.balign 16\n");
    // Not what every executable has of its own, nor the C library's, which have a version behind an @.
    let own = |symbol: &&str| *symbol != "main" && *symbol != "data_start" && !symbol.starts_with('_');
    for symbol in symbols.filter(own).filter(|symbol| !symbol.contains('@')) {
        writeln!(source, ".weak {symbol}\n{symbol}:")?;
    }
    source.push_str(".skip 64\n");
    let (assembly, object) = (folder.join("server_symbols.s"), folder.join("server_symbols.o"));
    fs::write(&assembly, source)?;
    run("cc", &["-c", &assembly.to_string_lossy(), "-o", &object.to_string_lossy()])?;
    run("ar", &["crs", &folder.join("libserver_symbols.a").to_string_lossy(), &object.to_string_lossy()])?;
    Ok(())
}

fn run(program: &str, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new(program).args(arguments).output().map_err(|e| format!("{program}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
