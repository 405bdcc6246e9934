//! `holdpoint token`: tokens of a log that no server has open.

use std::path::Path;

use holdpoint_lang::diag::nearest::nearest;
use holdpoint_server::Clock;
use holdpoint_server::event::{Event, Private};
use holdpoint_server::log::{OpenError, RedbLog};
use holdpoint_server::notary::Notary;
use holdpoint_server::standing::{Change, Standing, Unkept};
use holdpoint_server::token::{Grant, Scope, Token};

use super::log::{open, unopened, unsigned};
use crate::args::TokenCommand;
use crate::exit::{Exit, Failure};
use crate::output;

pub(crate) fn run(command: TokenCommand) -> Result<Exit, Failure> {
    match command {
        TokenCommand::Create { data, principal, tenant, scope, days } => {
            let scopes = scope.iter().map(|word| parse_scope(word)).collect::<Result<Vec<_>, _>>()?;
            let tenant =
                tenant.parse().map_err(|error| Failure::new(Exit::Usage, format!("--tenant: {error}")))?;
            let grant =
                Grant::new(principal, tenant, scopes).map_err(|why| Failure::new(Exit::Usage, why))?;
            create(&data, grant, days)
        }
        TokenCommand::List { data } => list(&data),
        TokenCommand::Revoke { id, data } => revoke(&data, &id),
    }
}

fn parse_scope(word: &str) -> Result<Scope, Failure> {
    Scope::from_word(word).ok_or_else(|| {
        let words = || Scope::ALL.iter().map(|scope| scope.word());
        let failure = Failure::new(Exit::Usage, format!("unknown scope `{word}`"));
        match nearest(word, words()) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help(format!("write one of {}", words().collect::<Vec<_>>().join(", "))),
        }
    })
}

/// A log to write to, and what its events come to.
fn writing(data: &Path) -> Result<(RedbLog, Standing, i64), Failure> {
    let now = Clock::System.now();
    let now =
        now.ok_or_else(|| Failure::new(Exit::Unavailable, "the clock of this machine is out of range"))?;
    let log = RedbLog::open(data, now).map_err(|error| {
        let failure = unopened(&error);
        match error {
            OpenError::InUse(_) => {
                failure.help("a server has it: ask that server, by `POST /v1/tokens` and its like")
            }
            _ => failure,
        }
    })?;
    // A log that is not what was signed must not be written on.
    Notary::open(data, &log, true).map_err(unsigned)?;
    let standing = Standing::load(&log).map_err(|error| Failure::new(Exit::Damaged, error))?;
    Ok((log, standing, now))
}

fn unkept(error: Unkept) -> Failure {
    Failure::new(Exit::Unavailable, error)
}

fn create(data: &Path, grant: Grant, days: u32) -> Result<Exit, Failure> {
    let (log, standing, now) = writing(data)?;
    let secret = standing.make_token(&log, grant, days, now).map_err(unkept)?;
    if let Some(token) = standing.tokens.get(secret.id()) {
        output::err(&line(&token, now));
    }
    output::out(&secret.reveal());
    Ok(Exit::Success)
}

fn list(data: &Path) -> Result<Exit, Failure> {
    let log = open(data)?;
    let standing = Standing::load(&log).map_err(|error| Failure::new(Exit::Damaged, error))?;
    let now = Clock::System.now().unwrap_or_default();
    standing.tokens.all().iter().for_each(|token| output::out(&line(token, now)));
    Ok(Exit::Success)
}

fn revoke(data: &Path, id: &str) -> Result<Exit, Failure> {
    let (log, standing, now) = writing(data)?;
    // The whole token is a name for it as well.
    let id = id.strip_prefix("hp_").and_then(|rest| rest.split('_').next()).unwrap_or(id);
    let Some(token) = standing.tokens.get(id) else {
        return Err(Failure::new(Exit::Usage, format!("there is no token `{id}`"))
            .help("`holdpoint token list` shows the ids"));
    };
    if token.revoked_at.is_none() {
        let event = Event::TokenRevoked { token: id.to_owned() };
        standing.change(&log, &Change::new((event, Private::default())), now).map_err(unkept)?;
    }
    if let Some(token) = standing.tokens.get(id) {
        output::out(&line(&token, now));
    }
    Ok(Exit::Success)
}

fn line(token: &Token, now: i64) -> String {
    let state = match token.revoked_at {
        Some(at) => format!("revoked {}", output::instant(at)),
        None if now >= token.expires_at => format!("expired {}", output::instant(token.expires_at)),
        None => format!("until {}", output::instant(token.expires_at)),
    };
    let scopes: Vec<&str> = token.grant.scopes.iter().map(|scope| scope.word()).collect();
    format!("{}  {}  {}  {}  {state}", token.id, token.grant.principal, token.grant.tenant, scopes.join(","))
}
