package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/cmd/sluice/internal/daemon"
	"sluice/filter"
	"sluice/filter/journal"
	"sluice/filter/wire"
	"sluice/policy/config"
	"sluice/policy/store"
	"sluice/scoring"
	"sluice/scoring/campaign"
)

// trial is a session driven by a script.
type trial struct {
	ctx              context.Context
	w                io.Writer
	dir              string
	server           *filter.Server
	memory           *store.Memory
	campaigns        *campaign.Store
	now              time.Time
	begun            bool         // a client has come, or time has passed: it does not go back
	session          wire.Handler // nil without a client
	macros           macros
	scorer           *fixedScorer
	inMail, accepted bool   // a transaction has begun; a recipient was accepted
	answer           string // the last
	record           *journal.Record
}

func newTrial(ctx context.Context, loaded *daemon.Loaded, dir string, w io.Writer) (*trial, error) {
	rules, log := loaded.Rules, slog.New(slog.DiscardHandler)
	memory, err := store.OpenMemory(store.Options{Log: log})
	if err != nil {
		return nil, err
	}
	campaigns, err := campaign.Open(loaded.Config.Campaign.Options("", time.Hour, log))
	if err != nil {
		return nil, errors.Join(err, memory.Close())
	}
	t := &trial{ctx: ctx, w: w, dir: dir, memory: memory, campaigns: campaigns, now: time.Now(), scorer: &fixedScorer{Scorer: rules.Scorer}}
	scripted := *rules
	scripted.Scorer = t.scorer
	t.server = filter.New(filter.Options{
		Rules:     &scripted,
		Store:     memory,
		Campaigns: campaigns,
		Recorder:  t,
		Log:       log,
		Now:       func() time.Time { return t.now },
		Budget:    time.Minute,
	})
	return t, nil
}

// Record keeps the decision record, so that answers can tell the reason.
func (t *trial) Record(r *journal.Record) { t.record = r }

func (t *trial) close() {
	t.quit("")
	t.campaigns.Close()
	t.memory.Close()
}

func (t *trial) client(args string) (string, error) {
	t.quit("")
	t.begun = true
	words := strings.Fields(args)
	if len(words) == 0 {
		return "", errors.New("client: which address?")
	}
	t.macros = macros{"v": "Postfix"}
	peer := wire.Peer{Family: "tcp4", Name: "unknown", Port: 1024}
	if words[0] != "local" {
		addr, err := netip.ParseAddr(words[0])
		if err != nil {
			return "", fmt.Errorf("client: %w", err)
		}
		peer.Addr = addr
	}
	facts, err := pairs(words[1:], "name", "unverified", "helo", "listener", "port", "login", "tls")
	if err != nil {
		return "", err
	}
	if name := facts["name"]; name != "" {
		t.macros["client_ptr"] = name
		if _, unverified := facts["unverified"]; !unverified {
			peer.Name = name
		}
	}
	t.macros["daemon_name"] = facts["listener"]
	t.macros["daemon_port"] = facts["port"]
	t.session = t.server.Session(t.ctx)
	reply := t.session.Connect(peer, t.macros)
	t.macros["auth_authen"] = facts["login"]
	t.macros["tls_version"] = facts["tls"]
	if reply.Action == wire.Continue && facts["helo"] != "" {
		reply = t.session.Helo(facts["helo"], t.macros)
	}
	return t.say(reply), nil
}

func (t *trial) mail(args string) (string, error) {
	words := strings.Fields(args)
	if len(words) == 0 {
		return "", errors.New(`mail: from whom? ("<>" for the null sender)`)
	}
	from := wire.Address{Path: strings.Trim(words[0], "<>")}
	facts, err := pairs(words[1:], "size")
	if err != nil {
		return "", err
	}
	if size := facts["size"]; size != "" {
		from.Args = []string{"SIZE=" + size}
	}
	t.scorer.fixed = nil
	reply := t.session.Mail(from, t.macros)
	t.inMail, t.accepted = reply.Action == wire.Continue, false
	return t.say(reply), nil
}

// outOfOrder is what an MTA answers, without asking a milter, to a command that
// needs another before it.
const outOfOrder = "503 5.5.1 Error: need %s command"

func (t *trial) rcpt(args string) (string, error) {
	if !t.inMail {
		return fmt.Sprintf(outOfOrder, "MAIL"), nil
	}
	reply := t.session.Rcpt(wire.Address{Path: strings.Trim(args, "<>")}, t.macros)
	t.accepted = t.accepted || reply.Action == wire.Continue
	return t.say(reply), nil
}

func (t *trial) header(args string) (string, error) {
	name, value, found := strings.Cut(args, ":")
	if !found {
		return "", errors.New("header: write NAME: VALUE")
	}
	t.session.Header(name, strings.TrimSpace(value))
	return "", nil
}

// maxChunk is how much of a body an MTA sends at a time, in bytes.
const maxChunk = 64 << 10

func (t *trial) message(args string) (string, error) {
	if args == "" {
		return "", errors.New("message: which file?")
	}
	text, err := os.ReadFile(filepath.Join(t.dir, args))
	if err != nil {
		return "", err
	}
	m, err := scoring.ReadMessage(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return "", err
	}
	for _, h := range m.Headers() {
		t.session.Header(h.Name, " "+h.Value)
	}
	t.session.EndOfHeaders(t.macros)
	for chunk := range slices.Chunk(m.Raw(), maxChunk) {
		if !t.session.Body(chunk) {
			break
		}
	}
	return "", nil
}

func (t *trial) score(args string) (string, error) {
	points, err := strconv.ParseFloat(args, 64)
	if err != nil {
		return "", fmt.Errorf("score: %q is no number", args)
	}
	t.scorer.fixed = &points
	return "", nil
}

func (t *trial) end(string) (string, error) {
	if !t.accepted {
		return fmt.Sprintf(outOfOrder, "RCPT"), nil
	}
	t.inMail, t.accepted = false, false
	t.session.EndOfHeaders(t.macros)
	return t.say(t.session.End(wire.NoEdits{}, t.macros)), nil
}

func (t *trial) rset(string) (string, error) {
	t.inMail, t.accepted = false, false
	t.session.Abort()
	return "", nil
}

func (t *trial) quit(string) (string, error) {
	if t.session != nil {
		t.session.Close()
		t.session = nil
	}
	return "", nil
}

func (t *trial) at(args string) (string, error) {
	if span, found := strings.CutPrefix(args, "+"); found {
		d, err := config.ParseDuration(span)
		if err != nil {
			return "", fmt.Errorf("at: %w", err)
		}
		t.now, t.begun = t.now.Add(d), true
		return "", nil
	}
	now, err := time.Parse(time.RFC3339, args)
	if err != nil {
		return "", fmt.Errorf("at: %q is neither +SPAN nor a time such as 2026-05-04T10:00:00Z", args)
	}
	if t.begun && now.Before(t.now) {
		return "", fmt.Errorf("at: %s is before the present time of the script, %s", args, t.now.UTC().Format(time.RFC3339))
	}
	t.now, t.begun = now, true
	return "", nil
}

// say puts an answer into words: the reply the client would see, or the action
// and what led to it.
func (t *trial) say(r wire.Reply) string {
	if r.Action == wire.Tempfail || r.Action == wire.Reject {
		return r.Text
	}
	if t.record == nil {
		return "ok"
	}
	v := t.record.Verdict
	answer := fmt.Sprintf("%s (%s", t.record.Applied, v.Reason)
	if v.Action != t.record.Applied {
		answer += ", would " + v.Action
	}
	answer += fmt.Sprintf(", group %s, policy %s, score %g", t.record.Group, t.record.Policy, t.record.Score)
	if standing := t.record.Standing; standing != "" && standing != "clean" {
		answer += ", sender " + standing
	}
	for _, h := range t.record.Hits {
		answer += fmt.Sprintf(", %s %+g", h.Rule, h.Points)
	}
	return answer + ")"
}

// macros are what the script's MTA tells.
type macros map[string]string

func (m macros) Get(name string) string { return m[name] }

// fixedScorer scores as the script says, if it does.
type fixedScorer struct {
	filter.Scorer
	fixed *float64
}

func (s *fixedScorer) Score(ctx context.Context, m *scoring.Message, in scoring.Input) (scoring.Report, error) {
	if s.fixed == nil {
		return s.Scorer.Score(ctx, m, in)
	}
	return scoring.Report{Set: in.Set, Score: *s.fixed}, nil
}
