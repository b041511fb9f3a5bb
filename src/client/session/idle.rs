//! [`Idle`]: what a page knows of the use of a session, and when the session ends by that.
//!
//! All tabs of the origin share the time of the user's last activity: it lies in the origin's store, so that a user who works in
//! one tab keeps the session of the others. The clock is the wall clock: a computer that sleeps is not in use.

use core::cell::Cell;

use super::name::SessionName;
use super::snapshot::EndedBy;
use super::state::State;
use crate::client::configuration::Settings;
use crate::host::{Host, Store};
use crate::protocol::json::{Json, decimal};

const PREFIX: &str = "wicketgate.active.";

/// In the place of the time of the last activity: the session has ended, because nobody used it.
const RAN_OUT: u64 = 0;

/// How often a tab writes down that the user is active, in milliseconds; more often if the limit is short.
const WRITING: u64 = 5000;

/// What a page knows of the use of one session. All times are milliseconds on the wall clock.
#[derive(Default)]
pub(crate) struct Idle {
    /// The last activity in this tab, for a page whose store does not work.
    active_at: Cell<u64>,
    is_followed: Cell<bool>,
    /// The session ends, or has ended, because nobody used it.
    has_run_out: Cell<bool>,
    alarm: Cell<Option<u64>>,
}

/// What to do after the snapshot was written.
pub(crate) enum Next {
    Nothing,
    /// The session's time is over: end it.
    RunOut,
    /// Look again at this time.
    Look(u64),
}

impl Idle {
    /// Whether the user's activity is to be followed from now on: true once.
    pub(crate) fn begin_to_follow(&self) -> bool {
        !self.is_followed.replace(true)
    }

    /// A login begins, or has succeeded: the user is there, and the time before counts for nothing.
    pub(crate) fn begin_anew<H: Host>(&self, host: &H, name: &SessionName, has_succeeded: bool) {
        self.has_run_out.set(false);
        self.active_at.take();
        if has_succeeded || !asks_anew(host, name) {
            host.forget(Store::Origin, &key(name));
        }
    }

    /// The session has ended, because nobody used it. This is remembered until a login has succeeded.
    pub(crate) fn remember_end<H: Host>(&self, host: &H, name: &SessionName) {
        self.put(host, name, RAN_OUT);
    }

    /// The user has done something. `is_told` says that the end was announced, and all tabs must know that it is off.
    pub(crate) fn note<H: Host>(&self, host: &H, settings: &Settings, name: &SessionName, is_told: bool) {
        let now = host.wall_clock();
        let pause = settings.idle_limit().map_or(0, |limit| (limit / 20).min(WRITING));
        if is_told || now.saturating_sub(self.active_at(host, settings, name)) >= pause {
            self.put(host, name, now);
        }
    }

    /// When the session ends if nobody does anything. `None` without a limit.
    pub(crate) fn end<H: Host>(&self, host: &H, settings: &Settings, name: &SessionName) -> Option<u64> {
        let limit = settings.idle_limit()?;
        Some(self.active_at(host, settings, name).saturating_add(limit))
    }

    /// The session ends now, because nobody used it. Returns false if that has begun already.
    pub(crate) fn run_out(&self) -> bool {
        !self.has_run_out.replace(true)
    }

    /// Writes into the snapshot that the session ends soon, or that it has ended because nobody used it.
    pub(crate) fn mark<H: Host>(&self, host: &H, settings: &Settings, state: &State, name: &SessionName) -> Next {
        let warning = settings.end_warning();
        if warning.is_none() && settings.idle_limit().is_none() {
            return Next::Nothing;
        }
        let session = state.session();
        if !state.is_signed_in() {
            self.alarm.take();
            let was_idle = self.has_run_out.get() && session.ended_by == Some(EndedBy::Logout);
            state.set_end(None, was_idle);
            return Next::Nothing;
        }
        let now = host.wall_clock();
        let idle_end = self.end(host, settings, name);
        if idle_end.is_some_and(|end| end <= now) {
            // An earlier page kept the session, and nobody has used it since: it ends before anybody hears of it.
            return if self.has_run_out.get() { Next::Nothing } else { Next::RunOut };
        }
        self.has_run_out.set(false);
        // It was milliseconds before: this cannot overflow.
        let by_server = session.ends_at.map(|instant| instant * 1000);
        let Some(end) = [idle_end, by_server].into_iter().flatten().min() else { return Next::Nothing };
        let is_near = warning.is_some_and(|warning| now.saturating_add(warning) >= end);
        // To the second before: a countdown must not promise too much.
        state.set_end(is_near.then_some(end / 1000), false);
        // The server's end has an alarm of its own.
        let next = if is_near { idle_end } else { warning.map(|warning| end.saturating_sub(warning)).or(idle_end) };
        match next {
            Some(at) if at > now && self.alarm.replace(next) != next => Next::Look(at),
            _ => Next::Nothing,
        }
    }

    /// How long it is until the alarm at this time. `None` if another one was set meanwhile.
    pub(crate) fn left<H: Host>(&self, host: &H, at: u64) -> Option<u64> {
        if self.alarm.get() == Some(at) { Some(at.saturating_sub(host.wall_clock())) } else { None }
    }

    /// Whether the alarm at this time is still the one that counts. It rings once.
    pub(crate) fn is_over(&self, at: u64) -> bool {
        let is_over = self.alarm.get() == Some(at);
        if is_over {
            self.alarm.take();
        }
        is_over
    }

    /// The user's last activity in any tab. If it is unknown, the time begins now.
    fn active_at<H: Host>(&self, host: &H, settings: &Settings, name: &SessionName) -> u64 {
        let now = host.wall_clock();
        let stored = host.stored(Store::Origin, &key(name)).ok().flatten().as_deref().and_then(decimal);
        // Another tab's session ran out, and nobody has used this one either. A backend may have begun another session since.
        if stored == Some(RAN_OUT) && settings.backend().is_none() {
            return RAN_OUT;
        }
        let known = [stored.unwrap_or_default(), self.active_at.get()];
        // A time to come was written before the clock was set back.
        let last = known.into_iter().filter(|at| *at <= now).max().unwrap_or_default();
        if last == 0 {
            self.put(host, name, now);
            return now;
        }
        last
    }

    fn put<H: Host>(&self, host: &H, name: &SessionName, now: u64) {
        self.active_at.set(now);
        let _ = host.store(Store::Origin, &key(name), Json::from(now).as_number().unwrap_or_default());
    }
}

/// Whether the latest session ended because nobody used it. The user is still logged in at the server, so the next login must
/// ask again who is there.
pub(crate) fn asks_anew<H: Host>(host: &H, name: &SessionName) -> bool {
    host.stored(Store::Origin, &key(name)).ok().flatten().as_deref().and_then(decimal) == Some(RAN_OUT)
}

fn key(name: &SessionName) -> String {
    let mut key = String::from(PREFIX);
    key.push_str(name.as_str());
    key
}
