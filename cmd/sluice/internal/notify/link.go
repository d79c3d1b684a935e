package notify

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"time"
)

// ErrStale is for Link.Release to return when the change that a link is about is
// no longer the sender's last one.
var ErrStale = errors.New("the standing has changed since the link was sent")

// maxForm is the largest body of a request, in bytes.
const maxForm = 3*maxToken + 1024

//go:embed pages
var pages embed.FS

var page = template.Must(template.ParseFS(pages, "pages/release.html"))

// Link is the page behind a release link, for the path /release?token=TOKEN.
// GET only shows who would be released, and a button: mail scanners follow
// links. POST, which the button sends, releases. No cookie is used, so nobody
// else's page can make a browser release something without the token.
type Link struct {
	Signer Signer
	// Release lets a sender go. The nonce is the one that was signed, who says
	// who asked: "Anna by link from 198.51.100.4". What it returns is logged and
	// not shown.
	Release func(ctx context.Context, sender, nonce, who string) error
	Now     func() time.Time // nil for time.Now
	Log     *slog.Logger     // nil for none
}

// pageView is what the page is given.
type pageView struct {
	Title, Text string
	Token       string // with it the page has the button
}

// ServeHTTP answers GET, HEAD and POST. The server must bound the time and the
// header of a request.
func (l Link) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		l.ask(w, r)
	case http.MethodPost:
		l.act(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		l.show(w, http.StatusMethodNotAllowed, pageView{Title: "Not possible", Text: "Open the link of the mail in a browser."})
	}
}

// secure sets what browsers must not do with a page whose address is a secret.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
}

// ask shows the button.
func (l Link) ask(w http.ResponseWriter, r *http.Request) {
	var token string
	if len(r.URL.RawQuery) <= maxForm {
		token = r.URL.Query().Get("token")
	}
	sender, _, err := l.Signer.Verify(token, l.now())
	if err != nil {
		l.refuse(w, r, err)
		return
	}
	l.show(w, http.StatusOK, pageView{
		Title: "Release " + line(sender, maxName) + "?",
		Text:  line(sender, maxName) + " may then send mail again. Do this only if the cause is removed.",
		Token: token,
	})
}

// act releases.
func (l Link) act(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(w, r)
	if err != nil {
		l.show(w, http.StatusBadRequest, pageView{Title: "Not possible", Text: "The request cannot be understood."})
		return
	}
	sender, nonce, err := l.Signer.Verify(form.Get("token"), l.now())
	if err != nil {
		l.refuse(w, r, err)
		return
	}
	who := "somebody by link from " + remote(r)
	if name := line(form.Get("who"), maxWord); name != "" {
		who = name + " by link from " + remote(r)
	}
	err = l.Release(r.Context(), sender, nonce, who)
	switch {
	case errors.Is(err, ErrStale):
		l.show(w, http.StatusConflict, pageView{Title: "Nothing was changed", Text: "The standing of " + line(sender, maxName) + " has changed since the link was sent."})
	case err != nil:
		l.log().Error("release by link failed", "sender", line(sender, maxName), "who", who, "err", err)
		l.show(w, http.StatusInternalServerError, pageView{Title: "It did not work", Text: "Nothing was changed. The log says why."})
	default:
		l.log().Info("released by link", "sender", line(sender, maxName), "who", who)
		l.show(w, http.StatusOK, pageView{Title: "Released", Text: line(sender, maxName) + " may send mail again."})
	}
}

// readForm reads a form of bounded size from the body alone.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, errors.New("no form")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return r.PostForm, nil
}

// refuse says why a token is not accepted, and nothing else.
func (l Link) refuse(w http.ResponseWriter, r *http.Request, err error) {
	l.log().Warn("release link refused", "err", err, "client", remote(r))
	status := http.StatusForbidden
	if errors.Is(err, ErrExpired) {
		status = http.StatusGone
	}
	l.show(w, status, pageView{Title: "This link cannot be used", Text: err.Error() + ". Nothing was changed."})
}

func (l Link) show(w http.ResponseWriter, status int, v pageView) {
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes()) // to HEAD the server sends none of it
}

// remote is the address of the peer, which is a proxy's if there is one.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return line(r.RemoteAddr, maxWord)
	}
	return host
}

func (l Link) now() time.Time {
	if l.Now != nil {
		return l.Now()
	}
	return time.Now()
}

func (l Link) log() *slog.Logger {
	if l.Log != nil {
		return l.Log
	}
	return slog.New(slog.DiscardHandler)
}
