//! Expressions.
//!
//! An operand that may be none is turned into unknown where an operation needs a value (rule `eval.none`); comparisons
//! for equality, `in`, `else` and `is none` take none as it is.

use holdpoint_isa::ops::{Konst, Op, Reg, Slot, Thunk};
use holdpoint_isa::program::{Const, Field, Node};
use holdpoint_isa::types::{Kind, Scalar};
use holdpoint_lang::hir::{self, Compare, Expr, Type, VersionPart, ZonePart};
use holdpoint_lang::ops::Arith;

use super::{Binding, Lower};
use crate::layout::{SignalNode, kind, scalar};
use crate::show::show;

/// Where a member lies: in the root layout, in the element in a register, or in the element at an end of a list,
/// which is looked up where the member is loaded.
#[derive(Debug, Clone)]
pub(super) enum Base {
    Root,
    Element(Reg),
    End { list: Box<Expr>, last: bool },
}

/// A member of the request or of an element.
#[derive(Debug, Clone)]
pub(super) enum Place<'a> {
    Record { base: Base, presence: Option<u16>, fields: &'a [Field] },
    Scalar { base: Base, slot: u16 },
    List { base: Base, slot: u16, layout: u16, max: u32 },
}

impl Place<'_> {
    pub(super) const fn is_scalar(&self) -> bool {
        matches!(self, Self::Scalar { .. })
    }
}

impl<'a> Lower<'a> {
    /// The place that an expression names, if it names one.
    pub(super) fn place(&self, e: &Expr) -> Option<Place<'a>> {
        match &*e.kind {
            hir::Kind::Request => {
                Some(Place::Record { base: Base::Root, presence: None, fields: self.request })
            }
            hir::Kind::Member(base, index) => match self.place(base)? {
                Place::Record { base, presence, fields } => {
                    fields.get(*index).map(|field| node_place(base, presence, &field.node))
                }
                Place::Scalar { .. } | Place::List { .. } => None,
            },
            hir::Kind::Signal(id) => {
                self.signals.get(*id).map(|SignalNode(node)| node_place(Base::Root, None, node))
            }
            hir::Kind::Let(id) => {
                let value = &self.package.lets.get(*id)?.value;
                // A `let` of a scalar has a register of its own.
                self.place(value).filter(|place| !place.is_scalar())
            }
            hir::Kind::Local(id) => match self.bindings.get(id)? {
                Binding::Place(place) => Some(place.clone()),
                Binding::Element { reg, layout } => self.element_place(Base::Element(*reg), *layout),
                Binding::Value(_) => None,
            },
            hir::Kind::End(list, last) => {
                let Place::List { layout, .. } = self.place(list)? else { return None };
                self.element_place(Base::End { list: Box::new(list.clone()), last: *last }, layout)
            }
            _ => None,
        }
    }

    fn element_place(&self, base: Base, layout: u16) -> Option<Place<'a>> {
        let fields = match self.layouts.get(usize::from(layout)) {
            Some(layout) => layout.fields.as_slice(),
            None => {
                let built = usize::from(layout).checked_sub(self.layouts.len())?;
                return self.element_layouts.get(built).map(|_| Place::Scalar { base, slot: 0 });
            }
        };
        match fields {
            [Field { name, node, .. }] if name.is_empty() => Some(node_place(base, None, node)),
            fields => Some(Place::Record { base, presence: None, fields }),
        }
    }

    /// How the machine holds the value of an expression.
    pub(super) fn kind_of(&mut self, e: &Expr) -> Kind {
        if !matches!(e.ty.required(), Type::List(..) | Type::Map(..)) {
            return kind(&e.ty);
        }
        let (layout, max) = self.list_of(e);
        Kind::List { layout, max }
    }

    /// Layout and most elements of a list.
    pub(super) fn list_of(&mut self, e: &Expr) -> (u16, u32) {
        if let Some(Place::List { layout, max, .. }) = self.place(e) {
            return (layout, max);
        }
        match &*e.kind {
            // An argument may hold more elements than its parameter says.
            hir::Kind::Local(id) if let Some(Kind::List { layout, max }) = self.bound_kind(*id) => {
                (layout, max)
            }
            hir::Kind::Let(id) => {
                let package = self.package;
                package.lets.get(*id).map_or((0, 0), |binding| self.list_of(&binding.value))
            }
            hir::Kind::Fold(_, value, binder) => {
                let (_, max) = self.list_of(&binder.list);
                (self.element_layout(scalar(&value.ty).unwrap_or(Scalar::Bool)), max)
            }
            _ => {
                let (element, max) = match e.ty.required() {
                    Type::List(element, max) => (scalar(element), *max),
                    _ => (None, 0),
                };
                (self.element_layout(element.unwrap_or(Scalar::Bool)), max)
            }
        }
    }

    /// The kind of the register that a local stands for.
    fn bound_kind(&self, id: hir::LocalId) -> Option<Kind> {
        match self.bindings.get(&id)? {
            Binding::Value(reg) => self.registers.kind(*reg),
            Binding::Element { .. } | Binding::Place(_) => None,
        }
    }

    /// A register with the value of an expression.
    pub(super) fn expr(&mut self, e: &Expr) -> Reg {
        match &*e.kind {
            hir::Kind::Let(id) => {
                if let Some(Some(reg)) = self.let_regs.get(*id).copied() {
                    let thunk = Thunk(self.index("lets", *id));
                    self.emit(Op::Force { thunk });
                    return reg;
                }
            }
            hir::Kind::Local(id) => {
                if let Some(Binding::Value(reg)) = self.bindings.get(id) {
                    return *reg;
                }
            }
            _ => {}
        }
        let kind = self.kind_of(e);
        let dst = self.take(kind);
        self.into(e, dst);
        dst
    }

    /// A register with the value of an expression, unknown where that is none.
    pub(super) fn strict(&mut self, e: &Expr) -> Reg {
        let reg = self.expr(e);
        self.require(e, reg)
    }

    fn require(&mut self, e: &Expr, reg: Reg) -> Reg {
        if !matches!(e.ty, Type::Optional(_) | Type::None) {
            return reg;
        }
        let cause = self.cause(format!("{} (none)", show(self.package, e)));
        let kind = self.kind_of(e);
        let dst = self.take(kind);
        self.emit(Op::Require { dst, src: reg, cause: holdpoint_isa::ops::Cause(cause) });
        dst
    }

    /// Puts the value of an expression into a register of its kind.
    pub(super) fn into(&mut self, e: &Expr, dst: Reg) {
        if let Some(place) = self.place(e) {
            return self.load(&place, dst);
        }
        match &*e.kind {
            // A signal is a place.
            hir::Kind::Error | hir::Kind::Request | hir::Kind::Signal(_) => {}
            hir::Kind::Member(base, _) => self.member_of_none(base, dst),
            hir::Kind::Const(value) | hir::Kind::Param(_, value) => self.load_const(value, dst),
            hir::Kind::Now => self.emit(Op::Now { dst }),
            hir::Kind::Let(_) | hir::Kind::Local(_) => {
                let src = self.expr(e);
                self.emit(Op::Move { dst, src });
            }
            _ => self.operate(e, dst),
        }
    }

    /// A member of what is no place: of a record that is none, as an argument of a function may be, or of an end of a
    /// list that such a record would have.
    fn member_of_none(&mut self, base: &Expr, dst: Reg) {
        match &*base.kind {
            hir::Kind::Member(base, _) => self.member_of_none(base, dst),
            hir::Kind::End(list, last) => {
                let src = self.end_of(list, *last);
                self.emit(Op::Poison { dst, src });
            }
            _ => self.load_const(&Const::None, dst),
        }
    }

    /// Operations: what is neither a place nor a name nor a constant.
    fn operate(&mut self, e: &Expr, dst: Reg) {
        match &*e.kind {
            hir::Kind::List(list) => self.list(list, dst),
            hir::Kind::Not(inner) => {
                let src = self.strict(inner);
                self.emit(Op::Not { dst, src });
            }
            hir::Kind::Neg(inner) => self.negate(inner, dst),
            hir::Kind::And(a, b) => self.connect(a, b, dst, true),
            hir::Kind::Or(a, b) => self.connect(a, b, dst, false),
            hir::Kind::Compare(compare, a, b) => self.compare(*compare, a, b, dst),
            hir::Kind::In(value, list) => self.within(value, list, dst),
            hir::Kind::IsNone(inner) => self.is_none(inner, dst),
            hir::Kind::Else(a, b) => {
                let src = self.expr(a);
                let alt = self.take(kind(&a.ty));
                self.into(b, alt);
                self.emit(Op::Else { dst, src, alt });
            }
            hir::Kind::If(cond, yes, no) => self.choose(cond, yes, no, dst),
            hir::Kind::Match(on, arms) => self.select(on, arms, dst),
            hir::Kind::Arith(arith, a, b) => self.arith(*arith, a, b, dst),
            hir::Kind::Quantifier(quantifier, binder) => self.quantifier(*quantifier, binder, dst),
            hir::Kind::Fold(fold, value, binder) => self.fold(*fold, value, binder, dst),
            hir::Kind::Call(id, args) => self.call(*id, args, dst),
            hir::Kind::Builtin(builtin, args) => self.builtin(*builtin, args, dst),
            _ => self.part(e, dst),
        }
    }

    /// Parts and properties of values.
    fn part(&mut self, e: &Expr, dst: Reg) {
        match &*e.kind {
            hir::Kind::Size(list) => {
                let list = self.expr(list);
                self.emit(Op::Len { dst, list });
            }
            hir::Kind::VersionPart(part, version) => {
                let src = self.strict(version);
                self.emit(match part {
                    VersionPart::Major => Op::Major { dst, src },
                    VersionPart::Minor => Op::Minor { dst, src },
                    VersionPart::Patch => Op::Patch { dst, src },
                });
            }
            hir::Kind::End(list, last) => {
                let elem = self.end_of(list, *last);
                self.emit(Op::Field { dst, elem, slot: Slot(0) });
            }
            hir::Kind::InWindow(at, window) => {
                let at = self.strict(at);
                let window = self.window(*window);
                self.emit(Op::InWindow { dst, at, window });
            }
            hir::Kind::NextOpen(window, at) => {
                let at = self.strict(at);
                let window = self.window(*window);
                self.emit(Op::NextOpen { dst, at, window });
            }
            hir::Kind::InZone(part, at, zone) => {
                let at = self.strict(at);
                let zone = self.constant(&Const::Str(zone.clone()));
                self.emit(match part {
                    ZonePart::Date => Op::DateIn { dst, at, zone },
                    ZonePart::Weekday => Op::WeekdayIn { dst, at, zone },
                });
            }
            // What is no place is a map that is none: an argument of a function. Only a fault of the key outweighs that.
            hir::Kind::Lookup(map, key) | hir::Kind::HasKey(key, map) if self.place(map).is_none() => {
                let src = self.strict(key);
                self.load_const(&Const::None, dst);
                let cause = self.cause(format!("{} (none)", show(self.package, map)));
                self.emit(Op::Require { dst, src: dst, cause: holdpoint_isa::ops::Cause(cause) });
                self.poison_unless_known(dst, src);
            }
            hir::Kind::Lookup(map, key) => {
                let (map, key) = (self.strict(map), self.strict(key));
                self.emit(Op::Lookup { dst, map, key });
            }
            hir::Kind::HasKey(key, map) => {
                let (key, map) = (self.strict(key), self.strict(map));
                self.emit(Op::HasKey { dst, map, key });
            }
            hir::Kind::Matches(text, pattern) => {
                let text = self.strict(text);
                let pattern = self.constant(&Const::Str(pattern.clone()));
                self.emit(Op::Matches { dst, text, pattern });
            }
            // `into` and `operate` have seen to everything else.
            _ => {}
        }
    }

    /// Loads a place; of a record, whether it is there.
    fn load(&mut self, place: &Place<'_>, dst: Reg) {
        let (base, slot) = match place {
            Place::Scalar { base, slot, .. } | Place::List { base, slot, .. } => (base, Some(*slot)),
            Place::Record { base, presence, .. } => (base, *presence),
        };
        let Some(slot) = slot else {
            self.load_const(&Const::Bool(true), dst);
            // Whether there is an end of a list is not known where the list is empty or not known.
            if let Base::End { list, last } = base {
                let elem = self.end_of(list, *last);
                self.poison_unless_known(dst, elem);
            }
            return;
        };
        let slot = Slot(slot);
        match base {
            Base::Root => self.emit(Op::Fact { dst, slot }),
            Base::Element(elem) => self.emit(Op::Field { dst, elem: *elem, slot }),
            Base::End { list, last } => {
                let elem = self.end_of(list, *last);
                self.emit(Op::Field { dst, elem, slot });
            }
        }
    }

    /// A register that stands at the first or last element of a list.
    fn end_of(&mut self, list: &Expr, last: bool) -> Reg {
        let (layout, max) = self.list_of(list);
        let which = if last { "last" } else { "first" };
        let cause = self.cause(format!("the {which} of {} without elements", show(self.package, list)));
        let cause = holdpoint_isa::ops::Cause(cause);
        let list = self.strict(list);
        let elem = self.take(Kind::Elem { layout, max });
        self.emit(if last { Op::Last { elem, list, cause } } else { Op::First { elem, list, cause } });
        elem
    }

    /// Takes over another register's unknown or fault where it has one.
    fn poison_unless_known(&mut self, dst: Reg, src: Reg) {
        let to = holdpoint_isa::ops::Label(0);
        let unknown = self.jump(Op::JumpUnlessKnown { src, to });
        let known = self.jump(Op::Jump { to });
        self.land(unknown);
        self.emit(Op::Poison { dst, src });
        self.land(known);
    }

    pub(super) fn load_const(&mut self, value: &Const, dst: Reg) {
        let konst = self.constant(value);
        self.emit(Op::Const { dst, konst });
    }

    fn list(&mut self, list: &[Expr], dst: Reg) {
        self.emit(Op::ListNew { dst });
        for e in list {
            let value = self.strict(e);
            self.emit(Op::Push { list: dst, value });
        }
    }

    fn is_none(&mut self, inner: &Expr, dst: Reg) {
        match self.place(inner) {
            Some(place @ Place::Record { .. }) => {
                let src = self.take(Kind::Bool);
                self.load(&place, src);
                self.emit(Op::IsNone { dst, src });
            }
            _ => {
                let src = self.expr(inner);
                self.emit(Op::IsNone { dst, src });
            }
        }
    }

    fn negate(&mut self, inner: &Expr, dst: Reg) {
        let src = self.strict(inner);
        match kind(&inner.ty) {
            Kind::Dec => self.emit(Op::NegDec { dst, src }),
            _ => self.emit(Op::NegInt { dst, src }),
        }
    }

    /// `and` and `or`: the right side is left out where the left decides.
    fn connect(&mut self, a: &Expr, b: &Expr, dst: Reg, and: bool) {
        let lhs = self.strict(a);
        self.emit(Op::Move { dst, src: lhs });
        let to = holdpoint_isa::ops::Label(0);
        let end =
            self.jump(if and { Op::JumpIfFalse { cond: lhs, to } } else { Op::JumpIfTrue { cond: lhs, to } });
        let rhs = self.strict(b);
        self.emit(if and { Op::And { dst, lhs, rhs } } else { Op::Or { dst, lhs, rhs } });
        self.land(end);
    }

    fn compare(&mut self, compare: Compare, a: &Expr, b: &Expr, dst: Reg) {
        if matches!(compare, Compare::Eq | Compare::Ne) {
            self.equal(a, b, dst);
            if compare == Compare::Ne {
                self.emit(Op::Not { dst, src: dst });
            }
            return;
        }
        let (lhs, rhs) = (self.strict(a), self.strict(b));
        // `a > b` is `not a <= b`, so that the operands keep their order.
        let (or_equal, negated) = match compare {
            Compare::Lt => (false, false),
            Compare::Le => (true, false),
            Compare::Gt => (true, true),
            _ => (false, true),
        };
        self.emit(match (kind(&a.ty), or_equal) {
            (Kind::Version, false) => Op::LtVersion { dst, lhs, rhs },
            (Kind::Version, true) => Op::LeVersion { dst, lhs, rhs },
            (Kind::Dec, false) => Op::LtDec { dst, lhs, rhs },
            (Kind::Dec, true) => Op::LeDec { dst, lhs, rhs },
            (_, false) => Op::LtInt { dst, lhs, rhs },
            (_, true) => Op::LeInt { dst, lhs, rhs },
        });
        if negated {
            self.emit(Op::Not { dst, src: dst });
        }
    }

    fn equal(&mut self, a: &Expr, b: &Expr, dst: Reg) {
        // `none` takes the kind of the other side.
        let shared = if matches!(a.ty, Type::None) { kind(&b.ty) } else { kind(&a.ty) };
        let (lhs, rhs) = (self.of_kind(a, shared), self.of_kind(b, shared));
        self.emit(equality(shared, dst, lhs, rhs));
    }

    fn of_kind(&mut self, e: &Expr, kind: Kind) -> Reg {
        if matches!(e.ty, Type::None) {
            let dst = self.take(kind);
            self.into(e, dst);
            return dst;
        }
        self.expr(e)
    }

    fn within(&mut self, value: &Expr, list: &Expr, dst: Reg) {
        let hir::Kind::List(members) = &*list.kind else {
            let value = self.expr(value);
            let list = self.strict(list);
            return self.emit(Op::InList { dst, value, list });
        };
        if let Some(mask) = enum_mask(value, members) {
            let src = self.expr(value);
            let mask = self.mask(mask);
            return self.emit(Op::InMask { dst, src, mask });
        }
        let shared = kind(&value.ty);
        let lhs = self.of_kind(value, shared);
        self.load_const(&Const::Bool(false), dst);
        for member in members {
            let rhs = self.of_kind(member, shared);
            let found = self.take(Kind::Bool);
            self.emit(equality(shared, found, lhs, rhs));
            self.emit(Op::Or { dst, lhs: dst, rhs: found });
        }
    }

    fn mask(&mut self, mask: i64) -> Konst {
        self.constant(&Const::Int(mask))
    }

    fn choose(&mut self, cond: &Expr, yes: &Expr, no: &Expr, dst: Reg) {
        let cond = self.strict(cond);
        let to = holdpoint_isa::ops::Label(0);
        let is_false = self.jump(Op::JumpIfFalse { cond, to });
        let is_true = self.jump(Op::JumpIfTrue { cond, to });
        self.emit(Op::Poison { dst, src: cond });
        let unknown = self.jump(Op::Jump { to });
        self.land(is_true);
        self.into(yes, dst);
        let done = self.jump(Op::Jump { to });
        self.land(is_false);
        self.into(no, dst);
        self.land(unknown);
        self.land(done);
    }

    fn select(&mut self, on: &Expr, arms: &[(Vec<usize>, Expr)], dst: Reg) {
        let to = holdpoint_isa::ops::Label(0);
        let on_reg = self.strict(on);
        self.emit(Op::Poison { dst, src: on_reg });
        let mut ends = vec![self.jump(Op::JumpUnlessKnown { src: on_reg, to })];
        let count = arms.len();
        for (index, (members, value)) in arms.iter().enumerate() {
            let last = index.saturating_add(1) == count;
            // The arms cover every member, so the last one needs no test.
            let next = if last { None } else { Some(self.arm_test(on_reg, members)) };
            self.into(value, dst);
            if let Some(next) = next {
                ends.push(self.jump(Op::Jump { to }));
                self.land(next);
            }
        }
        ends.into_iter().for_each(|end| self.land(end));
    }

    /// Jumps away unless a value is one of an arm's members.
    fn arm_test(&mut self, on: Reg, members: &[usize]) -> usize {
        let found = self.take(Kind::Bool);
        match mask_of(members.iter().copied()) {
            Some(mask) => {
                let mask = self.mask(mask);
                self.emit(Op::InMask { dst: found, src: on, mask });
            }
            None => {
                self.load_const(&Const::Bool(false), found);
                for member in members {
                    let rhs = self.take(Kind::Int);
                    self.load_const(&Const::Int(i64::try_from(*member).unwrap_or(i64::MAX)), rhs);
                    let one = self.take(Kind::Bool);
                    self.emit(Op::EqInt { dst: one, lhs: on, rhs });
                    self.emit(Op::Or { dst: found, lhs: found, rhs: one });
                }
            }
        }
        self.jump(Op::JumpIfFalse { cond: found, to: holdpoint_isa::ops::Label(0) })
    }

    // ---- arithmetic and calls

    fn arith(&mut self, arith: Arith, a: &Expr, b: &Expr, dst: Reg) {
        let (lhs, rhs) = (self.strict(a), self.strict(b));
        let op = match arith {
            Arith::AddInt => Op::AddInt { dst, lhs, rhs },
            Arith::SubInt => Op::SubInt { dst, lhs, rhs },
            Arith::MulInt => Op::MulInt { dst, lhs, rhs },
            Arith::AddDec => Op::AddDec { dst, lhs, rhs },
            Arith::SubDec => Op::SubDec { dst, lhs, rhs },
            Arith::MulDec => Op::MulDec { dst, lhs, rhs },
            Arith::DivDec => Op::DivDec { dst, lhs, rhs },
            Arith::PercentOf => Op::PercentOf { dst, lhs, rhs },
            Arith::DivInt => {
                let (lhs, rhs) = (self.decimal(lhs), self.decimal(rhs));
                Op::DivDec { dst, lhs, rhs }
            }
            Arith::DivDecInt => Op::DivDec { dst, lhs, rhs: self.decimal(rhs) },
            Arith::MulDecInt => Op::MulDec { dst, lhs, rhs: self.decimal(rhs) },
            Arith::MulIntDec => Op::MulDec { dst, lhs: self.decimal(lhs), rhs },
            Arith::IntPercentOf => Op::PercentOf { dst, lhs: self.decimal(lhs), rhs },
            Arith::PercentOfInt => Op::PercentOf { dst, lhs, rhs: self.decimal(rhs) },
            Arith::CountPercent => Op::PercentInt { dst, count: lhs, percent: rhs },
            Arith::PercentCount => Op::PercentInt { dst, count: rhs, percent: lhs },
            Arith::CountDec => Op::ScaleInt { dst, count: lhs, factor: rhs },
            Arith::DecCount => Op::ScaleInt { dst, count: rhs, factor: lhs },
            Arith::DateDays => Op::AddDays { dst, date: lhs, by: rhs },
            Arith::DaysDate => Op::AddDays { dst, date: rhs, by: lhs },
            Arith::DateLessDays => Op::SubDays { dst, date: lhs, by: rhs },
            Arith::DaysBetween => Op::DaysBetween { dst, lhs, rhs },
        };
        self.emit(op);
    }

    fn decimal(&mut self, src: Reg) -> Reg {
        let dst = self.take(Kind::Dec);
        self.emit(Op::IntToDec { dst, src });
        dst
    }

    /// A function, written out with its arguments bound.
    fn call(&mut self, id: usize, args: &[Expr], dst: Reg) {
        let package = self.package;
        let Some(function) = package.fns.get(id) else { return };
        let mut saved = Vec::new();
        for (param, arg) in function.params.iter().zip(args) {
            let binding = match self.place(arg).filter(|place| !place.is_scalar()) {
                Some(place) => Binding::Place(place),
                None => Binding::Value(self.expr(arg)),
            };
            saved.push((*param, binding));
        }
        for (param, binding) in &mut saved {
            if let Some(before) = self.bindings.insert(*param, binding.clone()) {
                *binding = before;
            }
        }
        self.into(&function.body, dst);
        for (param, binding) in saved {
            self.bindings.insert(param, binding);
        }
    }

    fn builtin(&mut self, builtin: holdpoint_isa::Builtin, args: &[Expr], dst: Reg) {
        let params = builtin.info().params.iter().zip(args);
        let kinds: Vec<Kind> =
            params.map(|((_, param), arg)| param.kind().unwrap_or_else(|| self.kind_of(arg))).collect();
        let values: Vec<Reg> = args.iter().map(|arg| self.strict(arg)).collect();
        let regs = self.registers.consecutive(&kinds);
        for (src, dst) in values.iter().zip(&regs) {
            self.emit(Op::Move { dst: *dst, src: *src });
        }
        let first = regs.first().copied().unwrap_or(dst);
        self.emit(Op::Call { dst, builtin: holdpoint_isa::ops::BuiltinId(builtin as u16), args: first });
    }
}

/// The place of a node. A record that is always there within one that may be absent is there where that is.
fn node_place(base: Base, outer: Option<u16>, node: &Node) -> Place<'_> {
    match node {
        Node::Scalar { slot, .. } => Place::Scalar { base, slot: *slot },
        Node::Record { presence, fields } => {
            let presence = match presence {
                Some(_) => *presence,
                None => outer,
            };
            Place::Record { base, presence, fields: fields.as_slice() }
        }
        // Entries of a map lie as the elements of a list do.
        Node::List { slot, layout, max } | Node::Map { slot, layout, max } => {
            Place::List { base, slot: *slot, layout: *layout, max: *max }
        }
    }
}

const fn equality(kind: Kind, dst: Reg, lhs: Reg, rhs: Reg) -> Op {
    match kind {
        Kind::Bool => Op::EqBool { dst, lhs, rhs },
        Kind::Dec => Op::EqDec { dst, lhs, rhs },
        Kind::Str => Op::EqStr { dst, lhs, rhs },
        Kind::Version => Op::EqVersion { dst, lhs, rhs },
        _ => Op::EqInt { dst, lhs, rhs },
    }
}

/// The mask of an enum's members, where each fits one.
fn enum_mask(value: &Expr, members: &[Expr]) -> Option<i64> {
    if !matches!(value.ty.required(), Type::Enum(_)) {
        return None;
    }
    let indices: Option<Vec<usize>> = members
        .iter()
        .map(|member| match &*member.kind {
            hir::Kind::Const(Const::Int(index)) => usize::try_from(*index).ok(),
            _ => None,
        })
        .collect();
    mask_of(indices?.into_iter())
}

/// A mask of members; nothing where one of them is beyond 62.
fn mask_of(members: impl Iterator<Item = usize>) -> Option<i64> {
    let mut mask = 0i64;
    for member in members {
        let bit = u32::try_from(member).ok().filter(|bit| *bit < 63)?;
        mask |= 1i64.checked_shl(bit)?;
    }
    Some(mask)
}
