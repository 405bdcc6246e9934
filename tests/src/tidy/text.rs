//! Lengths, headers and leftovers.

use std::fs;
use std::io;
use std::path::Path;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::RustFile;
use crate::homes;

/// Longest function, from its signature to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;
/// Longest file.
const FILE_LINES_MAX: usize = 700;

/// Functions and files that are too long. A test may hold a long table of cases.
pub fn lengths(files: &[RustFile]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            complaints.push(format!("{}: {lines} lines, at most {FILE_LINES_MAX}", file.path));
        }
        let mut functions = Functions { path: &file.path, complaints: &mut complaints };
        functions.visit_file(&file.tree);
    }
    complaints
}

struct Functions<'a> {
    path: &'a str,
    complaints: &'a mut Vec<String>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (first, last) = (signature.span().start().line, block.span().end().line);
        let lines = last.saturating_sub(first).saturating_add(1);
        if lines > FUNCTION_LINES_MAX {
            let name = &signature.ident;
            let at = format!("{}:{first}", self.path);
            self.complaints.push(format!("{at}: `{name}` has {lines} lines, at most {FUNCTION_LINES_MAX}"));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !super::is_test(&item.attrs) {
            self.measure(&item.sig, &item.block);
        }
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.measure(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// Files that do not begin by saying what they are, or that allow panics as a whole.
pub fn headers(files: &[RustFile]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        if !file.text.starts_with("//!") {
            complaints.push(format!("{}: it does not begin with `//!` and what it is", file.path));
        }
        let whole = file.tree.attrs.iter().map(|attr| (attr, "the file"));
        let modules = file.tree.items.iter().filter_map(|item| match item {
            syn::Item::Mod(module) if !super::is_test(&module.attrs) => Some(module),
            _ => None,
        });
        let modules = modules.flat_map(|module| module.attrs.iter().map(|attr| (attr, "a module")));
        for (attr, what) in whole.chain(modules) {
            if let Some(lint) = allowed_panic(attr) {
                complaints.push(format!("{}: {what} allows `{lint}` as a whole", file.path));
            }
        }
    }
    complaints
}

const PANIC_LINTS: &[&str] = &[
    "unwrap_used",
    "expect_used",
    "panic",
    "indexing_slicing",
    "string_slice",
    "unreachable",
    "todo",
    "unimplemented",
    "arithmetic_side_effects",
    "all",
    "unsafe_code",
];

fn allowed_panic(attr: &syn::Attribute) -> Option<String> {
    if !["allow", "expect", "warn"].iter().any(|word| attr.path().is_ident(word)) {
        return None;
    }
    let mut found = None;
    // The reason behind the lints is no path; what was found before it counts.
    let _ = attr.parse_nested_meta(|meta| {
        let last = meta.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if PANIC_LINTS.contains(&last.as_str()) {
            found = Some(last);
        }
        if meta.input.peek(syn::Token![=]) {
            meta.value()?.parse::<syn::Lit>()?;
        }
        Ok(())
    });
    found
}

/// Endings of the files that people write.
const WRITTEN: &[&str] = &["rs", "md", "hold", "toml", "lalrpop", "json", "yml", "yaml", "sh", "lua", "txt"];

fn written(root: &Path) -> io::Result<Vec<(String, String)>> {
    let mut paths = Vec::new();
    for ending in WRITTEN {
        paths.extend(homes::files(root, "", ending)?);
    }
    paths.extend([".ci/run", ".cargo/config.toml"].map(str::to_owned));
    let mut texts = Vec::new();
    for path in paths {
        match fs::read_to_string(root.join(&path)) {
            Ok(text) => texts.push((path, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(texts)
}

/// Words that mark unfinished work; written apart here, so that this file has none.
const LEFTOVERS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Marks of unfinished work.
///
/// # Errors
/// What hinders reading a file.
pub fn leftovers(root: &Path) -> io::Result<Vec<String>> {
    let is_word = |line: &str, word: &str| {
        line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|part| part == word)
    };
    let find = |line: &str| LEFTOVERS.iter().find(|word| is_word(line, word)).map(|word| (*word).to_owned());
    complain(root, find, "is unfinished work")
}

/// Beginnings of paths that are true on one machine only; written apart here, so that this file has none.
const MACHINE_PATHS: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
    concat!("C:", "\\"),
];

/// Absolute paths of somebody's machine.
///
/// # Errors
/// What hinders reading a file.
pub fn machine_paths(root: &Path) -> io::Result<Vec<String>> {
    let starts = |line: &str, path: &str| {
        line.match_indices(path).any(|(at, _)| {
            let before = line.get(..at).and_then(|before| before.chars().next_back());
            before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | '~')))
        })
    };
    let find =
        |line: &str| MACHINE_PATHS.iter().find(|path| starts(line, path)).map(|path| (*path).to_owned());
    complain(root, find, "is a path of one machine")
}

fn complain(root: &Path, find: impl Fn(&str) -> Option<String>, words: &str) -> io::Result<Vec<String>> {
    let mut complaints = Vec::new();
    for (path, text) in written(root)? {
        for (line, number) in text.lines().zip(1usize..) {
            if let Some(found) = find(line) {
                complaints.push(format!("{path}:{number}: `{found}` {words}"));
            }
        }
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::super::RustFile;
    use super::{headers, lengths};

    fn file(text: &str) -> [RustFile; 1] {
        [RustFile { path: "a.rs".to_owned(), text: text.to_owned(), tree: syn::parse_file(text).unwrap() }]
    }

    #[test]
    fn long_functions_are_found_wherever_they_stand() {
        let long = format!("//! A.\nstruct S;\nimpl S {{\n    fn f() {{\n{}    }}\n}}\n", "\n".repeat(69));
        assert_eq!(lengths(&file(&long)), ["a.rs:4: `f` has 71 lines, at most 70"]);
        assert_eq!(lengths(&file(&format!("#[test]\nfn f() {{\n{}}}", "\n".repeat(99)))).len(), 0);
        assert_eq!(lengths(&file(&"//! A.\n".repeat(701))), ["a.rs: 701 lines, at most 700"]);
    }

    #[test]
    fn a_file_says_what_it_is_and_allows_no_panic() {
        assert_eq!(headers(&file("//! A.\n")).len(), 0);
        assert_eq!(headers(&file("fn f() {}\n")).len(), 1);
        assert_eq!(headers(&file("//! A.\n#![allow(clippy::panic, reason = \"no\")]\n")).len(), 1);
        assert_eq!(headers(&file("//! A.\n#[allow(clippy::unwrap_used)]\nmod a;\n")).len(), 1);
        assert_eq!(headers(&file("//! A.\n#[cfg(test)]\n#[allow(clippy::panic)]\nmod tests {}\n")).len(), 0);
    }
}
