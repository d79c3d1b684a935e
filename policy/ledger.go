package policy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sluice/policy/store"
)

const (
	// maxAddress is how much of an envelope address is used in a key, in bytes: what
	// RFC 5321 section 4.5.3.1 allows, 64 for the local part, 255 for the domain.
	maxAddress = 64 + 1 + 255
	// maxLevels bounds the levels that one message can leave in its record; a message
	// to many domains may meet as many limits.
	maxLevels = 100
)

// nullSender stands for the sender of bounces, the empty path.
const nullSender = "<>"

// Ledger takes the limits of one message, or of one connection, and knows how
// to give back what was charged. It belongs to one goroutine.
//
// All windows of all limits that count at an event are asked in one call, so
// either all of them are charged or none. Refused attempts are not charged. In
// a policy that observes, every charge is an observed one: the verdict says what
// would have happened, and what fits is charged.
//
// Messages and envelope senders count at MAIL, recipients at RCPT, bytes at the
// end of the message with their true number, and what the message then turns out to
// be, a bounce or an automatic reply; a declared size is checked at MAIL already.
type Ledger struct {
	store  store.Store
	flow   *Flow
	group  string
	client Client
	budget Budget

	from     string
	accounts []Level
	index    map[counter]int // into accounts
	paid     []store.Charge  // what Refund gives back
	payments map[payment]int // into paid
	declared []Level         // of a declared size; the true one replaces it
}

// counter is what a window counts for one key.
type counter struct{ name, key string }

// payment is what can be given back as one: what a counter took within a slot.
type payment struct {
	counter
	slot int64
}

// Level is one window of a limit as a message met it.
type Level struct {
	Name    string        // "recipients-1h"
	Key     string        // "ip:203.0.113.7"
	Cost    int64         // what the message asked for altogether, refused attempts included
	Used    int64         // before the message
	Max     int64         // the budget
	Over    bool          // some of it did not fit
	Wait    time.Duration // the longest, until it would have fitted
	Observe bool          // recorded, and without effect
}

// Budget is how the budgets of one sender differ from those of its policy. The zero
// value is that they do not.
type Budget struct {
	Divide int // what they are divided by; 0 and 1 for nothing

	// Factor is what a limit, by its window's name, is multiplied by; 0 for no limit
	// at all. A nil Factor is 1 for all of them.
	Factor func(limit string) int
}

// of is the budget for a charge, and whether there is a limit at all.
func (b Budget) of(c *store.Charge) bool {
	if b.Divide > 1 {
		c.Max = max(c.Max/int64(b.Divide), 1)
	}
	if b.Factor != nil {
		c.Max *= int64(b.Factor(c.Limit))
	}
	c.Burst = min(c.Burst, c.Max)
	return c.Max > 0
}

// NewLedger begins the ledger of a message whose client was matched.
func NewLedger(s store.Store, m Match, c Client, b Budget) *Ledger {
	return &Ledger{store: s, flow: m.Flow, group: m.Group, client: c, budget: b, index: make(map[counter]int), payments: make(map[payment]int)}
}

// Connect counts a connection. It is never given back.
func (l *Ledger) Connect(ctx context.Context, now time.Time) (Verdict, error) {
	return l.take(ctx, now, "", func(w window) int64 { return w.cost(CountConnections, 1) }, false)
}

// Mail counts a message and its envelope sender, and checks the size in bytes that
// the client has declared, 0 if it has not.
func (l *Ledger) Mail(ctx context.Context, now time.Time, from string, size int64) (Verdict, error) {
	l.from = from
	v, err := l.peek(ctx, now, size)
	if err != nil || v.Action != Accept {
		return v, err
	}
	return l.take(ctx, now, "", func(w window) int64 {
		return w.cost(CountMessages, 1) + w.cost(CountEnvelopeSenders, 1)
	}, true)
}

// Rcpt counts one recipient.
func (l *Ledger) Rcpt(ctx context.Context, now time.Time, rcpt string) (Verdict, error) {
	return l.take(ctx, now, rcpt, func(w window) int64 {
		return w.cost(CountRecipients, 1) + w.cost(CountDistinctRecipients, 1)
	}, true)
}

// End counts the bytes of the whole message, and the message once as each of the
// others.
func (l *Ledger) End(ctx context.Context, now time.Time, size int64, as ...Count) (Verdict, error) {
	l.declared = nil
	return l.take(ctx, now, "", func(w window) int64 {
		cost := w.cost(CountBytes, size)
		for _, c := range as {
			cost += w.cost(c, 1)
		}
		return cost
	}, true)
}

// cost is n if the window counts this, else 0.
func (w window) cost(count Count, n int64) int64 {
	if w.count != count {
		return 0
	}
	return n
}

// charges builds one charge for each window that has a cost and a key.
func (l *Ledger) charges(rcpt string, cost func(window) int64) []store.Charge {
	var charges []store.Charge
	for _, w := range l.flow.windows {
		n := cost(w)
		if n <= 0 {
			continue
		}
		key, applies := l.key(w.per, rcpt)
		if !applies {
			continue
		}
		value := rcpt
		if w.count == CountEnvelopeSenders {
			value = l.from
		}
		c := w.charge(key, n, FoldAddress(value), l.flow.Mode == Observe)
		if w.per.personal() && !l.budget.of(&c) {
			continue
		}
		charges = append(charges, c)
	}
	return charges
}

// take charges what an event costs.
func (l *Ledger) take(ctx context.Context, now time.Time, rcpt string, cost func(window) int64, refund bool) (Verdict, error) {
	charges := l.charges(rcpt, cost)
	if len(charges) == 0 {
		return Verdict{}, nil
	}
	levels, err := l.store.Take(ctx, now, charges)
	if err != nil {
		return Verdict{}, fmt.Errorf("take limits: %w", err)
	}
	held := slices.ContainsFunc(overs(charges, levels), func(c store.Charge) bool { return !c.Observe })
	for i, c := range charges {
		l.account(c, levels[i])
		if refund && !held && !levels[i].Over {
			l.pay(c, now)
		}
	}
	return l.verdict(charges, levels), nil
}

// peek checks a declared size without charging it.
func (l *Ledger) peek(ctx context.Context, now time.Time, size int64) (Verdict, error) {
	charges := l.charges("", func(w window) int64 { return w.cost(CountBytes, size) })
	if len(charges) == 0 {
		return Verdict{}, nil
	}
	levels, err := l.store.Peek(ctx, now, charges)
	if err != nil {
		return Verdict{}, fmt.Errorf("check declared size against limits: %w", err)
	}
	l.declared = nil
	for i, c := range charges {
		l.declared = append(l.declared, newLevel(c, levels[i]))
	}
	return l.verdict(charges, levels), nil
}

// overs are the charges that do not fit.
func overs(charges []store.Charge, levels []store.Level) []store.Charge {
	var out []store.Charge
	for i, c := range charges {
		if levels[i].Over {
			out = append(out, c)
		}
	}
	return out
}

// account notes how a charge was met.
func (l *Ledger) account(c store.Charge, met store.Level) {
	k := counter{c.Limit, c.Key}
	i, known := l.index[k]
	if !known {
		l.index[k] = len(l.accounts)
		l.accounts = append(l.accounts, newLevel(c, met))
		return
	}
	a := &l.accounts[i]
	a.Cost += c.Cost
	a.Over = a.Over || met.Over
	a.Wait = max(a.Wait, met.Wait)
}

// pay notes a charge that was applied: all on one counter as one where the store
// does not tell them apart by their time, but each of a different value by
// itself, for the store counts how often it took a value.
func (l *Ledger) pay(c store.Charge, now time.Time) {
	p := payment{counter{c.Limit, c.Key}, c.Slot(now)}
	i, known := l.payments[p]
	if known && c.Kind != store.Distinct {
		l.paid[i].Cost += c.Cost
		return
	}
	c.Taken = now
	l.payments[p] = len(l.paid)
	l.paid = append(l.paid, c)
}

func newLevel(c store.Charge, met store.Level) Level {
	return Level{Name: c.Limit, Key: c.Key, Cost: c.Cost, Used: met.Used, Max: c.Max, Over: met.Over, Wait: met.Wait, Observe: c.Observe}
}

// verdict is what the levels mean: the longest wait of all limits that are over and
// do not only observe. A charge that can never fit is refused for good.
func (l *Ledger) verdict(charges []store.Charge, levels []store.Level) Verdict {
	var v Verdict
	for i, c := range charges {
		if !levels[i].Over || l.observes(c.Limit) {
			continue
		}
		if levels[i].Wait == store.Never && l.budget.Divide > 1 { // it may fit when the budget is whole again
			return Verdict{Action: Tempfail, Reason: ReasonLimit, Detail: c.Limit, Wait: c.Window}
		}
		if levels[i].Wait == store.Never {
			return Verdict{Action: Reject, Reason: ReasonNeverFits, Detail: c.Limit, Wait: store.Never}
		}
		if v.Action == Accept || levels[i].Wait > v.Wait {
			v = Verdict{Action: Tempfail, Reason: ReasonLimit, Detail: c.Limit, Wait: levels[i].Wait}
		}
	}
	return v
}

// observes says whether the limit itself, not the policy, only observes.
func (l *Ledger) observes(name string) bool {
	i := slices.IndexFunc(l.flow.windows, func(w window) bool { return w.name == name })
	return l.flow.windows[i].mode == Observe
}

// Refund gives back, at once, what Mail, Rcpt and End have charged, because the
// message did not come through. It may be called again; what was given back is
// not given twice.
//
// A different value is forgotten only when no message that came through has it
// too: what one has paid for, another cannot give back.
func (l *Ledger) Refund(ctx context.Context, now time.Time) error {
	if len(l.paid) == 0 {
		return nil
	}
	if err := l.store.Give(ctx, now, l.paid); err != nil {
		return fmt.Errorf("give back limits: %w", err)
	}
	l.paid = nil
	clear(l.payments)
	return nil
}

// Levels returns how the message has met its limits, in the order in which it did;
// of very many, those that were over and then the first.
func (l *Ledger) Levels() []Level {
	levels := slices.Concat(l.declared, l.accounts)
	if len(levels) > maxLevels {
		slices.SortStableFunc(levels, func(a, b Level) int { return cmp.Compare(rank(a), rank(b)) })
		levels = levels[:maxLevels]
	}
	return levels
}

func rank(l Level) int {
	if l.Over {
		return 0
	}
	return 1
}

// key returns whose budget a charge is on, and whether there is anybody.
func (l *Ledger) key(per Per, rcpt string) (string, bool) {
	switch per {
	case PerSender:
		return l.flow.Key.Sender(l.client), true
	case PerClient:
		return l.flow.Key.Network(l.client.Addr), true
	case PerLogin:
		return loginKey(l.client.Login), l.client.Authenticated()
	case PerEnvelopeSender:
		return "from:" + FoldAddress(l.from), true
	case PerSenderDomain:
		return "from-domain:" + Domain(l.from), true
	case PerRecipientDomain:
		return "to-domain:" + Domain(rcpt), true
	default:
		return "group:" + l.group, true
	}
}

// FoldAddress is an envelope address as it is counted: in lower case, without a
// +tag, so that neither makes a new budget. The null sender is "<>".
func FoldAddress(path string) string {
	if path == "" {
		return nullSender
	}
	path = strings.ToLower(path[:min(len(path), maxAddress)])
	at := strings.LastIndexByte(path, '@')
	if at < 0 {
		at = len(path)
	}
	if tag := strings.IndexByte(path[:at], '+'); tag > 0 {
		return path[:tag] + path[at:]
	}
	return path
}

// Domain is the domain of an envelope address: "<>" for the null sender, "local"
// for an address without one.
func Domain(path string) string {
	if path == "" {
		return nullSender
	}
	if !strings.Contains(path, "@") {
		return Local
	}
	return AddressDomain(path)
}
