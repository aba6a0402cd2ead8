//! Stands between clients and a server, and takes the guard's findings out of what the server sends.
//!
//! It reads the protocol's messages, not their text on a screen: a finding is a notice with an SQLSTATE of class `WD` and a rule, and goes whole, with
//! DETAIL, HINT and position. Every other byte is passed on as it is.

use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::{io, thread};

use crate::report::{Finding, Report};
use crate::{Cluster, Result};

/// What was taken out.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The finding.
    pub finding: Finding,
    /// What the client had sent last.
    pub statement: String,
}

/// A folder with a socket behind which the server says all but findings.
pub struct Filter {
    folder: PathBuf,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Filter {
    /// Listens in a folder below the cluster's until this process ends.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn start(cluster: &Cluster) -> Result<Self> {
        let folder = cluster.root().join("filter");
        fs::create_dir(&folder)?;
        let socket = Cluster::socket_in(&folder);
        let listener = UnixListener::bind(&socket)?;
        // Clients run as the server's account.
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o777))?;
        let taken = Arc::default();
        let (server, sink) = (Cluster::socket_in(cluster.root()), Arc::clone(&taken));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is full or stopped is seen by the client as a closed connection.
                let _ = serve(client, &server, &sink);
            }
        });
        Ok(Self { folder, taken })
    }

    /// The host for clients.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All that was taken out up to now.
    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().map(|taken| taken.clone()).unwrap_or_default()
    }
}

/// Passes one connection's messages both ways, in two threads that end with it.
fn serve(client: UnixStream, server: &Path, taken: &Arc<Mutex<Vec<Taken>>>) -> io::Result<()> {
    let server = UnixStream::connect(server)?;
    let statement = Arc::new(Mutex::new(String::new()));
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let last = Arc::clone(&statement);
    thread::spawn(move || {
        let _ = requests(&from_client, &to_server, &last);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let taken = Arc::clone(taken);
    thread::spawn(move || {
        let _ = answers(&server, &client, &statement, &taken);
        let _ = client.shutdown(Shutdown::Both);
    });
    Ok(())
}

/// Passes on what a client sends and remembers its last statement. A request to cancel is one message of the first kind and nothing more.
fn requests(client: &UnixStream, server: &UnixStream, statement: &Mutex<String>) -> io::Result<()> {
    let (mut from, mut to) = (BufReader::new(client), BufWriter::new(server));
    // The first message has no letter.
    let startup = body(&mut from)?;
    send(&mut to, None, &startup)?;
    to.flush()?;
    while let Some(letter) = letter(&mut from)? {
        let body = body(&mut from)?;
        let sql = match letter {
            b'Q' => strings(&body).next(),
            // Behind the name of what is prepared.
            b'P' => strings(&body).nth(1),
            _ => None,
        };
        if let (Some(sql), Ok(mut statement)) = (sql, statement.lock()) {
            *statement = sql;
        }
        send(&mut to, Some(letter), &body)?;
        if from.buffer().is_empty() {
            to.flush()?;
        }
    }
    to.flush()
}

/// Passes on what the server says but findings, which it keeps.
fn answers(
    server: &UnixStream,
    client: &UnixStream,
    statement: &Mutex<String>,
    taken: &Mutex<Vec<Taken>>,
) -> io::Result<()> {
    let (mut from, mut to) = (BufReader::new(server), BufWriter::new(client));
    while let Some(letter) = letter(&mut from)? {
        let body = body(&mut from)?;
        match finding(letter, &body) {
            Some(finding) => {
                let statement = statement.lock().map(|s| s.clone()).unwrap_or_default();
                if let Ok(mut taken) = taken.lock() {
                    taken.push(Taken { finding, statement });
                }
            }
            None => send(&mut to, Some(letter), &body)?,
        }
        if from.buffer().is_empty() {
            to.flush()?;
        }
    }
    to.flush()
}

/// The finding that a message is, if it is one. An error passes: one of ours would be a difference in mode warn.
fn finding(letter: u8, body: &[u8]) -> Option<Finding> {
    let report = (letter == b'N').then(|| notice(body))?;
    (report.sqlstate.starts_with("WD") && report.rule().is_some()).then_some(report)
}

/// A notice: fields of a letter and a string.
fn notice(body: &[u8]) -> Report {
    let mut report = Report::default();
    for field in strings(body) {
        let mut chars = field.chars();
        let Some(letter) = chars.next() else { break };
        let value = chars.as_str().to_owned();
        match letter {
            'V' => report.severity = value,
            'C' => report.sqlstate = value,
            'M' => report.message = value,
            'D' => report.detail = Some(value),
            'H' => report.hint = Some(value),
            'P' => report.position = value.parse().ok(),
            'W' => report.context = Some(value),
            's' => report.schema = Some(value),
            't' => report.table = Some(value),
            'n' => report.constraint = Some(value),
            _ => {}
        }
    }
    report
}

/// Strings that each end in a zero byte.
fn strings(body: &[u8]) -> impl Iterator<Item = String> {
    body.split(|&byte| byte == 0).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// The letter of the next message, or `None` behind the last.
fn letter(from: &mut BufReader<&UnixStream>) -> io::Result<Option<u8>> {
    let first = from.fill_buf()?.first().copied();
    from.consume(usize::from(first.is_some()));
    Ok(first)
}

/// The rest of a message behind its length, which counts itself.
fn body(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length).checked_sub(4).ok_or(io::ErrorKind::InvalidData)?;
    let mut body = vec![0; length as usize];
    from.read_exact(&mut body)?;
    Ok(body)
}

fn send(to: &mut impl Write, letter: Option<u8>, body: &[u8]) -> io::Result<()> {
    if let Some(letter) = letter {
        to.write_all(&[letter])?;
    }
    let length = u32::try_from(body.len() + 4).map_err(|_| io::ErrorKind::InvalidData)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(body)
}
