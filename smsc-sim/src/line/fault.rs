//! What can be done to the octets that leave.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message_id::by_name;
use crate::setting::SettingError;

/// How a connection is closed. Written as text: `fin`, `rst`, `half`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Close {
    /// In good order, so that the peer reads an end of file.
    Fin,
    /// By a reset, so that the peer sees its connection broken.
    #[serde(rename = "rst")]
    Reset,
    /// In one direction only: nothing more is sent, but what comes is still read.
    Half,
}

/// How a response is spoilt. Written as text as in YAML: `length`, `nack_seq0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mangle {
    /// command_length says more octets than there are.
    Length,
    /// command_id is one that nobody knows.
    CommandId,
    /// sequence_number is that of no request.
    Sequence,
    /// The last octets of the body are missing, and command_length says so.
    Truncate,
    /// The body is octets that mean nothing.
    Garbage,
    /// It comes twice.
    Duplicate,
    /// generic_nack comes in its place.
    Nack,
    /// generic_nack with sequence_number 0 comes in its place.
    NackSeq0,
}

by_name!(Close, "way to close", "fin" => Fin, "rst" => Reset, "half" => Half);
by_name!(Mangle, "way to spoil a response",
    "length" => Length, "command_id" => CommandId, "sequence" => Sequence, "truncate" => Truncate,
    "garbage" => Garbage, "duplicate" => Duplicate, "nack" => Nack, "nack_seq0" => NackSeq0);
