//! Did you mean …: the known word nearest to an unknown one.

/// The candidate nearest to `word`, where it is near enough: at most a third of its letters differ, and at least one
/// may; or the shortest that begins with it. Names of one letter are near to none. Ties go to the first in alphabetical order, so that messages do not depend on the order of declarations.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let length = word.chars().count();
    let bound = (length / 3).max(1);
    if length < 2 {
        return None;
    }
    let candidates: Vec<&str> = candidates
        .into_iter()
        .filter(|candidate| *candidate != word && candidate.chars().nth(1).is_some())
        .collect();
    let near = candidates
        .iter()
        .copied()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, candidate)| candidate);
    let longer = || {
        let begins =
            candidates.iter().copied().filter(|candidate| length >= 4 && candidate.starts_with(word));
        begins.min_by_key(|candidate| (candidate.len(), *candidate))
    };
    near.or_else(longer)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_near_words_are_offered_and_ties_are_sorted() {
        assert_eq!(nearest("enviroment", ["environment", "service"]), Some("environment"));
        assert_eq!(nearest("x", ["service"]), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("xy", ["y"]), None);
        assert_eq!(nearest("std.deploy", ["std.soak", "std.deployment"]), Some("std.deployment"));
        assert_eq!(nearest("gate", ["gates", "gage"]), Some("gage"));
    }
}
