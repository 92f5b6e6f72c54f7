//! The mapping as a whole. `tests/taxii/run` has the same objects judged by the OASIS validator.

mod own;

use std::time::Duration;

use indicators::{Indicator, IndicatorType};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;
use crate::sync::destination::{Delivery, Earlier};
use crate::sync::ledger::{Entry, Ledger, Owner, State};
use crate::sync::own::{NOTHING, Own};
use crate::sync::report::{CsvData, Digest, Report, ReportId};

const POSTED: &str = "2026-05-28T21:12:56.000Z";

fn report(change: impl FnOnce(&mut Value)) -> Report {
    let mut json = json!({
        "id": "6n_wnmYvXNS6lA4-QbSlzA",
        "title": "Emotet is back",
        "posted_at": "2026-05-28T21:12:56+00:00",
        "updated_at": "2026-05-29T08:00:00.5+00:00",
        "platform_url": "https://app.flashpoint.io/cti/intelligence/report/6n_wnmYvXNS6lA4-QbSlzA",
        "tags": ["Malware", "Malware", 7, ""],
        "summary": "<p>Seen &amp; heard</p><p><img src=\"data:image/png;base64,AAAA\">twice</p>",
    });
    change(&mut json);
    Report::parse(&RawValue::from_string(json.to_string()).unwrap()).unwrap()
}

fn found(kind: IndicatorType, value: &str) -> Indicator {
    Indicator {
        kind,
        value: value.to_owned(),
        defanged: false,
        benign: None,
    }
}

fn mapped_after(report: &Report, indicators: &[Indicator], earlier: Option<&Memory>) -> Mapped {
    mapped_with(report, indicators, &NOTHING, earlier)
}

fn mapped_with(
    report: &Report,
    indicators: &[Indicator],
    own: &Own,
    earlier: Option<&Memory>,
) -> Mapped {
    let indicators: Vec<_> = indicators.iter().collect();
    let earlier = earlier.map_or_else(Earlier::default, |memory| Earlier {
        held: true,
        handle: memory.handle.as_deref(),
        labels: &memory.labels,
        complete: true,
    });
    let delivery = Delivery {
        partial: false,
        report,
        csv: &CsvData::None,
        indicators: &indicators,
        own,
        earlier,
        accepted: None,
    };
    let month = Duration::from_hours(720);
    map(&delivery, Tlp::Amber, &[(IndicatorType::Ip, month)].into())
}

fn mapped(report: &Report, indicators: &[Indicator]) -> Mapped {
    mapped_after(report, indicators, None)
}

fn value(object: &Object) -> Value {
    let value: Value = serde_json::from_str(&object.json).unwrap();
    assert_eq!(value["id"], object.id);
    assert_eq!(value["modified"], object.modified);
    value
}

fn values(mapped: &Mapped) -> Vec<Value> {
    let all = mapped.objects.iter().chain([&mapped.report]);
    all.map(value).collect()
}

#[test]
fn a_report_becomes_these_objects() {
    let indicators = [
        found(IndicatorType::Ip, "203.0.113.7"),
        found(
            IndicatorType::BitcoinAddress,
            "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        ),
        found(IndicatorType::Cve, "CVE-2021-44228"),
        found(IndicatorType::Malware, "Emotet"),
    ];
    let mapped = mapped(&report(|_| ()), &indicators);
    let flashpoint = "identity--a4de21d6-c0a1-5f83-99cd-aed1dd1ead9f";
    let amber = ["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"];
    let reference = json!([{
        "source_name": "Flashpoint",
        "url": "https://app.flashpoint.io/cti/intelligence/report/6n_wnmYvXNS6lA4-QbSlzA",
        "external_id": "6n_wnmYvXNS6lA4-QbSlzA",
    }]);
    let always = "2026-01-01T00:00:00.000Z";
    let golden = json!([
        {"type": "identity", "spec_version": "2.1", "id": flashpoint, "created": always, "modified": always,
         "name": "Flashpoint", "identity_class": "organization"},
        {"type": "indicator", "spec_version": "2.1", "id": "indicator--e1ee6705-1fad-50bc-9048-db3e2f4c90ab", "created_by_ref": flashpoint,
         "created": POSTED, "modified": "2026-05-29T08:00:00.500Z", "name": "203.0.113.7",
         "indicator_types": ["malicious-activity"], "pattern": "[ipv4-addr:value = '203.0.113.7']",
         "pattern_type": "stix", "valid_from": POSTED, "valid_until": "2026-06-27T21:12:56.000Z",
         "external_references": reference, "object_marking_refs": amber},
        {"type": "vulnerability", "spec_version": "2.1", "id": "vulnerability--a76f2f1f-7ae6-5668-92a2-088a714182b3", "created_by_ref": flashpoint,
         "created": always, "modified": always, "name": "CVE-2021-44228",
         "external_references": [{"source_name": "cve", "external_id": "CVE-2021-44228"}]},
        {"type": "malware", "spec_version": "2.1", "id": "malware--278b5af9-3b30-5076-b146-44a8f7c9f237", "created_by_ref": flashpoint,
         "created": always, "modified": always, "name": "emotet", "is_family": true},
        {"type": "report", "spec_version": "2.1", "id": "report--172a3cf2-c82a-570a-88f7-e2066af83f04",
         "created_by_ref": flashpoint, "created": POSTED, "modified": "2026-05-29T08:00:00.500Z",
         "name": "Emotet is back",
         "description": "Seen & heard\ntwice\n\nBitcoin addresses: 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
         "report_types": ["threat-report"], "published": POSTED,
         "object_refs": ["indicator--e1ee6705-1fad-50bc-9048-db3e2f4c90ab", "vulnerability--a76f2f1f-7ae6-5668-92a2-088a714182b3", "malware--278b5af9-3b30-5076-b146-44a8f7c9f237"],
         "labels": ["Malware"], "external_references": reference, "object_marking_refs": amber},
    ]);
    assert_eq!(Value::from(values(&mapped)).to_string(), golden.to_string());
    assert_eq!(mapped.unmapped, 1);
}

#[test]
fn a_report_with_nothing_to_refer_to_refers_to_the_identity() {
    let mapped = mapped(&report(|_| ()), &[]);
    let flashpoint = value(&mapped.objects[0])["id"].clone();
    assert_eq!(value(&mapped.report)["object_refs"], json!([flashpoint]));
}

#[test]
fn shared_objects_hold_nothing_of_a_report() {
    let one = mapped(
        &report(|_| ()),
        &[found(IndicatorType::Malware, "Cobalt Strike")],
    );
    let other = mapped(
        &report(|json| json["id"] = json!("other")),
        &[found(IndicatorType::Malware, "cobalt strike")],
    );
    assert_eq!(one.objects, other.objects);
}

#[test]
fn an_edit_is_a_later_version_even_where_no_time_moves() {
    let one = [found(IndicatorType::Domain, "evil.example")];
    let first = mapped(&report(|_| ()), &one);
    assert_eq!(
        mapped(&report(|_| ()), &one),
        first,
        "what is sent again is the same"
    );

    let edited = report(|json| json["title"] = json!("Emotet was never away"));
    let second = mapped_after(&edited, &one, Some(&first.memory));
    let modified = "2026-05-29T08:00:00.501Z";
    assert_eq!(second.report.modified, modified);
    assert_eq!(second.objects[1].modified, modified);
    assert_eq!(value(&second.report)["published"], POSTED);
    assert_eq!(second.report.id, first.report.id);
    let same = mapped_after(&edited, &one, Some(&second.memory));
    assert_eq!(same, second, "no edit, no version");

    let earlier = report(|json| json["updated_at"] = json!("2026-05-28T22:00:00"));
    let third = mapped_after(&earlier, &one, Some(&second.memory));
    assert!(
        third.report.modified.as_str() > modified,
        "a time that moves back"
    );
}

#[test]
fn what_an_edit_took_away_is_revoked_once() {
    let both = [
        found(IndicatorType::Domain, "evil.example"),
        found(IndicatorType::Ip, "203.0.113.7"),
    ];
    let first = mapped(&report(|_| ()), &both);
    let edited = report(|json| json["updated_at"] = json!("2026-06-01T00:00:00Z"));
    let second = mapped_after(&edited, &both[..1], Some(&first.memory));
    let revoked: Vec<_> = second
        .objects
        .iter()
        .map(value)
        .filter(|object| object["revoked"] == true)
        .collect();
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0]["pattern"], "[ipv4-addr:value = '203.0.113.7']");
    assert_eq!(revoked[0]["id"], value(&first.objects[2])["id"]);
    assert_eq!(revoked[0]["modified"], "2026-06-01T00:00:00.001Z");
    let refers = value(&second.report)["object_refs"].clone();
    assert_eq!(refers.as_array().unwrap().len(), 1);
    let third = mapped_after(&edited, &both[..1], Some(&second.memory));
    assert!(
        third
            .objects
            .iter()
            .all(|object| !object.json.contains("revoked"))
    );
}

#[test]
fn no_version_is_older_than_the_mapping_or_than_its_creation() {
    let old = report(|json| {
        json["posted_at"] = json!("2018-11-29T20:18:32Z");
        json["updated_at"] = Value::Null;
    });
    let old = value(&mapped(&old, &[]).report);
    assert_eq!(old["created"], "2018-11-29T20:18:32.000Z");
    assert_eq!(old["modified"], "2026-01-01T00:00:00.000Z");
    let undated = report(|json| json["posted_at"] = Value::Null);
    let undated = value(&mapped(&undated, &[]).report);
    assert_eq!(undated["published"], "2026-01-01T00:00:00.000Z");
}

#[test]
fn everything_has_an_end() {
    let long = report(|json| {
        json["title"] = json!("ä".repeat(9_000));
        json["summary"] = json!(format!(
            "data:image/png;base64,{} {}",
            "A".repeat(90_000),
            "ä ".repeat(90_000)
        ));
        json["tags"] = json!((0..500).map(|at| format!("t{at}")).collect::<Vec<_>>());
        json["platform_url"] = json!("javascript:alert(1)");
    });
    let many: Vec<_> = (0..MAX_REFERENCES + 5)
        .map(|at| found(IndicatorType::Domain, &format!("a{at}.example")))
        .collect();
    let mapped = mapped(&long, &many);
    assert_eq!(
        (mapped.objects.len(), mapped.left_out),
        (MAX_REFERENCES + 1, 5)
    );
    let report = value(&mapped.report);
    let bytes = |name: &str| report[name].as_str().unwrap().len();
    assert_eq!(bytes("name"), 1024);
    assert!(bytes("description") <= 16 * 1024 && bytes("description") > 16_000);
    assert_eq!(report["labels"].as_array().unwrap().len(), 100);
    assert_eq!(report["external_references"][0].get("url"), None);
}

#[test]
fn a_plain_enum_of_strings_is_the_schema_of_the_label() {
    let schema = serde_json::to_value(schemars::schema_for!(Tlp)).unwrap();
    assert_eq!(
        schema["enum"],
        json!(["Clear", "Green", "Amber", "AmberStrict", "Red"])
    );
    assert_eq!(schema["type"], "string");
    assert_eq!(serde_json::to_value(Tlp::default()).unwrap(), "Amber");
}

/// Nothing of an id, a digest or an indicator compresses.
#[test]
fn as_many_reports_as_documented_fit_a_ledger() {
    for (reports, bytes) in [(20_000, 0), (8_000, MAX_REMEMBERED_BYTES)] {
        let size = ledger_of(reports, bytes).encode().map(|text| text.len());
        assert!(size.is_ok(), "{reports} with {bytes} bytes each: {size:?}");
    }
}

fn ledger_of(reports: usize, bytes: usize) -> Ledger {
    let owner = Owner {
        uid: "uid".to_owned(),
        destination: "opencti/6f5e0f0e-0000-4000-8000-000000000000".to_owned(),
    };
    let mut ledger = Ledger::new(owner);
    for at in 0..reports {
        let random = |salt: u8| Digest::of(&[&at.to_le_bytes()[..], &[salt]].concat()).0;
        let posted = 1_780_000_000 + (at as u64) * 40;
        let (id, random) = (random(0), [random(1), random(2), random(3)]);
        let id = ReportId::new(&format!("{id:016x}{:06x}", random[0] >> 40)).unwrap();
        let host = |random: u64| format!("d{random:016x}.example");
        let labels = [random[0], random[1], random[0] ^ random[2]].map(host);
        let labels = labels.into_iter().take(bytes / 24).collect();
        let entry = Entry {
            digest: Digest(random[2]),
            filed_at: jiff::Timestamp::from_second(posted.try_into().unwrap()).unwrap(),
            state: State::Sent,
            delivered: true,
            labels,
            csv: None,
            tries: None,
            handle: (at % 10 == 0).then(|| format!("{posted:x}-1.{:x}", random[1] >> 32)),
        };
        ledger.set(id, entry);
    }
    ledger
}
