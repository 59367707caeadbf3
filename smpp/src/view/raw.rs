//! Fields by the tables alone, for commands of a vendor whose type is not at hand.

use crate::codec::{FieldKind, FieldSpec, FieldValue, FieldView, HEADER_LENGTH, Visit};

/// Shows the fields of a body and returns the octets after them.
///
/// What cannot be taken apart, a list or a field cut short, is shown as the octets it has: all that are left.
pub(super) fn visit_fields<'a>(fields: &'static [FieldSpec], body: &'a [u8], visitor: &mut dyn Visit) -> &'a [u8] {
    let mut rest = body;
    let mut count = 0;
    for spec in fields {
        if rest.is_empty() {
            break;
        }
        let offset = HEADER_LENGTH + body.len() - rest.len();
        let (length, value) = match spec.kind {
            FieldKind::Integer | FieldKind::Count => match rest.get(..spec.max as usize) {
                Some(octets) => {
                    let value = octets.iter().fold(0, |value, &octet| value << 8 | u64::from(octet));
                    if matches!(spec.kind, FieldKind::Count) {
                        count = value;
                    }
                    (octets.len(), FieldValue::Integer(value))
                }
                None => (rest.len(), FieldValue::OctetString(rest)),
            },
            FieldKind::COctetString => match rest.iter().position(|&octet| octet == 0) {
                Some(nul) => (nul + 1, FieldValue::COctetString(&rest[..nul])),
                None => (rest.len(), FieldValue::OctetString(rest)),
            },
            FieldKind::OctetString => {
                let length = usize::try_from(count).unwrap_or(usize::MAX).min(rest.len());
                (length, FieldValue::OctetString(&rest[..length]))
            }
            FieldKind::List { .. } => (rest.len(), FieldValue::OctetString(rest)),
        };
        visitor.field(FieldView { spec, offset, length, value });
        rest = &rest[length..];
    }
    rest
}
