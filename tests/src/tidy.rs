//! The rules of the house that no lint knows: lengths, headers, dead files, leftovers, and what may depend on what.
//!
//! Each check returns its complaints, one a line, with the place.

mod layout;
mod manifests;
mod modules;
mod pure;
mod text;

pub use layout::layouts;
pub use manifests::directions;
pub use modules::dead_files;
pub use pure::impure;
pub use text::{headers, leftovers, lengths, machine_paths};

use std::fs;
use std::io;
use std::path::Path;

use crate::homes;

/// A Rust file.
pub struct RustFile {
    /// Its path from the root of the repository.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its syntax.
    pub tree: syn::File,
}

/// Every Rust file below a root.
///
/// # Errors
/// A file that cannot be read or is no Rust.
pub fn rust_files(root: &Path) -> io::Result<Vec<RustFile>> {
    let mut files = Vec::new();
    for path in homes::files(root, "", "rs")? {
        let text = fs::read_to_string(root.join(&path))?;
        let tree = syn::parse_file(&text)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("{path}: {error}")))?;
        files.push(RustFile { path, text, tree });
    }
    Ok(files)
}

/// Every manifest below a root: path and text.
///
/// # Errors
/// What hinders reading a file.
pub fn manifests(root: &Path) -> io::Result<Vec<(String, String)>> {
    let mut manifests = Vec::new();
    for path in homes::files(root, "", "toml")?.into_iter().filter(|path| path.ends_with("Cargo.toml")) {
        let text = fs::read_to_string(root.join(&path))?;
        manifests.push((path, text));
    }
    Ok(manifests)
}

/// Whether attributes leave an item out of what is shipped.
fn is_test(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| {
        attr.path().is_ident("test")
            || attr.path().is_ident("cfg")
                && attr.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}
