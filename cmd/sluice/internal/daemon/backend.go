package daemon

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"sluice/cmd/sluice/internal/control"
	"sluice/policy"
	"sluice/policy/exception"
	"sluice/policy/standing"
	"sluice/policy/store"
)

// historyShown is how many changes of a sender the control API tells.
const historyShown = 50

// backend is the daemon as the control API sees it.
type backend struct{ *Daemon }

var _ control.Backend = backend{}

func (b backend) Now() time.Time              { return b.Daemon.Now() }
func (b backend) Book() *standing.Book        { return b.clerk.book }
func (b backend) Exceptions() *exception.List { return b.clerk.exceptions }
func (b backend) Save()                       { b.clerk.save() }

// Did is part of control.Backend.
func (b backend) Did(by, what, to string, details ...any) {
	b.Log.Info("operator", append([]any{"by", by, "did", what, "to", to}, details...)...)
}

// Status is part of control.Backend.
func (b backend) Status() control.Status {
	b.reload.Lock()
	loaded := b.loaded
	b.reload.Unlock()
	s := control.Status{
		Version: b.Version, Since: b.started, Config: b.Path, Loaded: loaded.At, Mode: loaded.Config.Mode.String(),
		Senders: make(map[string]int), Exceptions: len(b.clerk.exceptions.All()),
	}
	stages, _ := b.clerk.book.Count()
	for stage, n := range stages {
		s.Senders[standing.Stage(stage).String()] = n
	}
	for _, trip := range b.breaker.Open(b.Now()) {
		s.Breaker = append(s.Breaker, fallback(trip))
	}
	return s
}

// Resolve is part of control.Backend: an address is put into the network that the
// policy of its group takes for one sender.
func (b backend) Resolve(sender string) (string, error) {
	text := strings.TrimPrefix(sender, "ip:")
	if addr, err := netip.ParseAddr(text); err == nil {
		client := policy.Client{Addr: addr.Unmap().WithZone("")}
		return b.server.Rules().Policy.Match(client).Flow.Key.Network(client.Addr), nil
	}
	if net, err := netip.ParsePrefix(text); err == nil && !net.IsSingleIP() {
		return b.resolveNetwork(net)
	}
	key, err := exception.ParseSubject(sender)
	if err == nil && strings.HasPrefix(key, "group:") {
		err = fmt.Errorf("%q is a group, not a sender", sender)
	}
	return key, err
}

// resolveNetwork returns the key of a network that is one sender.
func (b backend) resolveNetwork(net netip.Prefix) (string, error) {
	client := policy.Client{Addr: net.Addr().Unmap()}
	key := b.server.Rules().Policy.Match(client).Flow.Key.Network(client.Addr)
	if given, err := exception.ParseSubject(net.String()); err != nil || given != key {
		return "", fmt.Errorf("%s is not one sender, as %s is (put a network into a sender group)", net, key)
	}
	return key, nil
}

// Policy is part of control.Backend.
func (b backend) Policy(key string) string { return b.match(key).Flow.Name }

// match is the group of a sender, as far as its key tells.
func (b backend) match(key string) policy.Match {
	who := exception.WhoIs(key, "")
	return b.server.Rules().Policy.Match(policy.Client{Addr: who.Addr, Login: who.Login})
}

// flow is the policy that the sender had last, or else would have.
func (b backend) flow(key string) (*policy.Flow, standing.Info) {
	info, _ := b.clerk.book.Info(key, b.Now())
	if f := b.server.Rules().Policy.Flow(info.Policy); f != nil {
		return f, info
	}
	m := b.match(key)
	info.Group = m.Group
	return m.Flow, info
}

// Note is part of control.Backend.
func (b backend) Note(key string, e standing.Event) {
	flow, info := b.flow(key)
	e.Policy, e.Group = flow.Name, info.Group
	if who := exception.WhoIs(key, info.Group); who.Addr.IsValid() {
		e.Client = who.Addr
	}
	b.clerk.book.Note(flow.Standing, key, e)
}

// Limits is part of control.Backend.
func (b backend) Limits(ctx context.Context, key string) ([]control.Limit, error) {
	flow, info := b.flow(key)
	who, now := exception.WhoIs(key, info.Group), b.Now()
	levels, err := flow.Usage(ctx, b.memory, key, now, policy.Budget{
		Divide: flow.Standing.Divided(info.Stage),
		Factor: func(limit string) int {
			if e, found := b.clerk.exceptions.Find(who, exception.LimitScope(limit), now); found {
				return e.Factor
			}
			return 1
		},
	})
	var limits []control.Limit
	for _, l := range levels {
		limit := control.Limit{Name: l.Name, Used: l.Used, Max: l.Max}
		if l.Wait != store.Never {
			limit.Wait = math.Ceil(l.Wait.Seconds())
		}
		limits = append(limits, limit)
	}
	return limits, err
}

// ResetLimits is part of control.Backend.
func (b backend) ResetLimits(ctx context.Context, key string) error {
	if err := b.memory.Reset(ctx, key); err != nil {
		return fmt.Errorf("reset limits: %w", err)
	}
	return nil
}

// History is part of control.Backend.
func (b backend) History(ctx context.Context, key string) ([]control.Change, error) {
	if b.clerk.database == nil {
		return nil, nil
	}
	b.clerk.save() // what has just happened belongs to it
	kept, err := b.clerk.database.History(ctx, key, historyShown)
	if err != nil {
		return nil, err
	}
	changes := make([]control.Change, len(kept))
	for i, c := range kept {
		changes[i] = control.Change{At: c.At, From: c.From, To: c.To, Until: c.Until, Ref: c.Ref, Points: c.Points, Observe: c.Observe, By: c.By, Why: c.Why}
	}
	return changes, nil
}

// ControlSocket is where the control API is to be found, empty for nowhere.
func (c *Config) ControlSocket() string {
	switch {
	case c.Listen.Control == controlOff:
		return ""
	case c.Listen.Control != "":
		return filepath.Clean(strings.TrimPrefix(c.Listen.Control, "unix:"))
	}
	return inDir(c.State.Directory, "control.sock")
}

const controlOff = "off"

// serveControl answers the control API. Without a configuration file it is done
// without, where there is no place for the socket.
func (d *Daemon) serveControl() error {
	path := d.config.ControlSocket()
	if path == "" || d.stateless && d.config.Listen.Control == "" {
		return nil
	}
	place := ListenConfig{SocketMode: "0600"}
	if group := d.config.Listen.ControlGroup; group != "" {
		place = ListenConfig{SocketMode: "0660", SocketGroup: group}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("listen.control: %w", err)
	}
	ln, err := place.listen("unix:" + path)
	if err != nil && d.config.Listen.Control == "" { // nobody has asked for it
		d.Log.Warn("there is no control API: commands such as sluice sender will not work", "socket", path, "err", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("listen.control: %w", err)
	}
	d.serveHTTP("requests to the control API", ln, control.NewServer(backend{d}))
	return nil
}
