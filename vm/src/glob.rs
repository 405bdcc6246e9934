//! Whether a text matches a glob: all ways through the pattern are followed at once, so that time is linear in the text.

use holdpoint_isa::limits::GLOB_STEPS_MAX;
use holdpoint_isa::literal::{Glob, Step};

/// Words of a set of steps.
const WORDS: usize = GLOB_STEPS_MAX as usize / 64;

/// A set of steps.
#[derive(Clone, Copy)]
struct Set([u64; WORDS]);

impl Set {
    const EMPTY: Self = Self([0; WORDS]);

    /// Adds a step; tells whether it is new.
    fn add(&mut self, step: u16) -> bool {
        let bit = 1u64.rotate_left(u32::from(step % 64));
        let Some(word) = self.0.get_mut(usize::from(step / 64)) else { return false };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// The steps in the set.
    fn iter(self) -> impl Iterator<Item = u16> {
        self.0.into_iter().zip((0u16..).step_by(64)).flat_map(|(word, first)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = u16::try_from(left.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
                left &= left.wrapping_sub(1);
                Some(first.saturating_add(bit))
            })
        })
    }
}

/// Whether the whole text matches.
pub(crate) fn matches(glob: &Glob, text: &str) -> bool {
    let mut now = Set::EMPTY;
    reach(glob, 0, &mut now);
    for c in text.chars() {
        let mut next = Set::EMPTY;
        for step in now.iter() {
            if glob.steps.get(usize::from(step)).is_some_and(|step| takes(step, c)) {
                reach(glob, step.saturating_add(1), &mut next);
            }
        }
        now = next;
    }
    now.iter().any(|step| glob.steps.get(usize::from(step)) == Some(&Step::End))
}

/// What matching costs: one for each 64 pairs of a byte of the text and a step of the pattern.
pub(crate) fn cost(glob: &Glob, bytes: u32) -> u64 {
    let steps = u64::try_from(glob.steps.len()).unwrap_or(u64::MAX);
    steps.saturating_mul(u64::from(bytes)).div_ceil(64)
}

fn takes(step: &Step, c: char) -> bool {
    match step {
        Step::Char(wanted) => *wanted == c,
        Step::Any => c != '/',
        Step::All => true,
        Step::Class { negated, ranges } => {
            let found = ranges.iter().any(|(first, last)| (*first..=*last).contains(&c));
            c != '/' && found != *negated
        }
        Step::Split(..) | Step::Jump(_) | Step::End => false,
    }
}

/// Adds a step and all to which it leads without taking a character. A step is followed once, so this ends.
fn reach(glob: &Glob, step: u16, set: &mut Set) {
    let mut open = [0u16; GLOB_STEPS_MAX as usize];
    let mut len = 0usize;
    let mut at = Some(step);
    while let Some(step) = at {
        at = None;
        if set.add(step) {
            match glob.steps.get(usize::from(step)) {
                Some(Step::Jump(to)) => at = Some(*to),
                Some(Step::Split(a, b)) => {
                    at = Some(*a);
                    if let Some(place) = open.get_mut(len) {
                        *place = *b;
                        len = len.saturating_add(1);
                    }
                }
                _ => {}
            }
        }
        if at.is_none() && len > 0 {
            len = len.saturating_sub(1);
            at = open.get(len).copied();
        }
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_isa::literal::glob;
    use proptest::prelude::*;

    use super::matches;
    use crate::shared_data;

    fn fits(pattern: &str, text: &str) -> bool {
        matches(&glob(pattern).unwrap(), text)
    }

    #[test]
    fn patterns_mean_what_they_say() {
        for (pattern, text, expected) in [
            ("migrations/*.sql", "migrations/001.sql", true),
            ("migrations/*.sql", "migrations/old/001.sql", false),
            ("migrations/**/*.sql", "migrations/old/2019/001.sql", true),
            ("migrations/**/*.sql", "migrations/001.sql", true),
            ("**/secrets/**", "secrets", true),
            ("**/secrets/**", "a/b/secrets/c/d", true),
            ("**/secrets/**", "a/secretsx/c", false),
            ("services/{api,web}/**", "services/web/src/main.rs", true),
            ("services/{api,web}/**", "services/worker/main.rs", false),
            ("{infra/**,*.tf}", "infra/eu/net.yaml", true),
            ("{infra/**,*.tf}", "infra", true),
            ("{infra/**,*.tf}", "x/main.tf", false),
            ("v[0-9].[!0]*", "v1.2.3", true),
            ("v[0-9].[!0]*", "v1.0.3", false),
            ("[!a]", "/", false),
            ("[.-9]", "/", false),
            ("größe?", "größen", true),
            ("a*", "A", false),
            ("a{,b,bc}d", "abcd", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn public_data_agrees() {
        let Some(lines) = shared_data::lines("glob.ndjson") else { return };
        let (mut agreed, mut skipped) = (0, 0);
        for line in lines {
            let row: serde_json::Value = serde_json::from_str(&line).unwrap();
            let (pattern, path) = (row["pattern"].as_str().unwrap(), row["path"].as_str().unwrap());
            // Read otherwise here: `**` beside other characters is refused, a last slash always counts, and capitals
            // always count.
            let other = matches!(pattern, "abc**" | "a/**/") || row["options"]["case_insensitive"] == true;
            if other {
                skipped += 1;
                continue;
            }
            let found = glob(pattern).ok().map(|glob| matches(&glob, path));
            assert_eq!(found, row["expect"].as_bool(), "{line}");
            agreed += 1;
        }
        assert!(agreed > 150 && skipped < 8, "{agreed} {skipped}");
    }

    /// A slow reading of a part of the patterns, by trying every split.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['*', rest @ ..] => {
                naive(rest, text) || text.first().is_some_and(|c| *c != '/') && naive(pattern, &text[1..])
            }
            ['?', rest @ ..] => text.first().is_some_and(|c| *c != '/') && naive(rest, &text[1..]),
            [c, rest @ ..] => text.first() == Some(c) && naive(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn stars_and_marks_agree_with_a_naive_reading(pattern in "[ab/?*]{0,9}", text in "[ab/]{0,9}") {
            if let Ok(found) = glob(&pattern) {
                // Two stars mean folders, which the naive reading does not know.
                prop_assume!(!pattern.contains("**"));
                let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
                prop_assert_eq!(matches(&found, &text), naive(&p, &t));
            }
        }

        #[test]
        fn no_pattern_panics(pattern in "[ab/?*{},!\\[\\]\\\\-]{0,40}", text in "[ab/,-]{0,20}") {
            if let Ok(found) = glob(&pattern) {
                let _ = matches(&found, &text);
            }
        }
    }

    #[test]
    fn time_is_linear() {
        // A pattern that takes a reader which goes back exponential time.
        let found = glob(&format!("{}b", "*a".repeat(40))).unwrap();
        assert!(!matches(&found, &"a".repeat(4096)));
    }
}
