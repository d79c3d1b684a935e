package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sluice/filter"
	"sluice/filter/journal"
	"sluice/filter/wire"
	"sluice/policy/config"
	"sluice/policy/store"
	"sluice/scoring"
)

const tryHelp = `Try runs the real session, policy, limits and scoring on a script, on a virtual clock and
with counters of its own. A script is one command a line; # begins a comment.

  client ADDRESS [name N] [unverified] [helo H] [listener L] [port P] [login U] [tls V]
                      connect ("local" for mail without a network client)
  mail SENDER [size N]
  rcpt RECIPIENT
  header NAME: VALUE
  message FILE        headers and body of a file, relative to the script
  score POINTS        what the content of this message scores, instead of looking
  end                 end of the message
  rset                the client gives the message up
  quit                the client goes
  at +10m             the clock moves (also: at 2026-05-04T10:00:00Z)
  => TEXT             the last answer must begin with TEXT: "=> 451 4.7.1", "=> accept"

Each answer is printed. The exit code is 1 if an expectation is not met.`

func tryCommand(path *string) *cobra.Command {
	return &cobra.Command{
		Use:   "try SCRIPT",
		Short: "Run the real policy on a script of clients, envelopes and times",
		Long:  tryHelp,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := loadRules(cmd, *path)
			if err != nil {
				return err
			}
			script, dir := cmd.InOrStdin(), "."
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return failure(cmd, err)
				}
				defer f.Close()
				script, dir = f, filepath.Dir(args[0])
			}
			t, err := newTrial(cmd.Context(), rules, dir, cmd.OutOrStdout())
			if err != nil {
				return failure(cmd, err)
			}
			defer t.close()
			if err := t.run(args[0], script); err != nil {
				return failure(cmd, err)
			}
			return nil
		},
	}
}

// trial is a session driven by a script.
type trial struct {
	ctx     context.Context
	w       io.Writer
	dir     string
	server  *filter.Server
	memory  *store.Memory
	now     time.Time
	session wire.Handler // nil without a client
	macros  macros
	scorer  *fixedScorer
	answer  string // the last
	record  *journal.Record
}

// epoch is when a script begins unless it says otherwise.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func newTrial(ctx context.Context, rules *filter.Rules, dir string, w io.Writer) (*trial, error) {
	memory, err := store.OpenMemory(store.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	t := &trial{ctx: ctx, w: w, dir: dir, memory: memory, now: epoch, scorer: &fixedScorer{Scorer: rules.Scorer}}
	t.server = filter.New(filter.Options{
		Rules:    &filter.Rules{Policy: rules.Policy, Scorer: t.scorer, MaxView: rules.MaxView},
		Store:    memory,
		Recorder: t,
		Log:      slog.New(slog.DiscardHandler),
		Now:      func() time.Time { return t.now },
		Budget:   time.Minute,
	})
	return t, nil
}

// Record keeps the decision record, so that answers can tell the reason.
func (t *trial) Record(r *journal.Record) { t.record = r }

func (t *trial) close() {
	t.quit("")
	t.memory.Close()
}

func (t *trial) run(name string, script io.Reader) error {
	lines := bufio.NewScanner(script)
	var errs []error
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fmt.Fprintln(t.w, line)
		t.record = nil
		if err := t.step(line); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", name, n, err))
		}
	}
	return errors.Join(append(errs, lines.Err())...)
}

// step carries one line out and prints the answer.
func (t *trial) step(line string) error {
	verb, args, _ := strings.Cut(line, " ")
	if verb == "=>" {
		if want := strings.TrimSpace(args); !strings.HasPrefix(t.answer, want) {
			return fmt.Errorf("want %q, got %q", want, t.answer)
		}
		return nil
	}
	verbs := map[string]func(string) (string, error){
		"client": t.client, "mail": t.mail, "rcpt": t.rcpt, "header": t.header, "message": t.message,
		"score": t.score, "end": t.end, "rset": t.rset, "quit": t.quit, "at": t.at,
	}
	do, known := verbs[verb]
	if !known {
		return unknown(verb, slices.Sorted(maps.Keys(verbs)))
	}
	if t.session == nil && verb != "client" && verb != "at" && verb != "quit" {
		return errors.New("there is no client yet")
	}
	answer, err := do(strings.TrimSpace(args))
	if err != nil {
		return err
	}
	if answer != "" {
		t.answer = answer
		fmt.Fprintln(t.w, "  ->", answer)
	}
	return nil
}

func (t *trial) client(args string) (string, error) {
	t.quit("")
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

// pairs reads "name value name value"; "unverified" has no value.
func pairs(words []string, known ...string) (map[string]string, error) {
	facts := make(map[string]string)
	for i := 0; i < len(words); i++ {
		name := words[i]
		if !slices.Contains(known, name) {
			return nil, unknown(name, known)
		}
		if name == "unverified" {
			facts[name] = "yes"
			continue
		}
		if i++; i == len(words) {
			return nil, fmt.Errorf("%s: which?", name)
		}
		facts[name] = words[i]
	}
	return facts, nil
}

// unknown is the error of a word that is none of the known ones.
func unknown(word string, known []string) error {
	if close := config.Suggest(word, known); close != "" {
		return fmt.Errorf("%q is not known (did you mean %s?)", word, close)
	}
	return fmt.Errorf("%q is none of %s", word, strings.Join(known, ", "))
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
	return t.say(t.session.Mail(from, t.macros)), nil
}

func (t *trial) rcpt(args string) (string, error) {
	return t.say(t.session.Rcpt(wire.Address{Path: strings.Trim(args, "<>")}, t.macros)), nil
}

func (t *trial) header(args string) (string, error) {
	name, value, found := strings.Cut(args, ":")
	if !found {
		return "", errors.New("header: write NAME: VALUE")
	}
	t.session.Header(name, strings.TrimSpace(value))
	return "", nil
}

func (t *trial) message(args string) (string, error) {
	f, err := os.Open(filepath.Join(t.dir, args))
	if err != nil {
		return "", err
	}
	defer f.Close()
	m, err := scoring.ReadMessage(f, t.server.Rules().MaxView)
	if err != nil {
		return "", err
	}
	for _, h := range m.Headers() {
		t.session.Header(h.Name, h.Value)
	}
	t.session.EndOfHeaders(t.macros)
	t.session.Body(m.Raw())
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
	t.session.EndOfHeaders(t.macros)
	return t.say(t.session.End(unedited{}, t.macros)), nil
}

func (t *trial) rset(string) (string, error) {
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
		t.now = t.now.Add(d)
		return "", nil
	}
	now, err := time.Parse(time.RFC3339, args)
	if err != nil {
		return "", fmt.Errorf("at: %q is neither +SPAN nor a time such as 2026-05-04T10:00:00Z", args)
	}
	t.now = now
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
	return answer + fmt.Sprintf(", group %s, policy %s, score %g)", t.record.Group, t.record.Policy, t.record.Score)
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

// unedited is the editor of a message that nobody will see.
type unedited struct{}

func (unedited) InsertHeader(string, string) error      { return nil }
func (unedited) ChangeHeader(int, string, string) error { return nil }
func (unedited) DeleteHeader(int, string) error         { return nil }
func (unedited) Quarantine(string) error                { return nil }
func (unedited) Progress() error                        { return nil }
