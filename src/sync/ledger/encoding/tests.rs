//! What every ledger survives: damage, another owner, its size.
use super::golden::{full, owner};
use super::*;
use crate::sync::ledger::{Entry, State};
use crate::sync::report::{Digest, ReportId};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

#[test]
fn what_was_encoded_decodes_to_the_same() {
    let decoded = Ledger::decode(&full().encode().unwrap(), owner());
    assert_eq!(decoded, full());
}

#[test]
fn another_owners_ledger_is_not_trusted() {
    let text = full().encode().unwrap();
    for other in [
        Owner {
            uid: "another".into(),
            ..owner()
        },
        Owner {
            destination: "another".into(),
            ..owner()
        },
    ] {
        assert_eq!(Ledger::decode(&text, other.clone()), Ledger::new(other));
    }
}

#[test]
fn it_is_told_why_a_ledger_is_not_trusted() {
    let ledger = full();
    let text = ledger.encode().unwrap();
    let why = |text: &str, uid: &str, destination: &str| {
        let (uid, destination) = (uid.to_owned(), destination.to_owned());
        Ledger::decode_trusted(text, &Owner { uid, destination }).err()
    };
    let Owner { uid, destination } = owner();
    assert_eq!(why(&text, &uid, &destination), None);
    assert_eq!(
        why(&text, &uid, "another"),
        Some(Untrusted::OtherDestination {
            totals: ledger.totals
        })
    );
    assert_eq!(
        why(&text, "another", &destination),
        Some(Untrusted::OtherFeed)
    );
    assert_eq!(why(&text, "another", "another"), Some(Untrusted::OtherFeed));
    assert_eq!(why("AAAA", &uid, &destination), Some(Untrusted::Unreadable));
}

#[test]
fn a_ledger_that_is_damaged_anywhere_never_panics() {
    let text = full().encode().unwrap();
    for cut in 0..text.len() {
        let _ = Ledger::decode(text.get(..cut).unwrap(), owner());
        let mut damaged = text.clone().into_bytes();
        damaged[cut] = if damaged[cut] == b'A' { b'B' } else { b'A' };
        let _ = Ledger::decode(std::str::from_utf8(&damaged).unwrap(), owner());
    }
    for text in ["", "{}", "not base64!", "AAAA"] {
        assert!(Ledger::decode(text, owner()).is_empty(), "{text}");
    }
}

#[test]
fn twenty_thousand_reports_fit_one_object() {
    let mut ledger = Ledger::new(owner());
    for index in 0..super::super::MAX_REPORTS {
        // Random-looking ids and digests: they don't deflate.
        let hash = Sha256::digest(index.to_be_bytes());
        let id = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&hash[..16]);
        let seconds = 1_760_000_000 + i64::try_from(index).unwrap() * 37;
        let entry = Entry {
            digest: Digest::of(&hash),
            filed_at: Timestamp::from_second(seconds).unwrap(),
            labels: (0..5)
                .map(|tag| format!("tag {}", (usize::from(hash[tag]) + tag) % 40))
                .collect(),
            state: if hash[20] < 150 {
                State::Sent
            } else {
                State::WithoutIndicators { rules: 5 }
            },
            delivered: true,
            csv: None,
            tries: None,
            handle: None,
        };
        ledger.set(ReportId::new(&id).unwrap(), entry);
    }
    let text = ledger.encode().unwrap();
    assert_eq!(Ledger::decode(&text, owner()).len(), ledger.len());
}
