//! Fields by the tables alone, for commands of a vendor whose type is not at hand.

use crate::codec::{CommandSpec, FieldKind, FieldValue, FieldView, HEADER_LENGTH, Visit};

/// Shows the fields of a body and returns the octets after them.
///
/// What cannot be taken apart, a list or a field cut short, is shown as the octets it has: all that are left. Where there
/// may be a password among them, they are returned instead, unless the field is the password.
pub(super) fn visit_fields<'a>(command: &CommandSpec, body: &'a [u8], visitor: &mut dyn Visit) -> &'a [u8] {
    let mut rest = body;
    let mut count = 0;
    for spec in command.fields {
        if rest.is_empty() {
            break;
        }
        let offset = HEADER_LENGTH + body.len() - rest.len();
        let whole = match spec.kind {
            FieldKind::Integer | FieldKind::Count => rest.get(..spec.max as usize).map(|octets| {
                let value = octets.iter().fold(0, |value, &octet| value << 8 | u64::from(octet));
                if matches!(spec.kind, FieldKind::Count) {
                    count = value;
                }
                (octets.len(), FieldValue::Integer(value))
            }),
            FieldKind::COctetString => {
                let nul = rest.iter().position(|&octet| octet == 0);
                nul.map(|nul| (nul + 1, FieldValue::COctetString(&rest[..nul])))
            }
            FieldKind::OctetString => {
                let octets = usize::try_from(count).ok().and_then(|count| rest.get(..count));
                octets.map(|octets| (octets.len(), FieldValue::OctetString(octets)))
            }
            FieldKind::List { .. } => None,
        };
        let (length, value) = match whole {
            Some(whole) => whole,
            None if command.has_password() && !spec.is_password() => break,
            None => (rest.len(), FieldValue::OctetString(rest)),
        };
        visitor.field(FieldView { spec, offset, length, value });
        rest = &rest[length..];
    }
    rest
}
