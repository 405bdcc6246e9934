//! Tokens and reserved words (chapter `lex` of `spec/`).
//!
//! Logos finds the longest token; words become keywords by the table [`Kw`], so that the reserved words stand in one
//! place. Literals stay text here; their meaning is in `holdpoint_isa::literal`.

use logos::Logos;

macro_rules! keywords {
    ($( $name:ident $word:literal $class:ident; )+) => {
        /// A word with a meaning of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kw { $( #[doc = concat!("`", $word, "`.")] $name, )+ }

        impl Kw {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[ $( Self::$name, )+ ];

            /// Its spelling.
            pub const fn word(self) -> &'static str { match self { $( Self::$name => $word, )+ } }

            /// Whether it can never be a name, except after a point or before a colon.
            pub const fn is_reserved(self) -> bool { match self { $( Self::$name => keywords!(@ $class), )+ } }

            /// The keyword with a spelling.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $( $word => Some(Self::$name), )+ _ => None }
            }
        }
    };
    (@ reserved) => { true };
    (@ contextual) => { false };
}

keywords! {
    // Words that begin a declaration.
    Use "use" reserved;
    Include "include" reserved;
    Record "record" reserved;
    Enum "enum" reserved;
    Request "request" reserved;
    Window "window" reserved;
    Calendar "calendar" reserved;
    Group "group" reserved;
    Signal "signal" reserved;
    Fn "fn" reserved;
    Let "let" reserved;
    Param "param" reserved;
    Policy "policy" reserved;
    Rule "rule" reserved;
    Waivable "waivable" reserved;
    Waiver "waiver" reserved;
    Trial "trial" reserved;
    Test "test" reserved;
    Fixture "fixture" reserved;
    Score "score" reserved;
    Rollout "rollout" reserved;
    // Words that begin a statement or a part of one.
    Allow "allow" reserved;
    Delay "delay" reserved;
    Escalate "escalate" reserved;
    Block "block" reserved;
    Warn "warn" reserved;
    When "when" reserved;
    Unless "unless" reserved;
    Because "because" reserved;
    Fix "fix" reserved;
    On "on" reserved;
    // Words of expressions.
    And "and" reserved;
    Or "or" reserved;
    Not "not" reserved;
    In "in" reserved;
    Is "is" reserved;
    None "none" reserved;
    True "true" reserved;
    False "false" reserved;
    If "if" reserved;
    Then "then" reserved;
    Else "else" reserved;
    Match "match" reserved;
    Any "any" reserved;
    No "no" reserved;
    Every "every" reserved;
    Satisfies "satisfies" reserved;
    Count "count" reserved;
    Sum "sum" reserved;
    Min "min" reserved;
    Max "max" reserved;
    Distinct "distinct" reserved;
    For "for" reserved;
    Each "each" reserved;
    Where "where" reserved;
    With "with" reserved;
    // Words with a meaning in one place only.
    Ordered "ordered" contextual;
    As "as" reserved;
    Number "number" contextual;
    Of "of" contextual;
    Open "open" contextual;
    Closed "closed" contextual;
    During "during" contextual;
    Through "through" contextual;
    To "to" contextual;
    Mon "mon" contextual;
    Tue "tue" contextual;
    Wed "wed" contextual;
    Thu "thu" contextual;
    Fri "fri" contextual;
    Sat "sat" contextual;
    Sun "sun" contextual;
    Valid "valid" contextual;
    Unknown "unknown" contextual;
    Until "until" contextual;
    Needs "needs" contextual;
    Expires "expires" contextual;
    Control "control" contextual;
    Owner "owner" contextual;
    ReviewBy "review_by" contextual;
    Waives "waives" contextual;
    Oblige "oblige" contextual;
    Within "within" contextual;
    Finish "finish" contextual;
    Decision "decision" contextual;
    Given "given" contextual;
    Expect "expect" contextual;
    By "by" contextual;
    From "from" contextual;
    Claimed "claimed" contextual;
    Verified "verified" contextual;
    Gathered "gathered" contextual;
    Attested "attested" contextual;
    Deploy "deploy" contextual;
    Bands "bands" contextual;
    The "the" contextual;
    Word "word" contextual;
    Step "step" contextual;
    Metric "metric" contextual;
    Critical "critical" contextual;
    MinSamples "min_samples" contextual;
    MaxAge "max_age" contextual;
    Warmup "warmup" contextual;
    Confirm "confirm" contextual;
    Promote "promote" contextual;
    Hold "hold" contextual;
    Rollback "rollback" contextual;
    At "at" contextual;
    Most "most" contextual;
    Verify "verify" contextual;
}

impl Kw {
    /// Whether it stands before the name of a declaration.
    pub const fn heads_declaration(self) -> bool {
        matches!(
            self,
            Self::Use
                | Self::Include
                | Self::Record
                | Self::Ordered
                | Self::Enum
                | Self::Request
                | Self::Window
                | Self::Calendar
                | Self::Group
                | Self::Signal
                | Self::Fn
                | Self::Let
                | Self::Param
                | Self::Policy
                | Self::Score
                | Self::Rollout
                | Self::Rule
                | Self::Waivable
                | Self::Waiver
                | Self::Trial
                | Self::Test
                | Self::Fixture
        )
    }
}

/// What is wrong with a stretch that is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LexError {
    /// A character that begins no token.
    #[default]
    Character,
    /// A text without its closing quote on the same line.
    UnterminatedText,
    /// A control or bidirectional character.
    Control,
    /// A number that runs into a word, such as `10minutes`.
    NumberWord,
    /// A text between single quotes.
    SingleQuotes,
    /// A comment as other languages write it.
    ForeignComment,
}

/// A token.
#[derive(Logos, Debug, Clone, Copy, PartialEq)]
#[logos(error = LexError)]
#[logos(skip r"[ \t\r\n]+")]
#[logos(skip(r"//[^\n]*", priority = 0, allow_greedy = true))]
pub enum Token<'s> {
    /// A documentation comment, without its `///`.
    #[regex(r"///[^\n]*", |lex| lex.slice().trim_start_matches('/').trim(), allow_greedy = true)]
    Doc(&'s str),
    /// A name that is no keyword.
    #[regex(r"[A-Za-z_][A-Za-z0-9_]*", |lex| lex.slice())]
    Name(&'s str),
    /// A keyword; made from a name.
    Keyword(Kw),
    /// The currency in front of an amount of money; made from a name of three capitals.
    Currency(&'s str),
    /// The `else` that belongs to an `if`; made from the keyword.
    IfElse,
    /// A whole number.
    #[regex(r"[0-9][0-9_]*", |lex| lex.slice())]
    Int(&'s str),
    /// A number with a point.
    #[regex(r"[0-9][0-9_]*\.[0-9]+", |lex| lex.slice())]
    Decimal(&'s str),
    /// A percentage.
    #[regex(r"[0-9]+(\.[0-9]+)?%", |lex| lex.slice())]
    Percent(&'s str),
    /// Percentage points.
    #[regex(r"[0-9]+(\.[0-9]+)?pp", |lex| lex.slice())]
    Points(&'s str),
    /// A length of time.
    #[regex(r"([0-9]+(w|d|h|m|s|ms))+", |lex| lex.slice())]
    Duration(&'s str),
    /// A size.
    #[regex(r"[0-9]+(\.[0-9]+)?(B|kB|MB|GB|TB|PB|KiB|MiB|GiB|TiB|PiB)", |lex| lex.slice())]
    Size(&'s str),
    /// A version.
    #[regex(r"v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", |lex| lex.slice())]
    Version(&'s str),
    /// A calendar date.
    #[regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", |lex| lex.slice())]
    Date(&'s str),
    /// A time of day.
    #[regex(r"[0-9]{2}:[0-9]{2}", |lex| lex.slice())]
    Time(&'s str),
    /// A point in time.
    #[regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?", |lex| lex.slice())]
    Instant(&'s str),
    /// A text with its quotes.
    #[regex(r#""([^"\\\n]|\\[^\n])*""#, |lex| lex.slice())]
    Text(&'s str),
    /// A text between single quotes, which the lexer reports and takes for a text.
    #[regex(r"'[^'\n]*'", |lex| lex.slice())]
    Quoted(&'s str),
    /// `# …`, which the lexer reports and drops.
    #[regex(r"#[^\n]*", allow_greedy = true)]
    Hash,
    /// `/* … */`, which the lexer reports and drops; without its end, only its beginning.
    #[regex(r"/\*([^*]|\*+[^*/])*\*+/")]
    #[token("/*")]
    BlockComment,
    /// `caller's`, of `on the caller's word`.
    #[token("caller's")]
    Callers,
    /// A stretch that is no token.
    Bad(LexError),
    /// `{`
    #[token("{")]
    LBrace,
    /// `}`
    #[token("}")]
    RBrace,
    /// `(`
    #[token("(")]
    LParen,
    /// `)`
    #[token(")")]
    RParen,
    /// `[`
    #[token("[")]
    LBracket,
    /// `]`
    #[token("]")]
    RBracket,
    /// `<`
    #[token("<")]
    Lt,
    /// `<=`
    #[token("<=")]
    Le,
    /// `>`
    #[token(">")]
    Gt,
    /// `>=`
    #[token(">=")]
    Ge,
    /// `==`
    #[token("==")]
    Eq,
    /// `!=`
    #[token("!=")]
    Ne,
    /// `=`
    #[token("=")]
    Assign,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Star,
    /// `/`
    #[token("/")]
    Slash,
    /// `.`
    #[token(".")]
    Dot,
    /// `=>`, which the parser takes and the checker calls `:` or `>=`.
    #[token("=>")]
    FatArrow,
    /// `,`
    #[token(",")]
    Comma,
    /// `:`
    #[token(":")]
    Colon,
    /// `?`
    #[token("?")]
    Question,
    /// `->`
    #[token("->")]
    Arrow,
    /// `&&`, which the parser takes and the checker calls `and`.
    #[token("&&")]
    AndAnd,
    /// `||`, which the parser takes and the checker calls `or`.
    #[token("||")]
    OrOr,
    /// `!`, which the parser takes and the checker calls `not`.
    #[token("!")]
    Bang,
    /// `;`, which the lexer reports and drops.
    #[token(";")]
    Semicolon,
}
