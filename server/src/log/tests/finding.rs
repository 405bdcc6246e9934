//! Finding decisions: every page against a naive filter over all of them, at every stage of the fold.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use holdpoint_isa::Verdict;
use proptest::prelude::*;
use redb::ReadableDatabase;
use tokio::sync::watch;

use super::disk::Disk;
use super::{blocked, commit, committed, database_on, module, record};
use crate::log::fold::fold;
use crate::log::load::Load;
use crate::log::open::{identify_or_create, position};
use crate::log::writer::{Job, Writer, begin};
use crate::log::{
    Cursor, DecisionLog, Entry, Filter, Health, Key, Keys, ModuleFiles, Page, Pending, Record, RedbLog, query,
};

/// What a decision is found by.
#[derive(Debug, Clone)]
struct Facts {
    verdict: Verdict,
    rules: Vec<u8>,
    service: u8,
    module: bool,
    decided_at: i64,
}

impl Facts {
    fn keys(&self, module: &ModuleFiles) -> Keys {
        let rules = self.rules.iter().map(|rule| Key::rule(&format!("p.r{rule}")));
        let rest =
            [Key::verdict(self.verdict), Key::service(&self.service.to_string()), Key::policy(&module.hash)];
        rules.chain(rest).collect()
    }

    fn fits(&self, filter: &Filter, module: &ModuleFiles) -> bool {
        filter.verdict.is_none_or(|verdict| verdict == self.verdict)
            && filter
                .rule
                .as_ref()
                .is_none_or(|rule| self.rules.iter().any(|own| *rule == format!("p.r{own}")))
            && filter.service.as_ref().is_none_or(|service| *service == self.service.to_string())
            && filter.policy.as_ref().is_none_or(|policy| *policy == module.hash)
            && filter.since.is_none_or(|since| self.decided_at >= since)
            && filter.until.is_none_or(|until| self.decided_at < until)
    }
}

fn facts() -> impl Strategy<Value = Facts> {
    let verdict = prop::sample::select(Verdict::ALL.to_vec());
    (verdict, prop::collection::vec(0u8..3, 0..3), 0u8..3, any::<bool>(), 0i64..20).prop_map(
        |(verdict, rules, service, module, decided_at)| Facts { verdict, rules, service, module, decided_at },
    )
}

fn filter() -> impl Strategy<Value = Filter> {
    (
        prop::option::of(prop::sample::select(Verdict::ALL.to_vec())),
        prop::option::of((0u8..3).prop_map(|rule| format!("p.r{rule}"))),
        prop::option::of((0u8..3).prop_map(|service| service.to_string())),
        prop::option::of(any::<bool>().prop_map(|which| module(name(which)).hash)),
        prop::option::of(0i64..20),
        prop::option::of(0i64..20),
    )
        .prop_map(|(verdict, rule, service, policy, since, until)| Filter {
            verdict,
            rule,
            service,
            policy,
            since,
            until,
            ..Filter::default()
        })
}

fn name(which: bool) -> &'static str {
    if which { "one" } else { "two" }
}

/// A commit of several decisions, then perhaps a fold of at least so many.
fn steps() -> impl Strategy<Value = Vec<(Vec<Facts>, Option<u64>)>> {
    prop::collection::vec((prop::collection::vec(facts(), 1..6), prop::option::of(1u64..8)), 1..12)
}

/// A writer without its thread, to commit exactly the groups that a test wants.
struct Bench {
    writer: Writer,
    facts: Vec<Facts>,
}

impl Bench {
    fn new() -> Self {
        let database = Arc::new(database_on(&Disk::default()));
        identify_or_create(&database, 0).unwrap();
        let position = position(&database).unwrap();
        let (_, jobs) = sync_channel(1);
        let (health, _) = watch::channel(Health::Ready);
        let tail = std::sync::Arc::new(std::sync::RwLock::new(Ok(position.tree.clone())));
        let recent = std::sync::Arc::default();
        Self { writer: Writer { database, jobs, health, position, tail, recent }, facts: Vec::new() }
    }

    fn commit(&mut self, group: Vec<Facts>) {
        let mut group = group;
        group.sort_by_key(|facts| module(name(facts.module)).hash);
        let (jobs, pending): (Vec<Job>, Vec<Pending>) = group
            .iter()
            .map(|facts| {
                let module = module(name(facts.module));
                let (answer, pending) = Pending::channel();
                let record = Record { decided_at: facts.decided_at, ..record(&module, "{}") };
                let entry = Entry::new(&record, facts.keys(&module), module).unwrap();
                (Job { entry, answer, load: Load::default().try_add(0).unwrap() }, pending)
            })
            .unzip();
        assert!(self.writer.settle(jobs));
        for (pending, sequence) in pending.into_iter().zip(self.facts.len() + 1..) {
            assert_eq!(committed(pending.wait()).sequence, sequence as u64);
        }
        self.facts.extend(group);
    }

    fn fold(&self, decisions: u64) {
        let transaction = begin(&self.writer.database).unwrap();
        fold(&transaction, decisions).unwrap();
        transaction.commit().unwrap();
    }

    fn page(&self, filter: &Filter, cursor: Cursor, limit: usize) -> Page {
        query::list(&self.writer.database.begin_read().unwrap(), filter, cursor, limit).unwrap()
    }

    /// The numbers on all pages.
    fn pages(&self, filter: &Filter, mut cursor: Cursor, limit: usize) -> Vec<u64> {
        let mut found = Vec::new();
        loop {
            let page = self.page(filter, cursor, limit);
            assert!(page.items.len() <= limit);
            for (sequence, item) in page.items {
                assert_eq!(item.unwrap().sequence, sequence);
                found.push(sequence);
            }
            let Some(next) = page.next else { return found };
            cursor = next;
        }
    }

    fn naive(&self, filter: &Filter) -> Vec<u64> {
        let fits = |facts: &Facts| facts.fits(filter, &module(name(facts.module)));
        (1..).zip(&self.facts).filter(|(_, facts)| fits(facts)).map(|(sequence, _)| sequence).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn pages_are_what_a_naive_filter_finds(
        steps in steps(),
        filters in prop::collection::vec(filter(), 1..6),
        limit in 1usize..7,
    ) {
        let mut bench = Bench::new();
        for (group, folded) in steps {
            bench.commit(group);
            if let Some(decisions) = folded {
                bench.fold(decisions);
            }
            for filter in &filters {
                let mut expected = bench.naive(filter);
                prop_assert_eq!(&bench.pages(filter, Cursor::OLDEST, limit), &expected);
                expected.reverse();
                prop_assert_eq!(&bench.pages(filter, Cursor::NEWEST, limit), &expected);
            }
        }
    }
}

#[test]
fn a_silent_log_folds_its_tail() {
    let directory = tempfile::tempdir().unwrap();
    let log = RedbLog::open(directory.path(), 0).unwrap();
    let module = module("m");
    let waiting: Vec<Pending> =
        (0..600).map(|_| log.commit(super::entry(&module, "{}", blocked()))).collect();
    waiting.into_iter().for_each(|pending| drop(committed(pending.wait())));
    let deadline = Instant::now() + Duration::from_secs(20);
    while log.stats().unwrap().unindexed >= 256 {
        assert!(Instant::now() < deadline, "the tail is still {:?}", log.stats());
        std::thread::sleep(Duration::from_millis(10));
    }
    let all = Filter { verdict: Some(Verdict::Block), ..Filter::default() };
    assert_eq!(log.list(&all, Cursor::NEWEST, 1000).unwrap().items.len(), 600);
    commit(&log, &module, "{}");
    assert_eq!(log.list(&all, Cursor::NEWEST, 1000).unwrap().items.len(), 601);
    let none = Filter { verdict: Some(Verdict::Allow), ..Filter::default() };
    assert_eq!(log.list(&none, Cursor::NEWEST, 10).unwrap(), Page { items: Vec::new(), next: None });
    drop(log);
    let log = RedbLog::open(directory.path(), 0).unwrap();
    assert_eq!(commit(&log, &module, "{}").sequence, 602);
}
