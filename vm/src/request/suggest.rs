//! Names near to one that is not known.

use super::error::quote;

/// A name longer than this gets no suggestion; comparing takes time by the product of the lengths.
const NAME_MAX: usize = 64;
/// Names that a help text lists at most.
const LIST_MAX: usize = 12;

/// Help for an unknown name: the nearest of the known ones, or else all of them if they are few.
pub(super) fn help<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let near = nearest(name, known.clone());
    if !near.is_empty() {
        return Some(format!("did you mean {}?", list(&near, "or")));
    }
    let mut all: Vec<&str> = known.collect();
    all.sort_unstable();
    let few = !all.is_empty() && all.len() <= LIST_MAX;
    few.then(|| format!("known here: {}", list(&all, "and")))
}

/// The names at the least distance, if that is small enough for a slip.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    if name.len() > NAME_MAX {
        return Vec::new();
    }
    let most = (name.chars().count() / 3).max(1);
    let mut best = most;
    let mut found = Vec::new();
    for candidate in known.filter(|candidate| candidate.len().abs_diff(name.len()) <= NAME_MAX) {
        let distance = strsim::damerau_levenshtein(name, candidate);
        if distance < best {
            found.clear();
            best = distance;
        }
        if distance == best {
            found.push(candidate);
        }
    }
    found.sort_unstable();
    found.truncate(LIST_MAX);
    found
}

/// Names in backticks, the last one after a word.
fn list(names: &[&str], word: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| quote(name)).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
        None => String::new(),
    }
}
