//! Words about names and declarations.

use crate::diag::nearest::nearest;
use crate::diag::{Code, Diagnostic};
use crate::span::Span;

fn did_you_mean(diagnostic: Diagnostic, span: Span, name: &str, candidates: &[&str]) -> Diagnostic {
    match nearest(name, candidates.iter().copied()) {
        Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), span, near),
        None => diagnostic,
    }
}

/// The candidates as a note, where there are few enough to read.
fn listed(diagnostic: Diagnostic, what: &str, candidates: &[&str]) -> Diagnostic {
    if candidates.is_empty() || candidates.len() > 12 {
        return diagnostic;
    }
    let list: Vec<String> = candidates.iter().map(|name| format!("`{name}`")).collect();
    diagnostic.note(format!("{what}: {}", list.join(", ")))
}

/// A name that nothing declares.
pub fn unknown_name(span: Span, name: &str, candidates: &[&str]) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(Code::UnknownName, span, format!("unknown name `{name}`")).label("not declared");
    match name {
        "null" | "nil" | "undefined" | "None" => {
            diagnostic.fix("write `none`; `x is none` asks for it", span, "none")
        }
        "True" => diagnostic.fix("write `true`", span, "true"),
        "False" => diagnostic.fix("write `false`", span, "false"),
        _ => did_you_mean(diagnostic, span, name, candidates),
    }
}

/// A name of a certain kind of thing that nothing declares.
pub fn unknown_thing(span: Span, what: &str, name: &str, candidates: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnknownName, span, format!("unknown {what} `{name}`"))
        .label(format!("no such {what}"));
    listed(did_you_mean(diagnostic, span, name, candidates), "known here", candidates)
}

/// A name declared twice.
pub fn duplicate(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::new(Code::Duplicate, span, format!("`{name}` is declared twice"))
        .label("declared again")
        .also(first, "declared here first")
        .help("give one of them another name")
}

/// A name that is both a value and a member of the expected enum.
pub fn ambiguous(span: Span, name: &str, qualified: &str) -> Diagnostic {
    Diagnostic::new(Code::Ambiguous, span, format!("`{name}` could be a value or a member of the enum"))
        .label("could be both")
        .fix(format!("write `{qualified}` for the member"), span, qualified)
}

/// A member of the request whose name an expression could never read.
pub fn reserved(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::ReservedName,
        span,
        format!("`{name}` is a reserved word, and members of the request are read by their bare names"),
    )
    .label("reserved")
    .help("give the member another name, or put it into a record")
}

/// A type of the package with the name of one that every package has.
pub fn basic_type(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::Duplicate, span, format!("`{name}` is a type of the language"))
        .label("taken")
        .help("give this one another name")
}

/// A reserved word where something is given a name.
pub fn reserved_as_name(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::ReservedName, span, format!("`{name}` is a reserved word, and never a name"))
        .label("reserved")
        .help(format!("choose another name, such as `{name}_`"))
}

/// A type that nothing declares.
pub fn unknown_type(span: Span, name: &str, candidates: &[&str]) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(Code::UnknownType, span, format!("unknown type `{name}`")).label("no such type");
    let known = match name.to_ascii_lowercase().as_str() {
        "integer" | "number" | "long" | "i64" | "int64" | "uint" => "int",
        "str" | "text" | "varchar" | "char" => "string",
        "boolean" => "bool",
        "float" | "double" | "real" | "f64" | "numeric" => "decimal",
        "timestamp" | "datetime" | "time" => "instant",
        "percentage" => "percent",
        "timedelta" | "interval" | "timespan" => "duration",
        "bytes" | "filesize" => "size",
        "semver" => "version",
        "user" | "person" => "principal",
        "array" | "vec" | "set" | "slice" => {
            return diagnostic.help("write `list<T>` or `list<T, max 100>`");
        }
        "dict" | "object" | "struct" | "hash" => {
            return diagnostic.help("write `map<string, T>`, or declare a `record` with the members");
        }
        _ => return did_you_mean(diagnostic, span, name, candidates),
    };
    diagnostic.fix(format!("write `{known}`"), span, known)
}

/// A member that a record or enum does not have.
pub fn unknown_member(span: Span, of: &str, name: &str, candidates: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnknownMember, span, format!("{of} has no member `{name}`"))
        .label("no such member");
    listed(did_you_mean(diagnostic, span, name, candidates), "its members", candidates)
}

/// A member of something that has none.
pub fn no_members(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::new(Code::UnknownMember, span, format!("a value of type {ty} has no members"))
        .label("has no members")
}

/// A module that is not there.
pub fn unknown_module(span: Span, name: &str, candidates: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnknownModule, span, format!("unknown module `{name}`"))
        .label("no such module");
    listed(did_you_mean(diagnostic, span, name, candidates), "the library has", candidates)
}

/// An include that brings no policy, or names one policy where there are several.
pub fn include(span: Span, why: String) -> Diagnostic {
    Diagnostic::new(Code::Include, span, why).label("nothing to include")
}

/// A package without a request type.
pub fn no_request(span: Span) -> Diagnostic {
    Diagnostic::new(Code::NoRequest, span, "nothing says what a request is")
        .label("no request type in this package")
        .help("begin with `use std.deployment`, or declare `request { … }`")
}

/// A name that stands in a list twice.
pub fn repeated_name(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::new(Code::Duplicate, span, format!("`{name}` stands here twice"))
        .label("the second time")
        .also(first, "the first time")
        .help("keep one of them, or give one another name")
}

/// A second test of the same name.
pub fn duplicate_test(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::new(Code::Duplicate, span, format!("there are two tests `{name}`"))
        .label("the second")
        .also(first, "the first")
        .help("give one of them another name")
}

/// A member that data set twice.
pub fn member_twice(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::new(Code::Duplicate, span, format!("`{name}` is given twice"))
        .label("given again")
        .also(first, "given here first")
        .help("keep one of them")
}

/// A second request type.
pub fn second_request(span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(Code::Duplicate, span, "the request is declared twice")
        .label("declared again")
        .also(first, "declared here first")
}

/// A name that nothing uses.
pub fn unused(span: Span, what: &str, name: &str) -> Diagnostic {
    Diagnostic::new(Code::Unused, span, format!("nothing uses the {what} `{name}`"))
        .label("never used")
        .help("remove it")
}
