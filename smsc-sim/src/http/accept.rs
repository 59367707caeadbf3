//! Connections: how many, and how long they may take.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Sleep, sleep};

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
            let _: io::Result<()> = stream.set_nodelay(true);
            let stream = Patient::new(stream, limits::WRITE);
            let _ = converse(stream, service, stopping, limits::HEAD).await;
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
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn converse<T, S>(
    stream: T,
    service: S,
    mut stopping: watch::Receiver<bool>,
    head: Duration,
) -> Result<(), hyper::Error>
where
    T: AsyncRead + AsyncWrite + Unpin,
    S: hyper::service::Service<
            hyper::Request<hyper::body::Incoming>,
            Response = axum::response::Response,
            Error = Infallible,
        >,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
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

/// A connection whose peer has so long to read some of what it is sent: one that reads no more would keep its place for ever.
struct Patient<T> {
    stream: T,
    limit: Duration,
    /// Runs while the peer takes nothing.
    until: Option<Pin<Box<Sleep>>>,
}

impl<T> Patient<T> {
    fn new(stream: T, limit: Duration) -> Self {
        Self { stream, limit, until: None }
    }

    /// What came of writing, unless it has taken too long.
    fn watch<R>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.until = None;
            return written;
        }
        let until = self.until.get_or_insert_with(|| Box::pin(sleep(self.limit)));
        until.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Patient<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Patient<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, octets);
        this.watch(context, written)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.watch(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let ended = Pin::new(&mut this.stream).poll_shutdown(context);
        this.watch(context, ended)
    }
}

/// How long accepting pauses when the system has no more descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// What a connection is told that is served until it ends, if the client does this and then nothing.
    fn told(head: Duration, write: Duration, client: impl FnOnce(&mut std::net::TcpStream)) -> (String, bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        accepted.set_nonblocking(true).unwrap();
        client(&mut stream);
        let answer = || async { vec![b'x'; 64 << 20] };
        let service = TowerToHyperService::new(axum::Router::new().route("/", axum::routing::get(answer)));
        let (_stop, stopping) = watch::channel(false);
        let ended = runtime.block_on(async {
            let accepted = TcpStream::from_std(accepted).unwrap();
            let served = converse(Patient::new(accepted, write), service, stopping, head);
            tokio::time::timeout(Duration::from_secs(60), served).await
        });
        let is_error = ended.expect("it ends").is_err();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut answer = Vec::new();
        let _ = stream.take(4096).read_to_end(&mut answer);
        (String::from_utf8_lossy(&answer).into_owned(), is_error)
    }

    #[test]
    fn who_begins_a_head_and_does_not_end_it_is_let_go() {
        let short = Duration::from_millis(20);
        let (_, is_error) = told(short, Duration::from_secs(60), |stream| {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: lo").unwrap();
        });
        assert!(is_error);
        // The same for who says nothing at all.
        told(short, Duration::from_secs(60), |_| ());
    }

    #[test]
    fn who_does_not_read_the_answer_is_let_go() {
        let (answer, is_error) = told(Duration::from_secs(60), Duration::from_millis(20), |stream| {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        });
        assert!(is_error && answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
