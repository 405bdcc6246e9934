//! The protocol: what the server says it can do, and the loop that takes messages in and answers them.

mod answer;
mod capabilities;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::mpsc;

use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, RequestId, Response};
use lsp_types::{
    ClientCapabilities, Diagnostic, InitializeParams, PublishDiagnosticsParams,
    TextDocumentContentChangeEvent, Uri, WorkspaceFolders,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::features::problems;
use crate::position::Encoding;
use crate::workspace::Workspace;
use crate::{Reader, library, uri};

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The editor said that it would go, and went.
    Orderly,
    /// The editor went without a word.
    Abruptly,
}

/// Serves one editor until it goes.
///
/// # Errors
/// What the editor says does not begin as the protocol asks.
fn serve(connection: Connection, read: Reader<'_>) -> Result<Ended, ProtocolError> {
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams = serde_json::from_value(params).unwrap_or_default();
    let client = Client::of(&params.capabilities);
    let capabilities = capabilities::of(client.encoding);
    let info = json!({ "name": "holdpoint", "version": env!("CARGO_PKG_VERSION") });
    connection.initialize_finish(id, json!({ "capabilities": capabilities, "serverInfo": info }))?;
    let workspace = Workspace::new(read, client.encoding, folders(&params));
    // The editor is read on a thread of its own, so that a cancellation is seen before what it cancels is answered.
    let (arrive, arrived) = mpsc::channel();
    let receiver = connection.receiver.clone();
    std::thread::spawn(move || receiver.iter().try_for_each(|message| arrive.send(message)));
    let (queue, published) = (VecDeque::new(), BTreeMap::new());
    let mut server = Server { workspace, client, connection, queue, published, asked: 0, leaving: false };
    server.watch_files();
    Ok(server.run(&arrived))
}

/// Serves the editor that started this process, over standard input and output.
///
/// # Errors
/// What the editor says does not begin as the protocol asks, or the streams broke.
pub fn serve_stdio(read: Reader<'_>) -> Result<Ended, String> {
    let (connection, threads) = Connection::stdio();
    let ended = serve(connection, read).map_err(|error| error.to_string())?;
    threads.join().map_err(|error| error.to_string())?;
    Ok(ended)
}

/// What the editor can do.
#[derive(Debug, Clone, Copy)]
struct Client {
    encoding: Encoding,
    /// It asks for diagnostics, so that they are not sent unasked as well.
    pulls: bool,
    /// It can be told to ask for them again.
    refreshes: bool,
    snippets: bool,
    watches: bool,
}

impl Client {
    fn of(capabilities: &ClientCapabilities) -> Self {
        // Paths into what editors say are shorter, and as true, as the types of each step.
        let said = serde_json::to_value(capabilities).unwrap_or_default();
        let has = |pointer: &str| said.pointer(pointer).is_some_and(|value| *value == Value::Bool(true));
        let general = capabilities.general.as_ref();
        Self {
            encoding: Encoding::agreed(general.and_then(|general| general.position_encodings.as_deref())),
            pulls: said.pointer("/textDocument/diagnostic").is_some_and(Value::is_object),
            refreshes: has("/workspace/diagnostics/refreshSupport"),
            snippets: has("/textDocument/completion/completionItem/snippetSupport"),
            watches: has("/workspace/didChangeWatchedFiles/dynamicRegistration"),
        }
    }
}

#[expect(deprecated, reason = "older editors say only this")]
fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    let folders = match &params.workspace_folders_initialize_params.workspace_folders {
        Some(WorkspaceFolders::WorkspaceFolderList(folders)) => {
            folders.iter().map(|f| uri::path(&f.uri)).collect()
        }
        _ => Vec::new(),
    };
    if folders.is_empty() { params.root_uri.iter().map(uri::path).collect() } else { folders }
}

/// A session.
struct Server<'r> {
    workspace: Workspace<'r>,
    client: Client,
    connection: Connection,
    /// What has arrived and is not taken in yet.
    queue: VecDeque<Message>,
    /// Files of each package of which something was said.
    published: BTreeMap<PathBuf, BTreeSet<Uri>>,
    /// How many requests the server has made.
    asked: i32,
    leaving: bool,
}

impl Server<'_> {
    fn run(&mut self, arrived: &mpsc::Receiver<Message>) -> Ended {
        loop {
            if self.queue.is_empty() {
                match arrived.recv() {
                    Ok(message) => self.queue.push_back(message),
                    Err(_) => return if self.leaving { Ended::Orderly } else { Ended::Abruptly },
                }
            }
            self.queue.extend(arrived.try_iter());
            match self.queue.pop_front() {
                Some(Message::Request(request)) => self.request(request),
                Some(Message::Notification(notification)) if notification.method == "exit" => {
                    return if self.leaving { Ended::Orderly } else { Ended::Abruptly };
                }
                Some(Message::Notification(notification)) => self.notification(notification),
                Some(Message::Response(_)) | None => {}
            }
            if self.queue.is_empty() {
                self.tell_diagnostics();
            }
        }
    }

    fn send(&self, message: impl Into<Message>) {
        // Where the editor is gone, reading ends as well.
        let _ = self.connection.sender.send(message.into());
    }

    fn notify(&self, method: &str, params: Value) {
        self.send(Notification { method: method.to_owned(), params });
    }

    /// Asks the editor for something to which no answer is needed.
    fn ask(&mut self, method: &str, params: Value) {
        self.asked = self.asked.saturating_add(1);
        self.send(Request { id: RequestId::from(self.asked), method: method.to_owned(), params });
    }

    fn watch_files(&mut self) {
        if !self.client.watches {
            return;
        }
        let watchers = json!([{ "globPattern": "**/*.hold" }, { "globPattern": "**/*.json" }]);
        let watched = json!({
            "id": "files", "method": "workspace/didChangeWatchedFiles", "registerOptions": { "watchers": watchers }
        });
        self.ask("client/registerCapability", json!({ "registrations": [watched] }));
    }

    // ---- what the editor tells

    fn notification(&mut self, notification: Notification) {
        let params = notification.params;
        match notification.method.as_str() {
            "textDocument/didOpen" => self.opened(params),
            "textDocument/didChange" => self.changed(params),
            "textDocument/didClose" => self.closed(params),
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.workspace.files_changed(),
            "workspace/didChangeWorkspaceFolders" => self.folders_changed(params),
            _ => {}
        }
    }

    fn opened(&mut self, params: Value) {
        if let Some(params) = read::<lsp_types::DidOpenTextDocumentParams>(params) {
            let document = params.text_document;
            self.workspace.set(&document.uri, document.version, document.text);
        }
    }

    fn changed(&mut self, params: Value) {
        let Some(params) = read::<lsp_types::DidChangeTextDocumentParams>(params) else { return };
        let document = params.text_document;
        let last = params.content_changes.into_iter().next_back();
        if let Some(TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole)) = last {
            self.workspace.set(&document.text_document_identifier.uri, document.version, whole.text);
        }
    }

    fn closed(&mut self, params: Value) {
        if let Some(params) = read::<lsp_types::DidCloseTextDocumentParams>(params) {
            self.workspace.close(&params.text_document.uri);
        }
    }

    fn folders_changed(&mut self, params: Value) {
        let Some(params) = read::<lsp_types::DidChangeWorkspaceFoldersParams>(params) else { return };
        let paths =
            |folders: &[lsp_types::WorkspaceFolder]| folders.iter().map(|f| uri::path(&f.uri)).collect();
        let removed: Vec<PathBuf> = paths(&params.event.removed);
        self.workspace.set_folders(&removed, paths(&params.event.added));
    }

    // ---- what the editor asks

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let answer = if self.is_cancelled(&id) {
            Err((ErrorCode::RequestCanceled as i32, "the request was cancelled".to_owned()))
        } else if self.leaving {
            Err((ErrorCode::InvalidRequest as i32, "the server is leaving".to_owned()))
        } else if self.is_overtaken(&params) {
            Err((ErrorCode::ContentModified as i32, "the text has changed since".to_owned()))
        } else {
            self.answer(&method, params)
        };
        self.send(match answer {
            Ok(value) => Response::new_ok(id, value),
            Err((code, message)) => Response::new_err(id, code, message),
        });
    }

    /// Whether the editor has said that it needs no answer.
    fn is_cancelled(&self, id: &RequestId) -> bool {
        let waiting = self.queue.iter().filter_map(as_notification);
        let mut cancelled = waiting.filter(|waiting| waiting.method == "$/cancelRequest");
        cancelled.any(|waiting| {
            let of = waiting.params.get("id").cloned();
            of.and_then(|of| serde_json::from_value::<RequestId>(of).ok()).as_ref() == Some(id)
        })
    }

    /// Whether the text that a request is about has changed since.
    fn is_overtaken(&self, params: &Value) -> bool {
        let Some(document) = params.pointer("/textDocument/uri") else { return false };
        let waiting = self.queue.iter().filter_map(as_notification);
        let mut changes = waiting.filter(|waiting| waiting.method == "textDocument/didChange");
        changes.any(|change| change.params.pointer("/textDocument/uri") == Some(document))
    }

    // ---- diagnostics

    /// Tells what is wrong with whatever changed.
    fn tell_diagnostics(&mut self) {
        let changed = self.workspace.take_changed();
        if self.client.pulls {
            let stale = changed.iter().any(|root| self.workspace.documents(root).len() > 1);
            if stale && self.client.refreshes {
                self.ask("workspace/diagnostic/refresh", Value::Null);
            }
            return;
        }
        for root in changed {
            let found = self.found(&root);
            let said: BTreeSet<Uri> =
                found.iter().filter(|(_, list)| !list.is_empty()).map(|(uri, _)| uri.clone()).collect();
            let before = self.published.remove(&root).unwrap_or_default();
            let gone = before.into_iter().filter(|uri| found.iter().all(|(other, _)| other != uri));
            let gone: Vec<(Uri, Vec<Diagnostic>)> = gone.map(|uri| (uri, Vec::new())).collect();
            for (uri, diagnostics) in found.into_iter().chain(gone) {
                let version = self.workspace.version(&uri);
                let params = PublishDiagnosticsParams { uri, version, diagnostics };
                self.notify(
                    "textDocument/publishDiagnostics",
                    serde_json::to_value(params).unwrap_or_default(),
                );
            }
            self.published.insert(root, said);
        }
    }

    /// What is wrong with each file of a package; nothing where none of them is open.
    fn found(&mut self, root: &std::path::Path) -> Vec<(Uri, Vec<Diagnostic>)> {
        let documents = self.workspace.documents(root);
        if documents.is_empty() || library::has(root) {
            return Vec::new();
        }
        match self.workspace.package(root) {
            Ok(snapshot) => {
                let files = snapshot.files();
                files.filter_map(|file| Some((snapshot.uri(file)?, problems::of(snapshot, file)))).collect()
            }
            Err(words) => {
                documents.into_iter().map(|uri| (uri, vec![problems::unreadable(&words)])).collect()
            }
        }
    }
}

fn as_notification(message: &Message) -> Option<&Notification> {
    match message {
        Message::Notification(notification) => Some(notification),
        Message::Request(_) | Message::Response(_) => None,
    }
}

/// What an editor says; nothing where it says it wrongly.
fn read<P: DeserializeOwned>(params: Value) -> Option<P> {
    serde_json::from_value(params).ok()
}
