//! [`Callbacks`]: the callbacks that were handled, so that each is handled once. A framework that mounts twice, or a page that
//! asks again after its URL was cleaned, gets the outcome of the first call.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::client::session::snapshot::Session;
use crate::client::shared_future::SharedFuture;
use crate::protocol::error::Error;
use crate::protocol::json::Json;
use crate::protocol::url::Url;

/// The number of callbacks whose outcomes a page remembers.
const REMEMBERED: usize = 4;

/// The outcome of a login.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoginResult {
    /// The place that the user wanted: path, query and fragment of the page's origin.
    pub return_to: String,
    /// The app state that was given to the login.
    pub app_state: Option<Json>,
    /// The session that began.
    pub session: Rc<Session>,
    /// The backend's answer, if a backend redeemed the code.
    pub backend: Option<Json>,
}

impl LoginResult {
    /// The `LoginResult` of the JavaScript API, without its session. A member that is `None` is left out.
    pub fn to_json(&self) -> Json {
        let mut object = Json::empty();
        object.set_text("returnTo", Some(&self.return_to));
        object.set_copy("appState", self.app_state.as_ref());
        object.set_copy("backend", self.backend.as_ref());
        object
    }
}

/// The outcome of a callback, for each of its callers.
pub(crate) type Outcome = Result<Rc<LoginResult>, Error>;

/// A callback that was begun, with the URL at which it came and the same URL without the response.
struct Callback {
    number: u32,
    url: Url,
    cleaned: String,
    outcome: Rc<SharedFuture<Outcome>>,
}

/// The callbacks of one session.
#[derive(Default)]
pub(crate) struct Callbacks {
    all: RefCell<Vec<Callback>>,
    begun: Cell<u32>,
}

impl Callbacks {
    /// Remembers a callback that begins now. `cleaned` is its URL without the response.
    pub(crate) fn begin(&self, url: &Url, cleaned: &str) -> Rc<SharedFuture<Outcome>> {
        let outcome = Rc::new(SharedFuture::new());
        let mut all = self.all.borrow_mut();
        let number = self.begun.get() + 1;
        self.begun.set(number);
        // A callback that is still running is needed, however many there are.
        let oldest = all.iter().position(|callback| callback.outcome.is_resolved());
        if let Some(oldest) = oldest.filter(|_| all.len() >= REMEMBERED) {
            all.remove(oldest);
        }
        all.push(Callback { number, url: url.clone(), cleaned: cleaned.into(), outcome: outcome.clone() });
        outcome
    }

    /// The outcome of the latest callback for `url`.
    pub(crate) fn outcome(&self, url: &Url) -> Option<Rc<SharedFuture<Outcome>>> {
        self.find(url, |callback| callback.outcome.clone())
    }

    /// The number of the latest callback for `url`. No two callbacks have the same number.
    pub(crate) fn number(&self, url: &Url) -> Option<u32> {
        self.find(url, |callback| callback.number)
    }

    fn find<T>(&self, url: &Url, read: impl FnOnce(&Callback) -> T) -> Option<T> {
        let all = self.all.borrow();
        all.iter().rev().find(|callback| callback.url == *url || callback.cleaned == url.href()).map(read)
    }

    /// Whether a callback is running whose URL without the response is `url`.
    pub(crate) fn is_under_way(&self, url: &Url) -> bool {
        self.all.borrow().iter().any(|callback| callback.cleaned == url.href() && !callback.outcome.is_resolved())
    }

    /// The session has ended: no further call may report that a callback has begun it.
    pub(crate) fn forget_outcomes(&self) {
        self.all.borrow_mut().retain(|callback| !callback.outcome.is_resolved());
    }
}
