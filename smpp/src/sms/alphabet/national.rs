//! The national language tables (3GPP TS 23.038, annex A). Each row is sixteen codes; `·` is a code without a letter.
//!
//! Misprints of the document are mended here: Kannada locking 0x24, Tamil single shift 0x24, Telugu single shift 0x22 and
//! 0x23 continue the order of their scripts.

use super::table::Table;

/// The locking shift tables (annex A.3) by language; those that have none are `None`.
pub(super) static LOCKING: [Option<&Table>; 14] = [
    None,
    Some(&TURKISH),
    None,
    Some(&PORTUGUESE),
    Some(&BENGALI),
    Some(&GUJARATI),
    Some(&HINDI),
    Some(&KANNADA),
    Some(&MALAYALAM),
    Some(&ORIYA),
    Some(&PUNJABI),
    Some(&TAMIL),
    Some(&TELUGU),
    Some(&URDU),
];

/// The single shift tables (annex A.2) by language.
pub(super) static SINGLE: [Option<&Table>; 14] = [
    None,
    Some(&TURKISH_SHIFT),
    Some(&SPANISH_SHIFT),
    Some(&PORTUGUESE_SHIFT),
    Some(&BENGALI_SHIFT),
    Some(&GUJARATI_SHIFT),
    Some(&HINDI_SHIFT),
    Some(&KANNADA_SHIFT),
    Some(&MALAYALAM_SHIFT),
    Some(&ORIYA_SHIFT),
    Some(&PUNJABI_SHIFT),
    Some(&TAMIL_SHIFT),
    Some(&TELUGU_SHIFT),
    Some(&URDU_SHIFT),
];

static TURKISH: Table = Table::new([
    "@£$¥€éùıòÇ\nĞğ\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ·ŞşßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "İABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "çabcdefghijklmno",
    "pqrstuvwxyzäöñüà",
]);

static TURKISH_SHIFT: Table = Table::new([
    "··········\u{c}·····",
    "····^···········",
    "········{}·····\\",
    "············[~]·",
    "|······Ğ·İ······",
    "···Ş············",
    "···ç·€·ğ·ı······",
    "···ş············",
]);

static SPANISH_SHIFT: Table = Table::new([
    "·········ç\u{c}·····",
    "····^···········",
    "········{}·····\\",
    "············[~]·",
    "|Á·······Í·····Ó",
    "·····Ú··········",
    "·á···€···í·····ó",
    "·····ú··········",
]);

static PORTUGUESE: Table = Table::new([
    "@£$¥êéúíóç\nÔô\rÁá",
    "Δ_ªÇÀ∞^\\€Ó|·ÂâÊÉ",
    " !\"#º%&'()*+,-./",
    "0123456789:;<=>?",
    "ÍABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÃÕÚÜ§",
    "~abcdefghijklmno",
    "pqrstuvwxyzãõ`üà",
]);

static PORTUGUESE_SHIFT: Table = Table::new([
    "·····ê···ç\u{c}Ôô·Áá",
    "··ΦΓ^ΩΠΨΣΘ·····Ê",
    "········{}·····\\",
    "············[~]·",
    "|À·······Í·····Ó",
    "·····Ú·····ÃÕ···",
    "·Â···€···í·····ó",
    "·····ú·····ãõ··â",
]);

static BENGALI: Table = Table::new([
    "ঁংঃঅআইঈউঊঋ\nঌ·\r·এ",
    "ঐ··ওঔকখগঘঙচ·ছজঝঞ",
    " !টঠডঢণত)(থদ,ধ.ন",
    "0123456789:;·পফ?",
    "বভমযর·ল···শষসহ়ঽ",
    "ািীুূৃৄ··েৈ··োৌ্",
    "ৎabcdefghijklmno",
    "pqrstuvwxyzৗড়ঢ়ৰৱ",
]);

static BENGALI_SHIFT: Table = Table::new([
    "@£$¥¿\"¤%&'\u{c}*+·-/",
    "<=>¡^¡_#*০১·২৩৪৫",
    "৬৭৮৯য়ৠৡৢ{}ৣ৲৳৴৵\\",
    "৶৷৸৹৺·······[~]·",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ·····",
    "·····€··········",
    "················",
]);

static GUJARATI: Table = Table::new([
    "ઁંઃઅઆઇઈઉઊઋ\nઌઍ\r·એ",
    "ઐઑ·ઓઔકખગઘઙચ·છજઝઞ",
    " !ટઠડઢણત)(થદ,ધ.ન",
    "0123456789:;·પફ?",
    "બભમયર·લળ·વશષસહ઼ઽ",
    "ાિીુૂૃૄૅ·ેૈૉ·ોૌ્",
    "ૐabcdefghijklmno",
    "pqrstuvwxyzૠૡૢૣ૱",
]);

static GUJARATI_SHIFT: Table = Table::new([
    "@£$¥¿\"¤%&'\u{c}*+·-/",
    "<=>¡^¡_#*।॥·૦૧૨૩",
    "૪૫૬૭૮૯··{}·····\\",
    "············[~]·",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ·····",
    "·····€··········",
    "················",
]);

static HINDI: Table = Table::new([
    "ँंःअआइईउऊऋ\nऌऍ\rऎए",
    "ऐऑऒओऔकखगघङच·छजझञ",
    " !टठडढणत)(थद,ध.न",
    "0123456789:;ऩपफ?",
    "बभमयरऱलळऴवशषसह़ऽ",
    "ािीुूृॄॅॆेैॉॊोौ्",
    "ॐabcdefghijklmno",
    "pqrstuvwxyzॲॻॼॾॿ",
]);

static HINDI_SHIFT: Table = Table::new([
    "@£$¥¿\"¤%&'\u{c}*+·-/",
    "<=>¡^¡_#*।॥·०१२३",
    "४५६७८९॒॑{}॓॔क़ख़ग़\\",
    "ज़ड़ढ़फ़य़ॠॡॢॣ॰ॱ·[~]·",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ·····",
    "·····€··········",
    "················",
]);

static KANNADA: Table = Table::new([
    "·ಂಃಅಆಇಈಉಊಋ\nಌ·\rಎಏ",
    "ಐ·ಒಓಔಕಖಗಘಙಚ·ಛಜಝಞ",
    " !ಟಠಡಢಣತ)(ಥದ,ಧ.ನ",
    "0123456789:;·ಪಫ?",
    "ಬಭಮಯರಱಲಳ·ವಶಷಸಹ಼ಽ",
    "ಾಿೀುೂೃೄ·ೆೇೈ·ೊೋೌ್",
    "ೕabcdefghijklmno",
    "pqrstuvwxyzೖೠೡೢೣ",
]);

static KANNADA_SHIFT: Table = Table::new([
    "@£$¥¿\"¤%&'\u{c}*+·-/",
    "<=>¡^¡_#*।॥·೦೧೨೩",
    "೪೫೬೭೮೯ೞೱ{}ೲ····\\",
    "············[~]·",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ·····",
    "·····€··········",
    "················",
]);

static MALAYALAM: Table = Table::new([
    "·ംഃഅആഇഈഉഊഋ\nഌ·\rഎഏ",
    "ഐ·ഒഓഔകഖഗഘങച·ഛജഝഞ",
    " !ടഠഡഢണത)(ഥദ,ധ.ന",
    "0123456789:;·പഫ?",
    "ബഭമയരറലളഴവശഷസഹ·ഽ",
    "ാിീുൂൃൄ·െേൈ·ൊോൌ്",
    "ൗabcdefghijklmno",
    "pqrstuvwxyzൠൡൢൣ൹",
]);

static MALAYALAM_SHIFT: Table = Table::new([
    "@£$¥¿\"¤%&'\u{c}*+·-/",
    "<=>¡^¡_#*।॥·൦൧൨൩",
    "൪൫൬൭൮൯൰൱{}൲൳൴൵ൺ\\",
    "ൻർൽൾൿ·······[~]·",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ·····",
    "·····€··········",
    "················",
]);

static ORIYA: Table = Table::new([
    "ଁଂଃଅଆଇଈଉଊଋ\nଌ·\r·ଏ",
    "ଐ··ଓଔକଖଗଘଙଚ·ଛଜଝଞ",
    " !ଟଠଡଢଣତ)(ଥଦ,ଧ.ନ",
    "0123456789:;·ପଫ?",
    "ବଭମଯର·ଲଳ·ଵଶଷସହ଼ଽ",
    "ାିୀୁୂୃୄ··େୈ··ୋୌ୍",
    "ୖabcdefghijklmno",
    "pqrstuvwxyzୗୠୡୢୣ",
]);

static ORIYA_SHIFT: Table = Table::new([
    "@£$¥¿\"¤%&'\u{c}*+·-/",
    "<=>¡^¡_#*।॥·୦୧୨୩",
    "୪୫୬୭୮୯ଡ଼ଢ଼{}ୟ୰ୱ··\\",
    "············[~]·",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ·····",
    "·····€··········",
    "················",
]);

static PUNJABI: Table = Table::new([
    "ਁਂਃਅਆਇਈਉਊ·\n··\r·ਏ",
    "ਐ··ਓਔਕਖਗਘਙਚ·ਛਜਝਞ",
    " !ਟਠਡਢਣਤ)(ਥਦ,ਧ.ਨ",
    "0123456789:;·ਪਫ?",
    "ਬਭਮਯਰ·ਲਲ਼·ਵਸ਼·ਸਹ਼·",
    "ਾਿੀੁੂ····ੇੈ··ੋੌ੍",
    "ੑabcdefghijklmno",
    "pqrstuvwxyzੰੱੲੳੴ",
]);

static PUNJABI_SHIFT: Table = Table::new([
    "@£$¥¿\"¤%&'\u{c}*+·-/",
    "<=>¡^¡_#*।॥·੦੧੨੩",
    "੪੫੬੭੮੯ਖ਼ਗ਼{}ਜ਼ੜਫ਼ੵ·\\",
    "············[~]·",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ·····",
    "·····€··········",
    "················",
]);

static TAMIL: Table = Table::new([
    "·ஂஃஅஆஇஈஉஊ·\n··\rஎஏ",
    "ஐ·ஒஓஔக···ஙச··ஜ·ஞ",
    " !ட···ணத)(··,·.ந",
    "0123456789:;னப·?",
    "··மயரறலளழவஶஷஸஹ··",
    "ாிீுூ···ெேை·ொோௌ்",
    "ௐabcdefghijklmno",
    "pqrstuvwxyzௗ௰௱௲௹",
]);

static TAMIL_SHIFT: Table = Table::new([
    "@£$¥¿\"¤%&'\u{c}*+·-/",
    "<=>¡^¡_#*।॥·௦௧௨௩",
    "௪௫௬௭௮௯௳௴{}௵௶௷௸௺\\",
    "············[~]·",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ·····",
    "·····€··········",
    "················",
]);

static TELUGU: Table = Table::new([
    "ఁంఃఅఆఇఈఉఊఋ\nఌ·\rఎఏ",
    "ఐ·ఒఓఔకఖగఘఙచ·ఛజఝఞ",
    " !టఠడఢణత)(థద,ధ.న",
    "0123456789:;·పఫ?",
    "బభమయరఱలళ·వశషసహ·ఽ",
    "ాిీుూృౄ·ెేై·ొోౌ్",
    "ౕabcdefghijklmno",
    "pqrstuvwxyzౖౠౡౢౣ",
]);

// The euro sign at 0x65 is in some copies of the document and not in others: it is read, but never written.
static TELUGU_SHIFT: Table = Table::new([
    "@£$¥¿\"¤%&'\u{c}*+·-/",
    "<=>¡^¡_#*···౦౧౨౩",
    "౪౫౬౭౮౯ౘౙ{}౸౹౺౻౼\\",
    "౽౾౿·········[~]·",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ·····",
    "·····€··········",
    "················",
])
.read_only(0x65);

static URDU: Table = Table::new([
    "اآبٻڀپڦتۂٿ\nٹٽ\rٺټ",
    "ثجځڄڃڅچڇحخد·ڌڈډڊ",
    " !ڏڍذرڑړ)(ڙز,ږ.ژ",
    "0123456789:;ښسش?",
    "صضطظعفقکڪګگڳڱلمن",
    "ںڻڼوۄەہھءیېےٍُِٗ",
    "ٔabcdefghijklmno",
    "pqrstuvwxyzّٰٕٖٓ",
]);

static URDU_SHIFT: Table = Table::new([
    "@£$¥¿\"¤%&'\u{c}*+·-/",
    "<=>¡^¡_#*؀؁·۰۱۲۳",
    "۴۵۶۷۸۹،؍{}؎؏ؐؑؒ\\",
    "ؓؔ؛؟ـْ٘٫٬ٲٳۍ[~]۔",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ·····",
    "·····€··········",
    "················",
]);
