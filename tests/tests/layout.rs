//! A layout never changes what a package means: whole packages on as few lines as their comments allow are laid out and
//! lead to the same modules.

#[cfg(test)]
mod layout {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;

    use holdpoint_lang::lexer::{RawKind, raw};
    use holdpoint_lang::token::Token;
    use holdpoint_lang::{FileId, format};
    use holdpoint_tests::engine;
    use holdpoint_tests::homes::{self, root};
    use holdpoint_tests::package::Files;

    /// A text with one blank between what stands in it, and lines only where a comment ends one.
    fn squeezed(text: &str) -> String {
        let mut out = String::new();
        for part in raw(text) {
            out.push_str(text.get(part.start..part.end).unwrap());
            let comment = matches!(part.kind, RawKind::Comment | RawKind::Token(Token::Doc(_)));
            out.push(if comment { '\n' } else { ' ' });
        }
        out
    }

    /// The packages of a folder: each directory with files of the language, with its JSON files.
    fn packages(folder: &str) -> Vec<Files> {
        let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
        let sources = homes::files(&root(), folder, "hold").unwrap();
        let data = homes::files(&root(), folder, "json").unwrap();
        let directory = |path: &String| {
            path.rsplit_once('/').map_or(String::new(), |(directory, _)| format!("{directory}/"))
        };
        let directories: BTreeSet<String> = sources.iter().map(directory).collect();
        let package = |within: &String| {
            let relative =
                |path: &&String| path.strip_prefix(within.as_str()).map(|name| (name.to_owned(), read(path)));
            let of = |path: &&String| directory(path) == *within;
            Files {
                sources: sources.iter().filter(of).filter_map(|path| relative(&path)).collect(),
                data: data.iter().filter_map(|path| relative(&path)).collect::<BTreeMap<_, _>>(),
                ..Files::default()
            }
        };
        directories.iter().map(package).collect()
    }

    // rule: layout.meaning
    #[test]
    fn packages_on_one_line_lead_to_the_same_modules() {
        let packages = packages("examples");
        assert!(!packages.is_empty());
        for files in packages {
            let module = engine::build(&files).module.unwrap();
            let mut laid_out = files.clone();
            for (_, text) in &mut laid_out.sources {
                *text = format(FileId::default(), &squeezed(text)).unwrap();
            }
            assert_eq!(engine::build(&laid_out).module.unwrap().bytes, module.bytes);
            assert_eq!(engine::check_layout(&laid_out, &engine::build(&laid_out)), Ok(()));
        }
    }

    // rule: layout.meaning
    #[test]
    fn a_layout_loses_nothing_of_the_library() {
        for path in homes::files(&root(), "stdlib/std", "hold").unwrap() {
            let text = fs::read_to_string(root().join(&path)).unwrap();
            let again = format(FileId::default(), &squeezed(&text)).unwrap();
            assert_eq!(squeezed(&again), squeezed(&text), "{path}");
        }
    }

    /// A comment behind each token in turn, on its line or on the next one, and a space or a line end in each gap.
    // rule: layout.comments
    #[test]
    fn a_comment_stays_between_any_two_tokens() {
        let page = fs::read_to_string(root().join("spec/02-grammar.md")).unwrap();
        let text = page.split("```policy parse-only\n").nth(1).unwrap().split("```").next().unwrap();
        let parts = raw(text);
        assert!(parts.len() > 300);
        for part in &parts {
            let (before, behind) = text.split_at(part.end);
            for comment in [" // c\n", "\n// c\n", "\n\n// c\n\n// d\n\n", " // c\n// d\n"] {
                let commented = format!("{before}{comment}{behind}");
                let once = layout(&commented);
                assert_eq!(layout(&once), once, "{commented}");
                assert_eq!(words(&once), words(&commented), "{once}");
            }
        }
    }

    fn layout(text: &str) -> String {
        format(FileId::default(), text).unwrap_or_else(|wrong| panic!("{text}\n{wrong:?}"))
    }

    /// Tokens but commas, and comments.
    fn words(text: &str) -> Vec<&str> {
        let parts = raw(text).into_iter().filter(|part| part.kind != RawKind::Token(Token::Comma));
        parts.map(|part| text.get(part.start..part.end).unwrap().trim_end()).collect()
    }
}
