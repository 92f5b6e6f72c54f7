//! Each rule of the names, with a text that it finds something in and one that it does not.

mod detections;
mod documents;
mod things;
mod unlisted;

use super::{NameMatch, NameSettings, find};

fn matches(text: &str, settings: &NameSettings) -> Vec<NameMatch> {
    let mut out = Vec::new();
    find(text, settings, &mut out);
    out
}

/// The confident names of a text as written, separated by commas.
fn sure(text: &str) -> String {
    let found = matches(text, &NameSettings::default());
    let names: Vec<_> = found
        .iter()
        .filter(|name| name.confident)
        .map(|name| &text[name.start..name.end])
        .collect();
    names.join(", ")
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn a_match_gives_its_place_and_the_name_as_written() {
    let text = "Später fiel “Pinkslipbot” auf.";
    let found = matches(text, &NameSettings::default());
    let expected = NameMatch {
        start: text.find("Pink").unwrap(),
        end: text.find("” auf").unwrap(),
        name: "Pinkslipbot".to_owned(),
        confident: true,
    };
    assert_eq!(found, [expected]);
    let broken = matches("Agent\n  Tesla", &NameSettings::default());
    assert_eq!(broken[0].name, "Agent Tesla");
}

#[test]
fn a_name_is_found_however_it_is_written() {
    for text in [
        "CobaltStrike",
        "Cobalt-Strike",
        "cobalt strike",
        "COBALT STRIKE",
        "Cobalt\nStrike",
        "Trick Bot",
        "TrickBot",
        "trickbot",
        "Agent Tesla",
        "AgentTesla",
        "Lemon Duck",
        "LemonDuck",
    ] {
        assert_eq!(sure(&format!("It was {text}.")), text, "{text}");
    }
    assert_eq!(
        sure("Emotet's servers, Emotet’s panel, #Emotet, **Emotet**, 'Emotet'"),
        ["Emotet"; 5].join(", ")
    );
    assert_eq!(sure("three Emotets"), "Emotet");
    assert_eq!(sure("使用Emotet恶意软件"), "Emotet");
}

#[test]
fn the_longest_name_wins() {
    assert_eq!(
        sure("Zeus Panda and LockBit 3.0 and Snake Keylogger"),
        "Zeus Panda, LockBit 3.0, Snake Keylogger"
    );
}

#[test]
fn names_are_not_found_inside_other_things() {
    for text in [
        "emotet.com",
        "www.emotet.example",
        "http://emotet.example/a",
        "hxxp://emotet[.]example",
        "x.emotet[.]com",
        "emotet (dot) com",
        "info@emotet.example",
        "emotet@evil.example",
        "C:\\Users\\emotet\\a.txt",
        "/var/lib/emotet/x",
        "emotet.exe",
        "emotet_2020.zip",
        "pre_emotet",
        "xemotet",
        "emotetx",
        "Émotet",
        "emoteté",
        "id=emotet",
        "?q=emotet",
        "HKLM\\Software\\Emotet",
        "emotet-panel.top",
        "Storm-0501",
    ] {
        assert_eq!(sure(&format!("See {text} now")), "", "{text}");
    }
}

#[test]
fn names_are_found_in_compounds_lists_and_at_ends() {
    for text in [
        "Emotet-infected hosts",
        "anti-Emotet tools",
        "Emotet/TrickBot",
        "by Emotet.",
        "by Emotet.The loader",
        "Emotet.A",
        "malware:Emotet",
        "(Emotet)",
    ] {
        assert!(sure(text).starts_with("Emotet"), "{text}");
    }
}

#[test]
fn a_detection_names_its_family() {
    for label in [
        "Trojan:Win32/Emotet.A",
        "Trojan.Win32.Emotet",
        "W32/Emotet",
        "TROJ_EMOTET",
        "HEUR:Trojan-Banker.Win32.Emotet.gen",
        "Win.Trojan.Emotet-6789-0",
    ] {
        assert_eq!(sure(label).to_lowercase(), "emotet", "{label}");
    }
    // By such a label even a word is a family.
    assert_eq!(sure("Detected as Trojan-Ransom.Win32.Cuba.a today"), "Cuba");
    assert_eq!(sure("The file trojan.emotet.exe"), "");
}

#[test]
fn a_word_is_malware_beside_a_noun_of_malware() {
    for text in [
        "the Royal ransomware",
        "Royal double extortion ransomware",
        "ransomware group Royal",
        "ransomware gangs such as Royal",
        "a ransomware strain known as Royal",
        "Royal, a new ransomware",
        "Royal is a 64-bit ransomware",
        "Royal affiliates exfiltrate data",
        "they deployed Royal ransomware",
        "operators of Royal and their malware",
    ] {
        assert_eq!(sure(text), "Royal", "{text}");
    }
    for text in [
        "the Royal Navy",
        "Royal Bank was hit by ransomware",
        "a ransomware attack on the Royal Mail",
        "the royal ransomware",
        "Royal. Ransomware is",
        "Hackers met in Cuba",
        "malware in Cuba",
        "Operation Royal",
        "Play Store malware",
    ] {
        assert_eq!(sure(text), "", "{text}");
    }
}

#[test]
fn ransomware_is_no_other_family() {
    assert_eq!(sure("the Kronos banking trojan"), "Kronos");
    assert_eq!(sure("the Kronos ransomware attack"), "");
}

#[test]
fn names_in_one_list_speak_for_each_other() {
    assert_eq!(sure("LockBit, Play and Hive"), "LockBit, Play, Hive");
    assert_eq!(sure("Play, Hive or LockBit"), "Play, Hive, LockBit");
    assert_eq!(sure("offices in Cuba, LockBit said"), "LockBit");
}

#[test]
fn a_name_once_sure_is_sure_throughout_the_text() {
    assert_eq!(
        sure("Play ransomware is new. Most victims of Play pay."),
        "Play, Play"
    );
    assert_eq!(
        sure("Play ransomware is new. It is not on the Play Store."),
        "Play"
    );
}

#[test]
fn names_of_groups_need_a_noun_of_malware() {
    assert_eq!(sure("the Winnti malware"), "Winnti");
    assert_eq!(sure("the Winnti group used malware"), "");
    assert_eq!(sure("APT28, Lazarus and Fancy Bear used malware"), "");
}

#[test]
fn tools_that_others_use_too_are_found_without_confidence() {
    let found = matches("The attackers ran PsExec.", &NameSettings::default());
    assert_eq!(
        found
            .iter()
            .map(|name| (name.name.as_str(), name.confident))
            .collect::<Vec<_>>(),
        [("PsExec", false)]
    );
    assert!(matches("Administrators like PsExec.", &NameSettings::default()).is_empty());
}

#[test]
fn names_in_capitals_are_words_otherwise() {
    assert_eq!(
        sure("SUNBURST and TEARDROP were signed"),
        "SUNBURST, TEARDROP"
    );
    assert_eq!(sure("a sunburst, a teardrop and a Teardrop trailer"), "");
    assert_eq!(sure("FRESH TEARDROP EARRINGS"), "");
}

#[test]
fn a_text_can_introduce_names_itself() {
    assert_eq!(
        sure("a new backdoor dubbed “GhostPenguin” was"),
        "GhostPenguin"
    );
    assert_eq!(
        sure("malware families such as AAARDVARK, BadgerDoor and CIVETCAT"),
        "AAARDVARK, BadgerDoor, CIVETCAT"
    );
    assert_eq!(
        sure("The spyware, called Quetzal, records calls."),
        "Quetzal"
    );
    for text in [
        "a company called GhostPenguin",
        "a backdoor written in PowerShell",
        "malware called PowerShell",
        "the malware author known as Quetzal",
        "a trojan named svchost",
    ] {
        assert_eq!(sure(text), "", "{text}");
    }
}

#[test]
fn a_name_can_say_by_itself_that_it_is_malware() {
    assert_eq!(sure("MuffinLoader downloads a payload"), "MuffinLoader");
    assert_eq!(
        sure("We found MuffinLoader and then IcedID"),
        "MuffinLoader, IcedID"
    );
    assert_eq!(sure("QakBot and MuffinDoor"), "QakBot, MuffinDoor");
    for text in [
        "The ClassLoader loads classes",
        "MuffinBot answers questions about muffins",
        "BitLocker encrypts a stolen laptop",
        "Crypter malware",
        "muffinloader payload",
    ] {
        assert_eq!(sure(text), "", "{text}");
    }
}

#[test]
fn a_feed_adds_and_ignores_names() {
    let settings = NameSettings::new(
        &named(&["Purple Otter", " ", "!!"]),
        &named(&["qakbot", "Trick-Bot"]),
    );
    let found = |text: &str| {
        matches(text, &settings)
            .into_iter()
            .map(|name| name.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found("We saw purple otter, PurpleOtter and Purple-Otter."),
        ["purple otter", "PurpleOtter", "Purple-Otter"]
    );
    // An ignored family takes its aliases along; an ignored alias only itself.
    assert_eq!(
        found("Qakbot, Pinkslipbot, TrickBot and Emotet"),
        ["Emotet"]
    );
    assert!(found("purpleotter.example").is_empty());
}

#[test]
fn odd_texts_are_no_trouble() {
    for text in [
        "",
        "é",
        "Emotet",
        "as",
        "dubbed",
        "a backdoor dubbed",
        "backdoor dubbed “",
        "\u{0}\u{0}Emotet\u{0}",
        "Ⓔmotet Emote\u{301}t",
        "🦠Emotet🦠",
        "the “Royal” ransomware —",
    ] {
        matches(text, &NameSettings::default());
    }
    for piece in [
        "as ",
        "Play ",
        "Zeus-",
        "Emotet/",
        "[.]",
        "é",
        "“",
        "known as such as ",
    ] {
        matches(&piece.repeat(5000), &NameSettings::default());
    }
    assert_eq!(sure("🦠Emotet🦠"), "Emotet");
}
