//! Declarations of values, and what nothing uses.

use super::scope::{Entry, FnSlot, LetSlot, Meaning, Progress};
use super::{Checker, Declared};
use crate::ast;
use crate::diag::messages;
use crate::hir::{self, Type};
use crate::span::Span;

/// Who sees a declaration, and who is told when nobody does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Visible {
    watched: bool,
    shared: bool,
}

impl Visible {
    /// To every layer.
    pub(super) const SHARED: Self = Self { watched: false, shared: true };

    const fn of(declared: Declared<'_>) -> Self {
        Self { watched: declared.own, shared: declared.library }
    }
}

impl<'a> Checker<'a> {
    /// Declares everything that a name may stand for, in no particular order.
    pub(super) fn declare_values(&mut self) {
        let nowhere = self.package_span();
        self.scopes.package.insert(
            "now".to_owned(),
            Entry { meaning: Meaning::Now, span: nowhere, watched: false, shared: true },
        );
        self.declare_members();
        for declared in self.declared() {
            self.scopes.layer = declared.layer;
            self.declare_item(declared);
        }
        self.scopes.layer = 0;
        self.declare_progress();
        // Parameters may name windows and groups, wherever those are declared.
        for declared in self.declared() {
            if let ast::Item::Param(decl) = declared.item {
                self.scopes.layer = declared.layer;
                self.declare_param(decl, declared);
            }
        }
        let policies: Vec<(&'a ast::PolicyDecl, Declared<'a>)> = self
            .declared()
            .filter_map(|declared| as_policy(declared.item).map(|policy| (policy, declared)))
            .collect();
        for (index, (policy, declared)) in policies.iter().enumerate() {
            let first = policies.iter().take(index).find(|(other, _)| other.name.name == policy.name.name);
            if let Some((first, _)) = first {
                self.report_duplicate(&policy.name, first.name.span);
            }
            self.scopes.layer = declared.layer;
            self.declare_policy(policy, *declared);
        }
        for declared in self.declared() {
            if let ast::Item::Rollout(decl) = declared.item {
                self.scopes.layer = declared.layer;
                self.declare_params(&decl.params, declared);
            }
        }
        self.scopes.policy = None;
        self.scopes.layer = 0;
    }

    fn declare_members(&mut self) {
        let request = self.package.request.and_then(|id| self.package.records.get(id));
        let names: Vec<String> =
            request.map(|r| r.fields.iter().map(|f| f.name.clone()).collect()).unwrap_or_default();
        let spans = self.declared().find_map(|declared| match declared.item {
            ast::Item::Request(decl) => Some(decl.fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>()),
            _ => None,
        });
        for (index, name) in names.into_iter().enumerate() {
            let ident = spans.iter().flatten().find(|ident| ident.name == name);
            let span = ident.map_or_else(|| self.package_span(), |ident| ident.span);
            if crate::token::Kw::from_word(&name).is_some_and(crate::token::Kw::is_reserved) {
                self.report(messages::reserved(span, &name));
            }
            let ident = ast::Ident { name, span };
            self.declare(&ident, Meaning::Request(index), Visible::SHARED);
        }
    }

    fn declare_item(&mut self, declared: Declared<'a>) {
        let visible = Visible::of(declared);
        match declared.item {
            ast::Item::Window(decl) => self.declare_window(decl, visible),
            ast::Item::Calendar(decl) => self.declare_calendar(decl),
            ast::Item::Group(decl) => {
                let meaning = Meaning::Group(self.package.groups.len());
                let source = format!("{}({:?})", decl.source.text(), decl.argument);
                self.package.groups.push((decl.name.name.clone(), source));
                self.declare(&decl.name, meaning, visible);
            }
            ast::Item::Signal(decl) => self.declare_signal(decl, visible),
            ast::Item::Fn(decl) => self.declare_fn(decl, visible),
            ast::Item::Let(decl) => self.declare_let(decl, None, visible),
            ast::Item::Error(Some(broken)) => self.declare_broken(broken),
            ast::Item::Fixture(decl) => {
                if let Some(first) = self.fixtures.insert(&decl.name.name, decl) {
                    self.report_duplicate(&decl.name, first.name.span);
                }
            }
            _ => {}
        }
    }

    /// Keeps the name of a declaration that could not be read, so that its uses are not reported as well.
    fn declare_broken(&mut self, broken: &'a ast::Broken) {
        self.scopes.broken.insert(&broken.name.name);
        if !broken.is_type && self.scopes.declared(&broken.name.name).is_none() {
            self.declare(&broken.name, Meaning::Broken, Visible::default());
        }
    }

    /// Opens a scope for the parameters of a policy or a rollout; gives its number.
    fn declare_params(&mut self, params: &'a [ast::ParamDecl], declared: Declared<'a>) -> usize {
        let index = self.scopes.policies.len();
        self.scopes.policies.push(std::collections::BTreeMap::new());
        self.scopes.policy = Some(index);
        for param in params {
            self.declare_param(param, declared);
        }
        index
    }

    fn declare_policy(&mut self, policy: &'a ast::PolicyDecl, declared: Declared<'a>) {
        let visible = Visible::of(declared);
        let index = self.declare_params(&policy.params, declared);
        for binding in &policy.lets {
            self.declare_let(binding, Some(index), visible);
        }
        for broken in &policy.broken {
            self.declare_broken(broken);
        }
    }

    fn declare_let(&mut self, decl: &'a ast::LetDecl, policy: Option<usize>, visible: Visible) {
        let meaning = Meaning::Let(self.scopes.lets.len());
        let layer = self.scopes.layer;
        self.scopes.lets.push(LetSlot { decl, policy, layer, progress: Progress::Pending });
        self.declare(&decl.name, meaning, visible);
    }

    fn declare_fn(&mut self, decl: &'a ast::FnDecl, visible: Visible) {
        let meaning = Meaning::Fn(self.scopes.fns.len());
        let params = decl.params.iter().map(|(_, ty)| self.ty(ty)).collect();
        let result = self.ty(&decl.result);
        if matches!(result.required(), Type::Record(_) | Type::List(..)) {
            self.report(messages::not_allowed_here(
                decl.result.span,
                &self.show(&result),
                "the result of a function",
            ));
        }
        self.scopes.index.add_declared(decl.name.span, &result);
        let layer = self.scopes.layer;
        self.scopes.fns.push(FnSlot { decl, layer, params, result, progress: Progress::Pending });
        self.declare(&decl.name, meaning, visible);
    }

    fn declare_param(&mut self, decl: &'a ast::ParamDecl, declared: Declared<'a>) {
        let visible = Visible::of(declared);
        if let Some(meaning) = self.named_param(decl) {
            self.declare(&decl.name, meaning, visible);
            return;
        }
        let ty = self.ty(&decl.ty);
        let value = self.expr(&decl.value, Some(&ty));
        self.expect(&value, &ty);
        self.scopes.index.add_declared(decl.name.span, &ty);
        let meaning = self.param_meaning(&value, &ty);
        self.declare(&decl.name, meaning, visible);
    }

    /// What a parameter of type `window` or `group` stands for; nothing for other types.
    fn named_param(&mut self, decl: &ast::ParamDecl) -> Option<Meaning> {
        let what = decl.ty.name.name.as_str();
        let fits: fn(&Meaning) -> bool = match what {
            "window" => |meaning| matches!(meaning, Meaning::Window(_) | Meaning::Broken),
            "group" => |meaning| matches!(meaning, Meaning::Group(_) | Meaning::Broken),
            _ => return None,
        };
        let ast::ExprKind::Name(name) = &*decl.value.kind else {
            self.report(messages::mismatch(
                decl.value.span,
                &format!("the name of a {what}"),
                "something else",
            ));
            return Some(Meaning::Broken);
        };
        if let Some(meaning) = self.scopes.value(name, decl.value.span).filter(fits) {
            return Some(meaning);
        }
        let known = self.scopes.names(fits);
        let diagnostic = messages::unknown_thing(decl.value.span, what, name, &known);
        self.report(diagnostic);
        Some(Meaning::Broken)
    }

    fn param_meaning(&mut self, value: &hir::Expr, ty: &Type) -> Meaning {
        if let (hir::Kind::List(list), Type::List(..)) = (&*value.kind, ty) {
            let constants: Option<Vec<_>> = list.iter().map(super::expr::constant).collect();
            if let Some(constants) = constants {
                return Meaning::ParamList(constants, ty.clone());
            }
        }
        match super::expr::constant(value) {
            Some(constant) => Meaning::Param(constant, ty.clone()),
            None => {
                if !value.ty.is_error() {
                    self.report(messages::not_constant(value.span, "a parameter"));
                }
                Meaning::Param(holdpoint_isa::program::Const::None, Type::Error)
            }
        }
    }

    /// Declares a name in the scope that is open.
    pub(super) fn declare(&mut self, name: &ast::Ident, meaning: Meaning, visible: Visible) {
        if let Some(first) = self.scopes.declared(&name.name) {
            self.report_duplicate(name, first);
            return;
        }
        let Visible { watched, shared } = visible;
        self.scopes.own().insert(name.name.clone(), Entry { meaning, span: name.span, watched, shared });
    }

    /// Opens the scope of a name for an element or an argument.
    pub(super) fn bind(&mut self, name: &ast::Ident, ty: Type) -> hir::LocalId {
        if let Some(first) = self.scopes.declared(&name.name) {
            self.report_duplicate(name, first);
        }
        let id = hir::LocalId(self.package.locals.len());
        self.scopes.index.add_declared(name.span, &ty);
        self.package.locals.push(hir::Local { name: name.name.clone(), ty });
        self.scopes.locals.push((name.name.clone(), id, name.span));
        id
    }

    /// Closes the scope opened last.
    pub(super) fn unbind(&mut self) {
        self.scopes.locals.pop();
    }

    /// Checks every `let` and `fn` that nothing has needed so far.
    pub(super) fn check_lets(&mut self) {
        for index in 0..self.scopes.lets.len() {
            self.let_index(index);
        }
        for index in 0..self.scopes.fns.len() {
            self.fn_index(index);
        }
    }

    /// The index of a `let` in the typed package; checks it when it is first asked for.
    pub(super) fn let_index(&mut self, slot: usize) -> Option<usize> {
        let found = self.scopes.lets.get(slot)?;
        let (decl, policy, layer, progress) = (found.decl, found.policy, found.layer, found.progress);
        match progress {
            Progress::Done(index) => return Some(index),
            Progress::Active => {
                self.report(messages::recursive(decl.name.span, "value", &decl.name.name));
                return None;
            }
            Progress::Pending => self.set_let(slot, Progress::Active),
        }
        let saved = (self.scopes.policy, self.scopes.layer, std::mem::take(&mut self.scopes.locals));
        (self.scopes.policy, self.scopes.layer) = (policy, layer);
        let value = self.expr(&decl.value, None);
        (self.scopes.policy, self.scopes.layer, self.scopes.locals) = saved;
        if matches!(value.ty, Type::None) {
            self.report(messages::needs_context(value.span, "`none`"));
        }
        self.scopes.index.add_declared(decl.name.span, &value.ty);
        let index = self.package.lets.len();
        self.package.lets.push(hir::Let { name: decl.name.name.clone(), value });
        self.set_let(slot, Progress::Done(index));
        Some(index)
    }

    fn set_let(&mut self, slot: usize, progress: Progress) {
        if let Some(slot) = self.scopes.lets.get_mut(slot) {
            slot.progress = progress;
        }
    }

    /// The index of a function in the typed package; checks its body when it is first asked for.
    pub(super) fn fn_index(&mut self, slot: usize) -> Option<usize> {
        let found = self.scopes.fns.get(slot)?;
        let (decl, layer, types) = (found.decl, found.layer, found.params.clone());
        let (result, progress) = (found.result.clone(), found.progress);
        match progress {
            Progress::Done(index) => return Some(index),
            Progress::Active => {
                self.report(messages::recursive(decl.name.span, "function", &decl.name.name));
                return None;
            }
            Progress::Pending => self.set_fn(slot, Progress::Active),
        }
        let saved = (self.scopes.policy.take(), self.scopes.layer, std::mem::take(&mut self.scopes.locals));
        self.scopes.layer = layer;
        let params = decl.params.iter().zip(types).map(|((name, _), ty)| self.bind(name, ty)).collect();
        let body = self.expr(&decl.body, Some(&result));
        self.expect(&body, &result);
        (self.scopes.policy, self.scopes.layer, self.scopes.locals) = saved;
        let index = self.package.fns.len();
        self.package.fns.push(hir::Fn { name: decl.name.name.clone(), params, body });
        self.set_fn(slot, Progress::Done(index));
        Some(index)
    }

    fn set_fn(&mut self, slot: usize, progress: Progress) {
        if let Some(slot) = self.scopes.fns.get_mut(slot) {
            slot.progress = progress;
        }
    }

    /// Notes what the library declares and nothing uses, so that what else it declares does not change a module.
    pub(super) fn note_spare(&mut self) {
        let unused = |entry: &&Entry| entry.shared && !self.scopes.used.contains(&entry.span);
        let spare = &mut self.package.spare;
        for entry in self.scopes.package.values().filter(unused) {
            match entry.meaning {
                Meaning::Signal(index) if self.package.progress != Some(index) => {
                    spare.signals.insert(index);
                }
                Meaning::Window(index) => {
                    spare.windows.insert(index);
                    if let Some((window, _)) = self.package.windows.get_mut(index) {
                        // Its calendars are not needed either.
                        window.open.clear();
                        window.closed.clear();
                    }
                }
                Meaning::Group(index) => {
                    spare.groups.insert(index);
                }
                _ => {}
            }
        }
    }

    /// Warns of names of the package that nothing uses.
    pub(super) fn report_unused(&mut self) {
        let packages = std::iter::once(&self.scopes.package).chain(self.scopes.lower.values());
        let scopes = packages.chain(&self.scopes.policies);
        let unused: Vec<(Span, &'static str, String)> = scopes
            .flatten()
            .filter(|(_, entry)| entry.watched && !self.scopes.used.contains(&entry.span))
            .filter(|(_, entry)| !self.is_unread(entry.span))
            .map(|(name, entry)| (entry.span, entry.meaning.what(), name.clone()))
            .collect();
        for (span, what, name) in unused {
            self.report(messages::unused(span, what, &name));
        }
    }
}

fn as_policy(item: &ast::Item) -> Option<&ast::PolicyDecl> {
    match item {
        ast::Item::Policy(decl) => Some(decl),
        _ => None,
    }
}
