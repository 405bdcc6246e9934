//! Misspelt words that begin a declaration: were they left as they are, the parser would lose the braces behind them
//! and report what follows as well.

use crate::diag::Diagnostics;
use crate::diag::messages;
use crate::diag::nearest::nearest;
use crate::lexer::Spanned;
use crate::span::{FileId, Span};
use crate::token::{Kw, Token};

use super::expected;

/// Words that begin a declaration with a name and braces.
const WORDS: &[Kw] = &[
    Kw::Record,
    Kw::Enum,
    Kw::Window,
    Kw::Calendar,
    Kw::Policy,
    Kw::Rule,
    Kw::Waiver,
    Kw::Fixture,
    Kw::Score,
];

/// Reports names that are nearly such a word and stand where only it can stand, and puts the word in their place.
pub(super) fn words(file: FileId, tokens: &mut [Spanned<'_>], sink: &mut Diagnostics) {
    let mut at = 0usize;
    while let Some([(start, first, end), (_, second, _), (_, third, _), ..]) = tokens.get(at..) {
        let (start, end, found) = (*start, *end, *first);
        if let Some((kw, near)) = meant(first, second, third) {
            let span = Span::new(file, start, end);
            let word = kw.word();
            let wanted = Some(format!("`{word}`"));
            let diagnostic = messages::unexpected(span, &expected::found(&found), wanted);
            sink.push(match near {
                true => messages::word_meant(diagnostic, word),
                false => messages::foreign_word(diagnostic, word),
            });
            if let Some((_, token, _)) = tokens.get_mut(at) {
                *token = Token::Keyword(kw);
            }
        }
        at = at.saturating_add(1);
    }
}

/// The word that a name stands for where another name and the rest of a head follow, and whether it is nearly it.
fn meant(first: &Token<'_>, second: &Token<'_>, third: &Token<'_>) -> Option<(Kw, bool)> {
    let (Token::Name(word), Token::Name(_)) = (first, second) else { return None };
    if matches!(*word, "import" | "using" | "require") && *third == Token::Dot {
        return Some((Kw::Use, false));
    }
    match (*word, third) {
        ("const" | "var" | "val" | "def", Token::Assign) => return Some((Kw::Let, false)),
        ("def" | "function" | "func" | "fun", Token::LParen) => return Some((Kw::Fn, false)),
        _ => {}
    }
    let head = matches!(
        third,
        Token::LBrace
            | Token::Text(_)
            | Token::Keyword(Kw::When | Kw::On | Kw::In | Kw::Valid | Kw::Control | Kw::Owner | Kw::ReviewBy)
    );
    if !head {
        return None;
    }
    if matches!(*word, "struct" | "type" | "class" | "interface") {
        return Some((Kw::Record, false));
    }
    let near = nearest(word, WORDS.iter().map(|kw| kw.word()))?;
    Kw::from_word(near).map(|kw| (kw, true))
}
