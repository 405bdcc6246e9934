//! The load: connections that ask again and again, each a task of its own.
//!
//! Where a rate is asked for, every request has a time at which it is due, whatever became of the one before. An answer
//! that comes late makes the next request late, and that wait counts as its delay (no coordinated omission). What a
//! timer is late by does not.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::Failure;

/// What is asked of a server.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Connections at one time.
    pub connections: usize,
    /// For how long.
    pub time: Duration,
    /// Requests a second over all connections; without it, each connection asks as soon as it has its answer.
    pub rate: Option<f64>,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// From when a request was due to the end of its answer, in microseconds.
    delays: Histogram<u64>,
    answers: u64,
    bytes: u64,
    time: Duration,
}

impl Report {
    fn new() -> Result<Self, Failure> {
        let delays = Histogram::new_with_max(60_000_000, 3)?;
        Ok(Self { delays, answers: 0, bytes: 0, time: Duration::ZERO })
    }

    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.time.as_secs_f64()
    }

    /// A quantile of the delays, in milliseconds.
    pub fn quantile(&self, quantile: f64) -> f64 {
        self.delays.value_at_quantile(quantile) as f64 / 1000.0
    }

    /// Mean length of an answer's body.
    pub fn answer_bytes(&self) -> usize {
        usize::try_from(self.bytes / self.answers.max(1)).unwrap_or_default()
    }

    fn add(&mut self, other: &Self) -> Result<(), Failure> {
        self.delays.add(&other.delays)?;
        self.answers += other.answers;
        self.bytes += other.bytes;
        Ok(())
    }
}

/// The bytes of a request.
pub fn request(path: &str, token: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// Asks for as long as told.
///
/// # Errors
/// Where a connection breaks or an answer is not a success.
pub async fn run(address: SocketAddr, requests: Arc<Vec<Vec<u8>>>, load: Load) -> Result<Report, Failure> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for index in 0..load.connections {
        let requests = Arc::clone(&requests);
        tasks.spawn(async move { connection(address, &requests, load, index, start).await });
    }
    let mut report = Report::new()?;
    while let Some(ended) = tasks.join_next().await {
        report.add(&ended??)?;
    }
    report.time = start.elapsed();
    Ok(report)
}

async fn connection(
    address: SocketAddr,
    requests: &[Vec<u8>],
    load: Load,
    index: usize,
    start: Instant,
) -> Result<Report, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut report = Report::new()?;
    let mut buffer = Vec::new();
    let end = start + load.time;
    // Each connection has its own phase, so that they do not all ask at once.
    let interval = load.rate.map(|rate| Duration::from_secs_f64(load.connections as f64 / rate));
    let phase =
        interval.map_or(Duration::ZERO, |interval| interval.mul_f64(index as f64 / load.connections as f64));
    // The first request of a burst is due when it begins.
    let mut due = start + phase;
    for request in requests.iter().cycle().skip(index) {
        if due >= end || Instant::now() >= end {
            break;
        }
        let from = if due > Instant::now() {
            sleep_until(due).await;
            Instant::now()
        } else {
            due
        };
        stream.write_all(request).await?;
        report.bytes += answer(&mut stream, &mut buffer).await?;
        report.answers += 1;
        report.delays.record(u64::try_from(from.elapsed().as_micros())?)?;
        due = interval.map_or_else(Instant::now, |interval| due + interval);
    }
    Ok(report)
}

/// Reads one answer; gives the length of its body.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<u64, Failure> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let length = length(&buffer[..head])?;
        while buffer.len() < head + 4 + length {
            if stream.read_buf(buffer).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
        return Ok(u64::try_from(length)?);
    }
}

/// The length of the body, from a head that says `200`.
fn length(head: &[u8]) -> Result<usize, Failure> {
    let head = std::str::from_utf8(head)?;
    if !head.starts_with("HTTP/1.1 200") {
        return Err(format!("not a success: {head}").into());
    }
    let named = |line: &&str| line.get(..15).is_some_and(|name| name.eq_ignore_ascii_case("content-length:"));
    let line = head.lines().find(named).ok_or("an answer without a length")?;
    Ok(line[15..].trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn the_length_is_that_of_a_success() {
        assert_eq!(length(b"HTTP/1.1 200 OK\r\ncontent-Length:  12\r\nx: y").unwrap(), 12);
        assert!(length(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 12").is_err());
        assert!(length(b"HTTP/1.1 200 OK\r\nx: y").is_err());
    }
}
