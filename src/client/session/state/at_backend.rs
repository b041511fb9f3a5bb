//! The state of a session whose tokens a backend keeps.

use std::rc::Rc;

use super::State;
use crate::client::session::moment::Moment;
use crate::client::session::snapshot::Session;

/// How long the client waits before it asks a backend again that did not answer, in milliseconds.
const PAUSE: u64 = 60_000;

impl State {
    /// A login succeeded, and a backend keeps its tokens.
    pub(crate) fn begin_at_backend(&self, session: Session, now: Moment) {
        self.timeline.session_changes();
        self.go_on_at_backend(session, now);
    }

    /// The backend has answered who is signed in. The session stays the same: the answer to a later question still counts.
    pub(crate) fn go_on_at_backend(&self, session: Session, now: Moment) {
        self.tokens.take();
        // The client asks the backend again when the access token expires, and when the session ends.
        let instants = [session.expires_at, session.ends_at].into_iter().flatten().map(|instant| instant * 1000);
        let next = instants.filter(|instant| *instant > now.wall).min();
        self.due.set(next.map(|wall| Moment { wall, monotonic: now.monotonic.saturating_add(wall - now.wall) }));
        self.session.replace(Rc::new(session));
    }

    /// The backend did not answer: the client asks it again.
    pub(crate) fn look_again(&self, now: Moment) {
        self.due.set(Some(Moment { wall: now.wall.saturating_add(PAUSE), monotonic: now.monotonic.saturating_add(PAUSE) }));
    }
}
