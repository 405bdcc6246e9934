//! Instruction counts by callgrind: the figure that noise does not touch.

use std::process::{Command, Stdio};

use crate::Failure;

/// Rotations of the load that are counted.
const ROTATIONS: u32 = 5;

/// Instructions a decision of each part, by `one_part`'s names; an error where there is no valgrind.
///
/// # Errors
/// Where it cannot be run.
pub fn instructions(program: &str, requests: usize) -> Result<Vec<(&'static str, f64)>, Failure> {
    let nothing = counted(program, "none")?;
    let part = |part| {
        let count = counted(program, part)?.saturating_sub(nothing);
        Ok((part, count as f64 / (f64::from(ROTATIONS) * requests as f64)))
    };
    ["hand", "decode", "decide", "explain"].into_iter().map(part).collect()
}

fn counted(program: &str, part: &str) -> Result<u64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", program, part])
        .arg(ROTATIONS.to_string())
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find_map(|line| line.split_once("Collected : "));
    let (_, count) = line.ok_or_else(|| format!("callgrind counted nothing: {text}"))?;
    Ok(count.trim().parse()?)
}
