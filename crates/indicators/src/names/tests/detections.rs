//! The families in vendors' names for what they detect.

use super::sure;

#[test]
fn each_vendor_s_scheme_gives_the_family() {
    for (label, family) in [
        ("Trojan:Win32/Emotet.A!MTB", "Emotet"),
        ("Trojan:Win32/Quibbel.A!MTB", "Quibbel"),
        ("TrojanDropper:Win32/Quibbel!pz", "Quibbel"),
        ("Backdoor:Linux/Quibbel.B", "Quibbel"),
        ("HEUR:Trojan-Banker.AndroidOS.Asacub.a", "Asacub"),
        ("Trojan-Spy.AndroidOS.Quibbel.ab", "Quibbel"),
        ("not-a-virus:HEUR:AdWare.AndroidOS.Quibbel.h", "Quibbel"),
        ("Android/AdDisplay.Ashas", "Ashas"),
        ("Android/AdDisplay.Quibbel", "Quibbel"),
        ("MSIL/Evilnum.A", "Evilnum"),
        ("MSIL/Quibbel.A", "Quibbel"),
        ("Win32/TrojanDownloader.Quibbel.DK", "Quibbel"),
        ("Win32/Quibbel", "Quibbel"),
        ("Linux/Quibbel.C", "Quibbel"),
        ("Ransom.Win32.LOCKBIT.YXCGT", "LOCKBIT"),
        ("Backdoor.MSIL.QUIBBEL.YXDIB", "QUIBBEL"),
        ("BKDR_QUIBBEL.AB", "QUIBBEL"),
        ("Win.Trojan.Zbot-123", "Zbot"),
        ("Win.Dropper.Quibbel-9867513-0", "Quibbel"),
        ("Android.BankBot.1", "BankBot"),
        ("Android.Quibbel.242.origin", "Quibbel"),
        ("BackDoor.Quibbel.976", "Quibbel"),
        ("Ransom.LockBit", "LockBit"),
        ("Ransom.QuibLock", "QuibLock"),
        ("Gen:Variant.Zusy.305948", "Zusy"),
    ] {
        assert_eq!(sure(&format!("Detected as {label}.")), family, "{label}");
        assert_eq!(sure(label), family, "{label} alone");
    }
    assert_eq!(
        sure("Detections: MSIL/Quibbel.A, MSIL/Wobbel.B"),
        "Quibbel, Wobbel"
    );
}

#[test]
fn what_stands_for_no_family_is_none() {
    for label in [
        "Win32/Agent.ZXZ trojan",
        "Win32:Evo-gen [Trj]",
        "Troj/Agent-BHQ",
        "MSIL/Kryptik.AFTB",
        "Win64/Injector.HB",
        "Android/Spy.Banker.AIX",
        "Android/TrojanDropper.Agent.BKY",
        "Trojan.Gen.MBT",
        "Trojan.GenericKD.46542810",
        "Gen:Heur.Ransom.Imps.1",
        "TrojanSpy:AndroidOS/SmsThief.L!MTB",
        "HEUR:Trojan.Win32.Generic",
        "Trojan-Downloader.Win32.Small.aacq",
        "Trojan.PWS.Stealer.23680",
        "Trojan.Encoder.31074",
        "Artemis!0C3F4A5B6C7D",
    ] {
        assert_eq!(sure(&format!("It is {label}, they say.")), "", "{label}");
    }
}

#[test]
fn a_family_of_the_list_is_found_in_a_label_as_it_is_alone() {
    for (text, name) in [
        ("It is Trojan:Win32/Wacatac.B!ml, they say.", "Wacatac"),
        ("Defender calls it Wacatac.", "Wacatac"),
        ("a hit for Trojan:Script/Wacatac.H!ml", "Wacatac"),
    ] {
        assert_eq!(sure(text), name, "{text}");
    }
}

#[test]
fn what_only_looks_like_a_detection_is_none() {
    for text in [
        "a build for linux/amd64 and android/arm",
        "Android/iOS apps",
        "Linux/Unix servers",
        "Win/Loss ratio",
        "android.permission.CAMERA",
        "android.app.Activity",
        "java.lang.Runtime",
        "Java.Lang.Runtime",
        "HTML/CSS of the page",
        "PHP/MySQL hosting",
        "PDF/Word files",
        "WIN32_FIND_DATA",
        "JS/Node.JS",
        "a trojan.The group",
        "The Trojan.Users open it",
        "win32/Release.exe",
        "exploit/windows/smb/ms17",
    ] {
        assert_eq!(sure(&format!("See {text} there.")), "", "{text}");
    }
}
