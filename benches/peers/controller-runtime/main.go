// The peer in Go: controller-runtime doing the operator's work.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

const (
	// syncsAtOnce is how many feeds are synced at the same time, as the operator does by default.
	syncsAtOnce = 16
	// writesAtOnce is how many reports of a sync are written at the same time.
	writesAtOnce = 4
)

type reconciler struct {
	client.Client
	// uncached reads Secrets without a watch on all of them.
	uncached client.Reader
	vendors  *vendors
}

func main() {
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err := run(ctrl.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return err
	}
	addToScheme(scheme)
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	var ready atomic.Bool
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme: scheme,
		Cache:  cache.Options{DefaultTransform: cache.TransformStripManagedFields()},
		Metrics: server.Options{
			BindAddress: os.Getenv("HTTP_ADDR"),
			ExtraHandlers: map[string]http.Handler{"/readyz": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if !ready.Load() {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			})},
		},
	})
	if err != nil {
		return err
	}
	r := &reconciler{
		Client:   mgr.GetClient(),
		uncached: mgr.GetAPIReader(),
		vendors:  newVendors(os.Getenv("FLASHPOINT_URL"), os.Getenv("TRUSTAR_URL")),
	}
	err = ctrl.NewControllerManagedBy(mgr).
		For(&FlashpointFeed{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: syncsAtOnce}).
		Complete(r)
	if err != nil {
		return err
	}
	err = mgr.Add(manager.RunnableFunc(func(ctx context.Context) error {
		// Gives the informer once it holds what was listed.
		if _, err := mgr.GetCache().GetInformer(ctx, &FlashpointFeed{}); err != nil {
			return err
		}
		ready.Store(true)
		return nil
	}))
	if err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// Reconcile syncs a feed that is due. An error leaves the status as it is and has controller-runtime try again, later each time.
func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var feed FlashpointFeed
	if err := r.Get(ctx, request.NamespacedName, &feed); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	started := time.Now()
	if wait := feed.dueIn(started); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	status, err := r.sync(ctx, &feed, started.Truncate(time.Second))
	if err != nil {
		return ctrl.Result{}, err
	}
	patch, err := json.Marshal(map[string]Status{"status": status})
	if err != nil {
		return ctrl.Result{}, err
	}
	// Not client.MergeFrom, which takes a copy, two encodings and a diff to send a little less.
	err = r.Status().Patch(ctx, &feed, client.RawPatch(types.MergePatchType, patch))
	if err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	return ctrl.Result{RequeueAfter: max(time.Until(status.NextSyncTime.Time), time.Millisecond)}, nil
}

// sync does the work of one sync that began at a whole second, and gives the status that tells of it.
func (r *reconciler) sync(ctx context.Context, feed *FlashpointFeed, started time.Time) (Status, error) {
	var secret corev1.Secret
	name := types.NamespacedName{Namespace: feed.Namespace, Name: feed.Spec.SecretRef.Name}
	if err := r.uncached.Get(ctx, name, &secret); err != nil {
		return Status{}, err
	}
	reports, total, err := r.vendors.reports(ctx, string(secret.Data["flashpoint-api-key"]))
	if err != nil {
		return Status{}, err
	}
	status := feed.Status
	from := credential{string(secret.Data["trustar-api-key"]), string(secret.Data["trustar-api-secret"])}
	writes, writing := errgroup.WithContext(ctx)
	writes.SetLimit(writesAtOnce)
	newest, created := status.LastPostedTime, uint64(0)
	for index := range reports {
		report := &reports[index]
		// The status holds whole seconds.
		posted := report.PostedAt.Truncate(time.Second)
		if last := status.LastPostedTime; last != nil && !posted.After(last.Time) {
			continue
		}
		if newest == nil || posted.After(newest.Time) {
			newest = &metav1.Time{Time: posted}
		}
		created++
		writes.Go(func() error { return r.vendors.submit(writing, from, feed.Spec.EnclaveID, report) })
	}
	if err := writes.Wait(); err != nil {
		return Status{}, err
	}
	began := &metav1.Time{Time: started}
	if created > 0 {
		status.LastSubmittedTime = began
	}
	considered := uint64(len(reports))
	status.ObservedGeneration = feed.Generation
	status.LastAttemptTime, status.LastSyncTime = began, began
	status.NextSyncTime = &metav1.Time{Time: started.Add(feed.interval())}
	status.LastPostedTime = newest
	status.LastSync = Counts{
		Total: total, Considered: considered, Matched: considered,
		Created: created, Unchanged: considered - created, Indicators: map[string]uint64{},
	}
	status.Totals.Syncs++
	status.Totals.Submitted += created
	status.Window.CoveredTo = began
	status.Conditions = []metav1.Condition{ready(status.Conditions, feed.Generation, *began, status.LastSync)}
	return status, nil
}

// ready is the condition of a synced feed; its time is that of the change to it.
func ready(before []metav1.Condition, generation int64, now metav1.Time, counts Counts) metav1.Condition {
	if len(before) > 0 && before[0].Status == metav1.ConditionTrue {
		now = before[0].LastTransitionTime
	}
	return metav1.Condition{
		Type: "Ready", Status: metav1.ConditionTrue, Reason: "Synced",
		Message: fmt.Sprintf("%d reports considered: %d created, 0 updated, %d unchanged, 0 without indicators",
			counts.Considered, counts.Created, counts.Unchanged),
		ObservedGeneration: generation, LastTransitionTime: now,
	}
}
