package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/policy/config"
	"sluice/policy/store"
)

const (
	// maxTemplate is the longest text of a reply in the configuration, in bytes.
	maxTemplate = 300
	// maxLine is the longest reply line without its line end, in bytes. It stays
	// within the 512 of RFC 5321 section 4.5.3.1.5; what is longer, the milter
	// session cuts, and the reference would be lost.
	maxLine = 480
	// maxText is what the longest codes leave of a line for the text, in bytes.
	maxText = maxLine - len("550 5.999.999 ")
	// maxValue is how much of a variable's value is used, in bytes.
	maxValue = 64
	// maxHelp is the longest address of a help page, in bytes.
	maxHelp = 200
)

// Vars are the values of the variables in replies, beside those that are in the
// verdict itself ({limit}, {domain} and {wait}).
type Vars struct {
	Ref    string // {ref}
	Client Client // {client}: its address, or "local"
	Sender string // {sender}
	Group  string // {group}
	Score  float64
}

// refVariable and reasonVariable are the two that every reply ends with if its
// text lacks them.
const (
	refVariable    = "{ref}"
	reasonVariable = "{reason}"
)

// reply is a reply as it is written down.
type reply struct {
	code     int
	enhanced string
	text     string // with variables
}

// class is the first digit of the code: 4 or 5 (RFC 5321 section 4.2.1).
func (r reply) class() int { return r.code / 100 }

// classes says which reply codes a reason can have; those that are not here
// have no reply.
func (r Reason) classes() []int {
	switch r {
	case ReasonAccess, ReasonScore, ReasonStanding, ReasonUnauthorised, ReasonNullSender:
		return []int{4, 5}
	case ReasonNeverFits, ReasonSize, ReasonForged:
		return []int{5}
	case ReasonLimit, ReasonConnections, ReasonMessages, ReasonRecipients, ReasonRelayHeader, ReasonFailure:
		return []int{4}
	}
	return nil
}

// answered are the reasons that have a reply.
var answered = []Reason{
	ReasonAccess, ReasonScore, ReasonStanding, ReasonUnauthorised, ReasonNullSender, ReasonLimit, ReasonNeverFits, ReasonConnections, ReasonMessages,
	ReasonRecipients, ReasonSize, ReasonForged, ReasonRelayHeader, ReasonFailure,
}

// reasonHint helps with a reason that is not known.
func reasonHint(reason Reason) string {
	if near := didYouMean(string(reason), answered); near != "" {
		return near
	}
	words := make([]string, len(answered))
	for i, r := range answered {
		words[i] = string(r)
	}
	return "one of " + strings.Join(words, ", ")
}

// variables are those that a reply may have.
var variables = []string{"reason", "ref", "client", "sender", "limit", "wait", "score", "group", "help", "domain"}

// compileReplies reads the replies of one policy.
func compileReplies(key string, c FlowConfig, ps *config.Problems) map[Reason]reply {
	replies := make(map[Reason]reply, len(c.Replies))
	for _, reason := range sortedKeys(c.Replies) {
		at := key + ".replies." + string(reason)
		if !slices.Contains(answered, reason) {
			ps.Errorf(at, reasonHint(reason), "%s is no reason that has a reply", quoted(string(reason)))
			continue
		}
		classes := reason.classes()
		if reason == ReasonAccess {
			classes = accessClasses(c.Access)
		}
		r, err := parseReply(c.Replies[reason])
		if err != nil {
			ps.Errorf(at, replyHint(c.Replies[reason], classes), "%v", err)
			continue
		}
		if !slices.Contains(classes, r.class()) {
			ps.Errorf(at, "", "a reply for %s is %dxx, not %d", reason, classes[0], r.code)
			continue
		}
		replies[reason] = r
	}
	return replies
}

// replyHint is how a reply is written: with the code that the text begins with,
// if that is of a class that fits, else with a usual one.
func replyHint(text string, classes []int) string {
	code := map[int]string{4: "451", 5: "550"}[classes[0]]
	given, _, _ := strings.Cut(text, " ")
	if n, err := strconv.Atoi(given); err == nil && len(given) == 3 && given[1] <= '5' && slices.Contains(classes, n/100) {
		code = given
	}
	return fmt.Sprintf(`write "%s %c.7.1 Text (ref {ref})"`, code, code[0])
}

// accessClasses are the reply codes that fit an access.
func accessClasses(a Access) []int {
	switch a {
	case AccessReject:
		return []int{5}
	case AccessTempfail:
		return []int{4}
	}
	return ReasonAccess.classes()
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// parseReply reads "451 4.7.1 text". The second digit of the reply code is 0 to 5
// (RFC 5321 section 4.2.1), or the milter session sends the MTA's own text. The
// class of the enhanced code is that of the reply code (RFC 2034 section 4):
// Sendmail drops the text of a 550 that carries a 4.x.x, Postfix drops the filter.
func parseReply(s string) (reply, error) {
	code, rest, _ := strings.Cut(s, " ")
	enhanced, text, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(code)
	switch {
	case err != nil || len(code) != 3 || n < 400 || n > 599:
		return reply{}, fmt.Errorf("%s has no reply code of 4xx or 5xx", quoted(s))
	case code[1] > '5':
		return reply{}, fmt.Errorf("%s is no reply code: its second digit is above 5, unlike that of %c50", code, code[0])
	case !isEnhanced(enhanced):
		return reply{}, fmt.Errorf("%s has no enhanced code such as %d.7.1", quoted(s), n/100)
	case enhanced[0] != code[0]:
		return reply{}, fmt.Errorf("%s and %s are of different classes", code, enhanced)
	case strings.TrimSpace(text) == "":
		return reply{}, fmt.Errorf("%s has no text", quoted(s))
	case len(text) > maxTemplate:
		return reply{}, fmt.Errorf("the text is longer than %d bytes", maxTemplate)
	case plain(text, len(text)) != text:
		return reply{}, fmt.Errorf("%s is not one line of 7-bit text", quoted(s))
	}
	if err := checkVariables(text); err != nil {
		return reply{}, err
	}
	return reply{code: n, enhanced: enhanced, text: text}, nil
}

// isEnhanced checks class "." subject "." detail (RFC 3463 section 2).
func isEnhanced(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || parts[0] != "4" && parts[0] != "5" {
		return false
	}
	for _, p := range parts[1:] {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n > 999 || len(p) > 3 {
			return false
		}
	}
	return true
}

// checkVariables finds braces that are no variable.
func checkVariables(text string) error {
	for {
		before, rest, open := strings.Cut(text, "{")
		if strings.Contains(before, "}") {
			return fmt.Errorf(`"}" without "{" before it`)
		}
		if !open {
			return nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return fmt.Errorf(`"{" without "}" behind it`)
		}
		if !slices.Contains(variables, name) {
			return fmt.Errorf("there is no variable {%s}, only {%s}", plain(name, maxValue), strings.Join(variables, "}, {"))
		}
		text = after
	}
}

// Word gives a verdict its reply: code, enhanced code, and the text with its
// variables filled in. What a text lacks of {reason} and {ref} is put behind it. A
// verdict that lets the mail through stays as it is.
func (f *Flow) Word(v Verdict, vars Vars) Verdict {
	if v.Action != Tempfail && v.Action != Reject {
		return v
	}
	r, given := f.replies[v.Reason]
	if !given || r.class() != v.class() {
		r = f.defaultReply(v, vars.Client.Authenticated())
	}
	v.Code, v.Enhanced = r.code, r.enhanced
	v.Text = f.fill(r.text, v, vars)
	return v
}

func (v Verdict) class() int {
	if v.Action == Reject {
		return 5
	}
	return 4
}

// defaultReply has neutral words: the customer sees that, the operator sees
// everything under the reference.
func (f *Flow) defaultReply(v Verdict, login bool) reply {
	switch v.Reason {
	case ReasonLimit:
		return reply{451, "4.7.1", "Too many " + f.counted(v.Detail) + ", try again in {wait}"}
	case ReasonNeverFits:
		return reply{550, "5.7.1", "More " + f.counted(v.Detail) + " than are allowed at all"}
	case ReasonConnections:
		return reply{421, "4.7.0", "Too many connections at once, try again later"}
	case ReasonMessages:
		return reply{421, "4.7.0", "Too many messages on this connection, open another"}
	case ReasonRecipients:
		return reply{452, "4.5.3", "Too many recipients of one message, send to the others separately"}
	case ReasonSize:
		return reply{552, "5.3.4", "Message too large"}
	case ReasonForged:
		return reply{550, "5.7.1", "Too many header fields that are not the sender's to write"}
	case ReasonAccess:
		if v.Action == Reject {
			return reply{550, "5.7.1", "Mail from you is not accepted here"}
		}
		return reply{451, "4.7.1", "Mail from you is not accepted now, try again later"}
	case ReasonNullSender:
		if v.Action == Reject {
			return reply{550, "5.7.1", "Mail without a sender address is not accepted here"}
		}
		return reply{451, "4.7.1", "Mail without a sender address is not accepted now"}
	case ReasonStanding:
		return f.standingReply(v, login)
	case ReasonUnauthorised:
		return unauthorisedReply(v)
	case ReasonFailure, ReasonRelayHeader:
		return reply{451, "4.3.0", "Mail cannot be checked now, try again later"}
	}
	if v.Action == Reject {
		return reply{550, "5.7.1", "Message refused"}
	}
	return reply{451, "4.7.1", "Message deferred, try again later"}
}

// standingReply accuses nobody: the customer learns where to ask.
func (f *Flow) standingReply(v Verdict, login bool) reply {
	whose, text := "your connection", ", ask your provider"
	if login {
		whose = "your account"
	}
	if f.Help != "" {
		text = ", see {help}"
	}
	if v.Action == Reject {
		return reply{550, "5.7.1", "Mail from " + whose + " is stopped" + text}
	}
	return reply{451, "4.7.1", "Mail from " + whose + " is held up at present" + text}
}

// unauthorisedReply says nothing of whose the domain is.
func unauthorisedReply(v Verdict) reply {
	if v.Detail == "" {
		return reply{550, "5.7.1", "Mail without a domain of yours is not accepted from your connection"}
	}
	return reply{550, "5.7.1", "Mail in the name of {domain} is not accepted from your connection"}
}

// domain is the domain that a verdict is about, if it is about one.
func (v Verdict) domain() string {
	if v.Reason != ReasonUnauthorised {
		return ""
	}
	return v.Detail
}

// counted says in words what the window of that name counts.
func (f *Flow) counted(name string) string {
	for _, w := range f.windows {
		if w.name == name {
			return w.count.words()
		}
	}
	return "messages"
}

// fill puts the values into a text. They are made plain and short, for a peer
// controls some of them.
func (f *Flow) fill(text string, v Verdict, vars Vars) string {
	client := Local
	if vars.Client.Addr.IsValid() {
		client = vars.Client.Addr.String()
	}
	tail := token(v, vars.Ref, !strings.Contains(text, reasonVariable), !strings.Contains(text, refVariable))
	text = expand(text, func(variable string) string {
		switch variable {
		case reasonVariable:
			return string(v.Reason)
		case refVariable:
			return plain(vars.Ref, maxValue)
		case "{client}":
			return plain(client, maxValue)
		case "{sender}":
			return plain(vars.Sender, maxValue)
		case "{limit}":
			return plain(v.Detail, maxValue)
		case "{wait}":
			return humanWait(v.Wait)
		case "{score}":
			return strconv.FormatFloat(vars.Score, 'f', 1, 64)
		case "{group}":
			return plain(vars.Group, maxValue)
		case "{help}":
			return plain(f.Help, maxHelp)
		case "{domain}":
			return plain(v.domain(), maxValue)
		}
		return variable
	})
	if len(text)+len(tail) <= maxText {
		return text + tail
	}
	tail = token(v, vars.Ref, true, true)
	return text[:min(len(text), maxText-len(tail))] + tail
}

// expand puts a value in the place of each variable of a text, which was checked to
// have no other braces.
func expand(text string, value func(variable string) string) string {
	begin := strings.IndexByte(text, '{')
	if begin < 0 {
		return text
	}
	var b strings.Builder
	for begin >= 0 {
		end := begin + strings.IndexByte(text[begin:], '}') + 1
		b.WriteString(text[:begin])
		b.WriteString(value(text[begin:end]))
		text = text[end:]
		begin = strings.IndexByte(text, '{')
	}
	b.WriteString(text)
	return b.String()
}

// token is " (limit recipients-1h, ref 7F3K9QX2)": what the customer can read
// out on the telephone, and what scripts look for. Either part may be left out.
func token(v Verdict, ref string, withReason, withRef bool) string {
	var parts []string
	if withReason {
		reason := string(v.Reason)
		if v.Reason == ReasonLimit || v.Reason == ReasonNeverFits {
			reason += " " + plain(v.Detail, maxValue)
		}
		parts = append(parts, reason)
	}
	if withRef && ref != "" {
		parts = append(parts, "ref "+plain(ref, maxValue))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// humanWait prints a wait, rounded up to what a person would say: "45s", "12m",
// "3h20m", "1d2h".
func humanWait(d time.Duration) string {
	unit := time.Second
	switch {
	case d == store.Never:
		return "never"
	case d > 24*time.Hour:
		unit = time.Hour
	case d > time.Minute:
		unit = time.Minute
	}
	d = max((d+unit-1)/unit, 1) * unit
	return config.FormatDuration(d)
}
