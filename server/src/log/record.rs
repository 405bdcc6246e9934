//! A record: everything that one decision was made from and all that was answered; or an event, such as the creation of
//! a token, with who caused it.
//!
//! It must not know how records are kept or numbered: the sequence number is a record's position in the log and not
//! in its bytes. The encoding is canonical, so equal records have equal bytes; decoding accepts nothing else. A record
//! with all it names (module, source map) is enough to make the decision again.

use holdpoint_isa::ModuleHash;

use super::wire::{Malformed, Reader, put_bytes};

/// Version of the record's encoding.
const VERSION: u8 = 2;
/// Longest record. The largest request and the most objections that a decision keeps stay below it.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long a record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// As long as the log.
    Standard = 0,
}

impl Class {
    fn from_byte(byte: u8) -> Result<Self, Malformed> {
        if byte == Self::Standard as u8 { Ok(Self::Standard) } else { Err(Malformed("its class is unknown")) }
    }
}

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Kind {
    /// A decision.
    #[default]
    Decision = 0,
    /// Something else that happened to the server, such as the activation of a policy. Its result is JSON whose first
    /// member is `event`.
    Event = 1,
}

impl Kind {
    fn from_byte(byte: u8) -> Result<Self, Malformed> {
        match byte {
            0 => Ok(Self::Decision),
            1 => Ok(Self::Event),
            _ => Err(Malformed("its kind is unknown")),
        }
    }
}

/// Who asked, and to whom the record belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin<'a> {
    /// The tenant that the token of whoever asked is bound to, as [`crate::tenant::Tenant`] spells it.
    pub tenant: &'a str,
    /// The team that the record belongs to; empty where it is nobody's.
    pub team: &'a str,
    /// The service that it is about; empty where that is not known.
    pub service: &'a str,
    /// The principal of the token.
    pub caller: &'a str,
    /// The id of the token; empty where the server itself, or its operator, did it.
    pub token: &'a str,
}

/// A decision or an event as it is kept. It borrows its bytes, from the buffers that made it or from the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// How long it is kept.
    pub class: Class,
    /// What it is of.
    pub kind: Kind,
    /// The instant of the decision or the event, in nanoseconds since 1970 in UTC.
    pub decided_at: i64,
    /// The module that decided; that an event is about, or all noughts.
    pub module: ModuleHash,
    /// SHA-256 of the module's source map, from which the answer has its lines.
    pub source_map: [u8; 32],
    /// Version of the language's semantics.
    pub semantics: u16,
    /// Version of the time zone database.
    pub tzdb: &'a str,
    /// The request, in canonical JSON.
    pub request: &'a [u8],
    /// The signals, in canonical JSON.
    pub signals: &'a [u8],
    /// SHA-256 of the body as it was sent.
    pub body: [u8; 32],
    /// Who asked, and for whom.
    pub origin: Origin<'a>,
    /// The W3C `traceparent` that came with the request.
    pub trace: Option<&'a str>,
    /// The idempotency key that came with the request.
    pub key: Option<&'a str>,
    /// The answer, except for its number and instant.
    pub result: &'a [u8],
    /// What the policy in the shadow would have answered, with its hash as `policy`; empty where there was none.
    pub shadow: &'a [u8],
}

impl<'a> Record<'a> {
    /// The bytes that are kept.
    ///
    /// # Errors
    /// Where they would be more than [`RECORD_BYTES_MAX`].
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        let variable = [
            self.tzdb.len(),
            self.request.len(),
            self.signals.len(),
            self.origin.tenant.len(),
            self.origin.team.len(),
            self.origin.service.len(),
            self.origin.caller.len(),
            self.origin.token.len(),
            self.trace.map_or(0, str::len),
            self.key.map_or(0, str::len),
            self.result.len(),
            self.shadow.len(),
        ];
        let size = variable.into_iter().fold(256, usize::saturating_add);
        if size > RECORD_BYTES_MAX {
            return Err(Malformed("a record is longer than the log accepts"));
        }
        let mut out = Vec::with_capacity(size);
        out.extend_from_slice(&[VERSION, self.class as u8, self.kind as u8]);
        out.extend_from_slice(&self.decided_at.to_le_bytes());
        out.extend_from_slice(&self.module.0);
        out.extend_from_slice(&self.source_map);
        out.extend_from_slice(&self.semantics.to_le_bytes());
        put_bytes(&mut out, self.tzdb.as_bytes())?;
        put_bytes(&mut out, self.request)?;
        put_bytes(&mut out, self.signals)?;
        out.extend_from_slice(&self.body);
        let Origin { tenant, team, service, caller, token } = self.origin;
        for text in [tenant, team, service, caller, token] {
            put_bytes(&mut out, text.as_bytes())?;
        }
        put_optional(&mut out, self.trace)?;
        put_optional(&mut out, self.key)?;
        put_bytes(&mut out, self.result)?;
        put_bytes(&mut out, self.shadow)?;
        Ok(out)
    }

    /// The record that kept bytes stand for.
    ///
    /// # Errors
    /// Where they are not the canonical bytes of any record.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != VERSION {
            return Err(Malformed("its version is unknown"));
        }
        let record = Self {
            class: Class::from_byte(reader.u8()?)?,
            kind: Kind::from_byte(reader.u8()?)?,
            decided_at: reader.i64()?,
            module: ModuleHash(reader.array()?),
            source_map: reader.array()?,
            semantics: reader.u16()?,
            tzdb: reader.text()?,
            request: reader.bytes()?,
            signals: reader.bytes()?,
            body: reader.array()?,
            origin: Origin {
                tenant: reader.text()?,
                team: reader.text()?,
                service: reader.text()?,
                caller: reader.text()?,
                token: reader.text()?,
            },
            trace: optional(&mut reader)?,
            key: optional(&mut reader)?,
            result: reader.bytes()?,
            shadow: reader.bytes()?,
        };
        reader.end()?;
        Ok(record)
    }
}

/// Appends a text behind a one, or a nought.
fn put_optional(out: &mut Vec<u8>, text: Option<&str>) -> Result<(), Malformed> {
    out.push(u8::from(text.is_some()));
    text.map_or(Ok(()), |text| put_bytes(out, text.as_bytes()))
}

fn optional<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a str>, Malformed> {
    match reader.u8()? {
        0 => Ok(None),
        1 => reader.text().map(Some),
        _ => Err(Malformed("a flag is neither nought nor one")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, Kind, Origin, Record};
    use holdpoint_isa::ModuleHash;
    use proptest::prelude::*;

    fn sample<'a>(request: &'a [u8], trace: Option<&'a str>) -> Record<'a> {
        Record {
            class: Class::Standard,
            kind: Kind::Event,
            decided_at: -5,
            module: ModuleHash([1; 32]),
            source_map: [2; 32],
            semantics: 1,
            tzdb: "2026e",
            request,
            signals: b"{}",
            body: [3; 32],
            origin: Origin { tenant: "acme/*", team: "t", service: "s", caller: "c", token: "" },
            trace,
            key: trace.map(|_| "k"),
            result: br#"{"verdict":"allow"}"#,
            shadow: b"",
        }
    }

    #[test]
    fn a_record_begins_with_its_version_class_and_kind() {
        let bytes = sample(b"{}", None).encode().unwrap();
        assert_eq!(&bytes[..11], [2, 0, 1, 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn shorter_longer_and_foreign_bytes_are_refused() {
        let bytes = sample(b"{\"a\":1}", Some("00-x-y-01")).encode().unwrap();
        for len in 0..bytes.len() {
            assert!(Record::decode(&bytes[..len]).is_err(), "{len} bytes");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Record::decode(&longer).is_err());
        let mut foreign = bytes;
        foreign[0] = 1;
        assert!(Record::decode(&foreign).is_err());
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            request in proptest::collection::vec(any::<u8>(), 0..64),
            trace in proptest::option::of("[a-z]{0,8}"),
        ) {
            let record = sample(&request, trace.as_deref());
            let bytes = record.encode().unwrap();
            prop_assert_eq!(Record::decode(&bytes).unwrap(), record);
        }

        #[test]
        fn what_is_decoded_encodes_to_the_same_bytes(
            at in 0usize..200, value: u8,
        ) {
            let mut bytes = sample(b"{}", Some("t")).encode().unwrap();
            let at = at % bytes.len();
            bytes[at] = value;
            if let Ok(record) = Record::decode(&bytes) {
                prop_assert_eq!(record.encode().unwrap(), bytes);
            }
        }
    }
}
