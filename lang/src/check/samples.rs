//! Samples of metrics, and how far a rollout has come: types and a signal that every package has once it needs them.

use holdpoint_isa::limits::SAMPLES_MAX;
use holdpoint_isa::program::Provenance;
use holdpoint_isa::types::Reading;

use super::Checker;
use super::names::Visible;
use super::scope::Meaning;
use crate::ast;
use crate::diag::messages;
use crate::hir::{self, Type};

/// The name of the type of a signal that comes as samples.
pub(super) const SAMPLES: &str = "samples";
/// The name of the signal that tells how far a rollout has come.
pub(super) const PROGRESS: &str = "progress";

/// Members of a sample, by index.
pub(super) mod sample {
    pub(in crate::check) const VALUE: usize = 0;
    pub(in crate::check) const BASELINE: usize = 1;
    pub(in crate::check) const COUNT: usize = 2;
    pub(in crate::check) const AT: usize = 3;
}

/// Members of a rollout's progress, by index.
pub(super) mod progress {
    pub(in crate::check) const SINCE: usize = 2;
}

impl<'a> Checker<'a> {
    /// The type `samples<T>` of a signal, where its type is written so: the newest samples of a metric.
    pub(super) fn samples_type(&mut self, decl: &'a ast::SignalDecl) -> Option<(Type, Reading)> {
        if decl.ty.name.name != SAMPLES {
            return None;
        }
        let [ast::TypeArg::Type(written)] = decl.ty.args.as_slice() else {
            self.report(messages::type_arguments(decl.ty.span, SAMPLES, "`samples<percent>`"));
            return Some((Type::Error, Reading::Unit));
        };
        let value = self.ty(written);
        if !value.is_error() && (!value.is_numeric() || matches!(value, Type::Optional(_))) {
            let diagnostic =
                messages::not_allowed_here(written.span, &self.show(&value), "the value of a sample");
            self.report(diagnostic);
            return Some((Type::Error, Reading::Unit));
        }
        let reading = self.reading(&value, decl.reading.as_ref());
        let record = self.sample_record(value, reading);
        Some((Type::List(Box::new(Type::Record(record)), SAMPLES_MAX), Reading::Unit))
    }

    /// The record of a sample, one for each type and reading of its value.
    fn sample_record(&mut self, value: Type, reading: Reading) -> usize {
        let known = self.scopes.samples.iter().find(|(ty, unit, _)| *ty == value && *unit == reading);
        if let Some((_, _, record)) = known {
            return *record;
        }
        let record = self.package.records.len();
        let name = format!("sample of {}", self.show(&value).trim_matches('`'));
        let fields = vec![
            field("value", value.clone(), reading, "What was measured."),
            field("baseline", value.clone().optional(), reading, "What it is compared with."),
            field("count", Type::Int.optional(), Reading::Unit, "Of how many measurements it is made."),
            field("at", Type::Instant, Reading::Unit, "When it was taken."),
        ];
        self.package.records.push(hir::Record {
            name,
            fields,
            docs: vec!["A sample of a metric.".to_owned()],
        });
        self.scopes.samples.push((value, reading, record));
        record
    }

    /// Declares the signal that tells how far a rollout has come, in a package with rollouts.
    pub(super) fn declare_progress(&mut self) {
        let rollout = self.declared().find_map(|declared| match declared.item {
            ast::Item::Rollout(decl) => Some(decl.name.span),
            _ => None,
        });
        let Some(span) = rollout else { return };
        let record = self.package.records.len();
        let instant = || Type::Instant.optional();
        let fields = vec![
            field("rollout", Type::Str(64), Reading::Unit, "The rollout's name."),
            field("stage", Type::Int, Reading::Unit, "Its stage, from nought."),
            field("since", instant(), Reading::Unit, "Since when the stage's traffic has arrived."),
            field("held_since", instant(), Reading::Unit, "Since when the stage has been held."),
        ];
        let docs = vec!["How far a rollout has come.".to_owned()];
        self.package.records.push(hir::Record { name: PROGRESS.to_owned(), fields, docs });
        let signal = self.package.signals.len();
        self.package.progress = Some(signal);
        self.package.signals.push(hir::Signal {
            name: PROGRESS.to_owned(),
            ty: Type::Record(record),
            reading: Reading::Unit,
            source: format!("server.{PROGRESS}"),
            args: Vec::new(),
        });
        self.declare(
            &ast::Ident { name: PROGRESS.to_owned(), span },
            Meaning::Signal(signal),
            Visible::SHARED,
        );
    }
}

fn field(name: &str, ty: Type, reading: Reading, doc: &str) -> hir::Field {
    hir::Field {
        name: name.to_owned(),
        ty,
        reading,
        provenance: Provenance::Gathered,
        wire: name.to_owned(),
        docs: vec![doc.to_owned()],
        span: None,
    }
}
