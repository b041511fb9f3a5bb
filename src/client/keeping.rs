//! Keeps the session where the configuration says: sealed, in the tab's store or in that of the origin, whose tabs share
//! it. There the store has the last word: whoever reads something else in it than it wrote there goes on with that.

use super::Client;
use super::session::LOGIN;
use crate::platform::{Platform, Signal, Store};
use crate::protocol::error::Error;
use crate::protocol::json::SecretObject;
use crate::protocol::pkce::digest;
use crate::protocol::secret::Secret;

const PREFIX: &str = "wicketgate.session.";

/// How often it is looked whether the store is up to date, and the pauses between, in milliseconds.
const SETTLING: (u32, u64) = (40, 25);

/// How often a store is read again that changes while it is read.
const ROUNDS: u32 = 5;

impl<P: Platform> Client<P> {
    /// Whether the session can be kept where the configuration says. Where it says nothing, it is kept where that can be.
    pub(super) fn check_can_keep(&self) -> Result<(), Error> {
        match self.configuration.text("tokenStore") {
            Some("session" | "local") if !self.page.platform.can_seal() && self.configuration.backend().is_none() => {
                Err(Error::unsupported("crypto.subtle or IndexedDB, which tokenStore needs,"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Where the session is kept; `None` where it is in the page's memory alone.
    pub(super) fn store(&self) -> Option<Store> {
        if self.configuration.backend().is_some() || !self.page.platform.can_seal() {
            return None;
        }
        match self.configuration.text("tokenStore") {
            Some("memory") => None,
            Some("local") => Some(Store::Origin),
            Some(_) | None => Some(Store::Tab),
        }
    }

    /// The name of the session in a store, of its lock, and in what other tabs are told.
    pub(super) fn session_key(&self) -> &str {
        self.shared.key.get_or_init(|| String::from(PREFIX) + &digest(&self.shared.identity))
    }

    /// What the store has now.
    fn stored_session(&self) -> Option<String> {
        self.page.platform.stored(self.store()?, self.session_key()).ok().flatten()
    }

    /// Whether the store has something else than what this page knows of: another tab has been there.
    pub(super) fn has_changed_elsewhere(&self) -> bool {
        self.store().is_some() && self.stored_session() != *self.shared.kept.borrow()
    }

    /// Keeps `record` in the place of what this page knows the store to have, where nothing has overtaken it and no other
    /// tab has been there meanwhile. `false` where one has.
    pub(super) async fn keep(&self, record: Secret) -> bool {
        let (number, before) = (self.shared.number(), self.shared.kept.borrow().clone());
        let sealed = self.sealed(record).await;
        self.settle().await;
        // From here to the end nothing waits: what is read is still so when it is written.
        let is_first = number == self.shared.number() && self.stored_session() == before;
        if is_first {
            self.put(sealed);
        }
        is_first
    }

    /// Marks what the store has now as what was written last. Whoever has put something there does this next, after all
    /// that belongs together with it in this page: it waits.
    pub(super) async fn mark(&self) {
        if self.store() == Some(Store::Origin) {
            self.page.platform.mark(self.session_key(), &self.mark_of_store()).await;
        }
    }

    fn mark_of_store(&self) -> String {
        digest(self.stored_session().as_deref().unwrap_or_default())
    }

    /// Waits until this page sees in the store what was written last, by whatever page. Not for ever: a mark may have been
    /// overtaken by a write.
    pub(super) async fn settle(&self) {
        if self.store() != Some(Store::Origin) {
            return;
        }
        for _ in 0..SETTLING.0 {
            let mark = self.page.platform.marked(self.session_key()).await;
            if mark.is_none_or(|mark| mark == self.mark_of_store()) {
                return;
            }
            self.page.platform.sleep(SETTLING.1).await;
        }
        // It is of a tab that ended between the two: what is there counts.
        self.mark().await;
    }

    /// `record` as a store may have it; `None` where none may, or where it cannot be sealed.
    pub(super) async fn sealed(&self, record: Secret) -> Option<String> {
        self.store()?;
        self.page.platform.seal(record).await.ok()
    }

    /// Puts what was sealed into the store, whatever is there.
    pub(super) fn put(&self, sealed: Option<String>) {
        let Some(store) = self.store() else { return };
        let (platform, key) = (&self.page.platform, self.session_key());
        let put = |text: &str| platform.store(store, key, text).is_ok() && self.stored_session().as_deref() == Some(text);
        let kept = sealed.filter(|sealed| {
            // A store that is full has room again without what stood there.
            put(sealed) || {
                platform.forget(store, key);
                put(sealed)
            }
        });
        if kept.is_none() {
            // What stands there was used up.
            platform.forget(store, key);
        }
        self.shared.kept.replace(kept);
        self.tell_others();
    }

    /// Ends the session here and in the store, and so for every tab that shares it. What was held.
    pub(super) fn end_session(&self) -> Option<SecretObject> {
        let held = self.shared.end();
        if let Some(store) = self.store() {
            self.page.platform.forget(store, self.session_key());
            self.shared.kept.take();
            if let Some(this) = self.this.upgrade() {
                self.page.platform.spawn(Box::pin(async move { this.mark().await }));
            }
        }
        self.tell_others();
        held
    }

    /// The login of `record`, where a tab keeps its own session: pages that were left may still have it.
    pub(super) fn login_of_tab<'a>(&self, record: Option<&'a SecretObject>) -> Option<&'a str> {
        record.filter(|_| self.store() == Some(Store::Tab))?.text(LOGIN)
    }

    pub(super) fn tell_others(&self) {
        if self.store() == Some(Store::Origin) || self.configuration.backend().is_some() {
            self.page.platform.tell(self.session_key());
        }
    }

    /// Goes on with what the store has: the session of another tab or of an earlier page, or none. `anyway` where it is to be
    /// looked whether that has ended also if it is what this page knows of.
    pub(super) async fn reload(&self, anyway: bool) {
        let platform = &self.page.platform;
        // While one is opened, another tab may put the next one there, or this page go on with another.
        for _ in 0..ROUNDS {
            if !anyway && !self.has_changed_elsewhere() {
                return;
            }
            let (number, sealed) = (self.shared.number(), self.stored_session());
            let record = match &sealed {
                Some(sealed) => platform.open(sealed.clone()).await,
                None => Ok(None),
            };
            // Where it cannot be opened now, it may be later.
            let Ok(record) = record else { return };
            let mut record = record.and_then(|record| SecretObject::parse(record.expose().as_bytes()));
            // A browser may bring back with an old page what its tab's store held then.
            let has_ended = match self.login_of_tab(record.as_ref()) {
                Some(login) => platform.has_ended(login).await,
                None => false,
            };
            if number != self.shared.number() || sealed != self.stored_session() {
                continue;
            }
            if has_ended {
                platform.forget(Store::Tab, self.session_key());
                self.shared.kept.take();
                record = None;
            } else if self.has_changed_elsewhere() {
                self.shared.kept.replace(sealed);
            } else {
                return;
            }
            let is_adopted = record.is_some_and(|record| self.shared.adopt(record, self.now()));
            if !is_adopted && self.shared.is_signed_in() {
                self.shared.end();
            }
            return;
        }
    }

    /// What to do when the page is told something.
    pub(super) fn hear(&self, signal: Signal<'_>) {
        let Some(this) = self.this.upgrade() else { return };
        let has_returned = signal == Signal::Returned;
        let is_meant = match signal {
            Signal::Told(key) => key == self.session_key(),
            Signal::Awake => self.has_changed_elsewhere() || self.shared.is_stale(),
            Signal::Returned => true,
        };
        if is_meant {
            self.page.platform.spawn(Box::pin(async move {
                if this.configuration.backend().is_some() {
                    let _ = this.ask_backend().await;
                    return;
                }
                this.reload(has_returned).await;
                this.shared.announce();
                if this.shared.is_stale() {
                    let _ = this.refresh(false).await;
                }
            }));
        }
    }
}
