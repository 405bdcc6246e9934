//! The one layout of a file. Tokens and comments stay as they are written; the tree says where lines end, where they
//! may, and how far they are indented. It knows nothing of names and types, so what does not compile yet has a layout
//! as well.
//!
//! INVARIANT: the tokens of what is written are those of the source, but for commas that mean nothing.

mod doc;
mod layout;
mod pieces;

use crate::diag::Diagnostics;
use crate::parse::parse;
use crate::span::FileId;
use crate::token::Token;
use doc::Doc;
use layout::{Comma, Layout, Sep};
use pieces::Piece;

/// Characters that a line has at most, where a break can keep it so.
pub const WIDTH: usize = 110;
/// A step of indentation.
const INDENT: &str = "  ";

/// Gives a file its one layout: comments stay, and a second run changes nothing.
///
/// # Errors
/// What keeps the file from being read; nothing is known of its layout then.
pub fn format(file: FileId, text: &str) -> Result<String, Diagnostics> {
    let (tree, diagnostics) = parse(file, text);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let pieces = pieces::of(text);
    let layout = Layout::of(&pieces, &tree);
    Ok(doc::render(&document(&pieces, &layout)))
}

/// The document of pieces that are laid out.
fn document<'s>(pieces: &[Piece<'s>], layout: &Layout<'_, 's>) -> Vec<Doc<'s>> {
    let mut builder = Builder { whole: Vec::new(), open: Vec::new() };
    let mut groups = layout.groups().into_iter().peekable();
    for (at, piece) in pieces.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| pieces.get(before));
        builder.close(at);
        builder.gap(before, piece, layout.sep(at), layout.indent(at));
        while let Some((_, last)) = groups.next_if(|(first, _)| *first <= at) {
            builder.open.push((last, Vec::new()));
        }
        builder.push(Doc::Text(piece.text));
        let comma = layout.comma(at);
        if comma != Comma::Never {
            // It belongs to what holds this element, not to the element.
            builder.close(at.saturating_add(1));
        }
        match comma {
            Comma::Never => {}
            Comma::Always => builder.push(Doc::Text(",")),
            Comma::Flat => builder.push(Doc::Choice { flat: ",", broken: "" }),
            Comma::Broken => builder.push(Doc::Choice { flat: "", broken: "," }),
        }
        builder.extend(piece.behind.map(Doc::Comment));
    }
    builder.close(pieces.len());
    builder.whole
}

/// A document, and the groups that are open with the last piece of each.
struct Builder<'s> {
    whole: Vec<Doc<'s>>,
    open: Vec<(usize, Vec<Doc<'s>>)>,
}

impl<'s> Builder<'s> {
    fn push(&mut self, part: Doc<'s>) {
        self.open.last_mut().map_or(&mut self.whole, |(_, parts)| parts).push(part);
    }

    fn extend(&mut self, parts: impl IntoIterator<Item = Doc<'s>>) {
        parts.into_iter().for_each(|part| self.push(part));
    }

    /// Closes the groups that end before a piece.
    fn close(&mut self, at: usize) {
        while let Some((_, parts)) = self.open.pop_if(|(last, _)| *last < at) {
            self.push(Doc::group(parts));
        }
    }

    /// What stands between two pieces: comments on lines of their own, and what the layout asks for. A line ends
    /// behind a comment, whatever is asked for.
    fn gap(&mut self, before: Option<&Piece<'s>>, piece: &Piece<'s>, sep: Sep, indent: u32) {
        let starts_line = matches!(sep, Sep::Hard | Sep::Blank);
        let first = before.is_none_or(|before| matches!(before.token, Some(Token::LBrace)));
        let is_close = piece.is_close();
        let blank = starts_line && !is_close && piece.blank;
        if piece.notes.is_empty() && before.is_none_or(|before| before.behind.is_none()) {
            match sep {
                _ if before.is_none() => {}
                Sep::None => {}
                Sep::Space => self.push(Doc::Text(" ")),
                Sep::Soft(flat) => self.push(Doc::Line { flat, indent }),
                Sep::Fill => self.push(Doc::group(vec![Doc::Line { flat: " ", indent }])),
                Sep::Hard => self.push(Doc::End { indent, blank: blank && !first }),
                Sep::Blank => self.push(Doc::End { indent, blank: true }),
            }
            return;
        }
        let within = if is_close { indent.saturating_add(1) } else { indent };
        let mut wanted = matches!(sep, Sep::Blank);
        for (at, note) in piece.notes.iter().enumerate() {
            let at_top = at == 0 && first;
            if at > 0 || before.is_some() {
                self.push(Doc::End { indent: within, blank: !at_top && (note.blank || wanted) });
            }
            self.push(Doc::Text(note.text));
            wanted = false;
        }
        if !(piece.token.is_none() && piece.notes.is_empty() && before.is_none()) {
            self.push(Doc::End { indent, blank: piece.token.is_some() && (blank || wanted) });
        }
    }
}

#[cfg(test)]
mod tests;
