//! Sequencing: what happens when, over any host. Everything that waits is here, and nothing that touches a
//! browser; so all of it runs natively, against a simulated host.

mod access;
mod callback;
mod configuration;
mod discovery;
mod flight;
mod keeping;
mod keys;
mod login;
mod logout;
mod refresh;
mod session;
mod transactions;
mod userinfo;

use core::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

pub use access::Refusal;
pub use callback::LoginResult;
pub use configuration::{AccessTokenOptions, Configuration, LoginOptions, LogoutOptions};
pub use session::{Session, Status};

use crate::platform::{Platform, Signal};
use crate::protocol::callback::is_response;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::id_token::Expected;
use crate::protocol::metadata::ServerMetadata;
use crate::protocol::url::Url;
use keys::KnownKeys;
use session::{SentAt, Shared};
use transactions::Transactions;

/// One page: its host, and what its clients share. Two clients that ask the same of the same server for the same
/// user, as a framework makes them that mounts twice, have one session between them.
pub struct Page<P> {
    platform: P,
    clients: RefCell<Vec<Weak<Client<P>>>>,
    transactions: Transactions,
    keys: RefCell<Vec<KnownKeys>>,
    logout_state: RefCell<Option<String>>,
    shared: RefCell<Vec<Rc<Shared>>>,
}

impl<P: Platform> Page<P> {
    /// A page on `platform`.
    pub fn new(platform: P) -> Rc<Self> {
        Rc::new(Self {
            platform,
            clients: RefCell::default(),
            transactions: Transactions::default(),
            keys: RefCell::default(),
            logout_state: RefCell::default(),
            shared: RefCell::default(),
        })
    }

    /// The host.
    pub fn platform(&self) -> &P {
        &self.platform
    }

    fn url(&self) -> Result<Url, Error> {
        Url::from_serialized(self.platform.page_url()).ok_or_else(|| Error::unsupported("a page with an http or https URL"))
    }

    /// Lets `client` hear what the page is told.
    fn add(self: &Rc<Self>, client: &Rc<Client<P>>) {
        let mut clients = self.clients.borrow_mut();
        if clients.is_empty() {
            let page = Rc::downgrade(self);
            self.platform.listen(Box::new(move |signal| {
                if let Some(page) = page.upgrade() {
                    page.hear(signal);
                }
            }));
        }
        clients.retain(|client| client.strong_count() > 0);
        clients.push(Rc::downgrade(client));
    }

    fn hear(&self, signal: Signal<'_>) {
        // Each session once: its clients share it.
        let mut heard: Vec<Rc<Client<P>>> = Vec::new();
        for client in self.clients.borrow().iter().filter_map(Weak::upgrade) {
            if !heard.iter().any(|other| Rc::ptr_eq(&other.shared, &client.shared)) {
                heard.push(client);
            }
        }
        heard.iter().for_each(|client| client.hear(signal));
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
    /// When that was put into the tab's store, on the wall clock.
    remembered_at: Cell<u64>,
    shared: Rc<Shared>,
    logout_state: Option<String>,
    this: Weak<Self>,
}

impl<P: Platform> Client<P> {
    /// Checks the configuration, discovers the server where that is needed, and restores the session that a
    /// backend knows of. On a callback page that last step waits until it is needed.
    ///
    /// # Errors
    /// `invalid_config`, `invalid_metadata`, `unsupported_environment`, `network_failed`, `timed_out`,
    /// `backend_failed`.
    pub async fn connect(page: &Rc<Page<P>>, mut configuration: Configuration) -> Result<Rc<Self>, Error> {
        let url = page.url()?;
        configuration.check(&url)?;
        let is_callback = is_response(&url, configuration.text("redirectUri"));
        let (server, discovered) = discovery::server_metadata(&page.platform, &configuration, is_callback).await?;
        let shared = page.shared(configuration.identity(server.identity()));
        let logout_state = if is_callback { None } else { page.logout_return() };
        let client = Rc::new_cyclic(|this| Self {
            shared,
            page: page.clone(),
            configuration,
            server,
            discovered,
            remembered_at: Cell::default(),
            logout_state,
            this: this.clone(),
        });
        client.check_can_verify(client.configuration.text("scope"))?;
        client.check_can_keep()?;
        page.add(&client);
        if !client.is_callback(None) {
            client.restore().await?;
        }
        Ok(client)
    }

    /// Whether the ID token of a login with `scope` could be accepted here: known before anybody is sent away.
    fn check_can_verify(&self, scope: Option<&str>) -> Result<(), Error> {
        self.configuration.check_endpoints(&self.server, scope)?;
        if self.configuration.checks_id_token(scope)
            && self.configuration.verifies_signatures()
            && !self.page.platform.can_verify()
        {
            return Err(ErrorKind::NoSignatureCheck.into());
        }
        Ok(())
    }

    /// What every ID token of this client is held against.
    fn expected(&self) -> Expected<'_> {
        Expected {
            issuer: self.server.issuer().unwrap_or_default(),
            client_id: self.configuration.client_id(),
            nonce: None,
            max_age: None,
            acr: None,
            now: self.page.platform.wall_clock(),
            tolerance: self.configuration.clock_tolerance(),
        }
    }

    fn now(&self) -> SentAt {
        SentAt { wall: self.page.platform.wall_clock(), monotonic: self.page.platform.monotonic_clock() }
    }

    /// The `state` of a logout at the server that this tab began, where the page is what it came back to.
    pub fn logout_state(&self) -> Option<&str> {
        self.logout_state.as_deref()
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
}
