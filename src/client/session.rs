//! The session: who is signed in, the access token, and who wants to know of changes.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use super::callback::CallbackFlight;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::Json;
use crate::protocol::secret::Secret;
use crate::protocol::token::{TokenSet, TokenType};

/// Whether somebody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody is.
    SignedOut,
    /// Somebody is.
    SignedIn,
}

impl Status {
    /// The word of the JavaScript API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::SignedIn => "signed-in",
        }
    }
}

/// A snapshot of the session. No token is in it.
#[derive(Debug)]
pub struct Session {
    /// Whether somebody is signed in.
    pub status: Status,
    /// What the backend answered with.
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

struct Token {
    secret: Secret,
    /// On the monotonic clock.
    expires_at: Option<u64>,
}

type Listener = Rc<dyn Fn(&Rc<Session>)>;

/// What all clients of one page share that have the same [`identity`](super::Configuration::identity).
pub(crate) struct Shared {
    pub(super) identity: String,
    pub(super) callbacks: RefCell<Vec<CallbackFlight>>,
    session: RefCell<Rc<Session>>,
    token: RefCell<Option<Token>>,
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
            token: RefCell::default(),
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
        self.session.borrow().status == Status::SignedIn
    }

    /// Begins a session with `tokens`. `sent_at` is when they were asked for, on both clocks, in
    /// milliseconds: what the network took is counted against the token, never for it.
    pub(super) fn sign_in(&self, tokens: TokenSet, sent_at: SentAt) {
        let expires_on = |clock: u64| tokens.expires_in.map(|lifetime| clock.saturating_add(lifetime));
        let session = Session {
            status: Status::SignedIn,
            claims: None,
            expires_at: expires_on(sent_at.wall).map(|millis| millis / 1000),
            token_type: Some(tokens.token_type),
            scope: tokens.scope,
        };
        let expires_at = expires_on(sent_at.monotonic);
        self.token.replace(Some(Token { secret: tokens.access_token, expires_at }));
        self.change(session);
    }

    /// Begins a session whose tokens a backend has.
    pub(super) fn sign_in_at_backend(&self, session: Session) {
        self.token.take();
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

    pub(super) fn sign_out(&self) {
        self.decide(self.take_turn());
        self.token.take();
        // What a callback once ended in is not said again after the session has ended.
        self.callbacks.borrow_mut().retain(CallbackFlight::is_under_way);
        if self.is_signed_in() {
            self.change(Session::signed_out());
        }
    }

    /// The access token, where it is still good for `min_validity` milliseconds; `now` is on the monotonic
    /// clock.
    pub(super) fn access_token(&self, now: u64, min_validity: u64) -> Result<String, Error> {
        let token = self.token.borrow();
        let reason = match &*token {
            Some(token) if token.expires_at.is_none_or(|at| now.saturating_add(min_validity) < at) => {
                return Ok(token.secret.expose().into());
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
