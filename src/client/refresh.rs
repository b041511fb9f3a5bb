//! Access tokens, renewed before they expire.
//!
//! Theory of operation. One refresh at a time: within a page, who asks while one is under way gets its outcome; among the
//! tabs that share a store, the one that has the lock refreshes, and the others find its result in the store when they get
//! the lock. A lock is held for a bounded time, and nothing of the app's runs while it is. Two rules:
//!
//! 1. Only the server's own word ends the session: `invalid_grant`, or an ID token that cannot be accepted, and only if no
//!    other tab has stored something newer meanwhile. Everything else leaves it, says `stale`, and is tried again.
//! 2. A refresh token that was rotated is in the store before its access token is in anybody's hands.

use std::rc::Rc;

use super::configuration::AccessTokenOptions;
use super::flight::{Flight, Pilot, both};
use super::session::Refresh;
use super::{Client, Page};
use crate::platform::{Platform, Store};
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::Purpose;
use crate::protocol::id_token::{self, Expected};
use crate::protocol::json::{Json, decimal};
use crate::protocol::secret::Secret;
use crate::protocol::text::cut;
use crate::protocol::token::{TokenSet, refreshed};

/// What an access token that can be renewed has left when it is: time enough for a request that is sent with it.
const MIN_VALIDITY: u64 = 30_000;

/// How long a lock is held beyond the time for one request.
const HOLD_MORE: u64 = 10_000;

/// The pauses between attempts, in milliseconds: the first, and the longest.
const PAUSES: (u64, u64) = (1_000, 60_000);

impl<P: Platform> Client<P> {
    /// A valid access token, renewed first where it has too little left and the server gave a refresh token. A token of
    /// unknown lifetime is taken to be good.
    ///
    /// # Errors
    /// `no_session`, `session_ended`, `token_request_failed`, `token_response_malformed`, `id_token_invalid`,
    /// `invalid_metadata`, `network_failed`, `timed_out`; `aborted` where a login or a logout overtook it.
    pub async fn access_token(&self, options: &AccessTokenOptions) -> Result<String, Error> {
        let can_renew = self.shared.can_renew();
        // Of a token that lives shorter than that, half its life: else each call would renew it.
        let least = self.shared.lifetime().map_or(MIN_VALIDITY, |lifetime| MIN_VALIDITY.min(lifetime / 2));
        let min_validity = options.min_validity().unwrap_or(if can_renew { least } else { 0 });
        let is_forced = options.forces_refresh();
        match self.shared.access_token(self.now(), min_validity) {
            Ok(token) if !is_forced => return Ok(token),
            Err(error) if !can_renew => return Err(error),
            Ok(_) if !can_renew => {
                return Err(ErrorKind::NoSession { reason: "there is no refresh token to renew it with" }.into());
            }
            Ok(_) | Err(_) => {}
        }
        let outcome = self.refresh(is_forced).await;
        // Where the server could not be asked, what there is serves for as long as it is good.
        match self.shared.access_token(self.now(), 0) {
            Ok(token) if outcome.is_ok() || !is_forced && self.shared.is_signed_in() => Ok(token),
            present => outcome.and(present),
        }
    }

    /// Renews the tokens. `is_forced` where the present access token is known to be of no use.
    pub(super) async fn refresh(&self, is_forced: bool) -> Result<(), Error> {
        let under_way = self.shared.refreshing.borrow().as_ref().filter(|flight| !flight.has_landed()).cloned();
        if let Some(flight) = under_way {
            return flight.landed().await;
        }
        if let Some((_, error)) = self.shared.held_off(self.now()) {
            return Err(error);
        }
        let Some(this) = self.this.upgrade() else { return Err(ErrorKind::Aborted.into()) };
        let flight = Rc::new(Flight::new());
        self.shared.refreshing.replace(Some(flight.clone()));
        let pilot = Pilot(flight.clone());
        // By itself: whoever asked may stop to wait, and what the server has rotated must still be kept.
        self.page.platform.spawn(Box::pin(async move {
            let outcome = this.renew_alone(&pilot.0, is_forced).await;
            // Not before the lock is free: from here on it is the app that runs.
            this.shared.announce();
            if this.shared.is_stale() {
                this.retry_later();
            }
            pilot.0.land(outcome);
        }));
        flight.landed().await
    }

    /// Renews the tokens, and no other tab does at the same time.
    async fn renew_alone(&self, flight: &Rc<Refresh>, is_forced: bool) -> Result<(), Error> {
        let before = self.shared.record();
        let lock = self.lock_session().await.inspect_err(|_| self.shared.go_stale())?;
        self.settle().await;
        if self.has_changed_elsewhere() {
            self.reload_now().await?;
        }
        // A login or a logout has begun or ended the session since: this refresh was of the one before.
        if !self.shared.refreshing.borrow().as_ref().is_some_and(|present| Rc::ptr_eq(present, flight)) {
            return Err(ErrorKind::Aborted.into());
        }
        if !self.shared.is_signed_in() {
            return Err(ErrorKind::NoSession { reason: "it was ended meanwhile" }.into());
        }
        // Another tab has renewed them, or somebody has logged in.
        if self.shared.record() != before && self.shared.access_token(self.now(), MIN_VALIDITY).is_ok() {
            return Ok(());
        }
        // The page may have slept since it got the lock, and another tab have it by now.
        if lock.as_ref().is_some_and(|lock| !lock.is_good()) {
            self.shared.go_stale();
            return Err(ErrorKind::TimedOut(Purpose::Refresh).into());
        }
        self.renew(is_forced).await
    }

    /// Goes on with what the store has.
    ///
    /// # Errors
    /// Where it cannot be opened now: what this page has may have been used up by another tab, and is not sent.
    async fn reload_now(&self) -> Result<(), Error> {
        self.reload(false).await;
        if self.has_changed_elsewhere() {
            self.shared.go_stale();
            return Err(ErrorKind::StorageUnavailable.into());
        }
        Ok(())
    }

    async fn renew(&self, is_forced: bool) -> Result<(), Error> {
        let number = self.shared.number();
        let endpoint = self.server.endpoint("token_endpoint")?;
        let request = self.shared.refresh_request(endpoint, self.configuration.client_id());
        let request = request.ok_or(ErrorKind::NoSession { reason: "nobody is signed in" })?;
        let sent_at = self.now();
        let (response, ()) = both(self.send(request), self.fetch_keys_beside(self.session().claims.is_some())).await;
        let is_overtaken = || number != self.shared.number();
        let mut is_rotated = false;
        let retry_after = response.as_ref().ok().and_then(|response| response.retry_after);
        let outcome = match response.and_then(|response| refreshed(&response)) {
            Ok(_) if is_overtaken() => Err(ErrorKind::Aborted.into()),
            Ok(tokens) => {
                // First of all: from now on the server knows no other.
                is_rotated = self.shared.rotate(tokens.refresh_token.as_ref());
                self.refreshed_claims(&tokens).await.map(|claims| (tokens, claims))
            }
            Err(error) => Err(error),
        };
        // Whatever overtook it, the server is as busy as it says.
        if let Some((millis, error)) = retry_after.zip(outcome.as_ref().err().filter(|error| error.is_retryable())) {
            self.shared.hold_off(self.now(), millis, error);
        }
        match outcome {
            _ if is_overtaken() => Err(ErrorKind::Aborted.into()),
            Ok((tokens, claims)) => {
                let renewed = self.shared.renewed(&tokens, claims.as_ref(), sent_at);
                if self.keep(renewed.to_text()).await {
                    self.shared.go_on(renewed);
                    self.mark().await;
                    return Ok(());
                }
                // Another tab has logged in or out while this one waited.
                self.reload(false).await;
                if self.shared.is_signed_in() { Ok(()) } else { Err(ErrorKind::Aborted.into()) }
            }
            Err(error) if self.is_final(&error, is_forced) => {
                self.settle().await;
                if is_overtaken() {
                    return Err(ErrorKind::Aborted.into());
                }
                if self.has_changed_elsewhere() {
                    // Another tab's login, or its refresh, which the server has taken for the only one.
                    self.reload_now().await?;
                    if self.shared.is_signed_in() {
                        return Ok(());
                    }
                } else {
                    self.end_session();
                }
                Err(error)
            }
            Err(error) => {
                // What was rotated is kept, whatever came after.
                if let Some(record) = self.shared.record().filter(|_| is_rotated) {
                    self.keep(record).await;
                    self.mark().await;
                }
                self.shared.go_stale();
                Err(error)
            }
        }
    }

    /// The claims of the ID token that came with renewed tokens, where one came: about the same login as those before
    /// (OpenID Connect Core §12.2).
    async fn refreshed_claims(&self, tokens: &TokenSet) -> Result<Option<Json>, Error> {
        let session = self.session();
        let Some((id_token, before)) = tokens.id_token.as_ref().zip(session.claims.as_ref()) else { return Ok(None) };
        // §12.2 asks nothing of its times, and the token endpoint has just answered: a clock that is wrong costs no session.
        let expected = Expected { tolerance: u64::MAX, ..self.expected() };
        let mut claims = self.id_token_claims(id_token, &expected, &tokens.access_token).await?;
        id_token::check_refreshed(&claims, before).map_err(ErrorKind::IdTokenInvalid)?;
        // What it need not repeat, the next one is held against too.
        for name in ["nonce", "auth_time"] {
            if claims.member(name).is_none() {
                claims.set_copy(name, before.member(name));
            }
        }
        Ok(Some(claims))
    }

    /// Whether `error` ends the session.
    fn is_final(&self, error: &Error, is_forced: bool) -> bool {
        if let ErrorKind::IdTokenInvalid(flaw) = error.kind() {
            // Its key may be one that the server is about to publish.
            return flaw.claim != "kid";
        }
        // Some servers refuse a refresh token in its first minutes. While the access token is good, nothing is lost.
        matches!(error.kind(), ErrorKind::SessionEnded(_)) && (is_forced || self.shared.access_token(self.now(), 0).is_err())
    }

    /// Tries again until something comes of it: after a pause that grows, and that no two tabs have alike.
    fn retry_later(&self) {
        if self.shared.is_retrying.replace(true) {
            return;
        }
        let (this, page, shared) = (self.this.clone(), self.page.clone(), self.shared.clone());
        self.page.platform.spawn(Box::pin(async move {
            let (mut pause, longest) = PAUSES;
            while shared.is_stale() {
                let mut jitter = [0];
                let _ = page.platform.entropy(&mut jitter);
                let [jitter] = jitter;
                let Some(client) = this.upgrade() else { break };
                let held_off = shared.held_off(client.now()).map_or(0, |(left, _)| left);
                drop(client);
                page.platform.sleep(held_off + pause / 2 + pause * u64::from(jitter) / 256).await;
                pause = (pause * 2).min(longest);
                let Some(client) = this.upgrade().filter(|_| shared.is_stale()) else { break };
                let _ = client.refresh(false).await;
            }
            shared.is_retrying.set(false);
        }));
    }

    /// What lets this page send the refresh token, where tabs share it: the browser's lock, which they queue for, and a
    /// lease in the store, which counts. It holds also where there are no locks, or one came too late.
    ///
    /// # Errors
    /// Where another tab holds on to it for too long.
    async fn lock_session(&self) -> Result<Option<Held<P>>, Error> {
        if self.store() != Some(Store::Origin) {
            return Ok(None);
        }
        let hold = self.configuration.request_timeout() + HOLD_MORE;
        let lock = self.page.platform.lock(self.session_key(), hold).await;
        let lease = self.lease(hold, lock.is_some()).await?;
        Ok(Some(Held { _lock: lock, page: self.page.clone(), lease }))
    }

    /// Writes a lease into the store: until when, how it was got, and whose it is. Without the lock it is ours when it is
    /// still there after a moment. With the lock, those of others who had the lock are of tabs that are gone. `None` where
    /// the store cannot be written: then nobody else writes either.
    async fn lease(&self, hold: u64, mut is_locked: bool) -> Result<Option<(String, String)>, Error> {
        const MOMENT: u64 = 50;
        let platform = &self.page.platform;
        let key = String::from(self.session_key()) + ".lease";
        let mut entropy = [0; 32];
        platform.entropy(&mut entropy)?;
        let owner = Secret::from_entropy(&entropy);
        let begun = platform.monotonic_clock();
        for _ in 0..hold / MOMENT {
            let now = platform.wall_clock();
            // A lock is let go by itself when its time is over: what is left of it must be enough for a request.
            is_locked &= platform.monotonic_clock().saturating_sub(begun) < HOLD_MORE;
            let present = platform.stored(Store::Origin, &key).ok().flatten().unwrap_or_default();
            let (until, rest) = cut(&present, ' ');
            // One of the far future is of a clock that was wrong.
            let is_over = decimal(until).is_none_or(|until| until <= now || until > now + hold);
            if is_over || is_locked && rest.is_some_and(|rest| rest.starts_with(WITH_LOCK)) {
                let mut lease = String::from(Json::from(now + hold).as_number().unwrap_or_default());
                lease.push(' ');
                lease.push_str(if is_locked { WITH_LOCK } else { "alone " });
                lease.push_str(owner.expose());
                if platform.store(Store::Origin, &key, &lease).is_err() {
                    return Ok(None);
                }
                if !is_locked {
                    platform.sleep(MOMENT).await;
                }
                let is_ours = platform.stored(Store::Origin, &key).ok().flatten().as_deref() == Some(&lease);
                if is_ours && platform.wall_clock() < now + HOLD_MORE {
                    return Ok(Some((key, lease)));
                }
            }
            platform.sleep(MOMENT).await;
        }
        Err(ErrorKind::TimedOut(Purpose::Refresh).into())
    }
}

const WITH_LOCK: &str = "lock ";

/// What is held while a refresh is under way.
struct Held<P: Platform> {
    _lock: Option<P::Lock>,
    page: Rc<Page<P>>,
    /// Its key, and what stands there.
    lease: Option<(String, String)>,
}

impl<P: Platform> Held<P> {
    /// Whether no other tab can have it by now.
    fn is_good(&self) -> bool {
        self.lease.as_ref().is_none_or(|(_, lease)| decimal(cut(lease, ' ').0) > Some(self.page.platform.wall_clock()))
    }
}

impl<P: Platform> Drop for Held<P> {
    fn drop(&mut self) {
        // One that is over may be another's by now, and this page's copy of the store behind.
        if let Some((key, lease)) = &self.lease
            && self.is_good()
            && self.page.platform.stored(Store::Origin, key).ok().flatten().as_deref() == Some(lease)
        {
            self.page.platform.forget(Store::Origin, key);
        }
    }
}
