//! [`SessionStore`]: the store of sessions.

use core::pin::Pin;
use std::time::Duration;

use super::state::Session;

/// A stored session, and its version.
pub(crate) struct Stored {
    pub(crate) session: Session,
    pub(crate) version: u64,
    /// When it was last used, as far as the store knows.
    pub(crate) used_at: u64,
}

/// One of the sessions of a user, in any browser.
pub(crate) struct Listed {
    /// Its name in the store. This is not the secret in its browser.
    pub(crate) name: String,
    pub(crate) stored: Stored,
}

/// The lock on a session.
pub(crate) struct Lock {
    /// Identifies the holder.
    pub(crate) token: String,
    /// Whether another instance had the lock on this version before and did not release it: it may have sent the refresh token,
    /// and may be about to store the answer.
    pub(crate) was_left: bool,
}

/// The claim by which sessions are found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The user.
    Subject,
    /// The session at the authorization server (OpenID Connect Back-Channel Logout §2.4).
    ServerSession,
}

impl Owner {
    pub(crate) const ALL: [Self; 2] = [Self::Subject, Self::ServerSession];

    /// The claim's name.
    pub(crate) fn claim(self) -> &'static str {
        match self {
            Self::Subject => "sub",
            Self::ServerSession => "sid",
        }
    }
}

/// Why a store failed.
#[derive(Debug, Clone)]
pub(crate) enum StoreError {
    /// The session is larger than the store's limit.
    TooLarge,
    /// The store did not answer, or refused; the text is its error.
    Unavailable(String),
}

pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Stores sessions. A `key` is the value in the browser's cookie; `ends_in` is how long the session is to be stored.
pub(crate) trait SessionStore: Send + Sync {
    /// Stores a new session, and returns its key.
    fn create<'a>(&'a self, session: &'a Session, ends_in: Duration) -> Answer<'a, String>;

    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Stored>>;

    /// Stores `session` in place of `version`, and returns its new key and version; `None` if that version is not the present
    /// one, or the session was removed.
    fn replace<'a>(
        &'a self,
        key: &'a str,
        version: u64,
        session: &'a Session,
        ends_in: Duration,
    ) -> Answer<'a, Option<(String, u64)>>;

    fn remove<'a>(&'a self, key: &'a str) -> Answer<'a, ()>;

    /// The operations of a store that instances share; `None` if each session lies only in its browser.
    fn shared(&self) -> Option<&dyn SharedStore>;
}

/// The operations of a store that knows all sessions.
pub(crate) trait SharedStore: Send + Sync {
    /// Whether it can be reached.
    fn is_ready(&self) -> Answer<'_, ()>;

    /// The name of the session with this key.
    fn name_of(&self, key: &str) -> String;

    /// Records that the session was used at `now`, so that it is stored for another `ends_in`.
    fn touch<'a>(&'a self, key: &'a str, now: Duration, ends_in: Duration) -> Answer<'a, ()>;

    /// Takes the lock on a session for at most `time`: no other instance refreshes it meanwhile. `None` if another one has it.
    fn lock<'a>(&'a self, key: &'a str, time: Duration) -> Answer<'a, Option<Lock>>;

    /// Holds the lock for another `time`.
    fn hold<'a>(&'a self, key: &'a str, lock: &'a Lock, time: Duration) -> Answer<'a, ()>;

    /// Releases the lock, after a refresh whose result is stored.
    fn unlock<'a>(&'a self, key: &'a str, lock: &'a Lock) -> Answer<'a, ()>;

    /// The sessions whose claim is `value`, the newest first: all of them, or the newest `limit`.
    fn of<'a>(&'a self, owner: Owner, value: &'a str, limit: usize) -> Answer<'a, Vec<Listed>>;

    fn load_named<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Stored>>;

    /// Removes a session by its name.
    fn remove_named<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;

    /// Records for `time` that the token `name` was used; false if it was used before.
    fn use_once<'a>(&'a self, name: &'a str, time: Duration) -> Answer<'a, bool>;

    /// Deletes the record that the token `name` was used.
    fn forget_use<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;
}
