//! Policies and requests of any size: how cost grows.

use std::fmt::Write as _;

/// Rules of four shapes over a small request: a share of them is of a policy whose head does not hold.
pub fn rules(count: usize) -> String {
    let mut out = String::from(
        "enum Environment { staging, production }\n\
         request { environment: Environment, owner: string, n: int, rate: percent as number of percent, ok: bool }\n\
         policy here when environment == production {\n",
    );
    for rule in 0..count {
        // Writing to a text cannot fail.
        let _ = match rule % 4 {
            0 => writeln!(out, "  rule r{rule} {{ block when n > {} }}", rule + 1000),
            1 => writeln!(out, "  rule r{rule} {{ block when rate > 50% and n > {rule} }}"),
            2 => writeln!(out, "  rule r{rule} {{ escalate to ops when owner == \"team-{rule}\" }}"),
            _ => writeln!(out, "  rule r{rule} {{ block unless ok or n == {rule} }}"),
        };
    }
    out.push_str("}\ngroup ops = directory(\"ops\")\n");
    out
}

/// A request of [`rules`] to which no rule objects.
pub const RULES_REQUEST: &str =
    r#"{"environment":"production","owner":"team-x","n":-1,"rate":12.5,"ok":true}"#;

/// A policy that looks at every element of its lists.
pub const LISTS: &str = "\
record Item { id: string, n: int }
request { items: list<Item, max 4096>, more: list<Item, max 4096>, rest: list<Item, max 4096> }
policy p {
  rule a { block when any i in items where i.n > 100 }
  rule b { block when any i in more where i.n > 100 }
  rule c { block when any i in rest where i.n > 100 }
}
";

/// A request of [`LISTS`] with so many elements in all; at most 12,288.
pub fn lists_request(count: usize) -> String {
    let list = |from: usize, to: usize| {
        let items = (from..to.max(from)).map(|index| format!(r#"{{"id":"n{index}","n":{}}}"#, index % 100));
        items.collect::<Vec<_>>().join(",")
    };
    let (first, second) = (count.min(4096), count.min(8192));
    format!(
        r#"{{"items":[{}],"more":[{}],"rest":[{}]}}"#,
        list(0, first),
        list(4096, second),
        list(8192, count)
    )
}
