//! The server's metadata: given by hand, remembered by an earlier page, or discovered from the issuer. The client looks for
//! them when a call needs them, and not before: a kept session can continue without them. A failure fails that call, and the
//! next call tries again.

use super::page::Connection;
use super::server::key;
use crate::host::{Host, Store};
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::{Purpose, Request};
use crate::protocol::json::Json;
use crate::protocol::metadata::{ServerMetadata, discovery_urls, is_outage};

/// Makes sure that all of the server's metadata are known. If `may_be_remembered` is set, a user waits for the next step of a
/// login or a session: then metadata are used that an earlier page fetched less than a login's lifetime ago. If the server
/// cannot be reached, older metadata are used as well.
///
/// # Errors
/// `invalid_metadata`, `network_failed`, `timed_out`. Retryable if the server may answer later.
pub(crate) async fn find<P: Host>(connection: &Connection<P>, may_be_remembered: bool) -> Result<(), Error> {
    let server = &connection.server;
    if server.is_known() {
        return Ok(());
    }
    let (host, configuration) = (connection.host(), &connection.configuration);
    let issuer = server.metadata().issuer().unwrap_or_default();
    let said = match remembered(host, issuer) {
        Some((age, young)) if may_be_remembered && age <= configuration.transaction_lifetime() => Ok(young),
        old => match (discover(host, issuer, configuration.request_timeout()).await, old) {
            (Err(error), Some((_, old))) if error.is_retryable() => Ok(old),
            (said, _) => said,
        },
    };
    let said = said?;
    let mut known = said.clone();
    known.overlay(&configuration.metadata());
    configuration.check_endpoints(&known, configuration.text("scope"))?;
    server.learn(said, known);
    Ok(())
}

/// Requests the metadata of `issuer` at each URL where they may be.
async fn discover<P: Host>(host: &P, issuer: &str, timeout: u64) -> Result<ServerMetadata, Error> {
    let mut failure = Error::metadata("issuer", "has no metadata at its well-known URLs");
    for url in discovery_urls(issuer)? {
        match host.send(Request::get(Purpose::Metadata, url), timeout).await {
            Ok(response) => {
                if let Some(server) = ServerMetadata::from_discovery(&response, issuer)? {
                    return Ok(server);
                }
                if is_outage(response.status) {
                    failure = ErrorKind::MetadataUnavailable { status: response.status }.into();
                }
            }
            // A 404 without CORS headers looks like a lost network: the next URL may answer.
            Err(error) if matches!(error.kind(), ErrorKind::NetworkFailed(_)) => failure = error,
            Err(error) => return Err(error),
        }
    }
    Err(failure)
}

/// The remembered metadata, checked like discovered ones, and their age in milliseconds. They lie in the tab's store, or beside
/// a session that the tabs of the origin share.
fn remembered<P: Host>(host: &P, issuer: &str) -> Option<(u64, ServerMetadata)> {
    let read = |store| {
        let entry = Json::parse(host.stored(store, &key(issuer)).ok()??.as_bytes())?;
        let age = host.wall_clock().checked_sub(entry.integer("at")?)?;
        Some((age, ServerMetadata::of_issuer(entry.member("metadata")?.clone(), issuer).ok()?))
    };
    read(Store::Tab).or_else(|| read(Store::Origin))
}
