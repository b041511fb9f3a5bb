//! [`Host`]: the interface between the client and its environment. `browser/` is one host; the tests have simulated ones.

use core::future::Future;
use core::pin::Pin;

use crate::protocol::error::Error;
use crate::protocol::http::{Request, Response};
#[cfg(feature = "dpop")]
use crate::protocol::json::Json;
use crate::protocol::jws::SignatureCheck;
use crate::protocol::secret::Secret;

/// A store that outlives the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The store of the tab: it lives as long as the tab, and no other tab sees it.
    Tab,
    /// The store of the origin: all of its tabs see it, and it outlives them.
    Origin,
}

/// An event that a page is notified of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal<'a> {
    /// Another page of the origin has sent this message.
    Told(&'a str),
    /// The page may have slept, or the network is back.
    Awake,
    /// The user had left the page, and has come back to it; the browser has restored its state.
    Returned,
}

/// The environment of a client. Implementations perform operations, and treat every string as opaque.
pub trait Host: 'static {
    /// A lock that the page holds. Dropping it releases the lock.
    type Lock: 'static;

    /// Fills `bytes` from a cryptographically secure source.
    ///
    /// # Errors
    /// `unsupported_environment` if there is no such source. There is no fallback.
    fn entropy(&self, bytes: &mut [u8]) -> Result<(), Error>;

    /// Milliseconds since the Unix epoch. May jump forward and back.
    fn wall_clock(&self) -> u64;

    /// Milliseconds since some moment in the past. Never goes back; another page cannot use the value.
    fn monotonic_clock(&self) -> u64;

    /// The value under `key` in `store`.
    ///
    /// # Errors
    /// `storage_unavailable` if the browser denies access to the store.
    fn stored(&self, store: Store, key: &str) -> Result<Option<String>, Error>;

    /// Puts `value` into `store`.
    ///
    /// # Errors
    /// `storage_unavailable` if the store refuses the value. A store may also drop the value silently: read it back.
    fn store(&self, store: Store, key: &str, value: &str) -> Result<(), Error>;

    /// Removes `key` from `store`. Does nothing if the store cannot be used.
    fn forget(&self, store: Store, key: &str);

    /// All keys of the tab's store, in no particular order.
    ///
    /// # Errors
    /// `storage_unavailable`.
    fn stored_keys(&self) -> Result<Vec<String>, Error>;

    /// Whether [`seal`](Self::seal) works here.
    fn can_seal(&self) -> bool;

    /// Encrypts `text` so that only this browser can decrypt it, and only under the same `name`: a copy of a store is useless,
    /// and an entry that was moved to another place is invalid. It fails within two seconds if the browser does not answer, as
    /// [`open`](Self::open), [`mark`](Self::mark), [`marked`](Self::marked) and [`has_ended`](Self::has_ended) do.
    ///
    /// # Errors
    /// `storage_unavailable` if the key cannot be had.
    fn seal(&self, text: Secret, name: &str) -> impl Future<Output = Result<String, Error>>;

    /// Decrypts a text that [`seal`](Self::seal) made under `name`. `None` if it is anything else, or damaged.
    ///
    /// # Errors
    /// `storage_unavailable` if the key cannot be had now.
    fn open(&self, sealed: String, name: &str) -> impl Future<Output = Result<Option<Secret>, Error>>;

    /// Writes `mark` under `name` in a place where every page of the origin sees it as soon as this future is done.
    /// [`Store::Origin`] is not such a place: a browser may keep a copy of it for each page, and update that copy later.
    fn mark(&self, name: &str, mark: &str) -> impl Future<Output = ()>;

    /// The latest mark under `name`, from any page.
    fn marked(&self, name: &str) -> impl Future<Output = Option<String>>;

    /// Records for every page of the origin that `login` has ended. The record keeps only the latest logins. Best effort:
    /// returns within about a second, even if the record could not be written.
    fn end(&self, login: &str) -> impl Future<Output = ()>;

    /// Whether the record says that `login` has ended.
    fn has_ended(&self, login: &str) -> impl Future<Output = bool>;

    /// Waits until no other page of the origin holds the lock `name`, and takes it. The lock is released when the returned
    /// value is dropped, or after `hold` milliseconds, whatever happens. `None` if the host has no locks, or if the lock was
    /// not free within that time.
    fn lock(&self, name: &str, hold: u64) -> impl Future<Output = Option<Self::Lock>>;

    /// Waits for this many milliseconds; longer if the machine sleeps.
    fn sleep(&self, millis: u64) -> impl Future<Output = ()>;

    /// Sends `message` to the other pages of the origin.
    fn tell(&self, message: &str);

    /// Calls `hear` with every signal from now on.
    fn listen(&self, hear: Box<dyn Fn(Signal<'_>)>);

    /// Calls `hear` when the user does something in this page: not more often than twice in a second.
    #[cfg(feature = "idle")]
    fn on_activity(&self, hear: Box<dyn Fn()>) {
        drop(hear);
    }

    /// Runs `task` in the background.
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()>>>);

    /// Sends `request` once and reads the whole answer. It follows no redirect, uses no cache and sends no referrer. The
    /// browser's credentials go only to the own backend, and only to the page's own origin. `timeout` is in milliseconds, and
    /// covers the whole exchange.
    ///
    /// # Errors
    /// `network_failed`, `timed_out`. If the body exceeds [`MAX_BODY`](crate::protocol::http::MAX_BODY), the host stops reading
    /// it and returns `network_failed`.
    fn send(&self, request: Request, timeout: u64) -> impl Future<Output = Result<Response, Error>>;

    /// Whether [`verify`](Self::verify) works here.
    fn can_verify(&self) -> bool;

    /// The public half of the ES256 key pair that is kept under `name`, as a JSON Web Key (RFC 7517). The host makes the pair if
    /// there is none. It outlives the page, all pages of the origin share it, and no code can extract its private half.
    ///
    /// # Errors
    /// `storage_unavailable` if the pair cannot be had, or cannot be kept.
    #[cfg(feature = "dpop")]
    fn proof_key(&self, name: &str) -> impl Future<Output = Result<Json, Error>>;

    /// Signs `bytes` with the key pair `name`, which [`proof_key`](Self::proof_key) has returned: ES256, R and S one after the
    /// other (RFC 7518 §3.4).
    ///
    /// # Errors
    /// `storage_unavailable` if the pair cannot be had.
    #[cfg(feature = "dpop")]
    fn sign(&self, name: &str, bytes: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>>;

    /// Whether the signature is valid.
    ///
    /// # Errors
    /// `unsupported_environment` if the host cannot check signatures. An unusable key verifies nothing: the result is `false`,
    /// not an error.
    fn verify(&self, check: SignatureCheck) -> impl Future<Output = Result<bool, Error>>;

    /// The SHA-2 hash of `bytes`, of 256, 384 or 512 bits.
    ///
    /// # Errors
    /// `unsupported_environment` if the host has no such hash.
    fn digest(&self, bits: u16, bytes: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>>;

    /// The page's present URL, as the URL standard serializes it.
    fn page_url(&self) -> String;

    /// Replaces the page's URL in the address bar and the history, without loading a page.
    fn replace_page_url(&self, url: &str);

    /// Sends `message` to the page of the origin that [receives](Self::receive) on the channel `name`, again and again until
    /// that page has taken it. Returns false if none has within `patience` milliseconds.
    #[cfg(feature = "popup")]
    fn hand_over(&self, name: &str, message: &str, patience: u64) -> impl Future<Output = bool> {
        let _ = (name, message, patience);
        core::future::ready(false)
    }

    /// Takes a message that another page of the origin hands over on the channel `name`. `None` after `patience` milliseconds,
    /// or after [`stop_receiving`](Self::stop_receiving).
    #[cfg(feature = "popup")]
    fn receive(&self, name: &str, patience: u64) -> impl Future<Output = Option<String>> {
        let _ = (name, patience);
        core::future::ready(None)
    }

    /// Ends [`receive`](Self::receive) on this channel, if it is running.
    #[cfg(feature = "popup")]
    fn stop_receiving(&self, name: &str) {
        let _ = name;
    }

    /// Closes the window of this page. Does nothing in a frame, or if the browser refuses.
    #[cfg(feature = "popup")]
    fn close(&self) {}

    /// Navigates to `url`. Returns `navigation_cancelled` if the page stays, or if the user comes back to this page. If the page
    /// is still there after `patience` milliseconds, the navigation is stopped, and the page stays.
    fn navigate(&self, url: &str, patience: u64) -> impl Future<Output = Error>;
}
