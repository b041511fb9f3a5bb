//! A tab that is simulated: clocks, randomness, a store that can fail, a network that answers as scripted, and a
//! log of everything that happened, in its order. And the smallest executor that notices a forgotten wake-up.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use wicketgate::platform::{Platform, Signal, Store};
use wicketgate::protocol::error::{Error, ErrorKind};
use wicketgate::protocol::http::{Purpose, Request, Response};
use wicketgate::protocol::jws::SignatureCheck;
use wicketgate::protocol::pkce::code_challenge;
use wicketgate::protocol::secret::Secret;

#[path = "../../backend/src/signature.rs"]
mod signature;

/// What happened, in the order in which it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Stored(String),
    Forgot(String),
    PageUrl(String),
    Sent(String),
    Navigated(String),
}

/// How the tab's store behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Works,
    /// As where site data is blocked: every use fails.
    Denied,
    /// As where the quota is used up: writing fails.
    Full,
    /// As in some private modes: writing seems to work.
    Drops,
}

/// A request as it was sent, and what the store held at that moment.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) purpose: Purpose,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
    pub(crate) timeout: u64,
    pub(crate) stored: BTreeMap<String, String>,
    /// The request as `Debug` shows it.
    pub(crate) debug: String,
}

/// What comes back.
pub(crate) enum Answer {
    Is(u16, Option<&'static str>, Vec<u8>),
    /// A status, and after how many seconds to come back.
    Busy(u16, u64),
    Lost,
    Late,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Is(status, Some("application/json"), body.into())
    }

    pub(crate) fn html(status: u16) -> Self {
        Self::Is(status, Some("text/html"), "<!doctype html><p>It works".into())
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::Is(status, None, Vec::new())
    }
}

/// What answers requests where nothing is scripted.
type Network = fn(&Request) -> Answer;

type Meanwhile = Box<dyn FnOnce(&Host)>;

struct Scripted {
    answer: Answer,
    meanwhile: Option<Meanwhile>,
}

type Hear = Rc<dyn Fn(Signal<'_>)>;

/// What all tabs have in common: the origin's store, its locks, and what runs by itself.
struct Origin {
    store: RefCell<BTreeMap<String, String>>,
    behaviour: Cell<Behaviour>,
    marks: RefCell<BTreeMap<String, String>>,
    ended: RefCell<Vec<String>>,
    can_seal: Cell<bool>,
    has_locks: Cell<bool>,
    /// By name: whether it is held, and who waits.
    locks: RefCell<BTreeMap<String, (bool, VecDeque<Waker>)>>,
    pages: RefCell<Vec<(u32, Hear)>>,
    /// When each wakes, on the wall clock.
    sleepers: RefCell<Vec<(u64, Waker)>>,
    wall: Cell<u64>,
}

/// What the pages of one tab have in common.
struct Tab {
    origin: Rc<Origin>,
    store: RefCell<BTreeMap<String, String>>,
    behaviour: Cell<Behaviour>,
    /// Only keys that begin so are affected by the behaviour.
    affected: RefCell<String>,
    seed: Cell<u64>,
    has_csprng: Cell<bool>,
    can_verify: Cell<bool>,
    random: RefCell<Vec<u8>>,
    script: RefCell<VecDeque<Scripted>>,
    /// What the server's key set answers, whenever it is asked; the script is for all other requests.
    keys: RefCell<Option<String>>,
    /// Where there is a real network, it answers, and nothing is scripted.
    network: Cell<Option<Network>>,
    requests: RefCell<Vec<Sent>>,
    events: RefCell<Vec<Event>>,
}

/// One page in a tab. Clones are the same page.
#[derive(Clone)]
pub(crate) struct Host {
    number: u32,
    tab: Rc<Tab>,
    url: Rc<RefCell<String>>,
    monotonic: Rc<Cell<u64>>,
}

impl Host {
    /// A new tab, at `url`. The same seed, the same randomness.
    pub(crate) fn new(seed: u64, url: &str) -> Self {
        let origin = Origin {
            store: RefCell::default(),
            behaviour: Cell::new(Behaviour::Works),
            marks: RefCell::default(),
            ended: RefCell::default(),
            can_seal: Cell::new(true),
            has_locks: Cell::new(true),
            locks: RefCell::default(),
            pages: RefCell::default(),
            sleepers: RefCell::default(),
            wall: Cell::new(1_800_000_000_000),
        };
        Self::in_tab(Rc::new(origin), seed, url)
    }

    /// Another tab of the same browser.
    pub(crate) fn another_tab(&self, url: &str) -> Self {
        let other = Self::in_tab(self.tab.origin.clone(), self.tab.seed.get() ^ 0x5555, url);
        other.tab.keys.replace(self.tab.keys.borrow().clone());
        other
    }

    fn in_tab(origin: Rc<Origin>, seed: u64, url: &str) -> Self {
        let tab = Tab {
            origin,
            store: RefCell::default(),
            behaviour: Cell::new(Behaviour::Works),
            affected: RefCell::default(),
            seed: Cell::new(seed),
            has_csprng: Cell::new(true),
            can_verify: Cell::new(true),
            random: RefCell::default(),
            script: RefCell::default(),
            keys: RefCell::default(),
            network: Cell::default(),
            requests: RefCell::default(),
            events: RefCell::default(),
        };
        let url = Rc::new(RefCell::new(url.into()));
        Self { number: Self::next_number(), tab: Rc::new(tab), url, monotonic: Rc::new(Cell::new(5_000)) }
    }

    fn next_number() -> u32 {
        thread_local!(static NUMBER: Cell<u32> = const { Cell::new(0) });
        NUMBER.set(NUMBER.get() + 1);
        NUMBER.get()
    }

    /// The page that is loaded next in this tab. Its monotonic clock begins somewhere else.
    pub(crate) fn next_page(&self, url: &str) -> Self {
        let url = Rc::new(RefCell::new(url.into()));
        Self { number: Self::next_number(), tab: self.tab.clone(), url, monotonic: Rc::new(Cell::new(70)) }
    }

    /// Lets time pass, on both clocks.
    pub(crate) fn pass(&self, millis: u64) {
        self.monotonic.set(self.monotonic.get() + millis);
        self.jump_to(self.tab.origin.wall.get() + millis);
        self.run_tasks();
    }

    /// Sets the wall clock alone.
    pub(crate) fn jump_to(&self, wall: u64) {
        self.tab.origin.wall.set(wall);
        let sleepers = self.tab.origin.sleepers.take();
        let (due, rest) = sleepers.into_iter().partition(|(at, _)| *at <= wall);
        self.tab.origin.sleepers.replace(rest);
        let due: Vec<(u64, Waker)> = due;
        due.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Runs what runs by itself, as far as it goes now.
    pub(crate) fn run_tasks(&self) {
        while run_spawned() {}
    }

    /// Runs one step of each of them.
    pub(crate) fn run_tasks_once(&self) -> bool {
        run_spawned()
    }

    /// As where there is neither `crypto.subtle` nor IndexedDB.
    pub(crate) fn lose_sealing(&self) {
        self.tab.origin.can_seal.set(false);
    }

    pub(crate) fn lose_locks(&self) {
        self.tab.origin.has_locks.set(false);
    }

    pub(crate) fn set_origin_store(&self, behaviour: Behaviour) {
        self.tab.origin.behaviour.set(behaviour);
    }

    /// What the origin's store holds.
    pub(crate) fn origin_content(&self) -> BTreeMap<String, String> {
        self.tab.origin.store.borrow().clone()
    }

    /// Writes to the origin's store behind the client's back.
    pub(crate) fn plant_in_origin(&self, key: &str, value: &str) {
        // What a page marks is the hash of what it wrote.
        self.tab.origin.marks.borrow_mut().insert(key.into(), code_challenge(&Secret::new(value.into())));
        self.tab.origin.store.borrow_mut().insert(key.into(), value.into());
    }

    /// The page is shown again, or the network is back.
    pub(crate) fn wake_up(&self) {
        self.signal_to(|number| number == self.number, Signal::Awake);
        self.run_tasks();
    }

    /// The user had left the page, and has come back to it as it was then.
    pub(crate) fn come_back(&self) {
        self.signal_to(|number| number == self.number, Signal::Returned);
        self.run_tasks();
    }

    fn signal_to(&self, is_meant: impl Fn(u32) -> bool, signal: Signal<'_>) {
        let pages = self.tab.origin.pages.borrow().clone();
        pages.iter().filter(|(number, _)| is_meant(*number)).for_each(|(_, hear)| hear(signal));
    }

    pub(crate) fn lose_csprng(&self) {
        self.tab.has_csprng.set(false);
    }

    /// As on a page that came by plain http.
    pub(crate) fn lose_crypto_subtle(&self) {
        self.tab.can_verify.set(false);
    }

    /// All bytes that the CSPRNG has given out.
    pub(crate) fn random(&self) -> Vec<u8> {
        self.tab.random.borrow().clone()
    }

    pub(crate) fn set_store(&self, behaviour: Behaviour) {
        self.set_store_for("", behaviour);
    }

    /// Sets how the store behaves for keys that begin with `prefix`.
    pub(crate) fn set_store_for(&self, prefix: &str, behaviour: Behaviour) {
        self.tab.behaviour.set(behaviour);
        self.tab.affected.replace(prefix.into());
    }

    /// What the store holds, whatever it says.
    pub(crate) fn store_content(&self) -> BTreeMap<String, String> {
        self.tab.store.borrow().clone()
    }

    /// The keys in the store that begin with `prefix`.
    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        self.tab.store.borrow().keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    /// Writes to the store behind the client's back.
    pub(crate) fn plant(&self, key: &str, value: &str) {
        self.tab.store.borrow_mut().insert(key.into(), value.into());
    }

    /// The next request that has no answer yet gets this one.
    pub(crate) fn answer(&self, answer: Answer) {
        self.tab.script.borrow_mut().push_back(Scripted { answer, meanwhile: None });
    }

    /// Requests are answered by `network` from now on.
    #[allow(dead_code, reason = "in front of the provider that lies")]
    pub(crate) fn connect_to_network(&self, network: Network) {
        self.tab.network.set(Some(network));
    }

    /// The server's key set answers with this from now on.
    pub(crate) fn publish_keys(&self, keys: &str) {
        self.tab.keys.replace(Some(keys.into()));
    }

    /// The same, and `meanwhile` happens while the answer is on its way.
    pub(crate) fn answer_after(&self, answer: Answer, meanwhile: impl FnOnce(&Self) + 'static) {
        self.tab.script.borrow_mut().push_back(Scripted { answer, meanwhile: Some(Box::new(meanwhile)) });
    }

    pub(crate) fn requests(&self) -> Vec<Sent> {
        self.tab.requests.borrow().clone()
    }

    /// The purposes of the requests that were sent, in order.
    pub(crate) fn purposes(&self) -> Vec<Purpose> {
        self.tab.requests.borrow().iter().map(|sent| sent.purpose).collect()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.tab.events.borrow().clone()
    }

    /// Where in the log the first event is that `is_wanted`.
    pub(crate) fn position(&self, is_wanted: impl Fn(&Event) -> bool) -> Option<usize> {
        self.tab.events.borrow().iter().position(is_wanted)
    }

    pub(crate) fn navigations(&self) -> Vec<String> {
        let events = self.events();
        events.into_iter().filter_map(|event| if let Event::Navigated(url) = event { Some(url) } else { None }).collect()
    }

    /// Forgets what was logged so far.
    pub(crate) fn clear_log(&self) {
        self.tab.events.borrow_mut().clear();
        self.tab.requests.borrow_mut().clear();
    }

    fn log(&self, event: Event) {
        self.tab.events.borrow_mut().push(event);
    }

    fn store_of(&self, store: Store) -> &RefCell<BTreeMap<String, String>> {
        match store {
            Store::Tab => &self.tab.store,
            Store::Origin => &self.tab.origin.store,
        }
    }

    fn store_for(&self, store: Store, key: &str) -> Behaviour {
        match store {
            Store::Origin => self.tab.origin.behaviour.get(),
            Store::Tab if key.starts_with(&*self.tab.affected.borrow()) => self.tab.behaviour.get(),
            Store::Tab => Behaviour::Works,
        }
    }

    fn fails(&self, store: Store, key: &str, failing: &[Behaviour]) -> Result<(), Error> {
        if failing.contains(&self.store_for(store, key)) { Err(ErrorKind::StorageUnavailable.into()) } else { Ok(()) }
    }
}

/// A lock that is held, and by which page.
pub(crate) struct HeldLock(Rc<Origin>, String);

impl Drop for HeldLock {
    fn drop(&mut self) {
        if let Some((is_held, waiting)) = self.0.locks.borrow_mut().get_mut(&self.1) {
            *is_held = false;
            if let Some(waker) = waiting.pop_front() {
                waker.wake();
            }
        }
    }
}

impl Platform for Host {
    type Lock = HeldLock;

    fn entropy(&self, bytes: &mut [u8]) -> Result<(), Error> {
        if !self.tab.has_csprng.get() {
            return Err(ErrorKind::UnsupportedEnvironment { missing: "crypto.getRandomValues".into() }.into());
        }
        for byte in bytes.iter_mut() {
            // SplitMix64.
            let seed = self.tab.seed.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.tab.seed.set(seed);
            let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed >> 56) as u8;
        }
        self.tab.random.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn wall_clock(&self) -> u64 {
        self.tab.origin.wall.get()
    }

    fn monotonic_clock(&self) -> u64 {
        self.monotonic.get()
    }

    fn stored(&self, store: Store, key: &str) -> Result<Option<String>, Error> {
        self.fails(store, key, &[Behaviour::Denied])?;
        Ok(self.store_of(store).borrow().get(key).cloned())
    }

    fn store(&self, store: Store, key: &str, value: &str) -> Result<(), Error> {
        self.fails(store, key, &[Behaviour::Denied, Behaviour::Full])?;
        if self.store_for(store, key) == Behaviour::Works {
            self.store_of(store).borrow_mut().insert(key.into(), value.into());
            self.log(Event::Stored(key.into()));
        }
        Ok(())
    }

    fn forget(&self, store: Store, key: &str) {
        let is_usable = self.store_for(store, key) != Behaviour::Denied;
        if is_usable && self.store_of(store).borrow_mut().remove(key).is_some() {
            self.log(Event::Forgot(key.into()));
        }
    }

    fn can_seal(&self) -> bool {
        self.tab.origin.can_seal.get()
    }

    /// In place of a cipher: what is sealed shows nothing of itself, and is not the same twice.
    fn seal(&self, text: Secret) -> impl Future<Output = Result<String, Error>> {
        let mut salt = [0];
        let _ = self.entropy(&mut salt);
        let sealed: String = text.expose().bytes().map(|byte| format!("{:02x}", byte ^ 0x5a ^ salt[0])).collect();
        let sealed = Ok(format!("sealed.{:02x}{sealed}", salt[0]));
        async move {
            yield_now().await;
            sealed
        }
    }

    async fn open(&self, sealed: String) -> Result<Option<Secret>, Error> {
        yield_now().await;
        Ok(opened(&sealed))
    }

    async fn mark(&self, name: &str, mark: &str) {
        yield_now().await;
        self.tab.origin.marks.borrow_mut().insert(name.into(), mark.into());
    }

    async fn marked(&self, name: &str) -> Option<String> {
        yield_now().await;
        self.tab.origin.marks.borrow().get(name).cloned()
    }

    async fn end(&self, login: &str) {
        yield_now().await;
        self.tab.origin.ended.borrow_mut().push(login.into());
    }

    async fn has_ended(&self, login: &str) -> bool {
        yield_now().await;
        self.tab.origin.ended.borrow().iter().any(|ended| ended == login)
    }

    fn lock(&self, name: &str, _hold: u64) -> impl Future<Output = Option<HeldLock>> {
        let (origin, name) = (self.tab.origin.clone(), name.to_owned());
        poll_fn(move |context| {
            if !origin.has_locks.get() {
                return Poll::Ready(None);
            }
            let mut locks = origin.locks.borrow_mut();
            let (is_held, waiting) = locks.entry(name.clone()).or_default();
            if *is_held {
                waiting.push_back(context.waker().clone());
                return Poll::Pending;
            }
            *is_held = true;
            Poll::Ready(Some(HeldLock(origin.clone(), name.clone())))
        })
    }

    fn sleep(&self, millis: u64) -> impl Future<Output = ()> {
        let origin = self.tab.origin.clone();
        let until = origin.wall.get() + millis;
        poll_fn(move |context| {
            if origin.wall.get() >= until {
                return Poll::Ready(());
            }
            origin.sleepers.borrow_mut().push((until, context.waker().clone()));
            Poll::Pending
        })
    }

    fn tell(&self, message: &str) {
        let (host, message) = (self.clone(), message.to_owned());
        self.spawn(Box::pin(async move {
            host.signal_to(|number| number != host.number, Signal::Told(&message));
        }));
    }

    fn listen(&self, hear: Box<dyn Fn(Signal<'_>)>) {
        self.tab.origin.pages.borrow_mut().push((self.number, Rc::from(hear)));
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()>>>) {
        SPAWNED.with_borrow_mut(|tasks| tasks.push(Task::new(task)));
    }

    fn stored_keys(&self) -> Result<Vec<String>, Error> {
        self.fails(Store::Tab, "", &[Behaviour::Denied])?;
        // In no order: the one that makes trouble for who relies on one.
        Ok(self.tab.store.borrow().keys().rev().cloned().collect())
    }

    fn send(&self, request: Request, timeout: u64) -> impl Future<Output = Result<Response, Error>> {
        let (purpose, debug) = (request.purpose, format!("{request:?}"));
        let answered = self.tab.network.get().map(|network| Scripted { answer: network(&request), meanwhile: None });
        self.log(Event::Sent(request.url.clone()));
        self.tab.requests.borrow_mut().push(Sent {
            purpose,
            url: request.url,
            headers: request.headers,
            body: request.body.map(|body| body.expose().into()),
            timeout,
            stored: self.store_content(),
            debug,
        });
        let keys = self.tab.keys.borrow().clone().filter(|_| purpose == Purpose::Keys);
        let scripted = match keys {
            _ if answered.is_some() => answered,
            Some(keys) => Some(Scripted { answer: Answer::json(200, &keys), meanwhile: None }),
            None => self.tab.script.borrow_mut().pop_front(),
        };
        let scripted = scripted.unwrap_or_else(|| panic!("a request that was not expected: {purpose:?}"));
        let host = self.clone();
        async move {
            // So that others can run while the answer is on its way.
            for _ in 0..3 {
                yield_now().await;
            }
            if let Some(meanwhile) = scripted.meanwhile {
                meanwhile(&host);
            }
            match scripted.answer {
                Answer::Is(status, content_type, body) => Ok(Response::new(status, content_type.map(String::from), body)),
                Answer::Busy(status, seconds) => {
                    let mut response = Response::new(status, None, Vec::new());
                    response.retry_after = Some(seconds * 1000);
                    Ok(response)
                }
                Answer::Lost => Err(ErrorKind::NetworkFailed(purpose).into()),
                Answer::Late => Err(ErrorKind::TimedOut(purpose).into()),
            }
        }
    }

    fn can_verify(&self) -> bool {
        self.tab.can_verify.get()
    }

    fn verify(&self, check: SignatureCheck) -> impl Future<Output = Result<bool, Error>> {
        ready(if self.can_verify() { Ok(signature::verifies(&check)) } else { Err(ErrorKind::NoSignatureCheck.into()) })
    }

    fn digest(&self, bits: u16, bytes: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>> {
        ready(if self.can_verify() { Ok(signature::hash(bits, bytes)) } else { Err(ErrorKind::NoSignatureCheck.into()) })
    }

    fn page_url(&self) -> String {
        self.url.borrow().clone()
    }

    fn replace_page_url(&self, url: &str) {
        self.log(Event::PageUrl(url.into()));
        self.url.replace(url.into());
    }

    /// The user goes there, and comes back at once.
    fn navigate(&self, url: &str) -> impl Future<Output = Error> {
        self.log(Event::Navigated(url.into()));
        ready(ErrorKind::NavigationCancelled.into())
    }
}

fn opened(sealed: &str) -> Option<Secret> {
    let digits = sealed.strip_prefix("sealed.")?;
    let bytes: Option<Vec<u8>> =
        (0..digits.len() / 2).map(|at| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()).collect();
    let (salt, bytes) = bytes?.split_first().map(|(salt, bytes)| (*salt, bytes.to_vec()))?;
    String::from_utf8(bytes.into_iter().map(|byte| byte ^ 0x5a ^ salt).collect()).ok().map(Secret::new)
}

async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Work under way, polled only when it was woken.
pub(crate) struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    woken: Arc<Woken>,
    output: Option<T>,
}

impl<'a, T> Task<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self { future: Box::pin(future), woken: Arc::new(Woken(AtomicBool::new(true))), output: None }
    }

    /// Runs a step, where there is one to run.
    pub(crate) fn step(&mut self) -> bool {
        if self.output.is_some() || !self.woken.0.swap(false, Ordering::Relaxed) {
            return false;
        }
        let waker = Waker::from(self.woken.clone());
        if let Poll::Ready(output) = self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.output = Some(output);
        }
        true
    }

    pub(crate) fn output(self) -> T {
        self.output.expect("it waits, and nobody will wake it")
    }
}

thread_local! {
    /// What runs by itself, in all tabs.
    static SPAWNED: RefCell<Vec<Task<'static, ()>>> = const { RefCell::new(Vec::new()) };
}

/// Runs a step of each.
fn run_spawned() -> bool {
    let mut tasks = SPAWNED.take();
    let is_any = tasks.iter_mut().map(Task::step).fold(false, |any, one| any | one);
    tasks.retain(|task| task.output.is_none());
    SPAWNED.with_borrow_mut(|begun| {
        let has_begun = !begun.is_empty();
        // What was begun meanwhile comes last.
        tasks.append(begun);
        *begun = tasks;
        is_any || has_begun
    })
}

/// Runs all of `tasks`, each a step at a time in turn, and what runs by itself.
pub(crate) fn join<T>(mut tasks: Vec<Task<'_, T>>) -> Vec<T> {
    while tasks.iter_mut().map(Task::step).fold(false, |any, one| any | one) | run_spawned() {}
    tasks.into_iter().map(Task::output).collect()
}

/// Runs one future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    join(vec![Task::new(future)]).remove(0)
}
