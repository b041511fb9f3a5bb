//! WebSocket connections (RFC 6455): the page's handshake goes to the API with the access token attached. From then on, the
//! bytes pass in both directions, until one end closes or the session ends.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    CONNECTION, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};
use axum::response::Response;
use base64ct::{Base64, Encoding};
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use ring::digest;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, split};
use tokio::time::timeout;

use crate::counters;
use crate::failure::Failure;

/// The constant from which a server makes its answer to a key (RFC 6455 §1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A server's close frame: 1008, a violated policy (RFC 6455 §7.4.1), with the reason.
const SESSION_ENDED: &[u8] = b"\x88\x0f\x03\xf0session ended";

/// How long an end that may have vanished has to take the last bytes.
const PATIENCE: Duration = Duration::from_secs(5);

/// A future that is ready when a session has ended.
pub(crate) type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whether `request` asks for a WebSocket connection. Other protocols are not supported: their fields are dropped.
pub(crate) fn is_handshake(request: &Request) -> bool {
    request.method() == Method::GET && request.version() == Version::HTTP_11 && is_upgrade(request.headers())
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    let says = |name, word: &str| {
        let fields = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        fields.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    says(CONNECTION, "upgrade") && says(UPGRADE, "websocket")
}

/// The page's half of a handshake.
pub(super) struct Handshake {
    page: OnUpgrade,
    key: HeaderValue,
}

impl Handshake {
    /// `None` if `request` does not ask for a WebSocket connection.
    ///
    /// # Errors
    /// If an API and this backend could understand the request differently.
    pub(super) fn of(request: &mut Request) -> Result<Option<Self>, Failure> {
        if !is_handshake(request) {
            return Ok(None);
        }
        let headers = request.headers();
        let only = |name| {
            let mut values = headers.get_all(name).iter();
            values.next().filter(|_| values.next().is_none())
        };
        let is_key = |key: &&HeaderValue| Base64::decode_vec(key.to_str().unwrap_or_default()).is_ok_and(|key| key.len() == 16);
        let Some(key) = only(SEC_WEBSOCKET_KEY).filter(is_key).cloned() else {
            return Err(Failure::invalid_request("The handshake has no Sec-WebSocket-Key of 16 bytes."));
        };
        if only(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(Failure::invalid_request("The handshake is not of WebSocket version 13."));
        }
        Ok(Some(Self { page: hyper::upgrade::on(request), key }))
    }

    /// The fields of the handshake for the API. `Origin` is the API's own: many servers refuse a handshake without one, or with
    /// another host than theirs.
    pub(super) fn to_api(&self, page: &HeaderMap, target: &Uri, sent: &mut HeaderMap) {
        sent.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        sent.insert(UPGRADE, HeaderValue::from_static("websocket"));
        sent.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        sent.insert(SEC_WEBSOCKET_KEY, self.key.clone());
        for name in [SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_EXTENSIONS] {
            for value in page.get_all(&name) {
                sent.append(name.clone(), value.clone());
            }
        }
        let origin = target.scheme_str().zip(target.authority()).map(|(scheme, host)| format!("{scheme}://{host}"));
        if let Some(origin) = origin.and_then(|origin| HeaderValue::try_from(origin).ok()) {
            sent.insert(ORIGIN, origin);
        }
    }

    /// Connects the page with the API, whose `answer` is 101, until `ending`.
    ///
    /// # Errors
    /// If the answer does not belong to this handshake: then the connection is not a WebSocket connection.
    pub(super) fn accept(self, answer: Response<Incoming>, ending: Ending) -> Result<Response, Failure> {
        let headers = answer.headers();
        let accept = headers.get(SEC_WEBSOCKET_ACCEPT).filter(|accept| accept.as_bytes() == self.accepted().as_bytes());
        let Some(accept) = accept.filter(|_| is_upgrade(headers)).cloned() else {
            return Err(switched());
        };
        let mut response = Response::default();
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let sent = response.headers_mut();
        sent.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        sent.insert(UPGRADE, HeaderValue::from_static("websocket"));
        sent.insert(SEC_WEBSOCKET_ACCEPT, accept);
        for name in [SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_EXTENSIONS] {
            for value in headers.get_all(&name) {
                sent.append(name.clone(), value.clone());
            }
        }
        let api = hyper::upgrade::on(answer);
        tokio::spawn(async move {
            // The page is connected once it has received this answer.
            if let Ok((page, api)) = tokio::try_join!(self.page, api) {
                let _open = counters::WebSocket::open();
                relay(page, api, ending).await;
            }
        });
        Ok(response)
    }

    fn accepted(&self) -> String {
        let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        context.update(self.key.as_bytes());
        context.update(GUID);
        Base64::encode_string(context.finish().as_ref())
    }
}

/// The API answered 101 although the request did not ask for it, or with another protocol.
pub(super) fn switched() -> Failure {
    let hint = "Look at what answers at the API's address: only a WebSocket handshake may be answered with 101.";
    let description = "The API switched to a protocol that the page did not ask for.";
    Failure::new(StatusCode::BAD_GATEWAY, "server_error", description, hint)
}

/// Passes bytes in both directions until an end closes, or `ending`. In the latter case, sends the page a close frame with the
/// reason.
async fn relay(page: Upgraded, api: Upgraded, ending: Ending) {
    let (mut from_page, mut to_page) = split(TokioIo::new(page));
    let (mut from_api, mut to_api) = split(TokioIo::new(api));
    let is_between_frames = AtomicBool::new(true);
    let has_ended = {
        let mut up = pin!(copy(&mut from_page, &mut to_api));
        let mut down = pin!(pass_frames(&mut from_api, &mut to_page, &is_between_frames));
        tokio::select! {
            _ = &mut up => false,
            _ = &mut down => false,
            () = ending => true,
        }
    };
    if has_ended && is_between_frames.load(Ordering::Relaxed) {
        let _ = timeout(PATIENCE, to_page.write_all(SESSION_ENDED)).await;
    }
    let _ = timeout(PATIENCE, to_page.shutdown()).await;
    let _ = timeout(PATIENCE, to_api.shutdown()).await;
}

/// Copies bytes, and records whether the last frame is complete: only then another frame can follow.
async fn pass_frames(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    is_between_frames: &AtomicBool,
) -> std::io::Result<()> {
    let mut frames = Frames::default();
    let mut buffer = Vec::with_capacity(8 << 10);
    while from.read_buf(&mut buffer).await? > 0 {
        is_between_frames.store(false, Ordering::Relaxed);
        to.write_all(&buffer).await?;
        frames.pass(&buffer);
        is_between_frames.store(frames.are_whole(), Ordering::Relaxed);
        buffer.clear();
    }
    Ok(())
}

/// The position of a reader in a sequence of frames (RFC 6455 §5.2).
#[derive(Default)]
struct Frames {
    /// The part of a frame's header that has been read.
    header: Vec<u8>,
    /// The number of bytes of the payload that have not been read.
    payload: u64,
}

impl Frames {
    fn are_whole(&self) -> bool {
        self.header.is_empty() && self.payload == 0
    }

    fn pass(&mut self, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            let skipped = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
            if let Some((_, rest)) = bytes.split_at_checked(skipped)
                && skipped > 0
            {
                self.payload -= skipped as u64;
                bytes = rest;
                continue;
            }
            self.header.push(*first);
            bytes = rest;
            if let Some(payload) = payload(&self.header) {
                self.payload = payload;
                self.header.clear();
            }
        }
    }
}

/// The length of the payload after a complete header.
fn payload(header: &[u8]) -> Option<u64> {
    let [_, second, rest @ ..] = header else { return None };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let (extended, short) = match second & 0x7f {
        126 => (2, 0),
        127 => (8, 0),
        short => (0, u64::from(short)),
    };
    let extended = rest.get(..extended).filter(|_| rest.len() == extended + mask)?;
    Some(extended.iter().fold(short, |length, byte| (length << 8) | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::{Frames, SESSION_ENDED};

    #[test]
    fn a_frame_is_whole_when_its_last_byte_has_passed() {
        let long = [&[0x82, 126, 1, 0][..], &[7; 256]].concat();
        let longer = [&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0][..], &[7; 65536]].concat();
        let masked = [&[0x81, 0x80 | 2, 1, 2, 3, 4][..], b"hi"].concat();
        for frame in [SESSION_ENDED, &[0x89, 0], &long, &longer, &masked] {
            for step in [1, 3, 1000, frame.len()] {
                let mut frames = Frames::default();
                let mut left = frame.len();
                for part in frame.chunks(step) {
                    frames.pass(part);
                    left -= part.len();
                    assert_eq!(frames.are_whole(), left == 0, "{left} of {}", frame.len());
                }
            }
        }
    }
}
