//! Feeds that are taken and feeds that are refused, by the API server and offline alike.

use serde_json::{Value, json};

/// A change that is refused, and what is said of it.
pub struct Refusal {
    /// What is changed on [`feed`], as a merge patch.
    pub change: Value,
    /// The field that is refused.
    pub field: &'static str,
    /// What the API server says.
    pub server: &'static str,
    /// What `validate` says, where it is something else.
    pub offline: &'static str,
}

/// Stands for a field that is left out.
const ABSENT: &str = "(absent)";

const INTERVAL: &str = "interval must be a duration from 1m to 30d, such as 15m, 1h30m or 1d";
const LOOKBACK: &str = "lookback must be a duration from 1h to 30d, such as 12h, 1d or 2w";
const TIMEOUT: &str = "timeout must be a duration from 1s to 5m, such as 30s or 1m30s";
const ENCLAVE: &str = "enclaveId must be the enclave's id as TruSTAR shows it, not its name: 1 to 128 letters, digits, '-' and '_'";
const ONE_DESTINATION: &str = "set enclaveId, the id of the TruSTAR enclave that reports go to, or destination in its place: one of the two";
const ONE_MEMBER: &str = "destination must have one member: trustar, taxii or misp";
const SERVER: &str = "server must be a name that the operator's settings give an address (--taxii, --misp, the chart's destinations), not the address: lower-case letters, digits and '-'";
const COLLECTION: &str = "collection must be the collection's id, not its title or address: 1 to 128 letters, digits, '-', '_' and '.'";
const VALID_FOR: &str = "validFor must be a duration from 1h to 3650d, such as 30d, 12w or 365d";
const TAG: &str = "a tag must have printable ASCII characters alone, and no blank at its ends";
const SECRET: &str = "name must be the name of a Secret in the feed's namespace: lower-case letters, digits, '-' and '.'";
const DOMAIN: &str = "a domain must be a name such as example.com, without scheme, port or path; an international one in its xn-- form";
const NAME: &str = "a malware name must have a letter or a digit";

/// A good feed that says no more than it must.
pub fn feed(name: &str) -> Value {
    json!({
        "apiVersion": "flashpoint-operator.dev/v1alpha1",
        "kind": "FlashpointFeed",
        "metadata": {"name": name},
        "spec": {
            "secretRef": {"name": "flashpoint-credentials"},
            "enclaveId": "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65",
        },
    })
}

/// The good feed with changes, as a merge patch makes them.
pub fn changed(name: &str, change: &Value) -> Value {
    fn merge(target: &mut Value, change: &Value) {
        let (Value::Object(fields), Value::Object(changes)) = (&mut *target, change) else {
            *target = change.clone();
            return;
        };
        for (field, change) in changes {
            if change == ABSENT {
                fields.remove(field);
            } else {
                merge(fields.entry(field).or_insert(Value::Null), change);
            }
        }
    }
    let mut feed = feed(name);
    merge(&mut feed, change);
    feed
}

/// Changes that are fine.
pub fn accepted() -> Vec<Value> {
    let mut accepted = vec![
        json!({}),
        json!({"spec": {"enclaveId": "a"}}),
        json!({"spec": {"enclaveId": ABSENT, "destination": {"trustar": {"enclaveId": "a"}}}}),
        json!({"spec": {"enclaveId": ABSENT, "destination": {"taxii": {
            "server": "opencti", "collection": "4f1d-2c84.x_Y", "secretRef": {"name": "opencti"}, "tlp": "AmberStrict",
            "validFor": {"IP": "30d", "Domain": "12w", "SHA256": "3650d"},
        }}}}),
        json!({"spec": {"enclaveId": ABSENT, "destination": {"misp": {
            "server": "main", "distribution": "ConnectedCommunities", "publish": true,
            "tags": ["tlp:amber", "admiralty-scale:source-reliability=\"b\""],
        }}}}),
        json!({"spec": {"enclaveId": ABSENT, "destination": {"misp": {"server": "m"}}}}),
        json!({"spec": {"destination": null}}),
        json!({"spec": {"enclaveId": "A_b-9".repeat(25)}}),
        json!({"spec": {"secretRef": {"name": "a.b-c.9"}}}),
        json!({"spec": {"limit": 1, "suspend": true, "indicatorTypes": ["Malware"]}}),
        json!({"spec": {"indicatorSources": ["Flashpoint"]}}),
        json!({"spec": {"indicatorSources": ["Flashpoint", "Text"]}}),
        json!({"spec": {"malwareNames": {"add": ["Cobalt Strike", "7ev3n"], "ignore": ["Nokoyawa"]}}}),
        json!({"spec": {"malwareNames": {"add": vec!["x"; 500]}}}),
        json!({"spec": {"domains": {"ignore": ["corp.example", "*.Corp.Example", "xn--bcher-kva.example", "_dmarc.example"], "count": ["top"]}}}),
        json!({"spec": {"domains": {"ignore": vec!["a".repeat(63); 500]}}}),
        json!({"spec": {"malwareNames": null, "domains": {"count": null}, "interval": null}}),
        json!({"metadata": {"labels": {"team": "intel"}, "annotations": {"flashpoint-operator.dev/requested-at": "now"}}}),
        json!({"metadata": {"creationTimestamp": null}, "status": {}}),
    ];
    for interval in [
        "1m",
        "60s",
        "15m",
        "1h30m",
        "1.5h",
        "0.5d",
        "1d12h",
        "2w",
        "30d",
        "4w2d",
        "720h",
        "2592000s",
        "59s1000ms",
        "1h0m0s",
    ] {
        accepted.push(json!({"spec": {"interval": interval}}));
    }
    for lookback in ["1h", "60m", "1d", "4.2w"] {
        accepted.push(json!({"spec": {"lookback": lookback}}));
    }
    for timeout in ["1s", "1000ms", "1m30s", "5m", "0.05h"] {
        accepted.push(json!({"spec": {"timeout": timeout}}));
    }
    accepted
}

/// Changes that are refused, each for one reason.
pub fn refused() -> Vec<Refusal> {
    [
        absent(),
        destinations(),
        wrong_types(),
        out_of_bounds(),
        wrong_ids(),
        wrong_lists(),
        wrong_durations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Refused by the schema: the API server's words are its own.
fn by_schema(
    spec: Value,
    field: &'static str,
    server: &'static str,
    offline: &'static str,
) -> Refusal {
    let mut change = json!({});
    change["spec"] = spec;
    Refusal {
        change,
        field,
        server,
        offline,
    }
}

/// Refused by a rule: both say the same.
fn by_rule(spec: Value, field: &'static str, message: &'static str) -> Refusal {
    by_schema(spec, field, message, message)
}

fn absent() -> Vec<Refusal> {
    let required = |spec, field, offline| by_schema(spec, field, "Required value", offline);
    vec![
        required(json!(ABSENT), "spec", "is missing: What the feed does"),
        by_rule(json!({"enclaveId": ABSENT}), "spec", ONE_DESTINATION),
        by_rule(json!({"enclaveId": null}), "spec", ONE_DESTINATION),
        required(
            json!({"secretRef": ABSENT}),
            "spec.secretRef",
            "is missing: The Secret with the credentials",
        ),
        required(
            json!({"secretRef": {"name": ABSENT}}),
            "spec.secretRef.name",
            "is missing: Name of the Secret",
        ),
    ]
}

fn destinations() -> Vec<Refusal> {
    let instead = |destination: Value| json!({"enclaveId": ABSENT, "destination": destination});
    let trustar = json!({"trustar": {"enclaveId": "a"}});
    let one = |destination| by_rule(instead(destination), "spec.destination", ONE_MEMBER);
    vec![
        by_rule(json!({"destination": trustar}), "spec", ONE_DESTINATION),
        one(json!({})),
        one(json!({"trustar": {"enclaveId": "a"}, "misp": {"server": "main"}})),
        by_rule(
            instead(json!({"taxii": {"server": "https://opencti.example", "collection": "a"}})),
            "spec.destination.taxii.server",
            SERVER,
        ),
        by_rule(
            instead(json!({"taxii": {"server": "opencti", "collection": "../a"}})),
            "spec.destination.taxii.collection",
            COLLECTION,
        ),
        by_rule(
            instead(
                json!({"taxii": {"server": "opencti", "collection": "a", "validFor": {"IP": "1m"}}}),
            ),
            "spec.destination.taxii.validFor.IP",
            VALID_FOR,
        ),
        by_rule(
            instead(
                json!({"taxii": {"server": "opencti", "collection": "a", "secretRef": {"name": "A"}}}),
            ),
            "spec.destination.taxii.secretRef.name",
            SECRET,
        ),
        by_rule(
            instead(json!({"misp": {"server": "-main"}})),
            "spec.destination.misp.server",
            SERVER,
        ),
        by_rule(
            instead(json!({"misp": {"server": "main", "tags": ["tlp:amber", " "]}})),
            "spec.destination.misp.tags[1]",
            TAG,
        ),
        by_rule(
            instead(json!({"trustar": {"enclaveId": "My enclave"}})),
            "spec.destination.trustar.enclaveId",
            ENCLAVE,
        ),
    ]
}

fn wrong_types() -> Vec<Refusal> {
    let text = "must be of type string";
    let number = "must be of type integer";
    vec![
        by_schema(
            json!({"enclaveId": 123}),
            "spec.enclaveId",
            text,
            "must be text, not 123 (in quotes it is text): The id",
        ),
        by_schema(
            json!({"interval": 900}),
            "spec.interval",
            text,
            "must be text, not 900",
        ),
        by_schema(
            json!({"secretRef": "a"}),
            "spec.secretRef",
            "must be of type object",
            "must be an object, not \"a\"",
        ),
        by_schema(
            json!({"limit": "5"}),
            "spec.limit",
            number,
            "must be a whole number, not \"5\" (leave out the quotes)",
        ),
        by_schema(
            json!({"limit": "many"}),
            "spec.limit",
            number,
            "must be a whole number, not \"many\": How many",
        ),
        by_schema(
            json!({"limit": 2.5}),
            "spec.limit",
            number,
            "must be a whole number, not 2.5",
        ),
        by_schema(
            json!({"suspend": "true"}),
            "spec.suspend",
            "must be of type boolean",
            "must be true or false, not \"true\" (leave out the quotes)",
        ),
        by_schema(
            json!({"domains": {"count": "a.example"}}),
            "spec.domains.count",
            "must be of type array",
            "must be a list, not \"a.example\" (a list of one is [value])",
        ),
        by_schema(
            json!({"domains": {"count": ["a.example", 5]}}),
            "spec.domains.count[1]",
            text,
            "must be text, not 5",
        ),
    ]
}

fn out_of_bounds() -> Vec<Refusal> {
    let names = vec!["x"; 501];
    let long = "1s".repeat(20);
    vec![
        by_schema(
            json!({"skip": vec!["x"; 101]}),
            "spec.skip",
            "must have at most 100 items",
            "must have at most 100 entries; it has 101",
        ),
        by_rule(
            json!({"skip": ["a", "https://fp.tools/home/intelligence/reports/report/a"]}),
            "spec.skip[1]",
            "skip names reports by their ids, as status.failures and the command sync show them, not by title or address",
        ),
        by_schema(
            json!({"limit": 0}),
            "spec.limit",
            "should be greater than or equal to 1",
            "must be at least 1, not 0",
        ),
        by_schema(
            json!({"limit": 501}),
            "spec.limit",
            "should be less than or equal to 500",
            "must be at most 500, not 501",
        ),
        by_schema(
            json!({"enclaveId": "a".repeat(129)}),
            "spec.enclaveId",
            "may not be more than 128",
            "must have at most 128 characters; it has 129",
        ),
        by_schema(
            json!({"interval": long}),
            "spec.interval",
            "may not be more than 32",
            "must have at most 32 characters; it has 40",
        ),
        by_schema(
            json!({"malwareNames": {"add": names}}),
            "spec.malwareNames.add",
            "must have at most 500 items",
            "must have at most 500 entries; it has 501",
        ),
        by_schema(
            json!({"indicatorTypes": []}),
            "spec.indicatorTypes",
            "should have at least 1 items",
            "must have at least 1 entry",
        ),
        by_schema(
            json!({"indicatorSources": []}),
            "spec.indicatorSources",
            "should have at least 1 items",
            "must have at least 1 entry",
        ),
    ]
}

fn wrong_ids() -> Vec<Refusal> {
    let enclaves = ["", "Our Enclave", "a\n", "3f1d2c84/6a0b"];
    let secrets = ["", "Creds", "other/creds", "-creds"];
    let enclaves = enclaves.map(|id| by_rule(json!({"enclaveId": id}), "spec.enclaveId", ENCLAVE));
    let secrets = secrets.map(|name| {
        by_rule(
            json!({"secretRef": {"name": name}}),
            "spec.secretRef.name",
            SECRET,
        )
    });
    enclaves.into_iter().chain(secrets).collect()
}

fn wrong_lists() -> Vec<Refusal> {
    let mut refused = vec![
        by_schema(
            json!({"indicatorTypes": ["IP", "Domains"]}),
            "spec.indicatorTypes[1]",
            "Unsupported value: \"Domains\": supported values: \"IP\", \"Domain\"",
            "can't be \"Domains\"; did you mean \"Domain\"?",
        ),
        by_schema(
            json!({"indicatorTypes": ["IP", "URL", "IP"]}),
            "spec.indicatorTypes[2]",
            "Duplicate value: \"IP\"",
            "\"IP\" is there twice; leave one out",
        ),
        by_schema(
            json!({"indicatorSources": ["Text", "Flashpont"]}),
            "spec.indicatorSources[1]",
            "Unsupported value: \"Flashpont\": supported values: \"Text\", \"Flashpoint\"",
            "can't be \"Flashpont\"; did you mean \"Flashpoint\"?",
        ),
        by_schema(
            json!({"indicatorSources": ["Text", "Text"]}),
            "spec.indicatorSources[1]",
            "Duplicate value: \"Text\"",
            "\"Text\" is there twice; leave one out",
        ),
        by_rule(
            json!({"malwareNames": {"add": ["Emotet", " - "]}}),
            "spec.malwareNames.add[1]",
            NAME,
        ),
        by_rule(
            json!({"malwareNames": {"ignore": [""]}}),
            "spec.malwareNames.ignore[0]",
            NAME,
        ),
    ];
    for domain in [
        "",
        ".",
        "https://a.example",
        "a.example/path",
        "a.example:443",
        "a..b",
        "*.",
        "a.example.",
        "bücher.example",
        "a b",
    ] {
        refused.push(by_rule(
            json!({"domains": {"ignore": ["good.example", domain]}}),
            "spec.domains.ignore[1]",
            DOMAIN,
        ));
    }
    refused
}

fn wrong_durations() -> Vec<Refusal> {
    let intervals = [
        "",
        "59s",
        "0s",
        "0",
        "900",
        "-15m",
        "+15m",
        "15 m",
        "1h 30m",
        "15M",
        "15min",
        "1y",
        ".5h",
        "1.h",
        "1..5h",
        "1e3m",
        "PT15M",
        "31d",
        "5w",
        "720h0.001s",
    ];
    let lookbacks = ["59m", "-1d", "30d1s", "yesterday"];
    let timeouts = ["999ms", "0s", "5m1s", "1d"];
    let intervals =
        intervals.map(|text| by_rule(json!({"interval": text}), "spec.interval", INTERVAL));
    let lookbacks =
        lookbacks.map(|text| by_rule(json!({"lookback": text}), "spec.lookback", LOOKBACK));
    let timeouts = timeouts.map(|text| by_rule(json!({"timeout": text}), "spec.timeout", TIMEOUT));
    intervals
        .into_iter()
        .chain(lookbacks)
        .chain(timeouts)
        .collect()
}
