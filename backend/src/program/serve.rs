//! Connections: accepted, served, and ended in good order.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::{BoxError, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper::service::HttpService;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::signal::Signal;

/// The time for the head of a request, and until the next request begins. Longer than the server in front keeps a connection
/// (60 seconds is usual): otherwise that server would send a request into a connection that closes.
const HEAD: Duration = Duration::from_secs(75);

/// After the signal, requests in flight have this long; endless streams would otherwise keep the program running for ever.
const GRACE: Duration = Duration::from_secs(20);

/// TCP keep-alive, so that the loss of a silent page is noticed after some minutes, even on an idle connection.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// If accepting fails because a resource is exhausted (file descriptors, for example), other connections need time to release
/// it.
const OUT_OF_BREATH: Duration = Duration::from_secs(1);

/// Serves until the `signal`, and then finishes the requests in flight.
pub(super) async fn serve(listener: &TcpListener, router: Router, mut signal: Signal) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    // Every connection holds a receiver for as long as it lasts.
    let (ending, has_ended) = watch::channel(false);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = signal.recv() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                prepare(&stream);
                let service = TowerToHyperService::new(router.clone());
                let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
                tokio::spawn(keep(connection, has_ended.clone()));
            }
            // An error of one connection, which is gone.
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(OUT_OF_BREATH).await;
            }
        }
    }
    drop(has_ended);
    ending.send_replace(true);
    let _ = tokio::time::timeout(GRACE, ending.closed()).await;
}

/// Serves one connection. Once `has_ended`, only to the end of the request in flight.
async fn keep<S>(connection: UpgradeableConnection<TokioIo<TcpStream>, S>, mut has_ended: watch::Receiver<bool>)
where
    S: HttpService<Incoming, ResBody = Body>,
    S::Error: Into<BoxError>,
{
    let mut connection = pin!(connection);
    tokio::select! {
        // An error that a client causes on its own connection is not reported.
        _ = connection.as_mut() => return,
        _ = has_ended.wait_for(|ended| *ended) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

fn prepare(stream: &TcpStream) {
    // Both options are optional: a connection works without them.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE));
}

fn is_of_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    [ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind())
}
