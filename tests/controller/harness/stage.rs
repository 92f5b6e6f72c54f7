//! A test's stage: a namespace, both vendors, and the feeds in between.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flashpoint_operator::api::{
    FlashpointFeed, FlashpointFeedStatus, FlashpointLedger, REQUESTED_AT, Reason,
};
use flashpoint_operator::sync::counts::Counts;
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::api::rbac::v1::Role;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, from_value, json};
use simulators::Server;
use simulators::faults::Fault;
use simulators::flashpoint::Flashpoint;
use simulators::record::Exchange;
use simulators::reports::Style;
use simulators::trustar::{ENCLAVE, Trustar};

use super::operator::Starting;
use super::{Audit, Cluster, Operator, SOON, cluster, until, watch_rules};

/// The name of the secret that feeds take their credentials from.
pub const SECRET: &str = "credentials";

/// A namespace with two vendors.
pub struct Stage {
    /// What the operator asks the API server for.
    pub audit: Audit,
    /// The namespace, this test's own.
    pub namespace: String,
    /// A client for the administrator.
    pub client: Client,
    /// Where reports come from.
    pub flashpoint: Server<Flashpoint>,
    /// Where they go.
    pub trustar: Server<Trustar>,
    /// The operator's kubeconfig.
    pub kubeconfig: PathBuf,
}

impl Stage {
    /// A stage on the shared control plane; the secret is there, feeds and operator are not.
    pub async fn new(prefix: &str) -> Self {
        let cluster = cluster().await;
        let namespace = cluster.plane.namespace(prefix).await.unwrap();
        cluster.create_account(&namespace).await;
        cluster.authorize(&namespace, &namespace).await;
        let kubeconfig = cluster.kubeconfig(&namespace).await;
        Self::at(cluster, namespace, kubeconfig).await
    }

    /// A stage in a namespace that is there, with an operator's kubeconfig.
    pub async fn at(cluster: &Cluster, namespace: String, kubeconfig: PathBuf) -> Self {
        let flashpoint = simulators::start(Flashpoint::default()).await.unwrap();
        flashpoint.seed(
            11,
            Style {
                body_bytes: 800,
                ..Style::default()
            },
        );
        let trustar = simulators::start(Trustar::default()).await.unwrap();
        let audit = cluster.audit(&namespace);
        let client = cluster.client();
        let stage = Self {
            audit,
            namespace,
            client,
            flashpoint,
            trustar,
            kubeconfig,
        };
        stage.put_secret(&stage.keys()).await;
        stage
    }

    /// Has Flashpoint list reports of the last 20 hours.
    pub fn reports(&self, count: usize) {
        self.flashpoint
            .generate(count, SignedDuration::from_hours(20));
    }

    /// An operator to be started.
    pub fn starting(&self) -> Starting<'_> {
        self.starting_of(Path::new(env!("CARGO_BIN_EXE_flashpoint-operator")))
    }

    /// Another build of the operator to be started.
    pub fn starting_of(&self, program: &Path) -> Starting<'_> {
        Starting::new(self, program)
    }

    /// Starts an operator for the namespace.
    pub async fn operator(&self) -> Operator {
        self.starting().here().await
    }

    /// Has Flashpoint list reports of the last 20 hours, all of which belong in the enclave.
    pub fn telling_reports(&self, count: usize) {
        self.flashpoint.seed(
            13,
            Style {
                body_bytes: 800,
                planted: 1.0,
                ..Style::default()
            },
        );
        self.reports(count);
    }

    /// The keys that both vendors take.
    pub fn keys(&self) -> Value {
        let credential = self.trustar.credential().unwrap();
        json!({
            "flashpoint-api-key": self.flashpoint.api_key(),
            "trustar-api-key": credential.key,
            "trustar-api-secret": credential.secret,
        })
    }

    fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Creates or replaces the secret.
    pub async fn put_secret(&self, keys: &Value) {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "stringData": keys});
        let secret: Secret = from_value(secret).unwrap();
        let parameters = PostParams::default();
        if self.secrets().get_opt(SECRET).await.unwrap().is_some() {
            self.secrets()
                .replace(SECRET, &parameters, &secret)
                .await
                .unwrap();
        } else {
            self.secrets().create(&parameters, &secret).await.unwrap();
        }
    }

    /// Deletes the secret.
    pub async fn delete_secret(&self) {
        self.secrets()
            .delete(SECRET, &DeleteParams::default())
            .await
            .unwrap();
    }

    /// The feeds of the namespace.
    pub fn feeds(&self) -> Api<FlashpointFeed> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Their ledgers.
    pub fn ledgers(&self) -> Api<FlashpointLedger> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Creates a feed to TruSTAR's first enclave, every 15 minutes.
    pub async fn feed(&self, name: &str) {
        self.feed_with(name, json!({})).await;
    }

    /// Creates a feed whose spec has these fields in place of the usual ones.
    pub async fn feed_with(&self, name: &str, fields: Value) {
        let mut spec = json!({"secretRef": {"name": SECRET}, "enclaveId": ENCLAVE});
        for (field, value) in fields.as_object().unwrap() {
            spec[field] = value.clone();
        }
        let feed = json!({
            "apiVersion": "flashpoint-operator.dev/v1alpha1",
            "kind": "FlashpointFeed",
            "metadata": {"name": name},
            "spec": spec,
        });
        self.feeds()
            .create(&PostParams::default(), &from_value(feed).unwrap())
            .await
            .unwrap();
    }

    /// Changes fields of a feed's spec.
    pub async fn edit(&self, name: &str, spec: Value) -> FlashpointFeed {
        let patch = Patch::Merge(json!({"spec": spec}));
        self.feeds()
            .patch(name, &PatchParams::default(), &patch)
            .await
            .unwrap()
    }

    /// Forces a sync.
    pub async fn request(&self, name: &str, value: &str) {
        let patch = Patch::Merge(json!({"metadata": {"annotations": {REQUESTED_AT: value}}}));
        self.feeds()
            .patch(name, &PatchParams::default(), &patch)
            .await
            .unwrap();
    }

    /// Lets the operator do in the namespace what these rules say.
    pub async fn allow(&self, rules: &Value) {
        let api: Api<Role> = Api::namespaced(self.client.clone(), &self.namespace);
        let name = format!("{}-feeds", self.namespace);
        let patch = Patch::Merge(json!({"rules": rules}));
        api.patch(&name, &PatchParams::default(), &patch)
            .await
            .unwrap();
    }

    /// Takes from the operator its rights on a resource.
    pub async fn forbid(&self, resource: &str) {
        let mut rules = watch_rules().as_array().unwrap().clone();
        let count = rules.len();
        rules.retain(|rule| rule["resources"] != json!([resource]));
        assert_eq!(rules.len() + 1, count, "no rule is for {resource} alone");
        self.allow(&json!(rules)).await;
    }

    /// The operator's kubeconfig with a change, beside it.
    pub fn kubeconfig_with(&self, change: impl FnOnce(&mut Value)) -> PathBuf {
        static WRITTEN: AtomicUsize = AtomicUsize::new(0);
        let text = std::fs::read_to_string(&self.kubeconfig).unwrap();
        let mut kubeconfig: Value = serde_saphyr::from_str(&text).unwrap();
        change(&mut kubeconfig);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let file = self.kubeconfig.with_extension(format!("changed-{number}"));
        std::fs::write(&file, kubeconfig.to_string()).unwrap();
        file
    }

    /// Lets the feed's interval have passed.
    pub async fn fall_due(&self, name: &str) {
        self.edit_status(name, json!({"nextSyncTime": "2026-01-01T00:00:00Z"}))
            .await;
    }

    /// Changes fields of a feed's status, as an administrator can.
    pub async fn edit_status(&self, name: &str, status: Value) -> FlashpointFeed {
        let patch = Patch::Merge(json!({"status": status}));
        self.feeds()
            .patch_status(name, &PatchParams::default(), &patch)
            .await
            .unwrap()
    }

    /// Deletes a feed; its ledger stays, for lack of a garbage collector.
    pub async fn delete(&self, name: &str) {
        self.feeds()
            .delete(name, &DeleteParams::default())
            .await
            .unwrap();
    }

    /// The feed as it is.
    pub async fn get(&self, name: &str) -> FlashpointFeed {
        self.feeds().get(name).await.unwrap()
    }

    /// Waits until the feed is as wanted.
    pub async fn until(
        &self,
        name: &str,
        within: Duration,
        wanted: impl Fn(&FlashpointFeed) -> bool,
    ) -> FlashpointFeed {
        let mut last = None;
        let what = format!("feed {name} is as wanted");
        let deadline = std::time::Instant::now() + within;
        loop {
            let feed = self.feeds().get_opt(name).await.unwrap();
            if let Some(feed) = feed.as_ref().filter(|feed| wanted(feed)) {
                return feed.clone();
            }
            last = feed.or(last);
            assert!(
                std::time::Instant::now() < deadline,
                "not within {within:?}: {what}; it is {}",
                serde_json::to_string_pretty(
                    &last.map(|feed| json!({"metadata": feed.metadata, "status": feed.status}))
                )
                .unwrap()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the feed's generation is observed and its reason is this.
    pub async fn until_reason(&self, name: &str, wanted: Reason) -> FlashpointFeed {
        self.until(name, SOON, |feed| {
            observed(feed) && reason(feed) == Some(wanted)
        })
        .await
    }

    /// Waits until the feed's generation is synced.
    pub async fn until_synced(&self, name: &str) -> FlashpointFeed {
        self.until_reason(name, Reason::Synced).await
    }

    /// Waits until a forced sync was handled.
    pub async fn until_handled(&self, name: &str, value: &str) -> FlashpointFeed {
        let handled = |feed: &FlashpointFeed| {
            feed.status
                .as_ref()
                .and_then(|status| status.last_handled_reconcile_at.as_deref())
                == Some(value)
        };
        self.until(name, SOON, handled).await
    }

    /// The events about a feed.
    pub async fn events(&self, name: &str) -> Vec<Event> {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
        let mut events = events.list(&ListParams::default()).await.unwrap().items;
        events.retain(|event| {
            event
                .regarding
                .as_ref()
                .and_then(|regarding| regarding.name.as_deref())
                == Some(name)
        });
        events.sort_by_key(|event| event.event_time.clone().map(|time| time.0));
        events
    }

    /// Waits for an event about a feed.
    pub async fn until_event(&self, name: &str, reason: &str) -> Event {
        let what = format!("an event {reason} about {name}");
        let wanted = |event: &Event| event.reason.as_deref() == Some(reason);
        until(&what, SOON, async || {
            self.events(name).await.into_iter().find(wanted)
        })
        .await
    }

    /// The requests for the listing, so far.
    pub fn listings(&self) -> Vec<Exchange> {
        self.flashpoint
            .controls()
            .record
            .matching("GET", "/api/v4/reports/", "/reports/")
    }

    /// The writes of reports to the enclaves that had an effect.
    pub fn upserts(&self) -> Vec<Exchange> {
        let mut writes =
            self.trustar
                .controls()
                .record
                .matching("POST", "/api/1.3/reports", "/upsert");
        writes.retain(|exchange| exchange.effect);
        writes
    }

    /// Waits until so many reports were written.
    pub async fn until_upserts(&self, count: usize) {
        let what = format!("{count} reports are written");
        until(&what, SOON, async || {
            (self.upserts().len() >= count).then_some(())
        })
        .await;
    }

    /// Makes each write take so long.
    pub fn slow_writes(&self, milliseconds: u64) {
        let fault =
            Fault::on("POST", "/api/1.3/reports/upsert").delay(Duration::from_millis(milliseconds));
        self.trustar.controls().faults.set(fault);
    }

    /// The enclave must hold exactly what Flashpoint's reports say.
    pub fn assert_clean(&self) {
        let verdict = self.trustar.verdict(&[(ENCLAVE, self.flashpoint.truth())]);
        assert!(verdict.is_clean(), "{verdict:#?}");
    }

    /// How many reports the enclave must hold.
    pub fn planted(&self) -> usize {
        self.flashpoint
            .reports()
            .iter()
            .filter(|report| !report.planted.is_empty())
            .count()
    }
}

/// The counts of a feed's last sync.
pub fn counts(feed: &FlashpointFeed) -> Counts {
    status(feed).last_sync.expect("the feed was synced")
}

/// A feed's status.
pub fn status(feed: &FlashpointFeed) -> FlashpointFeedStatus {
    feed.status.clone().expect("the feed has a status")
}

/// The message of a feed's Ready condition.
pub fn message(feed: &FlashpointFeed) -> String {
    status(feed)
        .conditions
        .iter()
        .find(|c| c.type_ == "Ready")
        .unwrap()
        .message
        .clone()
}

/// A feed's conditions, as `Type=Status`.
pub fn conditions(feed: &FlashpointFeed) -> Vec<String> {
    status(feed)
        .conditions
        .iter()
        .map(|c| format!("{}={}", c.type_, c.status))
        .collect()
}

/// The reason that a feed's Ready condition gives.
pub fn reason(feed: &FlashpointFeed) -> Option<Reason> {
    feed.status
        .as_ref()
        .and_then(|status| Reason::of(&status.conditions))
}

fn observed(feed: &FlashpointFeed) -> bool {
    feed.status
        .as_ref()
        .map(|status| status.observed_generation)
        == feed.metadata.generation
}
