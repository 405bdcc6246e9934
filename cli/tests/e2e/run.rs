//! Runs the binary.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

/// What a command printed and returned.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdpoint"));
    command.env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8").current_dir(root());
    command
}

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

pub(crate) fn holdpoint(args: &[&str]) -> Ran {
    with_input(args, "")
}

pub(crate) fn with_input(args: &[&str], input: &str) -> Ran {
    let mut child = binary()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have ended by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The number of the first decision of a log: before it come the events of its first start.
pub(crate) const FIRST: u64 = 4;

/// The tokens that were printed, by the log that they are for: each is printed once.
static TOKENS: Mutex<BTreeMap<PathBuf, String>> = Mutex::new(BTreeMap::new());

/// A server that is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    log: tempfile::NamedTempFile,
    /// What it is asked with.
    pub(crate) token: String,
    pub(crate) address: String,
    /// What it printed until it was ready.
    pub(crate) greeting: Vec<String>,
}

impl Server {
    pub(crate) fn start(package: &str, data: &Path) -> Self {
        Self::start_at(package, "127.0.0.1:0", data)
    }

    pub(crate) fn start_at(package: &str, listen: &str, data: &Path) -> Self {
        Self::start_with(package, data, &["--listen", listen])
    }

    pub(crate) fn start_with(package: &str, data: &Path, options: &[&str]) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut child = binary()
            .args(["serve", package, "--data"])
            .arg(data)
            .args(options)
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = Vec::new();
        for line in lines.by_ref() {
            greeting.push(line.unwrap());
            if greeting.last().is_some_and(|line| line.starts_with("curl ") || line.starts_with("to ask ")) {
                break;
            }
        }
        let listening = greeting.iter().find_map(|line| line.strip_prefix("listening on http://"));
        let address = listening.unwrap_or_else(|| panic!("{greeting:?}")).to_owned();
        let told = greeting.iter().find_map(|line| line.strip_prefix("token   "));
        let mut tokens = TOKENS.lock().unwrap();
        if let Some(token) = told.and_then(|told| told.split(' ').next()) {
            assert!(tokens.insert(data.to_owned(), token.to_owned()).is_none());
        }
        let token = tokens.get(data).cloned().unwrap_or_default();
        Self { child, log, token, address, greeting }
    }

    /// What it has logged.
    pub(crate) fn logged(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// One request over a connection of its own: status and body.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.ask_with(method, path, "", body)
    }

    /// As [`Self::ask`], with further lines in the head, each with its end; with the administrator's token unless one
    /// is among them.
    pub(crate) fn ask_with(&self, method: &str, path: &str, lines: &str, body: &str) -> (u16, String) {
        let own = format!("{lines}Authorization: Bearer {}\r\n", self.token);
        let lines = if lines.contains("Authorization") { lines } else { &own };
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: holdpoint\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{lines}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
