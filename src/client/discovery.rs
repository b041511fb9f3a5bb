//! Finds a server's metadata: given by hand, remembered by this tab, or asked of the issuer.

use super::configuration::Configuration;
use crate::platform::{Platform, Store};
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::{Purpose, Request};
use crate::protocol::json::Json;
use crate::protocol::metadata::{ServerMetadata, discovery_urls};

/// What is known of the configured server, after asking it where that is needed; and of that, what the server
/// itself said. What the tab remembers serves the page that handles a callback, where somebody waits; any other
/// page asks anew.
pub(crate) async fn server_metadata<P: Platform>(
    platform: &P,
    configuration: &Configuration,
    is_callback: bool,
) -> Result<(ServerMetadata, Option<ServerMetadata>), Error> {
    let by_hand = configuration.metadata();
    let mut server = ServerMetadata::new(by_hand.clone())?;
    let mut said = None;
    if let Some(issuer) = configuration.text("issuer") {
        let places = discovery_urls(issuer)?;
        if server.issuer().is_some_and(|named| named != issuer) {
            return Err(Error::config("metadata.issuer", "is not the configured issuer"));
        }
        server.set_issuer(issuer);
        let scope = configuration.text("scope");
        if configuration.check_endpoints(&server, scope).is_err() {
            server = match remembered(platform, issuer, configuration.transaction_lifetime()).filter(|_| is_callback) {
                Some(server) => server,
                None => discovered(platform, issuer, places, configuration.request_timeout()).await?,
            };
            said = Some(server.clone());
            server.overlay(&by_hand);
        }
    }
    match configuration.check_endpoints(&server, configuration.text("scope")) {
        Err(_) if configuration.text("issuer").is_none() => {
            Err(Error::config("issuer", "is missing, and so is an endpoint in metadata"))
        }
        checked => checked.map(|()| (server, said)),
    }
}

async fn discovered<P: Platform>(platform: &P, issuer: &str, places: Vec<String>, timeout: u64) -> Result<ServerMetadata, Error> {
    let mut failure = Error::metadata("issuer", "has no metadata where it must be");
    for place in places {
        match platform.send(Request::get(Purpose::Metadata, place), timeout).await {
            Ok(response) => {
                if let Some(server) = ServerMetadata::from_discovery(&response, issuer)? {
                    return Ok(server);
                }
            }
            // A 404 without CORS headers looks like a lost network: the next place may answer.
            Err(error) if matches!(error.kind(), ErrorKind::NetworkFailed(_)) => failure = error,
            Err(error) => return Err(error),
        }
    }
    Err(failure)
}

/// Remembers `server` next to a transaction, so that the page which redeems the code need not ask again.
/// Only convenience: a store without room for it is no failure.
pub(crate) fn remember<P: Platform>(platform: &P, server: &ServerMetadata, now: u64) {
    if let Some(issuer) = server.issuer() {
        let mut entry = Json::empty();
        entry.set("at", Json::from(now));
        entry.set("metadata", server.as_json().clone());
        let _ = platform.store(Store::Tab, &key(issuer), &entry.to_text());
    }
}

/// What was remembered less than `lifetime` ago, checked as if it had just been discovered.
fn remembered<P: Platform>(platform: &P, issuer: &str, lifetime: u64) -> Option<ServerMetadata> {
    let entry = Json::parse(platform.stored(Store::Tab, &key(issuer)).ok()??.as_bytes())?;
    let age = platform.wall_clock().checked_sub(entry.integer("at")?)?;
    let metadata = entry.member("metadata").filter(|_| age <= lifetime)?;
    ServerMetadata::of_issuer(metadata.clone(), issuer).ok()
}

fn key(issuer: &str) -> String {
    let mut key = String::from("wicketgate.metadata.");
    key.push_str(issuer);
    key
}
