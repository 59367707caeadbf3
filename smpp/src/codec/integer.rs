//! Integers of the wire: plain ones and the newtypes that the macro makes of enumerations and bit fields.

use std::fmt;

use super::{CommandKind, ValuesSpec};

/// An unsigned big-endian integer of 1, 2, 4 or 8 octets, or a newtype over one.
pub trait WireInteger: Copy + Eq + fmt::Debug + 'static {
    /// Octets on the wire.
    const SIZE: usize;

    /// What names its values.
    const VALUES: Option<&'static ValuesSpec> = None;

    /// The number, widened.
    fn to_u64(self) -> u64;

    /// The number, if it fits.
    fn from_u64(value: u64) -> Option<Self>;
}

macro_rules! plain_integer {
    ($($integer:ty),*) => {$(
        impl WireInteger for $integer {
            const SIZE: usize = size_of::<$integer>();

            #[inline]
            fn to_u64(self) -> u64 {
                u64::from(self)
            }

            #[inline]
            fn from_u64(value: u64) -> Option<Self> {
                Self::try_from(value).ok()
            }
        }
    )*};
}

plain_integer!(u8, u16, u32, u64);

/// `command_id` (section 5.1.2.1). The ids of the standard are associated consts: `CommandId::SUBMIT_SM`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub u32);

impl CommandId {
    /// Whether it is the id of a response: bit 31 is set.
    #[inline]
    pub const fn is_response(self) -> bool {
        self.0 & 0x8000_0000 != 0
    }

    /// The name of the command, if the standard has it: `submit_sm`.
    pub fn name(self) -> Option<&'static str> {
        crate::protocol::command::find(self).map(|spec| spec.name)
    }

    /// The id of the response to this request.
    #[inline]
    pub const fn response(self) -> Self {
        Self(self.0 | 0x8000_0000)
    }

    /// Whether a PDU of this id asks for an answer, as far as the id alone tells: responses, generic_nack, outbind and
    /// alert_notification do not; what is unknown and has bit 31 clear does.
    pub fn is_answered(self) -> bool {
        match crate::protocol::command::find(self) {
            Some(spec) => spec.kind == CommandKind::Request,
            None => !self.is_response(),
        }
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match crate::protocol::command::find(*self) {
            Some(spec) => write!(f, "{} (0x{:08X})", spec.name, self.0),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

/// Writes a value of an enumeration or bit field with its names and its number.
pub fn debug_value(values: &ValuesSpec, value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let width = 2 + 2 * usize::from(values.size);
    match value_name(values, value) {
        Some(name) => write!(f, "{name} ({value:#0width$X})"),
        None => write!(f, "{value:#0width$X}"),
    }
}

/// The name of a value: of a bit field, the names of the parts that are not 0 (of all parts if all are).
pub fn value_name(values: &ValuesSpec, value: u64) -> Option<String> {
    if values.parts.is_empty() {
        return values.find(value).map(|entry| entry.name.to_owned());
    }
    let of_part = |part: &super::PartSpec| {
        let name = part.find(value).filter(|_| part.mask == 0 || value & part.mask != 0)?.name;
        Some(format!("{}={name}", part.name))
    };
    let names: Vec<_> = values.parts.iter().filter_map(of_part).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// What the newtype of an enumeration or bit field can do.
#[doc(hidden)]
#[macro_export]
macro_rules! __wire_integer {
    ($smpp:path, $name:ident, $integer:ident, $table:ident) => {
        const _: () = {
            use $smpp as smpp;
            impl $name {
                /// The name of the value, if it has one. Of a bit field, the names of the parts that are not 0.
                pub fn name(self) -> Option<String> {
                    smpp::codec::value_name(&$table, u64::from(self.0))
                }
            }

            impl From<$integer> for $name {
                #[inline]
                fn from(value: $integer) -> Self {
                    Self(value)
                }
            }

            impl From<$name> for $integer {
                #[inline]
                fn from(value: $name) -> Self {
                    value.0
                }
            }

            impl smpp::codec::WireInteger for $name {
                const SIZE: usize = size_of::<$integer>();
                const VALUES: Option<&'static smpp::codec::ValuesSpec> = Some(&$table);

                #[inline]
                fn to_u64(self) -> u64 {
                    u64::from(self.0)
                }

                #[inline]
                fn from_u64(value: u64) -> Option<Self> {
                    $integer::try_from(value).ok().map(Self)
                }
            }

            impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    smpp::codec::debug_value(&$table, u64::from(self.0), f)
                }
            }

            smpp::__integer_serde!(smpp, $name, $integer);
        };
    };
}

/// What the newtype of a part of a bit field can do.
#[doc(hidden)]
#[macro_export]
macro_rules! __part {
    ($smpp:path, $name:ident, $table:path, $part:literal) => {
        const _: () = {
            use $smpp as smpp;
            impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    smpp::codec::debug_part(&$table, $part, u64::from(self.0), f)
                }
            }
        };
    };
}

/// Writes a part of a bit field with its name and its bits.
pub fn debug_part(values: &ValuesSpec, part: &str, value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let width = 2 + 2 * usize::from(values.size);
    match values.parts.iter().find(|other| other.name == part).and_then(|part| part.find(value)) {
        Some(entry) => write!(f, "{} ({value:#0width$X})", entry.name),
        None => write!(f, "{value:#0width$X}"),
    }
}
