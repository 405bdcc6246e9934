//! Did you mean: the known word that is nearest to one that is not known.

/// The nearest of some words, if it is near enough to be meant.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // What is far too long cannot be near anything, and comparing it would cost its length.
    if word.len() > 100 {
        return None;
    }
    let distance = |other: &str| strsim::damerau_levenshtein(word, other);
    let near = known.into_iter().map(|other| (distance(other), other)).min()?;
    let enough = word.chars().count().checked_div(3).unwrap_or(0).max(1);
    if near.0 <= enough { Some(near.1) } else { None }
}

/// A sentence that offers the nearest of some words.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|meant| format!("did you mean `{meant}`?"))
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn near_words_are_offered_and_far_ones_are_not() {
        let known = ["verdict", "rule", "service"];
        assert_eq!(did_you_mean("verdit", known).as_deref(), Some("did you mean `verdict`?"));
        assert_eq!(did_you_mean("ruel", known).as_deref(), Some("did you mean `rule`?"));
        assert_eq!(did_you_mean("colour", known), None);
        assert_eq!(did_you_mean(&"x".repeat(1000), known), None);
    }
}
