//! What else a text names: services, tasks, files, people.

use super::sure;

#[test]
fn what_malware_makes_is_not_malware() {
    for text in [
        "The backdoor creates a service called ZorvexSvc.",
        "The backdoor is started by a scheduled task named KestrelUpdate.",
        "Persistence of the loader: scheduled task named d2kuODA1",
        "Malware with a mutex named KestrelMtx99 runs once.",
        "The dropper writes a file named UpdaterHost to the disk.",
        "Malware drops a DLL called NvSmartEx.",
        "The loader adds a registry value named EdgeUpdater.",
        "The trojan abuses an API called AccessibilityService.",
        "The backdoor calls GetTickCount twice.",
        "The backdoor exports a function called DllEntryMain.",
        "The malware injects itself into a process named MsBuildHost.",
        "The stealer sends its loot to a bot named LogKeeperBot.",
        "Malware is kept in a bucket called StaticAssets.",
        "The rootkit was found by a company called ThreatRidge.",
    ] {
        assert_eq!(sure(text), "", "{text}");
    }
    for (text, name) in [
        (
            "The backdoor called ZorvexDoor creates a service.",
            "ZorvexDoor",
        ),
        ("They dropped a loader named KestrelLoad.", "KestrelLoad"),
        ("a wiper for Linux servers, dubbed AcidDust", "AcidDust"),
        ("The implant, which we call BumpyRoad, is new.", "BumpyRoad"),
        ("an implant that Vexlab calls BumpyRoad", "BumpyRoad"),
        ("Researchers track the implant as DuskHerald.", "DuskHerald"),
    ] {
        assert_eq!(sure(text), name, "{text}");
    }
}

#[test]
fn groups_and_accounts_are_not_malware() {
    for text in [
        "The botnet is run by a group known as DarkTortoise.",
        "Malware of the actor known as StormBamboo was seen.",
        "The hacker behind the malware is known as NullSector.",
        "A campaign named GhostLedger ended with a stealer.",
        "Cobalt by @drb_ra (C2KestrelFeedsBot) reports malware",
        "The loot of the stealer goes to the Telegram bot LootKeeperBot.",
        "OldGoblin is a ransomware group of three.",
        "The ProVex's malware is able to wait.",
    ] {
        assert_eq!(sure(text), "", "{text}");
    }
    assert_eq!(
        sure("Cobalt Strike, says @drb_ra (C2KestrelFeedsBot)"),
        "Cobalt Strike"
    );
    assert_eq!(sure("the ransomware group known as VexLock"), "VexLock");
    assert_eq!(sure("LootKeeperBot steals credentials"), "LootKeeperBot");
}

#[test]
fn words_that_are_names_too_are_words_at_a_sentence_s_start_and_in_products() {
    for text in [
        "Sector analysts say that LockBit leads.",
        "Radar data shows that the AISURU botnet is behind it.",
        "Cloudflare Radar and LockBit",
        "Glary Malware Hunter Pro 1.73",
        "Hunter teams found the malware.",
        "Phoenix police said that ransomware was found.",
        "Solar companies were hit by a wiper.",
    ] {
        for word in ["Sector", "Radar", "Hunter", "Phoenix", "Solar"] {
            assert!(!sure(text).contains(word), "{text}");
        }
    }
    assert_eq!(sure("Hive operators moved to LockBit."), "Hive, LockBit");
    assert_eq!(sure("the malware Hunter"), "Hunter");
}
