//! The session: who is signed in, the access token, and who wants to know of changes.

use core::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::callback::CallbackFlight;
use super::flight::Flight;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::Request;
use crate::protocol::json::{Json, SecretObject};
use crate::protocol::pkce::digest;
use crate::protocol::secret::Secret;
use crate::protocol::token::{TokenSet, TokenType, refresh_request};

/// Whether somebody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody is.
    SignedOut,
    /// Somebody is.
    SignedIn,
    /// Somebody is, but the last refresh failed. Only the server's own word ends a session.
    Stale,
}

impl Status {
    /// The word of the JavaScript API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::SignedIn => "signed-in",
            Self::Stale => "stale",
        }
    }
}

/// A snapshot of the session. No token is in it.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whether somebody is signed in.
    pub status: Status,
    /// The claims of the ID token, validated; or those that the backend answered with.
    pub claims: Option<Json>,
    /// What was granted.
    pub scope: Option<String>,
    /// When the access token expires, in seconds since the Unix epoch.
    pub expires_at: Option<u64>,
    /// How the access token is used; absent where a backend has it.
    pub token_type: Option<TokenType>,
}

impl Session {
    fn signed_out() -> Self {
        Self { status: Status::SignedOut, claims: None, scope: None, expires_at: None, token_type: None }
    }

    /// What a page may know of `record`.
    fn of_record(record: &Json) -> Self {
        Self {
            status: Status::SignedIn,
            claims: record.member("claims").cloned(),
            scope: record.text("scope").map(String::from),
            expires_at: record.integer(EXPIRES_AT).map(|millis| millis / 1000),
            token_type: Some(TokenType::Bearer),
        }
    }

    /// Somebody is signed in, and nothing else is known.
    pub(super) fn signed_in() -> Self {
        Self { status: Status::SignedIn, ..Self::signed_out() }
    }

    /// The `Session` of the JavaScript API; absent members are absent.
    pub fn to_json(&self) -> Json {
        let mut object = Json::empty();
        object.set_text("status", Some(self.status.as_str()));
        object.set_text("scope", self.scope.as_deref());
        object.set_text("tokenType", self.token_type.map(TokenType::as_str));
        object.set_copy("claims", self.claims.as_ref());
        if let Some(expires_at) = self.expires_at {
            object.set("expiresAt", Json::from(expires_at));
        }
        object
    }

    /// Reads a backend's answer: the session, or an object that has it as `session`. What is not there, or
    /// of another type, is unknown. `None` where it says `null`: nobody is signed in.
    pub(super) fn from_backend(answer: &Json) -> Option<Self> {
        let session = answer.member("session").unwrap_or(answer);
        if matches!(session, Json::Null) {
            return None;
        }
        Some(Self {
            status: Status::SignedIn,
            claims: session.member("claims").filter(|claims| matches!(claims, Json::Object(_))).cloned(),
            scope: session.text("scope").map(String::from),
            expires_at: session.member("expiresAt").and_then(Json::as_millis).map(|millis| millis / 1000),
            token_type: None,
        })
    }
}

/// What the server gave, as it is kept: an object of `v` (the version of this form), `access_token`, `refresh_token`,
/// `id_token`, `scope`, `claims`, `login` (whose tokens these are, also when they are renewed: the `state` of the authorization
/// request), `resource` (what they were asked for, RFC 8707), `replaced` (a digest of the access token that was renewed), each
/// where there is one, and `expires_at`, in milliseconds since the Unix epoch.
pub(super) struct Held {
    record: SecretObject,
    /// On the monotonic clock.
    expires_at: Option<u64>,
}

impl Held {
    /// The form in which it is kept.
    pub(super) fn to_text(&self) -> Secret {
        Secret::new(self.record.to_text())
    }
}

pub(super) const LOGIN: &str = "login";
const EXPIRES_AT: &str = "expires_at";
const REPLACED: &str = "replaced";
/// In milliseconds.
const LIFETIME: &str = "lifetime";

/// The longest time, in milliseconds, that a server is left alone because it asked for that: who waits for it is a person.
const LONGEST_HOLD_OFF: u64 = 300_000;

/// A refresh, and who waits for it.
pub(super) type Refresh = Flight<Result<(), Error>>;

type Listener = Rc<dyn Fn(&Rc<Session>)>;

/// What all clients of one page share that have the same [`identity`](super::Configuration::identity).
///
/// What changes the session here tells nobody: [`announce`](Self::announce) does, when no lock is held.
pub(crate) struct Shared {
    pub(super) identity: String,
    /// The name of the session outside of the page, made when it is asked for first.
    pub(super) key: OnceCell<String>,
    pub(super) callbacks: RefCell<Vec<CallbackFlight>>,
    session: RefCell<Rc<Session>>,
    announced: RefCell<Rc<Session>>,
    held: RefCell<Option<Held>>,
    /// What the store has of it, as far as this page knows.
    pub(super) kept: RefCell<Option<String>>,
    pub(super) is_retrying: Cell<bool>,
    /// Until when, on the monotonic clock, the server has asked to be left alone, and how it said so.
    held_off: RefCell<Option<(u64, Error)>>,
    pub(super) refreshing: RefCell<Option<Rc<Refresh>>>,
    listeners: RefCell<Vec<(u32, Listener)>>,
    subscriptions: Cell<u32>,
    callbacks_begun: Cell<u32>,
    turns: Cell<u32>,
    decided: Cell<u32>,
    sessions: Cell<u32>,
    /// Logouts that the backend has not answered yet: what it says meanwhile of its session is not true any more.
    pub(super) leaving: Cell<u32>,
}

impl Shared {
    pub(super) fn new(identity: String) -> Self {
        let session = Rc::new(Session::signed_out());
        Self {
            identity,
            key: OnceCell::default(),
            callbacks: RefCell::default(),
            announced: RefCell::new(session.clone()),
            session: RefCell::new(session),
            held: RefCell::default(),
            kept: RefCell::default(),
            is_retrying: Cell::default(),
            held_off: RefCell::default(),
            refreshing: RefCell::default(),
            listeners: RefCell::default(),
            subscriptions: Cell::default(),
            callbacks_begun: Cell::default(),
            turns: Cell::default(),
            decided: Cell::default(),
            sessions: Cell::default(),
            leaving: Cell::default(),
        }
    }

    pub(super) fn session(&self) -> Rc<Session> {
        self.session.borrow().clone()
    }

    pub(super) fn is_signed_in(&self) -> bool {
        self.session.borrow().status != Status::SignedOut
    }

    /// What to hold of the `tokens` of a login, which were asked for `resource`. `sent_at` is when, on both clocks, in
    /// milliseconds: what the network took is counted against the token, never for it.
    pub(super) fn held(
        tokens: &TokenSet,
        claims: Option<&Json>,
        login: Option<&str>,
        resource: Option<&Json>,
        sent_at: SentAt,
    ) -> Held {
        let expires_on = |clock: u64| tokens.expires_in.map(|lifetime| clock.saturating_add(lifetime));
        let mut record = SecretObject::empty();
        record.set("v", Json::from(1));
        record.set_text("access_token", Some(tokens.access_token.expose()));
        record.set_text("refresh_token", tokens.refresh_token.as_ref().map(Secret::expose));
        // One that nobody has asked for, and so nobody validated, is nothing to keep.
        record.set_text("id_token", tokens.id_token.as_ref().filter(|_| claims.is_some()).map(Secret::expose));
        record.set_text("scope", tokens.scope.as_deref());
        record.set_copy("claims", claims);
        record.set_text(LOGIN, login);
        record.set_copy("resource", resource);
        if let Some(expires_at) = expires_on(sent_at.wall) {
            record.set(EXPIRES_AT, Json::from(expires_at));
            record.set(LIFETIME, Json::from(tokens.expires_in.unwrap_or_default()));
        }
        Held { record, expires_at: expires_on(sent_at.monotonic) }
    }

    /// What to hold of renewed `tokens`. What the server did not send anew stays as it is.
    pub(super) fn renewed(&self, tokens: &TokenSet, claims: Option<&Json>, sent_at: SentAt) -> Held {
        let mut renewed = Self::held(tokens, claims, None, None, sent_at);
        let before = self.held.borrow();
        let replaced = before.as_ref().and_then(|before| before.record.text("access_token")).map(digest);
        renewed.record.set_text(REPLACED, replaced.as_deref());
        for (name, value) in before.as_ref().map_or(&[][..], |before| before.record.members()) {
            if name != EXPIRES_AT && name != LIFETIME && renewed.record.member(name).is_none() {
                renewed.record.set(name, value.clone());
            }
        }
        renewed
    }

    /// Goes on with `held`. Nobody hears of it before [`announce`](Self::announce).
    pub(super) fn go_on(&self, held: Held) {
        self.session.replace(Rc::new(Session::of_record(&held.record)));
        self.held.replace(Some(held));
    }

    /// Begins a session with `held`.
    pub(super) fn sign_in(&self, held: Held) {
        next(&self.sessions);
        self.refreshing.take();
        self.held_off.take();
        self.go_on(held);
    }

    /// What is to be kept of the session, where there are tokens.
    pub(super) fn record(&self) -> Option<Secret> {
        self.held.borrow().as_ref().map(Held::to_text)
    }

    /// Goes on with the session that `record` is of. `false` where it is none, or one that is over.
    pub(super) fn adopt(&self, record: SecretObject, now: SentAt) -> bool {
        let left = record.member(EXPIRES_AT).map(|_| record.integer(EXPIRES_AT).unwrap_or_default().saturating_sub(now.wall));
        let is_over = left == Some(0) && record.text("refresh_token").is_none();
        if record.integer("v") != Some(1) || record.text("access_token").is_none() || is_over {
            return false;
        }
        let held = Held { record, expires_at: left.map(|left| now.monotonic.saturating_add(left)) };
        // It may be another user's, or of another login: what is under way for the one before is not for this.
        next(&self.sessions);
        self.go_on(held);
        true
    }

    /// Counts the sessions of this page: one that is renewed is the same.
    pub(super) fn number(&self) -> u32 {
        self.sessions.get()
    }

    /// How long the access token is good for in all, in milliseconds, where that is known.
    pub(super) fn lifetime(&self) -> Option<u64> {
        self.held.borrow().as_ref().and_then(|held| held.record.integer(LIFETIME))
    }

    /// Whether the server gave what renews the access token.
    pub(super) fn can_renew(&self) -> bool {
        self.held.borrow().as_ref().is_some_and(|held| held.record.text("refresh_token").is_some())
    }

    /// The present access token, however good it is.
    pub(super) fn present_token(&self) -> Option<Secret> {
        self.held.borrow().as_ref()?.record.text("access_token").map(|token| Secret::new(token.into()))
    }

    /// Whether `token` is the present access token, however good that is.
    pub(super) fn holds(&self, token: &str) -> bool {
        self.held.borrow().as_ref().is_some_and(|held| held.record.text("access_token") == Some(token))
    }

    /// Whether the present access token is what `token` was renewed to: of the same login, and so of the same user.
    pub(super) fn has_replaced(&self, token: &str) -> bool {
        let replaced = digest(token);
        self.held.borrow().as_ref().is_some_and(|held| held.record.text(REPLACED) == Some(&replaced))
    }

    /// The request that renews the access token.
    pub(super) fn refresh_request(&self, token_endpoint: &str, client_id: &str) -> Option<Request> {
        let held = self.held.borrow();
        let record = &held.as_ref()?.record;
        Some(refresh_request(token_endpoint, client_id, record.text("refresh_token")?, record.member("resource")))
    }

    /// Takes over a refresh token that replaces the one before (RFC 6749 §6), where there is one.
    /// Tells whether there was one.
    pub(super) fn rotate(&self, refresh_token: Option<&Secret>) -> bool {
        if let Some(held) = self.held.borrow_mut().as_mut() {
            held.record.set_text("refresh_token", refresh_token.map(Secret::expose));
        }
        refresh_token.is_some()
    }

    /// The server could not be asked, or gave no answer that ends the session.
    pub(super) fn go_stale(&self) {
        if self.is_signed_in() && !self.is_stale() {
            let session = Session { status: Status::Stale, ..(*self.session()).clone() };
            self.session.replace(Rc::new(session));
        }
    }

    /// Lets no refresh go out for so many milliseconds, which all end in `error`. Not for longer than [`LONGEST_HOLD_OFF`].
    pub(super) fn hold_off(&self, now: SentAt, millis: u64, error: &Error) {
        self.held_off.replace(Some((now.monotonic.saturating_add(millis.min(LONGEST_HOLD_OFF)), error.clone())));
    }

    /// For how many milliseconds more no refresh goes out, and what it ends in.
    pub(super) fn held_off(&self, now: SentAt) -> Option<(u64, Error)> {
        let (until, error) = self.held_off.borrow().clone()?;
        Some((until.checked_sub(now.monotonic).filter(|left| *left > 0)?, error))
    }

    pub(super) fn is_stale(&self) -> bool {
        self.session.borrow().status == Status::Stale
    }

    /// Begins a session whose tokens a backend has.
    pub(super) fn sign_in_at_backend(&self, session: Session) {
        next(&self.sessions);
        self.go_on_at_backend(session);
    }

    /// Goes on with what the backend answers to a question. It is no other session for that: an answer to a later question
    /// still counts.
    pub(super) fn go_on_at_backend(&self, session: Session) {
        self.held.take();
        self.session.replace(Rc::new(session));
    }

    /// Takes a turn at deciding the session, as a login does when it sends its request. Answers come in any order,
    /// but what was decided in a later turn is not undone by an earlier one.
    pub(super) fn take_turn(&self) -> u32 {
        next(&self.turns)
    }

    /// The number of the next callback: none is used twice.
    pub(super) fn next_callback(&self) -> u32 {
        next(&self.callbacks_begun)
    }

    /// The latest turn that was taken.
    pub(super) fn latest_turn(&self) -> u32 {
        self.turns.get()
    }

    /// The latest turn that has decided.
    pub(super) fn decided(&self) -> u32 {
        self.decided.get()
    }

    /// Lets `turn` decide.
    pub(super) fn decide(&self, turn: u32) {
        self.decided.set(turn);
    }

    /// Ends the session, and gives out what was held. A login under way is another session's, and goes on.
    pub(super) fn end(&self) -> Option<SecretObject> {
        next(&self.sessions);
        self.refreshing.take();
        let held = self.held.take();
        // What a callback once ended in is not said again after the session has ended.
        self.callbacks.borrow_mut().retain(CallbackFlight::is_under_way);
        if self.is_signed_in() {
            self.session.replace(Rc::new(Session::signed_out()));
        }
        held.map(|held| held.record)
    }

    /// The access token, where it is still good for `min_validity` milliseconds. The monotonic clock counts; but it may
    /// stand still while the machine sleeps, so one that can be renewed must be good on the other clock too.
    pub(super) fn access_token(&self, now: SentAt, min_validity: u64) -> Result<String, Error> {
        let held = self.held.borrow();
        let is_before = |clock: u64, end: Option<u64>| end.is_none_or(|end| clock.saturating_add(min_validity) < end);
        let is_good = |held: &Held| {
            let can_renew = held.record.text("refresh_token").is_some();
            is_before(now.monotonic, held.expires_at) && (!can_renew || is_before(now.wall, held.record.integer(EXPIRES_AT)))
        };
        let reason = match &*held {
            Some(held) if is_good(held) => {
                return Ok(held.record.text("access_token").unwrap_or_default().into());
            }
            Some(_) => "it has expired",
            None if self.is_signed_in() => "the backend keeps it",
            None => "nobody is signed in",
        };
        Err(ErrorKind::NoSession { reason }.into())
    }

    pub(super) fn subscribe(&self, listener: Listener) -> u32 {
        let id = next(&self.subscriptions);
        self.listeners.borrow_mut().push((id, listener));
        id
    }

    pub(super) fn unsubscribe(&self, id: u32) {
        self.listeners.borrow_mut().retain(|(other, _)| *other != id);
    }

    /// Tells all who want to know that the session has changed, where it has.
    pub(super) fn announce(&self) {
        let session = self.session();
        if Rc::ptr_eq(&self.announced.replace(session.clone()), &session) {
            return;
        }
        // A listener may call anything, this included: nothing is borrowed while it runs.
        let ids: Vec<u32> = self.listeners.borrow().iter().map(|(id, _)| *id).collect();
        for id in ids {
            // What a listener has changed, all have been told of already.
            if !Rc::ptr_eq(&self.session.borrow(), &session) {
                return;
            }
            let listener = self.listeners.borrow().iter().find(|(other, _)| *other == id).map(|(_, listener)| listener.clone());
            if let Some(listener) = listener {
                listener(&session);
            }
        }
    }
}

/// Counts on.
fn next(counter: &Cell<u32>) -> u32 {
    counter.set(counter.get().wrapping_add(1));
    counter.get()
}

/// One moment on both clocks, in milliseconds.
#[derive(Clone, Copy)]
pub(super) struct SentAt {
    pub(super) wall: u64,
    pub(super) monotonic: u64,
}
