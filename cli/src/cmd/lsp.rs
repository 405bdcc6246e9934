//! `holdpoint lsp`

use std::path::Path;

use holdpoint_lsp::{Ended, Open};

use crate::exit::{Exit, Failure};
use crate::package;

pub(crate) fn run() -> Result<Exit, Failure> {
    let read = |path: &Path, open: &Open| package::read_over(path, open).map_err(|failure| failure.message);
    match holdpoint_lsp::serve_stdio(&read) {
        Ok(Ended::Orderly) => Ok(Exit::Success),
        Ok(Ended::Abruptly) => Err(Failure::new(Exit::Unavailable, "the editor went without saying so")),
        Err(error) => {
            Err(Failure::new(Exit::Unavailable, format!("the editor cannot be understood: {error}"))
                .help("this command is started by an editor; see `editors/README.md`"))
        }
    }
}
