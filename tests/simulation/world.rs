//! The world of the tabs: one machine with its clocks, one origin with its stores, locks and messages, a network, and pages
//! that can be frozen or die. It does nothing by itself: it lists everything that may happen next, and the schedule picks.

use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Poll, Waker};
use std::collections::BTreeMap;
use std::rc::Rc;

use base64ct::{Base64UrlUnpadded, Encoding};
use support::executor::yield_now;
use support::random::Random;
use wicketgate::host::{Host, Signal, Store};
use wicketgate::protocol::error::{Error, ErrorKind};
use wicketgate::protocol::http::{Purpose, Request, Response};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jws::SignatureCheck;
use wicketgate::protocol::secret::Secret;

use super::server::{START, Server, Token};

/// Every secret contains this text, so that a misplaced secret is found.
pub(crate) const MARK: &str = "SECRET";

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

/// The fate of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Answered,
    /// Lost before the server saw it.
    Lost,
    /// Its answer is lost.
    AnswerLost,
    /// No answer in time; the server may receive it, however late.
    Hangs,
    /// A status of a server in between, and whether that server has forwarded the request.
    Status(u16, bool),
    /// An answer with status 200 that is not a token response, and whether the server acted.
    Garbage(bool),
}

/// A proof of a key, as far as the server looks at it.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) nonce: Option<String>,
}

impl Proof {
    fn of(request: &Request) -> Option<Self> {
        let proof = request.headers.iter().find(|(name, _)| name == "dpop").map(|(_, proof)| proof)?;
        let claims = Base64UrlUnpadded::decode_vec(proof.split('.').nth(1)?).ok()?;
        let claims = Json::parse(&claims)?;
        Some(Self { nonce: claims.text("nonce").map(String::from) })
    }
}

/// A request on its way.
pub(crate) struct Flight {
    pub(crate) number: u64,
    pub(crate) page: usize,
    pub(crate) purpose: Purpose,
    pub(crate) body: String,
    /// The refresh token in it.
    pub(crate) token: Option<Token>,
    /// Its proof of a key, if it has one.
    pub(crate) proof: Option<Proof>,
    pub(crate) due: u64,
    pub(crate) fate: Fate,
    /// The server's answer, once there is one.
    pub(crate) answer: Option<(u16, String)>,
    pub(crate) has_acted: bool,
    pub(crate) acted_at: u64,
    /// Whether the page still waits.
    pub(crate) is_open: bool,
    pub(crate) slot: Rc<Slot<Result<Response, Error>>>,
}

/// Why a page takes itself for the only sender, and since when.
#[derive(Clone, Debug)]
pub(crate) struct Tenure {
    pub(crate) since: u64,
    pub(crate) step: u64,
    pub(crate) jumps: u32,
    /// How often the page had been frozen.
    pub(crate) freezes: u32,
    pub(crate) is_lease: bool,
    /// The store did not accept the lease, or a page did not see another's lease when it took its own.
    pub(crate) is_bare: bool,
    /// The lease in the store.
    pub(crate) lease: Option<(String, String)>,
    /// The task that holds it.
    pub(crate) task: u64,
    /// The lock with which it began, if it did.
    lock: Option<u64>,
}

/// A page that waits for the lock.
pub(crate) struct Waiter {
    pub(crate) page: usize,
    pub(crate) number: u64,
    pub(crate) due: u64,
    pub(crate) hold: u64,
    pub(crate) slot: Rc<Slot<Option<u64>>>,
}

/// The only lock of the origin: all pages here have one session.
#[derive(Default)]
pub(crate) struct Lock {
    /// Number, page, and the latest time of its release, once that time runs.
    pub(crate) holder: Option<(u64, usize, u64)>,
    pub(crate) queue: Vec<Waiter>,
}

type Hear = Rc<dyn Fn(Signal<'_>)>;
pub(crate) type Work = Pin<Box<dyn Future<Output = ()>>>;

/// The world's record of a page.
pub(crate) struct PageState {
    pub(crate) tab: usize,
    pub(crate) is_alive: bool,
    pub(crate) is_frozen: bool,
    /// Whether the browser lets the timers of the frozen page run.
    pub(crate) keeps_timers: bool,
    pub(crate) freezes: u32,
    pub(crate) loaded_at: u64,
    pub(crate) url: String,
    pub(crate) hear: Option<Hear>,
    pub(crate) tenure: Option<Tenure>,
    /// Sessions that began by a login in this page.
    pub(crate) own: Vec<usize>,
    /// Sessions that it read from a store, and when.
    pub(crate) opened: Vec<(usize, u64)>,
    /// The step in which it received the last answer.
    pub(crate) answered: u64,
    pub(crate) went: Option<String>,
    /// The session for which the server asked it to wait, and until when.
    pub(crate) left_alone: Option<(usize, u64)>,
    /// The session whose refresh the server has refused, and how often in a row, since the app asked last.
    pub(crate) refused: Option<(usize, u32)>,
    /// Its copy of the origin's store, each entry with the number of its write; and the writes that it has not received yet.
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

/// The behaviour of the world in one schedule.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) token_store: &'static str,
    pub(crate) has_locks: bool,
    pub(crate) loses_requests: u64,
    pub(crate) loses_messages: u64,
    pub(crate) seal_fails: u64,
    pub(crate) open_fails: u64,
    /// Whether pages see other pages' writes to the store of the origin a little later.
    pub(crate) lags: bool,
    /// Whether a busy server says when to come back.
    pub(crate) says_when: bool,
    /// Whether `IndexedDB` does not answer: each use of it fails after two seconds.
    pub(crate) is_silent: bool,
}

/// The events, for the invariants.
pub(crate) enum Event {
    /// The store of this page now has this entry under the session's key.
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
    /// Writing or sealing the session failed.
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
    /// Whether the monotonic clocks stood still, once.
    pub(crate) stood_still: Cell<bool>,
    pub(crate) is_full: Cell<bool>,
    pub(crate) step: Cell<u64>,
    /// The running task.
    pub(crate) running: Cell<u64>,
    pub(crate) origin: RefCell<BTreeMap<String, String>>,
    pub(crate) tabs: RefCell<Vec<BTreeMap<String, String>>>,
    marks: RefCell<BTreeMap<String, String>>,
    ended: RefCell<Vec<String>>,
    /// The latest marked write, and the step in which it was marked.
    marked: RefCell<Vec<(u64, u64)>>,
    pub(crate) pages: RefCell<Vec<PageState>>,
    /// The sealed text, and the name under which it is sealed.
    sealed: RefCell<Vec<(String, String)>>,
    pub(crate) lock: RefCell<Lock>,
    pub(crate) timers: RefCell<Vec<Timer>>,
    pub(crate) flights: RefCell<Vec<Flight>>,
    pub(crate) messages: RefCell<Vec<(usize, String)>>,
    pub(crate) spawned: RefCell<Vec<(usize, Work)>>,
    /// Pages whose app asks for a token as soon as it is notified of a change.
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
            stood_still: Cell::new(false),
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

    /// Family and generation of a sealed entry.
    pub(crate) fn record_of(&self, sealed: &str) -> Option<(usize, u64)> {
        let place: usize = sealed.strip_prefix("1.")?.parse().ok()?;
        self.sealed.borrow().get(place).and_then(|(record, _)| token_of(record))
    }

    pub(crate) fn open_page(self: &Rc<Self>, tab: usize, url: &str) -> SimulatedHost {
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
            refused: None,
            copy: self.origin.borrow().iter().map(|(key, value)| (key.clone(), (0, Some(value.clone())))).collect(),
            coming: Vec::new(),
        });
        SimulatedHost { world: self.clone(), page: pages.len() - 1 }
    }

    /// The machine has slept, and the monotonic clocks stood still meanwhile, as on some systems.
    pub(crate) fn stand_still(&self, millis: u64) {
        self.stood_still.set(true);
        self.pages.borrow_mut().iter_mut().for_each(|page| page.loaded_at += millis);
        self.timers.borrow_mut().iter_mut().for_each(|timer| timer.due += millis);
        self.flights.borrow_mut().iter_mut().for_each(|flight| flight.due += millis);
        let mut lock = self.lock.borrow_mut();
        lock.queue.iter_mut().for_each(|waiter| waiter.due += millis);
        if let Some((_, _, until)) = &mut lock.holder {
            *until = until.saturating_add(millis);
        }
    }

    /// The browser gives the lock to the page that has waited longest.
    pub(crate) fn grant(&self) {
        let mut lock = self.lock.borrow_mut();
        if lock.holder.is_some() || lock.queue.is_empty() {
            return;
        }
        let waiter = lock.queue.remove(0);
        // The holding time begins when the page learns of the lock.
        lock.holder = Some((waiter.number, waiter.page, u64::MAX));
        drop(lock);
        self.begin_tenure(waiter.page, Some(waiter.number), None);
        self.log(|| format!("page {} is given the lock", waiter.page));
        waiter.slot.fill(Some(waiter.hold));
    }

    pub(crate) fn begin_tenure(&self, page: usize, lock: Option<u64>, lease: Option<(String, String)>) {
        let state = &mut self.pages.borrow_mut()[page];
        if let Some(tenure) = state.tenure.as_mut().filter(|tenure| lease.is_some() && !tenure.is_lease) {
            // A lease that was taken under the lock lasts no longer than the lock.
            (tenure.is_lease, tenure.is_bare, tenure.jumps, tenure.lease) = (true, false, self.jumps.get(), lease);
            return;
        }
        let freezes = state.freezes - u32::from(state.is_frozen);
        let (since, step) = (self.now.get(), self.step.get());
        let (jumps, task) = (self.jumps.get(), self.running.get());
        state.tenure = Some(Tenure { since, step, jumps, freezes, is_lease: lease.is_some(), is_bare: false, lease, task, lock });
    }

    /// The page sees the next write of another page. Returns its key.
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

    /// Whether the page cannot know another page's write: its copy of the store is outdated, and the missing write was not
    /// marked before this step.
    pub(crate) fn is_blind(&self, page: usize, step: u64) -> bool {
        let marked = self.marked.borrow();
        let marked = marked.iter().filter(|(_, at)| *at < step).map(|(number, _)| *number).max().unwrap_or_default();
        let pages = self.pages.borrow();
        pages[page].coming.iter().any(|write| is_session(&write.key) && write.number > marked)
    }

    /// Pages that run and have not seen an older write.
    pub(crate) fn behind(&self) -> Option<usize> {
        let is_old = |write: &Write| write.at + 25 < self.now.get();
        self.pages.borrow().iter().position(|page| page.runs() && page.coming.first().is_some_and(is_old))
    }

    /// Whether the running task is the only one of the origin that may send.
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
pub(crate) struct SimulatedHost {
    pub(crate) world: Rc<World>,
    pub(crate) page: usize,
}

impl SimulatedHost {
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

    /// Whether there was an entry before.
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

    /// Waits for `IndexedDB`, whose answer may not come.
    async fn database_answers(&self) -> Result<(), Error> {
        self.wait_a_little().await;
        if !self.world.rules.borrow().is_silent {
            return Ok(());
        }
        self.sleep(2_000).await;
        Err(unavailable())
    }

    /// Up to two other tasks may run meanwhile.
    async fn wait_a_little(&self) {
        for _ in 0..self.world.random.below(3) {
            yield_now().await;
        }
    }
}

/// Family and generation of a record.
fn token_of(record: &str) -> Option<(usize, u64)> {
    let value = |name: &str| record.split(&format!("\"{name}\":\"")).nth(1)?.split('"').next();
    Token::parse(value("refresh_token").or(value("access_token"))?).map(|token| (token.family, token.generation))
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
    host: SimulatedHost,
    number: u64,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        // The browser releases the lock of a page that dies, in its own time.
        if self.host.is_alive() {
            // A lock that was lost long ago does not release another one that the page has by now.
            let number = Some(self.number);
            self.host.world.pages.borrow_mut()[self.host.page].tenure.take_if(|tenure| tenure.lock == number);
            self.host.world.release(self.number);
        }
    }
}

impl Host for SimulatedHost {
    type Lock = HeldLock;

    fn entropy(&self, bytes: &mut [u8]) -> Result<(), Error> {
        self.world.random.fill(bytes);
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
            // Some stores refuse, and some accept the entry and drop it.
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

    async fn seal(&self, text: Secret, name: &str) -> Result<String, Error> {
        let is_silent = self.database_answers().await.is_err();
        if is_silent || self.world.random.chance(self.world.rules.borrow().seal_fails) {
            self.world.log(|| format!("page {} cannot seal", self.page));
            self.world.event(Event::NotKept { family: token_of(text.expose()).map(|(family, _)| family) });
            return Err(unavailable());
        }
        let mut sealed = self.world.sealed.borrow_mut();
        sealed.push((text.expose().into(), name.into()));
        Ok(format!("1.{}", sealed.len() - 1))
    }

    async fn open(&self, sealed: String, name: &str) -> Result<Option<Secret>, Error> {
        if let Some((family, _)) = self.world.record_of(&sealed) {
            self.world.pages.borrow_mut()[self.page].opened.push((family, self.world.step.get()));
        }
        let is_silent = self.database_answers().await.is_err();
        if is_silent || self.world.random.chance(self.world.rules.borrow().open_fails) {
            self.world.log(|| format!("page {} cannot open", self.page));
            return Err(unavailable());
        }
        let place = sealed.strip_prefix("1.").and_then(|place| place.parse::<usize>().ok());
        let sealed = self.world.sealed.borrow();
        let record = place.and_then(|place| sealed.get(place)).filter(|(_, of)| of == name);
        Ok(record.map(|(record, _)| Secret::new(record.clone())))
    }

    async fn mark(&self, name: &str, mark: &str) {
        let number = self.world.pages.borrow()[self.page].copy.get(name).map_or(0, |(number, _)| *number);
        let is_silent = self.database_answers().await.is_err();
        if !is_silent && !self.world.random.chance(self.world.rules.borrow().open_fails) {
            self.world.marks.borrow_mut().insert(name.into(), mark.into());
            self.world.marked.borrow_mut().push((number, self.world.step.get()));
        }
        self.wait_a_little().await;
    }

    async fn marked(&self, name: &str) -> Option<String> {
        self.database_answers().await.ok()?;
        let mark = self.world.marks.borrow().get(name).cloned();
        self.wait_a_little().await;
        mark
    }

    async fn end(&self, login: &str) {
        if self.database_answers().await.is_ok() {
            self.world.ended.borrow_mut().push(login.into());
        }
    }

    async fn has_ended(&self, login: &str) -> bool {
        if self.database_answers().await.is_err() {
            return false;
        }
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
        let proof = Proof::of(&request);
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
            proof,
            due: world.now.get() + timeout,
            fate,
            answer: None,
            has_acted: false,
            acted_at: 0,
            is_open: true,
            slot: slot.clone(),
        });
        if let Some(token) = token {
            world.event(Event::Refresh { page: self.page, token, flight: number });
        }
        slot.filled().await
    }

    /// One pair for all pages, and a signature that says nothing: the server checks only whether there is a proof, and its nonce.
    async fn proof_key(&self, _name: &str) -> Result<Json, Error> {
        self.database_answers().await?;
        let jwk = r#"{"kty":"EC","crv":"P-256","x":"eA","y":"eQ"}"#;
        self.wait_a_little().await;
        Ok(Json::parse(jwk.as_bytes()).unwrap())
    }

    async fn sign(&self, _name: &str, _bytes: &[u8]) -> Result<Vec<u8>, Error> {
        self.wait_a_little().await;
        Ok(vec![1, 2, 3])
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
    async fn navigate(&self, url: &str, _: u64) -> Error {
        self.world.pages.borrow_mut()[self.page].went = Some(url.into());
        std::future::pending().await
    }
}
