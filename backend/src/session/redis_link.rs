//! [`Link`]: the connection to Redis or Valkey, made when it is first needed, and again after a loss.

use core::time::Duration;
use std::sync::{PoisonError, RwLock};

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, FromRedisValue, IntoConnectionInfo, Pipeline, RedisConnectionInfo,
    RedisError, TlsMode,
};
use tokio::sync::Mutex;
use url::Url;

use super::store::StoreError;

/// How long a command may take: for a user who waits, a slower store is down.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a lost connection is restored before a command fails; the next command tries again.
const ATTEMPTS: usize = 2;
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

pub(super) struct Link {
    place: Place,
    connection: RwLock<Option<Connection>>,
    /// Locked while the connection is being made.
    connecting: Mutex<()>,
}

/// The address of the server.
enum Place {
    Single(Box<Client>),
    Cluster(Box<ClusterClient>),
    Sentinel(Box<Mutex<SentinelClient>>),
}

#[derive(Clone)]
enum Connection {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
    Sentinel(MultiplexedConnection),
}

impl Link {
    /// One server: `redis://…`, or `rediss://…` for TLS. A cluster: some of its nodes, separated by commas. The master that
    /// sentinels watch: `redis+sentinel://[user:password@]host:port[,host:port…]/master[/database]`, or `rediss+sentinel`.
    ///
    /// # Errors
    /// The problem, which reads on from the name of the setting.
    pub(super) fn new(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once("://").ok_or("is not a URL such as redis://127.0.0.1:6379/0")?;
        let place = match scheme {
            "redis" | "rediss" if text.contains(',') => cluster(text)?,
            "redis" | "rediss" => {
                Place::Single(Client::open(text).map_err(|_| "is not a URL of a Redis or Valkey server")?.into())
            }
            "redis+sentinel" => sentinel(rest, None)?,
            "rediss+sentinel" => sentinel(rest, Some(TlsMode::Secure))?,
            _ => return Err("begins with neither redis://, rediss:// nor redis+sentinel://"),
        };
        if scheme.starts_with("rediss") {
            // The library uses the process's own provider; an app that mounts the router may have installed another one.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        Ok(Self { place, connection: RwLock::new(None), connecting: Mutex::new(()) })
    }

    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let answer = match self.connected().await? {
            Connection::Single(mut connection) => command.query_async(&mut connection).await,
            Connection::Cluster(mut connection) => command.query_async(&mut connection).await,
            Connection::Sentinel(mut connection) => command.query_async(&mut connection).await,
        };
        answer.map_err(|error| self.failed(&error))
    }

    pub(super) async fn run(&self, commands: &Pipeline) -> Result<(), StoreError> {
        let answer = match self.connected().await? {
            Connection::Single(mut connection) => commands.exec_async(&mut connection).await,
            Connection::Cluster(mut connection) => commands.exec_async(&mut connection).await,
            Connection::Sentinel(mut connection) => commands.exec_async(&mut connection).await,
        };
        answer.map_err(|error| self.failed(&error))
    }

    async fn connected(&self) -> Result<Connection, StoreError> {
        if let Some(connection) = self.present() {
            return Ok(connection);
        }
        let _connecting = self.connecting.lock().await;
        if let Some(connection) = self.present() {
            return Ok(connection);
        }
        let connection = tokio::time::timeout(PATIENCE, self.connect()).await;
        let connection = connection.map_err(|_| StoreError::Unavailable("no connection in time".into()))?;
        let connection = connection.map_err(|error| unavailable(&error))?;
        *self.connection.write().unwrap_or_else(PoisonError::into_inner) = Some(connection.clone());
        Ok(connection)
    }

    async fn connect(&self) -> Result<Connection, RedisError> {
        Ok(match &self.place {
            Place::Single(client) => {
                let config = ConnectionManagerConfig::new()
                    .set_number_of_retries(ATTEMPTS)
                    .set_max_delay(LONGEST_PAUSE)
                    .set_connection_timeout(Some(PATIENCE))
                    .set_response_timeout(Some(PATIENCE));
                Connection::Single(client.get_connection_manager_lazy(config)?)
            }
            Place::Cluster(client) => Connection::Cluster(client.get_async_connection().await?),
            Place::Sentinel(client) => {
                let config =
                    AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
                Connection::Sentinel(client.lock().await.get_async_connection_with_config(&config).await?)
            }
        })
    }

    fn present(&self) -> Option<Connection> {
        self.connection.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// After any error, the node may no longer be the master, so the sentinels are asked again. Other connections recover by
    /// themselves.
    fn failed(&self, error: &RedisError) -> StoreError {
        if matches!(self.place, Place::Sentinel(_)) {
            *self.connection.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        unavailable(error)
    }
}

/// The error of the server or the network. Neither repeats the command.
fn unavailable(error: &RedisError) -> StoreError {
    StoreError::Unavailable(error.to_string().chars().filter(|character| !character.is_control()).take(256).collect())
}

fn cluster(text: &str) -> Result<Place, &'static str> {
    let problem = "has a node that is not a URL of a Redis or Valkey server";
    let nodes: Result<Vec<_>, _> = text.split(',').map(|node| node.trim().into_connection_info()).collect();
    let client = ClusterClient::builder(nodes.map_err(|_| problem)?)
        .connection_timeout(PATIENCE)
        .response_timeout(PATIENCE)
        .retries(3)
        .build()
        .map_err(|_| "has nodes that cannot be of one cluster")?;
    Ok(Place::Cluster(client.into()))
}

fn sentinel(rest: &str, tls: Option<TlsMode>) -> Result<Place, &'static str> {
    const PROBLEM: &str = "is not redis+sentinel://[user:password@]host:port[,host:port]/master[/database]";
    let (authority, path) = rest.split_once('/').ok_or(PROBLEM)?;
    let (credentials, hosts) = authority.rsplit_once('@').map_or((None, authority), |(before, hosts)| (Some(before), hosts));
    let (master, database) = path.split_once('/').map_or((path, None), |(master, database)| (master, Some(database)));
    if master.is_empty() {
        return Err(PROBLEM);
    }
    let mut settings = RedisConnectionInfo::default();
    if let Some(database) = database.filter(|database| !database.is_empty()) {
        settings = settings.set_db(database.parse().map_err(|_| PROBLEM)?);
    }
    if let Some(credentials) = credentials {
        let url = Url::parse(&format!("redis://{credentials}@host")).map_err(|_| PROBLEM)?;
        let decoded = |text: &str| wicketgate::protocol::url::decode_component(text).ok_or(PROBLEM);
        if !url.username().is_empty() {
            settings = settings.set_username(decoded(url.username())?);
        }
        settings = settings.set_password(decoded(url.password().unwrap_or_default())?);
    }
    let mut node = SentinelNodeConnectionInfo::default().set_redis_connection_info(settings);
    if let Some(tls) = tls {
        node = node.set_tls_mode(tls);
    }
    let mut sentinels = Vec::new();
    for host in hosts.split(',') {
        let url = Url::parse(&format!("redis://{}", host.trim())).map_err(|_| PROBLEM)?;
        let (host, port) = (url.host_str().ok_or(PROBLEM)?.to_owned(), url.port().unwrap_or(26379));
        sentinels.push(match tls {
            Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            None => ConnectionAddr::Tcp(host, port),
        });
    }
    let client = SentinelClient::build(sentinels, master, Some(node), SentinelServerType::Master);
    Ok(Place::Sentinel(Mutex::new(client.map_err(|_| PROBLEM)?).into()))
}
