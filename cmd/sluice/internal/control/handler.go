package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/policy/exception"
	"sluice/policy/standing"
)

// Backend is the running Sluice.
type Backend interface {
	Status() Status
	// Resolve returns the key of a sender that is written in whatever form.
	Resolve(sender string) (key string, err error)
	// Policy is the mail flow policy of a sender that is not known yet.
	Policy(key string) string
	Limits(ctx context.Context, key string) ([]Limit, error)
	// Note takes in evidence on a sender, by the rules of its policy.
	Note(key string, e standing.Event)
	ResetLimits(ctx context.Context, key string) error
	History(ctx context.Context, key string) ([]Change, error)
	Book() *standing.Book
	Exceptions() *exception.List
	// Save puts what has changed on disk.
	Save()
	// Did logs what somebody has done that no change of a standing tells of.
	Did(by, what, to string, details ...any)
	Now() time.Time
}

const (
	maxBody  = 64 << 10 // bytes of a request
	maxAtOne = 16       // requests at once
	maxWhy   = 500      // bytes of a reason
)

// errBusy is the answer to a request beyond maxAtOne.
var errBusy = errors.New("too many requests at once")

// failed is an error with the status that it becomes.
type failed struct {
	status int
	error
}

func unknown(format string, args ...any) error {
	return failed{http.StatusNotFound, fmt.Errorf(format, args...)}
}

func invalid(err error) error { return failed{http.StatusBadRequest, err} }

// handler answers requests.
type handler struct {
	Backend
	room chan struct{}
}

// NewHandler returns the API over a backend.
func NewHandler(b Backend) http.Handler {
	h := &handler{b, make(chan struct{}, maxAtOne)}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(*http.Request) (any, error){
		"GET /v1/status":                     h.status,
		"GET /v1/senders":                    h.senders,
		"GET /v1/senders/{sender}":           h.sender,
		"POST /v1/senders/{sender}/block":    h.order(h.block),
		"POST /v1/senders/{sender}/release":  h.order(h.release),
		"POST /v1/senders/{sender}/reset":    h.order(h.reset),
		"POST /v1/senders/{sender}/evidence": h.evidence,
		"GET /v1/exceptions":                 h.exceptions,
		"POST /v1/exceptions":                h.except,
		"DELETE /v1/exceptions/{id}":         h.unexcept,
	} {
		mux.HandleFunc(pattern, h.serve(answer))
	}
	return mux
}

// serve turns what a request is answered with into JSON.
func (h *handler) serve(answer func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case h.room <- struct{}{}:
			defer func() { <-h.room }()
		default:
			reply(w, http.StatusServiceUnavailable, map[string]string{"error": errBusy.Error()})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		value, err := answer(r)
		if err != nil {
			status := http.StatusInternalServerError
			var f failed
			if errors.As(err, &f) {
				status = f.status
			}
			reply(w, status, map[string]string{"error": err.Error()})
			return
		}
		reply(w, http.StatusOK, value)
	}
}

func reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(value) // a client that has gone wants no answer
}

// read reads the body of a request, strictly.
func read(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return invalid(fmt.Errorf("the request: %w", err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return invalid(errors.New("the request: more than one JSON value"))
	}
	return nil
}

func (h *handler) status(*http.Request) (any, error) { return h.Status(), nil }

func (h *handler) senders(r *http.Request) (any, error) {
	q, err := parseQuery(r)
	if err != nil {
		return nil, invalid(err)
	}
	found := h.Book().Select(h.Now(), q.wants)
	slices.SortFunc(found, func(a, b standing.Info) int {
		return cmp.Or(cmp.Compare(b.Stage, a.Stage), cmp.Compare(b.Points, a.Points), b.Seen.Compare(a.Seen), cmp.Compare(a.Sender, b.Sender))
	})
	return Senders{Senders: found[:min(len(found), q.Limit)], Total: len(found)}, nil
}

// parseQuery reads the parameters of a query.
func parseQuery(r *http.Request) (Query, error) {
	v := r.URL.Query()
	q := Query{
		Standing: v.Get("standing"), Group: v.Get("group"), Policy: v.Get("policy"),
		Match: v.Get("match"), Evidence: v.Get("evidence"), Limit: DefaultLimit,
	}
	for name := range v {
		if !slices.Contains([]string{"standing", "group", "policy", "match", "evidence", "limit"}, name) {
			return q, fmt.Errorf("unknown parameter %q", name)
		}
	}
	if text := v.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > MaxLimit {
			return q, fmt.Errorf("limit: %q is no number from 1 to %d", text, MaxLimit)
		}
		q.Limit = n
	}
	for _, name := range q.stages() {
		var s standing.Stage
		if err := s.UnmarshalText([]byte(name)); err != nil && name != known {
			return q, err
		}
	}
	if q.Evidence != "" {
		var k standing.Kind
		return q, k.UnmarshalText([]byte(q.Evidence))
	}
	return q, nil
}

// known stands for all stages but clean.
const known = "known"

func (q *Query) stages() []string {
	if q.Standing == "" {
		return nil
	}
	return strings.Split(q.Standing, ",")
}

// wants says whether the query selects a sender.
func (q *Query) wants(i *standing.Info) bool {
	stages := q.stages()
	isStage := len(stages) == 0 || slices.Contains(stages, i.Stage.String()) || i.Stage != standing.Clean && slices.Contains(stages, known)
	return isStage && (q.Group == "" || q.Group == i.Group) && (q.Policy == "" || q.Policy == i.Policy) &&
		(strings.Contains(i.Sender, q.Match) || strings.Contains(i.Client, q.Match)) && (q.Evidence == "" || hasPoints(i, q.Evidence))
}

func hasPoints(i *standing.Info, kind string) bool {
	for k, points := range i.Kinds {
		if k.String() == kind && points >= 0.05 {
			return true
		}
	}
	return false
}
