//! Did you mean …: the known word nearest to an unknown one.

/// The candidate nearest to `word`, where it is near enough: at most a third of its letters differ, and at least one
/// may. Ties go to the first in alphabetical order, so that messages do not depend on the order of declarations.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let bound = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_near_words_are_offered_and_ties_are_sorted() {
        assert_eq!(nearest("enviroment", ["environment", "service"]), Some("environment"));
        assert_eq!(nearest("x", ["service"]), None);
        assert_eq!(nearest("gate", ["gates", "gage"]), Some("gage"));
    }
}
