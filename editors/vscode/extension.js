// Starts the language server, and stops it when the editor goes.

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function start() {
  const command = workspace.getConfiguration("holdpoint").get("path", "holdpoint");
  const server = { command, args: ["lsp"] };
  const options = {
    documentSelector: [
      { scheme: "file", language: "holdpoint" },
      { scheme: "untitled", language: "holdpoint" },
    ],
  };
  client = new LanguageClient("holdpoint", "Holdpoint", server, options);
  return client.start();
}

async function activate(context) {
  context.subscriptions.push(
    workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("holdpoint.path")) {
        await client?.stop();
        await start();
      }
    }),
  );
  await start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
