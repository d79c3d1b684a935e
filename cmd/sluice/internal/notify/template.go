package notify

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

//go:embed templates
var builtin embed.FS

const (
	operatorFile = "operator.txt"
	customerFile = "customer.txt"
	digestFile   = "digest.txt"

	maxTemplate = 64 << 10  // bytes of a template file
	maxText     = 256 << 10 // bytes of a rendered mail text
)

// templates are the texts by file name, compiled.
type templates map[string]*template.Template

// functions are what templates have beside those of text/template.
var functions = template.FuncMap{
	"utc":    utc,
	"points": func(f float64) string { return fmt.Sprintf("%+.1f", f) },
	"list":   func(words []string) string { return strings.Join(words, ", ") },
	"shell":  shellWord,
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// loadTemplates compiles the built-in texts, and in place of them those that
// the directory has. Each is tried, so that a field that does not exist is
// found before a notice needs it.
func loadTemplates(dir string) (templates, error) {
	compiled := templates{}
	for name, views := range trials() {
		text, err := templateText(dir, name)
		if err != nil {
			return nil, err
		}
		t, err := template.New(name).Funcs(functions).Parse(text)
		if err != nil {
			return nil, fmt.Errorf("template %w", err)
		}
		compiled[name] = t
		for _, v := range views {
			if _, _, err := compiled.render(name, v); err != nil {
				return nil, err
			}
		}
	}
	return compiled, nil
}

// templateText is the directory's file if there is one, else the built-in one.
func templateText(dir, name string) (string, error) {
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return "", fmt.Errorf("there is no directory %s", dir)
		}
		text, err := readBounded(filepath.Join(dir, name), maxTemplate)
		if !errors.Is(err, fs.ErrNotExist) {
			return text, err
		}
	}
	text, err := builtin.ReadFile("templates/" + name)
	return string(text), err
}

// render returns the subject, one line, and the text below it.
func (ts templates) render(name string, view any) (subject, text string, err error) {
	var b bounded
	if err := ts[name].Execute(&b, view); err != nil {
		return "", "", fmt.Errorf("template %w", err)
	}
	first, rest, _ := strings.Cut(strings.ReplaceAll(b.String(), "\r\n", "\n"), "\n")
	subject, found := strings.CutPrefix(first, "Subject:")
	if subject = line(subject, maxSubject); !found || subject == "" {
		return "", "", fmt.Errorf("template %s: its first line is %.40q, not \"Subject: ...\"", name, first)
	}
	return subject, strings.TrimLeft(rest, "\n"), nil
}

// bounded is a buffer that fails beyond maxText.
type bounded struct{ strings.Builder }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxText {
		return 0, fmt.Errorf("the text is longer than %d bytes", maxText)
	}
	return b.Builder.Write(p)
}

// operatorView is what operator.txt is given.
type operatorView struct {
	Notice
	Headline      string // "ip:203.0.113.7 is blocked until 2026-05-04 11:00:00 UTC"
	Harsh         bool   // there is something to release
	CustomerTold  bool
	Reports       bool // ARF and XARF are attached
	Host, Version string
}

// customerView is what customer.txt is given: no score, no rule, no point.
type customerView struct {
	Who                                      string // "your mail account bob@example.net"
	Login                                    string // empty for a sender that is a connection
	Blocked, Restricted, Probation, Released bool
	At, Until                                time.Time
	First, Last                              time.Time // of what was noticed; zero if unknown
	Messages, Spam, Recipients               int
	Ref, HelpURL, Organization               string
}

// digestView is what digest.txt is given.
type digestView struct {
	Start          time.Time
	PerHour        int
	Count, Omitted int
	Rows           []Row
	Host, Version  string
}

// headline says in one line who is what now.
func headline(n Notice) string {
	verb := "is"
	if n.Observe {
		verb = "would be"
	}
	switch {
	case n.Kind() == Released:
		return fmt.Sprintf("%s %s no longer blocked, but %s", n.Sender, verb, n.To)
	case !n.Until.IsZero():
		return fmt.Sprintf("%s %s %s until %s", n.Sender, verb, n.To, utc(n.Until))
	case n.To == Blocked:
		return fmt.Sprintf("%s %s blocked until released", n.Sender, verb)
	}
	return fmt.Sprintf("%s %s %s", n.Sender, verb, n.To)
}

func viewForCustomer(n Notice, organization string) customerView {
	v := customerView{
		Who:        "your connection " + n.Client,
		Blocked:    n.To == Blocked,
		Restricted: n.To == Restricted,
		Probation:  n.To == Probation,
		Released:   n.Kind() == Released,
		At:         n.At, Until: n.Until,
		Messages: n.Messages, Spam: n.Spam, Recipients: n.Recipients,
		Ref: n.Ref, HelpURL: n.HelpURL, Organization: organization,
	}
	if login, isLogin := strings.CutPrefix(n.Sender, "login:"); isLogin {
		v.Who, v.Login = "your mail account "+login, login
	}
	for _, e := range n.Evidence {
		if v.First.IsZero() || e.At.Before(v.First) {
			v.First = e.At
		}
		if e.At.After(v.Last) {
			v.Last = e.At
		}
	}
	return v
}

// trials are views that take every branch of the built-in templates.
func trials() map[string][]any {
	full := Notice{
		Sender: "login:a", Client: "192.0.2.1", Port: 1, Login: "a", Helo: "a", Name: "a", Group: "a", From: Clean, To: Blocked,
		Ref: "A", Customer: "a@example.net", ReleaseURL: "https://a.example/", HelpURL: "https://a.example/",
		Evidence: []Evidence{{At: time.Unix(1, 0), Kind: "a", Ref: "A", Note: "a"}},
		Samples:  []Sample{{From: "a@example.net", Rcpts: []string{"a"}, RcptsTotal: 2, Subject: "a"}},
	}
	free := Notice{Sender: "ip:192.0.2.1", From: Blocked, To: Clean, Observe: true}
	return map[string][]any{
		operatorFile: {operatorView{Notice: full, Headline: "a", Harsh: true, CustomerTold: true, Reports: true}, operatorView{Notice: free, Headline: "a"}},
		customerFile: {viewForCustomer(full, "a"), viewForCustomer(free, "a"), customerView{Restricted: true, Until: time.Unix(1, 0)}},
		digestFile:   {digestView{Count: 2, Omitted: 1, Rows: []Row{{Ref: "A", Observe: true}}}, digestView{}},
	}
}
