//! Positions in source text, and the texts themselves.

use std::fmt;

/// Index of a file in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u16);

/// A stretch of one file, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// A stretch from its ends, as the lexer counts them.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { file, start: clamp(start), end: clamp(end) }
    }

    /// From the start of this to the end of another.
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start, end: other.end.max(self.start) }
    }

    /// The empty stretch behind this one.
    pub fn after(self) -> Self {
        Self { start: self.end, ..self }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.file.0, self.start, self.end)
    }
}

/// A file of a package.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path as shown to authors, relative to the package; `std/…` for the library.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Byte at which each line starts.
    lines: Vec<u32>,
}

impl Source {
    /// A file from its path and text.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = starts.filter_map(|(at, _)| u32::try_from(at.saturating_add(1)).ok());
        let lines = std::iter::once(0).chain(starts).collect();
        Self { path: path.into(), text, lines }
    }

    /// Line and column of a byte, both from 1; the column counts code points.
    pub fn line_column(&self, at: u32) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let prefix = self.text.get(start as usize..at as usize).unwrap_or_default();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (count(line), count(prefix.chars().count()).saturating_add(1))
    }
}

/// All files that one check reads: those of the package, then those of the library that it uses.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, source: Source) -> FileId {
        let id = FileId(u16::try_from(self.files.len()).unwrap_or(u16::MAX));
        self.files.push(source);
        id
    }

    /// A file.
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(usize::from(file.0))
    }

    /// All files in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(u16::try_from(at).unwrap_or(u16::MAX)), file))
    }

    /// The text of a stretch.
    pub fn text(&self, span: Span) -> &str {
        let source = self.get(span.file).map_or("", |source| source.text.as_str());
        source.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}
