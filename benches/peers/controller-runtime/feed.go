package main

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var groupVersion = schema.GroupVersion{Group: "flashpoint-operator.dev", Version: "v1alpha1"}

// addToScheme registers the resource.
func addToScheme(scheme *runtime.Scheme) {
	scheme.AddKnownTypes(groupVersion, &FlashpointFeed{}, &FlashpointFeedList{})
	metav1.AddToGroupVersion(scheme, groupVersion)
}

// FlashpointFeed is the resource as its definition has it, whether or not a field is read here.
type FlashpointFeed struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec   `json:"spec"`
	Status            Status `json:"status"`
}

// FlashpointFeedList is a list of feeds.
type FlashpointFeedList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []FlashpointFeed `json:"items"`
}

// Spec is what a user writes, with the defaults that the API server fills in.
type Spec struct {
	SecretRef struct {
		Name string `json:"name"`
	} `json:"secretRef"`
	EnclaveID        string   `json:"enclaveId,omitempty"`
	Interval         string   `json:"interval,omitempty"`
	Limit            int32    `json:"limit,omitempty"`
	Lookback         string   `json:"lookback,omitempty"`
	Timeout          string   `json:"timeout,omitempty"`
	Suspend          bool     `json:"suspend,omitempty"`
	IndicatorTypes   []string `json:"indicatorTypes,omitempty"`
	IndicatorSources []string `json:"indicatorSources,omitempty"`
	MalwareNames     struct {
		Add    []string `json:"add,omitempty"`
		Ignore []string `json:"ignore,omitempty"`
	} `json:"malwareNames"`
	Domains struct {
		Count  []string `json:"count,omitempty"`
		Ignore []string `json:"ignore,omitempty"`
	} `json:"domains"`
	Skip []string `json:"skip,omitempty"`
}

// Status is what is told of a feed that is synced, field for field.
type Status struct {
	ObservedGeneration  int64              `json:"observedGeneration"`
	Conditions          []metav1.Condition `json:"conditions,omitempty"`
	LastAttemptTime     *metav1.Time       `json:"lastAttemptTime,omitempty"`
	LastSyncTime        *metav1.Time       `json:"lastSyncTime,omitempty"`
	NextSyncTime        *metav1.Time       `json:"nextSyncTime,omitempty"`
	LastPostedTime      *metav1.Time       `json:"lastPostedTime,omitempty"`
	LastSubmittedTime   *metav1.Time       `json:"lastSubmittedTime,omitempty"`
	LastSync            Counts             `json:"lastSync"`
	Totals              Totals             `json:"totals"`
	Window              Window             `json:"window"`
	ConsecutiveFailures uint64             `json:"consecutiveFailures"`
}

// Counts is what the last sync counted.
type Counts struct {
	Total             uint64            `json:"total"`
	Considered        uint64            `json:"considered"`
	Matched           uint64            `json:"matched"`
	Created           uint64            `json:"created"`
	Updated           uint64            `json:"updated"`
	Unchanged         uint64            `json:"unchanged"`
	WithoutIndicators uint64            `json:"withoutIndicators"`
	WithoutCsv        uint64            `json:"withoutCsv"`
	Failed            uint64            `json:"failed"`
	Pending           uint64            `json:"pending"`
	Backlog           uint64            `json:"backlog"`
	Indicators        map[string]uint64 `json:"indicators"`
}

// Totals are sums over a feed's life.
type Totals struct {
	Syncs     uint64 `json:"syncs"`
	Submitted uint64 `json:"submitted"`
	Failed    uint64 `json:"failed"`
}

// Window is how far reports are handled.
type Window struct {
	CoveredTo *metav1.Time `json:"coveredTo,omitempty"`
}

// dueIn is how long a feed is left alone; zero or less where a sync is due.
func (feed *FlashpointFeed) dueIn(now time.Time) time.Duration {
	if feed.Status.NextSyncTime == nil || feed.Status.ObservedGeneration != feed.Generation {
		return 0
	}
	return feed.Status.NextSyncTime.Sub(now)
}

// interval is spec.interval, such as 15m, 1h30m or 1d; the definition's rules leave no other form.
func (feed *FlashpointFeed) interval() time.Duration {
	units := map[rune]time.Duration{
		's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
	}
	var total, number time.Duration
	for _, char := range feed.Spec.Interval {
		if unit, ok := units[char]; ok {
			total, number = total+number*unit, 0
		} else {
			number = number*10 + time.Duration(char-'0')
		}
	}
	return total
}

// DeepCopyObject is what a runtime.Object has; usually it is generated.
func (feed *FlashpointFeed) DeepCopyObject() runtime.Object {
	copied := *feed
	feed.ObjectMeta.DeepCopyInto(&copied.ObjectMeta)
	spec := &copied.Spec
	for _, list := range []*[]string{
		&spec.IndicatorTypes, &spec.IndicatorSources, &spec.MalwareNames.Add, &spec.MalwareNames.Ignore,
		&spec.Domains.Count, &spec.Domains.Ignore, &spec.Skip,
	} {
		*list = append([]string(nil), *list...)
	}
	status := &copied.Status
	status.Conditions = append([]metav1.Condition(nil), status.Conditions...)
	for _, time := range []**metav1.Time{
		&status.LastAttemptTime, &status.LastSyncTime, &status.NextSyncTime, &status.LastPostedTime,
		&status.LastSubmittedTime, &status.Window.CoveredTo,
	} {
		*time = (*time).DeepCopy()
	}
	if indicators := status.LastSync.Indicators; indicators != nil {
		status.LastSync.Indicators = make(map[string]uint64, len(indicators))
		for kind, count := range indicators {
			status.LastSync.Indicators[kind] = count
		}
	}
	return &copied
}

// DeepCopyObject is what a runtime.Object has.
func (list *FlashpointFeedList) DeepCopyObject() runtime.Object {
	copied := *list
	list.ListMeta.DeepCopyInto(&copied.ListMeta)
	copied.Items = make([]FlashpointFeed, 0, len(list.Items))
	for index := range list.Items {
		copied.Items = append(copied.Items, *list.Items[index].DeepCopyObject().(*FlashpointFeed))
	}
	return &copied
}
