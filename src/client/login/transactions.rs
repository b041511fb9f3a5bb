//! The tab's store of transactions: put, find, and leave a tombstone. A used transaction leaves a tombstone, so that a repeated
//! response can be distinguished from a response to a login that never began.

use core::cell::RefCell;

use crate::host::{Host, Store};
use crate::protocol::authorization::Transaction;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::decimal;
use crate::protocol::text::cut;

const PREFIX: &str = "wicketgate.tx.";

/// The first member of a transaction, and the first member of a tombstone.
const CREATED_AT: &str = "created_at";
const USED_AT: &str = "used_at";

/// The number of pending logins that are kept, and of tombstones. A page that begins more drops the oldest.
const KEPT: usize = 16;

/// The part of an entry that sweeping needs.
struct Entry {
    key: String,
    is_pending: bool,
    date: u64,
}

/// The transactions of one page. The page reads each entry once and remembers its date, so that a login begins without delay.
/// It lists the entries each time, because the tab's other pages also write there, and because the back button can restore an
/// old page.
#[derive(Default)]
pub(crate) struct Transactions(RefCell<Vec<Entry>>);

impl Transactions {
    /// Writes `transaction`, and reads it back: a browser may accept an entry and not keep it. Removes expired entries
    /// first. `lifetime` is milliseconds.
    ///
    /// # Errors
    /// `storage_unavailable`.
    pub(crate) fn put<P: Host>(&self, host: &P, transaction: &Transaction, lifetime: u64) -> Result<(), Error> {
        let now = transaction.created_at();
        let mut entries = entries(host, self.0.take())?;
        // The entries are counted from the newest one, including the one to come; entries beyond the limit are the oldest.
        let mut counts = [1, 0];
        for entry in entries.iter_mut().rev() {
            let [pending, tombstones] = &mut counts;
            let count = if entry.is_pending { pending } else { tombstones };
            *count += 1;
            if *count > KEPT || now.saturating_sub(entry.date) > lifetime {
                host.forget(Store::Tab, &entry.key);
                entry.key.clear();
            }
        }
        entries.retain(|entry| !entry.key.is_empty());

        let key = key(transaction.state());
        let text = transaction.to_text();
        host.store(Store::Tab, &key, text.expose())?;
        if host.stored(Store::Tab, &key)?.as_deref() != Some(text.expose()) {
            host.forget(Store::Tab, &key);
            return Err(ErrorKind::StorageUnavailable.into());
        }
        entries.push(Entry { key, is_pending: true, date: now });
        self.0.replace(entries);
        Ok(())
    }

    /// The newest transaction or tombstone that `is_wanted`, by the time when it began or was used. `None` if the store may not
    /// be used.
    pub(crate) fn newest<P: Host>(&self, host: &P, is_wanted: impl Fn(&Transaction) -> bool) -> Option<Transaction> {
        let entries = entries(host, self.0.take()).ok()?;
        let read = |entry: &Entry| find(host, entry.key.strip_prefix(PREFIX)?).ok()?.filter(&is_wanted);
        let newest = entries.iter().rev().find_map(read);
        self.0.replace(entries);
        newest
    }

    /// Puts a tombstone in the place of a transaction.
    pub(crate) fn leave_tombstone<P: Host>(&self, host: &P, transaction: &Transaction, now: u64) {
        if transaction.is_used() {
            return;
        }
        let key = key(transaction.state());
        host.forget(Store::Tab, &key);
        // If the store has no room for the tombstone, the transaction is removed nevertheless.
        let _ = host.store(Store::Tab, &key, &transaction.to_tombstone(now));
        // The next login reads all entries anew.
        self.0.take();
    }
}

/// The transaction that was stored under `state`, or its tombstone.
///
/// # Errors
/// `storage_unavailable`.
pub(crate) fn find<P: Host>(host: &P, state: &str) -> Result<Option<Transaction>, Error> {
    Ok(host.stored(Store::Tab, &key(state))?.as_deref().and_then(Transaction::from_text))
}

/// Nobody waits for the response with this `state` any more.
#[cfg(feature = "popup")]
pub(crate) fn forget<P: Host>(host: &P, state: &str) {
    host.forget(Store::Tab, &key(state));
}

/// Writes into the tombstone of the login with this `state` that the login has succeeded.
pub(crate) fn mark_success<P: Host>(host: &P, state: &str) {
    if let Ok(Some(tombstone)) = find(host, state) {
        let _ = host.store(Store::Tab, &key(state), &tombstone.into_success());
    }
}

/// The entries of the store, oldest first. `entries` are those that are known already. An entry that is neither a transaction
/// nor a tombstone is removed.
fn entries<P: Host>(host: &P, mut entries: Vec<Entry>) -> Result<Vec<Entry>, Error> {
    let keys = host.stored_keys()?;
    entries.retain(|entry| keys.contains(&entry.key));
    for key in keys {
        if !key.starts_with(PREFIX) || entries.iter().any(|entry| entry.key == key) {
            continue;
        }
        let text = host.stored(Store::Tab, &key)?.unwrap_or_default();
        let created_at = date_of(&text, CREATED_AT);
        match created_at.or_else(|| date_of(&text, USED_AT)) {
            Some(date) => {
                let place = entries.iter().position(|other| other.date > date).unwrap_or(entries.len());
                entries.insert(place, Entry { key, is_pending: created_at.is_some(), date });
            }
            None => host.forget(Store::Tab, &key),
        }
    }
    Ok(entries)
}

/// The date with which `entry` begins.
fn date_of(entry: &str, name: &str) -> Option<u64> {
    let entry = entry.strip_prefix("{\"")?.strip_prefix(name)?.strip_prefix("\":")?;
    decimal(cut(entry, ',').0)
}

fn key(state: &str) -> String {
    let mut key = String::from(PREFIX);
    key.push_str(state);
    key
}
