//! Access tokens, renewed before they expire.
//!
//! The client renews them in four cases: a call needs a token and less than [`MIN_VALIDITY`] is left ([`access_token`], below); an
//! API has refused the present one (`client/access.rs`); the page wakes, and the session is due (`session/signals.rs`); an attempt
//! has failed and may succeed later ([`retry_later`]).
//!
//! Theory of operation. One refresh at a time. Within a page, every caller that asks while a refresh is running gets its
//! outcome. Among the tabs that share a store, the tab that has the lease refreshes; the others find the result in the store
//! once they get the lease. A lease lasts for a bounded time, and no code of the app runs while a page has one. Two rules:
//!
//! 1. Only the server's definite answer ends the session: a refusal that a repetition cannot change ([`RefreshFailure`]), or an
//!    ID token that cannot be accepted, and only if no other tab has stored something newer meanwhile. While the access token
//!    is valid, a refusal does not end the session: the client asks the server once more when that token has expired. Every
//!    other failure leaves the session `stale`. The client repeats the refresh if that may help.
//! 2. A refresh token that the server has rotated is in the store before the access token that came with it is handed out.

use std::rc::Rc;

use super::api_tokens;
use super::begun::Refresh;
use super::lease::Lease;
use super::snapshot::EndedBy;
use super::tabs;
use super::target::{OWN, Target, is_own};
use super::tokens::Tokens;
use crate::client::discovery;
use crate::client::id_token;
use crate::client::page::Connection;
use crate::client::proofs;
use crate::client::shared_future::{Resolver, both};
use crate::host::Host;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::Purpose;
use crate::protocol::secret::Secret;
use crate::protocol::token::RefreshFailure;

/// How long a renewable access token must still be valid when it is handed out, in milliseconds: long enough for the request
/// that carries it.
const MIN_VALIDITY: u64 = 30_000;

/// The pauses between attempts, in milliseconds: the first, and the longest.
const PAUSES: (u64, u64) = (1_000, 60_000);

/// A valid access token for `target`. The client renews it first if it is about to expire and there is a refresh token. `min_validity` is
/// how long it must be valid, in milliseconds; `is_forced` renews it in any case.
///
/// # Errors
/// Those of [`Client::access_token`](crate::client::Client::access_token).
pub(crate) async fn access_token<P: Host>(
    connection: &Rc<Connection<P>>,
    target: &Target,
    min_validity: Option<u64>,
    is_forced: bool,
) -> Result<Secret, Error> {
    let state = &connection.session.state;
    let can_renew = state.can_renew();
    // For a token with a short lifetime, half the lifetime: otherwise each call would renew it.
    let lifetime = state.of_target(target, Tokens::lifetime).flatten();
    let least = lifetime.map_or(MIN_VALIDITY, |lifetime| MIN_VALIDITY.min(lifetime / 2));
    let min_validity = min_validity.unwrap_or(if state.may_renew() { least } else { 0 });
    match state.access_token(target, connection.now(), min_validity) {
        Ok(token) if !is_forced => return Ok(token),
        Err(error) if !can_renew => {
            // A timer may be late.
            state.expire(connection.now());
            connection.announce();
            return Err(error);
        }
        Ok(_) if !can_renew => {
            return Err(ErrorKind::NoSession { reason: "there is no refresh token to renew the access token with" }.into());
        }
        Ok(_) | Err(_) => {}
    }
    let outcome = refresh(connection, target, is_forced).await;
    // If the server could not be reached, the present token serves for as long as it is valid.
    match state.access_token(target, connection.now(), 0) {
        Ok(token) if outcome.is_ok() || !is_forced && state.is_signed_in() => Ok(token),
        present => outcome.and(present),
    }
}

/// Renews the token of `target`. `is_forced` is set if the present access token is known to be unusable.
pub(crate) async fn refresh<P: Host>(connection: &Rc<Connection<P>>, target: &Target, is_forced: bool) -> Result<(), Error> {
    join_or_begin(connection, target, is_forced)?.outcome().await
}

/// The refresh that is running, or a new one that begins now.
fn join_or_begin<P: Host>(connection: &Rc<Connection<P>>, target: &Target, is_forced: bool) -> Result<Rc<Refresh>, Error> {
    let attempts = &connection.session.attempts;
    if let Some(refresh) = attempts.under_way(target) {
        return Ok(refresh);
    }
    attempts.check_pause(connection.now())?;
    #[cfg(feature = "resources")]
    let target = target.clone();
    #[cfg(not(feature = "resources"))]
    let target = *target;
    let refresh = attempts.begin(&target);
    // Another tab may replace it as soon as this one waits for anything.
    let before = connection.session.state.of_target(&target, Tokens::version);
    let (task, resolver) = (connection.clone(), Resolver(refresh.clone()));
    // In the background: the caller may stop waiting, and a rotated refresh token must still be kept.
    connection.host().spawn(Box::pin(async move {
        let outcome = renew_alone(&task, &resolver.0, &target, before, is_forced).await;
        // Only after the lease was returned: from here on, the app's code runs.
        task.announce();
        if may_help(&outcome) && task.session.state.is_stale() {
            retry_later(&task);
        }
        resolver.0.resolve(outcome);
    }));
    Ok(refresh)
}

/// Renews the token of `target`, which was `before`, while no other tab does so.
async fn renew_alone<P: Host>(
    connection: &Rc<Connection<P>>,
    refresh: &Rc<Refresh>,
    target: &Target,
    before: Option<Secret>,
    is_forced: bool,
) -> Result<(), Error> {
    let (host, session) = (connection.host(), &connection.session);
    let (state, store) = (&session.state, &session.store);
    #[cfg(feature = "resources")]
    api_tokens::take_turn(connection, refresh).await?;
    // Before other tabs have to wait for the lease.
    discovery::find(connection, true).await.inspect_err(|_| state.go_stale())?;
    let mut lease = None;
    if store.is_shared() {
        let taken = Lease::take(host, store.name(), connection.configuration.request_timeout()).await;
        lease = Some(taken.inspect_err(|_| state.go_stale())?);
    }
    store.settle(host).await;
    if store.has_changed_elsewhere(host) {
        reload_now(connection).await?;
    }
    // A login or a logout has begun or ended the session since then: this refresh belongs to the session before.
    if !session.attempts.is_present(refresh) {
        return Err(aborted());
    }
    if !state.is_signed_in() {
        return Err(ErrorKind::NoSession { reason: "it has ended meanwhile" }.into());
    }
    // Another tab has renewed the token, or a user has logged in there.
    if state.of_target(target, Tokens::version) != before && state.access_token(target, connection.now(), MIN_VALIDITY).is_ok() {
        return Ok(());
    }
    // The page may have slept since it got the lease, and another tab may have it by now.
    if !lasts(lease.as_ref(), connection.configuration.request_timeout()) {
        state.go_stale();
        return Err(ErrorKind::TimedOut(Purpose::Refresh).into());
    }
    #[cfg(feature = "dpop")]
    proofs::key_of_session(connection).await.inspect_err(|_| state.go_stale())?;
    renew(connection, target, is_forced, lease.as_ref()).await
}

/// Whether this tab's `lease` lasts for a request that takes `millis`, as far as the clock tells.
fn lasts<P: Host>(lease: Option<&Lease<P>>, millis: u64) -> bool {
    lease.is_none_or(|lease| lease.lasts(millis))
}

/// Continues with the entry in the store.
///
/// # Errors
/// `storage_unavailable` if the entry cannot be decrypted now. Another tab may have used up this page's refresh token, so the
/// page does not send it.
async fn reload_now<P: Host>(connection: &Connection<P>) -> Result<(), Error> {
    tabs::reload(connection, false).await;
    if connection.session.store.has_changed_elsewhere(connection.host()) {
        connection.session.state.go_stale();
        return Err(ErrorKind::StorageUnavailable.into());
    }
    Ok(())
}

/// Sends the refresh token, and continues with the answer.
#[expect(clippy::too_many_lines, reason = "each function that waits is a state machine: as three, they cost a page 700 bytes")]
async fn renew<P: Host>(
    connection: &Rc<Connection<P>>,
    target: &Target,
    is_forced: bool,
    lease: Option<&Lease<'_, P>>,
) -> Result<(), Error> {
    let (host, session) = (connection.host(), &connection.session);
    let (state, store) = (&session.state, &session.store);
    let guard = state.timeline.of_session();
    let endpoint = connection.server.metadata().endpoint("token_endpoint")?;
    let request = api_tokens::request(connection, target, endpoint);
    let request = request.ok_or(ErrorKind::NoSession { reason: "nobody is signed in" })?;
    let sent_at = connection.now();
    let fetch_keys = id_token::fetch_keys_beside(connection, state.session().claims.is_some());
    let (response, ()) =
        both(proofs::send_refresh(connection, request, &|| lasts(lease, connection.configuration.request_timeout())), fetch_keys)
            .await;
    let mut is_rotated = false;
    let retry_after = response.as_ref().ok().and_then(|response| response.retry_after);
    let outcome = match response.and_then(|response| proofs::refreshed(connection, &response)) {
        Ok(_) if guard.is_overtaken() => Err(aborted()),
        #[cfg_attr(not(feature = "resources"), expect(unused_mut, reason = "there are no tokens of APIs"))]
        Ok(mut tokens) => {
            // The token of an API says nothing new about the user.
            #[cfg(feature = "resources")]
            if !is_own(target) {
                tokens.id_token.take();
            }
            // First of all: from now on, the server accepts no other refresh token.
            is_rotated = state.rotate(tokens.refresh_token.as_ref());
            id_token::refreshed_claims(connection, &tokens).await.map(|claims| (tokens, claims))
        }
        Err(error) => Err(error),
    };
    // The server is busy, even if the refresh was overtaken.
    if let Some((millis, error)) = retry_after.zip(outcome.as_ref().err().filter(|error| error.is_retryable())) {
        session.attempts.pause(connection.now(), millis, error);
    }
    match outcome {
        _ if guard.is_overtaken() => Err(aborted()),
        Ok((tokens, claims)) => {
            let renewed =
                state.of_tokens(|before| api_tokens::renewed(before, target, tokens, claims, sent_at)).ok_or_else(aborted)?;
            if store.keep(host, renewed.to_record(), &guard).await {
                state.go_on(renewed);
                store.mark(host).await;
                return Ok(());
            }
            // Another tab has logged in or out while this one waited.
            tabs::reload(connection, false).await;
            if state.is_signed_in() { Ok(()) } else { Err(aborted()) }
        }
        Err(error) if is_final(connection, &error, target, is_forced) => {
            store.settle(host).await;
            guard.check()?;
            if store.has_changed_elsewhere(host) {
                // Another tab has logged in, or the server has accepted another tab's refresh instead of this one.
                reload_now(connection).await?;
                if state.is_signed_in() {
                    return Ok(());
                }
            } else {
                tabs::end_in_all_tabs(connection, EndedBy::Server);
            }
            Err(match error.oauth() {
                _ if matches!(error.kind(), ErrorKind::IdTokenInvalid(_)) => error,
                oauth => ErrorKind::SessionEnded(oauth.cloned().map(Box::new)).into(),
            })
        }
        Err(error) => {
            // A rotated refresh token is kept, whatever happened afterwards.
            if let Some(record) = state.record().filter(|_| is_rotated) {
                store.keep(host, record, &guard).await;
                store.mark(host).await;
            }
            match RefreshFailure::of(&error) {
                // It says nothing about the session.
                RefreshFailure::Unreachable | RefreshFailure::Refused if !is_own(target) => {}
                RefreshFailure::Unreachable => state.go_stale(),
                RefreshFailure::Definite | RefreshFailure::Refused => state.refuse(),
            }
            Err(error)
        }
    }
}

fn aborted() -> Error {
    ErrorKind::Aborted.into()
}

/// Whether `error` ends the session.
fn is_final<P: Host>(connection: &Connection<P>, error: &Error, target: &Target, is_forced: bool) -> bool {
    // Some servers refuse a refresh token in its first minutes. While the access token is valid, the user loses nothing.
    let is_over = || connection.session.state.access_token(&OWN, connection.now(), 0).is_err();
    match RefreshFailure::of(error) {
        RefreshFailure::Definite => matches!(error.kind(), ErrorKind::IdTokenInvalid(_)) || is_forced || is_over(),
        // The server may refuse one API alone.
        RefreshFailure::Refused => is_own(target) && is_over(),
        RefreshFailure::Unreachable => false,
    }
}

/// Whether the refresh with this outcome may succeed if the client repeats it.
fn may_help(outcome: &Result<(), Error>) -> bool {
    outcome.as_ref().is_err_and(Error::is_retryable)
}

/// Tries again until the session is no longer stale, or until a repetition cannot help. The pause between two attempts grows,
/// and differs between tabs.
fn retry_later<P: Host>(connection: &Rc<Connection<P>>) {
    if !connection.session.attempts.begin_retrying() {
        return;
    }
    let (page, session, client) = (connection.page.clone(), connection.session.clone(), Rc::downgrade(connection));
    connection.host().spawn(Box::pin(async move {
        let (mut pause, longest) = PAUSES;
        while session.state.is_stale() {
            let mut jitter = [0];
            let _ = page.host().entropy(&mut jitter);
            let [jitter] = jitter;
            let Some(connection) = client.upgrade() else { break };
            let paused = session.attempts.pause_left(connection.now());
            drop(connection);
            page.host().sleep(paused + pause / 2 + pause * u64::from(jitter) / 256).await;
            pause = (pause * 2).min(longest);
            let Some(connection) = client.upgrade().filter(|_| session.state.is_stale()) else { break };
            if !may_help(&refresh(&connection, &OWN, false).await) {
                break;
            }
        }
        session.attempts.end_retrying();
    }));
}
