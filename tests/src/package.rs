//! From the text of a block to the files of a package, and to the diagnostics that comments in them announce.

use std::collections::BTreeMap;

use holdpoint_lang::diag::{Code, Severity};

use crate::block::Policy;

/// Name of the file whose name a block does not tell.
pub const FILE: &str = "policy.hold";

/// The files of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Files of the language: path and text.
    pub sources: Vec<(String, String)>,
    /// Files of JSON by path.
    pub data: BTreeMap<String, String>,
    /// The packages of the layers above, the top one first, by name.
    pub above: Vec<(String, Self)>,
}

/// A diagnostic: file, line from 1, severity and code.
pub type Mark = (String, u32, Severity, Code);

impl Files {
    /// The files of a block. A line `// file: PATH` starts another file.
    pub fn split(text: &str, options: &Policy) -> Result<Self, String> {
        let text = if options.escapes { unescape(text)? } else { text.to_owned() };
        let mut files = vec![(FILE.to_owned(), String::new())];
        for line in text.split_inclusive('\n') {
            if let Some(path) = line.strip_prefix("// file: ") {
                files.push((path.trim().to_owned(), String::new()));
            } else if let Some((_, text)) = files.last_mut() {
                text.push_str(line);
            }
        }
        if let Some((_, text)) = files.last_mut() {
            let missing = options.pad.saturating_sub(text.len());
            text.push_str(&" ".repeat(missing));
        }
        let named = files.len() > 1;
        let mut split = Self::default();
        for (path, text) in files {
            if path == FILE && named && text.trim().is_empty() {
                continue;
            }
            split.add(path, text)?;
        }
        Ok(split)
    }

    fn add(&mut self, path: String, text: String) -> Result<(), String> {
        if self.data.contains_key(&path) || self.sources.iter().any(|(other, _)| *other == path) {
            return Err(format!("`{path}` stands twice in this package"));
        }
        if path.ends_with(".json") {
            self.data.insert(path, text);
        } else if path.ends_with(".hold") {
            self.sources.push((path, text));
        } else {
            return Err(format!("`{path}` is neither `.hold` nor `.json`"));
        }
        Ok(())
    }

    /// Takes in the files of a prelude, in front of these.
    pub fn take_in(&mut self, name: &str, prelude: &Self) -> Result<(), String> {
        let own = std::mem::take(self);
        for (path, text) in &prelude.sources {
            let path = if path == FILE { format!("{name}.hold") } else { path.clone() };
            self.add(path, text.clone())?;
        }
        for (path, text) in own.sources.into_iter().chain(prelude.data.clone()).chain(own.data) {
            self.add(path, text)?;
        }
        Ok(())
    }

    /// The diagnostics that comments announce, sorted.
    pub fn announced(&self) -> Result<Vec<Mark>, String> {
        let mut marks = Vec::new();
        for (path, text) in &self.sources {
            for (line, number) in text.lines().zip(1u32..) {
                for (severity, code) in announced_by(line)? {
                    marks.push((path.clone(), number, severity, code));
                }
            }
        }
        marks.sort();
        Ok(marks)
    }

    /// The line that a diagnostic counts for: one behind the last word of a file counts for the line of that word.
    pub fn line(&self, path: &str, line: u32) -> u32 {
        let Some((_, text)) = self.sources.iter().find(|(other, _)| other == path) else { return line };
        let last = u32::try_from(text.trim_end().lines().count()).unwrap_or(u32::MAX);
        line.min(last.max(1))
    }
}

/// The codes behind `// error:` or `// warning:`.
fn announced_by(line: &str) -> Result<Vec<(Severity, Code)>, String> {
    let at = [("// error:", Severity::Error), ("// warning:", Severity::Warning)]
        .into_iter()
        .filter_map(|(word, severity)| line.rfind(word).map(|at| (at, word.len(), severity)))
        .min_by_key(|(at, ..)| *at);
    let Some((at, len, severity)) = at else { return Ok(Vec::new()) };
    let codes = line.get(at.saturating_add(len)..).unwrap_or_default();
    let mut severity = severity;
    let mut found = Vec::new();
    for word in codes.split([' ', ',']).filter(|word| !word.is_empty()) {
        match word {
            "//" => {}
            "error:" => severity = Severity::Error,
            "warning:" => severity = Severity::Warning,
            id => {
                let code = Code::from_id(id).ok_or_else(|| format!("`{id}` is no code"))?;
                found.push((severity, code));
            }
        }
    }
    if found.is_empty() { Err("`// error:` announces nothing".to_owned()) } else { Ok(found) }
}

/// Puts characters in place of `\u{…}`.
fn unescape(text: &str) -> Result<String, String> {
    let mut parts = text.split("\\u{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_once('}').ok_or("`\\u{` without `}`")?;
        let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        out.push(code.ok_or_else(|| format!("`\\u{{{digits}}}` is no character"))?);
        out.push_str(rest);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use holdpoint_lang::diag::{Code, Severity};

    use super::{FILE, Files};
    use crate::block::Policy;

    fn split(text: &str) -> Files {
        Files::split(text, &Policy::default()).unwrap()
    }

    #[test]
    fn a_line_starts_another_file() {
        let files = split("// file: a.hold\nlet a = 1\n// file: r.json\n{}\n// file: b.hold\nlet b = 2\n");
        let paths: Vec<&str> = files.sources.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["a.hold", "b.hold"]);
        assert_eq!(files.data.get("r.json").map(String::as_str), Some("{}\n"));
        assert_eq!(split("let a = 1\n").sources, [(FILE.to_owned(), "let a = 1\n".to_owned())]);
        assert!(Files::split("// file: a.txt\n", &Policy::default()).is_err());
        assert!(Files::split("// file: a.hold\n// file: a.hold\n", &Policy::default()).is_err());
    }

    #[test]
    fn comments_announce_diagnostics() {
        let files = split("let a = x  // error: E0301, E0402\nlet b = 1  // warning: W0309 error: E0302\n");
        let mark = |line, severity, code| (FILE.to_owned(), line, severity, code);
        assert_eq!(
            files.announced().unwrap(),
            [
                mark(1, Severity::Error, Code::UnknownName),
                mark(1, Severity::Error, Code::NoOperator),
                mark(2, Severity::Error, Code::Duplicate),
                mark(2, Severity::Warning, Code::Unused),
            ]
        );
        assert!(split("// error: E9999\n").announced().is_err());
        assert!(split("// error:\n").announced().is_err());
    }

    #[test]
    fn the_end_of_a_file_counts_for_its_last_line() {
        let files = split("let a =\n\n");
        assert_eq!(files.line(FILE, 3), 1);
        assert_eq!(files.line("std/deployment.hold", 3), 3);
    }

    #[test]
    fn escapes_and_padding_make_what_a_page_cannot_show() {
        let options = Policy { escapes: true, pad: 8, ..Policy::default() };
        let files = Files::split("a\\u{202e}\n", &options).unwrap();
        assert_eq!(files.sources[0].1, "a\u{202e}\n   ");
        assert!(Files::split("\\u{110000}", &options).is_err());
    }

    #[test]
    fn a_prelude_stands_in_front() {
        let mut files = split("let b = a\n");
        files.take_in("base", &split("let a = 1\n")).unwrap();
        let paths: Vec<&str> = files.sources.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["base.hold", FILE]);
        assert!(files.take_in("base", &split("let a = 1\n")).is_err());
    }
}
