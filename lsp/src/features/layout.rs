//! The one layout of a file, as a change of as few lines as it takes.

use holdpoint_lang::{FileId, Span, format};
use lsp_types::TextEdit;

use crate::snapshot::Snapshot;

/// What gives a file its layout; nothing for a file that cannot be read, and no change for one that has it.
pub(crate) fn edits(snapshot: &Snapshot, file: FileId) -> Option<Vec<TextEdit>> {
    let text = snapshot.text(file);
    let formatted = format(file, text).ok()?;
    if formatted == text {
        return Some(Vec::new());
    }
    let same = |(a, b): &(&str, &str)| a == b;
    let before: usize = lines(text).zip(lines(&formatted)).take_while(same).map(|(line, _)| line.len()).sum();
    let (old, new) = (text.get(before..)?, formatted.get(before..)?);
    let backwards = |text| lines(text).collect::<Vec<_>>().into_iter().rev();
    let behind: usize = backwards(old).zip(backwards(new)).take_while(same).map(|(line, _)| line.len()).sum();
    let end = text.len().saturating_sub(behind);
    let new_text = new.get(..new.len().saturating_sub(behind))?.to_owned();
    Some(vec![TextEdit { range: snapshot.range(Span::new(file, before, end)), new_text }])
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n')
}
