//! Where pages are: the specification, the cases, the documentation of the library.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::markdown::Page;

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The folders with pages, and the ending of the files in them.
pub const HOMES: &[(&str, &str)] = &[("spec", "md"), ("tests/cases", "md"), ("stdlib/std", "hold")];

/// Every page, by path.
///
/// # Errors
/// What hinders reading a file.
pub fn pages(root: &Path) -> io::Result<Vec<Page>> {
    let mut pages = Vec::new();
    for (home, ending) in HOMES {
        for path in files(root, home, ending)? {
            let text = fs::read_to_string(root.join(&path))?;
            let page = if *ending == "md" {
                Page::markdown(&path, &text)
            } else {
                Page::documentation(&path, &text)
            };
            pages.push(page);
        }
    }
    Ok(pages)
}

/// Paths of the files with an ending below a folder, from the root and with `/`, in order. A folder that is not there
/// has none; what builds leave behind and hidden folders are passed over.
///
/// # Errors
/// What hinders reading a folder.
pub fn files(root: &Path, folder: &str, ending: &str) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(root.join(&folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if entry.file_type()?.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    open.push(path);
                }
            } else if path.rsplit_once('.').is_some_and(|(_, end)| end == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
