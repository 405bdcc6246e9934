//! Globs: patterns for paths and names, read once into steps that the machine follows in linear time.
//!
//! `?` stands for one character and `*` for any number of them, a `/` never; `**` stands alone between slashes for any
//! number of folders, none among them, so that `a/**/b` takes `a/b`, and `a/**` takes `a` and all below it. `[a-z]`
//! stands for one of these characters, `[!a-z]` for any other but `/`, `{a,b}` for one of these patterns. A backslash
//! takes the meaning from what follows it. Capitals count.

use super::LiteralError;
use crate::limits::{GLOB_BYTES_MAX, GLOB_STEPS_MAX};

/// Deepest nesting of `{…}`.
const DEPTH_MAX: u32 = 8;

/// A pattern, as steps; a text matches where a way through the steps takes all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// The steps; the first is where a text starts.
    pub steps: Vec<Step>,
}

/// A step of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Takes this character.
    Char(char),
    /// Takes any character but `/`.
    Any,
    /// Takes any character.
    All,
    /// Takes a character of these ranges, or one outside them where `negated` is set, but never `/`.
    Class {
        /// Whether the ranges say what is left out.
        negated: bool,
        /// First and last character of each range.
        ranges: Vec<(char, char)>,
    },
    /// Goes on at both of these steps.
    Split(u16, u16),
    /// Goes on at this step.
    Jump(u16),
    /// The end of the pattern.
    End,
}

/// Reads a pattern.
pub fn glob(text: &str) -> Result<Glob, LiteralError> {
    if text.len() > GLOB_BYTES_MAX as usize {
        return Err(LiteralError::GlobTooLong);
    }
    let mut reader = Reader { rest: text, steps: Vec::new() };
    reader.sequence(true, true, 0)?;
    if !reader.rest.is_empty() {
        return Err(LiteralError::BadGlob);
    }
    reader.push(Step::End)?;
    Ok(Glob { steps: reader.steps })
}

struct Reader<'t> {
    rest: &'t str,
    steps: Vec<Step>,
}

impl Reader<'_> {
    /// Reads to the end, or to the comma or brace that ends an alternative. `start` tells whether a component of a path
    /// starts here, `last` whether nothing follows what is read.
    fn sequence(&mut self, start: bool, last: bool, depth: u32) -> Result<(), LiteralError> {
        let mut start = start;
        while let Some(c) = self.rest.chars().next() {
            if depth > 0 && matches!(c, ',' | '}') {
                return Ok(());
            }
            start = self.item(c, start, last, depth)?;
        }
        Ok(())
    }

    /// Reads what starts with a character; tells whether a component starts behind it.
    fn item(&mut self, c: char, start: bool, last: bool, depth: u32) -> Result<bool, LiteralError> {
        if self.rest.starts_with("**") {
            return self.folders(start, last, depth);
        }
        if last && self.rest.starts_with("/**") && self.ends_at(3, depth) {
            self.skip(3);
            let fork = self.hole()?;
            self.push(Step::Char('/'))?;
            self.many(Step::All)?;
            self.fork(fork)?;
            return Ok(false);
        }
        self.skip(c.len_utf8());
        match c {
            '*' => self.many(Step::Any)?,
            '?' => self.push(Step::Any)?,
            '[' => self.class()?,
            '{' => self.alternatives(start, last, depth)?,
            '}' => return Err(LiteralError::BadGlob),
            '\\' => {
                let escaped = self.take()?;
                self.push(Step::Char(escaped))?;
            }
            c => self.push(Step::Char(c))?,
        }
        Ok(c == '/')
    }

    /// `**`, which stands alone between slashes.
    fn folders(&mut self, start: bool, last: bool, depth: u32) -> Result<bool, LiteralError> {
        let followed = self.rest.starts_with("**/");
        if !start || !(followed || (last && self.ends_at(2, depth))) {
            return Err(LiteralError::GlobStars);
        }
        if !followed {
            self.skip(2);
            self.many(Step::All)?;
            return Ok(false);
        }
        self.skip(3);
        let fork = self.hole()?;
        self.many(Step::All)?;
        self.push(Step::Char('/'))?;
        self.fork(fork)?;
        Ok(true)
    }

    /// Whether a sequence ends so many bytes on.
    fn ends_at(&self, bytes: usize, depth: u32) -> bool {
        let behind = self.rest.get(bytes..).and_then(|rest| rest.chars().next());
        behind.is_none_or(|c| depth > 0 && matches!(c, ',' | '}'))
    }

    /// `{a,b}`, behind its brace.
    fn alternatives(&mut self, start: bool, last: bool, depth: u32) -> Result<(), LiteralError> {
        let depth = depth.saturating_add(1);
        if depth > DEPTH_MAX {
            return Err(LiteralError::GlobTooLong);
        }
        let last = last && self.closes_at_the_end(depth);
        let mut ends = Vec::new();
        loop {
            let fork = self.hole()?;
            self.sequence(start, last, depth)?;
            match self.take()? {
                ',' => {
                    ends.push(self.hole()?);
                    self.fork(fork)?;
                }
                // The last alternative needs no fork.
                _ => {
                    let next = self.here()?;
                    let first = u16::try_from(fork).ok().and_then(|fork| fork.checked_add(1));
                    self.set(fork, Step::Jump(first.unwrap_or(next)));
                    ends.into_iter().for_each(|end| self.set(end, Step::Jump(next)));
                    return Ok(());
                }
            }
        }
    }

    /// Whether the brace that closes the innermost open group is the last character, or only such braces follow it.
    fn closes_at_the_end(&self, depth: u32) -> bool {
        let mut open = 1u32;
        let mut chars = self.rest.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => drop(chars.next()),
                '{' => open = open.saturating_add(1),
                '}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                let behind = chars.next();
                return behind.is_none_or(|c| depth > 1 && matches!(c, ',' | '}'));
            }
        }
        false
    }

    /// `[…]`, behind its bracket.
    fn class(&mut self) -> Result<(), LiteralError> {
        let negated = self.rest.starts_with(['!', '^']);
        if negated {
            self.skip(1);
        }
        let mut ranges = Vec::new();
        while !self.rest.starts_with(']') {
            let first = self.class_char()?;
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            let last = if is_range {
                self.skip(1);
                self.class_char()?
            } else {
                first
            };
            if first > last {
                return Err(LiteralError::BadGlob);
            }
            ranges.push((first, last));
        }
        self.skip(1);
        if ranges.is_empty() {
            Err(LiteralError::BadGlob)
        } else {
            self.push(Step::Class { negated, ranges })
        }
    }

    fn class_char(&mut self) -> Result<char, LiteralError> {
        match self.take()? {
            '\\' => self.take(),
            c => Ok(c),
        }
    }

    // ---- text

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn take(&mut self) -> Result<char, LiteralError> {
        let c = self.rest.chars().next().ok_or(LiteralError::BadGlob)?;
        self.skip(c.len_utf8());
        Ok(c)
    }

    // ---- steps

    fn here(&self) -> Result<u16, LiteralError> {
        u16::try_from(self.steps.len()).map_err(|_| LiteralError::GlobTooLong)
    }

    fn push(&mut self, step: Step) -> Result<(), LiteralError> {
        if self.steps.len() >= GLOB_STEPS_MAX as usize {
            return Err(LiteralError::GlobTooLong);
        }
        self.steps.push(step);
        Ok(())
    }

    /// A step that is set later.
    fn hole(&mut self) -> Result<usize, LiteralError> {
        self.push(Step::End)?;
        Ok(self.steps.len().saturating_sub(1))
    }

    fn set(&mut self, at: usize, step: Step) {
        if let Some(place) = self.steps.get_mut(at) {
            *place = step;
        }
    }

    /// Lets a hole go on both behind itself and here.
    fn fork(&mut self, hole: usize) -> Result<(), LiteralError> {
        let here = self.here()?;
        let behind = u16::try_from(hole).ok().and_then(|hole| hole.checked_add(1));
        self.set(hole, Step::Split(behind.ok_or(LiteralError::GlobTooLong)?, here));
        Ok(())
    }

    /// Any number of a step.
    fn many(&mut self, step: Step) -> Result<(), LiteralError> {
        let start = self.here()?;
        let fork = self.hole()?;
        self.push(step)?;
        self.push(Step::Jump(start))?;
        self.fork(fork)
    }
}

#[cfg(test)]
mod tests {
    use super::{LiteralError, Step, glob};

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in
            ["[", "[]", "[!]", "[a", "[b-a]", "a[", "\\", "{", "{a", "{a,b", "}", "a}", "[\\", "{[}", "[]a]"]
        {
            assert_eq!(glob(text), Err(LiteralError::BadGlob), "{text}");
        }
        for text in ["a**", "**a", "a/**b", "a/b**/c", "***", "{a,b**}", "{**,a}/b", "x{a/**,b}c", "{a}**"] {
            assert_eq!(glob(text), Err(LiteralError::GlobStars), "{text}");
        }
        assert_eq!(glob(&"a".repeat(257)), Err(LiteralError::GlobTooLong));
        assert_eq!(glob(&"*a".repeat(120)), Err(LiteralError::GlobTooLong));
        assert_eq!(glob(&"{".repeat(9)), Err(LiteralError::GlobTooLong));
        for text in ["", "]", "a,b", "{a,{b,**}}", "a/{b/**,c}", "{,a}", "[x-]", "a/**/"] {
            assert!(glob(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn every_step_leads_to_a_step() {
        for text in ["", "**", "a/**", "a/**/b", "{a,{b,c*},**}", "[a-z]*?"] {
            let found = glob(text).unwrap();
            let there = |at: u16| usize::from(at) < found.steps.len();
            for step in &found.steps {
                match step {
                    Step::Split(a, b) => assert!(there(*a) && there(*b), "{text}"),
                    Step::Jump(a) => assert!(there(*a), "{text}"),
                    _ => {}
                }
            }
            assert_eq!(found.steps.last(), Some(&Step::End));
        }
    }
}
