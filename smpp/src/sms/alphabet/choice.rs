//! Which national tables suit a text best.

use super::Gsm7;
use super::gsm7::{DEFAULT, EXTENSION};
use super::language::{Language, Languages};
use super::national::{LOCKING, SINGLE};
use super::table::Table;

impl Gsm7 {
    /// The tables, of these languages and the default ones, that make a text cheapest, and the septets that it takes; none
    /// if no pair of tables holds all of it. A locking shift and a single shift may be of different languages.
    ///
    /// `parts` says how many parts so many septets make when these shifts stand in the header of each: fewer parts are
    /// better, then fewer shifts, a single shift rather than a locking shift, both of one language rather than of two, then
    /// fewer septets. The time that this takes is linear in the text; `parts` is asked at most once for each locking shift
    /// table.
    ///
    /// ```
    /// use smpp::sms::{Gsm7, Language, Languages};
    ///
    /// let parts = |_: Gsm7, septets: usize| septets.div_ceil(153);
    /// let (gsm7, septets) = Gsm7::best("çok güzel ışık", Languages::ALL, parts).unwrap();
    /// assert_eq!((gsm7.locking, gsm7.single, septets), (None, Some(Language::TURKISH), 18));
    /// assert_eq!(Gsm7::best("日本", Languages::ALL, parts), None);
    /// ```
    pub fn best(
        text: &str,
        languages: Languages,
        mut parts: impl FnMut(Self, usize) -> usize,
    ) -> Option<(Self, usize)> {
        let mut best = None;
        for (gsm7, septets) in candidates(text, languages)? {
            let parts = parts(gsm7, septets);
            // With as many shifts the headers are as long.
            let rank = (parts, gsm7.simplicity(), septets);
            if best.is_none_or(|(least, _, _)| rank < least) {
                best = Some((rank, gsm7, septets));
            }
        }
        best.map(|(_, gsm7, septets)| (gsm7, septets))
    }

    /// Less of what is simpler, and so known to more mobiles.
    fn simplicity(self) -> (usize, bool, bool) {
        let Self { locking, single } = self;
        let shifts = usize::from(locking.is_some()) + usize::from(single.is_some());
        (shifts, locking.is_some(), shifts == 2 && locking != single)
    }
}

/// For each locking shift table that can be a part of it, the simplest pair of tables that holds a text, and its septets.
///
/// What a text costs depends on the locking shift alone: its letters there are one septet, all others are two. The single
/// shift only decides whether the text can be encoded at all, so of those that do one is as good as another.
fn candidates(text: &str, languages: Languages) -> Option<impl Iterator<Item = (Gsm7, usize)>> {
    // Bit 0 stands for the default tables, as if they were a language.
    let allowed = languages.bits() | 1;
    let locking = allowed & HAVE_LOCKING;
    let mut letters = 0;
    // For each locking shift, how many letters it does not have, and which single shifts have all of those.
    let (mut missing, mut singles) = ([0_usize; 14], [allowed; 14]);
    for letter in text.chars() {
        letters += 1;
        let tables = tables_of(letter);
        let mut without = locking & !tables.locking;
        while without != 0 {
            let table = without.trailing_zeros() as usize;
            missing[table] += 1;
            singles[table] &= tables.single;
            without &= without - 1;
        }
        if tables.locking & locking == 0 && tables.single & allowed == 0 {
            return None;
        }
    }
    let language = |number: u32| (number > 0).then_some(Language(number as u8));
    Some((0..14_u32).filter(move |number| locking & 1 << number != 0).filter_map(move |number| {
        let (missing, singles) = (missing[number as usize], singles[number as usize]);
        if singles == 0 {
            return None;
        }
        // Both shifts of one language rather than of two; the default extension costs nothing.
        let own = singles & 1 << number;
        let single = if singles & 1 != 0 || own == 0 { singles.trailing_zeros() } else { number };
        Some((Gsm7 { locking: language(number), single: language(single) }, letters + missing))
    }))
}

/// Which tables have a letter: a bit for each language, and bit 0 for the default alphabet and its extension.
#[derive(Clone, Copy)]
struct TablesOf {
    locking: u16,
    single: u16,
}

#[inline]
fn tables_of(letter: char) -> TablesOf {
    let point = u32::from(letter);
    match BLOCK_OF.get((point >> 8) as usize) {
        Some(block) => BLOCKS[usize::from(*block)][(point & 0xFF) as usize],
        None => NO_TABLES,
    }
}

const NO_TABLES: TablesOf = TablesOf { locking: 0, single: 0 };

/// Languages that have a locking shift table, and the default alphabet.
static HAVE_LOCKING: u16 = {
    let (mut have, mut language) = (1, 1);
    while language < LOCKING.len() {
        have |= (LOCKING[language].is_some() as u16) << language;
        language += 1;
    }
    have
};

/// The tables by letter, in blocks of 256 of which [`BLOCK_OF`] says where they are; the first is empty.
static BLOCKS: [[TablesOf; 256]; COUNT + 1] = {
    let mut blocks = [[NO_TABLES; 256]; COUNT + 1];
    enter(&mut blocks, &DEFAULT, 1, 0);
    enter(&mut blocks, &EXTENSION, 0, 1);
    let mut language = 1;
    while language < LOCKING.len() {
        if let Some(table) = LOCKING[language] {
            enter(&mut blocks, table, 1 << language, 0);
        }
        if let Some(table) = SINGLE[language] {
            enter(&mut blocks, table, 0, 1 << language);
        }
        language += 1;
    }
    blocks
};

const fn enter(blocks: &mut [[TablesOf; 256]; COUNT + 1], table: &Table, locking: u16, single: u16) {
    let mut code = 0;
    while code < 128 {
        if let Some(letter) = table.written(code) {
            let block = BLOCK_OF[(letter as u32 >> 8) as usize] as usize;
            assert!(block > 0, "every letter is in a block");
            let tables = &mut blocks[block][(letter as u32 & 0xFF) as usize];
            tables.locking |= locking;
            tables.single |= single;
        }
        code += 1;
    }
}

/// Where in [`BLOCKS`] the letters are that have this above the lowest octet of their code point.
static BLOCK_OF: [u8; 0x23] = {
    let mut block_of = [0; 0x23];
    let mut index = 0;
    while index < COUNT {
        block_of[LETTERS_IN[index]] = index as u8 + 1;
        index += 1;
    }
    block_of
};

/// What letters of the tables have above the lowest octet of their code points: Latin, Greek, the Arabic script, those of
/// India, and signs.
const LETTERS_IN: [usize; COUNT] = [0x00, 0x01, 0x03, 0x06, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0x22];

const COUNT: usize = 11;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Alphabet;
    use super::*;

    /// What headers leave room for, with concatenation of 8-bit references.
    fn parts(gsm7: Gsm7, septets: usize) -> usize {
        let (single, several) = match usize::from(gsm7.locking.is_some()) + usize::from(gsm7.single.is_some()) {
            0 => (160, 153),
            1 => (155, 149),
            _ => (152, 146),
        };
        if septets <= single { 1 } else { septets.div_ceil(several) }
    }

    fn best(text: &str, languages: Languages) -> Option<(Option<Language>, Option<Language>, usize)> {
        Gsm7::best(text, languages, parts).map(|(gsm7, septets)| (gsm7.locking, gsm7.single, septets))
    }

    /// Parts, shifts, whether one is a locking shift, whether they are of two languages, septets.
    type Rank = (usize, usize, bool, bool, usize);

    fn rank(gsm7: Gsm7, septets: usize) -> Rank {
        let Gsm7 { locking, single } = gsm7;
        let languages: std::collections::BTreeSet<Language> = [locking, single].into_iter().flatten().collect();
        let shifts = [locking, single].into_iter().flatten().count();
        (parts(gsm7, septets), shifts, locking.is_some(), languages.len() == 2, septets)
    }

    /// All pairs of tables, each tried on the text.
    fn best_by_trying(text: &str, languages: Languages) -> Option<Rank> {
        let either = || std::iter::once(None).chain(languages.iter().map(Some));
        let pairs = either().flat_map(|locking| either().map(move |single| Gsm7 { locking, single }));
        pairs.filter_map(|gsm7| Some(rank(gsm7, Alphabet::Gsm7(gsm7).units(text).ok()?))).min()
    }

    #[test]
    fn the_simplest_tables_that_hold_a_text() {
        const TR: Option<Language> = Some(Language::TURKISH);
        const ES: Option<Language> = Some(Language::SPANISH);
        assert_eq!(best("plain {text} €", Languages::ALL), Some((None, None, 17)));
        assert_eq!(best("¿Dónde está?", Languages::ALL), Some((None, ES, 14)));
        assert_eq!(best("ığışç", Languages::ALL), Some((None, TR, 10)));
        // Fewer parts come first.
        assert_eq!(best(&"ığışç".repeat(20), Languages::ALL), Some((TR, None, 100)));
        assert_eq!(best("ığışç", Languages::NONE), None);
        assert_eq!(best("ığışç", Languages::NONE.with(Language::SPANISH)), None);
        // Of two languages, as neither has both letters.
        let both = Languages::NONE.with(Language::HINDI).with(Language::TURKISH);
        assert_eq!(best("० ı", both), Some((TR, Some(Language::HINDI), 4)));
        // A locking shift that saves septets but no part.
        let spanish = "¿Qué tal? áéíóú ".repeat(20);
        assert_eq!(best(&spanish, Languages::ALL).map(|(locking, single, _)| (locking, single)), Some((None, ES)));
        assert_eq!(best("日", Languages::ALL), None);
        assert_eq!(best("😀", Languages::ALL), None);
        assert_eq!(best("", Languages::ALL), Some((None, None, 0)));
    }

    #[test]
    fn tables_are_chosen_for_a_text_that_the_default_ones_hold_only_if_it_gets_fewer_parts() {
        let fits = "€".repeat(80);
        assert_eq!(best(&fits, Languages::ALL), Some((None, None, 160)));
        let longer = "€".repeat(81);
        let (locking, single, septets) = best(&longer, Languages::ALL).unwrap();
        assert!(locking.is_some() && single.is_none() && septets == 81, "{locking:?}");
        assert_eq!(best(&longer, Languages::NONE.with(Language::SPANISH)), Some((None, None, 162)));
    }

    /// What Telugu is said to have at 0x65 in some copies of the standard is not written.
    #[test]
    fn a_disputed_letter_is_never_chosen() {
        let only = Languages::NONE.with(Language::TELUGU);
        let telugu = Gsm7 { locking: None, single: Some(Language::TELUGU) };
        assert_eq!(Alphabet::Gsm7(telugu).cost('€'), None);
        assert_eq!(Alphabet::Gsm7(telugu).decode(b"\x1B\x65"), "€");
        assert_eq!(best("౦ €", only), None);
    }

    fn letters() -> impl Strategy<Value = char> {
        prop_oneof![
            8 => prop::char::range('a', 'z'),
            2 => prop::sample::select("ABC {}[]€^ÇçıİşğáíóÁÍÓúÂÀ".chars().collect::<Vec<_>>()),
            1 => prop::sample::select("अऑ०ংঅকटঀఅ౦ٻآ٠".chars().collect::<Vec<_>>()),
        ]
    }

    proptest! {
        #[test]
        fn no_pair_of_tables_is_better(
            text in prop::collection::vec(letters(), 0..340).prop_map(String::from_iter),
            numbers in prop::collection::vec(1..=13_u8, 0..6),
        ) {
            let languages = numbers.into_iter().map(Language).collect();
            let chosen = Gsm7::best(&text, languages, parts);
            if let Some((gsm7, septets)) = chosen {
                prop_assert_eq!(Alphabet::Gsm7(gsm7).units(&text), Ok(septets));
            }
            let chosen = chosen.map(|(gsm7, septets)| rank(gsm7, septets));
            prop_assert_eq!(chosen, best_by_trying(&text, languages));
        }
    }
}
