//! What a package reads: the request, the facts that others give, and the names for times and people.

use std::collections::BTreeSet;

use holdpoint_isa::program::Provenance;
use holdpoint_lang::ast::Item;
use holdpoint_lang::hir::{Field, Type};

use super::{Page, Reference, code, prose};

pub(super) fn write(reference: &Reference<'_>, page: &mut Page) {
    let package = reference.package;
    let Some(request) = package.request.and_then(|id| package.records.get(id)) else { return };
    page.title(2, "Request");
    if !request.docs.is_empty() {
        page.paragraph(&prose(&request.docs));
    }
    let (claimed, given): (Vec<&Field>, Vec<&Field>) =
        request.fields.iter().partition(|field| field.provenance == Provenance::Claimed);
    fields(reference, page, &claimed);
    types(reference, page, request.fields.iter().map(|field| &field.ty));
    others(reference, page, &given);
    windows(reference, page);
    if !package.groups.is_empty() {
        page.title(2, "Groups");
        let groups = package.groups.iter().map(|(name, source)| format!("{}: {}", code(name), code(source)));
        page.list(&groups.collect::<Vec<_>>());
    }
}

fn fields(reference: &Reference<'_>, page: &mut Page, fields: &[&Field]) {
    let row = |field: &&Field| vec![code(&field.wire), reference.package.show(&field.ty), prose(&field.docs)];
    page.table(&["member", "type", "meaning"], &fields.iter().map(row).collect::<Vec<_>>());
}

/// The records and enums that types name, and those that these name, in the order in which they are met.
fn types<'t>(reference: &Reference<'_>, page: &mut Page, of: impl Iterator<Item = &'t Type>) {
    let package = reference.package;
    let mut left: Vec<&Type> = of.collect();
    left.reverse();
    let (mut records, mut enums) = (BTreeSet::new(), BTreeSet::new());
    while let Some(ty) = left.pop() {
        match ty {
            Type::Optional(inner) | Type::List(inner, _) | Type::Map(_, inner, _) => left.push(inner),
            Type::Record(id) if records.insert(*id) => {
                let Some(record) = package.records.get(*id) else { continue };
                page.title(3, &code(&record.name));
                if !record.docs.is_empty() {
                    page.paragraph(&prose(&record.docs));
                }
                fields(reference, page, &record.fields.iter().collect::<Vec<_>>());
                left.extend(record.fields.iter().rev().map(|field| &field.ty));
            }
            Type::Enum(id) if enums.insert(*id) => {
                let Some(of) = package.enums.get(*id) else { continue };
                page.title(3, &code(&of.name));
                if !of.docs.is_empty() {
                    page.paragraph(&prose(&of.docs));
                }
                let members: Vec<String> = of.members.iter().map(|member| code(member)).collect();
                let order = if of.ordered { "one of, the least first" } else { "one of" };
                page.paragraph(&format!("{order}: {}", members.join(", ")));
            }
            _ => {}
        }
    }
}

/// The facts that callers do not send.
fn others(reference: &Reference<'_>, page: &mut Page, given: &[&Field]) {
    let package = reference.package;
    let given = given.iter().map(|field| {
        let docs = prose(&field.docs);
        vec![code(&field.wire), package.show(&field.ty), field.provenance.word().to_owned(), docs]
    });
    let items = || reference.checked.trees.iter().flat_map(|tree| &tree.items);
    let signals = package.signals.iter().map(|signal| {
        let declared = items().find_map(|item| match item {
            Item::Signal(found) if found.name.name == signal.name => Some(found.name.span),
            _ => None,
        });
        let docs = declared.and_then(|span| reference.docs(span)).unwrap_or_default();
        vec![
            code(&signal.name),
            package.show(&signal.ty),
            format!("gathered from {}", code(&signal.source)),
            docs,
        ]
    });
    let rows: Vec<Vec<String>> = given.chain(signals).collect();
    if !rows.is_empty() {
        page.title(2, "Facts that callers do not send");
        page.table(&["fact", "type", "on whose word", "meaning"], &rows);
    }
}

fn windows(reference: &Reference<'_>, page: &mut Page) {
    let items = reference.checked.trees.iter().flat_map(|tree| &tree.items);
    let used = |name: &str| reference.package.windows.iter().any(|(window, _)| window.name == name);
    let windows = items.filter_map(|item| match item {
        Item::Window(window) if used(&window.name.name) => Some(window),
        _ => None,
    });
    for (at, window) in windows.enumerate() {
        if at == 0 {
            page.title(2, "Windows");
        }
        let zone = window.zone.as_ref().map(|zone| format!(", by the clocks of {}", code(&zone.name)));
        page.title(3, &format!("{}{}", code(&window.name.name), zone.unwrap_or_default()));
        if let Some(docs) = reference.docs(window.name.span) {
            page.paragraph(&docs);
        }
        let ranges = window.ranges.iter().map(|range| reference.source(range.span));
        page.list(&ranges.collect::<Vec<_>>());
    }
}
