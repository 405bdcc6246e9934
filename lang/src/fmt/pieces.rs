//! What a layout arranges: tokens without commas, each with the comments around it.

use crate::lexer::{RawKind, raw};
use crate::token::Token;

/// A token with the comments around it.
#[derive(Debug)]
pub(super) struct Piece<'s> {
    /// What it is; nothing for the end of the file.
    pub(super) token: Option<Token<'s>>,
    /// As it is written.
    pub(super) text: &'s str,
    /// Its first byte.
    pub(super) start: u32,
    /// Comments on lines of their own before it.
    pub(super) notes: Vec<Note<'s>>,
    /// Whether an empty line stands before it, behind these comments.
    pub(super) blank: bool,
    /// A comment behind it, on the same line.
    pub(super) behind: Option<&'s str>,
    /// Whether a comma follows.
    pub(super) comma: bool,
}

/// A comment on a line of its own.
#[derive(Debug)]
pub(super) struct Note<'s> {
    /// All of it.
    pub(super) text: &'s str,
    /// Whether an empty line stands before it.
    pub(super) blank: bool,
}

impl Piece<'_> {
    /// Whether it closes what another one opens.
    pub(super) fn is_close(&self) -> bool {
        matches!(self.token, Some(Token::RBrace | Token::RParen | Token::RBracket))
    }
}

/// The pieces of a text, the end of the file last.
pub(super) fn of(text: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut notes = Vec::new();
    for part in raw(text) {
        let words = text.get(part.start..part.end).unwrap_or_default().trim_end();
        let blank = part.lines > 1;
        match part.kind {
            RawKind::Comment | RawKind::Token(Token::Doc(_)) => match pieces.last_mut() {
                Some(last) if part.lines == 0 && notes.is_empty() && last.behind.is_none() => {
                    last.behind = Some(words);
                }
                _ => notes.push(Note { text: words, blank }),
            },
            RawKind::Token(Token::Comma) => {
                if let Some(last) = pieces.last_mut() {
                    last.comma = true;
                }
            }
            RawKind::Token(token) => {
                let start = u32::try_from(part.start).unwrap_or(u32::MAX);
                let notes = std::mem::take(&mut notes);
                pieces.push(Piece {
                    token: Some(token),
                    text: words,
                    start,
                    notes,
                    blank,
                    behind: None,
                    comma: false,
                });
            }
        }
    }
    pieces.push(Piece {
        token: None,
        text: "",
        start: u32::MAX,
        notes,
        blank: false,
        behind: None,
        comma: false,
    });
    pieces
}
