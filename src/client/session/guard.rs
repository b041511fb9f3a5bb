//! [`Guard`]: tells work whether it was overtaken while it waited.
//!
//! Answers of the network come in any order. Work takes a guard before it waits, and asks the guard before it changes anything.
//! All guards read one [`Timeline`]: a clock that ticks with every event, and the ticks of the events to which work gives way.
//! Work is overtaken if such an event came after its guard. There are three kinds of work:
//!
//! - A **decision**, a login or a logout, determines who is signed in. It gives way to a decision that began later, once that
//!   one has been made. It does not give way to one that has only begun, because that may still fail.
//! - Work **of the session**, such as a refresh, gives way to the end of that session, and to another session that replaces it.
//! - A **question** to the backend who is signed in gives way to every event: even a login or a logout that has only begun is
//!   newer than the answer.

use core::cell::Cell;

use crate::protocol::error::{Error, ErrorKind};

/// The events of this page's session, in order.
#[derive(Default)]
pub(crate) struct Timeline {
    /// The tick of the latest event.
    clock: Cell<u32>,
    /// When the latest decision began.
    begun: Cell<u32>,
    /// When the decision that was made last began.
    decided: Cell<u32>,
    /// When the present session began, or the last one ended. A renewed session stays the same.
    session: Cell<u32>,
    /// How many logouts the backend has not answered yet.
    unanswered: Cell<u32>,
}

/// Taken by work before it waits.
pub(crate) struct Guard<'a> {
    /// When the latest event came to which this work gives way.
    gives_way_to: &'a Cell<u32>,
    since: u32,
}

impl Timeline {
    fn tick(&self) -> u32 {
        self.clock.set(self.clock.get().wrapping_add(1));
        self.clock.get()
    }

    /// A guard for a login or a logout that begins now.
    pub(crate) fn decision(&self) -> Guard<'_> {
        self.begun.set(self.tick());
        self.guard(&self.decided)
    }

    /// A guard for work on behalf of the present session.
    pub(crate) fn of_session(&self) -> Guard<'_> {
        self.guard(&self.session)
    }

    /// A guard for a question to the backend who is signed in. `None` while the backend handles a logout: the answer would be
    /// about the session that is ending.
    pub(crate) fn question(&self) -> Option<Guard<'_>> {
        (self.unanswered.get() == 0).then(|| self.guard(&self.clock))
    }

    fn guard<'a>(&self, gives_way_to: &'a Cell<u32>) -> Guard<'a> {
        Guard { gives_way_to, since: self.clock.get() }
    }

    /// Another session replaces the present one, or the present one ends.
    pub(crate) fn session_changes(&self) {
        self.session.set(self.tick());
    }

    /// Whether a decision has begun and not been made.
    pub(crate) fn is_undecided(&self) -> bool {
        self.begun.get() != self.decided.get()
    }

    /// The backend is asked to end its session.
    pub(crate) fn logout_begins(&self) {
        self.unanswered.set(self.unanswered.get() + 1);
    }

    /// The backend has answered, or will not answer.
    pub(crate) fn logout_ends(&self) {
        self.unanswered.set(self.unanswered.get() - 1);
    }
}

impl Guard<'_> {
    /// Whether an event came to which this work gives way.
    pub(crate) fn is_overtaken(&self) -> bool {
        self.gives_way_to.get() > self.since
    }

    /// # Errors
    /// `aborted` if this work was overtaken.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.is_overtaken() { Err(ErrorKind::Aborted.into()) } else { Ok(()) }
    }

    /// Makes the decision that took this guard: decisions that began before it are overtaken.
    pub(crate) fn decide(self) {
        self.gives_way_to.set(self.since);
    }
}

#[cfg(test)]
mod tests {
    use super::Timeline;

    #[test]
    fn a_login_is_overtaken_by_a_decision_that_began_later_and_by_no_other() {
        let timeline = Timeline::default();
        let (first, second, third) = (timeline.decision(), timeline.decision(), timeline.decision());
        first.decide();
        assert!(!second.is_overtaken() && !third.is_overtaken());
        third.decide();
        assert!(second.is_overtaken());
    }

    #[test]
    fn another_session_overtakes_work_on_behalf_of_the_one_before_and_no_login() {
        let timeline = Timeline::default();
        let (work, login) = (timeline.of_session(), timeline.decision());
        assert!(!work.is_overtaken(), "a login has only begun");
        timeline.session_changes();
        assert!(work.is_overtaken() && work.check().is_err());
        assert!(!login.is_overtaken());
        assert!(!timeline.of_session().is_overtaken());
    }

    #[test]
    fn a_question_is_overtaken_by_a_login_that_has_only_begun_and_by_another_session() {
        let timeline = Timeline::default();
        let question = timeline.question().unwrap();
        assert!(!question.is_overtaken());
        let _login = timeline.decision();
        assert!(question.is_overtaken());
        let question = timeline.question().unwrap();
        timeline.session_changes();
        assert!(question.is_overtaken());
    }

    #[test]
    fn no_question_is_asked_while_the_backend_has_a_logout_to_answer() {
        let timeline = Timeline::default();
        timeline.logout_begins();
        timeline.logout_begins();
        timeline.logout_ends();
        assert!(timeline.question().is_none());
        timeline.logout_ends();
        assert!(timeline.question().is_some());
    }

    #[test]
    fn a_login_under_way_has_not_decided() {
        let timeline = Timeline::default();
        assert!(!timeline.is_undecided());
        let login = timeline.decision();
        assert!(timeline.is_undecided());
        login.decide();
        assert!(!timeline.is_undecided());
    }
}
