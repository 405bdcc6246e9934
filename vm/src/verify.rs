//! The verifier: what a module must be so that the machine can run it without a check (rule `verify.sound`).
//!
//! A verified module cannot panic, run past its bound or read outside its slots, whoever wrote its bytes: registers
//! have one kind for life, jumps go forward within their block, loops are nested and run over bounded lists, and the
//! bound is computed again from the code. [`VerifiedProgram`] is the only thing that the machine runs, and this module
//! is the only one that makes it.

mod bounds;
mod code;
mod layout;
mod loops;
mod rollouts;
mod zones;

use std::collections::BTreeMap;
use std::fmt;

use holdpoint_isa::codec::{CodecError, ModuleHash};
use holdpoint_isa::limits;
use holdpoint_isa::literal::Glob;
use holdpoint_isa::ops::{Konst, Op};
use holdpoint_isa::program::{Block, Const, Program, SEMANTICS_VERSION, Until};

use crate::value::Value;
use crate::window::{PreparedWindow, PreparedZone};
pub use bounds::Bounds;
use bounds::Purpose;
pub use rollouts::stage_bounds;
use zones::Times;
pub use zones::needed as needed_zones;

/// A module that was verified.
#[derive(Debug)]
pub struct VerifiedProgram {
    program: Program,
    bytes: Vec<u8>,
    hash: ModuleHash,
    /// Most fuel that telling why can use.
    telling: u64,
    pub(crate) windows: Vec<PreparedWindow>,
    /// The time zones that operations name, by the index of the constant.
    pub(crate) zones: BTreeMap<u16, PreparedZone>,
    /// The globs that operations name, by the index of the constant.
    pub(crate) globs: BTreeMap<u16, Glob>,
    /// Cells of one element, by the register that walks the list.
    pub(crate) strides: Vec<u16>,
    /// The constants, as the machine has them in registers.
    pub(crate) constants: Vec<Value>,
    /// For each operation what all before it cost, in the order of the code; one more for the end.
    costs: Vec<u64>,
}

/// Why a module cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// The bytes are no module.
    Codec(CodecError),
    /// It was made for semantics that this program does not have.
    Semantics(u16),
    /// It breaks a rule of the verifier; where, and how.
    Invalid(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Codec(error) => error.fmt(f),
            Self::Semantics(found) => {
                write!(
                    f,
                    "semantics version {found} is not known here; this program runs version {SEMANTICS_VERSION}"
                )
            }
            Self::Invalid(what) => write!(f, "the module does not verify: {what}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// Breaks off verification with a reason.
pub(crate) fn invalid<T>(what: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::Invalid(what.into()))
}

impl VerifiedProgram {
    /// Decodes and verifies a module.
    ///
    /// # Errors
    /// Whatever makes the bytes unfit to run.
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        let program = holdpoint_isa::decode(bytes).map_err(LoadError::Codec)?;
        if program.semantics != SEMANTICS_VERSION {
            return Err(LoadError::Semantics(program.semantics));
        }
        let bounds = verify(&program)?;
        let Times { windows, zones } = Times::of(&program)?;
        let globs = named_globs(&program);
        let strides = program.registers.iter().map(|kind| layout::stride(&program, *kind)).collect();
        let constants =
            (0u32..).zip(&program.constants).map(|(index, konst)| Value::constant(index, konst)).collect();
        let costs = costs(&program);
        Ok(Self {
            hash: ModuleHash::of(bytes),
            bytes: bytes.to_vec(),
            telling: bounds.telling,
            program,
            windows,
            zones,
            globs,
            strides,
            constants,
            costs,
        })
    }

    /// What the operations of a stretch of code cost, without what some charge for what they look at.
    #[inline(always)]
    pub(crate) fn cost(&self, from: usize, to: usize) -> u64 {
        let before = |at: usize| self.costs.get(at).copied().unwrap_or_default();
        before(to).saturating_sub(before(from))
    }

    /// The module's identity.
    pub const fn hash(&self) -> ModuleHash {
        self.hash
    }

    /// The module's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the bytes decode to.
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Most fuel that one decision can use.
    pub const fn fuel_bound(&self) -> u64 {
        self.program.fuel_bound
    }

    /// Most fuel that one decision can use with its reasons and the search for `retry_at`.
    pub const fn whole_bound(&self) -> u64 {
        self.program.fuel_bound.saturating_add(self.telling)
    }
}

/// What all operations before each cost.
fn costs(program: &Program) -> Vec<u64> {
    let mut sum = 0u64;
    let mut before = vec![0];
    before.extend(program.code.iter().map(|op| {
        sum = sum.saturating_add(u64::from(op.cost()));
        sum
    }));
    before
}

/// Reads the globs that operations name; the verifier has seen that each can be read.
fn named_globs(program: &Program) -> BTreeMap<u16, Glob> {
    let patterns = program.code.iter().filter_map(|op| match op {
        Op::Matches { pattern, .. } => Some((pattern.0, named_glob(program, *pattern)?)),
        _ => None,
    });
    patterns.collect()
}

/// The glob in a constant.
fn named_glob(program: &Program, pattern: Konst) -> Option<Glob> {
    match program.constants.get(pattern.index()) {
        Some(Const::Str(text)) => holdpoint_isa::literal::glob(text).ok(),
        _ => None,
    }
}

/// Verifies a module, and tells the bounds of its code.
///
/// # Errors
/// [`LoadError::Invalid`] with the first rule that it breaks.
pub fn verify(program: &Program) -> Result<Bounds, LoadError> {
    sizes(program)?;
    constants(program)?;
    layout::check(program)?;
    references(program)?;
    zones::check(program)?;
    blocks(program)?;
    let others = program.texts.iter().map(|text| text.block).chain(untils(program).map(|until| until.block));
    let stages = program.rollouts.iter().flat_map(|rollout| rollout.stages.iter().map(|stage| stage.code));
    let rollouts = program.rollouts.iter().map(|rollout| rollout.code).chain(stages);
    loops::check(program, others.chain(rollouts).chain([program.admission]))?;
    let admission = whole_bounds(program)?;
    if admission.fuel != program.fuel_bound {
        return invalid(format!("its bound is {}, and it states {}", admission.fuel, program.fuel_bound));
    }
    Ok(admission)
}

/// Blocks take no more operations than there are, but for one each that they may share: what looks at every block
/// looks at every operation about once.
fn blocks(program: &Program) -> Result<(), LoadError> {
    let rollouts = program.rollouts.iter();
    let stages = rollouts.flat_map(|r| r.stages.iter().map(|stage| stage.code).chain([r.code]));
    let texts = program.texts.iter().map(|text| text.block);
    let all = texts.chain(untils(program).map(|until| until.block)).chain(program.thunks.iter().copied());
    let taken = all.chain(stages).chain([program.admission]);
    let taken = taken.map(|block| u64::from(block.len.saturating_sub(1))).fold(0, u64::saturating_add);
    if taken > program.code.len() as u64 { invalid("its blocks overlap") } else { Ok(()) }
}

/// The worst cost of the code that decides a request, whether or not it is within the limits.
///
/// # Errors
/// [`LoadError::Invalid`] where the code breaks a rule.
pub fn admission_bounds(program: &Program) -> Result<Bounds, LoadError> {
    bounds::entry(program, program.admission, Purpose::Admission(&[]))
}

/// The worst cost of deciding a request and of telling why, all of it within the limits.
fn whole_bounds(program: &Program) -> Result<Bounds, LoadError> {
    let fuel = |what: &str, at: usize, block: Block| {
        let bounds = bounds::entry(program, block, Purpose::Values).and_then(Bounds::limited);
        bounds.map(|bounds| bounds.fuel).map_err(|error| match error {
            LoadError::Invalid(why) => LoadError::Invalid(format!("{what} {at}: {why}")),
            other => other,
        })
    };
    let texts = program.texts.iter().enumerate().map(|(at, text)| fuel("text", at, text.block));
    let texts = texts.collect::<Result<Vec<u64>, _>>()?;
    let text = |index: u16| texts.get(usize::from(index)).copied().unwrap_or_default();
    let telling = program.statements.iter().enumerate().map(|(at, s)| {
        let until = s.until.map_or(Ok(0), |until| fuel("statement", at, until.block))?;
        let reason = text(s.reason).max(s.because.map_or(0, text));
        Ok(reason.saturating_add(s.fix.map_or(0, text)).saturating_add(until))
    });
    let telling = telling.collect::<Result<Vec<u64>, _>>()?;
    let judged = rollouts::check(program, &telling)?;
    let mut admission = bounds::entry(program, program.admission, Purpose::Admission(&telling))?.limited()?;
    let duties = program.waivers.iter().flat_map(|waiver| &waiver.obligations).map(|o| text(o.text));
    admission.telling = duties.fold(admission.telling, u64::saturating_add);
    if untils(program).next().is_some() {
        let round = admission.fuel.saturating_add(admission.telling);
        let search = round.saturating_mul(limits::RETRY_ROUNDS_MAX.into());
        admission.telling = admission.telling.saturating_add(search);
    }
    admission.telling = admission.telling.max(judged).min(limits::EXPLAIN_FUEL_MAX);
    Ok(admission)
}

/// The code that tells when delays end.
fn untils(program: &Program) -> impl Iterator<Item = Until> {
    program.statements.iter().filter_map(|statement| statement.until)
}

fn sizes(program: &Program) -> Result<(), LoadError> {
    let within = |what: &str, len: usize, max: u32| {
        if len > max as usize { invalid(format!("{len} {what}, and at most {max} may be")) } else { Ok(()) }
    };
    within("registers", program.registers.len(), limits::REGISTERS_MAX)?;
    within("operations", program.code.len(), limits::CODE_LEN_MAX)?;
    let index = u32::from(u16::MAX);
    for (what, len) in [
        ("layouts", program.layouts.len()),
        ("causes", program.causes.len()),
        ("constants", program.constants.len()),
        ("lets", program.thunks.len()),
        ("windows", program.windows.len()),
        ("calendars", program.calendars.len()),
        ("groups", program.groups.len()),
        ("policies", program.policies.len()),
        ("rules", program.rules.len()),
        ("statements", program.statements.len()),
        ("waivers", program.waivers.len()),
        ("scores", program.scores.len()),
        ("rollouts", program.rollouts.len()),
        ("texts", program.texts.len()),
        ("enums", program.enums.len()),
    ] {
        within(what, len, index)?;
    }
    Ok(())
}

/// Checks that constants are what they are said to be.
fn constants(program: &Program) -> Result<(), LoadError> {
    for (index, constant) in program.constants.iter().enumerate() {
        let text = match constant {
            Const::Version(text) => text,
            // The cost of a glob is that of the longest text.
            Const::Str(text) if text.len() > limits::STRING_BYTES_MAX as usize => {
                return invalid(format!("constant {index} is too long a text"));
            }
            _ => continue,
        };
        let fits = text.len() <= limits::VERSION_BYTES_MAX as usize;
        if !fits || holdpoint_isa::literal::version(text).is_err() {
            return invalid(format!("constant {index} is no version"));
        }
    }
    Ok(())
}

/// Checks every index that a table holds into another.
fn references(program: &Program) -> Result<(), LoadError> {
    let holds = |what: &str, index: u16, len: usize| {
        if usize::from(index) < len { Ok(()) } else { invalid(format!("{what} {index} is not there")) }
    };
    for rule in &program.rules {
        holds("policy", rule.policy, program.policies.len())?;
    }
    for statement in &program.statements {
        holds("rule", statement.rule, program.rules.len())?;
        for text in [Some(statement.reason), statement.because, statement.fix].into_iter().flatten() {
            holds("text", text, program.texts.len())?;
        }
        if let Some(escalate) = statement.escalate {
            holds("group", escalate.group, program.groups.len())?;
        }
        for reg in [statement.witness, statement.until.map(|until| until.reg)].into_iter().flatten() {
            holds("register", reg.0, program.registers.len())?;
        }
    }
    for waiver in &program.waivers {
        holds("policy", waiver.policy, program.policies.len())?;
        waiver.rules.iter().try_for_each(|rule| holds("rule", *rule, program.rules.len()))?;
        waiver.obligations.iter().try_for_each(|o| holds("text", o.text, program.texts.len()))?;
    }
    for score in &program.scores {
        let regs = score.factors.iter().flat_map(|factor| [factor.value, factor.contribution]);
        for reg in regs.chain([score.total]) {
            if program.registers.get(reg.index()) != Some(&holdpoint_isa::types::Kind::Dec) {
                return invalid(format!("score `{}` has a register that is no decimal", score.name));
            }
        }
    }
    for window in &program.windows {
        let ranges = window.open.len().saturating_add(window.closed.len());
        if ranges > limits::WINDOW_RANGES_MAX as usize {
            return invalid(format!("window `{}` has {ranges} ranges", window.name));
        }
    }
    let spans = program.windows.iter().flat_map(|window| window.open.iter().chain(&window.closed));
    for span in spans {
        if let holdpoint_isa::window::Days::Calendar(calendar) = span.days {
            holds("calendar", calendar, program.calendars.len())?;
        }
    }
    let pieces = program.texts.iter().flat_map(|text| &text.pieces);
    pieces.into_iter().try_for_each(|piece| code::piece(program, piece, 0))
}
