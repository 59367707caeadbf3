//! Chance that can be repeated.

/// What is left to chance about one PDU of a session, or about one of the messages that it submits.
///
/// Every number is a hash of the seed, the system_id, the how-manieth bind of it the session is, the place of the PDU among
/// those of the session, and what the number is for. So it does not matter what other sessions do, nor what else is left to
/// chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of_session(seed: u64, system_id: &str, bind: u64) -> Self {
        let name = system_id.bytes().fold(mix(seed), |hash, octet| mix(hash ^ u64::from(octet)));
        // The length keeps the end of the name apart from what follows.
        Self(name).and(system_id.len() as u64).and(bind)
    }

    /// One of several, counted in any way.
    pub(crate) fn and(self, number: u64) -> Self {
        Self(mix(self.0 ^ mix(number)))
    }

    /// 64 bits for a purpose.
    pub(crate) fn bits(self, purpose: u64) -> u64 {
        self.and(purpose).0
    }

    /// A number from 0 to less than 1 for a purpose.
    pub(crate) fn unit(self, purpose: u64) -> f64 {
        // 53 bits are what an f64 holds.
        (self.bits(purpose) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What is left to chance. The numbers stay what they are: they are part of what a seed stands for.
pub(crate) mod purpose {
    /// The final state.
    pub(crate) const OUTCOME: u64 = 1;
    /// How long it takes to get there, and a second number for that.
    pub(crate) const DELAY: u64 = 2;
    pub(crate) const DELAY_ANGLE: u64 = 3;
    /// The two halves of a message_id that is a UUID.
    pub(crate) const UUID: [u64; 2] = [4, 5];
    /// Whether a rule takes something, how long it delays it, and how long a message of its own takes to come.
    pub(crate) const RULE_PICK: u64 = 6;
    pub(crate) const RULE_DELAY: u64 = 7;
    pub(crate) const RULE_MO: u64 = 8;
    /// How late an answer is.
    pub(crate) const LATENCY: u64 = 9;
}

/// A number that looks like chance, and another one for every input: the finalizer of splitmix64 (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014).
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_of_splitmix64_from_0() {
        assert_eq!(mix(0), 0xE220_A839_7B1D_CDAF);
        assert_eq!(mix(0x9E37_79B9_7F4A_7C15), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn everything_counts_and_nothing_else() {
        let chance = |seed, name, bind, pdu| Chance::of_session(seed, name, bind).and(pdu).bits(purpose::OUTCOME);
        let one = chance(1, "alice", 1, 0);
        assert_eq!(one, chance(1, "alice", 1, 0));
        let others = [(2, "alice", 1, 0), (1, "alicf", 1, 0), (1, "alice", 2, 0), (1, "alice", 1, 1), (1, "", 1, 0)];
        for (seed, name, bind, pdu) in others {
            assert_ne!(one, chance(seed, name, bind, pdu));
        }
    }

    #[test]
    fn units_are_spread_evenly() {
        let mut tenths = [0; 10];
        for pdu in 0..10_000 {
            let unit = Chance::of_session(7, "me", 1).and(pdu).unit(purpose::DELAY);
            tenths[(unit * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|&count| (900..1100).contains(&count)), "{tenths:?}");
    }
}
