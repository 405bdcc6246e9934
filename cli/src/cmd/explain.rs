//! `holdpoint explain`

use holdpoint_lang::diag::Code;
use holdpoint_lang::diag::nearest::nearest;

use crate::exit::{Exit, Failure};
use crate::output;

pub(crate) fn run(code: Option<&str>) -> Result<Exit, Failure> {
    let Some(id) = code else {
        let lines: Vec<String> =
            Code::ALL.iter().map(|code| format!("{}  {}", code.id(), code.title())).collect();
        output::out(&lines.join("\n"));
        return Ok(Exit::Success);
    };
    let Some(code) = find(id) else {
        let failure = Failure::new(Exit::Usage, format!("unknown code `{id}`"));
        let near = nearest(&id.to_ascii_uppercase(), Code::ALL.iter().map(|code| code.id()));
        return Err(match near {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("`holdpoint explain` lists all codes"),
        });
    };
    output::out(&page(code.page()));
    Ok(Exit::Success)
}

/// The code with an id, whose letter and noughts in front may be left out.
fn find(id: &str) -> Option<Code> {
    let id = id.to_ascii_uppercase();
    let (letter, digits) = match id.strip_prefix(['E', 'W']) {
        Some(digits) => (id.strip_suffix(digits), digits),
        None => (None, id.as_str()),
    };
    let digits = format!("{digits:0>4}");
    let named = |code: &&Code| {
        letter.is_none_or(|letter| code.id().starts_with(letter))
            && code.id().get(1..) == Some(digits.as_str())
    };
    Code::ALL.iter().find(named).copied()
}

/// A page of the specification for reading in a terminal: titles without their signs, examples indented, and of the
/// diagnostics that an example raises what is said without its source, which stands above.
fn page(markdown: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut block: Option<&str> = None;
    for line in markdown.lines() {
        match (line.strip_prefix("```"), block) {
            (Some(words), None) => block = Some(words.split(' ').next().unwrap_or_default()),
            (Some(_), Some(_)) => block = None,
            (None, Some("diagnostics")) => {
                let said = line.starts_with("error[") || line.starts_with("warning[");
                let help = line.trim_start().strip_prefix("= ").map(|help| format!("  {help}"));
                lines.extend(said.then(|| line.to_owned()).or(help).map(|line| format!("    {line}")));
            }
            (None, Some(_)) => lines.push(format!("    {}", without_marker(line)).trim_end().to_owned()),
            (None, None) => lines.push(line.trim_start_matches('#').trim_start().to_owned()),
        }
    }
    lines.dedup_by(|line, above| line.is_empty() && above.is_empty());
    lines.join("\n")
}

/// A line of an example without the comment that says what it raises.
fn without_marker(line: &str) -> &str {
    let marker = ["// error:", "// warning:"].into_iter().find_map(|marker| line.split_once(marker));
    marker.map_or(line, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use holdpoint_lang::diag::Code;

    use super::{find, page};

    #[test]
    fn a_code_is_found_by_its_number_too() {
        for id in ["E0301", "e0301", "e301", "301", "0301"] {
            assert_eq!(find(id), Some(Code::UnknownName), "{id}");
        }
        assert_eq!(find("309"), Some(Code::Unused));
        assert_eq!(find("w309"), Some(Code::Unused));
        for id in ["E0309", "x301", "", "E", "30100", "é301"] {
            assert_eq!(find(id), None, "{id}");
        }
    }

    #[test]
    fn no_markdown_is_left_on_any_page() {
        for code in Code::ALL {
            let text = page(code.page());
            for sign in ["```", "// error:", "// warning:", "╭─", "\n#"] {
                assert!(!text.contains(sign), "{}: {sign}\n{text}", code.id());
            }
            assert!(text.starts_with(code.id()), "{text}");
            assert!(text.contains(&format!("[{}]: ", code.id())), "{text}");
        }
    }
}
