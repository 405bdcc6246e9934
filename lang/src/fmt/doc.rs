//! Documents: text with places at which a line may end, in groups that stand on one line where they fit.

use crate::fmt::{INDENT, WIDTH};

/// A part of a document.
#[derive(Debug)]
pub(super) enum Doc<'s> {
    /// A text without line ends.
    Text(&'s str),
    /// A text that depends on whether its group stands on one line.
    Choice {
        /// What is written where it does.
        flat: &'static str,
        /// What is written where it does not.
        broken: &'static str,
    },
    /// The end of a line where the group is broken, else a text.
    Line {
        /// What is written where the group stands on one line.
        flat: &'static str,
        /// By how many steps the next line is indented.
        indent: u32,
    },
    /// The end of a line.
    End {
        /// By how many steps the next line is indented.
        indent: u32,
        /// Whether an empty line follows.
        blank: bool,
    },
    /// A comment behind everything else in its line; its length does not count.
    Comment(&'s str),
    /// Parts that stand on one line where they fit.
    Group {
        /// What they are.
        parts: Vec<Self>,
        /// Whether a line must end within.
        broken: bool,
    },
}

impl<'s> Doc<'s> {
    /// A group, broken where a line must end within.
    pub(super) fn group(parts: Vec<Self>) -> Self {
        let broken =
            parts.iter().any(|part| matches!(part, Self::End { .. } | Self::Group { broken: true, .. }));
        Self::Group { parts, broken }
    }
}

/// Writes a document.
pub(super) fn render(parts: &[Doc<'_>]) -> String {
    let mut writer =
        Writer { out: String::new(), column: 0, open: parts.iter().rev().map(|p| (p, false)).collect() };
    while let Some((part, flat)) = writer.open.pop() {
        writer.part(part, flat);
    }
    writer.out
}

/// What is written and what is left to write, the next part last, each with whether its group stands on one line.
struct Writer<'d, 's> {
    out: String,
    column: usize,
    open: Vec<(&'d Doc<'s>, bool)>,
}

impl<'d, 's> Writer<'d, 's> {
    fn part(&mut self, part: &'d Doc<'s>, flat: bool) {
        match part {
            Doc::Text(text) => self.text(text),
            Doc::Choice { flat: text, .. } if flat => self.text(text),
            Doc::Choice { broken, .. } => self.text(broken),
            Doc::Line { flat: text, .. } if flat => self.text(text),
            Doc::Line { indent, .. } => self.line(*indent, false),
            Doc::End { indent, blank } => self.line(*indent, *blank),
            Doc::Comment(text) => {
                self.out.push(' ');
                self.out.push_str(text);
            }
            Doc::Group { parts, broken } => {
                let flat = flat || !broken && self.fits(parts);
                self.open.extend(parts.iter().rev().map(|part| (part, flat)));
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(text);
        self.column = self.column.saturating_add(text.chars().count());
    }

    fn line(&mut self, indent: u32, blank: bool) {
        self.out.push_str(if blank { "\n\n" } else { "\n" });
        self.column = 0;
        for _ in 0..indent {
            self.text(INDENT);
        }
    }

    /// Whether parts on one line, and what follows them up to where the line can end, are not too long.
    fn fits(&self, parts: &'d [Doc<'s>]) -> bool {
        let Some(mut left) = WIDTH.checked_sub(self.column) else { return false };
        let mut next: Vec<(&Doc<'_>, bool)> = parts.iter().rev().map(|part| (part, true)).collect();
        let mut behind = self.open.iter().rev().copied();
        while let Some((part, flat)) = next.pop().or_else(|| behind.next()) {
            let text = match part {
                Doc::Text(text) => text,
                Doc::Choice { flat: text, broken } => {
                    if flat {
                        text
                    } else {
                        broken
                    }
                }
                Doc::Line { flat: text, .. } if flat => text,
                Doc::Line { .. } | Doc::End { .. } => return true,
                Doc::Comment(_) => continue,
                Doc::Group { parts, .. } => {
                    next.extend(parts.iter().rev().map(|part| (part, flat)));
                    continue;
                }
            };
            match left.checked_sub(text.chars().count()) {
                Some(rest) => left = rest,
                None => return false,
            }
        }
        true
    }
}
