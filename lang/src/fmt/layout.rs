//! From the tree to what stands between tokens: where lines end, where they may, groups, and indentation.

mod expr;
mod item;

use crate::ast;
use crate::fmt::pieces::Piece;
use crate::span::Span;
use crate::token::Token;

/// What stands before a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sep {
    /// Nothing.
    None,
    /// A blank.
    Space,
    /// The end of a line, or a text where the group stands on one line.
    Soft(&'static str),
    /// A blank, or the end of a line where what follows does not fit on it.
    Fill,
    /// The end of a line, and one empty line where the author has some.
    Hard,
    /// The end of a line and an empty line.
    Blank,
}

/// Whether a comma stands behind a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comma {
    /// No.
    Never,
    /// Yes.
    Always,
    /// Where its group stands on one line.
    Flat,
    /// Where its group does not.
    Broken,
}

/// What stands between the pieces of a file.
pub(super) struct Layout<'p, 's> {
    pieces: &'p [Piece<'s>],
    marks: Vec<Mark>,
    /// First and last piece of each group.
    groups: Vec<(usize, usize)>,
}

/// What the tree says of a piece.
#[derive(Clone, Copy, Default)]
struct Mark {
    sep: Option<Sep>,
    comma: Option<Comma>,
    indent: u32,
    /// The piece that closes what this one opens.
    partner: Option<usize>,
}

impl<'p, 's> Layout<'p, 's> {
    /// Lays out a file that was read without errors.
    pub(super) fn of(pieces: &'p [Piece<'s>], tree: &ast::File) -> Self {
        let mut layout = Self { pieces, marks: vec![Mark::default(); pieces.len()], groups: Vec::new() };
        layout.pair();
        layout.file(tree);
        layout.mark(pieces.len().saturating_sub(1), |end| end.sep = Some(Sep::Hard));
        layout
    }

    /// What stands before a piece: what the tree says, else what its neighbour asks for.
    pub(super) fn sep(&self, at: usize) -> Sep {
        let between = || Self::between(self.token(at.checked_sub(1)?), self.token(at));
        self.marks.get(at).and_then(|mark| mark.sep).or_else(between).unwrap_or(Sep::Space)
    }

    /// Whether a comma stands behind a piece.
    pub(super) fn comma(&self, at: usize) -> Comma {
        let written = self.pieces.get(at).is_some_and(|piece| piece.comma);
        let default = if written { Comma::Always } else { Comma::Never };
        self.marks.get(at).and_then(|mark| mark.comma).unwrap_or(default)
    }

    /// How far a line that a piece begins is indented.
    pub(super) fn indent(&self, at: usize) -> u32 {
        self.marks.get(at).map_or(0, |mark| mark.indent)
    }

    /// First and last piece of each group, those that hold others before them.
    pub(super) fn groups(&self) -> Vec<(usize, usize)> {
        let mut groups = self.groups.clone();
        groups.sort_by_key(|(first, last)| (*first, std::cmp::Reverse(*last)));
        groups
    }

    fn between(before: Option<Token<'_>>, token: Option<Token<'_>>) -> Option<Sep> {
        let sep = match (before?, token?) {
            (_, Token::Dot | Token::Colon | Token::Question | Token::RParen | Token::RBracket)
            | (Token::Dot | Token::LParen | Token::LBracket, _)
            | (Token::LBrace, Token::RBrace)
            | (Token::Name(_), Token::LParen) => Sep::None,
            _ => Sep::Space,
        };
        Some(sep)
    }

    // ---- pieces by place

    fn token(&self, at: usize) -> Option<Token<'s>> {
        self.pieces.get(at).and_then(|piece| piece.token)
    }

    /// The first piece from a byte on.
    fn at(&self, byte: u32) -> usize {
        self.pieces.partition_point(|piece| piece.start < byte)
    }

    /// The first and the last piece of a stretch.
    fn range(&self, span: Span) -> (usize, usize) {
        let first = self.at(span.start);
        (first, self.at(span.end).saturating_sub(1).max(first))
    }

    /// The first piece from one on that is a token.
    fn find(&self, from: usize, token: Token<'_>) -> usize {
        let rest = self.pieces.get(from..).unwrap_or_default();
        let found = rest.iter().position(|piece| piece.token == Some(token));
        from.saturating_add(found.unwrap_or(rest.len()))
    }

    /// The piece that closes what one opens.
    fn partner(&self, open: usize) -> usize {
        self.marks.get(open).and_then(|mark| mark.partner).unwrap_or(open)
    }

    fn pair(&mut self) {
        let mut open = Vec::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            match piece.token {
                Some(Token::LBrace | Token::LParen | Token::LBracket) => open.push(at),
                Some(Token::RBrace | Token::RParen | Token::RBracket) => {
                    if let Some(opener) = open.pop() {
                        self.mark(opener, |mark| mark.partner = Some(at));
                    }
                }
                _ => {}
            }
        }
    }

    // ---- what is said of pieces

    fn mark(&mut self, at: usize, change: impl FnOnce(&mut Mark)) {
        if let Some(mark) = self.marks.get_mut(at) {
            change(mark);
        }
    }

    fn put(&mut self, at: usize, sep: Sep) {
        self.mark(at, |mark| mark.sep = Some(sep));
    }

    fn put_comma(&mut self, at: usize, comma: Comma) {
        self.mark(at, |mark| mark.comma = Some(comma));
    }

    fn group(&mut self, first: usize, last: usize) {
        self.groups.push((first, last));
    }

    /// Indents the lines that begin with pieces up to the last one.
    fn nest(&mut self, first: usize, last: usize) {
        for mark in self.marks.iter_mut().take(last.saturating_add(1)).skip(first) {
            mark.indent = mark.indent.saturating_add(1);
        }
    }

    /// A group whose lines but the first are indented.
    fn hang(&mut self, span: Span) -> (usize, usize) {
        let (first, last) = self.range(span);
        self.group(first, last);
        self.nest(first.saturating_add(1), last);
        (first, last)
    }

    /// Brackets with elements that start at these bytes, on one line where they fit.
    fn brackets(&mut self, open: usize, starts: &[u32], style: Style) {
        let close = self.partner(open);
        if starts.is_empty() {
            return;
        }
        self.group(open, close);
        self.nest(open.saturating_add(1), close.saturating_sub(1));
        for (index, start) in starts.iter().enumerate() {
            let at = self.at(*start);
            self.put(at, Sep::Soft(if index == 0 { style.pad } else { style.gap }));
            if index > 0 {
                self.put_comma(at.saturating_sub(1), style.comma);
            }
        }
        self.put(close, Sep::Soft(style.pad));
        self.put_comma(close.saturating_sub(1), style.last);
    }
}

/// How brackets are written.
#[derive(Clone, Copy)]
struct Style {
    /// What stands within the brackets at both ends where they stand on one line.
    pad: &'static str,
    /// What stands between elements there.
    gap: &'static str,
    /// Behind which elements a comma stands.
    comma: Comma,
    /// The same for the last one.
    last: Comma,
}

impl Style {
    /// Values.
    const LIST: Self = Self { pad: "", gap: " ", comma: Comma::Always, last: Comma::Broken };
    /// Members of an enum.
    const MEMBERS: Self = Self { pad: " ", gap: " ", comma: Comma::Always, last: Comma::Broken };
    /// Members of data.
    const DATA: Self = Self { pad: " ", gap: " ", comma: Comma::Flat, last: Comma::Never };
    /// Arms of a match, whose members have commas of their own.
    const ARMS: Self = Self { pad: " ", gap: "  ", comma: Comma::Never, last: Comma::Never };
}
