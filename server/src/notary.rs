//! Signing a log's tree: the key, the last checkpoint that was signed, and the refusal to sign anything else.
//!
//! A log must never sign two trees of which one is not the beginning of the other. So what is about to be signed is
//! first made durable, beside the log and not in it; and a log whose tree at that size has another root, or which has
//! become shorter, is refused when the server starts and whenever something is to be signed. That is how an old copy of
//! the file, or another file in its place, is noticed.
//!
//! | file | content |
//! |---|---|
//! | `log.key` | the private key, readable for its owner only; who has it can sign for the log |
//! | `log.checkpoint` | the last checkpoint that was signed, without the signature |

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::id::LogId;
use crate::log::{DecisionLog, ReadError, Stored};
use crate::proving;
use crate::tlog::{Checkpoint, NoteKey, Proof, Refused, VerifierKey};

const KEY: &str = "log.key";
const CHECKPOINT: &str = "log.checkpoint";
/// What the name of a log's key begins with; the log's id follows.
const NAME: &str = "holdpoint/";

/// Why nothing is signed.
#[derive(Debug)]
pub enum NotaryError {
    /// The log cannot be read.
    Log(ReadError),
    /// A file of ours cannot be read or written.
    File(PathBuf, io::Error),
    /// A file of ours holds something else.
    Malformed(PathBuf, Refused),
    /// There is no key.
    NoKey(PathBuf),
    /// The key is that of another log.
    Foreign {
        /// Name of the key.
        key: String,
        /// Name of this log.
        log: String,
    },
    /// The log has fewer decisions than were signed.
    Rewound {
        /// How many were signed.
        signed: u64,
        /// How many there are.
        found: u64,
    },
    /// The log has other decisions than those that were signed.
    Swapped(u64),
    /// The operating system gave no random bytes for a key.
    NoEntropy,
}

impl fmt::Display for NotaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(error) => error.fmt(f),
            Self::File(path, error) => write!(f, "`{}`: {error}", path.display()),
            Self::Malformed(path, why) => write!(f, "`{}`: {why}", path.display()),
            Self::NoKey(path) => write!(f, "there is no key `{}` to sign with", path.display()),
            Self::Foreign { key, log } => write!(f, "the key is that of `{key}`, and the log is `{log}`"),
            Self::Rewound { signed, found } => write!(
                f,
                "a tree of {signed} decisions was signed, and the log has {found}: it is an older copy, or another log"
            ),
            Self::Swapped(signed) => {
                write!(f, "the first {signed} decisions of the log are not those that were signed")
            }
            Self::NoEntropy => f.write_str("the operating system gave no random bytes"),
        }
    }
}

impl std::error::Error for NotaryError {}

impl From<ReadError> for NotaryError {
    fn from(error: ReadError) -> Self {
        Self::Log(error)
    }
}

impl NotaryError {
    /// Whether the log is not what it was.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Log(error) => !matches!(error, ReadError::Unavailable(_)),
            Self::Foreign { .. } | Self::Rewound { .. } | Self::Swapped(_) => true,
            Self::File(..) | Self::Malformed(..) | Self::NoKey(_) | Self::NoEntropy => false,
        }
    }
}

/// The name under which a log signs.
pub fn name_of(log: LogId) -> String {
    format!("{NAME}{log}")
}

/// The log of a name.
pub fn log_of(name: &str) -> Option<LogId> {
    LogId::parse(name.strip_prefix(NAME)?)
}

/// A signed checkpoint.
#[derive(Debug, Clone)]
pub struct Signed {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: String,
    at: Instant,
}

/// Signs the tree of one log.
#[derive(Debug)]
pub struct Notary {
    directory: PathBuf,
    key: NoteKey,
    signed: Mutex<Option<Signed>>,
}

impl Notary {
    /// The notary of the log in a data directory; with `create`, makes a key where there is none.
    ///
    /// # Errors
    /// [`NotaryError`], for one if the log is not what was signed.
    pub fn open(directory: &Path, log: &dyn DecisionLog, create: bool) -> Result<Self, NotaryError> {
        let before = last_signed(directory)?;
        let name = name_of(log.id());
        let key = match read(&directory.join(KEY))? {
            Some(text) => {
                NoteKey::parse(&text).map_err(|why| NotaryError::Malformed(directory.join(KEY), why))?
            }
            None if create && before.is_none() => create_key(directory, &name)?,
            None => return Err(NotaryError::NoKey(directory.join(KEY))),
        };
        if key.name() != name {
            return Err(NotaryError::Foreign { key: key.name().to_owned(), log: name });
        }
        let notary = Self { directory: directory.to_owned(), key, signed: Mutex::new(None) };
        if let Some(checkpoint) = before {
            notary.check(&checkpoint, log)?;
            let signed = notary.sign(checkpoint);
            *notary.signed.lock().unwrap_or_else(PoisonError::into_inner) = Some(signed);
        }
        Ok(notary)
    }

    /// The key that its signatures are checked with.
    pub fn verifier(&self) -> VerifierKey {
        self.key.verifier()
    }

    /// A checkpoint over at least so many decisions, and over all of them unless it is younger than `fresh`.
    ///
    /// # Errors
    /// [`NotaryError`].
    pub fn checkpoint(
        &self,
        log: &dyn DecisionLog,
        at_least: u64,
        fresh: Duration,
    ) -> Result<Signed, NotaryError> {
        let mut last = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        let size = log.size()?;
        if let Some(signed) = &*last
            && (signed.checkpoint.size == size
                || (signed.checkpoint.size >= at_least && signed.at.elapsed() < fresh))
        {
            return Ok(signed.clone());
        }
        if let Some(signed) = &*last {
            self.check(&signed.checkpoint, log)?;
        }
        let root = proving::root(log, size)?;
        let checkpoint = Checkpoint { origin: self.key.name().to_owned(), size, root };
        replace(&self.directory, CHECKPOINT, &checkpoint.to_string(), 0o644)?;
        Ok(last.insert(self.sign(checkpoint)).clone())
    }

    /// The checkpoint that was signed last.
    pub fn last_signed(&self) -> Option<Checkpoint> {
        let last = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|signed| signed.checkpoint.clone())
    }

    /// The receipt of a decision.
    ///
    /// # Errors
    /// [`NotaryError`].
    pub fn receipt(&self, log: &dyn DecisionLog, stored: &Stored) -> Result<Proof, NotaryError> {
        // Any checkpoint that covers the decision will do.
        let signed = self.checkpoint(log, stored.sequence, Duration::MAX)?;
        Ok(proving::receipt(log, stored, signed.checkpoint.size, signed.note)?)
    }

    fn check(&self, signed: &Checkpoint, log: &dyn DecisionLog) -> Result<(), NotaryError> {
        if signed.origin != self.key.name() {
            return Err(NotaryError::Foreign { key: signed.origin.clone(), log: self.key.name().to_owned() });
        }
        let found = log.size()?;
        if signed.size > found {
            return Err(NotaryError::Rewound { signed: signed.size, found });
        }
        let root = proving::root(log, signed.size)?;
        if root == signed.root { Ok(()) } else { Err(NotaryError::Swapped(signed.size)) }
    }

    fn sign(&self, checkpoint: Checkpoint) -> Signed {
        let note = self.key.sign(&checkpoint.to_string());
        Signed { checkpoint, note, at: Instant::now() }
    }
}

/// The checkpoint that was signed last for the log of a data directory.
///
/// # Errors
/// [`NotaryError::File`] and [`NotaryError::Malformed`].
pub fn last_signed(directory: &Path) -> Result<Option<Checkpoint>, NotaryError> {
    let path = directory.join(CHECKPOINT);
    let Some(text) = read(&path)? else { return Ok(None) };
    Checkpoint::parse(&text).map(Some).map_err(|why| NotaryError::Malformed(path, why))
}

fn create_key(directory: &Path, name: &str) -> Result<NoteKey, NotaryError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|_| NotaryError::NoEntropy)?;
    let key = NoteKey::new(name, &random).map_err(|why| NotaryError::Malformed(directory.join(KEY), why))?;
    replace(directory, KEY, &key.secret(), 0o600)?;
    Ok(key)
}

fn read(path: &Path) -> Result<Option<String>, NotaryError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(NotaryError::File(path.to_owned(), error)),
    }
}

/// Puts a file in the place of another, so that a crash leaves one of them whole, and makes it durable.
fn replace(directory: &Path, name: &str, text: &str, mode: u32) -> Result<(), NotaryError> {
    let (path, new) = (directory.join(name), directory.join(format!("{name}.new")));
    let write = || {
        // One that a crash left behind may have another mode.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(|error| NotaryError::File(path.clone(), error))
}
