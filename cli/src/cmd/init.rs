//! `holdpoint init`

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::args::Ci;
use crate::exit::{Exit, Failure};
use crate::{output, package};

const POLICY: &str = include_str!("init/package/policy.hold");
const TESTS: &str = include_str!("init/package/tests.hold");
const REQUEST: &str = include_str!("init/package/requests/ready.json");
const GITHUB: &str = include_str!("init/package/github.yml");
const GITLAB: &str = include_str!("init/package/gitlab.yml");

pub(crate) fn run(directory: &Path, ci: Ci) -> Result<Exit, Failure> {
    let pipeline = match ci {
        Ci::Github => Some((".github/workflows/policy.yml", GITHUB)),
        Ci::Gitlab => Some((".gitlab-ci.yml", GITLAB)),
        Ci::None => None,
    };
    let files = [("policy.hold", POLICY), ("tests.hold", TESTS), ("requests/ready.json", REQUEST)];
    let files: Vec<(&str, &str)> = files.into_iter().chain(pipeline).collect();
    refuse(directory, &files)?;
    for (name, text) in &files {
        let file = directory.join(name);
        let text = text.replace("REPOSITORY", env!("CARGO_PKG_REPOSITORY"));
        write(&file, &text).map_err(|error| {
            Failure::new(Exit::Unavailable, format!("cannot write `{}`: {error}", file.display()))
        })?;
        output::out_line(&output::visible(&file.display().to_string()));
    }
    let place = output::visible(&directory.display().to_string());
    output::err(&format!("try `holdpoint test {place}`, then change `policy.hold` and its tests"));
    Ok(Exit::Success)
}

/// Refuses where there is a package already, or a file in the place of a new one, before anything is written.
fn refuse(directory: &Path, files: &[(&str, &str)]) -> Result<(), Failure> {
    let taken =
        files.iter().map(|(name, _)| directory.join(name)).find(|file| file.symlink_metadata().is_ok());
    let source = || if directory.is_dir() { package::hold_files(directory) } else { Ok(Vec::new()) };
    let taken = match taken {
        Some(file) => Some(file),
        None => source()?.into_iter().next(),
    };
    match taken {
        Some(file) => {
            Err(Failure::new(Exit::Usage, format!("`{}` is there already, and stays", file.display()))
                .help("name a directory without a package"))
        }
        None => Ok(()),
    }
}

/// Writes a file that is not there yet.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::File::create_new(file)?.write_all(text.as_bytes())
}
