//! From text to tokens for the parser: keywords are told from names, documentation is set aside, nesting is bounded,
//! each `else` is given to its `if`, and what is no token is reported once for each stretch.

use std::collections::BTreeMap;

use holdpoint_isa::limits::NESTING_MAX;
use logos::Logos;

use crate::diag::{Diagnostics, messages};
use crate::span::{FileId, Span};
use crate::token::{Kw, LexError, Token};

/// A token with its first byte and the byte after its last, as LALRPOP wants it.
pub type Spanned<'s> = (usize, Token<'s>, usize);

/// What the lexer makes of a file.
#[derive(Debug, Default)]
pub struct Lexed<'s> {
    /// Tokens for the parser. Brackets that the file leaves open are closed at its end.
    pub tokens: Vec<Spanned<'s>>,
    /// The innermost bracket that the file leaves open.
    pub unclosed: Option<Spanned<'s>>,
    /// Documentation by the byte at which the documented thing starts.
    pub docs: BTreeMap<usize, Vec<String>>,
}

/// A token or a comment as it stands in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Raw<'s> {
    /// What it is.
    pub kind: RawKind<'s>,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// How many line ends stand between it and what is before it.
    pub lines: usize,
}

/// What stands in a text beside blanks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RawKind<'s> {
    /// A token, keywords told from names; documentation is one of its own.
    Token(Token<'s>),
    /// A comment that documents nothing.
    Comment,
}

/// Everything but blanks that stands in a text, in order, for those who show or arrange it. What is no token is left
/// out.
pub fn raw(text: &str) -> Vec<Raw<'_>> {
    let mut found = Vec::new();
    let mut at = 0usize;
    let tokens = Token::lexer(text).spanned().map(|(token, range)| (token.ok(), range));
    for (token, range) in tokens.chain(std::iter::once((None, text.len()..text.len()))) {
        let lines = comments(text, at..range.start, &mut found);
        if let Some(token) = token {
            let token = match token {
                Token::Name(word) => Kw::from_word(word).map_or(token, Token::Keyword),
                other => other,
            };
            found.push(Raw { kind: RawKind::Token(token), start: range.start, end: range.end, lines });
        }
        at = range.end;
    }
    found
}

/// Adds the comments between two tokens; returns how many line ends stand behind the last of them.
fn comments(text: &str, gap: std::ops::Range<usize>, found: &mut Vec<Raw<'_>>) -> usize {
    let (mut at, mut lines) = (gap.start, 0usize);
    while let Some(rest) = text.get(at..gap.end).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("//") {
            let end = at.saturating_add(rest.find('\n').unwrap_or(rest.len()));
            found.push(Raw { kind: RawKind::Comment, start: at, end, lines });
            (at, lines) = (end, 0);
            continue;
        }
        let next = rest.chars().next();
        lines = lines.saturating_add(usize::from(next == Some('\n')));
        at = at.saturating_add(next.map_or(1, char::len_utf8));
    }
    lines
}

/// Splits a text that begins at byte `offset` of its file.
pub fn lex<'s>(file: FileId, text: &'s str, offset: usize, sink: &mut Diagnostics) -> Lexed<'s> {
    let mut lexed = Lexed::default();
    let mut pending: Vec<String> = Vec::new();
    let mut last_bad: Option<usize> = None;
    report_hidden(file, text, offset, sink);
    for (token, range) in Token::lexer(text).spanned() {
        let (start, end) = (range.start.saturating_add(offset), range.end.saturating_add(offset));
        let span = Span::new(file, start, end);
        match token {
            Ok(Token::Doc(words)) => pending.push(words.to_owned()),
            Ok(Token::Semicolon) => sink.push(messages::semicolon(span)),
            Ok(Token::Hash | Token::BlockComment) => {
                sink.push(messages::no_token(LexError::ForeignComment, span, text.get(range.clone())));
            }
            Ok(token) => {
                if !pending.is_empty() {
                    lexed.docs.insert(start, std::mem::take(&mut pending));
                }
                lexed.push((start, token, end), text, offset, file, sink);
            }
            Err(_) => {
                // One report for a stretch of characters that follow each other; hidden ones have theirs already.
                let error = classify(text, &range);
                if last_bad != Some(start) && error != LexError::Control {
                    sink.push(messages::no_token(error, span, text.get(range.clone())));
                }
                last_bad = Some(end);
            }
        }
    }
    bound_nesting(file, &mut lexed.tokens, sink);
    pair_else(&mut lexed.tokens);
    lexed.unclosed = close_brackets(&mut lexed.tokens, text.len().saturating_add(offset));
    lexed
}

impl<'s> Lexed<'s> {
    fn push(
        &mut self,
        (start, token, end): Spanned<'s>,
        text: &'s str,
        offset: usize,
        file: FileId,
        sink: &mut Diagnostics,
    ) {
        let span = Span::new(file, start, end);
        let token = match token {
            Token::Name(word) => Kw::from_word(word).map_or(token, Token::Keyword),
            Token::Quoted(quoted) => {
                sink.push(messages::no_token(LexError::SingleQuotes, span, Some(quoted)));
                Token::Text(quoted)
            }
            other => other,
        };
        let runs_on = matches!(token, Token::Name(_) | Token::Keyword(_));
        match self.tokens.last_mut() {
            Some((from, before, at)) if runs_on && *at == start && is_number(before) => {
                let all = text.get(from.saturating_sub(offset)..end.saturating_sub(offset));
                sink.push(messages::no_token(LexError::NumberWord, Span::new(file, *from, end), all));
                // `15min` is a duration already; what else was meant does not have this type.
                let meant = all.and_then(messages::with_short_unit).unwrap_or_default();
                let is_duration = holdpoint_isa::literal::duration(&meant).is_ok();
                if !(is_duration && matches!(before, Token::Duration(_))) {
                    *before = Token::Bad(LexError::NumberWord);
                }
                *at = end;
            }
            Some((_, before, _)) if matches!(token, Token::Int(_) | Token::Decimal(_)) => {
                if let Token::Name(name) = *before
                    && is_currency(name)
                {
                    *before = Token::Currency(name);
                }
                self.tokens.push((start, token, end));
            }
            _ => self.tokens.push((start, token, end)),
        }
    }
}

/// Reports characters that no source may hold, wherever they stand, each stretch of them once.
fn report_hidden(file: FileId, text: &str, offset: usize, sink: &mut Diagnostics) {
    let mut last: Option<usize> = None;
    for (at, c) in text.char_indices().filter(|(_, c)| is_hidden(*c)) {
        let end = at.saturating_add(c.len_utf8());
        if last != Some(at) {
            let span = Span::new(file, at.saturating_add(offset), end.saturating_add(offset));
            sink.push(messages::no_token(LexError::Control, span, text.get(at..end)));
        }
        last = Some(end);
    }
}

/// Whether a character controls the terminal, changes the direction of writing or is a byte order mark.
fn is_hidden(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        '\u{feff}' => true,
        _ => c.is_control(),
    }
}

/// Whether a name could be that of a currency by ISO 4217.
fn is_currency(name: &str) -> bool {
    name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_number(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::Int(_)
            | Token::Decimal(_)
            | Token::Percent(_)
            | Token::Points(_)
            | Token::Duration(_)
            | Token::Size(_)
            | Token::Version(_)
            | Token::Date(_)
            | Token::Time(_)
            | Token::Instant(_)
    )
}

fn classify(text: &str, range: &std::ops::Range<usize>) -> LexError {
    let stretch = text.get(range.clone()).unwrap_or_default();
    let Some(first) = stretch.chars().next() else { return LexError::Character };
    match first {
        '"' => LexError::UnterminatedText,
        _ if is_hidden(first) => LexError::Control,
        _ => LexError::Character,
    }
}

/// Cuts the tokens where brackets nest deeper than the limit, so that no later pass meets a deeper tree.
fn bound_nesting(file: FileId, tokens: &mut Vec<Spanned<'_>>, sink: &mut Diagnostics) {
    let mut depth = 0u32;
    let cut = tokens.iter().position(|(_, token, _)| {
        depth = match token {
            Token::LBrace | Token::LParen | Token::LBracket => depth.saturating_add(1),
            Token::RBrace | Token::RParen | Token::RBracket => depth.saturating_sub(1),
            _ => depth,
        };
        depth > NESTING_MAX
    });
    if let Some((at, (start, _, end))) = cut.and_then(|at| tokens.get(at).map(|token| (at, *token))) {
        sink.push(messages::too_deep(Span::new(file, start, end)));
        tokens.truncate(at);
    }
}

/// Closes the brackets that are open at the end, so that what they hold is read; tells the innermost of them.
fn close_brackets<'s>(tokens: &mut Vec<Spanned<'s>>, end: usize) -> Option<Spanned<'s>> {
    let mut open: Vec<(Spanned<'s>, Token<'s>)> = Vec::new();
    for token in tokens.iter() {
        match token.1 {
            Token::LBrace => open.push((*token, Token::RBrace)),
            Token::LParen => open.push((*token, Token::RParen)),
            Token::LBracket => open.push((*token, Token::RBracket)),
            // A bracket that closes another one than the innermost ends all that are within.
            close => {
                if let Some(at) = open.iter().rposition(|(_, wanted)| *wanted == close) {
                    open.truncate(at);
                }
            }
        }
    }
    let innermost = open.last().map(|(opener, _)| *opener);
    tokens.extend(open.into_iter().rev().map(|(_, close)| (end, close, end)));
    innermost
}

/// Tells the `else` of `if … then … else …` from the `else` that replaces `none`: the first one behind a `then` at
/// the same depth of brackets belongs to the `if`.
fn pair_else(tokens: &mut [Spanned<'_>]) {
    let mut open_thens = vec![0u32];
    for (_, token, _) in tokens {
        match token {
            Token::LBrace | Token::LParen | Token::LBracket => open_thens.push(0),
            Token::RBrace | Token::RParen | Token::RBracket if open_thens.len() > 1 => {
                open_thens.pop();
            }
            Token::Keyword(Kw::Then) => {
                if let Some(count) = open_thens.last_mut() {
                    *count = count.saturating_add(1);
                }
            }
            Token::Keyword(Kw::Else) => {
                if let Some(count) = open_thens.last_mut().filter(|count| **count > 0) {
                    *count = count.saturating_sub(1);
                    *token = Token::IfElse;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lex;
    use crate::diag::Diagnostics;
    use crate::span::FileId;

    fn codes(text: &str) -> Vec<String> {
        let mut sink = Diagnostics::default();
        lex(FileId(0), text, 0, &mut sink);
        sink.sorted()
            .iter()
            .map(|d| format!("{}@{}..{}", d.code.id(), d.primary.span.start, d.primary.span.end))
            .collect()
    }

    fn shape(text: &str) -> String {
        let mut sink = Diagnostics::default();
        let lexed = lex(FileId(0), text, 0, &mut sink);
        assert!(!sink.has_errors(), "{sink:?}");
        lexed.tokens.iter().map(|(_, token, _)| format!("{token:?}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn literals_are_single_tokens() {
        assert_eq!(
            shape("512MB 10GiB 1.5kB 0B"),
            "Size(\"512MB\") Size(\"10GiB\") Size(\"1.5kB\") Size(\"0B\")"
        );
        assert_eq!(
            shape("v1.2.3 v1.2.3-rc.1+b5 v1 v1.x"),
            "Version(\"v1.2.3\") Version(\"v1.2.3-rc.1+b5\") Name(\"v1\") Name(\"v1\") Dot Name(\"x\")"
        );
        assert_eq!(
            shape("1h30m 80% 0.1pp 2026-12-18 09:00 2026-11-20T15:30+01:00 1_000 1.5 15ms"),
            "Duration(\"1h30m\") Percent(\"80%\") Points(\"0.1pp\") Date(\"2026-12-18\") Time(\"09:00\") \
             Instant(\"2026-11-20T15:30+01:00\") Int(\"1_000\") Decimal(\"1.5\") Duration(\"15ms\")"
        );
    }

    #[test]
    fn the_first_else_behind_a_then_belongs_to_the_if() {
        assert_eq!(
            shape("if a then b else c else d"),
            "Keyword(If) Name(\"a\") Keyword(Then) Name(\"b\") IfElse Name(\"c\") Keyword(Else) Name(\"d\")"
        );
    }

    #[test]
    fn what_is_no_token_is_reported_once_for_each_stretch() {
        assert_eq!(codes("let x = 10minutes"), ["E0104@8..17"]);
        assert_eq!(codes("§§§ \"abc"), ["E0101@0..2", "E0102@7..11"]);
        assert_eq!(codes("a \u{202e} b"), ["E0103@2..5"]);
        assert_eq!(codes("a // \u{202e}\u{7} b\n\"\u{1b}\""), ["E0103@5..8", "E0103@13..14"]);
        assert_eq!(codes("# a\nb 'c' /* d\n */"), ["E0101@0..3", "E0101@6..9", "E0101@10..18"]);
    }

    #[test]
    fn deep_nesting_and_long_comments_are_bounded() {
        assert_eq!(codes(&"(".repeat(1_000)), ["E0105@128..129"]);
        assert!(codes(&"//\n".repeat(20_000)).is_empty());
    }
}
