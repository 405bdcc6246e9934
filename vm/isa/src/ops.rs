//! The instruction set, as one table (rule `vm.ops`).
//!
//! Encoder, decoder, verifier, disassembler, the machine's dispatch and the table in `spec/` all come from
//! `for_each_op!`. An operation is eight bytes: its number, then its operands in little-endian order, then noughts.
//! Numbers are written by hand and never reused. The class behind a register says which values the machine may find
//! there; the verifier checks it against the declared kind of the register.

use std::fmt;

/// Width of an encoded operation in bytes.
pub const OP_BYTES: usize = 8;

/// Calls a macro with every row of the instruction set.
#[macro_export]
macro_rules! for_each_op {
    ($callback:ident) => { $callback! {
        /// Loads a constant.
        0x01 Const { dst: Reg = Any, konst: Konst } cost 1, rule "vm.op.load";
        /// Loads a slot of the request or a signal.
        0x02 Fact { dst: Reg = Any, slot: Slot } cost 1, rule "vm.op.load";
        /// Loads the instant of the decision.
        0x03 Now { dst: Reg = Int } cost 1, rule "vm.op.load";
        /// Loads a slot of the element at which a loop stands.
        0x04 Field { dst: Reg = Any, elem: Reg = Elem, slot: Slot } cost 1, rule "vm.op.load";
        /// Copies a register.
        0x05 Move { dst: Reg = Any, src: Reg = Same } cost 1, rule "vm.op.load";

        /// Goes on at a later operation.
        0x10 Jump { to: Label } cost 1, rule "vm.op.jump";
        /// Jumps where the condition is false.
        0x11 JumpIfFalse { cond: Reg = Bool, to: Label } cost 1, rule "vm.op.jump";
        /// Jumps where the condition is true.
        0x12 JumpIfTrue { cond: Reg = Bool, to: Label } cost 1, rule "vm.op.jump";
        /// Jumps where the value is unknown, none or a fault.
        0x13 JumpUnlessKnown { src: Reg = Any, to: Label } cost 1, rule "vm.op.jump";
        /// Stands at the first element of a list, or skips the loop where there is none.
        0x14 Each { elem: Reg = Elem, list: Reg = List, skip: Span } cost 2, rule "vm.op.loop";
        /// Stands at the next element and goes back to the start of the loop's body, or leaves the loop.
        0x15 Next { elem: Reg = Elem, back: Span } cost 1, rule "vm.op.loop";
        /// Runs the code of a `let` unless it has been run in this decision.
        0x16 Force { thunk: Thunk } cost 1, rule "vm.op.force";
        /// Ends a block of code.
        0x17 End { } cost 0, rule "vm.op.end";

        /// Negation; unknown stays unknown.
        0x20 Not { dst: Reg = Bool, src: Reg = Bool } cost 1, rule "vm.op.logic";
        /// Kleene conjunction, left operand first.
        0x21 And { dst: Reg = Bool, lhs: Reg = Bool, rhs: Reg = Bool } cost 1, rule "vm.op.logic";
        /// Kleene disjunction, left operand first.
        0x22 Or { dst: Reg = Bool, lhs: Reg = Bool, rhs: Reg = Bool } cost 1, rule "vm.op.logic";
        /// Whether a value is none; unknown where the value is.
        0x23 IsNone { dst: Reg = Bool, src: Reg = Any } cost 1, rule "vm.op.none";
        /// The value, or the alternative where it is none.
        0x24 Else { dst: Reg = Any, src: Reg = Same, alt: Reg = Same } cost 1, rule "vm.op.none";
        /// The value, or unknown for the stated cause where it is none.
        0x25 Require { dst: Reg = Any, src: Reg = Same, cause: Cause } cost 1, rule "vm.op.none";
        /// Takes over another value's unknown or fault; unknown where that value is known.
        0x26 Poison { dst: Reg = Any, src: Reg = Any } cost 1, rule "vm.op.poison";
        /// Takes over the condition's unknown or fault, if it has one.
        0x27 PoisonIf { dst: Reg = Any, cond: Reg = Bool } cost 1, rule "vm.op.poison";
        /// Whether two truth values are equal.
        0x28 EqBool { dst: Reg = Bool, lhs: Reg = Bool, rhs: Reg = Bool } cost 1, rule "vm.op.compare";

        /// Sum of integers.
        0x30 AddInt { dst: Reg = Int, lhs: Reg = Int, rhs: Reg = Int } cost 1, rule "vm.op.int";
        /// Difference of integers.
        0x31 SubInt { dst: Reg = Int, lhs: Reg = Int, rhs: Reg = Int } cost 1, rule "vm.op.int";
        /// Product of integers.
        0x32 MulInt { dst: Reg = Int, lhs: Reg = Int, rhs: Reg = Int } cost 1, rule "vm.op.int";
        /// Opposite of an integer.
        0x33 NegInt { dst: Reg = Int, src: Reg = Int } cost 1, rule "vm.op.int";
        /// Whether two integers are equal; none equals only none.
        0x34 EqInt { dst: Reg = Bool, lhs: Reg = Int, rhs: Reg = Int } cost 1, rule "vm.op.compare";
        /// Whether one integer is less than another.
        0x35 LtInt { dst: Reg = Bool, lhs: Reg = Int, rhs: Reg = Int } cost 1, rule "vm.op.compare";
        /// Whether one integer is at most another.
        0x36 LeInt { dst: Reg = Bool, lhs: Reg = Int, rhs: Reg = Int } cost 1, rule "vm.op.compare";
        /// The lesser integer; a left operand of none counts as absent.
        0x37 MinInt { dst: Reg = Int, lhs: Reg = Int, rhs: Reg = Int } cost 1, rule "vm.op.fold";
        /// The greater integer; a left operand of none counts as absent.
        0x38 MaxInt { dst: Reg = Int, lhs: Reg = Int, rhs: Reg = Int } cost 1, rule "vm.op.fold";
        /// Whether the bit with this number is set in a mask of members.
        0x39 InMask { dst: Reg = Bool, src: Reg = Int, mask: Konst } cost 1, rule "vm.op.compare";
        /// The decimal equal to an integer.
        0x3a IntToDec { dst: Reg = Dec, src: Reg = Int } cost 1, rule "vm.op.convert";
        /// An integer times a decimal, rounded half to even to an integer.
        0x3b ScaleInt { dst: Reg = Int, count: Reg = Int, factor: Reg = Dec } cost 2, rule "vm.op.convert";
        /// So many percent of an integer, rounded half to even to an integer.
        0x3c PercentInt { dst: Reg = Int, count: Reg = Int, percent: Reg = Dec } cost 2, rule "vm.op.convert";
        /// One more where the condition is true; takes over its unknown or fault.
        0x3d CountIf { dst: Reg = Int, cond: Reg = Bool } cost 1, rule "vm.op.fold";

        /// A date so many whole days later; a fault where the duration is not whole days.
        0x3e AddDays { dst: Reg = Int, date: Reg = Int, by: Reg = Int } cost 1, rule "vm.op.date";
        /// A date so many whole days earlier; a fault where the duration is not whole days.
        0x3f SubDays { dst: Reg = Int, date: Reg = Int, by: Reg = Int } cost 1, rule "vm.op.date";

        /// Sum of decimals.
        0x40 AddDec { dst: Reg = Dec, lhs: Reg = Dec, rhs: Reg = Dec } cost 1, rule "vm.op.dec";
        /// Difference of decimals.
        0x41 SubDec { dst: Reg = Dec, lhs: Reg = Dec, rhs: Reg = Dec } cost 1, rule "vm.op.dec";
        /// Product of decimals, rounded half to even.
        0x42 MulDec { dst: Reg = Dec, lhs: Reg = Dec, rhs: Reg = Dec } cost 2, rule "vm.op.dec";
        /// Quotient of decimals, rounded half to even; unknown where the divisor is nought.
        0x43 DivDec { dst: Reg = Dec, lhs: Reg = Dec, rhs: Reg = Dec } cost 2, rule "vm.op.dec";
        /// Opposite of a decimal.
        0x44 NegDec { dst: Reg = Dec, src: Reg = Dec } cost 1, rule "vm.op.dec";
        /// So many percent of a decimal: `lhs × rhs ÷ 100`.
        0x45 PercentOf { dst: Reg = Dec, lhs: Reg = Dec, rhs: Reg = Dec } cost 2, rule "vm.op.dec";
        /// Whether two decimals are equal; none equals only none.
        0x46 EqDec { dst: Reg = Bool, lhs: Reg = Dec, rhs: Reg = Dec } cost 1, rule "vm.op.compare";
        /// Whether one decimal is less than another.
        0x47 LtDec { dst: Reg = Bool, lhs: Reg = Dec, rhs: Reg = Dec } cost 1, rule "vm.op.compare";
        /// Whether one decimal is at most another.
        0x48 LeDec { dst: Reg = Bool, lhs: Reg = Dec, rhs: Reg = Dec } cost 1, rule "vm.op.compare";
        /// The lesser decimal; a left operand of none counts as absent.
        0x49 MinDec { dst: Reg = Dec, lhs: Reg = Dec, rhs: Reg = Dec } cost 1, rule "vm.op.fold";
        /// The greater decimal; a left operand of none counts as absent.
        0x4a MaxDec { dst: Reg = Dec, lhs: Reg = Dec, rhs: Reg = Dec } cost 1, rule "vm.op.fold";

        /// A factor of a score: a percentage kept within 0 and 100, nought where it is unknown or none.
        0x4b Factor { dst: Reg = Dec, src: Reg = Dec } cost 1, rule "vm.op.factor";

        /// Whether two texts have the same bytes; none equals only none.
        0x50 EqStr { dst: Reg = Bool, lhs: Reg = Str, rhs: Reg = Str } cost 2, rule "vm.op.compare";

        /// Whether two versions have the same precedence; none equals only none.
        0x51 EqVersion { dst: Reg = Bool, lhs: Reg = Version, rhs: Reg = Version } cost 4, rule "vm.op.version";
        /// Whether one version comes before another.
        0x52 LtVersion { dst: Reg = Bool, lhs: Reg = Version, rhs: Reg = Version } cost 4, rule "vm.op.version";
        /// Whether one version comes before another or has the same precedence.
        0x53 LeVersion { dst: Reg = Bool, lhs: Reg = Version, rhs: Reg = Version } cost 4, rule "vm.op.version";
        /// The first number of a version; a fault where it does not fit 64 bits.
        0x54 Major { dst: Reg = Int, src: Reg = Version } cost 2, rule "vm.op.version";
        /// The second number of a version; a fault where it does not fit 64 bits.
        0x55 Minor { dst: Reg = Int, src: Reg = Version } cost 2, rule "vm.op.version";
        /// The third number of a version; a fault where it does not fit 64 bits.
        0x56 Patch { dst: Reg = Int, src: Reg = Version } cost 2, rule "vm.op.version";

        /// Whether a text matches the glob in a constant; one more for each 64 pairs of a byte and a step of the glob.
        0x57 Matches { dst: Reg = Bool, text: Reg = Str, pattern: Konst } cost 4, rule "vm.op.matches";

        /// How many elements a list has; none of none.
        0x58 Len { dst: Reg = Int, list: Reg = List } cost 1, rule "vm.op.list";
        /// An empty list with room for its register's maximum.
        0x59 ListNew { dst: Reg = List } cost 2, rule "vm.op.list";
        /// Adds a value to a list built by `ListNew`, unless it is there.
        0x5a Insert { list: Reg = List, value: Reg = Any } cost 2 each list, rule "vm.op.list";
        /// Whether a list of scalars has a value.
        0x5b InList { dst: Reg = Bool, value: Reg = Any, list: Reg = List } cost 2 each list, rule "vm.op.list";
        /// Stands at the first element of a list; unknown for the stated cause where there is none.
        0x5c First { elem: Reg = Elem, list: Reg = List, cause: Cause } cost 1, rule "vm.op.list";
        /// Stands at the last element of a list; unknown for the stated cause where there is none.
        0x5d Last { elem: Reg = Elem, list: Reg = List, cause: Cause } cost 1, rule "vm.op.list";
        /// Adds a value at the end of a list built by `ListNew`.
        0x4f Push { list: Reg = List, value: Reg = Any } cost 2, rule "vm.op.list";

        /// The value of a map's entry, or none where the map has no such key.
        0x5e Lookup { dst: Reg = Any, map: Reg = List, key: Reg = Str } cost 2 each map, rule "vm.op.map";
        /// Whether a map has a key.
        0x5f HasKey { dst: Reg = Bool, map: Reg = List, key: Reg = Str } cost 2 each map, rule "vm.op.map";

        /// Whether a window is open at an instant.
        0x60 InWindow { dst: Reg = Bool, at: Reg = Int, window: WindowId } cost 64, rule "vm.op.window";
        /// The earliest instant at or after another at which a window is open.
        0x61 NextOpen { dst: Reg = Int, at: Reg = Int, window: WindowId } cost 4096, rule "vm.op.window";
        /// The date of an instant on the clocks of the time zone that a constant names.
        0x63 DateIn { dst: Reg = Int, at: Reg = Int, zone: Konst } cost 64, rule "vm.op.date";
        /// The day of the week of an instant on the clocks of a time zone; Monday is 0.
        0x64 WeekdayIn { dst: Reg = Int, at: Reg = Int, zone: Konst } cost 64, rule "vm.op.date";
        /// The duration from one date to another, in days of 24 hours.
        0x65 DaysBetween { dst: Reg = Int, lhs: Reg = Int, rhs: Reg = Int } cost 1, rule "vm.op.date";
        /// Calls a builtin with its arguments in consecutive registers; costs what the builtin's row adds.
        0x62 Call { dst: Reg = Any, builtin: BuiltinId, args: Reg = Any } cost 2, rule "vm.op.call";

        /// States whether a policy's head holds.
        0x70 Head { policy: PolicyId, cond: Reg = Bool } cost 1, rule "vm.op.verdict";
        /// Objects with a statement where the condition is true, unknown or a fault.
        0x71 Object { statement: StatementId, cond: Reg = Bool } cost 1, rule "vm.op.verdict";
        /// Applies a waiver where the condition is true.
        0x72 Waive { waiver: WaiverId, cond: Reg = Bool } cost 1, rule "vm.op.verdict";
        /// States whether a rollout is the plan of the request.
        0x73 Plan { rollout: RolloutId, cond: Reg = Bool } cost 1, rule "vm.op.verdict";
    } };
}

macro_rules! operand_types {
    ($( $(#[doc = $doc:literal])+ $name:ident($repr:ty); )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
            pub struct $name(pub $repr);

            impl OperandBytes for $name {
                fn put(self, bytes: &mut Writer<'_>) { bytes.put(&self.0.to_le_bytes()); }
                fn get(bytes: &mut Reader<'_>) -> Self { Self(<$repr>::from_le_bytes(bytes.take())) }
            }

            impl $name {
                /// As an index into a table.
                pub const fn index(self) -> usize { self.0 as usize }
            }
        )+
    };
}

operand_types! {
    /// A register.
    Reg(u16);
    /// A constant of the pool.
    Konst(u16);
    /// A slot of a layout.
    Slot(u16);
    /// The operation to go on at, counted from the start of the module's code.
    Label(u32);
    /// A number of operations.
    Span(u16);
    /// The code of a `let`.
    Thunk(u16);
    /// A window.
    WindowId(u16);
    /// A reason for not knowing.
    Cause(u16);
    /// A builtin.
    BuiltinId(u16);
    /// A policy.
    PolicyId(u16);
    /// A statement of a rule.
    StatementId(u16);
    /// A waiver.
    WaiverId(u16);
    /// A rollout.
    RolloutId(u16);
}

/// What values a register operand stands for; the verifier's view of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A truth value.
    Bool,
    /// An integer.
    Int,
    /// A decimal.
    Dec,
    /// Text.
    Str,
    /// A version.
    Version,
    /// A list.
    List,
    /// An element of a list.
    Elem,
    /// Any kind.
    Any,
    /// The kind of the row's first register.
    Same,
}

/// One operand of an operation, as the verifier and the disassembler see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// A register and what its row asks of it.
    Reg(Reg, Class),
    /// A constant.
    Konst(Konst),
    /// A slot.
    Slot(Slot),
    /// A jump's target.
    Label(Label),
    /// A loop's length.
    Span(Span),
    /// A thunk.
    Thunk(Thunk),
    /// A window.
    WindowId(WindowId),
    /// A cause.
    Cause(Cause),
    /// A builtin.
    BuiltinId(BuiltinId),
    /// A policy.
    PolicyId(PolicyId),
    /// A statement.
    StatementId(StatementId),
    /// A waiver.
    WaiverId(WaiverId),
    /// A rollout.
    RolloutId(RolloutId),
}

/// A row of the instruction set, for the specification and the disassembler.
#[derive(Debug, Clone, Copy)]
pub struct OpInfo {
    /// The number that stands in a module.
    pub id: u8,
    /// The name.
    pub name: &'static str,
    /// Fuel charged before it runs.
    pub cost: u32,
    /// Whether one more is charged for each element of its list.
    pub per_element: bool,
    /// The clause of `spec/` that defines it.
    pub rule: &'static str,
    /// Its meaning.
    pub doc: &'static str,
    /// Names of the operands, in the order of their bytes.
    pub operands: &'static [&'static str],
}

trait OperandBytes: Copy {
    fn put(self, bytes: &mut Writer<'_>);
    fn get(bytes: &mut Reader<'_>) -> Self;
}

struct Writer<'a> {
    rest: &'a mut [u8],
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let Some((first, rest)) = std::mem::take(&mut self.rest).split_first_mut() else { return };
            *first = *byte;
            self.rest = rest;
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// The next bytes; noughts past the end, which no row reaches (see the test of widths).
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            if let Some((first, rest)) = self.rest.split_first() {
                *byte = *first;
                self.rest = rest;
            }
        }
        bytes
    }
}

macro_rules! operand {
    ($ty:ident, $value:expr) => {
        Operand::$ty($value)
    };
    ($ty:ident, $value:expr, $class:ident) => {
        Operand::$ty($value, Class::$class)
    };
}

macro_rules! per_element {
    () => {
        false
    };
    ($list:ident) => {
        true
    };
}

macro_rules! define_ops {
    ($( $(#[doc = $doc:literal])+ $id:literal $name:ident { $( $field:ident : $ty:ident $(= $class:ident)? ),* }
        cost $cost:literal $(each $each:ident)?, rule $rule:literal; )+) => {
        /// One operation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Op {
            $( $(#[doc = $doc])+ $name {
                $(
                    #[doc = concat!("The operand `", stringify!($field), "`.")]
                    $field: $ty
                ),*
            }, )+
        }

        /// The instruction set, in the order of the table.
        pub const OPS: &[OpInfo] = &[
            $( OpInfo {
                id: $id, name: stringify!($name), cost: $cost, per_element: per_element!($($each)?), rule: $rule,
                doc: concat!($($doc),+), operands: &[$( stringify!($field) ),*],
            }, )+
        ];

        impl Op {
            /// Its row of the table.
            pub const fn info(self) -> OpInfo {
                match self { $( Self::$name { .. } => OpInfo {
                    id: $id, name: stringify!($name), cost: $cost, per_element: per_element!($($each)?), rule: $rule,
                    doc: concat!($($doc),+), operands: &[$( stringify!($field) ),*],
                }, )+ }
            }

            /// Fuel charged before it runs, what it charges for each element apart.
            #[inline]
            pub const fn cost(self) -> u32 {
                match self { $( Self::$name { .. } => $cost, )+ }
            }

            /// Calls `see` with each operand in order.
            pub fn visit(self, mut see: impl FnMut(&'static str, Operand)) {
                match self {
                    $( Self::$name { $( $field ),* } => { $( see(stringify!($field), operand!($ty, $field $(, $class)?)); )* } )+
                }
                // A row without operands leaves `see` uncalled.
                let _ = &mut see;
            }

            /// The eight bytes that stand in a module.
            pub fn to_bytes(self) -> [u8; OP_BYTES] {
                let mut bytes = [0; OP_BYTES];
                let mut writer = Writer { rest: &mut bytes };
                match self {
                    $( Self::$name { $( $field ),* } => { writer.put(&[$id]); $( OperandBytes::put($field, &mut writer); )* } )+
                }
                bytes
            }

            /// The operation that eight bytes stand for, or `None` where the number is not in the table.
            pub fn from_bytes(bytes: [u8; OP_BYTES]) -> Option<Self> {
                let [id, rest @ ..] = &bytes;
                let mut reader = Reader { rest };
                let op = match *id {
                    $( $id => Self::$name { $( $field: OperandBytes::get(&mut reader) ),* }, )+
                    _ => return None,
                };
                Some(op)
            }
        }
    };
}

for_each_op!(define_ops);

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reg(reg, _) => write!(f, "r{}", reg.0),
            Self::Konst(konst) => write!(f, "k{}", konst.0),
            Self::Slot(slot) => write!(f, "s{}", slot.0),
            Self::Label(label) => write!(f, "@{}", label.0),
            Self::Span(span) => write!(f, "+{}", span.0),
            Self::Thunk(thunk) => write!(f, "let{}", thunk.0),
            Self::WindowId(window) => write!(f, "window{}", window.0),
            Self::Cause(cause) => write!(f, "cause{}", cause.0),
            Self::BuiltinId(builtin) => write!(f, "builtin{}", builtin.0),
            Self::PolicyId(policy) => write!(f, "policy{}", policy.0),
            Self::StatementId(statement) => write!(f, "statement{}", statement.0),
            Self::WaiverId(waiver) => write!(f, "waiver{}", waiver.0),
            Self::RolloutId(rollout) => write!(f, "rollout{}", rollout.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Label, OP_BYTES, OPS, Op, Reg};

    #[test]
    fn numbers_and_names_are_unique() {
        for (index, row) in OPS.iter().enumerate() {
            assert!(OPS.iter().skip(index + 1).all(|other| other.id != row.id && other.name != row.name));
        }
    }

    #[test]
    fn every_row_fits_eight_bytes_and_round_trips() {
        for row in OPS {
            let mut bytes = [0x5a; OP_BYTES];
            bytes[0] = row.id;
            let op = Op::from_bytes(bytes).unwrap();
            assert_eq!(Op::from_bytes(op.to_bytes()), Some(op), "{}", row.name);
            let mut seen = Vec::new();
            op.visit(|name, _| seen.push(name));
            assert_eq!(seen, row.operands);
        }
        assert_eq!(Op::from_bytes([0xff; OP_BYTES]), None);
    }

    #[test]
    fn operands_stand_in_little_endian_order() {
        let op = Op::JumpIfFalse { cond: Reg(0x0102), to: Label(0x0304_0506) };
        assert_eq!(op.to_bytes(), [0x11, 2, 1, 6, 5, 4, 3, 0]);
    }

    #[test]
    fn an_operation_takes_eight_bytes_in_memory() {
        assert_eq!(std::mem::size_of::<Op>(), OP_BYTES);
    }
}
