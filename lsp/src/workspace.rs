//! Open documents, the packages that they are of, and what is known of each.
//!
//! A package is a directory: the highest one above a file, within the folders that the editor has open, that holds a
//! `.hold` file itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use holdpoint_lang::{FileId, PackageInput};
use lsp_types::Uri;

use crate::position::Encoding;
use crate::snapshot::Snapshot;
use crate::{Open, Reader, library, uri};

/// What is known of a package, or why nothing is.
type Known = Result<Snapshot, String>;

/// Everything that the editor has open.
pub(crate) struct Workspace<'r> {
    read: Reader<'r>,
    encoding: Encoding,
    folders: Vec<PathBuf>,
    texts: Open,
    versions: BTreeMap<PathBuf, (Uri, i32)>,
    packages: BTreeMap<PathBuf, Known>,
    /// Packages of which something changed since diagnostics were last asked for.
    changed: BTreeSet<PathBuf>,
}

impl<'r> Workspace<'r> {
    pub(crate) fn new(read: Reader<'r>, encoding: Encoding, folders: Vec<PathBuf>) -> Self {
        let (texts, versions) = (Open::new(), BTreeMap::new());
        let (packages, changed) = (BTreeMap::new(), BTreeSet::new());
        Self { read, encoding, folders, texts, versions, packages, changed }
    }

    // ---- documents

    /// Takes in the text of a document.
    pub(crate) fn set(&mut self, uri: &Uri, version: i32, text: String) {
        let path = uri::path(uri);
        self.texts.insert(path.clone(), text);
        self.versions.insert(path.clone(), (uri.clone(), version));
        self.forget(&path);
    }

    /// A document that is open no more is its file again.
    pub(crate) fn close(&mut self, uri: &Uri) {
        let path = uri::path(uri);
        self.texts.remove(&path);
        self.versions.remove(&path);
        self.forget(&path);
    }

    /// Files changed; nobody knows which of them are part of what.
    pub(crate) fn files_changed(&mut self) {
        self.changed.extend(std::mem::take(&mut self.packages).into_keys());
    }

    /// The editor opened and closed folders.
    pub(crate) fn set_folders(&mut self, removed: &[PathBuf], added: Vec<PathBuf>) {
        self.folders.retain(|folder| !removed.contains(folder));
        self.folders.extend(added);
        self.files_changed();
        let roots: Vec<PathBuf> = self.texts.keys().map(|path| self.root(path)).collect();
        self.changed.extend(roots);
    }

    fn forget(&mut self, path: &Path) {
        let root = self.root(path);
        self.packages.remove(&root);
        self.changed.insert(root);
    }

    pub(crate) fn version(&self, uri: &Uri) -> Option<i32> {
        self.versions.get(&uri::path(uri)).map(|(_, version)| *version)
    }

    /// The open documents of a package.
    pub(crate) fn documents(&self, root: &Path) -> Vec<Uri> {
        let of = self.versions.iter().filter(|(path, _)| self.root(path) == root);
        of.map(|(_, (uri, _))| uri.clone()).collect()
    }

    // ---- packages

    /// Packages of which something changed since this was last asked.
    pub(crate) fn take_changed(&mut self) -> BTreeSet<PathBuf> {
        std::mem::take(&mut self.changed)
    }

    /// The packages of all open documents.
    pub(crate) fn roots(&self) -> BTreeSet<PathBuf> {
        self.texts.keys().map(|path| self.root(path)).collect()
    }

    /// What is known of a package.
    ///
    /// # Errors
    /// Why nothing is.
    pub(crate) fn package(&mut self, root: &Path) -> Result<&Snapshot, String> {
        if !self.packages.contains_key(root) {
            let known = self.load(root);
            self.packages.insert(root.to_path_buf(), known);
        }
        let known = self.packages.get(root).ok_or("nothing is known of this package")?;
        known.as_ref().map_err(Clone::clone)
    }

    /// What is known of the package of a document, and which of its files the document is.
    pub(crate) fn document(&mut self, uri: &Uri) -> Option<(&Snapshot, FileId)> {
        let path = uri::path(uri);
        let root = self.root(&path);
        let snapshot = self.package(&root).ok()?;
        let file = snapshot.file(&path)?;
        Some((snapshot, file))
    }

    fn load(&self, root: &Path) -> Known {
        let lone = self.versions.get(root).filter(|(uri, _)| !uri::is_file(uri));
        if let (Some(_), Some(text)) = (lone, self.texts.get(root)) {
            // The root of what is no file is its whole name.
            let input =
                PackageInput { files: vec![(String::new(), text.clone())], ..PackageInput::default() };
            return Ok(Snapshot::new(root.to_path_buf(), &input, self.encoding));
        }
        let input = (self.read)(root, &self.texts)?;
        Ok(Snapshot::new(root.to_path_buf(), &input, self.encoding))
    }

    /// The directory of the package that a file is of.
    pub(crate) fn root(&self, path: &Path) -> PathBuf {
        if self.versions.get(path).is_some_and(|(uri, _)| !uri::is_file(uri)) {
            return path.to_path_buf();
        }
        let own = path.parent().unwrap_or(path);
        let folder = self.folders.iter().filter(|folder| path.starts_with(folder)).max();
        let Some(folder) = folder.filter(|_| !library::has(path)) else { return own.to_path_buf() };
        let within = own.ancestors().take_while(|directory| directory.starts_with(folder));
        within.filter(|directory| has_policy(directory)).last().unwrap_or(own).to_path_buf()
    }
}

/// Whether a directory holds a `.hold` file itself.
fn has_policy(directory: &Path) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().extension().is_some_and(|extension| extension == "hold"))
}
