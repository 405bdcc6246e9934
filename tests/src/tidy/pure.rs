//! What the pure crates must not use: anything by which the same input could lead to another result.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::{RustFile, is_test};

/// Folders of the crates that know no files, no clock, no environment, no hashing order and no floating point.
const PURE: &[&str] = &["vm/isa/src/", "vm/src/", "lang/src/", "compiler/src/"];

/// Paths that they must not name.
const PATHS: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
];
/// Words that they must not name wherever they stand.
const WORDS: &[&str] = &["HashMap", "HashSet", "RandomState", "f32", "f64"];

/// Uses of what is forbidden in the pure crates, tests apart.
pub fn impure(files: &[RustFile]) -> Vec<String> {
    let tests = super::modules::test_files(files);
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| PURE.iter().any(|folder| file.path.starts_with(folder))) {
        if !tests.contains(&file.path) {
            let mut walk = Walk { path: &file.path, complaints: &mut complaints };
            walk.visit_file(&file.tree);
        }
    }
    complaints
}

struct Walk<'a> {
    path: &'a str,
    complaints: &'a mut Vec<String>,
}

impl Walk<'_> {
    fn path(&mut self, path: &str, line: usize) {
        let whole = |forbidden: &str| {
            path.strip_prefix(forbidden).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let word = |forbidden: &str| path.split("::").any(|segment| segment == forbidden);
        let found = PATHS.iter().find(|path| whole(path)).or_else(|| WORDS.iter().find(|known| word(known)));
        if let Some(found) = found {
            self.complaints.push(format!("{}:{line}: a pure crate does not use `{found}`", self.path));
        }
    }

    fn tree(&mut self, prefix: &str, tree: &syn::UseTree) {
        let join = |name: String| if prefix.is_empty() { name } else { format!("{prefix}::{name}") };
        match tree {
            syn::UseTree::Path(path) => self.tree(&join(path.ident.to_string()), &path.tree),
            syn::UseTree::Name(name) => {
                self.path(&join(name.ident.to_string()), name.ident.span().start().line)
            }
            syn::UseTree::Rename(name) => {
                self.path(&join(name.ident.to_string()), name.ident.span().start().line)
            }
            // Everything below a path: each of the forbidden paths below it is named.
            syn::UseTree::Glob(_) => {}
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(prefix, tree)),
        }
    }

    /// Paths within the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = String::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if !path.ends_with("::") {
                        path.clear();
                    }
                    path.push_str(&ident.to_string());
                    self.path(&path, ident.span().start().line);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => path.push(':'),
                TokenTree::Group(group) => {
                    path.clear();
                    self.tokens(group.stream());
                }
                TokenTree::Punct(_) => path.clear(),
                TokenTree::Literal(literal) => {
                    path.clear();
                    if matches!(syn::Lit::new(literal.clone()), syn::Lit::Float(_)) {
                        self.float(literal.span().start().line);
                    }
                }
            }
        }
    }

    fn float(&mut self, line: usize) {
        self.complaints.push(format!("{}:{line}: a pure crate has no floating point", self.path));
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attrs: &[syn::Attribute] = match item {
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            _ => &[],
        };
        if !is_test(attrs) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree("", &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let line = path.segments.first().map_or(0, |segment| segment.ident.span().start().line);
        self.path(&names.join("::"), line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    fn visit_lit_float(&mut self, literal: &'ast syn::LitFloat) {
        self.float(literal.span().start().line);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RustFile;
    use super::impure;

    fn file(path: &str, text: &str) -> RustFile {
        RustFile { path: path.to_owned(), text: text.to_owned(), tree: syn::parse_file(text).unwrap() }
    }

    fn found(path: &str, text: &str) -> usize {
        impure(&[file(path, text)]).len()
    }

    #[test]
    fn forbidden_things_are_found_however_they_are_named() {
        let pure = "lang/src/a.rs";
        assert_eq!(found(pure, "use std::{fs, env::var, collections::BTreeMap};"), 2);
        assert_eq!(found(pure, "fn f() { std::fs::read(\"a\"); }"), 1);
        assert_eq!(found(pure, "fn f() { let _: Vec<std::collections::HashMap<u8, u8>>; }"), 1);
        assert_eq!(found(pure, "fn f() -> f64 { 1.5 }"), 2);
        assert_eq!(found(pure, "macro_rules! m { () => { std::time::Instant::now(); 0.5; }; }"), 3);
        assert_eq!(found(pure, "use std::time::{Duration, Instant};"), 1);
        assert_eq!(found("server/src/a.rs", "use std::fs;"), 0);
    }

    #[test]
    fn what_only_sounds_alike_and_tests_are_fine() {
        let pure = "vm/src/a.rs";
        assert_eq!(found(pure, "enum T { Instant } fn f() { T::Instant; env::read(); }"), 0);
        assert_eq!(found(pure, "#[cfg(test)] mod tests { use std::fs; }"), 0);
        let files = [
            file("vm/src/lib.rs", "#[cfg(test)] mod shared; mod plain;"),
            file("vm/src/shared.rs", "mod deep; use std::fs;"),
            file("vm/src/shared/deep.rs", "use std::fs;"),
            file("vm/src/plain.rs", "use std::env;"),
        ];
        assert_eq!(impure(&files), ["vm/src/plain.rs:1: a pure crate does not use `std::env`"]);
    }
}
