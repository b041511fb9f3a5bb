//! A client that sends exactly the given bytes, including odd paths and repeated fields, and searches every answer for marked
//! secrets.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::setup::assert_no_secret;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{}", self.body);
        serde_json::from_str(&self.body).expect("a JSON body")
    }

    /// The `error` of a failure, whose whole form is checked.
    pub(crate) fn error(&self) -> String {
        let json = self.json();
        let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["error", "error_description"]);
        assert!(!json["error_description"].as_str().unwrap().is_empty());
        json["error"].as_str().unwrap().to_owned()
    }

    /// The cookies that a browser would store: names and values of those that this answer sets, and names of those that it
    /// removes.
    pub(crate) fn cookies(&self) -> (Vec<(String, String)>, Vec<String>) {
        let (mut kept, mut removed) = (Vec::new(), Vec::new());
        for field in self.all("set-cookie") {
            let (name, rest) = field.split_once('=').unwrap();
            if field.contains("Max-Age=0") {
                removed.push(name.to_owned());
            } else {
                kept.push((name.to_owned(), rest.split(';').next().unwrap().to_owned()));
            }
        }
        (kept, removed)
    }
}

/// A request that a test assembles.
pub(crate) struct Call {
    origin: String,
    head: String,
    body: Vec<u8>,
}

pub(crate) fn call(origin: &str, method: &str, target: &str) -> Call {
    let host = origin.trim_start_matches("http://");
    let head = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n");
    Call { origin: origin.to_owned(), head, body: Vec::new() }
}

impl Call {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// The same request for another host than its destination, as a proxy in front forwards it.
    pub(crate) fn with_host(mut self, host: &str) -> Self {
        let own = self.origin.trim_start_matches("http://").to_owned();
        self.head = self.head.replacen(&format!("host: {own}"), &format!("host: {host}"), 1);
        self
    }

    pub(crate) fn headers(self, headers: &[(&str, &str)]) -> Self {
        headers.iter().fold(self, |call, (name, value)| call.header(name, value))
    }

    pub(crate) fn cookies(self, cookies: &[(String, String)]) -> Self {
        let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() { self } else { self.header("cookie", &cookies.join("; ")) }
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.header("content-length", &length)
    }

    /// Sends the head, and returns the connection.
    pub(crate) async fn open(self) -> TcpStream {
        let mut stream = TcpStream::connect(self.origin.trim_start_matches("http://")).await.expect("a listening server");
        stream.write_all(self.head.as_bytes()).await.unwrap();
        stream.write_all(b"connection: close\r\n\r\n").await.unwrap();
        // A server that refuses the request may close the connection before it has read everything.
        let _ = stream.write_all(&self.body).await;
        stream
    }

    pub(crate) async fn send(self) -> Answer {
        read_answer(self.open().await).await
    }
}

/// Reads an answer to its end.
pub(crate) async fn read_answer(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // Longer than any timeout that a test configures.
    let reading = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes));
    let _ = reading.await.expect("an answer in time");
    let text = String::from_utf8(bytes).expect("an answer in UTF-8");
    assert_no_secret("an answer", &text);
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer with a head");
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let is_chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if is_chunked { without_chunks(body) } else { body.to_owned() };
    Answer { status, headers, body }
}

fn without_chunks(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    whole
}
