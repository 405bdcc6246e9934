//! Builtins: functions that a policy may call, as one table (rule `lib.builtins`).
//!
//! A row feeds the checker's signatures, the compiler's cost, the machine's dispatch, completion and the pages of
//! `spec/`. Builtins are names, never tokens: adding one does not touch the grammar.

/// A type in the signature of a builtin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// A truth value.
    Bool,
    /// A whole number.
    Int,
    /// An exact decimal.
    Decimal,
    /// A percentage.
    Percent,
    /// A length of time.
    Duration,
    /// A point in time.
    Instant,
    /// Text.
    Str,
    /// A list of values that have an order and are held as numbers.
    Numbers,
}

impl Param {
    /// The type's name in the language.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Decimal => "decimal",
            Self::Percent => "percent",
            Self::Duration => "duration",
            Self::Instant => "instant",
            Self::Str => "string",
            Self::Numbers => "list of numbers",
        }
    }

    /// How the machine holds such a value; nothing for lists, whose layouts differ.
    pub const fn kind(self) -> Option<crate::types::Kind> {
        use crate::types::Kind;
        match self {
            Self::Bool => Some(Kind::Bool),
            Self::Int | Self::Duration | Self::Instant => Some(Kind::Int),
            Self::Decimal | Self::Percent => Some(Kind::Dec),
            Self::Str => Some(Kind::Str),
            Self::Numbers => None,
        }
    }
}

/// Calls a macro with every row of the table of builtins.
#[macro_export]
macro_rules! for_each_builtin {
    ($callback:ident) => {
        $callback! {
            /// Whether `text` begins with `prefix`.
            1 StartsWith "starts_with" (text: Str, prefix: Str) -> Bool, cost 4, rule "lib.starts-with";
            /// Whether `text` ends with `suffix`.
            2 EndsWith "ends_with" (text: Str, suffix: Str) -> Bool, cost 4, rule "lib.ends-with";
            /// Whether `part` occurs in `text`.
            3 Contains "contains" (text: Str, part: Str) -> Bool, cost 64, rule "lib.contains";
            /// What a percentage lacks to 100 %.
            4 Complement "complement" (value: Percent) -> Percent, cost 1, rule "lib.complement";
            /// `part` in percent of `whole`; unknown where `whole` is nought.
            5 Ratio "ratio" (part: Int, whole: Int) -> Percent, cost 2, rule "lib.ratio";
            /// The length of a stretch of time, without its sign.
            6 AbsDuration "abs" (value: Duration) -> Duration, cost 1, rule "lib.abs";
            /// Whether no element of `values` is less than the one before it; costs one more for each element.
            7 Ascending "ascending" (values: Numbers) -> Bool, cost 1, rule "lib.ascending";
            /// Whether each element of `values` is greater than the one before it; costs one more for each element.
            8 StrictlyAscending "strictly_ascending" (values: Numbers) -> Bool, cost 1, rule "lib.ascending";
        }
    };
}

macro_rules! define_builtins {
    ($( $(#[doc = $doc:literal])+ $id:literal $name:ident $word:literal ( $( $arg:ident : $ty:ident ),* ) -> $result:ident,
        cost $cost:literal, rule $rule:literal; )+) => {
        /// A builtin.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Builtin { $( $(#[doc = $doc])+ $name = $id, )+ }

        impl Builtin {
            /// All builtins, in the order of the table.
            pub const ALL: &[Self] = &[ $( Self::$name, )+ ];

            /// Its row of the table.
            pub const fn info(self) -> BuiltinInfo {
                match self { $( Self::$name => BuiltinInfo {
                    id: $id, word: $word, params: &[ $( (stringify!($arg), Param::$ty) ),* ], result: Param::$result,
                    cost: $cost, rule: $rule, doc: concat!($($doc),+),
                }, )+ }
            }
        }
    };
}

/// A row of the table of builtins.
#[derive(Debug, Clone, Copy)]
pub struct BuiltinInfo {
    /// The number that stands in a module; never reused.
    pub id: u16,
    /// The name in a policy.
    pub word: &'static str,
    /// Names and types of the parameters.
    pub params: &'static [(&'static str, Param)],
    /// Type of the result.
    pub result: Param,
    /// Fuel beyond that of the call.
    pub cost: u32,
    /// The clause of `spec/` that defines it.
    pub rule: &'static str,
    /// Its meaning.
    pub doc: &'static str,
}

for_each_builtin!(define_builtins);

impl Builtin {
    /// The builtin with this number.
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|builtin| *builtin as u16 == id)
    }

    /// The builtin with this name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|builtin| builtin.info().word == word)
    }
}

#[cfg(test)]
mod tests {
    use super::Builtin;

    #[test]
    fn ids_and_words_lead_back_to_their_rows() {
        for builtin in Builtin::ALL {
            assert_eq!(Builtin::from_id(builtin.info().id), Some(*builtin));
            assert_eq!(Builtin::from_word(builtin.info().word), Some(*builtin));
        }
        assert_eq!(Builtin::from_id(0), None);
    }
}
