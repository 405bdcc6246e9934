//! The reference of a package says what it reads and demands, and its Markdown is sound.

use crate::run::{holdpoint, root, with_input};

const PACKAGE: &str = "\
ordered enum Level { low, high }
/// Who <b>asks</b>.
record Actor { id: principal }
/// What is asked, with `code`.
request {
  /// How | much.
  level: Level?
  actor: Actor
  fresh: bool? as attested
}
/// How often *it* fails.
signal rate: percent = history.rate(level)
/// When people are there.
window day in \"Europe/Berlin\" { open mon through fri 09:00 to 17:00 }
group crew = directory(\"the-crew\")
/// What holds.
policy p \"Care & <script>\" when level == high {
  /// The most.
  param most: percent = 5%
  /// Never too many.
  waivable rule r \"Few failures\" control \"C-1\" {
    block when rate > most because \"`{rate}` is over {most}\" fix \"wait\"
    escalate to crew needs 2 expires 2h when fresh is none
  }
  rule s when actor.id != \"root\" { delay unless now in day }
  waiver w \"By word\" { when fresh waives r oblige note \"say why\" within 24h of decision }
}
";

#[test]
fn the_reference_has_all_that_a_package_says() {
    let ran = with_input(&["doc", "-"], PACKAGE);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.err);
    for words in [
        "# stdin\n\nA decision takes at most ",
        "## Request\n\nWhat is asked, with `code`.\n",
        "| `level` | `Level?` | How \\| much. |",
        "### `Actor`\n\nWho \\<b\\>asks\\</b\\>.\n",
        "one of, the least first: `low`, `high`",
        "| `fresh` | `bool?` | attested |  |",
        "| `rate` | `percent` | gathered from `history.rate` | How often \\*it\\* fails. |",
        "### `day`, by the clocks of `Europe/Berlin`\n\nWhen people are there.\n\n- `open mon through fri 09:00 to 17:00`",
        "- `crew`: `directory(\"the-crew\")`",
        "### `p`: Care \\& \\<script\\>\n\nWhat holds.\n\n- governs when `level == high`",
        "| `most` | `5%` | The most. |",
        "#### `r`: Few failures\n\nNever too many.\n\n- control `C-1`\n- can be waived\n",
        "  - reason: `rate` is over `most`\n  - to mend it: wait\n  - where a fact is unknown: block\n",
        "  - asks 2 members of `crew`, for 2h\n",
        "#### `s`\n\n- applies when `actor.id != \"root\"`\n",
        "#### waiver `w`: By word\n\n- applies when `fresh`\n- waives `r`\n",
        "- to do within 1d of the decision: say why",
        " fuel alone",
    ] {
        assert!(ran.out.contains(words), "{words}\n\n{}", ran.out);
    }
    assert!(!ran.out.contains("<script>") && !ran.out.contains("<b>"), "{}", ran.out);
}

#[test]
fn every_rule_of_the_examples_stands_in_its_reference() {
    let mut rules = 0;
    for entry in std::fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path()) {
        if !entry.is_dir() {
            continue;
        }
        let path = entry.to_str().unwrap();
        let reference = holdpoint(&["doc", path]);
        assert_eq!((reference.code, reference.err.as_str()), (0, ""), "{path}");
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let mut columns = None;
        for line in reference.out.lines() {
            let here = line.starts_with('|').then(|| cells(line));
            assert!(columns.is_none() || here.is_none() || here == columns, "{path}: {line}");
            columns = here;
        }
        for line in std::fs::read_to_string(entry.join("policy.hold")).unwrap().lines() {
            let words: Vec<&str> = line.trim().trim_start_matches("waivable ").split(' ').collect();
            if let ["rule", name, ..] = words.as_slice() {
                assert!(reference.out.contains(&format!("\n#### `{name}`")), "{path} {name}");
                rules += 1;
            }
        }
    }
    assert!(rules >= 30, "{rules}");
}

#[test]
fn a_rollout_has_its_stages_and_bounds_in_the_reference() {
    let reference = holdpoint(&["doc", "examples/pol-007"]).out;
    let (_, rollouts) = reference.split_once("\n## Rollouts\n").unwrap();
    for words in
        ["| stage | traffic | lasts at least | fuel at most |", "- a stage is held for ", "| step 1 | 5% | "]
    {
        assert!(rollouts.contains(words), "{words}\n{rollouts}");
    }
}

#[test]
fn what_does_not_compile_has_no_reference_and_a_file_holds_what_is_printed() {
    let ran = with_input(&["doc", "-"], "policy p { }\n");
    assert!(ran.code == 3 && ran.out.is_empty() && ran.err.contains("error["), "{}", ran.err);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("acme.md");
    assert_eq!(holdpoint(&["doc", "examples/acme", "-o", file.to_str().unwrap()]).code, 0);
    assert_eq!(std::fs::read_to_string(file).unwrap(), holdpoint(&["doc", "examples/acme"]).out);
}
