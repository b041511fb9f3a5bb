//! [`Joined`]: work that is done once, however many callers ask for it, and whose outcome is remembered for later callers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The shortest time between two removals of outcomes that are no longer needed.
const SWEEP: Duration = Duration::from_secs(1);

/// The outcome of work.
pub(crate) trait Outcome: Clone + Send + Sync + 'static {
    /// How long the outcome is remembered.
    fn lasts(&self) -> Duration;

    /// After which time the work may be repeated that was done `attempts` times before; `None` if never.
    fn may_be_repeated_after(&self, attempts: u32) -> Option<Duration>;
}

pub(crate) struct Joined<T>(Mutex<Known<T>>);

struct Known<T> {
    entries: BTreeMap<String, Entry<T>>,
    swept_at: Option<Instant>,
}

struct Entry<T> {
    /// The outcome, and its time.
    outcome: watch::Receiver<Option<(T, Instant)>>,
    attempts: u32,
}

impl<T> Default for Joined<T> {
    fn default() -> Self {
        Self(Mutex::new(Known { entries: BTreeMap::new(), swept_at: None }))
    }
}

impl<T: Outcome> Joined<T> {
    /// The outcome of the work `name`, if it is remembered.
    pub(crate) fn peek(&self, name: &str) -> Option<T> {
        let known = self.known();
        let entry = known.entries.get(name).filter(|entry| !entry.is_over())?;
        let outcome = entry.outcome.borrow();
        outcome.as_ref().map(|(outcome, _)| outcome.clone())
    }

    /// The outcome of the work `name`: of the work that is running or remembered, or of `work`. The work continues even if no
    /// caller waits for it. `None` if it was aborted.
    pub(crate) async fn join<F>(&self, name: String, work: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut outcome = {
            let mut known = self.known();
            known.sweep();
            let before = known.entries.get(&name).filter(|entry| !entry.is_over());
            match before.filter(|entry| !entry.may_be_repeated()) {
                Some(entry) => entry.outcome.clone(),
                None => {
                    let attempts = before.map_or(0, |entry| entry.attempts.saturating_add(1));
                    let outcome = begin(work());
                    known.entries.insert(name, Entry { outcome: outcome.clone(), attempts });
                    outcome
                }
            }
        };
        let outcome = outcome.wait_for(Option::is_some).await.ok()?;
        outcome.as_ref().map(|(outcome, _)| outcome.clone())
    }

    fn known(&self) -> MutexGuard<'_, Known<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn begin<T: Outcome>(work: impl Future<Output = T> + Send + 'static) -> watch::Receiver<Option<(T, Instant)>> {
    let (end, outcome) = watch::channel(None);
    tokio::spawn(async move {
        let ended = work.await;
        end.send_replace(Some((ended, Instant::now())));
    });
    outcome
}

impl<T: Outcome> Known<T> {
    fn sweep(&mut self) {
        if self.swept_at.is_none_or(|at| at.elapsed() > SWEEP) {
            self.swept_at = Some(Instant::now());
            self.entries.retain(|_, entry| !entry.is_over());
        }
    }
}

impl<T: Outcome> Entry<T> {
    fn may_be_repeated(&self) -> bool {
        match &*self.outcome.borrow() {
            Some((outcome, at)) => outcome.may_be_repeated_after(self.attempts).is_some_and(|pause| at.elapsed() >= pause),
            None => self.is_broken_off(),
        }
    }

    fn is_over(&self) -> bool {
        match &*self.outcome.borrow() {
            Some((outcome, at)) => at.elapsed() > outcome.lasts(),
            None => self.is_broken_off(),
        }
    }

    /// Whether the work ended without an outcome.
    fn is_broken_off(&self) -> bool {
        self.outcome.has_changed().is_err()
    }
}
