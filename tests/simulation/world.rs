//! The world that tabs live in: one machine with its clocks, one origin with its stores, locks and messages, a network,
//! and pages that can be frozen or die. It does nothing by itself: everything that may happen next is in a list here, and
//! the schedule picks.

use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Poll, Waker};
use std::collections::BTreeMap;
use std::rc::Rc;

use wicketgate::platform::{Platform, Signal, Store};
use wicketgate::protocol::error::{Error, ErrorKind};
use wicketgate::protocol::http::{Purpose, Request, Response};
use wicketgate::protocol::jws::SignatureCheck;
use wicketgate::protocol::secret::Secret;

use super::server::{START, Server, Token};

/// What is in everything that is secret, so that it is found where it does not belong.
pub(crate) const MARK: &str = "SECRET";

/// SplitMix64.
pub(crate) struct Random(Cell<u64>);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    pub(crate) fn next(&self) -> u64 {
        let seed = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(seed);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// With a chance of so many per cent.
    pub(crate) fn chance(&self, per_cent: u64) -> bool {
        self.below(100) < per_cent
    }

    pub(crate) fn between(&self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// The place of one of `weights`, as often as it weighs.
    pub(crate) fn weighted(&self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        for (place, weight) in weights.enumerate() {
            if left < weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}

/// A value that comes later.
pub(crate) struct Slot<T> {
    value: RefCell<Option<T>>,
    waker: RefCell<Option<Waker>>,
}

impl<T> Slot<T> {
    fn new() -> Rc<Self> {
        Rc::new(Self { value: RefCell::new(None), waker: RefCell::new(None) })
    }

    pub(crate) fn fill(&self, value: T) {
        self.value.replace(Some(value));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    async fn filled(self: Rc<Self>) -> T {
        poll_fn(|context| match self.value.take() {
            Some(value) => Poll::Ready(value),
            None => {
                self.waker.replace(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}

pub(crate) struct Timer {
    pub(crate) page: usize,
    pub(crate) due: u64,
    pub(crate) slot: Rc<Slot<()>>,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Answered,
    /// Lost before the server saw it.
    Lost,
    /// Its answer is lost.
    AnswerLost,
    /// No answer in time; the server may see it, however late.
    Hangs,
    /// A status of somebody between, who has, or has not, passed it on.
    Status(u16, bool),
    /// An answer with status 200 that is none, and whether the server acted.
    Garbage(bool),
}

/// A request under way.
pub(crate) struct Flight {
    pub(crate) number: u64,
    pub(crate) page: usize,
    pub(crate) purpose: Purpose,
    pub(crate) body: String,
    /// The refresh token that it brings.
    pub(crate) token: Option<Token>,
    pub(crate) due: u64,
    pub(crate) fate: Fate,
    /// What the server said, once it did.
    pub(crate) answer: Option<(u16, String)>,
    pub(crate) has_acted: bool,
    /// Whether the page still waits.
    pub(crate) is_open: bool,
    pub(crate) slot: Rc<Slot<Result<Response, Error>>>,
}

/// Why and since when a page takes itself to be the only one.
#[derive(Clone, Debug)]
pub(crate) struct Tenure {
    pub(crate) since: u64,
    pub(crate) step: u64,
    pub(crate) jumps: u32,
    /// How often its page had been frozen.
    pub(crate) freezes: u32,
    pub(crate) is_lease: bool,
    /// The store did not take the lease, or a page did not see another's when it took it.
    pub(crate) is_bare: bool,
    /// The lease, as it stands in the store.
    pub(crate) lease: Option<(String, String)>,
    /// The task that has it.
    pub(crate) task: u64,
    /// The lock that it began with, if it did.
    lock: Option<u64>,
}

/// Who waits for the lock.
pub(crate) struct Waiter {
    pub(crate) page: usize,
    pub(crate) number: u64,
    pub(crate) due: u64,
    pub(crate) hold: u64,
    pub(crate) slot: Rc<Slot<Option<u64>>>,
}

/// The one lock of the origin: all pages here have one session.
#[derive(Default)]
pub(crate) struct Lock {
    /// Number, page, and when it is let go at the latest, once that runs.
    pub(crate) holder: Option<(u64, usize, u64)>,
    pub(crate) queue: Vec<Waiter>,
}

type Hear = Rc<dyn Fn(Signal<'_>)>;
pub(crate) type Work = Pin<Box<dyn Future<Output = ()>>>;

/// What the world knows of a page.
pub(crate) struct PageState {
    pub(crate) tab: usize,
    pub(crate) is_alive: bool,
    pub(crate) is_frozen: bool,
    /// Whether the timers of the frozen page run on in the browser.
    pub(crate) keeps_timers: bool,
    pub(crate) freezes: u32,
    pub(crate) loaded_at: u64,
    pub(crate) url: String,
    pub(crate) hear: Option<Hear>,
    pub(crate) tenure: Option<Tenure>,
    /// Sessions that it logged in to itself.
    pub(crate) own: Vec<usize>,
    /// Sessions that it read from a store, and when.
    pub(crate) opened: Vec<(usize, u64)>,
    /// The step in which it got the last answer.
    pub(crate) answered: u64,
    pub(crate) went: Option<String>,
    /// For which session it was told to leave the server alone, and until when.
    pub(crate) left_alone: Option<(usize, u64)>,
    /// Its copy of the origin's store, each entry with the number of its write; and what has not come to it yet.
    copy: Copy,
    pub(crate) coming: Vec<Write>,
}

type Copy = BTreeMap<String, (u64, Option<String>)>;

/// A write to the origin's store.
#[derive(Clone)]
pub(crate) struct Write {
    number: u64,
    at: u64,
    key: String,
    value: Option<String>,
}

impl PageState {
    pub(crate) fn runs(&self) -> bool {
        self.is_alive && !self.is_frozen
    }
}

/// How the world behaves, for one schedule.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) token_store: &'static str,
    pub(crate) has_locks: bool,
    pub(crate) loses_requests: u64,
    pub(crate) loses_messages: u64,
    pub(crate) seal_fails: u64,
    pub(crate) open_fails: u64,
    /// Whether pages see a little later what others have put into the store of the origin.
    pub(crate) lags: bool,
    /// Whether a server that is busy says when to come back.
    pub(crate) says_when: bool,
}

/// What happened, for the one who checks.
pub(crate) enum Event {
    /// The store of this page has this now under the session's key.
    Kept {
        page: usize,
        record: Option<(usize, u64)>,
        place: Store,
    },
    /// A refresh is sent.
    Refresh {
        page: usize,
        token: Token,
        flight: u64,
    },
    /// Writing the session failed, or sealing it.
    NotKept {
        family: Option<usize>,
    },
    LeaseFailed,
    /// The user logs out here.
    LogsOut {
        page: usize,
    },
    Wrong(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Tokens of this family and generation.
    Tokens(usize, u64),
    Refused,
    Unknown,
}

pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) rules: RefCell<Rules>,
    pub(crate) now: Cell<u64>,
    pub(crate) wall_offset: Cell<i64>,
    pub(crate) jumps: Cell<u32>,
    pub(crate) is_full: Cell<bool>,
    pub(crate) step: Cell<u64>,
    /// The task that runs.
    pub(crate) running: Cell<u64>,
    pub(crate) origin: RefCell<BTreeMap<String, String>>,
    pub(crate) tabs: RefCell<Vec<BTreeMap<String, String>>>,
    marks: RefCell<BTreeMap<String, String>>,
    ended: RefCell<Vec<String>>,
    /// Which write was the latest that was marked, and in which step.
    marked: RefCell<Vec<(u64, u64)>>,
    pub(crate) pages: RefCell<Vec<PageState>>,
    sealed: RefCell<Vec<String>>,
    pub(crate) lock: RefCell<Lock>,
    pub(crate) timers: RefCell<Vec<Timer>>,
    pub(crate) flights: RefCell<Vec<Flight>>,
    pub(crate) messages: RefCell<Vec<(usize, String)>>,
    pub(crate) spawned: RefCell<Vec<(usize, Work)>>,
    /// Pages whose app asks for a token as soon as it hears of a change.
    pub(crate) asked: RefCell<Vec<usize>>,
    pub(crate) events: RefCell<Vec<Event>>,
    pub(crate) server: RefCell<Server>,
    numbers: Cell<u64>,
    log: Option<RefCell<Vec<String>>>,
}

impl World {
    pub(crate) fn new(seed: u64, rules: Rules, server: Server, logs: bool) -> Rc<Self> {
        Rc::new(Self {
            random: Random::new(seed),
            rules: RefCell::new(rules),
            now: Cell::new(1_000),
            wall_offset: Cell::new(START),
            jumps: Cell::new(0),
            is_full: Cell::new(false),
            step: Cell::new(0),
            running: Cell::new(0),
            origin: RefCell::default(),
            tabs: RefCell::default(),
            marks: RefCell::default(),
            ended: RefCell::default(),
            marked: RefCell::default(),
            pages: RefCell::default(),
            sealed: RefCell::default(),
            lock: RefCell::default(),
            timers: RefCell::default(),
            flights: RefCell::default(),
            messages: RefCell::default(),
            spawned: RefCell::default(),
            asked: RefCell::default(),
            events: RefCell::default(),
            server: RefCell::new(server),
            numbers: Cell::new(0),
            log: logs.then(RefCell::default),
        })
    }

    pub(crate) fn log(&self, text: impl FnOnce() -> String) {
        if let Some(log) = &self.log {
            log.borrow_mut().push(format!("{:5} {:>9} ms  {}", self.step.get(), self.now.get(), text()));
        }
    }

    pub(crate) fn last_steps(&self, count: usize) -> String {
        let log = self.log.as_ref().map(|log| log.borrow().clone()).unwrap_or_default();
        log[log.len().saturating_sub(count)..].join("\n")
    }

    pub(crate) fn event(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }

    pub(crate) fn number(&self) -> u64 {
        self.numbers.set(self.numbers.get() + 1);
        self.numbers.get()
    }

    pub(crate) fn wall(&self) -> u64 {
        self.now.get().saturating_add_signed(self.wall_offset.get())
    }

    /// Family and generation of what is sealed in a store.
    pub(crate) fn record_of(&self, sealed: &str) -> Option<(usize, u64)> {
        let place: usize = sealed.strip_prefix("1.")?.parse().ok()?;
        self.sealed.borrow().get(place).and_then(|record| token_of(record))
    }

    pub(crate) fn open_page(self: &Rc<Self>, tab: usize, url: &str) -> Host {
        let mut pages = self.pages.borrow_mut();
        pages.push(PageState {
            tab,
            is_alive: true,
            is_frozen: false,
            keeps_timers: false,
            freezes: 0,
            loaded_at: self.now.get().saturating_sub(self.random.below(1_000)),
            url: url.into(),
            hear: None,
            tenure: None,
            own: Vec::new(),
            opened: Vec::new(),
            answered: 0,
            went: None,
            left_alone: None,
            copy: self.origin.borrow().iter().map(|(key, value)| (key.clone(), (0, Some(value.clone())))).collect(),
            coming: Vec::new(),
        });
        Host { world: self.clone(), page: pages.len() - 1 }
    }

    /// The machine has slept, and the monotonic clocks stood still meanwhile: some systems do that.
    pub(crate) fn stand_still(&self, millis: u64) {
        self.pages.borrow_mut().iter_mut().for_each(|page| page.loaded_at += millis);
        self.timers.borrow_mut().iter_mut().for_each(|timer| timer.due += millis);
        self.flights.borrow_mut().iter_mut().for_each(|flight| flight.due += millis);
        let mut lock = self.lock.borrow_mut();
        lock.queue.iter_mut().for_each(|waiter| waiter.due += millis);
        if let Some((_, _, until)) = &mut lock.holder {
            *until = until.saturating_add(millis);
        }
    }

    /// The browser gives the lock to the one that waits longest.
    pub(crate) fn grant(&self) {
        let mut lock = self.lock.borrow_mut();
        if lock.holder.is_some() || lock.queue.is_empty() {
            return;
        }
        let waiter = lock.queue.remove(0);
        // The time for which it is held runs from when the page hears of it.
        lock.holder = Some((waiter.number, waiter.page, u64::MAX));
        drop(lock);
        self.begin_tenure(waiter.page, Some(waiter.number), None);
        self.log(|| format!("page {} is given the lock", waiter.page));
        waiter.slot.fill(Some(waiter.hold));
    }

    pub(crate) fn begin_tenure(&self, page: usize, lock: Option<u64>, lease: Option<(String, String)>) {
        let state = &mut self.pages.borrow_mut()[page];
        if let Some(tenure) = state.tenure.as_mut().filter(|tenure| lease.is_some() && !tenure.is_lease) {
            // A lease that is taken under the lock lasts no longer than that.
            (tenure.is_lease, tenure.is_bare, tenure.jumps, tenure.lease) = (true, false, self.jumps.get(), lease);
            return;
        }
        let freezes = state.freezes - u32::from(state.is_frozen);
        let (since, step) = (self.now.get(), self.step.get());
        let (jumps, task) = (self.jumps.get(), self.running.get());
        state.tenure = Some(Tenure { since, step, jumps, freezes, is_lease: lease.is_some(), is_bare: false, lease, task, lock });
    }

    /// The page sees the next write of another. Which key it was of.
    pub(crate) fn catch_up(&self, page: usize) -> Option<String> {
        let state = &mut self.pages.borrow_mut()[page];
        if state.coming.is_empty() {
            return None;
        }
        let Write { number, key, value, .. } = state.coming.remove(0);
        if state.copy.get(&key).is_none_or(|(own, _)| *own < number) {
            state.copy.insert(key.clone(), (number, value));
        }
        Some(key)
    }

    /// Whether the page cannot know of what another has written: its copy of the store is behind, and what it does not have
    /// was not marked before this step.
    pub(crate) fn is_blind(&self, page: usize, step: u64) -> bool {
        let marked = self.marked.borrow();
        let marked = marked.iter().filter(|(_, at)| *at < step).map(|(number, _)| *number).max().unwrap_or_default();
        let pages = self.pages.borrow();
        pages[page].coming.iter().any(|write| is_session(&write.key) && write.number > marked)
    }

    /// Pages that run and have not seen what was written a while ago.
    pub(crate) fn behind(&self) -> Option<usize> {
        let is_old = |write: &Write| write.at + 25 < self.now.get();
        self.pages.borrow().iter().position(|page| page.runs() && page.coming.first().is_some_and(is_old))
    }

    /// Whether the task that runs is the only one of the origin that may send.
    pub(crate) fn is_alone(&self, page: usize) -> bool {
        let pages = self.pages.borrow();
        let Some(tenure) = pages[page].tenure.as_ref().filter(|tenure| tenure.task == self.running.get()) else { return false };
        match &tenure.lease {
            Some((key, lease)) => {
                let until = lease.split(' ').next().and_then(|until| until.parse::<u64>().ok());
                tenure.jumps == self.jumps.get() && self.origin.borrow().get(key) == Some(lease) && until > Some(self.wall())
            }
            None => self.lock.borrow().holder.is_some_and(|(_, holder, _)| holder == page),
        }
    }

    pub(crate) fn release(&self, number: u64) {
        let mut lock = self.lock.borrow_mut();
        if lock.holder.is_some_and(|(holder, ..)| holder == number) {
            let page = lock.holder.take().map(|(_, page, _)| page).unwrap_or_default();
            drop(lock);
            self.log(|| format!("the lock of page {page} is free"));
        }
    }
}

/// One page.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) world: Rc<World>,
    pub(crate) page: usize,
}

impl Host {
    fn is_alive(&self) -> bool {
        self.world.pages.borrow()[self.page].is_alive
    }

    fn tab(&self) -> usize {
        self.world.pages.borrow()[self.page].tab
    }

    fn read(&self, store: Store, key: &str) -> Option<String> {
        match store {
            Store::Origin if self.world.rules.borrow().lags => {
                self.world.pages.borrow()[self.page].copy.get(key).and_then(|(_, value)| value.clone())
            }
            Store::Origin => self.world.origin.borrow().get(key).cloned(),
            Store::Tab => self.world.tabs.borrow()[self.tab()].get(key).cloned(),
        }
    }

    /// Whether something was there before.
    fn write(&self, store: Store, key: &str, value: Option<&str>) -> bool {
        let world = &self.world;
        if store == Store::Origin && world.rules.borrow().lags {
            let write = Write { number: world.number(), at: world.now.get(), key: key.into(), value: value.map(String::from) };
            for (number, page) in world.pages.borrow_mut().iter_mut().enumerate().filter(|(_, page)| page.is_alive) {
                if number == self.page {
                    page.copy.insert(key.into(), (write.number, write.value.clone()));
                } else {
                    page.coming.push(write.clone());
                }
            }
        }
        let tab = self.tab();
        let (mut origin, mut tabs) = (world.origin.borrow_mut(), world.tabs.borrow_mut());
        let content = if store == Store::Origin { &mut *origin } else { &mut tabs[tab] };
        match value {
            Some(value) => content.insert(key.into(), value.into()),
            None => content.remove(key),
        }
        .is_some()
    }

    /// Up to two others may run meanwhile.
    async fn wait_a_little(&self) {
        for _ in 0..self.world.random.below(3) {
            let mut has_waited = false;
            poll_fn(|context| {
                if has_waited {
                    return Poll::Ready(());
                }
                has_waited = true;
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
    }
}

/// Family and generation of a record.
fn token_of(record: &str) -> Option<(usize, u64)> {
    let token = record.split("\"refresh_token\":\"").nth(1)?.split('"').next()?;
    Token::parse(token).map(|token| (token.family, token.generation))
}

const SESSION: &str = "wicketgate.session.";
const LEASE: &str = ".lease";

fn is_session(key: &str) -> bool {
    key.starts_with(SESSION) && !key.ends_with(LEASE)
}

fn unavailable() -> Error {
    ErrorKind::StorageUnavailable.into()
}

/// The lock that a page holds.
pub(crate) struct HeldLock {
    host: Host,
    number: u64,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        // Of a page that dies, the browser lets go, in its own time.
        if self.host.is_alive() {
            // One that was lost long ago ends no other that the page has by now.
            let number = Some(self.number);
            self.host.world.pages.borrow_mut()[self.host.page].tenure.take_if(|tenure| tenure.lock == number);
            self.host.world.release(self.number);
        }
    }
}

impl Platform for Host {
    type Lock = HeldLock;

    fn entropy(&self, bytes: &mut [u8]) -> Result<(), Error> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.world.random.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }

    fn wall_clock(&self) -> u64 {
        self.world.wall()
    }

    fn monotonic_clock(&self) -> u64 {
        self.world.now.get() - self.world.pages.borrow()[self.page].loaded_at
    }

    fn stored(&self, store: Store, key: &str) -> Result<Option<String>, Error> {
        if !self.is_alive() {
            return Err(unavailable());
        }
        Ok(self.read(store, key))
    }

    fn store(&self, store: Store, key: &str, value: &str) -> Result<(), Error> {
        let world = &self.world;
        if !self.is_alive() {
            return Err(unavailable());
        }
        let record = world.record_of(value);
        if value.contains(MARK) {
            world.event(Event::Wrong(format!("a token lies open in the store, under {key}")));
        }
        if world.is_full.get() {
            if is_session(key) {
                world.event(Event::NotKept { family: record.map(|(family, _)| family) });
            } else if key.ends_with(LEASE) {
                world.event(Event::LeaseFailed);
                if let Some(tenure) = &mut world.pages.borrow_mut()[self.page].tenure {
                    tenure.is_bare = true;
                }
            }
            world.log(|| format!("page {} cannot write {key}", self.page));
            // Some refuse, some take it and drop it.
            return if world.random.chance(70) { Err(unavailable()) } else { Ok(()) };
        }
        self.write(store, key, Some(value));
        world.log(|| format!("page {} writes {}", self.page, record.map_or(key.into(), |record| format!("session {record:?}"))));
        if is_session(key) {
            world.event(Event::Kept { page: self.page, record, place: store });
        } else if key.ends_with(LEASE) {
            world.begin_tenure(self.page, None, Some((key.into(), value.into())));
            let mut pages = world.pages.borrow_mut();
            if pages[self.page].coming.iter().any(|write| write.key == key) {
                pages.iter_mut().filter_map(|page| page.tenure.as_mut()).for_each(|tenure| tenure.is_bare = true);
            }
        }
        Ok(())
    }

    fn forget(&self, store: Store, key: &str) {
        if !self.is_alive() || !self.write(store, key, None) {
            return;
        }
        self.world.log(|| format!("page {} forgets {key}", self.page));
        if is_session(key) {
            self.world.event(Event::Kept { page: self.page, record: None, place: store });
        } else if key.ends_with(LEASE) {
            self.world.pages.borrow_mut()[self.page].tenure.take_if(|tenure| tenure.is_lease);
        }
    }

    fn stored_keys(&self) -> Result<Vec<String>, Error> {
        Ok(self.world.tabs.borrow()[self.tab()].keys().rev().cloned().collect())
    }

    fn can_seal(&self) -> bool {
        true
    }

    async fn seal(&self, text: Secret) -> Result<String, Error> {
        self.wait_a_little().await;
        if self.world.random.chance(self.world.rules.borrow().seal_fails) {
            self.world.log(|| format!("page {} cannot seal", self.page));
            self.world.event(Event::NotKept { family: token_of(text.expose()).map(|(family, _)| family) });
            return Err(unavailable());
        }
        let mut sealed = self.world.sealed.borrow_mut();
        sealed.push(text.expose().into());
        Ok(format!("1.{}", sealed.len() - 1))
    }

    async fn open(&self, sealed: String) -> Result<Option<Secret>, Error> {
        if let Some((family, _)) = self.world.record_of(&sealed) {
            self.world.pages.borrow_mut()[self.page].opened.push((family, self.world.step.get()));
        }
        self.wait_a_little().await;
        if self.world.random.chance(self.world.rules.borrow().open_fails) {
            self.world.log(|| format!("page {} cannot open", self.page));
            return Err(unavailable());
        }
        let place = sealed.strip_prefix("1.").and_then(|place| place.parse::<usize>().ok());
        Ok(place.and_then(|place| self.world.sealed.borrow().get(place).cloned()).map(Secret::new))
    }

    async fn mark(&self, name: &str, mark: &str) {
        let number = self.world.pages.borrow()[self.page].copy.get(name).map_or(0, |(number, _)| *number);
        self.wait_a_little().await;
        if !self.world.random.chance(self.world.rules.borrow().open_fails) {
            self.world.marks.borrow_mut().insert(name.into(), mark.into());
            self.world.marked.borrow_mut().push((number, self.world.step.get()));
        }
        self.wait_a_little().await;
    }

    async fn marked(&self, name: &str) -> Option<String> {
        self.wait_a_little().await;
        let mark = self.world.marks.borrow().get(name).cloned();
        self.wait_a_little().await;
        mark
    }

    async fn end(&self, login: &str) {
        self.wait_a_little().await;
        self.world.ended.borrow_mut().push(login.into());
    }

    async fn has_ended(&self, login: &str) -> bool {
        self.wait_a_little().await;
        let has_ended = self.world.ended.borrow().iter().any(|ended| ended == login);
        self.wait_a_little().await;
        has_ended
    }

    async fn lock(&self, _name: &str, hold: u64) -> Option<HeldLock> {
        let world = &self.world;
        if !world.rules.borrow().has_locks {
            return None;
        }
        let number = world.number();
        let slot = Slot::new();
        let due = world.now.get() + hold;
        world.lock.borrow_mut().queue.push(Waiter { page: self.page, number, due, hold, slot: slot.clone() });
        let hold = slot.filled().await?;
        if let Some((holder, _, until)) = &mut world.lock.borrow_mut().holder
            && *holder == number
        {
            *until = world.now.get() + hold;
        }
        if let Some(tenure) = &mut world.pages.borrow_mut()[self.page].tenure {
            tenure.task = world.running.get();
        }
        Some(HeldLock { host: self.clone(), number })
    }

    async fn sleep(&self, millis: u64) {
        let slot = Slot::new();
        let due = self.world.now.get() + millis;
        self.world.timers.borrow_mut().push(Timer { page: self.page, due, slot: slot.clone() });
        slot.filled().await;
    }

    fn tell(&self, message: &str) {
        if !self.is_alive() {
            return;
        }
        if message.contains(MARK) {
            self.world.event(Event::Wrong("a token is told to the other tabs".into()));
        }
        let pages = self.world.pages.borrow();
        let others = (0..pages.len()).filter(|other| *other != self.page && pages[*other].is_alive);
        self.world.messages.borrow_mut().extend(others.map(|other| (other, message.into())));
    }

    fn listen(&self, hear: Box<dyn Fn(Signal<'_>)>) {
        self.world.pages.borrow_mut()[self.page].hear = Some(hear.into());
    }

    fn spawn(&self, task: Work) {
        if self.is_alive() {
            self.world.spawned.borrow_mut().push((self.page, task));
        }
    }

    async fn send(&self, request: Request, timeout: u64) -> Result<Response, Error> {
        let world = &self.world;
        if format!("{request:?}").contains(MARK) {
            world.event(Event::Wrong("a token is in the Debug of a request".into()));
        }
        let random = &world.random;
        let fate = if random.chance(world.rules.borrow().loses_requests) {
            match random.below(9) {
                0 => Fate::Lost,
                1 => Fate::AnswerLost,
                2..5 => Fate::Hangs,
                5 => Fate::Status([429, 500, 502, 503][random.below(4) as usize], false),
                6 => Fate::Status([500, 502, 504][random.below(3) as usize], true),
                7 => Fate::Garbage(false),
                _ => Fate::Garbage(true),
            }
        } else {
            Fate::Answered
        };
        let body: String = request.body.map(|body| body.expose().into()).unwrap_or_default();
        let token = (request.purpose == Purpose::Refresh).then(|| Token::of_form(&body)).flatten();
        let (number, slot) = (world.number(), Slot::new());
        world.log(|| format!("page {} sends {:?} {token:?}, fate: {fate:?}", self.page, request.purpose));
        world.flights.borrow_mut().push(Flight {
            number,
            page: self.page,
            purpose: request.purpose,
            body,
            token,
            due: world.now.get() + timeout,
            fate,
            answer: None,
            has_acted: false,
            is_open: true,
            slot: slot.clone(),
        });
        if let Some(token) = token {
            world.event(Event::Refresh { page: self.page, token, flight: number });
        }
        slot.filled().await
    }

    fn can_verify(&self) -> bool {
        false
    }

    async fn verify(&self, _check: SignatureCheck) -> Result<bool, Error> {
        Err(ErrorKind::NoSignatureCheck.into())
    }

    async fn digest(&self, _bits: u16, _bytes: &[u8]) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::NoSignatureCheck.into())
    }

    fn page_url(&self) -> String {
        self.world.pages.borrow()[self.page].url.clone()
    }

    fn replace_page_url(&self, url: &str) {
        self.world.pages.borrow_mut()[self.page].url = url.into();
    }

    /// The page waits for its end.
    async fn navigate(&self, url: &str) -> Error {
        self.world.pages.borrow_mut()[self.page].went = Some(url.into());
        std::future::pending().await
    }
}
