//! From the typed tree to bytecode: layouts, registers, code, reasons, and the proven bound.
//!
//! The compiler is pure, and what it emits is verified before anyone sees it. It asks the machine's own window
//! calendar whether a window can ever be open, so that both mean the same.
//!
//! Reading order: `layout`, `regs`, `lower`, `reason`, `suite`, `cost`, `disasm`.
#![deny(clippy::arithmetic_side_effects)]

mod cost;
mod disasm;
mod layout;
mod lower;
mod reason;
mod regs;
mod show;
mod suite;

use holdpoint_isa::limits;
use holdpoint_isa::program::{FORMAT_VERSION, Position, Program, SourceMap};
use holdpoint_isa::verdict::Verdict;
use holdpoint_lang::diag::{Diagnostic, messages};
use holdpoint_lang::{FileId, Sources, Span, hir};
use holdpoint_vm::verify::{LoadError, admission_bounds, needed_zones, stage_bounds, verify};
use holdpoint_vm::window::bundled_zone;

pub use cost::{Cost, Part, bound_alone, costs};
pub use disasm::disassemble;
pub use suite::{Coverage, TestResult, coverage, run_tests};

/// A package that was compiled.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The module's canonical bytes.
    pub module: Vec<u8>,
    /// Places in the source, beside the module.
    pub source_map: SourceMap,
    /// Most fuel that one decision can use.
    pub fuel_bound: u64,
}

/// The version of the module format that this compiler writes.
pub const MODULE_FORMAT: u16 = FORMAT_VERSION;

/// Compiles a package that was checked without errors.
///
/// # Errors
/// Diagnostics for what only shows here: windows that are never open, bounds and sizes beyond the limits.
pub fn compile(package: &hir::Package, sources: &Sources) -> Result<Compiled, Vec<Diagnostic>> {
    let wrong = never_open(package);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut program = lower::lower(package).map_err(|what| vec![too_large(package, &what)])?;
    program.zones = needed_zones(&program).into_iter().filter_map(bundled_zone).collect();
    match admission_bounds(&program) {
        Ok(bounds) if bounds.fuel > limits::FUEL_MAX => {
            return Err(vec![messages::fuel_bound(package_span(package), bounds.fuel, limits::FUEL_MAX)]);
        }
        Ok(bounds) => program.fuel_bound = bounds.fuel,
        Err(error) => return Err(vec![beyond(package, &error)]),
    }
    set_stage_bounds(&mut program).map_err(|error| vec![beyond(package, &error)])?;
    verify(&program).map_err(|error| vec![beyond(package, &error)])?;
    let module = holdpoint_isa::encode(&program)
        .map_err(|_| vec![too_large(package, &("bytes", u64::from(limits::MODULE_BYTES_MAX)))])?;
    let source_map = source_map(package, sources, &program);
    Ok(Compiled { module, source_map, fuel_bound: program.fuel_bound })
}

/// States the bound of each stage of a rollout.
fn set_stage_bounds(program: &mut Program) -> Result<(), LoadError> {
    let mut rollouts = std::mem::take(&mut program.rollouts);
    for rollout in &mut rollouts {
        let bounds = rollout.stages.iter().map(|stage| stage_bounds(program, rollout, stage));
        let bounds = bounds.collect::<Result<Vec<_>, _>>()?;
        rollout.stages.iter_mut().zip(bounds).for_each(|(stage, bounds)| stage.fuel_bound = bounds.fuel);
    }
    program.rollouts = rollouts;
    Ok(())
}

fn never_open(package: &hir::Package) -> Vec<Diagnostic> {
    let closed = package
        .windows
        .iter()
        .enumerate()
        .filter(|(at, _)| !package.spare.windows.contains(at))
        .filter(|(_, (window, _))| holdpoint_vm::window::never_open(window, &package.calendars));
    closed.map(|(_, (window, span))| messages::never_open(*span, &window.name)).collect()
}

fn package_span(package: &hir::Package) -> Span {
    package.policies.first().map_or_else(|| Span::new(FileId(0), 0, 0), |policy| policy.span)
}

fn too_large(package: &hir::Package, what: &(&'static str, u64)) -> Diagnostic {
    messages::too_large(package_span(package), what.0, what.1)
}

/// What the verifier refuses in a module that was just made is a limit, told in the author's terms.
fn beyond(package: &hir::Package, error: &LoadError) -> Diagnostic {
    too_large(package, &("values in the lists of a decision", limits::CELLS_MAX)).note(error.to_string())
}

fn source_map(package: &hir::Package, sources: &Sources, program: &Program) -> SourceMap {
    let files = sources.iter().map(|(_, source)| source.path.clone()).collect();
    let place = |span: Span| {
        let (line, column) = sources.get(span.file).map_or((0, 0), |source| source.line_column(span.start));
        Position { file: span.file.0, line, column }
    };
    let rules = || package.policies.iter().flat_map(|policy| &policy.rules);
    let mut statements: Vec<Position> =
        rules().flat_map(|rule| &rule.statements).map(|s| place(s.span)).collect();
    let bands = package.scores.iter().flat_map(|score| &score.bands);
    statements.extend(bands.filter(|band| band.verdict > Verdict::Allow).map(|band| place(band.span)));
    let watched = package.rollouts.iter().flat_map(|rollout| {
        let stages = rollout.stages.iter().flat_map(|stage| &stage.rules);
        rollout.rules.iter().chain(stages).flat_map(|rule| &rule.statements)
    });
    statements.extend(watched.map(|statement| place(statement.span)));
    debug_assert_eq!(statements.len(), program.statements.len());
    let policies = package.policies.iter().map(|policy| place(policy.span)).collect();
    let waivers = package.policies.iter().flat_map(|policy| &policy.waivers).map(|w| place(w.span)).collect();
    SourceMap { package: package.name.clone(), files, statements, policies, waivers }
}
