package notify

import (
	"context"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// calls of Link.Release.
type calls struct {
	got []string
	err error
}

func (c *calls) release(_ context.Context, sender, nonce, who string) error {
	c.got = append(c.got, sender+" "+nonce+" "+who)
	return c.err
}

func testLink(t *testing.T, c *calls) (Link, string) {
	t.Helper()
	l := Link{Signer: testSigner(t, 1), Release: c.release, Now: func() time.Time { return at }}
	return l, l.Signer.Sign("ip:203.0.113.7", "7F3K9QX2", at.Add(time.Hour))
}

func request(method, target, form string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	r.RemoteAddr = "198.51.100.4:5000"
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func serve(l Link, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	l.ServeHTTP(w, r)
	return w
}

// TestLinkAsksBeforeItActs opens the page as a browser does, and presses the
// button with what the page says.
func TestLinkAsksBeforeItActs(t *testing.T) {
	c := &calls{}
	l, token := testLink(t, c)
	server := httptest.NewServer(l)
	defer server.Close()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := serve(l, request(method, "/release?token="+token, ""))
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	resp, err := http.Get(server.URL + "/release?token=" + token)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || !strings.Contains(string(body), "Release ip:203.0.113.7?") {
		t.Errorf("%v: %s", err, body)
	}
	if len(c.got) != 0 {
		t.Fatalf("looking at the page released: %q", c.got)
	}
	hidden := regexp.MustCompile(`name="token" value="([^"]*)"`).FindSubmatch(body)
	action := regexp.MustCompile(`<form method="post" action="([^"]*)">`).FindSubmatch(body)
	if hidden == nil || action == nil {
		t.Fatalf("there is no button: %s", body)
	}
	target, err := resp.Request.URL.Parse(string(action[1]))
	if err != nil || target.Path != "/release" {
		t.Fatalf("the button leads to %v, %v", target, err)
	}
	resp, err = http.PostForm(target.String(), url.Values{"token": {html.UnescapeString(string(hidden[1]))}, "who": {"Anna\r\n<b>"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || len(c.got) != 1 || c.got[0] != "ip:203.0.113.7 7F3K9QX2 Anna  <b> by link from 127.0.0.1" {
		t.Errorf("%d, %q", resp.StatusCode, c.got)
	}
}

func TestRequestsThatReleaseNothing(t *testing.T) {
	c := &calls{}
	l, token := testLink(t, c)
	form := "token=" + token
	plain := request(http.MethodPost, "/release", form)
	plain.Header.Set("Content-Type", "text/plain")
	for name, tt := range map[string]struct {
		request *http.Request
		status  int
	}{
		"GET with a form":     {request(http.MethodGet, "/release", form), http.StatusForbidden},
		"token in the URL":    {request(http.MethodPost, "/release?"+form, "who=a"), http.StatusForbidden},
		"no form":             {request(http.MethodPost, "/release?"+form, ""), http.StatusBadRequest},
		"plain text":          {plain, http.StatusBadRequest},
		"broken form":         {request(http.MethodPost, "/release", "token=%zz"), http.StatusBadRequest},
		"no token":            {request(http.MethodPost, "/release", "a=b"), http.StatusForbidden},
		"tampered":            {request(http.MethodPost, "/release", "token=A"+token[1:]), http.StatusForbidden},
		"of another key":      {request(http.MethodPost, "/release", "token="+testSigner(t, 2).Sign("a", "b", at.Add(time.Hour))), http.StatusForbidden},
		"expired":             {request(http.MethodPost, "/release", "token="+l.Signer.Sign("a", "b", at)), http.StatusGone},
		"expired, looked at":  {request(http.MethodGet, "/release?token="+l.Signer.Sign("a", "b", at), ""), http.StatusGone},
		"large form":          {request(http.MethodPost, "/release", form+"&a="+strings.Repeat("a", maxForm)), http.StatusBadRequest},
		"large query":         {request(http.MethodGet, "/release?"+form+"&a="+strings.Repeat("a", maxForm), ""), http.StatusForbidden},
		"another method":      {request(http.MethodPut, "/release", form), http.StatusMethodNotAllowed},
		"a method of our own": {request("RELEASE", "/release", form), http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(l, tt.request)
			if w.Code != tt.status || strings.Contains(w.Body.String(), "<form") {
				t.Errorf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			if len(c.got) != 0 {
				t.Errorf("released: %q", c.got)
			}
		})
	}
}

func TestPageKeepsItsSecret(t *testing.T) {
	l, token := testLink(t, &calls{})
	w := serve(l, request(http.MethodGet, "/release?token="+token, ""))
	for name, want := range map[string]string{
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if found := regexp.MustCompile(`\b(src|href|style|on\w+)=`).FindString(w.Body.String()); found != "" {
		t.Errorf("the page has %s", found)
	}
}

func TestPageEscapesSenders(t *testing.T) {
	l, _ := testLink(t, &calls{})
	token := l.Signer.Sign("login:<script>alert(1)</script>", "A", at.Add(time.Hour))
	if body := serve(l, request(http.MethodGet, "/release?token="+token, "")).Body.String(); strings.Contains(body, "<script") {
		t.Error(body)
	}
}

func TestReleasesThatFail(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		status int
	}{
		"stale":  {errors.Join(ErrStale), http.StatusConflict},
		"broken": {errors.New("the database said secret things"), http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			c := &calls{err: tt.err}
			l, token := testLink(t, c)
			w := serve(l, request(http.MethodPost, "/release", "token="+token))
			if w.Code != tt.status || strings.Contains(w.Body.String(), "secret things") || len(c.got) != 1 {
				t.Errorf("%d: %s", w.Code, w.Body)
			}
		})
	}
}
