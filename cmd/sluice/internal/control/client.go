package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"

	"sluice/policy/exception"
	"sluice/policy/standing"
)

// Client asks a running Sluice.
type Client struct {
	socket string
	http   *http.Client
}

// NewClient returns a client of the API at a unix socket.
func NewClient(socket string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return &Client{socket, &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}, Timeout: requestTime}}
}

// do sends a request, and reads the answer.
func (c *Client) do(ctx context.Context, method, path string, body, into any) error {
	var data bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&data).Encode(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://sluice"+path, &data)
	if err != nil {
		return err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return c.unreachable(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		return json.NewDecoder(answer.Body).Decode(into)
	}
	var wrong struct{ Error string }
	if json.NewDecoder(answer.Body).Decode(&wrong) != nil || wrong.Error == "" {
		wrong.Error = answer.Status
	}
	return errors.New(wrong.Error)
}

// unreachable says what may be wrong when there is no answer.
func (c *Client) unreachable(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no sluice is running: there is no socket %s (is -c the file that serve runs with?)", c.socket)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no sluice is running: nobody answers at %s", c.socket)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: permission denied (run it as root, or as a member of listen.control_group)", c.socket)
	}
	return fmt.Errorf("ask the running sluice: %w", err)
}

// Status returns what is running.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	return s, c.do(ctx, "GET", "/v1/status", nil, &s)
}

// Senders lists senders.
func (c *Client) Senders(ctx context.Context, q Query) (s Senders, err error) {
	v := url.Values{}
	for name, value := range map[string]string{"standing": q.Standing, "group": q.Group, "policy": q.Policy, "match": q.Match, "evidence": q.Evidence} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return s, c.do(ctx, "GET", "/v1/senders?"+v.Encode(), nil, &s)
}

// Sender returns all that is known of a sender.
func (c *Client) Sender(ctx context.Context, sender string) (s Sender, err error) {
	return s, c.do(ctx, "GET", "/v1/senders/"+url.PathEscape(sender), nil, &s)
}

// Order has something done to a sender: "block", "release" or "reset".
func (c *Client) Order(ctx context.Context, sender, what string, o Order) (r Result, err error) {
	return r, c.do(ctx, "POST", "/v1/senders/"+url.PathEscape(sender)+"/"+what, o, &r)
}

// Report adds evidence on a sender.
func (c *Client) Report(ctx context.Context, sender string, report Report) (r Result, err error) {
	return r, c.do(ctx, "POST", "/v1/senders/"+url.PathEscape(sender)+"/evidence", report, &r)
}

// Exceptions lists the exceptions.
func (c *Client) Exceptions(ctx context.Context) (all []exception.Exception, err error) {
	return all, c.do(ctx, "GET", "/v1/exceptions", nil, &all)
}

// Except makes an exception.
func (c *Client) Except(ctx context.Context, e exception.Exception) (made exception.Exception, err error) {
	return made, c.do(ctx, "POST", "/v1/exceptions", e, &made)
}

// Unexcept removes an exception.
func (c *Client) Unexcept(ctx context.Context, id string) (gone exception.Exception, err error) {
	return gone, c.do(ctx, "DELETE", "/v1/exceptions/"+url.PathEscape(id), nil, &gone)
}

// Stages are the names of the stages, for completion.
func Stages() []string {
	var names []string
	for s := standing.Clean; s <= standing.Blocked; s++ {
		names = append(names, s.String())
	}
	return names
}
