//! [`Platform`]: everything that a host must offer, and no more. `browser/` is one host; the tests bring
//! simulated ones.

use core::future::Future;

use crate::protocol::error::Error;
use crate::protocol::http::{Request, Response};
use crate::protocol::jws::SignatureCheck;

/// A host. It knows how, never whether: no method looks at what the strings that it is given mean.
pub trait Platform: 'static {
    /// Fills `bytes` from a cryptographically secure source.
    ///
    /// # Errors
    /// `unsupported_environment` where there is none. There is no fallback.
    fn entropy(&self, bytes: &mut [u8]) -> Result<(), Error>;

    /// Milliseconds since the Unix epoch. May jump, in both directions.
    fn wall_clock(&self) -> u64;

    /// Milliseconds since some moment in the past. Never goes back; means nothing to another page.
    fn monotonic_clock(&self) -> u64;

    /// What the tab's own store has under `key`. It lives as long as the tab and is seen by no other.
    ///
    /// # Errors
    /// `storage_unavailable` where the store may not be used.
    fn stored(&self, key: &str) -> Result<Option<String>, Error>;

    /// Puts `value` into the tab's store.
    ///
    /// # Errors
    /// `storage_unavailable` where it was refused. A store may also drop it in silence: read it back.
    fn store(&self, key: &str, value: &str) -> Result<(), Error>;

    /// Removes `key` from the tab's store. A store that cannot be used has nothing to remove.
    fn forget(&self, key: &str);

    /// All keys of the tab's store, in no order.
    ///
    /// # Errors
    /// `storage_unavailable`.
    fn stored_keys(&self) -> Result<Vec<String>, Error>;

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
