//! The library as files, so that an editor can show where something of it is declared. Its text is part of the
//! program; a copy is kept where the user's caches are, and written anew where it differs.

use std::fs;
use std::path::{Path, PathBuf};

use holdpoint_lang::Source;
use lsp_types::Uri;

use crate::uri;

/// The URI of a copy of a file of the library; nothing where no copy can be kept.
pub(crate) fn uri(source: &Source) -> Option<Uri> {
    let path = directory()?.join(&source.path);
    let same = fs::read_to_string(&path).is_ok_and(|text| text == source.text);
    if !same {
        fs::create_dir_all(path.parent()?).ok()?;
        fs::write(&path, &source.text).ok()?;
    }
    uri::of(&path)
}

/// Whether a path is that of such a copy, of which nothing is to be said.
pub(crate) fn has(path: &Path) -> bool {
    directory().is_some_and(|directory| path.starts_with(directory))
}

fn directory() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = set("XDG_CACHE_HOME")
        .or_else(|| set("LOCALAPPDATA"))
        .or_else(|| Some(set("HOME")?.join(".cache")))?;
    caches.is_absolute().then(|| caches.join("holdpoint").join(env!("CARGO_PKG_VERSION")))
}
