//! Answers: which feature each method of the protocol asks for.

use holdpoint_lang::FileId;
use lsp_server::ErrorCode;
use lsp_types::{
    CodeActionParams, CompletionItem, ExecuteCommandParams, InlayHintParams, ReferenceParams, RenameParams,
    SelectionRangeParams, TextDocumentIdentifier, TextDocumentPositionParams, Uri, WorkspaceSymbolParams,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Server;
use crate::features::{complete, hints, hover, layout, names, outline, problems, tokens};
use crate::snapshot::{Cursor, Snapshot};
use crate::{library, uri};

/// What is answered, or the number of an error and its words.
type Answer = Result<Value, (i32, String)>;

/// A request about a document and nothing more; what else it holds is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfDocument {
    text_document: TextDocumentIdentifier,
}

impl Server<'_> {
    pub(super) fn answer(&mut self, method: &str, params: Value) -> Answer {
        match method {
            "shutdown" => {
                self.leaving = true;
                Ok(Value::Null)
            }
            "textDocument/hover" => self.at(params, |cursor| answered(hover::hover(cursor))),
            "textDocument/definition" => self.at(params, |cursor| answered(names::definition(cursor))),
            "textDocument/documentHighlight" => self.at(params, |cursor| answered(names::highlights(cursor))),
            "textDocument/prepareRename" => self.at(params, |cursor| refused(names::prepare_rename(cursor))),
            "textDocument/references" => self.references(params),
            "textDocument/rename" => self.rename(params),
            "textDocument/completion" => {
                let snippets = self.client.snippets;
                self.at(params, |cursor| answered(complete::complete(cursor, snippets)))
            }
            "completionItem/resolve" => self.resolve(params),
            "textDocument/diagnostic" => self.diagnostics(params),
            "textDocument/documentSymbol" => self.of(params, |s, file| answered(outline::document(s, file))),
            "textDocument/foldingRange" => self.of(params, |s, file| answered(outline::folding(s, file))),
            "textDocument/formatting" => self.of(params, |s, file| answered(layout::edits(s, file))),
            "textDocument/codeLens" => self.of(params, |s, file| answered(hints::lenses(s, file))),
            "textDocument/semanticTokens/full" => self.of(params, |s, file| answered(tokens::full(s, file))),
            "textDocument/selectionRange" => self.selection(params),
            "textDocument/inlayHint" => self.inlay(params),
            "textDocument/codeAction" => self.actions(params),
            "workspace/symbol" => self.symbols(params),
            "workspace/executeCommand" => self.execute(params),
            _ => Err((ErrorCode::MethodNotFound as i32, format!("this server knows no `{method}`"))),
        }
    }

    // ---- about a document

    /// Answers about a document; one that is not open, or whose package cannot be read, has nothing to tell.
    fn about(&mut self, uri: &Uri, tell: impl FnOnce(&Snapshot, FileId) -> Answer) -> Answer {
        match self.workspace.document(uri) {
            Some((snapshot, file)) => tell(snapshot, file),
            None => Ok(Value::Null),
        }
    }

    fn of(&mut self, params: Value, tell: impl FnOnce(&Snapshot, FileId) -> Answer) -> Answer {
        let params: OfDocument = understood(params)?;
        self.about(&params.text_document.uri, tell)
    }

    fn at(&mut self, params: Value, tell: impl FnOnce(&Cursor<'_>) -> Answer) -> Answer {
        let place: TextDocumentPositionParams = understood(params)?;
        self.about(&place.text_document.uri, |s, file| tell(&s.cursor(file, place.position)))
    }

    fn references(&mut self, params: Value) -> Answer {
        let params: ReferenceParams = understood(params)?;
        let place = params.text_document_position_params;
        let declaration = params.context.include_declaration;
        self.about(&place.text_document.uri, |s, file| {
            answered(names::references(&s.cursor(file, place.position), declaration))
        })
    }

    fn rename(&mut self, params: Value) -> Answer {
        let params: RenameParams = understood(params)?;
        let place = params.text_document_position_params;
        self.about(&place.text_document.uri, |s, file| {
            refused(names::rename(&s.cursor(file, place.position), &params.new_name))
        })
    }

    fn selection(&mut self, params: Value) -> Answer {
        let params: SelectionRangeParams = understood(params)?;
        self.about(&params.text_document.uri, |s, file| {
            let grown = params.positions.iter().map(|place| outline::selection(&s.cursor(file, *place)));
            answered(grown.collect::<Vec<_>>())
        })
    }

    fn inlay(&mut self, params: Value) -> Answer {
        let params: InlayHintParams = understood(params)?;
        self.about(&params.text_document.uri, |s, file| answered(hints::inlay(s, file, params.range)))
    }

    fn actions(&mut self, params: Value) -> Answer {
        let params: CodeActionParams = understood(params)?;
        let quick = |kind: &lsp_types::CodeActionKind| {
            matches!(kind, lsp_types::CodeActionKind::QuickFix | lsp_types::CodeActionKind::Empty)
        };
        if params.context.only.is_some_and(|only| !only.iter().any(quick)) {
            return Ok(json!([]));
        }
        self.about(&params.text_document.uri, |s, file| answered(problems::fixes(s, file, params.range)))
    }

    fn diagnostics(&mut self, params: Value) -> Answer {
        let params: OfDocument = understood(params)?;
        let path = uri::path(&params.text_document.uri);
        let root = self.workspace.root(&path);
        let items = match self.workspace.package(&root) {
            _ if library::has(&path) => Vec::new(),
            Ok(snapshot) => snapshot.file(&path).map(|file| problems::of(snapshot, file)).unwrap_or_default(),
            Err(words) => vec![problems::unreadable(&words)],
        };
        Ok(json!({ "kind": "full", "items": items }))
    }

    // ---- about packages

    /// Completions do not say of which document they are, so each package is asked that has such a name.
    fn resolve(&mut self, params: Value) -> Answer {
        let mut item: CompletionItem = understood(params)?;
        for root in self.workspace.roots() {
            if let Ok(snapshot) = self.workspace.package(&root)
                && item.documentation.is_none()
            {
                item = complete::resolve(snapshot, item);
            }
        }
        answered(item)
    }

    fn symbols(&mut self, params: Value) -> Answer {
        let params: WorkspaceSymbolParams = understood(params)?;
        let mut all = Vec::new();
        for root in self.workspace.roots() {
            if let Ok(snapshot) = self.workspace.package(&root) {
                all.extend(outline::workspace(snapshot, &params.query));
            }
        }
        answered(all)
    }

    fn execute(&mut self, params: Value) -> Answer {
        let params: ExecuteCommandParams = understood(params)?;
        let arguments = params.arguments.unwrap_or_default();
        let (Some(document), Some(name)) =
            (arguments.first().and_then(Value::as_str), arguments.get(1).and_then(Value::as_str))
        else {
            return Err(invalid("write the URI of a document and the name of a test"));
        };
        if params.command != hints::RUN_TEST {
            return Err(invalid(format!("this server knows no command `{}`", params.command)));
        }
        let document: Uri = document.parse().map_err(invalid)?;
        let result = self.about(&document, |s, _| refused(hints::run_test(s, name)))?;
        self.show(&result);
        Ok(result)
    }

    /// Shows the result of a test where the editor shows messages.
    fn show(&self, result: &Value) {
        let passed = result.get("passed") == Some(&Value::Bool(true));
        let name = result.get("name").and_then(Value::as_str).unwrap_or_default();
        let failures =
            result.get("failures").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let failures: Vec<&str> = failures.iter().filter_map(Value::as_str).collect();
        let message = match passed {
            true => format!("\"{name}\" passed"),
            false => format!("\"{name}\" failed: {}", failures.join("; ")),
        };
        let kind = if passed { 3 } else { 1 };
        self.notify("window/showMessage", json!({ "type": kind, "message": message }));
    }
}

fn answered(value: impl Serialize) -> Answer {
    serde_json::to_value(value).map_err(|error| (ErrorCode::InternalError as i32, error.to_string()))
}

/// What cannot be done is told to the author, in words.
fn refused(result: Result<impl Serialize, String>) -> Answer {
    match result {
        Ok(value) => answered(value),
        Err(words) => Err((ErrorCode::RequestFailed as i32, words)),
    }
}

fn understood<P: DeserializeOwned>(params: Value) -> Result<P, (i32, String)> {
    serde_json::from_value(params).map_err(invalid)
}

fn invalid(error: impl std::fmt::Display) -> (i32, String) {
    (ErrorCode::InvalidParams as i32, error.to_string())
}
