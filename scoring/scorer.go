package scoring

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"sluice/scoring/reputation"
)

// Scorer turns messages into reports. It is immutable and safe for concurrent
// use.
type Scorer struct {
	checks    []check
	words     *vocabulary
	lists     []localList
	weigher   weigher
	outbreaks outbreaks
	timeout   time.Duration
	log       *slog.Logger

	dns        *reputation.Resolver   // nil if there has never been anything to ask
	clients    *reputation.Blocklists // nil if there have never been blocklists
	blocklists map[string]blocklist   // by configured name
	mentioned  *reputation.Blocklists // nil if there have never been URL lists
	urllists   []urlList              // by the place of their zones in mentioned
	clamav     *scanner               // nil unless configured

	authenticator *authenticator // nil unless enabled
}

// check is a rule, built in or the operator's, as it is configured.
type check struct {
	name    string
	points  points
	observe bool
	find    func(*facts) (note string, found bool)
}

// Score reads a message and reports what it found. The message is parsed if it
// has not been; it is not changed otherwise. What cannot be asked in time is a
// Skip in the report. The only error is that of clamd when its failure is
// configured to be one of Sluice; the report then has everything else.
//
// The result depends on nothing but the message, the input and the answers of
// those who are asked. With Input.Campaigns the message is counted there.
func (s *Scorer) Score(ctx context.Context, m *Message, in Input) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	m.Parse()
	client := s.async(reputationCheck, func() finding { return s.askReputation(ctx, in) })
	virus := s.async(clamavCheck, func() finding { return s.askClamav(ctx, m) })
	f := newFacts(m, in)
	names := s.async(urllistCheck, s.askURLLists(ctx, f))
	mail := s.async(authenticationCheck, s.askAuthentication(ctx, f))
	findings := []finding{s.applyRules(f), <-client, <-virus, <-names, <-mail}

	r := Report{Set: in.Set}
	var err error
	for _, f := range findings {
		r.Hits = append(r.Hits, f.hits...)
		r.Skipped = append(r.Skipped, f.skipped...)
		r.Print += f.print // of one of them
		if f.err != nil {
			err = fmt.Errorf("score message: %w", f.err)
		}
	}
	r.finish()
	return r, err
}

// async runs a check beside the caller. The caller's recover does not reach
// there: a check that panics is one that failed.
func (s *Scorer) async(name string, ask func() finding) <-chan finding {
	result := make(chan finding, 1)
	go func() {
		var f finding
		defer func() {
			if p := recover(); p != nil {
				s.log.Error("check panicked", "check", name, "panic", p, "stack", string(debug.Stack()))
				f = s.failed(name, fmt.Errorf("%s panicked: %v", name, p))
			}
			result <- f
		}()
		f = ask()
	}()
	return result
}

// failed is the finding of a check that could not be made. It is a failure of
// Sluice itself if the operator wants that of clamd to be one.
func (s *Scorer) failed(name string, err error) finding {
	f := finding{skipped: []Skip{{name, "error"}}}
	if errors.Is(err, context.DeadlineExceeded) {
		f.skipped[0].Why = "deadline"
	}
	if name == clamavCheck && s.clamav.fail {
		f.err = err
	}
	return f
}

// applyRules looks at the message alone.
func (s *Scorer) applyRules(f *facts) finding {
	var result finding
	if f.whole.Truncated() {
		result.skipped = append(result.skipped, Skip{"view", "limit"})
	}
	if f.m.unpacker.cut {
		result.skipped = append(result.skipped, Skip{"archive", "limit"})
	}
	if f.m.pages.cut {
		result.skipped = append(result.skipped, Skip{"page", "limit"})
	}
	if f.m.codes.cut {
		result.skipped = append(result.skipped, Skip{"qrcode", "limit"})
	}
	words, err := s.words.tallyUp(f.text)
	if err != nil {
		s.log.Error("patterns were not searched for", "error", err)
		result.skipped = append(result.skipped, Skip{"rules", "error"})
	}
	f.words = words
	for _, c := range s.checks {
		p := c.points.in(f.in.Set)
		if p == 0 {
			continue
		}
		if note, found := c.find(f); found {
			result.hits = append(result.hits, Hit{c.name, p, note, c.observe})
		}
	}
	weighed := s.weigher.weigh(f)
	result.hits = append(result.hits, weighed.hits...)
	result.skipped = append(result.skipped, weighed.skipped...)
	repeated := s.outbreaks.ask(f)
	result.hits = append(result.hits, repeated.hits...)
	result.print = repeated.print
	return result
}

// roundPoints rounds to two decimals, and has no negative zero.
func roundPoints(p float64) float64 { return math.Round(p*100)/100 + 0 }

// maxNote is how long a note may be, in bytes.
const maxNote = 80

// finish adds up, sorts and makes the notes fit for a header.
func (r *Report) finish() {
	hits := r.Hits
	r.Hits = nil
	r.Add(hits...)
}

// Add adds hits to a report.
func (r *Report) Add(hits ...Hit) {
	for _, h := range hits {
		h.Note = cleanNote(h.Note)
		if !h.Observe {
			r.Score += h.Points
		}
		r.Hits = append(r.Hits, h)
	}
	r.Score = roundPoints(r.Score)
	slices.SortFunc(r.Hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Points), math.Abs(a.Points)), strings.Compare(a.Rule, b.Rule))
	})
}

// cleanNote makes a note of what was found: printable ASCII, one space for any
// white space, "?" for any other character, at most maxNote bytes.
func cleanNote(s string) string {
	var b strings.Builder
	for field := range strings.FieldsSeq(cutString(s, 4*maxNote)) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		for _, r := range field {
			if r <= ' ' || r > '~' {
				r = '?'
			}
			b.WriteRune(r)
		}
	}
	note := b.String()
	if len(note) > maxNote {
		note = note[:maxNote-3] + "..."
	}
	return note
}
