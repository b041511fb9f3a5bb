//! [`Lease`]: the right of one of the tabs that share a session to send its refresh token. It has two parts: the browser's
//! lock, for which the tabs queue, and an entry in the store, which decides. The entry also decides if the browser has no
//! locks, and if a lock came too late.

use crate::host::{Host, Store};
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::Purpose;
use crate::protocol::json::{Json, decimal};
use crate::protocol::secret::Secret;
use crate::protocol::text::cut;

/// How long a lease lasts beyond the time for one request, in milliseconds.
const MARGIN: u64 = 10_000;

/// How long a page without a lock waits for others to overwrite its entry, in milliseconds.
const MOMENT: u64 = 50;

const WITH_LOCK: &str = "lock ";
const WITHOUT_LOCK: &str = "alone ";

/// The right to refresh, for a bounded time. Dropping the lease returns it.
pub(crate) struct Lease<'a, H: Host> {
    _lock: Option<H::Lock>,
    host: &'a H,
    /// The key and the entry in the store. `None` if the store cannot be written: then no other tab can write either.
    entry: Option<(String, String)>,
}

impl<'a, H: Host> Lease<'a, H> {
    /// Waits until no other tab has the lease on the session `name`, and takes it. `request_timeout` is milliseconds.
    ///
    /// The entry says until when the lease lasts, whether its tab had the lock, and which page owns it. Without the lock, this
    /// page has the lease if the entry is still there after a moment. With the lock, entries of other pages that had the lock
    /// belong to tabs that are gone.
    ///
    /// # Errors
    /// `timed_out` if another tab keeps it for too long.
    pub(crate) async fn take(host: &'a H, name: &str, request_timeout: u64) -> Result<Self, Error> {
        let hold = request_timeout + MARGIN;
        let lock = host.lock(name, hold).await;
        let mut is_locked = lock.is_some();
        let key = String::from(name) + ".lease";
        let mut entropy = [0; 32];
        host.entropy(&mut entropy)?;
        let owner = Secret::from_entropy(&entropy);
        let begun = host.monotonic_clock();
        for _ in 0..hold / MOMENT {
            let now = host.wall_clock();
            // The host releases a lock when its time is over: the rest must be enough for a request.
            is_locked &= host.monotonic_clock().saturating_sub(begun) < MARGIN;
            let present = host.stored(Store::Origin, &key).ok().flatten().unwrap_or_default();
            let (until, rest) = cut(&present, ' ');
            // An entry that ends later than any lease can end comes from a wrong clock.
            let is_over = decimal(until).is_none_or(|until| until <= now || until > now + hold);
            if is_over || is_locked && rest.is_some_and(|rest| rest.starts_with(WITH_LOCK)) {
                let mut entry = String::from(Json::from(now + hold).as_number().unwrap_or_default());
                entry.push(' ');
                entry.push_str(if is_locked { WITH_LOCK } else { WITHOUT_LOCK });
                entry.push_str(owner.expose());
                if host.store(Store::Origin, &key, &entry).is_err() {
                    return Ok(Self { _lock: lock, host, entry: None });
                }
                if !is_locked {
                    host.sleep(MOMENT).await;
                }
                let is_ours = host.stored(Store::Origin, &key).ok().flatten().as_deref() == Some(&entry);
                if is_ours && host.wall_clock() < now + MARGIN {
                    return Ok(Self { _lock: lock, host, entry: Some((key, entry)) });
                }
            }
            host.sleep(MOMENT).await;
        }
        Err(ErrorKind::TimedOut(Purpose::Refresh).into())
    }

    /// Whether it is certain that no other tab can take the lease in the next `millis` milliseconds.
    pub(crate) fn lasts(&self, millis: u64) -> bool {
        self.entry.as_ref().is_none_or(|(_, entry)| decimal(cut(entry, ' ').0) > Some(self.host.wall_clock() + millis))
    }
}

impl<H: Host> Drop for Lease<'_, H> {
    fn drop(&mut self) {
        // If the lease is over, another tab may have replaced the entry, and this page's copy of the store may be outdated.
        if let Some((key, entry)) = &self.entry
            && self.lasts(0)
            && self.host.stored(Store::Origin, key).ok().flatten().as_deref() == Some(entry)
        {
            self.host.forget(Store::Origin, key);
        }
    }
}
