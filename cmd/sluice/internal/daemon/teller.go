package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"sluice/cmd/sluice/internal/notify"
	"sluice/filter/journal"
	"sluice/policy/config"
	"sluice/policy/standing"
	"sluice/scoring"
)

const (
	maxUntold   = 1000            // changes that wait to be told; those beyond are counted as dropped
	maxSamples  = 5               // messages that a notice shows
	settled     = 3 * time.Second // within which the journal has written a record
	farewell    = 5 * time.Second // the longest that a stop waits for notices
	remembered  = 24 * time.Hour  // within which people are told after a kill
	keyFile     = "release.key"   // in the state directory
	releasePath = "/release"
)

// teller tells people what has become of senders: it collects the evidence and
// hands it to the notifier of the configuration in force.
type teller struct {
	*Daemon
	signer    notify.Signer
	signs     bool   // there is a key
	directory string // of the journal
	changes   chan standing.Change
	done      chan struct{}

	voice   atomic.Pointer[voice]
	dropped atomic.Int64 // changes that nobody is told of
}

// openTeller makes the teller; changes wait until it starts.
func (d *Daemon) openTeller() error {
	t := &teller{Daemon: d, changes: make(chan standing.Change, maxUntold), done: make(chan struct{}), directory: d.config.State.Directory}
	if dir := d.config.State.Directory; dir != "" && !d.stateless {
		signer, err := notify.LoadSigner(inDir(dir, keyFile))
		if err != nil {
			return fmt.Errorf("key of release links: %w", err)
		}
		t.signer, t.signs = signer, true
	}
	if err := t.use(d.loaded); err != nil {
		return err
	}
	d.teller = t
	return nil
}

// start begins to tell people: what it tells takes the rules in force.
func (t *teller) start() {
	go t.run()
	t.onStop(t.close)
}

// use puts the [notify] of a configuration in force. The notifier stays if it is
// the same: it knows who has been told what. Only one goroutine may call it at a
// time; mail does not wait for it.
func (t *teller) use(l *Loaded) error {
	before := t.now()
	if before.notifier == nil || len(config.Changes(before.config, l.Config.Notify)) > 0 {
		host, _ := os.Hostname() // without a name there is none in the mail
		fresh, err := notify.New(l.Config.Notify, notify.Options{Log: t.Log, Now: t.Now, Hostname: host, Version: t.Version, Dir: l.dir})
		if err != nil {
			return fmt.Errorf("notify: %w", err)
		}
		t.voice.Store(&voice{fresh, l.Config.Notify})
		if before.notifier != nil {
			go before.notifier.Close(context.Background()) // what waits is sent
		}
	}
	var ps config.Problems // were reported when the configuration was read
	t.current().SetCustomers(notify.ReadCustomers(l.Config.Notify.Customers, l.dir, &ps))
	return nil
}

// voice is a notifier, and what it was made of.
type voice struct {
	notifier *notify.Notifier
	config   notify.Config
}

func (t *teller) now() voice {
	if v := t.voice.Load(); v != nil {
		return *v
	}
	return voice{}
}

func (t *teller) current() *notify.Notifier { return t.now().notifier }

// wants says whether anybody is to be told of a change.
func (t *teller) wants(c standing.Change) bool {
	return t.current().Wants(c.From.String(), c.To.String(), t.stages(c))
}

// stages are the changes that are told of senders of a policy.
func (t *teller) stages(c standing.Change) []string {
	if rules := t.server.Rules().Policy.Standing(c.Policy); rules != nil {
		return rules.Notify
	}
	return nil
}

// changed takes in a change that somebody is to be told of; it never blocks.
func (t *teller) changed(c standing.Change) {
	select {
	case t.changes <- c:
	default:
		t.dropped.Add(1)
	}
}

func (t *teller) run() {
	defer close(t.done)
	for _, c := range t.untold() {
		t.tell(c)
	}
	for c := range t.changes {
		t.tell(c)
	}
}

func (t *teller) tell(c standing.Change) {
	t.current().Notify(t.notice(c))
	t.clerk.wasTold(c)
}

// untold are the changes of which people were to be told when the last process
// was killed.
func (t *teller) untold() []standing.Change {
	if t.clerk.database == nil {
		return nil
	}
	changes, err := t.clerk.database.Untold(context.Background(), t.Now().Add(-remembered), maxUntold)
	if err != nil {
		t.Log.Error("it is not known of whom people were to be told", "err", err)
	}
	return changes
}

func (t *teller) close() error {
	close(t.changes)
	<-t.done
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if err := t.current().Close(ctx); err != nil {
		t.Log.Warn("some notices were not sent", "err", err)
	}
	return nil
}

// notice puts a change into words and evidence.
func (t *teller) notice(c standing.Change) notify.Notice {
	n := notify.Notice{
		Sender: c.Sender, Group: c.Group, Policy: c.Policy,
		From: c.From.String(), To: c.To.String(), Observe: c.Observe,
		At: c.At, Until: c.Until, Ref: c.Ref, Points: c.Points,
		ReleaseURL: t.releaseURL(c), Stages: t.stages(c),
	}
	if c.Client.IsValid() {
		n.Client = c.Client.String()
	}
	if login, is := strings.CutPrefix(c.Sender, "login:"); is {
		n.Login = login
	}
	if flow := t.server.Rules().Policy.Flow(c.Policy); flow != nil {
		n.HelpURL = flow.Help
	}
	info, _ := t.clerk.book.Info(c.Sender, t.Now())
	n.Messages, n.Spam, n.Recipients = info.Messages, info.Spam, info.Recipients
	var refs []string
	for i := len(info.Evidence) - 1; i >= 0; i-- { // the newest first
		e := info.Evidence[i]
		n.Evidence = append(n.Evidence, notify.Evidence{At: e.At, Kind: e.Kind.String(), Points: e.Points, Ref: e.Ref, Note: counted(e)})
		refs = append(refs, e.Ref)
	}
	t.sample(&n, refs)
	return n
}

// counted is "30 messages that came back".
func counted(e standing.Evidence) string {
	if e.Count < 2 {
		return ""
	}
	return strconv.Itoa(e.Count) + " " + e.Kind.Words()
}

// sample adds the newest messages of the evidence, as the journal has them.
func (t *teller) sample(n *notify.Notice, refs []string) {
	if len(refs) == 0 {
		return
	}
	reader, err := journal.OpenReader(filepath.Join(t.directory, journal.File))
	if err != nil {
		return // without a journal there is nothing to show
	}
	defer reader.Close()
	for i, ref := range refs[:min(len(refs), maxSamples)] {
		r := t.find(reader, ref, i == 0)
		if r == nil {
			continue
		}
		n.Samples = append(n.Samples, notify.Sample{
			At: r.Time, Ref: r.Ref, Port: int(r.Client.Port), From: r.From, Rcpts: r.Rcpts, RcptsTotal: r.RcptsTotal,
			Score: r.Score, MessageID: r.MessageID, Headers: headers(r),
		})
		if n.Outbreak == "" && slices.ContainsFunc(r.Hits, func(h journal.Hit) bool { return h.Rule == scoring.CampaignRule }) {
			n.Outbreak = r.Print
		}
		n.Helo, n.Name, n.Port = r.Client.Helo, r.Client.Name, int(r.Client.Port)
	}
}

// find looks for a record; the newest may not be written yet.
func (t *teller) find(reader *journal.Reader, ref string, wait bool) *journal.Record {
	for begun := time.Now(); ; time.Sleep(settled / 30) {
		found, err := reader.Find(context.Background(), ref)
		if err == nil && len(found) > 0 {
			return &found[0]
		}
		if !wait || time.Since(begun) > settled {
			return nil
		}
	}
}

// headers is what the journal knows of the header of a message, with the path it
// came on (RFC 5321 section 4.4).
func headers(r *journal.Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", r.From)
	fmt.Fprintf(&b, "Received: from %s ([%s])\r\n\tid %s; %s\r\n", cmp.Or(r.Client.Helo, "unknown"), r.Client.Addr, cmp.Or(r.QueueID, r.Ref), r.Time.Format(time.RFC1123Z))
	if r.MessageID != "" {
		fmt.Fprintf(&b, "Message-ID: %s\r\n", r.MessageID)
	}
	return b.String()
}

// releaseURL is the link that releases a sender, for as long as this change is its
// last.
func (t *teller) releaseURL(c standing.Change) string {
	v := t.now()
	base, lasts := v.config.ReleaseURL, time.Duration(v.config.ReleaseFor)
	if !t.signs || base == "" || c.To != standing.Blocked && c.To != standing.Restricted {
		return ""
	}
	return base + "?token=" + url.QueryEscape(t.signer.Sign(c.Sender, nonce(c.To, c.At), t.Now().Add(lasts)))
}

// nonce names a change of a sender by the stage and the time.
func nonce(stage standing.Stage, at time.Time) string {
	return stage.String() + " " + strconv.FormatInt(at.Unix(), 10)
}

// releaseByLink lets a sender go, unless its standing has changed since.
func (t *teller) releaseByLink(_ context.Context, sender, was, who string) error {
	now := t.Now()
	info, known := t.clerk.book.Info(sender, now)
	if !known || info.Since == nil || nonce(info.Stage, *info.Since) != was {
		return notify.ErrStale
	}
	t.clerk.book.Release(sender, standing.Act{At: now, By: who, Why: "link in a notice"})
	return nil
}

// serveRelease serves the page behind release links.
func (d *Daemon) serveRelease() error {
	if d.config.Listen.Release == "" {
		return nil
	}
	s, err := parseMetrics(d.config.Listen.Release)
	if err != nil {
		return fmt.Errorf("listen.release: %w", err)
	}
	ln, err := net.Listen(s.network, s.address)
	if err != nil {
		return fmt.Errorf("listen.release: %w", err)
	}
	d.releaseAddr = ln.Addr()
	mux := http.NewServeMux()
	mux.Handle(releasePath, notify.Link{Signer: d.teller.signer, Release: d.teller.releaseByLink, Now: d.Now, Log: d.Log})
	d.serveHTTP("release links", ln, &http.Server{Handler: mux})
	return nil
}

// serveHTTP serves until the daemon stops, with bounds for who is slow.
func (d *Daemon) serveHTTP(what string, ln net.Listener, server *http.Server) {
	const slow = 30 * time.Second
	server.ReadHeaderTimeout, server.ReadTimeout, server.WriteTimeout, server.IdleTimeout = slow, slow, slow, slow
	server.MaxHeaderBytes = 16 << 10
	go func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			d.Log.Error(what+" are not served any more", "err", err)
		}
	}()
	d.onStop(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return server.Shutdown(ctx)
	})
}
