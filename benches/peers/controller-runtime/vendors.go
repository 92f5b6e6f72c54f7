package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// listing asks for the reports of a day.
	listing = "/api/v4/reports/?since=-1d&until=now&limit=500&highlight_tag=x-fp-highlight&fragment_size=256"
	upsert  = "/api/1.3/reports/upsert?idType=external&mode=OVERRIDE"
	// tokenMargin is how long before its end a token is given up.
	tokenMargin = time.Minute
)

// Page is what Flashpoint answers.
type Page struct {
	Total uint64            `json:"total"`
	Data  []json.RawMessage `json:"data"`
}

// Report is what is read of one report; raw is all of it.
type Report struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	PostedAt time.Time `json:"posted_at"`
	Link     string    `json:"platform_url"`
	raw      json.RawMessage
}

// submission is a report as TruSTAR takes it.
type submission struct {
	Title              string    `json:"title"`
	ReportBody         string    `json:"reportBody"`
	EnclaveIDs         [1]string `json:"enclaveIds"`
	ExternalTrackingID string    `json:"externalTrackingId"`
	ExternalURL        string    `json:"externalUrl,omitempty"`
	TimeBegan          string    `json:"timeBegan"`
	DistributionType   string    `json:"distributionType"`
}

// credential is a key and a secret of TruSTAR's.
type credential struct{ key, secret string }

type token struct {
	bearer    string
	goodUntil time.Time
}

// vendors calls both services.
type vendors struct {
	http                   *http.Client
	flashpointURL, trustar string

	mutex  sync.Mutex
	tokens map[credential]token
}

func newVendors(flashpointURL, trustarURL string) *vendors {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// Two by default, so that most connections of 16 syncs with 4 writes each would be closed after one call.
	transport.MaxIdleConnsPerHost = 64
	return &vendors{
		http:          &http.Client{Transport: transport, Timeout: 30 * time.Second},
		flashpointURL: flashpointURL,
		trustar:       trustarURL,
		tokens:        map[credential]token{},
	}
}

// reports lists those of a day, and how many Flashpoint says there are.
func (v *vendors) reports(ctx context.Context, key string) ([]Report, uint64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.flashpointURL+listing, nil)
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	body, err := v.send(request)
	if err != nil {
		return nil, 0, err
	}
	var page Page
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, 0, err
	}
	reports := make([]Report, len(page.Data))
	for index, raw := range page.Data {
		if err := json.Unmarshal(raw, &reports[index]); err != nil {
			return nil, 0, err
		}
		reports[index].raw = raw
	}
	return reports, page.Total, nil
}

// submit writes one report to an enclave.
func (v *vendors) submit(ctx context.Context, from credential, enclave string, report *Report) error {
	bearer, err := v.token(ctx, from)
	if err != nil {
		return err
	}
	body, err := json.Marshal(submission{
		Title:              report.Title,
		ReportBody:         string(report.raw),
		EnclaveIDs:         [1]string{enclave},
		ExternalTrackingID: report.ID,
		ExternalURL:        report.Link,
		TimeBegan:          report.PostedAt.UTC().Format("2006-01-02T15:04:05.000+00:00"),
		DistributionType:   "ENCLAVE",
	})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, v.trustar+upsert, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Authorization": bearer, "Content-Type": "application/json",
		"Client-Type": "API", "Client-Version": "1.3", "Client-Metatag": "peer",
	} {
		request.Header.Set(name, value)
	}
	_, err = v.send(request)
	return err
}

// token is the one in use for a credential, or a new one; one caller at a time asks for it.
func (v *vendors) token(ctx context.Context, from credential) (string, error) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if known, ok := v.tokens[from]; ok && time.Now().Before(known.goodUntil) {
		return known.bearer, nil
	}
	form := strings.NewReader("grant_type=client_credentials")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, v.trustar+"/oauth/token", form)
	if err != nil {
		return "", err
	}
	request.SetBasicAuth(from.key, from.secret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	body, err := v.send(request)
	if err != nil {
		return "", err
	}
	var grant struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &grant); err != nil {
		return "", err
	}
	life := time.Duration(grant.ExpiresIn) * time.Second
	v.tokens[from] = token{"Bearer " + grant.AccessToken, time.Now().Add(life - tokenMargin)}
	return v.tokens[from].bearer, nil
}

// send gives the body of an answer that tells of success.
func (v *vendors) send(request *http.Request) ([]byte, error) {
	answer, err := v.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s %s: %s", request.Method, request.URL.Path, answer.Status)
	}
	return body, nil
}
