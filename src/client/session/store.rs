//! [`StoredSession`]: the session in the store that the configuration names: sealed, in the tab's store or in that of the
//! origin. The origin's tabs share its store, so there the store decides: a page that reads another entry than its own
//! continues with that entry.

use core::cell::RefCell;
use std::rc::Rc;

use super::guard::Guard;
use super::name::SessionName;
use crate::client::configuration::Settings;
use crate::host::{Host, Store};
use crate::protocol::error::Error;
use crate::protocol::pkce::digest;
use crate::protocol::secret::Secret;

/// How often a page checks whether its copy of the store is up to date, and the pause between two checks in milliseconds.
const SETTLING: (u32, u64) = (40, 25);

/// The place of one session in a store, and the entry that this page knows.
pub(crate) struct StoredSession {
    name: Rc<SessionName>,
    /// `None` if the session is kept only in the page's memory.
    place: Option<Store>,
    known: RefCell<Option<String>>,
}

impl StoredSession {
    /// The place of the session named `name`. If the configuration names no store, the session is kept in the tab's store if
    /// the host can seal it, and in memory otherwise.
    ///
    /// # Errors
    /// `unsupported_environment` if the configuration names a store, and the host cannot seal.
    pub(crate) fn new(name: Rc<SessionName>, configuration: &Settings, can_seal: bool) -> Result<Self, Error> {
        let place = match configuration.text("tokenStore") {
            Some("memory") => None,
            _ if configuration.backend().is_some() => None,
            Some("local") if can_seal => Some(Store::Origin),
            _ if can_seal => Some(Store::Tab),
            None => None,
            Some(_) => return Err(Error::unsupported("crypto.subtle or IndexedDB, which tokenStore needs")),
        };
        Ok(Self { name, place, known: RefCell::default() })
    }

    /// The name of the session in the store, and of its lock.
    pub(crate) fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Whether the tabs of the origin share this session through the store.
    pub(crate) fn is_shared(&self) -> bool {
        self.place == Some(Store::Origin)
    }

    /// Whether this tab has a session of its own in the store.
    pub(crate) fn is_of_tab(&self) -> bool {
        self.place == Some(Store::Tab)
    }

    /// The entry in the store.
    pub(crate) fn stored<H: Host>(&self, host: &H) -> Option<String> {
        host.stored(self.place?, self.name()).ok().flatten()
    }

    /// Whether the store contains another entry than this page knows: another tab has written there.
    pub(crate) fn has_changed_elsewhere<H: Host>(&self, host: &H) -> bool {
        self.place.is_some() && self.stored(host) != *self.known.borrow()
    }

    /// This page continues with the entry that it has `read` in the store.
    pub(crate) fn know(&self, read: Option<String>) {
        self.known.replace(read);
    }

    /// Stores `record` in place of the entry that this page knows. Returns false, and stores nothing, if the work was overtaken
    /// or another tab has written there meanwhile.
    pub(crate) async fn keep<H: Host>(&self, host: &H, record: Secret, guard: &Guard<'_>) -> bool {
        let before = self.known.borrow().clone();
        let sealed = self.sealed(host, record).await;
        self.settle(host).await;
        // From here on nothing waits: the entry is still the same when it is overwritten.
        let is_first = !guard.is_overtaken() && self.stored(host) == before;
        if is_first {
            self.put(host, sealed);
        }
        is_first
    }

    /// `record` in the form that a store may keep. `None` if no store may, or if it cannot be sealed.
    pub(crate) async fn sealed<H: Host>(&self, host: &H, record: Secret) -> Option<String> {
        self.place?;
        host.seal(record, self.name()).await.ok()
    }

    /// Writes `sealed` into the store, over any entry. If the store refuses it, no entry stays there.
    pub(crate) fn put<H: Host>(&self, host: &H, sealed: Option<String>) {
        let Some(store) = self.place else { return };
        let put = |text: &str| host.store(store, self.name(), text).is_ok() && self.stored(host).as_deref() == Some(text);
        let kept = sealed.filter(|sealed| {
            // A full store has room again once the old entry is gone.
            put(sealed) || {
                host.forget(store, self.name());
                put(sealed)
            }
        });
        if kept.is_none() {
            // The server no longer accepts the tokens of the old entry.
            host.forget(store, self.name());
        }
        self.known.replace(kept);
        self.tell_other_tabs(host);
    }

    /// Removes the session from the store.
    pub(crate) fn clear<H: Host>(&self, host: &H) {
        if let Some(store) = self.place {
            host.forget(store, self.name());
            self.known.take();
        }
    }

    /// Marks the present entry as the one that was written last. A page calls this after each write, once everything in the
    /// page agrees with it, because marking waits.
    pub(crate) async fn mark<H: Host>(&self, host: &H) {
        if self.is_shared() {
            host.mark(self.name(), &self.mark_of_store(host)).await;
        }
    }

    fn mark_of_store<H: Host>(&self, host: &H) -> String {
        digest(self.stored(host).as_deref().unwrap_or_default())
    }

    /// Waits until this page sees the entry that was written last, by whatever page. The wait is bounded: a write may have
    /// overtaken the mark.
    pub(crate) async fn settle<H: Host>(&self, host: &H) {
        if !self.is_shared() {
            return;
        }
        for _ in 0..SETTLING.0 {
            let mark = host.marked(self.name()).await;
            if mark.is_none_or(|mark| mark == self.mark_of_store(host)) {
                return;
            }
            host.sleep(SETTLING.1).await;
        }
        // A tab has ended between its write and its mark: its entry counts.
        self.mark(host).await;
    }

    /// Tells the other tabs that the session has changed, if they share it through the store.
    pub(crate) fn tell_other_tabs<H: Host>(&self, host: &H) {
        if self.is_shared() {
            host.tell(self.name());
        }
    }
}
