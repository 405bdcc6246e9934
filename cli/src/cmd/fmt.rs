//! `holdpoint fmt`

use std::path::{Path, PathBuf};

use holdpoint_lang::{Diagnostics, FileId, Source, Sources, format};
use similar::TextDiff;

use crate::exit::{Exit, Failure};
use crate::{output, package};

/// What is done with a file whose layout is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It is written.
    Write,
    /// It is named.
    Check,
    /// The difference is shown.
    Diff,
}

pub(crate) fn run(paths: &[PathBuf], mode: Mode) -> Result<Exit, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if package::is_stdin(path) {
            files.push(path.clone());
        } else {
            files.extend(package::hold_files(path)?);
        }
    }
    files.sort();
    files.dedup();
    let (mut changed, mut unread) = (0usize, 0usize);
    for file in &files {
        let text = package::read_text(file)?;
        match format(FileId::default(), &text) {
            Ok(formatted) if package::is_stdin(file) && mode == Mode::Write => output::out(&formatted),
            Ok(formatted) if formatted == text => {}
            Ok(formatted) => {
                changed = changed.saturating_add(1);
                apply(file, &text, &formatted, mode)?;
            }
            Err(diagnostics) => {
                unread = unread.saturating_add(1);
                report(file, text, diagnostics);
            }
        }
    }
    if unread > 0 {
        let files = if unread == 1 { "one file was".to_owned() } else { format!("{unread} files were") };
        return Err(Failure::new(Exit::Refused, format!("{files} left as found"))
            .help("mend what is shown above first"));
    }
    Ok(if changed > 0 && mode != Mode::Write { Exit::Findings } else { Exit::Success })
}

fn apply(file: &Path, text: &str, formatted: &str, mode: Mode) -> Result<(), Failure> {
    match mode {
        Mode::Write => {
            crate::file::write(file, formatted.as_bytes())?;
            output::err(&format!("formatted {}", shown(file)));
        }
        Mode::Check => output::out(&shown(file)),
        Mode::Diff => {
            let name = shown(file);
            let diff = TextDiff::from_lines(text, formatted);
            let diff = diff.unified_diff().context_radius(3).header(&name, &name).to_string();
            output::out(&diff.lines().map(|line| format!("{}\n", output::visible(line))).collect::<String>());
        }
    }
    Ok(())
}

fn report(file: &Path, text: String, diagnostics: Diagnostics) {
    let mut sources = Sources::default();
    sources.add(Source::new(shown(file), text));
    package::show(&sources, &diagnostics.sorted());
}

fn shown(file: &Path) -> String {
    output::visible(&package::label(file))
}
