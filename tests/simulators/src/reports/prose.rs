//! The words of generated reports. Nothing here is an indicator that counts: the sites are well known, the
//! addresses private, documentation or public resolvers, the dotted numbers versions, and no malware is named.

pub(super) const TITLES: [&str; 10] = [
    "Lessons in Credential Abuse Against {sector}",
    "Threat Actors Discuss Access to {sector}",
    "{region} Forums Advertise New Loader Service",
    "Weekly Overview: Fraud Affecting {sector}",
    "Key Developments in {region} Cybercrime",
    "Emulators and Their Use Against {sector}",
    "Actor Offers Database of {sector} Customers",
    "Analysis: Extortion Groups Turn to {sector}",
    "“Spray and Pray” — Phishing in {region} & Beyond",
    "Supply Chain Risk for {sector} (Updated {number}/23)",
];

pub(super) const SECTORS: [&str; 8] = [
    "Financial Institutions",
    "Hospitality & Gaming",
    "Healthcare Providers",
    "Retail",
    "Telecommunications",
    "Energy Companies",
    "Public Administration",
    "Airlines",
];

pub(super) const REGIONS: [&str; 6] = [
    "Russian-Language",
    "Latin American",
    "Southeast Asian",
    "Western European",
    "Farsi-Language",
    "English-Language",
];

/// The tags of the vendor's samples and ones like them; two are longer than 32 characters, one is longer than 32
/// bytes but not characters.
pub(super) const TAGS: [&str; 14] = [
    "Cybersecurity & Internet Governance",
    "Entertainment",
    "Hospitality & Gaming",
    "Manuals",
    "Technology & Internet",
    "Intelligence Report",
    "Fraud",
    "Cybercrime",
    "Cyber Threats",
    "Media & Telecom",
    "Supply chain and third parties",
    "Фишинг и социальная инженерия",
    "Advanced Persistent Threats & Nation States",
    "T1566: Phishing",
];

pub(super) const SENTENCES: [&str; 20] = [
    "Flashpoint analysts observed a seller on a {region} forum who claims to hold records of {sector}.",
    "The actor asks for {number} dollars and accepts escrow through the forum's administrator.",
    "Members of the community doubted the offer, because no sample was shared.",
    "The campaign begins with an email that carries the attachment invoice_{number}.pdf and a short note.",
    "Once opened, the document asks the reader to enable macros, then starts setup.exe from a temporary folder.",
    "Hosts in the internal range 192.168.{number}.10 and 10.0.{number}.5 were scanned for open file shares.",
    "The malware resolves names through 8.8.8.8 and 1.1.1.1, as any ordinary workstation would.",
    "Affected are version 10.2.4.{number} and earlier; version 11.0.0.1 corrects the fault.",
    "Browsers older than v91.0.4472.{number} show no warning.",
    "Operators test their tools at 203.0.113.{number}, an address from the documentation range.",
    "Analysts assess with moderate confidence that interest in {sector} will go on.",
    "Video game cheaters use emulators to give themselves an advantage — and sell the method.",
    "Payment is made in gift cards, e.g. from large retailers, or in U.S. dollars.",
    "The group calls its first beacon “root” and its last page “core”; neither name is used elsewhere.",
    "A royal visit, a play in the theatre and a football cup drew the attention of ticket fraudsters.",
    "The tool’s documentation (readme.md) was copied word for word from an older project built with Node.js.",
    "Some {number}% of the accounts had been reported in an earlier breach.",
    "Stolen sessions stay valid until the user signs out & the cookie is revoked.",
    "The archive holds {number} files; its MD5 sum, which the seller posted, is {md5}.",
    "No victim in {region} countries has confirmed the claim.",
];

/// Links that every report has a few of.
pub(super) const LINKS: [(&str, &str); 8] = [
    (
        "https://www.reuters.com/technology/cybersecurity/",
        "Reuters",
    ),
    (
        "https://www.nytimes.com/section/technology",
        "New York Times",
    ),
    ("https://www.bbc.co.uk/news/technology", "BBC"),
    ("https://www.theguardian.com/technology/hacking", "Guardian"),
    ("https://support.microsoft.com/en-us/windows", "Microsoft"),
    ("https://en.wikipedia.org/wiki/Phishing", "Wikipedia"),
    (
        "https://fp.tools/home/intelligence/reports/report/KtHHUswTTSG1IjhreK3ipg#detail",
        "earlier report",
    ),
    (
        "https://www.washingtonpost.com/technology/",
        "Washington Post",
    ),
];

/// Sentences around an indicator, by its type's place in `KINDS`.
pub(super) const AROUND: [&str; 9] = [
    "The command server answers at {ioc} on port 443.",
    "Stolen data goes to {ioc} every night.",
    "Victims were sent to {ioc} by a shortened link.",
    "The ransom is to be paid to the wallet {ioc}.",
    "The loader has the SHA-1 digest {ioc}.",
    "The dropped library (SHA-256 {ioc}) is unsigned.",
    "The actor exploits {ioc}, for which a correction has been published.",
    "It persists through the registry key {ioc}.",
    "Analysts identified the payload as {ioc}, a malware family sold on several forums.",
];
