//! Sequencing: what happens when, over any host. Everything that waits is here, and nothing that touches a
//! browser; so all of it runs natively, against a simulated host.

mod callback;
mod configuration;
mod discovery;
mod flight;
mod login;
mod session;
mod transactions;

use core::cell::RefCell;
use std::rc::Rc;

pub use callback::LoginResult;
pub use configuration::{Configuration, LoginOptions, access_token_options, logout_options};
pub use session::{Session, Status};

use crate::platform::Platform;
use crate::protocol::callback::is_response;
use crate::protocol::error::Error;
use crate::protocol::http::{Purpose, Request};
use crate::protocol::metadata::ServerMetadata;
use crate::protocol::secret::Secret;
use crate::protocol::url::Url;
use session::Shared;
use transactions::Transactions;

/// One page: its host, and what its clients share. Two clients that ask the same of the same server for the same
/// user, as a framework makes them that mounts twice, have one session between them.
pub struct Page<P> {
    platform: P,
    transactions: Transactions,
    shared: RefCell<Vec<Rc<Shared>>>,
}

impl<P: Platform> Page<P> {
    /// A page on `platform`.
    pub fn new(platform: P) -> Rc<Self> {
        Rc::new(Self { platform, transactions: Transactions::default(), shared: RefCell::default() })
    }

    /// The host.
    pub fn platform(&self) -> &P {
        &self.platform
    }

    fn url(&self) -> Result<Url, Error> {
        Url::from_serialized(self.platform.page_url()).ok_or_else(|| Error::unsupported("a page with an http or https URL"))
    }

    fn shared(&self, identity: String) -> Rc<Shared> {
        let mut all = self.shared.borrow_mut();
        if let Some(shared) = all.iter().find(|shared| shared.identity == identity) {
            return shared.clone();
        }
        let shared = Rc::new(Shared::new(identity));
        all.push(shared.clone());
        shared
    }
}

/// A client of one authorization server.
pub struct Client<P> {
    page: Rc<Page<P>>,
    configuration: Configuration,
    server: ServerMetadata,
    /// What the server itself said, without what was given by hand: another client may have that from the tab's store.
    discovered: Option<ServerMetadata>,
    shared: Rc<Shared>,
}

impl<P: Platform> Client<P> {
    /// Checks the configuration, discovers the server where that is needed, and restores the session that a
    /// backend knows of. On a callback page that last step waits until it is needed.
    ///
    /// # Errors
    /// `invalid_config`, `invalid_metadata`, `unsupported_environment`, `network_failed`, `timed_out`,
    /// `backend_failed`.
    pub async fn connect(page: &Rc<Page<P>>, mut configuration: Configuration) -> Result<Self, Error> {
        let url = page.url()?;
        configuration.check(&url)?;
        let is_callback = is_response(&url, configuration.text("redirectUri"));
        let (server, discovered) = discovery::server_metadata(&page.platform, &configuration, is_callback).await?;
        let identity = configuration.identity(server.identity());
        let client = Self { shared: page.shared(identity), page: page.clone(), configuration, server, discovered };
        if !client.is_callback(None) {
            client.restore().await?;
        }
        Ok(client)
    }

    /// What is known of the server.
    pub fn metadata(&self) -> &ServerMetadata {
        &self.server
    }

    /// Snapshot; the same one until something changes.
    pub fn session(&self) -> Rc<Session> {
        self.shared.session()
    }

    /// Calls `listener` after every change of the session. Gives back what
    /// [`unsubscribe`](Self::unsubscribe) takes.
    pub fn subscribe(&self, listener: impl Fn(&Rc<Session>) + 'static) -> u32 {
        self.shared.subscribe(Rc::new(listener))
    }

    /// Ends a subscription. One that has ended already is no failure.
    pub fn unsubscribe(&self, subscription: u32) {
        self.shared.unsubscribe(subscription);
    }

    /// The access token, good for at least `min_validity` milliseconds more. A token of unknown lifetime is
    /// taken to be good.
    ///
    /// # Errors
    /// `no_session`: also where the token has expired, since this version does not refresh it.
    pub fn access_token(&self, min_validity: u64) -> Result<String, Error> {
        self.shared.access_token(self.page.platform.monotonic_clock(), min_validity)
    }

    /// Ends the session here, and then at the backend.
    ///
    /// # Errors
    /// `network_failed`, `timed_out`, `backend_failed` of the backend; the session has ended here all the
    /// same.
    pub async fn logout(&self) -> Result<(), Error> {
        self.shared.sign_out();
        self.end_at_backend().await
    }

    /// Ends the backend's session, where there is one to end.
    async fn end_at_backend(&self) -> Result<(), Error> {
        let Some(backend) = self.configuration.backend() else { return Ok(()) };
        let Some(logout_url) = backend.text("logoutUrl") else { return Ok(()) };
        let request = Request::post(Purpose::BackendLogout, logout_url.into(), "application/json", Secret::new("{}".into()));
        let response = self.send(request.to_backend(backend.member("headers"))).await?;
        callback::backend_answer(&response).map(|_| ())
    }
}
