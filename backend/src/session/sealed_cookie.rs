//! [`SealedCookie`]: each session in its own browser, wholly sealed. It needs no server, and any instance with the same key can
//! read it.

use core::future::ready;
use std::sync::Arc;
use std::time::Duration;

use super::cookie::MAX_VALUE;
use super::state::Session;
use super::store::{Answer, SessionStore, SharedStore, StoreError, Stored};
use crate::seal::Sealer;

const PURPOSE: &str = "session";

/// Each version has a key of its own.
const VERSION: u64 = 0;

pub(crate) struct SealedCookie {
    sealer: Arc<Sealer>,
}

impl SealedCookie {
    pub(crate) fn new(sealer: Arc<Sealer>) -> Self {
        Self { sealer }
    }

    fn seal(&self, session: &Session) -> Result<String, StoreError> {
        let sealed = |session: &Session| self.sealer.seal(PURPOSE, session.to_content()?);
        let fits = |value: &String| value.len() <= MAX_VALUE;
        let whole = sealed(session).filter(fits);
        whole.or_else(|| sealed(&session.without_id_token()).filter(fits)).ok_or(StoreError::TooLarge)
    }
}

impl SessionStore for SealedCookie {
    fn create<'a>(&'a self, session: &'a Session, _: Duration) -> Answer<'a, String> {
        Box::pin(ready(self.seal(session)))
    }

    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Stored>> {
        let content = self.sealer.open(PURPOSE, key);
        let session = content.and_then(|content| Session::from_content(content.expose()));
        Box::pin(ready(Ok(session.map(|session| Stored { version: VERSION, used_at: session.used_at, session }))))
    }

    /// The browser has only one version, whichever that is.
    fn replace<'a>(&'a self, _: &'a str, _: u64, session: &'a Session, _: Duration) -> Answer<'a, Option<(String, u64)>> {
        Box::pin(ready(self.seal(session).map(|key| Some((key, VERSION)))))
    }

    /// The session disappears with the cookie.
    fn remove<'a>(&'a self, _: &'a str) -> Answer<'a, ()> {
        Box::pin(ready(Ok(())))
    }

    fn shared(&self) -> Option<&dyn SharedStore> {
        None
    }
}
