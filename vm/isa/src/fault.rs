//! Faults: what a computation can end in instead of a value (rule `fault.kinds`).
//!
//! A fault is closed and numbered and carries no text but its own name; numbers are never reused.

macro_rules! faults {
    ($( $(#[doc = $doc:literal])+ $id:literal $name:ident $text:literal, rule $rule:literal; )+) => {
        /// Why a computation has no value. A fault in an enforced rule blocks and cannot be waived.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Fault { $( $(#[doc = $doc])+ $name = $id, )+ }

        /// All faults: number, text and the clause of `spec/` that defines each.
        pub const FAULTS: &[(Fault, u8, &str, &str)] = &[ $( (Fault::$name, $id, $text, $rule), )+ ];

        impl Fault {
            /// The text shown in a reason.
            pub const fn text(self) -> &'static str { match self { $( Self::$name => $text, )+ } }
        }
    };
}

faults! {
    /// The result of integer, duration or instant arithmetic does not fit 64 bits.
    1 IntOverflow "the result does not fit 64 bits", rule "fault.int-overflow";
    /// The result of decimal or percent arithmetic does not fit 128 bits.
    2 DecimalOverflow "the result does not fit a decimal", rule "fault.decimal-overflow";
    /// The fuel given to the run was used up; a verified module run with its bound never reaches this.
    3 FuelExhausted "the fuel is used up", rule "fault.fuel";
    /// A date was to be moved by a duration that is not whole days.
    4 NotWholeDays "the duration is not whole days", rule "fault.whole-days";
    /// A date before the year 0000 or after the year 9999.
    5 NoSuchDate "the date is outside the years 0000 to 9999", rule "fault.date";
}

#[cfg(test)]
mod tests {
    use super::FAULTS;

    #[test]
    fn numbers_and_texts_are_unique() {
        for (index, (fault, id, text, _)) in FAULTS.iter().enumerate() {
            assert_eq!(*fault as u8, *id);
            assert!(FAULTS.iter().skip(index + 1).all(|(_, other, words, _)| other != id && words != text));
        }
    }
}
