//! [`State`]: who is signed in, and the effect of an event on that. No function here waits or uses a clock, a store or a
//! server: the state after an event follows from the state before it and from the event.

#[cfg(feature = "backend")]
mod at_backend;
#[cfg(feature = "tokens")]
mod here;

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use super::guard::Timeline;
use super::moment::Moment;
use super::snapshot::{EndedBy, Session, Status};
use super::tokens::Tokens;

/// Who is signed in. The state itself notifies nobody of a change: [`Listeners`](super::listeners::Listeners) do, when no lock
/// is held.
pub(crate) struct State {
    session: RefCell<Rc<Session>>,
    /// `None` also if a backend keeps the tokens.
    tokens: RefCell<Option<Tokens>>,
    /// When the client checks the session again, whatever happens until then.
    due: Cell<Option<Moment>>,
    /// The events that may overtake work.
    pub(crate) timeline: Timeline,
}

impl State {
    /// No user is signed in.
    pub(crate) fn new() -> Self {
        let session = RefCell::new(Rc::new(Session::signed_out(None)));
        Self { session, tokens: RefCell::default(), due: Cell::default(), timeline: Timeline::default() }
    }

    /// A snapshot; the same one until something changes.
    pub(crate) fn session(&self) -> Rc<Session> {
        self.session.borrow().clone()
    }

    /// Whether a user is signed in. In an expired session, nobody is.
    pub(crate) fn is_signed_in(&self) -> bool {
        matches!(self.session.borrow().status, Status::SignedIn | Status::Stale)
    }

    /// Whether there is no session, not even an expired one.
    pub(crate) fn is_signed_out(&self) -> bool {
        self.session.borrow().status == Status::SignedOut
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.session.borrow().status == Status::Stale
    }

    /// The server could not be reached to renew the session.
    pub(crate) fn go_stale(&self) {
        self.go_from(Status::SignedIn, Status::Stale);
    }

    fn go_from(&self, before: Status, status: Status) {
        let session = self.session();
        if session.status == before {
            self.session.replace(Rc::new(Session { status, ..(*session).clone() }));
        }
    }

    /// Writes into the snapshot when the session ends, if that is near, and whether it has ended because nobody used it.
    #[cfg(feature = "idle")]
    pub(crate) fn set_end(&self, ending_at: Option<u64>, was_idle: bool) {
        let session = self.session();
        if (session.ending_at, session.was_idle) != (ending_at, was_idle) {
            self.session.replace(Rc::new(Session { ending_at, was_idle, ..(*session).clone() }));
        }
    }

    /// When the client checks the session again, on the monotonic clock. `None` if time alone does not change the session.
    pub(crate) fn due(&self) -> Option<u64> {
        self.due.get().map(|due| due.monotonic)
    }

    /// Whether that time has come, on either clock: the monotonic one may stand still while the machine sleeps.
    pub(crate) fn is_due(&self, now: Moment) -> bool {
        self.due.get().is_some_and(|due| due.monotonic <= now.monotonic || due.wall <= now.wall)
    }

    /// Ends the session, and returns its tokens.
    pub(crate) fn end(&self, by: EndedBy) -> Option<Tokens> {
        self.timeline.session_changes();
        self.due.take();
        if !self.is_signed_out() {
            self.session.replace(Rc::new(Session::signed_out(Some(by))));
        }
        self.tokens.take()
    }
}

#[cfg(all(feature = "backend", feature = "tokens"))]
#[cfg(test)]
mod tests {
    use super::{State, Tokens};
    use crate::client::session::moment::Moment;
    use crate::client::session::snapshot::{EndedBy, Session, Status};
    use crate::protocol::json::SecretObject;
    use crate::protocol::secret::Secret;

    const NOW: Moment = Moment { wall: 1_000_000, monotonic: 5_000 };

    /// Tokens that are valid for ten seconds from [`NOW`].
    fn tokens(further: &str) -> Tokens {
        let record = String::from(r#"{"v":1,"access_token":"at-1","expires_at":1010000"#) + further + "}";
        Tokens::from_record(SecretObject::parse(record.as_bytes()).unwrap(), NOW).unwrap()
    }

    fn token(state: &State, min_validity: u64) -> Option<String> {
        state.access_token(&crate::client::session::target::OWN, NOW, min_validity).ok().map(Secret::into_exposed)
    }

    #[test]
    fn a_session_begins_and_ends_with_its_tokens() {
        let state = State::new();
        assert!(!state.is_signed_in() && token(&state, 0).is_none());
        state.begin(tokens(""));
        assert!(state.is_signed_in());
        assert_eq!(token(&state, 0).as_deref(), Some("at-1"));
        assert!(state.end(EndedBy::Logout).is_some());
        assert!(!state.is_signed_in() && token(&state, 0).is_none() && state.record().is_none());
    }

    #[test]
    fn another_session_overtakes_work_for_the_one_before_and_renewed_tokens_do_not() {
        let state = State::new();
        state.begin(tokens(""));
        let work = state.timeline.of_session();
        state.go_on(tokens(""));
        state.go_stale();
        assert!(!work.is_overtaken());
        state.begin(tokens(""));
        assert!(work.is_overtaken());
        let work = state.timeline.of_session();
        state.end(EndedBy::Logout);
        assert!(work.is_overtaken());
    }

    #[test]
    fn a_failed_refresh_makes_a_session_stale_and_signs_nobody_in() {
        let state = State::new();
        state.go_stale();
        assert_eq!(state.session().status, Status::SignedOut);
        state.begin(tokens(""));
        state.go_stale();
        assert_eq!(state.session().status, Status::Stale);
        assert_eq!(token(&state, 0).as_deref(), Some("at-1"), "the token is still valid");
        state.go_on(tokens(""));
        assert_eq!(state.session().status, Status::SignedIn);
    }

    #[test]
    fn an_answer_of_the_backend_is_no_other_session_and_a_login_there_is() {
        let state = State::new();
        state.begin_at_backend(Session::signed_in(), NOW);
        let work = state.timeline.of_session();
        state.go_on_at_backend(Session::signed_in(), NOW);
        assert!(!work.is_overtaken());
        assert!(state.is_signed_in() && token(&state, 0).is_none(), "the backend keeps the token");
        state.begin_at_backend(Session::signed_in(), NOW);
        assert!(work.is_overtaken());
    }

    #[test]
    fn a_token_is_handed_out_as_long_as_it_is_valid() {
        let state = State::new();
        state.begin(tokens(""));
        assert!(token(&state, 9_999).is_some());
        assert!(token(&state, 10_000).is_none());
        assert_eq!(
            state.present_token(&crate::client::session::target::OWN).map(Secret::into_exposed).as_deref(),
            Some("at-1"),
            "valid or not"
        );
    }

    #[test]
    fn a_rotated_refresh_token_is_in_what_is_kept() {
        let state = State::new();
        state.begin(tokens(r#","refresh_token":"rt-1""#));
        assert!(!state.rotate(None));
        assert!(state.record().unwrap().expose().contains("rt-1"));
        assert!(state.rotate(Some(&Secret::new("rt-2".into()))));
        let record = state.record().unwrap();
        assert!(record.expose().contains("rt-2") && !record.expose().contains("rt-1"));
    }

    #[test]
    fn a_snapshot_stays_the_same_until_something_changes() {
        let state = State::new();
        state.begin(tokens(""));
        let before = state.session();
        assert!(std::rc::Rc::ptr_eq(&before, &state.session()));
        state.go_stale();
        assert!(!std::rc::Rc::ptr_eq(&before, &state.session()));
    }
}
