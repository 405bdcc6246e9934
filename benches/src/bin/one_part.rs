//! One part of deciding, over and over: what callgrind counts and profilers sample.
//!
//! `one_part PART ROTATIONS`, where PART is `none`, `hand`, `decode`, `decide` or `explain`.

use std::hint::black_box;

use holdpoint_benches::hand::Input;
use holdpoint_benches::load::{Case, cases, folder, policy};
use holdpoint_benches::{Failure, decisions};
use holdpoint_server::Policy;
use holdpoint_vm::{Machine, Snapshot};

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let (Some(part), Some(rotations)) = (args.next(), args.next()) else {
        return Err("usage: one_part PART ROTATIONS".into());
    };
    let Some(folder) = folder() else { return Ok(()) };
    let (policy, cases) = (policy()?, cases(&folder)?);
    decisions::agree(&policy, &cases)?;
    for _ in 0..rotations.parse()? {
        rotation(&part, &policy, &cases)?;
    }
    Ok(())
}

fn rotation(part: &str, policy: &Policy, cases: &[Case]) -> Result<(), Failure> {
    let (mut snapshot, mut machine, mut out) = (Snapshot::new(), Machine::new(), Vec::new());
    let program = &policy.program;
    for case in cases {
        let mut read = |body: &str| {
            snapshot
                .read(program.program(), black_box(body.as_bytes()), b"")
                .map_err(|error| error.to_string())
        };
        match part {
            "none" => {}
            "hand" => {
                black_box(Input::read(black_box(case.body.as_bytes()))?.decide());
            }
            "decode" => read(&case.body)?,
            "decide" => {
                read(&case.body)?;
                black_box(machine.decide_plainly(program, &snapshot, case.now));
            }
            "explain" => {
                read(&case.body)?;
                out.clear();
                machine.decide(program, &policy.source_map, &snapshot, case.now).write_json(&mut out);
            }
            _ => return Err("no such part".into()),
        }
    }
    black_box(out);
    Ok(())
}
