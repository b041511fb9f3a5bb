//! [`Platform`]: everything that a host must offer, and no more. `browser/` is one host; the tests bring
//! simulated ones.

use core::future::Future;
use core::pin::Pin;

use crate::protocol::error::Error;
use crate::protocol::http::{Request, Response};
use crate::protocol::jws::SignatureCheck;
use crate::protocol::secret::Secret;

/// Where something is put that outlives the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The tab's own: it lives as long as the tab, and no other sees it.
    Tab,
    /// That of the origin: all of its tabs see it, and it outlives them.
    Origin,
}

/// What a page may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal<'a> {
    /// Another page of the origin said this.
    Told(&'a str),
    /// The page may have slept, or the network is back.
    Awake,
    /// The user had left the page, and has come back to it as it was then.
    Returned,
}

/// A host. It knows how, never whether: no method looks at what the strings that it is given mean.
pub trait Platform: 'static {
    /// A lock that is held. Dropping it lets go.
    type Lock: 'static;

    /// Fills `bytes` from a cryptographically secure source.
    ///
    /// # Errors
    /// `unsupported_environment` where there is none. There is no fallback.
    fn entropy(&self, bytes: &mut [u8]) -> Result<(), Error>;

    /// Milliseconds since the Unix epoch. May jump, in both directions.
    fn wall_clock(&self) -> u64;

    /// Milliseconds since some moment in the past. Never goes back; means nothing to another page.
    fn monotonic_clock(&self) -> u64;

    /// What `store` has under `key`.
    ///
    /// # Errors
    /// `storage_unavailable` where the store may not be used.
    fn stored(&self, store: Store, key: &str) -> Result<Option<String>, Error>;

    /// Puts `value` into `store`.
    ///
    /// # Errors
    /// `storage_unavailable` where it was refused. A store may also drop it in silence: read it back.
    fn store(&self, store: Store, key: &str, value: &str) -> Result<(), Error>;

    /// Removes `key` from `store`. A store that cannot be used has nothing to remove.
    fn forget(&self, store: Store, key: &str);

    /// All keys of the tab's store, in no order.
    ///
    /// # Errors
    /// `storage_unavailable`.
    fn stored_keys(&self) -> Result<Vec<String>, Error>;

    /// Whether [`seal`](Self::seal) works here.
    fn can_seal(&self) -> bool;

    /// Encrypts `text` so that only this browser can open it: what copies a store gets nothing.
    ///
    /// # Errors
    /// `storage_unavailable` where there is no key to be had.
    fn seal(&self, text: Secret) -> impl Future<Output = Result<String, Error>>;

    /// Opens what [`seal`](Self::seal) made; `None` where it is anything else, or damaged.
    ///
    /// # Errors
    /// `storage_unavailable` where the key cannot be had now.
    fn open(&self, sealed: String) -> impl Future<Output = Result<Option<Secret>, Error>>;

    /// Writes `mark` under `name` where every page of the origin sees it as soon as this is done. [`Store::Origin`] is not
    /// such a place: a browser may keep a copy of it for each page, and bring it up to date a little later.
    fn mark(&self, name: &str, mark: &str) -> impl Future<Output = ()>;

    /// What was marked last under `name`, by any page.
    fn marked(&self, name: &str) -> impl Future<Output = Option<String>>;

    /// Remembers, for every page of the origin, that `login` has ended: the latest of them, not all. Takes no longer than a
    /// person would wait, whether it succeeds or not.
    fn end(&self, login: &str) -> impl Future<Output = ()>;

    /// Whether it is remembered that `login` has ended.
    fn has_ended(&self, login: &str) -> impl Future<Output = bool>;

    /// Waits until no other page of the origin has the lock `name`, and takes it. It is let go when what this gives is
    /// dropped, or after `hold` milliseconds, whatever happens. `None` where there are no locks, or none came in that
    /// time.
    fn lock(&self, name: &str, hold: u64) -> impl Future<Output = Option<Self::Lock>>;

    /// Waits for so many milliseconds; longer where the machine sleeps.
    fn sleep(&self, millis: u64) -> impl Future<Output = ()>;

    /// Tells the other pages of the origin.
    fn tell(&self, message: &str);

    /// Calls `hear` with every signal from now on.
    fn listen(&self, hear: Box<dyn Fn(Signal<'_>)>);

    /// Runs `task` by itself.
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()>>>);

    /// Sends `request` once and reads the answer whole: no redirect is followed, no cache used, no referrer
    /// sent; the browser's credentials go only to the own backend, and only to the page's own origin.
    /// `timeout` is milliseconds, for all of it.
    ///
    /// # Errors
    /// `network_failed`, `timed_out`. An answer whose body goes past
    /// [`MAX_BODY`](crate::protocol::http::MAX_BODY) is `network_failed` too, and is not read on.
    fn send(&self, request: Request, timeout: u64) -> impl Future<Output = Result<Response, Error>>;

    /// Whether [`verify`](Self::verify) works here.
    fn can_verify(&self) -> bool;

    /// Whether the signature is right.
    ///
    /// # Errors
    /// `unsupported_environment` where signatures cannot be checked. A key that cannot be used verifies nothing: that is
    /// `false`, and no failure.
    fn verify(&self, check: SignatureCheck) -> impl Future<Output = Result<bool, Error>>;

    /// The SHA-2 hash of `bytes`, of 256, 384 or 512 bits.
    ///
    /// # Errors
    /// `unsupported_environment` where there is none.
    fn digest(&self, bits: u16, bytes: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>>;

    /// The page's present URL, as the URL standard serializes it.
    fn page_url(&self) -> String;

    /// Replaces the page's URL in the address bar and the history, without loading anything.
    fn replace_page_url(&self, url: &str);

    /// Leaves the page for `url`. Comes back only if the page does: with `navigation_cancelled`.
    fn navigate(&self, url: &str) -> impl Future<Output = Error>;
}
