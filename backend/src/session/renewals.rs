//! The outcome of a refresh, and a record of recent events.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::state::Session;
use super::store::Stored;
use crate::failure::Failure;
use crate::joined::Outcome;

/// How long an older session is still accepted after a refresh: the answer with the newer one may have been lost on its way to
/// the browser.
const LOST_ANSWER: Duration = Duration::from_secs(60);

/// How long a refused refresh token is not sent again, although its cookie may still come.
const REFUSED: Duration = Duration::from_secs(60 * 60);

/// The pause after a failure that may pass; it doubles after each further failure.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A session that is stored under a key.
pub(crate) struct Kept {
    pub(crate) key: String,
    pub(crate) session: Session,
    pub(crate) version: u64,
    pub(crate) used_at: u64,
    /// Whether the store has not accepted it yet: until then, only this instance knows it.
    pub(crate) is_unsaved: AtomicBool,
}

impl Kept {
    pub(crate) fn new(key: String, stored: Stored) -> Self {
        let Stored { session, version, used_at } = stored;
        Self { key, session, version, used_at, is_unsaved: AtomicBool::new(false) }
    }
}

/// The outcome of a refresh.
#[derive(Clone)]
pub(crate) enum Renewal {
    Newer(Arc<Kept>),
    /// The server will never accept the refresh token again.
    Final,
    /// A later refresh may succeed.
    Later(Failure),
}

impl Renewal {
    /// The session in the store.
    pub(crate) fn newer(key: &str, stored: Stored) -> Self {
        Self::Newer(Arc::new(Kept::new(key.to_owned(), stored)))
    }
}

impl Outcome for Renewal {
    fn lasts(&self) -> Duration {
        match self {
            Self::Newer(kept) if kept.is_unsaved.load(Ordering::Relaxed) => Duration::MAX,
            Self::Newer(_) | Self::Later(_) => LOST_ANSWER,
            Self::Final => REFUSED,
        }
    }

    fn may_be_repeated_after(&self, attempts: u32) -> Option<Duration> {
        match self {
            Self::Later(_) => Some(FIRST_PAUSE.saturating_mul(1 << attempts.min(8)).min(LONGEST_PAUSE)),
            Self::Newer(_) | Self::Final => None,
        }
    }
}

/// Names of recent events, such as logins that have ended: an answer that is still on its way must not restore one of them.
#[derive(Default)]
pub(crate) struct Recent(Mutex<BTreeMap<String, Instant>>);

impl Recent {
    pub(crate) fn insert(&self, name: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.retain(|_, at| at.elapsed() < REFUSED);
        names.insert(name.to_owned(), Instant::now());
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }
}
