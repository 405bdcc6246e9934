//! `kill -9` in the middle of answering: what was answered is there, byte for byte.
//!
//! The server runs in a process of its own, which is this test program started again for one test only.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use holdpoint_server::log::{DecisionLog, Kind, RedbLog, Scan};
use holdpoint_server::replay::{Replay, Replayer};
use holdpoint_server::{Config, Started, serve};

use crate::policy::{policy, request};
use crate::support::FIRST;

const DIRECTORY: &str = "HOLDPOINT_TEST_KILL_DIRECTORY";
/// Marks the line with the address among what the test harness prints.
const MARK: &str = "listening at ";

/// The server's process; does nothing unless it is started by the test below.
#[test]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let mut config = Config::new(directory.into());
    config.listen.set_port(0);
    let ready = |started: Started| {
        let token = started.administrator.map(|token| token.reveal()).unwrap_or_default();
        let mut out = std::io::stdout();
        writeln!(out, "\n{MARK}{} {token}", started.address).unwrap();
        out.flush().unwrap();
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(serve(config, policy("acme"), ready, std::future::pending())).unwrap();
}

/// The process, its address, and the token if it was the first.
fn start(directory: &std::path::Path) -> (Child, String, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.map(|line| line.unwrap()).find_map(|line| line.strip_prefix(MARK).map(str::to_owned));
    let (address, token) = address.as_deref().unwrap().split_once(' ').unwrap();
    (child, address.to_owned(), token.to_owned())
}

/// Asks for decisions until the connection breaks, and passes on every whole answer.
fn ask(address: &str, token: &str, client: usize, answers: &mpsc::Sender<String>) {
    for round in 0.. {
        let Ok(mut stream) = TcpStream::connect(address) else { return };
        let body = request("failed", "wait", &format!("s{client}-{round}"));
        let head =
            "POST /v1/decisions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json";
        let sent = write!(
            stream,
            "{head}\r\nauthorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut answer = String::new();
        if sent.is_err() || stream.read_to_string(&mut answer).is_err() {
            return;
        }
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.starts_with("HTTP/1.1 200") && body.ends_with('}') => {
                answers.send(body.to_owned()).unwrap();
            }
            _ => return,
        }
    }
}

#[test]
fn what_was_answered_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let mut answered: Vec<String> = Vec::new();
    let mut token = String::new();
    for round in 0..4 {
        let (mut child, address, told) = start(directory.path());
        if !told.is_empty() {
            token = told;
        }
        let (sender, answers) = mpsc::channel();
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let (address, token, sender) = (address.clone(), token.clone(), sender.clone());
                thread::spawn(move || ask(&address, &token, client, &sender))
            })
            .collect();
        drop(sender);
        answered.push(answers.recv().unwrap());
        thread::sleep(Duration::from_millis(30 * round + 5));
        child.kill().unwrap();
        child.wait().unwrap();
        answered.extend(answers);
        clients.into_iter().for_each(|client| client.join().unwrap());
    }

    let log = RedbLog::open(directory.path(), 0).unwrap();
    let mut replayer = Replayer::new();
    let mut kept = Vec::new();
    for (stored, sequence) in Scan::from(&log, 1).zip(1..) {
        let stored = stored.unwrap();
        assert_eq!(stored.sequence, sequence);
        if stored.record().unwrap().kind == Kind::Event {
            assert!(sequence < FIRST);
            continue;
        }
        assert_eq!(replayer.replay(&log, &stored), Replay::Identical);
        kept.push(String::from_utf8(holdpoint_server::decision(log.id(), &stored).unwrap()).unwrap());
    }
    for answer in &answered {
        assert!(kept.contains(answer), "answered and lost: {answer}");
    }
    assert!(answered.len() > 4, "{}", answered.len());
}
