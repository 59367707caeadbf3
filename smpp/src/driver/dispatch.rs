//! What comes in, handed to the user's code one by one: by a thread of the link, or by one of the user's own.

use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::Error;
use super::inbox::InHand;
use super::incoming::{Incoming, Reply, Responder};
use super::link::Link;
use super::log::log_notice;
use super::pending::Call;
use crate::codec::{Command, CommandId, Decoder, Frame, Header};
use crate::error::DecodeError;
use crate::protocol::{Pdu, value::CommandStatus};
use crate::session::{CloseReason, Direction, Inbound, SessionState, Stray};
use crate::sync::atomic::Ordering;
use crate::sync::thread::{self, ThreadId};
use crate::sync::thread_local;

/// What stands in the inbox.
pub(super) enum Job {
    Pdu {
        octets: Range<usize>,
        epoch: u32,
        inbound: Option<Inbound>,
    },
    /// A PDU that is only to be shown.
    Shown {
        octets: Range<usize>,
        direction: Direction,
    },
    Notice(Notice),
    Call(Call),
}

/// What the user is told that is no PDU for it.
#[derive(Debug, Clone)]
pub(crate) enum Notice {
    StateChanged {
        from: SessionState,
        to: SessionState,
    },
    /// The session refused a request by itself.
    Refused {
        header: Header,
        status: CommandStatus,
    },
    /// A PDU that concerns nothing.
    Stray {
        header: Header,
        octets: Arc<[u8]>,
        stray: Stray,
    },
    /// The peer wants to be sent less.
    Throttled {
        status: CommandStatus,
        pause: Duration,
    },
    /// The session has ended, and another is to begin.
    Lost(CloseReason),
    /// Another session is to be tried for, after so long.
    Rebind {
        attempt: u32,
        delay: Duration,
    },
    /// It did not come about.
    RebindFailed(Arc<Error>),
    /// The last of all.
    Closed(CloseReason),
}

impl Notice {
    pub(super) fn stray(frame: Frame<'_>, stray: Stray) -> Self {
        Self::Stray { header: frame.header(), octets: frame.octets().into(), stray }
    }
}

/// What client and server make of what comes in. Called by the dispatcher only.
pub(crate) trait Dispatch: Send + Sync {
    /// A PDU for the application; `responder` is there if it is to be answered.
    fn pdu(&self, pdu: &Incoming<'_, Pdu<'_>>);

    /// A PDU that went either way, for observers; before [`pdu`](Self::pdu) is called with it.
    fn show(&self, direction: Direction, frame: Frame<'_>, decoder: &mut Decoder);

    /// A PDU that could not be decoded. If it was a request, it was answered.
    fn undecodable(&self, frame: Frame<'_>, error: &DecodeError);

    fn notice(&self, notice: Notice);

    /// User code panicked; the request was answered with ESME_RSYSERR.
    fn panicked(&self, header: Option<Header>);
}

/// What became of one job.
pub(crate) enum Handled {
    Pdu(Header),
    Undecodable(Vec<u8>, DecodeError),
    Panicked(Option<Header>),
    Notice(Notice),
    /// An observer or a callback of [`Pending::then`](super::Pending::then) was called.
    Other,
}

/// Takes jobs from the inbox of a link and does them.
pub(crate) struct Dispatcher {
    link: Arc<Link>,
    dispatch: Box<dyn Dispatch>,
    decoder: Decoder,
    jobs: VecDeque<Job>,
    octets: Vec<u8>,
    attended_by: Option<ThreadId>,
    /// Whether requests are refused rather than handed to the user's code.
    refuses: bool,
    in_hand: Arc<InHand>,
}

thread_local! {
    /// The link whose callback this thread is in.
    static INSIDE: RefCell<Option<Arc<Link>>> = const { RefCell::new(None) };
}

impl Dispatcher {
    pub(crate) fn new(link: &Arc<Link>, dispatch: Box<dyn Dispatch>) -> Self {
        let (decoder, in_hand) = (link.decoder(), Arc::clone(&link.lock().in_hand));
        let (jobs, octets) = (VecDeque::new(), Vec::new());
        Self { link: Arc::clone(link), dispatch, decoder, jobs, octets, attended_by: None, refuses: false, in_hand }
    }

    /// Says that this thread takes jobs.
    pub(crate) fn attend(&mut self) {
        let this = Some(thread::current().id());
        if self.attended_by != this {
            self.attended_by = this;
            self.link.lock().dispatched_by = this;
        }
    }

    /// Goes on by a thread of the link, without the user: requests are refused. If there can be no such thread, nothing is
    /// taken from the inbox any more.
    pub(crate) fn go_on_refusing(mut self) {
        let link = Arc::clone(&self.link);
        self.refuses = true;
        if let Err(error) = link.spawn("dispatch", move || self.run()) {
            tracing::error!(%error, "nobody takes what comes in");
        }
    }

    /// Does all there is to do until the link is over.
    pub(super) fn run(mut self) {
        let link = Arc::clone(&self.link);
        Link::inside(Some(link), || {
            loop {
                if let Some(Handled::Notice(Notice::Closed(_))) = self.take_one(None) {
                    return;
                }
            }
        });
    }

    /// Waits for a job and does it; `None` if there is none by then.
    pub(crate) fn step(&mut self, deadline: Option<Instant>) -> Option<Handled> {
        let link = Arc::clone(&self.link);
        Link::inside(Some(link), || self.take_one(deadline))
    }

    fn take_one(&mut self, deadline: Option<Instant>) -> Option<Handled> {
        if self.jobs.is_empty() && !self.take_jobs(deadline) {
            return None;
        }
        let job = self.jobs.pop_front()?;
        let kind = job.kind();
        let handled = self.handle(job);
        self.in_hand.done(kind);
        Some(handled)
    }

    fn take_jobs(&mut self, deadline: Option<Instant>) -> bool {
        self.octets.clear();
        // After a rush the room that it took is given back.
        self.octets.shrink_to(KEPT_OCTETS);
        self.jobs.shrink_to(KEPT_JOBS);
        let mut core = self.link.lock();
        // There is room for it again.
        core.post_missed();
        while core.inbox.is_empty() {
            core.dispatcher_asleep = true;
            core = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.link.mail.wait(core).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => {
                    core.dispatcher_asleep = false;
                    return false;
                }
                Some(left) => self.link.mail.wait_timeout(core, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        core.dispatcher_asleep = false;
        self.in_hand.take(&mut core.inbox_counts);
        std::mem::swap(&mut core.inbox, &mut self.jobs);
        std::mem::swap(&mut core.inbox_octets, &mut self.octets);
        let unreported = std::mem::take(&mut core.unreported);
        core.stats.unreported += unreported as u64;
        core.told_full = false;
        drop(core);
        if unreported > 0 {
            tracing::warn!(unreported, "inbox was full: PDUs refused or notices dropped");
        }
        true
    }

    fn handle(&mut self, job: Job) -> Handled {
        match job {
            Job::Pdu { octets, epoch, inbound } => {
                let mut responder = inbound.map(|inbound| Responder::new(&self.link, epoch, inbound));
                let is_late = responder.is_some() && !self.link.is_open(epoch);
                if let Some(responder) = responder.take_if(|_| self.refuses) {
                    // If the session has ended, nobody waits for the answer.
                    let _ = responder.answer(UNHEARD);
                    return Handled::Other;
                }
                match self.octets.get(octets).and_then(|octets| Frame::exact(octets).ok()) {
                    // It cannot be answered, so the peer will send it again.
                    Some(frame) if is_late => {
                        let notice = Notice::stray(frame, Stray::Closed);
                        log_notice(self.link.span(), &notice);
                        self.tell(notice)
                    }
                    Some(frame) => {
                        if self.link.observes.received {
                            show(&*self.dispatch, Direction::Received, frame, &mut self.decoder);
                        }
                        handle_pdu(&*self.dispatch, &mut self.decoder, frame, responder)
                    }
                    None => Handled::Other,
                }
            }
            Job::Shown { octets, direction } => {
                if let Some(frame) = self.octets.get(octets).and_then(|octets| Frame::exact(octets).ok()) {
                    show(&*self.dispatch, direction, frame, &mut self.decoder);
                }
                Handled::Other
            }
            Job::Notice(notice) => self.tell(notice),
            Job::Call(call) => {
                if guarded(None, call).is_err() {
                    panicked(&*self.dispatch, None);
                    return Handled::Panicked(None);
                }
                Handled::Other
            }
        }
    }

    fn tell(&mut self, notice: Notice) -> Handled {
        if guarded(None, || self.dispatch.notice(notice.clone())).is_err() {
            panicked(&*self.dispatch, None);
        }
        if matches!(notice, Notice::Closed(_)) {
            self.close_inbox();
        }
        Handled::Notice(notice)
    }

    /// Nothing is taken from the inbox any more: what is in it is done with now, what would come is done elsewhere.
    fn close_inbox(&mut self) {
        let link = Arc::clone(&self.link);
        let mut core = link.lock();
        core.inbox_closed = true;
        let rest = std::mem::take(&mut core.inbox);
        core.drop_counts();
        drop(core);
        link.ended.notify_all();
        for job in self.jobs.drain(..).chain(rest) {
            match job {
                Job::Call(call) => drop(guarded(None, call)),
                Job::Pdu { epoch, inbound: Some(inbound), .. } => {
                    // If the session has ended, nobody waits for the answer.
                    let _ = link.respond_status(epoch, inbound, UNHEARD);
                }
                _ => {}
            }
        }
    }
}

/// Room for jobs and their octets that is kept while there are none.
const KEPT_JOBS: usize = 1000;
const KEPT_OCTETS: usize = 256 << 10;

/// What a request is answered when nobody takes it from the inbox: try again later.
pub(super) const UNHEARD: CommandStatus = CommandStatus::ESME_RX_T_APPN;

impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.close_inbox();
    }
}

impl Link {
    /// Has user code called by whoever calls callbacks; at once if nobody does any more. Not to be called under the lock.
    pub(super) fn call(&self, call: Call) {
        let mut core = self.lock();
        if !core.inbox_closed {
            core.post(Job::Call(call));
            return self.settle_and_unlock(core);
        }
        drop(core);
        // A panic was reported to whoever has set a hook for panics; there is nobody else to tell.
        drop(guarded(None, call));
    }

    /// Whether this thread is in a callback of this link.
    pub(crate) fn is_in_callback(&self) -> bool {
        INSIDE.with(|inside| inside.borrow().as_ref().is_some_and(|link| std::ptr::eq(Arc::as_ptr(link), self)))
    }

    /// Does something as if in a callback of this link.
    pub(crate) fn inside<R>(link: Option<Arc<Self>>, act: impl FnOnce() -> R) -> R {
        let outside = INSIDE.with(|inside| inside.replace(link));
        let result = act();
        drop(INSIDE.with(|inside| inside.replace(outside)));
        result
    }

    /// The link whose callback this thread is in.
    pub(crate) fn current() -> Option<Arc<Self>> {
        INSIDE.with(|inside| inside.borrow().clone())
    }

    /// Whether the session of this number goes on, as far as one can tell without the lock.
    fn is_open(&self, epoch: u32) -> bool {
        self.open_epoch.load(Ordering::Relaxed) == epoch
    }
}

/// `command` is what the user's code is given, if it is given a PDU.
fn guarded(command: Option<CommandId>, call: impl FnOnce()) -> Result<(), Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(call)).inspect_err(|panic| {
        let message = panic.downcast_ref::<&str>().copied();
        let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let command = command.map(tracing::field::debug);
        tracing::error!(command, panic = message, "callback panicked");
    })
}

/// Tells the user that its code has panicked. That may panic, too.
fn panicked(dispatch: &dyn Dispatch, header: Option<Header>) {
    drop(catch_unwind(AssertUnwindSafe(|| dispatch.panicked(header))));
}

fn show(dispatch: &dyn Dispatch, direction: Direction, frame: Frame<'_>, decoder: &mut Decoder) {
    if guarded(Some(frame.header().command_id), || dispatch.show(direction, frame, decoder)).is_err() {
        panicked(dispatch, Some(frame.header()));
    }
}

fn handle_pdu(
    dispatch: &dyn Dispatch,
    decoder: &mut Decoder,
    frame: Frame<'_>,
    responder: Option<Responder>,
) -> Handled {
    let header = frame.header();
    match decoder.decode(frame) {
        Ok(pdu) => {
            let diagnostics = decoder.take_diagnostics();
            let incoming = Incoming::new(pdu, frame, &diagnostics, responder);
            if guarded(Some(header.command_id), || dispatch.pdu(&incoming)).is_err() {
                drop(incoming);
                panicked(dispatch, Some(header));
                return Handled::Panicked(Some(header));
            }
            Handled::Pdu(header)
        }
        Err(error) => {
            tracing::warn!(%error, command = ?header.command_id, "PDU could not be decoded");
            if let Some(responder) = responder {
                // If the link has ended meanwhile, nobody waits for the answer.
                let _ = responder.answer(error.command_status());
            }
            if guarded(Some(header.command_id), || dispatch.undecodable(frame, &error)).is_err() {
                panicked(dispatch, Some(header));
            }
            Handled::Undecodable(frame.octets().to_vec(), error)
        }
    }
}

/// Sends what a callback returned, unless it has kept the responder to answer later.
///
/// A PDU that could not be decoded whole is not answered ESME_ROK: the peer would take it to have arrived.
pub(crate) fn answer<P, R: Command>(incoming: &Incoming<'_, P>, reply: Reply<R>) {
    let Some(responder) = incoming.take_responder() else { return };
    let sent = match (incoming.loss(), reply) {
        (Some(loss), Reply { status: CommandStatus::ESME_ROK, .. }) => responder.answer(loss.command_status()),
        (_, Reply { status, response: Some(response) }) => responder.respond(status, &response),
        (_, Reply { status, response: None }) => responder.answer(status),
    };
    if let Err(error) = sent {
        tracing::warn!(%error, command = ?incoming.header().command_id, "response not sent");
    }
}
