//! The floors: a hyper server that reads a body and answers with as many bytes as Holdpoint does, and the same behind
//! a file to which a record is appended, with `fdatasync`, before it answers.

use std::convert::Infallible;
use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::Failure;

/// A file that records are appended to: one thread writes what arrived while it last waited for the disk.
#[derive(Debug, Clone)]
pub struct Appender(Sender<oneshot::Sender<()>>);

impl Appender {
    /// Makes the file; `record` is appended for every request.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn start(path: &Path, record: Vec<u8>) -> Result<Self, Failure> {
        let file = File::create(path)?;
        let (sender, receiver) = channel();
        thread::spawn(move || append(file, &record, &receiver));
        Ok(Self(sender))
    }

    /// Completes when a record is on the disk, or never will be.
    async fn appended(&self) {
        let (done, waiting) = oneshot::channel();
        if self.0.send(done).is_ok() {
            let _ = waiting.await;
        }
    }
}

fn append(mut file: File, record: &[u8], waiting: &Receiver<oneshot::Sender<()>>) {
    let mut bytes = Vec::new();
    while let Ok(first) = waiting.recv() {
        let group: Vec<_> = std::iter::once(first).chain(waiting.try_iter()).collect();
        bytes.clear();
        group.iter().for_each(|_| bytes.extend_from_slice(record));
        if let Err(error) = file.write_all(&bytes).and_then(|()| file.sync_data()) {
            eprintln!("the floor cannot append: {error}");
            return;
        }
        for done in group {
            // Whoever asked may be gone.
            let _ = done.send(());
        }
    }
}

/// Starts the server; gives where it listens.
///
/// # Errors
/// Where it cannot listen.
pub async fn serve(answer: Vec<u8>, file: Option<Appender>) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let answer = Bytes::from(answer);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (answer, file) = (answer.clone(), file.clone());
            let service = service_fn(move |request| answered(request, answer.clone(), file.clone()));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok(address)
}

async fn answered(
    request: Request<Incoming>,
    answer: Bytes,
    file: Option<Appender>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // A body that breaks off ends the connection in any case.
    let _ = request.into_body().collect().await;
    if let Some(file) = file {
        file.appended().await;
    }
    Ok(Response::new(Full::new(answer)))
}
