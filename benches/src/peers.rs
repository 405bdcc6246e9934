//! The peers, in a process of their own: `benches/peers` is built when it is first needed and driven by lines.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Failure;
use crate::load::root;
use crate::turns::Sample;

/// The running process. Its engines decided the whole load as expected, or it would have ended.
#[derive(Debug)]
pub struct Peers {
    /// The engines, by name and version.
    pub names: Vec<String>,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Peers {
    /// Builds and starts it.
    ///
    /// # Errors
    /// Where it cannot be built, or an engine disagrees.
    pub fn start(folder: &Path) -> Result<Self, Failure> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut child = Command::new(cargo)
            .args(["run", "--release", "--quiet", "--manifest-path"])
            .arg(root().join("benches/peers/Cargo.toml"))
            .arg("--")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
        let mut names = Vec::new();
        for line in output.by_ref() {
            match line? {
                end if end.is_empty() => return Ok(Self { names, child, input, output }),
                name => names.push(name),
            }
        }
        Err(format!("the peers have ended: {}", child.wait()?).into())
    }

    /// Measures one engine from bytes to decision.
    ///
    /// # Errors
    /// Where the process has ended.
    pub fn turn(&mut self, name: &str, least: Duration) -> Result<Sample, Failure> {
        writeln!(self.input, "{name} {}", least.as_millis())?;
        let line = self.output.next().ok_or("the peers have ended")??;
        let (time, allocations) = line.split_once(' ').ok_or("not a sample")?;
        Ok(Sample { time: time.parse()?, allocations: allocations.parse()? })
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // It ends with its input as well; nothing is lost where it has ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
