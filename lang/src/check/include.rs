//! `include`: the policies, scores and rollouts of a module of the library, with parameters of the package's own (rule
//! `module.include`).
//!
//! An instance is the tree of one of them with other values for its parameters; from there on it is one of the package.

use crate::ast::{self, DataValue, Expr, ExprKind, Ident, IncludeDecl, Item, ParamDecl};
use crate::diag::{Diagnostics, messages};

/// The policies, scores and rollouts that an `include` brings, as items of the package.
pub(super) fn instances(include: &IncludeDecl, module: &ast::File, sink: &mut Diagnostics) -> Vec<Item> {
    let mut items: Vec<Item> = module.items.clone();
    items.retain_mut(|item| parts(item).is_some());
    report_count(include, &items, sink);
    report_unknown(include, &mut items, sink);
    let alias = include.alias.as_ref().filter(|_| items.len() == 1);
    items.iter_mut().for_each(|item| instantiate(include, alias, item, sink));
    items
}

/// Name and parameters of what can be included.
fn parts(item: &mut Item) -> Option<(&mut Ident, &mut [ParamDecl])> {
    match item {
        Item::Policy(policy) => Some((&mut policy.name, &mut policy.params)),
        Item::Rollout(rollout) => Some((&mut rollout.name, &mut rollout.params)),
        Item::Score(score) => Some((&mut score.name, &mut [])),
        _ => None,
    }
}

/// There is something to include, and one thing only where it gets another name.
fn report_count(include: &IncludeDecl, items: &[Item], sink: &mut Diagnostics) {
    let name = include.module.text();
    if items.is_empty() {
        sink.push(messages::include(include.module.span, format!("`{name}` has no policy to include")));
    }
    let (Some(alias), true) = (&include.alias, items.len() > 1) else { return };
    let what = if items.iter().all(|item| matches!(item, Item::Policy(_))) {
        format!("{} policies", items.len())
    } else {
        "several things to include".to_owned()
    };
    let why = format!("`{name}` has {what}, and one name cannot stand for all of them");
    sink.push(messages::include(alias.span, why));
}

fn report_unknown(include: &IncludeDecl, items: &mut [Item], sink: &mut Diagnostics) {
    let params = items.iter_mut().filter_map(parts).flat_map(|(_, params)| params);
    let known: Vec<&str> = params.map(|param| param.name.name.as_str()).collect();
    for (name, _) in include.params.iter().flat_map(|data| &data.members) {
        if !known.contains(&name.name.as_str()) {
            sink.push(messages::unknown_thing(name.span, "parameter", &name.name, &known));
        }
    }
}

fn instantiate(include: &IncludeDecl, alias: Option<&Ident>, item: &mut Item, sink: &mut Diagnostics) {
    let Some((own, params)) = parts(item) else { return };
    if let Some(alias) = alias {
        *own = alias.clone();
    }
    for (name, value) in include.params.iter().flat_map(|data| &data.members) {
        if let Some(param) = params.iter_mut().find(|param| param.name.name == name.name) {
            set(param, name, value, sink);
        }
    }
}

fn set(param: &mut ParamDecl, name: &Ident, value: &DataValue, sink: &mut Diagnostics) {
    match expression(value) {
        Some(value) => param.value = value,
        None => sink.push(messages::not_constant(name.span, "a parameter")),
    }
}

/// Data as an expression; records are none.
fn expression(value: &DataValue) -> Option<Expr> {
    match value {
        DataValue::Expr(e) => Some(e.clone()),
        DataValue::List(list, span) => {
            let list: Option<Vec<Expr>> = list.iter().map(expression).collect();
            Some(Expr::new(ExprKind::List(list?), *span))
        }
        DataValue::Record(_) | DataValue::Unknown(_) => None,
    }
}
