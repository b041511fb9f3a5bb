//! [`Server`]: the authorization server of a client, with the metadata that are known of it.

use core::cell::{Cell, OnceCell};

use super::configuration::Settings;
use crate::host::{Host, Store};
use crate::protocol::error::Error;
use crate::protocol::json::Json;
use crate::protocol::metadata::{ServerMetadata, discovery_urls};

/// One server, and its metadata as far as they are known.
pub(crate) struct Server {
    /// The metadata given by hand, and the configured issuer.
    by_hand: ServerMetadata,
    known: OnceCell<ServerMetadata>,
    /// The metadata from the server itself, without those given by hand: another client may read them from the store.
    said: OnceCell<ServerMetadata>,
    /// When they were put into the tab's store, on the wall clock.
    remembered_at: Cell<u64>,
}

impl Server {
    /// A server with the metadata of the configuration.
    ///
    /// # Errors
    /// `invalid_config`, `invalid_metadata`.
    pub(crate) fn new(configuration: &Settings) -> Result<Self, Error> {
        let mut by_hand = ServerMetadata::new(configuration.metadata())?;
        if let Some(issuer) = configuration.text("issuer") {
            discovery_urls(issuer)?;
            if by_hand.issuer().is_some_and(|named| named != issuer) {
                return Err(Error::config("metadata.issuer", "is not the configured issuer"));
            }
            by_hand.set_issuer(issuer);
        }
        let known = OnceCell::new();
        match configuration.check_endpoints(&by_hand, configuration.text("scope")) {
            Ok(()) => drop(known.set(by_hand.clone())),
            Err(_) if configuration.text("issuer").is_some() => {}
            Err(_) => return Err(Error::config("issuer", "is missing, and metadata lacks an endpoint")),
        }
        Ok(Self { by_hand, known, said: OnceCell::default(), remembered_at: Cell::default() })
    }

    /// The metadata that are known now.
    pub(crate) fn metadata(&self) -> &ServerMetadata {
        self.known.get().unwrap_or(&self.by_hand)
    }

    /// Whether the metadata are complete.
    pub(crate) fn is_known(&self) -> bool {
        self.known.get().is_some()
    }

    /// From now on, the metadata are `known`; the server itself has `said` these. If another call was first, its metadata stay.
    pub(crate) fn learn(&self, said: ServerMetadata, known: ServerMetadata) {
        let _ = (self.said.set(said), self.known.set(known));
    }

    /// Remembers the server's own metadata in the tab, so that the page which redeems the code need not fetch them again.
    /// `lifetime` is how long a login may take, in milliseconds.
    pub(crate) fn remember<P: Host>(&self, host: &P, lifetime: u64, now: u64) {
        // Not for each login: writing takes as long as all other steps together. After the clock was set back, the copy counts
        // as old.
        if now.wrapping_sub(self.remembered_at.get()) > lifetime / 4 {
            self.remember_in(host, Store::Tab, now);
            self.remembered_at.set(now);
        }
    }

    /// Remembers the server's own metadata in `store`. Best effort: a store without room for them is not an error.
    pub(crate) fn remember_in<P: Host>(&self, host: &P, store: Store, now: u64) {
        if let Some((said, issuer)) = self.said.get().and_then(|said| Some((said, said.issuer()?))) {
            let mut entry = Json::empty();
            entry.set("at", Json::from(now));
            entry.set("metadata", said.as_json().clone());
            let _ = host.store(store, &key(issuer), &entry.to_text());
        }
    }
}

/// The key under which a store has the metadata of `issuer`.
pub(super) fn key(issuer: &str) -> String {
    let mut key = String::from("wicketgate.metadata.");
    key.push_str(issuer);
    key
}
