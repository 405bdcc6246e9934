//! Every limit of the language, the module format and the machine, in one table.
//!
//! A limit is part of the language: raising one is a new semantics version, because it changes what compiles.

macro_rules! limits {
    ($( $(#[doc = $doc:literal])+ $name:ident: $ty:ty = $value:expr, unit $unit:literal, rule $rule:literal; )+) => {
        $( $(#[doc = $doc])+ pub const $name: $ty = $value; )+

        /// One row of the table of limits, for the specification.
        #[derive(Debug, Clone, Copy)]
        pub struct Limit {
            /// The constant's name.
            pub name: &'static str,
            /// The value.
            pub value: u64,
            /// What is counted.
            pub unit: &'static str,
            /// The clause of `spec/` that states it.
            pub rule: &'static str,
            /// What it bounds.
            pub doc: &'static str,
        }

        /// All limits, in the order of the table.
        pub const LIMITS: &[Limit] = &[
            $( Limit { name: stringify!($name), value: $value as u64, unit: $unit, rule: $rule, doc: concat!($($doc),+) }, )+
        ];
    };
}

limits! {
    /// Longest source file.
    SOURCE_BYTES_MAX: u32 = 4 * 1024 * 1024, unit "bytes", rule "lex.source.size";
    /// Deepest nesting of brackets, blocks and operators in a source file.
    NESTING_MAX: u32 = 128, unit "levels", rule "grammar.nesting";
    /// Bytes of a `string` that declares no other maximum.
    STRING_BYTES_DEFAULT: u32 = 256, unit "bytes", rule "type.string.max";
    /// Largest maximum that a `string` may declare.
    STRING_BYTES_MAX: u32 = 4096, unit "bytes", rule "type.string.max";
    /// Bytes of a `version`.
    VERSION_BYTES_MAX: u32 = 256, unit "bytes", rule "type.version";
    /// Bytes of the pattern of `matches`.
    GLOB_BYTES_MAX: u32 = 256, unit "bytes", rule "lib.matches";
    /// Steps that the pattern of `matches` may come to.
    GLOB_STEPS_MAX: u32 = 256, unit "steps", rule "lib.matches";
    /// Elements of a `list` that declares no other maximum.
    LIST_LEN_DEFAULT: u32 = 64, unit "elements", rule "type.list.max";
    /// Largest maximum that a `list` may declare.
    LIST_LEN_MAX: u32 = 4096, unit "elements", rule "type.list.max";
    /// Lists within lists.
    LIST_LEVELS_MAX: u32 = 3, unit "levels", rule "type.list.levels";
    /// Entries of a `map` that declares no other maximum.
    MAP_LEN_DEFAULT: u32 = 32, unit "entries", rule "type.map.max";
    /// Largest maximum that a `map` may declare.
    MAP_LEN_MAX: u32 = 256, unit "entries", rule "type.map.max";
    /// Members of an enum.
    ENUM_MEMBERS_MAX: u32 = 256, unit "members", rule "type.enum.members";
    /// Registers of a module.
    REGISTERS_MAX: u32 = 65_535, unit "registers", rule "module.limits";
    /// Slots of a request, its lists apart.
    SLOTS_MAX: u32 = 65_535, unit "slots", rule "module.limits";
    /// Operations of a module.
    CODE_LEN_MAX: u32 = 4_000_000, unit "operations", rule "module.limits";
    /// Length of an encoded module.
    MODULE_BYTES_MAX: u32 = 64 * 1024 * 1024, unit "bytes", rule "module.limits";
    /// Fuel that one decision may be proven to need at most.
    FUEL_MAX: u64 = 200_000_000, unit "fuel", rule "fuel.limit";
    /// Values that lists of one decision may be proven to need at most, those of the request and those built.
    CELLS_MAX: u64 = 4_000_000, unit "values", rule "fuel.memory";
    /// Fuel that the reasons of one decision and the search for `retry_at` may use together.
    EXPLAIN_FUEL_MAX: u64 = 4_000_000, unit "fuel", rule "fuel.explain";
    /// Steps and verifications of a rollout.
    STAGES_MAX: u32 = 64, unit "stages", rule "rollout.plan";
    /// Samples of a metric that a judgement looks at.
    SAMPLES_MAX: u32 = 64, unit "samples", rule "type.samples";
    /// Rounds of the search for the instant at which a delay ends.
    RETRY_ROUNDS_MAX: u32 = 64, unit "rounds", rule "delay.fixpoint";
    /// Ranges of one window.
    WINDOW_RANGES_MAX: u32 = 64, unit "ranges", rule "window.ranges.max";
    /// Bytes of a time zone that a module carries.
    ZONE_BYTES_MAX: u32 = 16 * 1024, unit "bytes", rule "window.database";
    /// Days that the search for an instant looks ahead.
    HORIZON_DAYS: u32 = 400, unit "days", rule "window.horizon";
    /// Bytes of one rendered reason.
    REASON_BYTES_MAX: u32 = 2048, unit "bytes", rule "reason.size";
    /// Bytes of a request body.
    REQUEST_BYTES_MAX: u32 = 256 * 1024, unit "bytes", rule "request.size";
    /// Nesting of a request body.
    REQUEST_DEPTH_MAX: u32 = 32, unit "levels", rule "request.depth";
    /// Objections that one decision keeps beside the gravest of each rule; more are counted, and the count is part of
    /// the decision.
    OBJECTIONS_MAX: u32 = 1024, unit "objections", rule "verdict.objections.max";
}
