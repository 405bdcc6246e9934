//! Layouts: which slot each member of the request has, and what is said where it is not known.

use holdpoint_isa::program::{
    CommonCause, Fact, Field, Layout, Node, Provenance, SignalArg, SignalValue, Source,
};
use holdpoint_isa::types::{Kind, Reading, Scalar};
use holdpoint_lang::hir::{self, Expr, Package, Type};

/// A limit of the module format that a package exceeds: what is counted, and how many there may be.
pub(crate) type TooMany = (&'static str, u64);

/// All layouts of a module.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    pub(crate) layouts: Vec<Layout>,
    pub(crate) causes: Vec<String>,
    /// The request's members in the order of the record, whoever sends them.
    pub(crate) request: Vec<Field>,
    pub(crate) facts: Vec<Fact>,
    /// Where each signal lies.
    pub(crate) signals: Vec<SignalNode>,
    pub(crate) calendar_cause: u16,
    pub(crate) common_cause: u16,
}

/// Where a signal lies in the root layout.
#[derive(Debug, Clone)]
pub(crate) struct SignalNode(pub(crate) Node);

impl SignalNode {
    /// The slots of a signal's members, in their order, where it is a record of single values.
    pub(crate) fn scalar_slots(&self) -> Vec<u16> {
        let Node::Record { fields, .. } = &self.0 else { return Vec::new() };
        let slot = |field: &Field| if let Node::Scalar { slot, .. } = field.node { Some(slot) } else { None };
        fields.iter().filter_map(slot).collect()
    }
}

/// A scalar type as a module has it; lists and records have none.
pub(crate) fn scalar(ty: &Type) -> Option<Scalar> {
    Some(match ty.required() {
        Type::Bool => Scalar::Bool,
        Type::Int => Scalar::Int,
        Type::Decimal => Scalar::Decimal,
        Type::Percent => Scalar::Percent,
        Type::Points => Scalar::Points,
        Type::Duration => Scalar::Duration,
        Type::Instant => Scalar::Instant,
        Type::Date => Scalar::Date,
        Type::Size => Scalar::Size,
        Type::Money(currency) => Scalar::Money(*currency),
        Type::Version => Scalar::Version,
        Type::Str(max) => Scalar::Str { max: (*max).clamp(1, holdpoint_isa::limits::STRING_BYTES_MAX) },
        Type::Principal => Scalar::Principal,
        Type::Enum(id) => Scalar::Enum(u16::try_from(*id).ok()?),
        Type::Error | Type::None | Type::Record(_) | Type::List(..) | Type::Map(..) | Type::Optional(_) => {
            return None;
        }
    })
}

/// How the machine holds a scalar type.
pub(crate) fn kind(ty: &Type) -> Kind {
    scalar(ty).map_or(Kind::Bool, Scalar::kind)
}

/// Lays out the request, the lists in it, and the signals.
pub(crate) fn build(package: &Package) -> Result<Layouts, TooMany> {
    let mut builder = Builder { package, pending: Vec::new(), layouts: Vec::new() };
    let request = package.request.unwrap_or(usize::MAX);
    let element = Element::Of(Type::Record(request));
    builder.pending.push(Pending { path: String::new(), element });
    // Lists are laid out behind what holds them, so a layout only refers to later ones.
    let mut built = Layouts::default();
    let mut at = 0;
    while let Some(pending) = builder.pending.get(at) {
        let (path, element) = (pending.path.clone(), pending.element.clone());
        let (fields, paths) = builder.layout(&path, &element)?;
        builder.layouts.push((fields, paths));
        if at == 0 {
            // The lists of signals are laid out behind the root as well.
            built.request = builder.layouts.first().map(|(f, _)| f.clone()).unwrap_or_default();
            builder.facts(&mut built)?;
        }
        at = at.saturating_add(1);
    }
    finish(builder.layouts, built, package)
}

fn finish(
    layouts: Vec<(Vec<Field>, Vec<String>)>,
    mut built: Layouts,
    package: &Package,
) -> Result<Layouts, TooMany> {
    for (fields, paths) in layouts {
        let layout = Layout { slots: index(paths.len())?, first_cause: index(built.causes.len())?, fields };
        built.layouts.push(layout);
        built.causes.extend(paths);
    }
    built.calendar_cause = index(built.causes.len())?;
    let days = package
        .calendars
        .iter()
        .map(|calendar| format!("calendar {} beyond the dates it knows", calendar.name));
    built.causes.extend(days);
    built.common_cause = index(built.causes.len())?;
    built.causes.extend(CommonCause::PHRASES.iter().map(|phrase| (*phrase).to_owned()));
    Ok(built)
}

fn index(len: usize) -> Result<u16, TooMany> {
    u16::try_from(len).map_err(|_| ("members in its request", u64::from(u16::MAX)))
}

/// A layout still to be made.
struct Pending {
    path: String,
    element: Element,
}

/// What one instance of a layout is.
#[derive(Clone)]
enum Element {
    /// A value of a type.
    Of(Type),
    /// An entry of a map: a key of at most so many bytes, and a value.
    Entry(u32, Type),
}

struct Builder<'p> {
    package: &'p Package,
    pending: Vec<Pending>,
    /// Members and the paths of the slots, by layout.
    layouts: Vec<(Vec<Field>, Vec<String>)>,
}

impl Builder<'_> {
    fn layout(&mut self, path: &str, element: &Element) -> Result<(Vec<Field>, Vec<String>), TooMany> {
        let mut paths = Vec::new();
        let fields = match element {
            Element::Of(Type::Record(id)) => self.fields(path, *id, &mut paths)?,
            Element::Of(other) => vec![self.bare("", path, other, &mut paths)?],
            Element::Entry(longest, value) => {
                let key = self.bare("key", &format!("{path} key"), &Type::Str(*longest), &mut paths)?;
                vec![key, self.bare("value", &format!("{path} value"), value, &mut paths)?]
            }
        };
        Ok((fields, paths))
    }

    /// A member that is always there and read by its unit.
    fn bare(&mut self, name: &str, path: &str, ty: &Type, paths: &mut Vec<String>) -> Result<Field, TooMany> {
        let node = self.node(path, ty, Reading::Unit, false, paths)?;
        Ok(Field { name: name.to_owned(), optional: false, node })
    }

    fn fields(&mut self, path: &str, record: usize, paths: &mut Vec<String>) -> Result<Vec<Field>, TooMany> {
        let mut fields = Vec::new();
        let package = self.package;
        for field in package.records.get(record).map(|def| def.fields.as_slice()).unwrap_or_default() {
            let inner = if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
            let optional = matches!(field.ty, Type::Optional(_));
            let node = self.node(&inner, field.ty.required(), field.reading, optional, paths)?;
            fields.push(Field { name: field.wire.clone(), optional, node });
        }
        Ok(fields)
    }

    fn node(
        &mut self,
        path: &str,
        ty: &Type,
        reading: Reading,
        optional: bool,
        paths: &mut Vec<String>,
    ) -> Result<Node, TooMany> {
        let mut slot = || {
            let slot = index(paths.len());
            paths.push(path.to_owned());
            slot
        };
        Ok(match ty {
            Type::Record(id) => {
                let presence = if optional { Some(slot()?) } else { None };
                Node::Record { presence, fields: self.fields(path, *id, paths)? }
            }
            Type::List(element, max) => {
                let slot = slot()?;
                let layout = index(self.pending.len())?;
                let element = Element::Of((**element).clone());
                self.pending.push(Pending { path: format!("{path}[]"), element });
                Node::List { slot, layout, max: *max }
            }
            Type::Map(longest, value, max) => {
                let slot = slot()?;
                let layout = index(self.pending.len())?;
                let entry = Element::Entry(*longest, (**value).clone());
                self.pending.push(Pending { path: path.to_owned(), element: entry });
                Node::Map { slot, layout, max: *max }
            }
            scalar_type => {
                let scalar = scalar(scalar_type).unwrap_or(Scalar::Bool);
                Node::Scalar { slot: slot()?, scalar, reading }
            }
        })
    }

    /// What the caller does not send: members of the request that are not claimed move out of the body, and signals
    /// have slots of the root layout behind them.
    fn facts(&mut self, built: &mut Layouts) -> Result<(), TooMany> {
        let package = self.package;
        let request = package.request.and_then(|id| package.records.get(id));
        let provenances: Vec<Provenance> =
            request.map(|def| def.fields.iter().map(|field| field.provenance).collect()).unwrap_or_default();
        if let Some((body, _)) = self.layouts.first_mut() {
            let all = std::mem::take(body);
            for (field, provenance) in all.into_iter().zip(provenances) {
                match provenance {
                    Provenance::Claimed => body.push(field),
                    _ => built.facts.push(Fact { field, provenance, source: None }),
                }
            }
        }
        for (index, signal) in package.signals.iter().enumerate() {
            if package.spare.signals.contains(&index) {
                // Nothing asks where it lies.
                built.signals.push(SignalNode(Node::Record { presence: None, fields: Vec::new() }));
                continue;
            }
            let args = signal.args.iter();
            let args =
                args.filter_map(|(name, value)| signal_arg(&built.request, name.as_ref(), value)).collect();
            let mut paths =
                self.layouts.first_mut().map(|(_, paths)| std::mem::take(paths)).unwrap_or_default();
            let optional = matches!(signal.ty, Type::Optional(_));
            let node = self.node(&signal.name, signal.ty.required(), signal.reading, optional, &mut paths)?;
            if let Some((_, place)) = self.layouts.first_mut() {
                *place = paths;
            }
            built.signals.push(SignalNode(node.clone()));
            let field = Field { name: signal.name.clone(), optional, node };
            let source = Some(Source { name: signal.source.clone(), args });
            built.facts.push(Fact { field, provenance: Provenance::Gathered, source });
        }
        Ok(())
    }
}

fn signal_arg(request: &[Field], name: Option<&String>, value: &Expr) -> Option<SignalArg> {
    let value = match &*value.kind {
        hir::Kind::Const(value) | hir::Kind::Param(_, value) => SignalValue::Const(value.clone()),
        _ => match member(request, value)? {
            Node::Scalar { slot, .. } => SignalValue::Slot(*slot),
            Node::Record { .. } | Node::List { .. } | Node::Map { .. } => return None,
        },
    };
    Some(SignalArg { name: name.cloned(), value })
}

/// The node of a member of the request.
fn member<'f>(request: &'f [Field], e: &Expr) -> Option<&'f Node> {
    let hir::Kind::Member(base, index) = &*e.kind else { return None };
    let fields = match &*base.kind {
        hir::Kind::Request => request,
        _ => match member(request, base)? {
            Node::Record { fields, .. } => fields,
            Node::Scalar { .. } | Node::List { .. } | Node::Map { .. } => return None,
        },
    };
    fields.get(*index).map(|field| &field.node)
}
