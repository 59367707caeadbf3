//! Connections: how many, and how long they may take.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::{Shared, document, limits};

/// Serves connections until it is told to stop, and then what is in flight.
pub(super) async fn serve(listener: TcpListener, state: Shared) {
    let mut stopping = state.stopping.clone();
    let room = Arc::new(Semaphore::new(limits::CONNECTIONS));
    let router = document::router(state);
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { break };
        let stream = tokio::select! {
            accepted = accept(&listener) => accepted,
            _ = stopping.wait_for(|&is_so| is_so) => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let stopping = stopping.clone();
        tokio::spawn(async move {
            // A connection that breaks is nobody's concern but the peer's.
            let _ = converse(stream, service, stopping).await;
            drop(permit);
        });
    }
    drop(listener);
    // All permits are back when all connections are over.
    let all = u32::try_from(limits::CONNECTIONS).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(limits::STOP, room.acquire_many(all)).await;
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // Out of descriptors, most likely: nothing that trying again at once would mend.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn converse<S>(stream: TcpStream, service: S, mut stopping: watch::Receiver<bool>) -> Result<(), hyper::Error>
where
    S: hyper::service::Service<
            hyper::Request<hyper::body::Incoming>,
            Response = axum::response::Response,
            Error = Infallible,
        >,
{
    let _: io::Result<()> = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD)
        .max_buf_size(limits::HEAD_LENGTH)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        _ = stopping.wait_for(|&is_so| is_so) => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// How long accepting pauses when the system has no more descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
