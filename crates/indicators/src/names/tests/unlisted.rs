//! Names that no list has, and listed ones in other spellings.

use super::sure;

#[test]
fn a_name_before_its_noun_is_found() {
    for (text, names) in [
        ("In June 02flap ransomware was seen.", "02flap"),
        ("the GlimmerSp1der ransomware-as-a-service", "GlimmerSp1der"),
        ("The DuneSync Stealer is sold to few.", "DuneSync Stealer"),
        ("Arkamix Stealer was promoted.", "Arkamix Stealer"),
        ("We saw Drauk RAT there.", "Drauk RAT"),
        ("the VexDoor backdoor", "VexDoor"),
        ("the VexSwap Android banking trojan", "VexSwap"),
        ("the Rotaxy Trojan", "Rotaxy"),
        ("They deployed Vexon ransomware.", "Vexon"),
        ("the new Vexon banking trojan", "Vexon"),
        (
            "the OUTERDUNE and INNERDUNE backdoors",
            "OUTERDUNE, INNERDUNE",
        ),
        (
            "VexOne, DuneTwo and SeaThree stealers",
            "VexOne, DuneTwo, SeaThree",
        ),
    ] {
        assert_eq!(sure(text), names, "{text}");
    }
}

#[test]
fn what_stands_before_a_noun_may_be_something_else() {
    for text in [
        "Chinese ransomware victims pay.",
        "the Brazilian trojan",
        "the Windows malware",
        "the Telegram bot and the Chrome stealer",
        "the Baltimore ransomware attack",
        "the Kaspersky malware analysts",
        "VMware ransomware is on the rise.",
        "This ransomware is new. Modern malware is not.",
        "In Europe ransomware costs a lot.",
        "BREAKING RANSOMWARE NEWS",
        "a 32-bit RAT for 64bit malware",
        "an eCrime botnet",
        "APT28 malware and UNC5221 malware",
        "a PowerShell-based loader",
        "the JScript backdoor",
        "used by VexTeam as first stage malware",
        "Monday ransomware struck, the FBI malware lab said.",
    ] {
        assert_eq!(sure(text), "", "{text}");
    }
}

#[test]
fn a_product_or_a_company_before_a_noun_is_the_victim_or_the_theme() {
    for text in [
        "FortiGate malware outlives a restart.",
        "The DocuSign malware mails went out in May.",
        "ChatGPT malware worries many.",
        "HealthCare ransomware gets dearer.",
        "BlueCross ransomware attack",
        "BlueCross ransomware talks went on for weeks.",
        "After the holidays FortiWeb ransomware made the news.",
        "HealthFirst ransomware costs rose.",
        "In May, BankUnited malware was the topic.",
        "VexGPT stealer ads are all over the forums.",
        "Last year SmartCare ransomware hit many, and MedTech ransomware hit more.",
        "UnitedHealth RAT, OneNote malware, WinRAR trojans and the ScreenConnect backdoor",
    ] {
        assert_eq!(sure(text), "", "{text}");
    }
    for (text, names) in [
        ("the CareFrost malware", "CareFrost"),
        ("They sell a CrossVex trojan.", "CrossVex"),
        (
            "PaleFrost and MedVex stealers are sold.",
            "PaleFrost, MedVex",
        ),
        ("DimFrost, PayVex malware", "DimFrost, PayVex"),
        ("They deployed CareFrost ransomware.", "CareFrost"),
        ("New PayVex ransomware was seen.", "PayVex"),
        ("a backdoor dubbed CareFrost", "CareFrost"),
        ("the worm HealthVex", "HealthVex"),
        ("BlueFrost ransomware was seen.", "BlueFrost"),
        ("CloudVex malware was seen.", "CloudVex"),
        ("TechnoVex malware was seen.", "TechnoVex"),
    ] {
        assert_eq!(sure(text), names, "{text}");
    }
}

#[test]
fn a_name_after_its_noun_is_found() {
    for (text, names) in [
        ("the worm DustCrawl", "DustCrawl"),
        ("a custom backdoor (PaleFrost)", "PaleFrost"),
        (
            "the group's own ransomware, VexCrypt, leaves a note",
            "VexCrypt",
        ),
        (
            "botnets VexNet and DuneNet exploit routers",
            "VexNet, DuneNet",
        ),
        ("the trojan Vexora steals", "Vexora"),
        ("PaleFrost, a modular backdoor", "PaleFrost"),
        ("PaleFrost is a new loader", "PaleFrost"),
        (
            "a RAT known as PaleFrost (aka Dimfrost)",
            "PaleFrost, Dimfrost",
        ),
        (
            "stealers such as PaleFrost, DimFrost and OldFrost",
            "PaleFrost, DimFrost, OldFrost",
        ),
    ] {
        assert_eq!(sure(text), names, "{text}");
    }
    for text in [
        "The trojan calls CreateRemoteThread to inject itself.",
        "the malware MainActivity class",
        "other malware, SentinelOne said",
        "hit by ransomware Friday",
        "The backdoor. PaleFrost followed.",
        "the malware Microsoft found",
        "This is a trojan. There is a backdoor. It is a worm.",
        "Vexora is a ransomware negotiator.",
        "VexGoblin is a ransomware gang of three.",
        "Kaspersky is a malware vendor. Telegram is a backdoor.",
        "JaneMcDonald, a malware analyst",
    ] {
        assert_eq!(sure(text), "", "{text}");
    }
}

#[test]
fn a_listed_name_is_found_with_its_words_apart() {
    for (text, names) in [
        ("leads to ASYNC RAT", "ASYNC RAT"),
        ("Async-RAT was dropped", "Async-RAT"),
        ("the Warm Cookie backdoor", "Warm Cookie"),
        ("SQUIRREL WAFFLE malware", "SQUIRREL WAFFLE"),
        ("PIKA BOT was seen", "PIKA BOT"),
        ("Pika Bot was seen", "Pika Bot"),
        (
            "SQUIRREL WAFFLE and then COBALT STRIKE",
            "SQUIRREL WAFFLE, COBALT STRIKE",
        ),
        ("THREAT IDENTIFICATION:  BLUSTEALER", "BLUSTEALER"),
    ] {
        assert_eq!(sure(text), names, "{text}");
    }
    for text in [
        "a Warm Cookie from the oven",
        "a warm cookie, said the malware analyst",
        "the async rat in the maze of malware",
        "Squirrel waffle recipes",
        "a 32-bit RAT",
    ] {
        assert_eq!(sure(text), "", "{text}");
    }
}

#[test]
fn ambiguous_names_speak_for_each_other_where_the_text_is_of_attacks() {
    assert_eq!(sure("Akira and Qilin lead on leak sites."), "Akira, Qilin");
    assert_eq!(sure("Anubis and Medusa are gods and monsters."), "");
    assert_eq!(
        sure("Jigsaw deletes files until the ransom is paid."),
        "Jigsaw"
    );
    assert_eq!(
        sure("Zeus is spread mainly by way of downloads and phishing."),
        "Zeus"
    );
    assert_eq!(sure("Zeus is married to Hera."), "");
    assert_eq!(sure("Jigsaw pieces fill the box."), "");
    assert_eq!(
        sure("Raccoon stealer, Conti ransomware, Cerberus Trojan"),
        "Raccoon stealer, Conti, Cerberus"
    );
}
