//! Names of files: paths on one side, URIs on the other. What is no file, such as a text that was never saved, has a
//! path made of its whole URI.

use std::path::{Path, PathBuf};

use lsp_types::Uri;

/// The path of a document.
pub(crate) fn path(uri: &Uri) -> PathBuf {
    uri.to_file_path().unwrap_or_else(|()| PathBuf::from(uri.as_str()))
}

/// Whether a document is a file.
pub(crate) fn is_file(uri: &Uri) -> bool {
    uri.to_file_path().is_ok()
}

/// The URI of a path.
pub(crate) fn of(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path).ok().or_else(|| path.to_str()?.parse().ok())
}
