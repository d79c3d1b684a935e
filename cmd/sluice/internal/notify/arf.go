package notify

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// arf is a report of one message of the sender in the Abuse Reporting Format
// (RFC 5965): a whole message of its own, attached as message/rfc822.
//
// It is not nested into the notice as a multipart/report: RFC 5965 section 2
// makes multipart/report the type of the message itself (RFC 3462, which it
// builds on, wants it outermost), and what abuse desks run looks there first.
// So the operator can forward the attachment to any of them, or drop it into an
// importer, and it is a report like those of the big feedback loops.
//
// The original is given as text/rfc822-headers, as Sluice keeps no bodies.
// Recipients are redacted as in RFC 6590, the domain stays.
func (b builder) arf(n Notice, s Sample, to string) ([]byte, error) {
	subject := "FW: " + cmp.Or(s.Subject, "message "+s.MessageID) // RFC 5965 section 2: that of the message, FW: before it is allowed
	m := b.envelope("arf", to, subject, n.At)
	m.contentType("multipart/report", map[string]string{"report-type": "feedback-report", "boundary": b.boundary("arf")})
	return m.multipart(
		textPart(b.arfText(n, s)),
		part{mediaType: "message/feedback-report", disposition: "inline", body: b.feedback(n, s)},
		part{mediaType: "text/rfc822-headers", disposition: "inline", body: s.Headers},
	)
}

// arfText is for people.
func (b builder) arfText(n Notice, s Sample) string {
	return "This is an abuse report for a message that " + n.Sender + " sent at " + utc(s.At) + "\n" +
		"through " + b.host + ". It is one of " + strconv.Itoa(n.Spam) + " today that were scored as spam.\n" +
		"Recipients are shortened. The reference here is " + s.Ref + ".\n"
}

// feedback is the machine-readable part: RFC 5965 section 3, Source-Port from
// RFC 6692.
func (b builder) feedback(n Notice, s Sample) string {
	f := fields{}
	f.add("Feedback-Type", feedbackType(n))
	f.add("User-Agent", "Sluice/"+b.version)
	f.add("Version", "1")
	f.add("Original-Mail-From", "<"+s.From+">")
	for _, r := range s.Rcpts {
		f.add("Original-Rcpt-To", "<"+r+">")
	}
	f.add("Arrival-Date", s.At.Format(time.RFC1123Z))
	f.add("Reporting-MTA", "dns; "+b.host)
	if ip := sourceIP(n); ip != "" {
		f.add("Source-IP", ip)
		if p := sourcePort(n, s); p != 0 {
			f.add("Source-Port", strconv.Itoa(p))
		}
	}
	if domain := s.From[strings.LastIndexByte(s.From, '@')+1:]; domain != s.From && isDomain(domain) {
		f.add("Reported-Domain", domain)
	}
	f.add("Incidents", strconv.Itoa(max(n.Spam, 1)))
	return f.String()
}

// feedbackType is virus if a virus is among the evidence (RFC 5965 section 7.3).
func feedbackType(n Notice) string {
	for _, e := range n.Evidence {
		if strings.HasPrefix(e.Kind, "virus") {
			return "virus"
		}
	}
	return "abuse"
}

// sourceIP is the client's address, "" if it is none.
func sourceIP(n Notice) string {
	a, err := netip.ParseAddr(n.Client)
	if err != nil {
		return ""
	}
	return a.Unmap().WithZone("").String()
}

func sourcePort(n Notice, s Sample) int {
	if s.Port != 0 {
		return s.Port
	}
	return n.Port
}

// fields collects header fields of ASCII, one line each, in order.
type fields struct{ strings.Builder }

func (f *fields) add(name, value string) {
	f.WriteString(name + ": " + ascii(value, maxName) + "\n")
}

// reportable says whether a notice is a reason to report abuse: something got
// worse, and there is a message to show.
func reportable(n Notice) bool {
	return n.worse() && rank(n.To) > rank(Probation) && len(n.Samples) > 0
}
