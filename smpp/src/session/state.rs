//! Roles, states, and what the tables say of both.

use std::fmt;

use crate::codec::{CommandId, CommandSpec, State, States};

/// Which end of a session (section 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// External Short Message Entity: the client.
    Esme,
    /// Short Message Service Centre: the server.
    Smsc,
}

impl Role {
    /// The other end.
    pub const fn peer(self) -> Self {
        match self {
            Self::Esme => Self::Smsc,
            Self::Smsc => Self::Esme,
        }
    }

    /// States in which this role may issue the command (Table 2-1).
    pub const fn may_issue_in(self, spec: &CommandSpec) -> States {
        match self {
            Self::Esme => spec.esme_may_issue_in,
            Self::Smsc => spec.smsc_may_issue_in,
        }
    }

    /// Whether this role sends the command in the state.
    ///
    /// What the other end takes is sent, if the role may issue the command at all: replace_sm in BOUND_TRX (erratum 1),
    /// enquire_link in OPEN (erratum 4). data_sm is sent by the narrow reading: by an ESME that may transmit, by an SMSC
    /// that serves a receiver (erratum 5).
    pub fn sends(self, spec: &CommandSpec, state: State) -> bool {
        let issues = self.may_issue_in(spec);
        let against_the_grain = match self {
            Self::Esme => State::BoundRx,
            Self::Smsc => State::BoundTx,
        };
        if spec.id == CommandId::DATA_SM && state == against_the_grain {
            return false;
        }
        issues.contains(state) || !issues.is_empty() && spec.accepted_in.contains(state)
    }

    /// Whether this role takes the command from its peer in the state.
    pub fn takes(self, spec: &CommandSpec, state: State) -> bool {
        !self.peer().may_issue_in(spec).is_empty() && spec.accepted_in.contains(state)
    }
}

/// The three ways to be bound (section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BindKind {
    /// The ESME sends messages: bind_transmitter.
    Transmitter,
    /// The ESME gets messages: bind_receiver.
    Receiver,
    /// Both: bind_transceiver.
    Transceiver,
}

impl BindKind {
    /// The kind that this bind request asks for.
    pub const fn of_request(id: CommandId) -> Option<Self> {
        match id {
            CommandId::BIND_TRANSMITTER => Some(Self::Transmitter),
            CommandId::BIND_RECEIVER => Some(Self::Receiver),
            CommandId::BIND_TRANSCEIVER => Some(Self::Transceiver),
            _ => None,
        }
    }

    /// The state that the bind leads to, as the tables of commands name it.
    pub const fn state(self) -> State {
        match self {
            Self::Transmitter => State::BoundTx,
            Self::Receiver => State::BoundRx,
            Self::Transceiver => State::BoundTrx,
        }
    }

    /// The state that the bind leads to.
    pub const fn session_state(self) -> SessionState {
        match self {
            Self::Transmitter => SessionState::BoundTx,
            Self::Receiver => SessionState::BoundRx,
            Self::Transceiver => SessionState::BoundTrx,
        }
    }

    /// Whether the ESME may send messages.
    pub const fn transmits(self) -> bool {
        !matches!(self, Self::Receiver)
    }

    /// Whether the ESME gets messages.
    pub const fn receives(self) -> bool {
        !matches!(self, Self::Transmitter)
    }
}

/// The state of a session (section 2.2); see the diagram of the [module](super).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// Connected, not bound.
    Open,
    /// Connected, not bound, and the SMSC has asked to be bound to (outbind).
    Outbound,
    /// Bound as transmitter.
    BoundTx,
    /// Bound as receiver.
    BoundRx,
    /// Bound as transceiver.
    BoundTrx,
    /// unbind was sent, or received, and is not answered yet.
    Unbinding,
    /// Over.
    Closed,
}

impl SessionState {
    /// Whether the session is bound and not about to end.
    pub const fn is_bound(self) -> bool {
        matches!(self, Self::BoundTx | Self::BoundRx | Self::BoundTrx)
    }

    /// The name that the standard uses; UNBINDING is ours.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Outbound => "OUTBOUND",
            Self::BoundTx => "BOUND_TX",
            Self::BoundRx => "BOUND_RX",
            Self::BoundTrx => "BOUND_TRX",
            Self::Unbinding => "UNBINDING",
            Self::Closed => "CLOSED",
        }
    }
}

impl fmt::Display for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
