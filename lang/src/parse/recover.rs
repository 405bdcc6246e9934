//! What is said where the parser could not go on, and what is kept of a declaration that it could not read.

use lalrpop_util::{ErrorRecovery, ParseError};
use logos::Logos;

use super::build::Build;
use super::expected::{self, Meant};
use super::{Token, Unread};
use crate::ast::{Broken, Ident};
use crate::diag::{Diagnostic, messages};
use crate::token::Kw;

impl Build<'_> {
    /// Reports where the parser had to skip tokens.
    pub(crate) fn recovered(&mut self, error: ErrorRecovery<usize, Token<'_>, ()>) {
        self.syntax(error.error);
    }

    /// Reports a declaration that could not be read, and keeps its name.
    pub(crate) fn recover(
        &mut self,
        error: ErrorRecovery<usize, Token<'_>, ()>,
        start: usize,
        end: usize,
    ) -> Option<Broken> {
        self.syntax(error.error);
        self.broken(start, end)
    }

    /// Reports a syntax error. One at the end of the file, or at a brace between declarations, is reported only where
    /// nothing else is wrong, because what is wrong further up shows itself there once more.
    pub(super) fn syntax(&mut self, error: Unread<'_>) {
        let follows = match &error {
            // A token without length is a bracket that the lexer closed.
            ParseError::UnrecognizedToken { token: (start, _, stop), .. } if start == stop => true,
            ParseError::UnrecognizedToken { token: (_, Token::LBrace | Token::RBrace, _), expected } => {
                expected::has(expected, "policy") || expected::has(expected, "rule")
            }
            ParseError::UnrecognizedEof { .. } => true,
            // What is no token is reported already.
            ParseError::UnrecognizedToken { token: (_, Token::Bad(_), _), .. } => return,
            _ => false,
        };
        if !(follows && self.has_errors()) {
            let diagnostic = self.syntax_error(error);
            self.report(diagnostic);
        }
    }

    /// What the parser met instead of what it could have taken.
    fn syntax_error(&self, error: Unread<'_>) -> Diagnostic {
        match error {
            ParseError::UnrecognizedToken { token: (start, _, stop), expected } if start == stop => {
                let list = expected::list(&expected);
                messages::unexpected(self.span(start, stop), "the end of the file", list)
            }
            ParseError::UnrecognizedToken { token: (start, token, stop), expected } => {
                let (span, list) = (self.span(start, stop), expected::list(&expected));
                let diagnostic = messages::unexpected(span, &expected::found(&token), list);
                let declaration =
                    expected::has(&expected, "policy") && !expected::has(&expected, "satisfies");
                match expected::meant(&token, &expected, self.before(start)) {
                    Some(Meant::Near(word)) => messages::word_meant(diagnostic, word),
                    Some(Meant::Foreign(word)) => messages::foreign_word(diagnostic, word),
                    Some(Meant::InPolicy) => {
                        messages::belongs_in(diagnostic, "a policy: `policy NAME { … }`")
                    }
                    Some(Meant::InRule) => {
                        messages::belongs_in(diagnostic, "a rule: `rule NAME { block when … }`")
                    }
                    None if declaration => messages::list_declarations(diagnostic),
                    None => diagnostic,
                }
            }
            ParseError::ExtraToken { token: (start, token, stop) } => {
                messages::unexpected(self.span(start, stop), &expected::found(&token), None)
            }
            ParseError::UnrecognizedEof { expected, .. } => {
                let what = if self.is_hole() { "the end of the value" } else { "the end of the file" };
                messages::unexpected(self.end(), what, expected::list(&expected))
            }
            ParseError::InvalidToken { .. } | ParseError::User { .. } => {
                messages::unexpected(self.end(), "something unreadable", None)
            }
        }
    }

    /// The name that an unreadable declaration between two places gives to something.
    fn broken(&self, start: usize, end: usize) -> Option<Broken> {
        let text = self.between(start, end);
        let mut word: Option<Kw> = None;
        for (token, range) in Token::lexer(text).spanned() {
            let Ok(Token::Name(name)) = token else { return None };
            match (word, Kw::from_word(name)) {
                (None, Some(Kw::Ordered | Kw::Trial | Kw::Waivable)) => {}
                (None, Some(kw)) => word = Some(kw),
                (None, None) => return None,
                (Some(word), _) => {
                    let (from, to) = (start.saturating_add(range.start), start.saturating_add(range.end));
                    let name = Ident { name: name.to_owned(), span: self.span(from, to) };
                    return Some(Broken { name, is_type: matches!(word, Kw::Record | Kw::Enum) });
                }
            }
        }
        None
    }
}
