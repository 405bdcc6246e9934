//! Signals: facts that the server gathers.

use holdpoint_isa::types::Reading;

use super::Checker;
use super::expr::constant;
use super::names::Visible;
use super::samples::PROGRESS;
use super::scope::Meaning;
use crate::ast;
use crate::diag::messages;
use crate::hir::{self, Expr, Kind, Type};

impl<'a> Checker<'a> {
    pub(super) fn declare_signal(&mut self, decl: &'a ast::SignalDecl, visible: Visible) {
        let (ty, reading) = self.samples_type(decl).unwrap_or_else(|| self.signal_type(decl));
        let same = |signal: &hir::Signal| signal.name == decl.name.name;
        let own =
            self.scopes.layer > 0 && (self.package.signals.iter().any(same) || decl.name.name == PROGRESS);
        if own {
            self.report(messages::signal_above(decl.name.span, &decl.name.name));
        }
        let meaning = Meaning::Signal(self.package.signals.len());
        let (name, source) = (decl.name.name.clone(), decl.source.text());
        self.package.signals.push(hir::Signal { name, ty, reading, source, args: Vec::new() });
        self.declare(&decl.name, meaning, visible);
    }

    fn signal_type(&mut self, decl: &'a ast::SignalDecl) -> (Type, Reading) {
        let ty = self.ty(&decl.ty);
        if !ty.is_scalar() {
            self.report(messages::not_allowed_here(decl.ty.span, &self.show(&ty), "the type of a signal"));
        }
        let reading = self.reading(&ty, decl.reading.as_ref());
        (ty, reading)
    }

    /// Types the arguments of signals, once every name is declared.
    pub(super) fn check_signals(&mut self) {
        let decls = self.picked(|item| if let ast::Item::Signal(decl) = item { Some(decl) } else { None });
        for (index, (decl, layer)) in decls.into_iter().enumerate() {
            self.scopes.layer = layer;
            let args = decl
                .args
                .iter()
                .map(|arg| (arg.name.as_ref().map(|n| n.name.clone()), self.signal_argument(&arg.value)));
            let args: Vec<_> = args.collect();
            if let Some(signal) = self.package.signals.get_mut(index) {
                signal.args = args;
            }
        }
    }

    fn signal_argument(&mut self, value: &ast::Expr) -> Expr {
        let typed = self.expr(value, None);
        let fits = (constant(&typed).is_some() || is_request_member(&typed)) && typed.ty.is_scalar();
        if !fits && !typed.ty.is_error() {
            self.report(messages::signal_argument(typed.span));
            return super::expr::error(typed.span);
        }
        typed
    }
}

fn is_request_member(e: &Expr) -> bool {
    match &*e.kind {
        Kind::Member(base, _) => matches!(&*base.kind, Kind::Request) || is_request_member(base),
        _ => false,
    }
}
