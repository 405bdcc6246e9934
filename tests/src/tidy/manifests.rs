//! Which of our crates may depend on which.

/// The crates on which each may depend, apart from what its tests need. A crate that is not listed may depend on all.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("holdpoint-isa", &[]),
    ("holdpoint-stdlib", &[]),
    ("holdpoint-vm", &["holdpoint-isa"]),
    ("holdpoint-lang", &["holdpoint-isa"]),
    ("holdpoint-compiler", &["holdpoint-isa", "holdpoint-lang", "holdpoint-stdlib", "holdpoint-vm"]),
    ("holdpoint-server", &["holdpoint-isa", "holdpoint-vm"]),
    ("holdpoint-lsp", &["holdpoint-compiler", "holdpoint-isa", "holdpoint-lang", "holdpoint-stdlib"]),
];

/// Dependencies that run the wrong way.
pub fn directions(manifests: &[(String, String)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in manifests {
        let (name, dependencies) = read(text);
        let Some((_, may)) = DIRECTIONS.iter().find(|(known, _)| *known == name) else { continue };
        for dependency in dependencies {
            if !may.contains(&dependency.as_str()) {
                complaints.push(format!("{path}: {name} must not depend on {dependency}"));
            }
        }
    }
    complaints
}

/// The name of a package and those of our crates that it depends on.
fn read(manifest: &str) -> (String, Vec<String>) {
    let (mut name, mut dependencies, mut section) = (String::new(), Vec::new(), String::new());
    for line in manifest.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix('[') {
            section = heading.trim_end_matches(']').to_owned();
            dependencies.extend(
                own(&section.replace("dependencies.", "")).filter(|_| section.starts_with("dependencies.")),
            );
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        match section.as_str() {
            "package" if key.trim() == "name" => name = value.trim().trim_matches('"').to_owned(),
            "dependencies" | "build-dependencies" => dependencies.extend(own(key)),
            _ => {}
        }
    }
    (name, dependencies)
}

fn own(key: &str) -> Option<String> {
    let name = key.trim().split('.').next().unwrap_or_default();
    name.starts_with("holdpoint-").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::directions;

    #[test]
    fn what_tests_need_does_not_count() {
        let vm = "[package]\nname = \"holdpoint-vm\"\n[dependencies]\nholdpoint-isa.workspace = true\n\
                  holdpoint-lang = { path = \"../lang\" }\n[dev-dependencies]\nholdpoint-compiler.workspace = true\n";
        let found = directions(&[("vm/Cargo.toml".to_owned(), vm.to_owned())]);
        assert_eq!(found, ["vm/Cargo.toml: holdpoint-vm must not depend on holdpoint-lang"]);
    }
}
