//! A corpus of HTML reports as a threat intelligence platform writes them: prose, links, tables, lists and highlights, with
//! about 20 indicators in 6 KB. The same seed gives the same corpus.

use std::fmt::Write as _;

/// Prose between indicators, in which nothing is one.
const SENTENCES: [&str; 44] = [
    "Analysts assess with moderate confidence that the actor is financially motivated and operates from a single time zone.",
    "The campaign began in early spring and was aimed at logistics companies in northern and central Europe.",
    "Victims received an e-mail that appeared to come from a business partner and carried an archive with a password.",
    "Once opened, the document asks the reader to enable editing, which starts a script in the background.",
    "The second stage is downloaded over an encrypted channel and written to a folder of the current user.",
    "Communication with the controller is disguised as ordinary web traffic; requests are sent every few minutes.",
    "Several vendors track overlapping activity, but none of them has published a full account of the tooling.",
    "A moderator of the forum vouched for the seller, whose earlier offers had been delivered as described.",
    "The advertisement lists support for current browsers, crypto wallets, e-mail clients and remote access tools.",
    "Prices start at 150 US dollars for a month and rise to 1,000 US dollars for a lifetime license.",
    "Payment is accepted in several currencies, and an escrow service is offered for larger orders.",
    "The post was deleted after two days; an archived copy was obtained from a trusted source.",
    "Organizations should review their logs for the indicators below and block them at the perimeter.",
    "Patches are available from the vendor; where they can't be applied, the affected feature should be disabled.",
    "According to the researchers, about 40% of the exposed systems had not been updated (as of the end of May).",
    "The leak site names 17 organizations, most of them in manufacturing, health care and professional services.",
    "In a statement, the company said that customer data had not been affected and that operations continued.",
    "This report will be updated as more information becomes available to the intelligence team.",
    "The malware checks the keyboard layout &amp; language of the system and exits if it finds one on its list.",
    "It then collects the computer&#39;s name, the user&#39;s privileges and a list of the processes that are running.",
    "Persistence is established by a scheduled task or by a value in the registry, depending on the privileges.",
    "The configuration is encrypted with a key of 16 bytes that differs between samples.",
    "Law enforcement agencies in three countries took part in the operation and seized several servers.",
    "The group has since announced that it will rebuild its infrastructure &ndash; a claim that could not be verified.",
    "Chatter on the channel suggests that access to the network was bought from an initial access broker.",
    "Defenders should pay attention to unusual child processes of office applications and script hosts.",
    "The text is machine translated from Russian; spelling and grammar have been kept where possible.",
    "Screenshots shared by the actor show a panel with statistics per country, operating system and browser.",
    "An affiliate complained about late payments and published parts of the source code as proof.",
    "The tool was rewritten in another language at the beginning of the year, which broke most static signatures.",
    "Traffic is relayed through compromised routers, so that the origin of a connection is hard to establish.",
    "Two of the addresses were registered on the same day with the same registrar and share a certificate.",
    "The sample was compiled at 09:41:17 on a Tuesday, though such timestamps are easily forged.",
    "Further details, including detection logic, are available to subscribers on request (see below).",
    "Users were lured with a fake update page, i.e. a copy of the vendor's site with a different download button.",
    "A similar technique was described two years ago; see the appendix, e.g. section 4.2, for a comparison.",
    "Losses are estimated at 3.5 million euros, of which 1.2 million were recovered within a week.",
    "The exploit requires no user interaction and works against versions prior to the one released in March.",
    "No public proof of concept was available at the time of writing, yet exploitation in the wild has been confirmed.",
    "Members of the group communicate in English and use avatars that refer to popular culture.",
    "The archive holds a shortcut whose icon is that of a PDF document and whose target is a command line.",
    "Endpoint telemetry shows that the intruders stayed in the network for eleven days before they acted.",
    "Backups were deleted first, then hypervisors were encrypted, which left the company without e-mail for a week.",
    "The ransom note gives the victim 72 hours to get in touch before a sample of the data is published.",
];

const WORDS: [&str; 24] = [
    "update", "cloud", "secure", "login", "portal", "mail", "cdn", "static", "support", "service",
    "global", "office", "data", "sync", "bank", "verify", "account", "media", "track", "node",
    "edge", "api", "store", "auth",
];

const TOPS: [&str; 12] = [
    "com", "net", "org", "info", "top", "xyz", "ru", "cn", "site", "online", "co.uk", "io",
];

/// A small generator of pseudo-random numbers (xorshift).
pub struct Seed(pub u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let place = usize::try_from(self.below(from.len() as u64)).unwrap_or_default();
        from.get(place).copied().unwrap_or_default()
    }
}

/// HTML reports of at least `bytes` bytes in all.
pub fn reports(seed: &mut Seed, bytes: usize) -> Vec<String> {
    let mut reports = Vec::new();
    let mut total = 0;
    while total < bytes {
        let report = report(seed);
        total += report.len();
        reports.push(report);
    }
    reports
}

fn report(seed: &mut Seed) -> String {
    let mut html = String::with_capacity(8192);
    let _ = write!(
        html,
        "<h1>{} {}</h1>\n<p class=\"lead\">",
        capital(seed.pick(&WORDS)),
        seed.pick(&WORDS)
    );
    for _ in 0..6 {
        prose(seed, &mut html);
    }
    for _ in 0..2 {
        let (domain, digest) = (defanged(&domain(seed)), hex(seed, 64));
        let _ = write!(
            html,
            "The loader contacts <strong>{domain}</strong> and drops a file (SHA-256 <code>{digest}</code>). \
             See <a href=\"https://www.example-news.com/2024/05/{}-{}/\" target=\"_blank\" rel=\"noopener\">the analysis</a>.</p>\n<p style=\"margin: 0 0 1em\">",
            seed.pick(&WORDS),
            seed.pick(&WORDS)
        );
        for _ in 0..9 {
            prose(seed, &mut html);
        }
    }
    html.push_str("</p>\n<h2>Indicators</h2>\n<table class=\"table table-striped\"><thead><tr><th>Type</th><th>Value</th></tr></thead><tbody>\n");
    for kind in [
        "IP", "Domain", "URL", "SHA1", "SHA256", "CVE", "Registry", "IP", "URL", "Domain", "URL",
    ] {
        let value = indicator(seed, kind);
        let _ = writeln!(
            html,
            "<tr><td>{kind}</td><td><code>{value}</code></td></tr>"
        );
    }
    html.push_str("</tbody></table>\n<ul>");
    for _ in 0..15 {
        html.push_str("<li>");
        prose(seed, &mut html);
        html.push_str("</li>\n");
    }
    let _ = write!(
        html,
        "</ul>\n<p>Contacted: <x-fp-highlight>{}</x-fp-highlight>, {}</p>",
        address(seed),
        url(seed)
    );
    html
}

fn prose(seed: &mut Seed, html: &mut String) {
    html.push_str(seed.pick(&SENTENCES));
    html.push(' ');
}

fn indicator(seed: &mut Seed, kind: &str) -> String {
    match kind {
        "IP" => address(seed),
        "Domain" => defanged(&domain(seed)),
        "URL" => url(seed),
        "SHA1" => hex(seed, 40),
        "SHA256" => hex(seed, 64),
        "CVE" => format!(
            "CVE-20{}-{}",
            10 + seed.below(15),
            1000 + seed.below(60_000)
        ),
        _ => format!(
            "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\{}",
            capital(seed.pick(&WORDS))
        ),
    }
}

fn address(seed: &mut Seed) -> String {
    let dot = if seed.below(2) == 0 { "." } else { "[.]" };
    let mut part = |from: u64, to: u64| from + seed.below(to - from);
    format!(
        "{}{dot}{}{dot}{}{dot}{}",
        part(11, 99),
        part(0, 255),
        part(0, 255),
        part(1, 255)
    )
}

fn domain(seed: &mut Seed) -> String {
    format!(
        "{}-{}{}.{}",
        seed.pick(&WORDS),
        seed.pick(&WORDS),
        seed.below(1000),
        seed.pick(&TOPS)
    )
}

fn url(seed: &mut Seed) -> String {
    let scheme = if seed.below(2) == 0 { "hxxps" } else { "http" };
    let host = if seed.below(3) == 0 {
        address(seed)
    } else {
        domain(seed)
    };
    format!(
        "{scheme}://{host}/{}/{}.php?id={}",
        seed.pick(&WORDS),
        seed.pick(&WORDS),
        seed.below(100_000)
    )
}

fn hex(seed: &mut Seed, digits: usize) -> String {
    (0..digits)
        .filter_map(|_| char::from_digit(u32::try_from(seed.below(16)).unwrap_or_default(), 16))
        .collect()
}

fn defanged(host: &str) -> String {
    host.replacen('.', "[.]", 1)
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}
