//! [`Sessions`]: the life of a session, from the login to its end.
//!
//! When a session is used, it is loaded, checked against its lifetimes, and refreshed if its access token is about to expire.
//! Only the server's definite answer, a lifetime or a logout ends it. If a refresh fails for another reason, the session
//! continues with its present access token; if that has expired, the request fails and the session stays.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use cookie::SameSite;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::TokenSet;

use super::cookie::SessionCookie;
use super::renewals::{Kept, Recent, Renewal};
use super::state::{Login, Session};
use super::store::{Listed, Lock, Owner, SessionStore, SharedStore, StoreError, Stored};
use crate::clock::Clock;
use crate::cookies::{Cookies, SetCookie};
use crate::counters;
use crate::failure::Failure;
use crate::joined::Joined;
use crate::seal::{Sealer, digest};
use crate::server::{Endpoints, Granted, Issuer, RefreshedClaims, TokenEndpoint};

/// The most refreshes of a session between the version in the request's cookie and the present one.
const LONGEST_CHAIN: usize = 16;

/// The shortest time between two records of a session's use.
const LONGEST_UNNOTED: Duration = Duration::from_secs(60);

/// For how many seconds an access token counts as new.
const NEW: u64 = 30;

/// How long the lock on a session lasts after its instance was killed. A running instance renews it.
const LOCK: Duration = Duration::from_secs(4);

/// How long an instance waits for another one that left its lock behind.
const LEFT: Duration = Duration::from_secs(2);

/// How long an instance waits between two checks of a session that another one is refreshing.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long an instance waits before it stores a session again that the store did not accept.
const SAVE_AGAIN: Duration = Duration::from_millis(200);

/// The cookie that says when a session was used, if the session itself is in a cookie: the session's cookie is written only
/// with a refresh, so that no late answer restores older tokens.
const USED: &str = "used";

/// The lifetimes of sessions.
#[derive(Clone, Copy)]
pub(crate) struct Lifetimes {
    /// From the login on.
    pub(crate) absolute: Duration,
    /// From the last use on.
    pub(crate) idle: Duration,
}

/// The session of a request.
#[derive(Clone)]
pub(crate) struct Current {
    kept: Arc<Kept>,
    /// For the answer: the cookies that the browser stores from now on.
    pub(crate) cookies: Vec<SetCookie>,
}

impl Current {
    pub(crate) fn session(&self) -> &Session {
        &self.kept.session
    }

    pub(crate) fn key(&self) -> &str {
        &self.kept.key
    }
}

pub(crate) struct Sessions {
    pub(crate) cookies: Arc<Cookies>,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) store: Box<dyn SessionStore>,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) token_endpoint: Arc<TokenEndpoint>,
    pub(crate) issuer: Option<Arc<Issuer>>,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) clock: Clock,
    /// The time for one request to the server.
    pub(crate) timeout: Duration,
    pub(crate) renewals: Joined<Renewal>,
    /// The logins that ended at this instance.
    pub(crate) ended: Recent,
    /// The versions of sessions whose access token an API has refused.
    pub(crate) doubted: Recent,
}

impl Sessions {
    /// The session of a request, with a valid access token.
    ///
    /// # Errors
    /// `no_session` if nobody is signed in; another error if that is unknown, or if the access token has expired and cannot be
    /// refreshed at the moment.
    pub(crate) async fn current(self: &Arc<Self>, headers: &HeaderMap) -> Result<Current, Failure> {
        let (key, mut kept) = self.find(headers).await?.ok_or_else(Failure::no_session)?;
        if kept.session.is_due(self.clock.now()) || self.doubted.contains(&name(&kept)) || self.lost_key(&kept.session) {
            let (this, due) = (self.clone(), kept.clone());
            let renewal = self.renewals.join(name(&kept), move || this.renew(due)).await;
            match renewal.unwrap_or_else(|| Renewal::Later(Failure::internal())) {
                Renewal::Newer(newer) => kept = newer,
                Renewal::Later(failure) if self.is_unusable(&kept.session) => return Err(failure),
                Renewal::Later(_) | Renewal::Final => {}
            }
        }
        if self.is_unusable(&kept.session) || self.ended.contains(&kept.session.id) {
            return Err(Failure::no_session());
        }
        let mut cookies = self.note_use(&kept, headers);
        if kept.key != key {
            cookies.extend(self.session_cookie().set(&kept.key, Some(headers)));
        }
        Ok(Current { kept, cookies })
    }

    /// Whether the access token of `session` has expired, or is unusable.
    fn is_unusable(&self, session: &Session) -> bool {
        session.has_expired(self.clock.now()) || self.lost_key(session)
    }

    /// Whether the key to which the access token of `session` is bound is gone.
    fn lost_key(&self, session: &Session) -> bool {
        let keys = &self.token_endpoint.proofs.keys;
        session.bound_to.as_ref().is_some_and(|thumbprint| keys.find(thumbprint).is_none())
    }

    /// Records that an API has refused the access token of `current`, so that the next request refreshes it: the server may
    /// have revoked it, may not have sent its lifetime, or may have another clock. Does nothing for a new token: then the API
    /// itself has another reason to refuse.
    pub(crate) fn doubt(&self, current: &Current) {
        let age = self.clock.now().as_secs().abs_diff(current.session().used_at);
        if current.session().refresh_token.is_some() && age >= NEW {
            self.doubted.insert(&name(&current.kept));
        }
    }

    /// Whether the session with which a connection was opened still lasts. True if that is unknown at the moment.
    pub(crate) async fn lasts(&self, current: &Current) -> bool {
        let now = self.clock.now();
        let mut kept = current.kept.clone();
        if self.store.shared().is_some() {
            match self.store.load(&kept.key).await {
                Ok(Some(stored)) => kept = Arc::new(Kept::new(kept.key.clone(), stored)),
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
        let kept = self.newest(kept);
        let is_refused = kept.session.refresh_token.is_none() || matches!(self.renewals.peek(&name(&kept)), Some(Renewal::Final));
        self.is_within_lifetime(&kept.session) && !(is_refused && kept.session.has_expired(now))
    }

    /// Begins the session of a `login` with the `granted` tokens, which were requested at `requested_at`. Ends the session that
    /// the browser had before, if there was one.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        granted: Granted,
        login: Login,
        requested_at: Duration,
        headers: &HeaderMap,
    ) -> Result<(Session, Vec<SetCookie>), Failure> {
        let replaces = login.replaces.clone();
        let sent = replaces.is_none().then_some(headers);
        let session = Session::new(granted, login, requested_at);
        let ends_in = self.ends_in(&session, session.used_at);
        let key = self.store.create(&session, ends_in).await.map_err(failed)?;
        if let Err(failure) = self.end_replaced(&session, replaces, headers).await {
            failure.log("removal of a session");
        }
        let mut cookies = self.session_cookie().set(&key, sent);
        if sent.is_none_or(|sent| self.cookies.value(sent, USED).is_some()) {
            cookies.extend(self.cookies.remove(USED));
        }
        counters::logged_in();
        Ok((session, cookies))
    }

    /// Ends the sessions that `session` replaces: that of the request, and the one `named` in the record of the login. A request
    /// that comes from another site has no session's cookie.
    async fn end_replaced(
        self: &Arc<Self>,
        session: &Session,
        named: Option<String>,
        headers: &HeaderMap,
    ) -> Result<(), Failure> {
        let Some(shared) = self.store.shared() else {
            if let Some(id) = named {
                self.ended.insert(&id);
            }
            if let Some((_, kept)) = self.find(headers).await? {
                self.ended.insert(&kept.session.id);
                if session.is_apart_from(&kept.session) {
                    let this = self.clone();
                    tokio::spawn(async move { this.revoke(&kept.session).await });
                }
            }
            return Ok(());
        };
        let present = self.session_cookie().value(headers).map(|key| shared.name_of(&key));
        for name in present.iter().chain(named.iter().filter(|named| present.as_ref() != Some(*named))) {
            let Some(listed) = self.named(shared, name).await? else { continue };
            let is_revoked = session.is_apart_from(&listed.stored.session);
            self.end_listed(shared, listed, is_revoked).await?;
        }
        Ok(())
    }

    /// The name by which the session of a request can be ended without its cookie: its name in the store that all instances
    /// share, or the name of its login.
    pub(crate) async fn name_of(&self, headers: &HeaderMap) -> Option<String> {
        match self.store.shared() {
            Some(shared) => self.session_cookie().value(headers).map(|key| shared.name_of(&key)),
            None => self.find(headers).await.ok()?.map(|(_, kept)| kept.session.id.clone()),
        }
    }

    /// The part of `session` that the page may know.
    pub(crate) fn answer(&self, session: &Session) -> String {
        session.to_answer(self.lifetimes.absolute)
    }

    /// The session of a request, without a refresh of its tokens, and the key in its cookie.
    pub(crate) async fn find(&self, headers: &HeaderMap) -> Result<Option<(String, Arc<Kept>)>, Failure> {
        let Some(key) = self.session_cookie().value(headers) else { return Ok(None) };
        let Some(stored) = self.store.load(&key).await.map_err(failed)? else { return Ok(None) };
        let kept = self.newest(Arc::new(Kept::new(key.clone(), stored)));
        let idle_since = Duration::from_secs(self.used_at(&kept, headers));
        let is_idle = self.clock.now() >= idle_since.saturating_add(self.lifetimes.idle);
        Ok((self.is_within_lifetime(&kept.session) && !is_idle).then_some((key, kept)))
    }

    /// The newest version of `kept` that this instance knows.
    fn newest(&self, mut kept: Arc<Kept>) -> Arc<Kept> {
        for _ in 0..LONGEST_CHAIN {
            let Some(Renewal::Newer(newer)) = self.renewals.peek(&name(&kept)) else { break };
            kept = newer;
        }
        kept
    }

    fn is_within_lifetime(&self, session: &Session) -> bool {
        let ends_at = Duration::from_secs(session.signed_in_at).saturating_add(self.lifetimes.absolute);
        self.clock.now() < ends_at && !self.ended.contains(&session.id)
    }

    /// Removes the session of a request. Returns it, and the header fields that remove it from the browser.
    ///
    /// # Errors
    /// If the session is still there.
    pub(crate) async fn end(&self, headers: &HeaderMap) -> Result<(Option<Arc<Kept>>, Vec<SetCookie>), Failure> {
        let found = self.find(headers).await?;
        if let Some((_, kept)) = &found {
            self.ended.insert(&kept.session.id);
        }
        if let Some(key) = self.session_cookie().value(headers) {
            self.store.remove(&key).await.map_err(failed)?;
        }
        Ok((found.map(|(_, kept)| kept), self.removals()))
    }

    /// The header fields with which a browser forgets its session.
    pub(crate) fn removals(&self) -> Vec<SetCookie> {
        let mut cookies = self.session_cookie().remove();
        cookies.extend(self.cookies.remove(USED));
        cookies
    }

    /// Revokes the tokens of a session that has ended, if the server offers that (RFC 7009). The refresh token comes first:
    /// with it, a server revokes all tokens of the login (§2.1).
    pub(crate) async fn revoke(&self, session: &Session) {
        let Some(endpoint) = self.endpoints.find("revocation_endpoint").await else { return };
        let tokens = [(session.refresh_token.as_ref(), "refresh_token"), (Some(&session.access_token), "access_token")];
        for (token, hint) in tokens {
            let Some(token) = token else { continue };
            if let Err(failure) = self.token_endpoint.revoke(&endpoint, token, hint).await {
                failure.log("revocation");
            }
        }
    }

    /// The store that all instances share, if there is one.
    pub(crate) fn shared(&self) -> Option<&dyn SharedStore> {
        self.store.shared()
    }

    /// The sessions whose claim is `value` and whose lifetimes have not ended: the newest ones, at most `limit`.
    pub(crate) async fn of(
        &self,
        store: &dyn SharedStore,
        owner: Owner,
        value: &str,
        limit: usize,
    ) -> Result<Vec<Listed>, Failure> {
        let listed = store.of(owner, value, limit).await.map_err(failed)?;
        Ok(listed.into_iter().filter(|listed| self.is_within_lifetime(&listed.stored.session)).collect())
    }

    /// The session with this name in the store, if its lifetime has not ended.
    pub(crate) async fn named(&self, store: &dyn SharedStore, name: &str) -> Result<Option<Listed>, Failure> {
        let stored = store.load_named(name).await.map_err(failed)?;
        let stored = stored.filter(|stored| self.is_within_lifetime(&stored.session));
        Ok(stored.map(|stored| Listed { name: name.to_owned(), stored }))
    }

    /// Ends a session that may be another browser's, and revokes its tokens if that `is_revoked`.
    pub(crate) async fn end_listed(
        self: &Arc<Self>,
        store: &dyn SharedStore,
        listed: Listed,
        is_revoked: bool,
    ) -> Result<(), Failure> {
        self.ended.insert(&listed.stored.session.id);
        store.remove_named(&listed.name).await.map_err(failed)?;
        if is_revoked {
            let this = self.clone();
            tokio::spawn(async move { this.revoke(&listed.stored.session).await });
        }
        Ok(())
    }

    /// Whether the token `name` is used for the first time. It is remembered for `time`.
    pub(crate) async fn first_use(&self, store: &dyn SharedStore, name: &str, time: Duration) -> Result<bool, Failure> {
        store.use_once(name, time).await.map_err(failed)
    }

    /// Best effort: if it fails, the token counts as used.
    pub(crate) async fn forget_use(&self, store: &dyn SharedStore, name: &str) {
        let _ = store.forget_use(name).await;
    }

    /// How long a session that was used at `used_at` is to be stored from now on.
    fn ends_in(&self, session: &Session, used_at: u64) -> Duration {
        let ends = session.signed_in_at.saturating_add(self.lifetimes.absolute.as_secs());
        let idles = used_at.saturating_add(self.lifetimes.idle.as_secs());
        Duration::from_secs(ends.min(idles).saturating_sub(self.clock.now().as_secs()))
    }

    /// Refreshes the tokens of `kept`: one refresh at a time in this instance, and among all instances if they share a store.
    async fn renew(self: Arc<Self>, kept: Arc<Kept>) -> Renewal {
        let Some(shared) = self.store.shared() else { return self.ask(kept).await };
        let deadline = tokio::time::Instant::now() + self.timeout;
        loop {
            match shared.lock(&kept.key, LOCK).await {
                Ok(Some(lock)) => return self.renew_with(shared, lock, kept).await,
                Ok(None) => {}
                Err(error) => return Renewal::Later(failed(error)),
            }
            // Another instance is refreshing.
            match self.store.load(&kept.key).await {
                Ok(None) => return Renewal::Final,
                Ok(Some(stored)) if stored.version != kept.version => return Renewal::newer(&kept.key, stored),
                Ok(Some(_)) if tokio::time::Instant::now() < deadline => tokio::time::sleep(LOOK_AGAIN).await,
                Ok(Some(_)) => return Renewal::Later(busy()),
                Err(error) => return Renewal::Later(failed(error)),
            }
        }
    }

    /// Runs while this instance holds the lock, until the outcome is stored.
    async fn renew_with(self: &Arc<Self>, shared: &dyn SharedStore, lock: Lock, kept: Arc<Kept>) -> Renewal {
        let hold = async {
            loop {
                tokio::time::sleep(LOCK / 4).await;
                let _ = shared.hold(&kept.key, &lock, LOCK).await;
            }
        };
        let renewal = tokio::select! {
            renewal = self.renew_alone(kept.clone(), lock.was_left) => renewal,
            () = hold => Renewal::Final,
        };
        match &renewal {
            Renewal::Newer(newer) if newer.is_unsaved.load(Ordering::Relaxed) => {
                tokio::spawn(self.clone().save(kept.version, newer.clone(), lock));
            }
            // If this fails, the lock ends by itself.
            Renewal::Newer(_) | Renewal::Final | Renewal::Later(_) => drop(shared.unlock(&kept.key, &lock).await),
        }
        renewal
    }

    /// Another instance may have refreshed just before. If it left its lock behind, it may be about to store its result, and
    /// gets some time for that, because the server accepts a refresh token once.
    async fn renew_alone(self: &Arc<Self>, kept: Arc<Kept>, was_left: bool) -> Renewal {
        let deadline = tokio::time::Instant::now() + if was_left { LEFT } else { Duration::ZERO };
        loop {
            match self.store.load(&kept.key).await {
                Ok(None) => return Renewal::Final,
                Ok(Some(stored)) if stored.version != kept.version => return Renewal::newer(&kept.key, stored),
                Ok(Some(_)) if tokio::time::Instant::now() < deadline => tokio::time::sleep(LOOK_AGAIN).await,
                Ok(Some(_)) => return self.ask(kept).await,
                Err(error) => return Renewal::Later(failed(error)),
            }
        }
    }

    /// Requests newer tokens, and stores them before anybody uses them.
    async fn ask(self: &Arc<Self>, kept: Arc<Kept>) -> Renewal {
        let Some(refresh_token) = &kept.session.refresh_token else { return Renewal::Final };
        // Before the request goes out: the backend must never assume a longer lifetime than the server does.
        let requested_at = self.clock.now();
        match self.token_endpoint.refresh(refresh_token, kept.session.bound_to.as_deref()).await {
            Ok(granted) => match self.refreshed_claims(&kept.session, &granted.tokens).await {
                Ok(claims) => self.keep(&kept, kept.session.refreshed(granted, claims, requested_at)).await,
                Err(failure) => {
                    failure.log("refreshed ID token");
                    self.end_for_good(&kept).await
                }
            },
            Err(not_refreshed) => {
                not_refreshed.failure.log("refresh");
                if !not_refreshed.is_final {
                    return Renewal::Later(not_refreshed.failure);
                }
                if self.is_unusable(&kept.session) {
                    return self.end_for_good(&kept).await;
                }
                // No instance sends that refresh token again.
                if self.store.shared().is_some() {
                    return self.keep(&kept, kept.session.without_refresh_token()).await;
                }
                Renewal::Final
            }
        }
    }

    /// The claims of a refreshed session, as JSON, if there are newer ones.
    ///
    /// # Errors
    /// If the session ends.
    async fn refreshed_claims(&self, session: &Session, tokens: &TokenSet) -> Result<Option<String>, Failure> {
        let before = session.claims().and_then(|claims| Json::parse(claims.as_bytes()));
        let Some((issuer, before)) = self.issuer.as_ref().zip(before) else { return Ok(None) };
        let client_id = &self.token_endpoint.client_id;
        match issuer.refreshed_claims(&before, client_id, tokens, self.clock.now()).await {
            RefreshedClaims::Newer(claims) => Ok(Some(claims.to_text())),
            RefreshedClaims::AsBefore => Ok(None),
            RefreshedClaims::Ended(failure) => Err(failure),
        }
    }

    /// Stores `session` in place of `before`.
    async fn keep(self: &Arc<Self>, before: &Arc<Kept>, session: Session) -> Renewal {
        let used_at = session.used_at;
        let ends_in = self.ends_in(&session, used_at);
        let replaced = self.store.replace(&before.key, before.version, &session, ends_in).await;
        if self.ended.contains(&session.id) {
            self.revoke(&session).await;
            return Renewal::Final;
        }
        let error = match replaced {
            Ok(Some((key, version))) => {
                counters::refreshed();
                return Renewal::newer(&key, Stored { session, version, used_at });
            }
            Ok(None) => match self.store.load(&before.key).await {
                // Another instance had the lock meanwhile.
                Ok(Some(stored)) => return Renewal::newer(&before.key, stored),
                // The session has ended meanwhile.
                Ok(None) => {
                    self.revoke(&session).await;
                    return Renewal::Final;
                }
                Err(error) => error,
            },
            Err(error) => error,
        };
        failed(error.clone()).log("refresh");
        if matches!(error, StoreError::TooLarge) {
            return Renewal::Final;
        }
        let stored = Stored { session, version: before.version + 1, used_at };
        Renewal::Newer(Arc::new(Kept { is_unsaved: true.into(), ..Kept::new(before.key.clone(), stored) }))
    }

    /// Stores a session that the store did not accept, as soon as it does: the server no longer accepts the tokens before.
    /// Until then, no other instance may refresh.
    async fn save(self: Arc<Self>, version: u64, kept: Arc<Kept>, lock: Lock) {
        let Some(shared) = self.store.shared() else { return };
        loop {
            let _ = shared.hold(&kept.key, &lock, LOCK).await;
            let ends_in = self.ends_in(&kept.session, kept.used_at);
            let is_kept = self.store.replace(&kept.key, version, &kept.session, ends_in).await.is_ok();
            if is_kept || ends_in.is_zero() {
                let _ = shared.unlock(&kept.key, &lock).await;
                kept.is_unsaved.store(false, Ordering::Relaxed);
                return;
            }
            tokio::time::sleep(SAVE_AGAIN).await;
        }
    }

    async fn end_for_good(&self, kept: &Kept) -> Renewal {
        if let Err(error) = self.store.remove(&kept.key).await {
            failed(error).log("removal of a session");
        }
        Renewal::Final
    }

    /// Records that the session is used, if there is no recent record.
    fn note_use(self: &Arc<Self>, kept: &Arc<Kept>, headers: &HeaderMap) -> Vec<SetCookie> {
        let now = self.clock.now();
        let unnoted = Duration::from_secs(now.as_secs().saturating_sub(self.used_at(kept, headers)));
        if unnoted < LONGEST_UNNOTED.min(self.lifetimes.idle / 10) {
            return Vec::new();
        }
        if self.store.shared().is_some() {
            let (this, kept) = (self.clone(), kept.clone());
            tokio::spawn(async move {
                let ends_in = this.ends_in(&kept.session, now.as_secs());
                if let Some(shared) = this.store.shared() {
                    let _ = shared.touch(&kept.key, now, ends_in).await;
                }
            });
            return Vec::new();
        }
        let content = Secret::new(format!("{} {}", now.as_secs(), kept.session.id));
        let sealed = self.sealer.seal(USED, content);
        sealed.and_then(|sealed| self.cookies.set(USED, &sealed, SameSite::Strict, None)).into_iter().collect()
    }

    /// When the session of a request was last used, as far as that was recorded.
    fn used_at(&self, kept: &Kept, headers: &HeaderMap) -> u64 {
        let noted = self.cookies.value(headers, USED).and_then(|sealed| self.sealer.open(USED, sealed));
        let noted = noted.as_ref().and_then(|content| content.expose().split_once(' '));
        let noted = noted.filter(|(_, id)| *id == kept.session.id).and_then(|(at, _)| at.parse().ok());
        noted.unwrap_or(0).max(kept.used_at)
    }

    fn session_cookie(&self) -> SessionCookie {
        SessionCookie::new(self.cookies.clone())
    }
}

/// The name of one version of a session.
fn name(kept: &Kept) -> String {
    format!("{} {}", digest(&kept.key), kept.version)
}

fn failed(error: StoreError) -> Failure {
    match error {
        StoreError::TooLarge => {
            let hint = "Have the server issue smaller tokens, opaque ones best: a browser keeps about 11 kB of them. Or set \
                        WICKETGATE_SESSION_STORE (session_store).";
            Failure::new(StatusCode::BAD_GATEWAY, "server_error", "The server's tokens are too large to be kept.", hint)
        }
        StoreError::Unavailable(cause) => {
            let hint = "Check that the store of WICKETGATE_SESSION_STORE (session_store) is up and takes writes.";
            let description = "The store of the sessions cannot be reached.";
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", description, hint).because(cause)
        }
    }
}

fn busy() -> Failure {
    let hint = "Look whether an instance was ended in the middle of a refresh, or the authorization server is slow.";
    let description = "The session is being refreshed by another instance.";
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", description, hint)
}
