//! Words about policies, windows and tests.

use crate::diag::nearest::nearest;
use crate::diag::{Code, Diagnostic};
use crate::span::Span;

/// A clause that another verdict takes.
pub fn clause_for_verdict(span: Span, word: &str, verdict: &str, takes: &str) -> Diagnostic {
    Diagnostic::new(Code::ClauseForVerdict, span, format!("`{verdict}` takes no `{word}`"))
        .label(format!("belongs to `{takes}`"))
        .note(format!("`{word}` belongs to `{takes}`"))
}

/// An escalation without a group.
pub fn escalate_to_nobody(span: Span) -> Diagnostic {
    Diagnostic::new(Code::EscalateToNobody, span, "this escalation does not say to whom")
        .label("to whom?")
        .help("write `escalate to GROUP`, and declare the group with `group NAME = directory(\"…\")`")
}

/// An unknown that would escalate without a group.
pub fn unknown_to_nobody(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::EscalateToNobody,
        span,
        "where this is unknown it escalates, and nobody is named to escalate to",
    )
    .label("to whom?")
    .help("escalate by `escalate to GROUP` itself, or let what is unknown `delay` or `block`")
}

/// A policy that can never decide anything.
pub fn empty_policy(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::EmptyPolicy, span, format!("policy `{name}` has neither a rule nor `allow`"))
        .label("decides nothing")
        .help("add a rule, or `allow` to let through what its `when` names")
}

/// A waiver of a rule that cannot be waived.
pub fn not_waivable(span: Span, rule: &str, declared: Span) -> Diagnostic {
    Diagnostic::new(Code::NotWaivable, span, format!("rule `{rule}` is not waivable"))
        .label("not waivable")
        .also(declared, "declared here without `waivable`")
        .help("only a rule declared `waivable rule` can be waived")
}

/// A rule that the policy does not have.
pub fn unknown_rule(span: Span, name: &str, candidates: &[&str]) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(Code::UnknownRule, span, format!("unknown rule `{name}`")).label("no such rule");
    match nearest(name, candidates.iter().copied()) {
        Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), span, near),
        None => diagnostic,
    }
}

/// `on unknown allow` or `on unknown warn`.
pub fn on_unknown_allows(span: Span) -> Diagnostic {
    Diagnostic::new(Code::OnUnknownAllows, span, "what is unknown never passes")
        .label("would not object")
        .help("write `delay`, `escalate` or `block`")
}

/// A waiver that lacks a part.
pub fn waiver_incomplete(span: Span, name: &str, lacks: &str) -> Diagnostic {
    Diagnostic::new(Code::WaiverIncomplete, span, format!("waiver `{name}` lacks `{lacks}`"))
        .label(format!("without `{lacks}`"))
}

/// A waiver or a governing policy that only rests on what the caller says.
pub fn claims_alone(span: Span, what: &str, insert: Span) -> Diagnostic {
    Diagnostic::new(
        Code::ClaimsAlone,
        span,
        format!("this {what} rests on what the caller claims, and on nothing else"),
    )
    .label("claimed by the caller")
    .note("whoever can send a request can make it hold")
    .fix(
        "ask for a fact that is gathered, verified or attested as well, or say that this is meant",
        insert,
        " on the caller's word",
    )
}

/// Weights that do not add up.
pub fn weights(span: Span, sum: i64) -> Diagnostic {
    Diagnostic::new(Code::Weights, span, format!("the weights of this score add up to {sum}, not to 100"))
        .label(format!("{sum} in all"))
        .help("give each factor a weight of at least 1 so that all of them add up to 100")
}

/// Bands of which something is wrong.
pub fn bands(span: Span, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Bands, span, why.to_owned())
        .label("here the bands go wrong")
        .help("write `bands { >= 80% allow  >= 60% escalate to GROUP  else block }`, from the highest down")
}

/// A condition that cannot hold.
pub fn never_holds(span: Span) -> Diagnostic {
    Diagnostic::new(Code::FixedCondition, span, "this condition can never hold")
        .label("never true")
        .help("mend it, or leave it out")
}

/// A condition that cannot fail.
pub fn always_holds(span: Span) -> Diagnostic {
    Diagnostic::new(Code::FixedCondition, span, "this condition always holds")
        .label("never false")
        .help("mend it, or leave it out")
}

/// A statement whose conditions exclude each other.
pub fn never_fires(span: Span) -> Diagnostic {
    Diagnostic::new(Code::FixedCondition, span, "this can never object: its conditions exclude each other")
        .label("never objects")
        .note("the `when` of its policy and of its rule hold for it as well")
}

/// Something that only the top layer may say.
pub fn lower_layer(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(Code::LowerLayer, span, format!("a package below another may not {what}"))
        .label("only the top layer may")
        .note("a lower layer adds objections, and never loosens what the layers above it say")
}

/// A signal that a layer above declares as well.
pub fn signal_above(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::LowerLayer, span, format!("a layer above declares signal `{name}`"))
        .label("declared above")
        .help("give it another name: a fact has one source")
}

/// A rollout whose stages make no plan.
pub fn rollout_plan(span: Span, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Rollout, span, why.to_owned()).label("here the rollout goes wrong")
}

/// A rollout that needs no sample to go on.
pub fn no_critical_metric(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::Rollout, span, format!("rollout `{name}` has no critical metric"))
        .label("time alone would promote it")
        .help("write `metric NAME critical { … }`: a stage goes on only with a valid sample of it")
}

/// A rollout that does not say how long it waits for what is not known.
pub fn no_hold(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::Rollout,
        span,
        format!("rollout `{name}` does not say what becomes of what is unknown"),
    )
    .label("could be held for ever")
    .help("write `on unknown hold at most 10m then rollback`, or `then escalate to GROUP`")
}

/// A threshold that is a multiple of the baseline, which may be nought.
pub fn no_floor(span: Span) -> Diagnostic {
    Diagnostic::new(Code::NoFloor, span, "a threshold relative to the baseline has a floor".to_owned())
        .label("where the baseline is about nought, any value passes this or none does")
        .help("ask for something that is not relative as well, such as `and value > 1%`")
}

/// A zone that the database does not have.
pub fn unknown_zone(span: Span, name: &str, near: Option<&str>) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(Code::UnknownZone, span, format!("unknown time zone `{name}`")).label("no such zone");
    match near {
        Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), span, format!("\"{near}\"")),
        None => diagnostic.help("write an IANA name such as \"Europe/Berlin\""),
    }
}

/// A name for a zone that is an offset or an abbreviation.
pub fn zone_without_city(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnknownZone, span, format!("`{name}` names no place"))
        .label("an abbreviation")
        .note("an abbreviation stands for one offset, or for the rules of many places")
        .help("name a city, such as \"Europe/Berlin\" or \"America/New_York\", or write \"UTC\"")
}

/// A window without a zone.
pub fn no_zone(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnknownZone, span, format!("window `{name}` has no time zone"))
        .label("in which zone?")
        .help("write `in \"Europe/Berlin\"` behind its name")
}

/// A range whose ends are the wrong way round.
pub fn bad_range(span: Span, why: &str) -> Diagnostic {
    Diagnostic::new(Code::BadRange, span, why.to_owned()).label("its end is not behind its start")
}

/// A window that is never open.
pub fn never_open(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::NeverOpen, span, format!("window `{name}` is never open"))
        .label("never open")
        .note("`closed` always wins over `open`")
}

/// A day outside the range of its calendar.
pub fn outside_calendar(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::OutsideCalendar,
        span,
        "this day lies outside the dates for which the calendar is valid",
    )
    .label("outside the dates of the calendar")
}

/// A fixture that nothing declares.
pub fn unknown_fixture(span: Span, name: &str, candidates: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnknownFixture, span, format!("unknown fixture `{name}`"))
        .label("no such fixture");
    match nearest(name, candidates.iter().copied()) {
        Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), span, near),
        None => diagnostic.help("declare it with `fixture NAME { … }` or `fixture NAME from \"file.json\"`"),
    }
}

/// A file of a fixture that is not in the package.
pub fn unknown_file(span: Span, path: &str, candidates: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnknownFixture, span, format!("the package has no file `{path}`"))
        .label("no such file");
    match nearest(path, candidates.iter().copied()) {
        Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), span, format!("\"{near}\"")),
        None => diagnostic.help("name a JSON file by its path from the root of the package"),
    }
}

/// Data that does not fit.
pub fn bad_data(span: Span, why: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::BadData, span, why).label("does not fit")
}

/// `unknown` among the elements of a list.
pub fn unknown_in_list(span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadData, span, "an element of a list is never unknown")
        .label("in a list")
        .help("leave it out, or write `unknown` for the whole list")
}

/// A test that lacks a part.
pub fn test_incomplete(span: Span, lacks: &str, help: &str) -> Diagnostic {
    Diagnostic::new(Code::TestIncomplete, span, format!("this test has no {lacks}"))
        .label(format!("without {lacks}"))
        .help(help)
}

// ---- bounds, found by the compiler

/// A policy that may cost more than a decision may.
pub fn fuel_bound(span: Span, bound: u64, max: u64) -> Diagnostic {
    Diagnostic::new(
        Code::FuelBound,
        span,
        format!("a decision may need {bound} fuel, and the limit is {max}"),
    )
    .label("costs too much")
    .help("lower the `max` of the lists that nested comprehensions walk")
}

/// A module beyond a limit of its format.
pub fn too_large(span: Span, what: &str, max: u64) -> Diagnostic {
    Diagnostic::new(Code::TooLarge, span, format!("the package needs more than {max} {what}"))
        .label("too large")
}

/// `until` behind a verdict other than `delay`.
pub fn until_needs_delay(span: Span, verdict: &str) -> Diagnostic {
    Diagnostic::new(Code::ClauseForVerdict, span, format!("`expect {verdict}` takes no `until`"))
        .label("belongs to `delay`")
        .help("write `expect delay until …`, or leave out `until`")
}
