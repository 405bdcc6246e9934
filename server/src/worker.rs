//! Making decisions: memory that is used again and again, and the way from a body to an entry of the log.
//!
//! It must not know of HTTP. Nothing here waits; a decision runs where its request is served. A panic within the
//! machine ends that decision only: it is caught, and the memory it ran in is thrown away.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use holdpoint_isa::{ModuleHash, Verdict};
use holdpoint_vm::{Machine, RequestError, Snapshot};

use crate::access::Caller;
use crate::log::{Class, Entry, Key, Keys, Kind, Origin, Record, Why};
use crate::policy::Active;
use crate::subject::About;
use crate::verified;

/// Workers that are kept while nobody needs them.
const KEPT_MAX: usize = 64;
/// Bytes of memory up to which a worker is kept. One large request must not cost memory for ever.
const KEPT_BYTES_MAX: usize = 1024 * 1024;

/// A question for a decision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// The body as it was sent.
    pub(crate) body: &'a [u8],
    /// The instant of the decision.
    pub(crate) now: i64,
    /// Who asks.
    pub(crate) caller: &'a Caller,
    /// The trace context that came along.
    pub(crate) trace: Option<&'a str>,
    /// The idempotency key that came along.
    pub(crate) key: Option<&'a str>,
    /// A policy that is asked as well and has no say.
    pub(crate) shadow: Option<&'a Active>,
}

/// Why a question gets no decision.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is not a request that the policy knows.
    Request(RequestError),
    /// It is about something that the token is not for.
    Foreign(String),
    /// Its record cannot be made.
    Record(Why),
    /// Deciding it panicked.
    Crashed,
}

/// What one decision needs, kept for the next.
struct Worker {
    snapshot: Snapshot,
    machine: Machine,
    /// Of the policy in the shadow.
    beside: Beside,
    request: Vec<u8>,
    signals: Vec<u8>,
    result: Vec<u8>,
}

impl Worker {
    fn new() -> Self {
        Self {
            snapshot: Snapshot::new(),
            machine: Machine::new(),
            beside: Beside::default(),
            request: Vec::new(),
            signals: Vec::new(),
            result: Vec::new(),
        }
    }

    /// Bytes of memory that it keeps for the next decision.
    fn held_bytes(&self) -> usize {
        let buffers = [&self.request, &self.signals, &self.result].map(Vec::capacity);
        let beside = self.beside.snapshot.held_bytes().saturating_add(self.beside.machine.held_bytes());
        let own = self.snapshot.held_bytes().saturating_add(self.machine.held_bytes()).saturating_add(beside);
        buffers.into_iter().fold(own, usize::saturating_add)
    }

    fn decide(&mut self, active: &Active, question: Question<'_>) -> Result<Entry, Refusal> {
        let verified = &active.policy.program;
        let program = verified.program();
        let facts = verified::facts(program, question.caller);
        self.snapshot.read(program, question.body, &facts).map_err(Refusal::Request)?;
        let about = active.subject.about(program, &self.snapshot);
        let origin = belonging(question.caller, &about)?;
        let decision = self.machine.decide(verified, &active.policy.source_map, &self.snapshot, question.now);
        self.request.clear();
        self.snapshot.canonical_request(program, &mut self.request);
        self.signals.clear();
        self.snapshot.canonical_signals(program, &mut self.signals);
        self.result.clear();
        decision.write_json(&mut self.result);

        let mut keys = Keys::of(&origin);
        keys.add(Key::verdict(decision.verdict));
        keys.add(Key::policy(&verified.hash()));
        decision.objections.iter().for_each(|objection| keys.add(Key::rule(&objection.rule)));
        about.keys().for_each(|key| keys.add(key));
        let shadow = question.shadow.map(|shadow| (shadow.hash(), self.beside.answer(shadow, &question)));
        if let Some((hash, Shadowed { verdict, .. })) = &shadow
            && *verdict != Some(decision.verdict)
        {
            keys.add(Key::differs(hash));
        }
        let record = Record {
            class: Class::Standard,
            kind: Kind::Decision,
            decided_at: question.now,
            module: verified.hash(),
            source_map: active.files.source_map_hash,
            semantics: program.semantics,
            tzdb: &program.tzdb,
            request: &self.request,
            signals: &self.signals,
            body: ModuleHash::of(question.body).0,
            origin,
            trace: question.trace,
            key: question.key,
            result: &self.result,
            shadow: shadow.as_ref().map_or(b"", |(_, shadowed)| &shadowed.bytes),
        };
        Entry::new(&record, keys, active.files.clone()).map_err(Refusal::Record)
    }
}

/// What a policy without a say runs in, so that nothing of it reaches the decision.
#[derive(Default)]
struct Beside {
    snapshot: Snapshot,
    machine: Machine,
}

/// What a policy in the shadow would have answered.
struct Shadowed {
    /// The verdict; none where it would have refused the request.
    verdict: Option<Verdict>,
    /// As it is recorded.
    bytes: Vec<u8>,
}

impl Beside {
    /// What a policy would answer. Whatever becomes of that, it is no reason not to decide.
    fn answer(&mut self, policy: &Active, question: &Question<'_>) -> Shadowed {
        let Self { snapshot, machine } = self;
        let run = || {
            let facts = verified::facts(policy.policy.program.program(), question.caller);
            consider(
                snapshot,
                machine,
                policy,
                &Considered { body: question.body, facts: &facts, now: question.now },
            )
        };
        let why = match caught(run) {
            Ok(Ok((verdict, bytes))) => return Shadowed { verdict: Some(verdict), bytes },
            Ok(Err(error)) => error.message,
            Err(_) => {
                // Whatever the panic left behind must not reach the next one.
                *self = Self::default();
                "it has panicked".to_owned()
            }
        };
        let refused = serde_json::json!({"policy": policy.hash().to_string(), "refused": why});
        Shadowed { verdict: None, bytes: refused.to_string().into_bytes() }
    }
}

/// A request that is looked at without being decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Considered<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) facts: &'a [u8],
    pub(crate) now: i64,
}

/// What a policy says of a request.
fn consider(
    snapshot: &mut Snapshot,
    machine: &mut Machine,
    policy: &Active,
    considered: &Considered<'_>,
) -> Result<(Verdict, Vec<u8>), RequestError> {
    let program = &policy.policy.program;
    snapshot.read(program.program(), considered.body, considered.facts)?;
    let decision = machine.decide(program, &policy.policy.source_map, snapshot, considered.now);
    Ok((decision.verdict, decision.to_json()))
}

/// To whom a decision belongs: to the tenant of the token that it is asked for with, which has to be for it.
fn belonging<'a>(caller: &'a Caller, about: &About<'a>) -> Result<Origin<'a>, Refusal> {
    let tenant = &caller.grant.tenant;
    let service = about.service.unwrap_or_default();
    if let Some(pattern) = tenant.service().filter(|_| !tenant.has_service(service)) {
        return Err(Refusal::Foreign(match about.service {
            Some(name) => {
                format!("the token is for the services `{pattern}`, and the request is about `{name}`")
            }
            None => format!("the token is for the services `{pattern}`, and the request names no service"),
        }));
    }
    let team = match (tenant.team(), about.team) {
        (Some(own), Some(team)) if own != team => {
            let detail = format!("the token is for the team `{own}`, and the service is that of `{team}`");
            return Err(Refusal::Foreign(detail));
        }
        (own, team) => own.or(team).unwrap_or_default(),
    };
    Ok(Origin { team, service, ..caller.origin() })
}

/// The workers of a server.
#[derive(Default)]
pub(crate) struct Workers(Mutex<Vec<Worker>>);

impl Workers {
    /// Decides a question with a worker that is free.
    pub(crate) fn decide(&self, active: &Active, question: Question<'_>) -> Result<Entry, Refusal> {
        let mut worker = self.lock().pop().unwrap_or_else(Worker::new);
        let decided = caught(|| worker.decide(active, question))?;
        self.keep(worker);
        decided
    }

    /// What a policy says of a request, as JSON; nothing is recorded. Somebody whose token is not for what it is about is
    /// refused, where there is somebody.
    pub(crate) fn consider(
        &self,
        policy: &Active,
        considered: &Considered<'_>,
        caller: Option<&Caller>,
    ) -> Result<Vec<u8>, Refusal> {
        let mut worker = self.lock().pop().unwrap_or_else(Worker::new);
        let answer = caught(|| {
            let Beside { snapshot, machine } = &mut worker.beside;
            let (_, bytes) = consider(snapshot, machine, policy, considered).map_err(Refusal::Request)?;
            if let Some(caller) = caller {
                belonging(caller, &policy.subject.about(policy.policy.program.program(), snapshot))?;
            }
            Ok(bytes)
        })?;
        self.keep(worker);
        answer
    }

    fn keep(&self, worker: Worker) {
        let mut kept = self.lock();
        if kept.len() < KEPT_MAX && worker.held_bytes() <= KEPT_BYTES_MAX {
            kept.push(worker);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        // A list of idle workers is whole at every moment, whoever panicked meanwhile.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs something that must not panic, and survives it if it does.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        tracing::error!("a decision has panicked; this is a defect of Holdpoint");
        Refusal::Crashed
    })
}

#[cfg(test)]
mod tests {
    use super::{KEPT_BYTES_MAX, KEPT_MAX, Refusal, Worker, Workers, caught};

    #[test]
    fn few_workers_are_kept_and_none_that_has_grown_large() {
        let workers = Workers::default();
        let mut large = Worker::new();
        large.result.reserve_exact(KEPT_BYTES_MAX + 1);
        workers.keep(large);
        assert_eq!(workers.lock().len(), 0);
        let mut usual = Worker::new();
        usual.request.reserve_exact(KEPT_BYTES_MAX / 2);
        workers.keep(usual);
        (0..KEPT_MAX).for_each(|_| workers.keep(Worker::new()));
        assert_eq!(workers.lock().len(), KEPT_MAX);
    }

    #[test]
    fn a_panic_is_a_refusal() {
        assert_eq!(caught(|| 7).unwrap(), 7);
        assert!(matches!(caught(|| panic!("as told")), Err::<(), _>(Refusal::Crashed)));
    }
}
