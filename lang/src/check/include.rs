//! `include`: the policies, scores and rollouts of a module of the library, with parameters of the package's own (rule
//! `module.include`).
//!
//! An instance is the policy's tree with other values for its parameters; from there on it is a policy of the package.

use crate::ast::{self, DataValue, Expr, ExprKind, Ident, IncludeDecl, Item, ParamDecl, PolicyDecl};
use crate::diag::{Diagnostics, messages};

/// The policies, scores and rollouts that an `include` brings, as items of the package.
pub(super) fn instances(include: &IncludeDecl, module: &ast::File, sink: &mut Diagnostics) -> Vec<Item> {
    let policies: Vec<&PolicyDecl> = module.items.iter().filter_map(as_policy).collect();
    let others: Vec<&Item> =
        module.items.iter().filter(|item| matches!(item, Item::Score(_) | Item::Rollout(_))).collect();
    report_count(include, policies.len(), others.len(), sink);
    report_unknown(include, &policies, sink);
    let alone = policies.len().saturating_add(others.len()) == 1;
    let alias = include.alias.as_ref().filter(|_| alone);
    let mut items = Vec::new();
    for policy in policies {
        items.push(renamed(Item::Policy(instance(include, policy, sink)), alias));
    }
    items.extend(others.into_iter().map(|item| renamed(item.clone(), alias)));
    items
}

/// There is something to include, and one thing only where it gets another name.
fn report_count(include: &IncludeDecl, policies: usize, others: usize, sink: &mut Diagnostics) {
    let name = include.module.text();
    if policies == 0 && others == 0 {
        sink.push(messages::include(include.module.span, format!("`{name}` has no policy to include")));
    }
    let (Some(alias), true) = (&include.alias, policies.saturating_add(others) > 1) else { return };
    let why = match others {
        0 => format!("`{name}` has {policies} policies, and one name cannot stand for all of them"),
        _ => format!("`{name}` has several things to include, and one name cannot stand for all of them"),
    };
    sink.push(messages::include(alias.span, why));
}

/// What is included, under the name that the `include` gives it.
fn renamed(mut item: Item, alias: Option<&Ident>) -> Item {
    let name = match &mut item {
        Item::Policy(policy) => &mut policy.name,
        Item::Score(score) => &mut score.name,
        Item::Rollout(rollout) => &mut rollout.name,
        _ => return item,
    };
    if let Some(alias) = alias {
        *name = alias.clone();
    }
    item
}

fn as_policy(item: &Item) -> Option<&PolicyDecl> {
    match item {
        Item::Policy(policy) => Some(policy),
        _ => None,
    }
}

fn report_unknown(include: &IncludeDecl, policies: &[&PolicyDecl], sink: &mut Diagnostics) {
    let known: Vec<&str> =
        policies.iter().flat_map(|policy| &policy.params).map(|param| param.name.name.as_str()).collect();
    for (name, _) in include.params.iter().flat_map(|data| &data.members) {
        if !known.contains(&name.name.as_str()) {
            sink.push(messages::unknown_thing(name.span, "parameter", &name.name, &known));
        }
    }
}

fn instance(include: &IncludeDecl, policy: &PolicyDecl, sink: &mut Diagnostics) -> PolicyDecl {
    let mut policy = policy.clone();
    for (name, value) in include.params.iter().flat_map(|data| &data.members) {
        if let Some(param) = policy.params.iter_mut().find(|param| param.name.name == name.name) {
            set(param, name, value, sink);
        }
    }
    policy
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
