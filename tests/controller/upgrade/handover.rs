//! A stage on which the earlier operator works first, and this one after it.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::process::Signal;
use simulators::Server;
use simulators::record::Exchange;
use simulators::trustar::{Operation, Trustar};

use super::earlier;
use crate::harness::{Cluster, Operator, Stage};

/// A namespace of a control plane that serves the earlier definitions first.
pub struct Handover {
    cluster: Cluster,
    /// The namespace and both vendors.
    pub stage: Stage,
}

impl Handover {
    /// A stage without feeds.
    pub async fn new() -> Self {
        let definitions = earlier::definitions();
        let cluster = Cluster::start().await;
        cluster.define(definitions).await;
        let namespace = cluster.plane.namespace("upgrade").await.unwrap();
        cluster.create_account(&namespace).await;
        cluster.authorize(&namespace, &namespace).await;
        let kubeconfig = cluster.kubeconfig(&namespace).await;
        let stage = Stage::at(&cluster, namespace, kubeconfig).await;
        Self { cluster, stage }
    }

    /// Starts the earlier operator.
    pub async fn earlier(&self) -> Operator {
        self.stage.starting_of(earlier::operator()).here().await
    }

    /// Brings the definitions up to date and starts this operator.
    pub async fn present(&self) -> Operator {
        let definitions = flashpoint_operator::api::definitions();
        self.cluster.define(definitions).await;
        self.stage.operator().await
    }
}

/// Stops an operator as a Pod is stopped.
pub async fn stop(mut operator: Operator) {
    operator.signal(Signal::TERM);
    let ended = operator.ended(Duration::from_secs(10)).await;
    assert_eq!(ended.code(), Some(0));
}

/// The calls that would write to an enclave, whatever came of them, since a mark in the record.
pub fn writes_since(trustar: &Server<Trustar>, mark: usize) -> Vec<Exchange> {
    let mut calls = trustar.controls().record.since(mark);
    calls.retain(|call| call.method != "GET" && call.path() != "/oauth/token");
    calls
}

/// The external ids of the reports that were written, tags aside, and how often.
pub fn written(trustar: &Server<Trustar>) -> BTreeMap<String, usize> {
    let mut written = BTreeMap::new();
    for write in trustar.writes() {
        if write.operation != Operation::AlterTags {
            *written
                .entry(write.external_id.unwrap_or_default())
                .or_default() += 1;
        }
    }
    written
}
