//! A simulated tab: clocks, randomness, a store that can fail, a network with scripted answers, and a log of all events in
//! order.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use wicketgate::host::{Host, Signal, Store};
use wicketgate::protocol::error::{Error, ErrorKind};
use wicketgate::protocol::http::{Purpose, Request, Response};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jws::SignatureCheck;
use wicketgate::protocol::pkce::code_challenge;
use wicketgate::protocol::secret::Secret;

pub use crate::executor::yield_now;
pub use crate::executor::{Task, block_on, join};
use crate::executor::{run_spawned, spawn};
use crate::random::Random;
use crate::signature;
use crate::signing::SigningKey;

/// An event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Stored(String),
    Forgot(String),
    PageUrl(String),
    Sent(String),
    Navigated(String),
    /// The page has closed its window.
    Closed,
}

/// How the tab's store behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Works,
    /// Site data are blocked: every use fails.
    Denied,
    /// The quota is used up: writing fails.
    Full,
    /// Some private modes: writing seems to work.
    Drops,
}

/// A request as it was sent, and the store's content at that moment.
#[derive(Clone)]
pub struct Sent {
    pub purpose: Purpose,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    pub timeout: u64,
    pub stored: BTreeMap<String, String>,
    /// The `Debug` output of the request.
    pub debug: String,
}

/// The answer to a request.
pub enum Answer {
    Is(u16, Option<&'static str>, Vec<u8>),
    /// A status, and the number of seconds after which to come back.
    Busy(u16, u64),
    /// A status, the nonce for the next proof, and a body of JSON.
    WithNonce(u16, String, String),
    Lost,
    Late,
}

impl Answer {
    pub fn json(status: u16, body: &str) -> Self {
        Self::Is(status, Some("application/json"), body.into())
    }

    pub fn html(status: u16) -> Self {
        Self::Is(status, Some("text/html"), "<!doctype html><p>It works".into())
    }

    pub fn empty(status: u16) -> Self {
        Self::Is(status, None, Vec::new())
    }
}

/// Answers requests without a scripted answer.
type Network = fn(&Request) -> Answer;

type Meanwhile = Box<dyn FnOnce(&TestHost)>;

struct Scripted {
    answer: Answer,
    meanwhile: Option<Meanwhile>,
}

type Hear = Rc<dyn Fn(Signal<'_>)>;
type Act = Rc<dyn Fn()>;

/// How a wait for a message has ended, once it has, and who waits.
type Receiver = (Option<Option<String>>, Waker);

/// The part that all tabs share: the origin's store, its locks, and the background tasks.
struct Origin {
    store: RefCell<BTreeMap<String, String>>,
    behaviour: Cell<Behaviour>,
    marks: RefCell<BTreeMap<String, String>>,
    ended: RefCell<Vec<String>>,
    can_seal: Cell<bool>,
    /// Whether `IndexedDB` answers: with several tabs, Safari was seen not to.
    has_database: Cell<bool>,
    has_locks: Cell<bool>,
    /// By name: whether the lock is held, and the waiting tasks.
    locks: RefCell<BTreeMap<String, (bool, VecDeque<Waker>)>>,
    /// The pairs of keys that sign, by name.
    keys: RefCell<BTreeMap<String, SigningKey>>,
    pages: RefCell<Vec<(u32, Hear)>>,
    /// What each page does when the user does something in it.
    active: RefCell<Vec<(u32, Act)>>,
    /// By the name of its channel: a page that receives there, with its message once it has come.
    channels: RefCell<BTreeMap<String, Receiver>>,
    /// The time when each wakes, on the wall clock.
    sleepers: RefCell<Vec<(u64, Waker)>>,
    wall: Cell<u64>,
}

/// The part that the pages of one tab share.
struct Tab {
    origin: Rc<Origin>,
    store: RefCell<BTreeMap<String, String>>,
    behaviour: Cell<Behaviour>,
    /// The behaviour affects only keys with this beginning.
    affected: RefCell<String>,
    csprng: Random,
    has_csprng: Cell<bool>,
    can_verify: Cell<bool>,
    random: RefCell<Vec<u8>>,
    script: RefCell<VecDeque<Scripted>>,
    /// The answer of the server's key set, for each request; the script is for all other requests.
    keys: RefCell<Option<String>>,
    /// A real network, which answers instead of the script.
    network: Cell<Option<Network>>,
    requests: RefCell<Vec<Sent>>,
    events: RefCell<Vec<Event>>,
}

/// One page in a tab. Clones are the same page.
#[derive(Clone)]
pub struct TestHost {
    number: u32,
    tab: Rc<Tab>,
    url: Rc<RefCell<String>>,
    monotonic: Rc<Cell<u64>>,
}

impl TestHost {
    /// A new tab, at `url`. The same seed gives the same randomness.
    pub fn new(seed: u64, url: &str) -> Self {
        let origin = Origin {
            store: RefCell::default(),
            behaviour: Cell::new(Behaviour::Works),
            marks: RefCell::default(),
            ended: RefCell::default(),
            can_seal: Cell::new(true),
            has_database: Cell::new(true),
            has_locks: Cell::new(true),
            locks: RefCell::default(),
            keys: RefCell::default(),
            pages: RefCell::default(),
            active: RefCell::default(),
            channels: RefCell::default(),
            sleepers: RefCell::default(),
            wall: Cell::new(1_800_000_000_000),
        };
        Self::in_tab(Rc::new(origin), seed, url)
    }

    /// Another tab of the same browser.
    pub fn another_tab(&self, url: &str) -> Self {
        let other = Self::in_tab(self.tab.origin.clone(), self.tab.csprng.next(), url);
        other.tab.keys.replace(self.tab.keys.borrow().clone());
        other
    }

    fn in_tab(origin: Rc<Origin>, seed: u64, url: &str) -> Self {
        let tab = Tab {
            origin,
            store: RefCell::default(),
            behaviour: Cell::new(Behaviour::Works),
            affected: RefCell::default(),
            csprng: Random::new(seed),
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

    /// The next page that loads in this tab. Its monotonic clock begins at another value.
    pub fn next_page(&self, url: &str) -> Self {
        let url = Rc::new(RefCell::new(url.into()));
        Self { number: Self::next_number(), tab: self.tab.clone(), url, monotonic: Rc::new(Cell::new(70)) }
    }

    /// Lets time pass, on both clocks.
    pub fn pass(&self, millis: u64) {
        self.monotonic.set(self.monotonic.get() + millis);
        self.jump_to(self.tab.origin.wall.get() + millis);
        self.run_tasks();
    }

    /// Lets time pass on both clocks, before any timer runs.
    pub fn pass_unnoticed(&self, millis: u64) {
        self.monotonic.set(self.monotonic.get() + millis);
        self.tab.origin.wall.set(self.tab.origin.wall.get() + millis);
    }

    /// Sets the wall clock alone.
    pub fn jump_to(&self, wall: u64) {
        self.tab.origin.wall.set(wall);
        let sleepers = self.tab.origin.sleepers.take();
        let (due, rest) = sleepers.into_iter().partition(|(at, _)| *at <= wall);
        self.tab.origin.sleepers.replace(rest);
        let due: Vec<(u64, Waker)> = due;
        due.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Runs the background tasks as far as possible now.
    pub fn run_tasks(&self) {
        while run_spawned() {}
    }

    /// Runs one step of each background task.
    pub fn run_tasks_once(&self) -> bool {
        run_spawned()
    }

    /// Simulates a page with neither `crypto.subtle` nor IndexedDB.
    pub fn lose_sealing(&self) {
        self.tab.origin.can_seal.set(false);
    }

    /// Simulates that `indexedDB.open` does not answer any more.
    pub fn lose_database(&self) {
        self.tab.origin.has_database.set(false);
    }

    /// Waits for `IndexedDB`, for two seconds at most.
    async fn database_answers(&self) -> Result<(), Error> {
        yield_now().await;
        if self.tab.origin.has_database.get() {
            return Ok(());
        }
        self.sleep(2_000).await;
        Err(ErrorKind::StorageUnavailable.into())
    }

    /// Simulates that the browser has removed the pairs of keys that sign.
    pub fn lose_keys(&self) {
        self.tab.origin.keys.borrow_mut().clear();
    }

    /// The names of the pairs of keys that sign.
    pub fn proof_keys(&self) -> Vec<String> {
        self.tab.origin.keys.borrow().keys().cloned().collect()
    }

    pub fn lose_locks(&self) {
        self.tab.origin.has_locks.set(false);
    }

    pub fn set_origin_store(&self, behaviour: Behaviour) {
        self.tab.origin.behaviour.set(behaviour);
    }

    /// The content of the origin's store.
    pub fn origin_content(&self) -> BTreeMap<String, String> {
        self.tab.origin.store.borrow().clone()
    }

    /// Writes to the origin's store without the client's knowledge.
    pub fn plant_in_origin(&self, key: &str, value: &str) {
        // A page's mark is the hash of the entry that it wrote.
        self.tab.origin.marks.borrow_mut().insert(key.into(), code_challenge(&Secret::new(value.into())));
        self.tab.origin.store.borrow_mut().insert(key.into(), value.into());
    }

    /// Simulates that the user returns to the page, or that the network is back.
    pub fn wake_up(&self) {
        self.signal_to(|number| number == self.number, Signal::Awake);
        self.run_tasks();
    }

    /// Simulates that the user had left the page, and the browser restores it.
    pub fn come_back(&self) {
        self.signal_to(|number| number == self.number, Signal::Returned);
        self.run_tasks();
    }

    fn signal_to(&self, is_meant: impl Fn(u32) -> bool, signal: Signal<'_>) {
        let pages = self.tab.origin.pages.borrow().clone();
        pages.iter().filter(|(number, _)| is_meant(*number)).for_each(|(_, hear)| hear(signal));
    }

    pub fn lose_csprng(&self) {
        self.tab.has_csprng.set(false);
    }

    /// Simulates a page on plain http.
    pub fn lose_crypto_subtle(&self) {
        self.tab.can_verify.set(false);
    }

    /// All bytes that the CSPRNG has returned.
    pub fn random(&self) -> Vec<u8> {
        self.tab.random.borrow().clone()
    }

    pub fn set_store(&self, behaviour: Behaviour) {
        self.set_store_for("", behaviour);
    }

    /// Sets how the store behaves for keys that begin with `prefix`.
    pub fn set_store_for(&self, prefix: &str, behaviour: Behaviour) {
        self.tab.behaviour.set(behaviour);
        self.tab.affected.replace(prefix.into());
    }

    /// The content of the store, whatever its behaviour.
    pub fn store_content(&self) -> BTreeMap<String, String> {
        self.tab.store.borrow().clone()
    }

    /// The keys in the store with this beginning.
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        self.tab.store.borrow().keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    /// Writes to the store without the client's knowledge.
    pub fn plant(&self, key: &str, value: &str) {
        self.tab.store.borrow_mut().insert(key.into(), value.into());
    }

    /// Sets the answer to the next request that has none yet.
    pub fn answer(&self, answer: Answer) {
        self.tab.script.borrow_mut().push_back(Scripted { answer, meanwhile: None });
    }

    /// From now on, `network` answers requests.
    pub fn connect_to_network(&self, network: Network) {
        self.tab.network.set(Some(network));
    }

    /// From now on, the server's key set is this.
    pub fn publish_keys(&self, keys: &str) {
        self.tab.keys.replace(Some(keys.into()));
    }

    /// The same; `meanwhile` runs while the answer is on its way.
    pub fn answer_after(&self, answer: Answer, meanwhile: impl FnOnce(&Self) + 'static) {
        self.tab.script.borrow_mut().push_back(Scripted { answer, meanwhile: Some(Box::new(meanwhile)) });
    }

    pub fn requests(&self) -> Vec<Sent> {
        self.tab.requests.borrow().clone()
    }

    /// The purposes of the requests that were sent, in order.
    pub fn purposes(&self) -> Vec<Purpose> {
        self.tab.requests.borrow().iter().map(|sent| sent.purpose).collect()
    }

    pub fn events(&self) -> Vec<Event> {
        self.tab.events.borrow().clone()
    }

    /// The position of the first logged event for which `is_wanted` is true.
    pub fn position(&self, is_wanted: impl Fn(&Event) -> bool) -> Option<usize> {
        self.tab.events.borrow().iter().position(is_wanted)
    }

    pub fn navigations(&self) -> Vec<String> {
        let events = self.events();
        events.into_iter().filter_map(|event| if let Event::Navigated(url) = event { Some(url) } else { None }).collect()
    }

    /// Another page of the origin sends `message` on the channel `name`. Returns whether a page has taken it.
    pub fn send_on(&self, name: &str, message: &str) -> bool {
        self.end_receiving(name, Some(message.into()))
    }

    /// The names of the channels on which a page receives.
    pub fn channels(&self) -> Vec<String> {
        self.tab.origin.channels.borrow().keys().cloned().collect()
    }

    fn end_receiving(&self, name: &str, outcome: Option<String>) -> bool {
        let mut channels = self.tab.origin.channels.borrow_mut();
        let Some((received, waker)) = channels.get_mut(name) else { return false };
        received.get_or_insert(outcome);
        waker.wake_by_ref();
        true
    }

    /// The user does something in this page.
    pub fn act(&self) {
        let pages = self.tab.origin.active.borrow().clone();
        pages.iter().filter(|(number, _)| *number == self.number).for_each(|(_, hear)| hear());
        self.run_tasks();
    }

    /// Clears the log.
    pub fn clear_log(&self) {
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

/// A held lock, and its page.
pub struct HeldLock(Rc<Origin>, String);

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

impl Host for TestHost {
    type Lock = HeldLock;

    fn entropy(&self, bytes: &mut [u8]) -> Result<(), Error> {
        if !self.tab.has_csprng.get() {
            return Err(ErrorKind::UnsupportedEnvironment { missing: "crypto.getRandomValues".into() }.into());
        }
        self.tab.csprng.fill(bytes);
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
    async fn seal(&self, text: Secret, name: &str) -> Result<String, Error> {
        self.database_answers().await?;
        let mut salt = [0];
        let _ = self.entropy(&mut salt);
        let bytes = text.expose().bytes().chain(*b"\n").chain(name.bytes());
        let sealed: String = bytes.map(|byte| format!("{:02x}", byte ^ 0x5a ^ salt[0])).collect();
        Ok(format!("sealed.{:02x}{sealed}", salt[0]))
    }

    async fn open(&self, sealed: String, name: &str) -> Result<Option<Secret>, Error> {
        self.database_answers().await?;
        Ok(opened(&sealed, name))
    }

    async fn proof_key(&self, name: &str) -> Result<Json, Error> {
        self.database_answers().await?;
        let mut keys = self.tab.origin.keys.borrow_mut();
        let key = keys.entry(name.into()).or_insert_with(|| SigningKey::es256("proof"));
        Ok(Json::parse(key.public().to_string().as_bytes()).unwrap())
    }

    async fn sign(&self, name: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        yield_now().await;
        let keys = self.tab.origin.keys.borrow();
        keys.get(name).map(|key| key.signature(bytes)).ok_or(ErrorKind::StorageUnavailable.into())
    }

    async fn mark(&self, name: &str, mark: &str) {
        if self.database_answers().await.is_ok() {
            self.tab.origin.marks.borrow_mut().insert(name.into(), mark.into());
        }
    }

    async fn marked(&self, name: &str) -> Option<String> {
        self.database_answers().await.ok()?;
        self.tab.origin.marks.borrow().get(name).cloned()
    }

    async fn end(&self, login: &str) {
        if self.database_answers().await.is_ok() {
            self.tab.origin.ended.borrow_mut().push(login.into());
        }
    }

    async fn has_ended(&self, login: &str) -> bool {
        self.database_answers().await.is_ok() && self.tab.origin.ended.borrow().iter().any(|ended| ended == login)
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

    fn on_activity(&self, hear: Box<dyn Fn()>) {
        self.tab.origin.active.borrow_mut().push((self.number, Rc::from(hear)));
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()>>>) {
        spawn(task);
    }

    fn stored_keys(&self) -> Result<Vec<String>, Error> {
        self.fails(Store::Tab, "", &[Behaviour::Denied])?;
        // In reverse order, which reveals code that relies on an order.
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
            // Other tasks can run while the answer is on its way.
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
                Answer::WithNonce(status, nonce, body) => {
                    let mut response = Response::new(status, Some("application/json".into()), body.into());
                    response.dpop_nonce = Some(nonce);
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

    async fn hand_over(&self, name: &str, message: &str, patience: u64) -> bool {
        for _ in 0..4 {
            if self.send_on(name, message) {
                return true;
            }
            yield_now().await;
        }
        self.sleep(patience).await;
        self.send_on(name, message)
    }

    fn receive(&self, name: &str, patience: u64) -> impl Future<Output = Option<String>> {
        let (origin, name) = (self.tab.origin.clone(), name.to_owned());
        let until = origin.wall.get() + patience;
        poll_fn(move |context| {
            let mut channels = origin.channels.borrow_mut();
            let received = channels.remove(&name).and_then(|(received, _)| received);
            if received.is_some() || origin.wall.get() >= until {
                return Poll::Ready(received.flatten());
            }
            channels.insert(name.clone(), (None, context.waker().clone()));
            origin.sleepers.borrow_mut().push((until, context.waker().clone()));
            Poll::Pending
        })
    }

    fn stop_receiving(&self, name: &str) {
        self.end_receiving(name, None);
    }

    fn close(&self) {
        self.log(Event::Closed);
    }

    /// The user navigates there, and comes back at once.
    fn navigate(&self, url: &str, _: u64) -> impl Future<Output = Error> {
        self.log(Event::Navigated(url.into()));
        ready(ErrorKind::NavigationCancelled.into())
    }
}

fn opened(sealed: &str, name: &str) -> Option<Secret> {
    let digits = sealed.strip_prefix("sealed.")?;
    let bytes: Option<Vec<u8>> =
        (0..digits.len() / 2).map(|at| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()).collect();
    let (salt, bytes) = bytes?.split_first().map(|(salt, bytes)| (*salt, bytes.to_vec()))?;
    let text = String::from_utf8(bytes.into_iter().map(|byte| byte ^ 0x5a ^ salt).collect()).ok()?;
    Some(Secret::new(text.strip_suffix(name)?.strip_suffix('\n')?.into()))
}
