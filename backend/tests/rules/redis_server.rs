//! A real Redis of a test's own: on a free port, in a folder of its own, ended with the test.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

static FOLDERS: AtomicU32 = AtomicU32::new(0);

pub(crate) struct RedisServer {
    child: Child,
    pub(crate) port: u16,
    folder: PathBuf,
    arguments: Vec<String>,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        Self::run(folder(), ["--save".to_owned(), String::new()].into_iter().chain(arguments).collect()).await
    }

    /// A sentinel with this `configuration`.
    pub(crate) async fn sentinel(configuration: &str) -> Self {
        let folder = folder();
        let file = folder.join("sentinel.conf");
        std::fs::write(&file, configuration).unwrap();
        Self::run(folder, vec![file.to_str().unwrap().to_owned(), "--sentinel".into()]).await
    }

    async fn run(folder: PathBuf, arguments: Vec<String>) -> Self {
        // Another process can take a free port before this one uses it.
        for _ in 0..10 {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut server =
                Self { child: run(port, &folder, &arguments), port, folder: folder.clone(), arguments: arguments.clone() };
            if server.is_up().await {
                return server;
            }
        }
        panic!("redis-server does not start: is the Debian package redis-server installed?");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Returns once it accepts commands; false if it has ended.
    async fn is_up(&mut self) -> bool {
        for _ in 0..1000 {
            if self.try_ask::<String>(&["PING"]).is_ok() {
                return true;
            }
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    pub(crate) fn try_ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> redis::RedisResult<T> {
        let client = redis::Client::open(self.url())?;
        let mut connection = client.get_connection_with_timeout(Duration::from_secs(5))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        let (name, arguments) = command.split_first().unwrap();
        redis::cmd(name).arg(arguments).query(&mut connection)
    }

    pub(crate) fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        self.try_ask(command).unwrap()
    }

    /// The keys of this kind.
    pub(crate) fn keys(&self, kind: &str) -> Vec<String> {
        self.ask(&["KEYS", &format!("*:{kind}:*")])
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    pub(crate) fn kill(&mut self) {
        self.signal("KILL");
        self.child.wait().unwrap();
    }

    /// Starts it on the same port, with the content of its disk.
    pub(crate) async fn start_again(&mut self) {
        self.child = run(self.port, &self.folder, &self.arguments);
        assert!(self.is_up().await);
    }
}

fn folder() -> PathBuf {
    let count = FOLDERS.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("wicketgate-redis-{}-{count}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(port: u16, folder: &PathBuf, arguments: &[String]) -> Child {
    Command::new("redis-server")
        .args(arguments)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the Debian package redis-server")
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
