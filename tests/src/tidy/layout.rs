//! Files of the language have their one layout.

use std::fs;
use std::io;
use std::path::Path;

use crate::engine;
use crate::golden::diff;
use crate::homes;

/// Files whose layout is another one.
///
/// # Errors
/// What hinders reading a file.
pub fn layouts(root: &Path) -> io::Result<Vec<String>> {
    let mut complaints = Vec::new();
    for path in homes::files(root, "", "hold")? {
        let text = fs::read_to_string(root.join(&path))?;
        match engine::layout(&text) {
            Ok(wanted) if wanted == text => {}
            Ok(wanted) => {
                complaints.push(format!("{path}: run `holdpoint fmt {path}`\n{}", diff(&text, &wanted)))
            }
            Err(words) => complaints.push(format!("{path}: {words}")),
        }
    }
    Ok(complaints)
}
