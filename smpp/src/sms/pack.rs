//! Eight septets in seven octets (3GPP TS 23.038, 6.1.2).

/// What stands in the spare bits behind the last septet when there are seven of them, as many as a septet has.
///
/// Networks count septets, and so have nothing but zeros there (6.1.2.1). SMPP counts octets: seven zeros could be an `@`.
/// For such cases the standard has carriage returns (6.1.2.3.1), and so they are the default here. A receiver that knows
/// nothing of it shows a line that ends, where zeros would show as `@`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Padding {
    /// Seven spare bits hold a carriage return, which [`unpack`] takes off again. A text of which a carriage return itself
    /// is the last and ends with an octet gets a second one, which stays with the text.
    #[default]
    CarriageReturn,
    /// All spare bits are zero. [`unpack`] takes a zero septet that ends with an octet to be padding, so that of a text that
    /// ends in `@` just there the `@` is lost. Only [`unpack_counted`] is sure.
    Zeros,
}

/// Packs septets, one an octet, into octets. Bit 7 of what is no septet is left out.
///
/// `fill` is the number of zero bits ahead of the first septet: 0, or behind a user data header what [`fill_bits`] says,
/// so that the septets begin at a septet boundary of the whole user data. Only its three lowest bits count.
///
/// ```
/// use smpp::sms::{Padding, pack, unpack};
///
/// let packed = pack(b"7bit", 0, Padding::CarriageReturn);
/// assert_eq!(packed, [0x37, 0x71, 0x9A, 0x0E]);
/// assert_eq!(unpack(&packed, 0, Padding::CarriageReturn), b"7bit");
/// ```
pub fn pack(septets: &[u8], fill: usize, padding: Padding) -> Vec<u8> {
    if septets.is_empty() {
        return Vec::new();
    }
    let fill = fill & 7;
    let (groups, rest) = septets.as_chunks::<8>();
    let mut out = Vec::with_capacity(groups.len() * 7 + 8);
    out.resize(groups.len() * 7, 0);
    // The bits of the octet that is not full yet; there are never more than seven.
    let mut open = 0;
    for (group, packed) in groups.iter().zip(out.as_chunks_mut::<7>().0) {
        let bits = open | join(u64::from_le_bytes(*group)) << fill;
        let [octets @ .., next] = bits.to_le_bytes();
        *packed = octets;
        open = u64::from(next);
    }
    let mut last = [0; 8];
    let mut count = rest.len();
    last[..count].copy_from_slice(rest);
    // The octet that the last septet is in is left with this many bits free.
    let spare = (8 - (fill + 7 * count) % 8) % 8;
    let ends_in_return = septets.last().is_some_and(|septet| septet & 0x7F == CARRIAGE_RETURN);
    let returns = spare == 7 || (spare == 0 && ends_in_return);
    if padding == Padding::CarriageReturn && returns {
        last[count] = CARRIAGE_RETURN;
        count += 1;
    }
    let bits = open | join(u64::from_le_bytes(last)) << fill;
    out.extend_from_slice(&bits.to_le_bytes()[..(fill + 7 * count).div_ceil(8)]);
    out
}

/// The septets in octets, one an octet. How many they are is not known but by the octets, so that what is behind the last
/// one may be padding: `padding` says how the sender pads.
///
/// `fill` is that of [`pack`].
pub fn unpack(octets: &[u8], fill: usize, padding: Padding) -> Vec<u8> {
    let mut septets = unpack_counted(octets, fill, usize::MAX);
    let padded = match padding {
        Padding::CarriageReturn => CARRIAGE_RETURN,
        Padding::Zeros => 0,
    };
    if (septets.len() % 8 * 7 + (fill & 7)).is_multiple_of(8) && septets.last() == Some(&padded) {
        septets.pop();
    }
    septets
}

/// The septets in octets, one an octet: as many as were counted, or as there are.
///
/// `fill` is that of [`pack`].
pub fn unpack_counted(octets: &[u8], fill: usize, count: usize) -> Vec<u8> {
    let fill = fill & 7;
    // A slice has no more than isize::MAX octets, so the bits of a usize do not suffice to count theirs.
    let there = (octets.len() / 7) * 8 + ((octets.len() % 7) * 8).saturating_sub(fill) / 7;
    let there = if octets.len().is_multiple_of(7) && fill > 0 { there.saturating_sub(1) } else { there };
    let count = count.min(there);
    let mut out = vec![0; count.next_multiple_of(8)];
    let mut rest = octets;
    for group in out.as_chunks_mut::<8>().0 {
        let bits = match rest.first_chunk::<8>() {
            Some(octets) => u64::from_le_bytes(*octets),
            None => {
                let mut last = [0; 8];
                last[..rest.len()].copy_from_slice(rest);
                u64::from_le_bytes(last)
            }
        };
        *group = part(bits >> fill).to_le_bytes();
        rest = rest.get(7..).unwrap_or_default();
    }
    out.truncate(count);
    out
}

/// Bits between a user data header of so many octets, its length included, and the first septet behind it: 0 to 6.
pub const fn fill_bits(header_octets: usize) -> usize {
    // 8 times the octets, modulo 7, are the octets modulo 7.
    (7 - header_octets % 7) % 7
}

/// Eight septets, each in an octet, joined to 56 bits: pairs, pairs of pairs, and both halves.
const fn join(septets: u64) -> u64 {
    let pairs = septets & 0x007F_007F_007F_007F | (septets & 0x7F00_7F00_7F00_7F00) >> 1;
    let fours = pairs & 0x0000_3FFF_0000_3FFF | (pairs & 0x3FFF_0000_3FFF_0000) >> 2;
    fours & 0x0FFF_FFFF | (fours & 0x0FFF_FFFF_0000_0000) >> 4
}

/// The reverse of [`join`]. Bits above the 56 are left out.
const fn part(bits: u64) -> u64 {
    let fours = bits & 0x0FFF_FFFF | (bits & 0x00FF_FFFF_F000_0000) << 4;
    let pairs = fours & 0x0000_3FFF_0000_3FFF | (fours & 0x0FFF_C000_0FFF_C000) << 2;
    pairs & 0x007F_007F_007F_007F | (pairs & 0x3F80_3F80_3F80_3F80) << 1
}

const CARRIAGE_RETURN: u8 = b'\r';

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bit by bit, as 23.038 draws it.
    fn packed_slowly(septets: &[u8], fill: usize) -> Vec<u8> {
        let mut bits = vec![false; fill];
        for septet in septets {
            bits.extend((0..7).map(|bit| septet >> bit & 1 == 1));
        }
        bits.chunks(8).map(|octet| octet.iter().rev().fold(0, |value, bit| value << 1 | u8::from(*bit))).collect()
    }

    fn septets(length: usize) -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop_oneof![4 => 0..0x80u8, 1 => Just(b'\r'), 1 => Just(0)], length)
    }

    #[test]
    fn known_vectors() {
        assert_eq!(pack(b"7bit", 0, Padding::CarriageReturn), b"\x37\x71\x9A\x0E");
        assert_eq!(pack(b"hellohello", 0, Padding::Zeros), b"\xE8\x32\x9B\xFD\x46\x97\xD9\xEC\x37");
        assert_eq!(pack(b"", 0, Padding::CarriageReturn), b"");
        // Behind a header of six octets, the first letter of the text begins with bit 1 of its first octet.
        assert_eq!(fill_bits(6), 1);
        assert_eq!(pack(b"A", fill_bits(6), Padding::Zeros), [0x82]);
    }

    #[test]
    fn fill_bits_as_the_table_has_them() {
        for header in 0..=140 {
            assert_eq!(fill_bits(header), (7 - (header * 8 % 7)) % 7);
        }
    }

    #[test]
    fn the_ambiguous_septet() {
        let (returns, zeros) = (Padding::CarriageReturn, Padding::Zeros);
        // Seven spare bits: they would be an @.
        assert_eq!(pack(b"1234567", 0, returns), packed_slowly(b"1234567\r", 0));
        assert_eq!(unpack(&pack(b"1234567", 0, returns), 0, returns), b"1234567");
        assert_eq!(unpack(&pack(b"1234567\0", 0, returns), 0, returns), b"1234567\0");
        assert_eq!(pack(b"1234567", 0, zeros), pack(b"1234567\0", 0, zeros));
        assert_eq!(unpack(&pack(b"1234567", 0, zeros), 0, zeros), b"1234567");
        assert_eq!(unpack(&pack(b"1234567", 0, zeros), 0, returns), b"1234567\0");
        assert_eq!(unpack_counted(&pack(b"1234567\0", 0, zeros), 0, 8), b"1234567\0");
        // A text that ends in a carriage return on an octet boundary gets another, and keeps it.
        assert_eq!(pack(b"1234567\r", 0, returns), packed_slowly(b"1234567\r\r", 0));
        assert_eq!(unpack(&pack(b"1234567\r", 0, returns), 0, returns), b"1234567\r\r");
        assert_eq!(pack(b"1234567\r", 0, zeros), packed_slowly(b"1234567\r", 0));
        // And one that ends in it elsewhere does not.
        assert_eq!(unpack(&pack(b"12345\r", 0, returns), 0, returns), b"12345\r");
        // Fill bits move the place: with one of them, eight septets leave seven bits.
        assert_eq!(pack(b"\0", 1, returns), b"\0");
        assert_eq!(pack(b"\r", 1, returns), packed_slowly(b"\r\r", 1));
        assert_eq!(pack(b"12345678", 1, returns), packed_slowly(b"12345678\r", 1));
        assert_eq!(pack(b"12", 3, returns), packed_slowly(b"12\r", 3));
    }

    #[test]
    fn what_is_no_septet_loses_its_highest_bit() {
        assert_eq!(pack(&[0xFF; 9], 0, Padding::Zeros), pack(&[0x7F; 9], 0, Padding::Zeros));
        assert_eq!(
            pack(&[b'\r' | 0x80; 8], 0, Padding::CarriageReturn),
            pack(b"\r\r\r\r\r\r\r\r", 0, Padding::CarriageReturn)
        );
    }

    #[test]
    fn octets_that_hold_no_septet() {
        for fill in 0..=7 {
            assert_eq!(unpack(b"", fill, Padding::Zeros), b"");
            assert_eq!(unpack_counted(b"", fill, 9), b"");
            assert_eq!(unpack_counted(b"\xFF", fill, 9).len(), usize::from(fill < 2));
        }
    }

    proptest! {
        // Each case is 1,400 packings, bit by bit too.
        #![proptest_config(ProptestConfig::with_cases(8))]

        /// Every length from 0 to 200 with every number of fill bits, from random septets.
        #[test]
        fn packing_round_trips(septets in septets(200)) {
            for length in 0..=200 {
                let septets = &septets[..length];
                for fill in 0..=6 {
                    let zeros = pack(septets, fill, Padding::Zeros);
                    prop_assert_eq!(&zeros, &packed_slowly(septets, if length == 0 { 0 } else { fill }));
                    prop_assert_eq!(unpack_counted(&zeros, fill, length), septets);
                    let returns = pack(septets, fill, Padding::CarriageReturn);
                    let boundary = (fill + 7 * length) % 8 == 0;
                    let mut expected = septets.to_vec();
                    if boundary && septets.last() == Some(&b'\r') {
                        expected.push(b'\r');
                    }
                    prop_assert_eq!(unpack(&returns, fill, Padding::CarriageReturn), expected);
                    let mut expected = septets.to_vec();
                    if boundary && septets.last() == Some(&0) {
                        expected.pop();
                    }
                    prop_assert_eq!(unpack(&zeros, fill, Padding::Zeros), expected);
                }
            }
        }
    }
}
