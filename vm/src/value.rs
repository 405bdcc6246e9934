//! Values as the machine holds them: 24 bytes, copied freely, no ownership.
//!
//! Text and lists are references into a [`Snapshot`](crate::Snapshot), the module's constants or the machine's own
//! cells. Unknown and fault are values, so that a `let` may be run early and still mean what a lazy one means.

use holdpoint_isa::program::Const;
use holdpoint_isa::{Dec, Fault};

/// Where the bytes of a text lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// In the body of the request, as it was sent.
    Body,
    /// In the snapshot's scratch: text that was sent with escapes, and signals.
    Scratch,
    /// Among the module's constants; `start` is the constant's index.
    Constant,
}

/// A text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrRef {
    /// Where it lies.
    pub space: Space,
    /// First byte, or index of the constant.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
}

/// A list: consecutive elements in the cells, each as many cells as its layout has slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListRef {
    /// Cell of the first element.
    pub start: u32,
    /// Number of elements.
    pub len: u32,
}

/// Where a loop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// First cell of the element.
    pub at: u32,
    /// How many elements are left, this one among them.
    pub left: u32,
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// Not known, for the cause with this index in the module.
    Unknown(u16),
    /// A computation ended in a fault.
    Fault(Fault),
    /// Known to be absent.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer, a duration or an instant in nanoseconds, or the index of an enum's member.
    Int(i64),
    /// A decimal, percent or points.
    Dec(Dec),
    /// A text.
    Str(StrRef),
    /// A list.
    List(ListRef),
    /// A position in a list.
    Elem(Cursor),
    /// A version, as its text.
    Version(StrRef),
}

impl Value {
    /// Unknown for no cause that a module names; the machine starts its registers with it.
    pub const UNSET: Self = Self::Unknown(u16::MAX);

    /// The constant with this index among a module's constants.
    pub(crate) fn constant(index: u32, konst: &Const) -> Self {
        let text = |text: &str| {
            let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
            StrRef { space: Space::Constant, start: index, len }
        };
        match konst {
            Const::None => Self::None,
            Const::Bool(value) => Self::Bool(*value),
            Const::Int(value) => Self::Int(*value),
            Const::Dec(value) => Self::Dec(*value),
            Const::Str(words) => Self::Str(text(words)),
            Const::Version(words) => Self::Version(text(words)),
        }
    }

    /// Whether it is a value proper: neither unknown, nor none, nor a fault.
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Unknown(_) | Self::Fault(_) | Self::None)
    }
}

/// Bytes of memory that a list keeps, whatever is in it.
pub(crate) fn bytes_of<T>(list: &Vec<T>) -> usize {
    list.capacity().saturating_mul(size_of::<T>())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_value_takes_24_bytes() {
        assert_eq!(std::mem::size_of::<super::Value>(), 24);
    }
}
