//! The tab's store of transactions: put, find, bury, and nothing else. What was used leaves a tombstone, so
//! that a response which comes a second time is told from one that was never asked for.

use crate::platform::Platform;
use crate::protocol::authorization::Transaction;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::{Json, decimal};
use crate::protocol::return_to::is_local_path;

const PREFIX: &str = "wicketgate.tx.";

/// What a transaction, and what a tombstone begins with.
const CREATED_AT: &str = "created_at";
const USED_AT: &str = "used_at";

/// Pending logins that are kept, and as many tombstones. A page that begins more drops the oldest.
const KEPT: usize = 16;

/// What is found under a `state`.
pub(crate) enum Found {
    Nothing,
    /// It was used before; where its user was to go.
    Used {
        return_to: String,
    },
    Pending(Box<Transaction>),
}

/// Writes `transaction`, and reads it back: a browser may take what it does not keep.
pub(crate) fn put<P: Platform>(platform: &P, transaction: &Transaction, lifetime: u64) -> Result<(), Error> {
    sweep(platform, transaction.created_at(), lifetime)?;
    let key = key(transaction.state());
    let text = transaction.to_text();
    platform.store(&key, text.expose())?;
    if platform.stored(&key)?.as_deref() != Some(text.expose()) {
        platform.forget(&key);
        return Err(ErrorKind::StorageUnavailable.into());
    }
    Ok(())
}

/// Looks up what was stored under `state`.
pub(crate) fn find<P: Platform>(platform: &P, state: &str) -> Result<Found, Error> {
    let text = platform.stored(&key(state))?.unwrap_or_default();
    if let Some(transaction) = Transaction::from_text(&text) {
        return Ok(Found::Pending(Box::new(transaction)));
    }
    let tombstone = Json::parse(text.as_bytes()).filter(|json| json.integer(USED_AT).is_some());
    Ok(tombstone.map_or(Found::Nothing, |tombstone| Found::Used {
        return_to: tombstone.text("return_to").filter(|path| is_local_path(path)).unwrap_or("/").into(),
    }))
}

/// Puts a tombstone in the place of a transaction: nothing in it is secret.
pub(crate) fn bury<P: Platform>(platform: &P, transaction: &Transaction, now: u64) {
    let key = key(transaction.state());
    platform.forget(&key);
    let mut tombstone = Json::Object(Vec::new());
    tombstone.set(USED_AT, Json::Number(now.to_string()));
    tombstone.set_text("return_to", Some(transaction.return_to()));
    // A store that has no room for the tombstone has lost the transaction all the same.
    let _ = platform.store(&key, &tombstone.to_text());
}

/// Drops what expired, what is no entry, and the oldest of too many pending logins or tombstones.
fn sweep<P: Platform>(platform: &P, now: u64, lifetime: u64) -> Result<(), Error> {
    let mut kept = [const { Vec::<(u64, String)>::new() }; 2];
    for key in platform.stored_keys()? {
        if !key.starts_with(PREFIX) {
            continue;
        }
        let entry = platform.stored(&key)?.unwrap_or_default();
        let mut dates = [date_of(&entry, CREATED_AT), date_of(&entry, USED_AT)].into_iter().zip(&mut kept);
        match dates.find_map(|(date, kind)| Some((date?, kind))) {
            Some((date, kind)) if now.saturating_sub(date) <= lifetime => {
                kind.push((date, key));
                // One place is left for what is about to be written.
                if kind.len() == KEPT {
                    let oldest = (0..KEPT).min_by_key(|index| kind.get(*index).map(|(date, _)| *date)).unwrap_or_default();
                    platform.forget(&kind.swap_remove(oldest).1);
                }
            }
            Some(_) | None => platform.forget(&key),
        }
    }
    Ok(())
}

/// The date with which `entry` begins. Not read as JSON: this is done for all entries each time a login begins,
/// which should cost the page nothing.
fn date_of(entry: &str, name: &str) -> Option<u64> {
    let (date, _) = entry.strip_prefix("{\"")?.strip_prefix(name)?.strip_prefix("\":")?.split_once(',')?;
    decimal(date)
}

fn key(state: &str) -> String {
    let mut key = String::from(PREFIX);
    key.push_str(state);
    key
}
