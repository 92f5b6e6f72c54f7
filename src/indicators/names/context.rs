//! What the words around a name say of it: whether a text means the ransomware Royal, or the Royal Navy.

use std::sync::OnceLock;

use super::list::{Entry, Tier, hash};

/// How far evidence is looked for, in words and in bytes to each side.
const MOST_WORDS: usize = 12;
const MOST_BYTES: usize = 160;

/// What a word can say, as bits.
mod says {
    /// A noun for malware.
    pub(super) const KIND: u32 = 1;
    /// With `KIND`: for ransomware only.
    pub(super) const RANSOM: u32 = 1 << 1;
    /// With `KIND`: of disease too, so it speaks only for its neighbour.
    pub(super) const WEAK: u32 = 1 << 2;
    /// A noun for people, or for a family.
    pub(super) const GROUP: u32 = 1 << 3;
    /// A noun that follows a malware's name: "variant", "affiliates".
    pub(super) const PART: u32 = 1 << 4;
    /// A word that announces a name: "dubbed".
    pub(super) const NAMING: u32 = 1 << 5;
    /// A word that announces an example: "like".
    pub(super) const EXAMPLE: u32 = 1 << 6;
    /// A word of an attack.
    pub(super) const ATTACK: u32 = 1 << 7;
    /// A word that stands between a name and its noun: "banking", "Android".
    pub(super) const MODIFIER: u32 = 1 << 8;
    pub(super) const ARTICLE: u32 = 1 << 9;
    pub(super) const IS: u32 = 1 << 10;
    pub(super) const PREPOSITION: u32 = 1 << 11;
    /// A verb whose object is malware: "drops".
    pub(super) const DELIVERS: u32 = 1 << 12;
    /// "as", which announces a name after "known" and an example after "such".
    pub(super) const AS: u32 = 1 << 13;
    /// "kit", "shell" and "tool": nouns for malware after "exploit", "web" and "access".
    pub(super) const KIT: u32 = 1 << 14;
    pub(super) const BEFORE_KIT: u32 = 1 << 15;
    /// Says the rest in capitals only.
    pub(super) const CAPITALS: u32 = 1 << 16;
    /// A verb whose subject is malware, in a sentence that speaks of an attack: "encrypts".
    pub(super) const ACTS: u32 = 1 << 17;
    /// A noun that "of" joins with malware: "variant", "operators".
    pub(super) const OF: u32 = 1 << 18;
    /// "of" and "to".
    pub(super) const LINK: u32 = 1 << 19;
}

/// The words that say something, by what they say. A word in several lists says all of it.
const LEXICON: &[(u32, &str)] = &[
    (
        says::KIND | says::RANSOM,
        "ransomware ransomwares encryptor raas cryptolocker",
    ),
    (
        says::KIND,
        "malware malwares trojan trojans backdoor backdoors botnet botnets stealer stealers infostealer infostealers loader loaders dropper \
         droppers downloader downloaders rootkit rootkits bootkit bootkits wiper wipers spyware spywares keylogger keyloggers cryptominer \
         cryptominers coinminer coinminers cryptojacker implant implants webshell webshells adware stalkerware crypter crypters clipper banker \
         bankers skimmer maas locker surveillanceware scraper bot bots miner infector stager",
    ),
    (says::KIND | says::WEAK, "virus viruses worm worms"),
    (
        says::GROUP,
        "group groups gang gangs crew crews cartel team teams actor actors apt hackers hacker collective syndicate campaign operation \
         operators operator family families strain strains brand brands variant variants operations threat cluster spies cyberspies",
    ),
    (
        says::PART,
        "variant variants sample samples payload payloads infection infections binary binaries operators operator affiliate affiliates gang \
         gangs encryptor decryptor strain strains c2 builder infected leak victims attacks attack developers developer authors panel \
         botmasters module modules dll executable config configuration plugin plugins beacon beacons extortion note ransom",
    ),
    (
        says::NAMING,
        "called named dubbed known aka alias codenamed nicknamed labelled labeled tracked tracks tracking referred identified detected \
         detects calls christened designated monikered named",
    ),
    (
        says::EXAMPLE,
        "like including such namely eg include includes",
    ),
    (
        says::ATTACK,
        "c2 c payload payloads phishing malicious exfiltrate exfiltrates exfiltrated exfiltrating exfiltration encrypt encrypts encrypted \
         encrypting encryption decryptor decrypt ransom extortion extort extorted hackers hacker cyberattack cyberattacks cybercriminal \
         cybercriminals cybercrime infected infects infecting infection infections exploited exploits exploiting exploitation shellcode \
         sideloading sideload sideloaded persistence lateral beacon beacons botmaster ddos telnet keylogging keystrokes obfuscated obfuscation \
         malspam maldoc trojanized trojanised affiliate affiliates darknet raas maas cve ioc iocs apt attackers \
         attacker adversary adversaries spam credential credentials botnet victim victims compromised intrusion intrusions \
         espionage cyberespionage webinject webinjects overlay overlays hacking mimikatz injects dll cnc exploit malvertising \
         smishing vishing ics scada plc plcs",
    ),
    (
        says::MODIFIER,
        "android banking mobile remote access information info credential credentials new linux windows macos mac ios based modular point of sale \
         pos crypto cryptocurrency web reverse stealing mining iot double extortion as service administration python net powershell java golang \
         go rust multi stage second first next final generation custom in memory fileless clipboard browser password data file destructive disk \
         encrypting commodity cross platform esxi s toolkit type style related linked family proxy command and control open source exploit \
         ddos infamous notorious prolific aka bank pc dotnet shell loader trojan worm botnet cyber espionage uefi kernel firmware keylogging \
         variant strain",
    ),
    (says::ARTICLE, "a an the another"),
    (says::IS, "is was are were became remains"),
    (
        says::PREPOSITION,
        "by in for to with that which who from on at and or but where when after while against during under into over",
    ),
    (
        says::DELIVERS,
        "drop drops dropped dropping deploy deploys deployed deploying deliver delivers delivered delivering distribute distributes \
         distributed distributing spread spreads spreading install installs installed installing load loads loaded execute executes executed \
         executing push pushes pushed pushing download downloads downloaded downloading infects via",
    ),
    (says::AS, "as"),
    (
        says::KIT,
        "kit kits shell shells tool tools toolset framework frameworks",
    ),
    (
        says::BEFORE_KIT,
        "exploit phishing web access hacking administration reverse c2 exploitation attack",
    ),
    (
        says::ACTS,
        "encrypts encrypted infects infected exfiltrates exfiltrated executes downloads injects steals stole drops communicates propagates \
         spreads beacons decrypts persists loads contacts masquerades employs terminates scans exploits logs captures harvests hijacks \
         demands leaked claimed uses",
    ),
    (
        says::OF,
        "variant variants version versions sample samples strain strains successor predecessor copy fork code builds deployment deployments \
         infection infections operators operator affiliates affiliate developers authors author creators distribution distributors similar akin \
         victims payloads builder victim builds copies source use rebrand spinoff offshoot",
    ),
    (says::LINK, "of to"),
    // In capitals only: as words they are animals and a Dutch surname's start.
    (says::KIND | says::CAPITALS, "rat rats ek eks"),
];

/// What `word` says.
fn meaning(word: &str) -> u32 {
    static LEXICON_BY_HASH: OnceLock<Lexicon> = OnceLock::new();
    let says = LEXICON_BY_HASH.get_or_init(Lexicon::new).get(word);
    let capitals =
        says & says::CAPITALS == 0 || word.bytes().take(2).all(|b| b.is_ascii_uppercase());
    if capitals { says } else { 0 }
}

/// The lexicon by the hashes of its words; open addressing, a word that says nothing being a free place.
struct Lexicon {
    slots: Vec<(u64, u32)>,
}

impl Lexicon {
    fn new() -> Self {
        let mut lexicon = Self {
            slots: vec![(0, 0); 2048],
        };
        for &(says, words) in LEXICON {
            for word in words.split_ascii_whitespace() {
                let slot = lexicon.slot(hash(word.as_bytes()));
                lexicon.slots[slot] = (hash(word.as_bytes()), lexicon.slots[slot].1 | says);
            }
        }
        lexicon
    }

    /// Where the word of this hash is, or goes.
    fn slot(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "only the low bits are used"
        )]
        let mut slot = hash as usize & mask;
        while self.slots[slot].1 != 0 && self.slots[slot].0 != hash {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn get(&self, word: &str) -> u32 {
        self.slots[self.slot(hash(word.as_bytes()))].1
    }
}

/// What stands between two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// Spaces, hyphens, quotes.
    Space,
    /// A comma, bracket, colon or dash.
    Break,
    /// The end of a sentence or a paragraph.
    Stop,
}

fn gap(between: &str, word_before: &str, word_after: &str) -> Gap {
    if between.contains("\n\n") {
        return Gap::Stop;
    }
    let mut chars = between.chars().peekable();
    let mut kind = Gap::Space;
    while let Some(c) = chars.next() {
        match c {
            '.' | '!' | '?' => {
                // "e.g. Royal" and "J. Hook" go on; so does what follows in lower case.
                let goes_on = word_before.len() == 1
                    || word_after.starts_with(|c: char| c.is_ascii_lowercase());
                if chars
                    .peek()
                    .is_some_and(|next| !next.is_ascii_alphanumeric())
                    && !goes_on
                {
                    return Gap::Stop;
                }
            }
            ',' | ';' | ':' | '(' | ')' | '[' | ']' | '|' | '–' | '—' | '/' => {
                kind = Gap::Break;
            }
            _ => {}
        }
    }
    kind
}

/// A word beside a name.
#[derive(Debug, Clone, Copy)]
struct Neighbour<'t> {
    text: &'t str,
    /// What is between it and the word nearer to the name.
    gap: Gap,
    says: u32,
}

impl Neighbour<'_> {
    fn is(&self, what: u32) -> bool {
        self.says & what != 0
    }

    fn is_capitalised(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_uppercase())
    }

    fn is_shouted(&self) -> bool {
        self.text.len() >= 4 && self.text.bytes().all(|b| b.is_ascii_uppercase())
    }
}

/// The words of the sentence around a name, the nearest first.
pub(super) struct Surroundings<'t> {
    name: &'t str,
    before: Vec<Neighbour<'t>>,
    after: Vec<Neighbour<'t>>,
}

/// How sure it is that a name means malware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Nothing says so.
    Unproven,
    /// It does, but administrators use it as well.
    DualUse,
    /// It does.
    Sure,
}

impl<'t> Surroundings<'t> {
    /// The surroundings of `text[start..end]`.
    pub(super) fn of(text: &'t str, start: usize, end: usize) -> Self {
        let name = &text[start..end];
        Self {
            name,
            before: words_before(text, start, name),
            after: words_after(text, end, name),
        }
    }

    /// What the surroundings make of `entry`.
    pub(super) fn judge(&self, entry: &Entry<'_>) -> Verdict {
        let tier = self.effective_tier(entry);
        if self.names_an_operation() && !matches!(tier, Tier::Plain | Tier::Cased) {
            return Verdict::Unproven;
        }
        let sure = match tier {
            Tier::Plain | Tier::Cased => true,
            Tier::Window => {
                self.has_neighbour(entry)
                    || self.window(10, says::KIND)
                    || self.window(7, says::ATTACK)
            }
            Tier::Adjacent | Tier::Exact => self.has_neighbour(entry),
            Tier::Capitals => self.stands_out() || self.has_neighbour(entry),
            Tier::Actor => {
                !self
                    .after
                    .first()
                    .is_some_and(|next| next.gap == Gap::Space && next.is(says::GROUP))
                    && (self.kind_follows(entry)
                        || self.kind_precedes(entry)
                        || self.is_explained(entry))
            }
            Tier::Tool => {
                return if self.window(10, says::KIND | says::ATTACK) {
                    Verdict::DualUse
                } else {
                    Verdict::Unproven
                };
            }
        };
        if sure {
            Verdict::Sure
        } else {
            Verdict::Unproven
        }
    }

    /// A spelling with a capital inside is no ordinary word: it needs less than its tier says.
    fn effective_tier(&self, entry: &Entry<'_>) -> Tier {
        let inner = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
        let camel = self.name == entry.spelling && self.name.as_bytes().windows(2).any(inner);
        match entry.tier {
            Tier::Adjacent if camel => Tier::Window,
            tier => tier,
        }
    }

    /// "Operation Snake"
    fn names_an_operation(&self) -> bool {
        let titles = |word: &Neighbour<'_>| matches!(word.text, "Operation" | "Project");
        self.before
            .first()
            .is_some_and(|word| word.gap == Gap::Space && titles(word))
    }

    fn has_neighbour(&self, entry: &Entry<'_>) -> bool {
        self.kind_follows(entry)
            || self.kind_precedes(entry)
            || self.is_explained(entry)
            || self.has_part()
            || self.is_delivered()
            || self.is_spoken_of()
    }

    /// "Hook Android banking trojan"
    fn kind_follows(&self, entry: &Entry<'_>) -> bool {
        for (at, word) in self.after.iter().take(5).enumerate() {
            if word.gap != Gap::Space && at == 0 || word.gap == Gap::Stop {
                return false;
            }
            if is_kind(&self.after, at, entry, true) {
                return true;
            }
            if !word.is(says::MODIFIER) {
                return false;
            }
        }
        false
    }

    /// "Royal encrypts", "operators of Royal", in a sentence that speaks of an attack besides.
    fn is_spoken_of(&self) -> bool {
        let acts = self
            .after
            .first()
            .is_some_and(|next| next.gap == Gap::Space && next.is(says::ACTS));
        let linked = match self.before.as_slice() {
            [link, noun, ..] => {
                link.gap == Gap::Space
                    && noun.gap == Gap::Space
                    && link.is(says::LINK)
                    && noun.is(says::OF)
            }
            _ => false,
        };
        let kinds = |words: &[Neighbour<'_>]| any_says(words, 10, says::KIND);
        acts && (kinds(&self.before) || kinds(self.after.get(1..).unwrap_or_default()))
            && self.stands_alone()
            || linked && (kinds(self.before.get(2..).unwrap_or_default()) || kinds(&self.after))
    }

    /// Whether a name that no list has is announced as malware's: "a backdoor dubbed X", "the ransomware known as X".
    pub(super) fn is_announced(&self) -> bool {
        const ANY: Entry<'_> = Entry {
            spelling: "",
            family: "",
            tier: Tier::Adjacent,
            ransomware: true,
        };
        let names =
            |word: &Neighbour<'_>| word.is(says::NAMING | says::AS) && word.gap != Gap::Stop;
        self.before.first().is_some_and(names)
            && self.kind_precedes(&ANY)
            && !self
                .after
                .first()
                .is_some_and(|next| next.gap == Gap::Space && next.is_capitalised())
    }

    /// "the ransomware group Play", "a stealer dubbed Shark", "ransomware families such as Play"
    fn kind_precedes(&self, entry: &Entry<'_>) -> bool {
        let before = &self.before;
        let Some(first) = before.first().filter(|word| word.gap != Gap::Stop) else {
            return false;
        };
        if first.gap == Gap::Space {
            if is_kind(before, 0, entry, false) {
                return true;
            }
            if first.is(says::GROUP)
                && before.get(1).is_some_and(|word| word.gap == Gap::Space)
                && is_kind(before, 1, entry, false)
            {
                return true;
            }
        }
        let at = usize::from(first.is(says::ARTICLE));
        let Some(announcing) = before.get(at) else {
            return false;
        };
        let next = before.get(at + 1);
        let names = announcing.is(says::NAMING)
            || announcing.is(says::AS) && next.is_some_and(|word| word.is(says::NAMING));
        let exemplifies = announcing.is(says::EXAMPLE)
            || announcing.is(says::AS) && next.is_some_and(|word| word.is(says::EXAMPLE));
        let reach = if names {
            9
        } else if exemplifies {
            4
        } else {
            return false;
        };
        (at + 1..before.len().min(at + 1 + reach))
            .take_while(|&at| before[at].gap != Gap::Stop)
            .any(|at| is_kind(before, at, entry, false))
    }

    /// "Hook, a new banking trojan", "Hook is Android malware", "Hook (a banker)"
    fn is_explained(&self, entry: &Entry<'_>) -> bool {
        let mut words = self.after.iter().enumerate().peekable();
        let is = words
            .next_if(|(_, word)| word.gap != Gap::Stop && word.is(says::IS))
            .is_some();
        let opens = |word: &Neighbour<'_>| is || word.gap == Gap::Break;
        if !words
            .peek()
            .is_some_and(|(_, word)| opens(word) && (is || word.is(says::ARTICLE)))
        {
            return false;
        }
        let mut breaks = 0;
        for (nth, (at, word)) in words.take(9).enumerate() {
            breaks += u8::from(nth > 0 && word.gap == Gap::Break);
            // "a sophisticated, modular backdoor" goes on after a comma, but a clause does not.
            if word.gap == Gap::Stop
                || breaks > 1
                || word.is(says::PREPOSITION) && !word.is(says::MODIFIER)
            {
                return false;
            }
            if is_kind(&self.after, at, entry, true) {
                return true;
            }
        }
        false
    }

    /// "Play affiliates", in a sentence that speaks of an attack.
    fn has_part(&self) -> bool {
        self.after
            .first()
            .is_some_and(|next| next.gap == Gap::Space && next.is(says::PART))
            && (self.window_but_next(10, says::KIND) || self.window_but_next(10, says::ATTACK))
    }

    /// "deployed Royal", in a sentence that speaks of malware.
    fn is_delivered(&self) -> bool {
        self.before
            .first()
            .is_some_and(|word| word.gap == Gap::Space && word.is(says::DELIVERS))
            && self.window(10, says::KIND)
    }

    /// Whether a word within `reach` says `what`, "virus" and the like left out.
    fn window(&self, reach: usize, what: u32) -> bool {
        any_says(&self.before, reach, what) || any_says(&self.after, reach, what)
    }

    fn window_but_next(&self, reach: usize, what: u32) -> bool {
        any_says(&self.before, reach, what)
            || self.after.first().is_some_and(|word| word.gap != Gap::Stop)
                && any_says(&self.after[1..], reach, what)
    }

    /// Capitals in a text that is not all capitals.
    fn stands_out(&self) -> bool {
        self.name.bytes().all(|b| !b.is_ascii_lowercase())
            && !self.before.first().is_some_and(Neighbour::is_shouted)
            && !self.after.first().is_some_and(Neighbour::is_shouted)
    }

    /// Whether the name is no part of a longer one: "Play Store", "Giuseppe Conti".
    pub(super) fn stands_alone(&self) -> bool {
        let joined = |word: &Neighbour<'_>| {
            word.gap == Gap::Space && word.is_capitalised() && word.says == 0
        };
        let first_of_sentence = self.before.get(1).is_none_or(|word| word.gap == Gap::Stop);
        !self.names_an_operation()
            && !self.after.first().is_some_and(joined)
            && (first_of_sentence || !self.before.first().is_some_and(joined))
    }
}

/// Whether the word at `at` is a noun for malware that `entry` can be. `forward`: the words are in the order of the text.
fn is_kind(words: &[Neighbour<'_>], at: usize, entry: &Entry<'_>, forward: bool) -> bool {
    let word = &words[at];
    if word.is(says::KIND) {
        return entry.ransomware || !word.is(says::RANSOM);
    }
    let earlier = if forward {
        at.checked_sub(1)
    } else {
        Some(at + 1)
    };
    word.is(says::KIT)
        && earlier
            .and_then(|at| words.get(at))
            .is_some_and(|word| word.is(says::BEFORE_KIT))
}

fn any_says(words: &[Neighbour<'_>], reach: usize, what: u32) -> bool {
    words
        .iter()
        .take(reach)
        .take_while(|word| word.gap != Gap::Stop)
        .any(|word| word.is(what) && !word.is(says::WEAK))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn words_after<'t>(text: &'t str, end: usize, name: &'t str) -> Vec<Neighbour<'t>> {
    let mut limit = text.len().min(end + MOST_BYTES);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let mut rest = &text[end..limit];
    // The possessive is no word.
    rest = ["'s", "’s"]
        .iter()
        .find_map(|s| rest.strip_prefix(s))
        .unwrap_or(rest);
    let mut words: Vec<Neighbour<'t>> = Vec::with_capacity(MOST_WORDS);
    let mut nearer = name;
    while words.len() < MOST_WORDS {
        let Some(start) = rest.find(is_word) else {
            break;
        };
        let length = rest[start..]
            .find(|c| !is_word(c))
            .unwrap_or(rest.len() - start);
        let word = &rest[start..start + length];
        let gap = gap(&rest[..start], nearer, word);
        words.push(Neighbour {
            text: word,
            gap,
            says: meaning(word),
        });
        if gap == Gap::Stop {
            break;
        }
        nearer = word;
        rest = &rest[start + length..];
    }
    words
}

fn words_before<'t>(text: &'t str, start: usize, name: &'t str) -> Vec<Neighbour<'t>> {
    let mut limit = start.saturating_sub(MOST_BYTES);
    while !text.is_char_boundary(limit) {
        limit += 1;
    }
    let mut rest = &text[limit..start];
    let mut words: Vec<Neighbour<'t>> = Vec::with_capacity(MOST_WORDS);
    let mut nearer = name;
    while words.len() < MOST_WORDS {
        let Some(last) = rest.rfind(is_word) else {
            break;
        };
        let first = rest[..last].rfind(|c| !is_word(c)).map_or(0, |at| {
            at + rest[at..].chars().next().map_or(1, char::len_utf8)
        });
        let word = &rest[first..=last];
        let gap = gap(&rest[last + 1..], word, nearer);
        words.push(Neighbour {
            text: word,
            gap,
            says: meaning(word),
        });
        if gap == Gap::Stop {
            break;
        }
        nearer = word;
        rest = &rest[..first];
    }
    words
}

/// Whether what stands between two names ends no sentence.
pub(super) fn is_one_sentence(between: &str) -> bool {
    between.len() <= MOST_BYTES
        && !between.contains("\n\n")
        && ![". ", "! ", "? ", ".\n"]
            .iter()
            .any(|end| between.contains(end))
}

/// Whether what stands between two names makes them one list: "Ryuk, Conti and Hive", "Ursnif (aka Gozi)".
pub(super) fn is_list_glue(between: &str) -> bool {
    const GLUE: [&str; 15] = [
        "and",
        "or",
        "aka",
        "also",
        "known",
        "as",
        "formerly",
        "the",
        "well",
        "alias",
        "previously",
        "including",
        "a",
        "k",
        "then",
    ];
    between.len() <= 48
        && !between.contains("\n\n")
        && !between.contains(['.', '!', '?'])
        && between.chars().any(|c| !c.is_whitespace())
        && super::list::words(between)
            .all(|word| GLUE.iter().any(|glue| word.eq_ignore_ascii_case(glue)))
}
