//! [`Page`]: the host, and the state that all clients of a page share. [`Connection`]: one client's knowledge of its server.
//! Every room of the client is given a connection, and none of them knows [`Client`](super::Client).

use core::cell::{OnceCell, RefCell};
use std::rc::{Rc, Weak};

use super::configuration::Settings;
#[cfg(feature = "tokens")]
use super::keys::Keys;
#[cfg(feature = "popup")]
use super::login::awaited::Awaited;
use super::login::transactions::Transactions;
#[cfg(feature = "end-session")]
use super::logout_return::LogoutReturn;
use super::server::Server;
use super::session::current::CurrentSession;
#[cfg(feature = "idle")]
use super::session::idle::Next;
use super::session::moment::Moment;
use super::session::name::SessionName;
use crate::host::{Host, Signal};
use crate::protocol::error::Error;
use crate::protocol::http::{Request, Response};
use crate::protocol::url::Url;

type OnSignal<P> = fn(&Rc<Connection<P>>, Signal<'_>);

/// One page: its host, and the state that its clients share. Clients with the same settings for the same server share one
/// session: a framework that mounts twice creates such clients.
pub struct Page<P> {
    host: P,
    pub(crate) transactions: Transactions,
    #[cfg(feature = "popup")]
    pub(crate) awaited: Awaited,
    #[cfg(feature = "tokens")]
    pub(crate) keys: Keys,
    #[cfg(all(feature = "dpop", feature = "tokens"))]
    pub(crate) nonces: RefCell<crate::protocol::dpop::Nonces>,
    #[cfg(feature = "end-session")]
    pub(crate) logout_return: LogoutReturn,
    connections: RefCell<Vec<Weak<Connection<P>>>>,
    on_signal: OnceCell<OnSignal<P>>,
    sessions: RefCell<Vec<Rc<CurrentSession>>>,
}

impl<P: Host> Page<P> {
    /// A page on `host`.
    pub fn new(host: P) -> Rc<Self> {
        Rc::new(Self {
            host,
            transactions: Transactions::default(),
            #[cfg(feature = "popup")]
            awaited: Awaited::default(),
            #[cfg(feature = "tokens")]
            keys: Keys::default(),
            #[cfg(all(feature = "dpop", feature = "tokens"))]
            nonces: Default::default(),
            #[cfg(feature = "end-session")]
            logout_return: LogoutReturn::default(),
            connections: RefCell::default(),
            on_signal: OnceCell::new(),
            sessions: RefCell::default(),
        })
    }

    /// The host.
    pub fn host(&self) -> &P {
        &self.host
    }

    /// The page's URL.
    ///
    /// # Errors
    /// `unsupported_environment` if it is not an http or https URL.
    pub(crate) fn url(&self) -> Result<Url, Error> {
        #[cfg(feature = "environment")]
        if let Some(url) = Url::of_page(self.host.page_url()) {
            return Ok(url);
        }
        Url::from_serialized(self.host.page_url()).ok_or_else(|| Error::unsupported("a page with an http or https URL"))
    }

    /// The session for `server` and `configuration`. Other clients of this page may use it already.
    ///
    /// # Errors
    /// `unsupported_environment` if it cannot be kept where the configuration says.
    pub(crate) fn session(&self, configuration: &Settings, server: &Server) -> Result<Rc<CurrentSession>, Error> {
        let identity = configuration.identity(server.metadata().identity());
        let mut sessions = self.sessions.borrow_mut();
        if let Some(session) = sessions.iter().find(|session| session.name.identity() == identity) {
            return Ok(session.clone());
        }
        let session = Rc::new(CurrentSession::new(SessionName::new(identity), configuration, &self.host)?);
        sessions.push(session.clone());
        Ok(session)
    }

    /// Calls `on_signal` with every signal of the host, for as long as `connection` lives. If several connections share a
    /// session, only one of them is called.
    pub(crate) fn add(self: &Rc<Self>, connection: &Rc<Connection<P>>, on_signal: OnSignal<P>) {
        let mut connections = self.connections.borrow_mut();
        if self.on_signal.set(on_signal).is_ok() {
            let page = Rc::downgrade(self);
            self.host.listen(Box::new(move |signal| {
                if let Some(page) = page.upgrade() {
                    page.one_for_each_session().iter().for_each(|connection| on_signal(connection, signal));
                }
            }));
        }
        connections.retain(|connection| connection.strong_count() > 0);
        connections.push(Rc::downgrade(connection));
    }

    fn now(&self) -> Moment {
        Moment { wall: self.host.wall_clock(), monotonic: self.host.monotonic_clock() }
    }

    /// Makes a client check `session` again.
    pub(crate) fn wake(&self, session: &Rc<CurrentSession>) {
        let mut clients = self.one_for_each_session().into_iter();
        let client = clients.find(|client| Rc::ptr_eq(&client.session, session));
        if let Some((client, on_signal)) = client.zip(self.on_signal.get()) {
            on_signal(&client, Signal::Awake);
        }
    }

    fn one_for_each_session(&self) -> Vec<Rc<Connection<P>>> {
        let mut chosen: Vec<Rc<Connection<P>>> = Vec::new();
        for connection in self.connections.borrow().iter().filter_map(Weak::upgrade) {
            if !chosen.iter().any(|other| Rc::ptr_eq(&other.session, &connection.session)) {
                chosen.push(connection);
            }
        }
        chosen
    }
}

/// One client's connection to its authorization server.
pub(crate) struct Connection<P> {
    pub(crate) page: Rc<Page<P>>,
    pub(crate) configuration: Settings,
    pub(crate) server: Server,
    pub(crate) session: Rc<CurrentSession>,
}

impl<P: Host> Connection<P> {
    pub(crate) fn host(&self) -> &P {
        self.page.host()
    }

    pub(crate) fn now(&self) -> Moment {
        self.page.now()
    }

    /// Notifies the listeners if the session has changed, and makes sure that the session is checked again in time. Never while
    /// a lock is held: listeners are the app's code.
    pub(crate) fn announce(&self) {
        #[cfg(feature = "idle")]
        self.mark_end();
        let session = &self.session;
        session.listeners.announce(&session.state);
        let due = session.state.due();
        if session.alarm.replace(due) == due {
            return;
        }
        let Some(due) = due else { return };
        let (page, session) = (self.page.clone(), session.clone());
        self.host().spawn(Box::pin(async move {
            // A timer may be early, and the longest one is shorter than some sessions.
            while let Some(left) =
                due.checked_sub(page.now().monotonic).filter(|left| *left > 0 && session.alarm.get() == Some(due))
            {
                page.host().sleep(left).await;
            }
            if session.alarm.get() == Some(due) {
                page.wake(&session);
            }
        }));
    }

    /// Before listeners are notified: whether the session ends soon, or has ended because nobody used it; and when to look again.
    #[cfg(feature = "idle")]
    fn mark_end(&self) {
        let session = &self.session;
        let at = match session.idle.mark(self.host(), &self.configuration, &session.state, &session.name) {
            Next::Nothing => return,
            Next::RunOut => return self.page.wake(session),
            Next::Look(at) => at,
        };
        let (page, session) = (self.page.clone(), session.clone());
        self.host().spawn(Box::pin(async move {
            while let Some(left) = session.idle.left(page.host(), at).filter(|left| *left > 0) {
                page.host().sleep(left).await;
            }
            if session.idle.is_over(at) {
                page.wake(&session);
            }
        }));
    }

    /// Sends `request`, within the configured time.
    pub(crate) fn send(&self, request: Request) -> impl Future<Output = Result<Response, Error>> {
        self.host().send(request, self.configuration.request_timeout())
    }

    /// Leaves the page for `url`. A server may pass the browser on to another one before it answers: twice the time of a request.
    pub(crate) fn leave_for(&self, url: &str) -> impl Future<Output = Error> {
        self.host().navigate(url, 2 * self.configuration.request_timeout())
    }
}
