//! The line: what stands between the socket of a connection and its session.
//!
//! The session of [`smpp::server`] keeps to the standard. Whatever departs from it that cannot be said in requests and
//! responses is done here: PDUs that are broken, late octets, connections that are cut. The line sees every PDU as it goes
//! over the connection, and keeps the last of them.
//!
//! ```text
//!             +-- LineReader <-- socket      cuts PDUs, keeps them, lets enquire_link and unbind through or not;
//!   session <-+                              stops reading
//!             +-- LineWriter --> socket      cuts PDUs, keeps them, does to them what is asked for; closes
//! ```
//!
//! What is sent out of turn goes the same way as everything else, so that it keeps its place: a *ticket*, a PDU with a
//! command_id of the line's own, is given to the session, and the writer does what it stands for when it comes by. No thread
//! but those of this connection ever waits for its socket.

mod fault;
mod reader;
mod trace;
mod waits;
mod writer;

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use smpp::codec::{CommandId, DEFAULT_MAX_COMMAND_LENGTH, HEADER_LENGTH, Header};
use smpp::driver::{Halves, ShutdownHandle, Transport};
use smpp::server::SessionHandle;
use smpp::session::Direction;
use smpp::value::CommandStatus;

use crate::engine::Engine;
use crate::spec::Known;
pub use fault::{Close, Mangle};
pub(crate) use fault::{Fault, header, word};
use reader::LineReader;
use trace::Ring;
pub use trace::Traced;
pub(crate) use trace::holds_password;
use waits::Waits;
use writer::LineWriter;

/// The line of one connection.
///
/// # Locking
///
/// `state`, `trace` and `waits` are held for a look or a change, and nothing else is called meanwhile: neither the session, nor the socket,
/// nor the engine. `wake` tells the reader and the writer, when one of them waits on purpose, that something is different.
#[derive(Debug)]
pub(crate) struct Line {
    session: SessionHandle,
    engine: Weak<Engine>,
    peer_addr: Option<SocketAddr>,
    is_tls: bool,
    state: Mutex<State>,
    wake: Condvar,
    /// Whether the writer has to look at what it is given: while not, octets go on as they are.
    armed: AtomicBool,
    trace: Mutex<Ring>,
    /// Requests that are not answered: of the ESME, and to it.
    waits: Mutex<[Waits; 2]>,
    /// PDUs that are kept.
    most: usize,
    /// What they are shown by.
    known: Known,
    /// Requests of the ESME that are not answered.
    unanswered: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// What is done to responses, by their sequence_number.
    faults: HashMap<u32, Vec<Fault>>,
    tickets: HashMap<u32, Ticket>,
    last_ticket: u32,
    ticket_octets: usize,
    /// Everything leaves octet by octet.
    dribble: Option<Duration>,
    reading: Reading,
    /// Requests of the ESME that came beyond its window, by sequence_number.
    over: HashSet<u32>,
    window: Option<usize>,
    closed: Option<Close>,
    /// Whether both halves are gone.
    is_over: bool,
    shutdown: Option<ShutdownHandle>,
    /// For SO_LINGER.
    socket: Option<TcpStream>,
    last_enquire_link: Option<SystemTime>,
}

/// Whether the socket is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Reading {
    #[default]
    On,
    /// Not before then.
    Until(Instant),
    /// Not before it is told to.
    Gated,
}

/// What a ticket stands for.
enum Ticket {
    Octets(Vec<u8>),
    Close(Close),
}

/// The command_id of tickets. The session sends no PDU that has it: the standard reserves it.
const TICKET: CommandId = CommandId(0x7FFF_FF54);

/// Octets that may wait to be injected into a connection; more are dropped.
const MAX_INJECTED: usize = 8 << 20;

/// Requests beyond the window that are remembered: as many as the session takes at a time, and some.
const MAX_OVER: usize = 50_000;

impl Line {
    /// Puts a line around a connection.
    pub(crate) fn wrap(
        engine: &Weak<Engine>,
        session: &SessionHandle,
        transport: Box<dyn Transport>,
        setting: Setting,
    ) -> (Arc<Self>, Box<dyn Transport>) {
        let Setting { most, known, is_tls } = setting;
        let state = State { socket: transport.socket(), ..State::default() };
        let line = Arc::new(Self {
            session: session.clone(),
            engine: engine.clone(),
            peer_addr: transport.peer_addr(),
            is_tls,
            state: Mutex::new(state),
            wake: Condvar::new(),
            armed: AtomicBool::new(false),
            trace: Mutex::default(),
            waits: Mutex::default(),
            most,
            known,
            unanswered: AtomicUsize::new(0),
        });
        let presence = Arc::new(Presence(Arc::clone(&line)));
        (line, Box::new(LineTransport { transport, presence }))
    }

    /// The number of its session.
    pub(crate) fn id(&self) -> u64 {
        self.session.id()
    }

    pub(crate) fn session(&self) -> &SessionHandle {
        &self.session
    }

    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        self.peer_addr
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Does this to the next response with this sequence_number that leaves, once. Several are done in their order.
    pub(crate) fn fault(&self, sequence_number: u32, fault: Fault) {
        self.change(|state| state.faults.entry(sequence_number).or_default().push(fault));
    }

    /// Sends octets as they are, behind all that was sent before. Whether they could be taken: there is a limit to what may
    /// wait, and a session that is over takes nothing.
    pub(crate) fn inject(&self, octets: Vec<u8>) -> bool {
        self.send_ticket(Ticket::Octets(octets))
    }

    /// Closes the connection: by [`Close::Reset`] at once, otherwise behind all that was sent before.
    pub(crate) fn close(&self, how: Close) {
        if how == Close::Reset {
            self.reset();
        } else {
            self.send_ticket(Ticket::Close(how));
        }
    }

    /// From now on everything leaves octet by octet, each so long after the one before; with no time, as usual.
    pub(crate) fn dribble(&self, every: Duration) {
        self.change(|state| state.dribble = Some(every).filter(|every| !every.is_zero()));
    }

    /// Reads nothing for so long, by the machine's time: TCP then holds up the ESME.
    pub(crate) fn stop_reading(&self, how_long: Duration) {
        let until = Instant::now().checked_add(how_long);
        self.change(|state| state.reading = until.map_or(Reading::Gated, Reading::Until));
    }

    /// Reads nothing until [`open`](Self::open).
    pub(crate) fn gate(&self) {
        self.change(|state| state.reading = Reading::Gated);
    }

    /// Reads again.
    pub(crate) fn open(&self) {
        self.change(|state| state.reading = Reading::On);
    }

    /// The last PDUs, oldest first.
    pub(crate) fn trace(&self) -> Vec<Traced> {
        lock(&self.trace).all(self.id(), self.known)
    }

    /// Requests of the ESME that are not answered, binds, unbind and enquire_link left out.
    pub(crate) fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// From now on requests beyond so many unanswered ones are [told](Self::is_over_window).
    pub(crate) fn watch_window(&self, window: usize) {
        self.lock().window = Some(window);
    }

    /// Whether a request came while as many as the window has were unanswered.
    pub(crate) fn is_over_window(&self, sequence_number: u32) -> bool {
        let state = self.lock();
        state.window.is_some() && state.over.contains(&sequence_number)
    }

    /// A request will never be answered.
    pub(crate) fn forget(&self, sequence_number: u32) {
        if !self.lock().over.remove(&sequence_number) {
            self.count_answer();
        }
    }

    /// How far apart octets leave, if it [dribbles](Self::dribble).
    pub(crate) fn dribbles(&self) -> Option<Duration> {
        self.lock().dribble
    }

    /// Whether it does not [read](Self::stop_reading) for now.
    pub(crate) fn is_deaf(&self) -> bool {
        match self.lock().reading {
            Reading::On => false,
            Reading::Until(until) => Instant::now() < until,
            Reading::Gated => true,
        }
    }

    /// When the ESME last sent enquire_link.
    pub(crate) fn last_enquire_link(&self) -> Option<SystemTime> {
        self.lock().last_enquire_link
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        self.armed.store(state.is_armed(), Ordering::Release);
        drop(state);
        self.wake.notify_all();
        result
    }

    fn send_ticket(&self, ticket: Ticket) -> bool {
        let mut state = self.lock();
        let octets = ticket.octets();
        if state.is_over || state.closed.is_some() || state.ticket_octets + octets > MAX_INJECTED {
            return false;
        }
        state.last_ticket = state.last_ticket.wrapping_add(1);
        let number = state.last_ticket;
        state.tickets.insert(number, ticket);
        state.ticket_octets += octets;
        self.armed.store(true, Ordering::Release);
        drop(state);
        self.session.send_raw(&header(HEADER_LENGTH as u32, TICKET, CommandStatus::ESME_ROK, number));
        true
    }

    fn take_ticket(&self, number: u32) -> Option<Ticket> {
        self.change(|state| {
            let ticket = state.tickets.remove(&number)?;
            state.ticket_octets -= ticket.octets();
            Some(ticket)
        })
    }

    /// Sees to it that the system answers the peer with RST as soon as nobody holds the socket, and that nobody does.
    fn reset(&self) {
        let (socket, shutdown) = self.change(|state| {
            state.closed = Some(Close::Reset);
            (state.socket.take(), state.shutdown.clone())
        });
        if let Some(socket) = socket {
            // A socket that is closed with data unsent and no time to linger is reset.
            let _ = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
        }
        if let Some(shutdown) = shutdown {
            // The reader wakes up; nothing is sent for it.
            shutdown(Shutdown::Read);
        }
    }

    /// Ends what this side says.
    fn finish(&self, how: Close) {
        let shutdown = self.change(|state| {
            state.closed = Some(how);
            state.shutdown.clone()
        });
        if let Some(shutdown) = shutdown {
            shutdown(Shutdown::Write);
        }
    }

    fn closed(&self) -> Option<Close> {
        self.lock().closed
    }

    /// A PDU goes over the connection.
    fn record(&self, at: SystemTime, direction: Direction, octets: &[u8]) {
        lock(&self.trace).push(at, direction, octets, self.most);
        let Some(engine) = self.engine.upgrade() else { return };
        let is_in = direction == Direction::Received;
        engine.saw_pdu(self.session.id(), at, is_in, octets);
        let Some(header) = octets.first_chunk::<HEADER_LENGTH>().map(Header::from_octets) else { return };
        let number = header.sequence_number;
        if header.command_id.0 & 0x8000_0000 == 0 {
            // Nobody answers outbind and alert_notification.
            if !matches!(header.command_id.0, 0x0B | 0x102) {
                lock(&self.waits)[usize::from(!is_in)].begin(number, header.command_id, Instant::now());
            }
            return;
        }
        // What is sent answers what came, and the other way round.
        let ended = lock(&self.waits)[usize::from(is_in)].end(number, Instant::now());
        if let Some((request, time)) = ended {
            engine.counters.answered(is_in, request, time);
        }
    }

    fn now(&self) -> SystemTime {
        self.engine.upgrade().map_or_else(SystemTime::now, |engine| engine.now())
    }

    /// A request came: it is counted, and noted if it is one too many.
    fn count_request(&self, header: Header) {
        if !is_counted(header.command_id) {
            return;
        }
        let unanswered = self.unanswered();
        let mut state = self.lock();
        if state.window.is_some_and(|window| unanswered >= window) && state.over.len() < MAX_OVER {
            state.over.insert(header.sequence_number);
            return;
        }
        drop(state);
        self.unanswered.fetch_add(1, Ordering::Relaxed);
    }

    /// A response leaves.
    fn count_response(&self, id: CommandId, command_status: CommandStatus, sequence_number: u32) {
        if !is_counted(CommandId(id.0 & 0x7FFF_FFFF)) {
            return;
        }
        let mut state = self.lock();
        let was_over = state.window.is_some() && state.over.remove(&sequence_number);
        drop(state);
        if !was_over {
            self.count_answer();
        } else if command_status != CommandStatus::ESME_ROK
            && let (Some(engine), Some(system_id)) = (self.engine.upgrade(), self.session.system_id())
        {
            engine.counters.count("window_rejections_total", [engine.counters.account(system_id)]);
        }
    }

    fn count_answer(&self) {
        let _ = self.unanswered.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
    }
}

/// Whether a request takes room in a window.
fn is_counted(id: CommandId) -> bool {
    // Binds, unbind, outbind, enquire_link, and alert_notification, which nobody answers.
    !matches!(id.0, 0x01 | 0x02 | 0x06 | 0x09 | 0x0B | 0x15 | 0x102) && id.0 & 0x8000_0000 == 0
}

/// What a line is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// PDUs that are kept.
    pub(crate) most: usize,
    /// What they are shown by.
    pub(crate) known: Known,
    pub(crate) is_tls: bool,
}

impl State {
    fn is_armed(&self) -> bool {
        !self.faults.is_empty() || !self.tickets.is_empty() || self.dribble.is_some() || self.closed.is_some()
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("reading", &self.reading).field("closed", &self.closed).finish_non_exhaustive()
    }
}

impl Ticket {
    fn octets(&self) -> usize {
        match self {
            Self::Octets(octets) => octets.len(),
            Self::Close(_) => 0,
        }
    }
}

/// Both halves of a connection hold it: when it goes, the connection has gone.
#[derive(Debug)]
struct Presence(Arc<Line>);

impl Drop for Presence {
    fn drop(&mut self) {
        let line = &self.0;
        // What the socket and the handles hold is let go of at once, though others may keep the line for its trace.
        let before = line.change(|state| {
            state.is_over = true;
            (state.socket.take(), state.shutdown.take(), std::mem::take(&mut state.tickets))
        });
        drop(before);
        if let Some(engine) = line.engine.upgrade() {
            engine.line_over(line);
        }
    }
}

/// A connection with its line.
struct LineTransport {
    transport: Box<dyn Transport>,
    presence: Arc<Presence>,
}

impl Transport for LineTransport {
    fn peer_addr(&self) -> Option<SocketAddr> {
        self.transport.peer_addr()
    }

    fn socket(&self) -> Option<TcpStream> {
        self.transport.socket()
    }

    fn split(self: Box<Self>) -> io::Result<Halves> {
        let Halves { reader, writer, shutdown } = self.transport.split()?;
        let line = Arc::clone(&self.presence.0);
        line.change(|state| state.shutdown = Some(Arc::clone(&shutdown)));
        // One that was to be reset before it began.
        if line.closed() == Some(Close::Reset) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let of_handle = Arc::downgrade(&line);
        let shutdown = move |how| {
            let Some(line) = of_handle.upgrade() else { return };
            let (inner, closed) = {
                let state = line.lock();
                (state.shutdown.clone(), state.closed)
            };
            if how != Shutdown::Write {
                // Whoever waits on purpose is to see the end.
                line.change(|state| state.reading = Reading::On);
            }
            match inner {
                // A word would be one too many.
                Some(inner) if closed == Some(Close::Reset) => inner(Shutdown::Read),
                Some(inner) => inner(how),
                None => {}
            }
        };
        Ok(Halves {
            reader: Box::new(LineReader::new(reader, Arc::clone(&self.presence))),
            writer: Box::new(LineWriter::new(writer, Arc::clone(&self.presence))),
            shutdown: Arc::new(shutdown),
        })
    }
}

/// The length of the PDU that begins here, if there can be one that long.
fn length(octets: &[u8]) -> Option<usize> {
    let length = word(octets, 0);
    (HEADER_LENGTH as u32..=DEFAULT_MAX_COMMAND_LENGTH).contains(&length).then_some(length as usize)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
