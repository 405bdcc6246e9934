//! Signed notes (C2SP signed-note) with Ed25519: a text, and lines that say who signed it.
//!
//! Keys are written as Go's `sumdb/note` writes them, so that its tools read ours. Lines of other signers, such as
//! witnesses, are left alone.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::{Refused, from_base64, to_base64};

/// The signature algorithm, as keys carry it.
const ED25519: u8 = 1;
const PRIVATE: &str = "PRIVATE+KEY+";
/// What a line with a signature begins with.
const SIGNATURE: &str = "\u{2014} ";
/// Longest note that is read.
const NOTE_BYTES_MAX: usize = 64 * 1024;

/// The first four bytes of a hash over name and key, which tell the keys of one name apart.
fn key_id(name: &str, key: &[u8; 32]) -> [u8; 4] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key).finalize();
    hash.first_chunk().copied().unwrap_or_default()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// Splits `name+id+data` and checks that the data is a key of 32 bytes.
fn parts(text: &str) -> Option<(&str, [u8; 4], [u8; 32])> {
    let (name, rest) = text.split_once('+').filter(|(name, _)| is_name(name))?;
    let (id, data) = rest.split_once('+')?;
    let canonical = id.len() == 8 && id.bytes().all(crate::id::is_hex);
    let id = u32::from_str_radix(id, 16).ok().filter(|_| canonical)?.to_be_bytes();
    let data = from_base64(data)?;
    let (algorithm, key) = data.split_first()?;
    if *algorithm == ED25519 { Some((name, id, key.try_into().ok()?)) } else { None }
}

/// A key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    /// The key that a text spells: `name+id+key`.
    ///
    /// # Errors
    /// Where it is no such key, or its id is not that of name and key.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let (name, id, bytes) = parts(text).ok_or(Refused("it is not a key as `name+id+base64`"))?;
        if id != key_id(name, &bytes) {
            return Err(Refused("its id does not belong to its name and key"));
        }
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| Refused("its bytes are no Ed25519 key"))?;
        Ok(Self { name: name.to_owned(), id, key })
    }

    /// Who signs with it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of a note that this key has signed.
    ///
    /// # Errors
    /// Where it is no note, or this key has not signed it.
    pub fn open<'t>(&self, note: &'t str) -> Result<&'t str, Refused> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(Refused("it is longer than a note may be"));
        }
        let malformed = Refused("it is not a signed note");
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(malformed);
        }
        let (front, lines) = note.rsplit_once("\n\n").ok_or(malformed)?;
        let text = note.get(..front.len().saturating_add(1)).ok_or(malformed)?;
        let lines = lines.strip_suffix('\n').ok_or(malformed)?;
        let mut found = None;
        for line in lines.split('\n') {
            let (name, data) = line
                .strip_prefix(SIGNATURE)
                .and_then(|line| line.split_once(' '))
                .filter(|(name, _)| is_name(name))
                .ok_or(malformed)?;
            let data = from_base64(data).ok_or(malformed)?;
            let (id, signature) = data.split_first_chunk::<4>().ok_or(malformed)?;
            if name == self.name && *id == self.id && found.is_none() {
                found = Some(Signature::from_slice(signature).map_err(|_| malformed)?);
            }
        }
        let signature = found.ok_or(Refused("it is not signed with this key"))?;
        let valid = self.key.verify_strict(text.as_bytes(), &signature);
        valid.map_err(|_| Refused("its signature is not valid"))?;
        Ok(text)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut data = vec![ED25519];
        data.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id), to_base64(&data))
    }
}

/// A key to sign with. It is not shown by `Debug`.
pub struct NoteKey {
    name: String,
    key: SigningKey,
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteKey({})", self.name)
    }
}

impl NoteKey {
    /// A key of this name from 32 random bytes.
    ///
    /// # Errors
    /// Where the name is empty, or has spaces or a `+`.
    pub fn new(name: &str, random: &[u8; 32]) -> Result<Self, Refused> {
        if !is_name(name) {
            return Err(Refused("the name of a key has neither spaces nor `+`"));
        }
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(random) })
    }

    /// The key that a text spells: `PRIVATE+KEY+name+id+key`.
    ///
    /// # Errors
    /// Where it is no such key, or its id is not that of name and key.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let rest = text.trim_end_matches('\n').strip_prefix(PRIVATE);
        let (name, id, seed) = rest.and_then(parts).ok_or(Refused("it is not a private key of a log"))?;
        let key = Self::new(name, &seed)?;
        if id == key.verifier().id {
            Ok(key)
        } else {
            Err(Refused("its id does not belong to its name and key"))
        }
    }

    /// The key as a text, for whoever may sign.
    pub fn secret(&self) -> String {
        let mut data = vec![ED25519];
        data.extend_from_slice(self.key.as_bytes());
        let id = u32::from_be_bytes(self.verifier().id);
        format!("{PRIVATE}{}+{id:08x}+{}\n", self.name, to_base64(&data))
    }

    /// Who signs with it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that its signatures are checked with.
    pub fn verifier(&self) -> VerifierKey {
        let key = self.key.verifying_key();
        VerifierKey { name: self.name.clone(), id: key_id(&self.name, key.as_bytes()), key }
    }

    /// The note of a text that ends with a line.
    pub fn sign(&self, text: &str) -> String {
        let mut data = self.verifier().id.to_vec();
        data.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n{SIGNATURE}{} {}\n", self.name, to_base64(&data))
    }
}
