//! The session: who is signed in, the access token, and who wants to know of changes.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use super::callback::CallbackFlight;
use super::flight::Flight;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::Request;
use crate::protocol::json::Json;
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

/// What the server gave.
struct Tokens {
    access_token: Secret,
    /// On the monotonic clock.
    expires_at: Option<u64>,
    refresh_token: Option<Secret>,
    /// For a logout at the server.
    id_token: Option<Secret>,
    /// What they were asked for (RFC 8707).
    resource: Option<Json>,
}

/// A refresh, and who waits for it.
pub(super) type Refresh = Flight<Result<(), Error>>;

type Listener = Rc<dyn Fn(&Rc<Session>)>;

/// What all clients of one page share that have the same [`identity`](super::Configuration::identity).
pub(crate) struct Shared {
    pub(super) identity: String,
    pub(super) callbacks: RefCell<Vec<CallbackFlight>>,
    session: RefCell<Rc<Session>>,
    tokens: RefCell<Option<Tokens>>,
    pub(super) refreshing: RefCell<Option<Rc<Refresh>>>,
    listeners: RefCell<Vec<(u32, Listener)>>,
    subscriptions: Cell<u32>,
    callbacks_begun: Cell<u32>,
    turns: Cell<u32>,
    decided: Cell<u32>,
}

impl Shared {
    pub(super) fn new(identity: String) -> Self {
        Self {
            identity,
            callbacks: RefCell::default(),
            session: RefCell::new(Rc::new(Session::signed_out())),
            tokens: RefCell::default(),
            refreshing: RefCell::default(),
            listeners: RefCell::default(),
            subscriptions: Cell::default(),
            callbacks_begun: Cell::default(),
            turns: Cell::default(),
            decided: Cell::default(),
        }
    }

    pub(super) fn session(&self) -> Rc<Session> {
        self.session.borrow().clone()
    }

    pub(super) fn is_signed_in(&self) -> bool {
        self.session.borrow().status != Status::SignedOut
    }

    /// Begins a session with `tokens`, which were asked for `resource`. `sent_at` is when, on both clocks, in
    /// milliseconds: what the network took is counted against the token, never for it.
    pub(super) fn sign_in(&self, tokens: TokenSet, claims: Option<Json>, resource: Option<Json>, sent_at: SentAt) {
        let expires_on = |clock: u64| tokens.expires_in.map(|lifetime| clock.saturating_add(lifetime));
        let session = Session {
            status: Status::SignedIn,
            claims,
            expires_at: expires_on(sent_at.wall).map(|millis| millis / 1000),
            token_type: Some(tokens.token_type),
            scope: tokens.scope,
        };
        self.tokens.replace(Some(Tokens {
            expires_at: expires_on(sent_at.monotonic),
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token,
            id_token: tokens.id_token,
            resource,
        }));
        self.change(session);
    }

    /// Goes on with renewed `tokens`. What the server did not send anew stays as it is.
    pub(super) fn renew(&self, mut tokens: TokenSet, claims: Option<Json>, sent_at: SentAt) {
        let (session, before) = (self.session(), self.tokens.take());
        let resource = before.and_then(|before| {
            tokens.refresh_token = tokens.refresh_token.take().or(before.refresh_token);
            tokens.id_token = tokens.id_token.take().or(before.id_token);
            before.resource
        });
        tokens.scope = tokens.scope.take().or_else(|| session.scope.clone());
        self.sign_in(tokens, claims.or_else(|| session.claims.clone()), resource, sent_at);
    }

    /// Whether the server gave what renews the access token.
    pub(super) fn can_renew(&self) -> bool {
        self.tokens.borrow().as_ref().is_some_and(|tokens| tokens.refresh_token.is_some())
    }

    /// The request that renews the access token.
    pub(super) fn refresh_request(&self, token_endpoint: &str, client_id: &str) -> Option<Request> {
        let tokens = self.tokens.borrow();
        let tokens = tokens.as_ref()?;
        Some(refresh_request(token_endpoint, client_id, tokens.refresh_token.as_ref()?, tokens.resource.as_ref()))
    }

    /// Takes over a refresh token that replaces the one before (RFC 6749 §6), where there is one.
    pub(super) fn rotate(&self, refresh_token: Option<Secret>) {
        if let Some(tokens) = self.tokens.borrow_mut().as_mut().filter(|_| refresh_token.is_some()) {
            tokens.refresh_token = refresh_token;
        }
    }

    /// The server could not be asked, or gave no answer that ends the session.
    pub(super) fn go_stale(&self) {
        if self.session.borrow().status == Status::SignedIn {
            let session = Session { status: Status::Stale, ..(*self.session()).clone() };
            self.change(session);
        }
    }

    /// Begins a session whose tokens a backend has.
    pub(super) fn sign_in_at_backend(&self, session: Session) {
        self.tokens.take();
        self.change(session);
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

    /// Ends the session, and gives out its ID token.
    pub(super) fn sign_out(&self) -> Option<Secret> {
        self.decide(self.take_turn());
        let tokens = self.tokens.take();
        // What a callback once ended in is not said again after the session has ended.
        self.callbacks.borrow_mut().retain(CallbackFlight::is_under_way);
        if self.is_signed_in() {
            self.change(Session::signed_out());
        }
        tokens.and_then(|tokens| tokens.id_token)
    }

    /// The access token, where it is still good for `min_validity` milliseconds; `now` is on the monotonic
    /// clock.
    pub(super) fn access_token(&self, now: u64, min_validity: u64) -> Result<String, Error> {
        let tokens = self.tokens.borrow();
        let reason = match &*tokens {
            Some(tokens) if tokens.expires_at.is_none_or(|at| now.saturating_add(min_validity) < at) => {
                return Ok(tokens.access_token.expose().into());
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

    fn change(&self, session: Session) {
        let session = Rc::new(session);
        self.session.replace(session.clone());
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
