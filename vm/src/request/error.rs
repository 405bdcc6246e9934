//! What is wrong with a request, said so that its sender can mend it.
//!
//! Every mistake has one constructor here, so that its wording is in one place. Messages are lower case and have no
//! full stop; what the sender wrote stands in backticks, shortened, with control characters escaped.

use std::fmt;
use std::fmt::Write as _;

use holdpoint_isa::limits::{CELLS_MAX, REQUEST_BYTES_MAX, REQUEST_DEPTH_MAX};
use holdpoint_isa::literal::LiteralError;

/// Characters of the sender's text that a message repeats at most.
const QUOTE_MAX: usize = 64;

macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $name:ident = $word:literal; )+) => {
        /// The kinds of mistakes in a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RequestErrorKind {
            $( $(#[doc = $doc])+ $name, )+
        }

        impl RequestErrorKind {
            /// Every kind, in the order of the table.
            pub const ALL: &[Self] = &[$( Self::$name, )+];

            /// The stable word for it, as answers over HTTP carry it.
            pub const fn word(self) -> &'static str {
                match self { $( Self::$name => $word, )+ }
            }

            /// One sentence on it, for the manual.
            pub const fn doc(self) -> &'static str {
                match self { $( Self::$name => concat!($($doc),+), )+ }
            }
        }
    };
}

kinds! {
    /// The text is not JSON by RFC 8259.
    BadJson = "bad-json";
    /// The bytes are not UTF-8, or an escape names half of a surrogate pair.
    BadUtf8 = "bad-utf8";
    /// The text has more bytes, or needs more values, than a request may.
    TooLarge = "too-large";
    /// Objects and lists are nested deeper than a request may.
    TooDeep = "too-deep";
    /// A member that the request type does not have.
    UnknownMember = "unknown-member";
    /// A fact that a caller cannot claim.
    NotClaimed = "not-claimed";
    /// A member that was sent twice.
    DuplicateMember = "duplicate-member";
    /// A required member that was not sent.
    MissingMember = "missing-member";
    /// `null` for a member that is not optional.
    UnexpectedNull = "unexpected-null";
    /// A value of another type.
    WrongType = "wrong-type";
    /// A name that is no member of the enum.
    UnknownValue = "unknown-value";
    /// A unit that is missing or wrong.
    BadUnit = "bad-unit";
    /// A text that is no version by Semantic Versioning 2.0.0.
    BadVersion = "bad-version";
    /// A text that is no instant by RFC 3339.
    BadInstant = "bad-instant";
    /// A number that its type cannot hold.
    OutOfRange = "out-of-range";
    /// A number with more places than its type can hold.
    TooPrecise = "too-precise";
    /// A text or a list that is longer than its type allows.
    TooLong = "too-long";
    /// A principal without a name.
    EmptyPrincipal = "empty-principal";
}

/// Which of the two documents is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Document {
    /// The body of the request.
    Body,
    /// The signals that the server gathered.
    Signals,
}

/// A mistake in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError {
    /// What kind of mistake.
    pub kind: RequestErrorKind,
    /// Where it was made.
    pub document: Document,
    /// The value meant, as a JSON pointer (RFC 6901); empty for the whole document and where that is not JSON.
    pub pointer: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, message, .. } = self;
        let document = match self.document {
            Document::Body => "request",
            Document::Signals => "signals",
        };
        write!(f, "{document}:{line}:{column}: ")?;
        if !self.pointer.is_empty() {
            // A pointer holds names as they were sent.
            write!(f, "{}: ", printable(&self.pointer))?;
        }
        f.write_str(message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " ({help})"))
    }
}

impl std::error::Error for RequestError {}

/// A mistake on its way out: the steps to it are added on the way, so that success pays nothing for them.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: RequestErrorKind,
    at: usize,
    message: String,
    help: Option<String>,
    /// Innermost first.
    path: Vec<Step>,
}

/// A failure, boxed so that results stay small.
pub(super) type Fail = Box<Failure>;

#[derive(Debug)]
enum Step {
    Member(String),
    Element(u32),
}

impl Failure {
    fn new(kind: RequestErrorKind, at: usize, message: impl Into<String>) -> Fail {
        Box::new(Self { kind, at, message: message.into(), help: None, path: Vec::new() })
    }

    fn help(mut self: Box<Self>, help: impl Into<String>) -> Fail {
        self.help = Some(help.into());
        self
    }

    /// The same failure, within the member with this name.
    pub(super) fn within(mut self: Box<Self>, name: &str) -> Fail {
        // An element without a name is the list's element itself.
        if !name.is_empty() {
            self.path.push(Step::Member(name.to_owned()));
        }
        self
    }

    /// The same failure, within the member that was sent with this name, which may be empty.
    pub(super) fn within_sent(mut self: Box<Self>, name: &str) -> Fail {
        self.path.push(Step::Member(name.to_owned()));
        self
    }

    /// The same failure, within the entry of a map with this key. The value's own step, which has no name, is left out.
    pub(super) fn within_entry(self: Box<Self>, key: &str) -> Fail {
        self.within_sent(key)
    }

    /// The same failure, within the element with this index.
    pub(super) fn within_element(mut self: Box<Self>, index: u32) -> Fail {
        self.path.push(Step::Element(index));
        self
    }

    /// Whether the text is no JSON, or no text; a position in it then means nothing.
    pub(super) fn is_syntax(&self) -> bool {
        matches!(self.kind, RequestErrorKind::BadJson | RequestErrorKind::BadUtf8 | RequestErrorKind::TooDeep)
    }

    /// The error that the sender sees.
    pub(super) fn finish(self, document: Document, bytes: &[u8]) -> RequestError {
        let pointer = if self.is_syntax() { String::new() } else { pointer(&self.path) };
        let (line, column) = position(bytes, self.at);
        let Self { kind, message, help, .. } = self;
        RequestError { kind, document, pointer, line, column, message, help }
    }

    pub(super) fn bad_json(at: usize, expected: &str, found: Option<char>) -> Fail {
        let found = found.map_or_else(|| "the end".to_owned(), |c| quote(c.encode_utf8(&mut [0; 4])));
        Self::new(RequestErrorKind::BadJson, at, format!("expected {expected}, found {found}"))
    }

    pub(super) fn byte_order_mark() -> Fail {
        Self::new(RequestErrorKind::BadJson, 0, "the text begins with a byte order mark")
            .help("send it as UTF-8 without a byte order mark")
    }

    pub(super) fn control_character(at: usize, found: char) -> Fail {
        let found = quote(found.encode_utf8(&mut [0; 4]));
        Self::new(RequestErrorKind::BadJson, at, format!("control character {found} in a text"))
            .help("write it as an escape, such as `\\n`")
    }

    pub(super) fn bad_escape(at: usize) -> Fail {
        Self::new(RequestErrorKind::BadJson, at, "unknown escape in a text")
            .help("the escapes are `\\\"`, `\\\\`, `\\/`, `\\b`, `\\f`, `\\n`, `\\r`, `\\t` and `\\u` with four hex digits")
    }

    pub(super) fn lone_surrogate(at: usize) -> Fail {
        Self::new(RequestErrorKind::BadUtf8, at, "an escape names half of a surrogate pair")
            .help("write both halves, or the character itself")
    }

    pub(super) fn bad_utf8(at: usize) -> Fail {
        Self::new(RequestErrorKind::BadUtf8, at, "the bytes are not UTF-8")
    }

    pub(super) fn body_too_large(len: usize) -> Fail {
        let message = format!("{len} bytes, but at most {REQUEST_BYTES_MAX} are allowed");
        Self::new(RequestErrorKind::TooLarge, 0, message)
    }

    pub(super) fn too_many_values(at: usize) -> Fail {
        let message = format!("the lists need more than {CELLS_MAX} values");
        Self::new(RequestErrorKind::TooLarge, at, message)
    }

    pub(super) fn too_deep(at: usize) -> Fail {
        let message = format!("nested deeper than {REQUEST_DEPTH_MAX} levels");
        Self::new(RequestErrorKind::TooDeep, at, message)
    }

    pub(super) fn unknown_member(at: usize, what: &str, name: &str, help: Option<String>) -> Fail {
        let mut fail =
            Self::new(RequestErrorKind::UnknownMember, at, format!("unknown {what} {}", quote(name)));
        fail.help = help;
        fail
    }

    /// A fact that is not the caller's to tell.
    pub(super) fn not_claimed(at: usize, name: &str, provenance: &str) -> Fail {
        Self::new(
            RequestErrorKind::NotClaimed,
            at,
            format!("{} is {provenance}, and not for a caller to claim", quote(name)),
        )
        .help("leave it out; the server asks for it itself")
    }

    pub(super) fn duplicate_member(at: usize, what: &str, name: &str) -> Fail {
        Self::new(RequestErrorKind::DuplicateMember, at, format!("{what} {} was sent twice", quote(name)))
    }

    pub(super) fn missing_member(at: usize, name: &str) -> Fail {
        Self::new(RequestErrorKind::MissingMember, at, format!("missing member {}", quote(name)))
    }

    pub(super) fn unexpected_null(at: usize, expected: &str) -> Fail {
        Self::new(RequestErrorKind::UnexpectedNull, at, format!("expected {expected}, found null"))
            .help("the member is not optional")
    }

    pub(super) fn wrong_type(at: usize, expected: &str, found: &str) -> Fail {
        Self::new(RequestErrorKind::WrongType, at, format!("expected {expected}, found {found}"))
    }

    pub(super) fn unknown_value(at: usize, of: &str, name: &str, help: Option<String>) -> Fail {
        let message = format!("{} is no {}", quote(name), quote(of));
        let mut fail = Self::new(RequestErrorKind::UnknownValue, at, message);
        fail.help = help;
        fail
    }

    pub(super) fn no_unit(at: usize, what: &str, number: &str, unit: &str) -> Fail {
        let spelling = quote(&format!("\"{}{unit}\"", shorten(number)));
        Self::new(RequestErrorKind::BadUnit, at, format!("the number {} has no unit", quote(number)))
            .help(format!("write {what} as a text with its unit, such as {spelling}"))
    }

    pub(super) fn negative(at: usize, what: &str, text: &str) -> Fail {
        Self::new(RequestErrorKind::OutOfRange, at, format!("the {what} {} is negative", quote(text)))
    }

    pub(super) fn literal(at: usize, text: &str, error: LiteralError) -> Fail {
        let message = format!("{}: {}", quote(text), error.message());
        Self::new(literal_kind(error), at, message).help(error.help())
    }

    pub(super) fn text_too_long(at: usize, len: usize, max: u32) -> Fail {
        let message = format!("a text of {len} bytes, but at most {max} are allowed");
        Self::new(RequestErrorKind::TooLong, at, message)
    }

    pub(super) fn list_too_long(at: usize, max: u32) -> Fail {
        Self::new(RequestErrorKind::TooLong, at, format!("a list of more than {max} elements"))
    }

    pub(super) fn map_too_long(at: usize, max: u32) -> Fail {
        Self::new(RequestErrorKind::TooLong, at, format!("a map of more than {max} entries"))
    }

    pub(super) fn empty_principal(at: usize) -> Fail {
        Self::new(RequestErrorKind::EmptyPrincipal, at, "a principal must have a name")
    }
}

/// The kind that a literal's error is in a request.
const fn literal_kind(error: LiteralError) -> RequestErrorKind {
    use LiteralError as E;
    match error {
        E::NotAPercent
        | E::NotPoints
        | E::NotADuration
        | E::UnknownUnit
        | E::UnitOrder
        | E::FractionOfUnit
        | E::NotASize
        | E::UnknownSizeUnit
        | E::NotMoney
        | E::OtherCurrency => RequestErrorKind::BadUnit,
        E::NotADate
        | E::NoSuchDate
        | E::NotATime
        | E::NoSuchTime
        | E::NotAnInstant
        | E::SecondsMissing
        | E::OffsetMissing
        | E::LeapSecond => RequestErrorKind::BadInstant,
        E::NotAVersion => RequestErrorKind::BadVersion,
        E::NotANumber | E::NotAnInteger | E::BadGlob | E::GlobStars | E::GlobTooLong => {
            RequestErrorKind::WrongType
        }
        E::TooManyPlaces | E::FractionOfByte => RequestErrorKind::TooPrecise,
        E::OutOfRange => RequestErrorKind::OutOfRange,
    }
}

/// A text in backticks, shortened and printable.
pub(super) fn quote(text: &str) -> String {
    format!("`{}`", printable(&shorten(text)))
}

/// The beginning of a text.
fn shorten(text: &str) -> String {
    let mut out: String = text.chars().take(QUOTE_MAX).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

/// A text in which characters that steer a terminal or turn the direction of writing are escaped.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let steers = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || steers {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// The JSON pointer of a path that has its innermost step first.
fn pointer(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path.iter().rev() {
        out.push('/');
        match step {
            Step::Member(name) => out.push_str(&name.replace('~', "~0").replace('/', "~1")),
            Step::Element(index) => out.push_str(&index.to_string()),
        }
    }
    out
}

/// Line and column of a byte. Bytes that continue a code point are not counted.
fn position(bytes: &[u8], at: usize) -> (u32, u32) {
    let before = bytes.get(..at).unwrap_or(bytes);
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let columns = line.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
    let from_one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    (from_one(lines), from_one(columns))
}
