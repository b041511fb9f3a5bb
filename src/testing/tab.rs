//! A simulated tab of a browser: clocks that a test sets, stores in memory, locks, and a record of the requests and
//! navigations.

use core::cell::{Cell, RefCell};
use core::fmt;
use core::future::{Future, poll_fn, ready};
use core::pin::Pin;
use core::task::Poll;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::clock::Clock;
use super::executor;
use super::network::{Network, Sent};
#[cfg(feature = "dpop")]
use super::signature::public_key;
use super::signature::signature;
use crate::host::{Host, Signal, Store};
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::{Request, Response};
#[cfg(feature = "dpop")]
use crate::protocol::json::Json;
use crate::protocol::jws::SignatureCheck;
use crate::protocol::secret::{Secret, base64url, from_base64url};

type Hear = Rc<dyn Fn(Signal<'_>)>;
type Texts = RefCell<BTreeMap<String, String>>;

/// The part that all tabs of a browser share.
#[derive(Default)]
struct Browser {
    clock: Clock,
    store: Texts,
    marks: Texts,
    ended: RefCell<Vec<String>>,
    locks: RefCell<BTreeSet<String>>,
    #[cfg(feature = "dpop")]
    keys: RefCell<BTreeSet<String>>,
    pages: RefCell<Vec<(u64, Hear)>>,
    wake_ups: RefCell<BTreeSet<u64>>,
    /// Counts pages, and is the source of randomness.
    count: Cell<u64>,
    network: RefCell<Option<Rc<dyn Network>>>,
}

#[derive(Default)]
struct Kept {
    store: Texts,
    sent: RefCell<Vec<Sent>>,
    left_for: RefCell<Vec<String>>,
}

/// One page in a tab. All clones are the same page.
#[derive(Clone)]
pub struct Tab {
    number: u64,
    browser: Rc<Browser>,
    kept: Rc<Kept>,
    url: Rc<RefCell<String>>,
}

impl fmt::Debug for Tab {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tab").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Tab {
    /// A new browser with one tab, at `url`. It has no network until a test connects one.
    pub fn open(url: &str) -> Self {
        let browser = Rc::new(Browser::default());
        let weak = Rc::downgrade(&browser);
        executor::add_timer(Box::new(move || weak.upgrade().iter().for_each(|browser| browser.go_on())));
        Self::page(browser, Rc::default(), url)
    }

    /// The next page that loads in this tab.
    pub fn next_page(&self, url: &str) -> Self {
        Self::page(self.browser.clone(), self.kept.clone(), url)
    }

    /// Another tab of the same browser.
    pub fn another(&self, url: &str) -> Self {
        Self::page(self.browser.clone(), Rc::default(), url)
    }

    fn page(browser: Rc<Browser>, kept: Rc<Kept>, url: &str) -> Self {
        browser.count.set(browser.count.get() + 1);
        Self { number: browser.count.get(), browser, kept, url: Rc::new(RefCell::new(url.into())) }
    }

    /// From now on, the browser's requests go to `network`.
    pub fn connect(&self, network: &(impl Network + Clone)) {
        network.keep_time(&self.browser.clock);
        self.browser.network.replace(Some(Rc::new(network.clone())));
    }

    /// Lets this many milliseconds pass, and continues the tasks that wait for them.
    pub fn pass(&self, millis: u64) {
        let until = self.browser.clock.now() + millis;
        while let Some(next) = self.browser.next_wake_up().filter(|next| *next <= until) {
            self.browser.clock.set(next);
            executor::run_spawned();
        }
        self.browser.clock.set(until);
        executor::run_spawned();
    }

    /// Simulates that the user returns to the page, or that the network is back.
    pub fn wake_up(&self) {
        self.browser.signal(Signal::Awake, |number| number == self.number);
        executor::run_spawned();
    }

    /// The requests of this tab, in order.
    pub fn sent(&self) -> Vec<Sent> {
        self.kept.sent.borrow().clone()
    }

    /// The URL of the page's last navigation, if there was one.
    pub fn left_for(&self) -> Option<String> {
        self.kept.left_for.borrow().last().cloned()
    }

    /// The content of the tab's own store, or of the origin's.
    pub fn stored_in(&self, store: Store) -> BTreeMap<String, String> {
        self.texts(store).borrow().clone()
    }

    fn texts(&self, store: Store) -> &Texts {
        match store {
            Store::Tab => &self.kept.store,
            Store::Origin => &self.browser.store,
        }
    }
}

impl Browser {
    fn next_wake_up(&self) -> Option<u64> {
        let now = self.clock.now();
        self.wake_ups.borrow_mut().retain(|at| *at > now);
        self.wake_ups.borrow().first().copied()
    }

    /// Sets the clock to the time when the next sleeper wakes, if there is one.
    fn go_on(&self) {
        if let Some(next) = self.next_wake_up() {
            self.clock.set(next);
        }
    }

    fn signal(&self, signal: Signal<'_>, is_meant: impl Fn(u64) -> bool) {
        let pages = self.pages.borrow().clone();
        pages.iter().filter(|(number, _)| is_meant(*number)).for_each(|(_, hear)| hear(signal));
    }
}

/// A lock that the page holds. Dropping it releases the lock.
pub struct TabLock(Rc<Browser>, String);

impl Drop for TabLock {
    fn drop(&mut self) {
        self.0.locks.borrow_mut().remove(&self.1);
    }
}

const SEALED: &str = "sealed.";

impl Host for Tab {
    type Lock = TabLock;

    /// SHA-256 of a counter: each value is different, and all are the same in each run.
    fn entropy(&self, bytes: &mut [u8]) -> Result<(), Error> {
        for chunk in bytes.chunks_mut(32) {
            self.browser.count.set(self.browser.count.get() + 1);
            let hash = Sha256::digest(self.browser.count.get().to_be_bytes());
            chunk.iter_mut().zip(hash).for_each(|(byte, random)| *byte = random);
        }
        Ok(())
    }

    fn wall_clock(&self) -> u64 {
        self.browser.clock.now()
    }

    fn monotonic_clock(&self) -> u64 {
        self.browser.clock.now()
    }

    fn stored(&self, store: Store, key: &str) -> Result<Option<String>, Error> {
        Ok(self.texts(store).borrow().get(key).cloned())
    }

    fn store(&self, store: Store, key: &str, value: &str) -> Result<(), Error> {
        self.texts(store).borrow_mut().insert(key.into(), value.into());
        Ok(())
    }

    fn forget(&self, store: Store, key: &str) {
        self.texts(store).borrow_mut().remove(key);
    }

    fn stored_keys(&self) -> Result<Vec<String>, Error> {
        Ok(self.kept.store.borrow().keys().cloned().collect())
    }

    fn can_seal(&self) -> bool {
        true
    }

    /// Simulates a cipher: the sealed text does not contain the text.
    fn seal(&self, text: Secret, name: &str) -> impl Future<Output = Result<String, Error>> {
        let bytes: Vec<u8> = text.expose().bytes().chain(*b"\n").chain(name.bytes()).map(|byte| byte ^ 0x5a).collect();
        ready(Ok(String::from(SEALED) + &base64url(&bytes)))
    }

    fn open(&self, sealed: String, name: &str) -> impl Future<Output = Result<Option<Secret>, Error>> {
        let bytes = sealed.strip_prefix(SEALED).and_then(from_base64url);
        let text = bytes.and_then(|bytes| String::from_utf8(bytes.into_iter().map(|byte| byte ^ 0x5a).collect()).ok());
        let text = text.and_then(|text| Some(text.strip_suffix(name)?.strip_suffix('\n')?.into()));
        ready(Ok(text.map(Secret::new)))
    }

    fn mark(&self, name: &str, mark: &str) -> impl Future<Output = ()> {
        self.browser.marks.borrow_mut().insert(name.into(), mark.into());
        ready(())
    }

    fn marked(&self, name: &str) -> impl Future<Output = Option<String>> {
        ready(self.browser.marks.borrow().get(name).cloned())
    }

    fn end(&self, login: &str) -> impl Future<Output = ()> {
        self.browser.ended.borrow_mut().push(login.into());
        ready(())
    }

    fn has_ended(&self, login: &str) -> impl Future<Output = bool> {
        ready(self.browser.ended.borrow().iter().any(|ended| ended == login))
    }

    fn lock(&self, name: &str, _hold: u64) -> impl Future<Output = Option<TabLock>> {
        let (browser, name) = (self.browser.clone(), String::from(name));
        poll_fn(move |_| {
            let is_free = browser.locks.borrow_mut().insert(name.clone());
            if is_free { Poll::Ready(Some(TabLock(browser.clone(), name.clone()))) } else { Poll::Pending }
        })
    }

    fn sleep(&self, millis: u64) -> impl Future<Output = ()> {
        let browser = self.browser.clone();
        let until = browser.clock.now() + millis;
        poll_fn(move |_| {
            if browser.clock.now() >= until {
                return Poll::Ready(());
            }
            browser.wake_ups.borrow_mut().insert(until);
            Poll::Pending
        })
    }

    fn tell(&self, message: &str) {
        let (browser, number, message) = (self.browser.clone(), self.number, String::from(message));
        self.spawn(Box::pin(async move { browser.signal(Signal::Told(&message), |other| other != number) }));
    }

    fn listen(&self, hear: Box<dyn Fn(Signal<'_>)>) {
        self.browser.pages.borrow_mut().push((self.number, Rc::from(hear)));
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()>>>) {
        executor::spawn(task);
    }

    fn send(&self, request: Request, _timeout: u64) -> impl Future<Output = Result<Response, Error>> {
        let body = request.body.as_ref().map(|body| String::from(body.expose()));
        self.kept.sent.borrow_mut().push(Sent { purpose: request.purpose, url: request.url.clone(), body });
        let network = self.browser.network.borrow().clone();
        let lost = Error::unanswered(ErrorKind::NetworkFailed(request.purpose), &request.url);
        ready(network.map_or_else(|| Err(lost), |network| network.answer(&request)))
    }

    #[cfg(feature = "dpop")]
    fn proof_key(&self, name: &str) -> impl Future<Output = Result<Json, Error>> {
        self.browser.keys.borrow_mut().insert(name.into());
        ready(Ok(public_key(name)))
    }

    #[cfg(feature = "dpop")]
    fn sign(&self, name: &str, bytes: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>> {
        let is_kept = self.browser.keys.borrow().contains(name);
        ready(signature(&public_key(name), bytes).filter(|_| is_kept).ok_or(ErrorKind::StorageUnavailable.into()))
    }

    fn can_verify(&self) -> bool {
        true
    }

    fn verify(&self, check: SignatureCheck) -> impl Future<Output = Result<bool, Error>> {
        ready(Ok(signature(&check.key, &check.signed) == Some(check.signature)))
    }

    fn digest(&self, bits: u16, bytes: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>> {
        ready(Ok(match bits {
            384 => Sha384::digest(bytes).to_vec(),
            512 => Sha512::digest(bytes).to_vec(),
            _ => Sha256::digest(bytes).to_vec(),
        }))
    }

    fn page_url(&self) -> String {
        self.url.borrow().clone()
    }

    fn replace_page_url(&self, url: &str) {
        self.url.replace(url.into());
    }

    /// The page navigates and comes back at once, so that a test need not wait for a future that never ends.
    fn navigate(&self, url: &str, _: u64) -> impl Future<Output = Error> {
        self.kept.left_for.borrow_mut().push(url.into());
        ready(ErrorKind::NavigationCancelled.into())
    }
}
