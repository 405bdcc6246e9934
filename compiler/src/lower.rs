//! Lowering: the code of lets, of admission, of reasons and of the ends of delays.
//!
//! Each policy is its head, then its rules under a jump over them; each statement is its condition and one `Object`.
//! A `let` becomes a block that runs at most once. Functions are written out where they are called, which keeps calls
//! out of the machine; what that costs is bounded by the limit on code.

mod expr;
mod over;
mod policy;
mod rollout;
mod score;

use std::collections::BTreeMap;

use holdpoint_isa::limits::CODE_LEN_MAX;
use holdpoint_isa::ops::{Konst, Label, Op, Reg, Span, WindowId};
use holdpoint_isa::program::{Block, Const, EnumDef, Field, Group, Layout, Node, Program, SEMANTICS_VERSION};
use holdpoint_isa::types::{Kind, Reading, Scalar};
use holdpoint_lang::hir::{self, LocalId, Package};

use crate::layout::{self, Layouts, SignalNode, TooMany};
use crate::regs::Registers;
use expr::Place;

/// Lowers a package; its bound is still to be computed.
pub(crate) fn lower(package: &Package) -> Result<Program, TooMany> {
    let Layouts { layouts, causes, request, facts, signals, calendar_cause, common_cause } =
        layout::build(package)?;
    let mut lower = Lower::new(package, &layouts, &request, &signals, causes);
    lower.lets();
    lower.admission();
    let Lower { mut program, registers, element_layouts, causes, too_many, .. } = lower;
    if let Some(what) = too_many {
        return Err(what);
    }
    program.registers = registers.finish()?;
    program.causes = causes;
    program.facts = facts;
    program.calendar_cause = calendar_cause;
    program.common_cause = common_cause;
    program.layouts = layouts;
    program.layouts.extend(element_layouts.into_iter().map(|(_, layout)| layout));
    Ok(program)
}

/// What a local stands for while its scope is lowered.
#[derive(Debug, Clone)]
enum Binding<'a> {
    /// The element at which a loop stands.
    Element { reg: Reg, layout: u16 },
    /// A value in a register.
    Value(Reg),
    /// A record or list of the request or of an element.
    Place(Place<'a>),
}

/// A module in the making.
pub(crate) struct Lower<'a> {
    package: &'a Package,
    layouts: &'a [Layout],
    /// The members of the request, whoever sends them.
    request: &'a [Field],
    signals: &'a [SignalNode],
    program: Program,
    registers: Registers,
    constants: BTreeMap<ConstKey, Konst>,
    causes: Vec<String>,
    /// Layouts of lists of scalars that the code builds.
    element_layouts: Vec<(Scalar, Layout)>,
    bindings: BTreeMap<LocalId, Binding<'a>>,
    /// The register of each `let`; nothing for those that stand for a place.
    let_regs: Vec<Option<Reg>>,
    too_many: Option<TooMany>,
}

/// A constant in an order; constants are in the pool once.
type ConstKey = (u8, i128, String);

impl<'a> Lower<'a> {
    fn new(
        package: &'a Package,
        layouts: &'a [Layout],
        request: &'a [Field],
        signals: &'a [SignalNode],
        causes: Vec<String>,
    ) -> Self {
        let enums = package.enums.iter();
        let enums =
            enums.map(|def| EnumDef { name: def.name.clone(), members: def.members.clone() }).collect();
        let spare = &package.spare;
        let groups = package.groups.iter().enumerate().filter(|(at, _)| !spare.groups.contains(at));
        let windows = package.windows.iter().enumerate().filter(|(at, _)| !spare.windows.contains(at));
        let groups =
            groups.map(|(_, (name, source))| Group { name: name.clone(), source: source.clone() }).collect();
        let program = Program {
            semantics: SEMANTICS_VERSION,
            tzdb: holdpoint_vm::window::TZDB_VERSION.to_owned(),
            enums,
            windows: windows.map(|(_, (window, _))| window.clone()).collect(),
            calendars: package.calendars.clone(),
            groups,
            ..Program::default()
        };
        Self {
            package,
            layouts,
            request,
            signals,
            program,
            registers: Registers::default(),
            constants: BTreeMap::new(),
            causes,
            element_layouts: Vec::new(),
            bindings: BTreeMap::new(),
            let_regs: Vec::new(),
            too_many: None,
        }
    }

    /// The code of each `let`. None of its registers is used by other code, in the middle of which it may run.
    fn lets(&mut self) {
        let package = self.package;
        for binding in &package.lets {
            if self.place(&binding.value).is_some_and(|place| !place.is_scalar()) {
                self.let_regs.push(None);
                // Indices of lets are those of thunks, so a place has an empty one.
                let block = self.block(|_| {});
                self.program.thunks.push(block);
                continue;
            }
            let kind = self.kind_of(&binding.value);
            let dst = self.registers.keep(kind);
            let mark = self.registers.mark();
            let block = self.block(|lower| lower.into(&binding.value, dst));
            self.registers.retire(mark);
            self.let_regs.push(Some(dst));
            self.program.thunks.push(block);
        }
    }

    /// A block with the code that `fill` makes.
    fn block(&mut self, fill: impl FnOnce(&mut Self)) -> Block {
        let start = self.here();
        fill(self);
        self.emit(Op::End {});
        Block { start, len: self.here().saturating_sub(start) }
    }

    fn emit(&mut self, op: Op) {
        if self.program.code.len() >= CODE_LEN_MAX as usize {
            self.too_many.get_or_insert(("operations", u64::from(CODE_LEN_MAX)));
            return;
        }
        self.program.code.push(op);
    }

    /// Index of the next operation.
    fn here(&self) -> u32 {
        u32::try_from(self.program.code.len()).unwrap_or(u32::MAX)
    }

    /// Emits a jump whose target comes later; [`Self::land`] sets it.
    fn jump(&mut self, op: Op) -> usize {
        let at = self.program.code.len();
        self.emit(op);
        at
    }

    /// Lets a jump lead here.
    fn land(&mut self, at: usize) {
        let target = Label(self.here());
        if let Some(
            Op::Jump { to }
            | Op::JumpIfFalse { to, .. }
            | Op::JumpIfTrue { to, .. }
            | Op::JumpUnlessKnown { to, .. },
        ) = self.program.code.get_mut(at)
        {
            *to = target;
        }
    }

    /// A number of operations within a loop.
    fn span(&mut self, len: usize) -> Span {
        match u16::try_from(len) {
            Ok(len) => Span(len),
            Err(_) => {
                self.too_many.get_or_insert(("operations in one loop", u64::from(u16::MAX)));
                Span(0)
            }
        }
    }

    /// A constant of the pool.
    fn constant(&mut self, value: &Const) -> Konst {
        let key: ConstKey = match value {
            Const::None => (0, 0, String::new()),
            Const::Bool(value) => (1, i128::from(*value), String::new()),
            Const::Int(value) => (2, i128::from(*value), String::new()),
            Const::Dec(value) => (3, value.billionths(), String::new()),
            Const::Str(text) => (4, 0, text.clone()),
            Const::Version(text) => (5, 0, text.clone()),
        };
        if let Some(konst) = self.constants.get(&key) {
            return *konst;
        }
        let konst = Konst(self.index("constants", self.program.constants.len()));
        self.program.constants.push(value.clone());
        self.constants.insert(key, konst);
        konst
    }

    /// A reason for not knowing that only one operation names.
    fn cause(&mut self, phrase: String) -> u16 {
        if let Some(at) = self.causes.iter().position(|known| *known == phrase) {
            return self.index("causes", at);
        }
        let at = self.index("causes", self.causes.len());
        self.causes.push(phrase);
        at
    }

    /// A window's place in the module.
    fn window(&mut self, window: usize) -> WindowId {
        let at = hir::index_without(&self.package.spare.windows, window);
        WindowId(self.index("windows", at))
    }

    /// A group's place in the module.
    fn group(&mut self, group: usize) -> u16 {
        let at = hir::index_without(&self.package.spare.groups, group);
        self.index("groups", at)
    }

    fn index(&mut self, what: &'static str, len: usize) -> u16 {
        match u16::try_from(len) {
            Ok(index) if index < u16::MAX => index,
            _ => {
                self.too_many.get_or_insert((what, u64::from(u16::MAX)));
                0
            }
        }
    }

    /// The layout of a list of scalars that the code builds.
    fn element_layout(&mut self, scalar: Scalar) -> u16 {
        // The maximum of a text does not bear on how it is held.
        let scalar = if let Scalar::Str { .. } = scalar { Scalar::Str { max: 1 } } else { scalar };
        let known = self.element_layouts.iter().position(|(other, _)| *other == scalar);
        let at = known.unwrap_or_else(|| {
            let first_cause = self.cause("an element of a list".to_owned());
            let node = Node::Scalar { slot: 0, scalar, reading: Reading::Unit };
            let field = Field { name: String::new(), optional: false, node };
            self.element_layouts.push((scalar, Layout { slots: 1, first_cause, fields: vec![field] }));
            self.element_layouts.len().saturating_sub(1)
        });
        self.index("layouts", self.layouts.len().saturating_add(at))
    }

    /// A register for a while.
    fn take(&mut self, kind: Kind) -> Reg {
        self.registers.take(kind)
    }
}
