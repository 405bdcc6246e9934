//! `holdpoint explain`

use holdpoint_lang::diag::Code;
use holdpoint_lang::diag::nearest::nearest;

use crate::exit::{Exit, Failure};
use crate::output;

pub(crate) fn run(code: Option<&str>) -> Result<Exit, Failure> {
    let Some(id) = code else {
        let lines: Vec<String> =
            Code::ALL.iter().map(|code| format!("{}  {}", code.id(), code.title())).collect();
        output::out(&lines.join("\n"));
        return Ok(Exit::Success);
    };
    let Some(code) = Code::from_id(id) else {
        let failure = Failure::new(Exit::Usage, format!("unknown code `{id}`"));
        let near = nearest(&id.to_ascii_uppercase(), Code::ALL.iter().map(|code| code.id()));
        return Err(match near {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("`holdpoint explain` lists all codes"),
        });
    };
    output::out(code.page());
    Ok(Exit::Success)
}
