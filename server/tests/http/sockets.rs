//! The whole server over sockets: deadlines, limits, a hundred at once, an orderly end.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use holdpoint_server::log::{DecisionLog, OpenError, RedbLog, Scan};
use holdpoint_server::{Config, ServeError, Started, serve, serve_from};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::faults::FaultyLog;
use crate::policy::{policy, request};
use crate::support::{FIRST, NOW, fill};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(30);

pub(crate) struct Running {
    address: SocketAddr,
    token: String,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    /// A server with a log of its own in this directory.
    pub(crate) async fn start(directory: &Path, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(directory.to_owned());
        config.listen.set_port(0);
        change(&mut config);
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = oneshot::channel();
        let kept = directory.join("token-of-the-test");
        let ended = tokio::spawn(serve(
            config,
            policy("acme"),
            move |started| ready.send(started).unwrap(),
            async move { stopped.await.unwrap() },
        ));
        let mut running = Self::told(started.await.unwrap(), stop, ended);
        // It is told once, and the next server with this directory is asked with it too.
        if running.token.is_empty() {
            running.token = std::fs::read_to_string(kept).unwrap();
        } else {
            std::fs::write(kept, &running.token).unwrap();
        }
        running
    }

    /// A server with this log.
    pub(crate) async fn on(log: Arc<dyn DecisionLog>, change: impl FnOnce(&mut Config)) -> Self {
        // The keeper measures the disk of a directory that is there.
        let mut config = Config::new(".".into());
        config.listen.set_port(0);
        change(&mut config);
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = oneshot::channel();
        let told = move |started: Started| ready.send(started).unwrap();
        let ended = tokio::spawn(async move {
            serve_from(log, None, &config, policy("acme"), told, async { stopped.await.unwrap() }).await
        });
        Self::told(started.await.unwrap(), stop, ended)
    }

    fn told(started: Started, stop: oneshot::Sender<()>, ended: JoinHandle<Result<(), ServeError>>) -> Self {
        let token = started.administrator.map(|token| token.reveal()).unwrap_or_default();
        Self { address: started.address, token, stop, ended }
    }

    /// The text of requests, each with the token behind its first line `host: x`.
    pub(crate) fn signed(&self, text: &str) -> String {
        signed(&self.token, text)
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends a text, and reads until the connection ends.
    pub(crate) async fn exchange(&self, text: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(self.signed(text).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        timeout(LONG, self.ended).await.unwrap().unwrap().unwrap();
    }
}

fn signed(token: &str, text: &str) -> String {
    let host = "\r\nhost: x\r\n";
    text.replace(host, &format!("{host}authorization: Bearer {token}\r\n"))
}

pub(crate) fn post(body: &str) -> String {
    format!(
        "POST /v1/decisions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads one answer; the connection may stay open.
async fn answer(stream: &mut TcpStream) -> (u16, String) {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse().unwrap() {
                return (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned());
            }
        }
        let read = timeout(LONG, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(read > 0, "the connection ended after {text:?}");
        bytes.extend_from_slice(&buffer[..read]);
    }
}

/// How long it takes until the other side closes the connection, and what it sends before.
async fn closed(stream: &mut TcpStream) -> (Duration, String) {
    let (started, mut bytes) = (Instant::now(), Vec::new());
    // A reset closes it as well.
    let _ = timeout(LONG, stream.read_to_end(&mut bytes)).await.unwrap();
    (started.elapsed(), String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_at_once_are_all_answered_from_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start(directory.path(), |_| ()).await;
    let mut clients = Vec::new();
    for index in 0..100 {
        let (mut stream, token) = (server.connect().await, server.token.clone());
        clients.push(tokio::spawn(async move {
            let mut bodies = Vec::new();
            for round in 0..3 {
                let body = request(
                    if index % 2 == 0 { "passed" } else { "failed" },
                    "go",
                    &format!("s{index}-{round}"),
                );
                stream.write_all(signed(&token, &post(&body)).as_bytes()).await.unwrap();
                let (status, body) = answer(&mut stream).await;
                assert_eq!(status, 200);
                bodies.push(body);
            }
            bodies
        }));
    }
    let mut answered = BTreeSet::new();
    let mut bodies = Vec::new();
    for client in clients {
        for body in client.await.unwrap() {
            let json: Value = serde_json::from_str(&body).unwrap();
            answered.insert(json["sequence"].as_u64().unwrap());
            bodies.push(body);
        }
    }
    assert!(answered.into_iter().eq(FIRST..FIRST + 300));
    server.stop().await;

    // What was answered is what is kept.
    let log = RedbLog::inspect(directory.path()).unwrap();
    let kept: BTreeSet<String> = Scan::from(&log, FIRST)
        .map(|stored| {
            String::from_utf8(holdpoint_server::decision(log.id(), &stored.unwrap()).unwrap()).unwrap()
        })
        .collect();
    assert_eq!(kept, bodies.into_iter().collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_are_cut_and_others_are_served() {
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start(directory.path(), |config| {
        config.limits.first_byte = SHORT;
        config.limits.head = SHORT;
        config.limits.body = SHORT;
    })
    .await;
    let mut silent = server.connect().await;
    let mut slow_head = server.connect().await;
    slow_head.write_all(b"POST /v1/decisions HTTP/1.1\r\nhost: x\r\nx-slow:").await.unwrap();
    let mut slow_body = server.connect().await;
    let whole = server.signed(&post(&request("passed", "go", "shop")));
    slow_body.write_all(&whole.as_bytes()[..whole.len() - 1]).await.unwrap();
    let mut idle = server.connect().await;
    idle.write_all(whole.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut idle).await.0, 200);

    let (status, body) = answer(&mut slow_body).await;
    assert_eq!(status, 408, "{body}");
    for (name, stream) in [("silent", &mut silent), ("head", &mut slow_head), ("idle", &mut idle)] {
        let (waited, text) = closed(stream).await;
        assert!(waited < Duration::from_secs(10), "{name}: {waited:?}");
        assert!(!text.contains("verdict"), "{name}: {text}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_is_cut_and_its_place_is_free() {
    let directory = tempfile::tempdir().unwrap();
    let log = RedbLog::open(directory.path(), NOW).unwrap();
    fill(&log, 10, 100_000).await;
    drop(log);
    let server = Running::start(directory.path(), |config| {
        config.limits.connections = 1;
        config.limits.write = SHORT;
    })
    .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut deaf = socket.connect(server.address).await.unwrap();
    // Together they fill every buffer on the way.
    let all = server.signed("GET /v1/decisions HTTP/1.1\r\nhost: x\r\n\r\n").repeat(64);
    deaf.write_all(all.as_bytes()).await.unwrap();

    let mut other = server.connect().await;
    other.write_all(server.signed(&post(&request("passed", "go", "shop"))).as_bytes()).await.unwrap();
    let (status, body) = answer(&mut other).await;
    assert_eq!(status, 200, "{body}");
    let (_, text) = closed(&mut deaf).await;
    assert!(text.len() < 64 * 1_000_000, "it was told everything");
    drop(other);

    // Whoever reads slowly and without stopping gets it all.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut slow = socket.connect(server.address).await.unwrap();
    let list = server.signed("GET /v1/decisions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    slow.write_all(list.as_bytes()).await.unwrap();
    let (mut read, mut buffer) = (0, vec![0; 100_000]);
    loop {
        match slow.read(&mut buffer).await.unwrap() {
            0 => break,
            bytes => read += bytes,
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(read > 1_000_000, "{read}");
    drop(slow);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_whose_time_is_up_is_told_and_counted() {
    let log = FaultyLog::new();
    let server =
        Running::on(Arc::clone(&log) as Arc<dyn DecisionLog>, |config| config.limits.request = SHORT).await;
    log.on_commit(|_, _| {
        let (answer, pending) = holdpoint_server::log::Pending::channel();
        // Nobody will ever know.
        std::mem::forget(answer);
        pending
    });
    let mut stream = server.connect().await;
    stream.write_all(server.signed(&post(&request("passed", "go", "shop"))).as_bytes()).await.unwrap();
    let (status, body) = answer(&mut stream).await;
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &problem["in_doubt"], &problem["treat_as"]), (503, &true.into(), &"block".into()));
    let scrape = server.signed("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(scrape.as_bytes()).await.unwrap();
    let (_, metrics) = answer(&mut stream).await;
    assert!(metrics.contains("holdpoint_problems_total{problem=\"undecided\"} 1\n"), "{metrics}");
    drop(stream);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_is_refused_before_it_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start(directory.path(), |_| ()).await;
    let mut stream = server.connect().await;
    let head = server.signed("POST /v1/decisions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n");
    stream.write_all(format!("{head}content-length: 100000000\r\n\r\n").as_bytes()).await.unwrap();
    let (status, body) = answer(&mut stream).await;
    assert_eq!(status, 413, "{body}");

    let mut stream = server.connect().await;
    stream.write_all(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..5 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    assert_eq!(answer(&mut stream).await.0, 413);

    let mut stream = server.connect().await;
    let many = "a: b\r\n".repeat(65);
    stream.write_all(format!("GET /health/live HTTP/1.1\r\n{many}\r\n").as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream).await.0, 431);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_connections_than_allowed_wait_for_their_turn() {
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start(directory.path(), |config| {
        config.limits.connections = 2;
        config.limits.first_byte = SHORT;
    })
    .await;
    let silent = [server.connect().await, server.connect().await, server.connect().await];
    let mut stream = server.connect().await;
    stream.write_all(server.signed(&post(&request("passed", "go", "shop"))).as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream).await.0, 200);
    drop(silent);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_lets_requests_under_way_finish() {
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start(directory.path(), |_| ()).await;
    let whole = server.signed(&post(&request("passed", "go", "shop")));
    let (first, second) = whole.split_at(whole.len() - 10);
    let mut busy = server.connect().await;
    busy.write_all(first.as_bytes()).await.unwrap();
    let mut silent = server.connect().await;
    let mut idle = server.connect().await;
    idle.write_all(whole.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut idle).await.0, 200);
    tokio::time::sleep(SHORT).await;

    let address = server.address;
    server.stop.send(()).unwrap();
    assert!(closed(&mut silent).await.0 < Duration::from_secs(4));
    assert!(closed(&mut idle).await.0 < Duration::from_secs(4));
    busy.write_all(second.as_bytes()).await.unwrap();
    let (status, body) = answer(&mut busy).await;
    // The request was accepted before the end and is decided, or told that the server ends; it is not dropped.
    assert!(status == 200 || (status == 503 && body.contains("\"treat_as\":\"block\"")), "{status} {body}");
    timeout(LONG, server.ended).await.unwrap().unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_outlive_the_server_and_a_second_one_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start(directory.path(), |_| ()).await;
    let mut stream = server.connect().await;
    stream.write_all(server.signed(&post(&request("failed", "go", "shop"))).as_bytes()).await.unwrap();
    let (_, first) = answer(&mut stream).await;

    let config =
        Config { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..Config::new(directory.path().to_owned()) };
    let second = serve(config, policy("acme"), |_| (), std::future::pending()).await;
    assert!(matches!(second, Err(ServeError::Open(OpenError::InUse(_)))));
    server.stop().await;

    let server = Running::start(directory.path(), |_| ()).await;
    let id = serde_json::from_str::<Value>(&first).unwrap()["id"].as_str().unwrap().to_owned();
    let mut stream = server.connect().await;
    let read = server.signed(&format!("GET /v1/decisions/{id} HTTP/1.1\r\nhost: x\r\n\r\n"));
    stream.write_all(read.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream).await, (200, first));
    server.stop().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = taken.local_addr().unwrap();
    let config = Config { listen, ..Config::new(directory.path().to_owned()) };
    let refused = serve(config, policy("acme"), |_| (), std::future::pending()).await.unwrap_err();
    assert!(matches!(refused, ServeError::Listen(..)));
    assert!(refused.to_string().starts_with(&format!("cannot listen at {listen}")));
}
