//! Signals: facts that the server gathers.

use super::Checker;
use super::expr::constant;
use super::scope::Meaning;
use crate::ast;
use crate::diag::messages;
use crate::hir::{self, Expr, Kind};

impl<'a> Checker<'a> {
    pub(super) fn declare_signal(&mut self, decl: &'a ast::SignalDecl, watched: bool) {
        let ty = self.ty(&decl.ty);
        if !ty.is_scalar() {
            self.report(messages::not_allowed_here(decl.ty.span, &self.show(&ty), "the type of a signal"));
        }
        let reading = self.reading(&ty, decl.reading.as_ref());
        self.scopes.index.add_declared(decl.name.span, &ty);
        let meaning = Meaning::Signal(self.package.signals.len());
        let (name, source) = (decl.name.name.clone(), decl.source.text());
        self.package.signals.push(hir::Signal { name, ty, reading, source, args: Vec::new() });
        self.declare(&decl.name, meaning, watched);
    }

    /// Types the arguments of signals, once every name is declared.
    pub(super) fn check_signals(&mut self) {
        let decls: Vec<&'a ast::SignalDecl> = self
            .items()
            .filter_map(|(item, _)| if let ast::Item::Signal(decl) = item { Some(decl) } else { None })
            .collect();
        for (index, decl) in decls.into_iter().enumerate() {
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
