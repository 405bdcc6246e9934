//! Goldens of every way of showing diagnostics, and that nothing of a source can harm whoever reads them.

use proptest::prelude::*;

use super::{Document, SHOWN_PER_FILE_MAX, Style, concise, json, text};
use crate::diag::{Code, Diagnostic};
use crate::span::{FileId, Source, Sources, Span};

const PLAIN: Style = Style { color: false, unicode: true };
const ASCII: Style = Style { color: false, unicode: false };

fn sources(files: &[(&str, &str)]) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(Source::new(*path, *text));
    }
    sources
}

fn at(sources: &Sources, file: u16, part: &str) -> Span {
    let start = sources.get(FileId(file)).unwrap().text.find(part).unwrap();
    Span::new(FileId(file), start, start + part.len())
}

fn sample() -> (Vec<Diagnostic>, Sources) {
    let sources = sources(&[
        ("acme.hold", "policy p {\n  param limit: percent = 80%\n  rule r { block when limt < 5% }\n}\n"),
        ("std/deployment.hold", "enum Kind { standard, hotfix }\n"),
    ]);
    let name = at(&sources, 0, "limt");
    let diagnostics = vec![
        Diagnostic::new(Code::UnknownName, name, "unknown name `limt`")
            .label("nothing here has this name")
            .also(at(&sources, 0, "limit"), "declared here")
            .note("names are looked up in the rule, the policy, the package and then the library")
            .fix("write `limit`", name, "limit"),
        Diagnostic::new(Code::Duplicate, at(&sources, 0, "rule r"), "`r` is declared twice")
            .also(at(&sources, 1, "Kind"), "first declared here"),
        Diagnostic::new(Code::Unused, Span::new(FileId(0), 999, 999), "nothing uses this"),
    ];
    (diagnostics, sources)
}

#[test]
fn text_with_box_characters() {
    let (diagnostics, sources) = sample();
    let expected = include_str!("goldens/unicode.txt");
    assert_eq!(text(&diagnostics, &sources, PLAIN), expected, "goldens/unicode.txt");
}

#[test]
fn text_in_ascii() {
    let (diagnostics, sources) = sample();
    let expected = include_str!("goldens/ascii.txt");
    assert_eq!(text(&diagnostics, &sources, ASCII), expected, "goldens/ascii.txt");
}

#[test]
fn colour_adds_nothing_but_colour() {
    let (diagnostics, sources) = sample();
    let colored = text(&diagnostics, &sources, Style { color: true, unicode: true });
    assert!(colored.contains("\u{1b}[1;31merror[E0301]\u{1b}[0m"));
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
    assert_eq!(trimmed.join("\n") + "\n", text(&diagnostics, &sources, PLAIN));
}

#[test]
fn one_line_for_each() {
    let (diagnostics, sources) = sample();
    let expected = "\
acme.hold:3:23: error[E0301] unknown name `limt` (nothing here has this name); write `limit`
acme.hold:3:3: error[E0302] `r` is declared twice
acme.hold:5:1: warning[W0309] nothing uses this
";
    assert_eq!(concise(&diagnostics, &sources), expected);
}

#[test]
fn json_is_a_versioned_document() {
    let (diagnostics, sources) = sample();
    let written = json(&diagnostics, &sources);
    assert_eq!(written, include_str!("goldens/document.json"), "goldens/document.json");
    let read: Document = serde_json::from_str(&written).unwrap();
    assert_eq!(read, Document::new(&diagnostics, &sources));
}

#[test]
fn a_file_shows_at_most_so_many() {
    let sources = sources(&[("a.hold", "x\n"), ("b.hold", "y\n")]);
    let mut many = vec![Diagnostic::new(Code::UnknownName, Span::new(FileId(0), 0, 1), "no"); 27];
    many.push(Diagnostic::new(Code::UnknownName, Span::new(FileId(1), 0, 1), "no"));
    let lines = concise(&many, &sources);
    assert_eq!(lines.lines().count(), SHOWN_PER_FILE_MAX + 2);
    assert_eq!(lines.lines().nth(SHOWN_PER_FILE_MAX), Some("a.hold: and 7 more"));
    assert_eq!(text(&many, &sources, PLAIN).matches("error[E0301]").count(), SHOWN_PER_FILE_MAX + 1);
    assert_eq!(Document::new(&many, &sources).diagnostics.len(), 28);
}

#[test]
fn tabs_wide_characters_and_line_ends_keep_the_mark_in_place() {
    let sources = sources(&[("wide.hold", "let a = 1\r\n\tlet 部署 = limt\r\n")]);
    let diagnostics = [Diagnostic::new(Code::UnknownName, at(&sources, 0, "limt"), "unknown name `limt`")];
    let expected = "\
error[E0301]: unknown name `limt`
   ,-[ wide.hold:2:11 ]
   |
 2 |     let 部署 = limt
   |                ^^|^
   |                  `--- here
---'

";
    assert_eq!(text(&diagnostics, &sources, ASCII), expected);
}

#[test]
fn an_empty_place_at_the_end_of_a_line_and_of_the_file_is_marked() {
    let sources = sources(&[("a.hold", "let a =\nlet b =")]);
    let place =
        |at| [Diagnostic::new(Code::Unexpected, Span::new(FileId(0), at, at), "cut off").label("here")];
    for (byte, column) in [(7, "1:8"), (15, "2:8"), (99, "2:8")] {
        let drawn = text(&place(byte), &sources, ASCII);
        assert!(drawn.contains(&format!("a.hold:{column} ]")), "{drawn}");
        assert!(drawn.contains("|        |\n   |        `-- here"), "{drawn}");
    }
}

#[test]
fn a_line_without_end_is_not_shown() {
    let sources = sources(&[("long.hold", &"x ".repeat(5_000))]);
    let found =
        [Diagnostic::new(Code::UnknownName, Span::new(FileId(0), 10, 11), "unknown name `x`").help("no")];
    let expected = "error[E0301]: unknown name `x`\n  --> long.hold:1:11\n   = help: no\n\n";
    assert_eq!(text(&found, &sources, PLAIN), expected);
}

fn words() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\u{1b}[31m",
        "\u{7}",
        "\u{202e}",
        "\u{2066}",
        "\u{200b}",
        "\u{feff}",
        "\r\n",
        "\r",
        "\n",
        "\t",
        "\u{b}",
        "\u{85}",
        "\u{2028}",
        "👩\u{200d}🚀",
        "e\u{301}",
        "部",
        "\u{9b}31m",
        "\u{7f}",
        "\u{0}",
        "é",
    ]);
    let part = prop_oneof![nasty.prop_map(str::to_owned), "[a-z {}=\"]{0,8}", any::<String>()];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn span() -> impl Strategy<Value = Span> {
    (0u16..3, 0u32..200, 0u32..200).prop_map(|(file, start, end)| Span { file: FileId(file), start, end })
}

fn diagnostic() -> impl Strategy<Value = Diagnostic> {
    let labels = prop::collection::vec((span(), words()), 0..4);
    let code = prop::sample::select(Code::ALL.to_vec());
    (code, span(), words(), words(), labels, prop::collection::vec(words(), 0..2), span(), words()).prop_map(
        |(code, span, message, label, labels, notes, edit, replacement)| {
            let mut made = Diagnostic::new(code, span, message).label(label);
            made = labels.into_iter().fold(made, |made, (span, text)| made.also(span, text));
            made = notes.into_iter().fold(made, Diagnostic::note);
            made.fix("write it", edit, replacement)
        },
    )
}

proptest! {
    #[test]
    fn nothing_of_a_source_harms_a_terminal(
        files in prop::collection::vec((words(), words()), 2),
        found in prop::collection::vec(diagnostic(), 0..4),
        unicode: bool,
    ) {
        let mut sources = Sources::default();
        for (path, text) in files {
            sources.add(Source::new(path, text));
        }
        let harms = |c: char| c.is_control() && c != '\n' || super::clean::is_hidden(c);
        for shown in [
            text(&found, &sources, Style { color: false, unicode }),
            concise(&found, &sources),
            json(&found, &sources),
        ] {
            prop_assert!(!shown.chars().any(harms), "{shown:?}");
        }
        prop_assert_eq!(concise(&found, &sources).lines().count(), found.len());
        let read: Document = serde_json::from_str(&json(&found, &sources)).unwrap();
        prop_assert_eq!(read, Document::new(&found, &sources));
        let _ = text(&found, &sources, Style { color: true, unicode });
    }
}
