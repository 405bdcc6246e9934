//! The bytes of a module, and the only place that knows bincode (rule `module.bytes`).
//!
//! A module is the magic `HOLDPNT` and a nought, the format version in two bytes, and the encoded [`Program`].
//! The bytes are canonical: decoding encodes again and refuses bytes that differ, because bincode itself accepts
//! longer spellings of a number and bytes after the end. The identity of a module is the SHA-256 of all of them.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use bincode::error::DecodeError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::limits::MODULE_BYTES_MAX;
use crate::program::{FORMAT_VERSION, Program, SourceMap};

const MAGIC: &[u8; 8] = b"HOLDPNT\0";
const HEADER_BYTES: usize = 10;
const LIMIT: usize = MODULE_BYTES_MAX as usize;

/// The SHA-256 of a module's bytes, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleHash(pub [u8; 32]);

impl ModuleHash {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for ModuleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        Hex(&self.0).fmt(f)
    }
}

/// Bytes, written as hexadecimal digits in lower case.
#[derive(Debug, Clone, Copy)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('?');
        self.0.iter().try_for_each(|byte| {
            f.write_char(digit(byte >> 4))?;
            f.write_char(digit(byte & 0x0f))
        })
    }
}

impl fmt::Debug for ModuleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ModuleHash {
    type Err = CodecError;

    fn from_str(text: &str) -> Result<Self, CodecError> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let mut bytes = [0; 32];
        if digits.len() != 64 || !digits.is_ascii() {
            return Err(CodecError::Hash);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| CodecError::Hash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| CodecError::Hash)?;
        }
        Ok(Self(bytes))
    }
}

/// Why bytes are not a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodecError {
    /// They do not begin as a module does.
    NotAModule,
    /// They are of a format that this program does not read.
    Format(u16),
    /// They are longer than a module may be.
    TooLong,
    /// They do not decode.
    Malformed(String),
    /// They decode, but are not the canonical bytes of what they decode to.
    NotCanonical,
    /// A text is not the hash of a module.
    Hash,
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAModule => {
                f.write_str("not a Holdpoint module: the first eight bytes are not `HOLDPNT\\0`")
            }
            Self::Format(found) => {
                write!(
                    f,
                    "module format {found} is not readable here; this program reads format {FORMAT_VERSION}"
                )
            }
            Self::TooLong => write!(f, "longer than {MODULE_BYTES_MAX} bytes"),
            Self::Malformed(what) => write!(f, "damaged: {what}"),
            Self::NotCanonical => {
                f.write_str("damaged: not the canonical bytes of the module that they decode to")
            }
            Self::Hash => f.write_str("not a hash: write `sha256:` and 64 hexadecimal digits"),
        }
    }
}

impl std::error::Error for CodecError {}

/// The canonical bytes of a module.
///
/// # Errors
/// [`CodecError::TooLong`] where the module is longer than a module may be.
pub fn encode(program: &Program) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::with_capacity(4096);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes.extend(to_bytes(program)?);
    if bytes.len() > LIMIT { Err(CodecError::TooLong) } else { Ok(bytes) }
}

/// The module that canonical bytes stand for.
///
/// # Errors
/// Any but [`CodecError::Hash`].
pub fn decode(bytes: &[u8]) -> Result<Program, CodecError> {
    if bytes.len() > LIMIT {
        return Err(CodecError::TooLong);
    }
    let Some((header, body)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Err(CodecError::NotAModule);
    };
    let [magic @ .., low, high] = header;
    if magic != MAGIC {
        return Err(CodecError::NotAModule);
    }
    let format = u16::from_le_bytes([*low, *high]);
    if format != FORMAT_VERSION {
        return Err(CodecError::Format(format));
    }
    let program: Program = from_bytes(body)?;
    if encode(&program)? == bytes { Ok(program) } else { Err(CodecError::NotCanonical) }
}

/// The canonical bytes of a source map.
///
/// # Errors
/// [`CodecError::TooLong`] where it is longer than a module may be.
pub fn encode_source_map(map: &SourceMap) -> Result<Vec<u8>, CodecError> {
    to_bytes(map)
}

/// The source map that canonical bytes stand for.
///
/// # Errors
/// [`CodecError::Malformed`] or [`CodecError::NotCanonical`].
pub fn decode_source_map(bytes: &[u8]) -> Result<SourceMap, CodecError> {
    let map: SourceMap = from_bytes(bytes)?;
    if to_bytes(&map)? == bytes { Ok(map) } else { Err(CodecError::NotCanonical) }
}

fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
    bincode::serde::encode_to_vec(value, bincode::config::standard())
        .map_err(|_| CodecError::Malformed("it cannot be written".to_owned()))
}

fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let config = bincode::config::standard().with_limit::<LIMIT>();
    let (value, used) = bincode::serde::decode_from_slice(bytes, config)
        .map_err(|error| CodecError::Malformed(in_words(&error)))?;
    if used == bytes.len() { Ok(value) } else { Err(CodecError::NotCanonical) }
}

/// Why bytes do not decode.
fn in_words(error: &DecodeError) -> String {
    let words = match error {
        DecodeError::UnexpectedEnd { .. } => "it ends too early",
        DecodeError::LimitExceeded => "it says that it holds more than a module may",
        DecodeError::UnexpectedVariant { .. } => "it has a kind of thing that does not exist",
        DecodeError::Utf8 { .. } | DecodeError::InvalidCharEncoding(_) => "a text in it is not UTF-8",
        DecodeError::InvalidBooleanValue(_) => "a truth in it is neither true nor false",
        DecodeError::InvalidIntegerType { .. } => "a number in it does not fit",
        DecodeError::OtherString(words) => return words.clone(),
        _ => "it holds bytes that stand for nothing",
    };
    words.to_owned()
}

/// Code in a module: eight bytes an operation.
pub(crate) mod code {
    use super::{Deserialize, Deserializer, Serialize, Serializer};
    use crate::ops::{OP_BYTES, Op};

    pub(crate) fn serialize<S: Serializer>(code: &[Op], serializer: S) -> Result<S::Ok, S::Error> {
        let words: Vec<[u8; OP_BYTES]> = code.iter().map(|op| op.to_bytes()).collect();
        words.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Op>, D::Error> {
        let words = Vec::<[u8; OP_BYTES]>::deserialize(deserializer)?;
        words
            .into_iter()
            .map(|word| {
                Op::from_bytes(word)
                    .ok_or_else(|| serde::de::Error::custom("an operation has an unknown number"))
            })
            .collect()
    }
}

/// Lists that may hold others of their own kind: bytes that nest deeper than any module does are refused while they
/// are read, before the depth of the stack is theirs to choose.
pub(crate) mod nested {
    use std::cell::Cell;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Deepest nesting.
    const DEPTH_MAX: u32 = 64;

    thread_local! {
        static DEPTH: Cell<u32> = const { Cell::new(0) };
    }

    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        list: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        list.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        T: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let depth = DEPTH.get();
        if depth >= DEPTH_MAX {
            return Err(Error::custom("it nests too deeply"));
        }
        DEPTH.set(depth.saturating_add(1));
        let read = Vec::deserialize(deserializer);
        DEPTH.set(depth);
        read
    }
}

#[cfg(test)]
mod tests {
    use super::{CodecError, ModuleHash};
    use crate::program::{Block, Piece, Program, Text};

    #[test]
    fn bytes_that_nest_too_deeply_are_refused_while_they_are_read() {
        let nested = |depth: u32| {
            let mut piece = Piece::Words("x".to_owned());
            for _ in 0..depth {
                let (cond, holds) = (crate::ops::Reg(0), vec![piece]);
                piece = Piece::Part { cond, when: true, holds, fails: Vec::new(), unknown: Vec::new() };
            }
            let text = Text { block: Block::default(), pieces: vec![piece] };
            super::encode(&Program { texts: vec![text], ..Program::default() }).unwrap()
        };
        assert!(super::decode(&nested(8)).is_ok());
        let refused = super::decode(&nested(100));
        assert!(matches!(refused, Err(CodecError::Malformed(_))), "{refused:?}");
        assert!(super::decode(&nested(8)).is_ok(), "a refusal leaves no trace");
    }

    #[test]
    fn damage_is_told_in_words() {
        let damaged = |bytes: &[u8]| match super::decode_source_map(bytes) {
            Err(CodecError::Malformed(words)) => words,
            other => format!("{other:?}"),
        };
        assert_eq!(damaged(&[]), "it ends too early");
        assert_eq!(damaged(&[200]), "it ends too early");
        assert_eq!(damaged(&[1, 255]), "a text in it is not UTF-8");
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = ModuleHash::of(b"");
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.parse(), Ok(hash));
        assert_eq!("sha256:00".parse::<ModuleHash>(), Err(CodecError::Hash));
    }
}
