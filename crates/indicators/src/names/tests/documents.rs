//! Names that a document's structure tells: columns, fields, headings, lines with indicators.

use super::sure;

#[test]
fn a_column_of_names_is_read() {
    for (text, names) in [
        (
            "| SHA-1 | Malware |\n|---|---|\n| aa.exe | Vexora |\n| b.exe | Hive |\n| c | DimGlow (RAT) |\n",
            "Vexora, Hive, DimGlow",
        ),
        (
            "Two trojans.\n\n| Family | Count |\n|:--|--|\n| **Royal** | 3 |\n| Zarkun, Play | 4 |\n\nMarlin is a fish.",
            "Royal, Zarkun, Play",
        ),
        (
            "Ransomware group\tVictims\nHive\t3\nCactus\t4\n",
            "Hive, Cactus",
        ),
        (
            "sha1\n\u{c}\nmalware family\n\u{c}\u{c}\nabc\n\u{c}\nVexora\n\u{c}\u{c}\ndef\n\u{c}\nHive\n\u{c}\u{c}\n",
            "Vexora, Hive",
        ),
        // What is no name, and what is no column of names.
        (
            "| Malware type | Count |\n|---|---|\n| Vexora | 3 |\n| Hive | 4 |\n",
            "",
        ),
        (
            "| Malware | Seen |\n|---|---|\n| Unknown | 3 |\n| Multiple | 4 |\n| None | - |\n",
            "",
        ),
        (
            "| Family | Species |\n|---|---|\n| Rosaceae | Rosa |\n| Felidae | Lynx |\n",
            "",
        ),
        (
            "| Malware found by | Count |\n|---|---|\n| Johanna | 3 |\n",
            "",
        ),
        (
            "The host had malware\n| Name | Count |\n|---|---|\n| Johanna | 3 |\n",
            "",
        ),
    ] {
        assert_eq!(sure(text), names, "{text}");
    }
}

#[test]
fn the_value_of_a_field_is_read() {
    for (text, names) in [
        ("Malware family: DimGlow\n", "DimGlow"),
        ("malware family: DimGlow", "DimGlow"),
        ("  malware_family = \"DimGlow\"\n", "DimGlow"),
        (
            "{\"type\": \"x\", \"malware\": \"Zarkun\", \"n\": 1}",
            "Zarkun",
        ),
        ("**Malware:** Vexora\n**Date:** 2024\n", "Vexora"),
        ("It is a stealer.\nfamily: DimGlow\n", "DimGlow"),
        ("Notes; implant: BadMinty\nJan 12", "BadMinty"),
        (
            "(msg:\"ET MALWARE DimGlow CnC Activity\"; sid:1;)",
            "DimGlow",
        ),
        ("(msg:\"LOCAL DimGlow payload domain\"; sid:1;)", "DimGlow"),
        // What is no name.
        (
            "Malware: Unknown\nMalware type: Trojan\nmalware: none\nMalware: Analysis\n",
            "",
        ),
        ("A stealer. font-family: Rosaceae;\n", ""),
        ("Family: McAllister\nGroup: ShinyPeople\n", ""),
        ("Malware: Johanna wrote this up\n", ""),
        ("(msg:\"ET POLICY DropBox Download\"; sid:1;)", ""),
        ("(msg:\"EXPLOIT DimShell payload\"; sid:1;)", ""),
    ] {
        assert_eq!(sure(text), names, "{text}");
    }
}

#[test]
fn the_document_speaks_for_a_name_that_is_a_word_as_well() {
    const INTRODUCTION: &str = "This is on ransomware and a botnet.\n\n";
    for (text, names) in [
        // In a heading, and again.
        (
            "## Phobos\n\nPhobos is sold as a service.\n\nNotes of Phobos say so.\n",
            "Phobos",
        ),
        (
            "## Cactus\n\nIt came by a hole.\n\nThen Cactus left.\n\nNotes of Cactus say so.\n",
            "Cactus",
        ),
        // Beside an indicator.
        ("- Sliver 1.5: 198.51.100[.]7\n", "Sliver"),
        (
            "a.sh (Hive) 3395856ce81f2b7382dee72602f798b642f14140\n",
            "Hive",
        ),
        (
            "Xenomorph=3395856ce81f2b7382dee72602f798b642f14140\n",
            "Xenomorph",
        ),
        // By what it does or has.
        ("The panel of the Vidar operators moved.\n", "Vidar"),
        ("They saw Carbon 3.71 loader samples.\n", "Carbon"),
        // Nothing of that.
        ("Phobos is a moon of Mars.\n", ""),
        ("## Royal\n\nThe family was on tour.\n", ""),
        ("They sailed by a hive (Hive) of bees.\n", ""),
        ("Cactus soup, see soup[.]example\n", ""),
    ] {
        let text = format!("{INTRODUCTION}{text}");
        let found = sure(&text);
        let mut found: Vec<&str> = found.split(", ").collect();
        found.dedup();
        assert_eq!(found, [names], "{text}");
    }
    let apart = "## Phobos\n\nPhobos is a moon of Mars.\n\nThe other is near Phobos.\n";
    assert_eq!(sure(apart), "");
}
