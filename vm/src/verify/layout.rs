//! Layouts: every slot has one meaning, lists nest without a cycle, and a request's cells are bounded.

use holdpoint_isa::limits;
use holdpoint_isa::program::{Field, Layout, Node, Program, SignalValue};
use holdpoint_isa::types::{Kind, Scalar};

use super::{LoadError, invalid};

/// Deepest nesting of records within records.
const RECORD_DEPTH_MAX: u32 = 32;

pub(super) fn check(program: &Program) -> Result<(), LoadError> {
    if program.layouts.is_empty() {
        return invalid("it has no request layout");
    }
    for (index, layout) in program.layouts.iter().enumerate() {
        let causes = u32::from(layout.first_cause).saturating_add(u32::from(layout.slots));
        if causes > u32::try_from(program.causes.len()).unwrap_or(0) {
            return invalid(format!("layout {index} has slots without a cause"));
        }
        for field in &layout.fields {
            check_field(program, index, layout, field, 0)?;
        }
    }
    causes(program)?;
    let Some(root) = program.layouts.first() else { return invalid("it has no request layout") };
    for fact in &program.facts {
        check_field(program, 0, root, &fact.field, 0)?;
        let args = fact.source.iter().flat_map(|source| &source.args);
        for arg in args {
            if let SignalValue::Slot(slot) = arg.value
                && slot >= root.slots
            {
                return invalid(format!("an argument of `{}` has no slot", fact.field.name));
            }
        }
    }
    let cells = cells(program);
    if cells > limits::CELLS_MAX { invalid(format!("a request may take {cells} cells")) } else { Ok(()) }
}

/// Calendars and common causes have their places among the causes.
fn causes(program: &Program) -> Result<(), LoadError> {
    let common = holdpoint_isa::program::CommonCause::PHRASES.len();
    let last = usize::from(program.common_cause).saturating_add(common);
    let calendars = usize::from(program.calendar_cause).saturating_add(program.calendars.len());
    if last > program.causes.len() || calendars > program.causes.len() {
        return invalid("causes are missing");
    }
    Ok(())
}

fn check_field(
    program: &Program,
    at: usize,
    layout: &Layout,
    field: &Field,
    depth: u32,
) -> Result<(), LoadError> {
    let slot_ok = |slot: u16| {
        if slot < layout.slots { Ok(()) } else { invalid(format!("member `{}` has no slot", field.name)) }
    };
    match &field.node {
        Node::Scalar { slot, scalar, .. } => {
            slot_ok(*slot)?;
            check_scalar(program, *scalar)
        }
        Node::Record { presence, fields } => {
            presence.map_or(Ok(()), slot_ok)?;
            if depth >= RECORD_DEPTH_MAX {
                return invalid("records nest too deeply");
            }
            fields
                .iter()
                .try_for_each(|inner| check_field(program, at, layout, inner, depth.saturating_add(1)))
        }
        Node::List { slot, layout: inner, max } | Node::Map { slot, layout: inner, max } => {
            slot_ok(*slot)?;
            // Layouts of lists come behind those that hold them, so none can hold itself.
            if usize::from(*inner) <= at || usize::from(*inner) >= program.layouts.len() {
                return invalid(format!("list `{}` has no layout", field.name));
            }
            let is_map = matches!(field.node, Node::Map { .. });
            if is_map && entry_kind(program, *inner).is_none() {
                return invalid(format!("map `{}` has no keys", field.name));
            }
            let most = if is_map { limits::MAP_LEN_MAX } else { limits::LIST_LEN_MAX };
            if *max > most { invalid(format!("list `{}` is too long", field.name)) } else { Ok(()) }
        }
    }
}

fn check_scalar(program: &Program, scalar: Scalar) -> Result<(), LoadError> {
    match scalar {
        Scalar::Enum(index) if usize::from(index) >= program.enums.len() => {
            invalid(format!("enum {index} is not there"))
        }
        Scalar::Str { max } if max > limits::STRING_BYTES_MAX => invalid("a text is too long"),
        _ => Ok(()),
    }
}

/// Most cells that a request takes, its lists among them. Lists lie behind what holds them, so one walk from the last
/// layout to the first has them all.
fn cells(program: &Program) -> u64 {
    let mut behind: Vec<u64> = vec![0; program.layouts.len()];
    for (index, layout) in program.layouts.iter().enumerate().rev() {
        let facts = if index == 0 { program.facts.as_slice() } else { &[] };
        let fields = layout.fields.iter().chain(facts.iter().map(|fact| &fact.field));
        let lists = fields.map(|field| field_cells(field, &behind)).fold(0, u64::saturating_add);
        if let Some(place) = behind.get_mut(index) {
            *place = lists.saturating_add(layout.slots.into());
        }
    }
    behind.first().copied().unwrap_or_default()
}

/// Most cells of the lists of a member, where those of the layouts behind it are known.
fn field_cells(field: &Field, behind: &[u64]) -> u64 {
    match &field.node {
        Node::Scalar { .. } => 0,
        Node::Record { fields, .. } => {
            fields.iter().map(|field| field_cells(field, behind)).fold(0, u64::saturating_add)
        }
        Node::List { layout, max, .. } | Node::Map { layout, max, .. } => {
            let one = behind.get(usize::from(*layout)).copied().unwrap_or_default();
            one.saturating_mul(u64::from(*max))
        }
    }
}

/// The kind of what a slot of a layout holds.
pub(super) fn slot_kind(program: &Program, layout: u16, slot: u16) -> Option<Kind> {
    let found = program.layouts.get(usize::from(layout))?;
    if let Some(kind) = found.fields.iter().find_map(|field| field_kind(field, slot)) {
        return Some(kind);
    }
    let facts = if layout == 0 { program.facts.as_slice() } else { &[] };
    facts.iter().find_map(|fact| field_kind(&fact.field, slot))
}

fn field_kind(field: &Field, wanted: u16) -> Option<Kind> {
    match &field.node {
        Node::Scalar { slot, scalar, .. } => (*slot == wanted).then(|| scalar.kind()),
        Node::List { slot, layout, max } | Node::Map { slot, layout, max } => {
            (*slot == wanted).then_some(Kind::List { layout: *layout, max: *max })
        }
        Node::Record { presence, fields } => {
            if *presence == Some(wanted) {
                return Some(Kind::Bool);
            }
            fields.iter().find_map(|field| field_kind(field, wanted))
        }
    }
}

/// The kind of the elements of a list of scalars; nothing for a list of records.
pub(super) fn element_kind(program: &Program, layout: u16) -> Option<Kind> {
    match program.layouts.get(usize::from(layout))?.fields.as_slice() {
        [Field { name, node: Node::Scalar { slot: 0, scalar, .. }, .. }] if name.is_empty() => {
            Some(scalar.kind())
        }
        _ => None,
    }
}

/// The kind of the values of a map; nothing where a layout is not that of a map's entries.
pub(super) fn entry_kind(program: &Program, layout: u16) -> Option<Kind> {
    let found = program.layouts.get(usize::from(layout)).filter(|layout| layout.slots == 2)?;
    match found.fields.as_slice() {
        [
            Field { node: Node::Scalar { slot: 0, scalar: Scalar::Str { .. }, .. }, .. },
            Field { node: Node::Scalar { slot: 1, scalar, .. }, .. },
        ] => Some(scalar.kind()),
        _ => None,
    }
}

/// Cells from one element to the next, for a register that walks a list; nought for others.
pub(super) fn stride(program: &Program, kind: Kind) -> u16 {
    match kind {
        Kind::Elem { layout, .. } | Kind::List { layout, .. } => {
            program.layouts.get(usize::from(layout)).map_or(0, |layout| layout.slots)
        }
        Kind::Bool | Kind::Int | Kind::Dec | Kind::Str | Kind::Version => 0,
    }
}
