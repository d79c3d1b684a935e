package scoring

import (
	"regexp"
	"strings"
)

// Bounds of what is read of a delivery report.
const (
	maxEnclosed  = 32 << 10 // bytes of the header that it returns
	maxStatus    = 64 << 10 // bytes of its machine-readable part
	maxFailed    = 100      // recipients
	maxOwnReport = 4 << 10  // bytes of its own words
)

// enclose keeps the first header that a report returns, and its machine-readable part.
func (m *Message) enclose(p *Part, data []byte) {
	switch {
	case p.Embedded:
	case m.enclosed == "" && p.Depth > 0 && returnedType(p.Type):
		m.enclosed = string(data[:min(len(data), maxEnclosed)])
	case m.status == "" && (p.Type == "message/delivery-status" || p.Type == "message/global-delivery-status"):
		m.status = strings.ReplaceAll(string(data[:min(len(data), maxStatus)]), "\r\n", "\n")
	}
}

// returned is the header of the message that a report returns, with whatever follows
// it, as a part of its own or as text; empty if there is none.
func (m *Message) returned() string {
	if m.enclosed != "" {
		return m.enclosed
	}
	_, text := splitReturned(m.text)
	return cutString(text, maxEnclosed)
}

// Failed is what a delivery report says of a message that could not be delivered, for
// good.
type Failed struct {
	Status string   // of the first recipient: "5.1.1" (RFC 3463)
	Rcpts  []string // those who did not get it; in a report without a machine-readable part, whoever may be meant
	header string
}

// Failed returns what a Bounce says of the message that it returns. ok is false if it
// tells of a delay, a success, or a failure that may pass.
func (m *Message) Failed() (f Failed, ok bool) {
	f.header = m.returned()
	if m.status != "" {
		f.readStatus(m.status)
	} else {
		f.readWords(m)
	}
	return f, f.Status != ""
}

// readStatus reads the recipients that failed (RFC 3464 section 2.3): the first block
// of fields is about the message.
func (f *Failed) readStatus(text string) {
	for block := range strings.SplitSeq(text, "\n\n") {
		var action, status, original, final, diagnostic string
		for _, field := range scanHeader([]byte(strings.TrimLeft(block, "\n"))).fields {
			for name, into := range map[string]*string{
				"Action": &action, "Status": &status, "Original-Recipient": &original,
				"Final-Recipient": &final, "Diagnostic-Code": &diagnostic,
			} {
				if strings.EqualFold(field.Name, name) {
					*into = strings.TrimSpace(field.Value)
				}
			}
		}
		if !strings.HasPrefix(strings.ToLower(action), "failed") {
			continue
		}
		if status = permanent(status, diagnostic); status == "" {
			continue
		}
		if f.Status == "" {
			f.Status = status
		}
		f.add(typed(original), typed(final))
	}
}

// enhanced is a status of the class 5, permanent the SMTP reply that stands for one.
var (
	enhanced       = regexp.MustCompile(`(?:^|[^\d.])(5\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$|\.\D)`)
	permanentReply = regexp.MustCompile(`(?:^|[^\d.])5[0-5]\d[ -]`)
)

// permanent is the status of a failure for good, or empty. Some systems tell it in
// the diagnostic only.
func permanent(status, diagnostic string) string {
	if found := enhanced.FindStringSubmatch(status); found != nil {
		return found[1]
	}
	if strings.HasPrefix(status, "4.") {
		return ""
	}
	if found := enhanced.FindStringSubmatch(diagnostic); found != nil {
		return found[1]
	}
	if permanentReply.MatchString(diagnostic) {
		return "5.0.0"
	}
	return ""
}

// typed takes the address out of "rfc822; user@example.net" (RFC 3464 section 2.1.2).
func typed(value string) string {
	_, address, found := strings.Cut(value, ";")
	if !found {
		address = value
	}
	return strings.Trim(strings.TrimSpace(address), "<>")
}

// add takes the first address that is one.
func (f *Failed) add(addresses ...string) {
	for _, a := range addresses {
		if strings.Contains(a, "@") && len(f.Rcpts) < maxFailed {
			f.Rcpts = append(f.Rcpts, a)
			return
		}
	}
}

var (
	// passing is in reports of what is not the end yet.
	passing = regexp.MustCompile(`(?i)delayed|delivery warning|warning only|still (?:in the|trying)|will (?:continue|keep|be retried|try)|(?:attempts|try) .{0,30}continue|not yet been|temporar|(?:^|[^\d.])4\.\d\.\d`)
	// final is in reports of what is.
	final = regexp.MustCompile(`(?i)user unknown|unknown user|no such (?:user|address|recipient|mailbox|person)|mailbox (?:unavailable|not found|does not exist)|(?:user|address|recipient|account) (?:not found|does not exist|unknown|rejected)|` +
		`permanent(?:ly)? (?:fatal )?(?:error|fail)|not a valid (?:user|recipient)|invalid (?:recipient|mailbox|address)|doesn't have an? .{0,40}account|given up`)
	mentioned = regexp.MustCompile(`[\w.!#$%&'*+/=?^{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+`)
)

// readWords reads a report without a machine-readable part.
func (f *Failed) readWords(m *Message) {
	own, _ := splitReturned(m.text)
	own = m.Subject() + "\n" + cutString(own, maxOwnReport)
	switch found := enhanced.FindStringSubmatch(own); {
	case passing.MatchString(own):
		return
	case found != nil:
		f.Status = found[1]
	case permanentReply.MatchString(own) || final.MatchString(own):
		f.Status = "5.0.0"
	default:
		return
	}
	named := m.Get("X-Failed-Recipients") // of Exim
	if named == "" {
		named = own
	}
	for _, a := range mentioned.FindAllString(named, maxFailed) {
		f.add(a)
	}
}

// Field returns a field of the header of the message that came back, unfolded, however
// it was quoted; empty if it is not there.
func (f Failed) Field(name string) string {
	var value strings.Builder
	begun, inside := false, false
	for line := range strings.Lines(f.header) {
		line = strings.TrimRight(line, "\r\n")
		text := strings.TrimLeft(line, "> \t")
		field := isField([]byte(text))
		switch {
		case text == "" && begun, inside && (field || text == line):
			return value.String()
		case inside:
			value.WriteString(" " + text)
		case hasPrefixFold([]byte(text), name+":"):
			inside = true
			value.WriteString(strings.TrimSpace(text[len(name)+1:]))
		}
		begun = begun || field
	}
	return value.String()
}
