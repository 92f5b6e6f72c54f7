//! One report as an event and as STIX: `tests/misp/run` has misp-stix convert the one, and compares it with the other.

use std::sync::Arc;

use flashpoint_operator::destinations::misp::{Credential, Misp, MispSettings};
use flashpoint_operator::destinations::stix::{self, Tlp, ValidFor};
use flashpoint_operator::http::call::Unobserved;
use flashpoint_operator::sync::destination::{Delivery, Earlier};
use flashpoint_operator::sync::report::{CsvData, Report};
use indicators::{Indicator, IndicatorType};
use serde_json::json;
use serde_json::value::RawValue;

use super::http;
use super::misp_stage::{Sent, deliver, target};

/// Every type of indicator, in the forms that may be written in more than one way.
const INDICATORS: [(IndicatorType, &str); 11] = [
    (IndicatorType::Ip, "45.77.1.9"),
    (IndicatorType::Ip, "2001:db8::9"),
    (IndicatorType::Domain, "evil.example"),
    (IndicatorType::Url, "https://evil.example/it's?a=1"),
    (
        IndicatorType::Sha1,
        "3395856ce81f2b7382dee72602f798b642f14140",
    ),
    (
        IndicatorType::Sha256,
        "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
    ),
    (
        IndicatorType::RegistryKey,
        r"HKLM\Software\Microsoft\Windows\CurrentVersion\Run\Evil",
    ),
    (
        IndicatorType::BitcoinAddress,
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    ),
    (IndicatorType::Cve, "CVE-2021-44228"),
    (IndicatorType::Cve, "CVE-2021-45046"),
    (IndicatorType::Malware, "Emotet"),
];

/// Delivers to the simulator in `MISP_URL`, with the key in `MISP_KEY`, and writes the STIX bundle to `STIX_BUNDLE`.
#[tokio::test]
#[ignore = "tests/misp/run starts it"]
async fn misp_stix_reads_what_is_sent() {
    let variable = |name| std::env::var(name).unwrap();
    let mut sent = Sent::new(&INDICATORS);
    sent.fields["id"] = json!("both-ways");
    sent.fields["updated_at"] = json!("2026-11-20T09:15:30Z");
    sent.fields["platform_url"] = json!("https://fp.tools/home/report/both-ways");
    let report = Report::parse(&RawValue::from_string(sent.fields.to_string()).unwrap()).unwrap();
    let indicators: Vec<&Indicator> = sent.indicators.iter().collect();
    let delivery = Delivery {
        report: &report,
        csv: &CsvData::None,
        indicators: &indicators,
        own: &flashpoint_operator::sync::own::NOTHING,
        partial: false,
        earlier: Earlier::default(),
        accepted: None,
    };
    let mapped = stix::map(&delivery, Tlp::Amber, &ValidFor::default());
    let objects = mapped.objects.iter().chain([&mapped.report]);
    let objects: Vec<_> = objects.map(|object| object.json.as_str()).collect();
    let id = "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d";
    let bundle = format!(
        r#"{{"type":"bundle","id":"{id}","objects":[{}]}}"#,
        objects.join(",")
    );
    std::fs::write(variable("STIX_BUNDLE"), bundle).unwrap();
    let settings = MispSettings {
        servers: [("main".to_owned(), variable("MISP_URL").parse().unwrap())].into(),
    };
    let client = Misp::new(&settings, http(), Arc::new(Unobserved));
    let tags = ["tlp:amber".to_owned()];
    let target = flashpoint_operator::destinations::misp::Target {
        tags: &tags,
        ..target()
    };
    let events = client.server(&Credential(variable("MISP_KEY").into()), &target);
    deliver(&events, &sent).await.unwrap();
}
