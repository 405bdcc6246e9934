//! The table of codes (each has a page in `spec/errors`). Codes are never reused.

use super::Severity;

macro_rules! codes {
    ($( $id:literal $name:ident $severity:ident $title:literal, rule $rule:literal; )+) => {
        /// The code of a diagnostic.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $( #[doc = $title] $name, )+ }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &[Self] = &[ $( Self::$name, )+ ];

            /// What stands in messages: a letter and four digits.
            pub const fn id(self) -> &'static str { match self { $( Self::$name => $id, )+ } }

            /// A title that stands alone.
            pub const fn title(self) -> &'static str { match self { $( Self::$name => $title, )+ } }

            /// The clause of `spec/` that it enforces.
            pub const fn rule(self) -> &'static str { match self { $( Self::$name => $rule, )+ } }

            /// How much it matters.
            pub const fn severity(self) -> Severity { match self { $( Self::$name => Severity::$severity, )+ } }

            /// Its page of the specification: what it means, what is wrong and what would be right.
            pub const fn page(self) -> &'static str {
                match self {
                    $( Self::$name => include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/errors/", $id, ".md")), )+
                }
            }

            /// The code with this id.
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
            }
        }
    };
}

codes! {
    "E0101" UnknownCharacter Error "character that begins no token", rule "lex.tokens";
    "E0102" UnterminatedText Error "text without a closing quote", rule "lex.text";
    "E0103" ControlCharacter Error "control character in the source", rule "lex.characters";
    "E0104" NumberWord Error "number that runs into a word", rule "lex.numbers";
    "E0105" TooDeep Error "nested too deeply", rule "grammar.nesting";
    "E0106" BadLiteral Error "literal without a value", rule "lex.literals";
    "E0107" BadEscape Error "unknown escape in a text", rule "lex.text";
    "E0108" BadHole Error "brace that does not pair", rule "lex.holes";
    "E0109" Semicolon Error "semicolon", rule "lex.tokens";
    "E0110" SourceTooLong Error "source file too long", rule "lex.source.size";

    "E0201" Unexpected Error "unexpected word or sign", rule "grammar.syntax";
    "E0202" ChainedComparison Error "chained comparison", rule "grammar.comparison";
    "E0203" MixedAndOr Error "`and` beside `or` without parentheses", rule "grammar.and-or";
    "E0204" ForeignSpelling Error "spelling of another language", rule "grammar.operators";
    "E0205" NotCallable Error "call of something that is no function", rule "grammar.calls";
    "E0206" ClauseMisplaced Error "clause that does not belong here", rule "grammar.clauses";
    "E0207" ClauseOrder Error "clauses out of order", rule "grammar.clauses";
    "E0208" EmptyRule Error "rule without a statement", rule "rule.statements";
    "E0209" HoleInPlainText Error "value in a text that takes none", rule "lex.holes";

    "E0301" UnknownName Error "unknown name", rule "name.resolve";
    "E0302" Duplicate Error "name declared twice", rule "name.once";
    "E0303" Ambiguous Error "name that could be two things", rule "name.ambiguous";
    "E0304" UnknownType Error "unknown type", rule "type.names";
    "E0305" UnknownMember Error "unknown member", rule "type.members";
    "E0306" UnknownModule Error "unknown module", rule "module.use";
    "E0307" NoRequest Error "no request type", rule "request.type";
    "E0308" ReservedName Error "reserved word as a name", rule "name.reserved";
    "W0309" Unused Warning "name that nothing uses", rule "name.unused";

    "E0310" Include Error "include of nothing", rule "module.include";

    "E0401" TypeMismatch Error "types differ", rule "type.mismatch";
    "E0402" NoOperator Error "operator not defined for these types", rule "type.operators";
    "E0403" PercentSum Error "percent plus percent", rule "type.percent";
    "E0404" NotAList Error "not a list", rule "type.list";
    "E0405" Arguments Error "wrong arguments", rule "type.call";
    "E0406" NotExhaustive Error "`match` leaves members out", rule "type.match";
    "E0407" RepeatedMember Error "member named twice", rule "type.match";
    "E0408" NeedsContext Error "type not known here", rule "type.infer";
    "E0409" EmptyEvery Error "`every` over a list that may be empty", rule "eval.every";
    "E0410" LimitExceeded Error "limit exceeded", rule "type.limits";
    "E0411" Recursive Error "definition that needs itself", rule "fn.acyclic";
    "E0412" BadReading Error "unit that does not fit the type", rule "request.units";
    "E0413" NotConstant Error "not a constant", rule "param.constant";
    "E0414" NotShown Error "value that cannot be written in a text", rule "reason.values";
    "E0415" NotOptional Error "never none", rule "type.optional";
    "E0416" NotWholeDays Error "date moved by a part of a day", rule "type.date.days";

    "E0501" ClauseForVerdict Error "clause of another verdict", rule "rule.details";
    "E0502" EscalateToNobody Error "escalation to nobody", rule "rule.escalate";
    "E0503" EmptyPolicy Error "policy that decides nothing", rule "policy.governs";
    "E0504" NotWaivable Error "waiver of a rule that is not waivable", rule "waiver.waivable";
    "E0505" UnknownRule Error "unknown rule", rule "waiver.rules";
    "E0506" OnUnknownAllows Error "unknown that would not object", rule "unknown.verdict";
    "E0507" WaiverIncomplete Error "waiver without condition or rule", rule "waiver.when";

    "E0508" ClaimsAlone Error "release on the caller's word alone", rule "fact.claims";

    "E0509" Weights Error "weights that do not add up to 100", rule "score.weights";
    "E0510" Bands Error "bands that leave a gap or run the wrong way", rule "score.bands";
    "E0511" Rollout Error "rollout that cannot be followed or judged", rule "rollout.plan";
    "E0512" LowerLayer Error "what only the top layer may say", rule "layer.top";
    "E0513" NoFloor Error "relative threshold without a floor", rule "rollout.floor";
    "W0514" FixedCondition Warning "condition that never changes", rule "rule.fixed";

    "E0601" UnknownZone Error "unknown time zone", rule "window.zone";
    "E0602" BadRange Error "range that ends before it starts", rule "window.ranges";
    "E0603" NeverOpen Error "window that is never open", rule "window.never-open";
    "E0604" OutsideCalendar Error "day outside its calendar", rule "calendar.valid";

    "E0701" UnknownFixture Error "unknown fixture", rule "test.given";
    "E0702" BadData Error "data that does not fit the request", rule "test.data";
    "E0703" TestIncomplete Error "test that shows nothing", rule "test.expect";

    "E0801" FuelBound Error "fuel bound above the limit", rule "fuel.limit";
    "E0802" TooLarge Error "module too large", rule "module.limits";
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn ids_are_unique_and_lead_back() {
        for code in Code::ALL {
            assert_eq!(Code::from_id(code.id()), Some(*code));
        }
    }
}
