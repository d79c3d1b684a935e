package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxSecret is the largest key of a webhook, in bytes; minSecret the
	// smallest that is worth something.
	maxSecret = 4096
	minSecret = 16
	// maxReply is how much of a webhook's answer is read, in bytes.
	maxReply = 4096
)

// Header fields of a webhook's request.
const (
	// SignatureHeader is "t=1767225600,v1=HEX": the time in seconds since 1970,
	// and the HMAC-SHA256 with the key of time, dot and body. The time is in it
	// so that an old request cannot be sent again.
	SignatureHeader = "X-Sluice-Signature"
	// IDHeader is the event's identifier, the same in every attempt.
	IDHeader = "X-Sluice-Id"
)

// webhookTransport posts the body as JSON.
type webhookTransport struct {
	client  *http.Client
	url     string
	secret  []byte // nil for no signature
	version string
	now     func() time.Time
}

// newWebhook follows no redirections: a notice is for the URL that the operator
// named.
func newWebhook(url string, secret []byte, version string, now func() time.Time) webhookTransport {
	client := &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return webhookTransport{client: client, url: url, secret: secret, version: version, now: now}
}

func (t webhookTransport) send(ctx context.Context, d delivery) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(d.body))
	if err != nil {
		return fmt.Errorf("post: %w: %w", err, errPermanent)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Sluice/"+t.version)
	req.Header.Set(IDHeader, d.id)
	if t.secret != nil {
		req.Header.Set(SignatureHeader, signature(t.secret, t.now(), d.body))
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return fmt.Errorf("post: %w", err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxReply)) // only for the log
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooManyRequests:
		return fmt.Errorf("post: answer %d %s", code, line(string(said), maxNote))
	default:
		return fmt.Errorf("post: answer %d %s: %w", code, line(string(said), maxNote), errPermanent)
	}
}

// signature is the value of SignatureHeader.
func signature(secret []byte, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// readSecret reads the key of a webhook, without white space around it.
func readSecret(path string) ([]byte, error) {
	text, err := readBounded(path, maxSecret)
	if err != nil {
		return nil, err
	}
	if text = strings.TrimSpace(text); len(text) < minSecret {
		return nil, fmt.Errorf("%s: the key has %d bytes, not %d at least", path, len(text), minSecret)
	}
	return []byte(text), nil
}
