package notify

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-message"
)

// builder makes the messages of one event.
type builder struct {
	from         mail.Address
	organization string
	host         string // of this machine
	version      string
	id           string // UUID of the event: the same in all that is sent of it
}

// outgoing is a message that is being put together.
type outgoing struct{ header message.Header }

// envelope begins a message: RFC 5322 section 3.6, and Auto-Submitted (RFC 3834
// section 5), so that no vacation program answers. The kind tells the messages of
// one event apart.
func (b builder) envelope(kind, to, subject string, at time.Time) *outgoing {
	m := &outgoing{}
	// The library writes fields in the reverse order of Add.
	m.header.Add("Auto-Submitted", "auto-generated")
	m.header.Add("Message-ID", "<"+b.id+"."+kind+"@"+b.domain()+">")
	m.header.SetText("Subject", line(subject, maxSubject))
	m.header.Add("To", "<"+ascii(to, maxName)+">")
	m.header.Add("From", b.sender())
	m.header.Add("Date", at.Format(time.RFC1123Z))
	return m
}

// sender is the From field. A local name has no domain to print.
func (b builder) sender() string {
	if !strings.Contains(b.from.Address, "@") {
		return b.from.Address
	}
	return b.from.String()
}

// domain of the From address, or this machine's name.
func (b builder) domain() string {
	if _, domain, found := strings.Cut(b.from.Address, "@"); found {
		return domain
	}
	return b.host
}

// boundary of a multipart. Nobody can guess the identifier, so no text can
// contain it.
func (b builder) boundary(name string) string { return "=_" + b.id + "-" + name }

func (m *outgoing) contentType(mediaType string, params map[string]string) {
	m.header.SetContentType(mediaType, params)
}

// multipart writes the message with its parts.
func (m *outgoing) multipart(parts ...part) ([]byte, error) {
	var b bytes.Buffer
	w, err := message.CreateWriter(&b, m.header)
	if err != nil {
		return nil, fmt.Errorf("write message: %w", err)
	}
	for _, p := range parts {
		pw, err := w.CreatePart(p.header())
		if err != nil {
			return nil, fmt.Errorf("write part %s: %w", p.mediaType, err)
		}
		if err := writeBody(pw, p.body); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write message: %w", err)
	}
	return b.Bytes(), nil
}

// text writes the message with a text alone.
func (m *outgoing) text(text string) ([]byte, error) {
	m.header.Set("Content-Transfer-Encoding", encodingFor(text))
	m.contentType("text/plain", map[string]string{"charset": "utf-8"})
	var b bytes.Buffer
	w, err := message.CreateWriter(&b, m.header)
	if err != nil {
		return nil, fmt.Errorf("write message: %w", err)
	}
	if err := writeBody(w, text); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeBody(w *message.Writer, body string) error {
	if _, err := w.Write([]byte(body)); err != nil {
		return fmt.Errorf("write body: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("write body: %w", err)
	}
	return nil
}

// forOperator is the operator's mail.
func (b builder) forOperator(ts templates, n Notice, customerTold bool, to string) ([]byte, error) {
	sample, _ := n.worst()
	view := operatorView{
		Notice: n, Headline: headline(n), Harsh: !n.Observe && (n.To == Blocked || n.To == Restricted),
		CustomerTold: customerTold, Reports: reportable(n), Host: b.host, Version: b.version,
	}
	subject, text, err := ts.render(operatorFile, view)
	if err != nil {
		return nil, err
	}
	m := b.envelope("operator", to, subject, n.At)
	if !view.Reports {
		return m.text(text)
	}
	arf, err := b.arf(n, sample, to)
	if err != nil {
		return nil, err
	}
	xarf, err := b.xarf(n).encode()
	if err != nil {
		return nil, err
	}
	m.contentType("multipart/mixed", map[string]string{"boundary": b.boundary("mixed")})
	return m.multipart(
		textPart(text),
		part{mediaType: "message/rfc822", disposition: "attachment", filename: "arf-" + word(n.Ref) + ".eml", body: string(arf)},
		part{mediaType: "application/json", params: map[string]string{"name": "xarf.json"}, disposition: "attachment", filename: "xarf.json", body: string(xarf)},
	)
}

// forCustomer is the customer's mail.
func (b builder) forCustomer(ts templates, n Notice) ([]byte, error) {
	subject, text, err := ts.render(customerFile, viewForCustomer(n, b.organization))
	if err != nil {
		return nil, err
	}
	return b.envelope("customer", n.Customer, subject, n.At).text(text)
}

// forDigest is the operator's mail about what was gathered.
func (b builder) forDigest(ts templates, d digestView, at time.Time, to string) ([]byte, error) {
	d.Host, d.Version = b.host, b.version
	subject, text, err := ts.render(digestFile, d)
	if err != nil {
		return nil, err
	}
	return b.envelope("digest", to, subject, at).text(text)
}
