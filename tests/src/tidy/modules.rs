//! Rust files that no crate reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{RustFile, is_test};

/// Files that no `mod` leads to. Every folder with a `Cargo.toml` is a crate.
pub fn dead_files(files: &[RustFile], manifests: &[(String, String)]) -> Vec<String> {
    let by_path: BTreeMap<&str, &RustFile> = files.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut open: Vec<&RustFile> = Vec::new();
    for (manifest, text) in manifests {
        let folder = manifest.strip_suffix("Cargo.toml").unwrap_or_default();
        let is_root = |path: &str| path.strip_prefix(folder).is_some_and(|path| is_root(path, text));
        open.extend(files.iter().filter(|file| is_root(&file.path)));
    }
    let mut alive: BTreeSet<&str> = BTreeSet::new();
    while let Some(file) = open.pop() {
        if alive.insert(&file.path) {
            let roots = is_crate_root(&file.path);
            let folder = below(&file.path, roots);
            open.extend(
                modules(&file.tree.items, &folder).iter().filter_map(|path| by_path.get(path.as_str())),
            );
        }
    }
    let dead = files.iter().filter(|file| !alive.contains(file.path.as_str()));
    dead.map(|file| format!("{}: no `mod` leads here", file.path)).collect()
}

/// Files of which only tests are made: those behind `#[cfg(test)] mod name;`, and those that they lead to.
pub(super) fn test_files(files: &[RustFile]) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    let folder = |file: &RustFile| below(&file.path, is_crate_root(&file.path));
    for file in files {
        let tests =
            file.tree.items.iter().filter(|item| matches!(item, syn::Item::Mod(m) if is_test(&m.attrs)));
        found.extend(tests.flat_map(|item| modules(std::slice::from_ref(item), &folder(file))));
    }
    loop {
        let known = found.len();
        let inner = files.iter().filter(|file| found.contains(&file.path));
        let inner: Vec<String> = inner.flat_map(|file| modules(&file.tree.items, &folder(file))).collect();
        found.extend(inner);
        if found.len() == known {
            return found;
        }
    }
}

/// Whether Cargo itself finds a file, by its path within the crate, or the manifest names it.
fn is_root(path: &str, manifest: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let found = matches!(path, "src/lib.rs" | "src/main.rs" | "build.rs")
        || matches!(folder, "src/bin" | "tests" | "benches" | "examples");
    found || manifest.contains(&format!("path = \"{path}\""))
}

/// Whether modules of a file stand beside it rather than in a folder of its name.
fn is_crate_root(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let last = folder.rsplit('/').next().unwrap_or_default();
    // A `build.rs` among the sources is a module like any other.
    let script = name == "build.rs" && !folder.split('/').any(|part| part == "src");
    script
        || matches!(name, "lib.rs" | "main.rs" | "mod.rs")
        || matches!(last, "bin" | "tests" | "benches" | "examples")
}

fn below(path: &str, roots: bool) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if roots { folder.to_owned() } else { path.trim_end_matches(".rs").to_owned() }
}

/// Paths that `mod name;` stands for, those in inline modules too.
fn modules(items: &[syn::Item], folder: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for item in items {
        let syn::Item::Mod(module) = item else { continue };
        let inner =
            if folder.is_empty() { module.ident.to_string() } else { format!("{folder}/{}", module.ident) };
        match &module.content {
            Some((_, items)) => paths.extend(modules(items, &inner)),
            None => paths.extend([format!("{inner}.rs"), format!("{inner}/mod.rs")]),
        }
        let named = module.attrs.iter().filter(|attr| attr.path().is_ident("path"));
        paths.extend(named.filter_map(named_path).map(|path| joined(folder, &path)));
    }
    paths
}

fn named_path(attr: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attr.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) = &pair.value else { return None };
    Some(path.value())
}

fn joined(folder: &str, path: &str) -> String {
    Path::new(folder).join(path).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::RustFile;
    use super::dead_files;

    #[test]
    fn a_file_that_no_module_names_is_dead() {
        let file = |path: &str, text: &str| RustFile {
            path: path.to_owned(),
            text: text.to_owned(),
            tree: syn::parse_file(text).unwrap(),
        };
        let files = [
            file("vm/src/lib.rs", "mod a; mod in_line { mod deep; } #[path = \"odd.rs\"] mod named;"),
            file("vm/src/a.rs", "mod b;"),
            file("vm/src/a/b.rs", ""),
            file("vm/src/in_line/deep.rs", ""),
            file("vm/src/odd.rs", ""),
            file("vm/src/b.rs", ""),
            file("vm/tests/it.rs", ""),
            file("vm/fuzz/one.rs", ""),
            file("vm/fuzz/two.rs", ""),
        ];
        let manifests = [("vm/Cargo.toml".to_owned(), "[[bin]]\npath = \"fuzz/one.rs\"\n".to_owned())];
        let dead = dead_files(&files, &manifests);
        assert_eq!(dead, ["vm/src/b.rs: no `mod` leads here", "vm/fuzz/two.rs: no `mod` leads here"]);
    }
}
