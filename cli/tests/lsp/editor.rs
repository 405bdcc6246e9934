//! An editor: it starts the server, keeps texts, and counts columns as was agreed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::slice::SliceIndex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Longer than any answer takes, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How an editor speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Profile {
    /// Columns in UTF-16, diagnostics as they come.
    Utf16Push,
    /// Columns in bytes, diagnostics on demand, snippets and everything else that is new.
    Utf8Pull,
}

pub(crate) const PROFILES: [Profile; 2] = [Profile::Utf16Push, Profile::Utf8Pull];

impl Profile {
    fn capabilities(self) -> Value {
        match self {
            Self::Utf16Push => json!({ "textDocument": { "publishDiagnostics": {} } }),
            Self::Utf8Pull => json!({
                "general": { "positionEncodings": ["utf-8", "utf-16"] },
                "textDocument": {
                    "diagnostic": {},
                    "completion": { "completionItem": { "snippetSupport": true } }
                },
                "workspace": {
                    "diagnostics": { "refreshSupport": true },
                    "didChangeWatchedFiles": { "dynamicRegistration": true }
                }
            }),
        }
    }
}

pub(crate) struct Editor {
    child: Child,
    messages: Receiver<Value>,
    next: i64,
    version: i64,
    pub(crate) profile: Profile,
    pub(crate) capabilities: Value,
    place: tempfile::TempDir,
    texts: BTreeMap<String, (i64, String)>,
    /// What the server told or asked unasked, in order.
    pub(crate) told: Vec<Value>,
}

impl Drop for Editor {
    fn drop(&mut self) {
        // Where a test failed, the server is still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Editor {
    /// Starts the server in a folder with files.
    pub(crate) fn start(profile: Profile, files: &[(&str, &str)]) -> Self {
        let place = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = place.path().join("work").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_holdpoint"))
            .args(["lsp", "--stdio"])
            .env("XDG_CACHE_HOME", place.path().join("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stream = BufReader::new(child.stdout.take().unwrap());
        let (send, messages) = channel();
        std::thread::spawn(move || read_all(stream, |message| send.send(message).is_ok()));
        let (told, texts) = (Vec::new(), BTreeMap::new());
        let capabilities = Value::Null;
        let mut editor =
            Self { child, messages, next: 0, version: 0, profile, capabilities, place, texts, told };
        let folder = json!({ "uri": editor.uri(""), "name": "work" });
        let params = json!({ "processId": null, "capabilities": profile.capabilities(), "workspaceFolders": [folder] });
        let answer = editor.ask("initialize", params).unwrap();
        editor.capabilities = answer["capabilities"].clone();
        editor.tell("initialized", json!({}));
        editor
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join("work").join(name)
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.place.path().join("cache")
    }

    // ---- messages

    pub(crate) fn raw(&mut self, text: &str) {
        let stream = self.child.stdin.as_mut().unwrap();
        stream.write_all(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes()).unwrap();
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        self.raw(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    /// Sends a request, and returns its number.
    pub(crate) fn post(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        let id = self.next;
        self.raw(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        id
    }

    /// The next message; what the server asks is answered.
    fn message(&mut self) -> Value {
        let message = self.messages.recv_timeout(PATIENCE).expect("the server says nothing any more");
        if let (Some(id), Some(_)) = (message.get("id"), message.get("method")) {
            let answer = json!({ "jsonrpc": "2.0", "id": id, "result": null }).to_string();
            self.raw(&answer);
        }
        message
    }

    /// The answer to a request, or its error.
    pub(crate) fn answer(&mut self, id: i64) -> Result<Value, Value> {
        loop {
            let message = self.message();
            if message["id"] == json!(id) && message.get("method").is_none() {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
            self.told.push(message);
        }
    }

    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.post(method, params);
        self.answer(id)
    }

    /// The server says that it is about to go, and goes; how it ended.
    pub(crate) fn leave(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", Value::Null), Ok(Value::Null));
        self.tell("exit", Value::Null);
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// The editor goes without a word.
    pub(crate) fn vanish(mut self) -> i32 {
        drop(self.child.stdin.take());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    // ---- texts

    pub(crate) fn open(&mut self, name: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        self.open_as(name, &text);
    }

    /// Keeps a text under a version that no other one has had.
    fn new_text(&mut self, name: &str, text: &str) -> i64 {
        self.version += 1;
        self.texts.insert(name.to_owned(), (self.version, text.to_owned()));
        self.version
    }

    pub(crate) fn open_as(&mut self, name: &str, text: &str) {
        let version = self.new_text(name, text);
        let document =
            json!({ "uri": self.uri(name), "languageId": "holdpoint", "version": version, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub(crate) fn change(&mut self, name: &str, text: &str) {
        let version = self.new_text(name, text);
        let document = json!({ "uri": self.uri(name), "version": version });
        self.tell(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": [{ "text": text }] }),
        );
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.texts.remove(name);
        self.tell("textDocument/didClose", json!({ "textDocument": { "uri": self.uri(name) } }));
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        &self.texts[name].1
    }

    // ---- places

    /// The place that `|` marks in words that stand in a text once.
    pub(crate) fn place(&self, name: &str, words: &str) -> Value {
        let text = self.text(name);
        let (before, behind) = words.split_once('|').expect("words with a mark");
        let wanted = format!("{before}{behind}");
        assert_eq!(text.matches(&wanted).count(), 1, "`{wanted}` does not stand in {name} once");
        self.position(text, text.find(&wanted).unwrap() + before.len())
    }

    fn position(&self, text: &str, at: usize) -> Value {
        let start = part(text, ..at).rfind('\n').map_or(0, |end| end + 1);
        let line = part(text, ..at).matches('\n').count();
        let column = match self.profile {
            Profile::Utf8Pull => at - start,
            Profile::Utf16Push => part(text, start..at).encode_utf16().count(),
        };
        json!({ "line": line, "character": column })
    }

    /// The text of a range.
    pub(crate) fn slice<'t>(&self, text: &'t str, range: &Value) -> &'t str {
        let all = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
        let offset =
            |place: &Value| all.clone().find(|at| self.position(text, *at) == *place).expect("a place");
        part(text, offset(&range["start"])..offset(&range["end"]))
    }

    /// Asks something about a place.
    pub(crate) fn at(&mut self, method: &str, name: &str, words: &str) -> Result<Value, Value> {
        self.at_with(method, name, words, json!({}))
    }

    pub(crate) fn at_with(
        &mut self,
        method: &str,
        name: &str,
        words: &str,
        more: Value,
    ) -> Result<Value, Value> {
        let mut params =
            json!({ "textDocument": { "uri": self.uri(name) }, "position": self.place(name, words) });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask(method, params)
    }

    /// Asks something about a document.
    pub(crate) fn of(&mut self, method: &str, name: &str) -> Value {
        self.ask(method, json!({ "textDocument": { "uri": self.uri(name) } })).unwrap()
    }

    /// What is wrong with a document, asked for or waited for as the editor is used to.
    pub(crate) fn diagnostics(&mut self, name: &str) -> Vec<Value> {
        if self.profile == Profile::Utf8Pull {
            return self.of("textDocument/diagnostic", name)["items"].as_array().unwrap().clone();
        }
        let uri = self.uri(name);
        let version = self.texts.get(name).map(|(version, _)| *version);
        let is_wanted = |message: &Value| {
            message["method"] == json!("textDocument/publishDiagnostics")
                && message["params"]["uri"] == json!(uri)
                && message["params"]["version"].as_i64() == version
        };
        loop {
            if let Some(at) = self.told.iter().rposition(is_wanted) {
                return self.told.remove(at)["params"]["diagnostics"].as_array().unwrap().clone();
            }
            let message = self.message();
            self.told.push(message);
        }
    }

    /// Waits until the server has told everything that it has to tell, and forgets it.
    pub(crate) fn settle(&mut self, name: &str) {
        // What is told goes out once nothing is left to answer, so it stands before the second answer.
        for _ in 0..2 {
            self.of("textDocument/foldingRange", name);
        }
        self.told.clear();
    }

    /// A text with edits made.
    pub(crate) fn edited(&self, text: &str, edits: &Value) -> String {
        let mut list: Vec<(usize, usize, String)> = Vec::new();
        let all: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        for edit in edits.as_array().unwrap() {
            let offset =
                |place: &Value| *all.iter().find(|at| self.position(text, **at) == *place).expect("a place");
            let range = &edit["range"];
            let new = edit["newText"].as_str().unwrap().to_owned();
            list.push((offset(&range["start"]), offset(&range["end"]), new));
        }
        list.sort();
        let mut text = text.to_owned();
        for (start, end, new) in list.into_iter().rev() {
            text.replace_range(start..end, &new);
        }
        text
    }
}

fn read_all(mut stream: impl BufRead, mut take: impl FnMut(Value) -> bool) {
    loop {
        let mut length = 0usize;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim().split_once(": ") {
                Some(("Content-Length", count)) => length = count.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut bytes = vec![0; length];
        if stream.read_exact(&mut bytes).is_err() || !take(serde_json::from_slice(&bytes).unwrap()) {
            return;
        }
    }
}

/// A part of a text.
pub(crate) fn part(text: &str, range: impl SliceIndex<str, Output = str>) -> &str {
    text.get(range).expect("a part that begins and ends between characters")
}

/// Text of a file of the repository.
pub(crate) fn example(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf();
    fs::read_to_string(root.join(path)).unwrap()
}
