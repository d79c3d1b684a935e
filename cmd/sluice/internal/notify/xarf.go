package notify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// xarfVersion is the version of the schema that is followed: xarf-core.json and
// types/messaging-spam.json below xarf.org/schemas/v4, the release that wants
// both reporter and sender, each with org, contact and domain.
const xarfVersion = "4.2.0"

// Bounds of the schema, in characters; ours are in bytes, so never above.
const (
	xarfMaxDescription = 1000
	xarfMaxID          = 200
	xarfMaxOrg         = 200
)

// xarfReport is an XARF report of category messaging, type spam. The field
// confidence, which the schema only recommends, is left out: points are no
// probability.
type xarfReport struct {
	Version    string         `json:"xarf_version"`
	ID         string         `json:"report_id"` // UUID
	Timestamp  time.Time      `json:"timestamp"` // when the message came
	Reporter   xarfContact    `json:"reporter"`
	Sender     xarfContact    `json:"sender"` // who files the report: the same
	Source     string         `json:"source_identifier"`
	SourcePort int            `json:"source_port,omitempty"`
	Category   string         `json:"category"`
	Type       string         `json:"type"`
	From       string         `json:"evidence_source"`
	Protocol   string         `json:"protocol"`
	SMTPFrom   string         `json:"smtp_from,omitempty"`
	SMTPTo     string         `json:"smtp_to,omitempty"` // redacted
	Subject    string         `json:"subject,omitempty"`
	MessageID  string         `json:"message_id,omitempty"`
	Recipients int            `json:"recipient_count,omitempty"`
	Text       string         `json:"description,omitempty"`
	Evidence   []xarfEvidence `json:"evidence"`
}

type xarfContact struct {
	Org     string `json:"org"`
	Contact string `json:"contact"`
	Domain  string `json:"domain"`
}

// xarfEvidence has its payload in base64; hash is "sha256:HEX" of what it
// decodes to, size its bytes.
type xarfEvidence struct {
	Type        string `json:"content_type"`
	Description string `json:"description"`
	Payload     string `json:"payload"`
	Hash        string `json:"hash"`
	Size        int    `json:"size"`
}

// xarf reports the worst sample that says what the schema asks of SMTP: an
// envelope sender, which must be an address, and the port of the client. If none
// does, the protocol is given as "other", as the schema has no better word, and
// it is about the worst of all.
func (b builder) xarf(n Notice) xarfReport {
	protocol := "smtp"
	s, found := Notice{Samples: smtpSamples(n)}.worst()
	if !found {
		protocol = "other"
		s, _ = n.worst()
	}
	contact := xarfContact{line(b.organization, xarfMaxOrg-len(cutMark)), b.contact(), b.domain()}
	r := xarfReport{
		Version: xarfVersion, ID: b.id, Timestamp: s.At,
		Reporter: contact, Sender: contact,
		Source: sourceIP(n), SourcePort: sourcePort(n, s),
		Category: "messaging", Type: "spam", From: "automated_filter",
		Protocol: protocol, Subject: s.Subject, MessageID: line(s.MessageID, xarfMaxID-len(cutMark)),
		Recipients: s.RcptsTotal, Text: line(xarfText(n), xarfMaxDescription-len(cutMark)),
		Evidence: xarfEvidenceOf(n, s),
	}
	if checkMailbox(s.From) == nil {
		r.SMTPFrom = s.From
	}
	if len(s.Rcpts) > 0 && checkMailbox(s.Rcpts[0]) == nil {
		r.SMTPTo = s.Rcpts[0]
	}
	if r.Source == "" { // no network client: "IP address, domain, or other identifier"
		r.Source = n.Sender
	}
	return r
}

// contact is a mail address with a domain.
func (b builder) contact() string {
	if strings.Contains(b.from.Address, "@") {
		return b.from.Address
	}
	return b.from.Address + "@" + b.domain()
}

func smtpSamples(n Notice) (usable []Sample) {
	for _, s := range n.Samples {
		if sourcePort(n, s) != 0 && checkMailbox(s.From) == nil {
			usable = append(usable, s)
		}
	}
	return usable
}

func xarfText(n Notice) string {
	return fmt.Sprintf("%s sent %d messages today, %d of them scored as spam, to %d recipients; its standing is %s, reference %s",
		n.Sender, n.Messages, n.Spam, n.Recipients, n.To, n.Ref)
}

// xarfEvidenceOf is the header of the sample and the list of what spoke against
// the sender.
func xarfEvidenceOf(n Notice, s Sample) (items []xarfEvidence) {
	if s.Headers != "" {
		items = append(items, xarfItem("text/rfc822-headers", "Header of the message, recipients shortened", s.Headers))
	}
	var b strings.Builder
	for _, e := range n.Evidence {
		fmt.Fprintf(&b, "%s %+.1f %s %s %s\n", e.At.Format(time.RFC3339), e.Points, e.Kind, e.Ref, e.Note)
	}
	if b.Len() > 0 {
		items = append(items, xarfItem("text/plain", "Time, points, kind, reference and note of what spoke against the sender", b.String()))
	}
	return append([]xarfEvidence{}, items...)
}

func xarfItem(mediaType, description, content string) xarfEvidence {
	sum := sha256.Sum256([]byte(content))
	return xarfEvidence{
		Type: mediaType, Description: description, Size: len(content),
		Payload: base64.StdEncoding.EncodeToString([]byte(content)),
		Hash:    "sha256:" + hex.EncodeToString(sum[:]),
	}
}

func (r xarfReport) encode() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode XARF: %w", err)
	}
	return append(data, '\n'), nil
}
