package reputation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/miekg/dns"
)

// Bounds of what is done for one name and for all.
const (
	maxServers = 3                // DNS servers that are asked, like the C library's
	rounds     = 2                // times that each of them is asked
	tryTimeout = 2 * time.Second  // of one exchange with one server
	maxLife    = 10 * time.Second // of all exchanges for one name
	maxFlights = 4096             // names asked about at once
)

var (
	errBusy   = errors.New("too many questions at once")
	errLate   = errors.New("no answer in time")
	errClosed = errors.New("closed")
)

// ResolverConfig says which DNS servers are asked.
type ResolverConfig struct {
	Servers []string    // "127.0.0.1:53", at most three are used; empty for those of /etc/resolv.conf
	Cache   int         // answers that are kept
	Clock   otter.Clock // of the cache; nil for the system's
	Log     *slog.Logger
}

// Resolver asks DNS servers, through a cache. It is safe for
// concurrent use. One that is not closed holds nothing for long: each exchange
// has a socket of its own, and the cache's goroutine ends with the cache.
type Resolver struct {
	servers []string // "127.0.0.1:53"
	size    int      // of the cache, in answers of the usual size
	cache   *otter.Cache[query, answer]
	log     *slog.Logger

	life context.Context // ends with close
	end  context.CancelFunc

	mu      sync.Mutex        // of flights, and of open against close
	flights map[query]*flight // those without an answer yet
	open    sync.WaitGroup    // one per flight
}

// flight is a question on its way. Its answer may be read once done is closed.
type flight struct {
	done   chan struct{}
	answer answer
	cached bool // the answer was known before
}

// NewResolver returns a resolver. Close it when it is no longer used.
func NewResolver(c ResolverConfig) (*Resolver, error) { return (*Resolver)(nil).Renew(c) }

// Renew returns r itself if servers and size of the cache are the same, with
// the answers that it has cached and the questions that are open; else a new
// one. r may be nil. It goes on working beside the new one and needs no Close.
func (r *Resolver) Renew(c ResolverConfig) (*Resolver, error) {
	servers := c.Servers
	if len(servers) == 0 {
		var err error
		if servers, err = systemServers("/etc/resolv.conf"); err != nil {
			return nil, err
		}
	}
	if r != nil && r.is(servers, c.Cache) {
		return r, nil
	}
	return newResolver(servers, c.Cache, c.Clock, c.Log)
}

// newResolver returns a resolver for the first maxServers of servers that
// keeps up to size answers.
func newResolver(servers []string, size int, clock otter.Clock, log *slog.Logger) (*Resolver, error) {
	cache, err := otter.New(&otter.Options[query, answer]{
		MaximumWeight: uint64(size),
		Weigher:       func(_ query, a answer) uint32 { return a.weight() },
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[query, answer]) time.Duration {
			return e.Value.ttl
		}),
		Clock: clock,
	})
	if err != nil {
		return nil, fmt.Errorf("make cache of %d answers: %w", size, err)
	}
	life, end := context.WithCancel(context.Background())
	return &Resolver{
		servers: servers[:min(len(servers), maxServers)],
		size:    size,
		cache:   cache,
		log:     log,
		life:    life,
		end:     end,
		flights: make(map[query]*flight),
	}, nil
}

// is says whether newResolver would make the same, but for what is cached.
func (r *Resolver) is(servers []string, size int) bool {
	return r.size == size && slices.Equal(r.servers, servers[:min(len(servers), maxServers)])
}

// Close ends all flights and waits for them. Those who wait for answers get
// failures.
func (r *Resolver) Close() {
	r.mu.Lock()
	r.end() // from here on no flight starts
	r.mu.Unlock()
	r.open.Wait()
	r.cache.StopAllGoroutines()
}

// ask returns the flight for a query, which has landed already if the answer
// is cached or cannot be asked for.
func (r *Resolver) ask(q query) *flight {
	if a, ok := r.cache.GetIfPresent(q); ok {
		f := landed(a)
		f.cached = true
		return f
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if f, ok := r.flights[q]; ok {
		return f
	}
	switch {
	case r.life.Err() != nil:
		return landed(answer{err: errClosed})
	case len(r.flights) >= maxFlights:
		return landed(answer{err: errBusy})
	}
	f := &flight{done: make(chan struct{})}
	r.flights[q] = f
	r.open.Go(func() { r.fly(q, f) })
	return f
}

// landed is a flight that needs no waiting.
func landed(a answer) *flight {
	f := &flight{done: make(chan struct{}), answer: a}
	close(f.done)
	return f
}

// fly finds the answer, keeps it, and wakes those who wait.
func (r *Resolver) fly(q query, f *flight) {
	defer r.land(q, f)
	ctx, cancel := context.WithTimeout(r.life, maxLife)
	defer cancel()
	f.answer = r.exchange(ctx, q)
	if r.life.Err() == nil {
		r.cache.Set(q, f.answer)
	}
}

// land wakes those who wait for a flight. It is deferred: a panic is an answer
// that is an error, and is not kept.
func (r *Resolver) land(q query, f *flight) {
	if p := recover(); p != nil {
		r.log.Error("DNS look-up panicked", "name", q.name, "panic", p, "stack", string(debug.Stack()))
		f.answer = answer{err: fmt.Errorf("look-up panicked: %v", p)}
	}
	r.mu.Lock()
	delete(r.flights, q)
	r.mu.Unlock()
	close(f.done)
}

// exchange asks the servers in turn until one gives a usable answer.
func (r *Resolver) exchange(ctx context.Context, q query) answer {
	last := answer{ttl: failureTTL, err: errors.New("no DNS server")}
	for range rounds {
		for _, server := range r.servers {
			a := tryServer(ctx, server, q)
			if a.err == nil {
				return a
			}
			last = a
			if ctx.Err() != nil {
				return last
			}
		}
	}
	return last
}

// tryServer asks one server over UDP, and over TCP if the answer is truncated
// (RFC 5966). The library passes over datagrams with another id.
func tryServer(ctx context.Context, server string, asked query) answer {
	q := new(dns.Msg).SetQuestion(asked.name, asked.kind)
	client := dns.Client{Net: "udp", Timeout: tryTimeout}
	response, _, err := client.ExchangeContext(ctx, q, server)
	if err == nil && response.Truncated {
		client.Net = "tcp"
		response, _, err = client.ExchangeContext(ctx, q, server)
	}
	if err == nil {
		err = matches(q, response)
	}
	if err != nil {
		return answer{ttl: failureTTL, err: fmt.Errorf("ask %s: %w", server, err)}
	}
	return read(response, asked.kind)
}

// matches checks that a response is one to our question (RFC 5452 section 9.1).
func matches(q, r *dns.Msg) error {
	if !r.Response || r.Id != q.Id || len(r.Question) != 1 {
		return errors.New("not a response to the question")
	}
	got, want := r.Question[0], q.Question[0]
	if got.Qtype != want.Qtype || got.Qclass != want.Qclass || !strings.EqualFold(got.Name, want.Name) {
		return errors.New("response to another question")
	}
	return nil
}

// systemServers returns the DNS servers of a resolv.conf(5).
func systemServers(path string) ([]string, error) {
	c, err := dns.ClientConfigFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("read DNS servers: %w", err)
	}
	servers := make([]string, len(c.Servers))
	for i, s := range c.Servers {
		servers[i] = net.JoinHostPort(s, c.Port)
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("%s names no DNS server", path)
	}
	return servers, nil
}
