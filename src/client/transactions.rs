//! The tab's store of transactions: put, find, bury, and nothing else. What was used leaves a tombstone, so
//! that a response which comes a second time is told from one that was never asked for.

use core::cell::RefCell;

use crate::platform::{Platform, Store};
use crate::protocol::authorization::Transaction;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::decimal;
use crate::protocol::text::cut;

const PREFIX: &str = "wicketgate.tx.";

/// What a transaction, and what a tombstone begins with.
const CREATED_AT: &str = "created_at";
const USED_AT: &str = "used_at";

/// Pending logins that are kept, and as many tombstones. A page that begins more drops the oldest.
const KEPT: usize = 16;

/// What the store holds, as far as sweeping needs to know.
struct Entry {
    key: String,
    is_pending: bool,
    date: u64,
}

/// The transactions of one page. It reads an entry once, and remembers its date: a login should begin at once.
/// Which entries there are it asks each time: the tab's other pages write there too, and the back button shows
/// a page again as it was left.
#[derive(Default)]
pub(crate) struct Transactions(RefCell<Vec<Entry>>);

impl Transactions {
    /// Writes `transaction`, and reads it back: a browser may take what it does not keep. Sweeps first.
    pub(crate) fn put<P: Platform>(&self, platform: &P, transaction: &Transaction, lifetime: u64) -> Result<(), Error> {
        let now = transaction.created_at();
        let mut entries = entries(platform, self.0.take())?;
        // The newest are at the end: counted from there, after the one to come, the oldest are those too many.
        let mut counts = [1, 0];
        for entry in entries.iter_mut().rev() {
            let [pending, tombstones] = &mut counts;
            let count = if entry.is_pending { pending } else { tombstones };
            *count += 1;
            if *count > KEPT || now.saturating_sub(entry.date) > lifetime {
                platform.forget(Store::Tab, &entry.key);
                entry.key.clear();
            }
        }
        entries.retain(|entry| !entry.key.is_empty());

        let key = key(transaction.state());
        let text = transaction.to_text();
        platform.store(Store::Tab, &key, text.expose())?;
        if platform.stored(Store::Tab, &key)?.as_deref() != Some(text.expose()) {
            platform.forget(Store::Tab, &key);
            return Err(ErrorKind::StorageUnavailable.into());
        }
        entries.push(Entry { key, is_pending: true, date: now });
        self.0.replace(entries);
        Ok(())
    }

    /// Puts a tombstone in the place of a transaction.
    pub(crate) fn bury<P: Platform>(&self, platform: &P, transaction: &Transaction, now: u64) {
        if transaction.is_used() {
            return;
        }
        let key = key(transaction.state());
        platform.forget(Store::Tab, &key);
        // A store that has no room for the tombstone has lost the transaction all the same.
        let _ = platform.store(Store::Tab, &key, &transaction.to_tombstone(now));
        // Read anew when the next login begins.
        self.0.take();
    }
}

/// Looks up what was stored under `state`: a transaction, or the tombstone of one.
pub(crate) fn find<P: Platform>(platform: &P, state: &str) -> Result<Option<Transaction>, Error> {
    Ok(platform.stored(Store::Tab, &key(state))?.as_deref().and_then(Transaction::from_text))
}

/// The entries of the store, oldest first; those in `entries` are known. What is none, though it has the name
/// of one, is dropped.
fn entries<P: Platform>(platform: &P, mut entries: Vec<Entry>) -> Result<Vec<Entry>, Error> {
    let keys = platform.stored_keys()?;
    entries.retain(|entry| keys.contains(&entry.key));
    for key in keys {
        if !key.starts_with(PREFIX) || entries.iter().any(|entry| entry.key == key) {
            continue;
        }
        let text = platform.stored(Store::Tab, &key)?.unwrap_or_default();
        let created_at = date_of(&text, CREATED_AT);
        match created_at.or_else(|| date_of(&text, USED_AT)) {
            Some(date) => {
                let place = entries.iter().position(|other| other.date > date).unwrap_or(entries.len());
                entries.insert(place, Entry { key, is_pending: created_at.is_some(), date });
            }
            None => platform.forget(Store::Tab, &key),
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
